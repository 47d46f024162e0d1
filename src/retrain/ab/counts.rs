//! Outcomes come in, counts come out, and with them how strongly they speak against a difference. What follows from that is
//! not known here.

use serde::{Deserialize, Serialize};

use super::split::Side;
use super::{pairs, two_samples};
use crate::error::{Error, Result};
use crate::histogram::MOST_COUNTED;

/// What turned out of one answered text. Plain data: it can go into a queue or a log before it is counted.
///
/// ```
/// use ressenti::retrain::ab::{Outcome, Side};
///
/// let outcome = Outcome::One { side: Side::Challenger, right: true };
/// assert_eq!(serde_json::to_string(&outcome).unwrap(), r#"{"one":{"side":"challenger","right":true}}"#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Outcome {
    /// One side answered.
    One {
        /// Which.
        side: Side,
        /// Whether it was right.
        right: bool,
    },
    /// Both sides answered the same text.
    Both {
        /// Whether the champion was right.
        champion: bool,
        /// Whether the challenger was right.
        challenger: bool,
    },
}

/// Answers that were right, and answers that were wrong.
///
/// ```
/// use ressenti::retrain::ab::Tally;
///
/// assert_eq!(Tally { right: 3, wrong: 1 }.rate(), Some(0.75));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Right answers.
    pub right: u64,
    /// Wrong answers.
    pub wrong: u64,
}

impl Tally {
    /// All answers.
    #[must_use]
    pub fn n(self) -> u64 {
        self.right.saturating_add(self.wrong)
    }

    /// The share that was right; `None` of none.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        (self.n() > 0).then(|| self.right as f64 / self.n() as f64)
    }
}

/// All outcomes of a test, counted.
///
/// ```
/// use ressenti::retrain::ab::{Outcomes, Side};
///
/// let outcomes = Outcomes::Both { both_right: 80, only_champion: 3, only_challenger: 12, both_wrong: 5 };
/// assert_eq!(outcomes.n(), 100);
/// assert_eq!(outcomes.tally(Side::Champion).rate(), Some(0.83));
/// assert!((outcomes.difference().unwrap() - 0.09).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Outcomes {
    /// Each text was answered by one side.
    One {
        /// The champion's answers.
        champion: Tally,
        /// The challenger's answers.
        challenger: Tally,
    },
    /// Each text was answered by both.
    Both {
        /// Texts that both got right.
        both_right: u64,
        /// Texts that only the champion got right.
        only_champion: u64,
        /// Texts that only the challenger got right.
        only_challenger: u64,
        /// Texts that neither got right.
        both_wrong: u64,
    },
}

impl Outcomes {
    pub(super) const NONE_OF_ONE: Self = Self::One {
        champion: Tally { right: 0, wrong: 0 },
        challenger: Tally { right: 0, wrong: 0 },
    };
    pub(super) const NONE_OF_BOTH: Self =
        Self::Both { both_right: 0, only_champion: 0, only_challenger: 0, both_wrong: 0 };

    /// How many there are; a text that both answered is one.
    #[must_use]
    pub fn n(&self) -> u64 {
        match *self {
            Self::One { champion, challenger } => champion.n().saturating_add(challenger.n()),
            Self::Both { .. } => self.tally(Side::Champion).n(),
        }
    }

    /// How often a side was right and wrong.
    #[must_use]
    pub fn tally(&self, side: Side) -> Tally {
        match (*self, side) {
            (Self::One { champion, .. }, Side::Champion) => champion,
            (Self::One { challenger, .. }, Side::Challenger) => challenger,
            (Self::Both { both_right, only_champion, only_challenger, both_wrong }, side) => {
                let (own, other) = match side {
                    Side::Champion => (only_champion, only_challenger),
                    Side::Challenger => (only_challenger, only_champion),
                };
                let sum = u64::saturating_add;
                Tally { right: sum(both_right, own), wrong: sum(both_wrong, other) }
            }
        }
    }

    /// The challenger's rate of right answers less the champion's; `None` until both have one.
    #[must_use]
    pub fn difference(&self) -> Option<f64> {
        Some(self.tally(Side::Challenger).rate()? - self.tally(Side::Champion).rate()?)
    }

