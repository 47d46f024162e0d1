//! Several processes that change one registry, processes that are killed while they do, and disks that have no room.
//!
//! The test that kills 500 times is ignored, because it takes minutes: `.ci/slow` runs it.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::common::again::only;
use crate::listing::list_by_mlflow;
use ressenti::registry::{Action, NewVersion, RegisteredModel, Registry, Stage, Transition};
use ressenti::{Pipeline, Result};

/// Names the folder that a child works in; without it the children's tests do nothing.
const FOLDER: &str = "RESSENTI_WRITER_FOLDER";
const NAME: &str = "m";
const THREADS: usize = 8;
const EACH: usize = 5;

fn folder_of_child() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

/// This program again, to run one test in a folder.
fn child(test: [&str; 3], folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(test).env(FOLDER, folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn pipeline() -> Pipeline {
    Pipeline::builder().fit(&["good crew", "bad crew"], &["1", "0"]).unwrap()
}

fn only_production() -> Transition {
    Transition::to(Stage::Production).archive_existing(true)
}

/// Notes what was answered with `Ok`, in one write.
fn acknowledge(folder: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(folder.join("told")).unwrap();
    file.write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// The numbers that were acknowledged behind a word.
fn told(folder: &Path, word: &str) -> Vec<u32> {
    let text = fs::read_to_string(folder.join("told")).unwrap_or_default();
    let number = |line: &str| line.strip_prefix(word).map(|rest| rest.trim().parse().unwrap());
    text.lines().filter_map(number).collect()
}

fn in_production(model: &RegisteredModel) -> Vec<u32> {
    let live = model.versions.iter().filter(|version| version.stage == Stage::Production);
    live.map(|version| version.version).collect()
}

#[test]
#[ignore = "a child of another test"]
fn child_that_registers_from_eight_threads() {
    let Some(folder) = folder_of_child() else { return };
    let pipeline = pipeline();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let registry = Registry::open(folder.join("mlruns")).unwrap();
                for _ in 0..EACH {
                    let new = NewVersion::from_pipeline(&pipeline);
                    let version = registry.create_version(NAME, new).unwrap().version;
                    acknowledge(&folder, &format!("version {version}"));
                    registry.transition(NAME, version, only_production()).unwrap();
                    acknowledge(&folder, &format!("moved {version}"));
                }
            });
        }
    });
}

#[test]
fn two_processes_of_eight_threads_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let start =
        || child(only(child_that_registers_from_eight_threads), folder.path()).spawn().unwrap();
    let mut children = [start(), start()];
    let registry = Registry::open(folder.path().join("mlruns")).unwrap();
    let is_running = |child: &mut Child| child.try_wait().unwrap().is_none();
    let mut seen = BTreeSet::new();
    while children.iter_mut().any(is_running) {
        let Ok(model) = registry.model(NAME) else { continue };
        let live = in_production(&model);
        assert!(live.len() <= 1 && live.len() >= usize::from(!seen.is_empty()), "{live:?}");
        assert_eq!(model.aliases.get("production"), live.first());
        seen.extend(live);
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let all = 2 * THREADS * EACH;
    let numbers: Vec<u32> = (1..=all as u32).collect();
    for word in ["version", "moved"] {
        let mut told = told(folder.path(), word);
        told.sort_unstable();
        assert_eq!(told, numbers, "{word}: no number was given twice, none left out");
    }
    let listing = registry.models().unwrap();
    assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
    let model = &listing.records[0];
    assert_eq!(model.versions.iter().map(|v| v.version).collect::<Vec<_>>(), numbers);
    let live = in_production(model);
    let history = registry.history(NAME).unwrap();
    assert!(history.warnings.is_empty());
    let count = |action| history.records.iter().filter(|entry| entry.action == action).count();
    assert_eq!((count(Action::Transition), count(Action::Replaced)), (all, all - 1));
    let moved: Vec<_> = history.records.iter().filter(|e| e.action == Action::Transition).collect();
    assert_eq!(live, [moved.last().unwrap().version]);
}

