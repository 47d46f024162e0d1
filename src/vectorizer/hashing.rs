//! Terms to columns without a vocabulary: the hashing trick.
//!
//! Columns and signs are those of scikit-learn's `HashingVectorizer`: with h the `MurmurHash3` (x86, 32 bits, seed 0) of the
//! term's UTF-8, read as a signed number, the column is |h| mod `n_features`, and the sign is that of h (Weinberger et
//! al. 2009, "Feature hashing for large scale multitask learning").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::block_params::Hashing;
use super::reader::{separator, tokens};
use super::scratch::{ReadScratch, RowScratch, TextCounts};
use crate::error::{Error, Result};
use crate::text::{Analyzer, Unit};

/// `MurmurHash3` x86 32 by Austin Appleby (public domain), with seed 0.
fn murmur3(bytes: &[u8]) -> u32 {
    let mix = |k: u32| k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut h = blocks.iter().fold(0u32, |h, block| {
        let h = h ^ mix(u32::from_le_bytes(*block));
        h.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
    });
    h ^= mix(tail.iter().rev().fold(0, |k, &b| k << 8 | u32::from(b)));
    h ^= bytes.len() as u32;
    h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
    h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

impl Hashing {
    /// The column of a term, and whether its occurrences count −1.
    pub(super) fn column(self, term: &str) -> (u32, bool) {
        let hash = murmur3(term.as_bytes()).cast_signed();
        (hash.unsigned_abs() % self.n_features, self.alternate_sign && hash < 0)
    }

    /// Leaves the columns of a text in `scratch`, each at twice its number and one more for the sign.
    pub(super) fn find(
        self,
        analyzer: &Analyzer,
        (min, max): (u32, u32),
        text: &str,
        scratch: &mut RowScratch,
    ) -> TextCounts {
        let (min, max) = (min as usize, max as usize);
        let RowScratch { read: ReadScratch { buffer, joined, bounds, .. }, columns, .. } = scratch;
        joined.clear();
        bounds.clear();
        let unit = analyzer.unit();
        let mut tokens = 0;
        analyzer.each(text, buffer, |token, _| {
            tokens += 1;
            if unit == Unit::CharactersOfWords {
                bounds.clear();
                bounds.extend(token.char_indices().map(|(at, c)| (at, at + c.len_utf8())));
                self.find_in_run(token, bounds, (min.min(bounds.len()), max), columns);
            } else {
                if !bounds.is_empty() {
                    joined.push_str(separator(unit));
                }
                bounds.push((joined.len(), joined.len() + token.len()));
                joined.push_str(token);
            }
        });
        if unit != Unit::CharactersOfWords {
            self.find_in_run(joined, bounds, (min, max), columns);
        }
        TextCounts { tokens, known_tokens: tokens }
    }

    /// The same for tokens that the caller made.
    pub(super) fn find_in_tokens(
        self,
        document: &str,
        (min, max): (u32, u32),
        scratch: &mut RowScratch,
    ) -> TextCounts {
        let RowScratch { read: ReadScratch { bounds, .. }, columns, .. } = scratch;
        bounds.clear();
        let mut start = 0;
        for token in tokens(document) {
            bounds.push((start, start + token.len()));
            start += token.len() + " ".len();
        }
        self.find_in_run(document, bounds, (min as usize, max as usize), columns);
        TextCounts { tokens: bounds.len(), known_tokens: bounds.len() }
    }

    fn find_in_run(
        self,
        text: &str,
        bounds: &[(usize, usize)],
        (min, max): (usize, usize),
        columns: &mut Vec<u32>,
    ) {
        for n in min.max(1)..=max.min(bounds.len()) {
            for (&(start, _), &(_, end)) in bounds.iter().zip(&bounds[n - 1..]) {
                let (column, negative) = self.column(&text[start..end]);
                columns.push(column << 1 | u32::from(negative));
            }
        }
    }
}

/// The terms behind hashed columns, as far as they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u32, String)>", into = "Vec<(u32, String)>")]
pub(super) struct Names {
    terms: BTreeMap<u32, String>,
}

impl Names {
    /// For each column the most frequent of its terms; `terms` come with their frequencies, in alphabetical order.
    pub(super) fn new(hashing: Hashing, terms: impl Iterator<Item = (String, u32)>) -> Self {
        let mut best: BTreeMap<u32, (u32, String)> = BTreeMap::new();
        for (term, frequency) in terms {
            let (column, _) = hashing.column(&term);
            match best.get(&column) {
                Some(&(most, _)) if most >= frequency => {}
                _ => drop(best.insert(column, (frequency, term))),
            }
        }
        Self { terms: best.into_iter().map(|(column, (_, term))| (column, term)).collect() }
    }

    pub(super) fn get(&self, column: u32) -> Option<&str> {
        self.terms.get(&column).map(String::as_str)
    }

    pub(super) fn check(&self, n_features: u32) -> Result<()> {
        match self.terms.last_key_value() {
            Some((&column, _)) if column >= n_features => Err(Error::InvalidValues {
                what: "feature names",
                problem: format!("there is one for column {column} of {n_features}"),
            }),
            _ => Ok(()),
        }
    }
}

impl From<Names> for Vec<(u32, String)> {
    fn from(names: Names) -> Self {
        names.terms.into_iter().collect()
    }
}

impl From<Vec<(u32, String)>> for Names {
    fn from(terms: Vec<(u32, String)>) -> Self {
        Self { terms: terms.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_reference() {
        // sklearn.utils.murmurhash3_32(term, seed=0, positive=True)
        for (term, hash) in [("", 0), ("a", 1_009_084_850), ("foo", 4_138_058_784)] {
            assert_eq!(murmur3(term.as_bytes()), hash, "{term:?}");
        }
    }
}
