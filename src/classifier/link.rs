//! From decision values to probabilities, and the losses that training minimises; stable for any finite input.
//!
//! Two classes: p = 1 / (1 + exp(−z)), loss = ln(1 + exp(−z)) or ln(1 + exp(z)). More: p = exp(zₖ) / Σ exp(zⱼ), each row
//! shifted by its own maximum, loss = −ln p of the true class. (Bishop, *Pattern Recognition and Machine Learning*, 4.3.)
//! One against the rest: p of each output alone, divided by their sum.

use serde::{Deserialize, Serialize};

/// How the outputs of a linear model become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Link {
    /// One output for two classes.
    Logistic,
    /// One output per class.
    Softmax,
    /// One output per class, each a model of its own.
    OneVsRest,
    /// One output for two classes, else one per class, each a model of its own. Probabilities grow evenly from −1 to 1.
    ModifiedHuber,
}

impl Link {
    pub(super) fn outputs(self, classes: usize) -> usize {
        match self {
            Self::Logistic => 1,
            Self::ModifiedHuber if classes == 2 => 1,
            Self::ModifiedHuber | Self::Softmax | Self::OneVsRest => classes,
        }
    }

    /// Appends one probability per class.
    pub(super) fn probabilities(self, decision: &[f64], out: &mut Vec<f64>) {
        match self {
            Self::Logistic => out.extend(both_sigmoids(decision[0])),
            Self::Softmax => {
                let start = out.len();
                out.extend_from_slice(decision);
                softmax(&mut out[start..]);
            }
            Self::OneVsRest => {
                // By logarithms, as all of them may be too small for a number.
                let start = out.len();
                out.extend(decision.iter().map(|z| -softplus(-z)));
                softmax(&mut out[start..]);
            }
            Self::ModifiedHuber => {
                if let [z] = *decision {
                    out.extend([clipped(-z), clipped(z)]);
                } else {
                    let start = out.len();
                    out.extend(decision.iter().map(|&z| clipped(z)));
                    share(&mut out[start..]);
                }
            }
        }
    }
}

/// The class with the highest decision value; of equal ones the first. One value speaks for the second of two classes.
pub(super) fn class_of(decision: &[f64]) -> usize {
    if let [z] = *decision {
        return usize::from(z > 0.0);
    }
    let highest = |best, (i, z): (usize, &f64)| if *z > decision[best] { i } else { best };
    decision.iter().enumerate().fold(0, highest)
}

