//! What a run is told by training and evaluation, and that a tracker can never cost a model.

use std::ops::ControlFlow;

use ressenti::tracker::{MemoryTracker, RunStatus, Tracker, Value};
use ressenti::{
    Classifier, Error, FitOptions, NbWeighting, Pipeline, Result, SgdLoss, Stage, Step,
    TrackingError, Vectorizer,
};

const TEXTS: [&str; 6] = ["good crew", "bad crew", "good seat", "bad seat", "good", "bad"];
const LABELS: [&str; 6] = ["1", "0", "1", "0", "1", "0"];

#[test]
fn a_run_has_the_notebooks_names() {
    let run = MemoryTracker::default();
    let pipeline = Pipeline::builder()
        .vectorizer(Vectorizer::tfidf().max_features(10_000))
        .fit_with(&TEXTS, &LABELS, &FitOptions::new().tracker(&run))
        .unwrap();
    pipeline.evaluate_with(&TEXTS, &LABELS, &run).unwrap();
    pipeline.log_to(&run).unwrap();
    run.finish(RunStatus::Finished).unwrap();

    let record = run.snapshot();
    for (key, value) in [
        ("model_type", "logistic_regression"),
        ("preprocessing", "word + lowercase"),
        ("vectorizer", "tfidf"),
        ("max_features", "10000"),
        ("ngram_range", "(1, 1)"),
        ("min_df", "1"),
        ("max_df", "1.0"),
        ("norm", "l2"),
        ("C", "1.0"),
        ("max_iter", "100"),
        ("n_train", "6"),
        ("n_features", "4"),
    ] {
        assert_eq!(record.params[key], value, "{key}");
    }
    for key in ["accuracy", "f1_score", "roc_auc", "precision", "recall"] {
        assert_eq!(record.metrics[key], [(0, 1.0)], "{key}");
    }
    let steps: Vec<i64> = record.metrics["objective"].iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, (0..=pipeline.fit_report().n_iter().into()).collect::<Vec<_>>());
    let artifacts: Vec<&str> = record.artifacts.keys().map(String::as_str).collect();
    assert_eq!(
        artifacts,
        [
            "classification_report.txt",
            "confusion_matrix.csv",
            "model/MLmodel",
            "model/card.json",
            "model/input_example.json",
            "model/pipeline.ressenti"
        ]
    );
    assert_eq!(record.artifacts["model/pipeline.ressenti"], pipeline.to_bytes());
    assert_eq!(record.artifacts["model/card.json"], pipeline.card().to_json().as_bytes());
    assert_eq!(record.tags["ressenti.data.digest"], pipeline.card().training.unwrap().digest);
    assert_eq!(record.tags["ressenti.model.sha256"].len(), 64);
    assert!(!record.tags.contains_key("ressenti.options"));
    assert_eq!(record.artifacts["confusion_matrix.csv"], b"true\\predicted,0,1\n0,3,0\n1,0,3\n");
    assert_eq!(record.status, Some(RunStatus::Finished));
}

#[test]
fn every_setting_leaves_a_mark_in_the_run() {
    let params = |vectorizer, classifier: ressenti::ClassifierParams| {
        let run = MemoryTracker::default();
        let builder = Pipeline::builder().vectorizer(vectorizer).classifier(classifier);
        builder.fit_with(&TEXTS, &LABELS, &FitOptions::new().tracker(&run)).unwrap();
        run.snapshot().params
    };
    let (tfidf, lr) = (Vectorizer::tfidf, Classifier::logistic_regression);
    let plain = params(tfidf(), lr());
    for other in [
        params(tfidf().binary(true), lr()),
        params(tfidf().sublinear_tf(true), lr()),
        params(tfidf().smooth_idf(false), lr()),
        params(tfidf().norm(ressenti::Norm::L1), lr()),
        params(tfidf().min_df(ressenti::DocFreq::Count(2)), lr()),
        params(tfidf().max_df(ressenti::DocFreq::Fraction(0.9)), lr()),
        params(Vectorizer::count(), lr()),
        params(tfidf(), lr().tol(1e-3)),
        params(tfidf(), lr().pos_label("0")),
        params(tfidf(), lr().fit_intercept(false)),
        params(tfidf(), lr().nb_weighting(NbWeighting::Soft { base: 1.0 })),
        params(tfidf(), Classifier::multinomial_nb()),
        params(tfidf(), Classifier::complement_nb().norm(true)),
        params(tfidf(), Classifier::sgd().loss(SgdLoss::ModifiedHuber)),
    ] {
        assert_ne!(plain, other);
    }
}

/// Fails at every call.
struct Broken;

impl Broken {
    fn fail() -> Result<()> {
        Err(TrackingError::Other("the disk is gone".to_owned()).into())
    }
}

impl Tracker for Broken {
    fn log_param(&self, _: &str, _: Value<'_>) -> Result<()> {
        Self::fail()
    }
    fn log_metric(&self, _: &str, _: f64, _: i64) -> Result<()> {
        Self::fail()
    }
    fn set_tag(&self, _: &str, _: &str) -> Result<()> {
        Self::fail()
    }
    fn log_artifact(&self, _: &str, _: &[u8]) -> Result<()> {
        Self::fail()
    }
    fn child(&self, _: &str) -> Result<Box<dyn Tracker>> {
        Self::fail().map(|()| Box::new(Broken) as _)
    }
    fn finish(&self, _: RunStatus) -> Result<()> {
        Self::fail()
    }
}

#[test]
fn a_tracker_that_fails_costs_neither_model_nor_figures() {
    let quiet = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
    let options = FitOptions::new().tracker(&Broken);
    let pipeline = Pipeline::builder().fit_with(&TEXTS, &LABELS, &options).unwrap();
    assert_eq!(pipeline.to_bytes(), quiet.to_bytes());
    let errors = pipeline.fit_report().tracking_errors();
    assert!(!errors.is_empty());
    assert!(errors.iter().all(|error| error == "tracking: the disk is gone"), "{errors:?}");

    let report = pipeline.evaluate_with(&TEXTS, &LABELS, &Broken).unwrap();
    assert_eq!(report.accuracy(), 1.0);
    assert!(!report.tracking_errors().is_empty());
    assert!(quiet.fit_report().tracking_errors().is_empty());
}

#[test]
fn a_cancelled_training_leaves_its_settings_in_the_run() {
    for stage in [Stage::Analyze, Stage::Weight, Stage::Train] {
        let run = MemoryTracker::default();
        let stop = |step: Step| {
            if step.stage == stage { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = FitOptions::new().tracker(&run).progress(&stop);
        let error = Pipeline::builder().fit_with(&TEXTS, &LABELS, &options).unwrap_err();
        assert!(matches!(error, Error::Cancelled));
        assert_eq!(error.to_string(), "cancelled by the progress callback; nothing was kept");
        assert_eq!(run.snapshot().params["C"], "1.0");
    }
}
