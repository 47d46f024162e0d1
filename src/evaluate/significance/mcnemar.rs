//! The answers of two models to the same rows come in, how likely their difference is by chance comes out. Knows which
//! answers are right, not how sure the models were.
//!
//! Rows that both models get right, or both wrong, say nothing about which is better. Of the *n* others, *b* are right by
//! the first model only; were the models equally good, each would be so with probability ½:
//!
//! ```text
//! exact:        p = 2 · P(B ≤ min(b, n − b)),  B binomial of n draws at ½, at most 1
//! chi-squared:  χ² = max(|b − (n − b)| − 1, 0)² ÷ n,  p = P(X > χ²) = erfc(√(χ² ÷ 2)),  one degree of freedom
//! ```
//!
//! McNemar, *Note on the sampling error of the difference between correlated proportions or percentages*, 1947; the
//! continuity correction (− 1) is Edwards', 1948. `erfc` by its series and its continued fraction: Abramowitz & Stegun,
//! *Handbook of Mathematical Functions*, 7.1.6 and 7.1.14.

use serde::{Deserialize, Serialize};

use super::super::check;
use crate::error::{Result, same_length};

/// Below so many discordant rows chi-squared is too rough an approximation: the customary bound.
const FEW: u64 = 25;

/// How [`mcnemar`] finds its p-value.
///
/// ```
/// use ressenti::evaluate::{McNemarMethod, mcnemar};
///
/// let test = mcnemar(&[0, 0, 1], &[0, 0, 1], &[1, 1, 1], McNemarMethod::Auto)?;
/// assert_eq!(test.method, McNemarMethod::Exact);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum McNemarMethod {
    /// [`Exact`](Self::Exact) for fewer than 25 discordant rows, else [`ChiSquared`](Self::ChiSquared). The default.
    #[default]
    Auto,
    /// The binomial distribution itself, two-sided. Right for any number of rows, and conservative for few.
    Exact,
    /// Chi-squared with one degree of freedom and the continuity correction.
    ChiSquared,
}

/// What McNemar's test says about two models. See [`mcnemar`].
///
/// ```
/// use ressenti::evaluate::{McNemarMethod, mcnemar};
///
/// let truth = [1, 1, 1, 1, 1, 1, 0];
/// let test = mcnemar(&truth, &[1, 1, 1, 1, 1, 1, 1], &[0, 0, 0, 0, 0, 1, 0], McNemarMethod::Exact)?;
/// assert_eq!((test.both, test.only_first, test.only_second, test.neither), (1, 5, 1, 0));
/// assert_eq!(test.p_value, 2.0 * (1.0 + 6.0) / 64.0);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct McNemar {
    /// Rows that both models get right.
    pub both: u64,
    /// Rows that only the first gets right.
    pub only_first: u64,
    /// Rows that only the second gets right.
    pub only_second: u64,
    /// Rows that neither gets right.
    pub neither: u64,
    /// How the p-value was found; never [`Auto`](McNemarMethod::Auto).
    pub method: McNemarMethod,
    /// χ² with the continuity correction; for the exact test the smaller of the two discordant counts.
    pub statistic: f64,
    /// How likely so uneven a split of the discordant rows is if both models are equally accurate; in 0 to 1.
    pub p_value: f64,
}

impl McNemar {
    /// How many rows only one of the models gets right: those that decide.
    #[must_use]
    pub fn discordant(&self) -> u64 {
        self.only_first + self.only_second
    }
}

