//! Models and versions, read back: whoever wrote them, this crate or MLflow.
//!
//! What can be read is a record, what cannot is a warning beside it. A version that was deleted is known by its number only,
//! which is never given again.

use std::collections::BTreeMap;
use std::fs::read_dir;
use std::io;
use std::path::{Path, PathBuf};

use super::history::{self, HistoryEntry};
use super::intent::{self, View};
use super::meta::{ModelMeta, VersionMeta};
use super::names::check_found_name;
use super::record::{ModelVersion, RegisteredModel};
use super::stage::Stage;
use super::uri::{ModelUri, Which, refused};
use super::{MODELS, Registry};
use crate::error::{Error, RegistryError, Result, TrackingError};
use crate::tracker::Listing;
use crate::tracker::store::meta::FILE;
use crate::tracker::store::read::texts;
use crate::tracker::store::run::TAGS;

pub(super) const ALIASES: &str = "aliases";
/// How many names an error lists.
const SHOWN: usize = 10;

/// A model as its files have it.
pub(super) struct Found {
    pub(super) meta: ModelMeta,
    /// Those that can be read and were not deleted, in ascending order.
    pub(super) versions: Vec<(VersionMeta, Stage)>,
    pub(super) aliases: BTreeMap<String, u32>,
    /// The highest number that was ever given.
    pub(super) highest: u32,
    /// Moves that are under way, for the history.
    pub(super) moved: Vec<HistoryEntry>,
}

impl Found {
    pub(super) fn version(&self, number: u32) -> Result<&(VersionMeta, Stage)> {
        let which = Which::Number(number);
        self.select(&which).ok_or_else(|| self.has_no(&which))
    }

    fn select(&self, which: &Which) -> Option<&(VersionMeta, Stage)> {
        let number = |number: u32| self.versions.iter().find(|(meta, _)| meta.version == number);
        match which {
            Which::Number(wanted) => number(*wanted),
            Which::Stage(wanted) => self.versions.iter().rev().find(|(_, stage)| stage == wanted),
            Which::Latest => self.versions.last(),
            Which::Alias(alias) => self.aliases.get(alias).and_then(|&wanted| number(wanted)),
        }
    }

    /// The error that says which versions there are.
    fn has_no(&self, which: &Which) -> Error {
        let name = self.meta.name.clone();
        let (wanted, existing) = match which {
            Which::Number(version) => {
                let numbers = self.versions.iter().map(|(meta, _)| meta.version.to_string());
                let (version, existing) = (*version, some(numbers));
                return RegistryError::NoSuchVersion { name, version, existing }.into();
            }
            Which::Latest => ("at all".to_owned(), "register one".to_owned()),
            Which::Alias(alias) => {
                let aliases = self.aliases.keys().map(|alias| format!("{alias:?}"));
                (format!("called {alias:?}"), format!("its aliases are {}", some(aliases)))
            }
            Which::Stage(stage) => {
                let there =
                    |(meta, stage): &(VersionMeta, Stage)| format!("{} ({stage})", meta.version);
                (
                    format!("in stage {stage}"),
                    format!("it has {}", some(self.versions.iter().map(there))),
                )
            }
        };
        RegistryError::NoneFound { name, wanted, existing }.into()
    }
}

impl Registry {
    /// The registered models, by name.
    ///
    /// What cannot be read, such as a torn `meta.yaml` or a link that leads elsewhere, is a warning with its path and hides
    /// nothing else.
    pub fn models(&self) -> Result<Listing<RegisteredModel>> {
        intent::read(self.root(), |view| {
            let mut warnings = Vec::new();
            let mut records = Vec::new();
            for name in names(view.root())? {
                match self.read_model(view, &name, &mut warnings) {
                    Ok(model) => records.extend(model),
                    Err(error) => warnings.push(error),
                }
            }
            Ok(Listing { records, warnings })
        })
    }

    /// The model of that name.
    ///
    /// A version that cannot be read is left out; [`models`](Self::models) says why.
    ///
    /// Errors: [`RegistryError::NoSuchModel`], which lists those there are.
    pub fn model(&self, name: &str) -> Result<RegisteredModel> {
        check_found_name(name)?;
        intent::read(self.root(), |view| {
            let model = self.read_model(view, name, &mut Vec::new())?;
            model.map_or_else(|| Err(no_such_model(view.root(), name)), Ok)
        })
    }

