//! A run kept in memory: what it was told comes back as plain data.
//!
//! The double for tests, and the example of a whole tracker. It refuses what the files of a store would refuse, so that a
//! test with it also holds for them. Knows no clock and no files.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::names::{check_artifact_path, check_free, check_key, param_text};
use super::{RunStatus, Tracker, Value};
use crate::error::{Result, TrackingError};

/// What errors call a run that has no id.
const RUN_ID: &str = "memory";

/// A run kept in memory. Clones share it, so one can be handed away and the other asked.
///
/// ```
/// use ressenti::tracker::{MemoryTracker, RunStatus, Tracker};
///
/// let tracker = MemoryTracker::default();
/// tracker.log_param("C", 1.0.into())?;
/// tracker.log_metric("accuracy", 0.92, 0)?;
/// tracker.finish(RunStatus::Finished)?;
///
/// let run = tracker.snapshot();
/// assert_eq!(run.params["C"], "1.0");
/// assert_eq!(run.metrics["accuracy"], [(0, 0.92)]);
/// assert_eq!(run.status, Some(RunStatus::Finished));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryTracker {
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    params: BTreeMap<String, String>,
    metrics: BTreeMap<String, Vec<(i64, f64)>>,
    tags: BTreeMap<String, String>,
    artifacts: BTreeMap<String, Vec<u8>>,
    children: Vec<(String, MemoryTracker)>,
    status: Option<RunStatus>,
}

/// What a [`MemoryTracker`] was told up to a moment.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct RunSnapshot {
    /// Settings, as text.
    pub params: BTreeMap<String, String>,
    /// Figures: step and value, in the order they were logged.
    pub metrics: BTreeMap<String, Vec<(i64, f64)>>,
    /// Notes.
    pub tags: BTreeMap<String, String>,
    /// Files, by path.
    pub artifacts: BTreeMap<String, Vec<u8>>,
    /// Runs inside this one with their names, in the order they were started.
    pub children: Vec<(String, RunSnapshot)>,
    /// How the run ended, if it has.
    pub status: Option<RunStatus>,
}

impl MemoryTracker {
    /// A copy of what was logged so far.
    #[must_use]
    pub fn snapshot(&self) -> RunSnapshot {
        let record = self.record();
        RunSnapshot {
            params: record.params.clone(),
            metrics: record.metrics.clone(),
            tags: record.tags.clone(),
            artifacts: record.artifacts.clone(),
            children: record
                .children
                .iter()
                .map(|(name, run)| (name.clone(), run.snapshot()))
                .collect(),
            status: record.status,
        }
    }

