//! What a classifier can be told, with scikit-learn's names and meanings.

use serde::{Deserialize, Serialize};

use super::Solver;
use super::algorithm::{Algorithm, MultiClass, NbWeighting, SgdLoss};

/// How much the classes count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ClassWeight {
    /// Every text counts the same; frequent classes count more in all. The default.
    #[default]
    Uniform,
    /// Every class counts the same in all: texts of a class weigh texts ÷ (classes × texts of the class). Where each of
    /// several classes is told from the rest, the class counts the same as the rest: the two sides of each model.
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
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of scikit-learn's")]
pub struct ClassifierParams {
    pub(super) algorithm: Algorithm,
    pub(super) multi_class: MultiClass,
    pub(super) c: f64,
    pub(super) l1_ratio: f64,
    pub(super) nb_weighting: NbWeighting,
    pub(super) alpha: f64,
    pub(super) fit_prior: bool,
    pub(super) class_prior: Option<Vec<(String, f64)>>,
    pub(super) norm: bool,
    pub(super) loss: SgdLoss,
    pub(super) average: bool,
    pub(super) solver: Solver,
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
            algorithm: Algorithm::LogisticRegression,
            multi_class: MultiClass::Multinomial,
            c: 1.0,
            l1_ratio: 0.0,
            nb_weighting: NbWeighting::None,
            alpha: 1.0,
            fit_prior: true,
            class_prior: None,
            norm: false,
            loss: SgdLoss::Logistic,
            average: false,
            solver: Solver::Auto,
            tol: 1e-6,
            max_iter: 100,
            fit_intercept: true,
            class_weight: ClassWeight::Uniform,
            pos_label: None,
        }
    }
}

impl ClassifierParams {
    /// What finds the weights. Default: [`Algorithm::LogisticRegression`]. The constructors of
    /// [`Classifier`](crate::Classifier) choose it, with the defaults that suit it.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// What finds the weights.
    #[must_use]
    pub fn chosen_algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How more than two classes are told apart. Default: [`MultiClass::Multinomial`]. Not for naive Bayes, which has all
    /// classes in one model.
    pub fn multi_class(mut self, multi_class: MultiClass) -> Self {
        self.multi_class = multi_class;
        self
    }

    /// How much the data counts against small weights; the inverse of the penalty's strength. Default: 1; range: finite,
    /// above 0.
    ///
    /// Larger values fit the training texts more closely; 0.1 to 30 is worth a search. Above some 10⁴ the weights of
    /// texts that can be told apart perfectly grow without end, and training stops at [`tol`](Self::tol) long before.
    pub fn c(mut self, c: f64) -> Self {
        self.c = c;
        self
    }

    /// How much the data counts.
    pub(crate) fn chosen_c(&self) -> f64 {
        self.c
    }

    /// Training has converged when no component of the gradient of (objective ÷ (C · sum of weights)) exceeds this.
    /// Default: 1e-6; range: finite, above 0.
    ///
    /// The meaning is that of scikit-learn's `lbfgs`, whose default of 1e-4 stops visibly short of the optimum: on 470,466
    /// short texts (TF-IDF, 10,000 words, C = 1) its objective is 1e-3 above the minimum, as a share of that, and
    /// probabilities are off by up to 0.13. Here 1e-4 came to 3e-5 and 0.03, and 1e-6 to 1e-9 and 0.0004. SGD does all its
    /// passes, with a default of 1e-2 by which it says whether it came near; naive Bayes has no use for it.
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// After so many iterations training stops where it is, and [`FitReport`](crate::FitReport) says so. Default: 100;
    /// range: 1 and more. Five to fifteen are usual. For SGD, how many times it passes over the rows; its default is 3. Naive
    /// Bayes has no use for it.
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

    /// The share of L1 in the penalty: 0 is L2, ½‖w‖²; 1 is L1, ‖w‖₁, which leaves many weights 0; between them is the
    /// elastic net. Default: 0; range: 0..=1. Only for logistic regression; of one model of all classes the weights of all
    /// outputs are penalised, as in scikit-learn. With 1 and an even number of classes the optimum need not be unique.
    pub fn l1_ratio(mut self, l1_ratio: f64) -> Self {
        self.l1_ratio = l1_ratio;
        self
    }

