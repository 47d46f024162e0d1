//! Labels or groups come in, row numbers come out: some to train on, others to be tested on. Never sees a text.
//!
//! `stratified` and `holdout` put one part aside, `k_fold` makes settings into `folds`, and `groups` keeps groups whole for
//! both.

mod folds;
mod groups;
mod holdout;
mod k_fold;
mod stratified;

pub use folds::{Folds, FoldsIter};
pub use holdout::{Split, grouped_split, ordered_split, shuffled_split, stratified_grouped_split};
pub use k_fold::KFold;
pub use stratified::stratified_split;
