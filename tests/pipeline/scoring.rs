//! One pipeline gives one answer: by its parts, by its methods, from a stream, on any thread, remembered or not.

use std::cell::Cell;
use std::sync::LazyLock;

use crate::common::arbitrary::{blocks, config, corpus};
use crate::common::{naive, tweets};
use proptest::prelude::*;
use ressenti::text::Language::{Dutch, English, Finnish, French, German, Swedish};
use ressenti::{
    Classifier, ClassifierParams, Error, NbWeighting, NeutralBand, Pipeline, Preset, Scratch,
    SgdLoss, Vectorizer,
};

/// Whether a text that passes through used buffers has the decision values and probabilities that its row has.
fn check(pipeline: &Pipeline, texts: &[String]) -> Result<(), TestCaseError> {
    let (vectorizer, classifier) = (pipeline.vectorizer(), pipeline.classifier());
    let rows = vectorizer.transform(texts);
    let expected = classifier.predict_proba(&rows).unwrap();
    let decisions = classifier.decision_function(&rows).unwrap();
    let (mut scratch, mut found) = (Scratch::new(), Vec::new());
    for _ in 0..2 {
        for (i, text) in texts.iter().enumerate() {
            let result = pipeline.predict_proba_into(text, &mut scratch, &mut found);
            if text.trim().is_empty() {
                prop_assert!(matches!(result, Err(Error::EmptyText)) && found.is_empty());
                continue;
            }
            for (a, b) in found.iter().zip(expected.row(i)) {
                prop_assert!((a - b).abs() <= 1e-6, "{text:?}: {found:?} {:?}", expected.row(i));
            }
            let explanation = pipeline.explain(text).unwrap();
            let class = explanation.prediction().class();
            prop_assert_eq!(explanation.prediction(), &pipeline.predict(text).unwrap());
            let decision = match decisions.row(i) {
                &[z] => [-z, z][class.min(1)],
                several => several[class],
            };
            let size =
                explanation.terms().iter().fold(decision.abs(), |s, t| s.max(t.contribution.abs()));
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-5 * size.max(1e-9);
            prop_assert!(close(explanation.decision(), decision), "{explanation:?} {decision}");
            let contributions: f64 = explanation.terms().iter().map(|t| t.contribution).sum();
            let marks: f64 = explanation.marks().iter().map(|mark| mark.weight).sum();
            prop_assert!(close(marks, contributions), "{explanation:?}");
            for term in explanation.terms() {
                prop_assert!(!term.spans.is_empty());
                prop_assert!(term.spans.iter().all(|span| text.get(span.clone()).is_some()));
            }
            let marks = explanation.marks().len();
            prop_assert_eq!(explanation.marked().len(), text.len() + 4 * marks);
        }
    }
    Ok(())
}

fn classifier() -> impl Strategy<Value = ClassifierParams> {
    prop::sample::select(vec![
        Classifier::logistic_regression(),
        Classifier::logistic_regression().nb_weighting(NbWeighting::Soft { base: 1.0 }),
        Classifier::logistic_regression().nb_weighting(NbWeighting::LogCounts { beta: 0.25 }),
        Classifier::linear_svm(),
        Classifier::sgd().loss(SgdLoss::ModifiedHuber),
    ])
}

/// Each preset with two classes and with three, and the texts that it was trained on.
static PRESETS: LazyLock<Vec<(Pipeline, Vec<String>)>> = LazyLock::new(|| {
    let (labels, texts) = tweets::all();
    let fit = |preset, three| {
        let kept = |label: &str| three || label != "neutral";
        let rows = labels.iter().zip(&texts).filter(|row| kept(row.0)).step_by(3);
        let (labels, texts): (Vec<_>, Vec<_>) = rows.map(|(l, t)| (*l, (*t).to_owned())).unzip();
        (Pipeline::builder().preset(preset).fit(&texts, &labels).unwrap(), texts)
    };
    Preset::ALL.into_iter().flat_map(|preset| [fit(preset, false), fit(preset, true)]).collect()
});

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_settings_score_as_their_parts_do(
        texts in corpus(), unseen in corpus(), blocks in blocks(), classifier in classifier(), classes in 2usize..4,
    ) {
        let Ok((vectorizer, rows)) = naive::params(&blocks).fit_transform(&texts) else { return Ok(()) };
        let labels: Vec<usize> = (0..texts.len()).map(|i| i % classes).collect();
        let Ok(classifier) = classifier.fit(&rows, &labels) else { return Ok(()) };
        let pipeline = Pipeline::from_parts(vectorizer, classifier).unwrap();
        check(&pipeline, &[texts, unseen].concat())?;
    }

    #[test]
    fn presets_score_as_their_parts_do(unseen in corpus(), which in 0..PRESETS.len()) {
        let (pipeline, texts) = &PRESETS[which];
        check(pipeline, &[&texts[..10], &unseen[..]].concat())?;
    }
}

#[test]
fn a_thousand_threads_share_one() {
    let (labels, texts) = tweets::all();
    let pipeline = Pipeline::builder().preset(Preset::Social).fit(&texts, &labels).unwrap();
    let expected: Vec<_> = pipeline.predict_batch(&texts).into_iter().map(Result::unwrap).collect();
    std::thread::scope(|scope| {
        for i in 0..1_000 {
            let (pipeline, texts, expected) = (&pipeline, &texts, &expected);
            scope.spawn(move || {
                for j in (i..i + 10).map(|j| j * 7 % texts.len()) {
                    assert_eq!(pipeline.predict(texts[j]).unwrap(), expected[j]);
                }
            });
        }
    });
}

