//! The promises of a run that is being written: taken up again, in batches, with its files, its data and what it takes to
//! repeat it; and that no key costs another one.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::thread;

use crate::common::is_in_git;
use proptest::prelude::*;
use ressenti::tracker::{
    Batch, DatasetInput, Durability, Run, RunState, RunStatus, Store, Tracker,
};
use ressenti::{Error, FitOptions, Pipeline, Result, TrackingError};

const EXPERIMENT: &str = "sentiment-analysis-twitter";

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("mlruns")).unwrap();
    (folder, store)
}

fn folder_of(store: &Store, run: &Run) -> PathBuf {
    store.path().join(run.experiment_id()).join(run.id())
}

fn text_of<T>(result: Result<T>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "fine".to_owned())
}

#[test]
fn a_run_is_taken_up_again() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "baseline").unwrap();
    run.log_param("C", 1.0.into()).unwrap();
    run.log_metric("loss", 0.5, 0).unwrap();
    run.set_description("One *word*.").unwrap();
    let id = run.id().to_owned();
    drop(run);
    assert_eq!(store.run(&id).unwrap().status, RunState::Failed);

    let (first, second) = (store.resume_run(&id).unwrap(), store.resume_run(&id).unwrap());
    let record = store.run(&id).unwrap();
    assert_eq!((record.status, record.end_time_ms), (RunState::Running, None));
    assert_eq!((first.id(), first.experiment_id()), (&*id, &*record.experiment_id));
    first.log_param("C", 1.0.into()).unwrap();
    assert!(
        text_of(first.log_param("C", 2.0.into())).contains("was already logged with value='1.0'")
    );
    first.log_metric("loss", 0.25, 1).unwrap();
    second.log_metric("loss", 0.125, 2).unwrap();
    second.set_tag("mlflow.runName", "renamed").unwrap();
    drop(second.child("inside").unwrap());
    first.finish(RunStatus::Finished).unwrap();
    second.finish(RunStatus::Finished).unwrap();

    let record = store.run(&id).unwrap();
    assert_eq!((record.status, record.name.as_str()), (RunState::Finished, "renamed"));
    assert_eq!(record.tags["mlflow.note.content"], "One *word*.");
    let values: Vec<f64> = record.metric_history("loss").unwrap().iter().map(|p| p.value).collect();
    assert_eq!(values, [0.5, 0.25, 0.125]);
    let parents = store.runs(EXPERIMENT).unwrap().into_iter();
    assert_eq!(parents.filter(|run| run.tags.get("mlflow.parentRunId") == Some(&id)).count(), 1);
}

#[test]
fn a_run_that_is_not_there_or_deleted_is_not_taken_up() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "unwanted").unwrap();
    let path = folder_of(&store, &run).join("meta.yaml");
    for id in
        ["", "..", ".", "no such run", "datasets", "../../x", "00000000000000000000000000000000"]
    {
        for error in [store.resume_run(id).unwrap_err(), store.run(id).unwrap_err()] {
            assert!(
                matches!(&error, Error::Tracking { problem: TrackingError::NoSuchRun { .. } }),
                "{error}"
            );
        }
    }
    assert_eq!(
        text_of(store.run("x")),
        format!(
            "tracking: there is no run \"x\" in {}; an id has 32 hexadecimal digits, and Store::runs lists those of an \
             experiment",
            store.path().display()
        )
    );
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"active\"", "\"deleted\"")).unwrap();
    let expected = format!("tracking: run {} was deleted; restore it with MLflow", run.id());
    assert_eq!(text_of(store.resume_run(run.id())), expected);
    assert_eq!(text_of(store.run(run.id())), expected);
}

#[test]
fn a_batch_is_logged_as_its_parts_would_be() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "batch").unwrap();
    run.log_batch(&Batch::new()).unwrap();
    let keys: Vec<String> = (0..150).map(|i| format!("key {i}")).collect();
    let mut batch = Batch::new().tag("stage", "one").param("C", 1.0).param("C", "1.0");
    for key in &keys {
        batch = batch.param(key, 1).tag(key, "x").metric(key, 0.5, 0);
    }
    for step in 0..2_000 {
        batch = batch.metric_at("loss", f64::from(step), step.into(), 1_700_000_000_000);
    }
    assert_eq!(batch.len(), 2_453);
    run.log_batch(&batch).unwrap();
    run.log_batch(&batch.tag("stage", "two")).unwrap();
    run.log_metric_at("loss", 0.5, 2_000, 0).unwrap();
    let record = store.run(run.id()).unwrap();
    assert_eq!((record.params.len(), record.metrics.len()), (151, 151));
    assert_eq!((record.params["C"].as_str(), record.tags["stage"].as_str()), ("1.0", "two"));
    let history = record.metric_history("loss").unwrap();
    let steps: Vec<i64> = history.iter().map(|point| point.step).collect();
    assert_eq!(steps, (0..2_000).chain(0..2_000).chain([2_000]).collect::<Vec<i64>>());
    assert_eq!((history[0].timestamp_ms, history[4_000].timestamp_ms), (1_700_000_000_000, 0));
}

