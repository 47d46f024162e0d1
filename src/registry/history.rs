//! Who moved which version where, when and why: one line for each, in a file beside the model that no reader of MLflow
//! looks at.
//!
//! The file is a list in YAML, with a mapping in each line, so that whoever opens it can read it.

use serde::Deserialize;

use super::meta::DELETED;
use super::stage::Stage;
use crate::tracker::store::yaml::{self, Scalar};

/// The file's name in the folder of the model.
pub(super) const FILE: &str = ".ressenti.history.yaml";

/// What moved a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// It was moved to a stage.
    Transition,
    /// Another version took its place in the stage.
    Replaced,
    /// It was brought back into Production, since another did not do well.
    Rollback,
    /// It was deleted.
    Delete,
}

impl Action {
    const ALL: [Self; 4] = [Self::Transition, Self::Replaced, Self::Rollback, Self::Delete];

    /// `transition`, `replaced`, `rollback` or `delete`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transition => "transition",
            Self::Replaced => "replaced",
            Self::Rollback => "rollback",
            Self::Delete => "delete",
        }
    }
}

/// One move of a version. What MLflow moves is not in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// When, in milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// Who; see [`Registry::acting_as`](super::Registry::acting_as).
    pub user: String,
    /// Which version.
    pub version: u32,
    /// The stage it was in.
    pub from: Stage,
    /// The stage it went to; `None` if it was deleted.
    pub to: Option<Stage>,
    /// What moved it.
    pub action: Action,
    /// Why, as far as anybody said.
    pub why: String,
}

#[derive(Deserialize)]
struct Line {
    time: i64,
    user: String,
    version: u32,
    from: String,
    to: String,
    action: String,
    why: String,
}

impl HistoryEntry {
    pub(super) fn to_line(&self) -> String {
        yaml::write_item(&[
            ("time", Scalar::Int(self.time_ms)),
            ("user", Scalar::Text(&self.user)),
            ("version", Scalar::Int(self.version.into())),
            ("from", Scalar::Text(self.from.name())),
            ("to", Scalar::Text(self.to.map_or(DELETED, Stage::name))),
            ("action", Scalar::Text(self.action.name())),
            ("why", Scalar::Text(&self.why)),
        ])
    }

    fn parse(line: &[u8]) -> Result<Self, String> {
        let [line] = yaml::read::<[Line; 1]>(line)?;
        let stage =
            |name: &str| Stage::from_name(name).ok_or_else(|| format!("the stage {name:?}"));
        let action = Action::ALL.into_iter().find(|action| action.name() == line.action);
        Ok(Self {
            time_ms: line.time,
            user: line.user,
            version: line.version,
            from: stage(&line.from)?,
            to: if line.to == DELETED { None } else { Some(stage(&line.to)?) },
            action: action.ok_or_else(|| format!("the action {:?}", line.action))?,
            why: line.why,
        })
    }
}

/// The entries of a file, and what is wrong with the lines that are none.
pub(super) fn parse(bytes: &[u8]) -> (Vec<HistoryEntry>, Vec<String>) {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for (i, line) in bytes.split(|&b| b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match HistoryEntry::parse(line) {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(format!("line {} is no entry: {problem}", i + 1)),
        }
    }
    (entries, problems)
}

/// The version that was in Production before the `current` one. A rollback takes back the transition it undoes, so that a second
/// one goes further back and never forth again.
pub(super) fn before(
    entries: &[HistoryEntry],
    current: Option<u32>,
    exists: impl Fn(u32) -> bool,
) -> Option<u32> {
    let mut stack: Vec<u32> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.to == Some(Stage::Production)) {
        if entry.action == Action::Rollback {
            while stack.last().is_some_and(|&top| top != entry.version) {
                stack.pop();
            }
        }
        if stack.last() != Some(&entry.version) {
            stack.push(entry.version);
        }
    }
    stack.into_iter().rev().find(|&version| Some(version) != current && exists(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(version: u32, to: Option<Stage>, action: Action) -> HistoryEntry {
        HistoryEntry {
            time_ms: 1_700_000_000_000,
            user: "ada \"l\"".to_owned(),
            version,
            from: Stage::Staging,
            to,
            action,
            why: "better:\n- f1, {recall} # and more é😀".to_owned(),
        }
    }

    #[test]
    fn entries_read_back_equal_and_torn_lines_are_told() {
        let entries = [
            entry(1, Some(Stage::Production), Action::Transition),
            entry(2, Some(Stage::Archived), Action::Replaced),
            entry(3, None, Action::Delete),
        ];
        let mut text: String = entries.iter().map(HistoryEntry::to_line).collect();
        assert_eq!(text.lines().count(), 3);
        assert_eq!(parse(text.as_bytes()), (entries.to_vec(), Vec::new()));
        let whole: Vec<Line> = yaml::read(text.as_bytes()).unwrap();
        assert_eq!(whole.len(), 3);
        text.truncate(text.len() - 10);
        text.push_str("\nrubbish\n");
        let (found, problems) = parse(text.as_bytes());
        assert_eq!(found, entries[..2]);
        assert_eq!(problems.len(), 2);
        assert!(problems[1].starts_with("line 4 is no entry: "), "{problems:?}");
    }

    #[test]
    fn rollbacks_go_further_back_and_never_forth() {
        let to = |version| entry(version, Some(Stage::Production), Action::Transition);
        let back = |version| entry(version, Some(Stage::Production), Action::Rollback);
        let table: [(&[HistoryEntry], Option<u32>, Option<u32>); 9] = [
            (&[], Some(1), None),
            (&[to(1)], Some(1), None),
            (&[to(1), to(2)], Some(2), Some(1)),
            (&[to(1), to(2), to(3)], Some(3), Some(2)),
            (&[to(1), to(2), to(3), back(2)], Some(2), Some(1)),
            (&[to(1), to(2), back(1)], Some(1), None),
            (&[to(1), to(2), back(1), to(3)], Some(3), Some(1)),
            // It was taken out of Production: the last one that was in it.
            (&[to(1), to(2)], None, Some(2)),
            // MLflow moved version 4 there.
            (&[to(1), to(2)], Some(4), Some(2)),
        ];
        for (entries, current, expected) in table {
            assert_eq!(before(entries, current, |_| true), expected, "{entries:?}");
        }
        let deleted = before(&[to(1), to(2), to(3)], Some(3), |version| version != 2);
        assert_eq!(deleted, Some(1));
    }
}
