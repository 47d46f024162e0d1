//! Two ways to cut a text into words: scikit-learn's pattern and UAX #29.
//!
//! Text in; each word with its byte range out, lower-cased where asked. Handles, emoji and the like are not known here;
//! both ways drop them or take them apart (see `social`).

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::chars::is_word;

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

/// scikit-learn's `(?u)\b\w\w+\b` after `str.lower()`: runs of two and more word characters.
///
/// Characters are lower-cased as they come, so that a word's range is that of the original text even where the
/// lower-case form has another length (`İ` becomes `i` and a combining dot, which ends the word).
pub(super) fn words(
    text: &str,
    lowercase: bool,
    buffer: &mut String,
    mut each: impl FnMut(&str, Range<usize>),
) {
    let bytes = text.as_bytes();
    let mut lower = Lowercase::new(text);
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut upper = false;
        while at < bytes.len() && bytes[at] < 128 && ASCII_WORD[usize::from(bytes[at])] != 0 {
            upper |= ASCII_WORD[usize::from(bytes[at])] != bytes[at];
            at += 1;
        }
        if at < bytes.len() && bytes[at] >= 128 {
            at = mixed_word(text, start, lowercase.then_some(&mut lower), buffer, &mut each);
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
    mut lower: Option<&mut Lowercase<'_>>,
    word: &mut String,
    each: &mut impl FnMut(&str, Range<usize>),
) -> usize {
    word.clear();
    let mut length = 0;
    for (offset, c) in text[start..].char_indices() {
        let (at, next) = (start + offset, start + offset + c.len_utf8());
        let mut push = |c: char| {
            let goes_on = is_word(c);
            if goes_on {
                word.push(c);
                length += 1;
            }
            goes_on
        };
        // A character whose lower-case form is only partly a word's (İ) belongs to the word and ends it.
        let (goes_on, end) = match &mut lower {
            None => (push(c), at),
            Some(lower) if c == 'Σ' => (push(lower.sigma(at)), at),
            Some(_) => {
                let mut parts = c.to_lowercase();
                let first = parts.next().is_some_and(&mut push);
                (first && parts.all(push), if first { next } else { at })
            }
        };
        if !goes_on {
            if length >= 2 {
                each(word, start..end);
            }
            return next;
        }
    }
    if length >= 2 {
        each(word, start..text.len());
    }
    text.len()
}

/// Finds the one lower-case letter that depends on its surroundings: Σ is ς at the end of a word, else σ.
struct Lowercase<'t> {
    text: &'t str,
    /// The lower-case text, made when the first Σ is met.
    lowered: Option<String>,
    /// A position in the text and the same position in `lowered`.
    reached: (usize, usize),
}

impl<'t> Lowercase<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, lowered: None, reached: (0, 0) }
    }

    /// The lower-case form of the Σ at byte `at`. Positions must not go back.
    fn sigma(&mut self, at: usize) -> char {
        let lowered = self.lowered.get_or_insert_with(|| self.text.to_lowercase());
        let between = self.text[self.reached.0..at].chars().flat_map(char::to_lowercase);
        // Σ itself is as long as σ and ς.
        self.reached = (at, self.reached.1 + between.map(char::len_utf8).sum::<usize>());
        lowered[self.reached.1..].chars().next().unwrap_or('σ')
    }
}

/// The words of UAX #29 (Unicode Text Segmentation), lower-cased one by one.
pub(super) fn unicode_words(
    text: &str,
    lowercase: bool,
    buffer: &mut String,
    mut each: impl FnMut(&str, Range<usize>),
) {
    for (start, word) in text.unicode_word_indices() {
        each(lowered(word, lowercase, buffer), start..start + word.len());
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
    } else {
        buffer.push_str(&word.to_lowercase());
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn collect(text: &str, lowercase: bool) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        words(text, lowercase, &mut String::new(), |w, range| found.push((w.to_owned(), range)));
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
