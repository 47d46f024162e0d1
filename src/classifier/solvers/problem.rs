//! The function that training minimises: its value, gradient and curvature over sparse rows.
//!
//! F(θ) = ½·ridge·‖w‖² + Σ cᵢ · loss(xᵢ·w + b), θ = (w, b), b not penalised. θ holds the outputs of one feature together,
//! then the intercepts. The Hessian is ridge·I + Xᵀ·D·X, where D is what the losses' curvature is; for softmax, of each row,
//! cᵢ·(diag(p) − p·pᵀ). Sums over rows are those of `sums`. How a minimum is found is not known here.
//!
//! Value and gradient come of one pass over the rows. Tried and dropped for rows in their own order, on 10.7 million entries in
//! 100,000 columns: columns numbered by how often they occur (the same time, as a core's own cache holds all of θ), `f32` in
//! products with the Hessian (5 %), rows ordered by length (20 % of a product, less than the copy costs), rows visited by
//! length within blocks of 256 without a copy (nearly twice the time: memory is no longer read in order), rows multiplied
//! eight at a time before they are added up (20 % slower: the end of a row is guessed from the product just before), losses of
//! 32 rows side by side with an exponential that is compiled to two at a time (a tenth slower; on bags hardly a difference),
//! two sums per row (no difference).

use std::ops::Range;

use super::design::Design;
use super::loss::{Local, Loss, logistic, squared_hinge};
use super::sums::{Buffers, Chunks};
use super::vector::{fold, squared};
use crate::bags::EVERY;

/// In the place of a number of outputs that is known when this is compiled, which takes half the time.
pub(super) const ANY: usize = 0;

/// What is to be learnt of the rows.
#[derive(Clone, Copy)]
pub(in super::super) struct Objective<'a> {
    pub(in super::super) loss: Loss,
    pub(in super::super) classes: usize,
    /// The class of each row.
    pub(in super::super) targets: &'a [u32],
    /// The class that one output tells from all others.
    pub(in super::super) positive: u32,
    /// How much each row's loss counts.
    pub(in super::super) costs: &'a [f64],
    /// How much ½‖w‖² counts.
    pub(in super::super) ridge: f64,
    pub(in super::super) fit_intercept: bool,
}

pub(in super::super) struct Problem<'a, R> {
    pub(super) rows: R,
    pub(super) chunks: Chunks,
    pub(super) objective: Objective<'a>,
    pub(super) outputs: usize,
    n_features: usize,
    /// The costs of the rows of each class.
    masses: Vec<f64>,
    /// What weights are drawn to; to 0 if there is nothing.
    centre: Option<&'a [f64]>,
    looked_at: LookedAt,
}

/// The rows that are looked at.
#[derive(Clone, Copy)]
enum LookedAt {
    All,
    /// And what their sums count by.
    Sample(f64),
}

impl LookedAt {
    fn weigh(self, sums: &mut [f64]) {
        if let Self::Sample(weight) = self {
            for sum in sums {
                *sum *= weight;
            }
        }
    }

    /// Those of a chunk.
    #[inline]
    fn each<R: Design>(self, design: R, chunk: Range<usize>, mut row: impl FnMut(usize, R::Row)) {
        match self {
            Self::All => design.each(chunk, row),
            Self::Sample(_) => design.samples(chunk).for_each(|some| design.each(some, &mut row)),
        }
    }
}

/// A place, and what a step from it is computed from.
pub(super) struct Point {
    pub(super) theta: Vec<f64>,
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    /// The sum of the curvatures of all rows and outputs.
    pub(super) curved: f64,
    /// Of each row, for one output: cost × curvature of its loss. For more: the probabilities.
    pub(super) curvature: Vec<f64>,
}

impl<'a, R: Design> Problem<'a, R> {
    pub(in super::super) fn new(rows: R, objective: Objective<'a>) -> Self {
        let (n_features, outputs) = (rows.n_columns(), objective.loss.outputs(objective.classes));
        let size = n_features * outputs;
        let chunks = Chunks::new(rows, objective.targets.len(), n_features, size, 1);
        let mut masses = vec![0.0; objective.classes];
        for (&class, cost) in objective.targets.iter().zip(objective.costs) {
            masses[class as usize] += cost;
        }
        Self {
            rows,
            chunks,
            objective,
            outputs,
            n_features,
            masses,
            centre: None,
            looked_at: LookedAt::All,
        }
    }

