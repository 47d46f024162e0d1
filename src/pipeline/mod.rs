//! Text in, sentiment out: a vectorizer and the classifier that was trained on its rows, as one thing.
//!
//! How texts become rows and rows become scores is known below; here the two are fitted together, kept together in one
//! file, asked together, and their answers are evaluated, explained, tracked, and remembered in a profile.

mod again;
mod answers;
mod builder;
mod calibrated;
mod card;
mod evaluation;
mod explain;
mod ground;
mod lexicon;
mod logged;
mod marks;
mod plain;
mod presets;
mod prior;
mod profile;
mod prune;
mod rounding;
mod scorer;
mod shape;
mod stored;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use builder::PipelineBuilder;
pub use calibrated::CalibrationReport;
pub use card::{Card, TrainingData};
pub use explain::{Contribution, Explanation, Spans};
pub use lexicon::Lexicon;
pub use marks::Mark;
pub use plain::PlainModel;
pub use presets::Preset;
pub use prior::Prior;
pub use profile::{Profile, ProfileSource};
pub use prune::{Footprint, PrunedPipeline};
pub use rounding::RoundedPipeline;
pub use scorer::{Predictions, Scratch};
pub use shape::Shape;
pub use words::WordCounts;

pub(crate) use builder::Beyond;
pub(crate) use calibrated::HeldOut;
pub(crate) use ground::Ground;
pub(crate) use presets::characters;
pub(crate) use shape::Answer;
pub(crate) use words::{Cutter, DistinctWords};

use crate::classifier::{Classifier, FitReport};
use crate::error::Result;
use crate::vectorizer::{Product, Vectorizer};
use card::Origin;
use stored::PipelineParts;

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
#[serde(try_from = "PipelineParts", into = "PipelineParts")]
pub struct Pipeline {
    vectorizer: Vectorizer,
    classifier: Classifier,
    /// The two as one, where they can be: what scoring needs of them.
    product: Option<Product>,
    /// The name and the version; as text, so that a model of a preset that is gone can still be read.
    preset: Option<(String, u32)>,
    calibration_report: Option<CalibrationReport>,
    origin: Origin,
    figures: BTreeMap<String, f64>,
    /// Away from the rest, as scoring does not need it.
    profile: Option<Box<Profile>>,
}

impl Pipeline {
    /// Settings to train with; by default TF-IDF of scikit-learn's words and logistic regression.
    pub fn builder() -> PipelineBuilder {
        PipelineBuilder::default()
    }

    /// A pipeline of parts that were fitted apart.
    ///
    /// Errors: [`Error::ColumnMismatch`](crate::Error::ColumnMismatch) if the classifier was not trained on rows of this vectorizer's width.
    pub fn from_parts(vectorizer: Vectorizer, classifier: Classifier) -> Result<Self> {
        classifier.check_columns("the vectorizer", vectorizer.n_features())?;
        let origin = Origin::new(&vectorizer);
        let figures = BTreeMap::new();
        let (preset, calibration_report, profile) = (None, None, None);
        let outputs = classifier.intercept().len();
        let product = classifier
            .weights_of_values()
            .and_then(|weights| Product::new(&vectorizer, weights, outputs));
        Ok(Self {
            vectorizer,
            classifier,
            product,
            preset,
            calibration_report,
            origin,
            figures,
            profile,
        })
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

    /// The name and the version of the [`Preset`] whose settings it was trained with, if they are those of one.
    #[must_use]
    pub fn preset(&self) -> Option<(&str, u32)> {
        self.preset.as_ref().map(|(name, version)| (name.as_str(), *version))
    }

    /// What its calibration gained, if it was [calibrated by folds](PipelineBuilder::calibration); of another calibration
    /// nothing is known.
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
}
