//! Newton's method where weights are to be 0: F(θ) + l1·‖w‖₁, by coordinates.
//!
//! The step of each iteration minimises the second-order model of F plus the L1 penalty, one weight after the other (Yuan,
//! Ho & Lin, *An improved GLMNET for L1-regularized logistic regression*, JMLR 2012; `descent`), over the weights that are
//! not 0 or whose slope pulls them away from it. The exact gradient of the next point shows whether others joined them.
//! Done when the least subgradient is within the tolerance. One thread does the steps; what F is, is not known here.

use super::columns::Columns;
use super::descent::{Enough, Model, violation};
use super::design::Design;
use super::problem::{Point, Problem};
use super::sums::Buffers;
use super::vector::{dot, largest};
use super::{FitReport, Search, Solution};
use crate::error::Result;

/// What is left to do for the model, as a share of what was; measured best among 0.01 to 0.3.
const LEAST_ACCURACY: f64 = 0.1;

/// A model is exact enough if no weight violates it by more than this share of what is allowed.
const DONE: f64 = 0.25;

/// A step must lower the function by this share of what the model promises.
const ARMIJO: f64 = 1e-4;

/// Changes of the function below this share of its value are rounding.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Minimises from a point on; see [`minimise`](super::minimise).
pub(super) fn minimise<R: Design>(
    problem: &Problem<'_, R>,
    mut at: Point,
    search: &Search,
    buffers: &mut Buffers,
    mut each: impl FnMut(u32, f64) -> Result<()>,
) -> Result<Solution> {
    let &Search { tol, max_iter, l1, .. } = search;
    assert!(!R::REPEATS, "steps by columns need all of a column's squares");
    let scale = problem.scale();
    let columns = Columns::new(problem.rows, problem.n_rows(), problem.n_features());
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
fn penalty<R: Design>(problem: &Problem<'_, R>, theta: &[f64]) -> f64 {
    theta[..problem.penalised()].iter().map(|w| w.abs()).sum()
}

/// How far 0 is from the subgradients of each component.
fn violations<R: Design>(problem: &Problem<'_, R>, at: &Point, l1: f64) -> Vec<f64> {
    let n = problem.penalised();
    let each = at.gradient.iter().zip(&at.theta).enumerate();
    each.map(|(j, (&g, &x))| violation(g, x, if j < n { l1 } else { 0.0 })).collect()
}

/// The first of the ways to a goal, whole, half, a quarter, …, that lowers the function enough.
fn line_search<R: Design>(
    problem: &Problem<'_, R>,
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
