//! HTML entities: tweets come with `&amp;` and `&lt;3`, for many interfaces escape them once.
//!
//! Text in; the text that was meant out, and the way back from its bytes to those of the original. Entities are decoded
//! once: `&amp;lt;` becomes `&lt;`. The table of names is html-escape's.

use std::ops::Range;

/// The longest name, `&CounterClockwiseContourIntegral;`, with `&` and `;`. Numbers are shorter, unless padded.
const LONGEST: usize = 33;

/// Where in the original the decoded text comes from; keeps its room from one text to the next.
#[derive(Debug, Default)]
pub(super) struct Origin {
    /// The bytes of each decoded entity, in order: in the decoded text and in the original.
    decoded: Vec<(Range<usize>, Range<usize>)>,
    /// How many of them end at or before the last start that was asked for.
    passed: usize,
}

/// The text without entities, for which `out` has room. One without `&` costs a look for it.
pub(super) fn decoded<'t>(text: &'t str, out: &'t mut String, origin: &mut Origin) -> &'t str {
    origin.decoded.clear();
    origin.passed = 0;
    // All of it, for that is quicker than a search that stops.
    if text.bytes().fold(0, |found, b| found | u8::from(b == b'&')) == 0 {
        return text;
    }
    out.clear();
    let mut copied = 0;
    let mut from = 0;
    while let Some(ampersand) = text[from..].find('&') {
        let start = from + ampersand;
        from = start + 1;
        let Some(length) = entity(&text.as_bytes()[start..]) else { continue };
        let name = &text[start..start + length];
        let ahead = out.len();
        out.push_str(&text[copied..start]);
        let before = out.len();
        html_escape::decode_html_entities_to_string(name, out);
        if out[before..] == *name {
            out.truncate(ahead);
        } else {
            from = start + length;
            copied = from;
            origin.decoded.push((before..out.len(), start..from));
        }
    }
    if origin.decoded.is_empty() {
        return text;
    }
    out.push_str(&text[copied..]);
    out
}

/// The length of what has the form of an entity: `&`, letters, digits or `#`, and `;`.
fn entity(bytes: &[u8]) -> Option<usize> {
    let name = bytes[1..].iter().take(LONGEST - 1);
    let length = 2 + name.take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').count();
    (length > 2 && bytes.get(length - 1) == Some(&b';')).then_some(length)
}

impl Origin {
    /// The bytes of the original for those of the decoded text. What begins or ends amid an entity has all of it.
    /// The starts that are asked for must not go back.
    #[inline]
    pub(super) fn range(&mut self, range: Range<usize>) -> Range<usize> {
        if self.decoded.is_empty() { range } else { self.search(&range) }
    }

    fn search(&mut self, range: &Range<usize>) -> Range<usize> {
        while self.decoded.get(self.passed).is_some_and(|(here, _)| here.end <= range.start) {
            self.passed += 1;
        }
        let within = self.decoded.get(self.passed).filter(|(here, _)| here.start <= range.start);
        let start = within.map_or_else(|| self.after(self.passed, range.start), |(_, o)| o.start);
        let begun =
            self.decoded[self.passed..].iter().take_while(|(here, _)| here.start < range.end);
        let begun = self.passed + begun.count();
        let last = self.decoded[..begun].last().filter(|(here, _)| here.end >= range.end);
        start..last.map_or_else(|| self.after(begun, range.end), |(_, original)| original.end)
    }

    /// The original of a position after so many entities.
    fn after(&self, entities: usize, at: usize) -> usize {
        let last = self.decoded[..entities].last();
        last.map_or(at, |(here, original)| at - here.end + original.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_once() {
        let (mut out, mut origin) = (String::new(), Origin::default());
        let table = [
            ("a &amp; b", "a & b"),
            ("&lt;3 &#39;&#x27;&quot;", "<3 ''\""),
            ("&amp;lt; &amp;amp;", "&lt; &amp;"),
            ("&eacute;t&eacute;", "été"),
            ("&CounterClockwiseContourIntegral;", "∳"),
            ("&hearts;&#128525;", "♥😍"),
        ];
        for (text, expected) in table {
            assert_eq!(decoded(text, &mut out, &mut origin), expected);
        }
        let kept =
            ["&", "&;", "&amp", "& amp;", "&nosuch;", "&#xD800;", "&#99999999;", "AT&T;", "&&"];
        for text in kept {
            assert_eq!(decoded(text, &mut out, &mut origin), text);
            assert!(origin.decoded.is_empty());
        }
    }

    #[test]
    fn positions_lead_back_to_the_original() {
        let text = "&lt;3 é &amp;x &fjlig; z";
        let (mut out, mut origin) = (String::new(), Origin::default());
        let plain = decoded(text, &mut out, &mut origin);
        assert_eq!(plain, "<3 é &x fj z");
        let back: Vec<&str> = [0..2, 3..5, 6..8, 9..10, 10..11, 10..13, 12..13]
            .map(|range| &text[origin.range(range)])
            .into();
        assert_eq!(back, ["&lt;3", "é", "&amp;x", "&fjlig;", "&fjlig;", "&fjlig; z", "z"]);
    }
}
