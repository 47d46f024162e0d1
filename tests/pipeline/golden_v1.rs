//! Model files of format version 1, which is frozen: they are read for ever, and answer as on the day they were written.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::common::tweets;
use ressenti::text::{Analyzer, Language};
use ressenti::{
    CalibrationMethod, Card, Classifier, DocFreq, NeutralBand, Pipeline, PipelineBuilder,
    Precision, Preset, ProfileSource, Vectorizer,
};
use serde::{Deserialize, Serialize};

/// What is stored beside a model.
#[derive(Serialize, Deserialize)]
struct Stored {
    card: Card,
    texts: Vec<Answer>,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    text: String,
    label: String,
    decision: Vec<f64>,
    probabilities: Vec<f64>,
}

const TEXTS: [&str; 8] = [
    "Lovely crew, but the flight was late again :(",
    "@SkyBird thanks 👍🏽 ❤️ #happy https://t.co/x",
    "not good not good, and not bad",
    "the worst delay ever, never again",
    "thank you for the upgrade",
    "été ÉTÉ ΟΔΟΣ 日本 don't DON’T",
    "zzz",
    "great great great service",
];

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", "v1"].iter().collect()
}

fn answers(pipeline: &Pipeline) -> Stored {
    let rows = pipeline.vectorizer().transform(&TEXTS);
    let decisions = pipeline.classifier().decision_function(&rows).unwrap();
    let text = |(i, text): (usize, &&str)| Answer {
        text: (*text).to_owned(),
        label: pipeline.predict(text).unwrap().label().to_owned(),
        decision: decisions.row(i).to_vec(),
        probabilities: pipeline.predict_proba(text).unwrap(),
    };
    Stored { card: pipeline.card(), texts: TEXTS.iter().enumerate().map(text).collect() }
}

/// One model for each way in which files differ; small, for they are kept for ever.
fn models() -> BTreeMap<&'static str, Pipeline> {
    let (labels, texts) = tweets::all();
    let (labels, texts) = (&labels[..80], &texts[..80]);
    let yes_or_no: Vec<bool> = labels.iter().map(|&label| label == "positive").collect();
    let few = || Vectorizer::tfidf().max_features(60);
    let profiled = Pipeline::builder().vectorizer(few()).fit(texts, &yes_or_no).unwrap();
    let off = |builder: PipelineBuilder| builder.profile(ProfileSource::Off);
    let two = |builder| off(builder).fit(texts, &yes_or_no).unwrap();
    let three = |builder| off(builder).fit(texts, labels).unwrap();
    let baseline = two(Pipeline::builder().vectorizer(few()));
    let report = baseline.evaluate(texts, &yes_or_no).unwrap();
    let band = NeutralBand::new(-0.3, 0.2).unwrap();
    let banded = baseline.classifier().clone().with_neutral_band(band, "neutral").unwrap();
    let blocks = Vectorizer::count()
        .binary(true)
        .vocabulary(["late", "not good", "thanks"])
        .ngram_range(1, 2)
        .beside(few().analyzer(Analyzer::char_wb()).ngram_range(2, 3).weight(0.5))
        .beside(
            few().bm25(1.2, 0.75).analyzer(Analyzer::unicode_word().stemmer(Language::English)),
        );
    let hashing = Vectorizer::hashing().n_features(64).feature_names(true).use_idf(true);
    let calibrated = Pipeline::builder().vectorizer(few().min_df(DocFreq::Count(2)));
    BTreeMap::from([
        (
            "blocks",
            three(Pipeline::builder().vectorizer(blocks).classifier(Classifier::linear_svm())),
        ),
        ("byte", baseline.round_weights(Precision::Byte, texts).unwrap().pipeline),
        ("half", baseline.round_weights(Precision::Half, texts).unwrap().pipeline),
        (
            "hashing",
            two(Pipeline::builder().vectorizer(hashing).classifier(Classifier::bernoulli_nb())),
        ),
        ("isotonic", two(calibrated.clone().calibration(CalibrationMethod::Isotonic, 3))),
        ("platt", two(calibrated.calibration(CalibrationMethod::Platt, 3))),
        ("banded", Pipeline::from_parts(baseline.vectorizer().clone(), banded).unwrap()),
        ("profiled", profiled),
        ("social", two(Pipeline::builder().preset(Preset::Social))),
        ("three_classes", three(Pipeline::builder().vectorizer(few().ngram_range(1, 2)))),
        ("baseline", baseline.with_figures(&report)),
    ])
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + b.abs())
}

#[test]
fn every_file_of_version_1_is_read_and_answers_as_before() {
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "ressenti"));
    assert_eq!(names.len(), models().len());
    for path in names {
        let pipeline = Pipeline::load(&path).unwrap();
        let json = fs::read_to_string(path.with_extension("json")).unwrap();
        let stored: Stored = serde_json::from_str(&json).unwrap();
        let card = Pipeline::peek(&path).unwrap();
        assert_eq!(card, stored.card, "{}", path.display());
        assert_eq!(pipeline.card().training, card.training);
        let profile = pipeline.profile().map(|profile| profile.shape.texts());
        assert_eq!(profile, path.ends_with("profiled.ressenti").then_some(80));
        assert_eq!(pipeline.card().unicode, card.unicode, "what is told of training is kept");
        let texts: Vec<&str> = stored.texts.iter().map(|text| text.text.as_str()).collect();
        let rows = pipeline.vectorizer().transform(&texts);
        let decisions = pipeline.classifier().decision_function(&rows).unwrap();
        for (i, text) in stored.texts.iter().enumerate() {
            let place = format!("{} {:?}", path.display(), text.text);
            assert_eq!(pipeline.predict(&text.text).unwrap().label(), text.label, "{place}");
            let probabilities = pipeline.predict_proba(&text.text).unwrap();
            // One text is scored without a row, of which the values are rounded.
            for (found, expected, tolerance) in [
                (decisions.row(i), &text.decision, 1e-9),
                (&probabilities[..], &text.probabilities, 1e-6),
            ] {
                assert_eq!(found.len(), expected.len());
                let close = found.iter().zip(expected).all(|(&a, &b)| close(a, b, tolerance));
                assert!(close, "{place}: {found:?} instead of {expected:?}");
            }
        }
        // As long as this is the version that is written, what is read is written again, but for who writes it.
        let (old, new) = (fs::read(&path).unwrap(), pipeline.to_bytes());
        assert_eq!(old[8..12], new[8..12]);
        assert!(old[48..] == new[48..] || old[12..28] != new[12..28], "{}", path.display());
    }
}

/// Writes what is missing, and never writes over what is there.
#[test]
#[ignore = "writes into tests/golden/v1; once, for a model that is new there"]
fn write_files_that_are_missing() {
    for (name, pipeline) in models() {
        let path = folder().join(name).with_extension("ressenti");
        if !path.exists() {
            pipeline.save(&path).unwrap();
            let json = serde_json::to_string_pretty(&answers(&pipeline)).unwrap();
            fs::write(path.with_extension("json"), json + "\n").unwrap();
        }
    }
}
