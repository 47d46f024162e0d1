//! How a monitor is set: plain data with checks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The most answers that were not sure that are kept.
pub(super) const MOST_LOW_RECORDS: usize = 10_000;

/// Settings of a [`Monitor`](super::Monitor); the defaults take less than 2 MB.
///
/// ```
/// use std::time::Duration;
/// use ressenti::monitor::MonitorParams;
///
/// let params = MonitorParams::default().low_confidence(0.7).window(Duration::from_secs(15), 80);
/// let json = serde_json::to_string(&params).unwrap();
/// assert_eq!(serde_json::from_str::<MonitorParams>(&json).unwrap(), params);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct MonitorParams {
    pub(super) low_confidence: f64,
    pub(super) low_records: usize,
    pub(super) keep_text_starts: bool,
    pub(super) slot_ms: u64,
    pub(super) slots: usize,
    pub(super) recent: u64,
    pub(super) word_sampling: u64,
    pub(super) word_span: u64,
    pub(super) shards: usize,
    pub(super) requests_per_day: f64,
    pub(super) false_alarms_per_day: f64,
}

impl Default for MonitorParams {
    fn default() -> Self {
        Self {
            low_confidence: 0.6,
            low_records: 100,
            keep_text_starts: false,
            slot_ms: 10_000,
            slots: 72,
            recent: 10_000,
            word_sampling: 8,
            word_span: 1_000,
            shards: 8,
            requests_per_day: 1e6,
            false_alarms_per_day: 0.01,
        }
    }
}

impl MonitorParams {
    /// Answers whose probability is below this are not sure. Default: 0.6; range: 0 to 1.
    pub fn low_confidence(mut self, probability: f64) -> Self {
        self.low_confidence = probability;
        self
    }

    /// How many of the last answers that were not sure are kept. Default: 100; range: 0 to 10,000.
    pub fn low_records(mut self, n: usize) -> Self {
        self.low_records = n;
        self
    }

    /// Whether the first 50 characters of a text are kept with an answer that was not sure, scrubbed of handles, links, e-mail
    /// addresses and whatever has a digit. Default: false. Names stay: ask your data protection officer.
    pub fn keep_text_starts(mut self, keep: bool) -> Self {
        self.keep_text_starts = keep;
        self
    }

    /// The sliding window: so many slots of so much time. Default: 72 of 10 s, twelve minutes; the default alerts look back on
    /// eleven. Range: slots of 1 ms to a day, 2 to 1,000 of them; each takes about 6 kB.
    pub fn window(mut self, slot: Duration, slots: usize) -> Self {
        self.slot_ms = super::clock::millis(slot);
        self.slots = slots;
        self
    }

    /// How many requests the window by count holds; it slides by a tenth of them. Default: 10,000; range: 10 to 10⁹.
    pub fn recent(mut self, requests: u64) -> Self {
        self.recent = requests;
        self
    }

    /// Of how many texts one is looked at for its words, in the mean. Default: 8; to look at one takes some microseconds.
    /// Range: 1 and more.
    pub fn word_sampling(mut self, one_in: u64) -> Self {
        self.word_sampling = one_in;
        self
    }

    /// Words are those of the last one to two times so many texts that were looked at. Default: 1,000; range: 1 to 10⁶.
    pub fn word_span(mut self, texts: u64) -> Self {
        self.word_span = texts;
        self
    }

    /// Buffers that recording threads share: as many as threads that score at once, or more. Default: 8; range: 1 to 256.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// What the sequential detectors are set for: at most so many false alarms a day, in the mean, each, at so many requests a
    /// day. Default: 0.01 at 10⁶. Range: above 0.
    pub fn false_alarms(mut self, per_day: f64, requests_per_day: f64) -> Self {
        self.false_alarms_per_day = per_day;
        self.requests_per_day = requests_per_day;
        self
    }

    pub(super) fn validate(&self) -> Result<()> {
        let refuse =
            |name, found: String, expected| Err(Error::InvalidParameter { name, found, expected });
        if !(0.0..=1.0).contains(&self.low_confidence) {
            let expected =
                "is outside 0.0..=1.0; use the probability below which an answer is not sure";
            return refuse("low_confidence", self.low_confidence.to_string(), expected);
        }
        let in_range = [
            (
                "low_records",
                self.low_records as u64,
                0..=MOST_LOW_RECORDS as u64,
                "is outside 0..=10,000",
            ),
            ("window", self.slot_ms, 1..=86_400_000, "ms is no slot; use 1 ms to a day"),
            ("window", self.slots as u64, 2..=1_000, "slots are outside 2..=1,000"),
            ("recent", self.recent, 10..=1_000_000_000, "is outside 10..=1,000,000,000"),
            ("word_sampling", self.word_sampling, 1..=u64::MAX, "is not 1 or more"),
            ("word_span", self.word_span, 1..=1_000_000, "is outside 1..=1,000,000"),
            ("shards", self.shards as u64, 1..=256, "is outside 1..=256"),
        ];
        for (name, found, range, expected) in in_range {
            if !range.contains(&found) {
                return refuse(name, found.to_string(), expected);
            }
        }
        for found in [self.false_alarms_per_day, self.requests_per_day] {
            if !(found > 0.0 && found.is_finite()) {
                return refuse("false_alarms", found.to_string(), "is not above 0");
            }
        }
        Ok(())
    }
}
