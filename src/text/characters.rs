//! Texts as characters, for n-grams of them: scikit-learn's analyzers `char` and `char_wb`.
//!
//! Text in; characters or padded words with their byte ranges out. Which runs of characters make a term is not known here.

use std::ops::Range;

use super::normalize::Fold;

/// White space as Python's `str.isspace` and `\s` have it: Unicode's, and the four separators of ASCII.
#[inline]
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// The characters of a text, each as a token; two and more of white space count as one space.
pub(super) fn characters(text: &str, mut fold: Fold<'_>, mut each: impl FnMut(&str, Range<usize>)) {
    let mut emit = |c: char, range| each(c.encode_utf8(&mut [0; 4]), range);
    // White space that waits for what follows it.
    let mut spaces: Option<(char, Range<usize>)> = None;
    for (at, c) in text.char_indices() {
        let next = at + c.len_utf8();
        fold.each(at, c, |c| {
            if is_space(c) {
                spaces = Some(match spaces.take() {
                    None => (c, at..next),
                    Some((_, range)) => (' ', range.start..next),
                });
            } else {
                if let Some((c, range)) = spaces.take() {
                    emit(c, range);
                }
                emit(c, at..next);
            }
        });
    }
    if let Some((c, range)) = spaces {
        emit(c, range);
    }
}

/// What stands between white space, each with one space before and after it.
pub(super) fn padded_words(
    text: &str,
    mut fold: Fold<'_>,
    word: &mut String,
    mut each: impl FnMut(&str, Range<usize>),
) {
    let mut range = 0..0;
    word.clear();
    word.push(' ');
    for (at, c) in text.char_indices() {
        let next = at + c.len_utf8();
        fold.each(at, c, |c| {
            if !is_space(c) {
                if word.len() == 1 {
                    range.start = at;
                }
                word.push(c);
                range.end = next;
            } else if word.len() > 1 {
                word.push(' ');
                each(word, range.clone());
                word.truncate(1);
            }
        });
    }
    if word.len() > 1 {
        word.push(' ');
        each(word, range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str, padded: bool) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        let fold = Fold::new(text, true, false);
        let each = |token: &str, range| found.push((token.to_owned(), range));
        if padded {
            padded_words(text, fold, &mut String::new(), each);
        } else {
            characters(text, fold, each);
        }
        found
    }

    #[test]
    fn white_space_is_collapsed_as_in_scikit_learn() {
        let joined = |text| of(text, false).into_iter().map(|(c, _)| c).collect::<String>();
        assert_eq!(joined("A\tb \u{3000}c\u{1c}\u{1d}d\n"), "a\tb c d\n");
        assert_eq!(joined("  "), " ");
        assert_eq!(of("a  b", false)[1], (" ".to_owned(), 1..3));
    }

    #[test]
    fn words_are_padded() {
        let expected = [(" bad ".to_owned(), 1..4), (" crew! ".to_owned(), 5..10)];
        assert_eq!(of("\tBad\u{1f}crew! ", true), expected);
    }

    proptest! {
        #[test]
        fn equal_the_short_way(text in "([a-cA-C]|[ \t\u{a0}\u{3000}\u{1c}]|[Éİß]|\\PC){0,30}") {
            let lower = text.to_lowercase();
            let words = lower.split(is_space).filter(|w| !w.is_empty()).map(|w| format!(" {w} "));
            prop_assert_eq!(of(&text, true).into_iter().map(|(w, _)| w).collect::<Vec<_>>(), words.collect::<Vec<_>>());
            let mut short = String::new();
            for c in lower.chars() {
                if is_space(c) && short.ends_with(is_space) {
                    short.pop();
                    short.push(' ');
                } else {
                    short.push(c);
                }
            }
            prop_assert_eq!(of(&text, false).into_iter().map(|(c, _)| c).collect::<String>(), short);
        }
    }
}
