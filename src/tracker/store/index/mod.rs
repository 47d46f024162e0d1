//! Where a search gets its runs from: from their files, or from what is known of them and has not changed since.
//!
//! `.ressenti.index` at the store's top remembers each run with the state of its files (`stamp.rs`). A search that checks
//! looks at these states and reads only runs whose files have changed; one that trusts looks only at runs of which the
//! journal (`journal.rs`) says that this crate may have changed them. Runs with a warning are not remembered, so the warning
//! comes again. What is asked of the runs is not known here.
//!
//! The file is only there for speed. It is written whole or not at all, beside nobody's way: without a lock, since of two
//! that were written at once either is right. One that is damaged, or of another version, is as if there were none.

mod bytes;
mod entry;
mod format;
mod journal;
mod runs;
mod stamp;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Store;
use super::experiment::Found;
use super::read::{ReadRun, RunRecord, read_run, run_folders};
use crate::error::{Error, Result, TrackingError};
use crate::fs::{self, Durability};
use crate::parallel;
use entry::Entry;
use format::{Block, Builder, Index, NewBlock};
pub(super) use journal::Touch;
use journal::{News, Open};
pub(super) use runs::Runs;
use runs::{Known, Place};
use stamp::Stamp;

const FILE: &str = ".ressenti.index";
/// Five million runs or so; a greater one is not read.
const SIZE_LIMIT: u64 = 1 << 31;
/// So many runs are read before they are made smaller.
const AT_ONCE: usize = 1024;
/// One in so many runs may be read anew before it is worth writing the index again.
const STALE: usize = 1_000;

/// How far the index is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Without,
    Checked,
    Blind,
}

/// Calls `f` with all runs of some experiments, deleted ones too, in no order.
pub(super) fn with_runs<T>(
    store: &Store,
    experiments: &[Found],
    trust: Trust,
    warnings: &mut Vec<Error>,
    f: impl FnOnce(&[Runs<'_>]) -> T,
) -> T {
    if trust == Trust::Without {
        let mut runs = Vec::new();
        for found in experiments {
            let Some(folders) = run_folders_or_warning(found, warnings) else { continue };
            let read = read_all(&folders, &found.meta.experiment_id);
            for (_, result, more) in read {
                warnings.extend(more);
                match result {
                    Ok(run) => runs.extend(run.map(|run| Runs::Read(run.record))),
                    Err(error) => warnings.push(error),
                }
            }
        }
        return f(&runs);
    }
    let path = store.root.join(FILE);
    let bytes = fs::read_limited(&path, SIZE_LIMIT).unwrap_or_default();
    let mut old = Index::parse(&bytes);
    let known = old.as_mut().map(|index| (index.mark, std::mem::take(&mut index.open)));
    let (mark, open) = known.unwrap_or_default();
    let news = journal::read(&store.root, mark, open);
    let update = Update { store, trust, news: &news, old: old.as_ref() };

    let mut builder = Builder::after(old.as_ref(), &store.uri);
    let mut clock = Clock { root: &store.root, now: None };
    let mut plans = Vec::new();
    for found in experiments {
        plans.extend(update.plan(found, &mut builder, &mut clock, warnings));
    }
    let total: usize = plans.iter().map(|plan| plan.kept.len() + plan.fresh.len()).sum();
    let settled: usize = plans.iter().map(|plan| plan.settled).sum();
    if settled > total / STALE {
        // An index that cannot be written costs time and nothing else.
        let _ = update.write(&path, &builder, &plans);
    }

    let names: Vec<&str> = builder.names.iter().map(String::as_str).collect();
    let mut runs = Vec::with_capacity(total);
    let mut read = Vec::new();
    for plan in &mut plans {
        read.append(&mut plan.read);
    }
    for plan in &plans {
        let known = |entry| Runs::Known(Known { entry, place: &plan.place, names: &names });
        runs.extend(plan.kept.iter().copied().map(known));
        // What was just made into bytes is always read again.
        runs.extend(plan.fresh.iter().filter_map(|bytes| Entry::parse(bytes)).map(known));
    }
    runs.extend(read.into_iter().map(Runs::Read));
    f(&runs)
}

/// The folders in an experiment that could be runs. One that was moved since it was found has none, and one that cannot be
/// listed keeps nobody from the others.
fn run_folders_or_warning(
    found: &Found,
    warnings: &mut Vec<Error>,
) -> Option<Vec<(String, PathBuf)>> {
    let folders = run_folders(&found.folder);
    folders.map_err(|error| warnings.extend(found.folder.exists().then_some(error))).ok()
}

/// The folder's name, what was read there, and what was wrong with parts of it.
type Outcome = (String, Result<Option<ReadRun>>, Vec<Error>);

fn read_all(folders: &[(String, PathBuf)], experiment_id: &str) -> Vec<Outcome> {
    parallel::map_each(folders.len(), |i| {
        let (name, folder) = &folders[i];
        let mut warnings = Vec::new();
        let run = read_run(name, folder.clone(), experiment_id, &mut warnings);
        (name.clone(), run, warnings)
    })
}

/// The file system's time, asked for once and before anything is read whose stamp it is compared with.
struct Clock<'a> {
    root: &'a Path,
    now: Option<SystemTime>,
}

impl Clock<'_> {
    fn look(&mut self) {
        if self.now.is_none() {
            // Where nothing can be written no index will be, either.
            self.now = Some(fs::clock(self.root).unwrap_or(SystemTime::UNIX_EPOCH));
        }
    }

    fn proves(&self, stamp: Stamp) -> bool {
        self.now.is_some_and(|now| stamp.is_settled(now))
    }
}

