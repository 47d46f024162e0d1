//! What kind of character this is, by the Unicode tables.

use unicode_properties::{
    GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory,
};

/// Python's `\w`: letters (L*), numbers (N*) and `_`. Rust's `is_alphanumeric` also takes vowel signs and circled letters.
#[inline]
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
    )
}

/// What a word of a natural language is made of: `\w` and the marks on it, such as accents and vowel signs.
#[inline]
pub(super) fn is_word_or_mark(c: char) -> bool {
    is_word(c) || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark)
}

/// Characters that show nothing: controls, joiners, direction marks. What is not assigned yet may be next year's emoji.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c.general_category(), GeneralCategory::Control | GeneralCategory::Format)
}

/// Starts an emoji. ASCII digits, `#` and `*` only do before a keycap, which is not worth a rule.
pub(super) fn starts_emoji(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char()
}

#[cfg(test)]
mod tests {
    use super::*;

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
