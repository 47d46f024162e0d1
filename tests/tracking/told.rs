//! What a run is told by training and evaluation, and that a tracker can never cost a model.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ressenti::evaluate::Folds;
use ressenti::select::{
    Budget, CvOptions, GridSearch, RandomSearch, Space, cross_validate, tune_with,
};
use ressenti::tracker::{FailurePolicy, MemoryTracker, RunStatus, Tracker, Tracking, Value};
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

/// All work that is told where to log, each returning what the tracker said.
fn all_work(tracking: Tracking<'_>) -> [(&'static str, Result<Vec<String>>); 6] {
    let folds = Folds::from_assignment(vec![0, 0, 1, 1, 2, 2]).unwrap();
    let cv = CvOptions::new().tracker(tracking);
    let space = || Space::new(Pipeline::builder()).c([0.1, 1.0, 10.0]);
    let quiet = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
    let fit = Pipeline::builder().fit_with(&TEXTS, &LABELS, &FitOptions::new().tracker(tracking));
    let budget = Budget::trials(4).folds(3).start(Pipeline::builder());
    [
        ("fit", fit.map(|pipeline| pipeline.fit_report().tracking_errors().to_vec())),
        (
            "evaluate",
            quiet.evaluate_with(&TEXTS, &LABELS, tracking).map(|x| x.tracking_errors().to_vec()),
        ),
        (
            "cross_validate",
            cross_validate(&Pipeline::builder(), &TEXTS, &LABELS, &folds, &cv)
                .map(|x| x.tracking_errors().to_vec()),
        ),
        (
            "grid",
            GridSearch::new(space())
                .fit(&TEXTS, &LABELS, &folds, &cv)
                .map(|x| x.tracking_errors().to_vec()),
        ),
        (
            "random",
            RandomSearch::new(space(), 2)
                .fit(&TEXTS, &LABELS, &folds, &cv)
                .map(|x| x.tracking_errors().to_vec()),
        ),
        ("tune", tune_with(&TEXTS, &LABELS, &budget, &cv).map(|x| x.tracking_errors().to_vec())),
    ]
}

#[test]
fn what_a_failing_tracker_does_is_the_callers_choice_everywhere() {
    let text = "tracking: the disk is gone";
    for (work, said) in all_work(Tracking::new(&Broken).on_failure(FailurePolicy::Ignore)) {
        assert_eq!(said.unwrap(), Vec::<String>::new(), "{work}");
    }
    for (work, said) in all_work(Tracking::new(&Broken)) {
        let said = said.unwrap();
        assert!(!said.is_empty() && said.iter().all(|line| line == text), "{work}: {said:?}");
    }
    for (work, said) in all_work(Tracking::new(&Broken).on_failure(FailurePolicy::Fail)) {
        assert_eq!(said.unwrap_err().to_string(), text, "{work}");
    }
    for (work, said) in all_work(Tracking::new(&MemoryTracker::default())) {
        // They log to one run, whose params keep their values.
        let only = "Changing param values is not allowed";
        assert!(said.unwrap().iter().all(|line| line.contains(only)), "{work}");
    }
}

/// Fails once so many calls have been made, to it and to runs inside.
#[derive(Clone)]
struct Fills(Arc<AtomicUsize>);

impl Fills {
    fn call(&self) -> Result<()> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        left.map(|_| ()).or_else(|_| Broken::fail())
    }
}

impl Tracker for Fills {
    fn log_param(&self, _: &str, _: Value<'_>) -> Result<()> {
        self.call()
    }
    fn log_metric(&self, _: &str, _: f64, _: i64) -> Result<()> {
        self.call()
    }
    fn set_tag(&self, _: &str, _: &str) -> Result<()> {
        self.call()
    }
    fn log_artifact(&self, _: &str, _: &[u8]) -> Result<()> {
        self.call()
    }
    fn child(&self, _: &str) -> Result<Box<dyn Tracker>> {
        self.call().map(|()| Box::new(self.clone()) as _)
    }
    fn finish(&self, _: RunStatus) -> Result<()> {
        self.call()
    }
}

#[test]
fn a_tracker_may_fail_at_any_call() {
    for calls in (0..30).chain([40, 50, 60, 100, 200]) {
        let fills = || Fills(Arc::new(calls.into()));
        for (work, said) in all_work(Tracking::new(&fills()).on_failure(FailurePolicy::Fail)) {
            if let Err(error) = said {
                assert_eq!(error.to_string(), "tracking: the disk is gone", "{work} {calls}");
            }
        }
        assert!(all_work(Tracking::new(&fills())).into_iter().all(|(_, said)| said.is_ok()));
    }
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
