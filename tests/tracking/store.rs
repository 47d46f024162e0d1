//! The promises of the tracking store: MLflow's layout, nothing torn, nothing outside, nothing lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;

use crate::common::{has_commit, is_in_git};
use ressenti::tracker::{Run, RunState, RunStatus, Store, Tracker};
use ressenti::{Error, Result, TrackingError};

const EXPERIMENT: &str = "sentiment-analysis-twitter";

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("mlruns")).unwrap();
    (folder, store)
}

fn folder_of(store: &Store, run: &Run) -> PathBuf {
    store.path().join(run.experiment_id()).join(run.id())
}

fn text_of(result: Result<()>) -> String {
    result.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
}

/// All entries under a folder, files and folders, with `/` between the parts.
fn entries(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(entries(&entry.path()).iter().map(|below| format!("{name}/{below}")));
        }
        names.insert(name);
    }
    names
}

#[test]
fn the_layout_is_that_of_mlflow() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "baseline \"1\"").unwrap();
    run.log_param("model_type", "logistic regression".into()).unwrap();
    run.log_param("grid/C", 1.0.into()).unwrap();
    run.log_metric("val/loss", 0.5, 0).unwrap();
    run.log_metric("val/loss", 1e-17, 1).unwrap();
    run.log_metric("val/loss", f64::NAN, -1).unwrap();
    run.set_tag("stage", "one").unwrap();
    run.set_tag("stage", "two\n").unwrap();
    run.log_artifact("eval/report.txt", b"bad").unwrap();
    run.log_artifact("eval/report.txt", b"fine").unwrap();
    run.finish(RunStatus::Finished).unwrap();

    let (experiment, id) = (run.experiment_id(), run.id());
    assert!(
        experiment.len() == 18 && experiment.bytes().all(|b| b.is_ascii_digit()),
        "{experiment}"
    );
    assert!(!experiment.starts_with('0'), "{experiment}");
    assert!(
        id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
        "{id}"
    );
    let top = [".ressenti.journal", ".ressenti.lock", ".trash", experiment].map(str::to_owned);
    let names =
        fs::read_dir(store.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.collect::<BTreeSet<_>>(), top.into());
    assert!(store.path().join(".ressenti.lock").is_file());
    assert_eq!(entries(&store.path().join(".trash")).len(), 0);

    let folder = folder_of(&store, &run);
    let expected = [
        "artifacts",
        "artifacts/eval",
        "artifacts/eval/report.txt",
        "meta.yaml",
        "metrics",
        "metrics/val",
        "metrics/val/loss",
        "params",
        "params/grid",
        "params/grid/C",
        "params/model_type",
        "tags",
        "tags/mlflow.runName",
        "tags/mlflow.source.name",
        "tags/mlflow.source.type",
        "tags/mlflow.user",
        "tags/stage",
    ];
    let mut found = entries(&folder);
    assert_eq!(found.remove("tags/mlflow.source.git.commit"), is_in_git());
    assert_eq!(found, expected.map(str::to_owned).into());
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read("params/model_type"), "logistic regression");
    assert_eq!(read("params/grid/C"), "1.0");
    assert_eq!(read("tags/stage"), "two\n");
    assert_eq!(read("tags/mlflow.source.type"), "LOCAL");
    assert_eq!(read("tags/mlflow.runName"), "baseline \"1\"");
    assert_eq!(read("artifacts/eval/report.txt"), "fine");
    let lines: Vec<Vec<String>> = read("metrics/val/loss")
        .lines()
        .map(|l| l.split(' ').map(str::to_owned).collect())
        .collect();
    assert!(read("metrics/val/loss").ends_with('\n'));
    assert!(lines.iter().all(|line| line[0].parse::<i64>().unwrap() > 1_700_000_000_000));
    assert_eq!(
        lines.iter().map(|line| line[1..].join(" ")).collect::<Vec<_>>(),
        ["0.5 0", "1e-17 1", "nan -1"]
    );

    let record = &store.runs(EXPERIMENT).unwrap().records[0];
    let (start, end, user) =
        (record.start_time_ms, record.end_time_ms.unwrap(), read("tags/mlflow.user"));
    assert_eq!(
        read("meta.yaml"),
        format!(
            "artifact_uri: \"{}/{experiment}/{id}/artifacts\"\nend_time: {end}\nentry_point_name: \"\"\n\
             experiment_id: \"{experiment}\"\nlifecycle_stage: \"active\"\nrun_id: \"{id}\"\n\
             run_name: \"baseline \\\"1\\\"\"\nrun_uuid: \"{id}\"\nsource_name: \"\"\nsource_type: 4\n\
             source_version: \"\"\nstart_time: {start}\nstatus: 3\ntags: []\nuser_id: \"{user}\"\n",
            store.uri()
        )
    );
    let experiments = store.experiments().unwrap();
    assert_eq!(experiments.warnings.len(), 0);
    let created = experiments.records[0].creation_time_ms.unwrap();
    assert_eq!(
        fs::read_to_string(store.path().join(experiment).join("meta.yaml")).unwrap(),
        format!(
            "artifact_location: \"{}/{experiment}\"\ncreation_time: {created}\nexperiment_id: \"{experiment}\"\n\
             last_update_time: {created}\nlifecycle_stage: \"active\"\nname: \"{EXPERIMENT}\"\n",
            store.uri()
        )
    );
}

