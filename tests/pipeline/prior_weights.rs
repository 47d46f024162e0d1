//! A model that stays near the weights of another is at the minimum of what it says, and near in fact.

use std::collections::HashMap;

use crate::common::{data_file, tweets};
use ressenti::dataset::{Dataset, read_tsv};
use ressenti::{
    Classifier, ClassifierParams, Error, FitOptions, MultiClass, NbWeighting, Pipeline,
    PipelineBuilder, Preset, Prior, Vectorizer, VectorizerParams,
};

const UNSEEN: [&str; 5] =
    ["not a good flight", "lost my bag again :(", "THANKS for the crew", "zzz", "when is it?"];

fn words() -> VectorizerParams {
    Vectorizer::tfidf().ngram_range(1, 2)
}

fn lr() -> ClassifierParams {
    Classifier::logistic_regression().tol(1e-10)
}

fn builder(vectorizer: VectorizerParams, classifier: ClassifierParams) -> PipelineBuilder {
    Pipeline::builder().vectorizer(vectorizer).classifier(classifier)
}

fn decisions(pipeline: &Pipeline, texts: &[&str]) -> Vec<Vec<f64>> {
    let rows = pipeline.vectorizer().transform(texts);
    let decisions = pipeline.classifier().decision_function(&rows).unwrap();
    (0..texts.len()).map(|i| decisions.row(i).to_vec()).collect()
}

/// The value of each term of a text.
fn row(vectorizer: &Vectorizer, text: &str) -> HashMap<String, f64> {
    let rows = vectorizer.transform(&[text]);
    let (columns, values) = rows.row(0);
    let name = |&column: &u32| vectorizer.feature_name(column as usize).into_owned();
    columns.iter().map(name).zip(values.iter().map(|&v| f64::from(v))).collect()
}

/// The formula, term by term: what each weight of `new` is drawn to, outputs × columns. Both have one block.
fn centre(new: &Pipeline, prior: &Pipeline, texts: &[&str]) -> Vec<Vec<f64>> {
    let of = |pipeline: &Pipeline| {
        let (vectorizer, coef) = (pipeline.vectorizer(), pipeline.classifier().coef());
        let idf = vectorizer.blocks()[0].idf().map(<[f64]>::to_vec);
        let terms = vectorizer.feature_names().enumerate().map(|(j, term)| {
            let weights: Vec<f64> = (0..coef.n_rows()).map(|k| coef.get(k, j)).collect();
            (term.into_owned(), (weights, idf.as_ref().map_or(1.0, |idf| idf[j])))
        });
        terms.collect::<HashMap<_, _>>()
    };
    let (mine, theirs) = (of(new), of(prior));
    let (mut products, mut squares) = (0.0, 0.0);
    for text in texts {
        let (new, old) = (row(new.vectorizer(), text), row(prior.vectorizer(), text));
        for (term, x) in &old {
            let (Some((_, idf)), Some(y)) = (mine.get(term), new.get(term)) else { continue };
            let (weights, their_idf) = &theirs[term];
            let squared: f64 = weights.iter().map(|w| w * w).sum();
            products += squared * x * y * their_idf / idf;
            squares += squared * (y * their_idf / idf).powi(2);
        }
    }
    let weight = |k: usize, term: &str| {
        let Some((weights, their_idf)) = theirs.get(term) else { return 0.0 };
        weights[k] * their_idf / mine[term].1 * products / squares
    };
    let outputs = new.classifier().intercept().len();
    let terms: Vec<_> = new.vectorizer().feature_names().collect();
    (0..outputs).map(|k| terms.iter().map(|term| weight(k, term)).collect()).collect()
}

/// How each loss changes with each decision value.
fn slopes(params: &ClassifierParams, z: &[f64], class: usize, softmax: bool) -> Vec<f64> {
    let svm = *params == Classifier::linear_svm().tol(1e-10);
    if softmax {
        let sum: f64 = z.iter().map(|z| z.exp()).sum();
        return (0..z.len()).map(|k| z[k].exp() / sum - f64::from(u8::from(k == class))).collect();
    }
    let yes = |k: usize| if z.len() == 1 { class == 1 } else { class == k };
    let slope = |(k, z): (usize, &f64)| {
        let sign = if yes(k) { 1.0 } else { -1.0 };
        let margin = sign * z;
        if svm { -2.0 * sign * (1.0 - margin).max(0.0) } else { -sign / (1.0 + margin.exp()) }
    };
    z.iter().enumerate().map(slope).collect()
}

