//! Words: where they end, and what they count as.
//!
//! A text and the start of a word in; its bytes, and its lower-case form with straight apostrophes and letters no
//! longer drawn out, out.

use super::bytes::{BEYOND, DIGIT, LETTER, MAY_JOIN, WORD, is, run};
use super::emoji::keycap;
use super::settings::Elongation;
use crate::text::chars::{Class, class, is_word_or_mark};

/// Where a word ends, and why it may not count as it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) end: usize,
    /// Some of the flags below.
    pub(super) needs: u8,
}

/// An apostrophe is not `'`, or a character is beyond ASCII and may be a capital.
pub(super) const FOLDING: u8 = 1;
/// May hold a letter three times in a row.
const SHORTENING: u8 = 2;
/// Ends with a sign and another word at its other side: may be the start of an address.
pub(super) const ANOTHER_LOOK: u8 = 4;

impl Word {
    /// A word that is known to end at `end`; `text` is all of it.
    pub(super) fn of(text: &str, end: usize) -> Self {
        Self { end, needs: SHORTENING | if text.is_ascii() { 0 } else { FOLDING } }
    }
}

/// The word that starts at `at`: letters, digits, `_` and marks; apostrophes between letters (`didn't`, `rock'n'roll`);
/// `.`, `,` and `:` between digits (`v1.5`).
#[inline]
pub(super) fn scan(text: &str, at: usize) -> Word {
    let bytes = text.as_bytes();
    let first = run(bytes, at);
    let mut word = Word { end: at + first.length, needs: 0 };
    if first.repeats {
        word.needs = SHORTENING;
    }
    if first.length == 8 {
        take_runs(bytes, &mut word);
    }
    while may_join(bytes, word.end) {
        word.needs |= ANOTHER_LOOK;
        if !goes_on(text, at, &mut word) {
            break;
        }
        take_runs(bytes, &mut word);
    }
    word
}

/// The name that starts at `at`: letters, digits, `_` and marks.
pub(super) fn scan_name(text: &str, at: usize) -> Word {
    let bytes = text.as_bytes();
    let mut word = Word { end: at, needs: 0 };
    loop {
        take_runs(bytes, &mut word);
        if !matches!(bytes.get(word.end), Some(0x80..)) {
            return word;
        }
        let next = text[word.end..].chars().next();
        let Some(c) = next.filter(|&c| is_word_or_mark(c)) else { return word };
        word.needs |= FOLDING;
        word.end += c.len_utf8();
    }
}

/// Takes all ASCII letters, digits and `_`.
fn take_runs(bytes: &[u8], word: &mut Word) {
    loop {
        let run = run(bytes, word.end);
        // What repeats from one run to the next is seen here.
        let meets =
            run.length > 0 && word.end > 0 && bytes[word.end - 1] | 32 == bytes[word.end] | 32;
        if run.repeats || meets {
            word.needs |= SHORTENING;
        }
        word.end += run.length;
        if run.length < 8 {
            return;
        }
    }
}

/// Whether what ends the word may be part of it, or of an address.
#[inline]
fn may_join(bytes: &[u8], end: usize) -> bool {
    is(bytes.get(end), MAY_JOIN) && is(bytes.get(end + 1), WORD | BEYOND)
}

/// Takes the character at the end of the word, if the word goes on with it.
fn goes_on(text: &str, start: usize, word: &mut Word) -> bool {
    let bytes = text.as_bytes();
    let end = word.end;
    let joins = |kind| end > start && is(bytes.get(end - 1), kind) && is(bytes.get(end + 1), kind);
    let goes_on = match bytes[end] {
        0x80.. => return beyond_ascii(text, start, word),
        b'.' | b',' | b':' => joins(DIGIT),
        b'\'' | b'`' => joins(LETTER) || joins_letters(text, start, end, 1),
        _ => false,
    };
    if goes_on {
        if bytes[end] == b'`' {
            word.needs |= FOLDING;
        }
        word.end += 1;
    }
    goes_on
}

/// The same for a character that is not ASCII.
fn beyond_ascii(text: &str, start: usize, word: &mut Word) -> bool {
    let bytes = text.as_bytes();
    let Some(c) = text[word.end..].chars().next() else { return false };
    // The digit before it belongs to a keycap, unless that is all there is.
    if word.end > start + 1
        && bytes[word.end - 1].is_ascii_digit()
        && keycap(bytes, word.end - 1).is_some()
    {
        word.end -= 1;
        return false;
    }
    let joins = is_word_or_mark(c)
        || is_apostrophe(c) && joins_letters(text, start, word.end, c.len_utf8());
    if !joins {
        return false;
    }
    word.needs |= FOLDING;
    word.end += c.len_utf8();
    true
}

