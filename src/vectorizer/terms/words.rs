//! Words to the terms that their characters make.

use std::hint::black_box;

use crate::error::Result;
use crate::vectorizer::pairs::Pairs;
use crate::vectorizer::tokens::Tokens;

use super::Tally;

/// Words and the nodes of the terms that they are made of.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) tokens: Tokens,
    nodes: Vec<u32>,
    ends: Vec<usize>,
}

impl Words {
    pub(super) fn nodes(&self, word: u32) -> &[u32] {
        let word = word as usize;
        let start = word.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.nodes[start..self.ends[word]]
    }

    /// Finds the terms of the words that are new.
    pub(super) fn spell(
        &mut self,
        characters: &mut Tokens,
        pairs: &mut Pairs<Tally>,
        (min, max): (usize, usize),
    ) -> Result<()> {
        let (mut word, mut ngrams) = (Vec::new(), Vec::new());
        for new in self.ends.len()..self.tokens.len() {
            word.clear();
            for c in self.tokens.text(new as u32).chars() {
                word.push(characters.intern(c.encode_utf8(&mut [0; 4]))?);
            }
            // A word that is too short for any term is one itself.
            let min = min.min(word.len());
            ngrams.clone_from(&word);
            for n in 1..=max.min(word.len()) {
                if n > 1 {
                    ngrams.pop();
                    let ends = || word.iter().skip(n - 1);
                    // A glance at all places before the first look at one: see `Table::glance`.
                    let glances =
                        ngrams.iter().zip(ends()).map(|(&ngram, &end)| pairs.glance(ngram, end));
                    black_box(glances.fold(0, |sum: u32, glance| sum.wrapping_add(glance.into())));
                    for (ngram, &end) in ngrams.iter_mut().zip(ends()) {
                        *ngram = pairs.intern(*ngram, end, Tally::default())?.node;
                    }
                }
                if n >= min {
                    self.nodes.extend_from_slice(&ngrams);
                }
            }
            self.ends.push(self.nodes.len());
        }
        Ok(())
    }
}
