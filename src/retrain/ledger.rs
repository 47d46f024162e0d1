//! What a retraining has done so far, written and found again: names, tags and files of runs and versions. Nothing is trained
//! or judged here.
//!
//! | where | what | written |
//! |---|---|---|
//! | run `retrain-<key>` | the retraining | first |
//! | its artifact `model` | the challenger | once it is trained |
//! | its artifact `retrain/corrections.txt` | a mark of each correction that was there | once it is judged |
//! | its artifact `retrain/evidence.json` | the [`Challenger`], all but its fate | after that |
//! | a version with the tag `ressenti.retrain.key` | that it is registered; its stage is its fate | if it passes |
//! | tag `ressenti.retrain.latest` of the model | the run, whose corrections count no more | when it is in Staging, or refused |
//! | the run's end | that nothing of it is left to do | last |
//! | the run's artifact `retrain/trial.json` | the test, as far as the caller has it kept | in between |
//! | the run's artifact `retrain/conclusion.json` | what the trial came to | before the version is moved |

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::ab::{AbTest, Evidence};
use super::challenger::{Challenger, Fate};
use super::material::mark;
use super::retrainer::Retrainer;
use crate::digest;
use crate::error::{Error, Result, TrackingError};
use crate::monitor::feedback::Corrections;
use crate::pipeline::Pipeline;
use crate::registry::{ModelVersion, RegisteredModel, Stage};
use crate::tracker::names::MODEL_TAG;
use crate::tracker::{Filter, Run, RunRecord, RunSearch, RunState, RunStatus, Tracker};

/// The tag of a run and a version with the [key](Challenger::key).
pub(super) const KEY: &str = "ressenti.retrain.key";
/// The digest of what it was made from, without the champion.
pub(super) const INPUTS: &str = "ressenti.retrain.inputs";
/// The version that is challenged.
pub(super) const CHAMPION: &str = "ressenti.retrain.champion";
/// The holdout that a version was not trained on.
pub(super) const HOLDOUT: &str = "ressenti.retrain.holdout";
/// What became of it.
pub(super) const FATE: &str = "ressenti.retrain.fate";
/// The tag of a model with the id of its latest retraining.
pub(super) const LATEST: &str = "ressenti.retrain.latest";

pub(super) const EVIDENCE: &str = "retrain/evidence.json";
pub(super) const MARKS: &str = "retrain/corrections.txt";
pub(super) const TRIAL: &str = "retrain/trial.json";
pub(super) const CONCLUSION: &str = "retrain/conclusion.json";
pub(super) const MODEL_FILE: &str = "model/pipeline.ressenti";

/// A version where it is: another stay begins as soon as it is moved, be it there and back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stay {
    pub(super) version: u32,
    /// How often it had been moved, by the history of the model.
    pub(super) moves: usize,
}

/// A test as it was kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trial {
    pub(super) stay: Stay,
    pub(super) test: AbTest,
}

/// What a trial came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Conclusion {
    /// Of which it is: a version that was moved since, and is in Staging again, has another trial before it.
    #[serde(default)]
    pub(super) stay: Stay,
    pub(super) promote: bool,
    pub(super) reasons: Vec<String>,
    /// `None` if it never came to an end.
    pub(super) evidence: Option<Evidence>,
}

/// The name of the run of a key.
pub(super) fn run_name(key: &str) -> String {
    format!("retrain-{}", key.get(..16).unwrap_or(key))
}

/// A value of ours as a file for people.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    // Maps with keys of text, and numbers that are finite.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

impl Retrainer {
    /// The run of a key, if it has begun.
    pub(super) fn find_run(&self, key: &str) -> Result<Option<RunRecord>> {
        let named = Filter::run_name().eq(run_name(key)).and(Filter::tag(KEY).eq(key));
        let found = self.registry.store().search_runs(&RunSearch::new().filter(named))?;
        Ok(found.runs.into_iter().next())
    }

