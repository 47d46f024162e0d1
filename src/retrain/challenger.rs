//! What a retraining has come to, as plain data.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::material::Counts;
use super::validation::Validation;

/// A model that was trained to take the champion's place, with the evidence for and against it. What
/// [`Retrainer::run`](super::Retrainer::run) returns. It prints as a few lines.
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
/// use ressenti::retrain::{Challenger, Fate};
///
/// let challenger = retrainer.run(&texts, &labels, &corrections)?;
/// assert_eq!((challenger.fate.clone(), challenger.uri()), (Fate::OnTrial, Some("models:/seats/2".to_owned())));
/// assert!(challenger.to_string().starts_with("version 2 of \"seats\", beside version 1: on trial\n"));
/// let json = serde_json::to_string(&challenger).unwrap();
/// assert_eq!(serde_json::from_str::<Challenger>(&json).unwrap(), challenger);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Challenger {
    /// The registered model.
    pub model: String,
    /// Its version; `None` if it was refused, since it was not registered then.
    pub version: Option<u32>,
    /// The version in Production that it challenges.
    pub champion: u32,
    /// The tracked run that made it, with the model and all evidence.
    pub run_id: String,
    /// The digest of what it was made from and of the champion: the same log, data, settings and seed have the same.
    pub key: String,
    /// The SHA-256 of its model file.
    pub sha256: String,
    /// What it was trained on and judged by.
    pub counts: Counts,
    /// What it showed there.
    pub validation: Validation,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a challenger.
///
/// ```
/// use ressenti::retrain::Fate;
///
/// assert_eq!((Fate::OnTrial.name(), Fate::Rejected { reasons: Vec::new() }.name()), ("on trial", "rejected"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// It did not pass the [validation](Validation::refusals), and was not registered.
    Refused,
    /// It is in Staging, and its trial goes on.
    OnTrial,
    /// It went to Production.
    Promoted,
    /// It was archived.
    Rejected {
        /// Why.
        reasons: Vec<String>,
    },
}

impl Fate {
    /// `refused`, `on trial`, `promoted` or `rejected`: the tag `ressenti.retrain.fate` of its run.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::OnTrial => "on trial",
            Self::Promoted => "promoted",
            Self::Rejected { .. } => "rejected",
        }
    }
}

impl Challenger {
    /// Its URI in the registry, such as `models:/sentiment-classifier/3`, if it is there.
    #[must_use]
    pub fn uri(&self) -> Option<String> {
        self.version.map(|version| format!("models:/{}/{version}", self.model))
    }

    /// Why it was refused or rejected; nothing if it was not.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        match &self.fate {
            Fate::Refused => self.validation.refusals.iter().map(ToString::to_string).collect(),
            Fate::Rejected { reasons } => reasons.clone(),
            Fate::OnTrial | Fate::Promoted => Vec::new(),
        }
    }
}

impl fmt::Display for Challenger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, champion, counts, validation, .. } = self;
        let name = self.version.map_or("a challenger".to_owned(), |n| format!("version {n}"));
        writeln!(f, "{name} of {model:?}, beside version {champion}: {}", self.fate.name())?;
        let Counts { old, corrections, .. } = counts;
        writeln!(f, "trained on {old} old texts and {corrections} corrections")?;
        write!(f, "{validation}")?;
        if let Fate::Rejected { reasons } = &self.fate {
            writeln!(f, "rejected: {}", reasons.join("; "))?;
        }
        Ok(())
    }
}
