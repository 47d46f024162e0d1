//! True classes beside a row of scores each come in, how often the truth is among the best few comes out. Only the order
//! within a row counts.

use super::check;
use crate::error::{Error, Result, same_length};

/// The share of rows whose true class is among the `k` with the highest scores; in 0 to 1.
///
/// With `k` = 1 it is the accuracy of always answering the class with the highest score, with `k` = `n_classes` it is 1.
/// Any scores that rank will do: probabilities, decision values, infinities. Of equal ones in a row the class with the
/// higher index comes first, as in scikit-learn's `top_k_accuracy_score`. For shapes see [the module](super#shapes).
///
/// ```
/// use ressenti::evaluate::top_k_accuracy;
///
/// let scores = [0.5, 0.3, 0.2, 0.5, 0.2, 0.3];
/// assert_eq!(top_k_accuracy(&[1, 1], &scores, 3, 2)?, 0.5);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidParameter`](Error::InvalidParameter) unless there are 2 to 4096 classes and `k` is 1 or more,
/// [`NoTexts`](Error::NoTexts) if there is no row, [`LengthMismatch`](Error::LengthMismatch) unless there are rows ×
/// classes scores, [`InvalidValues`](Error::InvalidValues) for an index that is no class and for a score that is NaN.
pub fn top_k_accuracy(truth: &[usize], scores: &[f64], n_classes: usize, k: usize) -> Result<f64> {
    check::n_classes(n_classes)?;
    if k == 0 {
        return Err(Error::InvalidParameter {
            name: "k",
            found: k.to_string(),
            expected: "is less than 1; give how many of the best classes may hold the truth",
        });
    }
    check::rows(truth.len())?;
    same_length("rows × classes", truth.len().saturating_mul(n_classes), "scores", scores.len())?;
    check::classes("truth", truth, n_classes)?;
    check::no_nan(scores)?;
    let rows = truth.iter().zip(scores.chunks_exact(n_classes));
    let hits = rows.filter(|&(&class, row)| {
        let of_truth = row[class];
        let ahead = |&(other, &score): &(usize, &f64)| {
            score > of_truth || (score >= of_truth && other > class)
        };
        row.iter().enumerate().filter(ahead).count() < k
    });
    Ok(hits.count() as f64 / truth.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_grows_with_k_up_to_all() {
        let scores = [3.0, 2.0, 1.0, 3.0, 2.0, 1.0, 3.0, 2.0, 1.0, f64::INFINITY, 0.0, -1.0];
        for (k, share) in [(1, 0.5), (2, 0.75), (3, 1.0), (usize::MAX, 1.0)] {
            assert_eq!(top_k_accuracy(&[0, 1, 2, 0], &scores, 3, k).unwrap(), share, "k = {k}");
        }
    }

    #[test]
    fn of_equal_scores_the_later_class_comes_first() {
        let hits = |class| top_k_accuracy(&[class], &[0.0, -0.0, 0.0], 3, 2).unwrap();
        assert_eq!([hits(0), hits(1), hits(2)], [0.0, 1.0, 1.0]);
    }

    #[test]
    fn bad_input_is_named() {
        type Case<'a> = (&'a [usize], &'a [f64], usize, usize, &'a str);
        let table: [Case<'_>; 6] = [
            (
                &[0],
                &[1.0],
                1,
                1,
                "n_classes 1 is outside 2..=4096; a classifier tells at least two classes apart",
            ),
            (
                &[0],
                &[1.0, 0.0],
                2,
                0,
                "k 0 is less than 1; give how many of the best classes may hold the truth",
            ),
            (&[], &[], 2, 1, "there are no texts to evaluate; give at least one"),
            (
                &[0, 1],
                &[1.0, 0.0],
                2,
                1,
                "there are 4 rows × classes but 2 scores; their numbers must be equal",
            ),
            (
                &[2],
                &[1.0, 0.0],
                2,
                1,
                "invalid truth: class 2 at index 0 is outside 0..2; give the index of a class",
            ),
            (
                &[1],
                &[1.0, f64::NAN],
                2,
                1,
                "invalid scores: NaN at index 1 has no rank; give numbers",
            ),
        ];
        for (truth, scores, n_classes, k, text) in table {
            let error = top_k_accuracy(truth, scores, n_classes, k).unwrap_err();
            assert_eq!(error.to_string(), text);
        }
    }
}
