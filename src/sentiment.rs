//! The words of the answer: labels as programs have them, and what a prediction says. No maths.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

mod private {
    pub trait Sealed {
        /// The first byte of a text, if it lies elsewhere in memory.
        fn glance(&self) -> u8 {
            0
        }
    }
}

/// Anything that can label a text: `&str`, [`String`], [`Cow<str>`](Cow), `bool`, integers of up to 64 bits and
/// [`Sentiment`].
///
/// Labels are kept as text in the model: `true` becomes `"true"`, `1` becomes `"1"`. The trait is sealed, because a
/// label's text must be the same in training, in evaluation and in the model file.
pub trait Label: private::Sealed + Sync {
    /// The label as the model keeps it.
    fn as_label(&self) -> Cow<'_, str>;
}

macro_rules! labels_by_text {
    ($($type:ty),*) => {$(
        impl private::Sealed for $type {
            fn glance(&self) -> u8 {
                let text: &str = self.as_ref();
                text.bytes().next().unwrap_or(0)
            }
        }
        impl Label for $type {
            fn as_label(&self) -> Cow<'_, str> {
                Cow::Borrowed(self.as_ref())
            }
        }
    )*};
}
labels_by_text!(str, String, Cow<'_, str>);

macro_rules! labels_by_display {
    ($($type:ty),*) => {$(
        impl private::Sealed for $type {}
        impl Label for $type {
            fn as_label(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}
labels_by_display!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl private::Sealed for bool {}
impl Label for bool {
    fn as_label(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "true" } else { "false" })
    }
}

impl<L: Label + ?Sized> private::Sealed for &L {
    fn glance(&self) -> u8 {
        (**self).glance()
    }
}
impl<L: Label + ?Sized> Label for &L {
    fn as_label(&self) -> Cow<'_, str> {
        (**self).as_label()
    }
}

/// The order of classes in a model: integers by value, before all other labels by text.
pub(crate) fn class_order(a: &str, b: &str) -> Ordering {
    match (a.parse::<i128>(), b.parse::<i128>()) {
        (Ok(x), Ok(y)) => x.cmp(&y).then_with(|| a.cmp(b)),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

/// How a text sounds. A label like any other; models may use other words.
///
/// ```
/// use ressenti::{Label, Sentiment};
///
/// assert_eq!(Sentiment::Positive.as_label(), "positive");
/// assert_eq!("neutral".parse::<Sentiment>()?, Sentiment::Neutral);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sentiment {
    /// Complaint, anger, sadness.
    Negative,
    /// Neither, or both in balance.
    Neutral,
    /// Praise, thanks, joy.
    Positive,
}

impl Sentiment {
    /// `negative`, `neutral` or `positive`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

impl fmt::Display for Sentiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Sentiment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "negative" => Ok(Self::Negative),
            "neutral" => Ok(Self::Neutral),
            "positive" => Ok(Self::Positive),
            _ => Err(Error::UnknownLabel {
                found: text.to_owned(),
                classes: r#""negative", "neutral", "positive""#.to_owned(),
            }),
        }
    }
}

impl private::Sealed for Sentiment {}
impl Label for Sentiment {
    fn as_label(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

/// What a model says of one text. Borrows its label from the model; [`into_owned`](Self::into_owned) lets go of it.
///
/// ```
/// use ressenti::Pipeline;
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost my bag"], &["positive", "negative"])?;
/// let prediction = pipeline.predict("a lovely flight")?;
/// assert_eq!(prediction.label(), "positive");
/// assert!(prediction.probability() > 0.5);
/// assert_eq!((prediction.tokens(), prediction.known_tokens()), (2, 1)); // "a" is too short to be a token
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction<'m> {
    pub(crate) label: Cow<'m, str>,
    pub(crate) class: usize,
    pub(crate) probability: f64,
    pub(crate) tokens: usize,
    pub(crate) known_tokens: usize,
    pub(crate) terms: usize,
    pub(crate) model_version: Option<Cow<'m, str>>,
}

impl Prediction<'_> {
    /// The label: the most probable one, unless a calibration, a threshold or a neutral band decides otherwise.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The index of the label among the model's classes.
    #[must_use]
    pub fn class(&self) -> usize {
        self.class
    }

    /// The probability of the label, in 0 to 1. At least 1 ÷ number of classes, unless the classifier was calibrated or given
    /// a threshold or a neutral band: labels are decided by decision values.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.probability
    }

    /// How many tokens the text has.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// How many of the tokens stand in the model's vocabulary, alone or in an n-gram.
    #[must_use]
    pub fn known_tokens(&self) -> usize {
        self.known_tokens
    }

    /// True if no term of the model occurs in the text: the answer is that of the intercept, the same for every such
    /// text, and says nothing about this one.
    #[must_use]
    pub fn is_uninformed(&self) -> bool {
        self.terms == 0
    }

    /// The registry's version of the model, if it was served from a registry.
    #[must_use]
    pub fn model_version(&self) -> Option<&str> {
        self.model_version.as_deref()
    }

    /// The same, independent of the model's lifetime.
    #[must_use]
    pub fn into_owned(self) -> Prediction<'static> {
        Prediction {
            label: Cow::Owned(self.label.into_owned()),
            model_version: self.model_version.map(|v| Cow::Owned(v.into_owned())),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_label_has_the_text_a_reader_expects() {
        assert_eq!(true.as_label(), "true");
        assert_eq!((-3i8).as_label(), "-3");
        assert_eq!(String::from("x").as_label(), "x");
        assert_eq!(Cow::Borrowed("y").as_label(), "y");
        assert_eq!((&&"z").as_label(), "z");
        assert_eq!(Sentiment::Neutral.as_label(), "neutral");
    }

    #[test]
    fn integers_sort_by_value_and_before_words() {
        let mut labels = ["b", "10", "a", "-1", "2"];
        labels.sort_by(|a, b| class_order(a, b));
        assert_eq!(labels, ["-1", "2", "10", "a", "b"]);
    }

    #[test]
    fn an_unknown_sentiment_is_named() {
        let error = "Positive".parse::<Sentiment>().unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"label "Positive" was not seen in training; the classes are "negative", "neutral", "positive""#
        );
    }
}
