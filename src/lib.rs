//! Sentiment as a library.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod fs;
mod parallel;
mod progress;
mod sentiment;

pub mod evaluate;
pub mod tracker;

pub use error::{Error, ModelFileError, Result, TrackingError};
pub use progress::{Progress, Stage, Step};
pub use sentiment::{Label, Prediction, Sentiment};
