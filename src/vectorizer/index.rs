//! From the tokens of one text to the columns it touches.
//!
//! Built from a [`Vocabulary`]; what it finds are columns. What they weigh is not known here.

use std::ops::Range;

use super::Vocabulary;
use super::forms::new_owner;
use super::pairs::Pairs;
use super::reader::tokens;
use super::scratch::{ReadScratch, RowScratch, TextCounts};
use super::tokens::{NONE, Tokens};
use crate::error::{Error, Result};
use crate::text::{Analyzer, Unit};

/// How many tokens a term has that are not empty.
pub(super) fn n_tokens(term: &str, unit: Unit) -> usize {
    match unit {
        Unit::Tokens => tokens(term).count(),
        Unit::Characters | Unit::CharactersOfWords => term.chars().count(),
    }
}

/// Looks the n-grams of a text up without spelling them.
#[derive(Debug, Clone)]
pub(super) struct TermIndex {
    unit: Unit,
    ngram_range: (usize, usize),
    tokens: Tokens,
    /// The column of each token, or [`NONE`] for what is only the beginning or a part of a term; at last, [`NONE`] for what is
    /// no token. Empty where each token is the term of the column of its number, as where terms are single tokens.
    columns: Vec<u32>,
    /// Longer terms with theirs.
    pairs: Pairs<u32>,
    /// Whose surface forms are remembered; another one for each analyzer that it is used with.
    owner: u64,
}

/// A token on the path of a term.
struct Joint<'t> {
    text: &'t str,
    /// What stands before it, or [`NONE`].
    parent: u32,
    token: u32,
    node: u32,
}

impl TermIndex {
    pub(super) fn new(vocabulary: &Vocabulary, unit: Unit, (min, max): (u32, u32)) -> Result<Self> {
        let mut index = Self {
            unit,
            ngram_range: (min as usize, max as usize),
            tokens: if max == 1 { Tokens::with_room(vocabulary.len()) } else { Tokens::default() },
            columns: Vec::new(),
            pairs: Pairs::default(),
            owner: new_owner(),
        };
        // Of words, the short ones are terms themselves.
        let least = if unit == Unit::CharactersOfWords { 1 } else { min as usize };
        let mut path = Vec::new();
        for (column, term) in vocabulary.iter().enumerate() {
            if unit == Unit::Tokens {
                index.insert(term.split(' '), &mut path, column as u32)?;
            } else {
                index.insert(term.split_inclusive(|_| true), &mut path, column as u32)?;
            }
            if !(least..=max as usize).contains(&n_tokens(term, unit)) {
                let problem = format!("term {term:?} is not one of {min} to {max} tokens");
                return Err(Error::InvalidValues { what: "vocabulary", problem });
            }
        }
        let is_own = |(token, &column): (usize, &u32)| token == column as usize;
        if index.tokens.len() == vocabulary.len() && index.columns.iter().enumerate().all(is_own) {
            index.columns = Vec::new();
        } else {
            index.columns.resize(index.tokens.len() + 1, NONE);
            index.columns.shrink_to_fit();
        }
        index.tokens.settle();
        index.pairs.settle();
        if index.columns.is_empty() {
            index.tokens.share(vocabulary.arena());
        }
        Ok(index)
    }

