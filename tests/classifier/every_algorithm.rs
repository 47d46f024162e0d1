//! What every algorithm and loss owes to awkward data: finite weights and a sensible answer, or an error that says what is
//! wrong; never a panic, and never silence about a training that stopped short.

use ndarray::Array2;
use ressenti::{
    Algorithm, ClassWeight, Classifier, ClassifierParams, FitOptions, MultiClass, NbWeighting,
    Rows, SgdLoss,
};

fn rows(values: &[Vec<f32>]) -> Rows {
    let shape = (values.len(), values[0].len());
    Rows::try_from(&Array2::from_shape_fn(shape, |(i, j)| values[i][j])).unwrap()
}

fn is_naive_bayes(params: &ClassifierParams) -> bool {
    !is_minimised(params) && params.chosen_algorithm() != Algorithm::Sgd
}

/// Those that end at the minimum of an objective.
fn is_minimised(params: &ClassifierParams) -> bool {
    matches!(params.chosen_algorithm(), Algorithm::LogisticRegression | Algorithm::LinearSvm)
}

/// Every algorithm and loss, and every form that trains otherwise.
fn every_algorithm() -> Vec<(&'static str, ClassifierParams)> {
    let (lr, svm, sgd) = (Classifier::logistic_regression, Classifier::linear_svm, Classifier::sgd);
    let soft = NbWeighting::Soft { base: 1.0 };
    let log_counts = NbWeighting::LogCounts { beta: 0.25 };
    let rest = MultiClass::OneVsRest;
    vec![
        ("logistic, L2", lr()),
        ("logistic, L1", lr().l1_ratio(1.0)),
        ("logistic, elastic net", lr().l1_ratio(0.5)),
        ("logistic against the rest, L2", lr().multi_class(rest)),
        ("logistic against the rest, L1", lr().multi_class(rest).l1_ratio(1.0)),
        ("logistic without intercept", lr().fit_intercept(false)),
        ("logistic, balanced", lr().class_weight(ClassWeight::Balanced)),
        ("SVM", svm()),
        ("multinomial NB", Classifier::multinomial_nb()),
        ("complement NB", Classifier::complement_nb()),
        ("Bernoulli NB", Classifier::bernoulli_nb()),
        ("logistic, soft NB weights", lr().nb_weighting(soft)),
        ("logistic, L1, soft NB weights", lr().nb_weighting(soft).l1_ratio(1.0)),
        ("logistic, log counts", lr().nb_weighting(log_counts)),
        ("SVM, log counts", svm().nb_weighting(log_counts)),
        ("SGD", sgd()),
        ("SGD against the rest", sgd().multi_class(rest)),
        ("SGD, averaged", sgd().average(true).max_iter(20)),
        ("SGD, modified Huber", sgd().loss(SgdLoss::ModifiedHuber)),
    ]
}

/// The same at the ends of what strength makes sense: `c`, or 1 ÷ alpha for counts.
fn strengths(params: &ClassifierParams) -> [(f64, ClassifierParams); 3] {
    let naive_bayes = is_naive_bayes(params);
    [1e-8, 1.0, 1e8].map(|c| {
        let params = params.clone();
        (c, if naive_bayes { params.alpha(1.0 / c) } else { params.c(c) })
    })
}