/// ½‖w − w₀‖² + C · Σ loss has no slope where training ends, by loops over every term of every text.
#[test]
fn training_ends_at_the_minimum() {
    let (labels, texts) = tweets::all();
    let (polar, two_texts) = tweets::polar(1);
    let two_labels: Vec<&str> = polar.iter().map(|&good| if good { "1" } else { "0" }).collect();
    let with_idf = Vectorizer::tfidf().sublinear_tf(true);
    for (labels, texts, classes) in [(&labels, &texts, 3), (&two_labels, &two_texts, 2)] {
        let prior = builder(words(), lr().c(5.0));
        let ovr = lr().multi_class(MultiClass::OneVsRest);
        for (params, outputs_of_prior) in
            [(lr(), lr()), (ovr.clone(), ovr), (Classifier::linear_svm().tol(1e-10), lr())]
        {
            let prior = prior.clone().classifier(outputs_of_prior.c(5.0));
            let prior = prior.fit(&texts[100..], &labels[100..]).unwrap();
            let (texts, labels) = (&texts[..60], &labels[..60]);
            let new = builder(with_idf.clone(), params.clone()).prior(&prior, Prior::Weights);
            let model = new.fit(texts, labels).unwrap();
            let w0 = centre(&model, &prior, texts);
            let (coef, z) = (model.classifier().coef(), decisions(&model, texts));
            let mut gradient: Vec<Vec<f64>> = w0
                .iter()
                .enumerate()
                .map(|(k, w0)| w0.iter().enumerate().map(|(j, w0)| coef.get(k, j) - w0).collect())
                .collect();
            let mut intercepts = vec![0.0; w0.len()];
            let rows = model.vectorizer().transform(texts);
            let softmax = classes == 3 && params == lr();
            for (i, z) in z.iter().enumerate() {
                let class = model.classes().iter().position(|class| class == labels[i]).unwrap();
                for (k, slope) in slopes(&params, z, class, softmax).into_iter().enumerate() {
                    intercepts[k] += slope;
                    let (columns, values) = rows.row(i);
                    for (&column, &x) in columns.iter().zip(values) {
                        gradient[k][column as usize] += slope * f64::from(x);
                    }
                }
            }
            let steepest = gradient.iter().flatten().chain(&intercepts);
            let steepest = steepest.fold(0.0, |max: f64, g| max.max(g.abs()));
            assert!(steepest < 1e-6, "{classes} {params:?}: {steepest}");
            assert!(w0.iter().flatten().any(|w| w.abs() > 0.1), "the prior says something");
        }
    }
}

#[test]
fn a_small_c_leaves_the_prior_and_a_large_one_the_texts() {
    let (labels, texts) = tweets::polar(1);
    // Each text says both, so that there is a best decision value for it.
    let (some, of_some) = (&texts[..40], &labels[..40]);
    let all = [some, some, some].concat();
    let opposite: Vec<bool> = of_some.iter().map(|good| !good).collect();
    let of_all = [of_some, of_some, &opposite].concat();
    for classifier in [
        lr(),
        lr().nb_weighting(NbWeighting::Soft { base: 1.0 }),
        Classifier::linear_svm().tol(1e-9),
    ] {
        let of = |c: f64| builder(words(), classifier.clone().c(c));
        let prior = of(1.0).fit(&texts[40..], &labels[40..]).unwrap();
        let fit = |c: f64| of(c).prior(&prior, Prior::Weights).fit(&all, &of_all).unwrap();

        // A term's weight is the prior's, but for idf and norm.
        let model = fit(1e-12);
        let w0 = centre(&model, &prior, &all);
        for (j, w0) in w0[0].iter().enumerate() {
            let found = model.classifier().coef().get(0, j);
            assert!((found - w0).abs() < 1e-9, "{}", model.vectorizer().feature_name(j));
        }
        // What no text of ours holds is known all the same.
        let only_theirs =
            texts[40..].iter().flat_map(|text| row(prior.vectorizer(), text).into_keys());
        let missing = only_theirs.filter(|term| model.vectorizer().column(term).is_none());
        assert_eq!(missing.count(), 0);

        if classifier == lr() {
            let without = of(1e7).fit(&all, &of_all).unwrap();
            let (with, without) = (decisions(&fit(1e7), &all), decisions(&without, &all));
            for (with, without) in with.iter().zip(&without) {
                assert!((with[0] - without[0]).abs() < 1e-3, "{with:?} {without:?}");
            }
        }
    }
}

