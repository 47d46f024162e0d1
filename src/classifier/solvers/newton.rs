//! Newton's method with conjugate gradients: few iterations, each a handful of products with the rows.
//!
//! The step of each iteration solves H·s = −g only as exactly as is worth it (Dembo & Steihaug 1983), preconditioned by the
//! curvature that a sample of the rows shows, or by the diagonal of H where there is none, and is shortened until the
//! function falls enough (Armijo). Comes to the optimum at a superlinear rate, so a tight tolerance costs an iteration or
//! two. Near the optimum the function changes by less than floating point can tell; there a full step is taken if it lowers
//! the gradient. What the function is, is not known here.
//!
//! Tried and dropped: a preconditioner with the block of the 256 or 1,000 heaviest columns (one product of twenty saved,
//! for more than it costs), and first steps by every fourth or eighth row (as many products saved as evaluations added).

use super::conjugate::{self, System};
use super::design::Design;
use super::problem::{Point, Problem};
use super::sample::{self, Curvature};
use super::sums::Buffers;
use super::vector::{dot, fold, largest, scaled, squared};
use super::{FitReport, Search, Solution};
use crate::error::Result;

/// Products with the Hessian per iteration, at most.
const MOST_PRODUCTS: usize = 500;

/// The first steps solve for the residual to fall to this share; measured best among 0.05 to 0.5. With 0.2, C = 1 takes a
/// sixth fewer products to 1e-6, and C = 100 twice as many.
const LEAST_ACCURACY: f64 = 0.1;

/// A residual of the step below this share of what is allowed of the gradient is exact enough.
const DONE: f64 = 0.25;

/// The same of a step that ends with a guess by the sample.
const DONE_BY_SAMPLE: f64 = 0.5;

/// A step that would bring the gradient to within so many times the tolerance goes on until it is within: to start once more
/// from nothing would cost more products.
const NEAR: f64 = 10.0;

/// A gradient below this share of what is allowed is small enough wherever it is met.
const SURE: f64 = 0.01;

/// A step must lower the function by this share of what the slope promises.
const ARMIJO: f64 = 1e-4;

/// Changes of the function below this share of its value are rounding.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Where to start, and how.
pub(super) struct Start<'s> {
    pub(super) at: Point,
    pub(super) solver: &'s str,
    /// Whether the first step need not be exact, as this point is not.
    pub(super) rough: bool,
    /// Whether a sample shows the curvature.
    pub(super) sampled: bool,
}

/// Minimises from a point on; see [`minimise`](super::minimise).
pub(super) fn minimise<R: Design>(
    problem: &Problem<'_, R>,
    start: Start<'_>,
    search: &Search,
    buffers: &mut Buffers,
    mut each: impl FnMut(u32, f64) -> Result<()>,
) -> Result<Solution> {
    let Start { mut at, solver, rough, mut sampled } = start;
    let Search { tol, max_iter, .. } = *search;
    let scale = problem.scale();
    let mut n_iter = 0;
    let initial = norm(&at.gradient);
    let mut preconditioner = Preconditioner::new(problem, &at, sampled, buffers);
    each(n_iter, at.value)?;
    loop {
        let gradient_norm = largest(&at.gradient) / scale;
        let converged = gradient_norm <= tol;
        // Where a sample leads the gradient can be small far from the minimum, as the function is flat: 6e-3 above it, of the
        // value there, at a gradient of 8e-5.
        let settled = !rough || n_iter > 1 || gradient_norm <= SURE * tol;
        if !(converged && settled) && n_iter < max_iter {
            // As exact as the gradient has become small; or to the end, if that is near.
            let left = norm(&at.gradient) / initial;
            let near = left < LEAST_ACCURACY && left * gradient_norm <= NEAR * tol;
            let accuracy = match n_iter {
                0 if rough => 1.0,
                _ if near && settled => 0.0,
                _ => left.min(LEAST_ACCURACY),
            };
            if !preconditioner.suits(&at, sampled) {
                preconditioner = Preconditioner::new(problem, &at, sampled, buffers);
            }
            let allowed = if settled { tol * scale } else { 0.0 };
            let step = newton_step(problem, &at, &preconditioner, accuracy, allowed, buffers);
            let next = line_search(problem, &at, &step, buffers);
            if let Some((next, length)) = next {
                // A step that is too long shows that the rows are unlike their sample.
                sampled &= length >= 1.0;
                buffers.spare = std::mem::replace(&mut at, next).curvature;
                n_iter += 1;
                each(n_iter, at.value)?;
                continue;
            }
            if sampled {
                // Once more without it.
                sampled = false;
                continue;
            }
            // No step lowers the function or the gradient: this is as good as floating point gets.
        }
        let report = FitReport {
            solver: solver.to_owned(),
            n_iter,
            // Where no step leads down, the gradient is as small as it can be.
            converged: converged && (settled || n_iter < max_iter),
            objective: at.value,
            gradient_norm,
            tracking_errors: Vec::new(),
        };
        return Ok(Solution { theta: at.theta, report });
    }
}

