//! Tokens on their way to their integers, many at a time.
//!
//! Words of texts in, their integers out; the table is the caller's. What becomes of a word that is not in it is not known here.

use std::hint::black_box;
use std::ops::Range;

use super::key::{Key, Slot, whole};
use super::table::{Entry, Table};
use super::tokens::NONE;

/// Tokens on their way to their integers.
///
/// Once there are many, most are among those that were met first from then on, which lie close together: one look finds each.
/// The others wait for a text or more: first all that can be done without the table, and a glance at each one's place there; only
/// then the look that decides. So the processor waits for many places at once, and no wrong guess about one of them holds up the
/// others. Lookups stay with one table.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    /// What the integers are so far: of those that wait, anything.
    found: Vec<u32>,
    /// The first of these wait, so many of them.
    waiting: Vec<Lookup>,
    n_waiting: usize,
    /// At each place the token that was the first to come there, none longer than its key; no places where there are few tokens.
    near: Vec<Slot>,
}

/// A token that waits, of which the key is all. Its hash is not kept: of most it is needed once.
#[derive(Debug, Clone, Copy, Default)]
struct Lookup {
    // The parts of a `Key`, which would not lie as close.
    bytes: [u64; 2],
    length: u32,
    /// Its place among the integers.
    at: usize,
}

impl Lookup {
    #[inline(always)]
    fn new(Key { bytes, length }: Key, at: usize) -> Self {
        Self { bytes, length, at }
    }

    #[inline(always)]
    fn key(&self) -> Key {
        Key { bytes: self.bytes, length: self.length }
    }
}

impl Lookups {
    /// So many places are close to a core whatever else it reads; of 1,024 to 32,768 measured best, by little. Few in tests, for
    /// all of these to come by them.
    const NEAR: usize = if cfg!(test) { 1 << 4 } else { 1 << 12 };

    /// So many tokens are worth looking up together.
    pub(super) const AT_ONCE: usize = 64;

    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Begins anew; what is near stays.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.found.clear();
        self.n_waiting = 0;
    }

    /// Room for so many more.
    #[inline]
    fn reserve(&mut self, n: usize) {
        self.found.reserve(n);
        let room = self.n_waiting + n;
        if room > self.waiting.len() {
            self.waiting.resize(room.max(2 * self.waiting.len()), Lookup::default());
        }
    }

    /// Begins to look up words in a text; those that are longer than a key are looked up by `long` at once. `seed` is the table's.
    #[inline(always)]
    pub(super) fn prepare<E>(
        &mut self,
        text: &[u8],
        words: impl ExactSizeIterator<Item = Range<usize>>,
        seed: u64,
        mut long: impl FnMut(&str) -> Result<u32, E>,
    ) -> Result<(), E> {
        self.reserve(words.len());
        let Self { found, waiting, n_waiting, near } = self;
        // In a register as long as the words last.
        let mut n = *n_waiting;
        for word in words {
            let key = Key::within(text, word.clone(), seed);
            if key.is_whole() {
                let near = near.get(key.hash(seed) as usize % Self::NEAR);
                let (known, token) =
                    near.map_or((false, NONE), |slot| (slot.key().is(key), slot.token));
                // Written in any case: no guess at which are near.
                waiting[n] = Lookup::new(key, found.len());
                n += usize::from(!known);
                found.push(token);
            } else {
                found.push(long(whole(&text[word]))?);
            }
        }
        *n_waiting = n;
        Ok(())
    }

    /// Glances at where those that wait lie.
    #[inline]
    pub(super) fn glance(&self, table: &Table<Slot>) {
        let seed = table.seed();
        let waiting = self.waiting[..self.n_waiting].iter();
        let glances = waiting.map(|lookup| u32::from(table.glance(lookup.key().hash(seed))));
        black_box(glances.fold(0, u32::wrapping_add));
    }

    /// Looks those up that wait, by their keys and hashes.
    #[inline(always)]
    pub(super) fn finish<E>(
        &mut self,
        seed: u64,
        mut token: impl FnMut(Key, u64) -> Result<u32, E>,
    ) -> Result<(), E> {
        let Self { found, waiting, n_waiting, near } = self;
        for lookup in &waiting[..*n_waiting] {
            let (key, hash) = (lookup.key(), lookup.key().hash(seed));
            let token = token(key, hash)?;
            found[lookup.at] = token;
            if let Some(place) = near.get_mut(hash as usize % Self::NEAR)
                && place.is_free()
            {
                *place = Slot { bytes: key.bytes, length: key.length, token };
            }
        }
        Ok(())
    }

    /// The integers of all, after [`finish`](Self::finish).
    #[inline]
    pub(super) fn found(&self) -> &[u32] {
        &self.found
    }

    /// Keeps the next ones near if there are many tokens: a table of few is close itself.
    #[inline]
    pub(super) fn keep_near(&mut self, n_tokens: usize) {
        if self.near.is_empty() && n_tokens > Self::NEAR {
            self.near = vec![Slot::free(); Self::NEAR];
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::random::SplitMix64;
    use crate::vectorizer::tokens::Tokens;

    #[test]
    fn tokens_are_the_same_near_and_far() {
        let (mut tokens, mut lookups) = (Tokens::default(), Lookups::default());
        let (mut numbers, mut random) = (HashMap::new(), SplitMix64::new(4));
        for round in 0..2_000 {
            // Some often, others once, and some longer than a key.
            let words: Vec<String> = (0..random.below(200))
                .map(|_| {
                    let most = 1 << (1 + random.below(20));
                    random.below(most).to_string().repeat(1 + random.below(3) as usize)
                })
                .collect();
            let text = words.join(" ");
            let mut end = 0;
            let ranges: Vec<Range<usize>> = words
                .iter()
                .map(|word| {
                    let start = end;
                    end += word.len() + 1;
                    start..start + word.len()
                })
                .collect();
            lookups.clear();
            tokens.prepare(text.as_bytes(), ranges.into_iter(), &mut lookups).unwrap();
            let found = tokens.interned(&mut lookups).unwrap().to_vec();
            assert_eq!(found.len(), words.len());
            for (word, token) in words.into_iter().zip(found) {
                assert_eq!(tokens.text(token), word);
                assert_eq!(*numbers.entry(word).or_insert(token), token);
            }
            if round == 1_000 {
                // What another one adds stands between.
                let mut other = Tokens::default();
                other.intern("elsewhere").unwrap();
                tokens.adopt(&other, 0, &mut Vec::new()).unwrap();
                tokens.index();
                numbers.insert("elsewhere".to_owned(), tokens.find("elsewhere"));
            }
        }
        assert_eq!(numbers.len(), tokens.len());
        assert!(tokens.len() > 10 * Lookups::NEAR);
        assert!(lookups.near.iter().all(|slot| !slot.is_free()));
    }
}
