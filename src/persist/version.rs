//! The format version in whatever serde writes a model to, so that a later crate knows what it has before it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::VERSION;

/// The number of the format that this crate writes; no other is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FormatVersion;

impl Serialize for FormatVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        VERSION.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = u32::deserialize(deserializer)?;
        if found == VERSION {
            Ok(Self)
        } else {
            let problem = format!("it has format version {found}, this crate reads {VERSION}");
            Err(D::Error::custom(problem))
        }
    }
}
