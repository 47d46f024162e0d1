//! The rounds in which all threads read and count.

use super::sharing::{SHARDS_PER_THREAD, Sharing, count_ngrams};
use super::{Tally, Terms};
use crate::error::Result;
use crate::parallel;
use crate::text::{Analyzer, Unit};
use crate::vectorizer::interner::{Pairs, Place, place};
use crate::vectorizer::reader::{Documents, Reader};

/// One thread's part of the work, and its counts before they are summed up.
struct Worker<'a> {
    reader: Reader<'a>,
    /// The common integers of the reader's tokens. The first reader's are the common ones.
    adopted: Vec<u32>,
    tokens: Vec<Tally>,
    pairs: Vec<Tally>,
}

/// The threads' work on some rounds.
pub(super) struct Workers<'a> {
    workers: Vec<Worker<'a>>,
}

impl<'a> Workers<'a> {
    /// Takes the table of tokens with it, until it is given back to [`finish`](Self::finish).
    pub(super) fn new(terms: &mut Terms, analyzer: &'a Analyzer) -> Self {
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
    pub(super) fn round<T: Sync>(
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
    pub(super) fn finish(mut self, terms: &mut Terms) -> Result<()> {
        let of_words = terms.unit == Unit::CharactersOfWords;
        let adopted = if of_words { Ok(()) } else { self.adopt() };
        for (i, worker) in self.workers.into_iter().enumerate() {
            let Worker { reader, adopted, tokens, pairs } = worker;
            let common = |token: usize| match adopted.get(token) {
                Some(&common) if !of_words => common,
                _ => token as u32,
            };
            for (token, tally) in tokens.into_iter().enumerate() {
                terms.add_to_token(common(token), tally);
            }
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

/// Counts one occurrence at a place, for which there is room or will be.
#[inline]
fn count_at(tallies: &mut Vec<Tally>, place: usize, text: u32) {
    if place >= tallies.len() {
        tallies.resize(place + 1, Tally::default());
    }
    tallies[place].count(text);
}
