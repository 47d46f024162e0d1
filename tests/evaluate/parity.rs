//! Figures and printed reports are scikit-learn's; the golden files say how they were made.

use std::fs;
use std::path::Path;

use ressenti::evaluate::{ClassFigures, Report, calibration_curve, top_k_accuracy};
use serde_json::Value;

const CASES: [&str; 6] = [
    "binary_imbalanced",
    "binary_ties",
    "three_classes",
    "four_classes_ties",
    "never_predicted",
    "one_class_only",
];

fn golden(case: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/evaluate");
    let text = fs::read_to_string(folder.join(case).with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

fn report(golden: &Value) -> Report {
    Report::new(
        &list::<String>(&golden["classes"]),
        golden["positive"].as_u64().map(|class| class as usize),
        &list::<usize>(&golden["truth"]),
        &list::<usize>(&golden["predicted"]),
        &list::<f64>(&golden["probabilities"]),
    )
    .unwrap()
}

#[track_caller]
fn assert_close(what: &str, found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-12, "{what} is {found}, scikit-learn says {expected}");
}

#[track_caller]
fn assert_figures(what: &str, found: [f64; 3], expected: &Value) {
    for (i, name) in ["precision", "recall", "F1"].iter().enumerate() {
        assert_close(&format!("{what}: {name}"), found[i], &expected[i]);
    }
}

fn triple(figures: ClassFigures) -> [f64; 3] {
    [figures.precision, figures.recall, figures.f1]
}

#[test]
fn figures_are_those_of_scikit_learn() {
    for case in CASES {
        let golden = golden(case);
        let (report, expected) = (report(&golden), &golden["expected"]);
        assert_close(case, report.accuracy(), &expected["accuracy"]);
        assert_close(case, report.log_loss(), &expected["log_loss"]);
        match report.roc_auc() {
            Some(area) => assert_close(case, area, &expected["roc_auc"]),
            None => assert!(expected["roc_auc"].is_null(), "{case}"),
        }
        match report.average_precision() {
            Some(area) => assert_close(case, area, &expected["average_precision"]),
            None => assert!(expected["average_precision"].is_null(), "{case}"),
        }
        for (name, figure) in [
            ("balanced_accuracy", report.balanced_accuracy()),
            ("matthews_corrcoef", report.matthews_corrcoef()),
            ("brier_score_loss", report.brier_score_loss()),
            ("expected_calibration_error", report.expected_calibration_error()),
        ] {
            assert_close(&format!("{case}: {name}"), figure, &expected[name]);
        }
        let confusion = serde_json::to_value(report.confusion_matrix()).unwrap();
        assert_eq!(confusion, expected["confusion_matrix"], "{case}");

        let figures = &expected["precision_recall_f1"];
        for class in 0..report.classes().len() {
            assert_figures(case, triple(report.per_class(class)), &figures["per_class"][class]);
        }
        let macros = [report.precision_macro(), report.recall_macro(), report.f1_macro()];
        assert_figures(case, macros, &figures["macro"][0]);
        let weighted =
            [report.precision_weighted(), report.recall_weighted(), report.f1_weighted()];
        assert_figures(case, weighted, &figures["weighted"][0]);
        let tracked = [report.precision(), report.recall(), report.f1()];
        match report.positive() {
            Some(class) => assert_figures(case, tracked, &figures["per_class"][class]),
            None => assert_figures(case, tracked, &figures["macro"][0]),
        }
    }
}

#[test]
fn the_calibration_curve_is_that_of_scikit_learn() {
    for case in CASES {
        let golden = golden(case);
        let Some(positive) = golden["positive"].as_u64() else { continue };
        let truth: Vec<u64> = list(&golden["truth"]);
        let positives: Vec<bool> = truth.iter().map(|&class| class == positive).collect();
        let probabilities: Vec<f64> = list(&golden["probabilities"]);
        let probabilities: Vec<f64> =
            probabilities.chunks(2).map(|row| row[positive as usize]).collect();
        let curve = calibration_curve(&positives, &probabilities, 10).unwrap();
        let expected: Vec<[Value; 2]> = list(&golden["expected"]["calibration_curve"]);
        assert_eq!(curve.len(), expected.len(), "{case}");
        for (bin, [prob_true, prob_pred]) in curve.iter().zip(&expected) {
            assert_close(case, bin.prob_true, prob_true);
            assert_close(case, bin.prob_pred, prob_pred);
        }
    }
}

#[test]
fn top_k_accuracy_is_that_of_scikit_learn() {
    for case in CASES {
        let golden = golden(case);
        let classes = golden["classes"].as_array().unwrap().len();
        let (truth, scores): (Vec<usize>, Vec<f64>) =
            (list(&golden["truth"]), list(&golden["probabilities"]));
        for (k, expected) in golden["expected"]["top_k_accuracy"].as_object().unwrap() {
            let share = top_k_accuracy(&truth, &scores, classes, k.parse().unwrap()).unwrap();
            assert_close(&format!("{case}, k = {k}"), share, expected);
        }
    }
}

#[test]
fn the_printed_report_starts_with_that_of_scikit_learn() {
    for case in CASES {
        let golden = golden(case);
        let report = report(&golden);
        let expected = &golden["expected"]["report"];
        for (digits, text) in [("4", report.to_string()), ("2", format!("{report:.2}"))] {
            let table = expected[digits].as_str().unwrap();
            assert_eq!(&text[..table.len()], table, "{case}");
            assert!(text[table.len()..].trim_start().starts_with("ROC-AUC"), "{case}:\n{text}");
        }
    }
}
