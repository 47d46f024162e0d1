//! Files that grow by whole lines, written by several handles, threads and processes at once and without a lock.
//!
//! Lines come in, each call's by one write to a file that is open for appending: no two writes mix. What a killed writer or
//! an editor left open at the end is closed before the next line, or blanked where it cannot be a line. What the lines say
//! is not known here.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Durability, check_regular};
use crate::error::{Error, Result};

/// Linux looks whether a writer was killed only where a page of the file ends, and all its pages are multiples of this. So a
/// line without an end there was cut, and what is left of it may look whole; elsewhere the last line may lack its newline.
pub(crate) const PAGE: u64 = 4096;
/// Bytes of the longest line that is blanked.
const LINE: u64 = PAGE;

/// Appends `bytes` with one write, so that lines of concurrent writers do not mix; `false` if there is no such file.
///
/// A file is never created here, since it would be empty for a moment, and a link is not followed. If the disk is full, a part
/// that was written is taken back.
pub(crate) fn append(path: &Path, bytes: &[u8], durability: Durability) -> Result<bool> {
    let append = || {
        check_regular(path)?;
        let Some(file) = open(OpenOptions::new().append(true), path)? else { return Ok(false) };
        write_whole(&file, bytes)?;
        if durability == Durability::Power {
            file.sync_data()?;
        }
        Ok(true)
    };
    append().map_err(Error::io("append to", path))
}

