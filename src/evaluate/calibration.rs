//! True classes beside probabilities come in, how far the probabilities keep their promise comes out. Knows no predicted
//! classes and, but for the calibration error, no order.
//!
//! With *p* the probabilities of a row and *y* 1 for its true class and 0 for the others:
//!
//! ```text
//! log loss = mean of −ln p(true class)          Brier = mean of Σ (p − y)², halved for two classes
//! ECE = Σ over bins of (rows in the bin ÷ rows) · |share of the bin's rows that are right − their mean confidence|
//! ```
//!
//! Brier, *Verification of Forecasts Expressed in Terms of Probability*, 1950; Guo et al., *On Calibration of Modern
//! Neural Networks*, ICML 2017, whose calibration error this is. The first two are proper: nothing but the true
//! probabilities makes them least. The third is not (a model that always answers the classes' shares has none), so read
//! it beside one of them.

use serde::{Deserialize, Serialize};

use super::check;
use crate::error::{Error, Result, same_length};

/// What [`Report`](super::Report) uses, and Guo et al. before it.
pub(super) const BINS: usize = 15;

/// More bins than this are finer than any probability deserves.
const MAX_BINS: usize = 10_000;

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

/// The mean squared distance of the probabilities from the truth: Brier's score. 0 is perfect; smaller is better.
///
/// Two classes: the mean of (*p* − *y*)² for one of them, whichever; in 0 to 1, 0.25 for answers of one half. More
/// classes: the mean of the *sum* over the classes, Brier's original form; in 0 to 2. Both are what scikit-learn's
/// `brier_score_loss` gives by default (`scale_by_half="auto"`). Should the probabilities of a two-class row not sum to
/// 1, which is not checked, the mean over both classes counts. For shapes see [the module](super#shapes).
///
/// ```
/// use ressenti::evaluate::brier_score_loss;
///
/// assert_eq!(brier_score_loss(&[0, 1], &[0.5, 0.5, 0.25, 0.75], 2)?, (0.25 + 0.0625) / 2.0);
/// assert_eq!(brier_score_loss(&[0], &[0.5, 0.25, 0.25], 3)?, 0.25 + 0.0625 + 0.0625);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`log_loss`].
pub fn brier_score_loss(truth: &[usize], probabilities: &[f64], n_classes: usize) -> Result<f64> {
    check::truth_and_probabilities(truth, probabilities, n_classes)?;
    let squares =
        truth.iter().zip(probabilities.chunks_exact(n_classes)).map(|(&true_class, row)| {
            let square =
                |(class, p): (usize, &f64)| (p - f64::from(u8::from(class == true_class))).powi(2);
            row.iter().enumerate().map(square).sum::<f64>()
        });
    let mean = squares.sum::<f64>() / truth.len() as f64;
    Ok(if n_classes == 2 { mean / 2.0 } else { mean })
}

/// The rows whose probability falls into one bin: what was promised beside what happened.
///
/// See [`calibration_curve`].
///
/// ```
/// use ressenti::evaluate::calibration_curve;
///
/// let bin = calibration_curve(&[true, false], &[0.75, 1.0], 2)?[0];
/// assert_eq!((bin.rows, bin.prob_pred, bin.prob_true), (2, 0.875, 0.5));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationBin {
    /// How many rows fell into the bin; at least 1.
    pub rows: u64,
    /// The mean of their probabilities: the share that was promised.
    pub prob_pred: f64,
    /// The share of them that are positive.
    pub prob_true: f64,
}

