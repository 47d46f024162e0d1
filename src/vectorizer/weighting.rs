//! From counts to weights: tf, idf and norm.
//!
//! The formulas are those of scikit-learn's `TfidfTransformer` (user guide, "Tf–idf term weighting") and of Lucene's
//! `BM25Similarity`, computed in `f64` and stored as `f32`. What the columns mean is not known here.

use super::block_params::{BlockParams, Bm25};
use super::{Norm, RowScratch};

/// The inverse document frequency of a term that `df` of `n` texts hold: ln((1 + n) / (1 + df)) + 1 if smooth, else
/// ln(n / df) + 1; for BM25 ln(1 + (n − df + ½) / (df + ½)).
pub(super) fn idf(df: u32, n: u32, params: &BlockParams) -> f64 {
    let (df, n) = (f64::from(df), f64::from(n));
    if params.bm25.is_some() {
        return ((n - df + 0.5) / (df + 0.5)).ln_1p();
    }
    let extra = if params.smooth_idf { 1.0 } else { 0.0 };
    ((n + extra) / (df + extra)).ln() + 1.0
}

/// Turns the counts of one text into the values of its row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weighting {
    binary: bool,
    sublinear_tf: bool,
    /// 1 + ln of the counts that nearly all terms have.
    sublinear: [f64; 8],
    bm25: Option<Bm25>,
    mean_length: f64,
    norm: Norm,
    idf: Option<Vec<f64>>,
    weight: f64,
}

impl Weighting {
    pub(super) fn new(params: &BlockParams, idf: Option<Vec<f64>>, mean_length: f64) -> Self {
        let &BlockParams { binary, sublinear_tf, bm25, norm, weight, .. } = params;
        let mut sublinear = [0.0; 8];
        for (count, tf) in sublinear.iter_mut().enumerate().skip(1) {
            *tf = 1.0 + (count as f64).ln();
        }
        Self { binary, sublinear_tf, sublinear, bm25, mean_length, norm, idf, weight }
    }

    pub(super) fn idf(&self) -> Option<&[f64]> {
        self.idf.as_deref()
    }

    pub(super) fn mean_length(&self) -> f64 {
        self.mean_length
    }

    /// What a term is worth that occurs so often in a text of so many tokens, before its idf.
    #[inline]
    pub(super) fn tf(&self, length: usize) -> impl Fn(i64) -> f64 {
        let &Self { binary, sublinear_tf, ref sublinear, bm25, mean_length, .. } = self;
        let saturation = bm25.map(|Bm25 { k1, b }| {
            let share = if mean_length > 0.0 { length as f64 / mean_length } else { 1.0 };
            (k1, k1 * (1.0 - b + b * share))
        });
        move |count| {
            let tf = if binary { 1.0 } else { count as f64 };
            if let Some((k1, saturation)) = saturation {
                tf * (k1 + 1.0) / (tf + saturation)
            } else if sublinear_tf && count != 1 && !binary {
                let known = usize::try_from(count).ok().and_then(|count| sublinear.get(count));
                known.copied().unwrap_or_else(|| 1.0 + tf.ln())
            } else {
                tf
            }
        }
    }

    pub(super) fn is_binary(&self) -> bool {
        self.binary
    }

    /// What the weights of a text are multiplied with, by the sum of their sizes or of their squares.
    #[inline]
    pub(super) fn scale(&self, sum: impl Fn() -> f64, squares: impl Fn() -> f64) -> f64 {
        let length = match self.norm {
            Norm::None => 1.0,
            Norm::L1 => sum(),
            Norm::L2 => squares().sqrt(),
        };
        if length > 0.0 { self.weight / length } else { self.weight }
    }

    /// Gives the columns at hand in `scratch` their values, for a text of so many tokens; they become those of the row,
    /// where this block's begin at `first`.
    #[inline]
    pub(super) fn weigh(&self, scratch: &mut RowScratch, first: u32, length: usize) {
        scratch.weigh(first, |columns, counts, weights| {
            let tf = self.tf(length);
            weights.extend(columns.iter().zip(counts).map(|(&column, &count)| {
                self.idf.as_ref().map_or(tf(count), |idf| tf(count) * idf[column as usize])
            }));
            self.scale(
                || weights.iter().map(|w| w.abs()).sum(),
                || weights.iter().map(|w| w * w).sum(),
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idf_has_scikit_learns_values() {
        let smooth = BlockParams::default();
        let plain = BlockParams { smooth_idf: false, ..BlockParams::default() };
        // TfidfTransformer(smooth_idf=...).fit([[1, 1], [1, 0], [1, 0]]).idf_
        assert!((idf(3, 3, &smooth) - 1.0).abs() < 1e-15);
        assert!((idf(1, 3, &smooth) - 1.693_147_180_559_945_3).abs() < 1e-15);
        assert!((idf(1, 3, &plain) - 2.098_612_288_668_11).abs() < 1e-14);
    }
}
