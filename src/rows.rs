//! The two matrices that pass between rooms: sparse [`Rows`] and dense [`Matrix`].
//!
//! A vectorizer pays out `Rows`, a classifier takes them and answers with a `Matrix`. The types of the crates that other
//! programs exchange data with come in and go out here and nowhere else. What a column means is not known.

use ndarray::Array2;
use sprs::CsMatI;

use crate::error::{Error, Result};

/// A sparse matrix: one row per text, one column per term, compressed row by row (CSR).
///
/// Values are `f32`, columns `u32` and ascending within a row. Converts from and to [`sprs::CsMatI`] without copying entries.
///
/// ```
/// use ressenti::{Rows, Vectorizer};
///
/// let (_, rows) = Vectorizer::count().fit_transform(&["good good crew", "bad crew"])?;
/// assert_eq!((rows.n_rows(), rows.n_columns(), rows.nnz()), (2, 3, 4));
/// assert_eq!(rows.row(0), (&[1, 2][..], &[1.0, 2.0][..])); // crew, good; "bad" is column 0
///
/// let matrix: sprs::CsMatI<f32, u32, usize> = rows.into();
/// assert_eq!(matrix.get(1, 0), Some(&1.0));
/// # let _ = Rows::try_from(matrix)?;
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    n_columns: usize,
    /// Where the entries of each row begin, and after the last where they end.
    indptr: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Rows {
    /// Rows whose `indptr[i]..indptr[i + 1]` are the entries of row `i`.
    ///
    /// The caller guarantees the form: columns ascending and below `n_columns`, `indptr` ascending from 0 to the number of
    /// entries. Breaking it is a bug of this crate, which shows where the rows are used: to look at every entry once more
    /// here would take as long as a good part of their making.
    pub(crate) fn from_parts(
        n_columns: usize,
        indptr: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<f32>,
    ) -> Self {
        debug_assert_eq!(indptr.last(), Some(&columns.len()));
        debug_assert_eq!(columns.len(), values.len());
        Self { n_columns, indptr, columns, values }
    }

    /// How many rows, one per text.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// How many columns, one per term.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// How many entries are stored.
    #[must_use]
    pub fn nnz(&self) -> usize {
        self.columns.len()
    }

    /// The columns and the values of row `i`.
    ///
    /// # Panics
    ///
    /// If there is no row `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> (&[u32], &[f32]) {
        let range = self.indptr[i]..self.indptr[i + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// The same entries with `f(column, value)` for values; `None` if one of these is not finite.
    pub(crate) fn map_values(&self, f: impl Fn(usize, f32) -> f32) -> Option<Self> {
        let entries = self.columns.iter().zip(&self.values);
        let values: Vec<f32> = entries.map(|(&column, &value)| f(column as usize, value)).collect();
        values.iter().all(|value| value.is_finite()).then(|| {
            let (indptr, columns) = (self.indptr.clone(), self.columns.clone());
            Self { n_columns: self.n_columns, indptr, columns, values }
        })
    }

    /// These columns only, numbered anew. The caller guarantees that they exist and are in ascending order.
    pub(crate) fn select_columns(&self, columns: &[u32]) -> Self {
        let mut new = vec![u32::MAX; self.n_columns()];
        for (i, &column) in columns.iter().enumerate() {
            new[column as usize] = i as u32;
        }
        let (mut indptr, mut kept, mut values) = (vec![0], Vec::new(), Vec::new());
        for i in 0..self.n_rows() {
            let (columns, all) = self.row(i);
            for (&column, &value) in columns.iter().zip(all) {
                if new[column as usize] != u32::MAX {
                    kept.push(new[column as usize]);
                    values.push(value);
                }
            }
            indptr.push(kept.len());
        }
        Self::from_parts(columns.len(), indptr, kept, values)
    }

    /// The same with one more row at the end. The caller guarantees that its columns exist and are in ascending order.
    pub(crate) fn with_row(mut self, columns: &[u32], values: &[f32]) -> Self {
        self.columns.extend_from_slice(columns);
        self.values.extend_from_slice(values);
        self.indptr.push(self.columns.len());
        self
    }

    /// These rows, in this order; a row can be there more than once. The caller guarantees that they exist.
    pub(crate) fn select_rows(&self, rows: &[u32]) -> Self {
        let (mut indptr, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for &row in rows {
            let (mine, of_mine) = self.row(row as usize);
            columns.extend_from_slice(mine);
            values.extend_from_slice(of_mine);
            indptr.push(columns.len());
        }
        Self::from_parts(self.n_columns(), indptr, columns, values)
    }

    /// The same with dense columns to the right, of as many rows; `None` unless all of `f(value)` are finite.
    pub(crate) fn beside_dense(&self, dense: &Matrix, f: impl Fn(f64) -> f32) -> Option<Self> {
        let width = dense.n_columns();
        let all = self.nnz() + self.n_rows() * width;
        let (mut columns, mut values) = (Vec::with_capacity(all), Vec::with_capacity(all));
        let mut indptr = vec![0];
        for i in 0..self.n_rows() {
            let (mine, of_mine) = self.row(i);
            columns.extend_from_slice(mine);
            values.extend_from_slice(of_mine);
            columns.extend((self.n_columns..self.n_columns + width).map(|column| column as u32));
            values.extend(dense.row(i).iter().map(|&value| f(value)));
            if values[values.len() - width..].iter().any(|value| !value.is_finite()) {
                return None;
            }
            indptr.push(values.len());
        }
        Some(Self::from_parts(self.n_columns + width, indptr, columns, values))
    }

    /// All rows at once, for loops that cannot afford to slice twice per row.
    pub(crate) fn parts(&self) -> Parts<'_> {
        let n_columns = self.n_columns;
        Parts { n_columns, indptr: &self.indptr, columns: &self.columns, values: &self.values }
    }
}

/// The arrays behind [`Rows`].
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    n_columns: usize,
    indptr: &'a [usize],
    columns: &'a [u32],
    values: &'a [f32],
}

