//! The rows as a solver sees them: products with vectors, whichever form the rows are kept in.
//!
//! A form may have columns of its own: a vector is `spread` over them, and sums of them are `gathered`. Labels and costs lie in
//! the order of its rows.

use std::borrow::Cow;
use std::ops::Range;

use super::vector::scaled;
use crate::bags::{self, BLOCK, Bag, Bags, EVERY};
use crate::rows::{Parts, Row};

/// A matrix of rows.
pub(in super::super) trait Design: Copy + Send + Sync {
    /// Chunks of rows begin at multiples of it.
    const PIECE: usize;
    /// Whether a column can be in a row several times; then `add_squares` adds k instead of k² of it.
    const REPEATS: bool;

    type Row: Copy;

    fn n_columns(self) -> usize;

    /// How many entries there are before a row, or in all.
    fn start(self, place: usize) -> usize;

    fn row(self, place: usize) -> Self::Row;

    /// The places of a sample of the rows of a chunk, an eighth of them.
    fn samples(self, chunk: Range<usize>) -> impl Iterator<Item = Range<usize>>;

    /// Calls `each` with the places and the rows of a range.
    #[inline]
    fn each(self, places: Range<usize>, mut each: impl FnMut(usize, Self::Row)) {
        for place in places {
            each(place, self.row(place));
        }
    }

    /// Columns and values of a row.
    fn entries(self, row: Self::Row) -> impl Iterator<Item = (usize, f64)>;

    /// A vector of weights as `dot` takes it.
    fn spread(self, vector: &[f64]) -> Cow<'_, [f64]>;

    /// `start` + row · vector, which was spread.
    fn dot(row: Self::Row, vector: &[f64], start: f64) -> f64;

    /// `sums` += row × factor.
    fn add(row: Self::Row, factor: f64, sums: &mut [f64]);

    /// `sums` += squares of the row's entries × factor.
    fn add_squares(row: Self::Row, factor: f64, sums: &mut [f64]);

    /// What was added, as weights have it.
    fn gather(self, sums: &mut [f64]);

    /// The same of squares.
    fn gather_squares(self, sums: &mut [f64]);
}

impl<'p> Design for Parts<'p> {
    type Row = Row<'p>;

    const PIECE: usize = 1;
    const REPEATS: bool = false;

    fn n_columns(self) -> usize {
        Parts::n_columns(&self)
    }

    fn start(self, place: usize) -> usize {
        Parts::start(&self, place)
    }

    #[inline]
    fn row(self, place: usize) -> Row<'p> {
        Parts::row(&self, place)
    }

    /// Rows that are neighbours, so that memory is read in order.
    fn samples(self, chunk: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let end = chunk.end;
        chunk.step_by(BLOCK * EVERY).map(move |first| first..end.min(first + BLOCK))
    }

    #[inline]
    fn entries(self, row: Row<'p>) -> impl Iterator<Item = (usize, f64)> {
        row.entries()
    }

    fn spread(self, vector: &[f64]) -> Cow<'_, [f64]> {
        Cow::Borrowed(vector)
    }

    #[inline]
    fn dot(row: Self::Row, vector: &[f64], start: f64) -> f64 {
        row.entries().fold(start, |sum, (j, x)| sum + x * vector[j])
    }

    #[inline]
    fn add(row: Self::Row, factor: f64, sums: &mut [f64]) {
        for (j, x) in row.entries() {
            sums[j] += x * factor;
        }
    }

    #[inline]
    fn add_squares(row: Self::Row, factor: f64, sums: &mut [f64]) {
        for (j, x) in row.entries() {
            sums[j] += x * x * factor;
        }
    }

    fn gather(self, _: &mut [f64]) {}

    fn gather_squares(self, _: &mut [f64]) {}
}

impl<'b> Design for &'b Bags {
    type Row = Bag<'b>;

    const PIECE: usize = bags::PIECE;
    const REPEATS: bool = true;

    fn n_columns(self) -> usize {
        Bags::n_columns(self)
    }

    fn start(self, place: usize) -> usize {
        Bags::start(self, place)
    }

