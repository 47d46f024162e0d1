//! The fold of every row comes in, a split for every fold comes out. Does not know why a row is in its fold.
//!
//! What is kept is one number per row and the rows fold by fold. A training part is made when it is asked for: kept, those
//! of *k* folds would take *k* − 1 numbers per row, and those of leave-one-out the square of the rows.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Split;
use crate::error::{Error, Result};

/// Rows in `n_folds` parts, each of which is tested once while the others are trained on.
///
/// [`KFold`](super::KFold) makes them, or you do. Every row is in exactly one fold and every fold has a row.
///
/// ```
/// use ressenti::evaluate::{Folds, Split};
///
/// let folds = Folds::interleaved(5, 2)?; // row i in fold i mod 2
/// let splits: Vec<Split> = folds.iter().collect();
/// assert_eq!(splits[0], Split { train: vec![1, 3], test: vec![0, 2, 4] });
/// assert_eq!(splits[1], Split { train: vec![0, 2, 4], test: vec![1, 3] });
/// for Split { train, test } in &folds {
///     assert_eq!(train.len() + test.len(), folds.rows());
/// }
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// Serialized, it is the list of each row's fold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<usize>", into = "Vec<usize>")]
pub struct Folds {
    of_row: Vec<usize>,
    /// The rows of fold 0, ascending, then those of fold 1 and so on.
    rows: Vec<usize>,
    /// Where in `rows` each fold begins, and the end.
    starts: Vec<usize>,
}

impl Folds {
    /// Folds as given: `of_row[i]` is the fold of row `i`, counted from 0.
    ///
    /// scikit-learn's `PredefinedSplit`.
    ///
    /// ```
    /// use ressenti::evaluate::Folds;
    ///
    /// let folds = Folds::from_assignment(vec![0, 0, 1, 2, 1])?;
    /// assert_eq!((folds.n_folds(), folds.test(1)), (3, [2, 4].as_slice()));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoTexts`](Error::NoTexts) without rows, [`InvalidValues`](Error::InvalidValues) unless there are two folds or
    /// more and each number from 0 to the highest is the fold of some row.
    pub fn from_assignment(of_row: Vec<usize>) -> Result<Self> {
        let Some(&last) = of_row.iter().max() else { return Err(Error::NoTexts { task: "split" }) };
        let invalid = |problem| Err(Error::InvalidValues { what: "folds", problem });
        if last == 0 {
            return invalid("all rows are in fold 0; give at least two folds".to_owned());
        }
        // More folds than rows leave one of the first empty, so that nothing larger than the rows is allocated.
        let n_folds = last.min(of_row.len()) + 1;
        let mut starts = vec![0; n_folds + 1];
        of_row.iter().filter(|&&fold| fold < n_folds).for_each(|&fold| starts[fold + 1] += 1);
        if let Some(empty) = (0..n_folds).find(|&fold| starts[fold + 1] == 0) {
            return invalid(format!(
                "no row is in fold {empty} but some in fold {last}; number the folds from 0 without gaps"
            ));
        }
        (0..n_folds).for_each(|fold| starts[fold + 1] += starts[fold]);
        let mut next = starts.clone();
        let mut rows = vec![0; of_row.len()];
        for (row, &fold) in of_row.iter().enumerate() {
            rows[next[fold]] = row;
            next[fold] += 1;
        }
        Ok(Self { of_row, rows, starts })
    }

    /// Row `i` in fold `i mod n_folds`: nothing to draw, and the same in every language.
    ///
    /// Rows of a file that is sorted by label or by time are spread evenly over the folds.
    ///
    /// # Errors
    ///
    /// [`NoTexts`](Error::NoTexts) without rows, [`InvalidParameter`](Error::InvalidParameter) unless there are 2 folds
    /// or more and at most as many as rows.
    pub fn interleaved(rows: usize, n_folds: usize) -> Result<Self> {
        check_n_splits(n_folds, rows, "texts")?;
        Self::from_assignment((0..rows).map(|row| row % n_folds).collect())
    }

    /// How many folds there are; at least 2.
    #[must_use]
    pub fn n_folds(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many rows there are; at least as many as folds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.of_row.len()
    }

    /// The fold of each row.
    #[must_use]
    pub fn assignment(&self) -> &[usize] {
        &self.of_row
    }

    /// The rows of fold `fold`, ascending; none if there is no such fold.
    #[must_use]
    pub fn test(&self, fold: usize) -> &[usize] {
        if fold < self.n_folds() {
            &self.rows[self.starts[fold]..self.starts[fold + 1]]
        } else {
            &[]
        }
    }

    /// The rows of all folds but `fold`, ascending; all rows if there is no such fold.
    pub fn train(&self, fold: usize) -> impl Iterator<Item = usize> + Clone {
        let rows = self.of_row.iter().enumerate();
        rows.filter(move |&(_, &other)| other != fold).map(|(row, _)| row)
    }

