//! Newton's method with conjugate gradients: few iterations, each a handful of products with the rows.
//!
//! The step of each iteration solves H·s = −g only as exactly as is worth it (Dembo & Steihaug 1983), preconditioned by
//! the diagonal of H, and is shortened until the function falls enough (Armijo). Comes to the optimum at a superlinear
//! rate, so a tight tolerance costs an iteration or two. Near the optimum the function changes by less than floating
//! point can tell; there a full step is taken if it lowers the gradient. What the function is, is not known here.
//!
//! Tried and dropped: a preconditioner with the block of the 256 or 1,000 heaviest columns (one product of twenty saved,
//! for more than it costs), and first steps by every fourth or eighth row (as many products saved as evaluations added).

use super::problem::{Point, Problem};
use super::sums::Buffers;
use super::vector::{dot, fold, largest, squared};
use super::{FitReport, Search, Solution};
use crate::error::Result;

/// Products with the Hessian per iteration, at most.
const MOST_PRODUCTS: usize = 500;

/// The first steps solve for the residual to fall to this share; measured best among 0.05 to 0.5. With 0.2, C = 1 takes a
/// sixth fewer products to 1e-6, and C = 100 twice as many.
const LEAST_ACCURACY: f64 = 0.1;

/// A residual of the step below this share of what is allowed of the gradient is exact enough.
const DONE: f64 = 0.25;

/// A step that would bring the gradient to within so many times the tolerance goes on until it is within: to start once more
/// from nothing would cost more products.
const NEAR: f64 = 10.0;

/// A step must lower the function by this share of what the slope promises.
const ARMIJO: f64 = 1e-4;

/// Changes of the function below this share of its value are rounding.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Minimises from a point on; see [`minimise`](super::minimise).
pub(super) fn minimise(
    problem: &Problem<'_>,
    mut at: Point,
    solver: &str,
    search: &Search,
    buffers: &mut Buffers,
    mut each: impl FnMut(u32, f64) -> Result<()>,
) -> Result<Solution> {
    let Search { tol, max_iter, .. } = *search;
    let scale = problem.scale();
    let mut n_iter = 0;
    let initial = norm(&at.gradient);
    let mut preconditioner = Preconditioner::new(problem, &at, buffers);
    loop {
        each(n_iter, at.value)?;
        let gradient_norm = largest(&at.gradient) / scale;
        let converged = gradient_norm <= tol;
        if !converged && n_iter < max_iter {
            // As exact as the gradient has become small; or to the end, if that is near.
            let left = norm(&at.gradient) / initial;
            let near = left < LEAST_ACCURACY && left * gradient_norm <= NEAR * tol;
            let accuracy = if near { 0.0 } else { left.min(LEAST_ACCURACY) };
            if !preconditioner.suits(&at) {
                preconditioner = Preconditioner::new(problem, &at, buffers);
            }
            let done = DONE * tol * scale;
            let step = newton_step(problem, &at, &preconditioner.inverse, accuracy, done, buffers);
            if let Some(next) = line_search(problem, &at, &step, buffers) {
                buffers.spare = std::mem::replace(&mut at, next).curvature;
                n_iter += 1;
                continue;
            }
            // No step lowers the function or the gradient: this is as good as floating point gets.
        }
        let report = FitReport {
            solver: solver.to_owned(),
            n_iter,
            converged,
            objective: at.value,
            gradient_norm,
            tracking_errors: Vec::new(),
        };
        return Ok(Solution { theta: at.theta, report });
    }
}

/// The reciprocal of the Hessian's diagonal, at this point or one before it: near the minimum it hardly changes, and costs
/// as much as a product.
struct Preconditioner {
    inverse: Vec<f64>,
    curved: f64,
}

impl Preconditioner {
    fn new(problem: &Problem<'_>, at: &Point, buffers: &mut Buffers) -> Self {
        let diagonal = problem.diagonal(at, buffers);
        Self { inverse: diagonal.iter().map(|d| 1.0 / d).collect(), curved: at.curved }
    }

    fn suits(&self, at: &Point) -> bool {
        (0.8..=1.25).contains(&(at.curved / self.curved))
    }
}

/// Conjugate gradients on H·s = −g from s = 0, until the residual is `accuracy` of what it was, or nowhere above `done`.
fn newton_step(
    problem: &Problem<'_>,
    at: &Point,
    inverse: &[f64],
    accuracy: f64,
    done: f64,
    buffers: &mut Buffers,
) -> Vec<f64> {
    let mut step = vec![0.0; inverse.len()];
    let mut residual: Vec<f64> = at.gradient.iter().map(|g| -g).collect();
    let mut direction: Vec<f64> = residual.iter().zip(inverse).map(|(r, m)| r * m).collect();
    let mut product = Vec::new();
    let mut rz = dot(&residual, &direction);
    let enough = rz * accuracy * accuracy;
    for _ in 0..MOST_PRODUCTS {
        problem.hessian_product(at, &direction, buffers, &mut product);
        let curvature = dot(&direction, &product);
        // Not above 0 only by rounding, or where nothing is left to do.
        if curvature.is_nan() || curvature <= 0.0 {
            break;
        }
        let length = rz / curvature;
        for (s, d) in step.iter_mut().zip(&direction) {
            *s += length * d;
        }
        for (r, p) in residual.iter_mut().zip(&product) {
            *r -= length * p;
        }
        let next = fold(&residual, inverse, |r, m| r * r * m);
        if next <= enough || largest(&residual) <= done {
            break;
        }
        let keep = next / rz;
        rz = next;
        for ((d, r), m) in direction.iter_mut().zip(&residual).zip(inverse) {
            *d = r * m + keep * *d;
        }
    }
    step
}

/// The first of θ + s, θ + s/2, θ + s/4, … that lowers the function enough.
fn line_search(
    problem: &Problem<'_>,
    at: &Point,
    step: &[f64],
    buffers: &mut Buffers,
) -> Option<Point> {
    let slope = dot(&at.gradient, step);
    let mut length = 1.0;
    for halvings in 0..60 {
        let theta = at.theta.iter().zip(step).map(|(x, s)| x + length * s).collect();
        let next = problem.evaluate(theta, buffers);
        let lower = next.value <= at.value + ARMIJO * length * slope && next.value < at.value;
        let drowned = halvings == 0 && (next.value - at.value).abs() <= ROUNDING * at.value;
        if lower || (drowned && squared(&next.gradient) < squared(&at.gradient)) {
            return Some(next);
        }
        buffers.spare = next.curvature;
        length /= 2.0;
    }
    None
}

fn norm(a: &[f64]) -> f64 {
    squared(a).sqrt()
}
