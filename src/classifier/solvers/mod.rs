//! What training minimises, and how a minimum is found.
//!
//! `design` is the rows in either of their forms, `loss` what one row costs, `problem` the sum over all rows with its
//! derivatives (`softmax` those of many outputs), `sums` how such sums come out the same on any number of threads. `newton` goes
//! to the minimum and `proximal` does where weights are to be 0, by the steps of `descent`; `sample` or `dual` gives the former
//! a start near it, and `sample` a notion of its curvature, for `conjugate` gradients. What a class is called, and what becomes
//! of the weights, is not known here.

mod columns;
mod conjugate;
mod descent;
mod design;
mod dual;
mod loss;
mod newton;
mod problem;
mod proximal;
mod sample;
mod softmax;
mod sums;
mod vector;

pub(super) use design::Design;
pub(super) use loss::Loss;
pub(super) use problem::{Objective, Problem};
pub(super) use sample::tells_of;

use super::FitReport;
use super::Solver;
use crate::error::Result;
use newton::Start;
use sums::Buffers;

/// Rows from which a start near the minimum pays.
const MANY_ROWS: usize = 1000;

/// When to stop, and where to start.
pub(super) struct Search {
    pub(super) solver: Solver,
    pub(super) tol: f64,
    pub(super) max_iter: u32,
    /// The share of L1 in the penalty.
    pub(super) l1: f64,
    /// Weights and intercepts as [`Problem::split`] returns them.
    pub(super) start: Option<(Vec<f64>, Vec<f64>)>,
}

pub(super) struct Solution {
    pub(super) theta: Vec<f64>,
    pub(super) report: FitReport,
}

/// Minimises until the gradient is within `tol` (relative to the sum of costs) or `max_iter` iterations are over.
/// `each` sees the number of iterations so far and the function's value, and may end the work with an error.
pub(super) fn minimise<R: Design>(
    problem: &Problem<'_, R>,
    search: &Search,
    each: impl FnMut(u32, f64) -> Result<()>,
) -> Result<Solution> {
    let buffers = &mut Buffers::default();
    if search.l1 > 0.0 {
        let at = problem.evaluate(first(problem, search), buffers);
        return proximal::minimise(problem, at, search, buffers, each);
    }
    let auto = search.solver == Solver::Auto;
    let one = problem.outputs() == 1;
    let sampled = auto && one && sample::shows(problem);
    let many = problem.n_rows() >= MANY_ROWS;
    let mut start = None;
    let rough = auto && one && sample::tells(problem);
    let near = rough || (!R::REPEATS && (search.solver == Solver::DualNewtonCg || (auto && many)));
    if search.start.is_none() && one && near {
        let (theta, solver) = if rough {
            (sample::near_minimum(problem, buffers), "sample + newton-cg")
        } else {
            (dual::near_minimum(problem), "dual-cd + newton-cg")
        };
        let at = problem.evaluate(theta, buffers);
        let lower = at.value <= problem.value_without_weights();
        start = lower.then_some(Start { at, solver, rough, sampled });
    }
    let start = start.unwrap_or_else(|| {
        let at = problem.evaluate(first(problem, search), buffers);
        Start { at, solver: "newton-cg", rough: false, sampled }
    });
    newton::minimise(problem, start, search, buffers, each)
}

/// Where the caller wants to start, or where there are no weights.
fn first<R: Design>(problem: &Problem<'_, R>, search: &Search) -> Vec<f64> {
    match &search.start {
        Some((weights, intercepts)) => problem.join(weights.clone(), intercepts),
        None => problem.start(),
    }
}
