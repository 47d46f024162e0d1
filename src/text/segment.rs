//! Two ways to cut a text into words: scikit-learn's pattern and UAX #29.
//!
//! Text in; each word with its byte range out, lower-cased where asked. Handles, emoji and the like are not known here;
//! both ways drop them or take them apart (see `social`).

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::chars::is_word;
use super::normalize::Fold;

/// What the ASCII bytes are: 0 ends a word, anything else is the lower-case form of a word's byte.
const ASCII_WORD: [u8; 128] = {
    let mut table = [0; 128];
    let mut b = 0u8;
    while b < 128 {
        if b.is_ascii_alphanumeric() || b == b'_' {
            table[b as usize] = b.to_ascii_lowercase();
        }
        b += 1;
    }
    table
};

/// scikit-learn's `(?u)\b\w\w+\b` after `str.lower()` and stripping: runs of two and more word characters.
///
/// Characters are folded as they come, so that a word's range is that of the original text even where what it becomes has
/// another length (`İ` becomes `i` and a combining dot, which ends the word). For texts of nothing but ASCII there is a
/// quicker way, `ascii`.
pub(super) fn words(
    text: &str,
    lowercase: bool,
    strip_accents: bool,
    buffer: &mut String,
    mut each: impl FnMut(&str, Range<usize>),
) {
    let bytes = text.as_bytes();
    let mut fold = Fold::new(text, lowercase, strip_accents);
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut upper = false;
        while at < bytes.len() && bytes[at] < 128 && ASCII_WORD[usize::from(bytes[at])] != 0 {
            upper |= ASCII_WORD[usize::from(bytes[at])] != bytes[at];
            at += 1;
        }
        if at < bytes.len() && bytes[at] >= 128 {
            at = mixed_word(text, start, &mut fold, buffer, &mut each);
            continue;
        }
        if at - start >= 2 {
            if upper && lowercase {
                buffer.clear();
                buffer.push_str(&text[start..at]);
                buffer.make_ascii_lowercase();
                each(buffer, start..at);
            } else {
                each(&text[start..at], start..at);
            }
        }
        at += 1; // the byte that ended the run is ASCII, or there is none left
    }
}

/// Goes on from `start` character by character until a word has ended, and returns where to continue.
fn mixed_word(
    text: &str,
    start: usize,
    fold: &mut Fold<'_>,
    word: &mut String,
    each: &mut impl FnMut(&str, Range<usize>),
) -> usize {
    word.clear();
    let (mut length, mut range) = (0, start..start);
    for (offset, c) in text[start..].char_indices() {
        let (at, next) = (start + offset, start + offset + c.len_utf8());
        let mut ended = false;
        // What a character becomes may end a word (İ), and even begin the next (½).
        fold.each(at, c, |c| {
            if is_word(c) {
                if length == 0 {
                    range.start = at;
                }
                word.push(c);
                length += 1;
                range.end = next;
            } else {
                if length >= 2 {
                    each(word, range.clone());
                }
                word.clear();
                length = 0;
                ended = true;
            }
        });
        if ended && length == 0 {
            return next;
        }
    }
    if length >= 2 {
        each(word, range);
    }
    text.len()
}

/// The words of UAX #29 (Unicode Text Segmentation), lower-cased one by one.
pub(super) fn unicode_words(
    text: &str,
    lowercase: bool,
    buffer: &mut String,
    mut each: impl FnMut(&str, Range<usize>),
) {
    for (start, word) in text.unicode_word_indices() {
        // White space stands in a word where a combining mark joins it, or where it is narrow and unbroken.
        let start = start + word.len() - word.trim_start().len();
        let trimmed = word.trim();
        if !trimmed.is_empty() {
            each(lowered(trimmed, lowercase, buffer), start..start + trimmed.len());
        }
    }
}

/// The lower-case form of one word, in `buffer` where it differs.
pub(super) fn lowered<'a>(word: &'a str, lowercase: bool, buffer: &'a mut String) -> &'a str {
    if !lowercase || word.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return word;
    }
    buffer.clear();
    if word.is_ascii() {
        buffer.push_str(word);
        buffer.make_ascii_lowercase();
    } else if word.contains('Σ') {
        // The one letter that looks at its neighbours.
        buffer.push_str(&word.to_lowercase());
    } else {
        buffer.extend(word.chars().flat_map(char::to_lowercase));
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn collect(text: &str, lowercase: bool) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        words(text, lowercase, false, &mut String::new(), |w, range| {
            found.push((w.to_owned(), range));
        });
        found
    }

    fn texts(text: &str) -> Vec<String> {
        collect(text, true).into_iter().map(|(word, _)| word).collect()
    }

    /// `re.findall(r"(?u)\b\w\w+\b", text.lower())`, in the shortest way.
    fn naive(text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let runs = lower.split(|c| !is_word(c));
        runs.filter(|w| w.chars().count() >= 2).map(str::to_owned).collect()
    }

    #[test]
    fn scikit_learns_pattern() {
        assert_eq!(texts("I don't LOVE it, a_b x 42 7"), ["don", "love", "it", "a_b", "42"]);
        assert_eq!(texts("Écoute: ça va très bien"), ["écoute", "ça", "va", "très", "bien"]);
        assert_eq!(texts("é è"), [""; 0]);
        assert_eq!(texts("ΟΔΟΣ ΣΟΦΙΑ ΑΣ."), ["οδος", "σοφια", "ας"]);
        assert_eq!(texts("DİYAR"), ["di", "yar"]);
        assert_eq!(texts("bad👎bad"), ["bad", "bad"]);
    }

    #[test]
    fn ranges_are_those_of_the_original() {
        let text = "xx DİYAR ÉTÉ é ok";
        let words: Vec<_> =
            collect(text, true).into_iter().map(|(_, range)| &text[range]).collect();
        assert_eq!(words, ["xx", "Dİ", "YAR", "ÉTÉ", "ok"]);
    }

    #[test]
    fn case_is_kept_where_asked() {
        let kept: Vec<_> = collect("No ÉTÉ", false).into_iter().map(|(word, _)| word).collect();
        assert_eq!(kept, ["No", "ÉTÉ"]);
    }

    #[test]
    fn unicode_words_keep_apostrophes_and_single_letters() {
        let mut found = Vec::new();
        unicode_words("I can't, Ünal!", true, &mut String::new(), |w, _| found.push(w.to_owned()));
        assert_eq!(found, ["i", "can't", "ünal"]);
        found.clear();
        let text = "bonjour\u{202f}! \u{1930}";
        unicode_words(text, true, &mut String::new(), |w, range| {
            assert_eq!(w, &text[range]);
            found.push(w.to_owned());
        });
        assert_eq!(found, ["bonjour", "\u{1930}"]);
    }

    proptest! {
        #[test]
        fn equals_the_naive_twin(text in "([a-zA-Z_0-9 ]|[.,'#@]|[ΣσΑİßÉé]|\\PC){0,40}") {
            prop_assert_eq!(texts(&text), naive(&text));
        }

        #[test]
        fn ranges_ascend_and_lie_on_boundaries(text in "\\PC{0,40}") {
            let mut end = 0;
            for (_, range) in collect(&text, true) {
                prop_assert!(range.start >= end && range.start < range.end);
                prop_assert!(text.get(range.clone()).is_some());
                end = range.end;
            }
        }
    }
}
