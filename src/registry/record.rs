//! What is known of a registered model and of a version, as plain data. How it is found is not known here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::meta::VersionMeta;
use super::stage::Stage;

/// The tag of a version that holds the SHA-256 of its model file.
pub(super) const DIGEST_TAG: &str = "ressenti.sha256";

/// A model of a [`Registry`](super::Registry): a name, and the versions under it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// What it is for, as far as anybody said.
    pub description: Option<String>,
    /// Notes.
    pub tags: BTreeMap<String, String>,
    /// Names of versions, [those that follow a stage](super::Registry#stages-and-aliases) included.
    pub aliases: BTreeMap<String, u32>,
    /// The versions that were not deleted, in ascending order.
    pub versions: Vec<ModelVersion>,
    /// When it was registered, in milliseconds since 1970 UTC.
    pub creation_time_ms: Option<i64>,
    /// When anything about it was changed last.
    pub last_update_time_ms: Option<i64>,
}

impl RegisteredModel {
    /// The version of that number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&ModelVersion> {
        self.versions.iter().find(|version| version.version == number)
    }

    /// What `models:/name/Stage` names: the highest version in a stage.
    #[must_use]
    pub fn in_stage(&self, stage: Stage) -> Option<&ModelVersion> {
        self.versions.iter().rev().find(|version| version.stage == stage)
    }

    /// The highest version.
    #[must_use]
    pub fn latest(&self) -> Option<&ModelVersion> {
        self.versions.last()
    }
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelVersion {
    /// The model's name.
    pub name: String,
    /// Its number, from 1.
    pub version: u32,
    /// Where it stands.
    pub stage: Stage,
    /// What is special about it, as far as anybody said.
    pub description: Option<String>,
    /// Notes.
    pub tags: BTreeMap<String, String>,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Where the model is: a URI, of a folder if MLflow or a run of ours registered it.
    pub source: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// Who registered it.
    pub user: Option<String>,
    /// When it was registered, in milliseconds since 1970 UTC.
    pub creation_time_ms: i64,
    /// When it was changed last.
    pub last_update_time_ms: Option<i64>,
    /// Preferred to the source where both are there.
    pub(super) storage_location: Option<String>,
    pub(super) root: Arc<Path>,
}

impl ModelVersion {
    /// Its URI, such as `models:/sentiment-classifier/3`.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("models:/{}/{}", self.name, self.version)
    }

    /// The SHA-256 of its model file when it was registered, in 64 hexadecimal digits; nothing if MLflow registered it.
    #[must_use]
    pub fn sha256(&self) -> Option<&str> {
        self.tags.get(DIGEST_TAG).map(String::as_str)
    }

    pub(super) fn new(
        root: &Arc<Path>,
        meta: VersionMeta,
        stage: Stage,
        tags: BTreeMap<String, String>,
    ) -> Self {
        Self {
            name: meta.name,
            version: meta.version,
            stage,
            description: meta.description,
            tags,
            aliases: Vec::new(),
            source: meta.source,
            run_id: meta.run_id,
            user: meta.user_id,
            creation_time_ms: meta.creation_timestamp,
            last_update_time_ms: meta.last_updated_timestamp,
            storage_location: meta.storage_location,
            root: root.clone(),
        }
    }
}
