//! Two shapes and their words come in, what drifted between them comes out, part by part.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::measures::{
    TestResult, chi_square, holm, jensen_shannon, kolmogorov_smirnov, psi, psi_by_chance, tenths,
    total,
};
use super::words::{MovedWord, moved};
use crate::error::{Error, Result};
use crate::monitor::words::{WordFigures, digest_of};
use crate::monitor::{Monitor, Snapshot, Span};
use crate::pipeline::{Profile, Shape, WordCounts};

/// Words that a report names.
const MOST_WORDS: usize = 20;

/// When a difference counts as drift.
///
/// ```
/// use ressenti::monitor::drift::DriftParams;
///
/// let params = DriftParams::default().looks_per_day(24.0).min_psi(0.2);
/// let json = serde_json::to_string(&params).unwrap();
/// assert_eq!(serde_json::from_str::<DriftParams>(&json).unwrap(), params);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct DriftParams {
    false_alarms_per_day: f64,
    looks_per_day: f64,
    min_psi: f64,
    min_word_change: f64,
    min_texts: u64,
    trust_training: bool,
}

impl Default for DriftParams {
    fn default() -> Self {
        Self {
            false_alarms_per_day: 0.01,
            looks_per_day: 96.0,
            min_psi: 0.1,
            min_word_change: 0.01,
            min_texts: 100,
            trust_training: false,
        }
    }
}

impl DriftParams {
    /// How many false alarms a day are allowed, in the mean, on traffic that does not change. Default: 0.01; range: above 0.
    pub fn false_alarms_per_day(mut self, n: f64) -> Self {
        self.false_alarms_per_day = n;
        self
    }

    /// How often a day somebody looks. Default: 96, every quarter of an hour; range: above 0.
    pub fn looks_per_day(mut self, n: f64) -> Self {
        self.looks_per_day = n;
        self
    }

    /// The least PSI that matters. Default: 0.1, customarily a small shift; range: 0 and above.
    pub fn min_psi(mut self, psi: f64) -> Self {
        self.min_psi = psi;
        self
    }

    /// The least change of a word's share of texts that matters. Default: 0.01; range: 0 to 1.
    pub fn min_word_change(mut self, share: f64) -> Self {
        self.min_word_change = share;
        self
    }

    /// Texts without which nothing is said. Default: 100.
    pub fn min_texts(mut self, n: u64) -> Self {
        self.min_texts = n;
        self
    }

    /// Whether scores, labels and unknown words are compared with a profile of the
    /// [training texts](crate::ProfileSource::Training). Default: false, for the model is surer of those than of any others,
    /// which would be found as drift.
    pub fn trust_training(mut self, trust: bool) -> Self {
        self.trust_training = trust;
        self
    }

    /// The probability that each look may be wrong with.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        (self.false_alarms_per_day / self.looks_per_day).clamp(0.0, 1.0)
    }

    /// Errors: [`Error::InvalidParameter`].
    pub(in crate::monitor) fn validate(&self) -> Result<()> {
        let above_0 = |x: f64| x > 0.0 && x.is_finite();
        let refuse = |name, found: f64, expected| {
            Err(Error::InvalidParameter { name, found: found.to_string(), expected })
        };
        if !above_0(self.false_alarms_per_day) {
            return refuse("false_alarms_per_day", self.false_alarms_per_day, "is not above 0");
        }
        if !above_0(self.looks_per_day) {
            return refuse("looks_per_day", self.looks_per_day, "is not above 0");
        }
        if !(0.0..f64::INFINITY).contains(&self.min_psi) {
            return refuse("min_psi", self.min_psi, "is not 0 or above");
        }
        if !(0.0..=1.0).contains(&self.min_word_change) {
            return refuse(
                "min_word_change",
                self.min_word_change,
                "is outside 0.0..=1.0; use a share of texts",
            );
        }
        Ok(())
    }
}

/// What is compared.
///
/// ```
/// use ressenti::monitor::drift::DriftPart;
///
/// assert_eq!(DriftPart::UnknownWords.as_str(), "unknown_words");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DriftPart {
    /// How often which label is answered.
    Labels,
    /// How scores are spread.
    Scores,
    /// How long texts are.
    Lengths,
    /// The share of a text's tokens that the model does not know.
    UnknownWords,
    /// In how many texts each word is.
    Words,
}

impl DriftPart {
    /// `labels`, `scores`, `lengths`, `unknown_words` or `words`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Scores => "scores",
            Self::Lengths => "lengths",
            Self::UnknownWords => "unknown_words",
            Self::Words => "words",
        }
    }
}

