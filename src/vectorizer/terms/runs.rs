//! Counts the n-grams of two tokens and more, in texts that are read.
//!
//! Tables of n-grams are far larger than what a processor keeps close, so they come in shards, by the first token of an
//! n-gram. What begins at each token of some texts is first dealt out to the shards, and then each shard counts what it got,
//! while it is close. So no n-gram stands in two tables, none has to be merged, and threads share nothing.
//!
//! Most n-grams of a corpus occur once. Where nobody wants those, a [`Sieve`] finds out first which may occur more often, and
//! the tables hold few others. Which n-grams become terms is not known here.

use std::hint::black_box;
use std::ops::Range;

use super::{Tally, Terms};
use crate::error::Result;
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::text::Unit;
use crate::vectorizer::pairs::Pairs;
use crate::vectorizer::reader::Documents;
use crate::vectorizer::table::mix;
use crate::vectorizer::tokens::NONE;

/// So many that each table of a million n-grams is as large as what one core keeps close. A power of two.
const SHARDS: usize = 32;
/// About how many bytes are dealt out at a time, and in how many spans of tokens.
const DEALT_BYTES: usize = 1 << 24;
const DEALT_AT_ONCE: usize = 16;
/// How many records are counted together, so that the processor waits for many places of a table at once.
const AT_ONCE: usize = 64;

/// Tables for the n-grams of a corpus.
pub(super) fn new_shards(unit: Unit) -> Vec<Pairs<Tally>> {
    let n = match unit {
        // The terms of words are few beside their occurrences, and found by one thread.
        Unit::CharactersOfWords => 1,
        _ => SHARDS,
    };
    vec![Pairs::default(); n]
}

/// Which of `n` shards the n-grams are in that begin with a token.
#[inline]
pub(super) fn shard_of(token: u32, n: usize) -> usize {
    token as usize & (n - 1)
}

impl Terms {
    /// Counts the n-grams of the texts that come next.
    pub(super) fn count_runs(&mut self, documents: &[Documents]) -> Result<()> {
        self.count_runs_through(None, documents, self.n_documents + 1, None)
    }

    /// Counts the n-grams of all texts that there are, as far as they occur twice. Of others, some are counted too.
    pub(in crate::vectorizer) fn count_frequent_runs(
        &mut self,
        documents: &[Documents],
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let max = self.ngram_range.1;
        let mut sieves = Sieve::for_shards(documents, max);
        deal(documents, max, 1, |records| {
            self.go_on(progress)?;
            let sieves = sieves.iter_mut().zip(records).collect();
            let add = |(sieve, records): (&mut Sieve, Vec<&[u32]>)| {
                for records in records {
                    sieve.add_runs(records, max);
                }
            };
            parallel::map(sieves, add);
            Ok(())
        })?;
        self.shards = sieves.iter().map(|sieve| Pairs::with_room(sieve.len())).collect();
        self.count_runs_through(Some(&sieves), documents, 1, progress)
    }

    /// Asks whether to go on when all texts are read, and counted as done.
    fn go_on(&self, progress: Option<&dyn Progress>) -> Result<()> {
        let n = self.n_documents as usize;
        report(progress, Stage::Analyze, n, n)
    }

    /// Counts the n-grams of all texts that there are from the start.
    pub(in crate::vectorizer) fn count_all_runs(
        &mut self,
        documents: &[Documents],
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        self.shards = new_shards(self.unit);
        self.count_runs_through(None, documents, 1, progress)
    }

    /// Counts n-grams, of which a sieve of each shard holds what is wanted. The texts are numbered from `first`.
    fn count_runs_through(
        &mut self,
        sieves: Option<&[Sieve]>,
        documents: &[Documents],
        first: u32,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let ngram_range = self.ngram_range;
        deal(documents, ngram_range.1, first, |records| {
            self.go_on(progress)?;
            let count = |(i, (shard, records)): (usize, (&mut Pairs<Tally>, Vec<&[u32]>))| {
                let mut runs = Runs {
                    shard,
                    ngram_range,
                    sieve: sieves.map(|sieves| &sieves[i]),
                    open: Vec::new(),
                };
                records.into_iter().try_for_each(|records| runs.count(records))
            };
            let work = self.shards.iter_mut().zip(records).enumerate().collect();
            parallel::map(work, count).into_iter().collect()
        })
    }
}

