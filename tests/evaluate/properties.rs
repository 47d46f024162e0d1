//! The quick ways beside naive twins: code so short that it is obviously right, and too slow to ship.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use ressenti::evaluate::{
    ConfusionMatrix, Report, Split, average_precision, average_precision_ovr, brier_score_loss,
    calibration_curve, expected_calibration_error, log_loss, roc_auc, roc_auc_ovr,
    stratified_split, top_k_accuracy,
};

mod naive {
    /// Looks at every pair of a positive and a negative row.
    pub(crate) fn roc_auc(positive: &[bool], scores: &[f64]) -> Option<f64> {
        let (mut won, mut pairs) = (0.0, 0.0);
        for i in (0..scores.len()).filter(|&i| positive[i]) {
            for j in (0..scores.len()).filter(|&j| !positive[j]) {
                pairs += 1.0;
                if scores[i] > scores[j] {
                    won += 1.0;
                } else if scores[i] >= scores[j] {
                    won += 0.5;
                }
            }
        }
        (pairs > 0.0).then(|| won / pairs)
    }

    /// Takes the classes one by one.
    pub(crate) fn roc_auc_ovr(
        truth: &[usize],
        probabilities: &[f64],
        n_classes: usize,
    ) -> Option<f64> {
        let mut sum = 0.0;
        for class in 0..n_classes {
            let positive: Vec<bool> = truth.iter().map(|&t| t == class).collect();
            let scores: Vec<f64> =
                (0..truth.len()).map(|r| probabilities[r * n_classes + class]).collect();
            sum += roc_auc(&positive, &scores)?;
        }
        Some(sum / n_classes as f64)
    }

    /// Takes the score of each positive row for a threshold.
    pub(crate) fn average_precision(positive: &[bool], scores: &[f64]) -> Option<f64> {
        let positives: Vec<usize> = (0..scores.len()).filter(|&i| positive[i]).collect();
        let precision_at = |threshold: f64| {
            let found: Vec<usize> = (0..scores.len()).filter(|&i| scores[i] >= threshold).collect();
            found.iter().filter(|&&i| positive[i]).count() as f64 / found.len() as f64
        };
        let sum: f64 = positives.iter().map(|&i| precision_at(scores[i])).sum();
        (!positives.is_empty()).then(|| sum / positives.len() as f64)
    }

    /// The correlation of two tables of ones and zeros, by its definition.
    pub(crate) fn correlation(truth: &[usize], predicted: &[usize], n_classes: usize) -> f64 {
        let n = truth.len() as f64;
        let covariance = |a: &[usize], b: &[usize]| {
            let of_class = |class| {
                let share = |x: &[usize]| x.iter().filter(|&&c| c == class).count() as f64 / n;
                let from_mean =
                    |x: &[usize], r: usize| f64::from(u8::from(x[r] == class)) - share(x);
                (0..a.len()).map(|r| from_mean(a, r) * from_mean(b, r)).sum::<f64>()
            };
            (0..n_classes).map(of_class).sum::<f64>()
        };
        let spread = covariance(truth, truth) * covariance(predicted, predicted);
        if spread < 1e-9 { 0.0 } else { covariance(truth, predicted) / spread.sqrt() }
    }

    /// Takes the bins one by one.
    pub(crate) fn calibration_error(rows: &[(f64, bool)], bins: usize) -> f64 {
        let mut error = 0.0;
        for bin in 0..bins {
            let (low, high) = (bin as f64 / bins as f64, (bin + 1) as f64 / bins as f64);
            let inside = |p: f64| p <= high && (p > low || bin == 0);
            let rows: Vec<_> = rows.iter().filter(|row| inside(row.0)).collect();
            let right = rows.iter().filter(|row| row.1).count() as f64;
            error += (right - rows.iter().map(|row| row.0).sum::<f64>()).abs();
        }
        error / rows.len() as f64
    }

    /// Sorts the classes by score, later ones first among equals.
    pub(crate) fn best(row: &[f64]) -> Vec<usize> {
        let mut classes: Vec<usize> = (0..row.len()).rev().collect();
        classes.sort_by(|&a, &b| row[b].partial_cmp(&row[a]).unwrap());
        classes
    }

    /// Counts the rows that fulfil a condition.
    pub(crate) fn count(
        truth: &[usize],
        predicted: &[usize],
        when: impl Fn(usize, usize) -> bool,
    ) -> f64 {
        (0..truth.len()).filter(|&r| when(truth[r], predicted[r])).count() as f64
    }

