//! Every check of the settings, for `fit` and for loading: each in its range, and none that the algorithm does not have.

use super::algorithm::{Algorithm, MultiClass, NbWeighting, SgdLoss};
use super::{ClassWeight, ClassifierParams, Solver};
use crate::error::{Error, Result};

impl ClassifierParams {
    pub(super) fn validate(&self) -> Result<()> {
        self.in_range()?;
        self.go_together()
    }

    /// What cannot be known before the number of classes is.
    pub(super) fn validate_for(&self, classes: usize) -> Result<()> {
        if classes == 2 || self.multi_class == MultiClass::OneVsRest {
            return Ok(());
        }
        if self.algorithm == Algorithm::LinearSvm {
            let expected =
                "has no meaning for a linear SVM of more than two classes; use OneVsRest";
            return refuse("multi_class", &"Multinomial", expected);
        }
        if self.solver == Solver::DualNewtonCg {
            let expected = "needs models of one output, and there are more than two classes; use Auto, or multi_class OneVsRest";
            return refuse("solver", &self.solver.as_str(), expected);
        }
        Ok(())
    }

    fn in_range(&self) -> Result<()> {
        let objective = "is not a finite number above 0; 1.0 is a good start for c, 1e-6 for tol";
        positive("c", self.c, objective)?;
        positive("tol", self.tol, objective)?;
        positive("alpha", self.alpha, "is not a finite number above 0; 1.0 is a good start")?;
        if self.max_iter == 0 {
            return refuse("max_iter", &"0", "allows no training; give at least 1");
        }
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            let expected = "is outside 0.0..=1.0; 0.0 is the L2 penalty, 1.0 the L1 penalty";
            return refuse("l1_ratio", &self.l1_ratio, expected);
        }
        match self.nb_weighting {
            NbWeighting::Soft { base } if !(base >= 0.0 && base.is_finite()) => {
                let expected = "is not a finite number of at least 0; 1.0 is a good start";
                return refuse("nb_weighting", &format!("base {base}"), expected);
            }
            NbWeighting::LogCounts { beta } if !(0.0..=1.0).contains(&beta) => {
                let expected = "is outside 0.0..=1.0; 1.0 is the trained weights alone";
                return refuse("nb_weighting", &format!("beta {beta}"), expected);
            }
            _ => {}
        }
        for (label, prior) in self.class_prior.iter().flatten() {
            let expected =
                "is not a finite number above 0; leave the texts of a class out to ignore it";
            positive_of("class_prior", label, *prior, expected)?;
        }
        if let ClassWeight::Given(weights) = &self.class_weight {
            for (label, weight) in weights {
                let expected =
                    "is not a finite number above 0; leave the texts of a class out to ignore it";
                positive_of("class_weight", label, *weight, expected)?;
            }
        }
        Ok(())
    }

    /// A setting that would change nothing is refused, as whoever gave it expects that it does.
    fn go_together(&self) -> Result<()> {
        let naive_bayes = self.algorithm.is_naive_bayes();
        let lr = self.algorithm == Algorithm::LogisticRegression;
        let weighted = self.nb_weighting != NbWeighting::None;
        if self.l1_ratio > 0.0 && !lr {
            let expected = "is of logistic regression alone; use logistic_regression, or 0.0";
            return refuse("l1_ratio", &self.l1_ratio, expected);
        }
        let fits = match self.solver {
            Solver::Auto => true,
            Solver::ProximalNewton => self.l1_ratio > 0.0,
            Solver::NewtonCg | Solver::DualNewtonCg => {
                self.l1_ratio == 0.0 && (lr || self.algorithm == Algorithm::LinearSvm)
            }
        };
        if !fits {
            let expected = "does not fit the penalty or the algorithm; use Auto";
            return refuse("solver", &self.solver.as_str(), expected);
        }
        if naive_bayes {
            if self.c != 1.0 {
                let expected = "does not go with naive Bayes, which has no penalty; use alpha";
                return refuse("c", &self.c, expected);
            }
            if weighted {
                let expected = "does not go with naive Bayes itself; use logistic_regression, linear_svm or sgd";
                return refuse("nb_weighting", &format!("{:?}", self.nb_weighting), expected);
            }
            if !self.fit_intercept {
                let expected = "does not go with naive Bayes; use fit_prior to leave out the shares of the classes";
                return refuse("fit_intercept", &false, expected);
            }
            if self.multi_class != MultiClass::Multinomial {
                let expected = "does not go with naive Bayes, which has all classes in one model; leave it out";
                return refuse("multi_class", &format!("{:?}", self.multi_class), expected);
            }
        } else if !weighted && self.alpha != 1.0 {
            let expected = "smooths counts, and there are none here; use c, or a naive Bayes or an nb_weighting";
            return refuse("alpha", &self.alpha, expected);
        }
        let priors = matches!(self.algorithm, Algorithm::MultinomialNb | Algorithm::BernoulliNb);
        if !priors && !self.fit_prior {
            let expected =
                "needs a belief in classes; use multinomial_nb, bernoulli_nb or class_weight";
            return refuse("fit_prior", &false, expected);
        }
        if !priors && self.class_prior.is_some() {
            let expected =
                "needs a belief in classes; use multinomial_nb, bernoulli_nb or class_weight";
            return refuse("class_prior", &format!("{:?}", self.class_prior), expected);
        }
        if self.norm && self.algorithm != Algorithm::ComplementNb {
            return refuse("norm", &true, "is of complement naive Bayes alone; use complement_nb");
        }
        if self.loss != SgdLoss::Logistic && self.algorithm != Algorithm::Sgd {
            let expected = "is of stochastic gradient descent alone; use sgd";
            return refuse("loss", &format!("{:?}", self.loss), expected);
        }
        if self.average && self.algorithm != Algorithm::Sgd {
            let expected = "is of stochastic gradient descent alone; use sgd";
            return refuse("average", &true, expected);
        }
        Ok(())
    }
}

fn refuse<T>(name: &'static str, found: &impl ToString, expected: &'static str) -> Result<T> {
    Err(Error::InvalidParameter { name, found: found.to_string(), expected })
}

fn positive(name: &'static str, x: f64, expected: &'static str) -> Result<()> {
    if x > 0.0 && x.is_finite() { Ok(()) } else { refuse(name, &x, expected) }
}

fn positive_of(name: &'static str, label: &str, x: f64, expected: &'static str) -> Result<()> {
    if x > 0.0 && x.is_finite() {
        Ok(())
    } else {
        refuse(name, &format!("{x} of label {label:?}"), expected)
    }
}
