//! What is done to the values of a row before it meets the weights. Stored with them: a model is trained on such rows.

use serde::{Deserialize, Serialize};

/// Of all rows, in training and in scoring alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RowTransform {
    /// Values are as they come.
    None,
    /// 1 where a value is above 0, else 0.
    Binary,
}

/// 1 above 0, else 0: whether a term is there.
#[inline]
pub(super) fn binary(value: f64) -> f64 {
    f64::from(u8::from(value > 0.0))
}
