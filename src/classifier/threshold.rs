//! Scores of rows that were not trained on, and their truth, in; the score above which the answer is positive out.

use serde::{Deserialize, Serialize};

use super::Classifier;
use super::calibration::finite;
use super::verdict::Verdict;
use crate::error::{Error, Result, same_length};

/// What a [`Threshold`] is to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ThresholdRule {
    /// The greatest F1 of the positive class; of equal ones the highest threshold.
    BestF1,
    /// The lowest threshold at which at least this share of the positive answers is right; above 0, at most 1.
    Precision(f64),
    /// The least cost in all, of so much for each wrong positive and wrong negative answer; of equal ones the highest
    /// threshold. Both finite, at least 0 and not both 0.
    Costs {
        /// The cost of a positive answer that is wrong.
        false_positive: f64,
        /// The cost of a negative answer that is wrong.
        false_negative: f64,
    },
}

/// The decision value of the positive class above which the answer is that class; without one it is 0.
///
/// Where classes were balanced in training, a searched threshold gains nothing; else it helps F1 much.
///
/// ```
/// use ressenti::{Threshold, ThresholdRule};
///
/// let (scores, positive) = ([-2.0, -1.5, -1.0, -0.5], [false, true, false, true]);
/// let threshold = Threshold::fit(ThresholdRule::Precision(1.0), &scores, &positive)?;
/// assert_eq!(threshold.value(), -0.75);
/// let cheap = ThresholdRule::Costs { false_positive: 1.0, false_negative: 5.0 };
/// assert_eq!(Threshold::fit(cheap, &scores, &positive)?.value(), -1.75);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Threshold {
    value: f64,
}

impl From<Threshold> for f64 {
    fn from(threshold: Threshold) -> Self {
        threshold.value
    }
}

impl TryFrom<f64> for Threshold {
    type Error = Error;

    fn try_from(value: f64) -> Result<Self> {
        finite("threshold", &[value])?;
        Ok(Self { value })
    }
}

impl Threshold {
    /// A threshold that is known: a decision value of the positive class. For the probability p of logistic regression
    /// that is ln(p / (1 − p)).
    ///
    /// Errors: [`Error::InvalidValues`] if it is not finite.
    pub fn at(value: f64) -> Result<Self> {
        Self::try_from(value)
    }

    /// The threshold that suits a rule best on these scores (of two classes, the decision value where the second class is
    /// the positive one, else its negative) and whether each row is positive.
    ///
    /// Errors: [`Error::NoTexts`], [`Error::LengthMismatch`], [`Error::InvalidParameter`] for numbers of the rule,
    /// [`Error::InvalidValues`] for scores that are not finite, if no row is positive, or if no threshold is as precise as
    /// asked for.
    pub fn fit(rule: ThresholdRule, scores: &[f64], positive: &[bool]) -> Result<Self> {
        rule.check()?;
        if scores.is_empty() {
            return Err(Error::NoTexts { task: "fit a threshold on" });
        }
        same_length("scores", scores.len(), "true classes", positive.len())?;
        finite("scores", scores)?;
        let all = positive.iter().filter(|&&positive| positive).count();
        let invalid = |problem: String| Error::InvalidValues { what: "truth", problem };
        if all == 0 {
            return Err(invalid("no row is positive; give rows of both classes".to_owned()));
        }
        let cuts = cuts(scores, positive);
        let best = match rule {
            ThresholdRule::BestF1 => {
                // 2·TP ÷ (2·TP + FP + FN), of which the denominator is positive answers + positive rows.
                let f1 = |cut: &Cut| 2.0 * cut.right as f64 / (cut.answers + all) as f64;
                first_with_least(&cuts, |cut| -f1(cut))
            }
            ThresholdRule::Costs { false_positive, false_negative } => {
                let cost = |cut: &Cut| {
                    (cut.answers - cut.right) as f64 * false_positive
                        + (all - cut.right) as f64 * false_negative
                };
                first_with_least(&cuts, cost)
            }
            ThresholdRule::Precision(least) => {
                let precision = |cut: &Cut| cut.right as f64 / cut.answers as f64;
                let enough = cuts.iter().filter(|cut| cut.answers > 0);
                enough.clone().rfind(|cut| precision(cut) >= least).ok_or_else(|| {
                    let best = enough.map(precision).fold(0.0, f64::max);
                    invalid(format!(
                        "no threshold has a precision of {least}; the best has {best}; ask for less or give more rows"
                    ))
                })?
            }
        };
        Ok(Self { value: best.value })
    }

    /// The decision value.
    #[must_use]
    pub fn value(self) -> f64 {
        self.value
    }
}

impl ThresholdRule {
    fn check(self) -> Result<()> {
        let refuse =
            |name, found: String, expected| Err(Error::InvalidParameter { name, found, expected });
        match self {
            Self::Precision(least) if !(least > 0.0 && least <= 1.0) => refuse(
                "precision",
                format!("{least}"),
                "is outside 0.0..=1.0, or is 0; 0.9 is a good start",
            ),
            Self::Costs { false_positive: a, false_negative: b }
                if !(a >= 0.0 && b >= 0.0 && (a + b).is_finite() && a + b > 0.0) =>
            {
                refuse(
                    "costs",
                    format!("{a} and {b}"),
                    "are not finite, at least 0 and one above 0",
                )
            }
            _ => Ok(()),
        }
    }
}

/// A threshold, how many answers above it are positive, and how many of these are right.
pub(super) struct Cut {
    pub(super) value: f64,
    pub(super) answers: usize,
    pub(super) right: usize,
}

