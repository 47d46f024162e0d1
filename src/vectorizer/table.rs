//! A hash table whose road to an entry has one stop.
//!
//! An entry lies where its hash says, or right behind, and is told from others by a look at itself. Tables of n-grams are far
//! larger than what a processor keeps close, each look elsewhere is a wait, and a general table looks at two places.
//!
//! In a table that has [settled](Table::settle), each entry lies where no other has to: a look at one place decides, so that
//! a processor has nothing to guess, and looks at the places of the next entries while it waits for this one. Entries are cut
//! into buckets by their hashes, and for each bucket, the largest first, a number is searched that sends all of its entries to
//! places that are free (Fox, Chen and Heath 1992; Pibiri and Trani 2021, "`PTHash`"). What an entry means is not known here.

use std::hash::{BuildHasher, RandomState};
use std::hint::select_unpredictable;

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
    /// At most ¾ are taken until it settles.
    places: Vec<E>,
    /// The number of each bucket; none until it settles.
    pilots: Vec<u16>,
    /// Of each place of a large table that has settled, some bits of the hash of what lies there: that there is no such entry
    /// is nearly always known without a look at the place.
    hints: Vec<u8>,
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
        Self {
            places,
            pilots: Vec::new(),
            hints: Vec::new(),
            len: 0,
            seed: RandomState::new().hash_one(0),
        }
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

    /// Where an entry with this hash lies, if no other does or they have settled.
    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        let pilot = if self.pilots.is_empty() {
            0
        } else {
            self.pilots[share(hash & u64::from(u32::MAX), self.pilots.len())]
        };
        home(hash, pilot, self.places.len())
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
        Some(self.nearest(hash, &same)).filter(|entry| same(entry))
    }

    /// The entry with this hash that is the `same`, or if there is none, another or a free place. Whoever asks for many of which
    /// nobody can guess which there are decides without a branch.
    #[inline(always)]
    pub(super) fn nearest(&self, hash: u64, same: impl Fn(&E) -> bool) -> &E {
        let at = if self.pilots.is_empty() {
            self.place(hash, same)
        } else {
            let home = self.home(hash);
            match self.hints.get(home) {
                // The first place is another's, and close.
                Some(&hint) => select_unpredictable(hint == hash as u8, home, 0),
                None => home,
            }
        };
        &self.places[at]
    }

    /// [`find`](Self::find), and if there is none, the entry that `new` makes of the number of those that there are.
    #[inline]
    pub(super) fn find_or_insert(
        &mut self,
        hash: u64,
        same: impl Fn(&E) -> bool,
        new: impl FnOnce(usize) -> Result<E>,
    ) -> Result<&mut E> {
        if !self.pilots.is_empty() {
            self.resize((self.len / 3 + 4) * 4);
        }
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

    /// Puts entries that are only looked up from now on where one look finds each. What is added afterwards unsettles all.
    pub(super) fn settle(&mut self) {
        /// So many are further away than what is known of them.
        const MANY: usize = 1 << 15;
        let seed = self.seed;
        // Room that is left over saves tries, and a bucket of several entries memory.
        let (n_places, n_buckets) = (self.len / 4 * 5 + 4, self.len / 4 + 1);
        let entries: Vec<E> = self.iter().copied().collect();
        let hashes = entries.iter().map(|entry| entry.hash(seed)).collect::<Vec<_>>();
        if let Some(pilots) = pilots(&hashes, n_buckets, n_places) {
            self.places = vec![E::free(); n_places];
            self.pilots = pilots;
            self.hints = if self.len > MANY { vec![0; n_places] } else { Vec::new() };
            for (entry, hash) in entries.into_iter().zip(hashes) {
                let at = self.home(hash);
                self.places[at] = entry;
                if let Some(hint) = self.hints.get_mut(at) {
                    *hint = hash as u8;
                }
            }
        } else {
            self.resize(2 * self.len + 1);
        }
    }

    fn resize(&mut self, places: usize) {
        (self.pilots, self.hints) = (Vec::new(), Vec::new());
        let room = vec![E::free(); places];
        for entry in std::mem::replace(&mut self.places, room) {
            if !entry.is_free() {
                let at = self.place(entry.hash(self.seed), |_| false);
                self.places[at] = entry;
            }
        }
    }
}