/// The reliability diagram: rows sorted into `bins` of equal width by their probability of being positive.
///
/// Bin *b* of *B*, counted from 1, takes probabilities above (*b* − 1) ÷ *B* up to and with *b* ÷ *B*, the first one 0 as
/// well. Empty bins are left out; the others come in ascending order. scikit-learn's `calibration_curve` with
/// `strategy="uniform"`, which gives the two shares without the rows.
///
/// ```
/// use ressenti::evaluate::calibration_curve;
///
/// let positive = [false, false, true, true];
/// let curve = calibration_curve(&positive, &[0.1, 0.2, 0.4, 0.9], 3)?;
/// let shares: Vec<f64> = curve.iter().map(|bin| bin.prob_true).collect();
/// assert_eq!(shares, [0.0, 1.0, 1.0]);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidParameter`](Error::InvalidParameter) unless there are 1 to 10,000 bins,
/// [`LengthMismatch`](Error::LengthMismatch), [`NoTexts`](Error::NoTexts) if both slices are empty,
/// [`InvalidValues`](Error::InvalidValues) for a probability that is NaN or outside 0 to 1.
pub fn calibration_curve(
    positive: &[bool],
    probabilities: &[f64],
    bins: usize,
) -> Result<Vec<CalibrationBin>> {
    check_bins(bins)?;
    same_length("truths", positive.len(), "probabilities", probabilities.len())?;
    check::rows(positive.len())?;
    check::probabilities(probabilities)?;
    let rows = probabilities.iter().copied().zip(positive.iter().copied());
    let curve = binned(rows, bins).into_iter().filter(|bin| bin.rows > 0).map(|bin| {
        let rows = bin.rows as f64;
        CalibrationBin {
            rows: bin.rows,
            prob_pred: bin.promised / rows,
            prob_true: bin.right as f64 / rows,
        }
    });
    Ok(curve.collect())
}

/// How far confidence is from accuracy, over `bins` of equal width; 0 to 1, smaller is better. 15 bins are usual.
///
/// The confidence of a row is its highest probability, and the row is right if that is its true class's (of equal
/// probabilities the first counts). Rows are binned by confidence as in [`calibration_curve`]; each bin adds |share
/// of right rows − mean confidence|, weighted by its share of the rows. This is Guo's error of the *top label*, the same
/// for two classes and for more; with two, confidence is never below one half, so about half the bins stay empty. The
/// class a threshold would predict does not matter.
///
/// ```
/// use ressenti::evaluate::expected_calibration_error;
///
/// // Sure to 0.75 and right in two of three cases.
/// let probabilities = [0.75, 0.25, 0.75, 0.25, 0.75, 0.25];
/// let error = expected_calibration_error(&[0, 0, 1], &probabilities, 2, 15)?;
/// assert!((error - (0.75 - 2.0 / 3.0)).abs() < 1e-15);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`log_loss`], and [`InvalidParameter`](Error::InvalidParameter) unless there are 1 to 10,000 bins.
pub fn expected_calibration_error(
    truth: &[usize],
    probabilities: &[f64],
    n_classes: usize,
    bins: usize,
) -> Result<f64> {
    check_bins(bins)?;
    check::truth_and_probabilities(truth, probabilities, n_classes)?;
    let rows = truth.iter().zip(probabilities.chunks_exact(n_classes)).map(|(&true_class, row)| {
        let first = (0, row[0]);
        let (top, confidence) = row
            .iter()
            .copied()
            .enumerate()
            .fold(first, |top, next| if next.1 > top.1 { next } else { top });
        (confidence, top == true_class)
    });
    let gaps = binned(rows, bins).into_iter().map(|bin| (bin.right as f64 - bin.promised).abs());
    Ok(gaps.sum::<f64>() / truth.len() as f64)
}

/// What one bin holds.
#[derive(Clone, Default)]
struct Bin {
    rows: u64,
    right: u64,
    promised: f64,
}

/// Rows of (probability, came true), sorted into bins that are open below and closed above.
fn binned(rows: impl Iterator<Item = (f64, bool)>, n_bins: usize) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); n_bins];
    // Multiples of the width, as NumPy's `linspace` has them, so that a probability on an edge falls where it does there.
    let width = 1.0 / n_bins as f64;
    let edges: Vec<f64> = (1..n_bins).map(|edge| edge as f64 * width).collect();
    for (p, came_true) in rows {
        let bin = &mut bins[edges.partition_point(|&edge| edge < p)];
        bin.rows += 1;
        bin.right += u64::from(came_true);
        bin.promised += p;
    }
    bins
}

