//! What a search finds: the runs that MLflow finds in the same store, in the same order, with or without an index.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use crate::common::again::only;
use proptest::prelude::*;
use ressenti::tracker::{
    Filter, Order, Run, RunSearch, RunState, RunStatus, Store, Tracker, ViewType,
};
use ressenti::{Error, Result, TrackingError};
use serde_json::Value;

/// Questions that are answered otherwise than by MLflow, each with a reason in the folder's README.
const DIFFERENCE: [&str; 3] = ["metrics. > 1", "params.C IS  NOT   NULL", " metrics.f1 DESC "];

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/search/search.json")).unwrap()
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap()
}

/// The store of `make.py`.
fn write_store(root: &Path, golden: &Value) {
    for run in golden["runs"].as_array().unwrap() {
        let id = text(run, "experiment_id");
        let in_trash = id.ends_with('3');
        let experiment = root.join(if in_trash { ".trash" } else { "." }).join(id);
        let stage = if in_trash { "deleted" } else { "active" };
        put(
            &experiment.join("meta.yaml"),
            &format!(
                "artifact_location: \"file:///srv/mlruns/{id}\"\nexperiment_id: \"{id}\"\nlifecycle_stage: {stage}\nname: \"experiment {id}\"\n"
            ),
        );
        write_run(&experiment, run);
    }
}

fn write_run(experiment: &Path, run: &Value) {
    let folder = experiment.join(text(run, "run_id"));
    for room in ["metrics", "params", "tags", "artifacts"] {
        fs::create_dir_all(folder.join(room)).unwrap();
    }
    for room in ["metrics", "params", "tags"] {
        for (key, content) in run[room].as_object().unwrap() {
            put(&folder.join(room).join(key), content.as_str().unwrap());
        }
    }
    let mut meta = String::new();
    let keys = [
        "artifact_uri",
        "end_time",
        "experiment_id",
        "lifecycle_stage",
        "run_id",
        "run_name",
        "start_time",
        "status",
        "user_id",
    ];
    for key in keys {
        writeln!(meta, "{key}: {}", run[key]).unwrap();
    }
    put(&folder.join("meta.yaml"), &meta);
    for (n, input) in run["inputs"].as_array().unwrap().iter().enumerate() {
        let (name, digest) = (text(input, "name"), text(input, "digest"));
        let known = format!("{name}{digest}");
        put(
            &experiment.join("datasets").join(&known).join("meta.yaml"),
            &format!(
                "digest: {digest}\nname: {name}\nprofile: \"{{}}\"\nschema: \"{{}}\"\nsource: \"{{}}\"\nsource_type: local\n"
            ),
        );
        put(
            &folder.join("inputs").join(n.to_string()).join("meta.yaml"),
            &format!(
                "destination_id: x\ndestination_type: RUN\nsource_id: {known}\nsource_type: DATASET\ntags: {}\n",
                input["tags"]
            ),
        );
    }
}

fn question(case: &Value) -> Result<RunSearch> {
    let texts = |key: &str| -> Vec<String> {
        let list = case[key].as_array().map_or(&[][..], Vec::as_slice);
        list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let view = match case["view"].as_str() {
        Some("all") => ViewType::All,
        Some("deleted") => ViewType::DeletedOnly,
        _ => ViewType::ActiveOnly,
    };
    let mut search = RunSearch::new()
        .experiment_ids(texts("experiments"))
        .filter_string(case["filter"].as_str().unwrap_or_default())?
        .order_by(texts("order_by"))?
        .run_view_type(view);
    if let Some(token) = case["page_token"].as_str() {
        search = search.page_token(token);
    }
    if let Some(size) = case["max_results"].as_u64() {
        search = search.max_results(size as usize);
    }
    Ok(search)
}

#[test]
fn every_question_has_mlflows_answer() {
    let golden = golden();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    write_store(folder.path(), &golden);
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 300);
    let mut differences = Vec::new();
    for case in cases {
        // A page of none has no next page, and no page is smaller; MLflow's own SQLite store refuses both.
        if case["max_results"].as_i64().is_some_and(|size| size < 1) {
            continue;
        }
        let answer = |how: fn(RunSearch) -> RunSearch| {
            question(case).and_then(|search| store.search_runs(&how(search)))
        };
        for how in [RunSearch::without_index, |search| search, RunSearch::trust_index] {
            let found = match answer(how) {
                Ok(page) => {
                    let ids = page.runs.iter().map(|run| i64::from_str_radix(&run.id, 16).unwrap());
                    Some((ids.collect::<Vec<_>>(), page.token))
                }
                Err(_) => None,
            };
            let expected = case["runs"].as_array().map(|runs| {
                let runs = runs.iter().map(|run| run.as_i64().unwrap());
                (runs.collect::<Vec<_>>(), case["token"].as_str().map(str::to_owned))
            });
            if found != expected {
                let asked = case["filter"].as_str().or(case["order_by"][0].as_str()).unwrap_or("?");
                differences.push((asked.to_owned(), format!("{case}\nfound {found:?}")));
            }
        }
    }
    let other: Vec<&String> = differences
        .iter()
        .filter(|(asked, _)| !DIFFERENCE.contains(&asked.as_str()))
        .map(|(_, said)| said)
        .collect();
    assert!(other.is_empty(), "{other:#?}");
    let known: BTreeSet<&str> = differences.iter().map(|(asked, _)| asked.as_str()).collect();
    assert_eq!(known, DIFFERENCE.into());
}

