//! Sentiment as a library.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod classifier;
mod error;
mod fs;
mod parallel;
mod persist;
mod pipeline;
mod progress;
mod random;
mod rows;
mod sentiment;
mod vectorizer;

pub mod dataset;
pub mod evaluate;
pub mod text;
pub mod tracker;

pub use classifier::{ClassWeight, Classifier, ClassifierParams, FitOptions, FitReport};
pub use error::{Error, ModelFileError, Result};
pub use pipeline::{Contribution, Explanation, Pipeline, PipelineBuilder};
pub use progress::{Progress, Stage, Step};
pub use rows::{Matrix, Rows};
pub use sentiment::{Label, Prediction, Sentiment};
pub use vectorizer::{DocFreq, Norm, Vectorizer, VectorizerParams, Vocabulary};
