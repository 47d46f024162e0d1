//! Counts of parts of a corpus are those of the whole, however they were split, merged, stored, capped or stopped.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::arbitrary::{blocks, config, corpus};
use crate::common::naive::{self, Settings};
use proptest::collection::vec;
use proptest::prelude::*;
use ressenti::{Error, Step, TermCounts, Vectorizer, VectorizerParams};

/// As many texts as are analysed between two reports of progress.
const ROUND: usize = 1 << 14;

fn count(params: &VectorizerParams, texts: &[String]) -> TermCounts {
    let mut counts = params.term_counts().unwrap();
    counts.add(texts).unwrap();
    counts
}

fn through_json(counts: &TermCounts) -> TermCounts {
    serde_json::from_str(&serde_json::to_string(counts).unwrap()).unwrap()
}

fn through_bincode(counts: &TermCounts) -> TermCounts {
    let config = bincode::config::standard();
    let bytes = bincode::serde::encode_to_vec(counts, config).unwrap();
    bincode::serde::decode_from_slice(&bytes, config).unwrap().0
}

/// The vectorizer, or what is said instead.
fn outcome(fitted: ressenti::Result<Vectorizer>) -> Result<Vectorizer, String> {
    fitted.map_err(|error| error.to_string())
}

/// Merges all counts into one, two at a time; the numbers say which two, and what happens in between.
fn merge_all(mut counts: Vec<TermCounts>, choices: &[usize]) -> TermCounts {
    let mut choices = choices.iter().copied().cycle();
    let mut choose = |below: usize| choices.next().unwrap() % below;
    while counts.len() > 1 {
        let mut into = counts.swap_remove(choose(counts.len()));
        let i = choose(counts.len());
        let other = &counts[i];
        let other = match choose(3) {
            0 => other.clone(),
            1 => through_json(other),
            _ => through_bincode(other),
        };
        into.merge(&other).unwrap();
        counts[i] = if choose(4) == 0 { through_json(&into) } else { into };
    }
    counts.remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..config() })]

    #[test]
    fn parts_in_any_tree_are_the_whole(
        parts in vec(prop_oneof![4 => corpus(), 1 => Just(Vec::new())], 1..6),
        blocks in blocks(),
        choices in vec(any::<usize>(), 7),
    ) {
        let params = naive::params(&blocks);
        let texts = parts.concat();
        let counts = parts.iter().map(|part| count(&params, part)).collect();
        let merged = merge_all(counts, &choices);
        prop_assert_eq!(merged.n_documents(), texts.len() as u64);
        prop_assert_eq!(merged.n_terms(), count(&params, &texts).n_terms());
        prop_assert_eq!(outcome(merged.finish()), outcome(params.fit(&texts)));
        // One after the other into the same counts, and some of them stored in between.
        let mut added = params.term_counts().unwrap();
        for (part, choice) in parts.iter().zip(&choices) {
            added.add(part).unwrap();
            if choice % 2 == 0 {
                added = through_bincode(&added);
            }
        }
        prop_assert_eq!(outcome(added.finish()), outcome(params.fit(&texts)));
    }

    #[test]
    fn a_stream_with_room_for_all_terms_is_a_fit(texts in corpus(), blocks in blocks()) {
        let params = naive::params(&blocks);
        let streamed = params.fit_iter(texts.iter(), usize::MAX);
        prop_assert_eq!(outcome(streamed), outcome(params.fit(&texts)));
    }

    #[test]
    fn tokens_and_texts_can_be_counted_together(
        texts in corpus(), others in corpus(), settings in crate::common::arbitrary::settings()
    ) {
        if matches!(settings.cut, naive::Cut::Char | naive::Cut::CharWb) {
            return Ok(());
        }
        let mut counts = count(&settings.params(), &texts);
        let tokens: Vec<_> = others.iter().map(|text| settings.tokens(text)).collect();
        counts.add_tokens(&tokens).unwrap();
        let all = [texts, others].concat();
        prop_assert_eq!(outcome(counts.finish()), outcome(settings.params().fit(&all)));
    }

    #[test]
    fn counts_of_other_settings_are_refused_and_change_nothing(
        texts in corpus(), blocks in blocks(), others in blocks()
    ) {
        let (params, other_params) = (naive::params(&blocks), naive::params(&others));
        prop_assume!(params != other_params);
        let mut counts = count(&params, &texts);
        let error = counts.merge(&count(&other_params, &texts)).unwrap_err();
        let message = "settings of the other counts differ from these; count all parts of a corpus with the same settings";
        prop_assert_eq!(error.to_string(), message);
        prop_assert_eq!(outcome(counts.finish()), outcome(params.fit(&texts)));
    }
}

