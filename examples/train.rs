//! Trains a pipeline on your own texts, evaluates it, and saves, tracks or prints what you ask for.
//!
//! ```text
//! cargo run --release --example train -- --train T.tsv [--test U.tsv] [--preset baseline] [--language English]
//!                                        [--model OUT.ressenti] [--folds 10] [--tune] [--trials 40]
//!                                        [--store DIR] [--json] [--against ANSWERS.txt]
//! ```
//!
//! Files have the header `label<TAB>text`. You will see a progress bar (on a terminal), then the classification report.
//! Presets are baseline, social, reviews and long. Without `--test`, a fifth of the texts is kept out of training to evaluate
//! on. With `--json` the last line is one JSON object with the figures, and nothing else is printed on standard output; its
//! `preset` is null where the settings are those of none.
//!
//! With `--folds 10` no model is trained but one for each fold, in which text i is in fold i mod 10: you will see the mean of
//! each figure and its standard error. `--tune` looks for better settings first, in 40 trials or as many as
//! `--trials` says, and prints how each did. `--store` keeps a run of either, and one inside it for each trial.
//!
//! `--against` names a file with the answers of another model to the texts of `--test`, one label a line. You will see how
//! many each model alone gets right, McNemar's p-value, and the difference of their accuracies and of their F1 (of two
//! classes; else the macro F1) with the intervals that hold 95 % of the bootstrap's resamples.

use std::error::Error;
use std::fmt::Display;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use ressenti::dataset::{Dataset, read_tsv};
use ressenti::evaluate::{
    Answers, Bootstrap, ConfusionMatrix, Folds, McNemarMethod, mcnemar, stratified_split,
};
use ressenti::select::{Budget, CvOptions, Metric, cross_validate, tune_with};
use ressenti::text::Language;
use ressenti::tracker::{NoopTracker, RunStatus, Store, Tracker};
use ressenti::{FitOptions, Pipeline, PipelineBuilder, Preset, Step};
use serde_json::json;

const USAGE: &str = "usage: train --train T.tsv [--test U.tsv] [--preset baseline] [--language English] [--model OUT.ressenti] [--folds 10] [--tune] [--trials 40] [--store DIR] [--json] [--against ANSWERS.txt]";

struct Options {
    train: PathBuf,
    test: Option<PathBuf>,
    preset: Preset,
    language: Language,
    model: Option<PathBuf>,
    folds: Option<usize>,
    tune: bool,
    trials: usize,
    store: Option<String>,
    json: bool,
    against: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = match Options::parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("train: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("train: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut builder = Pipeline::builder().preset_for(options.preset, options.language);
    let data = read_tsv(&options.train)?;
    let run = match &options.store {
        Some(store) => Some(
            Store::open(store)?.start_run("sentiment-analysis-twitter", options.preset.as_str())?,
        ),
        None => None,
    };
    // A run that is left early, by an error, is a failed one.
    let tracker: &dyn Tracker = run.as_ref().map_or(&NoopTracker, |run| run);
    if let Some(n) = options.folds {
        return fold_by_fold(&builder, &data, n, options, tracker);
    }
    let (train, test) = match &options.test {
        Some(path) => (data, read_tsv(path)?),
        None => hold_out_a_fifth(&data)?,
    };

    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len}")?);
    let show = |step: Step| {
        bar.set_message(step.stage.name());
        bar.set_length(step.total as u64);
        bar.set_position(step.done as u64);
        ControlFlow::Continue(())
    };
    let mut fit_options = FitOptions::new().tracker(tracker);
    let mut cv_options = CvOptions::new().tracker(tracker);
    if std::io::stderr().is_terminal() {
        fit_options = fit_options.progress(&show);
        cv_options = cv_options.progress(&show);
    }
    if options.tune {
        let budget = Budget::trials(options.trials).start(builder);
        let results = tune_with(&train.texts, &train.labels, &budget, &cv_options)?;
        eprint!("{}", results.to_csv());
        results.tracking_errors().iter().for_each(warn);
        builder = results.best().builder().clone();
    }
    let start = Instant::now();
    let pipeline = builder.fit_with(&train.texts, &train.labels, &fit_options)?;
    let fit_seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();

