//! What pruning promises: the strongest columns are kept, the rest is as if it had never been there, and the cost is told.

use ndarray::Array2;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ressenti::evaluate::log_loss;
use ressenti::{Classifier, ClassifierParams, Error, Keep, NbWeighting, Rows};

fn rows(values: &[Vec<f32>]) -> Rows {
    let columns = values.first().map_or(0, Vec::len);
    Rows::try_from(&Array2::from_shape_fn((values.len(), columns), |(i, j)| values[i][j])).unwrap()
}

fn settings() -> impl Strategy<Value = ClassifierParams> {
    let lr = Classifier::logistic_regression;
    select(vec![
        lr(),
        lr().nb_weighting(NbWeighting::LogCounts { beta: 1.0 }),
        Classifier::bernoulli_nb(),
        Classifier::multinomial_nb(),
    ])
}

type Data = (Vec<Vec<f32>>, Vec<usize>);

fn data() -> impl Strategy<Value = Data> {
    (2usize..=3).prop_flat_map(|classes| {
        let row = vec(select(vec![0.0f32, 0.0, 0.5, 1.0, 3.0]), 6);
        vec((row, 0..classes), classes..20).prop_map(move |mut rows| {
            for (class, row) in rows.iter_mut().take(classes).enumerate() {
                row.1 = class;
            }
            rows.into_iter().unzip()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_strongest_columns_are_kept_and_others_are_as_if_0(
        (values, labels) in data(), params in settings(), k in 0usize..8,
    ) {
        let log_counts = Classifier::logistic_regression().nb_weighting(NbWeighting::LogCounts { beta: 1.0 });
        let binary = params == log_counts || params == Classifier::bernoulli_nb();
        let model = params.fit(&rows(&values), &labels).unwrap();
        let pruned = model.prune(Keep::Columns(k), &rows(&values), &labels).unwrap();
        let kept: Vec<usize> = pruned.columns().iter().map(|&column| column as usize).collect();
        prop_assert!(kept.len() <= k && kept.windows(2).all(|pair| pair[0] < pair[1]));

        // The strength by its formula.
        let coef = model.coef();
        let softmax = coef.n_rows() > 1 && params != log_counts;
        let strength = |column: usize| {
            let weights: Vec<f64> = (0..coef.n_rows()).map(|output| coef.get(output, column)).collect();
            let mean = if softmax { weights.iter().sum::<f64>() / weights.len() as f64 } else { 0.0 };
            let norm = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>().sqrt();
            let seen = |x: f32| if binary { f64::from(u8::from(x > 0.0)) } else { f64::from(x) };
            let square: f64 = values.iter().map(|row| seen(row[column]).powi(2)).sum();
            norm * (square / values.len() as f64).sqrt()
        };
        let weakest = kept.iter().map(|&column| strength(column)).fold(f64::INFINITY, f64::min);
        for column in (0..6).filter(|column| !kept.contains(column)) {
            let limit = if kept.len() < k { 1e-12 } else { weakest * (1.0 + 1e-9) };
            prop_assert!(strength(column) <= limit, "{} {:?}", column, kept);
        }

        // Rows without the other columns are scored as rows in which they are 0.
        let zeroed: Vec<Vec<f32>> = values.iter().map(|row| {
            (0..6).map(|j| if kept.contains(&j) { row[j] } else { 0.0 }).collect()
        }).collect();
        let narrow: Vec<Vec<f32>> =
            values.iter().map(|row| kept.iter().map(|&j| row[j]).collect()).collect();
        let expected = model.predict_proba(&rows(&zeroed)).unwrap();
        let found = pruned.classifier().predict_proba(&rows(&narrow)).unwrap();
        prop_assert_eq!(found.as_slice(), expected.as_slice());
        let loss = log_loss(&labels, found.as_slice(), model.classes().len()).unwrap();
        prop_assert!((pruned.after().log_loss - loss).abs() < 1e-9);
        if kept.len() == 6 {
            prop_assert_eq!(pruned.before(), pruned.after());
        }
    }
}

#[test]
fn a_size_in_bytes_is_kept_and_used() {
    let values: Vec<Vec<f32>> =
        (0..40).map(|i| (0..200).map(|j| ((i * 7 + j * 3) % 5) as f32).collect()).collect();
    for classes in [2, 3] {
        let labels: Vec<usize> = (0..40).map(|i| (i * i / 3 + i / 7) % classes).collect();
        let model = Classifier::logistic_regression().fit(&rows(&values), &labels).unwrap();
        let size = |model: &Classifier| {
            bincode::serde::encode_to_vec(model, bincode::config::standard()).unwrap().len()
        };
        for bytes in [0, 400, 1000, 1 << 20] {
            let pruned = model.prune(Keep::Bytes(bytes), &rows(&values), &labels).unwrap();
            let (n, found) = (pruned.columns().len(), size(pruned.classifier()));
            let outputs = model.intercept().len();
            assert!(found <= bytes || n == 0, "{found} bytes of {bytes}");
            assert!(n == 200 || found + 11 * outputs + 8 > bytes, "{found} bytes of {bytes}");
        }
    }
    let per_term = |column: u32| 10 + column as usize;
    let model = Classifier::logistic_regression()
        .fit(&rows(&values), &[[0, 1, 1, 0, 1]; 8].concat())
        .unwrap();
    let kept = model.strongest_within(&rows(&values), 1000, per_term).unwrap();
    assert!(kept.iter().map(|&column| per_term(column)).sum::<usize>() <= 1000 && kept.len() > 3);
}

#[test]
fn columns_that_cannot_be_selected_are_named() {
    let two = rows(&[vec![1.0, 0.0, 1.0], vec![0.0, 1.0, 1.0]]);
    let model = Classifier::logistic_regression().fit(&two, &["a", "b"]).unwrap();
    let text = |columns: &[u32]| model.select_columns(columns).unwrap_err().to_string();
    assert_eq!(text(&[1, 0]), "invalid columns: 1 stands before 0; give them in ascending order");
    assert_eq!(text(&[1, 1]), "invalid columns: 1 stands before 1; give them in ascending order");
    assert_eq!(text(&[0, 3]), "invalid columns: there is no column 3 of 3");
    assert_eq!(model.select_columns(&[]).unwrap().n_features(), 0);
    let error = model.prune(Keep::Columns(1), &two, &["a", "c"]).unwrap_err();
    assert!(matches!(error, Error::UnknownLabel { .. }));
    assert!(matches!(
        model.prune(Keep::Columns(1), &two, &["a"]),
        Err(Error::LengthMismatch { .. })
    ));
    assert!(matches!(model.strengths(&rows(&[vec![1.0]])), Err(Error::ColumnMismatch { .. })));
}
