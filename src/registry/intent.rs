//! Several files that change as one, for readers who take no lock.
//!
//! A writer holds the registry's lock, stages every new file beside its place, says in one file at the store's top (the
//! intent) which are to be put where, does so, and marks the intent as done. Each intent has the next number. A reader
//! takes the intent's word over what is on disk, and reads again if the number has changed meanwhile: it sees all of a
//! change or nothing. What a killed writer left, the next one completes. What the files hold is not known here.
//!
//! The intent is written over the one before, which is done: to put a new file over an old one takes many times as long. Its
//! checksum tells a reader who comes in between to look again, and the next writer that one was cut off before it said
//! anything. What longer ones left behind it means nothing.
//!
//! ```text
//! <store>/.ressenti.registry.lock     held by who writes
//!         .ressenti.intent            "ressenti intent 2", checksum and length of the rest, number, "pending" or "done", then
//!                                     for each change "put", staged file, its place or "remove", file, "-"; last "end";
//!                                     each behind a NUL
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;

use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Durability, Lock};
use crate::tracker::store::paths::{files, find, place};
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
    Put { path: String, bytes: Vec<u8> },
    Remove { path: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Put { staged: String, path: String },
    Remove { path: String },
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
        let (number, state) =
            (self.number.to_string(), if self.steps.is_empty() { "done" } else { "pending" });
        let mut parts = vec![&*number, state];
        for step in &self.steps {
            parts.extend(match step {
                Step::Put { staged, path } => ["put", staged, path],
                Step::Remove { path } => ["remove", path, "-"],
            });
        }
        parts.push("end");
        let body = parts.join("\0");
        format!("{HEAD}{:08x}\0{:08x}\0{body}", crc32fast::hash(body.as_bytes()), body.len())
    }

    fn write(&self, root: &Path, durability: Durability) -> Result<()> {
        fs::overwrite(root, &root.join(INTENT_FILE), self.to_text().as_bytes(), durability)
    }

    /// Does what is not done yet.
    fn complete(&self, root: &Path, durability: Durability) -> Result<()> {
        let mut changed = BTreeSet::new();
        for step in &self.steps {
            match step {
                Step::Put { staged, path } => {
                    // If it is gone it is in its place, or its model was removed: that must not come back.
                    let path = match find(root, WHAT, staged)? {
                        Some(staged) => {
                            let path = place(root, WHAT, path, Durability::Process)?;
                            fs::put(&staged, &path)?;
                            Some(path)
                        }
                        None => find(root, WHAT, path)?,
                    };
                    changed.extend(path.as_deref().and_then(Path::parent).map(Path::to_owned));
                }
                Step::Remove { path } => {
                    if let Some(path) = find(root, WHAT, path)? {
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

/// The registry's files as one state: what an intent says over what is on disk.
pub(super) struct View<'r> {
    root: &'r Path,
    number: u64,
    /// By path: the staged file, or nothing if it is to be removed.
    pending: BTreeMap<String, Option<String>>,
}

impl<'r> View<'r> {
    /// `None` while the intent is being written.
    fn open(root: &'r Path) -> Option<Self> {
        // A damaged intent must not keep anybody from reading; who writes is told.
        let intent = Intent::read(root).unwrap_or_else(|_| Some(Intent::default()))?;
        let pending = intent.steps.into_iter().map(|step| match step {
            Step::Put { staged, path } => (path, Some(staged)),
            Step::Remove { path } => (path, None),
        });
        Some(Self { root, number: intent.number, pending: pending.collect() })
    }

    /// The files as they are, where nothing is under way.
    fn settled(root: &'r Path, number: u64) -> Self {
        Self { root, number, pending: BTreeMap::new() }
    }

    pub(super) fn root(&self) -> &'r Path {
        self.root
    }

    /// The bytes of a file; nothing if there is none.
    pub(super) fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.pending.get(path) {
            Some(None) => return Ok(None),
            Some(Some(staged)) => {
                // Once it is gone it is in its place.
                if let Some(bytes) = self.bytes_on_disk(staged)? {
                    return Ok(Some(bytes));
                }
            }
            None => {}
        }
        self.bytes_on_disk(path)
    }

    fn bytes_on_disk(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(path) = find(self.root, WHAT, path)? else { return Ok(None) };
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
        for (path, staged) in &self.pending {
            let Some(name) = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            match staged {
                Some(_) => names.insert(name.to_owned()),
                None => names.remove(name),
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
        let mut number = intent.as_ref().map_or(0, |intent| intent.number);
        if intent.as_ref().is_none_or(|intent| !intent.steps.is_empty()) {
            // Of one that was cut off no step was begun.
            intent.unwrap_or_default().complete(root, durability)?;
            number = number_after(number);
            Intent { number, steps: Vec::new() }.write(root, durability)?;
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
        let root = self.view.root;
        let mut steps = Vec::with_capacity(changes.len());
        let mut staged_files = Vec::new();
        let mut stage = |change| -> Result<Step> {
            Ok(match change {
                Change::Put { path, bytes } => {
                    // The folder that a first alias needs is synced when the change is completed.
                    place(root, WHAT, &path, Durability::Process)?;
                    let file = fs::stage(&root.join(staging), &bytes, self.durability)?;
                    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    staged_files.push(file);
                    Step::Put { staged: format!("{staging}/{name}"), path }
                }
                Change::Remove { path } => Step::Remove { path },
            })
        };
        let number = number_after(self.view.number);
        let staged = changes.into_iter().try_for_each(|change| {
            steps.push(stage(change)?);
            Ok(())
        });
        let intent = Intent { number, steps };
        // One file changes as one by itself.
        let recorded = staged.and_then(|()| match intent.steps.len() {
            0 | 1 => Ok(()),
            _ => intent.write(root, self.durability),
        });
        if recorded.is_err() {
            // The first error is the one to report. What is on record of it, if anything, goes before what it names.
            if intent.steps.len() > 1 {
                let _ = Intent { number, steps: Vec::new() }.write(root, self.durability);
            }
            for file in staged_files {
                let _ = std::fs::remove_file(file);
            }
            return recorded;
        }
        let completed = intent.complete(root, self.durability);
        if intent.steps.len() <= 1 {
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
pub(super) fn folder(root: &Path, path: &str, durability: Durability) -> Result<PathBuf> {
    place(root, WHAT, &format!("{path}/.new"), durability)?;
    Ok(root.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &str, text: &str) -> Change {
        Change::Put { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    fn root() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("models/m/aliases")).unwrap();
        folder
    }

    fn seen(root: &Path) -> [Option<String>; 3] {
        read(root, |view| {
            let text =
                |path| view.bytes(path).map(|bytes| bytes.map(|b| String::from_utf8(b).unwrap()));
            Ok([text("models/m/a")?, text("models/m/b")?, text("models/m/aliases/c")?])
        })
        .unwrap()
    }

    fn strings(texts: [&str; 3]) -> [Option<String>; 3] {
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

    #[test]
    fn what_was_removed_meanwhile_does_not_come_back() {
        let folder = root();
        let root = folder.path();
        let steps = vec![Step::Put {
            staged: "models/gone/.new.1-1.tmp".to_owned(),
            path: "models/gone/version-1/meta.yaml".to_owned(),
        }];
        Intent { number: u64::MAX / 2, steps }.write(root, Durability::Process).unwrap();
        let writing = Writing::begin(root, Durability::Process).unwrap();
        assert!(!root.join("models/gone").exists());
        // Readers know states by their numbers: none may come twice, whatever the clock says.
        assert_eq!(writing.view.number, u64::MAX / 2 + 1);
    }

    #[test]
    fn a_change_that_was_interrupted_anywhere_is_seen_whole_and_completed() {
        let changes = || {
            vec![
                put("models/m/a", "1"),
                put("models/m/b", "1"),
                Change::Remove { path: "models/m/aliases/c".to_owned() },
            ]
        };
        let (old, new) = (strings(["0", "", "0"]), strings(["1", "1", ""]));
        for steps_done in 0..=3 {
            let folder = root();
            let root = folder.path();
            std::fs::write(root.join("models/m/a"), "0").unwrap();
            std::fs::write(root.join("models/m/aliases/c"), "0").unwrap();
            assert_eq!(seen(root), old);
            // What `commit` does, up to where it is interrupted.
            let mut steps = Vec::new();
            for change in changes() {
                steps.push(match change {
                    Change::Put { path, bytes } => {
                        let file = fs::stage(&root.join("models/m"), &bytes, Durability::Process);
                        let name = file.unwrap().file_name().unwrap().to_str().unwrap().to_owned();
                        Step::Put { staged: format!("models/m/{name}"), path }
                    }
                    Change::Remove { path } => Step::Remove { path },
                });
            }
            let intent = Intent { number: 1, steps };
            assert_eq!(seen(root), old);
            intent.write(root, Durability::Process).unwrap();
            let done = Intent { number: 1, steps: intent.steps[..steps_done].to_vec() };
            done.complete(root, Durability::Process).unwrap();
            assert_eq!(seen(root), new, "{steps_done}");
            assert!(is_pending(root));
            drop(Writing::begin(root, Durability::Process).unwrap());
            assert!(!is_pending(root));
            assert_eq!(seen(root), new);
            assert_eq!(std::fs::read_dir(root.join("models/m")).unwrap().count(), 3);
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
        assert_eq!(seen(root), strings(["1", "", ""]).map(|x| x));
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
        assert_eq!(seen(root), strings(["1", "", ""]));
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
                let [a, b, c] = seen(root);
                assert!(a == b && b == c, "{a:?} {b:?} {c:?}");
            }
        });
        assert_eq!(seen(root), strings(["199", "199", "199"]));
    }
}
