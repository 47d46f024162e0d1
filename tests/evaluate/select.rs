//! A search finds what its trials would have found one by one: the naive twin fits every choice on every fold from nothing.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{data_file, tweets};
use proptest::prelude::*;
use ressenti::dataset::read_tsv;
use ressenti::evaluate::{Folds, KFold};
use ressenti::select::{
    Budget, CvOptions, GridSearch, Metric, RandomSearch, Scores, SearchResults, Space,
    cross_validate, logspace, tune, tune_with,
};
use ressenti::tracker::{MemoryTracker, RunSnapshot, RunStatus, Tracker, Value};
use ressenti::{
    CalibrationMethod, ClassWeight, Classifier, ClassifierParams, DocFreq, Error, FitOptions,
    NbWeighting, Pipeline, PipelineBuilder, Preset, Prior, Result, Stage, Step, TrackingError,
    Vectorizer, VectorizerParams,
};

const TEXTS: [&str; 8] =
    ["good crew", "bad crew", "good seat", "bad seat", "so good", "so bad", "good", "bad"];
const LABELS: [&str; 8] = ["1", "0", "1", "0", "1", "0", "1", "0"];

fn small_folds() -> Folds {
    KFold::new(4).stratified(&LABELS).unwrap()
}

/// Two vectorizers, two weights, five values of c that are not in order.
fn space() -> Space {
    let vectorizer = Vectorizer::tfidf().max_features(300);
    let classifier = Classifier::logistic_regression().tol(1e-9);
    Space::new(Pipeline::builder().vectorizer(vectorizer).classifier(classifier))
        .vectorizer([1, 2], |params, n| params.ngram_range(1, n))
        .classifier([ClassWeight::Uniform, ClassWeight::Balanced], ClassifierParams::class_weight)
        .c([10.0, 0.1, 1.0, 100.0])
}

/// One text is scored without a row, of which the values are rounded.
fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-6)
}

#[track_caller]
fn assert_close(a: &Scores, b: &Scores) {
    for (a, b) in a.folds().iter().zip(b.folds()) {
        assert_eq!((a.accuracy, a.f1_macro, a.f1), (b.accuracy, b.f1_macro, b.f1));
        assert!((a.log_loss - b.log_loss).abs() < 1e-6, "{} and {}", a.log_loss, b.log_loss);
        match (a.roc_auc, b.roc_auc) {
            (Some(a), Some(b)) => assert!((a - b).abs() < 1e-3, "{a} and {b}"),
            (a, b) => assert_eq!(a, b),
        }
    }
}

#[test]
fn a_grid_gives_each_trial_the_figures_of_its_own_cross_validation() {
    let (labels, texts) = tweets::all();
    let folds = KFold::new(3).stratified(&labels).unwrap();
    let options = CvOptions::new();
    let results = GridSearch::new(space()).fit(&texts, &labels, &folds, &options).unwrap();
    assert_eq!(results.trials().len(), 16);
    for trial in results.trials() {
        // From nothing, not from the weights of a smaller c.
        let cv = cross_validate(trial.builder(), &texts, &labels, &folds, &options).unwrap();
        assert_close(trial.scores(), cv.scores());
        assert!(trial.converged());
    }
    let order: Vec<_> =
        results.trials()[..4].iter().map(|trial| trial.param("C").unwrap()).collect();
    assert_eq!(order, ["10.0", "0.1", "1.0", "100.0"]);
    let mean = |i: usize| results.trials()[i].scores().estimate(Metric::Accuracy).unwrap().mean;
    let best = results.best().number();
    assert!((0..best).all(|i| mean(i) < mean(best)) && (best..16).all(|i| mean(i) <= mean(best)));
}

#[test]
fn two_classes_and_other_algorithms_too() {
    let (labels, texts) = tweets::polar(1);
    let folds = Folds::interleaved(texts.len(), 4).unwrap();
    let nb = Pipeline::builder().classifier(Classifier::complement_nb());
    let svm = Pipeline::builder().classifier(Classifier::linear_svm().tol(1e-9));
    let lasso = Classifier::logistic_regression().l1_ratio(0.5).tol(1e-9).max_iter(1000);
    let soft = NbWeighting::Soft { base: 1.0 };
    let space = Space::new(nb)
        .classifier([0.1, 1.0], ClassifierParams::alpha)
        .or(Space::new(svm).c([1.0, 0.1]))
        .or(Space::new(Pipeline::builder().classifier(lasso)).c([10.0, 1.0]))
        .or(Space::new(Pipeline::builder())
            .classifier([soft], |params, w| params.nb_weighting(w).tol(1e-9))
            .c([3.0, 1.0]));
    let options = CvOptions::new();
    let search = GridSearch::new(space).metric(Metric::RocAuc);
    let results = search.fit(&texts, &labels, &folds, &options).unwrap();
    assert_eq!(results.trials().len(), 8);
    for trial in results.trials() {
        let cv = cross_validate(trial.builder(), &texts, &labels, &folds, &options).unwrap();
        assert_close(trial.scores(), cv.scores());
    }
}

