//! A challenger, the champion and what is held out come in; comparisons, and why the challenger does not pass, come out.
//!
//! The champion may have been trained on texts that are held out now: then it has learnt the answers by heart, and no challenger
//! would be as good. So what it was trained on is looked up:
//!
//! | the champion | is compared on the holdout |
//! |---|---|
//! | was made by a retraining with this holdout, or trained on the rest of the old data | itself |
//! | was trained on all of the old data there was, by the digest on its card | by a stand-in: its settings, trained on the old data that is not held out |
//! | was trained on something else | itself; if it did see the holdout, that is to its advantage |
//!
//! The old data may have grown at its end since the champion was trained. On recent corrections it is always the champion
//! itself: it has seen none that is held out, unless it saw the holdout and a corrected text is an old one too; that is to its
//! advantage.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::comparison::{Comparison, On, compare_on};
use super::gates::Refusal;
use super::material::Material;
use super::params::RetrainParams;
use crate::digest;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::views::Texts;

/// Whether a champion was trained on texts that are held out.
///
/// ```
/// use ressenti::retrain::Seen;
///
/// assert_eq!(serde_json::to_string(&Seen::Unknown).unwrap(), r#""unknown""#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Seen {
    /// It was not.
    No,
    /// It was.
    Yes,
    /// Neither its card nor its tags tell.
    Unknown,
}

/// What a challenger showed on what is held out. It prints as a line for each comparison and each refusal.
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
/// use ressenti::retrain::Seen;
///
/// let validation = &challenger.validation;
/// assert!(validation.passed(), "{validation}");
/// // The first model was trained on all of the old data, so that another one took its place on the holdout.
/// assert_eq!((validation.champion_saw_holdout, validation.stand_in), (Seen::Yes, true));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Validation {
    /// Whether the champion was trained on the holdout.
    pub champion_saw_holdout: Seen,
    /// Whether a stand-in took the champion's place on the holdout.
    pub stand_in: bool,
    /// On the holdout, and on recent corrections; none of no rows.
    pub comparisons: Vec<Comparison>,
    /// Classes of the champion of which no text is held out: of how they fare nothing is known.
    #[serde(default)]
    pub unjudged: Vec<String>,
    /// Why it does not pass.
    pub refusals: Vec<Refusal>,
}

impl Validation {
    /// Whether it passes.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.refusals.is_empty()
    }

    /// What it showed there.
    #[must_use]
    pub fn on(&self, on: On) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| comparison.on == on)
    }

    pub(super) fn new(
        challenger: &Pipeline,
        champion: &Pipeline,
        seen: Seen,
        material: &Material<'_>,
        params: &RetrainParams,
    ) -> Result<Self> {
        // A challenger that stands on a champion who saw the holdout has seen it too.
        let stand_in = seen == Seen::Yes && params.prior.is_none();
        let trained = stand_in.then(|| stand_in_for(champion, material)).transpose()?;
        let opponent = trained.as_ref().unwrap_or(champion);
        let mut comparisons = Vec::new();
        for (on, rows, opponent) in
            [(On::Holdout, &material.holdout, opponent), (On::Recent, &material.recent, champion)]
        {
            comparisons.extend(compare_on(on, rows, challenger, opponent, params.seed)?);
        }
        let refusals = params.gates.refusals(&comparisons, params.prior.is_some());
        let is_judged = |label: &String| {
            let mut classes = comparisons.iter().flat_map(|comparison| &comparison.classes);
            classes.any(|class| class.label == *label && class.rows > 0)
        };
        let mut unjudged = champion.classes().to_vec();
        unjudged.retain(|label| !is_judged(label));
        Ok(Self { champion_saw_holdout: seen, stand_in, comparisons, unjudged, refusals })
    }

    /// The figures under the names that the run is tracked with.
    pub(super) fn metrics(&self) -> Vec<(String, f64)> {
        let mut metrics = Vec::new();
        for comparison in &self.comparisons {
            let on = comparison.on.as_str();
            for (name, pair) in
                [("accuracy", comparison.accuracy), ("f1_macro", comparison.f1_macro)]
            {
                metrics.extend([
                    (format!("{on}.{name}.champion"), pair.champion),
                    (format!("{on}.{name}.challenger"), pair.challenger),
                    (format!("{on}.{name}.difference"), pair.difference.estimate),
                ]);
            }
            metrics.push((format!("{on}.mcnemar_p"), comparison.mcnemar.p_value));
            metrics.push((format!("{on}.rows"), comparison.rows as f64));
        }
        metrics
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comparison in &self.comparisons {
            let by = match comparison.on {
                On::Holdout if self.stand_in => "; by a stand-in for the champion, which saw it",
                On::Holdout if self.champion_saw_holdout == Seen::Unknown => {
                    "; the champion may have seen it"
                }
                _ => "",
            };
            writeln!(f, "{comparison}{by}")?;
        }
        for label in &self.unjudged {
            writeln!(f, "not judged: {label:?}, of which no text is held out")?;
        }
        for refusal in &self.refusals {
            writeln!(f, "refused: {refusal}")?;
        }
        Ok(())
    }
}

/// Whether the champion saw the holdout, as its card tells; `clean` is what its tags tell.
pub(super) fn seen(
    champion: &Pipeline,
    texts: Texts<'_>,
    labels: &[Cow<'_, str>],
    clean: bool,
    params: &RetrainParams,
) -> Seen {
    let holdout = &params.holdout;
    match (params.champion_saw_holdout, champion.card().training) {
        (Some(true), _) => Seen::Yes,
        (Some(false), _) => Seen::No,
        (None, _) if clean => Seen::No,
        (None, None) => Seen::Unknown,
        (None, Some(training)) => {
            let pair = |i: usize| (texts.get(i), labels[i].as_ref());
            let rest = holdout.split_all(texts).train;
            // The old data may have grown since: it was trained on the first so many.
            let n = usize::try_from(training.n_texts).unwrap_or(usize::MAX);
            let is = |digest: String| digest == training.digest;
            if n <= rest.len() && is(digest::of_pairs(n, |some| some.map(|i| pair(rest[i])))) {
                Seen::No
            } else if n <= texts.len() && is(digest::of_pairs(n, |some| some.map(pair))) {
                Seen::Yes
            } else {
                Seen::Unknown
            }
        }
    }
}

/// What the champion would be, had it not been trained on what is held out.
fn stand_in_for(champion: &Pipeline, material: &Material<'_>) -> Result<Pipeline> {
    let n = material.n_old;
    let (texts, labels) = (&material.train.texts[..n], &material.train.labels[..n]);
    champion.decided_alike(champion.to_builder().fit(texts, labels)?)
}
