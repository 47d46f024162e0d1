//! Which data a run worked on, as MLflow keeps it: the data set beside the experiment's runs, and in the run a note that
//! names it.

use std::path::Path;

use md5::{Digest, Md5};
use uuid::Uuid;

use super::paths::check_no_link;
use super::yaml::{self, Scalar};
use super::{Durability, Run, meta};
use crate::digest::hex;
use crate::error::{Error, Result};
use crate::fs;
use crate::tracker::DatasetInput;

impl Run {
    /// Records a data set that the run worked on. MLflow shows it under "Datasets used".
    ///
    /// Logging the same one again replaces what it was used for.
    ///
    /// Errors: [`Error::InvalidValues`] for a part that is empty or longer than MLflow takes: 500 characters of name, 36 of
    /// digest, 500 of context, 65,535 of source, 1,048,575 of schema, 16,777,215 of profile.
    pub fn log_input(&self, input: &DatasetInput) -> Result<()> {
        check(input)?;
        let dataset_id = id(&input.name, &input.digest);
        let optional = |x: &'_ str| (!x.is_empty()).then(|| x.to_owned());
        let (schema, profile) = (optional(&input.schema), optional(&input.profile));
        let dataset = yaml::write(&[
            ("digest", Scalar::Text(&input.digest)),
            ("name", Scalar::Text(&input.name)),
            ("profile", profile.as_deref().map_or(Scalar::Null, Scalar::Text)),
            ("schema", schema.as_deref().map_or(Scalar::Null, Scalar::Text)),
            ("source", Scalar::Text(&input.source)),
            ("source_type", Scalar::Text(&input.source_type)),
        ]);
        let experiment = self.folder.parent().unwrap_or(&self.folder);
        self.publish(
            &input.name,
            &experiment.join("datasets").join(&dataset_id),
            &dataset,
            // It is not in the run's folder, which is synced at the end.
            self.store.durability.at(Durability::Finish),
        )?;

        let mut note = yaml::write(&[
            ("destination_id", Scalar::Text(&dataset_id)),
            ("destination_type", Scalar::Text("RUN")),
            ("source_id", Scalar::Text(&dataset_id)),
            ("source_type", Scalar::Text("DATASET")),
        ]);
        match &input.context {
            Some(context) => {
                note.push_str("tags:\n  ");
                note.push_str(&yaml::write(&[("mlflow.data.context", Scalar::Text(context))]));
            }
            None => note.push_str("tags: {}\n"),
        }
        let input_id = id(&dataset_id, self.id());
        let folder = self.folder.join("inputs").join(input_id);
        self.publish(&input.name, &folder, &note, self.store.durability.at(Durability::Batch))
    }

    /// A folder with its `meta.yaml`, which appear together. One that is there gets the new file.
    fn publish(
        &self,
        name: &str,
        folder: &Path,
        meta: &str,
        durability: fs::Durability,
    ) -> Result<()> {
        let above = folder.parent().unwrap_or(folder);
        for path in [above, folder] {
            check_no_link(path, "dataset name", name)?;
        }
        if folder.is_dir() || !self.build(above, folder, meta, durability)? {
            let file = folder.join(meta::FILE);
            fs::write_staged(&self.folder, &file, meta.as_bytes(), durability)?;
        }
        if durability == fs::Durability::Power {
            fs::sync_entries(above)?;
            fs::sync_entries(above.parent().unwrap_or(above))?;
        }
        Ok(())
    }

    /// Builds the folder aside and puts it in place; `false` if another writer was quicker.
    fn build(
        &self,
        above: &Path,
        folder: &Path,
        meta: &str,
        durability: fs::Durability,
    ) -> Result<bool> {
        std::fs::create_dir_all(above).map_err(Error::io("create", above))?;
        let built = self.folder.join(format!("tmp-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&built).map_err(Error::io("create", &built))?;
        let file = built.join(meta::FILE);
        let placed = fs::write_staged(&self.folder, &file, meta.as_bytes(), durability)
            .and_then(|()| std::fs::rename(&built, folder).map_err(Error::io("create", folder)));
        if placed.is_err() {
            // What is left over is nobody's.
            let _ = std::fs::remove_dir_all(&built);
            if folder.is_dir() {
                return Ok(false);
            }
        }
        placed.map(|()| true)
    }
}

/// MLflow's ids of data sets and of inputs: the MD5 of two texts, one behind the other.
fn id(first: &str, second: &str) -> String {
    let mut digest = Md5::new();
    digest.update(first);
    digest.update(second);
    hex(&digest.finalize())
}

fn check(input: &DatasetInput) -> Result<()> {
    let context = input.context.as_deref().unwrap_or("none");
    for (what, text, least, most) in [
        ("dataset name", input.name.as_str(), 1, 500),
        ("dataset digest", &input.digest, 1, 36),
        ("dataset context", context, 1, 500),
        ("dataset source", &input.source, 1, 65_535),
        ("dataset schema", &input.schema, 0, 1_048_575),
        ("dataset profile", &input.profile, 0, 16_777_215),
    ] {
        let n = text.chars().count();
        if !(least..=most).contains(&n) {
            let problem = format!("it has {n} characters; MLflow takes {least} to {most}");
            return Err(Error::InvalidValues { what, problem });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fill = fn(String) -> DatasetInput;

    #[test]
    fn ids_are_mlflows() {
        // python: hashlib.md5(b"airline" + b"0f3c6b8a").hexdigest()
        assert_eq!(id("airline", "0f3c6b8a"), "ee58b10bfc67a7ec5764542b798fa289");
    }

    #[test]
    fn what_mlflow_does_not_take_is_refused() {
        let text = |input: &DatasetInput| {
            check(input).map_or_else(|e| e.to_string(), |()| "fine".to_owned())
        };
        assert_eq!(
            text(&DatasetInput::new("", "d")),
            "invalid dataset name: it has 0 characters; MLflow takes 1 to 500"
        );
        let parts: [(&str, usize, usize, Fill); 6] = [
            ("name", 1, 500, |x| DatasetInput::new(x, "d")),
            ("digest", 1, 36, |x| DatasetInput::new("a", x)),
            ("context", 1, 500, |x| DatasetInput::new("a", "d").context(x)),
            ("source", 1, 65_535, |x| DatasetInput { source: x, ..DatasetInput::new("a", "d") }),
            ("schema", 0, 1_048_575, |x| DatasetInput::new("a", "d").schema(x)),
            ("profile", 0, 16_777_215, |x| DatasetInput::new("a", "d").profile(x)),
        ];
        for (part, least, most, fill) in parts {
            assert_eq!(text(&fill("é".repeat(most))), "fine", "{part}");
            let n = most + 1;
            let problem = format!("it has {n} characters; MLflow takes {least} to {most}");
            assert_eq!(text(&fill("x".repeat(n))), format!("invalid dataset {part}: {problem}"));
        }
    }
}
