//! What of a run a tracker is told: a question of kind and key, asked before each call goes on.

use std::fmt;
use std::sync::Arc;

use super::{NoopTracker, RunStatus, Tracker, Value};
use crate::error::Result;

/// What a call to a [`Tracker`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// A setting; its key.
    Param,
    /// A figure; its key.
    Metric,
    /// A note; its key.
    Tag,
    /// A file; its path.
    Artifact,
    /// A run inside the run; its name.
    Child,
}

type Passes = Arc<dyn Fn(RecordKind, &str) -> bool + Send + Sync>;

/// Tells a tracker a part of what it is told. Runs inside are filtered by the same rule; of one that does not pass, nothing
/// does. That a run has ended always passes.
///
/// ```
/// use ressenti::tracker::{FilterTracker, MemoryTracker, RecordKind};
/// use ressenti::{FitOptions, Pipeline};
///
/// let memory = MemoryTracker::default();
/// let run = FilterTracker::new(&memory, |kind, key| kind != RecordKind::Metric || key != "objective");
/// Pipeline::builder().fit_with(&["good", "bad"], &[true, false], &FitOptions::new().tracker(&run))?;
/// let record = memory.snapshot();
/// assert!(record.metrics.contains_key("n_iter") && !record.metrics.contains_key("objective"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[must_use]
pub struct FilterTracker<T> {
    tracker: T,
    passes: Passes,
}

impl<T: Tracker> FilterTracker<T> {
    /// Lets through what `passes` says `true` to, given what it is about and its key, path or name.
    pub fn new(
        tracker: T,
        passes: impl Fn(RecordKind, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { tracker, passes: Arc::new(passes) }
    }
}

impl<T: Tracker> Tracker for FilterTracker<T> {
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
        if (self.passes)(RecordKind::Param, key) {
            self.tracker.log_param(key, value)
        } else {
            Ok(())
        }
    }

    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        let passes = (self.passes)(RecordKind::Metric, key);
        if passes { self.tracker.log_metric(key, value, step) } else { Ok(()) }
    }

    fn set_tag(&self, key: &str, value: &str) -> Result<()> {
        if (self.passes)(RecordKind::Tag, key) { self.tracker.set_tag(key, value) } else { Ok(()) }
    }

    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let passes = (self.passes)(RecordKind::Artifact, path);
        if passes { self.tracker.log_artifact(path, bytes) } else { Ok(()) }
    }

    fn child(&self, name: &str) -> Result<Box<dyn Tracker>> {
        if !(self.passes)(RecordKind::Child, name) {
            return Ok(Box::new(NoopTracker));
        }
        let tracker = self.tracker.child(name)?;
        Ok(Box::new(FilterTracker { tracker, passes: Arc::clone(&self.passes) }))
    }

    fn finish(&self, status: RunStatus) -> Result<()> {
        self.tracker.finish(status)
    }
}

impl<T: fmt::Debug> fmt::Debug for FilterTracker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilterTracker").field("tracker", &self.tracker).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryTracker;
    use super::*;

    fn log(run: &dyn Tracker) {
        for key in ["a", "b"] {
            run.log_param(key, 1.into()).unwrap();
            run.log_metric(key, 0.5, 0).unwrap();
            run.set_tag(key, "x").unwrap();
            run.log_artifact(key, b"x").unwrap();
            let child = run.child(key).unwrap();
            child.log_metric("a", 0.5, 0).unwrap();
            child.log_metric("b", 0.5, 0).unwrap();
            child.finish(RunStatus::Finished).unwrap();
        }
        run.finish(RunStatus::Killed).unwrap();
    }

    #[test]
    fn each_kind_and_key_is_asked_for_and_children_too() {
        use RecordKind::{Artifact, Child, Metric, Param, Tag};
        for shut in [Param, Metric, Tag, Artifact, Child] {
            let memory = MemoryTracker::default();
            log(&FilterTracker::new(&memory, move |kind, key| kind != shut || key == "a"));
            let run = memory.snapshot();
            let open = |kind| if kind == shut { 1 } else { 2 };
            assert_eq!(run.params.len(), open(Param));
            assert_eq!(run.metrics.len(), open(Metric));
            assert_eq!(run.tags.len(), open(Tag));
            assert_eq!(run.artifacts.len(), open(Artifact));
            assert_eq!(run.children.len(), open(Child));
            assert_eq!(run.children[0].1.metrics.len(), open(Metric));
            assert_eq!(run.status, Some(RunStatus::Killed));
        }
    }
}
