//! What one row costs, given its decision value: the value, its slope and its curvature.
//!
//! With the margin m = z where the row is of the class, else −z: logistic ln(1 + exp(−m)); squared hinge max(0, 1 − m)²
//! (Chang, Hsieh & Lin, JMLR 2008), whose curvature jumps from 2 to 0 at m = 1. Softmax: see `link`.
//!
//! Losses of many rows are computed side by side, without a branch: a processor takes several at once and waits for none.

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
        let sign = if of_the_class { 1.0 } else { -1.0 };
        match self {
            Self::SquaredHinge => squared_hinge(z, sign),
            Self::Logistic | Self::Softmax => logistic(z, sign),
        }
    }
}

/// So many rows' losses are computed together.
pub(super) const TOGETHER: usize = 32;

/// A number of each of these.
pub(super) type Each = [f64; TOGETHER];

/// The [`Local`] losses of some rows, times what each row costs.
pub(super) struct Locals {
    pub(super) value: Each,
    /// Not multiplied: what is multiplied is its logarithm.
    pub(super) factor: Each,
    pub(super) slope: Each,
    pub(super) curvature: Each,
}

impl Locals {
    /// Of decision values; `sign` is 1 for a row of the class, else −1.
    // Alone, so that nothing around it keeps the loop from being compiled to several rows at a time.
    #[inline(never)]
    pub(super) fn new(
        z: &Each,
        sign: &Each,
        cost: &Each,
        loss: &impl Fn(f64, f64) -> Local,
    ) -> Self {
        let zeros = [0.0; TOGETHER];
        let mut all = Self { value: zeros, factor: zeros, slope: zeros, curvature: zeros };
        for i in 0..TOGETHER {
            let Local { value, factor, slope, curvature } = loss(z[i], sign[i]);
            all.value[i] = cost[i] * value;
            all.factor[i] = factor;
            all.slope[i] = cost[i] * slope;
            all.curvature[i] = cost[i] * curvature;
        }
        all
    }
}

/// e^x for x ≤ 0, to two units in the last place; below −707, where that is 9e-308, it stays as it is there.
///
/// x = k·ln 2 + r with a whole k and |r| ≤ ½·ln 2, so that e^x = 2^k·e^r; and e^r is its series to r¹³/13!, of which 4e-18 are
/// left. The standard library's is a call for each number, and its last digits are another one's on each platform.
#[inline(always)]
fn exp(x: f64) -> f64 {
    /// This and a number of up to 2⁵¹ have a sum whose last bits are the nearest whole number.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts: products of the first, which ends with 21 zero bits, with whole numbers are exact.
    const LN_2: [f64; 2] = [f64::from_bits(0x3fe6_2e42_fee0_0000), 1.908_214_929_270_587_7e-10];
    let x = if x < -707.0 { -707.0 } else { x };
    let whole = x * std::f64::consts::LOG2_E + WHOLE;
    let k = whole - WHOLE;
    let r = x - k * LN_2[0] - k * LN_2[1];
    // Pairs of terms, and pairs of these: fewer steps that wait for the one before (Estrin 1960).
    let term = |n: usize| INVERSE_FACTORIALS[n] + INVERSE_FACTORIALS[n + 1] * r;
    let (r2, r4) = (r * r, r * r * (r * r));
    let four = |n: usize| term(n) + r2 * term(n + 2);
    let series = four(0) + r4 * (four(4) + r4 * (four(8) + r4 * term(12)));
    series * f64::from_bits((whole.to_bits() << 52).wrapping_add(1.0f64.to_bits()))
}

const INVERSE_FACTORIALS: [f64; 14] = {
    let (mut inverses, mut factorial, mut n) = ([1.0; 14], 1.0, 1);
    while n < inverses.len() {
        factorial *= n as f64;
        inverses[n] = 1.0 / factorial;
        n += 1;
    }
    inverses
};

/// All three from one exponential of a number that is not positive, so that nothing overflows. `sign` is 1 for a row of the
/// class, else −1.
#[inline(always)]
pub(super) fn logistic(z: f64, sign: f64) -> Local {
    let size = z.abs();
    let e = exp(-size);
    let inverse = 1.0 / (1.0 + e);
    // The probability of the other side than that of z.
    let small = e * inverse;
    let right = sign * z >= 0.0;
    // 1 + e would lose what is left of a small e: there, the first terms of its logarithm (a fifth would be 2e-16).
    let log = e * (1.0 - e * (0.5 - e * (1.0 / 3.0 - e * 0.25)));
    let (log, factor) = if e < 1e-3 { (log, 1.0) } else { (0.0, 1.0 + e) };
    let value = log + if right { 0.0 } else { size };
    // p − 1 of a row of the class, else p.
    let slope = -sign * if right { small } else { inverse };
    Local { value, factor, slope, curvature: small * inverse }
}

#[inline(always)]
pub(super) fn squared_hinge(z: f64, sign: f64) -> Local {
    let missing = 1.0 - sign * z;
    // Not-a-number must not pass for a row without loss.
    let (missing, curvature) = if missing <= 0.0 { (0.0, 0.0) } else { (missing, 2.0) };
    Local { value: missing * missing, factor: 1.0, slope: -2.0 * sign * missing, curvature }
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
            let Local { value, factor, slope, curvature } = logistic(z, 1.0);
            assert_eq!(factor, 1.0);
            let expected = if z > 0.0 { (-z).exp() } else { -z };
            assert!(
                (value - expected).abs() <= 1e-15 * expected + 1e-307,
                "{z}: {value} {expected}"
            );
            assert!((-1.0..=0.0).contains(&slope) && (0.0..=0.25).contains(&curvature));
        }
        assert!(
            logistic(f64::NAN, 1.0).value.is_nan() && squared_hinge(f64::NAN, 1.0).value.is_nan()
        );
    }

    #[test]
    fn exponentials_are_those_of_the_standard_library() {
        for i in 0..200_000 {
            // Up to 740, small ones, and some around the ends of the series.
            let n = f64::from(i);
            for x in [-n * 3.7e-3, -n * 1e-9, -n * std::f64::consts::LN_2 / 2.0] {
                let expected = x.max(-707.0).exp();
                assert!(
                    (exp(x) - expected).abs() <= 4.5e-16 * expected,
                    "{x}: {} {expected}",
                    exp(x)
                );
            }
        }
        assert_eq!((exp(0.0), exp(-0.0)), (1.0, 1.0));
        assert!((0.0..1e-307).contains(&exp(f64::NEG_INFINITY)));
        for nan in [f64::NAN, -f64::NAN, f64::from_bits(0x7ff8_0000_0000_0fff)] {
            assert!(exp(nan).is_nan());
        }
    }

    #[test]
    fn losses_of_many_rows_are_those_of_each() {
        let of = |f: fn(f64) -> f64| std::array::from_fn(|i| f(i as f64));
        let z = of(|i| (i - 15.5) / 3.0);
        let sign = of(|i| if i % 3.0 == 0.0 { 1.0 } else { -1.0 });
        let cost = of(|i| 0.1 * i);
        for loss in [logistic, squared_hinge] {
            let all = Locals::new(&z, &sign, &cost, &loss);
            for i in 0..TOGETHER {
                let Local { value, factor, slope, curvature } = loss(z[i], sign[i]);
                let expected = [cost[i] * value, factor, cost[i] * slope, cost[i] * curvature];
                assert_eq!([all.value[i], all.factor[i], all.slope[i], all.curvature[i]], expected);
            }
        }
    }
}
