//! All answers of one evaluation come in, every figure about them comes out, ready to print, track or serialize. Knows
//! the names of the classes, not where the answers came from.

use std::fmt;

use serde::Serialize;

use super::calibration::{BINS, brier_score_loss, expected_calibration_error, log_loss};
use super::curves::{
    average_precision_one_vs_rest, average_precision_ovr, one_vs_rest, roc_auc_ovr,
};
use super::metrics::{ClassFigures, ConfusionMatrix};
use crate::error::{Error, Result};

/// Everything about one evaluation.
///
/// Printed, it has the layout of scikit-learn's `classification_report`, with six lines below it. Figures have four
/// decimals, for models worth comparing differ in the third; `{:.2}` gives scikit-learn's default of two. Serialized, it
/// has all figures by name; `figures` are those of the positive class or, without one, the macro average.
///
/// ```
/// use ressenti::evaluate::Report;
///
/// let truth = [0, 0, 0, 1, 1];
/// let predicted = [0, 0, 1, 1, 1];
/// let probabilities = [0.9, 0.1, 0.8, 0.2, 0.4, 0.6, 0.3, 0.7, 0.1, 0.9];
/// let report = Report::new(&["negative", "positive"], Some(1), &truth, &predicted, &probabilities)?;
///
/// assert_eq!(report.accuracy(), 0.8);
/// assert_eq!(report.f1(), 0.8);
/// assert_eq!(report.roc_auc(), Some(1.0));
/// assert_eq!(report.to_string(), "              precision    recall  f1-score   support
///
///     negative     1.0000    0.6667    0.8000         3
///     positive     0.6667    1.0000    0.8000         2
///
///     accuracy                         0.8000         5
///    macro avg     0.8333    0.8333    0.8000         5
/// weighted avg     0.8667    0.8000    0.8000         5
///
///      ROC-AUC                         1.0000
///       PR-AUC                         1.0000
///          MCC                         0.6667
///     log loss                         0.3414
///        Brier                         0.1020
///          ECE                         0.2600");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    rows: usize,
    classes: Vec<String>,
    positive: Option<usize>,
    accuracy: f64,
    /// Of the positive class, or the macro average.
    figures: ClassFigures,
    macro_average: ClassFigures,
    weighted_average: ClassFigures,
    per_class: Vec<ClassFigures>,
    roc_auc: Option<f64>,
    average_precision: Option<f64>,
    balanced_accuracy: f64,
    matthews_corrcoef: f64,
    log_loss: f64,
    brier_score_loss: f64,
    expected_calibration_error: f64,
    confusion_matrix: ConfusionMatrix,
    #[serde(skip)]
    tracking_errors: Vec<String>,
}

