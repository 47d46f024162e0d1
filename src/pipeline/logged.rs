//! A pipeline as the model of a run: bytes go to a tracker, in a folder that MLflow shows as a model.
//!
//! MLflow's words for a model are those of its `MLmodel` file: flavors (who can load it), signature, input example. Nobody
//! but this crate loads the file, so the only flavor is ours. Where the run is kept is not known here, nor the time.

use super::{Card, Pipeline, PipelineBuilder, TrainingData};
use crate::classifier::FitOptions;
use crate::digest;
use crate::error::Result;
use crate::json;
use crate::text::{STEMMERS, unicode_versions};
use crate::tracker::names::{BUILD_TAGS, FEATURES_TAG, MODEL_TAG, OPTIONS_TAG, VERSION_TAG};
use crate::tracker::{Collecting, DatasetInput, Tracker};

/// What an input looks like, where the caller has no better one.
const EXAMPLE: [&str; 2] = ["I love this airline!", "They lost my bag again."];
/// Digits of a digest that MLflow has room for.
const DIGEST: usize = 32;
/// The tag by which MLflow's pages know that a run has a model.
const HISTORY_TAG: &str = "mlflow.log-model.history";

impl Pipeline {
    /// Stores the model in a run, as the folder `model`, which MLflow shows as one:
    ///
    /// * `pipeline.ressenti`, the file that [`save`](Self::save) writes,
    /// * `card.json`, its [card](Card::to_json),
    /// * `input_example.json`, two English texts, or those of [`log_to_with`](Self::log_to_with),
    /// * `MLmodel`, which says so in MLflow's words.
    ///
    /// The tag `ressenti.model.sha256` has the digest of the file.
    ///
    /// Errors: what the tracker answers.
    pub fn log_to(&self, tracker: &dyn Tracker) -> Result<()> {
        self.log_to_with(tracker, &EXAMPLE)
    }

    /// [`log_to`](Self::log_to) with texts of your own as the input example. They are kept as they are: take none that is
    /// private.
    ///
    /// ```
    /// use ressenti::Pipeline;
    /// use ressenti::tracker::MemoryTracker;
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// let run = MemoryTracker::default();
    /// pipeline.log_to_with(&run, &["What a crew!"])?;
    /// let example = &run.snapshot().artifacts["model/input_example.json"];
    /// assert_eq!(example, br#"{"columns": ["text"], "data": [["What a crew!"]]}"#);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn log_to_with<T: AsRef<str>>(&self, tracker: &dyn Tracker, example: &[T]) -> Result<()> {
        let bytes = self.to_bytes();
        let rows = example.iter().map(|text| json::list([json::quoted(text.as_ref())]));
        let columns = json::list(["text"].map(json::quoted));
        let example = json::object([("columns", columns), ("data", json::list(rows))]);
        tracker.log_artifact("model/pipeline.ressenti", &bytes)?;
        tracker.log_artifact("model/card.json", self.card().to_json().as_bytes())?;
        tracker.log_artifact("model/input_example.json", example.as_bytes())?;
        // Last, since it makes a model of the folder.
        tracker.log_artifact("model/MLmodel", ml_model(bytes.len()).as_bytes())?;
        tracker.set_tag(HISTORY_TAG, &history())?;
        tracker.set_tag(MODEL_TAG, &digest::of_bytes(&bytes))
    }
}

impl Card {
    /// The card as JSON, a line for each field, under the names of the fields.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// assert!(pipeline.card().to_json().contains("\n  \"classes\": [\"negative\", \"positive\"],\n"));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = |x: &str| json::quoted(x);
        let or_null = |x: Option<String>| x.unwrap_or_else(|| "null".to_owned());
        let training = self.training.as_ref().map(|data| {
            json::object([("n_texts", data.n_texts.to_string()), ("digest", text(&data.digest))])
        });
        let calibration = self.calibration.map(|report| {
            json::object([
                ("method", text(&format!("{:?}", report.method))),
                ("folds", report.folds.to_string()),
                ("rows", report.rows.to_string()),
                ("brier_before", json::number(report.brier_before)),
                ("brier_after", json::number(report.brier_after)),
                ("ece_before", json::number(report.ece_before)),
                ("ece_after", json::number(report.ece_after)),
            ])
        });
        let preset = self.preset.as_ref();
        let preset = preset.map(|(name, version)| json::list([text(name), version.to_string()]));
        let fields = [
            ("crate_version", text(&self.crate_version)),
            ("task", text(&self.task)),
            ("classes", json::list(self.classes.iter().map(|class| text(class)))),
            ("positive", text(&self.positive)),
            ("n_features", self.n_features.to_string()),
            ("n_documents", self.n_documents.to_string()),
            ("stemmer", or_null(self.stemmer.as_deref().map(text))),
            ("unicode", text(&self.unicode)),
            ("training", or_null(training)),
            ("params", json::object(self.params.iter().map(|(key, x)| (key, text(x))))),
            ("preset", or_null(preset)),
            ("calibration", or_null(calibration)),
            ("figures", json::object(self.figures.iter().map(|(key, x)| (key, json::number(*x))))),
        ];
        let lines = fields.map(|(key, value)| format!("  {}: {value}", json::quoted(key)));
        format!("{{\n{}\n}}\n", lines.join(",\n"))
    }
}

