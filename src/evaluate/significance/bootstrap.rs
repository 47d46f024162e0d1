//! The answers to a set of rows come in, how much any figure of them would vary on other such sets comes out. Knows
//! neither the figure nor its distribution: it draws rows with replacement, computes the figure anew, and again.
//!
//! The interval is the percentile interval: its ends cut (1 − level) ÷ 2 of the resampled figures off on either side
//! (Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13). For two models the same rows are drawn
//! for both, so that what makes a row hard for either cancels out.
//!
//! Resample *i* draws from its own stream of random numbers, fixed by the seed and *i*: whichever thread takes it, it is
//! the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::{Answers, Sample};
use crate::error::{Error, Result, same_length};
use crate::parallel;
use crate::random::SplitMix64;

/// More resamples than this tell nothing more; each is kept as one number.
const MAX_RESAMPLES: usize = 1_000_000;

/// A figure with the range that it is likely to lie in. See [`Bootstrap`].
///
/// ```
/// use ressenti::evaluate::{Answers, Bootstrap};
///
/// let answers = Answers { truth: &[1; 50], predicted: &[1; 50], scores: &[] };
/// let interval = Bootstrap::new().interval(&answers, |_| Ok(Some(0.25)))?.unwrap();
/// assert_eq!(interval.to_string(), "0.2500 [0.2500, 0.2500]");
/// assert!(interval.contains(0.25) && !interval.contains(0.0));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// The figure of the rows as they are.
    pub estimate: f64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// How often an interval made in this way holds the true value; 0.95 by default.
    pub level: f64,
    /// How many resamples had a figure; the others left it undefined.
    pub resamples: usize,
}

impl Interval {
    /// Whether `value` lies between the ends or on one of them.
    ///
    /// For a [`difference`](Bootstrap::difference), not to contain 0.0 is to be a difference beyond chance.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.lower..=self.upper).contains(&value)
    }
}

impl std::fmt::Display for Interval {
    /// Four decimals, or as many as asked for.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(4);
        let Self { estimate, lower, upper, .. } = self;
        write!(f, "{estimate:.digits$} [{lower:.digits$}, {upper:.digits$}]")
    }
}

/// Settings of the bootstrap: how often to resample, how wide an interval, which seed.
///
/// A figure is any function of [`Answers`]; it may fail, and it may be undefined (`None`, or a number that is not
/// finite). Resamples that leave it undefined are left out.
///
/// ```
/// use ressenti::evaluate::{Answers, Bootstrap, ConfusionMatrix, roc_auc};
///
/// let truth: Vec<usize> = (0..200).map(|row| row % 2).collect();
/// let predicted: Vec<usize> = (0..200).map(|row| if row % 10 == 3 { 0 } else { row % 2 }).collect();
/// let scores: Vec<f64> = predicted.iter().map(|&class| class as f64).collect();
/// let answers = Answers { truth: &truth, predicted: &predicted, scores: &scores };
///
/// let f1 = |a: &Answers<'_>| Ok(Some(ConfusionMatrix::new(2, a.truth, a.predicted)?.f1(1)));
/// let interval = Bootstrap::new().resamples(500).seed(42).interval(&answers, f1)?.unwrap();
/// assert!(interval.lower < interval.estimate && interval.estimate < interval.upper);
///
/// let area = |a: &Answers<'_>| roc_auc(&a.is(1), a.scores);
/// assert_eq!(Bootstrap::new().interval(&answers, area)?.unwrap().estimate, 0.9);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    resamples: usize,
    level: f64,
    stratified: bool,
    seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 2_000, level: 0.95, stratified: false, seed: 0 }
    }
}

impl Bootstrap {
    /// 2,000 resamples, a level of 0.95, all rows drawn alike, seed 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many resamples to draw: 2,000 by default, 1 to 1,000,000. With fewer than 1,000 the ends of the interval are
    /// themselves a matter of luck.
    #[must_use]
    pub fn resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// How much of the resampled figures the interval holds: 0.95 by default, above 0 and below 1.
    #[must_use]
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Whether each class keeps its number of rows in every resample: `false` by default.
    ///
    /// For a rare class, `true` keeps figures from being undefined; it also leaves out that the number of its rows is
    /// chance, so intervals become somewhat narrower.
    #[must_use]
    pub fn stratified(mut self, stratified: bool) -> Self {
        self.stratified = stratified;
        self
    }

