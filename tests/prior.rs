//! A model that stands on another is one linear model, whose decision values are those of the model with extra columns.

mod common;

use common::tweets;
use ressenti::{
    Classifier, ClassifierParams, Error, NbWeighting, Pipeline, Preset, Prior, Rows, Vectorizer,
};

const UNSEEN: [&str; 5] =
    ["not a good flight", "lost my bag again :(", "THANKS for the crew", "zzz", "when is it?"];

/// The rows with dense columns to the right.
fn wide(rows: &Rows, dense: &[Vec<f64>], factor: f64) -> Rows {
    let columns = rows.n_columns();
    let shape = (rows.n_rows(), columns + dense[0].len());
    let mut triplets = sprs::TriMatI::<f32, u32>::new(shape);
    for (i, values) in dense.iter().enumerate() {
        let (mine, of_mine) = rows.row(i);
        mine.iter().zip(of_mine).for_each(|(&c, &v)| triplets.add_triplet(i, c as usize, v));
        for (k, z) in values.iter().enumerate() {
            triplets.add_triplet(i, columns + k, (factor * z) as f32);
        }
    }
    let matrix: sprs::CsMatI<f32, u32, usize> = triplets.to_csr();
    Rows::try_from(matrix).unwrap()
}

fn decisions(pipeline: &Pipeline, texts: &[&str]) -> Vec<Vec<f64>> {
    let rows = pipeline.vectorizer().transform(texts);
    let decisions = pipeline.classifier().decision_function(&rows).unwrap();
    (0..texts.len()).map(|i| decisions.row(i).to_vec()).collect()
}

/// Of other classes than the model has, with another analysis and several blocks.
fn priors() -> [Pipeline; 2] {
    let (labels, texts) = tweets::polar(1);
    let two = Pipeline::builder().preset(Preset::Reviews).fit(&texts[60..], &labels[60..]);
    let (labels, texts) = tweets::all();
    let three = Pipeline::builder().fit(&texts[100..300], &labels[100..300]);
    [two.unwrap(), three.unwrap()]
}

#[test]
fn the_fold_is_exact() {
    let (labels, texts) = tweets::all();
    let (labels, texts) = (&labels[..120], &texts[..120]);
    let lr = || Classifier::logistic_regression().tol(1e-9);
    for prior in priors() {
        for classifier in [lr(), lr().c(7.0), Classifier::linear_svm()] {
            let vectorizer = Vectorizer::tfidf().ngram_range(1, 2);
            let builder = Pipeline::builder().vectorizer(vectorizer.clone());
            let builder = builder.classifier(classifier.clone()).prior(&prior, Prior::Decision);
            let pipeline = builder.fit(texts, labels).unwrap();

            let (vectorizer, rows) = vectorizer.fit_transform(texts).unwrap();
            let rows = wide(&rows, &decisions(&prior, texts), 0.3);
            let with_columns = classifier.fit(&rows, labels).unwrap();
            let new = wide(&vectorizer.transform(&UNSEEN), &decisions(&prior, &UNSEEN), 0.3);
            let expected = with_columns.decision_function(&new).unwrap();
            for (i, found) in decisions(&pipeline, &UNSEEN).into_iter().enumerate() {
                for (z, expected) in found.iter().zip(expected.row(i)) {
                    assert!((z - expected).abs() < 1e-5, "{}: {z} {expected}", UNSEEN[i]);
                }
            }
            assert_eq!(
                pipeline.vectorizer().n_features(),
                vectorizer.n_features() + prior.vectorizer().n_features()
            );
        }
    }
}

#[test]
fn columns_of_the_prior_are_weighed_by_nothing_but_their_strength() {
    let (labels, texts) = tweets::all();
    let (labels, texts) = (&labels[..120], &texts[..120]);
    let prior = &priors()[0];
    let soft = |base| Classifier::logistic_regression().nb_weighting(NbWeighting::Soft { base });
    let builder = Pipeline::builder().classifier(soft(0.5)).prior(prior, Prior::Decision);
    let found = decisions(&builder.fit(texts, labels).unwrap(), &UNSEEN);

    let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(texts).unwrap();
    let columns = rows.n_columns();
    let rows = wide(&rows, &decisions(prior, texts), 0.3 / 0.5);
    let blocks = [0..columns, columns..columns + 1];
    let options = ressenti::FitOptions::new().column_blocks(&blocks);
    let expected = soft(0.5).fit_with(&rows, labels, &options).unwrap();
    let new = wide(&vectorizer.transform(&UNSEEN), &decisions(prior, &UNSEEN), 0.3 / 0.5);
    let expected = expected.decision_function(&new).unwrap();
    for (i, found) in found.iter().enumerate() {
        for (z, expected) in found.iter().zip(expected.row(i)) {
            assert!((z - expected).abs() < 1e-4, "{z} {expected}");
        }
    }
}

