//! Surface forms and what they come to in one index of terms, remembered from one text to the next.
//!
//! To stem a word, to look for its lemma and to ask whether it negates takes ten times as long as to look it up, and what
//! comes of it depends on the analyzer and the index alone. So each form is analysed when it is first met, and what was
//! found is kept in the scratch of the caller: nothing is shared, so nothing is locked, and nothing has to be stored. Which
//! columns tokens have is not known here.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::key::Key;
use super::table::{Entry, Table};
use super::tokens::{NONE, Tokens};
use crate::text::{Analyzer, Buffer, Role, Scope, negate};

/// So many forms are remembered for an index, about half a megabyte. When there are more, all are forgotten: those that
/// matter are soon back.
const MOST_FORMS: usize = 1 << 13;
/// Longer ones are analysed each time.
const LONGEST: usize = 64;
/// Of so many indexes.
const MOST_OWNERS: usize = 4;

/// Tells an index from all others of this process.
pub(super) fn new_owner() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What is remembered, for the indexes that were asked last.
#[derive(Debug, Default)]
pub(super) struct Memory {
    forms: Vec<Forms>,
}

impl Memory {
    /// The forms of one index, which is always used with the same analyzer.
    #[inline]
    pub(super) fn of(&mut self, owner: u64) -> &mut Forms {
        if self.forms.first().is_none_or(|forms| forms.owner != owner) {
            self.bring_to_front(owner);
        }
        &mut self.forms[0]
    }

    fn bring_to_front(&mut self, owner: u64) {
        if let Some(at) = self.forms.iter().position(|forms| forms.owner == owner) {
            self.forms[..=at].rotate_right(1);
        } else {
            self.forms.truncate(MOST_OWNERS - 1);
            self.forms.insert(0, Forms::new(owner));
        }
    }
}

/// The forms of one index.
#[derive(Debug)]
pub(super) struct Forms {
    owner: u64,
    short: Table<Short>,
    /// Those that are longer than a key, and what they come to.
    long: Tokens,
    meanings: Vec<Meaning>,
}

/// What a surface form comes to.
#[derive(Debug, Clone, Copy)]
struct Meaning {
    /// [`NONE`] for what is in no term.
    token: u32,
    /// The same under a negation.
    negated: u32,
    role: Role,
    is_stop_word: bool,
}

/// A form that its key is all of, and what it comes to, side by side: in one cache line and not across the edge of two.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
struct Short {
    // The parts of a `Key`, which would not lie as close.
    bytes: [u64; 2],
    length: u32,
    meaning: Meaning,
}

impl Short {
    #[inline]
    fn key(&self) -> Key {
        Key { bytes: self.bytes, length: self.length }
    }
}

impl Entry for Short {
    // There are few, and each is asked for often: the more room, the fewer stand in another's place.
    const GROWTH: usize = 8;

    fn free() -> Self {
        let meaning =
            Meaning { token: NONE, negated: NONE, role: Role::Other, is_stop_word: false };
        Self { bytes: [0; 2], length: u32::MAX, meaning }
    }

    #[inline]
    fn is_free(&self) -> bool {
        self.length == u32::MAX
    }

    fn hash(&self, seed: u64) -> u64 {
        self.key().hash(seed)
    }
}

impl Meaning {
    fn of(surface: &str, analyzer: &Analyzer, index: &Tokens) -> Self {
        let token = analyzer.token(surface);
        let negators = analyzer.negators();
        Self {
            token: token.as_ref().map_or(NONE, |token| index.find(token)),
            negated: token
                .as_ref()
                .filter(|_| negators.is_some())
                .map_or(NONE, |token| index.find(&negate(token))),
            role: negators.map_or(Role::Other, |negators| negators.role(surface)),
            is_stop_word: token.is_none(),
        }
    }
}

impl Forms {
    fn new(owner: u64) -> Self {
        let (short, long) = (Table::default(), Tokens::default());
        Self { owner, short, long, meanings: Vec::new() }
    }

