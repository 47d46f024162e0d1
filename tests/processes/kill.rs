//! Processes that are killed while they write, at moments they do not choose. Five hundred kills take minutes and are
//! ignored: `.ci/slow` runs them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::common::again::only;
use ressenti::Pipeline;

/// Names the folder that a child works in; without it the children's tests do nothing.
const FOLDER: &str = "RESSENTI_KILL_FOLDER";
const KILLS: u64 = 500;

fn folder_of_child() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

/// Starts this program again to run one test, lets it work until `ready` and a little longer, and kills it.
fn kill_a_child(test: [&str; 3], folder: &Path, round: u64, ready: impl Fn() -> bool) {
    let program = env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(test)
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !ready() && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    // Spread over some saves; 7919 is prime, so the moments differ.
    thread::sleep(Duration::from_micros(round * 7_919 % 20_000));
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "the child ended by itself");
}

fn models() -> [Pipeline; 2] {
    let texts: Vec<String> = (0..5_000).map(|i| format!("word{i} good{}", i % 7)).collect();
    [3, 5].map(|n| {
        let labels: Vec<bool> = (0..texts.len()).map(|i| i % n == 0).collect();
        Pipeline::builder().fit(&texts, &labels).unwrap()
    })
}

#[test]
#[ignore = "a child of the next test"]
fn child_that_saves_for_ever() {
    let Some(folder) = folder_of_child() else { return };
    let models = models();
    for model in models.iter().cycle() {
        model.save(folder.join("model.ressenti")).unwrap();
    }
}

