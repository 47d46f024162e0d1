//! Corrections come in, texts, labels and weights to train on come out.

use serde::{Deserialize, Serialize};

use super::correction::Correction;

/// How much corrections count when a model is trained on them.
///
/// ```
/// use ressenti::monitor::feedback::RowOptions;
///
/// let options = RowOptions::default().confirmation_weight(0.5).half_life_days(90.0);
/// let json = serde_json::to_string(&options).unwrap();
/// assert_eq!(serde_json::from_str::<RowOptions>(&json).unwrap(), options);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct RowOptions {
    weight: f64,
    confirmation_weight: f64,
    half_life_days: Option<f64>,
    since_ms: u64,
}

impl Default for RowOptions {
    fn default() -> Self {
        Self { weight: 1.0, confirmation_weight: 1.0, half_life_days: None, since_ms: 0 }
    }
}

impl RowOptions {
    /// What an answer that was wrong counts, beside 1 for a text of the old data. Default: 1; what is below 0 or not finite
    /// counts as 0.
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// What an answer that was right counts. Default: 1.
    pub fn confirmation_weight(mut self, weight: f64) -> Self {
        self.confirmation_weight = weight;
        self
    }

    /// After how many days a correction counts half, seen from the newest; but a tenth of them, and at least one of three, may be
    /// newer than that and count whole, so that one whose clock ran ahead does not make all others old. Default: none, they do
    /// not age.
    pub fn half_life_days(mut self, days: f64) -> Self {
        self.half_life_days = Some(days);
        self
    }

    /// Only what was said since then, in milliseconds since 1970. Default: 0, all.
    pub fn since_ms(mut self, at_ms: u64) -> Self {
        self.since_ms = at_ms;
        self
    }
}

/// Texts to train on, with their labels and weights; see [`Corrections::rows`](super::Corrections::rows).
///
/// ```
/// use std::time::Duration;
/// use ressenti::monitor::feedback::{Correction, Corrections, RowOptions};
/// use ressenti::{FitOptions, Pipeline};
///
/// let (mut texts, mut labels) = (vec!["lovely crew".to_owned(), "lost bag".to_owned()], vec!["1".to_owned(), "0".to_owned()]);
/// let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// let said = Correction::new("7", "a strike", &pipeline.predict("a strike")?, "0", Duration::ZERO);
/// let rows = Corrections::new(vec![said]).rows(&RowOptions::default().weight(2.0));
/// let weights: Vec<f64> = texts.iter().map(|_| 1.0).chain(rows.weights).collect();
/// texts.extend(rows.texts);
/// labels.extend(rows.labels);
/// let better = Pipeline::builder().fit_with(&texts, &labels, &FitOptions::new().weights(&weights))?;
/// assert_eq!(better.predict("the strike")?.label(), "0");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CorrectionRows {
    /// The texts, in the order in which they were corrected; one that was corrected more than once, with its last label.
    pub texts: Vec<String>,
    /// What is right.
    pub labels: Vec<String>,
    /// How much each counts.
    pub weights: Vec<f64>,
}

impl CorrectionRows {
    pub(super) fn new(corrections: &[Correction], options: &RowOptions) -> Self {
        let newest = newest(corrections);
        let recent = corrections.iter().filter(|correction| correction.at_ms >= options.since_ms);
        let mut rows = Self::default();
        let mut seen = std::collections::HashSet::new();
        // The last word on a text is the first from behind.
        for correction in recent.rev() {
            let Some(text) = &correction.text else { continue };
            if !seen.insert(text.as_str()) {
                continue;
            }
            let weight =
                if correction.agrees() { options.confirmation_weight } else { options.weight };
            let days = newest.saturating_sub(correction.at_ms) as f64 / 86_400_000.0;
            let aged = options
                .half_life_days
                .filter(|days| *days > 0.0)
                .map_or(1.0, |half| (-days / half).exp2());
            let weight = if weight.is_finite() { (weight * aged).max(0.0) } else { 0.0 };
            rows.texts.push(text.clone());
            rows.labels.push(correction.corrected.clone());
            rows.weights.push(weight);
        }
        rows.texts.reverse();
        rows.labels.reverse();
        rows.weights.reverse();
        rows
    }
}

/// When the newest were said, but for a tenth that may be of clocks that ran ahead.
fn newest(corrections: &[Correction]) -> u64 {
    let mut times: Vec<u64> = corrections.iter().map(|correction| correction.at_ms).collect();
    times.sort_unstable();
    let ahead = if times.len() < 3 { 0 } else { times.len().div_ceil(10) };
    times.iter().rev().nth(ahead).copied().unwrap_or_default()
}
