//! Tokens as small integers.
//!
//! A token is known by its bytes; integers count up from 0 in the order of arrival. What is counted per integer is not known
//! here.

use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::arena::Arena;
use super::table::{Entry, Table, mix};
use crate::error::{Error, Result};
use crate::parallel;

/// Stands for "no such token or n-gram".
pub(super) const NONE: u32 = u32::MAX;

/// Tokens as consecutive integers.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    texts: Arc<Arena>,
    /// May lack the last ones that were [adopted](Tokens::adopt), until one is looked up that may be new.
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
    const GROWTH: usize = 4;

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
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) bytes: [u64; 2],
    pub(super) length: u32,
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
    #[inline(always)]
    pub(super) fn within(text: &[u8], word: Range<usize>, seed: u64) -> Self {
        let length = word.len();
        match text.get(word.start..).and_then(<[u8]>::first_chunk::<{ Self::LONGEST }>) {
            Some(bytes) if length <= Self::LONGEST => {
                let bytes = u128::from_le_bytes(*bytes) & MASKS[length];
                Self { bytes: [bytes as u64, (bytes >> 64) as u64], length: length as u32 }
            }
            _ => Self::of(&text[word], seed),
        }
    }

    /// Whether it is the same, by one question instead of three.
    #[inline(always)]
    pub(super) fn is(self, other: Self) -> bool {
        let [a, b] = [self.bytes[0] ^ other.bytes[0], self.bytes[1] ^ other.bytes[1]];
        (a | b | u64::from(self.length ^ other.length)) == 0
    }

    #[inline]
    pub(super) fn is_whole(self) -> bool {
        self.length as usize <= Self::LONGEST
    }

    #[inline]
    pub(super) fn hash(self, seed: u64) -> u64 {
        let [first, second] = self.bytes;
        mix(seed, first, second ^ u64::from(self.length) << 56)
    }
}

/// Tokens on their way to their integers.
///
/// First all that can be done without the table, for all tokens of a text, and a glance at each one's place there; only then
/// the look that decides. So the processor waits for many places at once, and no wrong guess about one of them holds up the
/// others.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    tokens: Vec<Lookup>,
}

/// A token of which the key is all, or one that is found already.
#[derive(Debug, Clone, Copy)]
struct Lookup {
    // The parts of a `Key`, which would not lie as close.
    bytes: [u64; 2],
    length: u32,
    /// [`NONE`] unless it is found already.
    found: u32,
    hash: u64,
}

impl Lookups {
    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Begins anew.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.tokens.clear();
    }

    #[inline(always)]
    fn push_short(&mut self, Key { bytes, length }: Key, hash: u64) {
        self.tokens.push(Lookup { bytes, length, found: NONE, hash });
    }

    #[cold]
    fn push_found(&mut self, token: u32) {
        // No token is so long: what is not there is not found the second time either.
        self.tokens.push(Lookup { bytes: [0; 2], length: u32::MAX, found: token, hash: 0 });
    }

    /// All of them, after a glance at where each lies.
    #[inline]
    fn glanced(&self, table: &Table<Slot>) -> &[Lookup] {
        let glances = self.tokens.iter().map(|lookup| u32::from(table.glance(lookup.hash)));
        black_box(glances.fold(0, u32::wrapping_add));
        &self.tokens
    }
}

/// The text of a word, which the caller has cut where it may be cut.
fn whole(word: &[u8]) -> &str {
    std::str::from_utf8(word).expect("a word of a text is a text")
}

impl Tokens {
    /// Room for so many before it grows.
    pub(super) fn with_room(n: usize) -> Self {
        Self { texts: Arc::default(), table: Table::with_room(n) }
    }

    /// Keeps texts that are the same as its own and are kept anyway, instead of its own.
    pub(super) fn share(&mut self, texts: &Arc<Arena>) {
        debug_assert_eq!(self.texts, *texts, "integers and texts belong together");
        self.texts = Arc::clone(texts);
    }

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

    #[inline(always)]
    fn find_short(&self, key: Key) -> u32 {
        self.find_hashed(key, key.hash(self.table.seed()))
    }

    #[inline(always)]
    fn find_hashed(&self, key: Key, hash: u64) -> u32 {
        self.table.find(hash, |slot| slot.key().is(key)).map_or(NONE, |slot| slot.token)
    }

