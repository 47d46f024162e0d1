//! On tweets to American airlines the baseline reaches the figures of the same settings in scikit-learn.
//!
//! Half of the 10,000 features occur once, as do some hundred terms that are left out: which are taken is up to the rule
//! for ties. Given our choice and a solver that goes to the optimum, scikit-learn has our figures; with its defaults it is
//! a few tweets away.
//!
//! The data is public and large, and not part of this repository; without it the tests say that they are skipped.

use crate::common::data_file;
use ressenti::dataset::read_tsv;
use ressenti::evaluate::Report;
use ressenti::{
    Algorithm, ClassWeight, Classifier, ClassifierParams, DocFreq, NbWeighting, Pipeline,
    Vectorizer,
};

/// The baseline's figures on `NAME.test.tsv` after training on `NAME.train.tsv`.
fn baseline(name: &str) -> Option<Report> {
    let (train, test) =
        (data_file(&format!("{name}.train.tsv"))?, data_file(&format!("{name}.test.tsv"))?);
    let (train, test) = (read_tsv(train).unwrap(), read_tsv(test).unwrap());
    let pipeline = Pipeline::builder()
        .vectorizer(Vectorizer::tfidf().max_features(10_000))
        .classifier(Classifier::logistic_regression().c(1.0).max_iter(1_000))
        .fit(&train.texts, &train.labels)
        .unwrap();
    assert!(pipeline.fit_report().converged(), "{:?}", pipeline.fit_report());
    Some(pipeline.evaluate(&test.texts, &test.labels).unwrap())
}

#[track_caller]
fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let near = (found - expected).abs() <= tolerance;
    assert!(near, "{what} is {found:.4}, expected {expected} ± {tolerance}");
}

#[test]
fn two_classes_reach_the_figures_of_scikit_learn() {
    let Some(report) = baseline("airline") else { return };
    println!("{report}");
    let area = report.roc_auc().unwrap();
    // The defaults.
    assert_near("accuracy", report.accuracy(), 0.9174, 0.002);
    assert_near("F1 of the positive class", report.f1(), 0.757, 0.006);
    assert_near("ROC-AUC", area, 0.9636, 0.001);
    // The same features, at the optimum; one tweet may fall on the other side.
    assert_near("accuracy", report.accuracy(), 0.916_764, 0.0006);
    assert_near("F1 of the positive class", report.f1(), 0.754_325, 0.003);
    assert_near("ROC-AUC", area, 0.963_543, 0.000_01);
}

#[test]
fn three_classes_reach_the_figures_of_scikit_learn() {
    let Some(report) = baseline("airline3") else { return };
    println!("{report}");
    // The defaults.
    assert_near("accuracy", report.accuracy(), 0.804, 0.003);
    assert_near("macro F1", report.f1_macro(), 0.729, 0.005);
    // The same features, at the optimum; one tweet may fall on the other side.
    assert_near("accuracy", report.accuracy(), 0.802_843, 0.0005);
    assert_near("macro F1", report.f1_macro(), 0.728_232, 0.001);
}

/// Every fifth tweet of the training part is held out, so that the test part is not looked at for this.
#[test]
fn columns_weighed_by_naive_bayes_and_balanced_classes_are_worth_two_points() {
    let Some(train) = data_file("airline.train.tsv") else { return };
    let train = read_tsv(train).unwrap();
    let part = |held_out: bool| -> (Vec<&str>, Vec<&str>) {
        let rows = train.texts.iter().zip(&train.labels).enumerate();
        rows.filter(|(i, _)| (i % 5 == 0) == held_out)
            .map(|(_, (text, label))| (text.as_str(), label.as_str()))
            .unzip()
    };
    let ((texts, labels), (new, truth)) = (part(false), part(true));
    let params = Vectorizer::tfidf().ngram_range(1, 2).min_df(DocFreq::Count(2)).sublinear_tf(true);
    let (vectorizer, rows) = params.fit_transform(&texts).unwrap();
    let new = vectorizer.transform(&new);
    let accuracy = |params: ClassifierParams| {
        let model = params.fit(&rows, &labels).unwrap();
        let answers = model.predict(&new).unwrap();
        answers.iter().zip(&truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64
    };
    let plain = accuracy(Classifier::logistic_regression());
    let weighed = || {
        let soft = NbWeighting::Soft { base: 1.0 };
        Classifier::sgd().nb_weighting(soft).class_weight(ClassWeight::Balanced)
    };
    let by_passes = accuracy(weighed());
    let weighed = accuracy(weighed().algorithm(Algorithm::LogisticRegression).tol(1e-4));
    println!("plain {plain:.4}, weighed {weighed:.4}, weighed by passes {by_passes:.4}");
    assert!(weighed > plain + 0.02 && by_passes > plain + 0.02);
}
