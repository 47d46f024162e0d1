//! What becomes of work whose tracker fails: the caller's choice, made where the tracker is handed over.

use std::fmt;

use super::{NoopTracker, Tracker};

/// What a failing tracker does to the work that it is told about.
///
/// ```
/// use ressenti::tracker::{FailurePolicy, MemoryTracker, Tracker, Tracking};
/// use ressenti::{FitOptions, Pipeline};
///
/// let run = MemoryTracker::default();
/// run.log_param("C", 100.0.into())?; // which is not what will be trained with
///
/// let fit = |policy| {
///     let tracking = Tracking::new(&run).on_failure(policy);
///     Pipeline::builder().fit_with(&["good", "bad"], &[true, false], &FitOptions::new().tracker(tracking))
/// };
/// assert_eq!(fit(FailurePolicy::Ignore)?.fit_report().tracking_errors().len(), 0);
/// assert_eq!(fit(FailurePolicy::Collect)?.fit_report().tracking_errors().len(), 1);
/// assert!(fit(FailurePolicy::Fail).unwrap_err().to_string().contains("Changing param values is not allowed"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FailurePolicy {
    /// Nothing; nobody hears of it.
    Ignore,
    /// Nothing; at the end its errors are beside the result, as `tracking_errors`.
    #[default]
    Collect,
    /// The first error ends the work, and is what it returns.
    Fail,
}

/// A tracker on its way to a training, an evaluation or a search, with what is to happen if it fails.
///
/// A reference to a tracker becomes one by itself, with [`FailurePolicy::Collect`].
///
/// ```
/// use ressenti::select::CvOptions;
/// use ressenti::tracker::{FailurePolicy, MemoryTracker, Tracking};
///
/// let run = MemoryTracker::default();
/// let collects = CvOptions::new().tracker(&run);
/// let fails = CvOptions::new().tracker(Tracking::new(&run).on_failure(FailurePolicy::Fail));
/// # let _ = (collects, fails);
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct Tracking<'t> {
    pub(super) tracker: &'t dyn Tracker,
    pub(super) policy: FailurePolicy,
}

impl<'t> Tracking<'t> {
    /// A tracker whose errors are collected.
    pub fn new(tracker: &'t dyn Tracker) -> Self {
        Self { tracker, policy: FailurePolicy::default() }
    }

    /// What is to happen when it fails. Default: [`FailurePolicy::Collect`].
    pub fn on_failure(mut self, policy: FailurePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// No tracking.
    pub(crate) fn none() -> Self {
        Self::new(&NoopTracker)
    }
}

impl<'t, T: Tracker> From<&'t T> for Tracking<'t> {
    fn from(tracker: &'t T) -> Self {
        Self::new(tracker)
    }
}

impl<'t> From<&'t (dyn Tracker + 't)> for Tracking<'t> {
    fn from(tracker: &'t (dyn Tracker + 't)) -> Self {
        Self::new(tracker)
    }
}

impl fmt::Debug for Tracking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracking").field("policy", &self.policy).finish_non_exhaustive()
    }
}
