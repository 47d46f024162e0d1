//! How a file survives a crash: the only room that knows.
//!
//! [`write_atomic`] puts a whole file in place or nothing at all: the bytes go to a sibling of the target, are synced, and
//! take the target's name in one step. Where a stray sibling would be read as content, [`write_staged`] and
//! [`create_staged`] do the same by way of another folder, and [`publish_folder`] does it for a folder. [`append`] and
//! [`Lines`] add whole lines, [`overwrite`] writes over what its readers check. [`sync_tree`] makes a folder outlive a power
//! cut. [`Lock`] keeps other processes out while several files change. What the bytes mean is not known here.

#[cfg(feature = "store")]
mod lines;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
#[cfg(feature = "store")]
use std::time::SystemTime;

use crate::error::{Error, Result};
#[cfg(feature = "store")]
pub(crate) use lines::{Lines, PAGE, append};

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io("read", path))
}

/// At most so many bytes of a file from a place on, and how long the file is.
pub(crate) fn read_part(path: &Path, start: u64, most: u64) -> Result<(Vec<u8>, u64)> {
    let read = || {
        check_file(&fs::metadata(path)?)?;
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok((bytes, length))
    };
    read().map_err(Error::io("read", path))
}

/// Reads a whole file of at most `limit` bytes.
#[cfg(feature = "store")]
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let read = || {
        let found = fs::metadata(path)?;
        check_file(&found)?;
        // Room for all of it and the look beyond; one that says it is huge may be empty.
        let length = found.len().min(limit).min(1 << 20) as usize;
        let mut bytes = Vec::with_capacity(length + 1);
        File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            let problem = format!("it is longer than {limit} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
        }
        Ok(bytes)
    };
    read().map_err(Error::io("read", path))
}

/// Writes `bytes` to `path`: after a crash at any moment the file is the old one or the new one, whole.
///
/// A link at `path` is followed, so that the file it names is replaced and the link stays. Permissions of an existing
/// file are kept. What is there and no file, such as a folder, a device or a pipe, is an error: a rename would put a file
/// in its place, and `/dev/null` would be gone. On an error the target is as it was and the temporary sibling is gone;
/// only a killed process can leave one behind (`.new.PID-N.tmp`), which nothing ever reads.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Ok(there) = fs::metadata(path)
        && !there.is_file()
    {
        let cause = if there.is_dir() {
            io::ErrorKind::IsADirectory.into()
        } else {
            io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file; give another path")
        };
        return Err(Error::io("write", path)(cause));
    }
    write_beside(&behind_links(path), bytes).map_err(Error::io("write", path))
}

