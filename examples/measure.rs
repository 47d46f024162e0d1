//! Measures the library on your own texts, step by step.
//!
//! ```text
//! cargo run --release --example measure -- speed TRAIN.tsv TEST.tsv [--step NAME]
//! cargo run --release --example measure -- solvers TRAIN.tsv [--c 1.0]
//! cargo run --release --example measure -- multinomial TRAIN.tsv [--c 1.0]
//! cargo run --release --example measure -- cv TRAIN.tsv
//! cargo run --release --example measure -- registry [--dir DIR]
//! cargo run --release --example measure -- tracking [--dir DIR] [--step NAME]
//! cargo run --release --example measure -- search [--runs 5000] [--repeats 5] [--dir DIR]
//! cargo run --release --example measure -- monitor TRAIN.tsv TRAFFIC.tsv
//! cargo run --release --example measure -- retrain OLD.tsv TRAFFIC.tsv TEST.tsv
//! ```
//!
//! You will see one JSON object a line: `step`, `seconds`, `per_s` (texts per second) or `p50_us` and `p99_us` (one text),
//! `peak_mib` (of the process, texts included; on Linux) and `threads`. Each step runs in a process of its own, so that one
//! step's memory is not another's. `floor` cuts and hashes every word of TRAIN once and does nothing else: what no
//! vectorizer can be faster than. `social tokenizer` cuts the texts of TEST on one thread and prints `mb_per_s` (10⁶ bytes).
//!
//! In `batch predict_proba` the first 100,000 texts of TRAIN are scored by a model fitted on its first 50,000, and in
//! `one-text predict_proba` the first 2,000 of TEST by the same model, one after the other, for the second time each; by the
//! preset `social` in the step of that name, and with the terms behind each answer in `one-text explain`. `predict_proba
//! above the floor` does so on one thread beside the floor, for `social` with its tokenizer. `tfidf transform unigram`
//! transforms the texts of TEST by a vectorizer fitted on TRAIN. `RAYON_NUM_THREADS` sets the number of threads.
//!
//! `solvers` (two classes) and `multinomial` (more) train logistic regression to one tolerance after the other: `solver`,
//! `tol`, `seconds` and `gap`, how far the objective is above its minimum, as a share of it.
//!
//! `cv` searches: 20 values of C from 0.01 to 100 by 5 stratified folds, of unigrams and logistic regression. It prints the
//! best C, its accuracy and how long all of it took.
//!
//! `registry` registers and promotes versions and scores by a live model; its figures are of the same steps as those of MLflow's
//! Python client, in milliseconds. Beside them is what writing the same files by bare calls takes, and checking the model that is
//! registered.
//!
//! `tracking` needs no texts: `median_ms` of a whole run, of 100 calls of `log_metric` and of
//! a batch of 1,000 values, each by `durability`, what writing the same files by bare calls takes, and what the no-op tracker
//! takes of a fit. Both leave their stores below DIR, if it is given: what was deleted a moment ago slows what makes files
//! (see `benches/peers/mlflow_client.py`, which is MLflow's side of both).
//!
//! `search` writes so many tracked runs into a temporary folder (in DIR) and searches them: the ten best by a metric, with the
//! index checked and trusted, in this process and in one of its own.
//!
//! `monitor` watches a model of two thirds of TRAIN: what recording a request costs, false alarms of drift in twenty days of texts drawn from the others, every third of TRAIN, and after how many requests it is found that a
//! share of them is of TRAFFIC.
//!
//! `retrain` serves the texts of TRAFFIC in their order by a model of OLD, with their labels as what users say, and follows the
//! default policy: a line for each retraining, with the accuracy on TEST before and after it, after how many texts drift was
//! found, and what the trial in the shadow came to.

