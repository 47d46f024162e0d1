//! A tracker for a system of your own: here one that takes a line of text for each record, over a channel.
//!
//! ```text
//! cargo run --example own_tracker
//! ```
//!
//! You will see the records of a training and an evaluation, as that system gets them; of files only their length. What
//! cannot be sent is an error, which training collects.

use std::sync::mpsc::{Sender, channel};

use ressenti::tracker::{RunStatus, Tracker, Value};
use ressenti::{FitOptions, Pipeline, Result, TrackingError};

/// A run of the system: a name, and the way there.
struct Line {
    run: String,
    to: Sender<String>,
}

impl Line {
    fn send(&self, text: &str) -> Result<()> {
        let sent = self.to.send(format!("{}: {text}", self.run));
        sent.map_err(|_| TrackingError::Other("nobody listens any more".to_owned()).into())
    }
}

impl Tracker for Line {
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
        self.send(&format!("param {key} = {value}"))
    }
    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        self.send(&format!("metric {key} = {value} at step {step}"))
    }
    fn set_tag(&self, key: &str, value: &str) -> Result<()> {
        self.send(&format!("tag {key} = {value}"))
    }
    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.send(&format!("file {path} of {} bytes", bytes.len()))
    }
    fn child(&self, name: &str) -> Result<Box<dyn Tracker>> {
        Ok(Box::new(Line { run: format!("{}/{name}", self.run), to: self.to.clone() }))
    }
    fn finish(&self, status: RunStatus) -> Result<()> {
        self.send(status.name())
    }
}

fn main() -> Result<()> {
    let (to, system) = channel();
    let run = Line { run: "baseline".to_owned(), to };
    let (texts, labels) = (["good crew", "bad crew", "so good", "so bad"], [1, 0, 1, 0]);
    let pipeline =
        Pipeline::builder().fit_with(&texts, &labels, &FitOptions::new().tracker(&run))?;
    pipeline.evaluate_with(&["a good seat", "a bad seat"], &[1, 0], &run)?;
    pipeline.log_to(&run)?;
    run.finish(RunStatus::Finished)?;
    drop(run);
    for line in system {
        println!("{line}");
    }
    Ok(())
}
