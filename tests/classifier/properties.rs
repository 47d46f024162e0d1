//! The classifier beside its naive twin at the optimum, and what it owes to any data.

use crate::common::logistic::Logistic;
use ndarray::Array2;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ressenti::{ClassWeight, Classifier, ClassifierParams, FitOptions, Rows};

/// Rows, labels and settings.
#[derive(Debug, Clone)]
struct Case {
    /// Values that `f32` holds exactly.
    rows: Vec<Vec<f32>>,
    /// At least one of each class has a weight above 0.
    labels: Vec<usize>,
    classes: usize,
    weights: Vec<f64>,
    c: f64,
    fit_intercept: bool,
    class_weight: ClassWeight,
}

impl Case {
    fn params(&self) -> ClassifierParams {
        Classifier::logistic_regression()
            .c(self.c)
            .fit_intercept(self.fit_intercept)
            .class_weight(self.class_weight.clone())
    }

    fn sparse(&self) -> Rows {
        let shape = (self.rows.len(), self.rows[0].len());
        Rows::try_from(&Array2::from_shape_fn(shape, |(i, j)| self.rows[i][j])).unwrap()
    }

    fn fit(&self, params: &ClassifierParams) -> Classifier {
        let options = FitOptions::new().weights(&self.weights);
        params.fit_with(&self.sparse(), &self.labels, &options).unwrap()
    }

    fn naive(&self) -> Logistic {
        let sum = |class: Option<usize>| -> f64 {
            let rows =
                (0..self.labels.len()).filter(|&i| class.is_none_or(|c| c == self.labels[i]));
            rows.map(|i| self.weights[i]).sum()
        };
        let factor = |class: usize| match &self.class_weight {
            ClassWeight::Balanced => sum(None) / self.classes as f64 / sum(Some(class)),
            ClassWeight::Given(given) => {
                given.iter().find(|(label, _)| *label == class.to_string()).map_or(1.0, |g| g.1)
            }
            _ => 1.0,
        };
        let costs = self.labels.iter().zip(&self.weights);
        Logistic {
            rows: self.rows.iter().map(|row| row.iter().map(|&x| x.into()).collect()).collect(),
            classes: self.classes,
            truth: self.labels.clone(),
            costs: costs.map(|(&class, weight)| self.c * factor(class) * weight).collect(),
            fit_intercept: self.fit_intercept,
        }
    }
}

fn case() -> impl Strategy<Value = Case> {
    let class_weight = prop_oneof![
        Just(ClassWeight::Uniform),
        Just(ClassWeight::Balanced),
        (0.1..5.0f64).prop_map(|w| ClassWeight::Given(vec![("1".into(), w)])),
    ];
    let c = (-3i32..=3).prop_map(|exponent| 10f64.powi(exponent));
    let data = (2usize..=3, 1usize..=3).prop_flat_map(|(classes, features)| {
        // Zeros and few distinct values: empty rows, duplicates, empty columns and separable classes all occur.
        let value = select(vec![0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0, -1.0]);
        let example =
            (vec(value, features), 0..classes, select(vec![1.0, 1.0, 1.0, 0.0, 0.5, 3.0]));
        (Just(classes), vec(example, classes..10))
    });
    (data, c, any::<bool>(), class_weight).prop_map(|(data, c, fit_intercept, class_weight)| {
        let (classes, mut examples) = data;
        for (class, (_, label, weight)) in examples.iter_mut().take(classes).enumerate() {
            *label = class;
            *weight = f64::max(*weight, 0.5);
        }
        let (mut rows, mut labels, mut weights) = (vec![], vec![], vec![]);
        for (row, label, weight) in examples {
            rows.push(row);
            labels.push(label);
            weights.push(weight);
        }
        Case { rows, labels, classes, weights, c, fit_intercept, class_weight }
    })
}

/// Our weights and intercepts in the twin's form.
fn theta(classifier: &Classifier) -> Vec<Vec<f64>> {
    let (coef, intercept) = (classifier.coef(), classifier.intercept());
    let mut theta: Vec<_> =
        (0..coef.n_rows()).map(|k| [coef.row(k), &intercept[k..=k]].concat()).collect();
    if theta.len() == 1 {
        theta.insert(0, vec![0.0; theta[0].len()]);
    }
    theta
}

