//! What is wrong with a tracking store, or with a call to a tracker.

use std::path::PathBuf;

use super::Error;

/// The ways in which tracking can fail; see [`Error::Tracking`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackingError {
    /// A key, an artifact's path or an experiment's name that MLflow could not hold or open.
    #[error("{what} {found:?} {problem}")]
    InvalidName {
        /// What was to be named, such as `param key`.
        what: &'static str,
        /// The name as given, cut if very long.
        found: String,
        /// What is wrong with it and what is allowed.
        problem: String,
    },
    /// A param was logged again with another value. The wording is MLflow's.
    #[error(
        "Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run ID='{run_id}'. Attempted logging new value '{new}'."
    )]
    ParamChanged {
        /// The param.
        key: String,
        /// The run; `memory` if it is kept in memory.
        run_id: String,
        /// The value it has and keeps.
        old: String,
        /// The value that was refused.
        new: String,
    },
    /// A run that has ended was to end in another way.
    #[error("run {run_id} has ended {ended} and cannot end {asked} too; call finish once")]
    RunEnded {
        /// The run; `memory` if it is kept in memory.
        run_id: String,
        /// How it ended.
        ended: &'static str,
        /// How it was to end now.
        asked: &'static str,
    },
    /// The name belongs to a deleted experiment, which keeps it.
    #[error("experiment {name:?} was deleted and keeps its name ({}); restore it with MLflow or use another name", folder.display())]
    ExperimentDeleted {
        /// The name.
        name: String,
        /// Where the experiment lies.
        folder: PathBuf,
    },
    /// No experiment of the store has that name.
    #[error("there is no experiment {name:?}; the store has {existing}")]
    NoSuchExperiment {
        /// The name as given.
        name: String,
        /// Names that exist, quoted and joined.
        existing: String,
    },
    /// No run of the store has that id.
    #[error("there is no run {id:?} in {}; an id has 32 hexadecimal digits, and Store::runs lists those of an experiment", store.display())]
    NoSuchRun {
        /// The id as given.
        id: String,
        /// The store's folder.
        store: PathBuf,
    },
    /// A run was deleted, and is to be restored before it is read or written.
    #[error("run {run_id} was deleted; restore it with MLflow")]
    RunDeleted {
        /// The run.
        run_id: String,
    },
    /// A run that was taken up keeps its artifacts elsewhere, where nothing is written; beside the run nobody would look.
    #[error(
        "run {run_id} has its artifacts in {place:?}, outside its folder, where none is added; if its store was copied, Store::rebase tells it so, otherwise use MLflow or a new run"
    )]
    ArtifactsElsewhere {
        /// The run.
        run_id: String,
        /// Its `artifact_uri`.
        place: String,
    },
    /// A filter, an order or a page token of a search is none.
    #[error("{what} {text:?} cannot be read at character {at}: {problem}")]
    Query {
        /// Which of them: `filter`, `order_by` or `page token`.
        what: &'static str,
        /// The text as given.
        text: String,
        /// Where it is wrong; the first character is 1.
        at: usize,
        /// What is wrong there and what is allowed.
        problem: String,
    },
    /// The place of a store or of artifacts is not a folder of this machine.
    #[error("{location:?} {problem}; give a path, or a URI such as file:///srv/mlruns")]
    Location {
        /// The place as given.
        location: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of a store is not what MLflow's layout asks for.
    #[error("{} is malformed: {problem}", path.display())]
    Malformed {
        /// The file or folder.
        path: PathBuf,
        /// What was found and what is expected.
        problem: String,
    },
    /// Whatever a tracker of your own has to say.
    #[error("{0}")]
    Other(String),
}

impl From<TrackingError> for Error {
    fn from(problem: TrackingError) -> Self {
        Self::Tracking { problem }
    }
}
