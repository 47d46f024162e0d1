//! Runs of a store, read back: whoever wrote them, this crate or MLflow.
//!
//! What can be read is a record, what cannot is a warning beside it; one torn file never hides the rest, and one torn line
//! not the other lines.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::read_dir;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::vec;

use super::Store;
use super::history::{MetricPoint, latest, read_history};
use super::inputs::{self, InputRecord};
use super::leftovers::is_cut_off_start;
use super::location::local_path;
use super::meta::{self, ACTIVE, RunMeta, RunState};
use super::paths::{files, find, walk};
use super::run::{ARTIFACTS, METRICS, NAME_TAG, PARAMS, TAGS};
use super::search::{DatasetPart, Facts, TextAttribute};
use crate::error::{Error, Result, TrackingError};
use crate::fs;
use crate::tracker::names::{check_inside, check_key, is_word};

/// Bytes of a param or a tag.
const TEXT_LIMIT: u64 = 16 << 20;
/// A folder without a `meta.yaml` that was changed so lately may be a run that is just being started.
const BEING_BUILT: Duration = Duration::from_secs(2);
/// Folders of an experiment that are no runs: MLflow's own.
const RESERVED: [&str; 4] = ["datasets", "models", "tags", "traces"];
/// Instead of `meta.yaml` in a folder that is being removed.
pub(super) const REMOVED: &str = ".ressenti.removed";

/// What could be read, and what was wrong with the rest.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listing<T> {
    /// What could be read.
    pub records: Vec<T>,
    /// What could not be; each names its file.
    pub warnings: Vec<Error>,
}

impl<T> IntoIterator for Listing<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    /// The records; the warnings are dropped.
    fn into_iter(self) -> Self::IntoIter {
        self.records.into_iter()
    }
}

/// A run as it was recorded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunRecord {
    /// Its id.
    pub id: String,
    /// The id of its experiment.
    pub experiment_id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: RunState,
    /// Who started it.
    pub user: String,
    /// When it started, in milliseconds since 1970 UTC.
    pub start_time_ms: i64,
    /// When it ended.
    pub end_time_ms: Option<i64>,
    /// Its settings.
    pub params: BTreeMap<String, String>,
    /// Its figures: of each the value at the highest step; of several there the latest, of those the highest.
    pub metrics: BTreeMap<String, f64>,
    /// Its notes.
    pub tags: BTreeMap<String, String>,
    /// The datasets it was told of, in the order of MLflow's ids for them.
    pub inputs: Vec<InputRecord>,
    /// Whether it was deleted, which only hides it.
    pub deleted: bool,
    /// When it was deleted.
    pub deleted_time_ms: Option<i64>,
    pub(super) folder: PathBuf,
    pub(super) artifact_uri: Option<String>,
}

impl Store {
    /// The runs of an experiment that are not deleted, latest first.
    ///
    /// A run without a readable `meta.yaml`, and a param, tag or metric that cannot be read, is a warning.
    pub fn runs(&self, experiment: &str) -> Result<Listing<RunRecord>> {
        let experiment = self.find_experiment(experiment)?;
        let mut warnings = Vec::new();
        let mut records = Vec::new();
        for (name, folder) in run_folders(&experiment.folder)? {
            match read_run(&name, folder, &experiment.meta.experiment_id, &mut warnings) {
                Ok(run) => records.extend(run.map(|run| run.record).filter(|run| !run.deleted)),
                Err(error) => warnings.push(error),
            }
        }
        records.sort_by(|a, b| {
            (Reverse(a.start_time_ms), &a.id).cmp(&(Reverse(b.start_time_ms), &b.id))
        });
        Ok(Listing { records, warnings })
    }
}

impl RunRecord {
    /// All values of a metric, in the order they were logged; none if there is no such metric.
    ///
    /// Lines that are no values are left out; whatever read the run has warned of them.
    pub fn metric_history(&self, key: &str) -> Result<Vec<MetricPoint>> {
        check_key("metric key", key)?;
        let path = find(&self.folder.join(METRICS), "metric key", key)?;
        path.map_or(Ok(Vec::new()), |path| read_history(&path).map(|(points, _)| points))
    }

    /// The paths of its artifacts, sorted.
    ///
    /// They are looked for where the run says, and in the store itself if the store was moved since. Links, and names that are
    /// not Unicode, are left out.
    pub fn artifact_paths(&self) -> Result<Vec<String>> {
        let files = files(&self.artifact_folder()?)?;
        Ok(files.into_iter().map(|(name, _)| name).collect())
    }

