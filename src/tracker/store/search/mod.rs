//! Searching runs as MLflow does: a question comes in, a page of runs goes out.
//!
//! [`Filter`] and [`Order`] are the question, built or read from MLflow's text. Where the runs come from is `index`'s: from
//! their files, or from what is known of them already. The answer is the same.

mod filter;
mod like;
mod order;
mod page;
mod parse;
mod write;

pub(super) use filter::{DatasetPart, Facts, TextAttribute};
pub use filter::{Filter, NumberField, TextField};
pub use order::Order;

use std::borrow::Cow;

use super::experiment::Found;
use super::index::{self, Runs, Trust};
use super::read::RunRecord;
use super::{Store, experiment};
use crate::error::{Error, Result, TrackingError};
use order::Key;

/// MLflow's limits of a page.
const PAGE_LIMIT: usize = 50_000;
const PAGE_DEFAULT: usize = 1_000;

/// Which runs a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ViewType {
    /// Those that are not deleted.
    #[default]
    ActiveOnly,
    /// Those that are.
    DeletedOnly,
    /// Both.
    All,
}

/// A question to [`Store::search_runs`]. The names are those of MLflow's `search_runs`.
///
/// ```
/// use ressenti::tracker::{Filter, Order, RunSearch, RunStatus, Store, Tracker};
///
/// # let folder = tempfile::tempdir().unwrap();
/// let store = Store::open(folder.path().join("mlruns"))?;
/// for (name, f1) in [("baseline", 0.76), ("tuned", 0.83)] {
///     let run = store.start_run("sentiment", name)?;
///     run.log_metric("f1_score", f1, 0)?;
///     run.finish(RunStatus::Finished)?;
/// }
///
/// let best = RunSearch::new()
///     .experiment_names(["sentiment"])
///     .filter_string("metrics.f1_score > 0.5 AND status = 'FINISHED'")?
///     .order_by(["metrics.f1_score DESC"])?
///     .max_results(1);
/// assert_eq!(store.search_runs(&best)?.runs[0].name, "tuned");
///
/// let same = RunSearch::new()
///     .filter(Filter::metric("f1_score").gt(0.5).and(Filter::status().eq("FINISHED")))
///     .order(Order::metric("f1_score").desc());
/// assert_eq!(store.search_runs(&same)?.runs[0].name, "tuned");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RunSearch {
    experiments: Option<Vec<Wanted>>,
    filter: Filter,
    order: Vec<Order>,
    view: ViewType,
    max_results: usize,
    page_token: Option<String>,
    trust: Trust,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Id(String),
    Name(String),
}

impl Default for RunSearch {
    fn default() -> Self {
        Self {
            experiments: None,
            filter: Filter::default(),
            order: Vec::new(),
            view: ViewType::default(),
            max_results: PAGE_DEFAULT,
            page_token: None,
            trust: Trust::Checked,
        }
    }
}

impl RunSearch {
    /// All runs that are not deleted, of all experiments that are not, the latest first.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks in these experiments, besides those named otherwise; in all that are not deleted if none is named. One that
    /// does not exist is a warning of the page, as MLflow finds nothing there.
    #[must_use]
    pub fn experiment_ids(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wanting(ids.into_iter().map(|id| Wanted::Id(id.into())))
    }

    /// Looks in the experiments of these names, deleted ones too. That there is none of a name is an error of the search.
    #[must_use]
    pub fn experiment_names(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wanting(names.into_iter().map(|name| Wanted::Name(name.into())))
    }

    fn wanting(mut self, more: impl Iterator<Item = Wanted>) -> Self {
        self.experiments.get_or_insert_default().extend(more);
        self
    }

    /// What must hold of a run, besides what was asked for before.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = self.filter.and(filter);
        self
    }

    /// The same in MLflow's text, such as `metrics.f1_score > 0.8 AND params.model = 'svm'`.
    pub fn filter_string(self, text: &str) -> Result<Self> {
        Ok(self.filter(text.parse()?))
    }

    /// Sorts by this, after what was asked for before.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order.push(order);
        self
    }

    /// The same in MLflow's text, such as `metrics.f1_score DESC`.
    pub fn order_by(mut self, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        for text in texts {
            self.order.push(text.as_ref().parse()?);
        }
        Ok(self)
    }

    /// Which runs to look at; those that are not deleted by default.
    #[must_use]
    pub fn run_view_type(mut self, view: ViewType) -> Self {
        self.view = view;
        self
    }

    /// How many runs a page has at most: 1 to 50,000, and 1,000 by default.
    #[must_use]
    pub fn max_results(mut self, runs: usize) -> Self {
        self.max_results = runs;
        self
    }

    /// Goes on after the page that gave this token. All else must be asked as before.
    #[must_use]
    pub fn page_token(mut self, token: impl Into<String>) -> Self {
        self.page_token = Some(token.into());
        self
    }

    /// Believes the index where this crate has not noted a change: for a store that nothing else writes to.
    ///
    /// By default size and time of each file are compared with those in the index, which takes a call to the system for
    /// each. With this, what MLflow or an editor changes in an existing run is not seen until a search checks again.
    #[must_use]
    pub fn trust_index(mut self) -> Self {
        self.trust = Trust::Blind;
        self
    }

    /// Reads every run from its files, and leaves the index as it is.
    #[must_use]
    pub fn without_index(mut self) -> Self {
        self.trust = Trust::Without;
        self
    }
}

