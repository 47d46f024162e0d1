//! One run being written: a tracker whose record is a folder in MLflow's layout.
//!
//! At nearly every moment the folder is one that MLflow can read, so that a killed process costs nobody else a search:
//! `meta.yaml` comes last and makes the run visible; params, tags and the first value of a metric appear whole; more
//! values are appended, those of one call by one write; temporary files lie in the run's own folder, where no reader looks
//! for content.
//!
//! One moment is left: Linux cuts the write of a killed process where a page of the file ends. Of a value or a batch that
//! nobody was told of, a part may then be there; what is left of its last line is skipped here with a warning, and can keep
//! MLflow from searching until the next value is logged: that one blanks it.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::index::Touch;
use super::kept::Kept;
use super::meta::{self, ACTIVE, RunMeta, RunState};
use super::paths::check_no_link;
use super::read::artifacts_of;
use super::records::lines;
use super::room::Room;
use super::{Durability, LOCK_FILE, Store, now_ms};
use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Lock};
use crate::tracker::batch::Point;
use crate::tracker::names::{check_artifact_path, check_key, param_text};
use crate::tracker::{Batch, RunStatus, Tracker, Value};

pub(super) const PARAMS: &str = "params";
pub(super) const METRICS: &str = "metrics";
pub(crate) const TAGS: &str = "tags";
pub(crate) const ARTIFACTS: &str = "artifacts";
pub(super) const NAME_TAG: &str = "mlflow.runName";
pub(super) const COMMIT_TAG: &str = "mlflow.source.git.commit";
pub(super) const PROGRAM_TAG: &str = "mlflow.source.name";
const PARENT_TAG: &str = "mlflow.parentRunId";
const DESCRIPTION_TAG: &str = "mlflow.note.content";

/// A run of a [`Store`], being written. Several threads may write to it at once, and several processes, each with a handle
/// of its own ([`Store::resume_run`]).
///
/// End it with [`finish`](Tracker::finish). A run that is dropped before has not done what it was started for, and is
/// recorded as failed. Logging to a run that has ended is allowed, as in MLflow.
///
/// What was logged survives the death of the process, and a power cut as [`Durability`] says. Keys that differ only by case
/// are refused, since some file systems would take them for one. Once its folder is gone, removed or moved to the trash, each
/// record is an error.
///
/// A run keeps the files of the eight metrics open that it began to log last, until it is finished.
///
/// A process that is killed while it logs can leave a metric's last line cut where a page of the file ends. It is skipped here
/// with a warning; MLflow cannot search the experiment until the metric's next value is logged, by
/// [`resume_run`](Store::resume_run) if need be.
///
/// ```
/// use ressenti::tracker::{Batch, RunStatus, Store, Tracker};
///
/// # let folder = tempfile::tempdir().unwrap();
/// let store = Store::open(folder.path().join("mlruns"))?;
/// let run = store.start_run("sentiment-analysis-twitter", "baseline")?;
/// run.set_description("What *everything* else is compared with.")?;
/// run.log_batch(&Batch::new().param("C", 1.0).metric("loss", 0.5, 1).metric("loss", 0.25, 2))?;
/// let id = run.id().to_owned();
/// drop(run);
///
/// let run = store.resume_run(&id)?;
/// run.log_metric("f1_score", 0.81, 0)?;
/// run.finish(RunStatus::Finished)?;
/// assert_eq!(store.run(&id)?.metrics["loss"], 0.25);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug)]
pub struct Run {
    pub(super) store: Store,
    experiment_id: String,
    pub(super) id: String,
    pub(super) folder: PathBuf,
    pub(super) params: Room,
    pub(super) metrics: Room,
    pub(super) kept: Kept,
    pub(super) tags: Room,
    artifacts: Room,
    /// Where artifacts are looked for, if that is not beside the run.
    elsewhere: Option<String>,
    state: Mutex<State>,
    /// Tells searches to look at the run for as long as it may be written to.
    _touch: Touch,
}