#[test]
fn a_batch_with_one_bad_record_leaves_no_record() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "batch").unwrap();
    run.log_param("C", 1.0.into()).unwrap();
    run.log_metric("val/loss", 0.5, 0).unwrap();
    let before = store.run(run.id()).unwrap();
    let good = || Batch::new().param("new", 1).metric("new", 0.5, 0).tag("new", "x");
    for (bad, problem) in [
        (good().param("../x", 1), "starts with \"..\""),
        (good().metric("a//b", 0.5, 0), "has a part that is empty"),
        (good().metric("val", 0.5, 0), "clashes with \"val/…\""),
        (good().metric("Val/f1", 0.5, 0), "differs from \"val\" by case only"),
        (good().tag("x\n", "1"), "contains '\\n'"),
        (good().param("C", 2.0), "was already logged with value='1.0'"),
        (good().param("new", 2), "was already logged with value='1'"),
        (good().metric_at("new", 0.5, 1, -1), "-1 is before 1970"),
    ] {
        let text = text_of(run.log_batch(&bad));
        assert!(text.contains(problem), "{text}");
        assert_eq!(store.run(run.id()).unwrap(), before);
    }
    assert_eq!(
        text_of(run.log_metric_at("loss", 0.5, 0, -1)),
        "invalid timestamp: -1 is before 1970; give milliseconds since then, from 0"
    );
}

#[test]
fn keys_that_differ_by_case_alone_are_refused() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "case").unwrap();
    run.log_param("C", 1.0.into()).unwrap();
    run.log_metric("Val/loss", 0.5, 0).unwrap();
    run.log_artifact("README.txt", b"one").unwrap();
    let same = "file systems that do not tell case apart would take them for one";
    let expected = |what: &str, name: &str, other: &str| {
        format!("tracking: {what} {name:?} differs from {other:?} by case only; {same}")
    };
    assert_eq!(text_of(run.log_param("c", 1.0.into())), expected("param key", "c", "C"));
    assert_eq!(text_of(run.log_metric("val/f1", 1.0, 0)), expected("metric key", "val/f1", "Val"));
    assert_eq!(
        text_of(run.log_artifact("readme.TXT", b"")),
        expected("artifact path", "readme.TXT", "README.txt")
    );
    assert_eq!(
        text_of(run.set_tag("MLflow.user", "x")),
        expected("tag key", "MLflow.user", "mlflow.user")
    );
    // Another handle knows as well.
    let again = store.resume_run(run.id()).unwrap();
    assert_eq!(text_of(again.log_param("c", 1.0.into())), expected("param key", "c", "C"));
    again.log_metric("Val/f1", 1.0, 0).unwrap();
    again.finish(RunStatus::Finished).unwrap();
}

#[test]
fn a_line_left_open_is_closed_before_the_next() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "torn").unwrap();
    run.log_metric_at("loss", 0.5, 0, 1).unwrap();
    let path = folder_of(&store, &run).join("metrics/loss");
    for torn in ["1 0.5 0\n2 0.25", "1 0.5 0\n2 0.25 1"] {
        fs::write(&path, torn).unwrap();
        let again = store.resume_run(run.id()).unwrap();
        again.log_metric_at("loss", 0.125, 2, 3).unwrap();
        again.log_metric_at("loss", 0.0, 3, 4).unwrap();
        again.finish(RunStatus::Finished).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{torn}\n3 0.125 2\n4 0.0 3\n"));
    }
}

