//! A classifier to its stored form and back: what comes from a file is checked as what comes from training is.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::link::Link;
use super::rows::RowTransform;
use super::verdict::Verdict;
use super::{Calibration, Classifier, ClassifierParams, FitReport, WEIGHTS};
use crate::error::{Error, Result};
use crate::persist::{FormatVersion, floats};
use crate::sentiment::class_order;

/// What of a [`Classifier`] is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct ClassifierParts {
    pub(super) format: FormatVersion,
    pub(super) params: ClassifierParams,
    pub(super) classes: Vec<String>,
    pub(super) positive: u32,
    pub(super) transform: RowTransform,
    pub(super) link: Link,
    #[serde(with = "floats")]
    pub(super) weights: Vec<f64>,
    pub(super) intercept: Vec<f64>,
    pub(super) calibration: Option<Calibration>,
    pub(super) verdict: Verdict,
    pub(super) report: FitReport,
}

impl From<Classifier> for ClassifierParts {
    fn from(c: Classifier) -> Self {
        Self {
            format: FormatVersion,
            params: c.params,
            classes: c.classes,
            positive: c.positive as u32,
            transform: c.transform,
            link: c.link,
            weights: c.weights.into_raw_vec_and_offset().0,
            intercept: c.intercept,
            calibration: c.calibration,
            verdict: c.verdict,
            report: c.report,
        }
    }
}

impl TryFrom<ClassifierParts> for Classifier {
    type Error = Error;

    fn try_from(parts: ClassifierParts) -> Result<Self> {
        let ClassifierParts {
            format: FormatVersion,
            params,
            mut classes,
            positive,
            transform,
            link,
            weights,
            intercept,
            calibration,
            verdict,
            report,
        } = parts;
        params.validate()?;
        let invalid = |problem: String| Error::InvalidValues { what: "classifier", problem };
        if classes.len() < 2 || classes.windows(2).any(|w| class_order(&w[0], &w[1]).is_ge()) {
            return Err(invalid(format!(
                "classes {classes:?} are not at least two in ascending order"
            )));
        }
        let mut positive = positive as usize;
        if positive >= classes.len() {
            return Err(invalid(format!("positive class {positive} of {}", classes.len())));
        }
        // A band is put on again below, between the two classes that the weights know.
        let band = if let Verdict::Band(band) = &verdict {
            let neutral = band.neutral();
            if classes.len() != 3 || neutral >= 3 || neutral == positive {
                return Err(invalid(format!("a neutral band among {classes:?}")));
            }
            positive -= usize::from(neutral < positive);
            Some((band.band, classes.remove(neutral)))
        } else {
            None
        };
        let outputs = link.outputs(classes.len());
        if link == Link::Logistic && classes.len() != 2 {
            return Err(invalid(format!("a logistic link for {} classes", classes.len())));
        }
        if intercept.len() != outputs {
            return Err(invalid(format!("{} intercepts for {outputs} outputs", intercept.len())));
        }
        if let Some(x) = weights.iter().chain(&intercept).find(|x| !WEIGHTS.contains(x)) {
            return Err(invalid(format!("weight {x:e} is not within ±{:e}", WEIGHTS.end())));
        }
        let found = weights.len();
        let weights = Array2::from_shape_vec((found / outputs, outputs), weights)
            .map_err(|_| invalid(format!("{found} weights for {outputs} outputs")))?;
        let mut classifier = Self {
            params,
            classes,
            positive,
            transform,
            link,
            weights,
            intercept,
            calibration: None,
            verdict: Verdict::Highest,
            report,
        };
        if let Verdict::Threshold(threshold) = verdict {
            classifier = classifier.with_threshold(threshold)?;
        }
        if let Some((band, label)) = band {
            classifier = classifier.with_neutral_band(band, label)?;
        }
        if let Some(calibration) = calibration {
            classifier = classifier.with_calibration(calibration)?;
        }
        Ok(classifier)
    }
}
