//! A tracker that cannot fail: calls go through to one that can, and its errors are kept for later.
//!
//! For work that must not end because a note about it could not be written. Knows nothing of that work.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{Tracker, Value};
use crate::error::Result;

/// Passes calls on and keeps the errors.
pub(crate) struct Collecting<'t> {
    tracker: &'t dyn Tracker,
    errors: Mutex<Vec<String>>,
}

impl<'t> Collecting<'t> {
    pub(crate) fn new(tracker: &'t dyn Tracker) -> Self {
        Self { tracker, errors: Mutex::default() }
    }

    pub(crate) fn param<'v>(&self, key: &str, value: impl Into<Value<'v>>) {
        self.keep(self.tracker.log_param(key, value.into()));
    }

    pub(crate) fn metric(&self, key: &str, value: f64, step: i64) {
        self.keep(self.tracker.log_metric(key, value, step));
    }

    pub(crate) fn tag(&self, key: &str, value: &str) {
        self.keep(self.tracker.set_tag(key, value));
    }

    pub(crate) fn artifact(&self, path: &str, bytes: &[u8]) {
        self.keep(self.tracker.log_artifact(path, bytes));
    }

    /// What went wrong, in the order it did.
    pub(crate) fn into_messages(self) -> Vec<String> {
        self.errors.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, result: Result<()>) {
        if let Err(error) = result {
            self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
        }
    }
}

impl fmt::Debug for Collecting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collecting").field("errors", &self.errors).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryTracker;
    use super::*;

    #[test]
    fn good_calls_arrive_and_bad_ones_are_kept() {
        let memory = MemoryTracker::default();
        let tracker = Collecting::new(&memory);
        tracker.param("C", 1.0);
        tracker.param("C", 2.0);
        tracker.metric("f1_score", 0.8, 0);
        tracker.metric("../f1_score", 0.8, 0);
        tracker.tag("note", "fine");
        tracker.artifact("/etc/passwd", b"");
        tracker.artifact("report.txt", b"fine");

        let errors = tracker.into_messages();
        assert_eq!(errors.len(), 3);
        assert!(
            errors[0].starts_with("tracking: Changing param values is not allowed."),
            "{}",
            errors[0]
        );
        assert!(errors[1].starts_with("tracking: metric key \"../f1_score\""), "{}", errors[1]);
        assert!(errors[2].starts_with("tracking: artifact path \"/etc/passwd\""), "{}", errors[2]);
        let run = memory.snapshot();
        assert_eq!(
            (run.params.len(), run.metrics.len(), run.tags.len(), run.artifacts.len()),
            (1, 1, 1, 1)
        );
    }
}
