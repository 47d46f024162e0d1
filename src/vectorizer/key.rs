//! What tells a token from all others without a look at its text.
//!
//! The bytes of a word in, numbers that stand for it out. Which integer it has is not known here.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use foldhash::fast::FixedState;

use super::table::{Entry, mix};
use super::tokens::NONE;

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
    pub(super) fn of(text: &[u8], seed: u64) -> Self {
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

/// What the table knows of a token. Nearly all are no longer than the key, and told apart without a look at their text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    // The parts of a `Key`, which would not lie as close.
    pub(super) bytes: [u64; 2],
    pub(super) length: u32,
    /// [`NONE`] where there is none.
    pub(super) token: u32,
}

impl Slot {
    #[inline]
    pub(super) fn key(&self) -> Key {
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

/// The text of a word, which the caller has cut where it may be cut.
pub(super) fn whole(word: &[u8]) -> &str {
    std::str::from_utf8(word).expect("a word of a text is a text")
}
