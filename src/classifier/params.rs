//! What a classifier can be told, with scikit-learn's names and meanings.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How much the classes count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ClassWeight {
    /// Every text counts the same; frequent classes count more in all. The default.
    #[default]
    Uniform,
    /// Every class counts the same in all: texts of a class weigh texts ÷ (classes × texts of the class).
    Balanced,
    /// The weight of each label's texts; 1 for labels that are not listed. Each finite and above 0.
    Given(Vec<(String, f64)>),
}

/// How a [`Classifier`](crate::Classifier) is trained: the settings. Start from
/// [`Classifier::logistic_regression`](crate::Classifier::logistic_regression).
///
/// ```
/// use ressenti::{ClassWeight, Classifier};
///
/// let params = Classifier::logistic_regression().c(4.0).class_weight(ClassWeight::Balanced);
/// # let _ = params;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct ClassifierParams {
    pub(super) c: f64,
    pub(super) tol: f64,
    pub(super) max_iter: u32,
    pub(super) fit_intercept: bool,
    pub(super) class_weight: ClassWeight,
    pub(super) pos_label: Option<String>,
}

impl Default for ClassifierParams {
    /// Logistic regression with C = 1 and an intercept.
    fn default() -> Self {
        Self {
            c: 1.0,
            tol: 1e-6,
            max_iter: 100,
            fit_intercept: true,
            class_weight: ClassWeight::Uniform,
            pos_label: None,
        }
    }
}

impl ClassifierParams {
    /// How much the data counts against small weights; the inverse of the penalty's strength. Default: 1; range: finite,
    /// above 0.
    ///
    /// Larger values fit the training texts more closely; 0.1 to 30 is worth a search. Above some 10⁴ the weights of
    /// texts that can be told apart perfectly grow without end, and training stops at [`tol`](Self::tol) long before.
    pub fn c(mut self, c: f64) -> Self {
        self.c = c;
        self
    }

    /// Training has converged when no component of the gradient of (objective ÷ (C · sum of weights)) exceeds this.
    /// Default: 1e-6; range: finite, above 0.
    ///
    /// The meaning is that of scikit-learn's `lbfgs`, whose default of 1e-4 stops visibly short of the optimum.
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// After so many iterations training stops where it is, and [`FitReport`](crate::FitReport) says so. Default: 100;
    /// range: 1 and more. Five to fifteen are usual.
    pub fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = u32::try_from(max_iter).unwrap_or(u32::MAX);
        self
    }

    /// Whether there is a constant term; it is not penalised. Default: true.
    pub fn fit_intercept(mut self, fit_intercept: bool) -> Self {
        self.fit_intercept = fit_intercept;
        self
    }

    /// How much the classes count. Default: [`ClassWeight::Uniform`].
    ///
    /// `Balanced` helps the F1 of rare classes.
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.class_weight = class_weight;
        self
    }

    /// The label that counts as positive in figures for two classes. Default: `1`, `true` or `positive` if one of them is
    /// a class, else the last class.
    pub fn pos_label(mut self, label: impl Into<String>) -> Self {
        self.pos_label = Some(label.into());
        self
    }

    /// The settings under the names that runs are tracked with.
    #[must_use]
    pub fn summary(&self) -> Vec<(&'static str, crate::tracker::Value<'static>)> {
        let class_weight = match &self.class_weight {
            ClassWeight::Uniform => "None".to_owned(),
            ClassWeight::Balanced => "balanced".to_owned(),
            ClassWeight::Given(weights) => format!("{weights:?}"),
        };
        vec![
            ("model_type", "logistic_regression".into()),
            ("C", self.c.into()),
            ("tol", self.tol.into()),
            ("max_iter", self.max_iter.into()),
            ("fit_intercept", self.fit_intercept.into()),
            ("class_weight", class_weight.into()),
            ("pos_label", self.pos_label.clone().unwrap_or("None".to_owned()).into()),
        ]
    }

    /// Every range check, for `fit` and for loading.
    pub(super) fn validate(&self) -> Result<()> {
        let positive = |name, x: f64| {
            if x > 0.0 && x.is_finite() {
                return Ok(());
            }
            let expected =
                "is not a finite number above 0; 1.0 is a good start for c, 1e-6 for tol";
            Err(Error::InvalidParameter { name, found: format!("{x}"), expected })
        };
        positive("c", self.c)?;
        positive("tol", self.tol)?;
        if self.max_iter == 0 {
            return Err(Error::InvalidParameter {
                name: "max_iter",
                found: "0".to_owned(),
                expected: "allows no training; give at least 1",
            });
        }
        if let ClassWeight::Given(weights) = &self.class_weight {
            for (label, weight) in weights {
                if !(*weight > 0.0 && weight.is_finite()) {
                    return Err(Error::InvalidParameter {
                        name: "class_weight",
                        found: format!("{weight} of label {label:?}"),
                        expected: "is not a finite number above 0; leave the texts of a class out to ignore it",
                    });
                }
            }
        }
        Ok(())
    }
}
