//! One run told to several trackers: calls come in, and each goes out to all of them, whatever one of them answers.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{RunStatus, Tracker, Value};
use crate::error::{Error, Result, TrackingError};

/// Tells every tracker everything. One that fails keeps none of the others from it; the call then returns its error, or, if
/// several fail, one with what each of them said.
///
/// A run inside is started with each of them; of one that cannot, the others go on, and its error comes when that run is
/// finished.
///
/// ```
/// use ressenti::tracker::{FanOutTracker, MemoryTracker, Tracker};
///
/// let (here, there) = (MemoryTracker::default(), MemoryTracker::default());
/// let run = FanOutTracker::new().to(&here).to(there.clone());
/// run.log_metric("accuracy", 0.92, 0)?;
/// assert_eq!(here.snapshot(), there.snapshot());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct FanOutTracker<'t> {
    trackers: Vec<Box<dyn Tracker + 't>>,
    /// Why some have no run here; told when it would have ended.
    absent: Mutex<Vec<Error>>,
}

impl<'t> FanOutTracker<'t> {
    /// Of no tracker yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more, which is told last.
    pub fn to(mut self, tracker: impl Tracker + 't) -> Self {
        self.trackers.push(Box::new(tracker));
        self
    }

    fn each(&self, tell: impl Fn(&dyn Tracker) -> Result<()>) -> Result<()> {
        let answers = self.trackers.iter().map(|tracker| tell(&**tracker));
        one_of(answers.filter_map(Result::err).collect(), self.trackers.len())
    }
}

/// One error of several.
fn one_of(mut errors: Vec<Error>, of: usize) -> Result<()> {
    if errors.len() < 2 {
        return errors.pop().map_or(Ok(()), Err);
    }
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let text = format!("{} of {of} trackers failed: {}", texts.len(), texts.join("; "));
    Err(TrackingError::Other(text).into())
}

impl Tracker for FanOutTracker<'_> {
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
        self.each(|tracker| tracker.log_param(key, value.clone()))
    }

    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        self.each(|tracker| tracker.log_metric(key, value, step))
    }

    fn set_tag(&self, key: &str, value: &str) -> Result<()> {
        self.each(|tracker| tracker.set_tag(key, value))
    }

    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.each(|tracker| tracker.log_artifact(path, bytes))
    }

    fn child(&self, name: &str) -> Result<Box<dyn Tracker>> {
        let (mut children, mut errors) = (FanOutTracker::new(), Vec::new());
        for tracker in &self.trackers {
            match tracker.child(name) {
                Ok(child) => children.trackers.push(child),
                Err(error) => errors.push(error),
            }
        }
        if children.trackers.is_empty() {
            one_of(errors, self.trackers.len())?;
            return Ok(Box::new(children));
        }
        children.absent = Mutex::new(errors);
        Ok(Box::new(children))
    }

    fn finish(&self, status: RunStatus) -> Result<()> {
        let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut errors = std::mem::take(&mut *absent);
        let of = self.trackers.len() + errors.len();
        errors
            .splice(0..0, self.trackers.iter().filter_map(|tracker| tracker.finish(status).err()));
        one_of(errors, of)
    }
}

impl fmt::Debug for FanOutTracker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FanOutTracker").field("trackers", &self.trackers.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryTracker;
    use super::*;

    /// Whatever is asked of it, it has no room.
    struct Full;

    impl Full {
        fn no() -> Error {
            TrackingError::Other("no room".to_owned()).into()
        }
    }

    impl Tracker for Full {
        fn log_param(&self, _: &str, _: Value<'_>) -> Result<()> {
            Err(Self::no())
        }
        fn log_metric(&self, _: &str, _: f64, _: i64) -> Result<()> {
            Err(Self::no())
        }
        fn set_tag(&self, _: &str, _: &str) -> Result<()> {
            Err(Self::no())
        }
        fn log_artifact(&self, _: &str, _: &[u8]) -> Result<()> {
            Err(Self::no())
        }
        fn child(&self, _: &str) -> Result<Box<dyn Tracker>> {
            Err(Self::no())
        }
        fn finish(&self, _: RunStatus) -> Result<()> {
            Err(Self::no())
        }
    }

    #[test]
    fn one_that_fails_keeps_no_other_from_it() {
        let (first, last) = (MemoryTracker::default(), MemoryTracker::default());
        let run = FanOutTracker::new().to(&first).to(Full).to(&last);
        let answers = [
            run.log_param("C", 1.0.into()),
            run.log_metric("loss", 0.5, 0),
            run.set_tag("note", "one"),
            run.log_artifact("report.txt", b"fine"),
        ];
        for answer in answers {
            assert_eq!(answer.unwrap_err().to_string(), "tracking: no room");
        }
        let child = run.child("inside").unwrap();
        child.log_metric("loss", 0.25, 0).unwrap();
        assert_eq!(child.finish(RunStatus::Finished).unwrap_err().to_string(), "tracking: no room");
        child.finish(RunStatus::Finished).unwrap();
        run.finish(RunStatus::Finished).unwrap_err();

        let record = first.snapshot();
        assert_eq!(record, last.snapshot());
        assert_eq!((record.params.len(), record.tags.len(), record.artifacts.len()), (1, 1, 1));
        assert_eq!(record.children[0].1.metrics["loss"], [(0, 0.25)]);
        assert_eq!(record.children[0].1.status, Some(RunStatus::Finished));
        assert_eq!(record.status, Some(RunStatus::Finished));
    }

    #[test]
    fn several_that_fail_are_all_heard() {
        let run = FanOutTracker::new().to(Full).to(MemoryTracker::default()).to(Full);
        let text = "tracking: 2 of 3 trackers failed: tracking: no room; tracking: no room";
        assert_eq!(run.set_tag("note", "one").unwrap_err().to_string(), text);
        let child = FanOutTracker::new().to(Full).to(Full).child("inside");
        assert!(child.is_err_and(|error| error.to_string().contains("2 of 2 trackers failed")));
        FanOutTracker::new().child("inside").unwrap().finish(RunStatus::Failed).unwrap();
    }
}
