//! One run being written: a tracker whose record is a folder in MLflow's layout.
//!
//! At every moment the folder is one that MLflow can read, so that a killed process costs nobody else a search:
//! `meta.yaml` comes last and makes the run visible; params, tags and the first value of a metric appear whole; more
//! values are appended a line at a time; temporary files lie in the run's own folder, where no reader looks for content.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::index::Touch;
use super::meta::{self, ACTIVE, RunMeta, RunState};
use super::paths::place;
use super::{Store, now_ms};
use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Durability};
use crate::tracker::names::{check_artifact_path, check_key, param_text};
use crate::tracker::value::float_text;
use crate::tracker::{RunStatus, Tracker, Value};

pub(super) const PARAMS: &str = "params";
pub(super) const METRICS: &str = "metrics";
pub(super) const TAGS: &str = "tags";
pub(super) const ARTIFACTS: &str = "artifacts";
pub(super) const NAME_TAG: &str = "mlflow.runName";
const PARENT_TAG: &str = "mlflow.parentRunId";
/// Far above any param that could be logged.
const PARAM_BYTES: u64 = 1 << 20;

/// A run of a [`Store`], being written. Several threads may write to it at once.
///
/// End it with [`finish`](Tracker::finish). A run that is dropped before has not done what it was started for, and is
/// recorded as failed. Logging to a run that has ended is allowed, as in MLflow.
///
/// Params, tags and metrics survive the death of the process; `meta.yaml` and artifacts also a power cut.
#[derive(Debug)]
pub struct Run {
    store: Store,
    experiment_id: String,
    id: String,
    folder: PathBuf,
    state: Mutex<State>,
    /// Tells searches to look at the run for as long as it may be written to.
    _touch: Touch,
}

#[derive(Debug)]
struct State {
    /// As written last.
    meta: RunMeta,
    ended: Option<RunStatus>,
}

impl Run {
    pub(super) fn start(
        store: &Store,
        experiment: &Path,
        experiment_id: &str,
        name: &str,
        parent: Option<&str>,
    ) -> Result<Self> {
        let id = Uuid::new_v4().simple().to_string();
        let folder = experiment.join(&id);
        let name = if name.is_empty() { format!("run-{}", &id[..8]) } else { name.to_owned() };
        let user = user();
        let meta = RunMeta {
            artifact_uri: Some(format!("{}/{experiment_id}/{id}/{ARTIFACTS}", store.uri)),
            run_id: id.clone(),
            experiment_id: experiment_id.to_owned(),
            user_id: user.clone(),
            start_time: now_ms(),
            end_time: None,
            status: Some(RunState::Running.code()),
            lifecycle_stage: Some(ACTIVE.to_owned()),
            deleted_time: None,
            run_name: Some(name.clone()),
        };
        let program = program();
        let mut tags = vec![
            (NAME_TAG, name.as_str()),
            ("mlflow.user", &user),
            ("mlflow.source.type", "LOCAL"),
            ("mlflow.source.name", &program),
        ];
        tags.extend(parent.map(|parent| (PARENT_TAG, parent)));
        let touch = Touch::new(&store.root, experiment_id, &id)?;
        let build = || {
            for path in [
                &folder,
                &folder.join(METRICS),
                &folder.join(PARAMS),
                &folder.join(ARTIFACTS),
                &folder.join(TAGS),
            ] {
                std::fs::create_dir(path).map_err(Error::io("create", path))?;
            }
            for (key, value) in tags {
                write_text(&folder, TAGS, "tag key", key, value)?;
            }
            write_meta(&folder, &meta)
        };
        if let Err(error) = build() {
            // Without a meta.yaml it is no run to anybody; the first error is the one to report.
            let _ = std::fs::remove_dir_all(&folder);
            return Err(error);
        }
        let experiment_id = experiment_id.to_owned();
        let state = Mutex::new(State { meta, ended: None });
        Ok(Self { store: store.clone(), experiment_id, id, folder, state, _touch: touch })
    }

    /// The run's id: 32 hexadecimal digits, which MLflow knows it by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id of its experiment.
    #[must_use]
    pub fn experiment_id(&self) -> &str {
        &self.experiment_id
    }

