//! Rows turned to columns: what a solver needs that moves one weight after the other.

use super::design::Design;

/// A sparse matrix, compressed column by column (CSC).
pub(super) struct Columns {
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f32>,
}

impl Columns {
    /// Rows within a column are in ascending order.
    pub(super) fn new(design: impl Design, n_rows: usize, n_columns: usize) -> Self {
        let mut starts = vec![0; n_columns + 1];
        for row in 0..n_rows {
            for (column, _) in design.entries(design.row(row)) {
                starts[column + 1] += 1;
            }
        }
        for column in 0..n_columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let nnz = starts[n_columns];
        let (mut rows, mut values) = (vec![0; nnz], vec![0.0; nnz]);
        for row in 0..n_rows {
            for (column, value) in design.entries(design.row(row)) {
                let at = next[column];
                next[column] += 1;
                rows[at] = row as u32;
                // Widened from this a line above.
                values[at] = value as f32;
            }
        }
        Self { starts, rows, values }
    }

    /// Rows and values of a column.
    #[inline]
    pub(super) fn entries(&self, column: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.starts[column]..self.starts[column + 1];
        let entries = self.rows[range.clone()].iter().zip(&self.values[range]);
        entries.map(|(&row, &value)| (row as usize, f64::from(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;

    #[test]
    fn the_entries_are_the_same_turned_by_a_quarter() {
        let dense = ndarray::arr2(&[[0.0, 1.5, 0.0], [2.0, 0.0, 0.0], [3.0, -1.0, 0.0]]);
        let rows = Rows::try_from(&dense).unwrap();
        let columns = Columns::new(rows.parts(), 3, 3);
        let column = |j| columns.entries(j).collect::<Vec<_>>();
        assert_eq!(column(0), [(1, 2.0), (2, 3.0)]);
        assert_eq!(column(1), [(0, 1.5), (2, -1.0)]);
        assert_eq!(column(2), []);
    }
}