    /// The version of that number.
    pub fn version(&self, name: &str, version: u32) -> Result<ModelVersion> {
        self.find(name, &Which::Number(version))
    }

    /// The version that a URI names: `models:/name/3`, `models:/name/Production` (the highest in the stage),
    /// `models:/name/latest` (the highest of all) or `models:/name@champion`.
    pub fn resolve(&self, uri: &str) -> Result<ModelVersion> {
        match ModelUri::parse(uri)? {
            ModelUri::Version { name, which } => self.find(&name, &which),
            ModelUri::Logged { .. } | ModelUri::Run { .. } => {
                Err(refused(uri, "names a model, but no registered version"))
            }
        }
    }

    pub(super) fn find(&self, name: &str, which: &Which) -> Result<ModelVersion> {
        check_found_name(name)?;
        intent::read(self.root(), |view| {
            // Of many versions the file of one is read where its number says which.
            let is_wanted = |number| !matches!(which, Which::Number(one) if *one != number);
            let found = some_of(view, name, is_wanted, &mut Vec::new())?
                .ok_or_else(|| no_such_model(view.root(), name))?;
            if let Some((meta, stage)) = found.select(which) {
                return Ok(self.read_version(
                    &found.aliases,
                    meta.clone(),
                    *stage,
                    &mut Vec::new(),
                ));
            }
            let all = find(view, name, &mut Vec::new())?;
            Err(all.unwrap_or(found).has_no(which))
        })
    }

    /// Who moved which version where and why, oldest first. Only moves by this crate are in it.
    pub fn history(&self, name: &str) -> Result<Listing<HistoryEntry>> {
        check_found_name(name)?;
        intent::read(self.root(), |view| {
            if view.bytes(&path(name, FILE))?.is_none() {
                return Err(no_such_model(view.root(), name));
            }
            let (records, problems) = history::parse(&history_bytes(view, name)?);
            let file = view.root().join(path(name, history::FILE));
            let warnings = problems
                .into_iter()
                .map(|problem| TrackingError::Malformed { path: file.clone(), problem }.into());
            Ok(Listing { records, warnings: warnings.collect() })
        })
    }

    fn read_model(
        &self,
        view: &View<'_>,
        name: &str,
        warnings: &mut Vec<Error>,
    ) -> Result<Option<RegisteredModel>> {
        let Some(found) = find(view, name, warnings)? else { return Ok(None) };
        let mut versions = Vec::with_capacity(found.versions.len());
        for (meta, stage) in found.versions {
            versions.push(self.read_version(&found.aliases, meta, stage, warnings));
        }
        let folder = self.root().join(path(name, TAGS));
        Ok(Some(RegisteredModel {
            name: found.meta.name,
            description: found.meta.description,
            tags: texts(&folder, "tag key", warnings),
            aliases: found.aliases,
            versions,
            creation_time_ms: found.meta.creation_timestamp,
            last_update_time_ms: found.meta.last_updated_timestamp,
        }))
    }

    /// A version with its tags and aliases.
    fn read_version(
        &self,
        aliases: &BTreeMap<String, u32>,
        meta: VersionMeta,
        stage: Stage,
        warnings: &mut Vec<Error>,
    ) -> ModelVersion {
        let folder = self.root().join(path(&meta.name, &version_folder(meta.version)));
        let tags = texts(&folder.join(TAGS), "tag key", warnings);
        let mut version = ModelVersion::new(&self.root, meta, stage, tags);
        let is_its = |&(_, number): &(&String, &u32)| *number == version.version;
        version.aliases = aliases.iter().filter(is_its).map(|(alias, _)| alias.clone()).collect();
        version
    }
}

/// A path in the registry.
pub(super) fn path(name: &str, file: &str) -> String {
    format!("{MODELS}/{name}/{file}")
}

pub(super) fn version_folder(version: u32) -> String {
    format!("version-{version}")
}

pub(super) fn version_path(name: &str, version: u32, file: &str) -> String {
    path(name, &format!("{}/{file}", version_folder(version)))
}

pub(super) fn history_bytes(view: &View<'_>, name: &str) -> Result<Vec<u8>> {
    view.bytes(&path(name, history::FILE)).map(Option::unwrap_or_default)
}

