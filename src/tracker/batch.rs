//! Many records of a run at once: names and values come in, to be logged together. Knows no run.

use super::Value;

/// Params, metrics and tags that are logged together, by [`Run::log_batch`](super::Run::log_batch).
///
/// MLflow takes 1,000 metrics, 100 params and 100 tags at once, and its client cuts what is longer into such pieces. Files
/// ask for no such limits: a batch may have any length.
///
/// ```
/// use ressenti::tracker::Batch;
///
/// let batch = (0..3).fold(Batch::new(), |batch, step| batch.metric("loss", 1.0 / f64::from(step + 1), step.into()));
/// let batch = batch.param("C", 1.0).tag("stage", "one").metric_at("f1_score", 0.8, 0, 1_700_000_000_000);
/// assert_eq!(batch.len(), 6);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct Batch<'a> {
    pub(super) params: Vec<(&'a str, Value<'a>)>,
    pub(super) metrics: Vec<(&'a str, Point)>,
    pub(super) tags: Vec<(&'a str, &'a str)>,
}

/// A value of a metric to log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) value: f64,
    pub(super) step: i64,
    /// The time of logging, unless one is given.
    pub(super) timestamp_ms: Option<i64>,
}

impl<'a> Batch<'a> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a setting, as [`Tracker::log_param`](super::Tracker::log_param).
    pub fn param(mut self, key: &'a str, value: impl Into<Value<'a>>) -> Self {
        self.params.push((key, value.into()));
        self
    }

    /// Adds a figure, as [`Tracker::log_metric`](super::Tracker::log_metric).
    pub fn metric(mut self, key: &'a str, value: f64, step: i64) -> Self {
        self.metrics.push((key, Point { value, step, timestamp_ms: None }));
        self
    }

    /// Adds a figure of a given time, in milliseconds since 1970 UTC, not negative.
    pub fn metric_at(mut self, key: &'a str, value: f64, step: i64, timestamp_ms: i64) -> Self {
        self.metrics.push((key, Point { value, step, timestamp_ms: Some(timestamp_ms) }));
        self
    }

    /// Adds a note, as [`Tracker::set_tag`](super::Tracker::set_tag).
    pub fn tag(mut self, key: &'a str, value: &'a str) -> Self {
        self.tags.push((key, value));
        self
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.params.len() + self.metrics.len() + self.tags.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
