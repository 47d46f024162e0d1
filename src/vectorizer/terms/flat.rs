//! Counts in one sequence, as they are merged, pruned and stored.

use super::runs::shard_of;
use super::{Tally, Terms};
use crate::error::Result;
use crate::text::Unit;
use crate::vectorizer::pairs::{Place, pair_at, place};
use crate::vectorizer::tokens::{NONE, Tokens};

/// Counts in one sequence: tokens, then longer terms, each after what it begins with.
#[derive(Debug, Clone, Default)]
pub(in crate::vectorizer) struct Flat {
    pub(in crate::vectorizer) tokens: Tokens,
    pub(in crate::vectorizer) tallies: Vec<Tally>,
    /// Parent, token and counts.
    pub(in crate::vectorizer) pairs: Vec<(u32, u32, Tally)>,
}

impl Flat {
    /// The terms that occur `least` times, and what they are made of.
    pub(super) fn without_rare(&self, least: u32) -> Result<Self> {
        let frequent = |tally: &Tally| tally.total >= least;
        let mut tokens_kept: Vec<bool> = self.tallies.iter().map(frequent).collect();
        let mut pairs_kept: Vec<bool> = self.pairs.iter().map(|(_, _, t)| frequent(t)).collect();
        for (i, &(parent, token, _)) in self.pairs.iter().enumerate().rev() {
            if pairs_kept[i] {
                tokens_kept[token as usize] = true;
                match place(parent) {
                    Place::Token(token) => tokens_kept[token] = true,
                    Place::Pair(pair) => pairs_kept[pair] = true,
                }
            }
        }
        let mut kept = Self::default();
        let mut token_of = vec![NONE; self.tallies.len()];
        for (i, text) in self.tokens.texts().enumerate().filter(|&(i, _)| tokens_kept[i]) {
            token_of[i] = kept.tokens.intern(text)?;
            kept.tallies.push(self.tallies[i]);
        }
        let mut pair_of = vec![NONE; self.pairs.len()];
        for (i, &(parent, token, tally)) in self.pairs.iter().enumerate() {
            if pairs_kept[i] {
                let parent = match place(parent) {
                    Place::Token(token) => token_of[token],
                    Place::Pair(pair) => pair_of[pair],
                };
                pair_of[i] = pair_at(kept.pairs.len() as u32);
                kept.pairs.push((parent, token_of[token as usize], tally));
            }
        }
        Ok(kept)
    }
}

impl Terms {
    /// Adds counts that are in one sequence.
    pub(super) fn adopt(&mut self, flat: &Flat) -> Result<()> {
        let mut token_of = Vec::with_capacity(flat.tokens.len());
        for (text, &tally) in flat.tokens.texts().zip(&flat.tallies) {
            let token = self.tokens.intern(text)?;
            self.add_to_token(token, tally);
            token_of.push(token);
        }
        // The shard and the node here of each pair there.
        let mut node_of: Vec<(usize, u32)> = Vec::with_capacity(flat.pairs.len());
        for &(parent, token, tally) in &flat.pairs {
            let (shard, parent) = match place(parent) {
                Place::Token(first) => {
                    let first = token_of[first];
                    (shard_of(first, self.shards.len()), first)
                }
                Place::Pair(before) => node_of[before],
            };
            let token = token_of[token as usize];
            let pair = self.shards[shard].intern(parent, token, Tally::default())?;
            pair.value.add(tally);
            node_of.push((shard, pair.node));
        }
        Ok(())
    }

    /// The same counts in one sequence.
    pub(in crate::vectorizer) fn to_flat(&self) -> Flat {
        let mut tallies = self.tallies.clone();
        tallies.resize(self.tokens.len(), Tally::default());
        let mut flat = Flat { tokens: self.tokens.clone(), tallies, pairs: Vec::new() };
        for shard in &self.shards {
            let before = flat.pairs.len() as u32;
            for pair in shard.in_order() {
                let parent = match place(pair.parent) {
                    Place::Token(_) => pair.parent,
                    Place::Pair(place) => pair_at(before + place as u32),
                };
                flat.pairs.push((parent, pair.token, pair.value));
            }
        }
        flat
    }

    /// The counts that [`to_flat`](Self::to_flat) made, of so many texts with so many tokens.
    pub(in crate::vectorizer) fn from_flat(
        flat: &Flat,
        ngram_range: (u32, u32),
        unit: Unit,
        n_documents: u32,
        n_tokens: u64,
    ) -> Result<Self> {
        let mut terms = Self { n_documents, n_tokens, ..Self::new(ngram_range, unit) };
        terms.adopt(flat)?;
        Ok(terms)
    }
}
