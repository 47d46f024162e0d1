//! Same texts, labels and settings: same bytes, whenever, on however many threads, and after loading.

use crate::common::tweets;
use ressenti::text::{Analyzer, Language, Negation};
use ressenti::{
    CalibrationMethod, Classifier, DocFreq, FitOptions, NbWeighting, Pipeline, PipelineBuilder,
    Preset, Prior, Vectorizer, VectorizerParams,
};

/// Settings with much to go wrong: ties at a cut, stems, n-grams, few columns so that training runs in many chunks.
fn builders() -> [PipelineBuilder; 16] {
    let fast = || Classifier::logistic_regression().tol(1e-3);
    let [words, characters, hashed, negated] = kinds();
    let preset = |preset| Pipeline::builder().preset(preset);
    let (labels, texts) = tweets::polar(1);
    let prior = preset(Preset::Social).fit(&texts[..90], &labels[..90]).unwrap();
    let (labels, texts) = tweets::all();
    let of_all = Pipeline::builder().fit(&texts[50..], &labels[50..]).unwrap();
    [
        Pipeline::builder(),
        Pipeline::builder().vectorizer(Vectorizer::tfidf().max_features(100)).classifier(fast()),
        Pipeline::builder()
            .vectorizer(Vectorizer::count().ngram_range(1, 3).max_features(20))
            .classifier(fast().c(30.0)),
        Pipeline::builder()
            .vectorizer(
                Vectorizer::tfidf()
                    .analyzer(Analyzer::social().stemmer(Language::English))
                    .ngram_range(1, 2)
                    .min_df(DocFreq::Count(2))
                    .sublinear_tf(true),
            )
            .classifier(fast()),
        Pipeline::builder().vectorizer(words.beside(characters)).classifier(fast()),
        Pipeline::builder().vectorizer(hashed.beside(negated)).classifier(fast()),
        Pipeline::builder().classifier(fast().nb_weighting(NbWeighting::Soft { base: 1.0 })),
        Pipeline::builder().classifier(fast().nb_weighting(NbWeighting::LogCounts { beta: 0.5 })),
        Pipeline::builder().classifier(Classifier::bernoulli_nb()),
        Pipeline::builder().classifier(Classifier::sgd()),
        preset(Preset::Social).calibration(CalibrationMethod::Platt, 3),
        preset(Preset::Reviews),
        preset(Preset::Long).calibration(CalibrationMethod::Isotonic, 2),
        preset(Preset::Social).prior(&prior, Prior::Decision),
        preset(Preset::Social).prior(&of_all, Prior::Weights),
        preset(Preset::Baseline)
            .prior(&prior, Prior::Decision)
            .calibration(CalibrationMethod::Temperature, 2),
    ]
}

/// Each way to count: words, characters of words, hashed words with names, words that depend on others.
fn kinds() -> [VectorizerParams; 4] {
    let negation = Negation::of(Language::English).unwrap();
    [
        Vectorizer::tfidf().ngram_range(1, 3).max_features(300),
        Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(2, 3).weight(0.5),
        Vectorizer::hashing().ngram_range(1, 2).n_features(128).feature_names(true).use_idf(true),
        Vectorizer::tfidf()
            .analyzer(Analyzer::word().stemmer(Language::English).negation(negation))
            .bm25(1.2, 0.75),
    ]
}

#[test]
fn the_same_twice_in_one_process() {
    let (labels, texts) = tweets::all();
    for builder in builders() {
        let bytes = || builder.fit(&texts, &labels).unwrap().to_bytes();
        assert!(bytes() == bytes(), "{builder:?}");
    }
}

#[test]
fn owned_and_borrowed_texts_and_labels_make_one_model() {
    let (labels, texts) = tweets::all();
    let owned = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<String>>();
    let builder = &builders()[1];
    let borrowed = builder.fit(&texts, &labels).unwrap();
    assert!(
        borrowed.to_bytes() == builder.fit(&owned(&texts), &owned(&labels)).unwrap().to_bytes()
    );
}

#[test]
fn watching_and_weighing_by_1_change_nothing() {
    let (labels, texts) = tweets::all();
    let builder = &builders()[1];
    let go_on = |_| std::ops::ControlFlow::Continue(());
    let ones = vec![1.0; texts.len()];
    let options = FitOptions::new().progress(&go_on).weights(&ones);
    let watched = builder.fit_with(&texts, &labels, &options).unwrap();
    assert!(watched.to_bytes() == builder.fit(&texts, &labels).unwrap().to_bytes());
}