/// McNemar's test: whether two models differ in accuracy by more than chance, both judged on the same rows.
///
/// All three slices are class indices, one per row. Without a discordant row the p-value is 1: nothing tells the models
/// apart. With as many on either side it is 1 as well; some programs correct such a tie to χ² = 1 ÷ *n* instead.
///
/// ```
/// use ressenti::evaluate::{McNemarMethod, mcnemar};
///
/// let truth = [0, 1, 1, 0, 1, 0];
/// let test = mcnemar(&truth, &truth, &[0, 1, 0, 1, 1, 0], McNemarMethod::Auto)?;
/// assert_eq!((test.only_first, test.only_second, test.p_value), (2, 0, 0.5)); // far too few rows to tell
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`LengthMismatch`](crate::Error::LengthMismatch), [`NoTexts`](crate::Error::NoTexts) if all slices are empty.
pub fn mcnemar(
    truth: &[usize],
    first: &[usize],
    second: &[usize],
    method: McNemarMethod,
) -> Result<McNemar> {
    same_length("true classes", truth.len(), "classes predicted first", first.len())?;
    same_length("true classes", truth.len(), "classes predicted second", second.len())?;
    check::rows(truth.len())?;
    let mut counts = [0_u64; 4];
    for ((truth, first), second) in truth.iter().zip(first).zip(second) {
        counts[2 * usize::from(first == truth) + usize::from(second == truth)] += 1;
    }
    let [neither, only_second, only_first, both] = counts;
    let discordant = only_first + only_second;
    let method = match method {
        McNemarMethod::Auto if discordant < FEW => McNemarMethod::Exact,
        McNemarMethod::Auto => McNemarMethod::ChiSquared,
        chosen => chosen,
    };
    let fewer = only_first.min(only_second);
    let (statistic, p_value) = if method == McNemarMethod::Exact {
        (fewer as f64, (2.0 * binomial_tail(discordant, fewer)).min(1.0))
    } else {
        let uneven = only_first.abs_diff(only_second).saturating_sub(1) as f64;
        let statistic = if discordant == 0 { 0.0 } else { uneven * uneven / discordant as f64 };
        (statistic, erfc((statistic / 2.0).sqrt()))
    };
    Ok(McNemar { both, only_first, only_second, neither, method, statistic, p_value })
}

/// P(B ≤ `most`) of `n` fair coins, `most` being at most half of them.
///
/// The largest term, C(n, most) ÷ 2ⁿ, is multiplied up with the halvings in between, so that it neither overflows nor
/// vanishes on the way; those before it follow by ratios.
fn binomial_tail(n: u64, most: u64) -> f64 {
    let (mut term, mut halvings) = (1.0, n);
    for i in 1..=most {
        term *= (n - most + i) as f64 / i as f64;
        while term >= 1.0 && halvings > 0 {
            term *= 0.5;
            halvings -= 1;
        }
    }
    // 2⁻²⁰⁰⁰ is 0 as good as 2 to any smaller power.
    term *= 0.5_f64.powi(halvings.min(2000) as i32);
    let (mut sum, mut ratio) = (1.0, 1.0);
    for i in (1..=most).rev() {
        ratio *= i as f64 / (n - i + 1) as f64;
        sum += ratio;
        if ratio < sum * f64::EPSILON / 16.0 {
            break;
        }
    }
    term * sum
}

