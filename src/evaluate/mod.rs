//! Truth beside answers come in, figures come out. Knows class indices and probabilities, never a text or a model.

mod check;
mod curves;
mod metrics;
mod split;

pub use curves::{log_loss, roc_auc, roc_auc_ovr};
pub use metrics::{ClassFigures, ConfusionMatrix};
pub use split::{Split, stratified_split};