/// The entries of one row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    columns: &'a [u32],
    values: &'a [f32],
}

impl<'a> Row<'a> {
    /// Columns and values, widened for arithmetic.
    #[inline]
    pub(crate) fn entries(self) -> impl Iterator<Item = (usize, f64)> + use<'a> {
        let entries = self.columns.iter().zip(self.values);
        entries.map(|(&column, &value)| (column as usize, f64::from(value)))
    }
}

impl<'a> Parts<'a> {
    /// Row `i`.
    #[inline]
    pub(crate) fn row(&self, i: usize) -> Row<'a> {
        let range = self.indptr[i]..self.indptr[i + 1];
        Row { columns: &self.columns[range.clone()], values: &self.values[range] }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Where the entries of row `i` start among all entries; for `i = n_rows`, their number.
    pub(crate) fn start(&self, i: usize) -> usize {
        self.indptr[i]
    }
}

impl From<Rows> for CsMatI<f32, u32, usize> {
    fn from(rows: Rows) -> Self {
        let shape = (rows.n_rows(), rows.n_columns);
        Self::new(shape, rows.indptr, rows.columns, rows.values)
    }
}

/// Takes any matrix in CSR or CSC form; CSC is converted.
///
/// Errors: [`Error::InvalidValues`] if a value is not finite.
impl TryFrom<CsMatI<f32, u32, usize>> for Rows {
    type Error = Error;

    fn try_from(matrix: CsMatI<f32, u32, usize>) -> Result<Self> {
        let csr = if matrix.is_csr() { matrix } else { matrix.to_csr() };
        check_finite(csr.data())?;
        let n_columns = csr.cols();
        let indptr = csr.proper_indptr().into_owned();
        let (_, columns, values) = csr.into_raw_storage();
        Ok(Self::from_parts(n_columns, indptr, columns, values))
    }
}

fn check_finite(values: &[f32]) -> Result<()> {
    match values.iter().find(|v| !v.is_finite()) {
        None => Ok(()),
        Some(value) => {
            let problem = format!("{value} is not finite; replace or drop such entries");
            Err(Error::InvalidValues { what: "rows", problem })
        }
    }
}

/// The rows with their zeros spelt out: a copy of `n_rows × n_columns × 4` bytes.
impl From<&Rows> for Array2<f32> {
    fn from(rows: &Rows) -> Self {
        // `to_dense` of sprs may be of another version of ndarray: a build that holds `linfa` has sprs 0.11.2.
        let mut dense = Self::zeros((rows.n_rows(), rows.n_columns));
        for (i, mut dense) in dense.rows_mut().into_iter().enumerate() {
            let (columns, values) = rows.row(i);
            for (&column, &value) in columns.iter().zip(values) {
                dense[column as usize] = value;
            }
        }
        dense
    }
}