#[test]
fn what_was_written_reads_back() {
    let (_folder, store) = store();
    let long = "two hundred characters with spaces ".repeat(6);
    let values = ["yes", "1e3", "it's \"quoted\" \\", "😀 ☕", "a\nb\n", "", &long];
    let run = store.start_run("odd \"names\" 😀\n1e3", &long).unwrap();
    for (i, value) in values.into_iter().enumerate() {
        run.log_param(&format!("value {i}"), value.into()).unwrap();
        run.set_tag(&format!("value/{i}"), value).unwrap();
    }
    run.log_metric("loss", f64::INFINITY, 1).unwrap();
    run.log_metric("loss", 0.25, 3).unwrap();
    run.log_metric("loss", 0.5, 2).unwrap();
    run.log_artifact("a/b.bin", &[0, 255]).unwrap();
    run.log_artifact("c", b"").unwrap();

    let runs = store.runs("odd \"names\" 😀\n1e3").unwrap();
    assert!(runs.warnings.is_empty(), "{:?}", runs.warnings);
    let record = &runs.records[0];
    assert_eq!(
        (record.id.as_str(), record.experiment_id.as_str()),
        (run.id(), run.experiment_id())
    );
    assert_eq!(
        (record.name.as_str(), record.status, record.end_time_ms),
        (&*long, RunState::Running, None)
    );
    for (i, value) in values.into_iter().enumerate() {
        assert_eq!(record.params[&format!("value {i}")], value);
        assert_eq!(record.tags[&format!("value/{i}")], value);
    }
    assert_eq!(record.metrics.get("loss"), Some(&0.25));
    let history = record.metric_history("loss").unwrap();
    let points: Vec<_> = history.iter().map(|point| (point.step, point.value)).collect();
    assert_eq!(points, [(1, f64::INFINITY), (3, 0.25), (2, 0.5)]);
    assert_eq!(record.metric_history("no such").unwrap(), []);
    assert_eq!(record.artifact_paths().unwrap(), ["a/b.bin", "c"]);
    assert_eq!(record.read_artifact("a/b.bin").unwrap(), [0, 255]);
    let error = record.read_artifact("a/none").unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("none: "), "{error}");
}

