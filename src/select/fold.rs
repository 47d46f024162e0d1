//! One fold as one vectorizer sees it: rows to train on and rows to test, which any number of classifiers share.

use std::borrow::Cow;
use std::ops::Range;

use super::data::Data;
use super::watch::Watch;
use crate::classifier::{Classifier, ClassifierParams, FitOptions};
use crate::error::Result;
use crate::evaluate::Split;
use crate::rows::{Matrix, Rows};
use crate::vectorizer::{Block, VectorizerParams};

pub(super) struct FoldRows<'a> {
    labels: Vec<&'a Cow<'a, str>>,
    weights: Option<Vec<f64>>,
    blocks: Vec<Range<usize>>,
    train: Rows,
    test: Rows,
    pub(super) truth: Vec<usize>,
}

/// What a classifier said of the rows that were tested, in their order.
pub(super) struct FoldAnswers {
    pub(super) decisions: Matrix,
    pub(super) predicted: Vec<usize>,
    pub(super) probabilities: Vec<f64>,
}

impl<'a> FoldRows<'a> {
    /// The vectorizer learns from the training part alone.
    pub(super) fn new<T: AsRef<str> + Sync>(
        data: &'a Data<'a, T>,
        fold: usize,
        params: &VectorizerParams,
        watch: &Watch<'_>,
    ) -> Result<Self> {
        watch.report()?;
        let Split { train, test } = data.folds.split(fold);
        let texts = |rows: &[usize]| -> Vec<&str> {
            rows.iter().map(|&row| data.texts[row].as_ref()).collect()
        };
        let (vectorizer, train_rows) = params.fit_transform_with(&texts(&train), Some(watch))?;
        Ok(Self {
            labels: train.iter().map(|&row| &data.labels[row]).collect(),
            weights: data.weights.map(|all| train.iter().map(|&row| all[row]).collect()),
            blocks: vectorizer.blocks().iter().map(Block::columns).collect(),
            train: train_rows,
            test: vectorizer.transform(&texts(&test)),
            truth: test.iter().map(|&row| data.truth[row]).collect(),
        })
    }

    pub(super) fn n_features(&self) -> usize {
        self.train.n_columns()
    }

    pub(super) fn fit(
        &self,
        params: &ClassifierParams,
        start: Option<&Classifier>,
        watch: &Watch<'_>,
    ) -> Result<Classifier> {
        let mut options = FitOptions::new().column_blocks(&self.blocks).progress(watch);
        if let Some(weights) = &self.weights {
            options = options.weights(weights);
        }
        if let Some(start) = start {
            options = options.warm_start(start);
        }
        params.fit_with(&self.train, &self.labels, &options)
    }

    pub(super) fn test(&self, classifier: &Classifier) -> Result<FoldAnswers> {
        let decisions = classifier.decision_function(&self.test)?;
        let (mut predicted, mut probabilities) = (Vec::new(), Vec::new());
        for i in 0..decisions.n_rows() {
            predicted.push(classifier.class_of(decisions.row(i)));
            classifier.probabilities(decisions.row(i), &mut probabilities);
        }
        Ok(FoldAnswers { decisions, predicted, probabilities })
    }
}
