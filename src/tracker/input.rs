//! Which data a run worked on, in MLflow's words: a name and a digest come in, and what else is known of it. The data
//! itself is not known here.

/// A data set that a run worked on, as [`Run::log_input`](super::Run::log_input) records it and MLflow shows it.
///
/// The digest is what tells two states of the data apart; [`TrainingData::input`](crate::TrainingData::input) has that of a
/// model's texts.
///
/// ```
/// use ressenti::tracker::DatasetInput;
///
/// let input = DatasetInput::new("airline", "0f3c6b8a").context("training").source("examples/data/airline.tsv");
/// assert_eq!(input.profile(r#"{"num_rows": 400}"#).digest(), "0f3c6b8a");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct DatasetInput {
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) source_type: String,
    pub(super) source: String,
    pub(super) schema: String,
    pub(super) profile: String,
    pub(super) context: Option<String>,
}

impl DatasetInput {
    /// A data set of 1 to 500 characters' name and 1 to 36 characters' digest, as MLflow has them; what is longer is an
    /// error when it is logged.
    pub fn new(name: impl Into<String>, digest: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            digest: digest.into(),
            source_type: "code".to_owned(),
            source: "{}".to_owned(),
            schema: String::new(),
            profile: String::new(),
            context: None,
        }
    }

    /// What it was used for, such as `training` or `testing`. Default: not said.
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.context = Some(context.into());
        self
    }

    /// The path or address it came from. Default: the program itself.
    pub fn source(mut self, place: &str) -> Self {
        let kind = if place.contains("://") { "http" } else { "local" };
        let key = if kind == "http" { "url" } else { "uri" };
        kind.clone_into(&mut self.source_type);
        self.source = format!("{{{}: {}}}", crate::json::quoted(key), crate::json::quoted(place));
        self
    }

    /// Its columns, as JSON in MLflow's form. Default: not said.
    pub fn schema(mut self, json: impl Into<String>) -> Self {
        self.schema = json.into();
        self
    }

    /// Figures about it, as JSON, such as `{"num_rows": 400}`. Default: not said.
    pub fn profile(mut self, json: impl Into<String>) -> Self {
        self.profile = json.into();
        self
    }

    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}