#[test]
fn a_run_ends_once_and_a_dropped_one_has_failed() {
    let (_folder, store) = store();
    let killed = store.start_run(EXPERIMENT, "killed").unwrap();
    killed.finish(RunStatus::Killed).unwrap();
    killed.finish(RunStatus::Killed).unwrap();
    assert_eq!(
        text_of(killed.finish(RunStatus::Finished)),
        format!(
            "tracking: run {} has ended KILLED and cannot end FINISHED too; call finish once",
            killed.id()
        )
    );
    killed.log_metric("late", 1.0, 0).unwrap();
    let dropped = store.start_run(EXPERIMENT, "dropped").unwrap();
    let child = Tracker::child(&dropped, "child").unwrap();
    let running = store.start_run(EXPERIMENT, "running").unwrap();
    drop((child, dropped, killed));

    let runs = store.runs(EXPERIMENT).unwrap();
    let state = |name: &str| runs.records.iter().find(|run| run.name == name).map(|run| run.status);
    assert_eq!(state("killed"), Some(RunState::Killed));
    assert_eq!(state("dropped"), Some(RunState::Failed));
    assert_eq!(state("child"), Some(RunState::Failed));
    assert_eq!(state("running"), Some(RunState::Running));
    assert!(runs.records.iter().all(|run| run.end_time_ms.is_none() == (run.name == "running")));
    drop(running);
}

#[test]
fn dropping_a_run_whose_folder_is_gone_is_quiet() {
    let (folder, store) = store();
    let run = store.start_run(EXPERIMENT, "").unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    let error = run.log_param("C", 1.0.into()).unwrap_err();
    assert!(matches!(error, Error::Io { action: "create", .. }), "{error}");
    drop(run);
}

#[test]
fn a_child_is_tied_to_its_parent() {
    let (_folder, store) = store();
    let parent = store.start_run(EXPERIMENT, "search").unwrap();
    let child = parent.child("trial 1").unwrap();
    let grandchild = child.child("").unwrap();
    assert_eq!(child.experiment_id(), parent.experiment_id());
    let runs = store.runs(EXPERIMENT).unwrap();
    let run = |id: &str| runs.records.iter().find(|run| run.id == id).unwrap();
    assert_eq!(run(child.id()).tags["mlflow.parentRunId"], parent.id());
    assert_eq!(run(grandchild.id()).tags["mlflow.parentRunId"], child.id());
    assert_eq!(run(grandchild.id()).name, format!("run-{}", &grandchild.id()[..8]));
    assert!(!run(parent.id()).tags.contains_key("mlflow.parentRunId"));
}

#[test]
fn a_param_keeps_its_value() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "baseline").unwrap();
    run.log_param("C", 1.0.into()).unwrap();
    run.log_param("C", "1.0".into()).unwrap();
    let error = run.log_param("C", 2.0.into()).unwrap_err();
    assert!(
        matches!(&error, Error::Tracking { problem: TrackingError::ParamChanged { key, .. } } if key == "C")
    );
    assert_eq!(
        error.to_string(),
        format!(
            "tracking: Changing param values is not allowed. Param with key='C' was already logged with value='1.0' for run \
             ID='{}'. Attempted logging new value '2.0'.",
            run.id()
        )
    );
    let long = "é".repeat(6_001);
    run.log_param("long", long.as_str().into()).unwrap();
    run.log_param("long", long.as_str().into()).unwrap();
    let record = &store.runs(EXPERIMENT).unwrap().records[0];
    assert_eq!(record.params["C"], "1.0");
    assert_eq!(record.params["long"], "é".repeat(6_000));
}

#[test]
fn renaming_a_run_changes_its_name_and_its_tag() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "before").unwrap();
    run.set_tag("mlflow.runName", "after").unwrap();
    run.finish(RunStatus::Finished).unwrap();
    let record = &store.runs(EXPERIMENT).unwrap().records[0];
    assert_eq!((record.name.as_str(), record.tags["mlflow.runName"].as_str()), ("after", "after"));
}

#[test]
fn a_run_deleted_with_mlflow_stays_deleted() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "unwanted").unwrap();
    let path = folder_of(&store, &run).join("meta.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let deleted = text.replace(
        "lifecycle_stage: \"active\"",
        "deleted_time: 1700000000000\nlifecycle_stage: deleted",
    );
    fs::write(&path, deleted).unwrap();
    run.finish(RunStatus::Finished).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("lifecycle_stage: \"deleted\"\n"), "{text}");
    assert!(
        text.contains("deleted_time: 1700000000000\n") && text.contains("status: 3\n"),
        "{text}"
    );
    assert_eq!(store.runs(EXPERIMENT).unwrap().records.len(), 0);
}

