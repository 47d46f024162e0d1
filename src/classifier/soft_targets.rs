//! Rows that are not simply of one class: what each has to teach in, rows of whole classes out, some of them there twice.
//!
//! A row that pulls both ways is a row of each class, with a weight of its own: a·loss(z, positive) + b·loss(z, negative).
//! So every algorithm can learn from it, and none has to know. How any of them does is not known here.

use std::collections::BTreeMap;

use super::check_weights;
use super::fit::Task;
use crate::error::{Error, Result, same_length};
use crate::rows::Rows;

/// How much each row pulls towards the positive class, and how much towards the other: two masses instead of a label.
///
/// For mean ratings (a target between 0 and 1), for neutral texts (½), and for sources of different size, quality and
/// balance in one training. Given to [`FitOptions::soft_targets`](crate::FitOptions::soft_targets).
///
/// ```
/// use ressenti::{FitOptions, Pipeline, SoftTargets};
///
/// let texts = ["lovely crew", "late, but a lovely crew", "late again"];
/// let targets = SoftTargets::new(&[1.0, 0.7, 0.0])?;
/// let options = FitOptions::new().soft_targets(&targets);
/// // Labels then say what the two classes are called.
/// let pipeline = Pipeline::builder().fit_with(&texts, &[true, true, false], &options)?;
/// assert_eq!(pipeline.predict("lovely")?.label(), "true");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SoftTargets {
    /// Towards the positive class and towards the other.
    masses: Vec<[f64; 2]>,
}

impl SoftTargets {
    /// Each row of weight 1: its target t pulls it with mass t towards the positive class and with 1 − t towards the other.
    ///
    /// Errors: [`Error::InvalidValues`] for a target outside of 0 to 1.
    pub fn new(targets: &[f64]) -> Result<Self> {
        match targets.iter().find(|t| !(0.0..=1.0).contains(*t)) {
            None => Ok(Self { masses: targets.iter().map(|&t| [t, 1.0 - t]).collect() }),
            Some(t) => {
                let problem = format!("{t} is outside 0..=1; 1 is the positive class");
                Err(Error::InvalidValues { what: "soft targets", problem })
            }
        }
    }

    /// Both masses of each row times a weight of at least 0. Rows of weight 0 are not trained on.
    ///
    /// Errors: [`Error::LengthMismatch`], [`Error::InvalidValues`] for a weight that is negative or not finite, and for masses
    /// that overflow.
    pub fn weighted(mut self, weights: &[f64]) -> Result<Self> {
        same_length("soft targets", self.masses.len(), "weights", weights.len())?;
        check_weights(weights)?;
        for (masses, weight) in self.masses.iter_mut().zip(weights) {
            *masses = masses.map(|mass| mass * weight);
            check_finite(masses)?;
        }
        Ok(self)
    }

    /// Within each source both classes weigh the same, and the source as much as before: of masses that sum to T⁺ and T⁻,
    /// those towards the positive class are multiplied with (T⁺ + T⁻) / 2T⁺, those towards the other with (T⁺ + T⁻) / 2T⁻.
    ///
    /// `sources` has one name or number for each row. Give the neutral texts of a source a name of their own: they are
    /// balanced as they are. Where all rows of a source pull one way, it keeps half of its weight.
    ///
    /// ```
    /// use ressenti::SoftTargets;
    ///
    /// let targets = SoftTargets::new(&[1.0, 1.0, 1.0, 0.0])?.balanced_within(&["a"; 4])?;
    /// assert_eq!(targets.masses()[2..], [[2.0 / 3.0, 0.0], [0.0, 2.0]]);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// Errors: [`Error::LengthMismatch`], [`Error::InvalidValues`] for masses whose sum overflows.
    pub fn balanced_within<S: Ord>(mut self, sources: &[S]) -> Result<Self> {
        same_length("soft targets", self.masses.len(), "sources", sources.len())?;
        let mut sums: BTreeMap<&S, [f64; 2]> = BTreeMap::new();
        for (masses, source) in self.masses.iter().zip(sources) {
            let sum = sums.entry(source).or_default();
            *sum = [sum[0] + masses[0], sum[1] + masses[1]];
            check_finite(sum)?;
        }
        for (masses, source) in self.masses.iter_mut().zip(sources) {
            let [positive, negative] = sums[source];
            for (mass, sum) in masses.iter_mut().zip([positive, negative]) {
                // Of a sum of 0 every mass is 0.
                if sum > 0.0 {
                    // The share first: it is at most 1, where the factor of a tiny sum overflows.
                    *mass = *mass / sum * f64::midpoint(positive, negative);
                }
            }
        }
        Ok(self)
    }

    /// The masses of each row, towards the positive class and towards the other.
    #[must_use]
    pub fn masses(&self) -> &[[f64; 2]] {
        &self.masses
    }

    /// Those of some rows.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> Self {
        Self { masses: rows.iter().map(|&row| self.masses[row]).collect() }
    }
}

/// `Err` where a product or a sum of masses has overflowed.
fn check_finite(masses: &[f64; 2]) -> Result<()> {
    if masses.iter().all(|mass| mass.is_finite()) {
        return Ok(());
    }
    let problem = "masses overflow; bring the weights closer to 1".to_owned();
    Err(Error::InvalidValues { what: "soft targets", problem })
}

/// The rows that a task is about, where it is not about each row once.
pub(super) struct Repeated {
    rows: Vec<u32>,
    /// Of each of them.
    pub(super) weights: Vec<f64>,
    /// What each row is labelled with, once.
    pub(super) labels: Vec<u32>,
}

impl Repeated {
    /// The rows, and the classes that they are of.
    pub(super) fn new(
        soft: &SoftTargets,
        weights: Option<&[f64]>,
        labels: Vec<u32>,
        classes: &[String],
        positive: usize,
    ) -> Result<(Self, Vec<u32>)> {
        if classes.len() != 2 {
            return Err(Error::InvalidParameter {
                name: "soft_targets",
                found: format!("for {} classes", classes.len()),
                expected: "are for two classes; train on labels",
            });
        }
        let mut repeated = Self { rows: Vec::new(), weights: Vec::new(), labels };
        let mut targets = Vec::new();
        for (row, masses) in soft.masses.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            let masses = masses.map(|mass| mass * weight);
            check_finite(&masses)?;
            for (class, mass) in [positive, 1 - positive].into_iter().zip(masses) {
                if mass > 0.0 {
                    repeated.rows.push(row as u32);
                    repeated.weights.push(mass);
                    targets.push(class as u32);
                }
            }
        }
        Ok((repeated, targets))
    }
}

impl Task {
    /// The rows with those twice that the task is about twice, and the weight of each; `None` if it is about each once.
    pub(super) fn repeat(&mut self, rows: &Rows) -> Option<(Rows, Vec<f64>)> {
        let Repeated { rows: repeated, weights, .. } = self.repeated.take()?;
        Some((rows.select_rows(&repeated), weights))
    }
}
