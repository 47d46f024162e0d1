//! How sure a test must be: plain data with checks.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Settings of an [`AbTest`](super::AbTest). Set them before the test begins: errors hold for what was not chosen after looking.
///
/// ```
/// use ressenti::retrain::ab::AbParams;
///
/// let params = AbParams::default().alpha(0.01).margin(0.005);
/// let json = serde_json::to_string(&params).unwrap();
/// assert_eq!(serde_json::from_str::<AbParams>(&json).unwrap(), params);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct AbParams {
    pub(super) alpha: f64,
    pub(super) guard_alpha: f64,
    pub(super) margin: f64,
    pub(super) worthwhile: f64,
    pub(super) max_outcomes: u64,
}

impl Default for AbParams {
    fn default() -> Self {
        Self { alpha: 0.05, guard_alpha: 0.1, margin: 0.0, worthwhile: 0.0, max_outcomes: 100_000 }
    }
}

impl AbParams {
    /// How likely a challenger that is no better may ever be found [better](super::Verdict::Better), and one that is worthwhile
    /// [not better](super::Verdict::NotBetter). Default: 0.05; range: above 0, below 0.5.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// How likely a challenger that does no harm may ever be found to do [harm](super::Verdict::Harm). More of it stops bad
    /// ones sooner. Default: 0.1; range: above 0, below 0.5.
    pub fn guard_alpha(mut self, alpha: f64) -> Self {
        self.guard_alpha = alpha;
        self
    }

    /// How much worse the challenger's rate of right answers may be before that counts as harm. Default: 0, any proven loss is;
    /// range: 0 to 0.5.
    pub fn margin(mut self, difference: f64) -> Self {
        self.margin = difference;
        self
    }

    /// The least gain in the rate of right answers that is worth a new model: the test ends once it is known to be less. Default:
    /// 0, so that models that are as good as each other are told apart by [`max_outcomes`](Self::max_outcomes) only; with
    /// 0.005, half a point, such a test mostly ends before, but some that do harm are then found not better first. Range: 0 to
    /// 0.5.
    pub fn worthwhile(mut self, difference: f64) -> Self {
        self.worthwhile = difference;
        self
    }

    /// After how many outcomes a challenger that was not found better is taken for not better. Default: 100,000; range: 1 and
    /// more.
    pub fn max_outcomes(mut self, n: u64) -> Self {
        self.max_outcomes = n;
        self
    }

    /// Errors: [`Error::InvalidParameter`].
    pub(super) fn validate(&self) -> Result<()> {
        let refuse =
            |name, found: String, expected| Err(Error::InvalidParameter { name, found, expected });
        for (name, alpha) in [("alpha", self.alpha), ("guard_alpha", self.guard_alpha)] {
            if !(alpha > 0.0 && alpha < 0.5) {
                let expected =
                    "is not above 0 and below 0.5; use how likely an error may be, such as 0.05";
                return refuse(name, alpha.to_string(), expected);
            }
        }
        for (name, difference) in [("margin", self.margin), ("worthwhile", self.worthwhile)] {
            if !(0.0..=0.5).contains(&difference) {
                let expected =
                    "is outside 0.0..=0.5; use a difference of rates, 0.01 for one point";
                return refuse(name, difference.to_string(), expected);
            }
        }
        if self.max_outcomes == 0 {
            return refuse("max_outcomes", "0".to_owned(), "is not 1 or more");
        }
        Ok(())
    }
}
