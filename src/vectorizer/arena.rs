//! Many short texts in one piece of memory.

use std::ops::Range;

use crate::error::{Error, Result};

/// Texts by their position, without a pointer and a length of 16 bytes for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arena {
    text: String,
    ends: Vec<u32>,
}

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All texts, one after the other.
    #[inline]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where in [`text`](Self::text) the one at a position below [`len`](Self::len) lies.
    #[inline]
    pub(super) fn range(&self, i: usize) -> Range<usize> {
        let start = i.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[i] as usize
    }

    /// The text at a position below [`len`](Self::len).
    #[inline]
    pub(super) fn get(&self, i: usize) -> &str {
        &self.text[self.range(i)]
    }

    /// Gives back the room that is left.
    pub(super) fn settle(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn push(&mut self, text: &str) -> Result<()> {
        let too_large =
            || Error::TooLarge { what: "bytes of distinct terms", limit: u32::MAX.into() };
        let end = u32::try_from(self.text.len() + text.len()).map_err(|_| too_large())?;
        self.text.push_str(text);
        self.ends.push(end);
        Ok(())
    }
}
