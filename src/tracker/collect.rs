//! Calls go through to a tracker, and its errors go where the caller's policy says: nowhere, into a list for the end of the
//! work, or up.
//!
//! For work that need not end because a note about it could not be written. Knows nothing of that work.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{FailurePolicy, RunStatus, Tracker, Tracking, Value};
use crate::error::Result;

/// Passes calls on. What a call returns is an error only if the policy is to fail.
pub(crate) struct Collecting<'t> {
    tracker: &'t dyn Tracker,
    policy: FailurePolicy,
    errors: Mutex<Vec<String>>,
}

impl<'t> Collecting<'t> {
    pub(crate) fn new(tracking: Tracking<'t>) -> Self {
        let Tracking { tracker, policy } = tracking;
        Self { tracker, policy, errors: Mutex::default() }
    }

    pub(crate) fn param<'v>(&self, key: &str, value: impl Into<Value<'v>>) -> Result<()> {
        self.keep(self.tracker.log_param(key, value.into()))
    }

    pub(crate) fn metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        self.keep(self.tracker.log_metric(key, value, step))
    }

    pub(crate) fn tag(&self, key: &str, value: &str) -> Result<()> {
        self.keep(self.tracker.set_tag(key, value))
    }

    pub(crate) fn artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.keep(self.tracker.log_artifact(path, bytes))
    }

    /// A run inside this one, which `log` fills and which then is finished. Its errors are this one's.
    pub(crate) fn child(
        &self,
        name: &str,
        log: impl FnOnce(&Collecting<'_>) -> Result<()>,
    ) -> Result<()> {
        let child = match self.tracker.child(name) {
            Ok(child) => child,
            Err(error) => return self.keep(Err(error)),
        };
        let run = Collecting::new(Tracking { tracker: &*child, policy: self.policy });
        log(&run)?;
        self.errors().extend(run.into_messages());
        self.keep(child.finish(RunStatus::Finished))
    }

    /// What went wrong, in the order it did.
    pub(crate) fn into_messages(self) -> Vec<String> {
        self.errors.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, result: Result<()>) -> Result<()> {
        match (result, self.policy) {
            (Err(error), FailurePolicy::Fail) => return Err(error),
            (Err(error), FailurePolicy::Collect) => self.errors().push(error.to_string()),
            (Err(_), FailurePolicy::Ignore) | (Ok(()), _) => {}
        }
        Ok(())
    }

    fn errors(&self) -> MutexGuard<'_, Vec<String>> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn log(tracker: &Collecting<'_>) -> Result<()> {
        tracker.param("C", 1.0)?;
        tracker.param("C", 2.0)?;
        tracker.metric("f1_score", 0.8, 0)?;
        tracker.metric("../f1_score", 0.8, 0)?;
        tracker.tag("note", "fine")?;
        tracker.artifact("/etc/passwd", b"")?;
        tracker.artifact("report.txt", b"fine")
    }

    #[test]
    fn good_calls_arrive_whatever_becomes_of_the_bad_ones() {
        for policy in [FailurePolicy::Ignore, FailurePolicy::Collect] {
            let memory = MemoryTracker::default();
            let tracker = Collecting::new(Tracking::new(&memory).on_failure(policy));
            log(&tracker).unwrap();
            tracker.child("inside", log).unwrap();
            let n = if policy == FailurePolicy::Ignore { 0 } else { 6 };
            assert_eq!(tracker.into_messages().len(), n);
            let run = memory.snapshot();
            assert_eq!(run.children[0].1.status, Some(RunStatus::Finished));
            for run in [&run, &run.children[0].1] {
                assert_eq!((run.metrics.len(), run.artifacts.len()), (1, 1));
            }
        }
    }

    #[test]
    fn a_policy_to_fail_ends_at_the_first_error() {
        let memory = MemoryTracker::default();
        let tracker = Collecting::new(Tracking::new(&memory).on_failure(FailurePolicy::Fail));
        let error = tracker.child("inside", log).unwrap_err().to_string();
        assert!(error.starts_with("tracking: Changing param values is not allowed."), "{error}");
        assert_eq!(memory.snapshot().children[0].1.metrics.len(), 0);
    }

    #[test]
    fn errors_are_kept_in_their_order() {
        let memory = MemoryTracker::default();
        let tracker = Collecting::new(Tracking::new(&memory));
        log(&tracker).unwrap();
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
