//! Numbers, texts and sections as bytes, and back: every length is held against what is left before it is used.

pub(super) fn put_number(bytes: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

pub(super) fn number_length(n: usize) -> usize {
    (usize::BITS - n.leading_zeros()).div_ceil(7).max(1) as usize
}

pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

pub(super) fn put_section(bytes: &mut Vec<u8>, section: &mut Vec<u8>) {
    put_number(bytes, section.len());
    bytes.append(section);
}

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        let bytes = self.take(8)?;
        bytes.try_into().ok().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.u64().map(u64::cast_signed)
    }

    pub(super) fn number(&mut self) -> Option<usize> {
        let mut n = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.u8()?;
            let bits = usize::from(byte & 0x7f);
            if shift > 0 && bits.leading_zeros() < shift {
                return None;
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    pub(super) fn section(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.section()?).ok()
    }

    pub(super) fn name(&mut self, names: &'a [&'a str]) -> Option<&'a str> {
        names.get(self.number()?).copied()
    }

    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let n = self.number()?;
        // Each takes at least a byte.
        let mut list = Vec::with_capacity(n.min(self.0.len()).min(1 << 16));
        for _ in 0..n {
            list.push(read(self)?);
        }
        Some(list)
    }
}
