//! Rows of many texts, piece by piece and on all threads.

use super::block::{Block, Finder};
use super::reader::Documents;
use super::scratch::{RowScratch, TextCounts};
use super::tokens::Tokens;
use super::{TEXTS_PER_PIECE, Vectorizer};
use crate::error::Result;
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::rows::Rows;
use crate::text::Unit;

/// Some rows, one after the other.
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
}

/// A matrix in the making.
struct Making {
    indptr: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Making {
    /// Room for so many rows with so many entries in all, which should be enough. What of it stays unused is never touched, and given back
    /// at the end; growing step by step would hold the entries twice.
    fn with_room(n_rows: usize, entries: usize) -> Self {
        let mut indptr = Vec::with_capacity(n_rows + 1);
        indptr.push(0);
        Self { indptr, columns: vec![0; entries], values: vec![0.0; entries] }
    }

    /// Appends rows, on all threads: the first to touch memory waits for it.
    fn append(&mut self, parts: Vec<Part>) {
        let mut start = self.indptr.last().copied().unwrap_or_default();
        let end = start + parts.iter().map(|part| part.columns.len()).sum::<usize>();
        if end > self.columns.len() {
            let room = end.max(self.columns.len() / 2 * 3);
            self.columns.resize(room, 0);
            self.values.resize(room, 0.0);
        }
        let (mut columns, mut values) = (&mut self.columns[start..], &mut self.values[start..]);
        let mut copies = Vec::with_capacity(parts.len());
        for part in parts {
            self.indptr.extend(part.ends.iter().map(|end| start + end));
            start += part.columns.len();
            let (to_columns, to_values);
            (to_columns, columns) = columns.split_at_mut(part.columns.len());
            (to_values, values) = values.split_at_mut(part.values.len());
            copies.push((part, to_columns, to_values));
        }
        parallel::map(copies, |(part, columns, values)| {
            columns.copy_from_slice(&part.columns);
            values.copy_from_slice(&part.values);
        });
    }

    fn into_rows(mut self, n_columns: usize) -> Rows {
        let entries = self.indptr.last().copied().unwrap_or_default();
        self.columns.truncate(entries);
        self.columns.shrink_to_fit();
        self.values.truncate(entries);
        self.values.shrink_to_fit();
        Rows::from_parts(n_columns, self.indptr, self.columns, self.values)
    }
}

/// One row for each text, as `transform` leaves it in the scratch.
pub(super) fn rows_of<T: Sync>(
    texts: &[T],
    n_columns: usize,
    transform: impl Fn(&T, &mut RowScratch) + Send + Sync,
) -> Rows {
    // Several pieces a thread, so that none has to wait long for the last.
    let piece = (texts.len() / (4 * parallel::threads())).clamp(16, TEXTS_PER_PIECE);
    let parts = parallel::map(texts.chunks(piece).collect(), |piece| {
        let (mut part, mut scratch) = (Part::default(), RowScratch::default());
        for text in piece {
            transform(text, &mut scratch);
            part.push(&scratch);
        }
        part
    });
    let entries = parts.iter().map(|part| part.columns.len()).sum();
    let mut rows = Making::with_room(texts.len(), entries);
    rows.append(parts);
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
                let of_one = |d: &[u32]| -> usize {
                    (min..=max.min(d.len())).map(|n| d.len() + 1 - n).sum()
                };
                let most = block.columns().len();
                documents.iter().flat_map(Documents::iter).map(|d| of_one(d).min(most)).sum()
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
    let t0=std::time::Instant::now();let blocks = &vectorizer.blocks;
    let columns: Vec<Option<Columns<'_>>> = blocks
        .iter()
        .zip(&read)
        .map(|(block, read)| Columns::new(block, &read.as_ref()?.tokens))
        .collect();
    let most = columns.iter().zip(&read).map(|(columns, read)| match (columns, read) {
        (Some(columns), Some(read)) => columns.most_entries(&read.documents),
        _ => 0,
    });
    let most = most.sum();eprintln!("  columns {:?}", t0.elapsed());
    // Each piece of the work has its documents, and gives them up when it is done.
    let mut documents: Vec<Option<std::vec::IntoIter<Documents>>> =
        read.into_iter().map(|read| Some(read?.documents.into_iter())).collect();
    let mut rows = Making::with_room(texts.len(), most);
    let per_round = 2 * TEXTS_PER_PIECE * parallel::threads();
    for (i, round_texts) in texts.chunks(per_round).enumerate() {
        report(progress, Stage::Weight, i * per_round, texts.len())?;
        let mut round = Vec::new();
        for piece in round_texts.chunks(TEXTS_PER_PIECE) {
            let of_blocks = documents.iter_mut().map(|documents| documents.as_mut()?.next());
            round.push((piece, of_blocks.collect::<Vec<Option<Documents>>>()));
        }
        let parts = parallel::map(round, |(piece, documents)| {
            let (mut part, mut scratch) = (Part::default(), RowScratch::default());
            let mut documents: Vec<_> =
                documents.iter().map(|documents| documents.as_ref().map(Documents::iter)).collect();
            for text in piece {
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
        rows.append(parts);
    }
    report(progress, Stage::Weight, texts.len(), texts.len())?;
    let t0=std::time::Instant::now();let r=rows.into_rows(vectorizer.n_features());eprintln!("  into_rows {:?}", t0.elapsed());Ok(r)
}
