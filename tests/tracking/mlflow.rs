//! MLflow itself reads what the store writes. Ignored, because it needs Python: `.ci/mlflow` runs it, then
//! `tests/mlflow/reads.py` on the store and the facts that it leaves in `$RESSENTI_MLFLOW_DIR`.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::common::facts::{experiments, number, run_facts};
use ressenti::tracker::{DatasetInput, Run, RunStatus, Store, Tracker};
use ressenti::{Pipeline, Result};
use serde_json::{Map, Value, json};

/// A run, and beside it what it was told.
struct Told {
    run: Run,
    facts: Value,
}

impl Told {
    fn new(run: Run, name: &str) -> Self {
        let facts = json!({
            "name": name, "status": "RUNNING", "experiment_id": run.experiment_id(), "params": {}, "metric_history": {},
            "tags": {"mlflow.runName": name, "mlflow.source.type": "LOCAL"}, "datasets": [], "artifacts": [],
        });
        Self { run, facts }
    }

    fn list(&mut self, key: &str) -> &mut Vec<Value> {
        self.facts[key].as_array_mut().expect("an array")
    }

    fn param(&mut self, key: &str, value: &str) -> Result<()> {
        self.facts["params"][key] = json!(value);
        self.run.log_param(key, value.into())
    }

    fn metric(&mut self, key: &str, value: f64, step: i64) -> Result<()> {
        let history = self.facts["metric_history"].as_object_mut().expect("an object");
        let points = history.entry(key).or_insert_with(|| json!([]));
        // It has the time from the clock.
        points.as_array_mut().expect("an array").push(json!([null, number(value), step]));
        self.run.log_metric(key, value, step)
    }

    fn tag(&mut self, key: &str, value: &str) -> Result<()> {
        self.facts["tags"][key] = json!(value);
        self.run.set_tag(key, value)
    }

    fn artifact(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        self.list("artifacts").push(json!([path, bytes.len()]));
        self.run.log_artifact(path, bytes)
    }

    fn input(&mut self, input: &DatasetInput, facts: Value) -> Result<()> {
        self.list("datasets").push(facts);
        self.run.log_input(input)
    }

    fn child(&self, name: &str) -> Result<Self> {
        let mut child = Self::new(self.run.child(name)?, name);
        child.facts["tags"]["mlflow.parentRunId"] = json!(self.run.id());
        Ok(child)
    }

    fn finish(mut self, status: RunStatus, into: &mut Map<String, Value>) -> Result<()> {
        self.facts["status"] = json!(status.name());
        if let Some(artifacts) = self.facts["artifacts"].as_array_mut() {
            artifacts.sort_by_key(|artifact| artifact[0].to_string());
        }
        self.run.finish(status)?;
        into.insert(self.run.id().to_owned(), self.facts);
        Ok(())
    }
}

