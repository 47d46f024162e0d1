//! Tokens and runs of tokens as small integers.
//!
//! A token is known by its bytes, an n-gram by the integer of its first n − 1 tokens and that of its last: no n-gram is
//! ever written out to be looked up. Integers count up from 0 in the order of arrival. What is counted per integer is not
//! known here.

use std::hash::{BuildHasher, Hasher};

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

/// What the table knows of a token. Most are no longer than the key, and told apart without a look at their text.
#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    length: u32,
    /// [`NONE`] where there is none.
    token: u32,
}

impl Entry for Slot {
    fn free() -> Self {
        // No token is so long.
        Self { key: 0, length: u32::MAX, token: NONE }
    }

    fn is_free(&self) -> bool {
        self.token == NONE
    }

    fn hash(&self) -> u64 {
        hash_token(self.key, self.length)
    }
}

/// A token on its way to its integer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lookup {
    Short { key: u64, length: u32, hash: u64 },
    Found(u32),
}

/// The key of a token: all of up to eight bytes, the hash of more.
#[inline]
fn key_of(text: &[u8]) -> u64 {
    let four = |bytes: &[u8]| bytes.first_chunk().map_or(0, |c| u64::from(u32::from_le_bytes(*c)));
    match text.len() {
        0 => 0,
        // The first, the middle and the last byte are all there are; some may be the same one.
        n @ 1..=3 => {
            let byte = |i: usize| u64::from(text[i]) << (8 * i);
            byte(0) | byte(n / 2) | byte(n - 1)
        }
        // Two halves that overlap where they must.
        n @ 4..=8 => four(text) | four(&text[n - 4..]) << (8 * (n - 4)),
        _ => {
            // A fixed seed: the same program on the same texts does the same work.
            let mut hasher = FixedState::with_seed(0x5e17).build_hasher();
            hasher.write(text);
            hasher.finish()
        }
    }
}

#[inline]
fn hash_token(key: u64, length: u32) -> u64 {
    mix(key, length.into())
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
        let key = key_of(text.as_bytes());
        let same = |slot: &Slot| is_same(&self.texts, slot, key, text);
        let found = self.table.find(hash_token(key, text.len() as u32), same);
        found.map_or(NONE, |slot| slot.token)
    }

    /// First half of [`find`](Self::find): all that can be done without the table. Doing this for the words of a text, and
    /// only then the second half, lets the processor wait for several places of the table at once.
    #[inline]
    pub(super) fn prepare_find(&self, text: &str) -> Lookup {
        if text.len() > size_of::<u64>() {
            return Lookup::Found(self.find(text));
        }
        prepare_short(text)
    }

    /// Second half of [`find`](Self::find).
    #[inline]
    pub(super) fn finish_find(&self, lookup: Lookup) -> u32 {
        match lookup {
            Lookup::Found(token) => token,
            Lookup::Short { key, length, hash } => self.find_short(key, length, hash),
        }
    }

    #[inline]
    fn find_short(&self, key: u64, length: u32, hash: u64) -> u32 {
        let found = self.table.find(hash, |s| s.key == key && s.length == length);
        found.map_or(NONE, |slot| slot.token)
    }

    /// First half of [`intern`](Self::intern), as [`prepare_find`](Self::prepare_find) is of `find`.
    #[inline]
    pub(super) fn prepare(&mut self, text: &str) -> Result<Lookup> {
        if text.len() > size_of::<u64>() {
            return self.intern(text).map(Lookup::Found);
        }
        Ok(prepare_short(text))
    }

    /// Second half of [`intern`](Self::intern).
    #[inline]
    pub(super) fn finish(&mut self, lookup: Lookup) -> Result<u32> {
        let (key, length, hash) = match lookup {
            Lookup::Found(token) => return Ok(token),
            Lookup::Short { key, length, hash } => (key, length, hash),
        };
        match self.find_short(key, length, hash) {
            NONE => {
                let bytes = key.to_le_bytes();
                let text = std::str::from_utf8(&bytes[..length as usize]);
                self.intern(text.expect("the key of a short token is its text"))
            }
            token => Ok(token),
        }
    }

    /// The integer of a token, a new one if it is new.
    #[inline]
    pub(super) fn intern(&mut self, text: &str) -> Result<u32> {
        let length = u32::try_from(text.len()).map_err(|_| too_large("bytes of one token"))?;
        let key = key_of(text.as_bytes());
        let hash = hash_token(key, length);
        let Self { texts, table } = self;
        let same = |slot: &Slot| is_same(texts, slot, key, text);
        if let Some(slot) = table.find(hash, same) {
            return Ok(slot.token);
        }
        let token = new_node(texts.len(), 0)?;
        texts.push(text)?;
        table.find_or_insert(hash, |_| false, |_| Ok(Slot { key, length, token }))?;
        Ok(token)
    }
}

/// Whether this is the slot of a token, which has that key.
#[inline]
fn is_same(texts: &Arena, slot: &Slot, key: u64, text: &str) -> bool {
    let same = slot.key == key && slot.length as usize == text.len();
    same && (text.len() <= 8 || texts.get(slot.token as usize) == text)
}