    // First of all the model; a full disk costs neither the run nor the figures.
    let saved = options.model.as_ref().map_or(Ok(()), |path| pipeline.save(path));
    let report = pipeline.evaluate_with(&test.texts, &test.labels, tracker)?;
    pipeline.fit_report().tracking_errors().iter().chain(report.tracking_errors()).for_each(warn);
    let status = if saved.is_ok() { RunStatus::Finished } else { RunStatus::Failed };
    for logged in [
        pipeline.log_to(tracker),
        tracker.log_metric("fit_seconds", fit_seconds, 0),
        tracker.finish(status),
    ] {
        logged.unwrap_or_else(warn);
    }
    if !pipeline.fit_report().converged() {
        eprintln!("train: stopped before it had converged; {:?}", pipeline.fit_report());
    }

    let against = match &options.against {
        Some(path) => Some(compare(&pipeline, &test, path)?),
        None => None,
    };
    if options.json {
        let mut line = json!({
            "preset": pipeline.preset().map(|(name, _)| name),
            "rows": train.texts.len(),
            "classes": pipeline.classes().len(),
            "features": pipeline.vectorizer().n_features(),
            "accuracy": report.accuracy(),
            "f1_macro": report.f1_macro(),
            "fit_seconds": fit_seconds,
            "model_bytes": pipeline.to_bytes().len(),
        });
        if pipeline.classes().len() == 2 {
            line["f1"] = report.f1().into();
            line["roc_auc"] = report.roc_auc().into();
        }
        if let Some(against) = against {
            line["against"] = against;
        }
        println!("{line}");
    } else {
        println!("{report}");
        println!("\ntrained on {} texts in {fit_seconds:.2} s", train.texts.len());
        if let Some(against) = against {
            println!("{against:#}");
        }
    }
    Ok(saved?)
}

/// What the tracker could not do costs neither the model nor the figures.
fn warn(message: impl Display) {
    eprintln!("train: {message}");
}

/// The pipeline's answers beside those of another model, which are in a file.
fn compare(
    pipeline: &Pipeline,
    test: &Dataset,
    path: &Path,
) -> Result<serde_json::Value, Box<dyn Error>> {
    let classes = pipeline.classes();
    let place = |label: &str| {
        let found = classes.iter().position(|class| class == label);
        found.ok_or_else(|| format!("{}: {label:?} is none of {classes:?}", path.display()))
    };
    let truth = test.labels.iter().map(|label| place(label)).collect::<Result<Vec<_>, _>>()?;
    let answers = std::fs::read_to_string(path)?;
    let theirs = answers.lines().map(place).collect::<Result<Vec<_>, _>>()?;
    let ours = pipeline.predict_batch(&test.texts).into_iter();
    let ours = ours.map(|answer| Ok(answer?.class())).collect::<ressenti::Result<Vec<_>>>()?;

    let counts = mcnemar(&truth, &ours, &theirs, McNemarMethod::Auto)?;
    let first = Answers { truth: &truth, predicted: &ours, scores: &[] };
    let second = Answers { predicted: &theirs, ..first };
    let (n, positive) = (classes.len(), pipeline.classifier().positive());
    let matrix = |a: &Answers<'_>| ConfusionMatrix::new(n, a.truth, a.predicted);
    let accuracy = |a: &Answers<'_>| Ok(Some(matrix(a)?.accuracy()));
    let f1 = |a: &Answers<'_>| {
        let matrix = matrix(a)?;
        Ok(Some(if n == 2 { matrix.f1(positive) } else { matrix.macro_average().f1 }))
    };
    let bootstrap = Bootstrap::new();
    Ok(json!({
        "only_ours": counts.only_first,
        "only_theirs": counts.only_second,
        "p_value": counts.p_value,
        "accuracy": bootstrap.interval(&first, accuracy)?,
        "their_accuracy": bootstrap.interval(&second, accuracy)?,
        "accuracy_difference": bootstrap.difference(&first, &second, accuracy)?,
        "f1": bootstrap.interval(&first, f1)?,
        "their_f1": bootstrap.interval(&second, f1)?,
        "f1_difference": bootstrap.difference(&first, &second, f1)?,
    }))
}