    /// Draws the weights to these instead of 0: ½·ridge·‖w − w₀‖² is penalised. Start there, as no other start knows it.
    pub(in super::super) fn around(mut self, weights: &'a [f64]) -> Self {
        self.centre = Some(weights);
        self
    }

    /// The same with a sample of the rows alone, whose losses count by a factor. A point of all rows can be asked about by it;
    /// for one output.
    pub(super) fn sample(&self, weight: f64) -> Self {
        debug_assert_eq!(self.outputs, 1);
        let chunks = Chunks::new(self.rows, self.n_rows(), self.n_features, self.size(), EVERY);
        let masses = self.masses.clone();
        Self { looked_at: LookedAt::Sample(weight), chunks, masses, ..*self }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.objective.targets.len()
    }

    pub(super) fn n_entries(&self) -> usize {
        self.rows.start(self.n_rows())
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    pub(super) fn n_features(&self) -> usize {
        self.n_features
    }

    /// How many numbers θ has.
    pub(super) fn size(&self) -> usize {
        self.penalised() + if self.objective.fit_intercept { self.outputs } else { 0 }
    }

    /// How many of them are penalised; the intercepts come after these.
    pub(super) fn penalised(&self) -> usize {
        self.n_features * self.outputs
    }

    /// The sum of the rows' costs, by which gradients are measured.
    pub(super) fn scale(&self) -> f64 {
        self.masses.iter().sum()
    }

    /// Whether one output should be high for a row.
    #[inline]
    pub(super) fn of_the_class(&self, row: usize) -> bool {
        self.objective.targets[row] == self.objective.positive
    }

    /// Where to start: no weights, and the intercepts that are best without any.
    pub(super) fn start(&self) -> Vec<f64> {
        let Objective { loss, positive, .. } = self.objective;
        let mut theta = vec![0.0; self.size()];
        let intercepts = &mut theta[self.n_features * self.outputs..];
        if intercepts.is_empty() {
            return theta;
        }
        let mass = &self.masses;
        let of_the_class = mass[positive as usize];
        let others = mass.iter().sum::<f64>() - of_the_class;
        match loss {
            Loss::Logistic => intercepts[0] = (of_the_class / others).ln(),
            Loss::SquaredHinge => {
                intercepts[0] = (of_the_class - others) / (of_the_class + others);
            }
            Loss::Softmax => {
                let mean = mass.iter().map(|m| m.ln()).sum::<f64>() / mass.len() as f64;
                for (b, m) in intercepts.iter_mut().zip(mass) {
                    *b = m.ln() - mean;
                }
            }
        }
        theta
    }

    /// F at the start, for one output.
    pub(super) fn value_without_weights(&self) -> f64 {
        let b = self.start().get(self.n_features).copied().unwrap_or(0.0);
        let value = |of_the_class| self.objective.loss.local(b, of_the_class).whole_value();
        let classes = self.masses.iter().zip(0..);
        classes.map(|(mass, class)| mass * value(class == self.objective.positive)).sum()
    }

    /// The weights (features × outputs) and the intercepts (one per output, 0 where there are none).
    ///
    /// A number added to all intercepts of a softmax changes nothing; of all these optima, that whose intercepts sum to 0
    /// is taken, as scikit-learn does.
    pub(in super::super) fn split(&self, mut theta: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let mut intercepts = theta.split_off(self.penalised());
        if self.objective.loss == Loss::Softmax {
            let mean = intercepts.iter().sum::<f64>() / self.outputs as f64;
            for b in &mut intercepts {
                *b -= mean;
            }
        }
        intercepts.resize(self.outputs, 0.0);
        (theta, intercepts)
    }

    /// The reverse of `split`.
    pub(super) fn join(&self, mut weights: Vec<f64>, intercepts: &[f64]) -> Vec<f64> {
        if self.objective.fit_intercept {
            weights.extend_from_slice(intercepts);
        }
        weights
    }

    /// F at θ, with what a step is computed from.
    pub(super) fn evaluate(&self, theta: Vec<f64>, buffers: &mut Buffers) -> Point {
        match self.objective.loss {
            Loss::Logistic => self.evaluate_one(theta, buffers, logistic),
            Loss::SquaredHinge => self.evaluate_one(theta, buffers, squared_hinge),
            Loss::Softmax => match self.outputs {
                3 => self.evaluate_softmax::<3>(theta, buffers),
                _ => self.evaluate_softmax::<ANY>(theta, buffers),
            },
        }
    }

    fn evaluate_one(
        &self,
        theta: Vec<f64>,
        buffers: &mut Buffers,
        loss: impl Fn(f64, bool) -> Local + Send + Sync,
    ) -> Point {
        let (n, costs) = (self.n_features, self.objective.costs);
        let weights = self.rows.spread(&theta[..n]);
        let intercept = theta.get(n).copied().unwrap_or(0.0);
        let mut curvature = buffers.numbers(self.n_rows());
        let mut gradient = Vec::new();
        let each_row = (&mut curvature[..], 1);
        let sums =
            self.chunks.sum(buffers, each_row, n, &mut gradient, |rows, curvature, buffer| {
                let mut sums = [0.0; 3];
                // Of the factors of the rows since the last whose cost was another.
                let (mut product, mut of_cost) = (1.0f64, 0.0);
                let start = rows.start;
                self.looked_at.each(self.rows, rows, |row, entries| {
                    let cost = costs[row];
                    let z = R::dot(entries, &weights, intercept);
                    let local = loss(z, self.of_the_class(row));
                    let slope = cost * local.slope;
                    let curved = cost * local.curvature;
                    curvature[row - start] = curved;
                    R::add(entries, slope, buffer);
                    sums = [sums[0] + cost * local.value, sums[1] + slope, sums[2] + curved];
                    if cost != of_cost || product > 1e300 {
                        sums[0] += of_cost * product.ln();
                        (product, of_cost) = (1.0, cost);
                    }
                    product *= local.factor;
                });
                sums[0] += of_cost * product.ln();
                sums
            });
        let add = |all: [f64; 3], of: [f64; 3]| [all[0] + of[0], all[1] + of[1], all[2] + of[2]];
        let [value, slope, curved] = sums.into_iter().fold([0.0; 3], add);
        self.rows.gather(&mut gradient);
        if self.objective.fit_intercept {
            gradient.push(slope);
        }
        let mut sums = [value, curved];
        self.looked_at.weigh(&mut sums);
        self.looked_at.weigh(&mut gradient);
        let [value, curved] = sums;
        self.point(theta, value, gradient, curvature, curved)
    }

    pub(super) fn point(
        &self,
        theta: Vec<f64>,
        loss: f64,
        mut gradient: Vec<f64>,
        curvature: Vec<f64>,
        curved: f64,
    ) -> Point {
        let (n, ridge) = (self.penalised(), self.objective.ridge);
        let square = if let Some(centre) = self.centre {
            for (g, (w, to)) in gradient[..n].iter_mut().zip(theta.iter().zip(centre)) {
                *g += ridge * (w - to);
            }
            let apart = |w, to| (w - to) * (w - to);
            fold(&theta[..n], centre, apart)
        } else {
            for (g, w) in gradient[..n].iter_mut().zip(&theta) {
                *g += ridge * w;
            }
            squared(&theta[..n])
        };
        let value = ridge * square / 2.0 + loss;
        Point { theta, value, gradient, curved, curvature }
    }

    /// The diagonal of the Hessian at a point, above 0 everywhere.
    pub(super) fn diagonal(&self, at: &Point, buffers: &mut Buffers) -> Vec<f64> {
        let mut diagonal = if self.objective.loss == Loss::Softmax {
            self.diagonal_of_softmax(at, buffers)
        } else {
            self.diagonal_of_one_output(at, buffers)
        };
        self.looked_at.weigh(&mut diagonal);
        for d in &mut diagonal[..self.penalised()] {
            *d += self.objective.ridge;
        }
        // Saturated probabilities can leave an intercept without any curvature; so can no ridge, a column.
        for d in &mut diagonal {
            *d = d.max(1e-10);
        }
        diagonal
    }

    fn diagonal_of_one_output(&self, at: &Point, buffers: &mut Buffers) -> Vec<f64> {
        let mut diagonal = Vec::new();
        let all = (&mut [][..], 0);
        let sums =
            self.chunks.sum(buffers, all, self.n_features, &mut diagonal, |rows, _, buffer| {
                let mut sum = 0.0;
                self.looked_at.each(self.rows, rows, |row, entries| {
                    let curvature = at.curvature[row];
                    R::add_squares(entries, curvature, buffer);
                    sum += curvature;
                });
                sum
            });
        self.rows.gather_squares(&mut diagonal);
        if self.objective.fit_intercept {
            diagonal.push(sums.into_iter().sum());
        }
        diagonal
    }

    /// The Hessian of F at a point times a vector, into `product`. Most of a training's time is spent here.
    pub(super) fn hessian_product(
        &self,
        at: &Point,
        vector: &[f64],
        buffers: &mut Buffers,
        product: &mut Vec<f64>,
    ) {
        if self.outputs == 1 && self.objective.loss != Loss::Softmax {
            self.curvature_product_of_one_output(at, vector, buffers, product);
        } else {
            match self.outputs {
                3 => self.curvature_product_of_softmax::<3>(at, vector, buffers, product),
                _ => self.curvature_product_of_softmax::<ANY>(at, vector, buffers, product),
            }
        }
        let n = self.penalised();
        for (p, v) in product[..n].iter_mut().zip(&vector[..n]) {
            *p += self.objective.ridge * v;
        }
    }

    fn curvature_product_of_one_output(
        &self,
        at: &Point,
        vector: &[f64],
        buffers: &mut Buffers,
        product: &mut Vec<f64>,
    ) {
        let n = self.n_features;
        let weights = self.rows.spread(&vector[..n]);
        let intercept = vector.get(n).copied().unwrap_or(0.0);
        let sums = self.chunks.sum(buffers, (&mut [], 0), n, product, |rows, _, buffer| {
            let mut sum = 0.0;
            self.looked_at.each(self.rows, rows, |row, entries| {
                let curvature = at.curvature[row];
                // Right by far, or outside the reach of a hinge.
                if curvature == 0.0 {
                    return;
                }
                let u = curvature * R::dot(entries, &weights, intercept);
                R::add(entries, u, buffer);
                sum += u;
            });
            sum
        });
        self.rows.gather(product);
        if self.objective.fit_intercept {
            product.push(sums.into_iter().sum());
        }
        self.looked_at.weigh(product);
    }
}

#[cfg(test)]
mod tests {
    use super::super::design::tests::twins;
    use super::*;
    use crate::bags;
    use crate::rows::Rows;

