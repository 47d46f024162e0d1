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

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Write};
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    /// Writes each event as a line.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<String>>);

    struct Fields<'a>(&'a mut String);

    impl Visit for Fields<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            let _ = write!(self.0, " {}={value:?}", field.name());
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut text = self.0.lock().unwrap();
            let _ = write!(text, "{} {}", event.metadata().level(), event.metadata().target());
            event.record(&mut Fields(&mut text));
            text.push('\n');
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn each_call_is_an_event_with_its_fields() {
        let lines = Lines::default();
        tracing::subscriber::with_default(lines.clone(), || {
            let run = TracingTracker::new("search");
            run.log_param("C", 1.0.into()).unwrap();
            run.log_metric("loss", 0.5, 3).unwrap();
            run.set_tag("note", "one").unwrap();
            run.log_artifact("a/b", b"xyz").unwrap();
            run.child("trial 1").unwrap().finish(RunStatus::Failed).unwrap();
            run.finish(RunStatus::Finished).unwrap();
        });
        let expected = [
            "INFO ressenti::run message=param run=\"search\" key=\"C\" value=1.0",
            "INFO ressenti::run message=metric run=\"search\" key=\"loss\" value=0.5 step=3",
            "INFO ressenti::run message=tag run=\"search\" key=\"note\" value=\"one\"",
            "INFO ressenti::run message=artifact run=\"search\" path=\"a/b\" bytes=3",
            "INFO ressenti::run message=start run=\"search/trial 1\"",
            "WARN ressenti::run message=end run=\"search/trial 1\" status=\"FAILED\"",
            "INFO ressenti::run message=end run=\"search\" status=\"FINISHED\"",
        ];
        let text = lines.0.lock().unwrap().clone();
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }
}
