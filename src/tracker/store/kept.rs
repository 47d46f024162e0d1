//! The files of a run's metrics that are kept open, so that a next value costs a look and a write.
//!
//! A program has a thousand files open at most, and may have many runs; so a run keeps a few, those that it opened last.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fs::Lines;

/// How many files a run keeps open. Where it cannot be told whether a path still names the file that is open, none.
const MOST: usize = if cfg!(unix) { 8 } else { 0 };

/// A metric's file.
#[derive(Debug)]
pub(super) struct Metric {
    pub(super) path: PathBuf,
    pub(super) lines: Lines,
}

/// By key, the one that was opened last at the end.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Vec<(String, Arc<Metric>)>>);

impl Kept {
    pub(super) fn get(&self, key: &str) -> Option<Arc<Metric>> {
        let kept = self.kept();
        kept.iter().find(|(known, _)| known == key).map(|(_, metric)| metric.clone())
    }

    pub(super) fn keep(&self, key: &str, metric: Metric) {
        let mut kept = self.kept();
        kept.retain(|(known, _)| known != key);
        kept.push((key.to_owned(), Arc::new(metric)));
        let over = kept.len().saturating_sub(MOST);
        kept.drain(..over);
    }

    pub(super) fn forget(&self, key: &str) {
        self.kept().retain(|(known, _)| known != key);
    }

    /// Closes all of them.
    pub(super) fn clear(&self) {
        self.kept().clear();
    }

    /// Each change leaves it whole.
    fn kept(&self) -> MutexGuard<'_, Vec<(String, Arc<Metric>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
