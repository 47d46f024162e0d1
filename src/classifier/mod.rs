//! Rows in, scores out.
//!
//! `fit` finds the weights of a linear model from rows and labels: by an objective and its minimum (`linear`, `solvers`), by
//! counting (`bayes`) or row by row (`sgd`, `online`). Scoring is one product of a row with the weights, a link that turns it
//! into probabilities (`link`, `calibration`) and a rule that turns these into a label (`verdict`, `threshold`, `band`). What a
//! column means is not known here.

mod algorithm;
mod average;
mod band;
mod bayes;
mod calibration;
mod check;
mod fit;
mod folding;
mod held_out;
mod isotonic;
mod linear;
mod link;
mod nb_weighting;
mod online;
mod options;
mod params;
mod plain;
mod platt;
mod prune;
mod report;
mod rounding;
mod rows;
mod sgd;
mod soft_targets;
mod solver;
mod solvers;
mod step;
mod stored;
mod threshold;
mod train;
mod verdict;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use algorithm::{Algorithm, MultiClass, NbWeighting, SgdLoss};
pub use band::NeutralBand;
pub use calibration::{Calibration, CalibrationMethod};
pub use online::OnlineClassifier;
pub use options::FitOptions;
pub use params::{ClassWeight, ClassifierParams};
pub use prune::{Fidelity, Keep, Pruned};
pub use report::FitReport;
pub use rounding::Precision;
pub use soft_targets::SoftTargets;
pub use solver::Solver;
pub use threshold::{Threshold, ThresholdRule};

pub(crate) use fit::{Task, check_weights};
pub(crate) use plain::PlainClassifier;

use crate::error::{Error, Result};
use crate::parallel;
use crate::rows::{Matrix, Rows};
use crate::views::Labels;
use link::Link;
use rows::RowTransform;
use stored::ClassifierParts;
use verdict::Verdict;

/// A linear model: the fitted form of [`ClassifierParams`].
///
/// ```
/// use ressenti::{Classifier, Vectorizer};
///
/// let texts = ["good crew", "bad crew", "good seats", "bad seats"];
/// let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&texts)?;
/// let classifier = Classifier::logistic_regression().c(10.0).fit(&rows, &["1", "0", "1", "0"])?;
///
/// assert_eq!(classifier.classes(), ["0", "1"]);
/// assert_eq!(classifier.predict(&vectorizer.transform(&["a good flight"]))?, ["1"]);
/// let coef = classifier.coef(); // one row for two classes: it speaks for the second
/// assert!(coef.get(0, vectorizer.column("good").unwrap()) > 0.0);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "ClassifierParts", into = "ClassifierParts")]
pub struct Classifier {
    params: ClassifierParams,
    classes: Vec<String>,
    positive: usize,
    /// What is done to a row before it meets the weights.
    transform: RowTransform,
    link: Link,
    /// Features × outputs: what one entry of a row needs lies together.
    weights: Array2<f64>,
    intercept: Vec<f64>,
    calibration: Option<Calibration>,
    verdict: Verdict,
    report: FitReport,
}

/// What a weight or an intercept can be, so that no decision value overflows; asked by `fit` and by loading.
const WEIGHTS: RangeInclusive<f64> = -1e200..=1e200;

/// The place of a label among classes, or an error that lists them.
pub(crate) fn find_class(classes: &[String], label: &str) -> Result<usize> {
    classes
        .iter()
        .position(|class| class == label)
        .ok_or_else(|| Error::UnknownLabel { found: label.to_owned(), classes: list(classes) })
}

/// Classes as a message shows them.
pub(crate) fn list(classes: &[String]) -> String {
    let mut shown: Vec<String> =
        classes.iter().take(10).map(|class| format!("{class:?}")).collect();
    if classes.len() > shown.len() {
        shown.push(format!("and {} more", classes.len() - shown.len()));
    }
    shown.join(", ")
}

/// The places of labels among classes.
pub(crate) fn find_classes(classes: &[String], labels: Labels<'_>) -> Result<Vec<usize>> {
    let known: HashMap<&str, usize> =
        classes.iter().enumerate().map(|(i, class)| (class.as_str(), i)).collect();
    let place = |label: Cow<'_, str>| {
        known.get(label.as_ref()).copied().map_or_else(|| find_class(classes, &label), Ok)
    };
    labels.iter().map(place).collect()
}