/// Deals out what begins at each token of texts to the shards, some at a time. A record is the number of its text, from
/// `first` on, and `max` tokens, or [`NONE`] behind the last. `take` gets the records of each shard, in the order of the
/// texts.
fn deal(
    documents: &[Documents],
    max: usize,
    first: u32,
    mut take: impl FnMut(Vec<Vec<&[u32]>>) -> Result<()>,
) -> Result<()> {
    let most = (DEALT_BYTES / DEALT_AT_ONCE / 4 / (max + 1)).max(1);
    let (mut spans, mut first) = (Vec::new(), first);
    for piece in documents {
        let n = piece.tokens.len();
        let starts = (0..n).step_by(most);
        spans.extend(starts.map(|start| Span { piece, first, range: start..n.min(start + most) }));
        first = first.saturating_add(piece.len() as u32);
    }
    for round in spans.chunks(DEALT_AT_ONCE) {
        let dealt = parallel::map(round.iter().collect(), |span| Dealt::new(span, max));
        take((0..SHARDS).map(|i| dealt.iter().map(|dealt| dealt.of(i)).collect()).collect())?;
    }
    Ok(())
}

/// Some tokens of texts; a long text can be in several.
struct Span<'d> {
    piece: &'d Documents,
    /// The number of the piece's first text.
    first: u32,
    range: Range<usize>,
}

impl Span<'_> {
    /// The number of the text and what of it is left, for each token with another one behind it.
    fn each(&self, mut each: impl FnMut(u32, &[u32])) {
        let (tokens, ends) = (&self.piece.tokens, self.piece.ends());
        let Range { start: mut at, end: stop } = self.range;
        let first_text = ends.partition_point(|&end| end <= at);
        for (text, &end) in ends.iter().enumerate().skip(first_text) {
            if at >= stop {
                break;
            }
            let number = self.first.saturating_add(text as u32);
            for at in at..stop.min(end - 1) {
                each(number, &tokens[at..end]);
            }
            at = end;
        }
    }
}

/// The records of a span, shard by shard.
struct Dealt {
    records: Vec<u32>,
    /// Where those of each shard begin, and the last ones end.
    starts: [usize; SHARDS + 1],
}

impl Dealt {
    fn new(span: &Span<'_>, max: usize) -> Self {
        let mut starts = [0; SHARDS + 1];
        span.each(|_, run| starts[shard_of(run[0], SHARDS) + 1] += max + 1);
        for i in 0..SHARDS {
            starts[i + 1] += starts[i];
        }
        let (mut records, mut next) = (vec![NONE; starts[SHARDS]], starts);
        span.each(|text, run| {
            let next = &mut next[shard_of(run[0], SHARDS)];
            if max == 2 {
                records[*next..*next + 3].copy_from_slice(&[text, run[0], run[1]]);
            } else {
                let run = &run[..max.min(run.len())];
                records[*next] = text;
                records[*next + 1..][..run.len()].copy_from_slice(run);
            }
            *next += max + 1;
        });
        Self { records, starts }
    }

    fn of(&self, shard: usize) -> &[u32] {
        &self.records[self.starts[shard]..self.starts[shard + 1]]
    }
}

/// What a shard counts.
struct Runs<'s> {
    shard: &'s mut Pairs<Tally>,
    ngram_range: (usize, usize),
    sieve: Option<&'s Sieve>,
    open: Vec<Run>,
}

/// An n-gram that may go on.
#[derive(Clone, Copy)]
struct Run {
    hash: u64,
    /// Where its record is.
    at: u32,
    node: u32,
}

