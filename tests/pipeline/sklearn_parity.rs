//! Vocabularies, rows, weights and probabilities are scikit-learn's; the golden files say how they were made.
//!
//! `cargo test --test pipeline -- --nocapture sklearn_parity::` prints how far each group is from scikit-learn at most.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use ressenti::dataset::read_tsv;
use ressenti::text::{Analyzer, StopWords};
use ressenti::{
    ClassWeight, Classifier, ClassifierParams, DocFreq, Error, FitOptions, Norm, Pipeline, Rows,
    Vectorizer, VectorizerParams,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn golden(name: &str) -> Vec<Value> {
    let path = path("tests/golden/sklearn").join(name).with_extension("json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn list<T: DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap()
}

/// The texts that the goldens were made from.
struct Texts {
    /// What vectorizers are fitted on: awkward texts, then tweets.
    fit: Vec<String>,
    /// Which of these have their rows in the goldens.
    stored: Vec<usize>,
    /// What classifiers and pipelines are trained on: the same tweets.
    train: Vec<String>,
    unseen: Vec<String>,
    /// The labels of `train`, if these texts are for classifiers.
    targets: Value,
}

impl Texts {
    fn read(name: &str) -> Self {
        let golden = golden(name).remove(0);
        let mut train = read_tsv(path("examples/data/airline.tsv")).unwrap().texts;
        train.truncate(golden["tweets"].as_u64().unwrap() as usize);
        let mut fit: Vec<String> = list(&golden["awkward"]);
        fit.extend_from_slice(&train);
        let (stored, unseen) = (list(&golden["stored"]), list(&golden["unseen"]));
        Self { fit, stored, train, unseen, targets: golden["targets"].clone() }
    }

    fn labels(&self, case: &Value) -> Vec<String> {
        list(&self.targets[case["target"].as_str().unwrap()])
    }
}

/// Compares numbers, remembering which pair lay furthest apart, and says so when dropped.
struct Compare {
    what: &'static str,
    tolerance: f64,
    largest: (f64, String),
}

impl Compare {
    /// Numbers of up to 1 may differ by `tolerance`, greater ones by this share of them.
    fn within(tolerance: f64, what: &'static str) -> Self {
        Self { what, tolerance, largest: (0.0, String::new()) }
    }

    #[track_caller]
    fn one(&mut self, place: impl Display, found: f64, expected: f64) {
        let deviation = (found - expected).abs() / expected.abs().max(1.0);
        assert!(
            deviation <= self.tolerance,
            "{place}: {} is {found}, scikit-learn has {expected}; off by {deviation:.1e}, allowed are {:.0e}",
            self.what,
            self.tolerance,
        );
        if deviation > self.largest.0 {
            self.largest = (deviation, place.to_string());
        }
    }

    #[track_caller]
    fn all(&mut self, place: &str, found: &[f64], expected: &[f64]) {
        assert_eq!(
            found.len(),
            expected.len(),
            "{place}: how many numbers there are of {}",
            self.what
        );
        for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            self.one(format_args!("{place}[{i}]"), found, expected);
        }
    }
}

impl Drop for Compare {
    fn drop(&mut self) {
        let (largest, place) = &self.largest;
        eprintln!(
            "{}: off by {largest:.1e} at most (allowed: {:.0e}), {place}",
            self.what, self.tolerance
        );
    }
}

/// The numbers of a list of lists, one row after the other.
fn flat(rows: &Value) -> Vec<f64> {
    list::<Vec<f64>>(rows).concat()
}

// --- characters

fn tokens(analyzer: &Analyzer, text: &str) -> Vec<String> {
    analyzer.tokenize(text).iter().map(|token| token.text().to_owned()).collect()
}

#[test]
fn every_character_is_cut_and_lower_cased_as_in_python() {
    let golden = golden("characters").remove(0);
    let (plain, lower) = (Analyzer::word().lowercase(false), Analyzer::word());
    let (plain, lower) = (plain.build().unwrap(), lower.build().unwrap());
    for (kind, is_word) in [("words", true), ("others", false)] {
        for (first, last) in list::<(u32, u32)>(&golden[kind]) {
            for c in (first..=last).filter_map(char::from_u32) {
                let text = format!("a{c}");
                let found = tokens(&plain, &text) == [text.as_str()];
                assert_eq!(found, is_word, "whether {c:?}, U+{:04X}, is part of a word", c as u32);
            }
        }
    }
    for (c, expected) in golden["lower"].as_object().unwrap() {
        assert_eq!(tokens(&lower, &c.repeat(2)), list::<String>(expected), "two times {c:?}");
    }
}

#[test]
fn white_space_is_that_of_python() {
    let golden = golden("preprocessing").remove(0);
    let white_space = list::<(u32, u32)>(&golden["white_space"]);
    let analyzer = Analyzer::char().build().unwrap();
    for c in '\0'..='\u{ffff}' {
        let is_in = |&(first, last): &(u32, u32)| (first..=last).contains(&(c as u32));
        let expected = white_space.iter().any(is_in);
        let found = tokens(&analyzer, &c.to_string().repeat(2)) == [" "];
        assert_eq!(found, expected, "whether {c:?}, U+{:04X}, is white space", c as u32);
    }
}

#[test]
fn accents_are_stripped_as_in_python() {
    let golden = golden("preprocessing").remove(0);
    let analyzer = Analyzer::char().lowercase(false).strip_accents(true).build().unwrap();
    for (c, expected) in golden["stripped"].as_object().unwrap() {
        let (found, expected) = (tokens(&analyzer, &format!("a{c}a")), expected.as_str().unwrap());
        assert_eq!(found.concat(), format!("a{expected}a"), "{c:?}");
    }
    for (first, last) in list::<(u32, u32)>(&golden["kept"]) {
        // Letters between them, as white space in runs is another matter.
        let chars = (first..=last).filter_map(char::from_u32);
        let text: String = chars.flat_map(|c| [c, 'a']).collect();
        assert_eq!(tokens(&analyzer, &text).concat(), text, "U+{first:04X} to U+{last:04X}");
    }
}

#[test]
fn hashes_are_those_of_scikit_learn() {
    let golden = golden("murmurhash").remove(0);
    // No text has the term "", and no token a space.
    let terms = golden.as_object().unwrap().iter();
    let terms: Vec<_> = terms.filter(|(t, _)| !t.is_empty() && !t.contains(' ')).collect();
    let documents: Vec<[&str; 1]> = terms.iter().map(|(term, _)| [term.as_str()]).collect();
    // What is left after division by these two tells any hash of 32 bits.
    for n_features in [1 << 24, (1 << 24) - 1] {
        let params = Vectorizer::hashing().n_features(n_features);
        let (_, rows) = params.fit_transform_tokens(&documents).unwrap();
        for (i, (term, hash)) in terms.iter().enumerate() {
            let hash = hash.as_i64().unwrap();
            let column = (hash.unsigned_abs() % n_features as u64) as u32;
            let sign = if hash < 0 { -1.0 } else { 1.0 };
            assert_eq!(rows.row(i), (&[column][..], &[sign][..]), "{term:?} of {n_features}");
        }
    }
}

// --- vectorizers

fn doc_freq(value: &Value) -> DocFreq {
    match value.as_u64() {
        Some(count) => DocFreq::Count(count as u32),
        None => DocFreq::Fraction(value.as_f64().unwrap()),
    }
}

/// scikit-learn's class and options as our settings.
fn vectorizer_params(kind: &str, options: &Value) -> VectorizerParams {
    let mut analyzer = match options["analyzer"].as_str() {
        Some("char") => Analyzer::char(),
        Some("char_wb") => Analyzer::char_wb(),
        _ => Analyzer::word(),
    };
    let mut params = match kind {
        "TfidfVectorizer" => Vectorizer::tfidf(),
        "CountVectorizer" => Vectorizer::count(),
        "HashingVectorizer" => Vectorizer::hashing(),
        other => panic!("no counterpart of {other}"),
    };
    for (option, value) in options.as_object().unwrap() {
        let (flag, number) = (value.as_bool(), |value: &Value| value.as_u64().unwrap() as usize);
        params = match option.as_str() {
            "analyzer" => params,
            "max_features" => params.max_features(number(value)),
            "min_df" => params.min_df(doc_freq(value)),
            "max_df" => params.max_df(doc_freq(value)),
            "ngram_range" => params.ngram_range(number(&value[0]), number(&value[1])),
            "sublinear_tf" => params.sublinear_tf(flag.unwrap()),
            "smooth_idf" => params.smooth_idf(flag.unwrap()),
            "use_idf" => params.use_idf(flag.unwrap()),
            "binary" => params.binary(flag.unwrap()),
            "norm" => params.norm(match value.as_str() {
                Some("l1") => Norm::L1,
                None => Norm::None,
                other => panic!("no counterpart of norm {other:?}"),
            }),
            "vocabulary" => params.vocabulary(list::<String>(value)),
            "n_features" => params.n_features(number(value)),
            "alternate_sign" => params.alternate_sign(flag.unwrap()),
            "lowercase" => {
                analyzer = analyzer.lowercase(flag.unwrap());
                params
            }
            "strip_accents" => {
                assert_eq!(value, "unicode");
                analyzer = analyzer.strip_accents(true);
                params
            }
            "stop_words" => {
                analyzer = analyzer.stop_words(StopWords::list(list::<String>(value)));
                params
            }
            other => panic!("no counterpart of {other}"),
        };
    }
    params.analyzer(analyzer)
}

/// The vectorizers of a case, which stand side by side: those of a union, else the one.
fn blocks(case: &Value) -> &[Value] {
    case.get("blocks").map_or(std::slice::from_ref(case), |blocks| blocks.as_array().unwrap())
}

/// Calls `check` with each case and what we make of it.
fn for_each_vectorizer(mut check: impl FnMut(&Texts, &Value, &Vectorizer, &Rows)) {
    let of_texts = [
        ("texts", &["vectorizer"][..]),
        ("features_texts", &["features", "hashing", "unions", "pairs"]),
    ];
    for (texts, names) in of_texts {
        let texts = Texts::read(texts);
        for case in names.iter().flat_map(|name| golden(name)) {
            let blocks = blocks(&case).iter().map(|block| {
                let params = vectorizer_params(block["kind"].as_str().unwrap(), &block["options"]);
                block["weight"].as_f64().into_iter().fold(params, VectorizerParams::weight)
            });
            let params = blocks.reduce(VectorizerParams::beside).unwrap();
            let fitted = params.fit_transform(&texts.fit);
            let (vectorizer, rows) = fitted.unwrap_or_else(|e| panic!("{}: {e}", name(&case)));
            assert_eq!(vectorizer.blocks().len(), self::blocks(&case).len(), "{}", name(&case));
            check(&texts, &case, &vectorizer, &rows);
        }
    }
}

#[track_caller]
fn compare_row(compare: &mut Compare, place: &str, rows: &Rows, i: usize, expected: &Value) {
    let (columns, values) = rows.row(i);
    assert_eq!(columns, list::<u32>(&expected[0]), "{place}: columns");
    let values: Vec<f64> = values.iter().map(|&v| v.into()).collect();
    compare.all(place, &values, &list::<f64>(&expected[1]));
}

#[test]
fn vocabularies_are_equal_and_idf_to_twelve_decimals() {
    let mut compare = Compare::within(1e-12, "idf");
    for_each_vectorizer(|_, case, vectorizer, _| {
        let mut start = 0;
        for (block, golden) in vectorizer.blocks().iter().zip(blocks(case)) {
            let n_columns = if let Some(expected) = golden.get("vocabulary") {
                let (found, expected) = (block.vocabulary().unwrap(), list::<String>(expected));
                for (column, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    assert_eq!(found, expected, "{}: column {column}", name(case));
                }
                assert_eq!(found.len(), expected.len(), "{}: terms", name(case));
                expected.len()
            } else {
                assert!(block.vocabulary().is_none(), "{}: hashing has none", name(case));
                golden["n_features"].as_u64().unwrap() as usize
            };
            let end = start + n_columns;
            assert_eq!(block.columns(), start..end, "{}: columns", name(case));
            start = end;

            match (block.idf(), golden.get("idf")) {
                (Some(found), Some(expected)) => {
                    let values: Vec<f64> = list(&expected["values"]);
                    let expected: Vec<f64> =
                        list::<usize>(&expected["of"]).into_iter().map(|i| values[i]).collect();
                    compare.all(name(case), found, &expected);
                }
                // Of so many columns it is not stored.
                (Some(_), None) if golden["n_features"].as_u64() > Some(1024) => {}
                (found, expected) => {
                    let place = format!("{}: whether there is an idf", name(case));
                    assert_eq!(found.is_some(), expected.is_some(), "{place}");
                }
            }
        }
        assert_eq!(vectorizer.n_features(), start, "{}: columns", name(case));
    });
}

#[test]
fn rows_are_equal_in_single_precision() {
    let mut compare = Compare::within(1e-6, "value of a row");
    for_each_vectorizer(|texts, case, vectorizer, rows| {
        for (&i, expected) in texts.stored.iter().zip(case["rows"].as_array().unwrap()) {
            let place = format!("{}: text {i}, {:.40?}", name(case), texts.fit[i]);
            compare_row(&mut compare, &place, rows, i, expected);
        }
        let unseen = vectorizer.transform(&texts.unseen);
        for (i, expected) in case["unseen"].as_array().unwrap().iter().enumerate() {
            let place = format!("{}: unseen text {i}, {:.40?}", name(case), texts.unseen[i]);
            compare_row(&mut compare, &place, &unseen, i, expected);
        }
        // The rows of fit_transform, to the bit.
        assert_eq!(vectorizer.transform(&texts.fit), *rows, "{}: transform", name(case));
    });
}

// --- classifiers

/// scikit-learn's options as our settings.
fn classifier_params(options: &Value) -> ClassifierParams {
    let mut params = Classifier::logistic_regression();
    for (option, value) in options.as_object().unwrap() {
        params = match option.as_str() {
            "C" => params.c(value.as_f64().unwrap()),
            "fit_intercept" => params.fit_intercept(value.as_bool().unwrap()),
            "class_weight" if value == "balanced" => params.class_weight(ClassWeight::Balanced),
            "class_weight" => {
                let given = value.as_object().unwrap().iter();
                let given = given.map(|(label, w)| (label.clone(), w.as_f64().unwrap())).collect();
                params.class_weight(ClassWeight::Given(given))
            }
            other => panic!("no counterpart of {other}"),
        };
    }
    params
}

/// Calls `check` with each case, our classifier, and the rows of the unseen texts.
fn for_each_classifier(
    change: impl Fn(ClassifierParams) -> ClassifierParams,
    mut check: impl FnMut(&Value, &Classifier, &Rows),
) {
    let texts = Texts::read("texts");
    for case in golden("classifier") {
        let params = vectorizer_params(case["kind"].as_str().unwrap(), &serde_json::json!({}))
            .max_features(case["max_features"].as_u64().unwrap() as usize);
        let (vectorizer, rows) = params.fit_transform(&texts.train).unwrap();
        let weights: Option<Vec<f64>> =
            serde_json::from_value(case["sample_weight"].clone()).unwrap();
        let options = weights.iter().fold(FitOptions::new(), |options, w| options.weights(w));
        let params = change(classifier_params(&case["options"]));
        let classifier = params.fit_with(&rows, &texts.labels(&case), &options).unwrap();
        let report = classifier.fit_report();
        assert!(report.converged(), "{}: {report:?}", name(&case));
        assert_eq!(classifier.classes(), list::<String>(&case["classes"]), "{}", name(&case));
        check(&case, &classifier, &vectorizer.transform(&texts.unseen));
    }
}

#[test]
fn weights_at_the_optimum_are_equal_to_six_decimals() {
    let mut coef = Compare::within(1e-6, "coef");
    let mut intercept = Compare::within(1e-6, "intercept");
    let mut objective = Compare::within(1e-8, "objective");
    // Of counts, rows are the same to the bit: this is the solver alone.
    let mut coef_of_counts = Compare::within(1e-7, "coef of counts");
    let tight = |params: ClassifierParams| params.tol(1e-10);
    for_each_classifier(tight, |case, classifier, _| {
        let counts = case["kind"] == "CountVectorizer";
        let coef = if counts { &mut coef_of_counts } else { &mut coef };
        assert_eq!(classifier.coef().n_rows(), case["coef"].as_array().unwrap().len());
        coef.all(name(case), classifier.coef().as_slice(), &flat(&case["coef"]));
        intercept.all(name(case), classifier.intercept(), &list::<f64>(&case["intercept"]));
        let expected = case["objective"].as_f64().unwrap();
        objective.one(name(case), classifier.fit_report().objective(), expected);
    });
}

#[test]
fn scores_at_the_optimum_are_equal_to_six_decimals() {
    let mut decisions = Compare::within(1e-6, "decision_function");
    let mut probabilities = Compare::within(1e-6, "predict_proba");
    let tight = |params: ClassifierParams| params.tol(1e-10);
    for_each_classifier(tight, |case, classifier, unseen| {
        let found = classifier.decision_function(unseen).unwrap();
        decisions.all(name(case), found.as_slice(), &flat(&case["decision_function"]));
        let found = classifier.predict_proba(unseen).unwrap();
        probabilities.all(name(case), found.as_slice(), &flat(&case["predict_proba"]));
        let found = classifier.predict(unseen).unwrap();
        assert_eq!(found, list::<String>(&case["predict"]), "{}", name(case));
    });
}

#[test]
fn the_default_tol_comes_nearer_to_the_optimum_than_scikit_learns_default() {
    let mut coef = Compare::within(1e-3, "coef with the default tol");
    let mut probabilities = Compare::within(1e-4, "predict_proba with the default tol");
    let default = |params| params;
    for_each_classifier(default, |case, classifier, unseen| {
        let theirs = |what: &str| case["default_is_off_by"][what].as_f64().unwrap();
        let expected = flat(&case["coef"]);
        coef.all(name(case), classifier.coef().as_slice(), &expected);
        assert!(off_by(classifier.coef().as_slice(), &expected) < theirs("coef"), "{}", name(case));
        let found = classifier.predict_proba(unseen).unwrap();
        let expected = flat(&case["predict_proba"]);
        probabilities.all(name(case), found.as_slice(), &expected);
        assert!(off_by(found.as_slice(), &expected) < theirs("predict_proba"), "{}", name(case));
    });
}

/// The largest difference of two numbers at the same place.
fn off_by(found: &[f64], expected: &[f64]) -> f64 {
    found.iter().zip(expected).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

// --- end to end

#[test]
fn a_pipelines_probabilities_are_equal_to_six_decimals() {
    let texts = Texts::read("texts");
    let mut compare = Compare::within(1e-6, "probability of a pipeline");
    for case in golden("pipeline") {
        let params = Classifier::logistic_regression().c(1.0).max_iter(1_000).tol(1e-10);
        let pipeline = Pipeline::builder()
            .vectorizer(vectorizer_params("TfidfVectorizer", &case["options"]))
            .classifier(params)
            .fit(&texts.train, &texts.labels(&case))
            .unwrap();
        assert_eq!(pipeline.classes(), list::<String>(&case["classes"]), "{}", name(&case));
        let expected = list::<Vec<f64>>(&case["predict_proba"]).into_iter();
        let expected = expected.zip(list::<String>(&case["predict"]));
        for (text, (probabilities, label)) in texts.unseen.iter().zip(expected) {
            let place = format!("{}: {text:.40?}", name(&case));
            if text.trim().is_empty() {
                // DIFFERENCE: scikit-learn answers with the intercept.
                let error = pipeline.predict_proba(text).unwrap_err();
                assert!(matches!(error, Error::EmptyText), "{place}: {error}");
                continue;
            }
            compare.all(&place, &pipeline.predict_proba(text).unwrap(), &probabilities);
            assert_eq!(pipeline.predict(text).unwrap().label(), label, "{place}");
        }
    }
}