impl TrainingData {
    /// The data as an input of a run, for [`Run::log_input`](crate::tracker::Run::log_input): with the first 32 digits of its
    /// digest, since MLflow has room for 36.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// let training = pipeline.card().training.unwrap();
    /// assert!(training.digest.starts_with(training.input("airline").digest()));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn input(&self, name: &str) -> DatasetInput {
        let digest = self.digest.get(..DIGEST).unwrap_or(&self.digest);
        let rows = json::object([("num_rows", self.n_texts.to_string())]);
        let column = |name: &str| {
            json::object([
                ("type", json::quoted("string")),
                ("name", json::quoted(name)),
                ("required", "true".to_owned()),
            ])
        };
        let schema = json::object([("mlflow_colspec", json::list(["text", "label"].map(column)))]);
        DatasetInput::new(name, digest).context("training").profile(rows).schema(schema)
    }
}

impl PipelineBuilder {
    /// What of the surroundings a training needs to be repeated, but for the data.
    pub(super) fn log_environment(
        &self,
        run: &Collecting<'_>,
        options: &FitOptions<'_>,
    ) -> Result<()> {
        let features = [
            ("metrics", cfg!(feature = "metrics")),
            ("parallel", cfg!(feature = "parallel")),
            ("starter", cfg!(feature = "starter")),
            ("store", cfg!(feature = "store")),
            ("tracing", cfg!(feature = "tracing")),
        ];
        let features = features.into_iter().filter_map(|(name, on)| on.then_some(name));
        let features = features.collect::<Vec<_>>().join(", ");
        let [target, unicode, stemmer] = BUILD_TAGS;
        run.tag(VERSION_TAG, env!("CARGO_PKG_VERSION"))?;
        run.tag(FEATURES_TAG, if features.is_empty() { "none" } else { &features })?;
        run.tag(target, &format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS))?;
        run.tag(unicode, &unicode_versions())?;
        if self.parts().0.stemmers().next().is_some() {
            run.tag(stemmer, STEMMERS)?;
        }
        let given = [
            ("sample weights", options.sample_weights().is_some()),
            ("a model to start from", options.warm_start_from().is_some()),
            ("a prior", self.has_prior()),
        ];
        let given: Vec<&str> =
            given.into_iter().filter_map(|(what, is)| is.then_some(what)).collect();
        if given.is_empty() { Ok(()) } else { run.tag(OPTIONS_TAG, &given.join(", ")) }
    }
}

/// Every string in it is ours, so that none needs more than quotes.
fn ml_model(bytes: usize) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let inputs = r#"[{"type": "string", "name": "text", "required": true}]"#;
    let outputs = r#"[{"type": "string", "name": "label", "required": true}, {"type": "double", "name": "probability", "required": true}]"#;
    format!(
        "artifact_path: model\n\
         flavors:\n  ressenti:\n    card: card.json\n    data: pipeline.ressenti\n    version: \"{version}\"\n\
         metadata:\n  mlflow.model.isExternal: true\n\
         model_size_bytes: {bytes}\n\
         saved_input_example_info:\n  artifact_path: input_example.json\n  pandas_orient: split\n  type: dataframe\n\
         signature:\n  inputs: '{inputs}'\n  outputs: '{outputs}'\n  params: null\n"
    )
}

fn history() -> String {
    let flavor = json::object([
        ("data", json::quoted("pipeline.ressenti")),
        ("version", json::quoted(env!("CARGO_PKG_VERSION"))),
    ]);
    let flavors = json::object([("ressenti", flavor)]);
    json::list([json::object([("artifact_path", json::quoted("model")), ("flavors", flavors)])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::CalibrationMethod;
    use crate::pipeline::Preset;

    #[test]
    fn a_card_reads_back_from_its_json() {
        let (texts, labels) =
            (["good", "bad", "so good", "so bad"], ["\"yes\"\n", "no", "\"yes\"\n", "no"]);
        let builder = Pipeline::builder().preset(Preset::Social);
        let pipeline =
            builder.calibration(CalibrationMethod::Platt, 2).fit(&texts, &labels).unwrap();
        let report = pipeline.evaluate(&texts, &labels).unwrap();
        for card in [pipeline.card(), pipeline.with_figures(&report).card()] {
            assert_eq!(serde_json::from_str::<Card>(&card.to_json()).unwrap(), card);
        }
    }
}
