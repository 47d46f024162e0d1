//! Naive Bayes, NB-weighted regressions and calibrations have scikit-learn's numbers; the golden files say how they were
//! made.

use std::fs;
use std::path::Path;

use ndarray::Array2;
use ressenti::{
    Calibration, CalibrationMethod, Classifier, ClassifierParams, FitOptions, Matrix, NbWeighting,
    Rows, SgdLoss,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

fn golden(name: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/linear");
    serde_json::from_str(&fs::read_to_string(folder.join(name).with_extension("json")).unwrap())
        .unwrap()
}

fn list<T: DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

fn rows(value: &Value) -> Rows {
    let values = list::<Vec<f32>>(value);
    Rows::try_from(&Array2::from_shape_fn((values.len(), values[0].len()), |(i, j)| values[i][j]))
        .unwrap()
}

#[track_caller]
fn close(name: &Value, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        // Relative, also for small numbers; 0 may be as far away as its parts are rounded.
        assert!((a - b).abs() <= tolerance * b.abs() + 1e-14, "{name}[{i}]: {a} {b}");
    }
}

/// The rows, the labels, the weights and how to fit.
struct Data(Value);

impl Data {
    fn read() -> Self {
        Self(golden("data").remove(0))
    }

    fn fit(&self, case: &Value, params: &ClassifierParams) -> Classifier {
        let labels: Vec<u32> = list(&self.0["targets"][case["target"].as_str().unwrap()]);
        let weights: Vec<f64> = list(&self.0["weights"]);
        let blocks: Option<Vec<(usize, usize)>> =
            serde_json::from_value(case["blocks"].clone()).unwrap();
        let blocks: Option<Vec<_>> = blocks.map(|b| b.into_iter().map(|(a, b)| a..b).collect());
        let mut options = FitOptions::new();
        if case["weighted"].as_bool().unwrap() {
            options = options.weights(&weights);
        }
        if let Some(blocks) = &blocks {
            options = options.column_blocks(blocks);
        }
        params.fit_with(&rows(&self.0["rows"]), &labels, &options).unwrap()
    }
}

/// Of two classes we keep the difference of theirs, of more what they do not have in common.
fn as_ours(values: &[Vec<f64>]) -> Vec<f64> {
    if let [first, second] = values {
        return first.iter().zip(second).map(|(a, b)| b - a).collect();
    }
    let mean = |j: usize| values.iter().map(|class| class[j]).sum::<f64>() / values.len() as f64;
    let means: Vec<f64> = (0..values[0].len()).map(mean).collect();
    values.iter().flat_map(|class| class.iter().zip(&means).map(|(x, mean)| x - mean)).collect()
}

#[test]
fn naive_bayes_is_equal_to_nine_digits() {
    let data = Data::read();
    let new = rows(&data.0["new"]);
    for case in golden("bayes") {
        let mut params = match case["kind"].as_str().unwrap() {
            "MultinomialNB" => Classifier::multinomial_nb(),
            "ComplementNB" => Classifier::complement_nb(),
            _ => Classifier::bernoulli_nb(),
        };
        for (option, value) in case["options"].as_object().unwrap() {
            params = match option.as_str() {
                "alpha" => params.alpha(value.as_f64().unwrap()),
                "norm" => params.norm(value.as_bool().unwrap()),
                "fit_prior" => params.fit_prior(value.as_bool().unwrap()),
                "class_prior" => {
                    let priors = list::<f64>(value).into_iter().enumerate();
                    params.class_prior(priors.map(|(class, prior)| (class.to_string(), prior)))
                }
                other => panic!("no counterpart of {other}"),
            };
        }
        let model = data.fit(&case, &params);
        let name = &case["name"];
        close(name, model.coef().as_slice(), &as_ours(&list::<Vec<f64>>(&case["coef"])), 1e-9);
        let intercept: Vec<_> =
            list::<f64>(&case["intercept"]).into_iter().map(|b| vec![b]).collect();
        close(name, model.intercept(), &as_ours(&intercept), 1e-9);
        let joint: Vec<Vec<f64>> = list(&case["joint"]);
        let decisions = model.decision_function(&new).unwrap();
        for (i, joint) in joint.into_iter().enumerate() {
            let joint: Vec<_> = joint.into_iter().map(|z| vec![z]).collect();
            close(name, decisions.row(i), &as_ours(&joint), 1e-9);
        }
        let probabilities = list::<Vec<f64>>(&case["predict_proba"]).concat();
        close(name, model.predict_proba(&new).unwrap().as_slice(), &probabilities, 1e-9);
        let labels: Vec<String> =
            list::<u32>(&case["predict"]).iter().map(u32::to_string).collect();
        assert_eq!(model.predict(&new).unwrap(), labels, "{name}");
    }
}

