//! Many writers at once: two processes of eight threads each, on one run and on one store. Nothing is lost, nothing torn.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use crate::common::again::only;
use ressenti::tracker::{Batch, DatasetInput, RunState, RunStatus, Store, Tracker};

/// Names the store, the run and the number of a child; without it the child's test does nothing.
const CROWD: &str = "RESSENTI_CROWD";
const PROCESSES: u32 = 2;
const THREADS: u32 = 8;
const APPENDS: u32 = 200;
const RUNS: u32 = 10;

#[test]
#[ignore = "a child of the next test"]
fn child_of_eight_threads() {
    let Some(crowd) = env::var_os(CROWD) else { return };
    let crowd = crowd.into_string().unwrap();
    let [number, id, location] = crowd.splitn(3, ',').collect::<Vec<_>>()[..] else { panic!() };
    let process: u32 = number.parse().unwrap();
    let run = Store::open(location).unwrap().resume_run(id).unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (run, me) = (&run, process * THREADS + thread);
            scope.spawn(move || {
                let store = Store::open(location).unwrap();
                for i in 0..APPENDS {
                    run.log_metric("shared/loss", 0.123_456_789, (me * APPENDS + i).into())
                        .unwrap();
                    run.log_metric(&format!("own/{me}"), 0.5, i.into()).unwrap();
                    if i % 10 == 0 {
                        let batch = (0..10).fold(Batch::new(), |batch, k| {
                            batch.metric("shared/batch", 0.5, (me * APPENDS + i + k).into())
                        });
                        run.log_batch(&batch).unwrap();
                        run.set_tag("last", &"x".repeat(2_000)).unwrap();
                        run.set_tag("mlflow.runName", "crowd").unwrap();
                        run.log_param(&format!("param {me} {i}"), me.into()).unwrap();
                        run.log_param("same", "as all".into()).unwrap();
                        run.log_artifact("shared.bin", &me.to_le_bytes().repeat(5_000)).unwrap();
                        run.log_artifact(&format!("of/{me}/{i}.bin"), b"x").unwrap();
                        run.log_input(&DatasetInput::new("airline", (i % 3).to_string())).unwrap();
                    }
                }
                for i in 0..RUNS {
                    let mine = store.start_run(&format!("experiment {}", i % 3), "mine").unwrap();
                    mine.log_param("writer", me.into()).unwrap();
                    mine.log_metric("loss", 0.5, i.into()).unwrap();
                    mine.child("inside").unwrap().finish(RunStatus::Finished).unwrap();
                    mine.finish(RunStatus::Finished).unwrap();
                }
            });
        }
    });
    run.finish(RunStatus::Finished).unwrap();
}

#[test]
fn two_processes_of_eight_threads_lose_and_tear_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("mlruns");
    let store = Store::open(&location).unwrap();
    let run = store.start_run("crowd", "crowd").unwrap();
    let children: Vec<_> = (0..PROCESSES)
        .map(|number| {
            Command::new(env::current_exe().unwrap())
                .args(only(child_of_eight_threads))
                .env(CROWD, format!("{number},{},{}", run.id(), location.display()))
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }

    let listing = store.runs("crowd").unwrap();
    assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
    let record = &listing.records[0];
    let writers = PROCESSES * THREADS;
    let all: BTreeSet<i64> = (0..(writers * APPENDS).into()).collect();
    for key in ["shared/loss", "shared/batch"] {
        let history = record.metric_history(key).unwrap();
        assert_eq!(history.len(), all.len(), "{key}");
        assert_eq!(history.iter().map(|point| point.step).collect::<BTreeSet<_>>(), all, "{key}");
    }
    for me in 0..writers {
        let history = record.metric_history(&format!("own/{me}")).unwrap();
        assert!(history.iter().map(|point| point.step).eq(0..APPENDS.into()));
    }
    let own_and_one = (writers * APPENDS / 10 + 1) as usize;
    assert_eq!(record.params.len(), own_and_one);
    assert_eq!(record.tags["last"], "x".repeat(2_000));
    assert_eq!(record.artifact_paths().unwrap().len(), own_and_one);
    let shared = record.read_artifact("shared.bin").unwrap();
    assert!(shared.len() == 20_000 && shared.chunks(4).all(|bytes| *bytes == shared[..4]));
    assert_eq!((record.status, record.name.as_str()), (RunState::Finished, "crowd"));
    let entries = |path: PathBuf| std::fs::read_dir(path).unwrap().count();
    assert_eq!(entries(location.join(&record.experiment_id).join("datasets")), 3);
    let at = location.join(&record.experiment_id).join(&record.id);
    assert_eq!(entries(at.join("inputs")), 3);
    // metrics, params, tags, artifacts, inputs, meta.yaml: no temporary file is left.
    assert_eq!(entries(at), 6);
    assert_eq!(entries(location.join(".trash")), 0);

    let experiments = store.experiments().unwrap();
    assert!(experiments.warnings.is_empty(), "{:?}", experiments.warnings);
    assert_eq!(experiments.records.len(), 4, "each experiment was created once");
    let mut mine = vec![0; writers as usize];
    for i in 0..3 {
        let listing = store.runs(&format!("experiment {i}")).unwrap();
        assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
        for run in listing {
            assert_eq!(run.status, RunState::Finished);
            if run.name == "mine" {
                mine[run.params["writer"].parse::<usize>().unwrap()] += 1;
            } else {
                assert!(run.tags.contains_key("mlflow.parentRunId"));
            }
        }
    }
    assert_eq!(mine, vec![RUNS; writers as usize]);
    run.finish(RunStatus::Finished).unwrap();
}