#[test]
#[ignore = "a child of another test"]
fn child_that_promotes_for_ever() {
    let Some(folder) = folder_of_child() else { return };
    let registry = Registry::open(folder.join("mlruns")).unwrap();
    let pipeline = pipeline();
    let promote = || -> Result<()> {
        let version = registry.create_version(NAME, NewVersion::from_pipeline(&pipeline))?.version;
        acknowledge(&folder, &format!("version {version}"));
        registry.transition(NAME, version, only_production())?;
        acknowledge(&folder, &format!("moved {version}"));
        registry.set_version_tag(NAME, version, "note", "fine")?;
        if version % 3 == 0 {
            // Deleting moves no stage here, but makes the store work for its numbers.
            registry.delete_version(NAME, version - 2, "old")?;
        }
        // The same model, over and over, would have more and more versions to read.
        registry.create_version("brief", NewVersion::from_pipeline(&pipeline))?;
        registry.delete_model("brief")
    };
    loop {
        promote().unwrap();
    }
}

/// Kills a writer so many times, and looks at what is left each time.
fn kill(kills: u64) {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("mlruns");
    let (mut interrupted, mut round_of_model) = (0, 0);
    for round in 0..kills {
        if round_of_model == 25 {
            // A fresh one, since each transition reads all versions.
            Registry::open(&location).unwrap().delete_model(NAME).unwrap();
            fs::remove_file(folder.path().join("told")).unwrap();
            round_of_model = 0;
        }
        round_of_model += 1;
        let before = told(folder.path(), "moved").len();
        let registry = Registry::open(&location).unwrap();
        let mut child = child(only(child_that_promotes_for_ever), folder.path()).spawn().unwrap();
        while told(folder.path(), "moved").len() == before {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            thread::sleep(Duration::from_millis(1));
        }
        // Spread over some changes; 7919 is prime, so the moments differ.
        thread::sleep(Duration::from_micros(round * 7_919 % 12_000));
        child.kill().unwrap();
        child.wait().unwrap();

        // First as it was left, then as it is completed by who opens it.
        let intent = fs::read_to_string(location.join(".ressenti.intent")).unwrap_or_default();
        let is_interrupted = intent.contains("pending");
        interrupted += u32::from(is_interrupted);
        if round % 100 == 99 || is_interrupted {
            list_by_mlflow("registry.py", &location);
        }
        let left = registry.models().unwrap();
        let opened = Registry::open(&location).unwrap();
        let completed = opened.models().unwrap();
        assert_eq!(left.records, completed.records);
        for listing in [&left, &completed] {
            assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
        }
        let intent = fs::read_to_string(location.join(".ressenti.intent")).unwrap();
        assert!(!intent.contains("pending"));

        let model = opened.model(NAME).unwrap();
        let (created, moved) = (told(folder.path(), "version"), told(folder.path(), "moved"));
        let history = opened.history(NAME).unwrap();
        assert!(history.warnings.is_empty(), "{:?}", history.warnings);
        let of = |action| {
            let entries = history.records.iter().filter(move |entry| entry.action == action);
            entries.map(|entry| entry.version).collect::<Vec<u32>>()
        };
        let deleted = of(Action::Delete);
        for version in &created {
            let is_there = model.version(*version).is_some() || deleted.contains(version);
            assert!(is_there, "version {version} was acknowledged");
        }
        let transitions = of(Action::Transition);
        assert!(moved.iter().all(|version| transitions.contains(version)), "{moved:?}");
        let live = in_production(&model);
        assert_eq!(live.len(), 1, "{live:?}");
        assert_eq!(live.last(), transitions.last());
        assert!(live[0] >= *moved.last().unwrap());
        assert_eq!(model.aliases.get("production"), live.first());
        let numbers: BTreeSet<u32> =
            model.versions.iter().map(|v| v.version).chain(deleted).collect();
        assert_eq!(numbers, (1..=numbers.len() as u32).collect(), "no gaps");
        opened.load("models:/m/Production").unwrap();
    }
    let left: Vec<_> = fs::read_dir(location.join(".trash")).unwrap().collect();
    assert!(left.len() <= 1, "what was left is cleared away: {left:?}");
    println!("{kills} kills: {interrupted} changes interrupted, all whole");
}