impl Classifier {
    /// Settings for logistic regression: binary for two classes, multinomial for more.
    pub fn logistic_regression() -> ClassifierParams {
        ClassifierParams::default()
    }

    /// Settings for a linear support vector machine with the squared hinge loss and the L2 penalty; of more than two
    /// classes, each is told from the rest.
    ///
    /// Its decision values are margins and no log odds: calibrate it where probabilities matter.
    pub fn linear_svm() -> ClassifierParams {
        let params = ClassifierParams::default().algorithm(Algorithm::LinearSvm);
        params.multi_class(MultiClass::OneVsRest)
    }

    /// Settings for multinomial naive Bayes, for counts and TF-IDF rows. Trains in one pass.
    pub fn multinomial_nb() -> ClassifierParams {
        ClassifierParams::default().algorithm(Algorithm::MultinomialNb)
    }

    /// Settings for complement naive Bayes (Rennie et al., ICML 2003), which suits classes of uneven size better than
    /// [`multinomial_nb`](Self::multinomial_nb).
    pub fn complement_nb() -> ClassifierParams {
        ClassifierParams::default().algorithm(Algorithm::ComplementNb)
    }

    /// Settings for Bernoulli naive Bayes: a column counts as present where its value is above 0, and absent columns
    /// speak too. For short texts.
    pub fn bernoulli_nb() -> ClassifierParams {
        ClassifierParams::default().algorithm(Algorithm::BernoulliNb)
    }

    /// Settings for stochastic gradient descent: the objective of logistic regression, or modified Huber, by
    /// [`max_iter`](ClassifierParams::max_iter) = 3 passes over the rows, which come to within some percent of it (some 15 of
    /// modified Huber with C = 10); and for an [`OnlineClassifier`] that learns from a stream. There is no rate to tune. Made
    /// for sparse rows, as of texts.
    pub fn sgd() -> ClassifierParams {
        ClassifierParams::default().algorithm(Algorithm::Sgd).max_iter(3).tol(1e-2)
    }

    /// The settings it was fitted with.
    pub fn params(&self) -> &ClassifierParams {
        &self.params
    }

    /// The labels seen in training: integers by value, then other labels by text.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The index of the class that counts as positive; see [`ClassifierParams::pos_label`].
    #[must_use]
    pub fn positive(&self) -> usize {
        self.positive
    }

