//! What lies in a store and is not MLflow's: skipped or repaired, said with its path, and never the end of a search. One
//! test for each thing that MLflow minds, and for each that it does not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ressenti::Error;
use ressenti::tracker::{Run, RunRecord, RunSearch, RunStatus, Store, Tracker};

struct Case {
    _folder: tempfile::TempDir,
    store: Store,
    run: Run,
}

/// A store of two runs, of which the first may be spoilt.
fn case() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("mlruns")).unwrap();
    let run = store.start_run("sentiment", "spoilt").unwrap();
    run.log_metric("f1", 0.5, 0).unwrap();
    run.log_param("C", 1.0.into()).unwrap();
    run.finish(RunStatus::Finished).unwrap();
    let other = store.start_run("sentiment", "whole").unwrap();
    other.finish(RunStatus::Finished).unwrap();
    Case { _folder: folder, store, run }
}

impl Case {
    fn experiment(&self) -> PathBuf {
        self.store.path().join(self.run.experiment_id())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.experiment().join(self.run.id()).join(name)
    }

    /// The first run, which is not always listed last: both may begin within a millisecond.
    fn record(&self) -> RunRecord {
        self.store.run(self.run.id()).unwrap()
    }

    /// What every way of reading warns of; the same each time, and `runs` runs beside it.
    fn warnings(&self, runs: usize) -> Vec<String> {
        let listing = self.store.runs("sentiment").unwrap();
        assert_eq!(listing.records.len(), runs);
        let expected: Vec<String> = listing.warnings.iter().map(ToString::to_string).collect();
        for search in [
            RunSearch::new(),
            RunSearch::new(),
            RunSearch::new().trust_index(),
            RunSearch::new().without_index(),
        ] {
            let page = self.store.search_runs(&search).unwrap();
            assert_eq!(page.runs.len(), runs);
            let found: Vec<String> = page.warnings.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected);
        }
        expected
    }

    fn warns(&self, path: &Path, problem: &str) {
        let expected = format!("tracking: {} is malformed: {problem}", path.display());
        assert_eq!(self.warnings(2), std::slice::from_ref(&expected));
        let all: Vec<String> =
            self.store.verify().unwrap().iter().map(ToString::to_string).collect();
        assert!(all.contains(&expected), "{all:?}");
    }

    fn is_quiet(&self) {
        assert_eq!(self.warnings(2), Vec::<String>::new());
        assert!(self.store.experiments().unwrap().warnings.is_empty());
    }
}

/// What `experiments` and a search of all of them warn of.
fn stray_experiments(case: &Case) -> Vec<String> {
    let texts = |warnings: Vec<Error>| -> Vec<String> {
        warnings.iter().map(ToString::to_string).collect()
    };
    let found = texts(case.store.experiments().unwrap().warnings);
    for search in [RunSearch::new(), RunSearch::new().without_index()] {
        assert_eq!(texts(case.store.search_runs(&search).unwrap().warnings), found);
    }
    found
}

/// Makes a folder that nobody is just filling.
fn old_folder(path: &Path) {
    fs::create_dir_all(path).unwrap();
    File::open(path).unwrap().set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
}

#[test]
fn a_dot_folder_in_the_store_is_said_for_mlflow_dies_of_it() {
    let case = case();
    for name in [".ipynb_checkpoints", "a b"] {
        let path = case.store.path().join(name);
        fs::create_dir(&path).unwrap();
        let expected = format!(
            "tracking: {} is malformed: it is no experiment, and MLflow cannot list experiments beside it; move it away",
            path.display()
        );
        assert_eq!(stray_experiments(&case), [expected]);
        fs::remove_dir(path).unwrap();
    }
}

#[test]
fn a_plain_folder_in_the_store_is_said() {
    let case = case();
    let path = case.store.path().join("plots");
    old_folder(&path);
    let expected = format!(
        "tracking: {} is malformed: it has no meta.yaml, so it is no experiment; remove it, or restore the file",
        path.display()
    );
    assert_eq!(stray_experiments(&case), [expected]);
    case.store.start_run("another", "one").unwrap();
}

