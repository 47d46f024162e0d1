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
