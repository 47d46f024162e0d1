//! Naive Bayes and weighed columns beside their naive twins, and what every algorithm owes to any data.

use ndarray::Array2;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ressenti::text::Analyzer;
use ressenti::{
    Algorithm, ClassWeight, Classifier, ClassifierParams, Error, FitOptions, MultiClass,
    NbWeighting, Pipeline, Rows, SgdLoss, Vectorizer,
};

fn rows(values: &[Vec<f32>]) -> Rows {
    let columns = values.first().map_or(0, Vec::len);
    Rows::try_from(&Array2::from_shape_fn((values.len(), columns), |(i, j)| values[i][j])).unwrap()
}

/// Every algorithm and form, with the settings that change most.
fn algorithms() -> Vec<ClassifierParams> {
    let (lr, svm, sgd) = (Classifier::logistic_regression, Classifier::linear_svm, Classifier::sgd);
    vec![
        Classifier::multinomial_nb(),
        Classifier::complement_nb(),
        Classifier::complement_nb().norm(true).alpha(1e-3),
        Classifier::bernoulli_nb().fit_prior(false),
        lr().nb_weighting(NbWeighting::Soft { base: 1.0 }).class_weight(ClassWeight::Balanced),
        lr().nb_weighting(NbWeighting::Soft { base: 0.0 }).alpha(0.1),
        lr().nb_weighting(NbWeighting::LogCounts { beta: 0.25 })
            .class_weight(ClassWeight::Balanced),
        lr().nb_weighting(NbWeighting::Soft { base: 0.5 }).multi_class(MultiClass::OneVsRest),
        lr().nb_weighting(NbWeighting::Soft { base: 1.0 })
            .multi_class(MultiClass::OneVsRest)
            .l1_ratio(0.5),
        svm().nb_weighting(NbWeighting::Soft { base: 1.0 }),
        svm().nb_weighting(NbWeighting::LogCounts { beta: 0.5 }),
        sgd(),
        sgd().multi_class(MultiClass::OneVsRest).class_weight(ClassWeight::Balanced),
        sgd().loss(SgdLoss::ModifiedHuber),
        sgd().average(true),
        lr().l1_ratio(0.9),
        lr().l1_ratio(0.5).nb_weighting(NbWeighting::Soft { base: 1.0 }),
        sgd().nb_weighting(NbWeighting::LogCounts { beta: 1.0 }),
    ]
}

#[derive(Debug, Clone)]
struct Case {
    rows: Vec<Vec<f32>>,
    labels: Vec<usize>,
    weights: Vec<f64>,
    classes: usize,
}

impl Case {
    fn fit(&self, params: &ClassifierParams) -> Classifier {
        let options = FitOptions::new().weights(&self.weights);
        params.fit_with(&rows(&self.rows), &self.labels, &options).unwrap()
    }

    fn columns(&self) -> usize {
        self.rows[0].len()
    }

    /// Sum of f(row) over the rows of a class, by their weights.
    fn sum(&self, class: usize, f: impl Fn(&[f32]) -> f64) -> f64 {
        let rows = self.rows.iter().zip(&self.labels).zip(&self.weights);
        rows.filter(|row| *row.0.1 == class).map(|row| row.1 * f(row.0.0)).sum()
    }
}

fn case() -> impl Strategy<Value = Case> {
    (2usize..=4, 1usize..=4).prop_flat_map(|(classes, columns)| {
        let value = select(vec![0.0f32, 0.0, 0.25, 1.0, 2.0, 3.5]);
        let row = (vec(value, columns), 0..classes, select(vec![1.0, 1.0, 0.0, 0.5, 3.0]));
        vec(row, classes..14).prop_map(move |mut data| {
            for (class, row) in data.iter_mut().take(classes).enumerate() {
                row.1 = class;
                row.2 = f64::max(row.2, 0.5);
            }
            let rows = data.iter().map(|row| row.0.clone()).collect();
            let labels = data.iter().map(|row| row.1).collect();
            let weights = data.iter().map(|row| row.2).collect();
            Case { rows, labels, weights, classes }
        })
    })
}