use std::collections::BTreeSet;
use std::error::Error;
use std::hash::{DefaultHasher, Hasher};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use ressenti::dataset::{Dataset, read_tsv};
use ressenti::evaluate::KFold;
use ressenti::select::{CvOptions, GridSearch, Metric, Space, logspace};
use ressenti::text::Analyzer;
use ressenti::{
    Classifier, ClassifierParams, DocFreq, Pipeline, PipelineBuilder, Preset, ProfileSource,
    Scratch, Vectorizer, VectorizerParams,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

#[path = "measure/floor.rs"]
mod floor;
#[path = "measure/monitor.rs"]
mod monitor;
#[path = "measure/registry.rs"]
mod registry;
#[path = "measure/retrain.rs"]
mod retrain;
#[path = "measure/search.rs"]
mod search;
#[path = "measure/solvers.rs"]
mod solvers;
#[path = "measure/tracking.rs"]
mod tracking;

const USAGE: &str = "usage: measure speed TRAIN.tsv TEST.tsv [--step NAME]\n       measure solvers|multinomial TRAIN.tsv [--c 1.0]\n       measure cv TRAIN.tsv\n       measure monitor TRAIN.tsv TRAFFIC.tsv\n       measure retrain OLD.tsv TRAFFIC.tsv TEST.tsv\n       measure registry [--dir DIR]\n       measure tracking [--dir DIR] [--step NAME]\n       measure search [--runs 5000] [--repeats 5] [--dir DIR]";

/// What the command line asks for.
enum Task {
    Speed { train: PathBuf, test: PathBuf, step: Option<String> },
    Solvers { train: PathBuf, c: f64, multinomial: bool },
    Cv { train: PathBuf },
    Registry { folder: Option<PathBuf> },
    Tracking { folder: Option<PathBuf>, step: Option<String> },
    Search { runs: usize, repeats: usize, work: search::Work },
    SearchOnce { store: PathBuf },
    Monitor { train: PathBuf, traffic: PathBuf },
    Retrain { old: PathBuf, traffic: PathBuf, test: PathBuf },
}

type Figures = Result<Map<String, Value>, Box<dyn Error>>;
type Step = fn(&Dataset, &Dataset) -> Figures;

const STEPS: [(&str, Step); 18] = [
    ("read the texts only", |_, _| Ok(Map::new())),
    ("floor", floor),
    ("social tokenizer, ASCII texts", |_, test| social(test, true)),
    ("social tokenizer, other texts", |_, test| social(test, false)),
    ("tfidf fit_transform unigram 10k", |train, _| fit_transform(&train.texts, &unigrams())),
    ("tfidf fit_transform 1-2 grams 100k", |train, _| fit_transform(&train.texts, &bigrams())),
    ("tfidf fit_transform words 1-2 + char_wb 2-5, 50k texts", fit_transform_union),
    ("tfidf transform unigram", transform),
    ("LR fit unigram 10k", fit_classifier),
    ("train end to end unigram 10k", train_end_to_end),
    ("train end to end unigram 10k, without a profile", train_without_profile),
    ("batch predict_proba", batch),
    ("one-text predict_proba", one_text),
    ("one-text predict_proba, social", |train, test| Ok(one_by_one(&social_model(train)?, test))),
    ("one-text explain", one_explained),
    ("predict_proba above the floor", above_the_floor),
    ("load model 10k", load),
    ("save model 10k", save),
];

/// A new folder below the one that is given, where it stays, or among temporary files, where it does not.
fn new_folder(below: Option<PathBuf>) -> std::io::Result<TempDir> {
    let mut new = tempfile::Builder::new();
    new.prefix("measure-");
    match below {
        Some(folder) => new.disable_cleanup(true).tempdir_in(folder),
        None => new.tempdir(),
    }
}

fn unigrams() -> VectorizerParams {
    Vectorizer::tfidf().max_features(10_000)
}

fn bigrams() -> VectorizerParams {
    Vectorizer::tfidf().max_features(100_000).ngram_range(1, 2)
}

/// What a careful scikit-learn user takes: words, and characters within them.
fn union() -> VectorizerParams {
    let words = Analyzer::word().strip_accents(true);
    let characters = Vectorizer::tfidf()
        .analyzer(Analyzer::char_wb())
        .ngram_range(2, 5)
        .min_df(DocFreq::Count(3))
        .sublinear_tf(true);
    Vectorizer::tfidf()
        .analyzer(words)
        .ngram_range(1, 2)
        .min_df(DocFreq::Count(2))
        .sublinear_tf(true)
        .beside(characters)
}

/// With scikit-learn's default of `tol`, which means the same.
fn logistic_regression() -> ClassifierParams {
    Classifier::logistic_regression().c(1.0).max_iter(1_000).tol(1e-4)
}

fn baseline() -> PipelineBuilder {
    Pipeline::builder().vectorizer(unigrams()).classifier(logistic_regression())
}

/// What `f` returns and how many seconds it took.
fn timed<R>(f: impl FnOnce() -> R) -> (R, f64) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed().as_secs_f64())
}

/// The shortest of `n` runs.
fn best_of(n: usize, mut f: impl FnMut()) -> f64 {
    (0..n).map(|_| timed(&mut f).1).fold(f64::INFINITY, f64::min)
}

