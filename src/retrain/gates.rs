//! Comparisons come in, why a challenger does not pass comes out: nothing, if it does.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::comparison::{Comparison, On, PerClass};
use crate::error::{Error, Result};

/// What a challenger must show, beside the model it is compared with, before it is put on trial.
///
/// The holdout decides. On recent corrections the same is asked for once there are [enough](Self::min_rows) of them. That it is
/// *better* is for the trial to show; here it must have gained something somewhere, and lost nothing that counts.
///
/// ```
/// use ressenti::retrain::Gates;
///
/// let gates = Gates::default().max_accuracy_drop(0.0).max_class_drop(0.02).min_rows(500);
/// let json = serde_json::to_string(&gates).unwrap();
/// assert_eq!(serde_json::from_str::<Gates>(&json).unwrap(), gates);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct Gates {
    alpha: f64,
    max_accuracy_drop: f64,
    max_class_drop: f64,
    min_rows: u64,
    min_class_rows: u64,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            max_accuracy_drop: 0.01,
            max_class_drop: 0.05,
            min_rows: 100,
            min_class_rows: 20,
        }
    }
}

impl Gates {
    /// It is refused if it has fewer right and McNemar's p-value is below this. Default: 0.05; range: above 0, below 1.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// It is refused if its accuracy is lower by more than this, chance or not. Default: 0.01; range: 0 to 1.
    pub fn max_accuracy_drop(mut self, drop: f64) -> Self {
        self.max_accuracy_drop = drop;
        self
    }

    /// The floor of each class: it is refused if on the holdout the recall of one is lower by more than this, or on recent
    /// corrections its F1. Default: 0.05; range: 0 to 1.
    ///
    /// On corrections recall would not do: of a world that it does not know, a champion may give every text the same label, and
    /// finds all of that class.
    ///
    /// For a class of [few rows](Self::min_class_rows) one row more or less is a large share; it is refused only if the drop is
    /// also beyond chance, by McNemar's test of the rows of the class.
    pub fn max_class_drop(mut self, drop: f64) -> Self {
        self.max_class_drop = drop;
        self
    }

    /// Texts of the holdout without which it is refused, since nothing can be concluded; and corrections without which those
    /// do not decide. Default: 100.
    ///
    /// Of a challenger that stands on its champion by a [prior](super::RetrainParams::prior), where there is no old data to hold
    /// out, so many recent corrections are asked for instead.
    pub fn min_rows(mut self, n: u64) -> Self {
        self.min_rows = n;
        self
    }

    /// Rows of a class without which a drop of its recall must be beyond chance to count. Default: 20.
    pub fn min_class_rows(mut self, n: u64) -> Self {
        self.min_class_rows = n;
        self
    }

    pub(super) fn validate(&self) -> Result<()> {
        let refuse = |name, found: f64, expected| {
            Err(Error::InvalidParameter { name, found: found.to_string(), expected })
        };
        if !(self.alpha > 0.0 && self.alpha < 1.0) {
            return refuse("alpha", self.alpha, "is not between 0 and 1; 0.05 is usual");
        }
        for (name, drop) in
            [("max_accuracy_drop", self.max_accuracy_drop), ("max_class_drop", self.max_class_drop)]
        {
            if !(0.0..=1.0).contains(&drop) {
                return refuse(name, drop, "is outside 0.0..=1.0; use a share of rows");
            }
        }
        Ok(())
    }

