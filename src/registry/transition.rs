//! Versions on their way through the stages, and back.

use super::check::{Check, failures};
use super::edit::{follow_stages, put_version};
use super::history::{self, Action};
use super::intent::Change;
use super::read::{Found, history_bytes};
use super::stage::Stage;
use super::{ModelVersion, Registry};
use crate::error::{RegistryError, Result};

/// Where a version is to go, and on what terms; see [`Registry::transition`]. A [`Stage`] alone is one without terms.
///
/// ```
/// use ressenti::registry::{Check, Stage, Transition};
///
/// let to = Transition::to(Stage::Production)
///     .archive_existing(true)
///     .because("better on the tweets of November")
///     .check(Check::at_least("f1_score", 0.8));
/// # let _ = to;
/// ```
#[derive(Debug, Clone)]
pub struct Transition {
    stage: Stage,
    archive_existing: bool,
    why: String,
    checks: Vec<Check>,
    /// The version that must be in Production.
    in_production: Option<u32>,
}

impl Transition {
    /// To a stage.
    #[must_use]
    pub fn to(stage: Stage) -> Self {
        let (why, checks) = (String::new(), Vec::new());
        Self { stage, archive_existing: false, why, checks, in_production: None }
    }

    /// Whether every other version of that stage is archived, so that it is the only one in it. By default they stay. For
    /// `Staging` and `Production` only.
    #[must_use]
    pub fn archive_existing(self, archive: bool) -> Self {
        Self { archive_existing: archive, ..self }
    }

    /// Why, for the history.
    #[must_use]
    pub fn because(self, why: &str) -> Self {
        Self { why: why.to_owned(), ..self }
    }

    /// What must hold; else nothing is changed, and the error says why. May be called several times.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Which version must be in Production when it is moved, by the registry's own lock; else nothing is changed.
    pub(crate) fn while_in_production(self, version: u32) -> Self {
        Self { in_production: Some(version), ..self }
    }
}

impl From<Stage> for Transition {
    fn from(stage: Stage) -> Self {
        Self::to(stage)
    }
}

impl Registry {
    /// Moves a version to a stage, and the alias of the stage with it. If it is there already, nothing changes but what
    /// `archive_existing` asks for.
    ///
    /// All of it is seen at once: with `archive_existing`, there is exactly one version in Production at any moment, the
    /// old one or the new one.
    ///
    /// Errors: [`RegistryError::NoSuchVersion`], [`RegistryError::ArchiveExisting`], and [`RegistryError::Refused`] with the
    /// reason of each check that did not hold: a version whose file is gone, damaged or another passes none. A file that
    /// cannot be read for other reasons is an [`Error::Io`](crate::Error::Io), and a holdout that cannot be evaluated an error
    /// as of [`Pipeline::evaluate`](crate::Pipeline::evaluate); then, too, nothing was changed. After any other `Error::Io` nothing was changed, unless the
    /// disk failed between the record of the change and its end: then it is seen as made, and completed by whoever changes
    /// the registry next.
    pub fn transition(
        &self,
        name: &str,
        version: u32,
        to: impl Into<Transition>,
    ) -> Result<ModelVersion> {
        let Transition { stage, archive_existing, why, checks, in_production } = to.into();
        if archive_existing && stage.alias().is_none() {
            return Err(RegistryError::ArchiveExisting { stage: stage.name() }.into());
        }
        if !checks.is_empty() {
            let reasons = failures(&self.version(name, version)?, &checks)?;
            if !reasons.is_empty() {
                let (name, stage) = (name.to_owned(), stage.name());
                return Err(RegistryError::Refused { name, version, stage, reasons }.into());
            }
        }
        self.change(name, |_, found, changes| {
            if let Some(expected) = in_production {
                let production = |(_, stage): &&(_, Stage)| *stage == Stage::Production;
                let now = found.versions.iter().rev().find(production);
                check_production(name, expected, now.map(|(meta, _)| meta.version))?;
            }
            self.move_to(found, changes, version, stage, archive_existing, Action::Transition, &why)
        })?;
        self.version(name, version)
    }

    /// Brings the version back into Production that was there before, and archives the one that is there now.
    ///
    /// Called again, it goes further back: what was rolled back is not returned to. Versions that were deleted are passed
    /// over. If nothing is in Production now, it is the version that was there last.
    ///
    /// Errors: [`RegistryError::NothingToRollBack`] if the [history](Self::history) knows of no such version.
    ///
    /// ```
    /// use ressenti::Pipeline;
    /// use ressenti::registry::{NewVersion, Registry, Stage, Transition};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let location = folder.path().join("mlruns");
    /// let registry = Registry::open(&location)?;
    /// for labels in [["positive", "negative"], ["negative", "positive"]] {
    ///     let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &labels)?;
    ///     let version = registry.create_version("crews", NewVersion::from_pipeline(&pipeline))?.version;
    ///     registry.transition("crews", version, Transition::to(Stage::Production).archive_existing(true))?;
    /// }
    /// assert_eq!(registry.resolve("models:/crews/Production")?.version, 2);
    /// assert_eq!(registry.rollback("crews", "labels were swapped")?.version, 1);
    /// assert_eq!(registry.resolve("models:/crews/Production")?.version, 1);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn rollback(&self, name: &str, why: &str) -> Result<ModelVersion> {
        let mut target = 0;
        self.change(name, |view, found, changes| {
            let mut in_production =
                found.versions.iter().rev().filter(|(_, stage)| *stage == Stage::Production);
            let current = in_production.next().map(|(meta, _)| meta.version);
            let exists = |version| found.version(version).is_ok();
            let (entries, _) = history::parse(&history_bytes(view, name)?);
            target = history::before(&entries, current, exists).ok_or_else(|| {
                let name = found.meta.name.clone();
                let current = current.map_or("now".to_owned(), |n| format!("version {n}"));
                RegistryError::NothingToRollBack { name, current }
            })?;
            self.move_to(found, changes, target, Stage::Production, true, Action::Rollback, why)
        })?;
        self.version(name, target)
    }

    #[expect(clippy::too_many_arguments, reason = "one step of two methods, which name each")]
    fn move_to(
        &self,
        found: &mut Found,
        changes: &mut Vec<Change>,
        version: u32,
        stage: Stage,
        archive_existing: bool,
        action: Action,
        why: &str,
    ) -> Result<()> {
        found.version(version)?;
        // The new one comes first, so that nobody ever sees none.
        let is_its = |meta: &super::meta::VersionMeta| meta.version == version;
        let mut moved = Vec::new();
        let (its, others): (Vec<_>, Vec<_>) =
            found.versions.iter_mut().partition(|(meta, _)| is_its(meta));
        for (meta, from) in its.into_iter().chain(others) {
            let (to, action) = match (is_its(meta), *from) {
                (true, from) if from != stage => (stage, action),
                (false, from) if from == stage && archive_existing => {
                    (Stage::Archived, Action::Replaced)
                }
                _ => continue,
            };
            moved.push(self.entry(meta.version, *from, Some(to), action, why));
            *from = to;
            meta.current_stage = Some(to.name().to_owned());
            changes.push(put_version(meta));
        }
        changes.extend(follow_stages(found));
        found.moved.extend(moved);
        Ok(())
    }
}

/// `Err` if another version than the expected one is in Production.
pub(crate) fn check_production(name: &str, expected: u32, now: Option<u32>) -> Result<()> {
    if now == Some(expected) {
        return Ok(());
    }
    let found = now.map_or("no version is".to_owned(), |now| format!("version {now} is"));
    Err(RegistryError::ProductionChanged { name: name.to_owned(), expected, found }.into())
}