#[test]
fn a_folder_that_is_just_being_made_is_not_said() {
    let case = case();
    fs::create_dir(case.store.path().join("123456789012345678")).unwrap();
    fs::create_dir(case.experiment().join("0123456789abcdef0123456789abcdef")).unwrap();
    case.is_quiet();
}

#[test]
fn files_are_ignored_where_mlflow_ignores_them() {
    let case = case();
    fs::create_dir_all(case.store.path().join("models/scorer")).unwrap();
    for folder in
        [case.store.path(), &case.experiment(), &case.at(""), &case.store.path().join("models")]
    {
        fs::write(folder.join("note.txt"), "x").unwrap();
    }
    case.is_quiet();
    assert!(case.store.verify().unwrap().is_empty(), "{:?}", case.store.verify());
}

#[test]
fn folders_of_mlflow_itself_are_no_strays() {
    let case = case();
    for name in ["datasets/abc", "models/m-1", "tags", "traces/tr-1"] {
        old_folder(&case.experiment().join(name));
    }
    old_folder(&case.at("outputs"));
    case.is_quiet();
}

#[test]
fn a_folder_in_a_run_is_ignored() {
    let case = case();
    old_folder(&case.at("checkpoints"));
    case.is_quiet();
}

#[test]
fn a_folder_in_an_experiment_without_meta_yaml_is_said() {
    let case = case();
    let path = case.experiment().join("0123456789abcdef0123456789abcdef");
    old_folder(&path);
    let cut_off = "it is what a killed process left of the start of a run; Store::gc removes it when it is an hour old";
    case.warns(&path, cut_off);
    // With a record in it, it was a run.
    fs::create_dir(path.join("params")).unwrap();
    fs::write(path.join("params/C"), "1").unwrap();
    old_folder(&path);
    case.warns(&path, "it has no meta.yaml, so it is no run; remove it, or restore the file");
}

#[test]
fn folders_in_the_trash_are_said_by_verify() {
    let case = case();
    fs::create_dir(case.store.path().join(".trash/.dot")).unwrap();
    old_folder(&case.store.path().join(".trash/tmp-left"));
    case.is_quiet();
    let all: Vec<String> = case.store.verify().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].contains("/.trash/.dot is malformed: it is no experiment"), "{}", all[0]);
    assert!(all[1].contains("/.trash/tmp-left is malformed: it has no meta.yaml"), "{}", all[1]);
}

#[test]
fn a_file_in_metrics_that_is_no_metric_is_skipped() {
    for name in [".tmp123", "note"] {
        let case = case();
        fs::write(case.at("metrics").join(name), "").unwrap();
        case.warns(&case.at("metrics").join(name), "it is empty; expected a line for each value");
    }
    let case = case();
    fs::write(case.at("metrics/f1~"), "1 0.5 0\n").unwrap();
    case.warns(
        &case.at("metrics/f1~"),
        "metric key \"f1~\" contains '~'; use letters, digits, _ - . : / and space; MLflow cannot read the run while it is there",
    );
}

#[test]
fn a_file_in_params_or_tags_with_a_name_that_is_no_key_is_skipped() {
    for (room, what) in [("params", "param key"), ("tags", "tag key")] {
        let case = case();
        let path = case.at(room).join("#x#");
        fs::write(&path, "x").unwrap();
        case.warns(
            &path,
            &format!("{what} \"#x#\" contains '#'; use letters, digits, _ - . : / and space; MLflow cannot read the run while it is there"),
        );
    }
}

#[test]
fn a_param_that_is_not_utf8_is_skipped() {
    let case = case();
    fs::write(case.at("params/C"), [0xff]).unwrap();
    case.warns(
        &case.at("params/C"),
        "it is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0",
    );
}

