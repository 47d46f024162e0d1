//! A pipeline and texts in, the same with weights of fewer bits out, and what that costs.

use super::Pipeline;
use crate::classifier::Precision;
use crate::error::{Error, Result};
use crate::views::Texts;

/// A pipeline with weights of fewer bits, and what they cost; see [`Pipeline::round_weights`].
///
/// ```
/// use ressenti::{Pipeline, Precision};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let pipeline = Pipeline::builder().fit(&texts, &[1, 0, 1, 0])?;
/// let rounded = pipeline.round_weights(Precision::Half, &texts)?;
/// assert!(rounded.max_decision_change < 1e-3);
/// assert_eq!((rounded.labels_changed, rounded.n_texts), (0, 4));
/// assert!(rounded.pipeline.to_bytes().len() < pipeline.to_bytes().len());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RoundedPipeline {
    /// The pipeline with rounded weights.
    pub pipeline: Pipeline,
    /// The bytes of the file before.
    pub bytes_before: usize,
    /// The bytes of the file now.
    pub bytes_after: usize,
    /// How many texts the changes were looked for on.
    pub n_texts: usize,
    /// The largest change of a decision value.
    pub max_decision_change: f64,
    /// How many texts have another label now.
    pub labels_changed: usize,
}

impl Pipeline {
    /// Keeps fewer bits of each weight, which makes the file smaller: a weight takes 8 bytes as it comes from training, and 4,
    /// 2 or 1 once it is rounded. `texts`, such as held-out ones, say what that costs. Scoring is as before.
    ///
    /// Of 7,971 tweets to airlines, what 1,706 others say
    /// (`RESSENTI_DATA=... cargo test --release --test pipeline -- --nocapture rounding::on_airline`), models without a
    /// [profile](Self::profile):
    ///
    /// | preset | precision | bytes | largest change of a decision value | labels changed |
    /// |---|---|---|---|---|
    /// | `baseline` | all bits | 146,844 | | |
    /// | | `Single` | 106,844 | 1.7e-7 | 0 |
    /// | | `Half` | 86,844 | 0.003 | 0 |
    /// | | `Byte` | 77,493 | 0.06 | 1 |
    /// | `social` | all bits | 976,871 | | |
    /// | | `Single` | 830,756 | 2.0e-7 | 0 |
    /// | | `Half` | 674,892 | 0.0015 | 0 |
    /// | | `Byte` | 597,809 | 0.15 | 2 |
    ///
    /// Files keep all bits unless this was asked for: terms and document frequencies are packed without a loss, so that a
    /// million features take 15 MB as they are, and a model that was stored answers as before, to the last bit.
    ///
    /// The card keeps the training data, the model its profile; the card loses its figures, which are those of other weights.
    ///
    /// Errors: [`Error::NoTexts`], and [`Error::InvalidValues`] for a weight beyond the range of the precision.
    pub fn round_weights<T: AsRef<str> + Sync>(
        &self,
        precision: Precision,
        texts: &[T],
    ) -> Result<RoundedPipeline> {
        self.rounded(precision, Texts::of(&texts))
    }

    fn rounded(&self, precision: Precision, texts: Texts<'_>) -> Result<RoundedPipeline> {
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "see what rounding costs" });
        }
        let classifier = self.classifier.round_weights(precision)?;
        let rows = self.vectorizer.transform_all(texts);
        let (before, after) =
            (self.classifier.decision_function(&rows)?, classifier.decision_function(&rows)?);
        let changes = before.as_slice().iter().zip(after.as_slice()).map(|(a, b)| (a - b).abs());
        let max_decision_change = changes.fold(0.0, f64::max);
        let changed = |i: &usize| {
            self.classifier.class_of(before.row(*i)) != classifier.class_of(after.row(*i))
        };
        let labels_changed = (0..texts.len()).filter(changed).count();
        let mut pipeline = Self::from_parts(self.vectorizer.clone(), classifier)?;
        pipeline.preset.clone_from(&self.preset);
        pipeline.calibration_report = self.calibration_report;
        pipeline.origin = self.origin.clone();
        pipeline.profile.clone_from(&self.profile);
        Ok(RoundedPipeline {
            bytes_before: self.to_bytes().len(),
            bytes_after: pipeline.to_bytes().len(),
            pipeline,
            n_texts: texts.len(),
            max_decision_change,
            labels_changed,
        })
    }
}
