//! Which thread counts which n-grams: those that begin with its tokens.

use super::Tally;
use crate::parallel;
use crate::text::Unit;
use crate::vectorizer::pairs::Pairs;

/// More threads would find little left to do beside passing over all tokens.
const MOST_THREADS: usize = 16;
/// Each thread has several small shards, so that only a small one is there twice while it grows.
pub(super) const SHARDS_PER_THREAD: usize = 4;

/// Tables for as many threads as there are now.
pub(super) fn new_shards(unit: Unit) -> Vec<Pairs<Tally>> {
    let n = match unit {
        // The terms of words are few beside their occurrences, and found by one thread.
        Unit::CharactersOfWords => 1,
        _ => parallel::threads().next_power_of_two().min(MOST_THREADS) * SHARDS_PER_THREAD,
    };
    vec![Pairs::default(); n]
}

/// Which of the shards the n-grams are in that begin with a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sharing {
    n_shards: u32,
    /// How many threads can share the work, as a power of two.
    thread_bits: u32,
}

impl Sharing {
    pub(super) fn of(shards: &[Pairs<Tally>]) -> Self {
        let threads = shards.len().div_ceil(SHARDS_PER_THREAD);
        Self { n_shards: shards.len() as u32, thread_bits: threads.trailing_zeros() }
    }

    /// Frequent tokens come early; taking turns, thread by thread, makes the work of each even.
    #[inline]
    pub(super) fn shard(self, token: u32) -> usize {
        let thread = token & ((1 << self.thread_bits) - 1);
        let among = (token >> self.thread_bits) % SHARDS_PER_THREAD as u32;
        ((thread * SHARDS_PER_THREAD as u32 + among) & (self.n_shards - 1)) as usize
    }
}
