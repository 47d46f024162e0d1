//! Bad input: each way to be wrong has a typed error with a text that says what to do, and nothing panics.

use std::path::Path;

use ressenti::{
    ClassWeight, Classifier, DocFreq, Error, FitOptions, Pipeline, PipelineBuilder, Rows,
    Vectorizer,
};

const TEXTS: [&str; 4] = ["good crew", "bad crew", "good seat", "bad seat"];
const LABELS: [&str; 4] = ["1", "0", "1", "0"];

fn fit_error(builder: &PipelineBuilder) -> Error {
    builder.fit(&TEXTS, &LABELS).expect_err("the settings are wrong")
}

#[test]
fn each_setting_out_of_range_is_named_with_its_range() {
    let vectorizer = |params| Pipeline::builder().vectorizer(params);
    let classifier = |params| Pipeline::builder().classifier(params);
    let lr = Classifier::logistic_regression;
    let c_text = "is not a finite number above 0; 1.0 is a good start for c, 1e-6 for tol";
    let df_text = "is outside 0.0..=1.0; use DocFreq::Count for absolute counts";
    let ngram_text = "is not a range within 1..=64; the first must not exceed the second";
    let table: [(PipelineBuilder, &str, String); 17] = [
        (vectorizer(Vectorizer::tfidf().max_df(DocFreq::Fraction(1.7))), "max_df", format!("max_df 1.7 {df_text}")),
        (
            vectorizer(Vectorizer::tfidf().max_df(DocFreq::Fraction(f64::NAN))),
            "max_df",
            format!("max_df NaN {df_text}"),
        ),
        (vectorizer(Vectorizer::tfidf().min_df(DocFreq::Fraction(-0.1))), "min_df", format!("min_df -0.1 {df_text}")),
        (vectorizer(Vectorizer::tfidf().ngram_range(2, 1)), "ngram_range", format!("ngram_range (2, 1) {ngram_text}")),
        (vectorizer(Vectorizer::tfidf().ngram_range(0, 1)), "ngram_range", format!("ngram_range (0, 1) {ngram_text}")),
        (
            vectorizer(Vectorizer::tfidf().ngram_range(1, 1_000_000)),
            "ngram_range",
            format!("ngram_range (1, 1000000) {ngram_text}"),
        ),
        (
            vectorizer(Vectorizer::tfidf().max_features(0)),
            "max_features",
            "max_features 0 leaves no term; give at least 1, or leave it out to keep all".to_owned(),
        ),
        (classifier(lr().c(0.0)), "c", format!("c 0 {c_text}")),
        (classifier(lr().c(-1.0)), "c", format!("c -1 {c_text}")),
        (classifier(lr().c(f64::NAN)), "c", format!("c NaN {c_text}")),
        (classifier(lr().c(f64::INFINITY)), "c", format!("c inf {c_text}")),
        (classifier(lr().tol(0.0)), "tol", format!("tol 0 {c_text}")),
        (classifier(lr().tol(f64::NAN)), "tol", format!("tol NaN {c_text}")),
        (classifier(lr().max_iter(0)), "max_iter", "max_iter 0 allows no training; give at least 1".to_owned()),
        (
            classifier(lr().class_weight(ClassWeight::Given(vec![("1".into(), -2.0)]))),
            "class_weight",
            "class_weight -2 of label \"1\" is not a finite number above 0; leave the texts of a class out to ignore it"
                .to_owned(),
        ),
        (
            classifier(lr().class_weight(ClassWeight::Given(vec![("1".into(), f64::NAN)]))),
            "class_weight",
            "class_weight NaN of label \"1\" is not a finite number above 0; leave the texts of a class out to ignore it"
                .to_owned(),
        ),
        (
            classifier(lr().class_weight(ClassWeight::Given(vec![("1".into(), 0.0)]))),
            "class_weight",
            "class_weight 0 of label \"1\" is not a finite number above 0; leave the texts of a class out to ignore it"
                .to_owned(),
        ),
    ];
    for (builder, setting, text) in table {
        let error = fit_error(&builder);
        assert!(
            matches!(error, Error::InvalidParameter { name, .. } if name == setting),
            "{error:?}"
        );
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_setting_that_names_no_class_lists_the_classes() {
    for builder in [
        Pipeline::builder().classifier(Classifier::logistic_regression().pos_label("yes")),
        Pipeline::builder().classifier(
            Classifier::logistic_regression()
                .class_weight(ClassWeight::Given(vec![("yes".into(), 2.0)])),
        ),
    ] {
        let error = fit_error(&builder);
        assert!(matches!(error, Error::UnknownLabel { .. }));
        assert_eq!(
            error.to_string(),
            r#"label "yes" was not seen in training; the classes are "0", "1""#
        );
    }
}

#[test]
fn data_that_cannot_be_learnt_from_is_refused() {
    let builder = Pipeline::builder();
    let none: [&str; 0] = [];

    let error = builder.fit(&none, &none).unwrap_err();
    assert!(matches!(error, Error::NoTexts { .. }));
    assert_eq!(error.to_string(), "there are no texts to train on; give at least one");

    let error = builder.fit(&TEXTS, &LABELS[..3]).unwrap_err();
    assert!(matches!(error, Error::LengthMismatch { expected: 4, found: 3, .. }));
    assert_eq!(error.to_string(), "there are 4 texts but 3 labels; their numbers must be equal");

    let error = builder.fit(&TEXTS, &["1"; 4]).unwrap_err();
    assert!(matches!(error, Error::OneClass { rows: 4, .. }));
    assert_eq!(
        error.to_string(),
        r#"all 4 labels are "1"; a classifier needs texts of at least two classes"#
    );

    for empty in [["", " ", "\n", "!"], ["a", "b", "c", "d"]] {
        let error = builder.fit(&empty, &LABELS).unwrap_err();
        assert!(matches!(error, Error::EmptyVocabulary { documents: 4, .. }));
        assert_eq!(
            error.to_string(),
            "no term is left of 4 texts: they hold no token; are they empty, or is every word a stop word or shorter than \
             the n-grams?"
        );
    }

    let rare = Pipeline::builder().vectorizer(Vectorizer::tfidf().min_df(DocFreq::Count(3)));
    let error = fit_error(&rare);
    assert!(matches!(error, Error::EmptyVocabulary { .. }));
    assert_eq!(
        error.to_string(),
        "no term is left of 4 texts: min_df and max_df exclude every term; lower min_df or raise max_df"
    );
}

#[test]
fn weights_must_be_finite_and_leave_every_class_something() {
    for (weights, text) in [
        (vec![1.0; 3], "there are 4 texts but 3 weights; their numbers must be equal"),
        (
            vec![1.0, -1.0, 1.0, 1.0],
            "invalid sample weights: -1 is not a finite number of at least 0",
        ),
        (
            vec![1.0, f64::NAN, 1.0, 1.0],
            "invalid sample weights: NaN is not a finite number of at least 0",
        ),
        (
            vec![1.0, 0.0, 1.0, 0.0],
            r#"invalid sample weights: those of class "0" sum to 0; leave the class out"#,
        ),
    ] {
        let options = FitOptions::new().weights(&weights);
        let error = Pipeline::builder().fit_with(&TEXTS, &LABELS, &options).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn numbers_that_overflow_are_an_error_and_not_a_model_of_nan() {
    let builder = Pipeline::builder().classifier(Classifier::logistic_regression().c(1e308));
    let weights = [1e300; 4];
    match builder.fit_with(&TEXTS, &LABELS, &FitOptions::new().weights(&weights)) {
        Ok(pipeline) => assert!(pipeline.predict("good").unwrap().probability().is_finite()),
        Err(error) => {
            assert!(error.to_string().contains("left the range of floating point"), "{error}");
        }
    }
}

#[test]
fn what_cannot_be_scored_does_not_keep_the_rest_from_it() {
    let pipeline = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
    let answers = pipeline.predict_batch(&["good", "", " \t\u{a0}\n", "bad", "unknown"]);
    let labels: Vec<_> = answers
        .iter()
        .map(|a| a.as_ref().map(ressenti::Prediction::label).map_err(ToString::to_string))
        .collect();
    let empty =
        Err("the text is empty or only white space; give a text with at least one character that is not"
            .to_owned());
    assert_eq!(labels[..4], [Ok("1"), empty.clone(), empty, Ok("0")]);
    let unknown = answers[4].as_ref().unwrap();
    assert!(unknown.is_uninformed());
    assert_eq!((unknown.tokens(), unknown.known_tokens()), (1, 0));
    assert!(matches!(pipeline.predict_proba(""), Err(Error::EmptyText)));
    assert!(matches!(pipeline.explain(" "), Err(Error::EmptyText)));
}

#[test]
fn evaluation_refuses_what_training_never_saw() {
    let pipeline = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
    let error = pipeline.evaluate(&["good"], &["2"]).unwrap_err();
    assert!(matches!(error, Error::UnknownLabel { .. }));
    assert_eq!(
        error.to_string(),
        r#"label "2" was not seen in training; the classes are "0", "1""#
    );
    let error = pipeline.evaluate(&["good"], &["1", "0"]).unwrap_err();
    assert_eq!(error.to_string(), "there are 1 texts but 2 labels; their numbers must be equal");
    let none: [&str; 0] = [];
    assert!(matches!(pipeline.evaluate(&none, &none), Err(Error::NoTexts { .. })));
    let error = pipeline.top_terms("2", 5).unwrap_err();
    assert!(matches!(error, Error::UnknownLabel { .. }));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let (wide, rows) = Vectorizer::tfidf().fit_transform(&TEXTS).unwrap();
    let narrow = Vectorizer::tfidf().max_features(2).fit(&TEXTS).unwrap();
    let classifier = Classifier::logistic_regression().fit(&rows, &LABELS).unwrap();
    let error = Pipeline::from_parts(narrow.clone(), classifier.clone()).unwrap_err();
    assert!(matches!(error, Error::ColumnMismatch { found: 2, expected: 4, .. }));
    assert_eq!(
        error.to_string(),
        "the vectorizer has 2 columns, expected 4; use the vectorizer that the classifier was trained with"
    );
    assert!(matches!(
        classifier.predict(&narrow.transform(&TEXTS)),
        Err(Error::ColumnMismatch { .. })
    ));
    assert!(Pipeline::from_parts(wide, classifier).is_ok());
}

#[test]
fn rows_without_columns_or_entries_are_no_trouble() {
    let empty = Rows::try_from(&ndarray::Array2::<f32>::zeros((2, 0))).unwrap();
    let classifier = Classifier::logistic_regression().fit(&empty, &[true, false]).unwrap();
    assert_eq!(classifier.predict_proba(&empty).unwrap().as_slice(), [0.5; 4]);
    let zeros = Rows::try_from(&ndarray::Array2::<f32>::zeros((3, 2))).unwrap();
    let classifier = Classifier::logistic_regression().fit(&zeros, &["a", "b", "c"]).unwrap();
    assert_eq!(classifier.coef().as_slice(), [0.0; 6]);
}

#[test]
fn a_text_of_ten_megabytes_is_only_long() {
    let pipeline = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
    let long = "good É ".repeat(10 << 17);
    assert!(long.len() > 10_000_000);
    let prediction = pipeline.predict(&long).unwrap();
    assert_eq!((prediction.label(), prediction.tokens()), ("1", 10 << 17));
    let word = "x".repeat(10 << 20);
    assert!(pipeline.predict(&word).unwrap().is_uninformed());
    let texts = [long.as_str(), "bad"];
    assert!(Pipeline::builder().fit(&texts, &["1", "0"]).is_ok());
}

#[test]
fn a_model_path_that_is_a_folder_is_named_and_kept() {
    let pipeline = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = pipeline.save(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Io { action: "write", .. }));
    assert_eq!(
        error.to_string(),
        format!("cannot write {}: is a directory", folder.path().display())
    );
    assert!(matches!(Pipeline::load(folder.path()), Err(Error::Io { action: "read", .. })));
    assert!(matches!(
        Pipeline::load(Path::new("no/such/model")),
        Err(Error::Io { action: "read", .. })
    ));
}

/// A small file system of its own that can be filled up and made read-only. Mounting needs a privilege that many test
/// machines do not give; the test says so and shows nothing there.
#[cfg(target_os = "linux")]
mod small_disk {
    use super::*;
    use std::process::Command;

    struct Disk(tempfile::TempDir);

    impl Disk {
        fn mount() -> Option<Self> {
            let folder = tempfile::tempdir().unwrap();
            mount(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"], folder.path())
                .then_some(Self(folder))
        }

        fn entries(&self) -> usize {
            std::fs::read_dir(self.0.path()).unwrap().count()
        }
    }

    impl Drop for Disk {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0.path()).status();
        }
    }

    fn mount(arguments: &[&str], folder: &Path) -> bool {
        let output = Command::new("mount").args(arguments).arg(folder).output();
        output.is_ok_and(|output| output.status.success())
    }

    #[test]
    fn a_full_or_read_only_disk_leaves_the_old_model_and_nothing_else() {
        let Some(disk) = Disk::mount() else {
            eprintln!("skipped: this user may not mount a small file system");
            return;
        };
        let path = disk.0.path().join("model.ressenti");
        let small = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
        small.save(&path).unwrap();

        let texts: Vec<String> = (0..20_000).map(|i| format!("word{i}")).collect();
        let labels: Vec<bool> = (0..20_000).map(|i| i % 2 == 0).collect();
        let large = Pipeline::builder().fit(&texts, &labels).unwrap();
        let error = large.save(&path).unwrap_err();
        assert!(matches!(error, Error::Io { action: "write", .. }));
        let text =
            format!("cannot write {}: No space left on device (os error 28)", path.display());
        assert_eq!(error.to_string(), text);
        assert_eq!(Pipeline::load(&path).unwrap().to_bytes(), small.to_bytes());
        assert_eq!(disk.entries(), 1);

        assert!(mount(&["-o", "remount,ro"], disk.0.path()));
        let error = small.save(&path).unwrap_err();
        let text = format!("cannot write {}: Read-only file system (os error 30)", path.display());
        assert_eq!(error.to_string(), text);
        assert_eq!(Pipeline::load(&path).unwrap().to_bytes(), small.to_bytes());
        assert_eq!(disk.entries(), 1);
    }
}
