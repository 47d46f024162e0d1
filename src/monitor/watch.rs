//! Predictions come in from any number of threads, figures of them come out at any moment.
//!
//! To record is to put a few numbers into a buffer: nothing is locked that anybody could be waited for, and now and then the
//! thread that fills a buffer works off all of them if nobody else is at it. How a model comes to its predictions is not
//! known here.

use std::borrow::Cow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::buffers::{Buffers, Pushed, available, locked, once_in};
use super::clock::{Clock, millis, nanos};
use super::figures::{Event, Figures, Outcome, kind_of};
use super::params::MonitorParams;
use super::scrub::Scrubber;
use super::snapshot::{Snapshot, Span};
use super::stream::Stream;
use super::volume::UsualVolume;
use super::words::{WordWatch, digest_of};
use crate::error::Result;
use crate::pipeline::{Answer, Pipeline, Profile, WordCounts};
use crate::sentiment::Prediction;

/// Watches a model at work.
///
/// All methods take `&self`, from any thread. [`record`](Self::record) takes some 100 ns and waits for nobody. Memory is
/// bounded, whatever comes.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::{Clock, ManualClock, Monitor, Span};
///
/// let texts = ["lovely crew", "great flight", "lost bag", "late again"];
/// let pipeline = Pipeline::builder().fit(&texts, &["positive", "positive", "negative", "negative"])?;
/// let (monitor, clock) = (Monitor::of(&pipeline), ManualClock::default()); // or SystemClock::new()
///
/// let prediction = monitor.predict(&pipeline, "a lovely flight", &clock)?;
/// assert_eq!(prediction.label(), "positive");
/// assert!(monitor.predict(&pipeline, "", &clock).is_err());
///
/// let snapshot = monitor.snapshot(Span::All, clock.now());
/// assert_eq!((snapshot.figures.requests(), snapshot.figures.failed()), (2, 1));
/// assert_eq!(snapshot.figures.latency_ms(0.99), Some(0.0)); // the clock stood still
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug)]
pub struct Monitor {
    pub(super) params: MonitorParams,
    pub(super) classes: Vec<String>,
    pub(super) positive: usize,
    pub(super) profile: Option<Profile>,
    no_words: WordCounts,
    buffers: Buffers<Event>,
    pub(super) core: Mutex<Core>,
    pub(super) words: Mutex<WordWatch>,
    pub(super) dropped: AtomicU64,
    scrubber: Option<Scrubber>,
}

/// What one thread works on at a time.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) stream: Stream,
    spare: Vec<Event>,
}

impl Monitor {
    /// A monitor of a model, with the default settings.
    #[must_use]
    pub fn of(pipeline: &Pipeline) -> Self {
        let params = MonitorParams::default();
        let stream = Stream::new(&params, pipeline.classes().len());
        Self::new(pipeline, params, stream, None)
    }

    /// A monitor of a model with its classes, its positive class, and its profile as what drift is measured against.
    ///
    /// Errors: [`Error::InvalidParameter`](crate::Error::InvalidParameter) for a setting out of range.
    pub fn with(pipeline: &Pipeline, params: MonitorParams) -> Result<Self> {
        params.validate()?;
        let stream = Stream::new(&params, pipeline.classes().len());
        Ok(Self::new(pipeline, params, stream, None))
    }

    pub(super) fn new(
        pipeline: &Pipeline,
        params: MonitorParams,
        stream: Stream,
        words: Option<WordWatch>,
    ) -> Self {
        let no_words = WordCounts::default();
        let profile = pipeline.profile().cloned();
        let words = words.unwrap_or_else(|| {
            let reference = profile.as_ref().map_or(&no_words, |profile| &profile.words);
            WordWatch::new(reference, params.word_span)
        });
        Self {
            classes: pipeline.classes().to_vec(),
            positive: pipeline.classifier().positive(),
            profile,
            no_words,
            buffers: Buffers::new(params.shards),
            core: Mutex::new(Core { stream, spare: Vec::new() }),
            words: Mutex::new(words),
            dropped: AtomicU64::new(0),
            scrubber: params.keep_text_starts.then(Scrubber::new),
            params,
        }
    }

    /// Its settings.
    pub fn params(&self) -> &MonitorParams {
        &self.params
    }