/// What people type for `'`.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '‘' | '’' | '‛')
}

/// Whether letters stand on both sides of the sign at `at`.
fn joins_letters(text: &str, start: usize, at: usize, length: usize) -> bool {
    let letter = |c: char| match class(c) {
        Class::Mark => true,
        Class::Word => !c.is_numeric() && c != '_',
        _ => false,
    };
    text[start..at].chars().next_back().is_some_and(letter)
        && text[at + length..].chars().next().is_some_and(letter)
}

/// Appends to `out` what a word counts as that does not count as it stands, and says whether it was drawn out.
pub(super) fn push_folded(
    text: &str,
    needs: u8,
    lowercase: bool,
    elongation: Elongation,
    out: &mut String,
) -> bool {
    let start = out.len();
    push_plain(text, lowercase, out);
    let look = needs & (SHORTENING | FOLDING) != 0 && elongation != Elongation::Keep;
    let drawn_out = look && is_drawn_out(&out[start..]);
    if drawn_out {
        shorten(out, start);
    }
    drawn_out
}

/// Appends `text` with straight apostrophes, lower-cased by the full rules where asked.
fn push_plain(text: &str, lowercase: bool, out: &mut String) {
    let start = out.len();
    if text.is_ascii() && !text.contains('`') {
        out.push_str(text);
        if lowercase {
            out[start..].make_ascii_lowercase();
        }
        return;
    }
    for c in text.chars() {
        match if lowercase { small(c) } else { Some(c) } {
            _ if is_apostrophe(c) => out.push('\''),
            Some(c) => out.push(c),
            None if c == 'Σ' => {
                // The one letter that looks at its neighbours.
                out.truncate(start);
                return push_plain(&text.to_lowercase(), false, out);
            }
            None => out.extend(c.to_lowercase()),
        }
    }
}

/// The lower-case form where it is known without a table.
#[inline]
fn small(c: char) -> Option<char> {
    match u32::from(c) {
        0..0x80 => Some(c.to_ascii_lowercase()),
        u @ (0xc0..=0xd6 | 0xd8..=0xde | 0x410..=0x42f) => char::from_u32(u + 0x20),
        0x80..=0xff
        | 0x300..=0x36f
        | 0x430..=0x44f
        | 0x5d0..=0x109f
        | 0x2000..=0x20ff
        | 0x3000..=0x9fff
        | 0xac00..=0xd7a3 => Some(c),
        _ => None,
    }
}

/// Three equal letters in a row, but for what is written so.
fn is_drawn_out(word: &str) -> bool {
    let (mut last, mut run) = ('\0', 0);
    let mut found = false;
    for c in word.chars() {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        found |= run == 3 && c.is_alphabetic();
    }
    found && !is_roman(word.as_bytes()) && !word.eq_ignore_ascii_case("www")
}

/// A small numeral: "xviii", but not "iiii".
fn is_roman(word: &[u8]) -> bool {
    let digits = word.iter().all(|b| matches!(b.to_ascii_lowercase(), b'i' | b'v' | b'x'));
    digits && !word.windows(4).any(|w| w.iter().all(|b| *b == w[0]))
}

/// Leaves two of each run of a letter of the word that begins at `start`, without room of its own for it.
fn shorten(out: &mut String, start: usize) {
    let (end, mut at) = (out.len(), start);
    let (mut last, mut run) = ('\0', 0);
    while let Some(c) = out[at..end].chars().next() {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        at += c.len_utf8();
        if run <= 2 || !c.is_alphabetic() {
            out.push(c);
        }
    }
    out.replace_range(start..end, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_letters_are_those_of_the_standard_library() {
        for c in '\0'..=char::MAX {
            if let Some(small) = small(c) {
                assert!(c.to_lowercase().eq([small]), "{c:?}");
            }
        }
        let mut out = String::new();
        push_plain("ÉTÉ ΣΟΦΟΣ DİYAR Ǆ", true, &mut out);
        assert_eq!(out, "ÉTÉ ΣΟΦΟΣ DİYAR Ǆ".to_lowercase());
    }
}
