//! Processes that are killed while they write, at moments they do not choose. Ignored, because it takes a minute:
//! `.ci/slow` runs it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use ressenti::Pipeline;

/// Names the folder that a child works in; without it the children's tests do nothing.
const FOLDER: &str = "RESSENTI_KILL_FOLDER";
const KILLS: u64 = 500;

fn folder_of_child() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

/// Starts this program again to run one test, lets it work until `ready` and a little longer, and kills it.
fn kill_a_child(test: &str, folder: &Path, round: u64, ready: impl Fn() -> bool) {
    let program = env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(["--ignored", "--exact", test])
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
        kill_a_child("child_that_saves_for_ever", folder.path(), round, || path.exists());
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
    use super::*;
    use ressenti::tracker::{Store, Tracker};

    #[test]
    #[ignore = "a child of the next test"]
    fn child_that_logs_for_ever() {
        let Some(folder) = folder_of_child() else { return };
        let store = Store::open(&folder).unwrap();
        for number in 0.. {
            let run = store.start_run("killed", &format!("run {number}")).unwrap();
            for step in 0..50 {
                run.log_metric("loss", 1.0 / f64::from(step + 1), step.into()).unwrap();
                run.log_param(&format!("param {step}"), step.into()).unwrap();
            }
            run.log_artifact("report.txt", &[b'x'; 10_000]).unwrap();
        }
    }

    #[test]
    #[ignore = "takes long; run by .ci/slow"]
    fn a_store_whose_writers_were_killed_lists_all_they_wrote() {
        if folder_of_child().is_some() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let location = folder.path().join("mlruns");
        let store = Store::open(&location).unwrap();
        let runs = || store.runs("killed").map_or(0, |listing| listing.records.len());
        for round in 0..KILLS / 10 {
            let before = runs();
            kill_a_child("store::child_that_logs_for_ever", &location, round, || runs() > before);
            let listing = store.runs("killed").unwrap();
            assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
            for run in listing.records {
                let logged = run.metrics.contains_key("loss");
                let history = if logged { run.metric_history("loss").unwrap() } else { Vec::new() };
                let steps: Vec<i64> = history.iter().map(|point| point.step).collect();
                assert_eq!(
                    steps,
                    (0..).take(steps.len()).collect::<Vec<i64>>(),
                    "no line is lost or torn"
                );
                // A param is written after the metric of its step.
                assert!(run.params.len() <= steps.len() && run.params.len() + 1 >= steps.len());
                for path in run.artifact_paths().unwrap() {
                    assert_eq!(run.read_artifact(&path).unwrap().len(), 10_000);
                }
            }
        }
        println!("{} kills: {} runs, all whole", KILLS / 10, runs());
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
            let test = "corrections::child_that_appends_for_ever";
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
