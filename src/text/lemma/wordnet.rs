//! WordNet's files to pairs of a form and its lemma.
//!
//! The index of a part of speech and its exceptions come in, what Morphy's rules make of them goes out: every form
//! whose lemma is another word. The rules are those of WordNet's manual (`morphy(7WN)`), used as NLTK does since 3.9:
//! one rule, once; the shortest word of the index wins, of equally long ones the first. An earlier NLTK went on with
//! what the rules had made until it met a word, so that "catss" was "cat". As a rule takes one ending off, the forms
//! are finitely many: those that the rules, read backwards, make of the index.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::read;
use crate::error::{Error, Result};

/// As what a word is looked up in WordNet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PartOfSpeech {
    /// `mice` is `mouse`.
    Noun,
    /// `flew` is `fly`.
    Verb,
    /// `worse` is `bad`.
    Adjective,
    /// `best` is `well`.
    Adverb,
}

impl PartOfSpeech {
    /// How the files end.
    fn suffix(self) -> &'static str {
        match self {
            Self::Noun => "noun",
            Self::Verb => "verb",
            Self::Adjective => "adj",
            Self::Adverb => "adv",
        }
    }

    /// What the second column of the index says.
    fn letter(self) -> &'static str {
        match self {
            Self::Noun => "n",
            Self::Verb => "v",
            Self::Adjective => "a",
            Self::Adverb => "r",
        }
    }

    /// Endings, and what stands in their place in the lemma.
    fn rules(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Noun => &[
                ("s", ""),
                ("ses", "s"),
                ("ves", "f"),
                ("xes", "x"),
                ("zes", "z"),
                ("ches", "ch"),
                ("shes", "sh"),
                ("men", "man"),
                ("ies", "y"),
            ],
            Self::Verb => &[
                ("s", ""),
                ("ies", "y"),
                ("es", "e"),
                ("es", ""),
                ("ed", "e"),
                ("ed", ""),
                ("ing", "e"),
                ("ing", ""),
            ],
            Self::Adjective => &[("er", ""), ("est", ""), ("er", "e"), ("est", "e")],
            Self::Adverb => &[],
        }
    }
}

/// Every form whose lemma is another word, with that lemma; a form may come twice.
pub(super) fn pairs(folder: &Path, pos: PartOfSpeech) -> Result<Vec<(String, String)>> {
    let index_path = folder.join(format!("index.{}", pos.suffix()));
    let index = read(&index_path)?;
    let exceptions = read(&folder.join(format!("{}.exc", pos.suffix())))?;
    let index = words(&index, pos).map_err(|(line, problem)| Error::Dataset {
        path: index_path,
        line,
        problem,
    })?;
    // Of two lines for one form the last counts, as in NLTK.
    let exceptions: HashMap<&str, Vec<&str>> = exceptions
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.collect()))
        })
        .collect();
    let inflected = index.iter().flat_map(|word| {
        pos.rules()
            .iter()
            .filter_map(|(ending, replaced)| Some(word.strip_suffix(replaced)?.to_owned() + ending))
    });
    let irregular = exceptions.keys().map(|&form| form.to_owned());
    let pairs = inflected.chain(irregular).filter_map(|form| {
        let lemma = lemma(&form, &index, &exceptions, pos)?.to_owned();
        (lemma != form).then_some((form, lemma))
    });
    Ok(pairs.collect())
}

/// The words of an index; or the line at fault and what is wrong.
fn words(index: &str, pos: PartOfSpeech) -> Result<HashSet<&str>, (usize, String)> {
    let mut found = HashSet::new();
    for (number, line) in index.lines().enumerate() {
        // The licence is indented.
        if line.starts_with(' ') || line.is_empty() {
            continue;
        }
        let mut columns = line.split_whitespace();
        match (columns.next(), columns.next()) {
            (Some(word), Some(letter)) if letter == pos.letter() => found.insert(word),
            _ => {
                let start: String = line.chars().take(40).collect();
                let letter = pos.letter();
                let problem = format!(
                    "{start:?} is no line of WordNet's index; it must be a word and then {letter:?}"
                );
                return Err((number + 1, problem));
            }
        };
    }
    Ok(found)
}

/// The shortest of what WordNet has of a form, its exceptions or else of what a rule makes of it.
fn lemma<'i>(
    form: &str,
    index: &HashSet<&'i str>,
    exceptions: &HashMap<&str, Vec<&str>>,
    pos: PartOfSpeech,
) -> Option<&'i str> {
    let look_up = |word: &str| index.get(word).copied();
    let others: Vec<&'i str> = match exceptions.get(form) {
        Some(words) => words.iter().filter_map(|word| look_up(word)).collect(),
        None => pos
            .rules()
            .iter()
            .filter_map(|(ending, replaced)| {
                look_up(&(form.strip_suffix(ending)?.to_owned() + replaced))
            })
            .collect(),
    };
    look_up(form).into_iter().chain(others).min_by_key(|word| word.chars().count())
}
