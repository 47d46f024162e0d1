//! Decision values of two classes and the truth, which may be neither, in; a band of values that mean neither out.

use serde::{Deserialize, Serialize};

use super::Classifier;
use super::calibration::finite;
use super::link::sigmoid;
use super::platt::{Sigmoid, platt};
use super::threshold::cuts;
use super::verdict::Verdict;
use crate::error::{Error, Result, same_length};
use crate::sentiment::{Sentiment, class_order};

/// The decision values of a classifier of two classes that are too weak to speak for either: its third answer.
///
/// Below [`low`](Self::low) the answer is the first class, above [`high`](Self::high) the second, else neutral. The
/// probability of at least neutral, and that of the second class, are two sigmoids of the decision value, as of Platt's
/// calibration; what lies between them is neutral. (Cumulative logits, with a slope for each: Agresti, *Analysis of Ordinal
/// Categorical Data*, chapter 3.)
///
/// ```
/// use ressenti::{Classifier, NeutralBand, Sentiment, Vectorizer};
///
/// let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good crew", "bad crew", "good seat", "bad seat"])?;
/// let two = Classifier::logistic_regression().c(10.0);
/// let two = two.fit(&rows, &["positive", "negative", "positive", "negative"])?;
///
/// let held_out = vectorizer.transform(&["good", "bad", "crew and seat"]);
/// let decisions = two.decision_function(&held_out)?;
/// let truth = [Sentiment::Positive, Sentiment::Negative, Sentiment::Neutral];
/// let three = two.with_neutral_band(NeutralBand::fit(decisions.as_slice(), &truth)?, "neutral")?;
/// assert_eq!(three.classes(), ["negative", "neutral", "positive"]);
/// assert_eq!(three.predict(&held_out)?, ["positive", "negative", "neutral"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BandParts", into = "BandParts")]
pub struct NeutralBand {
    low: f64,
    high: f64,
    not_first: Sigmoid,
    second: Sigmoid,
}

/// What of a [`NeutralBand`] is stored.
#[derive(Serialize, Deserialize)]
struct BandParts {
    low: f64,
    high: f64,
    not_first: Sigmoid,
    second: Sigmoid,
}

impl From<NeutralBand> for BandParts {
    fn from(band: NeutralBand) -> Self {
        let NeutralBand { low, high, not_first, second } = band;
        Self { low, high, not_first, second }
    }
}

impl TryFrom<BandParts> for NeutralBand {
    type Error = Error;

    fn try_from(parts: BandParts) -> Result<Self> {
        let BandParts { low, high, not_first, second } = parts;
        finite("neutral band", &[low, high, not_first.0, not_first.1, second.0, second.1])?;
        if low > high {
            let problem = format!("{low} is above {high}; give the lower end first");
            return Err(Error::InvalidValues { what: "neutral band", problem });
        }
        Ok(Self { low, high, not_first, second })
    }
}

impl NeutralBand {
    /// A band that is known. Probabilities are as if the two ends were those of logistic regression.
    ///
    /// Errors: [`Error::InvalidValues`] if the ends are not finite or the first is above the second.
    pub fn new(low: f64, high: f64) -> Result<Self> {
        Self::try_from(BandParts { low, high, not_first: (1.0, -low), second: (1.0, -high) })
    }

    /// The same with other probabilities: that of at least neutral, and that of the second class, are
    /// 1 / (1 + exp(−(slope · z + offset))) of these slopes and offsets.
    ///
    /// ```
    /// use ressenti::NeutralBand;
    ///
    /// let band = NeutralBand::new(-1.0, 1.0)?.with_curves((2.0, 2.0), (2.0, -2.0))?;
    /// assert_eq!(band.curves(), [(2.0, 2.0), (2.0, -2.0)]);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// Errors: [`Error::InvalidValues`] for a number that is not finite.
    pub fn with_curves(self, not_first: (f64, f64), second: (f64, f64)) -> Result<Self> {
        Self::try_from(BandParts { low: self.low, high: self.high, not_first, second })
    }

    /// The slope and the offset of either curve: that of at least neutral, and that of the second class.
    #[must_use]
    pub fn curves(&self) -> [(f64, f64); 2] {
        [self.not_first, self.second]
    }