#[test]
fn weighted_regressions_are_equal_to_six_decimals() {
    let data = Data::read();
    for case in golden("nb_weighted") {
        let strength = case["strength"].as_f64().unwrap();
        let weighting = match case["form"].as_str().unwrap() {
            "soft" => NbWeighting::Soft { base: strength },
            _ => NbWeighting::LogCounts { beta: strength },
        };
        let params = Classifier::logistic_regression().nb_weighting(weighting);
        let params = params.alpha(case["alpha"].as_f64().unwrap()).c(case["C"].as_f64().unwrap());
        let model = data.fit(&case, &params.tol(1e-10));
        let near = |what: &str, found: &[f64], expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            for (a, b) in found.iter().zip(expected) {
                assert!(
                    (a - b).abs() <= 1e-6 * b.abs().max(1.0),
                    "{} {what}: {a} {b}",
                    case["name"]
                );
            }
        };
        near("coef", model.coef().as_slice(), &list::<Vec<f64>>(&case["coef"]).concat());
        near("intercept", model.intercept(), &list::<f64>(&case["intercept"]));
    }
}

/// A few dense columns, which passes learn slowly: the more of them, the nearer.
#[test]
fn passes_come_near_the_least_modified_huber() {
    let data = Data::read();
    for case in golden("huber_optima") {
        let (c, least) = (case["C"].as_f64().unwrap(), case["objective"].as_f64().unwrap());
        let params = Classifier::sgd().loss(SgdLoss::ModifiedHuber).c(c).max_iter(100);
        let found = data.fit(&case, &params).fit_report().objective();
        println!("{} {}", case["name"], found / least);
        assert!((1.0..1.15).contains(&(found / least)), "{}: {found} {least}", case["name"]);
    }
}

#[test]
fn calibrations_are_those_of_the_optimum() {
    for case in golden("calibration") {
        let name = &case["name"];
        let decisions = list::<Vec<f64>>(&case["decisions"]);
        let shape = (decisions.len(), decisions[0].len());
        let decisions = Matrix::from(Array2::from_shape_fn(shape, |(i, j)| decisions[i][j]));
        let truth: Vec<usize> = list(&case["truth"]);
        let weights: Option<Vec<f64>> = serde_json::from_value(case["weights"].clone()).unwrap();
        let fit = |method| match &weights {
            None => Calibration::fit(method, &decisions, &truth),
            Some(weights) => Calibration::fit_weighted(method, &decisions, &truth, weights),
        };
        let platt = fit(CalibrationMethod::Platt).unwrap();
        let expected: Vec<(f64, f64)> = list(&case["platt"]);
        for (found, expected) in platt.platt().unwrap().iter().zip(&expected) {
            close(name, &[found.0, found.1], &[expected.0, expected.1], 1e-9);
        }
        let beta = fit(CalibrationMethod::Temperature).unwrap().temperature().unwrap().recip();
        let expected = case["beta"].as_f64().unwrap();
        assert!((beta / expected - 1.0).abs() < 1e-6, "{name}: {beta} {expected}");

        let isotonic = fit(CalibrationMethod::Isotonic).unwrap();
        let grid: Vec<f64> = list(&case["grid"]);
        let curves: Vec<Vec<f64>> = list(&case["isotonic"]);
        for (i, &z) in grid.iter().enumerate() {
            // The same value for all outputs: each has its own curve.
            let found = isotonic.probabilities_of(&vec![z; shape.1]);
            let mut expected: Vec<f64> = curves.iter().map(|curve| curve[i]).collect();
            if let [p] = expected[..] {
                expected = vec![1.0 - p, p];
            }
            let sum: f64 = expected.iter().sum();
            let share = |p: f64| if sum > 0.0 { p / sum } else { 1.0 / expected.len() as f64 };
            let expected: Vec<f64> = expected.iter().map(|&p| share(p)).collect();
            close(name, &found, &expected, 1e-12);
        }
    }
}
