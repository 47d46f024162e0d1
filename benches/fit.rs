//! Training: texts to a vocabulary, rows to weights, and both in one.
//!
//! Input: the 290 example tweets that are positive or negative, ten times over. Every iteration must find as many entries
//! as the naive twin, or its objective; throughput in texts.

mod harness;
#[path = "../tests/common/naive.rs"]
mod naive;
#[path = "../tests/common/tweets.rs"]
mod tweets;

use criterion::{Criterion, Throughput};
use harness::Case;
use naive::Settings;
use ressenti::{Classifier, ClassifierParams, MultiClass, NbWeighting, Pipeline, Rows};

type NaiveRow = Vec<(usize, f64)>;

fn main() {
    let mut criterion = harness::criterion();
    let (labels, texts) = tweets::polar(10);
    let throughput = Throughput::Elements(texts.len() as u64);
    let settings = Settings { max_features: Some(10_000), ..Settings::default() };

    // Why: one pass over the texts, counting as it goes; the twin cuts each text three times.
    vectorizer(&mut criterion, "fit/vectorizer_unigrams", &settings, &texts);

    // Why: ten times the terms, of which most occur once.
    let bigrams = Settings { ngram_range: (1, 2), ..settings.clone() };
    vectorizer(&mut criterion, "fit/vectorizer_bigrams", &bigrams, &texts);

    // Why: the solver alone, to the default tolerance; the twin takes the steepest way down.
    let (fitted, rows) = settings.params().fit_transform(&texts).expect("the texts hold words");
    let twin = naive::Vectorizer::fit(&settings, &texts).expect("the texts hold words");
    let naive_rows: Vec<NaiveRow> = texts.iter().map(|text| twin.row(text)).collect();
    let params = Classifier::logistic_regression();
    let columns = fitted.n_features();
    let objective = gradient_descent(&naive_rows, &labels, columns);
    // Where both twins stop, the objective is flat.
    let agrees = |found: f64| (found / objective - 1.0).abs() < 1e-5;
    Case { criterion: &mut criterion, name: "fit/classifier", throughput: throughput.clone() }
        .bench("ressenti", &true, || {
            let classifier = params.fit(&rows, &labels).expect("there are two classes");
            agrees(classifier.fit_report().objective())
        })
        .bench("naive", &true, || agrees(gradient_descent(&naive_rows, &labels, columns)));

    minimised(&mut criterion, &rows, &texts, &labels);

    // Why: one pass over the entries, which searches make many times; half of it is to number the labels and to check, which
    // the twin does not do.
    let sum = |classifier: &Classifier| classifier.coef().as_slice().iter().map(|w| w.abs()).sum();
    let multinomial = naive_bayes(&naive_rows, &labels, columns);
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-4;
    Case { criterion: &mut criterion, name: "fit/naive_bayes", throughput: throughput.clone() }
        .bench("ressenti", &true, || {
            let classifier = Classifier::multinomial_nb().fit(&rows, &labels).expect("two classes");
            near(sum(&classifier), multinomial)
        })
        .bench("naive", &true, || near(naive_bayes(&naive_rows, &labels, columns), multinomial));

    // Why: the same work but for the logarithms at the end.
    for (name, params) in [
        // Of two classes, complement says what multinomial says.
        ("fit/complement_nb", Classifier::complement_nb()),
        ("fit/bernoulli_nb", Classifier::bernoulli_nb()),
    ] {
        let expected = if name == "fit/complement_nb" {
            multinomial
        } else {
            bernoulli(&naive_rows, &labels, columns)
        };
        Case { criterion: &mut criterion, name, throughput: throughput.clone() }.bench(
            "ressenti",
            &true,
            || near(sum(&params.fit(&rows, &labels).expect("two classes")), expected),
        );
    }

    // Why: passes that come near the optimum, beside the way all down to it above; averages cost a look at each weight that
    // moves.
    let close = |found: f64| found >= objective * (1.0 - 1e-5) && found < objective * 1.2;
    for (name, params) in
        [("fit/sgd", Classifier::sgd()), ("fit/sgd_averaged", Classifier::sgd().average(true))]
    {
        Case { criterion: &mut criterion, name, throughput: throughput.clone() }.bench(
            "ressenti",
            &true,
            || close(params.fit(&rows, &labels).expect("two classes").fit_report().objective()),
        );
    }

    // Why: a stream in batches of 100, which checks labels and sums nothing up.
    let batches: Vec<(Rows, &[bool])> = (texts.chunks(100).zip(labels.chunks(100)))
        .map(|(texts, labels)| (fitted.transform(texts), labels))
        .collect();
    let stream = || {
        let mut online = Classifier::sgd().online(&[false, true], columns).expect("two classes");
        for (rows, labels) in &batches {
            online.partial_fit(rows, labels).expect("labels of the two classes");
        }
        online
    };
    let mut whole = Classifier::sgd().online(&[false, true], columns).expect("two classes");
    whole.partial_fit(&rows, &labels).expect("labels of the two classes");
    Case { criterion: &mut criterion, name: "fit/partial_fit", throughput: throughput.clone() }
        .bench("ressenti", &true, || stream() == whole);

    // Why: what a user waits for.
    let builder = Pipeline::builder().vectorizer(settings.params());
    Case { criterion: &mut criterion, name: "fit/pipeline", throughput }
        .bench("ressenti", &true, || {
            let pipeline = builder.fit(&texts, &labels).expect("there are words and classes");
            agrees(pipeline.fit_report().objective())
        })
        .bench("naive", &true, || {
            let twin = naive::Vectorizer::fit(&settings, &texts).expect("the texts hold words");
            let rows: Vec<NaiveRow> = texts.iter().map(|text| twin.row(text)).collect();
            agrees(gradient_descent(&rows, &labels, twin.vocabulary.len()))
        });

    criterion.final_summary();
}

