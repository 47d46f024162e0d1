//! How a retraining is done, as data.

use serde::{Deserialize, Serialize};

use super::gates::Gates;
use super::holdout::Holdout;
use crate::error::Result;
use crate::monitor::feedback::RowOptions;
use crate::pipeline::Prior;

/// How a retraining is done: what is held out, how much corrections count, what a challenger must show.
///
/// ```
/// use ressenti::Prior;
/// use ressenti::monitor::feedback::RowOptions;
/// use ressenti::retrain::{Gates, RetrainParams};
///
/// let params = RetrainParams::default()
///     .rows(RowOptions::default().weight(2.0).half_life_days(180.0))
///     .gates(Gates::default().max_class_drop(0.02))
///     .prior(Prior::Weights);
/// let json = serde_json::to_string(&params).unwrap();
/// assert_eq!(serde_json::from_str::<RetrainParams>(&json).unwrap(), params);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct RetrainParams {
    pub(super) holdout: Holdout,
    pub(super) rows: RowOptions,
    pub(super) gates: Gates,
    pub(super) prior: Option<Prior>,
    pub(super) recent: usize,
    pub(super) profile_of_corrections: bool,
    pub(super) champion_saw_holdout: Option<bool>,
    pub(super) seed: u64,
}

impl Default for RetrainParams {
    fn default() -> Self {
        Self {
            holdout: Holdout::default(),
            rows: RowOptions::default(),
            gates: Gates::default(),
            prior: None,
            recent: 1_000,
            profile_of_corrections: false,
            champion_saw_holdout: None,
            seed: 0,
        }
    }
}

impl RetrainParams {
    /// Which texts are never trained on. Default: a fifth of them.
    pub fn holdout(mut self, holdout: Holdout) -> Self {
        self.holdout = holdout;
        self
    }

    /// How much corrections count beside 1 for an old text. Default: 1, whenever they were said.
    pub fn rows(mut self, rows: RowOptions) -> Self {
        self.rows = rows;
        self
    }

    /// What a challenger must show to be put on trial.
    pub fn gates(mut self, gates: Gates) -> Self {
        self.gates = gates;
        self
    }

    /// What of the champion the challenger stands on, as for [`PipelineBuilder::prior`](crate::PipelineBuilder::prior); of use
    /// where the old data is not at hand any more: [recent corrections](super::Gates::min_rows) decide then. Default: nothing.
    pub fn prior(mut self, prior: Prior) -> Self {
        self.prior = Some(prior);
        self
    }

    /// How many corrections that were held out count as recent: the last so many. Default: 1,000.
    pub fn recent(mut self, n: usize) -> Self {
        self.recent = n;
        self
    }

    /// Whether the [profile](crate::Profile) of the challenger, against which drift is measured, is that of the recent
    /// corrections that were held out, where there are 100 of them; else it is that of everything held out. Default: false.
    ///
    /// Set it where users also confirm answers, or all answers are checked: the corrections then look like the traffic of
    /// today, and drift that was learnt is drift no more.
    pub fn profile_of_corrections(mut self, yes: bool) -> Self {
        self.profile_of_corrections = yes;
        self
    }

    /// Whether the champion was trained on what is held out, where you know better than [its card tells](super::Seen).
    pub fn champion_saw_holdout(mut self, saw: bool) -> Self {
        self.champion_saw_holdout = Some(saw);
        self
    }

    /// What fixes the folds of a search and the resamples of intervals. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Errors: [`Error::InvalidParameter`](crate::Error::InvalidParameter).
    pub(super) fn validate(&self) -> Result<()> {
        self.holdout.validate()?;
        self.gates.validate()
    }
}
