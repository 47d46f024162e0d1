//! Tokens of pages: how many runs came before comes in, MLflow's token goes out, and the other way round.
//!
//! A token is base64 of `{"offset": N}`, so that pages begun with MLflow go on here. Nothing else of a search is in it: the
//! caller asks the same question again.

use crate::error::{Result, TrackingError};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn token(offset: usize) -> String {
    let json = format!("{{\"offset\": {offset}}}");
    let mut text = String::new();
    for three in json.as_bytes().chunks(3) {
        let bits = three.iter().fold(0, |bits, &byte| bits << 8 | usize::from(byte))
            << (8 * (3 - three.len()));
        for i in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * i) & 63]);
            text.push(if i > three.len() { '=' } else { digit });
        }
    }
    text
}

/// The offset in a token; 0 for the empty one.
pub(super) fn offset(token: &str) -> Result<usize> {
    if token.is_empty() {
        return Ok(0);
    }
    decode(token).and_then(|json| offset_in(&json)).filter(|&offset| offset > 0).ok_or_else(|| {
        TrackingError::Query {
            what: "page token",
            text: token.chars().take(100).collect(),
            at: 1,
            problem: "it is none that a search has given; take that of the page before, or none for the first".to_owned(),
        }
        .into()
    })
}

fn decode(token: &str) -> Option<Vec<u8>> {
    let digits = token.trim_end_matches('=');
    let mut bytes = Vec::new();
    for four in digits.as_bytes().chunks(4) {
        let mut bits = 0;
        for byte in four {
            bits = bits << 6 | DIGITS.iter().position(|digit| digit == byte)?;
        }
        bits <<= 6 * (4 - four.len());
        bytes.extend((0..four.len().saturating_sub(1)).map(|i| (bits >> (16 - 8 * i)) as u8));
    }
    Some(bytes)
}

fn offset_in(json: &[u8]) -> Option<usize> {
    let text = str::from_utf8(json).ok()?.trim();
    let inner = text.strip_prefix('{')?.strip_suffix('}')?.trim();
    inner.strip_prefix("\"offset\"")?.trim_start().strip_prefix(':')?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_mlflows() {
        for (n, text) in [
            (3, "eyJvZmZzZXQiOiAzfQ=="),
            (99, "eyJvZmZzZXQiOiA5OX0="),
            (100, "eyJvZmZzZXQiOiAxMDB9"),
        ] {
            assert_eq!(token(n), text);
            assert_eq!(offset(text).unwrap(), n);
        }
        assert_eq!(
            offset("!!").unwrap_err().to_string(),
            "tracking: page token \"!!\" cannot be read at character 1: it is none that a search has given; take that of the \
             page before, or none for the first"
        );
    }

    proptest! {
        #[test]
        fn any_offset_comes_back_and_any_text_is_read_or_refused(n in 1usize.., text: String) {
            prop_assert_eq!(offset(&token(n)).unwrap(), n);
            let _ = offset(&text);
        }
    }
}