/// A page of runs that a search found.
#[derive(Debug)]
#[non_exhaustive]
pub struct RunPage {
    /// The runs, in the order asked for.
    pub runs: Vec<RunRecord>,
    /// Gives the next page to [`RunSearch::page_token`]; nothing if this is the last.
    pub token: Option<String>,
    /// What could not be read, whether or not it would have been found; each names its file.
    pub warnings: Vec<Error>,
}

impl IntoIterator for RunPage {
    type Item = RunRecord;
    type IntoIter = std::vec::IntoIter<RunRecord>;

    /// The runs; the warnings are dropped.
    fn into_iter(self) -> Self::IntoIter {
        self.runs.into_iter()
    }
}

impl Store {
    /// The runs that fulfil a filter, sorted, a page at a time; with the meaning of MLflow's `search_runs`.
    ///
    /// What is known of the runs is kept in the file `.ressenti.index` in the store, which is only there for speed: it may
    /// be deleted at any time, is rebuilt, and if it cannot be written the search is slow but right.
    ///
    /// An experiment or a run that cannot be read is a warning and hides no other. A search of all experiments also warns of
    /// folders that are none, as [`experiments`](Self::experiments) does.
    pub fn search_runs(&self, search: &RunSearch) -> Result<RunPage> {
        let offset = search.page_token.as_deref().map_or(Ok(0), page::offset)?;
        if !(1..=PAGE_LIMIT).contains(&search.max_results) {
            return Err(Error::InvalidParameter {
                name: "max_results",
                found: search.max_results.to_string(),
                expected: "is outside 1..=50000; take the runs in pages",
            });
        }
        let mut warnings = Vec::new();
        let experiments = self.wanted(search.experiments.as_deref(), &mut warnings)?;
        let (runs, token) =
            index::with_runs(self, &experiments, search.trust, &mut warnings, |runs| {
                page_of(runs, search, offset)
            });
        Ok(RunPage { runs, token, warnings })
    }

    fn wanted(&self, wanted: Option<&[Wanted]>, warnings: &mut Vec<Error>) -> Result<Vec<Found>> {
        let mut active = experiment::all(&self.root, warnings)?;
        let Some(wanted) = wanted else {
            warnings.extend(experiment::strays(&self.root)?);
            active.retain(|found| !found.is_deleted());
            for found in &active {
                warnings.extend(Self::moved(found));
            }
            return Ok(active);
        };
        // What lies in the trash and cannot be read keeps nobody from working.
        let trash = experiment::all(&self.root.join(super::TRASH), &mut Vec::new())?;
        let mut left: Vec<Option<Found>> = active.into_iter().chain(trash).map(Some).collect();
        let mut chosen: Vec<Found> = Vec::new();
        for one in wanted {
            let is_it = |found: &Found| match one {
                Wanted::Id(id) => found.meta.experiment_id == *id,
                Wanted::Name(name) => found.meta.name == *name,
            };
            if chosen.iter().any(is_it) {
                continue;
            }
            let place = left.iter_mut().find(|found| found.as_ref().is_some_and(is_it));
            match (place.and_then(Option::take), one) {
                (Some(found), _) => {
                    warnings.extend(Self::moved(&found));
                    chosen.push(found);
                }
                (None, Wanted::Name(name)) => return Err(self.no_such_experiment(name)),
                (None, Wanted::Id(id)) => {
                    let problem = TrackingError::NoSuchExperiment {
                        name: id.clone(),
                        existing: "none of that id".to_owned(),
                    };
                    warnings.push(problem.into());
                }
            }
        }
        Ok(chosen)
    }
}

/// A run that was found, with what it is sorted by.
struct Ranked<'a> {
    run: &'a Runs<'a>,
    keys: Vec<Key<'a>>,
    start_time: i64,
    id: Cow<'a, str>,
}

fn page_of(
    runs: &[Runs<'_>],
    search: &RunSearch,
    offset: usize,
) -> (Vec<RunRecord>, Option<String>) {
    let is_wanted = |run: &&Runs<'_>| {
        let seen = match search.view {
            ViewType::ActiveOnly => !run.is_deleted(),
            ViewType::DeletedOnly => run.is_deleted(),
            ViewType::All => true,
        };
        seen && search.filter.matches(*run)
    };
    let rank = |run| Ranked {
        run,
        keys: search.order.iter().map(|order| order.key(run)).collect(),
        start_time: run.start_time(),
        id: run.text(TextAttribute::RunId).unwrap_or_default(),
    };
    let mut found: Vec<Ranked<'_>> = runs.iter().filter(is_wanted).map(rank).collect();
    let compare = |a: &Ranked<'_>, b: &Ranked<'_>| {
        let keys = search.order.iter().zip(a.keys.iter().zip(&b.keys));
        let by_keys = keys.map(|(order, (a, b))| order.compare(a, b)).find(|order| order.is_ne());
        by_keys.unwrap_or_else(|| (b.start_time, &a.id).cmp(&(a.start_time, &b.id)))
    };
    let end = offset.saturating_add(search.max_results).min(found.len());
    let more = end < found.len();
    if more {
        found.select_nth_unstable_by(end, compare);
        found.truncate(end);
    }
    found.sort_unstable_by(compare);
    let records = found.iter().skip(offset).map(|ranked| ranked.run.record()).collect();
    (records, more.then(|| page::token(end)))
}
