//! What a store holds, in the words and the form in which MLflow's own client tells it.

use std::collections::BTreeMap;

use ressenti::tracker::{MetricPoint, RunRecord, Store};
use serde_json::{Map, Value, json};

/// JSON has no such numbers; this is how Python spells them.
pub(crate) fn number(x: f64) -> Value {
    if x.is_finite() { json!(x) } else { json!(x.to_string().to_lowercase()) }
}

/// A run.
pub(crate) fn run_facts(run: &RunRecord) -> Value {
    let point = |p: MetricPoint| json!([p.timestamp_ms, number(p.value), p.step]);
    let history: BTreeMap<&String, Vec<Value>> = run
        .metrics
        .keys()
        .map(|key| (key, run.metric_history(key).unwrap().into_iter().map(point).collect()))
        .collect();
    let metrics: BTreeMap<&String, Value> =
        run.metrics.iter().map(|(key, &x)| (key, number(x))).collect();
    let datasets: Vec<Value> = run
        .inputs
        .iter()
        .map(|input| json!({ "name": input.name, "digest": input.digest, "source_type": input.source_type, "tags": input.tags }))
        .collect();
    let row = RunRecord::to_json_lines(std::slice::from_ref(run));
    let row: Value = serde_json::from_str(&row).unwrap();
    let artifact = |path: String| json!([path, run.read_artifact(&path).unwrap().len()]);
    let artifacts: Vec<Value> = run.artifact_paths().unwrap().into_iter().map(artifact).collect();
    json!({
        "name": run.name, "experiment_id": run.experiment_id, "status": run.status.name(),
        "lifecycle_stage": if run.deleted { "deleted" } else { "active" }, "user": run.user,
        "start_time": run.start_time_ms, "end_time": run.end_time_ms, "artifact_uri": row["artifact_uri"],
        "params": run.params, "metrics": metrics, "metric_history": history, "tags": run.tags, "datasets": datasets,
        "artifacts": artifacts,
    })
}

/// The experiments that are not deleted, by id: their facts, and no runs yet.
pub(crate) fn experiments(store: &Store) -> Map<String, Value> {
    let facts = |experiment: ressenti::tracker::Experiment| {
        let facts = json!({
            "name": experiment.name, "artifact_location": experiment.artifact_location, "lifecycle_stage": "active",
            "creation_time": experiment.creation_time_ms, "last_update_time": experiment.last_update_time_ms,
            "tags": experiment.tags, "runs": {},
        });
        (experiment.id, facts)
    };
    store.experiments().unwrap().into_iter().map(facts).collect()
}
