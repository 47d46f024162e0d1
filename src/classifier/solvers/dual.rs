//! A start near the minimum: two passes of dual coordinate ascent over the rows.
//!
//! Each row has a dual variable α, w = Σ αᵢ·yᵢ·xᵢ, and the step of one row takes what it knows of w into account (Hsieh et
//! al., ICML 2008; for logistic regression one Newton step, Yu, Huang & Lin, 2011). That settles the weights of rare columns
//! in a pass, where conjugate gradients are slow, and leaves those of frequent columns to them. On 10.7 million entries,
//! C = 1, to a gap of 1e-5: 25 products with the Hessian from zero, 14 from here; more than two passes save none.
//!
//! Each chunk of rows goes its own way from the same weights, as if all others did the same (the safe sum of Ma et al.,
//! *Adding vs. averaging*, ICML 2015), and the ways are added up: nothing depends on the number of threads. The intercept,
//! which has no dual variable, takes a Newton step after each pass; as a column with a penalty it swung from pass to pass.
//!
//! Tried and dropped: one factor for all weights and the intercept fitted to a sample of rows at the end. The start is
//! lower by a third of what it was above the minimum, and takes as many products from there.

use std::ops::Range;

use super::design::Design;
use super::loss::Loss;
use super::problem::Problem;
use crate::parallel;

const PASSES: usize = 2;

/// Neighbouring rows are visited together, and groups of them in a mixed order: files are often sorted by label.
const GROUP: usize = 32;

/// So many rows step from the same weights, that one need not wait for the other: half the time, and the same end.
const AT_ONCE: usize = 4;

/// Rows that count more are taken for rows that count this: ascent is slow for them, and from here the way is short.
const MOST_COST: f64 = 3.0;

/// How many rows tell how long rows are.
const SAMPLE: usize = 1000;

/// Where the passes end. Costs of very different sizes can lead them astray: look whether it is lower than the start.
pub(super) fn near_minimum<R: Design>(problem: &Problem<'_, R>) -> Vec<f64> {
    assert!(!R::REPEATS, "the step of a row needs all of its squares");
    let start = problem.start();
    let Some(pass) = Pass::new(problem) else { return start };
    let chunks = problem.chunks.count();
    let mut theta = start;
    // In the order in which rows are visited.
    let mut alphas = vec![0.0f32; problem.n_rows()];
    for _ in 0..PASSES {
        let mut rest = &mut alphas[..];
        let mut work = Vec::with_capacity(chunks);
        for i in 0..chunks {
            let groups = parallel::piece(pass.groups, chunks, i);
            let rows = groups.clone().map(|group| pass.rows(group).len()).sum();
            let (mine, after) = rest.split_at_mut(rows);
            rest = after;
            work.push((groups, mine));
        }
        let from = &theta;
        let ends = parallel::map(work, |(groups, alphas)| pass.run(groups, alphas, from));
        let n = problem.n_features();
        let (mut sum, mut slope, mut curvature) = (vec![0.0; n], 0.0, 0.0);
        for end in ends {
            for (s, (to, from)) in sum.iter_mut().zip(end.weights.iter().zip(&theta)) {
                *s += to - from;
            }
            slope += end.slope;
            curvature += end.curvature;
        }
        for (w, s) in theta.iter_mut().zip(&sum) {
            // A chunk has gone `chunks` times too far.
            *w += s / chunks as f64;
        }
        if let Some(b) = theta.get_mut(n) {
            *b -= if curvature > 0.0 { slope / curvature } else { 0.0 };
        }
    }
    theta
}

/// What stays the same for all passes.
struct Pass<'p, 'a, R> {
    problem: &'p Problem<'a, R>,
    /// By how much costs are divided to be no more than `MOST_COST`.
    shrink: f64,
    groups: usize,
    stride: usize,
    /// By how much the steps of a row are shortened, as the other chunks step as well.
    shared: f64,
}

/// Where a chunk has come to, and how the losses that it met on the way change with the intercept.
struct End {
    weights: Vec<f64>,
    slope: f64,
    curvature: f64,
}

