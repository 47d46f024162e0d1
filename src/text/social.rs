//! Tokens of tweets: what a word pattern drops or takes apart is often what says most.
//!
//! Text in; tokens with their byte ranges out. At each position the first rule that fits wins:
//!
//! | rule | example | token |
//! |---|---|---|
//! | link | `https://t.co/Ab1.` | `https://t.co/Ab1` |
//! | handle | `@SkyBird` | `@skybird` |
//! | hashtag | `#NeverAgain` | `#neveragain` |
//! | emoticon | `:-)` | `:-)` |
//! | emoji, with its modifiers and joiners | `👍🏽` | `👍🏽` |
//! | word or number; `’` becomes `'` | `Didn’t`, `3.50`, `10:30` | `didn't`, `3.50`, `10:30` |
//! | any other visible character | `!!` | `!`, `!` |
//!
//! Whether a token is good or bad is not known here.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::chars::{is_invisible, is_word, is_word_or_mark, starts_emoji};
use super::segment::lowered;

/// Emoticons, longest first among those that start alike.
const EMOTICONS: &[&str] = &[
    ":'-(",
    ":'-)",
    ":'(",
    ":')",
    ":-))",
    ":-((",
    ":-)",
    ":-(",
    ":-D",
    ":-P",
    ":-p",
    ":-/",
    ":-\\",
    ":-|",
    ":-O",
    ":-o",
    ":-*",
    ":-S",
    ":-s",
    ":-]",
    ":-[",
    ":))",
    ":((",
    ":)",
    ":(",
    ":D",
    ":P",
    ":p",
    ":/",
    ":\\",
    ":|",
    ":O",
    ":o",
    ":*",
    ":S",
    ":s",
    ":]",
    ":[",
    ":3",
    ":>",
    ":<",
    ":}",
    ":{",
    ";-)",
    ";-(",
    ";-P",
    ";)",
    ";(",
    ";D",
    ";P",
    ";p",
    ";_;",
    ">:-(",
    ">:(",
    ">:)",
    ">:|",
    ">_<",
    ">.<",
    "<3",
    "</3",
    "=)",
    "=(",
    "=D",
    "=P",
    "=p",
    "=/",
    "=]",
    "=[",
    "=|",
    "^_^",
    "^^",
    "^.^",
    "-_-",
    "-.-",
    "(-:",
    "(:",
    "(;",
    ")-:",
    "):",
    "x_x",
    "X_X",
    "xD",
    "XD",
    "D:",
    "D=",
    "T_T",
    "T.T",
    "o_O",
    "O_o",
    "o_o",
    "O_O",
    "o.O",
    "O.o",
    "8-)",
    "B-)",
    "\\o/",
    "¯\\_(ツ)_/¯",
    "(╯°□°)╯︵┻━┻",
    "(ಠ_ಠ)",
    "ಠ_ಠ",
    "(^_^)",
    "(^^)",
    "(T_T)",
    "(>_<)",
];

/// Characters after which a link has ended; all but white space also cannot end it.
const CLOSES_LINK: &[char] = &['<', '>', '"', '“', '”', '…'];
const TRAILS_LINK: &[char] = &['.', ',', '!', '?', ';', ':', '\'', '’', ')', ']', '}', '*'];

/// The tokens of a text. `buffer` holds what had to be changed.
pub(super) fn tokens(
    text: &str,
    lowercase: bool,
    buffer: &mut String,
    mut each: impl FnMut(&str, Range<usize>),
) {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        if c.is_whitespace() || c.is_control() {
            at += c.len_utf8();
            continue;
        }
        let kept = link(rest).or_else(|| emoticon(rest, before));
        let (token, length) = if let Some(length) = kept {
            (&rest[..length], length)
        } else if let Some(length) = tag(rest, c) {
            (lowered(&rest[..length], lowercase, buffer), length)
        } else if is_word_or_mark(c) {
            let length = word(rest);
            (word_token(&rest[..length], lowercase, buffer), length)
        } else if starts_emoji(c) {
            let cluster = rest.graphemes(true).next().unwrap_or(rest);
            (without_selector(cluster, buffer), cluster.len())
        } else {
            (if is_invisible(c) { "" } else { &rest[..c.len_utf8()] }, c.len_utf8())
        };
        if !token.is_empty() {
            each(token, at..at + length);
        }
        at += length;
    }
}

