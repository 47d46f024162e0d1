//! Texts to words, characters, runs of them and their hashes, each as its reference has it in one line of Python.
//!
//! Strings in, strings out. What is counted is not known here.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// `re.findall(r"(?u)\b\w\w+\b", text.lower())`.
pub(crate) fn words(text: &str, lowercase: bool) -> Vec<String> {
    let text = if lowercase { text.to_lowercase() } else { text.to_owned() };
    let runs = text.split(|c| !is_word(c));
    runs.filter(|run| run.chars().count() >= 2).map(str::to_owned).collect()
}

fn is_word(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Number};
    c == '_' || matches!(c.general_category_group(), Letter | Number)
}

/// Python's `str.isspace`.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `re.sub(r"\s\s+", " ", text)`.
pub(super) fn collapse(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.trim_start_matches(is_space);
        let spaces = rest[..rest.len() - after.len()].chars().count();
        result.push(if spaces > 1 { ' ' } else { c });
        rest = if spaces > 1 { after } else { &rest[c.len_utf8()..] };
    }
    result
}

/// `sklearn.feature_extraction.text.strip_accents_unicode`.
pub(super) fn strip_accents(text: &str) -> String {
    text.nfkd().filter(|&c| canonical_combining_class(c) == 0).collect()
}

/// All runs of `min` to `max` tokens, joined.
pub(super) fn ngrams(tokens: &[String], (min, max): (usize, usize), joint: &str) -> Vec<String> {
    (min..=max).flat_map(|n| tokens.windows(n)).map(|run| run.join(joint)).collect()
}

pub(super) fn characters(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

/// `sklearn.utils.murmurhash3_32(term, seed=0)`.
pub(super) fn murmur3(term: &str) -> i32 {
    let mut h = 0u32;
    for bytes in term.as_bytes().chunks(4) {
        let mut four = [0; 4];
        four[..bytes.len()].copy_from_slice(bytes);
        let k = u32::from_le_bytes(four).wrapping_mul(0xcc9e_2d51).rotate_left(15);
        h ^= k.wrapping_mul(0x1b87_3593);
        if bytes.len() == 4 {
            h = h.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
        }
    }
    h ^= term.len() as u32;
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    (h ^ (h >> 16)).cast_signed()
}
