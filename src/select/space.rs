//! Values of settings in, every choice that can be made of them out, one at a time: a space of many millions takes the
//! memory of its lists.

use serde::{Deserialize, Serialize};

use crate::classifier::ClassifierParams;
use crate::error::{Error, Result};
use crate::pipeline::{Beyond, PipelineBuilder};
use crate::vectorizer::VectorizerParams;

/// So many vectorizers, and so many classifiers, can be told apart in one space.
const MOST: usize = 100_000;

/// Settings to choose from: a pipeline, and for some of its settings a list of values. A prior and a calibration of the
/// pipeline are those of every choice.
///
/// Choices are counted like a clock's hands: the classifier's settings turn faster than the vectorizer's, and of either
/// those that were named last turn fastest.
///
/// ```
/// use ressenti::select::{Space, logspace};
/// use ressenti::{ClassWeight, Classifier, ClassifierParams, DocFreq, Pipeline, VectorizerParams};
///
/// let space = Space::new(Pipeline::builder())
///     .vectorizer([1, 2, 5], |params, n| params.min_df(DocFreq::Count(n)))
///     .vectorizer([false, true], VectorizerParams::sublinear_tf)
///     .classifier([ClassWeight::Uniform, ClassWeight::Balanced], ClassifierParams::class_weight)
///     .c(logspace(-2.0, 2.0, 5));
/// assert_eq!(space.len(), 3 * 2 * 2 * 5);
///
/// // A list of grids, as scikit-learn has it: naive Bayes has no `c`, but an `alpha`.
/// let bayes = Pipeline::builder().classifier(Classifier::complement_nb());
/// let either = space.or(Space::new(bayes).classifier([0.1, 1.0], ClassifierParams::alpha));
/// assert_eq!(either.len(), 62);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct Space {
    parts: Vec<Part>,
}

/// Each vectorizer with each classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Part {
    vectorizers: Vec<VectorizerParams>,
    classifiers: Vec<ClassifierParams>,
    /// What all of them have in common.
    #[serde(default)]
    beyond: Beyond,
}

impl Space {
    /// One choice only: the settings as they are.
    pub fn new(builder: PipelineBuilder) -> Self {
        let (vectorizer, classifier, beyond) = builder.into_parts();
        let (vectorizers, classifiers) = (vec![vectorizer], vec![classifier]);
        Self { parts: vec![Part { vectorizers, classifiers, beyond }] }
    }

    /// Values for a setting of the vectorizer; each is put into the settings by `set`.
    pub fn vectorizer<V: Clone>(
        mut self,
        values: impl IntoIterator<Item = V>,
        set: impl Fn(VectorizerParams, V) -> VectorizerParams,
    ) -> Self {
        let values: Vec<V> = values.into_iter().take(MOST + 1).collect();
        for part in &mut self.parts {
            part.vectorizers = product(&part.vectorizers, &values, &set);
        }
        self
    }

    /// Values for a setting of the classifier; each is put into the settings by `set`.
    pub fn classifier<V: Clone>(
        mut self,
        values: impl IntoIterator<Item = V>,
        set: impl Fn(ClassifierParams, V) -> ClassifierParams,
    ) -> Self {
        let values: Vec<V> = values.into_iter().take(MOST + 1).collect();
        for part in &mut self.parts {
            part.classifiers = product(&part.classifiers, &values, &set);
        }
        self
    }

    /// Values for [`c`](ClassifierParams::c): cheap ones, as each training starts from the one before.
    pub fn c(self, values: impl IntoIterator<Item = f64>) -> Self {
        self.classifier(values, ClassifierParams::c)
    }

    /// The choices of these and, after them, of other settings.
    pub fn or(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// How many choices there are; at most `usize::MAX`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.len()))
    }

    /// Whether there is no choice, as some setting was given no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Choice `i`; the caller guarantees that it exists.
    pub(super) fn get(&self, mut i: usize) -> PipelineBuilder {
        let mut parts = self.parts.iter();
        loop {
            let part = parts.next().expect("fewer choices than there are");
            if i < part.len() {
                let (vectorizer, classifier) =
                    (i / part.classifiers.len(), i % part.classifiers.len());
                return PipelineBuilder::from_parts(
                    part.vectorizers[vectorizer].clone(),
                    part.classifiers[classifier].clone(),
                    part.beyond.clone(),
                );
            }
            i -= part.len();
        }
    }

