//! What the system refuses, because the disk is full or nothing may be written, is an error that says where; what was there
//! stays as it was, and everything can still be read.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::again::only;
use ressenti::Error;
use ressenti::tracker::{Batch, DatasetInput, RunState, RunStatus, Store, Tracker};

/// Names the store of a child; without it the children's tests do nothing.
const STORE: &str = "RESSENTI_REFUSED_STORE";
const EXPERIMENT: &str = "sentiment-analysis-twitter";
/// Nobody, on every system that tests run on as the superuser.
const NOBODY: u32 = 65_534;

fn store_of_child() -> Option<PathBuf> {
    env::var_os(STORE).map(PathBuf::from)
}

fn temporary_files(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains(".tmp")).count()
}

/// Each file of this process ends at eight kilobytes, as if the disk were full.
#[test]
#[ignore = "a child of the next test"]
fn child_without_room() {
    let Some(location) = store_of_child() else { return };
    let store = Store::open(&location).unwrap();
    let run = store.start_run(EXPERIMENT, "full").unwrap();
    let folder = location.join(run.experiment_id()).join(run.id());
    run.log_artifact("report.txt", b"fits").unwrap();

    let mut written = 0;
    let error = loop {
        match run.log_metric_at("loss", 0.123_456_789, written, 1_700_000_000_000) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    let start = format!("cannot append to {}: ", folder.join("metrics/loss").display());
    assert!(matches!(error, Error::Io { action: "append to", .. }), "{error}");
    assert!(error.to_string().starts_with(&start), "{error}");
    // Another thread's line that is shorter may still fit; a longer one does not.
    assert!(run.log_metric_at("loss", 0.123_456_789, written, 1_700_000_000_000).is_err());

    let large = vec![b'x'; 100_000];
    let source = location.join("../large");
    for error in [
        run.log_artifact("report.txt", &large).unwrap_err(),
        run.log_artifact("new.txt", &large).unwrap_err(),
        run.log_file("new.txt", &source).unwrap_err(),
        run.set_tag("large", &"x".repeat(100_000)).unwrap_err(),
        run.log_batch(&(0..1_000).fold(Batch::new(), |b, i| b.metric("new", 0.5, i))).unwrap_err(),
    ] {
        assert!(error.to_string().starts_with("cannot write "), "{error}");
    }
    run.log_param("C", 1.0.into()).unwrap();
    run.finish(RunStatus::Finished).unwrap();
    assert_eq!(temporary_files(&folder), 0);

    let record = store.run(run.id()).unwrap();
    let history = record.metric_history("loss").unwrap();
    assert!(history.iter().map(|point| point.step).eq(0..written), "whole lines only");
    assert_eq!((record.metrics.len(), record.params["C"].as_str()), (1, "1.0"));
    assert_eq!(record.artifact_paths().unwrap(), ["report.txt"]);
    assert_eq!(record.read_artifact("report.txt").unwrap(), b"fits");
    assert!(!record.tags.contains_key("large"));
}

#[test]
fn a_full_disk_costs_the_record_that_does_not_fit_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("mlruns");
    fs::write(folder.path().join("large"), vec![b'x'; 100_000]).unwrap();
    // Without the trap the system would end the process instead of refusing the write.
    let script = "trap '' XFSZ; ulimit -f 16 && exec \"$0\" \"$@\"";
    let status = Command::new("sh")
        .args(["-c", script])
        .arg(env::current_exe().unwrap())
        .args(only(child_without_room))
        .env(STORE, &location)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let runs = Store::open(&location).unwrap().runs(EXPERIMENT).unwrap();
    assert!(runs.warnings.is_empty(), "{:?}", runs.warnings);
    assert_eq!(runs.records[0].status, RunState::Finished);
}

#[test]
#[ignore = "a child of the next test"]
fn child_that_may_only_read() {
    let Some(location) = store_of_child() else { return };
    let store = Store::open(&location).unwrap();
    let record = store.runs(EXPERIMENT).unwrap().records.remove(0);
    assert_eq!(record.metrics["loss"], 0.5);
    assert_eq!(store.run(&record.id).unwrap(), record);
    assert_eq!(record.read_artifact("report.txt").unwrap(), b"fine");
    let at = |error: Error, action: &str| {
        let text = error.to_string();
        let start = format!("cannot {action} {}", location.display());
        assert!(text.starts_with(&start) && text.contains("Permission denied"), "{text}");
    };
    at(store.start_run(EXPERIMENT, "one").unwrap_err(), "append to");
    at(store.start_run("another", "one").unwrap_err(), "open");
    at(store.resume_run(&record.id).unwrap_err(), "append to");
}

/// A run whose folder was made read-only while it was written.
#[test]
#[ignore = "a child of the next test"]
fn child_whose_run_is_closed_to_it() {
    let Some(location) = store_of_child() else { return };
    let location = location.join("own");
    let store = Store::open(&location).unwrap();
    let run = store.start_run(EXPERIMENT, "closed").unwrap();
    run.log_metric("loss", 0.5, 0).unwrap();
    let folder = location.join(run.experiment_id()).join(run.id());
    let mode = |mode| {
        for path in [folder.join("metrics"), folder.join("params"), folder.clone()] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(folder.join("metrics/loss"), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    for error in [
        run.log_metric("loss", 0.25, 1).unwrap_err(),
        run.log_metric("f1_score", 0.25, 1).unwrap_err(),
        run.log_param("C", 1.0.into()).unwrap_err(),
        run.set_tag("note", "x").unwrap_err(),
        run.log_artifact("a", b"x").unwrap_err(),
        run.log_input(&DatasetInput::new("airline", "1")).unwrap_err(),
        run.finish(RunStatus::Finished).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            text.contains(&*location.to_string_lossy()) && text.contains("Permission denied"),
            "{text}"
        );
    }
    mode(0o755);
    run.finish(RunStatus::Finished).unwrap();
    let record = store.run(run.id()).unwrap();
    assert_eq!(
        (record.metrics.len(), record.params.len(), record.status),
        (1, 0, RunState::Finished)
    );
}

#[test]
fn a_store_that_may_only_be_read_is_read_and_refuses_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let location = folder.path().join("mlruns");
    let store = Store::open(&location).unwrap();
    let run = store.start_run(EXPERIMENT, "one").unwrap();
    run.log_metric("loss", 0.5, 0).unwrap();
    run.log_artifact("report.txt", b"fine").unwrap();
    run.finish(RunStatus::Finished).unwrap();
    let own = location.join("own");
    fs::create_dir(&own).unwrap();

    // Nothing is closed to the superuser, so that children of another user try.
    let is_root =
        fs::metadata("/proc/self").map_or(fs::metadata(&own).unwrap().uid(), |me| me.uid()) == 0;
    fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
    let close =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let experiment = location.join(run.experiment_id());
    let lock = location.join(".ressenti.lock");
    for (path, mode) in [
        (&lock, 0o444),
        (&experiment, 0o555),
        (&location.join(".trash"), 0o555),
        (&location, 0o555),
    ] {
        close(path, mode);
    }
    for test in [only(child_that_may_only_read), only(child_whose_run_is_closed_to_it)] {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(test).env(STORE, &location).stderr(Stdio::inherit());
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        match command.output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(output.status.success() && said.contains("1 passed"), "{said}");
            }
            Err(error) => eprintln!("skipped: another user cannot run this program: {error}"),
        }
    }
    for path in [&location, &experiment, &location.join(".trash")] {
        close(path, 0o755);
    }
}