fn rate(seconds: f64, texts: usize) -> Map<String, Value> {
    let mut figures = Map::new();
    figures.insert("seconds".to_owned(), seconds.into());
    figures.insert("per_s".to_owned(), (texts as f64 / seconds).into());
    figures
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a step like the others, though nothing in it can fail"
)]
fn floor(train: &Dataset, _: &Dataset) -> Figures {
    let hash = |text: &String| hashed_words(text);
    let (sum, seconds) = timed(|| train.texts.iter().map(hash).fold(0, u64::wrapping_add));
    black_box(sum);
    Ok(rate(seconds, train.texts.len()))
}

fn hashed(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(word.as_bytes());
    hasher.finish()
}

fn hashed_words(text: &str) -> u64 {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1);
    words.map(hashed).fold(0, u64::wrapping_add)
}

fn hashed_tokens(analyzer: &Analyzer, text: &str) -> u64 {
    let mut sum = 0u64;
    analyzer.for_each_token(text, |token, _| sum = sum.wrapping_add(hashed(token)));
    sum
}

/// The tokenizer for tweets alone, on one thread.
fn social(test: &Dataset, ascii: bool) -> Figures {
    let analyzer = Analyzer::social().build()?;
    let texts: Vec<&String> = test.texts.iter().filter(|text| text.is_ascii() == ascii).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let mut tokens = 0;
    let seconds = best_of(20, || {
        tokens = 0;
        for text in &texts {
            analyzer.for_each_token(text, |token, _| tokens += usize::from(!token.is_empty()));
        }
    });
    let mut figures = rate(seconds, texts.len());
    figures.insert("tokens".to_owned(), tokens.into());
    figures.insert("mb_per_s".to_owned(), (bytes as f64 / seconds / 1e6).into());
    Ok(figures)
}

fn fit_transform(texts: &[String], params: &VectorizerParams) -> Figures {
    let (fitted, seconds) = timed(|| params.fit_transform(texts));
    let (vectorizer, rows) = fitted?;
    let mut figures = rate(seconds, texts.len());
    figures.insert("columns".to_owned(), vectorizer.n_features().into());
    figures.insert("nnz".to_owned(), rows.nnz().into());
    Ok(figures)
}

fn fit_transform_union(train: &Dataset, _: &Dataset) -> Figures {
    fit_transform(&train.texts[..train.texts.len().min(50_000)], &union())
}

fn transform(train: &Dataset, test: &Dataset) -> Figures {
    let vectorizer = unigrams().fit(&train.texts)?;
    let seconds = best_of(5, || drop(black_box(vectorizer.transform(&test.texts))));
    Ok(rate(seconds, test.texts.len()))
}

fn fit_classifier(train: &Dataset, _: &Dataset) -> Figures {
    let (_, rows) = unigrams().fit_transform(&train.texts)?;
    let (params, labels) = (logistic_regression(), in_one_piece(&train.labels));
    let (classifier, seconds) = timed(|| params.fit(&rows, &labels));
    classifier?;
    Ok(rate(seconds, train.texts.len()))
}

/// The same labels in one piece of memory, where numpy has them for scikit-learn, and not each elsewhere.
fn in_one_piece(labels: &[String]) -> Vec<&str> {
    let distinct: BTreeSet<&str> = labels.iter().map(String::as_str).collect();
    labels.iter().filter_map(|label| distinct.get(label.as_str()).copied()).collect()
}

fn train_end_to_end(train: &Dataset, _: &Dataset) -> Figures {
    trained(train, &baseline())
}

/// Without the profile of the model's answers, which scikit-learn does not make.
fn train_without_profile(train: &Dataset, _: &Dataset) -> Figures {
    trained(train, &baseline().profile(ProfileSource::Off))
}

fn trained(train: &Dataset, builder: &PipelineBuilder) -> Figures {
    let labels = in_one_piece(&train.labels);
    let (pipeline, seconds) = timed(|| builder.fit(&train.texts, &labels));
    pipeline?;
    Ok(rate(seconds, train.texts.len()))
}

/// A model fitted on the first 50,000 texts.
fn small_model(train: &Dataset) -> ressenti::Result<Pipeline> {
    let n = train.texts.len().min(50_000);
    baseline().fit(&train.texts[..n], &train.labels[..n])
}

fn batch(train: &Dataset, _: &Dataset) -> Figures {
    let pipeline = small_model(train)?;
    let texts = &train.texts[..train.texts.len().min(100_000)];
    let seconds = best_of(3, || drop(black_box(pipeline.predict_batch(texts))));
    Ok(rate(seconds, texts.len()))
}

/// The same texts by the preset for tweets.
fn social_model(train: &Dataset) -> ressenti::Result<Pipeline> {
    let n = train.texts.len().min(50_000);
    let builder = Pipeline::builder().preset(Preset::Social);
    builder.fit(&train.texts[..n], &train.labels[..n])
}

