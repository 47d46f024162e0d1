//! Telling a registry that was moved with its store where the models are now: locations come in, and those that follow the
//! store's layout go out as they are here.

use std::path::{Component, Path, PathBuf};

use super::Registry;
use super::edit::put_version;
use crate::error::Result;
use crate::tracker::Rebased;
use crate::tracker::store::location::{file_uri, local_path};

/// Parts of the shortest path in a store that names a model: `models/<name>/version-1/model`.
const PARTS: usize = 4;

impl Registry {
    /// Writes into a store that was moved or copied where it is now: [`Store::rebase`](crate::tracker::Store::rebase), and for
    /// each version where its model is, which is how MLflow finds it.
    ///
    /// Changed is a `source` or `storage_location` out of this store to which there is a counterpart in it. A model that is kept
    /// elsewhere on purpose stays there.
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
                    let mut is_other = false;
                    for place in [&mut meta.source, &mut meta.storage_location] {
                        if let Some(here) =
                            place.as_deref().and_then(|x| counterpart(self.root(), x))
                        {
                            *place = Some(file_uri(&here)?);
                            is_other = true;
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

/// What stands in the store at `root` where a location out of it names something in another one.
fn counterpart(root: &Path, location: &str) -> Option<PathBuf> {
    let place = local_path(location).ok().filter(|place| place.is_absolute())?;
    if place.starts_with(root) || place.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    let parts: Vec<Component<'_>> = place.components().skip(1).collect();
    let tails = (0..parts.len().saturating_sub(PARTS - 1)).map(|start| &parts[start..]);
    tails.map(|tail| root.join(tail.iter().collect::<PathBuf>())).find(|here| here.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_the_layout_has_a_counterpart() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("models/crews/version-1/model");
        std::fs::create_dir_all(&model).unwrap();
        let inside = model.to_str().unwrap();
        for location in
            ["file:///srv/models/crews/version-1/model", "/models/crews/version-1/model"]
        {
            assert_eq!(counterpart(folder.path(), location).as_deref(), Some(&*model));
        }
        for location in [
            inside,
            "/srv/models/crews/version-2/model",
            "/srv/crews/version-1/model",
            "/srv/x/../models/crews/version-1/model",
            "models/crews/version-1/model",
            "models:/crews/1",
            "s3://bucket/models/crews/version-1/model",
        ] {
            assert_eq!(counterpart(folder.path(), location), None, "{location}");
        }
    }
}
