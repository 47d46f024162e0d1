//! A few passes over all rows, one row after the other: rows and a task in, a classifier out. How a row moves the weights
//! is known in `step`.
//!
//! Each pass takes the rows in an order of its own, which is the same in every training. All passes together see each row
//! so many times, so the penalty counts as many times too.

use ndarray::Array2;

use super::fit::Task;
use super::link::{Link, logistic, modified_huber, softmax_loss};
use super::rows::RowTransform;
use super::step::{Belief, Scratch, State};
use super::verdict::Verdict;
use super::{
    ClassWeight, Classifier, ClassifierParams, FitOptions, FitReport, MultiClass, SgdLoss, WEIGHTS,
};
use crate::error::{Error, Result};
use crate::progress::{Stage, report};
use crate::random::SplitMix64;
use crate::rows::Rows;
use crate::tracker::Collecting;

/// From so many rows on they do not stay in the processor's memory from one pass to the next.
const FEW_ROWS: usize = 1 << 14;

/// Of many rows, so many neighbours stay together in the order of a pass, as each jump waits for memory: one row after the
/// other took 2.2 times as long on half a million. Where rows are sorted by class, runs of so few do no harm.
const TOGETHER: usize = 8;

impl ClassifierParams {
    /// How the outputs of stochastic gradient descent become probabilities.
    pub(super) fn sgd_link(&self, classes: usize) -> Link {
        match (self.loss, self.multi_class) {
            (SgdLoss::ModifiedHuber, _) => Link::ModifiedHuber,
            (SgdLoss::Logistic, _) if classes == 2 => Link::Logistic,
            (SgdLoss::Logistic, MultiClass::OneVsRest) => Link::OneVsRest,
            (SgdLoss::Logistic, MultiClass::Multinomial) => Link::Softmax,
        }
    }

    /// Trains by passes over as many rows as the task has targets.
    pub(super) fn fit_sgd(
        &self,
        rows: &Rows,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        let link = self.sgd_link(task.classes.len());
        let costs = self.output_costs(&task, link, options.sample_weights());
        let Task { classes, targets, positive, .. } = task;
        let passes = self.max_iter;
        let penalty = f64::from(passes) / self.c;
        let outputs = link.outputs(classes.len());
        let (columns, intercept) = (rows.n_columns(), self.fit_intercept);
        let mut state = State::new(link, outputs, columns, penalty, intercept, self.average);
        let tracker = Collecting::new(options.run());
        let parts = rows.parts();
        let together = if targets.len() < FEW_ROWS { 1 } else { TOGETHER };
        let mut blocks: Vec<u32> = (0..targets.len().div_ceil(together) as u32).collect();
        let mut random = SplitMix64::new(0);
        let mut scratch = Scratch::default();
        let progress = |pass: u32| {
            report(options.progress_callback(), Stage::Train, pass as usize, passes as usize)
        };
        for pass in 0..passes {
            progress(pass)?;
            random.shuffle(&mut blocks);
            let rows_of = |&block: &u32| {
                let first = block as usize * together;
                first..(first + together).min(targets.len())
            };
            for i in blocks.iter().flat_map(rows_of) {
                let class = targets[i] as usize;
                // The costs hold C, which stands in the penalty here.
                let cost = |output| costs.of(i, class, output) / self.c;
                state.step(parts.row(i), class, cost, &mut scratch);
            }
        }
        progress(passes)?;
        let state = state.settled();
        let mut report = self.judge(&state, rows, &targets, &costs);
        tracker.metric("objective", report.objective, passes.into())?;
        report.tracking_errors = tracker.into_messages();
        state.into_classifier(self.clone(), classes, positive, report)
    }

    /// What each row costs each output. Balanced are the two sides of each model.
    fn output_costs(&self, task: &Task, link: Link, weights: Option<&[f64]>) -> OutputCosts {
        let classes = task.classes.len();
        let one_model = classes == 2 || link == Link::Softmax;
        if one_model || self.class_weight != ClassWeight::Balanced {
            return OutputCosts { of_rows: task.costs.clone(), sides: Vec::new() };
        }
        let n = task.targets.len();
        let of_rows: Vec<f64> =
            (0..n).map(|i| self.c * weights.map_or(1.0, |weights| weights[i])).collect();
        let mut masses = vec![0.0; classes];
        for (&class, cost) in task.targets.iter().zip(&of_rows) {
            masses[class as usize] += cost;
        }
        let total: f64 = masses.iter().sum();
        let side = |mass: f64| total / 2.0 / mass;
        let sides = masses.into_iter().map(|mass| [side(total - mass), side(mass)]).collect();
        OutputCosts { of_rows, sides }
    }

    /// The objective and its gradient where the passes ended.
    fn judge(&self, state: &State, rows: &Rows, targets: &[u32], costs: &OutputCosts) -> FitReport {
        let outputs = state.outputs;
        let mut gradient: Vec<f64> = state.weights.iter().map(|w| w.mean).collect();
        let mut of_intercepts = vec![0.0; state.intercepts.len()];
        let mut objective = gradient.iter().map(|w| w * w).sum::<f64>() / 2.0;
        let mut decisions = vec![0.0; outputs];
        let parts = rows.parts();
        let mut scale = 0.0;
        for (i, &class) in targets.iter().enumerate() {
            let class = class as usize;
            state.decide(parts.row(i), &mut decisions);
            objective += slopes(state.link, &mut decisions, class, |k| costs.of(i, class, k));
            for (column, value) in parts.row(i).entries() {
                let gradient = &mut gradient[column * outputs..(column + 1) * outputs];
                for (g, slope) in gradient.iter_mut().zip(&decisions) {
                    *g += slope * value;
                }
            }
            for (g, slope) in of_intercepts.iter_mut().zip(&decisions) {
                *g += slope;
            }
            scale += costs.of_rows[i];
        }
        let largest =
            gradient.iter().chain(&of_intercepts).fold(0.0, |max: f64, g| max.max(g.abs()));
        let gradient_norm = largest / scale;
        FitReport {
            solver: "sgd".to_owned(),
            n_iter: self.max_iter,
            converged: gradient_norm <= self.tol,
            objective,
            gradient_norm,
            tracking_errors: Vec::new(),
        }
    }
}