#[test]
fn keys_are_taken_up_to_their_limits_and_refused_over_them() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "limits").unwrap();
    let parts = format!("{}/{}", "x".repeat(124), "é".repeat(125));
    for key in ["k".repeat(250), parts, "a/b/c/d e:f".to_owned(), "naïve_数".to_owned()] {
        run.log_param(&key, 1.into()).unwrap();
        run.log_metric(&key, 1.0, 0).unwrap();
        run.set_tag(&key, "1").unwrap();
    }
    let record = store.runs(EXPERIMENT).unwrap().records.remove(0);
    let own = record.tags.keys().filter(|key| key.starts_with("mlflow.")).count();
    assert_eq!((record.params.len(), record.metrics.len(), record.tags.len() - own), (4, 4, 4));

    let before = entries(store.path());
    for key in [
        "k".repeat(251),
        "é".repeat(128),
        "../x".to_owned(),
        "a/../../x".to_owned(),
        "/x".to_owned(),
        "x\0".to_owned(),
    ] {
        for result in
            [run.log_param(&key, 1.into()), run.log_metric(&key, 1.0, 0), run.set_tag(&key, "1")]
        {
            let error = result.unwrap_err();
            assert!(
                matches!(error, Error::Tracking { problem: TrackingError::InvalidName { .. } }),
                "{error}"
            );
        }
    }
    assert_eq!(entries(store.path()), before);
}

#[test]
fn a_key_is_a_file_or_a_folder() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "clash").unwrap();
    run.log_metric("val/loss", 0.5, 0).unwrap();
    let rule = "names are paths, and a file cannot hold others";
    assert_eq!(
        text_of(run.log_metric("val", 0.5, 0)),
        format!("tracking: metric key \"val\" clashes with \"val/…\"; {rule}")
    );
    assert_eq!(
        text_of(run.log_metric("val/loss/mean", 0.5, 0)),
        format!("tracking: metric key \"val/loss/mean\" clashes with \"val/loss\"; {rule}")
    );
    run.log_artifact("a", b"").unwrap();
    assert_eq!(
        text_of(run.log_artifact("a/b", b"")),
        format!("tracking: artifact path \"a/b\" clashes with \"a\"; {rule}")
    );
}

#[test]
fn artifacts_never_leave_their_folder() {
    let (folder, store) = store();
    let run = store.start_run(EXPERIMENT, "escape").unwrap();
    let before = entries(folder.path());
    for path in [
        "../x",
        "a/../../x",
        "/etc/x",
        "..\\x",
        "C:\\x",
        "C:x",
        "",
        ".",
        "a//b",
        "\\\\server\\share",
    ] {
        let error = run.log_artifact(path, b"x").unwrap_err();
        assert!(
            matches!(error, Error::Tracking { problem: TrackingError::InvalidName { .. } }),
            "{error}"
        );
    }
    assert_eq!(entries(folder.path()), before);
    assert_eq!(
        text_of(run.log_artifact("a/../../x", b"x")),
        "tracking: artifact path \"a/../../x\" has a part that is empty, \".\" or \"..\"; a name is a path in its shortest form"
    );
    let record = &store.runs(EXPERIMENT).unwrap().records[0];
    for path in ["../meta.yaml", "/etc/passwd", "a\\b", "C:x"] {
        assert!(record.read_artifact(path).is_err(), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let (folder, store) = store();
    let run = store.start_run(EXPERIMENT, "links").unwrap();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), b"secret").unwrap();
    let at = folder_of(&store, &run);
    for room in ["artifacts", "params", "metrics", "tags"] {
        symlink(&outside, at.join(room).join("out")).unwrap();
        symlink(outside.join("secret"), at.join(room).join("file")).unwrap();
    }
    for (name, link) in [("out/x", "out"), ("out/secret", "out"), ("file", "file")] {
        let expected = |what: &str, room: &str| {
            let link = at.join(room).join(link);
            format!(
                "tracking: {what} {name:?} leads through the link {}; links are not followed here, put a folder or a file \
                 in its place",
                link.display()
            )
        };
        assert_eq!(text_of(run.log_artifact(name, b"x")), expected("artifact path", "artifacts"));
        assert_eq!(text_of(run.log_param(name, 1.into())), expected("param key", "params"));
        assert_eq!(text_of(run.log_metric(name, 1.0, 0)), expected("metric key", "metrics"));
        assert_eq!(text_of(run.set_tag(name, "x")), expected("tag key", "tags"));
    }
    let record = &store.runs(EXPERIMENT).unwrap().records[0];
    assert_eq!(record.artifact_paths().unwrap(), Vec::<String>::new());
    for name in ["out/secret", "file"] {
        let error = record.read_artifact(name).unwrap_err().to_string();
        assert!(error.contains(" leads through the link "), "{error}");
    }
    assert_eq!(entries(&outside), ["secret".to_owned()].into());
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
}

