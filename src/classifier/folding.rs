//! A model that was trained on sums over columns as further columns, in; one linear model without these out. How it was trained
//! is not known here.
//!
//! With z₀ = W₀ᵀ·x₀ + b₀ the decision values of another model, and A the weights that they were given, the columns of both:
//!
//! ```text
//! Vᵀ·x + Aᵀ·z₀ + b  =  Vᵀ·x + (W₀·A)ᵀ·x₀ + (b + Aᵀ·b₀)
//! ```
//!
//! and with sums Lᵀ·x over its own columns those it has: Vᵀ·x + Aᵀ·Lᵀ·x  =  (V + L·A)ᵀ·x.

use ndarray::{Array2, Axis};

use super::rows::RowTransform;
use super::{Algorithm, Classifier, ClassifierParams, NbWeighting, WEIGHTS};
use crate::error::{Error, Result};

impl ClassifierParams {
    /// What a column of sums has to be multiplied with, so that training sees it `strength` times. `name` is of the setting
    /// that asks for it.
    ///
    /// A column of a block of its own that no row lacks says nothing about a class by being there, so naive Bayes weighs it
    /// by the base alone.
    pub(crate) fn factor_of_sums(&self, name: &'static str, strength: f64) -> Result<f64> {
        let refuse = |found: &str, expected| {
            Err(Error::InvalidParameter { name, found: found.to_owned(), expected })
        };
        if self.algorithm.is_naive_bayes() {
            let expected =
                "cannot be learnt by counting; use logistic_regression, linear_svm or sgd";
            return refuse("with naive Bayes", expected);
        }
        match self.nb_weighting {
            NbWeighting::None => Ok(strength),
            NbWeighting::Soft { base } if base > 0.0 => Ok(strength / base),
            NbWeighting::Soft { .. } => {
                refuse("with nb_weighting of base 0", "has no weight there; give a base above 0")
            }
            NbWeighting::LogCounts { .. } => {
                refuse("with LogCounts", "would count as present or absent; use NbWeighting::Soft")
            }
        }
    }
}

impl ClassifierParams {
    /// `Err` unless training can stay near the weights of another model.
    pub(crate) fn check_draws(&self) -> Result<()> {
        let refuse = |found: &str, expected| {
            Err(Error::InvalidParameter { name: "prior", found: found.to_owned(), expected })
        };
        let penalty = "has no L2 penalty that could draw weights to it; use logistic_regression or linear_svm";
        if self.algorithm.is_naive_bayes() {
            return refuse("with naive Bayes", penalty);
        }
        if self.algorithm == Algorithm::Sgd {
            return refuse(
                "with sgd",
                "draws weights only where a minimum is found; use logistic_regression or linear_svm",
            );
        }
        if self.l1_ratio > 0.0 {
            return refuse("with an L1 penalty", "draws weights by L2 alone; use l1_ratio 0.0");
        }
        match self.nb_weighting {
            NbWeighting::None => Ok(()),
            NbWeighting::Soft { base } if base > 0.0 => Ok(()),
            NbWeighting::Soft { .. } => {
                refuse("with nb_weighting of base 0", "has no weight there; give a base above 0")
            }
            NbWeighting::LogCounts { .. } => refuse(
                "with LogCounts",
                "has weights for values, not for whether a term is there; use NbWeighting::Soft",
            ),
        }
    }
}

impl Classifier {
    /// The weights that its columns lend to other columns: each link is a column of theirs, one of its own, and a factor.
    pub(crate) fn lent(
        &self,
        n_columns: usize,
        links: impl Iterator<Item = (u32, u32, f64)>,
    ) -> Result<Self> {
        let mut weights = Array2::zeros((n_columns, self.intercept.len()));
        for (theirs, own, factor) in links {
            weights.row_mut(theirs as usize).scaled_add(factor, &self.weights.row(own as usize));
        }
        if weights.iter().any(|w| !WEIGHTS.contains(w)) {
            let problem =
                "those of the prior left the range of floating point; bring its rows closer to 1";
            return Err(Error::InvalidValues { what: "weights", problem: problem.to_owned() });
        }
        Ok(Self { weights, ..self.clone_without_weights() })
    }

    /// How much all weights of a column are, squared.
    pub(crate) fn squared_weight(&self, column: u32) -> f64 {
        self.weights.row(column as usize).iter().map(|w| w * w).sum()
    }

    /// `Err` unless its decision values are sums over a row as it is.
    pub(crate) fn check_folds(&self) -> Result<()> {
        if self.transform == RowTransform::None {
            return Ok(());
        }
        let algorithm = match self.params.chosen_algorithm() {
            Algorithm::BernoulliNb => "of Bernoulli naive Bayes",
            _ => "of LogCounts",
        };
        Err(Error::InvalidParameter {
            name: "prior",
            found: algorithm.to_owned(),
            expected: "asks only whether a term is there, so it cannot stand beside rows with values; train it otherwise",
        })
    }

    /// Folds its last columns into the others: each was `factor` times a sum over these, with the values in its list.
    pub(crate) fn fold_sums(mut self, values: &[Vec<f64>], factor: f64) -> Result<Self> {
        let own = self.n_features() - values.len();
        let (kept, learnt) = self.weights.view().split_at(Axis(0), own);
        let folded = |i: usize, k: usize| {
            factor * values.iter().enumerate().map(|(v, of)| of[i] * learnt[[v, k]]).sum::<f64>()
        };
        let shape = (own, self.intercept.len());
        let weights = Array2::from_shape_fn(shape, |(i, k)| kept[[i, k]] + folded(i, k));
        self.weights = weights;
        if self.weights.iter().any(|w| !WEIGHTS.contains(w)) {
            let problem = "those of the lexicon left the range of floating point; bring its values closer to 1";
            return Err(Error::InvalidValues { what: "weights", problem: problem.to_owned() });
        }
        Ok(self)
    }

    /// Replaces its last columns, which were the decision values of `prior` times `factor`, by the columns of `prior`.
    pub(crate) fn fold_prior(mut self, prior: &Self, factor: f64) -> Result<Self> {
        let (outputs, values) = (self.intercept.len(), prior.intercept.len());
        let own = self.n_features() - values;
        let (kept, learnt) = self.weights.view().split_at(Axis(0), own);
        // By hand, as the order of a library's sums may depend on the machine.
        let folded = |values_of: &dyn Fn(usize) -> f64, k: usize| {
            factor * (0..values).map(|v| values_of(v) * learnt[[v, k]]).sum::<f64>()
        };
        let weights = Array2::from_shape_fn((own + prior.n_features(), outputs), |(i, k)| {
            if i < own { kept[[i, k]] } else { folded(&|v| prior.weights[[i - own, v]], k) }
        });
        for (k, intercept) in self.intercept.iter_mut().enumerate() {
            *intercept += folded(&|v| prior.intercept[v], k);
        }
        self.weights = weights;
        if self.weights.iter().chain(&self.intercept).any(|w| !WEIGHTS.contains(w)) {
            let problem =
                "those of the prior left the range of floating point; bring its rows closer to 1";
            return Err(Error::InvalidValues { what: "weights", problem: problem.to_owned() });
        }
        Ok(self)
    }
}
