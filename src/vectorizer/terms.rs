//! How often each term of a corpus occurs, and in how many texts.
//!
//! Texts in, tables of counts out. Work goes in rounds: the threads cut the texts into tokens, the tokens that only one of
//! them has met get their common integers, and then each thread counts the n-grams that begin with *its* tokens, in all
//! texts of the round. So no n-gram stands in two tables, and none has to be merged. All that leaves this room are sums of
//! whole numbers and terms in alphabetical order: the number of threads leaves no trace. Weights are not known here.

use std::cmp::Ordering;
use std::hint::black_box;

use super::TEXTS_PER_ROUND;
use super::interner::{NONE, Pairs, Place, Tokens, pair_at, place};
use super::reader::{Documents, Reader, separator};
use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::text::{Analyzer, Unit};

/// How often one term occurs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// In how many texts.
    pub(super) df: u32,
    /// How many times in all; stays at the largest number.
    pub(super) total: u32,
    /// The number of the last text that was counted.
    last: u32,
}

impl Tally {
    pub(super) fn new(df: u32, total: u32) -> Self {
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

/// Counts one occurrence at a place, for which there is room or will be.
#[inline]
fn count_at(tallies: &mut Vec<Tally>, place: usize, text: u32) {
    if place >= tallies.len() {
        tallies.resize(place + 1, Tally::default());
    }
    tallies[place].count(text);
}

/// Adds the counts of others, which stand at the places that `to` tells.
fn add_all(tallies: &mut Vec<Tally>, others: &[Tally], to: impl Fn(usize) -> usize) {
    for (i, &other) in others.iter().enumerate() {
        let place = to(i);
        if place >= tallies.len() {
            tallies.resize(place + 1, Tally::default());
        }
        tallies[place].add(other);
    }
}

/// More threads would find little left to do beside passing over all tokens.
const MOST_THREADS: usize = 16;
/// Each thread has several small shards, so that only a small one is there twice while it grows.
const SHARDS_PER_THREAD: usize = 16;

/// The counts of one analysis of a corpus.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    unit: Unit,
    ngram_range: (usize, usize),
    /// What terms are runs of.
    tokens: Tokens,
    tallies: Vec<Tally>,
    /// Longer terms; each shard has those that begin with some of the tokens. Their number is a power of two, and so is that
    /// of the shards of each thread.
    shards: Vec<Pairs<Tally>>,
    /// For characters of words: the words, whose terms are found once.
    words: Words,
    /// Texts counted, also those that were merged.
    n_documents: u32,
    n_tokens: u64,
}

/// Which of the shards the n-grams are in that begin with a token.
#[derive(Debug, Clone, Copy)]
struct Sharing {
    n_shards: u32,
    /// How many threads can share the work, as a power of two.
    thread_bits: u32,
}

impl Sharing {
    fn of(shards: &[Pairs<Tally>]) -> Self {
        let threads = shards.len().div_ceil(SHARDS_PER_THREAD);
        Self { n_shards: shards.len() as u32, thread_bits: threads.trailing_zeros() }
    }

    /// Frequent tokens come early; taking turns, thread by thread, makes the work of each even.
    #[inline]
    fn shard(self, token: u32) -> usize {
        let thread = token & ((1 << self.thread_bits) - 1);
        let among = (token >> self.thread_bits) % SHARDS_PER_THREAD as u32;
        ((thread * SHARDS_PER_THREAD as u32 + among) & (self.n_shards - 1)) as usize
    }
}

/// Counts the n-grams of a text that begin with the tokens of some shards, the first of which is `start`.
#[inline]
fn count_ngrams(
    shards: &mut [Pairs<Tally>],
    (start, sharing): (usize, Sharing),
    tokens: &[u32],
    (min, max): (usize, usize),
    text: u32,
) -> Result<()> {
    let mine = |token| sharing.shard(token).wrapping_sub(start);
    let glance = |pair: &[u32]| shards.get(mine(pair[0]))?.glance(pair[0], pair[1]).then_some(1);
    black_box(tokens.windows(2).filter_map(glance).sum::<u32>());
    for (i, &first) in tokens.iter().enumerate() {
        let Some(shard) = shards.get_mut(mine(first)) else { continue };
        let mut node = first;
        for (n, &token) in (2..=max).zip(&tokens[i + 1..]) {
            let pair = shard.intern(node, token, Tally::default())?;
            node = pair.node;
            if n >= min {
                pair.value.count(text);
            }
        }
    }
    Ok(())
}

/// Words and the nodes of the terms that they are made of.
#[derive(Debug, Clone, Default)]
struct Words {
    tokens: Tokens,
    nodes: Vec<u32>,
    ends: Vec<usize>,
}

impl Words {
    fn nodes(&self, word: u32) -> &[u32] {
        let word = word as usize;
        let start = word.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.nodes[start..self.ends[word]]
    }

