//! Rows that a classifier was not trained on, and their labels, in; the same classifier with a calibration, a threshold or a
//! neutral band fitted on them out. How each is fitted is not known here.

use super::{
    Calibration, CalibrationMethod, Classifier, NeutralBand, Threshold, ThresholdRule, find_classes,
};
use crate::error::{Result, same_length};
use crate::rows::Rows;
use crate::sentiment::{Label, Sentiment};
use crate::views::Labels;

impl Classifier {
    /// [`with_calibration`](Self::with_calibration) of these rows, which it was not trained on. What it gained is told by rows
    /// that are neither those nor these: of these, [`brier_score_loss`](crate::evaluate::brier_score_loss) is too good.
    ///
    /// Errors: [`Error::ColumnMismatch`](crate::Error::ColumnMismatch),
    /// [`Error::UnknownLabel`](crate::Error::UnknownLabel), and those of [`Calibration::fit`] and `with_calibration`.
    ///
    /// ```
    /// use ressenti::{CalibrationMethod, Classifier, Vectorizer};
    ///
    /// let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good crew", "bad crew"])?;
    /// let held_out = vectorizer.transform(&["good", "bad", "crew"]);
    /// let classifier = Classifier::linear_svm().fit(&rows, &["1", "0"])?;
    /// let calibrated = classifier.calibrate_on(CalibrationMethod::Platt, &held_out, &["1", "0", "1"])?;
    /// assert!(calibrated.calibration().is_some());
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn calibrate_on<L: Label>(
        self,
        method: CalibrationMethod,
        rows: &Rows,
        labels: &[L],
    ) -> Result<Self> {
        let truth = self.places(rows, Labels::of(&labels))?;
        let calibration = Calibration::fit(method, &self.decision_function(rows)?, &truth)?;
        self.with_calibration(calibration)
    }

    /// [`with_threshold`](Self::with_threshold) of these rows, which it was not trained on.
    ///
    /// Errors: [`Error::ColumnMismatch`](crate::Error::ColumnMismatch),
    /// [`Error::UnknownLabel`](crate::Error::UnknownLabel), and those of [`Threshold::fit`] and `with_threshold`.
    ///
    /// ```
    /// use ressenti::{Classifier, ThresholdRule, Vectorizer};
    ///
    /// let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good crew", "bad crew", "bad seat"])?;
    /// let held_out = vectorizer.transform(&["good", "bad", "crew"]);
    /// let classifier = Classifier::logistic_regression().fit(&rows, &["1", "0", "0"])?;
    /// let careful = classifier.threshold_on(ThresholdRule::BestF1, &held_out, &["1", "0", "0"])?;
    /// assert_eq!(careful.predict(&held_out)?, ["1", "0", "0"]);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn threshold_on<L: Label>(
        self,
        rule: ThresholdRule,
        rows: &Rows,
        labels: &[L],
    ) -> Result<Self> {
        // Anything but two classes is refused before what only two have is asked for.
        let unchanged = self.clone().with_threshold(Threshold::at(0.0)?)?;
        let positive = unchanged.positive;
        let truth: Vec<bool> = self
            .places(rows, Labels::of(&labels))?
            .into_iter()
            .map(|class| class == positive)
            .collect();
        let sign = if positive == 1 { 1.0 } else { -1.0 };
        let decisions = self.decision_function(rows)?;
        let scores: Vec<f64> = decisions.as_slice().iter().map(|z| sign * z).collect();
        self.with_threshold(Threshold::fit(rule, &scores, &truth)?)
    }

    /// [`with_neutral_band`](Self::with_neutral_band) of these rows, which it was not trained on; the third answer is
    /// `neutral`. [`Sentiment::Positive`] stands for the second class.
    ///
    /// Errors: [`Error::ColumnMismatch`](crate::Error::ColumnMismatch), and those of [`NeutralBand::fit`] and
    /// `with_neutral_band`.
    pub fn neutral_band_on(self, rows: &Rows, sentiments: &[Sentiment]) -> Result<Self> {
        let unchanged = NeutralBand::new(0.0, 0.0)?;
        self.clone().with_neutral_band(unchanged, Sentiment::Neutral.as_str())?;
        let band = NeutralBand::fit(self.decision_function(rows)?.as_slice(), sentiments)?;
        self.with_neutral_band(band, Sentiment::Neutral.as_str())
    }

    /// The class of each label, as many as rows.
    pub(super) fn places(&self, rows: &Rows, labels: Labels<'_>) -> Result<Vec<usize>> {
        same_length("rows", rows.n_rows(), "labels", labels.len())?;
        find_classes(&self.classes, labels)
    }
}
