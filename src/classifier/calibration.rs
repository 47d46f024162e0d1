//! Decision values of rows that were not trained on, and their truth, in; better probabilities out.
//!
//! How the values came about is not known here: they may be those of a held-out part or of folds.

use serde::{Deserialize, Serialize};

use super::isotonic::Curve;
use super::link::{Link, share, sigmoid};
use super::platt::{Sigmoid, inverse_temperature, platt};
use super::{Classifier, check_weights};
use crate::error::{Error, Result, same_length};
use crate::rows::Matrix;

/// How decision values are turned into probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CalibrationMethod {
    /// A sigmoid of the decision value, two numbers each: right nearly always. Of several classes, each against the rest,
    /// divided by their sum.
    Platt,
    /// One factor for all decision values, so that their order stays: for several classes, and where classes were not
    /// balanced in training. Two classes have the sigmoid of the result, several exp(zₖ) / Σ exp(zⱼ), whatever they had.
    Temperature,
    /// Any rising curve. Needs some ten thousand rows to be better than Platt's. Of several classes, each against the rest,
    /// divided by their sum; equal where all are 0.
    Isotonic,
}

/// A fitted map from decision values to probabilities, as in scikit-learn's `CalibratedClassifierCV`.
///
/// Fit it on rows that the classifier was not trained on, whose decision values are more modest.
///
/// ```
/// use ressenti::{Calibration, CalibrationMethod, Classifier, Vectorizer};
///
/// let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good crew", "bad crew", "good seat", "bad seat"])?;
/// let classifier = Classifier::logistic_regression().c(100.0).fit(&rows, &[1, 0, 1, 0])?;
///
/// let held_out = vectorizer.transform(&["good", "bad", "good bad crew", "bad seat"]);
/// let decisions = classifier.decision_function(&held_out)?;
/// let calibration = Calibration::fit(CalibrationMethod::Platt, &decisions, &[1, 0, 1, 1])?;
/// let calibrated = classifier.clone().with_calibration(calibration)?;
/// assert!(calibrated.predict_proba(&held_out)?.get(0, 1) < classifier.predict_proba(&held_out)?.get(0, 1));
/// assert_eq!(calibrated.predict(&held_out)?, classifier.predict(&held_out)?);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map", into = "Map")]
pub struct Calibration {
    map: Map,
}

/// One entry per output, or one factor for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Map {
    Platt(Vec<Sigmoid>),
    Temperature(f64),
    Isotonic(Vec<Curve>),
}

impl From<Calibration> for Map {
    fn from(calibration: Calibration) -> Self {
        calibration.map
    }
}

impl TryFrom<Map> for Calibration {
    type Error = Error;

    fn try_from(map: Map) -> Result<Self> {
        let sound = match &map {
            Map::Platt(sigmoids) => sigmoids.iter().all(|(a, b)| a.is_finite() && b.is_finite()),
            // Fitted ones are within exp(±10); no decision value overflows by one that is.
            Map::Temperature(factor) => (1e-5..=1e5).contains(factor),
            Map::Isotonic(curves) => curves.iter().all(Curve::is_sound),
        };
        if sound {
            Ok(Self { map })
        } else {
            let problem = format!("{map:?} could not have been fitted");
            Err(Error::InvalidValues { what: "calibration", problem })
        }
    }
}

impl Calibration {
    /// Fits a map on decision values (as of [`Classifier::decision_function`]) and the index of each row's class.
    ///
    /// Errors: [`Error::NoTexts`], [`Error::LengthMismatch`], [`Error::InvalidValues`] for values that are not finite, rows
    /// without values and a class that is none.
    pub fn fit(method: CalibrationMethod, decisions: &Matrix, truth: &[usize]) -> Result<Self> {
        Self::fit_weighted(method, decisions, truth, &vec![1.0; truth.len()])
    }

