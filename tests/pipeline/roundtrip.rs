//! A model that was stored answers as before, to the last bit, and is stored again as the same bytes.

use std::collections::BTreeSet;

use crate::common::tweets;
use ressenti::text::{Analyzer, AnalyzerParams, Language, Negation, StopWords};
use ressenti::{
    Calibration, CalibrationMethod, ClassWeight, Classifier, ClassifierParams, DocFreq, Error,
    FitOptions, ModelFileError, MultiClass, NbWeighting, NeutralBand, Norm, Pipeline,
    PipelineBuilder, Sentiment, SgdLoss, Threshold, ThresholdRule, Vectorizer, VectorizerParams,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Labels and texts of the example data: enough for every setting, few enough to train on a hundred times.
fn tweets() -> (Vec<&'static str>, Vec<&'static str>) {
    let (labels, texts) = tweets::all();
    (labels[..60].to_vec(), texts[..60].to_vec())
}

/// Texts that no model was trained on.
const UNSEEN: &[&str] = &[
    "Lovely crew, but the flight was late again :(",
    "@SkyBird thanks 👍🏽 ❤️ #happy https://t.co/x",
    "été ÉTÉ ΟΔΟΣ 日本 don't DON’T",
    "zzz",
    "the",
    "\0",
    "not good not good not good, and not not bad",
];

fn analyzers() -> Vec<AnalyzerParams> {
    use Language::{
        Arabic, Danish, Dutch, English, Finnish, French, German, Greek, Hungarian, Italian,
        Norwegian, Portuguese, Romanian, Russian, Spanish, Swedish, Tamil, Turkish,
    };
    let languages = [
        Arabic, Danish, Dutch, English, Finnish, French, German, Greek, Hungarian, Italian,
        Norwegian, Portuguese, Romanian, Russian, Spanish, Swedish, Tamil, Turkish,
    ];
    let tokenizers = [Analyzer::word(), Analyzer::unicode_word(), Analyzer::social()];
    let stop_words = || StopWords::of(English).unwrap();
    let mut analyzers = Vec::new();
    for tokenizer in tokenizers {
        analyzers.extend([
            tokenizer.clone().lowercase(false),
            tokenizer.clone().stop_words(StopWords::list(["flight", "été", ""])),
            tokenizer.clone().stop_words(stop_words()).stemmer(English),
            tokenizer,
        ]);
    }
    let negation = || Negation::of(English).unwrap();
    analyzers.extend([
        Analyzer::word().strip_accents(true),
        Analyzer::word().negation(negation()),
        Analyzer::social().negation(negation().window(1)).stemmer(English),
        Analyzer::unicode_word().negation(Negation::list(["n*", "*t"])),
        Analyzer::word().max_bytes(20),
        Analyzer::char(),
        Analyzer::char_wb(),
        Analyzer::char_wb().strip_accents(true).lowercase(false),
    ]);
    analyzers.extend(languages.map(|language| Analyzer::word().stemmer(language)));
    analyzers
}

fn vectorizers() -> Vec<VectorizerParams> {
    let mut params = vec![
        Vectorizer::count(),
        Vectorizer::count().binary(true).ngram_range(2, 3),
        Vectorizer::count().max_features(1),
        Vectorizer::tfidf().ngram_range(1, 2).min_df(DocFreq::Count(2)).max_df(DocFreq::Count(30)),
        Vectorizer::tfidf().min_df(DocFreq::Fraction(0.02)).max_df(DocFreq::Fraction(0.9)),
        Vectorizer::tfidf().sublinear_tf(true).smooth_idf(false).max_features(40),
        Vectorizer::tfidf().use_idf(false).binary(true),
    ];
    params.extend([
        Vectorizer::tfidf().vocabulary(["late", "flight", "zzz"]),
        Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(2, 4).max_features(200),
        Vectorizer::tfidf().bm25(1.2, 0.75).norm(Norm::None),
        Vectorizer::tfidf().bm25(1.5, 0.75),
        Vectorizer::hashing().n_features(64),
        Vectorizer::hashing().n_features(64).alternate_sign(false),
        Vectorizer::hashing().n_features(64).feature_names(true).use_idf(true),
        Vectorizer::tfidf().weight(2.0),
        Vectorizer::tfidf().beside(Vectorizer::count().vocabulary(["late"])),
        Vectorizer::tfidf()
            .beside(Vectorizer::hashing().n_features(64))
            .beside(Vectorizer::count()),
    ]);
    params.extend([Norm::L1, Norm::L2, Norm::None].map(|norm| Vectorizer::tfidf().norm(norm)));
    params.extend(analyzers().into_iter().map(|analyzer| Vectorizer::tfidf().analyzer(analyzer)));
    params
}

fn classifiers() -> Vec<ClassifierParams> {
    let params = Classifier::logistic_regression;
    vec![
        params(),
        params().c(30.0).tol(1e-3).fit_intercept(false),
        params().class_weight(ClassWeight::Balanced).pos_label("negative"),
        params().class_weight(ClassWeight::Given(vec![("positive".into(), 0.1)])),
        params().c(1e4).max_iter(2), // does not converge
        params().nb_weighting(NbWeighting::Soft { base: 1.0 }),
        params().nb_weighting(NbWeighting::Soft { base: 0.5 }).alpha(0.1),
        params().nb_weighting(NbWeighting::LogCounts { beta: 0.5 }),
        Classifier::multinomial_nb(),
        Classifier::multinomial_nb().fit_prior(false),
        Classifier::multinomial_nb().class_prior([
            ("positive", 0.2),
            ("negative", 0.3),
            ("neutral", 0.5),
        ]),
        Classifier::complement_nb(),
        Classifier::complement_nb().norm(true),
        Classifier::bernoulli_nb().alpha(0.3),
        Classifier::sgd(),
        Classifier::sgd().multi_class(MultiClass::OneVsRest),
        Classifier::sgd().loss(SgdLoss::ModifiedHuber),
    ]
}

/// What may be put on a classifier of two classes after training.
fn answers() -> Vec<Pipeline> {
    let (labels, texts) = tweets();
    let yes_or_no: Vec<bool> = labels.iter().map(|&label| label == "positive").collect();
    let two = Pipeline::builder().fit(&texts, &yes_or_no).unwrap();
    let three = Pipeline::builder().fit(&texts, &labels).unwrap();
    let truth = |pipeline: &Pipeline, labels: &[String]| -> Vec<usize> {
        let place = |label| pipeline.classes().iter().position(|class| class == label).unwrap();
        labels.iter().map(place).collect()
    };
    let decisions = |pipeline: &Pipeline| {
        let rows = pipeline.vectorizer().transform(&texts);
        pipeline.classifier().decision_function(&rows).unwrap()
    };
    let with = |pipeline: &Pipeline, classifier| {
        Pipeline::from_parts(pipeline.vectorizer().clone(), classifier).unwrap()
    };
    let mut answers = Vec::new();
    for method in
        [CalibrationMethod::Platt, CalibrationMethod::Temperature, CalibrationMethod::Isotonic]
    {
        let names: [Vec<String>; 2] = [
            yes_or_no.iter().map(bool::to_string).collect(),
            labels.iter().map(|&label| label.to_owned()).collect(),
        ];
        for (pipeline, names) in [&two, &three].into_iter().zip(&names) {
            let truth = truth(pipeline, names);
            let calibration = Calibration::fit(method, &decisions(pipeline), &truth).unwrap();
            let calibrated = pipeline.classifier().clone().with_calibration(calibration).unwrap();
            answers.push(with(pipeline, calibrated));
        }
    }
    let scores = decisions(&two);
    let threshold = Threshold::fit(ThresholdRule::BestF1, scores.as_slice(), &yes_or_no).unwrap();
    answers.push(with(&two, two.classifier().clone().with_threshold(threshold).unwrap()));
    let sentiments: Vec<Sentiment> = labels.iter().map(|label| label.parse().unwrap()).collect();
    let band = NeutralBand::fit(scores.as_slice(), &sentiments).unwrap();
    for name in ["a name before both", "neutral", "unsure"] {
        let banded = two.classifier().clone().with_neutral_band(band, name).unwrap();
        answers.push(with(&two, banded));
    }
    answers
}

/// Every setting at least once, on two classes and on three.
fn pipelines() -> Vec<Pipeline> {
    let (labels, texts) = tweets();
    let yes_or_no: Vec<bool> = labels.iter().map(|&label| label == "positive").collect();
    let builders = vectorizers().into_iter().map(|params| Pipeline::builder().vectorizer(params));
    let builders =
        builders.chain(classifiers().into_iter().map(|p| Pipeline::builder().classifier(p)));
    let fit = |builder: PipelineBuilder| builder.fit(&texts, &labels).unwrap();
    let mut pipelines: Vec<Pipeline> = builders.map(fit).collect();
    pipelines.push(Pipeline::builder().fit(&texts, &yes_or_no).unwrap());
    let counted = Pipeline::builder().vectorizer(Vectorizer::count().ngram_range(1, 2));
    pipelines.push(counted.fit(&texts, &yes_or_no).unwrap());
    let weights: Vec<f64> = (0..texts.len()).map(|i| i as f64 / 7.0).collect();
    let weighted = FitOptions::new().weights(&weights);
    pipelines.push(Pipeline::builder().fit_with(&texts, &labels, &weighted).unwrap());
    pipelines.extend(answers());
    pipelines
}

#[track_caller]
fn assert_same(stored: &Pipeline, original: &Pipeline) {
    let settings = original.vectorizer().params();
    assert_eq!(stored.vectorizer().params(), settings);
    assert_eq!(stored.classifier().params(), original.classifier().params());
    assert_eq!(stored.vectorizer(), original.vectorizer());
    assert_eq!(stored.vectorizer().n_documents(), original.vectorizer().n_documents());
    assert_eq!(stored.classes(), original.classes());
    assert_eq!(stored.classifier().positive(), original.classifier().positive());
    assert_eq!(stored.fit_report(), original.fit_report());
    let (_, texts) = tweets();
    for text in texts.iter().chain(UNSEEN) {
        let bits = |pipeline: &Pipeline| -> Vec<u64> {
            pipeline.predict_proba(text).unwrap().iter().map(|p| p.to_bits()).collect()
        };
        assert_eq!(bits(stored), bits(original), "{text:?} {settings:?}");
        assert_eq!(stored.predict(text).unwrap(), original.predict(text).unwrap());
        assert_eq!(stored.explain(text).unwrap(), original.explain(text).unwrap());
    }
    assert!(stored.to_bytes() == original.to_bytes(), "{settings:?}");
}

#[test]
fn through_bytes() {
    for pipeline in pipelines() {
        assert_same(&Pipeline::from_bytes(&pipeline.to_bytes()).unwrap(), &pipeline);
    }
}

#[test]
fn through_a_file() {
    let folder = tempfile::tempdir().unwrap();
    // One path for all: each model replaces the one before.
    let path = folder.path().join("model.ressenti");
    for pipeline in pipelines().iter().step_by(4) {
        pipeline.save(&path).unwrap();
        assert!(std::fs::read(&path).unwrap() == pipeline.to_bytes());
        assert_same(&Pipeline::load(&path).unwrap(), pipeline);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

#[test]
fn through_json_of_the_whole_or_of_its_parts() {
    for pipeline in pipelines() {
        assert_same(&through_json(&pipeline), &pipeline);
        let vectorizer = through_json(pipeline.vectorizer());
        let classifier = through_json(pipeline.classifier());
        // What was trained together is told apart from what was put together, by the training data on the card.
        let put_together =
            |vectorizer, classifier| Pipeline::from_parts(vectorizer, classifier).unwrap();
        let parts = put_together(pipeline.vectorizer().clone(), pipeline.classifier().clone());
        assert_same(&put_together(vectorizer, classifier), &parts);
    }
}

#[test]
fn settings_through_json() {
    for params in vectorizers() {
        assert_eq!(through_json(&params), params);
    }
    for params in classifiers() {
        assert_eq!(through_json(&params), params);
    }
}

/// No two settings may be stored as the same bytes, or one of them is not stored.
#[test]
fn every_setting_leaves_a_mark_in_the_file() {
    let (labels, texts) = tweets();
    let builders = vectorizers().into_iter().map(|params| Pipeline::builder().vectorizer(params));
    let builders =
        builders.chain(classifiers().into_iter().map(|p| Pipeline::builder().classifier(p)));
    let files: Vec<Vec<u8>> =
        builders.map(|builder| builder.fit(&texts, &labels).unwrap().to_bytes()).collect();
    // `vectorizers` spells the default settings three times and `classifiers` once.
    let different: BTreeSet<&Vec<u8>> = files.iter().collect();
    assert_eq!(files.len() - different.len(), 2);
}

/// Serde's way in is as strict as the file's: a model that could not have been trained is refused.
#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let fit = |texts: &[&str]| Pipeline::builder().fit(texts, &[true, false]).unwrap();
    let (two, three) = (fit(&["good", "bad"]), fit(&["good crew", "bad"]));
    let error = Pipeline::from_parts(two.vectorizer().clone(), three.classifier().clone());
    let message = "the vectorizer has 2 columns, expected 3; use the vectorizer that the classifier was trained with";
    assert_eq!(error.unwrap_err().to_string(), message);

    let mut json = serde_json::to_value(&two).unwrap();
    json["classifier"] = serde_json::to_value(three.classifier()).unwrap();
    assert_eq!(serde_json::from_value::<Pipeline>(json).unwrap_err().to_string(), message);
}

#[test]
fn what_is_no_model_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a model").unwrap();
    let error = Pipeline::load(&path).unwrap_err();
    assert!(
        matches!(
            &error,
            Error::ModelFile { path: Some(p), problem: ModelFileError::NotAModel { .. } } if *p == path
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
}

/// Settings stored by an older version, or by hand, may leave some out.
#[test]
fn settings_that_are_left_out_have_their_defaults() {
    let params: VectorizerParams = serde_json::from_str(r#"[{"ngram_range": [1, 2]}]"#).unwrap();
    assert_eq!(params, Vectorizer::tfidf().ngram_range(1, 2));
    let params: ClassifierParams = serde_json::from_str(r#"{"c": 4.0}"#).unwrap();
    assert_eq!(params, Classifier::logistic_regression().c(4.0));
}