#[test]
fn appends_of_many_threads_are_whole_lines() {
    const THREADS: i64 = 4;
    const APPENDS: i64 = 500;
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "threads").unwrap();
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (run, start) = (&run, &start);
            scope.spawn(move || {
                start.wait();
                for i in 0..APPENDS {
                    run.log_metric("loss", 0.123_456_789, thread * APPENDS + i).unwrap();
                }
            });
        }
    });
    let runs = store.runs(EXPERIMENT).unwrap();
    assert!(runs.warnings.is_empty(), "{:?}", runs.warnings);
    let history = runs.records[0].metric_history("loss").unwrap();
    let steps: BTreeSet<i64> = history.iter().map(|point| point.step).collect();
    assert_eq!(history.len(), (THREADS * APPENDS) as usize);
    assert_eq!(steps, (0..THREADS * APPENDS).collect());
    assert_eq!(
        entries(&folder_of(&store, &run)).iter().filter(|name| name.contains(".tmp")).count(),
        0
    );
}

#[test]
fn one_of_many_values_of_a_param_wins() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "race").unwrap();
    let won = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|i| {
                let run = &run;
                scope.spawn(move || run.log_param("C", i.into()).is_ok())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|&won| won).count()
    });
    assert_eq!(won, 1);
}

#[test]
fn two_stores_that_need_one_experiment_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let start = Barrier::new(8);
    let ids: BTreeSet<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|i| {
                let (start, path) = (&start, folder.path().join("mlruns"));
                scope.spawn(move || {
                    start.wait();
                    let store = Store::open(path).unwrap();
                    store.start_run(EXPERIMENT, &i.to_string()).unwrap().experiment_id().to_owned()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
    let store = Store::open(folder.path().join("mlruns")).unwrap();
    assert_eq!(store.experiments().unwrap().records.len(), 1);
    assert_eq!(store.runs(EXPERIMENT).unwrap().records.len(), 8);
}

#[test]
fn paths_and_uris_open_the_same_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b é/ml#runs");
    let store = Store::open(&path).unwrap();
    drop(store.start_run(EXPERIMENT, "one").unwrap());
    assert!(store.uri().ends_with("/a%20b%20%C3%A9/ml%23runs"), "{}", store.uri());
    let up = path.join("../ml#runs");
    for location in [store.uri(), path.to_str().unwrap(), up.to_str().unwrap()] {
        let runs = Store::open(location).unwrap().runs(EXPERIMENT).unwrap();
        assert_eq!(runs.records.len(), 1, "{location}");
    }
    let error = Store::open("sqlite:///mlflow.db").unwrap_err();
    assert!(matches!(error, Error::Tracking { problem: TrackingError::Location { .. } }));
    assert_eq!(
        error.to_string(),
        "tracking: \"sqlite:///mlflow.db\" has the scheme \"sqlite\", which is no folder; give a path, or a URI such as \
         file:///srv/mlruns"
    );
}

#[test]
fn a_store_that_cannot_be_written_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = Store::open(file.join("mlruns")).unwrap_err();
    assert!(matches!(error, Error::Io { action: "create", .. }));
    let expected = format!("cannot create {}: ", file.join("mlruns/.trash").display());
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[cfg(unix)]
#[test]
fn a_read_only_store_is_read_and_refuses_runs() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, store) = store();
    drop(store.start_run(EXPERIMENT, "one").unwrap());
    let mode = |mode| fs::set_permissions(store.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    if fs::write(store.path().join("probe"), b"").is_ok() {
        mode(0o755);
        return; // The superuser writes everywhere.
    }
    let again = Store::open(store.path()).unwrap();
    assert_eq!(again.runs(EXPERIMENT).unwrap().records.len(), 1);
    let error = again.start_run("another", "one").unwrap_err().to_string();
    mode(0o755);
    let place = format!("cannot create {}", store.path().display());
    assert!(error.starts_with(&place) && error.contains(": Permission denied"), "{error}");
    assert_eq!(entries(&store.path().join(".trash")).len(), 0);
}

