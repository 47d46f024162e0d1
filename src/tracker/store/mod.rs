//! Runs as files, in the layout of MLflow's own file store: names and numbers come in, folders go out, and the other way
//! round. No server, no database; `mlflow ui` shows the same folders.
//!
//! ```text
//! <store>/.ressenti.lock                     held while an experiment is created
//!         .ressenti.index                    what searches know of the runs; may be deleted
//!         .ressenti.journal                  which runs this crate has changed
//!         .trash/                            experiments that MLflow deleted
//!         <experiment>/meta.yaml
//!                      datasets/<id>/...     what runs worked on
//!                      <run>/meta.yaml       makes the run visible, so it is put last
//!                            params/<key>    the text
//!                            metrics/<key>   a line for each value: time, value, step
//!                            tags/<key>      the text
//!                            artifacts/...
//!                            inputs/<id>/... names a data set
//! ```
//!
//! Here the clock, the host's user name and the program's name enter: this is the edge of the crate.

mod artifacts;
mod compare;
mod datasets;
mod durability;
mod experiment;
mod export;
mod gc;
mod git;
mod history;
mod index;
mod inputs;
mod kept;
mod leftovers;
pub(crate) mod location;
pub(crate) mod lookup;
pub(crate) mod meta;
pub(crate) mod paths;
pub(crate) mod read;
mod rebase;
mod records;
mod reproduce;
mod room;
pub(crate) mod run;
mod search;
mod verify;
pub(crate) mod yaml;

pub use compare::{ComparedRow, Comparison};
pub use durability::Durability;
pub use experiment::Experiment;
pub use gc::{Collected, Gc};
pub use history::MetricPoint;
pub use inputs::InputRecord;
pub use meta::RunState;
pub use read::{Listing, RunRecord};
pub use rebase::Rebased;
pub use run::Run;
pub use search::{Filter, NumberField, Order, RunPage, RunSearch, TextField, ViewType};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};

/// A file, not a folder: MLflow would take that for an experiment.
const LOCK_FILE: &str = ".ressenti.lock";
pub(crate) const TRASH: &str = ".trash";

/// A folder of experiments and their runs, in MLflow's layout. Usually called `mlruns`.
///
/// Several stores, threads and processes may work on one folder at once, MLflow among them. Since version 3.13 MLflow
/// opens such a folder only if asked to:
///
/// ```text
/// MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri file:///srv/mlruns
/// ```
///
/// # Examples
///
/// ```
/// use ressenti::tracker::{RunStatus, Store, Tracker};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let location = folder.path().join("mlruns");
/// let store = Store::open(&location)?;
/// let run = store.start_run("sentiment-analysis-twitter", "baseline")?;
/// run.log_param("model_type", "logistic regression".into())?;
/// run.log_metric("f1_score", 0.81, 0)?;
/// run.log_artifact("report.txt", b"fine")?;
/// run.finish(RunStatus::Finished)?;
///
/// let runs = store.runs("sentiment-analysis-twitter")?;
/// assert_eq!(runs.records[0].metrics["f1_score"], 0.81);
/// assert_eq!(runs.records[0].artifact_paths()?, ["report.txt"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    /// Absolute.
    root: PathBuf,
    /// `root` as a `file:` URI, which the files name it by.
    uri: String,
    durability: Durability,
    /// What the repository around the working folder had checked out when the store was opened.
    commit: Option<String>,
    known: Arc<experiment::Known>,
}

impl Store {
    /// Opens the store in a folder, which is created if missing.
    ///
    /// `location` is a path or a `file:` URI: `mlruns`, `/srv/mlruns`, `file:///srv/my%20runs`, `file:./mlruns`. A URI is
    /// percent-decoded, a path is taken as it is. Other schemes, and other hosts than this one, are errors.
    pub fn open(location: impl AsRef<Path>) -> Result<Self> {
        let root = location::folder(location.as_ref())?;
        let uri = location::file_uri(&root)?;
        let trash = root.join(TRASH);
        std::fs::create_dir_all(&trash).map_err(Error::io("create", &trash))?;
        let commit = std::env::current_dir().ok().and_then(|folder| git::commit(&folder));
        let (durability, known) = Default::default();
        Ok(Self { root, uri, durability, commit, known })
    }

    /// The same with another answer to the question when to wait for the disk. Default: [`Durability::Process`].
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The store's folder, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The store's folder as a `file:` URI, for MLflow's `--backend-store-uri`.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Where experiments lie: the store's folder, and its trash. One that is a link may be anybody's, so it is left out with a
    /// warning.
    fn roots(&self, warnings: &mut Vec<Error>) -> Vec<PathBuf> {
        let trash = self.root.join(TRASH);
        if paths::is_link(&trash) {
            warnings.push(paths::passed_over(&trash));
            return vec![self.root.clone()];
        }
        vec![self.root.clone(), trash]
    }

    /// Starts a run, in the experiment of that name, which is created if there is none.
    ///
    /// A name of an experiment has 1 to 500 characters and no `'`. That of a deleted experiment is taken. A run may have
    /// any name; without one it gets one from its id.
    ///
    /// The run has MLflow's tags of who started it and with which program, and of the commit that was checked out around the
    /// working folder when the store was opened, if any.
    pub fn start_run(&self, experiment: &str, name: &str) -> Result<Run> {
        let found = self.get_or_create_experiment(experiment)?;
        paths::check_no_link(&found.folder, "experiment name", experiment)?;
        Run::start(self, &found.folder, &found.meta.experiment_id, name, None)
    }
}

/// Now, in milliseconds since 1970 UTC; before that, 0.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
