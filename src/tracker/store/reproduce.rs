//! What a run's record says of how to repeat it: params and tags come in, a text for people goes out.
//!
//! Written is what training logs wherever it is tracked. What was not logged is said to be missing.

use std::fmt::Write;

use super::RunRecord;
use super::run::{COMMIT_TAG, PROGRAM_TAG};
use crate::tracker::names::{
    BUILD_TAGS, DATA_TAG, FEATURES_TAG, MODEL_TAG, OPTIONS_TAG, VERSION_TAG,
};

impl RunRecord {
    /// How to repeat the run: the commit, the version and features of this crate, the data's digest, the seed and the
    /// settings, as far as they were logged.
    ///
    /// [`PipelineBuilder::fit_with`](crate::PipelineBuilder::fit_with) logs all of it but the commit, which the store does,
    /// and what the program does besides, which only the program knows. A training that is repeated with the same texts,
    /// settings and version gives the same model file, byte for byte.
    ///
    /// ```
    /// use ressenti::tracker::{RunStatus, Store, Tracker};
    /// use ressenti::{FitOptions, Pipeline};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::open(folder.path().join("mlruns"))?;
    /// let run = store.start_run("sentiment-analysis-twitter", "baseline")?;
    /// let options = FitOptions::new().tracker(&run);
    /// let pipeline = Pipeline::builder().fit_with(&["good", "bad"], &[true, false], &options)?;
    /// run.finish(RunStatus::Finished)?;
    ///
    /// let hint = store.run(run.id())?.reproduce_hint();
    /// assert!(hint.contains(&pipeline.card().training.unwrap().digest));
    /// assert!(hint.contains("C = 1.0"));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn reproduce_hint(&self) -> String {
        let tag = |key: &str| self.tags.get(key).map(|text| one_line(text));
        let param = |key: &str| self.params.get(key).map(|text| one_line(text));
        let mut text = format!("How to repeat run {} ({}):\n", self.id, one_line(&self.name));
        let mut step = |line: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- {line}");
        };
        step(tag(COMMIT_TAG).map_or("Code: no commit was recorded.".to_owned(), |commit| {
            format!("Code: commit {commit}, and whatever was changed and not committed.")
        }));
        step(tag(VERSION_TAG).map_or("Crate: no version was recorded.".to_owned(), |version| {
            let features = tag(FEATURES_TAG).unwrap_or_else(|| "not recorded".to_owned());
            let build = BUILD_TAGS.into_iter().filter_map(tag).collect::<Vec<_>>().join("; ");
            format!("Crate: ressenti {version}; features: {features}; {build}.")
        }));
        step(tag(PROGRAM_TAG).map_or("Program: not recorded.".to_owned(), |program| {
            format!("Program: {program}, started by {}.", one_line(&self.user))
        }));
        step(tag(DATA_TAG).map_or("Data: no digest was recorded.".to_owned(), |digest| {
            let n = param("n_train").unwrap_or_else(|| "some".to_owned());
            format!("Data: {n} texts with their labels in their order, of digest {digest} (Card::training).")
        }));
        if let Some(options) = tag(OPTIONS_TAG) {
            step(format!("Training was also given what is not recorded here: {options}."));
        }
        step(param("seed").map_or(
            "Seed: none was logged; trainings of this crate need none.".to_owned(),
            |seed| format!("Seed: {seed}."),
        ));
        if let Some(digest) = tag(MODEL_TAG) {
            step(format!("Then the model file has the SHA-256 {digest}."));
        }
        text.push_str(if self.params.is_empty() {
            "- Settings: none were logged.\n"
        } else {
            "- Settings:\n"
        });
        for (key, value) in &self.params {
            let _ = writeln!(text, "    {key} = {}", one_line(value));
        }
        text
    }
}

/// A text that could hold anything, in one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
