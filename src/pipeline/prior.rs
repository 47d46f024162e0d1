//! A small set of texts stands on a large one: an existing pipeline, by its decision values or by its weights.
//!
//! **Decision values** are columns of the rows that the new pipeline is trained on, and are then folded away. What stands
//! in the new model is the prior's vectorizer beside the new one, each with its own terms, document frequencies and norm,
//! and its weights times what the new texts say that its values are worth. So the fold is exact, whatever the two analyses
//! are, and there is one linear model that explains, stores and scores like any other.
//!
//! **Weights** are what new weights stay near, term by term: ½‖w − w₀‖² is penalised. A term's value is tf · idf / norm in
//! either model, so that it adds to a decision value of the new one what it added in the old if
//!
//! ```text
//! w₀ⱼ = vⱼ · (idf'ⱼ / idfⱼ) · ρ
//! ```
//!
//! with v and idf' of the prior. What is left is the quotient of the norms (and of tf, where the settings differ), another
//! for each text: ρ is the one number for all texts and terms of a block that leaves the least squares,
//!
//! ```text
//! Σᵢⱼ ‖vⱼ‖² · (x'ᵢⱼ − ρ·aⱼ·xᵢⱼ)² → min,   ρ = Σ ‖vⱼ‖²·aⱼ·x'ᵢⱼ·xᵢⱼ / Σ ‖vⱼ‖²·(aⱼ·xᵢⱼ)²,   aⱼ = idf'ⱼ / idfⱼ
//! ```
//!
//! over the new texts i, whose values are x' in the prior's rows and x in the new ones.

use std::fmt;
use std::result::Result as StdResult;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Pipeline;
use crate::classifier::Classifier;
use crate::error::{Error, Result};
use crate::rows::{Matrix, Rows};
use crate::vectorizer::{Shared, Vectorizer};
use crate::views::Texts;

/// How much a decision value counts as a column beside rows of length 1. With a hundred texts, 0.1 is too little; more
/// changes nothing.
pub(super) const STRENGTH: f64 = 0.3;

/// What of a pipeline another one stands on; see [`PipelineBuilder::prior`](crate::PipelineBuilder::prior).
///
/// ```
/// use ressenti::{Pipeline, Prior};
///
/// let many = ["lovely film", "great film", "awful film", "terrible film"];
/// let prior = Pipeline::builder().fit(&many, &["1", "1", "0", "0"])?;
/// for kind in [Prior::Decision, Prior::Weights] {
///     let builder = Pipeline::builder().prior(&prior, kind);
///     let pipeline = builder.fit(&["a lovely crew", "what an awful flight"], &["1", "0"])?;
///     assert_eq!(pipeline.predict("a great seat")?.label(), "1");
/// }
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Prior {
    /// Its decision values: columns beside those of the texts, which decide how much they are worth. For any two analyses
    /// and any classes. A text is analysed by both.
    Decision,
    /// Its weights: those of the same terms stay near them, the nearer the smaller [`c`](crate::ClassifierParams::c) is.
    /// For the same labels, and best for the same analysis. There is one vocabulary of the terms of both, so that it takes
    /// no longer to score than without a prior.
    Weights,
}

impl Prior {
    /// The name that runs are tracked with: `decision` or `weights`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Weights => "weights",
        }
    }
}

impl fmt::Display for Prior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A pipeline to stand on; shared, as a builder may be copied.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Support {
    #[serde(serialize_with = "shared", deserialize_with = "alone")]
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) kind: Prior,
}

fn shared<S: Serializer>(pipeline: &Arc<Pipeline>, serializer: S) -> StdResult<S::Ok, S::Error> {
    pipeline.serialize(serializer)
}

fn alone<'de, D: Deserializer<'de>>(deserializer: D) -> StdResult<Arc<Pipeline>, D::Error> {
    Pipeline::deserialize(deserializer).map(Arc::new)
}

/// Equal if they are the same model.
impl PartialEq for Support {
    fn eq(&self, other: &Self) -> bool {
        let same = || self.pipeline.to_bytes() == other.pipeline.to_bytes();
        self.kind == other.kind && (Arc::ptr_eq(&self.pipeline, &other.pipeline) || same())
    }
}

impl Support {
    /// Its decision values of texts.
    pub(super) fn decisions(&self, texts: Texts<'_>) -> Result<Matrix> {
        let Pipeline { vectorizer, classifier, .. } = &*self.pipeline;
        classifier.decision_function(&vectorizer.transform_all(texts))
    }

    /// Its weights for the columns of another vectorizer; `rows` are those of the texts there.
    pub(super) fn lent_to(
        &self,
        vectorizer: &Vectorizer,
        rows: &Rows,
        texts: Texts<'_>,
    ) -> Result<Classifier> {
        let Pipeline { vectorizer: theirs, classifier, .. } = &*self.pipeline;
        let shared = vectorizer.shared_with(theirs);
        if shared.iter().all(|block| block.links.is_empty()) {
            return Err(Error::InvalidParameter {
                name: "prior",
                found: "without a term in common".to_owned(),
                expected: "has no weights to lend: analyse texts as it does, or use Prior::Decision",
            });
        }
        let ratios = ratios(classifier, &shared, rows, &theirs.transform_all(texts));
        let links = shared.iter().zip(ratios).flat_map(|(block, ratio)| {
            block.links.iter().map(move |link| (link.mine, link.theirs, link.idf * ratio))
        });
        classifier.lent(vectorizer.n_features(), links)
    }
}

/// ρ of each block.
fn ratios(prior: &Classifier, shared: &[Shared], rows: &Rows, their_rows: &Rows) -> Vec<f64> {
    let mut links = vec![None; their_rows.n_columns()];
    for (block, Shared { links: of_block }) in shared.iter().enumerate() {
        for link in of_block {
            links[link.theirs as usize] = Some((block, link));
        }
    }
    let mut sums = vec![(0.0, 0.0); shared.len()];
    let mut row = vec![0.0; rows.n_columns()];
    for i in 0..rows.n_rows() {
        let (columns, values) = rows.row(i);
        for (&column, &value) in columns.iter().zip(values) {
            row[column as usize] = f64::from(value);
        }
        let (of_theirs, their_values) = their_rows.row(i);
        for (&column, &value) in of_theirs.iter().zip(their_values) {
            let Some((block, link)) = links[column as usize] else { continue };
            let (mine, theirs) = (link.idf * row[link.mine as usize], f64::from(value));
            let squared = prior.squared_weight(column);
            sums[block].0 += squared * mine * theirs;
            sums[block].1 += squared * mine * mine;
        }
        for &column in columns {
            row[column as usize] = 0.0;
        }
    }
    // A block that no text speaks of lends its weights as they are.
    let ratio =
        |(products, squares): (f64, f64)| if squares > 0.0 { products / squares } else { 1.0 };
    sums.into_iter().map(ratio).collect()
}