#[test]
#[ignore = "takes long; run by .ci/slow"]
fn a_model_whose_saving_was_killed_is_the_old_or_the_new_one() {
    if folder_of_child().is_some() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ressenti");
    let bytes = models().map(|model| model.to_bytes());
    let mut seen = [0; 2];
    for round in 0..KILLS {
        let _ = std::fs::remove_file(&path);
        kill_a_child(only(child_that_saves_for_ever), folder.path(), round, || path.exists());
        let loaded = Pipeline::load(&path).unwrap().to_bytes();
        let which = bytes.iter().position(|bytes| *bytes == loaded);
        seen[which.expect("one of the two models")] += 1;
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count() - 1;
    println!("{KILLS} kills: model {seen:?}, {left} temporary files left");
    assert!(
        seen.iter().all(|&n| n > 0),
        "the kills came at the same moment of each save: {seen:?}"
    );
}

#[cfg(feature = "store")]
mod store {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::{BufRead, BufReader};
    use std::process::Child;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::listing::list_by_mlflow;
    use ressenti::tracker::{Batch, DatasetInput, RunRecord, RunState, RunStatus, Store, Tracker};

    /// Names the experiment that a child logs to.
    const EXPERIMENT: &str = "RESSENTI_KILL_EXPERIMENT";
    /// What is said of a folder whose run nobody was told of.
    const NEVER_STARTED: &str = "it is what a killed process left of the start of a run; Store::gc removes it when it is an hour old";
    /// A listing reads all runs of an experiment, so that not all should be in one.
    const ROUNDS: u64 = 20;

    /// Logs for ever and says of each record, once it is acknowledged, that it is.
    #[test]
    #[ignore = "a child of the next tests"]
    fn child_that_logs_for_ever() {
        let Some(folder) = folder_of_child() else { return };
        let store = Store::open(&folder).unwrap();
        let experiment = env::var(EXPERIMENT).unwrap();
        for number in 0.. {
            let run = store.start_run(&experiment, &format!("run {number}")).unwrap();
            println!("{} run", run.id());
            for step in 0..30 {
                run.log_metric("loss", 1.0 / f64::from(step + 1), step.into()).unwrap();
                println!("{} loss {step}", run.id());
                run.log_param(&format!("param {step}"), step.into()).unwrap();
                println!("{} param {step}", run.id());
                let batch = (0..40).fold(Batch::new(), |batch, i| {
                    batch.metric("val/loss", 0.5, (40 * step + i).into())
                });
                run.log_batch(&batch).unwrap();
                println!("{} batch {}", run.id(), 40 * (step + 1));
            }
            run.set_tag("stage", "done").unwrap();
            println!("{} tag", run.id());
            run.log_artifact("report.txt", &[b'x'; 10_000]).unwrap();
            println!("{} artifact", run.id());
            run.log_input(&DatasetInput::new("airline", number.to_string())).unwrap();
            run.finish(RunStatus::Finished).unwrap();
            println!("{} finished", run.id());
        }
    }

    /// Starts a child, kills it at a moment that the round decides, and returns what it acknowledged.
    fn acknowledged(location: &Path, experiment: &str, round: u64) -> Vec<String> {
        let mut child: Child = Command::new(env::current_exe().unwrap())
            .args(only(child_that_logs_for_ever))
            .arg("--nocapture")
            .env(FOLDER, location)
            .env(EXPERIMENT, experiment)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut output, heard) =
            (BufReader::new(child.stdout.take().unwrap()), AtomicUsize::new(0));
        let lines = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let (mut lines, mut line) = (Vec::new(), String::new());
                while output.read_line(&mut line).unwrap() > 0 {
                    // The harness has lines of its own; the last one may be torn.
                    if line.ends_with('\n') && line.len() > 32 && !line.starts_with("test ") {
                        lines.push(line.trim().to_owned());
                        heard.fetch_add(1, Ordering::Relaxed);
                    }
                    line.clear();
                }
                lines
            });
            while heard.load(Ordering::Relaxed) == 0 && child.try_wait().unwrap().is_none() {
                thread::sleep(Duration::from_millis(1));
            }
            // Spread over three runs; 7919 is prime, so the moments differ.
            thread::sleep(Duration::from_micros(round * 7_919 % 30_000));
            child.kill().unwrap();
            reader.join().unwrap()
        });
        assert!(!child.wait().unwrap().success(), "the child ended by itself");
        lines
    }

    fn steps(run: &RunRecord, key: &str) -> Vec<i64> {
        if !run.metrics.contains_key(key) {
            return Vec::new();
        }
        run.metric_history(key).unwrap().iter().map(|point| point.step).collect()
    }

    /// Whether a metric's file ends where a page does: Linux looks there, and nowhere else, whether the writer was killed.
    fn is_cut_at_a_page(location: &Path, run: &RunRecord, key: &str) -> bool {
        let file = location.join(&run.experiment_id).join(&run.id).join("metrics").join(key);
        std::fs::metadata(file).is_ok_and(|file| file.len() > 0 && file.len().is_multiple_of(4096))
    }

    /// Everything in a run is whole, whatever was acknowledged.
    fn check_whole(location: &Path, run: &RunRecord) {
        let (losses, batched) = (steps(run, "loss"), steps(run, "val/loss"));
        for steps in [&losses, &batched] {
            let whole: Vec<i64> = (0..).take(steps.len()).collect();
            assert_eq!(*steps, whole, "no line is lost or torn");
        }
        let cut_off = is_cut_at_a_page(location, run, "val/loss");
        assert!(batched.len() % 40 == 0 || cut_off, "a batch is all there or not at all");
        // A param is written after the metric of its step.
        assert!(run.params.len() <= losses.len() && run.params.len() + 1 >= losses.len());
        for path in run.artifact_paths().unwrap() {
            assert_eq!(run.read_artifact(&path).unwrap(), [b'x'; 10_000]);
        }
    }

    fn check_acknowledged(run: &RunRecord, record: &str) {
        let (what, number) = record.split_once(' ').unwrap_or((record, "0"));
        let number: usize = number.parse().unwrap();
        let is_there = match what {
            "run" => true,
            "loss" => steps(run, "loss").len() > number,
            "param" => run.params[&format!("param {number}")] == number.to_string(),
            "batch" => steps(run, "val/loss").len() >= number,
            "tag" => run.tags["stage"] == "done",
            "artifact" => run.artifact_paths().unwrap() == ["report.txt"],
            "finished" => run.status == RunState::Finished,
            other => panic!("what is {other:?}?"),
        };
        assert!(is_there, "run {}: {record} was acknowledged", run.id);
    }

    /// Logs one more value of each metric whose last line may be cut, by which MLflow can read the file again; how many these are.
    fn close_cut_lines(store: &Store) -> usize {
        let mut closed = 0;
        for experiment in store.experiments().unwrap() {
            for run in store.runs(&experiment.name).unwrap() {
                for key in ["loss", "val/loss"] {
                    if is_cut_at_a_page(store.path(), &run, key) {
                        store.resume_run(&run.id).unwrap().log_metric(key, 0.0, 10_000).unwrap();
                        closed += 1;
                    }
                }
            }
            let warnings = store.runs(&experiment.name).unwrap().warnings;
            let is_quiet =
                warnings.iter().all(|warning| warning.to_string().ends_with(NEVER_STARTED));
            assert!(is_quiet, "{warnings:?}");
        }
        closed
    }

    fn kill_writers(location: &Path, kills: u64) {
        let store = Store::open(location).unwrap();
        let (mut runs, mut records, mut known) = (0, 0, BTreeSet::new());
        for round in 0..kills {
            let experiment = format!("killed {}", round / ROUNDS);
            let said = acknowledged(location, &experiment, round);
            assert!(store.experiments().unwrap().warnings.is_empty());
            let listing = store.runs(&experiment).unwrap();
            let listed: BTreeMap<&str, &RunRecord> =
                listing.records.iter().map(|run| (run.id.as_str(), run)).collect();
            listing.records.iter().for_each(|run| check_whole(location, run));
            let started = said.iter().filter_map(|line| line.strip_suffix(" run"));
            let started = started.map(|id| (experiment.clone(), id.to_owned()));
            known.extend(started);
            for (_, id) in known.iter().filter(|(place, _)| *place == experiment) {
                assert!(listed.contains_key(id.as_str()), "run {id} was acknowledged");
            }
            // A start that was cut off leaves a folder, which is said once nobody can be at it any more, and a write that
            // was cut off where a page ends a line in part. Nothing else is.
            for warning in &listing.warnings {
                let text = warning.to_string();
                let unknown = !known.iter().any(|(_, id)| text.contains(id.as_str()));
                let mut cut = listing.records.iter().filter(|run| {
                    ["loss", "val/loss"].iter().any(|key| is_cut_at_a_page(location, run, key))
                });
                let is_cut =
                    cut.any(|run| text.contains(&run.id)) && text.contains("line is skipped");
                assert!((text.ends_with(NEVER_STARTED) && unknown) || is_cut, "{text}");
            }
            for line in &said {
                let (id, record) = line.split_once(' ').unwrap();
                check_acknowledged(listed[id], record);
            }
            runs += said.iter().filter(|line| line.ends_with(" run")).count();
            records += said.len();
        }
        let closed = close_cut_lines(&store);
        println!(
            "{kills} kills: {runs} runs, {records} records acknowledged, all there and whole; {closed} files end with a page"
        );
        assert!(runs as u64 >= kills);
        list_by_mlflow("reads.py", location);
    }

    #[test]
    fn a_few_killed_writers_lose_no_record_that_was_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        kill_writers(&folder.path().join("mlruns"), 8);
    }

    #[test]
    #[ignore = "takes long; run by .ci/slow"]
    fn a_store_whose_writers_were_killed_lists_all_they_wrote() {
        if folder_of_child().is_some() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        kill_writers(&folder.path().join("mlruns"), KILLS);
    }
}

