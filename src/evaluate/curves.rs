//! True classes beside scores come in, how well the scores rank and how much they promise comes out. Knows no
//! thresholds.
//!
//! The area under the ROC curve is found without the curve. It is the share of pairs, one row of either kind, in which
//! the positive row has the higher score, a tie being half a pair (Mann & Whitney 1947; Bamber 1975). Sorting
//! the rows and walking through the ties counts these pairs in whole numbers, so the only rounding is one division.

use std::cmp::Ordering;

use super::check;
use crate::error::{Error, Result, same_length};

/// The area under the ROC curve: how likely a positive row is to score higher than a negative one.
///
/// 1.0 is a perfect ranking, 0.5 none at all. Any scores that rank will do (probabilities, decision values,
/// infinities); equal ones count half. `None` if all rows are of one kind: there is no pair to compare and the area is
/// undefined. The same number as scikit-learn's `roc_auc_score`. Takes O(n log n).
///
/// ```
/// use ressenti::evaluate::roc_auc;
///
/// let scores = [0.1, 0.4, 0.35, 0.8];
/// assert_eq!(roc_auc(&[false, false, true, true], &scores)?, Some(0.75)); // three of four pairs are in order
/// assert_eq!(roc_auc(&[true; 4], &scores)?, None);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`LengthMismatch`](Error::LengthMismatch), [`NoTexts`](Error::NoTexts) if both slices are empty,
/// [`InvalidValues`](Error::InvalidValues) for a score that is NaN.
pub fn roc_auc(positive: &[bool], scores: &[f64]) -> Result<Option<f64>> {
    same_length("truths", positive.len(), "scores", scores.len())?;
    check::rows(positive.len())?;
    if let Some(at) = scores.iter().position(|score| score.is_nan()) {
        return Err(Error::InvalidValues {
            what: "scores",
            problem: format!("NaN at index {at} has no rank; give numbers"),
        });
    }
    Ok(area(scores.iter().copied().zip(positive.iter().copied()).collect()))
}

/// The mean over the classes of the area under the ROC curve of each class against all others.
///
/// `None` if some class has no row: its area, and with it the mean, is undefined. scikit-learn's `roc_auc_score` with
/// `multi_class="ovr", average="macro"`. For shapes see [the module](super#shapes); that rows sum to 1 is not checked.
///
/// ```
/// use ressenti::evaluate::roc_auc_ovr;
///
/// let probabilities = [0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.2, 0.5, 0.3];
/// assert_eq!(roc_auc_ovr(&[0, 1, 2], &probabilities, 3)?, Some((1.0 + 0.5 + 0.75) / 3.0));
/// assert_eq!(roc_auc_ovr(&[0, 1, 1], &probabilities, 3)?, None); // no row of class 2
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`log_loss`].
pub fn roc_auc_ovr(
    truth: &[usize],
    probabilities: &[f64],
    n_classes: usize,
) -> Result<Option<f64>> {
    check::truth_and_probabilities(truth, probabilities, n_classes)?;
    let areas = (0..n_classes).map(|class| one_vs_rest(truth, probabilities, n_classes, class));
    Ok(areas.sum::<Option<f64>>().map(|sum| sum / n_classes as f64))
}

/// The area for `class` against all others. The slices are checked and `class` exists.
pub(super) fn one_vs_rest(
    truth: &[usize],
    probabilities: &[f64],
    n_classes: usize,
    class: usize,
) -> Option<f64> {
    let scores = probabilities.iter().copied().skip(class).step_by(n_classes);
    area(scores.zip(truth.iter().map(|&t| t == class)).collect())
}

/// The area from rows of (score, is positive), none of which is NaN.
fn area(mut rows: Vec<(f64, bool)>) -> Option<f64> {
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut positives, mut negatives, mut half_pairs) = (0_u128, 0_u128, 0_u128);
    // `total_cmp` puts -0.0 beside 0.0, `partial_cmp` says that they tie.
    for tied in rows.chunk_by(|a, b| a.0.partial_cmp(&b.0) == Some(Ordering::Equal)) {
        let tied_positives = tied.iter().filter(|row| row.1).count() as u128;
        let tied_negatives = tied.len() as u128 - tied_positives;
        half_pairs += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
    }
    let pairs = positives * negatives;
    (pairs > 0).then(|| half_pairs as f64 / (2 * pairs) as f64)
}

