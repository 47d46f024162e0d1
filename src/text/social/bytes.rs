//! What bytes tell by themselves: tables, made when the crate is compiled, and arithmetic on eight bytes at once.
//!
//! Bytes in; what may start there, and how far letters and digits go, out. Characters beyond ASCII are not known here.

/// What may start at a byte. The emoticons are asked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// White space and controls.
    Nothing,
    /// A letter or `_`.
    Letter,
    Digit,
    /// `@` or `#`.
    Tag,
    /// `!` or `?`.
    Mark,
    Dot,
    Dollar,
    /// `'` or a backtick.
    Apostrophe,
    /// `*`, which may carry a keycap.
    Star,
    /// Any other visible ASCII.
    Sign,
    /// The first byte of a longer character.
    Beyond,
}

pub(super) const LEAD: [Lead; 256] = {
    let mut table = [Lead::Beyond; 256];
    let mut b = 0u8;
    while b < 0x80 {
        table[b as usize] = match b {
            0..=b' ' | 0x7f => Lead::Nothing,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Lead::Letter,
            b'0'..=b'9' => Lead::Digit,
            b'@' | b'#' => Lead::Tag,
            b'!' | b'?' => Lead::Mark,
            b'.' => Lead::Dot,
            b'$' => Lead::Dollar,
            b'\'' | b'`' => Lead::Apostrophe,
            b'*' => Lead::Star,
            _ => Lead::Sign,
        };
        b += 1;
    }
    table
};

/// An ASCII letter.
pub(super) const LETTER: u8 = 1;
pub(super) const DIGIT: u8 = 2;
/// A letter, a digit or `_`.
pub(super) const WORD: u8 = 4;
/// Ends a word, unless what follows makes it part of the word, or all that of an address.
pub(super) const MAY_JOIN: u8 = 8;
/// Part of a character that is not ASCII.
pub(super) const BEYOND: u8 = 16;

/// What a byte is within a word or at its end.
pub(super) const KIND: [u8; 256] = {
    let mut table = [MAY_JOIN | BEYOND; 256];
    let mut b = 0u8;
    while b < 0x80 {
        table[b as usize] = match b {
            b'A'..=b'Z' | b'a'..=b'z' => LETTER | WORD,
            b'0'..=b'9' => DIGIT | WORD,
            b'_' => WORD,
            b'\'' | b'`' | b'.' | b',' | b':' | b'@' | b'-' | b'+' => MAY_JOIN,
            _ => 0,
        };
        b += 1;
    }
    table
};

#[inline]
pub(super) fn is(byte: Option<&u8>, kind: u8) -> bool {
    byte.is_some_and(|b| KIND[usize::from(*b)] & kind != 0)
}

/// The start of a run of word bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Up to eight.
    pub(super) length: usize,
    /// Holds three equal bytes in a row, not minding case; in rare cases said of others.
    pub(super) repeats: bool,
}

/// Eight bytes at a time, by arithmetic on all of them at once: most words are shorter, and where each ends is what a
/// processor that goes byte by byte guesses wrong.
#[inline]
pub(super) fn run(bytes: &[u8], at: usize) -> Run {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // The top bit of each byte of `all` that is at least `least`; both are below 0x80, so no byte reaches into the
    // next.
    let from = |all: u64, least: u8| all + u64::from(0x80 - least) * ONES;
    let eight = load(bytes, at);
    let low = eight & !TOPS;
    let small = low | (0x20 * ONES);
    let letters = from(small, b'a') & !from(small, b'z' + 1);
    let digits = from(low, b'0') & !from(low, b'9' + 1);
    let line = !from(low ^ (u64::from(b'_') * ONES), 1);
    let others = (!(letters | digits | line) | eight) & TOPS;
    let length = (others.trailing_zeros() / 8) as usize;
    // The bytes before the first other one.
    let within = if length == 8 { u64::MAX } else { (1 << (8 * length)) - 1 };
    let differ = small ^ (small >> 8);
    let differ = (differ | (differ >> 8)) & !TOPS;
    let repeats = !from(differ, 1) & TOPS & (within >> 16);
    Run { length, repeats: repeats != 0 }
}

#[inline]
fn load(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(eight) = rest.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    rest.iter().rev().fold(0, |all, b| (all << 8) | u64::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_at_once_say_what_each_says(text in "[a-zA-Z0-9_]{0,9}[é @\\[`{/:^\0\x7f]?[aA]{0,4}\\PC{0,3}", at in 0..4usize) {
            let rest = text.as_bytes().get(at..).unwrap_or_default();
            let length = rest.iter().take(8).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let word = rest[..length].to_ascii_lowercase();
            let found = run(text.as_bytes(), at);
            prop_assert_eq!(found.length, length);
            let repeats = word.windows(3).any(|w| w[0] == w[1] && w[1] == w[2]);
            prop_assert!(found.repeats || !repeats);
        }
    }
}