    /// The band with the greatest mean recall of the three answers on these decision values, which are those of rows that
    /// were not trained on; [`Sentiment::Positive`] stands for the second class of the classifier.
    ///
    /// Errors: [`Error::LengthMismatch`], [`Error::InvalidValues`] for values that are not finite or if one of the three
    /// sentiments has no row.
    pub fn fit(decisions: &[f64], truth: &[Sentiment]) -> Result<Self> {
        check(decisions, truth, &[Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive])?;
        let of = |sentiment: Sentiment| -> Vec<bool> {
            truth.iter().map(|&truth| truth == sentiment).collect()
        };
        let [first, neither, second] =
            [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive].map(of);
        let count = |rows: &[bool]| rows.iter().filter(|&&row| row).count() as f64;
        let [n_first, n_neither, n_second] = [&first, &neither, &second].map(|rows| count(rows));
        // From the highest cut down: what lies above it. Both ends are cuts, and the sum of recalls splits into what each
        // end adds: recall of the first class below the low end, of neither below the high end less that below the low
        // one, of the second above the high end. So the best low end is found for each high end in one pass, from below.
        let (of_first, of_neither, of_second) =
            (cuts(decisions, &first), cuts(decisions, &neither), cuts(decisions, &second));
        let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
        let mut low = (f64::NEG_INFINITY, 0.0);
        for at in (0..of_first.len()).rev() {
            let below_first = (n_first - of_first[at].right as f64) / n_first;
            let below_neither = (n_neither - of_neither[at].right as f64) / n_neither;
            let value = of_first[at].value;
            if below_first - below_neither > low.0 {
                low = (below_first - below_neither, value);
            }
            let sum = low.0 + below_neither + of_second[at].right as f64 / n_second;
            if sum > best.0 {
                best = (sum, low.1, value);
            }
        }
        Self::between(best.1, best.2, decisions, truth)
    }

    /// The narrowest band outside of which at least `least` of the answers for each class are right; neutral rows count
    /// as wrong there. Where no value is wrong enough to be left out, the band is a point.
    ///
    /// Errors: as for [`fit`](Self::fit), of which neutral need have no row; [`Error::InvalidParameter`] if `least` is not
    /// above 0 and at most 1; [`Error::InvalidValues`] if no band is as precise.
    pub fn with_precision(decisions: &[f64], truth: &[Sentiment], least: f64) -> Result<Self> {
        use super::threshold::{Threshold, ThresholdRule::Precision};
        check(decisions, truth, &[Sentiment::Negative, Sentiment::Positive])?;
        let of = |sentiment: Sentiment| -> Vec<bool> {
            truth.iter().map(|&truth| truth == sentiment).collect()
        };
        let negated: Vec<f64> = decisions.iter().map(|z| -z).collect();
        let high = Threshold::fit(Precision(least), decisions, &of(Sentiment::Positive))?.value();
        let low = -Threshold::fit(Precision(least), &negated, &of(Sentiment::Negative))?.value();
        // Where they cross, any point between them is precise enough for both.
        let (low, high) = if low <= high {
            (low, high)
        } else {
            let middle = 0.0f64.clamp(high, low);
            (middle, middle)
        };
        Self::between(low, high, decisions, truth)
    }

    fn between(low: f64, high: f64, decisions: &[f64], truth: &[Sentiment]) -> Result<Self> {
        let weights = vec![1.0; truth.len()];
        let sigmoid_of = |is: fn(Sentiment) -> bool| {
            let rows: Vec<bool> = truth.iter().map(|&truth| is(truth)).collect();
            platt(decisions, &rows, &weights)
        };
        Self::try_from(BandParts {
            low,
            high,
            not_first: sigmoid_of(|truth| truth != Sentiment::Negative),
            second: sigmoid_of(|truth| truth == Sentiment::Positive),
        })
    }

    /// Below this the answer is the first class.
    #[must_use]
    pub fn low(&self) -> f64 {
        self.low
    }

    /// Above this the answer is the second class.
    #[must_use]
    pub fn high(&self) -> f64 {
        self.high
    }
}

fn check(decisions: &[f64], truth: &[Sentiment], needed: &[Sentiment]) -> Result<()> {
    same_length("decision values", decisions.len(), "true sentiments", truth.len())?;
    finite("decision values", decisions)?;
    match needed.iter().find(|sentiment| !truth.contains(sentiment)) {
        None => Ok(()),
        Some(missing) => {
            let problem = format!("no row is {missing}; give rows of each");
            Err(Error::InvalidValues { what: "truth", problem })
        }
    }
}

/// A band, and where its answer stands among the three classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Band {
    pub(super) band: NeutralBand,
    neutral: u32,
}

impl Band {
    /// The places of the first class, of the second and of neutral.
    fn places(self) -> [usize; 3] {
        match self.neutral {
            0 => [1, 2, 0],
            1 => [0, 2, 1],
            _ => [0, 1, 2],
        }
    }

    pub(super) fn class_of(self, z: f64) -> usize {
        let [first, second, neutral] = self.places();
        if z < self.band.low {
            first
        } else if z > self.band.high {
            second
        } else {
            neutral
        }
    }

    /// Whether a class is the first of the two that the weights know; neutral counts as the second, of which it has less.
    pub(super) fn is_first(self, class: usize) -> bool {
        class == self.places()[0]
    }

    /// Appends the probability of each of the three classes.
    pub(super) fn probabilities(self, z: f64, out: &mut Vec<f64>) {
        let [first, second, neutral] = self.places();
        let curve = |(a, b): Sigmoid| sigmoid(a * z + b);
        let at_least_neutral = curve(self.band.not_first);
        let is_second = curve(self.band.second).min(at_least_neutral);
        let start = out.len();
        out.extend([0.0; 3]);
        let out = &mut out[start..];
        (out[first], out[second]) = (1.0 - at_least_neutral, is_second);
        out[neutral] = at_least_neutral - is_second;
    }