    /// Adds a term of these tokens. `path` is that of the term before: in alphabetical order, many begin alike.
    fn insert<'t>(
        &mut self,
        tokens: impl Iterator<Item = &'t str>,
        path: &mut Vec<Joint<'t>>,
        column: u32,
    ) -> Result<()> {
        let mut length = 0;
        for text in tokens {
            if path.get(length).is_none_or(|joint| joint.text != text) {
                path.truncate(length);
                let token = self.tokens.intern(text)?;
                let (parent, node) = match path.last() {
                    Some(last) => (last.node, self.pairs.intern(last.node, token, NONE)?.node),
                    None => (NONE, token),
                };
                path.push(Joint { text, parent, token, node });
            }
            length += 1;
        }
        path.truncate(length);
        self.columns.resize(self.tokens.len(), NONE);
        match path.last() {
            Some(&Joint { parent: NONE, token, .. }) => self.columns[token as usize] = column,
            Some(&Joint { parent, token, .. }) => {
                self.pairs.intern(parent, token, NONE)?.value = column;
            }
            None => {}
        }
        Ok(())
    }

    pub(super) fn ngram_range(&self) -> (usize, usize) {
        self.ngram_range
    }

    /// The column of a token by its integer, if it is a term and not only a part of some.
    #[inline]
    pub(super) fn column(&self, token: u32) -> u32 {
        if self.columns.is_empty() {
            return token;
        }
        self.columns.get(token as usize).copied().unwrap_or(NONE)
    }

    /// What terms are made of.
    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Forgets what surface forms come to: it will be used with another analyzer.
    pub(super) fn forget_forms(&mut self) {
        self.owner = new_owner();
    }

    /// Leaves the columns of a text in `scratch`, one entry per occurrence; unless terms are characters of words, also its
    /// tokens, and hands out the bytes of these.
    #[inline]
    pub(super) fn find(
        &self,
        analyzer: &Analyzer,
        text: &str,
        scratch: &mut RowScratch,
        each: impl FnMut(Range<usize>),
    ) -> TextCounts {
        let RowScratch { read, columns, .. } = scratch;
        if self.unit == Unit::CharactersOfWords {
            let ReadScratch { buffer, tokens, .. } = read;
            let mut counts = TextCounts::default();
            analyzer.segment(text, buffer, |word, _| {
                let before = columns.len();
                self.find_in_word(word, tokens, columns);
                counts.tokens += 1;
                counts.known_tokens += usize::from(columns.len() > before);
            });
            return counts;
        }
        self.read_tokens(analyzer, text, read, each);
        self.find_in_tokens(&read.tokens, &mut read.ngrams, columns)
    }

    /// Leaves the tokens of a text in `read`, and hands out their bytes.
    #[inline]
    pub(super) fn read_tokens(
        &self,
        analyzer: &Analyzer,
        text: &str,
        read: &mut ReadScratch,
        mut each: impl FnMut(Range<usize>),
    ) {
        let ReadScratch { buffer, memory, tokens, .. } = read;
        tokens.clear();
        if !analyzer.is_plain() {
            let forms = memory.of(self.owner);
            forms.read(analyzer, &self.tokens, text, buffer, |token, range| {
                tokens.push(token);
                each(range);
            });
        } else if let Some(words) = analyzer.cut(text, buffer) {
            let text = words.text();
            tokens.extend(words.iter().map(|word| {
                each(word.clone());
                self.tokens.find_within(text, word)
            }));
        } else {
            analyzer.segment_within(text, buffer, |whole, word, range| {
                tokens.push(self.tokens.find_within(whole.as_bytes(), word));
                each(range);
            });
        }
    }

    /// Appends the columns of a text's tokens, [`NONE`] for those in no term.
    #[inline]
    pub(super) fn find_in_tokens(
        &self,
        tokens: &[u32],
        ngrams: &mut Vec<u32>,
        columns: &mut Vec<u32>,
    ) -> TextCounts {
        let (min, max) = self.ngram_range;
        if min == 1 {
            let before = columns.len();
            columns.resize(before + tokens.len(), 0);
            let (found, mut n) = (&mut columns[before..], 0);
            // Written in any case: no guess at which tokens are known.
            let mut write = |column| {
                found[n] = column;
                n += usize::from(column != NONE);
            };
            if let Some(last) = self.columns.len().checked_sub(1) {
                for &token in tokens {
                    write(self.columns[(token as usize).min(last)]);
                }
            } else {
                for &token in tokens {
                    write(token);
                }
            }
            columns.truncate(before + n);
        }
        if max > 1 {
            ngrams.clear();
            ngrams.extend_from_slice(tokens);
        }
        for n in 2..=max {
            ngrams.pop();
            let before = columns.len();
            columns.resize(before + ngrams.len(), 0);
            let (found, mut kept) = (&mut columns[before..], 0);
            for (ngram, &token) in ngrams.iter_mut().zip(tokens.iter().skip(n - 1)) {
                // As above: nothing to guess, so that the next is looked for while this one is waited for.
                let (node, column) = self.pairs.node_and_value(*ngram, token, NONE);
                *ngram = node;
                found[kept] = column;
                kept += usize::from(n >= min && column != NONE);
            }
            columns.truncate(before + kept);
        }
        let known_tokens = tokens.iter().filter(|&&token| token != NONE).count();
        TextCounts { tokens: tokens.len(), known_tokens }
    }

    /// Appends the columns of the terms that a word is made of.
    pub(super) fn find_in_word(&self, word: &str, tokens: &mut Vec<u32>, columns: &mut Vec<u32>) {
        self.read_word(word, tokens);
        let min = self.ngram_range.0.min(tokens.len());
        self.each_term(tokens, min, |column, _| columns.push(column));
    }

    /// Leaves the characters of a word in `tokens`.
    #[inline]
    pub(super) fn read_word(&self, word: &str, tokens: &mut Vec<u32>) {
        tokens.clear();
        tokens.extend(word.split_inclusive(|_| true).map(|c| self.tokens.find(c)));
    }

    /// Hands out the column of each run of at least `min` tokens that is a term, and which run it is.
    #[inline]
    pub(super) fn each_term(
        &self,
        tokens: &[u32],
        min: usize,
        mut each: impl FnMut(u32, Range<usize>),
    ) {
        let max = self.ngram_range.1;
        for (i, &first) in tokens.iter().enumerate() {
            if first == NONE {
                continue;
            }
            let (mut node, mut column) = (first, self.column(first));
            for n in 1..=max.min(tokens.len() - i) {
                if n > 1 {
                    (node, column) = self.pairs.node_and_value(node, tokens[i + n - 1], NONE);
                    if node == NONE {
                        break;
                    }
                }
                if n >= min && column != NONE {
                    each(column, i..i + n);
                }
            }
        }
    }
}