#[cfg(feature = "store")]
mod corrections {
    use std::fs;
    use std::io::Write;

    use super::*;
    use ressenti::monitor::feedback::{Correction, CorrectionLog};

    /// The ids that a child was told are in the log.
    fn acknowledged(folder: &Path) -> PathBuf {
        folder.join("acknowledged")
    }

    #[test]
    #[ignore = "a child of the next tests"]
    fn child_that_appends_for_ever() {
        let Some(folder) = folder_of_child() else { return };
        let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &[1, 0]).unwrap();
        let prediction = pipeline.predict("good").unwrap();
        let log = CorrectionLog::open(folder.join("log")).unwrap();
        let mut told = fs::OpenOptions::new().append(true).open(acknowledged(&folder)).unwrap();
        for number in 0.. {
            let id = format!("{} {number}", std::process::id());
            let text = "word ".repeat(number % 500);
            log.append(&Correction::new(&id, &text, &prediction, "1", Duration::ZERO)).unwrap();
            told.write_all(format!("{id}\n").as_bytes()).unwrap();
            if number % 7 == 0 {
                log.forget("word ").unwrap();
            }
        }
    }

    fn kill_writers(kills: u64) {
        if folder_of_child().is_some() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let log = CorrectionLog::open(folder.path().join("log")).unwrap();
        let (mut lines, mut broken) = (0, 0);
        for round in 0..kills {
            // From nothing now and then, or the log grows without end.
            if round % 25 == 0 {
                fs::write(log.path(), "").unwrap();
                fs::write(acknowledged(folder.path()), "").unwrap();
            }
            let length = || fs::metadata(acknowledged(folder.path())).unwrap().len();
            let before = length();
            let test = only(child_that_appends_for_ever);
            kill_a_child(test, folder.path(), round, || length() > before);
            let corrections = log.read().unwrap();
            let ids: std::collections::HashSet<&str> =
                corrections.all().iter().map(|correction| correction.id.as_str()).collect();
            let told = fs::read_to_string(acknowledged(folder.path())).unwrap();
            // Its last line may be torn: the child was killed while it wrote down what it was told.
            for id in told.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
                assert!(ids.contains(id), "{id} was acknowledged and is lost after {round} kills");
                lines += 1;
            }
            broken += corrections.broken_lines();
        }
        println!(
            "{kills} kills: {lines} acknowledged lines looked for, none lost, {broken} torn lines seen"
        );
    }

    #[test]
    fn a_few_writers_that_were_killed_lost_nothing_that_was_acknowledged() {
        kill_writers(5);
    }

    #[test]
    #[ignore = "takes long; run by .ci/slow"]
    fn writers_that_were_killed_lost_nothing_that_was_acknowledged() {
        kill_writers(KILLS);
    }
}
