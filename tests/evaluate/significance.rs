//! Intervals and tests: scipy's numbers, the same on any number of threads, and right as often as they say.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use ressenti::Result;
use ressenti::evaluate::{
    Answers, Bootstrap, ConfusionMatrix, Interval, McNemarMethod, mcnemar, roc_auc,
};
use serde_json::Value;

fn golden(name: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/evaluate");
    let text = fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

fn accuracy(answers: &Answers<'_>) -> Result<Option<f64>> {
    Ok(Some(ConfusionMatrix::new(2, answers.truth, answers.predicted)?.accuracy()))
}

fn f1(answers: &Answers<'_>) -> Result<Option<f64>> {
    Ok(Some(ConfusionMatrix::new(2, answers.truth, answers.predicted)?.f1(1)))
}

fn area(answers: &Answers<'_>) -> Result<Option<f64>> {
    roc_auc(&answers.is(1), answers.scores)
}

#[test]
fn intervals_are_the_percentiles_of_the_same_resamples() {
    let lines = golden("bootstrap");
    let [truth, predicted, rival] =
        ["truth", "predicted", "rival"].map(|name| list::<usize>(&lines[0][name]));
    let scores: Vec<f64> = list(&lines[0]["scores"]);
    let answers = Answers { truth: &truth, predicted: &predicted, scores: &scores };
    let rival = Answers { predicted: &rival, ..answers };
    for case in &lines[1..] {
        let figure = match case["figure"].as_str().unwrap() {
            "accuracy" => accuracy,
            "f1" => f1,
            _ => area,
        };
        let bootstrap = Bootstrap::new()
            .resamples(150)
            .stratified(case["stratified"].as_bool().unwrap())
            .level(case["level"].as_f64().unwrap())
            .seed(case["seed"].as_u64().unwrap());
        let interval = if case["paired"].as_bool().unwrap() {
            bootstrap.difference(&answers, &rival, figure)
        } else {
            bootstrap.interval(&answers, figure)
        };
        let interval = interval.unwrap().unwrap();
        assert_eq!(interval.resamples as u64, case["resamples"].as_u64().unwrap(), "{case}");
        for (found, end) in [(interval.lower, "lower"), (interval.upper, "upper")] {
            assert!((found - case[end].as_f64().unwrap()).abs() < 1e-12, "{case}: {interval:?}");
        }
    }
}

/// Answers of two models of which the first is right alone in `b` rows and the second in `c`.
fn discordant(b: usize, c: usize) -> [Vec<usize>; 3] {
    let row = |row: usize| usize::from(row < b);
    [vec![1; b + c + 1], (0..=b + c).map(row).collect(), (0..=b + c).map(|r| 1 - row(r)).collect()]
}

#[test]
fn p_values_are_those_of_scipy() {
    for case in golden("mcnemar") {
        let [b, c] = ["only_first", "only_second"].map(|name| case[name].as_u64().unwrap());
        let [truth, first, mut second] = discordant(b as usize, c as usize);
        *second.last_mut().unwrap() = 0; // a row that both get wrong
        let test = |method| mcnemar(&truth, &first, &second, method).unwrap();
        let (exact, chi_squared) = (test(McNemarMethod::Exact), test(McNemarMethod::ChiSquared));
        assert_eq!((exact.only_first, exact.only_second), (b, c));
        assert_eq!((exact.both, exact.neither, exact.discordant()), (0, 1, b + c));
        for (found, name) in [
            (exact.p_value, "exact"),
            (chi_squared.p_value, "chi_squared"),
            (chi_squared.statistic, "statistic"),
        ] {
            let expected = case[name].as_f64().unwrap();
            assert!((found - expected).abs() <= 1e-11 * expected, "{case}: {name} is {found}");
        }
        let auto = if b + c < 25 { exact } else { chi_squared };
        assert_eq!(test(McNemarMethod::Auto), auto);
    }
}

#[cfg(feature = "parallel")]
#[test]
fn the_number_of_threads_makes_no_difference() {
    let truth: Vec<usize> = (0..500).map(|row| row % 3 % 2).collect();
    let scores: Vec<f64> = (0..500).map(|row| f64::from(row * 7919 % 500)).collect();
    let answers = Answers { truth: &truth, predicted: &truth, scores: &scores };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let bootstrap = Bootstrap::new().resamples(333).seed(9);
        pool.install(|| bootstrap.interval(&answers, area).unwrap().unwrap())
    };
    let one = on(1);
    assert!([2, 3, 8].iter().all(|&threads| on(threads) == one), "{one:?}");
}

