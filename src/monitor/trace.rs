//! What is worth a line in a program's log goes out as events of the `tracing` crate, with target `ressenti`.
//!
//! The names of the fields are those that dashboards of such services have: `prediction`, `confidence`, `text_length`,
//! `text_start`, `latency_ms`, `model_version`, `error`. They are logged in the thread that scores, and cost what the
//! subscriber costs; without one, a few nanoseconds.

use std::time::Duration;

use tracing::{error, info, warn};

use super::alerts::{Alert, AlertState, Severity, Sink};
use crate::error::Result;
use crate::sentiment::Prediction;

fn millis(latency: Duration) -> f64 {
    latency.as_secs_f64() * 1e3
}

pub(super) fn low_confidence(
    text: &str,
    prediction: &Prediction<'_>,
    latency: Duration,
    start: Option<&str>,
) {
    warn!(
        target: "ressenti",
        prediction = prediction.label(),
        confidence = prediction.probability(),
        text_length = text.chars().count(),
        text_start = start,
        latency_ms = millis(latency),
        model_version = prediction.model_version(),
        "low confidence"
    );
}

pub(super) fn error(kind: &str, latency: Duration) {
    error!(target: "ressenti", error = kind, latency_ms = millis(latency), "prediction failed");
}

/// Delivers alerts as events: those that wake somebody as errors, the others as warnings, and what is resolved as
/// information.
///
/// ```
/// use ressenti::monitor::{Sink, TracingSink};
///
/// let sink: &dyn Sink = &TracingSink;
/// # let _ = sink;
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingSink;

impl Sink for TracingSink {
    fn deliver(&self, alert: &Alert) -> Result<()> {
        let Alert { rule, value, limit, message, since_ms, .. } = alert;
        let severity = format!("{:?}", alert.severity);
        let context = in_one_line(alert);
        match alert.state {
            AlertState::Resolved => {
                info!(target: "ressenti", rule, severity, value, limit, since_ms, context, "resolved: {message}");
            }
            AlertState::Firing if alert.severity == Severity::Immediate => {
                error!(target: "ressenti", rule, severity, value, limit, since_ms, context, "firing: {message}");
            }
            AlertState::Firing => {
                warn!(target: "ressenti", rule, severity, value, limit, since_ms, context, "firing: {message}");
            }
        }
        Ok(())
    }
}

/// The context in one line: `error_rate=0.1 requests=20`.
fn in_one_line(alert: &Alert) -> String {
    let parts = alert.context.iter().map(|(name, value)| format!("{name}={value}"));
    parts.collect::<Vec<_>>().join(" ")
}
