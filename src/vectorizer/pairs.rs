//! Runs of tokens as small integers.
//!
//! An n-gram is known by the integer of its first n − 1 tokens and that of its last: no n-gram is ever written out to be
//! looked up. What is counted per integer is not known here.

use std::hint::select_unpredictable;

use super::table::{Entry, Table, mix};
use super::tokens::{NONE, PAIR, new_node};
use crate::error::Result;

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
    // There are many.
    const GROWTH: usize = 3;

    fn free() -> Self {
        Self { parent: NONE, token: NONE, node: NONE, value: V::default() }
    }

    fn is_free(&self) -> bool {
        self.parent == NONE
    }

    fn hash(&self, seed: u64) -> u64 {
        hash_pair(seed, self.parent, self.token)
    }
}

impl<V: Copy + Default> Default for Pairs<V> {
    fn default() -> Self {
        Self { table: Table::default() }
    }
}

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
fn hash_pair(seed: u64, parent: u32, token: u32) -> u64 {
    mix(seed, u64::from(parent) << 32 | u64::from(token), 0)
}

impl<V: Copy + Default> Pairs<V> {
    /// Room for about so many.
    pub(super) fn with_room(n: usize) -> Self {
        Self { table: Table::with_room(n) }
    }

    /// There will be no new ones.
    pub(super) fn settle(&mut self) {
        self.table.settle();
    }

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
        self.table.glance(hash_pair(self.table.seed(), parent, token))
    }

    /// The node and the value of `parent` followed by `token`; [`NONE`] and another value if there is no such pair, as where
    /// one of the two is [`NONE`].
    #[inline(always)]
    pub(super) fn node_and_value(&self, parent: u32, token: u32, or: V) -> (u32, V) {
        // A free place is like none of them, for its token is no token.
        let same = |pair: &Pair<V>| {
            (pair.parent ^ parent) | (pair.token ^ token) | u32::from(token == NONE) == 0
        };
        let pair = self.table.nearest(hash_pair(self.table.seed(), parent, token), same);
        let found = same(pair);
        let node = select_unpredictable(found, pair.node, NONE);
        (node, select_unpredictable(found, pair.value, or))
    }

    /// `parent` followed by `token`, with the value `new` if it is new.
    #[inline]
    pub(super) fn intern(&mut self, parent: u32, token: u32, new: V) -> Result<&mut Pair<V>> {
        let same = |pair: &Pair<V>| (pair.parent, pair.token) == (parent, token);
        let hash = hash_pair(self.table.seed(), parent, token);
        self.table.find_or_insert(hash, same, |n| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectorizer::tokens::Tokens;

    #[test]
    fn a_pair_is_not_a_token() {
        let (mut tokens, mut pairs) = (Tokens::default(), Pairs::default());
        let (not, so) = (tokens.intern("not").unwrap(), tokens.intern("so").unwrap());
        assert_eq!(pairs.node_and_value(not, so, '-'), (NONE, '-'));
        let not_so = pairs.intern(not, so, 'a').unwrap().node;
        let not_so_not = pairs.intern(not_so, not, 'b').unwrap().node;
        assert_eq!(pairs.intern(not, so, 'c').unwrap().value, 'a');
        assert_eq!((place(so), place(not_so_not)), (Place::Token(1), Place::Pair(1)));
        assert_eq!(pairs.node_and_value(not_so, not, '-'), (not_so_not, 'b'));
        assert_eq!(pairs.node_and_value(not_so, so, '-'), (NONE, '-'));
        assert_eq!(pair_at(1), not_so_not);
    }

    #[test]
    fn pairs_stay_while_the_table_grows() {
        let mut pairs = Pairs::default();
        for i in 0..10_000 {
            assert_eq!(pairs.intern(i % 100, i / 100, i).unwrap().node, pair_at(i));
        }
        for i in 0..10_000 {
            assert_eq!(pairs.node_and_value(i % 100, i / 100, NONE), (pair_at(i), i));
        }
        assert_eq!(pairs.len(), 10_000);
        assert!((0..).zip(pairs.in_order()).all(|(i, pair)| pair.value == i));
        assert_eq!(pairs.node_and_value(100, 0, 7), (NONE, 7));
    }
}