impl Runs<'_> {
    /// Counts the n-grams of records.
    fn count(&mut self, records: &[u32]) -> Result<()> {
        let stride = self.ngram_range.1 + 1;
        records.chunks(AT_ONCE * stride).try_for_each(|records| self.count_some(records, stride))
    }

    /// Counts the n-grams of some records, length by length.
    fn count_some(&mut self, records: &[u32], stride: usize) -> Result<()> {
        let Self { shard, ngram_range: (min, max), sieve, open } = self;
        open.clear();
        open.extend((0..records.len()).step_by(stride).map(|at| {
            let node = records[at + 1];
            Run { hash: first_hash(node), at: at as u32, node }
        }));
        for n in 2..=*max {
            let mut kept = 0;
            for i in 0..open.len() {
                let mut run = open[i];
                let token = records[run.at as usize + n];
                run.hash = next_hash(run.hash, token);
                // What is not wanted is written, too, and then written over: no guess at which ones are.
                open[kept] = run;
                let wanted = sieve.is_none_or(|sieve| sieve.holds(run.hash));
                kept += usize::from(wanted && token != NONE);
            }
            open.truncate(kept);
            // A glance at all places before the first look at one: see `Table::glance`.
            let glance =
                |run: &Run| u32::from(shard.glance(run.node, records[run.at as usize + n]));
            black_box(open.iter().map(glance).fold(0, u32::wrapping_add));
            for run in &mut *open {
                let record = &records[run.at as usize..];
                let pair = shard.intern(run.node, record[n], Tally::default())?;
                run.node = pair.node;
                if n >= *min {
                    pair.value.count(record[0]);
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
    /// Room for the n-grams of texts in each shard.
    fn for_shards(documents: &[Documents], max: usize) -> Vec<Self> {
        let counts = parallel::map(documents.iter().collect(), |piece: &Documents| {
            let mut counts = [0; SHARDS];
            piece.tokens.iter().for_each(|&token| counts[shard_of(token, SHARDS)] += 1);
            counts
        });
        let of_shard = |i: usize| {
            let n = counts.iter().map(|counts| counts[i]).sum::<usize>() * (max - 1);
            // Two numbers for each occurrence: of those that occur once, few share one.
            Self { bits: vec![[0; 2]; (n / 32).next_power_of_two()] }
        };
        (0..SHARDS).map(of_shard).collect()
    }

    /// Adds the n-grams of records.
    fn add_runs(&mut self, records: &[u32], max: usize) {
        for record in records.chunks_exact(max + 1) {
            let mut hash = first_hash(record[1]);
            for &token in &record[2..] {
                if token == NONE {
                    break;
                }
                hash = next_hash(hash, token);
                self.add(hash);
            }
        }
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

    /// 1,500 texts with "32 33 34" between two tokens that are there once.
    fn documents() -> Vec<Documents> {
        let of_piece = |piece: u32| {
            let mut documents = Documents::default();
            for text in 0..500 {
                let once = 64 * (1 + piece * 500 + text);
                documents.push(&[once, 32, 33, 34, once + 1]);
            }
            documents
        };
        (0..3).map(of_piece).collect()
    }

    #[test]
    fn each_run_is_dealt_out_once_and_in_order() {
        let documents = documents();
        let (mut n, mut last) = (0, [0; SHARDS]);
        deal(&documents, 3, 1, |shards| {
            for (i, shard) in shards.into_iter().enumerate() {
                for record in shard.into_iter().flat_map(|records| records.chunks_exact(4)) {
                    assert!(record[0] >= last[i] && shard_of(record[1], SHARDS) == i);
                    assert!(record[2] != NONE);
                    last[i] = record[0];
                    n += 1;
                }
            }
            Ok(())
        })
        .unwrap();
        assert_eq!((n, last[0]), (1500 * 4, 1500));
    }

    #[test]
    fn a_sieve_holds_all_that_occurs_twice_and_little_else() {
        let documents = documents();
        let mut sieves = Sieve::for_shards(&documents, 3);
        deal(&documents, 3, 1, |shards| {
            for (sieve, shard) in sieves.iter_mut().zip(shards) {
                for records in shard {
                    sieve.add_runs(records, 3);
                }
            }
            Ok(())
        })
        .unwrap();
        let holds = |run: &[u32]| {
            let next = |hash, &token: &u32| next_hash(hash, token);
            let hash = run[1..].iter().fold(first_hash(run[0]), next);
            sieves[shard_of(run[0], SHARDS)].holds(hash)
        };
        for run in [&[32, 33][..], &[33, 34], &[32, 33, 34]] {
            assert!(holds(run), "{run:?}");
        }
        let rare = (1..=1500).filter(|i| holds(&[64 * i, 32])).count();
        assert!(rare < 500, "{rare} of 1500");
    }
}
