//! Right and wrong answers of two sides come in, how strongly they speak against a difference comes out.
//!
//! Against one side's rate being θ, outcomes of *s* right and *f* wrong answers have the likelihood ratio of a mixture of rates
//! around θ, as Beta(κθ, κ(1 − θ)) has them:
//!
//! ```text
//! M(θ; s, f) = B(κθ + s, κ(1 − θ) + f) ÷ B(κθ, κ(1 − θ)) ÷ (θˢ·(1 − θ)ᶠ)
//! ```
//!
//! If both rates are what they are taken for, M(θ₀)·M(θ₁) is worth 1 in the mean, in whatever order and from whatever shares the
//! sides' outcomes come. The hypothesis δ is all pairs of rates that differ by δ at most, so its bet is the worst for any
//! of them (Wasserman, Ramdas & Balakrishnan, *Universal inference*, PNAS, 2020):
//!
//! ```text
//! E = min over θ₁ − θ₀ ≤ δ of (mean over κ of M(θ₀; champion)·M(θ₁; challenger))
//! ```
//!
//! ln M is a sum of terms ln(κ + i ÷ θ) and ln(κ + j ÷ (1 − θ)) and a constant: convex, and so is the logarithm of a mean of such
//! products. So there is one minimum; where the observed rates are within the hypothesis it is 1 at most, else it is where
//! θ₁ − θ₀ = δ.

use super::counts::Tally;
use super::pairs::log_mean_exp;
use crate::monitor::drift::special::ln_gamma;

/// How far the mixtures reach around θ: as far as the rate of so many outcomes strays. Each is best for one size of difference.
const REACHES: [f64; 4] = [10.0, 100.0, 1_000.0, 10_000.0];

/// Steps of the search for the minimum: each leaves 0.618 of the range, all of them 10⁻¹⁰.
const STEPS: usize = 48;

/// ln E against "the challenger's rate is at most `most` above the champion's"; 0 where nothing speaks against it.
pub(super) fn against_at_most(champion: Tally, challenger: Tally, most: f64) -> f64 {
    let (Some(rate), Some(challenging)) = (champion.rate(), challenger.rate()) else { return 0.0 };
    if challenging - rate <= most {
        return 0.0;
    }
    let at = |theta: f64| log_product(champion, challenger, theta, theta + most);
    let (low, high) = ((-most).max(0.0), (1.0 - most).min(1.0));
    minimum(at, low, high).max(0.0)
}

/// Whether E reaches e to the power of `bound`. The same answer as by [`against_at_most`], mostly without the search: a minimum
/// is at most what is found anywhere, such as where both sides' outcomes together put it.
pub(super) fn reaches(champion: Tally, challenger: Tally, most: f64, bound: f64) -> bool {
    let (n, m) = (champion.n() as f64, challenger.n() as f64);
    let (low, high) = ((-most).max(0.0), (1.0 - most).min(1.0));
    let theta = ((champion.right as f64 + challenger.right as f64 - m * most) / (n + m).max(1.0))
        .clamp(low, high);
    let near = low < theta && theta < high;
    let somewhere = || log_product(champion, challenger, theta, theta + most);
    (!near || somewhere() >= bound) && against_at_most(champion, challenger, most) >= bound
}

fn log_product(champion: Tally, challenger: Tally, champions: f64, challengers: f64) -> f64 {
    log_mean_exp(&REACHES.map(|reach| {
        log_mixture(champion, champions, reach) + log_mixture(challenger, challengers, reach)
    }))
}

/// ln M(θ).
fn log_mixture(tally: Tally, theta: f64, reach: f64) -> f64 {
    // At the very ends a rate is certain, and one outcome that it does not allow would be refuted for good.
    let theta = theta.clamp(1e-12, 1.0 - 1e-12);
    let (right, wrong) = (tally.right as f64, tally.wrong as f64);
    let rising = |x: f64, n: f64| if n > 0.0 { ln_gamma(x + n) - ln_gamma(x) } else { 0.0 };
    rising(reach * theta, right) + rising(reach * (1.0 - theta), wrong)
        - rising(reach, right + wrong)
        - right * theta.ln()
        - wrong * f64::ln_1p(-theta)
}

