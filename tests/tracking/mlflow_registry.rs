//! MLflow itself reads what the registry writes, and the registry what MLflow changed there. Ignored, because it needs Python:
//! `.ci/mlflow_registry` runs the first test, then `tests/mlflow/registry.py` on the store and the facts that it leaves in
//! `$RESSENTI_MLFLOW_DIR`, then the second.

use std::env;
use std::fs;
use std::path::PathBuf;

use ressenti::registry::{NewVersion, Registry, Stage, Transition};
use ressenti::tracker::{RunStatus, Tracker};
use ressenti::{Pipeline, Result};
use serde_json::{Value, json};

const NAME: &str = "sentiment-classifier";

fn folder() -> PathBuf {
    env::var_os("RESSENTI_MLFLOW_DIR").expect("RESSENTI_MLFLOW_DIR names a folder").into()
}

fn store() -> PathBuf {
    folder().join("ml runs é")
}

fn pipeline() -> Result<Pipeline> {
    Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])
}

/// A version as MLflow must read it.
fn version(stage: Stage, run_id: Option<&str>, source: &str, aliases: &[&str]) -> Value {
    json!({
        "stage": stage.name(), "run_id": run_id, "source": source, "status": "READY", "description": null, "tags": {},
        "aliases": aliases,
    })
}

#[test]
#[ignore = "needs Python; run by .ci/mlflow_registry"]
fn writes_a_registry_for_mlflow_to_read() -> Result<()> {
    let registry = Registry::open(store())?;
    let uri = registry.store().uri().to_owned();
    let run = registry.store().start_run("sentiment-analysis-twitter", "baseline")?;
    let pipeline = pipeline()?;
    pipeline.log_to(&run)?;
    run.finish(RunStatus::Finished)?;
    let of_run = format!("{uri}/{}/{}/artifacts/model", run.experiment_id(), run.id());
    let own = |model: &str, n: u32| format!("{uri}/models/{model}/version-{n}/model");

    // Four versions: 3 is rolled back to 2, and 4 is on trial.
    let new =
        NewVersion::from_run(run.id()).description("A *description*.\n\n'Two' \"paragraphs\" 😀");
    registry.create_version(NAME, new.tag("corpus/name", "1e3").tag("note", "it's\n"))?;
    for _ in 2..=4 {
        registry.create_version(NAME, NewVersion::from_pipeline(&pipeline))?;
    }
    for n in 1..=3 {
        let to = Transition::to(Stage::Production).archive_existing(true);
        registry.transition(NAME, n, to.because("better"))?;
    }
    registry.rollback(NAME, "worse")?;
    registry.transition(NAME, 4, Stage::Staging)?;
    registry.set_alias(NAME, "champion", 2)?;
    registry.set_alias(NAME, "Première_1-a", 1)?;
    registry.set_model_description(NAME, "null")?;
    registry.set_model_tag(NAME, "task", "yes")?;
    registry.create_version(NAME, NewVersion::from_uri("models:/sentiment-classifier/1"))?;
    registry.delete_version(NAME, 5, "not needed")?;
    let mut first = version(Stage::Archived, Some(run.id()), &of_run, &["Première_1-a"]);
    first["description"] = json!("A *description*.\n\n'Two' \"paragraphs\" 😀");
    first["tags"] = json!({"corpus/name": "1e3", "note": "it's\n"});
    let mut models = json!({});
    models[NAME] = json!({
        "description": "null", "tags": {"task": "yes"},
        "aliases": {"champion": "2", "Première_1-a": "1", "production": "2", "staging": "4"},
        "versions": {
            "1": first,
            "2": version(Stage::Production, None, &own(NAME, 2), &["champion", "production"]),
            "3": version(Stage::Archived, None, &own(NAME, 3), &[]),
            "4": version(Stage::Staging, None, &own(NAME, 4), &["staging"]),
        },
    });

    // Names that YAML would take for something else, or fold, and one at the limit.
    let long = "words ".repeat(42);
    for name in ["1e3", "null", "a \"b\" \\ 😀".replace('\\', "").as_str(), ".dot", long.trim()] {
        registry.create_version(name, NewVersion::from_pipeline(&pipeline))?;
        registry.transition(name, 1, Stage::Production)?;
        let source = registry.version(name, 1)?.source.expect("a source");
        models[name] = json!({
            "description": null, "tags": {}, "aliases": {"production": "1"},
            "versions": {"1": version(Stage::Production, None, &source, &["production"])},
        });
    }
    registry.create_model("empty")?;
    models["empty"] = json!({"description": null, "tags": {}, "aliases": {}, "versions": {}});
    registry.create_model("deleted")?;
    registry.delete_model("deleted")?;

    // Each version has its digest.
    for model in registry.models()?.records {
        for v in &model.versions {
            models[&model.name]["versions"][v.version.to_string()]["tags"]["ressenti.sha256"] =
                json!(v.sha256());
        }
    }
    let facts = serde_json::to_string_pretty(&models).expect("JSON");
    fs::write(folder().join("facts.json"), facts).expect("a folder to write to");
    fs::write(folder().join("store"), registry.store().path().to_str().expect("UTF-8"))
        .expect("a folder to write to");
    Ok(())
}

#[test]
#[ignore = "needs Python; run by .ci/mlflow_registry"]
fn reads_what_mlflow_changed() -> Result<()> {
    let registry = Registry::open(store())?;
    let listing = registry.models()?;
    assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
    let model = registry.model(NAME)?;
    // It made version 6 of the file of version 2 and moved it to Production, and an alias to it.
    let version = model.in_stage(Stage::Production).expect("one");
    assert_eq!((version.version, version.description.as_deref()), (6, Some("by MLflow\n")));
    assert_eq!(version.aliases, ["champion"]);
    assert_eq!(version.tags["by"], "MLflow");
    version.load()?;
    assert_eq!(model.version(2).expect("it").stage, Stage::Archived);
    assert!(model.version(4).is_none(), "deleted");
    // The alias of the stage follows with the next transition.
    assert_eq!(model.aliases["production"], 2);
    assert!(!model.aliases.contains_key("staging"));
    registry.transition(NAME, 6, Transition::to(Stage::Production).archive_existing(true))?;
    assert_eq!(registry.model(NAME)?.aliases["production"], 6);
    assert_eq!(registry.rollback(NAME, "MLflow's was worse")?.version, 2);
    assert_eq!(registry.create_version(NAME, NewVersion::from_pipeline(&pipeline()?))?.version, 7);
    Ok(())
}
