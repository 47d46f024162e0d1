//! Counts come in, a verdict comes out with what it rests on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::counts::Outcomes;
use super::params::AbParams;
use super::split::Side;

/// What a test says, the first of these that holds, from below.
///
/// ```
/// use ressenti::retrain::ab::Verdict;
///
/// assert_eq!(serde_json::to_string(&Verdict::NotBetter).unwrap(), r#""not_better""#);
/// assert_eq!(Verdict::NotBetter.to_string(), "not better");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is known yet: go on.
    Undecided,
    /// The challenger is no gain that is worth it, or was not found to be one in as many outcomes as there may be: keep the
    /// champion.
    NotBetter,
    /// The challenger is better: promote it.
    Better,
    /// The challenger is worse by more than the margin: stop at once.
    Harm,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Undecided => "undecided",
            Self::NotBetter => "not better",
            Self::Better => "better",
            Self::Harm => "harm",
        })
    }
}

/// What a verdict rests on. It prints as one line, with the p-value of what was refuted.
///
/// ```
/// use ressenti::retrain::ab::{AbParams, AbTest, Outcome};
///
/// let mut test = AbTest::shadow(AbParams::default())?;
/// for i in 0..400 {
///     test.record(Outcome::Both { champion: i % 10 < 8, challenger: i % 20 != 0 })?;
/// }
/// assert_eq!(
///     test.evidence().to_string(),
///     "better after 400 outcomes: 95.0 % right against 80.0 %, +15.0 points (+7.8 to +22.5), p 5.28e-8"
/// );
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// What the test says.
    pub verdict: Verdict,
    /// What was counted.
    pub outcomes: Outcomes,
    /// The challenger's rate of right answers less the champion's; `None` until both have one.
    pub difference: Option<f64>,
    /// Where that difference is in truth: each end is ever on the wrong side of it with probability
    /// [`alpha`](AbParams::alpha) at most. The challenger is [better](Verdict::Better) once all of it is above 0.
    pub interval: (f64, f64),
    /// The p-value of "the challenger is not better", which holds at any moment.
    pub p_value: f64,
    /// The p-value of "the challenger is not worse by more than the margin", which holds at any moment.
    pub harm_p_value: f64,
}

pub(super) fn verdict(params: &AbParams, outcomes: &Outcomes) -> Verdict {
    if outcomes.turned().refute_at_most(params.margin, params.guard_alpha) {
        Verdict::Harm
    } else if outcomes.refute_at_most(0.0, params.alpha) {
        Verdict::Better
    } else if outcomes.n() >= params.max_outcomes
        || outcomes.turned().refute_at_most(-params.worthwhile, params.alpha)
    {
        Verdict::NotBetter
    } else {
        Verdict::Undecided
    }
}

impl Evidence {
    pub(super) fn new(params: &AbParams, outcomes: Outcomes) -> Self {
        let bound = -params.alpha.ln();
        let difference = outcomes.difference();
        let p_value = |log_bet: f64| (-log_bet).exp().min(1.0);
        Self {
            verdict: verdict(params, &outcomes),
            outcomes,
            difference,
            interval: (lower_end(&outcomes, bound), -lower_end(&outcomes.turned(), bound)),
            p_value: p_value(outcomes.against_at_most(0.0)),
            harm_p_value: p_value(outcomes.turned().against_at_most(params.margin)),
        }
    }
}

/// Below which the difference cannot be, by halving: the bet falls as the hypothesis grows.
fn lower_end(outcomes: &Outcomes, bound: f64) -> f64 {
    let (mut low, mut high) = (-1.0, outcomes.difference().unwrap_or(-1.0));
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if middle > -1.0 && outcomes.against_at_most(middle) >= bound {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} outcomes", self.verdict, self.outcomes.n())?;
        let percent = |side| self.outcomes.tally(side).rate().map(|rate| 100.0 * rate);
        if let (Some(challenger), Some(champion), Some(difference)) =
            (percent(Side::Challenger), percent(Side::Champion), self.difference)
        {
            let [difference, low, high] =
                [difference, self.interval.0, self.interval.1].map(|x| 100.0 * x);
            write!(
                f,
                ": {challenger:.1} % right against {champion:.1} %, \
                 {difference:+.1} points ({low:+.1} to {high:+.1})"
            )?;
            match self.verdict {
                Verdict::Undecided | Verdict::Better => write!(f, ", p {:.2e}", self.p_value)?,
                Verdict::Harm => write!(f, ", p {:.2e}", self.harm_p_value)?,
                Verdict::NotBetter => {}
            }
        }
        Ok(())
    }
}