    fn find_long(&self, key: Key, text: &str) -> u32 {
        let same = |slot: &Slot| slot.key().is(key) && self.text(slot.token) == text;
        self.table.find(key.hash(self.table.seed()), same).map_or(NONE, |slot| slot.token)
    }

    /// The integer of a word in a text, or [`NONE`].
    #[inline(always)]
    pub(super) fn find_within(&self, text: &[u8], word: Range<usize>) -> u32 {
        let key = Key::within(text, word.clone(), self.table.seed());
        if key.is_whole() { self.find_short(key) } else { self.find(whole(&text[word])) }
    }

    /// Whether all of a word in a text is in its key; if so, it is `put` among the lookups.
    #[inline(always)]
    fn prepare_short(&self, text: &[u8], word: Range<usize>, put: &mut Lookups) -> bool {
        let key = Key::within(text, word, self.table.seed());
        let is_short = key.is_whole();
        if is_short {
            let hash = key.hash(self.table.seed());
            put.push_short(key, hash);
        }
        is_short
    }

    /// Begins to look up a word in a text; what there is of it in the end tells [`found`](Self::found).
    #[inline(always)]
    fn prepare_find(&self, text: &[u8], word: Range<usize>, put: &mut Lookups) {
        if !self.prepare_short(text, word.clone(), put) {
            put.push_found(self.find(whole(&text[word])));
        }
    }

    /// The integers of the words that were looked up, or [`NONE`].
    #[inline]
    fn found(&self, lookups: &Lookups) -> impl Iterator<Item = u32> {
        let finish = |&Lookup { bytes, length, found, hash }: &Lookup| match found {
            NONE => self.find_hashed(Key { bytes, length }, hash),
            found => found,
        };
        lookups.glanced(&self.table).iter().map(finish)
    }

    /// Begins to look up a word in a text, which may be new.
    #[inline(always)]
    pub(super) fn prepare(
        &mut self,
        text: &[u8],
        word: Range<usize>,
        put: &mut Lookups,
    ) -> Result<()> {
        if !self.prepare_short(text, word.clone(), put) {
            put.push_found(self.intern(whole(&text[word]))?);
        }
        Ok(())
    }

    /// Appends the integers of the words that were looked up, new ones for those that are new.
    #[inline]
    pub(super) fn interned(&mut self, lookups: &Lookups, tokens: &mut Vec<u32>) -> Result<()> {
        debug_assert_eq!(self.table.len(), self.len(), "what was adopted is in the table");
        for &Lookup { bytes, length, found, hash } in lookups.glanced(&self.table) {
            let key = Key { bytes, length };
            let token = match found {
                NONE => match self.find_hashed(key, hash) {
                    NONE => self.add_short(key, hash)?,
                    token => token,
                },
                found => found,
            };
            tokens.push(token);
        }
        Ok(())
    }

    /// Appends the integers of the tokens of another table from one on, new ones for those that are new here. The table follows
    /// when somebody [asks for it](Self::index).
    pub(super) fn adopt(
        &mut self,
        other: &Self,
        from: usize,
        adopted: &mut Vec<u32>,
    ) -> Result<()> {
        self.index();
        let mut tokens = self.find_all(other, from);
        let texts = Arc::make_mut(&mut self.texts);
        for (token, i) in tokens.iter_mut().zip(from..) {
            if *token == NONE {
                *token = new_node(texts.len(), 0)?;
                texts.push(other.text(i as u32))?;
            }
        }
        adopted.append(&mut tokens);
        Ok(())
    }

    /// Puts in the table what it lacks.
    pub(super) fn index(&mut self) {
        for token in self.table.len()..self.texts.len() {
            let Key { bytes, length } =
                Key::of(self.texts.get(token).as_bytes(), self.table.seed());
            let hash = Key { bytes, length }.hash(self.table.seed());
            let slot = Slot { bytes, length, token: token as u32 };
            let put = self.table.find_or_insert(hash, |_| false, |_| Ok(slot));
            debug_assert!(put.is_ok(), "it has a number already");
        }
    }

