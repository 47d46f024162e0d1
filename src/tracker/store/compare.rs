//! Runs side by side: some ids come in, a table of what they were told goes out, with what differs marked.

use std::collections::BTreeSet;
use std::fmt;

use super::Store;
use super::export::Csv;
use super::read::RunRecord;
use crate::error::Result;
use crate::tracker::value::float_text;

/// Characters of a cell that a printed table shows.
const CELL: usize = 24;

/// Params and metrics of several runs; made by [`Store::compare`].
///
/// Printed, it is a table with a column for each run, in which `*` marks what differs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// The runs, in the order asked for.
    pub runs: Vec<RunRecord>,
    /// A row for each param of any of them, then one for each metric, both sorted by key.
    pub rows: Vec<ComparedRow>,
}

/// What several runs have under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComparedRow {
    /// What it is called.
    pub key: String,
    /// Whether it is a metric, of which the text is that of Python; else a param.
    pub is_metric: bool,
    /// The value in each run, if it has one.
    pub values: Vec<Option<String>>,
}

impl ComparedRow {
    /// Whether the runs do not all have the same.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.values.windows(2).any(|pair| pair[0] != pair[1])
    }
}

impl Comparison {
    pub(super) fn new(runs: Vec<RunRecord>) -> Self {
        let params: BTreeSet<&String> = runs.iter().flat_map(|run| run.params.keys()).collect();
        let metrics: BTreeSet<&String> = runs.iter().flat_map(|run| run.metrics.keys()).collect();
        let mut rows = Vec::new();
        for key in params {
            let values = runs.iter().map(|run| run.params.get(key).cloned()).collect();
            rows.push(ComparedRow { key: key.clone(), is_metric: false, values });
        }
        for key in metrics {
            let values =
                runs.iter().map(|run| run.metrics.get(key).map(|&x| float_text(x))).collect();
            rows.push(ComparedRow { key: key.clone(), is_metric: true, values });
        }
        Self { runs, rows }
    }

    /// The rows in which the runs differ.
    pub fn differing(&self) -> impl Iterator<Item = &ComparedRow> {
        self.rows.iter().filter(|row| row.differs())
    }

    /// The table as CSV (RFC 4180): `kind`, `key`, then a column for each run, named by its id. What a run does not have is
    /// empty.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = Csv::default();
        csv.row(["kind", "key"].into_iter().chain(self.runs.iter().map(|run| run.id.as_str())));
        for row in &self.rows {
            let kind = if row.is_metric { "metric" } else { "param" };
            let values = row.values.iter().map(|value| value.as_deref().unwrap_or_default());
            csv.row([kind, &row.key].into_iter().chain(values));
        }
        csv.into_text()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |text: &str| -> String {
            let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            line.take(CELL).collect()
        };
        let mut head = vec![String::new(), String::new()];
        head.extend(
            self.runs.iter().map(|run| cell(if run.name.is_empty() { &run.id } else { &run.name })),
        );
        let mut table = vec![head];
        for row in &self.rows {
            let mark = if row.differs() { "*" } else { "" };
            let values =
                row.values.iter().map(|value| value.as_deref().map_or("-".to_owned(), cell));
            table.push([mark.to_owned(), cell(&row.key)].into_iter().chain(values).collect());
        }
        for row in &table {
            let mut line = String::new();
            for (column, text) in row.iter().enumerate() {
                let width = table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
                if column > 0 {
                    line.push_str(if column == 1 { " " } else { "  " });
                }
                line.push_str(text);
                line.extend(std::iter::repeat_n(' ', width - text.chars().count()));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Store {
    /// The params and metrics of some runs, side by side.
    ///
    /// ```
    /// use ressenti::tracker::{Store, Tracker};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::open(folder.path().join("mlruns"))?;
    /// let (one, two) = (store.start_run("c", "one")?, store.start_run("c", "two")?);
    /// for (run, c) in [(&one, 1.0), (&two, 10.0)] {
    ///     run.log_param("C", c.into())?;
    ///     run.log_param("vectorizer", "tfidf".into())?;
    /// }
    /// let table = store.compare(&[one.id(), two.id()])?;
    /// assert_eq!(table.differing().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["C"]);
    /// assert_eq!(table.to_string(), "              one    two\n* C           1.0    10.0\n  vectorizer  tfidf  tfidf\n");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// Errors: as for [`run`](Self::run).
    pub fn compare(&self, run_ids: &[impl AsRef<str>]) -> Result<Comparison> {
        let runs: Result<Vec<RunRecord>> = run_ids.iter().map(|id| self.run(id.as_ref())).collect();
        runs.map(Comparison::new)
    }
}
