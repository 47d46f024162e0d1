//! What a search asks of a run: clauses that must all hold. Built here by methods, or read from MLflow's text (`parse.rs`).
//!
//! A run is known by its [`Facts`] alone, so it does not matter whether it was read from its files or from the index. The
//! meaning is MLflow's: a clause on what a run does not have is false, `!=` too; NaN is unequal to everything and not
//! comparable; a dataset clause holds if one of the run's datasets fulfils it.

use std::borrow::Cow;
use std::str::FromStr;

use super::like::like;
use super::{parse, write};
use crate::error::{Error, Result};

/// What must hold of a run: any number of clauses, all of them.
///
/// [`str::parse`] reads MLflow's text, the methods build the same in Rust:
///
/// ```
/// use ressenti::tracker::Filter;
///
/// let text: Filter = "metrics.f1_score >= 0.8 AND params.model ILIKE 'log%'".parse()?;
/// let built = Filter::metric("f1_score").ge(0.8).and(Filter::param("model").ilike("log%"));
/// assert_eq!(text, built);
/// assert_eq!(built.to_mlflow().unwrap(), "metrics.f1_score >= 0.8 AND params.model ILIKE 'log%'");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub(super) clauses: Vec<Clause>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    pub(super) field: Field,
    pub(super) test: Test,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Metric(String),
    Param(String),
    Tag(String),
    Text(TextAttribute),
    Time(TimeAttribute),
    Dataset(DatasetPart),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tracker::store) enum TextAttribute {
    RunId,
    RunName,
    Status,
    UserId,
    ArtifactUri,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeAttribute {
    Start,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tracker::store) enum DatasetPart {
    Name,
    Digest,
    Context,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Number(NumberOp, f64),
    Text(TextOp, String),
    In(Vec<String>),
    NotIn(Vec<String>),
    IsNull,
    IsNotNull,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberOp {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextOp {
    Eq,
    Ne,
    Like,
    ILike,
}

/// A run as a search sees it.
pub(in crate::tracker::store) trait Facts {
    fn metric(&self, key: &str) -> Option<f64>;
    fn param(&self, key: &str) -> Option<&str>;
    fn tag(&self, key: &str) -> Option<&str>;
    fn text(&self, attribute: TextAttribute) -> Option<Cow<'_, str>>;
    fn start_time(&self) -> i64;
    fn end_time(&self) -> Option<i64>;
    fn is_deleted(&self) -> bool;
    /// Whether `test` is true of that part of one of the run's datasets that has it.
    fn any_dataset(&self, part: DatasetPart, test: &dyn Fn(&str) -> bool) -> bool;
}

/// A number of a run, still to be compared; made by [`Filter::metric`], [`Filter::start_time`] and [`Filter::end_time`].
#[derive(Debug, Clone)]
#[must_use = "compare it with something"]
pub struct NumberField(Field);

/// A text of a run, still to be compared; made by [`Filter::param`], [`Filter::tag`] and others.
#[derive(Debug, Clone)]
#[must_use = "compare it with something"]
pub struct TextField(Field);

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident: $kind:ident = $field:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> $kind {
            $kind($field)
        }
    )*};
}

impl Filter {
    /// The value of a metric.
    pub fn metric(key: impl Into<String>) -> NumberField {
        NumberField(Field::Metric(key.into()))
    }

    /// A setting, which is a text: `"10" < "9"`.
    pub fn param(key: impl Into<String>) -> TextField {
        TextField(Field::Param(key.into()))
    }

    /// A note.
    pub fn tag(key: impl Into<String>) -> TextField {
        TextField(Field::Tag(key.into()))
    }

    fields! {
        /// When the run started, in milliseconds since 1970 UTC.
        start_time: NumberField = Field::Time(TimeAttribute::Start);
        /// When it ended; a run that has not ended has no such number.
        end_time: NumberField = Field::Time(TimeAttribute::End);
        /// The run's id.
        run_id: TextField = Field::Text(TextAttribute::RunId);
        /// The run's name.
        run_name: TextField = Field::Text(TextAttribute::RunName);
        /// Where it stands, in MLflow's word such as `FINISHED`.
        status: TextField = Field::Text(TextAttribute::Status);
        /// Who started it.
        user_id: TextField = Field::Text(TextAttribute::UserId);
        /// Where its artifacts are.
        artifact_uri: TextField = Field::Text(TextAttribute::ArtifactUri);
        /// The name of one of its datasets.
        dataset_name: TextField = Field::Dataset(DatasetPart::Name);
        /// The digest of one of its datasets.
        dataset_digest: TextField = Field::Dataset(DatasetPart::Digest);
        /// What one of its datasets was for, such as `training`.
        dataset_context: TextField = Field::Dataset(DatasetPart::Context);
    }

