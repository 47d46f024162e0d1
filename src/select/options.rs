//! What a cross-validation or a search may be given besides texts, labels and folds.

use std::fmt;

use crate::progress::Progress;
use crate::tracker::Tracking;

/// Weights of the texts, a callback for progress and a tracker; all optional.
///
/// The tracker's run stays open: the caller may log more and finishes it.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::Folds;
/// use ressenti::select::{CvOptions, cross_validate};
/// use ressenti::tracker::MemoryTracker;
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let run = MemoryTracker::default();
/// let folds = Folds::from_assignment(vec![0, 0, 1, 1])?;
/// cross_validate(&Pipeline::builder(), &texts, &[1, 0, 1, 0], &folds, &CvOptions::new().tracker(&run))?;
/// assert_eq!(run.snapshot().metrics["accuracy"], [(0, 1.0)]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct CvOptions<'a> {
    pub(super) weights: Option<&'a [f64]>,
    pub(super) progress: Option<&'a dyn Progress>,
    pub(super) tracker: Tracking<'a>,
}

impl fmt::Debug for CvOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CvOptions")
            .field("weights", &self.weights.map(<[f64]>::len))
            .field("progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}

impl Default for CvOptions<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> CvOptions<'a> {
    /// Every text counts the same, nobody is told of progress, nothing is tracked.
    pub fn new() -> Self {
        Self { weights: None, progress: None, tracker: Tracking::none() }
    }

    /// How much each text counts in training, as many numbers as texts, each at least 0. Default: 1 each. Figures count
    /// every text the same, as scikit-learn's do.
    pub fn weights(mut self, weights: &'a [f64]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// Who is told of progress and may stop the work. Default: nobody.
    ///
    /// It is called from whichever thread has something to report, never from two at once, with
    /// [`Stage::Search`](crate::Stage::Search) and the number of trainings that are done; the same number may come often,
    /// so that work can be stopped within a training.
    pub fn progress(mut self, progress: &'a dyn Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Where params and figures are recorded. Default: nowhere.
    ///
    /// A cross-validation is logged to this run, each trial of a search to a run inside it, in the order of the trials and
    /// as soon as it is done. Give a reference to a tracker, or a [`Tracking`] with a policy. Unless that is to fail, a
    /// tracker that fails stops nothing; what it said is handed back with the figures.
    pub fn tracker(mut self, tracker: impl Into<Tracking<'a>>) -> Self {
        self.tracker = tracker.into();
        self
    }
}