#[test]
fn buffers_serve_any_pipeline_in_turn() {
    let (labels, texts) = tweets::polar(1);
    let fit = |params| Pipeline::builder().vectorizer(params).fit(&texts, &labels).unwrap();
    let stemmed = |language| {
        let analyzer = ressenti::text::Analyzer::word().stemmer(language);
        fit(Vectorizer::tfidf().analyzer(analyzer))
    };
    let pipelines = [English, Dutch, French, German, Swedish, Finnish].map(stemmed);
    let mut scratch = Scratch::new();
    for text in &texts[..40] {
        for pipeline in &pipelines {
            let fresh = pipeline.predict_with(text, &mut Scratch::new()).unwrap();
            assert_eq!(pipeline.predict_with(text, &mut scratch).unwrap(), fresh);
        }
    }
}

#[test]
fn a_stream_is_scored_as_it_is_asked_for() {
    let pipeline =
        Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"]).unwrap();
    let read = Cell::new(0);
    let texts = ["lovely", "", "lost"].into_iter().inspect(|_| read.set(read.get() + 1));
    let mut predictions = pipeline.predict_iter(texts);
    assert_eq!((read.get(), predictions.size_hint()), (0, (3, Some(3))));
    assert_eq!(predictions.next().unwrap().unwrap().label(), "positive");
    assert_eq!(read.get(), 1);
    assert!(matches!(predictions.next(), Some(Err(Error::EmptyText))));
    assert_eq!(predictions.next().unwrap().unwrap().label(), "negative");
    assert!(predictions.next().is_none());
    let endless = std::iter::repeat_with(|| String::from("lovely"));
    assert_eq!(pipeline.predict_iter(endless).take(5).count(), 5);
}

#[test]
fn a_score_is_positive_minus_negative() {
    let texts = ["good crew", "bad crew", "crew", "good", "bad", "the crew"];
    let fit = |labels: [&str; 6]| Pipeline::builder().fit(&texts, &labels).unwrap();
    let difference = |pipeline: &Pipeline, positive: &str, negative: &str| {
        let p = pipeline.predict_proba("good good crew").unwrap();
        let of = |label: &str| p[pipeline.classes().iter().position(|c| c == label).unwrap()];
        (pipeline.score("good good crew").unwrap(), of(positive) - of(negative))
    };
    for (positive, negative, neutral) in
        [("positive", "negative", "neutral"), ("Pos", "Neg", "Neutral"), ("pos", "neg", "NEUTRAL")]
    {
        let three = fit([positive, negative, neutral, positive, negative, neutral]);
        let (score, expected) = difference(&three, positive, negative);
        assert!(score == expected && score > 0.0, "{score} {expected}");
        let two = fit([positive, negative, negative, positive, negative, positive]);
        let (score, expected) = difference(&two, positive, negative);
        assert!(score == expected && score > 0.0);
    }
    // The label that counts as positive, wherever it sorts.
    let labels = ["a", "b", "b", "a", "b", "b"];
    let params = Classifier::logistic_regression().pos_label("a");
    let first = Pipeline::builder().classifier(params).fit(&texts, &labels).unwrap();
    assert!(first.score("good").unwrap() > first.score("bad").unwrap());
    // The answer of a band is neutral whatever it is called.
    let two = fit(["1", "0", "0", "1", "0", "1"]);
    let band = NeutralBand::new(-0.5, 0.5).unwrap();
    let classifier = two.classifier().clone().with_neutral_band(band, "unsure").unwrap();
    let banded = Pipeline::from_parts(two.vectorizer().clone(), classifier).unwrap();
    let (score, expected) = difference(&banded, "1", "0");
    assert_eq!(score, expected);
    assert!(matches!(two.score(" "), Err(Error::EmptyText)));

    let error = fit(["1", "2", "3", "1", "2", "3"]).score("good").unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid classes: a score needs two opposite ones, or three of which one is called \"neutral\", but there are \"1\", \"2\", \"3\"; use predict_proba"
    );
    assert!(fit(["a", "b", "c", "d", "c", "d"]).score("good").is_err());
    let params = Classifier::logistic_regression().pos_label("neutral");
    let odd = Pipeline::builder().classifier(params);
    let odd =
        odd.fit(&texts, &["neutral", "negative", "positive", "neutral", "negative", "positive"]);
    assert!(odd.unwrap().score("good").is_err());
}

#[test]
fn an_explanation_shows_where() {
    let texts = ["not a good crew", "good crew", "the crew", "not good"];
    let pipeline = Pipeline::builder().preset(Preset::Social).fit(&texts, &[0, 1, 1, 0]).unwrap();
    let text = "Good &amp; <b>GOOD</b> crew, not \"good\"";
    let explanation = pipeline.explain(text).unwrap();
    let term = |name: &str| explanation.terms().iter().find(|t| t.term == name).unwrap();
    let found: Vec<&str> = term("good").spans.iter().map(|span| &text[span.clone()]).collect();
    assert_eq!(found, ["Good", "GOOD"]);
    assert_eq!(&text[term("NOT_good").spans[0].clone()], "good");
    assert_eq!(explanation.text(), text);
    let html = explanation.to_html();
    assert_eq!(html.matches("<mark ").count(), explanation.marks().len());
    assert!(html.contains(" &amp;amp; &lt;b&gt;") && html.contains("&quot;"), "{html}");
}
