//! Words to stems by the Snowball algorithms. The only file that says `rust_stemmers`.

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

/// Where the stemmers come from, as a model's card has it.
pub(crate) const STEMMERS: &str = "rust-stemmers 1.2";

/// A language with a Snowball stemmer.
///
/// The algorithms are those of 2019, as `rust-stemmers` 1.2 has them; a few endings have changed since, in Dutch many.
///
/// ```
/// use ressenti::text::{Analyzer, Language};
///
/// let analyzer = Analyzer::word().stemmer(Language::French).build()?;
/// assert_eq!(analyzer.tokenize("annulations")[0].text(), "annul");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)] // The names say it all.
pub enum Language {
    Arabic,
    Danish,
    Dutch,
    English,
    Finnish,
    French,
    German,
    Greek,
    Hungarian,
    Italian,
    Norwegian,
    Portuguese,
    Romanian,
    Russian,
    Spanish,
    Swedish,
    Tamil,
    Turkish,
}

impl Language {
    /// The language's English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arabic => "Arabic",
            Self::Danish => "Danish",
            Self::Dutch => "Dutch",
            Self::English => "English",
            Self::Finnish => "Finnish",
            Self::French => "French",
            Self::German => "German",
            Self::Greek => "Greek",
            Self::Hungarian => "Hungarian",
            Self::Italian => "Italian",
            Self::Norwegian => "Norwegian",
            Self::Portuguese => "Portuguese",
            Self::Romanian => "Romanian",
            Self::Russian => "Russian",
            Self::Spanish => "Spanish",
            Self::Swedish => "Swedish",
            Self::Tamil => "Tamil",
            Self::Turkish => "Turkish",
        }
    }
}

/// Longer words are left as they are: no language has them, and the stemmers take quadratic time.
const LONGEST: usize = 128;

/// The stemmer of one language.
pub(super) struct Stem {
    stemmer: Stemmer,
}

impl Stem {
    pub(super) fn new(language: Language) -> Self {
        let algorithm = match language {
            Language::Arabic => Algorithm::Arabic,
            Language::Danish => Algorithm::Danish,
            Language::Dutch => Algorithm::Dutch,
            Language::English => Algorithm::English,
            Language::Finnish => Algorithm::Finnish,
            Language::French => Algorithm::French,
            Language::German => Algorithm::German,
            Language::Greek => Algorithm::Greek,
            Language::Hungarian => Algorithm::Hungarian,
            Language::Italian => Algorithm::Italian,
            Language::Norwegian => Algorithm::Norwegian,
            Language::Portuguese => Algorithm::Portuguese,
            Language::Romanian => Algorithm::Romanian,
            Language::Russian => Algorithm::Russian,
            Language::Spanish => Algorithm::Spanish,
            Language::Swedish => Algorithm::Swedish,
            Language::Tamil => Algorithm::Tamil,
            Language::Turkish => Algorithm::Turkish,
        };
        Self { stemmer: Stemmer::create(algorithm) }
    }

    /// The stem of a lower-case word. Tokens that are no words (handles, links, emoji) stay as they are.
    pub(super) fn stem<'w>(&self, word: &'w str) -> std::borrow::Cow<'w, str> {
        let is_word = word.chars().next().is_some_and(char::is_alphabetic);
        if is_word && word.len() <= LONGEST && !word.contains("://") {
            self.stemmer.stem(word)
        } else {
            word.into()
        }
    }
}

/// All languages.
pub(crate) const LANGUAGES: [Language; 18] = [
    Language::Arabic,
    Language::Danish,
    Language::Dutch,
    Language::English,
    Language::Finnish,
    Language::French,
    Language::German,
    Language::Greek,
    Language::Hungarian,
    Language::Italian,
    Language::Norwegian,
    Language::Portuguese,
    Language::Romanian,
    Language::Russian,
    Language::Spanish,
    Language::Swedish,
    Language::Tamil,
    Language::Turkish,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_word_is_left_alone() {
        let stem = Stem::new(Language::English);
        assert_eq!(stem.stem("flying"), "fli");
        for token in ["https://t.co/flying", "@flying", "#flying", "1flying", "✈flying", ""] {
            assert_eq!(stem.stem(token), token);
        }
    }

    #[test]
    fn a_very_long_word_is_left_alone() {
        let word = "ing".repeat(50_000);
        assert_eq!(Stem::new(Language::English).stem(&word), word);
    }

    proptest! {
        #[test]
        fn no_word_makes_a_stemmer_panic(word in "\\p{L}{0,12}(s|ing|heit|ement|ка|ση)?") {
            for language in LANGUAGES {
                let _ = Stem::new(language).stem(&word.to_lowercase());
            }
        }
    }
}
