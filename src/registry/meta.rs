//! The two `meta.yaml` files of the registry: model and version, as values and as text.
//!
//! A version that MLflow wrote keeps what MLflow put there when it is written again.

use serde::Deserialize;

use super::stage::Stage;
use crate::tracker::store::yaml::{self, Scalar};

/// What MLflow calls a version that was deleted.
pub(super) const DELETED: &str = "Deleted_Internal";

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(super) struct ModelMeta {
    pub(super) name: String,
    pub(super) creation_timestamp: Option<i64>,
    pub(super) last_updated_timestamp: Option<i64>,
    pub(super) description: Option<String>,
    pub(super) deployment_job_id: Option<String>,
    pub(super) workspace: Option<String>,
}

impl ModelMeta {
    pub(super) fn new(name: &str, now: i64) -> Self {
        Self {
            name: name.to_owned(),
            creation_timestamp: Some(now),
            last_updated_timestamp: Some(now),
            ..Self::default()
        }
    }

    pub(super) fn to_yaml(&self) -> String {
        let text = |x: &'_ Option<String>| x.clone();
        let (description, job, workspace) =
            (text(&self.description), text(&self.deployment_job_id), text(&self.workspace));
        let mut pairs = vec![
            ("creation_timestamp", self.creation_timestamp.into()),
            ("deployment_job_id", job.as_deref().into()),
            ("description", description.as_deref().into()),
            ("last_updated_timestamp", self.last_updated_timestamp.into()),
            ("name", Scalar::Text(&self.name)),
            ("workspace", workspace.as_deref().into()),
        ];
        pairs.retain(|(key, value)| *key == "description" || !matches!(value, Scalar::Null));
        yaml::write(&pairs)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(super) struct VersionMeta {
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) creation_timestamp: i64,
    pub(super) last_updated_timestamp: Option<i64>,
    pub(super) current_stage: Option<String>,
    pub(super) source: Option<String>,
    pub(super) storage_location: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) run_link: Option<String>,
    pub(super) status: Option<String>,
    pub(super) status_message: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) description: Option<String>,
    /// A logged model of MLflow 3. Only MLflow puts it there: with it, every reading of the version asks another store.
    pub(super) model_id: Option<String>,
    pub(super) workspace: Option<String>,
}

impl VersionMeta {
    /// The stage, if it is one and the version was not deleted.
    pub(super) fn stage(&self) -> Option<Stage> {
        self.current_stage.as_deref().map_or(Some(Stage::None), Stage::from_name)
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.current_stage.as_deref() == Some(DELETED)
    }

    pub(super) fn to_yaml(&self) -> String {
        let stage = self.current_stage.as_deref().unwrap_or(Stage::None.name());
        let mut pairs = vec![
            ("creation_timestamp", Scalar::Int(self.creation_timestamp)),
            ("current_stage", Scalar::Text(stage)),
            ("description", self.description.as_deref().into()),
            ("last_updated_timestamp", self.last_updated_timestamp.into()),
            ("model_id", self.model_id.as_deref().into()),
            ("name", Scalar::Text(&self.name)),
            ("run_id", self.run_id.as_deref().into()),
            ("run_link", self.run_link.as_deref().into()),
            ("source", self.source.as_deref().into()),
            ("status", Scalar::Text(self.status.as_deref().unwrap_or("READY"))),
            ("status_message", self.status_message.as_deref().into()),
            ("storage_location", self.storage_location.as_deref().into()),
            ("user_id", self.user_id.as_deref().into()),
            ("version", Scalar::Int(self.version.into())),
            ("workspace", self.workspace.as_deref().into()),
        ];
        // These two must not be there without a value.
        pairs.retain(|(key, value)| {
            !matches!(*key, "model_id" | "workspace") || !matches!(value, Scalar::Null)
        });
        yaml::write(&pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_mlflow_keeps_what_it_had() {
        let text = "creation_timestamp: 1795391972132\ncurrent_stage: None\ndeployment_job_state: null\ndescription: 'it''s\n  \
                    folded'\nlast_updated_timestamp: 1795391972132\nmodel_id: m-84006d6e\nname: 1e3\nrun_id: 017\nrun_link: \
                    null\nsource: models:/m-84006d6e\nstatus: READY\nstatus_message: null\nstorage_location: \
                    file:///srv/mlruns\nuser_id: null\nversion: 1\nworkspace: default\n";
        let mut meta: VersionMeta = yaml::read(text.as_bytes()).unwrap();
        assert_eq!((meta.name.as_str(), meta.run_id.as_deref()), ("1e3", Some("017")));
        assert_eq!(meta.stage(), Some(Stage::None));
        assert_eq!(meta.description.as_deref(), Some("it's folded"));
        meta.current_stage = Some("Production".to_owned());
        let again: VersionMeta = yaml::read(meta.to_yaml().as_bytes()).unwrap();
        assert_eq!(again, meta);
        assert_eq!(again.model_id.as_deref(), Some("m-84006d6e"));
    }

    #[test]
    fn a_version_of_ours_names_no_logged_model() {
        let meta = VersionMeta { name: "m".to_owned(), version: 1, ..VersionMeta::default() };
        let text = meta.to_yaml();
        assert!(!text.contains("model_id") && !text.contains("workspace"), "{text}");
        assert!(text.contains("current_stage: \"None\"\n"), "{text}");
        assert_eq!(
            ModelMeta::new("m", 5).to_yaml(),
            "creation_timestamp: 5\ndescription: null\nlast_updated_timestamp: 5\nname: \"m\"\n"
        );
    }

    #[test]
    fn stages_that_are_none_have_none() {
        let stage = |text: &str| {
            VersionMeta { current_stage: Some(text.to_owned()), ..VersionMeta::default() }.stage()
        };
        assert_eq!(stage("production"), Some(Stage::Production));
        assert_eq!(stage(DELETED), None);
        assert_eq!(stage("weird"), None);
    }
}
