//! What a user said of an answer, as one line of a log and back.
//!
//! A line is a JSON object of these fields, in this order, and ends with a line feed:
//!
//! | field | what |
//! |---|---|
//! | `v` | 1, the version of this table |
//! | `id` | the prediction that was corrected, as the application calls it |
//! | `at_ms` | when, in milliseconds since 1970 |
//! | `model_version` | which model answered, if it is known |
//! | `predicted`, `corrected` | the labels |
//! | `text` | the text; `null` if it is not kept |
//! | `text_hash` | SHA-256 of the text's bytes, in hexadecimal digits; `null` once it was asked to be forgotten |
//!
//! Fields that are not known are passed over, so that later versions may add some.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::monitor::clock::millis;
use crate::sentiment::{Label, Prediction};

/// The version of a line.
pub(super) const VERSION: u32 = 1;

/// What a user said of an answer: that it was right, or what it should have been.
///
/// ```
/// use std::time::Duration;
/// use ressenti::Pipeline;
/// use ressenti::monitor::feedback::{Correction, text_hash};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let text = "lost in a lovely town";
/// let now = Duration::from_secs(1_700_000_000);
/// let correction = Correction::new("request 7", text, &pipeline.predict(text)?, "positive", now);
/// assert_eq!(correction.text_hash.as_deref(), Some(text_hash(text).as_str()));
/// assert_eq!(correction.without_text().text, None);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Correction {
    v: u32,
    /// The prediction, by a name that the application gave it. Of several corrections of one the last counts.
    pub id: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Which model answered, if that is known.
    #[serde(default)]
    pub model_version: Option<String>,
    /// What it answered.
    pub predicted: String,
    /// What is right.
    pub corrected: String,
    /// The text, where it is kept.
    #[serde(default)]
    pub text: Option<String>,
    /// Its [`text_hash`], unless it was forgotten.
    #[serde(default)]
    pub text_hash: Option<String>,
}

/// By which a text is known that is not kept: SHA-256 of its bytes, in 64 hexadecimal digits. Whoever has a text can tell
/// whether it is the one; short texts can be guessed.
///
/// ```
/// use ressenti::monitor::feedback::text_hash;
///
/// assert_eq!(text_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
#[must_use]
pub fn text_hash(text: &str) -> String {
    digest::of_bytes(text.as_bytes())
}

impl Correction {
    /// What is right of a prediction, now, with the text: it can be trained on.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        text: &str,
        prediction: &Prediction<'_>,
        corrected: impl Label,
        now: Duration,
    ) -> Self {
        Self {
            v: VERSION,
            id: id.into(),
            at_ms: millis(now),
            model_version: prediction.model_version().map(str::to_owned),
            predicted: prediction.label().to_owned(),
            corrected: corrected.as_label().into_owned(),
            text: Some(text.to_owned()),
            text_hash: Some(text_hash(text)),
        }
    }

    /// The same without the text: it counts, and can be forgotten, but not be trained on.
    #[must_use]
    pub fn without_text(mut self) -> Self {
        self.text = None;
        self
    }

    /// The same, of an answer of this version of the model.
    #[must_use]
    pub fn of_version(mut self, version: impl Into<String>) -> Self {
        self.model_version = Some(version.into());
        self
    }

    /// Whether the answer was right.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.predicted == self.corrected
    }

    /// The line of the log, with its end.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("strings and numbers can be written");
        line.push(b'\n');
        line
    }

    /// What a line says, if it is a whole one that is understood.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let correction: Self = serde_json::from_slice(line).ok()?;
        (correction.v == VERSION && !correction.id.is_empty()).then_some(correction)
    }
}
