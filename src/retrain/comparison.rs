//! The answers of two models to the same labelled texts come in, by how much they differ comes out. What follows from it is
//! not known here.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::material::Labelled;
use crate::error::Result;
use crate::evaluate::{
    Answers, Bootstrap, ConfusionMatrix, Interval, McNemar, McNemarMethod, mcnemar,
};
use crate::pipeline::Pipeline;
use crate::sentiment::class_order;

/// What two models are compared on.
///
/// ```
/// use ressenti::retrain::On;
///
/// assert_eq!((On::Recent.as_str(), On::Recent.to_string().as_str()), ("recent", "recent corrections"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum On {
    /// The old data that is held out.
    Holdout,
    /// The last corrections that are held out. Where users correct wrong answers only, the champion has none of them right by
    /// construction: then they tell whether the challenger has learnt, and not which model is better.
    Recent,
}

impl On {
    /// `holdout` or `recent`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holdout => "holdout",
            Self::Recent => "recent",
        }
    }
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holdout => "the holdout",
            Self::Recent => "recent corrections",
        })
    }
}

/// A figure of the two models.
///
/// ```
/// use ressenti::retrain::Pair;
///
/// let json = r#"{"champion":0.75,"challenger":0.875,
///     "difference":{"estimate":0.125,"lower":0.0625,"upper":0.1875,"level":0.95,"resamples":2000}}"#;
/// let accuracy: Pair = serde_json::from_str(json).unwrap();
/// assert!(!accuracy.difference.contains(0.0)); // no chance
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pair {
    /// Of the champion, or of what stands for it.
    pub champion: f64,
    /// Of the challenger.
    pub challenger: f64,
    /// The challenger's less the champion's, with its 95 % interval by 2,000 resamples.
    pub difference: Interval,
}

/// How the two models do on one class.
///
/// ```
/// use ressenti::retrain::PerClass;
///
/// let json = r#"{"label":"positive","rows":200,"recall":[0.81,0.85],"f1":[0.78,0.84],"p_value":0.04}"#;
/// let class: PerClass = serde_json::from_str(json).unwrap();
/// let [champion, challenger] = class.recall;
/// assert!(challenger > champion);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PerClass {
    /// The class.
    pub label: String,
    /// How many rows it has.
    pub rows: u64,
    /// The share of them that the champion finds, and the challenger.
    pub recall: [f64; 2],
    /// F1 of the class, of the champion and of the challenger.
    pub f1: [f64; 2],
    /// McNemar's, of these rows: how likely so uneven a difference is by chance.
    pub p_value: f64,
}

/// Two models on the same rows. It prints as a line.
///
/// ```
/// # use ressenti::Pipeline;
/// # use ressenti::monitor::feedback::{Correction, Corrections};
/// # use ressenti::registry::{NewVersion, Registry, Stage};
/// # use ressenti::retrain::{Gates, RetrainParams, Retrainer};
/// # let folder = tempfile::tempdir().unwrap();
/// # let registry = Registry::open(folder.path().join("mlruns"))?;
/// # let texts: Vec<String> = (0..60).map(|i| format!("{} seat {i}", ["good", "bad"][i % 2])).collect();
/// # let labels: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
/// # let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// # registry.create_version("seats", NewVersion::from_pipeline(&pipeline))?;
/// # registry.transition("seats", 1, Stage::Production)?;
/// # let said = (0..60).map(|i| {
/// #     let text = format!("{} #new{i}", ["awesome", "meh"][i % 2]);
/// #     let prediction = pipeline.predict(&text)?;
/// #     Ok(Correction::new(i.to_string(), &text, &prediction, i % 2 == 0, std::time::Duration::ZERO))
/// # });
/// # let corrections = Corrections::new(said.collect::<ressenti::Result<_>>()?);
/// # let params = RetrainParams::default().gates(Gates::default().min_rows(5));
/// # let retrainer = Retrainer::new(&registry, "seats").params(params);
/// # let challenger = retrainer.run(&texts, &labels, &corrections)?;
/// use ressenti::retrain::On;
///
/// let recent = challenger.validation.on(On::Recent).unwrap();
/// assert!(recent.accuracy.challenger > recent.accuracy.champion, "{recent}");
/// assert!(recent.mcnemar.only_first > recent.mcnemar.only_second); // the challenger is the first
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// On which rows.
    pub on: On,
    /// How many there are; blank texts, which no model answers, are left out.
    pub rows: u64,
    /// The share of rows that are right.
    pub accuracy: Pair,
    /// The mean F1 of the classes.
    pub f1_macro: Pair,
    /// Rows that one of the two has right; the first is the challenger.
    pub mcnemar: McNemar,
    /// Class by class, those that have rows.
    pub classes: Vec<PerClass>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { on, rows, accuracy, mcnemar, .. } = self;
        let Pair { champion, challenger, difference } = accuracy;
        let p = mcnemar.p_value;
        write!(
            f,
            "{on}, {rows} rows: accuracy {champion:.4} → {challenger:.4}, difference {difference} (p {p:.2e})"
        )
    }
}