    /// Why a challenger that compares like this, and may stand on its champion, does not pass.
    pub(super) fn refusals(&self, comparisons: &[Comparison], stands: bool) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let rows = |on| comparisons.iter().find(|c| c.on == on).map_or(0, |c| c.rows);
        let (held_out, recent) = (rows(On::Holdout), rows(On::Recent));
        // Without old data, what was learnt from it is the champion's, and recent corrections decide.
        let is_without = stands && held_out == 0 && recent >= self.min_rows;
        let rows = held_out;
        if rows < self.min_rows && !is_without {
            refusals.push(Refusal::TooFew { rows, asked: self.min_rows });
        }
        for comparison in comparisons.iter().filter(|c| c.rows >= self.min_rows) {
            self.judge(comparison, &mut refusals);
        }
        if comparisons.iter().all(|comparison| comparison.accuracy.difference.estimate <= 0.0) {
            refusals.push(Refusal::NoGain);
        }
        refusals
    }

    fn judge(&self, comparison: &Comparison, refusals: &mut Vec<Refusal>) {
        let (on, test) = (comparison.on, &comparison.mcnemar);
        if test.p_value < self.alpha && test.only_first < test.only_second {
            let (lost, gained) = (test.only_second, test.only_first);
            refusals.push(Refusal::Worse { on, lost, gained, p_value: test.p_value });
        }
        let drop = -comparison.accuracy.difference.estimate;
        if drop > self.max_accuracy_drop {
            let allowed = self.max_accuracy_drop;
            refusals.push(Refusal::Accuracy { on, drop, allowed });
        }
        for class in &comparison.classes {
            let (figure, [champion, challenger]) = match on {
                On::Holdout => ("recall", class.recall),
                On::Recent => ("F1", class.f1),
            };
            let can_tell = class.rows >= self.min_class_rows || class.p_value < self.alpha;
            if can_tell && champion - challenger > self.max_class_drop {
                let PerClass { label, rows, .. } = class.clone();
                let (figure, allowed) = (figure.to_owned(), self.max_class_drop);
                refusals.push(Refusal::Class {
                    on,
                    label,
                    rows,
                    figure,
                    champion,
                    challenger,
                    allowed,
                });
            }
        }
    }
}