    /// Finds the terms of the words that are new.
    fn spell(
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

/// One thread's part of the work, and its counts before they are summed up.
struct Worker<'a> {
    reader: Reader<'a>,
    /// The common integers of the reader's tokens. The first reader's are the common ones.
    adopted: Vec<u32>,
    tokens: Vec<Tally>,
    pairs: Vec<Tally>,
}

/// The threads' work on some rounds.
struct Workers<'a> {
    workers: Vec<Worker<'a>>,
}

impl<'a> Workers<'a> {
    /// Takes the table of tokens with it, until it is given back to [`finish`](Self::finish).
    fn new(terms: &mut Terms, analyzer: &'a Analyzer) -> Self {
        let common = match terms.unit {
            Unit::CharactersOfWords => &mut terms.words.tokens,
            _ => &mut terms.tokens,
        };
        let mut common = Some(std::mem::take(common));
        let worker = |_| Worker {
            reader: Reader::new(analyzer, common.take().unwrap_or_default()),
            adopted: Vec::new(),
            tokens: Vec::new(),
            pairs: Vec::new(),
        };
        Self { workers: (0..parallel::threads()).map(worker).collect() }
    }

    /// Gives the reader's tokens their common integers.
    fn adopt(&mut self) -> Result<()> {
        let Some((first, others)) = self.workers.split_first_mut() else { return Ok(()) };
        for Worker { reader, adopted, .. } in others {
            for new in adopted.len()..reader.tokens.len() {
                adopted.push(first.reader.tokens.intern(reader.tokens.text(new as u32))?);
            }
        }
        Ok(())
    }

