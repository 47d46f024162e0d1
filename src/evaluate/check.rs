//! What every figure asks of its input, in one place: slices come in, an error that says where comes out. No figures.

use crate::error::{Error, Result, same_length};

/// A confusion matrix holds the square of this; more classes than this are not classes but identifiers.
const MAX_CLASSES: usize = 4096;

/// `Err` unless there is a row.
pub(super) fn rows(rows: usize) -> Result<()> {
    if rows == 0 { Err(Error::NoTexts { task: "evaluate" }) } else { Ok(()) }
}

/// `Err` unless there are classes to confuse, and few enough for a square matrix.
pub(super) fn n_classes(n_classes: usize) -> Result<()> {
    if (2..=MAX_CLASSES).contains(&n_classes) {
        return Ok(());
    }
    Err(Error::InvalidParameter {
        name: "n_classes",
        found: n_classes.to_string(),
        expected: "is outside 2..=4096; a classifier tells at least two classes apart",
    })
}

/// `Err` unless every value is the index of a class.
pub(super) fn classes(what: &'static str, values: &[usize], n_classes: usize) -> Result<()> {
    match values.iter().position(|&class| class >= n_classes) {
        None => Ok(()),
        Some(at) => Err(Error::InvalidValues {
            what,
            problem: format!(
                "class {} at index {at} is outside 0..{n_classes}; give the index of a class",
                values[at]
            ),
        }),
    }
}

/// `Err` unless every score can be ranked.
pub(super) fn no_nan(scores: &[f64]) -> Result<()> {
    match scores.iter().position(|score| score.is_nan()) {
        None => Ok(()),
        Some(at) => Err(Error::InvalidValues {
            what: "scores",
            problem: format!("NaN at index {at} has no rank; give numbers"),
        }),
    }
}

/// `Err` unless `positive` and `scores` describe the same rows, in which each score can be ranked.
pub(super) fn truth_and_scores(positive: &[bool], scores: &[f64]) -> Result<()> {
    same_length("truths", positive.len(), "scores", scores.len())?;
    rows(positive.len())?;
    no_nan(scores)
}

/// `Err` unless every value is a probability.
pub(super) fn probabilities(values: &[f64]) -> Result<()> {
    match values.iter().position(|p| !(0.0..=1.0).contains(p)) {
        None => Ok(()),
        Some(at) => Err(Error::InvalidValues {
            what: "probabilities",
            problem: format!(
                "{:?} at index {at} is outside 0.0..=1.0; give probabilities, not decision values",
                values[at]
            ),
        }),
    }
}

/// `Err` unless `truth` and `probabilities` describe the same rows and hold what they must.
pub(super) fn truth_and_probabilities(
    truth: &[usize],
    probabilities: &[f64],
    n_classes: usize,
) -> Result<()> {
    self::n_classes(n_classes)?;
    rows(truth.len())?;
    // No slice is as long as the saturated product, so an overflow is a mismatch as well.
    let cells = truth.len().saturating_mul(n_classes);
    same_length("rows × classes", cells, "probabilities", probabilities.len())?;
    classes("truth", truth, n_classes)?;
    self::probabilities(probabilities)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_in_the_message_is_the_limit() {
        let error = n_classes(MAX_CLASSES + 1).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { name: "n_classes", .. }));
        assert_eq!(
            error.to_string(),
            format!(
                "n_classes 4097 is outside 2..={MAX_CLASSES}; a classifier tells at least two classes apart"
            )
        );
        assert!(n_classes(MAX_CLASSES).is_ok());
    }

    #[test]
    fn a_missing_probability_is_a_mismatch() {
        let error = truth_and_probabilities(&[0; 3], &[0.5; 5], 2).unwrap_err();
        assert!(matches!(error, Error::LengthMismatch { expected: 6, found: 5, .. }));
        assert_eq!(
            error.to_string(),
            "there are 6 rows × classes but 5 probabilities; their numbers must be equal"
        );
    }
}
