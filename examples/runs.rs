//! The ten best runs of a tracking store, as a table.
//!
//! ```text
//! cargo run --example runs -- --store mlruns
//! ```
//!
//! You will see a line for each run, the highest `f1_score` first and runs without one last: the start of its id, its model
//! and preprocessing, F1, accuracy, ROC-AUC and when it was started. Runs logged from Python with MLflow are listed, too.
//! `--experiment NAME` lists one experiment only. What cannot be read is reported beside the table.

use std::cmp::Ordering;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use lexopt::prelude::*;
use ressenti::Result;
use ressenti::tracker::{RunRecord, Store};

const USAGE: &str = "usage: runs --store DIR [--experiment NAME]";
const SHOWN: usize = 10;

fn main() -> ExitCode {
    let (store, experiment) = match arguments() {
        // Opening a store creates it, which is not what a misspelt path asks for here.
        Ok((store, _)) if is_missing(&store) => {
            eprintln!("error: there is no folder {store:?}");
            return ExitCode::FAILURE;
        }
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match best_runs(&store, experiment.as_deref()) {
        Ok(runs) => {
            print!("{}", table(&runs));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether a path, or a URI that needs no decoding, names no folder.
fn is_missing(store: &str) -> bool {
    let path = store.strip_prefix("file://").unwrap_or(store);
    !path.contains('%') && !Path::new(path).is_dir()
}

fn arguments() -> Result<(String, Option<String>), lexopt::Error> {
    let (mut store, mut experiment) = (None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("store") => store = Some(parser.value()?.string()?),
            Long("experiment") => experiment = Some(parser.value()?.string()?),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok((store.ok_or("--store is missing")?, experiment))
}

/// The best runs of one experiment or of all.
fn best_runs(store: &str, experiment: Option<&str>) -> Result<Vec<RunRecord>> {
    let store = Store::open(store)?;
    let mut warnings = Vec::new();
    let names = if let Some(name) = experiment {
        vec![name.to_owned()]
    } else {
        let listing = store.experiments()?;
        warnings.extend(listing.warnings);
        listing.records.into_iter().map(|experiment| experiment.name).collect()
    };
    let mut runs = Vec::new();
    for name in names {
        let listing = store.runs(&name)?;
        warnings.extend(listing.warnings);
        runs.extend(listing.records);
    }
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    runs.sort_by(by_f1);
    runs.truncate(SHOWN);
    Ok(runs)
}

/// The highest first, then what is not a number, then runs without an F1. Equal ones stay as the store orders them.
fn by_f1(a: &RunRecord, b: &RunRecord) -> Ordering {
    let key = |run: &RunRecord| {
        run.metrics.get("f1_score").map(|&f1| if f1.is_nan() { (0, 0.0) } else { (1, f1) })
    };
    key(b).partial_cmp(&key(a)).unwrap_or(Ordering::Equal)
}

fn table(runs: &[RunRecord]) -> String {
    let head = ["RUN", "MODEL", "PREPROCESSING", "F1", "ACCURACY", "ROC-AUC", "STARTED (UTC)"]
        .map(str::to_owned);
    let mut rows = vec![head];
    for run in runs {
        let param = |key| run.params.get(key).map_or("-".to_owned(), |text| printable(text));
        let metric = |key| run.metrics.get(key).map_or("-".to_owned(), |x| format!("{x:.4}"));
        rows.push([
            run.id.chars().take(8).collect(),
            param("model_type"),
            param("preprocessing"),
            metric("f1_score"),
            metric("accuracy"),
            metric("roc_auc"),
            date(run.start_time_ms),
        ]);
    }
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let cells =
            row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
                3..=5 => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A param could hold anything, but a table has one line for each run.
fn printable(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(40).collect()
}

fn date(ms: i64) -> String {
    let mut text = String::new();
    let since = u64::try_from(ms).ok().map(Duration::from_millis);
    let date = since
        .and_then(|since| UNIX_EPOCH.checked_add(since))
        .map(humantime::format_rfc3339_seconds);
    // A time after the year 9999 has no such form.
    match date.map(|date| write!(text, "{date}")) {
        Some(Ok(())) => text.replace('T', " ").replace('Z', ""),
        _ => "-".to_owned(),
    }
}