    /// Counts the texts of one round; returns their tokens if they are `wanted`.
    fn round<T: Sync>(
        &mut self,
        terms: &mut Terms,
        texts: &[T],
        read: &(impl Fn(&mut Reader<'_>, &T, &mut Documents) -> Result<()> + Send + Sync),
        wanted: bool,
    ) -> Result<Vec<Documents>> {
        let (unit, (min, max)) = (terms.unit, terms.ngram_range);
        let n_workers = self.workers.len();
        let range = |i| parallel::piece(texts.len(), n_workers, i);
        let first_text = |i| terms.n_documents + range(i).start as u32 + 1;
        let work = |(i, worker): (usize, &mut Worker<'_>)| {
            let mut documents = Documents::default();
            for text in &texts[range(i)] {
                read(&mut worker.reader, text, &mut documents)?;
            }
            if unit != Unit::CharactersOfWords && min == 1 {
                worker.tokens.resize(worker.reader.tokens.len(), Tally::default());
                for (text, tokens) in (first_text(i)..).zip(documents.iter()) {
                    for &token in tokens {
                        worker.tokens[token as usize].count(text);
                    }
                }
            }
            Ok(documents)
        };
        let documents = parallel::map(self.workers.iter_mut().enumerate().collect(), work);
        let mut documents = documents.into_iter().collect::<Result<Vec<_>>>()?;
        if wanted || max > 1 || unit == Unit::CharactersOfWords {
            self.adopt()?;
            let others = self.workers.iter().zip(&mut documents).skip(1);
            parallel::map(others.collect(), |(worker, documents)| {
                documents.tokens.iter_mut().for_each(|t| *t = worker.adopted[*t as usize]);
            });
        }
        if unit == Unit::CharactersOfWords {
            let Terms { tokens, shards, words, .. } = terms;
            std::mem::swap(&mut words.tokens, &mut self.workers[0].reader.tokens);
            let spelt = words.spell(tokens, &mut shards[0], (min, max));
            let words = &*words;
            let work = |(i, (worker, documents)): (usize, (&mut Worker<'_>, &Documents))| {
                for (text, tokens) in (first_text(i)..).zip(documents.iter()) {
                    for &node in tokens.iter().flat_map(|&word| words.nodes(word)) {
                        match place(node) {
                            Place::Token(place) => count_at(&mut worker.tokens, place, text),
                            Place::Pair(place) => count_at(&mut worker.pairs, place, text),
                        }
                    }
                }
            };
            if spelt.is_ok() {
                let workers = self.workers.iter_mut().zip(&documents).enumerate();
                parallel::map(workers.collect(), work);
            }
            std::mem::swap(&mut terms.words.tokens, &mut self.workers[0].reader.tokens);
            spelt?;
        } else if max > 1 {
            let sharing = Sharing::of(&terms.shards);
            let of_one = terms.shards.len().min(SHARDS_PER_THREAD);
            let work = |(i, shards): (usize, &mut [Pairs<Tally>])| {
                let texts = documents.iter().flat_map(Documents::iter);
                (first_text(0)..).zip(texts).try_for_each(|(text, tokens)| {
                    count_ngrams(shards, (i * of_one, sharing), tokens, (min, max), text)
                })
            };
            let shards = terms.shards.chunks_mut(of_one).enumerate();
            let counted = parallel::map(shards.collect(), work);
            counted.into_iter().collect::<Result<()>>()?;
        }
        terms.n_documents += texts.len() as u32;
        let n_tokens = documents.iter().map(|d| d.tokens.len() as u64).sum();
        terms.n_tokens = terms.n_tokens.saturating_add(n_tokens);
        Ok(if wanted { documents } else { Vec::new() })
    }

    /// Sums up, and gives the table of tokens back.
    fn finish(mut self, terms: &mut Terms) -> Result<()> {
        let of_words = terms.unit == Unit::CharactersOfWords;
        let adopted = if of_words { Ok(()) } else { self.adopt() };
        for (i, worker) in self.workers.into_iter().enumerate() {
            let Worker { reader, adopted, tokens, pairs } = worker;
            let common = |token: usize| match adopted.get(token) {
                Some(&common) if !of_words => common as usize,
                _ => token,
            };
            add_all(&mut terms.tallies, &tokens, common);
            if of_words {
                for pair in terms.shards[0].iter_mut() {
                    if let Place::Pair(place) = place(pair.node) {
                        pair.value.add(pairs.get(place).copied().unwrap_or_default());
                    }
                }
            }
            if i == 0 {
                let place = if of_words { &mut terms.words.tokens } else { &mut terms.tokens };
                *place = reader.tokens;
            }
        }
        adopted
    }
}

impl Terms {
    pub(super) fn new((min, max): (u32, u32), unit: Unit) -> Self {
        // The terms of words are few beside their occurrences, and found by one thread.
        let shards = match unit {
            Unit::CharactersOfWords => 1,
            _ => parallel::threads().next_power_of_two().min(MOST_THREADS) * SHARDS_PER_THREAD,
        };
        Self {
            unit,
            ngram_range: (min as usize, max as usize),
            tokens: Tokens::default(),
            tallies: Vec::new(),
            shards: vec![Pairs::default(); shards],
            words: Words::default(),
            n_documents: 0,
            n_tokens: 0,
        }
    }

    pub(super) fn n_documents(&self) -> u32 {
        self.n_documents
    }

    /// How many tokens all texts have together.
    pub(super) fn n_tokens(&self) -> u64 {
        self.n_tokens
    }

    /// How many different terms there are, also those that are only the beginning of one.
    pub(super) fn len(&self) -> usize {
        self.tokens.len() + self.shards.iter().map(Pairs::len).sum::<usize>()
    }

    /// What documents are made of: tokens, or words.
    pub(super) fn into_document_tokens(self) -> Tokens {
        match self.unit {
            Unit::CharactersOfWords => self.words.tokens,
            _ => self.tokens,
        }
    }

    /// Counts texts, each of which `read` passes to a reader; `keep` receives their tokens. Stopped by the callback, it has
    /// counted whole rounds. There are no more than `max_terms` after any round; dropped terms start again from nothing.
    pub(super) fn add<T: Sync>(
        &mut self,
        analyzer: &Analyzer,
        texts: &[T],
        read: impl Fn(&mut Reader<'_>, &T, &mut Documents) -> Result<()> + Send + Sync,
        mut keep: Option<&mut Vec<Documents>>,
        max_terms: Option<usize>,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let total = u64::from(self.n_documents) + texts.len() as u64;
        if u32::try_from(total).is_err() {
            return Err(Error::TooLarge { what: "texts", limit: u32::MAX.into() });
        }
        let mut workers = Workers::new(self, analyzer);
        let mut result = Ok(());
        for (i, texts_now) in texts.chunks(TEXTS_PER_ROUND).enumerate() {
            let counted = report(progress, Stage::Analyze, i * TEXTS_PER_ROUND, texts.len())
                .and_then(|()| workers.round(self, texts_now, &read, keep.is_some()));
            match counted {
                Ok(documents) => {
                    if let Some(keep) = &mut keep {
                        keep.extend(documents);
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
        workers.finish(self)?;
        result?;
        report(progress, Stage::Analyze, texts.len(), texts.len())
    }

    /// Forgets the rarest terms if there are more than `max_terms`, and words if there are as many.
    pub(super) fn keep_to(&mut self, max_terms: usize) -> Result<()> {
        if self.len() > max_terms {
            *self = self.pruned(max_terms)?;
        }
        if self.words.tokens.len() > max_terms {
            self.words = Words::default();
        }
        Ok(())
    }

    /// Adds the counts of other texts.
    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        let n_documents = self.n_documents.checked_add(other.n_documents);
        let too_many = || Error::TooLarge { what: "texts", limit: u32::MAX.into() };
        self.n_documents = n_documents.ok_or_else(too_many)?;
        self.n_tokens = self.n_tokens.saturating_add(other.n_tokens);
        self.adopt(&other.to_flat())
    }

    fn adopt(&mut self, flat: &Flat) -> Result<()> {
        let mut token_of = Vec::with_capacity(flat.tokens.len());
        for (text, &tally) in flat.tokens.texts().zip(&flat.tallies) {
            let token = self.tokens.intern(text)?;
            add_all(&mut self.tallies, &[tally], |_| token as usize);
            token_of.push(token);
        }
        // The shard and the node here of each pair there.
        let mut node_of: Vec<(usize, u32)> = Vec::with_capacity(flat.pairs.len());
        for &(parent, token, tally) in &flat.pairs {
            let (shard, parent) = match place(parent) {
                Place::Token(first) => {
                    let first = token_of[first];
                    (Sharing::of(&self.shards).shard(first), first)
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
    pub(super) fn to_flat(&self) -> Flat {
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
    pub(super) fn from_flat(
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

    /// The counts without the rarest terms: at most half of `max_terms` are left, or three quarters with what they are made
    /// of and does not count itself.
    fn pruned(&self, max_terms: usize) -> Result<Self> {
        let flat = self.to_flat();
        let tallies = flat.tallies.iter().chain(flat.pairs.iter().map(|(_, _, tally)| tally));
        let mut totals: Vec<u32> = tallies.map(|tally| tally.total).collect();
        totals.sort_unstable_by(|a, b| b.cmp(a));
        let mut most = max_terms / 2;
        let kept = loop {
            let least = totals.get(most).map_or(0, |total| total.saturating_add(1));
            let kept = flat.without_rare(least)?;
            if kept.tokens.len() + kept.pairs.len() <= max_terms / 4 * 3 || most == 0 {
                break kept;
            }
            most /= 2;
        };
        let (min, max) = self.ngram_range;
        let range = (min as u32, max as u32);
        Self::from_flat(&kept, range, self.unit, self.n_documents, self.n_tokens)
    }

    /// The terms for which `keep` is true of their counts, and of these the `most` that occur most often, or, of equally
    /// frequent ones, come first by name; each with its counts, in alphabetical order.
    pub(super) fn select(
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
        terms.sort_unstable_by(by_name);
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

/// Counts in one sequence: tokens, then longer terms, each after what it begins with.
#[derive(Debug, Clone, Default)]
pub(super) struct Flat {
    pub(super) tokens: Tokens,
    pub(super) tallies: Vec<Tally>,
    /// Parent, token and counts.
    pub(super) pairs: Vec<(u32, u32, Tally)>,
}

impl Flat {
    /// The terms that occur `least` times, and what they are made of.
    fn without_rare(&self, least: u32) -> Result<Self> {
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