/// Figures of a model for each fold, their means and standard errors.
fn fold_by_fold(
    builder: &PipelineBuilder,
    data: &Dataset,
    n: usize,
    options: &Options,
    tracker: &dyn Tracker,
) -> Result<(), Box<dyn Error>> {
    if options.tune || options.test.is_some() || options.model.is_some() {
        return Err("--folds trains a model for each fold and keeps none; leave out --test, --model and --tune".into());
    }
    let folds = Folds::interleaved(data.texts.len(), n)?;
    let start = Instant::now();
    let cv_options = CvOptions::new().tracker(tracker);
    let cv = cross_validate(builder, &data.texts, &data.labels, &folds, &cv_options)?;
    let seconds = start.elapsed().as_secs_f64();
    cv.tracking_errors().iter().for_each(warn);
    tracker.finish(RunStatus::Finished).unwrap_or_else(warn);
    let mut line = json!({ "preset": options.preset.as_str(), "rows": data.texts.len(), "folds": n, "seconds": seconds });
    let metrics = [Metric::Accuracy, Metric::F1Macro, Metric::F1, Metric::RocAuc, Metric::LogLoss];
    for (name, metric) in metrics.map(|metric| (metric.name(), metric)) {
        let Some(estimate) = cv.scores().estimate(metric) else { continue };
        if !options.json {
            println!("{name:>12}  {:.4} ± {:.4}", estimate.mean, estimate.std_error);
        }
        // As a model that is evaluated once has it.
        line[if name == "f1_score" { "f1" } else { name }] = estimate.mean.into();
    }
    if options.json {
        println!("{line}");
    }
    if !cv.fit_reports().iter().all(ressenti::FitReport::converged) {
        eprintln!("train: not every model has converged; {:?}", cv.fit_reports());
    }
    Ok(())
}

/// By its English name; stemmers are what languages are known by.
fn language(name: &str) -> Result<Language, String> {
    let known = [Language::English, Language::French, Language::German, Language::Spanish];
    let found = known.into_iter().find(|language| language.name() == name);
    found.ok_or_else(|| format!("--language {name:?} is none of {known:?}"))
}

fn hold_out_a_fifth(data: &Dataset) -> ressenti::Result<(Dataset, Dataset)> {
    let split = stratified_split(&data.labels, 0.2, 0)?;
    let pick = |rows: &[usize]| Dataset {
        labels: rows.iter().map(|&i| data.labels[i].clone()).collect(),
        texts: rows.iter().map(|&i| data.texts[i].clone()).collect(),
    };
    Ok((pick(&split.train), pick(&split.test)))
}

impl Options {
    fn parse() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;
        let (mut train, mut test, mut model, mut store, mut json) = (None, None, None, None, false);
        let (mut preset, mut language) = (Preset::Baseline, Language::English);
        let (mut folds, mut tune, mut trials, mut against) = (None, false, None, None);
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("train") => train = Some(arguments.value()?.into()),
                Long("test") => test = Some(arguments.value()?.into()),
                Long("preset") => preset = arguments.value()?.parse()?,
                Long("language") => language = arguments.value()?.parse_with(self::language)?,
                Long("model") => model = Some(arguments.value()?.into()),
                Long("folds") => folds = Some(arguments.value()?.parse()?),
                Long("tune") => tune = true,
                Long("trials") => trials = Some(arguments.value()?.parse()?),
                Long("against") => against = Some(arguments.value()?.into()),
                Long("store") => store = Some(arguments.value()?.string()?),
                Long("json") => json = true,
                Short('h') | Long("help") => {
                    println!("{USAGE}");
                    std::process::exit(0);
                }
                other => return Err(other.unexpected()),
            }
        }
        let train = train.ok_or("--train is missing")?;
        if against.is_some() && (test.is_none() || folds.is_some()) {
            return Err(
                "--against needs the texts that were answered: give --test, without --folds".into(),
            );
        }
        if trials.is_some() && !tune {
            return Err("--trials are those of --tune, which is missing".into());
        }
        let trials = trials.unwrap_or(40);
        Ok(Self { train, test, preset, language, model, folds, tune, trials, store, json, against })
    }
}
