//! True classes beside scores come in, how well the scores rank comes out. Knows no thresholds and no probabilities: only
//! the order of the scores counts.
//!
//! The area under the ROC curve is found without the curve. It is the share of pairs, one row of either kind, in which
//! the positive row has the higher score, a tie being half a pair (Mann & Whitney 1947; Bamber 1975). Sorting
//! the rows and walking through the ties counts these pairs in whole numbers, so the only rounding is one division.
//!
//! The area under the curve of precision over recall is summed in steps, without a line from point to point: between
//! two points of that curve no threshold reaches what the line promises (Davis & Goadrich, *The Relationship Between
//! Precision-Recall and ROC Curves*, ICML 2006). Tied rows make one step, for no threshold parts them:
//!
//! ```text
//! average precision = Σ (recall after the step − recall before it) · precision after it
//! ```

use std::cmp::Ordering;

use super::check;
use crate::error::Result;

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
/// [`LengthMismatch`](crate::Error::LengthMismatch), [`NoTexts`](crate::Error::NoTexts) if both slices are empty,
/// [`InvalidValues`](crate::Error::InvalidValues) for a score that is NaN.
pub fn roc_auc(positive: &[bool], scores: &[f64]) -> Result<Option<f64>> {
    check::truth_and_scores(positive, scores)?;
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
/// Those of [`log_loss`](super::log_loss).
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
    area(against_the_rest(truth, probabilities, n_classes, class))
}

/// The area under the ROC curve from rows of (score, is positive), none of which is NaN.
fn area(mut rows: Vec<(f64, bool)>) -> Option<f64> {
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut positives, mut negatives, mut half_pairs) = (0_u128, 0_u128, 0_u128);
    for tied in ties(&rows) {
        let tied_positives = tied.iter().filter(|row| row.1).count() as u128;
        let tied_negatives = tied.len() as u128 - tied_positives;
        half_pairs += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
    }
    let pairs = positives * negatives;
    (pairs > 0).then(|| half_pairs as f64 / (2 * pairs) as f64)
}

/// The area under the curve of precision over recall, PR-AUC: the mean precision at each positive row that is found.
///
/// 1.0 is a perfect ranking; scores without any knowledge reach the share of positive rows. Of two models for a rare
/// class it tells more than [`roc_auc`], which the many negative rows flatter. Any scores that rank will do; equal ones
/// are found together. `None` if no row is positive: there is nothing to find. The same number as scikit-learn's
/// `average_precision_score`, which gives 0 in that case. Takes O(n log n).
///
/// ```
/// use ressenti::evaluate::average_precision;
///
/// let scores = [0.1, 0.4, 0.35, 0.8];
/// let area = average_precision(&[false, false, true, true], &scores)?;
/// assert_eq!(area, Some((1.0 + 2.0 / 3.0) / 2.0)); // found first of one and second of three
/// assert_eq!(average_precision(&[false; 4], &scores)?, None);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`roc_auc`].
pub fn average_precision(positive: &[bool], scores: &[f64]) -> Result<Option<f64>> {
    check::truth_and_scores(positive, scores)?;
    Ok(stepped_area(scores.iter().copied().zip(positive.iter().copied()).collect()))
}

/// The mean over the classes of the average precision of each class against all others.
///
/// `None` if some class has no row. scikit-learn's `average_precision_score` with `average="macro"`, which counts such a
/// class as 0. For shapes see [the module](super#shapes); that rows sum to 1 is not checked.
///
/// ```
/// use ressenti::evaluate::average_precision_ovr;
///
/// let probabilities = [0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.2, 0.5, 0.3];
/// assert_eq!(average_precision_ovr(&[0, 1, 2], &probabilities, 3)?, Some((1.0 + 0.5 + 0.5) / 3.0));
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`log_loss`](super::log_loss).
pub fn average_precision_ovr(
    truth: &[usize],
    probabilities: &[f64],
    n_classes: usize,
) -> Result<Option<f64>> {
    check::truth_and_probabilities(truth, probabilities, n_classes)?;
    let areas = (0..n_classes)
        .map(|class| average_precision_one_vs_rest(truth, probabilities, n_classes, class));
    Ok(areas.sum::<Option<f64>>().map(|sum| sum / n_classes as f64))
}

/// The average precision for `class` against all others. The slices are checked and `class` exists.
pub(super) fn average_precision_one_vs_rest(
    truth: &[usize],
    probabilities: &[f64],
    n_classes: usize,
    class: usize,
) -> Option<f64> {
    stepped_area(against_the_rest(truth, probabilities, n_classes, class))
}

/// The average precision from rows of (score, is positive), none of which is NaN.
fn stepped_area(mut rows: Vec<(f64, bool)>) -> Option<f64> {
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut positives, mut found, mut area) = (0_u64, 0_u64, 0.0);
    for tied in ties(&rows) {
        let tied_positives = tied.iter().filter(|row| row.1).count() as u64;
        positives += tied_positives;
        found += tied.len() as u64;
        area += tied_positives as f64 * (positives as f64 / found as f64);
    }
    (positives > 0).then(|| area / positives as f64)
}

/// The (score, is positive) of every row, of which those of `class` are positive.
fn against_the_rest(
    truth: &[usize],
    probabilities: &[f64],
    n_classes: usize,
    class: usize,
) -> Vec<(f64, bool)> {
    let scores = probabilities.iter().copied().skip(class).step_by(n_classes);
    scores.zip(truth.iter().map(|&t| t == class)).collect()
}

/// Runs of equal scores. `total_cmp`, which sorted them, puts -0.0 beside 0.0; `partial_cmp` says that they tie.
fn ties(rows: &[(f64, bool)]) -> impl Iterator<Item = &[(f64, bool)]> {
    rows.chunk_by(|a, b| a.0.partial_cmp(&b.0) == Some(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

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
    fn steps_are_as_high_as_the_precision_after_them() {
        let table: [(&[f64], f64); 6] = [
            (&[0.0, 0.0, 0.0, 0.0], 0.5),
            (&[0.0, 1.0, 1.0, 2.0], 5.0 / 6.0),
            (&[0.0, 0.0, 1.0, 1.0], 1.0),
            (&[1.0, 1.0, 0.0, 0.0], 0.5),
            (&[3.0, 2.0, 1.0, 0.0], 5.0 / 12.0),
            (&[f64::NEG_INFINITY, -0.0, 0.0, f64::INFINITY], 5.0 / 6.0),
        ];
        for (scores, expected) in table {
            let area = average_precision(&[false, false, true, true], scores).unwrap().unwrap();
            assert!(close(area, expected), "{scores:?} gives {area}");
        }
    }

    #[test]
    fn without_a_positive_row_there_is_nothing_to_find() {
        assert_eq!(average_precision(&[false], &[0.3]).unwrap(), None);
        assert_eq!(average_precision(&[true], &[0.3]).unwrap(), Some(1.0));
        assert_eq!(average_precision_ovr(&[0, 0], &[0.6, 0.4, 0.3, 0.7], 2).unwrap(), None);
    }

    #[test]
    fn scores_that_do_not_fit_are_named() {
        let error = average_precision(&[true], &[f64::NAN]).unwrap_err();
        assert_eq!(error.to_string(), "invalid scores: NaN at index 0 has no rank; give numbers");

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
}
