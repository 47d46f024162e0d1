//! Which choices of a space are tried: all of them, or some at random. How one is tried is not known here.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::data::Data;
use super::ledger::Ledger;
use super::results::{Choice, SearchResults, choosing};
use super::space::Space;
use super::watch::Watch;
use super::{CvOptions, trials};
use crate::error::{Error, Result};
use crate::evaluate::Folds;
use crate::pipeline::PipelineBuilder;
use crate::random::SplitMix64;
use crate::sentiment::Label;
use crate::tracker::Collecting;
use crate::views::{Labels, Texts};

/// So many trials fit into one table.
const MOST_TRIALS: usize = 100_000;

/// Tries every choice of a [`Space`] on every fold: scikit-learn's `GridSearchCV`.
///
/// Texts are analysed once for each vectorizer and fold, not once for each choice. Trainings that differ in
/// [`c`](crate::ClassifierParams::c) alone start from each other's weights; they stop where they would have stopped from
/// nothing, within [`tol`](crate::ClassifierParams::tol). (An L1 penalty has many minima where columns always go together in
/// the texts, all of the same objective. Which of them is found, and so the answers to other texts, may then depend on the
/// start.)
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::KFold;
/// use ressenti::select::{CvOptions, GridSearch, Metric, Space};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat", "so good", "so bad"];
/// let labels = ["1", "0", "1", "0", "1", "0"];
/// let folds = KFold::new(3).stratified(&labels)?;
/// let space = Space::new(Pipeline::builder()).c([0.1, 1.0, 10.0]);
///
/// let search = GridSearch::new(space).metric(Metric::LogLoss);
/// let results = search.fit(&texts, &labels, &folds, &CvOptions::new())?;
/// assert_eq!(results.best().param("C"), Some("10.0"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct GridSearch {
    space: Space,
    choice: Choice,
}

/// Tries some choices of a [`Space`], drawn at random: scikit-learn's `RandomizedSearchCV` over lists.
///
/// No choice is drawn twice. With as many trials as choices, it is a [`GridSearch`] in another order. For a setting that
/// is a number, give a long list, such as a [`logspace`](super::logspace) of a thousand values.
///
/// ```
/// use ressenti::evaluate::KFold;
/// use ressenti::select::{CvOptions, RandomSearch, Space, logspace};
/// use ressenti::{Pipeline, VectorizerParams};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat", "so good", "so bad"];
/// let labels = ["1", "0", "1", "0", "1", "0"];
/// let folds = KFold::new(3).stratified(&labels)?;
/// let space = Space::new(Pipeline::builder())
///     .vectorizer([false, true], VectorizerParams::sublinear_tf)
///     .c(logspace(-2.0, 2.0, 1000));
///
/// let results = RandomSearch::new(space, 5).seed(7).fit(&texts, &labels, &folds, &CvOptions::new())?;
/// assert_eq!(results.trials().len(), 5);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct RandomSearch {
    space: Space,
    n_trials: usize,
    seed: u64,
    choice: Choice,
}

choosing!(GridSearch);
choosing!(RandomSearch);

impl GridSearch {
    /// Tries all choices of a space; 1 to 100,000 of them.
    pub fn new(space: Space) -> Self {
        Self { space, choice: Choice::default() }
    }

    /// Tries them.
    ///
    /// Errors: those of [`cross_validate`](super::cross_validate), [`Error::InvalidParameter`] for a space without a choice,
    /// a setting out of range in any choice and a metric that does not fit the number of classes,
    /// [`Error::TooLarge`] for more choices than a table can have, and [`Error::InvalidValues`] for folds in which the
    /// metric is undefined, as ROC-AUC and average precision are where a class has no text. All of these come before any
    /// work, but for [`Error::EmptyVocabulary`], [`Error::Cancelled`], and what a
    /// [calibration](PipelineBuilder::calibration) can refuse.
    pub fn fit<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        folds: &Folds,
        options: &CvOptions<'_>,
    ) -> Result<SearchResults> {
        self.space.check()?;
        let n = self.space.len();
        if n > MOST_TRIALS {
            return Err(Error::TooLarge { what: "trials", limit: MOST_TRIALS as u64 });
        }
        let choices: Vec<PipelineBuilder> = (0..n).map(|i| self.space.get(i)).collect();
        search(&choices, self.choice, None, Texts::of(&texts), Labels::of(&labels), folds, options)
    }
}

