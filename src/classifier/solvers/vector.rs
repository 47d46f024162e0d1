//! Sums over long vectors: four at a time, as a single sum would wait for itself.

/// Σ aᵢ·bᵢ.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    fold(a, b, |a, b| a * b)
}

/// ‖a‖².
pub(super) fn squared(a: &[f64]) -> f64 {
    dot(a, a)
}

/// max |aᵢ|; not a number if one of them is none.
pub(super) fn largest(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |max: f64, x| if x.abs() <= max { max } else { x.abs() })
}

/// Each number times its factor.
pub(super) fn scaled(numbers: &[f64], factors: &[f64]) -> Vec<f64> {
    numbers.iter().zip(factors).map(|(n, f)| n * f).collect()
}

/// Σ f(aᵢ, bᵢ), in an order that depends on the length alone.
#[inline]
pub(super) fn fold(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a4.iter().zip(b4) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += f(a, b);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(&a, &b)| f(a, b)).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_out() {
        for n in 0..10 {
            let a: Vec<f64> = (0..n).map(f64::from).collect();
            assert_eq!(squared(&a), a.iter().map(|x| x * x).sum::<f64>());
            assert_eq!(largest(&a), f64::from((n - 1).max(0)));
        }
        assert!(largest(&[1.0, f64::NAN, 2.0]).is_nan() || largest(&[1.0, f64::NAN]).is_nan());
    }
}
