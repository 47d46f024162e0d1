//! What happened in a run: names and numbers come in, records go out. Knows nothing of models.
//!
//! Training, evaluation and searches report to a [`Tracker`]: one run of an experiment with its params, metrics, tags,
//! artifacts and runs inside it. Take one of ours or bring your own:
//!
//! * [`NoopTracker`] keeps nothing; the default everywhere.
//! * [`MemoryTracker`] keeps everything in memory, for tests and for programs that show a run themselves.
#![cfg_attr(
    feature = "store",
    doc = "* [`Store`] keeps runs as files in MLflow's layout: `mlflow ui` shows them, and runs logged from Python are read back."
)]
#![cfg_attr(
    not(feature = "store"),
    doc = "* With the feature `store`: runs as files in MLflow's layout."
)]
//! * [`FanOutTracker`] tells several trackers, [`FilterTracker`] tells one a part.
#![cfg_attr(
    feature = "tracing",
    doc = "* [`TracingTracker`] makes events of the crate `tracing` of a run."
)]
#![cfg_attr(
    not(feature = "tracing"),
    doc = "* With the feature `tracing`: a run as events of the crate of that name."
)]
//! * Anything else is a few lines away:
//!
//! ```
//! use ressenti::Result;
//! use ressenti::tracker::{RunStatus, Tracker, Value};
//!
//! struct Stderr;
//!
//! #[rustfmt::skip]
//! impl Tracker for Stderr {
//!     fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> { eprintln!("{key} = {value}"); Ok(()) }
//!     fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> { eprintln!("{key}[{step}] {value}"); Ok(()) }
//!     fn set_tag(&self, key: &str, value: &str) -> Result<()> { eprintln!("#{key} {value}"); Ok(()) }
//!     fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> { eprintln!("{path}: {} bytes", bytes.len()); Ok(()) }
//!     fn child(&self, name: &str) -> Result<Box<dyn Tracker>> { eprintln!("inside: {name}"); Ok(Box::new(Stderr)) }
//!     fn finish(&self, status: RunStatus) -> Result<()> { eprintln!("{}", status.name()); Ok(()) }
//! }
//!
//! let tracker: &dyn Tracker = &Stderr;
//! tracker.log_param("C", 1.0.into())?;
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! A tracker that cannot do what it was asked says so with [`TrackingError::Other`](crate::TrackingError::Other), or with
//! [`Error::Io`](crate::Error::Io). Training goes on all the same, and hands the errors back at its end, unless a
//! [`FailurePolicy`] says otherwise.

mod batch;
mod collect;
#[cfg(feature = "tracing")]
mod events;
mod fan_out;
mod filter;
mod input;
mod memory;
pub(crate) mod names;
mod noop;
mod policy;
#[cfg(feature = "store")]
pub(crate) mod store;
mod value;

pub use batch::Batch;
pub(crate) use collect::Collecting;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub use events::TracingTracker;
pub use fan_out::FanOutTracker;
pub use filter::{FilterTracker, RecordKind};
pub use input::DatasetInput;
pub use memory::{MemoryTracker, RunSnapshot};
pub use noop::NoopTracker;
pub use policy::{FailurePolicy, Tracking};
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(feature = "store")))]
pub use store::{
    Collected, ComparedRow, Comparison, Durability, Experiment, Filter, Gc, InputRecord, Listing,
    MetricPoint, NumberField, Order, Rebased, Run, RunPage, RunRecord, RunSearch, RunState, Store,
    TextField, ViewType,
};
pub use value::Value;

use std::sync::Arc;

use crate::error::Result;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunStatus {
    /// Everything was done.
    Finished,
    /// An error ended it.
    Failed,
    /// Someone stopped it.
    Killed,
}

impl RunStatus {
    /// MLflow's word: `FINISHED`, `FAILED` or `KILLED`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
        }
    }
}

/// One run of an experiment: a sink for its params, metrics, tags and artifacts.
///
/// Small enough to implement in ten minutes: all methods take `&self`, none is generic, and later needs will arrive as
/// methods with a default. Keys are MLflow's: at most 250 letters, digits, `_ - . : /` and spaces (no `:` on Windows). A
/// slash makes a path, so `val` and `val/loss` exclude each other.
pub trait Tracker: Send + Sync {
    /// Records a setting of the run. A setting never changes: logging another value under the same key is an error, the
    /// same value is not. Values end after 6,000 characters, as MLflow's do.
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()>;

    /// Records a figure, at a step that the caller counts (0 where there are no steps).
    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()>;

    /// Attaches a note to the run; a later one under the same key replaces it.
    fn set_tag(&self, key: &str, value: &str) -> Result<()>;

    /// Stores a file of the run, or replaces it. `path` is relative, its parts separated by `/`; it cannot leave the run.
    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()>;

    /// Starts a run inside this one, such as one trial of a search.
    fn child(&self, name: &str) -> Result<Box<dyn Tracker>>;

    /// Ends the run. Once is enough: ending it again in the same way changes nothing, in another way is an error.
    fn finish(&self, status: RunStatus) -> Result<()>;
}

macro_rules! forward_to_inner {
    ($($pointer:ty),*) => {$(
        impl<T: Tracker + ?Sized> Tracker for $pointer {
            fn log_param(&self, key: &str, value: Value<'_>) -> Result<()> {
                (**self).log_param(key, value)
            }
            fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
                (**self).log_metric(key, value, step)
            }
            fn set_tag(&self, key: &str, value: &str) -> Result<()> {
                (**self).set_tag(key, value)
            }
            fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
                (**self).log_artifact(path, bytes)
            }
            fn child(&self, name: &str) -> Result<Box<dyn Tracker>> {
                (**self).child(name)
            }
            fn finish(&self, status: RunStatus) -> Result<()> {
                (**self).finish(status)
            }
        }
    )*};
}
forward_to_inner!(&T, Box<T>, Arc<T>);
