//! Texts, labels and folds, checked: what every training of a search shares. Settings are not known here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::CvOptions;
use super::scores::Metric;
use crate::classifier::{FitOptions, check_weights};
use crate::error::{Error, Result, same_length};
use crate::evaluate::Folds;
use crate::pipeline::PipelineBuilder;
use crate::sentiment::class_order;
use crate::views::{Labels, Texts};

/// Every training part has every class.
pub(super) struct Data<'a> {
    pub(super) texts: Texts<'a>,
    pub(super) labels: Vec<Cow<'a, str>>,
    /// In the order that classifiers have them in.
    pub(super) classes: Vec<String>,
    /// The class of each text.
    pub(super) truth: Vec<usize>,
    pub(super) folds: &'a Folds,
    /// How many texts of each class are in each fold.
    counts: Vec<Vec<usize>>,
    pub(super) weights: Option<&'a [f64]>,
}

impl<'a> Data<'a> {
    pub(super) fn new(
        texts: Texts<'a>,
        labels: Labels<'a>,
        folds: &'a Folds,
        options: &CvOptions<'a>,
    ) -> Result<Self> {
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "cross-validate on" });
        }
        same_length("texts", texts.len(), "labels", labels.len())?;
        same_length("texts", texts.len(), "rows in folds", folds.rows())?;
        if let Some(weights) = options.weights {
            same_length("texts", texts.len(), "weights", weights.len())?;
            check_weights(weights)?;
        }
        let labels: Vec<Cow<'a, str>> = labels.iter().collect();
        let mut places: BTreeMap<&str, usize> = labels.iter().map(|l| (l.as_ref(), 0)).collect();
        let mut classes: Vec<String> = places.keys().map(|&class| class.to_owned()).collect();
        classes.sort_by(|a, b| class_order(a, b));
        for (i, class) in classes.iter().enumerate() {
            places.insert(class, i);
        }
        if let [label] = classes.as_slice() {
            return Err(Error::OneClass { rows: texts.len(), label: label.clone() });
        }
        let truth: Vec<usize> = labels.iter().map(|label| places[label.as_ref()]).collect();
        let mut counts = vec![vec![0; classes.len()]; folds.n_folds()];
        for (&fold, &class) in folds.assignment().iter().zip(&truth) {
            counts[fold][class] += 1;
        }
        let data = Self { texts, labels, classes, truth, folds, counts, weights: options.weights };
        data.check_training_parts()?;
        data.check_training_weights()?;
        Ok(data)
    }

    fn check_training_parts(&self) -> Result<()> {
        for (class, name) in self.classes.iter().enumerate() {
            let all: usize = self.counts.iter().map(|fold| fold[class]).sum();
            if let Some(fold) = self.counts.iter().position(|fold| fold[class] == all) {
                let problem = format!(
                    "all {all} texts of class {name:?} are in fold {fold}, so that there is none to train on when that is tested; \
                     use KFold::stratified, or leave the class out"
                );
                return Err(Error::InvalidValues { what: "folds", problem });
            }
        }
        Ok(())
    }

    /// `Err` if texts of weight 0 are all that is left of a class in some training part.
    fn check_training_weights(&self) -> Result<()> {
        let Some(weights) = self.weights else { return Ok(()) };
        let n_folds = self.folds.n_folds();
        // In which fold each class has texts that count; `n_folds` if in several.
        let mut only: Vec<Option<usize>> = vec![None; self.classes.len()];
        for ((&fold, &class), &weight) in
            self.folds.assignment().iter().zip(&self.truth).zip(weights)
        {
            if weight > 0.0 {
                let known = only[class].get_or_insert(fold);
                *known = if *known == fold { fold } else { n_folds };
            }
        }
        for (only, class) in only.into_iter().zip(&self.classes) {
            let problem = match only {
                Some(fold) if fold == n_folds => continue,
                Some(fold) => format!(
                    "those of class {class:?} are 0 outside of fold {fold}, so that there is none to train on when that is \
                     tested; use other folds, or leave the class out"
                ),
                None => format!("those of class {class:?} sum to 0; leave the class out"),
            };
            return Err(Error::InvalidValues { what: "sample weights", problem });
        }
        Ok(())
    }

    /// `Err` if a metric would be undefined for what is tested; `positive` is the class that counts as such.
    fn check_metric(&self, metric: Metric, positive: usize) -> Result<()> {
        if metric == Metric::F1 && self.classes.len() > 2 {
            return Err(Error::InvalidParameter {
                name: "metric",
                found: format!("f1_score of {} classes", self.classes.len()),
                expected: "is about one of two classes; use Metric::F1Macro",
            });
        }
        let (needed, figure) = match metric {
            Metric::RocAuc => (0..self.classes.len(), "ROC-AUC"),
            Metric::AveragePrecision if self.classes.len() == 2 => {
                (positive..positive + 1, "average precision")
            }
            Metric::AveragePrecision => (0..self.classes.len(), "average precision"),
            // All others are defined for any texts.
            _ => return Ok(()),
        };
        for (fold, counts) in self.counts.iter().enumerate() {
            if let Some(class) = needed.clone().find(|&class| counts[class] == 0) {
                let problem = format!(
                    "fold {fold} has no text of class {:?}, which leaves its {figure} undefined; use KFold::stratified, fewer \
                     folds or another metric",
                    self.classes[class]
                );
                return Err(Error::InvalidValues { what: "folds", problem });
            }
        }
        Ok(())
    }

    /// Whatever settings can get wrong shows before texts are analysed for minutes, and so does a metric to choose by that
    /// would be undefined.
    pub(super) fn check_settings(
        &self,
        builder: &PipelineBuilder,
        metric: Option<Metric>,
    ) -> Result<()> {
        let (vectorizer, classifier) = builder.parts();
        vectorizer.validate()?;
        let task = classifier.prepare(Labels::of(&&self.classes[..]), &FitOptions::new())?;
        builder.check_basis(&task)?;
        metric.map_or(Ok(()), |metric| self.check_metric(metric, task.positive()))
    }
}
