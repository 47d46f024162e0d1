//! Several files that change as one, for readers who take no lock.
//!
//! A writer holds the registry's lock, stages every new file beside its place, says in one file at the store's top (the
//! intent) which are to be put where, does so, and marks the intent as done. Each intent has the next number. A reader
//! takes the intent's word over what is on disk, and reads again if the number has changed meanwhile: it sees all of a
//! change or nothing. What a killed writer left, the next one completes. What the files hold is not known here.
//!
//! To make a file and put it in place of another takes some ten times as long as to write into the one that is there. So a
//! text that differs from that of its file in a few bytes at its head, or is longer at its end, is in the intent itself and
//! is then written in place. Readers of this crate take it from the intent; those of MLflow find the old bytes or the new
//! ones, for the bytes at a head are such that each line of a processor's cache is right beside the others, old or new.
//!
//! The intent is written over the one before, which is done: to put a new file over an old one takes many times as long. Its
//! checksum tells a reader who comes in between to look again, and the next writer that one was cut off before it said
//! anything. What longer ones left behind it means nothing.
//!
//! ```text
//! <store>/.ressenti.registry.lock     held by who writes
//!         .ressenti.intent            "ressenti intent 2", checksum and length of the rest, number, "pending" or "done", then
//!                                     for each change "put", staged file, its place or "write", file, from which byte on,
//!                                     text or "remove", file, "-"; last "end"; each behind a NUL
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;

use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Durability, Lock};
use crate::tracker::store::paths::{Looked, files, place};
use crate::tracker::store::yaml;

const LOCK_FILE: &str = ".ressenti.registry.lock";
const INTENT_FILE: &str = ".ressenti.intent";
const HEAD: &str = "ressenti intent 2\0";
/// The head, and sixteen hexadecimal digits with a NUL between and behind.
const HEAD_LENGTH: usize = HEAD.len() + 18;
/// Bytes of an intent: some ten thousand changes.
const INTENT_LIMIT: u64 = 16 << 20;
/// Bytes of any other file of the registry that is read whole.
const SIZE_LIMIT: u64 = 64 << 20;
/// How often a reader tries to see one state before it keeps writers out.
const ATTEMPTS: u32 = 50;
/// What errors call the files here.
const WHAT: &str = "registry file";

/// Paths are relative to the store, their parts separated by `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Put { path: String, bytes: Vec<u8>, place: Place },
    Remove { path: String },
}

/// Where a new text probably differs from the file that is there. What it says is looked at before it is relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In so many bytes at its head. A reader may find any line of a processor's cache old or new there.
    Head(usize),
    /// Behind so many bytes, which are the file as it is. Nobody reads it but this crate.
    End(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Put {
        staged: String,
        path: String,
    },
    /// In place; what was before `at` stays.
    Write {
        path: String,
        at: usize,
        text: String,
    },
    Remove {
        path: String,
    },
}

impl Step {
    /// The step that makes a change, with its new file staged if it needs one.
    fn prepare(
        root: &Path,
        looked: &Looked,
        staging: &str,
        change: Change,
        durability: Durability,
        staged_files: &mut Vec<PathBuf>,
    ) -> Result<Self> {
        let (path, bytes, there) = match change {
            Change::Put { path, bytes, place } => (path, bytes, place),
            Change::Remove { path } => return Ok(Self::Remove { path }),
        };
        if let Some(file) = looked.find(root, WHAT, &path)? {
            if let Some(step) = Self::in_place(&file, &path, &bytes, there) {
                return Ok(step);
            }
        } else {
            place(root, WHAT, &path)?;
        }
        let file = fs::stage(&root.join(staging), &bytes, durability)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        staged_files.push(file);
        Ok(Self::Put { staged: format!("{staging}/{name}"), path })
    }

