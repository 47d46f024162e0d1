//! A run as events of the crate `tracing`: names and numbers come in, structured fields go out to whatever the program has
//! subscribed. Nothing is kept.

use super::{RunStatus, Tracker, Value};
use crate::error::Result;

/// Tells `tracing` of a run: an event for each call, with the target `ressenti::run`, at the level INFO; the end of a run
/// that was not finished at WARN.
///
/// The fields are `run` (its name, behind those of the runs it is inside), `key` and `value`; of a metric also `step`, of an
/// artifact `path` and `bytes` (how many), of the end `status`.
///
/// ```
/// use ressenti::tracker::{RunStatus, TracingTracker, Tracker};
///
/// let run = TracingTracker::new("baseline");
/// run.log_metric("accuracy", 0.92, 0)?;
/// run.finish(RunStatus::Finished)?;
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracingTracker {
    run: String,
}

impl TracingTracker {
    /// A run of that name.
    #[must_use]
    pub fn new(run: impl Into<String>) -> Self {
        Self { run: run.into() }
    }
}

impl Tracker for TracingTracker {
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
        tracing::info!(target: "ressenti::run", run = self.run, key, value = %value, "param");
        Ok(())
    }

    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        tracing::info!(target: "ressenti::run", run = self.run, key, value, step, "metric");
        Ok(())
    }

    fn set_tag(&self, key: &str, value: &str) -> Result<()> {
        tracing::info!(target: "ressenti::run", run = self.run, key, value, "tag");
        Ok(())
    }

    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        tracing::info!(target: "ressenti::run", run = self.run, path, bytes = bytes.len(), "artifact");
        Ok(())
    }

    fn child(&self, name: &str) -> Result<Box<dyn Tracker>> {
        let child = Self::new(format!("{}/{name}", self.run));
        tracing::info!(target: "ressenti::run", run = child.run, "start");
        Ok(Box::new(child))
    }

    fn finish(&self, status: RunStatus) -> Result<()> {
        let (run, word) = (self.run.as_str(), status.name());
        if status == RunStatus::Finished {
            tracing::info!(target: "ressenti::run", run, status = word, "end");
        } else {
            tracing::warn!(target: "ressenti::run", run, status = word, "end");
        }
        Ok(())
    }
}
