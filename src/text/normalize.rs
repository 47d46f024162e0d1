//! One character to the characters it counts as: lower-cased, without accents.
//!
//! Characters in, in the order of a text, characters out. What a word is is not known here.

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// What `strip_accents="unicode"` of scikit-learn leaves of a character: its compatibility decomposition (NFKD) without
/// the combining marks.
#[inline]
pub(super) fn without_accents(c: char, mut each: impl FnMut(char)) {
    if c.is_ascii() {
        return each(c);
    }
    decompose_compatible(c, |part| {
        if canonical_combining_class(part) == 0 {
            each(part);
        }
    });
}

/// What each character of a text becomes.
pub(super) struct Fold<'t> {
    lowercase: Option<Lowercase<'t>>,
    strip_accents: bool,
}

impl<'t> Fold<'t> {
    pub(super) fn new(text: &'t str, lowercase: bool, strip_accents: bool) -> Self {
        Self { lowercase: lowercase.then(|| Lowercase::new(text)), strip_accents }
    }

    /// Calls `each` for what the character `c` at byte `at` becomes. Positions must not go back.
    #[inline]
    pub(super) fn each(&mut self, at: usize, c: char, mut each: impl FnMut(char)) {
        if c.is_ascii() {
            return each(if self.lowercase.is_some() { c.to_ascii_lowercase() } else { c });
        }
        let strip_accents = self.strip_accents;
        let mut each = |c: char| {
            if strip_accents { without_accents(c, &mut each) } else { each(c) }
        };
        match &mut self.lowercase {
            None => each(c),
            Some(lowercase) if c == 'Σ' => each(lowercase.sigma(at)),
            Some(_) => c.to_lowercase().for_each(each),
        }
    }
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

    /// The lower-case form of the Σ at byte `at`.
    fn sigma(&mut self, at: usize) -> char {
        let lowered = self.lowered.get_or_insert_with(|| self.text.to_lowercase());
        let between = self.text[self.reached.0..at].chars().flat_map(char::to_lowercase);
        // Σ itself is as long as σ and ς.
        self.reached = (at, self.reached.1 + between.map(char::len_utf8).sum::<usize>());
        lowered[self.reached.1..].chars().next().unwrap_or('σ')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn folded(text: &str, lowercase: bool, strip_accents: bool) -> String {
        let (mut fold, mut result) = (Fold::new(text, lowercase, strip_accents), String::new());
        for (at, c) in text.char_indices() {
            fold.each(at, c, |c| result.push(c));
        }
        result
    }

    #[test]
    fn accents_go_and_letters_stay() {
        assert_eq!(folded("Émile ça ﬁn Å½ e\u{301}", false, true), "Emile ca fin A1⁄2 e");
        assert_eq!(folded("İSTANBUL ΟΔΟΣ ẞ", true, false), "i\u{307}stanbul οδος ß");
    }

    proptest! {
        #[test]
        fn lower_casing_is_that_of_the_whole_text(text in "([a-zA-Z ]|[ΣσΑİßÉé'.]|\\PC){0,40}") {
            prop_assert_eq!(folded(&text, true, false), text.to_lowercase());
        }

        #[test]
        fn stripping_is_that_of_the_whole_text(text in "([a-z ]|[éàñÅ½ﬁ\u{301}\u{323}]|\\PC){0,40}") {
            let naive: String = text.to_lowercase().nfkd().filter(|&c| canonical_combining_class(c) == 0).collect();
            prop_assert_eq!(folded(&text, true, true), naive);
        }
    }
}
