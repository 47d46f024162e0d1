//! Words to the terms that their characters make.

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
        let mut word = Vec::new();
        for new in self.ends.len()..self.tokens.len() {
            word.clear();
            for c in self.tokens.text(new as u32).chars() {
                word.push(characters.intern(c.encode_utf8(&mut [0; 4]))?);
            }
            // A word that is too short for any term is one itself.
            let min = min.min(word.len());
            for i in 0..word.len() {
                let mut node = word[i];
                for n in 1..=max.min(word.len() - i) {
                    if n > 1 {
                        node = pairs.intern(node, word[i + n - 1], Tally::default())?.node;
                    }
                    if n >= min {
                        self.nodes.push(node);
                    }
                }
            }
            self.ends.push(self.nodes.len());
        }
        Ok(())
    }
}