/// How one part differs.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::drift::{Drift, DriftParams, DriftPart};
///
/// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &[1, 0])?;
/// let (short, long) = (["good"; 150], ["good good good good good good"; 150]);
/// let of = |texts: &[&str]| pipeline.clone().with_profile_of(texts).profile().cloned().unwrap();
/// let drift = Drift::between(&of(&short), &of(&long), &DriftParams::default());
/// let lengths = drift.part(DriftPart::Lengths).unwrap();
/// assert!(lengths.drifted && lengths.statistic == 1.0 && lengths.psi > 1.0);
/// assert!(!drift.part(DriftPart::Labels).unwrap().drifted);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PartOfDrift {
    /// Which part.
    pub part: DriftPart,
    /// χ² for labels; Kolmogorov's distance for scores, lengths and unknown words; for words the largest change of a share.
    pub statistic: f64,
    /// How likely it is by chance, this part alone.
    pub p_value: f64,
    /// The same with Holm's correction for all parts.
    pub adjusted_p_value: f64,
    /// The population stability index: of labels, or of tenths of the reference. 0 for words.
    pub psi: f64,
    /// What that index is above by chance only as often as was allowed, for these numbers of texts.
    pub psi_by_chance: f64,
    /// The Jensen–Shannon distance, in the same bins as the test. 0 for words.
    pub jensen_shannon: f64,
    /// Whether the difference is neither chance nor small.
    pub drifted: bool,
}

/// How two spans of a model's answers differ.
///
/// ```
/// use ressenti::monitor::drift::DriftParams;
/// use ressenti::monitor::{Clock, ManualClock, Monitor, Span};
/// use ressenti::Pipeline;
///
/// let texts: Vec<String> = (0..400).map(|i| format!("{} seat {i}", ["good", "bad"][i % 2])).collect();
/// let labels: Vec<bool> = (0..400).map(|i| i % 2 == 0).collect();
/// let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// let (monitor, clock) = (Monitor::of(&pipeline), ManualClock::default());
/// for text in &texts {
///     monitor.predict(&pipeline, text, &clock)?;
/// }
/// let drift = monitor.drift(&DriftParams::default(), Span::All, clock.now()).unwrap();
/// assert!(!drift.drifted(), "{drift}");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Drift {
    /// Texts of the reference.
    pub reference_texts: u64,
    /// Texts now.
    pub texts: u64,
    /// The parts that were compared: none of fewer than [`min_texts`](DriftParams::min_texts).
    pub parts: Vec<PartOfDrift>,
    /// The words that moved by more than chance, with the largest change first, at most 20.
    pub words: Vec<MovedWord>,
}

impl Drift {
    /// How a profile differs from another one of the same model, which is the reference: such as that of last week's texts
    /// from that of the training.
    #[must_use]
    pub fn between(reference: &Profile, now: &Profile, params: &DriftParams) -> Self {
        let counts = |word: &str| now.words.get(word).unwrap_or(0);
        let mut words = WordFigures::new(0);
        words.texts = now.words.texts();
        words.counts = reference.words.iter().map(|(word, _)| counts(word)).collect();
        let new = now.words.iter().filter(|(word, _)| reference.words.get(word).is_none());
        words.new_words.add_counted(new);
        let skip = (reference.is_optimistic() != now.is_optimistic()) && !params.trust_training;
        Self::new(&reference.shape, &reference.words, &now.shape, &words, params, skip)
    }

    /// How the requests of a snapshot differ from a profile, such as that of the [pipeline](crate::Pipeline::profile). Words are
    /// compared only with the profile of the model that was watched, which says what was counted.
    #[must_use]
    pub fn of(reference: &Profile, now: &Snapshot, params: &DriftParams) -> Self {
        let skip = reference.is_optimistic() && !params.trust_training;
        let none = WordFigures::new(0);
        let is_its = now.profile_words == digest_of(&reference.words);
        let words = if is_its { &now.words } else { &none };
        Self::new(&reference.shape, &reference.words, &now.figures.shape, words, params, skip)
    }

    /// How the requests of a snapshot differ from those of another one, such as that of the first day in production.
    #[must_use]
    pub fn since(reference: &Snapshot, now: &Snapshot, params: &DriftParams) -> Self {
        let (before, after) = (&reference.figures.shape, &now.figures.shape);
        let none = WordFigures::new(0);
        Self::new(before, &WordCounts::default(), after, &none, params, false)
    }

