//! Naive Bayes: weighted sums of the rows of each class in, log odds as the weights of a linear model out.
//!
//! With F the summed rows of a class (Bernoulli: how many have the column), N its summed costs, and ′ for other classes:
//!
//! * multinomial (Manning, Raghavan & Schütze, *Introduction to Information Retrieval*, 13.2):
//!   w = ln((F + α) / Σ(F + α)), b = ln prior;
//! * complement (Rennie et al., *Tackling the Poor Assumptions of Naive Bayes*, ICML 2003): w = −ln((F′ + α) / Σ(F′ + α)),
//!   with `norm` divided by their sum, b = 0;
//! * Bernoulli (Manning et al., 13.3): p = (F + α) / (N + 2α). A row adds ln p for what it has and ln(1 − p) for what it
//!   has not; so w = ln(p / (1 − p)) and b = ln prior + Σ ln(1 − p), on binary rows.
//!
//! Of two classes the one output is the difference of theirs. Of more, the weights of a column sum to 0, as those of
//! multinomial logistic regression do: what all classes have in common changes no probability, but would make frequent
//! terms speak against every class. What a column means is not known here.

use ndarray::Array2;

use super::fit::Task;
use super::link::Link;
use super::rows::{RowTransform, binary};
use super::verdict::Verdict;
use super::{Algorithm, Classifier, ClassifierParams, FitOptions, FitReport, WEIGHTS, find_class};
use crate::error::{Error, Result, same_length};
use crate::progress::{Stage, report};
use crate::rows::Rows;

impl ClassifierParams {
    /// Trains naive Bayes on as many rows as the task has targets.
    pub(super) fn fit_naive_bayes(
        &self,
        rows: &Rows,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        report(options.progress_callback(), Stage::Train, 0, 1)?;
        let classes = task.classes.len();
        let mut masses = vec![0.0; classes];
        for (&class, cost) in task.targets.iter().zip(&task.costs) {
            masses[class as usize] += cost;
        }
        let bernoulli = self.algorithm == Algorithm::BernoulliNb;
        // Features × classes: counts, which become weights in place.
        let mut weights = counts(rows, &task, bernoulli)?;
        let mut intercept = self.log_priors(&task.classes, &masses)?;
        match self.algorithm {
            Algorithm::ComplementNb => complement(&mut weights, classes, self.alpha, self.norm),
            Algorithm::BernoulliNb => {
                bernoulli_weights(&mut weights, &masses, self.alpha, &mut intercept);
            }
            _ => multinomial(&mut weights, classes, self.alpha),
        }
        let link = if classes == 2 { Link::Logistic } else { Link::Softmax };
        if link == Link::Logistic {
            weights = weights.chunks_exact(2).map(|pair| pair[1] - pair[0]).collect();
            intercept = vec![intercept[1] - intercept[0]];
        } else {
            weights.chunks_exact_mut(classes).for_each(centre);
            centre(&mut intercept);
        }
        if weights.iter().chain(&intercept).any(|x| !WEIGHTS.contains(x)) {
            let problem = "counts left the range of floating point; bring the rows and their weights closer to 1";
            return Err(Error::InvalidValues { what: "weights", problem: problem.to_owned() });
        }
        let weights = Array2::from_shape_vec((rows.n_columns(), intercept.len()), weights);
        report(options.progress_callback(), Stage::Train, 1, 1)?;
        Ok(Classifier {
            params: self.clone(),
            classes: task.classes,
            positive: task.positive,
            transform: if bernoulli { RowTransform::Binary } else { RowTransform::None },
            link,
            weights: weights.expect("as many weights as columns times outputs"),
            intercept,
            calibration: None,
            verdict: Verdict::Highest,
            report: FitReport::of_one_pass("naive-bayes"),
        })
    }