type Data = (&'static str, Vec<Vec<f32>>, Vec<usize>);

/// Rows and labels. Columns speak for a class where there is one.
fn table() -> Vec<Data> {
    let separable = |classes: usize| {
        let rows: Vec<Vec<f32>> = (0..6 * classes)
            .map(|i| {
                let column =
                    |j: usize| f32::from(u8::from(j == i % classes || j == classes + i % 2));
                (0..classes + 2).map(column).collect()
            })
            .collect();
        let labels = (0..6 * classes).map(|i| i % classes).collect();
        (rows, labels)
    };
    let (two, of_two) = separable(2);
    let (four, of_four) = separable(4);
    vec![
        ("separable, two classes", two, of_two),
        ("separable, four classes", four, of_four),
        ("one feature", vec![vec![0.0], vec![1.0], vec![0.0], vec![2.0]], vec![0, 1, 0, 1]),
        ("one feature, three classes", vec![vec![0.0], vec![1.0], vec![3.0]], vec![0, 1, 2]),
        ("all zero", vec![vec![0.0, 0.0]; 4], vec![0, 1, 1, 1]),
        ("all zero, three classes", vec![vec![0.0, 0.0]; 4], vec![0, 1, 2, 2]),
        ("all the same", vec![vec![1.0, 2.0]; 4], vec![0, 1, 1, 1]),
        ("contradictions", vec![vec![1.0], vec![1.0], vec![2.0], vec![2.0]], vec![0, 1, 0, 1]),
    ]
}

#[track_caller]
fn is_sound(name: &str, model: &Classifier, rows: &Rows) {
    let numbers = model.coef().as_slice().iter().chain(model.intercept()).all(|x| x.is_finite());
    assert!(numbers, "{name}");
    let p = model.predict_proba(rows).unwrap();
    for i in 0..p.n_rows() {
        assert!(p.row(i).iter().all(|p| (0.0..=1.0).contains(p)), "{name}: {:?}", p.row(i));
        assert!((p.row(i).iter().sum::<f64>() - 1.0).abs() < 1e-9, "{name}: {:?}", p.row(i));
    }
    let report = model.fit_report();
    assert!(report.objective().is_finite() && report.gradient_norm() >= 0.0, "{name}: {report:?}");
}

fn accuracy(model: &Classifier, rows: &Rows, labels: &[usize]) -> f64 {
    let answers = model.predict(rows).unwrap();
    let right = answers.iter().zip(labels).filter(|(a, b)| **a == b.to_string()).count();
    right as f64 / labels.len() as f64
}

#[test]
fn awkward_data_gives_a_sound_model_that_says_whether_it_converged() {
    for (data, values, labels) in table() {
        let rows = rows(&values);
        for (algorithm, params) in every_algorithm() {
            for (strength, params) in strengths(&params) {
                let name = format!("{data}, {algorithm}, {strength:e}");
                let model = match params.fit(&rows, &labels) {
                    Ok(model) => model,
                    Err(error) => {
                        // An end of floating point, and the message says what to do.
                        let text = error.to_string();
                        assert!(
                            strength != 1.0 && text.contains("left the range"),
                            "{name}: {text}"
                        );
                        continue;
                    }
                };
                is_sound(&name, &model, &rows);
                let report = model.fit_report();
                if is_naive_bayes(&params) {
                    assert!(report.converged(), "{name}");
                } else {
                    let tol = if is_minimised(&params) { 1e-6 } else { 1e-2 };
                    assert_eq!(
                        report.converged(),
                        report.gradient_norm() <= tol,
                        "{name}: {report:?}"
                    );
                }
                if is_minimised(&params) {
                    assert!(report.converged(), "{name}: {report:?}");
                }
                // The mean over few rows keeps the first steps, which are huge where nothing holds them back.
                let remembers = algorithm == "SGD, averaged" && strength > 1.0;
                if data.starts_with("separable") && strength >= 1.0 && !remembers {
                    assert_eq!(accuracy(&model, &rows, &labels), 1.0, "{name}");
                }
            }
        }
    }
}

/// Tiny and huge `c` are near what they tend to: no weights, and weights that tell all apart.
#[test]
fn the_ends_of_c_are_no_weights_and_no_doubt() {
    let (_, values, labels) = table().remove(1);
    let rows = rows(&values);
    for (algorithm, params) in every_algorithm() {
        // Those of log counts keep a share of naive Bayes whatever c is; averages remember.
        if is_naive_bayes(&params) || algorithm.contains("log counts") {
            continue;
        }
        let tiny = params.clone().c(1e-8).fit(&rows, &labels).unwrap();
        assert!(tiny.coef().as_slice().iter().all(|w| w.abs() < 1e-5), "{algorithm}");
        let huge = params.clone().c(1e8).fit(&rows, &labels).unwrap();
        let least = huge.coef().as_slice().iter().fold(0.0, |max: f64, w| w.abs().max(max));
        assert!(least > 0.5, "{algorithm}: {least}");
    }
}

/// A row twice is the row with twice the weight, and a row of weight 0 is none.
#[test]
fn weights_are_numbers_of_rows() {
    for (data, values, labels) in table() {
        for (algorithm, params) in every_algorithm() {
            let params = if is_minimised(&params) { params.tol(1e-10) } else { params };
            let fit = |values: &[Vec<f32>], labels: &[usize], weights: &[f64]| {
                let options = FitOptions::new().weights(weights);
                params.fit_with(&rows(values), labels, &options).unwrap()
            };
            let n = labels.len();
            let twice = fit(
                &[&values[..], &values].concat(),
                &[&labels[..], &labels].concat(),
                &vec![1.0; 2 * n],
            );
            let double = fit(&values, &labels, &vec![2.0; n]);
            // A row of another kind that must not count.
            let extra = vec![values[0].iter().map(|x| 3.0 - x).collect()];
            let with = fit(
                &[&values[..], &extra].concat(),
                &[&labels[..], &[labels[n - 1]]].concat(),
                &[&vec![1.0; n][..], &[0.0]].concat(),
            );
            let without = fit(&values, &labels, &vec![1.0; n]);
            let x = rows(&values);
            for (what, a, b) in [("twice", twice, double), ("none", with, without)] {
                let name = format!("{data}, {algorithm}, {what}");
                let (p, q) = (a.predict_proba(&x).unwrap(), b.predict_proba(&x).unwrap());
                // SGD goes through the rows in another order when there are more of them.
                let tolerance =
                    if params.chosen_algorithm() == Algorithm::Sgd { 0.15 } else { 1e-6 };
                for (p, q) in p.as_slice().iter().zip(q.as_slice()) {
                    assert!((p - q).abs() < tolerance, "{name}: {p} {q}");
                }
            }
        }
    }
}

/// Each class has a pattern of ten bits.
#[test]
fn a_thousand_classes_are_told_apart() {
    let n = 1_000;
    let bit = |i: usize, j: usize| f32::from(u8::from(i >> j & 1 == 1));
    let values: Vec<Vec<f32>> = (0..n).map(|i| (0..10).map(|j| bit(i, j)).collect()).collect();
    let labels: Vec<usize> = (0..n).collect();
    let rows = rows(&values);
    // Mixtures of others take as long again and show nothing new.
    let mixtures = [
        "logistic, elastic net",
        "logistic, L1, soft NB weights",
        "logistic, log counts",
        "SVM, log counts",
    ];
    let all = every_algorithm();
    for (algorithm, params) in all.into_iter().filter(|(name, _)| !mixtures.contains(name)) {
        // Enough to be told apart, no more.
        let params = match params.chosen_algorithm() {
            Algorithm::LogisticRegression | Algorithm::LinearSvm => params.c(3.0).max_iter(1),
            Algorithm::Sgd => params.c(100.0).max_iter(1),
            _ => params.alpha(0.1),
        };
        let model = params.fit(&rows, &labels).unwrap();
        assert_eq!((model.classes().len(), model.coef().n_rows()), (n, n), "{algorithm}");
        is_sound(algorithm, &model, &rows);
        if algorithm == "Bernoulli NB" || algorithm == "logistic, L2" {
            assert_eq!(accuracy(&model, &rows, &labels), 1.0, "{algorithm}");
        }
    }
}

#[test]
fn a_training_that_stops_short_says_so() {
    let values: Vec<Vec<f32>> = (0..40)
        .map(|i| (0..6).map(|j| ((i * (j + 3) * 7 + j * j) % 13) as f32 / 6.0).collect())
        .collect();
    let labels: Vec<usize> = (0..40).map(|i| (i * i + i / 3) % 3).collect();
    for (algorithm, params) in every_algorithm() {
        if is_minimised(&params) {
            let model = params.c(1e3).tol(1e-9).max_iter(1).fit(&rows(&values), &labels).unwrap();
            let report = model.fit_report();
            assert_eq!(
                report.converged(),
                report.gradient_norm() <= 1e-9,
                "{algorithm} {report:?}"
            );
            // Where no row is beyond its margin, that of an SVM is a parabola, whose minimum is one step away.
            assert!(!report.converged() || algorithm.starts_with("SVM"), "{algorithm}");
            assert_eq!(report.n_iter(), 1, "{algorithm}");
        } else if params.chosen_algorithm() == Algorithm::Sgd {
            let model = params.c(1e3).tol(1e-6).max_iter(1).fit(&rows(&values), &labels).unwrap();
            assert!(!model.fit_report().converged(), "{algorithm}");
        }
    }
}
