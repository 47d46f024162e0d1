//! From a version or a URI to the bytes of its model file, and from there to a pipeline.
//!
//! Locations in a store are absolute, so those of a store that was moved lead nowhere: then the file is looked for where
//! the store itself would have it. What a model file holds is known to [`Pipeline`] only.

use std::io;
use std::path::{Path, PathBuf};

use super::Registry;
use super::read::folder_of;
use super::record::ModelVersion;
use super::uri::ModelUri;
use crate::digest;
use crate::error::{Error, RegistryError, Result};
use crate::fs;
use crate::pipeline::Pipeline;
use crate::tracker::names::check_inside;
use crate::tracker::store::location::local_path;
use crate::tracker::store::lookup::find_run;
use crate::tracker::store::meta::{self, RunMeta};
use crate::tracker::store::paths::find;
use crate::tracker::store::read::{artifacts_of, folders};
use crate::tracker::store::run::ARTIFACTS;

/// The model file in a model's folder.
pub(super) const MODEL_FILE: &str = "pipeline.ressenti";
/// The model's folder in that of a version.
pub(super) const MODEL_FOLDER: &str = "model";

impl ModelVersion {
    /// Its model, if the file still is the one that was registered.
    ///
    /// The SHA-256 of the file must be [the one](Self::sha256) that was stored; a version that MLflow registered has none.
    ///
    /// Errors: [`RegistryError::NoModelFile`], [`RegistryError::Digest`], [`Error::Io`], and [`Error::ModelFile`] as for
    /// [`Pipeline::load`].
    pub fn load(&self) -> Result<Pipeline> {
        let path = self.model_file()?;
        let bytes = fs::read(&path)?;
        if let Some(expected) = self.sha256() {
            let found = digest::of_bytes(&bytes);
            if found != expected {
                let (name, version, expected) =
                    (self.name.clone(), self.version, expected.to_owned());
                return Err(RegistryError::Digest { name, version, path, expected, found }.into());
            }
        }
        decode(&bytes, &path)
    }

    /// Where its model file is.
    pub fn model_file(&self) -> Result<PathBuf> {
        let what = || format!("version {} of model {:?}", self.version, self.name);
        let Some(location) = self.storage_location.as_deref().or(self.source.as_deref()) else {
            return Err(no_file(what(), "it has no source".to_owned()));
        };
        let named = find_model(&self.root, location);
        if let Ok(path) = named {
            return Ok(path);
        }
        let own = folder_of(self).join(MODEL_FOLDER).join(MODEL_FILE);
        if own.is_file() {
            return Ok(own);
        }
        if let Some(run_id) = &self.run_id
            && let Some((_, below)) = location.split_once(&format!("/{run_id}/{ARTIFACTS}/"))
            && let Ok(path) = of_run(&self.root, run_id, below)
        {
            return Ok(path);
        }
        named.map_err(|error| no_file(what(), error.to_string()))
    }
}

impl Registry {
    /// The model that a URI names: one of a version, as for [`resolve`](Self::resolve), or that of a run,
    /// `runs:/<run id>/model`.
    ///
    /// Errors: as for [`resolve`](Self::resolve) and [`ModelVersion::load`].
    pub fn load(&self, uri: &str) -> Result<Pipeline> {
        if let ModelUri::Version { name, which } = ModelUri::parse(uri)? {
            return self.find(&name, &which)?.load();
        }
        let path = self.model_file(uri)?;
        decode(&fs::read(&path)?, &path)
    }

    /// Where the model file is that a URI names.
    pub fn model_file(&self, uri: &str) -> Result<PathBuf> {
        match ModelUri::parse(uri)? {
            ModelUri::Version { name, which } => self.find(&name, &which)?.model_file(),
            ModelUri::Logged { .. } | ModelUri::Run { .. } => {
                find_model(self.root(), uri).map_err(|error| match error {
                    Error::Io { .. } => no_file(uri.to_owned(), error.to_string()),
                    error => error,
                })
            }
        }
    }
}

