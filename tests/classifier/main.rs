//! From rows to answers: every solver is at its minimum, figures are scikit-learn's, and awkward data has an answer or an error.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod calibration_by_folds;
mod every_algorithm;
mod linear_parity;
mod linear_properties;
mod online;
mod penalised_twin;
mod properties;
mod prune;
mod solvers;
