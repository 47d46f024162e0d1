//! Coordinate descent on a model of the second order, plus the L1 penalty: one weight after the other goes where it alone
//! is best.
//!
//! The model is exact in the curvature of the losses. Of one output, a weight's slope needs X·Δ of the rows that have its
//! column. Of softmax, whose curvature is cᵢ·(diag(p) − p·pᵀ) for each row, it needs uₖ = xᵢ·Δₖ and the mean p·u, which a
//! step keeps up to date: so a weight costs as much as it has entries, whatever the number of classes. (The usual bound
//! for that curvature, ½·(I − 1·1ᵀ/K), needs no such care, but is looser where rows are certain.) On 50,248 tweets of three
//! classes and 10,000 words, C = 1, L1: a gap of 1e-5 in 0.6 s and of 1e-8 in 1.5 s, where scikit-learn's `saga` takes
//! 9.7 s for 1.5e-5 and 24.5 s for 3e-7.
//!
//! Softmax does not see a number that is added to all weights of a column; single steps would go that way forever, each a
//! little. So each column also moves as a whole to where its penalty is least, which costs no look at the rows. How good
//! the model is, and when to make the next, is not known here.

use super::columns::Columns;
use super::design::Design;
use super::loss::Loss;
use super::problem::{Point, Problem};
use super::vector::dot;

/// Passes over the weights per model, at most.
const MOST_PASSES: usize = 1000;

/// When the minimum of a model is near enough: the violations of a pass over its weights.
pub(super) struct Enough {
    pub(super) sum: f64,
    pub(super) each: f64,
}

/// F to the second order around a point, plus l1·‖w‖₁.
pub(super) struct Model<'m, 'a, R> {
    pub(super) problem: &'m Problem<'a, R>,
    pub(super) columns: &'m Columns,
    pub(super) at: &'m Point,
    pub(super) diagonal: &'m [f64],
    pub(super) l1: f64,
}

/// How far 0 is from the subgradients of a weight.
pub(super) fn violation(gradient: f64, x: f64, l1: f64) -> f64 {
    if x == 0.0 { (gradient.abs() - l1).max(0.0) } else { (gradient + l1 * x.signum()).abs() }
}

/// What a pass met.
#[derive(Default)]
struct Met {
    sum: f64,
    most: f64,
}

impl Met {
    fn add(&mut self, violation: f64) {
        self.sum += violation;
        self.most = self.most.max(violation);
    }

    fn is(&self, enough: &Enough) -> bool {
        self.sum <= enough.sum || self.most <= enough.each || self.sum.is_nan()
    }
}

impl<R: Design> Model<'_, '_, R> {
    /// Where the minimum is, nearly, over the weights that are not 0 or whose slope pulls them away from it.
    pub(super) fn minimum(&self, violations: &[f64], enough: &Enough) -> Vec<f64> {
        let theta = &self.at.theta;
        let free: Vec<usize> = (0..self.problem.penalised())
            .filter(|&j| theta[j] != 0.0 || violations[j] > 0.0)
            .collect();
        match self.problem.objective.loss {
            Loss::Softmax => self.minimum_of_softmax(&free, enough),
            _ => self.minimum_of_one(&free, enough),
        }
    }

    /// Where a weight is best, given its slope.
    fn best(&self, weight: usize, before: f64, gradient: f64) -> f64 {
        let curvature = self.diagonal[weight];
        let alone = before - gradient / curvature;
        alone.signum() * (alone.abs() - self.l1 / curvature).max(0.0)
    }

    fn minimum_of_one(&self, free: &[usize], enough: &Enough) -> Vec<f64> {
        let &Self { problem, columns, at, diagonal, l1 } = self;
        let (n, ridge) = (problem.penalised(), problem.objective.ridge);
        let mut theta = at.theta.clone();
        // X·(θ − θ₀), each row times its curvature where it is read.
        let mut moved = vec![0.0; problem.n_rows()];
        for _ in 0..MOST_PASSES {
            let mut met = Met::default();
            for &j in free {
                let curved = columns.entries(j).map(|(row, x)| x * at.curvature[row] * moved[row]);
                let before = theta[j];
                let gradient =
                    at.gradient[j] + ridge * (before - at.theta[j]) + curved.sum::<f64>();
                met.add(violation(gradient, before, l1));
                theta[j] = self.best(j, before, gradient);
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
                met.add(gradient.abs());
                *b += change;
                for moved in &mut moved {
                    *moved += change;
                }
            }
            if met.is(enough) {
                break;
            }
        }
        theta
    }