    #[inline]
    fn row(self, place: usize) -> Bag<'b> {
        Bags::row(self, place)
    }

    fn samples(self, chunk: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        Bags::samples(chunk)
    }

    #[inline]
    fn each(self, places: Range<usize>, each: impl FnMut(usize, Bag<'b>)) {
        Bags::each(self, places, each);
    }

    #[inline]
    fn entries(self, Bag { columns, scale }: Bag<'b>) -> impl Iterator<Item = (usize, f64)> {
        let factors = self.factors();
        columns.iter().map(move |&j| {
            (j as usize, factors.map_or(scale, |factors| scale * factors[j as usize]))
        })
    }

    fn spread(self, vector: &[f64]) -> Cow<'_, [f64]> {
        match self.factors() {
            None => Cow::Borrowed(vector),
            Some(factors) => Cow::Owned(scaled(vector, factors)),
        }
    }

    #[inline]
    fn dot(row: Self::Row, vector: &[f64], start: f64) -> f64 {
        let Bag { columns, scale } = row;
        start + scale * columns.iter().fold(0.0, |sum, &j| sum + vector[j as usize])
    }

    #[inline]
    fn add(row: Self::Row, factor: f64, sums: &mut [f64]) {
        let Bag { columns, scale } = row;
        let factor = scale * factor;
        for &j in columns {
            sums[j as usize] += factor;
        }
    }

    /// Of a column that occurs several times, less.
    #[inline]
    fn add_squares(row: Self::Row, factor: f64, sums: &mut [f64]) {
        let Bag { columns, scale } = row;
        let factor = scale * scale * factor;
        for &j in columns {
            sums[j as usize] += factor;
        }
    }

    fn gather(self, sums: &mut [f64]) {
        for (sum, factor) in sums.iter_mut().zip(self.factors().unwrap_or_default()) {
            *sum *= factor;
        }
    }

    fn gather_squares(self, sums: &mut [f64]) {
        for (sum, factor) in sums.iter_mut().zip(self.factors().unwrap_or_default()) {
            *sum *= factor * factor;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bags::Piece;
    use crate::random::SplitMix64;
    use crate::rows::Rows;

    /// Some rows as bags, and the same as any other rows, in the order of the former.
    pub(in super::super) fn twins(n: usize, columns: usize, factors: bool) -> (Bags, Rows) {
        let mut random = SplitMix64::new(3);
        let factors =
            factors.then(|| (0..columns).map(|j| f64::from(1 << (j % 4)) / 4.0).collect());
        let pieces = (0..n).step_by(bags::PIECE).map(|first| {
            let (mut found, mut ends) = (Vec::new(), Vec::new());
            for _ in first..n.min(first + bags::PIECE) {
                found.extend((0..random.below(9)).map(|_| random.below(columns as u64) as u32));
                ends.push(found.len());
            }
            let scales: Vec<f64> = ends.iter().map(|end| f64::from(1 << (end % 3))).collect();
            Piece::new(&found, &ends, &scales, Vec::new())
        });
        let bags = Bags::new(columns, factors, pieces.collect());
        let mut dense = ndarray::Array2::<f32>::zeros((n, columns));
        for (place, mut row) in dense.rows_mut().into_iter().enumerate() {
            for (j, x) in (&bags).entries(bags.row(place)) {
                row[j] += x as f32;
            }
        }
        let rows = Rows::try_from(&dense).unwrap();
        (bags, rows)
    }

    #[test]
    fn both_forms_have_the_same_products() {
        for factors in [true, false] {
            let (bags, rows) = twins(50, 12, factors);
            let (bags, parts) = (&bags, rows.parts());
            let vector: Vec<f64> = (0..12).map(|j| (f64::from(j) * 0.7).sin()).collect();
            let (spread, squares) = (bags.spread(&vector), |row: Bag<'_>| {
                let mut squares = vec![0.0; 12];
                <&Bags>::add_squares(row, 0.5, &mut squares);
                bags.gather_squares(&mut squares);
                squares
            });
            for place in 0..50 {
                let (bag, row) = (Design::row(bags, place), Design::row(parts, place));
                let dot = Parts::dot(row, &vector, 0.25);
                assert!((<&Bags>::dot(bag, &spread, 0.25) - dot).abs() < 1e-12);
                let (mut sums, mut expected) = (vec![0.0; 12], vec![0.0; 12]);
                <&Bags>::add(bag, 0.5, &mut sums);
                bags.gather(&mut sums);
                Parts::add(row, 0.5, &mut expected);
                assert_eq!(sums, expected);
                let mut expected = vec![0.0; 12];
                Parts::add_squares(row, 0.5, &mut expected);
                let times = |j| bag.columns.iter().filter(|&&column| column as usize == j).count();
                for (j, (square, expected)) in squares(bag).into_iter().zip(expected).enumerate() {
                    // k of the k² that a column that occurs k times is worth.
                    assert_eq!(square * times(j) as f64, expected);
                }
            }
        }
    }
}
