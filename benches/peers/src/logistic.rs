//! `linfa-logistic`: logistic regression by L-BFGS on dense rows, beside ours on the same rows, which are sparse here.
//!
//! Its interface takes dense arrays only, so the case is small: the 300 most frequent terms of the first 2,000 texts. The
//! most frequent label is told from all others. Both minimise Σ loss + ½·alpha·‖w‖² with alpha = 1/C = 1 and an intercept
//! that is not penalised. Each stops by its own default; where they stop, the objective must be that of the other to 1e-4
//! and so must how many of the rows they get right to 2 %. On one thread, but for our last line.

use std::collections::BTreeMap;

use linfa::prelude::{Fit, Predict};
use linfa::{Dataset, DatasetBase};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use ressenti::{Classifier, Rows, Vectorizer};

use crate::{Result, Run};

const TEXTS: usize = 2_000;
const TERMS: usize = 300;
const C: f64 = 1.0;

/// The same rows twice.
pub(crate) struct Case {
    rows: Rows,
    labels: Vec<bool>,
    dense: Dataset<f64, usize, ndarray::Ix1>,
}

impl Case {
    pub(crate) fn new(texts: &[String], labels: &[String]) -> Result<Self> {
        let n = texts.len().min(TEXTS);
        let mut counts = BTreeMap::new();
        for label in &labels[..n] {
            *counts.entry(label.as_str()).or_insert(0) += 1;
        }
        let most = counts.iter().max_by_key(|(_, count)| **count).map_or("", |(label, _)| label);
        let (_, rows) = Vectorizer::tfidf().max_features(TERMS).fit_transform(&texts[..n])?;
        let mut dense = Array2::zeros((n, rows.n_columns()));
        for i in 0..n {
            let (columns, values) = rows.row(i);
            for (&column, &value) in columns.iter().zip(values) {
                dense[[i, column as usize]] = f64::from(value);
            }
        }
        let labels: Vec<bool> = labels[..n].iter().map(|label| label == most).collect();
        let targets: Array1<usize> = labels.iter().map(|&label| usize::from(label)).collect();
        Ok(Self { rows, labels, dense: DatasetBase::new(dense, targets) })
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.labels.len()
    }

    /// By the definition, on the dense rows.
    fn objective(&self, weights: &[f64], intercept: f64) -> f64 {
        let losses =
            self.dense.records().rows().into_iter().zip(&self.labels).map(|(row, &label)| {
                let z = row.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() + intercept;
                let margin = if label { z } else { -z };
                (-margin.abs()).exp().ln_1p() + (-margin).max(0.0)
            });
        C * losses.sum::<f64>() + weights.iter().map(|w| w * w).sum::<f64>() / 2.0
    }

    /// Where both stop.
    pub(crate) fn objectives(&self) -> Result<[f64; 2]> {
        let theirs = LogisticRegression::default().alpha(1.0 / C).fit(&self.dense)?;
        let ours = Classifier::logistic_regression().c(C).fit(&self.rows, &self.labels)?;
        // Theirs speak for the class that has more rows.
        let sign = if theirs.labels().pos.class == 1 { 1.0 } else { -1.0 };
        let weights: Vec<f64> = theirs.params().iter().map(|w| sign * w).collect();
        Ok([
            self.objective(&weights, sign * theirs.intercept()),
            self.objective(ours.coef().row(0), ours.intercept()[0]),
        ])
    }

    /// How many rows are right after a fit.
    pub(crate) fn linfa(&self) -> Run<'_> {
        Box::new(|| {
            let model = LogisticRegression::default().alpha(1.0 / C).fit(&self.dense)?;
            let answers = model.predict(self.dense.records());
            Ok(answers.iter().zip(&self.labels).filter(|(a, b)| **a == usize::from(**b)).count())
        })
    }

    pub(crate) fn ours<'a>(&'a self, pool: &'a rayon::ThreadPool) -> Run<'a> {
        Box::new(|| {
            let model = pool
                .install(|| Classifier::logistic_regression().c(C).fit(&self.rows, &self.labels))?;
            let answers = pool.install(|| {
                model.predict(&self.rows).map(|answers| {
                    let right = answers.iter().zip(&self.labels);
                    right.filter(|(a, b)| **a == b.to_string()).count()
                })
            })?;
            Ok(answers)
        })
    }
}
