//! Settings to a fitted pipeline.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calibrated::HeldOut;
use super::card::TrainingData;
use super::prior::Support;
use super::{Ground, Lexicon, Pipeline, Preset, Prior, ProfileSource};
use crate::classifier::{CalibrationMethod, Classifier, ClassifierParams, FitOptions, Task};
use crate::error::{Error, Result, same_length};
use crate::evaluate::KFold;
use crate::sentiment::Label;
use crate::text::Language;
use crate::tracker::names::DATA_TAG;
use crate::tracker::{Collecting, Value};
use crate::vectorizer::{BagsOrRows, Vectorizer, VectorizerParams};
use crate::views::{Labels, Texts};

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
    pub(super) vectorizer: VectorizerParams,
    pub(super) classifier: ClassifierParams,
    pub(super) beyond: Beyond,
}

/// What there is to a pipeline beyond its two parts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Beyond {
    pub(super) prior: Option<Support>,
    pub(super) lexicons: Vec<Lexicon>,
    pub(super) calibration: Option<(CalibrationMethod, usize)>,
    pub(super) profile: ProfileSource,
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

    /// Both parts as a [`Preset`] has them, for texts in English; instead of what was set before. Runs and models tell the
    /// name and the version of the preset whose settings they have, as long as none of them is changed.
    ///
    /// ```
    /// use ressenti::{Pipeline, Preset};
    ///
    /// let texts = ["good crew :)", "not good at all", "good seat", "not a good seat"];
    /// let pipeline = Pipeline::builder().preset(Preset::Social).fit(&texts, &["1", "0", "1", "0"])?;
    /// assert_eq!(pipeline.preset(), Some(("social", 1)));
    /// assert_eq!(pipeline.predict("good!")?.label(), "1");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn preset(self, preset: Preset) -> Self {
        self.preset_for(preset, Language::English)
    }

    /// [`preset`](Self::preset) for texts in another language: its words are stemmed, and those that are negated marked
    /// where the crate has a [list of negators](crate::text::Negation::of).
    pub fn preset_for(mut self, preset: Preset, language: Language) -> Self {
        self.vectorizer = preset.vectorizer(language);
        self.classifier = preset.classifier();
        self
    }

    /// A pipeline to stand on, such as one that was trained on many texts of another kind, where there are few of these; and
    /// what of it counts. Default: none.
    ///
    /// By [`Prior::Decision`] its decision values, times 0.3, are columns of the rows that are trained on, and the texts
    /// decide how much they are worth. Then they are folded away: what comes out is one linear model, whose vectorizer has
    /// the prior's blocks to the right of its own, with their own terms, document frequencies and norm. So its decision
    /// values are those of the model with the extra columns, and the prior itself is no longer needed. Classes may differ:
    /// of a prior that tells good from bad, a model of three classes learns which of them it speaks for. A text is analysed
    /// by both, so it takes the time of both to score; and a term that both know has two columns.
    /// [`known_tokens`](crate::Prediction::known_tokens) are those of the new texts' terms.
    ///
    /// By [`Prior::Weights`] the weights w₀ of the same terms are what new weights stay near: ½‖w − w₀‖² + C · Σ lossᵢ is
    /// minimised, with the intercept free. Terms that only the prior knows become columns too, unless a
    /// [`vocabulary`](crate::VectorizerParams::vocabulary) was given, and keep its weights; for terms it does not know w₀ is
    /// 0. Weights are scaled for the other idf and, by one factor for each block, for the other norm, so that a term says
    /// what it said there. Labels must be those of the prior.
    ///
    /// Of 100 tweets to airlines before 20,000 tweets labelled by their emoticons, both with [`Preset::Social`], the mean of 16
    /// hundreds judged by the 6,371 others (`cargo test --release --test pipeline -- --nocapture prior_weights::a_hundred`):
    ///
    /// | prior | accuracy | F1 | ROC-AUC |
    /// |---|---|---|---|
    /// | none | 0.8258 | 0.2649 | 0.8218 |
    /// | `Decision` | 0.8810 | 0.6234 | 0.9215 |
    /// | `Weights` | 0.8870 | 0.7270 | 0.9212 |
    ///
    /// Training fails with [`Error::InvalidParameter`] for priors that ask only whether a term is there
    /// ([`is_binary`](crate::Classifier::is_binary)), and for classifiers that have no use for it: naive Bayes,
    /// [`NbWeighting::LogCounts`](crate::NbWeighting::LogCounts), and `Soft` of base 0; by weights also SGD, an L1 penalty,
    /// other labels, and an analysis that shares no term with the prior's.
    ///
    /// ```
    /// use ressenti::{Pipeline, Prior};
    ///
    /// let many = ["lovely film", "great film", "awful film", "terrible film"];
    /// let prior = Pipeline::builder().fit(&many, &["good", "good", "bad", "bad"])?;
    /// let few = ["a lovely crew", "what an awful flight"];
    /// let pipeline = Pipeline::builder().prior(&prior, Prior::Decision).fit(&few, &["1", "0"])?;
    /// assert_eq!(pipeline.predict("a great seat")?.label(), "1");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn prior(mut self, pipeline: &Pipeline, kind: Prior) -> Self {
        self.beyond.prior = Some(Support { pipeline: Arc::new(pipeline.clone()), kind });
        self
    }

    /// Words with values, which say something of texts too, also by words that no training text has. Default: none.
    ///
    /// What they say, the sum of the values of a text's row, is one more column of the row, and the texts decide how much it is
    /// worth. Then it is folded into the weights of the terms: what comes out is one linear model, and the lexicon is no longer
    /// needed. Its words are stemmed and counted as those of texts, and become columns even if no text holds them, unless a
    /// [`vocabulary`](crate::VectorizerParams::vocabulary) was given; only words of one token. They are columns beyond
    /// [`max_features`](crate::VectorizerParams::max_features). A negated word has its [value](Lexicon::negated) where a training
    /// text holds it negated. Several lexicons are a column each.
    ///
    /// Training fails with [`Error::InvalidParameter`] for a lexicon out of range, one without a term of the analysis, one
    /// beside a [`prior`](Self::prior), one with a word that no text holds where
    /// [`smooth_idf(false)`](crate::VectorizerParams::smooth_idf) was set, and for classifiers that have no use for it: naive Bayes, [`NbWeighting::LogCounts`](crate::NbWeighting::LogCounts), and
    /// `Soft` of base 0. See [`Lexicon`] for an example.
    pub fn lexicon(mut self, lexicon: &Lexicon) -> Self {
        self.beyond.lexicons.push(lexicon.clone());
        self
    }

    /// Calibrates probabilities by the decision values that texts get from models that were not trained on them: one model
    /// for each of so many stratified folds, and then the one of all texts. Default: no calibration; 5 folds are usual,
    /// range: 2 to the texts of the largest class.
    ///
    /// Labels stay as they are, for they are decided by the decision values. Training takes as many times longer as there
    /// are folds. [`Pipeline::calibration_report`] has the figures before and after.
    ///
    /// Training then also fails with [`Error::InvalidParameter`] for folds out of range, and with [`Error::InvalidValues`] for a
    /// class of one text.
    ///
    /// ```
    /// use ressenti::{CalibrationMethod, Pipeline};
    ///
    /// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
    /// let builder = Pipeline::builder().calibration(CalibrationMethod::Platt, 2);
    /// let pipeline = builder.fit(&texts, &[true, false, true, false])?;
    /// assert!(pipeline.classifier().calibration().is_some());
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn calibration(mut self, method: CalibrationMethod, folds: usize) -> Self {
        self.beyond.calibration = Some((method, folds));
        self
    }

    /// The settings of both parts.
    pub(crate) fn parts(&self) -> (&VectorizerParams, &ClassifierParams) {
        (&self.vectorizer, &self.classifier)
    }

    /// The settings of both parts, and the rest.
    pub(crate) fn into_parts(self) -> (VectorizerParams, ClassifierParams, Beyond) {
        (self.vectorizer, self.classifier, self.beyond)
    }

    pub(crate) fn from_parts(
        vectorizer: VectorizerParams,
        classifier: ClassifierParams,
        beyond: Beyond,
    ) -> Self {
        Self { vectorizer, classifier, beyond }
    }

    /// Whether all that classifiers of both are trained on is the same.
    pub(crate) fn same_ground(&self, other: &Self) -> bool {
        self.vectorizer == other.vectorizer && self.beyond == other.beyond
    }

    /// Whether it stands on another model.
    pub(super) fn has_prior(&self) -> bool {
        self.beyond.prior.is_some()
    }

    /// In how many folds it is calibrated, if it is.
    pub(crate) fn calibration_folds(&self) -> Option<usize> {
        self.beyond.calibration.map(|(_, folds)| folds)
    }

    /// The settings under the names that runs are tracked with.
    pub(crate) fn summary(&self) -> Vec<(String, Value<'static>)> {
        let mut summary = self.vectorizer.summary();
        let classifier = self.classifier.summary().into_iter();
        summary.extend(classifier.map(|(key, value)| (key.to_owned(), value)));
        let Beyond { prior, lexicons, calibration, .. } = &self.beyond;
        summary
            .extend(prior.as_ref().map(|prior| ("prior".to_owned(), prior.kind.as_str().into())));
        if !lexicons.is_empty() {
            let words: usize = lexicons.iter().map(Lexicon::len).sum();
            summary.push(("lexicon_words".to_owned(), words.into()));
        }
        if let Some((method, folds)) = *calibration {
            summary.push(("calibration".to_owned(), format!("{method:?}").into()));
            summary.push(("calibration_folds".to_owned(), folds.into()));
        }
        if let Some(preset) = Preset::of(&self.vectorizer, &self.classifier) {
            summary.push(("preset".to_owned(), preset.as_str().into()));
            summary.push(("preset_version".to_owned(), preset.version().into()));
        }
        summary
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
    /// data, the [objective](crate::ClassifierParams::fit_with) as training goes on, how many iterations it took and whether it
    /// converged as metrics; as tags, what it takes to repeat it: the version and features of
    /// this crate and the digest of texts and labels. A tracker that fails does not stop the training, unless
    /// [a policy](crate::tracker::FailurePolicy) says so; [`FitReport::tracking_errors`](crate::FitReport::tracking_errors)
    /// tells.
    ///
    /// Errors: also [`Error::InvalidValues`] for weights and [`Error::Cancelled`].
    pub fn fit_with<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        options: &FitOptions<'_>,
    ) -> Result<Pipeline> {
        self.fit_all(Texts::of(&texts), Labels::of(&labels), options)
    }

    /// Trains both parts.
    fn learn(
        &self,
        texts: Texts<'_>,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<(Vectorizer, Classifier)> {
        let progress = options.progress_callback();
        let alone = self.beyond.prior.is_none() && self.beyond.lexicons.is_empty();
        if alone && self.vectorizer.makes_bags() && self.classifier.takes_bags(&task) {
            let wanted = |columns, entries| task.prefers_bags(columns, entries);
            let (vectorizer, rows) = self.vectorizer.fit_bags(texts, progress, wanted)?;
            let classifier = match rows {
                BagsOrRows::Bags(bags) => self.classifier.fit_bags(&bags, task, options)?,
                BagsOrRows::Rows(rows) => self.classifier.fit_task(&rows, task, options)?,
            };
            return Ok((vectorizer, classifier));
        }
        let ground = Ground::new(self, texts, progress)?;
        let classifier = ground.fit(&self.classifier, task, options)?;
        Ok((ground.into_vectorizer(), classifier))
    }

    pub(super) fn fit_all(
        &self,
        texts: Texts<'_>,
        labels: Labels<'_>,
        options: &FitOptions<'_>,
    ) -> Result<Pipeline> {
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "train on" });
        }
        same_length("texts", texts.len(), "labels", labels.len())?;
        if let Some(weights) = options.sample_weights() {
            same_length("texts", texts.len(), "weights", weights.len())?;
        }
        if options.drawn_to().is_some() {
            return Err(Error::InvalidParameter {
                name: "prior",
                found: "among the options".to_owned(),
                expected: "is for a classifier alone, whose columns are known; use PipelineBuilder::prior",
            });
        }
        if options.chosen_soft_targets().is_some() && self.calibration_folds().is_some() {
            return Err(Error::InvalidParameter {
                name: "calibration",
                found: "with soft targets".to_owned(),
                expected: "needs labels; calibrate what comes out by texts that have some: Pipeline::with_calibration",
            });
        }
        // What labels and settings can get wrong shows before texts are analysed for minutes.
        let task = self.classifier.prepare(labels, options)?;
        self.vectorizer.validate()?;
        self.check_basis(&task)?;
        if let Some(folds) = self.calibration_folds() {
            KFold::new(folds).stratified_by(labels)?;
        }

        let tracker = Collecting::new(options.run());
        for (key, value) in self.summary() {
            tracker.param(&key, value)?;
        }
        tracker.param("n_train", texts.len())?;
        tracker.param("n_classes", task.n_classes())?;
        self.log_environment(&tracker, options)?;

        let training = TrainingData::new(texts, |i| &task.classes()[task.labels()[i] as usize]);
        let (vectorizer, classifier) = self.learn(texts, task, options)?;
        tracker.param("n_features", vectorizer.n_features())?;
        let preset = Preset::of(&self.vectorizer, &self.classifier);
        tracker.metric("n_iter", classifier.fit_report().n_iter().into(), 0)?;
        let mut pipeline = Pipeline::from_parts(vectorizer, classifier)?;
        pipeline.preset = preset.map(|preset| (preset.as_str().to_owned(), preset.version()));
        tracker.tag(DATA_TAG, &training.digest)?;
        pipeline.origin.training = Some(training);
        if let Some(folds) = self.calibration_folds() {
            let progress = options.progress_callback();
            let splits = KFold::new(folds).stratified_by(labels)?;
            let held_out = splits.iter().map(|split| HeldOut::new(self, texts, split, progress));
            let (classifier, report) =
                self.calibrate(pipeline.classifier, held_out, labels, options)?;
            for (key, value) in report.metrics() {
                tracker.metric(key, value, 0)?;
            }
            pipeline = Pipeline { classifier, calibration_report: Some(report), ..pipeline };
        }
        pipeline = self.with_profile(pipeline, texts, labels, options)?;
        let converged = pipeline.fit_report().converged();
        tracker.metric("converged", f64::from(u8::from(converged)), 0)?;
        pipeline.classifier.add_tracking_errors(tracker.into_messages());
        Ok(pipeline)
    }
}
