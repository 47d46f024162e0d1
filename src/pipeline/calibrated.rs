//! Decision values of texts that a model was not trained on, by folds, in; a calibration and what it gained out.

use serde::{Deserialize, Serialize};

use super::{Ground, Pipeline, PipelineBuilder};
use crate::classifier::{Calibration, CalibrationMethod, FitOptions};
use crate::error::Result;
use crate::evaluate::{KFold, Split, brier_score_loss, expected_calibration_error};
use crate::rows::Matrix;
use crate::sentiment::Label;

/// The bins of the calibration error, as in a [`Report`](crate::evaluate::Report).
const BINS: usize = 15;

/// What a calibration by folds gained, by the decision values that it was fitted on; see
/// [`PipelineBuilder::calibration`].
///
/// The figures of *after* are a little too good, as the few numbers of the calibration were fitted on the same values;
/// those of *before* are as they would be on new texts.
///
/// ```
/// use ressenti::{CalibrationMethod, Pipeline};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat", "a good day", "a bad day"];
/// let builder = Pipeline::builder().calibration(CalibrationMethod::Platt, 3);
/// let pipeline = builder.fit(&texts, &[1, 0, 1, 0, 1, 0])?;
/// let report = pipeline.calibration_report().unwrap();
/// assert_eq!((report.folds, report.rows), (3, 6));
/// assert!(report.brier_after < report.brier_before);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationReport {
    /// Which way was taken.
    pub method: CalibrationMethod,
    /// How many folds there were.
    pub folds: u32,
    /// How many texts.
    pub rows: u64,
    /// [Brier's score](brier_score_loss) of the probabilities as they were.
    pub brier_before: f64,
    /// That of the calibrated ones.
    pub brier_after: f64,
    /// The [expected calibration error](expected_calibration_error) in 15 bins of the probabilities as they were.
    pub ece_before: f64,
    /// That of the calibrated ones.
    pub ece_after: f64,
}

impl CalibrationReport {
    /// The figures under the names that runs are tracked with.
    pub(super) fn metrics(&self) -> [(&'static str, f64); 4] {
        [
            ("calibration_brier_before", self.brier_before),
            ("calibration_brier_after", self.brier_after),
            ("calibration_ece_before", self.ece_before),
            ("calibration_ece_after", self.ece_after),
        ]
    }
}

impl PipelineBuilder {
    /// The pipeline with a calibration of the decision values that models of its settings give to texts they were not
    /// trained on.
    pub(super) fn calibrate<T: AsRef<str> + Sync, L: Label>(
        &self,
        pipeline: Pipeline,
        (method, folds): (CalibrationMethod, usize),
        (texts, labels): (&[T], &[L]),
        options: &FitOptions<'_>,
    ) -> Result<Pipeline> {
        let truth = pipeline.places(labels)?;
        let outputs = pipeline.classifier.intercept().len();
        let mut decisions = vec![0.0; texts.len() * outputs];
        for Split { train, test } in &KFold::new(folds).stratified(labels)? {
            let pick = |rows: &[usize]| rows.iter().map(|&i| texts[i].as_ref()).collect::<Vec<_>>();
            let taught: Vec<&L> = train.iter().map(|&i| &labels[i]).collect();
            let weights = options.sample_weights();
            let weights = weights.map(|w| train.iter().map(|&i| w[i]).collect::<Vec<_>>());
            let quiet = options
                .progress_callback()
                .map_or(FitOptions::new(), |progress| FitOptions::new().progress(progress));
            let quiet = weights.as_ref().map_or(quiet, |weights| quiet.weights(weights));
            let task = self.classifier.prepare(&taught, &quiet)?;
            let ground = Ground::new(self, &pick(&train), quiet.progress_callback())?;
            let classifier = ground.fit(&self.classifier, task, &quiet)?;
            let found =
                classifier.decision_function(&ground.vectorizer().transform(&pick(&test)))?;
            for (i, &row) in test.iter().enumerate() {
                decisions[row * outputs..(row + 1) * outputs].copy_from_slice(found.row(i));
            }
        }
        let decisions = Matrix::from_rows(texts.len(), outputs, decisions);
        let calibration = match options.sample_weights() {
            Some(weights) => Calibration::fit_weighted(method, &decisions, &truth, weights)?,
            None => Calibration::fit(method, &decisions, &truth)?,
        };
        let classes = pipeline.classes().len();
        let figures = |pipeline: &Pipeline| -> Result<(f64, f64)> {
            let mut p = Vec::with_capacity(truth.len() * classes);
            (0..truth.len())
                .for_each(|i| pipeline.classifier.probabilities(decisions.row(i), &mut p));
            let brier = brier_score_loss(&truth, &p, classes)?;
            Ok((brier, expected_calibration_error(&truth, &p, classes, BINS)?))
        };
        let (brier_before, ece_before) = figures(&pipeline)?;
        let mut calibrated = pipeline;
        calibrated.classifier = calibrated.classifier.with_calibration(calibration)?;
        let (brier_after, ece_after) = figures(&calibrated)?;
        calibrated.calibration_report = Some(CalibrationReport {
            method,
            folds: u32::try_from(folds).unwrap_or(u32::MAX),
            rows: texts.len() as u64,
            brier_before,
            brier_after,
            ece_before,
            ece_after,
        });
        Ok(calibrated)
    }
}