    /// The bytes of an artifact.
    pub fn read_artifact(&self, path: &str) -> Result<Vec<u8>> {
        check_inside(path)?;
        let folder = self.artifact_folder()?;
        let file = find(&folder, "artifact path", path)?;
        // Reading what is not there says so in the system's words.
        fs::read(&file.unwrap_or_else(|| folder.join(path)))
    }

    fn artifact_folder(&self) -> Result<PathBuf> {
        artifacts_of(self.artifact_uri.as_deref(), &self.folder)
    }
}

/// Where the artifacts of the run in `folder` are: where its `artifact_uri` says, or beside it if there is nothing, as in a
/// store that was moved.
pub(crate) fn artifacts_of(artifact_uri: Option<&str>, folder: &Path) -> Result<PathBuf> {
    let named = artifact_uri.map(local_path).transpose()?.filter(|named| named.is_dir());
    Ok(named.unwrap_or_else(|| folder.join(ARTIFACTS)))
}

/// The folders directly in `folder` that could be experiments or runs, with their names, sorted.
pub(crate) fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut folders = Vec::new();
    for entry in read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !is_id(&name) {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type().map_err(Error::io("look at", &path))?;
        if kind.is_dir() || kind.is_symlink() && path.is_dir() {
            folders.push((name, path));
        }
    }
    folders.sort_unstable();
    Ok(folders)
}

/// The folders in an experiment that could be runs.
pub(super) fn run_folders(experiment: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut folders = folders(experiment)?;
    folders.retain(|(name, _)| !RESERVED.contains(&name.as_str()));
    Ok(folders)
}

/// Whether a folder without a `meta.yaml` could be one that somebody is just filling.
pub(super) fn is_being_built(folder: &Path) -> bool {
    let changed = std::fs::metadata(folder).and_then(|folder| folder.modified());
    // A time to come is none that has passed long since.
    changed.is_ok_and(|time| {
        SystemTime::now().duration_since(time).map_or(true, |age| age < BEING_BUILT)
    })
}

/// What MLflow takes for an id. Dot folders are none.
pub(crate) fn is_id(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| is_word(c) || c == '-')
}

/// A run, and what has to be looked at to know whether it has changed: files and folders under its own.
pub(crate) struct ReadRun {
    pub(crate) record: RunRecord,
    pub(super) watch: Vec<String>,
}

/// The run in `folder`; nothing if there is none yet or it is being removed.
pub(crate) fn read_run(
    name: &str,
    folder: PathBuf,
    experiment_id: &str,
    warnings: &mut Vec<Error>,
) -> Result<Option<ReadRun>> {
    let malformed =
        |path: PathBuf, problem: String| Err(TrackingError::Malformed { path, problem }.into());
    let Some(meta) = meta::read::<RunMeta>(&folder)? else {
        // Gone altogether, once all of that has been looked at, is removed too.
        if is_being_built(&folder) || folder.join(REMOVED).exists() || !folder.exists() {
            return Ok(None);
        }
        let problem = if is_cut_off_start(&folder) {
            "it is what a killed process left of the start of a run; Store::gc removes it when it is an hour old"
        } else {
            "it has no meta.yaml, so it is no run; remove it, or restore the file"
        };
        return malformed(folder, problem.to_owned());
    };
    let malformed = |problem: String| malformed(folder.join(meta::FILE), problem);
    if meta.run_id != name {
        return malformed(format!("run_id is {:?}, but its folder is {name:?}", meta.run_id));
    }
    if meta.experiment_id != experiment_id {
        return malformed(format!(
            "experiment_id is {:?}, but its folder is in {experiment_id:?}",
            meta.experiment_id
        ));
    }
    let deleted = match meta.lifecycle_stage.as_deref() {
        None | Some(ACTIVE) => false,
        Some("deleted") => true,
        Some(other) => {
            return malformed(format!(
                "lifecycle_stage is {other:?}; known are active and deleted"
            ));
        }
    };
    let code = meta.status.unwrap_or(RunState::Running.code());
    let Some(status) = RunState::from_code(code) else {
        return malformed(format!("status is {code}; known are 1 to 5"));
    };
    let said = warnings.len();
    let mut watch = vec![String::new(), meta::FILE.to_owned()];
    let params = each_file(&folder, PARAMS, "param key", &mut watch, warnings, read_text);
    let tags = each_file(&folder, TAGS, "tag key", &mut watch, warnings, read_text);
    let metrics = each_file(&folder, METRICS, "metric key", &mut watch, warnings, read_latest);
    let inputs = inputs::read(&folder, &mut watch, warnings);
    // Of one that was removed meanwhile, a part may have been seen.
    if !folder.join(meta::FILE).exists() {
        warnings.truncate(said);
        return Ok(None);
    }
    let name = meta.run_name.filter(|name| !name.is_empty());
    let record = RunRecord {
        id: meta.run_id,
        experiment_id: meta.experiment_id,
        name: name.or_else(|| tags.get(NAME_TAG).cloned()).unwrap_or_default(),
        status,
        user: meta.user_id,
        start_time_ms: meta.start_time,
        end_time_ms: meta.end_time,
        params,
        metrics,
        tags,
        inputs,
        deleted,
        deleted_time_ms: meta.deleted_time,
        folder,
        artifact_uri: meta.artifact_uri,
    };
    Ok(Some(ReadRun { record, watch }))
}

