//! Texts in, a vectorizer and their rows out, kept as [`Bags`]: for a training that looks at the rows as a whole.
//!
//! What was read of the texts becomes rows where it lies: hardly any memory is touched for the first time, no row is sorted and no
//! value is computed. Possible for single words that are worth how often they occur. How terms are counted is not known here.

use std::sync::{Mutex, PoisonError};

use super::block::{Block, Finder};
use super::build::{build, columns_of_tokens};
use super::reader::{Documents, Source};
use super::weighting::Weighting;
use super::{TEXTS_PER_PIECE, Vectorizer, VectorizerParams};
use crate::bags::{Bags, Piece};
use crate::error::Result;
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::rows::Rows;
use crate::text::Unit;
use crate::views::Texts;

/// Of texts with more tokens on the mean many a word is there twice, and a bag is larger than a row.
const LONG_TEXT: usize = 64;

/// The rows of a fit, in the form that suits them.
pub(crate) enum BagsOrRows {
    Bags(Bags),
    Rows(Rows),
}

impl VectorizerParams {
    /// Whether [`fit_bags`](Self::fit_bags) can make rows of these.
    pub(crate) fn makes_bags(&self) -> bool {
        let mut blocks = self.blocks();
        let (Some(block), None) = (blocks.next(), blocks.next()) else { return false };
        let learns = block.vocabulary.is_none() && block.hashing.is_none();
        let of_words = block.analyzer.unit() == Unit::Tokens && block.ngram_range == (1, 1);
        let by_count = block.bm25.is_none() && (block.binary || !block.sublinear_tf);
        learns && of_words && by_count
    }

    /// A vectorizer as [`fit`](Self::fit) makes it, and the rows of the texts, for settings that
    /// [make bags](Self::makes_bags); those are `wanted` for so many columns and entries.
    pub(crate) fn fit_bags(
        &self,
        texts: Texts<'_>,
        progress: Option<&dyn Progress>,
        wanted: impl FnOnce(usize, usize) -> bool,
    ) -> Result<(Vectorizer, BagsOrRows)> {
        debug_assert!(self.makes_bags());
        let (vectorizer, mut read) = self.learn(texts, Source::Raw, progress)?;
        let documents = read.iter().flatten().flat_map(|read| &read.documents);
        let tokens = || documents.clone().map(|documents| documents.tokens.len());
        let (all, most) = (tokens().sum::<usize>(), tokens().max().unwrap_or(0));
        let short = all <= LONG_TEXT * texts.len() && most <= Piece::MOST;
        if !short || !wanted(vectorizer.n_features(), all) {
            let rows = build(&vectorizer, texts, Source::Raw, read, progress)?;
            return Ok((vectorizer, BagsOrRows::Rows(rows)));
        }
        let [block @ Block { finder: Finder::Terms(index), .. }] = &vectorizer.blocks[..] else {
            unreachable!("one block of terms, as the settings say")
        };
        let read = read.pop().flatten().expect("columns were learnt from what was read");
        let n_columns = block.columns().len();
        let mut column_of = columns_of_tokens(index, &read);
        // What is no term has a column that is worth nothing, so that nobody need ask.
        for column in column_of.iter_mut().flatten() {
            *column = (*column).min(n_columns as u32);
        }
        let documents: Vec<Mutex<Documents>> = read.documents.into_iter().map(Mutex::new).collect();
        drop((read.tokens, read.common));
        let mut worth = block.idf().map_or_else(|| vec![1.0; n_columns], <[f64]>::to_vec);
        worth.push(0.0);
        let mut makers: Vec<Maker<'_>> = (0..parallel::threads().min(documents.len()))
            .map(|_| Maker::new(&block.weighting, &worth))
            .collect();
        let mut pieces = Vec::with_capacity(documents.len());
        // In rounds only where somebody may stop the work between them.
        let round = progress.map_or(documents.len(), |_| 2 * parallel::threads());
        for documents in documents.chunks(round) {
            report(progress, Stage::Weight, pieces.len() * TEXTS_PER_PIECE, texts.len())?;
            pieces.extend(parallel::share(&mut makers, documents.len(), |_, maker, i| {
                let mut documents = documents[i].lock().unwrap_or_else(PoisonError::into_inner);
                let documents = std::mem::take(&mut *documents);
                maker.piece(&column_of[documents.reader], documents)
            }));
        }
        report(progress, Stage::Weight, texts.len(), texts.len())?;
        let bags = Bags::new(n_columns, block.idf().map(<[f64]>::to_vec), pieces);
        Ok((vectorizer, BagsOrRows::Bags(bags)))
    }
}

/// Makes rows, one after the other.
struct Maker<'w> {
    weighting: &'w Weighting,
    /// What a column is worth that occurs once; 0 of the last, which is that of unknown tokens.
    worth: &'w [f64],
    seen: Vec<Seen>,
    /// The number of the last row.
    row: u32,
    /// The columns of the rows of a piece, where those of each end, and what each row is multiplied with.
    found: Vec<u32>,
    ends: Vec<usize>,
    scales: Vec<f64>,
}