/// What a path names once links are followed, whether it exists or not.
pub(crate) fn behind_links(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    // As many as Linux follows; links that go round in circles end here, too.
    for _ in 0..40 {
        let Ok(next) = fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    target
}

fn write_beside(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let fill = |file: &mut File| fill_like(target, file, bytes);
    by_way_of(&target.with_file_name(".new"), fill, |temporary| fs::rename(temporary, target))?;
    sync_folder(target)
}

/// Fills a file that is to take the place of another one, and may be read by whom that may.
fn fill_like(target: &Path, file: &mut File, bytes: &[u8]) -> io::Result<()> {
    if let Ok(old) = fs::metadata(target) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// [`write_atomic`] by way of a file of a given name in the same folder, so that what a killed process left can be found. The
/// caller holds a lock, and no link is followed.
#[cfg(feature = "store")]
pub(crate) fn write_by_way_of(temporary: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    remove(temporary)?;
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
        fill_like(path, &mut file, bytes)?;
        drop(file);
        fs::rename(temporary, path)
    };
    let written = write();
    if written.is_err() {
        // The first error is the one to report; what is left is removed by the next who writes.
        let _ = fs::remove_file(temporary);
    }
    written.and_then(|()| sync_folder(path)).map_err(Error::io("write", path))
}

/// Creates a temporary file, fills it, and has it put in place by `place`. It is gone if either fails.
///
/// Its name is `stem.PID-N.tmp`, with the first N that is free. Process ids come back (in a container each start has the
/// same), so a name may be taken by what a killed process left.
fn by_way_of<T>(
    stem: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
    place: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let (temporary, mut file) = loop {
        let mut path = stem.as_os_str().to_owned();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        path.push(format!(".{}-{number}.tmp", process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => break (PathBuf::from(path), file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    };
    let filled = fill(&mut file);
    drop(file);
    let result = filled.and_then(|()| place(&temporary));
    if result.is_err() {
        // The first error is the one to report; a leftover that cannot be removed changes nothing.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Whether a written file must outlive a power cut, or only the death of its writer (thirty times cheaper).
#[cfg(feature = "store")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    Power,
    Process,
}

/// [`write_atomic`] for a folder in which no stray file may ever be seen: the temporary file lies in `staging`, a folder
/// of the same file system. A link at `path` is replaced, not followed.
#[cfg(feature = "store")]
pub(crate) fn write_staged(
    staging: &Path,
    path: &Path,
    bytes: &[u8],
    durability: Durability,
) -> Result<()> {
    let fill = |file: &mut File| {
        file.write_all(bytes)?;
        if durability == Durability::Power { file.sync_all() } else { Ok(()) }
    };
    by_way_of(&staging.join(".new"), fill, |temporary| fs::rename(temporary, path))
        .and_then(|()| if durability == Durability::Power { sync_folder(path) } else { Ok(()) })
        .map_err(Error::io("write", path))
}

/// Writes over the beginning of a file, whose end stays; one that is missing, long or no file is replaced by way of
/// `staging`. For readers who can tell whether they have read a whole text, and do so again if not.
#[cfg(feature = "store")]
pub(crate) fn overwrite(
    staging: &Path,
    path: &Path,
    bytes: &[u8],
    durability: Durability,
) -> Result<()> {
    const LONG: u64 = 1 << 16;
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() <= LONG) {
        return write_staged(staging, path, bytes, durability);
    }
    let write = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(bytes)?;
        if durability == Durability::Power { file.sync_data() } else { Ok(()) }
    };
    write().map_err(Error::io("write", path))
}

/// Copies a file of any length, by way of `staging` as [`write_staged`] does.
#[cfg(feature = "store")]
pub(crate) fn copy_staged(
    staging: &Path,
    source: &Path,
    path: &Path,
    durability: Durability,
) -> Result<()> {
    let mut from = File::open(source).map_err(Error::io("read", source))?;
    let fill = |file: &mut File| {
        io::copy(&mut from, file)?;
        if durability == Durability::Power { file.sync_all() } else { Ok(()) }
    };
    by_way_of(&staging.join(".new"), fill, |temporary| fs::rename(temporary, path))
        .and_then(|()| if durability == Durability::Power { sync_folder(path) } else { Ok(()) })
        .map_err(Error::io("write", path))
}

/// Puts a whole new file in place, by way of `staging` as [`write_staged`] does; `false` if there already is one.
#[cfg(feature = "store")]
pub(crate) fn create_staged(
    staging: &Path,
    path: &Path,
    bytes: &[u8],
    durability: Durability,
) -> Result<bool> {
    let place = |temporary: &Path| {
        let linked = match fs::hard_link(temporary, path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            // Not every file system has links. Without them two writers may both win, and the later one stays.
            Err(_) if fs::symlink_metadata(path).is_ok() => false,
            Err(_) => return fs::rename(temporary, path).map(|()| true),
        };
        fs::remove_file(temporary).map(|()| linked)
    };
    let fill = |file: &mut File| {
        file.write_all(bytes)?;
        if durability == Durability::Power { file.sync_all() } else { Ok(()) }
    };
    let placed = by_way_of(&staging.join(".new"), fill, place);
    placed
        .and_then(|placed| {
            if durability == Durability::Power {
                sync_folder(path)?;
            }
            Ok(placed)
        })
        .map_err(Error::io("write", path))
}

/// A whole new temporary file in `staging`, which [`put`] brings into its place.
#[cfg(feature = "store")]
pub(crate) fn stage(staging: &Path, bytes: &[u8], durability: Durability) -> Result<PathBuf> {
    let fill = |file: &mut File| {
        file.write_all(bytes)?;
        if durability == Durability::Power { file.sync_all() } else { Ok(()) }
    };
    by_way_of(&staging.join(".new"), fill, |temporary| Ok(temporary.to_owned()))
        .map_err(Error::io("write", staging))
}

/// Brings a staged file into its place. One that is gone is there already.
#[cfg(feature = "store")]
pub(crate) fn put(staged: &Path, path: &Path) -> Result<()> {
    match fs::rename(staged, path) {
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() =>
        {
            Ok(())
        }
        renamed => renamed.map_err(Error::io("write", path)),
    }
}

/// Removes a file. One that is gone was removed already.
#[cfg(feature = "store")]
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(Error::io("remove", path)),
    }
}

/// Makes what happened in a folder outlive a power cut.
#[cfg(feature = "store")]
pub(crate) fn sync_entries(folder: &Path) -> Result<()> {
    sync_folder(&folder.join("entry")).map_err(Error::io("sync", folder))
}

/// Makes durable whatever lies under `folder`, and its own name.
#[cfg(feature = "store")]
pub(crate) fn sync_tree(folder: &Path) -> Result<()> {
    fn sync(folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
            let entry = entry.map_err(Error::io("list", folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(Error::io("look at", &path))?;
            if kind.is_dir() {
                sync(&path)?;
            } else if kind.is_file() {
                // Windows syncs only what is open for writing.
                let file = OpenOptions::new().read(true).write(cfg!(windows)).open(&path);
                // A temporary file of another thread may be gone by now.
                match file.and_then(|file| file.sync_all()) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    synced => synced.map_err(Error::io("sync", &path))?,
                }
            }
        }
        if cfg!(unix) {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(Error::io("sync", folder))?;
        }
        Ok(())
    }
    sync(folder)?;
    sync_folder(folder).map_err(Error::io("sync", folder))
}

/// Writes a new file where nobody looks yet, such as in a folder that is still to be [published](publish_folder).
#[cfg(feature = "store")]
pub(crate) fn write_unseen(path: &Path, bytes: &[u8], durability: Durability) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        if durability == Durability::Power {
            file.sync_all()?;
            sync_folder(path)?;
        }
        Ok(())
    };
    write().map_err(Error::io("write", path))
}

