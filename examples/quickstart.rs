//! The whole way on 400 tweets: train, evaluate, track, save, load, score and explain.
//!
//! ```text
//! cargo run --release --example quickstart
//! ```
//!
//! You will see a classification report, the words that speak most for each sentiment, where the tracked run and the
//! model file are, and what the loaded model says of five new tweets and why. Takes a second.

use std::fs;
use std::path::Path;

use ressenti::dataset::read_tsv;
use ressenti::evaluate::stratified_split;
use ressenti::text::{Analyzer, Language};
use ressenti::tracker::{RunStatus, Store, Tracker};
use ressenti::{Classifier, FitOptions, Pipeline, Vectorizer};

const NEW_TWEETS: [&str; 5] = [
    "Huge thanks to the crew on my flight to Oslo, you made my day! 😍",
    "@SkyBird two hours late and my bag is lost AGAIN :( #fail",
    "Not bad at all, I had no complaints this time",
    "Does the 7:15 to Lisbon leave from terminal 2?",
    "zzz qqq",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = read_tsv(home.join("examples/data/airline.tsv"))?;
    let split = stratified_split(&data.labels, 0.25, 1)?;
    let pick = |rows: &[usize], from: &[String]| -> Vec<String> {
        rows.iter().map(|&i| from[i].clone()).collect()
    };
    let (texts, labels) = (pick(&split.train, &data.texts), pick(&split.train, &data.labels));
    let (new_texts, truth) = (pick(&split.test, &data.texts), pick(&split.test, &data.labels));

    // Train, and track the run in a store that MLflow can show.
    let store = Store::open(home.join("target/quickstart/mlruns"))?;
    let run = store.start_run("sentiment-analysis-twitter", "logistic-regression-tfidf")?;
    let pipeline = Pipeline::builder()
        .vectorizer(
            Vectorizer::tfidf()
                .analyzer(Analyzer::social().stemmer(Language::English))
                .ngram_range(1, 2)
                .sublinear_tf(true)
                .max_features(10_000),
        )
        .classifier(Classifier::logistic_regression().c(10.0).max_iter(1_000))
        .fit_with(&texts, &labels, &FitOptions::new().tracker(&run))?;
    let report = pipeline.evaluate_with(&new_texts, &truth, &run)?;
    pipeline.log_to(&run)?;
    run.finish(RunStatus::Finished)?;

    println!("Trained on {} tweets; on {} others:\n\n{report}\n", texts.len(), new_texts.len());
    for label in pipeline.classes() {
        let terms: Vec<_> =
            pipeline.top_terms(label, 10)?.into_iter().map(|(term, _)| term).collect();
        println!("{label:>8}: {}", terms.join(", "));
    }

    // One file is the whole model.
    let path = home.join("target/quickstart/sentiment.ressenti");
    pipeline.save(&path)?;
    let pipeline = Pipeline::load(&path)?;
    println!("\nRun {} is in {}", run.id(), store.path().display());
    println!("Model of {} bytes is in {}\n", fs::metadata(&path)?.len(), path.display());

    for text in NEW_TWEETS {
        let explanation = pipeline.explain(text)?;
        let prediction = explanation.prediction();
        println!("{text}\n  → {} ({:.0} %)", prediction.label(), 100.0 * prediction.probability());
        if prediction.is_uninformed() {
            println!("    no known word; this is what the model says of any such text");
        }
        for term in explanation.terms().iter().take(4) {
            println!("    {:+.2}  {}", term.contribution, term.term);
        }
    }
    println!("\nEmpty text: {}", pipeline.predict("  ").unwrap_err());
    Ok(())
}
