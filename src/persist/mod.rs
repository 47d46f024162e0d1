//! Values in, one file out; and back.
//!
//! `codec` turns values into bytes, `envelope` puts them between a header and a checksum, and `fs` puts the result in
//! place. What the values mean is not known here: they check themselves when they are decoded.

mod codec;
mod envelope;

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ModelFileError, Result};
use crate::fs;

/// The bytes of a model file.
pub(crate) fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    envelope::seal(&codec::encode(value))
}

/// The value in the bytes of a model file.
pub(crate) fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let value = envelope::open(bytes)
        .and_then(|payload| codec::decode(payload).map_err(ModelFileError::Invalid));
    value.map_err(|problem| Error::ModelFile { path: None, problem })
}

/// Writes a model file: after a crash at any moment there is the old one or the new one, whole.
pub(crate) fn save(value: &impl Serialize, path: &Path) -> Result<()> {
    fs::write_atomic(path, &to_bytes(value))
}

/// Reads a model file.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    from_bytes(&fs::read(path)?).map_err(|error| match error {
        Error::ModelFile { problem, .. } => {
            Error::ModelFile { path: Some(path.to_owned()), problem }
        }
        other => other,
    })
}
