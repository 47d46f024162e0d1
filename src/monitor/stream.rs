//! What a monitor knows, in one piece that one thread works on at a time: recorded requests come in, in the order in which
//! they were taken from the buffers.
//!
//! How they get here without anybody waiting is not known here.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::drift::{PageHinkley, Shift};
use super::figures::{Event, Figures, Outcome};
use super::params::MonitorParams;
use super::volume::UsualVolume;
use super::window::{CountWindow, TimeWindow};
use crate::pipeline::Answer;

/// Shifts that are remembered.
pub(super) const MOST_SHIFTS: usize = 32;
/// Two times that are further apart, in milliseconds, want a third one to tell which of them is of a wrong clock.
const DAY: u64 = 86_400_000;

/// An answer that was not sure.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::{Clock, ManualClock, Monitor, MonitorParams, Span};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let params = MonitorParams::default().low_confidence(0.9).keep_text_starts(true);
/// let (monitor, clock) = (Monitor::with(&pipeline, params)?, ManualClock::default());
/// monitor.predict(&pipeline, "@sky lost again", &clock)?;
/// let record = &monitor.snapshot(Span::All, clock.now()).low_confidence[0];
/// assert_eq!((record.label.as_str(), record.text_length), ("negative", 15));
/// assert_eq!(record.text_start.as_deref(), Some("<user> lost again"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LowConfidence {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What the answer was.
    pub label: String,
    /// Its probability.
    pub confidence: f64,
    /// How long the text is, in characters.
    pub text_length: u64,
    /// How it begins, scrubbed, where [that is kept](MonitorParams::keep_text_starts).
    pub text_start: Option<String>,
}

/// A shift that a sequential detector found in the stream.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::{Clock, ManualClock, Monitor, Span};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let (monitor, clock) = (Monitor::of(&pipeline), ManualClock::default());
/// for i in 0..4_000 {
///     monitor.record_outcome(i < 3_000 || i % 2 == 0, clock.now()); // right until then
/// }
/// let shifts = monitor.snapshot(Span::All, clock.now()).shifts;
/// assert_eq!((shifts[0].of.as_str(), shifts[0].shift.up), ("correctness", false));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundShift {
    /// When it was found, in milliseconds since 1970.
    pub at_ms: u64,
    /// What shifted: `scores` or `correctness`.
    pub of: String,
    /// How.
    pub shift: Shift,
}

/// All that a monitor knows, but for words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stream {
    pub(super) began: Option<u64>,
    /// Whether another request came within a day of that one.
    #[serde(default)]
    began_is_sure: bool,
    /// A time long before it, of a clock that was wrong then or ran ahead before; the next request tells.
    #[serde(default)]
    doubtful: Option<u64>,
    /// Since when this process has watched: the first request, or the first look for silence.
    #[serde(default)]
    watched: Option<u64>,
    pub(super) total: Figures,
    pub(super) by_time: TimeWindow,
    pub(super) by_count: CountWindow,
    pub(super) volume: UsualVolume,
    pub(super) low: VecDeque<LowConfidence>,
    pub(super) shifts: VecDeque<FoundShift>,
    scores: PageHinkley,
    correctness: PageHinkley,
}

impl Stream {
    pub(super) fn new(params: &MonitorParams, n_classes: usize) -> Self {
        let steps = params.requests_per_day / params.false_alarms_per_day;
        Self {
            began: None,
            began_is_sure: false,
            doubtful: None,
            watched: None,
            total: Figures::new(n_classes),
            by_time: TimeWindow::new(params.slot_ms, params.slots, n_classes),
            by_count: CountWindow::new(params.recent, n_classes),
            volume: UsualVolume::default(),
            low: VecDeque::new(),
            shifts: VecDeque::new(),
            scores: PageHinkley::new(0.25, steps),
            correctness: PageHinkley::new(0.25, steps),
        }
    }

    pub(super) fn record(&mut self, event: Event, params: &MonitorParams, classes: &[String]) {
        self.begin(event.at);
        self.watched.get_or_insert(event.at);
        self.total.record(&event, params.low_confidence);
        self.by_time.record(&event, params.low_confidence);
        self.by_count.record(&event, params.low_confidence, classes.len());
        self.volume.record(event.at);
        let Outcome::Answer(answer, start) = event.outcome else { return };
        if let Some(shift) = self.scores.record(answer.score.into()) {
            self.found("scores", shift, event.at);
        }
        if f64::from(answer.probability) < params.low_confidence && params.low_records > 0 {
            self.low.truncate(params.low_records - 1);
            self.low.push_front(LowConfidence {
                at_ms: event.at,
                label: label(&answer, classes),
                confidence: answer.probability.into(),
                text_length: answer.characters.into(),
                text_start: start.map(String::from),
            });
        }
    }

    /// The time of the first request; but one that is a day and more from all others was of a wrong clock.
    fn begin(&mut self, at: u64) {
        let Some(began) = self.began else {
            self.began = Some(at);
            return;
        };
        let doubtful = self.doubtful.take();
        if at.saturating_add(DAY) < began {
            // What was stored may be of a clock that ran ahead: then it is so of the next request as well.
            match doubtful.filter(|before| before.abs_diff(at) <= DAY) {
                Some(before) => (self.began, self.began_is_sure) = (Some(before.min(at)), true),
                None => self.doubtful = Some(at),
            }
        } else if at > began.saturating_add(DAY) && !self.began_is_sure {
            self.began = Some(at);
        } else {
            self.began_is_sure = true;
            self.began = Some(began.min(at));
        }
    }

    /// Since when it is watched whether requests come: as far as is known now, and from now on if it was not known.
    pub(super) fn watched_since(&mut self, now: u64) -> u64 {
        let since = self.watched.get_or_insert(now);
        // A clock that ran ahead has not watched anything yet.
        *since = now.min(*since);
        *since
    }

    /// What was counted before a pause says nothing of how many requests came during it.
    pub(super) fn pause(&mut self) {
        self.volume.pause();
        self.watched = None;
    }

    pub(super) fn record_outcome(&mut self, right: bool, at: u64) {
        if let Some(shift) = self.correctness.record(f64::from(u8::from(right))) {
            self.found("correctness", shift, at);
        }
    }

    fn found(&mut self, of: &str, shift: Shift, at_ms: u64) {
        self.shifts.truncate(MOST_SHIFTS - 1);
        self.shifts.push_front(FoundShift { at_ms, of: of.to_owned(), shift });
    }

    pub(super) fn fits(&self, params: &MonitorParams, n_classes: usize) -> bool {
        self.total.fits(n_classes)
            && self.by_time.fits(params.slot_ms, params.slots, n_classes)
            && self.by_count.fits(params.recent, n_classes)
            && self.volume.is_sound()
            && self.low.len() <= params.low_records
            && self.shifts.len() <= MOST_SHIFTS
            && self.scores.is_sound()
            && self.correctness.is_sound()
    }
}

fn label(answer: &Answer, classes: &[String]) -> String {
    classes.get(usize::from(answer.class)).cloned().unwrap_or_else(|| "other".to_owned())
}