/// Why a challenger was not put on trial. It prints as a sentence.
///
/// ```
/// use ressenti::retrain::{On, Refusal};
///
/// let refusal = Refusal::Accuracy { on: On::Holdout, drop: 0.034, allowed: 0.01 };
/// assert_eq!(refusal.to_string(), "its accuracy on the holdout is 0.0340 lower, 0.01 is allowed");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// Too few texts are held out to conclude anything.
    TooFew {
        /// Those there are.
        rows: u64,
        /// Those there must be.
        asked: u64,
    },
    /// It has fewer right, and that is no chance.
    Worse {
        /// Where.
        on: On,
        /// Rows that only the other model has right.
        lost: u64,
        /// Rows that only it has right.
        gained: u64,
        /// McNemar's.
        p_value: f64,
    },
    /// Its accuracy is lower by more than allowed.
    Accuracy {
        /// Where.
        on: On,
        /// By so much.
        drop: f64,
        /// Allowed is so much.
        allowed: f64,
    },
    /// A figure of a class is lower by more than allowed.
    Class {
        /// Where.
        on: On,
        /// Of which class.
        label: String,
        /// How many rows it has.
        rows: u64,
        /// `recall` or `F1`.
        figure: String,
        /// The champion's.
        champion: f64,
        /// The challenger's.
        challenger: f64,
        /// Allowed is so much.
        allowed: f64,
    },
    /// It has nowhere more right.
    NoGain,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { rows, asked } => write!(
                f,
                "{rows} texts of the old data are held out, at least {asked} are asked for; give more old data"
            ),
            Self::Worse { on, lost, gained, p_value } => {
                write!(f, "it loses {lost} and gains {gained} rows of {on} (p {p_value:.2e})")
            }
            Self::Accuracy { on, drop, allowed } => {
                write!(f, "its accuracy on {on} is {drop:.4} lower, {allowed} is allowed")
            }
            Self::Class { on, label, rows, figure, champion, challenger, allowed } => write!(
                f,
                "its {figure} of {label:?} on {on} fell from {champion:.4} to {challenger:.4} ({rows} rows), {allowed} is allowed"
            ),
            Self::NoGain => write!(f, "it has nowhere more right than the model it is to replace"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Bootstrap;
    use crate::retrain::comparison::compare;

    /// Rows of two classes, of which each model has so many of each right.
    fn comparison(
        on: On,
        rows: [usize; 2],
        champion: [usize; 2],
        challenger: [usize; 2],
    ) -> Comparison {
        let mut truth = Vec::new();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for class in 0..2 {
            for row in 0..rows[class] {
                let answer = |right: [usize; 2]| if row < right[class] { class } else { 1 - class };
                truth.push(class);
                first.push(answer(challenger));
                second.push(answer(champion));
            }
        }
        let labels = ["0".to_owned(), "1".to_owned()];
        compare(on, &labels, &truth, &first, &second, &Bootstrap::new().resamples(1)).unwrap()
    }

    #[test]
    fn what_passes_and_what_does_not() {
        let names = |comparisons: &[Comparison]| -> Vec<&'static str> {
            let name = |refusal: &Refusal| match refusal {
                Refusal::TooFew { .. } => "few",
                Refusal::Worse { .. } => "worse",
                Refusal::Accuracy { .. } => "accuracy",
                Refusal::Class { .. } => "class",
                Refusal::NoGain => "no gain",
            };
            Gates::default().refusals(comparisons, false).iter().map(name).collect()
        };
        let held_out =
            |champion, challenger| comparison(On::Holdout, [500, 500], champion, challenger);
        let recent = |n, champion, challenger| comparison(On::Recent, [n, n], champion, challenger);
        assert_eq!(names(&[held_out([400, 400], [410, 410])]), [""; 0]);
        assert_eq!(names(&[held_out([400, 400], [400, 400])]), ["no gain"]);
        // A few rows are lost by chance, and much is gained elsewhere.
        let lost_by_chance = held_out([400, 400], [396, 399]);
        assert_eq!(names(std::slice::from_ref(&lost_by_chance)), ["no gain"]);
        assert_eq!(names(&[lost_by_chance.clone(), recent(60, [10, 10], [40, 40])]), [""; 0]);
        // Of two recent corrections nothing is concluded, but that they are learnt is a gain.
        assert_eq!(names(&[lost_by_chance, recent(1, [0, 0], [1, 1])]), [""; 0]);
        assert_eq!(
            names(&[held_out([400, 400], [395, 400]), recent(1, [1, 1], [0, 0])]),
            ["no gain"]
        );
        assert_eq!(names(&[held_out([400, 400], [380, 380])]), ["worse", "accuracy", "no gain"]);
        // One class pays for the other.
        assert_eq!(names(&[held_out([400, 400], [370, 450])]), ["class"]);
        assert_eq!(
            names(&[held_out([400, 400], [410, 410]), recent(60, [50, 50], [30, 30])]),
            ["worse", "accuracy", "class", "class"]
        );
        assert_eq!(names(&[comparison(On::Holdout, [2, 1], [0, 1], [2, 1])]), ["few"]);
        assert_eq!(names(&[]), ["few", "no gain"]);

        // One that stands on its champion is judged by recent corrections, where nothing else is there.
        let refusals = |comparison| Gates::default().refusals(&[comparison], true).len();
        assert_eq!(refusals(recent(60, [10, 10], [40, 40])), 0);
        assert_eq!(refusals(recent(40, [10, 10], [40, 40])), 1, "too few");
        assert_eq!(refusals(comparison(On::Holdout, [2, 1], [0, 1], [2, 1])), 1, "too few");
        assert_eq!(names(&[recent(60, [10, 10], [40, 40])]), ["few"]);
    }

    #[test]
    fn a_rare_class_is_refused_beyond_chance_only() {
        let rare = |champion, challenger| comparison(On::Holdout, [500, 10], champion, challenger);
        let refusals = |c: Comparison| Gates::default().refusals(&[c], false);
        assert!(refusals(rare([400, 3], [420, 0])).is_empty());
        let refusals = refusals(rare([400, 9], [420, 1]));
        let texts: Vec<_> = refusals.iter().map(Refusal::to_string).collect();
        let text = "its recall of \"1\" on the holdout fell from 0.9000 to 0.1000 (10 rows), 0.05 is allowed";
        assert_eq!(texts, [text]);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for (gates, text) in [
            (Gates::default().alpha(f64::NAN), "alpha NaN is not between 0 and 1; 0.05 is usual"),
            (
                Gates::default().max_class_drop(2.0),
                "max_class_drop 2 is outside 0.0..=1.0; use a share of rows",
            ),
            (
                Gates::default().max_accuracy_drop(-0.1),
                "max_accuracy_drop -0.1 is outside 0.0..=1.0; use a share of rows",
            ),
        ] {
            assert_eq!(gates.validate().unwrap_err().to_string(), text);
        }
    }
}
