//! What the model says of sources that it was not trained on: each family of them is left out of a fit and asked. By that its
//! probabilities are calibrated, and its card has figures.

use std::error::Error;

use ressenti::evaluate::Report;
use ressenti::{Calibration, CalibrationMethod, Matrix, NeutralBand, Pipeline, Sentiment};

use crate::figures::{BAND, decisions, spearman};
use crate::recipe::Recipe;
use crate::sources::{FAMILIES, Row};

/// Texts of one family, by a model of the others.
struct Asked<'r> {
    rows: Vec<&'r Row>,
    decisions: Vec<f64>,
}

/// A decision value of a text that is not neutral, and whether it is positive.
type Polar = (f64, bool);

impl Asked<'_> {
    fn polar(&self) -> Vec<Polar> {
        let all = self.rows.iter().zip(&self.decisions);
        let polar = all.filter(|(row, _)| !row.is_neutral());
        polar.map(|(row, &z)| (z, row.target > 0.5)).collect()
    }
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// A calibration by the answers to some families, which count the same, and all together as many as there are texts.
fn platt(families: &[&[Polar]]) -> Result<Calibration, Box<dyn Error>> {
    let mean = families.concat().len() as f64 / families.len() as f64;
    let (mut z, mut truth, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for polar in families {
        z.extend(polar.iter().map(|&(z, _)| z));
        truth.extend(polar.iter().map(|&(_, positive)| usize::from(positive)));
        weights.extend(vec![mean / polar.len() as f64; polar.len()]);
    }
    let z = Matrix::from(ndarray::Array2::from_shape_vec((z.len(), 1), z)?);
    Ok(Calibration::fit_weighted(CalibrationMethod::Platt, &z, &truth, &weights)?)
}

/// The figures of answers by the sign of decision values, with these probabilities of the positive class.
fn report_of(polar: &[Polar], p: &[f64]) -> ressenti::Result<Report> {
    let truth: Vec<usize> = polar.iter().map(|&(_, positive)| positive.into()).collect();
    let answers: Vec<usize> = polar.iter().map(|&(z, _)| (z > 0.0).into()).collect();
    let probabilities: Vec<f64> = p.iter().flat_map(|p| [1.0 - p, *p]).collect();
    Report::new(&["negative", "positive"], Some(1), &truth, &answers, &probabilities)
}

/// What is neutral, and how much so: the tweets by three classes, and all families whose texts have ratings.
fn print_neutral(all: &[Asked<'_>], tweets: &[Sentiment]) -> Result<(), Box<dyn Error>> {
    let place = |sentiment: &Sentiment| *sentiment as usize;
    let answers: Vec<usize> = all[0]
        .decisions
        .iter()
        .map(|&z| if z < -BAND { 0 } else { 1 + usize::from(z > BAND) })
        .collect();
    let truth: Vec<usize> = tweets.iter().map(place).collect();
    let names = ["negative", "neutral", "positive"];
    let p = vec![1.0 / 3.0; 3 * truth.len()];
    let report = Report::new(&names, None, &truth, &answers, &p)?;
    println!("left-out tweets by three classes: macro F1 {:.2}", 100.0 * report.f1_macro());
    let mut correlations = Vec::new();
    for asked in all {
        let pairs = asked.rows.iter().zip(&asked.decisions);
        let (z, ratings): (Vec<f64>, Vec<f64>) =
            pairs.filter_map(|(row, z)| Some((*z, row.rating?))).unzip();
        if !z.is_empty() {
            correlations.push(spearman(&z, &ratings));
        }
    }
    let mean = correlations.iter().sum::<f64>() / correlations.len() as f64;
    println!(
        "rank correlation with the ratings of left-out families: {correlations:.4?}, {mean:.4}"
    );
    Ok(())
}

/// The model of all rows, calibrated, and its neutral band; prints what both are like on what was left out.
pub(crate) fn calibrated(
    recipe: &Recipe,
    rows: &[Row],
) -> Result<(Pipeline, NeutralBand), Box<dyn Error>> {
    let ask = |family: &&str| -> Result<Asked<'_>, Box<dyn Error>> {
        let model = recipe.fit(rows, &[*family])?;
        let rows: Vec<&Row> = rows.iter().filter(|row| row.family == *family).collect();
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        Ok(Asked { decisions: decisions(&model, &texts)?, rows })
    };
    let all = FAMILIES.iter().map(ask).collect::<Result<Vec<_>, _>>()?;

    let families: Vec<Vec<Polar>> = all.iter().map(Asked::polar).collect();
    println!(
        "left-out family: texts, accuracy / macro F1 / ROC-AUC, calibration error as it was trained and calibrated by the other families"
    );
    let (mut sums, mut everything) = ([0.0; 5], Vec::new());
    for (k, (family, polar)) in FAMILIES.iter().zip(&families).enumerate() {
        let others = families.iter().enumerate().filter(|(other, _)| *other != k);
        let calibration = platt(&others.map(|(_, polar)| polar.as_slice()).collect::<Vec<_>>())?;
        let after: Vec<f64> =
            polar.iter().map(|&(z, _)| calibration.probabilities_of(&[z])[1]).collect();
        let before: Vec<f64> = polar.iter().map(|&(z, _)| sigmoid(z)).collect();
        let (before, report) = (report_of(polar, &before)?, report_of(polar, &after)?);
        let errors = [&before, &report].map(Report::expected_calibration_error);
        // Ranks are those of decision values; a calibration of others keeps them.
        let auc = report.roc_auc().unwrap_or_default();
        let [accuracy, f1, auc] = [report.accuracy(), report.f1_macro(), auc].map(|x| 100.0 * x);
        println!(
            "{family}: {}, {accuracy:.2} / {f1:.2} / {auc:.2}, {:.4}, {:.4}",
            report.rows(),
            errors[0],
            errors[1]
        );
        for (sum, value) in sums.iter_mut().zip([accuracy, f1, auc, errors[0], errors[1]]) {
            *sum += value;
        }
        everything.extend(after);
    }
    let [accuracy, f1, auc, before, after] = sums.map(|sum| sum / FAMILIES.len() as f64);
    println!("the mean of families: {accuracy:.2} / {f1:.2} / {auc:.2}, {before:.4}, {after:.4}");
    let report = report_of(&families.concat(), &everything)?;
    println!(
        "all {} together: {:.2}, calibrated {:.4}",
        report.rows(),
        100.0 * report.accuracy(),
        report.expected_calibration_error()
    );
    let calibration = platt(&families.iter().map(Vec::as_slice).collect::<Vec<_>>())?;

    let tweets = &all[0];
    let sentiment = |row: &&Row| match row.target {
        t if t > 0.5 => Sentiment::Positive,
        t if t < 0.5 => Sentiment::Negative,
        _ => Sentiment::Neutral,
    };
    let truth: Vec<Sentiment> = tweets.rows.iter().map(sentiment).collect();
    let band = NeutralBand::fit(&tweets.decisions, &truth)?;
    println!("the best band of left-out tweets: {:.2} to {:.2}", band.low(), band.high());
    print_neutral(&all, &truth)?;
    let [not_first, second] = band.curves();
    let band = NeutralBand::new(-BAND, BAND)?.with_curves(not_first, second)?;

    let model = recipe.fit(rows, &[])?.with_calibration(calibration)?;
    Ok((model.with_figures(&report), band))
}
