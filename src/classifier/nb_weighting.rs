//! Columns weighed by naive Bayes before a linear model is trained on them: rows and a task in, a classifier out whose
//! weights already hold the scale, so that scoring never sees it. How the model is trained is not known here.
//!
//! [`NbWeighting`] has the formulas. Rows are scaled in a copy that lives as long as the training.

use std::ops::Range;

use ndarray::{Array2, Axis};

use super::fit::Task;
use super::link::Link;
use super::rows::{RowTransform, binary};
use super::verdict::Verdict;
use super::{
    ClassWeight, Classifier, ClassifierParams, FitOptions, FitReport, NbWeighting, WEIGHTS,
};
use crate::error::{Error, Result};
use crate::rows::Rows;

impl ClassifierParams {
    /// Trains a linear model on weighed columns.
    pub(super) fn fit_weighted(
        &self,
        rows: &Rows,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        let whole = 0..rows.n_columns();
        let blocks = options.blocks().unwrap_or(std::slice::from_ref(&whole));
        check_blocks(blocks, rows.n_columns())?;
        let weights = options.sample_weights();
        match self.nb_weighting {
            NbWeighting::None => self.fit_linear(rows, task, options),
            NbWeighting::Soft { base } => {
                let counts = Counts::new(rows, &task, weights, self.alpha, |value| value != 0.0);
                let strength = counts.strongest_ratios(blocks);
                let scale: Vec<f64> = strength.into_iter().map(|r| base + r).collect();
                let scaled = scaled(rows, |column, value| value * scale[column])?;
                // A model to start from has its scale folded in, which the scaled rows have not.
                let start =
                    options.warm_start_from().map(|model| model.unfolded(&scale)).transpose()?;
                let prior = options.drawn_to().map(|model| model.unfolded(&scale)).transpose()?;
                let options = start.as_ref().map_or(*options, |start| options.warm_start(start));
                let options = prior.as_ref().map_or(options, |prior| options.prior(prior));
                let mut model = self.fit_linear(&scaled, task, &options)?;
                model.fold(|column, weight| weight * scale[column])?;
                Ok(model)
            }
            NbWeighting::LogCounts { beta } => {
                let counts = Counts::new(rows, &task, weights, self.alpha, |value| value > 0.0);
                if task.classes.len() == 2 {
                    return self.fit_log_counts(
                        rows,
                        task,
                        &counts.ratios(1, blocks),
                        beta,
                        options,
                    );
                }
                // Each of several classes has a scale of its own, so there is no one set of rows to train on.
                let quiet = FitOptions::new();
                let quiet = options.progress_callback().map_or(quiet, |p| quiet.progress(p));
                let fit = |class| {
                    let task = self.against_rest(&task, class, weights);
                    self.fit_log_counts(rows, task, &counts.ratios(class, blocks), beta, &quiet)
                };
                let models = (0..task.classes.len()).map(fit).collect::<Result<Vec<_>>>()?;
                Ok(self.beside(task, &models))
            }
        }
    }

    fn fit_log_counts(
        &self,
        rows: &Rows,
        task: Task,
        ratios: &[f64],
        beta: f64,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        let scaled = scaled(rows, |column, value| binary(value) * ratios[column])?;
        let mut model = self.fit_linear(&scaled, task, &options.cold())?;
        let mean =
            model.weights.iter().map(|w| w.abs()).sum::<f64>() / model.weights.len().max(1) as f64;
        model.fold(|column, w| ((1.0 - beta) * mean + beta * w) * ratios[column])?;
        model.transform = RowTransform::Binary;
        Ok(model)
    }

    /// The task of telling one class from all others; classes are balanced between the two.
    pub(super) fn against_rest(&self, task: &Task, class: usize, weights: Option<&[f64]>) -> Task {
        let targets: Vec<u32> =
            task.targets.iter().map(|&target| u32::from(target as usize == class)).collect();
        let mut costs = task.costs.clone();
        if self.class_weight == ClassWeight::Balanced {
            let weight = |i: usize| weights.map_or(1.0, |weights| weights[i]);
            let mut sums = [0.0; 2];
            for (i, &target) in targets.iter().enumerate() {
                sums[target as usize] += weight(i);
            }
            let factors = sums.map(|sum| self.c * (sums[0] + sums[1]) / 2.0 / sum);
            for (i, &target) in targets.iter().enumerate() {
                costs[i] = weight(i) * factors[target as usize];
            }
        }
        let classes = vec![format!("not {}", task.classes[class]), task.classes[class].clone()];
        Task { classes, targets, positive: 1, costs, repeated: None }
    }

