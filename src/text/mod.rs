//! Text in, tokens out.
//!
//! An [`Analyzer`] cuts a text into tokens (`segment`, `social`), lower-cases them, drops stop words and stems. Tokens
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
mod chars;
mod segment;
mod social;
mod stem;
mod stopwords;

pub use analyzer::{Analyzer, AnalyzerParams, Token, Tokenizer};
pub use social::{Elongation, Entity, Social};
pub use stem::Language;
pub use stopwords::StopWords;
