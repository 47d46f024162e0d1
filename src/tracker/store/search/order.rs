//! In which order a search gives runs: keys to sort by, and what is equal by all of them as MLflow orders it.
//!
//! Numbers come first in the order asked for, then NaN, then runs without the key, whether ascending or not. Texts are
//! compared by code point: `"10" < "2"`. Equal runs: the latest first, then by id.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::str::FromStr;

use super::filter::{Facts, Field, TextAttribute, TimeAttribute};
use super::parse;
use crate::error::{Error, Result};

/// Something to sort runs by; ascending, unless [`desc`](Self::desc) is called.
///
/// ```
/// use ressenti::tracker::Order;
///
/// let text: Order = "metrics.`val/f1` DESC".parse()?;
/// assert_eq!(text, Order::metric("val/f1").desc());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub(super) field: Field,
    pub(super) descending: bool,
}

macro_rules! attributes {
    ($($(#[$doc:meta])* $name:ident = $field:expr;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name() -> Self {
            Self { field: $field, descending: false }
        }
    )*};
}

impl Order {
    /// By the value of a metric.
    #[must_use]
    pub fn metric(key: impl Into<String>) -> Self {
        Self { field: Field::Metric(key.into()), descending: false }
    }

    /// By a setting, as text.
    #[must_use]
    pub fn param(key: impl Into<String>) -> Self {
        Self { field: Field::Param(key.into()), descending: false }
    }

    /// By a note.
    #[must_use]
    pub fn tag(key: impl Into<String>) -> Self {
        Self { field: Field::Tag(key.into()), descending: false }
    }

    attributes! {
        /// By when it started.
        start_time = Field::Time(TimeAttribute::Start);
        /// By when it ended; runs that have not come last.
        end_time = Field::Time(TimeAttribute::End);
        /// By id.
        run_id = Field::Text(TextAttribute::RunId);
        /// By name.
        run_name = Field::Text(TextAttribute::RunName);
        /// By MLflow's word for where it stands.
        status = Field::Text(TextAttribute::Status);
        /// By who started it.
        user_id = Field::Text(TextAttribute::UserId);
        /// By where its artifacts are.
        artifact_uri = Field::Text(TextAttribute::ArtifactUri);
    }

    /// The greatest first.
    #[must_use]
    pub fn desc(mut self) -> Self {
        self.descending = true;
        self
    }

    /// The smallest first, as it is without.
    #[must_use]
    pub fn asc(mut self) -> Self {
        self.descending = false;
        self
    }
}

impl FromStr for Order {
    type Err = Error;

    /// Reads MLflow's text, such as `metrics.f1_score DESC`.
    fn from_str(text: &str) -> Result<Self> {
        parse::order(text)
    }
}

/// What a run is sorted by.
#[derive(Debug, Clone)]
pub(super) enum Key<'a> {
    Number(f64),
    Time(i64),
    Text(Cow<'a, str>),
    Nan,
    Missing,
}

impl Order {
    pub(super) fn key<'a>(&self, run: &'a impl Facts) -> Key<'a> {
        let text = |found: Option<Cow<'a, str>>| found.map_or(Key::Missing, Key::Text);
        match &self.field {
            Field::Metric(key) => match run.metric(key) {
                Some(x) if x.is_nan() => Key::Nan,
                found => found.map_or(Key::Missing, Key::Number),
            },
            Field::Param(key) => text(run.param(key).map(Cow::Borrowed)),
            Field::Tag(key) => text(run.tag(key).map(Cow::Borrowed)),
            Field::Text(attribute) => text(run.text(*attribute)),
            Field::Time(TimeAttribute::Start) => Key::Time(run.start_time()),
            Field::Time(TimeAttribute::End) => run.end_time().map_or(Key::Missing, Key::Time),
            // Neither the builder nor the parser makes one.
            Field::Dataset(_) => Key::Missing,
        }
    }

    pub(super) fn compare(&self, a: &Key<'_>, b: &Key<'_>) -> Ordering {
        let rank = |key: &Key<'_>| match key {
            Key::Nan => 1,
            Key::Missing => 2,
            _ => 0,
        };
        let values = match (a, b) {
            (Key::Number(a), Key::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Key::Time(a), Key::Time(b)) => a.cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        rank(a).cmp(&rank(b)).then(if self.descending { values.reverse() } else { values })
    }
}
