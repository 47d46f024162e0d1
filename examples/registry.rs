//! A model registry: two versions, one promoted with checks, one rolled back, and a live model that follows.
//!
//! ```text
//! cargo run --release --example registry
//! ```
//!
//! You will see the versions that were registered, what kept a bad one from going to Production, which version answers a
//! tweet before and after each move, and the history of the moves. Takes a second.

use std::fs;
use std::path::Path;

use ressenti::dataset::{Dataset, read_tsv};
use ressenti::evaluate::stratified_split;
use ressenti::registry::{Check, LiveModel, NewVersion, Registry, Stage, Transition};
use ressenti::tracker::{RunStatus, Tracker};
use ressenti::{Classifier, FitOptions, Pipeline, Result, Vectorizer};

const NAME: &str = "sentiment-classifier";
const TWEET: &str = "Huge thanks to the crew on my flight to Oslo";

fn main() -> Result<()> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = read_tsv(home.join("examples/data/airline.tsv"))?;
    let store = home.join("target/registry/mlruns");
    let _ = fs::remove_dir_all(&store);
    let registry = Registry::open(&store)?;

    // Three settings, each a tracked run and a version; the second is of too few words.
    for max_features in [300, 5, 10_000] {
        let version = register(&registry, &data, max_features)?;
        println!("registered version {version}, of {max_features} words");
    }

    let to_production = |why: &str| {
        let to = Transition::to(Stage::Production).archive_existing(true).because(why);
        to.check(Check::at_least("accuracy", 0.7))
    };
    registry.transition(NAME, 1, to_production("the first"))?;
    let live = registry.live("models:/sentiment-classifier/Production")?;
    answer(&live)?;
    if let Err(error) = registry.transition(NAME, 2, to_production("smaller")) {
        println!("{error}");
    }
    registry.transition(NAME, 3, to_production("more words"))?;
    live.refresh()?;
    answer(&live)?;
    registry.rollback(NAME, "slower than it should be")?;
    live.refresh()?;
    answer(&live)?;

    println!("\nthe history of {NAME}:");
    for entry in registry.history(NAME)? {
        let to = entry.to.map_or("deleted", Stage::name);
        println!(
            "  version {}: {} -> {to} ({}, {:?})",
            entry.version,
            entry.from,
            entry.action.name(),
            entry.why
        );
    }
    println!(
        "\nMLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {}",
        registry.store().uri()
    );
    Ok(())
}

/// Trains, tracks and registers; returns the number of the version.
fn register(registry: &Registry, data: &Dataset, max_features: usize) -> Result<u32> {
    let split = stratified_split(&data.labels, 0.25, 1)?;
    let pick = |rows: &[usize], from: &[String]| -> Vec<String> {
        rows.iter().map(|&i| from[i].clone()).collect()
    };
    let run = registry.store().start_run("sentiment-analysis-twitter", "retrained")?;
    let pipeline = Pipeline::builder()
        .vectorizer(Vectorizer::tfidf().max_features(max_features))
        .classifier(Classifier::logistic_regression().c(10.0))
        .fit_with(
            &pick(&split.train, &data.texts),
            &pick(&split.train, &data.labels),
            &FitOptions::new().tracker(&run),
        )?;
    pipeline.evaluate_with(
        &pick(&split.test, &data.texts),
        &pick(&split.test, &data.labels),
        &run,
    )?;
    pipeline.log_to(&run)?;
    run.finish(RunStatus::Finished)?;
    Ok(registry.create_version(NAME, NewVersion::from_run(run.id()))?.version)
}

fn answer(live: &LiveModel) -> Result<()> {
    let prediction = live.predict(TWEET)?;
    let version = prediction.model_version().unwrap_or("none");
    println!(
        "version {version} says {} ({:.2}): {TWEET}",
        prediction.label(),
        prediction.probability()
    );
    Ok(())
}
