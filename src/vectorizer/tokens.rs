//! Tokens as small integers.
//!
//! A token is known by its bytes; integers count up from 0 in the order of arrival. What is counted per integer is not known
//! here.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use foldhash::fast::FixedState;

use super::arena::Arena;
use super::table::{Entry, Table, mix};
use crate::error::{Error, Result};

/// Stands for "no such token or n-gram".
pub(super) const NONE: u32 = u32::MAX;

/// Tokens as consecutive integers.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    texts: Arena,
    table: Table<Slot>,
}

/// What the table knows of a token. Nearly all are no longer than the key, and told apart without a look at their text.
#[derive(Debug, Clone, Copy)]
struct Slot {
    // The parts of a `Key`, which would not lie as close.
    bytes: [u64; 2],
    length: u32,
    /// [`NONE`] where there is none.
    token: u32,
}

impl Slot {
    #[inline]
    fn key(&self) -> Key {
        Key { bytes: self.bytes, length: self.length }
    }
}

impl Entry for Slot {
    fn free() -> Self {
        // No token is so long.
        Self { bytes: [0; 2], length: u32::MAX, token: NONE }
    }

    fn is_free(&self) -> bool {
        self.token == NONE
    }

    fn hash(&self, seed: u64) -> u64 {
        self.key().hash(seed)
    }
}

/// All of a token of up to 16 bytes; of a longer one two hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    bytes: [u64; 2],
    length: u32,
}

/// As many of the lowest bytes as the index says.
const MASKS: [u128; Key::LONGEST + 1] = {
    let (mut masks, mut n) = ([u128::MAX; Key::LONGEST + 1], 0);
    while n < Key::LONGEST {
        masks[n] = (1 << (8 * n)) - 1;
        n += 1;
    }
    masks
};

impl Key {
    const LONGEST: usize = 16;

    #[inline]
    fn of(text: &[u8], seed: u64) -> Self {
        let four =
            |bytes: &[u8]| bytes.first_chunk().map_or(0, |c| u64::from(u32::from_le_bytes(*c)));
        let eight = |bytes: &[u8]| bytes.first_chunk().map_or(0, |c| u64::from_le_bytes(*c));
        let bytes = match text.len() {
            0 => [0, 0],
            // The first, the middle and the last byte are all there are; some may be the same one.
            n @ 1..=3 => {
                let byte = |i: usize| u64::from(text[i]) << (8 * i);
                [byte(0) | byte(n / 2) | byte(n - 1), 0]
            }
            // Two halves that overlap where they must.
            n @ 4..=8 => [four(text) | four(&text[n - 4..]) << (8 * (n - 4)), 0],
            n @ 9..=Self::LONGEST => [eight(text), eight(&text[n - 8..]) >> (8 * (16 - n))],
            _ => [seed, !seed].map(|seed| {
                let mut hasher = FixedState::with_seed(seed).build_hasher();
                hasher.write(text);
                hasher.finish()
            }),
        };
        Self { bytes, length: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    }

    /// The key of a word that is followed by what lies behind it in a text, of which it takes no notice.
    #[inline]
    fn within(text: &[u8], word: Range<usize>, seed: u64) -> Self {
        let length = word.len();
        match text.get(word.start..).and_then(<[u8]>::first_chunk::<{ Self::LONGEST }>) {
            Some(bytes) if length <= Self::LONGEST => {
                let bytes = u128::from_le_bytes(*bytes) & MASKS[length];
                Self { bytes: [bytes as u64, (bytes >> 64) as u64], length: length as u32 }
            }
            _ => Self::of(&text[word], seed),
        }
    }

    #[inline]
    fn is_whole(self) -> bool {
        self.length as usize <= Self::LONGEST
    }

    #[inline]
    fn hash(self, seed: u64) -> u64 {
        let [first, second] = self.bytes;
        mix(seed, first, second ^ u64::from(self.length) << 56)
    }
}

/// A token on its way to its integer: one of which the key is all, or one that is found already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookup {
    bytes: [u64; 2],
    length: u32,
    /// [`NONE`] unless it is found already.
    found: u32,
}

impl Lookup {
    #[inline]
    fn short(Key { bytes, length }: Key) -> Self {
        Self { bytes, length, found: NONE }
    }

    fn found(token: u32) -> Self {
        // No token is so long: what is not there is not found the second time either.
        Self { bytes: [0; 2], length: u32::MAX, found: token }
    }

    #[inline]
    fn key(self) -> Key {
        Key { bytes: self.bytes, length: self.length }
    }
}

impl Tokens {
    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text of a token.
    #[inline]
    pub(super) fn text(&self, token: u32) -> &str {
        self.texts.get(token as usize)
    }

