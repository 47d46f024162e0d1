//! Telling a registry that was moved with its store where the models are now: locations come in, and those that follow the
//! store's layout go out as they are here.

use std::path::{Component, PathBuf};

use super::edit::put_version;
use super::read::version_folder;
use super::source::find_below;
use super::{MODELS, ModelVersion, Registry};
use crate::error::Result;
use crate::tracker::Rebased;
use crate::tracker::store::location::{file_uri, local_path};
use crate::tracker::store::paths::look_up;
use crate::tracker::store::run::ARTIFACTS;
use crate::{digest, fs};

/// Parts of the shortest path in a store that names a model: `models/<name>/version-1/model`.
const PARTS: usize = 4;
/// What a place is called in errors.
const WHAT: &str = "model place";

impl Registry {
    /// Writes into a store that was moved or copied where it is now: [`Store::rebase`](crate::tracker::Store::rebase), and for
    /// each version where its model is, which is how MLflow finds it.
    ///
    /// Changed is a `source` or `storage_location` out of this store to which there is a counterpart in it: in the same place, a
    /// model file of the version's own [SHA-256](super::ModelVersion::sha256). Of a version without one, which MLflow registered,
    /// it is what is in a place of its own: its folder, the artifacts of its run, or a model that MLflow logged for it. A model
    /// that is kept elsewhere on purpose stays there.
    ///
    /// ```
    /// use ressenti::Pipeline;
    /// use ressenti::registry::{NewVersion, Registry};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// Registry::open(&old)?.create_version("crews", NewVersion::from_pipeline(&pipeline))?;
    /// std::fs::rename(&old, &new).unwrap();
    ///
    /// let registry = Registry::open(&new)?;
    /// assert_eq!(registry.rebase()?.versions, 1);
    /// assert!(registry.version("crews", 1)?.source.unwrap().starts_with(registry.store().uri()));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn rebase(&self) -> Result<Rebased> {
        let mut rebased = self.store().rebase()?;
        let models = self.models()?;
        rebased.warnings.extend(models.warnings);
        for model in models.records {
            let mut changed = 0;
            let result = self.change(&model.name, |_, found, changes| {
                for (meta, _) in &mut found.versions {
                    // One that was registered since says where its model is.
                    let is_it = |version: &&ModelVersion| version.version == meta.version;
                    let Some(version) = model.versions.iter().find(is_it) else { continue };
                    let mut places = vec![meta.source.clone(), meta.storage_location.clone()];
                    places.dedup();
                    let mut is_other = false;
                    for place in places.into_iter().flatten() {
                        match counterpart(version, meta.model_id.as_deref(), &place) {
                            Ok(None) => {}
                            Ok(Some(here)) => {
                                let here = file_uri(&here)?;
                                for named in [&mut meta.source, &mut meta.storage_location] {
                                    if named.as_ref() == Some(&place) {
                                        *named = Some(here.clone());
                                    }
                                }
                                is_other = true;
                            }
                            Err(error) => rebased.warnings.push(error),
                        }
                    }
                    if is_other {
                        changes.push(put_version(meta));
                        changed += 1;
                    }
                }
                Ok(())
            });
            match result {
                Ok(()) => rebased.versions += changed,
                Err(error) => rebased.warnings.push(error),
            }
        }
        Ok(rebased)
    }
}

/// What stands in a version's store where a location out of it names the same model in another one.
fn counterpart(
    version: &ModelVersion,
    model_id: Option<&str>,
    location: &str,
) -> Result<Option<PathBuf>> {
    let root = &*version.root;
    let place = local_path(location).ok().filter(|place| place.is_absolute());
    let Some(place) = place.filter(|place| !place.starts_with(root)) else { return Ok(None) };
    let parts: Option<Vec<&str>> = place
        .components()
        .filter(|part| !matches!(part, Component::Prefix(_) | Component::RootDir))
        .map(|part| if let Component::Normal(part) = part { part.to_str() } else { None })
        .collect();
    let parts = parts.unwrap_or_default();
    for start in 0..parts.len().saturating_sub(PARTS - 1) {
        let (tail, name) = (&parts[start..], parts[start..].join("/"));
        let is_same = match version.sha256() {
            None => is_own(version, model_id, tail) && look_up(root, WHAT, &name)?.is_some(),
            Some(sha256) => match find_below(root, WHAT, &name)? {
                Some(file) => digest::of_bytes(&fs::read(&file)?) == sha256,
                None => false,
            },
        };
        if is_same {
            return Ok(Some(root.join(name)));
        }
    }
    Ok(None)
}