/// Keeps what is not zero. Errors: [`Error::InvalidValues`] if a value is not finite, [`Error::TooLarge`] if there are
/// more than `u32::MAX` columns.
impl TryFrom<&Array2<f32>> for Rows {
    type Error = Error;

    fn try_from(dense: &Array2<f32>) -> Result<Self> {
        if u32::try_from(dense.ncols()).is_err() {
            return Err(Error::TooLarge { what: "columns", limit: u32::MAX.into() });
        }
        let (mut indptr, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in dense.rows() {
            for (column, &value) in row.iter().enumerate().filter(|(_, v)| **v != 0.0) {
                columns.push(column as u32);
                values.push(value);
            }
            indptr.push(columns.len());
        }
        check_finite(&values)?;
        Ok(Self::from_parts(dense.ncols(), indptr, columns, values))
    }
}

/// A dense matrix of `f64`: scores (texts × classes) or weights (classes × terms).
///
/// Converts from and to [`ndarray::Array2`] without copying.
///
/// ```
/// use ressenti::Matrix;
///
/// let matrix = Matrix::from(ndarray::arr2(&[[0.9, 0.1], [0.2, 0.8]]));
/// assert_eq!((matrix.n_rows(), matrix.n_columns()), (2, 2));
/// assert_eq!(matrix.row(1), [0.2, 0.8]);
/// assert_eq!(matrix.get(0, 1), 0.1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    array: Array2<f64>,
}

impl Matrix {
    /// `n_rows × n_columns` values, row after row. The caller guarantees their number.
    pub(crate) fn from_rows(n_rows: usize, n_columns: usize, values: Vec<f64>) -> Self {
        let array = Array2::from_shape_vec((n_rows, n_columns), values);
        Self { array: array.expect("as many values as the shape says") }
    }

    /// How many rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.array.nrows()
    }

    /// How many columns.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.array.ncols()
    }

    /// The value at a row and a column.
    ///
    /// # Panics
    ///
    /// If either is out of range.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.array[[row, column]]
    }

    /// Row `i`.
    ///
    /// # Panics
    ///
    /// If there is no row `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        let n = self.n_columns();
        &self.as_slice()[i * n..(i + 1) * n]
    }

    /// All values, row after row.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        // Kept in row order by every constructor.
        self.array.as_slice().unwrap_or_default()
    }
}

/// Values in another order than row by row are copied.
impl From<Array2<f64>> for Matrix {
    fn from(array: Array2<f64>) -> Self {
        let array = if array.is_standard_layout() {
            array
        } else {
            array.as_standard_layout().into_owned()
        };
        Self { array }
    }
}

impl From<Matrix> for Array2<f64> {
    fn from(matrix: Matrix) -> Self {
        matrix.array
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_and_sparse_agree() {
        let dense = ndarray::arr2(&[[0.0, 1.5], [0.0, 0.0], [-2.0, 3.0]]);
        let rows = Rows::try_from(&dense).unwrap();
        assert_eq!(rows.nnz(), 3);
        assert_eq!(rows.row(2), (&[0, 1][..], &[-2.0, 3.0][..]));
        assert_eq!(Array2::from(&rows), dense);
    }

    #[test]
    fn a_column_major_matrix_becomes_rows() {
        let csr = CsMatI::<f32, u32, usize>::new(
            (2, 2),
            vec![0, 1, 3],
            vec![1, 0, 1],
            vec![1.0, 2.0, 3.0],
        );
        let rows = Rows::try_from(csr.to_csc()).unwrap();
        assert_eq!(rows.row(1), (&[0, 1][..], &[2.0, 3.0][..]));
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        let error = Rows::try_from(&ndarray::arr2(&[[1.0, f32::NAN]])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid rows: NaN is not finite; replace or drop such entries"
        );
    }

    #[test]
    fn a_transposed_array_is_put_in_row_order() {
        let matrix = Matrix::from(ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]).reversed_axes());
        assert_eq!(matrix.as_slice(), [1.0, 3.0, 2.0, 4.0]);
    }
}
