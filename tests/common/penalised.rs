//! The naive twin of penalised linear models: proximal gradient steps on dense rows.
//!
//! Objective = Σ cost · loss + (1 − l1)/2 · ‖w‖² + l1 · ‖w‖₁, as the manual has it. Rows, truth and costs in, weights out;
//! slow, and with nothing that saves time but momentum.
#![allow(dead_code, reason = "each test uses the part it needs")]

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    /// Each output against the rest: ln(1 + exp(−m)).
    Logistic,
    /// Each output against the rest: max(0, 1 − m)².
    SquaredHinge,
    /// All outputs in one: −ln of the probability of the true class.
    Softmax,
}

/// θ holds for each output its weights, then its intercept.
#[derive(Debug, Clone)]
pub(crate) struct Penalised {
    pub(crate) loss: Loss,
    pub(crate) l1: f64,
    pub(crate) rows: Vec<Vec<f64>>,
    /// For each row and output, whether that is the row's class.
    pub(crate) truth: Vec<Vec<bool>>,
    /// C × weight of each row.
    pub(crate) costs: Vec<f64>,
    pub(crate) fit_intercept: bool,
}

impl Penalised {
    /// The loss of a row and its slopes by the decision value of each output.
    fn local(&self, theta: &[Vec<f64>], i: usize) -> (f64, Vec<f64>) {
        let row = [&self.rows[i][..], &[1.0]].concat();
        let z = theta.iter().map(|w| w.iter().zip(&row).map(|(w, x)| w * x).sum());
        let (z, truth) = (z.collect::<Vec<f64>>(), &self.truth[i]);
        if self.loss == Loss::Softmax {
            let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = z.iter().map(|z| (z - top).exp()).sum();
            let p = |k: usize| (z[k] - top).exp() / sum;
            let of = truth.iter().position(|&t| t).unwrap();
            let slopes = (0..z.len()).map(|k| p(k) - if k == of { 1.0 } else { 0.0 }).collect();
            return (sum.ln() + top - z[of], slopes);
        }
        let (mut value, mut slopes) = (0.0, Vec::new());
        for (z, &truth) in z.iter().zip(truth) {
            let sign = if truth { 1.0 } else { -1.0 };
            let m = sign * z;
            if self.loss == Loss::SquaredHinge {
                value += (1.0 - m).max(0.0).powi(2);
                slopes.push(-2.0 * sign * (1.0 - m).max(0.0));
            } else {
                value += (-m.abs()).exp().ln_1p() + (-m).max(0.0);
                slopes.push(-sign / (1.0 + m.exp()));
            }
        }
        (value, slopes)
    }

    fn features(&self) -> usize {
        self.rows[0].len()
    }

    pub(crate) fn objective(&self, theta: &[Vec<f64>]) -> f64 {
        let weights = || theta.iter().flat_map(|w| &w[..self.features()]);
        let squares: f64 = weights().map(|w| w * w).sum();
        let sizes: f64 = weights().map(|w| w.abs()).sum();
        let losses = (0..self.rows.len()).map(|i| self.costs[i] * self.local(theta, i).0);
        (1.0 - self.l1) / 2.0 * squares + self.l1 * sizes + losses.sum::<f64>()
    }

    /// The gradient of all but ‖w‖₁.
    pub(crate) fn gradient(&self, theta: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let features = self.features();
        let mut gradient = theta.to_vec();
        for g in &mut gradient {
            g[..features].iter_mut().for_each(|g| *g *= 1.0 - self.l1);
            g[features] = 0.0;
        }
        for (i, cost) in self.costs.iter().enumerate() {
            let constant = if self.fit_intercept { 1.0 } else { 0.0 };
            let row = [&self.rows[i][..], &[constant]].concat();
            for (g, slope) in gradient.iter_mut().zip(self.local(theta, i).1) {
                g.iter_mut().zip(&row).for_each(|(g, x)| *g += cost * slope * x);
            }
        }
        gradient
    }

    /// Near the θ of least objective: steps of a length that can never be too long (Beck & Teboulle, *FISTA*, 2009).
    pub(crate) fn minimise(&self, steps: usize) -> Vec<Vec<f64>> {
        let outputs = self.truth[0].len();
        // What the second derivative of a loss is at most, times the longest row, summed up.
        let bend = match self.loss {
            Loss::Logistic => 0.25,
            Loss::Softmax => 0.5,
            Loss::SquaredHinge => 2.0,
        };
        let length = |row: &Vec<f64>| 1.0 + row.iter().map(|x| x * x).sum::<f64>();
        let most: f64 = self.rows.iter().zip(&self.costs).map(|(r, c)| c * bend * length(r)).sum();
        let step = 1.0 / (1.0 + most);
        let mut theta = vec![vec![0.0; self.features() + 1]; outputs];
        let (mut ahead, mut momentum) = (theta.clone(), 1.0f64);
        for _ in 0..steps {
            let gradient = self.gradient(&ahead);
            let mut next = ahead.clone();
            for (w, g) in next.iter_mut().zip(&gradient) {
                for (j, (w, g)) in w.iter_mut().zip(g).enumerate() {
                    let moved = *w - step * g;
                    let l1 = if j < self.features() { step * self.l1 } else { 0.0 };
                    *w = moved.signum() * (moved.abs() - l1).max(0.0);
                }
            }
            let next_momentum = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
            let keep = (momentum - 1.0) / next_momentum;
            // Momentum that leads uphill is dropped.
            let uphill: f64 = (0..outputs)
                .flat_map(|k| (0..theta[k].len()).map(move |j| (k, j)))
                .map(|(k, j)| (ahead[k][j] - next[k][j]) * (next[k][j] - theta[k][j]))
                .sum();
            momentum = if uphill > 0.0 { 1.0 } else { next_momentum };
            for k in 0..outputs {
                for j in 0..theta[k].len() {
                    let on = if uphill > 0.0 { 0.0 } else { keep * (next[k][j] - theta[k][j]) };
                    ahead[k][j] = next[k][j] + on;
                }
            }
            theta = next;
        }
        theta
    }
}
