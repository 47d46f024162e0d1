//! How often each n-gram occurs in a corpus, and in which text.
//!
//! The texts are cut into pieces that are counted on their own threads; tokens and n-grams get small integers of their
//! piece and, when the pieces are merged, of the corpus. All that leaves this room are sums of whole numbers and terms in
//! alphabetical order, so the pieces, and with them the number of threads, leave no trace. Weights are not known here.

use super::index::RowScratch;
use super::interner::{Lookup, NONE, Nodes};
use super::{RowsPart, TEXTS_PER_ROUND, VectorizerParams};
use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::text::Analyzer;

/// The counts of a corpus.
pub(super) struct Counts {
    nodes: Nodes,
    tallies: Vec<Tally>,
    pieces: Vec<Piece>,
    n_documents: u64,
}

/// How often one term occurs.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// In how many texts.
    df: u32,
    /// The number of the last text that was counted.
    last: u32,
    /// How many times in all.
    total: u64,
}

impl Tally {
    /// Counts one occurrence in a text; numbers of texts start at 1 and ascend.
    #[inline]
    fn count(&mut self, text: u32) {
        self.total += 1;
        self.df += u32::from(self.last != text);
        self.last = text;
    }
}

/// The n-grams of a run of texts, text by text.
#[derive(Default)]
struct Piece {
    /// One entry per occurrence, in this piece's integers.
    occurrences: Vec<u32>,
    /// Where the entries of each text end.
    ends: Vec<usize>,
    /// The column of each of this piece's integers, once it is known.
    columns: Vec<u32>,
}

/// Counts the texts of one piece.
struct Counter<'a> {
    analyzer: &'a Analyzer,
    ngram_range: (usize, usize),
    nodes: Nodes,
    /// Where tokens are not the surface forms themselves.
    surfaces: Option<Surfaces>,
    tallies: Vec<Tally>,
    piece: Piece,
    word: String,
    lookups: Vec<Lookup>,
    /// The tokens of a text.
    tokens: Vec<u32>,
    /// Its n-grams of the length at hand.
    ngrams: Vec<u32>,
}

/// Surface forms and the token that each becomes, or [`NONE`], so that each is stemmed once.
#[derive(Default)]
struct Surfaces {
    known: Nodes,
    tokens: Vec<u32>,
}

impl<'a> Counter<'a> {
    fn new(analyzer: &'a Analyzer, ngram_range: (usize, usize)) -> Self {
        Self {
            analyzer,
            ngram_range,
            nodes: Nodes::default(),
            surfaces: (!analyzer.is_plain()).then(Default::default),
            tallies: Vec::new(),
            piece: Piece::default(),
            word: String::new(),
            lookups: Vec::new(),
            tokens: Vec::new(),
            ngrams: Vec::new(),
        }
    }

    /// Leaves the tokens of a text in `tokens`.
    fn read(&mut self, text: &str) -> Result<()> {
        let Self { analyzer, nodes, surfaces, lookups, tokens, .. } = self;
        let known = surfaces.as_mut().map_or(&mut *nodes, |surfaces| &mut surfaces.known);
        let mut result = Ok(());
        lookups.clear();
        analyzer.segment(text, &mut self.word, |surface, _| match known.prepare(surface) {
            Ok(lookup) => lookups.push(lookup),
            Err(error) => result = Err(error),
        });
        result?;
        tokens.clear();
        for &lookup in &*lookups {
            tokens.push(known.finish(lookup)?);
        }
        if let Some(Surfaces { known, tokens: token_of }) = surfaces {
            for new in token_of.len()..known.len() {
                let token = analyzer.token(known.text(new as u32));
                token_of.push(token.map_or(Ok(NONE), |token| nodes.intern_token(&token))?);
            }
            for token in &mut *tokens {
                *token = token_of[*token as usize];
            }
            tokens.retain(|&token| token != NONE);
        }
        Ok(())
    }

    fn count(&mut self, text: &str) -> Result<()> {
        self.read(text)?;
        let Self { ngram_range: (min, max), nodes, tokens, ngrams, .. } = self;
        // Loops of one kind of work each: the processor waits for many far-off words of memory at a time.
        let number = self.piece.ends.len() as u32 + 1;
        ngrams.clear();
        ngrams.extend_from_slice(tokens);
        for n in 1..=*max {
            if n > 1 {
                ngrams.pop();
                for (ngram, &token) in ngrams.iter_mut().zip(tokens.iter().skip(n - 1)) {
                    *ngram = nodes.intern_pair(*ngram, token)?;
                }
            }
            if n >= *min {
                self.tallies.resize(nodes.len(), Tally::default());
                for &ngram in &*ngrams {
                    self.tallies[ngram as usize].count(number);
                }
                self.piece.occurrences.extend_from_slice(ngrams);
            }
        }
        self.piece.ends.push(self.piece.occurrences.len());
        Ok(())
    }
}