    /// Reads a table back, one character at a time.
    pub(crate) fn read_csv(csv: &str) -> Vec<Vec<String>> {
        let (mut table, mut quoted) = (vec![vec![String::new()]], false);
        let mut characters = csv.chars().peekable();
        while let Some(c) = characters.next() {
            let line = table.last_mut().unwrap();
            match c {
                '"' if quoted && characters.next_if_eq(&'"').is_some() => {
                    line.last_mut().unwrap().push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => line.push(String::new()),
                '\n' if !quoted => table.push(vec![String::new()]),
                c => line.last_mut().unwrap().push(c),
            }
        }
        table.pop(); // the empty line after the last end of line
        table
    }
}

const CLASSES: usize = 4;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

fn zero_if_undefined(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x }
}

/// True and predicted classes; rows of probabilities in eighths, so that there are ties.
fn answers() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, Vec<f64>)> {
    let row = (0..CLASSES, 0..CLASSES, vec((0..=8_u8).prop_map(|p| f64::from(p) / 8.0), CLASSES));
    vec(row, 1..60).prop_map(|rows| {
        let probabilities = rows.iter().flat_map(|row| row.2.clone()).collect();
        (rows.iter().map(|r| r.0).collect(), rows.iter().map(|r| r.1).collect(), probabilities)
    })
}