/// Compares two models on labelled texts; `None` if neither can be asked any.
pub(super) fn compare_on(
    on: On,
    rows: &Labelled<'_>,
    challenger: &Pipeline,
    champion: &Pipeline,
    seed: u64,
) -> Result<Option<Comparison>> {
    let (first, second) =
        (challenger.predict_batch(&rows.texts), champion.predict_batch(&rows.texts));
    let mut answered = Vec::with_capacity(rows.texts.len());
    for ((truth, first), second) in rows.labels.iter().zip(&first).zip(&second) {
        if let (Ok(first), Ok(second)) = (first, second) {
            answered.push([truth.as_ref(), first.label(), second.label()]);
        }
    }
    let labels: BTreeSet<&str> = answered.iter().flatten().copied().collect();
    let mut labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
    labels.sort_by(|a, b| class_order(a, b));
    if labels.is_empty() {
        return Ok(None);
    }
    if labels.len() == 1 {
        // Figures of one class are none; a second one without rows changes none of those that are shown.
        labels.push(format!("not {}", labels[0]));
    }
    let class = |label: &str| labels.iter().position(|known| known == label).unwrap_or_default();
    let column = |i: usize| answered.iter().map(|row| class(row[i])).collect::<Vec<_>>();
    let resamples = Bootstrap::new().seed(seed);
    compare(on, &labels, &column(0), &column(1), &column(2), &resamples).map(Some)
}

/// Of at least one row; the first answers are the challenger's.
pub(super) fn compare(
    on: On,
    labels: &[String],
    truth: &[usize],
    first: &[usize],
    second: &[usize],
    resamples: &Bootstrap,
) -> Result<Comparison> {
    let n = labels.len();
    let of = |predicted| Answers { truth, predicted, scores: &[] };
    let matrix = |a: &Answers<'_>| ConfusionMatrix::new(n, a.truth, a.predicted);
    let (challenger, champion) = (of(first), of(second));
    let (theirs, others) = (matrix(&challenger)?, matrix(&champion)?);
    let pair = |figure: &(dyn Fn(&ConfusionMatrix) -> f64 + Sync)| -> Result<Pair> {
        let difference = resamples.difference(&challenger, &champion, |a| {
            matrix(a).map(|matrix| Some(figure(&matrix)))
        })?;
        let (champion, challenger) = (figure(&others), figure(&theirs));
        // Both figures are defined for any row, so that an interval is.
        let estimate = challenger - champion;
        let none =
            Interval { estimate, lower: estimate, upper: estimate, level: 0.95, resamples: 0 };
        Ok(Pair { champion, challenger, difference: difference.unwrap_or(none) })
    };
    let of_class = |class: usize| -> Result<Option<PerClass>> {
        let rows: Vec<usize> = (0..truth.len()).filter(|&row| truth[row] == class).collect();
        if rows.is_empty() {
            return Ok(None);
        }
        let pick = |from: &[usize]| rows.iter().map(|&row| from[row]).collect::<Vec<_>>();
        let test = mcnemar(&pick(truth), &pick(first), &pick(second), McNemarMethod::Auto)?;
        Ok(Some(PerClass {
            label: labels[class].clone(),
            rows: rows.len() as u64,
            recall: [others.recall(class), theirs.recall(class)],
            f1: [others.f1(class), theirs.f1(class)],
            p_value: test.p_value,
        }))
    };
    let classes = (0..n).map(of_class).collect::<Result<Vec<_>>>()?;
    Ok(Comparison {
        on,
        rows: truth.len() as u64,
        accuracy: pair(&ConfusionMatrix::accuracy)?,
        f1_macro: pair(&f1_macro)?,
        mcnemar: mcnemar(truth, first, second, McNemarMethod::Auto)?,
        classes: classes.into_iter().flatten().collect(),
    })
}

/// The mean F1 of the classes that have rows.
fn f1_macro(matrix: &ConfusionMatrix) -> f64 {
    let present = (0..matrix.n_classes()).filter(|&class| matrix.support(class) > 0);
    let (sum, n) = present.fold((0.0, 0_usize), |(sum, n), class| (sum + matrix.f1(class), n + 1));
    sum / n as f64
}
