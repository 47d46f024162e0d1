//! Trains a pipeline on your own texts, evaluates it, and saves, tracks or prints what you ask for.
//!
//! ```text
//! cargo run --release --example train -- --train T.tsv [--test U.tsv] [--preset baseline] [--language English]
//!                                        [--model OUT.ressenti] [--store DIR] [--json]
//! ```
//!
//! Files have the header `label<TAB>text`. You will see a progress bar (on a terminal), then the classification report.
//! Presets are
//! baseline, social, reviews and long. Without `--test`, a fifth of the texts is kept out of training to evaluate on. With `--json` the last line is one JSON
//! object with the figures, and nothing else is printed on standard output.

use std::error::Error;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use ressenti::dataset::{Dataset, read_tsv};
use ressenti::evaluate::stratified_split;
use ressenti::text::Language;
use ressenti::tracker::{NoopTracker, RunStatus, Store, Tracker};
use ressenti::{FitOptions, Pipeline, Preset, Step};
use serde_json::json;

const USAGE: &str = "usage: train --train T.tsv [--test U.tsv] [--preset baseline] [--language English] [--model OUT.ressenti] [--store DIR] [--json]";

struct Options {
    train: PathBuf,
    test: Option<PathBuf>,
    preset: Preset,
    language: Language,
    model: Option<PathBuf>,
    store: Option<String>,
    json: bool,
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
    let builder = Pipeline::builder().preset_for(options.preset, options.language);
    let data = read_tsv(&options.train)?;
    let (train, test) = match &options.test {
        Some(path) => (data, read_tsv(path)?),
        None => hold_out_a_fifth(&data)?,
    };

    let run = match &options.store {
        Some(store) => Some(
            Store::open(store)?.start_run("sentiment-analysis-twitter", options.preset.as_str())?,
        ),
        None => None,
    };
    let tracker: &dyn Tracker = run.as_ref().map_or(&NoopTracker, |run| run);

    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len}")?);
    let show = |step: Step| {
        bar.set_message(step.stage.name());
        bar.set_length(step.total as u64);
        bar.set_position(step.done as u64);
        ControlFlow::Continue(())
    };
    let mut fit_options = FitOptions::new().tracker(tracker);
    if std::io::stderr().is_terminal() {
        fit_options = fit_options.progress(&show);
    }
    let start = Instant::now();
    let pipeline = builder.fit_with(&train.texts, &train.labels, &fit_options)?;
    let fit_seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();

    if let Some(path) = &options.model {
        pipeline.save(path)?;
    }
    let report = pipeline.evaluate_with(&test.texts, &test.labels, tracker)?;
    pipeline.log_to(tracker)?;
    tracker.log_metric("fit_seconds", fit_seconds, 0)?;
    tracker.finish(RunStatus::Finished)?;
    for message in pipeline.fit_report().tracking_errors().iter().chain(report.tracking_errors()) {
        eprintln!("train: {message}");
    }
    if !pipeline.fit_report().converged() {
        eprintln!("train: stopped before it had converged; {:?}", pipeline.fit_report());
    }

    if options.json {
        let mut line = json!({
            "preset": options.preset.as_str(),
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
        println!("{line}");
    } else {
        println!("{report}");
        println!("\ntrained on {} texts in {fit_seconds:.2} s", train.texts.len());
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
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("train") => train = Some(arguments.value()?.into()),
                Long("test") => test = Some(arguments.value()?.into()),
                Long("preset") => preset = arguments.value()?.parse()?,
                Long("language") => language = arguments.value()?.parse_with(self::language)?,
                Long("model") => model = Some(arguments.value()?.into()),
                Long("store") => store = Some(arguments.value()?.string()?),
                Long("json") => json = true,
                Short('h') | Long("help") => {
                    println!("{USAGE}");
                    std::process::exit(0);
                }
                other => return Err(other.unexpected()),
            }
        }
        Ok(Self {
            train: train.ok_or("--train is missing")?,
            test,
            preset,
            language,
            model,
            store,
            json,
        })
    }
}
