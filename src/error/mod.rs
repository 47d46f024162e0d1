//! The one error type of the crate.
//!
//! Every message says what was found, what is allowed and what to do. Errors of other crates stay out of the variants, so
//! that upgrading a dependency never changes this interface; what they say becomes part of the text.

mod model_file;
mod registry;
mod tracking;

pub use model_file::ModelFileError;
pub use registry::RegistryError;
pub use tracking::TrackingError;

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
