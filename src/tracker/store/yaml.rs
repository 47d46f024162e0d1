//! The little YAML that `meta.yaml` files need: ours to write, serde-saphyr's to read. Only this file names that crate.
//!
//! Writing takes keys and scalars and gives `key: value` lines; every string is double-quoted, so none changes its type.
//! Reading takes whatever `PyYAML` wrote (plain, quoted and folded scalars) into a type that says what each value must be,
//! so `1e3` is a string where a string is due. What the keys mean is not known here.

mod plain;

use std::fmt::Write;

use serde::de::DeserializeOwned;

/// A value to write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Text(&'a str),
    Int(i64),
    Null,
    EmptyList,
}

impl From<Option<i64>> for Scalar<'_> {
    fn from(x: Option<i64>) -> Self {
        x.map_or(Self::Null, Self::Int)
    }
}

impl<'a> From<Option<&'a str>> for Scalar<'a> {
    fn from(x: Option<&'a str>) -> Self {
        x.map_or(Self::Null, Self::Text)
    }
}

/// A mapping in block style. Keys are plain words.
pub(crate) fn write(pairs: &[(&str, Scalar<'_>)]) -> String {
    let mut text = String::new();
    for pair in pairs {
        push_pair(&mut text, pair);
        text.push('\n');
    }
    text
}

/// The same mapping as an item of a list, in one line.
pub(crate) fn write_item(pairs: &[(&str, Scalar<'_>)]) -> String {
    let mut text = "- {".to_owned();
    for (i, pair) in pairs.iter().enumerate() {
        text.push_str(if i == 0 { "" } else { ", " });
        push_pair(&mut text, pair);
    }
    text.push_str("}\n");
    text
}

fn push_pair(text: &mut String, (key, value): &(&str, Scalar<'_>)) {
    text.push_str(key);
    text.push_str(": ");
    match value {
        Scalar::Text(x) => quote(text, x),
        Scalar::Int(x) => text.push_str(&x.to_string()),
        Scalar::Null => text.push_str("null"),
        Scalar::EmptyList => text.push_str("[]"),
    }
}

/// Appends `x` double-quoted. Escaped is what YAML does not take raw in quotes, and no more: `PyYAML` refuses the surrogate
/// pairs that a JSON writer would use.
fn quote(text: &mut String, x: &str) {
    text.push('"');
    for c in x.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => write_escape(text, 'x', 2, c),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                write_escape(text, 'u', 4, c);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

fn write_escape(text: &mut String, kind: char, width: usize, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\\{kind}{:0width$X}", u32::from(c));
}

/// Reads a mapping of scalars.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    plain::read(bytes).map_or_else(|| read_all(bytes), Ok)
}

/// The same, by a parser of all YAML. The limits are far above any `meta.yaml`, and keep a hostile one from costing more than its
/// own length; the caller limits that.
fn read_all<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let options = serde_saphyr::options! {
        // The last wins, as in PyYAML.
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: 16,
            max_events: 20_000,
            max_nodes: 10_000,
            max_aliases: 100,
            max_anchors: 100,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 8,
            max_alias_expansions_per_anchor: 100,
        },
    };
    serde_saphyr::from_slice_with_options(bytes, options).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct One {
        value: String,
    }

    fn there_and_back(x: &str) -> String {
        let text = write(&[("value", Scalar::Text(x)), ("other", Scalar::Null)]);
        assert_eq!(text.lines().count(), 2, "{text}");
        read::<One>(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}")).value
    }

    proptest! {
        #[test]
        fn any_string_reads_back_equal(x: String) {
            prop_assert_eq!(there_and_back(&x), x);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = read::<One>(&bytes);
        }
    }

    #[test]
    fn every_character_reads_back_equal() {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        for some in all.chunks(5_000) {
            let x: String = some.iter().collect();
            assert_eq!(there_and_back(&x), x);
        }
    }

    #[test]
    fn awkward_strings_read_back_equal() {
        let long = "two hundred characters with spaces ".repeat(6);
        let table = [
            "",
            " ",
            "yes",
            "no",
            "null",
            "~",
            "1e3",
            "017",
            "0o17",
            "1:30",
            "1_000",
            "2024-01-01",
            "- a",
            "a: b",
            "# a",
            "'",
            "\"",
            "\\",
            "\\n",
            "a\nb\n",
            "\t",
            "😀",
            "{}",
            "[]",
            "&a",
            "*a",
            "!!str",
            "%",
            "@",
            "`",
            &long,
        ];
        for x in table {
            assert_eq!(there_and_back(x), x);
        }
    }

    #[test]
    fn writes_one_quoted_line_for_each_key() {
        let text = write(&[
            ("end_time", Scalar::Null),
            ("name", Scalar::Text("a \"b\" \\ \n\u{7f}\u{85}\u{2028} 😀")),
            ("start_time", Scalar::Int(-1)),
            ("tags", Scalar::EmptyList),
        ]);
        assert_eq!(
            text,
            "end_time: null\nname: \"a \\\"b\\\" \\\\ \\n\\x7F\\x85\\u2028 😀\"\nstart_time: -1\ntags: []\n"
        );
    }

    #[test]
    fn reads_scalars_as_pyyaml_writes_them() {
        let table = [
            ("value: 123e4567891234567890123456789012", "123e4567891234567890123456789012"),
            ("value: 1e3", "1e3"),
            ("value: 0o17", "0o17"),
            ("value: None", "None"),
            ("value: 1234", "1234"),
            ("value: 'it''s'", "it's"),
            ("value: 'a\n\n  b'", "a\nb"),
            ("value: a folded\n  plain scalar", "a folded plain scalar"),
            ("value: \"a\\\n  \\ b \\U0001F600 \\N \\x41 \\t\"", "a b 😀 \u{85} A \t"),
            ("value: a\nother: {b: [c]}\nvalue: d", "d"),
        ];
        for (text, value) in table {
            assert_eq!(read::<One>(text.as_bytes()).unwrap().value, value, "{text}");
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..12 {
            let inner = format!("*a{}, ", i - 1).repeat(10);
            let _ = writeln!(text, "a{i}: &a{i} [{inner}]");
        }
        text.push_str("value: *a11\n");
        let error = read::<One>(text.as_bytes()).unwrap_err();
        assert!(error.contains("limit") || error.contains("budget"), "{error}");
        let deep = format!("value: {}", "[".repeat(100_000));
        assert!(!read::<One>(deep.as_bytes()).unwrap_err().is_empty());
    }
}
