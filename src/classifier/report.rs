//! What is known of a training once it is over.

use serde::{Deserialize, Serialize};

/// How training went.
///
/// Not converging is a result, not an error: the weights are the best that were found, and this says so.
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

    /// Of two models that are one: each tells a class from the rest.
    pub(super) fn beside(mut self, other: &Self) -> Self {
        self.n_iter = self.n_iter.max(other.n_iter);
        self.converged &= other.converged;
        self.objective += other.objective;
        self.gradient_norm = self.gradient_norm.max(other.gradient_norm);
        self
    }

    /// Which algorithm found the weights.
    #[must_use]
    pub fn solver(&self) -> &str {
        &self.solver
    }

    /// How many iterations it took.
    #[must_use]
    pub fn n_iter(&self) -> u32 {
        self.n_iter
    }

    /// Whether the gradient fell to `tol`. If not: raise `max_iter`, lower `c`, or accept it.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The value that was minimised: ½‖w‖² + C · (weighted sum of losses); 0 for naive Bayes, which minimises nothing.
    #[must_use]
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// The largest absolute component of the gradient, divided by C times the sum of weights: what `tol` bounds.
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
