//! Weights, intercepts and classes of a linear model, to and from a classifier; what is more than that is refused by name.

use super::link::Link;
use super::rows::RowTransform;
use super::stored::ClassifierParts;
use super::verdict::Verdict;
use super::{Classifier, ClassifierParams, FitReport, MultiClass};
use crate::error::Result;
use crate::persist::FormatVersion;

/// What there is to know of a plain linear model, with the names and shapes of scikit-learn.
pub(crate) struct PlainClassifier {
    /// In the order of a model.
    pub(crate) classes: Vec<String>,
    /// One row for two classes, which speaks for the second, else one for each class.
    pub(crate) coef: Vec<Vec<f64>>,
    pub(crate) intercept: Vec<f64>,
    /// Whether each class is told from the rest.
    pub(crate) one_vs_rest: bool,
}

impl PlainClassifier {
    /// Those of a classifier, or what has no place here.
    pub(crate) fn of(classifier: &Classifier) -> Result<Self, &'static str> {
        let more = [
            (
                "rows that only say whether a term is there",
                classifier.transform != RowTransform::None,
            ),
            ("a calibration", classifier.calibration.is_some()),
            ("a threshold or a neutral band", classifier.verdict != Verdict::Highest),
            ("the probabilities of modified Huber", classifier.link == Link::ModifiedHuber),
        ];
        if let Some((name, _)) = more.into_iter().find(|&(_, set)| set) {
            return Err(name);
        }
        Ok(Self {
            classes: classifier.classes.clone(),
            coef: classifier.weights.columns().into_iter().map(|w| w.to_vec()).collect(),
            intercept: classifier.intercept.clone(),
            one_vs_rest: classifier.link == Link::OneVsRest,
        })
    }

    /// The classifier that has these. The caller has checked that all rows are of one length.
    pub(crate) fn build(self) -> Result<Classifier> {
        let Self { classes, coef, intercept, one_vs_rest } = self;
        let multi_class = if one_vs_rest { MultiClass::OneVsRest } else { MultiClass::Multinomial };
        let link = match (classes.len(), one_vs_rest) {
            (2, _) => Link::Logistic,
            (_, true) => Link::OneVsRest,
            (_, false) => Link::Softmax,
        };
        let columns = coef.first().map_or(0, Vec::len);
        let weights = (0..columns).flat_map(|j| coef.iter().map(move |row| row[j])).collect();
        let params = ClassifierParams::default().multi_class(multi_class);
        let positive = params.positive_class(&classes)? as u32;
        let parts = ClassifierParts {
            format: FormatVersion,
            params,
            classes,
            positive,
            transform: RowTransform::None,
            link,
            weights,
            intercept,
            calibration: None,
            verdict: Verdict::Highest,
            report: FitReport::of_one_pass("imported"),
        };
        Classifier::try_from(parts)
    }
}
