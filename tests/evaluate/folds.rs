//! Folds and splits keep their promises, and without a seed they are scikit-learn's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use ressenti::evaluate::{
    Folds, KFold, Split, grouped_split, ordered_split, shuffled_split, stratified_grouped_split,
};
use serde_json::Value;

/// How far the folds' shares of each label are from each other: the mean over the labels of the standard deviation.
fn unevenness<L: Ord>(folds: &[usize], n_folds: usize, labels: &[L]) -> f64 {
    let mut counts: BTreeMap<&L, Vec<f64>> = BTreeMap::new();
    for (label, &fold) in labels.iter().zip(folds) {
        counts.entry(label).or_insert_with(|| vec![0.0; n_folds])[fold] += 1.0;
    }
    let deviation = |counts: &Vec<f64>| {
        let (n, total) = (n_folds as f64, counts.iter().sum::<f64>());
        (counts.iter().map(|c| (c / total - 1.0 / n).powi(2)).sum::<f64>() / n).sqrt()
    };
    counts.values().map(deviation).sum::<f64>() / counts.len() as f64
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn in_order_folds_are_those_of_scikit_learn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/evaluate/folds.json");
    let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for case in cases {
        let kind = case["kind"].as_str().unwrap();
        let n_splits = case["n_splits"].as_u64().unwrap() as usize;
        let expected: Vec<usize> = list(&case["folds"]);
        let k_fold = KFold::new(n_splits);
        let folds = match kind {
            "KFold" => k_fold.folds(expected.len()),
            "StratifiedKFold" => k_fold.stratified(&list::<String>(&case["labels"])),
            "GroupKFold" => k_fold.grouped(&list::<usize>(&case["groups"])),
            _ => {
                let labels: Vec<usize> = list(&case["labels"]);
                let folds =
                    k_fold.stratified_grouped(&labels, &list::<usize>(&case["groups"])).unwrap();
                // DIFFERENCE: other folds than scikit-learn's, and not less even.
                let ours = unevenness(folds.assignment(), n_splits, &labels);
                let theirs = case["unevenness"].as_f64().unwrap();
                assert!(ours <= theirs, "{n_splits} folds: {ours} beside {theirs}");
                continue;
            }
        };
        assert_eq!(folds.unwrap().assignment(), expected, "{kind} of {n_splits}");
    }
}

/// Labels and groups of some rows; a few of either are rare.
fn rows() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let label = prop_oneof![10 => Just(0_u16), 4 => Just(1), 1 => 2..4_u16];
    vec((label, prop_oneof![3 => 0..4_u16, 2 => 4..30_u16]), 1..120)
}

/// Every row is tested once, training has all others, both are in order, no fold is empty.
fn check_folds(folds: &Folds, rows: usize, n_splits: usize) -> Result<(), TestCaseError> {
    prop_assert_eq!((folds.n_folds(), folds.rows()), (n_splits, rows));
    prop_assert_eq!(folds.iter().len(), n_splits);
    let mut tested = vec![0; rows];
    for (fold, Split { train, test }) in folds.iter().enumerate() {
        prop_assert!(!test.is_empty() && test.is_sorted() && train.is_sorted());
        prop_assert_eq!(test.as_slice(), folds.test(fold));
        prop_assert!(test.iter().all(|&row| folds.assignment()[row] == fold));
        for &row in &test {
            tested[row] += 1;
        }
        let mut both = [train, test].concat();
        both.sort_unstable();
        prop_assert_eq!(both, (0..rows).collect::<Vec<_>>());
    }
    prop_assert!(tested.iter().all(|&times| times == 1));
    Ok(())
}

/// The least and the most rows that satisfy `of` in a fold.
fn range(folds: &Folds, of: impl Fn(usize) -> bool) -> (usize, usize) {
    let counts = (0..folds.n_folds()).map(|f| folds.test(f).iter().filter(|&&row| of(row)).count());
    let counts: Vec<usize> = counts.collect();
    (*counts.iter().min().unwrap(), *counts.iter().max().unwrap())
}

