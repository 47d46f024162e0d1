//! A store looked through from end to end: what is wrong with it goes out as a list, nothing is changed.
//!
//! Everything that reading warns of, and beside that what a reader of one experiment does not see or need not mind: places
//! that are not in the store, names that MLflow cannot take, leftovers of killed writers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::experiment::{self, Found};
use super::leftovers::is_temporary;
use super::location::local_path;
use super::meta;
use super::read::{REMOVED, ReadRun, is_being_built, is_id, read_run, run_folders, texts};
use super::run::{ARTIFACTS, METRICS, PARAMS, TAGS};
use super::{Store, TRASH};
use crate::error::{Error, Result, TrackingError};
use crate::parallel;

impl Store {
    /// Walks the whole store, deleted experiments and runs too, and lists what is wrong; each problem names its path.
    ///
    /// An empty list means that this crate reads all params, metrics, tags and inputs, MLflow can list and search the store, and
    /// artifacts are where the files say, unless that is on another machine. What the artifacts are is not looked at, nor is the
    /// model registry, of which [`Registry::models`](crate::registry::Registry::models) warns.
    ///
    /// ```
    /// use ressenti::tracker::{Store, Tracker};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::open(folder.path().join("mlruns"))?;
    /// let run = store.start_run("verified", "one")?;
    /// run.log_metric("loss", 0.5, 0)?;
    /// assert!(store.verify()?.is_empty());
    ///
    /// let metrics = store.path().join(run.experiment_id()).join(run.id()).join("metrics");
    /// std::fs::write(metrics.join("loss"), "1 0.5 0\n2 0.4").unwrap();
    /// std::fs::write(metrics.join(".loss.swp"), "").unwrap();
    /// assert_eq!(store.verify()?.len(), 2);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn verify(&self) -> Result<Vec<Error>> {
        let mut problems = Vec::new();
        let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
        let mut ids: BTreeMap<String, PathBuf> = BTreeMap::new();
        for root in self.roots(&mut problems) {
            problems.extend(experiment::strays(&root)?);
            leftovers(&root, &mut problems)?;
            for found in experiment::all(&root, &mut problems)? {
                Self::check_experiment(&found, root == self.root, &mut problems);
                let file = found.folder.join(meta::FILE);
                if let Some(other) = names.insert(found.meta.name.clone(), file.clone()) {
                    problems.push(wrong(
                        &file,
                        format!("name is {:?}, as in {}", found.meta.name, other.display()),
                    ));
                }
                leftovers(&found.folder, &mut problems)?;
                let id = found.meta.experiment_id.as_str();
                let folders = run_folders(&found.folder)?;
                let outcomes = parallel::map_each(folders.len(), |i| {
                    let (name, folder) = &folders[i];
                    let mut problems = Vec::new();
                    match read_run(name, folder.clone(), id, &mut problems) {
                        Ok(Some(run)) => Self::check_run(&run, folder, &mut problems),
                        Ok(None) => check_unfinished(folder, &mut problems),
                        Err(error) => problems.push(error),
                    }
                    (name.clone(), folder.clone(), problems)
                });
                for (name, folder, more) in outcomes {
                    problems.extend(more);
                    if let Some(other) = ids.insert(name, folder.clone()) {
                        problems.push(wrong(
                            &folder,
                            format!("there is a run of the same id in {}", other.display()),
                        ));
                    }
                }
            }
        }
        Ok(problems)
    }

    fn check_experiment(found: &Found, is_active: bool, problems: &mut Vec<Error>) {
        let file = found.folder.join(meta::FILE);
        let meta = &found.meta;
        problems.extend(Self::moved(found));
        texts(&found.folder.join(TAGS), "tag key", problems);
        if meta.experiment_id.parse::<i64>().is_err() {
            let problem = format!(
                "experiment_id {:?} is no number; mlflow migrate-filestore leaves it out",
                meta.experiment_id
            );
            problems.push(wrong(&file, problem));
        }
        if meta.name.contains('\'') {
            problems.push(wrong(
                &file,
                format!("name {:?} contains '\\'', by which MLflow cannot look it up", meta.name),
            ));
        }
        if found.is_deleted() == is_active {
            let problem = format!(
                "lifecycle_stage is {:?}; deleted experiments are in .trash, others are not",
                meta.lifecycle_stage
            );
            problems.push(wrong(&file, problem));
        }
    }

    fn check_run(run: &ReadRun, folder: &Path, problems: &mut Vec<Error>) {
        let file = folder.join(meta::FILE);
        if meta::bytes(folder).is_ok_and(|bytes| meta::parse::<Ended>(&bytes).is_err()) {
            let problem =
                "it has no end_time, without which MLflow cannot read the run; write null";
            problems.push(wrong(&file, problem.to_owned()));
        }
        for room in [PARAMS, METRICS, ARTIFACTS] {
            if !folder.join(room).is_dir() {
                let problem =
                    format!("it has no folder {room:?}, so MLflow does not find the run by its id");
                problems.push(wrong(folder, problem));
            }
        }
        let own = experiment::restored(folder).join(ARTIFACTS);
        match run.record.artifact_uri.as_deref().map(|uri| (uri, local_path(uri))) {
            None => problems.push(wrong(
                &file,
                "artifact_uri is missing; MLflow cannot list artifacts".to_owned(),
            )),
            Some((uri, Ok(place))) if !place.is_dir() && place != own => {
                problems.push(wrong(&file, format!("artifact_uri is {uri:?}, where there is nothing; was the store moved? use Store::rebase")));
            }
            // Artifacts may be on another machine.
            Some(_) => {}
        }
        if let Err(error) = leftovers(folder, problems) {
            problems.push(error);
        }
    }
}

/// The key that MLflow needs and this crate does not.
#[derive(Deserialize)]
struct Ended {
    #[serde(rename = "end_time")]
    _end_time: IgnoredAny,
}

fn check_unfinished(folder: &Path, problems: &mut Vec<Error>) {
    if folder.join(REMOVED).exists() {
        problems.push(wrong(folder, "its removal was cut off; Store::gc finishes it".to_owned()));
    }
}

/// Temporary files in a folder that lie there for some time, and folders in it that are nobody's.
fn leftovers(folder: &Path, problems: &mut Vec<Error>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_temporary(&name) && !is_being_built(&entry.path()) {
            let problem = "it was left by a process that was killed; Store::gc removes it when it is an hour old";
            problems.push(wrong(&entry.path(), problem.to_owned()));
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_top =
            folder.join(TRASH).is_dir() || folder.file_name().is_some_and(|name| name == TRASH);
        if is_folder && !is_id(&name) && !is_top {
            problems
                .push(wrong(&entry.path(), "it is nothing of MLflow's; move it away".to_owned()));
        }
    }
    Ok(())
}

fn wrong(path: &Path, problem: String) -> Error {
    TrackingError::Malformed { path: path.to_owned(), problem }.into()
}
