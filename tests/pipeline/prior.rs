//! A model that stands on another is one linear model, whose decision values are those of the model with extra columns.

use crate::common::tweets;
use ressenti::text::Analyzer;
use ressenti::{
    Classifier, ClassifierParams, DocFreq, Error, FitOptions, Lexicon, NbWeighting, Pipeline,
    Preset, Prior, ProfileSource, Rows, SoftTargets, Vectorizer,
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
    let options = FitOptions::new().column_blocks(&blocks);
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

#[test]
fn a_lexicon_is_a_column_that_is_folded_away() {
    let (labels, texts) = tweets::all();
    let (labels, texts) = (&labels[..120], &texts[..120]);
    let vectorizer = Vectorizer::tfidf().ngram_range(1, 2).min_df(DocFreq::Count(2));
    let words = [("great", 0.8), ("lost", -0.3), ("thanks", 0.5), ("unseenword", -0.9)];
    let lexicon = Lexicon::new(words).unwrap().strength(2.0);
    let other = Lexicon::new([("late", -1.0), ("great", 1.0)]).unwrap();
    let soft = NbWeighting::Soft { base: 0.5 };
    let lr = Classifier::logistic_regression().tol(1e-9);
    for (classifier, base) in [(lr.clone(), 1.0), (lr.nb_weighting(soft), 0.5)] {
        let builder = Pipeline::builder().vectorizer(vectorizer.clone());
        let builder = builder.classifier(classifier.clone()).lexicon(&lexicon).lexicon(&other);
        let pipeline = builder.fit(texts, labels).unwrap();
        let fitted = pipeline.vectorizer();
        assert!(fitted.column("unseenword").is_some());
        let own = vectorizer.fit(texts).unwrap();
        assert!(own.feature_names().all(|term| fitted.column(&term).is_some()));

        let told = |texts: &[&str]| -> Vec<Vec<f64>> {
            let rows = fitted.transform(texts);
            let of = |i: usize, words: &[(&str, f64)], strength: f64| -> f64 {
                let (columns, values) = rows.row(i);
                let value = |(word, value): &(&str, f64)| {
                    let column = fitted.column(word).unwrap() as u32;
                    let at = columns.iter().position(|&c| c == column);
                    at.map_or(0.0, |at| strength * value * f64::from(values[at]))
                };
                words.iter().map(value).sum()
            };
            let other = [("late", -1.0), ("great", 1.0)];
            (0..texts.len()).map(|i| vec![of(i, &words, 2.0), of(i, &other, 3.0)]).collect()
        };
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let rows = wide(&fitted.transform(&texts), &told(&texts), 1.0 / base);
        let n = fitted.n_features();
        let blocks = [0..n, n..n + 1, n + 1..n + 2];
        let options = FitOptions::new().column_blocks(&blocks);
        let with_columns = classifier.fit_with(&rows, labels, &options).unwrap();
        let unseen = [UNSEEN[0], UNSEEN[2], "an unseenword, late"];
        let new = wide(&fitted.transform(&unseen), &told(&unseen), 1.0 / base);
        let expected = with_columns.decision_function(&new).unwrap();
        for (i, found) in decisions(&pipeline, &unseen).into_iter().enumerate() {
            for (z, expected) in found.iter().zip(expected.row(i)) {
                assert!((z - expected).abs() < 1e-5, "{}: {z} {expected}", unseen[i]);
            }
        }
    }
}

const NO_TERM: &str = "lexicon without a term of this analysis changes nothing; give it words that are one token of a block with words and a vocabulary";

#[test]
fn a_lexicon_without_use_is_refused() {
    let lexicon = Lexicon::new([("good", 1.0)]).unwrap();
    let builder = Pipeline::builder().lexicon(&lexicon);
    let (texts, labels) = (["good crew", "bad crew"], [1, 0]);
    let prior = Pipeline::builder().fit(&texts, &labels).unwrap();
    let log_counts = NbWeighting::LogCounts { beta: 0.25 };
    let lr = Classifier::logistic_regression();
    for (builder, text) in [
        (
            builder.clone().prior(&prior, Prior::Decision),
            "lexicon with a prior cannot stand beside one; train the prior with it, or leave one of them out",
        ),
        (
            builder.clone().classifier(Classifier::multinomial_nb()),
            "lexicon with naive Bayes cannot be learnt by counting; use logistic_regression, linear_svm or sgd",
        ),
        (
            builder.clone().classifier(lr.nb_weighting(log_counts)),
            "lexicon with LogCounts would count as present or absent; use NbWeighting::Soft",
        ),
        (builder.clone().vectorizer(Vectorizer::hashing()), NO_TERM),
        (builder.clone().vectorizer(Vectorizer::tfidf().analyzer(Analyzer::char())), NO_TERM),
        (builder.clone().vectorizer(Vectorizer::tfidf().ngram_range(2, 2)), NO_TERM),
        (builder.clone().vectorizer(Vectorizer::tfidf().vocabulary(["crew", "bad"])), NO_TERM),
        (Pipeline::builder().lexicon(&Lexicon::new([("two words", 1.0)]).unwrap()), NO_TERM),
        (Pipeline::builder().lexicon(&Lexicon::new([("good", 0.0)]).unwrap()), NO_TERM),
        (
            Pipeline::builder().lexicon(&lexicon.clone().strength(0.0)),
            "strength 0 is out of range; a lexicon takes negated within -1000..=1000, strength above 0 and at most 1000",
        ),
    ] {
        let error = builder.fit(&texts, &labels).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { .. }), "{error:?}");
        assert_eq!(error.to_string(), text);
    }
}

