//! Words: where they end, and what they count as.
//!
//! A text and the start of a word in; its bytes, and its lower-case form with straight apostrophes and letters no longer
//! drawn out, out.

use super::bytes::{DIGIT, SCAN, UPPER, WORD};
use super::emoji::keycap;
use super::settings::Elongation;
use crate::text::chars::{Class, class};

/// Where a word ends, and what was met on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) end: usize,
    /// Holds an ASCII capital.
    upper: bool,
    /// Holds an apostrophe that is not `'`.
    curly: bool,
    ascii: bool,
}

impl Word {
    /// A word that is known to end at `end`; `text` is all of it.
    pub(super) fn of(text: &str, end: usize) -> Self {
        let upper = text.bytes().any(|b| b.is_ascii_uppercase());
        Self { end, upper, curly: false, ascii: text.is_ascii() }
    }
}

/// The word that starts at `at`: letters, digits, `_` and marks; apostrophes between letters (`didn't`, `rock'n'roll`); `.`,
/// `,` and `:` between digits (`v1.5`).
#[inline]
pub(super) fn scan(text: &str, at: usize) -> Word {
    let bytes = text.as_bytes();
    let mut word = Word { end: at, upper: false, curly: false, ascii: true };
    loop {
        let mut seen = 0;
        while let Some(&byte) = bytes.get(word.end) {
            let kind = SCAN[usize::from(byte)];
            if kind & WORD == 0 {
                break;
            }
            seen |= kind;
            word.end += 1;
        }
        word.upper |= seen & UPPER != 0;
        let Some(&byte) = bytes.get(word.end) else { break };
        let goes_on = match byte {
            b'\'' | b'`' if joins_letters(text, at, word.end, 1) => {
                word.curly |= byte == b'`';
                Some(1)
            }
            b'.' | b',' | b':' if joins_digits(bytes, at, word.end) => Some(1),
            0x80.. => beyond_ascii(text, at, &mut word),
            _ => None,
        };
        let Some(length) = goes_on else { break };
        word.end += length;
    }
    word
}

/// The length of the character at the end of the word, if the word goes on with it.
fn beyond_ascii(text: &str, start: usize, word: &mut Word) -> Option<usize> {
    let bytes = text.as_bytes();
    let c = text[word.end..].chars().next()?;
    // The digit before it belongs to a keycap, unless that is all there is.
    if word.end > start + 1
        && bytes[word.end - 1].is_ascii_digit()
        && keycap(bytes, word.end - 1).is_some()
    {
        word.end -= 1;
        return None;
    }
    if is_apostrophe(c) {
        if !joins_letters(text, start, word.end, c.len_utf8()) {
            return None;
        }
        word.curly = true;
    } else if !matches!(class(c), Class::Word | Class::Mark) {
        return None;
    }
    word.ascii = false;
    Some(c.len_utf8())
}

/// What people type for `'`.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '‘' | '’' | '‛')
}

fn joins_digits(bytes: &[u8], start: usize, at: usize) -> bool {
    let digit = |b: &u8| SCAN[usize::from(*b)] & DIGIT != 0;
    at > start && digit(&bytes[at - 1]) && bytes.get(at + 1).is_some_and(digit)
}

fn joins_letters(text: &str, start: usize, at: usize, length: usize) -> bool {
    let letter = |c: char| match class(c) {
        Class::Mark => true,
        Class::Word => !c.is_numeric() && c != '_',
        _ => false,
    };
    text[start..at].chars().next_back().is_some_and(letter)
        && text[at + length..].chars().next().is_some_and(letter)
}

/// What a word counts as; true if it was drawn out.
#[inline]
pub(super) fn token<'a>(
    text: &'a str,
    word: Word,
    lowercase: bool,
    elongation: Elongation,
    buffer: &'a mut String,
) -> (&'a str, bool) {
    let changed = word.curly || lowercase && (word.upper || !word.ascii);
    if changed {
        buffer.clear();
        if word.ascii && !word.curly {
            buffer.push_str(text);
            buffer.make_ascii_lowercase();
        } else {
            push_plain(text, lowercase, buffer);
        }
    }
    let drawn_out = elongation != Elongation::Keep
        && is_drawn_out(if changed { buffer } else { text }, word.ascii);
    if drawn_out {
        if !changed {
            buffer.clear();
            buffer.push_str(text);
        }
        shorten(buffer);
    }
    (if changed || drawn_out { buffer } else { text }, drawn_out)
}

/// Appends `text` with straight apostrophes, lower-cased by the full rules where asked.
pub(super) fn push_plain(text: &str, lowercase: bool, out: &mut String) {
    let start = out.len();
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
        0x80..=0xff | 0x300..=0x36f | 0x430..=0x44f | 0x5d0..=0x109f => Some(c),
        0x2000..=0x20ff | 0x3000..=0x9fff | 0xac00..=0xd7a3 => Some(c),
        _ => None,
    }
}

/// Three equal letters in a row, and no Roman numeral.
#[inline]
fn is_drawn_out(word: &str, ascii: bool) -> bool {
    let bytes = word.as_bytes();
    let found = if ascii {
        bytes.windows(3).any(|w| w[0] == w[1] && w[1] == w[2] && w[0].is_ascii_alphabetic())
    } else {
        longest_run(word) >= 3
    };
    found && !is_roman(bytes)
}

#[cold]
fn is_roman(word: &[u8]) -> bool {
    let digits = word.iter().all(|b| matches!(b.to_ascii_lowercase(), b'i' | b'v' | b'x'));
    digits && !word.windows(4).any(|w| w.iter().all(|b| *b == w[0]))
}

/// The length of the longest run of one letter.
fn longest_run(word: &str) -> usize {
    let (mut last, mut run, mut longest) = ('\0', 0, 0);
    for c in word.chars() {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        if run > longest && c.is_alphabetic() {
            longest = run;
        }
    }
    longest
}

/// Leaves two of each run of a letter.
#[cold]
fn shorten(word: &mut String) {
    let (mut last, mut run) = ('\0', 0);
    word.retain(|c| {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        run <= 2 || !c.is_alphabetic()
    });
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
