//! Texts to tokens, by the settings in `params`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::ascii::{AsciiWords, ascii};
use super::characters::{characters, padded_words};
use super::negation::{MARK, Negators, Role, Scope};
use super::normalize::{Fold, without_accents};
use super::stem::Stem;
use super::{AnalyzerParams, Social, Tokenizer, segment, social};

/// A token and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    text: String,
    range: Range<usize>,
}

impl Token {
    /// The token as it is counted: lower-cased, stemmed, marked, as the settings say.
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
    negators: Option<Negators>,
}

/// Room for tokens that differ from their text.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    words: AsciiWords,
    word: String,
    stripped: String,
    marked: String,
    decoded: social::Decoded,
}

impl fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Analyzer").field(&self.params).finish()
    }
}

impl Clone for Analyzer {
    fn clone(&self) -> Self {
        Self::new(self.params.clone())
    }
}

impl Analyzer {
    /// The caller guarantees that the settings are valid.
    pub(super) fn new(params: AnalyzerParams) -> Self {
        let stem = params.stemmer.map(Stem::new);
        let negators = params.negation.as_ref().map(Negators::new);
        Self { params, stem, negators }
    }

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

    /// Settings for [`Tokenizer::Char`]: each character, lower-cased.
    pub fn char() -> AnalyzerParams {
        AnalyzerParams::of(Tokenizer::Char)
    }

    /// Settings for [`Tokenizer::CharWb`]: the characters of each word, lower-cased.
    pub fn char_wb() -> AnalyzerParams {
        AnalyzerParams::of(Tokenizer::CharWb)
    }

    /// The settings.
    pub fn params(&self) -> &AnalyzerParams {
        &self.params
    }

    /// The tokens of a text, in order. No token of a word tokenizer holds a space; [`Tokenizer::CharWb`] gives the words
    /// with their spaces.
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
    pub fn for_each_token(&self, text: &str, each: impl FnMut(&str, Range<usize>)) {
        self.each(text, &mut Buffer::default(), each);
    }

    /// Calls `each` for the tokens of a text.
    #[inline]
    pub(crate) fn each(
        &self,
        text: &str,
        buffer: &mut Buffer,
        mut each: impl FnMut(&str, Range<usize>),
    ) {
        if self.is_plain() {
            self.segment(text, buffer, each);
        } else {
            self.each_changed(text, buffer, &mut each);
        }
    }

    /// The same where surface forms are not what counts.
    fn each_changed(
        &self,
        text: &str,
        buffer: &mut Buffer,
        each: &mut dyn FnMut(&str, Range<usize>),
    ) {
        let (mut scope, mut end) = (Scope::default(), 0);
        let mut marked = std::mem::take(&mut buffer.marked);
        self.segment(text, buffer, |surface, range| {
            let token = self.token(surface);
            let mut negated = false;
            if let Some(negators) = &self.negators {
                scope.pass(text, end..range.start);
                end = range.end;
                let role = negators.role(surface);
                negated = (token.is_some() || role != Role::Other) && scope.negates(negators, role);
            }
            match token {
                Some(token) if negated => {
                    marked.clear();
                    marked.push_str(MARK);
                    marked.push_str(&token);
                    each(&marked, range);
                }
                Some(token) => each(&token, range),
                None => {}
            }
        });
        buffer.marked = marked;
    }

    /// Cuts, lower-cases and strips: the surface forms. `buffer` saves allocations between calls.
    #[inline]
    pub(crate) fn segment(
        &self,
        text: &str,
        buffer: &mut Buffer,
        mut each: impl FnMut(&str, Range<usize>),
    ) {
        if let Some(words) = self.cut(text, buffer) {
            words.iter().for_each(|range| each(ascii(&words.text()[range.clone()]), range));
        } else {
            self.segment_any(text, buffer, &mut each);
        }
    }

