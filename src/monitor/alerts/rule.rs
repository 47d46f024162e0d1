//! When somebody is to be told: rules as plain data, with checks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::monitor::clock::millis;
use crate::monitor::drift::DriftParams;

/// How soon somebody has to know.
///
/// ```
/// use ressenti::monitor::Severity;
///
/// assert!(Severity::Email < Severity::Sms && Severity::Sms < Severity::Immediate);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Today: an e-mail.
    Email,
    /// Soon: a text message.
    Sms,
    /// At once, by whatever wakes somebody.
    Immediate,
}

/// What a rule looks at.
///
/// ```
/// use ressenti::monitor::Condition;
///
/// let condition = Condition::ErrorRate { above: 0.05 };
/// assert_eq!(serde_json::to_string(&condition).unwrap(), r#"{"error_rate":{"above":0.05}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// A quantile of the latency is above so many milliseconds.
    Latency {
        /// Which, such as 0.95.
        quantile: f64,
        /// Milliseconds.
        above: f64,
    },
    /// More than this share of the requests fail.
    ErrorRate {
        /// A share, such as 0.05.
        above: f64,
    },
    /// There are no requests, or far more, than is [usual at that hour](super::super::UsualVolume).
    ///
    /// Silence is the lack of any request for as long as `silence` of them would usually have come, hour by hour, and no longer
    /// than the window or than the monitor has been watched, by its first request or check in this process: at random times that
    /// is as rare as exp(−silence). A burst is a minute with `burst` times the usual number.
    Volume {
        /// How many requests must be missing.
        silence: f64,
        /// How many times the usual number is too much.
        burst: f64,
    },
    /// More than this share of the answers are not sure.
    LowConfidence {
        /// A share, such as 0.3.
        above: f64,
    },
    /// The model does not know more than this share of the tokens.
    UnknownWords {
        /// A share, such as 0.5.
        above: f64,
    },
    /// The last requests, those of the [window by count](super::super::MonitorParams::recent), are not those of the
    /// [profile](crate::Profile), by [`Drift`](super::super::drift::Drift).
    Drift(DriftParams),
}

/// When somebody is to be told of what, and how soon.
///
/// A condition is looked at minute by minute, over as many minutes as it must last and one more, and fires if it held in each
/// of them: not before it has lasted, and within a minute after. Minutes with fewer requests than `min_requests` count
/// together with those before. The alert is resolved once the value of
/// the last minute has fallen to [`clear`](Self::clear) times the limit, and the rule does not fire again before its cool-down
/// is over.
///
/// ```
/// use std::time::Duration;
/// use ressenti::monitor::{Condition, Rule, Severity};
///
/// let slow = Rule::new("slow", Condition::Latency { quantile: 0.99, above: 50.0 })
///     .lasting(Duration::from_secs(120))
///     .severity(Severity::Sms);
/// let json = serde_json::to_string(&slow).unwrap();
/// assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), slow);
/// assert_eq!(Rule::defaults().len(), 6);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Rule {
    pub(super) name: String,
    pub(super) condition: Condition,
    pub(super) lasting_ms: u64,
    pub(super) severity: Severity,
    pub(super) clear: f64,
    pub(super) cool_down_ms: u64,
    pub(super) min_requests: u64,
}

impl Rule {
    /// A rule that fires at once, by e-mail, is resolved at 0.9 of its limit, cools down for ten minutes, and wants 10
    /// requests a minute.
    pub fn new(name: impl Into<String>, condition: Condition) -> Self {
        Self {
            name: name.into(),
            condition,
            lasting_ms: 0,
            severity: Severity::Email,
            clear: 0.9,
            cool_down_ms: 600_000,
            min_requests: 10,
        }
    }

    /// The usual rules: latency above 500 ms (p95) for 5 minutes, by e-mail; more than 5 % errors for 10 minutes, by SMS; no
    /// requests, or three times as many as usual at that hour, at once; more than 30 % unsure answers for 10 minutes, more than
    /// half of the words unknown for 10 minutes, and drift, by e-mail.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        vec![
            Self::new("latency", Condition::Latency { quantile: 0.95, above: 500.0 })
                .lasting(minutes(5)),
            Self::new("error_rate", Condition::ErrorRate { above: 0.05 })
                .lasting(minutes(10))
                .severity(Severity::Sms),
            Self::new("volume", Condition::Volume { silence: 20.0, burst: 3.0 })
                .severity(Severity::Immediate),
            Self::new("low_confidence", Condition::LowConfidence { above: 0.3 })
                .lasting(minutes(10)),
            Self::new("unknown_words", Condition::UnknownWords { above: 0.5 }).lasting(minutes(10)),
            Self::new("drift", Condition::Drift(DriftParams::default())).cool_down(minutes(60)),
        ]
    }

    /// How long the condition must hold, with a request as long ago: at most as long as the
    /// [window](super::super::MonitorParams::window) less a minute, what is longer counts as that. Default: the last minute tells.
    pub fn lasting(mut self, time: Duration) -> Self {
        self.lasting_ms = millis(time);
        self
    }

    /// How soon somebody has to know. Default: [`Severity::Email`].
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The part of its limit that a value must fall to before the alert is resolved. Default: 0.9; range: above 0 to 1.
    pub fn clear(mut self, part: f64) -> Self {
        self.clear = part;
        self
    }

    /// How long after an alert is resolved the rule does not fire again. Default: ten minutes.
    pub fn cool_down(mut self, time: Duration) -> Self {
        self.cool_down_ms = millis(time);
        self
    }

    /// How many requests a minute must have to count alone. Default: 10; range: 1 and more.
    pub fn min_requests(mut self, n: u64) -> Self {
        self.min_requests = n;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it looks at.
    #[must_use]
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(super) fn validate(&self) -> Result<()> {
        let refuse = |name, found: f64, expected| {
            Err(Error::InvalidParameter { name, found: found.to_string(), expected })
        };
        if !(self.clear > 0.0 && self.clear <= 1.0) {
            return refuse(
                "clear",
                self.clear,
                "is outside 0.0..=1.0; use a part of the limit, above 0",
            );
        }
        if self.min_requests == 0 {
            return refuse("min_requests", 0.0, "is not 1 or more");
        }
        let share = |above: f64| {
            let expected = "is outside 0.0..=1.0; use a share";
            if (0.0..=1.0).contains(&above) { Ok(()) } else { refuse("above", above, expected) }
        };
        match &self.condition {
            Condition::Latency { quantile, above } => {
                if !(0.0..=1.0).contains(quantile) {
                    return refuse("quantile", *quantile, "is outside 0.0..=1.0; use 0.95 for p95");
                }
                if !(*above >= 0.0 && above.is_finite()) {
                    return refuse("above", *above, "is not 0 or more milliseconds");
                }
                Ok(())
            }
            Condition::ErrorRate { above }
            | Condition::LowConfidence { above }
            | Condition::UnknownWords { above } => share(*above),
            Condition::Volume { silence, burst } => {
                if !(*silence > 0.0 && silence.is_finite()) {
                    return refuse(
                        "silence",
                        *silence,
                        "is not above 0; use the requests that must be missing",
                    );
                }
                if !(*burst > 1.0 && burst.is_finite()) {
                    return refuse(
                        "burst",
                        *burst,
                        "is not above 1; use how many times the usual number",
                    );
                }
                Ok(())
            }
            Condition::Drift(params) => params.validate(),
        }
    }
}
