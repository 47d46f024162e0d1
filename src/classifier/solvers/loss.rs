//! What one row costs, given its decision value: the value, its slope and its curvature.
//!
//! With the margin m = z where the row is of the class, else −z: logistic ln(1 + exp(−m)); squared hinge max(0, 1 − m)²
//! (Chang, Hsieh & Lin, JMLR 2008), whose curvature jumps from 2 to 0 at m = 1. Softmax: see `link`.

use std::hint::select_unpredictable;

use super::super::link::softmax_loss;

/// The loss of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Loss {
    /// Of one output.
    Logistic,
    /// Of one output.
    SquaredHinge,
    /// Of as many outputs as there are classes.
    Softmax,
}

/// A loss of one output, and how it changes with the decision value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Local {
    pub(super) value: f64,
    /// The value lacks the logarithm of this, from 1 to 2: that of a product over many rows is one logarithm for all.
    pub(super) factor: f64,
    pub(super) slope: f64,
    pub(super) curvature: f64,
}

impl Local {
    /// With the logarithm.
    pub(super) fn whole_value(self) -> f64 {
        self.value + self.factor.ln()
    }
}

impl Loss {
    pub(super) fn outputs(self, classes: usize) -> usize {
        match self {
            Self::Logistic | Self::SquaredHinge => 1,
            Self::Softmax => classes,
        }
    }

    /// The loss of one output. Softmax has none, and is answered as if it were logistic.
    pub(super) fn local(self, z: f64, of_the_class: bool) -> Local {
        match self {
            Self::SquaredHinge => squared_hinge(z, of_the_class),
            Self::Logistic | Self::Softmax => logistic(z, of_the_class),
        }
    }
}

/// All three from one exponential of a number that is not positive, so that nothing overflows.
#[inline]
pub(super) fn logistic(z: f64, of_the_class: bool) -> Local {
    let e = (-z.abs()).exp();
    let inverse = 1.0 / (1.0 + e);
    // The probability of the other side than that of z.
    let small = e * inverse;
    let right = (z >= 0.0) == of_the_class;
    // 1 + e would lose what is left of a small e: there, the first terms of its logarithm (a fifth would be 2e-16).
    let small_e = e < 1e-3;
    let log = if small_e { e * (1.0 - e * (0.5 - e * (1.0 / 3.0 - e * 0.25))) } else { 0.0 };
    let factor = if small_e { 1.0 } else { 1.0 + e };
    // Nobody can guess the class of a row: no branch.
    let value = log + select_unpredictable(right, 0.0, z.abs());
    // p − 1 of a row of the class, else p.
    let size = select_unpredictable(right, small, inverse);
    let slope = f64::from_bits(size.to_bits() ^ u64::from(of_the_class) << 63);
    Local { value, factor, slope, curvature: small * inverse }
}

#[inline]
pub(super) fn squared_hinge(z: f64, of_the_class: bool) -> Local {
    let sign = if of_the_class { 1.0 } else { -1.0 };
    let missing = 1.0 - sign * z;
    // Not-a-number must not pass for a row without loss.
    if missing <= 0.0 {
        return Local { value: 0.0, factor: 1.0, slope: 0.0, curvature: 0.0 };
    }
    Local { value: missing * missing, factor: 1.0, slope: -2.0 * sign * missing, curvature: 2.0 }
}

/// Turns the decision values of a row into probabilities and returns the loss.
#[inline]
pub(super) fn softmax(decision: &mut [f64], class: usize) -> f64 {
    softmax_loss(decision, class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_and_curvatures_are_those_of_the_values() {
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            for of_the_class in [true, false] {
                for z in [-3.0, -1.2, -0.3, 0.0, 0.4, 0.9, 2.5] {
                    let h = 1e-5;
                    let at = |z| loss.local(z, of_the_class);
                    let (below, here, above) = (at(z - h), at(z), at(z + h));
                    assert!(
                        ((above.whole_value() - below.whole_value()) / (2.0 * h) - here.slope)
                            .abs()
                            < 1e-8
                    );
                    assert!(
                        ((above.slope - below.slope) / (2.0 * h) - here.curvature).abs() < 1e-8
                    );
                }
            }
        }
    }

    #[test]
    fn extremes_stay_finite_and_exact() {
        for z in [-1000.0, -40.0, 40.0, 1000.0] {
            let Local { value, factor, slope, curvature } = logistic(z, true);
            assert_eq!(factor, 1.0);
            let expected = if z > 0.0 { (-z).exp() } else { -z };
            assert!((value - expected).abs() <= 1e-15 * expected, "{z}: {value} {expected}");
            assert!((-1.0..=0.0).contains(&slope) && (0.0..=0.25).contains(&curvature));
        }
        assert!(
            logistic(f64::NAN, true).value.is_nan() && squared_hinge(f64::NAN, true).value.is_nan()
        );
    }
}
