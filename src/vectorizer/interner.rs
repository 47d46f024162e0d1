//! Tokens and runs of tokens as small integers.
//!
//! A token is known by its bytes, an n-gram by the integer of its first n − 1 tokens and that of its last: no n-gram is
//! ever written out to be looked up. Integers count up from 0 in the order of arrival. What is counted per integer is not
//! known here.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

use super::arena::Arena;
use crate::error::{Error, Result};

/// Stands for "no such token or n-gram".
pub(super) const NONE: u32 = u32::MAX;

/// Tokens and n-grams as consecutive integers of one sequence: the nodes of a forest whose roots are tokens and in which
/// a child adds a token to its parent.
#[derive(Debug, Clone, Default)]
pub(super) struct Nodes {
    /// The text of each token, in the order of their nodes.
    texts: Arena,
    tokens: HashTable<Slot>,
    /// (parent, token) → node.
    pairs: HashTable<[u32; 3]>,
    /// What each node is made of: its parent and the token it adds, or [`NONE`] and the place of its own text.
    made_of: Vec<(u32, u32)>,
}

/// What the table knows of a token. Most are no longer than the key, and told apart without a look at their text.
#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    length: u32,
    node: u32,
}

/// A token on its way to its node.
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
            let mut hasher = hasher();
            hasher.write(text);
            hasher.finish()
        }
    }
}

/// A fixed seed: the same program on the same texts does the same work.
fn hasher() -> impl Hasher {
    FixedState::with_seed(0x5e17).build_hasher()
}

#[inline]
fn hash_token(key: u64, length: u32) -> u64 {
    let mut hasher = hasher();
    hasher.write_u64(key);
    hasher.write_u32(length);
    hasher.finish()
}

#[inline]
fn hash_pair(parent: u32, token: u32) -> u64 {
    let mut hasher = hasher();
    hasher.write_u64(u64::from(parent) << 32 | u64::from(token));
    hasher.finish()
}