impl Counts {
    /// Counts all n-grams of all texts.
    pub(super) fn of<T: AsRef<str> + Sync>(
        texts: &[T],
        analyzer: &Analyzer,
        (min, max): (u32, u32),
        progress: Option<&dyn Progress>,
    ) -> Result<Self> {
        if u32::try_from(texts.len()).is_err() {
            return Err(Error::TooLarge { what: "texts", limit: u32::MAX.into() });
        }
        // One piece a thread; more would only have to be merged again.
        let pieces = parallel::threads().min(texts.len());
        // Work that reports does so between rounds, in each of which every piece goes on a little.
        let rounds = if progress.is_some() { texts.len().div_ceil(TEXTS_PER_ROUND) } else { 1 };
        let counter = |_| Counter::new(analyzer, (min as usize, max as usize));
        let mut counters: Vec<Counter<'_>> = (0..pieces).map(counter).collect();
        for round in 0..rounds {
            report(progress, Stage::Analyze, texts.len() * round / rounds, texts.len())?;
            let work = |(i, counter): (usize, &mut Counter<'_>)| {
                let mine = &texts[parallel::piece(texts.len(), pieces, i)];
                let now = &mine[parallel::piece(mine.len(), rounds, round)];
                now.iter().try_for_each(|text| counter.count(text.as_ref()))
            };
            let done = parallel::map(counters.iter_mut().enumerate().collect(), work);
            done.into_iter().collect::<Result<()>>()?;
        }
        report(progress, Stage::Analyze, texts.len(), texts.len())?;
        Self::merge(counters, texts.len() as u64)
    }

    fn merge(counters: Vec<Counter<'_>>, n_documents: u64) -> Result<Self> {
        let mut counters = counters.into_iter();
        let Some(Counter { nodes, tallies, piece, .. }) = counters.next() else {
            return Err(Error::NoTexts { task: "count" });
        };
        let mut merged = Self { nodes, tallies, pieces: vec![piece], n_documents };
        // The first piece's integers are those of the corpus.
        merged.pieces[0].columns = (0..merged.nodes.len() as u32).collect();
        for Counter { nodes, tallies, mut piece, .. } in counters {
            piece.columns.reserve(nodes.len());
            for (node, tally) in tallies.iter().enumerate() {
                let adopted = merged.nodes.adopt(&nodes, node as u32, &piece.columns)?;
                piece.columns.push(adopted);
                merged.tallies.resize(merged.nodes.len(), Tally::default());
                let sum = &mut merged.tallies[adopted as usize];
                sum.df += tally.df;
                sum.total += tally.total;
            }
            merged.pieces.push(piece);
        }
        Ok(merged)
    }

    pub(super) fn n_documents(&self) -> u64 {
        self.n_documents
    }

    /// The terms that the settings keep, each with its document frequency, in alphabetical order: that of the columns.
    pub(super) fn select(&mut self, params: &VectorizerParams) -> Result<Vec<(String, u32)>> {
        let empty =
            |reason| Error::EmptyVocabulary { documents: self.n_documents as usize, reason };
        if self.tallies.iter().all(|t| t.df == 0) {
            return Err(empty(
                "they hold no token; are they empty, or is every word a stop word or shorter than the n-grams?",
            ));
        }
        let (low, high) = (params.min_df.of(self.n_documents), params.max_df.of(self.n_documents));
        let in_range = |tally: &Tally| tally.df > 0 && (low..=high).contains(&f64::from(tally.df));
        let nodes = 0..self.tallies.len() as u32;
        let mut kept: Vec<u32> = nodes.filter(|&n| in_range(&self.tallies[n as usize])).collect();
        if kept.is_empty() {
            return Err(empty(
                "min_df and max_df exclude every term; lower min_df or raise max_df",
            ));
        }
        if let Some(max_features) = params.max_features {
            self.keep_most_frequent(&mut kept, max_features as usize, params.binary);
        }
        let mut terms: Vec<(String, u32)> = kept.iter().map(|&n| (self.nodes.term(n), n)).collect();
        terms.sort_unstable();
        let mut columns = vec![NONE; self.tallies.len()];
        for (column, &(_, node)) in terms.iter().enumerate() {
            columns[node as usize] = column as u32;
        }
        for piece in &mut self.pieces {
            for node in &mut piece.columns {
                *node = columns[*node as usize];
            }
        }
        let with_df = |(term, node): (String, u32)| (term, self.tallies[node as usize].df);
        Ok(terms.into_iter().map(with_df).collect())
    }

    /// Keeps the `n` nodes that occur most often; of equally frequent ones the first by term.
    fn keep_most_frequent(&self, kept: &mut Vec<u32>, n: usize, binary: bool) {
        if kept.len() <= n {
            return;
        }
        let frequency = |node: u32| {
            let tally = self.tallies[node as usize];
            if binary { tally.df.into() } else { tally.total }
        };
        kept.sort_unstable_by_key(|&node| std::cmp::Reverse(frequency(node)));
        // Only the terms that tie at the cut are spelt out and sorted.
        let cut = frequency(kept[n - 1]);
        let start = kept.partition_point(|&node| frequency(node) > cut);
        let end = kept.partition_point(|&node| frequency(node) >= cut);
        kept[start..end].sort_by_cached_key(|&node| self.nodes.term(node));
        kept.truncate(n);
    }

    /// The rows of the texts over the selected terms; `weigh` turns the counts in a scratch into values.
    pub(super) fn into_rows(self, weigh: impl Fn(&mut RowScratch) + Send + Sync) -> Vec<RowsPart> {
        parallel::map(self.pieces, |piece| {
            let mut part = RowsPart::with_capacity(piece.ends.len(), piece.occurrences.len());
            let mut scratch = RowScratch::default();
            let mut start = 0;
            for &end in &piece.ends {
                let nodes = &piece.occurrences[start..end];
                let columns = nodes.iter().map(|&node| piece.columns[node as usize]);
                scratch.gather(columns.filter(|&column| column != NONE));
                weigh(&mut scratch);
                part.push(&scratch);
                start = end;
            }
            part
        })
    }
}