/// The least value of a convex function between two points, by the golden section.
fn minimum(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let inner = |low: f64, high: f64| (high - golden * (high - low), low + golden * (high - low));
    let (mut a, mut b) = inner(low, high);
    let (mut at_a, mut at_b) = (f(a), f(b));
    for _ in 0..STEPS {
        if at_a < at_b {
            (high, b, at_b) = (b, a, at_a);
            a = inner(low, high).0;
            at_a = f(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = inner(low, high).1;
            at_b = f(b);
        }
    }
    at_a.min(at_b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    fn tally(right: u64, wrong: u64) -> Tally {
        Tally { right, wrong }
    }

    /// ln M by its terms, one outcome after the other.
    fn naive(tally: Tally, theta: f64, reach: f64) -> f64 {
        let mut log = 0.0;
        for i in 0..tally.right {
            let i = i as f64;
            log += ((reach * theta + i) / (reach + i) / theta).ln();
        }
        for j in 0..tally.wrong {
            let (i, j) = (tally.right as f64 + j as f64, j as f64);
            log += ((reach * (1.0 - theta) + j) / (reach + i) / (1.0 - theta)).ln();
        }
        log
    }

    #[test]
    fn a_mixture_is_the_product_of_what_each_outcome_adds() {
        let mut random = SplitMix64::new(3);
        for _ in 0..300 {
            let (right, wrong) = (random.below(200), random.below(200));
            let theta = (1.0 + random.below(999) as f64) / 1_001.0;
            for reach in REACHES {
                let found = log_mixture(tally(right, wrong), theta, reach);
                let expected = naive(tally(right, wrong), theta, reach);
                assert!((found - expected).abs() < 1e-8, "{right} {wrong} {theta} {reach}");
            }
        }
    }

    #[test]
    fn the_minimum_is_that_of_a_fine_grid_over_the_whole_hypothesis() {
        for (champion, challenger, most) in [
            (tally(80, 20), tally(95, 5), 0.0),
            (tally(300, 100), tally(40, 2), 0.05),
            (tally(5, 45), tally(30, 20), -0.1),
            (tally(0, 30), tally(30, 0), 0.0),
        ] {
            let found = against_at_most(champion, challenger, most);
            let mut least = f64::INFINITY;
            for i in 1..400 {
                for j in 1..400 {
                    let (theta, other) = (f64::from(i) / 400.0, f64::from(j) / 400.0);
                    if other - theta <= most + 1e-12 {
                        least = least.min(log_product(champion, challenger, theta, other));
                    }
                }
            }
            assert!(found > 0.0 && found <= least + 1e-9, "{found} {least}");
            assert!(least - found < 0.01, "{found} {least}");
        }
    }

    #[test]
    fn looking_somewhere_first_changes_no_answer() {
        let mut random = SplitMix64::new(5);
        let mut yes = 0;
        for _ in 0..2_000 {
            let mut any = |n| tally(random.below(n), random.below(n));
            let (champion, challenger) = (any(200), any(60));
            let (most, bound) = (random.below(9) as f64 / 10.0 - 0.4, 3.0);
            let expected = against_at_most(champion, challenger, most) >= bound;
            assert_eq!(reaches(champion, challenger, most, bound), expected);
            yes += u32::from(expected);
        }
        assert!((200..1_800).contains(&yes), "{yes}");
    }

    #[test]
    fn the_stake_is_worth_one_at_the_true_rates_whatever_came_before() {
        // The mean over all outcomes of n and m answers, and E is nowhere above the stake at the true rates.
        let choose = |n: u64, k: u64| (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
        let likely = |n: u64, k: u64, rate: f64| {
            choose(n, k) * rate.powi(k as i32) * (1.0 - rate).powi((n - k) as i32)
        };
        for (n, m, rate) in [(12, 5, 0.5), (3, 20, 0.9)] {
            let (mut stake, mut bet) = (0.0, 0.0);
            for i in 0..=n {
                for j in 0..=m {
                    let (champion, challenger) = (tally(i, n - i), tally(j, m - j));
                    let p = likely(n, i, rate) * likely(m, j, rate);
                    stake += p * log_product(champion, challenger, rate, rate).exp();
                    let against = against_at_most(champion, challenger, 0.0);
                    bet += if against > 0.0 { p * against.exp() } else { 0.0 };
                }
            }
            assert!((stake - 1.0).abs() < 1e-9 && bet < 1.0, "{stake} {bet}");
        }
    }
}
