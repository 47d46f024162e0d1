//! The road from a task to a trained classifier: which algorithm takes it.

use super::fit::Task;
use super::{Classifier, ClassifierParams, FitOptions};
use crate::error::Result;
use crate::rows::Rows;

impl ClassifierParams {
    /// Trains on as many rows as the task has targets.
    pub(crate) fn fit_task(
        &self,
        rows: &Rows,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        self.fit_objective(rows, task, options)
    }
}
