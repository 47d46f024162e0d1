//! A monitor to plain data and back, so that a program can be stopped and go on watching where it was.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::Monitor;
use super::buffers::locked;
use super::params::MonitorParams;
use super::stream::Stream;
use super::words::{Spans, WordWatch, digest_of};
use crate::error::{Error, Result};
use crate::pipeline::{Pipeline, WordCounts};

/// The version of what is written; another one is not read.
const VERSION: u32 = 1;

/// All that a monitor knows, as data that serde can write anywhere; see [`Monitor::state`].
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::{Clock, ManualClock, Monitor, MonitorState, Span};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let (monitor, clock) = (Monitor::of(&pipeline), ManualClock::default());
/// monitor.predict(&pipeline, "lost again", &clock)?;
///
/// let json = serde_json::to_string(&monitor.state()).unwrap();
/// let state: MonitorState = serde_json::from_str(&json).unwrap();
/// let resumed = Monitor::resume(&pipeline, state)?;
/// assert_eq!(resumed.snapshot(Span::All, clock.now()), monitor.snapshot(Span::All, clock.now()));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorState {
    version: u32,
    classes: Vec<String>,
    params: MonitorParams,
    stream: Stream,
    words: Spans,
    /// Of which profile they are.
    #[serde(default)]
    profile_words: String,
    dropped: u64,
}

impl Monitor {
    /// All that it knows, to go on later with [`resume`](Self::resume).
    #[must_use]
    pub fn state(&self) -> MonitorState {
        MonitorState {
            version: VERSION,
            classes: self.classes.clone(),
            params: self.params.clone(),
            stream: self.settled(|stream| stream.clone()),
            words: locked(&self.words).spans().clone(),
            profile_words: digest_of(self.reference_words()),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }

    /// Goes on where a monitor of the same model was.
    ///
    /// Errors: [`Error::InvalidValues`] if the state is of another version of the library, of a model with other classes or
    /// another profile, or is not what a monitor can come to.
    pub fn resume(pipeline: &Pipeline, state: MonitorState) -> Result<Self> {
        let refuse = |problem| Err(Error::InvalidValues { what: "monitor state", problem });
        let MonitorState { version, classes, params, mut stream, words, profile_words, dropped } =
            state;
        if version != VERSION {
            let problem =
                format!("it has version {version}, this crate reads {VERSION}; begin anew");
            return refuse(problem);
        }
        if classes != pipeline.classes() {
            let own = pipeline.classes();
            return refuse(format!("it is of a model of classes {classes:?}, not of {own:?}"));
        }
        params.validate()?;
        let none = WordCounts::default();
        let own = pipeline.profile().map_or(&none, |profile| &profile.words);
        let n_words = own.len();
        if !words.fits(n_words) || profile_words != digest_of(own) {
            return refuse(format!("its words are not the {n_words} of the model's profile"));
        }
        if !stream.fits(&params, classes.len()) {
            return refuse("its windows do not fit its settings".to_owned());
        }
        stream.pause();
        let words = WordWatch::resume(params.word_span, words);
        let monitor = Self::new(pipeline, params, stream, Some(words));
        monitor.dropped.store(dropped, Ordering::Relaxed);
        Ok(monitor)
    }
}
