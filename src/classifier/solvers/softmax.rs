//! The function of more than one output: softmax, whose curvature ties the outputs of a row together.
//!
//! The loops over the rows are compiled for three outputs, which is the usual number, and for any other.

use super::design::Design;
use super::loss::softmax;
use super::problem::{ANY, Point, Problem};
use super::sums::Buffers;

impl<R: Design> Problem<'_, R> {
    pub(super) fn evaluate_softmax<const K: usize>(
        &self,
        theta: Vec<f64>,
        buffers: &mut Buffers,
    ) -> Point {
        let outputs = if K == ANY { self.outputs } else { K };
        let costs = self.objective.costs;
        let mut probabilities = buffers.numbers(self.n_rows() * outputs);
        let mut gradient = Vec::new();
        let each_row = (&mut probabilities[..], outputs);
        let sums =
            self.chunks.sum(buffers, each_row, self.size(), &mut gradient, |rows, p, buffer| {
                let (weights, intercepts) = buffer.split_at_mut(self.penalised());
                let mut slopes = vec![0.0; outputs];
                let mut sums = [0.0; 2];
                for (row, p) in rows.zip(p.chunks_exact_mut(outputs)) {
                    self.product::<K>(row, &theta, p);
                    let (cost, class) = (costs[row], self.objective.targets[row] as usize);
                    sums[0] += cost * softmax(p, class);
                    for (slope, p) in slopes.iter_mut().zip(&*p) {
                        *slope = cost * p;
                        sums[1] += cost * p * (1.0 - p);
                    }
                    slopes[class] = cost * (p[class] - 1.0);
                    self.scatter::<K>(row, &slopes, weights, intercepts);
                }
                sums
            });
        let add = |all: [f64; 2], of: [f64; 2]| [all[0] + of[0], all[1] + of[1]];
        let [value, curved] = sums.into_iter().fold([0.0; 2], add);
        self.point(theta, value, gradient, probabilities, curved)
    }

    pub(super) fn diagonal_of_softmax(&self, at: &Point, buffers: &mut Buffers) -> Vec<f64> {
        let (outputs, n) = (self.outputs, self.penalised());
        let costs = self.objective.costs;
        let mut diagonal = Vec::new();
        self.chunks.sum(buffers, (&mut [], 0), self.size(), &mut diagonal, |rows, _, buffer| {
            let (weights, intercepts) = buffer.split_at_mut(n);
            let mut curvatures = vec![0.0; outputs];
            for row in rows {
                let p = &at.curvature[row * outputs..(row + 1) * outputs];
                for (curvature, p) in curvatures.iter_mut().zip(p) {
                    *curvature = costs[row] * p * (1.0 - p);
                }
                for (j, x) in self.rows.entries(self.rows.row(row)) {
                    let sums = &mut weights[j * outputs..(j + 1) * outputs];
                    for (sum, curvature) in sums.iter_mut().zip(&curvatures) {
                        *sum += x * x * curvature;
                    }
                }
                for (sum, curvature) in intercepts.iter_mut().zip(&curvatures) {
                    *sum += curvature;
                }
            }
        });
        diagonal
    }

    pub(super) fn curvature_product_of_softmax<const K: usize>(
        &self,
        at: &Point,
        vector: &[f64],
        buffers: &mut Buffers,
        product: &mut Vec<f64>,
    ) {
        let outputs = if K == ANY { self.outputs } else { K };
        let costs = self.objective.costs;
        self.chunks.sum(buffers, (&mut [], 0), self.size(), product, |rows, _, buffer| {
            let (weights, intercepts) = buffer.split_at_mut(self.penalised());
            let mut u = vec![0.0; outputs];
            for row in rows {
                let p = &at.curvature[row * outputs..(row + 1) * outputs];
                self.product::<K>(row, vector, &mut u);
                let cost = costs[row];
                let mean: f64 = p.iter().zip(&u).map(|(p, u)| p * u).sum();
                for (u, p) in u.iter_mut().zip(p) {
                    *u = cost * p * (*u - mean);
                }
                self.scatter::<K>(row, &u, weights, intercepts);
            }
        });
    }

    /// `out` = x·w + b of one row, for each output.
    #[inline]
    fn product<const K: usize>(&self, row: usize, theta: &[f64], out: &mut [f64]) {
        let outputs = if K == ANY { out.len() } else { K };
        let out = &mut out[..outputs];
        match &theta[self.penalised()..] {
            [] => out.fill(0.0),
            intercepts => out.copy_from_slice(intercepts),
        }
        for (j, x) in self.rows.entries(self.rows.row(row)) {
            let weights = &theta[j * outputs..][..outputs];
            for (o, w) in out.iter_mut().zip(weights) {
                *o += x * w;
            }
        }
    }

    /// Adds xᵀ·slopes of one row, for each output.
    #[inline]
    fn scatter<const K: usize>(
        &self,
        row: usize,
        slopes: &[f64],
        weights: &mut [f64],
        intercepts: &mut [f64],
    ) {
        let outputs = if K == ANY { slopes.len() } else { K };
        let slopes = &slopes[..outputs];
        for (j, x) in self.rows.entries(self.rows.row(row)) {
            let sums = &mut weights[j * outputs..][..outputs];
            for (sum, slope) in sums.iter_mut().zip(slopes) {
                *sum += x * slope;
            }
        }
        for (sum, slope) in intercepts.iter_mut().zip(slopes) {
            *sum += slope;
        }
    }
}
