//! A classifier in, the same with weights of fewer bits out.
//!
//! Weights stay numbers of double precision, each now one that fewer bits can say; a file notices and stores these. So there
//! is one way to score and one format, and a rounded model that is loaded and saved again is the same file.

use serde::{Deserialize, Serialize};

use super::{Classifier, WEIGHTS};
use crate::error::{Error, Result};
use crate::persist::floats::{from_half, to_half};

/// How exactly weights are kept; see [`Pipeline::round_weights`](crate::Pipeline::round_weights).
///
/// ```
/// use ressenti::{Classifier, Precision, Vectorizer};
///
/// let (_, rows) = Vectorizer::tfidf().fit_transform(&["good crew", "bad crew"])?;
/// let classifier = Classifier::logistic_regression().fit(&rows, &[true, false])?;
/// let rounded = classifier.round_weights(Precision::Half)?;
/// let (a, b) = (classifier.coef().get(0, 2), rounded.coef().get(0, 2));
/// assert!(a != b && (a - b).abs() < 1e-3 * a.abs());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Precision {
    /// 32 bits: a weight is off by at most 6·10⁻⁸ of itself.
    Single,
    /// 16 bits (IEEE 754 binary16): by at most 5·10⁻⁴ of itself, below 6·10⁻⁵ by at most 3·10⁻⁸. Up to ±65,504.
    Half,
    /// 8 bits: 255 even steps from the largest weight of a decision value, negated, to that weight; a weight is off by at
    /// most half a step.
    Byte,
}

impl Classifier {
    /// The same with rounded weights; intercepts, calibration and thresholds stay as they are. Its
    /// [`FitReport`](crate::FitReport) stays that of the training.
    ///
    /// Errors: [`Error::InvalidValues`] if a weight is beyond the range of the precision.
    pub fn round_weights(&self, precision: Precision) -> Result<Self> {
        let mut weights = self.weights.clone();
        match precision {
            Precision::Single => weights.mapv_inplace(|w| f64::from(w as f32)),
            Precision::Half => weights.mapv_inplace(|w| from_half(to_half(w))),
            Precision::Byte => {
                for mut column in weights.columns_mut() {
                    let largest = column.iter().fold(0.0f64, |most, w| most.max(w.abs()));
                    // So small that it has no 127th part: nothing is lost with it.
                    let step = largest / 127.0;
                    let round = |w: f64| if step > 0.0 { (w / step).round() * step } else { 0.0 };
                    column.mapv_inplace(round);
                }
            }
        }
        if let Some((_, w)) = weights.iter().zip(&self.weights).find(|(r, _)| !WEIGHTS.contains(*r))
        {
            let problem = format!("{w} is beyond the range of {precision:?}; keep more bits");
            return Err(Error::InvalidValues { what: "weights", problem });
        }
        Ok(Self { weights, ..self.clone_without_weights() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;

    fn classifier() -> Classifier {
        let values: Vec<Vec<f32>> =
            (0..30).map(|i| (0..9).map(|j| ((i * 7 + j * 3) % 5) as f32).collect()).collect();
        let rows = Rows::try_from(&ndarray::Array2::from_shape_fn((30, 9), |(i, j)| values[i][j]))
            .unwrap();
        let labels: Vec<usize> = (0..30).map(|i| (i * i / 3 + i / 7) % 3).collect();
        Classifier::logistic_regression().fit(&rows, &labels).unwrap()
    }

    #[test]
    fn no_weight_is_further_off_than_promised() {
        let classifier = classifier();
        let largest =
            |k: usize| (0..9).fold(0.0f64, |most, j| most.max(classifier.weights[[j, k]].abs()));
        for (precision, relative) in
            [(Precision::Single, 6e-8), (Precision::Half, 5e-4), (Precision::Byte, 0.0)]
        {
            let rounded = classifier.round_weights(precision).unwrap();
            for ((j, k), w) in classifier.weights.indexed_iter() {
                let off = (rounded.weights[[j, k]] - w).abs();
                let step = if precision == Precision::Byte { largest(k) / 254.0 } else { 3e-8 };
                assert!(off <= w.abs() * relative + step * 1.000_001, "{precision:?} {w} {off}");
            }
            assert_eq!(rounded.round_weights(precision).unwrap().weights, rounded.weights);
        }
    }

    #[test]
    fn a_weight_out_of_range_is_told() {
        let mut classifier = classifier();
        classifier.weights[[0, 0]] = 1e39;
        for precision in [Precision::Single, Precision::Half] {
            let error = classifier.round_weights(precision).unwrap_err();
            let range = format!("is beyond the range of {precision:?}; keep more bits");
            assert_eq!(error.to_string(), format!("invalid weights: {} {range}", 1e39));
        }
        assert!(classifier.round_weights(Precision::Byte).is_ok());
        classifier.weights.fill(5e-324);
        assert!(
            classifier.round_weights(Precision::Byte).unwrap().weights.iter().all(|&w| w == 0.0)
        );
    }
}