impl<'p, 'a, R: Design> Pass<'p, 'a, R> {
    /// None if numbers are beyond floating point.
    fn new(problem: &'p Problem<'a, R>) -> Option<Self> {
        // Of some rows, as all are of a kind.
        let some = || (0..problem.n_rows()).step_by(problem.n_rows().div_ceil(SAMPLE));
        let squared =
            |row| problem.rows.entries(problem.rows.row(row)).map(|(_, x)| x * x).sum::<f64>();
        let costs: f64 = some().map(|row| squared(row) * problem.objective.costs[row]).sum();
        let mean = costs / problem.objective.ridge / some().count() as f64;
        let groups = problem.n_rows().div_ceil(GROUP);
        let shared = problem.chunks.count() as f64;
        // Rows without entries have a mean of 0, and perhaps a negative one.
        let shrink = MOST_COST / mean.max(MOST_COST);
        mean.is_finite().then(|| Self { problem, shrink, groups, stride: stride(groups), shared })
    }

    /// The rows of the group that is visited as the `i`th.
    fn rows(&self, i: usize) -> Range<usize> {
        // In u128, as the product of two lengths may not fit in usize where that has 32 bits.
        let group = (i as u128 * self.stride as u128 % self.groups as u128) as usize;
        group * GROUP..((group + 1) * GROUP).min(self.problem.n_rows())
    }

    /// Steps of the rows of some groups, on weights of their own.
    fn run(&self, groups: Range<usize>, alphas: &mut [f32], from: &[f64]) -> End {
        let objective = &self.problem.objective;
        let (n, ridge) = (self.problem.n_features(), objective.ridge);
        let (mut weights, intercept) = (from[..n].to_vec(), from.get(n).copied().unwrap_or(0.0));
        let (mut slope, mut curvature) = (0.0, 0.0);
        let mut alphas = alphas;
        for group in groups {
            let mut rows = self.rows(group);
            let (mine, after) = alphas.split_at_mut(rows.len());
            alphas = after;
            for alphas in mine.chunks_mut(AT_ONCE) {
                let first = rows.start;
                rows.start += alphas.len();
                let mut changes = [0.0; AT_ONCE];
                for ((row, alpha), change) in (first..).zip(alphas).zip(&mut changes) {
                    let cost = objective.costs[row] * self.shrink;
                    if cost <= 0.0 {
                        continue;
                    }
                    let (mut z, mut q) = (intercept, 0.0);
                    for (j, x) in self.problem.rows.entries(self.problem.rows.row(row)) {
                        z += x * weights[j];
                        q += x * x;
                    }
                    let sign = if self.problem.of_the_class(row) { 1.0 } else { -1.0 };
                    let (margin, before) = (sign * z, f64::from(*alpha));
                    let q = q * self.shared / ridge;
                    let (pull, curved) = pull(objective.loss, margin);
                    slope -= sign * cost * pull;
                    curvature += cost * curved;
                    *alpha = match objective.loss {
                        Loss::SquaredHinge => hinge_step(before, margin, q, cost),
                        Loss::Logistic | Loss::Softmax => {
                            logistic_step(before, margin, q, cost, pull)
                        }
                    } as f32;
                    *change = (f64::from(*alpha) - before) * sign * self.shared / ridge;
                }
                for (row, change) in (first..rows.start).zip(changes) {
                    for (j, x) in self.problem.rows.entries(self.problem.rows.row(row)) {
                        weights[j] += x * change;
                    }
                }
            }
        }
        End { weights, slope, curvature }
    }
}

/// How strongly a row with this margin pulls at its decision value, and the curvature of its loss.
#[inline]
fn pull(loss: Loss, margin: f64) -> (f64, f64) {
    match loss {
        Loss::Logistic | Loss::Softmax => {
            let p = 1.0 / (1.0 + margin.exp());
            (p, p * (1.0 - p))
        }
        Loss::SquaredHinge if margin < 1.0 => (2.0 * (1.0 - margin), 2.0),
        Loss::SquaredHinge => (0.0, 0.0),
    }
}

/// Climbs −½q(α − before)² − m·(α − before) + entropy of α / cost: one Newton step, kept within (0, cost).
fn logistic_step(before: f64, margin: f64, q: f64, cost: f64, p: f64) -> f64 {
    let after = if before > 0.0 {
        let left = cost - before;
        let slope = margin + (before / left).ln();
        let step = slope / (q + cost / (before * left));
        if step >= before {
            before * 0.1
        } else if -step >= left {
            cost - left * 0.1
        } else {
            before - step
        }
    } else {
        // From 0 the slope is infinite; from cost·p, where a row alone would like to be, it is not.
        let alone = cost * p;
        alone / (1.0 + q * alone * (1.0 - p))
    };
    after.clamp(1e-6 * cost, cost * (1.0 - 1e-6))
}

