//! Sentiment as a library.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod classifier;
mod error;
mod fs;
mod parallel;
mod progress;
mod rows;
mod sentiment;

pub mod evaluate;
pub mod text;
pub mod tracker;
mod vectorizer;

pub use classifier::{ClassWeight, Classifier, ClassifierParams, FitOptions, FitReport};
pub use error::{Error, ModelFileError, Result};
pub use progress::{Progress, Stage, Step};
pub use rows::{Matrix, Rows};
pub use sentiment::{Label, Prediction, Sentiment};
pub use vectorizer::{DocFreq, Norm, Vectorizer, VectorizerParams, Vocabulary};