#[test]
fn a_line_that_was_cut_where_a_page_ends_never_becomes_a_value() {
    const PAGE: usize = 4096;
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "cut").unwrap();
    run.log_metric_at("loss", 0.5, 0, 1).unwrap();
    let path = folder_of(&store, &run).join("metrics/loss");
    // All lines have 25 bytes, so that of the last one ever less is left; of 21 bytes a value with another step.
    for first in 0..25 {
        let lines: Vec<String> =
            (0..400).map(|step| format!("1700000000000 0.125 {step:04}\n")).collect();
        let whole = format!("1 {:0width$} 0\n{}", 7, lines.concat(), width = first + 20);
        let cut = &whole[..PAGE];
        let steps = i64::try_from(cut.matches('\n').count()).unwrap();
        fs::write(&path, cut).unwrap();
        let again = store.resume_run(run.id()).unwrap();
        again.log_metric_at("loss", 0.25, 500, 2).unwrap();
        again.log_metric_at("loss", 0.75, 501, 3).unwrap();
        again.finish(RunStatus::Finished).unwrap();
        let listing = store.runs(EXPERIMENT).unwrap();
        assert!(listing.warnings.is_empty(), "{first}: {:?}", listing.warnings);
        let history = listing.records[0].metric_history("loss").unwrap();
        let found: Vec<i64> = history.iter().map(|point| point.step).collect();
        let expected: Vec<i64> =
            (-1..steps - 1).map(|step| step.max(0)).chain([500, 501]).collect();
        assert_eq!(found, expected, "{first}");
        assert_eq!(history[history.len() - 2].value, 0.25);
    }
}

#[cfg(unix)]
#[test]
fn what_a_handle_has_open_is_not_written_once_it_is_gone_or_elsewhere() {
    let (folder, store) = store();
    let run = store.start_run(EXPERIMENT, "open").unwrap();
    let keys: Vec<String> = (0..20).map(|i| format!("loss {i}")).collect();
    for step in 0..3 {
        for key in &keys {
            run.log_metric(key, 0.5, step).unwrap();
        }
    }
    let record = store.run(run.id()).unwrap();
    assert!(keys.iter().all(|key| record.metric_history(key).unwrap().len() == 3));

    // Removed, or replaced by an editor: the next value starts a new file, or goes to the one that is there.
    let metrics = folder_of(&store, &run).join("metrics");
    fs::remove_file(metrics.join("loss 18")).unwrap();
    fs::copy(metrics.join("loss 19"), metrics.join("copy")).unwrap();
    fs::rename(metrics.join("copy"), metrics.join("loss 19")).unwrap();
    run.log_metric("loss 18", 0.25, 3).unwrap();
    run.log_metric("loss 19", 0.25, 3).unwrap();
    let record = store.run(run.id()).unwrap();
    assert_eq!(record.metric_history("loss 18").unwrap().len(), 1);
    assert_eq!(record.metric_history("loss 19").unwrap().len(), 4);

    // The whole run, moved away and then removed: nothing is acknowledged that nobody would find.
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(folder_of(&store, &run), &elsewhere).unwrap();
    let text = text_of(run.log_metric("loss 19", 0.125, 4));
    assert!(text.starts_with("cannot "), "{text}");
    fs::rename(&elsewhere, folder_of(&store, &run)).unwrap();
    run.log_metric("loss 19", 0.125, 4).unwrap();
    assert_eq!(store.run(run.id()).unwrap().metric_history("loss 19").unwrap().len(), 5);
    fs::remove_dir_all(folder_of(&store, &run)).unwrap();
    for key in ["loss 19", "loss 0", "new"] {
        let text = text_of(run.log_metric(key, 0.125, 5));
        assert!(text.starts_with("cannot "), "{text}");
    }
    assert!(!folder_of(&store, &run).exists());
}

#[test]
fn files_and_folders_become_artifacts() {
    let (folder, store) = store();
    let source = folder.path().join("source");
    fs::create_dir_all(source.join("a/b")).unwrap();
    fs::create_dir(source.join("empty")).unwrap();
    fs::write(source.join("top.txt"), b"top").unwrap();
    fs::write(source.join("a/b/deep.bin"), vec![7; 100_000]).unwrap();
    let run = store.start_run(EXPERIMENT, "files").unwrap();
    run.log_folder("", &source).unwrap();
    run.log_folder("copy/two", &source).unwrap();
    run.log_file("one/renamed.txt", source.join("top.txt")).unwrap();
    run.log_file("one/renamed.txt", source.join("a/b/deep.bin")).unwrap();
    let record = store.run(run.id()).unwrap();
    assert_eq!(
        record.artifact_paths().unwrap(),
        ["a/b/deep.bin", "copy/two/a/b/deep.bin", "copy/two/top.txt", "one/renamed.txt", "top.txt"]
    );
    assert_eq!(record.read_artifact("one/renamed.txt").unwrap(), vec![7; 100_000]);
    assert_eq!(record.read_artifact("copy/two/top.txt").unwrap(), b"top");
    for path in ["..", "../x", "/x", "a/../../x", "C:x"] {
        let error = run.log_folder(path, &source).unwrap_err();
        assert!(
            matches!(error, Error::Tracking { problem: TrackingError::InvalidName { .. } }),
            "{error}"
        );
        assert!(run.log_file(path, source.join("top.txt")).is_err());
    }
    let text = text_of(run.log_file("x", source.join("none")));
    assert!(
        text.starts_with(&format!("cannot read {}: ", source.join("none").display())),
        "{text}"
    );
    assert_eq!(
        text_of(run.log_file("x", &source)),
        format!("cannot log {}: it is no regular file; give the path of one", source.display())
    );
    assert_eq!(store.run(run.id()).unwrap(), record);
}

