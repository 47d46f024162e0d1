//! Rows in the making: which columns a text touches, how often, and what that weighs.

use super::tokens::NONE;

/// Buffers that one text after the other passes through, and the rows that were made of them.
///
/// A row is made block by block: columns are found, gathered into distinct ones and their counts, and weighed.
#[derive(Debug, Default)]
pub(crate) struct RowScratch {
    pub(super) read: ReadScratch,
    /// Where the row at hand begins.
    row: usize,
    /// Where the columns of the block at hand begin.
    start: usize,
    /// The columns of the rows, ascending in each; those of the block at hand as they are found, until they are gathered.
    pub(super) columns: Vec<u32>,
    /// How often each column of the block occurs.
    counts: Vec<i64>,
    /// For each place the number of the last row with a column that belongs there; see [`tally`](Self::tally).
    seen: Vec<u32>,
    /// The number of the last row.
    tallied: u32,
    weights: Vec<f64>,
    /// The values of the rows.
    values: Vec<f32>,
    /// Room to sort in.
    spare: Vec<u32>,
}

/// What a text is cut into.
#[derive(Debug, Default)]
pub(super) struct ReadScratch {
    pub(super) buffer: crate::text::Buffer,
    pub(super) memory: super::forms::Memory,
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
    /// Room for so many entries.
    pub(super) fn with_room(entries: usize) -> Self {
        let (columns, values) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
        Self { columns, values, ..Self::default() }
    }

    /// The columns of the row, ascending.
    #[inline]
    pub(crate) fn columns(&self) -> &[u32] {
        &self.columns[self.row..]
    }

    /// How often each column of the block at hand occurs.
    #[inline]
    pub(super) fn counts(&self) -> &[i64] {
        &self.counts
    }

    /// The values of the row.
    #[inline]
    pub(crate) fn values(&self) -> &[f32] {
        &self.values[self.row..]
    }

