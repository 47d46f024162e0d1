//! The model that an application holds: one pointer, which is swapped when the registry says so.
//!
//! Who scores reads the pointer and nothing else. Who refreshes looks the version up, loads it beside the old one, and swaps
//! once it is whole; an answer under way ends with the model it began with. There is no thread here and no clock: who holds
//! the model says when to look.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::uri::{ModelUri, Which, refused};
use super::{ModelVersion, Registry};
use crate::error::Result;
use crate::pipeline::{Pipeline, Scratch};
use crate::sentiment::Prediction;

/// How often [`LiveModel::refresh_if_due`] looks, unless told otherwise.
const EVERY: Duration = Duration::from_secs(30);

/// The model behind a URI such as `models:/sentiment-classifier/Production`, kept up to date for those who score with it.
///
/// Clones are cheap and share the model; reading it takes no lock, also while it is swapped. It looks at the registry when
/// [`refresh`](Self::refresh) or [`refresh_if_due`](Self::refresh_if_due) is called, and at no other time. A version that
/// cannot be loaded never takes the place of one that could.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::registry::{NewVersion, Refresh, Registry, Stage, Transition};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let location = folder.path().join("mlruns");
/// let registry = Registry::open(&location)?;
/// let promote = |labels: [&str; 2]| {
///     let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &labels)?;
///     let version = registry.create_version("crews", NewVersion::from_pipeline(&pipeline))?.version;
///     registry.transition("crews", version, Transition::to(Stage::Production).archive_existing(true))
/// };
/// promote(["positive", "negative"])?;
/// let live = registry.live("models:/crews/Production")?;
/// let model = live.model();
/// assert_eq!(model.predict("good")?.label(), "positive");
///
/// promote(["+", "-"])?;
/// assert_eq!(live.refresh()?, Refresh::Swapped { from: 1, to: 2 });
/// let prediction = live.predict("good")?;
/// assert_eq!((prediction.label(), prediction.model_version()), ("+", Some("2")));
/// // What was read before stays what it was.
/// assert_eq!(model.predict("good")?.model_version(), Some("1"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Clone)]
pub struct LiveModel {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Registry,
    name: String,
    which: Which,
    served: ArcSwap<ServedModel>,
    /// Held by who refreshes, so that no version is loaded twice and none is swapped for an older one.
    refreshing: Mutex<()>,
    every: AtomicU64,
    /// When `refresh_if_due` was called first, and how many nanoseconds after that it looks again.
    begun: OnceLock<Instant>,
    due: AtomicU64,
}

/// What a [`LiveModel`] serves at a moment: a model that does not change, and its version.
pub struct ServedModel {
    pipeline: Pipeline,
    version: ModelVersion,
    number: String,
}

/// What looking at the registry led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refresh {
    /// It was not time to look, or another thread was at it.
    NotDue,
    /// The version that is served still is the right one.
    Unchanged,
    /// Another version is served now.
    Swapped {
        /// The version that was served.
        from: u32,
        /// The version that is served.
        to: u32,
    },
}

impl Registry {
    /// The model that a URI names, to score with and to keep up to date.
    ///
    /// Errors: as for [`resolve`](Self::resolve) and [`ModelVersion::load`]: without a model there is nothing to serve.
    pub fn live(&self, uri: &str) -> Result<LiveModel> {
        let ModelUri::Version { name, which } = ModelUri::parse(uri)? else {
            return Err(refused(uri, "names a model, but no registered version"));
        };
        let version = self.find(&name, &which)?;
        let served = ArcSwap::from_pointee(ServedModel::load(version)?);
        let shared = Shared {
            registry: self.clone(),
            name,
            which,
            served,
            refreshing: Mutex::new(()),
            every: AtomicU64::new(0),
            begun: OnceLock::new(),
            due: AtomicU64::new(0),
        };
        Ok(LiveModel { shared: Arc::new(shared) }.every(EVERY))
    }
}

impl LiveModel {
    /// How often [`refresh_if_due`](Self::refresh_if_due) looks; by default every 30 seconds.
    #[must_use]
    pub fn every(self, interval: Duration) -> Self {
        let nanos = nanos(interval);
        self.shared.every.store(nanos, Ordering::Relaxed);
        self.shared.due.store(nanos, Ordering::Relaxed);
        self
    }

