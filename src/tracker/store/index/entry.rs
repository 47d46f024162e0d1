//! One run as the index has it: a view of its bytes, read only as far as a search asks. `format` has the layout.

use super::super::inputs::InputRecord;
use super::super::meta::RunState;
use super::super::read::RunRecord;
use super::bytes::Cursor;

pub(super) const DELETED: u8 = 1;
pub(super) const SETTLED: u8 = 2;
pub(super) const HAS_END: u8 = 4;
pub(super) const HAS_DELETED_TIME: u8 = 8;
pub(super) const HAS_URI: u8 = 16;
pub(super) const OWN_URI: u8 = 32;

/// What is known of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// All of it, without its length.
    pub(super) bytes: &'a [u8],
    pub(super) id: &'a str,
    pub(super) stamp: u64,
    flags: u8,
    status: u8,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    deleted_time: Option<i64>,
    pub(super) name: &'a str,
    pub(super) user: &'a str,
    uri: &'a str,
    watch: Cursor<'a>,
    metrics: Cursor<'a>,
    params: Cursor<'a>,
    tags: Cursor<'a>,
    inputs: Cursor<'a>,
}

impl<'a> Entry<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let c = &mut cursor;
        let (id, flags, stamp, status, start) = (c.text()?, c.u8()?, c.u64()?, c.u8()?, c.i64()?);
        let end = if flags & HAS_END != 0 { Some(c.i64()?) } else { None };
        let deleted_time = if flags & HAS_DELETED_TIME != 0 { Some(c.i64()?) } else { None };
        let (name, user) = (c.text()?, c.text()?);
        let uri = if flags & HAS_URI != 0 { c.text()? } else { "" };
        let [watch, metrics, params, tags, inputs] =
            [c.section()?, c.section()?, c.section()?, c.section()?, c.section()?].map(Cursor);
        RunState::from_code(status.into())?;
        Some(Self {
            bytes,
            id,
            stamp,
            flags,
            status,
            start,
            end,
            deleted_time,
            name,
            user,
            uri,
            watch,
            metrics,
            params,
            tags,
            inputs,
        })
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.flags & DELETED != 0
    }

    /// Whether its stamp proves anything.
    pub(super) fn is_settled(&self) -> bool {
        self.flags & SETTLED != 0
    }

    pub(super) fn status(&self) -> RunState {
        RunState::from_code(self.status.into()).unwrap_or(RunState::Running)
    }

    /// Where its artifacts are; `own` is the place that follows from the ids.
    pub(super) fn uri(&self, own: impl FnOnce() -> String) -> Option<std::borrow::Cow<'a, str>> {
        match self.flags & (HAS_URI | OWN_URI) {
            0 => None,
            HAS_URI => Some(self.uri.into()),
            _ => Some(own().into()),
        }
    }

    pub(super) fn watch(&self, names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
        let mut cursor = self.watch;
        // What makes no sense is a name that no file has, so that the run is read.
        std::iter::from_fn(move || {
            (!cursor.0.is_empty()).then(|| {
                cursor.name(names).unwrap_or_else(|| {
                    cursor.0 = &[];
                    "\0"
                })
            })
        })
    }

    pub(super) fn metrics(&self, names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, f64)> {
        let mut cursor = self.metrics;
        std::iter::from_fn(move || Some((cursor.name(names)?, f64::from_bits(cursor.u64()?))))
    }

    pub(super) fn params(&self, names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut cursor = self.params;
        std::iter::from_fn(move || Some((cursor.name(names)?, cursor.text()?)))
    }

    pub(super) fn tags(&self, names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut cursor = self.tags;
        std::iter::from_fn(move || Some((cursor.name(names)?, cursor.text()?)))
    }

    pub(super) fn inputs(&self) -> Vec<InputRecord> {
        let mut cursor = self.inputs;
        let read = |cursor: &mut Cursor<'_>| {
            let text = |cursor: &mut Cursor<'_>| cursor.text().map(str::to_owned);
            let (name, digest, source_type) = (text(cursor)?, text(cursor)?, text(cursor)?);
            let tags = cursor.list(|cursor| Some((text(cursor)?, text(cursor)?)))?;
            Some(InputRecord { name, digest, source_type, tags: tags.into_iter().collect() })
        };
        std::iter::from_fn(move || read(&mut cursor)).collect()
    }

    pub(super) fn has_inputs(&self) -> bool {
        !self.inputs.0.is_empty()
    }

    /// The run as it was read.
    pub(super) fn record(
        &self,
        names: &'a [&'a str],
        experiment_id: &str,
        folder: &std::path::Path,
        base: &str,
    ) -> RunRecord {
        let owned = |(key, text): (&str, &str)| (key.to_owned(), text.to_owned());
        RunRecord {
            id: self.id.to_owned(),
            experiment_id: experiment_id.to_owned(),
            name: self.name.to_owned(),
            status: self.status(),
            user: self.user.to_owned(),
            start_time_ms: self.start,
            end_time_ms: self.end,
            params: self.params(names).map(owned).collect(),
            metrics: self.metrics(names).map(|(key, x)| (key.to_owned(), x)).collect(),
            tags: self.tags(names).map(owned).collect(),
            inputs: self.inputs(),
            deleted: self.is_deleted(),
            deleted_time_ms: self.deleted_time,
            folder: folder.join(self.id),
            artifact_uri: self.uri(|| own_uri(base, experiment_id, self.id)).map(Into::into),
        }
    }
}

pub(super) fn own_uri(base: &str, experiment_id: &str, run_id: &str) -> String {
    format!("{base}/{experiment_id}/{run_id}/artifacts")
}
