//! The outside of a model file: what it is, who wrote it, which sections it has, whether it is whole.
//!
//! # Format version 1
//!
//! All integers are little-endian. A file is a header, and behind it the bytes of its sections, without gaps.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | the mark `89 52 53 4E 54 0D 0A 1A` ("\x89RSNT", then line ends that a text-mode copy would change) |
//! | 8..12 | format version: 1 |
//! | 12..28 | version of the crate that wrote the file: printable ASCII, padded with zeros |
//! | 28..32 | number of sections n, 1 to 64 |
//! | 32..36 | CRC-32 (ISO-HDLC) of bytes 0..32 and of the table that follows |
//! | 36..36 + 16 n | the table, 16 bytes for each section |
//!
//! | bytes of an entry | what |
//! |---|---|
//! | 0..2 | kind; kinds strictly ascend |
//! | 2..4 | flags: bit 0 is *critical*; the others are 0 |
//! | 4..8 | CRC-32 of the section's bytes |
//! | 8..16 | length of the section in bytes |
//!
//! | kind | critical | what |
//! |---|---|---|
//! | 1 | yes | the card: what the model is and where it comes from, at most 1 GiB; it can be read without the rest |
//! | 2 | yes | the vectorizer: settings, terms, document frequencies |
//! | 3 | yes | the classifier: settings, classes, weights, calibration, rule of decision |
//! | 4 | no | the profile: what the model's answers looked like when it was made; can be absent |
//!
//! A section is a value in bincode's standard configuration (see `codec`) of the type that the room it belongs to stores,
//! and fills its section exactly. Terms and numbers are packed as `strings` and `floats` say.
//!
//! A reader MUST check, in this order: mark, format version, number of sections, the header's checksum, the table, the total
//! length, and the checksum of each section. It MUST refuse a file that is longer or shorter than its header says, and a
//! section of a kind it does not know that is critical; one that is not, it skips. It MUST NOT ask for memory because a
//! length says so: what is made grows with the bytes that are there (numbers up to eightfold; terms, which may share 255
//! bytes with the one before, up to 86-fold, and to 4 GiB in all). Parts MUST fit: as many numbers as terms, every number
//! finite and in the range that training gives, terms strictly ascending, a card that tells the same classes, columns and
//! texts as the parts. A writer MUST write nothing that depends on the clock or on the machine.
//!
//! **Version 1 is frozen with release 0.1.0.** What a section of a kind holds never changes: what is to be added comes as a
//! section of a new kind, critical if scores depend on it. Bytes 0..28 mean the same in every version, so that a reader can
//! always say what it cannot read. The files in `tests/golden/v1` are read for ever. What the sections mean is not known
//! here.

use crate::error::ModelFileError;

const MARK: [u8; 8] = *b"\x89RSNT\r\n\x1a";
pub(crate) const VERSION: u32 = 1;
const WRITER: std::ops::Range<usize> = 12..28;
const CHECKSUM: std::ops::Range<usize> = 32..36;
const PREFIX: usize = 36;
const ENTRY: usize = 16;
const MOST_SECTIONS: usize = 64;
/// As much as a header can be: what must be read before it is known how long it is.
pub(super) const LONGEST_HEADER: usize = PREFIX + ENTRY * MOST_SECTIONS;
/// The kind that is read alone, and how long it may be.
pub(super) const CARD: u16 = 1;
const LONGEST_CARD: u64 = 1 << 30;
const CRITICAL: u16 = 1;

/// What is to be written.
pub(crate) struct Section {
    pub(crate) kind: u16,
    pub(crate) critical: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Where a section lies in its file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) kind: u16,
    critical: bool,
    checksum: u32,
    pub(super) start: u64,
    pub(super) length: u64,
}

impl Entry {
    /// `Err` unless these are the bytes that were written.
    pub(super) fn check(&self, bytes: &[u8]) -> Result<(), ModelFileError> {
        let (expected, found) = (self.checksum, crc32fast::hash(bytes));
        if expected == found { Ok(()) } else { Err(ModelFileError::Checksum { expected, found }) }
    }
}

