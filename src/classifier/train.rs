//! The road from a task to a trained classifier: which algorithm takes it, and what lies before it.

use super::fit::Task;
use super::{Algorithm, Classifier, ClassifierParams, FitOptions};
use crate::error::Result;
use crate::rows::Rows;

impl ClassifierParams {
    /// Trains on the rows that the task was prepared for.
    pub(crate) fn fit_task(
        &self,
        rows: &Rows,
        mut task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        if let Some((rows, weights)) = task.repeat(rows) {
            return self.fit_task(&rows, task, &options.weights(&weights));
        }
        if let Some(prior) = options.drawn_to() {
            prior.check_folds()?;
            self.check_draws()?;
        }
        if self.algorithm.is_naive_bayes() {
            self.fit_naive_bayes(rows, task, options)
        } else {
            self.fit_weighted(rows, task, options)
        }
    }

    /// Trains a linear model on rows as they are.
    pub(super) fn fit_linear(
        &self,
        rows: &Rows,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        if self.algorithm == Algorithm::Sgd {
            self.fit_sgd(rows, task, options)
        } else {
            self.fit_objective(rows, task, options)
        }
    }
}
