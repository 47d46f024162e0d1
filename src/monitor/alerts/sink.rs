//! Alerts go out, to whoever wants them. How one is come to is not known here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::rule::Severity;
use crate::error::Result;
use crate::monitor::buffers::locked;

/// Whether an alert begins or ends.
///
/// ```
/// use ressenti::monitor::AlertState;
///
/// assert_eq!(serde_json::to_string(&AlertState::Firing).unwrap(), r#""firing""#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// The condition holds.
    Firing,
    /// It did, and does not any more.
    Resolved,
}

/// What somebody is told, with enough to act on. It prints as one line.
///
/// ```
/// use std::time::Duration;
/// use ressenti::Pipeline;
/// use ressenti::monitor::{AlertState, Alerts, Condition, ManualClock, MemorySink, Monitor, Rule, Clock};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let (monitor, clock, sink) = (Monitor::of(&pipeline), ManualClock::default(), MemorySink::default());
/// let mut alerts = Alerts::new(vec![Rule::new("errors", Condition::ErrorRate { above: 0.05 })])?;
/// for _ in 0..20 {
///     let _ = monitor.predict(&pipeline, "", &clock);
/// }
/// alerts.check(&monitor, clock.now(), &sink)?;
/// let alert = &sink.alerts()[0];
/// assert_eq!((alert.state, alert.value, alert.context["error EmptyText"]), (AlertState::Firing, 1.0, 20.0));
/// assert_eq!(alert.to_string(), "firing: errors: 100.0 % of the requests fail, 5.0 % are allowed [email]");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Alert {
    /// The name of the rule.
    pub rule: String,
    /// How soon somebody has to know.
    pub severity: Severity,
    /// Whether it begins or ends.
    pub state: AlertState,
    /// Since when the condition held, in milliseconds since 1970.
    pub since_ms: u64,
    /// When this was found.
    pub at_ms: u64,
    /// What was found: milliseconds, or a share; of a volume the part of the usual; of drift the number of parts.
    pub value: f64,
    /// What is allowed.
    pub limit: f64,
    /// The same in words.
    pub message: String,
    /// What else was the case: `requests`, `latency_p50_ms`, `latency_p99_ms`, `error_rate`, `error KIND`, `low_confidence_rate`,
    /// `unknown_rate`, `label NAME` (a share); of drift `p PART` and `word WORD` (its share now).
    pub context: BTreeMap<String, f64>,
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            AlertState::Firing => "firing",
            AlertState::Resolved => "resolved",
        };
        let severity = match self.severity {
            Severity::Email => "email",
            Severity::Sms => "sms",
            Severity::Immediate => "immediate",
        };
        write!(f, "{state}: {}: {} [{severity}]", self.rule, self.message)
    }
}

/// Where alerts go. Any `Fn(&Alert) -> Result<()>` is one.
///
/// ```
/// use ressenti::monitor::{Alert, Severity, Sink};
///
/// let pager = |alert: &Alert| -> ressenti::Result<()> {
///     if alert.severity == Severity::Immediate {
///         println!("{alert}"); // or whatever wakes somebody
///     }
///     Ok(())
/// };
/// let sink: &dyn Sink = &pager;
/// # let _ = sink;
/// ```
pub trait Sink: Send + Sync {
    /// Takes an alert.
    ///
    /// Errors: whatever keeps it from being delivered; the alert is then delivered again at the next check.
    fn deliver(&self, alert: &Alert) -> Result<()>;
}

impl<F: Fn(&Alert) -> Result<()> + Send + Sync> Sink for F {
    fn deliver(&self, alert: &Alert) -> Result<()> {
        self(alert)
    }
}

/// Keeps alerts in memory: for tests, and for a page that shows them. See the example at [`Alert`].
#[derive(Debug, Default)]
pub struct MemorySink(Mutex<Vec<Alert>>);

impl MemorySink {
    /// All alerts so far, in their order.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        locked(&self.0).clone()
    }
}

impl Sink for MemorySink {
    fn deliver(&self, alert: &Alert) -> Result<()> {
        locked(&self.0).push(alert.clone());
        Ok(())
    }
}
