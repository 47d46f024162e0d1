//! What the model says of sources that it was not trained on: each family of them is left out of a fit and asked. By that its
//! probabilities are calibrated, and its card has figures.

use std::error::Error;

use ressenti::evaluate::Report;
use ressenti::{Calibration, CalibrationMethod, Matrix, NeutralBand, Pipeline, Sentiment};

use crate::figures::{BAND, decisions};
use crate::recipe::Recipe;
use crate::sources::{FAMILIES, Row};

/// Texts of one family, by a model of the others.
struct Asked<'r> {
    rows: Vec<&'r Row>,
    decisions: Vec<f64>,
}

impl Asked<'_> {
    /// Decision values of texts that are not neutral, and whether they are positive.
    fn polar(&self) -> Vec<(f64, bool)> {
        let all = self.rows.iter().zip(&self.decisions);
        let polar = all.filter(|(row, _)| !row.is_neutral());
        polar.map(|(row, &z)| (z, row.target > 0.5)).collect()
    }
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The figures of answers by the sign of decision values, with the probabilities that `p` makes of these.
fn report_of(polar: &[(f64, bool)], p: &dyn Fn(f64) -> f64) -> ressenti::Result<Report> {
    let truth: Vec<usize> = polar.iter().map(|&(_, positive)| positive.into()).collect();
    let answers: Vec<usize> = polar.iter().map(|&(z, _)| (z > 0.0).into()).collect();
    let probabilities: Vec<f64> = polar.iter().flat_map(|&(z, _)| [1.0 - p(z), p(z)]).collect();
    Report::new(&["negative", "positive"], Some(1), &truth, &answers, &probabilities)
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

    let (mut z, mut truth, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    let families: Vec<Vec<(f64, bool)>> = all.iter().map(Asked::polar).collect();
    let everything: Vec<(f64, bool)> = families.concat();
    for polar in &families {
        z.extend(polar.iter().map(|&(z, _)| z));
        truth.extend(polar.iter().map(|&(_, positive)| usize::from(positive)));
        // Families count the same, and all together as many as there are texts.
        let mean = everything.len() as f64 / families.len() as f64;
        weights.extend(vec![mean / polar.len() as f64; polar.len()]);
    }
    let matrix = Matrix::from(ndarray::Array2::from_shape_vec((z.len(), 1), z)?);
    let calibration =
        Calibration::fit_weighted(CalibrationMethod::Platt, &matrix, &truth, &weights)?;
    let calibrated = |z: f64| calibration.probabilities_of(&[z])[1];
    println!(
        "left-out family: texts, accuracy, calibration error as it was trained and calibrated"
    );
    let mut sums = [0.0; 2];
    for (family, polar) in FAMILIES.iter().zip(&families) {
        let of_family = |p: &dyn Fn(f64) -> f64| report_of(polar, p);
        let (before, after) = (of_family(&sigmoid)?, of_family(&calibrated)?);
        let errors = [&before, &after].map(|report| report.expected_calibration_error());
        let (n, accuracy) = (before.rows(), 100.0 * before.accuracy());
        println!("{family}: {n}, {accuracy:.2}, {:.4}, {:.4}", errors[0], errors[1]);
        sums = [sums[0] + errors[0], sums[1] + errors[1]];
    }
    let [before, after] = sums.map(|sum| sum / FAMILIES.len() as f64);
    println!("the mean of families: {before:.4}, {after:.4}; by {:?}", calibration.platt());
    let report = report_of(&everything, &calibrated)?;

    let tweets = &all[0];
    let sentiment = |row: &&Row| match row.target {
        t if t > 0.5 => Sentiment::Positive,
        t if t < 0.5 => Sentiment::Negative,
        _ => Sentiment::Neutral,
    };
    let truth: Vec<Sentiment> = tweets.rows.iter().map(sentiment).collect();
    let band = NeutralBand::fit(&tweets.decisions, &truth)?;
    println!("the best band of left-out tweets: {:.2} to {:.2}", band.low(), band.high());
    let [not_first, second] = band.curves();
    let band = NeutralBand::new(-BAND, BAND)?.with_curves(not_first, second)?;

    let model = recipe.fit(rows, &[])?.with_calibration(calibration)?;
    Ok((model.with_figures(&report), band))
}
