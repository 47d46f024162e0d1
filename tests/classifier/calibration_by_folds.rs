//! A calibration by folds is the one that is fitted by hand on decision values of texts that were not trained on.

use crate::common::tweets;
use ressenti::evaluate::{KFold, Split, brier_score_loss, expected_calibration_error};
use ressenti::tracker::MemoryTracker;
use ressenti::{
    Calibration, CalibrationMethod, Classifier, Error, FitOptions, Matrix, Pipeline, Preset,
};

#[test]
fn it_is_the_one_made_by_hand() {
    let (labels, texts) = tweets::all();
    let (labels, texts) = (&labels[..150], &texts[..150]);
    let classes = ["negative", "neutral", "positive"];
    let truth: Vec<usize> = labels
        .iter()
        .map(|label| classes.iter().position(|class| class == label).unwrap())
        .collect();
    let plain = || Pipeline::builder().preset(Preset::Social);
    let mut decisions = ndarray::Array2::zeros((150, 3));
    for Split { train, test } in &KFold::new(4).stratified(labels).unwrap() {
        let pick = |rows: &[usize]| -> (Vec<&str>, Vec<&str>) {
            rows.iter().map(|&i| (texts[i], labels[i])).unzip()
        };
        let ((taught, targets), (new, _)) = (pick(&train), pick(&test));
        let fold = plain().fit(&taught, &targets).unwrap();
        let rows = fold.vectorizer().transform(&new);
        let found = fold.classifier().decision_function(&rows).unwrap();
        for (i, &row) in test.iter().enumerate() {
            decisions.row_mut(row).assign(&ndarray::ArrayView1::from(found.row(i)));
        }
    }
    let decisions = Matrix::from(decisions);
    let whole = plain().fit(texts, labels).unwrap();
    for method in
        [CalibrationMethod::Platt, CalibrationMethod::Temperature, CalibrationMethod::Isotonic]
    {
        let pipeline = plain().calibration(method, 4).fit(texts, labels).unwrap();
        let by_hand = Calibration::fit(method, &decisions, &truth).unwrap();
        assert_eq!(pipeline.classifier().calibration(), Some(&by_hand));
        let after: Vec<f64> =
            (0..150).flat_map(|i| by_hand.probabilities_of(decisions.row(i))).collect();
        let report = *pipeline.calibration_report().unwrap();
        assert_eq!((report.method, report.folds, report.rows), (method, 4, 150));
        assert_eq!(report.brier_after, brier_score_loss(&truth, &after, 3).unwrap());
        assert_eq!(report.ece_after, expected_calibration_error(&truth, &after, 3, 15).unwrap());
        assert!(report.brier_after < report.brier_before, "{report:?}");

        let restored = Pipeline::from_bytes(&pipeline.to_bytes()).unwrap();
        assert_eq!(restored.calibration_report(), Some(&report));
        for text in ["not a good flight", "lost my bag again :(", "when is it?", "zzz"] {
            let answer = restored.predict(text).unwrap();
            assert_eq!(answer.label(), whole.predict(text).unwrap().label(), "decided as before");
        }
    }
}

#[test]
fn a_run_is_told_of_it_and_weights_of_texts_count() {
    let (labels, texts) = tweets::polar(1);
    let builder = Pipeline::builder().calibration(CalibrationMethod::Platt, 5);
    let run = MemoryTracker::default();
    let options = FitOptions::new().tracker(&run);
    let pipeline = builder.fit_with(&texts, &labels, &options).unwrap();
    let (record, report) = (run.snapshot(), pipeline.calibration_report().unwrap());
    assert_eq!(record.params["calibration"], "Platt");
    assert_eq!(record.params["calibration_folds"], "5");
    for (key, value) in [
        ("calibration_brier_before", report.brier_before),
        ("calibration_brier_after", report.brier_after),
        ("calibration_ece_before", report.ece_before),
        ("calibration_ece_after", report.ece_after),
    ] {
        assert_eq!(record.metrics[key], [(0, value)], "{key}");
    }
    let steps = record.metrics["objective"].len();
    assert_eq!(steps, pipeline.fit_report().n_iter() as usize + 1, "of the folds none are told");

    let weights: Vec<f64> = labels.iter().map(|&good| if good { 3.0 } else { 1.0 }).collect();
    let options = FitOptions::new().weights(&weights);
    let heavier = builder.fit_with(&texts, &labels, &options).unwrap();
    assert_ne!(heavier.classifier().calibration(), pipeline.classifier().calibration());
}

#[test]
fn what_cannot_be_calibrated_says_why() {
    let texts = ["good crew", "bad crew", "good seat", "bad seat", "when?"];
    let with = |folds| Pipeline::builder().calibration(CalibrationMethod::Platt, folds);
    let labels = [1, 0, 1, 0, 0];
    for (folds, text) in [
        (0, "n_splits 0 is less than 2; one fold is tested while the others are trained on"),
        (1, "n_splits 1 is less than 2; one fold is tested while the others are trained on"),
        (6, "n_splits 6 of 5 texts leaves a fold empty; use fewer folds"),
    ] {
        let error = with(folds).fit(&texts, &labels).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name: "n_splits", .. }), "{error:?}");
        assert_eq!(error.to_string(), text);
    }
    let error = with(2).fit(&texts, &[1, 0, 1, 0, 2]).unwrap_err();
    assert!(matches!(error, Error::InvalidValues { .. }), "{error:?}");
    // Any classifier can be calibrated.
    for params in [Classifier::linear_svm(), Classifier::complement_nb(), Classifier::sgd()] {
        with(2).classifier(params).fit(&texts[..4], &labels[..4]).unwrap();
    }
}
