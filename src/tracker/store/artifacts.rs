//! Files and folders of the caller become artifacts of a run: each file whole, inside the run, or not at all. A folder comes
//! file by file.

use std::fs::{metadata, read_dir};
use std::io;
use std::path::{Path, PathBuf};

use super::{Durability, Run};
use crate::error::{Error, Result};
use crate::fs;
use crate::tracker::names::check_artifact_path;

impl Run {
    /// Stores a copy of a file as an artifact, or replaces one. `path` is as for
    /// [`log_artifact`](crate::tracker::Tracker::log_artifact); a link at `source` is followed.
    ///
    /// Errors: [`Error::Io`] also if there is no regular file at `source`.
    pub fn log_file(&self, path: &str, source: impl AsRef<Path>) -> Result<()> {
        check_artifact_path(path)?;
        let source = source.as_ref();
        let kind = metadata(source).map_err(Error::io("read", source))?.file_type();
        if !kind.is_file() {
            return Err(refused(source, "it is no regular file; give the path of one"));
        }
        self.copy(path, source)
    }

    /// Stores a copy of everything under a folder as artifacts, below `path` or, if that is empty, at the top. Whoever reads
    /// meanwhile sees whole files only. Every name is checked before the first file is copied; if a copy fails on the way, or the
    /// process is killed, those before are there.
    ///
    /// Errors: [`Error::Io`] also for what is neither file nor folder, such as a link in the folder: it could lead anywhere,
    /// so it is not followed.
    ///
    /// ```
    /// use ressenti::tracker::{Store, Tracker};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let (plots, location) = (folder.path().join("plots"), folder.path().join("mlruns"));
    /// # std::fs::create_dir(&plots).unwrap();
    /// # std::fs::write(plots.join("roc.svg"), b"<svg/>").unwrap();
    /// let store = Store::open(location)?;
    /// let run = store.start_run("sentiment-analysis-twitter", "baseline")?;
    /// run.log_folder("plots", &plots)?;
    /// assert_eq!(store.run(run.id())?.artifact_paths()?, ["plots/roc.svg"]);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn log_folder(&self, path: &str, source: impl AsRef<Path>) -> Result<()> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut files = Vec::new();
        let mut folders = vec![(prefix, source.as_ref().to_owned())];
        while let Some((prefix, folder)) = folders.pop() {
            for entry in read_dir(&folder).map_err(Error::io("list", &folder))? {
                let entry = entry.map_err(Error::io("list", &folder))?;
                let path = entry.path();
                let kind = entry.file_type().map_err(Error::io("look at", &path))?;
                let Ok(part) = entry.file_name().into_string() else {
                    return Err(refused(&path, "its name is not valid Unicode"));
                };
                if kind.is_dir() {
                    folders.push((format!("{prefix}{part}/"), path));
                } else if kind.is_file() {
                    files.push((format!("{prefix}{part}"), path));
                } else {
                    let problem = "it is neither file nor folder, and links are not followed; log it by itself";
                    return Err(refused(&path, problem));
                }
            }
        }
        files.sort_unstable();
        files.iter().try_for_each(|(name, _)| check_artifact_path(name))?;
        let place = |(name, path): (String, PathBuf)| {
            self.place_artifact(&name)?;
            Ok((name, path))
        };
        let files = files.into_iter().map(place).collect::<Result<Vec<_>>>()?;
        files.iter().try_for_each(|(name, path)| self.copy(name, path))
    }

    fn copy(&self, name: &str, source: &Path) -> Result<()> {
        let path = self.place_artifact(name)?;
        fs::copy_staged(&self.folder, source, &path, self.store.durability.at(Durability::Batch))
    }
}

fn refused(path: &Path, problem: &'static str) -> Error {
    Error::io("log", path)(io::Error::new(io::ErrorKind::InvalidInput, problem))
}
