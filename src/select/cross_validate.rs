//! One choice of settings on every fold: figures, and an answer to every text by a model that did not see it.

use super::CvOptions;
use super::data::Data;
use super::fold::{FoldAnswers, FoldRows};
use super::ledger::log_params;
use super::scores::{FoldScores, Scores};
use super::watch::Watch;
use crate::classifier::FitReport;
use crate::error::Result;
use crate::evaluate::{Folds, Report};
use crate::parallel;
use crate::pipeline::PipelineBuilder;
use crate::rows::Matrix;
use crate::sentiment::Label;
use crate::tracker::Collecting;
use crate::views::{Labels, Texts};

/// How good settings are: a pipeline is trained for each fold, on all texts but those in it, and judged by those in it.
///
/// Nothing of a fold is seen in training, neither its words nor how often they occur. A prior is stood on and probabilities are
/// calibrated in each, if the builder says so; a calibration by 5 folds takes six times as long.
///
/// Errors: [`Error::NoTexts`](crate::Error::NoTexts), [`Error::LengthMismatch`](crate::Error::LengthMismatch),
/// [`Error::OneClass`](crate::Error::OneClass), [`Error::InvalidValues`](crate::Error::InvalidValues) if a fold has all
/// texts of a class, [`Error::Cancelled`](crate::Error::Cancelled), and those of [`PipelineBuilder::fit_with`].
///
/// ```
/// use ressenti::evaluate::KFold;
/// use ressenti::select::{CvOptions, Metric, cross_validate};
/// use ressenti::{Calibration, CalibrationMethod, Pipeline};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat", "so good", "so bad"];
/// let labels = ["1", "0", "1", "0", "1", "0"];
/// let folds = KFold::new(3).stratified(&labels)?;
/// let cv = cross_validate(&Pipeline::builder(), &texts, &labels, &folds, &CvOptions::new())?;
///
/// let accuracy = cv.scores().estimate(Metric::Accuracy).unwrap();
/// println!("{:.4} ± {:.4}", accuracy.mean, accuracy.std_error);
/// println!("{}", cv.report()?); // of all texts together
///
/// // Decision values of texts that were not trained on are what calibration asks for.
/// let calibration = Calibration::fit(CalibrationMethod::Platt, cv.decisions(), cv.truth())?;
/// # let _ = calibration;
/// # Ok::<(), ressenti::Error>(())
/// ```
pub fn cross_validate<T: AsRef<str> + Sync, L: Label>(
    builder: &PipelineBuilder,
    texts: &[T],
    labels: &[L],
    folds: &Folds,
    options: &CvOptions<'_>,
) -> Result<CrossValidation> {
    by_folds(builder, Texts::of(&texts), Labels::of(&labels), folds, options)
}

fn by_folds(
    builder: &PipelineBuilder,
    texts: Texts<'_>,
    labels: Labels<'_>,
    folds: &Folds,
    options: &CvOptions<'_>,
) -> Result<CrossValidation> {
    let data = Data::new(texts, labels, folds, options)?;
    data.check_settings(builder, None)?;
    let watch = Watch::new(options.progress, folds.n_folds());
    watch.report()?;
    let parts = parallel::map((0..folds.n_folds()).collect(), |fold: usize| {
        let rows = FoldRows::new(&data, fold, builder, &watch)?;
        let classifier = rows.fit(builder, None, &watch)?;
        let said = rows.test(&classifier)?;
        let positive = classifier.positive();
        let FoldAnswers { decisions, predicted, probabilities } = &said;
        let scores = FoldScores::new(positive, &rows.truth, predicted, decisions, probabilities)?;
        watch.one_more()?;
        Ok(Part { said, scores, positive, report: classifier.fit_report().clone() })
    });
    let parts: Vec<Part> = parts.into_iter().collect::<Result<_>>()?;
    let mut cv = CrossValidation::of(&parts, folds, data.classes, data.truth);

    let run = Collecting::new(options.tracker);
    log_params(builder, &run)?;
    run.param("n_splits", folds.n_folds())?;
    let converged = cv.fit_reports.iter().all(FitReport::converged);
    run.metric("converged", f64::from(u8::from(converged)), 0)?;
    cv.scores.log_to(&run)?;
    cv.tracking_errors = run.into_messages();
    Ok(cv)
}

