//! The words of a hashtag: `#WorstFlightEver` is "worst flight ever" to all who read it.
//!
//! The characters after `#` in, the byte ranges of its words out. What the words count as is not known here.

use std::ops::Range;

use crate::text::chars::{Class, class};

/// What decides where a word starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Upper,
    /// Any letter that is not a capital, of scripts without capitals too.
    Lower,
    Digit,
    Between,
}

fn kind(c: char) -> Kind {
    if c == '_' {
        Kind::Between
    } else if c.is_numeric() {
        Kind::Digit
    } else if c.is_uppercase() {
        Kind::Upper
    } else {
        Kind::Lower
    }
}

/// The words of `name`, in order.
pub(super) fn words(name: &str, mut each: impl FnMut(Range<usize>)) {
    let mut start = 0;
    let mut last = Kind::Between;
    // Where the last character began, and whether it was one of several capitals.
    let (mut last_at, mut run) = (0, false);
    let mut emit = |range: Range<usize>| {
        if !range.is_empty() {
            each(range);
        }
    };
    for (at, c) in name.char_indices() {
        if class(c) == Class::Mark {
            continue; // belongs to the character before it
        }
        let now = kind(c);
        match (last, now) {
            (Kind::Upper, Kind::Lower) if run => {
                emit(start..last_at);
                start = last_at;
            }
            (Kind::Upper, Kind::Lower) => {}
            _ if last != now => {
                emit(start..if last == Kind::Between { start } else { at });
                start = at;
            }
            _ => {}
        }
        run = last == Kind::Upper && now == Kind::Upper;
        (last, last_at) = (now, at);
    }
    emit(start..if last == Kind::Between { start } else { name.len() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_these_words() {
        let table: &[(&str, &[&str])] = &[
            ("WorstFlightEver", &["Worst", "Flight", "Ever"]),
            ("fail", &["fail"]),
            ("USAirwaysFail", &["US", "Airways", "Fail"]),
            ("neverAGAIN", &["never", "AGAIN"]),
            ("Flight24to7", &["Flight", "24", "to", "7"]),
            ("never_again__", &["never", "again"]),
            ("_", &[]),
            ("2014", &["2014"]),
            ("ÉtéÀParis", &["Été", "À", "Paris"]),
            ("Cafe\u{301}Noir", &["Cafe\u{301}", "Noir"]),
            ("東京2020", &["東京", "2020"]),
            ("A", &["A"]),
            ("ABc", &["A", "Bc"]),
        ];
        for (name, expected) in table {
            let mut found = Vec::new();
            words(name, |range| found.push(&name[range]));
            assert_eq!(found, *expected, "{name}");
        }
    }
}
