//! Texts, labels and a number of trials in, good settings out.
//!
//! One setting after the other is changed in the best choice so far, and the change is kept if it is an improvement; when a
//! round through all settings has brought nothing, or the trials are used up, it ends. That needs far fewer trials than a
//! grid, as settings depend on each other little; where they do, as `c` does on how columns are weighed, they are changed
//! together. Which settings pay, and in which range, a study of short and long texts in two languages has shown.

use super::data::Data;
use super::fold::FoldRows;
use super::ledger::Ledger;
use super::results::{Choice, SearchResults, Trial, best, choosing};
use super::search::finish;
use super::watch::Watch;
use super::{CvOptions, trials};
use crate::classifier::{ClassWeight, Classifier, ClassifierParams, NbWeighting};
use crate::error::{Error, Result};
use crate::evaluate::KFold;
use crate::parallel;
use crate::pipeline::{Pipeline, PipelineBuilder, characters};
use crate::sentiment::Label;
use crate::text::Analyzer;
use crate::tracker::Collecting;
use crate::vectorizer::{DocFreq, Vectorizer, VectorizerParams};
use crate::views::{Labels, Texts};

/// Values of `c`, each about three times the one before.
const C: [f64; 6] = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// How much [`tune_with`] may try, how it judges, and from where it starts.
///
/// ```
/// use ressenti::select::{Budget, Metric};
///
/// let budget = Budget::trials(40).folds(10).metric(Metric::F1Macro);
/// # let _ = budget;
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Budget {
    trials: usize,
    n_folds: usize,
    seed: u64,
    choice: Choice,
    start: Option<PipelineBuilder>,
}

choosing!(Budget);

impl Budget {
    /// So many choices of settings may be tried; 1 and more. Twenty see every setting once, forty are seldom used up.
    pub fn trials(trials: usize) -> Self {
        Self { trials, n_folds: 5, seed: 0, choice: Choice::default(), start: None }
    }

    /// In how many folds each is tried; they are stratified and shuffled. Default: 5.
    pub fn folds(mut self, n_folds: usize) -> Self {
        self.n_folds = n_folds;
        self
    }

    /// Which texts are in which fold: the same seed, the same folds. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The settings that are tried first and changed step by step; what is no part of the search, such as stemming, stays
    /// as it is. Default: the tokenizer for tweets, words 1–2, sublinear, and logistic regression on columns weighed by
    /// naive Bayes with balanced classes.
    pub fn start(mut self, builder: PipelineBuilder) -> Self {
        self.start = Some(builder);
        self
    }
}

/// Looks for good settings of a pipeline for these texts, within a budget of trials.
///
/// Tried are the length of word n-grams, a block of characters beside the words, the number of texts that a term must be
/// in, sublinear counts, `c`, balanced classes and weighing by naive Bayes. A block of characters that the start has beside
/// its words counts as that block. The same texts, labels and budget give the same results.
///
/// The rows of all folds stay in memory, those of the best choice so far and of the one at hand.
///
/// Errors: as for [`tune_with`].
///
/// ```
/// use ressenti::FitOptions;
/// use ressenti::select::{Budget, tune};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat", "so good", "so bad", "good", "bad"];
/// let labels = ["1", "0", "1", "0", "1", "0", "1", "0"];
/// let results = tune(&texts, &labels, &Budget::trials(8).folds(2))?;
/// println!("{}", results.to_csv());
/// let pipeline = results.refit(&texts, &labels, &FitOptions::new())?;
/// assert_eq!(pipeline.predict("good flight")?.label(), "1");
/// # Ok::<(), ressenti::Error>(())
/// ```
pub fn tune<T: AsRef<str> + Sync, L: Label>(
    texts: &[T],
    labels: &[L],
    budget: &Budget,
) -> Result<SearchResults> {
    tune_with(texts, labels, budget, &CvOptions::new())
}

/// [`tune`] with weights, progress and tracking.
///
/// A callback that stops it, say when an hour is over, does not cost what was found: the results are then those of the
/// trials that were done. A choice that leaves no term of the texts, or that the algorithm does not have, is passed over.
///
/// Errors: those of [`cross_validate`](super::cross_validate) for the settings that it starts from, those of
/// [`KFold::stratified`], [`Error::InvalidParameter`] for a budget of no trial or a metric that does not fit the number of
/// classes, [`Error::InvalidValues`] for a metric that is undefined as a class has fewer texts than there are folds, and
/// [`Error::Cancelled`] if it was stopped before a trial was done.
pub fn tune_with<T: AsRef<str> + Sync, L: Label>(
    texts: &[T],
    labels: &[L],
    budget: &Budget,
    options: &CvOptions<'_>,
) -> Result<SearchResults> {
    tune_all(Texts::of(&texts), Labels::of(&labels), budget, options)
}

fn tune_all(
    texts: Texts<'_>,
    labels: Labels<'_>,
    budget: &Budget,
    options: &CvOptions<'_>,
) -> Result<SearchResults> {
    if budget.trials == 0 {
        return Err(Error::InvalidParameter {
            name: "trials",
            found: "0".to_owned(),
            expected: "allow no search; give at least 1, better 20",
        });
    }
    let folds = KFold::new(budget.n_folds).shuffle(budget.seed).stratified_by(labels)?;
    let data = Data::new(texts, labels, &folds, options)?;
    let start = budget.start.clone().unwrap_or_else(usual);
    data.check_settings(&start, Some(budget.choice.metric))?;
    let watch = Watch::new(options.progress, budget.trials.saturating_mul(folds.n_folds()));
    let run = Collecting::new(options.tracker);
    let trials = Vec::new();
    let mut tuner = Tuner { data: &data, watch, run: &run, budget, trials, best: None };
    match tuner.run(start) {
        Err(Error::Cancelled) if !tuner.trials.is_empty() => {}
        result => result?,
    }
    finish(SearchResults::new(tuner.trials, budget.choice), Some(budget.seed), run)
}