impl Facts for RunRecord {
    fn metric(&self, key: &str) -> Option<f64> {
        self.metrics.get(key).copied()
    }
    fn param(&self, key: &str) -> Option<&str> {
        self.params.get(key).map(String::as_str)
    }
    fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }
    fn text(&self, attribute: TextAttribute) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match attribute {
            TextAttribute::RunId => &self.id,
            TextAttribute::RunName => &self.name,
            TextAttribute::Status => self.status.name(),
            TextAttribute::UserId => &self.user,
            TextAttribute::ArtifactUri => self.artifact_uri.as_deref()?,
        }))
    }
    fn start_time(&self) -> i64 {
        self.start_time_ms
    }
    fn end_time(&self) -> Option<i64> {
        self.end_time_ms
    }
    fn is_deleted(&self) -> bool {
        self.deleted
    }
    fn any_dataset(&self, part: DatasetPart, test: &dyn Fn(&str) -> bool) -> bool {
        self.inputs.iter().filter_map(|input| input.part(part)).any(test)
    }
}

/// Params or tags: one file for each, the whole content.
pub(crate) fn texts(
    folder: &Path,
    what: &'static str,
    warnings: &mut Vec<Error>,
) -> BTreeMap<String, String> {
    each_file(folder, "", what, &mut Vec::new(), warnings, read_text)
}

type Warnings<'w> = &'w mut Vec<Error>;

fn read_text(path: &Path, _: Warnings<'_>) -> Result<Option<String>> {
    String::from_utf8(fs::read_limited(path, TEXT_LIMIT)?).map(Some).map_err(|error| {
        let problem = format!("it is not UTF-8: {error}");
        TrackingError::Malformed { path: path.to_owned(), problem }.into()
    })
}

/// The value of a metric, if there is a line that has one.
fn read_latest(path: &Path, warnings: Warnings<'_>) -> Result<Option<f64>> {
    let (points, problem) = read_history(path)?;
    warnings.extend(
        problem.map(|problem| TrackingError::Malformed { path: path.to_owned(), problem }.into()),
    );
    Ok(latest(&points).map(|point| point.value))
}

/// What `read` makes of every file in a room of a folder. Whatever is looked at is added to `watch`.
fn each_file<T>(
    folder: &Path,
    room: &str,
    what: &'static str,
    watch: &mut Vec<String>,
    warnings: &mut Vec<Error>,
    read: impl Fn(&Path, Warnings<'_>) -> Result<Option<T>>,
) -> BTreeMap<String, T> {
    let found = walk(&folder.join(room));
    warnings.extend(found.odd);
    watch.extend(
        found
            .folders
            .iter()
            .map(|name| if name.is_empty() { room.to_owned() } else { format!("{room}/{name}") }),
    );
    let mut values = BTreeMap::new();
    for (key, path) in found.files {
        watch.push(format!("{room}/{key}"));
        match check_key(what, &key).and_then(|()| read(&path, warnings)) {
            Ok(value) => values.extend(value.map(|value| (key, value))),
            // A file that no key names is what the warning has to name.
            Err(Error::Tracking { problem: TrackingError::InvalidName { problem, .. } }) => {
                let problem = format!(
                    "{what} {key:?} {problem}; MLflow cannot read the run while it is there"
                );
                warnings.push(TrackingError::Malformed { path, problem }.into());
            }
            Err(error) => warnings.push(error),
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_mlflow() {
        for name in
            ["0", "123e4567", "a_b-c", "é".repeat(2).replacen('é', "x", 1).as_str(), "models"]
        {
            assert!(is_id(name), "{name}");
        }
        for name in ["", ".trash", ".index", "_a", "-a", "a.b", "a b"] {
            assert!(!is_id(name), "{name}");
        }
    }
}