#[test]
fn with_the_same_texts_a_prior_lends_its_weights_as_they_are() {
    let (labels, texts) = tweets::all();
    let (labels, texts) = (&labels[..150], &texts[..150]);
    let both = words().beside(
        Vectorizer::tfidf()
            .analyzer(ressenti::text::Analyzer::char_wb())
            .ngram_range(2, 3)
            .weight(0.5),
    );
    let hashed = Vectorizer::hashing().n_features(512);
    for vectorizer in
        [words(), both, hashed, Vectorizer::count(), Vectorizer::tfidf().bm25(1.2, 0.75)]
    {
        let prior = builder(vectorizer.clone(), lr()).fit(texts, labels).unwrap();
        let model = builder(vectorizer, lr().c(1e-12)).prior(&prior, Prior::Weights);
        let model = model.fit(texts, labels).unwrap();
        assert_eq!(model.vectorizer(), prior.vectorizer());
        let (found, expected) = (model.classifier().coef(), prior.classifier().coef());
        for (found, expected) in found.as_slice().iter().zip(expected.as_slice()) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}

#[test]
fn it_is_one_model_that_is_explained_stored_and_stood_on() {
    let (labels, texts) = tweets::polar(1);
    let prior =
        Pipeline::builder().preset(Preset::Reviews).fit(&texts[60..], &labels[60..]).unwrap();
    let new = Pipeline::builder().preset(Preset::Reviews).prior(&prior, Prior::Weights);
    let pipeline = new.fit(&texts[..60], &labels[..60]).unwrap();
    assert_eq!(pipeline.to_bytes(), new.fit(&texts[..60], &labels[..60]).unwrap().to_bytes());
    assert_eq!(pipeline.vectorizer().blocks().len(), 2);
    let restored = Pipeline::from_bytes(&pipeline.to_bytes()).unwrap();
    assert_eq!(restored.to_bytes(), pipeline.to_bytes());
    for text in UNSEEN {
        assert_eq!(restored.predict(text).unwrap(), pipeline.predict(text).unwrap());
        let z = decisions(&pipeline, &[text])[0][0].abs();
        assert!((restored.explain(text).unwrap().decision() - z).abs() < 1e-9, "{text}");
    }
    let next = Pipeline::builder().prior(&restored, Prior::Weights);
    let next = next.fit(&texts[60..90], &labels[60..90]).unwrap();
    assert!(next.vectorizer().n_features() > 500);
    assert_ne!(
        Pipeline::builder().prior(&prior, Prior::Weights),
        Pipeline::builder().prior(&prior, Prior::Decision)
    );
}

#[test]
fn what_has_no_weights_to_be_near_is_refused_before_any_work() {
    let (texts, labels) = (["good", "bad"], [1, 0]);
    let of = |params: ClassifierParams| Pipeline::builder().classifier(params);
    let plain = Pipeline::builder().fit(&texts, &labels).unwrap();
    let bernoulli = of(Classifier::bernoulli_nb()).fit(&texts, &labels).unwrap();
    let named = Pipeline::builder().fit(&texts, &["good", "bad"]).unwrap();
    let characters = Vectorizer::tfidf().analyzer(ressenti::text::Analyzer::char());
    let lr = Classifier::logistic_regression;
    let near = |builder: PipelineBuilder, prior: &Pipeline| builder.prior(prior, Prior::Weights);
    for (builder, text) in [
        (
            near(Pipeline::builder(), &bernoulli),
            "prior of Bernoulli naive Bayes asks only whether a term is there, so it cannot stand beside rows with values; train it otherwise",
        ),
        (
            near(of(Classifier::multinomial_nb()), &plain),
            "prior with naive Bayes has no L2 penalty that could draw weights to it; use logistic_regression or linear_svm",
        ),
        (
            near(of(Classifier::sgd()), &plain),
            "prior with sgd draws weights only where a minimum is found; use logistic_regression or linear_svm",
        ),
        (
            near(of(lr().l1_ratio(0.5)), &plain),
            "prior with an L1 penalty draws weights by L2 alone; use l1_ratio 0.0",
        ),
        (
            near(of(lr().nb_weighting(NbWeighting::LogCounts { beta: 1.0 })), &plain),
            "prior with LogCounts has weights for values, not for whether a term is there; use NbWeighting::Soft",
        ),
        (
            near(of(lr().nb_weighting(NbWeighting::Soft { base: 0.0 })), &plain),
            "prior with nb_weighting of base 0 has no weight there; give a base above 0",
        ),
        (
            near(Pipeline::builder(), &named),
            "prior of classes [\"bad\", \"good\"] for labels [\"0\", \"1\"] has no weights for them; give texts the labels that it has, or use Prior::Decision",
        ),
        (
            near(Pipeline::builder().vectorizer(characters), &plain),
            "prior without a term in common has no weights to lend: analyse texts as it does, or use Prior::Decision",
        ),
    ] {
        let error = builder.fit(&texts, &labels).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name: "prior", .. }), "{error:?}");
        assert_eq!(error.to_string(), text);
    }

    let options = FitOptions::new().prior(plain.classifier());
    let error = Pipeline::builder().fit_with(&texts, &labels, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "prior among the options is for a classifier alone, whose columns are known; use PipelineBuilder::prior"
    );

    // The same of a classifier alone.
    let (_, rows) = Vectorizer::count().fit_transform(&texts).unwrap();
    let model = lr().fit(&rows, &["good", "bad"]).unwrap();
    let options = FitOptions::new().prior(&model);
    let error = lr().fit_with(&rows, &labels, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid prior: a model of classes [\"bad\", \"good\"] with 1 outputs; the rows need [\"0\", \"1\"] with 1"
    );
    let error = Classifier::sgd().fit_with(&rows, &labels, &options).unwrap_err();
    assert!(error.to_string().starts_with("prior with sgd draws"), "{error}");
}

