//! Runs and versions of models: MLflow's layout, nothing torn, nothing outside, nothing lost, and found again.

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "store")]
mod mlflow;
#[cfg(feature = "store")]
mod mlflow_registry;
#[cfg(feature = "store")]
mod registry;
#[cfg(feature = "store")]
mod runs;
#[cfg(feature = "store")]
mod search;
#[cfg(feature = "store")]
mod store;
#[cfg(all(feature = "store", unix))]
mod strays;
mod told;
#[cfg(feature = "store")]
mod upkeep;