    /// Each derivative of 12 rows against a central difference of the one before it.
    fn agrees_with_finite_differences<R: Design>(rows: R) {
        let losses =
            [(Loss::Logistic, 2), (Loss::SquaredHinge, 2), (Loss::Softmax, 3), (Loss::Softmax, 4)];
        for (loss, classes) in losses {
            for (fit_intercept, ridge) in [(true, 1.0), (false, 1.0), (true, 0.25)] {
                let targets: Vec<u32> = (0..12).map(|i| (i * i % classes) as u32).collect();
                let costs: Vec<f64> = (0..12).map(|i| 0.5 + f64::from(i) / 7.0).collect();
                let (targets, costs) = (&targets, &costs);
                let objective =
                    Objective { loss, classes, targets, positive: 1, costs, ridge, fit_intercept };
                let problem = Problem::new(rows, objective);
                let buffers = &mut Buffers::default();
                let theta: Vec<f64> = (0..problem.size()).map(|i| (i as f64 * 0.7).sin()).collect();
                let here = problem.evaluate(theta, buffers);
                let diagonal = problem.diagonal(&here, buffers);
                for i in 0..problem.size() {
                    let mut moved = |by: f64| {
                        let mut theta = here.theta.clone();
                        theta[i] += by;
                        problem.evaluate(theta, buffers)
                    };
                    let (h, above, below) = (1e-5, moved(1e-5), moved(-1e-5));
                    let slope = (above.value - below.value) / (2.0 * h);
                    assert!((here.gradient[i] - slope).abs() < 1e-7 * slope.abs().max(1.0));
                    let mut unit = vec![0.0; problem.size()];
                    unit[i] = 1.0;
                    let mut column = Vec::new();
                    problem.hessian_product(&here, &unit, buffers, &mut column);
                    let lacks = column[i] - diagonal[i];
                    assert!(lacks.abs() < 1e-12 || (R::REPEATS && lacks > 0.0));
                    for (j, column) in column.iter().enumerate() {
                        let curvature = (above.gradient[j] - below.gradient[j]) / (2.0 * h);
                        assert!((column - curvature).abs() < 1e-6 * curvature.abs().max(1.0));
                    }
                }
            }
        }
    }

