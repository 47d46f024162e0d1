//! The outside of a model file: what it is, which version wrote it, how long it must be, whether it is whole.
//!
//! All integers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | the mark `89 52 53 4E 54 0D 0A 1A` ("\x89RSNT", then line ends that a text-mode copy would change) |
//! | 8..12 | format version, at present 0: **not frozen before release 0.1.0** |
//! | 12..16 | CRC-32 (ISO-HDLC) of all other bytes of the file, header and payload |
//! | 16..24 | length of the payload |
//! | 24..40 | version of the crate that wrote it, ASCII, padded with zeros |
//! | 40.. | the payload, see `codec` |
//!
//! A reader MUST check, in this order: mark, format version, total length, checksum. A file is never longer or shorter
//! than its header says. What the payload means is not known here.

use crate::error::ModelFileError;

const MARK: [u8; 8] = *b"\x89RSNT\r\n\x1a";
const VERSION: u32 = 0;
const CHECKSUM: std::ops::Range<usize> = 12..16;
const WRITER: std::ops::Range<usize> = 24..40;
const HEADER: usize = 40;

/// The file around a payload.
pub(super) fn seal(payload: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEADER + payload.len());
    file.extend_from_slice(&MARK);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&[0; CHECKSUM.end - CHECKSUM.start]);
    file.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    let writer = env!("CARGO_PKG_VERSION").bytes().chain(std::iter::repeat(0));
    file.extend(writer.take(WRITER.len()));
    file.extend_from_slice(payload);
    let checksum = checksum(&file).to_le_bytes();
    file[CHECKSUM].copy_from_slice(&checksum);
    file
}

/// The payload of a file, if the file is whole and of a version that can be read.
pub(super) fn open(file: &[u8]) -> Result<&[u8], ModelFileError> {
    if !file.starts_with(&MARK) {
        let found = file.iter().copied().take(MARK.len()).collect();
        return Err(ModelFileError::NotAModel { found });
    }
    let too_short =
        || ModelFileError::WrongLength { expected: HEADER as u64, found: file.len() as u64 };
    let (header, payload) = file.split_first_chunk::<HEADER>().ok_or_else(too_short)?;
    let u32_at = |at: usize| header[at..at + 4].iter().rev().fold(0, |n, &b| n << 8 | u32::from(b));
    let version = u32_at(8);
    if version != VERSION {
        let writer = header[WRITER].iter().take_while(|b| b.is_ascii_graphic());
        return Err(ModelFileError::UnsupportedVersion {
            found: version,
            written_by: writer.map(|&b| char::from(b)).collect(),
            supported: VERSION,
        });
    }
    let length = u64::from(u32_at(16)) | u64::from(u32_at(20)) << 32;
    if length != payload.len() as u64 {
        let expected = length.saturating_add(HEADER as u64);
        return Err(ModelFileError::WrongLength { expected, found: file.len() as u64 });
    }
    let (expected, found) = (u32_at(CHECKSUM.start), checksum(file));
    if expected != found {
        return Err(ModelFileError::Checksum { expected, found });
    }
    Ok(payload)
}

/// The checksum of all bytes but its own.
fn checksum(file: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file[..CHECKSUM.start]);
    hasher.update(&file[CHECKSUM.end..]);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_truncation_is_noticed() {
        let file = seal(b"payload");
        assert_eq!(open(&file), Ok(&b"payload"[..]));
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..file.len() {
            assert!(open(&file[..length]).is_err(), "{length} bytes");
        }
        assert!(open(&[&file[..], b"x"].concat()).is_err());
    }

    #[test]
    fn each_kind_of_damage_has_its_name() {
        let file = seal(b"payload");
        let damaged = |at: usize, byte: u8| {
            let mut file = file.clone();
            file[at] = byte;
            open(&file).unwrap_err().to_string()
        };
        assert_eq!(
            open(b"PK\x03\x04").unwrap_err().to_string(),
            "it starts with [80, 75, 3, 4] instead of the mark of a model file; was it written by Pipeline::save?"
        );
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            damaged(8, 7),
            format!(
                "it has format version 7 (ressenti {version}), this crate reads 0; upgrade ressenti or train again"
            )
        );
        assert_eq!(
            damaged(16, 9),
            "it is 47 bytes long, its header says 49; copy it again from its source"
        );
        assert_eq!(
            damaged(23, 255),
            "it is 47 bytes long, its header says 18374686479671623727; copy it again from its source"
        );
        assert_eq!(
            open(&file[..20]).unwrap_err().to_string(),
            "it is 20 bytes long, its header says 40; copy it again from its source"
        );
        assert!(damaged(46, b'X').starts_with("its checksum is "));
    }
}