    /// Begins a new row, and forgets those before.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.columns.clear();
        self.values.clear();
        self.next_row();
    }

    /// Begins a new row after those before, and returns where.
    #[inline]
    pub(super) fn next_row(&mut self) -> usize {
        self.row = self.columns.len();
        self.start = self.row;
        self.row
    }

    /// The columns and the values of all rows, one after the other.
    pub(super) fn into_rows(self) -> (Vec<u32>, Vec<f32>) {
        (self.columns, self.values)
    }

    /// Adds the columns that tokens have by a table, in which [`NONE`] stands for none.
    #[inline]
    pub(super) fn find_by(&mut self, column_of: &[u32], tokens: &[u32]) {
        let before = self.columns.len();
        self.columns.resize(before + tokens.len(), 0);
        let (found, mut n) = (&mut self.columns[before..], 0);
        for &token in tokens {
            // Written in any case: no guess at which tokens are known.
            let column = column_of[token as usize];
            found[n] = column;
            n += usize::from(column != NONE);
        }
        self.columns.truncate(before + n);
    }

    /// Turns the columns found, one entry per occurrence, into distinct ones and their counts.
    pub(super) fn gather(&mut self) {
        let found = &mut self.columns[self.start..];
        sort(found, &mut self.spare);
        self.counts.clear();
        self.counts.resize(found.len(), 0);
        let (mut kept, mut run, mut last) = (0, 0, NONE);
        for i in 0..found.len() {
            // Written in any case: no guess at which columns occur twice.
            let column = found[i];
            if column != last {
                run = i;
            }
            kept += usize::from(column != last);
            last = column;
            found[kept - 1] = column;
            self.counts[kept - 1] = (i + 1 - run).cast_signed() as i64;
        }
        self.columns.truncate(self.start + kept);
        self.counts.truncate(kept);
    }

    /// [`gather`](Self::gather) for those who do not mind the order of the columns.
    ///
    /// What was seen of an earlier row need not be forgotten: it has the number of that row.
    pub(super) fn tally(&mut self) {
        /// Of more, too many would share a place.
        const MANY: usize = 256;
        const PLACES: usize = 1 << 11;
        let place = |column: u32| (column.wrapping_mul(0x9e37_79b1) >> 21) as usize % PLACES;
        if self.columns.len() - self.start > MANY {
            return self.gather();
        }
        let Self { columns, counts, seen, tallied, start, .. } = self;
        let found = &mut columns[*start..];
        *tallied = tallied.wrapping_add(1);
        if *tallied == 0 {
            // All numbers were used.
            seen.clear();
            *tallied = 1;
        }
        seen.resize(PLACES, 0);
        counts.clear();
        counts.resize(found.len(), 1);
        let mut kept = 0;
        for i in 0..found.len() {
            let column = found[i];
            // One question with one answer nearly always.
            if std::mem::replace(&mut seen[place(column)], *tallied) == *tallied {
                let before = found[..kept].iter().position(|&other| other == column);
                if let Some(before) = before {
                    counts[before] += 1;
                    continue;
                }
            }
            found[kept] = column;
            kept += 1;
        }
        columns.truncate(*start + kept);
        counts.truncate(kept);
    }

    /// The same for columns that stand at twice their number, or one more for an occurrence that counts −1.
    pub(super) fn gather_signed(&mut self) {
        let found = &mut self.columns[self.start..];
        sort(found, &mut self.spare);
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
        if self.values().contains(&0.0) {
            let mut kept = self.row;
            for i in self.row..self.values.len() {
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
/// a sort, but work without a branch that a processor could guess wrong, and on many numbers at once.
#[inline]
fn sort(numbers: &mut [u32], spare: &mut Vec<u32>) {
    match numbers.len() {
        0 | 1 => {}
        2..=8 => sort_few::<8>(numbers),
        9..=16 => sort_few::<16>(numbers),
        17..=24 => sort_few::<24>(numbers),
        25..=32 => sort_few::<32>(numbers),
        33..=64 => numbers.sort_unstable(),
        _ => sort_many(numbers, spare),
    }
}

/// Sorts by one group of bits after the other, the lowest first: nothing to guess here either.
fn sort_many(numbers: &mut [u32], spare: &mut Vec<u32>) {
    const MOST_BITS: u32 = 9;
    let bits = u32::BITS - numbers.iter().fold(0, |any, &number| any | number).leading_zeros();
    // To look at all values of a group may take as long as to look at the numbers.
    let groups = bits.div_ceil(numbers.len().ilog2().clamp(1, MOST_BITS));
    let width = bits.div_ceil(groups.max(1));
    spare.resize(numbers.len(), 0);
    for group in 0..groups {
        let of = |number: u32| (number >> (group * width)) as usize & ((1 << width) - 1);
        let mut places = [0u32; 1 << MOST_BITS];
        for &number in &*numbers {
            places[of(number)] += 1;
        }
        let mut before = 0;
        for place in &mut places[..1 << width] {
            before += std::mem::replace(place, before);
        }
        for &number in &*numbers {
            let place = &mut places[of(number)];
            spare[*place as usize] = number;
            *place += 1;
        }
        numbers.copy_from_slice(spare);
    }
}

/// Sorts up to `N` numbers.
#[inline]
fn sort_few<const N: usize>(numbers: &mut [u32]) {
    let step = const { N.next_power_of_two() as u32 };
    let any = numbers.iter().fold(0, |a, &b| a | b);
    if any >= i32::MAX as u32 / step {
        return numbers.sort_unstable();
    }
    // Made different by where they stand, so that no two get the same place.
    let mut keys = [i32::MAX; N];
    for (i, (key, &number)) in keys.iter_mut().zip(&*numbers).enumerate() {
        *key = (number * step + i as u32).cast_signed();
    }
    let mut smaller = [0i32; N];
    for &other in &keys[..numbers.len()] {
        for (n, &key) in smaller.iter_mut().zip(&keys) {
            *n += i32::from(other < key);
        }
    }
    for (&key, &place) in keys.iter().zip(&smaller).take(numbers.len()) {
        numbers[place.cast_unsigned() as usize] = key.cast_unsigned() / step;
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
            (vec![0, 0, 5, 0], vec![0, 5], vec![3, 1]),
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
                proptest::prop_oneof![0u32..9, 0u32..9999, proptest::prelude::any::<u32>()], 0..200,
            ),
        ) {
            let mut expected = numbers.clone();
            expected.sort_unstable();
            sort(&mut numbers, &mut vec![7; 50]);
            proptest::prop_assert_eq!(numbers, expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_tally_is_in_the_order_of_texts(
            rows in proptest::collection::vec(
                proptest::collection::vec(
                    proptest::prop_oneof![0u32..9, 0u32..10_000, 0..NONE], 0..300,
                ), 1..5,
            ),
        ) {
            let mut scratch = RowScratch::default();
            for row in rows {
                let mut expected: Vec<(u32, i64)> = Vec::new();
                for &column in &row {
                    match expected.iter_mut().find(|(other, _)| *other == column) {
                        Some((_, count)) => *count += 1,
                        None => expected.push((column, 1)),
                    }
                }
                let is_long = row.len() > 256;
                scratch.clear();
                scratch.columns.extend(row);
                scratch.tally();
                let found = scratch.columns.iter().copied().zip(scratch.counts.iter().copied());
                let mut found = found.collect::<Vec<_>>();
                if is_long {
                    found.sort_unstable();
                    expected.sort_unstable();
                }
                proptest::prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn rows_are_numbered_anew_when_all_numbers_were_used() {
        let mut scratch = RowScratch { tallied: u32::MAX - 3, ..RowScratch::default() };
        for _ in 0..6 {
            scratch.clear();
            scratch.columns.extend([7, 3, 7]);
            scratch.tally();
            assert_eq!((&scratch.columns[..], &scratch.counts[..]), (&[7, 3][..], &[2, 1][..]));
        }
        assert_eq!(scratch.tallied, 3);
    }

    #[test]
    fn signs_cancel() {
        let mut scratch = RowScratch { columns: vec![7, 6, 3, 6, 2, 2], ..RowScratch::default() };
        scratch.gather_signed();
        assert_eq!((&scratch.columns[..], &scratch.counts[..]), (&[1, 3][..], &[1, 1][..]));
    }

    #[test]
    fn blocks_stand_side_by_side() {
        let mut scratch = RowScratch::with_room(3);
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

    #[test]
    fn rows_stand_one_after_the_other() {
        let mut scratch = RowScratch::default();
        let double = |_: &[u32], counts: &[i64], weights: &mut Vec<f64>| {
            weights.extend(counts.iter().map(|&count| count as f64));
            2.0
        };
        for (start, tokens) in [(0, vec![1, 2, 0]), (2, vec![3, 2, 2, 1]), (3, vec![])] {
            assert_eq!(scratch.next_row(), start);
            scratch.find_by(&[9, NONE, 4, NONE], &tokens);
            scratch.gather();
            scratch.weigh(0, double);
        }
        assert_eq!((scratch.columns(), scratch.values()), (&[][..], &[][..]));
        assert_eq!(scratch.into_rows(), (vec![4, 9, 4], vec![2.0, 2.0, 4.0]));
    }
}
