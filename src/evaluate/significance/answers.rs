//! What a model answered to some rows, as a figure wants it, and rows drawn from it. Does not know the figure.

use super::super::check;
use crate::error::{Error, Result, same_length};

/// One model's answers to some rows: what a figure is computed from.
///
/// Leave `predicted` or `scores` empty if the figure does not ask for them. `scores` may have any number of values per
/// row, the same for each: a probability or a decision value for every class, or one alone.
///
/// ```
/// use ressenti::evaluate::Answers;
///
/// let answers = Answers { truth: &[0, 1], predicted: &[0, 0], scores: &[0.9, 0.1, 0.6, 0.4] };
/// assert_eq!(answers.scores_per_row(), 2);
/// assert_eq!(answers.scores_of(1), [0.1, 0.4]);
/// assert_eq!(answers.is(1), [false, true]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answers<'a> {
    /// The true class of each row.
    pub truth: &'a [usize],
    /// The predicted class of each row, or nothing.
    pub predicted: &'a [usize],
    /// Scores row after row, or nothing.
    pub scores: &'a [f64],
}

impl Answers<'_> {
    /// How many scores each row has; 0 without rows.
    #[must_use]
    pub fn scores_per_row(&self) -> usize {
        self.scores.len().checked_div(self.truth.len()).unwrap_or(0)
    }

    /// The score at place `class` of each row; empty if rows have fewer scores.
    #[must_use]
    pub fn scores_of(&self, class: usize) -> Vec<f64> {
        let width = self.scores_per_row();
        if class >= width {
            return Vec::new();
        }
        self.scores.iter().copied().skip(class).step_by(width).collect()
    }

    /// For each row whether `class` is its true class.
    #[must_use]
    pub fn is(&self, class: usize) -> Vec<bool> {
        self.truth.iter().map(|&truth| truth == class).collect()
    }

    /// `Err` unless there are rows, and predicted classes and scores fit them.
    pub(super) fn check(&self) -> Result<()> {
        let rows = self.truth.len();
        check::rows(rows)?;
        if !self.predicted.is_empty() {
            same_length("true classes", rows, "predicted classes", self.predicted.len())?;
        }
        if self.scores.len().is_multiple_of(rows) {
            return Ok(());
        }
        Err(Error::InvalidValues {
            what: "scores",
            problem: format!(
                "{} of them for {rows} rows; give the same number of scores for each row",
                self.scores.len()
            ),
        })
    }
}

/// The answers to the rows drawn; kept from one resample to the next for its memory.
#[derive(Clone, Default)]
pub(super) struct Sample {
    truth: Vec<usize>,
    predicted: Vec<usize>,
    scores: Vec<f64>,
}

impl Sample {
    pub(super) fn clear(&mut self) {
        self.truth.clear();
        self.predicted.clear();
        self.scores.clear();
    }

    /// Adds the answers to one row, which exists.
    pub(super) fn push(&mut self, answers: &Answers<'_>, row: usize) {
        self.truth.push(answers.truth[row]);
        self.predicted.extend(answers.predicted.get(row));
        let width = answers.scores_per_row();
        self.scores.extend_from_slice(&answers.scores[row * width..(row + 1) * width]);
    }

    pub(super) fn answers(&self) -> Answers<'_> {
        Answers { truth: &self.truth, predicted: &self.predicted, scores: &self.scores }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_rows_do_not_have_has_no_scores() {
        let answers = Answers { truth: &[0, 1], predicted: &[], scores: &[0.5, 0.25] };
        assert_eq!(answers.scores_of(0), [0.5, 0.25]);
        assert_eq!(answers.scores_of(1), [0.0; 0]);
        let nothing = Answers { truth: &[], predicted: &[], scores: &[] };
        assert_eq!((nothing.scores_per_row(), nothing.scores_of(0).len()), (0, 0));
    }

    #[test]
    fn drawn_rows_have_their_answers() {
        let answers = Answers { truth: &[7, 8], predicted: &[], scores: &[0.1, 0.2, 0.3, 0.4] };
        let mut sample = Sample::default();
        for row in [1, 0, 1] {
            sample.push(&answers, row);
        }
        let drawn =
            Answers { truth: &[8, 7, 8], predicted: &[], scores: &[0.3, 0.4, 0.1, 0.2, 0.3, 0.4] };
        assert_eq!(sample.answers(), drawn);
    }
}
