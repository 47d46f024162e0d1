//! Why a text got its label: the terms that pushed it there, and how hard.

use std::borrow::Cow;
use std::fmt;

use super::{Pipeline, scorer};
use crate::classifier::find_class;
use crate::error::Result;
use crate::sentiment::Prediction;

/// One term of a text and what it adds to the decision value of the predicted label.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Contribution<'m> {
    /// The term, as it stands in the vocabulary.
    pub term: Cow<'m, str>,
    /// Its value in the text's row; 1 for a classifier that asks only whether a term is there.
    pub value: f64,
    /// Value × weight: above 0 it speaks for the predicted label, below 0 against it.
    pub contribution: f64,
}

/// Why a text got its label.
///
/// ```
/// use ressenti::Pipeline;
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let explanation = pipeline.explain("a lovely bag, really lovely")?;
/// assert_eq!(explanation.prediction().label(), "positive");
/// assert_eq!(explanation.terms()[0].term, "lovely");
///
/// let sum: f64 = explanation.terms().iter().map(|t| t.contribution).sum();
/// assert_eq!(explanation.intercept() + sum, explanation.decision());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'m> {
    prediction: Prediction<'m>,
    intercept: f64,
    terms: Vec<Contribution<'m>>,
}

impl<'m> Explanation<'m> {
    /// What is explained.
    #[must_use]
    pub fn prediction(&self) -> &Prediction<'m> {
        &self.prediction
    }

    /// What every text gets for this label, whatever it says.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The known terms of the text, the weightiest first, whether they speak for the label or against it.
    #[must_use]
    pub fn terms(&self) -> &[Contribution<'m>] {
        &self.terms
    }

    /// The decision value of the label: the intercept and all contributions, summed in the order of
    /// [`terms`](Self::terms). Of logistic regression of two classes, above 0 for the label that was predicted; its
    /// probability is 1 / (1 + exp(−decision)) unless the classifier is calibrated. For the answer of a neutral band, that
    /// of the second class.
    #[must_use]
    pub fn decision(&self) -> f64 {
        self.intercept + self.terms.iter().map(|t| t.contribution).sum::<f64>()
    }
}

/// One line with the answer, then one line per term.
impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:.3})", self.prediction.label(), self.prediction.probability())?;
        for term in &self.terms {
            write!(f, "\n  {:+.3} {}", term.contribution, term.term)?;
        }
        write!(f, "\n  {:+.3} (intercept)", self.intercept)
    }
}

impl Pipeline {
    /// Which terms of a text speak for its label and which against it.
    ///
    /// Errors: [`Error::EmptyText`](crate::Error::EmptyText) for a text that is empty or only white space.
    pub fn explain(&self, text: &str) -> Result<Explanation<'_>> {
        scorer::with_scratch(|scratch| {
            let prediction = self.predict_in(text, scratch)?;
            let class = prediction.class();
            let row = scratch.row();
            let contribution = |(&column, &value): (&u32, &f32)| {
                let column = column as usize;
                let value = self.classifier.seen(value.into());
                let contribution = value * self.classifier.weight_for(class, column);
                Contribution { term: self.vectorizer.feature_name(column), value, contribution }
            };
            let mut terms: Vec<_> =
                row.columns().iter().zip(row.values()).map(contribution).collect();
            terms.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
            Ok(Explanation { prediction, intercept: self.classifier.intercept_for(class), terms })
        })
    }

    /// The `n` terms with the largest weights for a label over all texts, the largest first.
    ///
    /// Errors: [`Error::UnknownLabel`](crate::Error::UnknownLabel).
    pub fn top_terms(&self, label: &str, n: usize) -> Result<Vec<(Cow<'_, str>, f64)>> {
        let class = find_class(self.classes(), label)?;
        let weight = |column| (column, self.classifier.weight_for(class, column));
        let mut weights: Vec<(usize, f64)> =
            (0..self.classifier.n_features()).map(weight).collect();
        weights.sort_by(|a, b| b.1.total_cmp(&a.1));
        weights.truncate(n);
        let named = |(column, weight)| (self.vectorizer.feature_name(column), weight);
        Ok(weights.into_iter().map(named).collect())
    }
}
