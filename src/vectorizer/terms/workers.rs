//! The rounds in which all threads read and count.

use super::{Tally, Terms};
use crate::error::Result;
use crate::parallel;
use crate::text::{Analyzer, Unit};
use crate::vectorizer::TEXTS_PER_PIECE;
use crate::vectorizer::pairs::{Place, place};
use crate::vectorizer::reader::{Documents, Reader, Source};
use crate::views::Texts;

/// One thread's part of the work, and its counts before they are summed up.
struct Worker<'a> {
    reader: Reader<'a>,
    /// The common integers of the reader's tokens. The first reader's are the common ones.
    adopted: Vec<u32>,
    tokens: Vec<Tally>,
    pairs: Vec<Tally>,
    /// How many tokens the last piece had.
    before: usize,
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
        let mut common = std::mem::take(common);
        common.index();
        let mut common = Some(common);
        let worker = |_| Worker {
            reader: Reader::new(analyzer, common.take().unwrap_or_default()),
            adopted: Vec::new(),
            tokens: Vec::new(),
            pairs: Vec::new(),
            before: 0,
        };
        Self { workers: (0..parallel::threads()).map(worker).collect() }
    }

    /// Gives the reader's tokens their common integers.
    fn adopt(&mut self) -> Result<()> {
        let Some((first, others)) = self.workers.split_first_mut() else { return Ok(()) };
        for Worker { reader, adopted, .. } in others {
            first.reader.tokens.adopt(&reader.tokens, adopted.len(), adopted)?;
        }
        Ok(())
    }

    /// Counts the texts of one round, or returns their tokens if these are `wanted`; then n-grams of two tokens and more
    /// are yet to be counted.
    pub(super) fn round(
        &mut self,
        terms: &mut Terms,
        texts: Texts<'_>,
        source: Source,
        wanted: bool,
    ) -> Result<Vec<Documents>> {
        let of_words = terms.unit == Unit::CharactersOfWords;
        let mut documents = self.read(terms, texts, source)?;
        if of_words || terms.ngram_range.1 > 1 {
            self.adopt()?;
            if let Some(first) = self.workers.first_mut() {
                // It reads on.
                first.reader.tokens.index();
            }
            documents = parallel::map(documents, |mut documents| {
                // The first one's integers are the common ones.
                if let Some(worker) =
                    self.workers.get(documents.reader).filter(|_| documents.reader > 0)
                {
                    documents.tokens.iter_mut().for_each(|t| *t = worker.adopted[*t as usize]);
                    documents.reader = 0;
                }
                documents
            });
        }
        if of_words {
            self.count_terms_of_words(terms, &documents)?;
        } else if terms.ngram_range.1 > 1 && !wanted {
            terms.count_runs(&documents)?;
        }
        terms.n_documents += texts.len() as u32;
        let n_tokens = documents.iter().map(|d| d.tokens.len() as u64).sum();
        terms.n_tokens = terms.n_tokens.saturating_add(n_tokens);
        Ok(if wanted { documents } else { Vec::new() })
    }

    /// Reads the texts, and counts single tokens if they are terms.
    fn read(&mut self, terms: &Terms, texts: Texts<'_>, source: Source) -> Result<Vec<Documents>> {
        let pieces: Vec<Texts<'_>> = texts.chunks(TEXTS_PER_PIECE).collect();
        let tokens_count = terms.unit != Unit::CharactersOfWords && terms.ngram_range.0 == 1;
        let read = |reader, worker: &mut Worker<'_>, piece: usize| {
            // As many as the last time, or some more: to grow step by step is to copy as often.
            let mut documents = Documents::of(reader, worker.before + worker.before / 8);
            for text in pieces[piece].iter() {
                source.read(&mut worker.reader, text, &mut documents)?;
            }
            worker.reader.finish(&mut documents)?;
            if tokens_count {
                worker.tokens.resize(worker.reader.tokens.len(), Tally::default());
                for (text, tokens) in terms.numbers(piece).zip(documents.iter()) {
                    for &token in tokens {
                        worker.tokens[token as usize].count(text);
                    }
                }
            }
            worker.before = documents.tokens.len();
            documents.tokens.shrink_to_fit();
            Ok(documents)
        };
        parallel::share(&mut self.workers, pieces.len(), read).into_iter().collect()
    }

    /// Finds the terms of words that are new, and counts those of all.
    fn count_terms_of_words(&mut self, terms: &mut Terms, documents: &[Documents]) -> Result<()> {
        let Some(Worker { reader, .. }) = self.workers.first_mut() else { return Ok(()) };
        std::mem::swap(&mut terms.words.tokens, &mut reader.tokens);
        let spelt = terms.words.spell(&mut terms.tokens, &mut terms.shards[0], terms.ngram_range);
        let count = |_, worker: &mut Worker<'_>, piece: usize| {
            for (text, tokens) in terms.numbers(piece).zip(documents[piece].iter()) {
                for &node in tokens.iter().flat_map(|&word| terms.words.nodes(word)) {
                    match place(node) {
                        Place::Token(place) => count_at(&mut worker.tokens, place, text),
                        Place::Pair(place) => count_at(&mut worker.pairs, place, text),
                    }
                }
            }
        };
        if spelt.is_ok() {
            parallel::share(&mut self.workers, documents.len(), count);
        }
        std::mem::swap(&mut terms.words.tokens, &mut self.workers[0].reader.tokens);
        spelt
    }

    /// Sums up, and gives the table of tokens back; returns the common integers of each reader's tokens.
    pub(super) fn finish(mut self, terms: &mut Terms) -> Result<Vec<Vec<u32>>> {
        let of_words = terms.unit == Unit::CharactersOfWords;
        let done = self.adopt();
        let mut all_adopted = Vec::with_capacity(self.workers.len());
        for (i, worker) in self.workers.into_iter().enumerate() {
            let Worker { reader, adopted, tokens, pairs, .. } = worker;
            let common = |token: usize| match adopted.get(token) {
                Some(&common) if !of_words => common,
                _ => token as u32,
            };
            if i == 0 && terms.tallies.is_empty() {
                terms.tallies = tokens;
            } else {
                for (token, tally) in tokens.into_iter().enumerate() {
                    terms.add_to_token(common(token), tally);
                }
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
            all_adopted.push(adopted);
        }
        done.map(|()| all_adopted)
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