/// 1 / (1 + exp(−z)).
pub(super) fn sigmoid(z: f64) -> f64 {
    // exp never overflows when its argument is not positive.
    let e = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// The sigmoids of −z and of z, for one exponential.
fn both_sigmoids(z: f64) -> [f64; 2] {
    let e = (-z.abs()).exp();
    let (low, high) = (e / (1.0 + e), 1.0 / (1.0 + e));
    if z >= 0.0 { [low, high] } else { [high, low] }
}

/// From 0 at −1 to 1 at 1.
fn clipped(z: f64) -> f64 {
    f64::midpoint(z.clamp(-1.0, 1.0), 1.0)
}

/// Turns values into probabilities in place.
pub(super) fn softmax_in_place(values: &mut [f64]) {
    softmax(values);
}

/// Divides numbers of at least 0 by their sum; if all are 0, each has the same share.
pub(super) fn share(values: &mut [f64]) {
    let sum: f64 = values.iter().sum();
    let even = 1.0 / values.len() as f64;
    for value in values {
        *value = if sum > 0.0 { *value / sum } else { even };
    }
}

/// Turns decision values into probabilities and returns the loss of the true class.
pub(super) fn softmax_loss(decision: &mut [f64], class: usize) -> f64 {
    let z = decision[class];
    let (top, ln_sum) = softmax(decision);
    ln_sum - (z - top)
}

/// ln(1 + exp(−m)), and its slope.
pub(super) fn logistic(margin: f64) -> (f64, f64) {
    (softplus(-margin), -sigmoid(-margin))
}

/// max(0, 1 − m)² where m ≥ −1, else −4·m; and its slope.
pub(super) fn modified_huber(margin: f64) -> (f64, f64) {
    if margin < -1.0 {
        return (-4.0 * margin, -4.0);
    }
    let missing = (1.0 - margin).max(0.0);
    (missing * missing, -2.0 * missing)
}

/// ln(1 + exp(z)).
fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// Turns values into probabilities in place; returns their maximum m and ln Σ exp(value − m), kept apart for precision.
fn softmax(values: &mut [f64]) -> (f64, f64) {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in &mut *values {
        *value = (*value - top).exp();
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
    (top, sum.ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_stay_finite_and_exact() {
        for z in [-1000.0, -40.0, 0.0, 40.0, 1000.0] {
            let mut out = Vec::new();
            Link::Logistic.probabilities(&[z], &mut out);
            assert!((out[0] + out[1] - 1.0).abs() < 1e-15, "{out:?}");
            assert_eq!(out, [sigmoid(-z), sigmoid(z)]);
            let (loss, slope) = logistic(z);
            assert_eq!(slope, -out[0]);
            let expected = if z > 0.0 { (-z).exp() } else { -z + z.exp().ln_1p() };
            assert!(
                (loss - expected).abs() <= 1e-15 * expected.max(1e-300) + 1e-17,
                "{z}: {loss} {expected}"
            );
        }
    }

    #[test]
    fn each_row_is_shifted_by_its_own_maximum() {
        let mut decision = [0.0, 0.0];
        let loss = softmax_loss(&mut decision, 0);
        assert_eq!((loss, decision), (2.0f64.ln(), [0.5, 0.5]), "its own maximum is 0");
        let mut decision = [1000.0, -1000.0, 1000.0];
        assert_eq!(softmax_loss(&mut decision, 2), 2.0f64.ln());
        assert_eq!(decision, [0.5, 0.0, 0.5]);
    }

    #[test]
    fn one_against_the_rest_is_shares_of_the_sigmoids() {
        let mut out = Vec::new();
        Link::OneVsRest.probabilities(&[1.0, -2.0, 0.0], &mut out);
        let alone = [1.0, -2.0, 0.0].map(sigmoid);
        for (share, p) in out.iter().zip(alone) {
            assert!((share - p / alone.iter().sum::<f64>()).abs() < 1e-15);
        }
        // No class is likely at all, but one is likelier.
        out.clear();
        Link::OneVsRest.probabilities(&[-1001.0, -1000.0], &mut out);
        assert!((out[1] - sigmoid(1.0)).abs() < 1e-15);
    }

    #[test]
    fn modified_huber_has_the_probabilities_of_scikit_learn() {
        #[derive(Deserialize)]
        struct Case {
            decisions: Vec<Vec<f64>>,
            predict_proba: Vec<Vec<f64>>,
        }
        let golden = include_str!("../../tests/golden/linear/huber.json");
        for Case { decisions, predict_proba } in serde_json::from_str::<Vec<Case>>(golden).unwrap()
        {
            for (decision, expected) in decisions.iter().zip(&predict_proba) {
                let mut found = Vec::new();
                Link::ModifiedHuber.probabilities(decision, &mut found);
                let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15);
                assert!(near && found.len() == expected.len(), "{decision:?}: {found:?}");
            }
        }
    }

    #[test]
    fn modified_huber_knows_no_more_than_0_and_1() {
        let probabilities = |decision: &[f64]| {
            let mut out = Vec::new();
            Link::ModifiedHuber.probabilities(decision, &mut out);
            out
        };
        assert_eq!(probabilities(&[0.5]), [0.25, 0.75]);
        assert_eq!(probabilities(&[-7.0]), [1.0, 0.0]);
        assert_eq!(probabilities(&[1.0, 0.0, -2.0]), [2.0 / 3.0, 1.0 / 3.0, 0.0]);
        assert_eq!(probabilities(&[-1.0, -1.0, -2.0, -9.0]), [0.25; 4]);
        for (margin, loss, slope) in
            [(2.0, 0.0, 0.0), (0.5, 0.25, -1.0), (-1.0, 4.0, -4.0), (-3.0, 12.0, -4.0)]
        {
            assert_eq!(modified_huber(margin), (loss, slope));
        }
    }

    #[test]
    fn of_equal_classes_the_first_wins() {
        assert_eq!(class_of(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(class_of(&[0.0]), 0);
    }
}