/// What a search does about the index.
struct Update<'a> {
    store: &'a Store,
    trust: Trust,
    news: &'a News,
    old: Option<&'a Index<'a>>,
}

/// The runs of an experiment, and how they will be remembered.
struct Plan<'a> {
    place: Place,
    in_trash: bool,
    stamp: u64,
    /// Remembered and unchanged.
    kept: Vec<Entry<'a>>,
    /// Read and made into bytes.
    fresh: Vec<Vec<u8>>,
    /// Read, but with warnings.
    read: Vec<RunRecord>,
    others: Vec<String>,
    /// How much the next search need not do if this is written.
    settled: usize,
}

impl<'a> Update<'a> {
    fn block(&self, id: &str, in_trash: bool) -> Option<&'a Block<'a>> {
        let blocks = self.old.map_or(&[][..], |index| &index.experiments);
        blocks.iter().find(|block| block.id == id && block.in_trash == in_trash)
    }

    fn plan(
        &self,
        found: &Found,
        builder: &mut Builder,
        clock: &mut Clock<'_>,
        warnings: &mut Vec<Error>,
    ) -> Option<Plan<'a>> {
        let id = found.meta.experiment_id.as_str();
        let in_trash = found.folder.parent() != Some(&self.store.root);
        let known = self.block(id, in_trash).and_then(|block| Some((block, block.entries()?)));
        let (block, mut entries) =
            known.map_or((None, Vec::new()), |(block, entries)| (Some(block), entries));
        let mut settled = 0;

        let names = Stamp::of(&found.folder, [""].into_iter());
        let mut stamp = names.hash;
        let mut folders: Vec<(String, PathBuf)>;
        if let Some(block) = block.filter(|block| block.stamp == names.hash && block.stamp != 0) {
            folders = block
                .others
                .iter()
                .map(|&name| (name.to_owned(), found.folder.join(name)))
                .collect();
        } else {
            clock.look();
            // Looked at again, for the clock must be older than what it proves.
            let names = Stamp::of(&found.folder, [""].into_iter());
            stamp = if clock.proves(names) { names.hash } else { 0 };
            folders = run_folders_or_warning(found, warnings)?;
            let there: HashSet<&str> = folders.iter().map(|(name, _)| name.as_str()).collect();
            let before = entries.len();
            entries.retain(|entry| there.contains(entry.id));
            settled += before - entries.len();
            // Listing costs as much as reading a few of those listed.
            settled += if stamp == 0 { 0 } else { 1 + folders.len() / STALE };
            let known: HashSet<&str> = entries.iter().map(|entry| entry.id).collect();
            folders.retain(|(name, _)| !known.contains(name.as_str()));
        }
        let others: HashSet<String> = block.map_or_else(HashSet::new, |block| {
            block.others.iter().map(|&name| name.to_owned()).collect()
        });

