//! Two samples as counts come in, how far they are apart, and how likely that is by chance, come out. What was counted is
//! not known here.
//!
//! With aᵢ of n and bᵢ of m in bin i, pᵢ = aᵢ ÷ n, qᵢ = bᵢ ÷ m and rᵢ = (pᵢ + qᵢ) ÷ 2:
//!
//! ```text
//! PSI              Σ (qᵢ − pᵢ) · ln(qᵢ ÷ pᵢ), with half a text more in each bin, so that none is empty
//! Jensen–Shannon   √(½ Σ pᵢ ln(pᵢ ÷ rᵢ) + ½ Σ qᵢ ln(qᵢ ÷ rᵢ))
//! χ²               Σ (observed − expected)² ÷ expected of the table of two rows; bins − 1 degrees of freedom
//! Kolmogorov       D = max |Pᵢ − Qᵢ| of the cumulated shares;  P(D > d) ≈ P(K > d · √(n·m ÷ (n + m)))
//! ```
//!
//! The third and the fourth are `scipy.stats.chi2_contingency` without Yates' correction and `ks_2samp` of the bins with the
//! distribution `kstwobign`; the second is `scipy.spatial.distance.jensenshannon`. Bins are ties to Kolmogorov's test, which
//! makes it cautious. PSI has no place in SciPy; of two samples of the same distribution it is about
//! (1 ÷ n + 1 ÷ m) · χ² (Yurdakul, *Statistical Properties of the Population Stability Index*, 2018).

use super::special::{chi_square_above, chi_square_tail, kolmogorov_tail};

/// A statistic and the probability of one as large by chance.
///
/// ```
/// use ressenti::monitor::drift::chi_square;
///
/// let test = chi_square(&[10, 20], &[20, 10]);
/// assert!((test.statistic - 20.0 / 3.0).abs() < 1e-9 && (test.p_value - 0.009_823).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TestResult {
    /// χ², or the largest distance D.
    pub statistic: f64,
    /// How likely one as large is if both samples are of the same distribution; 1 where there is nothing to compare.
    pub p_value: f64,
}

/// Pairs of counts, as many as the longer slice has; what is missing is 0.
fn pairs(a: &[u64], b: &[u64]) -> impl Iterator<Item = (f64, f64)> {
    let at = |counts: &[u64], i: usize| counts.get(i).copied().unwrap_or(0) as f64;
    (0..a.len().max(b.len())).map(move |i| (at(a, i), at(b, i)))
}

fn sums(a: &[u64], b: &[u64]) -> (f64, f64) {
    pairs(a, b).fold((0.0, 0.0), |(n, m), (x, y)| (n + x, m + y))
}

/// The population stability index of two samples in the same bins; 0 if one is empty. Customarily 0.1 is a small shift, 0.25
/// a large one, for ten bins and samples large enough: compare [`psi_by_chance`].
///
/// ```
/// use ressenti::monitor::drift::psi;
///
/// assert_eq!(psi(&[500, 500], &[500, 500]), 0.0);
/// assert!((psi(&[500, 500], &[700, 300]) - 0.169).abs() < 0.001);
/// ```
#[must_use]
pub fn psi(reference: &[u64], current: &[u64]) -> f64 {
    let (n, m) = sums(reference, current);
    if n == 0.0 || m == 0.0 {
        return 0.0;
    }
    let bins = reference.len().max(current.len()) as f64;
    let share = |x: f64, n: f64| (x + 0.5) / (n + 0.5 * bins);
    pairs(reference, current)
        .map(|(a, b)| (share(a, n), share(b, m)))
        .map(|(p, q)| (q - p) * (q / p).ln())
        .sum()
}

/// What [`psi`] of two samples of these sizes is above with probability `alpha` only, if nothing changed.
///
/// ```
/// use ressenti::monitor::drift::psi_by_chance;
///
/// assert!(psi_by_chance(100, 100, 10, 0.01) > 0.4); // a hundred texts tell little
/// assert!(psi_by_chance(10_000, 10_000, 10, 0.01) < 0.005);
/// ```
#[must_use]
pub fn psi_by_chance(reference: u64, current: u64, bins: usize, alpha: f64) -> f64 {
    let spread = 1.0 / reference.max(1) as f64 + 1.0 / current.max(1) as f64;
    spread * chi_square_above(alpha, bins.saturating_sub(1))
}

/// The Jensen–Shannon distance of two samples in the same bins, in natural units: 0 if their shares are the same, √(ln 2) =
/// 0.83 if no bin has both. 0 if one is empty.
///
/// ```
/// use ressenti::monitor::drift::jensen_shannon;
///
/// assert_eq!(jensen_shannon(&[1, 0], &[0, 5]), std::f64::consts::LN_2.sqrt());
/// ```
#[must_use]
pub fn jensen_shannon(reference: &[u64], current: &[u64]) -> f64 {
    let (n, m) = sums(reference, current);
    if n == 0.0 || m == 0.0 {
        return 0.0;
    }
    let part = |p: f64, r: f64| if p > 0.0 { p * (p / r).ln() } else { 0.0 };
    let divergence: f64 = pairs(reference, current)
        .map(|(a, b)| (a / n, b / m))
        .map(|(p, q)| (p, q, f64::midpoint(p, q)))
        .map(|(p, q, r)| f64::midpoint(part(p, r), part(q, r)))
        .sum();
    divergence.max(0.0).sqrt()
}

