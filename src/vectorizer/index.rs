//! From the tokens of one text to the columns it touches.
//!
//! Built from a [`Vocabulary`]; what it finds are columns and counts. What they weigh is not known here.

use super::Vocabulary;
use super::interner::{NONE, Nodes};
use crate::error::{Error, Result};
use crate::text::Analyzer;

/// Looks the n-grams of a text up without spelling them.
#[derive(Debug, Clone)]
pub(super) struct TermIndex {
    nodes: Nodes,
    /// The column of each node, or [`NONE`] for what is only the beginning or a part of a term.
    columns: Vec<u32>,
    longest: usize,
}

/// Buffers that one text after the other passes through, and the row of the last one.
#[derive(Debug, Default)]
pub(crate) struct RowScratch {
    word: String,
    /// The tokens of the text, [`NONE`] for those in no term.
    tokens: Vec<u32>,
    /// Its n-grams of the length at hand.
    ngrams: Vec<u32>,
    /// The columns of the row, ascending.
    pub(super) columns: Vec<u32>,
    /// How often each column occurs.
    pub(super) counts: Vec<u32>,
    pub(super) weights: Vec<f64>,
    /// The values of the row.
    pub(super) values: Vec<f32>,
}

impl RowScratch {
    /// The columns of the row, ascending.
    pub(crate) fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// The values of the row.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Sorts the columns found, one entry per occurrence, into distinct ones and their counts.
    pub(super) fn gather(&mut self, found: impl Iterator<Item = u32>) {
        self.columns.clear();
        self.columns.extend(found);
        self.gather_columns();
    }

    fn gather_columns(&mut self) {
        self.columns.sort_unstable();
        self.counts.clear();
        let mut kept = 0;
        for i in 0..self.columns.len() {
            if kept > 0 && self.columns[kept - 1] == self.columns[i] {
                self.counts[kept - 1] += 1;
            } else {
                self.columns[kept] = self.columns[i];
                self.counts.push(1);
                kept += 1;
            }
        }
        self.columns.truncate(kept);
    }
}

/// What a row was counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TextCounts {
    /// Tokens in the text.
    pub(crate) tokens: usize,
    /// Those that occur in some term.
    pub(crate) known_tokens: usize,
}

impl TermIndex {
    pub(super) fn new(vocabulary: &Vocabulary, (min, max): (u32, u32)) -> Result<Self> {
        let mut nodes = Nodes::default();
        let mut columns = Vec::new();
        for (column, term) in vocabulary.iter().enumerate() {
            let (mut node, mut length) = (NONE, 0);
            for token in term.split(' ') {
                let token_id = nodes.intern_token(token)?;
                node = match node {
                    NONE => token_id,
                    parent => nodes.intern_pair(parent, token_id)?,
                };
                length += usize::from(!token.is_empty());
            }
            if !(min as usize..=max as usize).contains(&length) {
                let problem = format!("term {term:?} is not one of {min} to {max} tokens");
                return Err(Error::InvalidValues { what: "vocabulary", problem });
            }
            columns.resize(nodes.len(), NONE);
            columns[node as usize] = column as u32;
        }
        Ok(Self { nodes, columns, longest: max as usize })
    }

    /// Leaves the columns of a text and their counts in `scratch`.
    pub(super) fn count(
        &self,
        analyzer: &Analyzer,
        text: &str,
        scratch: &mut RowScratch,
    ) -> TextCounts {
        let RowScratch { word, tokens, ngrams, columns, .. } = scratch;
        tokens.clear();
        let plain = analyzer.is_plain();
        analyzer.segment(text, word, |surface, _| {
            if plain {
                tokens.push(self.nodes.find_token(surface));
            } else if let Some(token) = analyzer.token(surface) {
                tokens.push(self.nodes.find_token(&token));
            }
        });
        columns.clear();
        ngrams.clear();
        ngrams.extend_from_slice(tokens);
        for n in 1..=self.longest {
            if n > 1 {
                ngrams.pop();
                for (ngram, &token) in ngrams.iter_mut().zip(tokens.iter().skip(n - 1)) {
                    let known = *ngram != NONE && token != NONE;
                    *ngram = if known { self.nodes.find_pair(*ngram, token) } else { NONE };
                }
            }
            let found = ngrams.iter().filter(|&&ngram| ngram != NONE);
            columns.extend(found.map(|&ngram| self.columns[ngram as usize]).filter(|&c| c != NONE));
        }
        scratch.gather_columns();
        let known_tokens = scratch.tokens.iter().filter(|&&token| token != NONE).count();
        TextCounts { tokens: scratch.tokens.len(), known_tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_become_columns_and_counts() {
        let mut scratch = RowScratch::default();
        for (found, columns, counts) in [
            (vec![], vec![], vec![]),
            (vec![7], vec![7], vec![1]),
            (vec![7, 7], vec![7], vec![2]),
            (vec![3, 1, 3, 2, 3, 1], vec![1, 2, 3], vec![2, 1, 3]),
        ] {
            scratch.gather(found.into_iter());
            assert_eq!((&scratch.columns, &scratch.counts), (&columns, &counts));
        }
    }
}
