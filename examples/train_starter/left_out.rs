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
    for asked in &all {
        let polar: Vec<usize> =
            (0..asked.rows.len()).filter(|&i| !asked.rows[i].is_neutral()).collect();
        z.extend(polar.iter().map(|&i| asked.decisions[i]));
        truth.extend(polar.iter().map(|&i| usize::from(asked.rows[i].target > 0.5)));
        // Families count the same.
        weights.extend(vec![1.0 / polar.len() as f64; polar.len()]);
    }
    let matrix = Matrix::from(ndarray::Array2::from_shape_vec((z.len(), 1), z.clone())?);
    let calibration =
        Calibration::fit_weighted(CalibrationMethod::Platt, &matrix, &truth, &weights)?;
    let report = |name: &str, p: &dyn Fn(f64) -> f64| -> Result<Report, Box<dyn Error>> {
        let probabilities: Vec<f64> = z.iter().flat_map(|&z| [1.0 - p(z), p(z)]).collect();
        let answers: Vec<usize> = z.iter().map(|&z| usize::from(z > 0.0)).collect();
        let classes = ["negative", "positive"];
        let report = Report::new(&classes, Some(1), &truth, &answers, &probabilities)?;
        println!(
            "{name}: {} left-out texts, accuracy {:.2}, ECE {:.4}, Brier {:.4}",
            z.len(),
            100.0 * report.accuracy(),
            report.expected_calibration_error(),
            report.brier_score_loss()
        );
        Ok(report)
    };
    report("as it was trained", &|z| 1.0 / (1.0 + (-z).exp()))?;
    let report = report("calibrated", &|z| calibration.probabilities_of(&[z])[1])?;

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
