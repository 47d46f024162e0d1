//! A user's key and a text come in, the answer of the right side comes out; what the other side would have said, and how long
//! each took, is kept. Who is better is not known here.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::counts::Outcome;
use super::split::{Side, Split};
use crate::error::Result;
use crate::histogram::{Histogram, Scale};
use crate::monitor::Clock;
use crate::pipeline::Pipeline;
use crate::registry::ServedModel;
use crate::sentiment::{Label, Prediction};

/// Places to count in, so that threads that answer at the same time need not wait for each other.
const PLACES: usize = 8;

/// What can take part in an [`Experiment`]: a model that does not change. Of a [`LiveModel`](crate::registry::LiveModel), which
/// does, take [what it serves now](crate::registry::LiveModel::model).
///
/// ```
/// use ressenti::retrain::ab::{Experiment, Model};
/// use ressenti::{Pipeline, Prediction, Result};
///
/// /// Looks at the first line only.
/// struct FirstLine(Pipeline);
///
/// impl Model for FirstLine {
///     fn predict(&self, text: &str) -> Result<Prediction<'_>> {
///         self.0.predict(text.lines().next().unwrap_or(text))
///     }
/// }
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let experiment = Experiment::shadow(pipeline.clone(), FirstLine(pipeline));
/// # let _ = experiment;
/// # Ok::<(), ressenti::Error>(())
/// ```
pub trait Model {
    /// The sentiment of a text.
    fn predict(&self, text: &str) -> Result<Prediction<'_>>;
}

impl Model for Pipeline {
    fn predict(&self, text: &str) -> Result<Prediction<'_>> {
        self.predict(text)
    }
}

impl Model for ServedModel {
    fn predict(&self, text: &str) -> Result<Prediction<'_>> {
        self.predict(text)
    }
}

impl<M: Model + ?Sized> Model for &M {
    fn predict(&self, text: &str) -> Result<Prediction<'_>> {
        (**self).predict(text)
    }
}

impl<M: Model + ?Sized> Model for Arc<M> {
    fn predict(&self, text: &str) -> Result<Prediction<'_>> {
        (**self).predict(text)
    }
}

/// Two models at work: which of them answers whom, and what it took.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::SystemClock;
/// use ressenti::retrain::ab::{Experiment, Side, Split};
///
/// let champion = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let challenger = Pipeline::builder().fit(&["lovely #newapp", "lost bag"], &["positive", "negative"])?;
/// let experiment = Experiment::split(Split::new("v2", 0.5)?, champion, challenger);
///
/// let clock = SystemClock::new();
/// let served = experiment.predict("user 3", "lovely", &clock)?;
/// assert_eq!(served.side(), Side::Challenger);
/// assert_eq!(served.prediction().label(), "positive");
///
/// experiment.stop(); // say the guard found harm
/// assert_eq!(experiment.predict("user 3", "lovely", &clock)?.side(), Side::Champion);
/// assert_eq!(experiment.figures().challenger.requests, 1);
/// # Ok::<(), ressenti::Error>(())
/// ```
pub struct Experiment<A, B> {
    /// `None` in shadow mode.
    split: Option<Split>,
    champion: A,
    challenger: B,
    stopped: AtomicBool,
    /// Each counts some of the requests.
    figures: [Mutex<ServingFigures>; PLACES],
    /// Requests that found no place.
    dropped: AtomicU64,
}

impl<A, B> Experiment<A, B> {
    /// Each user is answered by one side.
    #[must_use]
    pub fn split(split: Split, champion: A, challenger: B) -> Self {
        Self::new(Some(split), champion, challenger)
    }

    /// The champion answers everybody; the challenger answers too, after it, and nobody sees it.
    #[must_use]
    pub fn shadow(champion: A, challenger: B) -> Self {
        Self::new(None, champion, challenger)
    }

    fn new(split: Option<Split>, champion: A, challenger: B) -> Self {
        let (stopped, figures) = (AtomicBool::new(false), Default::default());
        Self { split, champion, challenger, stopped, figures, dropped: AtomicU64::new(0) }
    }

    /// Takes the challenger out: from now on the champion answers everybody, alone. For good; a new try is a new experiment.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The champion.
    #[must_use]
    pub fn champion(&self) -> &A {
        &self.champion
    }

    /// The challenger.
    #[must_use]
    pub fn challenger(&self) -> &B {
        &self.challenger
    }