    /// The split that tests on fold `fold`; without a test part if there is no such fold.
    #[must_use]
    pub fn split(&self, fold: usize) -> Split {
        let test = self.test(fold).to_vec();
        let mut train = Vec::with_capacity(self.rows() - test.len());
        train.extend(self.train(fold));
        Split { train, test }
    }

    /// A split for each fold, in order; each is made when its turn comes.
    #[must_use]
    pub fn iter(&self) -> FoldsIter<'_> {
        FoldsIter { folds: self, left: 0..self.n_folds() }
    }
}

impl TryFrom<Vec<usize>> for Folds {
    type Error = Error;

    fn try_from(of_row: Vec<usize>) -> Result<Self> {
        Self::from_assignment(of_row)
    }
}

impl From<Folds> for Vec<usize> {
    fn from(folds: Folds) -> Self {
        folds.of_row
    }
}

impl<'a> IntoIterator for &'a Folds {
    type Item = Split;
    type IntoIter = FoldsIter<'a>;

    fn into_iter(self) -> FoldsIter<'a> {
        self.iter()
    }
}

/// A split for each fold: what [`Folds::iter`] gives.
///
/// ```
/// use ressenti::evaluate::Folds;
///
/// let folds = Folds::interleaved(6, 3)?;
/// let mut splits = folds.iter();
/// assert_eq!(splits.next().unwrap().test, [0, 3]);
/// assert_eq!(splits.len(), 2);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FoldsIter<'a> {
    folds: &'a Folds,
    left: Range<usize>,
}

impl Iterator for FoldsIter<'_> {
    type Item = Split;

    fn next(&mut self) -> Option<Split> {
        self.left.next().map(|fold| self.folds.split(fold))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl ExactSizeIterator for FoldsIter<'_> {}

/// `Err` unless `rows` things can be put into `n_splits` folds.
pub(super) fn check_n_splits(n_splits: usize, rows: usize, things: &'static str) -> Result<()> {
    if rows == 0 {
        return Err(Error::NoTexts { task: "split" });
    }
    if n_splits < 2 {
        return Err(Error::InvalidParameter {
            name: "n_splits",
            found: n_splits.to_string(),
            expected: "is less than 2; one fold is tested while the others are trained on",
        });
    }
    if n_splits > rows {
        return Err(Error::InvalidParameter {
            name: "n_splits",
            found: format!("{n_splits} of {rows} {things}"),
            expected: "leaves a fold empty; use fewer folds",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_that_does_not_exist_has_no_rows() {
        let folds = Folds::interleaved(4, 2).unwrap();
        assert_eq!(folds.test(2), [0_usize; 0]);
        assert_eq!(folds.split(usize::MAX), Split { train: vec![0, 1, 2, 3], test: vec![] });
    }

    #[test]
    fn leaving_one_out_is_as_many_folds_as_rows() {
        let folds = Folds::interleaved(3, 3).unwrap();
        let tests: Vec<Vec<usize>> = folds.iter().map(|split| split.test).collect();
        assert_eq!(tests, [[0], [1], [2]]);
    }

    #[test]
    fn assignments_with_gaps_are_named() {
        let table: [(&[usize], &str); 4] = [
            (&[], "there are no texts to split; give at least one"),
            (&[0, 0], "invalid folds: all rows are in fold 0; give at least two folds"),
            (
                &[0, 2, 0],
                "invalid folds: no row is in fold 1 but some in fold 2; number the folds from 0 without gaps",
            ),
            (
                &[1, 1, 9],
                "invalid folds: no row is in fold 0 but some in fold 9; number the folds from 0 without gaps",
            ),
        ];
        for (of_row, text) in table {
            let error = Folds::from_assignment(of_row.to_vec()).unwrap_err();
            assert_eq!(error.to_string(), text);
        }
        let error = Folds::from_assignment(vec![0, usize::MAX]).unwrap_err();
        assert!(error.to_string().starts_with("invalid folds: no row is in fold 1 but"), "{error}");
    }

    #[test]
    fn numbers_of_folds_that_cannot_be_are_named() {
        let table = [
            (0, 5, "there are no texts to split; give at least one"),
            (5, 0, "n_splits 0 is less than 2; one fold is tested while the others are trained on"),
            (5, 1, "n_splits 1 is less than 2; one fold is tested while the others are trained on"),
            (5, 6, "n_splits 6 of 5 texts leaves a fold empty; use fewer folds"),
        ];
        for (rows, n_folds, text) in table {
            assert_eq!(Folds::interleaved(rows, n_folds).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn stored_as_the_fold_of_each_row_and_checked_when_read() {
        let folds = Folds::from_assignment(vec![0, 1, 1, 0]).unwrap();
        let json = serde_json::to_string(&folds).unwrap();
        assert_eq!(json, "[0,1,1,0]");
        assert_eq!(serde_json::from_str::<Folds>(&json).unwrap(), folds);
        let error = serde_json::from_str::<Folds>("[0,2]").unwrap_err().to_string();
        assert!(error.contains("no row is in fold 1"), "{error}");
    }
}