    /// Starts a run inside this one, in the same experiment. MLflow shows it below this one.
    ///
    /// [`Tracker::child`] does the same for those who only know the trait.
    pub fn child(&self, name: &str) -> Result<Self> {
        let experiment = self.store.root.join(&self.experiment_id);
        Self::start(&self.store, &experiment, &self.experiment_id, name, Some(&self.id))
    }

    /// Changes `meta.yaml` as it is now: MLflow may have renamed or deleted the run meanwhile.
    fn change_meta(&self, state: &mut State, change: impl FnOnce(&mut RunMeta)) -> Result<()> {
        let mut meta = match meta::read(&self.folder) {
            Ok(Some(meta)) => meta,
            _ => state.meta.clone(),
        };
        change(&mut meta);
        write_meta(&self.folder, &meta)?;
        state.meta = meta;
        Ok(())
    }

    /// The state is changed after the file, so one that panicked left it as it was.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracker for Run {
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
        check_key("param key", key)?;
        let new = param_text(&value);
        let path = place(&self.folder.join(PARAMS), "param key", key)?;
        if fs::create_staged(&self.folder, &path, new.as_bytes())? {
            return Ok(());
        }
        let old = fs::read_limited(&path, PARAM_BYTES)?;
        if old == new.as_bytes() {
            return Ok(());
        }
        let old = String::from_utf8_lossy(&old).into_owned();
        Err(TrackingError::ParamChanged { key: key.to_owned(), run_id: self.id.clone(), old, new }
            .into())
    }

    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        check_key("metric key", key)?;
        let path = place(&self.folder.join(METRICS), "metric key", key)?;
        let line = format!("{} {} {step}\n", now_ms(), float_text(value));
        // A file of no lines would fail MLflow's search of the whole experiment, so the first line comes with its file. If
        // another writer brings it in between, this line is the second.
        while !fs::append(&path, line.as_bytes())? {
            if fs::create_staged(&self.folder, &path, line.as_bytes())? {
                break;
            }
        }
        Ok(())
    }

    fn set_tag(&self, key: &str, value: &str) -> Result<()> {
        check_key("tag key", key)?;
        if key != NAME_TAG {
            return write_text(&self.folder, TAGS, "tag key", key, value);
        }
        let mut state = self.state();
        write_text(&self.folder, TAGS, "tag key", key, value)?;
        self.change_meta(&mut state, |meta| meta.run_name = Some(value.to_owned()))
    }

    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        check_artifact_path(path)?;
        let path = place(&self.folder.join(ARTIFACTS), "artifact path", path)?;
        fs::write_staged(&self.folder, &path, bytes, Durability::Power)
    }

    fn child(&self, name: &str) -> Result<Box<dyn Tracker>> {
        Ok(Box::new(Self::child(self, name)?))
    }

    fn finish(&self, status: RunStatus) -> Result<()> {
        let mut state = self.state();
        match state.ended {
            Some(ended) if ended == status => return Ok(()),
            Some(ended) => {
                let (ended, asked) = (ended.name(), status.name());
                return Err(
                    TrackingError::RunEnded { run_id: self.id.clone(), ended, asked }.into()
                );
            }
            None => {}
        }
        self.change_meta(&mut state, |meta| {
            meta.end_time = Some(now_ms());
            meta.status = Some(RunState::from(status).code());
        })?;
        state.ended = Some(status);
        Ok(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.state().ended.is_none() {
            // There is nobody left to tell that even this failed; the run then stays RUNNING.
            let _ = self.finish(RunStatus::Failed);
        }
    }
}

/// A tag or another small text, whole or not at all.
fn write_text(run: &Path, room: &str, what: &'static str, key: &str, value: &str) -> Result<()> {
    let path = place(&run.join(room), what, key)?;
    fs::write_staged(run, &path, value.as_bytes(), Durability::Process)
}

fn write_meta(run: &Path, meta: &RunMeta) -> Result<()> {
    fs::write_staged(run, &run.join(meta::FILE), meta.to_yaml().as_bytes(), Durability::Power)
}

/// Who runs the program, found as Python finds it.
fn user() -> String {
    ["LOGNAME", "USER", "LNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|user| !user.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The program's file name.
fn program() -> String {
    let path = env::current_exe().unwrap_or_default();
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
