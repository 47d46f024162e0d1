//! Content in, a digest out by which the same content is known again.
//!
//! SHA-256 as in FIPS 180-4. What data a model was trained on is told by its texts and labels in their order; what they
//! mean is not known here.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::parallel;

/// Pairs that are digested as one piece of work.
const PIECE: usize = 4096;

/// So many bytes are digested at once.
const AT_ONCE: usize = 1 << 13;

/// The digest of texts and their labels, in 64 hexadecimal digits: another one for another order.
///
/// SHA-256 of the number of pairs (eight bytes, little-endian) and the SHA-256 of each 4,096 pairs; of a pair come the bytes
/// of the text and those of the label, each behind its length (eight bytes). `n` is the number of pairs, and `pairs` has those
/// of a range.
pub(crate) fn of_pairs<'t, P: Iterator<Item = (&'t str, &'t str)>>(
    n: usize,
    pairs: impl Fn(Range<usize>) -> P + Send + Sync,
) -> String {
    let pieces: Vec<usize> = (0..n).step_by(PIECE).collect();
    let digests = parallel::map(pieces, |start| {
        let (mut digest, mut bytes) = (Sha256::new(), Vec::new());
        for (text, label) in pairs(start..n.min(start + PIECE)) {
            for part in [text, label] {
                bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
                // Few bytes at a time take twice as long.
                if bytes.len() + part.len() > AT_ONCE {
                    digest.update(&bytes);
                    bytes.clear();
                }
                if part.len() < AT_ONCE {
                    bytes.extend_from_slice(part.as_bytes());
                } else {
                    digest.update(part.as_bytes());
                }
            }
        }
        digest.update(&bytes);
        digest.finalize()
    });
    let mut all = Sha256::new();
    all.update((n as u64).to_le_bytes());
    for digest in digests {
        all.update(digest);
    }
    hex(&all.finalize())
}

/// The SHA-256 of bytes, in 64 hexadecimal digits.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The first 64 bits (big-endian) of the SHA-256 of two parts, the first behind its length (eight bytes, little-endian): a
/// number as good as random that the parts fix for good, on every platform.
#[cfg(feature = "store")]
pub(crate) fn number_of(first: &str, second: &str) -> u64 {
    let mut digest = Sha256::new();
    digest.update((first.len() as u64).to_le_bytes());
    digest.update(first.as_bytes());
    digest.update(second.as_bytes());
    digest.finalize().iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Whether a text can be what [`of_pairs`] gives.
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_knows_texts_labels_and_their_order() {
        let of =
            |pairs: &[(&str, &str)]| of_pairs(pairs.len(), |range| pairs[range].iter().copied());
        let digest = of(&[("good", "1"), ("bad", "0")]);
        assert!(is_digest(&digest) && !is_digest("") && !is_digest(&digest.to_uppercase()));
        assert_eq!(of(&[("good", "1"), ("bad", "0")]), digest);
        for other in [
            &[("bad", "0"), ("good", "1")][..],
            &[("good", "0"), ("bad", "1")],
            &[("good1", ""), ("bad", "0")],
            &[("good", "1")],
            &[],
        ] {
            assert_ne!(of(other), digest);
        }
        // python: h = hashlib.sha256; n = lambda x: len(x).to_bytes(8, "little") + x
        // h((2).to_bytes(8, "little") + h(n(b"good") + n(b"1") + n(b"bad") + n(b"0")).digest()).hexdigest()
        assert_eq!(digest, "24cc070d15406a51489d661726715466a838c75acf9835724746e0788d60bc91");
        let many = |last: &str| {
            of_pairs(9000, |range| range.map(|i| (if i == 8999 { last } else { "x" }, "1")))
        };
        assert_ne!(many("x"), many("y"));
        // h((1).to_bytes(8, "little") + h(n(b"x" * 9000) + n(b"1")).digest()).hexdigest()
        let long = "x".repeat(9000);
        assert_eq!(
            of(&[(&long, "1")]),
            "d771467d84b55bb49a6cbb761c15e6221bf85fed0990739de36a1331b188e37e"
        );
    }
}