    /// What writes a text into the file that is there, if that can be done.
    fn in_place(file: &Path, path: &str, bytes: &[u8], place: Place) -> Option<Self> {
        let at = match place {
            Place::Head(head) => fs::differs_in_head(file, bytes, head).then_some(0)?,
            Place::End(at) => {
                let length = bytes.len().checked_sub(at)? as u64;
                fs::has_room_at(file, at as u64, length).then_some(at)?
            }
        };
        let text = str::from_utf8(&bytes[at..]).ok().filter(|text| !text.contains('\0'))?;
        Some(Self::Write { path: path.to_owned(), at, text: text.to_owned() })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Intent {
    number: u64,
    /// None, once they are done.
    steps: Vec<Step>,
}

impl Intent {
    /// The intent on record; `None` if one is just being written, or was cut off while it was.
    fn read(root: &Path) -> Result<Option<Self>> {
        let path = root.join(INTENT_FILE);
        let bytes = match fs::read_limited(&path, INTENT_LIMIT) {
            Err(Error::Io { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some(Self::default()));
            }
            bytes => bytes?,
        };
        let malformed = || {
            let problem = "it is no intent of this crate; remove it, and look at which versions are in which stage";
            TrackingError::Malformed { path, problem: problem.to_owned() }.into()
        };
        if !bytes.starts_with(HEAD.as_bytes()) {
            return Err(malformed());
        }
        let Some(body) = body(&bytes) else { return Ok(None) };
        Self::parse(body).map(Some).ok_or_else(malformed)
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let mut parts = str::from_utf8(body).ok()?.split('\0');
        let number = parts.next()?.parse().ok()?;
        let is_done = match parts.next()? {
            "done" => true,
            "pending" => false,
            _ => return None,
        };
        let mut steps = Vec::new();
        loop {
            match parts.next()? {
                "end" => break,
                "put" => {
                    let (staged, path) = (inside(parts.next()?)?, inside(parts.next()?)?);
                    steps.push(Step::Put { staged, path });
                }
                "write" => {
                    let (path, at) = (inside(parts.next()?)?, parts.next()?.parse().ok()?);
                    steps.push(Step::Write { path, at, text: parts.next()?.to_owned() });
                }
                "remove" => {
                    let path = inside(parts.next()?)?;
                    parts.next()?;
                    steps.push(Step::Remove { path });
                }
                _ => return None,
            }
        }
        (parts.next().is_none() && (!is_done || steps.is_empty())).then_some(Self { number, steps })
    }

    fn to_text(&self) -> String {
        let mut body = self.number.to_string();
        body.push_str(if self.steps.is_empty() { "\0done" } else { "\0pending" });
        for step in &self.steps {
            // Writing to a String cannot fail.
            let _ = match step {
                Step::Put { staged, path } => write!(body, "\0put\0{staged}\0{path}"),
                Step::Write { path, at, text } => write!(body, "\0write\0{path}\0{at}\0{text}"),
                Step::Remove { path } => write!(body, "\0remove\0{path}\0-"),
            };
        }
        body.push_str("\0end");
        format!("{HEAD}{:08x}\0{:08x}\0{body}", crc32fast::hash(body.as_bytes()), body.len())
    }

    fn write(&self, root: &Path, durability: Durability) -> Result<()> {
        fs::overwrite(root, &root.join(INTENT_FILE), self.to_text().as_bytes(), durability)
    }

    /// Does what is not done yet.
    fn complete(&self, root: &Path, looked: &Looked, durability: Durability) -> Result<()> {
        let mut changed = BTreeSet::new();
        let find = |path: &str| looked.find(root, WHAT, path);
        let found_or_placed = |path: &str| find(path)?.map_or_else(|| place(root, WHAT, path), Ok);
        for step in &self.steps {
            match step {
                Step::Put { staged, path } => {
                    let path = found_or_placed(path)?;
                    if let Some(staged) = find(staged)? {
                        fs::put(&staged, &path)?;
                    }
                    changed.extend(path.parent().map(Path::to_owned));
                }
                Step::Write { path, at, text } => {
                    let (staging, path) = (staging_of(root, path), found_or_placed(path)?);
                    fs::write_from(&staging, &path, *at as u64, text.as_bytes(), durability)?;
                }
                Step::Remove { path } => {
                    if let Some(path) = find(path)? {
                        fs::remove(&path)?;
                        changed.extend(path.parent().map(Path::to_owned));
                    }
                }
            }
        }
        if durability == Durability::Power {
            changed.iter().try_for_each(|folder| fs::sync_entries(folder))?;
        }
        Ok(())
    }
}

/// What stands behind the head of an intent, if all of it is there.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let numbers = str::from_utf8(bytes.get(HEAD.len()..HEAD_LENGTH)?).ok()?;
    let (checksum, length) = numbers.strip_suffix('\0')?.split_once('\0')?;
    let number = |digits| u32::from_str_radix(digits, 16).ok();
    let (checksum, length) = (number(checksum)?, number(length)?);
    let body = bytes[HEAD_LENGTH..].get(..usize::try_from(length).ok()?)?;
    (crc32fast::hash(body) == checksum).then_some(body)
}

/// The number of the intent after one. That one's may have been lost, so it is the time unless that goes back.
fn number_after(number: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(0).max(number.saturating_add(1))
}

/// The path, if it stays inside the registry's folder.
fn inside(path: &str) -> Option<String> {
    let is_inside = path.strip_prefix(super::MODELS).is_some_and(|rest| rest.starts_with('/'))
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    is_inside.then(|| path.to_owned())
}

/// The folder of the model that a file belongs to, where a stray file does no harm.
fn staging_of(root: &Path, path: &str) -> PathBuf {
    let parts: Vec<&str> = path.split('/').take(2).collect();
    root.join(parts.join("/"))
}

/// The registry's files as one state: what an intent says over what is on disk.
pub(super) struct View<'r> {
    root: &'r Path,
    number: u64,
    looked: Looked,
    /// By path.
    pending: BTreeMap<String, Pending>,
}

