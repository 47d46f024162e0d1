//! A task in, the linear model out that minimises an objective: one minimum, or one for each class against the rest.
//!
//! Which function is minimised is decided here; how a minimum is found is not known.

use std::borrow::Cow;
use std::sync::{Mutex, TryLockError};

use ndarray::Array2;

use super::fit::Task;
use super::link::Link;
use super::rows::RowTransform;
use super::solvers::{self, Design, Loss, Objective, Problem, Search, Solution};
use super::verdict::Verdict;
use super::{
    Algorithm, ClassWeight, Classifier, ClassifierParams, FitOptions, FitReport, MultiClass,
    WEIGHTS,
};
use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Stage, report};
use crate::tracker::Collecting;

/// Of classes against the rest, so many at once: enough for all threads, and their sums fit in memory.
const CLASSES_AT_ONCE: usize = 8;

/// Weights (features × outputs), intercepts, and how they were found.
struct Found {
    weights: Vec<f64>,
    intercepts: Vec<f64>,
    report: FitReport,
}

/// Where a minimum is looked for first, and what weights are drawn to; of the outputs at hand.
struct Start {
    from: Option<(Vec<f64>, Vec<f64>)>,
    centre: Option<Vec<f64>>,
}

impl Start {
    /// `of` gives weights and intercepts of a model.
    fn new(options: &FitOptions<'_>, of: impl Fn(&Classifier) -> (Vec<f64>, Vec<f64>)) -> Self {
        let from = options.warm_start_from().or(options.drawn_to()).map(&of);
        Self { from, centre: options.drawn_to().map(|model| of(model).0) }
    }
}

impl ClassifierParams {
    /// The weights of a linear model that minimise an objective, on as many rows as the task has targets.
    pub(super) fn fit_objective(
        &self,
        rows: impl Design,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        let two = task.classes.len() == 2;
        let one_output = two || self.multi_class == MultiClass::OneVsRest;
        let loss = match self.algorithm {
            Algorithm::LinearSvm => Loss::SquaredHinge,
            _ if one_output => Loss::Logistic,
            _ => Loss::Softmax,
        };
        let link = match (two, one_output) {
            (true, _) => Link::Logistic,
            (_, true) => Link::OneVsRest,
            _ => Link::Softmax,
        };
        for (start, what) in
            [(options.warm_start_from(), "warm start"), (options.drawn_to(), "prior")]
        {
            let Some(start) = start else { continue };
            start.check_columns("the matrix of rows", rows.n_columns())?;
            let outputs = link.outputs(task.classes.len());
            if start.classes != task.classes || start.intercept.len() != outputs {
                let problem = format!(
                    "a model of classes {:?} with {} outputs; the rows need {:?} with {outputs}",
                    start.classes,
                    start.intercept.len(),
                    task.classes
                );
                return Err(Error::InvalidValues { what, problem });
            }
        }
        let tracker = Collecting::new(options.run());
        let each = |done: u32, total: u32, objective: f64| {
            report(options.progress_callback(), Stage::Train, done as usize, total as usize)?;
            tracker.metric("objective", objective, done.into())
        };
        let mut found = if link == Link::OneVsRest {
            self.against_the_rest(rows, &task, options, loss, each)?
        } else {
            let flat = |model: &Classifier| {
                let weights = model.weights.as_slice().expect("in row order since it was made");
                (weights.to_vec(), model.intercept.clone())
            };
            let start = Start::new(options, flat);
            self.minimum(rows, &task, loss, 1, &task.costs, start, |iteration, objective| {
                each(iteration, self.max_iter, objective)
            })?
        };
        found.report.tracking_errors = tracker.into_messages();
        let figures = [found.report.objective, found.report.gradient_norm];
        let too_heavy = found.weights.iter().chain(&found.intercepts).any(|x| !WEIGHTS.contains(x));
        if too_heavy || figures.iter().any(|x| !x.is_finite()) {
            return Err(Error::InvalidValues {
                what: "weights",
                problem: format!(
                    "training left the range of floating point with c {:?}; bring c and the sample weights closer to 1",
                    self.c
                ),
            });
        }
        let shape = (rows.n_columns(), found.intercepts.len());
        let weights = Array2::from_shape_vec(shape, found.weights);
        Ok(Classifier {
            params: self.clone(),
            classes: task.classes,
            positive: task.positive,
            transform: RowTransform::None,
            link,
            weights: weights.expect("as many weights as columns times outputs"),
            intercept: found.intercepts,
            calibration: None,
            verdict: Verdict::Highest,
            report: found.report,
        })
    }