#[test]
fn a_registry_whose_writers_were_killed_has_all_they_wrote() {
    if folder_of_child().is_none() {
        kill(10);
    }
}

#[test]
#[ignore = "takes long; run by .ci/slow"]
fn a_registry_whose_writers_were_killed_500_times_has_all_they_wrote() {
    if folder_of_child().is_none() {
        kill(500);
    }
}

/// The files of a store but the notes of the test, with their content.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}

/// Tries what needs more room than there is, and notes what is said.
fn try_without_room(folder: &Path) {
    let registry = Registry::open(folder.join("mlruns")).unwrap();
    let long = "why ".repeat(200_000);
    let texts: Vec<String> = (0..40_000).map(|i| format!("word{}", i * 7_919)).collect();
    let labels: Vec<bool> = (0..texts.len()).map(|i| i % 2 == 0).collect();
    let large = Pipeline::builder().fit(&texts, &labels).unwrap();
    let results = [
        registry.create_version(NAME, NewVersion::from_pipeline(&large)).map(drop),
        registry.create_version("new", NewVersion::from_pipeline(&large)).map(drop),
        registry.transition(NAME, 2, only_production().because(&long)).map(drop),
        registry.set_model_description(NAME, &long),
        registry.set_version_description(NAME, 1, &long),
        registry.delete_version(NAME, 2, &long),
        registry.rollback(NAME, &long).map(drop),
    ];
    let texts: Vec<String> = results.map(|result| result.unwrap_err().to_string()).into();
    fs::write(env::temp_dir().join(env::var("RESSENTI_WRITER_TOLD").unwrap()), texts.join("\n"))
        .unwrap();
}

#[test]
#[ignore = "a child of another test"]
fn child_without_room() {
    if let Some(folder) = folder_of_child() {
        try_without_room(&folder);
    }
}

#[cfg(unix)]
fn is_unharmed(folder: &Path, command: &mut Command, causes: &[&str]) {
    let registry = Registry::open(folder.join("mlruns")).unwrap();
    for _ in 0..2 {
        registry.create_version(NAME, NewVersion::from_pipeline(&pipeline())).unwrap();
    }
    registry.transition(NAME, 2, only_production()).unwrap();
    registry.transition(NAME, 1, only_production()).unwrap();
    let before = content(folder);
    let said = tempfile::NamedTempFile::new().unwrap();
    let status = command
        .env(FOLDER, folder)
        .env("RESSENTI_WRITER_TOLD", said.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let said = fs::read_to_string(said.path()).unwrap();
    assert_eq!(said.lines().count(), 7, "{said}");
    for line in said.lines().filter(|line| !line.contains("cannot be rolled back")) {
        assert!(
            line.starts_with("cannot write ") && causes.iter().any(|c| line.contains(c)),
            "{line}"
        );
    }
    // The model of the version that was refused is there, without a version, and nothing else is.
    registry.delete_model("new").unwrap();
    let without_intent = |files: Vec<(PathBuf, Vec<u8>)>| {
        files
            .into_iter()
            .filter(|(path, _)| !path.ends_with(".ressenti.intent"))
            .collect::<Vec<_>>()
    };
    assert_eq!(without_intent(content(folder)), without_intent(before));
    registry.transition(NAME, 2, only_production()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    let program = env::current_exe().unwrap();
    // A signal that is ignored stays so; the write is then answered with an error.
    command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    command.arg(program).args(only(child_without_room));
    is_unharmed(folder.path(), &mut command, &["File too large"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=200k", "tmpfs"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("skipped: a small disk takes the right to mount one");
        return;
    }
    let result = std::panic::catch_unwind(|| {
        let mut command = child(only(child_without_room), folder.path());
        is_unharmed(folder.path(), &mut command, &["No space left on device"]);
    });
    Command::new("umount").arg(folder.path()).status().unwrap();
    result.unwrap();
}
