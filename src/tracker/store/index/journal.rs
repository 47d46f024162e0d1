//! Which runs this crate has changed since an index was made, so that a search which trusts the index knows what to look at.
//!
//! `.ressenti.journal` at the store's top only grows. Whoever is about to change a run appends a line first, and another one
//! when it is done; a line is one write, so lines of several processes do not mix:
//!
//! ```text
//! ressenti journal 0123456789abcdef      the number that an index remembers it by
//! + 89abcdef01234567 <experiment>/<run>  writer 89ab… may change the run from now on
//! - 89abcdef01234567                     writer 89ab… has done so
//! ```
//!
//! A run whose writer was killed stays open and is looked at by each search, which costs some microseconds. An index
//! remembers how far it has read. The lines of a run take 120 bytes, next to nothing beside its folder; whoever deletes the
//! file makes the next search check everything, and no more.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::Result;
use crate::fs::{self, Durability};

const FILE: &str = ".ressenti.journal";
const HEADER: &str = "ressenti journal ";
/// The header with its number and its newline.
const HEADER_LENGTH: u64 = HEADER.len() as u64 + 17;
/// Eight million runs.
const LIMIT: u64 = 1 << 30;

/// How far a journal was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// The journal's number; 0 if there is none.
    pub(super) journal: u64,
    pub(super) position: u64,
}

/// A run that somebody may be changing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// 0 if it was changed and nobody has looked since.
    pub(super) writer: u64,
    /// `experiment/run`.
    pub(super) run: String,
}

/// What a journal says that an index does not know.
#[derive(Debug)]
pub(super) struct News {
    pub(super) mark: Mark,
    /// Whether everything since the index is told.
    pub(super) is_whole: bool,
    /// The runs that were changed or may be.
    pub(super) touched: HashSet<String>,
    /// The runs that may still be changed.
    pub(super) open: Vec<Open>,
}

/// Reads on from where an index has read to. Files are to be looked at after this, so that what changes later is news to
/// the next.
pub(super) fn read(root: &Path, known: Mark, open: Vec<Open>) -> News {
    let path = root.join(FILE);
    let mut news = News {
        mark: Mark::default(),
        is_whole: known.journal == 0,
        touched: open.iter().map(|open| open.run.clone()).collect(),
        open: open.into_iter().filter(|open| open.writer != 0).collect(),
    };
    let Some((journal, length)) = header(&path) else { return news };
    let start = if journal == known.journal && (HEADER_LENGTH..=length).contains(&known.position) {
        news.is_whole = true;
        known.position
    } else {
        news.is_whole = false;
        HEADER_LENGTH
    };
    if length - start > LIMIT {
        news.is_whole = false;
        return news;
    }
    let bytes = if length == start {
        Vec::new()
    } else {
        let Ok((bytes, _)) = fs::read_part(&path, start, length - start) else {
            news.is_whole = false;
            return news;
        };
        bytes
    };
    // A line that is just being written is left to the next.
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    news.mark = Mark { journal, position: start + whole as u64 };
    for line in bytes[..whole].split_inclusive(|&byte| byte == b'\n') {
        if news.take(line).is_none() {
            news.is_whole = false;
        }
    }
    news
}

fn header(path: &Path) -> Option<(u64, u64)> {
    let (bytes, length) = fs::read_part(path, 0, HEADER_LENGTH).ok()?;
    let text = str::from_utf8(&bytes).ok()?;
    let number = text.strip_prefix(HEADER)?.strip_suffix('\n')?;
    Some((u64::from_str_radix(number, 16).ok().filter(|&number| number != 0)?, length))
}

