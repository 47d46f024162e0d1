//! Truth beside answers come in, figures come out. Knows class indices and probabilities, never a text or a model.
//!
//! Most readers want a [`Report`]: everything about one evaluation, printed as scikit-learn prints it. The figures are
//! here one by one as well, for those who bring their own answers:
//!
//! | figure | from | in scikit-learn |
//! |---|---|---|
//! | [`ConfusionMatrix`], [`ClassFigures`] | true and predicted classes | `confusion_matrix`, `precision_recall_fscore_support` |
//! | its [`balanced_accuracy`](ConfusionMatrix::balanced_accuracy), [`matthews_corrcoef`](ConfusionMatrix::matthews_corrcoef) | the same | `balanced_accuracy_score`, `matthews_corrcoef` |
//! | [`roc_auc`], [`roc_auc_ovr`] | true classes and scores | `roc_auc_score` |
//! | [`average_precision`], [`average_precision_ovr`] | true classes and scores | `average_precision_score` |
//! | [`top_k_accuracy`] | true classes and scores | `top_k_accuracy_score` |
//! | [`log_loss`], [`brier_score_loss`] | true classes and probabilities | `log_loss`, `brier_score_loss` |
//! | [`calibration_curve`], [`expected_calibration_error`] | true classes and probabilities | `calibration_curve` |
//! | [`Report`] | all of these but the curve and top-k | `classification_report` |
//!
//! How far a figure can be trusted, [`Bootstrap`] says by an interval around it; whether two models differ by more than
//! chance, [`mcnemar`].
//!
//! [`stratified_split`] puts part of the texts aside to be evaluated on, [`KFold`] each of them in turn:
//!
//! | | one part aside | folds |
//! |---|---|---|
//! | in order | [`ordered_split`] | [`KFold::folds`], [`Folds::interleaved`] |
//! | at random | [`shuffled_split`] | [`KFold::shuffle`] before any of these |
//! | labels in the same shares | [`stratified_split`] | [`KFold::stratified`] |
//! | groups whole | [`grouped_split`] | [`KFold::grouped`] |
//! | both | [`stratified_grouped_split`] | [`KFold::stratified_grouped`] |
//! | as you say | [`Split`] | [`Folds::from_assignment`] |
//!
//! # Shapes
//!
//! Classes are indices from 0 to `n_classes - 1`, one per row. Probabilities lie row after row, `n_classes` of them per
//! row: that of class `c` in row `r` is `probabilities[r * n_classes + c]`. Bad input is an error, never a panic; a
//! figure that good input leaves undefined is 0 or `None`, as its documentation says.

mod agreement;
mod calibration;
mod check;
mod curves;
mod metrics;
mod report;
mod significance;
mod split;
mod top_k;

pub use calibration::{
    CalibrationBin, brier_score_loss, calibration_curve, expected_calibration_error, log_loss,
};
pub use curves::{average_precision, average_precision_ovr, roc_auc, roc_auc_ovr};
pub use metrics::{ClassFigures, ConfusionMatrix};
pub use report::Report;
pub use significance::{Answers, Bootstrap, Interval, McNemar, McNemarMethod, mcnemar};
pub use split::{
    Folds, FoldsIter, KFold, Split, grouped_split, ordered_split, shuffled_split,
    stratified_grouped_split, stratified_split,
};
pub use top_k::top_k_accuracy;