/// A row that pulls both ways is a row of either class.
#[test]
fn soft_targets_are_rows_of_both_classes() {
    let (labels, texts) = tweets::polar(1);
    let (labels, texts) = (&labels[..80], &texts[..80]);
    let targets: Vec<f64> = (0..80).map(|i| f64::from(i % 5) / 4.0).collect();
    let weights: Vec<f64> = (0..80).map(|i| f64::from(i % 3)).collect();
    let soft = SoftTargets::new(&targets).unwrap();
    let (vectorizer, _) = Vectorizer::tfidf().fit_transform(texts).unwrap();
    let (mut twice, mut classes, mut masses) = (Vec::new(), Vec::new(), Vec::new());
    for (i, text) in texts.iter().enumerate() {
        for (class, mass) in [(1, targets[i]), (0, 1.0 - targets[i])] {
            twice.push(text);
            classes.push(class);
            masses.push(mass * weights[i]);
        }
    }
    let lr = || Classifier::logistic_regression().tol(1e-9);
    let soft_scale = NbWeighting::Soft { base: 1.0 };
    for classifier in [
        lr().class_weight(ressenti::ClassWeight::Balanced),
        lr().nb_weighting(soft_scale),
        Classifier::linear_svm(),
        Classifier::complement_nb(),
    ] {
        let options = FitOptions::new().soft_targets(&soft).weights(&weights);
        let numbers: Vec<u8> = labels.iter().map(|&label| u8::from(label)).collect();
        let builder = Pipeline::builder().classifier(classifier.clone());
        let pipeline = builder.fit_with(texts, &numbers, &options).unwrap();
        // Its card tells of the texts and their labels as they were given.
        let labelled = Pipeline::builder().fit(texts, &numbers).unwrap();
        assert_eq!(pipeline.card().training, labelled.card().training);
        let options = FitOptions::new().weights(&masses);
        let rows = vectorizer.transform(&twice);
        let expected = classifier.fit_with(&rows, &classes, &options).unwrap();
        let expected = expected.decision_function(&vectorizer.transform(&UNSEEN)).unwrap();
        for (i, z) in decisions(&pipeline, &UNSEEN).iter().enumerate() {
            assert!((z[0] - expected.get(i, 0)).abs() < 1e-6, "{z:?} {}", expected.get(i, 0));
        }
    }
}

