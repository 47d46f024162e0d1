//! A fitted pipeline in, the settings to train another one like it out. On what is not known here.

use super::{Pipeline, PipelineBuilder, ProfileSource};
#[cfg(feature = "store")]
use crate::error::Result;

impl Pipeline {
    /// The settings that it was trained with, to train another one: of both parts, the calibration by folds and the profile.
    ///
    /// A [prior](PipelineBuilder::prior) and [lexicons](PipelineBuilder::lexicon) are not among them. A pipeline that stands on
    /// the decisions of one has its analysis beside its own, and the new one will have both.
    ///
    /// ```
    /// use ressenti::{Classifier, Pipeline};
    ///
    /// let (texts, labels) = (["good crew", "bad crew"], ["positive", "negative"]);
    /// let pipeline = Pipeline::builder().classifier(Classifier::linear_svm().c(3.0)).fit(&texts, &labels)?;
    /// let again = Pipeline::from_bytes(&pipeline.to_bytes())?.to_builder().fit(&texts, &labels)?;
    /// assert_eq!(again.to_bytes(), pipeline.to_bytes());
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn to_builder(&self) -> PipelineBuilder {
        let mut builder = Self::builder()
            .vectorizer(self.vectorizer.params().clone())
            .classifier(self.classifier.params().clone())
            .profile(self.profile().map_or(ProfileSource::Off, |profile| profile.source));
        if let Some(report) = self.calibration_report() {
            builder = builder.calibration(report.method, report.folds as usize);
        }
        builder
    }

    /// Another pipeline with what decides the answers of this one beside its weights: the threshold or the neutral band, where
    /// the other has the classes for it.
    #[cfg(feature = "store")]
    pub(crate) fn decided_alike(&self, other: Self) -> Result<Self> {
        let (classifier, n_classes) = (&self.classifier, other.classes().len());
        if let (Some(threshold), 2) = (classifier.threshold(), n_classes) {
            return other.with_threshold(threshold);
        }
        match (classifier.neutral_band(), classifier.neutral_class(), n_classes) {
            (Some(band), Some(neutral), 2)
                if !other.classes().contains(&self.classes()[neutral]) =>
            {
                other.with_neutral_band(band, self.classes()[neutral].clone())
            }
            _ => Ok(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use crate::{CalibrationMethod, Preset};
    #[cfg(feature = "store")]
    use crate::{NeutralBand, Threshold};

    const TEXTS: [&str; 6] = ["good", "bad", "good crew", "bad crew", "so good", "so bad"];
    const LABELS: [&str; 6] = ["1", "0", "1", "0", "1", "0"];

    #[test]
    fn the_settings_of_a_model_make_the_same_model_again() {
        for builder in [
            Pipeline::builder(),
            Pipeline::builder().preset(Preset::Social),
            Pipeline::builder().preset_for(Preset::Reviews, Language::French),
            Pipeline::builder()
                .calibration(CalibrationMethod::Platt, 2)
                .profile(ProfileSource::Off),
        ] {
            let pipeline = builder.fit(&TEXTS, &LABELS).unwrap();
            let again = pipeline.to_builder().fit(&TEXTS, &LABELS).unwrap();
            assert_eq!(again.to_bytes(), pipeline.to_bytes());
        }
    }

    #[cfg(feature = "store")]
    #[test]
    fn what_decides_is_handed_on_where_it_fits() {
        let two = Pipeline::builder().fit(&TEXTS, &LABELS).unwrap();
        let strict = two.clone().with_threshold(Threshold::at(0.9).unwrap()).unwrap();
        let alike = strict.decided_alike(two.clone()).unwrap();
        assert_eq!(alike.classifier().threshold(), strict.classifier().threshold());
        let band = NeutralBand::new(-9.0, 9.0).unwrap();
        let banded = two.clone().with_neutral_band(band, "neutral").unwrap();
        let alike = banded.decided_alike(two.clone()).unwrap();
        assert_eq!(alike.predict("good").unwrap().label(), "neutral");
        let three =
            Pipeline::builder().fit(&["good", "bad", "so so"], &["1", "0", "neutral"]).unwrap();
        assert_eq!(banded.decided_alike(three.clone()).unwrap().classes(), three.classes());
    }
}
