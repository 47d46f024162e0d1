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

/// Texts as consecutive integers.
#[derive(Debug, Clone, Default)]
struct Strings {
    arena: Arena,
    table: HashTable<Slot>,
}

/// What the table knows of a text. Most words are no longer than `start`, and found without a look at the arena.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The first eight bytes, filled up with zeros.
    start: u64,
    length: u32,
    id: u32,
}

/// The first eight bytes of a text, filled up with zeros.
#[inline]
fn start_of(text: &[u8]) -> u64 {
    let four = |bytes: &[u8]| bytes.first_chunk().map_or(0, |c| u64::from(u32::from_le_bytes(*c)));
    match text.len() {
        0 => 0,
        // The first, the middle and the last byte are all there are; some may be the same one.
        n @ 1..=3 => {
            let byte = |i: usize| u64::from(text[i]) << (8 * i);
            byte(0) | byte(n / 2) | byte(n - 1)
        }
        // Two halves that overlap where they must.
        n @ 4..=7 => four(text) | four(&text[n - 4..]) << (8 * (n - 4)),
        _ => text.first_chunk().map_or(0, |c| u64::from_le_bytes(*c)),
    }
}

/// A fixed seed: the same program on the same texts does the same work.
fn hasher() -> impl Hasher {
    FixedState::with_seed(0x5e17).build_hasher()
}

#[inline]
fn hash_text(text: &[u8], start: u64) -> u64 {
    let mut hasher = hasher();
    if text.len() <= 8 {
        hasher.write_u64(start);
        hasher.write_u8(text.len() as u8);
    } else {
        hasher.write(text);
    }
    hasher.finish()
}

impl Strings {
    /// The integer of a text, or [`NONE`].
    #[inline]
    fn find(&self, text: &str) -> u32 {
        let start = start_of(text.as_bytes());
        let same = |slot: &Slot| is(slot, text, start, &self.arena);
        self.table.find(hash_text(text.as_bytes(), start), same).map_or(NONE, |slot| slot.id)
    }

    /// The integer of a text, a new one if it is new.
    #[inline]
    fn intern(&mut self, text: &str) -> Result<u32> {
        let start = start_of(text.as_bytes());
        let hash = hash_text(text.as_bytes(), start);
        let Self { arena, table } = self;
        if let Some(slot) = table.find(hash, |slot| is(slot, text, start, arena)) {
            return Ok(slot.id);
        }
        let id = arena.len() as u32;
        arena.push(text)?;
        let slot = Slot { start, length: text.len() as u32, id };
        table
            .insert_unique(hash, slot, |s| hash_text(arena.get(s.id as usize).as_bytes(), s.start));
        Ok(id)
    }
}

#[inline]
fn is(slot: &Slot, text: &str, start: u64, arena: &Arena) -> bool {
    slot.start == start
        && slot.length as usize == text.len()
        && (text.len() <= 8 || arena.get(slot.id as usize) == text)
}

fn too_large(what: &'static str) -> Error {
    Error::TooLarge { what, limit: u32::MAX.into() }
}

/// Tokens and n-grams ("nodes") as consecutive integers of one sequence.
#[derive(Debug, Clone, Default)]
pub(super) struct Nodes {
    tokens: Strings,
    /// The node of each token.
    single: Vec<u32>,
    /// (parent, token) → node.
    pairs: HashTable<[u32; 3]>,
    /// What each node is made of: (parent node, token), the parent being [`NONE`] for a single token.
    made_of: Vec<(u32, u32)>,
}

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

    /// The number of a token, or [`NONE`].
    #[inline]
    pub(super) fn find_token(&self, token: &str) -> u32 {
        self.tokens.find(token)
    }

    /// The number of a token, a new one (and a node for it) if it is new.
    #[inline]
    pub(super) fn intern_token(&mut self, token: &str) -> Result<u32> {
        let id = self.tokens.intern(token)?;
        if id as usize == self.single.len() {
            let node = self.add(NONE, id)?;
            self.single.push(node);
        }
        Ok(id)
    }

    /// The node of a single token.
    #[inline]
    pub(super) fn token_node(&self, token: u32) -> u32 {
        self.single[token as usize]
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

    /// The integer here of a node of `other`, given those of its lower nodes, a new one if it is new.
    pub(super) fn adopt(&mut self, other: &Self, node: u32, adopted: &[u32]) -> Result<u32> {
        let (parent, token) = other.made_of[node as usize];
        if parent == NONE {
            let token = self.intern_token(other.tokens.arena.get(token as usize))?;
            return Ok(self.token_node(token));
        }
        // A token's node is older than any n-gram that ends with it, so both parts are known here already.
        let token_node = adopted[other.token_node(token) as usize];
        let (_, token) = self.made_of[token_node as usize];
        self.intern_pair(adopted[parent as usize], token)
    }

    /// The term of a node: its tokens, joined by spaces.
    pub(super) fn term(&self, node: u32) -> String {
        let mut tokens = Vec::new();
        let mut at = node;
        while at != NONE {
            let (parent, token) = self.made_of[at as usize];
            tokens.push(self.tokens.arena.get(token as usize));
            at = parent;
        }
        tokens.reverse();
        tokens.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_keep_their_numbers() {
        let mut strings = Strings::default();
        let words: Vec<String> = (0..5000)
            .map(|i| "ab\0é".repeat(i % 5) + &"0".repeat(i % 3) + &i.to_string())
            .chain([String::new(), "\0".to_owned(), "\0\0".to_owned()])
            .collect();
        for _ in 0..2 {
            for (i, word) in words.iter().enumerate() {
                assert_eq!(strings.intern(word).unwrap(), i as u32);
            }
        }
        assert_eq!((strings.find("ab\0éab\0é0017"), strings.find("absent")), (17, NONE));
    }

    #[test]
    fn a_node_spells_its_term_wherever_it_is_adopted() {
        let mut first = Nodes::default();
        let (not, so) = (first.intern_token("not").unwrap(), first.intern_token("so").unwrap());
        let not_so = first.intern_pair(first.token_node(not), so).unwrap();
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
