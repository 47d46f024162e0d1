//! How often each term of a corpus occurs, and in how many texts.
//!
//! Texts in, tables of counts out. Work goes in rounds (`workers`): the threads cut the texts into tokens, the tokens that
//! only one of them has met get their common integers, and then n-grams of these are counted, shard by shard (`runs`). All
//! that leaves this room are sums of whole numbers and terms in alphabetical order: the number of threads leaves no trace.
//! Weights are not known here.

mod flat;
mod runs;
mod select;
mod words;
mod workers;

pub(super) use flat::Flat;

use super::pairs::Pairs;
use super::reader::{Read, Source};
use super::tokens::Tokens;
use std::ops::RangeInclusive;

use super::{TEXTS_PER_PIECE, TEXTS_PER_ROUND};
use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::text::{Analyzer, Unit};
use crate::views::Texts;
use runs::new_shards;
use words::Words;
use workers::Workers;

/// How often one term occurs.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::vectorizer) struct Tally {
    /// In how many texts.
    pub(in crate::vectorizer) df: u32,
    /// How many times in all; stays at the largest number.
    pub(in crate::vectorizer) total: u32,
    /// The number of the last text that was counted.
    last: u32,
}

impl Tally {
    pub(in crate::vectorizer) fn new(df: u32, total: u32) -> Self {
        Self { df, total, last: 0 }
    }

    /// Counts one occurrence in a text; numbers of texts start at 1 and ascend.
    #[inline]
    fn count(&mut self, text: u32) {
        self.total = self.total.saturating_add(1);
        self.df += u32::from(self.last != text);
        self.last = text;
    }

    /// Adds what was counted over other texts.
    fn add(&mut self, other: Self) {
        self.df = self.df.saturating_add(other.df);
        self.total = self.total.saturating_add(other.total);
    }
}

/// The counts of one analysis of a corpus.
#[derive(Debug, Clone)]
pub(in crate::vectorizer) struct Terms {
    unit: Unit,
    ngram_range: (usize, usize),
    /// What terms are runs of.
    tokens: Tokens,
    tallies: Vec<Tally>,
    /// Longer terms; each shard has those that begin with some of the tokens.
    shards: Vec<Pairs<Tally>>,
    /// For characters of words: the words, whose terms are found once.
    words: Words,
    /// Texts counted, also those that were merged.
    n_documents: u32,
    n_tokens: u64,
}

impl Terms {
    pub(in crate::vectorizer) fn new((min, max): (u32, u32), unit: Unit) -> Self {
        Self {
            unit,
            ngram_range: (min as usize, max as usize),
            tokens: Tokens::default(),
            tallies: Vec::new(),
            shards: new_shards(unit),
            words: Words::default(),
            n_documents: 0,
            n_tokens: 0,
        }
    }

    pub(in crate::vectorizer) fn n_documents(&self) -> u32 {
        self.n_documents
    }

    /// How many tokens all texts have together.
    pub(in crate::vectorizer) fn n_tokens(&self) -> u64 {
        self.n_tokens
    }

    /// How many different terms there are, also those that are only the beginning of one.
    pub(in crate::vectorizer) fn len(&self) -> usize {
        self.tokens.len() + self.shards.iter().map(Pairs::len).sum::<usize>()
    }

    /// What documents are made of: tokens, or words.
    pub(in crate::vectorizer) fn into_document_tokens(self) -> Tokens {
        match self.unit {
            Unit::CharactersOfWords => self.words.tokens,
            _ => self.tokens,
        }
    }