/// The file of these sections, whose kinds ascend.
pub(super) fn seal(sections: &[Section]) -> Vec<u8> {
    debug_assert!(sections.windows(2).all(|pair| pair[0].kind < pair[1].kind));
    let content: usize = sections.iter().map(|section| section.bytes.len()).sum();
    let mut file = Vec::with_capacity(PREFIX + ENTRY * sections.len() + content);
    file.extend_from_slice(&MARK);
    file.extend_from_slice(&VERSION.to_le_bytes());
    let writer = env!("CARGO_PKG_VERSION").bytes().chain(std::iter::repeat(0));
    file.extend(writer.take(WRITER.len()));
    file.extend_from_slice(&(sections.len() as u32).to_le_bytes());
    file.extend_from_slice(&[0; CHECKSUM.end - CHECKSUM.start]);
    for section in sections {
        let flags = if section.critical { CRITICAL } else { 0 };
        file.extend_from_slice(&section.kind.to_le_bytes());
        file.extend_from_slice(&flags.to_le_bytes());
        file.extend_from_slice(&crc32fast::hash(&section.bytes).to_le_bytes());
        file.extend_from_slice(&(section.bytes.len() as u64).to_le_bytes());
    }
    let checksum = checksum(&file).to_le_bytes();
    file[CHECKSUM].copy_from_slice(&checksum);
    for section in sections {
        file.extend_from_slice(&section.bytes);
    }
    file
}

/// The sections of a file of so many bytes that begins with `start`, which holds the header if it is not longer than that.
pub(super) fn header(start: &[u8], total: u64) -> Result<Vec<Entry>, ModelFileError> {
    let too_short =
        |expected: usize| ModelFileError::WrongLength { expected: expected as u64, found: total };
    if !start.starts_with(&MARK) {
        let found = start.iter().copied().take(MARK.len()).collect();
        return Err(ModelFileError::NotAModel { found });
    }
    let prefix = start.get(..PREFIX).ok_or_else(|| too_short(PREFIX))?;
    let version = number(&prefix[8..12]);
    if version != u64::from(VERSION) {
        let written_by = writer(prefix);
        let found = version as u32;
        return Err(ModelFileError::UnsupportedVersion { found, written_by, supported: VERSION });
    }
    let invalid = |problem: String| Err(ModelFileError::Invalid(problem));
    let n = number(&prefix[28..32]) as usize;
    if !(1..=MOST_SECTIONS).contains(&n) {
        return invalid(format!("its header has {n} sections, 1 to {MOST_SECTIONS} are allowed"));
    }
    let length = PREFIX + ENTRY * n;
    let header = start.get(..length).ok_or_else(|| too_short(length))?;
    let (expected, found) = (number(&header[CHECKSUM]) as u32, checksum(header));
    if expected != found {
        return Err(ModelFileError::Checksum { expected, found });
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(n);
    let mut end = length as u64;
    for entry in header[PREFIX..].chunks_exact(ENTRY) {
        let (kind, flags) = (number(&entry[..2]) as u16, number(&entry[2..4]) as u16);
        let (checksum, length) = (number(&entry[4..8]) as u32, number(&entry[8..]));
        if entries.last().is_some_and(|last| last.kind >= kind) {
            return invalid(format!("its section {kind} is there twice, or out of order"));
        }
        if flags & !CRITICAL != 0 {
            return invalid(format!(
                "its section {kind} has flags {flags:#x}, only bit 0 is known"
            ));
        }
        if kind == CARD && length > LONGEST_CARD {
            return invalid(format!("its card has {length} bytes, {LONGEST_CARD} are allowed"));
        }
        entries.push(Entry { kind, critical: flags == CRITICAL, checksum, start: end, length });
        end = end.saturating_add(length);
    }
    if end != total {
        return Err(ModelFileError::WrongLength { expected: end, found: total });
    }
    Ok(entries)
}

/// The sections of a whole file, if all that are critical are of kinds that are `known`.
pub(super) fn open<'f>(
    file: &'f [u8],
    known: &[u16],
) -> Result<Vec<(u16, &'f [u8])>, ModelFileError> {
    let mut sections = Vec::new();
    for entry in header(file, file.len() as u64)? {
        // The header was compared with the length of the file.
        let bytes = &file[entry.start as usize..(entry.start + entry.length) as usize];
        entry.check(bytes)?;
        if known.contains(&entry.kind) {
            sections.push((entry.kind, bytes));
        } else if entry.critical {
            let written_by = writer(file);
            return Err(ModelFileError::UnknownSection { kind: entry.kind, written_by });
        }
    }
    Ok(sections)
}

