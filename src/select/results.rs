//! Trials in, the best of them and a table out. How they were made is not known here.

use std::cmp::Ordering;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::scores::{Metric, Scores};
use crate::classifier::FitOptions;
use crate::error::Result;
use crate::pipeline::{Pipeline, PipelineBuilder};
use crate::sentiment::Label;

/// How the best is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Choice {
    pub(super) metric: Metric,
    pub(super) within_one_standard_error: bool,
}

/// The setters of a choice, for what holds one as `choice`.
macro_rules! choosing {
    ($search:ty) => {
        impl $search {
            /// The figure to choose by. Default: [`Metric::Accuracy`](crate::select::Metric::Accuracy).
            ///
            /// Of equally good trials the first is taken, as scikit-learn does.
            pub fn metric(mut self, metric: $crate::select::Metric) -> Self {
                self.choice.metric = metric;
                self
            }

            /// Whether to take, of all trials whose mean is within one standard error of the best one, the simplest
            /// instead of the best: that of the fewest columns, of these that of the smallest `c`, of these the first
            /// (Breiman et al., *Classification and Regression Trees*, 1984). Default: false.
            ///
            /// Small differences between means are chance; a simpler model is faster and seldom worse on new texts.
            pub fn best_within_one_standard_error(mut self, yes: bool) -> Self {
                self.choice.within_one_standard_error = yes;
                self
            }
        }
    };
}
pub(super) use choosing;

/// One choice of settings, and how it did.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::Folds;
/// use ressenti::select::{CvOptions, GridSearch, Space};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let folds = Folds::from_assignment(vec![0, 0, 1, 1])?;
/// let search = GridSearch::new(Space::new(Pipeline::builder()).c([0.1, 1.0]));
/// let results = search.fit(&texts, &[1, 0, 1, 0], &folds, &CvOptions::new())?;
/// let trial = &results.trials()[1];
/// assert_eq!((trial.number(), trial.param("C")), (1, Some("1.0")));
/// assert_eq!((trial.converged(), trial.n_features()), (true, 3.0));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    pub(super) number: usize,
    #[serde(serialize_with = "as_map")]
    pub(super) params: Vec<(String, String)>,
    #[serde(rename = "folds")]
    pub(super) scores: Scores,
    pub(super) n_features: f64,
    pub(super) converged: bool,
    #[serde(skip)]
    pub(super) builder: PipelineBuilder,
}

fn as_map<S: serde::Serializer>(
    params: &[(String, String)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(params.iter().map(|(key, value)| (key, value)))
}

impl Trial {
    /// Its place among the trials, counted from 0.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// All settings, under the names that runs are tracked with.
    #[must_use]
    pub fn params(&self) -> &[(String, String)] {
        &self.params
    }

    /// One setting, such as `C` or `ngram_range`.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The figures of its folds.
    #[must_use]
    pub fn scores(&self) -> &Scores {
        &self.scores
    }

    /// How many columns the rows had, as a mean over the folds.
    #[must_use]
    pub fn n_features(&self) -> f64 {
        self.n_features
    }

    /// Whether training converged in all folds.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The settings, to train with.
    pub fn builder(&self) -> &PipelineBuilder {
        &self.builder
    }
}

/// What came of a search: a table of trials, and the best one. Serialized, it is that table, fold by fold.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::KFold;
/// use ressenti::select::{CvOptions, GridSearch, Space};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat", "so good", "so bad"];
/// let labels = ["1", "0", "1", "0", "1", "0"];
/// let folds = KFold::new(3).stratified(&labels)?;
/// let space = Space::new(Pipeline::builder()).c([0.1, 1.0]);
/// let results = GridSearch::new(space).fit(&texts, &labels, &folds, &CvOptions::new())?;
///
/// assert_eq!(results.best().number(), 0); // both are right everywhere, and it is the first
/// let csv = results.to_csv();
/// let mut lines = csv.lines();
/// assert!(lines.next().unwrap().starts_with("trial,rank,C,n_features,converged,mean_accuracy,std_error_accuracy,"));
/// assert!(lines.next().unwrap().starts_with("0,1,0.1,"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchResults {
    metric: Metric,
    best: usize,
    trials: Vec<Trial>,
    #[serde(skip)]
    tracking_errors: Vec<String>,
}