/// A column, as the row at hand sees it.
#[derive(Clone, Copy)]
struct Seen {
    /// The square of what it is worth.
    square: f64,
    /// The number of the last row that had it, and how often.
    row: u32,
    count: u32,
}

impl<'w> Maker<'w> {
    fn new(weighting: &'w Weighting, worth: &'w [f64]) -> Self {
        let seen = worth.iter().map(|worth| Seen { square: worth * worth, row: 0, count: 0 });
        let (seen, found) = (seen.collect(), Vec::new());
        Self { weighting, worth, seen, row: 0, found, ends: Vec::new(), scales: Vec::new() }
    }

    fn piece(&mut self, column_of: &[u32], documents: Documents) -> Piece {
        self.ends.clear();
        self.scales.clear();
        self.found.clear();
        self.found.resize(documents.tokens.len(), 0);
        let mut end = 0;
        for document in documents.iter() {
            end = if self.weighting.is_binary() {
                self.row::<true>(column_of, document, end)
            } else {
                self.row::<false>(column_of, document, end)
            };
            self.ends.push(end);
        }
        Piece::new(&self.found, &self.ends, &self.scales, documents.tokens)
    }

    /// Leaves the columns of a document in `found` from `start` on, and returns where they end.
    fn row<const BINARY: bool>(
        &mut self,
        column_of: &[u32],
        document: &[u32],
        start: usize,
    ) -> usize {
        // There are no more rows than numbers.
        self.row += 1;
        let Self {
            weighting, worth, ref mut seen, row: this, ref mut found, ref mut scales, ..
        } = *self;
        let unknown = worth.len() as u32 - 1;
        let (seen, room) = (&mut seen[..], &mut found[start..start + document.len()]);
        let (mut n, mut squares) = (0, 0.0);
        for &token in document {
            let column = column_of[token as usize];
            let Seen { square, row, count } = &mut seen[column as usize];
            // A piece has no more tokens than numbers.
            *count = if *row == this { *count + 1 } else { 1 };
            *row = this;
            let counts = !BINARY || *count == 1;
            // Written in any case: no guess at which tokens are known.
            room[n] = column;
            n += usize::from(counts && column != unknown);
            // k² is the sum of the first k odd numbers.
            let odd =
                if BINARY { f64::from(u8::from(counts)) } else { 2.0 * f64::from(*count) - 1.0 };
            squares += odd * *square;
        }
        let sum = || room[..n].iter().map(|&column| worth[column as usize]).sum();
        scales.push(weighting.scale(sum, || squares));
        start + n
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::text::{Analyzer, Language};
    use crate::{Norm, Vectorizer};

    fn settings() -> Vec<VectorizerParams> {
        let stemmed = Analyzer::word().stemmer(Language::English);
        vec![
            Vectorizer::tfidf().max_features(4),
            Vectorizer::tfidf().binary(true),
            Vectorizer::tfidf().norm(Norm::L1).weight(3.0),
            Vectorizer::tfidf().norm(Norm::L1).binary(true),
            Vectorizer::tfidf().analyzer(stemmed),
            Vectorizer::count(),
        ]
    }

    proptest! {
        #[test]
        fn bags_hold_the_same_rows(texts in vec("([a-c]{2} |[a-f]{2}s |-){0,8}", 1..40)) {
            for params in settings() {
                prop_assert!(params.makes_bags());
                let Ok((vectorizer, rows)) = params.fit_transform(&texts) else {
                    prop_assert!(params.fit_bags(Texts::of(&&texts[..]), None, |_, _| true).is_err());
                    continue;
                };
                let fit = |wanted| params.fit_bags(Texts::of(&&texts[..]), None, |_, _| wanted).unwrap();
                let (_, BagsOrRows::Rows(same)) = fit(false) else { panic!("nobody wanted bags") };
                prop_assert_eq!(&rows, &same);
                let (same, BagsOrRows::Bags(bags)) = fit(true) else { panic!("of short texts") };
                prop_assert_eq!(vectorizer, same);
                let mut numbers: Vec<usize> = (0..texts.len()).collect();
                bags.put_in_place(&mut numbers);
                for (place, &number) in numbers.iter().enumerate() {
                    let bag = bags.row(place);
                    let mut row = BTreeMap::new();
                    for &j in bag.columns {
                        let factor = bags.factors().map_or(1.0, |factors| factors[j as usize]);
                        *row.entry(j).or_insert(0.0) += factor * bag.scale;
                    }
                    let (columns, values) = rows.row(number);
                    prop_assert!(row.keys().eq(columns));
                    for (x, &expected) in row.values().zip(values) {
                        prop_assert!((x - f64::from(expected)).abs() <= 1e-6 * x);
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_is_more_than_a_count_is_left_to_others() {
        let words = Vectorizer::tfidf;
        for params in [
            words().ngram_range(1, 2),
            words().sublinear_tf(true),
            words().bm25(1.2, 0.75),
            words().analyzer(Analyzer::char_wb()),
            words().vocabulary(["good"]),
            words().beside(words()),
            Vectorizer::hashing(),
        ] {
            assert!(!params.makes_bags(), "{params:?}");
        }
    }
}