impl Report {
    /// Evaluates answers.
    ///
    /// `classes` are the names; `truth` and `predicted` index them, one per row; `probabilities` has `classes.len()`
    /// values per row (see [the module](super#shapes)). `predicted` need not be the most probable class, so that
    /// answers by a threshold can be evaluated too.
    ///
    /// `positive` is the class that [`f1`](Self::f1), [`precision`](Self::precision), [`recall`](Self::recall),
    /// [`roc_auc`](Self::roc_auc) and [`average_precision`](Self::average_precision) are about, as usual for two classes.
    /// With `None`, as usual for more, they are means over all classes.
    ///
    /// # Errors
    ///
    /// [`InvalidParameter`](Error::InvalidParameter) unless there are 2 to 4096 classes and `positive` is one of them,
    /// [`NoTexts`](Error::NoTexts) if there is no row, [`LengthMismatch`](Error::LengthMismatch),
    /// [`InvalidValues`](Error::InvalidValues) for an index that is no class and for a probability that is NaN or
    /// outside 0 to 1.
    pub fn new(
        classes: &[impl AsRef<str>],
        positive: Option<usize>,
        truth: &[usize],
        predicted: &[usize],
        probabilities: &[f64],
    ) -> Result<Self> {
        let n_classes = classes.len();
        let confusion_matrix = ConfusionMatrix::new(n_classes, truth, predicted)?;
        let log_loss = log_loss(truth, probabilities, n_classes)?;
        let macro_average = confusion_matrix.macro_average();
        let (figures, roc_auc, average_precision) = match positive {
            Some(class) if class >= n_classes => {
                return Err(Error::InvalidParameter {
                    name: "positive",
                    found: class.to_string(),
                    expected: "is not the index of a class; give one of those or None for means over all classes",
                });
            }
            Some(class) => (
                confusion_matrix.figures(class),
                one_vs_rest(truth, probabilities, n_classes, class),
                average_precision_one_vs_rest(truth, probabilities, n_classes, class),
            ),
            None => (
                macro_average,
                roc_auc_ovr(truth, probabilities, n_classes)?,
                average_precision_ovr(truth, probabilities, n_classes)?,
            ),
        };
        Ok(Self {
            rows: truth.len(),
            classes: classes.iter().map(|class| class.as_ref().to_owned()).collect(),
            positive,
            accuracy: confusion_matrix.accuracy(),
            figures,
            macro_average,
            weighted_average: confusion_matrix.weighted_average(),
            per_class: (0..n_classes).map(|class| confusion_matrix.figures(class)).collect(),
            roc_auc,
            average_precision,
            balanced_accuracy: confusion_matrix.balanced_accuracy(),
            matthews_corrcoef: confusion_matrix.matthews_corrcoef(),
            log_loss,
            brier_score_loss: brier_score_loss(truth, probabilities, n_classes)?,
            expected_calibration_error: expected_calibration_error(
                truth,
                probabilities,
                n_classes,
                BINS,
            )?,
            confusion_matrix,
            tracking_errors: Vec::new(),
        })
    }

    /// Notes what a tracker answered when these figures were logged.
    pub(crate) fn with_tracking_errors(mut self, messages: Vec<String>) -> Self {
        self.tracking_errors = messages;
        self
    }

    /// How many rows were evaluated; at least 1.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The index of the positive class, if one was named.
    #[must_use]
    pub fn positive(&self) -> Option<usize> {
        self.positive
    }

    /// How many rows of each class were predicted as each class.
    #[must_use]
    pub fn confusion_matrix(&self) -> &ConfusionMatrix {
        &self.confusion_matrix
    }

    /// Precision, recall, F1 and support of a class; all 0 for one that does not exist.
    #[must_use]
    pub fn per_class(&self, class: usize) -> ClassFigures {
        self.confusion_matrix.figures(class)
    }