/// Adding the same to the intercepts of all classes changes no probability, so only their differences count.
fn from_first_intercept(mut theta: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let first = *theta[0].last().unwrap();
    for class in &mut theta {
        *class.last_mut().unwrap() -= first;
    }
    theta
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn agrees_with_the_naive_twin_at_the_optimum(case in case()) {
        let classifier = case.fit(&case.params().tol(1e-12).max_iter(1000));
        let twin = case.naive();
        let (ours, theirs) = (theta(&classifier), twin.minimise());
        let objective = twin.objective(&ours);
        prop_assert!(close(classifier.fit_report().objective(), objective, 1e-9));
        prop_assert!(objective <= twin.objective(&theirs) * (1.0 + 1e-9));
        let pairs = from_first_intercept(ours).concat().into_iter();
        for (a, b) in pairs.zip(from_first_intercept(theirs.clone()).concat()) {
            prop_assert!(close(a, b, 1e-5), "{} {}", a, b);
        }
        let probabilities = classifier.predict_proba(&case.sparse()).unwrap();
        for i in 0..case.rows.len() {
            for (a, b) in probabilities.row(i).iter().zip(twin.probabilities(&theirs, i)) {
                prop_assert!(close(*a, b, 1e-6), "row {}: {} {}", i, a, b);
            }
        }
    }

    #[test]
    fn converges_with_the_default_settings(case in case()) {
        let report = case.fit(&case.params()).fit_report().clone();
        prop_assert!(report.converged() && report.n_iter() <= 30, "{:?}", report);
    }

    #[test]
    fn a_row_of_weight_2_is_the_row_given_twice(case in case(), which in any::<prop::sample::Index>()) {
        let which = which.index(case.rows.len());
        let (mut weighted, mut twice) = (case.clone(), case);
        weighted.weights[which] *= 2.0;
        twice.rows.push(twice.rows[which].clone());
        twice.labels.push(twice.labels[which]);
        twice.weights.push(twice.weights[which]);
        let fit = |case: &Case| from_first_intercept(theta(&case.fit(&case.params().tol(1e-12))));
        for (a, b) in fit(&weighted).concat().into_iter().zip(fit(&twice).concat()) {
            prop_assert!(close(a, b, 1e-6), "{} {}", a, b);
        }
    }

    #[test]
    fn a_row_of_weight_0_is_as_if_it_were_not_there(case in case()) {
        let mut without = case.clone();
        let keep: Vec<bool> = case.weights.iter().map(|&w| w > 0.0).collect();
        let kept = |i: usize| keep[i];
        without.rows = (0..keep.len()).filter(|&i| kept(i)).map(|i| case.rows[i].clone()).collect();
        without.labels = (0..keep.len()).filter(|&i| kept(i)).map(|i| case.labels[i]).collect();
        without.weights.retain(|&w| w > 0.0);
        let fit = |case: &Case| from_first_intercept(theta(&case.fit(&case.params().tol(1e-12))));
        for (a, b) in fit(&case).concat().into_iter().zip(fit(&without).concat()) {
            prop_assert!(close(a, b, 1e-6), "{} {}", a, b);
        }
    }

    #[test]
    fn probabilities_sum_to_1_and_the_highest_is_the_label(
        case in case(),
        unseen in vec(-1e6..1e6f32, 3),
    ) {
        let classifier = case.fit(&case.params());
        let mut case = case;
        let width = case.rows[0].len();
        case.rows.push(unseen[..width].to_vec());
        let rows = case.sparse();
        let probabilities = classifier.predict_proba(&rows).unwrap();
        let labels = classifier.predict(&rows).unwrap();
        prop_assert_eq!((probabilities.n_rows(), probabilities.n_columns()), (rows.n_rows(), case.classes));
        for (i, label) in labels.iter().enumerate() {
            let row = probabilities.row(i);
            prop_assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{:?}", row);
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{:?}", row);
            let predicted = classifier.classes().iter().position(|class| class == label).unwrap();
            prop_assert!(row.iter().all(|&p| p <= row[predicted]), "{:?} {}", row, label);
        }
    }
}

