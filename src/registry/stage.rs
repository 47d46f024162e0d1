//! The four stages of a version. Words come in, stages go out; who is in which is not known here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, RegistryError};

/// Where a version stands on its way to the users. Names are MLflow's, and any capitalisation is understood.
///
/// ```
/// use ressenti::registry::Stage;
///
/// assert_eq!("production".parse::<Stage>()?, Stage::Production);
/// assert_eq!(Stage::Archived.to_string(), "Archived");
/// assert_eq!(
///     "live".parse::<Stage>().unwrap_err().to_string(),
///     "registry: stage \"live\" is unknown; the stages are None, Staging, Production and Archived"
/// );
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Stage {
    /// New.
    #[default]
    None,
    /// On trial.
    Staging,
    /// In use.
    Production,
    /// Out of use.
    Archived,
}

impl Stage {
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Staging, Self::Production, Self::Archived];

    /// `None`, `Staging`, `Production` or `Archived`, as MLflow writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name().eq_ignore_ascii_case(name))
    }

    /// The alias that goes where the stage goes; the other two stages may be those of many versions.
    pub(super) fn alias(self) -> Option<&'static str> {
        match self {
            Self::Staging => Some("staging"),
            Self::Production => Some("production"),
            Self::None | Self::Archived => None,
        }
    }

    /// The stage that such an alias follows, however it is capitalised.
    pub(super) fn of_alias(alias: &str) -> Option<Self> {
        let follows = |stage: &Self| stage.alias().is_some_and(|a| a.eq_ignore_ascii_case(alias));
        Self::ALL.into_iter().find(follows)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_name(text).ok_or_else(|| {
            let problem = "is unknown; the stages are None, Staging, Production and Archived";
            let (found, problem) = (text.to_owned(), problem.to_owned());
            RegistryError::InvalidName { what: "stage", found, problem }.into()
        })
    }
}
