//! What a training may be given besides rows and labels.

use std::fmt;
use std::ops::Range;

use super::{Classifier, SoftTargets};
use crate::progress::Progress;
use crate::tracker::Tracking;

/// Weights of the rows, a callback for progress and a tracker; all optional.
///
/// The tracker's run stays open: the caller may log more and finishes it.
///
/// ```
/// use ressenti::tracker::MemoryTracker;
/// use ressenti::{FitOptions, Pipeline};
///
/// let tracker = MemoryTracker::default();
/// let options = FitOptions::new().tracker(&tracker).weights(&[1.0, 2.0]);
/// Pipeline::builder().fit_with(&["good", "bad"], &[true, false], &options)?;
/// assert_eq!(tracker.snapshot().params["C"], "1.0");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct FitOptions<'a> {
    weights: Option<&'a [f64]>,
    soft_targets: Option<&'a SoftTargets>,
    warm_start: Option<&'a Classifier>,
    prior: Option<&'a Classifier>,
    blocks: Option<&'a [Range<usize>]>,
    progress: Option<&'a dyn Progress>,
    tracker: Tracking<'a>,
}

impl fmt::Debug for FitOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FitOptions")
            .field("weights", &self.weights.map(<[f64]>::len))
            .field("progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}

impl Default for FitOptions<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> FitOptions<'a> {
    /// Every row counts the same, nobody is told of progress, nothing is tracked.
    pub fn new() -> Self {
        Self {
            weights: None,
            soft_targets: None,
            warm_start: None,
            prior: None,
            blocks: None,
            progress: None,
            tracker: Tracking::none(),
        }
    }

    /// How much each text counts, as many numbers as texts, each at least 0. Default: 1 each.
    pub fn weights(mut self, weights: &'a [f64]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// What each text has to teach, instead of its label; labels then only say what the two classes are called. Default: its
    /// label, wholly. [`weights`](Self::weights) multiply the masses, and a
    /// [`ClassWeight`](crate::ClassWeight) goes by their sums.
    ///
    /// For two classes, by any algorithm. A row that pulls both ways is a row of either class, so it counts in
    /// [`NbWeighting`](crate::NbWeighting) and in naive Bayes by its masses, and training takes as long as with so many rows.
    /// Training fails with [`Error::LengthMismatch`](crate::Error::LengthMismatch) unless there are as many as texts, with
    /// [`Error::InvalidValues`](crate::Error::InvalidValues) if nothing pulls towards one of the classes, and with
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) for more classes and beside a
    /// [calibration by folds](crate::PipelineBuilder::calibration), which needs labels.
    ///
    /// ```
    /// use ressenti::{Classifier, FitOptions, SoftTargets, Vectorizer};
    ///
    /// let (_, rows) = Vectorizer::count().fit_transform(&["good", "bad", "so-so"])?;
    /// let targets = SoftTargets::new(&[0.9, 0.1, 0.5])?;
    /// let options = FitOptions::new().soft_targets(&targets);
    /// let model = Classifier::logistic_regression().c(1e6).fit_with(&rows, &[1, 0, 1], &options)?;
    /// assert!((model.predict_proba(&rows)?.get(0, 1) - 0.9).abs() < 1e-3);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn soft_targets(mut self, targets: &'a SoftTargets) -> Self {
        self.soft_targets = Some(targets);
        self
    }

    /// Which columns come of one analysis, such as words or characters: ranges side by side that hold all columns.
    /// [`NbWeighting`](crate::NbWeighting) compares a column with those of its block. Default: one block; a
    /// [`Pipeline`](crate::Pipeline) gives those of its vectorizer.
    ///
    /// Taken for one block, the many columns of characters would shift the ratios of words by the same number each, which
    /// matters where one class has longer texts.
    pub fn column_blocks(mut self, blocks: &'a [Range<usize>]) -> Self {
        self.blocks = Some(blocks);
        self
    }

    /// Who is told of progress and may stop the work. Default: nobody.
    pub fn progress(mut self, progress: &'a dyn Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Where params and figures are recorded. Default: nowhere.
    ///
    /// A reference to a tracker, or a [`Tracking`] with a policy. Unless that is to fail, a tracker that fails does not stop
    /// the training; what it said is kept in [`FitReport::tracking_errors`](crate::FitReport::tracking_errors).
    pub fn tracker(mut self, tracker: impl Into<Tracking<'a>>) -> Self {
        self.tracker = tracker.into();
        self
    }

    /// A model of the same columns and classes whose weights training starts from. Default: none.
    ///
    /// The optimum stays the same and is reached sooner: along a path of values of [`c`](crate::ClassifierParams::c), or
    /// when some rows were added. Naive Bayes and SGD, which look at each row a fixed number of times, take no notice, nor
    /// does [`NbWeighting::LogCounts`](crate::NbWeighting::LogCounts), whose weights are not those that were minimised.
    pub fn warm_start(mut self, model: &'a Classifier) -> Self {
        self.warm_start = Some(model);
        self
    }

    /// A model of the same columns and classes whose weights w₀ training stays near: what is minimised is
    /// ½‖w − w₀‖² + C · Σ lossᵢ, with the intercept free. Default: none; weights stay near 0.
    ///
    /// The smaller [`c`](crate::ClassifierParams::c), the nearer. For logistic regression and linear SVM with the L2
    /// penalty; with [`NbWeighting::Soft`](crate::NbWeighting::Soft) distances are those of the weights before the scale is
    /// folded in. [`PipelineBuilder::prior`](crate::PipelineBuilder::prior) is the same for terms, whatever their columns.
    ///
    /// ```
    /// use ressenti::{Classifier, FitOptions, Vectorizer};
    ///
    /// let (_, rows) = Vectorizer::count().fit_transform(&["good crew", "bad crew", "good", "bad"])?;
    /// let many = Classifier::logistic_regression().fit(&rows, &[1, 0, 1, 0])?;
    /// let few = Classifier::logistic_regression().c(1e-9);
    /// let model = few.fit_with(&rows, &[1, 0, 0, 0], &FitOptions::new().prior(&many))?;
    /// assert!((model.coef().get(0, 0) - many.coef().get(0, 0)).abs() < 1e-6);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn prior(mut self, model: &'a Classifier) -> Self {
        self.prior = Some(model);
        self
    }

    /// The same without a model to start from.
    pub(crate) fn cold(mut self) -> Self {
        self.warm_start = None;
        self
    }

    pub(crate) fn warm_start_from(&self) -> Option<&'a Classifier> {
        self.warm_start
    }

    /// The model whose weights training stays near.
    pub(crate) fn drawn_to(&self) -> Option<&'a Classifier> {
        self.prior
    }

    pub(crate) fn chosen_soft_targets(&self) -> Option<&'a SoftTargets> {
        self.soft_targets
    }

    pub(crate) fn sample_weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    pub(crate) fn blocks(&self) -> Option<&'a [Range<usize>]> {
        self.blocks
    }

    pub(crate) fn progress_callback(&self) -> Option<&'a dyn Progress> {
        self.progress
    }

    pub(crate) fn run(&self) -> Tracking<'a> {
        self.tracker
    }
}
