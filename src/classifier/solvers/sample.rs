//! What every eighth row says of all: a start near the minimum, and the curvature there.
//!
//! Where columns occur often, some of the rows say nearly as much of them as all do, for an eighth of the work. The start is
//! one step towards the minimum of the sample. Of the Hessian the sample's is a likeness; of a column that few rows have, the
//! sample may have none, so its diagonal is mended to be that of all rows. With it as a preconditioner each product with the
//! Hessian of all rows lowers what is left of the way down to a tenth, and with the diagonal alone to a half.
//!
//! On 6.2 million entries in 10,000 columns, C = 1, to a gradient of 1e-4 and 3e-5 above the minimum: two products with the
//! Hessian, some 25 with the sample's, an eighth each, and 3 evaluations; 16 products and 4 evaluations from a dual start with the
//! diagonal, of which the two passes take as long as 12 products more. Where columns are rare a sample makes their weights too large, and the dual
//! start is better; and a sum over the sample then has one or two chunks, so that more threads than these are of no use to a
//! guess. Where rows count much (C = 10 in 100,000 columns) the sample's curvature leads astray.
//!
//! Tried and dropped: every fourth row (as many products from there as from nowhere), every sixteenth, a sample of the
//! sample first (its steps lead astray), two steps towards its minimum, 3, 4 or 6 products by which the sample guesses, and
//! the likeness scaled to the diagonal from both sides.

use super::MANY_ROWS;
use super::conjugate::{self, System};
use super::design::Design;
use super::problem::{Point, Problem};
use super::sums::Buffers;
use super::vector::scaled;
use crate::bags::EVERY;

/// How much a row of the sample counts for the start: less than those it stands for, or weights of rare columns become too
/// large.
const COUNTS: f64 = 2.0;

/// The products with the sample's curvature by which it guesses.
const PRODUCTS: u32 = 5;

/// The share of a residual that a guess leaves, roughly.
pub(super) const LEAVES: f64 = 0.3;

/// The curvature is worth its price where each column has so many entries in the sample, times what a row counts.
const SHOWN_BY: f64 = 6.0;

/// So many entries of each column, on the mean, tell of it.
const ENTRIES: usize = 64;

/// Rows that count more, on the mean, make the weights of a sample too large again.
const MOST_COST: f64 = 10.0;

/// Whether there are rows enough, and each counts little.
pub(super) fn tells<R: Design>(problem: &Problem<'_, R>) -> bool {
    let each_counts = problem.scale() / (problem.objective.ridge * problem.n_rows() as f64);
    tells_of(problem.n_rows(), problem.n_entries(), problem.n_features(), each_counts)
}

/// The same of rows that are yet to be made.
pub(in super::super) fn tells_of(
    rows: usize,
    entries: usize,
    columns: usize,
    each_counts: f64,
) -> bool {
    let enough = rows / EVERY >= MANY_ROWS && entries / EVERY / ENTRIES >= columns;
    enough && each_counts <= MOST_COST
}

/// Whether the curvature that the sample shows is worth its price: its columns have entries enough for what a row counts.
pub(super) fn shows<R: Design>(problem: &Problem<'_, R>) -> bool {
    let (rows, entries) = (problem.n_rows() / EVERY, problem.n_entries() / EVERY);
    let each_counts = problem.scale() / (problem.objective.ridge * problem.n_rows() as f64);
    let per_column = entries as f64 / problem.n_features() as f64;
    rows >= MANY_ROWS && per_column >= SHOWN_BY * each_counts
}

/// One step from the start towards the minimum of the sample.
pub(super) fn near_minimum<R: Design>(problem: &Problem<'_, R>, buffers: &mut Buffers) -> Vec<f64> {
    let sample = problem.sample(COUNTS);
    let at = sample.evaluate(problem.start(), buffers);
    let diagonal = sample.diagonal(&at, buffers);
    let curvature = Curvature::of(sample, vec![0.0; diagonal.len()], &diagonal);
    let residual: Vec<f64> = at.gradient.iter().map(|g| -g).collect();
    let step = curvature.solve(&at, &residual, buffers);
    let theta = at.theta.iter().zip(&step).map(|(t, s)| t + s).collect();
    buffers.spare = at.curvature;
    theta
}

