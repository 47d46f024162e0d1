//! What is wrong with a model registry, or with a call to one.

use std::path::PathBuf;

use super::Error;

/// The ways in which a model registry can fail; see [`Error::Registry`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A name that a registry cannot hold, or that MLflow could not look up.
    #[error("{what} {found:?} {problem}")]
    InvalidName {
        /// What was to be named, such as `model name`.
        what: &'static str,
        /// The name as given, cut if very long.
        found: String,
        /// What is wrong with it and what is allowed.
        problem: String,
    },
    /// No registered model has that name.
    #[error("there is no model {name:?}; the registry has {existing}")]
    NoSuchModel {
        /// The name as given.
        name: String,
        /// Names that exist, quoted and joined.
        existing: String,
    },
    /// The model has no such version, or it was deleted.
    #[error("model {name:?} has no version {version}; it has {existing}")]
    NoSuchVersion {
        /// The model.
        name: String,
        /// The version as given.
        version: u32,
        /// Versions that exist.
        existing: String,
    },
    /// No version of the model is what was asked for.
    #[error("model {name:?} has no version {wanted}; {existing}")]
    NoneFound {
        /// The model.
        name: String,
        /// Which one was asked for, such as `in stage Production`.
        wanted: String,
        /// What there is instead.
        existing: String,
    },
    /// Text that names no model.
    #[error(
        "{uri:?} {problem}; write models:/NAME/VERSION, models:/NAME/STAGE, models:/NAME/latest, models:/NAME@ALIAS or runs:/RUN_ID/PATH"
    )]
    Uri {
        /// The text as given.
        uri: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Where a model should be there is none of this crate.
    #[error("{what} has no model file of this crate: {problem}")]
    NoModelFile {
        /// The version or the URI.
        what: String,
        /// Where it was looked for.
        problem: String,
    },
    /// A model file is another one than was registered.
    #[error(
        "version {version} of model {name:?} is not the file that was registered: the SHA-256 of {} is {found}, registered was {expected}; restore the file, or register it as a new version",
        path.display()
    )]
    Digest {
        /// The model.
        name: String,
        /// The version.
        version: u32,
        /// The file.
        path: PathBuf,
        /// The digest when it was registered.
        expected: String,
        /// The digest of what is there.
        found: String,
    },
    /// Checks that a transition demanded did not hold. Nothing was changed.
    #[error("version {version} of model {name:?} was not moved to {stage}: {}", reasons.join("; "))]
    Refused {
        /// The model.
        name: String,
        /// The version.
        version: u32,
        /// The stage it was to go to.
        stage: &'static str,
        /// Each check that did not hold, in a sentence.
        reasons: Vec<String>,
    },
    /// The version in Production is another one than what was done rests on. Nothing was moved.
    #[error(
        "version {expected} of model {name:?} is not in Production any more: {found}; do it anew, with what is there now"
    )]
    ProductionChanged {
        /// The model.
        name: String,
        /// The version that was there.
        expected: u32,
        /// What is there now, in words.
        found: String,
    },
    /// `archive_existing` with a stage that any number of versions may share.
    #[error(
        "archive_existing is for the stages Staging and Production, not for {stage}; leave it out"
    )]
    ArchiveExisting {
        /// The stage that was given.
        stage: &'static str,
    },
    /// The history knows of no version that was in Production before.
    #[error(
        "model {name:?} cannot be rolled back: its history has no version that was in Production before {current}; move a version to Production by its number"
    )]
    NothingToRollBack {
        /// The model.
        name: String,
        /// What is in Production now.
        current: String,
    },
}

impl From<RegistryError> for Error {
    fn from(problem: RegistryError) -> Self {
        Self::Registry { problem }
    }
}
