//! From counts to weights: tf, idf and norm.
//!
//! The formulas are those of scikit-learn's `TfidfTransformer` (user guide, "Tf–idf term weighting"), computed in `f64` and
//! stored as `f32`. What the columns mean is not known here.

use super::{Norm, RowScratch, VectorizerParams};

/// The inverse document frequency of a term that `df` of `n` texts hold: ln((1 + n) / (1 + df)) + 1 if smooth, else
/// ln(n / df) + 1.
pub(super) fn idf(df: u32, n: u64, smooth: bool) -> f64 {
    let extra = if smooth { 1.0 } else { 0.0 };
    ((n as f64 + extra) / (f64::from(df) + extra)).ln() + 1.0
}

/// Turns the counts of one text into the values of its row.
#[derive(Debug, Clone)]
pub(super) struct Weighting {
    binary: bool,
    sublinear_tf: bool,
    norm: Norm,
    idf: Option<Vec<f64>>,
}

impl Weighting {
    pub(super) fn new(params: &VectorizerParams, idf: Option<Vec<f64>>) -> Self {
        let &VectorizerParams { binary, sublinear_tf, norm, .. } = params;
        Self { binary, sublinear_tf, norm, idf }
    }

    pub(super) fn idf(&self) -> Option<&[f64]> {
        self.idf.as_deref()
    }

    pub(super) fn into_idf(self) -> Option<Vec<f64>> {
        self.idf
    }

    /// Computes the values of the row whose columns and counts stand in `scratch`.
    pub(super) fn weigh(&self, scratch: &mut RowScratch) {
        let RowScratch { columns, counts, weights, values, .. } = scratch;
        weights.clear();
        weights.extend(columns.iter().zip(&*counts).map(|(&column, &count)| {
            let tf = if self.binary { 1.0 } else { f64::from(count) };
            let tf = if self.sublinear_tf { 1.0 + tf.ln() } else { tf };
            self.idf.as_ref().map_or(tf, |idf| tf * idf[column as usize])
        }));
        // Never 0 unless the row is empty: every tf is at least 1 and so is every idf that `fit` computes.
        let length = match self.norm {
            Norm::None => 1.0,
            Norm::L1 => weights.iter().sum::<f64>(),
            Norm::L2 => weights.iter().map(|w| w * w).sum::<f64>().sqrt(),
        };
        let scale = if length > 0.0 { 1.0 / length } else { 1.0 };
        values.clear();
        values.extend(weights.iter().map(|w| (w * scale) as f32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idf_has_scikit_learns_values() {
        // TfidfTransformer(smooth_idf=...).fit([[1, 1], [1, 0], [1, 0]]).idf_
        assert!((idf(3, 3, true) - 1.0).abs() < 1e-15);
        assert!((idf(1, 3, true) - 1.693_147_180_559_945_3).abs() < 1e-15);
        assert!((idf(1, 3, false) - 2.098_612_288_668_11).abs() < 1e-14);
    }
}