#[test]
fn counts_of_nothing_are_no_vectorizer() {
    for params in
        [Vectorizer::tfidf(), Vectorizer::hashing(), Vectorizer::tfidf().vocabulary(["a"])]
    {
        let error = params.term_counts().unwrap().finish().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are no texts to learn a vocabulary from; give at least one"
        );
        assert!(matches!(params.fit_iter(Vec::<String>::new(), 10), Err(Error::NoTexts { .. })));
    }
}

#[test]
fn room_for_no_term_is_refused() {
    let message = "max_terms 0 leaves no term; give at least 1, or leave it out to keep all";
    let mut counts = Vectorizer::tfidf().term_counts().unwrap().max_terms(0);
    assert_eq!(counts.add(&["good"]).unwrap_err().to_string(), message);
    assert_eq!(Vectorizer::tfidf().fit_iter(["good"], 0).unwrap_err().to_string(), message);
    // The least room there can be keeps what one text brings and no more.
    let mut counts = Vectorizer::tfidf().ngram_range(1, 3).term_counts().unwrap().max_terms(1);
    counts.add(&["good crew late"]).unwrap();
    assert!(counts.n_terms() <= 1);
    assert_eq!(counts.n_documents(), 1);
}

/// Texts with two words that all have, one that each has alone, and one that many have.
fn long_tail(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("late flight w{i} {}", ["good", "bad", "fine"][i % 3])).collect()
}

/// What there is to hold about rounds: blocks of each kind.
fn kinds() -> Vec<Settings> {
    let hashing = |feature_names| {
        Some(naive::Hashing { n_features: 64, alternate_sign: true, feature_names })
    };
    let given = ["flight", "late"].map(str::to_owned).to_vec();
    vec![
        Settings { ngram_range: (1, 2), ..Settings::default() },
        Settings { cut: naive::Cut::CharWb, ngram_range: (2, 3), ..Settings::default() },
        Settings { vocabulary: Some(given), ..Settings::default() },
        Settings { hashing: hashing(false), ..Settings::default() },
        Settings { hashing: hashing(true), ..Settings::default() },
    ]
}

#[test]
fn frequent_terms_are_exact_when_only_rare_ones_were_dropped() {
    let texts = long_tail(2 * ROUND + 100);
    for (params, max_terms) in [
        (Vectorizer::count().use_idf(true), 2_000),
        (Vectorizer::count().use_idf(true).ngram_range(1, 3), 6_000),
    ] {
        let mut counts = params.term_counts().unwrap().max_terms(max_terms);
        for part in texts.chunks(ROUND - 3) {
            counts.add(part).unwrap();
            counts = through_bincode(&counts);
            assert!(counts.n_terms() <= max_terms, "{}", counts.n_terms());
        }
        let (capped, whole) = (counts.finish().unwrap(), params.fit(&texts).unwrap());
        assert_eq!(capped.n_documents(), whole.n_documents());
        let idf = |v: &Vectorizer, term| v.blocks()[0].idf().unwrap()[v.column(term).unwrap()];
        for term in ["late", "flight", "good", "bad", "fine", "late flight"] {
            if whole.column(term).is_some() {
                assert_eq!(idf(&capped, term), idf(&whole, term), "{term}");
            }
        }
        assert!(capped.n_features() <= max_terms);
    }
}

#[test]
fn a_stream_of_many_rounds_is_a_fit() {
    let texts = long_tail(2 * ROUND + 100);
    for params in [naive::params(&kinds()[..2]), naive::params(&kinds()[2..])] {
        let fitted = params.fit(&texts).unwrap();
        assert_eq!(params.fit_iter(&texts, usize::MAX).unwrap(), fitted);
    }
}