/// The model file at a location: a path, a `file:` URI, that of a run or of a logged model.
pub(super) fn find_model(root: &Path, location: &str) -> Result<PathBuf> {
    if location.starts_with("runs:/") || location.starts_with("models:/") {
        return match ModelUri::parse(location)? {
            ModelUri::Run { id, path } => of_run(root, &id, &path),
            ModelUri::Logged { id } => {
                let of_experiment = |(_, folder): (String, PathBuf)| {
                    in_folder(folder.join(super::MODELS).join(&id).join(ARTIFACTS)).ok()
                };
                let found = folders(root)?.into_iter().find_map(of_experiment);
                found.ok_or_else(|| {
                    no_file(location.to_owned(), "it is no model of this crate".to_owned())
                })
            }
            ModelUri::Version { .. } => {
                Err(no_file(location.to_owned(), "it names another version".to_owned()))
            }
        };
    }
    in_folder(local_path(location)?)
}

/// The model file that a path names: itself, or the one in that folder.
fn in_folder(path: PathBuf) -> Result<PathBuf> {
    let file = if path.is_dir() { path.join(MODEL_FILE) } else { path };
    // What is there and no file, such as a device, could be read for ever.
    match std::fs::metadata(&file) {
        Ok(found) if found.is_file() => Ok(file),
        Ok(_) => {
            let cause = io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file");
            Err(Error::io("read", file)(cause))
        }
        Err(error) => Err(Error::io("read", file)(error)),
    }
}

/// The model file below an artifact of a run.
fn of_run(root: &Path, run_id: &str, path: &str) -> Result<PathBuf> {
    check_inside(path)?;
    let (_, folder) = find_run(root, run_id)?;
    let run: Option<RunMeta> = meta::read(&folder)?;
    let artifacts = artifacts_of(run.and_then(|run| run.artifact_uri).as_deref(), &folder)?;
    if let Some(file) = find_below(&artifacts, "artifact path", path)? {
        return Ok(file);
    }
    Err(no_file(
        format!("artifact {path:?} of run {run_id}"),
        format!("there is no file {}", artifacts.join(path).join(MODEL_FILE).display()),
    ))
}

/// The model file that a name under `folder` stands for, no link followed: itself, or the one in that folder.
pub(super) fn find_below(folder: &Path, what: &'static str, name: &str) -> Result<Option<PathBuf>> {
    match find(folder, what, name)? {
        None => find(folder, what, &format!("{name}/{MODEL_FILE}")),
        file => Ok(file),
    }
}

/// The pipeline in the bytes of a file.
fn decode(bytes: &[u8], path: &Path) -> Result<Pipeline> {
    Pipeline::from_bytes(bytes).map_err(in_file(path))
}

/// `Err` unless the bytes of a file are a whole model file.
pub(super) fn check(bytes: &[u8], path: &Path) -> Result<()> {
    Pipeline::check_bytes(bytes).map_err(in_file(path))
}

fn in_file(path: &Path) -> impl Fn(Error) -> Error {
    |error| match error {
        Error::ModelFile { problem, .. } => {
            Error::ModelFile { path: Some(path.to_owned()), problem }
        }
        other => other,
    }
}

pub(super) fn no_file(what: String, problem: String) -> Error {
    RegistryError::NoModelFile { what, problem }.into()
}

/// A location as MLflow names a model: the folder, where the file is in one of its own.
pub(super) fn folder_of_model(file: &Path) -> &Path {
    let is_named = file.file_name().is_some_and(|name| name == MODEL_FILE);
    file.parent().filter(|_| is_named).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_and_missing_files_are_no_models() {
        let missing = in_folder("/no/such/file".into()).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read /no/such/file: "), "{missing}");
        if cfg!(unix) {
            let device = in_folder("/dev/zero".into()).unwrap_err().to_string();
            assert_eq!(device, "cannot read /dev/zero: it is no regular file");
        }
    }

    #[test]
    fn a_model_is_its_folder_to_mlflow() {
        assert_eq!(folder_of_model(Path::new("/a/model/pipeline.ressenti")), Path::new("/a/model"));
        assert_eq!(folder_of_model(Path::new("/a/x.ressenti")), Path::new("/a/x.ressenti"));
    }
}
