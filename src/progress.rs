//! How long work tells its caller where it is, and how the caller stops it.
//!
//! The work calls [`Progress::update`] between rounds of some thousand texts and between iterations of the training, from the
//! thread that called it; where several trainings run side by side, as in a search and of several classes told from the rest,
//! from theirs, one at a time. It neither knows nor cares whether that draws a bar, writes a log line or checks a flag.

use std::ops::ControlFlow;

use crate::error::{Error, Result};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading texts: tokens, terms and their counts. The unit is texts.
    Analyze,
    /// Turning counts into weighted rows. The unit is texts.
    Weight,
    /// Solving for the weights of the classifier. The unit is iterations; the total is `max_iter`, rarely reached. Where each of
    /// several classes is told from the rest, the unit is classes; the same number then comes often, so that work can be
    /// stopped within one.
    Train,
    /// Trying settings on folds. The unit is trainings.
    Search,
    /// Retraining. The unit is steps, each of which is kept: whoever stops here goes on there.
    Retrain,
}

impl Stage {
    /// The stage in one word, for a progress bar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Weight => "weight",
            Self::Train => "train",
            Self::Search => "search",
            Self::Retrain => "retrain",
        }
    }
}

/// One report: `done` of `total` units of `stage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What is being done.
    pub stage: Stage,
    /// Units finished.
    pub done: usize,
    /// Units in all.
    pub total: usize,
}

/// Receives reports from long work; any `Fn(Step) -> ControlFlow<()>` is one.
///
/// They come from the thread that called the work, or, where several trainings run side by side, from threads of the pool,
/// one at a time. Returning [`ControlFlow::Break`] stops the work: it ends with [`Error::Cancelled`] and leaves nothing behind.
///
/// ```
/// use std::ops::ControlFlow;
/// use ressenti::{Error, FitOptions, Pipeline};
///
/// let stop = |_step: ressenti::Step| ControlFlow::Break(());
/// let result = Pipeline::builder().fit_with(&["good", "bad"], &[true, false], &FitOptions::new().progress(&stop));
/// assert!(matches!(result, Err(Error::Cancelled)));
/// ```
pub trait Progress: Send + Sync {
    /// Takes a report and says whether to go on.
    fn update(&self, step: Step) -> ControlFlow<()>;
}

impl<F: Fn(Step) -> ControlFlow<()> + Send + Sync> Progress for F {
    fn update(&self, step: Step) -> ControlFlow<()> {
        self(step)
    }
}

/// Reports a step to a callback that may not be there.
pub(crate) fn report(
    progress: Option<&dyn Progress>,
    stage: Stage,
    done: usize,
    total: usize,
) -> Result<()> {
    match progress.map(|p| p.update(Step { stage, done, total })) {
        Some(ControlFlow::Break(())) => Err(Error::Cancelled),
        _ => Ok(()),
    }
}
