//! Names inside a folder and the files they stand for: inside, or not at all.
//!
//! Names come in checked (`names.rs`). A link on the way is refused, wherever it leads, so that what is written or read
//! under a run's folder is the run's. What the files hold is not known here.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, TrackingError};
use crate::fs::{Durability, sync_entries};
use crate::tracker::names::{clash, invalid};

/// The file that `name` stands for under `folder`, with the folders it needs made, as durably as is asked. The file itself may
/// not exist yet.
pub(crate) fn place(
    folder: &Path,
    what: &'static str,
    name: &str,
    durability: Durability,
) -> Result<PathBuf> {
    locate(folder, what, name, durability).map(|(path, _)| path)
}

/// The same, and whether there is a file.
pub(super) fn locate(
    folder: &Path,
    what: &'static str,
    name: &str,
    durability: Durability,
) -> Result<(PathBuf, bool)> {
    let mut path = folder.to_owned();
    let make = |path: &Path, prefix| make_folder(path, what, name, prefix, durability);
    make(&path, "")?;
    let mut parts = name.split('/').peekable();
    let mut end = 0;
    while let Some(part) = parts.next() {
        path.push(part);
        end += part.len();
        if parts.peek().is_some() {
            make(&path, &name[..end])?;
            end += 1;
        }
    }
    is_file(&path, what, name).map(|is_there| (path, is_there))
}

/// Whether there is a file at the place of a name; `Err` if it is something else.
pub(super) fn is_file(path: &Path, what: &'static str, name: &str) -> Result<bool> {
    match kind(path)? {
        None => Ok(false),
        Some(kind) if kind.is_file() => Ok(true),
        Some(kind) if kind.is_symlink() => Err(link(what, name, path)),
        Some(kind) if kind.is_dir() => Err(clash(what, name, &format!("{name}/…"))),
        Some(_) => {
            let problem =
                format!("leads to {}, which is no regular file; remove it", path.display());
            Err(invalid(what, name, problem))
        }
    }
}

/// Whether there is a link at a place.
pub(super) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// That a link is passed over.
pub(super) fn passed_over(path: &Path) -> Error {
    let problem =
        "it is a link, which is not followed here; put what it leads to in its place".to_owned();
    TrackingError::Malformed { path: path.to_owned(), problem }.into()
}

/// `Err` if there is a link at a place.
pub(super) fn check_no_link(path: &Path, what: &'static str, name: &str) -> Result<()> {
    match kind(path)? {
        Some(kind) if kind.is_symlink() => Err(link(what, name, path)),
        _ => Ok(()),
    }
}

/// Makes the folder at `path` if there is none. `prefix` is the part of `name` that led there.
fn make_folder(
    path: &Path,
    what: &'static str,
    name: &str,
    prefix: &str,
    durability: Durability,
) -> Result<()> {
    match kind(path)? {
        Some(kind) if kind.is_dir() => Ok(()),
        Some(kind) if kind.is_symlink() => Err(link(what, name, path)),
        Some(_) => Err(clash(what, name, prefix)),
        None => match fs::create_dir(path) {
            // Another thread was quicker: look again.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                make_folder(path, what, name, prefix, durability)
            }
            made => {
                made.map_err(Error::io("create", path))?;
                match (path.parent(), durability) {
                    (Some(above), Durability::Power) => sync_entries(above),
                    _ => Ok(()),
                }
            }
        },
    }
}

/// The file that `name` stands for under `folder`, if it is there.
pub(crate) fn find(folder: &Path, what: &'static str, name: &str) -> Result<Option<PathBuf>> {
    Ok(look_up(folder, what, name)?.filter(|(_, kind)| kind.is_file()).map(|(path, _)| path))
}

/// What `name` stands for under `folder`, if anything is there.
pub(crate) fn look_up(
    folder: &Path,
    what: &'static str,
    name: &str,
) -> Result<Option<(PathBuf, FileType)>> {
    let mut found = (folder.to_owned(), None);
    for part in name.split('/') {
        found.0.push(part);
        found.1 = kind(&found.0)?;
        match found.1 {
            Some(kind) if kind.is_symlink() => return Err(link(what, name, &found.0)),
            Some(_) => {}
            None => return Ok(None),
        }
    }
    let (path, kind) = found;
    Ok(kind.map(|kind| (path, kind)))
}

/// What every file under `folder` is called and where it is, sorted by name; nothing if there is no such folder. Links, and
/// names that are not Unicode, are left out.
pub(crate) fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(Error::io("list", &folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(Error::io("list", &folder))?;
            let path = entry.path();
            let Ok(part) = entry.file_name().into_string() else { continue };
            let kind = entry.file_type().map_err(Error::io("look at", &path))?;
            if kind.is_dir() {
                folders.push((format!("{prefix}{part}/"), path));
            } else if kind.is_file() {
                files.push((format!("{prefix}{part}"), path));
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// What is under a folder: [`files`], the folders they are in, and what is neither.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Name and place of each file, sorted by name.
    pub(super) files: Vec<(String, PathBuf)>,
    /// The names of the folders that were listed, itself being the empty one.
    pub(super) folders: Vec<String>,
    /// What is left out, and why.
    pub(super) odd: Vec<Error>,
}

/// Everything under `folder`, as far as it can be listed; nothing if there is no such folder.
pub(super) fn walk(folder: &Path) -> Walk {
    let mut walk = Walk::default();
    if is_link(folder) {
        walk.odd.push(passed_over(folder));
        return walk;
    }
    let mut left = vec![(String::new(), folder.to_owned())];
    while let Some((name, folder)) = left.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                walk.odd.push(Error::io("list", &folder)(error));
                continue;
            }
            Ok(entries) => entries,
        };
        let prefix = if name.is_empty() { name.clone() } else { format!("{name}/") };
        walk.folders.push(name);
        for entry in entries {
            let entry =
                entry.and_then(|entry| Ok((entry.file_type()?, entry.path(), entry.file_name())));
            let (kind, path, part) = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    walk.odd.push(Error::io("list", &folder)(error));
                    continue;
                }
            };
            let mut odd = |problem: &str| {
                let problem = problem.to_owned();
                walk.odd.push(TrackingError::Malformed { path: path.clone(), problem }.into());
            };
            match part.into_string() {
                Err(_) => odd("its name is not valid Unicode"),
                Ok(part) if kind.is_dir() => left.push((format!("{prefix}{part}"), path)),
                Ok(part) if kind.is_file() => walk.files.push((format!("{prefix}{part}"), path)),
                Ok(_) if kind.is_symlink() => walk.odd.push(passed_over(&path)),
                Ok(_) => odd("it is no regular file"),
            }
        }
    }
    walk.files.sort_unstable();
    walk.folders.sort_unstable();
    walk
}

/// What is at `path`, links not followed. Below a file there is nothing.
fn kind(path: &Path) -> Result<Option<FileType>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found.file_type())),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

fn link(what: &'static str, name: &str, path: &Path) -> Error {
    let problem = format!(
        "leads through the link {}; links are not followed here, put a folder or a file in its place",
        path.display()
    );
    invalid(what, name, problem)
}
