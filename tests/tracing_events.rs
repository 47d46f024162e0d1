//! Runs, answers that are not sure, errors and alerts are events with the fields that dashboards look for.
//!
//! A program of its own: who is interested in an event is settled for all threads at once, and threads of other tests have no
//! subscriber.
#![cfg(feature = "tracing")]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ressenti::Pipeline;
use ressenti::monitor::{
    Alerts, Clock, Condition, ManualClock, Monitor, MonitorParams, Rule, TracingSink,
};
use ressenti::tracker::{RunStatus, TracingTracker, Tracker};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps events as lines of text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("ressenti")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn events_have_the_fields_of_the_dashboards() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let texts = ["lovely crew", "lost bag"];
        let pipeline = Pipeline::builder().fit(&texts, &["positive", "negative"]).unwrap();
        let params = MonitorParams::default().low_confidence(0.9).keep_text_starts(true);
        let (monitor, clock) = (Monitor::with(&pipeline, params).unwrap(), ManualClock::default());
        let prediction = pipeline.predict("@sky lost").unwrap();
        monitor.record("@sky lost", &prediction, Duration::from_millis(3), clock.now());
        for _ in 0..10 {
            monitor.record_error("timeout", Duration::from_millis(9), clock.now());
        }
        let rule = Rule::new("errors", Condition::ErrorRate { above: 0.05 });
        let mut alerts = Alerts::new(vec![rule]).unwrap();
        alerts.check(&monitor, clock.now(), &TracingSink).unwrap();
    });
    let lines = lines.0.lock().unwrap();
    for part in [
        "message=low confidence",
        "prediction=\"negative\"",
        "confidence=0.",
        "text_length=9",
        "text_start=\"<user> lost\"",
        "latency_ms=3.0",
    ] {
        assert!(
            lines[0].starts_with("WARN ressenti ") && lines[0].contains(part),
            "{part}: {}",
            lines[0]
        );
    }
    assert_eq!(
        lines[1],
        "ERROR ressenti message=prediction failed error=\"timeout\" latency_ms=9.0"
    );
    let last = lines.last().unwrap();
    assert!(
        last.starts_with("WARN ressenti message=firing: ") && last.contains("rule=\"errors\""),
        "{last}"
    );
}

#[test]
fn each_call_of_a_tracker_is_an_event_with_its_fields() {
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
    assert_eq!(*lines.0.lock().unwrap(), expected);
}
