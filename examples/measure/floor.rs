//! The files that an operation leaves, written by bare calls of the standard library and nothing else: no lock, no look at what
//! is there, no care for who reads or dies meanwhile. What no store of this layout can be faster than.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders (without content) and files, each folder before what is in it. Paths are relative.
pub(super) struct Files(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Files {
    /// All that is in a folder.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let mut found = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(name) = folders.pop() {
            for entry in fs::read_dir(folder.join(&name))? {
                let entry = entry?;
                let name = name.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    folders.push(name.clone());
                    found.push((name, None));
                } else {
                    found.push((name, Some(fs::read(entry.path())?)));
                }
            }
        }
        Ok(Self(found))
    }

    /// The same in a new folder.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir(folder)?;
        self.0.iter().try_for_each(|(name, bytes)| match bytes {
            Some(bytes) => fs::write(folder.join(name), bytes),
            None => fs::create_dir(folder.join(name)),
        })
    }
}

/// Puts a file in place of another in one step.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("aside");
    fs::write(&aside, bytes)?;
    fs::rename(aside, path)
}
