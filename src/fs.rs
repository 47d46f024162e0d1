//! How a file survives a crash: the only room that knows.
//!
//! [`write_atomic`] puts a whole file in place or nothing at all: the bytes go to a sibling of the target, are synced, and
//! take the target's name in one step. [`Lock`] keeps other processes out while several files change. What the bytes mean
//! is not known here.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io("read", path))
}

/// Writes `bytes` to `path`: after a crash at any moment the file is the old one or the new one, whole.
///
/// A link at `path` is followed, so that the file it names is replaced and the link stays. Permissions of an existing
/// file are kept. On an error the target is as it was and the temporary sibling is gone; only a killed process can leave
/// one behind (`.NAME.PID-N.tmp`), which nothing ever reads.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if target.is_dir() {
        return Err(Error::io("write", path)(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let temporary = sibling(&target).map_err(Error::io("write", path))?;
    let result = write_and_rename(&temporary, &target, bytes);
    if result.is_err() {
        // The first error is the one to report; a leftover that cannot be removed changes nothing.
        let _ = fs::remove_file(&temporary);
    }
    result.map_err(Error::io("write", path))
}

fn write_and_rename(temporary: &Path, target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
    if let Ok(old) = fs::metadata(target) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, target)?;
    sync_folder(target)
}

/// Makes a rename in the folder of `path` durable. Where folders cannot be opened (Windows) the system does so itself.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// A name beside `path` that no other writer uses.
fn sibling(path: &Path) -> io::Result<PathBuf> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}-{}.tmp", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
    Ok(path.with_file_name(temporary))
}

/// Holds an exclusive lock on a file until dropped; the system releases it when the process dies.
#[cfg(feature = "store")]
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

#[cfg(feature = "store")]
impl Lock {
    /// Waits until no other process and no other `Lock` of this one holds `path`, which is created if missing.
    pub(crate) fn acquire(path: &Path) -> Result<Self> {
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let file = open.map_err(Error::io("open", path))?;
        file.lock().map_err(Error::io("lock", path))?;
        Ok(Self { _file: file })
    }
}

/// Appends `bytes` with one write, so that lines of concurrent writers do not mix.
#[cfg(feature = "store")]
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let open = OpenOptions::new().create(true).append(true).open(path);
    open.and_then(|mut file| file.write_all(bytes)).map_err(Error::io("append to", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_file_and_leaves_no_sibling() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_atomic(&path, b"old").unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_in_the_way_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomic(folder.path(), b"x").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cannot write {}: is a directory", folder.path().display())
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no/such/model");
        let error = write_atomic(&path, b"x").unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("cannot write {}: ", path.display())),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn keeps_permissions_and_follows_links() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("model"), folder.path().join("link"));
        fs::write(&path, b"old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&path, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert_eq!(read(&path).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(feature = "store")]
    #[test]
    fn a_lock_keeps_a_second_holder_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::acquire(&path).unwrap();
        let second = File::open(&path).unwrap();
        assert!(second.try_lock().is_err());
        drop(held);
        second.try_lock().unwrap();
    }
}