/// Fold by fold with nothing but pipelines.
#[test]
fn cross_validation_is_a_pipeline_for_each_fold() {
    let (labels, texts) = tweets::all();
    let weights: Vec<f64> = (0..texts.len()).map(|i| 1.0 + (i % 3) as f64).collect();
    let folds = KFold::new(3).shuffle(1).stratified(&labels).unwrap();
    let builder = Pipeline::builder().vectorizer(Vectorizer::tfidf().ngram_range(1, 2));
    let options = CvOptions::new().weights(&weights);
    let cv = cross_validate(&builder, &texts, &labels, &folds, &options).unwrap();
    for (fold, split) in folds.iter().enumerate() {
        let pick = |rows: &[usize]| -> (Vec<&str>, Vec<&str>) {
            rows.iter().map(|&row| (texts[row], labels[row])).unzip()
        };
        let (train, train_labels) = pick(&split.train);
        let (test, test_labels) = pick(&split.test);
        let train_weights: Vec<f64> = split.train.iter().map(|&row| weights[row]).collect();
        let options = FitOptions::new().weights(&train_weights);
        let pipeline = builder.fit_with(&train, &train_labels, &options).unwrap();
        let report = pipeline.evaluate(&test, &test_labels).unwrap();
        let scores = cv.scores().folds()[fold];
        assert_eq!((scores.accuracy, scores.f1_macro), (report.accuracy(), report.f1_macro()));
        assert_eq!((scores.roc_auc, scores.log_loss), (report.roc_auc(), report.log_loss()));
        let decisions =
            pipeline.classifier().decision_function(&pipeline.vectorizer().transform(&test));
        let decisions = decisions.unwrap();
        for (i, &row) in split.test.iter().enumerate() {
            assert_eq!(cv.decisions().row(row), decisions.row(i));
            assert!(close(cv.probabilities().row(row), &pipeline.predict_proba(test[i]).unwrap()));
            assert_eq!(
                cv.classes()[cv.predicted()[row]],
                pipeline.predict(test[i]).unwrap().label()
            );
            assert_eq!(cv.classes()[cv.truth()[row]], labels[row]);
        }
        assert_eq!(&cv.fit_reports()[fold], pipeline.fit_report());
    }
    let right = cv.predicted().iter().zip(cv.truth()).filter(|(a, b)| a == b).count();
    assert_eq!(cv.report().unwrap().accuracy(), right as f64 / texts.len() as f64);
}

#[test]
fn a_random_search_tries_some_of_the_grid_and_with_enough_trials_all() {
    let (labels, texts) = tweets::polar(1);
    let folds = KFold::new(2).stratified(&labels).unwrap();
    let options = CvOptions::new();
    let grid = GridSearch::new(space()).fit(&texts, &labels, &folds, &options).unwrap();
    let random = |n| {
        let search = RandomSearch::new(space(), n).seed(5);
        search.fit(&texts, &labels, &folds, &options).unwrap()
    };
    let some = random(6);
    assert_eq!(some.trials().len(), 6);
    assert_eq!(some, random(6));
    for results in [&some, &random(1000)] {
        for trial in results.trials() {
            let same = grid.trials().iter().find(|other| other.builder() == trial.builder());
            assert_close(trial.scores(), same.unwrap().scores());
        }
    }
    assert_eq!(random(1000).trials().len(), 16);
}

#[test]
fn the_best_settings_are_trained_on_all_texts() {
    let search = GridSearch::new(Space::new(Pipeline::builder()).c([0.1, 1.0, 10.0]));
    let search = search.metric(Metric::LogLoss);
    let results = search.fit(&TEXTS, &LABELS, &small_folds(), &CvOptions::new()).unwrap();
    assert_eq!(results.best().param("C"), Some("10.0"));
    let pipeline = results.refit(&TEXTS, &LABELS, &FitOptions::new()).unwrap();
    let by_hand = Pipeline::builder().classifier(Classifier::logistic_regression().c(10.0));
    assert_eq!(pipeline.to_bytes(), by_hand.fit(&TEXTS, &LABELS).unwrap().to_bytes());
    // All are equally accurate, so that the first and the simplest are the smallest c.
    let results = GridSearch::new(Space::new(Pipeline::builder()).c([10.0, 1.0, 0.1]))
        .best_within_one_standard_error(true)
        .fit(&TEXTS, &LABELS, &small_folds(), &CvOptions::new())
        .unwrap();
    assert_eq!(results.best().param("C"), Some("0.1"));
}

#[test]
fn the_best_trial_is_that_of_the_best_mean_whatever_the_metric() {
    let (labels, texts) = tweets::polar(1);
    let folds = KFold::new(3).stratified(&labels).unwrap();
    let options = CvOptions::new();
    let fit = |metric| {
        let search = GridSearch::new(space()).metric(metric);
        search.fit(&texts, &labels, &folds, &options).unwrap()
    };
    let trials = fit(Metric::Accuracy).trials().to_vec();
    for metric in [
        Metric::F1Macro,
        Metric::F1,
        Metric::RocAuc,
        Metric::LogLoss,
        Metric::AveragePrecision,
        Metric::BalancedAccuracy,
        Metric::MatthewsCorrcoef,
        Metric::BrierScoreLoss,
    ] {
        let results = fit(metric);
        assert_eq!(results.trials(), trials);
        let means: Vec<f64> = results
            .trials()
            .iter()
            .map(|trial| trial.scores().estimate(metric).unwrap().mean)
            .collect();
        let sign = if metric.greater_is_better() { 1.0 } else { -1.0 };
        let best = results.best().number();
        assert!(means[..best].iter().all(|mean| sign * mean < sign * means[best]), "{metric:?}");
        assert!(means[best..].iter().all(|mean| sign * mean <= sign * means[best]), "{metric:?}");
        assert!(means.iter().any(|mean| *mean != means[best]), "{metric:?}");
    }
}