fn check_bins(bins: usize) -> Result<()> {
    if (1..=MAX_BINS).contains(&bins) {
        return Ok(());
    }
    Err(Error::InvalidParameter {
        name: "bins",
        found: bins.to_string(),
        expected: "is outside 1..=10000; 15 is usual",
    })
}

#[cfg(test)]
mod tests {
    use super::super::{average_precision_ovr, roc_auc_ovr};
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-15
    }

    #[test]
    fn certain_answers_cost_almost_nothing_or_thirty_six() {
        assert!(log_loss(&[0], &[1.0, 0.0], 2).unwrap() < 1e-15);
        let worst = log_loss(&[1], &[1.0, 0.0], 2).unwrap();
        assert!((worst - 52.0 * 2_f64.ln()).abs() < 1e-12, "{worst}");
    }

    #[test]
    fn the_brier_score_is_halved_for_two_classes_only() {
        assert!(close(brier_score_loss(&[1], &[1.0, 0.0], 2).unwrap(), 1.0));
        assert!(close(brier_score_loss(&[1], &[1.0, 0.0, 0.0], 3).unwrap(), 2.0));
        assert!(close(brier_score_loss(&[1], &[0.0, 1.0], 2).unwrap(), 0.0));
    }

    #[test]
    fn bins_are_closed_above_and_the_first_one_below_as_well() {
        let probabilities = [0.0, 0.25, 0.251, 0.5, 1.0];
        let curve = calibration_curve(&[true, false, true, true, true], &probabilities, 4).unwrap();
        let rows: Vec<u64> = curve.iter().map(|bin| bin.rows).collect();
        assert_eq!(rows, [2, 2, 1]);
        assert_eq!((curve[0].prob_pred, curve[0].prob_true), (0.125, 0.5));
    }

    #[test]
    fn the_first_of_equal_probabilities_is_the_answer() {
        let error = |truth| expected_calibration_error(&[truth], &[0.5, 0.5], 2, 15).unwrap();
        assert_eq!((error(0), error(1)), (0.5, 0.5));
        let error = |truth| expected_calibration_error(&[truth], &[0.2, 0.4, 0.4], 3, 1).unwrap();
        assert!(close(error(1), 0.6) && close(error(2), 0.4));
    }

    #[test]
    fn bins_out_of_range_are_named() {
        assert!(calibration_curve(&[true], &[0.5], MAX_BINS).is_ok());
        for (bins, text) in
            [(0, "0"), (MAX_BINS + 1, "10001"), (usize::MAX, &usize::MAX.to_string())]
        {
            let of_curve = calibration_curve(&[true], &[0.5], bins).unwrap_err();
            let of_error = expected_calibration_error(&[0], &[0.5, 0.5], 2, bins).unwrap_err();
            for error in [of_curve, of_error] {
                assert!(matches!(error, Error::InvalidParameter { name: "bins", .. }));
                assert_eq!(
                    error.to_string(),
                    format!("bins {text} is outside 1..=10000; 15 is usual")
                );
            }
        }
    }

    #[test]
    fn a_curve_of_nonsense_is_an_error() {
        let error = calibration_curve(&[], &[], 5).unwrap_err();
        assert_eq!(error.to_string(), "there are no texts to evaluate; give at least one");
        let error = calibration_curve(&[true], &[], 5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 1 truths but 0 probabilities; their numbers must be equal"
        );
        let error = calibration_curve(&[true], &[-1.5], 5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid probabilities: -1.5 at index 0 is outside 0.0..=1.0; give probabilities, not decision values"
        );
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
            let others = [
                brier_score_loss(truth, probabilities, n_classes).unwrap_err(),
                expected_calibration_error(truth, probabilities, n_classes, 15).unwrap_err(),
                roc_auc_ovr(truth, probabilities, n_classes).unwrap_err(),
                average_precision_ovr(truth, probabilities, n_classes).unwrap_err(),
            ];
            assert_eq!(of_loss.to_string(), text);
            assert!(others.iter().all(|other| other.to_string() == text), "{others:?}");
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