proptest! {
    #[test]
    fn the_area_is_the_share_of_pairs_in_order(rows in vec((any::<bool>(), -4..=4_i8), 1..80)) {
        let positive: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 4.0).collect();
        let area = roc_auc(&positive, &scores).unwrap();
        match naive::roc_auc(&positive, &scores) {
            None => prop_assert_eq!(area, None),
            Some(expected) => prop_assert!(close(area.unwrap(), expected)),
        }
    }

    #[test]
    fn turning_the_scores_round_turns_the_area_round(
        rows in vec((any::<bool>(), any::<f64>().prop_filter("a number", |x| !x.is_nan())), 1..80)
    ) {
        let positive: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let turned: Vec<f64> = scores.iter().map(|score| -score).collect();
        if let Some(area) = roc_auc(&positive, &scores).unwrap() {
            prop_assert!(close(area, 1.0 - roc_auc(&positive, &turned).unwrap().unwrap()));
        }
    }

    #[test]
    fn the_mean_area_is_that_of_the_classes_one_by_one((truth, _, probabilities) in answers()) {
        let area = roc_auc_ovr(&truth, &probabilities, CLASSES).unwrap();
        match naive::roc_auc_ovr(&truth, &probabilities, CLASSES) {
            None => prop_assert_eq!(area, None),
            Some(expected) => prop_assert!(close(area.unwrap(), expected)),
        }
    }

    #[test]
    fn average_precision_is_the_mean_of_the_precisions_on_the_way(
        rows in vec((any::<bool>(), -4..=4_i8), 1..80),
    ) {
        let positive: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 4.0).collect();
        let area = average_precision(&positive, &scores).unwrap();
        match naive::average_precision(&positive, &scores) {
            None => prop_assert_eq!(area, None),
            Some(expected) => prop_assert!(close(area.unwrap(), expected)),
        }
    }

    #[test]
    fn correlation_and_balanced_accuracy_follow_their_definitions((truth, predicted, _) in answers()) {
        let matrix = ConfusionMatrix::new(CLASSES, &truth, &predicted).unwrap();
        let expected = naive::correlation(&truth, &predicted, CLASSES);
        prop_assert!(close(matrix.matthews_corrcoef(), expected), "{expected}");

        let present: Vec<usize> = (0..CLASSES).filter(|class| truth.contains(class)).collect();
        let recalls: f64 = present.iter().map(|&class| matrix.recall(class)).sum();
        prop_assert!(close(matrix.balanced_accuracy(), recalls / present.len() as f64));
    }

    #[test]
    fn brier_scores_are_squared_distances((truth, _, probabilities) in answers()) {
        let mut sum = 0.0;
        for (place, p) in probabilities.iter().enumerate() {
            let is_true = truth[place / CLASSES] == place % CLASSES;
            sum += if is_true { (1.0 - p) * (1.0 - p) } else { p * p };
        }
        let score = brier_score_loss(&truth, &probabilities, CLASSES).unwrap();
        prop_assert!(close(score, sum / truth.len() as f64));

        // For two classes, the square of one probability.
        let truth: Vec<usize> = truth.iter().map(|&class| class.min(1)).collect();
        let p: Vec<f64> = probabilities.iter().copied().step_by(CLASSES).collect();
        let both: Vec<f64> = p.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let squares = p.iter().zip(&truth).map(|(p, &y)| (p - y as f64) * (p - y as f64));
        let score = brier_score_loss(&truth, &both, 2).unwrap();
        prop_assert!(close(score, squares.sum::<f64>() / truth.len() as f64));
    }

    #[test]
    fn calibration_errors_are_the_gaps_of_the_bins(
        (truth, _, probabilities) in answers(),
        bins in prop_oneof![Just(1), Just(2), Just(4), Just(8), Just(16)],
    ) {
        let rows = truth.iter().zip(probabilities.chunks(CLASSES)).map(|(&class, row)| {
            let first = (0..CLASSES).rev().max_by(|&a, &b| row[a].partial_cmp(&row[b]).unwrap());
            (row[first.unwrap()], first.unwrap() == class)
        });
        let rows: Vec<(f64, bool)> = rows.collect();
        let error = expected_calibration_error(&truth, &probabilities, CLASSES, bins).unwrap();
        prop_assert!(close(error, naive::calibration_error(&rows, bins)));

        let (confidence, right): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
        let curve = calibration_curve(&right, &confidence, bins).unwrap();
        prop_assert_eq!(curve.iter().map(|bin| bin.rows).sum::<u64>(), truth.len() as u64);
        prop_assert!(curve.is_sorted_by(|a, b| a.prob_pred < b.prob_pred));
        let gaps = curve.iter().map(|bin| bin.rows as f64 * (bin.prob_true - bin.prob_pred).abs());
        prop_assert!(close(error, gaps.sum::<f64>() / truth.len() as f64));
    }

    #[test]
    fn top_k_looks_for_the_truth_among_the_first_k((truth, _, scores) in answers(), k in 1..6_usize) {
        let rows = truth.iter().zip(scores.chunks(CLASSES));
        let hits = rows.filter(|(class, row)| naive::best(row).iter().take(k).any(|c| c == *class));
        let share = hits.count() as f64 / truth.len() as f64;
        prop_assert!(close(top_k_accuracy(&truth, &scores, CLASSES, k).unwrap(), share));
    }

    #[test]
    fn figures_are_ratios_of_counted_rows((truth, predicted, _) in answers()) {
        let matrix = ConfusionMatrix::new(CLASSES, &truth, &predicted).unwrap();
        let count = |when: &dyn Fn(usize, usize) -> bool| naive::count(&truth, &predicted, when);
        prop_assert!(close(matrix.accuracy(), count(&|t, p| t == p) / truth.len() as f64));
        for class in 0..CLASSES {
            let hits = count(&|t, p| t == class && p == class);
            let precision = zero_if_undefined(hits / count(&|_, p| p == class));
            let recall = zero_if_undefined(hits / count(&|t, _| t == class));
            let f1 = zero_if_undefined(2.0 * precision * recall / (precision + recall));
            prop_assert!(close(matrix.precision(class), precision));
            prop_assert!(close(matrix.recall(class), recall));
            prop_assert!(close(matrix.f1(class), f1));
            for other in 0..CLASSES {
                let pairs = count(&|t, p| t == class && p == other);
                prop_assert!(close(matrix.get(class, other) as f64, pairs));
            }
        }
    }

    #[test]
    fn log_loss_is_the_mean_of_the_surprises((truth, _, probabilities) in answers()) {
        let surprise = |row: usize| {
            let p = probabilities[row * CLASSES + truth[row]];
            -f64::ln(if p <= 0.0 { f64::EPSILON } else { p })
        };
        let expected = (0..truth.len()).map(surprise).sum::<f64>() / truth.len() as f64;
        prop_assert!(close(log_loss(&truth, &probabilities, CLASSES).unwrap(), expected));
    }

    #[test]
    fn a_report_agrees_with_the_figures_one_by_one((truth, predicted, probabilities) in answers()) {
        let names = ["a", "b", "c", "d"];
        for positive in [None, Some(2)] {
            let report = Report::new(&names, positive, &truth, &predicted, &probabilities).unwrap();
            let matrix = ConfusionMatrix::new(CLASSES, &truth, &predicted).unwrap();
            let (figures, area, precision) = match positive {
                None => (
                    matrix.macro_average(),
                    roc_auc_ovr(&truth, &probabilities, CLASSES).unwrap(),
                    average_precision_ovr(&truth, &probabilities, CLASSES).unwrap(),
                ),
                Some(class) => {
                    let is_positive: Vec<bool> = truth.iter().map(|&t| t == class).collect();
                    let scores: Vec<f64> =
                        probabilities.chunks(CLASSES).map(|row| row[class]).collect();
                    (
                        matrix.figures(class),
                        roc_auc(&is_positive, &scores).unwrap(),
                        average_precision(&is_positive, &scores).unwrap(),
                    )
                }
            };
            prop_assert_eq!(report.roc_auc(), area);
            prop_assert_eq!(report.average_precision(), precision);
            let (truth, probabilities) = (&truth, &probabilities);
            let brier = brier_score_loss(truth, probabilities, CLASSES).unwrap();
            let error = expected_calibration_error(truth, probabilities, CLASSES, 15).unwrap();
            prop_assert_eq!(report.brier_score_loss(), brier);
            prop_assert_eq!(report.expected_calibration_error(), error);
            prop_assert_eq!(report.matthews_corrcoef(), matrix.matthews_corrcoef());
            prop_assert_eq!(report.balanced_accuracy(), matrix.balanced_accuracy());
            prop_assert!(close(report.f1(), figures.f1));
            prop_assert!(close(report.precision(), figures.precision));
            prop_assert!(close(report.recall(), figures.recall));
            prop_assert!(report.metrics().iter().all(|(_, value)| value.is_finite()));
            prop_assert_eq!(report.to_string().lines().count(), 2 + CLASSES + 4 + 7);
        }
    }

    #[test]
    fn a_matrix_survives_its_table(labels in vec("[a-c,\"\r\n ]{0,5}", CLASSES), (truth, predicted, _) in answers()) {
        let matrix = ConfusionMatrix::new(CLASSES, &truth, &predicted).unwrap();
        let table = naive::read_csv(&matrix.to_csv(&labels).unwrap());
        prop_assert_eq!(table.len(), CLASSES + 1);
        prop_assert_eq!(&table[0][1..], &labels);
        for class in 0..CLASSES {
            let mut line = vec![labels[class].clone()];
            line.extend((0..CLASSES).map(|other| matrix.get(class, other).to_string()));
            prop_assert_eq!(&table[class + 1], &line);
        }
    }

    #[test]
    fn a_split_keeps_rows_shares_and_its_word(
        labels in vec(prop_oneof![10 => Just(0), 4 => Just(1), 1 => 2..5_i32], 1..200),
        fraction in 0.0..1.0_f64,
        seed: u64,
    ) {
        let mut counts = BTreeMap::new();
        for label in &labels {
            *counts.entry(label).or_insert(0_usize) += 1;
        }
        let share = labels.len() as f64 * fraction;
        let expected = (0..=labels.len()).find(|&rows| rows as f64 >= share).unwrap();
        let has_room = expected >= counts.len() && labels.len() - expected >= counts.len();
        let can_split = fraction > 0.0 && has_room && counts.values().all(|&count| count > 1);

        let result = stratified_split(&labels, fraction, seed);
        prop_assert_eq!(result.is_ok(), can_split);
        if let Ok(split) = result {
            prop_assert_eq!(&split, &stratified_split(&labels, fraction, seed).unwrap());
            let Split { train, test } = split;
            prop_assert_eq!(test.len(), expected);
            prop_assert!(train.is_sorted() && test.is_sorted());
            let mut rows = [train, test.clone()].concat();
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..labels.len()).collect::<Vec<_>>());

            let claim = |count: usize| (count * expected) as f64 / labels.len() as f64;
            // Where every claim allows for a row on both sides, no class is a whole row away from its claim.
            let ordinary = counts.values().all(|&c| claim(c) >= 1.0 && c as f64 - claim(c) >= 1.0);
            for (label, &count) in &counts {
                let given = test.iter().filter(|&&row| labels[row] == **label).count();
                prop_assert!(given >= 1 && given < count);
                prop_assert!(!ordinary || (given as f64 - claim(count)).abs() < 1.0);
            }
        }
    }

    #[test]
    fn nonsense_is_an_error_and_never_a_panic(
        n_classes in 0..6_usize,
        truth in vec(0..6_usize, 0..5),
        predicted in vec(0..6_usize, 0..5),
        probabilities in vec(any::<f64>(), 0..25),
        positive in proptest::option::of(any::<usize>()),
    ) {
        let names = vec!["x"; n_classes];
        let _ = ConfusionMatrix::new(n_classes, &truth, &predicted);
        let _ = log_loss(&truth, &probabilities, n_classes);
        let _ = roc_auc_ovr(&truth, &probabilities, usize::MAX - n_classes);
        let _ = average_precision_ovr(&truth, &probabilities, n_classes);
        let _ = average_precision(&vec![false; truth.len()], &probabilities);
        let _ = brier_score_loss(&truth, &probabilities, n_classes);
        let _ = expected_calibration_error(&truth, &probabilities, n_classes, n_classes);
        let _ = calibration_curve(&vec![true; truth.len()], &probabilities, usize::MAX);
        let _ = top_k_accuracy(&truth, &probabilities, n_classes, truth.len());
        let _ = Report::new(&names, positive, &truth, &predicted, &probabilities);
        let _ = roc_auc(&vec![true; truth.len()], &probabilities);
        let _ = stratified_split(&truth, f64::NAN, 0);
    }
}
