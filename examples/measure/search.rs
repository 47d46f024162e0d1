//! How long a search takes in a store of so many runs, in the shape of those that MLflow was measured with: five metrics and
//! six params each, the ten best by one metric, with and without a filter.
//!
//! The store is written by the crate itself into a temporary folder and removed at the end. Every answer is held against
//! what was written. `cold` is a process of its own, from its start to its end.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use ressenti::tracker::{Filter, Order, RunRecord, RunSearch, RunStatus, Store, Tracker};
use serde_json::json;

use super::timed;

const METRICS: [&str; 5] = ["accuracy", "f1_score", "roc_auc", "precision", "recall"];
const PARAMS: [&str; 6] =
    ["model_type", "preprocessing", "vectorizer", "max_features", "C", "ngram"];
const EXPERIMENT: &str = "search";
const FOUND: usize = 10;
/// Writers at once: each waits for the disk most of the time.
const WRITERS: usize = 8;
/// What was changed so shortly before it was indexed is read again.
const GRAIN: Duration = Duration::from_millis(2_100);

fn metric(run: usize, i: usize) -> f64 {
    ((run * 7919 + i) % 10_007) as f64 / 10_007.0
}

fn write(store: &Store, runs: usize) -> ressenti::Result<()> {
    let write_some = |first: usize| -> ressenti::Result<()> {
        for number in (first..runs).step_by(WRITERS) {
            let run = store.start_run(EXPERIMENT, &format!("run {number}"))?;
            for name in PARAMS {
                run.log_param(name, format!("v{}", number % 17).into())?;
            }
            for (i, name) in METRICS.into_iter().enumerate() {
                run.log_metric(name, metric(number, i), 0)?;
            }
            run.finish(RunStatus::Finished)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let writers: Vec<_> =
            (0..WRITERS).map(|first| scope.spawn(move || write_some(first))).collect();
        writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| panicked())?)
    })
}

fn panicked() -> ressenti::Error {
    ressenti::TrackingError::Other("a writer has panicked".to_owned()).into()
}

fn best() -> RunSearch {
    let search = RunSearch::new().experiment_names([EXPERIMENT]);
    search.order(Order::metric("f1_score").desc()).max_results(FOUND)
}

fn filtered() -> RunSearch {
    best().filter(Filter::param("C").eq("v3").and(Filter::metric("accuracy").gt(0.5)))
}

/// The names of the runs that must be found; ties are the caller's to avoid.
fn expected(runs: usize, is_wanted: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut all: Vec<usize> = (0..runs).filter(|&run| is_wanted(run)).collect();
    all.sort_by(|&a, &b| metric(b, 1).total_cmp(&metric(a, 1)));
    all.into_iter().take(FOUND).map(|run| metric(run, 1)).collect()
}

fn found(store: &Store, search: &RunSearch) -> ressenti::Result<Vec<f64>> {
    let page = store.search_runs(search)?;
    let f1 = |run: &RunRecord| run.metrics.get("f1_score").copied().unwrap_or(f64::NAN);
    Ok(page.runs.iter().map(f1).collect())
}

/// One search in a process of its own.
pub(super) fn once(folder: &Path) -> Result<(), Box<dyn Error>> {
    let store = Store::open(folder)?;
    let (best, seconds) = timed(|| found(&store, &best().trust_index()));
    println!("{}", json!({ "best": best?, "seconds": seconds }));
    Ok(())
}

pub(super) fn run(runs: usize, repeats: usize, work: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let folder = work.map_or_else(tempfile::tempdir, tempfile::tempdir_in)?;
    let store = Store::open(folder.path().join("mlruns"))?;
    let (written, seconds) = timed(|| write(&store, runs));
    written?;
    let say = |step: &str, seconds: &mut Vec<f64>| {
        seconds.sort_by(f64::total_cmp);
        let ms = |at: usize| seconds.get(at).map(|x| x * 1e3);
        let n = seconds.len();
        println!(
            "{}",
            json!({ "step": step, "runs": runs, "median_ms": ms(n / 2), "min_ms": ms(0), "max_ms": ms(n.saturating_sub(1)),
                "repeats": n, "threads": rayon::current_num_threads() })
        );
    };
    println!(
        "{}",
        json!({ "step": "write the runs", "runs": runs, "seconds": seconds, "ms_per_run": seconds * 1e3 / runs as f64 })
    );
    thread::sleep(GRAIN);

    let answers =
        [expected(runs, |_| true), expected(runs, |run| run % 17 == 3 && metric(run, 0) > 0.5)];
    let check = |search: &RunSearch, expected: &[f64]| -> Result<f64, Box<dyn Error>> {
        let (found, seconds) = timed(|| found(&store, search));
        if found? != expected {
            return Err("a search has found other runs than were written".into());
        }
        Ok(seconds)
    };
    say("best 10, no index yet", &mut vec![check(&best(), &answers[0])?]);
    let ways: [(&str, How); 2] =
        [("checked index", |search| search), ("trusted index", RunSearch::trust_index)];
    for (name, how) in ways {
        for (what, search, expected) in
            [("best 10", best(), &answers[0]), ("filtered, best 10", filtered(), &answers[1])]
        {
            let search = how(search);
            check(&search, expected)?;
            let seconds: Result<Vec<f64>, _> =
                (0..repeats).map(|_| check(&search, expected)).collect();
            say(&format!("{what}, {name}"), &mut seconds?);
        }
    }
    if runs <= 10_000 {
        say("best 10, without an index", &mut vec![check(&best().without_index(), &answers[0])?]);
    }
    let program = std::env::current_exe()?;
    let mut cold = Vec::new();
    for _ in 0..repeats {
        let (output, seconds) =
            timed(|| Command::new(&program).arg("search-once").arg(store.path()).output());
        let output = output?;
        let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        if said["best"] != json!(answers[0]) {
            return Err("a cold search has found other runs than were written".into());
        }
        cold.push(seconds);
    }
    say("best 10, trusted index, cold", &mut cold);
    let bytes = std::fs::metadata(store.path().join(".ressenti.index"))?.len();
    println!("{}", json!({ "step": "index", "runs": runs, "bytes": bytes }));
    Ok(())
}

/// A way to search.
type How = fn(RunSearch) -> RunSearch;

/// Where the store is written: a folder beside others, or the system's for temporary files.
pub(super) type Work = Option<PathBuf>;
