//! How a text becomes tokens, as data ([`AnalyzerParams`]) and ready to run ([`Analyzer`]).

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::stem::Stem;
use super::{Language, Social, StopWords, segment, social};
use crate::error::Result;

/// How a text is cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Tokenizer {
    /// scikit-learn's default pattern, `(?u)\b\w\w+\b`: runs of two and more letters, digits and `_`.
    #[default]
    Word,
    /// Words by UAX #29: keeps "can't" and single letters, drops punctuation, emoji, `#` and `@`.
    UnicodeWord,
    /// For tweets: handles, links, hashtags, emoji and emoticons are tokens, and so is punctuation.
    Social(Social),
}

impl From<Social> for Tokenizer {
    fn from(social: Social) -> Self {
        Self::Social(social)
    }
}

/// How a text becomes tokens: the settings. Start from [`Analyzer::word`], [`Analyzer::unicode_word`] or
/// [`Analyzer::social`].
///
/// The steps, in order: cut, lower-case, drop stop words, stem.
///
/// ```
/// use ressenti::Vectorizer;
/// use ressenti::text::{Analyzer, Language};
///
/// let params = Vectorizer::tfidf().analyzer(Analyzer::social().stemmer(Language::English));
/// # let _ = params;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[must_use]
pub struct AnalyzerParams {
    tokenizer: Tokenizer,
    lowercase: bool,
    stop_words: StopWords,
    stemmer: Option<Language>,
}

/// [`Analyzer::word`].
impl Default for AnalyzerParams {
    fn default() -> Self {
        Analyzer::word()
    }
}

impl AnalyzerParams {
    fn of(tokenizer: Tokenizer) -> Self {
        Self { tokenizer, lowercase: true, stop_words: StopWords::none(), stemmer: None }
    }

    /// How texts are cut. Default: as the constructor says, for [`Analyzer::social`] with [`Social`]'s defaults.
    pub fn tokenizer(mut self, tokenizer: impl Into<Tokenizer>) -> Self {
        self.tokenizer = tokenizer.into();
        self
    }

    /// Whether tokens are lower-cased, by the full Unicode rules. Default: true. Links and emoticons keep their case.
    pub fn lowercase(mut self, lowercase: bool) -> Self {
        self.lowercase = lowercase;
        self
    }

    /// Tokens to drop. Default: none.
    pub fn stop_words(mut self, stop_words: StopWords) -> Self {
        self.stop_words = stop_words;
        self
    }

    /// The language whose Snowball stemmer shortens each word. Default: no stemming.
    ///
    /// Stemmers expect lower-case words, so this wants [`lowercase`](Self::lowercase).
    pub fn stemmer(mut self, language: Language) -> Self {
        self.stemmer = Some(language);
        self
    }

    /// The analyzer with these settings.
    pub fn build(&self) -> Result<Analyzer> {
        Ok(Analyzer { params: self.clone(), stem: self.stemmer.map(Stem::new) })
    }

    /// The settings in a few words, as a run records them: `social + stem(English)`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = match self.tokenizer {
            Tokenizer::Word => "word".to_owned(),
            Tokenizer::UnicodeWord => "unicode_word".to_owned(),
            Tokenizer::Social(social) => social.summary(),
        };
        if self.lowercase {
            text += " + lowercase";
        }
        if !self.stop_words.is_empty() {
            text += " + stop_words";
        }
        if let Some(language) = self.stemmer {
            text += " + stem(";
            text += language.name();
            text += ")";
        }
        text
    }
}

/// A token and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    text: String,
    range: Range<usize>,
}

impl Token {
    /// The token as it is counted: lower-cased, stemmed, as the settings say.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original text that it was made from.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

/// Turns texts into tokens. `Send + Sync`, takes `&self`, costs nothing to keep.
///
/// ```
/// use ressenti::text::Analyzer;
///
/// let analyzer = Analyzer::word().build()?;
/// let tokens = analyzer.tokenize("Great crew, a GREAT flight");
/// assert_eq!(tokens.len(), 4); // "a" is too short for a word
/// assert_eq!((tokens[2].text(), tokens[2].range()), ("great", 14..19));
/// # Ok::<(), ressenti::Error>(())
/// ```
pub struct Analyzer {
    params: AnalyzerParams,
    stem: Option<Stem>,
}

impl fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Analyzer").field(&self.params).finish()
    }
}

