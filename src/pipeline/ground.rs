//! Texts as a vectorizer and a prior see them: what any number of classifiers can be trained on. Labels are not known here.

use std::ops::Range;
use std::sync::Arc;

use super::prior::{STRENGTH, Support};
use super::{Pipeline, PipelineBuilder, Prior};
use crate::classifier::{Classifier, ClassifierParams, FitOptions, Task};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::rows::{Matrix, Rows};
use crate::vectorizer::{Block, Vectorizer};

/// The rows of texts, and how to train on them.
pub(crate) struct Ground {
    /// That of the pipeline that comes out.
    vectorizer: Vectorizer,
    rows: Rows,
    /// Of the rows' columns.
    blocks: Vec<Range<usize>>,
    basis: Basis,
}

/// What of a prior is needed.
enum Basis {
    None,
    /// It, and its values of the texts.
    Decision(Arc<Pipeline>, Matrix),
    /// Its weights of the rows' columns.
    Weights(Box<Classifier>),
}

impl Ground {
    /// What a builder's vectorizer learns from texts, and what its prior says of them.
    pub(crate) fn new<T: AsRef<str> + Sync>(
        builder: &PipelineBuilder,
        texts: &[T],
        progress: Option<&dyn Progress>,
    ) -> Result<Self> {
        let (params, prior) = (&builder.vectorizer, builder.beyond.prior.as_ref());
        let (vectorizer, rows) = match prior {
            Some(Support { pipeline, kind: Prior::Weights }) => {
                params.fit_transform_beside(texts, &pipeline.vectorizer, progress)?
            }
            _ => params.fit_transform_with(texts, progress)?,
        };
        let blocks = vectorizer.blocks().iter().map(Block::columns).collect();
        let (vectorizer, basis) = match prior {
            None => (vectorizer, Basis::None),
            Some(prior) if prior.kind == Prior::Decision => {
                let theirs = &prior.pipeline.vectorizer;
                let basis = Basis::Decision(prior.pipeline.clone(), prior.decisions(texts)?);
                (vectorizer.beside(theirs)?, basis)
            }
            Some(prior) => {
                let weights = prior.lent_to(&vectorizer, &rows, texts)?;
                (vectorizer, Basis::Weights(Box::new(weights)))
            }
        };
        Ok(Self { vectorizer, rows, blocks, basis })
    }

    pub(crate) fn vectorizer(&self) -> &Vectorizer {
        &self.vectorizer
    }

    pub(super) fn into_vectorizer(self) -> Vectorizer {
        self.vectorizer
    }

    /// Whether a classifier that was trained on it has the columns of its rows, so that another can start from it.
    pub(crate) fn can_start_from_trained(&self) -> bool {
        !matches!(self.basis, Basis::Decision(..))
    }

    /// A classifier for the rows of [`vectorizer`](Self::vectorizer); the task has as many targets as there were texts.
    pub(crate) fn fit(
        &self,
        params: &ClassifierParams,
        task: Task,
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        let mut blocks = self.blocks.clone();
        match &self.basis {
            Basis::None => params.fit_task(&self.rows, task, &options.column_blocks(&blocks)),
            Basis::Weights(weights) => {
                let options = options.column_blocks(&blocks).prior(weights);
                params.fit_task(&self.rows, task, &options)
            }
            Basis::Decision(prior, decisions) => {
                let factor = params.factor_of_prior(STRENGTH)?;
                let wide = self.rows.beside_dense(decisions, |z| (factor * z) as f32);
                let wide = wide.ok_or_else(|| Error::InvalidValues {
                    what: "prior",
                    problem: "its decision values leave the range of single precision; bring the rows it was trained on closer to 1".to_owned(),
                })?;
                let own = self.rows.n_columns();
                blocks.extend((own..wide.n_columns()).map(|column| column..column + 1));
                let model = params.fit_task(&wide, task, &options.column_blocks(&blocks))?;
                model.fold_prior(&prior.classifier, factor)
            }
        }
    }
}

impl PipelineBuilder {
    /// `Err` unless there is no prior, or a classifier of these settings can stand on it.
    pub(crate) fn check_prior(&self, task: &Task) -> Result<()> {
        let Some(Support { pipeline, kind }) = &self.beyond.prior else { return Ok(()) };
        pipeline.classifier.check_folds()?;
        if *kind == Prior::Decision {
            return self.classifier.factor_of_prior(STRENGTH).map(|_| ());
        }
        self.classifier.check_draws()?;
        if pipeline.classes() == task.classes() {
            return Ok(());
        }
        Err(Error::InvalidParameter {
            name: "prior",
            found: format!("of classes {:?} for labels {:?}", pipeline.classes(), task.classes()),
            expected: "has no weights for them; give texts the labels that it has, or use Prior::Decision",
        })
    }
}