/// The version of the crate that wrote a file, as far as it can be shown.
fn writer(file: &[u8]) -> String {
    let writer = file[WRITER].iter().take_while(|byte| byte.is_ascii_graphic());
    writer.map(|&byte| char::from(byte)).collect()
}

/// The checksum of a header, but for that itself.
fn checksum(header: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..CHECKSUM.start]);
    hasher.update(&header[CHECKSUM.end..]);
    hasher.finalize()
}

/// A number of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &byte| n << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let section =
            |kind, critical, bytes: &[u8]| Section { kind, critical, bytes: bytes.into() };
        seal(&[section(1, true, b"card"), section(7, false, b""), section(9, true, b"payload")])
    }

    /// The same with another header, and its checksum put right.
    fn with(at: usize, byte: u8) -> Vec<u8> {
        let mut file = file();
        file[at] = byte;
        let checksum = checksum(&file[..PREFIX + 3 * ENTRY]).to_le_bytes();
        file[CHECKSUM].copy_from_slice(&checksum);
        file
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_noticed() {
        let file = file();
        assert_eq!(open(&file, &[1, 9]).unwrap(), [(1, &b"card"[..]), (9, b"payload")]);
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&damaged, &[1, 7, 9]).is_err(), "bit {bit}");
        }
        for length in 0..file.len() {
            assert!(open(&file[..length], &[1, 7, 9]).is_err(), "{length} bytes");
        }
        assert!(open(&[&file[..], b"x"].concat(), &[1, 7, 9]).is_err());
    }

    #[test]
    fn an_unknown_section_is_skipped_unless_it_is_critical() {
        assert_eq!(open(&file(), &[1, 9]).unwrap().len(), 2);
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            open(&file(), &[1, 7]).unwrap_err().to_string(),
            format!(
                "its section 9 (ressenti {version}) is not known to this crate, and scores depend on it; upgrade ressenti"
            )
        );
    }

    #[test]
    fn each_kind_of_damage_has_its_name() {
        let text = |file: &[u8]| open(file, &[1, 7, 9]).unwrap_err().to_string();
        let version = env!("CARGO_PKG_VERSION");
        for (damaged, problem) in [
            (
                b"PK\x03\x04".to_vec(),
                "it starts with [80, 75, 3, 4] instead of the mark of a model file; was it written by Pipeline::save?"
                    .to_owned(),
            ),
            (
                with(8, 7),
                format!(
                    "it has format version 7 (ressenti {version}), this crate reads 1; upgrade ressenti or train again"
                ),
            ),
            (
                with(28, 0),
                "its content is invalid: its header has 0 sections, 1 to 64 are allowed".to_owned(),
            ),
            (
                with(31, 1),
                "its content is invalid: its header has 16777219 sections, 1 to 64 are allowed".to_owned(),
            ),
            (
                with(52, 1),
                "its content is invalid: its section 1 is there twice, or out of order".to_owned(),
            ),
            (
                with(70, 2),
                "its content is invalid: its section 9 has flags 0x2, only bit 0 is known".to_owned(),
            ),
            (
                with(48, 1),
                "its content is invalid: its card has 4294967300 bytes, 1073741824 are allowed".to_owned(),
            ),
            (
                with(76, 9),
                "it is 95 bytes long, its header says 97; copy it again from its source".to_owned(),
            ),
            (
                with(83, 255),
                "it is 95 bytes long, its header says 18374686479671623775; copy it again from its source"
                    .to_owned(),
            ),
            (
                file()[..20].to_vec(),
                "it is 20 bytes long, its header says 36; copy it again from its source".to_owned(),
            ),
            (
                file()[..40].to_vec(),
                "it is 40 bytes long, its header says 84; copy it again from its source".to_owned(),
            ),
        ] {
            assert_eq!(text(&damaged), problem);
        }
        let mut damaged = file();
        damaged[94] = b'X';
        assert!(text(&damaged).starts_with("its checksum is "));
    }
}
