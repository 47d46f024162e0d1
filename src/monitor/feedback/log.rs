//! Corrections come in from any number of programs, one line each; what was said stays, whoever dies when.
//!
//! Who appends holds the lock of a file beside the log, so that lines never mix with what a redaction rewrites. A line is
//! written at once, and the last byte before it is looked at: where it is no line feed, a writer died within a line, and the
//! new one begins after a line feed of its own. So a torn line costs itself only, and it was never acknowledged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::agreement::AgreementReport;
use super::correction::{Correction, VERSION, text_hash};
use super::rows::{CorrectionRows, RowOptions};
use crate::error::{Error, Result};
use crate::fs::{self, Durability, Lock};

/// An append-only log of corrections, in one file. It may be open in any number of threads and programs at once.
///
/// ```
/// use std::time::Duration;
/// use ressenti::Pipeline;
/// use ressenti::monitor::feedback::{Correction, CorrectionLog};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let file = std::env::temp_dir().join(format!("doc-log-{}.jsonl", std::process::id()));
/// let log = CorrectionLog::open(&file)?;
/// for (id, right) in [("1", "negative"), ("2", "negative"), ("1", "positive")] {
///     let prediction = pipeline.predict("lost again")?;
///     log.append(&Correction::new(id, "lost again", &prediction, right, Duration::ZERO))?;
/// }
/// let corrections = log.read()?;
/// assert_eq!((corrections.all().len(), corrections.agreement().all.wrong), (2, 1)); // the last of each counts
/// # std::fs::remove_file(&file).unwrap();
/// # std::fs::remove_file(file.with_extension("jsonl.lock")).unwrap();
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CorrectionLog {
    path: PathBuf,
    lock: PathBuf,
    /// What a redaction writes before it takes the place of the log.
    new: PathBuf,
    survives_power_cuts: bool,
}

impl CorrectionLog {
    /// The log in this file, which is created if it is missing; its folder must be there. Beside it lies a file of the same
    /// name with `.lock` behind it, and while something is forgotten one with `.new`; what a killed redaction left of that is
    /// removed. A link is followed here, once, so that a log may have several names; give it no second one by a hard link.
    ///
    /// Errors: [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        // All names of a log share the lock beside the file itself.
        let path = fs::behind_links(path.as_ref());
        let beside = |end: &str| {
            let mut name = path.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        let (lock, new) = (beside(".lock"), beside(".new"));
        let log = Self { path, lock, new, survives_power_cuts: false };
        let _held = Lock::acquire(&log.lock)?;
        fs::remove(&log.new)?;
        fs::create_if_missing(&log.path)?;
        Ok(log)
    }

    /// Whether what was appended also survives a power cut, and not only the death of every program. Default: false; each
    /// line then waits for the disk, some milliseconds.
    #[must_use]
    pub fn survives_power_cuts(mut self, survives: bool) -> Self {
        self.survives_power_cuts = survives;
        self
    }

    /// Where it lies: behind the link, if it was opened by one.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a correction. Once this has returned, it is in the log whatever happens to this program.
    ///
    /// Errors: [`Error::Io`], and [`Error::InvalidValues`] for one without an id.
    pub fn append(&self, correction: &Correction) -> Result<()> {
        if correction.id.is_empty() {
            let problem = "its id is empty; give the prediction a name".to_owned();
            return Err(Error::InvalidValues { what: "correction", problem });
        }
        let durability =
            if self.survives_power_cuts { Durability::Power } else { Durability::Process };
        let _held = Lock::acquire(&self.lock)?;
        fs::append_line(&self.path, &correction.line(), durability)
    }

    /// All that was said so far. Lines that are torn or not understood are counted and passed over.
    ///
    /// Errors: [`Error::Io`].
    pub fn read(&self) -> Result<Corrections> {
        let bytes = fs::read(&self.path)?;
        let (mut corrections, mut broken_lines) = (Vec::new(), 0);
        for (_, line) in lines(&bytes) {
            match Correction::read(line) {
                Some(correction) => corrections.push(correction),
                None => broken_lines += 1,
            }
        }
        Ok(Corrections { all: last_of_each(corrections), broken_lines })
    }

    /// Forgets a text: [`forget_hash`](Self::forget_hash) of its hash.
    ///
    /// It reaches this log alone. Models that were trained on the text stay as they are, and hold its words: in their
    /// vocabulary and their [profile](crate::Pipeline::profile), where no document frequency or limit left them out. To forget
    /// those too, train without the text and delete the old versions and their runs.
    ///
    /// Errors: those of `forget_hash`.
    pub fn forget(&self, text: &str) -> Result<usize> {
        self.forget_hash(&text_hash(text))
    }

    /// Forgets the text with this [`text_hash`], and the hash, wherever they stand in the log; returns in how many lines they
    /// did. Labels stay, and so does the id, which must not be what tells who it was. Torn lines, which may hold part of a text,
    /// go; lines of another version of the format stay, and so do others that are whole and not understood. After a crash at any
    /// moment the log is the old or the new one, whole.
    ///
    /// Errors: [`Error::Io`]; [`Error::InvalidValues`] for what is no hash, 64 hexadecimal digits, and if the text or the hash is
    /// a string in a line that is not understood, where only who knows what it says can take it out. Then the log is as it was.
    pub fn forget_hash(&self, hash: &str) -> Result<usize> {
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let problem =
                "it is not 64 hexadecimal digits; text_hash makes one of a text".to_owned();
            return Err(Error::InvalidValues { what: "text hash", problem });
        }
        let hash = &hash.to_ascii_lowercase();
        let _held = Lock::acquire(&self.lock)?;
        fs::remove(&self.new)?;
        let bytes = fs::read(&self.path)?;
        let (mut kept, mut forgotten) = (Vec::with_capacity(bytes.len()), 0);
        for (number, line) in lines(&bytes) {
            match Correction::read(line) {
                Some(mut correction) if is_of(&correction, hash) => {
                    (correction.text, correction.text_hash) = (None, None);
                    forgotten += 1;
                    kept.extend(correction.line());
                    continue;
                }
                Some(_) => {}
                // Torn.
                None if serde_json::from_slice::<IgnoredAny>(line).is_err() => continue,
                None => check_foreign(line, hash, number)?,
            }
            // As it is, with fields of later versions.
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
        if kept != bytes {
            fs::write_by_way_of(&self.new, &self.path, &kept)?;
        }
        Ok(forgotten)
    }
}

