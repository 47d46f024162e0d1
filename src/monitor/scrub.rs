//! A text comes in, its first characters come out, without what could tell whose it is: handles, links, addresses, numbers.
//!
//! What is told by form is replaced by what it is, `<user>` or `<number>`; anything with a digit in it is a number here, for
//! a booking code or the number of a house is one in no table. Names are not found: a text with names is better not kept.

use std::ops::Range;

use crate::text::{Analyzer, Elongation, Entity, Social};

/// Characters that are kept.
const MOST: usize = 50;
/// Bytes that are looked at: more than fifty characters and what may be cut at their end.
const LOOKED_AT: usize = 1_000;

/// Makes starts of texts that may be kept.
#[derive(Debug)]
pub(super) struct Scrubber(Analyzer);

impl Scrubber {
    pub(super) fn new() -> Self {
        let social = Social::default().elongation(Elongation::Keep).placeholders();
        let params = Analyzer::social().tokenizer(social).lowercase(false).max_bytes(LOOKED_AT);
        Self(params.build().expect("these settings are in range"))
    }

    /// The first fifty characters of a text, scrubbed.
    pub(super) fn start(&self, text: &str) -> Box<str> {
        let (mut start, mut end) = (String::new(), 0);
        self.0.for_each_token(text, |token, Range { start: from, end: to }| {
            if to <= end {
                return; // of bytes that were shown already
            }
            let between = text.get(end..from).unwrap_or_default();
            start.extend(between.chars().map(|c| if c.is_whitespace() { ' ' } else { c }));
            end = to;
            let placeholder = token.starts_with('<') && token.ends_with('>') && token.len() > 2;
            if placeholder || !token.chars().any(char::is_numeric) {
                start.push_str(token);
            } else {
                start.push_str(Entity::Number.token());
            }
        });
        start.chars().take(MOST).collect::<String>().into_boxed_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_tell_whose_it_is_is_gone() {
        let scrubber = Scrubber::new();
        for (text, start) in [
            ("@SkyBird my bag is lost", "<user> my bag is lost"),
            (
                "mail Me@Sky.example or +33 6 12 34",
                "mail <email> or +<number> <number> <number> <number>",
            ),
            ("flight BA2490 at 10:30, see https://t.co/a1", "flight <number> at <time>, see <url>"),
            ("ref AB12CD34 ok", "ref <number> ok"),
            ("été\n日本 :(", "été 日本 :("),
            ("", ""),
        ] {
            let start = start.chars().take(50).collect::<String>();
            assert_eq!(&*scrubber.start(text), start, "{text}");
        }
        let long = scrubber.start(&"wörd ".repeat(10_000));
        assert_eq!(long.chars().count(), 50);
    }
}
