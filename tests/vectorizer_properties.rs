//! The vectorizer beside its naive twin, and with itself: one text as many, one step as two.

mod common;

use std::fmt::Write;

use common::naive::{self, Settings};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ressenti::{Classifier, DocFreq, Error, Norm, Vectorizer};

/// Few distinct words, so that they repeat and tie; some of them test what a word is and how it is lower-cased.
fn word() -> impl Strategy<Value = String> {
    let known = select(vec![
        "good",
        "bad",
        "not",
        "flight",
        "Good",
        "GOOD",
        "no",
        "a",
        "42",
        "x_1",
        "été",
        "ÉTÉ",
        "ΟΔΟΣ",
        "DİYAR",
        "straße",
        "日本",
        "हिन्दी",
        "👍🏽",
        "don't",
        "ⓐb",
        "ﬁx",
        "½½",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => "\\PC{0,4}", 1 => any::<String>()]
}

/// Words between separators that join them, end them or hide between them.
fn text() -> impl Strategy<Value = String> {
    let separator = select(vec![" ", " ", " ", ", ", "", "-", "\u{301}", "\n\0"]);
    vec((word(), separator), 0..8).prop_map(|words| {
        words.iter().fold(String::new(), |mut text, (word, separator)| {
            write!(text, "{word}{separator}").unwrap();
            text
        })
    })
}

fn corpus() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 1..12)
}

fn doc_freq() -> impl Strategy<Value = DocFreq> {
    let share = prop_oneof![0.0..=1.0, select(vec![0.0, 0.1, 0.25, 0.5, 1.0])];
    prop_oneof![(0u32..4).prop_map(DocFreq::Count), share.prop_map(DocFreq::Fraction)]
}

fn settings() -> impl Strategy<Value = Settings> {
    let ngram_range = (1usize..=3, 0usize..=2).prop_map(|(min, more)| (min, min + more));
    let stop_words = vec(select(vec!["good", "été", "no", "Good"]).prop_map(str::to_owned), 0..3);
    let min_df = prop_oneof![2 => Just(DocFreq::Count(1)), 1 => doc_freq()];
    let max_df = prop_oneof![2 => Just(DocFreq::Fraction(1.0)), 1 => doc_freq()];
    let max_features = proptest::option::of(1usize..12);
    let norm = select(vec![Norm::L1, Norm::L2, Norm::None]);
    let (lengths, bools) = ((ngram_range, min_df, max_df, max_features), any::<[bool; 5]>());
    (stop_words, lengths, bools, norm).prop_map(|(stop_words, lengths, bools, norm)| {
        let (ngram_range, min_df, max_df, max_features) = lengths;
        let [lowercase, binary, sublinear_tf, use_idf, smooth_idf] = bools;
        Settings {
            lowercase,
            stop_words,
            ngram_range,
            min_df,
            max_df,
            max_features,
            binary,
            sublinear_tf,
            use_idf,
            smooth_idf,
            norm,
        }
    })
}

/// A row to the last bit.
fn bits((columns, values): (&[u32], &[f32])) -> (Vec<u32>, Vec<u32>) {
    (columns.to_vec(), values.iter().map(|value| value.to_bits()).collect())
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn equals_the_naive_twin(texts in corpus(), unseen in text(), settings in settings()) {
        let fitted = settings.params().fit_transform(&texts);
        let Some(twin) = naive::Vectorizer::fit(&settings, &texts) else {
            let documents = texts.len();
            prop_assert!(
                matches!(fitted, Err(Error::EmptyVocabulary { documents: d, .. }) if d == documents),
                "{:?}", fitted
            );
            return Ok(());
        };
        let (vectorizer, rows) = fitted.unwrap();
        prop_assert_eq!(vectorizer.feature_names().collect::<Vec<_>>(), &twin.vocabulary[..]);
        prop_assert_eq!(vectorizer.blocks()[0].idf(), twin.idf.as_deref());
        prop_assert_eq!(vectorizer.n_documents(), texts.len() as u64);
        prop_assert_eq!(rows.n_rows(), texts.len());
        prop_assert_eq!(rows.n_columns(), twin.vocabulary.len());
        let others = vectorizer.transform(&[&unseen]);
        let found = (0..rows.n_rows()).map(|i| rows.row(i)).chain([others.row(0)]);
        for ((columns, values), text) in found.zip(texts.iter().chain([&unseen])) {
            let expected = twin.row(text);
            prop_assert!(columns.iter().map(|&c| c as usize).eq(expected.iter().map(|e| e.0)));
            for (value, (_, expected)) in values.iter().zip(&expected) {
                let error = (f64::from(*value) - expected).abs();
                prop_assert!(error <= 1e-6 * expected.max(1.0), "{} {}", value, expected);
            }
        }
    }

    #[test]
    fn transform_of_one_text_is_its_row_among_all(
        texts in corpus(), others in corpus(), settings in settings()
    ) {
        let Ok(vectorizer) = settings.params().fit(&texts) else { return Ok(()) };
        let rows = vectorizer.transform(&others);
        for (i, text) in others.iter().enumerate() {
            prop_assert_eq!(bits(rows.row(i)), bits(vectorizer.transform(&[text]).row(0)));
        }
    }

    #[test]
    fn fit_transform_is_fit_then_transform(texts in corpus(), settings in settings()) {
        let Ok((together, rows)) = settings.params().fit_transform(&texts) else { return Ok(()) };
        let apart = settings.params().fit(&texts).unwrap();
        let json = |v: &Vectorizer| serde_json::to_string(v).unwrap();
        prop_assert_eq!(json(&together), json(&apart));
        let again = apart.transform(&texts);
        prop_assert_eq!((rows.n_rows(), rows.n_columns()), (again.n_rows(), again.n_columns()));
        for i in 0..rows.n_rows() {
            prop_assert_eq!(bits(rows.row(i)), bits(again.row(i)));
        }
    }

    #[test]
    fn the_order_of_texts_changes_nothing_but_the_order_of_rows(
        texts in corpus(), settings in settings()
    ) {
        let Ok((vectorizer, rows)) = settings.params().fit_transform(&texts) else { return Ok(()) };
        let reversed: Vec<&String> = texts.iter().rev().collect();
        let (other, backwards) = settings.params().fit_transform(&reversed).unwrap();
        prop_assert_eq!(&vectorizer, &other);
        for i in 0..texts.len() {
            prop_assert_eq!(bits(rows.row(i)), bits(backwards.row(texts.len() - 1 - i)));
        }
    }
}

#[test]
fn no_texts_have_no_rows_and_no_scores() {
    let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good", "bad"]).unwrap();
    let none = vectorizer.transform::<&str>(&[]);
    assert_eq!((none.n_rows(), none.n_columns(), none.nnz()), (0, 2, 0));
    let classifier = Classifier::logistic_regression().fit(&rows, &[true, false]).unwrap();
    let probabilities = classifier.predict_proba(&none).unwrap();
    assert_eq!((probabilities.n_rows(), probabilities.n_columns()), (0, 2));
    assert!(classifier.predict(&none).unwrap().is_empty());
}