    /// The same for any text. Compiled once and not for each kind of `each`, as there is much of it.
    fn segment_any(
        &self,
        text: &str,
        buffer: &mut Buffer,
        mut each: &mut dyn FnMut(&str, Range<usize>),
    ) {
        let AnalyzerParams { tokenizer, lowercase, strip_accents, .. } = self.params;
        let text = self.params.max_bytes.map_or(text, |max_bytes| start_of(text, max_bytes));
        let Buffer { word, stripped, decoded, .. } = buffer;
        let fold = || Fold::new(text, lowercase, strip_accents);
        match tokenizer {
            Tokenizer::Word => segment::words(text, lowercase, strip_accents, word, each),
            Tokenizer::Char => characters(text, fold(), each),
            Tokenizer::CharWb => padded_words(text, fold(), word, each),
            Tokenizer::UnicodeWord if strip_accents => {
                let each = |token: &str, range| strip(token, range, stripped, &mut each);
                segment::unicode_words(text, lowercase, word, each);
            }
            Tokenizer::UnicodeWord => segment::unicode_words(text, lowercase, word, each),
            Tokenizer::Social(social) if strip_accents => {
                let each = |whole: &str, token, range| {
                    strip(&whole[token], range, stripped, &mut each);
                };
                social::tokens(text, social, lowercase, word, decoded, each);
            }
            Tokenizer::Social(social) => {
                let each = |whole: &str, token, range| each(&whole[token], range);
                social::tokens(text, social, lowercase, word, decoded, each);
            }
        }
    }

    /// [`segment`](Self::segment) for those who may look beyond a token: hands out what it is in, and where in that.
    #[inline]
    pub(crate) fn segment_within(
        &self,
        text: &str,
        buffer: &mut Buffer,
        mut each: impl FnMut(&str, Range<usize>, Range<usize>),
    ) {
        let AnalyzerParams { tokenizer, lowercase, strip_accents, max_bytes, .. } = self.params;
        if let (Tokenizer::Social(social), false) = (tokenizer, strip_accents) {
            let text = max_bytes.map_or(text, |max_bytes| start_of(text, max_bytes));
            let Buffer { word, decoded, .. } = buffer;
            social::tokens(text, social, lowercase, word, decoded, each);
        } else {
            self.segment(text, buffer, |token, range| each(token, 0..token.len(), range));
        }
    }

    /// The surface forms all at once, of a text that allows it: most tweets, where [`Tokenizer::Word`] cuts them.
    #[inline]
    pub(crate) fn cut<'b>(&self, text: &str, buffer: &'b mut Buffer) -> Option<&'b AsciiWords> {
        let AnalyzerParams { tokenizer, lowercase, max_bytes, .. } = self.params;
        if !matches!(tokenizer, Tokenizer::Word) {
            return None;
        }
        let text = max_bytes.map_or(text, |max_bytes| start_of(text, max_bytes));
        buffer.words.cut(text, lowercase).then_some(&buffer.words)
    }

    /// What a surface form counts as; `None` for a stop word. Depends on nothing else, so it may be remembered.
    pub(crate) fn token<'s>(&self, surface: &'s str) -> Option<Cow<'s, str>> {
        if self.params.stop_words.contains(surface) {
            return None;
        }
        let lemma = self.params.lemmatizer.as_ref().map(|lemmas| lemmas.lemma(surface));
        self.stemmed(lemma.unwrap_or(Cow::Borrowed(surface)))
    }

    /// The stem of a lemma, if it leaves something of it.
    fn stemmed<'w>(&self, word: Cow<'w, str>) -> Option<Cow<'w, str>> {
        let Some(stem) = &self.stem else { return Some(word) };
        let token = match word {
            Cow::Borrowed(word) => stem.stem(word),
            Cow::Owned(word) => Cow::Owned(stem.stem(&word).into_owned()),
        };
        Some(token).filter(|token| !token.is_empty())
    }

    /// The same settings with no more lemmas than those whose tokens are known, negated or not.
    pub(crate) fn with_known_lemmas(&self, is_known: impl Fn(&str) -> bool) -> AnalyzerParams {
        let mut params = self.params.clone();
        if let Some(lemmas) = &mut params.lemmatizer {
            let token_is_known = |token: &str| is_known(token) || is_known(&negate(token));
            let is_token = |word: &str| {
                self.stemmed(Cow::Borrowed(word)).is_some_and(|token| token_is_known(&token))
            };
            *lemmas = lemmas.restrict(is_token);
        }
        params
    }

    /// Whether every surface form is its own token.
    pub(crate) fn is_plain(&self) -> bool {
        let AnalyzerParams { lemmatizer, stop_words, .. } = &self.params;
        lemmatizer.is_none()
            && stop_words.is_empty()
            && self.stem.is_none()
            && self.negators.is_none()
    }

    /// What tells negated tokens, if they are to be told.
    pub(crate) fn negators(&self) -> Option<&Negators> {
        self.negators.as_ref()
    }

    /// What terms are made of.
    pub(crate) fn unit(&self) -> Unit {
        self.params.unit()
    }
}