#[test]
fn a_torn_line_is_skipped_and_the_others_count() {
    let case = case();
    let path = case.at("metrics/f1");
    fs::write(&path, "1 0.5 0\n2 0.75 1\n3 0.").unwrap();
    case.warns(
        &path,
        "line 3 has no step, which a line before has: it is torn; the line is skipped",
    );
    fs::write(&path, "1 0.5 0\n\n2 0.75 1\n").unwrap();
    case.warns(&path, "line 2 has 1 fields; expected 2, 3 or 5; the line is skipped");
    let record = case.record();
    assert_eq!(record.metrics["f1"], 0.75);
    assert_eq!(record.metric_history("f1").unwrap().len(), 2);
}

#[test]
fn an_empty_metric_is_skipped() {
    let case = case();
    fs::write(case.at("metrics/f1"), "").unwrap();
    case.warns(&case.at("metrics/f1"), "it is empty; expected a line for each value");
    assert_eq!(case.record().metric_history("f1").unwrap(), []);
}

#[test]
fn an_empty_or_torn_meta_yaml_is_said_and_the_other_runs_are_found() {
    for text in ["", "run_id: \"torn", "run_id: a\n", "[]"] {
        let case = case();
        let path = case.at("meta.yaml");
        fs::write(&path, text).unwrap();
        let warnings = case.warnings(1);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(
            warnings[0].starts_with(&format!("tracking: {} is malformed: ", path.display())),
            "{warnings:?}"
        );
    }
}

