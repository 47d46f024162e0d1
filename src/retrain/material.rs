//! Old data and corrections come in; what is trained on, what is held out and a digest of it all come out.
//!
//! ```text
//! old data ─────┬─▶ train      not held out, unless a correction speaks of the same text
//!               └─▶ holdout    held out: what the two models are compared on
//! corrections ──┬─▶ train      with their weights
//!               └─▶ recent     held out: the last of them
//! ```

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::params::RetrainParams;
use crate::digest;
use crate::error::{Error, Result, same_length};
use crate::monitor::feedback::{Correction, Corrections};
use crate::views::{Labels, Texts};

/// Digits of the mark of a correction.
const MARK: usize = 16;

/// Texts and their labels; equally many.
#[derive(Debug, Default)]
pub(super) struct Labelled<'a> {
    pub(super) texts: Vec<Cow<'a, str>>,
    pub(super) labels: Vec<Cow<'a, str>>,
}

impl<'a> Labelled<'a> {
    fn push(&mut self, text: Cow<'a, str>, label: Cow<'a, str>) {
        self.texts.push(text);
        self.labels.push(label);
    }

    /// [`TrainingData::digest`](crate::TrainingData::digest).
    pub(super) fn digest(&self) -> String {
        digest::of_pairs(self.texts.len(), |some| some.map(|i| (&*self.texts[i], &*self.labels[i])))
    }
}

/// How many texts a retraining worked on, and what became of them.
///
/// ```
/// use ressenti::retrain::Counts;
///
/// let counts = Counts::default();
/// assert_eq!((counts.old, counts.corrections, counts.unknown_label), (0, 0, 0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Old texts that were trained on.
    pub old: u64,
    /// Corrections that were trained on.
    pub corrections: u64,
    /// Old texts that are held out.
    pub holdout: u64,
    /// Corrections that are held out and counted as recent.
    pub recent: u64,
    /// Corrections that could not be used, since their text was not kept, …
    pub without_text: u64,
    /// … or since their label is neither one of the champion's nor one of the old data's.
    pub unknown_label: u64,
}

/// What a retraining works on.
#[derive(Debug)]
pub(super) struct Material<'a> {
    pub(super) train: Labelled<'a>,
    /// As many as there are texts in `train`.
    pub(super) weights: Vec<f64>,
    /// How many of `train` are old; they come first.
    pub(super) n_old: usize,
    pub(super) holdout: Labelled<'a>,
    pub(super) recent: Labelled<'a>,
    pub(super) counts: Counts,
    /// The [`mark`] of each correction, also of those that could not be used.
    pub(super) marks: Vec<String>,
}

impl<'a> Material<'a> {
    pub(super) fn new(
        texts: Texts<'a>,
        labels: Labels<'a>,
        corrections: &Corrections,
        classes: &[String],
        params: &RetrainParams,
    ) -> Result<Self> {
        same_length("texts", texts.len(), "labels", labels.len())?;
        let labels: Vec<Cow<'a, str>> = labels.iter().collect();
        let known: HashSet<&str> =
            labels.iter().map(AsRef::as_ref).chain(classes.iter().map(String::as_str)).collect();
        let mut counts = Counts::default();
        let mut usable = Vec::new();
        for correction in corrections.all() {
            if !known.contains(correction.corrected.as_str()) {
                counts.unknown_label += 1;
            } else if correction.text.is_none() {
                counts.without_text += 1;
            } else {
                usable.push(correction.clone());
            }
        }
        let rows = Corrections::new(usable).rows(&params.rows);
        let corrected: HashSet<&str> = rows.texts.iter().map(String::as_str).collect();

        let (mut train, mut holdout) = (Labelled::default(), Labelled::default());
        for (text, label) in texts.iter().zip(&labels) {
            if params.holdout.holds(text) {
                holdout.push(text.into(), label.clone());
            } else if !corrected.contains(text) {
                train.push(text.into(), label.clone());
            }
        }
        let n_old = train.texts.len();
        let mut weights = vec![1.0; n_old];
        let mut recent = Labelled::default();
        drop(corrected);
        for ((text, label), weight) in rows.texts.into_iter().zip(rows.labels).zip(rows.weights) {
            if params.holdout.holds(&text) {
                recent.push(text.into(), label.into());
            } else if weight > 0.0 {
                train.push(text.into(), label.into());
                weights.push(weight);
            }
        }
        let surplus = recent.texts.len().saturating_sub(params.recent);
        (_, _) = (recent.texts.drain(..surplus), recent.labels.drain(..surplus));
        if train.texts.is_empty() {
            return Err(Error::NoTexts { task: "train a challenger on" });
        }
        counts.old = n_old as u64;
        counts.corrections = (train.texts.len() - n_old) as u64;
        (counts.holdout, counts.recent) = (holdout.texts.len() as u64, recent.texts.len() as u64);
        let marks = corrections.all().iter().map(mark).collect();
        Ok(Self { train, weights, n_old, holdout, recent, counts, marks })
    }