    /// Each method leaves the record whole, so one that panicked elsewhere is no reason to stop.
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracker for MemoryTracker {
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
        check_key("param key", key)?;
        let new = param_text(&value);
        let mut record = self.record();
        match record.params.get(key) {
            Some(old) if *old == new => Ok(()),
            Some(old) => Err(TrackingError::ParamChanged {
                key: key.to_owned(),
                run_id: RUN_ID.to_owned(),
                old: old.clone(),
                new,
            }
            .into()),
            None => {
                check_free("param key", key, &record.params)?;
                record.params.insert(key.to_owned(), new);
                Ok(())
            }
        }
    }

    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        check_key("metric key", key)?;
        let mut record = self.record();
        check_free("metric key", key, &record.metrics)?;
        record.metrics.entry(key.to_owned()).or_default().push((step, value));
        Ok(())
    }

    fn set_tag(&self, key: &str, value: &str) -> Result<()> {
        check_key("tag key", key)?;
        let mut record = self.record();
        check_free("tag key", key, &record.tags)?;
        record.tags.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        check_artifact_path(path)?;
        let mut record = self.record();
        check_free("artifact path", path, &record.artifacts)?;
        record.artifacts.insert(path.to_owned(), bytes.to_owned());
        Ok(())
    }

    fn child(&self, name: &str) -> Result<Box<dyn Tracker>> {
        let child = Self::default();
        self.record().children.push((name.to_owned(), child.clone()));
        Ok(Box::new(child))
    }

    fn finish(&self, status: RunStatus) -> Result<()> {
        let mut record = self.record();
        match record.status {
            Some(ended) if ended != status => Err(TrackingError::RunEnded {
                run_id: RUN_ID.to_owned(),
                ended: ended.name(),
                asked: status.name(),
            }
            .into()),
            _ => {
                record.status = Some(status);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_record_across_threads() {
        let tracker = MemoryTracker::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let clone = tracker.clone();
                scope.spawn(move || {
                    (0..100).for_each(|step| clone.log_metric("loss", 0.5, step).unwrap());
                });
            }
        });
        assert_eq!(tracker.snapshot().metrics["loss"].len(), 400);
    }

    #[test]
    fn everything_logged_is_in_the_snapshot() {
        let tracker = MemoryTracker::default();
        tracker.log_param("model_type", "logistic regression".into()).unwrap();
        tracker.log_metric("loss", 0.5, 1).unwrap();
        tracker.log_metric("loss", 0.25, 2).unwrap();
        tracker.set_tag("note", "one").unwrap();
        tracker.set_tag("note", "two").unwrap();
        tracker.log_artifact("eval/report.txt", b"fine").unwrap();
        let child = tracker.child("trial 1").unwrap();
        child.log_metric("loss", 0.75, 0).unwrap();
        child.finish(RunStatus::Killed).unwrap();

        let run = tracker.snapshot();
        assert_eq!(run.params["model_type"], "logistic regression");
        assert_eq!(run.metrics["loss"], [(1, 0.5), (2, 0.25)]);
        assert_eq!(run.tags["note"], "two");
        assert_eq!(run.artifacts["eval/report.txt"], b"fine");
        assert_eq!(run.status, None);
        let (name, child) = &run.children[0];
        assert_eq!((name.as_str(), child.status), ("trial 1", Some(RunStatus::Killed)));
        assert_eq!(child.metrics["loss"], [(0, 0.75)]);
    }

    #[test]
    fn a_param_keeps_its_value() {
        let tracker = MemoryTracker::default();
        tracker.log_param("C", 1.0.into()).unwrap();
        tracker.log_param("C", "1.0".into()).unwrap();
        let error = tracker.log_param("C", 2.0.into()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tracking: Changing param values is not allowed. Param with key='C' was already logged with value='1.0' \
             for run ID='memory'. Attempted logging new value '2.0'."
        );
        assert_eq!(tracker.snapshot().params["C"], "1.0");
    }

    #[test]
    fn a_key_is_a_file_or_a_folder() {
        let tracker = MemoryTracker::default();
        tracker.log_metric("val/loss", 0.5, 0).unwrap();
        tracker.log_metric("val.loss", 0.5, 0).unwrap();
        for (key, other) in [("val", "val/loss"), ("val/loss/mean", "val/loss")] {
            assert_eq!(
                tracker.log_metric(key, 0.5, 0).unwrap_err().to_string(),
                format!(
                    "tracking: metric key {key:?} clashes with {other:?}; names are paths, and a file cannot hold others"
                )
            );
        }
        tracker.log_param("val", 1.into()).unwrap();
    }

    #[test]
    fn names_that_differ_by_case_alone_exclude_each_other() {
        let tracker = MemoryTracker::default();
        tracker.log_metric("Val/loss", 0.5, 0).unwrap();
        for (key, other) in [("val/f1", "Val"), ("Val/Loss", "Val/loss")] {
            let error = tracker.log_metric(key, 0.5, 0).unwrap_err().to_string();
            let start =
                format!("tracking: metric key {key:?} differs from {other:?} by case only; ");
            assert!(error.starts_with(&start), "{error}");
        }
        tracker.log_metric("Val/f1", 0.5, 0).unwrap();
    }

    #[test]
    fn a_run_ends_once() {
        let tracker = MemoryTracker::default();
        tracker.finish(RunStatus::Finished).unwrap();
        tracker.finish(RunStatus::Finished).unwrap();
        assert_eq!(
            tracker.finish(RunStatus::Failed).unwrap_err().to_string(),
            "tracking: run memory has ended FINISHED and cannot end FAILED too; call finish once"
        );
    }
}
