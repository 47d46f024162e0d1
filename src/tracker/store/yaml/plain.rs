//! What this crate itself writes, read without a parser of all YAML: a plain key and a scalar in each line, as `write` puts
//! them there.
//!
//! A text goes in, and a value comes out only if YAML leaves no doubt about it; the slightest difference, an escape for one,
//! and whether a value is of the type that is asked for, is left to the reader of all YAML. A store has thousands of these
//! files.

use std::iter;

use serde::Deserializer;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// A value that can only be read in one way.
#[derive(Debug, Clone, Copy)]
enum Plain<'a> {
    Text(&'a str),
    Int(i64),
    Null,
    EmptyList,
}

pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let text = str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    // The longest of these files has sixteen lines.
    let mut pairs = Vec::with_capacity(16);
    for line in text.split('\n') {
        let (key, value) = line.split_once(": ")?;
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return None;
        }
        pairs.push((key, scalar(value)?));
    }
    T::deserialize(MapDeserializer::<_, Error>::new(pairs.into_iter())).ok()
}

fn scalar(text: &str) -> Option<Plain<'_>> {
    if let Some(rest) = text.strip_prefix('"') {
        let inner = rest.strip_suffix('"')?;
        let is_raw = |c: char| match c {
            '"' | '\\' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
            c => !c.is_control(),
        };
        return inner.chars().all(is_raw).then_some(Plain::Text(inner));
    }
    match text {
        "null" => Some(Plain::Null),
        "[]" => Some(Plain::EmptyList),
        "0" => Some(Plain::Int(0)),
        _ => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            // A leading zero makes an octal number, and eighteen digits fit.
            let is_int = matches!(digits.as_bytes(), [b'1'..=b'9', rest @ ..]
                if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit));
            if is_int { text.parse().ok().map(Plain::Int) } else { None }
        }
    }
}

impl<'de> Deserializer<'de> for Plain<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_str(text),
            Self::Int(number) => visitor.visit_i64(number),
            Self::Null => visitor.visit_unit(),
            Self::EmptyList => visitor.visit_seq(SeqDeserializer::new(iter::empty::<()>())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Plain<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::super::{Scalar, read_all, write};
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Meta {
        name: String,
        version: u32,
        note: Option<String>,
        time: Option<i64>,
    }

    /// What is read here is what the reader of all YAML reads.
    fn agrees(text: &str) -> bool {
        let plain = read::<Meta>(text.as_bytes());
        let is_read = plain.is_some();
        if let Some(plain) = plain {
            assert_eq!(read_all::<Meta>(text.as_bytes()), Ok(plain), "{text}");
        }
        is_read
    }

    #[test]
    fn what_is_written_is_read_here_unless_it_has_escapes() {
        let text = |name, note| {
            write(&[
                ("name", Scalar::Text(name)),
                ("note", note),
                ("other", Scalar::EmptyList),
                ("time", Scalar::Int(-1_700_000_000_000)),
                ("version", Scalar::Int(3)),
            ])
        };
        assert!(agrees(&text("it's: [a] # é😀 ", Scalar::Null)));
        assert!(agrees(&text("", Scalar::Text("null"))));
        for name in ["a\n", "\"", "\\", "\u{85}", "\u{feff}"] {
            assert!(!agrees(&text(name, Scalar::Null)), "{name:?}");
        }
    }

    #[test]
    fn what_could_be_read_otherwise_is_not_read_here() {
        let whole = "name: \"a\"\nnote: null\ntime: 1\nversion: 1\n";
        assert!(agrees(whole));
        let table = [
            ("\"a\"", "a"),
            ("\"a\"", "'a'"),
            ("\"a\"", "\"a\" # b"),
            ("\"a\"", "5"),
            ("\"a\"", "null"),
            ("\"a\"", "[]"),
            ("\"a\"\n", "\"a\n  b\"\n"),
            ("null", "[]"),
            ("null", "5"),
            ("null", "~"),
            ("time: 1\n", "time: 017\n"),
            ("time: 1\n", "time: 1.0\n"),
            ("time: 1\n", "time: \"1\"\n"),
            ("time: 1\n", "time: 9999999999999999999\n"),
            ("version: 1", "version: -1"),
            ("version: 1", "version: 1\nversion: 2"),
            ("version: 1", "version:  1"),
            ("version: 1", " version: 1"),
            ("version: 1\n", ""),
            ("version: 1\n", "version: 1"),
            ("version: 1\n", "version: 1\r\n"),
            ("version: 1\n", "version: 1\n\n"),
            ("version: 1\n", "version: 1\n...\n"),
        ];
        for (from, to) in table {
            assert!(!agrees(&whole.replacen(from, to, 1)), "{from:?} {to:?}");
        }
        assert!(agrees(&whole.replacen("time: 1\n", "", 1)));
    }

    proptest! {
        #[test]
        fn readers_agree_on_whatever_is_read_here(
            name: String,
            note in "[ -~éß\u{7f}-\u{a0}\u{2028}]{0,12}",
            value in r#"null|\[\]|-?[0-9]{1,19}|0x1f|1e3|~|yes|"[a-z\\": #]{0,6}"|[a-z:# ]{0,6}"#,
            line in r#"(version|time|note|name|x): ("?[0-9a-z ]{0,4}"?)"#,
        ) {
            let head = format!("name: \"{name}\"\nnote: \"{note}\"\ntime: {value}\n");
            agrees(&format!("{head}version: 1\n"));
            agrees(&format!("{head}version: 1\n{line}\n"));
            agrees(&format!("name: \"a\"\nnote: {value}\nversion: {value}\n"));
        }
    }
}
