//! Rows of many texts, piece by piece and on all threads.

use super::block::{Block, Finder};
use super::index::TermIndex;
use super::reader::{Documents, Read, Source};
use super::scratch::{RowScratch, TextCounts};
use super::{TEXTS_PER_PIECE, Vectorizer};
use crate::error::Result;
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::rows::Rows;
use crate::text::Unit;
use crate::views::Texts;

/// Some rows, one after the other.
#[derive(Debug)]
struct Part {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Part {
    /// One row for each item, to which `transform` adds its entries; `room` is how many these may be.
    fn new<I>(
        items: impl ExactSizeIterator<Item = I>,
        room: usize,
        mut transform: impl FnMut(I, &mut RowScratch),
    ) -> Self {
        let mut scratch = RowScratch::with_room(room);
        let mut starts = Vec::with_capacity(items.len());
        for item in items {
            starts.push(scratch.next_row());
            transform(item, &mut scratch);
        }
        let (columns, values) = scratch.into_rows();
        Self { starts, columns, values }
    }
}

/// A matrix in the making.
struct Making {
    /// How many there are so far.
    entries: usize,
    /// Where each row begins.
    indptr: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Making {
    /// Room for so many rows with so many entries in all, which should be enough. What of it stays unused is never touched, and given back
    /// at the end; growing step by step would hold the entries twice.
    fn with_room(n_rows: usize, entries: usize) -> Self {
        let indptr = Vec::with_capacity(n_rows + 1);
        Self { entries: 0, indptr, columns: vec![0; entries], values: vec![0.0; entries] }
    }

    /// Appends rows, on all threads: the first to touch memory waits for it.
    fn append(&mut self, parts: Vec<Part>) {
        let mut start = self.entries;
        let end = start + parts.iter().map(|part| part.columns.len()).sum::<usize>();
        if end > self.columns.len() {
            let room = end.max(self.columns.len() / 2 * 3);
            self.columns.resize(room, 0);
            self.values.resize(room, 0.0);
        }
        let (mut columns, mut values) = (&mut self.columns[start..], &mut self.values[start..]);
        let mut copies = Vec::with_capacity(parts.len());
        for part in parts {
            self.indptr.extend(part.starts.iter().map(|row| start + row));
            start += part.columns.len();
            let (to_columns, to_values);
            (to_columns, columns) = columns.split_at_mut(part.columns.len());
            (to_values, values) = values.split_at_mut(part.values.len());
            copies.push((part, to_columns, to_values));
        }
        self.entries = end;
        parallel::map(copies, |(part, columns, values)| {
            columns.copy_from_slice(&part.columns);
            values.copy_from_slice(&part.values);
        });
    }

    fn into_rows(mut self, n_columns: usize) -> Rows {
        self.indptr.push(self.entries);
        self.columns.truncate(self.entries);
        self.columns.shrink_to_fit();
        self.values.truncate(self.entries);
        self.values.shrink_to_fit();
        Rows::from_parts(n_columns, self.indptr, self.columns, self.values)
    }
}

/// One row for each text, as `transform` leaves it in the scratch.
pub(super) fn rows_of(
    texts: Texts<'_>,
    n_columns: usize,
    transform: impl Fn(&str, &mut RowScratch) + Send + Sync,
) -> Rows {
    // Several pieces a thread, so that none has to wait long for the last.
    let piece = (texts.len() / (4 * parallel::threads())).clamp(16, TEXTS_PER_PIECE);
    let parts = parallel::map(texts.chunks(piece).collect(), |piece: Texts<'_>| {
        Part::new(piece.iter(), 0, &transform)
    });
    let entries = parts.iter().map(|part| part.columns.len()).sum();
    let mut rows = Making::with_room(texts.len(), entries);
    rows.append(parts);
    rows.into_rows(n_columns)
}

/// The column of each token, for each reader, or [`NONE`](super::tokens::NONE).
pub(super) fn columns_of_tokens(index: &TermIndex, read: &Read) -> Vec<Vec<u32>> {
    let found = index.tokens().find_all(&read.tokens, 0);
    let of_all: Vec<u32> = found.into_iter().map(|token| index.column(token)).collect();
    let of_reader =
        |common: &Vec<u32>| common.iter().map(|&token| of_all[token as usize]).collect();
    let mut of_readers: Vec<Vec<u32>> = read.common.iter().map(of_reader).collect();
    of_readers[0] = of_all;
    of_readers
}

/// What turns the documents of a fit into rows.
enum Columns<'v> {
    /// The column of each token, for each reader.
    Tokens(&'v Block, Vec<Vec<u32>>),
    /// The integer of each token in the index of the block.
    Runs(&'v Block, &'v TermIndex, Vec<u32>),
    /// The columns of each word, one after the other, and where they end.
    Words(&'v Block, Vec<u32>, Vec<usize>),
}

impl<'v> Columns<'v> {
    fn new(block: &'v Block, read: &Read) -> Option<Self> {
        let Finder::Terms(index) = &block.finder else { return None };
        let tokens = &read.tokens;
        if block.analyzer.unit() == Unit::CharactersOfWords {
            let n = tokens.len().div_ceil(TEXTS_PER_PIECE);
            let pieces = parallel::map((0..n).collect(), |i| {
                let (mut columns, mut ends, mut characters) = (Vec::new(), Vec::new(), Vec::new());
                for word in parallel::piece(tokens.len(), n, i) {
                    index.find_in_word(tokens.text(word as u32), &mut characters, &mut columns);
                    ends.push(columns.len());
                }
                (columns, ends)
            });
            let (mut columns, mut ends) = (Vec::new(), Vec::new());
            for (of_piece, ends_of_piece) in pieces {
                let before = columns.len();
                columns.extend(of_piece);
                ends.extend(ends_of_piece.into_iter().map(|end| before + end));
            }
            return Some(Self::Words(block, columns, ends));
        }
        if block.ngram_range().1 > 1 {
            return Some(Self::Runs(block, index, index.tokens().find_all(tokens, 0)));
        }
        Some(Self::Tokens(block, columns_of_tokens(index, read)))
    }

    /// A bound on the entries that the rows of documents have.
    fn most_entries(&self, documents: &[Documents]) -> usize {
        match self {
            Self::Tokens(..) => documents.iter().map(|d| d.tokens.len()).sum(),
            Self::Runs(block, ..) => {
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

    /// Adds what a document of a reader touches to the row in `scratch`.
    fn transform(&self, reader: usize, document: &[u32], scratch: &mut RowScratch) {
        let counts = TextCounts { tokens: document.len(), known_tokens: 0 };
        let block = match self {
            Self::Tokens(block, column_of) => {
                scratch.find_by(&column_of[reader], document);
                block
            }
            Self::Runs(block, index, found) => {
                let RowScratch { read, columns, .. } = scratch;
                read.tokens.clear();
                read.tokens.extend(document.iter().map(|&token| found[token as usize]));
                index.find_in_tokens(&read.tokens, &mut read.ngrams, columns);
                block
            }
            Self::Words(block, of_words, ends) => {
                for &word in document {
                    let word = word as usize;
                    let start = word.checked_sub(1).map_or(0, |before| ends[before]);
                    scratch.columns.extend_from_slice(&of_words[start..ends[word]]);
                }
                block
            }
        };
        scratch.gather();
        block.weigh(scratch, counts);
    }
}

/// The rows of the texts that a vectorizer was fitted on. Blocks that learnt their columns use what was `read` then;
/// the others read the texts again.
pub(super) fn build(
    vectorizer: &Vectorizer,
    texts: Texts<'_>,
    source: Source,
    read: Vec<Option<Read>>,
    progress: Option<&dyn Progress>,
) -> Result<Rows> {
    let blocks = &vectorizer.blocks;
    let columns: Vec<Option<Columns<'_>>> =
        blocks.iter().zip(&read).map(|(block, read)| Columns::new(block, read.as_ref()?)).collect();
    let most = columns.iter().zip(&read).map(|(columns, read)| match (columns, read) {
        (Some(columns), Some(read)) => columns.most_entries(&read.documents),
        _ => 0,
    });
    let most = most.sum();
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
            let room = documents.iter().flatten().map(|d| d.tokens.len()).sum();
            let mut documents: Vec<_> =
                documents.iter().map(|d| d.as_ref().map(|d| (d.reader, d.iter()))).collect();
            Part::new(0..piece.len(), room, |i, scratch| {
                for ((block, columns), documents) in blocks.iter().zip(&columns).zip(&mut documents)
                {
                    let document = documents.as_mut().and_then(|(r, d)| Some((*r, d.next()?)));
                    match (columns, document) {
                        (Some(columns), Some((reader, document))) => {
                            columns.transform(reader, document, scratch);
                        }
                        _ => source.transform(block, piece.get(i), scratch),
                    }
                }
            })
        });
        rows.append(parts);
    }
    report(progress, Stage::Weight, texts.len(), texts.len())?;
    Ok(rows.into_rows(vectorizer.n_features()))
}