impl SearchResults {
    /// Of at least one trial; the metric is defined in all of them.
    pub(super) fn new(trials: Vec<Trial>, choice: Choice) -> Self {
        let best = best(&trials, choice);
        Self { metric: choice.metric, best, trials, tracking_errors: Vec::new() }
    }

    pub(super) fn with_tracking_errors(mut self, messages: Vec<String>) -> Self {
        self.tracking_errors = messages;
        self
    }

    /// All trials, in the order of the space or of the draw.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The best trial, as the search was told to choose.
    #[must_use]
    pub fn best(&self) -> &Trial {
        &self.trials[self.best]
    }

    /// The figure that was chosen by.
    #[must_use]
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// What the tracker answered when it failed, if it did; the search went on.
    #[must_use]
    pub fn tracking_errors(&self) -> &[String] {
        &self.tracking_errors
    }

    /// Trains the best settings on all texts: what scikit-learn's `refit` does.
    ///
    /// Errors: those of [`PipelineBuilder::fit_with`].
    pub fn refit<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        options: &FitOptions<'_>,
    ) -> Result<Pipeline> {
        self.best().builder.fit_with(texts, labels, options)
    }

    /// For each trial, 1 plus how many were better.
    fn ranks(&self) -> Vec<usize> {
        let figures: Vec<f64> =
            self.trials.iter().map(|trial| upwards(trial, self.metric)).collect();
        let mut sorted = figures.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        figures.iter().map(|x| 1 + sorted.partition_point(|y| y.total_cmp(x).is_gt())).collect()
    }

    /// The names of the settings that not all trials have in common, in the order in which they are first named.
    fn varied(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.trials.iter().flat_map(|trial| &trial.params) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let first = &self.trials[0];
        names.retain(|name| self.trials.iter().any(|trial| trial.param(name) != first.param(name)));
        names
    }

    /// The table: a line for each trial with its number, its rank, the settings that not all trials have in common, the
    /// mean number of columns, whether training converged, mean and standard error of each figure, and the chosen figure
    /// of each fold. What is undefined is empty.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let (varied, ranks, name) = (self.varied(), self.ranks(), self.metric.name());
        let mut csv = String::from("trial,rank");
        for name in &varied {
            field(&mut csv, name);
        }
        csv.push_str(",n_features,converged");
        for metric in Metric::ALL {
            let name = metric.name();
            let _ = write!(csv, ",mean_{name},std_error_{name}");
        }
        for fold in 0..self.best().scores.folds().len() {
            let _ = write!(csv, ",fold{fold}_{name}");
        }
        csv.push('\n');
        for (trial, rank) in self.trials.iter().zip(ranks) {
            let _ = write!(csv, "{},{rank}", trial.number);
            for name in &varied {
                field(&mut csv, trial.param(name).unwrap_or_default());
            }
            let _ = write!(csv, ",{},{}", trial.n_features, trial.converged);
            for metric in Metric::ALL {
                match trial.scores.estimate(metric) {
                    Some(estimate) => {
                        let _ = write!(csv, ",{},{}", estimate.mean, estimate.std_error);
                    }
                    None => csv.push_str(",,"),
                }
            }
            for fold in trial.scores.folds() {
                csv.push(',');
                csv.extend(fold.get(self.metric).map(|figure| figure.to_string()));
            }
            csv.push('\n');
        }
        csv
    }
}

/// A comma and a text, in quotes where it needs them.
fn field(csv: &mut String, text: &str) {
    csv.push(',');
    if text.contains(['"', ',', '\n', '\r']) {
        let _ = write!(csv, "\"{}\"", text.replace('"', "\"\""));
    } else {
        csv.push_str(text);
    }
}

/// The mean of a figure, turned so that high is good.
fn upwards(trial: &Trial, metric: Metric) -> f64 {
    let estimate = trial.scores.estimate(metric);
    estimate.map_or(f64::NEG_INFINITY, |estimate| metric.upwards(estimate.mean))
}

