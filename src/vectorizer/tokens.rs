//! Tokens as small integers.
//!
//! A token is known by its bytes; integers count up from 0 in the order of arrival. What is counted per integer is not known
//! here.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use super::arena::Arena;
use super::key::{Key, Slot, whole};
use super::lookups::Lookups;
use super::table::Table;
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

    /// Begins to look up words in a text, which may be new.
    #[inline(always)]
    pub(super) fn prepare(
        &mut self,
        text: &[u8],
        words: impl ExactSizeIterator<Item = Range<usize>>,
        put: &mut Lookups,
    ) -> Result<()> {
        put.prepare(text, words, self.table.seed(), |word| self.intern(word))
    }

    /// The integers of the words that were looked up, new ones for those that are new.
    #[inline]
    pub(super) fn interned<'l>(&mut self, lookups: &'l mut Lookups) -> Result<&'l [u32]> {
        debug_assert_eq!(self.table.len(), self.len(), "what was adopted is in the table");
        lookups.glance(&self.table);
        lookups.finish(self.table.seed(), |key, hash| match self.find_hashed(key, hash) {
            NONE => self.add_short(key, hash),
            token => Ok(token),
        })?;
        lookups.keep_near(self.len());
        Ok(lookups.found())
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
            for first in piece.clone().step_by(Lookups::AT_ONCE) {
                let some = first..piece.end.min(first + Lookups::AT_ONCE);
                let words = some.map(|i| other.texts.range(from + i));
                lookups.clear();
                let find = |word: &str| Ok::<_, Infallible>(self.find(word));
                let Ok(()) = lookups.prepare(text, words, self.table.seed(), find);
                lookups.glance(&self.table);
                let find = |key, hash| Ok::<_, Infallible>(self.find_hashed(key, hash));
                let Ok(()) = lookups.finish(self.table.seed(), find);
                found.extend_from_slice(lookups.found());
            }
            found
        });
        found.concat()
    }

    /// How many lookups are worth another thread.
    const PIECE: usize = 1 << 13;

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
    use std::iter::once;

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
                    let mut lookups = Lookups::default();
                    tokens.prepare(text.as_bytes(), once(word.clone()), &mut lookups).unwrap();
                    assert_eq!(tokens.interned(&mut lookups).unwrap(), [i as u32]);
                    assert_eq!(tokens.find_within(text.as_bytes(), word), i as u32);
                }
            }
        }
        assert_eq!((tokens.find("ab\0éab\0é0017"), tokens.find("absent")), (17, NONE));
        assert_eq!(tokens.find("absent and longer than a key"), NONE);

        let (mut other, mut adopted) = (Tokens::default(), vec![7]);
        for word in ["absent", &words[200], &words[100]] {
            other.intern(word).unwrap();
        }
        assert_eq!(tokens.find_all(&other, 0), [NONE, 200, 100]);
        let mut longer = Tokens::default();
        longer.intern("absent and longer than a key").unwrap();
        longer.intern(&words[204]).unwrap();
        assert_eq!(tokens.find_all(&longer, 0), [NONE, 204]);
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
