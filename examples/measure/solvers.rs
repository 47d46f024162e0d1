//! How long each solver takes to which gap: what it is above the minimum of the objective, as a share of that.
//!
//! The objective is computed on TF-IDF rows in `f64`, from counts and the vectorizer's idf; the minimum is where the
//! solver stops at a tolerance of 1e-10. Words, 1-2 grams, 100,000 columns.

use std::error::Error;

use ressenti::dataset::Dataset;
use ressenti::{Classifier, ClassifierParams, Matrix, Rows, Solver, Vectorizer, VectorizerParams};
use serde_json::json;

use super::{bigrams, timed};

const TOLERANCES: [f64; 9] = [1e-3, 3e-4, 2e-4, 1e-4, 3e-5, 1e-5, 1e-6, 1e-7, 1e-8];

/// The rows as the solvers see them, and in double precision.
struct Case<'a> {
    data: &'a Dataset,
    rows: Rows,
    exact: Vec<Vec<(usize, f64)>>,
    c: f64,
}

impl Case<'_> {
    /// ½‖w‖² + C · Σ loss, with as many outputs as the classifier has.
    fn objective(&self, classifier: &Classifier) -> f64 {
        let (coef, intercepts): (Matrix, &[f64]) = (classifier.coef(), classifier.intercept());
        let outputs = intercepts.len();
        let columns = coef.n_columns();
        // One output of two classes is softmax with zeros for the first.
        let place = |label: &str| classifier.classes().iter().position(|class| class == label);
        let mut loss = 0.0;
        for (row, label) in self.exact.iter().zip(&self.data.labels) {
            let decide = |k: usize| {
                let weights = &coef.as_slice()[k * columns..(k + 1) * columns];
                row.iter().fold(intercepts[k], |z, &(j, x)| z + x * weights[j])
            };
            let mut decisions: Vec<f64> = (0..outputs).map(decide).collect();
            if outputs == 1 {
                decisions.insert(0, 0.0);
            }
            let top = decisions.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = decisions.iter().map(|z| (z - top).exp()).sum();
            loss += sum.ln() + top - decisions[place(label).unwrap_or(0)];
        }
        coef.as_slice().iter().map(|w| w * w).sum::<f64>() / 2.0 + self.c * loss
    }

    fn fit(&self, params: &ClassifierParams) -> ressenti::Result<Classifier> {
        params.fit(&self.rows, &self.data.labels)
    }
}

/// TF-IDF rows as scikit-learn computes them.
fn exact(params: &VectorizerParams, texts: &[String]) -> ressenti::Result<Vec<Vec<(usize, f64)>>> {
    let vectorizer = params.fit(texts)?;
    let idf = vectorizer.blocks()[0].idf().unwrap_or_default();
    let counts = Vectorizer::count().ngram_range(1, 2).max_features(100_000);
    let (_, counts) = counts.fit_transform(texts)?;
    let row = |i| {
        let (columns, values) = counts.row(i);
        let weigh = |(&j, &x): (&u32, &f32)| (j as usize, f64::from(x) * idf[j as usize]);
        let mut row: Vec<(usize, f64)> = columns.iter().zip(values).map(weigh).collect();
        let length = row.iter().map(|(_, x)| x * x).sum::<f64>().sqrt();
        for (_, x) in &mut row {
            *x /= length.max(f64::MIN_POSITIVE);
        }
        row
    };
    Ok((0..counts.n_rows()).map(row).collect())
}

/// Two classes for `solvers`, more for `multinomial`.
pub(super) fn run(data: &Dataset, c: f64, multinomial: bool) -> Result<(), Box<dyn Error>> {
    let params = Classifier::logistic_regression().c(c).max_iter(1000);
    let case = Case {
        data,
        rows: bigrams().fit_transform(&data.texts)?.1,
        exact: exact(&bigrams(), &data.texts)?,
        c,
    };
    let best = case.fit(&params.clone().tol(1e-10))?;
    if (best.classes().len() > 2) != multinomial {
        return Err("solvers takes texts of two classes, multinomial of more".into());
    }
    let optimum = case.objective(&best);
    println!(
        "{}",
        json!({ "n": case.rows.n_rows(), "d": case.rows.n_columns(), "nnz": case.rows.nnz(),
            "classes": best.classes().len(), "c": c, "optimum": optimum })
    );
    let solvers = [Solver::Auto, Solver::DualNewtonCg, Solver::NewtonCg];
    for solver in if multinomial { &solvers[2..] } else { &solvers[..] } {
        for tol in TOLERANCES {
            let params = params.clone().solver(*solver).tol(tol);
            let (classifier, seconds) = timed(|| case.fit(&params));
            let classifier = classifier?;
            let report = classifier.fit_report();
            let gap = (case.objective(&classifier) - optimum) / optimum;
            println!(
                "{}",
                json!({ "asked": format!("{solver:?}"), "solver": report.solver(), "tol": tol, "seconds": seconds, "gap": gap,
                    "n_iter": report.n_iter(), "c": c, "threads": rayon::current_num_threads() })
            );
        }
    }
    Ok(())
}
