//! The function that training minimises: its value, gradient and curvature over sparse rows.
//!
//! F(θ) = ½‖w‖² + Σ cᵢ · loss(xᵢ·w + b), θ = (w, b), b not penalised. θ holds the outputs of one feature together, then
//! the intercepts. For softmax the Hessian of a row's loss is diag(p) − p·pᵀ, for logistic p(1 − p).
//!
//! Sums over rows run over fixed chunks of rows, each into its own buffer, and the buffers are added in order: the result
//! is the same to the last bit on any number of threads. How a minimum is found is not known here.

use std::ops::Range;

use super::link::Link;
use crate::parallel;
use crate::rows::{Parts, Rows};

/// No more buffers than this: adding them up must stay cheap beside filling them.
const MOST_CHUNKS: usize = 8;
/// No more numbers than this in the buffers of a product with the Hessian: 256 MiB. Gradient and diagonal take twice that.
const MOST_NUMBERS: usize = 1 << 25;

pub(super) struct Problem<'a> {
    rows: Parts<'a>,
    targets: &'a [u32],
    costs: &'a [f64],
    link: Link,
    outputs: usize,
    n_features: usize,
    fit_intercept: bool,
    chunks: Vec<Range<usize>>,
}

/// The value at a point, with what the gradient and the curvature there are computed from.
pub(super) struct State {
    /// Rows × outputs: xᵢ·w + b.
    pub(super) decisions: Vec<f64>,
    /// Rows × outputs: the probabilities.
    probabilities: Vec<f64>,
}