    /// The integers here of the tokens of another table from one on, or [`NONE`]; on all threads.
    pub(super) fn find_all(&self, other: &Self, from: usize) -> Vec<u32> {
        let text = other.texts.text().as_bytes();
        let n = (other.len() - from).div_ceil(Self::PIECE);
        let found = parallel::map((0..n).collect(), |i| {
            let piece = parallel::piece(other.len() - from, n, i);
            let (mut lookups, mut found) = (Lookups::default(), Vec::with_capacity(piece.len()));
            for first in piece.clone().step_by(Self::AT_ONCE) {
                lookups.clear();
                for i in first..piece.end.min(first + Self::AT_ONCE) {
                    self.prepare_find(text, other.texts.range(from + i), &mut lookups);
                }
                found.extend(self.found(&lookups));
            }
            found
        });
        found.concat()
    }

    /// How many lookups are worth another thread.
    const PIECE: usize = 1 << 13;

    /// How many lookups are worth preparing together.
    pub(super) const AT_ONCE: usize = 64;

    fn add_short(&mut self, key: Key, hash: u64) -> Result<u32> {
        let [first, second] = key.bytes.map(u64::to_le_bytes);
        let bytes = [first, second].concat();
        self.add(whole(&bytes[..key.length as usize]), key, hash)
    }

    /// The integer of a token, a new one if it is new.
    pub(super) fn intern(&mut self, text: &str) -> Result<u32> {
        self.index();
        let key = Key::of(text.as_bytes(), self.table.seed());
        let known = if key.is_whole() { self.find_short(key) } else { self.find_long(key, text) };
        if known == NONE { self.add(text, key, key.hash(self.table.seed())) } else { Ok(known) }
    }

    /// There will be no new ones.
    pub(super) fn settle(&mut self) {
        Arc::make_mut(&mut self.texts).settle();
        self.table.settle();
    }

    /// Adds a token that is new.
    fn add(&mut self, text: &str, Key { bytes, length }: Key, hash: u64) -> Result<u32> {
        if length == u32::MAX {
            return Err(too_large("bytes of one token"));
        }
        let token = new_node(self.texts.len(), 0)?;
        Arc::make_mut(&mut self.texts).push(text)?;
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
                    let (mut lookups, mut interned) = (Lookups::default(), Vec::new());
                    tokens.prepare(text.as_bytes(), word.clone(), &mut lookups).unwrap();
                    tokens.interned(&lookups, &mut interned).unwrap();
                    assert_eq!(interned, [i as u32]);
                    tokens.prepare_find(text.as_bytes(), word, &mut lookups);
                    assert!(tokens.found(&lookups).eq([i as u32; 2]));
                }
            }
        }
        assert_eq!((tokens.find("ab\0éab\0é0017"), tokens.find("absent")), (17, NONE));
        let mut lookups = Lookups::default();
        for absent in ["absent", "absent and longer than a key"] {
            tokens.prepare_find(absent.as_bytes(), 0..absent.len(), &mut lookups);
        }
        assert!(tokens.found(&lookups).eq([NONE; 2]));

        let (mut other, mut adopted) = (Tokens::default(), vec![7]);
        for word in ["absent", &words[200], &words[100]] {
            other.intern(word).unwrap();
        }
        assert_eq!(tokens.find_all(&other, 0), [NONE, 200, 100]);
        tokens.adopt(&other, 1, &mut adopted).unwrap();
        tokens.adopt(&other, 0, &mut adopted).unwrap();
        assert_eq!(adopted, [7, 200, 100, words.len() as u32, 200, 100]);
    }

    #[test]
    fn adopted_texts_are_found_as_soon_as_somebody_asks() {
        let table = |words: &[&str]| {
            let mut tokens = Tokens::default();
            for word in words {
                tokens.intern(word).unwrap();
            }
            tokens
        };
        let long = "a word of more than sixteen bytes";
        let mut tokens = table(&["x"]);
        let mut adopted = Vec::new();
        tokens.adopt(&table(&["y", "x", long]), 0, &mut adopted).unwrap();
        assert_eq!(adopted, [1, 0, 2]);
        // The next reader knows the same words.
        adopted.clear();
        tokens.adopt(&table(&[long, "z", "y"]), 0, &mut adopted).unwrap();
        assert_eq!(adopted, [2, 3, 1]);
        assert_eq!(tokens.texts().collect::<Vec<_>>(), ["x", "y", long, "z"]);
        assert_eq!((tokens.intern("z").unwrap(), tokens.intern("new").unwrap()), (3, 4));
        tokens.adopt(&table(&["last"]), 0, &mut Vec::new()).unwrap();
        tokens.index();
        assert_eq!((tokens.find("last"), tokens.find(long), tokens.find("none")), (5, 2, NONE));
    }
}
