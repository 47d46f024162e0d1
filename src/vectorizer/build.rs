//! Rows of many texts, piece by piece and on all threads.

use std::ops::Range;

use super::block::{Block, Finder};
use super::reader::Documents;
use super::scratch::{RowScratch, TextCounts};
use super::tokens::Tokens;
use super::{TEXTS_PER_ROUND, Vectorizer};
use crate::error::Result;
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::rows::Rows;
use crate::text::Unit;

/// Some rows of a matrix in the making.
#[derive(Debug, Default)]
struct Part {
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Part {
    /// Takes over the row in `scratch`.
    fn push(&mut self, scratch: &RowScratch) {
        self.columns.extend_from_slice(scratch.columns());
        self.values.extend_from_slice(scratch.values());
        self.ends.push(self.columns.len());
    }

    /// Room for so many rows with at most so many entries in all. What of it stays unused is never touched, and given back
    /// by [`into_rows`](Self::into_rows); growing step by step would hold the entries twice.
    fn with_room(n_rows: usize, entries: usize) -> Self {
        let mut ends = Vec::with_capacity(n_rows + 1);
        ends.push(0);
        let (columns, values) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
        Self { ends, columns, values }
    }

    fn append(&mut self, other: &Self) {
        let before = self.columns.len();
        self.columns.extend_from_slice(&other.columns);
        self.values.extend_from_slice(&other.values);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    fn into_rows(mut self, n_columns: usize) -> Rows {
        self.columns.shrink_to_fit();
        self.values.shrink_to_fit();
        Rows::from_parts(n_columns, self.ends, self.columns, self.values)
    }
}

/// The ranges of `n` texts that are one piece of work each.
fn pieces(n: usize) -> Vec<Range<usize>> {
    let threads = parallel::threads();
    let rounds = n.div_ceil(TEXTS_PER_ROUND);
    let of_round = |round: usize| {
        let (start, end) = (round * TEXTS_PER_ROUND, n.min((round + 1) * TEXTS_PER_ROUND));
        (0..threads).map(move |i| {
            let piece = parallel::piece(end - start, threads, i);
            start + piece.start..start + piece.end
        })
    };
    (0..rounds).flat_map(of_round).collect()
}

/// One row for each text, as `transform` leaves it in the scratch.
pub(super) fn rows_of<T: Sync>(
    texts: &[T],
    n_columns: usize,
    transform: impl Fn(&T, &mut RowScratch) + Send + Sync,
) -> Rows {
    let parts = parallel::map(pieces(texts.len()), |piece| {
        let (mut part, mut scratch) = (Part::default(), RowScratch::default());
        for text in &texts[piece] {
            transform(text, &mut scratch);
            part.push(&scratch);
        }
        part
    });
    let entries = parts.iter().map(|part| part.columns.len()).sum();
    let mut rows = Part::with_room(texts.len(), entries);
    for part in parts {
        rows.append(&part);
    }
    rows.into_rows(n_columns)
}

/// The texts of a fit as they were read, and what their tokens are.
pub(super) struct Read {
    pub(super) documents: Vec<Documents>,
    pub(super) tokens: Tokens,
}

/// What turns the documents of a fit into rows.
enum Columns<'v> {
    /// The integer of each token in the index of the block.
    Tokens(&'v Block, Vec<u32>),
    /// The columns of each word, one after the other, and where they end.
    Words(&'v Block, Vec<u32>, Vec<usize>),
}

impl<'v> Columns<'v> {
    fn new(block: &'v Block, tokens: &Tokens) -> Option<Self> {
        let Finder::Terms(index) = &block.finder else { return None };
        if block.analyzer.unit() != Unit::CharactersOfWords {
            let found = tokens.texts().map(|token| index.tokens().find(token));
            return Some(Self::Tokens(block, found.collect()));
        }
        let (mut columns, mut ends, mut characters) = (Vec::new(), Vec::new(), Vec::new());
        for word in tokens.texts() {
            index.find_in_word(word, &mut characters, &mut columns);
            ends.push(columns.len());
        }
        Some(Self::Words(block, columns, ends))
    }

    /// A bound on the entries that the rows of documents have.
    fn most_entries(&self, documents: &[Documents]) -> usize {
        match self {
            Self::Tokens(block, _) => {
                let (min, max) = block.ngram_range();
                documents.iter().map(|d| d.tokens.len() * (max - min + 1)).sum()
            }
            Self::Words(_, _, ends) => {
                let start = |word: usize| word.checked_sub(1).map_or(0, |before| ends[before]);
                let words = documents.iter().flat_map(|d| &d.tokens).map(|&word| word as usize);
                words.map(|word| ends[word] - start(word)).sum()
            }
        }
    }

    /// Adds what a document touches to the row in `scratch`.
    fn transform(&self, document: &[u32], scratch: &mut RowScratch) {
        let counts = TextCounts { tokens: document.len(), known_tokens: 0 };
        let RowScratch { read, columns, .. } = scratch;
        let block = match self {
            Self::Tokens(block, found) => {
                read.tokens.clear();
                read.tokens.extend(document.iter().map(|&token| found[token as usize]));
                if let Finder::Terms(index) = &block.finder {
                    index.find_in_tokens(&read.tokens, &mut read.ngrams, columns);
                }
                block
            }
            Self::Words(block, of_words, ends) => {
                for &word in document {
                    let word = word as usize;
                    let start = word.checked_sub(1).map_or(0, |before| ends[before]);
                    columns.extend_from_slice(&of_words[start..ends[word]]);
                }
                block
            }
        };
        scratch.gather();
        block.weigh(scratch, counts);
    }
}

/// The rows of the texts that a vectorizer was fitted on. Blocks that learnt their columns use what was `read` then;
/// `transform` is for the others.
pub(super) fn build<T: Sync>(
    vectorizer: &Vectorizer,
    texts: &[T],
    read: Vec<Option<Read>>,
    transform: impl Fn(&Block, &T, &mut RowScratch) + Send + Sync,
    progress: Option<&dyn Progress>,
) -> Result<Rows> {
    let blocks = &vectorizer.blocks;
    let columns: Vec<Option<Columns<'_>>> = blocks
        .iter()
        .zip(&read)
        .map(|(block, read)| Columns::new(block, &read.as_ref()?.tokens))
        .collect();
    let most = columns.iter().zip(&read).map(|(columns, read)| match (columns, read) {
        (Some(columns), Some(read)) => columns.most_entries(&read.documents),
        _ => 0,
    });
    let most = most.sum();
    // Each piece of the work has its documents, and gives them up when it is done.
    let mut documents: Vec<Option<std::vec::IntoIter<Documents>>> =
        read.into_iter().map(|read| Some(read?.documents.into_iter())).collect();
    let mut pieces = pieces(texts.len()).into_iter().peekable();
    let mut rows = Part::with_room(texts.len(), most);
    while let Some(next) = pieces.peek() {
        report(progress, Stage::Weight, next.start, texts.len())?;
        let mut round = Vec::new();
        for piece in pieces.by_ref().take(parallel::threads()) {
            let of_blocks = documents.iter_mut().map(|documents| documents.as_mut()?.next());
            round.push((piece, of_blocks.collect::<Vec<Option<Documents>>>()));
        }
        let parts = parallel::map(round, |(piece, documents)| {
            let (mut part, mut scratch) = (Part::default(), RowScratch::default());
            let mut documents: Vec<_> =
                documents.iter().map(|documents| documents.as_ref().map(Documents::iter)).collect();
            for text in &texts[piece] {
                scratch.clear();
                for ((block, columns), documents) in blocks.iter().zip(&columns).zip(&mut documents)
                {
                    let document = documents.as_mut().and_then(Iterator::next);
                    match (columns, document) {
                        (Some(columns), Some(document)) => {
                            columns.transform(document, &mut scratch);
                        }
                        _ => transform(block, text, &mut scratch),
                    }
                }
                part.push(&scratch);
            }
            part
        });
        for part in parts {
            rows.append(&part);
        }
    }
    report(progress, Stage::Weight, texts.len(), texts.len())?;
    Ok(rows.into_rows(vectorizer.n_features()))
}
