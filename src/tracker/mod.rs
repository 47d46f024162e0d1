//! What happened in a run: names and numbers come in, records go out. Knows nothing of models.

mod collect;
mod noop;
mod value;

pub(crate) use collect::Collecting;
pub use noop::NoopTracker;
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

/// One run of an experiment: a sink for its params, metrics, tags and artifacts.
///
/// Small enough to implement in ten minutes: all methods take `&self`, none is generic, and later needs will arrive as
/// methods with a default. Keys are MLflow's: letters, digits, `_ - . : / ` and space.
pub trait Tracker: Send + Sync {
    /// Records a setting of the run. A setting never changes: logging another value under the same key is an error.
    fn log_param(&self, key: &str, value: Value<'_>) -> Result<()>;

    /// Records a figure, at a step that the caller counts (0 where there are no steps).
    fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()>;

    /// Attaches a note to the run; a later one under the same key replaces it.
    fn set_tag(&self, key: &str, value: &str) -> Result<()>;

    /// Stores a file of the run. `path` is relative, its parts separated by `/`.
    fn log_artifact(&self, path: &str, bytes: &[u8]) -> Result<()>;

    /// Starts a run inside this one, such as one trial of a search.
    fn child(&self, name: &str) -> Result<Box<dyn Tracker>>;

    /// Ends the run.
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
