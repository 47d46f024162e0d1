//! A run as a search sees it, whether it was just read or is remembered: the same questions, the same answers.

use std::borrow::Cow;
use std::path::PathBuf;

use super::super::read::RunRecord;
use super::super::search::{DatasetPart, Facts, TextAttribute};
use super::entry::{Entry, own_uri};

/// A run, read or remembered.
#[derive(Debug)]
pub(in crate::tracker::store) enum Runs<'a> {
    Read(RunRecord),
    Known(Known<'a>),
}

/// What the index knows of a run, the names that it is told in, and where it is.
#[derive(Debug)]
pub(in crate::tracker::store) struct Known<'a> {
    pub(super) entry: Entry<'a>,
    pub(super) place: &'a Place,
    pub(super) names: &'a [&'a str],
}

/// What the runs of an experiment have in common.
#[derive(Debug)]
pub(in crate::tracker::store) struct Place {
    pub(super) experiment_id: String,
    pub(super) folder: PathBuf,
    pub(super) base: String,
}

impl Runs<'_> {
    /// All of it.
    pub(in crate::tracker::store) fn record(&self) -> RunRecord {
        match self {
            Self::Read(record) => record.clone(),
            Self::Known(Known { entry, place, names }) => {
                entry.record(names, &place.experiment_id, &place.folder, &place.base)
            }
        }
    }
}

impl Facts for Runs<'_> {
    fn metric(&self, key: &str) -> Option<f64> {
        match self {
            Self::Read(record) => record.metric(key),
            Self::Known(Known { entry, names, .. }) => {
                entry.metrics(names).find(|(name, _)| *name == key).map(|(_, x)| x)
            }
        }
    }
    fn param(&self, key: &str) -> Option<&str> {
        match self {
            Self::Read(record) => record.param(key),
            Self::Known(Known { entry, names, .. }) => {
                entry.params(names).find(|(name, _)| *name == key).map(|(_, x)| x)
            }
        }
    }
    fn tag(&self, key: &str) -> Option<&str> {
        match self {
            Self::Read(record) => record.tag(key),
            Self::Known(Known { entry, names, .. }) => {
                entry.tags(names).find(|(name, _)| *name == key).map(|(_, x)| x)
            }
        }
    }
    fn text(&self, attribute: TextAttribute) -> Option<Cow<'_, str>> {
        let (entry, place) = match self {
            Self::Read(record) => return record.text(attribute),
            Self::Known(Known { entry, place, .. }) => (entry, place),
        };
        Some(Cow::Borrowed(match attribute {
            TextAttribute::RunId => entry.id,
            TextAttribute::RunName => entry.name,
            TextAttribute::Status => entry.status().name(),
            TextAttribute::UserId => entry.user,
            TextAttribute::ArtifactUri => {
                return entry.uri(|| own_uri(&place.base, &place.experiment_id, entry.id));
            }
        }))
    }
    fn start_time(&self) -> i64 {
        match self {
            Self::Read(record) => record.start_time_ms,
            Self::Known(Known { entry, .. }) => entry.start,
        }
    }
    fn end_time(&self) -> Option<i64> {
        match self {
            Self::Read(record) => record.end_time_ms,
            Self::Known(Known { entry, .. }) => entry.end,
        }
    }
    fn is_deleted(&self) -> bool {
        match self {
            Self::Read(record) => record.deleted,
            Self::Known(Known { entry, .. }) => entry.is_deleted(),
        }
    }
    fn any_dataset(&self, part: DatasetPart, test: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Read(record) => record.any_dataset(part, test),
            Self::Known(Known { entry, .. }) => {
                entry.has_inputs()
                    && entry.inputs().iter().filter_map(|input| input.part(part)).any(test)
            }
        }
    }
}