    fn new(
        reference: &Shape,
        reference_words: &WordCounts,
        now: &Shape,
        words: &WordFigures,
        params: &DriftParams,
        skip_optimistic: bool,
    ) -> Self {
        let (alpha, min) = (params.alpha(), params.min_texts);
        let mut drift = Self {
            reference_texts: reference.texts(),
            texts: now.texts(),
            parts: Vec::new(),
            words: Vec::new(),
        };
        if reference.texts().min(now.texts()) >= min {
            if !skip_optimistic {
                drift.parts.push(labels(reference, now, alpha));
                let (a, b) = (reference.scores.counts(), now.scores.counts());
                drift.parts.push(ordered(DriftPart::Scores, a, b, alpha));
                let (a, b) = (reference.unknown.counts(), now.unknown.counts());
                drift.parts.push(ordered(DriftPart::UnknownWords, a, b, alpha));
            }
            let (a, b) = (reference.lengths.counts(), now.lengths.counts());
            drift.parts.push(ordered(DriftPart::Lengths, a, b, alpha));
        }
        if reference_words.texts().min(words.texts) >= min {
            let (moved, p_value) = moved(reference_words, words);
            drift.words = moved.into_iter().filter(|word| word.p_value < 0.01).collect();
            let large =
                |word: &&MovedWord| (word.now - word.before).abs() >= params.min_word_change;
            let statistic =
                drift.words.iter().map(|word| (word.now - word.before).abs()).fold(0.0, f64::max);
            let of_large =
                drift.words.iter().filter(large).map(|word| word.p_value).fold(1.0, f64::min);
            let mut part = part(DriftPart::Words, TestResult { statistic, p_value });
            // Decided by words that moved far; the likeliest of all may have moved a little.
            part.p_value = if of_large < 1.0 { of_large } else { p_value };
            part.drifted = of_large < 1.0;
            drift.words.truncate(MOST_WORDS);
            drift.parts.push(part);
        }
        let adjusted = holm(&drift.parts.iter().map(|part| part.p_value).collect::<Vec<_>>());
        for (part, adjusted) in drift.parts.iter_mut().zip(adjusted) {
            part.adjusted_p_value = adjusted;
            let large = match part.part {
                DriftPart::Words => part.drifted,
                _ => part.psi >= params.min_psi.max(part.psi_by_chance),
            };
            part.drifted = adjusted < alpha && large;
        }
        drift
    }

    /// Whether any part has drifted.
    #[must_use]
    pub fn drifted(&self) -> bool {
        self.parts.iter().any(|part| part.drifted)
    }

    /// One of the parts, if it was compared.
    #[must_use]
    pub fn part(&self, part: DriftPart) -> Option<&PartOfDrift> {
        self.parts.iter().find(|found| found.part == part)
    }
}

fn part(part: DriftPart, test: TestResult) -> PartOfDrift {
    PartOfDrift {
        part,
        statistic: test.statistic,
        p_value: test.p_value,
        adjusted_p_value: 1.0,
        psi: 0.0,
        psi_by_chance: 0.0,
        jensen_shannon: 0.0,
        drifted: false,
    }
}

fn labels(reference: &Shape, now: &Shape, alpha: f64) -> PartOfDrift {
    let with_others = |shape: &Shape| {
        let mut labels = shape.labels.clone();
        labels.push(shape.other_labels);
        labels
    };
    let (mut a, mut b) = (with_others(reference), with_others(now));
    if a.last() == Some(&0) && b.last() == Some(&0) {
        (_, _) = (a.pop(), b.pop());
    }
    PartOfDrift {
        psi: psi(&a, &b),
        psi_by_chance: psi_by_chance(total(&a), total(&b), a.len(), alpha),
        jensen_shannon: jensen_shannon(&a, &b),
        ..part(DriftPart::Labels, chi_square(&a, &b))
    }
}

fn ordered(which: DriftPart, reference: &[u64], now: &[u64], alpha: f64) -> PartOfDrift {
    let (a, b) = tenths(reference, now);
    PartOfDrift {
        psi: psi(&a, &b),
        psi_by_chance: psi_by_chance(total(&a), total(&b), a.len(), alpha),
        jensen_shannon: jensen_shannon(reference, now),
        ..part(which, kolmogorov_smirnov(reference, now))
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} texts against {}", self.texts, self.reference_texts)?;
        for part in &self.parts {
            let drifted = if part.drifted { "drifted" } else { "as before" };
            let (name, p, psi) = (part.part.as_str(), part.adjusted_p_value, part.psi);
            writeln!(f, "{name:>14}  {drifted:<9}  p {p:<8.2e}  PSI {psi:.3}")?;
        }
        for word in &self.words {
            let (before, now) = (100.0 * word.before, 100.0 * word.now);
            writeln!(f, "{:>14}  in {before:.1} % of texts then, in {now:.1} % now", word.word)?;
        }
        Ok(())
    }
}

impl Monitor {
    /// How the requests of a span differ from the profile of the model; `None` if it has none.
    #[must_use]
    pub fn drift(&self, params: &DriftParams, span: Span, now: Duration) -> Option<Drift> {
        self.profile().map(|profile| Drift::of(profile, &self.snapshot(span, now), params))
    }
}
