//! What is known of a model at work comes in, whether to train anew comes out, with the reasons. Nothing is trained here.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::signals::Signals;
use crate::error::{Error, Result};
use crate::monitor::drift::DriftPart;
use crate::monitor::feedback::Agreement;

/// When to train anew: after so many corrections, at such a share of wrong answers, or on drift. One is enough.
///
/// ```
/// use ressenti::monitor::feedback::Agreement;
/// use ressenti::retrain::{RetrainPolicy, Signals};
///
/// let policy = RetrainPolicy::default().error_rate(0.3);
/// let mut signals = Signals { agreement: Agreement { n: 3, wrong: 3 }, ..Signals::default() };
/// let decision = policy.decide(&signals)?;
/// assert!(!decision.is_retrain());
/// assert_eq!(decision.reasons()[1].to_string(), "3 of 3 wrong, 100.0 % (43.9 % to 100.0 %): too few answers to tell, 100 are asked for");
///
/// signals.agreement = Agreement { n: 300, wrong: 120 };
/// let decision = policy.decide(&signals)?;
/// assert_eq!(decision.to_string(), "retrain: 120 of 300 wrong, 40.0 % (34.6 % to 45.6 %): more than 30.0 %");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct RetrainPolicy {
    corrections: u64,
    error_rate: f64,
    drift: bool,
    min_feedback: u64,
}

impl Default for RetrainPolicy {
    fn default() -> Self {
        Self { corrections: 1_000, error_rate: 0.25, drift: true, min_feedback: 100 }
    }
}

impl RetrainPolicy {
    /// More new corrections than this are a reason: wrong answers that can be [trained on](Signals::corrections). Default:
    /// 1,000.
    pub fn corrections(mut self, n: u64) -> Self {
        self.corrections = n;
        self
    }

    /// A larger share of wrong answers than this is a reason, if all of Wilson's 95 % interval is above it. Default: 0.25; range:
    /// 0 to 1.
    ///
    /// The share is that of answers that somebody said something about. Where people say only what is wrong, all of those are,
    /// and that tells nothing of the others: it is a reason only if right answers were confirmed too, at least one. To be a
    /// fair share, confirmations must be as likely as corrections, as where users are asked at random.
    pub fn error_rate(mut self, share: f64) -> Self {
        self.error_rate = share;
        self
    }

    /// Whether [significant drift](crate::monitor::drift::Drift::drifted) is a reason. Default: true.
    pub fn drift(mut self, is_reason: bool) -> Self {
        self.drift = is_reason;
        self
    }

    /// Of fewer answers that somebody said something about, no share is told, since three of three say nothing; and on drift,
    /// with fewer new texts to train on, the new model would be the old one. Default: 100. With 0, drift alone is enough.
    pub fn min_feedback(mut self, n: u64) -> Self {
        self.min_feedback = n;
        self
    }

    /// Whether to train anew.
    ///
    /// Errors: [`Error::InvalidParameter`] for an error rate out of range.
    pub fn decide(&self, signals: &Signals) -> Result<Decision> {
        if !(0.0..=1.0).contains(&self.error_rate) {
            return Err(Error::InvalidParameter {
                name: "error_rate",
                found: self.error_rate.to_string(),
                expected: "is outside 0.0..=1.0; use a share of answers",
            });
        }
        let (asked, agreement) = (self.min_feedback, signals.agreement);
        let mut all = vec![
            Reason::Corrections { found: signals.corrections, limit: self.corrections },
            Reason::ErrorRate { agreement, limit: self.error_rate, asked },
        ];
        if self.drift {
            all.push(Reason::Drift { parts: signals.drift.clone(), new: signals.usable, asked });
        }
        let (fired, others): (Vec<_>, Vec<_>) = all.into_iter().partition(Reason::holds);
        Ok(if fired.is_empty() {
            Decision::Wait { reasons: others }
        } else {
            Decision::Retrain { reasons: fired }
        })
    }
}

