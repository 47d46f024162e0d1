//! True and predicted classes come in, counts and the ratios between them come out. Knows no scores and no names.
//!
//! With *tp* the rows of a class that were predicted as such, *support* all rows of the class and *predicted* all rows
//! that were predicted as the class:
//!
//! ```text
//! precision = tp ÷ predicted        recall = tp ÷ support        F1 = 2·tp ÷ (predicted + support)
//! ```
//!
//! F1 is the harmonic mean of the other two (van Rijsbergen, *Information Retrieval*, 1979), written so that it needs
//! no case of its own where they are zero. What is undefined, 0 ÷ 0, counts as 0.0: scikit-learn's default of
//! `zero_division`, without its warning.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::check;
use crate::error::{Result, same_length};

/// How many rows of each class were predicted as each class.
///
/// ```
/// use ressenti::evaluate::ConfusionMatrix;
///
/// let matrix = ConfusionMatrix::new(2, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 0])?;
/// assert_eq!(matrix.get(0, 1), 1); // one row of class 0 was taken for class 1
/// assert_eq!(matrix.accuracy(), 0.6);
/// assert_eq!(matrix.recall(1), 0.5);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// The methods that take a class give 0 for one that does not exist: no row belongs to it. Serialized, the matrix is a
/// list of rows, one per true class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConfusionMatrix {
    /// One row per true class, one column per predicted class.
    counts: Vec<Vec<u64>>,
}

/// Precision, recall and F1 of one class, or their average over the classes.
///
/// ```
/// use ressenti::evaluate::ConfusionMatrix;
///
/// let figures = ConfusionMatrix::new(2, &[0, 0, 1, 1], &[0, 1, 1, 1])?.figures(1);
/// assert_eq!((figures.precision, figures.recall, figures.support), (2.0 / 3.0, 1.0, 2));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassFigures {
    /// Of the rows predicted as the class, the share that belong to it; in 0 to 1.
    pub precision: f64,
    /// Of the rows of the class, the share predicted as such; in 0 to 1.
    pub recall: f64,
    /// The harmonic mean of precision and recall; in 0 to 1.
    pub f1: f64,
    /// How many rows belong to the class; all rows in an average.
    pub support: u64,
}

impl ConfusionMatrix {
    /// Counts the pairs of `truth` and `predicted`, which are class indices below `n_classes`.
    ///
    /// # Errors
    ///
    /// [`InvalidParameter`](crate::Error::InvalidParameter) unless there are 2 to 4096 classes,
    /// [`LengthMismatch`](crate::Error::LengthMismatch), [`NoTexts`](crate::Error::NoTexts) if both slices are empty,
    /// [`InvalidValues`](crate::Error::InvalidValues) for an index that is no class.
    pub fn new(n_classes: usize, truth: &[usize], predicted: &[usize]) -> Result<Self> {
        check::n_classes(n_classes)?;
        same_length("true classes", truth.len(), "predicted classes", predicted.len())?;
        check::rows(truth.len())?;
        check::classes("truth", truth, n_classes)?;
        check::classes("predicted", predicted, n_classes)?;
        let mut counts = vec![vec![0; n_classes]; n_classes];
        for (&t, &p) in truth.iter().zip(predicted) {
            counts[t][p] += 1;
        }
        Ok(Self { counts })
    }

    /// How many rows of `true_class` were predicted as `predicted_class`.
    #[must_use]
    pub fn get(&self, true_class: usize, predicted_class: usize) -> u64 {
        self.counts.get(true_class).and_then(|row| row.get(predicted_class)).copied().unwrap_or(0)
    }

