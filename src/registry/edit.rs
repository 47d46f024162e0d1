//! What else can be changed: aliases, descriptions, tags; and what can be deleted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::create::on_its_way_out;
use super::history::{self, Action, HistoryEntry};
use super::intent::{self, Change, View, Writing};
use super::meta::{DELETED, ModelMeta, VersionMeta};
use super::names::{check_alias, check_case, check_found_name, check_tag_value, invalid};
use super::read::{self, ALIASES, Found, history_bytes, no_such_model, path, version_path};
use super::record::DIGEST_TAG;
use super::stage::Stage;
use super::{MODELS, Registry};
use crate::error::{Error, RegistryError, Result};
use crate::fs;
use crate::tracker::names::{check_free, check_key};
use crate::tracker::store::meta::FILE;
use crate::tracker::store::paths::{files, find, place};
use crate::tracker::store::run::TAGS;
use crate::tracker::store::{TRASH, now_ms};

impl Registry {
    /// Gives a version another name, or moves that name to it: `models:/name@alias`.
    ///
    /// An alias has 1 to 255 letters, digits, `_` and `-`. `latest`, `v` with a number, `production` and `staging` have a
    /// meaning of their own.
    pub fn set_alias(&self, name: &str, alias: &str, version: u32) -> Result<()> {
        check_alias(alias)?;
        self.change(name, |_, found, changes| {
            found.version(version)?;
            check_case("alias", alias, found.aliases.keys().map(String::as_str))?;
            changes.push(put_alias(name, alias, version));
            Ok(())
        })
    }

    /// Takes an alias away. One that is not there is an error.
    pub fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        if Stage::of_alias(alias).is_some() {
            check_alias(alias)?;
        }
        self.change(name, |_, found, changes| {
            if !found.aliases.contains_key(alias) {
                let aliases: Vec<_> =
                    found.aliases.keys().map(|alias| format!("{alias:?}")).collect();
                let (name, wanted) = (name.to_owned(), format!("called {alias:?}"));
                let existing = format!("its aliases are [{}]", aliases.join(", "));
                return Err(RegistryError::NoneFound { name, wanted, existing }.into());
            }
            changes.push(Change::Remove { path: path(name, &format!("{ALIASES}/{alias}")) });
            Ok(())
        })
    }

    /// Says what a model is for.
    pub fn set_model_description(&self, name: &str, text: &str) -> Result<()> {
        self.change(name, |_, found, _| {
            found.meta.description = Some(text.to_owned());
            Ok(())
        })
    }

    /// Says what is special about a version.
    pub fn set_version_description(&self, name: &str, version: u32, text: &str) -> Result<()> {
        self.change(name, |_, found, changes| {
            let mut meta = found.version(version)?.0.clone();
            meta.description = Some(text.to_owned());
            changes.push(put_version(&mut meta));
            Ok(())
        })
    }

    /// Attaches a note to a model; a later one under the same key replaces it. Keys that differ only by case are refused, as
    /// those of a run are.
    pub fn set_model_tag(&self, name: &str, key: &str, value: &str) -> Result<()> {
        self.set_tag(name, None, key, value)
    }

    /// Attaches a note to a version; a later one under the same key replaces it. Keys that differ only by case are refused, as
    /// those of a run are.
    pub fn set_version_tag(&self, name: &str, version: u32, key: &str, value: &str) -> Result<()> {
        self.set_tag(name, Some(version), key, value)
    }

    /// Takes a note from a model. One that is not there is no error.
    pub fn delete_model_tag(&self, name: &str, key: &str) -> Result<()> {
        self.delete_tag(name, None, key)
    }

    /// Takes a note from a version. One that is not there is no error.
    pub fn delete_version_tag(&self, name: &str, version: u32, key: &str) -> Result<()> {
        self.delete_tag(name, Some(version), key)
    }

    /// Deletes a version: it is in no list and no stage any more, and its aliases are gone. Its folder stays, and its number is
    /// not given again.
    pub fn delete_version(&self, name: &str, version: u32, why: &str) -> Result<()> {
        self.change(name, |_, found, changes| {
            let (mut meta, from) = found.version(version)?.clone();
            meta.current_stage = Some(DELETED.to_owned());
            changes.push(put_version(&mut meta));
            let is_its = |(alias, number): &(&String, &u32)| {
                **number == version && Stage::of_alias(alias).is_none()
            };
            for (alias, _) in found.aliases.iter().filter(is_its) {
                changes.push(Change::Remove { path: path(name, &format!("{ALIASES}/{alias}")) });
            }
            found.versions.retain(|(meta, _)| meta.version != version);
            changes.extend(follow_stages(found));
            found.moved.push(self.entry(version, from, None, Action::Delete, why));
            Ok(())
        })
    }

    /// Deletes a model with all its versions and its history, for good.
    pub fn delete_model(&self, name: &str) -> Result<()> {
        check_found_name(name)?;
        let mut writing = self.writing()?;
        let root = self.root();
        let meta = find(root, "model name", &path(name, FILE))?;
        let Some(folder) = meta.as_deref().and_then(std::path::Path::parent) else {
            return Err(no_such_model(root, name));
        };
        // One step, and nothing is left for MLflow to stumble over.
        intent::folder(root, TRASH, self.durability)?;
        let out = root.join(on_its_way_out());
        std::fs::rename(folder, &out).map_err(Error::io("delete", folder))?;
        // What stays of it lies in the trash, where the next one removes it.
        let _ = std::fs::remove_dir_all(&out);
        writing.touch()
    }

    /// Changes a model: what `change` does to it and the files it lists become visible at once.
    pub(super) fn change(
        &self,
        name: &str,
        change: impl FnOnce(&View<'_>, &mut Found, &mut Vec<Change>) -> Result<()>,
    ) -> Result<()> {
        check_found_name(name)?;
        let mut writing = self.writing()?;
        let mut found = read::find(writing.view(), name, &mut Vec::new())?
            .ok_or_else(|| no_such_model(self.root(), name))?;
        let before = found.meta.clone();
        let mut changes = Vec::new();
        change(writing.view(), &mut found, &mut changes)?;
        if changes.is_empty() && found.meta == before {
            return Ok(());
        }
        found.meta.last_updated_timestamp = Some(now_ms());
        changes.push(put_model(&found.meta));
        changes.extend(append_history(&writing, name, &found.moved)?);
        writing.commit(&format!("{MODELS}/{name}"), changes)
    }

    pub(super) fn entry(
        &self,
        version: u32,
        from: Stage,
        to: Option<Stage>,
        action: Action,
        why: &str,
    ) -> HistoryEntry {
        let (user, why) = (self.user.clone(), why.to_owned());
        HistoryEntry { time_ms: now_ms(), user, version, from, to, action, why }
    }

    fn set_tag(&self, name: &str, version: Option<u32>, key: &str, value: &str) -> Result<()> {
        check_key("tag key", key)?;
        check_tag_value(value)?;
        check_not_ours(key)?;
        let writing = self.writing()?;
        let room = self.tags_of(&writing, name, version)?;
        let durability = writing.durability();
        let room = self.root().join(room);
        let taken: BTreeMap<String, PathBuf> = files(&room)?.into_iter().collect();
        check_free("tag key", key, &taken)?;
        let file = place(&room, "tag key", key, durability)?;
        let staging = intent::folder(self.root(), &format!("{MODELS}/{name}"), durability)?;
        fs::write_staged(&staging, &file, value.as_bytes(), durability)
    }

    fn delete_tag(&self, name: &str, version: Option<u32>, key: &str) -> Result<()> {
        check_key("tag key", key)?;
        check_not_ours(key)?;
        let writing = self.writing()?;
        let room = self.tags_of(&writing, name, version)?;
        find(&self.root().join(room), "tag key", key)?.map_or(Ok(()), |file| fs::remove(&file))
    }

    /// The folder of the tags of a model or a version, if there is one such.
    fn tags_of(&self, writing: &Writing<'_>, name: &str, version: Option<u32>) -> Result<String> {
        check_found_name(name)?;
        let found = read::find(writing.view(), name, &mut Vec::new())?
            .ok_or_else(|| no_such_model(self.root(), name))?;
        Ok(match version {
            Some(version) => {
                found.version(version)?;
                version_path(name, version, TAGS)
            }
            None => path(name, TAGS),
        })
    }
}

