//! Counts the n-grams of two tokens and more, in texts that are read.
//!
//! Each thread passes over all texts and counts what begins with *its* tokens (`sharing`). Most n-grams of a corpus occur
//! once. Where nobody wants those, a [`Sieve`] finds out first which may occur more often, and the tables hold few others.
//! Which n-grams become terms is not known here.

use std::hint::black_box;

use super::sharing::{SHARDS_PER_THREAD, Sharing, new_shards};
use super::{Tally, Terms};
use crate::error::Result;
use crate::parallel;
use crate::vectorizer::pairs::Pairs;
use crate::vectorizer::reader::Documents;
use crate::vectorizer::table::mix;

impl Terms {
    /// Counts the n-grams of the texts that come next.
    pub(super) fn count_runs(&mut self, documents: &[Documents]) -> Result<()> {
        self.count_runs_through(documents, self.n_documents + 1, None)
    }

    /// Counts the n-grams of all texts that there are, as far as they occur twice. Of others, some are counted too.
    pub(in crate::vectorizer) fn count_frequent_runs(
        &mut self,
        documents: &[Documents],
    ) -> Result<()> {
        let sieve = Sieve::of(documents, self.ngram_range.1);
        let n = sieve.len() / self.shards.len();
        self.shards.iter_mut().for_each(|shard| *shard = Pairs::with_room(n));
        self.count_runs_through(documents, 1, Some(&sieve))
    }

    /// Counts the n-grams of all texts that there are from the start.
    pub(in crate::vectorizer) fn count_all_runs(&mut self, documents: &[Documents]) -> Result<()> {
        self.shards = new_shards(self.unit);
        self.count_runs_through(documents, 1, None)
    }

    fn count_runs_through(
        &mut self,
        documents: &[Documents],
        first: u32,
        sieve: Option<&Sieve>,
    ) -> Result<()> {
        let sharing = Sharing::of(&self.shards);
        let (of_one, ngram_range) = (self.shards.len().min(SHARDS_PER_THREAD), self.ngram_range);
        let count = |(i, shards): (usize, &mut [Pairs<Tally>])| {
            let mut runs =
                Runs { sharing, start: i * of_one, ngram_range, sieve, open: Vec::new() };
            let texts = documents.iter().flat_map(Documents::iter);
            (first..).zip(texts).try_for_each(|(text, tokens)| runs.count(shards, tokens, text))
        };
        let shards = self.shards.chunks_mut(of_one).enumerate();
        parallel::map(shards.collect(), count).into_iter().collect()
    }
}

/// What one thread counts.
struct Runs<'s> {
    sharing: Sharing,
    /// The first of its shards.
    start: usize,
    ngram_range: (usize, usize),
    sieve: Option<&'s Sieve>,
    open: Vec<Run>,
}

/// An n-gram that may go on.
#[derive(Clone, Copy, Default)]
struct Run {
    hash: u64,
    shard: u32,
    /// Where in the text it begins.
    at: u32,
    node: u32,
}

impl Runs<'_> {
    /// Counts the n-grams of a text, length by length.
    fn count(&mut self, shards: &mut [Pairs<Tally>], tokens: &[u32], text: u32) -> Result<()> {
        let (min, max) = self.ngram_range;
        let open = &mut self.open;
        // What is not wanted is written, too, and then written over: no guess at which ones are.
        open.clear();
        open.resize(tokens.len(), Run::default());
        let mut n_open = 0;
        for (at, &node) in (0..).zip(tokens) {
            let shard = self.sharing.shard(node).wrapping_sub(self.start);
            open[n_open] = Run { hash: first_hash(node), shard: shard as u32, at, node };
            n_open += usize::from(shard < shards.len());
        }
        for n in 2..=max {
            let (mut glances, mut kept) = (0, 0);
            for i in 0..n_open {
                let mut run = open[i];
                let Some(&token) = tokens.get(run.at as usize + n - 1) else { break };
                run.hash = next_hash(run.hash, token);
                open[kept] = run;
                let wanted = self.sieve.is_none_or(|sieve| sieve.holds(run.hash));
                kept += usize::from(wanted);
            }
            n_open = kept;
            // A glance at all places before the first look at one: see `Table::glance`.
            for run in &open[..n_open] {
                let token = tokens[run.at as usize + n - 1];
                glances += u32::from(shards[run.shard as usize].glance(run.node, token));
            }
            black_box(glances);
            for run in &mut open[..n_open] {
                let token = tokens[run.at as usize + n - 1];
                let pair = shards[run.shard as usize].intern(run.node, token, Tally::default())?;
                run.node = pair.node;
                if n >= min {
                    pair.value.count(text);
                }
            }
        }
        Ok(())
    }
}

