//! A model from end to end: what it answers, that its file keeps that for ever, and what happens where its input is bad.

#[path = "../common/mod.rs"]
mod common;

mod airline_figures;
mod determinism;
mod errors;
mod golden_v1;
mod hostile_input;
mod malformed;
mod many_texts;
mod plain;
mod presets;
mod prior;
mod prior_weights;
mod prune;
mod public_api;
mod rounding;
mod roundtrip;
mod scoring;
mod sklearn_parity;
#[cfg(feature = "starter")]
mod starter;