#[test]
fn stray_entries_are_tolerated() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "one").unwrap();
    let experiment = store.path().join(run.experiment_id());
    for path in [".ipynb_checkpoints", "plain", "models/scorer", ".trash/tmp-left", ".trash/.dot"] {
        fs::create_dir_all(store.path().join(path)).unwrap();
    }
    for path in ["datasets/abc", "models", "tags", "0123", ".dot"] {
        fs::create_dir_all(experiment.join(path)).unwrap();
    }
    fs::write(store.path().join("note.txt"), b"x").unwrap();
    fs::write(experiment.join("note.txt"), b"x").unwrap();
    fs::write(folder_of(&store, &run).join("note.txt"), b"x").unwrap();
    let experiments = store.experiments().unwrap();
    // The one that MLflow dies of.
    let warnings: Vec<String> = experiments.warnings.iter().map(ToString::to_string).collect();
    assert!(warnings.len() == 1 && warnings[0].contains(".ipynb_checkpoints"), "{warnings:?}");
    assert_eq!(experiments.records.len(), 1);
    let runs = store.runs(EXPERIMENT).unwrap();
    assert!(runs.warnings.is_empty(), "{:?}", runs.warnings);
    assert_eq!(runs.records.len(), 1);
}

#[test]
fn one_torn_run_hides_no_other() {
    let (_folder, store) = store();
    let runs: Vec<Run> =
        (0..7).map(|i| store.start_run(EXPERIMENT, &i.to_string()).unwrap()).collect();
    let write = |i: usize, name: &str, bytes: &[u8]| {
        let path = folder_of(&store, &runs[i]).join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let paths = [
        write(0, "meta.yaml", b""),
        write(1, "meta.yaml", b"run_id: \"torn"),
        write(
            2,
            "meta.yaml",
            b"run_id: other\nexperiment_id: a\nuser_id: b\nstart_time: 1\nend_time: null\n",
        ),
        write(3, "metrics/f1_score", b"1 0.5 0\n2 0."),
        write(4, "params/C", &[0xff]),
        write(5, "tags/left~", b"x"),
    ];
    runs[3].log_metric("accuracy", 0.9, 0).unwrap();
    let listing = store.runs(EXPERIMENT).unwrap();
    let names: BTreeSet<&str> = listing.records.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names, ["3", "4", "5", "6"].into());
    let with_metric = listing.records.iter().find(|run| run.name == "3").unwrap();
    // To MLflow a torn last line of two fields is a value at step 0; here it is what is left of one.
    assert_eq!(with_metric.metrics.get("f1_score"), Some(&0.5));
    assert_eq!(with_metric.metrics.get("accuracy"), Some(&0.9));
    let warnings: Vec<String> = listing.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 6, "{warnings:?}");
    let about = |i: usize| {
        let path = paths[i].display().to_string();
        warnings
            .iter()
            .find(|warning| warning.contains(&path))
            .unwrap_or_else(|| panic!("{warnings:?}"))
    };
    assert!(about(0).contains(" is malformed: "), "{}", about(0));
    assert!(about(1).contains(" is malformed: "), "{}", about(1));
    assert!(
        about(2).ends_with(&format!("run_id is \"other\", but its folder is {:?}", runs[2].id()))
    );
    assert!(about(4).contains(" is malformed: it is not UTF-8: "), "{}", about(4));
    assert!(warnings.iter().any(|w| w.contains("tag key \"left~\" contains '~'")), "{warnings:?}");
}

