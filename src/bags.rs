//! The other matrix that passes between rooms: rows as bags of columns, for a training that never looks at single values.
//!
//! A value is how often its column occurs in the row × a factor of the column × a scale of the row. So a row is kept as the
//! columns of its terms, one as often as it occurs, which for short texts is half the memory of [`Rows`](crate::Rows); and it
//! lies where it is read fastest. What a column means is not known here.
//!
//! Rows come in pieces. In each, every eighth block is put first, so that the first part of a piece is a sample of it, and each part
//! is in the order of the rows' lengths: a processor guesses where a row ends from where the one before it did, and a wrong
//! guess takes as long as ten entries.

use std::ops::Range;

use crate::parallel;

/// Rows of a piece; the last may have fewer.
pub(crate) const PIECE: usize = 1 << 12;

/// So many neighbours are in a sample together: labels may take turns.
pub(crate) const BLOCK: usize = 64;

/// One block of so many is in a sample, the first part of a piece.
pub(crate) const EVERY: usize = 8;

/// Longer rows are of one length: there are few of them, and a wrong guess is nothing beside them.
const LONG: usize = 255;

/// A matrix for training alone.
#[derive(Debug)]
pub(crate) struct Bags {
    n_columns: usize,
    /// Of each column; 1 where there are none.
    factors: Option<Vec<f64>>,
    pieces: Vec<Piece>,
    /// The entries before each piece, and after the last of all.
    starts: Vec<usize>,
}

/// The columns of a row, one as often as it occurs, and the row's scale.
#[derive(Clone, Copy)]
pub(crate) struct Bag<'a> {
    pub(crate) columns: &'a [u32],
    pub(crate) scale: f64,
}

/// Some rows, by their places.
#[derive(Debug)]
pub(crate) struct Piece {
    columns: Vec<u32>,
    /// Where the columns of each row begin, and those of the last end; small, as all of it is read in each pass.
    starts: Vec<u32>,
    /// Which row it is, counted from the first of the piece.
    numbers: Vec<u16>,
    scales: Vec<f64>,
}

impl Piece {
    /// Entries of a piece.
    pub(crate) const MOST: usize = u32::MAX as usize;

    /// Rows that stand one after the other in `found`, no more than [`MOST`](Self::MOST), which ends at `ends[i]` for row `i`.
    /// `room` is memory for the columns.
    pub(crate) fn new(found: &[u32], ends: &[usize], scales: &[f64], mut room: Vec<u32>) -> Self {
        let start = |row: usize| row.checked_sub(1).map_or(0, |before| ends[before]);
        let numbers = places(ends.len(), |row| ends[row] - start(row));
        room.clear();
        let mut starts = Vec::with_capacity(ends.len() + 1);
        for &row in &numbers {
            starts.push(room.len() as u32);
            room.extend_from_slice(&found[start(row as usize)..ends[row as usize]]);
        }
        starts.push(room.len() as u32);
        if room.len() < room.capacity() / 4 * 3 {
            room.shrink_to_fit();
        }
        let scales = numbers.iter().map(|&row| scales[row as usize]).collect();
        Self { columns: room, starts, numbers, scales }
    }
}

/// Whether a row of a piece is in its sample.
fn in_sample(row: usize) -> bool {
    (row / BLOCK).is_multiple_of(EVERY)
}

/// How many of the first so many rows of a piece are.
fn sampled(rows: usize) -> usize {
    rows / (BLOCK * EVERY) * BLOCK + (rows % (BLOCK * EVERY)).min(BLOCK)
}

/// The rows in the order of their places.
fn places(n: usize, length: impl Fn(usize) -> usize) -> Vec<u16> {
    let group = |row: usize| {
        let rest = if in_sample(row) { 0 } else { LONG + 1 };
        rest + length(row).min(LONG)
    };
    let mut next = [0; 2 * (LONG + 1)];
    for row in 0..n {
        next[group(row)] += 1;
    }
    let mut before = 0;
    for place in &mut next {
        before += std::mem::replace(place, before);
    }
    let mut numbers = vec![0; n];
    for row in 0..n {
        let place = &mut next[group(row)];
        numbers[*place] = row as u16;
        *place += 1;
    }
    numbers
}

impl Bags {
    /// Pieces of [`PIECE`] rows, but for the last. The caller guarantees that columns are below `n_columns`, and that there are
    /// as many factors.
    pub(crate) fn new(n_columns: usize, factors: Option<Vec<f64>>, pieces: Vec<Piece>) -> Self {
        debug_assert!(pieces.iter().rev().skip(1).all(|piece| piece.scales.len() == PIECE));
        let mut starts = vec![0];
        let mut entries = 0;
        for piece in &pieces {
            entries += piece.columns.len();
            starts.push(entries);
        }
        Self { n_columns, factors, pieces, starts }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.n_columns
    }

