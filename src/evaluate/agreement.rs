//! A confusion matrix comes in, how far its two sides agree comes out, in figures that frequent classes cannot flatter.
//! Knows counts only.
//!
//! Always answering the most frequent class reaches an accuracy of its share, but a balanced accuracy of 1 ÷ classes and
//! a correlation of 0. With *s* all rows, *c* those that were predicted as what they are, and *tₖ*, *pₖ* the rows that
//! belong to class *k* and that were predicted as it:
//!
//! ```text
//! MCC = (c·s − Σ tₖ·pₖ) ÷ √((s² − Σ pₖ²) · (s² − Σ tₖ²))
//! ```
//!
//! Matthews, *Comparison of the predicted and observed secondary structure of T4 phage lysozyme*, 1975, for two classes;
//! Gorodkin, *Comparing two K-category assignments by a K-category correlation coefficient*, 2004, for more.

use super::metrics::ConfusionMatrix;

impl ConfusionMatrix {
    /// The mean recall of the classes that have rows; in 0 to 1, 1 ÷ classes for an answer that is always the same.
    ///
    /// scikit-learn's `balanced_accuracy_score`. Where every class has a row, it is the recall of
    /// [`macro_average`](Self::macro_average), which counts a class without rows as 0.
    ///
    /// ```
    /// use ressenti::evaluate::ConfusionMatrix;
    ///
    /// let matrix = ConfusionMatrix::new(2, &[0, 0, 0, 1], &[0, 0, 0, 0])?;
    /// assert_eq!((matrix.accuracy(), matrix.balanced_accuracy()), (0.75, 0.5));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        let present = (0..self.n_classes()).filter(|&class| self.support(class) > 0);
        let (sum, classes) =
            present.fold((0.0, 0_usize), |(sum, n), class| (sum + self.recall(class), n + 1));
        sum / classes as f64
    }

    /// Matthews' correlation coefficient of truth and prediction, for two classes and for more.
    ///
    /// 1 where all rows are predicted as what they are, about 0 for answers without any knowledge, −1 for two classes
    /// that are always mistaken for each other. 0.0 where it is undefined: all rows belong to one class or were
    /// predicted as one. scikit-learn's `matthews_corrcoef`.
    ///
    /// ```
    /// use ressenti::evaluate::ConfusionMatrix;
    ///
    /// let matrix = ConfusionMatrix::new(2, &[1, 1, 1, 0], &[1, 0, 1, 1])?;
    /// assert!((matrix.matthews_corrcoef() + 1.0 / 3.0).abs() < 1e-15);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn matthews_corrcoef(&self) -> f64 {
        // Counts of rows in memory are far below 2^63, so that products and their sums fit.
        let rows = i128::from(self.total());
        let mut correct = 0;
        let (mut both, mut truths, mut predictions) = (0, 0, 0);
        for class in 0..self.n_classes() {
            let (t, p) = (i128::from(self.support(class)), i128::from(self.predicted(class)));
            correct += i128::from(self.get(class, class));
            both += t * p;
            truths += t * t;
            predictions += p * p;
        }
        let square = rows * rows;
        let spread = ((square - predictions) as f64 * (square - truths) as f64).sqrt();
        if spread > 0.0 { (correct * rows - both) as f64 / spread } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n_classes: usize, truth: &[usize], predicted: &[usize]) -> ConfusionMatrix {
        ConfusionMatrix::new(n_classes, truth, predicted).unwrap()
    }

    #[test]
    fn perfect_useless_and_contrary_answers() {
        let truth = [0, 1, 1, 0, 1];
        let table = [
            ([0, 1, 1, 0, 1], 1.0, 1.0),
            ([0; 5], 0.5, 0.0),
            ([1; 5], 0.5, 0.0),
            ([1, 0, 0, 1, 0], 0.0, -1.0),
        ];
        for (predicted, balanced, correlation) in table {
            let matrix = matrix(2, &truth, &predicted);
            assert_eq!(matrix.balanced_accuracy(), balanced, "{predicted:?}");
            assert_eq!(matrix.matthews_corrcoef(), correlation, "{predicted:?}");
        }
    }

    #[test]
    fn one_class_of_truth_is_defined() {
        let matrix = matrix(3, &[1, 1, 1], &[1, 0, 1]);
        assert_eq!(matrix.balanced_accuracy(), 2.0 / 3.0);
        assert_eq!(matrix.matthews_corrcoef(), 0.0);
    }

    #[test]
    fn a_class_without_rows_does_not_count() {
        let matrix = matrix(3, &[0, 0, 1, 1], &[0, 2, 1, 1]);
        assert_eq!(matrix.balanced_accuracy(), 0.75);
        assert_eq!(matrix.macro_average().recall, 0.5);
    }
}