    /// The texts of all tokens, in the order of their integers.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|token| self.texts.get(token))
    }

    /// The integer of a token, or [`NONE`].
    #[inline]
    pub(super) fn find(&self, text: &str) -> u32 {
        let key = Key::of(text.as_bytes(), self.table.seed());
        if key.is_whole() { self.find_short(key) } else { self.find_long(key, text) }
    }

    #[inline]
    fn find_short(&self, key: Key) -> u32 {
        self.table
            .find(key.hash(self.table.seed()), |slot| slot.key() == key)
            .map_or(NONE, |slot| slot.token)
    }

    fn find_long(&self, key: Key, text: &str) -> u32 {
        let same = |slot: &Slot| slot.key() == key && self.text(slot.token) == text;
        self.table.find(key.hash(self.table.seed()), same).map_or(NONE, |slot| slot.token)
    }

    /// First half of [`find`](Self::find): all that can be done without the table. Doing this for the words of a text, and
    /// only then the second half for all of them, lets the processor wait for several places of the table at once.
    #[inline]
    pub(super) fn prepare_find(&self, text: &str, word: Range<usize>) -> Lookup {
        let key = Key::within(text.as_bytes(), word.clone(), self.table.seed());
        if key.is_whole() {
            Lookup::short(key)
        } else {
            Lookup::found(self.find_long(key, &text[word]))
        }
    }

    /// Second half of [`find`](Self::find).
    #[inline]
    pub(super) fn finish_find(&self, lookup: Lookup) -> u32 {
        if lookup.found == NONE { self.find_short(lookup.key()) } else { lookup.found }
    }

    /// First half of [`intern`](Self::intern), for a word in a text.
    #[inline]
    pub(super) fn prepare(&mut self, text: &str, word: Range<usize>) -> Result<Lookup> {
        let key = Key::within(text.as_bytes(), word.clone(), self.table.seed());
        if key.is_whole() {
            Ok(Lookup::short(key))
        } else {
            self.intern(&text[word]).map(Lookup::found)
        }
    }

    /// Second half of [`intern`](Self::intern).
    #[inline]
    pub(super) fn finish(&mut self, lookup: Lookup) -> Result<u32> {
        if lookup.found != NONE {
            return Ok(lookup.found);
        }
        match self.find_short(lookup.key()) {
            NONE => self.add_short(lookup.key()),
            token => Ok(token),
        }
    }

    #[cold]
    fn add_short(&mut self, key: Key) -> Result<u32> {
        let [first, second] = key.bytes.map(u64::to_le_bytes);
        let bytes = [first, second].concat();
        let text = std::str::from_utf8(&bytes[..key.length as usize]);
        self.intern(text.expect("the key of a short token is its text"))
    }

    /// The integer of a token, a new one if it is new.
    pub(super) fn intern(&mut self, text: &str) -> Result<u32> {
        let key = Key::of(text.as_bytes(), self.table.seed());
        if key.length == u32::MAX {
            return Err(too_large("bytes of one token"));
        }
        match self.find(text) {
            NONE => {}
            token => return Ok(token),
        }
        let token = new_node(self.texts.len(), 0)?;
        self.texts.push(text)?;
        let Key { bytes, length } = key;
        let hash = key.hash(self.table.seed());
        self.table.find_or_insert(hash, |_| false, |_| Ok(Slot { bytes, length, token }))?;
        Ok(token)
    }
}

/// Set in the nodes of two tokens and more; see [`Pairs`](super::pairs::Pairs).
pub(super) const PAIR: u32 = 1 << 31;

/// The next node, of a kind of which there are `n`. [`NONE`] is none.
pub(super) fn new_node(n: usize, kind: u32) -> Result<u32> {
    match u32::try_from(n) {
        Ok(n) if n < PAIR - 1 => Ok(n | kind),
        _ => Err(too_large("distinct terms")),
    }
}

fn too_large(what: &'static str) -> Error {
    Error::TooLarge { what, limit: u64::from(PAIR) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_their_numbers() {
        let mut tokens = Tokens::default();
        let words: Vec<String> = (0..5000)
            .map(|i| "ab\0é".repeat(i % 5) + &"0".repeat(i % 3) + &i.to_string())
            .chain([String::new(), "\0".to_owned(), "\0\0".to_owned()])
            .collect();
        for _ in 0..2 {
            for (i, word) in words.iter().enumerate() {
                assert_eq!(tokens.intern(word).unwrap(), i as u32);
                for after in ["", "s and what follows"] {
                    let (text, word) = ([word, after].concat(), 0..word.len());
                    let lookup = tokens.prepare(&text, word.clone()).unwrap();
                    assert_eq!(tokens.finish(lookup).unwrap(), i as u32);
                    assert_eq!(tokens.finish_find(tokens.prepare_find(&text, word)), i as u32);
                }
            }
        }
        assert_eq!((tokens.find("ab\0éab\0é0017"), tokens.find("absent")), (17, NONE));
        assert_eq!(tokens.finish_find(tokens.prepare_find("absent", 0..6)), NONE);
    }
}
