//! Figures of each fold, their mean and how far it can be trusted. Knows class indices and scores, no text and no model.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::evaluate::{
    ConfusionMatrix, average_precision, average_precision_ovr, brier_score_loss, log_loss, roc_auc,
    roc_auc_ovr,
};
use crate::rows::Matrix;
use crate::tracker::Collecting;

/// A figure to choose by.
///
/// ```
/// use ressenti::select::Metric;
///
/// assert_eq!(Metric::default(), Metric::Accuracy);
/// assert!(Metric::RocAuc.greater_is_better() && !Metric::LogLoss.greater_is_better());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Metric {
    /// The share of texts that get their label. The default.
    #[default]
    Accuracy,
    /// The mean of the F1 of all classes, which counts rare ones as much as frequent ones.
    F1Macro,
    /// The F1 of the positive one of two classes.
    F1,
    /// The area under the ROC curve; of more than two classes, the mean over them of each against the rest.
    RocAuc,
    /// The mean of −ln(probability of the true class); low is good.
    LogLoss,
    /// The area under the precision-recall curve of the positive one of two classes; of more, the mean over them.
    AveragePrecision,
    /// The mean recall of the classes, which counts rare ones as much as frequent ones.
    BalancedAccuracy,
    /// Matthews' correlation of truth and answer, from −1 to 1.
    MatthewsCorrcoef,
    /// The mean squared distance of the probabilities from the truth; low is good.
    BrierScoreLoss,
}

impl Metric {
    /// All of them, in the order of tables.
    pub(super) const ALL: [Self; 9] = [
        Self::Accuracy,
        Self::F1Macro,
        Self::F1,
        Self::RocAuc,
        Self::LogLoss,
        Self::AveragePrecision,
        Self::BalancedAccuracy,
        Self::MatthewsCorrcoef,
        Self::BrierScoreLoss,
    ];

    /// The name that runs are tracked with: `accuracy`, `f1_macro`, `f1_score`, `roc_auc`, `log_loss`,
    /// `average_precision`, `balanced_accuracy`, `matthews_corrcoef`, `brier_score_loss`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::F1Macro => "f1_macro",
            Self::F1 => "f1_score",
            Self::RocAuc => "roc_auc",
            Self::LogLoss => "log_loss",
            Self::AveragePrecision => "average_precision",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::MatthewsCorrcoef => "matthews_corrcoef",
            Self::BrierScoreLoss => "brier_score_loss",
        }
    }

    /// Whether high is good: of all but the two losses.
    #[must_use]
    pub fn greater_is_better(self) -> bool {
        !matches!(self, Self::LogLoss | Self::BrierScoreLoss)
    }

    /// Turns figures so that high is good.
    pub(super) fn upwards(self, figure: f64) -> f64 {
        if self.greater_is_better() { figure } else { -figure }
    }
}

/// The figures of one fold, of the texts in it.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::Folds;
/// use ressenti::select::{CvOptions, cross_validate};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let folds = Folds::from_assignment(vec![0, 0, 1, 1])?;
/// let cv = cross_validate(&Pipeline::builder(), &texts, &[1, 0, 1, 0], &folds, &CvOptions::new())?;
/// assert_eq!((cv.scores().folds()[1].accuracy, cv.scores().folds()[1].roc_auc), (1.0, Some(1.0)));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoldScores {
    /// The share of texts that got their label.
    pub accuracy: f64,
    /// The mean of the F1 of all classes; a class without a text in the fold has 0.
    pub f1_macro: f64,
    /// The F1 of the positive one of two classes; `None` if there are more.
    pub f1: Option<f64>,
    /// The area under the ROC curve; `None` if a class has no text in the fold.
    pub roc_auc: Option<f64>,
    /// The mean of −ln(probability of the true class).
    pub log_loss: f64,
    /// The area under the precision-recall curve; `None` if the positive class, or one of more than two, has no text in the
    /// fold.
    pub average_precision: Option<f64>,
    /// The mean recall of the classes that have texts in the fold.
    pub balanced_accuracy: f64,
    /// Matthews' correlation of truth and answer, over all classes.
    pub matthews_corrcoef: f64,
    /// The mean squared distance of the probabilities from the truth.
    pub brier_score_loss: f64,
}

impl FoldScores {
    /// Scores answers; `positive` is the index of a class.
    pub(super) fn new(
        positive: usize,
        truth: &[usize],
        predicted: &[usize],
        decisions: &Matrix,
        probabilities: &[f64],
    ) -> Result<Self> {
        let classes = probabilities.len() / truth.len().max(1);
        let matrix = ConfusionMatrix::new(classes, truth, predicted)?;
        // Probabilities near 0 and 1 run together, decision values do not.
        let (roc_auc, average_precision) = if classes == 2 && decisions.n_columns() == 1 {
            let truth: Vec<bool> = truth.iter().map(|&class| class == positive).collect();
            let sign = if positive == 1 { 1.0 } else { -1.0 };
            let towards: Vec<f64> = decisions.as_slice().iter().map(|z| sign * z).collect();
            (roc_auc(&truth, &towards)?, average_precision(&truth, &towards)?)
        } else {
            let roc_auc = roc_auc_ovr(truth, probabilities, classes)?;
            (roc_auc, average_precision_ovr(truth, probabilities, classes)?)
        };
        Ok(Self {
            accuracy: matrix.accuracy(),
            f1_macro: matrix.macro_average().f1,
            f1: (classes == 2).then(|| matrix.figures(positive).f1),
            roc_auc,
            log_loss: log_loss(truth, probabilities, classes)?,
            average_precision,
            balanced_accuracy: matrix.balanced_accuracy(),
            matthews_corrcoef: matrix.matthews_corrcoef(),
            brier_score_loss: brier_score_loss(truth, probabilities, classes)?,
        })
    }