/// A hash of 32 bits as one of `n` numbers.
#[inline(always)]
fn share(hash: u64, n: usize) -> usize {
    ((hash * n as u64) >> 32) as usize
}

/// One of `n` places, which is another one for each pilot.
#[inline(always)]
fn home(hash: u64, pilot: u16, n: usize) -> usize {
    share(hash.wrapping_add((hash.rotate_left(32) | 1).wrapping_mul(pilot.into())) >> 32, n)
}

/// For each bucket a number that gives each of its hashes a place of its own; `None` if there is none, as for two that are
/// equal.
fn pilots(hashes: &[u64], n_buckets: usize, n_places: usize) -> Option<Vec<u16>> {
    let bucket = |hash: u64| share(hash & u64::from(u32::MAX), n_buckets);
    // The hashes of each bucket side by side.
    let mut ends = vec![0; n_buckets + 1];
    for &hash in hashes {
        ends[bucket(hash) + 1] += 1;
    }
    let largest = ends.iter().copied().max().unwrap_or(0);
    for i in 0..n_buckets {
        ends[i + 1] += ends[i];
    }
    let (starts, mut next) = (ends, Vec::new());
    next.extend_from_slice(&starts[..n_buckets]);
    let mut sorted = vec![0; hashes.len()];
    for &hash in hashes {
        let at = &mut next[bucket(hash)];
        sorted[*at] = hash;
        *at += 1;
    }
    // And buckets of one size.
    let mut by_size = vec![Vec::new(); largest + 1];
    for i in 0..n_buckets {
        by_size[starts[i + 1] - starts[i]].push(i);
    }
    let mut taken = vec![0u64; n_places / 64 + 1];
    let mut pilots = vec![0; n_buckets];
    for i in by_size.into_iter().skip(1).rev().flatten() {
        let of_bucket = &sorted[starts[i]..starts[i + 1]];
        pilots[i] = (0..=u16::MAX).find(|&pilot| take(of_bucket, pilot, n_places, &mut taken))?;
    }
    Some(pilots)
}

/// Takes the places of hashes if all of them are free.
fn take(hashes: &[u64], pilot: u16, n_places: usize, taken: &mut [u64]) -> bool {
    let bit = |hash| {
        let place = home(hash, pilot, n_places);
        (place / 64, 1 << (place % 64))
    };
    for (n, &hash) in hashes.iter().enumerate() {
        let (at, bit_of_hash) = bit(hash);
        if taken[at] & bit_of_hash != 0 {
            for (at, bit) in hashes[..n].iter().map(|&hash| bit(hash)) {
                taken[at] &= !bit;
            }
            return false;
        }
        taken[at] |= bit_of_hash;
    }
    true
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

    /// A number with a hash of its own.
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Other(u64);

    impl Entry for Other {
        const GROWTH: usize = 4;

        fn free() -> Self {
            Self(0)
        }

        fn is_free(&self) -> bool {
            self.0 == 0
        }

        fn hash(&self, seed: u64) -> u64 {
            mix(seed, self.0, 0)
        }
    }

    #[test]
    fn settled_entries_have_a_place_each() {
        for n in [0, 1, 2, 7, 100, 5_000, 100_000] {
            let mut table = Table::default();
            let seed = table.seed();
            for n in (1..=n).map(Other) {
                table.find_or_insert(n.hash(seed), |e| *e == n, |_| Ok(n)).unwrap();
            }
            table.settle();
            assert!(!table.pilots.is_empty());
            assert!(table.places.len() as u64 <= n / 4 * 5 + 4);
            for n in (1..=n).map(Other) {
                assert_eq!(table.find(n.hash(seed), |e| *e == n), Some(&n));
            }
            for n in (n + 1..n + 1_000).map(Other) {
                assert_eq!(table.find(n.hash(seed), |e| *e == n), None);
            }
            // One more.
            let new = Other(n + 1);
            table.find_or_insert(new.hash(seed), |e| *e == new, |_| Ok(new)).unwrap();
            for n in (1..=n + 1).map(Other) {
                assert_eq!(table.find(n.hash(seed), |e| *e == n), Some(&n));
            }
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