#[test]
fn loading_and_saving_again_gives_the_same_bytes() {
    let (labels, texts) = tweets::all();
    for builder in builders() {
        let bytes = builder.fit(&texts, &labels).unwrap().to_bytes();
        assert!(bytes == Pipeline::from_bytes(&bytes).unwrap().to_bytes(), "{builder:?}");
    }
}

#[cfg(feature = "parallel")]
mod threads {
    use std::sync::LazyLock;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use ressenti::Matrix;

    use super::*;

    static POOLS: LazyLock<Vec<rayon::ThreadPool>> = LazyLock::new(|| {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        [1, 2, 3, 7].map(pool).into()
    });

    /// What `f` returns in pools of 1, 2, 3 and 7 threads, if it is always the same.
    #[track_caller]
    fn on_any_number_of_threads<R: PartialEq + Send>(f: impl Fn() -> R + Sync) -> R {
        let mut results: Vec<R> = POOLS.iter().map(|pool| pool.install(&f)).collect();
        assert!(results.iter().all(|result| *result == results[0]));
        results.swap_remove(0)
    }

    #[test]
    fn training_gives_the_same_bytes_on_any_number_of_threads() {
        let (labels, texts) = tweets::all();
        for builder in builders() {
            let fit = || builder.fit(&texts, &labels).unwrap().to_bytes();
            let outside = fit();
            assert!(outside == on_any_number_of_threads(fit), "{builder:?}");
        }
    }

    #[test]
    fn scoring_gives_the_same_bits_on_any_number_of_threads() {
        let (labels, texts) = tweets::all();
        let pipeline = builders()[1].fit(&texts, &labels).unwrap();
        let bits = |m: Matrix| m.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
        on_any_number_of_threads(|| {
            let rows = pipeline.vectorizer().transform(&texts);
            let probabilities = pipeline.classifier().predict_proba(&rows).unwrap();
            let predictions = pipeline.predict_batch(&texts);
            let predictions: Vec<_> = predictions.into_iter().map(Result::unwrap).collect();
            (rows, bits(probabilities), predictions)
        });
    }

    #[test]
    fn evaluation_gives_the_same_figures_on_any_number_of_threads() {
        let (labels, texts) = tweets::all();
        let pipeline = builders()[1].fit(&texts, &labels).unwrap();
        on_any_number_of_threads(|| pipeline.evaluate(&texts, &labels).unwrap().to_string());
    }

    /// More texts than are cut in one round, with words that come late, in one text, or in all.
    #[test]
    fn many_rounds_too() {
        let word = |i: usize| ["good", "not liked", "seats", "bad,", "é", ""][i % 6];
        let texts: Vec<String> = (0..17_000)
            .map(|i| format!("{} {} w{}", word(i), word(i / 6 + i / 1000), i % 1013))
            .collect();
        for params in kinds() {
            let fit = || {
                let (vectorizer, rows) = params.fit_transform(&texts).unwrap();
                (serde_json::to_vec(&vectorizer).unwrap(), rows)
            };
            let (stored, rows) = on_any_number_of_threads(fit);
            let capped = || {
                let mut counts = params.term_counts().unwrap().max_terms(500);
                counts.add(&texts[..9000]).unwrap();
                counts.add(&texts[9000..]).unwrap();
                (counts.n_terms(), serde_json::to_vec(&counts.finish().unwrap()).unwrap())
            };
            on_any_number_of_threads(capped);
            let vectorizer: Vectorizer = serde_json::from_slice(&stored).unwrap();
            assert!(rows == on_any_number_of_threads(|| vectorizer.transform(&texts)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            cases: 64,
            ..ProptestConfig::default()
        })]

        /// Fewer texts than pieces, empty texts, ties: small corpora are the hard ones for whoever cuts them up.
        #[test]
        fn any_small_corpus_too(
            texts in vec("([ab]{2}|[ab]{2} ){0,6}", 2..20),
            bools in vec(any::<bool>(), 20),
            max_features in 1usize..6,
            kind in 0usize..5,
        ) {
            let labels: Vec<bool> = [true, false].into_iter().chain(bools).take(texts.len()).collect();
            let few = Vectorizer::tfidf().ngram_range(1, 2).max_features(max_features);
            let vectorizer = kinds().into_iter().nth(kind).unwrap_or(few);
            let builder = Pipeline::builder().vectorizer(vectorizer);
            let _ = on_any_number_of_threads(|| {
                let fitted = builder.fit(&texts, &labels);
                fitted.map(|pipeline| pipeline.to_bytes()).map_err(|error| error.to_string())
            });
        }
    }
}