    /// Counts texts. `keep` receives their tokens; if there is one, n-grams of two
    /// tokens and more are left to [`count_frequent_runs`](Self::count_frequent_runs) or
    /// [`count_all_runs`](Self::count_all_runs). Stopped by the callback, it has counted whole rounds. There are no more than `max_terms` after any round; dropped terms start again from nothing.
    pub(in crate::vectorizer) fn add(
        &mut self,
        analyzer: &Analyzer,
        texts: Texts<'_>,
        source: Source,
        mut keep: Option<&mut Read>,
        max_terms: Option<usize>,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let total = u64::from(self.n_documents) + texts.len() as u64;
        // One number is left over, so that texts can be numbered from 1.
        if total >= u32::MAX.into() {
            return Err(Error::TooLarge { what: "texts", limit: u32::MAX.into() });
        }
        let mut workers = Workers::new(self, analyzer);
        let mut result = Ok(());
        // Threads wait for each other between rounds, so there are few if nobody asks for more, and one where what is counted
        // needs no common integers. What is forgotten must not depend on their number.
        let some_each = (2 * TEXTS_PER_PIECE * parallel::threads()).max(TEXTS_PER_ROUND);
        let per_round = match (max_terms, progress) {
            (Some(_), _) => TEXTS_PER_ROUND,
            (None, Some(_)) => some_each,
            (None, None) if self.unit != Unit::CharactersOfWords && self.ngram_range.1 == 1 => {
                texts.len().max(1)
            }
            (None, None) => some_each.max(8 * TEXTS_PER_ROUND),
        };
        for (i, texts_now) in texts.chunks(per_round).enumerate() {
            let counted = report(progress, Stage::Analyze, i * per_round, texts.len())
                .and_then(|()| workers.round(self, texts_now, source, keep.is_some()));
            match counted {
                Ok(documents) => {
                    if let Some(keep) = &mut keep {
                        keep.documents.extend(documents);
                    }
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
            if let Some(max_terms) = max_terms {
                workers.finish(self)?;
                self.keep_to(max_terms)?;
                workers = Workers::new(self, analyzer);
            }
        }
        let common = workers.finish(self)?;
        result?;
        if let Some(keep) = keep {
            keep.common = common;
        }
        report(progress, Stage::Analyze, texts.len(), texts.len())
    }

    /// Forgets the rarest terms if there are more than `max_terms`, and words if there are as many.
    pub(in crate::vectorizer) fn keep_to(&mut self, max_terms: usize) -> Result<()> {
        if self.len() > max_terms {
            *self = self.pruned(max_terms)?;
        }
        if self.words.tokens.len() > max_terms {
            self.words = Words::default();
        }
        Ok(())
    }

    /// The numbers of the texts that come next, from a piece of them on.
    fn numbers(&self, piece: usize) -> RangeInclusive<u32> {
        let first = self.n_documents + (piece * TEXTS_PER_PIECE) as u32 + 1;
        first..=u32::MAX
    }

    /// Whether terms can be runs of several tokens.
    pub(in crate::vectorizer) fn have_runs(&self) -> bool {
        self.unit != Unit::CharactersOfWords && self.ngram_range.1 > 1
    }

    /// How many terms there are of which the counts are as wanted.
    pub(in crate::vectorizer) fn count(&self, wanted: impl Fn(&Tally) -> bool) -> usize {
        let pairs = self.shards.iter().flat_map(Pairs::iter).map(|pair| &pair.value);
        self.tallies.iter().chain(pairs).filter(|tally| wanted(tally)).count()
    }

    /// Adds what was counted of a token in other texts.
    fn add_to_token(&mut self, token: u32, tally: Tally) {
        let token = token as usize;
        if token >= self.tallies.len() {
            self.tallies.resize(token + 1, Tally::default());
        }
        self.tallies[token].add(tally);
    }

    /// Adds the counts of other texts.
    pub(in crate::vectorizer) fn merge(&mut self, other: &Self) -> Result<()> {
        let n_documents = self.n_documents.checked_add(other.n_documents);
        let too_many = || Error::TooLarge { what: "texts", limit: u32::MAX.into() };
        self.n_documents = n_documents.ok_or_else(too_many)?;
        self.n_tokens = self.n_tokens.saturating_add(other.n_tokens);
        self.adopt(&other.to_flat())
    }

    /// The counts without the rarest terms: at most half of `max_terms` are left, or three quarters with what they are made
    /// of and does not count itself.
    fn pruned(&self, max_terms: usize) -> Result<Self> {
        let flat = self.to_flat();
        let tallies = flat.tallies.iter().chain(flat.pairs.iter().map(|(_, _, tally)| tally));
        let mut totals: Vec<u32> = tallies.map(|tally| tally.total).collect();
        totals.sort_unstable_by(|a, b| b.cmp(a));
        let mut most = max_terms.div_ceil(2);
        let kept = loop {
            let least = totals.get(most).map_or(0, |total| total.saturating_add(1));
            let kept = flat.without_rare(least)?;
            if kept.tokens.len() + kept.pairs.len() <= max_terms - max_terms / 4 || most == 0 {
                break kept;
            }
            most /= 2;
        };
        let (min, max) = self.ngram_range;
        let range = (min as u32, max as u32);
        Self::from_flat(&kept, range, self.unit, self.n_documents, self.n_tokens)
    }
}
