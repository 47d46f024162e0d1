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
