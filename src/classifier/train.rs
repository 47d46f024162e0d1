//! The road from a task to a trained classifier: which algorithm takes it, and what lies before it.

use super::fit::Task;
use super::{
    Algorithm, Classifier, ClassifierParams, FitOptions, MultiClass, NbWeighting, Solver, solvers,
};
use crate::bags::{self, Bags};
use crate::error::Result;
use crate::rows::Rows;

/// Of fewer rows, there would be pieces too few for several threads.
const MANY_ROWS: usize = 8 * bags::PIECE;

impl Task {
    /// Whether bags are faster, of so many columns and entries: they are where a sample tells where to start.
    pub(crate) fn prefers_bags(&self, columns: usize, entries: usize) -> bool {
        let rows = self.targets.len();
        let each_counts = self.costs.iter().sum::<f64>() / rows as f64;
        solvers::tells_of(rows, entries, columns, each_counts)
    }
}

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

    /// Whether [`fit_bags`](Self::fit_bags) can train by these settings, and there may be rows enough.
    pub(crate) fn takes_bags(&self, task: &Task) -> bool {
        let smooth = matches!(self.algorithm, Algorithm::LogisticRegression | Algorithm::LinearSvm);
        let plain = self.nb_weighting == NbWeighting::None && self.l1_ratio == 0.0;
        let of_one_output = task.n_classes() == 2
            || self.multi_class == MultiClass::OneVsRest
            || self.algorithm == Algorithm::LinearSvm;
        let many = task.repeated.is_none() && task.targets.len() >= MANY_ROWS;
        self.solver == Solver::Auto && smooth && plain && of_one_output && many
    }

    /// Trains on the rows that the task was prepared for, for settings that [take bags](Self::takes_bags). The minimum is that of
    /// [`fit_task`](Self::fit_task), but that no value was rounded to single precision.
    pub(crate) fn fit_bags(
        &self,
        rows: &Bags,
        mut task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        debug_assert!(self.takes_bags(&task));
        rows.put_in_place(&mut task.targets);
        rows.put_in_place(&mut task.costs);
        let Some(weights) = options.sample_weights() else {
            return self.fit_objective(rows, task, options);
        };
        let mut weights = weights.to_vec();
        rows.put_in_place(&mut weights);
        self.fit_objective(rows, task, &options.weights(&weights))
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
            self.fit_objective(rows.parts(), task, options)
        }
    }
}
