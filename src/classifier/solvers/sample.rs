//! A start near the minimum: two steps towards that of every eighth row, each of which counts for eight.
//!
//! Where columns occur often, some of the rows say nearly as much of them as all do, for an eighth of the work. On 6.2 million
//! entries in 10,000 columns, C = 1, to a gradient of 1e-4: 7 products with the Hessian and 3 evaluations from here, 16 and 4
//! from a dual start, of which the two passes take as long as 12 products more. Where columns are rare a sample makes their
//! weights too large, and the dual start is better: on 10.7 million entries in 100,000 columns it is sooner within 1e-5 of the
//! minimum.
//!
//! Tried and dropped: every fourth row (as many products from there as from nowhere), every sixteenth, a sample of the
//! sample first (its steps lead astray), and rows that count once (no difference).

use super::problem::{Objective, Problem};
use super::sums::Buffers;
use super::{MANY_ROWS, Search, newton};
use crate::error::Result;

/// Of so many rows one is in the sample.
const EVERY: usize = 8;

/// The steps; the minimum of the sample itself is of no interest.
const STEPS: u32 = 2;

/// So many entries of each column, on the mean, tell of it.
const ENTRIES: usize = 64;

/// Rows that count more, on the mean, make the weights of a sample too large again: with C = 10 training takes three quarters
/// of the time from a dual start, with C = 100 four thirds.
const MOST_COST: f64 = 10.0;

/// Whether there are rows enough, and each counts little.
pub(super) fn tells(problem: &Problem<'_>) -> bool {
    let (rows, entries) = (problem.n_rows() / EVERY, problem.n_entries() / EVERY);
    let most = MOST_COST * problem.objective.ridge * problem.n_rows() as f64;
    rows >= MANY_ROWS && entries / ENTRIES >= problem.n_features() && problem.scale() <= most
}

/// Where the steps end. Rows can be in an order that makes the sample one of a kind: look whether it is lower than the start.
pub(super) fn near_minimum(
    problem: &Problem<'_>,
    search: &Search,
    buffers: &mut Buffers,
) -> Result<Vec<f64>> {
    let objective = &problem.objective;
    let rows = problem.rows.every(EVERY, problem.n_features());
    let targets: Vec<u32> = objective.targets.iter().copied().step_by(EVERY).collect();
    let costs: Vec<f64> =
        objective.costs.iter().step_by(EVERY).map(|cost| cost * EVERY as f64).collect();
    let sample = Problem::new(&rows, Objective { targets: &targets, costs: &costs, ..*objective });
    let search = Search { max_iter: STEPS, start: None, ..*search };
    let at = sample.evaluate(problem.start(), buffers);
    Ok(newton::minimise(&sample, at, "", &search, buffers, |_, _| Ok(()))?.theta)
}

#[cfg(test)]
mod tests {
    use super::super::{Loss, Objective, Solver, minimise};
    use super::*;
    use crate::rows::Rows;

    /// Rows of two columns and an intercept, of which every `period`th is of the class.
    fn solved(period: usize, solver: Solver) -> (String, Vec<f64>) {
        let n = 10_000;
        let mut random = crate::random::SplitMix64::new(5);
        let targets: Vec<u32> = (0..n).map(|i| u32::from(i % period == 0)).collect();
        let dense = ndarray::Array2::from_shape_fn((n, 2), |(i, j)| {
            let likely = if targets[i] == j as u32 { 60 } else { 30 };
            f32::from(u8::from(random.below(100) < likely))
        });
        let (rows, costs) = (Rows::try_from(&dense).unwrap(), vec![1.0; n]);
        let objective = Objective {
            loss: Loss::Logistic,
            classes: 2,
            targets: &targets,
            positive: 1,
            costs: &costs,
            ridge: 1.0,
            fit_intercept: true,
        };
        let search = Search { solver, tol: 1e-10, max_iter: 50, l1: 0.0, start: None };
        let solution = minimise(&Problem::new(&rows, objective), &search, |_, _| Ok(())).unwrap();
        assert!(solution.report.converged);
        (solution.report.solver, solution.theta)
    }

    #[test]
    fn the_minimum_is_that_of_all_rows() {
        // Every eighth row is one of both, of no, or of the class alone.
        for period in [3, 7, 8] {
            let (solver, theta) = solved(period, Solver::Auto);
            let (_, expected) = solved(period, Solver::NewtonCg);
            assert_eq!(solver == "sample + newton-cg", period != 8, "{period}");
            for (a, b) in theta.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-6, "{period}: {theta:?} {expected:?}");
            }
        }
    }
}