/// The model in its folder; nothing if there is none. A version that cannot be read is a warning.
pub(super) fn find(
    view: &View<'_>,
    name: &str,
    warnings: &mut Vec<Error>,
) -> Result<Option<Found>> {
    some_of(view, name, |_| true, warnings)
}

/// The same with some of its versions and their aliases; the others are not looked at.
pub(super) fn some_of(
    view: &View<'_>,
    name: &str,
    is_wanted: impl Fn(u32) -> bool,
    warnings: &mut Vec<Error>,
) -> Result<Option<Found>> {
    let file = path(name, FILE);
    let Some(meta) = view.yaml::<ModelMeta>(&file)? else { return Ok(None) };
    let malformed = |file: &str, problem: String| {
        Error::from(TrackingError::Malformed { path: view.root().join(file), problem })
    };
    if meta.name != name {
        let problem = format!("name is {:?}, but its folder is {name:?}", meta.name);
        return Err(malformed(&file, problem));
    }
    let numbers = version_numbers(&view.root().join(MODELS).join(name))?;
    let mut versions = Vec::with_capacity(numbers.len());
    for number in numbers.iter().copied().filter(|&number| is_wanted(number)) {
        let file = version_path(name, number, FILE);
        match view.yaml::<VersionMeta>(&file) {
            Ok(Some(meta)) if meta.version != number || meta.name != name => {
                let problem = format!(
                    "it is of version {} of {:?}, but its folder is that of version {number} of {name:?}",
                    meta.version, meta.name
                );
                warnings.push(malformed(&file, problem));
            }
            Ok(Some(meta)) if meta.is_deleted() => {}
            Ok(Some(meta)) => {
                if let Some(stage) = meta.stage() {
                    versions.push((meta, stage));
                } else {
                    let stage = meta.current_stage.unwrap_or_default();
                    let problem = format!("current_stage is {stage:?}, which is no stage");
                    warnings.push(malformed(&file, problem));
                }
            }
            Ok(None) => warnings.push(malformed(&file, "it is missing".to_owned())),
            Err(error) => warnings.push(error),
        }
    }
    let mut aliases = BTreeMap::new();
    let folder = path(name, ALIASES);
    for alias in view.names(&folder)? {
        let file = format!("{folder}/{alias}");
        // A newline at the end is not MLflow's, but somebody's editor's.
        let text = view.bytes(&file)?.unwrap_or_default();
        let number = str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
        match number {
            Some(number) if versions.iter().any(|(meta, _)| meta.version == number) => {
                aliases.insert(alias, number);
            }
            Some(number) if !is_wanted(number) => {}
            Some(number) => {
                warnings.push(malformed(&file, format!("there is no version {number}")));
            }
            None => {
                warnings.push(malformed(&file, "it holds no number of a version".to_owned()));
            }
        }
    }
    let highest = numbers.last().copied().unwrap_or(0);
    Ok(Some(Found { meta, versions, aliases, highest, moved: Vec::new() }))
}

/// The numbers of all versions that ever were, in ascending order.
fn version_numbers(folder: &Path) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for name in entries(folder)? {
        let number = name.strip_prefix("version-").and_then(|digits| digits.parse().ok());
        // `version-03` and `version-+3` are none.
        numbers.extend(number.filter(|&number| number > 0 && version_folder(number) == name));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The names of all folders that could be models, sorted.
pub(super) fn names(root: &Path) -> Result<Vec<String>> {
    let folder = root.join(MODELS);
    let mut names = entries(&folder)?;
    names.retain(|name| folder.join(name).is_dir());
    names.sort_unstable();
    Ok(names)
}

/// What a folder holds; nothing if there is none. Names that are not Unicode are nobody's.
pub(super) fn entries(folder: &Path) -> Result<Vec<String>> {
    let entries = match read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io("list", folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("list", folder))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

pub(super) fn no_such_model(root: &Path, name: &str) -> Error {
    let existing = names(root).unwrap_or_default();
    let existing = some(existing.iter().map(|name| format!("{name:?}")));
    RegistryError::NoSuchModel { name: name.to_owned(), existing }.into()
}

/// A few of many, for an error.
fn some(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    if items.len() > SHOWN {
        let more = items.len() - SHOWN;
        items.truncate(SHOWN);
        items.push(format!("and {more} more"));
    }
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// The folder of a version.
pub(super) fn folder_of(version: &ModelVersion) -> PathBuf {
    version.root.join(path(&version.name, &version_folder(version.version)))
}
