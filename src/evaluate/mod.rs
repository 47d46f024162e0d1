//! Truth beside answers come in, figures come out. Knows class indices and probabilities, never a text or a model.

mod split;

pub use split::{Split, stratified_split};
