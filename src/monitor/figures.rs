//! Requests come in as they were answered, counts and histograms come out. At which time they came is not known here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::histogram::{Histogram, Scale};
use crate::pipeline::{Answer, Shape};

/// Kinds of errors that are told apart; all further ones are `other`.
const MOST_KINDS: usize = 32;

/// What is remembered of one request.
#[derive(Debug)]
pub(super) struct Event {
    /// Milliseconds since 1970.
    pub(super) at: u64,
    /// In nanoseconds.
    pub(super) latency: u64,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer; of an unsure one the start of the text, where it is kept.
    Answer(Answer, Option<Box<str>>),
    /// The kind of an error.
    Error(Cow<'static, str>),
}

/// Counts and histograms of some requests: those of two streams add up to those of both, exactly and in any order.
///
/// ```
/// use std::time::Duration;
/// use ressenti::Pipeline;
/// use ressenti::monitor::{Clock, ManualClock, Monitor, Span};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let (monitor, clock) = (Monitor::of(&pipeline), ManualClock::default());
/// for text in ["a lovely flight", " ", "lost again"] {
///     let _ = monitor.predict(&pipeline, text, &clock);
/// }
/// let figures = monitor.snapshot(Span::All, clock.now()).figures;
/// assert_eq!((figures.requests(), figures.errors["EmptyText"]), (3, 1));
/// assert_eq!(figures.error_rate(), Some(1.0 / 3.0));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Figures {
    /// Requests that failed, by the kind of their error: the name of the [`Error`]'s variant, or what
    /// [`record_error`](super::Monitor::record_error) was told.
    pub errors: BTreeMap<String, u64>,
    /// Answers less sure than [`MonitorParams::low_confidence`](super::MonitorParams::low_confidence).
    pub low_confidence: u64,
    /// How long requests took, in nanoseconds, failed ones included.
    pub latency: Histogram,
    /// Labels, scores, lengths and unknown tokens of what was answered.
    pub shape: Shape,
}

impl Figures {
    pub(super) fn new(n_classes: usize) -> Self {
        Self {
            errors: BTreeMap::new(),
            low_confidence: 0,
            latency: Histogram::new(Scale::Log),
            shape: Shape::new(n_classes),
        }
    }

    pub(super) fn record(&mut self, event: &Event, low_confidence: f64) {
        self.latency.record(event.latency);
        match &event.outcome {
            Outcome::Answer(answer, _) => {
                self.shape.record(answer);
                let low = f64::from(answer.probability) < low_confidence;
                self.low_confidence = self.low_confidence.saturating_add(low.into());
            }
            Outcome::Error(kind) => self.add_errors(kind, 1),
        }
    }

    fn add_errors(&mut self, kind: &str, n: u64) {
        if let Some(count) = self.errors.get_mut(kind) {
            *count = count.saturating_add(n);
        } else {
            let kind = if self.errors.len() < MOST_KINDS { kind } else { "other" };
            let count = self.errors.entry(kind.to_owned()).or_insert(0);
            *count = count.saturating_add(n);
        }
    }

    /// Adds those of another monitor of the same classes.
    ///
    /// Errors: [`Error::InvalidValues`] for another number of classes, and where either does not add up.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        let (own, theirs) = (self.shape.labels.len(), other.shape.labels.len());
        let problem = if own != theirs {
            format!("those of {theirs} classes cannot be merged into those of {own}")
        } else if !(self.fits(own) && other.fits(own)) {
            "their counts do not add up; merge what monitors have written, unchanged".to_owned()
        } else {
            self.absorb(other);
            return Ok(());
        };
        Err(Error::InvalidValues { what: "figures", problem })
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        other.errors.iter().for_each(|(kind, &n)| self.add_errors(kind, n));
        self.low_confidence = self.low_confidence.saturating_add(other.low_confidence);
        self.latency.absorb(&other.latency);
        self.shape.absorb(&other.shape);
    }

    pub(super) fn clear(&mut self) {
        self.errors.clear();
        self.low_confidence = 0;
        self.latency.clear();
        self.shape.clear();
    }

    pub(super) fn fits(&self, n_classes: usize) -> bool {
        self.shape.fits(n_classes)
            && self.latency.scale() == Scale::Log
            && self.low_confidence <= self.shape.texts()
            && self.failed() <= self.requests()
            && self.errors.len() <= MOST_KINDS + 1
    }

    /// How many requests there were: answers and errors.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.latency.count()
    }

    /// How many requests failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.errors.values().fold(0, |sum, &n| sum.saturating_add(n))
    }

    /// The share of requests that failed; `None` without one.
    #[must_use]
    pub fn error_rate(&self) -> Option<f64> {
        share(self.failed(), self.requests())
    }

    /// The share of answers that were not sure; `None` without one.
    #[must_use]
    pub fn low_confidence_rate(&self) -> Option<f64> {
        share(self.low_confidence, self.shape.texts())
    }

    /// A quantile of the latency in milliseconds, at most 3.2 % off: 0.5, 0.95 and 0.99 are usual, 1.0 is the greatest and
    /// exact. `None` without a request.
    #[must_use]
    pub fn latency_ms(&self, quantile: f64) -> Option<f64> {
        let nanos =
            if quantile >= 1.0 { self.latency.max() } else { self.latency.quantile(quantile) };
        nanos.map(|nanos| nanos as f64 / 1e6)
    }
}

/// `part` of `all`, if there is any.
pub(super) fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

/// The name of an error's variant.
pub(super) fn kind_of(error: &Error) -> String {
    let text = format!("{error:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_known_by_their_variants_and_bounded() {
        assert_eq!(kind_of(&Error::EmptyText), "EmptyText");
        assert_eq!(kind_of(&Error::NoTexts { task: "train on" }), "NoTexts");
        let mut figures = Figures::new(2);
        for i in 0..100 {
            let outcome = Outcome::Error(format!("kind {i:02}").into());
            figures.record(&Event { at: 0, latency: 1, outcome }, 0.6);
        }
        assert_eq!((figures.errors.len(), figures.errors["other"]), (MOST_KINDS + 1, 68));
        assert_eq!((figures.failed(), figures.requests()), (100, 100));
        let mut wrong = figures.clone();
        wrong.low_confidence = u64::MAX;
        let text = "invalid figures: their counts do not add up; merge what monitors have written, unchanged";
        assert_eq!(figures.merge(&wrong).unwrap_err().to_string(), text);
        assert_eq!(wrong.merge(&figures).unwrap_err().to_string(), text);
        let error = figures.merge(&Figures::new(3)).unwrap_err();
        let text = "invalid figures: those of 3 classes cannot be merged into those of 2";
        assert_eq!(error.to_string(), text);
    }
}
