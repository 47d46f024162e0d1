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
}

impl Link {
    pub(super) fn outputs(self, classes: usize) -> usize {
        match self {
            Self::Logistic => 1,
            Self::Softmax | Self::OneVsRest => classes,
        }
    }

    /// Appends one probability per class.
    pub(super) fn probabilities(self, decision: &[f64], out: &mut Vec<f64>) {
        match self {
            Self::Logistic => out.extend([sigmoid(-decision[0]), sigmoid(decision[0])]),
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
        }
    }

    /// The class with the highest decision value; of equal ones the first.
    pub(super) fn class(self, decision: &[f64]) -> usize {
        match self {
            Self::Logistic => usize::from(decision[0] > 0.0),
            Self::Softmax | Self::OneVsRest => {
                let highest =
                    |best, (i, z): (usize, &f64)| if *z > decision[best] { i } else { best };
                decision.iter().enumerate().fold(0, highest)
            }
        }
    }

    /// Turns decision values into the probabilities of the outputs and returns the loss of the true class.
    pub(super) fn loss(self, decision: &mut [f64], class: usize) -> f64 {
        match self {
            Self::Logistic => {
                let z = decision[0];
                decision[0] = sigmoid(z);
                softplus(if class == 1 { -z } else { z })
            }
            Self::Softmax => {
                let z = decision[class];
                let (top, ln_sum) = softmax(decision);
                ln_sum - (z - top)
            }
            Self::OneVsRest => {
                let mut loss = 0.0;
                for (output, z) in decision.iter_mut().enumerate() {
                    loss += softplus(if output == class { -*z } else { *z });
                    *z = sigmoid(*z);
                }
                loss
            }
        }
    }
}

/// 1 / (1 + exp(−z)).
fn sigmoid(z: f64) -> f64 {
    // exp never overflows when its argument is not positive.
    let e = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
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
            let mut decision = [z];
            let loss = Link::Logistic.loss(&mut decision, 1);
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
        let loss = Link::Softmax.loss(&mut decision, 0);
        assert_eq!((loss, decision), (2.0f64.ln(), [0.5, 0.5]), "its own maximum is 0");
        let mut decision = [1000.0, -1000.0, 1000.0];
        assert_eq!(Link::Softmax.loss(&mut decision, 2), 2.0f64.ln());
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
    fn of_equal_classes_the_first_wins() {
        assert_eq!(Link::Softmax.class(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(Link::Logistic.class(&[0.0]), 0);
    }
}