/// What a [`RetrainPolicy`] answers. It prints as a line.
///
/// ```
/// use ressenti::retrain::{Decision, RetrainPolicy, Signals};
///
/// let signals = Signals { corrections: 1_001, ..Signals::default() };
/// let decision = RetrainPolicy::default().decide(&signals)?;
/// assert_eq!(decision.to_string(), "retrain: 1001 new corrections, more than 1000");
/// let json = serde_json::to_string(&decision).unwrap();
/// assert_eq!(json, r#"{"retrain":{"reasons":[{"corrections":{"found":1001,"limit":1000}}]}}"#);
/// assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Leave the model as it is.
    Wait {
        /// Why each of the policy's reasons does not hold.
        reasons: Vec<Reason>,
    },
    /// Train anew.
    Retrain {
        /// The reasons that hold.
        reasons: Vec<Reason>,
    },
}

impl Decision {
    /// Whether to train anew.
    #[must_use]
    pub fn is_retrain(&self) -> bool {
        matches!(self, Self::Retrain { .. })
    }

    /// Why.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Wait { reasons } | Self::Retrain { reasons } => reasons,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_retrain() { "retrain" } else { "wait" };
        let reasons: Vec<_> = self.reasons().iter().map(Reason::to_string).collect();
        write!(f, "{word}: {}", reasons.join("; "))
    }
}

/// A reason to train anew, whether or not it [holds](Self::holds). It prints as a sentence.
///
/// ```
/// use ressenti::retrain::Reason;
///
/// let reason = Reason::Corrections { found: 312, limit: 1_000 };
/// assert!(!reason.holds());
/// assert_eq!(reason.to_string(), "312 new corrections, no more than 1000");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// How many corrections are new.
    Corrections {
        /// So many.
        found: u64,
        /// More than so many are a reason.
        limit: u64,
    },
    /// How many answers are wrong.
    ErrorRate {
        /// Of those that somebody said something about.
        agreement: Agreement,
        /// A larger share is a reason.
        limit: f64,
        /// Of at least so many answers.
        asked: u64,
    },
    /// What drifted.
    Drift {
        /// The parts that did; `None` if that is not known.
        parts: Option<Vec<DriftPart>>,
        /// How many new texts there are to train on.
        new: u64,
        /// How many there must be.
        asked: u64,
    },
    /// A challenger is on trial, so that another one has to wait. Never holds.
    OnTrial {
        /// Its version.
        version: u32,
    },
}

