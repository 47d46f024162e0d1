//! Removing what was deleted, for good: as `mlflow gc` does, but never outside the store's folder.
//!
//! Deleting only hides: a run says so in its `meta.yaml`, an experiment lies in the trash. Here the folders go. First a
//! folder's `meta.yaml` is given another name, so that a reader sees the whole run or none, and a removal that was cut off is
//! finished by the next one. With them goes what killed processes left. Links are not followed: one in a folder is removed and
//! what it leads to stays, and a run, an experiment or a trash that *is* a link is left alone with a warning. Artifacts that a
//! run keeps elsewhere stay there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::experiment::{self, Found};
use super::index::Touch;
use super::location::local_path;
use super::meta::{self, ACTIVE, ExperimentMeta, RunMeta};
use super::paths::is_link;
use super::read::{REMOVED, folders, run_folders};
use super::{Store, now_ms};
use crate::error::{Error, Result, TrackingError};

/// Which deleted runs and experiments [`Store::gc`] removes; all of them by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gc {
    older_than: Duration,
    dry_run: bool,
    skip_experiments: bool,
}

impl Gc {
    /// Everything that was deleted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only what was deleted at least so long ago; of what does not say when, everything, as MLflow does.
    #[must_use]
    pub fn older_than(mut self, age: Duration) -> Self {
        self.older_than = age;
        self
    }

    /// Tells what would be removed and removes nothing.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Leaves deleted experiments in the trash, with all that is in them.
    #[must_use]
    pub fn skip_experiments(mut self) -> Self {
        self.skip_experiments = true;
        self
    }
}

/// What [`Store::gc`] removed, or would.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Collected {
    /// The ids of runs, sorted; those of removed experiments among them.
    pub runs: Vec<String>,
    /// The ids of experiments, sorted.
    pub experiments: Vec<String>,
    /// What processes that were killed had left at least an hour before, sorted: temporary files, and folders of runs and
    /// experiments that never were.
    pub leftovers: Vec<PathBuf>,
    /// What was left: links, artifacts outside the store, folders that could not be removed. Each names its path.
    pub warnings: Vec<Error>,
}

impl Store {
    /// Removes deleted runs and experiments for good, and what killed processes left.
    ///
    /// ```
    /// use ressenti::tracker::{Gc, Store};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::open(folder.path().join("mlruns"))?;
    /// let would = store.gc(Gc::new().dry_run())?;
    /// assert!(would.runs.is_empty());
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn gc(&self, gc: Gc) -> Result<Collected> {
        let mut collected = Collected::default();
        let age = i64::try_from(gc.older_than.as_millis()).unwrap_or(i64::MAX);
        let latest = now_ms().saturating_sub(age);
        for root in self.roots(&mut collected.warnings) {
            for found in experiment::all(&root, &mut collected.warnings)? {
                if is_link(&found.folder) {
                    collected.warnings.push(left(&found.folder));
                    continue;
                }
                let in_trash = root != self.root;
                let is_old = found.meta.last_update_time.is_none_or(|time| time <= latest);
                if in_trash && found.is_deleted() && is_old && !gc.skip_experiments {
                    self.remove_experiment(&found, gc, &mut collected)?;
                } else if !in_trash || !gc.skip_experiments {
                    self.remove_runs(&found, gc, latest, &mut collected)?;
                }
            }
        }
        if !gc.dry_run {
            self.finish_removals(&mut collected)?;
        }
        for path in self.leftovers()? {
            if gc.dry_run || collected.remove_leftover(&path) {
                collected.leftovers.push(path);
            }
        }
        collected.runs.sort_unstable();
        collected.experiments.sort_unstable();
        Ok(collected)
    }

    fn remove_experiment(&self, found: &Found, gc: Gc, collected: &mut Collected) -> Result<()> {
        let mut runs = Vec::new();
        for (name, folder) in run_folders(&found.folder)? {
            if let Ok(Some(meta)) = meta::read::<RunMeta>(&folder) {
                self.note_artifacts(&meta, &folder, collected);
                runs.push(name);
            }
        }
        if gc.dry_run || collected.remove(&found.folder) {
            collected.runs.append(&mut runs);
            collected.experiments.push(found.meta.experiment_id.clone());
        }
        Ok(())
    }

