//! Settings to a fitted pipeline.

use super::Pipeline;
use crate::classifier::{ClassifierParams, FitOptions};
use crate::error::{Error, Result, same_length};
use crate::sentiment::Label;
use crate::tracker::Collecting;
use crate::vectorizer::{Block, VectorizerParams};

/// How a [`Pipeline`] is trained: the settings of both its parts.
///
/// ```
/// use ressenti::{Classifier, Pipeline, Vectorizer};
///
/// let builder = Pipeline::builder()
///     .vectorizer(Vectorizer::tfidf().sublinear_tf(true))
///     .classifier(Classifier::logistic_regression().c(4.0));
/// let pipeline = builder.fit(&["good", "bad"], &[1, 0])?;
/// assert_eq!(pipeline.classes(), ["0", "1"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct PipelineBuilder {
    vectorizer: VectorizerParams,
    classifier: ClassifierParams,
}

impl PipelineBuilder {
    /// How texts become rows. Default: [`Vectorizer::tfidf`](crate::Vectorizer::tfidf).
    pub fn vectorizer(mut self, params: VectorizerParams) -> Self {
        self.vectorizer = params;
        self
    }

    /// How rows become scores. Default:
    /// [`Classifier::logistic_regression`](crate::Classifier::logistic_regression).
    pub fn classifier(mut self, params: ClassifierParams) -> Self {
        self.classifier = params;
        self
    }

    /// The settings of both parts.
    pub(crate) fn parts(&self) -> (&VectorizerParams, &ClassifierParams) {
        (&self.vectorizer, &self.classifier)
    }

    /// The settings of both parts.
    pub(crate) fn into_parts(self) -> (VectorizerParams, ClassifierParams) {
        (self.vectorizer, self.classifier)
    }

    /// Trains on texts and their labels. An empty text counts as a document and has a row of zeros.
    ///
    /// Errors: [`Error::NoTexts`], [`Error::LengthMismatch`], [`Error::OneClass`], [`Error::EmptyVocabulary`], and
    /// [`Error::InvalidParameter`] or [`Error::UnknownLabel`] for a setting that is out of range or names no class.
    pub fn fit<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
    ) -> Result<Pipeline> {
        self.fit_with(texts, labels, &FitOptions::new())
    }

    /// [`fit`](Self::fit) with weights, progress and tracking.
    ///
    /// Logs the settings as params (`model_type`, `preprocessing`, `vectorizer`, `max_features`, `C`, …), the size of the
    /// data, and the objective of each iteration as a metric. A tracker that fails does not stop the training;
    /// [`FitReport::tracking_errors`](crate::FitReport::tracking_errors) tells.
    ///
    /// Errors: also [`Error::InvalidValues`] for weights and [`Error::Cancelled`].
    pub fn fit_with<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        options: &FitOptions<'_>,
    ) -> Result<Pipeline> {
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "train on" });
        }
        same_length("texts", texts.len(), "labels", labels.len())?;
        if let Some(weights) = options.sample_weights() {
            same_length("texts", texts.len(), "weights", weights.len())?;
        }
        // What labels and settings can get wrong shows before texts are analysed for minutes.
        let task = self.classifier.prepare(labels, options)?;
        self.vectorizer.validate()?;

        let tracker = Collecting::new(options.run());
        for (key, value) in self.vectorizer.summary() {
            tracker.param(&key, value);
        }
        for (key, value) in self.classifier.summary() {
            tracker.param(key, value);
        }
        tracker.param("n_train", texts.len());
        tracker.param("n_classes", task.n_classes());
        tracker.tag("ressenti.version", env!("CARGO_PKG_VERSION"));

        let (vectorizer, rows) =
            self.vectorizer.fit_transform_with(texts, options.progress_callback())?;
        tracker.param("n_features", rows.n_columns());
        let blocks: Vec<_> = vectorizer.blocks().iter().map(Block::columns).collect();
        let classifier = self.classifier.fit_task(&rows, task, &options.column_blocks(&blocks))?;
        let mut pipeline = Pipeline { vectorizer, classifier };
        let report = pipeline.fit_report();
        tracker.metric("n_iter", report.n_iter().into(), 0);
        tracker.metric("converged", f64::from(u8::from(report.converged())), 0);
        pipeline.classifier.add_tracking_errors(tracker.into_messages());
        Ok(pipeline)
    }
}
