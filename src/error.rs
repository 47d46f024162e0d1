//! The one error type of the crate.
//!
//! Every message says what was found, what is allowed and what to do. Errors of other crates stay out of the variants, so
//! that upgrading a dependency never changes this interface; what they say becomes part of the text.

use std::io;
use std::path::PathBuf;

/// What every fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong.
///
/// ```
/// use ressenti::{DocFreq, Error, Vectorizer};
///
/// let error = Vectorizer::tfidf().max_df(DocFreq::Fraction(1.7)).fit(&["good", "bad"]).unwrap_err();
/// assert!(matches!(error, Error::InvalidParameter { name: "max_df", .. }));
/// assert_eq!(error.to_string(), "max_df 1.7 is outside 0.0..=1.0; use DocFreq::Count for absolute counts");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is outside its legal range. Raised by `fit`, before any work, and by loading.
    #[error("{name} {found} {expected}")]
    InvalidParameter {
        /// The setter's name.
        name: &'static str,
        /// The value it was given.
        found: String,
        /// What is allowed and what to do instead.
        expected: &'static str,
    },

    /// There is not a single text to learn from.
    #[error("there are no texts to {task}; give at least one")]
    NoTexts {
        /// What was to be done with them.
        task: &'static str,
    },

    /// Two slices that go together differ in length.
    #[error("there are {expected} {of} but {found} {what}; their numbers must be equal")]
    LengthMismatch {
        /// What the right length comes from, such as `texts`.
        of: &'static str,
        /// How many of those there are.
        expected: usize,
        /// What has the wrong length, such as `labels`.
        what: &'static str,
        /// How many of these there are.
        found: usize,
    },

    /// All training labels are equal, so there is nothing to tell apart.
    #[error("all {rows} labels are {label:?}; a classifier needs texts of at least two classes")]
    OneClass {
        /// How many rows were given.
        rows: usize,
        /// The label they share.
        label: String,
    },

    /// No term survived analysis and pruning.
    #[error("no term is left of {documents} texts: {reason}")]
    EmptyVocabulary {
        /// How many texts were analysed.
        documents: usize,
        /// At which step the last term went, and what to do.
        reason: &'static str,
    },

    /// A text to be scored is empty or only white space.
    #[error(
        "the text is empty or only white space; give a text with at least one character that is not"
    )]
    EmptyText,

    /// A label that training did not see, or a parameter naming a class that does not exist.
    #[error("label {found:?} was not seen in training; the classes are {classes}")]
    UnknownLabel {
        /// The label as given.
        found: String,
        /// The classes of the model, quoted and joined.
        classes: String,
    },

    /// Two parts have different numbers of columns.
    #[error(
        "{what} has {found} columns, expected {expected}; use the vectorizer that the classifier was trained with"
    )]
    ColumnMismatch {
        /// The part that does not fit.
        what: &'static str,
        /// Its columns.
        found: usize,
        /// The columns of the other part.
        expected: usize,
    },

    /// Numbers given as a matrix, as probabilities or as weights are not what they must be.
    #[error("invalid {what}: {problem}")]
    InvalidValues {
        /// The argument at fault.
        what: &'static str,
        /// What was found and what is allowed.
        problem: String,
    },

    /// More terms, texts or bytes than the crate's index types can count.
    #[error("too many {what}: the limit is {limit}")]
    TooLarge {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        limit: u64,
    },

    /// The operating system refused something.
    #[error("cannot {action} {}: {cause}", path.display())]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// What the system answered.
        cause: io::Error,
    },

    /// A file of labelled texts, of lemmas or of WordNet is malformed.
    #[error("{}, line {line}: {problem}", path.display())]
    Dataset {
        /// The file.
        path: PathBuf,
        /// The line at fault; the first is line 1.
        line: usize,
        /// What was found and what is expected.
        problem: String,
    },

    /// Bytes are not a model that this version of the crate can load.
    #[error("not a loadable model{}: {problem}", path.as_ref().map(|p| format!(" ({})", p.display())).unwrap_or_default())]
    ModelFile {
        /// The file, unless the bytes came from memory.
        path: Option<PathBuf>,
        /// In which way.
        problem: ModelFileError,
    },

    /// A tracking store or a call to a tracker is at fault.
    #[error("tracking: {problem}")]
    Tracking {
        /// In which way.
        problem: TrackingError,
    },

    /// A model registry, or a call to one, is at fault.
    #[error("registry: {problem}")]
    Registry {
        /// In which way.
        problem: RegistryError,
    },

    /// The progress callback asked to stop. Nothing is left but what a tracker was told before.
    #[error("cancelled by the progress callback; nothing was kept")]
    Cancelled,
}

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