#[test]
fn names_of_experiments_have_rules() {
    let (_folder, store) = store();
    for name in [&*"é".repeat(500), "a/b", "yes", " "] {
        drop(store.start_run(name, "one").unwrap());
    }
    assert_eq!(store.experiments().unwrap().records.len(), 4);
    for name in ["", "it's", &"é".repeat(501)] {
        let error = store.start_run(name, "one").unwrap_err();
        let expected =
            format!("tracking: experiment name {:?}", name.chars().take(5).collect::<String>());
        assert!(error.to_string().starts_with(expected.trim_end_matches('"')), "{error}");
    }
    let error = store.runs("none of them").unwrap_err().to_string();
    assert!(
        error.starts_with(
            "tracking: there is no experiment \"none of them\"; the store has \" \", \"a/b\", "
        ),
        "{error}"
    );
}

#[test]
fn a_fresh_repository_has_no_commit_to_look_for_in_runs() {
    let folder = tempfile::tempdir().unwrap();
    let git = folder.path().join(".git");
    fs::create_dir_all(git.join("refs/heads")).unwrap();
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    assert!(!has_commit(folder.path()));
    fs::write(git.join("refs/heads/main"), "0".repeat(40)).unwrap();
    assert!(has_commit(folder.path()));
}

#[test]
fn the_name_of_a_deleted_experiment_is_taken() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "one").unwrap();
    let id = run.experiment_id().to_owned();
    drop(run);
    let deleted = store.path().join(".trash").join(&id);
    fs::rename(store.path().join(&id), &deleted).unwrap();
    let expected = format!(
        "tracking: experiment {EXPERIMENT:?} was deleted and keeps its name ({}); restore it with MLflow or use another name",
        deleted.display()
    );
    assert_eq!(store.start_run(EXPERIMENT, "two").unwrap_err().to_string(), expected);
    assert_eq!(store.runs(EXPERIMENT).unwrap_err().to_string(), expected);
    assert_eq!(store.experiments().unwrap().records, []);
}

#[test]
fn an_unreadable_experiment_is_a_warning_and_none_is_made_that_it_could_be() {
    let (_folder, store) = store();
    drop(store.start_run("good", "one").unwrap());
    let torn = store.path().join("123456789012345678");
    let meta = torn.join("meta.yaml");
    fs::create_dir(&torn).unwrap();
    let refused = |name: &str| {
        let listing = store.experiments().unwrap();
        assert_eq!((listing.records.len(), listing.warnings.len()), (1, 1));
        // What is readable is gone on with.
        drop(store.start_run("good", "two").unwrap());
        text_of(store.start_run(name, "one").map(drop))
    };
    let unnamed = ["", "experiment_id: \"1234567", "lifecycle_stage: active\nname: \"to"];
    let named = ["name: \"torn\"", "lifecycle_stage: [\nname: 'torn'\n", "name: torn\ntags: {"];
    for text in unnamed.into_iter().chain(named) {
        fs::write(&meta, text).unwrap();
        let error = refused("torn");
        let start = format!("tracking: {} is malformed: ", meta.display());
        let end = "; it could be the experiment \"torn\", so mend it or remove it first";
        assert!(error.starts_with(&start) && error.ends_with(end), "{error}");
        if unnamed.contains(&text) {
            assert!(refused("new").starts_with(&start), "{text:?}");
            continue;
        }
        // Whoever does not ask for that one is not kept from working.
        let id = store.start_run("new", "one").unwrap().experiment_id().to_owned();
        fs::remove_dir_all(store.path().join(id)).unwrap();
    }

    // Nor is it known what a file holds that cannot be read at all.
    fs::write(&meta, "name: other\n".repeat(100_000)).unwrap();
    let expected = format!("cannot read {}: ", meta.display());
    assert!(refused("torn").starts_with(&expected));
    #[cfg(unix)]
    {
        fs::remove_file(&meta).unwrap();
        // It leads to itself: the system's error, as that of a file that is not to be read.
        std::os::unix::fs::symlink("meta.yaml", &meta).unwrap();
        assert!(text_of(store.start_run("torn", "one").map(drop)).starts_with(&expected));
    }
    fs::remove_file(&meta).unwrap();
    drop(store.start_run("torn", "one").unwrap());
}