    /// The place of the third answer among the classes.
    pub(super) fn neutral(self) -> usize {
        self.neutral as usize
    }
}

impl Classifier {
    /// The same with a third answer of this name, for values that are too weak. A threshold or a calibration that it had is
    /// left out.
    ///
    /// Its classes are then three, and so are its probabilities.
    ///
    /// Errors: [`Error::InvalidValues`] unless there are two classes, with other names.
    pub fn with_neutral_band(
        mut self,
        band: NeutralBand,
        label: impl Into<String>,
    ) -> Result<Self> {
        let label = label.into();
        let invalid = |problem: String| Err(Error::InvalidValues { what: "neutral band", problem });
        if self.classes.len() != 2 || self.intercept.len() != 1 {
            return invalid(format!(
                "there are {} classes; it lies between two",
                self.classes.len()
            ));
        }
        if self.classes.contains(&label) {
            return invalid(format!("{label:?} is one of the two classes; give it another name"));
        }
        let place = self.classes.iter().filter(|class| class_order(class, &label).is_lt()).count();
        self.positive += usize::from(place <= self.positive);
        self.classes.insert(place, label);
        self.calibration = None;
        self.verdict = Verdict::Band(Band { band, neutral: place as u32 });
        Ok(self)
    }

    /// The band of decision values that mean neither class, if there is one.
    #[must_use]
    pub fn neutral_band(&self) -> Option<NeutralBand> {
        if let Verdict::Band(band) = &self.verdict { Some(band.band) } else { None }
    }

    /// Where among the classes the answer of the band is.
    pub(crate) fn neutral_class(&self) -> Option<usize> {
        if let Verdict::Band(band) = &self.verdict { Some(band.neutral()) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of the recalls of three answers.
    fn recalls(low: f64, high: f64, decisions: &[f64], truth: &[Sentiment]) -> f64 {
        let all = [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive];
        let answer = |z: f64| {
            if z < low {
                all[0]
            } else if z > high {
                all[2]
            } else {
                all[1]
            }
        };
        let recall = |sentiment| {
            let rows = decisions.iter().zip(truth).filter(|row| *row.1 == sentiment);
            rows.clone().filter(|row| answer(*row.0) == sentiment).count() as f64
                / rows.count() as f64
        };
        all.map(recall).iter().sum()
    }

    #[test]
    fn no_other_band_has_a_greater_mean_recall() {
        let mut random = crate::random::SplitMix64::new(3);
        for _ in 0..50 {
            let all = [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive];
            let n = 6 + random.below(20) as usize;
            let truth: Vec<Sentiment> =
                (0..n).map(|i| all[if i < 3 { i } else { random.below(3) as usize }]).collect();
            let decisions: Vec<f64> = (0..n).map(|_| random.below(9) as f64 - 4.0).collect();
            let band = NeutralBand::fit(&decisions, &truth).unwrap();
            let found = recalls(band.low, band.high, &decisions, &truth);
            let ends: Vec<f64> = (-5..=5).map(|i| f64::from(i) + 0.5).collect();
            for &low in &ends {
                for &high in ends.iter().filter(|&&high| high >= low) {
                    let other = recalls(low, high, &decisions, &truth);
                    assert!(
                        found >= other - 1e-12,
                        "{decisions:?} {truth:?} {band:?} {low} {high}"
                    );
                }
            }
        }
    }

    #[test]
    fn answers_outside_of_a_precise_band_are_right_as_often_as_asked() {
        use Sentiment::{Negative, Neutral, Positive};
        let decisions = [-3.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0];
        let truth = [Negative, Negative, Positive, Neutral, Negative, Positive, Positive, Positive];
        let band = NeutralBand::with_precision(&decisions, &truth, 1.0).unwrap();
        assert_eq!((band.low(), band.high()), (-1.5, 0.75));
        // Nothing is wrong at 0.5, so both ends cross.
        let band = NeutralBand::with_precision(&[-1.0, 1.0], &[Negative, Positive], 0.5).unwrap();
        assert_eq!((band.low(), band.high()), (0.0, 0.0));
    }

    #[test]
    fn probabilities_sum_to_1_wherever_neutral_sorts() {
        for neutral in 0..3 {
            let band = Band { band: NeutralBand::new(-0.5, 1.0).unwrap(), neutral };
            for z in [-1000.0, -0.6, 0.0, 2.0, 1000.0] {
                let mut p = Vec::new();
                band.probabilities(z, &mut p);
                assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-15 && p.iter().all(|&p| p >= 0.0));
                let likeliest = (0..3).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap();
                assert!(z.abs() < 10.0 || likeliest == band.class_of(z));
            }
        }
    }
}
