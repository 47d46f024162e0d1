//! From 32,768 texts on, words that are only counted are kept in a form that trains faster: the model is the same.

use std::fmt::Write;
use std::ops::ControlFlow;

use ressenti::{
    ClassWeight, Classifier, ClassifierParams, Error, FitOptions, MultiClass, Pipeline, Solver,
    Stage, Step, Vectorizer,
};

const N: usize = 33_000;

/// Texts of some words, some of which tell the class more or less.
fn corpus(classes: u64) -> (Vec<String>, Vec<u64>) {
    let mut state = 7u64;
    let mut below = |n: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let one = |_| {
        let class = below(classes);
        let mut text = String::new();
        for _ in 0..below(7) {
            let word = below(40);
            let told = if below(3) == 0 { class } else { 0 };
            write!(text, "w{word}c{told} ").unwrap();
        }
        (text, class)
    };
    (0..N).map(one).unzip()
}

fn trained(
    classifier: &ClassifierParams,
    classes: u64,
    weights: Option<&[f64]>,
) -> [Classifier; 2] {
    let (texts, labels) = corpus(classes);
    let options = weights.map_or(FitOptions::new(), |weights| FitOptions::new().weights(weights));
    let vectorizer = Vectorizer::tfidf().max_features(50);
    let builder = Pipeline::builder().vectorizer(vectorizer.clone()).classifier(classifier.clone());
    let pipeline = builder.fit_with(&texts, &labels, &options).unwrap();
    let (of_parts, rows) = vectorizer.fit_transform(&texts).unwrap();
    assert_eq!(pipeline.vectorizer(), &of_parts);
    let apart = classifier.fit_with(&rows, &labels, &options).unwrap();
    [pipeline.classifier().clone(), apart]
}

#[test]
fn the_model_is_that_of_its_parts() {
    let weights: Vec<f64> = (0..N).map(|i| 0.5 + (i % 5) as f64 / 4.0).collect();
    let lr = || Classifier::logistic_regression().tol(1e-9);
    let each = MultiClass::OneVsRest;
    let given = ClassWeight::Given([("0".to_owned(), 2.0)].into());
    for (params, classes, weights, by_values) in [
        (lr(), 2, None, false),
        (lr().class_weight(ClassWeight::Balanced), 2, Some(&weights[..]), false),
        (lr().fit_intercept(false).class_weight(given), 2, None, false),
        (Classifier::linear_svm().tol(1e-9), 3, None, false),
        (lr().multi_class(each).class_weight(ClassWeight::Balanced), 3, Some(&weights[..]), false),
        (lr(), 3, Some(&weights[..]), true),
        (lr().c(30.0), 2, None, true),
        (lr().solver(Solver::NewtonCg), 2, None, true),
    ] {
        let [a, b] = trained(&params, classes, weights);
        assert!(a.fit_report().converged() && b.fit_report().converged());
        let (objective, expected) = (a.fit_report().objective(), b.fit_report().objective());
        assert!((objective / expected - 1.0).abs() < 1e-7, "{params:?}");
        let all = |model: &Classifier| [model.coef().as_slice(), model.intercept()].concat();
        // Nothing was rounded to single precision where values were never computed.
        assert_eq!(all(&a) == all(&b), by_values, "{params:?}");
        for (x, expected) in all(&a).into_iter().zip(all(&b)) {
            assert!((x - expected).abs() < 1e-4 * expected.abs().max(1.0), "{params:?}");
        }
    }
}

#[test]
fn what_a_sample_leads_to_is_not_taken_for_the_minimum() {
    let rough = Classifier::logistic_regression().tol(1e-2);
    let exact = Classifier::logistic_regression().tol(1e-9);
    let objective = |params: &ClassifierParams| {
        let [a, b] = trained(params, 2, None);
        [a, b].map(|model| model.fit_report().objective())
    };
    for (found, least) in objective(&rough).into_iter().zip(objective(&exact)) {
        assert!(found <= 1.001 * least, "{found} {least}");
    }
}

#[test]
fn labels_that_take_turns_do_not_mislead() {
    let (mut texts, _) = corpus(1);
    let labels: Vec<usize> = (0..N).map(|i| i % 2).collect();
    for (text, label) in texts.iter_mut().zip(&labels).step_by(3) {
        write!(text, "told{label}").unwrap();
    }
    let builder = Pipeline::builder().vectorizer(Vectorizer::tfidf().max_features(50));
    let pipeline = builder.fit(&texts, &labels).unwrap();
    assert_eq!(pipeline.fit_report().solver(), "sample + newton-cg");
}

#[test]
fn watching_changes_nothing() {
    let (texts, labels) = corpus(2);
    let go_on = |_| ControlFlow::Continue(());
    let options = FitOptions::new().progress(&go_on);
    let builder = Pipeline::builder().vectorizer(Vectorizer::tfidf().max_features(50));
    let watched = builder.fit_with(&texts, &labels, &options).unwrap();
    assert!(watched.to_bytes() == builder.fit(&texts, &labels).unwrap().to_bytes());
}

#[cfg(feature = "parallel")]
#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let (texts, labels) = corpus(2);
    let builder = Pipeline::builder().vectorizer(Vectorizer::tfidf().max_features(50));
    let bytes = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| builder.fit(&texts, &labels).unwrap().to_bytes())
    };
    let of_one = bytes(1);
    assert!([2, 5].into_iter().all(|threads| bytes(threads) == of_one));
}

#[test]
fn a_training_can_be_stopped_at_every_stage() {
    let (texts, labels) = corpus(2);
    for stage in [Stage::Analyze, Stage::Weight, Stage::Train] {
        let stop = |step: Step| {
            if step.stage == stage && step.done > 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = FitOptions::new().progress(&stop);
        let stopped = Pipeline::builder().fit_with(&texts, &labels, &options);
        assert!(matches!(stopped, Err(Error::Cancelled)), "{stage:?}");
    }
}
