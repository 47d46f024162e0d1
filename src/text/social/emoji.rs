//! Emoji: one token for what is seen as one picture, whatever its colour.
//!
//! The start of an emoji in; the bytes that belong to it, and what it counts as, out.

use unicode_segmentation::UnicodeSegmentation;

use crate::text::chars::{Class, class};

const JOINER: char = '\u{200d}';

/// Asks for the coloured form (U+FE0F) or for the plain one.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_half_a_flag(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// The length of the grapheme cluster that starts with the emoji `first`.
///
/// Most emoji stand alone, which is seen from the next character; the rules of UAX #29 are asked about the others only.
#[inline]
pub(super) fn cluster(rest: &str, first: char) -> usize {
    let mut length = first.len_utf8();
    let mut chars = rest[length..].chars();
    let mut next = chars.next();
    if let Some(c) = next.filter(|&c| is_selector(c) || is_half_a_flag(c) && is_half_a_flag(first))
    {
        length += c.len_utf8();
        next = chars.next();
    }
    if next.is_none_or(ends_cluster) {
        return length;
    }
    rest.graphemes(true).next().map_or(length, str::len)
}

/// Whether no emoji goes on with this character.
fn ends_cluster(c: char) -> bool {
    match class(c) {
        Class::Space => true,
        Class::Emoji => !is_skin_tone(c),
        _ => c.is_ascii(),
    }
}

/// Whether an emoji counts as it stands.
pub(super) fn is_plain(emoji: &str) -> bool {
    !emoji.contains(|c| is_selector(c) || is_skin_tone(c)) && !emoji.ends_with(JOINER)
}

/// Appends what an emoji counts as: itself without skin tones, which say nothing of the mood, and without selectors,
/// which some keyboards add and some do not.
pub(super) fn push_folded(emoji: &str, out: &mut String) {
    let start = out.len();
    out.extend(emoji.chars().filter(|&c| !is_selector(c) && !is_skin_tone(c)));
    out.truncate(start + out[start..].trim_end_matches(JOINER).len());
    // A skin tone alone is all there is to see.
    if out.len() == start {
        out.extend(emoji.chars().next());
    }
}

/// The length of the keycap (`1️⃣`, `#️⃣`) that starts with the ASCII byte at `at`.
#[inline]
pub(super) fn keycap(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at + 1..)?;
    if !matches!(rest.first(), Some(0xe2 | 0xef)) {
        return None;
    }
    let keys = ["\u{fe0f}\u{20e3}", "\u{20e3}"];
    keys.into_iter().find(|key| rest.starts_with(key.as_bytes())).map(|key| 1 + key.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colour_is_folded_away() {
        let table = [
            ("👍🏽", "👍"),
            ("❤\u{fe0f}", "❤"),
            ("❤\u{fe0e}", "❤"),
            ("👩🏽\u{200d}🚀", "👩\u{200d}🚀"),
            ("👍\u{200d}", "👍"),
            ("🏽", "🏽"),
            ("🏽\u{fe0f}", "🏽"),
            ("🇫🇷", "🇫🇷"),
        ];
        for (emoji, expected) in table {
            let mut folded = String::new();
            push_folded(emoji, &mut folded);
            assert_eq!(folded, expected);
            assert_eq!(is_plain(emoji), emoji == expected && emoji != "🏽", "{emoji}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_finds_what_uax_29_finds(
            text in "[❤👍👩🏽🇫🏴©\u{2600}][❤👍🏽🇫🇷\u{fe0f}\u{200d}\u{20e3}\u{301}\u{e0067}\u{e007f}a é。ﾞ\u{e33}]{0,6}|[❤🇫]\\PC{0,3}"
        ) {
            let first = text.chars().next().unwrap();
            prop_assert_eq!(cluster(&text, first), text.graphemes(true).next().unwrap().len());
        }
    }
}
