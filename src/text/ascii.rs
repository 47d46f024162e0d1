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
    padded: Vec<u8>,
    /// Where each word begins and ends, in turn.
    edges: Vec<u32>,
}

impl AsciiWords {
    /// Cuts a text, unless it holds other characters than ASCII or is too long.
    pub(super) fn cut(&mut self, text: &str, lowercase: bool) -> bool {
        if text.len() > u32::MAX as usize / 2 {
            return false;
        }
        let Self { padded, edges } = self;
        padded.clear();
        padded.extend_from_slice(text.as_bytes());
        padded.extend_from_slice(&[0; 64 + PADDING]);
        // Whole blocks, and no word reaches their end.
        let (blocks, _) = padded.as_chunks_mut::<64>();
        let blocks = &mut blocks[..=text.len() / 64];
        edges.clear();
        let mut cut = Cut { before: 0, inside: 0, any: 0 };
        let (mut start, mut now) = (0, cut.read(&mut blocks[0], lowercase));
        for block in &mut blocks[1..] {
            let next = cut.read(block, lowercase);
            cut.add_edges(start, now, next, edges);
            (start, now) = (start + 64, next);
        }
        cut.add_edges(start, now, 0, edges);
        cut.any < 128
    }

    /// The copy of the text, and at least [`PADDING`] bytes more.
    pub(crate) fn text(&self) -> &[u8] {
        &self.padded
    }

    /// Where its words lie, in the copy as in the text.
    #[inline]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        let (words, _) = self.edges.as_chunks::<2>();
        words.iter().map(|&[start, end]| start as usize..end as usize)
    }
}

/// The text that bytes are, of which the caller knows that they are ASCII.
pub(super) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("ASCII is UTF-8")
}

/// A text that is being cut.
struct Cut {
    /// Whether the byte before the block at hand is a word's, and whether it is of a word that counts.
    before: u64,
    inside: u64,
    /// All bytes, one upon the other.
    any: u8,
}

impl Cut {
    /// Lower-cases a block where asked, and says which of its bytes are a word's, the first in the lowest bit.
    #[inline]
    fn read(&mut self, block: &mut [u8; 64], lowercase: bool) -> u64 {
        self.any |= block.iter().fold(0, |any, &b| any | b);
        if lowercase {
            block.make_ascii_lowercase();
        }
        let flags = block.map(|b| {
            let letter = (b | 0x20).wrapping_sub(b'a') < 26;
            let digit = b.wrapping_sub(b'0') < 10;
            u8::from(letter) | u8::from(digit) | u8::from(b == b'_')
        });
        let (eights, _) = flags.as_chunks::<8>();
        // The product gathers the lowest bits of eight bytes in the highest byte.
        let gather =
            |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        eights.iter().rev().fold(0, |bits, eight| bits << 8 | gather(eight))
    }

    /// Adds where words begin and end in a block, the bits of which are known, as are those of the next.
    #[inline]
    fn add_edges(&mut self, start: u32, now: u64, next: u64, edges: &mut Vec<u32>) {
        // A word has two bytes or more: each has a neighbour.
        let bits = now & ((now << 1 | self.before) | (now >> 1 | next << 63));
        // Set where a word begins, or has ended.
        let mut edge = bits ^ (bits << 1 | self.inside);
        while edge != 0 {
            edges.push(start + edge.trailing_zeros());
            edge &= edge - 1;
        }
        (self.before, self.inside) = (now >> 63, bits >> 63);
    }
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
            let mut cut = Cut { before: 0, inside: 0, any: 0 };
            let bits = cut.read(&mut bytes, b % 2 == 0);
            assert_eq!((bits, cut.any), (u64::from(is_word) << (b % 64), b' ' | b), "{b}");
        }
    }

    #[test]
    fn other_characters_are_refused() {
        for text in ["d\u{e9}j\u{e0} vu", &("x".repeat(200) + "\u{e9}"), "\u{e9}"] {
            assert!(!AsciiWords::default().cut(text, true));
        }
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
            prop_assert!(words.text().starts_with(folded.as_bytes()) && words.text().len() >= text.len() + PADDING);
        }
    }
}