/// Why: each way to weights on the same rows, so that none becomes slow unseen. The objective must be the one at a tighter
/// tolerance.
fn minimised(criterion: &mut Criterion, rows: &Rows, texts: &[&str], labels: &[bool]) {
    // The same two classes by name, and a third that knows nothing of words: every third length of a text.
    let two: Vec<&str> =
        labels.iter().map(|&positive| ["negative", "positive"][usize::from(positive)]).collect();
    let three: Vec<&str> = (two.iter().zip(texts))
        .map(|(&label, text)| if text.len() % 3 == 0 { "third" } else { label })
        .collect();
    for (name, params) in with_objective() {
        let fit = |params: &ClassifierParams, labels: &[&str]| {
            let model = params.fit(rows, labels).expect("there are two classes and more");
            (model.fit_report().converged(), model.fit_report().objective())
        };
        let labels = if name.contains("multinomial") { &three } else { &two };
        let (_, least) = fit(&params.clone().tol(1e-9).max_iter(1000), labels);
        Case { criterion, name, throughput: Throughput::Elements(texts.len() as u64) }.bench(
            "ressenti",
            &true,
            || {
                let (converged, found) = fit(&params, labels);
                converged && (found / least - 1.0).abs() < 1e-5
            },
        );
    }
}

/// Everything that ends at the minimum of an objective, but for the plain case, which has a twin.
fn with_objective() -> [(&'static str, ClassifierParams); 9] {
    let lr = Classifier::logistic_regression;
    let soft = NbWeighting::Soft { base: 1.0 };
    let log_counts = NbWeighting::LogCounts { beta: 0.25 };
    [
        ("fit/logistic_l1", lr().l1_ratio(1.0)),
        ("fit/logistic_elastic_net", lr().l1_ratio(0.5)),
        ("fit/multinomial", lr()),
        ("fit/multinomial_l1", lr().l1_ratio(1.0)),
        ("fit/multinomial_elastic_net", lr().l1_ratio(0.5)),
        ("fit/multinomial_against_the_rest", lr().multi_class(MultiClass::OneVsRest)),
        ("fit/svm", Classifier::linear_svm()),
        ("fit/nb_weighted", lr().nb_weighting(soft)),
        ("fit/log_counts", lr().nb_weighting(log_counts)),
    ]
}

/// Vocabulary, weights and rows of texts, beside the twin.
fn vectorizer(criterion: &mut Criterion, name: &str, settings: &Settings, texts: &[&str]) {
    let naive = || {
        let twin = naive::Vectorizer::fit(settings, texts).expect("the texts hold words");
        (twin.vocabulary.len(), texts.iter().map(|text| twin.row(text).len()).sum::<usize>())
    };
    let expected = naive();
    Case { criterion, name, throughput: Throughput::Elements(texts.len() as u64) }
        .bench("ressenti", &expected, || {
            let (_, rows) = settings.params().fit_transform(texts).expect("the texts hold words");
            (rows.n_columns(), rows.nnz())
        })
        .bench("naive", &expected, naive);
}

/// The sum of the absolute weights of multinomial naive Bayes.
fn naive_bayes(rows: &[NaiveRow], labels: &[bool], columns: usize) -> f64 {
    let mut counts = [vec![1.0; columns], vec![1.0; columns]];
    for (row, &positive) in rows.iter().zip(labels) {
        for &(column, x) in row {
            counts[usize::from(positive)][column] += x;
        }
    }
    let [negative, positive] = counts;
    let (all, of) = (negative.iter().sum::<f64>(), positive.iter().sum::<f64>());
    let weight = |(n, p): (&f64, &f64)| ((p / of).ln() - (n / all).ln()).abs();
    negative.iter().zip(&positive).map(weight).sum()
}

/// The sum of the absolute weights of Bernoulli naive Bayes.
fn bernoulli(rows: &[NaiveRow], labels: &[bool], columns: usize) -> f64 {
    let (mut counts, mut masses) = ([vec![0.0; columns], vec![0.0; columns]], [0.0; 2]);
    for (row, &positive) in rows.iter().zip(labels) {
        masses[usize::from(positive)] += 1.0;
        for &(column, x) in row {
            counts[usize::from(positive)][column] += if x > 0.0 { 1.0 } else { 0.0 };
        }
    }
    let odds = |class: usize, j: usize| -> f64 {
        let p: f64 = (counts[class][j] + 1.0) / (masses[class] + 2.0);
        (p / (1.0 - p)).ln()
    };
    (0..columns).map(|j| (odds(1, j) - odds(0, j)).abs()).sum()
}

/// The objective of L2-penalised logistic regression with C = 1 and an intercept, minimised by steps down the gradient
/// until it is as flat as the crate's default tolerance asks.
fn gradient_descent(rows: &[NaiveRow], labels: &[bool], columns: usize) -> f64 {
    let (mut weights, mut intercept) = (vec![0.0; columns], 0.0);
    // Rows have length 1, and 1 more for the intercept: the curvature is at most that of the penalty and a quarter of this.
    let step = 1.0 / (1.0 + rows.len() as f64 * 2.0 / 4.0);
    loop {
        let (mut objective, mut gradient, mut slope) = (0.0, weights.clone(), 0.0);
        for (row, &positive) in rows.iter().zip(labels) {
            let z = intercept + row.iter().map(|&(column, x)| weights[column] * x).sum::<f64>();
            let truth = f64::from(u8::from(positive));
            objective += (1.0 + z.exp()).ln() - truth * z;
            let residual = 1.0 / (1.0 + (-z).exp()) - truth;
            for &(column, x) in row {
                gradient[column] += residual * x;
            }
            slope += residual;
        }
        let steepest = gradient.iter().fold(slope.abs(), |max, g| g.abs().max(max));
        if steepest <= 1e-6 * rows.len() as f64 {
            return objective + weights.iter().map(|w| w * w).sum::<f64>() / 2.0;
        }
        weights.iter_mut().zip(&gradient).for_each(|(w, g)| *w -= step * g);
        intercept -= step * slope;
    }
}
