//! Experiments of a store: listed, found by name, created. Names come in, folders with a `meta.yaml` go out.

use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use uuid::Uuid;

use super::location::local_path;
use super::meta::{self, ACTIVE, ExperimentMeta};
use super::paths::check_no_link;
use super::read::{Listing, REMOVED, folders, is_being_built, is_id, texts};
use super::{Store, now_ms};
use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Lock};
use crate::tracker::names::invalid;

/// Characters of an experiment's name.
const NAME_LIMIT: usize = 500;
/// How many names an error lists.
const SHOWN: usize = 10;

/// An experiment: runs that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Experiment {
    /// The name of its folder; digits, if this crate or MLflow made it.
    pub id: String,
    /// Its name, unique in the store.
    pub name: String,
    /// Where MLflow puts the artifacts of new runs. Runs of this crate keep theirs in the store.
    pub artifact_location: String,
    /// When it was created, in milliseconds since 1970 UTC.
    pub creation_time_ms: Option<i64>,
    /// When it was renamed, deleted or restored last.
    pub last_update_time_ms: Option<i64>,
    /// Its notes.
    pub tags: BTreeMap<String, String>,
}

/// Where experiments were found by their names, and the text of their `meta.yaml`: as long as it is the same, runs are
/// started without a look at all the others.
pub(super) type Known = Mutex<HashMap<String, (Found, Vec<u8>)>>;

/// An experiment's `meta.yaml` and the folder it was found in.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) folder: PathBuf,
    pub(super) meta: ExperimentMeta,
}

impl Found {
    pub(super) fn is_deleted(&self) -> bool {
        self.meta.lifecycle_stage != ACTIVE
    }
}

impl Store {
    /// The experiments that are not deleted, oldest first.
    ///
    /// An experiment that cannot be read is a warning, and so are folders that are none, such as one left by a notebook:
    /// MLflow cannot list experiments beside a folder whose name begins with a dot. That the store was moved since is one
    /// for each experiment whose artifacts MLflow will not find; [`rebase`](Self::rebase) repairs it.
    pub fn experiments(&self) -> Result<Listing<Experiment>> {
        let mut warnings = strays(&self.root)?;
        let mut records = Vec::new();
        for found in all(&self.root, &mut warnings)? {
            if found.is_deleted() {
                continue;
            }
            warnings.extend(Self::moved(&found));
            let meta = found.meta;
            records.push(Experiment {
                id: meta.experiment_id,
                name: meta.name,
                artifact_location: meta.artifact_location,
                creation_time_ms: meta.creation_time,
                last_update_time_ms: meta.last_update_time,
                tags: texts(&found.folder.join("tags"), "tag key", &mut warnings),
            });
        }
        records.sort_by(|a, b| (a.creation_time_ms, &a.id).cmp(&(b.creation_time_ms, &b.id)));
        Ok(Listing { records, warnings })
    }

    /// The experiment of that name; an error says which there are.
    pub(super) fn find_experiment(&self, name: &str) -> Result<Found> {
        match self.look_up(name)? {
            Some(found) => Ok(found),
            None => Err(self.no_such_experiment(name)),
        }
    }

    /// The error that lists the names that there are.
    pub(super) fn no_such_experiment(&self, name: &str) -> Error {
        let mut names: Vec<String> = all(&self.root, &mut Vec::new())
            .unwrap_or_default()
            .iter()
            .filter(|found| !found.is_deleted())
            .map(|found| format!("{:?}", found.meta.name))
            .collect();
        names.sort_unstable();
        if names.len() > SHOWN {
            let more = names.len() - SHOWN;
            names.truncate(SHOWN);
            names.push(format!("and {more} more"));
        }
        let existing = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        TrackingError::NoSuchExperiment { name: name.to_owned(), existing }.into()
    }

    /// That MLflow will look for an experiment's artifacts where the store was once, if that is so.
    pub(super) fn moved(found: &Found) -> Option<Error> {
        let location = &found.meta.artifact_location;
        let named = local_path(location).ok()?;
        // Artifacts may be kept elsewhere on purpose.
        if named.is_dir()
            || named == restored(&found.folder)
            || named.file_name() != found.folder.file_name()
        {
            return None;
        }
        let problem = format!(
            "artifact_location is {location:?}, where there is nothing; artifacts are read beside the runs, and Store::rebase \
             tells MLflow so"
        );
        Some(TrackingError::Malformed { path: found.folder.join(meta::FILE), problem }.into())
    }