#[test]
fn values_that_mlflow_does_not_know_are_said() {
    for (from, to, problem) in [
        ("status: 3", "status: 9", "status is 9; known are 1 to 5"),
        (
            "lifecycle_stage: \"active\"",
            "lifecycle_stage: gone",
            "lifecycle_stage is \"gone\"; known are active and deleted",
        ),
    ] {
        let case = case();
        let path = case.at("meta.yaml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(from, to)).unwrap();
        let expected = format!("tracking: {} is malformed: {problem}", path.display());
        assert_eq!(case.warnings(1), [expected]);
    }
}

#[test]
fn a_link_among_params_is_said_and_not_followed() {
    let case = case();
    let path = case.at("params/link");
    std::os::unix::fs::symlink(case.at("meta.yaml"), &path).unwrap();
    case.warns(
        &path,
        "it is a link, which is not followed here; put what it leads to in its place",
    );
}

#[test]
fn an_input_without_its_dataset_is_said() {
    let case = case();
    let path = case.at("inputs/1/meta.yaml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "source_type: DATASET\nsource_id: abc\ntags: {}\n").unwrap();
    case.warns(&path, "it names the dataset \"abc\", which is not in the experiment");
    fs::remove_file(&path).unwrap();
    case.warns(&path, "it is missing; MLflow cannot read the run without it");
}

#[test]
fn an_unreadable_experiment_is_said_and_the_others_are_found() {
    let case = case();
    let torn = case.store.path().join("123456789012345678");
    fs::create_dir(&torn).unwrap();
    fs::write(torn.join("meta.yaml"), "").unwrap();
    let page = case.store.search_runs(&RunSearch::new()).unwrap();
    assert_eq!((page.runs.len(), page.warnings.len()), (2, 1));
    let text = page.warnings[0].to_string();
    assert!(
        text.starts_with(&format!("tracking: {} is malformed: ", torn.join("meta.yaml").display())),
        "{text}"
    );
}

#[test]
fn an_experiment_that_is_moved_meanwhile_ends_no_search() {
    let case = case();
    case.store.start_run("another", "one").unwrap();
    let (there, away) = (case.experiment(), case.store.path().with_file_name("away"));
    std::thread::scope(|scope| {
        let mover = scope.spawn(|| {
            for _ in 0..3_000 {
                fs::rename(&there, &away).unwrap();
                fs::rename(&away, &there).unwrap();
            }
        });
        while !mover.is_finished() {
            for search in [RunSearch::new(), RunSearch::new().without_index()] {
                let page = case.store.search_runs(&search).unwrap();
                assert!(page.runs.iter().any(|run| run.name == "one"));
            }
        }
    });
    assert_eq!(case.store.search_runs(&RunSearch::new()).unwrap().runs.len(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_unicode_ends_nothing() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let case = case();
    let odd = OsStr::from_bytes(b"caf\xe9");
    for room in ["params", "metrics", "tags", "artifacts"] {
        fs::write(case.at(room).join(odd), "1 0.5 0\n").unwrap();
    }
    let resumed = case.store.resume_run(case.run.id()).unwrap();
    resumed.log_metric("late", 0.5, 0).unwrap();
    resumed.log_param("late", 1.into()).unwrap();
    resumed.set_tag("late", "yes").unwrap();
    resumed.log_artifact("late.txt", b"late").unwrap();
    resumed.finish(RunStatus::Finished).unwrap();
    let warnings = case.warnings(2);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings.iter().all(|text| text.ends_with("its name is not valid Unicode")));
    assert_eq!(case.record().artifact_paths().unwrap(), ["late.txt"]);
}

#[test]
fn a_moved_store_is_said_once_for_each_experiment() {
    let case = case();
    let moved = case.store.path().with_file_name("moved");
    fs::rename(case.store.path(), &moved).unwrap();
    let store = Store::open(&moved).unwrap();
    let file = moved.join(case.run.experiment_id()).join("meta.yaml");
    let expected = format!(
        "tracking: {} is malformed: artifact_location is \"{}/{}\", where there is nothing; artifacts are read beside the runs, \
         and Store::rebase tells MLflow so",
        file.display(),
        case.store.uri(),
        case.run.experiment_id()
    );
    for search in
        [RunSearch::new(), RunSearch::new().trust_index(), RunSearch::new().without_index()]
    {
        let page = store.search_runs(&search).unwrap();
        assert_eq!(
            page.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            std::slice::from_ref(&expected)
        );
        assert_eq!(page.runs.len(), 2);
    }
    assert_eq!(store.experiments().unwrap().warnings.len(), 1);
    store.rebase().unwrap();
    assert!(store.search_runs(&RunSearch::new()).unwrap().warnings.is_empty());
}

#[test]
fn links_and_pipes_among_the_stores_own_files_are_refused_and_not_followed() {
    use std::os::unix::fs::symlink;
    let text = |result: ressenti::Result<()>| {
        result.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    };
    for name in [".ressenti.journal", ".ressenti.lock", ".ressenti.index", ".trash"] {
        for is_pipe in [false, true] {
            let case = case();
            let (outside, path) = (tempfile::tempdir().unwrap(), case.store.path().join(name));
            fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)).ok();
            let (folder, file) = (outside.path().join("folder"), outside.path().join("file"));
            fs::create_dir(&folder).unwrap();
            fs::write(&file, "theirs").unwrap();
            if is_pipe {
                if name == ".trash" || name == ".ressenti.index" {
                    continue;
                }
                let made = std::process::Command::new("mkfifo").arg(&path).status();
                assert!(made.unwrap().success());
            } else {
                symlink(if name == ".trash" { &folder } else { &file }, &path).unwrap();
            }
            let started = text(case.store.start_run("new", "one").map(drop));
            let found = case.store.search_runs(&RunSearch::new().trust_index()).unwrap();
            let runs = case.store.runs("sentiment").unwrap();
            assert_eq!((runs.records.len(), runs.warnings.len()), (2, 0), "{name}");
            if name == ".ressenti.index" {
                // That one is replaced.
                assert_eq!((&*started, found.runs.len()), ("fine", 3));
            } else {
                assert!(
                    started.ends_with("it is no regular file")
                        || started.contains(" leads through the link "),
                    "{name}: {started}"
                );
                assert_eq!(found.runs.len(), 2, "{name}");
            }
            assert_eq!(fs::read_to_string(&file).unwrap(), "theirs", "{name}");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "{name}");
        }
    }
}
