//! What it takes to track: the steps of `measure tracking`.
//!
//! Each works on stores of its own, in a folder that is given, and returns lines of figures. MLflow's client does the same
//! by `benches/peers/mlflow_client.py`, beside which these stand; as there, a figure is the median of its repeats, after one
//! that is not counted. A run here has the tags that MLflow's `start_run` sets (user, program, its kind, commit), a file each.

use std::error::Error;
use std::fs::OpenOptions;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ressenti::dataset::read_tsv;
use ressenti::tracker::{
    Batch, Durability, NoopTracker, Run, RunStatus, Store, Tracker, Value as Param,
};
use ressenti::{FitOptions, Pipeline, Preset};
use serde_json::{Map, Value, json};

use super::floor::{self, Files};
use super::new_folder;

type Figures = Result<Vec<Map<String, Value>>, Box<dyn Error>>;
type Step = fn(&Path) -> Figures;

/// All steps, in the order they are run.
const STEPS: [(&str, Step); 4] = [
    ("run with 5 params and 5 metrics", whole_runs),
    ("100 log_metric", single_metrics),
    ("batch of 1000 metrics", batches),
    ("no-op tracker", no_op),
];

/// Repeats of what takes half a millisecond: the first few find no memory and no folder ready.
const RUNS: usize = 100;

const PARAMS: [&str; 5] = ["model_type", "preprocessing", "vectorizer", "max_features", "C"];
const METRICS: [&str; 5] = ["accuracy", "f1_score", "roc_auc", "precision", "recall"];
const DURABILITIES: [(&str, Durability); 4] = [
    ("no fsync", Durability::Process),
    ("fsync when the run ends", Durability::Finish),
    ("fsync per batch", Durability::Batch),
    ("fsync per call", Durability::Record),
];

/// Runs the steps, or one of them, and prints their figures.
pub(crate) fn run(folder: Option<PathBuf>, only: Option<&str>) -> Result<(), Box<dyn Error>> {
    if let Some(name) = only.filter(|name| STEPS.iter().all(|(step, _)| step != name)) {
        return Err(format!("there is no step {name:?}").into());
    }
    let work = new_folder(folder)?;
    let steps = STEPS.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    for (i, (name, step)) in steps.enumerate() {
        let folder = work.path().join(i.to_string());
        std::fs::create_dir_all(&folder)?;
        for mut line in step(&folder)? {
            line.insert("step".to_owned(), name.into());
            println!("{}", Value::Object(line));
        }
    }
    Ok(())
}

/// Milliseconds of `repeats` calls, after one that is not counted.
fn timed<E: Into<Box<dyn Error>>>(
    repeats: usize,
    mut action: impl FnMut() -> Result<(), E>,
) -> Result<Map<String, Value>, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..=repeats {
        let start = Instant::now();
        action().map_err(Into::into)?;
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    times.remove(0);
    times.sort_by(f64::total_cmp);
    let middle = times[(repeats - 1) / 2].midpoint(times[repeats / 2]);
    let figures = json!({
        "median_ms": middle, "min_ms": times[0], "max_ms": times[repeats - 1], "repeats": repeats,
    });
    Ok(figures.as_object().cloned().unwrap_or_default())
}

/// The same line for each durability.
fn for_each_durability(
    folder: &Path,
    measure: impl Fn(&Store) -> Result<Map<String, Value>, Box<dyn Error>>,
) -> Figures {
    let store = Store::open(folder.join("mlruns"))?;
    let line = |(name, durability)| {
        let mut figures = measure(&store.clone().with_durability(durability))?;
        figures.insert("durability".to_owned(), Value::from(name));
        Ok(figures)
    };
    DURABILITIES.into_iter().map(line).collect()
}

fn one_run(store: &Store) -> ressenti::Result<Run> {
    let run = store.start_run("bench", "run")?;
    PARAMS.iter().try_for_each(|key| run.log_param(key, "value".into()))?;
    METRICS.iter().try_for_each(|key| run.log_metric(key, 0.5, 0))?;
    run.finish(RunStatus::Finished)?;
    Ok(run)
}

/// Adds what the same takes by bare calls.
fn with_floor(
    lines: Figures,
    repeats: usize,
    bare: impl FnMut() -> std::io::Result<()>,
) -> Figures {
    let mut lines = lines?;
    let mut floor = timed(repeats, bare)?;
    floor.insert("durability".to_owned(), "none: bare calls".into());
    lines.push(floor);
    Ok(lines)
}