    /// The experiment of that name, created if there is none.
    pub(super) fn get_or_create_experiment(&self, name: &str) -> Result<Found> {
        if let Some(found) = self.look_up(name)? {
            return Ok(found);
        }
        check_name(name)?;
        let _lock = Lock::acquire(&self.root.join(super::LOCK_FILE))?;
        match self.look_up(name)? {
            Some(found) => Ok(found),
            None => self.create_experiment(name),
        }
    }

    /// The experiment of that name, if there is one. That it was deleted is an error. If there is none, so is one that cannot
    /// be read and could be it, an empty `meta.yaml` too, which MLflow 3.17 passes over: there would be two of it once that is
    /// mended.
    fn look_up(&self, name: &str) -> Result<Option<Found>> {
        let text = |found: &Found| meta::bytes(&found.folder).ok();
        // Each change leaves it whole.
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known().get(name).cloned();
        if let Some((found, known)) = before
            && text(&found) == Some(known)
        {
            return Ok(Some(found));
        }
        let found = self.search(name)?;
        if let Some(found) = &found
            && let Some(text) = text(found)
            && meta::parse(&text).as_ref() == Ok(&found.meta)
        {
            known().insert(name.to_owned(), (found.clone(), text));
        }
        Ok(found)
    }

    fn search(&self, name: &str) -> Result<Option<Found>> {
        let mut warnings = Vec::new();
        let found =
            all(&self.root, &mut warnings)?.into_iter().find(|found| found.meta.name == name);
        let deleted = |found: Found| {
            TrackingError::ExperimentDeleted { name: name.to_owned(), folder: found.folder }.into()
        };
        match found {
            Some(found) if found.is_deleted() => return Err(deleted(found)),
            Some(found) => return Ok(Some(found)),
            None => {}
        }
        // What lies in the trash and cannot be read keeps nobody from working.
        let trash = all(&self.root.join(super::TRASH), &mut Vec::new())?;
        if let Some(found) = trash.into_iter().find(|found| found.meta.name == name) {
            return Err(deleted(found));
        }
        warnings.into_iter().find_map(|warning| could_be(name, warning)).map_or(Ok(None), Err)
    }