/// The length of the link that `rest` starts with.
fn link(rest: &str) -> Option<usize> {
    if !matches!(rest.as_bytes().first()?, b'h' | b'H' | b'w' | b'W') {
        return None;
    }
    let starts = |prefix: &str| {
        rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let prefix = ["http://", "https://", "www."].into_iter().find(|prefix| starts(prefix))?;
    let end = rest.find(|c: char| c.is_whitespace() || CLOSES_LINK.contains(&c));
    let length = rest[..end.unwrap_or(rest.len())].trim_end_matches(TRAILS_LINK).len();
    (length > prefix.len()).then_some(length)
}

/// The bytes that emoticons start with: most characters are done with one look at this.
const STARTS_EMOTICON: [bool; 256] = {
    let mut starts = [false; 256];
    let mut i = 0;
    while i < EMOTICONS.len() {
        starts[EMOTICONS[i].as_bytes()[0] as usize] = true;
        i += 1;
    }
    starts
};

/// The length of the emoticon that `rest` starts with. One with a letter or digit at an end must not touch a word.
fn emoticon(rest: &str, before: Option<char>) -> Option<usize> {
    let first = *rest.as_bytes().first().filter(|&&b| STARTS_EMOTICON[usize::from(b)])?;
    let candidates = EMOTICONS.iter().filter(|e| e.as_bytes()[0] == first);
    let touches = |c: Option<char>| c.is_some_and(is_word);
    let stands_free = |e: &&&str| {
        let lettered = e.starts_with(is_word) || e.ends_with(is_word);
        !(lettered && (touches(before) || touches(rest[e.len()..].chars().next())))
    };
    candidates.filter(|e| rest.starts_with(**e)).filter(stands_free).map(|e| e.len()).max()
}

/// The length of the handle or hashtag that `rest` starts with.
fn tag(rest: &str, first: char) -> Option<usize> {
    if first != '@' && first != '#' {
        return None;
    }
    let length = rest[1..].find(|c| !is_word_or_mark(c)).unwrap_or(rest.len() - 1);
    (length > 0).then_some(1 + length)
}

/// The length of the word or number that `rest` starts with.
fn word(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    let mut last = ' ';
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        let joins = match c {
            '\'' | '’' => last.is_alphabetic() && next.is_some_and(char::is_alphabetic),
            '.' | ',' | ':' => last.is_numeric() && next.is_some_and(char::is_numeric),
            _ => is_word_or_mark(c),
        };
        if !joins {
            return at;
        }
        last = c;
    }
    rest.len()
}

/// A word as it is counted: lower-cased, with straight apostrophes.
fn word_token<'a>(word: &'a str, lowercase: bool, buffer: &'a mut String) -> &'a str {
    if !word.contains('’') {
        return lowered(word, lowercase, buffer);
    }
    let straight = word.replace('’', "'");
    buffer.clear();
    buffer.push_str(&if lowercase { straight.to_lowercase() } else { straight });
    buffer
}

/// An emoji without the selector that only asks for its coloured form, so that both forms count as one.
fn without_selector<'a>(emoji: &'a str, buffer: &'a mut String) -> &'a str {
    const COLOURED: char = '\u{fe0f}';
    if !emoji.contains(COLOURED) {
        return emoji;
    }
    buffer.clear();
    buffer.extend(emoji.chars().filter(|&c| c != COLOURED));
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn collect(text: &str) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        tokens(text, true, &mut String::new(), |token, range| {
            found.push((token.to_owned(), range));
        });
        found
    }

    #[test]
    fn tweets_give_these_tokens() {
        let table: &[(&str, &[&str])] = &[
            ("@SkyBird Thanks!!", &["@skybird", "thanks", "!", "!"]),
            ("#NeverAgain...#fail", &["#neveragain", ".", ".", ".", "#fail"]),
            ("see https://t.co/AbC1, ok", &["see", "https://t.co/AbC1", ",", "ok"]),
            ("(WWW.Sky.example/x?y=1)", &["(", "WWW.Sky.example/x?y=1", ")"]),
            ("http:// nothing", &["http", ":/", "/", "nothing"]),
            ("didn’t DIDN'T 'quoted'", &["didn't", "didn't", "'", "quoted", "'"]),
            ("great :) :-D :'( <3", &["great", ":)", ":-D", ":'(", "<3"]),
            (
                "at 10:30 for $3.50, gate D:4",
                &["at", "10:30", "for", "$", "3.50", ",", "gate", "d", ":", "4"],
            ),
            ("xD XDR D: x", &["xD", "xdr", "D:", "x"]),
            ("wow😡😡", &["wow", "😡", "😡"]),
            ("👍🏽 👨‍👩‍👧 🇫🇷 ❤️ ❤", &["👍🏽", "👨‍👩‍👧", "🇫🇷", "❤", "❤"]),
            ("1️⃣ a@b", &["1\u{fe0f}\u{20e3}", "a", "@b"]),
            ("@ # @! C#", &["@", "#", "@", "!", "c", "#"]),
            ("हिन्दी naïve na\u{308}ive", &["हिन्दी", "naïve", "na\u{308}ive"]),
            ("zero\u{200b}width \u{feff}x\0y", &["zero", "width", "x", "y"]),
            ("¯\\_(ツ)_/¯ meh", &["¯\\_(ツ)_/¯", "meh"]),
            ("price:5€ ©2024", &["price", ":", "5", "€", "©", "2024"]),
            ("", &[]),
            (" \n\t", &[]),
        ];
        for (text, expected) in table {
            let found: Vec<String> = collect(text).into_iter().map(|(token, _)| token).collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn one_long_cluster_is_no_trouble() {
        let marks = format!("❤{}", "\u{301}".repeat(500_000));
        assert_eq!(collect(&marks).len(), 1);
    }

    proptest! {
        #[test]
        fn tokens_are_visible_in_order_and_without_spaces(
            text in "([:;()<>3xXDTo_'’.-]|[@#]?[a-zA-Z0-9]{1,3}|http://|[❤👍🏽🇫🇷\u{fe0f}\u{200d}]|\\PC| ){0,30}"
        ) {
            let mut end = 0;
            for (token, range) in collect(&text) {
                prop_assert!(!token.is_empty() && !token.contains(char::is_whitespace), "{token:?}");
                prop_assert!(range.start >= end && range.start < range.end);
                prop_assert!(text.get(range.clone()).is_some());
                // What was skipped between two tokens shows nothing.
                prop_assert!(text[end..range.start].chars().all(|c| c.is_whitespace() || is_invisible(c)));
                end = range.end;
            }
            prop_assert!(text[end..].chars().all(|c| c.is_whitespace() || is_invisible(c)));
        }
    }
}