/// The mean of −ln *p*, *p* being the probability that each row's true class was given; 0 or more, in nats.
///
/// Probabilities are first clipped to ε to 1 − ε with ε = 2⁻⁵², as in scikit-learn's `log_loss`, so that one answer
/// that is certain and wrong costs 36 and not infinity. The loss of always answering `1 / n_classes` is
/// `ln(n_classes)`. For shapes see [the module](super#shapes); that rows sum to 1 is not checked.
///
/// ```
/// use ressenti::evaluate::log_loss;
///
/// let loss = log_loss(&[0, 1], &[0.5, 0.5, 0.25, 0.75], 2)?;
/// assert!((loss - (0.5_f64.ln() + 0.75_f64.ln()) / -2.0).abs() < 1e-15);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidParameter`](Error::InvalidParameter) unless there are 2 to 4096 classes, [`NoTexts`](Error::NoTexts) if
/// there is no row, [`LengthMismatch`](Error::LengthMismatch) unless there are rows × classes probabilities,
/// [`InvalidValues`](Error::InvalidValues) for an index that is no class and for a probability that is NaN or outside 0
/// to 1.
pub fn log_loss(truth: &[usize], probabilities: &[f64], n_classes: usize) -> Result<f64> {
    check::truth_and_probabilities(truth, probabilities, n_classes)?;
    let losses = truth.iter().zip(probabilities.chunks_exact(n_classes)).map(|(&class, row)| {
        let p = row[class];
        -p.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    });
    Ok(losses.sum::<f64>() / truth.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-15
    }

    #[test]
    fn ties_count_half() {
        let table: [(&[f64], f64); 5] = [
            (&[0.0, 0.0, 0.0, 0.0], 0.5),
            (&[0.0, 1.0, 1.0, 2.0], 0.875),
            (&[0.0, 0.0, 1.0, 1.0], 1.0),
            (&[1.0, 1.0, 0.0, 0.0], 0.0),
            (&[f64::NEG_INFINITY, -0.0, 0.0, f64::INFINITY], 0.875),
        ];
        for (scores, expected) in table {
            let area = roc_auc(&[false, false, true, true], scores).unwrap().unwrap();
            assert!(close(area, expected), "{scores:?} gives {area}");
        }
    }

    #[test]
    fn one_kind_of_rows_leaves_the_area_undefined() {
        assert_eq!(roc_auc(&[true], &[0.3]).unwrap(), None);
        assert_eq!(roc_auc(&[false, false], &[0.3, 0.4]).unwrap(), None);
        assert_eq!(roc_auc_ovr(&[0, 0], &[0.6, 0.4, 0.3, 0.7], 2).unwrap(), None);
    }

    #[test]
    fn for_two_classes_the_mean_is_the_area_of_either() {
        let probabilities = [0.75, 0.25, 0.5, 0.5, 0.25, 0.75, 0.5, 0.5];
        let mean = roc_auc_ovr(&[0, 0, 1, 1], &probabilities, 2).unwrap().unwrap();
        let area = roc_auc(&[false, false, true, true], &[0.25, 0.5, 0.75, 0.5]).unwrap().unwrap();
        assert!(close(mean, area));
    }

    #[test]
    fn certain_answers_cost_almost_nothing_or_thirty_six() {
        assert!(log_loss(&[0], &[1.0, 0.0], 2).unwrap() < 1e-15);
        let worst = log_loss(&[1], &[1.0, 0.0], 2).unwrap();
        assert!((worst - 52.0 * 2_f64.ln()).abs() < 1e-12, "{worst}");
    }

    #[test]
    fn scores_that_do_not_fit_are_named() {
        let error = roc_auc(&[true, false, true], &[0.5, 0.5]).unwrap_err();
        assert!(matches!(error, Error::LengthMismatch { expected: 3, found: 2, .. }));
        assert_eq!(
            error.to_string(),
            "there are 3 truths but 2 scores; their numbers must be equal"
        );

        let error = roc_auc(&[], &[]).unwrap_err();
        assert!(matches!(error, Error::NoTexts { .. }));
        assert_eq!(error.to_string(), "there are no texts to evaluate; give at least one");

        let error = roc_auc(&[true, false], &[0.5, f64::NAN]).unwrap_err();
        assert!(matches!(error, Error::InvalidValues { what: "scores", .. }));
        assert_eq!(error.to_string(), "invalid scores: NaN at index 1 has no rank; give numbers");
    }

    #[test]
    fn probabilities_that_do_not_fit_are_named() {
        let table: [(&[usize], &[f64], usize, &str); 7] = [
            (
                &[0],
                &[1.0],
                1,
                "n_classes 1 is outside 2..=4096; a classifier tells at least two classes apart",
            ),
            (&[], &[], 2, "there are no texts to evaluate; give at least one"),
            (
                &[0],
                &[0.5],
                2,
                "there are 2 rows × classes but 1 probabilities; their numbers must be equal",
            ),
            (
                &[7],
                &[0.5, 0.5],
                2,
                "invalid truth: class 7 at index 0 is outside 0..2; give the index of a class",
            ),
            (
                &[0],
                &[0.5, f64::NAN],
                2,
                "invalid probabilities: NaN at index 1 is outside 0.0..=1.0; give probabilities, not decision values",
            ),
            (
                &[0],
                &[2.0, 0.5],
                2,
                "invalid probabilities: 2.0 at index 0 is outside 0.0..=1.0; give probabilities, not decision values",
            ),
            (
                &[0],
                &[-1e-9, 1.0],
                2,
                "invalid probabilities: -1e-9 at index 0 is outside 0.0..=1.0; give probabilities, not decision values",
            ),
        ];
        for (truth, probabilities, n_classes, text) in table {
            let of_loss = log_loss(truth, probabilities, n_classes).unwrap_err();
            let of_area = roc_auc_ovr(truth, probabilities, n_classes).unwrap_err();
            assert_eq!(of_loss.to_string(), text);
            assert_eq!(of_area.to_string(), text);
            let variant_fits = match of_loss {
                Error::InvalidParameter { name, .. } => name == "n_classes",
                Error::NoTexts { .. } => truth.is_empty(),
                Error::LengthMismatch { expected, found, .. } => (expected, found) == (2, 1),
                Error::InvalidValues { what, .. } => text.starts_with(&format!("invalid {what}")),
                _ => false,
            };
            assert!(variant_fits, "{text}");
        }
    }
}