    /// What each side had to do so far.
    #[must_use]
    pub fn figures(&self) -> ServingFigures {
        let dropped = self.dropped.load(Ordering::Relaxed);
        let mut all = ServingFigures { dropped, ..ServingFigures::default() };
        for place in &self.figures {
            all.absorb(&place.lock().unwrap_or_else(PoisonError::into_inner));
        }
        all
    }

    /// A place to count in that nobody uses, looked for twice. Who answers waits for nobody.
    fn place(&self) -> Option<MutexGuard<'_, ServingFigures>> {
        self.figures.iter().chain(&self.figures).find_map(|place| match place.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }
}

impl<A: Model, B: Model> Experiment<A, B> {
    /// Whose answer the user of this key sees now.
    #[must_use]
    pub fn side(&self, key: &str) -> Side {
        match &self.split {
            Some(split) if !self.is_stopped() => split.side(key),
            _ => Side::Champion,
        }
    }

    /// The sentiment of a text for the user of this key: by the side that is theirs, or in shadow mode by the champion.
    ///
    /// Errors: those of the side that answers. In shadow mode the challenger's are counted, and nobody else's trouble.
    pub fn predict(
        &self,
        key: &str,
        text: &str,
        clock: &(impl Clock + ?Sized),
    ) -> Result<Served<'_>> {
        let side = self.side(key);
        let (answer, took) = match side {
            Side::Champion => timed(&self.champion, text, clock),
            Side::Challenger => timed(&self.challenger, text, clock),
        };
        let answered = match (&self.split, self.is_stopped()) {
            (Some(_), _) => Answered::ByOne,
            (None, false) => Answered::ByBoth,
            (None, true) => Answered::Alone,
        };
        let is_shadowed = answered == Answered::ByBoth;
        let shadow = is_shadowed.then(|| timed(&self.challenger, text, clock));

        if let Some(mut figures) = self.place() {
            figures.of(side).add(&answer, took);
            if let Some((shadow, took)) = &shadow {
                figures.challenger.add(shadow, *took);
                if let (Ok(answer), Ok(shadow)) = (&answer, shadow) {
                    figures.compared += 1;
                    figures.disagreements += u64::from(answer.label() != shadow.label());
                }
            }
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        let shadow = shadow.and_then(|(shadow, _)| shadow.ok());
        Ok(Served { side, prediction: answer?, answered, shadow })
    }
}

fn timed<'m>(
    model: &'m impl Model,
    text: &str,
    clock: &(impl Clock + ?Sized),
) -> (Result<Prediction<'m>>, Duration) {
    let began = clock.now();
    let answer = model.predict(text);
    (answer, clock.now().saturating_sub(began))
}

impl<A: fmt::Debug, B: fmt::Debug> fmt::Debug for Experiment<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("split", &self.split)
            .field("champion", &self.champion)
            .field("challenger", &self.challenger)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

/// What an [`Experiment`] answered to one text.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::ManualClock;
/// use ressenti::retrain::ab::{Experiment, Outcome};
///
/// let champion = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let challenger = Pipeline::builder().fit(&["lost crew", "lovely bag"], &["negative", "positive"])?;
/// let experiment = Experiment::shadow(champion, challenger);
/// let served = experiment.predict("user 3", "my bag", &ManualClock::default())?;
/// assert_eq!(served.prediction().label(), "negative");
/// assert_eq!(served.shadow().unwrap().label(), "positive");
/// // Once the user has said what is right:
/// assert_eq!(served.outcome("negative"), Some(Outcome::Both { champion: true, challenger: false }));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Served<'m> {
    side: Side,
    prediction: Prediction<'m>,
    answered: Answered,
    shadow: Option<Prediction<'m>>,
}

/// Who answered a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// One side of two.
    ByOne,
    /// The champion and its shadow.
    ByBoth,
    /// The champion, whose shadow was taken out.
    Alone,
}