#[cfg(unix)]
#[test]
fn a_link_in_a_folder_is_refused_before_anything_is_copied() {
    use std::os::unix::fs::symlink;
    let (folder, store) = store();
    let source = folder.path().join("source");
    fs::create_dir_all(source.join("z")).unwrap();
    fs::write(source.join("a.txt"), b"a").unwrap();
    symlink("/etc/passwd", source.join("z/secret")).unwrap();
    let run = store.start_run(EXPERIMENT, "links").unwrap();
    assert_eq!(
        text_of(run.log_folder("x", &source)),
        format!(
            "cannot log {}: it is neither file nor folder, and links are not followed; log it by itself",
            source.join("z/secret").display()
        )
    );
    assert_eq!(store.run(run.id()).unwrap().artifact_paths().unwrap().len(), 0);
    // What the caller names is followed: that is what was meant.
    symlink(source.join("a.txt"), folder.path().join("named")).unwrap();
    run.log_file("a.txt", folder.path().join("named")).unwrap();
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_out_of_the_store() {
    use std::os::unix::fs::symlink;
    let (folder, store) = store();
    let run = store.start_run(EXPERIMENT, "real").unwrap();
    run.log_metric("loss", 0.5, 0).unwrap();
    let (id, experiment) = (run.id().to_owned(), store.path().join(run.experiment_id()));
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();

    // A metric's file, after this handle has written it.
    let (metric, elsewhere) = (experiment.join(&id).join("metrics/loss"), outside.join("loss"));
    fs::rename(&metric, &elsewhere).unwrap();
    symlink(&elsewhere, &metric).unwrap();
    let text = text_of(run.log_metric("loss", 0.25, 1));
    assert!(text.contains(" leads through the link "), "{text}");
    assert!(fs::read_to_string(&elsewhere).unwrap().lines().count() == 1);
    fs::remove_file(&metric).unwrap();
    symlink(&outside, experiment.join("datasets")).unwrap();
    let text = text_of(run.log_input(&DatasetInput::new("airline", "1")));
    assert!(text.contains(" leads through the link "), "{text}");
    run.finish(RunStatus::Finished).unwrap();

    // The run's folder, and the experiment's.
    fs::rename(experiment.join(&id), outside.join(&id)).unwrap();
    symlink(outside.join(&id), experiment.join(&id)).unwrap();
    let before = fs::read(outside.join(&id).join("meta.yaml")).unwrap();
    let text = text_of(store.resume_run(&id));
    assert!(text.contains(" leads through the link "), "{text}");
    assert_eq!(fs::read(outside.join(&id).join("meta.yaml")).unwrap(), before);
    fs::remove_file(experiment.join("datasets")).unwrap();
    fs::remove_file(experiment.join(&id)).unwrap();
    fs::rename(&experiment, outside.join("experiment")).unwrap();
    symlink(outside.join("experiment"), &experiment).unwrap();
    let text = text_of(store.start_run(EXPERIMENT, "another"));
    assert!(text.contains(" leads through the link "), "{text}");
    assert_eq!(fs::read_dir(outside.join("experiment")).unwrap().count(), 1);
}

#[test]
fn readers_see_whole_artifacts_only() {
    let (folder, store) = store();
    let run = store.start_run(EXPERIMENT, "swap").unwrap();
    let [first, second] = [1u8, 2].map(|byte| vec![byte; 300_000]);
    let file = folder.path().join("second");
    fs::write(&file, &second).unwrap();
    run.log_artifact("model.bin", &first).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..50 {
                run.log_artifact("model.bin", &first).unwrap();
                run.log_file("model.bin", &file).unwrap();
            }
        });
        while !writer.is_finished() {
            let record = store.run(run.id()).unwrap();
            let bytes = record.read_artifact("model.bin").unwrap();
            assert!(bytes == first || bytes == second, "{} bytes", bytes.len());
            assert_eq!(record.artifact_paths().unwrap(), ["model.bin"]);
        }
    });
}