impl News {
    fn take(&mut self, line: &[u8]) -> Option<()> {
        let line = str::from_utf8(line).ok()?.strip_suffix('\n')?;
        let (sign, rest) = line.split_at_checked(2)?;
        let (writer, run) = rest.split_at_checked(16)?;
        let writer = u64::from_str_radix(writer, 16).ok().filter(|&writer| writer != 0)?;
        match sign {
            "+ " => {
                let run = run.strip_prefix(' ').filter(|run| run.contains('/'))?.to_owned();
                self.touched.insert(run.clone());
                self.open.push(Open { writer, run });
            }
            "- " if run.is_empty() => self.open.retain(|open| open.writer != writer),
            _ => return None,
        }
        Some(())
    }
}

/// Held by whoever changes the files of a run, from before the first change until after the last.
#[derive(Debug)]
pub(in crate::tracker::store) struct Touch {
    journal: PathBuf,
    writer: u64,
}

impl Touch {
    /// Notes that a run is about to be changed. An error means that it must not be.
    pub(in crate::tracker::store) fn new(
        root: &Path,
        experiment_id: &str,
        run_id: &str,
    ) -> Result<Self> {
        let (writer, journal) = (number(), root.join(FILE));
        let line = format!("+ {writer:016x} {experiment_id}/{run_id}\n");
        while !fs::append(&journal, line.as_bytes(), Durability::Process)? {
            let first = format!("{HEADER}{:016x}\n{line}", number());
            if fs::create_staged(root, &journal, first.as_bytes(), Durability::Process)? {
                break;
            }
        }
        Ok(Self { journal, writer })
    }
}

impl Drop for Touch {
    fn drop(&mut self) {
        // Without this line the run stays open, and is looked at once more than it needs.
        let line = format!("- {:016x}\n", self.writer);
        let _ = fs::append(&self.journal, line.as_bytes(), Durability::Process);
    }
}

fn number() -> u64 {
    Uuid::new_v4().as_u64_pair().0.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(news: &News) -> Vec<&str> {
        let mut keys: Vec<&str> = news.touched.iter().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn what_was_touched_since_is_told_once_and_what_is_open_always() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let none = read(root, Mark::default(), Vec::new());
        assert!(none.is_whole && none.touched.is_empty());

        let (one, two) = (Touch::new(root, "1", "a").unwrap(), Touch::new(root, "1", "b").unwrap());
        drop(one);
        let news = read(root, none.mark, none.open);
        assert!(!news.is_whole, "an index that knew no journal may be older than it");
        assert_eq!(keys(&news), ["1/a", "1/b"]);
        assert_eq!(news.open.len(), 1);

        let again = read(root, news.mark, news.open);
        assert!(again.is_whole);
        assert_eq!(keys(&again), ["1/b"]);
        drop(two);
        let closed = read(root, again.mark, again.open);
        assert_eq!((keys(&closed), closed.open.len()), (vec!["1/b"], 0));
        assert_eq!(keys(&read(root, closed.mark, closed.open)), Vec::<&str>::new());
    }

    #[test]
    fn a_journal_that_is_another_or_damaged_proves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        drop(Touch::new(root, "1", "a").unwrap());
        let news = read(root, Mark::default(), Vec::new());
        let path = root.join(FILE);
        let bytes = std::fs::read(&path).unwrap();
        for end in 0..bytes.len() {
            std::fs::write(&path, &bytes[..end]).unwrap();
            assert!(!read(root, news.mark, Vec::new()).is_whole, "{end}");
        }
        for damaged in [
            &b"+ 1\n"[..],
            b"- 00000000000000zz\n",
            b"\n",
            b"+ 0000000000000001 a\n",
            b"\xff\n",
            b"+ 0000000000000001- 0000000000000002\n",
        ] {
            std::fs::write(&path, [&bytes, damaged].concat()).unwrap();
            assert!(!read(root, news.mark, Vec::new()).is_whole, "{damaged:?}");
        }
        std::fs::write(&path, [&bytes, &b"+ 00"[..]].concat()).unwrap();
        assert!(read(root, news.mark, Vec::new()).is_whole);
        std::fs::remove_file(&path).unwrap();
        assert!(!read(root, news.mark, Vec::new()).is_whole);
    }
}