    /// What fixes the resamples, 0 by default: the same seed gives the same interval, on any number of threads.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A figure of one model, with its interval. `None` if the figure is undefined for the rows as they are, or in every
    /// resample.
    ///
    /// Resamples are computed on all threads of the caller's pool.
    ///
    /// # Errors
    ///
    /// [`InvalidParameter`](Error::InvalidParameter) for settings out of range, [`NoTexts`](Error::NoTexts) without
    /// rows, [`LengthMismatch`](Error::LengthMismatch) or [`InvalidValues`](Error::InvalidValues) if predicted classes
    /// or scores do not fit the rows, and whatever `figure` returns.
    pub fn interval(
        &self,
        answers: &Answers<'_>,
        figure: impl Fn(&Answers<'_>) -> Result<Option<f64>> + Sync,
    ) -> Result<Option<Interval>> {
        self.resampled([answers], |[answers]| figure(answers))
    }

    /// A figure of the `first` model minus that of the `second`, with its interval; both answer the same rows.
    ///
    /// `None` if either figure is undefined for the rows as they are, or in every resample.
    ///
    /// ```
    /// use ressenti::evaluate::{Answers, Bootstrap, ConfusionMatrix};
    ///
    /// let truth: Vec<usize> = (0..300).map(|row| row % 3).collect();
    /// let worse: Vec<usize> = (0..300).map(|row| if row % 5 == 0 { 0 } else { row % 3 }).collect();
    /// let first = Answers { truth: &truth, predicted: &truth, scores: &[] };
    /// let second = Answers { predicted: &worse, ..first };
    /// let accuracy = |a: &Answers<'_>| Ok(Some(ConfusionMatrix::new(3, a.truth, a.predicted)?.accuracy()));
    /// let difference = Bootstrap::new().difference(&first, &second, accuracy)?.unwrap();
    /// assert!(difference.lower > 0.0); // the first is better, and not by chance
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`interval`](Self::interval), and [`InvalidValues`](Error::InvalidValues) if the true classes differ.
    pub fn difference(
        &self,
        first: &Answers<'_>,
        second: &Answers<'_>,
        figure: impl Fn(&Answers<'_>) -> Result<Option<f64>> + Sync,
    ) -> Result<Option<Interval>> {
        same_length("true classes", first.truth.len(), "of the second model", second.truth.len())?;
        if let Some(at) = (0..first.truth.len()).find(|&at| first.truth[at] != second.truth[at]) {
            return Err(Error::InvalidValues {
                what: "truth",
                problem: format!(
                    "row {at} is of class {} for the first model and {} for the second; give the answers of both to the same rows",
                    first.truth[at], second.truth[at]
                ),
            });
        }
        self.resampled([first, second], |[first, second]| {
            Ok(match (figure(first)?, figure(second)?) {
                (Some(first), Some(second)) => Some(first - second),
                _ => None,
            })
        })
    }

    /// The interval of a figure of `N` models' answers to the same rows.
    fn resampled<const N: usize>(
        &self,
        answers: [&Answers<'_>; N],
        figure: impl Fn([&Answers<'_>; N]) -> Result<Option<f64>> + Sync,
    ) -> Result<Option<Interval>> {
        self.validate()?;
        answers.iter().try_for_each(|answers| answers.check())?;
        let finite = |figure: Option<f64>| figure.filter(|figure| figure.is_finite());
        let Some(estimate) = finite(figure(answers)?) else { return Ok(None) };

        let strata = self.strata(answers[0].truth);
        let mut workers: Vec<[Sample; N]> =
            vec![std::array::from_fn(|_| Sample::default()); parallel::threads()];
        let figures = parallel::share(&mut workers, self.resamples, |_, samples, i| {
            samples.iter_mut().for_each(Sample::clear);
            let mut random = SplitMix64::stream(self.seed, i as u64);
            for stratum in &strata {
                for _ in 0..stratum.len() {
                    let row = stratum.row(random.below(stratum.len() as u64) as usize);
                    for (sample, answers) in samples.iter_mut().zip(answers) {
                        sample.push(answers, row);
                    }
                }
            }
            let drawn = samples.each_ref().map(Sample::answers);
            figure(drawn.each_ref())
        });
        let mut defined = Vec::with_capacity(figures.len());
        for figure in figures {
            defined.extend(finite(figure?));
        }
        if defined.is_empty() {
            return Ok(None);
        }
        defined.sort_unstable_by(f64::total_cmp);
        let outside = (1.0 - self.level) / 2.0;
        Ok(Some(Interval {
            estimate,
            lower: quantile(&defined, outside),
            upper: quantile(&defined, 1.0 - outside),
            level: self.level,
            resamples: defined.len(),
        }))
    }

    /// The sets of rows that are drawn from one by one.
    fn strata(&self, truth: &[usize]) -> Vec<Stratum> {
        if !self.stratified {
            return vec![Stratum::All(truth.len())];
        }
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (row, &class) in truth.iter().enumerate() {
            members.entry(class).or_default().push(row);
        }
        members.into_values().map(Stratum::Rows).collect()
    }

    fn validate(&self) -> Result<()> {
        if !(1..=MAX_RESAMPLES).contains(&self.resamples) {
            return Err(Error::InvalidParameter {
                name: "resamples",
                found: self.resamples.to_string(),
                expected: "is outside 1..=1000000; 2000 is enough for most",
            });
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::InvalidParameter {
                name: "level",
                found: format!("{:?}", self.level),
                expected: "is not between 0.0 and 1.0; 0.95 is usual",
            });
        }
        Ok(())
    }
}

/// Rows to draw from: the first so many, or those of one class.
enum Stratum {
    All(usize),
    Rows(Vec<usize>),
}

impl Stratum {
    fn len(&self) -> usize {
        match self {
            Self::All(rows) => *rows,
            Self::Rows(rows) => rows.len(),
        }
    }

    fn row(&self, at: usize) -> usize {
        match self {
            Self::All(_) => at,
            Self::Rows(rows) => rows[at],
        }
    }
}

/// The value that `share` of the sorted values lie below, on the line between its neighbours: the default of `numpy.percentile`.
#[expect(clippy::cast_sign_loss, reason = "the share is in 0 to 1")]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * share;
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 rows, one in four of class 1, every seventh answer wrong.
    fn rows() -> (Vec<usize>, Vec<usize>) {
        let truth: Vec<usize> = (0..40).map(|row| usize::from(row % 4 == 0)).collect();
        let predicted =
            truth.iter().enumerate().map(|(row, t)| if row % 7 == 0 { 1 - t } else { *t });
        let predicted = predicted.collect();
        (truth, predicted)
    }

    #[expect(clippy::unnecessary_wraps, reason = "a figure may fail")]
    fn share_right(answers: &Answers<'_>) -> Result<Option<f64>> {
        let right = answers.truth.iter().zip(answers.predicted).filter(|(t, p)| t == p).count();
        Ok(Some(right as f64 / answers.truth.len() as f64))
    }

    #[test]
    fn quantiles_lie_on_the_line_between_neighbours() {
        let values = [0.0, 1.0, 4.0];
        for (share, value) in [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (0.75, 2.5), (1.0, 4.0)] {
            assert_eq!(quantile(&values, share), value);
        }
        assert_eq!(quantile(&[7.0], 0.3), 7.0);
    }

    #[test]
    fn the_seed_fixes_the_interval_for_good() {
        let (truth, predicted) = rows();
        let answers = Answers { truth: &truth, predicted: &predicted, scores: &[] };
        let interval =
            |seed| Bootstrap::new().seed(seed).interval(&answers, share_right).unwrap().unwrap();
        assert_eq!(interval(1), interval(1));
        assert_eq!(interval(1).to_string(), "0.8500 [0.7250, 0.9500]");
        // Of 400 rows the ends are finer than a row is coarse.
        let (truth, predicted) = (truth.repeat(10), predicted.repeat(10));
        let answers = Answers { truth: &truth, predicted: &predicted, scores: &[] };
        let bootstrap = |seed| Bootstrap::new().resamples(99).seed(seed);
        let ends = |seed| bootstrap(seed).interval(&answers, share_right).unwrap().unwrap();
        assert_ne!(ends(1), ends(2));
    }

    #[test]
    fn strata_keep_the_number_of_rows_of_each_class() {
        let (truth, predicted) = rows();
        let answers = Answers { truth: &truth, predicted: &predicted, scores: &[] };
        let positives = |a: &Answers<'_>| Ok(Some(a.truth.iter().sum::<usize>() as f64));
        let width = |stratified| {
            let bootstrap = Bootstrap::new().stratified(stratified);
            let interval = bootstrap.interval(&answers, positives).unwrap().unwrap();
            assert_eq!(interval.estimate, 10.0);
            interval.upper - interval.lower
        };
        assert_eq!(width(true), 0.0);
        assert!(width(false) > 5.0);
    }

    #[test]
    fn rows_keep_their_answers_together() {
        let truth: Vec<usize> = (0..30).collect();
        let scores: Vec<f64> = (0..60).map(|place| f64::from(place / 2)).collect();
        let answers = Answers { truth: &truth, predicted: &truth, scores: &scores };
        let together = |a: &Answers<'_>| {
            let of_row = |row: usize| a.scores[2 * row] == a.truth[row] as f64;
            let whole = a.truth.len() == 30 && a.truth == a.predicted && (0..30).all(of_row);
            Ok(Some(if whole && a.scores_of(0) == a.scores_of(1) { 1.0 } else { 0.0 }))
        };
        for stratified in [false, true] {
            let bootstrap = Bootstrap::new().resamples(50).stratified(stratified);
            assert_eq!(bootstrap.interval(&answers, together).unwrap().unwrap().lower, 1.0);
        }
    }

    #[test]
    fn an_undefined_figure_has_no_interval_and_undefined_resamples_do_not_count() {
        let (truth, predicted) = rows();
        let answers = Answers { truth: &truth, predicted: &predicted, scores: &[] };
        let bootstrap = Bootstrap::new().resamples(100);
        assert_eq!(bootstrap.interval(&answers, |_| Ok(None)).unwrap(), None);
        assert_eq!(bootstrap.interval(&answers, |_| Ok(Some(f64::NAN))).unwrap(), None);
        assert_eq!(bootstrap.difference(&answers, &answers, |_| Ok(None)).unwrap(), None);
        let often = |a: &Answers<'_>| {
            let positives = a.truth.iter().sum::<usize>();
            Ok((positives <= 10).then_some(positives as f64))
        };
        let interval = bootstrap.interval(&answers, often).unwrap().unwrap();
        assert!((30..90).contains(&interval.resamples), "{interval:?}");
        assert!(interval.upper <= 10.0);
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let (truth, predicted) = rows();
        let answers = Answers { truth: &truth, predicted: &predicted, scores: &[] };
        let difference = Bootstrap::new().difference(&answers, &answers, share_right);
        assert_eq!(difference.unwrap().unwrap().to_string(), "0.0000 [0.0000, 0.0000]");
    }