/// Goes on so many times, and then stops.
fn stop_after(reports: usize) -> impl Fn(Step) -> ControlFlow<()> + Send + Sync {
    let seen = AtomicUsize::new(0);
    move |_| {
        let go_on = seen.fetch_add(1, Ordering::Relaxed) < reports;
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

#[test]
fn stopped_counting_has_counted_whole_rounds_and_can_go_on() {
    let texts: Vec<String> =
        (0..ROUND + 10).map(|i| ["good", "bad seat", ""][i % 3].into()).collect();
    let all_kinds = kinds();
    let mut cases: Vec<VectorizerParams> = all_kinds.iter().map(Settings::params).collect();
    cases.push(naive::params(&all_kinds));
    for params in cases {
        let fitted = params.fit(&texts).unwrap();
        for reports in 0.. {
            let mut counts = params.term_counts().unwrap();
            let result = counts.add_with(&texts, &stop_after(reports));
            let counted = usize::try_from(counts.n_documents()).unwrap();
            assert!(counted % ROUND == 0 || counted == texts.len(), "{counted}");
            // It can be stored, and be told the rest.
            let mut counts = through_bincode(&counts);
            counts.add(&texts[counted..]).unwrap();
            assert_eq!(counts.finish().unwrap(), fitted, "after {reports} reports");
            match result {
                Ok(()) => break,
                Err(error) => assert!(matches!(error, Error::Cancelled), "{error}"),
            }
        }
    }
}

#[test]
fn a_stopped_fit_leaves_only_the_error() {
    let texts = vec!["good seat"; ROUND + 10];
    let kinds = kinds();
    let params = naive::params(&[kinds[0].clone(), kinds[4].clone()]);
    let go_on = |_| ControlFlow::Continue(());
    let watched = params.fit_transform_with(&texts, Some(&go_on)).unwrap();
    assert_eq!(watched, params.fit_transform(&texts).unwrap());
    let mut stopped = 0;
    while let Err(error) = params.fit_transform_with(&texts, Some(&stop_after(stopped))) {
        assert!(matches!(error, Error::Cancelled), "{error}");
        stopped += 1;
    }
    // Two rounds of each block, and two of all rows, with a report before and after each.
    assert!(stopped >= 9, "{stopped}");
}

/// What failed is as if it had not been tried.
#[test]
fn tokens_that_cannot_be_counted_change_nothing() {
    let message = |token: &str| {
        format!(
            "invalid token: {token:?} is empty or holds a space, which is what stands between the tokens of a term; drop or \
             replace it"
        )
    };
    for params in [
        Vectorizer::tfidf(),
        Vectorizer::tfidf().ngram_range(1, 2).beside(Vectorizer::hashing()),
        Vectorizer::hashing(),
        Vectorizer::tfidf().vocabulary(["good"]),
    ] {
        for bad in ["", "good crew"] {
            let mut counts = params.term_counts().unwrap();
            counts.add(&["good crew", "late"]).unwrap();
            let fitted = counts.finish().unwrap();
            let documents =
                vec![vec!["good"], vec!["late", "seat"], vec!["late"], vec!["good", bad]];
            let error = counts.add_tokens(&documents).unwrap_err();
            assert_eq!(error.to_string(), message(bad), "{params:?}");
            assert_eq!(counts.n_documents(), 2);
            assert_eq!(counts.finish().unwrap(), fitted, "{params:?}");
        }
    }
}

/// Texts without a word twice, and more words than may be kept.
#[test]
fn a_cap_that_keeps_nothing_is_named() {
    let message =
        "no term is left of 1 texts: all were too rare to be kept among max_terms; raise it";
    for params in [Vectorizer::count(), Vectorizer::count().ngram_range(2, 2)] {
        let error = params.fit_iter(["a text of which each word comes once"], 4).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

/// However few terms are kept, the most frequent one is among them.
#[test]
fn a_small_cap_keeps_the_most_frequent_term() {
    for max_terms in 1..6 {
        let texts = ["aa bb cc dd ee ff aa aa bb"];
        let vectorizer = Vectorizer::count().fit_iter(texts, max_terms).unwrap();
        let names: Vec<_> = vectorizer.feature_names().collect();
        assert!(names.contains(&"aa".into()) && names.len() <= max_terms, "{max_terms}: {names:?}");
    }
}