    /// Both this and the other.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.clauses.extend(other.clauses);
        self
    }

    /// The text that MLflow reads as this filter; nothing if its grammar has none.
    ///
    /// It has none for `IN` and `IS NULL` where only this crate takes them, for a text with both kinds of quotes or with a
    /// backslash at its end, for a key with both backticks and quotes, and for NaN.
    #[must_use]
    pub fn to_mlflow(&self) -> Option<String> {
        write::filter_text(self)
    }

    pub(super) fn matches(&self, run: &impl Facts) -> bool {
        self.clauses.iter().all(|clause| clause.matches(run))
    }
}

impl FromStr for Filter {
    type Err = Error;

    /// Reads MLflow's text; the empty one matches every run. An error says at which character it is wrong and what is
    /// allowed there.
    fn from_str(text: &str) -> Result<Self> {
        parse::filter(text)
    }
}

macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident($value:ident: $type:ty) = $test:expr;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(self, $value: $type) -> Filter {
            one(self.0, $test)
        }
    )*};
}

fn one(field: Field, test: Test) -> Filter {
    Filter { clauses: vec![Clause { field, test }] }
}

macro_rules! null_tests {
    () => {
        /// Not there. Of metrics, times, attributes and datasets MLflow's text cannot ask this.
        #[must_use]
        pub fn is_null(self) -> Filter {
            one(self.0, Test::IsNull)
        }

        /// There, whatever it is.
        #[must_use]
        pub fn is_not_null(self) -> Filter {
            one(self.0, Test::IsNotNull)
        }
    };
}

impl NumberField {
    tests! {
        /// Equal.
        eq(x: f64) = Test::Number(NumberOp::Eq, x);
        /// There and unequal; NaN is unequal to all.
        ne(x: f64) = Test::Number(NumberOp::Ne, x);
        /// Greater.
        gt(x: f64) = Test::Number(NumberOp::Gt, x);
        /// Greater or equal.
        ge(x: f64) = Test::Number(NumberOp::Ge, x);
        /// Less.
        lt(x: f64) = Test::Number(NumberOp::Lt, x);
        /// Less or equal.
        le(x: f64) = Test::Number(NumberOp::Le, x);
    }
    null_tests!();
}

impl TextField {
    tests! {
        /// Equal.
        eq(x: impl Into<String>) = Test::Text(TextOp::Eq, x.into());
        /// There and unequal.
        ne(x: impl Into<String>) = Test::Text(TextOp::Ne, x.into());
        /// Of this form: `%` stands for any characters of a line, `_` for one.
        like(pattern: impl Into<String>) = Test::Text(TextOp::Like, pattern.into());
        /// Of this form, upper and lower case being the same.
        ilike(pattern: impl Into<String>) = Test::Text(TextOp::ILike, pattern.into());
        /// One of these. MLflow's text can ask this of `run_id` and of datasets only.
        is_in(these: impl IntoIterator<Item = impl Into<String>>) =
            Test::In(these.into_iter().map(Into::into).collect());
        /// There and none of these.
        is_not_in(these: impl IntoIterator<Item = impl Into<String>>) =
            Test::NotIn(these.into_iter().map(Into::into).collect());
    }
    null_tests!();
}

impl Clause {
    fn matches(&self, run: &impl Facts) -> bool {
        let text = |found: Option<&str>| self.test.of_text(found);
        match &self.field {
            Field::Metric(key) => self.test.of_number(run.metric(key)),
            Field::Param(key) => text(run.param(key)),
            Field::Tag(key) => text(run.tag(key)),
            Field::Text(attribute) => text(run.text(*attribute).as_deref()),
            Field::Time(TimeAttribute::Start) => self.test.of_number(Some(run.start_time() as f64)),
            Field::Time(TimeAttribute::End) => {
                self.test.of_number(run.end_time().map(|time| time as f64))
            }
            Field::Dataset(part) => match self.test {
                Test::IsNull => !run.any_dataset(*part, &|_| true),
                _ => run.any_dataset(*part, &|found| self.test.of_text(Some(found))),
            },
        }
    }
}

impl Test {
    fn of_number(&self, found: Option<f64>) -> bool {
        let Some(found) = found else { return *self == Self::IsNull };
        match *self {
            Self::Number(NumberOp::Eq, x) => found == x,
            Self::Number(NumberOp::Ne, x) => found != x,
            Self::Number(NumberOp::Gt, x) => found > x,
            Self::Number(NumberOp::Ge, x) => found >= x,
            Self::Number(NumberOp::Lt, x) => found < x,
            Self::Number(NumberOp::Le, x) => found <= x,
            Self::IsNotNull => true,
            _ => false,
        }
    }

    fn of_text(&self, found: Option<&str>) -> bool {
        let Some(found) = found else { return *self == Self::IsNull };
        match self {
            Self::Text(TextOp::Eq, x) => found == x,
            Self::Text(TextOp::Ne, x) => found != x,
            Self::Text(TextOp::Like, pattern) => like(pattern, found, false),
            Self::Text(TextOp::ILike, pattern) => like(pattern, found, true),
            Self::In(these) => these.iter().any(|x| x == found),
            Self::NotIn(these) => these.iter().all(|x| x != found),
            Self::IsNotNull => true,
            _ => false,
        }
    }
}
