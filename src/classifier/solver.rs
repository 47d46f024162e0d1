//! The choice of how a minimum is found. What is minimised is not known here.

use serde::{Deserialize, Serialize};

/// How the weights of logistic regression and of the linear SVM are found. Where they end is the same, within
/// [`tol`](crate::ClassifierParams::tol); how soon is not.
///
/// ```
/// use ressenti::{Classifier, Solver, Vectorizer};
///
/// let (_, rows) = Vectorizer::tfidf().fit_transform(&["good", "bad"])?;
/// let classifier = Classifier::logistic_regression().l1_ratio(0.5).fit(&rows, &[true, false])?;
/// assert_eq!(classifier.fit_report().solver(), "proximal-newton"); // chosen by Solver::Auto
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Solver {
    /// [`ProximalNewton`](Self::ProximalNewton) if there is an L1 penalty. Else, for one output, [`NewtonCg`](Self::NewtonCg)
    /// from a step by every eighth row, if there are 8,000 rows or more, for each column, on the mean, 512 entries, and a
    /// row counts 10 or less; [`DualNewtonCg`](Self::DualNewtonCg) for 1,000 rows or more; else [`NewtonCg`](Self::NewtonCg)
    /// from zero. Both are preconditioned by what every eighth row shows of the curvature, if there are 8,000 rows or more
    /// and for each column, on the mean, 48 entries times what a row counts. The default.
    #[default]
    Auto,
    /// Newton's method with conjugate gradients, preconditioned by the diagonal. For the L2 penalty.
    NewtonCg,
    /// The same from where two passes of dual coordinate ascent end. For the L2 penalty and models of one output: two
    /// classes, or each against the rest.
    DualNewtonCg,
    /// Newton's method that moves one weight after the other. For the L1 penalty and the elastic net, with any number of
    /// outputs.
    ProximalNewton,
}

impl Solver {
    /// The name that runs are tracked with.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::NewtonCg => "newton-cg",
            Self::DualNewtonCg => "dual-newton-cg",
            Self::ProximalNewton => "proximal-newton",
        }
    }
}