/// `Err` for the tag that says which file was registered.
pub(super) fn check_not_ours(key: &str) -> Result<()> {
    if key == DIGEST_TAG {
        let problem =
            "is the digest of the model file, which does not change; register a new version";
        return Err(invalid("tag key", key, problem.to_owned()));
    }
    Ok(())
}

pub(super) fn put_model(meta: &ModelMeta) -> Change {
    Change::Put { path: path(&meta.name, FILE), bytes: meta.to_yaml().into_bytes() }
}

pub(super) fn put_version(meta: &mut VersionMeta) -> Change {
    meta.last_updated_timestamp = Some(now_ms());
    let path = version_path(&meta.name, meta.version, FILE);
    Change::Put { path, bytes: meta.to_yaml().into_bytes() }
}

fn put_alias(name: &str, alias: &str, version: u32) -> Change {
    // Without a newline: MLflow would not know the number again.
    let bytes = version.to_string().into_bytes();
    Change::Put { path: path(name, &format!("{ALIASES}/{alias}")), bytes }
}

/// What brings the aliases of stages to where the stages are.
pub(super) fn follow_stages(found: &Found) -> Vec<Change> {
    let name = &found.meta.name;
    let mut changes = Vec::new();
    for stage in Stage::ALL {
        let Some(alias) = stage.alias() else { continue };
        let wanted = found.versions.iter().rev().find(|(_, at)| *at == stage);
        let wanted = wanted.map(|(meta, _)| meta.version);
        let there = found.aliases.iter().find(|(there, _)| there.eq_ignore_ascii_case(alias));
        match (wanted, there) {
            (Some(wanted), Some((_, &number))) if wanted == number => {}
            (Some(wanted), there) => {
                let alias = there.map_or(alias, |(alias, _)| alias);
                changes.push(put_alias(name, alias, wanted));
            }
            (None, Some((alias, _))) => {
                changes.push(Change::Remove { path: path(name, &format!("{ALIASES}/{alias}")) });
            }
            (None, None) => {}
        }
    }
    changes
}

/// The history with more entries.
fn append_history(
    writing: &Writing<'_>,
    name: &str,
    entries: &[HistoryEntry],
) -> Result<Option<Change>> {
    if entries.is_empty() {
        return Ok(None);
    }
    let mut bytes = history_bytes(writing.view(), name)?;
    // A line that somebody's editor left open must not swallow the next.
    if bytes.last().is_some_and(|&last| last != b'\n') {
        bytes.push(b'\n');
    }
    for entry in entries {
        bytes.extend_from_slice(entry.to_line().as_bytes());
    }
    Ok(Some(Change::Put { path: path(name, history::FILE), bytes }))
}