/// The χ² test of whether two samples in the same bins are of one distribution. Bins that are empty in both do not count.
#[must_use]
pub fn chi_square(reference: &[u64], current: &[u64]) -> TestResult {
    let (n, m) = sums(reference, current);
    if n == 0.0 || m == 0.0 {
        return TestResult { statistic: 0.0, p_value: 1.0 };
    }
    let (mut statistic, mut bins) = (0.0, 0usize);
    for (a, b) in pairs(reference, current).filter(|(a, b)| a + b > 0.0) {
        let (of_a, of_b) = ((a + b) * n / (n + m), (a + b) * m / (n + m));
        statistic += (a - of_a).powi(2) / of_a + (b - of_b).powi(2) / of_b;
        bins += 1;
    }
    TestResult { statistic, p_value: chi_square_tail(statistic, bins.saturating_sub(1)) }
}

/// The two-sample Kolmogorov–Smirnov test of counts in bins that have an order.
///
/// ```
/// use ressenti::monitor::drift::kolmogorov_smirnov;
///
/// let test = kolmogorov_smirnov(&[50, 50, 0], &[50, 0, 50]);
/// assert!(test.statistic == 0.5 && test.p_value < 1e-10);
/// ```
#[must_use]
pub fn kolmogorov_smirnov(reference: &[u64], current: &[u64]) -> TestResult {
    let (n, m) = sums(reference, current);
    if n == 0.0 || m == 0.0 {
        return TestResult { statistic: 0.0, p_value: 1.0 };
    }
    let (mut statistic, mut a, mut b) = (0.0f64, 0.0, 0.0);
    for (x, y) in pairs(reference, current) {
        (a, b) = (a + x, b + y);
        statistic = statistic.max((a / n - b / m).abs());
    }
    TestResult { statistic, p_value: kolmogorov_tail(statistic * (n * m / (n + m)).sqrt()) }
}

/// Probabilities of many tests, so that the chance of any false one is no greater than what each is compared with: Holm, *A
/// Simple Sequentially Rejective Multiple Test Procedure*, 1979.
///
/// ```
/// use ressenti::monitor::drift::holm;
///
/// assert_eq!(holm(&[0.01, 0.04, 0.02]), [0.03, 0.04, 0.04]);
/// ```
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let (mut adjusted, mut largest) = (vec![1.0; p_values.len()], 0.0f64);
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max((p_values[i] * (p_values.len() - rank) as f64).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}

/// Probabilities of many tests, so that of those that are found no greater share is false than what each is compared with:
/// Benjamini & Hochberg, *Controlling the False Discovery Rate*, 1995; `scipy.stats.false_discovery_control`.
///
/// ```
/// use ressenti::monitor::drift::benjamini_hochberg;
///
/// assert_eq!(benjamini_hochberg(&[0.01, 0.5, 0.02, 0.02]), [0.08 / 3.0, 0.5, 0.08 / 3.0, 0.08 / 3.0]);
/// ```
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let (mut adjusted, mut least) = (vec![1.0; p_values.len()], 1.0f64);
    for (rank, &i) in order.iter().enumerate().rev() {
        least = least.min(p_values[i] * p_values.len() as f64 / (rank + 1) as f64);
        adjusted[i] = least;
    }
    adjusted
}

/// Their sum, as far as it can be counted: what comes from elsewhere may be any numbers.
pub(super) fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, &n| sum.saturating_add(n))
}

/// Bins with an order, put together so that each has a tenth of one of the two: what PSI is usually of, but that what is new
/// has a place too.
pub(super) fn tenths(reference: &[u64], current: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let totals = (total(reference), total(current));
    let enough = |n: u64, total: u64| total > 0 && n >= total.div_ceil(10);
    let sum = |a: (u64, u64), b: (u64, u64)| (a.0.saturating_add(b.0), a.1.saturating_add(b.1));
    let (mut groups, mut open) = ((Vec::new(), Vec::new()), (0, 0));
    let at = |counts: &[u64], i: usize| counts.get(i).copied().unwrap_or(0);
    for i in 0..reference.len().max(current.len()) {
        open = sum(open, (at(reference, i), at(current, i)));
        if enough(open.0, totals.0) || enough(open.1, totals.1) {
            groups.0.push(open.0);
            groups.1.push(open.1);
            open = (0, 0);
        }
    }
    // What is left is less than a tenth of either, and goes with the last.
    match (groups.0.last_mut(), groups.1.last_mut()) {
        (Some(a), Some(b)) => (*a, *b) = sum((*a, *b), open),
        _ => groups = (vec![open.0], vec![open.1]),
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_hold_everything_and_no_less_than_a_tenth_of_one() {
        let reference: Vec<u64> = (0..50).collect();
        let current = vec![1; 60];
        let (a, b) = tenths(&reference, &current);
        assert_eq!((a.iter().sum::<u64>(), b.iter().sum::<u64>()), (1_225, 60));
        assert!(a.len() <= 20, "{a:?}");
        assert!(a.iter().zip(&b).all(|(&a, &b)| a * 10 >= 1_225 || b * 10 >= 60), "{a:?} {b:?}");
        assert_eq!(tenths(&[], &[3, 4]), (vec![0, 0], vec![3, 4]));
        assert_eq!(tenths(&[u64::MAX, 9], &[1 << 62]).0, [u64::MAX]);
        // All were in one bin, and now a third is in another.
        assert_eq!(tenths(&[99, 1, 0], &[60, 5, 35]), (vec![99, 1], vec![60, 40]));
    }

    #[test]
    fn nothing_to_compare_is_no_difference() {
        for (a, b) in [(&[][..], &[][..]), (&[0, 0], &[1, 2]), (&[3], &[])] {
            assert_eq!((psi(a, b), jensen_shannon(a, b)), (0.0, 0.0));
            assert_eq!((chi_square(a, b).p_value, kolmogorov_smirnov(a, b).p_value), (1.0, 1.0));
        }
    }
}