/// Every threshold that tells rows apart, from the highest, at which no answer is positive, to the lowest, at which all are.
/// Each lies halfway between two scores.
pub(super) fn cuts(scores: &[f64], positive: &[bool]) -> Vec<Cut> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let highest = scores[order[0]];
    let mut cuts = vec![Cut { value: highest, answers: 0, right: 0 }];
    let mut right = 0;
    for (at, &row) in order.iter().enumerate() {
        right += usize::from(positive[row]);
        let score = scores[row];
        let value = match order.get(at + 1).map(|&next| scores[next]) {
            Some(next) if next == score => continue,
            // Half of two neighbours in floating point can be the upper one, which must lie above.
            Some(next) => Some(f64::midpoint(score, next)).filter(|&m| m < score).unwrap_or(next),
            None => score.next_down().max(f64::MIN),
        };
        cuts.push(Cut { value, answers: at + 1, right });
    }
    cuts
}

fn first_with_least(cuts: &[Cut], cost: impl Fn(&Cut) -> f64) -> &Cut {
    let better = |best, cut| if cost(cut) < cost(best) { cut } else { best };
    cuts[1..].iter().fold(&cuts[0], better)
}

impl Classifier {
    /// The same with another threshold between its two classes. Probabilities stay as they are.
    ///
    /// Errors: [`Error::InvalidValues`] unless there are two classes.
    pub fn with_threshold(mut self, threshold: Threshold) -> Result<Self> {
        if self.classes.len() != 2 || self.intercept.len() != 1 {
            let problem = format!("there are {} classes; it lies between two", self.classes.len());
            return Err(Error::InvalidValues { what: "threshold", problem });
        }
        self.verdict = Verdict::Threshold(threshold);
        Ok(self)
    }

    /// The threshold it was given.
    #[must_use]
    pub fn threshold(&self) -> Option<Threshold> {
        if let Verdict::Threshold(threshold) = self.verdict { Some(threshold) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_the_best_of_all_thresholds() {
        let scores = [0.1, 0.4, 0.4, -3.0, 0.9, 0.9, -0.2, 0.1];
        let positive = [true, false, true, false, true, true, true, false];
        // By trying each.
        let tried: Vec<(f64, usize, usize)> = [-4.0, -3.0, -0.2, 0.1, 0.4, 0.9]
            .map(|t| {
                let above = |i: &usize| scores[*i] > t;
                let answers: Vec<usize> = (0..8).filter(above).collect();
                (t, answers.len(), answers.iter().filter(|&&i| positive[i]).count())
            })
            .to_vec();
        let f1 =
            |&(_, answers, right): &(f64, usize, usize)| 2.0 * right as f64 / (answers + 5) as f64;
        let best = tried.iter().map(f1).fold(0.0, f64::max);
        let found = |rule| Threshold::fit(rule, &scores, &positive).unwrap().value();
        let at = found(ThresholdRule::BestF1);
        let answers: Vec<usize> = (0..8).filter(|&i| scores[i] > at).collect();
        let right = answers.iter().filter(|&&i| positive[i]).count();
        assert_eq!(f1(&(at, answers.len(), right)), best);
        for (wrong_positive, wrong_negative) in
            [(1.0, 1.0), (1.0, 5.0), (5.0, 1.0), (0.0, 1.0), (1.0, 0.0)]
        {
            let cost = |answers: usize, right: usize| {
                wrong_positive * (answers - right) as f64 + wrong_negative * (5 - right) as f64
            };
            let least = tried.iter().map(|&(_, a, r)| cost(a, r)).fold(f64::INFINITY, f64::min);
            // Of the cheapest the highest, which has the fewest positive answers.
            let cheapest = tried.iter().filter(|&&(_, a, r)| cost(a, r) == least);
            let fewest = cheapest.map(|&(_, answers, _)| answers).min();
            let at = found(ThresholdRule::Costs {
                false_positive: wrong_positive,
                false_negative: wrong_negative,
            });
            let answers = scores.iter().filter(|&&score| score > at).count();
            assert_eq!(Some(answers), fewest, "{wrong_positive} {wrong_negative}");
        }
        assert_eq!(found(ThresholdRule::Precision(1.0)), 0.65);
        assert_eq!(found(ThresholdRule::Precision(0.7)), -1.6);
    }

    #[test]
    fn neighbours_in_floating_point_are_told_apart() {
        let (low, high) = (1.0, 1.0f64.next_up());
        let at = Threshold::fit(ThresholdRule::BestF1, &[low, high], &[false, true]).unwrap();
        assert!(low <= at.value() && high > at.value());
    }

    #[test]
    fn what_cannot_be_had_is_an_error_that_says_what_can() {
        let text = |rule, positive: &[bool]| {
            Threshold::fit(rule, &[1.0, 2.0, 3.0], positive).unwrap_err().to_string()
        };
        assert_eq!(
            text(ThresholdRule::Precision(0.9), &[true, true, false]),
            "invalid truth: no threshold has a precision of 0.9; the best has 0.6666666666666666; ask for less or give more rows"
        );
        assert_eq!(
            text(ThresholdRule::BestF1, &[false; 3]),
            "invalid truth: no row is positive; give rows of both classes"
        );
        assert_eq!(
            text(ThresholdRule::Precision(f64::NAN), &[true; 3]),
            "precision NaN is outside 0.0..=1.0, or is 0; 0.9 is a good start"
        );
    }
}
