//! Predictions come in as they are given, figures, alerts and drift come out: whether the world is still that of the training.

mod alerts;
mod buffers;
mod clock;
pub mod drift;
#[cfg(feature = "store")]
pub mod feedback;
mod figures;
mod hitters;
mod params;
#[cfg(feature = "metrics")]
mod publish;
mod scrub;
mod snapshot;
mod state;
mod stream;
#[cfg(feature = "tracing")]
mod trace;
mod volume;
mod watch;
mod window;
mod words;

pub use alerts::{Alert, AlertState, Alerts, Condition, MemorySink, Rule, Severity, Sink};
pub use clock::{Clock, ManualClock, SystemClock};
pub use drift::{PageHinkley, Shift};
pub use figures::Figures;
pub use hitters::{Hitter, Hitters};
pub use params::MonitorParams;
pub use snapshot::{Snapshot, Span};
pub use state::MonitorState;
pub use stream::{FoundShift, LowConfidence};
#[cfg(feature = "tracing")]
pub use trace::TracingSink;
pub use volume::UsualVolume;
pub use watch::Monitor;
pub use words::WordFigures;

pub use crate::histogram::{Histogram, Scale};
pub use crate::pipeline::{Shape, WordCounts};