#[test]
fn data_sets_are_kept_as_mlflow_keeps_them() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "data").unwrap();
    let input = DatasetInput::new("airline \"1\"", "0f3c6b8a").source("/data/it's.tsv");
    run.log_input(&input.clone().context("testing")).unwrap();
    run.log_input(&input.clone().profile(r#"{"num_rows": 400}"#).context("training")).unwrap();
    let other = store.start_run(EXPERIMENT, "other").unwrap();
    other.log_input(&input).unwrap();

    let experiment = store.path().join(run.experiment_id());
    let names = |path: PathBuf| -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let datasets = names(experiment.join("datasets"));
    assert_eq!(datasets.len(), 1);
    let dataset = &datasets[0];
    assert_eq!(
        fs::read_to_string(experiment.join("datasets").join(dataset).join("meta.yaml")).unwrap(),
        "digest: \"0f3c6b8a\"\nname: \"airline \\\"1\\\"\"\nprofile: null\nschema: null\n\
         source: \"{\\\"uri\\\": \\\"/data/it's.tsv\\\"}\"\nsource_type: \"local\"\n"
    );
    let inputs = names(experiment.join(run.id()).join("inputs"));
    assert_eq!(inputs.len(), 1);
    let input = experiment.join(run.id()).join("inputs").join(&inputs[0]).join("meta.yaml");
    assert_eq!(
        fs::read_to_string(input).unwrap(),
        format!(
            "destination_id: \"{dataset}\"\ndestination_type: \"RUN\"\nsource_id: \"{dataset}\"\n\
             source_type: \"DATASET\"\ntags:\n  mlflow.data.context: \"training\"\n"
        )
    );
    let error = run.log_input(&DatasetInput::new("airline", "d".repeat(64))).unwrap_err();
    assert!(matches!(error, Error::InvalidValues { what: "dataset digest", .. }), "{error}");
    assert!(store.runs(EXPERIMENT).unwrap().warnings.is_empty());
}

#[test]
fn a_run_says_how_to_repeat_it() {
    let (_folder, store) = store();
    let empty = store.start_run(EXPERIMENT, "empty").unwrap();
    let hint = store.run(empty.id()).unwrap().reproduce_hint();
    for missing in [
        "Crate: no version was recorded.",
        "Data: no digest was recorded.",
        "Settings: none were logged.",
    ] {
        assert!(hint.contains(missing), "{hint}");
    }

    let (texts, labels) = (["good crew", "bad crew"], ["1", "0"]);
    let run = store.start_run(EXPERIMENT, "two\nlines").unwrap();
    let options = FitOptions::new().tracker(&run).weights(&[1.0, 2.0]);
    let pipeline = Pipeline::builder().fit_with(&texts, &labels, &options).unwrap();
    pipeline.log_to(&run).unwrap();
    let training = pipeline.card().training.unwrap();
    run.log_input(&training.input("two texts")).unwrap();
    let record = store.run(run.id()).unwrap();
    let hint = record.reproduce_hint();
    assert!(
        hint.starts_with(&format!("How to repeat run {} (two lines):\n- Code: ", run.id())),
        "{hint}"
    );
    let features = [
        ("metrics", cfg!(feature = "metrics")),
        ("parallel", cfg!(feature = "parallel")),
        ("starter", cfg!(feature = "starter")),
        ("store", true),
        ("tracing", cfg!(feature = "tracing")),
    ];
    let features: Vec<&str> =
        features.into_iter().filter_map(|(name, is_on)| is_on.then_some(name)).collect();
    let features = features.join(", ");
    for known in [
        &format!("- Crate: ressenti {}; features: {features}; ", env!("CARGO_PKG_VERSION")),
        std::env::consts::ARCH,
        &format!(
            "- Data: 2 texts with their labels in their order, of digest {} ",
            training.digest
        ),
        "- Training was also given what is not recorded here: sample weights.\n",
        "- Seed: none was logged; ",
        &format!(
            "- Then the model file has the SHA-256 {}.\n",
            record.tags["ressenti.model.sha256"]
        ),
        "\n    C = 1.0\n",
    ] {
        assert!(hint.contains(known), "{known}: {hint}");
    }
    let commit = record.tags.get("mlflow.source.git.commit");
    assert_eq!(commit.is_some(), is_in_git());
    let code = commit.map_or("no commit was recorded.".to_owned(), |commit| {
        format!("commit {commit}, and whatever was changed and not committed.")
    });
    assert!(hint.contains(&format!("- Code: {code}\n")), "{hint}");
    run.log_param("seed", 7.into()).unwrap();
    let hint = store.run(run.id()).unwrap().reproduce_hint();
    assert!(hint.contains("\n- Seed: 7.\n"), "{hint}");
}

#[test]
fn a_run_that_a_panic_ends_has_failed() {
    let (_folder, store) = store();
    let run = store.start_run(EXPERIMENT, "panics").unwrap();
    let id = run.id().to_owned();
    let training = std::panic::AssertUnwindSafe(|| {
        run.log_metric("loss", 0.5, 0).unwrap();
        let _run = run;
        std::panic::resume_unwind(Box::new("a panic that says nothing"));
    });
    assert!(std::panic::catch_unwind(training).is_err());
    let record = store.run(&id).unwrap();
    assert_eq!((record.status, record.metrics["loss"]), (RunState::Failed, 0.5));
    assert!(record.end_time_ms.is_some());
}

#[test]
fn what_waits_for_the_disk_is_the_same_on_it() {
    let (_folder, store) = store();
    let source = tempfile::tempdir().unwrap();
    fs::write(source.path().join("a.txt"), b"a").unwrap();
    for durability in
        [Durability::Process, Durability::Finish, Durability::Batch, Durability::Record]
    {
        let store = store.clone().with_durability(durability);
        let run = store.start_run(EXPERIMENT, "durable").unwrap();
        run.log_param("C", 1.0.into()).unwrap();
        run.log_metric("val/loss", 0.5, 0).unwrap();
        run.log_metric("val/loss", 0.25, 1).unwrap();
        run.log_batch(&Batch::new().param("a", 1).metric("val/loss", 0.125, 2).tag("b", "x"))
            .unwrap();
        run.log_artifact("a/b", b"x").unwrap();
        run.log_folder("c", source.path()).unwrap();
        run.log_input(&DatasetInput::new("airline", "1")).unwrap();
        run.set_tag("mlflow.runName", "renamed").unwrap();
        run.finish(RunStatus::Finished).unwrap();
        let record = store.run(run.id()).unwrap();
        assert_eq!((record.params.len(), record.metrics["val/loss"]), (2, 0.125));
        assert_eq!(record.artifact_paths().unwrap(), ["a/b", "c/a.txt"]);
        assert_eq!((record.name.as_str(), record.status), ("renamed", RunState::Finished));
    }
    assert!(store.runs(EXPERIMENT).unwrap().warnings.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is taken reads back equal under its own name, and whatever is not taken leaves nothing.
    #[test]
    fn any_key_is_kept_or_refused(
        keys in proptest::collection::btree_set("[a-bA-B._ /:\\-é0٣#\n'\"]{1,6}|\\PC{0,12}", 1..12),
        values in proptest::collection::vec(".*", 12),
    ) {
        let (_folder, store) = store();
        let run = store.start_run(EXPERIMENT, "keys").unwrap();
        let mut taken = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
        for (key, value) in keys.iter().zip(&values) {
            let answers = [
                run.log_param(key, value.as_str().into()),
                run.log_metric(key, 0.5, 0),
                run.set_tag(key, value),
            ];
            for (answer, taken) in answers.iter().zip(&mut taken) {
                if answer.is_ok() {
                    taken.insert(key.clone());
                }
            }
            if answers[0].is_ok() {
                prop_assert_eq!(&store.run(run.id()).unwrap().params[key], value);
                prop_assert_eq!(&store.run(run.id()).unwrap().tags[key], value);
            }
        }
        let listing = store.runs(EXPERIMENT).unwrap();
        prop_assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
        let record = &listing.records[0];
        prop_assert_eq!(&record.params.keys().cloned().collect::<BTreeSet<_>>(), &taken[0]);
        prop_assert_eq!(&record.metrics.keys().cloned().collect::<BTreeSet<_>>(), &taken[1]);
        prop_assert!(taken[2].iter().all(|key| record.tags.contains_key(key)));
    }
}