    /// The figure that a metric names, if it is defined.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Accuracy => Some(self.accuracy),
            Metric::F1Macro => Some(self.f1_macro),
            Metric::F1 => self.f1,
            Metric::RocAuc => self.roc_auc,
            Metric::LogLoss => Some(self.log_loss),
            Metric::AveragePrecision => self.average_precision,
            Metric::BalancedAccuracy => Some(self.balanced_accuracy),
            Metric::MatthewsCorrcoef => Some(self.matthews_corrcoef),
            Metric::BrierScoreLoss => Some(self.brier_score_loss),
        }
    }
}

/// A mean over folds, and how far it can be trusted.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::Folds;
/// use ressenti::select::{CvOptions, Estimate, Metric, cross_validate};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let folds = Folds::from_assignment(vec![0, 0, 1, 1])?;
/// let cv = cross_validate(&Pipeline::builder(), &texts, &[1, 0, 1, 0], &folds, &CvOptions::new())?;
/// let Some(Estimate { mean, std_error, .. }) = cv.scores().estimate(Metric::LogLoss) else { unreachable!() };
/// println!("log loss {mean:.3} ± {std_error:.3}");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The mean; every fold counts the same.
    pub mean: f64,
    /// The standard deviation of the folds (with k − 1 below the root) ÷ √k. Folds share training texts, so that it is
    /// somewhat too small.
    pub std_error: f64,
}

/// The figures of all folds.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::evaluate::Folds;
/// use ressenti::select::{CvOptions, Metric, cross_validate};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let folds = Folds::from_assignment(vec![0, 0, 1, 1])?;
/// let cv = cross_validate(&Pipeline::builder(), &texts, &[1, 0, 1, 0], &folds, &CvOptions::new())?;
/// let accuracy = cv.scores().estimate(Metric::Accuracy).unwrap();
/// assert_eq!((accuracy.mean, accuracy.std_error), (1.0, 0.0));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scores {
    folds: Vec<FoldScores>,
}

impl Scores {
    pub(super) fn new(folds: Vec<FoldScores>) -> Self {
        Self { folds }
    }

    /// Those of each fold.
    #[must_use]
    pub fn folds(&self) -> &[FoldScores] {
        &self.folds
    }

    /// The mean of a figure and its standard error; `None` if it is not defined in every fold.
    #[must_use]
    pub fn estimate(&self, metric: Metric) -> Option<Estimate> {
        let figures: Option<Vec<f64>> = self.folds.iter().map(|fold| fold.get(metric)).collect();
        let figures = figures.filter(|figures| !figures.is_empty())?;
        let k = figures.len() as f64;
        let mean = figures.iter().sum::<f64>() / k;
        let squares: f64 = figures.iter().map(|x| (x - mean).powi(2)).sum();
        let variance = if k > 1.0 { squares / (k - 1.0) } else { 0.0 };
        Some(Estimate { mean, std_error: (variance / k).sqrt() })
    }

    /// Records means and standard errors, and each fold's figure as a step.
    pub(super) fn log_to(&self, run: &Collecting<'_>) -> Result<()> {
        for metric in Metric::ALL {
            let name = metric.name();
            if let Some(Estimate { mean, std_error }) = self.estimate(metric) {
                run.metric(name, mean, 0)?;
                run.metric(&format!("{name}_std_error"), std_error, 0)?;
            }
            for (step, fold) in (0..).zip(&self.folds) {
                if let Some(figure) = fold.get(metric) {
                    run.metric(&format!("fold_{name}"), figure, step)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(accuracy: f64, roc_auc: Option<f64>) -> FoldScores {
        FoldScores {
            accuracy,
            f1_macro: 0.0,
            f1: None,
            roc_auc,
            log_loss: 0.0,
            average_precision: None,
            balanced_accuracy: 0.0,
            matthews_corrcoef: 0.0,
            brier_score_loss: 0.0,
        }
    }

    #[test]
    fn means_have_the_standard_error_of_their_folds() {
        let scores = Scores::new(vec![fold(0.5, None), fold(0.7, Some(1.0)), fold(0.9, Some(0.8))]);
        let accuracy = scores.estimate(Metric::Accuracy).unwrap();
        assert!((accuracy.mean - 0.7).abs() < 1e-15);
        assert!((accuracy.std_error - 0.2 / 3f64.sqrt()).abs() < 1e-15);
        assert_eq!(scores.estimate(Metric::RocAuc), None);
        assert_eq!(scores.estimate(Metric::F1), None);
    }

    #[test]
    fn the_area_is_that_of_decision_values_even_where_probabilities_run_together() {
        let decisions = Matrix::from(ndarray::arr2(&[[-60.0], [50.0], [60.0]]));
        let probabilities = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        let scores =
            FoldScores::new(1, &[0, 0, 1], &[0, 1, 1], &decisions, &probabilities).unwrap();
        assert_eq!(scores.roc_auc, Some(1.0));
        assert_eq!((scores.accuracy, scores.f1), (2.0 / 3.0, Some(2.0 / 3.0)));
        assert_eq!((scores.average_precision, scores.balanced_accuracy), (Some(1.0), 0.75));
        assert_eq!((scores.matthews_corrcoef, scores.brier_score_loss), (0.5, 1.0 / 3.0));
        // Of the other class as the positive one: the lower, the surer.
        let other = FoldScores::new(0, &[0, 0, 1], &[0, 1, 1], &decisions, &probabilities).unwrap();
        assert_eq!((other.roc_auc, other.average_precision), (Some(1.0), Some(1.0)));
    }
}