/// max over α ≥ 0 of −½q(α − before)² + (1 − m)·α − α² / (4·cost), exactly.
fn hinge_step(before: f64, margin: f64, q: f64, cost: f64) -> f64 {
    let slope = margin - 1.0 + before / (2.0 * cost);
    (before - slope / (q + 1.0 / (2.0 * cost))).max(0.0)
}

/// A number without a common divisor with `n`, near five eighths of it: multiples of it modulo `n` are all numbers below
/// `n`, well mixed.
fn stride(n: usize) -> usize {
    let gcd = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let mut stride = n / 2 + n / 8;
    while gcd(stride, n) != 1 {
        stride += 1;
    }
    stride
}

#[cfg(test)]
mod tests {
    use super::super::sums::Buffers;
    use super::super::{Objective, Search, Solver, minimise};
    use super::*;
    use crate::rows::Rows;

    #[test]
    fn every_group_has_its_turn() {
        for n in [1, 2, 3, 10, 31, 1000, 4096] {
            let stride = stride(n);
            let mut seen: Vec<usize> = (0..n).map(|i| i * stride % n).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..n).collect::<Vec<_>>());
        }
    }

    /// Steps against the maximum of what they climb, found by bisection of its slope.
    #[test]
    fn a_step_climbs_towards_the_maximum() {
        for (margin, q, cost) in
            [(0.3, 1.0, 1.0), (-2.0, 0.1, 5.0), (4.0, 8.0, 0.5), (0.0, 0.0, 1.0)]
        {
            for share in [0.1, 0.5, 0.9] {
                let before = share * cost;
                let slope = |a: f64| -q * (a - before) - margin - (a / (cost - a)).ln();
                let (mut low, mut high) = (0.0, cost);
                for _ in 0..100 {
                    let middle = f64::midpoint(low, high);
                    if slope(middle) > 0.0 { low = middle } else { high = middle }
                }
                let mut a = before;
                for _ in 0..50 {
                    // The step is from `before`, whose quadratic stays where it is: move that along.
                    let moved = logistic_step(a, margin + q * (a - before), q, cost, 0.5);
                    assert!((0.0..=cost).contains(&moved));
                    a = moved;
                }
                assert!((a - low).abs() < 1e-5 * cost, "{margin} {q} {cost} {share}: {a} {low}");
            }
            let before = 0.3;
            let best = hinge_step(before, margin, q, cost);
            let slope = -q * (best - before) + (1.0 - margin) - best / (2.0 * cost);
            assert!((best == 0.0 && slope <= 0.0) || slope.abs() < 1e-12, "{margin}: {slope}");
        }
    }

    /// The dual of a problem without intercept, at any α: −½·ridge·‖w(α)‖² plus, for logistic regression, the entropy of α
    /// within its cost (Yu, Huang & Lin 2011, formula 14), for the squared hinge Σ α − α²/(4·cost) (Hsieh et al. 2008,
    /// formula 4). Whatever α is, it is below the primal, which is what makes the gap a certificate.
    #[test]
    fn the_duality_gap_is_never_below_0_and_closes_pass_by_pass() {
        let (n, columns) = (96, 24);
        let targets: Vec<u32> = (0..n).map(|i| u32::from(i % 5 < 2)).collect();
        let mut random = crate::random::SplitMix64::new(3);
        // Few entries in each row, so that there is one chunk.
        let mut dense = ndarray::Array2::zeros((n, columns));
        for i in 0..n {
            for _ in 0..2 {
                let low = if targets[i] == 1 { 0 } else { 8 };
                dense[[i, (low + random.below(16)) as usize]] += 0.5f32;
            }
        }
        let rows = Rows::try_from(&dense).unwrap();
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            for (ridge, cost) in [(1.0, 1.0), (1.0, 0.1), (0.5, 2.0)] {
                // Every seventh row counts nothing.
                let costs: Vec<f64> = (0..n).map(|i| if i % 7 == 0 { 0.0 } else { cost }).collect();
                let (classes, positive, fit_intercept) = (2, 1, false);
                let (targets, costs) = (&targets, &costs);
                let objective =
                    Objective { loss, classes, targets, positive, costs, ridge, fit_intercept };
                let problem = Problem::new(rows.parts(), objective);
                let pass = Pass::new(&problem).unwrap();
                assert_eq!((problem.chunks.count(), pass.shrink), (1, 1.0));
                let order: Vec<usize> = (0..pass.groups).flat_map(|i| pass.rows(i)).collect();
                let sign = |row: usize| if targets[row] == 1 { 1.0 } else { -1.0 };
                let (mut alphas, mut theta) = (vec![0.0f32; n], problem.start());
                let mut gaps = Vec::new();
                for _ in 0..60 {
                    theta = pass.run(0..pass.groups, &mut alphas, &theta).weights;
                    let mut w = vec![0.0; columns];
                    let mut dual = 0.0;
                    for (&row, &alpha) in order.iter().zip(&alphas) {
                        let (a, c) = (f64::from(alpha), costs[row]);
                        assert!(a >= 0.0 && (a <= c || loss == Loss::SquaredHinge));
                        for (j, x) in rows.parts().row(row).entries() {
                            w[j] += a * sign(row) * x / ridge;
                        }
                        let entropy =
                            |share: f64| if share > 0.0 { share * share.ln() } else { 0.0 };
                        dual += match loss {
                            _ if c == 0.0 => 0.0,
                            Loss::SquaredHinge => a - a * a / (4.0 * c),
                            _ => -c * (entropy(a / c) + entropy(1.0 - a / c)),
                        };
                    }
                    // The weights that passes carry along are those of α.
                    for (w, carried) in w.iter().zip(&theta) {
                        assert!((w - carried).abs() < 1e-4, "{loss:?}: {w} {carried}");
                    }
                    dual -= ridge / 2.0 * w.iter().map(|w| w * w).sum::<f64>();
                    let margin = |row: usize| {
                        let entries = rows.parts();
                        sign(row) * entries.row(row).entries().map(|(j, x)| x * w[j]).sum::<f64>()
                    };
                    let losses = (0..n).map(|row| match loss {
                        Loss::SquaredHinge => costs[row] * (1.0 - margin(row)).max(0.0).powi(2),
                        _ => costs[row] * (-margin(row)).exp().ln_1p(),
                    });
                    let primal =
                        ridge / 2.0 * w.iter().map(|w| w * w).sum::<f64>() + losses.sum::<f64>();
                    gaps.push((primal - dual) / primal);
                }
                assert!(gaps.iter().all(|gap| *gap >= -1e-12), "{loss:?} {cost}: {gaps:?}");
                // Ten passes halve it, until the single precision of α shows.
                for (before, after) in gaps.iter().zip(&gaps[10..]).step_by(10) {
                    assert!(after < &f64::max(before / 2.0, 1e-6), "{loss:?} {cost}: {gaps:?}");
                }
                assert!(gaps[59] < 1e-4, "{loss:?} {cost}: {gaps:?}");
            }
        }
    }

    /// Some of the way to the minimum, and for small costs nearly all, though few columns are in most rows, and rows are sorted by class and cut into several chunks.
    #[test]
    fn passes_end_near_the_minimum() {
        let n = 6000;
        let targets: Vec<u32> = (0..n).map(|i| u32::from(i >= n / 3)).collect();
        let mut random = crate::random::SplitMix64::new(1);
        let dense = ndarray::Array2::from_shape_fn((n, 20), |(i, j)| {
            // Columns speak for one class or the other, some more clearly.
            let likely = j as u64 * if targets[i] == j as u32 % 2 { 2 } else { 1 };
            f32::from(u8::from(random.below(100) < likely)) / 3.0
        });
        let rows = Rows::try_from(&dense).unwrap();
        for loss in [Loss::Logistic, Loss::SquaredHinge] {
            for (cost, share) in [(0.01, 0.05), (1.0, 0.9)] {
                let costs = vec![cost; n];
                let objective = Objective {
                    loss,
                    classes: 2,
                    targets: &targets,
                    positive: 1,
                    costs: &costs,
                    ridge: 1.0,
                    fit_intercept: true,
                };
                let problem = Problem::new(rows.parts(), objective);
                assert!(problem.chunks.count() > 1);
                let at = problem.evaluate(near_minimum(&problem), &mut Buffers::default());
                let search = Search {
                    solver: Solver::NewtonCg,
                    tol: 1e-9,
                    max_iter: 99,
                    l1: 0.0,
                    start: None,
                };
                let minimum = minimise(&problem, &search, |_, _| Ok(())).unwrap().report.objective;
                let start = problem.value_without_weights();
                let left = (at.value - minimum) / (start - minimum);
                assert!((0.0..share).contains(&left), "{loss:?} {cost}: {left}");
            }
        }
    }
}