    /// What is served now. Hold it to score several texts with one version, or to lend a text to [`ServedModel::predict`]
    /// without a copy of the label.
    #[must_use]
    pub fn model(&self) -> Arc<ServedModel> {
        self.shared.served.load_full()
    }

    /// The number of the version that is served now.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.shared.served.load().version.version
    }

    /// The sentiment of a text by the version that is served now; [`Prediction::model_version`] says which.
    ///
    /// Errors: as for [`Pipeline::predict`].
    pub fn predict(&self, text: &str) -> Result<Prediction<'static>> {
        self.shared.served.load().predict(text).map(Prediction::into_owned)
    }

    /// Looks at the registry, and serves the version that its URI names now.
    ///
    /// Errors: what kept it from doing so. Then the old version is served on, and the next call tries again.
    pub fn refresh(&self) -> Result<Refresh> {
        // It guards no data, so one that panicked left none half done.
        let _guard = self.shared.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        self.look()
    }

    /// [`refresh`](Self::refresh), if it was not called for as long as [`every`](Self::every) says; the first call starts
    /// the clock. Costs next to nothing until it is time, so it can be called before each text: one of the threads
    /// that call it then looks, and the others go on with the old version.
    ///
    /// Errors: as for [`refresh`](Self::refresh); the next try is due after the same time.
    pub fn refresh_if_due(&self, now: Instant) -> Result<Refresh> {
        let shared = &self.shared;
        let begun = *shared.begun.get_or_init(|| now);
        let (now, due) =
            (nanos(now.saturating_duration_since(begun)), shared.due.load(Ordering::Relaxed));
        let next = now.saturating_add(shared.every.load(Ordering::Relaxed));
        let is_mine =
            || shared.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if now < due || !is_mine() {
            return Ok(Refresh::NotDue);
        }
        match shared.refreshing.try_lock() {
            Ok(_guard) => self.look(),
            Err(std::sync::TryLockError::Poisoned(_guard)) => self.look(),
            Err(std::sync::TryLockError::WouldBlock) => Ok(Refresh::NotDue),
        }
    }

    fn look(&self) -> Result<Refresh> {
        let shared = &self.shared;
        let version = shared.registry.find(&shared.name, &shared.which)?;
        let old = shared.served.load_full();
        // A model that was deleted and registered again has the same numbers.
        let key = |version: &ModelVersion| {
            (version.version, version.creation_time_ms, version.sha256().map(str::to_owned))
        };
        if key(&old.version) == key(&version) {
            return Ok(Refresh::Unchanged);
        }
        let (from, to) = (old.version.version, version.version);
        shared.served.store(Arc::new(ServedModel::load(version)?));
        Ok(Refresh::Swapped { from, to })
    }
}

impl fmt::Debug for LiveModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveModel")
            .field("name", &self.shared.name)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

impl ServedModel {
    fn load(version: ModelVersion) -> Result<Self> {
        let (pipeline, number) = (version.load()?, version.version.to_string());
        Ok(Self { pipeline, version, number })
    }

    /// The model itself; its answers do not say which version it is.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The version, as it was when it was loaded.
    #[must_use]
    pub fn version(&self) -> &ModelVersion {
        &self.version
    }

    /// [`Pipeline::predict`], with the version in the answer.
    pub fn predict(&self, text: &str) -> Result<Prediction<'_>> {
        self.pipeline.predict(text).map(|prediction| self.signed(prediction))
    }

    /// [`Pipeline::predict_with`], with the version in the answer.
    pub fn predict_with(&self, text: &str, scratch: &mut Scratch) -> Result<Prediction<'_>> {
        self.pipeline.predict_with(text, scratch).map(|prediction| self.signed(prediction))
    }

    /// [`Pipeline::predict_batch`], with the version in each answer.
    pub fn predict_batch<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Result<Prediction<'_>>> {
        let predictions = self.pipeline.predict_batch(texts).into_iter();
        predictions.map(|said| said.map(|prediction| self.signed(prediction))).collect()
    }

    fn signed<'m>(&'m self, prediction: Prediction<'m>) -> Prediction<'m> {
        Prediction { model_version: Some(Cow::Borrowed(&self.number)), ..prediction }
    }
}

impl fmt::Debug for ServedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedModel").field("version", &self.version).finish_non_exhaustive()
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
