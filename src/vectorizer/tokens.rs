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

    /// Glances at where those that wait lie.
    #[inline]
    fn glance(&self, table: &Table<Slot>) {
        let seed = table.seed();
        let waiting = self.waiting[..self.n_waiting].iter();
        let glances = waiting.map(|lookup| u32::from(table.glance(lookup.key().hash(seed))));
        black_box(glances.fold(0, u32::wrapping_add));
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

    /// Begins to look up a word in a text; what there is of it in the end tells [`found`](Self::found).
    #[inline(always)]
    fn prepare_find(&self, text: &[u8], word: Range<usize>, put: &mut Lookups) {
        let key = Key::within(text, word.clone(), self.table.seed());
        put.reserve(1);
        if key.is_whole() {
            put.waiting[put.n_waiting] = Lookup::new(key, put.len());
            put.n_waiting += 1;
            put.found.push(NONE);
        } else {
            put.found.push(self.find(whole(&text[word])));
        }
    }

    /// The integers of the words that were looked up, or [`NONE`].
    #[inline]
    fn found<'l>(&self, lookups: &'l mut Lookups) -> &'l [u32] {
        lookups.glance(&self.table);
        let Lookups { found, waiting, n_waiting, .. } = lookups;
        for lookup in &waiting[..*n_waiting] {
            found[lookup.at] = self.find_short(lookup.key());
        }
        found
    }

    /// Begins to look up words in a text, which may be new.
    #[inline(always)]
    pub(super) fn prepare(
        &mut self,
        text: &[u8],
        words: impl ExactSizeIterator<Item = Range<usize>>,
        put: &mut Lookups,
    ) -> Result<()> {
        put.reserve(words.len());
        let seed = self.table.seed();
        let Lookups { found, waiting, n_waiting, near } = put;
        // In a register as long as the words last.
        let mut n = *n_waiting;
        for word in words {
            let key = Key::within(text, word.clone(), seed);
            if key.is_whole() {
                let near = near.get(key.hash(seed) as usize % Lookups::NEAR);
                let (known, token) =
                    near.map_or((false, NONE), |slot| (slot.key().is(key), slot.token));
                // Written in any case: no guess at which are near.
                waiting[n] = Lookup::new(key, found.len());
                n += usize::from(!known);
                found.push(token);
            } else {
                found.push(self.intern(whole(&text[word]))?);
            }
        }
        *n_waiting = n;
        Ok(())
    }

    /// The integers of the words that were looked up, new ones for those that are new.
    #[inline]
    pub(super) fn interned<'l>(&mut self, lookups: &'l mut Lookups) -> Result<&'l [u32]> {
        debug_assert_eq!(self.table.len(), self.len(), "what was adopted is in the table");
        lookups.glance(&self.table);
        let Lookups { found, waiting, n_waiting, near } = lookups;
        for lookup in &waiting[..*n_waiting] {
            let key = lookup.key();
            let hash = key.hash(self.table.seed());
            let token = match self.find_hashed(key, hash) {
                NONE => self.add_short(key, hash)?,
                token => token,
            };
            found[lookup.at] = token;
            if let Some(place) = near.get_mut(hash as usize % Lookups::NEAR)
                && place.is_free()
            {
                *place = Slot { bytes: key.bytes, length: key.length, token };
            }
        }
        // A table of fewer tokens is close itself.
        if near.is_empty() && self.len() > Lookups::NEAR {
            *near = vec![Slot::free(); Lookups::NEAR];
        }
        Ok(found)
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
                found.extend_from_slice(self.found(&mut lookups));
            }
            found
        });
        found.concat()
    }

    /// How many lookups are worth another thread.
    const PIECE: usize = 1 << 13;

    /// How many tokens are worth looking up together.
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
    use std::collections::HashMap;
    use std::iter::once;

    use super::*;
    use crate::random::SplitMix64;

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
                    let mut lookups = Lookups::default();
                    tokens.prepare(text.as_bytes(), once(word.clone()), &mut lookups).unwrap();
                    assert_eq!(tokens.interned(&mut lookups).unwrap(), [i as u32]);
                    tokens.prepare_find(text.as_bytes(), word, &mut lookups);
                    assert_eq!(tokens.found(&mut lookups), [i as u32; 2]);
                }
            }
        }
        assert_eq!((tokens.find("ab\0éab\0é0017"), tokens.find("absent")), (17, NONE));
        let mut lookups = Lookups::default();
        for absent in ["absent", "absent and longer than a key"] {
            tokens.prepare_find(absent.as_bytes(), 0..absent.len(), &mut lookups);
        }
        assert_eq!(tokens.found(&mut lookups), [NONE; 2]);

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
