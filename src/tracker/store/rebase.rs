//! Telling a store that was moved where it is now: the two places that its files name are written anew.
//!
//! `artifact_location` of an experiment and `artifact_uri` of a run are absolute, so MLflow looks for artifacts where the
//! store once was, and finds nothing. Only places that follow the store's own layout (`…/<experiment>` and
//! `…/<experiment>/<run>/artifacts`) are changed: artifacts that are kept elsewhere on purpose stay there. Each file is
//! replaced whole, so a rebase that was cut off is finished by the next. An experiment or a run that is a link belongs to another
//! store, and is left alone with a warning.

use std::path::{Path, PathBuf};

use super::experiment;
use super::index::Touch;
use super::location::local_path;
use super::meta::{self, ExperimentMeta, RunMeta};
use super::paths::{is_link, passed_over};
use super::read::run_folders;
use super::run::ARTIFACTS;
use super::{LOCK_FILE, Store};
use crate::error::{Error, Result};
use crate::fs::{Durability, Lock};

/// What [`Store::rebase`] changed.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Rebased {
    /// Experiments whose `artifact_location` was another.
    pub experiments: usize,
    /// Runs whose `artifact_uri` was another.
    pub runs: usize,
    /// Versions of models whose place was another: of [`Registry::rebase`](crate::registry::Registry::rebase) only.
    pub versions: usize,
    /// What could not be read or written; each names its file.
    pub warnings: Vec<Error>,
}

impl Store {
    /// Writes into a store that was moved or copied where it is now, so that MLflow finds its artifacts again.
    ///
    /// Not to be called while runs are being written. Metrics, params, tags and the artifacts themselves are not touched,
    /// and what already is right is not, either. Nor are the versions of models, for which there is
    /// [`Registry::rebase`](crate::registry::Registry::rebase).
    ///
    /// ```
    /// use ressenti::tracker::{Store, Tracker};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    /// let store = Store::open(&old)?;
    /// store.start_run("moves", "one")?.log_artifact("report.txt", b"fine")?;
    /// std::fs::rename(&old, &new).unwrap();
    ///
    /// let rebased = Store::open(&new)?.rebase()?;
    /// assert_eq!((rebased.experiments, rebased.runs), (1, 1));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn rebase(&self) -> Result<Rebased> {
        let _lock = Lock::acquire(&self.root.join(LOCK_FILE))?;
        let mut rebased = Rebased::default();
        for root in self.roots(&mut rebased.warnings) {
            for found in experiment::all(&root, &mut rebased.warnings)? {
                if is_link(&found.folder) {
                    rebased.warnings.push(passed_over(&found.folder));
                    continue;
                }
                match self.rebase_experiment(&found.folder, found.meta) {
                    Ok(changed) => rebased.experiments += usize::from(changed),
                    Err(error) => rebased.warnings.push(error),
                }
                for (name, folder) in run_folders(&found.folder)? {
                    if is_link(&folder) {
                        rebased.warnings.push(passed_over(&folder));
                        continue;
                    }
                    match self.rebase_run(&name, &folder) {
                        Ok(changed) => rebased.runs += usize::from(changed),
                        Err(error) => rebased.warnings.push(error),
                    }
                }
            }
        }
        Ok(rebased)
    }

    fn rebase_experiment(&self, folder: &Path, mut meta: ExperimentMeta) -> Result<bool> {
        let own = format!("{}/{}", self.uri, meta.experiment_id);
        let layout = Path::new(&meta.experiment_id);
        if !self.is_to_change(&meta.artifact_location, &own, layout, None) {
            return Ok(false);
        }
        meta.artifact_location = own;
        meta::write(folder, &meta.to_yaml(), Durability::Power)?;
        Ok(true)
    }

    fn rebase_run(&self, name: &str, folder: &Path) -> Result<bool> {
        let Some(mut meta) = meta::read::<RunMeta>(folder)? else { return Ok(false) };
        let layout: PathBuf = [&meta.experiment_id, &meta.run_id, ARTIFACTS].iter().collect();
        let own = format!("{}/{}/{}/{ARTIFACTS}", self.uri, meta.experiment_id, meta.run_id);
        let artifacts = folder.join(ARTIFACTS);
        let is_own = meta.run_id == name
            && meta
                .artifact_uri
                .as_deref()
                .is_some_and(|uri| self.is_to_change(uri, &own, &layout, Some(&artifacts)));
        if !is_own {
            return Ok(false);
        }
        let _touch = Touch::new(&self.root, &meta.experiment_id, name)?;
        meta.artifact_uri = Some(own);
        meta::write(folder, &meta.to_yaml(), Durability::Power)?;
        Ok(true)
    }

    /// Whether a place follows the store's layout but is not in it.
    fn is_to_change(
        &self,
        location: &str,
        own: &str,
        layout: &Path,
        artifacts: Option<&Path>,
    ) -> bool {
        let Ok(place) = local_path(location) else { return false };
        if location == own || !place.ends_with(layout) || place.starts_with(&self.root) {
            return false;
        }
        // If all artifacts are there and none is here, they were not moved with the store.
        let holds =
            |folder: &Path| folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        !artifacts.is_some_and(|here| holds(&place) && !holds(here))
    }
}
