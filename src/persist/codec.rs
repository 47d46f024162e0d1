//! Values as bytes, by bincode: the only file that says so.
//!
//! Bytes may be hostile even when their checksum is right. So a limit bounds what decoding may claim to need, all bytes
//! must be used, and what bincode says of an error is passed on as text only.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bincode::error::DecodeError;
use bincode::serde::{decode_from_slice, encode_to_vec};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    // Fails only for values that say so themselves (none of ours does) or when a writer fails (a Vec does not).
    encode_to_vec(value, config::standard()).expect("our own types can be encoded")
}

/// Decodes a value that fills `bytes` exactly; an error says what is wrong.
///
/// bincode makes room for a string before it looks whether its bytes are there, so the limit is also what a hostile
/// length can make it ask for. It grows with the input, and there is no input without one.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // Small integers take one byte but claim up to eight when they are read.
    let need = bytes.len().saturating_mul(8);
    // A limit is part of the type, so it can only be one of a few; each is 30 kB of machine code.
    macro_rules! decode_with_least {
        ($($bits:literal)*) => {
            $(if need <= limit($bits) {
                decode_within(bytes, config::standard().with_limit::<{ limit($bits) }>())
            } else)* {
                Err(format!("{} bytes are more than any model has", bytes.len()))
            }
        };
    }
    decode_with_least!(16 20 24 28 32 36 40)
}

/// 2 to the power of `bits`, or as much as one allocation can be.
const fn limit(bits: u32) -> usize {
    if bits < isize::BITS - 1 { 1 << bits } else { isize::MAX as usize }
}

type Limited<const N: usize> = Configuration<LittleEndian, Varint, Limit<N>>;

fn decode_within<T: DeserializeOwned, const N: usize>(
    bytes: &[u8],
    limit: Limited<N>,
) -> Result<T, String> {
    let (value, used) = decode_from_slice(bytes, limit).map_err(|error| match error {
        // What a value said when it checked itself; bincode would put quotes and its variant's name around it.
        DecodeError::OtherString(problem) => problem,
        error => error.to_string(),
    })?;
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
    fn what_a_length_can_claim_grows_with_the_input() {
        for bits in 12..24 {
            let mut hostile = vec![0; 1 << bits];
            hostile[0] = 253;
            for claim in [1u64 << (bits + 8), 1 << 40, 1 << 62] {
                hostile[1..9].copy_from_slice(&claim.to_le_bytes());
                let problem = "LimitExceeded".to_owned();
                assert_eq!(decode::<String>(&hostile), Err(problem), "2^{bits} bytes, {claim}");
            }
        }
    }

    #[test]
    fn left_over_bytes_are_refused() {
        assert_eq!(
            decode::<u8>(&[1, 2, 3]),
            Err("2 bytes are left over after the last value".to_owned())
        );
    }
}
