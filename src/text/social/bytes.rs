//! What one byte tells: two tables, made when the crate is compiled, that most bytes of a tweet are done with.

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

/// A letter, a digit or `_`.
pub(super) const WORD: u8 = 1;
pub(super) const UPPER: u8 = 2;
pub(super) const DIGIT: u8 = 4;

/// What an ASCII byte within a word is; 0 for what ends the word or needs a closer look.
pub(super) const SCAN: [u8; 256] = {
    let mut table = [0; 256];
    let mut b = 0u8;
    while b < 0x80 {
        table[b as usize] = match b {
            b'A'..=b'Z' => WORD | UPPER,
            b'a'..=b'z' | b'_' => WORD,
            b'0'..=b'9' => WORD | DIGIT,
            _ => 0,
        };
        b += 1;
    }
    table
};