#[test]
fn a_moved_store_keeps_its_artifacts() {
    let (folder, store) = store();
    let run = store.start_run(EXPERIMENT, "one").unwrap();
    run.log_artifact("eval/report.txt", b"fine").unwrap();
    drop(run);
    let moved = folder.path().join("moved");
    fs::rename(store.path(), &moved).unwrap();
    let record = &Store::open(&moved).unwrap().runs(EXPERIMENT).unwrap().records[0];
    assert_eq!(record.artifact_paths().unwrap(), ["eval/report.txt"]);
    assert_eq!(record.read_artifact("eval/report.txt").unwrap(), b"fine");
}

#[test]
fn a_store_is_read_as_mlflow_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = folder.path().join("elsewhere");
    fs::create_dir(&artifacts).unwrap();
    fs::write(artifacts.join("top.txt"), b"top").unwrap();
    let run = folder.path().join("7/1e3");
    fs::create_dir_all(run.join("metrics")).unwrap();
    fs::create_dir_all(run.join("params/grid")).unwrap();
    fs::write(
        folder.path().join("7/meta.yaml"),
        "artifact_location: file:///srv/mlruns/7\ncreation_time: 1795391965170\neffective_trace_archival_retention: null\n\
         experiment_id: 7\nlast_update_time: 1795391965195\nlifecycle_stage: active\n\
         name: 'it''s \"folded\" at eighty columns, as PyYAML folds whatever is\n  longer than that'\n\
         tags: {}\ntrace_location: null\nworkspace: default\n",
    )
    .unwrap();
    fs::write(
        run.join("meta.yaml"),
        format!(
            "artifact_uri: {}\nend_time: 1700000001000\nentry_point_name: ''\nexperiment_id: '7'\nlifecycle_stage: active\n\
             run_id: 1e3\nrun_name: \"\\U0001F600\"\nsource_name: ''\nsource_type: 4\nsource_version: ''\n\
             start_time: 1700000000000\nstatus: 4\ntags: []\nuser_id: root\n",
            artifacts.display()
        ),
    )
    .unwrap();
    fs::write(run.join("metrics/loss"), "1 0.5 0\r\n2 NaN 1").unwrap();
    fs::write(run.join("params/grid/depth"), "3").unwrap();

    let store = Store::open(folder.path()).unwrap();
    let experiment = &store.experiments().unwrap().records[0];
    assert_eq!(
        (experiment.id.as_str(), experiment.creation_time_ms),
        ("7", Some(1_795_391_965_170))
    );
    assert_eq!(
        experiment.name,
        "it's \"folded\" at eighty columns, as PyYAML folds whatever is longer than that"
    );
    let runs = store.runs(&experiment.name).unwrap();
    assert!(runs.warnings.is_empty(), "{:?}", runs.warnings);
    let record = &runs.records[0];
    assert_eq!(
        (record.id.as_str(), record.name.as_str(), record.user.as_str()),
        ("1e3", "😀", "root")
    );
    assert_eq!(
        (record.status, record.start_time_ms, record.end_time_ms),
        (RunState::Failed, 1_700_000_000_000, Some(1_700_000_001_000))
    );
    assert!(record.metrics["loss"].is_nan());
    assert_eq!(record.params["grid/depth"], "3");
    assert_eq!(record.artifact_paths().unwrap(), ["top.txt"]);
    // It can be written to, though MLflow would not look its name up.
    drop(store.start_run(&experiment.name, "another").unwrap());
    assert_eq!(store.runs(&experiment.name).unwrap().records.len(), 2);
}
