//! One fold as one vectorizer sees it: rows to train on and rows to test, which any number of classifiers share.

use std::borrow::Cow;

use super::data::Data;
use super::watch::Watch;
use crate::classifier::{Classifier, FitOptions};
use crate::error::Result;
use crate::evaluate::{KFold, Split};
use crate::pipeline::{Ground, HeldOut, PipelineBuilder};
use crate::rows::{Matrix, Rows};
use crate::views::{Labels, Texts};

pub(super) struct FoldRows<'a> {
    labels: Vec<&'a Cow<'a, str>>,
    weights: Option<Vec<f64>>,
    ground: Ground,
    test: Rows,
    pub(super) truth: Vec<usize>,
    /// The folds of the training part, where classifiers are calibrated.
    held_out: Vec<HeldOut>,
}

/// What a classifier said of the rows that were tested, in their order.
pub(super) struct FoldAnswers {
    pub(super) decisions: Matrix,
    pub(super) predicted: Vec<usize>,
    pub(super) probabilities: Vec<f64>,
}

impl<'a> FoldRows<'a> {
    /// The vectorizer learns from the training part alone.
    pub(super) fn new(
        data: &'a Data<'a>,
        fold: usize,
        builder: &PipelineBuilder,
        watch: &Watch<'_>,
    ) -> Result<Self> {
        watch.report()?;
        let Split { train, test } = data.folds.split(fold);
        let labels: Vec<_> = train.iter().map(|&row| &data.labels[row]).collect();
        let taught = &data.texts.pick(&train)[..];
        let taught = Texts::of(&taught);
        let ground = Ground::new(builder, taught, Some(watch))?;
        let held_out = match builder.calibration_folds() {
            None => Vec::new(),
            Some(folds) => {
                let splits = KFold::new(folds).stratified(&labels)?;
                let splits = splits.iter();
                splits
                    .map(|split| HeldOut::new(builder, taught, split, Some(watch)))
                    .collect::<Result<_>>()?
            }
        };
        Ok(Self {
            labels,
            weights: data.weights.map(|all| train.iter().map(|&row| all[row]).collect()),
            test: ground.vectorizer().transform(&data.texts.pick(&test)),
            ground,
            truth: test.iter().map(|&row| data.truth[row]).collect(),
            held_out,
        })
    }

    pub(super) fn n_features(&self) -> usize {
        self.ground.vectorizer().n_features()
    }

    /// A classifier as a builder has it that is trained on the same.
    pub(super) fn fit(
        &self,
        builder: &PipelineBuilder,
        start: Option<&Classifier>,
        watch: &Watch<'_>,
    ) -> Result<Classifier> {
        let mut options = FitOptions::new().progress(watch);
        if let Some(weights) = &self.weights {
            options = options.weights(weights);
        }
        let (_, params) = builder.parts();
        let task = params.prepare(Labels::of(&&self.labels[..]), &options)?;
        let warm = match start.filter(|_| self.ground.can_start_from_trained()) {
            Some(start) => options.warm_start(start),
            None => options,
        };
        let classifier = self.ground.fit(params, task, &warm)?;
        if builder.calibration_folds().is_none() {
            return Ok(classifier);
        }
        let held_out = self.held_out.iter().map(Ok);
        Ok(builder.calibrate(classifier, held_out, Labels::of(&&self.labels[..]), &options)?.0)
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