/// Microseconds of `f`, for each of the first 2,000 texts, in ascending order; each was seen once before.
fn micros_of<R>(test: &Dataset, mut f: impl FnMut(&str) -> R) -> Vec<f64> {
    let texts = &test.texts[..test.texts.len().min(2_000)];
    for text in texts {
        black_box(f(text));
    }
    let mut micros: Vec<f64> =
        texts.iter().map(|text| timed(|| drop(black_box(f(text)))).1 * 1e6).collect();
    micros.sort_by(f64::total_cmp);
    micros
}

fn percentile(micros: &[f64], p: usize) -> Option<f64> {
    micros.get(micros.len() * p / 100).copied()
}

fn one_by_one(pipeline: &Pipeline, test: &Dataset) -> Map<String, Value> {
    let (mut scratch, mut out) = (Scratch::new(), Vec::new());
    let micros =
        micros_of(test, |text| pipeline.predict_proba_into(text, &mut scratch, &mut out).is_ok());
    let figures = json!({ "p50_us": percentile(&micros, 50), "p99_us": percentile(&micros, 99) });
    figures.as_object().cloned().unwrap_or_default()
}

fn one_text(train: &Dataset, test: &Dataset) -> Figures {
    Ok(one_by_one(&small_model(train)?, test))
}

/// How long the terms of a text take, beside its label alone.
fn one_explained(train: &Dataset, test: &Dataset) -> Figures {
    let mut figures = Map::new();
    for (name, pipeline) in [("baseline", small_model(train)?), ("social", social_model(train)?)] {
        let explained = percentile(&micros_of(test, |text| pipeline.explain(text)), 50);
        let scored = percentile(&micros_of(test, |text| pipeline.predict(text)), 50);
        let (explained, scored) = explained.zip(scored).ok_or("there are no texts")?;
        figures.insert(format!("{name}_p50_us"), explained.into());
        figures.insert(format!("{name}_times_a_score"), (explained / scored).into());
    }
    Ok(figures)
}

/// How long one thread takes to score texts, beside the floor under it.
fn above_the_floor(train: &Dataset, test: &Dataset) -> Figures {
    let (mut figures, tweets) = (Map::new(), Analyzer::social().build()?);
    for (name, pipeline) in [("baseline", small_model(train)?), ("social", social_model(train)?)] {
        let (mut scratch, mut out) = (Scratch::new(), Vec::new());
        let floor = best_of(20, || {
            let hashed = |text: &String| {
                if name == "social" { hashed_tokens(&tweets, text) } else { hashed_words(text) }
            };
            black_box(test.texts.iter().map(hashed).fold(0, u64::wrapping_add));
        });
        let scored = best_of(20, || {
            for text in &test.texts {
                let _ = black_box(pipeline.predict_proba_into(text, &mut scratch, &mut out));
            }
        });
        let per_text = 1e6 / test.texts.len() as f64;
        figures.insert(format!("{name}_us"), (scored * per_text).into());
        figures.insert(format!("{name}_floor_us"), (floor * per_text).into());
        figures.insert(format!("{name}_times_the_floor"), (scored / floor).into());
    }
    Ok(figures)
}

fn load(train: &Dataset, _: &Dataset) -> Figures {
    let bytes = small_model(train)?.to_bytes();
    let seconds = best_of(5, || drop(black_box(Pipeline::from_bytes(&bytes))));
    Ok(json!({ "seconds": seconds, "bytes": bytes.len() }).as_object().cloned().unwrap_or_default())
}

fn save(train: &Dataset, _: &Dataset) -> Figures {
    let pipeline = small_model(train)?;
    let seconds = best_of(5, || drop(black_box(pipeline.to_bytes())));
    Ok(json!({ "seconds": seconds }).as_object().cloned().unwrap_or_default())
}

/// A search over values of C.
fn cv(data: &Dataset) -> Result<(), Box<dyn Error>> {
    let search = || {
        let folds = KFold::new(5).stratified(&data.labels)?;
        let search = GridSearch::new(Space::new(baseline()).c(logspace(-2.0, 2.0, 20)));
        search.fit(&data.texts, &data.labels, &folds, &CvOptions::new())
    };
    let (results, seconds) = timed(search);
    let results = results?;
    let best = results.best();
    let accuracy = best.scores().estimate(Metric::Accuracy).ok_or("accuracy is undefined")?;
    let c: f64 = best.param("C").ok_or("there is no C")?.parse()?;
    println!(
        "{}",
        json!({ "seconds": seconds, "c": c, "accuracy": accuracy.mean, "std_error": accuracy.std_error,
            "converged": results.trials().iter().all(ressenti::select::Trial::converged),
            "threads": rayon::current_num_threads() })
    );
    Ok(())
}