impl Reason {
    /// Whether it is one to train anew.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self {
            Self::Corrections { found, limit } => found > limit,
            Self::ErrorRate { agreement, limit, asked } => {
                // A log of corrections alone says of no answer that it was right.
                let is_share = agreement.wrong < agreement.n;
                is_share && agreement.n >= *asked && agreement.error_interval().0 > *limit
            }
            Self::Drift { parts, new, asked } => {
                parts.as_ref().is_some_and(|parts| !parts.is_empty()) && new >= asked
            }
            Self::OnTrial { .. } => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrections { found, limit } => {
                let than = if self.holds() { "more than" } else { "no more than" };
                write!(f, "{found} new corrections, {than} {limit}")
            }
            Self::ErrorRate { agreement, limit, asked } => {
                let limit = 100.0 * limit;
                if agreement.n == 0 {
                    write!(f, "nothing new was said of answers")
                } else if agreement.n < *asked {
                    write!(f, "{agreement}: too few answers to tell, {asked} are asked for")
                } else if agreement.wrong >= agreement.n {
                    write!(
                        f,
                        "{agreement}: no answer was confirmed, so that this is no share of all"
                    )
                } else if self.holds() {
                    write!(f, "{agreement}: more than {limit:.1} %")
                } else {
                    write!(f, "{agreement}: not surely more than {limit:.1} %")
                }
            }
            Self::Drift { parts: None, .. } => write!(f, "whether there is drift is not known"),
            Self::Drift { parts: Some(parts), .. } if parts.is_empty() => write!(f, "no drift"),
            Self::Drift { parts: Some(parts), new, asked } => {
                let parts: Vec<_> = parts.iter().map(|part| part.as_str()).collect();
                let (parts, holds) = (parts.join(", "), self.holds());
                write!(f, "drift of {parts}, with {new} new texts to train on")?;
                if holds { Ok(()) } else { write!(f, ", {asked} are asked for") }
            }
            Self::OnTrial { version } => {
                write!(f, "version {version} is on trial; conclude that first")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(corrections: u64, n: u64, wrong: u64, drift: Option<Vec<DriftPart>>) -> Signals {
        let agreement = Agreement { n, wrong };
        Signals { feedback: n, usable: n, corrections, agreement, drift, ..Signals::default() }
    }

    #[test]
    fn the_triggers_are_those_of_the_reference_and_need_evidence() {
        let drifted = || Some(vec![DriftPart::Words]);
        let table = [
            // Nothing at all, and three samples, whatever they say.
            (signals(0, 0, 0, None), false),
            (signals(3, 3, 3, None), false),
            (signals(3, 3, 3, drifted()), false),
            // More than 1,000, not 1,000.
            (signals(1_000, 10_000, 1_000, None), false),
            (signals(1_001, 10_010, 1_001, None), true),
            // A share is above 25 % only if its interval is.
            (signals(26, 100, 26, None), false),
            (signals(40, 100, 40, None), true),
            (signals(49, 99, 49, None), false),
            (signals(280, 1_000, 280, None), true),
            (signals(260, 1_000, 260, None), false),
            // Of corrections alone, no share is told; one confirmation makes it one.
            (signals(1_000, 1_000, 1_000, None), false),
            (signals(999, 1_000, 999, None), true),
            // Drift, with and without texts to learn from.
            (signals(5, 100, 5, drifted()), true),
            (signals(5, 99, 5, drifted()), false),
            (signals(5, 100, 5, Some(Vec::new())), false),
            (signals(5, 100, 5, None), false),
        ];
        for (signals, retrain) in table {
            let decision = RetrainPolicy::default().decide(&signals).unwrap();
            assert_eq!(decision.is_retrain(), retrain, "{signals:?}: {decision}");
            assert!(decision.reasons().iter().all(|reason| reason.holds() == retrain));
            assert!(!decision.reasons().is_empty());
        }
    }

    #[test]
    fn what_was_set_is_what_decides() {
        let policy = RetrainPolicy::default().drift(false).corrections(5).min_feedback(0);
        let drifted = Some(vec![DriftPart::Labels]);
        assert!(!policy.decide(&signals(0, 0, 0, drifted.clone())).unwrap().is_retrain());
        assert!(policy.decide(&signals(6, 6, 6, None)).unwrap().is_retrain());
        let policy = policy.drift(true);
        let decision = policy.decide(&signals(0, 0, 0, drifted)).unwrap();
        assert_eq!(decision.to_string(), "retrain: drift of labels, with 0 new texts to train on");
        for share in [f64::NAN, -0.1, 1.1] {
            let error = policy.clone().error_rate(share).decide(&Signals::default()).unwrap_err();
            let text = format!("error_rate {share} is outside 0.0..=1.0; use a share of answers");
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_wait_says_why_each_reason_does_not_hold() {
        let decision = RetrainPolicy::default().decide(&signals(2, 150, 30, None)).unwrap();
        let text = "wait: 2 new corrections, no more than 1000; 30 of 150 wrong, 20.0 % (14.4 % to 27.1 %): not surely more \
                    than 25.0 %; whether there is drift is not known";
        assert_eq!(decision.to_string(), text);
        let text = serde_json::to_string(&decision).unwrap();
        assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
    }
}