    /// The logarithms of the prior probabilities.
    fn log_priors(&self, classes: &[String], masses: &[f64]) -> Result<Vec<f64>> {
        if self.algorithm == Algorithm::ComplementNb {
            return Ok(vec![0.0; classes.len()]);
        }
        if let Some(priors) = self.given_priors(classes)? {
            return Ok(priors.into_iter().map(f64::ln).collect());
        }
        if !self.fit_prior {
            return Ok(vec![-(classes.len() as f64).ln(); classes.len()]);
        }
        let total = masses.iter().sum::<f64>().ln();
        Ok(masses.iter().map(|mass| mass.ln() - total).collect())
    }

    /// The prior of each class where they are given: each class has one.
    pub(super) fn given_priors(&self, classes: &[String]) -> Result<Option<Vec<f64>>> {
        let Some(given) = &self.class_prior else { return Ok(None) };
        let mut priors = vec![None; classes.len()];
        for (label, prior) in given {
            priors[find_class(classes, label)?] = Some(*prior);
        }
        same_length("classes", classes.len(), "class priors", given.len())?;
        // As many as classes, so that one which is named twice leaves another without.
        let missing = |i: usize| Error::InvalidParameter {
            name: "class_prior",
            found: format!("{given:?} says nothing of {:?}", classes[i]),
            expected: "; give each class once",
        };
        let known =
            priors.into_iter().enumerate().map(|(i, prior)| prior.ok_or_else(|| missing(i)));
        Ok(Some(known.collect::<Result<_>>()?))
    }
}

/// Takes their mean from numbers.
fn centre(numbers: &mut [f64]) {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    for x in numbers {
        *x -= mean;
    }
}

/// Features × classes: the sums of the rows of each class.
fn counts(rows: &Rows, task: &Task, only_presence: bool) -> Result<Vec<f64>> {
    let (counts, below_0) =
        if only_presence { add_up(rows, task, binary) } else { add_up(rows, task, |value| value) };
    if !below_0 {
        return Ok(counts);
    }
    let negative = |i| rows.row(i).1.iter().find(|&&value| value < 0.0).map(|value| (i, value));
    let (row, value) = (0..rows.n_rows()).find_map(negative).expect("one was seen");
    let problem = format!(
        "{value} in row {row} is below 0, but naive Bayes counts; use bernoulli_nb, or rows without signs"
    );
    Err(Error::InvalidValues { what: "rows", problem })
}

/// The sums, and whether a value is below 0.
fn add_up(rows: &Rows, task: &Task, seen: impl Fn(f64) -> f64) -> (Vec<f64>, bool) {
    let classes = task.classes.len();
    let mut counts = vec![0.0; rows.n_columns() * classes];
    let mut below_0 = false;
    let parts = rows.parts();
    for (i, (&class, &cost)) in task.targets.iter().zip(&task.costs).enumerate() {
        for (column, value) in parts.row(i).entries() {
            let value = seen(value);
            below_0 |= value < 0.0;
            counts[column * classes + class as usize] += cost * value;
        }
    }
    (counts, below_0)
}

/// The sum over columns of each class.
fn sums(numbers: &[f64], classes: usize) -> Vec<f64> {
    let mut sums = vec![0.0; classes];
    for column in numbers.chunks_exact(classes) {
        for (sum, x) in sums.iter_mut().zip(column) {
            *sum += x;
        }
    }
    sums
}

fn multinomial(counts: &mut [f64], classes: usize, alpha: f64) {
    for count in &mut *counts {
        *count += alpha;
    }
    let totals: Vec<f64> = sums(counts, classes).into_iter().map(f64::ln).collect();
    for column in counts.chunks_exact_mut(classes) {
        for (w, total) in column.iter_mut().zip(&totals) {
            *w = w.ln() - total;
        }
    }
}