/// A hundred tweets to airlines with twenty thousand others behind them, whose labels are their emoticons. The figures in
/// the documentation are what this prints, with `cargo test --release --test pipeline -- --nocapture prior_weights::a_hundred`.
#[test]
fn a_hundred_labels_gain_from_a_prior_of_twenty_thousand() {
    let (Some(source), Some(data)) =
        (data_file("sentiment140.train.tsv"), data_file("airline.train.tsv"))
    else {
        return;
    };
    let (source, data) = (read_tsv(source).unwrap(), read_tsv(data).unwrap());
    let social = || Pipeline::builder().preset(Preset::Social);
    let prior = social().fit(&source.texts, &source.labels).unwrap();
    // The mean of sixteen hundreds, each judged by what is left: one alone is a matter of luck.
    let hundreds = 16;
    let figures = |builder: &PipelineBuilder| {
        let Dataset { texts, labels } = &data;
        let of = |k: usize| {
            let mine = 100 * k..100 * (k + 1);
            let few = builder.fit(&texts[mine.clone()], &labels[mine]).unwrap();
            let rest = 100 * hundreds;
            let report = few.evaluate(&texts[rest..], &labels[rest..]).unwrap();
            [report.accuracy(), report.f1(), report.roc_auc().unwrap()]
        };
        let all: Vec<[f64; 3]> = (0..hundreds).map(of).collect();
        [0, 1, 2].map(|i| all.iter().map(|figures| figures[i]).sum::<f64>() / hundreds as f64)
    };
    let alone = figures(&social());
    let decision = figures(&social().prior(&prior, Prior::Decision));
    let weights = figures(&social().prior(&prior, Prior::Weights));
    for (name, [accuracy, f1, roc_auc]) in
        [("alone", alone), ("decision", decision), ("weights", weights)]
    {
        println!("{name:>8}: accuracy {accuracy:.4}, F1 {f1:.4}, ROC-AUC {roc_auc:.4}");
    }
    let gains = |with: [f64; 3]| (0..3).all(|i| with[i] > alone[i] + 0.01);
    assert!(gains(decision) && gains(weights), "{alone:?} {decision:?} {weights:?}");
}