impl Clone for Analyzer {
    fn clone(&self) -> Self {
        Self { params: self.params.clone(), stem: self.params.stemmer.map(Stem::new) }
    }
}

impl Analyzer {
    /// Settings for [`Tokenizer::Word`]: scikit-learn's words, lower-cased.
    pub fn word() -> AnalyzerParams {
        AnalyzerParams::of(Tokenizer::Word)
    }

    /// Settings for [`Tokenizer::UnicodeWord`]: words by UAX #29, lower-cased.
    pub fn unicode_word() -> AnalyzerParams {
        AnalyzerParams::of(Tokenizer::UnicodeWord)
    }

    /// Settings for [`Tokenizer::Social`]: words, handles, hashtags, emoji and all else that tweets are made of.
    pub fn social() -> AnalyzerParams {
        AnalyzerParams::of(Tokenizer::Social(Social::default()))
    }

    /// The settings.
    pub fn params(&self) -> &AnalyzerParams {
        &self.params
    }

    /// The tokens of a text, in order. No token holds a space.
    #[must_use]
    pub fn tokenize(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        self.for_each_token(text, |token, range| {
            tokens.push(Token { text: token.to_owned(), range });
        });
        tokens
    }

    /// Hands each token of a text to `each`, with its bytes in the text: [`tokenize`](Self::tokenize) without a
    /// `String` for each token.
    ///
    /// ```
    /// use ressenti::text::Analyzer;
    ///
    /// let mut letters = 0;
    /// Analyzer::word().build()?.for_each_token("Great crew", |token, _| letters += token.len());
    /// assert_eq!(letters, 9);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn for_each_token(&self, text: &str, mut each: impl FnMut(&str, Range<usize>)) {
        let buffer = &mut String::new();
        if self.is_plain() {
            return self.segment(text, buffer, each);
        }
        self.segment(text, buffer, |surface, range| {
            if let Some(token) = self.token(surface) {
                each(&token, range);
            }
        });
    }

    /// Cuts and lower-cases: the surface forms, before stop words and stems. `buffer` saves allocations between calls.
    #[inline]
    pub(crate) fn segment(
        &self,
        text: &str,
        buffer: &mut String,
        each: impl FnMut(&str, Range<usize>),
    ) {
        match self.params.tokenizer {
            Tokenizer::Word => segment::words(text, self.params.lowercase, buffer, each),
            Tokenizer::UnicodeWord => {
                segment::unicode_words(text, self.params.lowercase, buffer, each);
            }
            Tokenizer::Social(social) => {
                social::tokens(text, social, self.params.lowercase, buffer, each);
            }
        }
    }

    /// What a surface form counts as; `None` for a stop word. Depends on nothing else, so it may be remembered.
    pub(crate) fn token<'s>(&self, surface: &'s str) -> Option<Cow<'s, str>> {
        if self.params.stop_words.contains(surface) {
            return None;
        }
        match &self.stem {
            None => Some(Cow::Borrowed(surface)),
            // A stemmer may leave nothing of a word.
            Some(stem) => Some(stem.stem(surface)).filter(|s| !s.is_empty()),
        }
    }

    /// Whether every surface form is its own token.
    pub(crate) fn is_plain(&self) -> bool {
        self.stem.is_none() && self.params.stop_words.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_the_stated_order() {
        let stop_words = StopWords::list(["flights"]);
        let params = Analyzer::word().stop_words(stop_words).stemmer(Language::English);
        let tokens = params.build().unwrap().tokenize("FLIGHTS flight");
        assert_eq!(tokens.iter().map(Token::text).collect::<Vec<_>>(), ["flight"]);
        assert_eq!(params.summary(), "word + lowercase + stop_words + stem(English)");
    }
}
