//! What is wrong with bytes that are no model.

#[cfg(doc)]
use super::Error;

/// The ways in which bytes can fail to be a model; see [`Error::ModelFile`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFileError {
    /// The first bytes are not those of a model file.
    #[error(
        "it starts with {found:?} instead of the mark of a model file; was it written by Pipeline::save?"
    )]
    NotAModel {
        /// The first bytes, at most eight.
        found: Vec<u8>,
    },
    /// Written in a format that this crate does not know.
    #[error(
        "it has format version {found} (ressenti {written_by}), this crate reads {supported}; upgrade ressenti or train again"
    )]
    UnsupportedVersion {
        /// The file's format version.
        found: u32,
        /// The version of the crate that wrote it.
        written_by: String,
        /// The format version this crate reads.
        supported: u32,
    },
    /// A part that scores depend on was added by a later version of the crate.
    #[error(
        "its section {kind} (ressenti {written_by}) is not known to this crate, and scores depend on it; upgrade ressenti"
    )]
    UnknownSection {
        /// What kind of section it is.
        kind: u16,
        /// The version of the crate that wrote it.
        written_by: String,
    },
    /// Shorter or longer than its header says.
    #[error("it is {found} bytes long, its header says {expected}; copy it again from its source")]
    WrongLength {
        /// Bytes there should be.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The bytes were changed after they were written.
    #[error(
        "its checksum is {found:08x}, the file says {expected:08x}; it was damaged, copy it again from its source"
    )]
    Checksum {
        /// The checksum stored in the file.
        expected: u32,
        /// The checksum of what was read.
        found: u32,
    },
    /// The checksum is right but the content is not a valid model.
    #[error("its content is invalid: {0}")]
    Invalid(String),
}