/// What rows cost.
struct OutputCosts {
    of_rows: Vec<f64>,
    /// For each output, a factor for rows of other classes and one for rows of its own; empty if all are 1.
    sides: Vec<[f64; 2]>,
}

impl OutputCosts {
    #[inline]
    fn of(&self, row: usize, class: usize, output: usize) -> f64 {
        let factor = self.sides.get(output).map_or(1.0, |side| side[usize::from(class == output)]);
        self.of_rows[row] * factor
    }
}

/// Turns decision values into the slopes of the loss, and returns it; both times the cost of each output.
fn slopes(link: Link, decisions: &mut [f64], class: usize, cost: impl Fn(usize) -> f64) -> f64 {
    if link == Link::Softmax {
        let (loss, cost) = (softmax_loss(decisions, class), cost(class));
        for (output, p) in decisions.iter_mut().enumerate() {
            *p = cost * (*p - f64::from(u8::from(output == class)));
        }
        return cost * loss;
    }
    let one = decisions.len() == 1;
    let mut sum = 0.0;
    for (output, z) in decisions.iter_mut().enumerate() {
        let truth = if one { class == 1 } else { class == output };
        let (sign, cost) = (if truth { 1.0 } else { -1.0 }, cost(output));
        let (loss, slope) = match link {
            Link::ModifiedHuber => modified_huber(sign * *z),
            _ => logistic(sign * *z),
        };
        sum += cost * loss;
        *z = cost * sign * slope;
    }
    sum
}

impl State {
    /// x·w + b of each output.
    fn decide(&self, row: crate::rows::Row<'_>, decisions: &mut [f64]) {
        decisions.fill(0.0);
        for (z, b) in decisions.iter_mut().zip(&self.intercepts) {
            *z = b.mean;
        }
        for (column, value) in row.entries() {
            let weights = &self.weights[column * self.outputs..(column + 1) * self.outputs];
            for (z, w) in decisions.iter_mut().zip(weights) {
                *z += value * w.mean;
            }
        }
    }

    /// The means as weights; those of a [`settled`](Self::settled) state.
    pub(super) fn into_classifier(
        self,
        params: ClassifierParams,
        classes: Vec<String>,
        positive: usize,
        report: FitReport,
    ) -> Result<Classifier> {
        let means = |beliefs: Vec<Belief>| -> Vec<f64> { beliefs.iter().map(|b| b.mean).collect() };
        let (weights, mut intercept) = (means(self.weights), means(self.intercepts));
        intercept.resize(self.outputs, 0.0);
        if self.link == Link::Softmax {
            // A number added to all intercepts changes nothing; of all these, take those that sum to 0.
            let mean = intercept.iter().sum::<f64>() / self.outputs as f64;
            for b in &mut intercept {
                *b -= mean;
            }
        }
        let figures = [report.objective, report.gradient_norm];
        let too_heavy = weights.iter().chain(&intercept).any(|x| !WEIGHTS.contains(x));
        if too_heavy || figures.iter().any(|x| !x.is_finite()) {
            let problem = format!(
                "training left the range of floating point with c {:?}; bring c and the sample weights closer to 1",
                params.c
            );
            return Err(Error::InvalidValues { what: "weights", problem });
        }
        let columns = weights.len() / self.outputs;
        let weights = Array2::from_shape_vec((columns, self.outputs), weights);
        Ok(Classifier {
            params,
            classes,
            positive,
            transform: RowTransform::None,
            link: self.link,
            weights: weights.expect("as many weights as columns times outputs"),
            intercept,
            calibration: None,
            verdict: Verdict::Highest,
            report,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of every link, by central differences; the costs of the outputs differ.
    #[test]
    fn slopes_are_those_of_the_losses() {
        let links = [Link::Logistic, Link::OneVsRest, Link::Softmax, Link::ModifiedHuber];
        for link in links {
            let outputs = if link == Link::Logistic { 1 } else { 3 };
            for class in 0..outputs.max(2) {
                // The loss of a softmax is one, and so is its cost.
                let cost = |k: usize| if link == Link::Softmax { 1.5 } else { 0.5 + k as f64 };
                for start in [-2.5, -0.7, 0.0, 0.45, 3.0] {
                    let at: Vec<f64> = (0..outputs).map(|k| start + 0.3 * k as f64).collect();
                    let mut here = at.clone();
                    slopes(link, &mut here, class, cost);
                    for k in 0..outputs {
                        let value = |by: f64| {
                            let mut moved = at.clone();
                            moved[k] += by;
                            slopes(link, &mut moved, class, cost)
                        };
                        let slope = (value(1e-6) - value(-1e-6)) / 2e-6;
                        assert!(
                            (here[k] - slope).abs() < 1e-6,
                            "{link:?} {start}: {here:?} {slope}"
                        );
                    }
                }
            }
        }
    }
}
