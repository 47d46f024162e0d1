//! The two `meta.yaml` files of tracking: experiment and run, as values and as text.

use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::yaml::{self, Scalar};
use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Durability};
use crate::tracker::RunStatus;

/// The name of the file in each folder.
pub(crate) const FILE: &str = "meta.yaml";
/// Far above what the longest legal names need.
const SIZE_LIMIT: u64 = 1 << 20;

/// The stage of whatever was not deleted.
pub(crate) const ACTIVE: &str = "active";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ExperimentMeta {
    pub(crate) experiment_id: String,
    pub(crate) name: String,
    pub(crate) artifact_location: String,
    pub(crate) lifecycle_stage: String,
    pub(crate) creation_time: Option<i64>,
    pub(crate) last_update_time: Option<i64>,
}

impl ExperimentMeta {
    pub(crate) fn to_yaml(&self) -> String {
        yaml::write(&[
            ("artifact_location", Scalar::Text(&self.artifact_location)),
            ("creation_time", self.creation_time.into()),
            ("experiment_id", Scalar::Text(&self.experiment_id)),
            ("last_update_time", self.last_update_time.into()),
            ("lifecycle_stage", Scalar::Text(&self.lifecycle_stage)),
            ("name", Scalar::Text(&self.name)),
        ])
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RunMeta {
    pub(crate) run_id: String,
    pub(crate) experiment_id: String,
    pub(crate) user_id: String,
    pub(crate) start_time: i64,
    pub(crate) end_time: Option<i64>,
    pub(crate) status: Option<i64>,
    pub(crate) lifecycle_stage: Option<String>,
    pub(crate) deleted_time: Option<i64>,
    pub(crate) run_name: Option<String>,
    pub(crate) artifact_uri: Option<String>,
}

impl RunMeta {
    pub(crate) fn to_yaml(&self) -> String {
        let text = |x: &'_ Option<String>| x.clone().unwrap_or_default();
        let (uri, name) = (text(&self.artifact_uri), text(&self.run_name));
        let mut pairs = vec![
            ("artifact_uri", Scalar::Text(&uri)),
            ("deleted_time", self.deleted_time.into()),
            ("end_time", self.end_time.into()),
            ("entry_point_name", Scalar::Text("")),
            ("experiment_id", Scalar::Text(&self.experiment_id)),
            ("lifecycle_stage", Scalar::Text(self.lifecycle_stage.as_deref().unwrap_or(ACTIVE))),
            ("run_id", Scalar::Text(&self.run_id)),
            ("run_name", Scalar::Text(&name)),
            // MLflow 2 writes and 3 ignores it.
            ("run_uuid", Scalar::Text(&self.run_id)),
            ("source_name", Scalar::Text("")),
            ("source_type", Scalar::Int(4)),
            ("source_version", Scalar::Text("")),
            ("start_time", Scalar::Int(self.start_time)),
            ("status", Scalar::Int(self.status.unwrap_or(RunState::Running.code()))),
            ("tags", Scalar::EmptyList),
            ("user_id", Scalar::Text(&self.user_id)),
        ];
        pairs.retain(|(key, _)| *key != "deleted_time" || self.deleted_time.is_some());
        yaml::write(&pairs)
    }
}

/// Where a recorded run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunState {
    /// It has not ended; or its process was killed, which nobody could record.
    Running,
    /// It is to start later. Only MLflow records this.
    Scheduled,
    /// Everything was done.
    Finished,
    /// An error ended it.
    Failed,
    /// Someone stopped it.
    Killed,
}

impl RunState {
    const ALL: [Self; 5] =
        [Self::Running, Self::Scheduled, Self::Finished, Self::Failed, Self::Killed];

    /// MLflow's word, such as `FINISHED`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Scheduled => "SCHEDULED",
            Self::Finished => RunStatus::Finished.name(),
            Self::Failed => RunStatus::Failed.name(),
            Self::Killed => RunStatus::Killed.name(),
        }
    }

    /// The number in a `meta.yaml`.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Running => 1,
            Self::Scheduled => 2,
            Self::Finished => 3,
            Self::Failed => 4,
            Self::Killed => 5,
        }
    }

    pub(crate) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