    /// One model of many, each of which tells a class from the rest.
    fn beside(&self, task: Task, models: &[Classifier]) -> Classifier {
        let reports = models[1..].iter().map(|model| &model.report);
        let report = reports.fold(models[0].report.clone(), FitReport::beside);
        let mut weights = Array2::zeros((models[0].n_features(), models.len()));
        for (mut column, model) in weights.axis_iter_mut(Axis(1)).zip(models) {
            column.assign(&model.weights.column(0));
        }
        Classifier {
            params: self.clone(),
            classes: task.classes,
            positive: task.positive,
            transform: models[0].transform,
            // The links of two classes have one for several that treats each output as they do.
            link: if models[0].link == Link::Logistic { Link::OneVsRest } else { models[0].link },
            weights,
            intercept: models.iter().map(|model| model.intercept[0]).collect(),
            calibration: None,
            verdict: Verdict::Highest,
            report,
        }
    }
}

impl Classifier {
    /// The same for rows whose columns are scaled.
    fn unfolded(&self, scale: &[f64]) -> Result<Self> {
        self.check_columns("the matrix of rows", scale.len())?;
        let mut model = self.clone();
        for (mut weights, &scale) in model.weights.axis_iter_mut(Axis(0)).zip(scale) {
            weights.mapv_inplace(|w| if scale > 0.0 { w / scale } else { 0.0 });
        }
        Ok(model)
    }

    /// Puts `f(column, weight)` in the place of each weight.
    fn fold(&mut self, f: impl Fn(usize, f64) -> f64) -> Result<()> {
        for ((column, _), weight) in self.weights.indexed_iter_mut() {
            *weight = f(column, *weight);
            if !WEIGHTS.contains(weight) {
                let problem =
                    "those of naive Bayes left the range of floating point; give a larger alpha";
                return Err(Error::InvalidValues { what: "weights", problem: problem.to_owned() });
            }
        }
        Ok(())
    }
}

/// α plus how many rows of each class have a column, and how many of the other classes.
struct Counts {
    /// Columns × classes.
    of_class: Vec<f64>,
    of_others: Vec<f64>,
    classes: usize,
}

impl Counts {
    fn new(
        rows: &Rows,
        task: &Task,
        weights: Option<&[f64]>,
        alpha: f64,
        has: impl Fn(f64) -> bool,
    ) -> Self {
        let classes = task.classes.len();
        let mut of_class = vec![0.0; rows.n_columns() * classes];
        let parts = rows.parts();
        for (i, &class) in task.targets.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[i]);
            for (column, _) in parts.row(i).entries().filter(|&(_, value)| has(value)) {
                of_class[column * classes + class as usize] += weight;
            }
        }
        let mut of_others = of_class.clone();
        for column in of_others.chunks_exact_mut(classes) {
            let all: f64 = column.iter().sum();
            for count in column {
                // Rounding must not take away what smoothing gives.
                *count = (all - *count).max(0.0) + alpha;
            }
        }
        for count in &mut of_class {
            *count += alpha;
        }
        Self { of_class, of_others, classes }
    }

    /// rⱼ of a class against all others; shares are those within a block.
    fn ratios(&self, class: usize, blocks: &[Range<usize>]) -> Vec<f64> {
        let mut ratios = Vec::with_capacity(self.of_class.len() / self.classes);
        for block in blocks {
            let sum = |counts: &[f64]| -> f64 {
                block.clone().map(|column| counts[column * self.classes + class]).sum()
            };
            let whole = (sum(&self.of_class) / sum(&self.of_others)).ln();
            ratios.extend(block.clone().map(|column| {
                let at = column * self.classes + class;
                (self.of_class[at] / self.of_others[at]).ln() - whole
            }));
        }
        ratios
    }

    /// The largest |rⱼ| over the classes.
    fn strongest_ratios(&self, blocks: &[Range<usize>]) -> Vec<f64> {
        let mut strongest = vec![0.0; self.of_class.len() / self.classes];
        // Of two classes, both have the same but for the sign.
        for class in usize::from(self.classes == 2)..self.classes {
            for (most, r) in strongest.iter_mut().zip(self.ratios(class, blocks)) {
                *most = r.abs().max(*most);
            }
        }
        strongest
    }
}

/// A copy of the rows with other values.
fn scaled(rows: &Rows, f: impl Fn(usize, f64) -> f64) -> Result<Rows> {
    rows.map_values(|column, value| f(column, value.into()) as f32).ok_or_else(|| {
        let problem = "scaled by naive Bayes, they left the range of single precision; bring them closer to 1";
        Error::InvalidValues { what: "rows", problem: problem.to_owned() }
    })
}

/// `Err` unless the blocks lie side by side and hold every column.
fn check_blocks(blocks: &[Range<usize>], n_columns: usize) -> Result<()> {
    let end = blocks
        .iter()
        .try_fold(0, |end, block| (block.start == end && block.end >= end).then_some(block.end));
    if end == Some(n_columns) {
        return Ok(());
    }
    let problem = format!("{blocks:?} do not lie side by side from 0 to {n_columns}");
    Err(Error::InvalidValues { what: "column blocks", problem })
}
