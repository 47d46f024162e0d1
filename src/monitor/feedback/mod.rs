//! What users say of answers comes in, and stays; how often they agree, and texts to train on, come out.
//!
//! [`CorrectionLog`] keeps [`Correction`]s, one line each, in a file that any number of programs may append to. What becomes
//! of them, when to train anew and on what, is not known here.

mod agreement;
mod correction;
mod log;
mod rows;

pub use agreement::{Agreement, AgreementReport};
pub use correction::{Correction, text_hash};
pub use log::{CorrectionLog, Corrections};
pub use rows::{CorrectionRows, RowOptions};
