//! MLflow itself reads what the store writes. Ignored, because it needs Python: `.ci/mlflow` runs it, then
//! `tests/mlflow/reads.py` on the store and the facts that it leaves in `$RESSENTI_MLFLOW_DIR`.

use std::env;
use std::fs;
use std::path::PathBuf;

use ressenti::Result;
use ressenti::tracker::{MetricPoint, Run, RunState, RunStatus, Store, Tracker};
use serde_json::{Map, Value, json};

/// A run, and beside it what it was told.
struct Told {
    run: Run,
    facts: Value,
}

impl Told {
    fn new(run: Run, name: &str) -> Self {
        let facts = json!({
            "name": name, "status": "RUNNING", "experiment_id": run.experiment_id(), "params": {}, "history": {},
            "tags": {"mlflow.runName": name, "mlflow.source.type": "LOCAL"}, "artifacts": {},
        });
        Self { run, facts }
    }

    fn param(&mut self, key: &str, value: &str) -> Result<()> {
        self.facts["params"][key] = json!(value);
        self.run.log_param(key, value.into())
    }

    fn metric(&mut self, key: &str, value: f64, step: i64) -> Result<()> {
        // JSON has no such numbers; this is how Python's str() spells them.
        let told =
            if value.is_finite() { json!(value) } else { json!(value.to_string().to_lowercase()) };
        let history = self.facts["history"].as_object_mut().expect("an object");
        let points = history.entry(key).or_insert_with(|| json!([]));
        points.as_array_mut().expect("an array").push(json!([told, step]));
        self.run.log_metric(key, value, step)
    }

    fn tag(&mut self, key: &str, value: &str) -> Result<()> {
        self.facts["tags"][key] = json!(value);
        self.run.set_tag(key, value)
    }

    fn artifact(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        self.facts["artifacts"][path] = json!(bytes.len());
        self.run.log_artifact(path, bytes)
    }

    fn child(&self, name: &str) -> Result<Self> {
        let mut child = Self::new(self.run.child(name)?, name);
        child.facts["tags"]["mlflow.parentRunId"] = json!(self.run.id());
        Ok(child)
    }

    fn finish(mut self, status: RunStatus, into: &mut Map<String, Value>) -> Result<()> {
        self.facts["status"] = json!(status.name());
        self.run.finish(status)?;
        into.insert(self.run.id().to_owned(), self.facts);
        Ok(())
    }
}

fn folder() -> PathBuf {
    env::var_os("RESSENTI_MLFLOW_DIR").expect("RESSENTI_MLFLOW_DIR names a folder").into()
}

fn leave_facts(facts: &Value) {
    let facts = serde_json::to_string_pretty(facts).expect("JSON");
    fs::write(folder().join("facts.json"), facts).expect("a folder to write to");
}

/// For a store that something else wrote, such as the quickstart: MLflow and our reader must read the same.
#[test]
#[ignore = "needs Python; run by .ci/mlflow"]
fn tells_what_our_own_reader_reads() -> Result<()> {
    let store = env::var_os("RESSENTI_MLFLOW_STORE").expect("RESSENTI_MLFLOW_STORE names a store");
    let store = Store::open(store)?;
    let mut facts = Map::new();
    for experiment in store.experiments()? {
        let mut runs = Map::new();
        for run in store.runs(&experiment.name)? {
            let mut history = Map::new();
            for key in run.metrics.keys() {
                let point = |p: MetricPoint| json!([p.value, p.step]);
                let points: Vec<Value> = run.metric_history(key)?.into_iter().map(point).collect();
                history.insert(key.clone(), points.into());
            }
            let mut artifacts = Map::new();
            for path in run.artifact_paths()? {
                let size = run.read_artifact(&path)?.len();
                artifacts.insert(path, size.into());
            }
            assert_eq!(run.status, RunState::Finished);
            let told = json!({
                "name": run.name, "status": run.status.name(), "experiment_id": run.experiment_id,
                "params": run.params, "history": history, "tags": run.tags, "artifacts": artifacts,
            });
            runs.insert(run.id, told);
        }
        assert!(!runs.is_empty());
        facts.insert(experiment.name, runs.into());
    }
    assert!(!facts.is_empty());
    leave_facts(&facts.into());
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
    strings.finish(RunStatus::Killed, &mut odd)?;

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
    let points = numbers.facts["history"]["cut"].as_array_mut();
    points.expect("an array").truncate(whole);
    numbers.metric("cut", 0.25, 300)?;
    numbers.finish(RunStatus::Finished, &mut odd)?;

    let facts = json!({ "sentiment-analysis-twitter": twitter, name: odd });
    leave_facts(&facts);
    fs::write(folder.join("store"), store.path().to_str().expect("UTF-8"))
        .expect("a folder to write to");
    Ok(())
}
