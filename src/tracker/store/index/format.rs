//! The index as bytes: what is known of each run, laid out so that a search reads only what it asks for.
//!
//! ```text
//! file        = "RSNTIDX" version:u8 crc32:u32 body         little-endian; the checksum is of the body
//! body        = base:text mark open* name* experiment*      lists behind their number
//! mark        = journal:u64 position:u64
//! open        = writer:u64 run:text
//! name        = text                                        keys and files, which runs name by number
//! experiment  = id:text flags:u8 stamp:u64 other:text* runs:n length:n run*
//! run         = length:n id:text flags:u8 stamp:u64 status:u8 start:i64 [end:i64] [deleted:i64] [name:text] user:text [uri:text]
//!               watch metrics params tags inputs            each behind its length in bytes
//! text        = length:n UTF-8                              n is a number of seven bits a byte, the lowest first
//! ```
//!
//! Bytes come from a file that anybody may have written: every length is held against what is left before it is used, and
//! what makes no sense is no index. A URI that follows from `base` and the ids is left out.

use std::collections::HashMap;

use super::super::read::RunRecord;
use super::bytes::{Cursor, number_length, put_number, put_section, put_text};
use super::entry::{DELETED, Entry, HAS_DELETED_TIME, HAS_END, HAS_URI, OWN_URI, SETTLED, own_uri};
use super::journal::{Mark, Open};

const MAGIC: &[u8; 8] = b"RSNTIDX\x01";
const HEADER: usize = 12;

const IN_TRASH: u8 = 1;
const UNTRUSTED: u8 = 2;

/// A parsed file.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) base: &'a str,
    pub(super) mark: Mark,
    pub(super) open: Vec<Open>,
    pub(super) names: Vec<&'a str>,
    pub(super) experiments: Vec<Block<'a>>,
}

/// What is known of an experiment.
#[derive(Debug, Clone)]
pub(super) struct Block<'a> {
    pub(super) id: &'a str,
    pub(super) in_trash: bool,
    /// Whether its runs may have changed without a note.
    pub(super) is_untrusted: bool,
    /// Of its folder when the names in it were listed; 0 if that proves nothing.
    pub(super) stamp: u64,
    /// Folders in it of which nothing is known.
    pub(super) others: Vec<&'a str>,
    n: usize,
    runs: &'a [u8],
}

impl<'a> Index<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, body) = bytes.split_at_checked(HEADER)?;
        let (magic, checksum) = header.split_at(MAGIC.len());
        if magic != MAGIC || checksum != crc32fast::hash(body).to_le_bytes() {
            return None;
        }
        let mut cursor = Cursor(body);
        let base = cursor.text()?;
        let mark = Mark { journal: cursor.u64()?, position: cursor.u64()? };
        let open = cursor
            .list(|cursor| Some(Open { writer: cursor.u64()?, run: cursor.text()?.to_owned() }))?;
        let names = cursor.list(Cursor::text)?;
        let experiments = cursor.list(|cursor| {
            let (id, flags, stamp) = (cursor.text()?, cursor.u8()?, cursor.u64()?);
            let others = cursor.list(Cursor::text)?;
            let n = cursor.number()?;
            let runs = cursor.section()?;
            let is = |flag| flags & flag != 0;
            Some(Block {
                id,
                in_trash: is(IN_TRASH),
                is_untrusted: is(UNTRUSTED),
                stamp,
                others,
                n,
                runs,
            })
        })?;
        cursor.0.is_empty().then_some(Self { base, mark, open, names, experiments })
    }
}

impl<'a> Block<'a> {
    /// Its runs; nothing if one of them makes no sense.
    pub(super) fn entries(&self) -> Option<Vec<Entry<'a>>> {
        let mut cursor = Cursor(self.runs);
        // A run takes more than 32 bytes, so a forged number costs no more memory than the file has.
        let mut entries = Vec::with_capacity(self.n.min(self.runs.len() / 32));
        for _ in 0..self.n {
            entries.push(Entry::parse(cursor.section()?)?);
        }
        cursor.0.is_empty().then_some(entries)
    }
}

/// Makes runs into bytes, and bytes into a file.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) base: String,
    pub(super) names: Vec<String>,
    numbers: HashMap<String, usize>,
}

/// An experiment to write: its runs are their bytes.
#[derive(Debug)]
pub(super) struct NewBlock<'a> {
    pub(super) id: &'a str,
    pub(super) in_trash: bool,
    pub(super) is_untrusted: bool,
    pub(super) stamp: u64,
    pub(super) others: Vec<&'a str>,
    pub(super) runs: Vec<&'a [u8]>,
}