/// Texts of one author are never on both sides.
#[test]
fn folds_of_groups_are_kept_by_cross_validation_and_search() {
    let (labels, texts) = tweets::polar(1);
    let authors: Vec<usize> = (0..texts.len()).map(|i| i * i % 17).collect();
    let folds = KFold::new(3).stratified_grouped(&labels, &authors).unwrap();
    let options = CvOptions::new();
    let cv = cross_validate(&Pipeline::builder(), &texts, &labels, &folds, &options).unwrap();
    for split in &folds {
        assert!(split.train.iter().all(|&a| split.test.iter().all(|&b| authors[a] != authors[b])));
        let pick = |rows: &[usize]| -> (Vec<&str>, Vec<bool>) {
            rows.iter().map(|&row| (texts[row], labels[row])).unzip()
        };
        let (train, train_labels) = pick(&split.train);
        let model = Pipeline::builder().fit(&train, &train_labels).unwrap();
        for &row in &split.test {
            let p = model.predict_proba(texts[row]).unwrap();
            assert!(close(cv.probabilities().row(row), &p));
        }
    }
    let search = GridSearch::new(Space::new(Pipeline::builder()).c([1.0]));
    let results = search.fit(&texts, &labels, &folds, &options).unwrap();
    assert_eq!(results.best().scores(), cv.scores());
}

/// What the run of any search by accuracy has to hold.
fn holds_each_trial(record: &RunSnapshot, results: &SearchResults) {
    assert!(results.tracking_errors().is_empty());
    for (trial, (name, child)) in results.trials().iter().zip(&record.children) {
        assert_eq!(*name, format!("trial {}", trial.number()));
        assert_eq!(child.status, Some(RunStatus::Finished));
        for (key, value) in trial.params() {
            assert_eq!(child.params[key], *value);
        }
        let accuracy = trial.scores().estimate(Metric::Accuracy).unwrap();
        assert_eq!(child.metrics["accuracy"], [(0, accuracy.mean)]);
    }
    assert_eq!(record.tags["best_trial"], results.best().number().to_string());
    assert_eq!(record.artifacts["cv_results.csv"], results.to_csv().as_bytes());
}

#[test]
fn each_trial_of_tuning_is_a_run_inside_it() {
    let run = MemoryTracker::default();
    let budget = Budget::trials(9).folds(2).seed(3).start(Pipeline::builder());
    let options = CvOptions::new().tracker(&run);
    let results = tune_with(&TEXTS, &LABELS, &budget, &options).unwrap();
    let record = run.snapshot();
    assert_eq!(record.children.len(), 9);
    holds_each_trial(&record, &results);
    for (_, child) in &record.children {
        assert_eq!(child.metrics["converged"], [(0, 1.0)]);
    }
    let logged = ["n_trials", "n_splits", "search_metric", "seed"].map(|key| &record.params[key]);
    assert_eq!(logged, ["9", "2", "accuracy", "3"]);
}

#[test]
fn tuning_stays_within_its_budget_and_never_ends_below_its_start() {
    let (labels, texts) = tweets::polar(1);
    let start = Pipeline::builder();
    for (trials, metric) in [(1, Metric::Accuracy), (7, Metric::F1), (12, Metric::LogLoss)] {
        let budget = Budget::trials(trials).folds(2).metric(metric).start(start.clone());
        let results = tune(&texts, &labels, &budget).unwrap();
        assert_eq!(results.trials().len(), trials);
        assert_eq!(results.trials()[0].builder(), &start);
        let numbers: Vec<usize> =
            results.trials().iter().map(ressenti::select::Trial::number).collect();
        assert_eq!(numbers, (0..trials).collect::<Vec<_>>());
        let mean = |i: usize| results.trials()[i].scores().estimate(metric).unwrap().mean;
        let (first, best) = (mean(0), mean(results.best().number()));
        assert!(if metric.greater_is_better() { best >= first } else { best <= first });
        for (i, trial) in results.trials().iter().enumerate() {
            let before = &results.trials()[..i];
            assert!(before.iter().all(|other| other.builder() != trial.builder()));
        }
    }
}

/// Naive Bayes has no c, and terms in five texts there are none: such choices are passed over.
#[test]
fn tuning_passes_over_what_cannot_be() {
    let start = Pipeline::builder().classifier(Classifier::complement_nb());
    let budget = Budget::trials(100).folds(2).start(start);
    let results = tune(&TEXTS, &LABELS, &budget).unwrap();
    assert!((4..100).contains(&results.trials().len()));
    assert!(results.trials().iter().all(|trial| trial.param("C").is_none()));
    assert!(results.trials().iter().all(|trial| trial.param("min_df") != Some("5")));
}

/// A text that counts how often it is asked for.
struct Read<'a>(&'a str, &'a AtomicUsize);

impl AsRef<str> for Read<'_> {
    fn as_ref(&self) -> &str {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0
    }
}

