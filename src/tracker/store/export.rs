//! Runs as rows, for a data frame: records come in, CSV or JSON lines go out.
//!
//! Columns are those of MLflow's `search_runs` in Python: `run_id`, `experiment_id`, `status`, `artifact_uri`, `start_time`,
//! `end_time`, then `metrics.…`, `params.…` and `tags.…`, each sorted by key. The two formats are a page of code each; a
//! crate for either would bring a reader, too.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::read::RunRecord;
use crate::tracker::value::float_text;

const INFO: [&str; 6] =
    ["run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"];

/// A field of a row.
enum Cell<'a> {
    Missing,
    Text(&'a str),
    Integer(i64),
    Number(f64),
}

impl RunRecord {
    /// Some runs as CSV (RFC 4180: fields are quoted where they must be, lines end in CR LF), with a header.
    ///
    /// Times are milliseconds since 1970 UTC; numbers are Python's texts, `nan` and `inf` among them. What a run does not
    /// have is empty, and so is an empty text.
    ///
    /// ```
    /// use ressenti::tracker::{RunRecord, RunSearch, Store, Tracker};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::open(folder.path().join("mlruns"))?;
    /// store.start_run("export", "one")?.log_metric("f1_score", 0.81, 0)?;
    /// let runs = store.search_runs(&RunSearch::new())?.runs;
    ///
    /// let csv = RunRecord::to_csv(&runs);
    /// assert!(csv.starts_with("run_id,experiment_id,status,artifact_uri,start_time,end_time,metrics.f1_score,tags.mlflow."));
    /// let json = RunRecord::to_json_lines(&runs);
    /// assert!(json.contains("\"metrics.f1_score\":0.81"));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn to_csv(runs: &[Self]) -> String {
        let metrics: BTreeSet<&String> = runs.iter().flat_map(|run| run.metrics.keys()).collect();
        let params: BTreeSet<&String> = runs.iter().flat_map(|run| run.params.keys()).collect();
        let tags: BTreeSet<&String> = runs.iter().flat_map(|run| run.tags.keys()).collect();
        let mut csv = Csv::default();
        let named = |prefix: &'static str, keys: &BTreeSet<&String>| -> Vec<String> {
            keys.iter().map(|key| format!("{prefix}.{key}")).collect()
        };
        let names =
            [named("metrics", &metrics), named("params", &params), named("tags", &tags)].concat();
        csv.row(INFO.into_iter().chain(names.iter().map(String::as_str)));
        for run in runs {
            let mut cells: Vec<Cell<'_>> = run.info().into();
            cells.extend(
                metrics
                    .iter()
                    .map(|&key| run.metrics.get(key).map_or(Cell::Missing, |&x| Cell::Number(x))),
            );
            for (keys, texts) in [(&params, &run.params), (&tags, &run.tags)] {
                cells.extend(
                    keys.iter()
                        .map(|&key| texts.get(key).map_or(Cell::Missing, |text| Cell::Text(text))),
                );
            }
            let texts: Vec<String> = cells
                .into_iter()
                .map(|cell| match cell {
                    Cell::Missing => String::new(),
                    Cell::Text(text) => text.to_owned(),
                    Cell::Integer(n) => n.to_string(),
                    Cell::Number(x) => float_text(x),
                })
                .collect();
            csv.row(texts.iter().map(String::as_str));
        }
        csv.into_text()
    }

    /// Some runs as JSON, an object a line.
    ///
    /// The names are the columns of [`to_csv`](Self::to_csv); what a run does not have is left out. JSON has no number for
    /// what is not finite: `"nan"`, `"inf"` and `"-inf"` are texts.
    #[must_use]
    pub fn to_json_lines(runs: &[Self]) -> String {
        let mut json = String::new();
        for run in runs {
            let mut separator = '{';
            let mut field = |prefix: &str, key: &str, cell: Cell<'_>| {
                if matches!(cell, Cell::Missing) {
                    return;
                }
                json.push(std::mem::replace(&mut separator, ','));
                json_text(&mut json, &[prefix, key].concat());
                json.push(':');
                match cell {
                    Cell::Missing => {}
                    Cell::Text(text) => json_text(&mut json, text),
                    Cell::Integer(n) => _ = write!(json, "{n}"),
                    Cell::Number(x) if x.is_finite() => json.push_str(&float_text(x)),
                    Cell::Number(x) => json_text(&mut json, &float_text(x)),
                }
            };
            for (name, cell) in INFO.into_iter().zip(run.info()) {
                field("", name, cell);
            }
            run.metrics.iter().for_each(|(key, &x)| field("metrics.", key, Cell::Number(x)));
            run.params.iter().for_each(|(key, text)| field("params.", key, Cell::Text(text)));
            run.tags.iter().for_each(|(key, text)| field("tags.", key, Cell::Text(text)));
            json.push_str("}\n");
        }
        json
    }

    fn info(&self) -> [Cell<'_>; 6] {
        [
            Cell::Text(&self.id),
            Cell::Text(&self.experiment_id),
            Cell::Text(self.status.name()),
            self.artifact_uri.as_deref().map_or(Cell::Missing, Cell::Text),
            Cell::Integer(self.start_time_ms),
            self.end_time_ms.map_or(Cell::Missing, Cell::Integer),
        ]
    }
}

fn json_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            // Not asked for by JSON, but many take these for the ends of lines.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

/// Rows of fields as RFC 4180 writes them.
#[derive(Debug, Default)]
pub(super) struct Csv {
    text: String,
}

impl Csv {
    pub(super) fn row<'f>(&mut self, fields: impl Iterator<Item = &'f str>) {
        for (i, field) in fields.enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            if field.contains(['"', ',', '\n', '\r']) {
                self.text.push('"');
                self.text.push_str(&field.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(field);
            }
        }
        self.text.push_str("\r\n");
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What any reader of RFC 4180 does.
    fn read(csv: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut field, mut quoted) =
            (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = csv.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => field.push(chars.next().unwrap()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                '\r' if !quoted => {
                    assert_eq!(chars.next(), Some('\n'));
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                c => field.push(c),
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn any_fields_read_back_equal(rows in prop::collection::vec(prop::collection::vec(any::<String>(), 1..4), 0..4)) {
            let mut csv = Csv::default();
            for row in &rows {
                csv.row(row.iter().map(String::as_str));
            }
            prop_assert_eq!(read(&csv.into_text()), rows);
        }

        #[test]
        fn any_text_is_json(text: String) {
            let mut json = String::new();
            json_text(&mut json, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
