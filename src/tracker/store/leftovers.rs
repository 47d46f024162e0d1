//! What killed processes leave in a store, known by its name and what is in it, and by its age that nobody is at it any more.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::meta;
use super::paths::is_link;
use super::read::{REMOVED, run_folders};
use super::run::{ARTIFACTS, METRICS, PARAMS, TAGS};
use super::{Store, experiment};
use crate::error::{Error, Result};

/// What is written, or built, takes a moment. Whatever has not changed for so long is nobody's.
const AGE: Duration = Duration::from_secs(60 * 60);
/// A folder that is built aside, followed by 32 digits.
const BUILT: [&str; 2] = ["tmp-", "tmp-model-"];

/// Whether that is what a writer of this crate calls a file that is not yet in place.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(".new.") && Path::new(name).extension().is_some_and(|end| end == "tmp")
}

/// Whether a folder is what is left of a start that was cut off: a run without its `meta.yaml`, which nobody has been given, so
/// that nothing was logged to it.
pub(super) fn is_cut_off_start(folder: &Path) -> bool {
    let is_id = folder.file_name().and_then(|name| name.to_str()).is_some_and(is_hex);
    is_id
        && all(folder, |entry, name| {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match name {
                TAGS => is_folder && all(&entry.path(), |entry, _| is_file(entry)),
                PARAMS | METRICS | ARTIFACTS => is_folder && all(&entry.path(), |_, _| false),
                name => is_temporary(name) && is_file(entry),
            }
        })
}

fn is_hex(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// Whether a folder can be listed and all that is in it is as asked; so is an empty one.
fn all(folder: &Path, is_right: impl Fn(&DirEntry, &str) -> bool) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.all(|entry| {
        entry.is_ok_and(|entry| {
            entry.file_name().to_str().is_some_and(|name| is_right(&entry, name))
        })
    })
}

/// Whether a file or a folder, and all that is in it, has not changed for long.
fn is_old(path: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    let age = found.modified().map(|time| SystemTime::now().duration_since(time));
    // A time to come is none that has passed long since.
    matches!(age, Ok(Ok(age)) if age >= AGE)
        && (!found.is_dir() || all(path, |entry, _| is_old(&entry.path())))
}

impl Store {
    /// All that killed processes left at least an hour ago, sorted.
    pub(super) fn leftovers(&self) -> Result<Vec<PathBuf>> {
        let mut left = Vec::new();
        for root in self.roots(&mut Vec::new()) {
            let built: &[&str] = if root == self.root { &[] } else { &BUILT };
            add(&root, built, &mut left)?;
            for found in experiment::all(&root, &mut Vec::new())? {
                if is_link(&found.folder) {
                    continue;
                }
                add(&found.folder, &[], &mut left)?;
                for (_, run) in run_folders(&found.folder)? {
                    if is_link(&run) {
                        continue;
                    }
                    let is_run = run.join(meta::FILE).exists() || run.join(REMOVED).exists();
                    if is_run {
                        add(&run, &BUILT[..1], &mut left)?;
                    } else if is_cut_off_start(&run) && is_old(&run) {
                        left.push(run);
                    }
                }
            }
        }
        left.sort_unstable();
        Ok(left)
    }
}

/// Adds the temporary files directly in a folder, and folders that were built there and have one of these names.
fn add(folder: &Path, built: &[&str], left: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let (name, kind) = (entry.file_name(), entry.file_type());
        let (Some(name), Ok(kind)) = (name.to_str(), kind) else { continue };
        let is_built = || built.iter().any(|stem| name.strip_prefix(stem).is_some_and(is_hex));
        let is_ours = kind.is_file() && is_temporary(name) || kind.is_dir() && is_built();
        if is_ours && is_old(&entry.path()) {
            left.push(entry.path());
        }
    }
    Ok(())
}
