//! A hash table whose road to an entry has one stop.
//!
//! An entry lies where its hash says, or right behind, and is told from others by a look at itself. Tables of n-grams are far
//! larger than what a processor keeps close, each look elsewhere is a wait, and a general table looks at two places. What
//! an entry means is not known here.

use std::hash::{BuildHasher, RandomState};

use crate::error::Result;

/// What a table holds.
pub(super) trait Entry: Copy {
    /// By how many halves the room for it grows. To grow costs time, and room that nobody needs is a cost, too.
    const GROWTH: usize;

    /// What stands where nothing is.
    fn free() -> Self;

    fn is_free(&self) -> bool;

    fn hash(&self, seed: u64) -> u64;
}

/// Entries by their hash.
#[derive(Debug, Clone)]
pub(super) struct Table<E> {
    /// At most ¾ are taken.
    places: Vec<E>,
    len: usize,
    /// Another one for each table, so that nobody can write texts whose words all lie in one place. Where entries lie is seen
    /// by nobody.
    seed: u64,
}

impl<E: Entry> Default for Table<E> {
    fn default() -> Self {
        Self::with_room(0)
    }
}

impl<E: Entry> Table<E> {
    /// Room for so many before it grows.
    pub(super) fn with_room(n: usize) -> Self {
        let places = vec![E::free(); (n / 3 + 4) * 4];
        Self { places, len: 0, seed: RandomState::new().hash_one(0) }
    }

    /// What the hashes of its entries begin with.
    #[inline]
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The entries, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = &E> + Clone {
        self.places.iter().filter(|entry| !entry.is_free())
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut E> {
        self.places.iter_mut().filter(|entry| !entry.is_free())
    }

    /// Where an entry with this hash lies, if no other does.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        (((hash >> 32) * self.places.len() as u64) >> 32) as usize
    }

    /// Looks at where an entry with this hash lies. Whoever looks at several places at once, and at each again when it is
    /// needed, waits for all of them together: no guess at what is there stands between.
    #[inline]
    pub(super) fn glance(&self, hash: u64) -> bool {
        self.places[self.home(hash)].is_free()
    }

    /// Where the entry is that is the `same`, or the free place that it would take.
    #[inline(always)]
    fn place(&self, hash: u64, same: impl Fn(&E) -> bool) -> usize {
        let n = self.places.len();
        let mut at = self.home(hash);
        loop {
            let entry = &self.places[at];
            if same(entry) || entry.is_free() {
                return at;
            }
            at = if at + 1 == n { 0 } else { at + 1 };
        }
    }

    /// The entry with this hash that is the `same`; a free place never is.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, same: impl Fn(&E) -> bool) -> Option<&E> {
        Some(&self.places[self.place(hash, same)]).filter(|entry| !entry.is_free())
    }

    /// [`find`](Self::find), and if there is none, the entry that `new` makes of the number of those that there are.
    #[inline]
    pub(super) fn find_or_insert(
        &mut self,
        hash: u64,
        same: impl Fn(&E) -> bool,
        new: impl FnOnce(usize) -> Result<E>,
    ) -> Result<&mut E> {
        let mut at = self.place(hash, &same);
        if self.places[at].is_free() {
            if self.len >= self.places.len() / 4 * 3 {
                self.grow();
                at = self.place(hash, &same);
            }
            self.places[at] = new(self.len)?;
            self.len += 1;
        }
        Ok(&mut self.places[at])
    }

    #[cold]
    fn grow(&mut self) {
        self.resize(self.places.len() / 2 * E::GROWTH);
    }

    /// As much room as entries need that are only looked up from now on. Half of it stays free: what is not there is then known
    /// at the second look. Of many, a quarter, for memory is dearer than a look.
    pub(super) fn settle(&mut self) {
        const MANY: usize = 1 << 15;
        self.resize(if self.len <= MANY { 2 * self.len + 1 } else { self.len / 3 * 4 + 4 });
    }

    fn resize(&mut self, places: usize) {
        let room = vec![E::free(); places];
        for entry in std::mem::replace(&mut self.places, room) {
            if !entry.is_free() {
                let at = self.place(entry.hash(self.seed), |_| false);
                self.places[at] = entry;
            }
        }
    }
}

/// A number in which every bit depends on every bit of these: the halves of their product, one upon the other.
#[inline]
pub(super) fn mix(seed: u64, a: u64, b: u64) -> u64 {
    // Digits of π; without a pattern is all that matters.
    let product =
        u128::from(a ^ seed) * u128::from(b ^ seed.rotate_left(32) ^ 0x1319_8a2e_0370_7345);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Number(u64);

    impl Entry for Number {
        const GROWTH: usize = 3;

        fn free() -> Self {
            Self(0)
        }

        fn is_free(&self) -> bool {
            self.0 == 0
        }

        /// Many share one.
        fn hash(&self, seed: u64) -> u64 {
            mix(seed, self.0 % 1000, 0)
        }
    }

    #[test]
    fn entries_stay_while_the_table_grows() {
        let mut table = Table::default();
        let seed = table.seed();
        for n in (1..5000).map(Number) {
            let found = table.find_or_insert(n.hash(seed), |e| *e == n, |_| Ok(n)).unwrap();
            assert_eq!(*found, n);
        }
        for n in (1..5000).map(Number) {
            assert_eq!(table.find(n.hash(seed), |e| *e == n), Some(&n));
            table.find_or_insert(n.hash(seed), |e| *e == n, |_| unreachable!()).unwrap();
        }
        assert!(table.find(mix(seed, 999, 0), |e| e.0 == 9999).is_none());
        table.settle();
        for n in (1..5000).map(Number) {
            assert_eq!(table.find(n.hash(seed), |e| *e == n), Some(&n));
        }
        assert!(table.find(mix(seed, 999, 0), |e| e.0 == 9999).is_none());
        Table::<Number>::default().settle();
        assert_eq!(
            (table.len(), table.iter().count(), table.iter_mut().count()),
            (4999, 4999, 4999)
        );
    }
}