/// What a search shows, as text: NaN is equal to itself there.
fn shown(store: &Store, search: &RunSearch) -> String {
    let page = store.search_runs(search).unwrap();
    let mut warnings: Vec<String> = page.warnings.iter().map(ToString::to_string).collect();
    warnings.sort_unstable();
    format!("{:#?} {:?} {warnings:#?}", page.runs, page.token)
}

fn everything() -> RunSearch {
    RunSearch::new().run_view_type(ViewType::All).order(Order::run_id())
}

fn folder_of(store: &Store, run: &Run) -> PathBuf {
    store.path().join(run.experiment_id()).join(run.id())
}

fn index_of(store: &Store) -> PathBuf {
    store.path().join(".ressenti.index")
}

fn three_runs(root: &Path) -> Store {
    let store = Store::open(root).unwrap();
    for (name, f1) in [("one", 0.5), ("two", 0.75), ("three", f64::NAN)] {
        let run = store.start_run("sentiment", name).unwrap();
        run.log_metric("f1_score", f1, 0).unwrap();
        run.log_param("model", name.into()).unwrap();
        run.finish(RunStatus::Finished).unwrap();
    }
    store
}

#[derive(Debug, Clone)]
enum Change {
    Start(u8),
    Metric(u8, u8, f64),
    Param(u8, u8),
    Tag(u8, u8, u8),
    Finish(u8),
    Drop(u8),
    /// By hands other than ours.
    Overwrite(u8, u8),
    AppendTorn(u8),
    Delete(u8),
    Remove(u8),
    Search,
}

fn changes(by_others: bool) -> impl Strategy<Value = Vec<Change>> {
    let value = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), (-3..3i8).prop_map(f64::from)];
    let ours = prop_oneof![
        (0..2u8).prop_map(Change::Start),
        (any::<u8>(), 0..3u8, value).prop_map(|(run, key, x)| Change::Metric(run, key, x)),
        (any::<u8>(), 0..3u8).prop_map(|(run, key)| Change::Param(run, key)),
        (any::<u8>(), 0..3u8, 0..3u8).prop_map(|(run, key, x)| Change::Tag(run, key, x)),
        any::<u8>().prop_map(Change::Finish),
        any::<u8>().prop_map(Change::Drop),
        Just(Change::Search),
        Just(Change::Search),
    ];
    let others = prop_oneof![
        (any::<u8>(), any::<u8>()).prop_map(|(run, x)| Change::Overwrite(run, x)),
        any::<u8>().prop_map(Change::AppendTorn),
        any::<u8>().prop_map(Change::Delete),
        any::<u8>().prop_map(Change::Remove),
    ];
    let one = if by_others { prop_oneof![3 => ours, 1 => others].boxed() } else { ours.boxed() };
    prop::collection::vec(one, 1..30)
}