    /// The share of rows predicted as what they are; in 0 to 1.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.accuracy
    }

    /// F1 of the positive class; without one, the same as [`f1_macro`](Self::f1_macro).
    #[must_use]
    pub fn f1(&self) -> f64 {
        self.figures.f1
    }

    /// Precision of the positive class; without one, the same as [`precision_macro`](Self::precision_macro).
    #[must_use]
    pub fn precision(&self) -> f64 {
        self.figures.precision
    }

    /// Recall of the positive class; without one, the same as [`recall_macro`](Self::recall_macro).
    #[must_use]
    pub fn recall(&self) -> f64 {
        self.figures.recall
    }

    /// The mean of the classes' F1, each of the same weight. See [`ConfusionMatrix::macro_average`].
    #[must_use]
    pub fn f1_macro(&self) -> f64 {
        self.macro_average.f1
    }

    /// The mean of the classes' precision, each of the same weight.
    #[must_use]
    pub fn precision_macro(&self) -> f64 {
        self.macro_average.precision
    }

    /// The mean of the classes' recall, each of the same weight. Where every class has a row, it is the
    /// [`balanced_accuracy`](Self::balanced_accuracy).
    #[must_use]
    pub fn recall_macro(&self) -> f64 {
        self.macro_average.recall
    }

    /// The mean of the classes' F1, each weighted by its rows. See [`ConfusionMatrix::weighted_average`].
    #[must_use]
    pub fn f1_weighted(&self) -> f64 {
        self.weighted_average.f1
    }

    /// The mean of the classes' precision, each weighted by its rows.
    #[must_use]
    pub fn precision_weighted(&self) -> f64 {
        self.weighted_average.precision
    }

    /// The mean of the classes' recall, each weighted by its rows; the same as the accuracy.
    #[must_use]
    pub fn recall_weighted(&self) -> f64 {
        self.weighted_average.recall
    }

    /// The area under the ROC curve of the positive class against the rest; without one, the mean over all classes.
    ///
    /// `None` where it is undefined: the positive class has no row or all rows, or (for the mean) some class has none.
    /// See [`roc_auc`](super::roc_auc) and [`roc_auc_ovr`].
    #[must_use]
    pub fn roc_auc(&self) -> Option<f64> {
        self.roc_auc
    }

    /// The area under the precision-recall curve of the positive class against the rest; without one, the mean over all
    /// classes.
    ///
    /// `None` where it is undefined: the positive class has no row, or (for the mean) some class has none. See
    /// [`average_precision`](super::average_precision) and [`average_precision_ovr`].
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        self.average_precision
    }

    /// The mean recall of the classes that have rows. See [`ConfusionMatrix::balanced_accuracy`].
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        self.balanced_accuracy
    }

    /// Matthews' correlation of truth and prediction, over all classes. See [`ConfusionMatrix::matthews_corrcoef`].
    #[must_use]
    pub fn matthews_corrcoef(&self) -> f64 {
        self.matthews_corrcoef
    }

    /// The mean of −ln of the probability that each row's true class was given. See [`log_loss`].
    #[must_use]
    pub fn log_loss(&self) -> f64 {
        self.log_loss
    }

    /// The mean squared distance of the probabilities from the truth: up to 1 for two classes, up to 2 for more. See
    /// [`brier_score_loss`].
    #[must_use]
    pub fn brier_score_loss(&self) -> f64 {
        self.brier_score_loss
    }

    /// How far the highest probability of a row is from being right that often, over 15 bins of equal width. See
    /// [`expected_calibration_error`].
    #[must_use]
    pub fn expected_calibration_error(&self) -> f64 {
        self.expected_calibration_error
    }

    /// What the tracker answered when it failed to log these figures, if it did.
    #[must_use]
    pub fn tracking_errors(&self) -> &[String] {
        &self.tracking_errors
    }

    /// The figures worth tracking, under the names they have in runs.
    ///
    /// `accuracy`, `f1_score`, `precision`, `recall`, `roc_auc` (left out where undefined), `f1_macro`, `f1_weighted`,
    /// `log_loss`, `average_precision` (left out where undefined), `balanced_accuracy`, `matthews_corrcoef`,
    /// `brier_score_loss`, `expected_calibration_error`.
    ///
    /// ```
    /// use ressenti::evaluate::Report;
    ///
    /// let report = Report::new(&["no", "yes"], Some(1), &[1, 1], &[1, 0], &[0.2, 0.8, 0.6, 0.4])?;
    /// let names: Vec<&str> = report.metrics().iter().map(|(name, _)| *name).collect();
    /// assert_eq!(names[..4], ["accuracy", "f1_score", "precision", "recall"]);
    /// assert!(!names.contains(&"roc_auc")); // there is no row of class 0
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn metrics(&self) -> Vec<(&'static str, f64)> {
        let mut metrics = vec![
            ("accuracy", self.accuracy()),
            ("f1_score", self.f1()),
            ("precision", self.precision()),
            ("recall", self.recall()),
        ];
        metrics.extend(self.roc_auc().map(|area| ("roc_auc", area)));
        metrics.extend([
            ("f1_macro", self.f1_macro()),
            ("f1_weighted", self.f1_weighted()),
            ("log_loss", self.log_loss()),
        ]);
        metrics.extend(self.average_precision().map(|area| ("average_precision", area)));
        metrics.extend([
            ("balanced_accuracy", self.balanced_accuracy()),
            ("matthews_corrcoef", self.matthews_corrcoef()),
            ("brier_score_loss", self.brier_score_loss()),
            ("expected_calibration_error", self.expected_calibration_error()),
        ]);
        metrics
    }
}