    /// Challengers of this model whose run did not come to its end, the latest first.
    pub(super) fn unfinished(&self) -> Result<Vec<(Challenger, RunRecord)>> {
        let finished = RunState::Finished;
        let search = RunSearch::new().filter(Filter::tag(KEY).is_not_null());
        let mut found = self.registry.store().search_runs(&search)?.runs;
        found.retain(|record| record.status != finished);
        // Evidence that cannot be read is no reason never to train again.
        let read = |record| Some((self.read(&record).ok()??, record));
        let mut found: Vec<_> = found.into_iter().filter_map(read).collect();
        found.retain(|(challenger, _)| challenger.model == self.name);
        Ok(found)
    }

    /// A run, unless it was deleted.
    pub(super) fn record(&self, run_id: &str) -> Result<Option<RunRecord>> {
        use TrackingError::{NoSuchRun, RunDeleted};
        match self.registry.store().run(run_id) {
            Err(Error::Tracking { problem: NoSuchRun { .. } | RunDeleted { .. } }) => Ok(None),
            record => record.map(Some),
        }
    }

    /// Ends the run of a challenger for which nothing is left to do. From now on its corrections count as used.
    pub(super) fn end(&self, run: &Run, challenger: &Challenger) -> Result<()> {
        self.registry.set_model_tag(&self.name, LATEST, run.id())?;
        close(run, challenger)
    }

    /// The model that a run has trained, if it came so far.
    pub(super) fn trained(&self, run_id: &str) -> Result<Option<Pipeline>> {
        let record = self.registry.store().run(run_id)?;
        // The tag is written last.
        let Some(expected) = record.tags.get(MODEL_TAG) else { return Ok(None) };
        // One that is gone or cannot be read is trained anew.
        let Ok(bytes) = record.read_artifact(MODEL_FILE) else { return Ok(None) };
        let is_it = digest::of_bytes(&bytes) == *expected;
        Ok(if is_it { Pipeline::from_bytes(&bytes).ok() } else { None })
    }

    /// Whether the model of a challenger's run is the one that was judged.
    pub(super) fn is_as_judged(&self, challenger: &Challenger) -> Result<bool> {
        let record = self.registry.store().run(&challenger.run_id)?;
        let bytes = record.read_artifact(MODEL_FILE);
        Ok(bytes.is_ok_and(|bytes| digest::of_bytes(&bytes) == challenger.sha256))
    }

    /// The challenger of a run, as far as its evidence is written, with its fate.
    pub(super) fn read(&self, record: &RunRecord) -> Result<Option<Challenger>> {
        let Some(mut challenger) = artifact::<Challenger>(record, EVIDENCE)? else {
            return Ok(None);
        };
        challenger.run_id.clone_from(&record.id);
        // Which version it is, the registry knows, whatever is written here.
        challenger.version = None;
        let model = self.registry.model(&self.name)?;
        let Some(version) = version_of(&model, &challenger) else {
            return Ok(Some(challenger));
        };
        challenger.version = Some(version.version);
        challenger.fate = match version.stage {
            Stage::None | Stage::Staging => Fate::OnTrial,
            Stage::Production => Fate::Promoted,
            Stage::Archived => self.fate(record, version.version)?,
        };
        Ok(Some(challenger))
    }

    /// What became of a version that is archived, by what archived it.
    fn fate(&self, record: &RunRecord, version: u32) -> Result<Fate> {
        let mut moves = self.registry.history(&self.name)?.records;
        moves.retain(|entry| entry.version == version);
        let last = moves.last();
        if last.is_some_and(|entry| entry.from == Stage::Production) {
            return Ok(Fate::Promoted);
        }
        let concluded = Stay { version, moves: moves.len().saturating_sub(1) };
        if let Some(conclusion) = artifact::<Conclusion>(record, CONCLUSION)?
            && (conclusion.promote, conclusion.stay) == (false, concluded)
        {
            return Ok(Fate::Rejected { reasons: conclusion.reasons });
        }
        let why = last.map(|entry| entry.why.clone()).filter(|why| !why.is_empty());
        Ok(Fate::Rejected { reasons: vec![why.unwrap_or("it was archived".to_owned())] })
    }