    /// How columns are weighed by naive Bayes before training. Default: [`NbWeighting::None`]. Scoring never sees it: it
    /// is folded into the weights. Not for naive Bayes itself.
    pub fn nb_weighting(mut self, nb_weighting: NbWeighting) -> Self {
        self.nb_weighting = nb_weighting;
        self
    }

    /// What is added to the counts of naive Bayes and of [`nb_weighting`](Self::nb_weighting), so that a term that a class
    /// never saw does not rule it out (Laplace, Lidstone). Default: 1; range: finite, above 0; 0.01 to 1 is worth a
    /// search. scikit-learn puts 1e-10 in the place of 0.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Whether naive Bayes believes frequent classes to be likely before it sees a text; else all are as likely. Default:
    /// true. Complement naive Bayes has no such belief.
    pub fn fit_prior(mut self, fit_prior: bool) -> Self {
        self.fit_prior = fit_prior;
        self
    }

    /// How likely naive Bayes believes each class to be before it sees a text: every class once, each number finite and
    /// above 0. Default: as [`fit_prior`](Self::fit_prior) says.
    pub fn class_prior<S: Into<String>>(
        mut self,
        class_prior: impl IntoIterator<Item = (S, f64)>,
    ) -> Self {
        let named = class_prior.into_iter().map(|(label, prior)| (label.into(), prior));
        self.class_prior = Some(named.collect());
        self
    }

    /// Whether complement naive Bayes divides the weights of each class by their sum, so that classes with long texts
    /// count no more than others. Default: false, as scikit-learn has it. Its decision values are then very small, and
    /// its probabilities all alike: calibrate them.
    pub fn norm(mut self, norm: bool) -> Self {
        self.norm = norm;
        self
    }

    /// What SGD minimises for each row. Default: [`SgdLoss::Logistic`].
    pub fn loss(mut self, loss: SgdLoss) -> Self {
        self.loss = loss;
        self
    }

    /// Whether the weights of SGD are the mean of those after each row, not those after the last. Default: false.
    ///
    /// scikit-learn's `average`: Polyak & Ruppert's mean, in which all rows count alike. Here it is worse by most figures, as
    /// rates that fall as 1 ÷ rows average by themselves, and the mean keeps what the weights were at the beginning. With
    /// C = 1 and three passes: accuracy 0.877 and ROC-AUC 0.952 on tweets to airlines, against 0.898 and 0.958 without;
    /// 0.765 and 0.852 on sentences about films (SST-2), against 0.780 and 0.861. The gap closes with more passes and a
    /// larger `c`: with C = 10 and ten passes 0.915 and 0.966 against 0.918 and 0.967, 0.798 and 0.877 against 0.806 and
    /// 0.879. Each time, every fifth text was left out of training and judged.
    pub fn average(mut self, average: bool) -> Self {
        self.average = average;
        self
    }

    /// How the weights of logistic regression and of the linear SVM are found. Default: [`Solver::Auto`], which is the
    /// fastest.
    pub fn solver(mut self, solver: Solver) -> Self {
        self.solver = solver;
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
        let mut summary = vec![("model_type", self.algorithm.as_str().into())];
        let naive_bayes = self.algorithm.is_naive_bayes();
        if naive_bayes {
            summary.push(("fit_prior", self.fit_prior.into()));
            if let Some(prior) = &self.class_prior {
                summary.push(("class_prior", format!("{prior:?}").into()));
            }
        } else {
            summary.extend([
                ("C", self.c.into()),
                ("tol", self.tol.into()),
                ("max_iter", self.max_iter.into()),
                ("fit_intercept", self.fit_intercept.into()),
                ("l1_ratio", self.l1_ratio.into()),
                ("multi_class", format!("{:?}", self.multi_class).into()),
                ("solver", self.solver.as_str().into()),
                ("nb_weighting", format!("{:?}", self.nb_weighting).into()),
            ]);
        }
        if naive_bayes || self.nb_weighting != NbWeighting::None {
            summary.push(("alpha", self.alpha.into()));
        }
        match self.algorithm {
            Algorithm::ComplementNb => summary.push(("norm", self.norm.into())),
            Algorithm::Sgd => summary.extend([
                ("loss", format!("{:?}", self.loss).into()),
                ("average", self.average.into()),
            ]),
            _ => {}
        }
        summary.extend([
            ("class_weight", class_weight.into()),
            ("pos_label", self.pos_label.clone().unwrap_or("None".to_owned()).into()),
        ]);
        summary
    }
}