    /// How many are remembered.
    fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    /// Hands out the tokens of a text by their integers in the index, [`NONE`] for those in no term, and their bytes: what
    /// [`Analyzer::each`] says, without spelling it.
    pub(super) fn read(
        &mut self,
        analyzer: &Analyzer,
        index: &Tokens,
        text: &str,
        buffer: &mut Buffer,
        mut each: impl FnMut(u32, Range<usize>),
    ) {
        if self.len() >= MOST_FORMS {
            *self = Self::new(self.owner);
        }
        let negators = analyzer.negators();
        let (mut scope, mut end) = (Scope::default(), 0);
        analyzer.segment_within(text, buffer, |whole, form, range| {
            let Meaning { token, negated, role, is_stop_word } =
                self.meaning(whole, form, analyzer, index);
            let mut is_negated = false;
            if let Some(negators) = negators {
                scope.pass(text, end..range.start);
                end = range.end;
                let passes = !is_stop_word || role != Role::Other;
                is_negated = passes && scope.negates(negators, role);
            }
            if !is_stop_word {
                each(if is_negated { negated } else { token }, range);
            }
        });
    }

    #[inline(always)]
    fn meaning(
        &mut self,
        whole: &str,
        form: Range<usize>,
        analyzer: &Analyzer,
        index: &Tokens,
    ) -> Meaning {
        let seed = self.short.seed();
        let key = Key::within(whole.as_bytes(), form.clone(), seed);
        if key.is_whole()
            && let Some(short) = self.short.find(key.hash(seed), |short| short.key().is(key))
        {
            return short.meaning;
        }
        self.long_or_new(&whole[form], key, analyzer, index)
    }

    #[cold]
    fn long_or_new(
        &mut self,
        surface: &str,
        key: Key,
        analyzer: &Analyzer,
        index: &Tokens,
    ) -> Meaning {
        let known = if key.is_whole() { NONE } else { self.long.find(surface) };
        if let Some(&meaning) = self.meanings.get(known as usize) {
            return meaning;
        }
        let meaning = Meaning::of(surface, analyzer, index);
        if self.len() < MOST_FORMS && surface.len() <= LONGEST {
            if key.is_whole() {
                let Key { bytes, length } = key;
                let new = |_| Ok(Short { bytes, length, meaning });
                // It is not there yet, and to make it cannot fail.
                let _ = self.short.find_or_insert(key.hash(self.short.seed()), |_| false, new);
            } else if self.long.intern(surface).is_ok() {
                self.meanings.push(meaning);
            }
        }
        meaning
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, Negation, StopWords};

    #[test]
    fn forms_are_read_as_the_analyzer_spells_them_however_often() {
        let negation = Negation::of(Language::English).unwrap();
        let params = Analyzer::social().stemmer(Language::English).negation(negation);
        let analyzer = params.stop_words(StopWords::list(["the", "not"])).build().unwrap();
        let mut index = Tokens::default();
        for token in ["flight", "NOT_delay", "!", "love"] {
            index.intern(token).unwrap();
        }
        let (mut memory, mut buffer) = (Memory::default(), Buffer::default());
        let long = "the flights were not delayed! ".repeat(3) + &"delayed".repeat(20);
        for round in 0..3 {
            for text in ["not the delayed flights, loved!", "", "delayed", &long] {
                let (mut expected, mut found) = (Vec::new(), Vec::new());
                analyzer.each(text, &mut buffer, |token, range| {
                    expected.push((index.find(token), range));
                });
                let each = |token, range| found.push((token, range));
                memory.of(7).read(&analyzer, &index, text, &mut buffer, each);
                assert_eq!(found, expected, "{round} {text}");
            }
        }
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let analyzer = Analyzer::word().stemmer(Language::English).build().unwrap();
        let mut index = Tokens::default();
        index.intern("fli").unwrap();
        let (mut memory, mut buffer) = (Memory::default(), Buffer::default());
        for first in (0..40_000).step_by(1_000) {
            let words: Vec<String> = (first..first + 1_000).map(|i| format!("w{i}")).collect();
            let (text, mut found) = (words.join(" ") + " flying", Vec::new());
            let each = |token, _| found.push(token);
            memory.of(0).read(&analyzer, &index, &text, &mut buffer, each);
            assert_eq!((found[0], found[1_000]), (NONE, 0));
            assert!(memory.of(0).len() <= MOST_FORMS);
        }
        for owner in [0, 1, 2, 0, 3, 4, 5] {
            memory.of(owner);
        }
        let owners: Vec<u64> = memory.forms.iter().map(|forms| forms.owner).collect();
        assert_eq!(owners, [5, 4, 3, 0]);
    }
}