/// What becomes of a file.
enum Pending {
    Staged(String),
    /// What is behind the first bytes of the file that is there.
    Text(usize, String),
    Removed,
}

impl<'r> View<'r> {
    /// `None` while the intent is being written.
    fn open(root: &'r Path) -> Option<Self> {
        // A damaged intent must not keep anybody from reading; who writes is told.
        let intent = Intent::read(root).unwrap_or_else(|_| Some(Intent::default()))?;
        let pending = intent.steps.into_iter().map(|step| match step {
            Step::Put { staged, path } => (path, Pending::Staged(staged)),
            Step::Write { path, at, text } => (path, Pending::Text(at, text)),
            Step::Remove { path } => (path, Pending::Removed),
        });
        let looked = Looked::default();
        Some(Self { root, number: intent.number, looked, pending: pending.collect() })
    }

    /// The files as they are, where nothing is under way.
    fn settled(root: &'r Path, number: u64) -> Self {
        Self { root, number, looked: Looked::default(), pending: BTreeMap::new() }
    }

    pub(super) fn root(&self) -> &'r Path {
        self.root
    }

    /// The bytes of a file; nothing if there is none.
    pub(super) fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.pending.get(path) {
            Some(Pending::Removed) => return Ok(None),
            Some(Pending::Staged(staged)) => {
                // Once it is gone it is in its place.
                if let Some(bytes) = self.bytes_on_disk(staged)? {
                    return Ok(Some(bytes));
                }
            }
            Some(Pending::Text(at, text)) => {
                let kept = if *at == 0 { None } else { self.bytes_on_disk(path)? };
                let mut bytes = kept.unwrap_or_default();
                bytes.truncate(*at);
                bytes.extend_from_slice(text.as_bytes());
                return Ok(Some(bytes));
            }
            None => {}
        }
        self.bytes_on_disk(path)
    }

    fn bytes_on_disk(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(path) = self.looked.find(self.root, WHAT, path)? else { return Ok(None) };
        match fs::read_limited(&path, SIZE_LIMIT) {
            // Put in its place, or deleted, since it was looked for.
            Err(Error::Io { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            bytes => bytes.map(Some),
        }
    }

    /// The value of a YAML file; nothing if there is none. MLflow rewrites its files in place, so one that cannot be read is
    /// tried again before it is an error.
    pub(super) fn yaml<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let mut attempts = 3;
        loop {
            let Some(bytes) = self.bytes(path)? else { return Ok(None) };
            attempts -= 1;
            match yaml::read(&bytes) {
                Ok(value) => return Ok(Some(value)),
                Err(problem) if attempts == 0 => {
                    return Err(
                        TrackingError::Malformed { path: self.root.join(path), problem }.into()
                    );
                }
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// The names of the files directly in a folder.
    pub(super) fn names(&self, folder: &str) -> Result<BTreeSet<String>> {
        let found = files(&self.root.join(folder))?;
        let mut names: BTreeSet<String> = found.into_iter().map(|(name, _)| name).collect();
        for (path, pending) in &self.pending {
            let Some(name) = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            match pending {
                Pending::Staged(_) | Pending::Text(..) => names.insert(name.to_owned()),
                Pending::Removed => names.remove(name),
            };
        }
        names.retain(|name| !name.contains('/'));
        Ok(names)
    }
}

/// What `read` makes of one state of the registry, whoever writes meanwhile.
pub(super) fn read<T>(root: &Path, read: impl Fn(&View<'_>) -> Result<T>) -> Result<T> {
    for _ in 0..ATTEMPTS {
        if let Some(view) = View::open(root) {
            let result = read(&view);
            if View::open(root).is_some_and(|after| after.number == view.number) {
                return result;
            }
        }
        thread::yield_now();
    }
    // Many changes in a row: let those who write wait for once. Where no lock can be had nobody writes.
    let _lock = Lock::acquire(&root.join(LOCK_FILE));
    read(&View::open(root).unwrap_or_else(|| View::settled(root, 0)))
}

/// Whether a writer was killed in the middle of a change, or is there now.
pub(super) fn is_pending(root: &Path) -> bool {
    Intent::read(root).is_ok_and(|intent| intent.is_none_or(|intent| !intent.steps.is_empty()))
}

/// The right to change the registry, held by one at a time.
pub(super) struct Writing<'r> {
    view: View<'r>,
    durability: Durability,
    _lock: Lock,
}

impl<'r> Writing<'r> {
    /// Waits for its turn, and completes what a killed writer left.
    pub(super) fn begin(root: &'r Path, durability: Durability) -> Result<Self> {
        let lock = Lock::acquire(&root.join(LOCK_FILE))?;
        let intent = Intent::read(root)?;
        let number = intent.as_ref().map_or(0, |intent| intent.number);
        if intent.as_ref().is_none_or(|intent| !intent.steps.is_empty()) {
            // Of one that was cut off no step was begun.
            intent.unwrap_or_default().complete(root, &Looked::default(), durability)?;
            Intent { number: number_after(number), steps: Vec::new() }.write(root, durability)?;
        }
        Ok(Self { view: View::settled(root, number), durability, _lock: lock })
    }

    pub(super) fn view(&self) -> &View<'r> {
        &self.view
    }

    pub(super) fn durability(&self) -> Durability {
        self.durability
    }

    /// Makes all changes or, on an error before they are on record, none. New files are staged in `staging`, a folder of the
    /// registry where a stray file does no harm.
    ///
    /// After an error of which the record was written, readers see the change and the next writer completes it.
    pub(super) fn commit(&mut self, staging: &str, changes: Vec<Change>) -> Result<()> {
        let (root, looked) = (self.view.root, &self.view.looked);
        let mut steps = Vec::with_capacity(changes.len());
        let mut staged_files = Vec::new();
        let number = number_after(self.view.number);
        let staged = changes.into_iter().try_for_each(|change| {
            let durability = self.durability;
            let step = Step::prepare(root, looked, staging, change, durability, &mut staged_files)?;
            steps.push(step);
            Ok(())
        });
        let intent = Intent { number, steps };
        // One file that is put in place, or removed, changes as one by itself.
        let is_one = matches!(&intent.steps[..], [] | [Step::Put { .. } | Step::Remove { .. }]);
        let recorded =
            staged.and_then(|()| if is_one { Ok(()) } else { intent.write(root, self.durability) });
        if recorded.is_err() {
            // The first error is the one to report. What is on record of it, if anything, goes before what it names.
            if !is_one {
                let _ = Intent { number, steps: Vec::new() }.write(root, self.durability);
            }
            for file in staged_files {
                let _ = std::fs::remove_file(file);
            }
            return recorded;
        }
        let completed = intent.complete(root, looked, self.durability);
        if is_one {
            return completed;
        }
        self.view.number = number;
        completed?;
        // Not to be able to say that it is done changes nothing: it is, and will be said by the next writer.
        let _ = Intent { number, steps: Vec::new() }.write(root, self.durability);
        Ok(())
    }

    /// Makes readers that have begun read again: for a change in one step that a reader could see half of.
    pub(super) fn touch(&mut self) -> Result<()> {
        self.view.number = number_after(self.view.number);
        Intent { number: self.view.number, steps: Vec::new() }
            .write(self.view.root, self.durability)
    }
}

/// A folder of the registry, made if there is none. A link on the way is refused.
pub(super) fn folder(root: &Path, path: &str) -> Result<PathBuf> {
    place(root, WHAT, &format!("{path}/.new"))?;
    Ok(root.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &str, text: &str) -> Change {
        let (path, bytes) = (path.to_owned(), text.as_bytes().to_vec());
        Change::Put { path, place: Place::Head(bytes.len()), bytes }
    }

    fn root() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("models/m/aliases")).unwrap();
        folder
    }

    fn seen(root: &Path) -> [Option<String>; 4] {
        read(root, |view| {
            let text = |path: &str| {
                let bytes = view.bytes(&format!("models/m/{path}"));
                bytes.map(|bytes| bytes.map(|b| String::from_utf8(b).unwrap()))
            };
            Ok([text("a")?, text("b")?, text("aliases/c")?, text("d")?])
        })
        .unwrap()
    }

    fn strings(texts: [&str; 4]) -> [Option<String>; 4] {
        texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    #[test]
    fn an_intent_reads_back_equal_and_others_do_not_read() {
        let intent = Intent {
            number: 7,
            steps: vec![
                Step::Put {
                    staged: "models/a\nb/.new.1-1.tmp".into(),
                    path: "models/a\nb/x".into(),
                },
                Step::Write { path: "models/a/x".into(), at: 12, text: "é\n\"\n".into() },
                Step::Remove { path: "models/a\nb/aliases/é".into() },
            ],
        };
        let there_and_back = |intent: &Intent, after: &str| {
            let text = intent.to_text() + after;
            assert_eq!(Intent::parse(body(text.as_bytes()).unwrap()).as_ref(), Some(intent));
        };
        there_and_back(&intent, "");
        there_and_back(&Intent { number: 8, steps: Vec::new() }, &intent.to_text()[30..]);
        let text = intent.to_text();
        for end in 0..text.len() {
            assert_eq!(body(&text.as_bytes()[..end]), None, "{end}");
        }
        // One that was written over another as far as a page goes.
        let steps = std::iter::repeat_n(intent.steps.clone(), 100).flatten().collect();
        let longer = Intent { number: 9, steps }.to_text();
        let cut = [&longer.as_bytes()[..4096], &text.repeat(100).as_bytes()[4096..]].concat();
        assert_eq!(body(&cut), None);
        let whole = String::from_utf8(body(text.as_bytes()).unwrap().to_vec()).unwrap();
        for (from, to) in [
            ("models/a\nb/x", "models/../x"),
            ("models/a\nb/x", "/etc/passwd"),
            ("models/a\nb/x", "models"),
            ("models/a\nb/x", "modelsx/a"),
            ("models/a\nb/x", "models//x"),
            ("pending", "done"),
            ("put", "copy"),
            ("models/a/x", "models/a/../x"),
            ("\x0012\0", "\0-1\0"),
        ] {
            assert_eq!(Intent::parse(whole.replace(from, to).as_bytes()), None, "{to}");
        }
    }

    #[test]
    fn one_that_was_cut_off_while_it_was_written_has_changed_nothing() {
        let folder = root();
        let root = folder.path();
        let mut writing = Writing::begin(root, Durability::Process).unwrap();
        writing.commit("models/m", vec![put("models/m/a", "1"), put("models/m/b", "1")]).unwrap();
        drop(writing);
        let (before, number) = (seen(root), Intent::read(root).unwrap().unwrap().number);
        let steps = vec![Step::Remove { path: "models/m/a".to_owned() }; 400];
        let text = Intent { number: number + 1, steps }.to_text();
        std::fs::write(root.join(INTENT_FILE), &text.as_bytes()[..4096]).unwrap();
        assert_eq!(seen(root), before);
        assert!(is_pending(root));
        drop(Writing::begin(root, Durability::Process).unwrap());
        assert!(!is_pending(root));
        assert!(Intent::read(root).unwrap().unwrap().number > number);
        assert_eq!(seen(root), before);
    }

    /// One file that is new, one that changes at its head, one that grows and one that goes.
    fn changes() -> Vec<Change> {
        vec![
            put("models/m/a", "1"),
            put("models/m/b", "1"),
            Change::Put {
                path: "models/m/d".to_owned(),
                bytes: b"0\n1\n".to_vec(),
                place: Place::End(2),
            },
            Change::Remove { path: "models/m/aliases/c".to_owned() },
        ]
    }

    fn before_changes() -> tempfile::TempDir {
        let folder = root();
        for (path, text) in [("a", "0"), ("aliases/c", "0"), ("d", "0\n")] {
            std::fs::write(folder.path().join("models/m").join(path), text).unwrap();
        }
        assert_eq!(seen(folder.path()), strings(["0", "", "0", "0\n"]));
        folder
    }

    fn prepared(root: &Path) -> Intent {
        let step = |change| {
            let (looked, durability) = (Looked::default(), Durability::Process);
            let step =
                Step::prepare(root, &looked, "models/m", change, durability, &mut Vec::new());
            step.unwrap()
        };
        Intent { number: 1, steps: changes().into_iter().map(step).collect() }
    }

    /// The files after the changes, of which a killed writer left a part: seen whole at once, and whole once completed.
    fn completes(root: &Path, what: &str) {
        let new = strings(["1", "1", "", "0\n1\n"]);
        assert_eq!(seen(root), new, "{what}");
        assert!(is_pending(root));
        drop(Writing::begin(root, Durability::Process).unwrap());
        assert!(!is_pending(root));
        assert_eq!(seen(root), new, "{what}");
        assert_eq!(std::fs::read_dir(root.join("models/m")).unwrap().count(), 4, "{what}");
    }

    #[test]
    fn a_change_that_was_interrupted_anywhere_is_seen_whole_and_completed() {
        for steps_done in 0..=4 {
            let folder = before_changes();
            let root = folder.path();
            // What `commit` does, up to where it is interrupted.
            let intent = prepared(root);
            let is_in_place = |step: &Step| matches!(step, Step::Write { .. });
            assert_eq!(intent.steps.iter().filter(|step| is_in_place(step)).count(), 2);
            assert_eq!(seen(root), strings(["0", "", "0", "0\n"]));
            intent.write(root, Durability::Process).unwrap();
            let done = Intent { number: 1, steps: intent.steps[..steps_done].to_vec() };
            done.complete(root, &Looked::default(), Durability::Process).unwrap();
            completes(root, &steps_done.to_string());
        }
    }

    #[test]
    fn what_is_written_in_place_is_so_whatever_became_of_the_file() {
        // Half a line, a line that is there, what an editor left, what MLflow wrote, nothing.
        for (path, text) in
            [("d", "0\n1"), ("d", "0\n1\n"), ("d", "0\n1\n2\n"), ("a", "?"), ("a", "12"), ("a", "")]
        {
            let folder = before_changes();
            let root = folder.path();
            prepared(root).write(root, Durability::Process).unwrap();
            std::fs::write(root.join("models/m").join(path), text).unwrap();
            completes(root, &format!("{path} {text:?}"));
        }
        let folder = before_changes();
        prepared(folder.path()).write(folder.path(), Durability::Process).unwrap();
        std::fs::remove_file(folder.path().join("models/m/a")).unwrap();
        completes(folder.path(), "removed");
    }

    #[test]
    fn a_text_that_differs_elsewhere_than_was_said_is_no_write_in_place() {
        let folder = before_changes();
        let root = folder.path();
        let is_in_place = |path: &str, text: &[u8], place| {
            Step::in_place(&root.join("models/m").join(path), path, text, place).is_some()
        };
        std::fs::write(root.join("models/m/e"), "stage\nname\n").unwrap();
        let long = [b'x'; 5_000];
        std::fs::write(root.join("models/m/long"), long).unwrap();
        assert!(is_in_place("e", b"STAGE\nname\n", Place::Head(5)));
        assert!(!is_in_place("e", b"STAGE\nnAme\n", Place::Head(5)));
        assert!(!is_in_place("e", b"STAGES\nname\n", Place::Head(5)));
        assert!(!is_in_place("e", b"ST\0GE\nname\n", Place::Head(5)));
        assert!(!is_in_place("long", &long, Place::Head(5)));
        assert!(!is_in_place("none", b"1", Place::Head(1)));
        assert!(is_in_place("d", b"0\n1", Place::End(2)));
        assert!(!is_in_place("d", b"0\n", Place::End(2)));
        assert!(!is_in_place("d", b"0\n1", Place::End(1)));
        // The last page is to have room.
        let more = [long.as_slice(), &[b'y'; 3_192]].concat();
        assert!(is_in_place("long", &more, Place::End(5_000)));
        assert!(!is_in_place("long", &[more.as_slice(), b"y"].concat(), Place::End(5_000)));
        std::fs::write(root.join("models/m/long"), &more).unwrap();
        assert!(!is_in_place("long", &[more.as_slice(), b"y"].concat(), Place::End(8_192)));
        #[cfg(unix)]
        {
            std::fs::hard_link(root.join("models/m/e"), root.join("models/m/f")).unwrap();
            assert!(!is_in_place("e", b"STAGE\nname\n", Place::Head(5)));
        }
    }

    #[test]
    fn a_change_that_cannot_be_staged_leaves_everything() {
        let folder = root();
        let root = folder.path();
        std::fs::create_dir(root.join("models/m/b")).unwrap();
        let mut writing = Writing::begin(root, Durability::Power).unwrap();
        let error =
            writing.commit("models/m", vec![put("models/m/a", "1"), put("models/m/b", "1")]);
        assert!(error.unwrap_err().to_string().contains("models/m/b"));
        assert_eq!(std::fs::read_dir(root.join("models/m")).unwrap().count(), 2);
        writing.commit("models/m", vec![put("models/m/a", "1"), put("models/m/c", "1")]).unwrap();
        drop(writing);
        assert_eq!(seen(root), strings(["1", "", "", ""]));
        assert!(Intent::read(root).unwrap().unwrap().steps.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_forged_intent_writes_nothing_outside() {
        let folder = root();
        let root = folder.path();
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), root.join("models/out")).unwrap();
        std::fs::write(root.join("models/m/a"), "1").unwrap();
        let step = Step::Put { staged: "models/m/a".into(), path: "models/out/a".into() };
        let intent = Intent { number: 1, steps: vec![step.clone(), step] };
        intent.write(root, Durability::Process).unwrap();
        let error = Writing::begin(root, Durability::Process).map(drop).unwrap_err();
        assert!(error.to_string().contains(" leads through the link "), "{error}");
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
        std::fs::write(root.join(INTENT_FILE), "rubbish").unwrap();
        let error = Writing::begin(root, Durability::Process).map(drop).unwrap_err();
        assert!(error.to_string().contains(".ressenti.intent is malformed: "), "{error}");
        assert_eq!(seen(root), strings(["1", "", "", ""]));
    }

    #[test]
    fn readers_never_see_half_of_a_change() {
        let folder = root();
        let root = folder.path();
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for i in 0..200 {
                    let mut writing = Writing::begin(root, Durability::Process).unwrap();
                    let text = i.to_string();
                    let changes =
                        ["a", "b", "aliases/c"].map(|name| put(&format!("models/m/{name}"), &text));
                    writing.commit("models/m", changes.into()).unwrap();
                }
            });
            while !writer.is_finished() {
                let [a, b, c, _] = seen(root);
                assert!(a == b && b == c, "{a:?} {b:?} {c:?}");
            }
        });
        assert_eq!(seen(root), strings(["199", "199", "199", ""]));
    }
}