/// Gives a folder that was built aside its name, with all that is in it. Nothing may have that name.
#[cfg(feature = "store")]
pub(crate) fn publish_folder(built: &Path, path: &Path, durability: Durability) -> Result<()> {
    let publish = || {
        if fs::symlink_metadata(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(built, path)?;
        if durability == Durability::Power { sync_folder(path) } else { Ok(()) }
    };
    publish().map_err(Error::io("create", path))
}

/// Makes a rename in the folder of `path` durable. Where folders cannot be opened (Windows) the system does so itself.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// What time it is to the file system that holds `folder`: that of a file written just now.
///
/// The clock of another machine may be behind it, and times of files may be rounded to two seconds.
#[cfg(feature = "store")]
pub(crate) fn clock(folder: &Path) -> Result<SystemTime> {
    let now = |temporary: &Path| {
        let time = fs::metadata(temporary)?.modified()?;
        fs::remove_file(temporary).map(|()| time)
    };
    by_way_of(&folder.join(".new"), |file| file.write_all(b"?"), now)
        .map_err(Error::io("write in", folder))
}

/// `Err` if there is something else than a file, such as a link out of the store or a pipe, which would be waited for.
#[cfg(feature = "store")]
fn check_regular(path: &Path) -> io::Result<()> {
    // Otherwise opening it will say what is wrong.
    fs::symlink_metadata(path).map_or(Ok(()), |found| check_file(&found))
}

/// `Err` for what could be waited for, such as a pipe.
fn check_file(found: &Metadata) -> io::Result<()> {
    match found.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
    }
}

/// Holds an exclusive lock on a file until dropped; the system releases it when the process dies.
#[cfg(feature = "store")]
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

#[cfg(feature = "store")]
impl Lock {
    /// Waits until no other process and no other `Lock` of this one holds `path`, which is created if missing. A link is not
    /// followed.
    pub(crate) fn acquire(path: &Path) -> Result<Self> {
        check_regular(path).map_err(Error::io("open", path))?;
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let file = open.map_err(Error::io("open", path))?;
        file.lock().map_err(Error::io("lock", path))?;
        Ok(Self { _file: file })
    }
}

/// Creates an empty file unless there is one.
#[cfg(feature = "store")]
pub(crate) fn create_if_missing(path: &Path) -> Result<()> {
    let created = OpenOptions::new().create(true).append(true).open(path);
    created.map(drop).map_err(Error::io("open", path))
}

