//! Texts and settings to try the vectorizer with: few distinct words, so that they repeat, tie and collide.
//!
//! Nothing in, strategies out. What is to be true of them is not known here.
#![allow(dead_code, reason = "each test uses the part it needs")]

use std::fmt::Write;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use ressenti::text::{Analyzer, AnalyzerParams, Language, Negation, StopWords};
use ressenti::{DocFreq, Norm, Rows};

use super::naive::{Cut, Hashing, Settings};

/// Some of them test what a word is, how it is lower-cased and what it is without accents.
fn word() -> impl Strategy<Value = String> {
    let known = select(vec![
        "good",
        "bad",
        "not",
        "flight",
        "flights",
        "Good",
        "GOOD",
        "no",
        "a",
        "42",
        "x_1",
        "été",
        "ÉTÉ",
        "e\u{301}te\u{301}",
        "ΟΔΟΣ",
        "DİYAR",
        "straße",
        "日本",
        "हिन्दी",
        "\u{1930}", // a vowel sign, which joins the space before it
        "👍🏽",
        ":(",
        "don't",
        "ⓐb",
        "ﬁx",
        "½½",
        "℡",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => "\\PC{0,4}", 1 => any::<String>()]
}

/// Words between separators that join them, end them or hide between them.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let separator =
        select(vec![" ", " ", " ", ", ", "", "-", "\u{301}", "\n\0", "\t", " \u{3000}", "\u{1c}"]);
    vec((word(), separator), 0..8).prop_map(|words| {
        words.iter().fold(String::new(), |mut text, (word, separator)| {
            write!(text, "{word}{separator}").unwrap();
            text
        })
    })
}

pub(crate) fn corpus() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 1..12)
}

fn doc_freq() -> impl Strategy<Value = DocFreq> {
    let share = prop_oneof![0.0..=1.0, select(vec![0.0, 0.1, 0.25, 0.5, 1.0])];
    prop_oneof![(0u32..4).prop_map(DocFreq::Count), share.prop_map(DocFreq::Fraction)]
}

/// What words become, when the crate cuts them.
fn analyzer() -> impl Strategy<Value = AnalyzerParams> {
    let cut = select(vec![Analyzer::word(), Analyzer::unicode_word(), Analyzer::social()]);
    let stop_words = vec(select(vec!["good", "été", "not"]), 0..3).prop_map(StopWords::list);
    let stemmer = option::of(select(vec![Language::English, Language::French]));
    let negation = select(vec![Negation::of(Language::English).unwrap(), Negation::list(["b*"])]);
    let negation = option::of((negation, 0u32..4).prop_map(|(n, window)| n.window(window)));
    (cut, any::<[bool; 2]>(), stop_words, stemmer, negation, option::weighted(0.2, 1usize..20))
        .prop_map(|(cut, [lowercase, strip_accents], stop_words, stemmer, negation, max_bytes)| {
            let mut cut =
                cut.lowercase(lowercase).strip_accents(strip_accents).stop_words(stop_words);
            if let Some(language) = stemmer {
                cut = cut.stemmer(language);
            }
            if let Some(negation) = negation {
                cut = cut.negation(negation);
            }
            match max_bytes {
                Some(max_bytes) => cut.max_bytes(max_bytes),
                None => cut,
            }
        })
}

fn cut() -> impl Strategy<Value = Cut> {
    let by_crate = analyzer().prop_map(Cut::ByCrate);
    prop_oneof![2 => Just(Cut::Word), 1 => Just(Cut::Char), 2 => Just(Cut::CharWb), 2 => by_crate]
}

/// Settings of a block that learns which columns there are.
fn learning() -> impl Strategy<Value = Settings> {
    let ngram_range = (1usize..=4, 0usize..=3).prop_map(|(min, more)| (min, min + more));
    let stop_words = vec(select(vec!["good", "été", "no", "Good"]).prop_map(str::to_owned), 0..3);
    let min_df = prop_oneof![2 => Just(DocFreq::Count(1)), 1 => doc_freq()];
    let max_df = prop_oneof![2 => Just(DocFreq::Fraction(1.0)), 1 => doc_freq()];
    let max_features = option::of(1usize..12);
    let norm = select(vec![Norm::L1, Norm::L2, Norm::None]);
    let bm25 = option::weighted(0.3, (0.0..3.0, 0.0..=1.0));
    let weight = select(vec![1.0, 0.5, 30.0]);
    let (terms, bools) = ((ngram_range, min_df, max_df, max_features), any::<[bool; 6]>());
    ((cut(), stop_words), terms, bools, (bm25, norm, weight)).prop_map(
        |((cut, stop_words), terms, bools, (bm25, norm, weight))| {
            let (ngram_range, min_df, max_df, max_features) = terms;
            let [lowercase, strip_accents, binary, sublinear_tf, use_idf, smooth_idf] = bools;
            Settings {
                cut,
                lowercase,
                strip_accents,
                stop_words,
                ngram_range,
                min_df,
                max_df,
                max_features,
                vocabulary: None,
                hashing: None,
                binary,
                sublinear_tf,
                use_idf,
                smooth_idf,
                bm25,
                norm,
                weight,
            }
        },
    )
}

fn hashing() -> impl Strategy<Value = Settings> {
    let n_features = prop_oneof![2 => 1usize..9, 1 => 9usize..200];
    (learning(), n_features, any::<[bool; 2]>()).prop_map(
        |(mut settings, n_features, [alternate_sign, feature_names])| {
            settings.hashing = Some(Hashing { n_features, alternate_sign, feature_names });
            settings.min_df = DocFreq::Count(1);
            settings.max_df = DocFreq::Fraction(1.0);
            settings.max_features = None;
            // Counts below 0 have no logarithm.
            if alternate_sign && !settings.binary {
                settings.sublinear_tf = false;
                settings.bm25 = None;
            }
            settings
        },
    )
}

/// With the terms of some texts, of which another corpus may have none; or learning, if these texts have none.
fn given() -> impl Strategy<Value = Settings> {
    (learning(), corpus()).prop_map(|(mut settings, texts)| {
        let terms = texts.iter().flat_map(|text| settings.terms(&settings.tokens(text)));
        let mut terms: Vec<String> = terms.collect();
        terms.sort();
        terms.dedup();
        settings.vocabulary = Some(terms).filter(|terms| !terms.is_empty());
        settings
    })
}

/// One block.
pub(crate) fn settings() -> impl Strategy<Value = Settings> {
    prop_oneof![4 => learning(), 1 => given(), 2 => hashing()]
}

/// One block or several.
pub(crate) fn blocks() -> impl Strategy<Value = Vec<Settings>> {
    vec(settings(), 1..=3)
}

/// A row to the last bit.
pub(crate) fn bits((columns, values): (&[u32], &[f32])) -> (Vec<u32>, Vec<u32>) {
    (columns.to_vec(), values.iter().map(|value| value.to_bits()).collect())
}

/// Rows to the last bit.
pub(crate) fn all_bits(rows: &Rows) -> Vec<(Vec<u32>, Vec<u32>)> {
    (0..rows.n_rows()).map(|i| bits(rows.row(i))).collect()
}

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}
