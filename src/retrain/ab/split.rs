//! A user's key comes in, the side that answers comes out: always the same one, and from nothing but the key, a name and a share.
//!
//! ```text
//! point(key) = the first 53 bits of SHA-256(|name| ‖ name ‖ key) ÷ 2⁵³      in 0 to 1, evenly
//! challenger ⇔ point(key) < share
//! ```
//!
//! Points never move, so a share that grows takes users from the champion and gives it none, and one that shrinks gives back
//! those who came last.

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::error::{Error, Result};

/// Who answers: the model in Production, or the one that wants to take its place.
///
/// ```
/// use ressenti::retrain::ab::Side;
///
/// assert_eq!(serde_json::to_string(&Side::Champion).unwrap(), r#""champion""#);
/// assert_eq!(Side::Challenger.as_str(), "challenger");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The model in Production.
    Champion,
    /// The model that wants to take its place.
    Challenger,
}

impl Side {
    /// `champion` or `challenger`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
        }
    }
}

/// Which users the challenger answers: a share of them, chosen by their keys.
///
/// The same key is on the same side on every machine, after every restart and in every version of this crate, without a table
/// of users. Growing the share only moves users from the champion to the challenger. Experiments of different names
/// choose independently of each other, so that it is not the same users who meet every new model.
///
/// ```
/// use ressenti::retrain::ab::{Side, Split};
///
/// let split = Split::new("sentiment v7", 0.1)?;
/// assert_eq!(split.side("user 42"), split.side("user 42"));
/// let keys: Vec<String> = (0..1_000).map(|i| format!("user {i}")).collect();
/// let challenged = |split: &Split| keys.iter().filter(|key| split.side(key) == Side::Challenger).count();
/// assert_eq!(challenged(&split), 113);
///
/// let grown = split.with_share(0.5)?;
/// assert_eq!(challenged(&grown), 515);
/// let moved_back = |key: &&String| split.side(key) == Side::Challenger && grown.side(key) == Side::Champion;
/// assert_eq!(keys.iter().filter(moved_back).count(), 0);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Split {
    name: String,
    share: f64,
}

#[derive(Deserialize)]
#[serde(rename = "Split", deny_unknown_fields)]
struct Stored {
    name: String,
    share: f64,
}

impl TryFrom<Stored> for Split {
    type Error = Error;

    fn try_from(Stored { name, share }: Stored) -> Result<Self> {
        Self::new(name, share)
    }
}

impl Split {
    /// The split of an experiment of this name, which gives the challenger this share of the users, 0 to 1.
    ///
    /// Errors: [`Error::InvalidParameter`] for another share.
    pub fn new(name: impl Into<String>, share: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&share) {
            let expected =
                "is outside 0.0..=1.0; use the share of users that the challenger answers";
            let found = share.to_string();
            return Err(Error::InvalidParameter { name: "share", found, expected });
        }
        Ok(Self { name: name.into(), share })
    }

    /// The same with another share: who was on the side that grows stays there.
    ///
    /// Errors: as for [`new`](Self::new).
    pub fn with_share(&self, share: f64) -> Result<Self> {
        Self::new(self.name.clone(), share)
    }

    /// The name of the experiment.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The challenger's share of the users.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.share
    }

    /// Who answers the user of this key.
    #[must_use]
    pub fn side(&self, key: &str) -> Side {
        // A float loses none of 53 bits, and a product with a power of two loses nothing.
        let point = (digest::number_of(&self.name, key) >> 11) as f64;
        if point < self.share * (1_u64 << 53) as f64 { Side::Challenger } else { Side::Champion }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_those_of_any_sha_256() {
        // python: h = hashlib.sha256(len(name).to_bytes(8, "little") + name + key).digest(); int.from_bytes(h[:8], "big")
        for (name, key, point) in [
            ("", "", 12_634_128_529_936_681_850),
            ("sentiment v7", "user 42", 7_204_286_566_687_600_536),
            ("sentiment v7", "ключ", 710_350_474_161_573_764),
        ] {
            assert_eq!(digest::number_of(name, key), point, "{name:?}, {key:?}");
        }
        // The length keeps the parts apart.
        assert_ne!(digest::number_of("a", "bc"), digest::number_of("ab", "c"));
    }

    #[test]
    fn nobody_and_everybody_are_shares() {
        let (nobody, everybody) = (Split::new("x", 0.0).unwrap(), Split::new("x", 1.0).unwrap());
        for key in ["", "a", "b", "c"] {
            assert_eq!(nobody.side(key), Side::Champion);
            assert_eq!(everybody.side(key), Side::Challenger);
        }
    }

    #[test]
    fn a_share_that_is_none_is_refused_also_from_a_file() {
        for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let error = Split::new("x", share).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "share {share} is outside 0.0..=1.0; use the share of users that the challenger answers"
                )
            );
        }
        let stored = serde_json::from_str::<Split>(r#"{"name": "x", "share": 2.0}"#);
        assert!(stored.unwrap_err().to_string().contains("share 2 is outside"));
    }
}