/// The most memory that this process has held, in MiB.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}

fn run(train: &Path, test: &Path, step: Option<&str>) -> Result<(), Box<dyn Error>> {
    let Some(step) = step else {
        for (name, _) in STEPS {
            let program = std::env::current_exe()?;
            let status = Command::new(program)
                .arg("speed")
                .args([train, test])
                .args(["--step", name])
                .status()?;
            if !status.success() {
                return Err(format!("step {name:?} failed").into());
            }
        }
        return Ok(());
    };
    let named = STEPS.iter().find(|(name, _)| *name == step);
    let (_, measure) = named.ok_or_else(|| format!("there is no step {step:?}"))?;
    let (train, test) = (read_tsv(train)?, read_tsv(test)?);
    let mut figures = measure(&train, &test)?;
    figures.insert("step".to_owned(), step.into());
    figures.insert("peak_mib".to_owned(), peak_mib().into());
    figures.insert("threads".to_owned(), rayon::current_num_threads().into());
    println!("{}", Value::Object(figures));
    Ok(())
}

fn main() -> ExitCode {
    let task = match arguments() {
        Ok(task) => task,
        Err(error) => {
            eprintln!("measure: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = match task {
        Task::Speed { train, test, step } => run(&train, &test, step.as_deref()),
        Task::Solvers { train, c, multinomial } => {
            read_tsv(train).map_err(Box::from).and_then(|data| solvers::run(&data, c, multinomial))
        }
        Task::Cv { train } => read_tsv(train).map_err(Box::from).and_then(|data| cv(&data)),
        Task::Registry { folder } => registry::run(folder),
        Task::Tracking { folder, step } => tracking::run(folder, step.as_deref()),
        Task::Search { runs, repeats, work } => search::run(runs, repeats, work.as_deref()),
        Task::SearchOnce { store } => search::once(&store),
        Task::Monitor { train, traffic } => {
            let both = read_tsv(train).and_then(|train| Ok((train, read_tsv(traffic)?)));
            both.map_err(Box::from).and_then(|(train, traffic)| monitor::run(&train, &traffic))
        }
        Task::Retrain { old, traffic, test } => {
            let all = || Ok((read_tsv(old)?, read_tsv(traffic)?, read_tsv(test)?));
            all()
                .map_err(|error: ressenti::Error| error.into())
                .and_then(|(old, traffic, test)| retrain::run(&old, &traffic, &test))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("measure: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Task, lexopt::Error> {
    use lexopt::prelude::*;
    let (mut values, mut step, mut folder, mut c) = (Vec::new(), None, None, 1.0);
    let (mut runs, mut repeats) = (5_000, 5);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("step") => step = Some(arguments.value()?.string()?),
            Long("dir") => folder = Some(PathBuf::from(arguments.value()?)),
            Long("c") => c = arguments.value()?.parse()?,
            Long("runs") => runs = arguments.value()?.parse()?,
            Long("repeats") => repeats = arguments.value()?.parse()?,
            Value(value) => values.push(value),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            other => return Err(other.unexpected()),
        }
    }
    match values.as_slice() {
        [what, train, test] if what == "speed" => {
            Ok(Task::Speed { train: train.into(), test: test.into(), step })
        }
        [what, old, traffic, test] if what == "retrain" => {
            Ok(Task::Retrain { old: old.into(), traffic: traffic.into(), test: test.into() })
        }
        [what, train, traffic] if what == "monitor" => {
            Ok(Task::Monitor { train: train.into(), traffic: traffic.into() })
        }
        [what, train] if what == "solvers" || what == "multinomial" => {
            Ok(Task::Solvers { train: train.into(), c, multinomial: what == "multinomial" })
        }
        [what, train] if what == "cv" => Ok(Task::Cv { train: train.into() }),
        [what] if what == "registry" => Ok(Task::Registry { folder }),
        [what] if what == "tracking" => Ok(Task::Tracking { folder, step }),
        [what] if what == "search" => Ok(Task::Search { runs, repeats, work: folder }),
        [what, store] if what == "search-once" => Ok(Task::SearchOnce { store: store.into() }),
        _ => Err(
            "expected: speed TRAIN.tsv TEST.tsv; solvers, multinomial or cv, each with TRAIN.tsv; monitor TRAIN.tsv TRAFFIC.tsv; retrain OLD.tsv TRAFFIC.tsv TEST.tsv; registry, tracking or search"
                .into(),
        ),
    }
}