fn straddles(split: &Split, groups: &[u16]) -> bool {
    let of = |rows: &[usize]| rows.iter().map(|&row| groups[row]).collect::<BTreeSet<u16>>();
    !of(&split.train).is_disjoint(&of(&split.test))
}

fn settings(n_splits: usize, seed: Option<u64>) -> KFold {
    let settings = KFold::new(n_splits);
    seed.map_or(settings, |seed| settings.shuffle(seed))
}

proptest! {
    #[test]
    fn folds_have_every_row_once_and_the_same_size(
        rows in 0..60_usize,
        n_splits in 0..12_usize,
        seed in proptest::option::of(any::<u64>()),
    ) {
        let folds = settings(n_splits, seed).folds(rows);
        prop_assert_eq!(folds.is_ok(), n_splits >= 2 && n_splits <= rows);
        prop_assert_eq!(Folds::interleaved(rows, n_splits).is_ok(), folds.is_ok());
        if let Ok(folds) = folds {
            check_folds(&folds, rows, n_splits)?;
            let (least, most) = range(&folds, |_| true);
            prop_assert!(most - least <= 1);
            let interleaved = Folds::interleaved(rows, n_splits).unwrap();
            check_folds(&interleaved, rows, n_splits)?;
            prop_assert!((0..rows).all(|row| interleaved.test(row % n_splits).contains(&row)));
            let given = Folds::from_assignment(folds.assignment().to_vec()).unwrap();
            prop_assert_eq!(given, folds);
        }
    }

    #[test]
    fn stratified_folds_have_every_label_within_one_row(
        rows in rows(),
        n_splits in 2..8_usize,
        seed in proptest::option::of(any::<u64>()),
    ) {
        let labels: Vec<u16> = rows.iter().map(|row| row.0).collect();
        let count = |label| labels.iter().filter(|&&other| other == label).count();
        let counts: BTreeSet<usize> = labels.iter().map(|&label| count(label)).collect();
        let possible = *counts.first().unwrap() > 1 && *counts.last().unwrap() >= n_splits;

        let folds = settings(n_splits, seed).stratified(&labels);
        prop_assert_eq!(folds.is_ok(), possible);
        if let Ok(folds) = folds {
            check_folds(&folds, labels.len(), n_splits)?;
            let (least, most) = range(&folds, |_| true);
            prop_assert!(most - least <= 1);
            for &label in &labels {
                let (least, most) = range(&folds, |row| labels[row] == label);
                prop_assert!(most - least <= 1);
                // Whatever is tested, the model knows the label.
                prop_assert!(most < count(label));
            }
        }
    }

    #[test]
    fn grouped_folds_keep_groups_whole(
        rows in rows(),
        n_splits in 2..8_usize,
        seed in proptest::option::of(any::<u64>()),
    ) {
        let (labels, groups): (Vec<u16>, Vec<u16>) = rows.into_iter().unzip();
        let n_groups = groups.iter().collect::<BTreeSet<_>>().len();
        let count = |label| labels.iter().filter(|&&other| other == label).count();

        let folds = settings(n_splits, seed).grouped(&groups);
        prop_assert_eq!(folds.is_ok(), n_splits <= n_groups);
        if let Ok(folds) = folds {
            check_folds(&folds, groups.len(), n_splits)?;
            prop_assert!(folds.iter().all(|split| !straddles(&split, &groups)));
            // The fullest fold was the lightest before its last group came.
            let largest = groups.iter().map(|&g| groups.iter().filter(|&&o| o == g).count()).max();
            let (least, most) = range(&folds, |_| true);
            prop_assert!(most - least <= largest.unwrap());
        }

        let folds = settings(n_splits, seed).stratified_grouped(&labels, &groups);
        let possible = n_splits <= n_groups && labels.iter().any(|&label| count(label) >= n_splits);
        prop_assert_eq!(folds.is_ok(), possible);
        if let Ok(folds) = folds {
            check_folds(&folds, groups.len(), n_splits)?;
            prop_assert!(folds.iter().all(|split| !straddles(&split, &groups)));
        }
    }

    #[test]
    fn stratified_folds_of_groups_of_one_row_are_stratified(
        labels in vec(0..3_u16, 10..80),
        seed in proptest::option::of(any::<u64>()),
    ) {
        let groups: Vec<usize> = (0..labels.len()).collect();
        if let Ok(folds) = settings(3, seed).stratified_grouped(&labels, &groups) {
            for label in 0..3 {
                let (least, most) = range(&folds, |row| labels[row] == label);
                prop_assert!(most - least <= 1);
            }
        }
    }

    #[test]
    fn splits_have_every_row_once_and_groups_on_one_side(
        rows in rows(),
        fraction in 0.0..1.0_f64,
        seed: u64,
    ) {
        let (labels, groups): (Vec<u16>, Vec<u16>) = rows.into_iter().unzip();
        let n = groups.len();
        let n_groups = groups.iter().collect::<BTreeSet<_>>().len();
        let seats = |n: usize| (0..=n).find(|&rows| rows as f64 >= n as f64 * fraction).unwrap();
        let possible = |n: usize| fraction > 0.0 && seats(n) < n;

        let ordered = ordered_split(n, fraction);
        let shuffled = shuffled_split(n, fraction, seed);
        let grouped = grouped_split(&groups, fraction, seed);
        let stratified = stratified_grouped_split(&labels, &groups, fraction, seed);
        prop_assert_eq!(ordered.is_ok(), possible(n));
        prop_assert_eq!(shuffled.is_ok(), possible(n));
        prop_assert_eq!(grouped.is_ok(), possible(n_groups));
        prop_assert_eq!(stratified.is_ok(), fraction > 0.0 && n_groups > 1);
        for split in [&ordered, &shuffled, &grouped, &stratified].into_iter().flatten() {
            prop_assert!(split.train.is_sorted() && split.test.is_sorted());
            prop_assert!(!split.train.is_empty() && !split.test.is_empty());
            let mut rows = [split.train.clone(), split.test.clone()].concat();
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..n).collect::<Vec<_>>());
        }
        if let Ok(Split { train, test }) = ordered {
            prop_assert!(train.last() < test.first() && test.len() == seats(n));
        }
        if let Ok(split) = shuffled {
            prop_assert_eq!(split.test.len(), seats(n));
        }
        if let Ok(split) = grouped {
            prop_assert!(!straddles(&split, &groups));
            let tested: BTreeSet<u16> = split.test.iter().map(|&row| groups[row]).collect();
            prop_assert_eq!(tested.len(), seats(n_groups));
        }
        if let Ok(split) = stratified {
            prop_assert!(!straddles(&split, &groups));
        }
    }

    #[test]
    fn nonsense_is_an_error_and_never_a_panic(
        of_row in vec(prop_oneof![0..4_usize, any::<usize>()], 0..8),
        n_splits: usize,
        fraction: f64,
    ) {
        let _ = Folds::from_assignment(of_row.clone());
        let _ = Folds::interleaved(of_row.len(), n_splits);
        let _ = KFold::new(n_splits).folds(of_row.len());
        let _ = KFold::new(n_splits).stratified(&of_row);
        let _ = KFold::new(n_splits).grouped(&of_row);
        let _ = KFold::new(n_splits).stratified_grouped(&of_row, &of_row);
        let _ = ordered_split(of_row.len(), fraction);
        let _ = shuffled_split(of_row.len(), fraction, 0);
        let _ = grouped_split(&of_row, fraction, 0);
        let _ = stratified_grouped_split(&of_row, &of_row, fraction, 0);
    }
}