/// What is known of n-grams by a number of theirs: whether any with that number has occurred, and whether twice. Different
/// ones that share a number are taken for one that has occurred twice; the number is large, so few do.
struct Sieve {
    /// Bits for 64 numbers: has occurred, has occurred twice.
    bits: Vec<[u64; 2]>,
}

impl Sieve {
    /// Of all n-grams of 2 to `max` tokens of the texts.
    fn of(documents: &[Documents], max: usize) -> Self {
        let runs = |tokens: usize| (2..=max).map(|n| (tokens + 1).saturating_sub(n)).sum::<usize>();
        let n: usize = documents.iter().map(|d| runs(d.tokens.len())).sum();
        // Two numbers for each occurrence: of those that occur once, few share one.
        let size = (n / 32).next_power_of_two();
        let threads = parallel::threads().min(documents.len()).max(1);
        let mut sieves: Vec<Self> =
            (0..threads).map(|_| Self { bits: vec![[0; 2]; size] }).collect();
        parallel::share(&mut sieves, documents.len(), |_, sieve, piece| {
            for tokens in documents[piece].iter() {
                for (at, &token) in tokens.iter().enumerate() {
                    let mut hash = first_hash(token);
                    for &token in tokens[at + 1..].iter().take(max - 1) {
                        hash = next_hash(hash, token);
                        sieve.add(hash);
                    }
                }
            }
        });
        let mut sieves = sieves.into_iter();
        let mut sum = sieves.next().unwrap_or(Self { bits: vec![[0; 2]] });
        for sieve in sieves {
            for ([once, twice], [also, also_twice]) in sum.bits.iter_mut().zip(sieve.bits) {
                *twice |= also_twice | *once & also;
                *once |= also;
            }
        }
        sum
    }

    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        // Their number is a power of two.
        ((hash >> 6) as usize & (self.bits.len() - 1), 1 << (hash & 63))
    }

    #[inline]
    fn add(&mut self, hash: u64) {
        let (at, bit) = self.place(hash);
        let [once, twice] = &mut self.bits[at];
        *twice |= *once & bit;
        *once |= bit;
    }

    /// Whether an n-gram with this number may have occurred twice.
    #[inline]
    fn holds(&self, hash: u64) -> bool {
        let (at, bit) = self.place(hash);
        self.bits[at][1] & bit != 0
    }

    /// About how many have occurred twice.
    fn len(&self) -> usize {
        self.bits.iter().map(|[_, twice]| twice.count_ones() as usize).sum()
    }
}

/// The number of a token, and of an n-gram and a token behind it.
#[inline]
fn first_hash(token: u32) -> u64 {
    mix(0x2545_f491_4f6c_dd1d, token.into(), 0)
}

#[inline]
fn next_hash(hash: u64, token: u32) -> u64 {
    mix(hash, token.into(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sieve_holds_all_that_occurs_twice_and_little_else() {
        let mut documents = Vec::new();
        for piece in 0..3 {
            let mut of_piece = Documents::default();
            for text in 0..500u32 {
                // "1 2 3" again and again, between tokens that are there once.
                let once = 10 + 10 * (piece * 500 + text);
                of_piece.push(&[once, 1, 2, 3, once + 1]);
            }
            documents.push(of_piece);
        }
        let sieve = Sieve::of(&documents, 3);
        let hash = |run: &[u32]| {
            run[1..].iter().fold(first_hash(run[0]), |hash, &token| next_hash(hash, token))
        };
        for run in [&[1, 2][..], &[2, 3], &[1, 2, 3]] {
            assert!(sieve.holds(hash(run)), "{run:?}");
        }
        let rare = (0..1500).filter(|i| sieve.holds(hash(&[10 + 10 * i, 1]))).count();
        assert!(rare < 500, "{rare} of 1500");
        assert!((3..3000).contains(&sieve.len()), "{}", sieve.len());
    }
}