    /// Errors: [`Error::InvalidValues`] for an outcome of the other kind.
    pub(super) fn add(&mut self, outcome: Outcome) -> Result<()> {
        let count = match (self, outcome) {
            (Self::One { champion, challenger }, Outcome::One { side, right }) => {
                let tally = if side == Side::Champion { champion } else { challenger };
                if right { &mut tally.right } else { &mut tally.wrong }
            }
            (
                Self::Both { both_right, only_champion, only_challenger, both_wrong },
                Outcome::Both { champion, challenger },
            ) => match (champion, challenger) {
                (true, true) => both_right,
                (true, false) => only_champion,
                (false, true) => only_challenger,
                (false, false) => both_wrong,
            },
            (Self::One { .. }, Outcome::Both { .. }) => {
                return Err(refused("both sides' answer to a text", "one"));
            }
            (Self::Both { .. }, Outcome::One { .. }) => {
                return Err(refused("one side's answer", "both"));
            }
        };
        *count = count.saturating_add(1);
        Ok(())
    }

    /// Errors: [`Error::InvalidValues`] for outcomes of the other kind.
    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        let sum = |own: &mut u64, theirs: u64| *own = own.saturating_add(theirs);
        match (self, *other) {
            (
                Self::One { champion, challenger },
                Self::One { champion: their_champion, challenger: their_challenger },
            ) => {
                sum(&mut champion.right, their_champion.right);
                sum(&mut champion.wrong, their_champion.wrong);
                sum(&mut challenger.right, their_challenger.right);
                sum(&mut challenger.wrong, their_challenger.wrong);
            }
            (
                Self::Both { both_right, only_champion, only_challenger, both_wrong },
                Self::Both { both_right: a, only_champion: b, only_challenger: c, both_wrong: d },
            ) => {
                sum(both_right, a);
                sum(only_champion, b);
                sum(only_challenger, c);
                sum(both_wrong, d);
            }
            (Self::One { .. }, Self::Both { .. }) => {
                return Err(refused("both sides' answers", "one"));
            }
            (Self::Both { .. }, Self::One { .. }) => {
                return Err(refused("one side's answers", "both"));
            }
        }
        Ok(())
    }

    /// Errors: [`Error::InvalidValues`] for more than can have been counted.
    pub(super) fn validate(&self) -> Result<()> {
        if self.n() > MOST_COUNTED {
            let problem = format!("{} were not counted by anybody", self.n());
            return Err(Error::InvalidValues { what: "outcomes", problem });
        }
        Ok(())
    }

    /// The logarithm of a bet against "the difference is at most `most`": 0 or less where nothing speaks against it.
    pub(super) fn against_at_most(&self, most: f64) -> f64 {
        match *self {
            Self::One { champion, challenger } => {
                two_samples::against_at_most(champion, challenger, most)
            }
            Self::Both { both_right, only_champion, only_challenger, both_wrong } => {
                let ties = both_right.saturating_add(both_wrong);
                pairs::against_at_most(only_challenger, only_champion, ties, most)
            }
        }
    }

    /// The sides changed for each other: "the difference is at least x" is "that of the turned ones is at most −x".
    pub(super) fn turned(&self) -> Self {
        match *self {
            Self::One { champion, challenger } => {
                Self::One { champion: challenger, challenger: champion }
            }
            Self::Both { both_right, only_champion, only_challenger, both_wrong } => Self::Both {
                both_right,
                only_champion: only_challenger,
                only_challenger: only_champion,
                both_wrong,
            },
        }
    }

    /// Whether "the difference is at most `most`" is refuted.
    pub(super) fn refute_at_most(&self, most: f64, alpha: f64) -> bool {
        let bound = -alpha.ln();
        match *self {
            Self::One { champion, challenger } => {
                two_samples::reaches(champion, challenger, most, bound)
            }
            Self::Both { .. } => self.against_at_most(most) >= bound,
        }
    }
}

fn refused(found: &str, expected: &str) -> Error {
    let problem = format!(
        "{found} cannot be counted where each outcome is of {expected}; \
         AbTest::split counts answers of one side, AbTest::shadow those of both"
    );
    Error::InvalidValues { what: "outcome", problem }
}