impl Nodes {
    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.made_of.len()
    }

    /// The slot of a token, which has that key and hash.
    #[inline]
    fn slot(&self, text: &str, key: u64, hash: u64) -> Option<&Slot> {
        self.tokens.find(hash, |slot| {
            let same = slot.key == key && slot.length as usize == text.len();
            same && (text.len() <= 8 || self.text(slot.node) == text)
        })
    }

    /// The text of a token.
    pub(super) fn text(&self, token: u32) -> &str {
        self.texts.get(self.made_of[token as usize].1 as usize)
    }

    /// The node of a token, or [`NONE`].
    #[inline]
    pub(super) fn find_token(&self, text: &str) -> u32 {
        let key = key_of(text.as_bytes());
        self.slot(text, key, hash_token(key, text.len() as u32)).map_or(NONE, |slot| slot.node)
    }

    /// First half of [`intern_token`](Self::intern_token): all that can be done without the table. Doing this for the
    /// words of a text, and only then the second half, lets the processor wait for several places of the table at once.
    #[inline]
    pub(super) fn prepare(&mut self, text: &str) -> Result<Lookup> {
        if text.len() > size_of::<u64>() {
            return self.intern_token(text).map(Lookup::Found);
        }
        let (key, length) = (key_of(text.as_bytes()), text.len() as u32);
        Ok(Lookup::Short { key, length, hash: hash_token(key, length) })
    }

    /// Second half of [`intern_token`](Self::intern_token).
    #[inline]
    pub(super) fn finish(&mut self, lookup: Lookup) -> Result<u32> {
        let (key, length, hash) = match lookup {
            Lookup::Found(node) => return Ok(node),
            Lookup::Short { key, length, hash } => (key, length, hash),
        };
        if let Some(slot) = self.tokens.find(hash, |s| s.key == key && s.length == length) {
            return Ok(slot.node);
        }
        let bytes = key.to_le_bytes();
        let text = std::str::from_utf8(&bytes[..length as usize]);
        self.intern_token(text.expect("the key of a short token is its text"))
    }

    /// The node of a token, a new one if it is new.
    #[inline]
    pub(super) fn intern_token(&mut self, text: &str) -> Result<u32> {
        let length = u32::try_from(text.len()).map_err(|_| too_large("bytes of one token"))?;
        let key = key_of(text.as_bytes());
        let hash = hash_token(key, length);
        if let Some(slot) = self.slot(text, key, hash) {
            return Ok(slot.node);
        }
        let place = self.texts.len() as u32;
        self.texts.push(text)?;
        let node = self.add(NONE, place)?;
        self.tokens
            .insert_unique(hash, Slot { key, length, node }, |s| hash_token(s.key, s.length));
        Ok(node)
    }

    /// The node of `parent` followed by `token`, or [`NONE`].
    #[inline]
    pub(super) fn find_pair(&self, parent: u32, token: u32) -> u32 {
        let found =
            self.pairs.find(hash_pair(parent, token), |&[p, t, _]| (p, t) == (parent, token));
        found.map_or(NONE, |&[_, _, node]| node)
    }

    /// The node of `parent` followed by `token`, a new one if it is new.
    #[inline]
    pub(super) fn intern_pair(&mut self, parent: u32, token: u32) -> Result<u32> {
        let hash = hash_pair(parent, token);
        if let Some(&[_, _, node]) = self.pairs.find(hash, |&[p, t, _]| (p, t) == (parent, token)) {
            return Ok(node);
        }
        let node = self.add(parent, token)?;
        self.pairs.insert_unique(hash, [parent, token, node], |&[p, t, _]| hash_pair(p, t));
        Ok(node)
    }

    fn add(&mut self, parent: u32, token: u32) -> Result<u32> {
        let node = self.made_of.len() as u32;
        if node == NONE {
            return Err(too_large("distinct terms"));
        }
        self.made_of.push((parent, token));
        Ok(node)
    }

    /// The node here of a node of `other`, a new one if it is new, given those of all nodes before it in `adopted`.
    pub(super) fn adopt(&mut self, other: &Self, node: u32, adopted: &[u32]) -> Result<u32> {
        match other.made_of[node as usize] {
            (NONE, _) => self.intern_token(other.text(node)),
            // Both parts are older than what they make up.
            (parent, token) => self.intern_pair(adopted[parent as usize], adopted[token as usize]),
        }
    }

    /// The term of a node: its tokens, joined by spaces.
    pub(super) fn term(&self, node: u32) -> String {
        let mut tokens = Vec::new();
        let mut at = node;
        loop {
            match self.made_of[at as usize] {
                (NONE, _) => break tokens.push(self.text(at)),
                (parent, token) => {
                    tokens.push(self.text(token));
                    at = parent;
                }
            }
        }
        tokens.reverse();
        tokens.join(" ")
    }
}

fn too_large(what: &'static str) -> Error {
    Error::TooLarge { what, limit: u32::MAX.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_their_numbers() {
        let mut nodes = Nodes::default();
        let words: Vec<String> = (0..5000)
            .map(|i| "ab\0é".repeat(i % 5) + &"0".repeat(i % 3) + &i.to_string())
            .chain([String::new(), "\0".to_owned(), "\0\0".to_owned()])
            .collect();
        for _ in 0..2 {
            for (i, word) in words.iter().enumerate() {
                assert_eq!(nodes.intern_token(word).unwrap(), i as u32);
                let lookup = nodes.prepare(word).unwrap();
                assert_eq!(nodes.finish(lookup).unwrap(), i as u32);
            }
        }
        assert_eq!((nodes.find_token("ab\0éab\0é0017"), nodes.find_token("absent")), (17, NONE));
    }

    #[test]
    fn a_node_spells_its_term_wherever_it_is_adopted() {
        let mut first = Nodes::default();
        let (not, so) = (first.intern_token("not").unwrap(), first.intern_token("so").unwrap());
        let not_so = first.intern_pair(not, so).unwrap();
        let not_so_not = first.intern_pair(not_so, not).unwrap();
        assert_eq!(first.term(not_so_not), "not so not");
        assert_eq!(first.find_pair(not_so, so), NONE);

        let mut second = Nodes::default();
        second.intern_token("else").unwrap();
        let mut adopted = Vec::new();
        for node in 0..first.len() as u32 {
            adopted.push(second.adopt(&first, node, &adopted).unwrap());
        }
        assert_eq!(second.term(adopted[not_so_not as usize]), "not so not");
    }
}
