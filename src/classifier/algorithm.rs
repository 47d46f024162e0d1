//! Which algorithm finds the weights, and the choices that some of them offer. How they do it is not known here.

use serde::{Deserialize, Serialize};

/// What finds the weights. Each has a constructor on [`Classifier`](crate::Classifier), with the defaults that suit it.
///
/// ```
/// use ressenti::{Algorithm, Classifier};
///
/// assert_eq!(Classifier::complement_nb().chosen_algorithm(), Algorithm::ComplementNb);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// The weights that minimise penalty + C · Σ ln(1 + exp(−margin)). The default.
    #[default]
    LogisticRegression,
    /// The same with the squared hinge loss, max(0, 1 − margin)².
    LinearSvm,
    /// Naive Bayes by how often terms occur; for counts and TF-IDF.
    MultinomialNb,
    /// Naive Bayes by how often terms occur in all *other* classes; for counts and TF-IDF of uneven classes.
    ComplementNb,
    /// Naive Bayes by whether terms occur; terms that are absent speak as well.
    BernoulliNb,
    /// The objective of logistic regression, or modified Huber, by passes over the rows one after the other. Comes close to
    /// the optimum, not to it.
    Sgd,
}

impl Algorithm {
    /// The name that runs are tracked with.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LogisticRegression => "logistic_regression",
            Self::LinearSvm => "linear_svm",
            Self::MultinomialNb => "multinomial_nb",
            Self::ComplementNb => "complement_nb",
            Self::BernoulliNb => "bernoulli_nb",
            Self::Sgd => "sgd",
        }
    }

    pub(super) fn is_naive_bayes(self) -> bool {
        matches!(self, Self::MultinomialNb | Self::ComplementNb | Self::BernoulliNb)
    }
}

/// How more than two classes are told apart; of two, there is one way.
///
/// ```
/// use ressenti::{Classifier, MultiClass};
///
/// let params = Classifier::logistic_regression().multi_class(MultiClass::OneVsRest);
/// # let _ = params;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MultiClass {
    /// One model of all classes, whose probabilities are exp(zₖ) / Σ exp(zⱼ). The default.
    #[default]
    Multinomial,
    /// A model for each class against all others. Probabilities are those of the models, divided by their sum; the label
    /// is the class with the highest decision value.
    OneVsRest,
}

/// How the columns are weighed by their naive Bayes log-count ratios before a linear model is trained on them.
///
/// rⱼ = ln((pⱼ / Σp) / (qⱼ / Σq)), where pⱼ is α plus the number of rows of the class that have column j, and qⱼ α plus
/// those of the other classes. Rows are counted by their sample weights; class weights change no count. The objective that
/// [`FitReport`](crate::FitReport) tells is that of the weights before the scale is folded into them.
///
/// ```
/// use ressenti::{ClassWeight, Classifier, NbWeighting};
///
/// let params = Classifier::logistic_regression()
///     .nb_weighting(NbWeighting::Soft { base: 1.0 })
///     .class_weight(ClassWeight::Balanced);
/// # let _ = params;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NbWeighting {
    /// Not at all. The default.
    #[default]
    None,
    /// Column j counts base + |rⱼ| times, with several classes base + maxₖ |rⱼₖ|; `base` is finite and at least 0.
    ///
    /// A base of 1 and [`c`](crate::ClassifierParams::c) = 1 suit TF-IDF rows of short texts nearly everywhere; for long
    /// texts 0.5. A term that tells nothing keeps a voice, unlike with the full strength of base 0, which is worse.
    Soft {
        /// The factor of a column whose ratio is 0.
        base: f64,
    },
    /// Wang & Manning, *Baselines and Bigrams*, ACL 2012: rows become binary, column j counts rⱼ times, and the weights
    /// are w′ = (1 − β)·w̄ + β·w with w̄ the mean of |w|; `beta` is within 0..=1. Of more than two classes, each has
    /// ratios and a model of its own against the rest.
    ///
    /// The paper has β = 0.25, which is far worse where classes are of uneven size; 1 changes nothing.
    LogCounts {
        /// How much the trained weights count against naive Bayes.
        beta: f64,
    },
}

/// What [`Classifier::sgd`](crate::Classifier::sgd) minimises for each row.
///
/// ```
/// use ressenti::{Classifier, SgdLoss};
///
/// let params = Classifier::sgd().loss(SgdLoss::ModifiedHuber);
/// # let _ = params;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SgdLoss {
    /// ln(1 + exp(−m)) of the margin m: logistic regression. The default.
    #[default]
    Logistic,
    /// max(0, 1 − m)² where m ≥ −1, else −4·m: rows on the wrong side, such as mislabelled ones, pull no harder the
    /// further they are away. Probabilities are (clip(z, −1, 1) + 1) / 2 (Zhang, *Solving large scale linear prediction
    /// problems*, ICML 2004); of more than two classes, each is told from the rest.
    ModifiedHuber,
}