fn complement(counts: &mut [f64], classes: usize, alpha: f64, norm: bool) {
    for column in counts.chunks_exact_mut(classes) {
        let all: f64 = column.iter().sum();
        for count in column {
            // Rounding must not take away what smoothing gives.
            *count = (all - *count).max(0.0) + alpha;
        }
    }
    let totals: Vec<f64> = sums(counts, classes).into_iter().map(f64::ln).collect();
    for column in counts.chunks_exact_mut(classes) {
        for (w, total) in column.iter_mut().zip(&totals) {
            *w = total - w.ln();
        }
    }
    if norm {
        let totals = sums(counts, classes);
        for column in counts.chunks_exact_mut(classes) {
            for (w, total) in column.iter_mut().zip(&totals) {
                // Of one column alone every share is 1, and the only logarithm 0.
                *w = if *total > 0.0 { *w / total } else { 0.0 };
            }
        }
    }
}

/// Also adds what absent columns say to the intercepts.
fn bernoulli_weights(counts: &mut [f64], masses: &[f64], alpha: f64, intercept: &mut [f64]) {
    let totals: Vec<f64> = masses.iter().map(|mass| (mass + 2.0 * alpha).ln()).collect();
    let mut absent_of_all = vec![0.0; masses.len()];
    for column in counts.chunks_exact_mut(masses.len()) {
        for (class, w) in column.iter_mut().enumerate() {
            // Rounding must not take away what smoothing gives.
            let absent = ((masses[class] - *w).max(0.0) + alpha).ln();
            *w = (*w + alpha).ln() - absent;
            absent_of_all[class] += absent - totals[class];
        }
    }
    for (b, absent) in intercept.iter_mut().zip(absent_of_all) {
        *b += absent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(params: &ClassifierParams, labels: &[&str]) -> Classifier {
        let rows =
            Rows::try_from(&ndarray::arr2(&[[2.0f32, 0.0], [1.0, 1.0], [0.0, 3.0]])).unwrap();
        params.fit(&rows, labels).unwrap()
    }

    #[test]
    fn multinomial_by_hand() {
        let model = fit(&Classifier::multinomial_nb(), &["a", "b", "b"]);
        // Smoothed counts: a 3 and 1, b 2 and 5.
        let expected = [(2.0f64 / 7.0 / (3.0 / 4.0)).ln(), (5.0f64 / 7.0 / (1.0 / 4.0)).ln()];
        for (w, expected) in model.coef().as_slice().iter().zip(expected) {
            assert!((w - expected).abs() < 1e-15);
        }
        assert!((model.intercept()[0] - 2.0f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn of_two_classes_complement_says_what_multinomial_says_but_for_the_prior() {
        let labels = ["a", "b", "b"];
        let complement = fit(&Classifier::complement_nb(), &labels);
        let multinomial = fit(&Classifier::multinomial_nb().fit_prior(false), &labels);
        let both = complement.coef().as_slice().to_vec().into_iter();
        for (a, b) in both.zip(multinomial.coef().as_slice()) {
            assert!((a - b).abs() < 1e-15);
        }
        assert_eq!((complement.intercept(), multinomial.intercept()), (&[0.0][..], &[0.0][..]));
    }

    #[test]
    fn bernoulli_hears_what_is_absent_and_not_how_often() {
        let model = fit(&Classifier::bernoulli_nb(), &["a", "b", "b"]);
        let decide = |values: &[f32]| {
            let mut out = Vec::new();
            model.decide(&[0, 1], values, &mut out);
            out[0]
        };
        // p of a: 2/3 and 1/3; of b: 2/4 and 3/4.
        let odds = |first: f64, second: f64| (2.0 * first * second).ln();
        let expected = odds((2.0 / 4.0) / (2.0 / 3.0), (1.0 / 4.0) / (2.0 / 3.0));
        assert!((decide(&[7.0, 0.0]) - expected).abs() < 1e-15);
        let expected = odds((2.0 / 4.0) / (1.0 / 3.0), (3.0 / 4.0) / (1.0 / 3.0));
        assert!((decide(&[-1.0, 0.1]) - expected).abs() < 1e-15);
    }
}
