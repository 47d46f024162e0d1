//! Runs of a store, read back: whoever wrote them, this crate or MLflow.
//!
//! What can be read is a record, what cannot is a warning beside it; one torn file never hides the rest.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::read_dir;
use std::path::{Path, PathBuf};
use std::vec;

use super::Store;
use super::location::local_path;
use super::meta::{self, ACTIVE, RunMeta, RunState};
use super::paths::{files, find};
use super::run::{ARTIFACTS, METRICS, NAME_TAG, PARAMS, TAGS};
use crate::error::{Error, Result, TrackingError};
use crate::fs;
use crate::tracker::names::{check_inside, check_key, is_word};

/// Bytes of a param or a tag.
const TEXT_LIMIT: u64 = 16 << 20;
/// Bytes of a metric's history: ten million values.
const HISTORY_LIMIT: u64 = 1 << 28;

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
    folder: PathBuf,
    artifact_uri: Option<String>,
}

/// One value of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MetricPoint {
    /// The step, counted by who logged it.
    pub step: i64,
    /// The value.
    pub value: f64,
    /// When it was logged, in milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
}

impl Store {
    /// The runs of an experiment that are not deleted, latest first.
    ///
    /// A run without a readable `meta.yaml`, and a param, tag or metric that cannot be read, is a warning.
    pub fn runs(&self, experiment: &str) -> Result<Listing<RunRecord>> {
        let experiment = self.find_experiment(experiment)?;
        let mut warnings = Vec::new();
        let mut records = Vec::new();
        for (name, folder) in folders(&experiment.folder)? {
            match read_run(&name, folder, &experiment.meta.experiment_id, &mut warnings) {
                Ok(run) => records.extend(run),
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
    pub fn metric_history(&self, key: &str) -> Result<Vec<MetricPoint>> {
        check_key("metric key", key)?;
        let path = find(&self.folder.join(METRICS), "metric key", key)?;
        path.map_or(Ok(Vec::new()), |path| read_history(&path))
    }

    /// The paths of its artifacts, sorted.
    ///
    /// They are looked for where the run says, and in the store itself if the store was moved since. Links are left out.
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
        let named = self.artifact_uri.as_deref().map(local_path).transpose()?;
        let named = named.filter(|folder| folder.is_dir());
        Ok(named.unwrap_or_else(|| self.folder.join(ARTIFACTS)))
    }
}

/// The folders directly in `folder` that could be experiments or runs, with their names, sorted.
pub(super) fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut folders = Vec::new();
    for entry in read_dir(folder).map_err(Error::io("list", folder))? {
        let path = entry.map_err(Error::io("list", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|name| is_id(name))
            && path.is_dir()
        {
            folders.push((name.to_owned(), path));
        }
    }
    folders.sort_unstable();
    Ok(folders)
}

/// What MLflow takes for an id. Dot folders are none.
pub(super) fn is_id(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| is_word(c) || c == '-')
}

/// The run in `folder`; nothing if there is none or it was deleted.
pub(super) fn read_run(
    name: &str,
    folder: PathBuf,
    experiment_id: &str,
    warnings: &mut Vec<Error>,
) -> Result<Option<RunRecord>> {
    let Some(meta) = meta::read::<RunMeta>(&folder)? else {
        return Ok(None);
    };
    let malformed = |problem: String| {
        Err(TrackingError::Malformed { path: folder.join(meta::FILE), problem }.into())
    };
    if meta.run_id != name {
        return malformed(format!("run_id is {:?}, but its folder is {name:?}", meta.run_id));
    }
    if meta.experiment_id != experiment_id {
        return malformed(format!(
            "experiment_id is {:?}, but its folder is in {experiment_id:?}",
            meta.experiment_id
        ));
    }
    if meta.lifecycle_stage.is_some_and(|stage| stage != ACTIVE) {
        return Ok(None);
    }
    let code = meta.status.unwrap_or(RunState::Running.code());
    let Some(status) = RunState::from_code(code) else {
        return malformed(format!("status is {code}; known are 1 to 5"));
    };
    let params = texts(&folder.join(PARAMS), "param key", warnings);
    let tags = texts(&folder.join(TAGS), "tag key", warnings);
    let metrics = latest_values(&folder.join(METRICS), warnings);
    Ok(Some(RunRecord {
        id: meta.run_id,
        experiment_id: meta.experiment_id,
        name: meta.run_name.or_else(|| tags.get(NAME_TAG).cloned()).unwrap_or_default(),
        status,
        user: meta.user_id,
        start_time_ms: meta.start_time,
        end_time_ms: meta.end_time,
        params,
        metrics,
        tags,
        folder,
        artifact_uri: meta.artifact_uri,
    }))
}

/// Params or tags: one file for each, the whole content.
pub(super) fn texts(
    folder: &Path,
    what: &'static str,
    warnings: &mut Vec<Error>,
) -> BTreeMap<String, String> {
    each_file(folder, what, warnings, |path| {
        String::from_utf8(fs::read_limited(path, TEXT_LIMIT)?).map_err(|error| {
            let problem = format!("it is not UTF-8: {error}");
            TrackingError::Malformed { path: path.to_owned(), problem }.into()
        })
    })
}

fn latest_values(folder: &Path, warnings: &mut Vec<Error>) -> BTreeMap<String, f64> {
    each_file(folder, "metric key", warnings, |path| {
        read_history(path).map(|points| latest(&points).map_or(f64::NAN, |point| point.value))
    })
}

fn each_file<T>(
    folder: &Path,
    what: &'static str,
    warnings: &mut Vec<Error>,
    read: impl Fn(&Path) -> Result<T>,
) -> BTreeMap<String, T> {
    let files = files(folder).unwrap_or_else(|error| {
        warnings.push(error);
        Vec::new()
    });
    let mut values = BTreeMap::new();
    for (key, path) in files {
        match check_key(what, &key).and_then(|()| read(&path)) {
            Ok(value) => _ = values.insert(key, value),
            Err(error) => warnings.push(error),
        }
    }
    values
}

/// The first of the greatest by step, time and value, as Python's `max` finds it: nothing is greater than NaN, and NaN is
/// greater than nothing.
fn latest(points: &[MetricPoint]) -> Option<MetricPoint> {
    let is_greater = |a: &MetricPoint, b: &MetricPoint| {
        (a.step, a.timestamp_ms, a.value) > (b.step, b.timestamp_ms, b.value)
    };
    points
        .iter()
        .copied()
        .reduce(|best, point| if is_greater(&point, &best) { point } else { best })
}

/// The lines of a metric's file; at least one.
fn read_history(path: &Path) -> Result<Vec<MetricPoint>> {
    let bytes = fs::read_limited(path, HISTORY_LIMIT)?;
    parse_history(&bytes)
        .map_err(|problem| TrackingError::Malformed { path: path.to_owned(), problem }.into())
}

fn parse_history(bytes: &[u8]) -> Result<Vec<MetricPoint>, String> {
    let text = str::from_utf8(bytes).map_err(|error| format!("it is not UTF-8: {error}"))?;
    if text.is_empty() {
        return Err("it is empty; expected a line for each value".to_owned());
    }
    let parse = |line: &str| {
        let fields: Vec<&str> = line.trim().split(' ').collect();
        let (time, value, step) = match fields[..] {
            [time, value, step] => (time, value, step),
            // MLflow 3 adds name and digest of a dataset, and then reads the step as 0. The value of a run must be the one
            // that MLflow shows.
            [time, value] | [time, value, _, _, _] => (time, value, "0"),
            _ => return Err(format!("{} fields; expected 2, 3 or 5", fields.len())),
        };
        let number = |what: &str, text: &str| format!("{what} {text:?}; expected a number");
        Ok(MetricPoint {
            step: step.parse().map_err(|_| number("the step", step))?,
            value: value.parse().map_err(|_| number("the value", value))?,
            timestamp_ms: time.parse().map_err(|_| number("the time", time))?,
        })
    };
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    lines
        .enumerate()
        .map(|(i, line)| parse(line).map_err(|problem| format!("line {} has {problem}", i + 1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, String> {
        parse_history(text.as_bytes()).map(|points| latest(&points).unwrap().value)
    }

    #[test]
    fn the_value_is_that_of_the_highest_step_then_time_then_value() {
        let table = [
            ("1 0.81 0\n", 0.81),
            ("1 0.5 3\n2 0.9 1\n", 0.5),
            ("1 0.5 1\n2 0.25 1\n", 0.25),
            ("1 0.5 1\n1 0.75 1\n1 0.25 1\n", 0.75),
            ("1 0.5 -2\n1 0.25 -3\n", 0.5),
            ("1 0.5\n2 0.25\n", 0.25),
            ("1 0.5 7 data abc\n2 0.25 6 data abc\n", 0.25),
            ("1 0.5 0\r\n1 1e-17 1\r\n", 1e-17),
            ("1 0.5 0\n1 -inf 1", f64::NEG_INFINITY),
            ("1 Infinity 0\n", f64::INFINITY),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), Ok(expected), "{text:?}");
        }
        assert!(value("1 nan 0\n1 0.5 0\n").unwrap().is_nan());
        assert_eq!(value("1 0.5 0\n1 NaN 0\n"), Ok(0.5));
    }

    #[test]
    fn a_malformed_history_says_where() {
        let table = [
            ("", "it is empty; expected a line for each value"),
            ("\n", "line 1 has 1 fields; expected 2, 3 or 5"),
            ("1 0.5 0\n\n", "line 2 has 1 fields; expected 2, 3 or 5"),
            ("1  0.5 0\n", "line 1 has 4 fields; expected 2, 3 or 5"),
            ("1.5 0.5 0\n", "line 1 has the time \"1.5\"; expected a number"),
            ("1 half 0\n", "line 1 has the value \"half\"; expected a number"),
            ("1 0.5 0\n1 0.5 0.0\n", "line 2 has the step \"0.0\"; expected a number"),
        ];
        for (text, problem) in table {
            assert_eq!(value(text), Err(problem.to_owned()), "{text:?}");
        }
    }

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