/// Makes changes one by one, and asks at times with and without the index.
fn holds_after(changes: Vec<Change>, how: fn(RunSearch) -> RunSearch) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut open: Vec<Run> = Vec::new();
    let mut folders: Vec<PathBuf> = Vec::new();
    for change in changes.into_iter().chain([Change::Search, Change::Search]) {
        let run = |n: u8| open.get(usize::from(n) % open.len().max(1));
        let folder = |n: u8| folders.get(usize::from(n) % folders.len().max(1));
        match change {
            Change::Start(n) => {
                let run = store.start_run(["a", "b"][usize::from(n)], "").unwrap();
                folders.push(folder_of(&store, &run));
                open.push(run);
            }
            Change::Metric(n, key, x) => {
                _ = run(n)
                    .map(|run| run.log_metric(["f1", "val/f1", "loss"][usize::from(key)], x, 0));
            }
            Change::Param(n, key) => {
                _ = run(n).map(|run| run.log_param(["C", "a/b", "n"][usize::from(key)], 1.into()));
            }
            Change::Tag(n, key, x) => {
                _ = run(n).map(|run| {
                    run.set_tag(["x", "y/z", "mlflow.runName"][usize::from(key)], &x.to_string())
                });
            }
            Change::Finish(n) => _ = run(n).map(|run| run.finish(RunStatus::Finished)),
            Change::Drop(n) if !open.is_empty() => {
                drop(open.swap_remove(usize::from(n) % open.len()));
            }
            Change::Drop(_) => {}
            Change::Overwrite(n, x) => {
                // Of the same length as before, and with whatever time it is.
                _ = folder(n)
                    .filter(|run| run.is_dir())
                    .map(|run| fs::write(run.join("tags/mlflow.user"), [b'a' + x % 26]));
            }
            Change::AppendTorn(n) => {
                if let Some(path) =
                    folder(n).map(|run| run.join("metrics/f1")).filter(|path| path.exists())
                {
                    let bytes = fs::read(&path).unwrap();
                    fs::write(&path, [&bytes, &b"2 0."[..]].concat()).unwrap();
                }
            }
            Change::Delete(n) => {
                if let Some(path) =
                    folder(n).map(|run| run.join("meta.yaml")).filter(|path| path.exists())
                {
                    let text = fs::read_to_string(&path).unwrap();
                    fs::write(
                        &path,
                        text.replace("lifecycle_stage: \"active\"", "lifecycle_stage: deleted"),
                    )
                    .unwrap();
                }
            }
            Change::Remove(n) => {
                if let Some(run) = folder(n).filter(|run| run.is_dir()) {
                    fs::remove_dir_all(run).unwrap();
                }
            }
            Change::Search => {
                for ask in [
                    everything(),
                    RunSearch::new().experiment_names(Vec::<String>::new()),
                    everything()
                        .order(Order::metric("f1").desc())
                        .filter(Filter::metric("f1").ge(-1.0)),
                    RunSearch::new().filter(Filter::tag("x").is_not_null()).max_results(2),
                ] {
                    assert_eq!(
                        shown(&store, &how(ask.clone())),
                        shown(&store, &ask.without_index())
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_checked_index_finds_what_the_files_say(changes in changes(true)) {
        holds_after(changes, |search| search);
    }

    #[test]
    fn a_trusted_index_finds_what_the_files_say_if_only_we_write(changes in changes(false)) {
        holds_after(changes, RunSearch::trust_index);
    }
}

#[test]
fn a_change_of_the_same_size_in_the_same_moment_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let run = store.start_run("sentiment", "one").unwrap();
    run.finish(RunStatus::Finished).unwrap();
    let tag = folder_of(&store, &run).join("tags/mlflow.user");
    for i in 0..200 {
        let text = format!("{i:03}");
        fs::write(&tag, &text).unwrap();
        let found =
            store.search_runs(&everything().filter(Filter::tag("mlflow.user").eq(text))).unwrap();
        assert_eq!(found.runs.len(), 1, "{i}");
    }
}

#[test]
fn pages_give_every_run_once() {
    let golden = golden();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    write_store(folder.path(), &golden);
    let all = everything().order_by(["metrics.f1 DESC"]).unwrap();
    let expected: Vec<String> =
        store.search_runs(&all).unwrap().into_iter().map(|run| run.id).collect();
    for size in 1..=expected.len() + 1 {
        let (mut ids, mut token) = (Vec::new(), Some(String::new()));
        while let Some(at) = token {
            let page = store.search_runs(&all.clone().max_results(size).page_token(at)).unwrap();
            assert!(page.runs.len() <= size);
            ids.extend(page.runs.into_iter().map(|run| run.id));
            token = page.token;
        }
        assert_eq!(ids, expected, "{size}");
    }
}

#[test]
fn an_index_that_is_gone_or_damaged_costs_nothing_but_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_runs(folder.path());
    let expected = shown(&store, &everything().without_index());
    let holds = |what: &str| {
        for how in [|search| search, RunSearch::trust_index as fn(RunSearch) -> RunSearch] {
            assert_eq!(shown(&store, &how(everything())), expected, "{what}");
        }
    };
    holds("none");
    let index = index_of(&store);
    let good = fs::read(&index).unwrap();
    holds("good");
    for end in 0..good.len() {
        fs::write(&index, &good[..end]).unwrap();
        holds(&format!("cut at {end}"));
    }
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x41;
        fs::write(&index, bytes).unwrap();
        holds(&format!("changed at {at}"));
    }
    fs::write(&index, vec![0xff; 100_000]).unwrap();
    holds("garbage");
    fs::remove_file(&index).unwrap();
    holds("removed");
    fs::remove_file(&index).unwrap();
    fs::create_dir(&index).unwrap();
    // Which MLflow minds, so that it is said.
    let page = store.search_runs(&everything()).unwrap();
    assert_eq!((page.runs.len(), page.warnings.len()), (3, 1));
    fs::remove_dir(&index).unwrap();
    fs::remove_file(store.path().join(".ressenti.journal")).unwrap();
    holds("no journal");
}

/// With the checksum put right, so that what a forger wrote is looked at.
#[test]
fn a_forged_index_is_read_or_left_but_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_runs(folder.path());
    let _ = shown(&store, &everything());
    let index = index_of(&store);
    let good = fs::read(&index).unwrap();
    for at in 12..good.len() {
        for bits in [0x01, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= bits;
            let checksum = crc32(&bytes[12..]);
            bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
            fs::write(&index, bytes).unwrap();
            for how in [|search| search, RunSearch::trust_index as fn(RunSearch) -> RunSearch] {
                let _ = store.search_runs(&how(everything())).unwrap();
            }
        }
    }
}

/// IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn searches_and_writers_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let root = folder.path();
            scope.spawn(move || {
                let store = Store::open(root).unwrap();
                for i in 0..20 {
                    let run = store.start_run("sentiment", &format!("{writer}-{i}")).unwrap();
                    run.log_metric("f1_score", f64::from(i), 0).unwrap();
                    run.finish(RunStatus::Finished).unwrap();
                    drop(run);
                    let mine =
                        RunSearch::new().filter(Filter::run_name().like(format!("{writer}-%")));
                    let search = if writer % 2 == 0 { mine } else { mine.trust_index() };
                    let page = store.search_runs(&search).unwrap();
                    assert_eq!(page.runs.len(), usize::try_from(i).unwrap() + 1);
                    assert!(page.runs.iter().all(|run| run.metrics.len() == 1));
                    assert!(page.warnings.is_empty(), "{:?}", page.warnings);
                }
            });
        }
    });
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.search_runs(&everything().trust_index()).unwrap().runs.len(), 80);
    let left: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_trusted_index_sees_what_is_logged_while_a_run_is_open_and_after_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let run = store.start_run("sentiment", "one").unwrap();
    let value = || {
        let page = store.search_runs(&RunSearch::new().trust_index()).unwrap();
        page.runs[0].metrics.get("loss").copied()
    };
    assert_eq!(value(), None);
    for step in 0..5 {
        run.log_metric("loss", 1.0 / f64::from(step + 1), step.into()).unwrap();
        assert_eq!(value(), Some(1.0 / f64::from(step + 1)));
    }
    run.finish(RunStatus::Finished).unwrap();
    run.log_metric("loss", 7.0, 9).unwrap();
    assert_eq!(value(), Some(7.0));
    drop(run);
    assert_eq!(value(), Some(7.0));
}

/// Does to a run what it is told line by line, and says when that is done.
#[test]
#[ignore = "a child of the next test"]
fn child_that_writes_what_it_is_told() {
    let Ok(root) = std::env::var(ROOT) else { return };
    let store = Store::open(root).unwrap();
    let mut run: Option<Run> = None;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (what, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match what {
            "resume" => run = Some(store.resume_run(rest).unwrap()),
            "log" => {
                let step: i64 = rest.parse().unwrap();
                run.as_ref().unwrap().log_metric("loss", step as f64, step).unwrap();
            }
            "tag" => run.as_ref().unwrap().set_tag("note", rest).unwrap(),
            "finish" => run.as_ref().unwrap().finish(RunStatus::Finished).unwrap(),
            "drop" => run = None,
            other => panic!("what is {other:?}?"),
        }
        println!("\ndone {line}");
    }
}

/// Names the store that a child works in.
const ROOT: &str = "RESSENTI_SEARCH_ROOT";