    /// The profile of the model, if it has one.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// [`Pipeline::predict`], timed and recorded, errors included.
    ///
    /// Errors: those of `Pipeline::predict`.
    pub fn predict<'p>(
        &self,
        pipeline: &'p Pipeline,
        text: &str,
        clock: &(impl Clock + ?Sized),
    ) -> Result<Prediction<'p>> {
        self.watch(text, clock, || pipeline.predict(text))
    }

    /// Whatever scores a text, timed and recorded, errors included: for models that are no `Pipeline` of your own.
    ///
    /// Errors: those of `score`.
    ///
    /// ```
    /// use ressenti::monitor::{ManualClock, Monitor};
    /// use ressenti::{Pipeline, Scratch};
    ///
    /// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
    /// let (monitor, clock, mut scratch) = (Monitor::of(&pipeline), ManualClock::default(), Scratch::new());
    /// let prediction = monitor.watch("lost", &clock, || pipeline.predict_with("lost", &mut scratch))?;
    /// assert_eq!(prediction.label(), "negative");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn watch<'p>(
        &self,
        text: &str,
        clock: &(impl Clock + ?Sized),
        score: impl FnOnce() -> Result<Prediction<'p>>,
    ) -> Result<Prediction<'p>> {
        let began = clock.now();
        let result = score();
        let now = clock.now();
        let latency = now.saturating_sub(began);
        match &result {
            Ok(prediction) => self.record(text, prediction, latency, now),
            Err(error) => self.record_error(&kind_of(error), latency, now),
        }
        result
    }

    /// Records an answer that was given now, and took so long.
    #[inline]
    pub fn record(
        &self,
        text: &str,
        prediction: &Prediction<'_>,
        latency: Duration,
        now: Duration,
    ) {
        let answer = Answer::new(text, prediction, &self.classes, self.positive);
        let low = f64::from(answer.probability) < self.params.low_confidence;
        let start = if low { self.low_confidence(text, prediction, latency) } else { None };
        let outcome = Outcome::Answer(answer, start);
        self.push(Event { at: millis(now), latency: nanos(latency), outcome });
        if once_in(self.params.word_sampling)
            && let Some(mut words) = available(&self.words)
        {
            words.look_at(text, self.reference_words());
        }
    }

    /// What is kept of an answer that is not sure.
    #[cold]
    fn low_confidence(
        &self,
        text: &str,
        prediction: &Prediction<'_>,
        latency: Duration,
    ) -> Option<Box<str>> {
        let start = self.scrubber.as_ref().map(|scrubber| scrubber.start(text));
        #[cfg(feature = "tracing")]
        super::trace::low_confidence(text, prediction, latency, start.as_deref());
        #[cfg(not(feature = "tracing"))]
        let _ = (prediction, latency);
        start
    }

    /// Records a request that failed now after so long, in the library or around it. `kind` is a short name, such as
    /// `timeout`; 32 of them are told apart.
    pub fn record_error(&self, kind: &str, latency: Duration, now: Duration) {
        #[cfg(feature = "tracing")]
        super::trace::error(kind, latency);
        let kind: String = kind.chars().take(64).collect();
        let outcome = Outcome::Error(Cow::Owned(kind));
        self.push(Event { at: millis(now), latency: nanos(latency), outcome });
    }

    /// Records whether an answer turned out right, for the detector of shifts in correctness. Waits for whoever is at work on
    /// the figures: call it where corrections come in, not where texts are scored.
    pub fn record_outcome(&self, right: bool, now: Duration) {
        locked(&self.core).stream.record_outcome(right, millis(now));
    }

    #[inline]
    fn push(&self, event: Event) {
        match self.buffers.push(event) {
            Pushed::Yes => {}
            Pushed::Enough => {
                if let Some(mut core) = available(&self.core) {
                    self.collect(&mut core, false);
                }
            }
            Pushed::Dropped => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Works off the buffers.
    fn collect(&self, Core { stream, spare }: &mut Core, wait: bool) {
        #[cfg(feature = "metrics")]
        let mut batch = super::publish::Batch::new(self.classes.len(), self.params.low_confidence);
        self.buffers.collect(spare, wait, |event| {
            #[cfg(feature = "metrics")]
            batch.add(&event);
            stream.record(event, &self.params, &self.classes);
        });
        #[cfg(feature = "metrics")]
        batch.publish(&self.classes);
    }

    /// What `look` makes of the figures, once all that was recorded is in them.
    pub(super) fn settled<R>(&self, look: impl FnOnce(&mut Stream) -> R) -> R {
        let mut core = locked(&self.core);
        self.collect(&mut core, true);
        look(&mut core.stream)
    }

    pub(super) fn reference_words(&self) -> &WordCounts {
        self.profile.as_ref().map_or(&self.no_words, |profile| &profile.words)
    }

    /// Works off what was recorded, so that exporters of the feature `metrics` see it. [`snapshot`](Self::snapshot) does so
    /// too, and recording after each 256 requests.
    pub fn flush(&self) {
        self.settled(|_| ());
    }

    /// What is known now. Who records meanwhile does not wait for it.
    #[must_use]
    pub fn snapshot(&self, span: Span, now: Duration) -> Snapshot {
        let now = millis(now);
        let words = locked(&self.words).spans().figures();
        self.settled(|stream| {
            let mut figures = Figures::new(self.classes.len());
            let mut from = now;
            match span {
                Span::All => {
                    figures.absorb(&stream.total);
                    from = stream.began.unwrap_or(now);
                }
                Span::Last(span) => {
                    for (began, slot) in stream.by_time.back(now, millis(span)) {
                        if let Some(slot) = slot {
                            figures.absorb(slot);
                        }
                        from = began;
                    }
                    from = from.max(stream.began.unwrap_or(now));
                }
                Span::Recent => {
                    let mut slots = stream.by_count.slots().peekable();
                    from = slots.peek().map_or(now, |(began, _)| *began);
                    slots.for_each(|(_, slot)| figures.absorb(slot));
                }
            }
            let from = from.min(now);
            Snapshot {
                classes: self.classes.clone(),
                from_ms: from,
                to_ms: now,
                figures,
                dropped: self.dropped.load(Ordering::Relaxed),
                words,
                profile_words: digest_of(self.reference_words()),
                low_confidence: stream
                    .low
                    .iter()
                    .filter(|low| low.at_ms >= from)
                    .cloned()
                    .collect(),
                shifts: stream.shifts.iter().filter(|found| found.at_ms >= from).cloned().collect(),
            }
        })
    }

    /// How many requests are usual at each hour of the day, as far as was seen.
    #[must_use]
    pub fn usual_volume(&self) -> UsualVolume {
        self.settled(|stream| stream.volume.clone())
    }

    /// Says what is usual in an hour of the day (UTC, 0 to 23), where the application knows better than one that has just
    /// begun to watch.
    pub fn set_usual_volume(&self, hour: usize, requests: f64) {
        self.settled(|stream| stream.volume.set(hour, requests));
    }
}