impl From<RunStatus> for RunState {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Finished => Self::Finished,
            RunStatus::Failed => Self::Failed,
            RunStatus::Killed => Self::Killed,
        }
    }
}

/// Puts a `meta.yaml` into a folder, which is also where it is staged: no reader looks for content there.
pub(crate) fn write(folder: &Path, text: &str, durability: Durability) -> Result<()> {
    fs::write_staged(folder, &folder.join(FILE), text.as_bytes(), durability)
}

/// The bytes of the `meta.yaml` in `folder`.
pub(super) fn bytes(folder: &Path) -> Result<Vec<u8>> {
    fs::read_limited(&folder.join(FILE), SIZE_LIMIT)
}

/// The value in the bytes of a `meta.yaml`.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    yaml::read(bytes)
}

/// Reads the `meta.yaml` in `folder`; nothing if there is none.
///
/// MLflow rewrites the file in place, so it is empty for a moment: what cannot be read is tried again before it is an
/// error.
pub(crate) fn read<T: DeserializeOwned>(folder: &Path) -> Result<Option<T>> {
    read_unless(folder, b"")
}

/// The same; nothing also if the file is as it is known already.
pub(super) fn read_unless<T: DeserializeOwned>(folder: &Path, known: &[u8]) -> Result<Option<T>> {
    let path = folder.join(FILE);
    let mut attempts = 3;
    loop {
        match std::fs::metadata(&path) {
            Ok(found) if !found.is_file() => return Ok(None),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            found => found.map_err(Error::io("read", &path))?,
        };
        let bytes = match fs::read_limited(&path, SIZE_LIMIT) {
            // Removed since it was looked for.
            Err(Error::Io { cause, .. }) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        if !known.is_empty() && bytes == known {
            return Ok(None);
        }
        attempts -= 1;
        match yaml::read(&bytes) {
            Ok(meta) => return Ok(Some(meta)),
            Err(problem) if attempts == 0 => {
                return Err(TrackingError::Malformed { path, problem }.into());
            }
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_reads_back_equal() {
        let run = RunMeta {
            run_id: "00000000000040008000000000000001".to_owned(),
            experiment_id: "100000000000000001".to_owned(),
            user_id: String::new(),
            start_time: 1_700_000_000_000,
            end_time: None,
            status: Some(1),
            lifecycle_stage: Some("deleted".to_owned()),
            deleted_time: Some(1_700_000_000_001),
            run_name: Some("yes 😀\n".to_owned()),
            artifact_uri: Some("file:///a%20b".to_owned()),
        };
        assert_eq!(yaml::read::<RunMeta>(run.to_yaml().as_bytes()).unwrap(), run);
    }

    #[test]
    fn ids_that_look_like_numbers_are_text() {
        let text = "run_id: 1e3\nexperiment_id: 0\nuser_id: 017\nstart_time: 5\nend_time: null\nunknown: [1]\n";
        let run: RunMeta = yaml::read(text.as_bytes()).unwrap();
        assert_eq!(
            (run.run_id.as_str(), run.experiment_id.as_str(), run.user_id.as_str()),
            ("1e3", "0", "017")
        );
        assert_eq!((run.start_time, run.end_time, run.status, run.run_name), (5, None, None, None));
    }

    #[test]
    fn a_missing_key_is_named() {
        let error = yaml::read::<RunMeta>(b"run_id: a\n").unwrap_err();
        assert!(error.contains("experiment_id"), "{error}");
    }

    #[test]
    fn states_have_the_numbers_of_mlflow() {
        let codes: Vec<_> =
            (0..7).map(|code| RunState::from_code(code).map(RunState::name)).collect();
        let words = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"].map(Some);
        assert_eq!(codes, [&[None], &words[..], &[None]].concat());
    }
}
