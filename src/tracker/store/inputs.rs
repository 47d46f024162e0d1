//! The datasets that a run was told of: folders beside its params, and what they name in the experiment, become records.
//!
//! `<run>/inputs/<id>/meta.yaml` names a dataset and what it was for, `<experiment>/datasets/<id>/meta.yaml` says which it is.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::meta;
use super::read::{folders, is_id};
use super::search::DatasetPart;
use crate::error::{Error, TrackingError};

const INPUTS: &str = "inputs";
const DATASETS: &str = "datasets";
const CONTEXT: &str = "mlflow.data.context";

/// A dataset that a run was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputRecord {
    /// What it is called.
    pub name: String,
    /// By which its content is known again.
    pub digest: String,
    /// What kind of place it comes from, such as `local`.
    pub source_type: String,
    /// Notes on its use in the run; `mlflow.data.context` says what for, such as `training`.
    pub tags: BTreeMap<String, String>,
}

impl InputRecord {
    pub(super) fn part(&self, part: DatasetPart) -> Option<&str> {
        match part {
            DatasetPart::Name => Some(&self.name),
            DatasetPart::Digest => Some(&self.digest),
            DatasetPart::Context => self.tags.get(CONTEXT).map(String::as_str),
        }
    }
}

#[derive(Debug, Deserialize)]
struct InputMeta {
    source_type: String,
    source_id: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct DatasetMeta {
    name: String,
    digest: String,
    source_type: String,
}

/// The datasets of the run in `run`, and into `watch` what was looked at.
pub(super) fn read(
    run: &Path,
    watch: &mut Vec<String>,
    warnings: &mut Vec<Error>,
) -> Vec<InputRecord> {
    let inputs = run.join(INPUTS);
    if !inputs.is_dir() {
        return Vec::new();
    }
    watch.push(INPUTS.to_owned());
    let mut records = Vec::new();
    match folders(&inputs) {
        Err(error) => warnings.push(error),
        Ok(found) => {
            for (id, folder) in found {
                watch.push(format!("{INPUTS}/{id}/{}", meta::FILE));
                match read_one(run, &folder, watch) {
                    Ok(record) => records.extend(record),
                    Err(error) => warnings.push(error),
                }
            }
        }
    }
    records
}

fn read_one(
    run: &Path,
    folder: &Path,
    watch: &mut Vec<String>,
) -> Result<Option<InputRecord>, Error> {
    let malformed = |problem: String| {
        TrackingError::Malformed { path: folder.join(meta::FILE), problem }.into()
    };
    let input: InputMeta = meta::read(folder)?.ok_or_else(|| {
        malformed("it is missing; MLflow cannot read the run without it".to_owned())
    })?;
    if input.source_type != "DATASET" {
        return Ok(None);
    }
    let id = input.source_id;
    if !is_id(&id) {
        return Err(malformed(format!("source_id {id:?} is no id of a dataset")));
    }
    watch.push(format!("../{DATASETS}/{id}/{}", meta::FILE));
    let experiment = run.parent().unwrap_or(run);
    let dataset: Option<DatasetMeta> = meta::read(&experiment.join(DATASETS).join(&id))?;
    let dataset = dataset.ok_or_else(|| {
        malformed(format!("it names the dataset {id:?}, which is not in the experiment"))
    })?;
    Ok(Some(InputRecord {
        name: dataset.name,
        digest: dataset.digest,
        source_type: dataset.source_type,
        tags: input.tags,
    }))
}