/// A token of up to eight bytes.
#[inline]
fn prepare_short(text: &str) -> Lookup {
    let (key, length) = (key_of(text.as_bytes()), text.len() as u32);
    Lookup::Short { key, length, hash: hash_token(key, length) }
}

/// N-grams of two tokens and more, and a value for each. An n-gram is a **node**: its parent is the node of its first n − 1
/// tokens, and the node of a single token is the token itself.
#[derive(Debug, Clone)]
pub(super) struct Pairs<V> {
    table: Table<Pair<V>>,
}

/// One n-gram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<V> {
    /// [`NONE`] where there is none.
    pub(super) parent: u32,
    pub(super) token: u32,
    pub(super) node: u32,
    pub(super) value: V,
}

impl<V: Copy + Default> Entry for Pair<V> {
    fn free() -> Self {
        Self { parent: NONE, token: NONE, node: NONE, value: V::default() }
    }

    fn is_free(&self) -> bool {
        self.parent == NONE
    }

    fn hash(&self) -> u64 {
        hash_pair(self.parent, self.token)
    }
}

impl<V: Copy + Default> Default for Pairs<V> {
    fn default() -> Self {
        Self { table: Table::default() }
    }
}

/// Set in the nodes of two tokens and more.
const PAIR: u32 = 1 << 31;

/// Where among its likes a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Token(usize),
    Pair(usize),
}

/// Where among its likes a node stands that is not [`NONE`].
#[inline]
pub(super) fn place(node: u32) -> Place {
    if node & PAIR == 0 {
        Place::Token(node as usize)
    } else {
        Place::Pair((node & !PAIR) as usize)
    }
}

/// The node of the pair at a place.
pub(super) fn pair_at(place: u32) -> u32 {
    place | PAIR
}

#[inline]
fn hash_pair(parent: u32, token: u32) -> u64 {
    mix(u64::from(parent) << 32 | u64::from(token), 0)
}

impl<V: Copy + Default> Pairs<V> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// All of them, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Pair<V>> + Clone {
        self.table.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Pair<V>> {
        self.table.iter_mut()
    }

    /// See [`Table::glance`].
    #[inline]
    pub(super) fn glance(&self, parent: u32, token: u32) -> bool {
        self.table.glance(hash_pair(parent, token))
    }

    /// `parent` followed by `token`.
    #[inline]
    pub(super) fn find(&self, parent: u32, token: u32) -> Option<&Pair<V>> {
        let same = |pair: &Pair<V>| (pair.parent, pair.token) == (parent, token);
        self.table.find(hash_pair(parent, token), same)
    }

    /// `parent` followed by `token`, with the value `new` if it is new.
    #[inline]
    pub(super) fn intern(&mut self, parent: u32, token: u32, new: V) -> Result<&mut Pair<V>> {
        let same = |pair: &Pair<V>| (pair.parent, pair.token) == (parent, token);
        self.table.find_or_insert(hash_pair(parent, token), same, |n| {
            Ok(Pair { parent, token, node: new_node(n, PAIR)?, value: new })
        })
    }

    /// All of them in the order of their nodes, so that each stands after its parent.
    pub(super) fn in_order(&self) -> Vec<Pair<V>> {
        let mut pairs: Vec<Pair<V>> = self.iter().copied().collect();
        pairs.sort_unstable_by_key(|pair| pair.node);
        pairs
    }
}

/// The next node, of a kind of which there are `n`. [`NONE`] is none.
fn new_node(n: usize, kind: u32) -> Result<u32> {
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
                let lookup = tokens.prepare(word).unwrap();
                assert_eq!(tokens.finish(lookup).unwrap(), i as u32);
                assert_eq!(tokens.finish_find(tokens.prepare_find(word)), i as u32);
            }
        }
        assert_eq!((tokens.find("ab\0éab\0é0017"), tokens.find("absent")), (17, NONE));
        assert_eq!(tokens.finish_find(tokens.prepare_find("absent")), NONE);
    }

    #[test]
    fn a_pair_is_not_a_token() {
        let (mut tokens, mut pairs) = (Tokens::default(), Pairs::default());
        let (not, so) = (tokens.intern("not").unwrap(), tokens.intern("so").unwrap());
        assert!(pairs.find(not, so).is_none());
        let not_so = pairs.intern(not, so, 'a').unwrap().node;
        let not_so_not = pairs.intern(not_so, not, 'b').unwrap().node;
        assert_eq!(pairs.intern(not, so, 'c').unwrap().value, 'a');
        assert_eq!((place(so), place(not_so_not)), (Place::Token(1), Place::Pair(1)));
        assert_eq!(pairs.find(not_so, not).unwrap().value, 'b');
        assert!(pairs.find(not_so, so).is_none());
        assert_eq!(pair_at(1), not_so_not);
    }

    #[test]
    fn pairs_stay_while_the_table_grows() {
        let mut pairs = Pairs::default();
        for i in 0..10_000 {
            assert_eq!(pairs.intern(i % 100, i / 100, i).unwrap().node, pair_at(i));
        }
        for i in 0..10_000 {
            assert_eq!(pairs.find(i % 100, i / 100).unwrap().value, i);
        }
        assert_eq!(pairs.len(), 10_000);
        assert!((0..).zip(pairs.in_order()).all(|(i, pair)| pair.value == i));
        assert!(pairs.find(100, 0).is_none());
    }
}
