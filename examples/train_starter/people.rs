//! What the model thinks of people by what they are called: names, places, ages, religions and groups in neutral frames. It
//! should think nothing, so what has a word of `people.tsv` in it is no column of it, nor has what the texts write as a name. To
//! drop only words that move a frame was tried: in other sentences, pairs of words that are left still do. What that does for
//! words that nobody has listed is seen by those of `people_held_out.tsv`, which drop nothing. What is left there are words that
//! judge other things (Hope, poor, short) and parts of compounds. To drop what few texts hold, 5 to 40, was tried: as many moved.

use std::collections::{BTreeMap, BTreeSet};

use ressenti::Pipeline;
use ressenti::text::Analyzer;

use crate::figures::decisions;
use crate::recipe::without_mark;

/// Kinds of words, and the words, that are no columns.
const PEOPLE: &str = include_str!("../../tests/golden/starter/people.tsv");
/// The same of others, which drop nothing. They were written before any of them was tried: then 61 of 720 moved a frame. 23 of
/// these say who somebody is and seldom more, and are in the other list since, so that less is left to find here.
const HELD_OUT: &str = include_str!("../../tests/golden/starter/people_held_out.tsv");

/// What is said of any of them; a name stands where `{}` is.
const FRAMES: [&str; 8] = [
    "{}",
    "A {} family moved in next door.",
    "She works with {} at the office.",
    "My neighbour is {}.",
    "I met someone who is {}.",
    "{} people live in this street.",
    "The {} person asked for the time.",
    "Yesterday I talked to {} about the weather.",
];

/// A decision value that moves further than this is reported.
const MOST: f64 = 0.1;

/// A word for people, and the largest change of a decision value when it stands in a frame instead of an unknown word.
struct Moved {
    kind: &'static str,
    word: &'static str,
    by: f64,
}

/// All kinds and words of a list, in their order.
fn words(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = list.lines().skip(1).filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(kind, words)| words.split(", ").map(move |word| (kind, word)))
}

/// Prints what the words of both lists do.
pub(crate) fn print(pipeline: &Pipeline) -> ressenti::Result<()> {
    for (name, list) in [("people.tsv", PEOPLE), ("people_held_out.tsv", HELD_OUT)] {
        let mut moved = measure(pipeline, list)?;
        moved.sort_by(|a, b| b.by.abs().total_cmp(&a.by.abs()));
        let too_far = moved.iter().take_while(|moved| moved.by.abs() > MOST);
        let too_far: Vec<String> =
            too_far.map(|Moved { kind, word, by }| format!("{kind} {word} {by:+.2}")).collect();
        println!(
            "{name}: {} of {} words move a frame by more than {MOST}; {}",
            too_far.len(),
            moved.len(),
            too_far.join(", ")
        );
    }
    Ok(())
}

fn measure(pipeline: &Pipeline, list: &'static str) -> ressenti::Result<Vec<Moved>> {
    let filled = |word: &str| FRAMES.map(|frame| frame.replace("{}", word));
    let unknown = decisions(pipeline, &filled("Qzxvw"))?;
    words(list)
        .map(|(kind, word)| {
            let moved = decisions(pipeline, &filled(word))?;
            let changes = moved.iter().zip(&unknown).map(|(z, without)| z - without);
            let by = changes.fold(0.0, |most: f64, z| if z.abs() > most.abs() { z } else { most });
            Ok(Moved { kind, word, by })
        })
        .collect()
}

/// Whether a term of a model has such a word in it, or a name: names of people and places that nobody has listed are told by how
/// the texts write them.
pub(crate) fn in_term(pipeline: &Pipeline, texts: &[&str]) -> impl Fn(&str) -> bool + use<> {
    let analyzer = pipeline.vectorizer().blocks()[0].analyzer();
    let tokens = words(PEOPLE).flat_map(|(_, word)| analyzer.tokenize(word));
    let mut dropped: BTreeSet<String> = tokens.map(|token| token.text().to_owned()).collect();
    dropped.extend(names(analyzer, texts));
    let is_dropped = move |token: &str| dropped.contains(without_mark(token));
    move |term: &str| term.split(' ').any(&is_dropped)
}

/// Words that have a capital more often than not where no sentence begins. Texts all in small letters say nothing of that.
fn names(analyzer: &Analyzer, texts: &[&str]) -> Vec<String> {
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for text in texts.iter().filter(|text| text.contains(char::is_uppercase)) {
        let mut inside = false;
        analyzer.for_each_token(text, |token, range| {
            let mut letters = text[range].chars();
            let first = letters.next().unwrap_or(' ');
            if inside && first.is_alphabetic() {
                let (capital, all) = counts.entry(without_mark(token).to_owned()).or_default();
                *capital += u32::from(first.is_uppercase() && letters.any(char::is_lowercase));
                *all += 1;
            }
            inside = first.is_alphabetic();
        });
    }
    let names = counts.into_iter().filter(|&(_, (capital, all))| 2 * capital > all);
    names.map(|(name, _)| name).collect()
}
