//! What is told by its form alone: links, e-mail addresses, and figures of all kinds.
//!
//! A text and a position in; the bytes that belong to the entity out. No entity is looked for further than it can
//! reach: an address has at most 64 bytes before `@`, a date ten.

use super::bytes::{DIGIT, WORD, is};
use super::emoji::keycap;
use super::settings::Entity;
use crate::text::chars::is_word_or_mark;

/// An entity's kind and its end.
type Found = Option<(Entity, usize)>;

/// ASCII that ends a link.
const CLOSES_LINK: &[char] = &['<', '>', '"'];
/// What cannot be the last of a link.
const TRAILS_LINK: &[char] = &['.', ',', '!', '?', ';', ':', '\'', ')', ']', '}', '*'];

/// Whether a link may start with these two bytes.
#[inline]
pub(super) fn may_be_link(first: u8, second: u8) -> bool {
    matches!((first | 32, second | 32), (b'h', b't') | (b'w', b'w'))
}

/// The length of the link that `rest` starts with. It ends at what is neither ASCII nor of a word: the quote or the
/// emoji after it.
pub(super) fn link(rest: &str) -> Option<usize> {
    let starts = |prefix: &&str| {
        rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let prefix = ["http://", "https://", "www."].into_iter().find(starts)?;
    let closes = |c: char| match c {
        '\0'..=' ' | '\u{7f}' => true,
        '!'..='~' => CLOSES_LINK.contains(&c),
        _ => !is_word_or_mark(c),
    };
    let end = rest.find(closes).unwrap_or(rest.len());
    let length = rest[..end].trim_end_matches(TRAILS_LINK).len();
    (length > prefix.len()).then_some(length)
}

/// The end of the e-mail address that starts at `at`: ASCII only, with a domain of two parts or more.
pub(super) fn email(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let local = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-');
    let sign = at + bytes[at..].iter().take(65).take_while(|b| local(b)).count();
    if sign == at || bytes.get(sign) != Some(&b'@') || bytes[sign - 1] == b'.' {
        return None;
    }
    let (mut start, mut found) = (sign + 1, None);
    while start < sign + 255 {
        let run = bytes[start..].iter().take(64);
        let run = run.take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        let last = bytes[start..start + run].iter().rposition(|b| *b != b'-');
        let end = start + last.map_or(0, |last| last + 1);
        let label = &bytes[start..end];
        if label.is_empty() {
            break;
        }
        if start > sign + 1 && label.len() >= 2 && label.iter().all(u8::is_ascii_alphabetic) {
            found = Some(end);
        }
        let goes_on = bytes.get(end) == Some(&b'.')
            && bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
        if !goes_on {
            break;
        }
        start = end + 1;
    }
    found.filter(|&end| !word_follows(text, end))
}

/// The date, time, price or number that starts with the digit at `at`; `None` where it is the start of a word (`2nd`).
pub(super) fn figure(text: &str, at: usize) -> Found {
    if let Some(found) = date(text, at).or_else(|| time(text, at)) {
        return Some(found);
    }
    let bytes = text.as_bytes();
    let end = joined_digits(bytes, at, b".,:");
    if end > at + 1 && keycap(bytes, end - 1).is_some() {
        // Its digit is no part of the number, nor is the sign before that.
        let end = end - 1;
        return Some((Entity::Number, end - usize::from(!bytes[end - 1].is_ascii_digit())));
    }
    if bytes.get(end) == Some(&b'%') {
        return Some((Entity::Number, end + 1));
    }
    if let Some(sign) = text[end..].chars().next().filter(|&c| is_currency(c)) {
        let end = end + sign.len_utf8();
        let cents = end + 2; // 5€50
        let has_cents = digits(bytes, end) == 2 && !word_follows(text, cents);
        return Some((Entity::Price, if has_cents { cents } else { end }));
    }
    (!word_follows(text, end)).then_some((Entity::Number, end))
}

/// The end of the price whose sign of currency is at `at`.
pub(super) fn price(text: &str, at: usize, sign: char) -> Option<usize> {
    let bytes = text.as_bytes();
    let start = at + sign.len_utf8();
    if digits(bytes, start) == 0 {
        return None;
    }
    let end = joined_digits(bytes, start, b".,");
    // Thousands, millions, billions.
    let suffix = match (bytes.get(end), bytes.get(end + 1)) {
        (Some(b'b' | b'B'), Some(b'n' | b'N')) => 2,
        (Some(b'k' | b'K' | b'm' | b'M' | b'b' | b'B'), _) => 1,
        _ => 0,
    };
    Some(if word_follows(text, end + suffix) { end } else { end + suffix })
}

/// Signs of currency. The block of U+20A0 holds nothing else.
#[inline]
pub(super) fn is_currency(c: char) -> bool {
    matches!(c, '$' | '¢'..='¥' | '\u{20a0}'..='\u{20cf}')
}

/// Three parts with a year, or two parts with `/`, which may also be a fraction or a mark (`9/10`).
fn date(text: &str, at: usize) -> Found {
    let bytes = text.as_bytes();
    // Amid "1/2/3/4"
    if at >= 2 && bytes[at - 1] == b'/' && is(bytes.get(at - 2), DIGIT) {
        return None;
    }
    let (first, one) = part(bytes, at)?;
    let sign = *bytes.get(at + one).filter(|b| matches!(b, b'/' | b'.' | b'-'))?;
    let second_at = at + one + 1;
    let (second, two) = part(bytes, second_at)?;
    let end = second_at + two;
    let day_and_month = |a: u32, b: u32| {
        let fits = |month, day| (1..=12).contains(&month) && (1..=31).contains(&day);
        fits(a, b) || fits(b, a)
    };
    if bytes.get(end) == Some(&sign)
        && let Some((third, three)) = part(bytes, end + 1)
    {
        let fits = match (one, two, three) {
            (4, 1..=2, 1..=2) => day_and_month(second, third) && second <= 12,
            (1..=2, 1..=2, 4) => day_and_month(first, second),
            (1..=2, 1..=2, 2) => sign == b'/' && day_and_month(first, second),
            _ => false,
        };
        let end = end + 1 + three;
        return (fits && stands_alone(text, end, sign)).then_some((Entity::Date, end));
    }
    if sign != b'/' || one > 2 || two > 2 || !stands_alone(text, end, sign) {
        return None;
    }
    // Two short parts are rather a fraction; "9/10" is praise, "24/7" is always.
    let mark = first <= second && second == 10;
    let is_date = one + two > 2 && !mark && (first, second) != (24, 7);
    let kind = if is_date && day_and_month(first, second) { Entity::Date } else { Entity::Number };
    Some((kind, end))
}

/// Up to four digits, and how many they are.
fn part(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let length = digits(bytes, at);
    let value = |part: &[u8]| part.iter().fold(0, |value, b| value * 10 + u32::from(b - b'0'));
    (1..=4).contains(&length).then(|| (value(&bytes[at..at + length]), length))
}

/// Hours with minutes or "am" or "pm", or both.
fn time(text: &str, at: usize) -> Found {
    let bytes = text.as_bytes();
    let (hours, length) = part(bytes, at).filter(|&(hours, length)| length <= 2 && hours <= 24)?;
    let mut end = at + length;
    let sixtieths = |at: usize| part(bytes, at).filter(|&(n, length)| length == 2 && n < 60);
    let sign = bytes.get(end).copied();
    let minutes = sign.filter(|b| matches!(b, b':' | b'.' | b'h' | b'H'));
    let minutes = minutes.filter(|_| sixtieths(end + 1).is_some());
    if minutes.is_some() {
        end += 3;
    }
    if minutes == Some(b':') && bytes.get(end) == Some(&b':') && sixtieths(end + 1).is_some() {
        end += 3;
    }
    let half = bytes.get(end..end + 2).filter(|half| {
        (1..=12).contains(&hours) && matches!(half, [b'a' | b'A' | b'p' | b'P', b'm' | b'M'])
    });
    // "10.30" alone is a number.
    let fits = half.is_some() || minutes.is_some_and(|sign| sign != b'.');
    let end = if half.is_some() { end + 2 } else { end };
    (fits && stands_alone(text, end, b':')).then_some((Entity::Time, end))
}

/// Whether no figure or word goes on at `at`; `sign` stands within the figure.
fn stands_alone(text: &str, at: usize, sign: u8) -> bool {
    let bytes = text.as_bytes();
    let goes_on = matches!(bytes.get(at), Some(b) if *b == sign || matches!(b, b'.' | b',' | b':'));
    !(goes_on && digits(bytes, at + 1) > 0 || word_follows(text, at))
}

fn word_follows(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at) {
        Some(0x80..) => text[at..].chars().next().is_some_and(is_word_or_mark),
        byte => is(byte, WORD),
    }
}

/// How many digits there are at `at`, counted to five.
fn digits(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).map_or(0, |rest| rest.iter().take(5).take_while(|b| is(Some(b), DIGIT)).count())
}

/// The end of the digits at `at`, with single `signs` between them.
fn joined_digits(bytes: &[u8], at: usize, signs: &[u8]) -> usize {
    let digit = |at: usize| is(bytes.get(at), DIGIT);
    let mut end = at;
    while digit(end) || bytes.get(end).is_some_and(|b| signs.contains(b)) && digit(end + 1) {
        end += 1;
    }
    end
}
