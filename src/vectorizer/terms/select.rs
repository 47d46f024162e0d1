//! Counts to the terms that a vocabulary shall have.

use std::cmp::Ordering;

use super::{Tally, Terms};
use crate::parallel;
use crate::vectorizer::pairs::{Pairs, Place, place};
use crate::vectorizer::reader::separator;
use crate::vectorizer::tokens::{NONE, Tokens};

impl Terms {
    /// The terms for which `keep` is true of their counts, and of these the `most` that occur most often, or, of equally
    /// frequent ones, come first by name; each with its counts, in alphabetical order.
    pub(in crate::vectorizer) fn select(
        &self,
        keep: impl Fn(&Tally) -> bool,
        most: Option<usize>,
        frequency: impl Fn(&Tally) -> u32,
    ) -> Vec<(String, Tally)> {
        // The shard, the parent and the token of each term; tokens have no parent.
        let tokens = (0u32..).zip(&self.tallies).map(|(token, tally)| (0, NONE, token, tally));
        let pairs = self.shards.iter().enumerate().flat_map(|(shard, pairs)| {
            pairs.iter().map(move |pair| (shard, pair.parent, pair.token, &pair.value))
        });
        let candidates = || tokens.clone().chain(pairs.clone()).filter(|(_, _, _, t)| keep(t));
        let cut = most.map_or(0, |most| {
            let mut frequencies: Vec<u32> = candidates().map(|(_, _, _, t)| frequency(t)).collect();
            if frequencies.len() <= most {
                return 0;
            }
            *frequencies.select_nth_unstable_by(most - 1, |a, b| b.cmp(a)).1
        });
        let mut spelling = Spelling::new(self);
        let (mut terms, mut tied) = (Vec::new(), Vec::new());
        for (shard, parent, token, tally) in candidates() {
            match frequency(tally).cmp(&cut) {
                Ordering::Greater => terms.push((spelling.term(shard, parent, token), *tally)),
                Ordering::Equal => tied.push((spelling.term(shard, parent, token), *tally)),
                Ordering::Less => {}
            }
        }
        let by_name = |a: &(String, Tally), b: &(String, Tally)| a.0.cmp(&b.0);
        if let Some(most) = most {
            let room = most - terms.len();
            if tied.len() > room {
                tied.select_nth_unstable_by(room, by_name);
                tied.truncate(room);
            }
        }
        terms.append(&mut tied);
        parallel::sort_distinct_by(&mut terms, by_name);
        terms
    }
}

/// Nodes to terms.
struct Spelling<'t> {
    tokens: &'t Tokens,
    separator: &'static str,
    /// The parent and the token of each pair of each shard; where no pair has a pair for a parent, nobody asks.
    made_of: Vec<Vec<(u32, u32)>>,
    path: Vec<u32>,
}

impl<'t> Spelling<'t> {
    fn new(terms: &'t Terms) -> Self {
        let made_of = |shard: &Pairs<Tally>| {
            shard.in_order().into_iter().map(|pair| (pair.parent, pair.token)).collect()
        };
        let made_of = match terms.ngram_range {
            (_, 3..) => terms.shards.iter().map(made_of).collect(),
            _ => Vec::new(),
        };
        Self { tokens: &terms.tokens, separator: separator(terms.unit), made_of, path: Vec::new() }
    }

    /// The term of a token after its parent, if that is not [`NONE`].
    fn term(&mut self, shard: usize, mut parent: u32, token: u32) -> String {
        self.path.clear();
        self.path.push(token);
        while parent != NONE {
            parent = match place(parent) {
                Place::Token(_) => {
                    self.path.push(parent);
                    NONE
                }
                Place::Pair(place) => {
                    let (parent, token) = self.made_of[shard][place];
                    self.path.push(token);
                    parent
                }
            };
        }
        let mut term = String::new();
        for (i, &token) in self.path.iter().rev().enumerate() {
            term.push_str(if i == 0 { "" } else { self.separator });
            term.push_str(self.tokens.text(token));
        }
        term
    }
}