    /// `Err` if there is nothing to choose from, or too much to be written down.
    pub(super) fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::InvalidParameter {
                name: "space",
                found: "of 0 choices".to_owned(),
                expected: "has nothing to search; give every setting at least one value",
            });
        }
        let most = |part: &Part| part.vectorizers.len().max(part.classifiers.len());
        if self.parts.iter().any(|part| most(part) > MOST) {
            let what = "choices of vectorizers or of classifiers";
            return Err(Error::TooLarge { what, limit: MOST as u64 });
        }
        Ok(())
    }
}

impl Part {
    fn len(&self) -> usize {
        self.vectorizers.len().saturating_mul(self.classifiers.len())
    }
}

/// Each of `all` with each value; no more than are needed to see that they are too many.
fn product<P: Clone, V: Clone>(all: &[P], values: &[V], set: impl Fn(P, V) -> P) -> Vec<P> {
    let pairs = all.iter().flat_map(|params| values.iter().map(move |value| (params, value)));
    pairs.map(|(params, value)| set(params.clone(), value.clone())).take(MOST + 1).collect()
}

/// `n` numbers from 10^`start` to 10^`end`, each the same factor above the one before, as
/// `numpy.logspace` has it. One number is 10^`start`.
///
/// ```
/// use ressenti::select::logspace;
///
/// assert_eq!(logspace(-2.0, 2.0, 5), [0.01, 0.1, 1.0, 10.0, 100.0]);
/// ```
#[must_use]
pub fn logspace(start: f64, end: f64, n: usize) -> Vec<f64> {
    let step = (end - start) / n.saturating_sub(1).max(1) as f64;
    let exponent = |i| if i > 0 && i + 1 == n { end } else { start + step * i as f64 };
    (0..n).map(|i| 10f64.powf(exponent(i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Pipeline;

    #[test]
    fn the_setting_that_was_named_last_turns_fastest() {
        let space = Space::new(Pipeline::builder())
            .c([1.0, 2.0])
            .vectorizer([1, 2], |params, n| params.ngram_range(1, n))
            .classifier([false, true], ClassifierParams::fit_intercept);
        let shown: Vec<String> = (0..space.len())
            .map(|i| {
                let builder = space.get(i);
                let (vectorizer, classifier) = builder.parts();
                let of = |name: &str| classifier.summary().into_iter().find(|p| p.0 == name);
                let grams = vectorizer.summary().into_iter().find(|p| p.0 == "ngram_range");
                let (c, intercept) = (of("C").unwrap().1, of("fit_intercept").unwrap().1);
                format!("{} {c} {intercept}", grams.unwrap().1)
            })
            .collect();
        assert_eq!(
            shown[..4],
            ["(1, 1) 1.0 False", "(1, 1) 1.0 True", "(1, 1) 2.0 False", "(1, 1) 2.0 True"]
        );
        assert_eq!(shown[4], "(1, 2) 1.0 False");
    }

    #[test]
    fn more_than_can_be_written_down_is_noticed_without_being_written_down() {
        let many = || 0..1000;
        let space = Space::new(Pipeline::builder())
            .classifier(many(), |params, _| params)
            .classifier(many(), |params, _| params)
            .classifier(many(), |params, _| params);
        assert!(space.len() < 200_000);
        let error = space.check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "too many choices of vectorizers or of classifiers: the limit is 100000"
        );
        let wide = Space::new(Pipeline::builder()).c((1..=50_000).map(f64::from));
        let wide = wide.vectorizer(1..=50_000, VectorizerParams::max_features);
        wide.check().unwrap();
        assert_eq!(wide.len(), 2_500_000_000);
    }

    #[test]
    fn logspace_ends_where_it_is_told_to() {
        assert!(logspace(0.5, 3.0, 0).is_empty());
        assert_eq!(logspace(1.0, 3.0, 1), [10.0]);
        assert_eq!(*logspace(-2.0, 2.0, 20).last().unwrap(), 100.0);
    }
}
