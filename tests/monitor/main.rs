//! A model at work: what is counted, when it tells, what it learns from those who correct it, and who goes to Production.

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "store")]
mod ab;
mod alerts;
mod counts;
mod drift;
#[cfg(feature = "store")]
mod feedback;
#[cfg(feature = "metrics")]
mod prometheus;
#[cfg(feature = "store")]
mod retrain;
