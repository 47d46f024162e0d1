//! Content in, a digest out by which the same content is known again.
//!
//! SHA-256 as in FIPS 180-4; the tests hold it to the standard's examples. What is digested is not known here, but for
//! [`of_pairs`]: what data a model was trained on is told by its texts and labels in their order.

use crate::parallel;

/// Begins with the fractions of the cube roots of the first 64 primes.
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// SHA-256 of bytes that come piece by piece.
struct Sha256 {
    state: [u32; 8],
    block: [u8; 64],
    filled: usize,
    length: u64,
}

impl Sha256 {
    fn new() -> Self {
        let state = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        Self { state, block: [0; 64], filled: 0, length: 0 }
    }

    fn update(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            let n = bytes.len().min(64 - self.filled);
            self.block[self.filled..self.filled + n].copy_from_slice(&bytes[..n]);
            self.filled += n;
            bytes = &bytes[n..];
            if self.filled == 64 {
                self.mix();
                self.filled = 0;
            }
        }
    }

    fn finish(mut self) -> [u8; 32] {
        let bits = self.length * 8;
        self.update(&[0x80]);
        while self.filled != 56 {
            self.update(&[0]);
        }
        self.update(&bits.to_be_bytes());
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }

    fn mix(&mut self) {
        let mut w = [0u32; 64];
        for (word, bytes) in w.iter_mut().zip(self.block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for i in 16..64 {
            let (a, b) = (w[i - 15], w[i - 2]);
            let low = a.rotate_right(7) ^ a.rotate_right(18) ^ a >> 3;
            let high = b.rotate_right(17) ^ b.rotate_right(19) ^ b >> 10;
            w[i] = w[i - 16].wrapping_add(low).wrapping_add(w[i - 7]).wrapping_add(high);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = self.state;
        for (k, w) in K.into_iter().zip(w) {
            let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = e & f ^ !e & g;
            let one = h.wrapping_add(sum).wrapping_add(choice).wrapping_add(k).wrapping_add(w);
            let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = a & b ^ a & c ^ b & c;
            let two = sum.wrapping_add(majority);
            (h, g, f, e, d, c, b) = (g, f, e, d.wrapping_add(one), c, b, a);
            a = one.wrapping_add(two);
        }
        for (state, word) in self.state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *state = state.wrapping_add(word);
        }
    }
}

/// Pairs that are digested as one piece of work.
const PIECE: usize = 4096;

/// The digest of texts and their labels, in 64 hexadecimal digits: another one for another order.
///
/// SHA-256 of the number of pairs (eight bytes, little-endian) and the SHA-256 of each 4,096 pairs; of a pair come the bytes
/// of the text and those of the label, each behind its length (eight bytes). `n` is the number of pairs.
pub(crate) fn of_pairs<T: AsRef<str>, L: AsRef<str>>(
    n: usize,
    pair: impl Fn(usize) -> (T, L) + Send + Sync,
) -> String {
    let pieces: Vec<usize> = (0..n).step_by(PIECE).collect();
    let digests = parallel::map(pieces, |start| {
        let mut digest = Sha256::new();
        for i in start..n.min(start + PIECE) {
            let (text, label) = pair(i);
            for part in [text.as_ref(), label.as_ref()] {
                digest.update(&(part.len() as u64).to_le_bytes());
                digest.update(part.as_bytes());
            }
        }
        digest.finish()
    });
    let mut all = Sha256::new();
    all.update(&(n as u64).to_le_bytes());
    for digest in digests {
        all.update(&digest);
    }
    hex(all.finish())
}

/// Whether a text can be what [`of_pairs`] gives.
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(digest: [u8; 32]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha256(bytes: &[u8]) -> String {
        let mut digest = Sha256::new();
        bytes.chunks(7).for_each(|piece| digest.update(piece));
        hex(digest.finish())
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        for (text, digest) in [
            (&b""[..], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(sha256(text), digest);
        }
        assert_eq!(
            sha256(&vec![b'a'; 1_000_000]),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
    }

    #[test]
    fn a_digest_knows_texts_labels_and_their_order() {
        let of = |pairs: &[(&str, &str)]| of_pairs(pairs.len(), |i| pairs[i]);
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
        let many = |last: &str| of_pairs(9000, |i| (if i == 8999 { last } else { "x" }, "1"));
        assert_ne!(many("x"), many("y"));
    }
}
