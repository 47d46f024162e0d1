//! Texts that both models answered come in, how strongly they speak against a difference comes out.
//!
//! A text scores *x* = 1 if only the challenger is right, −1 if only the champion is, else 0. Against "the mean of *x* is δ
//! or less" a part *u* of the stake is put on (1 + *x*) ÷ (1 + δ), whose mean then is 1 at most:
//!
//! ```text
//! E = mean over u of Π (1 − u + u·(1 + x) ÷ (1 + δ))
//!   = mean over u of (1 + u)ʷ·(1 − u)ˡ                      for δ = 0: w only the challenger right, l only the champion
//! ```
//!
//! Betting on bounded means: Waudby-Smith & Ramdas, *Estimating means of bounded random variables by betting*, JRSS B,
//! 2024; for δ = 0 it is the sequential form of McNemar's test, a mixture of likelihood ratios of the discordant texts
//! against a fair coin. Each *u* is best for one size of difference (*u* times the share of discordant texts); the mixture
//! costs a factor of its number at most.

/// √2 apart from each other, so that whatever difference there is, one is near.
const PARTS: [f64; 14] = [
    0.9, 0.636, 0.45, 0.3182, 0.225, 0.159, 0.112, 0.0795, 0.0562, 0.0398, 0.0281, 0.0199, 0.0141,
    0.01,
];

/// The logarithm of *E* against "the difference is `most` or less", which is above −1 and at most 1.
pub(super) fn against_at_most(wins: u64, losses: u64, ties: u64, most: f64) -> f64 {
    let [win, tie] = [2.0, 1.0].map(|x| x / (1.0 + most) - 1.0);
    let of = |u: &f64| {
        let term = |n: u64, x: f64| n as f64 * f64::ln_1p(u * x);
        term(wins, win) + term(ties, tie) + term(losses, -1.0)
    };
    log_mean_exp(&PARTS.map(|u| of(&u)))
}

/// ln of the mean of eˣ.
pub(super) fn log_mean_exp(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        return most;
    }
    most + (logs.iter().map(|log| (log - most).exp()).sum::<f64>() / logs.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bet as it is told: one text after the other.
    fn naive(scores: &[f64], most: f64) -> f64 {
        let stakes = PARTS.map(|u| {
            scores.iter().fold(1.0, |stake, x| stake * (1.0 - u + u * (1.0 + x) / (1.0 + most)))
        });
        stakes.iter().sum::<f64>() / PARTS.len() as f64
    }

    #[test]
    fn counts_give_what_betting_text_by_text_gives() {
        let mut random = crate::random::SplitMix64::new(7);
        for _ in 0..200 {
            let scores: Vec<f64> =
                (0..random.below(60)).map(|_| random.below(3) as f64 - 1.0).collect();
            let count = |x: f64| scores.iter().filter(|&&score| score == x).count() as u64;
            let most = random.below(1_999) as f64 / 1_000.0 - 0.999;
            let found = against_at_most(count(1.0), count(-1.0), count(0.0), most);
            let expected = naive(&scores, most).ln();
            assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{found} {expected}");
        }
    }

    /// The mean of the stake after all ways that `n` texts can turn out, each as likely as it is.
    fn mean_stake(n: u64, [win, loss]: [f64; 2], most: f64) -> f64 {
        let choose = |n: u64, k: u64| (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
        let mut mean = 0.0;
        for wins in 0..=n {
            for losses in 0..=n - wins {
                let ways = choose(n, wins) * choose(n - wins, losses);
                let ties = n - wins - losses;
                let likely = win.powi(wins as i32)
                    * loss.powi(losses as i32)
                    * (1.0 - win - loss).powi(ties as i32);
                mean += ways * likely * against_at_most(wins, losses, ties, most).exp();
            }
        }
        mean
    }

    #[test]
    fn the_stake_is_worth_one_where_the_hypothesis_only_just_holds_and_less_within_it() {
        for n in [1, 5, 30] {
            for (win, loss) in [(0.1, 0.1), (0.3, 0.1), (0.05, 0.4)] {
                let mean = mean_stake(n, [win, loss], win - loss);
                assert!((mean - 1.0).abs() < 1e-9, "{n} {win} {loss}: {mean}");
                assert!(mean_stake(n, [win, loss], win - loss + 0.05) < 1.0);
                assert!(mean_stake(n, [win, loss], win - loss - 0.05) > 1.0);
            }
        }
    }

    /// How likely it is that E ever reaches 1 ÷ α within `n` discordant texts that are fair coins, by going through all of them.
    fn ever(alpha: f64, n: usize) -> f64 {
        let mut likely = vec![1.0];
        let mut rejected = 0.0;
        for step in 1..=n {
            let mut next = vec![0.0; step + 1];
            for (wins, p) in likely.iter().enumerate() {
                next[wins] += p / 2.0;
                next[wins + 1] += p / 2.0;
            }
            for (wins, p) in next.iter_mut().enumerate() {
                let log = against_at_most(wins as u64, (step - wins) as u64, 0, 0.0);
                if *p > 0.0 && log >= -alpha.ln() {
                    rejected += std::mem::take(p);
                }
            }
            likely = next;
        }
        rejected
    }

    #[test]
    fn a_fair_coin_is_ever_taken_for_another_with_less_than_alpha_exactly() {
        for alpha in [0.2, 0.05, 0.01] {
            let found = ever(alpha, 500);
            assert!(found <= alpha && found > alpha / 4.0, "{alpha}: {found}");
        }
    }
}
