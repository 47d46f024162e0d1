//! Decision values of texts that a model was not trained on, by folds, in; a calibration and what it gained out.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use super::{Ground, PipelineBuilder};
use crate::classifier::{
    Calibration, CalibrationMethod, Classifier, ClassifierParams, FitOptions, find_classes,
};
use crate::error::Result;
use crate::evaluate::{Split, brier_score_loss, expected_calibration_error};
use crate::progress::Progress;
use crate::rows::{Matrix, Rows};
use crate::views::{Labels, Texts};

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

/// A fold: what a model of all other texts is trained on, and the rows that it is asked about.
pub(crate) struct HeldOut {
    ground: Ground,
    train: Vec<usize>,
    test: Vec<usize>,
    rows: Rows,
}

impl HeldOut {
    pub(crate) fn new(
        builder: &PipelineBuilder,
        texts: Texts<'_>,
        Split { train, test }: Split,
        progress: Option<&dyn Progress>,
    ) -> Result<Self> {
        let ground = Ground::new(builder, Texts::of(&&texts.pick(&train)[..]), progress)?;
        let rows = ground.vectorizer().transform(&texts.pick(&test));
        Ok(Self { ground, train, test, rows })
    }

    /// The decision values of its rows, by a model of the others, and whether that has converged.
    fn decisions(
        &self,
        params: &ClassifierParams,
        labels: Labels<'_>,
        options: &FitOptions<'_>,
    ) -> Result<(Matrix, bool)> {
        let taught = labels.pick(&self.train);
        let weights = options.sample_weights();
        let weights = weights.map(|w| self.train.iter().map(|&i| w[i]).collect::<Vec<_>>());
        let quiet = FitOptions::new();
        let quiet = options.progress_callback().map_or(quiet, |progress| quiet.progress(progress));
        let quiet = weights.as_ref().map_or(quiet, |weights| quiet.weights(weights));
        let task = params.prepare(Labels::of(&&taught[..]), &quiet)?;
        let model = self.ground.fit(params, task, &quiet)?;
        Ok((model.decision_function(&self.rows)?, model.fit_report().converged()))
    }
}

impl PipelineBuilder {
    /// The classifier with a calibration of the decision values that models of these settings give to texts they were not
    /// trained on. It has converged if all of them have.
    pub(crate) fn calibrate<H: Borrow<HeldOut>>(
        &self,
        mut classifier: Classifier,
        held_out: impl Iterator<Item = Result<H>>,
        labels: Labels<'_>,
        options: &FitOptions<'_>,
    ) -> Result<(Classifier, CalibrationReport)> {
        let (method, folds) = self.beyond.calibration.unwrap_or((CalibrationMethod::Platt, 0));
        let truth = find_classes(classifier.classes(), labels)?;
        let outputs = classifier.intercept().len();
        let mut decisions = vec![0.0; labels.len() * outputs];
        for fold in held_out {
            let fold = fold?;
            let fold = fold.borrow();
            let (found, converged) = fold.decisions(&self.classifier, labels, options)?;
            classifier.and_converged(converged);
            for (i, &row) in fold.test.iter().enumerate() {
                decisions[row * outputs..(row + 1) * outputs].copy_from_slice(found.row(i));
            }
        }
        let decisions = Matrix::from_rows(labels.len(), outputs, decisions);
        let calibration = match options.sample_weights() {
            Some(weights) => Calibration::fit_weighted(method, &decisions, &truth, weights)?,
            None => Calibration::fit(method, &decisions, &truth)?,
        };
        let classes = classifier.classes().len();
        let figures = |classifier: &Classifier| -> Result<(f64, f64)> {
            let mut p = Vec::with_capacity(truth.len() * classes);
            (0..truth.len()).for_each(|i| classifier.probabilities(decisions.row(i), &mut p));
            let brier = brier_score_loss(&truth, &p, classes)?;
            Ok((brier, expected_calibration_error(&truth, &p, classes, BINS)?))
        };
        let (brier_before, ece_before) = figures(&classifier)?;
        let calibrated = classifier.with_calibration(calibration)?;
        let (brier_after, ece_after) = figures(&calibrated)?;
        let report = CalibrationReport {
            method,
            folds: u32::try_from(folds).unwrap_or(u32::MAX),
            rows: labels.len() as u64,
            brier_before,
            brier_after,
            ece_before,
            ece_after,
        };
        Ok((calibrated, report))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::KFold;
    use crate::pipeline::{Pipeline, ProfileSource};

    /// A model has converged only if all have that were trained for it.
    #[test]
    fn what_does_not_converge_beside_a_model_is_not_silent() {
        let (texts, labels) = (["good crew", "bad crew"].repeat(10), [1, 0].repeat(10));
        let (texts, labels) = (&&texts[..], &&labels[..]);
        let options = FitOptions::new();
        let whole = Pipeline::builder().fit(texts, labels).unwrap();
        for (max_iter, converged) in [(100, true), (1, false)] {
            let params = Classifier::logistic_regression().c(100.0).max_iter(max_iter);
            let builder = Pipeline::builder().classifier(params).profile(ProfileSource::HeldOut);
            let builder = builder.calibration(CalibrationMethod::Platt, 2);
            let (texts, labels) = (Texts::of(texts), Labels::of(labels));
            let folds = KFold::new(2).stratified_by(labels).unwrap();
            let held_out = folds.iter().map(|split| HeldOut::new(&builder, texts, split, None));
            let (classifier, _) =
                builder.calibrate(whole.classifier.clone(), held_out, labels, &options).unwrap();
            assert_eq!(classifier.fit_report().converged(), converged, "folds");
            let profiled = builder.with_profile(whole.clone(), texts, labels, &options).unwrap();
            assert_eq!(profiled.profile().unwrap().source, ProfileSource::HeldOut);
            assert_eq!(profiled.fit_report().converged(), converged, "profile");
        }
    }
}