/// Data on which solvers stumble: every value must be finite, nothing may panic, and training must say it converged.
#[test]
fn awkward_data_is_no_trouble() {
    type Awkward = (&'static str, &'static [&'static [f32]], &'static [usize]);
    let table: &[Awkward] = &[
        ("one feature, separable", &[&[0.0], &[1.0]], &[0, 1]),
        ("separable by far", &[&[-3e4], &[3e4], &[2e4]], &[0, 1, 1]),
        ("all rows the same", &[&[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0]], &[0, 1, 1, 1]),
        ("all rows empty", &[&[0.0, 0.0], &[0.0, 0.0], &[0.0, 0.0], &[0.0, 0.0]], &[0, 1, 2, 2]),
        ("no column at all", &[&[], &[], &[]], &[0, 1, 1]),
        ("an empty column and an empty row", &[&[0.0, 1.0], &[0.0, 0.0], &[0.0, 2.0]], &[0, 1, 2]),
        ("contradictions", &[&[1.0], &[1.0], &[2.0], &[2.0]], &[0, 1, 0, 1]),
        ("huge and tiny", &[&[1e15, 1e-15], &[-1e15, 0.0], &[0.0, 1e-15]], &[0, 1, 1]),
        (
            "more columns than rows",
            &[&[1.0, 2.0, 0.0, 0.0, 1.0], &[0.0, 0.0, 3.0, 1.0, 1.0]],
            &[0, 1],
        ),
    ];
    for &(name, rows, labels) in table {
        for exponent in -3..=3 {
            for fit_intercept in [true, false] {
                for class_weight in [ClassWeight::Uniform, ClassWeight::Balanced] {
                    let case = Case {
                        rows: rows.iter().map(|row| row.to_vec()).collect(),
                        labels: labels.to_vec(),
                        classes: labels.iter().max().unwrap() + 1,
                        weights: vec![1.0; labels.len()],
                        c: 10f64.powi(exponent),
                        fit_intercept,
                        class_weight,
                    };
                    let classifier = case.fit(&case.params());
                    let report = classifier.fit_report();
                    // Beyond the reach of floating point training may stop short, as long as it says so.
                    let beyond = name == "huge and tiny";
                    assert!(report.converged() || beyond, "{name}: {case:?} {report:?}");
                    assert!(report.objective().is_finite() && report.gradient_norm().is_finite());
                    assert!(theta(&classifier).concat().iter().all(|x| x.is_finite()), "{name}");
                    let probabilities = classifier.predict_proba(&case.sparse()).unwrap();
                    assert!(
                        probabilities.as_slice().iter().all(|p| (0.0..=1.0).contains(p)),
                        "{name}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_class_of_weight_0_is_an_error_that_names_it() {
    let rows = Rows::try_from(&ndarray::arr2(&[[1.0f32], [2.0], [3.0]])).unwrap();
    let options = FitOptions::new().weights(&[1.0, 0.0, 0.0]);
    let error = Classifier::logistic_regression().fit_with(&rows, &["a", "b", "b"], &options);
    assert_eq!(
        error.unwrap_err().to_string(),
        r#"invalid sample weights: those of class "b" sum to 0; leave the class out"#
    );
}

/// Without an intercept the weights stayed 0 and finite, and the report called that converged with an infinite objective.
#[test]
fn costs_beyond_floating_point_are_an_error_and_not_a_model_of_zeros() {
    let rows = Rows::try_from(&ndarray::arr2(&[[1.0f32], [2.0], [3.0]])).unwrap();
    for (c, weight) in [(1.0, 1e308), (1e300, 1e300), (1e-300, 1e-300)] {
        for fit_intercept in [true, false] {
            for labels in [["a", "b", "b"], ["a", "b", "c"]] {
                let params = Classifier::logistic_regression().c(c).fit_intercept(fit_intercept);
                let weights = [weight; 3];
                let error = params.fit_with(&rows, &labels, &FitOptions::new().weights(&weights));
                assert_eq!(
                    error.unwrap_err().to_string(),
                    format!(
                        "invalid weights: training left the range of floating point with c {c:?}; \
                         bring c and the sample weights closer to 1"
                    )
                );
            }
        }
    }
}