/// Appends a line, which ends with a line feed, after another line feed if the file ends within a line. The caller holds a
/// lock. A file that is missing is created; a part of the line that was written before the disk was full is taken back.
#[cfg(feature = "store")]
pub(crate) fn append_line(path: &Path, line: &[u8], durability: Durability) -> Result<()> {
    let append = || {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let before = file.metadata()?.len();
        let mut last = [b'\n'];
        if before > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let whole;
        let bytes = if last == [b'\n'] {
            line
        } else {
            whole = [b"\n", line].concat();
            &whole
        };
        // One write, as long as the system takes all of it: who is killed leaves a line or none.
        if let Err(error) = file.write_all(bytes) {
            // The first error is the one to report; what is left is a torn line to the next.
            let _ = file.set_len(before);
            return Err(error);
        }
        if durability == Durability::Power { file.sync_data() } else { Ok(()) }
    };
    append().map_err(Error::io("append to", path))
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

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_kept() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        use std::os::unix::net::UnixListener;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("socket"), folder.path().join("link"));
        let _socket = UnixListener::bind(&path).unwrap();
        symlink(&path, &link).unwrap();
        for path in [&path, &link] {
            let error = write_atomic(path, b"x").unwrap_err();
            let problem = "it is no regular file; give another path";
            assert_eq!(error.to_string(), format!("cannot write {}: {problem}", path.display()));
        }
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
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
        let (missing, dangling) = (folder.path().join("missing"), folder.path().join("dangling"));
        symlink("missing", &dangling).unwrap();
        write_atomic(&dangling, b"first").unwrap();
        assert_eq!(read(&missing).unwrap(), b"first");
        assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_name_left_by_a_killed_process_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let stem = folder.path().join(".model");
        // More names than the other tests of this process use up.
        for n in 0..1_000 {
            let left = folder.path().join(format!(".model.{}-{n}.tmp", process::id()));
            fs::write(left, b"left").unwrap();
        }
        by_way_of(&stem, |file| file.write_all(b"new"), |path| fs::remove_file(path)).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1_000);
    }

    #[cfg(feature = "store")]
    #[test]
    fn a_staged_file_is_whole_and_the_folder_never_sees_another() {
        let folder = tempfile::tempdir().unwrap();
        let (staging, params) = (folder.path(), folder.path().join("params"));
        fs::create_dir(&params).unwrap();
        let path = params.join("x".repeat(255));
        assert!(create_staged(staging, &path, b"one", Durability::Process).unwrap());
        assert!(!create_staged(staging, &path, b"two", Durability::Power).unwrap());
        assert_eq!(read(&path).unwrap(), b"one");
        write_staged(staging, &path, b"three", Durability::Power).unwrap();
        write_staged(staging, &path, b"four", Durability::Process).unwrap();
        assert_eq!(read(&path).unwrap(), b"four");
        let source = folder.path().join("source");
        fs::write(&source, b"five").unwrap();
        copy_staged(staging, &source, &path, Durability::Power).unwrap();
        fs::remove_file(source).unwrap();
        assert_eq!(read(&path).unwrap(), b"five");
        sync_tree(&params).unwrap();
        assert_eq!(fs::read_dir(&params).unwrap().count(), 1);
        assert_eq!(fs::read_dir(staging).unwrap().count(), 1);
    }

    #[cfg(feature = "store")]
    #[test]
    fn a_folder_is_published_whole_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let (built, path) = (folder.path().join("built"), folder.path().join("named"));
        fs::create_dir(&built).unwrap();
        fs::write(built.join("meta"), b"x").unwrap();
        publish_folder(&built, &path, Durability::Power).unwrap();
        assert_eq!(read(&path.join("meta")).unwrap(), b"x");
        fs::create_dir(&built).unwrap();
        let error = publish_folder(&built, &path, Durability::Process).unwrap_err();
        assert!(error.to_string().starts_with("cannot create "), "{error}");
    }

    #[cfg(feature = "store")]
    #[test]
    fn a_file_over_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meta");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_limited(&path, 5).unwrap(), b"12345");
        let error = read_limited(&path, 4).unwrap_err();
        let text = format!("cannot read {}: it is longer than 4 bytes", path.display());
        assert_eq!(error.to_string(), text);
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
