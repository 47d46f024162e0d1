//! Decision values and the truth in, a curve from decision values to probabilities out: Platt's sigmoid and temperature.
//! Each has a convex objective, whose optimum is found to the last digits.

use super::link::{Link, sigmoid};

/// p = 1 / (1 + exp(−(slope · z + offset))).
pub(super) type Sigmoid = (f64, f64);

/// Platt, *Probabilistic Outputs for Support Vector Machines*, 1999, by Newton's method as in Lin, Lin & Weng, *Machine
/// Learning* 68, 2007: least cross entropy against (N₊ + 1) / (N₊ + 2) for positive rows and 1 / (N₋ + 2) for others, which
/// keeps separable values from certainty.
pub(super) fn platt(decisions: &[f64], positive: &[bool], weights: &[f64]) -> Sigmoid {
    let mass = |of: bool| -> f64 {
        let rows = positive.iter().zip(weights).filter(|row| *row.0 == of);
        rows.map(|row| row.1).sum()
    };
    let (with, without) = (mass(true), mass(false));
    let target = |positive: bool| {
        if positive { (with + 1.0) / (with + 2.0) } else { 1.0 / (without + 2.0) }
    };
    // Values of a size near 1 keep the two derivatives alike.
    let size = decisions.iter().fold(0.0, |size: f64, z| size.max(z.abs()));
    let size = if size > 0.0 { size } else { 1.0 };
    let rows = || {
        decisions.iter().zip(positive).zip(weights).map(|((z, y), w)| (z / size, target(*y), *w))
    };
    let loss = |(a, b): Sigmoid| -> f64 {
        let of = |(z, t, w): (f64, f64, f64)| {
            let f: f64 = a * z + b;
            // −t·ln p − (1 − t)·ln(1 − p)
            w * (f.max(0.0) - t * f + (-f.abs()).exp().ln_1p())
        };
        rows().map(of).sum()
    };
    let mut at = (0.0, ((with + 1.0) / (without + 1.0)).ln());
    let mut value = loss(at);
    for _ in 0..100 {
        let (mut ga, mut gb) = (0.0, 0.0);
        let (mut haa, mut hab, mut hbb) = (1e-12, 0.0, 1e-12);
        for (z, t, w) in rows() {
            let p = sigmoid(at.0 * z + at.1);
            let (d, h) = (w * (p - t), w * p * (1.0 - p));
            ga += d * z;
            gb += d;
            haa += h * z * z;
            hab += h * z;
            hbb += h;
        }
        let determinant = haa * hbb - hab * hab;
        let step = ((hab * gb - hbb * ga) / determinant, (hab * ga - haa * gb) / determinant);
        let slope = ga * step.0 + gb * step.1;
        let mut length = 1.0;
        let next = loop {
            let next = (at.0 + length * step.0, at.1 + length * step.1);
            let reached = loss(next);
            if reached < value + 1e-4 * length * slope {
                break Some((next, reached));
            }
            length /= 2.0;
            if length < 1e-10 {
                break None;
            }
        };
        let Some((next, reached)) = next else {
            // Falls by less than rounding: a last full step if it is a tiny one.
            if step.0.abs() + step.1.abs() < 1e-6 {
                at = (at.0 + step.0, at.1 + step.1);
            }
            break;
        };
        (at, value) = (next, reached);
    }
    (at.0 / size, at.1)
}

/// The factor of decision values with the least cross entropy, within exp(±10): Guo et al., *On Calibration of Modern
/// Neural Networks*, ICML 2017; the inverse of the temperature. `decisions` has one number or more per row.
pub(super) fn inverse_temperature(
    decisions: &[f64],
    outputs: usize,
    truth: &[usize],
    weights: &[f64],
) -> f64 {
    // The slope of the cross entropy, which rises with the factor, and how fast it does.
    let derivatives = |factor: f64| {
        let (mut slope, mut curvature) = (0.0, 0.0);
        let (mut scaled, mut p) = (Vec::new(), Vec::new());
        for ((z, &truth), w) in decisions.chunks_exact(outputs).zip(truth).zip(weights) {
            scaled.clear();
            p.clear();
            if let [z] = *z {
                scaled.extend([0.0, factor * z]);
            } else {
                scaled.extend(z.iter().map(|z| factor * z));
            }
            Link::Softmax.probabilities(&scaled, &mut p);
            let values = || if outputs == 1 { [0.0].iter().chain(z) } else { [].iter().chain(z) };
            let mean: f64 = values().zip(&p).map(|(z, p)| p * z).sum();
            let true_value = values().nth(truth).copied().unwrap_or(0.0);
            let spread: f64 = values().zip(&p).map(|(z, p)| p * (z - mean) * (z - mean)).sum();
            slope += w * (mean - true_value);
            curvature += w * spread;
        }
        (slope, curvature)
    };
    let (mut low, mut high) = ((-10.0f64).exp(), 10.0f64.exp());
    if derivatives(low).0 >= 0.0 {
        return low;
    }
    if derivatives(high).0 <= 0.0 {
        return high;
    }
    let mut factor = 1.0;
    for _ in 0..200 {
        let (slope, curvature) = derivatives(factor);
        if slope > 0.0 {
            high = factor;
        } else {
            low = factor;
        }
        let step = slope / curvature;
        let next = factor - step;
        if step.abs() <= 1e-13 * factor {
            break;
        }
        // Geometric, as factors of all sizes are as likely.
        let inside = next > low && next < high;
        factor = if inside { next } else { (low * high).sqrt() };
        if high - low <= 1e-15 * high {
            break;
        }
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separable_values_are_not_taken_for_certain() {
        let (a, b) = platt(&[-2.0, -1.0, 1.0, 2.0], &[false, false, true, true], &[1.0; 4]);
        let p = |z: f64| sigmoid(a * z + b);
        assert!((p(2.0) + p(-2.0) - 1.0).abs() < 1e-12);
        assert!(p(2.0) > 0.7 && p(2.0) < 0.9, "{}", p(2.0));
    }

    #[test]
    fn values_that_tell_nothing_give_the_share() {
        for z in [0.0, 5.0] {
            let (a, b) = platt(&[z; 4], &[false, true, true, true], &[1.0; 4]);
            let expected = (3.0 * 4.0 / 5.0 + 1.0 / 3.0) / 4.0; // the mean of the targets
            assert!((sigmoid(a * z + b) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn huge_values_are_no_trouble() {
        let (a, b) = platt(&[-1e200, 1e200, 1e190], &[false, true, true], &[1.0; 3]);
        assert!(a.is_finite() && b.is_finite() && a > 0.0);
        let factor = inverse_temperature(&[-1e200, 1e200, 1e190], 1, &[0, 1, 1], &[1.0; 3]);
        assert!(factor.is_finite());
    }

    #[test]
    fn a_temperature_undoes_a_factor() {
        // Truth drawn as the values say: of 100 rows with z = ln 3, 75 are positive.
        let z = 3.0f64.ln();
        for factor in [0.01, 1.0, 7.0] {
            let decisions = [factor * z, factor * z];
            let found = inverse_temperature(&decisions, 1, &[0, 1], &[25.0, 75.0]);
            assert!((found * factor - 1.0).abs() < 1e-12);
        }
        assert_eq!(inverse_temperature(&[1.0, -1.0], 1, &[0, 1], &[1.0; 2]), (-10.0f64).exp());
        assert_eq!(inverse_temperature(&[-1.0, 1.0], 1, &[0, 1], &[1.0; 2]), 10.0f64.exp());
    }
}
