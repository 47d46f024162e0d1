//! Models as plain data: what scikit-learn fitted predicts the same here, and what was fitted here scores the same elsewhere.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::tweets;
use ressenti::text::{Analyzer, Language, StopWords};
use ressenti::{
    CalibrationMethod, Classifier, Error, MultiClass, Norm, Pipeline, PlainModel, Preset,
    Vectorizer,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Golden {
    model: PlainModel,
    texts: Vec<String>,
    labels: Vec<String>,
    probabilities: Vec<Vec<f64>>,
    classes: Vec<String>,
}

#[test]
fn what_scikit_learn_fitted_predicts_the_same() {
    for json in [
        include_str!("../golden/plain/binary.json"),
        include_str!("../golden/plain/multinomial.json"),
        include_str!("../golden/plain/unordered.json"),
        include_str!("../golden/plain/characters.json"),
    ] {
        let golden: Golden = serde_json::from_str(json).unwrap();
        let pipeline = Pipeline::from_plain(golden.model).unwrap();
        assert_eq!(pipeline.fit_report().solver(), "imported");
        for ((text, label), expected) in
            golden.texts.iter().zip(&golden.labels).zip(&golden.probabilities)
        {
            assert_eq!(pipeline.predict(text).unwrap().label(), label, "{text:?}");
            let probabilities = pipeline.predict_proba(text).unwrap();
            for (class, &expected) in golden.classes.iter().zip(expected) {
                let place = pipeline.classes().iter().position(|own| own == class).unwrap();
                let off = (probabilities[place] - expected).abs();
                assert!(off < 1e-6, "{text:?} {class}: {probabilities:?}, {expected} expected");
            }
        }
        // Both directions have one shape, and a model that was read is a model like any other.
        let again = Pipeline::from_plain(pipeline.to_plain().unwrap()).unwrap();
        assert!(again.to_bytes() == pipeline.to_bytes());
        assert!(Pipeline::from_bytes(&again.to_bytes()).unwrap().to_bytes() == again.to_bytes());
    }
}

fn pipelines() -> Vec<Pipeline> {
    let (labels, texts) = tweets::all();
    let yes_or_no: Vec<bool> = labels.iter().map(|&label| label == "positive").collect();
    let words = || Vectorizer::tfidf().max_features(300);
    let ovr = Classifier::logistic_regression().multi_class(MultiClass::OneVsRest);
    let characters = words().analyzer(Analyzer::char()).ngram_range(2, 3);
    vec![
        Pipeline::builder().vectorizer(words()).fit(&texts, &yes_or_no).unwrap(),
        Pipeline::builder()
            .vectorizer(
                words()
                    .ngram_range(1, 3)
                    .sublinear_tf(true)
                    .norm(Norm::L1)
                    .analyzer(Analyzer::word().stop_words(StopWords::list(["the", "to"]))),
            )
            .fit(&texts, &labels)
            .unwrap(),
        Pipeline::builder()
            .vectorizer(Vectorizer::count().binary(true))
            .classifier(Classifier::multinomial_nb())
            .fit(&texts, &labels)
            .unwrap(),
        Pipeline::builder().vectorizer(characters).classifier(ovr).fit(&texts, &labels).unwrap(),
    ]
}

#[test]
fn a_plain_model_that_is_read_scores_as_before() {
    let (_, texts) = tweets::all();
    for pipeline in pipelines() {
        let json = serde_json::to_string(&pipeline.to_plain().unwrap()).unwrap();
        let read = Pipeline::from_plain(serde_json::from_str(&json).unwrap()).unwrap();
        for text in &texts {
            assert_eq!(read.predict_proba(text).unwrap(), pipeline.predict_proba(text).unwrap());
            assert_eq!(
                read.predict(text).unwrap().label(),
                pipeline.predict(text).unwrap().label()
            );
        }
        assert_eq!(read.to_plain().unwrap(), pipeline.to_plain().unwrap());
        assert_eq!(read.classes(), pipeline.classes());
        assert!(read.vectorizer().feature_names().eq(pipeline.vectorizer().feature_names()));
    }
}

/// The script of the documentation, and equal numbers to what single precision of rows allows.
#[test]
fn twenty_lines_of_python_score_the_same() {
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no python3");
        return;
    }
    let (_, mut texts) = tweets::all();
    texts.extend(["zzz", "ÉTÉ été, the the the"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    for pipeline in pipelines().into_iter().take(3) {
        std::fs::write(&path, serde_json::to_string(&pipeline.to_plain().unwrap()).unwrap())
            .unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/plain/score.py");
        let mut child = Command::new("python3")
            .args([script.as_ref(), path.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let asked = serde_json::to_vec(&texts).unwrap();
        child.stdin.take().unwrap().write_all(&asked).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let lines = String::from_utf8(output.stdout).unwrap();
        assert_eq!(lines.lines().count(), texts.len());
        for (line, text) in lines.lines().zip(&texts) {
            let theirs: Vec<f64> = serde_json::from_str(line).unwrap();
            let ours = pipeline.predict_proba(text).unwrap();
            let close = ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(close && ours.len() == theirs.len(), "{text:?}: {ours:?} {theirs:?}");
        }
    }
}

#[test]
fn what_a_plain_model_cannot_say_is_refused_by_name() {
    let (texts, labels) = (["good crew", "bad crew", "good", "bad"], [true, false, true, false]);
    let of = |params| Pipeline::builder().vectorizer(params).fit(&texts, &labels).unwrap();
    let by = |params| Pipeline::builder().classifier(params).fit(&texts, &labels).unwrap();
    let calibrated = Pipeline::builder().calibration(CalibrationMethod::Platt, 2);
    for (pipeline, found) in [
        (of(Vectorizer::hashing().n_features(8)), "hashed columns"),
        (of(Vectorizer::tfidf().bm25(1.2, 0.75)), "bm25"),
        (of(Vectorizer::tfidf().weight(2.0)), "a weight of the block"),
        (of(Vectorizer::tfidf().beside(Vectorizer::count())), "several blocks"),
        (
            of(Vectorizer::tfidf().analyzer(Analyzer::word().stemmer(Language::English))),
            "stemming, lemmas, negation or a limit of bytes",
        ),
        (
            of(Vectorizer::tfidf().analyzer(Analyzer::unicode_word())),
            "tokens that scikit-learn does not have",
        ),
        (by(Classifier::bernoulli_nb()), "rows that only say whether a term is there"),
        (calibrated.fit(&texts, &labels).unwrap(), "a calibration"),
    ] {
        assert_eq!(
            pipeline.to_plain().unwrap_err().to_string(),
            format!(
                "plain model with {found} cannot be had; use save, or serde for the whole pipeline"
            )
        );
    }
    let social = Pipeline::builder().preset(Preset::Social).fit(&texts, &labels).unwrap();
    assert!(matches!(social.to_plain(), Err(Error::InvalidParameter { name: "plain model", .. })));
}

#[test]
fn plain_data_that_does_not_go_together_is_refused() {
    let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["a", "b"]).unwrap();
    let plain = serde_json::to_value(pipeline.to_plain().unwrap()).unwrap();
    let read = |field: &str, value: Value| {
        let mut changed = plain.clone();
        changed[field] = value;
        let model: PlainModel =
            serde_json::from_value(changed).map_err(|error| error.to_string())?;
        Pipeline::from_plain(model).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(read("lowercase", json!(false)), Ok(()));
    assert_eq!(read("token_pattern", json!(null)), Ok(()));
    for (field, value, problem) in [
        ("format", json!(2), "it has format version 2, this crate reads 1"),
        ("analyzer", json!("words"), "analyzer \"words\" is not word, char or char_wb"),
        (
            "token_pattern",
            json!(r"\w+"),
            r#"token_pattern "\\w+" is not scikit-learn's default, (?u)\b\w\w+\b; no other is known"#,
        ),
        ("strip_accents", json!("ascii"), "strip_accents \"ascii\" is not unicode or none"),
        ("norm", json!("max"), "norm \"max\" is not l1, l2 or none"),
        ("link", json!("probit"), "link \"probit\" is not softmax or one_vs_rest"),
        (
            "ngram_range",
            json!([2, 1]),
            "ngram_range (2, 1) is not a range within 1..=64; the first must not exceed the second",
        ),
        (
            "ngram_range",
            json!([2, 2]),
            "invalid plain model: term \"bad\" is not one of 2 to 2 tokens",
        ),
        (
            "vocabulary",
            json!(["bad", "crew"]),
            "invalid plain model: 3 values of idf, 2 are expected",
        ),
        (
            "vocabulary",
            json!(["bad", "good", "bad"]),
            "invalid plain model: term \"bad\" is there twice",
        ),
        ("idf", json!([1.0, 1.0]), "invalid plain model: 2 values of idf, 3 are expected"),
        ("idf", json!([1.0, 0.0, 1.0]), "invalid plain model: 0e0 is not within 1e-12..=1e6"),
        ("coef", json!([[1.0, 2.0]]), "invalid plain model: 2 weights for 3 terms"),
        ("coef", json!([]), "invalid plain model: 0 rows of coef, 1 are expected"),
        (
            "coef",
            json!([[1.0, 2.0, 1e300]]),
            "invalid classifier: weight 1e300 is not within ±1e200",
        ),
        ("intercept", json!([]), "invalid plain model: 0 intercepts, 1 are expected"),
        (
            "classes",
            json!(["a"]),
            "invalid classifier: classes [\"a\"] are not at least two in ascending order",
        ),
        (
            "classes",
            json!(["a", "a"]),
            "invalid classifier: classes [\"a\", \"a\"] are not at least two in ascending order",
        ),
        ("classes", json!([]), "invalid plain model: 1 rows of coef, 0 are expected"),
    ] {
        assert_eq!(read(field, value.clone()), Err(problem.to_owned()), "{field} {value}");
    }
    let unknown = read("max_features", json!(3)).unwrap_err();
    assert!(unknown.starts_with("unknown field `max_features`"), "{unknown}");
}
