//! The little JSON that is written beside models and runs: texts and numbers come in, text goes out. Nothing is read.

use std::fmt::Write;

/// A string in quotes. What is not ASCII stays as it is: YAML 1.1, which takes JSON for YAML, refuses surrogate pairs.
pub(crate) fn quoted(x: &str) -> String {
    let mut text = String::with_capacity(x.len() + 2);
    text.push('"');
    for c in x.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // Writing to a String cannot fail.
            c if c.is_control() => _ = write!(text, "\\u{:04x}", u32::from(c)),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// A number; JSON has no word for those that are not finite.
pub(crate) fn number(x: f64) -> String {
    if x.is_finite() { format!("{x:?}") } else { "null".to_owned() }
}

/// `[a, b]`, of values that are JSON already.
pub(crate) fn list(values: impl IntoIterator<Item = String>) -> String {
    let values: Vec<String> = values.into_iter().collect();
    format!("[{}]", values.join(", "))
}

/// `{"key": value}`, of values that are JSON already.
pub(crate) fn object<K: AsRef<str>>(pairs: impl IntoIterator<Item = (K, String)>) -> String {
    let pair = |(key, value): (K, String)| format!("{}: {value}", quoted(key.as_ref()));
    let pairs: Vec<String> = pairs.into_iter().map(pair).collect();
    format!("{{{}}}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    proptest! {
        #[test]
        fn any_string_reads_back_equal(x: String) {
            prop_assert_eq!(serde_json::from_str::<String>(&quoted(&x)).unwrap(), x);
        }

        #[test]
        fn any_number_reads_back_equal(x: f64) {
            let read: Value = serde_json::from_str(&number(x)).unwrap();
            prop_assert_eq!(read.as_f64(), x.is_finite().then_some(x));
        }
    }

    #[test]
    fn lists_and_objects_are_json() {
        let numbers = list([0.5, f64::NAN].map(number));
        let text = object([("a \"b\"", numbers), ("c", object::<&str>([]))]);
        assert_eq!(text, r#"{"a \"b\"": [0.5, null], "c": {}}"#);
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!({ "a \"b\"": [0.5, null], "c": {} }));
    }
}