    /// [`fit`](Self::fit) with weights of the rows.
    ///
    /// Errors: also [`Error::InvalidValues`] for weights that are negative, not finite or all 0.
    pub fn fit_weighted(
        method: CalibrationMethod,
        decisions: &Matrix,
        truth: &[usize],
        weights: &[f64],
    ) -> Result<Self> {
        if truth.is_empty() {
            return Err(Error::NoTexts { task: "calibrate on" });
        }
        same_length("decision values", decisions.n_rows(), "true classes", truth.len())?;
        same_length("decision values", decisions.n_rows(), "weights", weights.len())?;
        let outputs = decisions.n_columns();
        let classes = outputs.max(2);
        finite("decision values", decisions.as_slice())?;
        let invalid = |what, problem| Err(Error::InvalidValues { what, problem });
        if outputs == 0 {
            let problem = "rows have none; give those of Classifier::decision_function";
            return invalid("decision values", problem.to_owned());
        }
        if let Some(class) = truth.iter().find(|&&class| class >= classes) {
            return invalid("truth", format!("class {class} is outside 0..{classes}"));
        }
        check_weights(weights)?;
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            let problem = format!("their sum is {total:?}, which is no finite number above 0");
            return invalid("sample weights", problem);
        }
        let column = |output: usize| -> Vec<f64> {
            (0..truth.len()).map(|row| decisions.get(row, output)).collect()
        };
        let is_class = |output: usize| -> Vec<bool> {
            let class = if outputs == 1 { 1 } else { output };
            truth.iter().map(|&truth| truth == class).collect()
        };
        let map = match method {
            CalibrationMethod::Platt => {
                let fit = |output| platt(&column(output), &is_class(output), weights);
                Map::Platt((0..outputs).map(fit).collect())
            }
            CalibrationMethod::Temperature => {
                Map::Temperature(inverse_temperature(decisions.as_slice(), outputs, truth, weights))
            }
            CalibrationMethod::Isotonic => {
                let fit = |output| Curve::fit(&column(output), &is_class(output), weights);
                Map::Isotonic((0..outputs).map(fit).collect())
            }
        };
        Self::try_from(map)
    }

    /// Which way was taken.
    #[must_use]
    pub fn method(&self) -> CalibrationMethod {
        match self.map {
            Map::Platt(_) => CalibrationMethod::Platt,
            Map::Temperature(_) => CalibrationMethod::Temperature,
            Map::Isotonic(_) => CalibrationMethod::Isotonic,
        }
    }

    /// The slope and the offset of each output's sigmoid, if this is Platt's: p = 1 / (1 + exp(−(slope · z + offset))).
    #[must_use]
    pub fn platt(&self) -> Option<&[(f64, f64)]> {
        if let Map::Platt(sigmoids) = &self.map { Some(sigmoids) } else { None }
    }

    /// What decision values are divided by, if this is a temperature: above 1, they were too sure of themselves.
    #[must_use]
    pub fn temperature(&self) -> Option<f64> {
        if let Map::Temperature(factor) = self.map { Some(factor.recip()) } else { None }
    }

    /// The probability of each class of a row with these decision values, of which there are as many as it was fitted on.
    #[must_use]
    pub fn probabilities_of(&self, decision: &[f64]) -> Vec<f64> {
        let mut out = Vec::new();
        self.probabilities(decision, &mut out);
        out
    }

    /// Whether it was fitted on so many decision values a row.
    fn has_outputs(&self, outputs: usize) -> bool {
        match &self.map {
            Map::Platt(sigmoids) => sigmoids.len() == outputs,
            Map::Temperature(_) => true,
            Map::Isotonic(curves) => curves.len() == outputs,
        }
    }

    /// Appends one probability per class.
    pub(super) fn probabilities(&self, decision: &[f64], out: &mut Vec<f64>) {
        let start = out.len();
        match &self.map {
            Map::Platt(sigmoids) => {
                out.extend(sigmoids.iter().zip(decision).map(|((a, b), z)| sigmoid(a * z + b)));
            }
            Map::Isotonic(curves) => {
                out.extend(curves.iter().zip(decision).map(|(curve, &z)| curve.at(z)));
            }
            Map::Temperature(factor) => {
                if let [z] = *decision {
                    return Link::Logistic.probabilities(&[factor * z], out);
                }
                out.extend(decision.iter().map(|z| factor * z));
                return super::link::softmax_in_place(&mut out[start..]);
            }
        }
        if let [p] = out[start..] {
            out[start] = 1.0 - p;
            out.push(p);
        } else {
            share(&mut out[start..]);
        }
    }
}

impl Classifier {
    /// The same with calibrated probabilities, instead of those it had.
    ///
    /// Labels stay as they are: they are decided by the decision values. Where classes were balanced in training that is
    /// better than by calibrated probabilities, which undo the balance; the probability of a label may then be below ½.
    ///
    /// Errors: [`Error::InvalidValues`] if it was fitted on another number of decision values, or if there is a
    /// [`NeutralBand`](crate::NeutralBand), which has probabilities of its own.
    pub fn with_calibration(mut self, calibration: Calibration) -> Result<Self> {
        let outputs = self.intercept.len();
        let invalid = |problem| Err(Error::InvalidValues { what: "calibration", problem });
        if !calibration.has_outputs(outputs) {
            return invalid(format!(
                "it was not fitted on {outputs} decision values a row; use those of this classifier"
            ));
        }
        if self.neutral_band().is_some() {
            return invalid(
                "a neutral band has probabilities of its own; leave one of them out".to_owned(),
            );
        }
        self.calibration = Some(calibration);
        Ok(self)
    }

    /// How probabilities are calibrated, if they are.
    #[must_use]
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }
}

/// `Err` unless all numbers are finite.
pub(super) fn finite(what: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().find(|z| !z.is_finite()) {
        None => Ok(()),
        Some(z) => Err(Error::InvalidValues { what, problem: format!("{z} is not finite") }),
    }
}