    fn remove_runs(
        &self,
        found: &Found,
        gc: Gc,
        latest: i64,
        collected: &mut Collected,
    ) -> Result<()> {
        for (name, folder) in run_folders(&found.folder)? {
            let Ok(Some(meta)) = meta::read::<RunMeta>(&folder) else { continue };
            let is_deleted = meta.lifecycle_stage.as_deref().is_some_and(|stage| stage != ACTIVE);
            let is_right = meta.run_id == name && meta.experiment_id == found.meta.experiment_id;
            if !is_deleted || !is_right || meta.deleted_time.is_some_and(|time| time > latest) {
                continue;
            }
            if is_link(&folder) {
                collected.warnings.push(left(&folder));
                continue;
            }
            self.note_artifacts(&meta, &folder, collected);
            if gc.dry_run {
                collected.runs.push(name);
                continue;
            }
            let _touch = Touch::new(&self.root, &found.meta.experiment_id, &name)?;
            if collected.remove(&folder) {
                collected.runs.push(name);
            }
        }
        Ok(())
    }

    /// Says that artifacts outside the store stay where they are.
    fn note_artifacts(&self, meta: &RunMeta, folder: &Path, collected: &mut Collected) {
        let Some(uri) = meta.artifact_uri.as_deref() else { return };
        let is_elsewhere = match local_path(uri) {
            Ok(place) => !place.starts_with(&self.root) && place.is_dir(),
            Err(_) => true,
        };
        if is_elsewhere {
            let problem =
                format!("its artifacts are in {uri:?}, outside the store, and stay there");
            collected
                .warnings
                .push(TrackingError::Malformed { path: folder.join(meta::FILE), problem }.into());
        }
    }

    /// Removes what an earlier call had begun to remove.
    fn finish_removals(&self, collected: &mut Collected) -> Result<()> {
        let mut begun: Vec<PathBuf> = Vec::new();
        for root in self.roots(&mut Vec::new()) {
            for (_, experiment) in folders(&root)? {
                if is_link(&experiment) {
                    continue;
                }
                // What is no experiment may be anything.
                let is_experiment =
                    matches!(meta::read::<ExperimentMeta>(&experiment), Ok(Some(_)));
                if experiment.join(REMOVED).is_file() && !experiment.join(meta::FILE).exists() {
                    begun.push(experiment);
                } else if is_experiment {
                    let runs = run_folders(&experiment)?.into_iter().map(|(_, run)| run);
                    begun.extend(runs.filter(|run| {
                        !is_link(run)
                            && run.join(REMOVED).is_file()
                            && !run.join(meta::FILE).exists()
                    }));
                }
            }
        }
        for folder in begun {
            collected.remove(&folder);
        }
        Ok(())
    }
}

impl Collected {
    /// Removes a file or a folder that nobody reads; `false` and a warning if that failed.
    fn remove_leftover(&mut self, path: &Path) -> bool {
        let removed = match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            _ => fs::remove_file(path),
        };
        removed.map_err(|error| self.warnings.push(Error::io("remove", path)(error))).is_ok()
    }

    /// Removes a folder; `false` and a warning if that failed.
    fn remove(&mut self, folder: &Path) -> bool {
        let hide = match fs::rename(folder.join(meta::FILE), folder.join(REMOVED)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            hidden => hidden,
        };
        // It removes links, and does not go where they lead.
        match hide.and_then(|()| fs::remove_dir_all(folder)) {
            Ok(()) => true,
            Err(error) => {
                self.warnings.push(Error::io("remove", folder)(error));
                false
            }
        }
    }
}

/// That a link stays as it is.
fn left(path: &Path) -> Error {
    let problem =
        "it is a link, which is not followed; remove it and what it leads to by hand".to_owned();
    TrackingError::Malformed { path: path.to_owned(), problem }.into()
}