/// What a term is a run of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Tokens, joined by spaces.
    Tokens,
    /// Tokens that are characters, side by side.
    Characters,
    /// Characters of one token.
    CharactersOfWords,
}

/// A token under a negation.
pub(crate) fn negate(token: &str) -> String {
    [MARK, token].concat()
}

/// A token without its accents, unless nothing is left of it. White space that comes out of a character is dropped.
fn strip(
    token: &str,
    range: Range<usize>,
    stripped: &mut String,
    each: &mut impl FnMut(&str, Range<usize>),
) {
    if token.is_ascii() {
        return each(token, range);
    }
    stripped.clear();
    for c in token.chars() {
        without_accents(c, |c| {
            if !c.is_whitespace() {
                stripped.push(c);
            }
        });
    }
    if !stripped.is_empty() {
        each(stripped, range);
    }
}

/// What of a text is read when no more than `max_bytes` are.
fn start_of(text: &str, max_bytes: u64) -> &str {
    let Some(limit) = usize::try_from(max_bytes).ok().filter(|&limit| limit < text.len()) else {
        return text;
    };
    let whole = (0..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    if text[whole..].starts_with(char::is_whitespace) {
        return &text[..whole];
    }
    &text[..text[..whole].rfind(char::is_whitespace).unwrap_or(whole)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, Negation, StopWords};

    #[test]
    fn steps_run_in_the_stated_order() {
        let stop_words = StopWords::list(["flights"]);
        let params = Analyzer::word().stop_words(stop_words).stemmer(Language::English);
        let tokens = params.build().unwrap().tokenize("FLIGHTS flight");
        assert_eq!(tokens.iter().map(Token::text).collect::<Vec<_>>(), ["flight"]);
        assert_eq!(params.summary(), "word + lowercase + stop_words + stem(English)");
    }

    fn texts(params: &AnalyzerParams, text: &str) -> Vec<String> {
        let tokens = params.build().unwrap().tokenize(text);
        tokens.into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn clauses_end_between_words_too_and_stop_words_take_no_room() {
        let negation = Negation::of(Language::English).unwrap().window(2);
        let params = Analyzer::word().negation(negation).stemmer(Language::English);
        assert_eq!(texts(&params, "not liked, loved"), ["not", "NOT_like", "love"]);
        let params = params.stop_words(StopWords::list(["not", "at"]));
        assert_eq!(texts(&params, "not good at all here"), ["NOT_good", "NOT_all", "here"]);
    }

    #[test]
    fn accents_are_stripped_before_words_are_found_and_after_tokens_are() {
        let text = "Cafe\u{301}s ´ ½ été";
        assert_eq!(texts(&Analyzer::word().strip_accents(true), text), ["cafes", "ete"]);
        let social = Analyzer::social().strip_accents(true);
        assert_eq!(texts(&social, text), ["cafes", "'", "1⁄2", "ete"]);
    }

    #[test]
    fn a_long_text_is_read_up_to_a_space() {
        for (max_bytes, expected) in
            [(9, "één two"), (8, "één"), (5, "één"), (4, "éé"), (3, "é"), (99, "één two 3")]
        {
            assert_eq!(start_of("één two 3", max_bytes), expected, "{max_bytes}");
        }
        assert_eq!(start_of("é", 1), "");
        assert_eq!(texts(&Analyzer::word().max_bytes(10), "lovely crews"), ["lovely"]);
    }

    #[test]
    fn settings_without_a_meaning_are_refused() {
        for (params, expected) in [
            (
                Analyzer::char_wb().stemmer(Language::English),
                "stemmer with characters as tokens has no meaning, it is for words; leave it out, or cut into words",
            ),
            (
                Analyzer::word().max_bytes(0),
                "max_bytes 0 leaves nothing of any text; give at least 1, or leave it out to read all",
            ),
        ] {
            assert_eq!(params.build().unwrap_err().to_string(), expected);
        }
    }
}
