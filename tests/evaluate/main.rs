//! How good a model is, and which is best: figures are scikit-learn's and SciPy's, and a search finds what its trials would have.

#[path = "../common/mod.rs"]
mod common;

mod folds;
mod parity;
mod properties;
mod select;
mod significance;
