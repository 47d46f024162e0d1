//! A pipeline and what decides its answers in, the same pipeline that answers so out. How any of it is fitted is known below.
//!
//! Its [card](super::Card) loses its figures, and it its profile: they are those of other answers.

use super::Pipeline;
use crate::classifier::{Calibration, NeutralBand, Threshold};
use crate::error::Result;

impl Pipeline {
    /// The same with calibrated probabilities: [`Classifier::with_calibration`](crate::Classifier::with_calibration).
    /// [`PipelineBuilder::calibration`](crate::PipelineBuilder::calibration) fits one in training.
    ///
    /// It has no [`calibration_report`](Self::calibration_report): one that it had spoke of another calibration, and of texts
    /// that this one was fitted on the figures would be too good. What it gained is told by texts that neither training nor
    /// calibration saw: Brier score and calibration error are in a [`Report`](crate::evaluate::Report), before and after.
    ///
    /// Errors: [`Error::InvalidValues`](crate::Error::InvalidValues) as for the classifier.
    pub fn with_calibration(mut self, calibration: Calibration) -> Result<Self> {
        self.classifier = self.classifier.with_calibration(calibration)?;
        self.calibration_report = None;
        self.figures.clear();
        self.profile = None;
        Ok(self)
    }

    /// The same with another threshold between its two classes:
    /// [`Classifier::with_threshold`](crate::Classifier::with_threshold).
    ///
    /// Fit it on texts that were not trained on, such as those of a
    /// [`cross_validate`](crate::select::cross_validate): scikit-learn's `TunedThresholdClassifierCV`.
    ///
    /// Errors: [`Error::InvalidValues`](crate::Error::InvalidValues) unless there are two classes.
    ///
    /// ```
    /// use ressenti::evaluate::KFold;
    /// use ressenti::select::{CvOptions, cross_validate};
    /// use ressenti::{Pipeline, Threshold, ThresholdRule};
    ///
    /// let texts = ["good crew", "bad crew", "good seat", "bad seat", "so bad", "bad", "too bad", "very bad"];
    /// let labels = [1, 0, 1, 0, 0, 0, 0, 0];
    /// let builder = Pipeline::builder();
    /// let folds = KFold::new(2).stratified(&labels)?;
    /// let cv = cross_validate(&builder, &texts, &labels, &folds, &CvOptions::new())?;
    ///
    /// let positive = labels.map(|label| label == 1);
    /// let threshold = Threshold::fit(ThresholdRule::BestF1, cv.decisions().as_slice(), &positive)?;
    /// let pipeline = builder.fit(&texts, &labels)?;
    /// assert_eq!(pipeline.predict("so good")?.label(), "0"); // most are
    /// assert_eq!(pipeline.with_threshold(threshold)?.predict("so good")?.label(), "1");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn with_threshold(mut self, threshold: Threshold) -> Result<Self> {
        self.classifier = self.classifier.with_threshold(threshold)?;
        self.figures.clear();
        self.profile = None;
        Ok(self)
    }

    /// The same with a third answer of this name, for texts that speak for neither of its two classes:
    /// [`Classifier::with_neutral_band`](crate::Classifier::with_neutral_band). A threshold or a calibration that it had is
    /// left out.
    ///
    /// Errors: [`Error::InvalidValues`](crate::Error::InvalidValues) unless there are two classes, with other names.
    ///
    /// ```
    /// use ressenti::{NeutralBand, Pipeline};
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// let pipeline = pipeline.with_neutral_band(NeutralBand::new(-0.1, 0.1)?, "neutral")?;
    /// assert_eq!(pipeline.predict("good")?.label(), "positive");
    /// assert_eq!(pipeline.predict("crew")?.label(), "neutral");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn with_neutral_band(
        mut self,
        band: NeutralBand,
        label: impl Into<String>,
    ) -> Result<Self> {
        self.classifier = self.classifier.with_neutral_band(band, label)?;
        self.calibration_report = None;
        self.figures.clear();
        self.profile = None;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::CalibrationMethod;

    #[test]
    fn figures_of_other_answers_leave_the_card() {
        let (texts, labels) = (["good crew", "bad crew"], [true, false]);
        let pipeline = Pipeline::builder().fit(&texts, &labels).unwrap();
        let report = pipeline.evaluate(&texts, &labels).unwrap();
        let pipeline = pipeline.with_figures(&report);
        assert!(!pipeline.card().figures.is_empty());
        let calibration =
            Calibration::fit(CalibrationMethod::Platt, &decisions(&pipeline, &texts), &[1, 0]);
        for changed in [
            pipeline.clone().with_threshold(Threshold::at(0.5).unwrap()),
            pipeline.clone().with_neutral_band(NeutralBand::new(-0.1, 0.1).unwrap(), "neutral"),
            pipeline.clone().with_calibration(calibration.unwrap()),
        ] {
            assert!(changed.unwrap().card().figures.is_empty());
        }
    }

    fn decisions(pipeline: &Pipeline, texts: &[&str]) -> crate::rows::Matrix {
        pipeline.classifier.decision_function(&pipeline.vectorizer.transform(texts)).unwrap()
    }
}
