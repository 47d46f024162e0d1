//! Every objective beside its dense naive twin: no twin gets lower, and both call the same number the objective.

use crate::common::penalised::{Loss, Penalised};
use ndarray::Array2;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ressenti::{Classifier, ClassifierParams, FitOptions, MultiClass, Rows};

/// Rows, labels and settings. Duplicate rows, rows of zeros and weights of 0 are all likely.
#[derive(Debug, Clone)]
struct Case {
    rows: Vec<Vec<f32>>,
    labels: Vec<usize>,
    classes: usize,
    weights: Vec<f64>,
    c: f64,
    l1_ratio: f64,
    fit_intercept: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let value = select(vec![0.0f32, 0.0, 0.0, 0.5, 1.0, 2.0, -1.0]);
    let weight = select(vec![1.0, 1.0, 0.0, 0.5, 3.0]);
    let data = (2usize..=4, 1usize..=4).prop_flat_map(move |(classes, columns)| {
        let row = (vec(value.clone(), columns), 0..classes, weight.clone());
        (Just(classes), vec(row, classes..10), any::<prop::sample::Index>())
    });
    let l1_ratio = select(vec![0.0, 0.1, 0.5, 0.9, 1.0]);
    let c = select(vec![0.01, 0.1, 1.0, 10.0, 100.0]);
    (data, c, l1_ratio, any::<bool>()).prop_map(|(data, c, l1_ratio, fit_intercept)| {
        let (classes, mut data, twice) = data;
        for (class, (_, label, weight)) in data.iter_mut().take(classes).enumerate() {
            *label = class;
            *weight = f64::max(*weight, 0.5);
        }
        data.push(data[twice.index(data.len())].clone());
        data.push((vec![0.0; data[0].0.len()], classes - 1, 1.0));
        Case {
            rows: data.iter().map(|row| row.0.clone()).collect(),
            labels: data.iter().map(|row| row.1).collect(),
            weights: data.iter().map(|row| row.2).collect(),
            classes,
            c,
            l1_ratio,
            fit_intercept,
        }
    })
}

impl Case {
    fn twin(&self, loss: Loss) -> Penalised {
        let outputs = if self.classes == 2 { vec![1] } else { (0..self.classes).collect() };
        let l1 = if loss == Loss::SquaredHinge { 0.0 } else { self.l1_ratio };
        Penalised {
            loss,
            l1,
            rows: self.rows.iter().map(|row| row.iter().map(|&x| x.into()).collect()).collect(),
            truth: (self.labels.iter())
                .map(|&label| outputs.iter().map(|&k| k == label).collect())
                .collect(),
            costs: self.weights.iter().map(|weight| self.c * weight).collect(),
            fit_intercept: self.fit_intercept,
        }
    }

    fn fit(&self, params: ClassifierParams) -> Classifier {
        let shape = (self.rows.len(), self.rows[0].len());
        let rows = Rows::try_from(&Array2::from_shape_fn(shape, |(i, j)| self.rows[i][j])).unwrap();
        let params = params.c(self.c).fit_intercept(self.fit_intercept).tol(1e-9).max_iter(200);
        let options = FitOptions::new().weights(&self.weights);
        params.fit_with(&rows, &self.labels, &options).unwrap()
    }
}

/// Each objective, with the settings that minimise it.
fn objectives(case: &Case) -> Vec<(Loss, ClassifierParams)> {
    let lr = Classifier::logistic_regression().l1_ratio(case.l1_ratio);
    let mut all = vec![
        (Loss::Logistic, lr.clone().multi_class(MultiClass::OneVsRest)),
        (Loss::SquaredHinge, Classifier::linear_svm()),
    ];
    if case.classes > 2 {
        all.push((Loss::Softmax, lr));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_twin_gets_lower(case in case()) {
        for (loss, params) in objectives(&case) {
            let model = case.fit(params);
            let report = model.fit_report();
            // One in some thousand stays a little above, where the objective no longer tells steps apart.
            prop_assert!(report.gradient_norm() < 1e-6, "{:?} {:?}", loss, report);
            let (coef, intercept) = (model.coef(), model.intercept());
            let ours: Vec<Vec<f64>> =
                (0..coef.n_rows()).map(|k| [coef.row(k), &intercept[k..=k]].concat()).collect();
            let twin = case.twin(loss);
            let (found, theirs) = (twin.objective(&ours), twin.objective(&twin.minimise(400)));
            prop_assert!(
                (report.objective() - found).abs() <= 1e-9 * found.max(1e-9),
                "{:?}: says {}, is {}", loss, report.objective(), found
            );
            prop_assert!(found <= theirs * (1.0 + 1e-6), "{:?}: {} {}", loss, found, theirs);
        }
    }

    /// The twin itself: its gradient is the slope of its objective.
    #[test]
    fn the_twins_gradient_is_the_slope_of_its_objective(case in case()) {
        let case = Case { l1_ratio: 0.0, fit_intercept: true, c: 1.0, ..case };
        for (loss, _) in objectives(&case) {
            let twin = case.twin(loss);
            let (outputs, width) = (twin.truth[0].len(), case.rows[0].len() + 1);
            let theta: Vec<Vec<f64>> = (0..outputs)
                .map(|k| (0..width).map(|j| ((k * width + j) as f64 * 0.7).sin()).collect())
                .collect();
            let gradient = twin.gradient(&theta);
            for (k, j) in (0..outputs).flat_map(|k| (0..width).map(move |j| (k, j))) {
                let at = |by: f64| {
                    let mut theta = theta.clone();
                    theta[k][j] += by;
                    twin.objective(&theta)
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                prop_assert!((gradient[k][j] - slope).abs() < 1e-6 * slope.abs().max(1.0));
            }
        }
    }
}

/// On one hard case the twin is given the time to arrive, so that it is no straw man.
#[test]
fn with_patience_the_twins_arrive_where_we_do() {
    let rows: Vec<Vec<f32>> = (0..30)
        .map(|i| (0..5).map(|j| ((i * (j + 2) * 7 + j) % 11) as f32 / 5.0 - 1.0).collect())
        .collect();
    let labels: Vec<usize> = (0..30).map(|i| (i * i + i / 2) % 3).collect();
    for l1_ratio in [0.0, 0.5, 1.0] {
        let case = Case {
            rows: rows.clone(),
            labels: labels.clone(),
            classes: 3,
            weights: (0..30).map(|i| f64::from(i % 4) / 2.0).collect(),
            c: 1.0,
            l1_ratio,
            fit_intercept: true,
        };
        for (loss, params) in objectives(&case) {
            let found = case.fit(params).fit_report().objective();
            let twin = case.twin(loss);
            let theirs = twin.objective(&twin.minimise(2_000));
            assert!((found / theirs - 1.0).abs() < 1e-9, "{loss:?} {l1_ratio}: {found} {theirs}");
        }
    }
}