    #[test]
    fn what_the_figure_refuses_is_passed_on() {
        let answers = Answers { truth: &[0, 1], predicted: &[0, 1], scores: &[] };
        let refuse = |_: &Answers<'_>| Err(Error::EmptyText);
        assert!(matches!(Bootstrap::new().interval(&answers, refuse), Err(Error::EmptyText)));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let answers = Answers { truth: &[0, 1], predicted: &[0, 1], scores: &[] };
        let text = |bootstrap: Bootstrap| {
            bootstrap.interval(&answers, share_right).unwrap_err().to_string()
        };
        for (resamples, found) in [(0, "0"), (MAX_RESAMPLES + 1, "1000001")] {
            assert_eq!(
                text(Bootstrap::new().resamples(resamples)),
                format!("resamples {found} is outside 1..=1000000; 2000 is enough for most")
            );
        }
        for (level, found) in [(0.0, "0.0"), (1.0, "1.0"), (95.0, "95.0"), (f64::NAN, "NaN")] {
            assert_eq!(
                text(Bootstrap::new().level(level)),
                format!("level {found} is not between 0.0 and 1.0; 0.95 is usual")
            );
        }
    }

    #[test]
    fn answers_that_do_not_fit_are_named() {
        let table: [(Answers<'_>, &str); 3] = [
            (
                Answers { truth: &[], predicted: &[], scores: &[] },
                "there are no texts to evaluate; give at least one",
            ),
            (
                Answers { truth: &[0, 1], predicted: &[0], scores: &[] },
                "there are 2 true classes but 1 predicted classes; their numbers must be equal",
            ),
            (
                Answers { truth: &[0, 1], predicted: &[], scores: &[0.5; 3] },
                "invalid scores: 3 of them for 2 rows; give the same number of scores for each row",
            ),
        ];
        for (answers, text) in table {
            let error = Bootstrap::new().interval(&answers, |_| Ok(Some(0.0))).unwrap_err();
            assert_eq!(error.to_string(), text);
        }

        let first = Answers { truth: &[0, 1], predicted: &[], scores: &[] };
        let second = Answers { truth: &[0, 2], ..first };
        let error = Bootstrap::new().difference(&first, &second, |_| Ok(Some(0.0))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid truth: row 1 is of class 1 for the first model and 2 for the second; give the answers of both to the same rows"
        );
        let second = Answers { truth: &[0], ..first };
        let error = Bootstrap::new().difference(&first, &second, |_| Ok(Some(0.0))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 2 true classes but 1 of the second model; their numbers must be equal"
        );
    }
}