/// What one fold gave.
struct Part {
    said: FoldAnswers,
    scores: FoldScores,
    positive: usize,
    report: FitReport,
}

/// What [`cross_validate`] found. Answers are in the order of the texts, each by a model that did not see the text.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::Folds;
/// use ressenti::select::{CvOptions, cross_validate};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let folds = Folds::from_assignment(vec![0, 0, 1, 1])?;
/// let cv = cross_validate(&Pipeline::builder(), &texts, &[1, 0, 1, 0], &folds, &CvOptions::new())?;
/// assert_eq!(cv.predicted(), [1, 0, 1, 0]);
/// assert!(cv.decisions().get(0, 0) > 0.0 && cv.decisions().get(1, 0) < 0.0);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    scores: Scores,
    classes: Vec<String>,
    positive: usize,
    truth: Vec<usize>,
    predicted: Vec<usize>,
    decisions: Matrix,
    probabilities: Matrix,
    fit_reports: Vec<FitReport>,
    tracking_errors: Vec<String>,
}

impl CrossValidation {
    /// Puts the answers of folds into the order of the texts.
    fn of(parts: &[Part], folds: &Folds, classes: Vec<String>, truth: Vec<usize>) -> Self {
        let outputs = parts.first().map_or(0, |part| part.said.decisions.n_columns());
        let (n, width) = (truth.len(), classes.len());
        let mut predicted = vec![0; n];
        let (mut decisions, mut probabilities) = (vec![0.0; n * outputs], vec![0.0; n * width]);
        for (fold, part) in parts.iter().enumerate() {
            for (i, &row) in folds.test(fold).iter().enumerate() {
                predicted[row] = part.said.predicted[i];
                decisions[row * outputs..][..outputs].copy_from_slice(part.said.decisions.row(i));
                let mine = &part.said.probabilities[i * width..][..width];
                probabilities[row * width..][..width].copy_from_slice(mine);
            }
        }
        Self {
            scores: Scores::new(parts.iter().map(|part| part.scores).collect()),
            classes,
            positive: parts.first().map_or(0, |part| part.positive),
            truth,
            predicted,
            decisions: Matrix::from_rows(n, outputs, decisions),
            probabilities: Matrix::from_rows(n, width, probabilities),
            fit_reports: parts.iter().map(|part| part.report.clone()).collect(),
            tracking_errors: Vec::new(),
        }
    }

    /// The figures of each fold and their means.
    #[must_use]
    pub fn scores(&self) -> &Scores {
        &self.scores
    }

    /// The labels, in the order in which classes are counted.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The class of each text.
    #[must_use]
    pub fn truth(&self) -> &[usize] {
        &self.truth
    }

    /// The class that each text was taken for.
    #[must_use]
    pub fn predicted(&self) -> &[usize] {
        &self.predicted
    }

    /// The decision values of each text: one for two classes, else one for each class.
    #[must_use]
    pub fn decisions(&self) -> &Matrix {
        &self.decisions
    }

    /// The probabilities of each text, one for each class.
    #[must_use]
    pub fn probabilities(&self) -> &Matrix {
        &self.probabilities
    }

    /// How training went, fold by fold.
    #[must_use]
    pub fn fit_reports(&self) -> &[FitReport] {
        &self.fit_reports
    }

    /// Everything about the answers to all texts together. Its figures are close to the means over folds, not equal.
    ///
    /// Errors: [`Error::InvalidParameter`](crate::Error::InvalidParameter) for more than 4,096 classes.
    pub fn report(&self) -> Result<Report> {
        let positive = (self.classes.len() == 2).then_some(self.positive);
        let probabilities = self.probabilities.as_slice();
        Report::new(&self.classes, positive, &self.truth, &self.predicted, probabilities)
    }

    /// What the tracker answered when it failed, if it did; the work went on.
    #[must_use]
    pub fn tracking_errors(&self) -> &[String] {
        &self.tracking_errors
    }
}