/// Whether the parts of a path in a store lead to what no other version has.
fn is_own(version: &ModelVersion, model_id: Option<&str>, tail: &[&str]) -> bool {
    match tail {
        [MODELS, name, folder, ..] if *name == version.name => {
            *folder == version_folder(version.version)
        }
        [_experiment, MODELS, id, ARTIFACTS, ..] => Some(*id) == model_id,
        [_experiment, id, ARTIFACTS, ..] => Some(*id) == version.run_id.as_deref(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Stage;
    use super::super::meta::VersionMeta;
    use super::super::record::DIGEST_TAG;
    use super::*;

    const RUN: &str = "0af31b1cbe1f4d5e8e5a7f0a3d5c2b1e";

    /// The second version of `crews`, of a run, in a store with some models.
    fn version(root: &std::path::Path, tags: BTreeMap<String, String>) -> ModelVersion {
        for (place, bytes) in [
            ("models/crews/version-1/model", "one"),
            ("models/crews/version-2/model", "two"),
            (&*format!("7/{RUN}/artifacts/model"), "two"),
            ("7/models/m-1/artifacts", "two"),
            ("7/models/m-2/artifacts", "one"),
        ] {
            std::fs::create_dir_all(root.join(place)).unwrap();
            std::fs::write(root.join(place).join("pipeline.ressenti"), bytes).unwrap();
        }
        let (name, run_id) = ("crews".to_owned(), Some(RUN.to_owned()));
        let meta = VersionMeta { name, version: 2, run_id, ..VersionMeta::default() };
        ModelVersion::new(&root.into(), meta, Stage::None, tags)
    }

    #[test]
    fn only_the_same_model_in_the_same_place_is_a_counterpart() {
        let folder = tempfile::tempdir().unwrap();
        let plain = version(folder.path(), BTreeMap::new());
        let tags = BTreeMap::from([(DIGEST_TAG.to_owned(), digest::of_bytes(b"two"))]);
        let known = version(folder.path(), tags);
        let of_run = format!("7/{RUN}/artifacts/model");
        for tail in ["models/crews/version-2/model", &of_run, "7/models/m-1/artifacts"] {
            for location in [format!("file:///srv/{tail}"), format!("/{tail}")] {
                for version in [&plain, &known] {
                    let found = counterpart(version, Some("m-1"), &location).unwrap();
                    assert_eq!(found, Some(folder.path().join(tail)), "{location}");
                }
            }
        }
        let file = "/srv/models/crews/version-2/model/pipeline.ressenti";
        let found = counterpart(&known, None, file).unwrap();
        assert_eq!(found, Some(folder.path().join(&file[5..])));
        for location in [
            folder.path().join("models/crews/version-2/model").to_str().unwrap(),
            "/srv/models/crews/version-1/model",
            "/srv/7/models/m-2/artifacts",
            "/srv/models/crews/version-3/model",
            "/srv/crews/version-2/model",
            "/srv/x/../models/crews/version-2/model",
            "models/crews/version-2/model",
            "models:/crews/2",
            "s3://bucket/models/crews/version-2/model",
        ] {
            for version in [&plain, &known] {
                assert_eq!(
                    counterpart(version, Some("m-1"), location).unwrap(),
                    None,
                    "{location}"
                );
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_counterpart() {
        let folder = tempfile::tempdir().unwrap();
        let plain = version(folder.path(), BTreeMap::new());
        let own = folder.path().join("models/crews/version-2");
        std::fs::rename(&own, folder.path().join("apart")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("apart"), &own).unwrap();
        let found = counterpart(&plain, None, "/srv/models/crews/version-2/model");
        assert!(found.unwrap_err().to_string().contains("leads through the link"));
    }
}
