//! Values as bytes, by bincode: the only file that says so.
//!
//! Bytes may be hostile even when their checksum is right. So a limit bounds what decoding may claim to need, all bytes
//! must be used, and what bincode says of an error is passed on as text only.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bincode::serde::{decode_from_slice, encode_to_vec};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) fn encode(value: &impl Serialize) -> Vec<u8> {
    // Fails only for values that say so themselves (none of ours does) or when a writer fails (a Vec does not).
    encode_to_vec(value, config::standard()).expect("our own types can be encoded")
}

/// Decodes a value that fills `bytes` exactly; an error says what is wrong.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // Small integers take one byte but claim up to eight when they are read.
    let need = bytes.len().saturating_mul(8);
    if need <= SMALL {
        decode_within(bytes, config::standard().with_limit::<SMALL>())
    } else if need <= MEDIUM {
        decode_within(bytes, config::standard().with_limit::<MEDIUM>())
    } else if need <= LARGE {
        decode_within(bytes, config::standard().with_limit::<LARGE>())
    } else {
        decode_within(bytes, config::standard().with_limit::<{ usize::MAX }>())
    }
}

// A limit is part of the type, so it can only be one of a few.
const SMALL: usize = 1 << 16;
const MEDIUM: usize = 1 << 24;
const LARGE: usize = 1 << 30;

type Limited<const N: usize> = Configuration<LittleEndian, Varint, Limit<N>>;

fn decode_within<T: DeserializeOwned, const N: usize>(
    bytes: &[u8],
    limit: Limited<N>,
) -> Result<T, String> {
    let (value, used) = decode_from_slice(bytes, limit).map_err(|e| e.to_string())?;
    if used == bytes.len() {
        Ok(value)
    } else {
        Err(format!("{} bytes are left over after the last value", bytes.len() - used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let value = (vec![1u32, 300, u32::MAX], "text".to_owned(), -0.5f64, Some(true));
        assert_eq!(decode(&encode(&value)), Ok(value));
    }

    #[test]
    fn a_length_of_2_to_the_56_is_an_error_and_no_allocation() {
        let hostile = [253, 0, 0, 0, 0, 0, 0, 0, 1];
        assert_eq!(decode::<String>(&hostile), Err("LimitExceeded".to_owned()));
        assert_eq!(decode::<Vec<f64>>(&hostile), Err("UnexpectedEnd { additional: 8 }".to_owned()));
    }

    #[test]
    fn left_over_bytes_are_refused() {
        assert_eq!(
            decode::<u8>(&[1, 2, 3]),
            Err("2 bytes are left over after the last value".to_owned())
        );
    }
}