    /// Builds the folder in the trash, where a plain stray folder does no harm, and gives it its place in one step.
    fn create_experiment(&self, name: &str) -> Result<Found> {
        let trash = self.root.join(super::TRASH);
        check_no_link(&trash, "experiment name", name)?;
        let (id, folder) = loop {
            // Eighteen digits, the first not zero, as MLflow's.
            let id = 100_000_000_000_000_000 + Uuid::new_v4().as_u128() % 900_000_000_000_000_000;
            let id = id.to_string();
            let folder = self.root.join(&id);
            if !folder.exists() && !trash.join(&id).exists() {
                break (id, folder);
            }
        };
        let now = now_ms();
        let meta = ExperimentMeta {
            artifact_location: format!("{}/{id}", self.uri),
            experiment_id: id,
            name: name.to_owned(),
            lifecycle_stage: ACTIVE.to_owned(),
            creation_time: Some(now),
            last_update_time: Some(now),
        };
        let built = trash.join(format!("tmp-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&built).map_err(Error::io("create", &built))?;
        let result = fs::write_atomic(&built.join(meta::FILE), meta.to_yaml().as_bytes())
            .and_then(|()| fs::publish_folder(&built, &folder, fs::Durability::Power));
        if result.is_err() {
            // The first error is the one to report.
            let _ = std::fs::remove_dir_all(&built);
        }
        result.map(|()| Found { folder, meta })
    }
}

/// What is wrong with an experiment that cannot be read, if it could be the one of that name.
fn could_be(name: &str, warning: Error) -> Option<Error> {
    let (path, problem) = match warning {
        Error::Tracking { problem: TrackingError::Malformed { path, problem } } => (path, problem),
        other => return Some(other),
    };
    match meta::bytes(path.parent()?) {
        Ok(text) if !can_have_name(&text, name) => return None,
        // Removed since.
        Err(Error::Io { cause, .. }) if cause.kind() == ErrorKind::NotFound => return None,
        _ => {}
    }
    let problem =
        format!("{problem}; it could be the experiment {name:?}, so mend it or remove it first");
    Some(TrackingError::Malformed { path, problem }.into())
}

/// Whether what is left of a `meta.yaml` can be that of an experiment of that name: it has the name, or ends before it is
/// known.
fn can_have_name(text: &[u8], name: &str) -> bool {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let Some(start) = lines.iter().rposition(|line| line.starts_with(b"name:")) else {
        return true;
    };
    // A long value goes on in lines that are indented, or empty.
    let goes_on = |line: &&&[u8]| line.first().is_some_and(u8::is_ascii_whitespace);
    let end = start + 1 + lines[start + 1..].iter().take_while(goes_on).count();
    let entry = lines[start..end].concat();
    let Ok(found) = meta::parse::<Named>(&entry) else { return true };
    // Without quotes, nothing but the next key tells that the value is whole.
    let is_whole = end < lines.len() || matches!(entry.trim_ascii_end(), [.., b'"' | b'\'']);
    if is_whole { found.name == name } else { name.starts_with(&found.name) }
}

fn check_name(name: &str) -> Result<()> {
    let problem = match name.chars().count() {
        0 => "is empty; give at least one character".to_owned(),
        length if length > NAME_LIMIT => {
            format!("has {length} characters; the limit is {NAME_LIMIT}")
        }
        _ if name.contains('\'') => "contains '\\''; MLflow cannot look up such a name".to_owned(),
        _ => return Ok(()),
    };
    Err(invalid("experiment name", name, problem))
}

/// All experiments directly in `root`. One that cannot be read is a warning.
pub(super) fn all(root: &Path, warnings: &mut Vec<Error>) -> Result<Vec<Found>> {
    let mut experiments = Vec::new();
    for (name, folder) in folders(root)? {
        match meta::read::<ExperimentMeta>(&folder) {
            Ok(Some(meta)) if meta.experiment_id == name => {
                experiments.push(Found { folder, meta });
            }
            Ok(Some(meta)) => {
                let problem = format!(
                    "experiment_id is {:?}, but its folder is {name:?}",
                    meta.experiment_id
                );
                warnings.push(
                    TrackingError::Malformed { path: folder.join(meta::FILE), problem }.into(),
                );
            }
            Ok(None) => {}
            Err(error) => warnings.push(error),
        }
    }
    Ok(experiments)
}

/// Where a folder is when what lies in the trash is restored: the files there still say so.
pub(super) fn restored(folder: &Path) -> PathBuf {
    folder.components().filter(|part| part.as_os_str() != super::TRASH).collect()
}

/// A warning for each folder directly in a store, or in its trash, that is none of MLflow's.
pub(super) fn strays(root: &Path) -> Result<Vec<Error>> {
    let mut warnings = Vec::new();
    let stray = |path: PathBuf, problem: &str| {
        TrackingError::Malformed { path, problem: problem.to_owned() }.into()
    };
    let listed = |error| Error::io("list", root)(error);
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(root).map_err(listed)? {
        let entry = entry.map_err(|error| Error::io("list", root)(error))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            entries.push(entry.path());
        }
    }
    entries.sort_unstable();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_ours = matches!(&*name, super::TRASH | "models");
        if !is_ours && !is_id(&name) {
            warnings.push(stray(
                path,
                "it is no experiment, and MLflow cannot list experiments beside it; move it away",
            ));
        } else if !is_ours
            && !path.join(meta::FILE).exists()
            && !path.join(REMOVED).exists()
            && !is_being_built(&path)
        {
            warnings.push(stray(
                path,
                "it has no meta.yaml, so it is no experiment; remove it, or restore the file",
            ));
        }
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_text_tells_the_name_or_leaves_it_open() {
        let names = ["torn", "torn apart", "a 'b' c", "a \"b\"\n"];
        let table: [(&str, &[&str]); 12] = [
            ("", &names),
            ("lifecycle_stage: active\nna", &names),
            ("name: \"torn", &names),
            ("name: \"torn\"", &["torn"]),
            ("lifecycle_stage: [\nname: 'torn'\n", &["torn"]),
            ("name: to", &["torn", "torn apart"]),
            ("name: torn\n", &["torn", "torn apart"]),
            ("name: torn\n  apart\ntags: {", &["torn apart"]),
            ("name: torn\r\ntags: {", &["torn"]),
            ("name: 'a ''b'' c'\ntags: {", &["a 'b' c"]),
            ("name: \"a \\\"b\\\"\\n\"\n", &["a \"b\"\n"]),
            ("name: other\nworkspace: de", &[]),
        ];
        for (text, expected) in table {
            let found = names.into_iter().filter(|name| can_have_name(text.as_bytes(), name));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn names_that_mlflow_cannot_look_up_are_refused() {
        let text =
            |name: &str| check_name(name).map_or_else(|e| e.to_string(), |()| "fine".to_owned());
        for name in ["a", "a/b \"c\" \\ ☕\n", &"é".repeat(500)] {
            assert_eq!(text(name), "fine");
        }
        assert_eq!(
            text(""),
            "tracking: experiment name \"\" is empty; give at least one character"
        );
        assert_eq!(
            text("it's"),
            "tracking: experiment name \"it's\" contains '\\''; MLflow cannot look up such a name"
        );
        assert!(text(&"é".repeat(501)).ends_with(" has 501 characters; the limit is 500"));
    }
}