/// What was told, and what of the clock and the machine our own reader adds to it; they must not contradict each other.
fn merge(place: &str, told: &mut Value, read: Value) {
    match (told, read) {
        (Value::Object(told), Value::Object(read)) => {
            for (key, value) in read {
                merge(&format!("{place}, {key}"), told.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(told), Value::Array(read)) => {
            assert_eq!(told.len(), read.len(), "{place}");
            told.iter_mut().zip(read).for_each(|(told, read)| merge(place, told, read));
        }
        (told @ Value::Null, read) => *told = read,
        (told, read) => assert_eq!(*told, read, "{place}"),
    }
}

fn folder() -> PathBuf {
    env::var_os("RESSENTI_MLFLOW_DIR").expect("RESSENTI_MLFLOW_DIR names a folder").into()
}

fn leave_facts(facts: &Value) {
    let facts = serde_json::to_string_pretty(facts).expect("JSON");
    fs::write(folder().join("facts.json"), facts).expect("a folder to write to");
}

/// What our own reader reads.
fn read(store: &Store) -> Value {
    let mut facts = experiments(store);
    for experiment in facts.values_mut() {
        let name = experiment["name"].as_str().expect("a name").to_owned();
        let listing = store.runs(&name).expect("an experiment");
        let runs = listing.into_iter().map(|run| (run.id.clone(), run_facts(&run)));
        experiment["runs"] = runs.collect::<Map<_, _>>().into();
    }
    facts.into()
}

/// For a store that something else wrote, such as the quickstart: MLflow and our reader must read the same.
#[test]
#[ignore = "needs Python; run by .ci/mlflow"]
fn tells_what_our_own_reader_reads() -> Result<()> {
    let store = env::var_os("RESSENTI_MLFLOW_STORE").expect("RESSENTI_MLFLOW_STORE names a store");
    let store = Store::open(store)?;
    let facts = read(&store);
    let experiments = facts.as_object().expect("an object");
    for runs in experiments.values().map(|experiment| &experiment["runs"]) {
        let runs = runs.as_object().expect("an object");
        assert!(!runs.is_empty() && runs.values().all(|run| run["status"] == "FINISHED"));
    }
    assert!(!experiments.is_empty());
    leave_facts(&facts);
    Ok(())
}

/// Texts that YAML would take for something else, or fold, and names at their limits.
fn odd_strings(store: &Store, name: &str, into: &mut Map<String, Value>) -> Result<()> {
    let mut strings = Told::new(store.start_run(name, name)?, name);
    let long = "words ".repeat(40);
    let values = [
        "yes",
        "1e3",
        "017",
        "null",
        "~",
        "",
        " ",
        "it's \"quoted\"",
        "😀 ☕",
        "a\nb\n",
        "\u{85}\u{2028}",
        &long,
    ];
    for (i, value) in values.into_iter().enumerate() {
        strings.param(&format!("value {i}"), value)?;
        strings.tag(&format!("value.{i}"), value)?;
    }
    strings.param(&format!("{}/{}", "k".repeat(124), "é".repeat(125)), "at both limits")?;
    strings.tag("naïve/数: a-b_c", "a key of letters")?;
    strings.artifact("été/😀 100%.txt", b"x")?;
    strings.finish(RunStatus::Killed, into)?;
    Ok(())
}

/// Numbers of every kind, and a line that was cut.
fn odd_numbers(store: &Store, name: &str, into: &mut Map<String, Value>) -> Result<()> {
    let mut numbers = Told::new(store.start_run(name, "1e3")?, "1e3");
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e-300, f64::MAX, 0.1 + 0.2];
    for (step, value) in (-3..).zip(values) {
        numbers.metric("val/every kind", value, step)?;
        numbers.metric(&format!("one/{step}"), value, 0)?;
    }
    // What a killed writer leaves where a page of the file ends, and a value after it.
    (0..300).try_for_each(|step| numbers.metric("cut", 0.125, step))?;
    let place = [numbers.run.experiment_id(), numbers.run.id(), "metrics", "cut"];
    let file = place.into_iter().fold(store.path().to_owned(), |path, part| path.join(part));
    let lines = fs::read(&file).expect("the file of a metric");
    fs::write(&file, &lines[..4096]).expect("a file to write to");
    let whole = lines[..4096].split(|&byte| byte == b'\n').count() - 1;
    assert_ne!(lines[4095], b'\n');
    let points = numbers.facts["metric_history"]["cut"].as_array_mut();
    points.expect("an array").truncate(whole);
    numbers.metric("cut", 0.25, 300)?;
    numbers.finish(RunStatus::Finished, into)?;
    Ok(())
}

/// A pipeline and the data it was trained on.
fn model(store: &Store, name: &str, into: &mut Map<String, Value>) -> Result<()> {
    let mut model = Told::new(store.start_run(name, "model")?, "model");
    let pipeline =
        Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    pipeline.log_to(&model.run)?;
    let input = pipeline.card().training.expect("data").input("crews");
    model.run.log_input(&input)?;
    // The files are those of the pipeline, whose room has its own tests.
    for key in ["artifacts", "datasets"] {
        model.facts[key] = Value::Null;
    }
    model.finish(RunStatus::Finished, into)?;
    Ok(())
}

#[test]
#[ignore = "needs Python; run by .ci/mlflow"]
fn writes_a_store_for_mlflow_to_read() -> Result<()> {
    let folder = folder();
    let store = Store::open(folder.join("ml runs é"))?;
    let (mut twitter, mut odd) = (Map::new(), Map::new());

    let mut quickstart =
        Told::new(store.start_run("sentiment-analysis-twitter", "baseline")?, "baseline");
    for (key, value) in [
        ("model_type", "logistic regression"),
        ("preprocessing", "standard"),
        ("vectorizer", "tfidf"),
        ("max_features", "10000"),
        ("C", "1.0"),
    ] {
        quickstart.param(key, value)?;
    }
    for (i, key) in
        ["accuracy", "f1_score", "roc_auc", "precision", "recall"].into_iter().enumerate()
    {
        quickstart.metric(key, 0.9 - 0.01 * i as f64, 0)?;
    }
    quickstart.artifact("model.ressenti", &[0, 159, 255])?;
    quickstart.artifact("eval/nested/report.txt", "précis\n".as_bytes())?;
    quickstart.artifact("eval/empty", b"")?;
    quickstart.tag("mlflow.note.content", "A *note*.\n\nOf two paragraphs.")?;
    let (schema, source) = (r#"{"mlflow_colspec": []}"#, r#"{"uri": "a \"b\" é"}"#);
    let input = DatasetInput::new("airline: yes", "1e3").source("a \"b\" é");
    quickstart.input(
        &input.schema(schema).profile(r#"{"num_rows": 2}"#).context("training"),
        json!({
            "name": "airline: yes", "digest": "1e3", "source_type": "local", "source": source, "schema": schema,
            "profile": r#"{"num_rows": 2}"#, "tags": {"mlflow.data.context": "training"},
        }),
    )?;

    for trial in 1..=3 {
        let name = format!("trial {trial}");
        let mut child = quickstart.child(&name)?;
        child.param("C", &f64::from(trial).to_string())?;
        for step in 0..10 {
            child.metric("train/loss", 1.0 / f64::from(step + trial), step.into())?;
        }
        child.finish(RunStatus::Finished, &mut twitter)?;
    }
    quickstart.finish(RunStatus::Finished, &mut twitter)?;

    let mut failed = Told::new(store.start_run("sentiment-analysis-twitter", "fails")?, "fails");
    failed.metric("accuracy", 0.1, 0)?;
    failed.facts["status"] = json!("FAILED");
    twitter.insert(failed.run.id().to_owned(), failed.facts.clone());
    drop(failed);

    let name = "odd \"names\" \\ 😀 \n1e3, and two hundred characters with spaces so that it would be folded by whoever folds \
                lines at eighty columns, which is what PyYAML does unless it is told another width, as it is not here";
    odd_strings(&store, name, &mut odd)?;
    odd_numbers(&store, name, &mut odd)?;
    model(&store, name, &mut odd)?;

    let id = |runs: &Map<String, Value>| {
        runs.values().next().expect("a run")["experiment_id"].as_str().expect("an id").to_owned()
    };
    let mut facts = json!({
        id(&twitter): { "name": "sentiment-analysis-twitter", "tags": {}, "runs": twitter },
        id(&odd): { "name": name, "tags": {}, "runs": odd },
    });
    merge("store", &mut facts, read(&store));
    leave_facts(&facts);
    fs::write(folder.join("store"), store.path().to_str().expect("UTF-8"))
        .expect("a folder to write to");
    Ok(())
}
