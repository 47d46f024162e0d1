//! What a monitor knew at a moment, as plain data: to be shown, stored, sent, and put together with that of other machines.

use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::params::MOST_LOW_RECORDS;
use super::stream::{FoundShift, LowConfidence, MOST_SHIFTS};
use super::words::WordFigures;
use crate::error::{Error, Result};

/// Of which requests a [`Snapshot`] is.
///
/// ```
/// use std::time::Duration;
/// use ressenti::monitor::Span;
///
/// assert_ne!(Span::Last(Duration::from_secs(60)), Span::All);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Span {
    /// All since the monitor began.
    All,
    /// Those of the last so much time, in whole slots of the [window](super::MonitorParams::window), at most all of it.
    Last(std::time::Duration),
    /// The [last so many](super::MonitorParams::recent).
    Recent,
}

/// What a monitor knew at a moment.
///
/// Snapshots of several threads or machines that serve the same model can be merged: counts and histograms add up exactly,
/// frequent words within the bound of [`Hitters`](super::Hitters). Those of *one* monitor are not to be, not even of spans that
/// do not overlap: each has the same words of the last texts, and all requests that were dropped since the monitor began, which
/// would count again.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::{Clock, ManualClock, Monitor, Snapshot, Span};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let clock = ManualClock::default();
/// let snapshot = |text| -> ressenti::Result<Snapshot> {
///     let monitor = Monitor::of(&pipeline);
///     monitor.predict(&pipeline, text, &clock)?;
///     Ok(monitor.snapshot(Span::All, clock.now()))
/// };
/// let mut both = snapshot("lovely")?;
/// both.merge(&snapshot("lost again")?)?;
/// assert_eq!(both.figures.shape.labels, [1, 1]);
/// assert_eq!(both.label_share("positive"), Some(0.5));
/// let json = serde_json::to_string(&both).unwrap();
/// assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), both);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The labels that the model can answer with.
    pub classes: Vec<String>,
    /// Since when, in milliseconds since 1970.
    pub from_ms: u64,
    /// Until when.
    pub to_ms: u64,
    /// Counts and histograms of the span.
    pub figures: Figures,
    /// Requests that were not recorded since the monitor began, because all buffers were in use.
    pub dropped: u64,
    /// The words of the last texts that were looked at, whatever the span.
    pub words: WordFigures,
    /// The digest of the words of the profile: what [`counts`](WordFigures::counts) are of.
    #[serde(default)]
    pub profile_words: String,
    /// The last answers of the span that were not sure, the newest first; of merged snapshots at most 10,000.
    pub low_confidence: Vec<LowConfidence>,
    /// Shifts that the sequential detectors found in the span, the newest first; of merged snapshots too the last 32.
    pub shifts: Vec<FoundShift>,
}

impl Snapshot {
    /// Adds what another monitor of the same model knew; see [above](Self) for snapshots of the same monitor.
    ///
    /// Errors: [`Error::InvalidValues`] for one of other classes, or with other words in its profile, and where the counts of
    /// either do not add up.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        let refuse = |problem| Err(Error::InvalidValues { what: "snapshot", problem });
        if self.classes != other.classes {
            let (own, theirs) = (&self.classes, &other.classes);
            return refuse(format!(
                "one of classes {theirs:?} cannot be merged into one of {own:?}"
            ));
        }
        if self.words.counts.len() != other.words.counts.len()
            || self.profile_words != other.profile_words
        {
            return refuse("the words of another profile cannot be merged into it".to_owned());
        }
        self.figures.merge(&other.figures)?;
        self.words.absorb(&other.words);
        self.from_ms = self.from_ms.min(other.from_ms);
        self.to_ms = self.to_ms.max(other.to_ms);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.low_confidence.extend_from_slice(&other.low_confidence);
        self.low_confidence.sort_by_key(|record| std::cmp::Reverse(record.at_ms));
        self.low_confidence.truncate(MOST_LOW_RECORDS);
        self.shifts.extend_from_slice(&other.shifts);
        self.shifts.sort_by_key(|found| std::cmp::Reverse(found.at_ms));
        self.shifts.truncate(MOST_SHIFTS);
        Ok(())
    }

    /// The share of a label among the answers; `None` for a label that is no class, or without an answer.
    #[must_use]
    pub fn label_share(&self, label: &str) -> Option<f64> {
        let class = self.classes.iter().position(|class| class == label)?;
        super::figures::share(*self.figures.shape.labels.get(class)?, self.figures.shape.texts())
    }

    /// Requests in a second, over the span; `None` if it is empty.
    #[must_use]
    pub fn requests_per_second(&self) -> Option<f64> {
        let millis = self.to_ms.saturating_sub(self.from_ms);
        (millis > 0).then(|| self.figures.requests() as f64 * 1e3 / millis as f64)
    }
}