/// Forty words, of which the few texts have eight.
#[test]
fn few_texts_say_more_with_a_prior() {
    let word = |i: usize| {
        format!(
            "{}{}",
            ["good", "bad"][i % 2],
            ["a", "b", "c", "d", "e"][i / 2 % 5].repeat(1 + i / 10)
        )
    };
    let labels =
        |n: std::ops::Range<usize>| -> Vec<&str> { n.map(|i| ["1", "0"][i % 2]).collect() };
    let about = |thing: &'static str, n: std::ops::Range<usize>| -> Vec<String> {
        n.map(|i| format!("the {thing} was {}", word(i))).collect()
    };
    let prior = Pipeline::builder().fit(&about("film", 0..40), &labels(0..40)).unwrap();
    let (texts, truth) = (about("flight", 8..40), labels(8..40));
    let accuracy = |builder: ressenti::PipelineBuilder| {
        let pipeline = builder.fit(&about("flight", 0..8), &labels(0..8)).unwrap();
        pipeline.evaluate(&texts, &truth).unwrap().accuracy()
    };
    assert_eq!(accuracy(Pipeline::builder()), 0.5);
    assert_eq!(accuracy(Pipeline::builder().prior(&prior, Prior::Decision)), 1.0);
}

#[test]
fn it_is_explained_and_stored_like_any_other() {
    let (labels, texts) = tweets::polar(1);
    for prior in priors() {
        let builder = Pipeline::builder().preset(Preset::Social).prior(&prior, Prior::Decision);
        let pipeline = builder.fit(&texts[..60], &labels[..60]).unwrap();
        let restored = Pipeline::from_bytes(&pipeline.to_bytes()).unwrap();
        assert_eq!(restored.to_bytes(), pipeline.to_bytes());
        for text in UNSEEN {
            assert_eq!(restored.predict(text).unwrap(), pipeline.predict(text).unwrap());
            let explanation = restored.explain(text).unwrap();
            let z = decisions(&pipeline, &[text])[0][0].abs();
            assert!((explanation.decision() - z).abs() < 1e-9, "{text}");
        }
        // It may be stood on in its turn.
        let next = Pipeline::builder()
            .prior(&restored, Prior::Decision)
            .fit(&texts[60..90], &labels[60..90])
            .unwrap();
        assert!(next.vectorizer().blocks().len() > pipeline.vectorizer().blocks().len());
        let builder = Pipeline::builder().prior(&prior, Prior::Decision);
        assert_eq!(builder, Pipeline::builder().prior(&prior.clone(), Prior::Decision));
        assert_ne!(builder, Pipeline::builder().prior(&restored, Prior::Decision));
    }
}

#[test]
fn what_cannot_be_folded_is_refused_before_any_work() {
    let (texts, labels) = (["good", "bad"], [1, 0]);
    let fit = |params: ClassifierParams| Pipeline::builder().classifier(params);
    let plain = Pipeline::builder().fit(&texts, &labels).unwrap();
    let bernoulli = fit(Classifier::bernoulli_nb()).fit(&texts, &labels).unwrap();
    let lr = Classifier::logistic_regression;
    let binary = lr().nb_weighting(NbWeighting::LogCounts { beta: 0.25 });
    let log_counts = fit(binary.clone()).fit(&texts, &labels).unwrap();
    let asks = "asks only whether a term is there, so it cannot stand beside rows with values; train it otherwise";
    for (builder, text) in [
        (Pipeline::builder().prior(&bernoulli, Prior::Decision), format!("prior of Bernoulli naive Bayes {asks}")),
        (Pipeline::builder().prior(&log_counts, Prior::Decision), format!("prior of LogCounts {asks}")),
        (
            fit(Classifier::multinomial_nb()).prior(&plain, Prior::Decision),
            "prior with naive Bayes cannot be learnt by counting; use logistic_regression, linear_svm or sgd".to_owned(),
        ),
        (
            fit(binary).prior(&plain, Prior::Decision),
            "prior with LogCounts would count as present or absent; use NbWeighting::Soft".to_owned(),
        ),
        (
            fit(lr().nb_weighting(NbWeighting::Soft { base: 0.0 })).prior(&plain, Prior::Decision),
            "prior with nb_weighting of base 0 has no weight there; give a base above 0".to_owned(),
        ),
    ] {
        let error = builder.fit(&texts, &labels).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name: "prior", .. }), "{error:?}");
        assert_eq!(error.to_string(), text);
    }
}