/// How often each of the texts was asked for.
fn times_read(search: impl Fn(&[Read<'_>])) -> usize {
    let times = AtomicUsize::new(0);
    search(&TEXTS.map(|text| Read(text, &times)));
    assert_eq!(times.load(Ordering::Relaxed) % TEXTS.len(), 0);
    times.into_inner() / TEXTS.len()
}

#[test]
fn a_fold_is_analysed_once_for_all_classifiers() {
    let tuned = |trials| {
        times_read(|texts| {
            let budget = Budget::trials(trials).folds(2).start(Pipeline::builder());
            assert_eq!(tune(texts, &LABELS, &budget).unwrap().trials().len(), trials);
        })
    };
    // The values of `c`, balanced classes and weighing by naive Bayes are thirteen trials with the start; then come bigrams.
    let once = tuned(1);
    assert_eq!((tuned(13), tuned(14)), (once, 2 * once));
    let grid = |grams: usize, c: usize| {
        times_read(|texts| {
            let space = Space::new(Pipeline::builder())
                .vectorizer(1..=grams, |params, n| params.ngram_range(1, n))
                .classifier(
                    [ClassWeight::Uniform, ClassWeight::Balanced],
                    ClassifierParams::class_weight,
                )
                .c(logspace(-1.0, 1.0, c));
            let folds = KFold::new(2).stratified(&LABELS).unwrap();
            GridSearch::new(space).fit(texts, &LABELS, &folds, &CvOptions::new()).unwrap();
        })
    };
    assert_eq!((grid(1, 1), grid(1, 5), grid(2, 5)), (once, once, 2 * once));
}

/// Every iteration asks whether to go on.
#[test]
fn along_values_of_c_each_training_starts_where_the_one_before_ended() {
    let (labels, texts) = tweets::polar(1);
    let folds = Folds::interleaved(texts.len(), 2).unwrap();
    let asked = |c: &[f64]| {
        let asked = AtomicUsize::new(0);
        let count = |_: Step| {
            asked.fetch_add(1, Ordering::Relaxed);
            ControlFlow::Continue(())
        };
        let classifier = Classifier::logistic_regression().tol(1e-9);
        let space = Space::new(Pipeline::builder().classifier(classifier)).c(c.iter().copied());
        let options = CvOptions::new().progress(&count);
        let search = || GridSearch::new(space).fit(&texts, &labels, &folds, &options).unwrap();
        // On several threads, who finds the callback busy goes on.
        #[cfg(feature = "parallel")]
        rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(search);
        #[cfg(not(feature = "parallel"))]
        search();
        asked.into_inner()
    };
    let (one, near, far) = (asked(&[1.0]), asked(&[1.0, 1.0 + 1e-12]), asked(&[1.0, 30.0]));
    assert!(near - one < (far - one) / 2, "{one} {near} {far}");
}

#[test]
fn a_trial_has_the_name_of_a_preset_if_it_has_its_settings() {
    let start = Pipeline::builder().preset(Preset::Reviews);
    let space = Space::new(start.clone()).c([3.0, 1.0]);
    let grid = GridSearch::new(space);
    let grid = grid.fit(&TEXTS, &LABELS, &small_folds(), &CvOptions::new()).unwrap();
    let names: Vec<_> = grid.trials().iter().map(|trial| trial.param("preset")).collect();
    assert_eq!(names, [None, Some("reviews")]);

    let budget = Budget::trials(100).folds(2).start(start.clone());
    let tuned = tune(&TEXTS, &LABELS, &budget).unwrap();
    for trial in tuned.trials() {
        let same = *trial.builder() == start;
        assert_eq!(trial.param("preset"), same.then_some("reviews"), "{}", trial.number());
        assert_eq!(trial.param("ngram_range_3"), None, "one block of characters is enough");
        let pipeline = trial.builder().fit(&TEXTS, &LABELS).unwrap();
        assert_eq!(pipeline.preset(), same.then_some(("reviews", 1)));
    }
    assert_eq!(tuned.trials()[0].builder(), &start);
    assert!(tuned.trials().iter().any(|trial| trial.param("ngram_range_2").is_none()));
}

#[test]
fn each_trial_is_a_run_inside_the_search() {
    let run = MemoryTracker::default();
    let space = Space::new(Pipeline::builder())
        .vectorizer([false, true], VectorizerParams::sublinear_tf)
        .c([1.0, 0.1]);
    let options = CvOptions::new().tracker(&run);
    let results = GridSearch::new(space).fit(&TEXTS, &LABELS, &small_folds(), &options).unwrap();
    let record = run.snapshot();
    assert_eq!(record.children.len(), 4);
    holds_each_trial(&record, &results);
    for (trial, (_, child)) in results.trials().iter().zip(&record.children) {
        assert_eq!(child.params["C"], trial.param("C").unwrap());
        assert_eq!(child.params["sublinear_tf"], trial.param("sublinear_tf").unwrap());
        assert_eq!(child.params["n_splits"], "4");
        let accuracy = trial.scores().estimate(Metric::Accuracy).unwrap();
        assert_eq!(child.metrics["accuracy_std_error"], [(0, accuracy.std_error)]);
        assert_eq!(child.metrics["fold_roc_auc"].len(), 4);
    }
    assert_eq!(record.params["n_trials"], "4");
    assert_eq!(record.tags["best_trial"], "0");
    assert_eq!(record.metrics["best_accuracy"].len(), 1);
    assert_eq!(record.status, None);
}

#[test]
fn a_cross_validation_says_which_preset_it_judged() {
    let run = MemoryTracker::default();
    let options = CvOptions::new().tracker(&run);
    let builder = Pipeline::builder().preset(Preset::Social);
    cross_validate(&builder, &TEXTS, &LABELS, &small_folds(), &options).unwrap();
    let record = run.snapshot();
    assert_eq!(
        (record.params["preset"].as_str(), record.params["preset_version"].as_str()),
        ("social", "1")
    );
}

#[test]
fn a_cross_validation_says_whether_all_its_models_have_converged() {
    for (max_iter, converged) in [(100, 1.0), (1, 0.0)] {
        let run = MemoryTracker::default();
        let options = CvOptions::new().tracker(&run);
        let params = Classifier::logistic_regression().c(100.0).max_iter(max_iter);
        let builder = Pipeline::builder().classifier(params);
        cross_validate(&builder, &TEXTS, &LABELS, &small_folds(), &options).unwrap();
        assert_eq!(run.snapshot().metrics["converged"], [(0, converged)]);
    }
}

/// Fails at every call.
struct Broken;

#[rustfmt::skip]
impl Tracker for Broken {
    fn log_param(&self, _: &str, _: Value<'_>) -> Result<()> { fail() }
    fn log_metric(&self, _: &str, _: f64, _: i64) -> Result<()> { fail() }
    fn set_tag(&self, _: &str, _: &str) -> Result<()> { fail() }
    fn log_artifact(&self, _: &str, _: &[u8]) -> Result<()> { fail() }
    fn child(&self, _: &str) -> Result<Box<dyn Tracker>> { fail().map(|()| Box::new(Broken) as _) }
    fn finish(&self, _: RunStatus) -> Result<()> { fail() }
}

fn fail() -> Result<()> {
    Err(TrackingError::Other("the disk is gone".to_owned()).into())
}

#[test]
fn a_tracker_that_fails_does_not_stop_the_search() {
    let search = GridSearch::new(Space::new(Pipeline::builder()).c([0.1, 1.0]));
    let fit =
        |options: &CvOptions<'_>| search.fit(&TEXTS, &LABELS, &small_folds(), options).unwrap();
    let (quiet, broken) = (fit(&CvOptions::new()), fit(&CvOptions::new().tracker(&Broken)));
    assert_eq!(quiet.trials(), broken.trials());
    assert!(quiet.tracking_errors().is_empty());
    let errors = broken.tracking_errors();
    assert!(errors.len() > 2 && errors.iter().all(|error| error == "tracking: the disk is gone"));
    let options = CvOptions::new().tracker(&Broken);
    let cv = cross_validate(&Pipeline::builder(), &TEXTS, &LABELS, &small_folds(), &options);
    assert!(!cv.unwrap().tracking_errors().is_empty());
}

#[test]
fn progress_is_counted_in_trainings_and_a_stop_costs_the_search_alone() {
    let search = GridSearch::new(Space::new(Pipeline::builder()).c([0.1, 1.0, 10.0]));
    let most = AtomicUsize::new(0);
    let watch = |step: Step| {
        assert_eq!((step.stage, step.total), (Stage::Search, 12));
        most.fetch_max(step.done, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let folds = small_folds();
    let watched = CvOptions::new().progress(&watch);
    let results = search.fit(&TEXTS, &LABELS, &folds, &watched).unwrap();
    assert!((1..=12).contains(&most.load(Ordering::Relaxed)));
    assert_eq!(results, search.fit(&TEXTS, &LABELS, &folds, &CvOptions::new()).unwrap());

    for limit in [0, 1, 5, 11] {
        let run = MemoryTracker::default();
        let stop = |step: Step| {
            if step.done >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = CvOptions::new().progress(&stop).tracker(&run);
        match search.fit(&TEXTS, &LABELS, &folds, &options) {
            Err(error) => assert!(matches!(error, Error::Cancelled), "{error}"),
            // On several threads the last reports can be those that nobody waited for.
            Ok(results) => assert!(limit > 5 && results.trials().len() == 3),
        }
        for (_, trial) in run.snapshot().children {
            assert_eq!(trial.status, Some(RunStatus::Finished));
            assert_eq!(trial.metrics["fold_accuracy"].len(), 4);
        }
    }
    let stop = |_: Step| ControlFlow::Break(());
    let options = CvOptions::new().progress(&stop);
    let error =
        cross_validate(&Pipeline::builder(), &TEXTS, &LABELS, &folds, &options).unwrap_err();
    assert!(matches!(error, Error::Cancelled));
}

#[test]
fn tuning_that_is_stopped_gives_what_it_found() {
    let (labels, texts) = tweets::polar(1);
    let run = |limit: usize| {
        let stop = move |step: Step| {
            if step.done >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let budget = Budget::trials(20).folds(2).start(Pipeline::builder());
        tune_with(&texts, &labels, &budget, &CvOptions::new().progress(&stop))
    };
    assert!(matches!(run(0), Err(Error::Cancelled)));
    let results = run(14).unwrap();
    assert!((1..20).contains(&results.trials().len()), "{}", results.trials().len());
}

#[test]
fn weights_that_no_training_part_can_use_are_named_before_any_work() {
    let (builder, folds) = (Pipeline::builder(), small_folds());
    let asked = AtomicUsize::new(0);
    let count = |_: Step| {
        asked.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let zero = |of: &[usize]| -> Vec<f64> {
        (0..8).map(|i| if of.contains(&i) { 0.0 } else { 1.0 }).collect()
    };
    let positive: Vec<usize> = (0..8).filter(|&i| LABELS[i] == "1").collect();
    for (weights, expected) in [
        (vec![f64::NAN; 8], "invalid sample weights: NaN is not a finite number of at least 0"),
        (vec![-1.0; 8], "invalid sample weights: -1 is not a finite number of at least 0"),
        (
            zero(&positive),
            "invalid sample weights: those of class \"1\" sum to 0; leave the class out",
        ),
        (
            zero(&positive[1..]),
            "invalid sample weights: those of class \"1\" are 0 outside of fold 0, so that there is none to train on when \
             that is tested; use other folds, or leave the class out",
        ),
    ] {
        let options = CvOptions::new().weights(&weights).progress(&count);
        let error = cross_validate(&builder, &TEXTS, &LABELS, &folds, &options).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(asked.into_inner(), 0);
    let weights = zero(&positive[2..]);
    let options = CvOptions::new().weights(&weights);
    cross_validate(&builder, &TEXTS, &LABELS, &folds, &options).unwrap();
}

#[test]
fn bad_input_is_named_before_any_work() {
    let (builder, options) = (Pipeline::builder(), CvOptions::new());
    let folds = small_folds();
    let cv = |texts: &[&str], labels: &[&str], folds: &Folds| {
        cross_validate(&builder, texts, labels, folds, &options).unwrap_err().to_string()
    };
    let grid = |space: Space, metric| {
        let search = GridSearch::new(space).metric(metric);
        search.fit(&TEXTS, &LABELS, &folds, &options).unwrap_err().to_string()
    };
    let lr = || Space::new(Pipeline::builder());
    let accuracy = Metric::Accuracy;
    let table = [
        (cv(&[], &[], &folds), "there are no texts to cross-validate on; give at least one"),
        (
            cv(&TEXTS, &LABELS[1..], &folds),
            "there are 8 texts but 7 labels; their numbers must be equal",
        ),
        (
            cv(&TEXTS[1..], &LABELS[1..], &folds),
            "there are 7 texts but 8 rows in folds; their numbers must be equal",
        ),
        (
            cv(&TEXTS, &["1"; 8], &folds),
            "all 8 labels are \"1\"; a classifier needs texts of at least two classes",
        ),
        (
            cv(&TEXTS, &LABELS, &Folds::interleaved(8, 2).unwrap()),
            "invalid folds: all 4 texts of class \"0\" are in fold 1, so that there is none to train on when that is tested; \
             use KFold::stratified, or leave the class out",
        ),
        (
            grid(lr().c([]), accuracy),
            "space of 0 choices has nothing to search; give every setting at least one value",
        ),
        (
            grid(lr().c([1.0, f64::NAN]), accuracy),
            "c NaN is not a finite number above 0; 1.0 is a good start for c, 1e-6 for tol",
        ),
        (
            grid(lr().vectorizer([0.1, f64::NAN], |p, x| p.min_df(DocFreq::Fraction(x))), accuracy),
            "min_df NaN is outside 0.0..=1.0; use DocFreq::Count for absolute counts",
        ),
        (
            grid(
                lr().c((0..100_000).map(f64::from))
                    .vectorizer([1, 2], VectorizerParams::max_features),
                accuracy,
            ),
            "too many trials: the limit is 100000",
        ),
        (
            grid(lr().vectorizer([9], |p, n| p.min_df(DocFreq::Count(n))), accuracy),
            "no term is left of 6 texts: ",
        ),
        (
            RandomSearch::new(lr(), 0)
                .fit(&TEXTS, &LABELS, &folds, &options)
                .unwrap_err()
                .to_string(),
            "n_trials 0 is outside 1..=100000; 20 to 60 find most of what there is",
        ),
        (
            tune(&TEXTS, &LABELS, &Budget::trials(0)).unwrap_err().to_string(),
            "trials 0 allow no search; give at least 1, better 20",
        ),
        (KFold::new(9).stratified(&LABELS).unwrap_err().to_string(), "n_splits 9 of "),
        (
            tune(&TEXTS, &LABELS, &Budget::trials(5).folds(9)).unwrap_err().to_string(),
            "n_splits 9 of ",
        ),
    ];
    for (found, expected) in table {
        assert!(found.starts_with(expected), "{found}");
        assert!(expected.ends_with(' ') || found == expected, "{found}");
    }

    let few = Folds::from_assignment(vec![0, 0, 1, 2, 0, 1, 2, 0]).unwrap();
    let search = GridSearch::new(lr()).metric(Metric::RocAuc);
    let labels = ["a", "b", "a", "b", "a", "a", "b", "b"];
    let error = search.fit(&TEXTS, &labels, &few, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid folds: fold 1 has no text of class \"b\", which leaves its ROC-AUC undefined; use KFold::stratified, fewer \
         folds or another metric"
    );
    let labels = ["a", "b", "c", "b", "a", "c", "a", "b"];
    let few = Folds::from_assignment(vec![0, 0, 0, 1, 1, 1, 0, 1]).unwrap();
    let search = GridSearch::new(lr()).metric(Metric::F1);
    let error = search.fit(&TEXTS, &labels, &few, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric f1_score of 3 classes is about one of two classes; use Metric::F1Macro"
    );
    // A figure that is undefined costs no other.
    let cv =
        cross_validate(&builder, &TEXTS, &LABELS, &Folds::interleaved(8, 8).unwrap(), &options);
    let cv = cv.unwrap();
    assert_eq!(cv.scores().estimate(Metric::RocAuc), None);
    assert!(cv.scores().estimate(Metric::LogLoss).unwrap().mean.is_finite());
}

/// Of two classes the positive one has to be there, of more all.
#[test]
fn average_precision_that_a_fold_leaves_undefined_is_refused() {
    let options = CvOptions::new();
    let lr = || Space::new(Pipeline::builder());
    let labels = ["a", "b", "a", "b", "a", "a", "b", "b"];
    let precision = |space| GridSearch::new(space).metric(Metric::AveragePrecision);
    let few = Folds::from_assignment(vec![0, 0, 1, 2, 1, 2, 0, 2]).unwrap();
    let error = precision(lr()).fit(&TEXTS, &labels, &few, &options).unwrap_err();
    let undefined = |fold: usize, class: &str| {
        format!(
            "invalid folds: fold {fold} has no text of class {class:?}, which leaves its average precision undefined; use \
             KFold::stratified, fewer folds or another metric"
        )
    };
    assert_eq!(error.to_string(), undefined(1, "b"));
    let of_a = lr().classifier(["a"], ClassifierParams::pos_label);
    let results = precision(of_a).fit(&TEXTS, &labels, &few, &options).unwrap();
    assert!(results.best().scores().estimate(Metric::AveragePrecision).is_some());
    let budget = Budget::trials(2).folds(3).metric(Metric::AveragePrecision);
    let error = tune(&TEXTS, &["a", "b", "a", "b", "a", "a", "a", "a"], &budget).unwrap_err();
    assert_eq!(error.to_string(), undefined(2, "b"));
    let labels = ["a", "b", "c", "b", "a", "c", "a", "b"];
    let three = Folds::from_assignment(vec![0, 0, 0, 1, 1, 1, 2, 2]).unwrap();
    let error = precision(lr()).fit(&TEXTS, &labels, &three, &options).unwrap_err();
    assert_eq!(error.to_string(), undefined(2, "c"));
}

/// scikit-learn 1.9.1 at the optimum (`tol` 1e-8), `StratifiedKFold(5)`: our folds are the same rows.
#[test]
fn folds_of_the_airline_tweets_have_the_figures_of_scikit_learn() {
    let Some(path) = data_file("airline.train.tsv") else { return };
    let data = read_tsv(path).unwrap();
    let folds = KFold::new(5).stratified(&data.labels).unwrap();
    let builder = Pipeline::builder().vectorizer(Vectorizer::tfidf().max_features(10_000));
    let cv =
        cross_validate(&builder, &data.texts, &data.labels, &folds, &CvOptions::new()).unwrap();
    for (fold, expected) in cv.scores().folds().iter().zip(AIRLINE) {
        let found = [fold.accuracy, fold.f1.unwrap(), fold.roc_auc.unwrap(), fold.log_loss];
        let near = found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 0.003);
        assert!(near, "{found:?} and {expected:?}");
    }
}

/// Accuracy, F1 of `positive`, ROC-AUC and log loss of each fold.
const AIRLINE: [[f64; 4]; 5] = [
    [0.867_084_6, 0.509_259_3, 0.930_304_4, 0.292_294_5],
    [0.896_486_8, 0.682_080_9, 0.938_837_8, 0.269_472_1],
    [0.797_992_5, 0.599_502_5, 0.885_630_2, 0.421_975_4],
    [0.890_213_3, 0.639_175_3, 0.930_842_8, 0.270_279_1],
    [0.870_765_4, 0.527_522_9, 0.934_388_7, 0.286_749_0],
];

#[cfg(feature = "parallel")]
#[test]
fn searches_are_the_same_on_any_number_of_threads() {
    let (labels, texts) = tweets::polar(1);
    let folds = KFold::new(3).stratified(&labels).unwrap();
    let all = || {
        let run = MemoryTracker::default();
        let options = CvOptions::new().tracker(&run);
        let random = RandomSearch::new(space(), 9).fit(&texts, &labels, &folds, &options).unwrap();
        let tuned = tune(&texts, &labels, &Budget::trials(9).folds(2)).unwrap();
        let cv = cross_validate(&Pipeline::builder(), &texts, &labels, &folds, &CvOptions::new());
        let bits = |z: &f64| z.to_bits();
        let bits: Vec<u64> = cv.unwrap().decisions().as_slice().iter().map(bits).collect();
        (random, tuned, bits, format!("{:?}", run.snapshot()))
    };
    let outside = all();
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(all) == outside, "{threads} threads");
    }
}

/// Settings of a pipeline, from few numbers.
fn builder(grams: usize, sublinear: bool, balanced: bool) -> PipelineBuilder {
    let weight = if balanced { ClassWeight::Balanced } else { ClassWeight::Uniform };
    Pipeline::builder()
        .vectorizer(Vectorizer::tfidf().ngram_range(1, grams).sublinear_tf(sublinear))
        .classifier(Classifier::logistic_regression().class_weight(weight).tol(1e-9))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 24,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_grid_agrees_with_its_trials_one_by_one(
        words in prop::collection::vec((0usize..6, 0usize..6, any::<bool>()), 12..30),
        k in 2usize..4,
        exponents in prop::collection::vec(-2.0..2.0f64, 1..4),
        grams in 1usize..3,
        sublinear in any::<bool>(),
        balanced in any::<bool>(),
    ) {
        let word = |i: usize| ["good", "bad", "crew", "seat", "late", "so"][i];
        let texts: Vec<String> =
            words.iter().map(|&(a, b, _)| format!("{} {}", word(a), word(b))).collect();
        // Both classes in every fold.
        let labels: Vec<bool> =
            words.iter().enumerate().map(|(i, w)| if i < 2 * k { i < k } else { w.2 }).collect();
        let folds = Folds::interleaved(texts.len(), k).unwrap();
        let space = Space::new(builder(grams, sublinear, balanced))
            .c(exponents.iter().map(|&x| 10f64.powf(x)));
        let options = CvOptions::new();
        let results = GridSearch::new(space).fit(&texts, &labels, &folds, &options).unwrap();
        for trial in results.trials() {
            let cv = cross_validate(trial.builder(), &texts, &labels, &folds, &options).unwrap();
            for (a, b) in trial.scores().folds().iter().zip(cv.scores().folds()) {
                prop_assert!((a.log_loss - b.log_loss).abs() < 1e-6);
            }
        }
    }
}

/// With a prior of either kind, a calibration, and both.
fn more_than_two_parts() -> Vec<PipelineBuilder> {
    let (labels, texts) = tweets::polar(1);
    let prior = Pipeline::builder().fit(&texts[80..], &labels[80..]).unwrap();
    let plain = || Pipeline::builder();
    let svm = plain().classifier(Classifier::linear_svm());
    vec![
        plain().prior(&prior, Prior::Decision),
        plain().prior(&prior, Prior::Weights),
        svm.calibration(CalibrationMethod::Platt, 3),
        plain().prior(&prior, Prior::Weights).calibration(CalibrationMethod::Isotonic, 2),
        plain().prior(&prior, Prior::Decision).calibration(CalibrationMethod::Temperature, 2),
    ]
}

#[test]
fn a_prior_and_a_calibration_are_part_of_every_fold() {
    let (labels, texts) = tweets::polar(1);
    let (labels, texts) = (&labels[..80], &texts[..80]);
    let weights: Vec<f64> = (0..80).map(|i| 1.0 + f64::from(i % 3)).collect();
    let folds = KFold::new(3).stratified(labels).unwrap();
    let options = CvOptions::new().weights(&weights);
    for builder in more_than_two_parts() {
        let cv = cross_validate(&builder, texts, labels, &folds, &options).unwrap();
        for split in &folds {
            let pick = |rows: &[usize]| -> Vec<&str> { rows.iter().map(|&i| texts[i]).collect() };
            let taught: Vec<bool> = split.train.iter().map(|&i| labels[i]).collect();
            let of_taught: Vec<f64> = split.train.iter().map(|&i| weights[i]).collect();
            let fit_options = FitOptions::new().weights(&of_taught);
            let model = builder.fit_with(&pick(&split.train), &taught, &fit_options).unwrap();
            for &row in &split.test {
                let p = model.predict_proba(texts[row]).unwrap();
                assert!(close(cv.probabilities().row(row), &p), "{row} {builder:?}");
            }
        }
    }
}

#[test]
fn a_search_tries_priors_and_calibrations_as_each_alone() {
    let (labels, texts) = tweets::polar(1);
    let (labels, texts) = (&labels[..80], &texts[..80]);
    let folds = KFold::new(2).stratified(labels).unwrap();
    let options = CvOptions::new();
    for builder in more_than_two_parts() {
        let space = Space::new(builder.clone())
            .vectorizer([1, 2], |params, n| params.ngram_range(1, n))
            .c([0.1, 1.0, 10.0]);
        let stored = serde_json::to_string(&space).unwrap();
        assert_eq!(serde_json::from_str::<Space>(&stored).unwrap(), space);
        let results = GridSearch::new(space).fit(texts, labels, &folds, &options).unwrap();
        for trial in results.trials() {
            let cv = cross_validate(trial.builder(), texts, labels, &folds, &options).unwrap();
            // Steps of an isotonic calibration make much of the little that a warm start differs.
            for (found, alone) in trial.scores().folds().iter().zip(cv.scores().folds()) {
                assert!((found.log_loss - alone.log_loss).abs() < 1e-3, "{found:?} {alone:?}");
            }
            let (prior, calibration) = (trial.param("prior"), trial.param("calibration"));
            assert!(prior.is_some() || calibration.is_some());
        }
        let refit = results.refit(texts, labels, &FitOptions::new()).unwrap();
        let again = results.best().builder().fit(texts, labels).unwrap();
        assert_eq!(refit.to_bytes(), again.to_bytes());

        let budget = Budget::trials(4).folds(2).start(builder.clone());
        let tuned = tune_with(texts, labels, &budget, &options).unwrap();
        for trial in tuned.trials() {
            assert_eq!(trial.param("prior"), results.best().param("prior"));
            assert_eq!(trial.param("calibration"), results.best().param("calibration"));
        }
    }
}

#[test]
fn a_prior_that_no_classifier_of_a_space_can_stand_on_is_refused_first() {
    let (labels, texts) = tweets::polar(1);
    let folds = KFold::new(2).stratified(&labels).unwrap();
    let prior = Pipeline::builder().fit(&texts, &labels).unwrap();
    let builder = Pipeline::builder().prior(&prior, Prior::Weights);
    let space = Space::new(builder).classifier([0.0, 0.5], ClassifierParams::l1_ratio);
    let run = MemoryTracker::default();
    let options = CvOptions::new().tracker(&run);
    let error = GridSearch::new(space).fit(&texts, &labels, &folds, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "prior with an L1 penalty draws weights by L2 alone; use l1_ratio 0.0"
    );
    assert!(run.snapshot().params.is_empty());
}

#[test]
fn the_table_can_be_read_by_anything() {
    let search = GridSearch::new(Space::new(Pipeline::builder()).c(logspace(-1.0, 1.0, 3)));
    let results = search.fit(&TEXTS, &LABELS, &small_folds(), &CvOptions::new()).unwrap();
    let csv = results.to_csv();
    let widths: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(widths, [27; 4]);
    let json = serde_json::to_value(&results).unwrap();
    assert_eq!(json["best"], 0);
    assert_eq!(json["trials"][2]["params"]["C"], "10.0");
    let stored = serde_json::to_string(&search).unwrap();
    assert_eq!(serde_json::from_str::<GridSearch>(&stored).unwrap(), search);
}
