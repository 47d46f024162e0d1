//! What is known of a training once it is over.

use serde::{Deserialize, Serialize};

/// How training went.
///
/// Not converging is a result, not an error: the weights are the best that were found, and this says so. Where each of several
/// classes is told from the rest, it is of all these models: the most iterations, the sum of the objectives, the largest
/// gradient.
///
/// ```
/// use ressenti::{Classifier, Vectorizer};
///
/// let (_, rows) = Vectorizer::tfidf().fit_transform(&["good", "bad"])?;
/// let classifier = Classifier::logistic_regression().fit(&rows, &[true, false])?;
/// assert!(classifier.fit_report().converged());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    pub(crate) solver: String,
    pub(crate) n_iter: u32,
    pub(crate) converged: bool,
    pub(crate) objective: f64,
    pub(crate) gradient_norm: f64,
    #[serde(skip)]
    pub(crate) tracking_errors: Vec<String>,
}

impl FitReport {
    /// Of an algorithm that looks at each row once and minimises nothing.
    pub(super) fn of_one_pass(solver: &str) -> Self {
        let solver = solver.to_owned();
        let tracking_errors = Vec::new();
        Self {
            solver,
            n_iter: 1,
            converged: true,
            objective: 0.0,
            gradient_norm: 0.0,
            tracking_errors,
        }
    }

    /// Of what learnt from a stream of rows: nobody looks at them again to see how far away the minimum is.
    pub(super) fn of_a_stream(rows_seen: u64) -> Self {
        let n_iter = u32::from(rows_seen > 0);
        Self { n_iter, converged: false, ..Self::of_one_pass("sgd") }
    }

    /// Of two models that are one: each tells a class from the rest.
    pub(super) fn beside(mut self, other: &Self) -> Self {
        self.n_iter = self.n_iter.max(other.n_iter);
        self.converged &= other.converged;
        self.objective += other.objective;
        self.gradient_norm = self.gradient_norm.max(other.gradient_norm);
        self
    }

    /// Which algorithm found the weights; where each of several classes is told from the rest, those of the first of them.
    #[must_use]
    pub fn solver(&self) -> &str {
        &self.solver
    }

    /// How many iterations it took; of SGD the passes.
    #[must_use]
    pub fn n_iter(&self) -> u32 {
        self.n_iter
    }

    /// Whether the gradient fell to `tol`, in this training and in all others that its pipeline needed: of the folds of a
    /// [calibration](crate::PipelineBuilder::calibration) and of a [profile](crate::ProfileSource::HeldOut) of held-out texts.
    /// If not: raise `max_iter`, lower `c`, or accept it.
    ///
    /// Naive Bayes always has. What learnt from a [stream](crate::OnlineClassifier) never has, as nobody asked.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The value that was minimised: penalty + C · (weighted sum of losses), where the weights of rows and classes count. The
    /// penalty is (1 − ρ)·½‖w‖² + ρ·‖w‖₁ with ρ the [`l1_ratio`](crate::ClassifierParams::l1_ratio), and ½‖w − w₀‖² by the
    /// weights w₀ of a [prior](crate::FitOptions::prior). 0 for naive Bayes, which minimises nothing, and of a
    /// [stream](crate::OnlineClassifier), whose rows are gone.
    #[must_use]
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// The largest absolute component of the gradient, divided by C times the sum of weights: what `tol` bounds. With an L1
    /// penalty, that of the smallest subgradient. 0 where the [`objective`](Self::objective) is.
    #[must_use]
    pub fn gradient_norm(&self) -> f64 {
        self.gradient_norm
    }

    /// What the tracker answered when it failed, if it did; training went on. Not saved with the model.
    #[must_use]
    pub fn tracking_errors(&self) -> &[String] {
        &self.tracking_errors
    }
}
