//! Texts to sentiments by a trained pipeline (TF-IDF of at most 10,000 words, logistic regression), and the pipeline to
//! bytes and back.
//!
//! Input: the example tweets that are positive or negative. The naive twin scores with the same weights and must come to
//! the same labels; every iteration is checked. Throughput in texts, for bytes in bytes.

mod harness;
#[path = "../tests/common/naive.rs"]
mod naive;
#[path = "../tests/common/tweets.rs"]
mod tweets;

use criterion::{Criterion, Throughput};
use harness::Case;
use naive::Settings;
use ressenti::{Pipeline, Preset, Scratch};

/// What the twin knows: its vectorizer, and the pipeline's weights.
struct Naive {
    vectorizer: naive::Vectorizer,
    coef: Vec<f64>,
    intercept: f64,
}

impl Naive {
    /// The label and its probability.
    fn predict(&self, text: &str) -> (&'static str, f64) {
        let row = self.vectorizer.row(text);
        let sum: f64 = row.iter().map(|&(column, value)| value * self.coef[column]).sum();
        let probability = 1.0 / (1.0 + (-sum - self.intercept).exp());
        if probability > 0.5 { ("true", probability) } else { ("false", 1.0 - probability) }
    }

    /// The terms of a text and what each adds, the weightiest first.
    fn explain(&self, text: &str) -> Vec<(String, f64)> {
        let row = self.vectorizer.row(text).into_iter();
        let name = |column: usize| self.vectorizer.vocabulary[column].clone();
        let mut terms: Vec<_> =
            row.map(|(column, value)| (name(column), value * self.coef[column])).collect();
        terms.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        terms
    }
}

/// One text with the caller's buffers. It must have the probabilities that its row has.
fn bench_one(criterion: &mut Criterion, name: &str, pipeline: &Pipeline, text: &str) {
    let row = pipeline.vectorizer().transform(&[text]);
    let expected = pipeline.classifier().predict_proba(&row).expect("the row is the vectorizer's");
    let expected = expected.row(0).to_vec();
    let (mut scratch, mut out) = (Scratch::new(), Vec::new());
    Case { criterion, name, throughput: Throughput::Elements(1) }.bench("ressenti", &true, || {
        let scored = pipeline.predict_proba_into(text, &mut scratch, &mut out).is_ok();
        scored && out.iter().zip(&expected).all(|(p, expected)| (p - expected).abs() < 1e-6)
    });
}

fn main() {
    let mut criterion = harness::criterion();
    let (labels, texts) = tweets::polar(1);
    let settings = Settings { max_features: Some(10_000), ..Settings::default() };
    let builder = Pipeline::builder().vectorizer(settings.params());
    let pipeline = builder.fit(&texts, &labels).expect("there are words and classes");
    let twin = Naive {
        vectorizer: naive::Vectorizer::fit(&settings, &texts).expect("the texts hold words"),
        coef: pipeline.classifier().coef().row(0).to_vec(),
        intercept: pipeline.classifier().intercept()[0],
    };
    for text in &texts {
        let (label, probability) = twin.predict(text);
        let ours = pipeline.predict(text).expect("no text is empty");
        assert_eq!(ours.label(), label, "{text}");
        assert!((ours.probability() - probability).abs() < 1e-6, "{text}");
    }

    // Why: the hot path of a service. 76 bytes, 13 words: a tweet as most are.
    let text = "thanks for the upgrade on flight 212, the crew was lovely and so was lunch!";
    let expected = twin.predict(text).0;
    Case { criterion: &mut criterion, name: "score/one_text", throughput: Throughput::Elements(1) }
        .bench("ressenti", &true, || pipeline.predict(text).is_ok_and(|p| p.label() == expected))
        .bench("naive", &true, || twin.predict(text).0 == expected);

    // Why: the preset that most will take; stems, negation and pairs besides. There is no twin of it, but it must say what
    // it said of the same text among others.
    let social = Pipeline::builder().preset(Preset::Social).fit(&texts, &labels);
    let social = social.expect("there are words and classes");
    bench_one(&mut criterion, "score/social", &social, text);

    // Why: one decision value and one exponential for each class.
    let (labels_of_three, texts_of_three) = tweets::all();
    let three = Pipeline::builder().vectorizer(settings.params());
    let three = three.fit(&texts_of_three, &labels_of_three).expect("there are words and classes");
    bench_one(&mut criterion, "score/three_classes", &three, text);

    // Why: nightly jobs; on all threads.
    let positive = texts.iter().filter(|text| twin.predict(text).0 == "true").count();
    let throughput = Throughput::Elements(texts.len() as u64);
    Case { criterion: &mut criterion, name: "score/batch", throughput }
        .bench("ressenti", &positive, || {
            let predictions = pipeline.predict_batch(&texts);
            predictions.iter().filter(|p| p.as_ref().is_ok_and(|p| p.label() == "true")).count()
        })
        .bench("naive", &positive, || {
            texts.iter().filter(|text| twin.predict(text).0 == "true").count()
        });

    // Why: shown beside an answer, so it has to keep up with it: at most five times a score.
    let terms = twin.explain(text).len();
    Case { criterion: &mut criterion, name: "score/explain", throughput: Throughput::Elements(1) }
        .bench("ressenti", &terms, || pipeline.explain(text).map_or(0, |e| e.terms().len()))
        .bench("naive", &terms, || twin.explain(text).len());

    // Why: paid at every start of a program; beside the same values as JSON.
    let (bytes, json) =
        (pipeline.to_bytes(), serde_json::to_vec(&pipeline).expect("all values are finite"));
    let n_terms = pipeline.vectorizer().n_features();
    let size = |p: &Pipeline| p.vectorizer().n_features();
    Case {
        criterion: &mut criterion,
        name: "score/load",
        throughput: Throughput::Bytes(bytes.len() as u64),
    }
    .bench("ressenti", &n_terms, || Pipeline::from_bytes(&bytes).map_or(0, |p| size(&p)))
    .bench("serde_json", &n_terms, || serde_json::from_slice(&json).map_or(0, |p| size(&p)));

    // Why: paid at every end of a training; grows with the vocabulary.
    Case {
        criterion: &mut criterion,
        name: "score/save",
        throughput: Throughput::Bytes(bytes.len() as u64),
    }
    .bench("ressenti", &bytes.len(), || pipeline.to_bytes().len())
    .bench("serde_json", &json.len(), || {
        serde_json::to_vec(&pipeline).map_or(0, |json| json.len())
    });

    criterion.final_summary();
}