/// The place of the best trial.
pub(super) fn best(trials: &[Trial], choice: Choice) -> usize {
    let figure = |i: usize| upwards(&trials[i], choice.metric);
    let mut best = 0;
    for i in 1..trials.len() {
        if figure(i) > figure(best) {
            best = i;
        }
    }
    if !choice.within_one_standard_error {
        return best;
    }
    let error = trials[best].scores.estimate(choice.metric).map_or(0.0, |x| x.std_error);
    let simpler = |&a: &usize, &b: &usize| -> Ordering {
        let c = |i: usize| trials[i].builder.parts().1.chosen_c();
        trials[a].n_features.total_cmp(&trials[b].n_features).then(c(a).total_cmp(&c(b)))
    };
    let as_good = (0..trials.len()).filter(|&i| figure(i) >= figure(best) - error);
    // Of equals, the first.
    as_good.min_by(simpler).unwrap_or(best)
}

#[cfg(test)]
mod tests {
    use super::super::scores::FoldScores;
    use super::*;
    use crate::classifier::Classifier;

    fn trial(number: usize, c: f64, n_features: f64, accuracies: [f64; 2]) -> Trial {
        let fold = |&accuracy: &f64| FoldScores {
            accuracy,
            f1_macro: 0.5,
            f1: None,
            roc_auc: None,
            log_loss: 1.0 - accuracy,
            average_precision: None,
            balanced_accuracy: accuracy,
            matthews_corrcoef: 0.0,
            brier_score_loss: 0.25,
        };
        Trial {
            number,
            params: vec![
                ("C".to_owned(), c.to_string()),
                ("note".to_owned(), "a, \"b\"".repeat(number)),
            ],
            scores: Scores::new(accuracies.iter().map(fold).collect()),
            n_features,
            converged: true,
            builder: Pipeline::builder().classifier(Classifier::logistic_regression().c(c)),
        }
    }

    fn trials() -> Vec<Trial> {
        vec![
            trial(0, 8.0, 10.0, [0.5, 0.5]),
            trial(1, 4.0, 20.0, [0.75, 0.5]),
            trial(2, 2.0, 10.0, [0.6, 0.6]),
            trial(3, 1.0, 10.0, [0.6, 0.6]),
            trial(4, 4.0, 5.0, [0.625, 0.625]),
            trial(5, 1.0, 10.0, [0.6, 0.6]),
        ]
    }

    #[test]
    fn of_equally_good_trials_the_first_is_best() {
        for metric in [Metric::Accuracy, Metric::LogLoss] {
            let choice = Choice { metric, within_one_standard_error: false };
            let results = SearchResults::new(trials(), choice);
            assert_eq!(results.best().number(), 1);
            assert_eq!(results.ranks(), [6, 1, 3, 3, 1, 3]);
        }
    }

    #[test]
    fn within_one_standard_error_the_simplest_is_taken() {
        let choice = Choice { metric: Metric::Accuracy, within_one_standard_error: true };
        assert_eq!(best(&trials(), choice), 4);
        // Without that of five columns: ten columns, then the smallest c, then the first.
        let mut trials = trials();
        trials.remove(4);
        assert_eq!(best(&trials, choice), 3);
    }

    #[test]
    fn the_table_has_what_differs() {
        let choice = Choice { metric: Metric::Accuracy, within_one_standard_error: false };
        let results = SearchResults::new(trials()[..2].to_vec(), choice);
        let csv = results.to_csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines[0],
            "trial,rank,C,note,n_features,converged,mean_accuracy,std_error_accuracy,mean_f1_macro,std_error_f1_macro,\
             mean_f1_score,std_error_f1_score,mean_roc_auc,std_error_roc_auc,mean_log_loss,std_error_log_loss,\
             mean_average_precision,std_error_average_precision,mean_balanced_accuracy,std_error_balanced_accuracy,\
             mean_matthews_corrcoef,std_error_matthews_corrcoef,mean_brier_score_loss,std_error_brier_score_loss,\
             fold0_accuracy,fold1_accuracy"
        );
        assert_eq!(lines[1], "0,2,8,,10,true,0.5,0,0.5,0,,,,,0.5,0,,,0.5,0,0,0,0.25,0,0.5,0.5");
        assert!(lines[2].starts_with("1,1,4,\"a, \"\"b\"\"\",20,true,"), "{}", lines[2]);
        let json = serde_json::to_value(&results).unwrap();
        assert_eq!(json["metric"], "accuracy");
        assert_eq!(json["trials"][1]["params"]["C"], "4");
        assert_eq!(json["trials"][1]["folds"][0]["accuracy"], 0.75);
    }
}
