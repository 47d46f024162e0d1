//! Text in, sentiment out: a vectorizer and the classifier that was trained on its rows, as one thing.
//!
//! How texts become rows and rows become scores is known below; here the two are fitted together, kept together in one
//! file, asked together, and their answers are evaluated, explained and tracked.

mod answers;
mod builder;
mod calibrated;
mod evaluation;
mod explain;
mod ground;
mod marks;
mod presets;
mod prior;
mod prune;
mod scorer;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use builder::PipelineBuilder;
pub use calibrated::CalibrationReport;
pub use explain::{Contribution, Explanation};
pub use marks::Mark;
pub use presets::Preset;
pub use prior::Prior;
pub use prune::{Footprint, PrunedPipeline};
pub use scorer::{Predictions, Scratch};

pub(crate) use builder::Beyond;
pub(crate) use calibrated::HeldOut;
pub(crate) use ground::Ground;

use crate::classifier::{Classifier, FitReport};
use crate::error::{Error, Result};
use crate::persist;
use crate::tracker::Tracker;
use crate::vectorizer::Vectorizer;

/// Text in, sentiment out.
///
/// `Send + Sync`, and all methods take `&self`: one pipeline can be shared by any number of threads.
///
/// ```
/// use ressenti::{Classifier, Pipeline, Vectorizer};
///
/// let texts = ["I love this airline", "great crew", "they lost my bag", "worst flight ever"];
/// let labels = ["positive", "positive", "negative", "negative"];
/// let pipeline = Pipeline::builder()
///     .vectorizer(Vectorizer::tfidf().max_features(10_000).ngram_range(1, 2))
///     .classifier(Classifier::logistic_regression().c(10.0))
///     .fit(&texts, &labels)?;
///
/// assert_eq!(pipeline.predict("What a great airline!")?.label(), "positive");
///
/// let bytes = pipeline.to_bytes();
/// let restored = Pipeline::from_bytes(&bytes)?;
/// assert_eq!(restored.predict("lost again")?, pipeline.predict("lost again")?);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "PipelineParts")]
pub struct Pipeline {
    vectorizer: Vectorizer,
    classifier: Classifier,
    /// The name and the version; as text, so that a model of a preset that is gone can still be read.
    preset: Option<(String, u32)>,
    calibration_report: Option<CalibrationReport>,
}

/// The stored form, before it is known that the parts fit.
#[derive(Deserialize)]
struct PipelineParts {
    vectorizer: Vectorizer,
    classifier: Classifier,
    preset: Option<(String, u32)>,
    calibration_report: Option<CalibrationReport>,
}

impl TryFrom<PipelineParts> for Pipeline {
    type Error = Error;

    fn try_from(parts: PipelineParts) -> Result<Self> {
        let PipelineParts { vectorizer, classifier, preset, calibration_report } = parts;
        Ok(Self { preset, calibration_report, ..Self::from_parts(vectorizer, classifier)? })
    }
}

impl Pipeline {
    /// Settings to train with; by default TF-IDF of scikit-learn's words and logistic regression.
    pub fn builder() -> PipelineBuilder {
        PipelineBuilder::default()
    }

    /// A pipeline of parts that were fitted apart.
    ///
    /// Errors: [`Error::ColumnMismatch`] if the classifier was not trained on rows of this vectorizer's width.
    pub fn from_parts(vectorizer: Vectorizer, classifier: Classifier) -> Result<Self> {
        classifier.check_columns("the vectorizer", vectorizer.n_features())?;
        Ok(Self { vectorizer, classifier, preset: None, calibration_report: None })
    }

    /// What turns texts into rows here.
    #[must_use]
    pub fn vectorizer(&self) -> &Vectorizer {
        &self.vectorizer
    }

    /// What turns rows into scores here.
    #[must_use]
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// The name and the version of the [`Preset`] that it was trained with, if it was one and nothing of it was changed.
    #[must_use]
    pub fn preset(&self) -> Option<(&str, u32)> {
        self.preset.as_ref().map(|(name, version)| (name.as_str(), *version))
    }

    /// What its calibration gained, if it was [calibrated by folds](PipelineBuilder::calibration).
    #[must_use]
    pub fn calibration_report(&self) -> Option<&CalibrationReport> {
        self.calibration_report.as_ref()
    }

    /// The labels it can answer with.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        self.classifier.classes()
    }

    /// How training went.
    #[must_use]
    pub fn fit_report(&self) -> &FitReport {
        self.classifier.fit_report()
    }

    /// Writes the model to one file, replacing what is there: after a crash at any moment there is the old file or the
    /// new one, whole.
    ///
    /// Errors: [`Error::Io`] with the path, also where something is that is no file, such as a folder or a device; what
    /// was there is then as it was. A process that is killed while saving can leave a file `.new.PID-N.tmp` beside it, which
    /// may be deleted.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        persist::save(self, path.as_ref())
    }

    /// Reads a model that [`save`](Self::save) wrote. Loading never runs code: a model is data.
    ///
    /// Errors: [`Error::Io`], and [`Error::ModelFile`] if the file is not a model, of a version this crate does not know,
    /// incomplete, damaged or inconsistent.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        persist::load(path.as_ref())
    }

    /// The bytes that [`save`](Self::save) writes. Equal for equal texts, labels and settings, on one version of this
    /// crate: nothing in them depends on the clock, the machine or the number of threads.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }

    /// The model in bytes that [`to_bytes`](Self::to_bytes) made.
    ///
    /// Errors: [`Error::ModelFile`] as for [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        persist::from_bytes(bytes)
    }

    /// Stores the model as the artifact `model/pipeline.ressenti` of a run.
    ///
    /// Errors: what the tracker answers.
    pub fn log_to(&self, tracker: &dyn Tracker) -> Result<()> {
        tracker.log_artifact("model/pipeline.ressenti", &self.to_bytes())
    }
}
