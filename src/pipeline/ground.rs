//! Texts as a vectorizer, and a prior or lexicons, see them: what any number of classifiers can be trained on. Labels are not
//! known here.

use std::ops::Range;
use std::sync::Arc;

use super::lexicon::told;
use super::prior::{STRENGTH, Support};
use super::{Lexicon, Pipeline, PipelineBuilder, Prior};
use crate::classifier::{Classifier, ClassifierParams, FitOptions, Task};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::rows::{Matrix, Rows};
use crate::text::Analyzer;
use crate::vectorizer::{Block, Vectorizer};
use crate::views::Texts;

/// The rows of texts, and how to train on them.
pub(crate) struct Ground {
    /// That of the pipeline that comes out.
    vectorizer: Vectorizer,
    rows: Rows,
    /// Of the rows' columns.
    blocks: Vec<Range<usize>>,
    basis: Basis,
}

/// What of a prior or of lexicons is needed.
enum Basis {
    None,
    /// The values of each lexicon's columns, times its strength, and what they say of the texts.
    Lexicons(Vec<Vec<f64>>, Matrix),
    /// It, and its values of the texts.
    Decision(Arc<Pipeline>, Matrix),
    /// Its weights of the rows' columns.
    Weights(Box<Classifier>),
}

impl Ground {
    /// What a builder's vectorizer learns from texts, and what its prior says of them.
    pub(crate) fn new(
        builder: &PipelineBuilder,
        texts: Texts<'_>,
        progress: Option<&dyn Progress>,
    ) -> Result<Self> {
        let (params, prior) = (&builder.vectorizer, builder.beyond.prior.as_ref());
        let lexicons = &builder.beyond.lexicons;
        let (vectorizer, rows) = match prior {
            Some(Support { pipeline, kind: Prior::Weights }) => {
                params.fit_transform_beside(texts, &pipeline.vectorizer, progress)?
            }
            _ if !lexicons.is_empty() => {
                let terms = |_, _: &[Block], analyzer: &Analyzer| {
                    lexicons
                        .iter()
                        .flat_map(|lexicon| lexicon.terms(analyzer).into_keys())
                        .collect()
                };
                params.fit_transform_with_terms(texts, terms, progress)?
            }
            _ => params.fit_transform_all(texts, progress)?,
        };
        let blocks = vectorizer.blocks().iter().map(Block::columns).collect();
        let (vectorizer, basis) = match prior {
            None if lexicons.is_empty() => (vectorizer, Basis::None),
            None => {
                let values = |lexicon: &Lexicon| {
                    let strength = lexicon.chosen_strength();
                    lexicon.values(&vectorizer).into_iter().map(|v| v * strength).collect()
                };
                let values: Vec<Vec<f64>> = lexicons.iter().map(values).collect();
                if values.iter().any(|values| values.iter().all(|&v| v == 0.0)) {
                    return Err(Error::InvalidParameter {
                        name: "lexicon",
                        found: "without a term of this analysis".to_owned(),
                        expected: "changes nothing; give it words that are one token of a block with words and a vocabulary",
                    });
                }
                let told = told(&values, &rows);
                (vectorizer, Basis::Lexicons(values, told))
            }
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
        !matches!(self.basis, Basis::Decision(..) | Basis::Lexicons(..))
    }

    /// A classifier for the rows of [`vectorizer`](Self::vectorizer); the task is about those of the texts, where
    /// soft targets have it about some twice.
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
                let factor = params.factor_of_sums("prior", STRENGTH)?;
                let wide = self.beside(decisions, factor, "prior", &mut blocks)?;
                let model = params.fit_task(&wide, task, &options.column_blocks(&blocks))?;
                model.fold_prior(&prior.classifier, factor)
            }
            Basis::Lexicons(values, told) => {
                let factor = params.factor_of_sums("lexicon", 1.0)?;
                let wide = self.beside(told, factor, "lexicon", &mut blocks)?;
                let model = params.fit_task(&wide, task, &options.column_blocks(&blocks))?;
                model.fold_sums(values, factor)
            }
        }
    }
}

impl Ground {
    /// The rows with dense columns to the right, each of which is a block of its own.
    fn beside(
        &self,
        dense: &Matrix,
        factor: f64,
        what: &'static str,
        blocks: &mut Vec<Range<usize>>,
    ) -> Result<Rows> {
        let wide = self.rows.beside_dense(dense, |z| (factor * z) as f32);
        let problem = "what it says of texts leaves the range of single precision; bring its values, or the rows it was trained on, closer to 1";
        let wide =
            wide.ok_or_else(|| Error::InvalidValues { what, problem: problem.to_owned() })?;
        blocks.extend((self.rows.n_columns()..wide.n_columns()).map(|column| column..column + 1));
        Ok(wide)
    }
}

impl PipelineBuilder {
    /// `Err` unless a classifier of these settings can stand on the prior and hear the lexicons that there are.
    pub(crate) fn check_basis(&self, task: &Task) -> Result<()> {
        for lexicon in &self.beyond.lexicons {
            lexicon.validate()?;
            self.classifier.factor_of_sums("lexicon", 1.0)?;
        }
        let Some(Support { pipeline, kind }) = &self.beyond.prior else { return Ok(()) };
        if !self.beyond.lexicons.is_empty() {
            return Err(Error::InvalidParameter {
                name: "lexicon",
                found: "with a prior".to_owned(),
                expected: "cannot stand beside one; train the prior with it, or leave one of them out",
            });
        }
        pipeline.classifier.check_folds()?;
        if *kind == Prior::Decision {
            return self.classifier.factor_of_sums("prior", STRENGTH).map(|_| ());
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