    fn minimum_of_softmax(&self, free: &[usize], enough: &Enough) -> Vec<f64> {
        let &Self { problem, columns, at, diagonal, l1 } = self;
        let (n, outputs) = (problem.penalised(), problem.outputs());
        let (ridge, costs, p) = (problem.objective.ridge, problem.objective.costs, &at.curvature);
        let mut theta = at.theta.clone();
        // Of each row, what its decision values have moved by, and the mean of that by its probabilities.
        let mut moved = vec![0.0; problem.n_rows() * outputs];
        let mut means = vec![0.0; problem.n_rows()];
        for _ in 0..MOST_PASSES {
            let mut met = Met::default();
            for of_column in free.chunk_by(|a, b| a / outputs == b / outputs) {
                let column = of_column[0] / outputs;
                for &j in of_column {
                    let k = j - column * outputs;
                    let mut gradient = at.gradient[j] + ridge * (theta[j] - at.theta[j]);
                    for (row, x) in columns.entries(column) {
                        let of = row * outputs + k;
                        gradient += x * costs[row] * p[of] * (moved[of] - means[row]);
                    }
                    let before = theta[j];
                    met.add(violation(gradient, before, l1));
                    theta[j] = self.best(j, before, gradient);
                    let change = theta[j] - before;
                    if change != 0.0 {
                        for (row, x) in columns.entries(column) {
                            let of = row * outputs + k;
                            moved[of] += x * change;
                            means[row] += p[of] * x * change;
                        }
                    }
                }
                // All rows' values move alike, which needs no note.
                let weights = &mut theta[column * outputs..][..outputs];
                let shift = best_shift(weights, ridge, l1);
                if shift != 0.0 {
                    for w in weights {
                        *w += shift;
                    }
                }
            }
            for (k, b) in theta[n..].iter_mut().enumerate() {
                let mut gradient = at.gradient[n + k];
                for (row, mean) in means.iter().enumerate() {
                    let of = row * outputs + k;
                    gradient += costs[row] * p[of] * (moved[of] - mean);
                }
                let change = -gradient / diagonal[n + k];
                met.add(gradient.abs());
                *b += change;
                for (row, mean) in means.iter_mut().enumerate() {
                    let of = row * outputs + k;
                    moved[of] += change;
                    *mean += p[of] * change;
                }
            }
            if met.is(enough) {
                break;
            }
        }
        theta
    }
}

/// The s that minimises ½·ridge·Σ(w + s)² + l1·Σ|w + s|; of several, the one nearest to 0.
fn best_shift(weights: &[f64], ridge: f64, l1: f64) -> f64 {
    let sign = |w: &f64| if *w == 0.0 { 0.0 } else { w.signum() };
    let signs: f64 = weights.iter().map(sign).sum();
    let zeros = weights.iter().filter(|w| **w == 0.0).count() as f64;
    let (sum, count) = (weights.iter().sum::<f64>(), weights.len() as f64);
    // How far 0 is from the slopes at 0; the usual case, as most weights are 0.
    if (ridge * sum + l1 * signs).abs() <= l1 * zeros {
        return 0.0;
    }
    let mut kinks: Vec<f64> = weights.iter().map(|w| -w).collect();
    kinks.sort_unstable_by(f64::total_cmp);
    // Between the kinks the slope is ridge·(Σw + K·s) + l1·(2·above − K), where as many weights are above 0.
    for above in 0..=kinks.len() {
        let low = if above == 0 { f64::NEG_INFINITY } else { kinks[above - 1] };
        let high = kinks.get(above).copied().unwrap_or(f64::INFINITY);
        let pull = l1 * (2.0 * above as f64 - count);
        if ridge > 0.0 {
            let flat = -(sum + pull / ridge) / count;
            if flat <= high {
                return flat.max(low);
            }
        } else if pull == 0.0 {
            return 0.0f64.clamp(low, high);
        } else if pull > 0.0 {
            return low;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_moves_to_where_its_penalty_is_least() {
        let columns: [&[f64]; 7] = [
            &[1.0, 1.0, 0.0],
            &[3.0, 2.0, 1.5],
            &[-1.0, 2.0, 0.5, 4.0],
            &[0.0, 0.0, 5.0],
            &[-2.0, -2.0, -2.0],
            &[0.1, 0.2],
            &[7.0, -1.0, -1.5, 0.0, 0.25],
        ];
        for weights in columns {
            for (ridge, l1) in [(0.0, 1.0), (0.5, 0.5), (0.9, 0.1), (0.01, 0.99)] {
                let penalty = |s: f64| -> f64 {
                    let of = |w: &f64| ridge / 2.0 * (w + s).powi(2) + l1 * (w + s).abs();
                    weights.iter().map(of).sum()
                };
                let found = best_shift(weights, ridge, l1);
                let least = (-8_000..8_000).map(|i| penalty(f64::from(i) / 1000.0));
                let least = least.fold(f64::INFINITY, f64::min);
                assert!(penalty(found) <= least + 1e-12, "{weights:?} {ridge}: {found}");
                let again: Vec<f64> = weights.iter().map(|w| w + found).collect();
                assert!(best_shift(&again, ridge, l1).abs() < 1e-12, "{weights:?} {ridge}");
            }
        }
        // Of two middle weights, none has to become 0.
        assert_eq!(best_shift(&[-1.0, 2.0], 0.0, 1.0), 0.0);
    }
}
