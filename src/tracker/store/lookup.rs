//! One run of a store by its id: read back, or taken up again.

use std::path::PathBuf;

use super::meta::{self, ACTIVE, ExperimentMeta, RunMeta};
use super::read::{folders, read_run};
use super::{Run, RunRecord, Store};
use crate::error::{Result, TrackingError};

impl Store {
    /// The run of that id, in whichever experiment it is.
    ///
    /// A param, tag or metric of it that cannot be read is left out; [`runs`](Self::runs) has warnings.
    ///
    /// Errors: a run that is not there, or was deleted, and one whose `meta.yaml` cannot be read.
    pub fn run(&self, id: &str) -> Result<RunRecord> {
        let (experiment_id, folder) = self.find_run(id)?;
        let Some(run) = read_run(id, folder, &experiment_id, &mut Vec::new())? else {
            return Err(self.no_run(id));
        };
        if run.record.deleted {
            return Err(TrackingError::RunDeleted { run_id: id.to_owned() }.into());
        }
        Ok(run.record)
    }

    /// Takes up the run of that id, which is then running again, until it is [finished](super::super::Tracker::finish) or
    /// dropped. Several threads and processes may do so at once.
    ///
    /// Errors: as for [`run`](Self::run).
    pub fn resume_run(&self, id: &str) -> Result<Run> {
        let (_, folder) = self.find_run(id)?;
        let Some(meta) = meta::read::<RunMeta>(&folder)? else {
            return Err(self.no_run(id));
        };
        if meta.lifecycle_stage.as_ref().is_some_and(|stage| stage != ACTIVE) {
            return Err(TrackingError::RunDeleted { run_id: id.to_owned() }.into());
        }
        Run::resume(self, folder, meta)
    }

    /// The experiment's id and the run's folder.
    fn find_run(&self, id: &str) -> Result<(String, PathBuf)> {
        // An id is the name of a folder; with a separator or dots it would lead elsewhere.
        if !id.is_empty() && super::read::is_id(id) {
            for (experiment_id, experiment) in folders(&self.root)? {
                let folder = experiment.join(id);
                // Every other file of a folder with a meta.yaml could be a data set or a model.
                if folder.join(meta::FILE).is_file()
                    && meta::read::<ExperimentMeta>(&experiment)?.is_some()
                {
                    return Ok((experiment_id, folder));
                }
            }
        }
        Err(self.no_run(id))
    }

    fn no_run(&self, id: &str) -> crate::Error {
        TrackingError::NoSuchRun { id: id.to_owned(), store: self.root.clone() }.into()
    }
}