    /// How many columns a row has.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.weights.nrows()
    }

    /// The weights, as a copy: 1 × features for two classes (they speak for the second), else classes × features.
    #[must_use]
    pub fn coef(&self) -> Matrix {
        Matrix::from(self.weights.t().to_owned())
    }

    /// The intercepts: one for two classes, else one per class.
    #[must_use]
    pub fn intercept(&self) -> &[f64] {
        &self.intercept
    }

    /// Whether it asks only if a value of a row is above 0, not how far: Bernoulli naive Bayes and
    /// [`NbWeighting::LogCounts`] do. Weights are then what a column adds where it is present.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.transform == RowTransform::Binary
    }

    /// How training went.
    #[must_use]
    pub fn fit_report(&self) -> &FitReport {
        &self.report
    }

    /// The product of each row with the weights plus the intercept: rows × 1 for two classes (positive numbers speak for
    /// the second), else rows × classes.
    ///
    /// Errors: [`Error::ColumnMismatch`].
    pub fn decision_function(&self, rows: &Rows) -> Result<Matrix> {
        self.score(rows, self.intercept.len(), |decision, out| out.extend_from_slice(decision))
    }

    /// The probability of each class for each row: rows × classes, each row summing to 1; calibrated if the classifier is.
    ///
    /// Errors: [`Error::ColumnMismatch`].
    pub fn predict_proba(&self, rows: &Rows) -> Result<Matrix> {
        self.score(rows, self.classes.len(), |decision, out| self.probabilities(decision, out))
    }

    /// The label of each row: the class with the highest decision value; of equal ones the first. A [`Threshold`] or a
    /// [`NeutralBand`] that was given decides otherwise.
    ///
    /// Errors: [`Error::ColumnMismatch`].
    pub fn predict(&self, rows: &Rows) -> Result<Vec<&str>> {
        let decisions = self.decision_function(rows)?;
        let class = |i| self.class_of(decisions.row(i));
        Ok((0..rows.n_rows()).map(|i| self.classes[class(i)].as_str()).collect())
    }

    fn score(
        &self,
        rows: &Rows,
        width: usize,
        finish: impl Fn(&[f64], &mut Vec<f64>) + Send + Sync,
    ) -> Result<Matrix> {
        self.check_columns("the matrix of rows", rows.n_columns())?;
        let pieces = parallel::threads().min(rows.n_rows());
        let parts = parallel::map((0..pieces).collect(), |i| {
            let mine = parallel::piece(rows.n_rows(), pieces, i);
            let mut out = Vec::with_capacity(mine.len() * width);
            let mut decision = Vec::new();
            for i in mine {
                let (columns, values) = rows.row(i);
                self.decide(columns, values, &mut decision);
                finish(&decision, &mut out);
            }
            out
        });
        Ok(Matrix::from_rows(rows.n_rows(), width, parts.concat()))
    }

    pub(crate) fn check_columns(&self, what: &'static str, found: usize) -> Result<()> {
        if found == self.n_features() {
            Ok(())
        } else {
            Err(Error::ColumnMismatch { what, found, expected: self.n_features() })
        }
    }

    /// Leaves the decision values of one row in `out`. The caller has checked that the columns exist.
    pub(crate) fn decide(&self, columns: &[u32], values: &[f32], out: &mut Vec<f64>) {
        out.clear();
        out.extend_from_slice(&self.intercept);
        let weights = self.weights.as_slice().expect("in row order since it was made");
        // Asked once per row, not once per entry.
        match self.transform {
            RowTransform::None => add_products(weights, columns, values, out, |value| value),
            RowTransform::Binary => add_products(weights, columns, values, out, rows::binary),
        }
    }

    /// The weights of each column side by side, one for each intercept, if decision values are sums over a row as it is.
    pub(crate) fn weights_of_values(&self) -> Option<&[f64]> {
        let weights = self.weights.as_slice();
        weights.filter(|_| self.transform == RowTransform::None)
    }

    /// What a value of a row counts as.
    pub(crate) fn seen(&self, value: f64) -> f64 {
        match self.transform {
            RowTransform::None => value,
            RowTransform::Binary => rows::binary(value),
        }
    }

    /// Appends the probabilities that belong to decision values.
    pub(crate) fn probabilities(&self, decision: &[f64], out: &mut Vec<f64>) {
        match (&self.calibration, &self.verdict) {
            (Some(calibration), _) => calibration.probabilities(decision, out),
            (None, Verdict::Band(band)) => band.probabilities(decision[0], out),
            (None, _) => self.link.probabilities(decision, out),
        }
    }

    /// The class that decision values speak for.
    pub(crate) fn class_of(&self, decision: &[f64]) -> usize {
        self.verdict.class_of(decision, self.positive)
    }

    /// Whether it converged depends on others too, which were trained for it.
    pub(crate) fn and_converged(&mut self, others: bool) {
        self.report.converged &= others;
    }

    pub(crate) fn add_tracking_errors(&mut self, messages: Vec<String>) {
        self.report.tracking_errors.extend(messages);
    }

    /// How much one unit of a column adds to the decision value of a class. For two classes that of the first is the
    /// negated value of the second; a neutral class between them has that of the second.
    pub(crate) fn weight_for(&self, class: usize, column: usize) -> f64 {
        match self.intercept.len() {
            1 => self.sign_of(class) * self.weights[[column, 0]],
            _ => self.weights[[column, class]],
        }
    }

    /// The intercept in the decision value of a class.
    pub(crate) fn intercept_for(&self, class: usize) -> f64 {
        match self.intercept.len() {
            1 => self.sign_of(class) * self.intercept[0],
            _ => self.intercept[class],
        }
    }

    /// Of one decision value: whether it speaks for a class or against it.
    fn sign_of(&self, class: usize) -> f64 {
        let first = match &self.verdict {
            Verdict::Band(band) => band.is_first(class),
            _ => class == 0,
        };
        if first { -1.0 } else { 1.0 }
    }
}

/// `out` += Σ value · weights of the column.
#[inline]
fn add_products(
    weights: &[f64],
    columns: &[u32],
    values: &[f32],
    out: &mut [f64],
    seen: impl Fn(f64) -> f64,
) {
    let outputs = out.len();
    for (&column, &value) in columns.iter().zip(values) {
        let (start, value) = (column as usize * outputs, seen(value.into()));
        for (sum, weight) in out.iter_mut().zip(&weights[start..start + outputs]) {
            *sum += value * weight;
        }
    }
}