fn whole_runs(folder: &Path) -> Figures {
    let lines = for_each_durability(folder, |store| timed(RUNS, || one_run(store).map(drop)));
    let run = one_run(&Store::open(folder.join("mlruns"))?)?;
    let experiment = folder.join("mlruns").join(run.experiment_id());
    let files = Files::of(&experiment.join(run.id()))?;
    let meta = std::fs::read(experiment.join(run.id()).join("meta.yaml"))?;
    let mut number = 0;
    with_floor(lines, RUNS, || {
        number += 1;
        let run = experiment.join(format!("{number:032}"));
        files.write(&run)?;
        // Once when it starts, and once when it ends.
        floor::replace(&run.join("meta.yaml"), &meta)
    })
}

fn single_metrics(folder: &Path) -> Figures {
    let lines = for_each_durability(folder, |store| {
        let run = store.start_run("bench", "metrics")?;
        let figures = timed(5, || (0..100).try_for_each(|step| run.log_metric("loss", 0.1, step)));
        run.finish(RunStatus::Finished)?;
        figures
    });
    let mut file = OpenOptions::new().append(true).create(true).open(folder.join("loss"))?;
    with_floor(lines, 5, || {
        (0..100)
            .try_for_each(|step| file.write_all(format!("1700000000000 0.1 {step}\n").as_bytes()))
    })
}

fn batches(folder: &Path) -> Figures {
    for_each_durability(folder, |store| {
        let run: Run = store.start_run("bench", "batches")?;
        let mut base = 0;
        let figures = timed(5, || {
            base += 1_000;
            run.log_batch(
                &(base..base + 1_000).fold(Batch::new(), |b, step| b.metric("batched", 0.1, step)),
            )
        });
        run.finish(RunStatus::Finished)?;
        figures
    })
}

/// Counts what it is told.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU64>);

impl Counter {
    #[expect(clippy::unnecessary_wraps, reason = "what each method of a tracker returns")]
    fn one(&self) -> ressenti::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Tracker for Counter {
    fn log_param(&self, _: &str, _: Param<'_>) -> ressenti::Result<()> {
        self.one()
    }
    fn log_metric(&self, _: &str, _: f64, _: i64) -> ressenti::Result<()> {
        self.one()
    }
    fn set_tag(&self, _: &str, _: &str) -> ressenti::Result<()> {
        self.one()
    }
    fn log_artifact(&self, _: &str, _: &[u8]) -> ressenti::Result<()> {
        self.one()
    }
    fn child(&self, _: &str) -> ressenti::Result<Box<dyn Tracker>> {
        self.one()?;
        Ok(Box::new(self.clone()))
    }
    fn finish(&self, _: RunStatus) -> ressenti::Result<()> {
        self.one()
    }
}

/// What those pay who do not track, as a share of the fit of the 400 tweets of the examples by the preset for tweets.
fn no_op(_: &Path) -> Figures {
    const CALLS: u32 = 10_000_000;
    let data = read_tsv(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/airline.tsv"))?;
    let builder = Pipeline::builder().preset(Preset::Social);
    let counter = Counter::default();
    let options = FitOptions::new().tracker(&counter);
    builder.fit_with(&data.texts, &data.labels, &options)?;
    let calls = counter.0.load(Ordering::Relaxed);
    let fit = timed(5, || builder.fit(&data.texts, &data.labels).map(drop))?;
    let fit_ms = fit["median_ms"].as_f64().ok_or("no figure")?;

    let tracker: &dyn Tracker = &NoopTracker;
    let start = Instant::now();
    for step in 0..CALLS {
        let _ = black_box(black_box(tracker).log_metric("objective", 0.5, step.into()));
    }
    let ns = 1e9 * start.elapsed().as_secs_f64() / f64::from(CALLS);
    let percent = 100.0 * ns * calls as f64 / (1e6 * fit_ms);
    let figures = json!({
        "ns_per_call": ns, "calls_in_a_fit": calls, "fit_ms": fit_ms, "percent_of_the_fit": percent,
    });
    Ok(vec![figures.as_object().cloned().unwrap_or_default()])
}
