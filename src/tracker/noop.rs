//! The tracker of those who do not track.

use super::{RunStatus, Tracker, Value};
use crate::error::Result;

/// Accepts everything and keeps nothing; the default everywhere.
///
/// ```
/// use ressenti::tracker::{NoopTracker, Tracker};
///
/// NoopTracker.log_metric("accuracy", 0.92, 0)?;
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopTracker;

impl Tracker for NoopTracker {
    fn log_param(&self, _: &str, _: Value<'_>) -> Result<()> {
        Ok(())
    }
    fn log_metric(&self, _: &str, _: f64, _: i64) -> Result<()> {
        Ok(())
    }
    fn set_tag(&self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }
    fn log_artifact(&self, _: &str, _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn child(&self, _: &str) -> Result<Box<dyn Tracker>> {
        Ok(Box::new(Self))
    }
    fn finish(&self, _: RunStatus) -> Result<()> {
        Ok(())
    }
}