    #[test]
    fn derivatives_agree_with_finite_differences() {
        let dense =
            ndarray::Array2::from_shape_fn((12, 5), |(i, j)| ((i * 7 + j * 3) % 5) as f32 / 2.0);
        agrees_with_finite_differences(Rows::try_from(&dense).unwrap().parts());
        agrees_with_finite_differences(&twins(12, 5, true).0);
        agrees_with_finite_differences(&twins(12, 5, false).0);
    }

    #[test]
    fn the_form_of_the_rows_changes_nothing() {
        let n = 2 * bags::PIECE;
        let (bags, rows) = twins(n, 30, true);
        let targets: Vec<u32> = (0..n).map(|i| (i * i % 7 % 2) as u32).collect();
        let costs = vec![0.5; n];
        let objective = Objective {
            loss: Loss::Logistic,
            classes: 2,
            targets: &targets,
            positive: 1,
            costs: &costs,
            ridge: 1.0,
            fit_intercept: true,
        };
        let theta: Vec<f64> = (0..31).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let of_bags = Problem::new(&bags, objective);
        let of_rows = Problem::new(rows.parts(), objective);
        let buffers = &mut Buffers::default();
        let (a, b) =
            (of_bags.evaluate(theta.clone(), buffers), of_rows.evaluate(theta.clone(), buffers));
        let same = |a: &[f64], b: &[f64]| {
            let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
            assert!(a.len() == b.len() && a.iter().zip(b).all(same));
        };
        same(&[a.value, a.curved], &[b.value, b.curved]);
        same(&a.gradient, &b.gradient);
        same(&a.curvature, &b.curvature);
        let (mut product, mut expected) = (Vec::new(), Vec::new());
        of_bags.hessian_product(&a, &theta, buffers, &mut product);
        of_rows.hessian_product(&b, &theta, buffers, &mut expected);
        same(&product, &expected);
        // An eighth of the rows, eight times: of the columns that all rows share nearly the same.
        let sampled = of_bags.sample(8.0).evaluate(theta, buffers);
        assert!((sampled.curved / a.curved - 1.0).abs() < 0.2);
    }

    #[test]
    fn the_start_is_the_best_without_weights() {
        let rows = Rows::try_from(&ndarray::Array2::<f32>::zeros((9, 2))).unwrap();
        for (loss, classes) in [(Loss::Logistic, 2), (Loss::SquaredHinge, 2), (Loss::Softmax, 3)] {
            let targets: Vec<u32> = (0..9).map(|i| u32::from(i > 1) + u32::from(i == 8)).collect();
            let targets: Vec<u32> = targets.iter().map(|&t| t.min(classes as u32 - 1)).collect();
            let (targets, costs) = (&targets, &[0.5; 9]);
            let objective = Objective {
                loss,
                classes,
                targets,
                positive: 1,
                costs,
                ridge: 1.0,
                fit_intercept: true,
            };
            let problem = Problem::new(rows.parts(), objective);
            let at = problem.evaluate(problem.start(), &mut Buffers::default());
            assert!(at.gradient.iter().all(|g| g.abs() < 1e-14), "{loss:?} {:?}", at.gradient);
            if classes == 2 {
                assert!((at.value - problem.value_without_weights()).abs() < 1e-14);
            }
        }
    }
}
