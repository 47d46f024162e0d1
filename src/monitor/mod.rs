//! Predictions come in as they are given; figures, alerts and drift come out: whether the world is still that of the training.
//!
//! A [`Monitor`] stands beside a model and counts (`watch`): requests, latency, errors, labels, scores, lengths, unknown words,
//! over sliding windows (`window`), with the words that are new (`words`, `hitters`). A [`Snapshot`] is all of it as plain data,
//! and those of several machines can be merged. [`Alerts`] tell when a [`Rule`] is broken; [`drift`] tells how far the answers
//! are from the [`Profile`](crate::Profile) that training left in the model file; `feedback` (feature `store`) keeps what users
//! say of answers. Nothing here runs by itself, starts a thread, or asks what time it is: a [`Clock`] is an argument.
//!
//! ```
//! use std::time::Duration;
//! use ressenti::Pipeline;
//! use ressenti::monitor::{Alert, Alerts, Clock, ManualClock, Monitor, Span};
//!
//! let texts = ["lovely crew", "great flight", "lost bag", "late again"];
//! let pipeline = Pipeline::builder().fit(&texts, &[1, 1, 0, 0])?;
//! let monitor = Monitor::of(&pipeline);
//! let clock = ManualClock::default(); // in production SystemClock::new()
//! let mut alerts = Alerts::default();
//! let page = |alert: &Alert| -> ressenti::Result<()> { Ok(println!("{alert}")) };
//!
//! for text in texts {
//!     let prediction = monitor.predict(&pipeline, text, &clock)?;
//!     clock.advance(Duration::from_secs(1));
//! }
//! alerts.check(&monitor, clock.now(), &page)?; // every ten seconds or so
//! let minute = monitor.snapshot(Span::Last(Duration::from_secs(60)), clock.now());
//! assert_eq!(minute.label_share("1"), Some(0.5));
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! # What is exact and what is not
//!
//! Counts and histograms are whole numbers, and merging adds them exactly. Latency and length are told to within 3.2 %, by the
//! bins of [`Histogram`]. Words come from a sample of the texts, one in eight by default; of those each word of the profile is
//! counted exactly, and the most frequent others within the bound of [`Hitters`]. Sequential detectors belong to one stream: they
//! are stored with its state and cannot be merged. A request that finds all buffers in use is not recorded, and counted as
//! [`dropped`](Snapshot::dropped).
//!
//! # What users wrote
//!
//! Texts are not kept. New words are words of texts, though, up to 64 bytes of each: whoever may see a snapshot sees those that
//! are frequent. Starts of texts are kept only [on request](MonitorParams::keep_text_starts).

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
