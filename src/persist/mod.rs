//! Values in, one file out; and back.
//!
//! `codec` turns values into bytes, `envelope` puts them as sections behind a header with checksums, and `fs` puts the result
//! in place. `floats` and `strings` are how many numbers and many sorted terms take little room. What the values mean is
//! not known here: they check themselves when they are decoded.

pub(crate) mod codec;
mod envelope;
pub(crate) mod floats;
pub(crate) mod strings;
mod version;

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use envelope::{Section, VERSION};
pub(crate) use version::FormatVersion;

use crate::error::{Error, ModelFileError, Result};
use crate::fs;

/// A section that holds a value.
pub(crate) fn section(kind: u16, critical: bool, value: &impl Serialize) -> Section {
    Section { kind, critical, bytes: codec::encode(value) }
}

/// The bytes of a model file.
pub(crate) fn to_bytes(sections: &[Section]) -> Vec<u8> {
    envelope::seal(sections)
}

/// The sections of a model file that are known, whole and unharmed.
pub(crate) struct Sections<'f>(Vec<(u16, &'f [u8])>);

impl<'f> Sections<'f> {
    pub(crate) fn open(file: &'f [u8], known: &[u16]) -> Result<Self> {
        envelope::open(file, known).map(Self).map_err(refused)
    }

    /// The value of a section, if there is one.
    pub(crate) fn find<T: DeserializeOwned>(&self, kind: u16) -> Result<Option<T>> {
        let Some((_, bytes)) = self.0.iter().find(|(found, _)| *found == kind) else {
            return Ok(None);
        };
        codec::decode(bytes).map(Some).map_err(|problem| refused(ModelFileError::Invalid(problem)))
    }

    /// The value of a section that must be there.
    pub(crate) fn get<T: DeserializeOwned>(&self, kind: u16) -> Result<T> {
        self.find(kind)?.ok_or_else(|| missing(kind))
    }
}

fn missing(kind: u16) -> Error {
    refused(ModelFileError::Invalid(format!("there is no section {kind}")))
}

/// The error for bytes that are no model.
pub(crate) fn refused(problem: ModelFileError) -> Error {
    Error::ModelFile { path: None, problem }
}

/// The same error, with the file that it is about.
fn in_file(error: Error, path: &Path) -> Error {
    match error {
        Error::ModelFile { problem, .. } => {
            Error::ModelFile { path: Some(path.to_owned()), problem }
        }
        other => other,
    }
}

/// Writes a model file: after a crash at any moment there is the old one or the new one, whole.
pub(crate) fn save(bytes: &[u8], path: &Path) -> Result<()> {
    fs::write_atomic(path, bytes)
}

/// What `read` makes of a model file.
pub(crate) fn load<T>(path: &Path, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
    read(&fs::read(path)?).map_err(|error| in_file(error, path))
}

/// The card of a model file; nothing behind it is read.
pub(crate) fn peek<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let peek = || {
        let (start, total) = fs::read_part(path, 0, envelope::LONGEST_HEADER as u64)?;
        let entries = envelope::header(&start, total).map_err(refused)?;
        let card = entries.iter().find(|entry| entry.kind == envelope::CARD);
        let card = card.ok_or_else(|| missing(envelope::CARD))?;
        let (bytes, _) = fs::read_part(path, card.start, card.length)?;
        card.check(&bytes).map_err(refused)?;
        codec::decode(&bytes).map_err(|problem| refused(ModelFileError::Invalid(problem)))
    };
    peek().map_err(|error| in_file(error, path))
}

/// How many bytes a value takes within a section.
pub(crate) fn encoded_len(value: &impl Serialize) -> usize {
    codec::encode(value).len()
}
