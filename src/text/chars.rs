//! What kind of character this is.
//!
//! A character in, its [`Class`] out. The characters that texts are full of are known by their range; the Unicode
//! tables, where each look is a binary search, answer for all others. What tokens are made of which class is not known
//! here.

use unicode_properties::{
    GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory,
};

/// What a tokenizer needs to know of a character. The first that fits holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// White space.
    Space,
    /// Shows nothing: controls, joiners, direction marks, variation selectors.
    Invisible,
    /// Python's `\w`: letters (L*), numbers (N*) and `_`. Rust's `is_alphanumeric` also takes vowel signs and ⓐ.
    Word,
    /// Stands on another character, as accents and vowel signs do.
    Mark,
    /// Starts an emoji. ASCII does so only before a keycap, which is not seen here.
    Emoji,
    /// Anything else that can be seen. What is not assigned yet may be next year's emoji.
    Other,
}

#[inline]
pub(super) fn class(c: char) -> Class {
    known(c).unwrap_or_else(|| by_tables(c))
}

/// Python's `\w`.
#[inline]
pub(super) fn is_word(c: char) -> bool {
    class(c) == Class::Word
}

/// What a word of a natural language is made of: `\w` and the marks on it.
#[inline]
pub(super) fn is_word_or_mark(c: char) -> bool {
    matches!(class(c), Class::Word | Class::Mark)
}

/// By the range alone. Ranges hold no character that is not assigned yet, unless its block leaves no doubt.
#[inline]
fn known(c: char) -> Option<Class> {
    if c.is_ascii() {
        return Some(match c {
            '0'..='9' | 'A'..='Z' | 'a'..='z' | '_' => Class::Word,
            ' ' | '\t'..='\r' => Class::Space,
            '\0'..='\u{1f}' | '\u{7f}' => Class::Invisible,
            _ => Class::Other,
        });
    }
    Some(match u32::from(c) {
        // Latin, Greek, Cyrillic, Hebrew, Arabic, kana, ideographs, hangul, full-width
        0xc0..=0xd6
        | 0xd8..=0xf6
        | 0xf8..=0x2c1
        | 0x3a3..=0x3f5
        | 0x3f7..=0x481
        | 0x48a..=0x52f
        | 0x1e00..=0x1eff
        | 0x5d0..=0x5ea
        | 0x620..=0x64a
        | 0x660..=0x669
        | 0x3041..=0x3096
        | 0x30a1..=0x30fa
        | 0x30fc..=0x30ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xac00..=0xd7a3
        | 0xff10..=0xff19
        | 0xff21..=0xff3a
        | 0xff41..=0xff5a => Class::Word,
        0x300..=0x36f => Class::Mark,
        0x85 | 0xa0 | 0x2000..=0x200a | 0x2028..=0x2029 | 0x202f | 0x205f | 0x3000 => Class::Space,
        0x80..=0x84
        | 0x86..=0x9f
        | 0xad
        | 0x200b..=0x200f
        | 0x202a..=0x202e
        | 0x2060..=0x2064
        | 0x2066..=0x206f
        | 0xfe00..=0xfe0f => Class::Invisible,
        u @ (0x2600..=0x2775 | 0x2794..=0x27bf) => {
            let at = u - 0x2600;
            let set = (DINGBATS[(at / 64) as usize] >> (at % 64)) & 1 == 1;
            if set { Class::Emoji } else { Class::Other }
        }
        0xa9
        | 0xae
        | 0x203c
        | 0x2049
        | 0x2122
        | 0x1f1e6..=0x1f1ff
        | 0x1f300..=0x1f321
        | 0x1f324..=0x1f393
        | 0x1f39e..=0x1f3f0
        | 0x1f3f3..=0x1f3f5
        | 0x1f3f7..=0x1f4fd
        | 0x1f4ff..=0x1f53d
        | 0x1f5fa..=0x1f64f
        | 0x1f680..=0x1f6c5
        | 0x1f90c..=0x1f93a
        | 0x1f93c..=0x1f945
        | 0x1f947..=0x1f9ff
        | 0x1fa80..=0x1fa86
        | 0x1fa90..=0x1faac
        | 0x1fae0..=0x1fae7
        | 0x1faf0..=0x1faf6 => Class::Emoji,
        // Latin-1, general punctuation, currency, boxes, ideographic and full-width punctuation
        0xa1..=0xa8
        | 0xab..=0xac
        | 0xaf..=0xb1
        | 0xb4
        | 0xb6..=0xb8
        | 0xbb
        | 0xbf
        | 0xd7
        | 0xf7
        | 0x2010..=0x2027
        | 0x2030..=0x203b
        | 0x203d..=0x2048
        | 0x204a..=0x205e
        | 0x20a0..=0x20cf
        | 0x2500..=0x25a9
        | 0x3001..=0x3004
        | 0x3008..=0x3020
        | 0xff00..=0xff0f
        | 0xff1a..=0xff20 => Class::Other,
        _ => return None,
    })
}

/// The emoji among U+2600..=U+27BF (weather, chess, zodiac, hearts, hands), a bit for each.
const DINGBATS: [u64; 7] = [
    0x0700_c44d_2132_401f,
    0xc800_0169_800f_ff05,
    0x6003_0c83_1afc_0000,
    0x27bf_0600_001a_c130,
    0x0018_0102_2054_bf24,
    0x0000_0018_00b8_5090,
    0x8001_0002_00e0_0000,
];

/// By the Unicode tables, whatever the character.
#[cold]
fn by_tables(c: char) -> Class {
    use GeneralCategoryGroup::{Letter, Mark, Number};
    if c.is_whitespace() {
        return Class::Space;
    }
    if matches!(c, '\u{fe00}'..='\u{fe0f}') {
        return Class::Invisible; // a mark by the tables, yet it only asks for another form of what it follows
    }
    match c.general_category() {
        GeneralCategory::Control | GeneralCategory::Format => return Class::Invisible,
        _ if c == '_' => return Class::Word,
        _ => {}
    }
    match c.general_category_group() {
        Letter | Number => Class::Word,
        Mark => Class::Mark,
        _ if !c.is_ascii() && c.is_emoji_char() => Class::Emoji,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_says_what_the_tables_say_of_every_character() {
        for c in '\0'..=char::MAX {
            assert_eq!(class(c), by_tables(c), "{c:?} U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn word_characters_are_pythons() {
        // Checked with Python: [bool(re.match(r"\w", c)) for c in "aZ_9éßя漢²Ⅷ½ªⓐ\u0301\u093e-👍"]
        let table = "aZ_9éßя漢²Ⅷ½ª".chars().map(|c| (c, true));
        let others = "ⓐ\u{301}\u{93e}-👍 \u{200d}".chars().map(|c| (c, false));
        for (c, expected) in table.chain(others) {
            assert_eq!(is_word(c), expected, "{c:?}");
        }
    }
}