    /// Where a version is now.
    pub(super) fn stay(&self, version: u32) -> Result<Stay> {
        let history = self.registry.history(&self.name)?.records;
        Ok(Stay { version, moves: history.iter().filter(|entry| entry.version == version).count() })
    }

    /// What was concluded of a version where it is now.
    pub(super) fn concluded(
        &self,
        record: &RunRecord,
        challenger: &Challenger,
    ) -> Result<Option<Conclusion>> {
        let Some(version) = challenger.version else { return Ok(None) };
        let stay = self.stay(version)?;
        Ok(artifact::<Conclusion>(record, CONCLUSION)?.filter(|found| found.stay == stay))
    }

    /// The challenger that waits for its trial, or is on it, and its version.
    pub(super) fn pending(
        &self,
        model: &RegisteredModel,
    ) -> Result<Option<(Challenger, RunRecord)>> {
        let waits = |version: &&ModelVersion| {
            matches!(version.stage, Stage::None | Stage::Staging) && version.tags.contains_key(KEY)
        };
        for version in model.versions.iter().rev().filter(waits) {
            let Some(run_id) = &version.run_id else { continue };
            // Without its run there is no evidence: a version like any other.
            let Some(record) = self.record(run_id)? else { continue };
            if let Some(challenger) = self.read(&record)? {
                return Ok(Some((challenger, record)));
            }
        }
        Ok(None)
    }

    /// What was said since the latest retraining, by the marks that it left.
    pub(super) fn unused(
        &self,
        model: &RegisteredModel,
        corrections: &Corrections,
    ) -> Result<Corrections> {
        let Some(run_id) = model.tags.get(LATEST) else { return Ok(corrections.clone()) };
        // A run that was deleted is no reason never to train again.
        let Some(record) = self.record(run_id)? else { return Ok(corrections.clone()) };
        if !record.artifact_paths()?.iter().any(|path| path == MARKS) {
            return Ok(corrections.clone());
        }
        let bytes = record.read_artifact(MARKS)?;
        let used: HashSet<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
        let is_new = |correction: &&_| !used.contains(mark(correction).as_bytes());
        Ok(Corrections::new(corrections.all().iter().filter(is_new).cloned().collect()))
    }
}

/// Ends the run of a challenger.
pub(super) fn close(run: &Run, challenger: &Challenger) -> Result<()> {
    run.set_tag(FATE, challenger.fate.name())?;
    let reasons = challenger.reasons();
    if !reasons.is_empty() {
        run.set_tag("ressenti.retrain.reasons", &reasons.join("; "))?;
    }
    run.finish(RunStatus::Finished)
}

/// The version of a challenger: of its key, and from its run, since one from a run that was deleted is another.
fn version_of<'m>(model: &'m RegisteredModel, challenger: &Challenger) -> Option<&'m ModelVersion> {
    let Challenger { key, run_id, .. } = challenger;
    model.versions.iter().rev().find(|version| {
        version.tags.get(KEY) == Some(key) && version.run_id.as_ref() == Some(run_id)
    })
}

/// What a run has stored under a name, if it has.
pub(super) fn artifact<T: for<'de> Deserialize<'de>>(
    record: &RunRecord,
    path: &str,
) -> Result<Option<T>> {
    if !record.artifact_paths()?.iter().any(|found| found == path) {
        return Ok(None);
    }
    let bytes = record.read_artifact(path)?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let problem = format!("{path} of the run is not what this version of the crate writes: {error}; delete the run to train anew");
        TrackingError::Malformed { path: path.into(), problem }.into()
    })
}