impl RandomSearch {
    /// Tries so many choices of a space, 1 to 100,000; all, if there are not so many.
    pub fn new(space: Space, n_trials: usize) -> Self {
        Self { space, n_trials, seed: 0, choice: Choice::default() }
    }

    /// What the draw depends on: the same seed, the same trials. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Tries them.
    ///
    /// Errors: as for [`GridSearch::fit`].
    pub fn fit<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        folds: &Folds,
        options: &CvOptions<'_>,
    ) -> Result<SearchResults> {
        self.space.check()?;
        if !(1..=MOST_TRIALS).contains(&self.n_trials) {
            return Err(Error::InvalidParameter {
                name: "n_trials",
                found: self.n_trials.to_string(),
                expected: "is outside 1..=100000; 20 to 60 find most of what there is",
            });
        }
        let drawn = draw(self.space.len(), self.n_trials, self.seed);
        let choices: Vec<PipelineBuilder> = drawn.into_iter().map(|i| self.space.get(i)).collect();
        search(
            &choices,
            self.choice,
            Some(self.seed),
            Texts::of(&texts),
            Labels::of(&labels),
            folds,
            options,
        )
    }
}

/// `n` different numbers below `len`, or all of them, in random order.
fn draw(len: usize, n: usize, seed: u64) -> Vec<usize> {
    let mut random = SplitMix64::new(seed);
    if len <= 2 * MOST_TRIALS {
        let mut all: Vec<usize> = (0..len).collect();
        random.shuffle(&mut all);
        all.truncate(n);
        return all;
    }
    let mut seen = HashSet::new();
    let numbers = std::iter::repeat_with(|| random.below(len as u64) as usize);
    numbers.filter(|&i| seen.insert(i)).take(n).collect()
}

fn search(
    choices: &[PipelineBuilder],
    choice: Choice,
    seed: Option<u64>,
    texts: Texts<'_>,
    labels: Labels<'_>,
    folds: &Folds,
    options: &CvOptions<'_>,
) -> Result<SearchResults> {
    let data = Data::new(texts, labels, folds, options)?;
    let metric = Some(choice.metric);
    choices.iter().try_for_each(|builder| data.check_settings(builder, metric))?;
    let watch = Watch::new(options.progress, choices.len() * folds.n_folds());
    watch.report()?;
    let run = Collecting::new(options.tracker);
    let ledger = Ledger::new(choices, folds.n_folds(), &run, 0);
    let result = trials::run(&data, choices, &watch, &ledger);
    // Also of a search that was stopped, the trials that are done are runs.
    let written = ledger.close();
    if let Some(error) = written.failure {
        return Err(error);
    }
    result?;
    finish(SearchResults::new(written.trials, choice), seed, run)
}

/// Records what came of a search. `seed` is what the trials depend on, if on any.
pub(super) fn finish(
    results: SearchResults,
    seed: Option<u64>,
    run: Collecting<'_>,
) -> Result<SearchResults> {
    let (name, best) = (results.metric().name(), results.best());
    run.param("n_trials", results.trials().len())?;
    run.param("n_splits", best.scores().folds().len())?;
    run.param("search_metric", name)?;
    if let Some(seed) = seed {
        run.param("seed", seed.to_string())?;
    }
    run.tag("best_trial", &best.number().to_string())?;
    if let Some(estimate) = best.scores().estimate(results.metric()) {
        run.metric(&format!("best_{name}"), estimate.mean, 0)?;
    }
    run.artifact("cv_results.csv", results.to_csv().as_bytes())?;
    Ok(results.with_tracking_errors(run.into_messages()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_different_and_fixed_by_the_seed() {
        for (len, n) in [(10, 4), (10, 10), (10, 50), (1 << 40, 1000)] {
            let drawn = draw(len, n, 3);
            assert_eq!(drawn.len(), n.min(len));
            assert!(drawn.iter().all(|&i| i < len));
            let different: HashSet<&usize> = drawn.iter().collect();
            assert_eq!(different.len(), drawn.len());
            assert_eq!(drawn, draw(len, n, 3));
        }
        assert_ne!(draw(1000, 10, 1), draw(1000, 10, 2));
    }
}