/// 1 − erf(x) for `x` ≥ 0, to about thirteen digits.
fn erfc(x: f64) -> f64 {
    // Both converge everywhere; here the series is short and its 1 − erf loses few digits, beyond it the fraction is short.
    if x < 1.5 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > sum * f64::EPSILON / 4.0 {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        1.0 - std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
    } else {
        // √π·exp(x²)·erfc(x) = 1 ÷ (x + ½ ÷ (x + 1 ÷ (x + 3⁄2 ÷ (x + …)))), from the inside out.
        let fraction = (1..=200).rev().fold(x, |inner, n| x + f64::from(n) / 2.0 / inner);
        (-x * x).exp() / (std::f64::consts::PI.sqrt() * fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of which the first model gets `b` right alone, the second `c`, and five rows more.
    fn test(b: usize, c: usize, method: McNemarMethod) -> McNemar {
        let truth = vec![1; b + c + 5];
        let first: Vec<usize> = (0..b + c + 5).map(|row| usize::from(row < b)).collect();
        let second: Vec<usize> =
            (0..b + c + 5).map(|row| usize::from((b..b + c).contains(&row))).collect();
        mcnemar(&truth, &first, &second, method).unwrap()
    }

    #[test]
    fn the_error_function_is_as_tabulated() {
        let table = [
            (0.0, 1.0),
            (0.1, 0.887_537_083_981_715),
            (0.5, 0.479_500_122_186_953_5),
            (1.0, 0.157_299_207_050_285_13),
            (1.499_999, 0.033_894_972_455_156_88),
            (1.5, 0.033_894_853_524_689_274),
            (2.0, 0.004_677_734_981_047_266),
            (5.0, 1.537_459_794_428_034_7e-12),
            (26.0, 5.663_192_408_856_145e-296),
        ];
        for (x, expected) in table {
            let found = erfc(x);
            assert!((found - expected).abs() <= 1e-13 * expected, "erfc({x}) is {found}");
        }
        assert_eq!(erfc(1e9), 0.0);
    }

    #[test]
    fn tails_are_sums_of_binomial_coefficients() {
        for n in 0..=40_u64 {
            let (mut coefficient, mut sum) = (1_u64, 0_u64);
            for most in 0..=n / 2 {
                sum += coefficient;
                coefficient = coefficient * (n - most) / (most + 1);
                let expected = sum as f64 / (1_u64 << n) as f64;
                let found = binomial_tail(n, most);
                assert!((found - expected).abs() <= 1e-14 * expected, "{most} of {n}: {found}");
            }
        }
    }

    #[test]
    fn tails_too_small_for_a_float_are_zero_and_large_ones_finite() {
        assert_eq!(binomial_tail(1 << 40, 0), 0.0);
        let half = binomial_tail(2_000_000, 1_000_000);
        assert!(half > 0.5 && half < 0.501, "{half}");
    }

    #[test]
    fn few_discordant_rows_are_counted_exactly() {
        assert_eq!(test(20, 4, McNemarMethod::Auto).method, McNemarMethod::Exact);
        assert_eq!(test(20, 5, McNemarMethod::Auto).method, McNemarMethod::ChiSquared);
        assert_eq!(test(20, 4, McNemarMethod::ChiSquared).method, McNemarMethod::ChiSquared);
        assert_eq!(test(200, 4, McNemarMethod::Exact).method, McNemarMethod::Exact);
    }

    #[test]
    fn which_model_comes_first_makes_no_difference() {
        for method in [McNemarMethod::Exact, McNemarMethod::ChiSquared] {
            let (ahead, behind) = (test(30, 12, method), test(12, 30, method));
            assert_eq!((ahead.only_first, ahead.only_second, ahead.neither), (30, 12, 5));
            assert_eq!((behind.only_first, behind.only_second), (12, 30));
            assert_eq!((ahead.p_value, ahead.statistic), (behind.p_value, behind.statistic));
        }
    }

    #[test]
    fn a_tie_is_no_evidence() {
        for method in [McNemarMethod::Auto, McNemarMethod::Exact, McNemarMethod::ChiSquared] {
            for (b, c) in [(0, 0), (3, 3), (40, 40)] {
                let test = test(b, c, method);
                assert_eq!(test.p_value, 1.0, "{b} and {c}");
                assert_eq!(test.discordant(), (b + c) as u64);
            }
        }
    }

    #[test]
    fn answers_that_do_not_fit_are_named() {
        let error = mcnemar(&[0, 1], &[0], &[0, 1], McNemarMethod::Auto).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 2 true classes but 1 classes predicted first; their numbers must be equal"
        );
        let error = mcnemar(&[0, 1], &[0, 1], &[0; 3], McNemarMethod::Auto).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 2 true classes but 3 classes predicted second; their numbers must be equal"
        );
        let error = mcnemar(&[], &[], &[], McNemarMethod::Auto).unwrap_err();
        assert_eq!(error.to_string(), "there are no texts to evaluate; give at least one");
    }
}