impl<'m> Served<'m> {
    /// Whose answer it is.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// The answer, to be shown.
    #[must_use]
    pub fn prediction(&self) -> &Prediction<'m> {
        &self.prediction
    }

    /// The challenger's answer in shadow mode, not to be shown; `None` too if it failed.
    #[must_use]
    pub fn shadow(&self) -> Option<&Prediction<'m>> {
        self.shadow.as_ref()
    }

    /// What it turned out to be, now that it is known what was right: of both sides in shadow mode, where a challenger that
    /// failed was wrong, else of the one that answered. `None` where a shadow experiment was [stopped](Experiment::stop): with
    /// one side alone there is nothing to compare, and [`AbTest::record`](super::AbTest::record) counts nothing.
    #[must_use]
    pub fn outcome(&self, truth: impl Label) -> Option<Outcome> {
        let truth = truth.as_label();
        let right = self.prediction.label() == truth;
        match self.answered {
            Answered::ByOne => Some(Outcome::One { side: self.side, right }),
            Answered::ByBoth => {
                let challenger = self.shadow.as_ref().is_some_and(|shadow| shadow.label() == truth);
                Some(Outcome::Both { champion: right, challenger })
            }
            Answered::Alone => None,
        }
    }

    /// The same, independent of the models' lifetime.
    #[must_use]
    pub fn into_owned(self) -> Served<'static> {
        Served {
            prediction: self.prediction.into_owned(),
            shadow: self.shadow.map(Prediction::into_owned),
            ..self
        }
    }
}

/// What the sides of an [`Experiment`] had to do.
///
/// ```
/// use ressenti::retrain::ab::ServingFigures;
///
/// assert_eq!(ServingFigures::default().disagreement(), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServingFigures {
    /// The champion's.
    pub champion: SideFigures,
    /// The challenger's, in shadow mode too.
    pub challenger: SideFigures,
    /// Texts that both sides answered, in shadow mode.
    pub compared: u64,
    /// Those of them on which their labels differ.
    pub disagreements: u64,
    /// Requests that were answered and are not counted here, because all places to count in were in use.
    #[serde(default)]
    pub dropped: u64,
}

impl ServingFigures {
    /// The share of the texts both answered on which their labels differ; `None` of none.
    #[must_use]
    pub fn disagreement(&self) -> Option<f64> {
        (self.compared > 0).then(|| self.disagreements as f64 / self.compared as f64)
    }

    fn absorb(&mut self, other: &Self) {
        self.champion.absorb(&other.champion);
        self.challenger.absorb(&other.challenger);
        self.compared += other.compared;
        self.disagreements += other.disagreements;
        self.dropped += other.dropped;
    }

    fn of(&mut self, side: Side) -> &mut SideFigures {
        match side {
            Side::Champion => &mut self.champion,
            Side::Challenger => &mut self.challenger,
        }
    }
}

/// What one side of an [`Experiment`] had to do.
///
/// ```
/// use ressenti::retrain::ab::SideFigures;
///
/// let figures = SideFigures::default();
/// assert_eq!((figures.requests, figures.latency_ms(0.95)), (0, None));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SideFigures {
    /// Texts that it was asked about.
    pub requests: u64,
    /// Those that it could not answer.
    pub errors: u64,
    /// How long it took, in nanoseconds.
    pub latency: Histogram,
}

impl Default for SideFigures {
    fn default() -> Self {
        Self { requests: 0, errors: 0, latency: Histogram::new(Scale::Log) }
    }
}

impl SideFigures {
    /// A quantile of the time that it took, in milliseconds; `None` of no request.
    #[must_use]
    pub fn latency_ms(&self, quantile: f64) -> Option<f64> {
        self.latency.quantile(quantile).map(|nanos| nanos as f64 / 1e6)
    }

    fn absorb(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.latency.absorb(&other.latency);
    }

    fn add(&mut self, answer: &Result<Prediction<'_>>, took: Duration) {
        self.requests += 1;
        self.errors += u64::from(answer.is_err());
        self.latency.record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::ManualClock;

    #[test]
    fn who_answers_waits_for_no_place_to_count_in() {
        let texts = ["lovely crew", "lost bag"];
        let model = Pipeline::builder().fit(&texts, &["positive", "negative"]).unwrap();
        let experiment = Experiment::shadow(&model, &model);
        let clock = ManualClock::default();
        experiment.predict("a", "lost", &clock).unwrap();
        let held: Vec<_> = experiment.figures.iter().map(|place| place.lock().unwrap()).collect();
        assert_eq!(
            experiment.predict("a", "lost", &clock).unwrap().prediction().label(),
            "negative"
        );
        drop(held);
        let figures = experiment.figures();
        assert_eq!((figures.champion.requests, figures.compared, figures.dropped), (1, 1, 1));
    }
}
