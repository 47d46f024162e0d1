//! Newton's method where weights are to be 0: F(θ) + l1·‖w‖₁, by coordinates.
//!
//! The step of each iteration minimises the second-order model of F plus the L1 penalty, one weight after the other (Yuan,
//! Ho & Lin, *An improved GLMNET for L1-regularized logistic regression*, JMLR 2012), over the weights that are not 0 or
//! whose slope pulls them away from it. The exact gradient of the next point shows whether others joined them. Done when
//! the least subgradient is within the tolerance. One thread does the steps; what F is, is not known here.

use super::columns::Columns;
use super::problem::{Point, Problem};
use super::sums::Buffers;
use super::vector::{dot, largest};
use super::{FitReport, Search, Solution};
use crate::error::Result;

/// Passes over the weights per iteration, at most.
const MOST_PASSES: usize = 1000;

/// What is left to do for the model, as a share of what was; measured best among 0.01 to 0.3.
const LEAST_ACCURACY: f64 = 0.1;

/// A model is exact enough if no weight violates it by more than this share of what is allowed.
const DONE: f64 = 0.25;

/// A step must lower the function by this share of what the model promises.
const ARMIJO: f64 = 1e-4;

/// Changes of the function below this share of its value are rounding.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Minimises from a point on; see [`minimise`](super::minimise).
pub(super) fn minimise(
    problem: &Problem<'_>,
    mut at: Point,
    search: &Search,
    buffers: &mut Buffers,
    mut each: impl FnMut(u32, f64) -> Result<()>,
) -> Result<Solution> {
    let &Search { tol, max_iter, l1, .. } = search;
    let scale = problem.scale();
    let columns = Columns::new(&problem.rows, problem.n_rows(), problem.n_features());
    let mut n_iter = 0;
    let mut initial = None;
    loop {
        let objective = at.value + l1 * penalty(problem, &at.theta);
        each(n_iter, objective)?;
        let violations = violations(problem, &at, l1);
        let gradient_norm = largest(&violations) / scale;
        let converged = gradient_norm <= tol;
        if !converged && n_iter < max_iter {
            let total: f64 = violations.iter().sum();
            let accuracy = (total / *initial.get_or_insert(total)).min(LEAST_ACCURACY);
            let enough = Enough { sum: accuracy * total, each: DONE * tol * scale };
            let diagonal = problem.diagonal(&at, buffers);
            let model = Model { problem, columns: &columns, at: &at, diagonal: &diagonal, l1 };
            let goal = model.minimum(&violations, &enough);
            if let Some(next) = line_search(problem, &at, l1, &goal, buffers) {
                at = next;
                n_iter += 1;
                continue;
            }
        }
        let report = FitReport {
            solver: "proximal-newton".to_owned(),
            n_iter,
            converged,
            objective,
            gradient_norm,
            tracking_errors: Vec::new(),
        };
        return Ok(Solution { theta: at.theta, report });
    }
}

/// ‖w‖₁.
fn penalty(problem: &Problem<'_>, theta: &[f64]) -> f64 {
    theta[..problem.penalised()].iter().map(|w| w.abs()).sum()
}

/// How far 0 is from the subgradients of each component.
fn violations(problem: &Problem<'_>, at: &Point, l1: f64) -> Vec<f64> {
    let n = problem.penalised();
    let each = at.gradient.iter().zip(&at.theta).enumerate();
    each.map(|(j, (&g, &x))| violation(g, x, if j < n { l1 } else { 0.0 })).collect()
}

fn violation(gradient: f64, x: f64, l1: f64) -> f64 {
    if x == 0.0 { (gradient.abs() - l1).max(0.0) } else { (gradient + l1 * x.signum()).abs() }
}

/// When the minimum of a model is near enough: the violations of a pass over its weights.
struct Enough {
    sum: f64,
    each: f64,
}

/// F to the second order around a point, plus l1·‖w‖₁.
struct Model<'m, 'a> {
    problem: &'m Problem<'a>,
    columns: &'m Columns,
    at: &'m Point,
    diagonal: &'m [f64],
    l1: f64,
}

impl Model<'_, '_> {
    /// Where the minimum is, nearly.
    fn minimum(&self, violations: &[f64], enough: &Enough) -> Vec<f64> {
        let &Self { problem, columns, at, diagonal, l1 } = self;
        let (n, ridge) = (problem.penalised(), problem.objective.ridge);
        let mut theta = at.theta.clone();
        // X·(θ − θ₀), each row times its curvature where it is read.
        let mut moved = vec![0.0; problem.n_rows()];
        let free: Vec<usize> =
            (0..n).filter(|&j| at.theta[j] != 0.0 || violations[j] > 0.0).collect();
        for _ in 0..MOST_PASSES {
            let (mut sum, mut most) = (0.0, 0.0f64);
            for &j in &free {
                let curved = columns.entries(j).map(|(row, x)| x * at.curvature[row] * moved[row]);
                let gradient =
                    at.gradient[j] + ridge * (theta[j] - at.theta[j]) + curved.sum::<f64>();
                let before = theta[j];
                let off = violation(gradient, before, l1);
                sum += off;
                most = most.max(off);
                let curvature = diagonal[j];
                let alone = before - gradient / curvature;
                theta[j] = alone.signum() * (alone.abs() - l1 / curvature).max(0.0);
                let change = theta[j] - before;
                if change != 0.0 {
                    for (row, x) in columns.entries(j) {
                        moved[row] += x * change;
                    }
                }
            }
            if let Some(b) = theta.get_mut(n) {
                let gradient = at.gradient[n] + dot(&at.curvature, &moved);
                let change = -gradient / diagonal[n];
                sum += gradient.abs();
                most = most.max(gradient.abs());
                *b += change;
                for moved in &mut moved {
                    *moved += change;
                }
            }
            if sum <= enough.sum || most <= enough.each || sum.is_nan() {
                break;
            }
        }
        theta
    }
}

/// The first of the ways to a goal, whole, half, a quarter, …, that lowers the function enough.
fn line_search(
    problem: &Problem<'_>,
    at: &Point,
    l1: f64,
    goal: &[f64],
    buffers: &mut Buffers,
) -> Option<Point> {
    let step: Vec<f64> = goal.iter().zip(&at.theta).map(|(to, from)| to - from).collect();
    let penalty_here = penalty(problem, &at.theta);
    let promised = dot(&at.gradient, &step) + l1 * (penalty(problem, goal) - penalty_here);
    let value = at.value + l1 * penalty_here;
    let mut length = 1.0;
    for halvings in 0..60 {
        let theta = if halvings == 0 {
            // Where the goal has zeros, there are zeros.
            goal.to_vec()
        } else {
            at.theta.iter().zip(&step).map(|(x, s)| x + length * s).collect()
        };
        let next = problem.evaluate(theta, buffers);
        let reached = next.value + l1 * penalty(problem, &next.theta);
        let lower = reached <= value + ARMIJO * length * promised && reached < value;
        let drowned = halvings == 0 && (reached - value).abs() <= ROUNDING * value;
        let flatter = || {
            let [before, after] = [at, &next].map(|point| largest(&violations(problem, point, l1)));
            after < before
        };
        if lower || (drowned && flatter()) {
            return Some(next);
        }
        length /= 2.0;
    }
    None
}