    /// One minimum for each class.
    fn against_the_rest(
        &self,
        rows: impl Design,
        task: &Task,
        options: &FitOptions<'_>,
        loss: Loss,
        each: impl Fn(u32, u32, f64) -> Result<()>,
    ) -> Result<Found> {
        let (classes, n) = (task.classes.len(), rows.n_columns());
        let (mut weights, mut intercepts) = (vec![0.0; n * classes], Vec::new());
        let mut so_far: Option<FitReport> = None;
        for first in (0..classes).step_by(CLASSES_AT_ONCE) {
            let objective = so_far.as_ref().map_or(0.0, |report| report.objective);
            each(first as u32, classes as u32, objective)?;
            let batch = (first..classes.min(first + CLASSES_AT_ONCE)).collect();
            // Classes are trained side by side and report in turn. Nobody waits: who finds another at it goes on.
            let stopped = Mutex::new(false);
            let ask = |_, _| {
                let mut stopped = match stopped.try_lock() {
                    Ok(stopped) => stopped,
                    Err(TryLockError::WouldBlock) => return Ok(()),
                    // The caller's own answer has panicked, which is on its way to the caller.
                    Err(TryLockError::Poisoned(_)) => return Err(Error::Cancelled),
                };
                let told = || report(options.progress_callback(), Stage::Train, first, classes);
                *stopped = *stopped || told().is_err();
                if *stopped { Err(Error::Cancelled) } else { Ok(()) }
            };
            let minima = parallel::map(batch, |class: usize| {
                let costs = if self.class_weight == ClassWeight::Balanced {
                    let weights = options.sample_weights();
                    Cow::Owned(self.against_rest(task, class, weights).costs)
                } else {
                    Cow::Borrowed(&task.costs)
                };
                let start = Start::new(options, |model| {
                    (model.weights.column(class).to_vec(), vec![model.intercept[class]])
                });
                self.minimum(rows, task, loss, class as u32, &costs, start, &ask)
            });
            for (class, found) in (first..).zip(minima) {
                let found = found?;
                for (weights, w) in weights.chunks_exact_mut(classes).zip(found.weights) {
                    weights[class] = w;
                }
                intercepts.extend(found.intercepts);
                so_far = Some(match so_far {
                    None => found.report,
                    Some(report) => report.beside(&found.report),
                });
            }
        }
        let report = so_far.expect("there are at least two classes");
        each(classes as u32, classes as u32, report.objective)?;
        Ok(Found { weights, intercepts, report })
    }

    #[expect(clippy::too_many_arguments, reason = "one for each thing that differs by class")]
    fn minimum(
        &self,
        rows: impl Design,
        task: &Task,
        loss: Loss,
        positive: u32,
        costs: &[f64],
        start: Start,
        each: impl FnMut(u32, f64) -> Result<()>,
    ) -> Result<Found> {
        let objective = Objective {
            loss,
            classes: task.classes.len(),
            targets: &task.targets,
            positive,
            costs,
            ridge: 1.0 - self.l1_ratio,
            fit_intercept: self.fit_intercept,
        };
        let Start { from, centre } = start;
        let mut problem = Problem::new(rows, objective);
        if let Some(centre) = &centre {
            problem = problem.around(centre);
        }
        let search = Search {
            solver: self.solver,
            tol: self.tol,
            max_iter: self.max_iter,
            l1: self.l1_ratio,
            start: from,
        };
        let Solution { theta, report } = solvers::minimise(&problem, &search, each)?;
        let (weights, intercepts) = problem.split(theta);
        Ok(Found { weights, intercepts, report })
    }
}
