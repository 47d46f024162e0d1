//! Text in, tokens out.
//!
//! An [`Analyzer`] cuts a text into tokens (`segment`, `social`, `characters`), lower-cases them and strips accents
//! (`normalize`), drops stop words, takes lemmas (`lemma`), stems and marks what is negated. Tokens
//! know where they stood in the text. N-grams of them are made where they are counted, in `vectorizer`; how often a
//! token occurs and what it means are not known here.
//!
//! ```
//! use ressenti::text::{Analyzer, Language};
//!
//! let analyzer = Analyzer::social().stemmer(Language::English).build()?;
//! let tokens = analyzer.tokenize("@SkyBird DELAYED again :( #fail");
//! let words: Vec<&str> = tokens.iter().map(|t| t.text()).collect();
//! assert_eq!(words, ["@skybird", "delay", "again", ":(", "#fail"]);
//! # Ok::<(), ressenti::Error>(())
//! ```

mod analyzer;
mod ascii;
mod characters;
mod chars;
mod lemma;
mod negation;
mod normalize;
mod params;
mod segment;
mod social;
mod stem;
mod stopwords;

pub use analyzer::{Analyzer, Token};
pub(crate) use analyzer::{Buffer, Unit, negate};
pub use lemma::{ColumnOrder, Lemmas, PartOfSpeech};
pub use negation::Negation;
pub(crate) use negation::{Role, Scope};
pub use params::{AnalyzerParams, Tokenizer};
pub use social::{Elongation, Entity, Social};
pub use stem::Language;
pub use stopwords::StopWords;

/// Where the stemmers come from.
pub(crate) use stem::{LANGUAGES, STEMMERS};

/// The versions of Unicode that texts are cut, told apart, lower-cased and stripped by. They come with this crate's
/// dependencies and with the compiler, and another may cut a new character in another way.
pub(crate) fn unicode_versions() -> String {
    let dotted = |(major, minor, patch): (u64, u64, u64)| format!("{major}.{minor}.{patch}");
    let bytes =
        |(major, minor, patch): (u8, u8, u8)| dotted((major.into(), minor.into(), patch.into()));
    format!(
        "words {}, categories {}, decompositions {}, case {}",
        dotted(unicode_segmentation::UNICODE_VERSION),
        dotted(unicode_properties::UNICODE_VERSION),
        bytes(unicode_normalization::UNICODE_VERSION),
        bytes(char::UNICODE_VERSION),
    )
}