    /// By which the same material is known again.
    pub(super) fn digest(&self) -> String {
        let weights: Vec<u8> =
            self.weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let parts = [
            self.train.digest(),
            digest::of_bytes(&weights),
            self.holdout.digest(),
            self.recent.digest(),
            digest::of_bytes(self.marks.join("\n").as_bytes()),
        ];
        digest::of_bytes(parts.join("\n").as_bytes())
    }
}

/// By which a correction is known that was counted: of its id and of what it says is right, since somebody may have second
/// thoughts.
pub(super) fn mark(correction: &Correction) -> String {
    let Correction { id, corrected, .. } = correction;
    let mut digest = digest::of_bytes(format!("{id}\0{corrected}").as_bytes());
    digest.truncate(MARK);
    digest
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Pipeline;
    use crate::monitor::feedback::RowOptions;
    use crate::retrain::Holdout;

    fn said(texts: &[(&str, &str)]) -> Corrections {
        let pipeline = Pipeline::builder().fit(&["good", "bad"], &["1", "0"]).unwrap();
        let said = texts.iter().enumerate().map(|(i, (text, label))| {
            let prediction = pipeline.predict("good").unwrap();
            Correction::new(i.to_string(), text, &prediction, *label, Duration::ZERO)
        });
        Corrections::new(said.collect())
    }

    fn material<'a>(
        texts: &'a &'a [String],
        labels: &'a &'a [&str],
        said: &Corrections,
        params: &RetrainParams,
    ) -> Result<Material<'a>> {
        Material::new(Texts::of(texts), Labels::of(labels), said, &[], params)
    }

    #[test]
    fn nothing_that_is_held_out_is_trained_on() {
        let texts: Vec<String> = (0..500).map(|i| format!("old {i}")).collect();
        let labels: Vec<&str> = (0..500).map(|i| ["0", "1"][i % 2]).collect();
        let new: Vec<String> = (0..500).map(|i| format!("new {i}")).collect();
        let new: Vec<(&str, &str)> = new.iter().map(|text| (text.as_str(), "1")).collect();
        let corrections = said(&new);
        let (texts, labels) = (&texts[..], &labels[..]);
        let params = RetrainParams::default();
        let material = material(&texts, &labels, &corrections, &params).unwrap();
        let holdout = Holdout::default();
        assert!(material.train.texts.iter().all(|text| !holdout.holds(text)));
        let held = material.holdout.texts.iter().chain(&material.recent.texts);
        assert!(held.clone().all(|text| holdout.holds(text)));
        assert_eq!(material.train.texts.len() + held.count(), 1_000);
        let Counts { old, corrections, holdout, recent, .. } = material.counts;
        assert_eq!((old + holdout, corrections + recent), (500, 500));
        assert_eq!(material.weights.len(), material.train.texts.len());
        assert_eq!((material.n_old as u64, material.marks.len()), (old, 500));
    }

    #[test]
    fn a_correction_takes_the_place_of_the_old_row_and_what_cannot_be_used_is_counted() {
        let texts: Vec<String> = (0..9).map(|i| format!("old {i}")).collect();
        let labels = ["0"; 9];
        let spoken_of = texts.iter().find(|text| !Holdout::default().holds(text)).unwrap();
        let corrections = said(&[(spoken_of, "0"), ("other", "typo")]);
        let (texts, labels) = (&texts[..], &labels[..]);
        let params = RetrainParams::default();
        let material = material(&texts, &labels, &corrections, &params).unwrap();
        assert_eq!((material.counts.unknown_label, material.counts.corrections), (1, 1));
        let times = material.train.texts.iter().filter(|text| *text == spoken_of).count();
        assert_eq!(times, 1);
        let without =
            Corrections::new(corrections.all().iter().map(|c| c.clone().without_text()).collect());
        let none = self::material(&texts, &labels, &without, &params).unwrap();
        assert_eq!((none.counts.without_text, none.counts.corrections), (1, 0));
        assert_ne!(none.digest(), material.digest());
        assert_eq!(
            none.digest(),
            self::material(&texts, &labels, &without, &params).unwrap().digest()
        );
    }

    #[test]
    fn what_weighs_nothing_is_left_out_and_nothing_at_all_is_an_error() {
        let texts: Vec<String> = (0..9).map(|i| format!("old {i}")).collect();
        let params = RetrainParams::default().rows(RowOptions::default().weight(0.0));
        let corrections = said(&[("one", "0"), ("two", "0"), ("three", "0")]);
        let labels = ["0"; 9];
        let (texts, labels) = (&texts[..], &labels[..]);
        let with_all = material(&texts, &labels, &corrections, &params).unwrap();
        assert_eq!(with_all.counts.corrections, 0);
        let (texts, labels) = (&texts[..0], &labels[..0]);
        let error = material(&texts, &labels, &Corrections::default(), &params).unwrap_err();
        let text = "there are no texts to train a challenger on; give at least one";
        assert_eq!(error.to_string(), text);
    }
}