struct Writer {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Writer {
    fn start(root: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(only(child_that_writes_what_it_is_told))
            .arg("--nocapture")
            .env(ROOT, root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
        let (done, mut line) = (format!("done {what}\n"), String::new());
        while line != done {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "{what}: the child has ended");
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_trusted_index_sees_what_other_processes_do_to_a_run_that_they_take_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_runs(folder.path());
    let id = store.runs("sentiment").unwrap().records[0].id.clone();
    // Another experiment, and an index that has been trusted before.
    store.start_run("other", "one").unwrap().finish(RunStatus::Finished).unwrap();
    let trusted = || {
        let page = store.search_runs(&RunSearch::new().trust_index()).unwrap();
        let run = page.runs.into_iter().find(|run| run.id == id).unwrap();
        (run.metrics.get("loss").copied(), run.status, run.tags.get("note").cloned())
    };
    let note = |text: &str| Some(text.to_owned());
    let before = trusted();
    assert_eq!(trusted(), before);
    let (mut one, mut two) = (Writer::start(folder.path()), Writer::start(folder.path()));
    let resume = format!("resume {id}");
    one.tell(&resume);
    assert_eq!(trusted().1, RunState::Running);
    for step in 100..103 {
        one.tell(&format!("log {step}"));
        assert_eq!(trusted().0, Some(f64::from(step)));
    }
    // Two at once, of which one ends while the other goes on.
    two.tell(&resume);
    two.tell("log 103");
    assert_eq!(trusted(), (Some(103.0), RunState::Running, None));
    one.tell("finish");
    one.tell("drop");
    assert_eq!(trusted(), (Some(103.0), RunState::Finished, None));
    two.tell("log 104");
    two.tell("tag a");
    assert_eq!(trusted(), (Some(104.0), RunState::Finished, note("a")));
    // One that is killed leaves the run open, for who comes after it, too.
    one.tell(&resume);
    one.tell("log 105");
    one.kill();
    assert_eq!(trusted(), (Some(105.0), RunState::Running, note("a")));
    two.tell("drop");
    assert_eq!(trusted(), (Some(105.0), RunState::Failed, note("a")));
    two.tell(&resume);
    two.tell("log 106");
    two.tell("finish");
    two.tell("drop");
    assert_eq!(trusted(), (Some(106.0), RunState::Finished, note("a")));
    two.kill();
    let checked = store.search_runs(&RunSearch::new()).unwrap();
    let page = store.search_runs(&RunSearch::new().trust_index()).unwrap();
    // One of the figures is NaN, which equals nothing.
    assert_eq!(format!("{:?}", page.runs), format!("{:?}", checked.runs));
}

#[test]
fn experiments_are_named_by_id_or_name() {
    let golden = golden();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    write_store(folder.path(), &golden);
    let found = |search: RunSearch| store.search_runs(&search).map(|page| page.runs.len());
    assert_eq!(found(RunSearch::new()).unwrap(), 9);
    assert_eq!(
        found(RunSearch::new().experiment_names(["experiment 100000000000000002"])).unwrap(),
        2
    );
    assert_eq!(
        found(RunSearch::new().experiment_names(["experiment 100000000000000003"])).unwrap(),
        1
    );
    let twice = RunSearch::new()
        .experiment_ids(["100000000000000002"])
        .experiment_names(["experiment 100000000000000002"]);
    assert_eq!(found(twice).unwrap(), 2);
    assert_eq!(found(RunSearch::new().experiment_ids(Vec::<String>::new())).unwrap(), 0);
    let error = found(RunSearch::new().experiment_names(["none"])).unwrap_err();
    assert!(
        matches!(error, Error::Tracking { problem: TrackingError::NoSuchExperiment { .. } }),
        "{error}"
    );
    let page = store.search_runs(&RunSearch::new().experiment_ids(["999"])).unwrap();
    assert_eq!((page.runs.len(), page.warnings.len()), (0, 1));
    for size in [0, 50_001] {
        let error = found(RunSearch::new().max_results(size)).unwrap_err();
        let expected = format!("max_results {size} is outside 1..=50000; take the runs in pages");
        assert_eq!(error.to_string(), expected);
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_store_is_searched_without_an_index() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = three_runs(folder.path());
    let mode = |mode| fs::set_permissions(store.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let page = store.search_runs(&everything()).unwrap();
    mode(0o755);
    assert_eq!((page.runs.len(), page.warnings.len()), (3, 0));
}