/// The joint log probability of a row and a class, spelt out from probabilities.
fn naive_joint(case: &Case, algorithm: Algorithm, alpha: f64, row: &[f32], class: usize) -> f64 {
    let columns = case.columns();
    let mass = |class| case.sum(class, |_| 1.0);
    let total: f64 = (0..case.classes).map(mass).sum();
    let count = |class, j: usize| case.sum(class, |row| row[j].into());
    let present = |class, j: usize| case.sum(class, |row| f64::from(u8::from(row[j] > 0.0)));
    match algorithm {
        Algorithm::MultinomialNb => {
            let all: f64 = (0..columns).map(|j| count(class, j) + alpha).sum();
            let word = |j: usize| f64::from(row[j]) * ((count(class, j) + alpha) / all).ln();
            (mass(class) / total).ln() + (0..columns).map(word).sum::<f64>()
        }
        Algorithm::ComplementNb => {
            let others =
                |j| (0..case.classes).filter(|&c| c != class).map(|c| count(c, j)).sum::<f64>();
            let all: f64 = (0..columns).map(|j| others(j) + alpha).sum();
            (0..columns).map(|j| -f64::from(row[j]) * ((others(j) + alpha) / all).ln()).sum()
        }
        _ => {
            let p = |j| (present(class, j) + alpha) / (mass(class) + 2.0 * alpha);
            let word = |j: usize| if row[j] > 0.0 { p(j).ln() } else { (1.0 - p(j)).ln() };
            (mass(class) / total).ln() + (0..columns).map(word).sum::<f64>()
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn naive_bayes_is_the_product_of_its_probabilities(
        case in case(), alpha in select(vec![1e-4, 0.5, 1.0, 20.0]),
    ) {
        let algorithms = [Classifier::multinomial_nb(), Classifier::complement_nb(), Classifier::bernoulli_nb()];
        for params in algorithms {
            let model = case.fit(&params.clone().alpha(alpha));
            let decisions = model.decision_function(&rows(&case.rows)).unwrap();
            for (i, row) in case.rows.iter().enumerate() {
                let joint: Vec<f64> = (0..case.classes)
                    .map(|class| naive_joint(&case, params.chosen_algorithm(), alpha, row, class))
                    .collect();
                let mean = joint.iter().sum::<f64>() / joint.len() as f64;
                let expected: Vec<f64> = if let [first, second] = joint[..] {
                    vec![second - first]
                } else {
                    joint.iter().map(|z| z - mean).collect()
                };
                for (a, b) in decisions.row(i).iter().zip(&expected) {
                    prop_assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{:?}: {} {}", params, a, b);
                }
            }
        }
    }

    #[test]
    fn a_row_of_weight_2_is_the_row_given_twice_and_one_of_weight_0_is_none(
        case in case(), which in any::<prop::sample::Index>(),
    ) {
        let which = which.index(case.rows.len());
        let mut twice = case.clone();
        twice.rows.push(twice.rows[which].clone());
        twice.labels.push(twice.labels[which]);
        twice.weights.push(twice.weights[which]);
        let mut double = case.clone();
        double.weights[which] *= 2.0;
        let kept: Vec<usize> = (0..case.rows.len()).filter(|&i| case.weights[i] > 0.0).collect();
        let without = Case {
            rows: kept.iter().map(|&i| case.rows[i].clone()).collect(),
            labels: kept.iter().map(|&i| case.labels[i]).collect(),
            weights: kept.iter().map(|&i| case.weights[i]).collect(),
            classes: case.classes,
        };
        for params in algorithms() {
            // The order of the rows is not that of fewer rows.
            if params.chosen_algorithm() == Algorithm::Sgd {
                continue;
            }
            let minimised = [Algorithm::LogisticRegression, Algorithm::LinearSvm];
            let params = if minimised.contains(&params.chosen_algorithm()) {
                params.tol(1e-12)
            } else {
                params
            };
            for (a, b) in [(&twice, &double), (&case, &without)] {
                let (a, b) = (a.fit(&params), b.fit(&params));
                for (a, b) in a.coef().as_slice().iter().zip(b.coef().as_slice()) {
                    prop_assert!((a - b).abs() < 1e-5 * b.abs().max(1.0), "{:?}: {} {}", params, a, b);
                }
            }
        }
    }

    #[test]
    fn every_algorithm_answers_with_probabilities(case in case()) {
        for params in algorithms() {
            let model = case.fit(&params);
            let p = model.predict_proba(&rows(&case.rows)).unwrap();
            for i in 0..p.n_rows() {
                prop_assert!(p.row(i).iter().all(|p| (0.0..=1.0).contains(p)), "{:?}", params);
                prop_assert!((p.row(i).iter().sum::<f64>() - 1.0).abs() < 1e-12, "{:?}", params);
            }
            prop_assert_eq!(&case.fit(&params).coef(), &model.coef());
        }
    }

    #[test]
    fn weighed_columns_start_warm_from_their_own_weights(case in case()) {
        for algorithm in [Classifier::logistic_regression(), Classifier::linear_svm()] {
            let params = algorithm.nb_weighting(NbWeighting::Soft { base: 1.0 });
            let cold = case.fit(&params);
            let options = FitOptions::new().weights(&case.weights).warm_start(&cold);
            let warm = params.fit_with(&rows(&case.rows), &case.labels, &options).unwrap();
            prop_assert!(warm.fit_report().n_iter() <= 1, "{:?}", warm.fit_report());
            for (a, b) in warm.coef().as_slice().iter().zip(cold.coef().as_slice()) {
                prop_assert!((a - b).abs() < 1e-4 * b.abs().max(1.0), "{} {}", a, b);
            }
        }
    }

    #[test]
    fn rows_of_whole_blocks_are_weighed_block_by_block(case in case()) {
        // A second block that repeats the first leaves the ratios of both as they are.
        let params = Classifier::logistic_regression().nb_weighting(NbWeighting::Soft { base: 0.5 }).tol(1e-12);
        let alone = case.fit(&params.clone().c(2.0));
        let mut double = case.clone();
        for row in &mut double.rows {
            row.extend(row.clone());
        }
        let n = case.columns();
        let blocks = [0..n, n..2 * n];
        let options = FitOptions::new().weights(&case.weights).column_blocks(&blocks);
        // Two equal columns share a weight: the penalty of both halves is half of one.
        let both = params.c(1.0).fit_with(&rows(&double.rows), &case.labels, &options).unwrap();
        for k in 0..both.coef().n_rows() {
            for j in 0..n {
                let (a, b) = (both.coef().get(k, j) * 2.0, alone.coef().get(k, j));
                prop_assert!((a - b).abs() < 1e-5 * b.abs().max(1.0), "{} {}", a, b);
            }
        }
    }
}

#[test]
fn awkward_data_is_no_trouble() {
    type Awkward = (&'static str, &'static [&'static [f32]], &'static [usize]);
    let table: &[Awkward] = &[
        ("one feature", &[&[0.0], &[1.0]], &[0, 1]),
        ("all rows the same", &[&[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0]], &[0, 1, 1]),
        ("all rows empty", &[&[0.0, 0.0], &[0.0, 0.0], &[0.0, 0.0]], &[0, 1, 2]),
        ("no column at all", &[&[], &[], &[]], &[0, 1, 1]),
        ("huge and tiny", &[&[1e15, 1e-15], &[1e15, 0.0], &[0.0, 1e-15]], &[0, 1, 1]),
    ];
    for &(name, values, labels) in table {
        let values: Vec<Vec<f32>> = values.iter().map(|row| row.to_vec()).collect();
        for params in algorithms() {
            let model = params.fit(&rows(&values), labels).unwrap();
            assert!(model.coef().as_slice().iter().all(|w| w.is_finite()), "{name} {params:?}");
            let p = model.predict_proba(&rows(&values)).unwrap();
            assert!(p.as_slice().iter().all(|p| (0.0..=1.0).contains(p)), "{name} {params:?}");
        }
    }
}

#[test]
fn a_thousand_classes_are_told_apart() {
    let n = 1_000;
    let values: Vec<Vec<f32>> = (0..n)
        .map(|i| {
            (0..32)
                .map(|j| f32::from(u8::from(i >> (j % 10) & 1 == usize::from(j >= 10))))
                .collect()
        })
        .collect();
    let labels: Vec<usize> = (0..n).collect();
    let algorithms = [
        Classifier::multinomial_nb(),
        Classifier::bernoulli_nb().alpha(0.1),
        Classifier::sgd().c(100.0).max_iter(1),
    ];
    for params in algorithms {
        let model = params.fit(&rows(&values), &labels).unwrap();
        let p = model.predict_proba(&rows(&values[..5])).unwrap();
        assert!((p.row(4).iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(model.classes().len(), n);
        let answers = model.predict(&rows(&values)).unwrap();
        let right = answers.iter().zip(&labels).filter(|(a, b)| **a == b.to_string()).count();
        if params.chosen_algorithm() == Algorithm::BernoulliNb {
            assert_eq!(right, n);
        }
    }
}

/// The pipeline knows which columns come of which analysis.
#[test]
fn a_pipeline_weighs_the_columns_of_each_analysis_among_themselves() {
    let texts = [
        "good crew, good",
        "a bad crew",
        "good seats at last",
        "bad",
        "late and bad again",
        "fine",
    ];
    let labels = [1, 0, 1, 0, 0, 1];
    let words = Vectorizer::tfidf()
        .beside(Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(2, 3));
    let params = Classifier::logistic_regression().nb_weighting(NbWeighting::Soft { base: 1.0 });
    let builder = Pipeline::builder().vectorizer(words.clone()).classifier(params.clone());
    let pipeline = builder.fit(&texts, &labels).unwrap();
    let (vectorizer, rows) = words.fit_transform(&texts).unwrap();
    let blocks: Vec<_> = vectorizer.blocks().iter().map(ressenti::Block::columns).collect();
    let by_hand =
        params.fit_with(&rows, &labels, &FitOptions::new().column_blocks(&blocks)).unwrap();
    assert_eq!(pipeline.classifier().coef(), by_hand.coef());
    assert_ne!(pipeline.classifier().coef(), params.fit(&rows, &labels).unwrap().coef());
}

#[test]
fn rows_below_0_have_no_counts() {
    let signed = rows(&[vec![1.0, -0.5], vec![0.0, 1.0]]);
    for params in [Classifier::multinomial_nb(), Classifier::complement_nb()] {
        assert_eq!(
            params.fit(&signed, &[0, 1]).unwrap_err().to_string(),
            "invalid rows: -0.5 in row 0 is below 0, but naive Bayes counts; use bernoulli_nb, or rows without signs"
        );
    }
    assert!(Classifier::bernoulli_nb().fit(&signed, &[0, 1]).is_ok());
}

#[test]
fn priors_are_those_of_the_classes() {
    let two = rows(&[vec![1.0], vec![2.0]]);
    let fit = |priors: &[(&str, f64)]| {
        let params = Classifier::multinomial_nb().class_prior(priors.iter().copied());
        params.fit(&two, &["a", "b"]).map_err(|error| error.to_string())
    };
    assert_eq!(fit(&[("b", 0.8), ("a", 0.2)]).unwrap().intercept(), [0.8f64.ln() - 0.2f64.ln()]);
    assert!(fit(&[("a", 1.0), ("c", 1.0)]).unwrap_err().contains(r#"label "c" was not seen"#));
    assert_eq!(
        fit(&[("a", 1.0)]).unwrap_err(),
        "there are 2 classes but 1 class priors; their numbers must be equal"
    );
    assert!(fit(&[("a", 1.0), ("a", 1.0)]).unwrap_err().contains(r#"says nothing of "b""#));
}

#[test]
fn blocks_that_are_not_those_of_the_rows_are_refused() {
    let two = rows(&[vec![1.0, 0.0, 1.0], vec![0.0, 1.0, 1.0]]);
    let params = Classifier::logistic_regression().nb_weighting(NbWeighting::Soft { base: 1.0 });
    for blocks in [vec![0..2, 2..2], vec![0..2, 1..3], vec![1..2, 2..3], vec![0..2, 2..4], vec![]] {
        let error =
            params.fit_with(&two, &[0, 1], &FitOptions::new().column_blocks(&blocks)).unwrap_err();
        assert!(matches!(error, Error::InvalidValues { what: "column blocks", .. }), "{error}");
    }
}

/// A setting that would change nothing is refused.
#[test]
fn settings_that_do_not_go_together_say_what_to_do() {
    let (lr, nb, sgd) =
        (Classifier::logistic_regression, Classifier::multinomial_nb, Classifier::sgd);
    let soft = NbWeighting::Soft { base: 1.0 };
    let table = [
        (lr().alpha(0.0), "alpha 0 is not a finite number above 0; 1.0 is a good start"),
        (
            lr().alpha(0.5),
            "alpha 0.5 smooths counts, and there are none here; use c, or a naive Bayes or an nb_weighting",
        ),
        (nb().c(2.0), "c 2 does not go with naive Bayes, which has no penalty; use alpha"),
        (
            nb().nb_weighting(soft),
            "nb_weighting Soft { base: 1.0 } does not go with naive Bayes itself; use logistic_regression, linear_svm or sgd",
        ),
        (
            nb().fit_intercept(false),
            "fit_intercept false does not go with naive Bayes; use fit_prior to leave out the shares of the classes",
        ),
        (
            nb().multi_class(MultiClass::OneVsRest),
            "multi_class OneVsRest does not go with naive Bayes, which has all classes in one model; leave it out",
        ),
        (
            Classifier::complement_nb().fit_prior(false),
            "fit_prior false needs a belief in classes; use multinomial_nb, bernoulli_nb or class_weight",
        ),
        (
            sgd().class_prior([("0", 1.0)]),
            "class_prior Some([(\"0\", 1.0)]) needs a belief in classes; use multinomial_nb, bernoulli_nb or class_weight",
        ),
        (
            nb().class_prior([("0", 0.0)]),
            "class_prior 0 of label \"0\" is not a finite number above 0; leave the texts of a class out to ignore it",
        ),
        (nb().norm(true), "norm true is of complement naive Bayes alone; use complement_nb"),
        (
            lr().loss(SgdLoss::ModifiedHuber),
            "loss ModifiedHuber is of stochastic gradient descent alone; use sgd",
        ),
        (lr().average(true), "average true is of stochastic gradient descent alone; use sgd"),
        (
            lr().nb_weighting(NbWeighting::Soft { base: f64::NAN }),
            "nb_weighting base NaN is not a finite number of at least 0; 1.0 is a good start",
        ),
        (
            lr().nb_weighting(NbWeighting::LogCounts { beta: 1.5 }),
            "nb_weighting beta 1.5 is outside 0.0..=1.0; 1.0 is the trained weights alone",
        ),
        (
            lr().l1_ratio(2.0),
            "l1_ratio 2 is outside 0.0..=1.0; 0.0 is the L2 penalty, 1.0 the L1 penalty",
        ),
    ];
    for (params, text) in table {
        let error = params.fit(&rows(&[vec![1.0], vec![2.0]]), &[0, 1]).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { .. }));
        assert_eq!(error.to_string(), text);
    }
}

/// What leaves the range of floating point is an error that says so, and no model of numbers that are none.
#[test]
fn settings_and_weights_at_the_ends_of_floating_point_are_an_error_or_a_sound_model() {
    let values = [vec![1.0, 0.5], vec![2.0, 0.0], vec![3e38, 1e-38]];
    for labels in [[0, 1, 1], [0, 1, 2]] {
        for params in algorithms() {
            let naive_bayes = matches!(
                params.chosen_algorithm(),
                Algorithm::MultinomialNb | Algorithm::ComplementNb | Algorithm::BernoulliNb
            );
            let c = |c: f64| if naive_bayes { params.clone() } else { params.clone().c(c) };
            for params in [c(1e308), c(1e-308), params.clone()] {
                for weight in [1e308, 1e-308, 1.0] {
                    let weights = [weight; 3];
                    let options = FitOptions::new().weights(&weights);
                    let Ok(model) = params.fit_with(&rows(&values), &labels, &options) else {
                        continue;
                    };
                    assert!(model.coef().as_slice().iter().all(|w| w.is_finite()), "{params:?}");
                    let p = model.predict_proba(&rows(&values)).unwrap();
                    assert!(p.as_slice().iter().all(|p| (0.0..=1.0).contains(p)), "{params:?}");
                    let json = serde_json::to_string(&model).unwrap();
                    assert!(serde_json::from_str::<Classifier>(&json).is_ok(), "{params:?}");
                }
            }
        }
    }
    for params in [
        Classifier::multinomial_nb().alpha(1e308),
        Classifier::logistic_regression().nb_weighting(NbWeighting::Soft { base: 1e300 }),
    ] {
        let error = params.fit(&rows(&values), &[0, 1, 1]).unwrap_err();
        assert!(error.to_string().contains("left the range of"), "{error}");
    }
}