impl Builder {
    /// One that goes on with the names of an index, so that what is known there can be copied.
    pub(super) fn after(index: Option<&Index<'_>>, base: &str) -> Self {
        let Some(index) = index else { return Self { base: base.to_owned(), ..Self::default() } };
        let names: Vec<String> = index.names.iter().map(|&name| name.to_owned()).collect();
        let numbers = names.iter().cloned().zip(0..).collect();
        Self { base: index.base.to_owned(), names, numbers }
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    pub(super) fn run(
        &mut self,
        record: &RunRecord,
        watch: &[String],
        stamp: u64,
        is_settled: bool,
    ) -> Vec<u8> {
        let uri = record.artifact_uri.as_deref();
        let is_own =
            uri.is_some_and(|uri| uri == own_uri(&self.base, &record.experiment_id, &record.id));
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let flags = flag(record.deleted, DELETED)
            | flag(is_settled, SETTLED)
            | flag(record.end_time_ms.is_some(), HAS_END)
            | flag(record.deleted_time_ms.is_some(), HAS_DELETED_TIME)
            | flag(is_own, OWN_URI)
            | flag(uri.is_some() && !is_own, HAS_URI);
        let mut bytes = Vec::with_capacity(512);
        put_text(&mut bytes, &record.id);
        bytes.push(flags);
        bytes.extend(stamp.to_le_bytes());
        bytes.push(record.status.code().to_le_bytes()[0]);
        bytes.extend(record.start_time_ms.to_le_bytes());
        bytes.extend(record.end_time_ms.iter().flat_map(|time| time.to_le_bytes()));
        bytes.extend(record.deleted_time_ms.iter().flat_map(|time| time.to_le_bytes()));
        put_text(&mut bytes, &record.name);
        put_text(&mut bytes, &record.user);
        if let Some(uri) = uri.filter(|_| !is_own) {
            put_text(&mut bytes, uri);
        }
        let mut section = Vec::new();
        for name in watch {
            put_number(&mut section, self.number(name));
        }
        put_section(&mut bytes, &mut section);
        for (key, value) in &record.metrics {
            put_number(&mut section, self.number(key));
            section.extend(value.to_bits().to_le_bytes());
        }
        put_section(&mut bytes, &mut section);
        for texts in [&record.params, &record.tags] {
            for (key, text) in texts {
                put_number(&mut section, self.number(key));
                put_text(&mut section, text);
            }
            put_section(&mut bytes, &mut section);
        }
        for input in &record.inputs {
            for text in [&input.name, &input.digest, &input.source_type] {
                put_text(&mut section, text);
            }
            put_number(&mut section, input.tags.len());
            for (key, text) in &input.tags {
                put_text(&mut section, key);
                put_text(&mut section, text);
            }
        }
        put_section(&mut bytes, &mut section);
        bytes
    }

    pub(super) fn file(&self, mark: Mark, open: &[Open], blocks: &[NewBlock<'_>]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        put_text(&mut bytes, &self.base);
        bytes.extend(mark.journal.to_le_bytes());
        bytes.extend(mark.position.to_le_bytes());
        put_number(&mut bytes, open.len());
        for open in open {
            bytes.extend(open.writer.to_le_bytes());
            put_text(&mut bytes, &open.run);
        }
        put_number(&mut bytes, self.names.len());
        self.names.iter().for_each(|name| put_text(&mut bytes, name));
        put_number(&mut bytes, blocks.len());
        for block in blocks {
            put_text(&mut bytes, block.id);
            let flag = |is: bool, flag: u8| if is { flag } else { 0 };
            bytes.push(flag(block.in_trash, IN_TRASH) | flag(block.is_untrusted, UNTRUSTED));
            bytes.extend(block.stamp.to_le_bytes());
            put_number(&mut bytes, block.others.len());
            block.others.iter().for_each(|name| put_text(&mut bytes, name));
            put_number(&mut bytes, block.runs.len());
            let prefix = |run: &[u8]| run.len() + number_length(run.len());
            put_number(&mut bytes, block.runs.iter().map(|run| prefix(run)).sum());
            for run in &block.runs {
                put_number(&mut bytes, run.len());
                bytes.extend_from_slice(run);
            }
        }
        let checksum = crc32fast::hash(&bytes[HEADER..]);
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[MAGIC.len()..HEADER].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

impl<'a> Block<'a> {
    /// To be written as it was read.
    pub(super) fn copy(&self) -> Option<NewBlock<'a>> {
        let runs = self.entries()?.into_iter().map(|entry| entry.bytes).collect();
        Some(NewBlock {
            id: self.id,
            in_trash: self.in_trash,
            is_untrusted: self.is_untrusted,
            stamp: self.stamp,
            others: self.others.clone(),
            runs,
        })
    }
}
