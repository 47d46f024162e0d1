//! A small set of texts stands on a large one: the decision values of an existing pipeline are columns of the rows that the
//! new one is trained on, and are then folded away.
//!
//! What stands in the new model is the prior's vectorizer beside the new one, each with its own terms, document
//! frequencies and norm, and its weights times what the new texts say that its values are worth. So the fold is exact,
//! whatever the two analyses are, and there is one linear model that explains, stores and scores like any other.
//!
//! Tried and dropped: one vocabulary for both, by which the prior's rows change their norm and its values with it.

use std::sync::Arc;

use super::Pipeline;
use crate::error::{Error, Result};
use crate::rows::Rows;

/// How much a decision value counts as a column beside rows of length 1. With a hundred texts, 0.1 is too little; more
/// changes nothing.
pub(super) const STRENGTH: f64 = 0.3;

/// A pipeline to stand on; shared, as a builder may be copied.
#[derive(Debug, Clone)]
pub(super) struct Prior(Arc<Pipeline>);

/// Equal if they are the same model.
impl PartialEq for Prior {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.to_bytes() == other.0.to_bytes()
    }
}

impl Prior {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        Self(Arc::new(pipeline.clone()))
    }

    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.0
    }

    /// The rows of texts with its decision values of them, times `factor`, as columns to their right.
    pub(super) fn beside<T: AsRef<str> + Sync>(
        &self,
        rows: &Rows,
        texts: &[T],
        factor: f64,
    ) -> Result<Rows> {
        let Pipeline { vectorizer, classifier, .. } = self.pipeline();
        let decisions = classifier.decision_function(&vectorizer.transform(texts))?;
        let wide = rows.beside_dense(&decisions, |z| (factor * z) as f32);
        wide.ok_or_else(|| Error::InvalidValues {
            what: "prior",
            problem: "its decision values leave the range of single precision; bring the rows it was trained on closer to 1".to_owned(),
        })
    }
}