    pub(crate) fn factors(&self) -> Option<&[f64]> {
        self.factors.as_deref()
    }

    #[inline]
    pub(crate) fn row(&self, place: usize) -> Bag<'_> {
        let (piece, i) = (&self.pieces[place / PIECE], place % PIECE);
        let columns = &piece.columns[piece.starts[i] as usize..piece.starts[i + 1] as usize];
        Bag { columns, scale: piece.scales[i] }
    }

    /// Calls `each` with the places and the rows of a range: what is the same for all rows of a piece is found once.
    #[inline]
    pub(crate) fn each<'b>(&'b self, places: Range<usize>, mut each: impl FnMut(usize, Bag<'b>)) {
        let mut start = places.start;
        while start < places.end {
            let (piece, first) = (&self.pieces[start / PIECE], start % PIECE);
            let end = places.end.min(start - first + PIECE);
            let last = first + end - start;
            let bounds = piece.starts[first..=last].windows(2);
            for ((place, bounds), &scale) in (start..).zip(bounds).zip(&piece.scales[first..last]) {
                each(
                    place,
                    Bag { columns: &piece.columns[bounds[0] as usize..bounds[1] as usize], scale },
                );
            }
            start = end;
        }
    }

    /// The places of the samples of some whole pieces.
    pub(crate) fn samples(places: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let end = places.end;
        places.step_by(PIECE).map(move |first| first..first + sampled(PIECE.min(end - first)))
    }

    /// Puts what is known of each row where the row is.
    pub(crate) fn put_in_place<T: Copy + Send>(&self, of_rows: &mut [T]) {
        let pieces = of_rows.chunks_mut(PIECE).zip(&self.pieces).collect();
        parallel::map(pieces, |(of_rows, piece): (&mut [T], &Piece)| {
            let in_order = of_rows.to_vec();
            for (to, &row) in of_rows.iter_mut().zip(&piece.numbers) {
                *to = in_order[row as usize];
            }
        });
    }

    /// How many entries there are before a place, which may be the end.
    pub(crate) fn start(&self, place: usize) -> usize {
        let within =
            self.pieces.get(place / PIECE).map_or(0, |piece| piece.starts[place % PIECE] as usize);
        self.starts[place / PIECE] + within
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// So many rows, of which each tells its number: it has the columns `number`, `number + 1`, ….
    fn bags(n: usize, random: &mut SplitMix64) -> Bags {
        let pieces = (0..n).step_by(PIECE).map(|first| {
            let (mut found, mut ends) = (Vec::new(), Vec::new());
            for row in first..n.min(first + PIECE) {
                let length = if row % 97 == 5 { 300 } else { random.below(20) as usize };
                found.extend((0..length).map(|k| (row + k) as u32));
                ends.push(found.len());
            }
            let scales: Vec<f64> = (first..first + ends.len()).map(|row| row as f64).collect();
            Piece::new(&found, &ends, &scales, vec![7; 9])
        });
        Bags::new(n + 300, None, pieces.collect())
    }

    #[test]
    fn each_row_has_a_place_with_all_that_is_known_of_it() {
        let mut random = SplitMix64::new(1);
        for n in [0, 1, 7, 600, PIECE, PIECE + 1, 2 * PIECE + 100] {
            let bags = bags(n, &mut random);
            let mut numbers: Vec<usize> = (0..n).collect();
            bags.put_in_place(&mut numbers);
            let mut entries = 0;
            for (place, &number) in numbers.iter().enumerate() {
                assert_eq!(bags.start(place), entries);
                let Bag { columns, scale } = bags.row(place);
                assert_eq!(scale, number as f64);
                assert!(columns.iter().enumerate().all(|(k, &j)| j as usize == number + k));
                entries += columns.len();
            }
            assert_eq!(bags.start(n), entries);
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(0..n));
        }
    }

    #[test]
    fn a_piece_begins_with_a_sample_and_neighbours_are_of_one_length() {
        let n = PIECE + 99;
        let bags = bags(n, &mut SplitMix64::new(2));
        let mut numbers: Vec<usize> = (0..n).collect();
        bags.put_in_place(&mut numbers);
        for first in [0, PIECE] {
            let end = n.min(first + PIECE);
            let samples: Vec<Range<usize>> = Bags::samples(first..end).collect();
            let [Range { start, end: sampled }] = samples[..] else { panic!("{samples:?}") };
            assert!(start == first && (sampled - first).abs_diff((end - first) / EVERY) <= BLOCK);
            let in_sample = |place: usize| in_sample(numbers[place] - first);
            assert!((first..sampled).all(in_sample) && !(sampled..end).any(in_sample));
            let length = |place: usize| bags.row(place).columns.len();
            for part in [first..sampled, sampled..end] {
                assert!(part.clone().skip(1).all(|place| length(place - 1) <= length(place)));
            }
        }
    }
}