#[test]
fn sources_weigh_what_they_did_and_both_sides_of_each_the_same() {
    let targets = SoftTargets::new(&[1.0, 0.8, 0.5, 0.0, 0.9, 1.0, 0.5]).unwrap();
    let sources = ["a", "a", "a", "a", "b", "b", "c"];
    let balanced = targets.balanced_within(&sources).unwrap();
    for (source, n) in [("a", 4.0), ("b", 2.0), ("c", 1.0)] {
        let of_source = sources.iter().zip(balanced.masses()).filter(|(s, _)| **s == source);
        let sums = of_source.fold([0.0, 0.0], |sums, (_, m)| [sums[0] + m[0], sums[1] + m[1]]);
        assert!(sums.iter().all(|sum: &f64| (sum - n / 2.0).abs() < 1e-12), "{source}: {sums:?}");
    }
    assert_eq!(balanced.weighted(&[0.0; 7]).unwrap().masses(), [[0.0; 2]; 7]);
}

#[test]
fn soft_targets_that_cannot_be_learnt_are_refused() {
    for wrong in [-0.1, 1.1, f64::NAN] {
        let error = SoftTargets::new(&[0.5, wrong]).unwrap_err().to_string();
        assert!(error.ends_with("is outside 0..=1; 1 is the positive class"), "{error}");
    }
    let soft = |targets: &[f64]| SoftTargets::new(targets).unwrap();
    let texts = ["good crew", "bad crew", "so-so"];
    let fit = |labels: &[i32], targets: &SoftTargets| {
        let options = FitOptions::new().soft_targets(targets);
        Pipeline::builder().fit_with(&texts, labels, &options).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        fit(&[0, 1, 2], &soft(&[1.0, 0.0, 0.5])),
        "soft_targets for 3 classes are for two classes; train on labels"
    );
    assert!(fit(&[0, 1, 1], &soft(&[1.0, 0.0])).contains("2 soft targets"), "length");
    let one_sided = fit(&[0, 1, 1], &soft(&[1.0, 1.0, 1.0]));
    assert!(one_sided.contains("sum to 0; leave the class out"), "{one_sided}");
    let targets = soft(&[1.0, 0.0, 0.5]);
    assert!(targets.clone().weighted(&[1.0]).is_err());
    assert!(targets.clone().weighted(&[1.0, -1.0, 1.0]).is_err());
    assert!(targets.clone().balanced_within(&["a"]).is_err());
    let overflow = "invalid soft targets: masses overflow; bring the weights closer to 1";
    let huge = soft(&[1.0; 4]).weighted(&[1e308; 4]).unwrap();
    assert_eq!(huge.clone().balanced_within(&["a"; 4]).unwrap_err().to_string(), overflow);
    assert_eq!(huge.weighted(&[10.0; 4]).unwrap_err().to_string(), overflow);
    let large = targets.clone().weighted(&[1e200; 3]).unwrap();
    let options = FitOptions::new().soft_targets(&large).weights(&[1e200; 3]);
    let error = Pipeline::builder().fit_with(&texts, &[0, 1, 1], &options).unwrap_err();
    assert_eq!(error.to_string(), overflow);
    let tiny = soft(&[1e-310, 0.0]).balanced_within(&["a"; 2]).unwrap();
    assert_eq!(tiny.masses(), [[1.0, 0.5], [0.0, 0.5]]);
    let options = FitOptions::new().soft_targets(&targets);
    let calibrated = Pipeline::builder().calibration(ressenti::CalibrationMethod::Platt, 2);
    let error = calibrated.fit_with(&texts, &[0, 1, 1], &options).unwrap_err();
    assert!(matches!(error, Error::InvalidParameter { name: "calibration", .. }), "{error:?}");
    let held_out = Pipeline::builder().profile(ProfileSource::HeldOut);
    assert!(held_out.fit_with(&texts, &[0, 1, 1], &options).is_ok());
}
