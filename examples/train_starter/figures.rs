//! How good the starter model is, on collections of texts that it was not trained on.

use std::error::Error;

use ressenti::evaluate::{Report, shuffled_split};
use ressenti::{NeutralBand, Pipeline, Preset, Prior};

use crate::people;
use crate::recipe::Recipe;
use crate::sources::{Row, evaluation};

/// Decision values this near 0 are neutral: the best band of left-out tweets reaches from -1.06 to 1.04.
pub(crate) const BAND: f64 = 1.05;
/// How often a hundred texts are drawn.
const DRAWS: u64 = 5;

/// Fits and measures all of them.
pub(crate) fn print(recipe: &Recipe, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    println!("accuracy, macro F1, ROC-AUC; the model's own family of texts left out of its fit");
    let whole = recipe.fit(rows, &[])?;
    two_classes("airline.test", &whole, "airline.test.tsv")?;
    let no_amazon = recipe.fit(rows, &["vader_amazon"])?;
    two_classes("product_reviews", &no_amazon, "product_reviews.tsv")?;
    let no_movies = recipe.fit(rows, &["movies"])?;
    two_classes("sst2_sentences.val", &no_movies, "sst2_sentences.val.tsv")?;

    let band = NeutralBand::new(-BAND, BAND)?;
    let three = whole.clone().with_neutral_band(band, "neutral")?;
    let data = evaluation("airline3.test.tsv")?;
    let report = three.evaluate(&data.texts, &data.labels)?;
    println!("airline3.test, three classes: macro F1 {:.2}", 100.0 * report.f1_macro());

    let no_tweets = recipe.fit(rows, &["vader_tweets"])?;
    let rated = rows.iter().filter(|row| row.family == "vader_tweets");
    let (texts, ratings): (Vec<_>, Vec<_>) =
        rated.filter_map(|row| Some((row.text.as_str(), row.rating?))).unzip();
    println!(
        "rank correlation with {} rated tweets: {:.4}",
        texts.len(),
        spearman(&decisions(&no_tweets, &texts)?, &ratings)
    );

    for prior in [None, Some(&whole)] {
        let accuracy = of_a_hundred(prior)?;
        let with = if prior.is_some() { "with" } else { "without" };
        println!(
            "airline.test by 100 labels {with} the prior: accuracy {:.2}, the mean of {DRAWS} draws",
            100.0 * accuracy
        );
    }
    people::print(&whole)?;
    println!("{} columns, {} bytes", whole.vectorizer().n_features(), whole.to_bytes().len());
    Ok(())
}

pub(crate) fn decisions<T: AsRef<str> + Sync>(
    pipeline: &Pipeline,
    texts: &[T],
) -> ressenti::Result<Vec<f64>> {
    let rows = pipeline.vectorizer().transform(texts);
    Ok(pipeline.classifier().decision_function(&rows)?.as_slice().to_vec())
}

fn two_classes(what: &str, pipeline: &Pipeline, file: &str) -> Result<(), Box<dyn Error>> {
    let data = evaluation(file)?;
    let word = |label: &String| if label == "1" { "positive" } else { "negative" };
    let labels: Vec<&str> = data.labels.iter().map(word).collect();
    let report: Report = pipeline.evaluate(&data.texts, &labels)?;
    let [accuracy, f1, auc] =
        [report.accuracy(), report.f1_macro(), report.roc_auc().unwrap_or_default()];
    println!("{what}: {:.2} / {:.2} / {:.2}", 100.0 * accuracy, 100.0 * f1, 100.0 * auc);
    Ok(())
}

/// The mean accuracy on `airline.test` of models of a hundred tweets of `airline.train`.
fn of_a_hundred(prior: Option<&Pipeline>) -> Result<f64, Box<dyn Error>> {
    let (train, test) = (evaluation("airline.train.tsv")?, evaluation("airline.test.tsv")?);
    let builder = Pipeline::builder().preset(Preset::Social);
    let builder = prior.map_or(builder.clone(), |prior| builder.prior(prior, Prior::Decision));
    let mut sum = 0.0;
    for seed in 0..DRAWS {
        let n = train.texts.len();
        let hundred = shuffled_split(n, (n - 100) as f64 / n as f64, seed)?.train;
        let (texts, labels): (Vec<&str>, Vec<&str>) =
            hundred.iter().map(|&i| (train.texts[i].as_str(), train.labels[i].as_str())).unzip();
        let report = builder.fit(&texts, &labels)?.evaluate(&test.texts, &test.labels)?;
        sum += report.accuracy();
    }
    Ok(sum / DRAWS as f64)
}

/// Spearman's rank correlation, equal values with their mean rank.
pub(crate) fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum()
    };
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for same in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let mean = start as f64 + (same.len() - 1) as f64 / 2.0;
        for &i in same {
            ranks[i] = mean;
        }
        start += same.len();
    }
    ranks
}