/// The curvature of the sample, mended so that the diagonal is that of all rows: of columns that are rare it knows no more.
pub(super) struct Curvature<'a, R> {
    sample: Problem<'a, R>,
    /// What the sample lacks of the diagonal.
    lacks: Vec<f64>,
    inverse: Vec<f64>,
}

impl<'a, R: Design> Curvature<'a, R> {
    /// `diagonal` is that of the Hessian of all rows.
    pub(super) fn new(
        problem: &Problem<'a, R>,
        at: &Point,
        diagonal: &[f64],
        buffers: &mut Buffers,
    ) -> Self {
        let sample = problem.sample(EVERY as f64);
        let of_sample = sample.diagonal(at, buffers);
        let lacks = diagonal.iter().zip(&of_sample).map(|(all, some)| (all - some).max(0.0));
        Self::of(sample, lacks.collect(), &of_sample)
    }

    fn of(sample: Problem<'a, R>, lacks: Vec<f64>, diagonal: &[f64]) -> Self {
        let inverse =
            lacks.iter().zip(diagonal).map(|(lacks, some)| 1.0 / (lacks + some)).collect();
        Self { sample, lacks, inverse }
    }

    /// Roughly the s of H·s = `residual`.
    pub(super) fn solve(&self, at: &Point, residual: &[f64], buffers: &mut Buffers) -> Vec<f64> {
        let mut system = Sampled { curvature: self, at, buffers };
        let mut products = 0;
        conjugate::solve(&mut system, residual.to_vec(), |_| {
            products += 1;
            products == PRODUCTS
        })
        .0
    }
}

struct Sampled<'s, 'a, R> {
    curvature: &'s Curvature<'a, R>,
    at: &'s Point,
    buffers: &'s mut Buffers,
}

impl<R: Design> System for Sampled<'_, '_, R> {
    fn multiply(&mut self, vector: &[f64], product: &mut Vec<f64>) {
        self.curvature.sample.hessian_product(self.at, vector, self.buffers, product);
        for ((p, lacks), v) in product.iter_mut().zip(&self.curvature.lacks).zip(vector) {
            *p += lacks * v;
        }
    }

    fn guess(&mut self, residual: &[f64]) -> Vec<f64> {
        scaled(residual, &self.curvature.inverse)
    }

