//! The naive twin of the classifier: Newton's method with the whole Hessian, on dense rows.
//!
//! Rows, classes and costs in, weights and probabilities out. Knows no sparse matrix and no step that saves time.
#![allow(dead_code, reason = "each test uses the part it needs")]

/// Logistic regression on dense rows, by Newton's method with the whole Hessian.
///
/// θ holds one vector per class: its weights, then its intercept. With two classes only the second has weights.
#[derive(Debug, Clone)]
pub(crate) struct Logistic {
    pub(crate) rows: Vec<Vec<f64>>,
    pub(crate) classes: usize,
    /// The class of each row.
    pub(crate) truth: Vec<usize>,
    /// C × weight of each row.
    pub(crate) costs: Vec<f64>,
    pub(crate) fit_intercept: bool,
}

impl Logistic {
    /// A row, and what its intercept is multiplied by.
    fn row(&self, i: usize) -> Vec<f64> {
        let constant = if self.fit_intercept { 1.0 } else { 0.0 };
        [&self.rows[i][..], &[constant]].concat()
    }

    /// The probability of each class for row `i`.
    pub(crate) fn probabilities(&self, theta: &[Vec<f64>], i: usize) -> Vec<f64> {
        let row = self.row(i);
        let z: Vec<f64> = theta.iter().map(|w| dot(w, &row)).collect();
        let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = z.iter().map(|z| (z - top).exp()).sum();
        z.iter().map(|z| (z - top).exp() / sum).collect()
    }

    /// ½‖w‖² + Σ cost · −ln(probability of the true class).
    pub(crate) fn objective(&self, theta: &[Vec<f64>]) -> f64 {
        let features = self.rows[0].len();
        let penalty: f64 = theta.iter().map(|w| dot(&w[..features], &w[..features]) / 2.0).sum();
        let loss = |i: usize| -self.costs[i] * self.probabilities(theta, i)[self.truth[i]].ln();
        penalty + (0..self.rows.len()).map(loss).sum::<f64>()
    }

    /// The θ of least objective.
    pub(crate) fn minimise(&self) -> Vec<Vec<f64>> {
        let width = self.rows[0].len() + 1;
        let first = usize::from(self.classes == 2);
        let size = (self.classes - first) * width;
        let mut theta = vec![vec![0.0; width]; self.classes];
        for _ in 0..200 {
            // The tiny number makes directions without curvature harmless; it changes the way, not the end.
            let mut hessian = vec![vec![0.0; size]; size];
            let mut gradient = vec![0.0; size];
            for a in 0..size {
                let penalty = if a % width < width - 1 { 1.0 } else { 0.0 };
                hessian[a][a] = penalty + 1e-9;
                gradient[a] = penalty * theta[first + a / width][a % width];
            }
            for (i, cost) in self.costs.iter().enumerate() {
                let (row, p) = (self.row(i), self.probabilities(&theta, i));
                let same = |k: usize, l: usize| if k == l { 1.0 } else { 0.0 };
                for a in 0..size {
                    let (k, x) = (first + a / width, row[a % width]);
                    gradient[a] += cost * (p[k] - same(k, self.truth[i])) * x;
                    for b in 0..size {
                        let (l, y) = (first + b / width, row[b % width]);
                        hessian[a][b] += cost * p[k] * (same(k, l) - p[l]) * x * y;
                    }
                }
            }
            let step = solve(hessian, gradient);
            let before = self.objective(&theta);
            let at = |length: f64| {
                let mut moved = theta.clone();
                for (a, s) in step.iter().enumerate() {
                    moved[first + a / width][a % width] -= length * s;
                }
                moved
            };
            let lengths = (0..60).map(|halvings| 0.5f64.powi(halvings));
            match lengths.map(at).find(|moved| self.objective(moved) < before) {
                Some(moved) => theta = moved,
                // As good as floating point gets.
                None => break,
            }
        }
        theta
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// x with A·x = b, by Gaussian elimination.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, pivot);
        b.swap(k, pivot);
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            let above = a[k].clone();
            for (x, y) in a[i].iter_mut().zip(above).skip(k) {
                *x -= factor * y;
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k][k];
    }
    b
}
