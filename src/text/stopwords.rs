//! Words that say nothing of their own. Off by default: on sentiment they cost more than they give.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Language;

/// Which tokens are dropped before stemming and before n-grams are made.
///
/// The lists that ship never hold a negator: "not good" is not "good". Dropping stop words lowered accuracy in every
/// comparison on sentiment that this crate was tuned on; use it to shrink a model, not to improve it.
///
/// ```
/// use ressenti::text::{Analyzer, Language, StopWords};
///
/// let analyzer = Analyzer::word().stop_words(StopWords::of(Language::English)?).build()?;
/// let tokens: Vec<_> = analyzer.tokenize("the crew was not nice").iter().map(|t| t.text().to_owned()).collect();
/// assert_eq!(tokens, ["crew", "not", "nice"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopWords {
    words: BTreeSet<String>,
}

impl StopWords {
    /// Drops nothing; the default.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The list that ships for a language: Dutch, English, French, German, Italian, Portuguese and Spanish have one.
    ///
    /// The lists were written for this crate, under its licence. They hold articles, pronouns, auxiliaries, prepositions
    /// and conjunctions; no negator, no intensifier and no "but".
    ///
    /// Errors: [`Error::InvalidParameter`](crate::Error::InvalidParameter) for the other languages.
    pub fn of(language: Language) -> crate::Result<Self> {
        let words = match language {
            Language::Dutch => include_str!("stopwords/dutch.txt"),
            Language::English => include_str!("stopwords/english.txt"),
            Language::French => include_str!("stopwords/french.txt"),
            Language::German => include_str!("stopwords/german.txt"),
            Language::Italian => include_str!("stopwords/italian.txt"),
            Language::Portuguese => include_str!("stopwords/portuguese.txt"),
            Language::Spanish => include_str!("stopwords/spanish.txt"),
            other => {
                return Err(crate::Error::InvalidParameter {
                    name: "stop_words",
                    found: format!("of {other:?}"),
                    expected: "do not ship with this crate; pass your own with StopWords::list",
                });
            }
        };
        let lines = words.lines().filter(|line| !line.starts_with('#'));
        Ok(Self::list(lines.flat_map(str::split_whitespace)))
    }

    /// A list of your own. Tokens are compared after lower-casing, before stemming.
    pub fn list<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect() }
    }

    /// True if nothing is dropped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a token is dropped. A typographic apostrophe counts as a straight one.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.words.contains(token)
            || (!self.words.is_empty()
                && token.contains('’')
                && self.words.contains(&token.replace('’', "'")))
    }

    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::super::stem::LANGUAGES;
    use super::*;

    /// Negators, and words that turn, weaken or strengthen what is said, of each language with a list.
    const KEPT: [(Language, &str); 7] = [
        (
            Language::Dutch,
            "niet geen nooit niets niks niemand nergens noch zonder nauwelijks maar nee te zeer heel erg",
        ),
        (
            Language::English,
            "not no none nor never nothing nobody nowhere neither without cannot can't cant don't dont won't \
             isn't wasn't didn't doesn't couldn't shouldn't wouldn't hardly barely n't but too very so",
        ),
        (
            Language::French,
            "ne n pas non ni jamais rien aucun aucune sans personne guère point mais trop très",
        ),
        (
            Language::German,
            "nicht kein keine keinen keinem keiner keines nie niemals nichts niemand nirgends weder noch \
             ohne kaum nein aber sondern doch sehr zu so",
        ),
        (
            Language::Italian,
            "non no né ne mai niente nulla nessuno nessuna nessun senza neanche nemmeno neppure ma però \
             molto troppo così",
        ),
        (
            Language::Portuguese,
            "não nao nem nunca jamais nada ninguém nenhum nenhuma sem mas porém muito demais tão",
        ),
        (
            Language::Spanish,
            "no ni nunca jamás nada nadie ningún ninguno ninguna tampoco sin pero sino muy tan demasiado sí",
        ),
    ];

    #[test]
    fn no_list_holds_a_negator() {
        for (language, kept) in KEPT {
            let list = StopWords::of(language).unwrap();
            for word in kept.split_whitespace() {
                assert!(!list.contains(word), "{language:?}: {word}");
            }
        }
        let lists = LANGUAGES.into_iter().filter(|&of| StopWords::of(of).is_ok());
        assert!(lists.eq(KEPT.map(|(language, _)| language)));
    }

    #[test]
    fn lists_are_of_single_lower_case_words() {
        for (language, _) in KEPT {
            let list = StopWords::of(language).unwrap();
            assert!(list.iter().count() > 100, "{language:?}");
            for word in list.iter() {
                let plain = word.chars().all(|c| c.is_alphabetic() || c == '\'');
                assert!(plain && word.to_lowercase() == word, "{language:?}: {word}");
            }
        }
    }

    #[test]
    fn a_language_without_a_list_says_what_to_do() {
        let error = StopWords::of(Language::Tamil).unwrap_err();
        assert_eq!(
            error.to_string(),
            "stop_words of Tamil do not ship with this crate; pass your own with StopWords::list"
        );
    }
}
