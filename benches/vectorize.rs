//! Texts to rows, by a vectorizer that is fitted already.
//!
//! Input: the example tweets. Every iteration must find as many entries as the naive twin; throughput in texts.

mod harness;
#[path = "../tests/common/naive.rs"]
mod naive;
#[path = "../tests/common/tweets.rs"]
mod tweets;

use criterion::{Criterion, Throughput};
use harness::Case;
use naive::{Cut, Hashing, Settings};

fn main() {
    let mut criterion = harness::criterion();
    let (_, texts) = tweets::all();
    let unigrams = Settings { max_features: Some(10_000), ..Settings::default() };
    let bigrams = Settings { ngram_range: (1, 2), ..unigrams.clone() };

    // Why: the way of one request; what does not depend on the number of texts shows here.
    compare(&mut criterion, "vectorize/one_text", &unigrams, &texts, &texts[1..2]);

    // Why: the usual model; one look-up per word.
    compare(&mut criterion, "vectorize/unigrams", &unigrams, &texts, &texts);

    // Why: pairs are found by integers here, as joined strings in the twin.
    compare(&mut criterion, "vectorize/bigrams", &bigrams, &texts, &texts);

    // Why: texts of other words than the model's, of which most look-ups fail.
    let strange: Vec<String> = texts.iter().map(|text| text.chars().rev().collect()).collect();
    let strange: Vec<&str> = strange.iter().map(String::as_str).collect();
    compare(&mut criterion, "vectorize/unknown_words", &unigrams, &texts, &strange);

    // Why: many times the terms of words, found one character at a time.
    let characters = Settings { cut: Cut::CharWb, ngram_range: (2, 5), ..Settings::default() };
    compare(&mut criterion, "vectorize/characters", &characters, &texts, &texts);

    // Why: no table to look anything up in, but each term is hashed.
    let hashing = Hashing { n_features: 1 << 10, alternate_sign: true, feature_names: false };
    let hashing = Settings {
        ngram_range: (1, 2),
        use_idf: false,
        hashing: Some(hashing),
        ..Settings::default()
    };
    compare(&mut criterion, "vectorize/hashing", &hashing, &texts, &texts);

    criterion.final_summary();
}

/// Fits on some texts and turns others into rows, beside the twin.
fn compare(
    criterion: &mut Criterion,
    name: &str,
    settings: &Settings,
    fit: &[&str],
    texts: &[&str],
) {
    let vectorizer = settings.params().fit(fit).expect("the texts hold words");
    let twin = naive::Vectorizer::fit(settings, fit).expect("the texts hold words");
    let expected: usize = texts.iter().map(|text| twin.row(text).len()).sum();
    Case { criterion, name, throughput: Throughput::Elements(texts.len() as u64) }
        .bench("ressenti", &expected, || vectorizer.transform(texts).nnz())
        .bench("naive", &expected, || texts.iter().map(|text| twin.row(text).len()).sum());
}
