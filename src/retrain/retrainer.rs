//! Who retrains one registered model: its settings, and the questions that need no training.

use std::fmt;

use super::challenger::Challenger;
use super::params::RetrainParams;
use super::policy::{Decision, Reason, RetrainPolicy};
use super::signals::Signals;
use crate::error::{RegistryError, Result};
use crate::fs::Lock;
use crate::monitor::drift::Drift;
use crate::monitor::feedback::Corrections;
use crate::pipeline::{Pipeline, PipelineBuilder};
use crate::registry::{ModelVersion, RegisteredModel, Registry, Stage};
use crate::select::Budget;

/// The experiment of the runs, unless told otherwise.
const EXPERIMENT: &str = "retraining";
/// Held in the folder of a model while it is retrained.
const LOCK_FILE: &str = ".ressenti.retrain.lock";

/// How a challenger's settings are found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Recipe {
    /// Those of the champion.
    #[default]
    Same,
    Given(Box<PipelineBuilder>),
    Tuned(Box<Budget>),
}

/// Retrains a registered model: from feedback to a challenger, from there to Production or not. See the
/// [module](crate::retrain) for the way as a whole, with an example.
///
/// Nothing of it is kept in memory: all that was done lies in the store, so that a retrainer made anew, in another process and
/// after a crash, goes on where the last one was. Of several at once on one model, one works and the others wait.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::feedback::Corrections;
/// use ressenti::registry::{NewVersion, Registry, Stage};
/// use ressenti::retrain::{RetrainPolicy, Retrainer};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let location = folder.path().join("mlruns");
/// let registry = Registry::open(&location)?;
/// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
/// registry.create_version("crews", NewVersion::from_pipeline(&pipeline))?;
/// registry.transition("crews", 1, Stage::Production)?;
///
/// let retrainer = Retrainer::new(&registry, "crews");
/// let decision = retrainer.decide(&RetrainPolicy::default(), &Corrections::default(), None)?;
/// assert_eq!(
///     decision.to_string(),
///     "wait: 0 new corrections, no more than 1000; nothing new was said of answers; whether there is drift is not known"
/// );
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Retrainer {
    pub(super) registry: Registry,
    pub(super) name: String,
    pub(super) experiment: String,
    pub(super) params: RetrainParams,
    pub(super) recipe: Recipe,
}

impl fmt::Debug for Retrainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrainer")
            .field("name", &self.name)
            .field("experiment", &self.experiment)
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

impl Retrainer {
    /// For the registered model of this name, of which one version is in Production: the champion.
    pub fn new(registry: &Registry, name: &str) -> Self {
        Self {
            registry: registry.clone(),
            name: name.to_owned(),
            experiment: EXPERIMENT.to_owned(),
            params: RetrainParams::default(),
            recipe: Recipe::Same,
        }
    }

    /// How it is done.
    pub fn params(mut self, params: RetrainParams) -> Self {
        self.params = params;
        self
    }

    /// The experiment of the runs. Default: `retraining`.
    pub fn experiment(mut self, name: &str) -> Self {
        name.clone_into(&mut self.experiment);
        self
    }

    /// The settings of challengers. Default: [those of the champion](Pipeline::to_builder). Whatever is asked for here, they
    /// decide by the champion's threshold or neutral band, which may not suit a classifier whose scores are on another scale,
    /// and their profile is that of what is held out.
    pub fn recipe(mut self, builder: PipelineBuilder) -> Self {
        self.recipe = Recipe::Given(Box::new(builder));
        self
    }

    /// Looks for better settings, from those of the champion and with the seed of the params; all else is as the budget says.
    pub fn tune(mut self, budget: Budget) -> Self {
        self.recipe = Recipe::Tuned(Box::new(budget));
        self
    }

    /// What is known of the champion: what was said since the latest retraining, and drift, if it was measured.
    ///
    /// Errors: those of the registry, among them that nothing is in Production.
    pub fn signals(&self, corrections: &Corrections, drift: Option<&Drift>) -> Result<Signals> {
        let model = self.registry.model(&self.name)?;
        let champion = self.champion(&model)?;
        let classes = Pipeline::peek(champion.model_file()?)?.classes;
        let new = self.unused(&model, corrections)?;
        Ok(Signals::new(&new, &classes, Some(champion.version), drift))
    }

    /// Whether to train anew, by a policy and the [signals](Self::signals). While a challenger is on trial, the answer is to
    /// wait.
    ///
    /// Errors: as for [`signals`](Self::signals) and [`RetrainPolicy::decide`].
    pub fn decide(
        &self,
        policy: &RetrainPolicy,
        corrections: &Corrections,
        drift: Option<&Drift>,
    ) -> Result<Decision> {
        if let Some(challenger) = self.on_trial()?
            && let Some(version) = challenger.version
        {
            return Ok(Decision::Wait { reasons: vec![Reason::OnTrial { version }] });
        }
        policy.decide(&self.signals(corrections, drift)?)
    }

    /// The challenger that is on trial, such as after the program was started anew.
    ///
    /// Errors: those of the registry and of reading its run.
    pub fn on_trial(&self) -> Result<Option<Challenger>> {
        let model = self.registry.model(&self.name)?;
        let Some((challenger, _)) = self.pending(&model)? else { return Ok(None) };
        let champion = model.in_stage(Stage::Production).map(|version| version.version);
        // One that was registered, and not moved to Staging any more, waits for the next run.
        let version = challenger.version.and_then(|version| model.version(version));
        let is_there = version.is_some_and(|version| version.stage == Stage::Staging);
        let goes_on = is_there && champion == Some(challenger.champion);
        Ok(Some(challenger).filter(|_| goes_on))
    }

    /// The version in Production.
    pub(super) fn champion(&self, model: &RegisteredModel) -> Result<ModelVersion> {
        model.in_stage(Stage::Production).cloned().ok_or_else(|| {
            let existing = "register one, and move it there with Registry::transition".to_owned();
            let (name, wanted) = (self.name.clone(), "in stage Production to retrain".to_owned());
            RegistryError::NoneFound { name, wanted, existing }.into()
        })
    }

    /// Held while anything is changed.
    pub(super) fn lock(&self) -> Result<Lock> {
        // That there is such a model: its name is that of a folder.
        self.registry.model(&self.name)?;
        Lock::acquire(&self.registry.folder(&self.name).join(LOCK_FILE))
    }
}
