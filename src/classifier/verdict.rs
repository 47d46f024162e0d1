//! From decision values to the class of the answer. Stored with the weights: `predict` asks it, probabilities do not.

use serde::{Deserialize, Serialize};

use super::band::Band;
use super::link;
use super::threshold::Threshold;

/// What decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Verdict {
    /// The class with the highest decision value; of equal ones the first.
    Highest,
    /// Of two classes, the positive one where its decision value is above this.
    Threshold(Threshold),
    /// Of two classes, neither between two values.
    Band(Band),
}

impl Verdict {
    /// The class of a row. `positive` is the positive class.
    #[inline]
    pub(super) fn class_of(&self, decision: &[f64], positive: usize) -> usize {
        match self {
            Self::Highest => link::class_of(decision),
            Self::Threshold(threshold) => {
                let score = if positive == 1 { decision[0] } else { -decision[0] };
                if score > threshold.value() { positive } else { 1 - positive }
            }
            Self::Band(band) => band.class_of(decision[0]),
        }
    }
}
