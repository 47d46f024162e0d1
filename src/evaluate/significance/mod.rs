//! Figures of the same rows come in, how far they can be trusted comes out: an interval around one, a verdict on two.
//!
//! | question | by |
//! |---|---|
//! | How precise is this figure? | [`Bootstrap::interval`] |
//! | Is this model's figure better than that one's? | [`Bootstrap::difference`] |
//! | Do two models err on different rows by more than chance? | [`mcnemar`] |
//!
//! All three take the rows for independent draws from the world in question. They know nothing of the luck of training:
//! another training part would have given another model.

mod answers;
mod bootstrap;
mod mcnemar;

pub use answers::Answers;
pub use bootstrap::{Bootstrap, Interval};
pub use mcnemar::{McNemar, McNemarMethod, mcnemar};