/// What is known of the Hessian's inverse, at this point or one before it: near the minimum it hardly changes, and costs as
/// much as a product.
struct Preconditioner<'a, R> {
    /// The reciprocal of the diagonal.
    inverse: Vec<f64>,
    sample: Option<Curvature<'a, R>>,
    curved: f64,
}

impl<'a, R: Design> Preconditioner<'a, R> {
    fn new(problem: &Problem<'a, R>, at: &Point, sampled: bool, buffers: &mut Buffers) -> Self {
        let diagonal = problem.diagonal(at, buffers);
        let sample = sampled.then(|| Curvature::new(problem, at, &diagonal, buffers));
        Self { inverse: diagonal.iter().map(|d| 1.0 / d).collect(), sample, curved: at.curved }
    }

    fn suits(&self, at: &Point, sampled: bool) -> bool {
        self.sample.is_some() == sampled && (0.8..=1.25).contains(&(at.curved / self.curved))
    }
}

/// The Hessian at a point.
struct Hessian<'s, 'a, R> {
    problem: &'s Problem<'a, R>,
    at: &'s Point,
    preconditioner: &'s Preconditioner<'a, R>,
    buffers: &'s mut Buffers,
}

impl<R: Design> System for Hessian<'_, '_, R> {
    fn multiply(&mut self, vector: &[f64], product: &mut Vec<f64>) {
        self.problem.hessian_product(self.at, vector, self.buffers, product);
    }

    fn guess(&mut self, residual: &[f64]) -> Vec<f64> {
        match &self.preconditioner.sample {
            Some(sample) => sample.solve(self.at, residual, self.buffers),
            None => scaled(residual, &self.preconditioner.inverse),
        }
    }

    fn guesses_by_one_map(&self) -> bool {
        self.preconditioner.sample.is_none()
    }
}

/// Solves H·s = −g until the residual is `accuracy` of what it was, or nowhere above what is `allowed` of the gradient.
fn newton_step<R: Design>(
    problem: &Problem<'_, R>,
    at: &Point,
    preconditioner: &Preconditioner<'_, R>,
    accuracy: f64,
    allowed: f64,
    buffers: &mut Buffers,
) -> Vec<f64> {
    let residual: Vec<f64> = at.gradient.iter().map(|g| -g).collect();
    let sampled = preconditioner.sample.is_some();
    // A guess by the sample, on few threads for less than a product, comes last: it leaves less than this share.
    let last = if sampled { sample::LEAVES } else { 1.0 };
    let (accuracy, done) =
        (accuracy / last, if sampled { DONE_BY_SAMPLE } else { DONE } * allowed / last);
    let mut hessian = Hessian { problem, at, preconditioner, buffers };
    if sampled && (accuracy >= 1.0 || largest(&residual) <= done) {
        return hessian.guess(&residual);
    }
    let size = |residual: &[f64]| fold(residual, &preconditioner.inverse, |r, m| r * r * m);
    let enough = size(&residual) * accuracy * accuracy;
    let mut products = 0;
    let (mut step, residual) = conjugate::solve(&mut hessian, residual, |residual| {
        products += 1;
        products == MOST_PRODUCTS || size(residual) <= enough || largest(residual) <= done
    });
    if sampled {
        for (s, more) in step.iter_mut().zip(hessian.guess(&residual)) {
            *s += more;
        }
    }
    step
}

/// The first of θ + s, θ + s/2, θ + s/4, … that lowers the function enough, and how much of s it is.
fn line_search<R: Design>(
    problem: &Problem<'_, R>,
    at: &Point,
    step: &[f64],
    buffers: &mut Buffers,
) -> Option<(Point, f64)> {
    let slope = dot(&at.gradient, step);
    if slope == 0.0 {
        return None;
    }
    let mut length = 1.0;
    for halvings in 0..60 {
        let theta = at.theta.iter().zip(step).map(|(x, s)| x + length * s).collect();
        let next = problem.evaluate(theta, buffers);
        let lower = next.value <= at.value + ARMIJO * length * slope && next.value < at.value;
        let drowned = halvings == 0 && (next.value - at.value).abs() <= ROUNDING * at.value;
        if lower || (drowned && squared(&next.gradient) < squared(&at.gradient)) {
            return Some((next, length));
        }
        buffers.spare = next.curvature;
        length /= 2.0;
    }
    None
}

fn norm(a: &[f64]) -> f64 {
    squared(a).sqrt()
}
