//! The row of one text in the making: which columns it touches, how often, and what that weighs.

/// Buffers that one text after the other passes through, and the row of the last one.
///
/// A row is made block by block: columns are found, gathered into distinct ones and their counts, and weighed.
#[derive(Debug, Default)]
pub(crate) struct RowScratch {
    pub(super) read: ReadScratch,
    /// Where the columns of the block at hand begin.
    start: usize,
    /// The columns of the row, ascending; those of the block at hand as they are found, until they are gathered.
    pub(super) columns: Vec<u32>,
    /// How often each column of the block occurs.
    counts: Vec<i64>,
    weights: Vec<f64>,
    /// The values of the row.
    values: Vec<f32>,
}

/// What a text is cut into.
#[derive(Debug, Default)]
pub(super) struct ReadScratch {
    pub(super) buffer: crate::text::Buffer,
    pub(super) lookups: super::tokens::Lookups,
    pub(super) tokens: Vec<u32>,
    /// The n-grams of the length at hand.
    pub(super) ngrams: Vec<u32>,
    /// Tokens side by side, and where each begins and ends.
    pub(super) joined: String,
    pub(super) bounds: Vec<(usize, usize)>,
}

/// What a row was counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TextCounts {
    /// Tokens in the text.
    pub(crate) tokens: usize,
    /// Those that occur in some term.
    pub(crate) known_tokens: usize,
}

impl RowScratch {
    /// The columns of the row, ascending.
    pub(crate) fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// The values of the row.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Begins a new row.
    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.columns.clear();
        self.values.clear();
    }

    /// Turns the columns found, one entry per occurrence, into distinct ones and their counts.
    pub(super) fn gather(&mut self) {
        let found = &mut self.columns[self.start..];
        sort(found);
        self.counts.clear();
        let mut kept = 0;
        for i in 0..found.len() {
            if kept > 0 && found[kept - 1] == found[i] {
                self.counts[kept - 1] += 1;
            } else {
                found[kept] = found[i];
                self.counts.push(1);
                kept += 1;
            }
        }
        self.columns.truncate(self.start + kept);
    }

    /// The same for columns that stand at twice their number, or one more for an occurrence that counts −1.
    pub(super) fn gather_signed(&mut self) {
        let found = &mut self.columns[self.start..];
        sort(found);
        self.counts.clear();
        let mut kept = 0;
        for i in 0..found.len() {
            let (column, sign) = (found[i] >> 1, 1 - 2 * i64::from(found[i] & 1));
            if kept > 0 && found[kept - 1] == column {
                self.counts[kept - 1] += sign;
            } else {
                found[kept] = column;
                self.counts.push(sign);
                kept += 1;
            }
        }
        self.columns.truncate(self.start + kept);
    }

    /// Gives the block's columns their values: `weigh` turns columns and counts into weights, which are then scaled by what
    /// it returns. The columns become those of the row, where the block's begin at `first`.
    pub(super) fn weigh(
        &mut self,
        first: u32,
        weigh: impl FnOnce(&[u32], &[i64], &mut Vec<f64>) -> f64,
    ) {
        self.weights.clear();
        let scale = weigh(&self.columns[self.start..], &self.counts, &mut self.weights);
        self.values.extend(self.weights.iter().map(|w| (w * scale) as f32));
        if first > 0 {
            self.columns[self.start..].iter_mut().for_each(|column| *column += first);
        }
        self.start = self.columns.len();
    }

    /// Drops the columns of the row that have come to nothing.
    pub(super) fn drop_zeros(&mut self) {
        if self.values.contains(&0.0) {
            let mut kept = 0;
            for i in 0..self.values.len() {
                if self.values[i] != 0.0 {
                    self.values[kept] = self.values[i];
                    self.columns[kept] = self.columns[i];
                    kept += 1;
                }
            }
            self.values.truncate(kept);
            self.columns.truncate(kept);
            self.start = kept;
        }
    }
}

/// Sorts. Few numbers, as in a tweet, are put where as many others are smaller: to compare each with each is more work than
/// a sort, but work without a branch that a processor could guess wrong.
#[inline]
fn sort(numbers: &mut [u32]) {
    match numbers.len() {
        0 | 1 => {}
        2..=16 => sort_few::<16>(numbers),
        17..=32 => sort_few::<32>(numbers),
        _ => numbers.sort_unstable(),
    }
}

/// Sorts up to `N` numbers, of which `N` is a power of two.
#[inline]
fn sort_few<const N: usize>(numbers: &mut [u32]) {
    // Made different by where they stand, so that no two get the same place.
    let largest = numbers.iter().fold(0, |a, &b| a | b);
    if largest >= u32::MAX / N as u32 {
        return numbers.sort_unstable();
    }
    let mut keys = [u32::MAX; N];
    for (i, (key, &number)) in keys.iter_mut().zip(&*numbers).enumerate() {
        *key = number * N as u32 + i as u32;
    }
    for &key in &keys[..numbers.len()] {
        let smaller: u32 = keys.iter().map(|&other| u32::from(other < key)).sum();
        numbers[smaller as usize] = key / N as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_become_columns_and_counts() {
        for (found, columns, counts) in [
            (vec![], vec![], vec![]),
            (vec![7], vec![7], vec![1]),
            (vec![7, 7], vec![7], vec![2]),
            (vec![3, 1, 3, 2, 3, 1], vec![1, 2, 3], vec![2, 1, 3]),
        ] {
            let mut scratch = RowScratch { columns: found, ..RowScratch::default() };
            scratch.gather();
            assert_eq!((scratch.columns, scratch.counts), (columns, counts));
        }
    }

    proptest::proptest! {
        #[test]
        fn few_and_many_are_sorted(
            mut numbers in proptest::collection::vec(
                proptest::prop_oneof![0u32..9, proptest::prelude::any::<u32>()], 0..40,
            ),
        ) {
            let mut expected = numbers.clone();
            expected.sort_unstable();
            sort(&mut numbers);
            proptest::prop_assert_eq!(numbers, expected);
        }
    }

    #[test]
    fn signs_cancel() {
        let mut scratch = RowScratch { columns: vec![7, 6, 3, 6, 2, 2], ..RowScratch::default() };
        scratch.gather_signed();
        assert_eq!((&scratch.columns[..], &scratch.counts[..]), (&[1, 3][..], &[1, 1][..]));
    }

    #[test]
    fn blocks_stand_side_by_side() {
        let mut scratch = RowScratch::default();
        for (first, found) in [(0, [2, 0]), (10, [1, 1])] {
            scratch.columns.extend(found);
            scratch.gather();
            scratch.weigh(first, |_, counts, weights| {
                weights.extend(counts.iter().map(|&count| count as f64));
                0.5
            });
        }
        assert_eq!((scratch.columns(), scratch.values()), (&[0, 2, 11][..], &[0.5, 0.5, 1.0][..]));
    }
}