    fn guesses_by_one_map(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::vector::dot;
    use super::super::{Loss, Objective, Search, Solver, minimise};
    use super::*;
    use crate::random::SplitMix64;
    use crate::rows::Rows;

    const N: usize = 10_000;

    fn objective<'a>(targets: &'a [u32], costs: &'a [f64]) -> Objective<'a> {
        Objective {
            loss: Loss::Logistic,
            classes: 2,
            targets,
            positive: 1,
            costs,
            ridge: 1.0,
            fit_intercept: true,
        }
    }

    /// The weights where a solver ends, and its name.
    fn solved(rows: &Rows, targets: &[u32], solver: Solver) -> (String, Vec<f64>) {
        let costs = vec![1.0; N];
        let problem = Problem::new(rows.parts(), objective(targets, &costs));
        assert!(tells(&problem) && shows(&problem));
        let search = Search { solver, tol: 1e-10, max_iter: 50, l1: 0.0, start: None };
        let solution = minimise(&problem, &search, |_, _| Ok(())).unwrap();
        assert!(solution.report.converged);
        (solution.report.solver, solution.theta)
    }

    /// Whether each row is in the sample; that depends on where rows have entries, and on nothing else.
    fn sampled(rows: &Rows) -> Vec<bool> {
        let (targets, costs) = (vec![0; N], vec![1.0; N]);
        let problem = Problem::new(rows.parts(), objective(&targets, &costs));
        let sample = problem.sample(1.0);
        let at = sample.evaluate(vec![0.0; problem.size()], &mut Buffers::default());
        at.curvature.iter().map(|curvature| *curvature > 0.0).collect()
    }

    /// As many entries in each row, of two or more columns.
    fn rows(columns: usize, entries: impl Fn(&mut SplitMix64, usize) -> Vec<u32>) -> Rows {
        let mut random = SplitMix64::new(5);
        let (mut indptr, mut all) = (vec![0], Vec::new());
        for i in 0..N {
            all.extend(entries(&mut random, i));
            indptr.push(all.len());
        }
        let values = vec![1.0; all.len()];
        Rows::from_parts(columns, indptr, all, values)
    }

    #[test]
    fn the_minimum_is_that_of_all_rows_whatever_the_sample_is() {
        let rows = rows(3, |random, _| vec![random.below(2) as u32, 2]);
        let sampled = sampled(&rows);
        let share = sampled.iter().filter(|in_sample| **in_sample).count() as f64 / N as f64;
        assert!((0.1..0.2).contains(&share), "{share}");
        let mut random = SplitMix64::new(6);
        let likely = |i: usize| if rows.row(i).0[0] == 1 { 60 } else { 30 };
        let alike: Vec<u32> = (0..N).map(|i| u32::from(random.below(100) < likely(i))).collect();
        let of_one_kind: Vec<u32> =
            alike.iter().zip(&sampled).map(|(t, in_sample)| t & u32::from(!in_sample)).collect();
        for (targets, name) in [(alike, "sample + newton-cg"), (of_one_kind, "newton-cg")] {
            let (solver, theta) = solved(&rows, &targets, Solver::Auto);
            let (_, expected) = solved(&rows, &targets, Solver::NewtonCg);
            assert_eq!(solver, name);
            for (a, b) in theta.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-6, "{theta:?} {expected:?}");
            }
        }
    }

    /// Six columns that always come together look like six that do not, where no row of the sample has them.
    #[test]
    fn a_sample_that_misleads_is_left() {
        let plain = rows(8, |random, _| (0..6).map(|k| (k + random.below(2)) as u32).collect());
        let in_sample = sampled(&plain);
        let rows = rows(20, |random, i| {
            let together = !in_sample[i] && random.below(2) == 0;
            let first = if together { 14 } else { random.below(8) as u32 };
            (first..first + 6).collect()
        });
        assert_eq!(sampled(&rows), in_sample, "as many entries in each row");
        let mut random = SplitMix64::new(7);
        let likely = |i: usize| if rows.row(i).0[0] == 14 { 80 } else { 30 };
        let targets: Vec<u32> = (0..N).map(|i| u32::from(random.below(100) < likely(i))).collect();

        // Its first guess leads more than twice as far as is best.
        let (costs, buffers) = (vec![1.0; N], &mut Buffers::default());
        let problem = Problem::new(rows.parts(), objective(&targets, &costs));
        let at = problem.evaluate(near_minimum(&problem, buffers), buffers);
        let diagonal = problem.diagonal(&at, buffers);
        let downhill: Vec<f64> = at.gradient.iter().map(|g| -g).collect();
        let step = Curvature::new(&problem, &at, &diagonal, buffers).solve(&at, &downhill, buffers);
        let mut product = Vec::new();
        problem.hessian_product(&at, &step, buffers, &mut product);
        let best = dot(&downhill, &step) / dot(&step, &product);
        assert!(best < 0.5, "{best}");

        let (_, theta) = solved(&rows, &targets, Solver::Auto);
        let (_, expected) = solved(&rows, &targets, Solver::NewtonCg);
        for (a, b) in theta.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-6, "{theta:?} {expected:?}");
        }
    }
}
