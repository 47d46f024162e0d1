//! The row of a text times the weights of its columns, without the row.
//!
//! What a term adds is its idf times its weights, as often as it occurs, and what the row is divided by grows with its idf alone.
//! So these lie side by side, for each column in one place, and a text's terms are passed once, in the order in which they are
//! found. In single precision, as the values of a row are; sums are in double. What weights speak for is not known here.

use std::ops::Range;

use super::block::{Block, Finder};
use super::{RowScratch, TextCounts, Vectorizer};

/// More sums than this cost as much by way of a row.
const MOST_OUTPUTS: usize = 5;
/// Of more columns it would take too much memory for what it saves: nearly all time is a wait for memory then.
const MOST_COLUMNS: usize = 1 << 19;
/// What single precision has no trouble with.
const SIZES: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

/// The weights of a vectorizer's columns, for one or several sums.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    outputs: usize,
    /// For each column its idf, and that times its weights.
    columns: Vec<f32>,
}

impl Product {
    /// `weights` are as many for each column as there are outputs. `None` where it would not have the numbers of the general
    /// way, or not be quicker: for hashed columns, weights beyond single precision, many columns and many outputs.
    pub(crate) fn new(vectorizer: &Vectorizer, weights: &[f64], outputs: usize) -> Option<Self> {
        let hashed = |block: &Block| matches!(block.finder, Finder::Hashed(..));
        let is_large = vectorizer.n_features() > MOST_COLUMNS;
        let is_hashed = vectorizer.blocks.iter().any(hashed);
        if is_large || is_hashed || !(1..=MOST_OUTPUTS).contains(&outputs) {
            return None;
        }
        let mut columns = Vec::with_capacity(vectorizer.n_features() * (outputs + 1));
        let mut weights = weights.chunks_exact(outputs);
        for block in &vectorizer.blocks {
            for column in 0..block.columns().len() {
                let idf = block.idf().map_or(1.0, |idf| idf[column]);
                columns.push(idf as f32);
                for weight in weights.next()? {
                    let product = idf * weight;
                    if product != 0.0 && !SIZES.contains(&product.abs()) {
                        return None;
                    }
                    columns.push(product as f32);
                }
            }
        }
        Some(Self { outputs, columns })
    }

    /// Adds the product to `sums`, one for each output. Says what the text was counted from in the first block, and how many
    /// columns it touches; hands out the bytes of tokens, block by block.
    #[inline]
    pub(crate) fn add(
        &self,
        vectorizer: &Vectorizer,
        text: &str,
        scratch: &mut RowScratch,
        sums: &mut [f64],
        mut each: impl FnMut(Range<usize>),
    ) -> (TextCounts, usize) {
        let (mut counts, mut n_columns) = (None, 0);
        for block in &vectorizer.blocks {
            let Finder::Terms(index) = &block.finder else { continue };
            scratch.clear();
            let of_block = index.find(&block.analyzer, text, scratch, &mut each);
            scratch.tally();
            n_columns += scratch.columns().len();
            match self.outputs {
                1 => self.add_block::<2>(block, scratch, of_block.tokens, sums),
                2 => self.add_block::<3>(block, scratch, of_block.tokens, sums),
                3 => self.add_block::<4>(block, scratch, of_block.tokens, sums),
                4 => self.add_block::<5>(block, scratch, of_block.tokens, sums),
                _ => self.add_block::<6>(block, scratch, of_block.tokens, sums),
            }
            counts.get_or_insert(of_block);
        }
        (counts.unwrap_or_default(), n_columns)
    }

    /// The columns of a block that are in `scratch`; `N` is one more than there are outputs.
    #[inline]
    fn add_block<const N: usize>(
        &self,
        block: &Block,
        scratch: &RowScratch,
        length: usize,
        sums: &mut [f64],
    ) {
        let (columns, _) = self.columns.as_chunks::<N>();
        let columns = &columns[block.columns()];
        let tf = block.weighting.tf(length);
        let once = tf(1);
        // The first is that of the weights themselves, of which none is below 0.
        let (mut of_block, mut squares) = ([0.0; N], 0.0);
        for (&column, &count) in scratch.columns().iter().zip(scratch.counts()) {
            let tf = if count == 1 { once } else { tf(count) };
            let column = columns[column as usize].map(|x| tf * f64::from(x));
            squares += column[0] * column[0];
            of_block.iter_mut().zip(column).for_each(|(sum, x)| *sum += x);
        }
        let scale = block.weighting.scale(|| of_block[0], || squares);
        for (sum, of_block) in sums.iter_mut().zip(&of_block[1..]) {
            *sum += scale * of_block;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Analyzer;
    use crate::{Norm, VectorizerParams};

    #[test]
    fn what_is_not_folded_says_so() {
        let fit = |params: VectorizerParams| params.fit(&["good good crew"]).unwrap();
        let (terms, hashed) = (fit(Vectorizer::tfidf()), fit(Vectorizer::hashing().n_features(2)));
        assert!(Product::new(&terms, &[1.0, 0.0], 1).is_some());
        assert!(Product::new(&hashed, &[1.0, 0.0], 1).is_none());
        for heavy in [1e-31, -1e31, 1e199] {
            assert!(Product::new(&terms, &[1.0, heavy], 1).is_none());
        }
        assert!(Product::new(&terms, &[1.0; 12], 6).is_none());
    }

    #[test]
    fn products_are_those_of_rows() {
        let characters = || Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(1, 3);
        let texts = ["good good good crew", "a bad, bad crew is a bad crew", "seat", "good seat!"];
        let long = texts.join(" ").repeat(50);
        for params in [
            Vectorizer::tfidf(),
            Vectorizer::count(),
            Vectorizer::tfidf().norm(Norm::L1).ngram_range(1, 2).binary(true),
            Vectorizer::count().bm25(1.2, 0.75),
            Vectorizer::tfidf().sublinear_tf(true).beside(characters().weight(0.5)),
        ] {
            let vectorizer = params.fit(&texts).unwrap();
            for outputs in 1..=MOST_OUTPUTS {
                let n = vectorizer.n_features() * outputs;
                let weights: Vec<f64> = (0..n).map(|i| ((i * 7) % 11) as f64 - 5.0).collect();
                let product = Product::new(&vectorizer, &weights, outputs).unwrap();
                let (mut scratch, mut row) = (RowScratch::default(), RowScratch::default());
                for text in texts.into_iter().chain(["", "unknown", &long]) {
                    let expected_counts = vectorizer.transform_one(text, &mut row);
                    let mut expected = vec![1.0; outputs];
                    for (&column, &value) in row.columns().iter().zip(row.values()) {
                        for (k, sum) in expected.iter_mut().enumerate() {
                            *sum += f64::from(value) * weights[column as usize * outputs + k];
                        }
                    }
                    let mut sums = vec![1.0; outputs];
                    let (counts, n) =
                        product.add(&vectorizer, text, &mut scratch, &mut sums, |_| ());
                    assert_eq!((counts, n), (expected_counts, row.columns().len()), "{text}");
                    for (sum, expected) in sums.iter().zip(expected) {
                        let size = expected.abs().max(1.0);
                        assert!((sum - expected).abs() <= 1e-5 * size, "{text}: {sum} {expected}");
                    }
                }
            }
        }
    }
}
