//! Newton's method with conjugate gradients: few iterations, each a handful of products with the rows.
//!
//! The step of each iteration solves H·s = −g only as exactly as is worth it (Dembo & Steihaug 1983), preconditioned by
//! the diagonal of H, and is shortened until the function falls enough (Armijo). Comes to the optimum at a superlinear
//! rate, so a tight tolerance costs an iteration or two. Near the optimum the function changes by less than floating
//! point can tell; there a full step is taken if it lowers the gradient. What the function is, is not known here.

use super::FitReport;
use super::problem::{Derivatives, Problem, State};
use crate::error::Result;

pub(super) struct Solution {
    pub(super) theta: Vec<f64>,
    pub(super) report: FitReport,
}

/// Products with the Hessian per iteration, at most.
const MOST_PRODUCTS: usize = 500;

/// The first steps solve for the residual to fall to this share; measured best among 0.05 to 0.5.
const LEAST_ACCURACY: f64 = 0.1;

/// A step must lower the function by this share of what the slope promises.
const ARMIJO: f64 = 1e-4;

/// Changes of the function below this share of its value are rounding.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Minimises until the gradient is within `tol` (relative to the problem's scale) or `max_iter` iterations are over.
/// `each` sees the number of iterations so far and the function's value, and may end the work with an error.
pub(super) fn minimise(
    problem: &Problem<'_>,
    tol: f64,
    max_iter: u32,
    mut each: impl FnMut(u32, f64) -> Result<()>,
) -> Result<Solution> {
    let scale = problem.scale();
    let mut theta = problem.start();
    let (mut objective, mut state) = problem.value(&theta, problem.decisions(&theta));
    let mut at = problem.derivatives(&theta, &state);
    let mut n_iter = 0;
    let initial = norm(&at.gradient);
    loop {
        each(n_iter, objective)?;
        let gradient_norm = at.gradient.iter().fold(0.0, |max: f64, g| max.max(g.abs())) / scale;
        let converged = gradient_norm <= tol;
        if !converged && n_iter < max_iter {
            // As exact as the gradient has become small, but never more than is needed to be done.
            let accuracy =
                (norm(&at.gradient) / initial).min(LEAST_ACCURACY).max(tol / gradient_norm / 10.0);
            let step = newton_step(problem, &state, &at, accuracy);
            if let Some(next) = line_search(problem, &theta, &state, objective, &at.gradient, &step)
            {
                (theta, objective, state, at) = next;
                n_iter += 1;
                continue;
            }
            // No step lowers the function or the gradient: this is as good as floating point gets.
        }
        let solver = "newton-cg".to_owned();
        let tracking_errors = Vec::new();
        let report =
            FitReport { solver, n_iter, converged, objective, gradient_norm, tracking_errors };
        return Ok(Solution { theta, report });
    }
}

/// Conjugate gradients on H·s = −g from s = 0, until the residual is `accuracy` of what it was.
fn newton_step(problem: &Problem<'_>, state: &State, at: &Derivatives, accuracy: f64) -> Vec<f64> {
    let Derivatives { gradient, diagonal: preconditioner } = at;
    let mut step = vec![0.0; gradient.len()];
    let mut residual: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut direction: Vec<f64> = residual.iter().zip(preconditioner).map(|(r, m)| r / m).collect();
    let mut rz = dot(&residual, &direction);
    let enough = rz * accuracy * accuracy;
    for _ in 0..MOST_PRODUCTS {
        let product = problem.hessian_product(state, &direction);
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
        let next = residual.iter().zip(preconditioner).map(|(r, m)| r * r / m).sum::<f64>();
        if next <= enough {
            break;
        }
        let keep = next / rz;
        rz = next;
        for ((d, r), m) in direction.iter_mut().zip(&residual).zip(preconditioner) {
            *d = r / m + keep * *d;
        }
    }
    step
}

/// The first of θ + s, θ + s/2, θ + s/4, … that lowers the function enough, with value, state and derivatives there.
fn line_search(
    problem: &Problem<'_>,
    theta: &[f64],
    state: &State,
    objective: f64,
    gradient: &[f64],
    step: &[f64],
) -> Option<(Vec<f64>, f64, State, Derivatives)> {
    let slope = dot(gradient, step);
    let change = problem.decisions(step);
    let mut length = 1.0;
    for halvings in 0..60 {
        let along = |from: &[f64], step: &[f64]| -> Vec<f64> {
            from.iter().zip(step).map(|(x, s)| x + length * s).collect()
        };
        let next = along(theta, step);
        let (value, reached) = problem.value(&next, along(&state.decisions, &change));
        let lower = value <= objective + ARMIJO * length * slope && value < objective;
        let drowned = halvings == 0 && (value - objective).abs() <= ROUNDING * objective;
        if lower || drowned {
            let there = problem.derivatives(&next, &reached);
            if lower || norm(&there.gradient) < norm(gradient) {
                return Some((next, value, reached, there));
            }
        }
        length /= 2.0;
    }
    None
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
