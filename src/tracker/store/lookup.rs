//! One run of a store by its id: read back, or taken up again.

use std::path::{Path, PathBuf};

use super::meta::{self, ACTIVE, ExperimentMeta, RunMeta};
use super::read::{folders, is_id, read_run};
use super::{Run, RunRecord, Store};
use crate::error::{Error, Result, TrackingError};

impl Store {
    /// The run of that id, in whichever experiment it is.
    ///
    /// A param, tag or metric of it that cannot be read is left out; [`runs`](Self::runs) has warnings.
    ///
    /// Errors: a run that is not there, or was deleted, and one whose `meta.yaml` cannot be read.
    pub fn run(&self, id: &str) -> Result<RunRecord> {
        let (experiment_id, folder) = find_run(&self.root, id)?;
        let Some(run) = read_run(id, folder, &experiment_id, &mut Vec::new())? else {
            return Err(no_run(&self.root, id));
        };
        if run.record.deleted {
            return Err(TrackingError::RunDeleted { run_id: id.to_owned() }.into());
        }
        Ok(run.record)
    }

    /// Takes up the run of that id, which is then running again, until it is [finished](super::super::Tracker::finish) or
    /// dropped. Several threads and processes may do so at once.
    ///
    /// One whose `artifact_uri` leads out of its folder takes everything but artifacts, which are then
    /// [`TrackingError::ArtifactsElsewhere`]: readers look where it says, which may be a store that this one was copied from
    /// ([`rebase`](Self::rebase) then says where they are now) or a place that MLflow was told of.
    ///
    /// Errors: as for [`run`](Self::run).
    pub fn resume_run(&self, id: &str) -> Result<Run> {
        let (_, folder) = find_run(&self.root, id)?;
        let Some(meta) = meta::read::<RunMeta>(&folder)? else {
            return Err(no_run(&self.root, id));
        };
        if meta.lifecycle_stage.as_ref().is_some_and(|stage| stage != ACTIVE) {
            return Err(TrackingError::RunDeleted { run_id: id.to_owned() }.into());
        }
        Run::resume(self, folder, meta)
    }
}

/// The experiment's id and the run's folder, in the store at `root`.
pub(crate) fn find_run(root: &Path, id: &str) -> Result<(String, PathBuf)> {
    // An id is the name of a folder; with a separator or dots it would lead elsewhere.
    if is_id(id) {
        for (experiment_id, experiment) in folders(root)? {
            let folder = experiment.join(id);
            // Every other file of a folder with a meta.yaml could be a data set or a model.
            if folder.join(meta::FILE).is_file()
                && meta::read::<ExperimentMeta>(&experiment)?.is_some()
            {
                return Ok((experiment_id, folder));
            }
        }
    }
    Err(no_run(root, id))
}

fn no_run(root: &Path, id: &str) -> Error {
    TrackingError::NoSuchRun { id: id.to_owned(), store: root.to_owned() }.into()
}