fn open(options: &OpenOptions, path: &Path) -> io::Result<Option<File>> {
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// One write to a file that is open for appending, all of it or nothing.
fn write_whole(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    let written = loop {
        match file.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => break result?,
        }
    };
    if written < bytes.len() {
        let end = file.stream_position()?;
        // Where another writer has come after it, it must stay.
        if file.metadata()?.len() == end {
            file.set_len(end - written as u64)?;
        }
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

/// A file of lines that is kept open, for as long as its path names it.
#[derive(Debug)]
pub(crate) struct Lines {
    file: File,
    id: Id,
    /// How long the file was after the last write of this handle: as long as it is no longer, nobody else has written.
    end: Mutex<u64>,
}

impl Lines {
    /// Opens a file that is there; nothing if there is none.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>> {
        let opened = || {
            let Some(file) = open(OpenOptions::new().read(true).append(true), path)? else {
                return Ok(None);
            };
            let id = Id::of(&file.metadata()?);
            // The first call looks what the file ends with.
            Ok(Some(Self { file, id, end: Mutex::new(u64::MAX) }))
        };
        opened().map_err(Error::io("append to", path))
    }

    /// Appends lines, as [`append`] does, after an open one as if that had been closed. `false` if `path` names another file
    /// by now, or none: one that was removed or moved takes no more lines.
    pub(crate) fn append(&self, path: &Path, lines: &[u8], durability: Durability) -> Result<bool> {
        let append = || {
            let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
            let found = match fs::symlink_metadata(path) {
                Ok(found) if Id::of(&found) == self.id => found,
                Ok(_) => return Ok(false),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) =>
                {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            };
            if found.len() == *end || !self.is_open_at(found.len())? {
                write_whole(&self.file, lines)?;
                *end = found.len() + lines.len() as u64;
            } else {
                // Whatever happens, the next call looks again.
                *end = u64::MAX;
                self.append_after_open_line(path, lines)?;
            }
            drop(end);
            if durability == Durability::Power {
                self.file.sync_data()?;
            }
            Ok(true)
        };
        append().map_err(Error::io("append to", path))
    }

    /// Whether the first `length` bytes end within a line.
    fn is_open_at(&self, length: u64) -> io::Result<bool> {
        let mut last = [b'\n'];
        if length > 0 {
            self.read_at(length - 1, &mut last)?;
        }
        Ok(last != *b"\n")
    }

    /// The place to read at is this handle's alone, and to write at is always the end.
    fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(bytes)
    }

    /// How long the file is, if it ends within a line and stays so: while somebody writes, a part of it can be seen.
    fn stays_open(&self) -> io::Result<Option<u64>> {
        let mut attempts = 3;
        loop {
            let length = self.file.metadata()?.len();
            if !self.is_open_at(length)? {
                return Ok(None);
            }
            if attempts == 0 {
                return Ok(Some(length));
            }
            attempts -= 1;
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Appends lines where the last one seems to be open.
    ///
    /// What is seen while another process writes proves nothing; but writes wait for each other, so where these lines come
    /// to lie tells whether the other one had ended.
    fn append_after_open_line(&self, path: &Path, lines: &[u8]) -> io::Result<()> {
        let Some(length) = self.stays_open()? else { return write_whole(&self.file, lines) };
        let is_cut = length.is_multiple_of(PAGE);
        // Until it is blanked, what was cut must not look whole.
        let close: &[u8] = if is_cut { b"?\n" } else { b"\n" };
        let bytes = [close, lines].concat();
        write_whole(&self.file, &bytes)?;
        let start = (&self.file).stream_position()? - bytes.len() as u64;
        let after = start + close.len() as u64;
        if start > length && !self.is_open_at(start)? {
            // The line was ended meanwhile: blanks before the next one are nothing to any reader.
            self.blank(path, start, after)
        } else if start == length
            && is_cut
            && let Some(newline) = self.newline_before(length)?
        {
            // The line before gets blanks instead of its newline, and the newline after the mark.
            self.blank(path, newline, after - 1)
        } else {
            Ok(())
        }
    }

    /// Where the last newline before a place is, unless it is far.
    fn newline_before(&self, end: u64) -> io::Result<Option<u64>> {
        let start = end.saturating_sub(LINE);
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or_default()];
        self.read_at(start, &mut bytes)?;
        Ok(bytes.iter().rposition(|&byte| byte == b'\n').map(|at| start + at as u64))
    }

    /// Writes blanks over bytes that nobody else writes any more.
    fn blank(&self, path: &Path, start: u64, end: u64) -> io::Result<()> {
        // A handle for appending would append them.
        let Some(mut file) = open(OpenOptions::new().write(true), path)? else { return Ok(()) };
        if Id::of(&file.metadata()?) != self.id {
            return Ok(());
        }
        file.seek(SeekFrom::Start(start))?;
        file.write_all(&vec![b' '; usize::try_from(end - start).unwrap_or_default()])
    }
}

/// What tells files apart, whatever they are called. Elsewhere than on Unix all are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Id(u64, u64);

impl Id {
    #[cfg(unix)]
    fn of(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(found.dev(), found.ino())
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self(0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(lines: &Lines, path: &Path, text: &str) -> bool {
        lines.append(path, text.as_bytes(), Durability::Process).unwrap()
    }

    #[test]
    fn append_adds_to_what_is_there_and_creates_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metric");
        assert!(!append(&path, b"1\n", Durability::Power).unwrap());
        assert!(Lines::open(&path).unwrap().is_none());
        assert!(!path.exists());
        fs::write(&path, b"0\n").unwrap();
        assert!(append(&path, b"1\n", Durability::Process).unwrap());
        assert!(append(&path, b"2\n", Durability::Power).unwrap());
        let lines = Lines::open(&path).unwrap().unwrap();
        assert!(lines.append(&path, b"3\n", Durability::Power).unwrap());
        assert!(add(&lines, &path, "4\n"));
        assert_eq!(fs::read(&path).unwrap(), b"0\n1\n2\n3\n4\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_not_at_its_path_takes_no_more_lines() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("metric"), folder.path().join("other"));
        fs::write(&path, b"0\n").unwrap();
        let lines = Lines::open(&path).unwrap().unwrap();
        assert!(add(&lines, &path, "1\n"));
        fs::rename(&path, &other).unwrap();
        assert!(!add(&lines, &path, "2\n"));
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(!add(&lines, &path, "2\n"));
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"0\n1\n").unwrap();
        assert!(!add(&lines, &path, "2\n"));
        assert!(!add(&lines, &path.join("below"), "2\n"));
        assert_eq!(fs::read(&other).unwrap(), b"0\n1\n");
        fs::rename(&other, &path).unwrap();
        assert!(add(&lines, &path, "2\n"));
        assert_eq!(fs::read(&path).unwrap(), b"0\n1\n2\n");
    }

    #[test]
    fn an_open_line_is_closed_by_each_handle_at_any_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metric");
        fs::write(&path, b"0").unwrap();
        let lines = Lines::open(&path).unwrap().unwrap();
        assert!(add(&lines, &path, "1\n"));
        // Another writer is killed while this handle is open.
        assert!(append(&path, b"2", Durability::Process).unwrap());
        assert!(add(&lines, &path, "3\n"));
        assert_eq!(fs::read(&path).unwrap(), b"0\n1\n2\n3\n");
    }

    #[test]
    fn a_line_that_was_cut_where_a_page_ends_is_blanked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metric");
        for pages in [1, 2] {
            let lines: Vec<String> =
                (0..500).map(|i| format!("1700000000000 0.125 {i:04}\n")).collect();
            let whole = lines.concat();
            let cut = &whole[..pages * 4096];
            let kept = cut.rfind('\n').unwrap();
            assert!(kept + 1 < cut.len());
            fs::write(&path, cut).unwrap();
            let lines = Lines::open(&path).unwrap().unwrap();
            assert!(add(&lines, &path, "1 2 3\n"));
            assert!(add(&lines, &path, "4 5 6\n"));
            let text = fs::read_to_string(&path).unwrap();
            let blanks = " ".repeat(cut.len() - kept + 1);
            assert_eq!(text, format!("{}{blanks}\n1 2 3\n4 5 6\n", &cut[..kept]));
        }
    }

    #[test]
    fn a_page_without_a_newline_is_marked_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metric");
        let page = "1".repeat(4096);
        fs::write(&path, &page).unwrap();
        let lines = Lines::open(&path).unwrap().unwrap();
        assert!(add(&lines, &path, "1 2 3\n"));
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{page}?\n1 2 3\n"));
    }

    #[test]
    fn lines_of_many_handles_after_a_cut_one_are_whole() {
        const HANDLES: usize = 8;
        const EACH: usize = 50;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metric");
        for open in [4096, 4000] {
            let before = "1 2 3\n".repeat(700);
            fs::write(&path, &before[..open]).unwrap();
            thread::scope(|scope| {
                for handle in 0..HANDLES {
                    let path = &path;
                    scope.spawn(move || {
                        let lines = Lines::open(path).unwrap().unwrap();
                        for i in 0..EACH {
                            assert!(add(&lines, path, &format!("7 {handle} {i}\n")));
                        }
                    });
                }
            });
            let text = fs::read_to_string(&path).unwrap();
            let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
            lines.retain(|line| *line != "1 2 3");
            let mut expected: Vec<String> = (0..HANDLES)
                .flat_map(|handle| (0..EACH).map(move |i| format!("7 {handle} {i}")))
                .collect();
            // Only elsewhere than at the end of a page may the last line be one without its newline.
            expected.extend((open == 4000).then(|| before[3996..4000].trim().to_owned()));
            lines.sort_unstable();
            expected.sort_unstable();
            assert_eq!(lines, expected);
            assert!(text.lines().all(|line| !line.trim().is_empty()), "no line is blank");
        }
    }
}
