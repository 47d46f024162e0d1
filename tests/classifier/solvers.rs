//! Wherever a solver starts and however it goes, it ends at the minimum: scikit-learn's, and what a naive look at the
//! gradient confirms.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ndarray::Array2;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ressenti::{
    ClassWeight, Classifier, ClassifierParams, Error, FitOptions, MultiClass, Rows, Solver, Stage,
    Step,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

fn golden(path: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn list<T: DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

fn sparse(rows: &[Vec<f32>]) -> Rows {
    let shape = (rows.len(), rows[0].len());
    Rows::try_from(&Array2::from_shape_fn(shape, |(i, j)| rows[i][j])).unwrap()
}

#[test]
fn optima_are_those_of_scikit_learn() {
    let data = golden("linear/data.json").remove(0);
    let rows = sparse(&list::<Vec<f32>>(&data["rows"]));
    let weights: Vec<f64> = list(&data["weights"]);
    for case in golden("solvers/solvers.json") {
        let name = &case["name"];
        let number = |key: &str| case[key].as_f64().unwrap();
        let is = |key: &str| case[key].as_bool().unwrap();
        let params = match case["algorithm"].as_str().unwrap() {
            "linear_svm" => Classifier::linear_svm(),
            "multinomial" => Classifier::logistic_regression(),
            _ => Classifier::logistic_regression().multi_class(MultiClass::OneVsRest),
        };
        let mut params = params.c(number("C")).l1_ratio(number("l1_ratio")).tol(1e-10);
        params = params.fit_intercept(is("fit_intercept")).max_iter(1000);
        if is("balanced") {
            params = params.class_weight(ClassWeight::Balanced);
        }
        let mut solvers = vec![Solver::Auto];
        if number("l1_ratio") == 0.0 {
            solvers.extend([Solver::NewtonCg, Solver::DualNewtonCg]);
        }
        let labels: Vec<u32> = list(&data["targets"][case["target"].as_str().unwrap()]);
        let mut options = FitOptions::new();
        if is("weighted") {
            options = options.weights(&weights);
        }
        for solver in solvers {
            let params = params.clone().solver(solver);
            let classifier = params.fit_with(&rows, &labels, &options).unwrap();
            let report = classifier.fit_report();
            assert!(report.converged(), "{name}: {report:?}");
            let (found, expected) = (report.objective(), number("objective"));
            assert!((found / expected - 1.0).abs() < 1e-8, "{name}: {found} {expected}");
            let coef: Vec<f64> = list::<Vec<f64>>(&case["coef"]).concat();
            let intercept: Vec<f64> = list(&case["intercept"]);
            let ours = [classifier.coef().as_slice(), classifier.intercept()].concat();
            for (i, (a, b)) in ours.iter().zip([coef, intercept].concat()).enumerate() {
                assert!((a - b).abs() < 1e-6 * b.abs().max(1.0), "{name}[{i}]: {a} {b}");
                assert_eq!(*a == 0.0, b == 0.0, "{name}[{i}]: {a}, at the optimum {b}");
            }
        }
    }
}

/// Rows, labels and settings of a model of one output for each class, or one for two.
#[derive(Debug, Clone)]
struct Case {
    rows: Vec<Vec<f32>>,
    labels: Vec<usize>,
    weights: Vec<f64>,
    c: f64,
    l1_ratio: f64,
    svm: bool,
    /// Of more than two classes, one model of all; then with `l1_ratio`.
    multinomial: bool,
    fit_intercept: bool,
}

impl Case {
    fn params(&self) -> ClassifierParams {
        let params = if self.multinomial {
            Classifier::logistic_regression().l1_ratio(self.l1_ratio)
        } else if self.svm {
            Classifier::linear_svm()
        } else {
            let lr = Classifier::logistic_regression().multi_class(MultiClass::OneVsRest);
            lr.l1_ratio(self.l1_ratio)
        };
        params.c(self.c).fit_intercept(self.fit_intercept).max_iter(2000)
    }

    fn fit(&self, params: &ClassifierParams) -> Classifier {
        let options = FitOptions::new().weights(&self.weights);
        params.fit_with(&sparse(&self.rows), &self.labels, &options).unwrap()
    }

    /// What the loss of a row says to the decision value of a class.
    fn pull(&self, model: &Classifier, row: &[f32], label: usize, of: usize) -> f64 {
        let (coef, intercept) = (model.coef(), model.intercept());
        let z = |k: usize| {
            let sum: f64 = row.iter().zip(coef.row(k)).map(|(&x, w)| f64::from(x) * w).sum();
            sum + intercept[k]
        };
        let sign = if label == of { 1.0 } else { -1.0 };
        if intercept.len() > 1 && self.multinomial {
            let top = (0..intercept.len()).map(z).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = (0..intercept.len()).map(|k| (z(k) - top).exp()).sum();
            return (z(of) - top).exp() / sum - f64::from(u8::from(label == of));
        }
        let margin = sign * z(if intercept.len() == 1 { 0 } else { of });
        let svm = self.svm && !self.multinomial;
        -sign * if svm { 2.0 * (1.0 - margin).max(0.0) } else { 1.0 / (1.0 + margin.exp()) }
    }

    /// By how much the objectives of two models differ at most, of which each has a subgradient within `tol`. The objective is
    /// convex: from either model to the other it falls by at most the subgradient times the way, each component of the one
    /// with that of the other.
    fn gap(&self, one: &Classifier, other: &Classifier, tol: f64) -> f64 {
        let theta =
            |model: &Classifier| [model.coef().as_slice(), model.intercept()].concat().into_iter();
        let way: f64 = theta(one).zip(theta(other)).map(|(a, b)| (a - b).abs()).sum();
        tol * self.c * self.weights.iter().sum::<f64>() * way
    }

    /// How far 0 is from the subgradients of the objective of one output, by the definition; relative to the costs.
    fn violation(&self, model: &Classifier, k: usize, of: usize) -> f64 {
        let l1 = if self.svm && !self.multinomial { 0.0 } else { self.l1_ratio };
        let coef = model.coef().row(k).to_vec();
        let mut gradient: Vec<f64> = coef.iter().map(|w| (1.0 - l1) * w).collect();
        let (mut slope, mut scale) = (0.0, 0.0);
        for ((row, &label), weight) in self.rows.iter().zip(&self.labels).zip(&self.weights) {
            let pull = self.c * weight * self.pull(model, row, label, of);
            for (g, &x) in gradient.iter_mut().zip(row) {
                *g += pull * f64::from(x);
            }
            slope += pull;
            scale += self.c * weight;
        }
        let off = |(g, w): (&f64, &f64)| {
            if *w == 0.0 { (g.abs() - l1).max(0.0) } else { (g + l1 * w.signum()).abs() }
        };
        let of_weights = gradient.iter().zip(&coef).map(off).fold(0.0, f64::max);
        let of_intercept = if self.fit_intercept { slope.abs() } else { 0.0 };
        of_weights.max(of_intercept) / scale
    }
}

fn case() -> impl Strategy<Value = Case> {
    let value = select(vec![0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0, -1.0]);
    let data = (2usize..=4, 1usize..=4).prop_flat_map(move |(classes, features)| {
        let example =
            (vec(value.clone(), features), 0..classes, select(vec![1.0, 1.0, 1.0, 0.0, 0.5, 3.0]));
        (Just(classes), vec(example, classes..12))
    });
    let c = (-3i32..=3).prop_map(|exponent| 10f64.powi(exponent));
    let l1_ratio = select(vec![0.0, 0.0, 0.1, 0.5, 0.9, 1.0]);
    let kind = select(vec![(false, false), (true, false), (false, true)]);
    (data, c, l1_ratio, kind, any::<bool>()).prop_map(
        |((classes, mut examples), c, l1_ratio, (svm, multinomial), fit_intercept)| {
            for (class, (_, label, weight)) in examples.iter_mut().take(classes).enumerate() {
                *label = class;
                *weight = f64::max(*weight, 0.5);
            }
            let (mut rows, mut labels, mut weights) = (vec![], vec![], vec![]);
            for (row, label, weight) in examples {
                rows.push(row);
                labels.push(label);
                weights.push(weight);
            }
            Case { rows, labels, weights, c, l1_ratio, svm, multinomial, fit_intercept }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_least_subgradient_is_as_small_as_reported(case in case()) {
        for tol in [1e-3, 1e-8] {
            let classifier = case.fit(&case.params().tol(tol));
            let report = classifier.fit_report();
            prop_assert!(report.converged(), "{:?}", report);
            let outputs = classifier.intercept().len();
            for k in 0..outputs {
                let of = if outputs == 1 { 1 } else { k };
                let violation = case.violation(&classifier, k, of);
                prop_assert!(violation <= report.gradient_norm() * (1.0 + 1e-9) + 1e-13);
                prop_assert!(violation <= tol * (1.0 + 1e-9) + 1e-13, "{} {}", violation, tol);
            }
        }
    }

    #[test]
    fn a_dual_start_leads_to_the_same_place(case in case()) {
        let case = Case { l1_ratio: 0.0, multinomial: false, ..case };
        let fit = |solver| case.fit(&case.params().tol(1e-11).solver(solver));
        let (one, other) = (fit(Solver::NewtonCg), fit(Solver::DualNewtonCg));
        for (a, b) in one.coef().as_slice().iter().zip(other.coef().as_slice()) {
            prop_assert!((a - b).abs() < 1e-6 * a.abs().max(1.0), "{} {}", a, b);
        }
    }

    #[test]
    fn a_warm_start_leads_to_the_same_place(case in case(), factor in select(vec![0.1, 1.0, 10.0])) {
        let before = case.fit(&case.params().c(case.c * factor));
        let cold = case.fit(&case.params().tol(1e-8));
        let options = FitOptions::new().weights(&case.weights).warm_start(&before);
        let rows = sparse(&case.rows);
        let warm = case.params().tol(1e-8).fit_with(&rows, &case.labels, &options).unwrap();
        prop_assert!(warm.fit_report().converged(), "{:?}", warm.fit_report());
        let [a, b] = [&cold, &warm].map(|model| model.fit_report().objective());
        // What floating point makes of the objectives, and what the tolerance leaves.
        let gap = 1e-10 * a + case.gap(&cold, &warm, 1e-8);
        prop_assert!((a - b).abs() <= gap, "{} {}, at most {}", a, b, gap);
        let again = FitOptions::new().weights(&case.weights).warm_start(&cold);
        let again = case.params().tol(1e-8).fit_with(&rows, &case.labels, &again).unwrap();
        prop_assert_eq!(again.fit_report().n_iter(), 0);
    }
}

/// Rows of words: many enough for several chunks and a dual start, sorted by class.
fn words(n: usize, classes: usize) -> (Rows, Vec<usize>) {
    let (columns, length) = (200, 12);
    let mut state = 1u64;
    let mut below = |n: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let (mut dense, mut labels) = (Array2::zeros((n, columns)), Vec::new());
    for i in 0..n {
        let class = i * classes / n;
        labels.push(class);
        for _ in 0..length {
            // Low columns are frequent; a third of the words speak for the class.
            let word = below(columns).min(below(columns));
            let word = if below(3) == 0 { word - word % classes + class } else { word };
            dense[[i, word.min(columns - 1)]] += 0.25f32;
        }
    }
    (Rows::try_from(&dense).unwrap(), labels)
}

fn kinds() -> [ClassifierParams; 6] {
    let lr = Classifier::logistic_regression;
    [
        lr(),
        lr().multi_class(MultiClass::OneVsRest),
        lr().multi_class(MultiClass::OneVsRest).l1_ratio(0.5).c(0.1),
        Classifier::linear_svm(),
        Classifier::linear_svm().class_weight(ClassWeight::Balanced).c(0.01),
        lr().l1_ratio(0.5).c(0.3),
    ]
}

#[test]
fn models_against_the_rest_are_those_of_two_classes() {
    let (rows, labels) = words(1500, 3);
    for params in &kinds()[1..5] {
        let all = params.fit(&rows, &labels).unwrap();
        for class in 0..3 {
            let against: Vec<bool> = labels.iter().map(|&label| label == class).collect();
            let two = params.fit(&rows, &against).unwrap();
            // The first intercept is rounded differently.
            for (a, b) in all.coef().row(class).iter().zip(two.coef().row(0)) {
                assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
            assert!((all.intercept()[class] - two.intercept()[0]).abs() < 1e-6);
        }
    }
}

#[test]
fn the_report_names_the_solver() {
    let (many, few) = (words(1200, 2), words(50, 2));
    let solver = |(rows, labels): &(Rows, Vec<usize>), params: ClassifierParams| {
        params.fit(rows, labels).unwrap().fit_report().solver().to_owned()
    };
    let lr = Classifier::logistic_regression;
    assert_eq!(solver(&many, lr()), "dual-cd + newton-cg");
    assert_eq!(solver(&many, lr().solver(Solver::NewtonCg)), "newton-cg");
    assert_eq!(solver(&few, lr()), "newton-cg");
    assert_eq!(solver(&few, lr().solver(Solver::DualNewtonCg)), "dual-cd + newton-cg");
    assert_eq!(solver(&few, lr().l1_ratio(1.0)), "proximal-newton");
    assert_eq!(solver(&words(50, 4), lr().l1_ratio(1.0)), "proximal-newton");
    assert_eq!(solver(&many, Classifier::linear_svm()), "dual-cd + newton-cg");
}

/// Pure noise: the start by dual ascent is worse than no weights, and must not count.
#[test]
fn a_start_that_is_no_better_is_dropped() {
    let n = 4000;
    let dense = Array2::from_shape_fn((n, 20), |(i, j)| {
        f32::from(u8::from((i * (j + 3) * 7919) % 101 < 25)) / 3.0
    });
    let labels: Vec<bool> = (0..n).map(|i| i >= n / 3).collect();
    let classifier =
        Classifier::logistic_regression().fit(&Rows::try_from(&dense).unwrap(), &labels);
    let report = classifier.unwrap().fit_report().clone();
    assert!(report.converged() && report.n_iter() <= 5, "{report:?}");
}

#[test]
fn a_path_of_c_is_shorter_from_the_model_before() {
    let (rows, labels) = words(3000, 2);
    for params in kinds() {
        let (mut cold_total, mut warm_total) = (0, 0);
        let mut before: Option<Classifier> = None;
        let l1 = params == kinds()[2] || params == kinds()[5];
        let cold_solver = (!l1).then_some(Solver::NewtonCg);
        for c in [0.1, 0.15, 0.2, 0.3, 0.45] {
            let params = params.clone().c(c);
            // Without the start by dual ascent, which is as good as a neighbour.
            let alone = cold_solver.map_or(params.clone(), |solver| params.clone().solver(solver));
            let cold = alone.fit(&rows, &labels).unwrap();
            let mut options = FitOptions::new();
            if let Some(before) = &before {
                options = options.warm_start(before);
            }
            let warm = params.fit_with(&rows, &labels, &options).unwrap();
            assert!(warm.fit_report().converged());
            let objectives = [&cold, &warm].map(|model| model.fit_report().objective());
            assert!((objectives[0] / objectives[1] - 1.0).abs() < 1e-6, "{objectives:?}");
            cold_total += cold.fit_report().n_iter();
            warm_total += warm.fit_report().n_iter();
            before = Some(warm);
        }
        assert!(warm_total <= cold_total, "{params:?}: {warm_total} {cold_total}");
    }
}

/// More than a byte counts. That a thousand are not too many is told by `every_algorithm`, where none has to converge.
#[test]
fn three_hundred_classes() {
    let classes = 300;
    let rows = Array2::from_shape_fn((2 * classes, 40), |(i, j)| {
        f32::from(u8::from((i % classes + 1) * (j + 7) % 41 < 4))
    });
    let rows = Rows::try_from(&rows).unwrap();
    let labels: Vec<usize> = (0..2 * classes).map(|i| i % classes).collect();
    let lasso = kinds()[0].clone().l1_ratio(1.0).c(3.0);
    for params in [kinds()[0].clone(), kinds()[1].clone(), Classifier::linear_svm(), lasso] {
        let classifier = params.tol(1e-4).fit(&rows, &labels).unwrap();
        assert_eq!(classifier.intercept().len(), classes);
        assert!(classifier.fit_report().converged());
    }
}

#[test]
fn a_strong_l1_penalty_leaves_only_the_intercept_of_each_class() {
    let (rows, labels) = words(1200, 3);
    let params = Classifier::logistic_regression().l1_ratio(1.0).c(1e-4);
    let classifier = params.fit(&rows, &labels).unwrap();
    assert!(classifier.coef().as_slice().iter().all(|w| *w == 0.0));
    assert!(classifier.intercept().iter().all(|b| b.abs() < 1e-4));

    let (rows, labels) = words(1200, 2);
    let labels: Vec<bool> = labels.iter().enumerate().map(|(i, _)| i < 300).collect();
    let params = Classifier::logistic_regression().l1_ratio(1.0).c(1e-4);
    let classifier = params.fit(&rows, &labels).unwrap();
    assert!(classifier.coef().as_slice().iter().all(|w| *w == 0.0));
    assert!((classifier.intercept()[0] - (300.0f64 / 900.0).ln()).abs() < 1e-4);
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let (rows, labels) = words(30, 3);
    let lr = Classifier::logistic_regression;
    let svm = Classifier::linear_svm;
    let table = [
        (
            svm().l1_ratio(0.5),
            "l1_ratio 0.5 is of logistic regression alone; use logistic_regression, or 0.0",
        ),
        (
            svm().multi_class(MultiClass::Multinomial),
            "multi_class Multinomial has no meaning for a linear SVM of more than two classes; use OneVsRest",
        ),
        (
            lr().solver(Solver::ProximalNewton),
            "solver proximal-newton does not fit the penalty or the algorithm; use Auto",
        ),
        (
            lr().l1_ratio(0.5).solver(Solver::NewtonCg),
            "solver newton-cg does not fit the penalty or the algorithm; use Auto",
        ),
        (
            lr().solver(Solver::DualNewtonCg),
            "solver dual-newton-cg needs models of one output, and there are more than two classes; use Auto, or multi_class OneVsRest",
        ),
    ];
    for (params, text) in table {
        assert_eq!(params.fit(&rows, &labels).unwrap_err().to_string(), text);
    }
    let model = lr().fit(&rows, &labels).unwrap();
    let options = FitOptions::new().warm_start(&model);
    let two: Vec<bool> = labels.iter().map(|&label| label > 0).collect();
    assert_eq!(
        lr().fit_with(&rows, &two, &options).unwrap_err().to_string(),
        r#"invalid warm start: a model of classes ["0", "1", "2"] with 3 outputs; the rows need ["false", "true"] with 1"#
    );
    let narrow = Rows::try_from(&Array2::<f32>::ones((30, 7))).unwrap();
    assert_eq!(
        lr().fit_with(&narrow, &labels, &options).unwrap_err().to_string(),
        "the matrix of rows has 7 columns, expected 200; use the vectorizer that the classifier was trained with"
    );
}

/// Before and after the classes the callback is asked once; the third time is within one of them.
#[test]
fn work_can_be_stopped_within_one_of_several_classes() {
    let (rows, labels) = words(200, 3);
    let params = Classifier::logistic_regression().multi_class(MultiClass::OneVsRest);
    let (inside, times) = (AtomicBool::new(false), AtomicUsize::new(0));
    let third = |step: Step| {
        assert!(!inside.swap(true, Ordering::SeqCst), "asked in two places");
        assert_eq!((step.stage, step.done, step.total), (Stage::Train, 0, 3));
        let go_on = times.fetch_add(1, Ordering::SeqCst) < 2;
        inside.store(false, Ordering::SeqCst);
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let error = params.fit_with(&rows, &labels, &FitOptions::new().progress(&third)).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error}");
    assert_eq!(times.into_inner(), 3, "nobody asks again");
}

/// The report of a training, of which all is the same on any number of threads.
#[cfg(feature = "parallel")]
fn same_on_any_number_of_threads(
    params: &ClassifierParams,
    (rows, labels): &(Rows, Vec<usize>),
) -> ressenti::FitReport {
    let fit = || {
        let model = params.fit(rows, labels).unwrap();
        (model.coef(), model.intercept().to_vec(), model.fit_report().clone())
    };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(fit)
    };
    let expected = on(1);
    for threads in [2, 3, 7] {
        assert!(on(threads) == expected, "{params:?}");
    }
    expected.2
}

#[cfg(feature = "parallel")]
#[test]
fn the_same_bits_on_any_number_of_threads() {
    for classes in [2, 3] {
        let data = words(4000, classes);
        for params in kinds() {
            same_on_any_number_of_threads(&params, &data);
        }
    }
}

/// Enough rows, and of each column enough, for a start from some of them.
#[cfg(feature = "parallel")]
#[test]
fn from_a_sample_too() {
    let data = words(12_000, 2);
    for params in [Classifier::logistic_regression(), Classifier::linear_svm()] {
        let report = same_on_any_number_of_threads(&params, &data);
        assert_eq!(report.solver(), "sample + newton-cg");
    }
}
