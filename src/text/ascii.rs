//! The words of scikit-learn's pattern in a text of nothing but ASCII, all of them at once.
//!
//! Text in; a copy, lower-cased where asked, and where in it the words lie out. A loop over bytes guesses at each where a
//! word ends, and guesses wrong for most words. So 64 bytes at a time become as many bits, and words are what stands between
//! the edges of these. What a word means is not known here.

use std::ops::Range;

/// The copy goes on for so many bytes after its text, so that whoever reads a few bytes of a word need not ask first
/// whether there are as many.
const PADDING: usize = 16;

/// What a text is cut into; keeps its room from one text to the next.
#[derive(Debug, Default)]
pub(crate) struct AsciiWords {
    padded: String,
    /// Where each word begins and ends, in turn.
    edges: Vec<u32>,
}

impl AsciiWords {
    /// Cuts a text, unless it holds other characters than ASCII or is too long.
    #[inline]
    pub(super) fn cut(&mut self, text: &str, lowercase: bool) -> bool {
        if !text.is_ascii() || text.len() > u32::MAX as usize / 2 {
            return false;
        }
        let Self { padded, edges } = self;
        padded.clear();
        padded.push_str(text);
        // Whole blocks, and no word reaches their end.
        let blocks = text.len() / 64 + 1;
        for _ in 0..(blocks * 64 - text.len()).div_ceil(PADDING) + 1 {
            padded.push_str("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        }
        if lowercase {
            padded.make_ascii_lowercase();
        }
        edges.clear();
        let (all, _) = padded.as_bytes().as_chunks::<64>();
        let (mut before, mut inside, mut now) = (0, 0, word_bits(&all[0]));
        for i in 0..blocks {
            let next = if i + 1 < blocks { word_bits(&all[i + 1]) } else { 0 };
            // A word has two bytes or more: each has a neighbour.
            let bits = now & ((now << 1 | before) | (now >> 1 | next << 63));
            // Set where a word begins, or has ended.
            let mut edge = bits ^ (bits << 1 | inside);
            while edge != 0 {
                edges.push(i as u32 * 64 + edge.trailing_zeros());
                edge &= edge - 1;
            }
            (before, inside, now) = (now >> 63, bits >> 63, next);
        }
        true
    }

    /// The copy of the text, and at least [`PADDING`] bytes more.
    pub(crate) fn text(&self) -> &str {
        &self.padded
    }

    /// Where its words lie, in the copy as in the text.
    #[inline]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        let (words, _) = self.edges.as_chunks::<2>();
        words.iter().map(|&[start, end]| start as usize..end as usize)
    }
}

/// Which of 64 bytes are a word's, the first in the lowest bit.
#[inline]
fn word_bits(bytes: &[u8; 64]) -> u64 {
    let flags = bytes.map(|b| {
        let letter = (b | 0x20).wrapping_sub(b'a') < 26;
        let digit = b.wrapping_sub(b'0') < 10;
        u8::from(letter | digit | (b == b'_'))
    });
    let (eights, _) = flags.as_chunks::<8>();
    // The product gathers the lowest bits of eight bytes in the highest byte.
    let gather =
        |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().rev().fold(0, |bits, eight| bits << 8 | gather(eight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_byte_is_known() {
        for b in 0..128 {
            let mut bytes = [b' '; 64];
            bytes[usize::from(b) % 64] = b;
            let is_word = b.is_ascii_alphanumeric() || b == b'_';
            assert_eq!(word_bits(&bytes), u64::from(is_word) << (b % 64), "{b}");
        }
    }

    #[test]
    fn other_characters_are_refused() {
        assert!(!AsciiWords::default().cut("d\u{e9}j\u{e0} vu", true));
    }

    proptest! {
        #[test]
        fn words_lie_between_other_bytes(text in "[a-zA-Z_0-9]{0,70}([ .,'#\0]{1,3}[a-zA-Z_0-9]{0,70}){0,9}", lowercase: bool) {
            let mut words = AsciiWords::default();
            prop_assert!(words.cut("an earlier and longer text that leaves no trace", true));
            prop_assert!(words.cut(&text, lowercase));
            let folded = if lowercase { text.to_lowercase() } else { text.clone() };
            let runs = folded.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let expected: Vec<&str> = runs.filter(|run| run.len() >= 2).collect();
            prop_assert_eq!(words.iter().map(|range| &folded[range]).collect::<Vec<_>>(), expected);
            prop_assert!(words.text().starts_with(&folded) && words.text().len() >= text.len() + PADDING);
        }
    }
}
