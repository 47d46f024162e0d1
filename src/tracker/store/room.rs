//! One kind of names in a run's folder: its params, metrics, tags or artifacts, each name the path of a file.
//!
//! Names come in checked, places of files go out. What a handle has placed once it knows, so that a metric's next value
//! costs one look at its file. Names that differ only by case are refused on every system: on one that does not tell
//! case apart they would be one file, and a store is copied to such a system sooner or later. What the files hold is not
//! known here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::paths::{files, is_file, locate};
use crate::error::Result;
use crate::fs::Durability;
use crate::tracker::names::{clash_of_case, prefixes};

/// The folder of one kind of names.
#[derive(Debug)]
pub(super) struct Room {
    folder: PathBuf,
    what: &'static str,
    /// How the folders on the way to a file are made.
    durability: Durability,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Whether what was there before this handle is among the spellings.
    listed: bool,
    /// Every name and every folder on the way to one, by its spelling in lower case.
    spellings: HashMap<String, Vec<String>>,
    /// Where the names are that this handle has placed.
    placed: HashMap<String, PathBuf>,
}

/// Where a name's file is or will be.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// Whether there is a file.
    pub(super) is_there: bool,
}

impl Room {
    /// A room whose files other handles may have made.
    pub(super) fn used(folder: PathBuf, what: &'static str, durability: Durability) -> Self {
        Self { folder, what, durability, known: Mutex::default() }
    }

    /// A room of a run that is just being made.
    pub(super) fn new(
        folder: PathBuf,
        what: &'static str,
        durability: Durability,
        names: &[&str],
    ) -> Self {
        let mut known = Known { listed: true, ..Known::default() };
        for name in names {
            known.spell(name);
        }
        Self { folder, what, durability, known: Mutex::new(known) }
    }

    /// The place of a name, with the folders on the way made.
    pub(super) fn place(&self, name: &str) -> Result<Place> {
        let mut known = self.known();
        if let Some(path) = known.placed.get(name) {
            let path = path.clone();
            // Someone may have put a link there since; no folder on the way was made by anyone else.
            drop(known);
            let is_there = is_file(&path, self.what, name)?;
            return Ok(Place { path, is_there });
        }
        if !known.listed {
            known.list(&self.folder)?;
        }
        known.check(self.what, name)?;
        let (path, is_there) = locate(&self.folder, self.what, name, self.durability)?;
        if is_there && !known.has(name) {
            // Another handle made it, or a file that differs by case answers to the name on this system.
            known.list(&self.folder)?;
            known.check(self.what, name)?;
        }
        known.spell(name);
        known.placed.insert(name.to_owned(), path.clone());
        Ok(Place { path, is_there })
    }

    /// Each change leaves it whole.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn list(&mut self, folder: &Path) -> Result<()> {
        for (name, _) in files(folder)? {
            self.spell(&name);
        }
        self.listed = true;
        Ok(())
    }

    fn spell(&mut self, name: &str) {
        for prefix in prefixes(name) {
            let spellings = self.spellings.entry(prefix.to_lowercase()).or_default();
            if !spellings.iter().any(|known| known == prefix) {
                spellings.push(prefix.to_owned());
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        let known = self.spellings.get(&name.to_lowercase());
        known.is_some_and(|known| known.iter().any(|known| known == name))
    }

    /// `Err` if the name, or a folder on the way to it, is there in another case only.
    fn check(&self, what: &'static str, name: &str) -> Result<()> {
        let other = prefixes(name).filter(|prefix| !self.has(prefix));
        let mut other = other.filter_map(|prefix| self.spellings.get(&prefix.to_lowercase()));
        other.next().map_or(Ok(()), |known| Err(clash_of_case(what, name, &known[0])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<Place>) -> String {
        result.map_or_else(|error| error.to_string(), |_| "fine".to_owned())
    }

    #[test]
    fn names_that_differ_by_case_alone_exclude_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::new(folder.path().join("params"), "param key", Durability::Process, &[]);
        for name in ["C", "Val/loss", "Val/Loss2", "é"] {
            assert_eq!(text(room.place(name)), "fine", "{name}");
        }
        for (name, other) in [("c", "C"), ("val/x", "Val"), ("Val/LOSS", "Val/loss"), ("É", "é")]
        {
            let problem = "file systems that do not tell case apart would take them for one";
            assert_eq!(
                text(room.place(name)),
                format!(
                    "tracking: param key {name:?} differs from {other:?} by case only; {problem}"
                )
            );
        }
        assert_eq!(text(room.place("C")), "fine");
    }

    #[test]
    fn what_others_made_is_listed_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["C", "c", "a"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let room = Room::used(folder.path().to_owned(), "param key", Durability::Process);
        // Two that are there both can be written both.
        for name in ["C", "c", "a"] {
            let place = room.place(name).unwrap();
            assert!(place.is_there && room.place(name).unwrap().is_there, "{name}");
        }
        assert!(text(room.place("A")).contains(" differs from \"a\" by case only; "));
    }
}