/// What a step is computed from.
pub(super) struct Derivatives {
    pub(super) gradient: Vec<f64>,
    /// Of the Hessian.
    pub(super) diagonal: Vec<f64>,
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        rows: &'a Rows,
        targets: &'a [u32],
        costs: &'a [f64],
        link: Link,
        classes: usize,
        fit_intercept: bool,
    ) -> Self {
        let (n_features, outputs, nnz) = (rows.n_columns(), link.outputs(classes), rows.nnz());
        // A buffer must be filled much longer than it takes to clear and add it, and all must fit in memory.
        let worth = nnz / (4 * n_features.max(1));
        let room = MOST_NUMBERS / (n_features * outputs).max(1);
        let count = worth.min(room).clamp(1, MOST_CHUNKS);
        let parts = rows.parts();
        // Chunks of equal numbers of entries; rows may differ in length.
        let bound = |i: usize| {
            let (mut low, mut high) = (0, targets.len());
            while low < high {
                let middle = usize::midpoint(low, high);
                if parts.start(middle) < nnz * i / count { low = middle + 1 } else { high = middle }
            }
            low
        };
        let mut bounds: Vec<usize> = (0..count).map(bound).collect();
        bounds.push(targets.len());
        let chunks = bounds.windows(2).map(|w| w[0]..w[1]).collect();
        Self { rows: parts, targets, costs, link, outputs, n_features, fit_intercept, chunks }
    }

    /// How many numbers θ has.
    pub(super) fn size(&self) -> usize {
        self.penalised() + if self.fit_intercept { self.outputs } else { 0 }
    }

    /// How many of them are penalised; the intercepts come after these.
    fn penalised(&self) -> usize {
        self.n_features * self.outputs
    }

    /// The sum of the rows' costs, by which gradients are measured.
    pub(super) fn scale(&self) -> f64 {
        self.costs.iter().sum()
    }

    /// Where to start: no weights, and intercepts that give every class its share.
    pub(super) fn start(&self) -> Vec<f64> {
        let mut theta = vec![0.0; self.size()];
        if self.fit_intercept {
            let classes = if self.link == Link::Logistic { 2 } else { self.outputs };
            let mut mass = vec![0.0f64; classes];
            for (&class, cost) in self.targets.iter().zip(self.costs) {
                mass[class as usize] += cost;
            }
            let intercepts = &mut theta[self.n_features * self.outputs..];
            match self.link {
                Link::Logistic => intercepts[0] = (mass[1] / mass[0]).ln(),
                Link::OneVsRest | Link::ModifiedHuber => {
                    let total: f64 = mass.iter().sum();
                    for (b, m) in intercepts.iter_mut().zip(&mass) {
                        *b = (m / (total - m)).ln();
                    }
                }
                Link::Softmax => {
                    let mean = mass.iter().map(|m| m.ln()).sum::<f64>() / classes as f64;
                    for (b, m) in intercepts.iter_mut().zip(&mass) {
                        *b = m.ln() - mean;
                    }
                }
            }
        }
        theta
    }

    /// The weights (features × outputs) and the intercepts (one per output, 0 where there are none).
    ///
    /// A number added to all intercepts of a softmax changes nothing; of all these optima, that whose intercepts sum to 0
    /// is taken, as scikit-learn does.
    pub(super) fn split(&self, mut theta: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let mut intercepts = theta.split_off(self.penalised());
        if self.link == Link::Softmax {
            let mean = intercepts.iter().sum::<f64>() / self.outputs as f64;
            for b in &mut intercepts {
                *b -= mean;
            }
        }
        intercepts.resize(self.outputs, 0.0);
        (theta, intercepts)
    }

    /// `f(rows of a chunk, their part of out)` for each chunk; `out` has a number per row and output. Returns what the
    /// chunks return, in order.
    fn for_chunks<R: Send>(
        &self,
        out: &mut [f64],
        f: impl Fn(Range<usize>, &mut [f64]) -> R + Send + Sync,
    ) -> Vec<R> {
        let mut rest = out;
        let mut work = Vec::with_capacity(self.chunks.len());
        for chunk in &self.chunks {
            let (mine, after) = rest.split_at_mut(chunk.len() * self.outputs);
            rest = after;
            work.push((chunk.clone(), mine));
        }
        parallel::map(work, |(chunk, mine)| f(chunk, mine))
    }

    /// Sums buffers of `size` that the chunks fill row by row. `fill` also has a scratch of one number per output.
    fn sum_over_rows(
        &self,
        size: usize,
        fill: impl Fn(usize, &mut [f64], &mut [f64]) + Send + Sync,
    ) -> Vec<f64> {
        let buffers = parallel::map(self.chunks.clone(), |chunk| {
            let mut buffer = vec![0.0; size];
            let mut scratch = vec![0.0; self.outputs];
            for row in chunk {
                fill(row, &mut scratch, &mut buffer);
            }
            buffer
        });
        let mut buffers = buffers.into_iter();
        let mut sum = buffers.next().unwrap_or_default();
        for buffer in buffers {
            for (s, b) in sum.iter_mut().zip(buffer) {
                *s += b;
            }
        }
        sum
    }

    /// `out` = x·w + b of one row.
    #[inline]
    fn product(&self, row: usize, theta: &[f64], out: &mut [f64]) {
        let intercepts = &theta[self.penalised()..];
        if let [out] = out {
            let mut sum = intercepts.first().copied().unwrap_or(0.0);
            for (column, value) in self.rows.row(row).entries() {
                sum += value * theta[column];
            }
            *out = sum;
        } else {
            match intercepts {
                [] => out.fill(0.0),
                intercepts => out.copy_from_slice(intercepts),
            }
            for (column, value) in self.rows.row(row).entries() {
                let weights = &theta[column * out.len()..(column + 1) * out.len()];
                for (o, w) in out.iter_mut().zip(weights) {
                    *o += value * w;
                }
            }
        }
    }

    /// `buffer` += xᵀ·residual of one row.
    #[inline]
    fn scatter(&self, row: usize, residual: &[f64], buffer: &mut [f64]) {
        let (weights, intercepts) = buffer.split_at_mut(self.penalised());
        for (column, value) in self.rows.row(row).entries() {
            let start = column * residual.len();
            for (w, r) in weights[start..start + residual.len()].iter_mut().zip(residual) {
                *w += value * r;
            }
        }
        for (b, r) in intercepts.iter_mut().zip(residual) {
            *b += r;
        }
    }

    /// x·w + b of all rows.
    pub(super) fn decisions(&self, theta: &[f64]) -> Vec<f64> {
        let mut decisions = vec![0.0; self.targets.len() * self.outputs];
        self.for_chunks(&mut decisions, |chunk, out| {
            for (row, out) in chunk.zip(out.chunks_exact_mut(self.outputs)) {
                self.product(row, theta, out);
            }
        });
        decisions
    }

    /// F at θ, given the decisions there, and the state for gradient and curvature.
    pub(super) fn value(&self, theta: &[f64], decisions: Vec<f64>) -> (f64, State) {
        let mut probabilities = decisions.clone();
        let losses = self.for_chunks(&mut probabilities, |chunk, out| {
            let rows = chunk.zip(out.chunks_exact_mut(self.outputs));
            let cost = |(row, p): (usize, &mut [f64])| {
                self.costs[row] * self.link.loss(p, self.targets[row] as usize)
            };
            rows.map(cost).sum::<f64>()
        });
        let penalty = theta[..self.penalised()].iter().map(|w| w * w).sum::<f64>() / 2.0;
        (penalty + losses.into_iter().sum::<f64>(), State { decisions, probabilities })
    }

    /// The gradient of F and the diagonal of its Hessian, which is above 0 everywhere.
    pub(super) fn derivatives(&self, theta: &[f64], state: &State) -> Derivatives {
        let size = self.size();
        let mut sums = self.sum_over_rows(2 * size, |row, residual, buffer| {
            let p = self.probabilities(state, row);
            let (cost, class) = (self.costs[row], self.targets[row] as usize);
            // The two sums of a coefficient lie side by side.
            let (weights, intercepts) = buffer.split_at_mut(2 * self.penalised());
            let mut intercepts = intercepts.chunks_exact_mut(2);
            for (output, &p) in p.iter().enumerate() {
                let truth = if self.link == Link::Logistic { class == 1 } else { class == output };
                residual[output] = cost * (p - f64::from(u8::from(truth)));
                let curvature = cost * p * (1.0 - p);
                for (column, value) in self.rows.row(row).entries() {
                    let at = 2 * (column * self.outputs + output);
                    weights[at] += value * residual[output];
                    weights[at + 1] += value * value * curvature;
                }
                if let Some(b) = intercepts.next() {
                    b[0] += residual[output];
                    b[1] += curvature;
                }
            }
        });
        let mut diagonal: Vec<f64> = sums.chunks_exact(2).map(|pair| pair[1]).collect();
        for i in 0..size {
            sums[i] = sums[2 * i];
        }
        sums.truncate(size);
        self.add_penalised(&mut sums, theta);
        let (weights, intercepts) = diagonal.split_at_mut(self.penalised());
        for d in weights {
            *d += 1.0;
        }
        // Saturated probabilities can leave an intercept without any curvature.
        for d in intercepts {
            *d = d.max(1e-10);
        }
        Derivatives { gradient: sums, diagonal }
    }

    fn probabilities<'s>(&self, state: &'s State, row: usize) -> &'s [f64] {
        &state.probabilities[row * self.outputs..(row + 1) * self.outputs]
    }

    /// The Hessian of F times a vector. Most of a training's time is spent here.
    pub(super) fn hessian_product(&self, state: &State, vector: &[f64]) -> Vec<f64> {
        let mut product = if self.outputs == 1 {
            self.curvature_product_of_one_output(state, vector)
        } else {
            self.sum_over_rows(self.size(), |row, u, buffer| {
                let (p, cost) = (self.probabilities(state, row), self.costs[row]);
                self.product(row, vector, u);
                let mean: f64 = p.iter().zip(&*u).map(|(p, u)| p * u).sum();
                for (u, p) in u.iter_mut().zip(p) {
                    *u = cost * p * (*u - mean);
                }
                self.scatter(row, u, buffer);
            })
        };
        self.add_penalised(&mut product, vector);
        product
    }

    fn curvature_product_of_one_output(&self, state: &State, vector: &[f64]) -> Vec<f64> {
        let (weights, intercept) = vector.split_at(self.n_features);
        let intercept = intercept.first().copied().unwrap_or(0.0);
        self.sum_over_rows(self.size(), |row, _, buffer| {
            let entries = self.rows.row(row);
            let u = entries
                .entries()
                .fold(intercept, |sum, (column, value)| sum + value * weights[column]);
            let p = state.probabilities[row];
            let residual = self.costs[row] * p * (1.0 - p) * u;
            for (column, value) in entries.entries() {
                buffer[column] += value * residual;
            }
            if let Some(b) = buffer.get_mut(self.n_features) {
                *b += residual;
            }
        })
    }

    fn add_penalised(&self, sum: &mut [f64], vector: &[f64]) {
        let n = self.penalised();
        for (s, v) in sum[..n].iter_mut().zip(&vector[..n]) {
            *s += v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each derivative against a central difference of the one before it.
    #[test]
    fn derivatives_agree_with_finite_differences() {
        let dense =
            ndarray::Array2::from_shape_fn((12, 5), |(i, j)| ((i * 7 + j * 3) % 5) as f32 / 2.0);
        let rows = Rows::try_from(&dense).unwrap();
        for (link, classes) in [(Link::Logistic, 2), (Link::Softmax, 3)] {
            for fit_intercept in [true, false] {
                let targets: Vec<u32> = (0..12).map(|i| (i * i % classes) as u32).collect();
                let costs: Vec<f64> = (0..12).map(|i| 0.5 + f64::from(i) / 7.0).collect();
                let problem = Problem::new(&rows, &targets, &costs, link, classes, fit_intercept);
                let theta: Vec<f64> = (0..problem.size()).map(|i| (i as f64 * 0.7).sin()).collect();
                let at = |theta: &[f64]| problem.value(theta, problem.decisions(theta));
                let (_, state) = at(&theta);
                let Derivatives { gradient, diagonal } = problem.derivatives(&theta, &state);
                for i in 0..problem.size() {
                    let moved = |by: f64| {
                        let mut theta = theta.clone();
                        theta[i] += by;
                        let (value, state) = at(&theta);
                        (value, problem.derivatives(&theta, &state).gradient)
                    };
                    let (h, (above, g_above), (below, g_below)) = (1e-5, moved(1e-5), moved(-1e-5));
                    assert!((gradient[i] - (above - below) / (2.0 * h)).abs() < 1e-7);
                    let mut unit = vec![0.0; problem.size()];
                    unit[i] = 1.0;
                    let column = problem.hessian_product(&state, &unit);
                    assert!((column[i] - diagonal[i]).abs() < 1e-12);
                    for j in 0..problem.size() {
                        assert!((column[j] - (g_above[j] - g_below[j]) / (2.0 * h)).abs() < 1e-7);
                    }
                }
            }
        }
    }
}
