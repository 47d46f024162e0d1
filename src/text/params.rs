//! How a text becomes tokens: the settings, as data.

use serde::{Deserialize, Serialize};

use super::{Analyzer, Language, Lemmas, Negation, Social, StopWords, Unit};
use crate::error::{Error, Result};

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
    /// Each character is a token, and terms are runs of characters; scikit-learn's `analyzer="char"`. Two and more
    /// characters of white space count as one space.
    Char,
    /// As [`Char`](Self::Char), but no term reaches from one word into the next: scikit-learn's `analyzer="char_wb"`.
    /// Words are what stands between white space, with a space before and after; a word that is shorter than the shortest
    /// term asked for is a term itself.
    CharWb,
}

impl From<Social> for Tokenizer {
    fn from(social: Social) -> Self {
        Self::Social(social)
    }
}

impl Tokenizer {
    /// Whether terms are runs of characters instead of tokens.
    fn is_of_characters(self) -> bool {
        matches!(self, Self::Char | Self::CharWb)
    }
}

/// How a text becomes tokens: the settings. Start from [`Analyzer::word`], [`Analyzer::unicode_word`],
/// [`Analyzer::social`], [`Analyzer::char`] or [`Analyzer::char_wb`].
///
/// The steps, in order: cut off what is too long, cut into tokens, lower-case, strip accents, drop stop words, take lemmas,
/// stem, mark what is negated.
///
/// ```
/// use ressenti::Vectorizer;
/// use ressenti::text::{Analyzer, Language};
///
/// let params = Vectorizer::tfidf().analyzer(Analyzer::social().stemmer(Language::English));
/// # let _ = params;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct AnalyzerParams {
    pub(super) tokenizer: Tokenizer,
    pub(super) max_bytes: Option<u64>,
    pub(super) lowercase: bool,
    pub(super) strip_accents: bool,
    pub(super) stop_words: StopWords,
    pub(super) lemmatizer: Option<Lemmas>,
    pub(super) stemmer: Option<Language>,
    pub(super) negation: Option<Negation>,
}

/// [`Analyzer::word`].
impl Default for AnalyzerParams {
    fn default() -> Self {
        Analyzer::word()
    }
}

impl AnalyzerParams {
    /// What terms are made of.
    pub(crate) fn unit(&self) -> Unit {
        match self.tokenizer {
            Tokenizer::Char => Unit::Characters,
            Tokenizer::CharWb => Unit::CharactersOfWords,
            _ => Unit::Tokens,
        }
    }

    pub(super) fn of(tokenizer: Tokenizer) -> Self {
        Self {
            tokenizer,
            max_bytes: None,
            lowercase: true,
            strip_accents: false,
            stop_words: StopWords::none(),
            lemmatizer: None,
            stemmer: None,
            negation: None,
        }
    }

    /// Reads no more than so many bytes of a text: up to the last white space before, or the last whole character where
    /// there is none. Default: all of it. Range: 1 and more.
    ///
    /// For texts from strangers: time and memory for one text grow with its length.
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = Some(max_bytes as u64);
        self
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

    /// Whether letters lose their accents: `é` becomes `e`, and `ﬁ` becomes `fi`. scikit-learn's
    /// `strip_accents="unicode"`: the compatibility decomposition of Unicode (NFKD) without its combining marks. Default:
    /// false.
    ///
    /// Tokens of [`Tokenizer::Word`] are found in the text without accents, others lose theirs once they are found.
    pub fn strip_accents(mut self, strip_accents: bool) -> Self {
        self.strip_accents = strip_accents;
        self
    }

    /// Tokens to drop. Default: none.
    pub fn stop_words(mut self, stop_words: StopWords) -> Self {
        self.stop_words = stop_words;
        self
    }

    /// The table that gives each word its lemma: "mice" counts as "mouse". Default: none.
    ///
    /// What of the table a fitted vectorizer needs is kept in it and stored with it; the rest is not. Lemmas are of
    /// lower-case words, so this wants [`lowercase`](Self::lowercase).
    pub fn lemmatizer(mut self, lemmas: Lemmas) -> Self {
        self.lemmatizer = Some(lemmas);
        self
    }

    /// The language whose Snowball stemmer shortens each word. Default: no stemming.
    ///
    /// Stemmers expect lower-case words, so this wants [`lowercase`](Self::lowercase).
    pub fn stemmer(mut self, language: Language) -> Self {
        self.stemmer = Some(language);
        self
    }

    /// Marks the tokens that a negator like "not" turns round. Default: none.
    ///
    /// On five sets of tweets and reviews, this and stemming together gained 1.5 points of accuracy on average.
    pub fn negation(mut self, negation: Negation) -> Self {
        self.negation = Some(negation);
        self
    }

    /// Tokenizer, lower-casing, accents and stop words, if that is all there is.
    pub(crate) fn plain(&self) -> Option<(Tokenizer, bool, bool, &StopWords)> {
        let Self { tokenizer, lowercase, strip_accents, stop_words, .. } = self;
        let plain = Self::of(*tokenizer).lowercase(*lowercase).strip_accents(*strip_accents);
        let plain = plain.stop_words(stop_words.clone()) == *self;
        plain.then_some((*tokenizer, *lowercase, *strip_accents, stop_words))
    }

    pub(crate) fn chosen_stemmer(&self) -> Option<Language> {
        self.stemmer
    }

    pub(crate) fn has_lemmas(&self) -> bool {
        self.lemmatizer.is_some()
    }

    /// The analyzer with these settings.
    ///
    /// Errors: [`Error::InvalidParameter`] for steps that are for words where the tokens are characters.
    pub fn build(&self) -> Result<Analyzer> {
        self.validate()?;
        Ok(Analyzer::new(self.clone()))
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let for_words = [
            ("stop_words", !self.stop_words.is_empty()),
            ("lemmatizer", self.lemmatizer.is_some()),
            ("stemmer", self.stemmer.is_some()),
            ("negation", self.negation.is_some()),
        ];
        if let Some((name, _)) = for_words.into_iter().find(|&(_, set)| set)
            && self.tokenizer.is_of_characters()
        {
            return Err(Error::InvalidParameter {
                name,
                found: "with characters as tokens".to_owned(),
                expected: "has no meaning, it is for words; leave it out, or cut into words",
            });
        }
        if self.max_bytes == Some(0) {
            return Err(Error::InvalidParameter {
                name: "max_bytes",
                found: "0".to_owned(),
                expected: "leaves nothing of any text; give at least 1, or leave it out to read all",
            });
        }
        Ok(())
    }

    /// The settings in a few words, as a run records them: `social + stem(English)`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = match self.tokenizer {
            Tokenizer::Word => "word".to_owned(),
            Tokenizer::UnicodeWord => "unicode_word".to_owned(),
            Tokenizer::Social(social) => social.summary(),
            Tokenizer::Char => "char".to_owned(),
            Tokenizer::CharWb => "char_wb".to_owned(),
        };
        if self.lowercase {
            text += " + lowercase";
        }
        if self.strip_accents {
            text += " + strip_accents";
        }
        if !self.stop_words.is_empty() {
            text += " + stop_words";
        }
        if self.lemmatizer.is_some() {
            text += " + lemmas";
        }
        if let Some(language) = self.stemmer {
            text += " + stem(";
            text += language.name();
            text += ")";
        }
        if self.negation.is_some() {
            text += " + negation";
        }
        text
    }
}