/// The ways in which tracking can fail; see [`Error::Tracking`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackingError {
    /// A key, an artifact's path or an experiment's name that MLflow could not hold or open.
    #[error("{what} {found:?} {problem}")]
    InvalidName {
        /// What was to be named, such as `param key`.
        what: &'static str,
        /// The name as given, cut if very long.
        found: String,
        /// What is wrong with it and what is allowed.
        problem: String,
    },
    /// A param was logged again with another value. The wording is MLflow's.
    #[error(
        "Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run ID='{run_id}'. Attempted logging new value '{new}'."
    )]
    ParamChanged {
        /// The param.
        key: String,
        /// The run; `memory` if it is kept in memory.
        run_id: String,
        /// The value it has and keeps.
        old: String,
        /// The value that was refused.
        new: String,
    },
    /// A run that has ended was to end in another way.
    #[error("run {run_id} has ended {ended} and cannot end {asked} too; call finish once")]
    RunEnded {
        /// The run; `memory` if it is kept in memory.
        run_id: String,
        /// How it ended.
        ended: &'static str,
        /// How it was to end now.
        asked: &'static str,
    },
    /// The name belongs to a deleted experiment, which keeps it.
    #[error("experiment {name:?} was deleted and keeps its name ({}); restore it with MLflow or use another name", folder.display())]
    ExperimentDeleted {
        /// The name.
        name: String,
        /// Where the experiment lies.
        folder: PathBuf,
    },
    /// No experiment of the store has that name.
    #[error("there is no experiment {name:?}; the store has {existing}")]
    NoSuchExperiment {
        /// The name as given.
        name: String,
        /// Names that exist, quoted and joined.
        existing: String,
    },
    /// No run of the store has that id.
    #[error("there is no run {id:?} in {}; an id has 32 hexadecimal digits, and Store::runs lists those of an experiment", store.display())]
    NoSuchRun {
        /// The id as given.
        id: String,
        /// The store's folder.
        store: PathBuf,
    },
    /// A run was deleted, and is to be restored before it is read or written.
    #[error("run {run_id} was deleted; restore it with MLflow")]
    RunDeleted {
        /// The run.
        run_id: String,
    },
    /// A filter, an order or a page token of a search is none.
    #[error("{what} {text:?} cannot be read at character {at}: {problem}")]
    Query {
        /// Which of them: `filter`, `order_by` or `page token`.
        what: &'static str,
        /// The text as given.
        text: String,
        /// Where it is wrong; the first character is 1.
        at: usize,
        /// What is wrong there and what is allowed.
        problem: String,
    },
    /// The place of a store or of artifacts is not a folder of this machine.
    #[error("{location:?} {problem}; give a path, or a URI such as file:///srv/mlruns")]
    Location {
        /// The place as given.
        location: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of a store is not what MLflow's layout asks for.
    #[error("{} is malformed: {problem}", path.display())]
    Malformed {
        /// The file or folder.
        path: PathBuf,
        /// What was found and what is expected.
        problem: String,
    },
    /// Whatever a tracker of your own has to say.
    #[error("{0}")]
    Other(String),
}

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
    /// There is no such run in the store.
    #[error("there is no run {run_id:?} in {}", store.display())]
    NoSuchRun {
        /// The run's id as given.
        run_id: String,
        /// The store.
        store: PathBuf,
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

impl From<TrackingError> for Error {
    fn from(problem: TrackingError) -> Self {
        Self::Tracking { problem }
    }
}

impl Error {
    /// An [`Error::Io`] for `map_err`.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io { action, path, cause }
    }
}

/// `Err` unless two lengths that go together agree.
pub(crate) fn same_length(
    of: &'static str,
    expected: usize,
    what: &'static str,
    found: usize,
) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::LengthMismatch { of, expected, what, found })
    }
}