/// Whether a correction is of the text that has this hash.
fn is_of(correction: &Correction, hash: &str) -> bool {
    let is_hash = correction.text_hash.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(hash));
    is_hash || correction.text.as_deref().is_some_and(|text| text_hash(text) == hash)
}

/// With their numbers, counted from 1.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    (1..).zip(bytes.split(|&byte| byte == b'\n')).filter(|(_, line)| !line.is_empty())
}

/// `Err` if a whole line that is not understood holds what has this hash, or the hash.
fn check_foreign(line: &[u8], hash: &str, number: usize) -> Result<()> {
    #[derive(Deserialize)]
    struct Versioned {
        v: Value,
    }

    let is = |text: &String| text.eq_ignore_ascii_case(hash) || text_hash(text) == hash;
    if !strings(line).iter().any(is) {
        return Ok(());
    }
    let version = serde_json::from_slice::<Versioned>(line).ok().map(|versioned| versioned.v);
    let problem = match version.filter(|version| *version != VERSION) {
        Some(version) => format!(
            "line {number} holds what is to be forgotten, in format {version}, and this crate writes {VERSION}; forget it \
             with the release that wrote the line, or delete the line"
        ),
        None => format!(
            "line {number} holds what is to be forgotten, and is not as this crate writes lines; correct or delete the line"
        ),
    };
    Err(Error::InvalidValues { what: "correction log", problem })
}

/// All strings of a line of JSON, names of fields too, and those that a field has more than once. What is no text in them, such
/// as half a surrogate pair, is U+FFFD, as it is to all who make UTF-8 of it.
fn strings(line: &[u8]) -> Vec<String> {
    let line = String::from_utf8_lossy(line);
    let mut strings = Vec::new();
    let mut rest = line.as_ref();
    while let Some(begin) = rest.find('"') {
        let mut is_escaped = false;
        let end = rest[begin + 1..].find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let Some(end) = end.map(|end| begin + 1 + end) else { break };
        let literal = &rest[begin..=end];
        strings.extend(
            serde_json::from_str(literal).or_else(|_| serde_json::from_str(&mended(literal))),
        );
        rest = &rest[end + 1..];
    }
    strings
}

/// A string of JSON with U+FFFD for each half of a surrogate pair that is alone.
fn mended(literal: &str) -> String {
    let unit = |at: &str| -> Option<u16> {
        let digits = at.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(begin) = rest.find('\\') {
        mended.push_str(&rest[..begin]);
        rest = &rest[begin..];
        let (is_text, length) = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (true, 12),
            (Some(0xD800..=0xDFFF), _) => (false, 6),
            (Some(_), _) => (true, 6),
            // Of a line of JSON a letter follows that is one byte.
            (None, _) => (true, 2),
        };
        mended.push_str(if is_text { rest.get(..length).unwrap_or(rest) } else { "\\ufffd" });
        rest = rest.get(length..).unwrap_or("");
    }
    mended + rest
}

/// The last correction of each prediction, in the order in which they were said.
fn last_of_each(corrections: Vec<Correction>) -> Vec<Correction> {
    let last: HashMap<String, usize> =
        corrections.iter().enumerate().map(|(i, correction)| (correction.id.clone(), i)).collect();
    let is_last = |&(i, ref correction): &(usize, Correction)| last.get(&correction.id) == Some(&i);
    corrections.into_iter().enumerate().filter(is_last).map(|(_, correction)| correction).collect()
}

/// What a log says: of each prediction the last correction.
///
/// ```
/// use ressenti::monitor::feedback::CorrectionLog;
///
/// let file = std::env::temp_dir().join(format!("doc-torn-{}.jsonl", std::process::id()));
/// std::fs::write(&file, "{\"v\":1,\"id\":\"to").unwrap(); // its writer died
/// let corrections = CorrectionLog::open(&file)?.read()?;
/// assert_eq!((corrections.all().len(), corrections.broken_lines()), (0, 1));
/// # std::fs::remove_file(&file).unwrap();
/// # std::fs::remove_file(file.with_extension("jsonl.lock")).unwrap();
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Corrections {
    all: Vec<Correction>,
    broken_lines: usize,
}

impl Corrections {
    /// Of corrections that came another way; of each id the last counts.
    #[must_use]
    pub fn new(corrections: Vec<Correction>) -> Self {
        Self { all: last_of_each(corrections), broken_lines: 0 }
    }

    /// One for each prediction, in the order in which they were said.
    #[must_use]
    pub fn all(&self) -> &[Correction] {
        &self.all
    }

    /// How many lines were torn, or are of a later version.
    #[must_use]
    pub fn broken_lines(&self) -> usize {
        self.broken_lines
    }

    /// How often users agree, in all, for each version of the model and for each label that was answered.
    #[must_use]
    pub fn agreement(&self) -> AgreementReport {
        AgreementReport::new(&self.all)
    }

    /// What can be trained on: those with a text, with weights.
    #[must_use]
    pub fn rows(&self, options: &RowOptions) -> CorrectionRows {
        CorrectionRows::new(&self.all, options)
    }
}