#[test]
fn ninety_of_a_hundred_intervals_hold_the_truth() {
    // A model that is right in 8 of 10 cases, asked 200 questions again and again.
    let mut held = 0;
    let mut state = 1_u64;
    for seed in 0..100 {
        let mut right = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::from((state >> 33) % 10 < 8)
        };
        let predicted: Vec<usize> = (0..200).map(|_| right()).collect();
        let answers = Answers { truth: &[1; 200], predicted: &predicted, scores: &[] };
        let bootstrap = Bootstrap::new().resamples(400).level(0.9).seed(seed);
        let interval: Interval = bootstrap.interval(&answers, accuracy).unwrap().unwrap();
        held += usize::from(interval.contains(0.8));
    }
    // Three standard deviations of a binomial with n = 100, p = 0.9 are 9.
    assert!((81..=99).contains(&held), "{held} of 100");
}

proptest! {
    #[test]
    fn an_interval_lies_within_what_the_figure_can_be(
        rows in vec((0..2_usize, 0..2_usize), 1..60),
        level in 0.01..0.99_f64,
        stratified: bool,
        seed: u64,
    ) {
        let (truth, predicted): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
        let answers = Answers { truth: &truth, predicted: &predicted, scores: &[] };
        let bootstrap = Bootstrap::new().resamples(60).stratified(stratified).seed(seed);
        let interval = bootstrap.clone().level(level).interval(&answers, accuracy).unwrap().unwrap();
        prop_assert!(0.0 <= interval.lower && interval.lower <= interval.upper && interval.upper <= 1.0);
        let wider = bootstrap.level(0.999).interval(&answers, accuracy).unwrap().unwrap();
        prop_assert!(wider.lower <= interval.lower && interval.upper <= wider.upper);
        prop_assert_eq!(wider.estimate, interval.estimate);
    }

    #[test]
    fn the_exact_p_value_is_the_share_of_splits_as_uneven(b in 0..8_usize, c in 0..8_usize) {
        let [truth, first, second] = discordant(b, c);
        let test = mcnemar(&truth, &first, &second, McNemarMethod::Exact).unwrap();
        let (b, c) = (test.only_first, test.only_second);
        // Every way in which the discordant rows could have fallen, one bit each.
        let all = 1_u64 << (b + c);
        let uneven = |ways: u64| (2 * u64::from(ways.count_ones())).abs_diff(b + c);
        let as_uneven = (0..all).filter(|&ways| uneven(ways) >= b.abs_diff(c)).count();
        prop_assert!((test.p_value - as_uneven as f64 / all as f64).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_an_error_and_never_a_panic(
        truth in vec(any::<usize>(), 0..5),
        predicted in vec(any::<usize>(), 0..5),
        scores in vec(any::<f64>(), 0..12),
        level: f64,
    ) {
        let answers = Answers { truth: &truth, predicted: &predicted, scores: &scores };
        let bootstrap = Bootstrap::new().resamples(3).level(level);
        let first_score = |a: &Answers<'_>| Ok(a.scores_of(0).first().copied());
        let _ = bootstrap.interval(&answers, first_score);
        let _ = bootstrap.clone().stratified(true).difference(&answers, &answers, first_score);
        let _ = Bootstrap::new().resamples(3).interval(&answers, accuracy);
        let _ = mcnemar(&truth, &predicted, &predicted, McNemarMethod::Auto);
    }
}