fn usual() -> PipelineBuilder {
    let vectorizer = Vectorizer::tfidf().analyzer(Analyzer::social()).ngram_range(1, 2);
    let classifier = Classifier::logistic_regression()
        .nb_weighting(NbWeighting::Soft { base: 1.0 })
        .class_weight(ClassWeight::Balanced);
    Pipeline::builder().vectorizer(vectorizer.sublinear_tf(true)).classifier(classifier)
}

/// Choices that differ in one setting each, with every value of it, setting by setting.
fn changes(from: &PipelineBuilder) -> [Vec<PipelineBuilder>; 7] {
    let (vectorizer, classifier) = from.parts();
    let of = |change: &dyn Fn(VectorizerParams) -> VectorizerParams| {
        from.clone().vectorizer(change(vectorizer.clone()))
    };
    let by = |change: &dyn Fn(ClassifierParams) -> ClassifierParams| {
        from.clone().classifier(change(classifier.clone()))
    };
    let weigh = |weighting| C.map(|c| by(&|params| params.nb_weighting(weighting).c(c)));
    [
        C.map(|c| by(&|params| params.c(c))).to_vec(),
        [ClassWeight::Balanced, ClassWeight::Uniform]
            .map(|weight| by(&|params| params.class_weight(weight.clone())))
            .to_vec(),
        [weigh(NbWeighting::Soft { base: 1.0 }), weigh(NbWeighting::None)].concat(),
        [1, 2, 3].map(|n| of(&|params| params.ngram_range(1, n))).to_vec(),
        [false, true].map(|yes| of(&|params| with_characters(params, yes))).to_vec(),
        [1, 2, 5].map(|n| of(&|params| params.min_df(DocFreq::Count(n)))).to_vec(),
        [true, false].map(|yes| of(&|params| params.sublinear_tf(yes))).to_vec(),
    ]
}

/// With a block of characters beside the words, which may be there already, or without one.
fn with_characters(params: VectorizerParams, yes: bool) -> VectorizerParams {
    let without = params.clone().without_characters_beside();
    match yes {
        false => without,
        true if params == without => without.beside(characters()),
        true => params,
    }
}

/// The search as far as it has come.
struct Tuner<'a> {
    data: &'a Data<'a>,
    watch: Watch<'a>,
    run: &'a Collecting<'a>,
    budget: &'a Budget,
    trials: Vec<Trial>,
    best: Option<Analysed<'a>>,
}

/// What a choice, and all that share its rows, are trained on and judged by, fold by fold.
struct Analysed<'a> {
    by: PipelineBuilder,
    folds: Vec<FoldRows<'a>>,
}

impl<'a> Analysed<'a> {
    fn new(data: &'a Data<'a>, by: &PipelineBuilder, watch: &Watch<'_>) -> Result<Self> {
        let folds = parallel::map((0..data.folds.n_folds()).collect(), |fold: usize| {
            FoldRows::new(data, fold, by, watch)
        });
        Ok(Self { by: by.clone(), folds: folds.into_iter().collect::<Result<_>>()? })
    }
}

impl Tuner<'_> {
    fn run(&mut self, start: PipelineBuilder) -> Result<()> {
        self.watch.report()?;
        self.attempt(std::slice::from_ref(&start))?;
        let mut best = start;
        loop {
            let before = best.clone();
            for setting in 0..changes(&best).len() {
                let choices = &changes(&best)[setting];
                for alike in choices.chunk_by(PipelineBuilder::same_ground) {
                    match self.attempt(alike) {
                        Err(Error::EmptyVocabulary { .. }) => {}
                        result => result?,
                    }
                }
                best = self.best().clone();
            }
            if best == before || self.trials.len() >= self.budget.trials {
                return Ok(());
            }
        }
    }

    /// Tries what is possible, new and within the budget, of choices that share their rows.
    fn attempt(&mut self, choices: &[PipelineBuilder]) -> Result<()> {
        let is_new = |choice: &&PipelineBuilder| {
            self.trials.iter().all(|trial| trial.builder != **choice)
                && self.data.check_settings(choice, None).is_ok()
        };
        let left = self.budget.trials - self.trials.len();
        let new: Vec<PipelineBuilder> = choices.iter().filter(is_new).take(left).cloned().collect();
        let Some(first) = new.first() else { return Ok(()) };
        let known = self.best.take_if(|best| best.by.same_ground(first));
        let analysed = match known {
            Some(known) => known,
            None => Analysed::new(self.data, first, &self.watch)?,
        };
        let n_folds = analysed.folds.len();
        let ledger = Ledger::new(&new, n_folds, self.run, self.trials.len());
        let result = trials::run_on(&analysed.folds, &new, &self.watch, &ledger);
        let written = ledger.close();
        self.trials.extend(written.trials);
        written.failure.map_or(result, Err)?;
        if self.best().same_ground(&analysed.by) {
            self.best = Some(analysed);
        }
        Ok(())
    }

    /// The settings with the highest mean; of equals those that were tried first.
    fn best(&self) -> &PipelineBuilder {
        let choice = Choice { within_one_standard_error: false, ..self.budget.choice };
        &self.trials[best(&self.trials, choice)].builder
    }
}