#[derive(Debug)]
pub(super) struct State {
    /// As written last, and the text of that.
    meta: RunMeta,
    text: String,
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
            (PROGRAM_TAG, &program),
        ];
        tags.extend(store.commit.as_deref().map(|commit| (COMMIT_TAG, commit)));
        tags.extend(parent.map(|parent| (PARENT_TAG, parent)));
        let touch = Touch::new(&store.root, experiment_id, &id)?;
        let text = meta.to_yaml();
        let build = || {
            let rooms = [METRICS, PARAMS, ARTIFACTS, TAGS].map(|room| folder.join(room));
            for path in [&folder].into_iter().chain(&rooms) {
                std::fs::create_dir(path).map_err(Error::io("create", path))?;
            }
            // Nobody sees the run before it has a meta.yaml, so these need not appear whole.
            for (key, value) in &tags {
                let path = rooms[3].join(key);
                std::fs::write(&path, value).map_err(Error::io("write", &path))?;
            }
            if store.durability >= Durability::Batch {
                fs::sync_tree(&folder)?;
            }
            meta::write(&folder, &text, store.durability.at(Durability::Batch))
        };
        if let Err(error) = build() {
            // Without a meta.yaml it is no run to anybody; the first error is the one to report.
            let _ = std::fs::remove_dir_all(&folder);
            return Err(error);
        }
        let tags: Vec<&str> = tags.iter().map(|(key, _)| *key).collect();
        let durability = store.durability.at(Durability::Batch);
        let room = |name: &str, what| Room::new(folder.join(name), what, durability, &[]);
        Ok(Self {
            store: store.clone(),
            params: room(PARAMS, "param key"),
            metrics: room(METRICS, "metric key"),
            kept: Kept::default(),
            tags: Room::new(folder.join(TAGS), "tag key", durability, &tags),
            artifacts: room(ARTIFACTS, "artifact path"),
            elsewhere: None,
            state: Mutex::new(State { meta, text, ended: None }),
            experiment_id: experiment_id.to_owned(),
            id,
            folder,
            _touch: touch,
        })
    }

    /// A handle to a run that is there; it is running again.
    pub(super) fn resume(store: &Store, folder: PathBuf, meta: RunMeta) -> Result<Self> {
        let experiment = folder.parent().unwrap_or(&folder);
        check_no_link(experiment, "run id", &meta.run_id)?;
        check_no_link(&folder, "run id", &meta.run_id)?;
        let touch = Touch::new(&store.root, &meta.experiment_id, &meta.run_id)?;
        let durability = store.durability.at(Durability::Batch);
        let room = |name: &str, what| Room::used(folder.join(name), what, durability);
        let run = Self {
            store: store.clone(),
            params: room(PARAMS, "param key"),
            metrics: room(METRICS, "metric key"),
            kept: Kept::default(),
            tags: room(TAGS, "tag key"),
            artifacts: room(ARTIFACTS, "artifact path"),
            elsewhere: elsewhere(&meta, &folder),
            experiment_id: meta.experiment_id.clone(),
            id: meta.run_id.clone(),
            // Until it is known that it can be written, there is nothing to end.
            state: Mutex::new(State { meta, text: String::new(), ended: Some(RunStatus::Failed) }),
            folder,
            _touch: touch,
        };
        let mut state = run.state();
        run.change_meta(&mut state, Durability::Batch, |meta| {
            meta.status = Some(RunState::Running.code());
            meta.end_time = None;
        })?;
        state.ended = None;
        drop(state);
        Ok(run)
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

    /// What the run is about, in Markdown: the description on its page in MLflow, the tag `mlflow.note.content`.
    pub fn set_description(&self, text: &str) -> Result<()> {
        self.set_tag(DESCRIPTION_TAG, text)
    }

    /// [`log_metric`](Tracker::log_metric) of a given time, in milliseconds since 1970 UTC.
    ///
    /// Errors: [`Error::InvalidValues`] for a time before that, which MLflow does not read.
    pub fn log_metric_at(&self, key: &str, value: f64, step: i64, timestamp_ms: i64) -> Result<()> {
        check_key("metric key", key)?;
        let point = Point { value, step, timestamp_ms: Some(timestamp_ms) };
        self.append(key, &lines(&[point])?, Durability::Record)
    }

    /// Logs many records at once; a metric's values by one write, so that all of them are there or none, unless the process is
    /// killed in the middle of it: then those up to the end of a page may be.
    ///
    /// Every name and every param is checked before the first record is written. As in MLflow, several keys are not one
    /// transaction: if the disk fills up on the way, those before are there.
    ///
    /// Errors: as those of the single calls.
    pub fn log_batch(&self, batch: &Batch<'_>) -> Result<()> {
        let mut params: BTreeMap<&str, String> = BTreeMap::new();
        for (key, value) in &batch.params {
            check_key("param key", key)?;
            let new = param_text(value);
            let old = match params.get(key) {
                Some(old) => Some(old.clone().into_bytes()),
                None => self.param(key)?,
            };
            self.check_unchanged(key, old, &new)?;
            params.insert(key, new);
        }
        let mut metrics: BTreeMap<&str, Vec<Point>> = BTreeMap::new();
        for (key, point) in &batch.metrics {
            check_key("metric key", key)?;
            metrics.entry(key).or_default().push(*point);
        }
        let metrics = metrics.into_iter().map(|(key, points)| {
            self.metrics.place(key)?;
            Ok((key, lines(&points)?))
        });
        let metrics = metrics.collect::<Result<Vec<_>>>()?;
        for (key, _) in &batch.tags {
            check_key("tag key", key)?;
            self.tags.place(key)?;
        }

        for (key, new) in params {
            self.put_param(key, &new, Durability::Batch)?;
        }
        for (key, lines) in metrics {
            self.append(key, &lines, Durability::Batch)?;
        }
        batch.tags.iter().try_for_each(|(key, value)| self.put_tag(key, value, Durability::Batch))
    }

    /// The place of an artifact, which must be where readers look for it.
    pub(super) fn place_artifact(&self, path: &str) -> Result<PathBuf> {
        if let Some(place) = self.elsewhere.clone() {
            let run_id = self.id.clone();
            return Err(TrackingError::ArtifactsElsewhere { run_id, place }.into());
        }
        Ok(self.artifacts.place(path)?.path)
    }

    /// Changes `meta.yaml` as it is now: another process may have renamed or deleted the run meanwhile.
    pub(super) fn change_meta(
        &self,
        state: &mut State,
        level: Durability,
        change: impl FnOnce(&mut RunMeta),
    ) -> Result<()> {
        // What was put in its place is not the run's.
        check_no_link(&self.folder, "run id", &self.id)?;
        let _lock = Lock::acquire(&self.store.root.join(LOCK_FILE))?;
        let mut meta = match meta::read_unless(&self.folder, state.text.as_bytes()) {
            Ok(Some(meta)) => meta,
            _ => state.meta.clone(),
        };
        change(&mut meta);
        let text = meta.to_yaml();
        meta::write(&self.folder, &text, self.store.durability.at(level))?;
        (state.meta, state.text) = (meta, text);
        Ok(())
    }

    /// The state is changed after the file, so one that panicked left it as it was.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracker for Run {
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
        check_key("param key", key)?;
        self.put_param(key, &param_text(&value), Durability::Record)
    }

    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        check_key("metric key", key)?;
        let point = Point { value, step, timestamp_ms: None };
        self.append(key, &lines(&[point])?, Durability::Record)
    }

    fn set_tag(&self, key: &str, value: &str) -> Result<()> {
        check_key("tag key", key)?;
        self.put_tag(key, value, Durability::Record)
    }

    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        check_artifact_path(path)?;
        let path = self.place_artifact(path)?;
        fs::write_staged(&self.folder, &path, bytes, self.store.durability.at(Durability::Batch))
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
        self.kept.clear();
        if self.store.durability >= Durability::Finish {
            fs::sync_tree(&self.folder)?;
        }
        self.change_meta(&mut state, Durability::Finish, |meta| {
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

/// Where readers look for the artifacts of the run in `folder`, if that is not beside it.
fn elsewhere(meta: &RunMeta, folder: &Path) -> Option<String> {
    let uri = meta.artifact_uri.as_deref()?;
    let own = folder.join(ARTIFACTS);
    let is_own = artifacts_of(Some(uri), folder).is_ok_and(|named| {
        // A path may be spelt in several ways, by links.
        named == own
            || named
                .canonicalize()
                .is_ok_and(|named| own.canonicalize().is_ok_and(|own| own == named))
    });
    (!is_own).then(|| uri.to_owned())
}

/// Who runs the program, found as Python finds it.
pub(crate) fn user() -> String {
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