impl fmt::Display for Report {
    /// The widths, blank lines and headings are those of `classification_report` in scikit-learn 1.9.1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(4);
        let names = self.classes.iter().map(|class| class.chars().count());
        let width = names.max().unwrap_or(0).max("weighted avg".len()).max(digits);

        let line = |f: &mut fmt::Formatter<'_>, name: &str, figures: &ClassFigures| {
            let ClassFigures { precision, recall, f1, support } = figures;
            writeln!(
                f,
                "{name:>width$}  {precision:>9.digits$} {recall:>9.digits$} {f1:>9.digits$} {support:>9}"
            )
        };

        let headings = ["precision", "recall", "f1-score", "support"];
        write!(f, "{:width$} ", "")?;
        headings.iter().try_for_each(|heading| write!(f, " {heading:>9}"))?;
        f.write_str("\n\n")?;
        for (class, figures) in self.classes.iter().zip(&self.per_class) {
            line(f, class, figures)?;
        }
        let (accuracy, rows) = (self.accuracy, self.rows);
        writeln!(f, "\n{:>width$}  {:19} {accuracy:>9.digits$} {rows:>9}", "accuracy", "")?;
        line(f, "macro avg", &self.macro_average)?;
        line(f, "weighted avg", &self.weighted_average)?;

        let below = [
            ("ROC-AUC", self.roc_auc),
            ("PR-AUC", self.average_precision),
            ("MCC", Some(self.matthews_corrcoef)),
            ("log loss", Some(self.log_loss)),
            ("Brier", Some(self.brier_score_loss)),
            ("ECE", Some(self.expected_calibration_error)),
        ];
        below.iter().try_for_each(|(name, figure)| {
            let figure =
                figure.map_or("undefined".to_owned(), |figure| format!("{figure:.digits$}"));
            write!(f, "\n{name:>width$}  {:19} {figure:>9}", "")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: [&str; 3] = ["negative", "neutral", "positive"];

    /// Six rows, two of each class, one of them wrong.
    fn report(positive: Option<usize>) -> Report {
        let truth = [0, 0, 1, 1, 2, 2];
        let predicted = [0, 0, 1, 2, 2, 2];
        let probabilities = [
            [0.8, 0.1, 0.1],
            [0.6, 0.3, 0.1],
            [0.2, 0.7, 0.1],
            [0.2, 0.3, 0.5],
            [0.1, 0.1, 0.8],
            [0.2, 0.2, 0.6],
        ];
        Report::new(&CLASSES, positive, &truth, &predicted, probabilities.as_flattened()).unwrap()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-15
    }

    #[test]
    fn without_a_positive_class_the_figures_are_means() {
        let report = report(None);
        assert_eq!((report.rows(), report.positive()), (6, None));
        assert!(close(report.f1(), report.f1_macro()));
        assert!(close(report.precision(), report.precision_macro()));
        assert!(close(report.recall(), report.recall_macro()));
        assert!(close(report.recall_weighted(), report.accuracy()));
    }

    #[test]
    fn a_positive_class_is_what_the_figures_are_about() {
        let report = report(Some(1));
        assert!(close(report.precision(), 1.0));
        assert!(close(report.recall(), 0.5));
        assert!(close(report.f1(), 2.0 / 3.0));
        assert!(close(report.f1(), report.per_class(1).f1));
        // Of eight pairs one is tied: the neutral row with 0.3 beside the negative one with 0.3.
        assert!(close(report.roc_auc().unwrap(), 7.5 / 8.0));
    }

    #[test]
    fn an_undefined_area_is_left_out_of_the_metrics_and_named_in_print() {
        let report = Report::new(&["a", "b"], Some(0), &[0], &[0], &[1.0, 0.0]).unwrap();
        assert_eq!(report.roc_auc(), None);
        assert!(
            report.metrics().iter().all(|(name, value)| *name != "roc_auc" && value.is_finite())
        );
        assert!(
            report.to_string().contains("     ROC-AUC                      undefined\n"),
            "{report}"
        );
    }

    #[test]
    fn without_a_row_of_the_positive_class_there_is_no_average_precision() {
        let report = Report::new(&["a", "b"], Some(1), &[0], &[0], &[1.0, 0.0]).unwrap();
        assert_eq!(report.average_precision(), None);
        assert!(report.metrics().iter().all(|(name, _)| *name != "average_precision"));
        assert!(report.to_string().contains("\n      PR-AUC                      undefined\n"));
    }

    #[test]
    fn tracked_names_are_those_of_the_notebook() {
        let names: Vec<_> = report(None).metrics().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "accuracy",
                "f1_score",
                "precision",
                "recall",
                "roc_auc",
                "f1_macro",
                "f1_weighted",
                "log_loss",
                "average_precision",
                "balanced_accuracy",
                "matthews_corrcoef",
                "brier_score_loss",
                "expected_calibration_error"
            ]
        );
    }

    #[test]
    fn long_names_widen_the_first_column_by_characters() {
        let names = ["très très négatif", "positif"];
        let text = format!(
            "{:.2}",
            Report::new(&names, None, &[0, 1], &[0, 1], &[1.0, 0.0, 0.0, 1.0]).unwrap()
        );
        let line = text.lines().nth(2).unwrap();
        assert_eq!(line, "très très négatif       1.00      1.00      1.00         1");
        assert!(text.ends_with("\n              ECE                           0.00"), "{text}");
    }

    #[test]
    fn a_positive_class_that_does_not_exist_is_an_error() {
        let error = Report::new(&["a", "b"], Some(2), &[0], &[0], &[1.0, 0.0]).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name: "positive", .. }));
        assert_eq!(
            error.to_string(),
            "positive 2 is not the index of a class; give one of those or None for means over all classes"
        );
    }

    #[test]
    fn bad_rows_are_errors_of_the_figures() {
        let error = Report::new(&["a"], None, &[0], &[0], &[1.0]).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name: "n_classes", .. }));
        assert_eq!(
            error.to_string(),
            "n_classes 1 is outside 2..=4096; a classifier tells at least two classes apart"
        );

        let error = Report::new(&["a", "b"], None, &[], &[], &[]).unwrap_err();
        assert!(matches!(error, Error::NoTexts { task: "evaluate" }));
        assert_eq!(error.to_string(), "there are no texts to evaluate; give at least one");

        let error = Report::new(&["a", "b"], None, &[0], &[0], &[1.0]).unwrap_err();
        assert!(matches!(error, Error::LengthMismatch { expected: 2, found: 1, .. }));
        assert_eq!(
            error.to_string(),
            "there are 2 rows × classes but 1 probabilities; their numbers must be equal"
        );

        let error = Report::new(&["a", "b"], None, &[0], &[0], &[0.5, f64::NAN]).unwrap_err();
        assert!(matches!(error, Error::InvalidValues { what: "probabilities", .. }));
        assert_eq!(
            error.to_string(),
            "invalid probabilities: NaN at index 1 is outside 0.0..=1.0; give probabilities, not decision values"
        );
    }

    #[test]
    fn serializes_every_figure() {
        let json = serde_json::to_value(report(Some(2))).unwrap();
        assert_eq!(json["rows"], 6);
        assert_eq!(json["positive"], 2);
        assert_eq!(json["classes"][1], "neutral");
        assert_eq!(json["figures"]["recall"], 1.0);
        assert_eq!(json["per_class"][1]["support"], 2);
        assert_eq!(json["confusion_matrix"], serde_json::json!([[2, 0, 0], [0, 1, 1], [0, 0, 2]]));
    }
}
