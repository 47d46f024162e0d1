//! Params, metrics and tags of a run come in, checked by whoever asks; each goes to its file, whole. When a run begins and ends
//! is not known here.

use std::fmt::Write;

use super::kept::Metric;
use super::room::Place;
use super::run::{NAME_TAG, Run};
use super::{Durability, now_ms};
use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Lines};
use crate::tracker::batch::Point;
use crate::tracker::value::float_text;

/// Far above any param that could be logged.
const PARAM_BYTES: u64 = 1 << 20;

impl Run {
    /// The bytes of a param, if it has been logged.
    pub(super) fn param(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let Place { path, is_there } = self.params.place(key)?;
        if is_there { fs::read_limited(&path, PARAM_BYTES).map(Some) } else { Ok(None) }
    }

    pub(super) fn put_param(&self, key: &str, new: &str, level: Durability) -> Result<()> {
        let path = self.params.place(key)?.path;
        let durability = self.store.durability.at(level);
        if fs::create_staged(&self.folder, &path, new.as_bytes(), durability)? {
            return Ok(());
        }
        self.check_unchanged(key, Some(fs::read_limited(&path, PARAM_BYTES)?), new)
    }

    pub(super) fn check_unchanged(&self, key: &str, old: Option<Vec<u8>>, new: &str) -> Result<()> {
        match old {
            Some(old) if old != new.as_bytes() => Err(TrackingError::ParamChanged {
                key: key.to_owned(),
                run_id: self.id.clone(),
                old: String::from_utf8_lossy(&old).into_owned(),
                new: new.to_owned(),
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Adds lines to the file of a metric.
    pub(super) fn append(&self, key: &str, lines: &str, level: Durability) -> Result<()> {
        let (bytes, durability) = (lines.as_bytes(), self.store.durability.at(level));
        if let Some(metric) = self.kept.get(key) {
            if metric.lines.append(&metric.path, bytes, durability)? {
                return Ok(());
            }
            // Someone has removed it, or put something else there.
            self.kept.forget(key);
        }
        let Place { path, mut is_there } = self.metrics.place(key)?;
        loop {
            // A file of no lines would fail MLflow's search of the whole experiment, so the first line comes with its file.
            // If another writer brings it in between, this line is the second.
            if !is_there && fs::create_staged(&self.folder, &path, bytes, durability)? {
                return Ok(());
            }
            if let Some(lines) = Lines::open(&path)?
                && lines.append(&path, bytes, durability)?
            {
                self.kept.keep(key, Metric { path, lines });
                return Ok(());
            }
            // Where files have other numbers each time, none is kept.
            if fs::append(&path, bytes, durability)? {
                return Ok(());
            }
            is_there = false;
        }
    }

    pub(super) fn put_tag(&self, key: &str, value: &str, level: Durability) -> Result<()> {
        let path = self.tags.place(key)?.path;
        let durability = self.store.durability.at(level);
        if key != NAME_TAG {
            return fs::write_staged(&self.folder, &path, value.as_bytes(), durability);
        }
        let mut state = self.state();
        fs::write_staged(&self.folder, &path, value.as_bytes(), durability)?;
        self.change_meta(&mut state, Durability::Batch, |meta| {
            meta.run_name = Some(value.to_owned());
        })
    }
}

/// The lines of a metric's file.
pub(super) fn lines(points: &[Point]) -> Result<String> {
    let mut text = String::new();
    for point in points {
        let time = point.timestamp_ms.unwrap_or_else(now_ms);
        if time < 0 {
            let problem = format!("{time} is before 1970; give milliseconds since then, from 0");
            return Err(Error::InvalidValues { what: "timestamp", problem });
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{time} {} {}", float_text(point.value), point.step);
    }
    Ok(text)
}