    /// How many classes there are.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.counts.len()
    }

    /// How many rows were counted; at least 1.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The share of rows predicted as what they are; in 0 to 1.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        ratio((0..self.n_classes()).map(|class| self.get(class, class)).sum(), self.total())
    }

    /// Of the rows predicted as `class`, the share that belong to it; 0.0 if none were.
    #[must_use]
    pub fn precision(&self, class: usize) -> f64 {
        ratio(self.get(class, class), self.predicted(class))
    }

    /// Of the rows of `class`, the share predicted as such; 0.0 if there are none.
    #[must_use]
    pub fn recall(&self, class: usize) -> f64 {
        ratio(self.get(class, class), self.support(class))
    }

    /// The harmonic mean of precision and recall; 0.0 if the class neither occurs nor is predicted.
    #[must_use]
    pub fn f1(&self, class: usize) -> f64 {
        ratio(2 * self.get(class, class), self.predicted(class) + self.support(class))
    }

    /// How many rows belong to `class`.
    #[must_use]
    pub fn support(&self, class: usize) -> u64 {
        self.counts.get(class).map_or(0, |row| row.iter().sum())
    }

    /// How many rows were predicted as `class`.
    pub(super) fn predicted(&self, class: usize) -> u64 {
        (0..self.n_classes()).map(|true_class| self.get(true_class, class)).sum()
    }

    /// Precision, recall, F1 and support of `class`.
    #[must_use]
    pub fn figures(&self, class: usize) -> ClassFigures {
        ClassFigures {
            precision: self.precision(class),
            recall: self.recall(class),
            f1: self.f1(class),
            support: self.support(class),
        }
    }

    /// The mean over the classes, each of the same weight: rare classes count as much as frequent ones.
    ///
    /// All `n_classes` count, also one that neither occurs nor is predicted, with 0.0. That is scikit-learn's
    /// `average="macro"` with `labels` given; without `labels` it skips such a class.
    #[must_use]
    pub fn macro_average(&self) -> ClassFigures {
        self.average(|_| 1)
    }

    /// The mean over the classes, each weighted by its support: scikit-learn's `average="weighted"`.
    ///
    /// Its recall is the accuracy; its F1 need not lie between its precision and its recall.
    #[must_use]
    pub fn weighted_average(&self) -> ClassFigures {
        self.average(|figures| figures.support)
    }

    fn average(&self, weight: impl Fn(&ClassFigures) -> u64) -> ClassFigures {
        let classes: Vec<ClassFigures> = (0..self.n_classes()).map(|c| self.figures(c)).collect();
        let weights: u64 = classes.iter().map(&weight).sum();
        let mean = |figure: fn(&ClassFigures) -> f64| {
            classes.iter().map(|c| figure(c) * weight(c) as f64).sum::<f64>() / weights as f64
        };
        ClassFigures {
            precision: mean(|c| c.precision),
            recall: mean(|c| c.recall),
            f1: mean(|c| c.f1),
            support: self.total(),
        }
    }

    /// The matrix as a table: a header with the predicted labels, then a line per true label.
    ///
    /// Fields are quoted as RFC 4180 has it, where they must be; lines end in `\n`.
    ///
    /// ```
    /// use ressenti::evaluate::ConfusionMatrix;
    ///
    /// let matrix = ConfusionMatrix::new(2, &[0, 0, 1], &[0, 1, 1])?;
    /// assert_eq!(matrix.to_csv(&["bad", "good, or so"])?, "\
    /// true\\predicted,bad,\"good, or so\"
    /// bad,1,1
    /// \"good, or so\",0,1
    /// ");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`](crate::Error::LengthMismatch) unless there is one label for each class.
    pub fn to_csv(&self, labels: &[impl AsRef<str>]) -> Result<String> {
        same_length("classes", self.n_classes(), "labels", labels.len())?;
        let mut csv = String::from(r"true\predicted");
        for label in labels {
            csv.push(',');
            push_field(&mut csv, label.as_ref());
        }
        csv.push('\n');
        for (label, row) in labels.iter().zip(&self.counts) {
            push_field(&mut csv, label.as_ref());
            for count in row {
                // Writing to a string cannot fail.
                let _ = write!(csv, ",{count}");
            }
            csv.push('\n');
        }
        Ok(csv)
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn push_field(csv: &mut String, field: &str) {
    if field.contains([',', '"', '\r', '\n']) {
        csv.push('"');
        csv.push_str(&field.replace('"', "\"\""));
        csv.push('"');
    } else {
        csv.push_str(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    /// Class 2 occurs and is never predicted; class 3 is predicted and never occurs; class 4 does neither.
    fn matrix() -> ConfusionMatrix {
        ConfusionMatrix::new(5, &[0, 0, 0, 1, 1, 2], &[0, 0, 1, 1, 3, 0]).unwrap()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-15
    }

    #[test]
    fn counts_rows_by_true_and_predicted_class() {
        let matrix = matrix();
        assert_eq!(matrix.n_classes(), 5);
        assert_eq!(matrix.total(), 6);
        assert_eq!([matrix.get(0, 0), matrix.get(0, 1), matrix.get(1, 0)], [2, 1, 0]);
        assert_eq!([0, 1, 2, 3, 4].map(|c| matrix.support(c)), [3, 2, 1, 0, 0]);
        assert!(close(matrix.accuracy(), 0.5));
    }

    #[test]
    fn figures_follow_their_definitions() {
        let figures = matrix().figures(0);
        assert!(close(figures.precision, 2.0 / 3.0));
        assert!(close(figures.recall, 2.0 / 3.0));
        assert!(close(figures.f1, 2.0 / 3.0));
        assert_eq!(figures.support, 3);
    }

    #[test]
    fn what_is_undefined_is_zero() {
        for class in [2, 3, 4, 5, usize::MAX] {
            let figures = matrix().figures(class);
            assert!(close(figures.precision + figures.recall + figures.f1, 0.0), "class {class}");
        }
        assert_eq!([matrix().get(0, 5), matrix().get(5, 0), matrix().support(5)], [0; 3]);
    }

    #[test]
    fn averages_weigh_classes_or_rows() {
        let (macro_average, weighted) = (matrix().macro_average(), matrix().weighted_average());
        assert!(close(macro_average.recall, (2.0 / 3.0 + 0.5) / 5.0));
        assert!(close(weighted.recall, matrix().accuracy()));
        assert!(close(weighted.precision, (2.0 / 3.0 * 3.0 + 0.5 * 2.0) / 6.0));
        assert_eq!((macro_average.support, weighted.support), (6, 6));
    }

    #[test]
    fn bad_input_is_named() {
        let error = ConfusionMatrix::new(2, &[0, 1], &[0]).unwrap_err();
        assert!(matches!(error, Error::LengthMismatch { expected: 2, found: 1, .. }));
        assert_eq!(
            error.to_string(),
            "there are 2 true classes but 1 predicted classes; their numbers must be equal"
        );

        let error = ConfusionMatrix::new(2, &[], &[]).unwrap_err();
        assert!(matches!(error, Error::NoTexts { .. }));
        assert_eq!(error.to_string(), "there are no texts to evaluate; give at least one");

        let error = ConfusionMatrix::new(2, &[0, 2], &[0, 0]).unwrap_err();
        assert!(matches!(error, Error::InvalidValues { what: "truth", .. }));
        assert_eq!(
            error.to_string(),
            "invalid truth: class 2 at index 1 is outside 0..2; give the index of a class"
        );

        let error = ConfusionMatrix::new(2, &[0], &[9]).unwrap_err();
        assert!(matches!(error, Error::InvalidValues { what: "predicted", .. }));
        assert_eq!(
            error.to_string(),
            "invalid predicted: class 9 at index 0 is outside 0..2; give the index of a class"
        );

        for (n_classes, text) in [(0, "0"), (1, "1"), (usize::MAX, &usize::MAX.to_string())] {
            let error = ConfusionMatrix::new(n_classes, &[0], &[0]).unwrap_err();
            assert!(matches!(error, Error::InvalidParameter { name: "n_classes", .. }));
            assert_eq!(
                error.to_string(),
                format!(
                    "n_classes {text} is outside 2..=4096; a classifier tells at least two classes apart"
                )
            );
        }
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let matrix = ConfusionMatrix::new(3, &[0, 1, 2, 2], &[0, 1, 2, 0]).unwrap();
        let csv = matrix.to_csv(&["say \"no\"", "a,b", "two\nlines"]).unwrap();
        assert_eq!(
            csv,
            "true\\predicted,\"say \"\"no\"\"\",\"a,b\",\"two\nlines\"\n\
             \"say \"\"no\"\"\",1,0,0\n\
             \"a,b\",0,1,0\n\
             \"two\nlines\",1,0,1\n"
        );
    }

    #[test]
    fn csv_wants_a_label_for_each_class() {
        let error = matrix().to_csv(&["only"]).unwrap_err();
        assert!(matches!(error, Error::LengthMismatch { expected: 5, found: 1, .. }));
        assert_eq!(
            error.to_string(),
            "there are 5 classes but 1 labels; their numbers must be equal"
        );
    }

    #[test]
    fn serializes_as_rows() {
        let matrix = ConfusionMatrix::new(2, &[0, 0, 1], &[0, 1, 1]).unwrap();
        assert_eq!(serde_json::to_string(&matrix).unwrap(), "[[1,1],[0,1]]");
    }
}
