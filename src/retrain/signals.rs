//! Feedback and drift come in, the numbers that a policy decides by come out.

use serde::{Deserialize, Serialize};

use crate::monitor::drift::{Drift, DriftPart};
use crate::monitor::feedback::{Agreement, Correction, Corrections};

/// What is known of a model at work, as numbers; what a [`RetrainPolicy`](super::RetrainPolicy) decides by.
/// [`Retrainer::signals`](super::Retrainer::signals) counts what is new since the last retraining.
///
/// ```
/// use std::time::Duration;
/// use ressenti::Pipeline;
/// use ressenti::monitor::feedback::{Correction, Corrections};
/// use ressenti::retrain::Signals;
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let said = |id: &str, right: &str| -> ressenti::Result<Correction> {
///     Ok(Correction::new(id, "a lovely bag", &pipeline.predict("lovely")?, right, Duration::ZERO))
/// };
/// let corrections = vec![
///     said("1", "positive")?,               // a confirmation
///     said("2", "negative")?,               // a correction
///     said("3", "negative")?.without_text(), // one that cannot be trained on
///     said("4", "Negative!")?,              // one that nobody understands
/// ];
/// let signals = Signals::new(&Corrections::new(corrections), pipeline.classes(), None, None);
/// assert_eq!((signals.feedback, signals.usable, signals.corrections), (4, 2, 1));
/// assert_eq!((signals.without_text, signals.unknown_label), (1, 1));
/// assert_eq!((signals.agreement.n, signals.agreement.wrong), (3, 2));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signals {
    /// Answers that somebody said something about.
    pub feedback: u64,
    /// Those that can be trained on: their text was kept, and their label is known.
    pub usable: u64,
    /// Those of them that were wrong.
    pub corrections: u64,
    /// Those whose text was not kept. They tell how often answers are wrong, and no more.
    pub without_text: u64,
    /// Those whose right label is none of the model's, such as one that was mistyped. They are not counted elsewhere.
    pub unknown_label: u64,
    /// How often the model in question was wrong: answers of other versions do not count, those of no version do.
    pub agreement: Agreement,
    /// The parts that drifted; `None` if drift was not measured, or could not be.
    pub drift: Option<Vec<DriftPart>>,
}

impl Signals {
    /// What corrections say of a model with these classes and of this version, and what drifted.
    ///
    /// A part of drift whose numbers are none (NaN) has not drifted; if no part has numbers, drift is not known.
    #[must_use]
    pub fn new(
        corrections: &Corrections,
        classes: &[String],
        version: Option<u32>,
        drift: Option<&Drift>,
    ) -> Self {
        let version = version.map(|version| version.to_string());
        let mut signals = Self { drift: drift.and_then(drifted_parts), ..Self::default() };
        for correction in corrections.all() {
            signals.add(correction, classes, version.as_deref());
        }
        signals
    }

    fn add(&mut self, correction: &Correction, classes: &[String], version: Option<&str>) {
        self.feedback += 1;
        if !classes.contains(&correction.corrected) {
            self.unknown_label += 1;
            return;
        }
        let wrong = u64::from(!correction.agrees());
        if correction.text.is_some() {
            self.usable += 1;
            self.corrections += wrong;
        } else {
            self.without_text += 1;
        }
        let is_of = |asked: &str| correction.model_version.as_deref().is_none_or(|v| v == asked);
        if version.is_none_or(is_of) {
            self.agreement.n += 1;
            self.agreement.wrong += wrong;
        }
    }
}

fn drifted_parts(drift: &Drift) -> Option<Vec<DriftPart>> {
    let known = drift.parts.iter().filter(|part| part.adjusted_p_value.is_finite());
    let known: Vec<_> = known.collect();
    let drifted = known.iter().filter(|part| part.drifted).map(|part| part.part);
    (!known.is_empty()).then(|| drifted.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::drift::PartOfDrift;

    fn part(part: DriftPart, p: f64, drifted: bool) -> PartOfDrift {
        PartOfDrift {
            part,
            statistic: p,
            p_value: p,
            adjusted_p_value: p,
            psi: p,
            psi_by_chance: 0.0,
            jensen_shannon: p,
            drifted,
        }
    }

    #[test]
    fn drift_without_numbers_is_not_known() {
        let signals = |parts: Vec<PartOfDrift>| {
            let drift = Drift { reference_texts: 500, texts: 500, parts, words: Vec::new() };
            Signals::new(&Corrections::default(), &[], None, Some(&drift)).drift
        };
        assert_eq!(signals(Vec::new()), None);
        assert_eq!(signals(vec![part(DriftPart::Labels, f64::NAN, true)]), None);
        let nan = part(DriftPart::Scores, f64::NAN, true);
        assert_eq!(signals(vec![nan.clone(), part(DriftPart::Words, 0.5, false)]), Some(vec![]));
        let words = part(DriftPart::Words, 1e-9, true);
        assert_eq!(signals(vec![nan, words]), Some(vec![DriftPart::Words]));
        assert_eq!(Signals::new(&Corrections::default(), &[], None, None).drift, None);
    }
}