        let (kept, stale) = self.sort_out(&found.folder, id, block, entries, &mut settled);
        if !stale.is_empty() || folders.iter().any(|(name, _)| !others.contains(name)) {
            clock.look();
        }
        let mut changed: HashSet<String> = HashSet::new();
        for entry in stale {
            changed.insert(entry.id.to_owned());
            folders.push((entry.id.to_owned(), found.folder.join(entry.id)));
        }
        let mut plan = Plan {
            place: Place {
                experiment_id: id.to_owned(),
                folder: found.folder.clone(),
                base: builder.base.clone(),
            },
            in_trash,
            stamp,
            kept,
            fresh: Vec::new(),
            read: Vec::new(),
            others: Vec::new(),
            settled,
        };
        while !folders.is_empty() {
            let left = folders.split_off(folders.len().min(AT_ONCE));
            let some = std::mem::replace(&mut folders, left);
            let stamped = parallel::map(read_all(&some, id), |(name, result, more)| {
                let stamp = match &result {
                    Ok(Some(run)) if more.is_empty() => {
                        Some(Stamp::of(&run.record.folder, run.watch.iter().map(String::as_str)))
                    }
                    _ => None,
                };
                (name, result, more, stamp)
            });
            for (name, result, more, stamp) in stamped {
                warnings.extend(more);
                match (result, stamp) {
                    (Ok(Some(run)), Some(stamp)) => {
                        let proven = clock.proves(stamp);
                        plan.fresh.push(builder.run(&run.record, &run.watch, stamp.hash, proven));
                        // One that proves nothing will be read again, unless it is trusted.
                        let gains =
                            proven || self.trust == Trust::Blind || !changed.contains(&name);
                        plan.settled += usize::from(gains && !self.is_open(id, &name));
                    }
                    (Ok(Some(run)), None) => {
                        plan.read.push(run.record);
                        plan.others.push(name);
                    }
                    (Ok(None), _) => plan.others.push(name),
                    (Err(error), _) => {
                        warnings.push(error);
                        plan.others.push(name);
                    }
                }
            }
        }
        Some(plan)
    }

    fn is_open(&self, experiment: &str, run: &str) -> bool {
        self.news.open.iter().any(|open| open.run.split_once('/') == Some((experiment, run)))
    }

    /// Those runs that are as they were, and those that are to be read again.
    fn sort_out(
        &self,
        folder: &Path,
        experiment: &str,
        block: Option<&Block<'_>>,
        entries: Vec<Entry<'a>>,
        settled: &mut usize,
    ) -> (Vec<Entry<'a>>, Vec<Entry<'a>>) {
        let names = self.old.map_or(&[][..], |index| &index.names);
        let is_same = |entry: &Entry<'a>| {
            entry.is_settled()
                && Stamp::of(&folder.join(entry.id), entry.watch(names)).hash == entry.stamp
        };
        let trusts = self.trust == Trust::Blind
            && self.news.is_whole
            && block.is_some_and(|block| !block.is_untrusted);
        let same = if trusts {
            let touched: HashSet<&str> = self
                .news
                .touched
                .iter()
                .filter_map(|run| run.split_once('/'))
                .filter_map(|(of, run)| (of == experiment).then_some(run))
                .collect();
            if touched.is_empty() {
                return (entries, Vec::new());
            }
            let mut same = Vec::with_capacity(entries.len());
            for entry in &entries {
                let is_touched = touched.contains(entry.id);
                same.push(!is_touched || is_same(entry));
                *settled += usize::from(is_touched && !self.is_open(experiment, entry.id));
            }
            same
        } else {
            if self.trust == Trust::Blind {
                // Next time they may be trusted.
                *settled += entries.len();
            }
            parallel::map_each(entries.len(), |i| is_same(&entries[i]))
        };
        let (mut kept, mut stale) = (Vec::with_capacity(entries.len()), Vec::new());
        for (entry, same) in entries.into_iter().zip(same) {
            if same { kept.push(entry) } else { stale.push(entry) }
        }
        (kept, stale)
    }

    fn write(&self, path: &Path, builder: &Builder, plans: &[Plan<'_>]) -> Result<()> {
        let is_planned = |id: &str, in_trash| {
            plans.iter().any(|plan| plan.place.experiment_id == id && plan.in_trash == in_trash)
        };
        let mut blocks: Vec<NewBlock<'_>> = plans
            .iter()
            .map(|plan| NewBlock {
                id: &plan.place.experiment_id,
                in_trash: plan.in_trash,
                is_untrusted: false,
                stamp: plan.stamp,
                others: plan.others.iter().map(String::as_str).collect(),
                runs: plan
                    .kept
                    .iter()
                    .map(|entry| entry.bytes)
                    .chain(plan.fresh.iter().map(Vec::as_slice))
                    .collect(),
            })
            .collect();
        for block in self.old.map_or(&[][..], |index| &index.experiments) {
            let folder = if block.in_trash {
                self.store.root.join(super::TRASH)
            } else {
                self.store.root.clone()
            };
            if !is_planned(block.id, block.in_trash) && folder.join(block.id).is_dir() {
                blocks.extend(block.copy().map(|block| NewBlock {
                    is_untrusted: block.is_untrusted || !self.news.is_whole,
                    ..block
                }));
            }
        }
        // What was changed in experiments that nobody has looked at now is still to be looked at.
        let mut open: Vec<Open> = self.news.open.clone();
        for run in &self.news.touched {
            let is_open = open.iter().any(|open| open.run == *run);
            let experiment = run.split_once('/').map_or("", |(experiment, _)| experiment);
            let is_done = is_planned(experiment, false) && is_planned(experiment, true)
                || is_planned(experiment, false) && self.block(experiment, true).is_none()
                || is_planned(experiment, true) && self.block(experiment, false).is_none();
            if !is_open && !is_done {
                open.push(Open { writer: 0, run: run.clone() });
            }
        }
        let bytes = builder.file(self.news.mark, &open, &blocks);
        if bytes.len() as u64 > SIZE_LIMIT {
            let problem = format!("the index of {} would be too large", path.display());
            return Err(TrackingError::Other(problem).into());
        }
        fs::write_staged(&self.store.root, path, &bytes, Durability::Process)
    }
}
