//! A store looked after: moved, cleaned, looked through; its runs side by side and as rows. And the stores that MLflow made,
//! read as MLflow reads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::common::facts::{experiments, run_facts};
use crate::common::made_store::made_store;
use crate::common::{copy_folder, is_in_git};
use ressenti::tracker::{
    DatasetInput, Gc, Order, Run, RunRecord, RunSearch, RunStatus, Store, Tracker, ViewType,
};
use ressenti::{Error, TrackingError};
use serde_json::{Value, json};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("mlruns")).unwrap();
    (folder, store)
}

fn run(store: &Store, experiment: &str, name: &str) -> Run {
    let run = store.start_run(experiment, name).unwrap();
    run.log_metric("f1", 0.5, 0).unwrap();
    run.log_artifact("report.txt", b"fine").unwrap();
    run.finish(RunStatus::Finished).unwrap();
    run
}

fn folder_of(store: &Store, run: &Run) -> PathBuf {
    store.path().join(run.experiment_id()).join(run.id())
}

/// As MLflow deletes a run.
fn delete(folder: &Path, time: i64) {
    let path = folder.join("meta.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let deleted = format!("lifecycle_stage: deleted\ndeleted_time: {time}");
    fs::write(&path, text.replace("lifecycle_stage: \"active\"", &deleted)).unwrap();
}

fn delete_experiment(store: &Store, id: &str) -> PathBuf {
    let path = store.path().join(id).join("meta.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("lifecycle_stage: \"active\"", "lifecycle_stage: deleted"))
        .unwrap();
    let gone = store.path().join(".trash").join(id);
    fs::rename(store.path().join(id), &gone).unwrap();
    gone
}

fn names(store: &Store) -> Vec<String> {
    let search = RunSearch::new().run_view_type(ViewType::All).order(Order::run_name());
    store.search_runs(&search).unwrap().into_iter().map(|run| run.name).collect()
}

#[test]
fn gc_removes_what_was_deleted_and_nothing_else() {
    let (_folder, store) = store();
    let (kept, gone, late) =
        (run(&store, "a", "kept"), run(&store, "a", "gone"), run(&store, "a", "late"));
    delete(&folder_of(&store, &gone), 1_700_000_000_000);
    delete(&folder_of(&store, &late), i64::MAX);
    let whole = run(&store, "b", "in a deleted experiment");
    let trash = delete_experiment(&store, whole.experiment_id());

    let dry = store.gc(Gc::new().dry_run()).unwrap();
    assert_eq!((dry.runs.len(), dry.experiments.len(), dry.warnings.len()), (2, 1, 0));
    assert_eq!(names(&store), ["gone", "kept", "late"]);
    assert!(trash.is_dir());

    let left =
        store.gc(Gc::new().skip_experiments().older_than(Duration::from_secs(1 << 40))).unwrap();
    assert_eq!((left.runs.len(), left.experiments.len()), (0, 0));

    let some = store.gc(Gc::new().skip_experiments()).unwrap();
    assert_eq!((some.runs.as_slice(), some.experiments.len()), (&[gone.id().to_owned()][..], 0));
    assert_eq!(names(&store), ["kept", "late"]);

    let rest = store.gc(Gc::new()).unwrap();
    assert_eq!(rest.runs, [whole.id()]);
    assert_eq!(rest.experiments, [whole.experiment_id()]);
    assert!(!trash.exists() && folder_of(&store, &kept).is_dir());
    assert_eq!(names(&store), ["kept", "late"]);
    let trusted = store.search_runs(&RunSearch::new().trust_index()).unwrap();
    assert_eq!(trusted.runs.len(), 1);
    assert!(store.verify().unwrap().is_empty());
}

#[test]
fn gc_finishes_a_removal_that_was_cut_off() {
    let (_folder, store) = store();
    let (kept, gone) = (run(&store, "a", "kept"), run(&store, "a", "gone"));
    let folder = folder_of(&store, &gone);
    fs::rename(folder.join("meta.yaml"), folder.join(".ressenti.removed")).unwrap();
    assert_eq!(names(&store), ["kept"]);
    let problems = store.verify().unwrap();
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].to_string().ends_with("its removal was cut off; Store::gc finishes it"),
        "{}",
        problems[0]
    );
    store.gc(Gc::new().dry_run()).unwrap();
    assert!(folder.is_dir());
    store.gc(Gc::new()).unwrap();
    assert!(!folder.exists() && folder_of(&store, &kept).is_dir());
}

#[test]
fn a_search_sees_all_of_a_run_or_nothing_while_runs_are_removed() {
    let (_folder, store) = store();
    let write = |number: usize| {
        let run = run(&store, "a", &format!("run {number}"));
        for i in 0..5 {
            run.log_metric(&format!("metric {i}"), 0.5, 0).unwrap();
        }
        run.finish(RunStatus::Finished).unwrap();
        folder_of(&store, &run)
    };
    let width = {
        let folder = write(0);
        let records = store.runs("a").unwrap().records;
        delete(&folder, 1_700_000_000_000);
        (records[0].metrics.len(), records[0].params.len(), records[0].tags.len())
    };
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 1..150 {
                delete(&write(number), 1_700_000_000_000);
                if number % 3 == 0 {
                    let collected = store.gc(Gc::new()).unwrap();
                    assert!(collected.warnings.is_empty(), "{:?}", collected.warnings);
                }
            }
        });
        let all = RunSearch::new().run_view_type(ViewType::All);
        let searches = [
            all.clone().without_index(),
            all.clone(),
            all.clone().trust_index(),
            all.trust_index(),
        ];
        for search in searches.iter().cycle() {
            let page = store.search_runs(search).unwrap();
            assert!(page.warnings.is_empty(), "{:?}", page.warnings);
            for run in page.runs.iter().filter(|run| run.deleted) {
                let found = (run.metrics.len(), run.params.len(), run.tags.len());
                assert_eq!(found, width, "{}", run.name);
            }
            if writer.is_finished() {
                break;
            }
        }
    });
}

/// Sets back the time of a file or a folder and all that is in it.
#[cfg(unix)]
fn age(path: &Path, seconds: u64) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            age(&entry.unwrap().path(), seconds);
        }
    }
    let time = SystemTime::now() - Duration::from_secs(seconds);
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

#[cfg(unix)]
#[test]
fn gc_removes_what_killed_processes_left_once_it_is_old() {
    let (_folder, store) = store();
    let kept = run(&store, "a", "kept");
    let experiment = store.path().join(kept.experiment_id());
    // As a start leaves it that is killed before its meta.yaml is in place, at the latest and at the first moment.
    let late = experiment.join("00000000000040008000000000000001");
    for room in ["metrics", "params", "artifacts", "tags"] {
        fs::create_dir_all(late.join(room)).unwrap();
    }
    fs::write(late.join("tags/mlflow.user"), "ada").unwrap();
    fs::write(late.join(".new.77-1.tmp"), "run_id: ").unwrap();
    let early = experiment.join("00000000000040008000000000000002");
    fs::create_dir(&early).unwrap();
    // A run that has lost its meta.yaml is none of those, nor is what has a name of its own.
    let lost = experiment.join("00000000000040008000000000000003");
    fs::create_dir_all(lost.join("metrics")).unwrap();
    fs::write(lost.join("metrics/loss"), "1 0.5 0\n").unwrap();
    let named = experiment.join("notes");
    fs::create_dir(&named).unwrap();
    let built = store.path().join(".trash/tmp-00000000000040008000000000000004");
    fs::create_dir(&built).unwrap();
    let temporary = folder_of(&store, &kept).join(".new.77-2.tmp");
    fs::write(&temporary, "0.5").unwrap();

    let all = [&late, &early, &lost, &named, &built, &temporary];
    for path in all {
        age(path, 50 * 60);
    }
    let warned = || {
        let warnings = store.runs("a").unwrap().warnings;
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let cut_off = "it is what a killed process left of the start of a run; Store::gc removes it when it is an hour old";
    assert_eq!(warned().iter().filter(|text| text.ends_with(cut_off)).count(), 2);
    assert_eq!(store.gc(Gc::new()).unwrap().leftovers, Vec::<PathBuf>::new());
    for path in all {
        age(path, 70 * 60);
    }
    // Somebody is at it.
    fs::write(late.join("tags/mlflow.source.type"), "LOCAL").unwrap();
    let mut left = vec![built.clone(), early.clone(), temporary.clone()];
    left.sort();
    assert_eq!(store.gc(Gc::new().dry_run()).unwrap().leftovers, left);
    assert!(left.iter().all(|path| path.exists()));
    assert_eq!(store.gc(Gc::new()).unwrap().leftovers, left);
    age(&late, 70 * 60);
    assert_eq!(store.gc(Gc::new()).unwrap().leftovers, std::slice::from_ref(&late));
    assert!(![&late, &early, &built, &temporary].iter().any(|path| path.exists()));
    assert!(lost.join("metrics/loss").exists() && named.exists());
    assert_eq!((names(&store), warned().len()), (vec!["kept".to_owned()], 2));
}

#[cfg(unix)]
#[test]
fn gc_never_leaves_the_stores_folder() {
    use std::os::unix::fs::symlink;
    let (folder, store) = store();
    let outside = folder.path().join("outside");
    fs::create_dir_all(outside.join("artifacts")).unwrap();
    fs::write(outside.join("artifacts/precious"), b"x").unwrap();

    // A link within a deleted run goes, what it leads to stays.
    let linked = run(&store, "a", "links");
    symlink(&outside, folder_of(&store, &linked).join("artifacts/out")).unwrap();
    delete(&folder_of(&store, &linked), 1);
    // A deleted run that is a link itself stays, and so does one in an experiment that is.
    let moved = run(&store, "a", "moved");
    delete(&folder_of(&store, &moved), 1);
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(folder_of(&store, &moved), &elsewhere).unwrap();
    symlink(&elsewhere, folder_of(&store, &moved)).unwrap();
    let other = run(&store, "b", "other");
    delete(&folder_of(&store, &other), 1);
    let experiment = folder.path().join("experiment");
    fs::rename(store.path().join(other.experiment_id()), &experiment).unwrap();
    symlink(&experiment, store.path().join(other.experiment_id())).unwrap();
    // Artifacts kept elsewhere stay there.
    let far = run(&store, "a", "far");
    let meta = folder_of(&store, &far).join("meta.yaml");
    let text = fs::read_to_string(&meta).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("artifact_uri"));
    let uri = format!("artifact_uri: {}", outside.join("artifacts").display());
    fs::write(&meta, lines.chain([uri.as_str()]).flat_map(|line| [line, "\n"]).collect::<String>())
        .unwrap();
    delete(&folder_of(&store, &far), 1);

    let collected = store.gc(Gc::new()).unwrap();
    let mut expected = [linked.id().to_owned(), far.id().to_owned()];
    expected.sort_unstable();
    assert_eq!(collected.runs, expected);
    let warnings: Vec<String> = collected.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.ends_with("outside the store, and stay there")));
    assert_eq!(fs::read(outside.join("artifacts/precious")).unwrap(), b"x");
    assert!(elsewhere.join("meta.yaml").is_file());
    assert!(experiment.join(other.id()).join("meta.yaml").is_file());
}

#[cfg(unix)]
#[test]
fn what_links_lead_to_is_changed_by_nobody() {
    use std::os::unix::fs::symlink;
    let (folder, store) = store();
    let (own, linked) = (run(&store, "a", "own"), run(&store, "a", "linked"));
    let far = run(&store, "b", "in a linked experiment");
    // The trash of another store, with an experiment that is to go.
    let theirs = Store::open(folder.path().join("theirs")).unwrap();
    let deleted = delete_experiment(&theirs, run(&theirs, "c", "theirs").experiment_id());
    fs::remove_dir(store.path().join(".trash")).unwrap();
    symlink(theirs.path().join(".trash"), store.path().join(".trash")).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let away = |path: PathBuf| {
        let to = elsewhere.join(path.file_name().unwrap());
        fs::rename(&path, &to).unwrap();
        symlink(&to, path).unwrap();
        to.join("meta.yaml")
    };
    let metas = [
        away(folder_of(&store, &linked)),
        away(store.path().join(far.experiment_id())),
        deleted.join("meta.yaml"),
    ];
    let before = metas.each_ref().map(|path| fs::read(path).unwrap());

    let moved = folder.path().join("moved");
    fs::rename(store.path(), &moved).unwrap();
    let store = Store::open(&moved).unwrap();
    let rebased = store.rebase().unwrap();
    assert_eq!((rebased.experiments, rebased.runs), (1, 1), "{}", own.id());
    let collected = store.gc(Gc::new()).unwrap();
    assert!(collected.experiments.is_empty() && collected.runs.is_empty(), "{collected:?}");
    assert_eq!(metas.each_ref().map(|path| fs::read(path).unwrap()), before);
    for (warnings, links) in [(rebased.warnings, 3), (collected.warnings, 2)] {
        let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), links, "{texts:#?}");
        assert!(texts.iter().all(|text| text.contains(" malformed: it is a link, ")), "{texts:#?}");
    }
}

#[cfg(unix)]
#[test]
fn an_input_never_leaves_the_stores_folder() {
    use std::os::unix::fs::symlink;
    for (is_dataset, depth) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
        let (folder, store) = store();
        let run = run(&store, "a", "one");
        let input = DatasetInput::new("airline", "0f3c6b8a");
        run.log_input(&input).unwrap();
        let run_folder = folder_of(&store, &run);
        let mut path = if is_dataset {
            run_folder.with_file_name("datasets")
        } else {
            run_folder.join("inputs")
        };
        if depth == 1 {
            path = fs::read_dir(path).unwrap().next().unwrap().unwrap().path();
        }
        let outside = folder.path().join("outside");
        fs::rename(&path, &outside).unwrap();
        symlink(&outside, &path).unwrap();
        let meta = match depth {
            0 => fs::read_dir(&outside).unwrap().next().unwrap().unwrap().path(),
            _ => outside,
        }
        .join("meta.yaml");
        fs::write(&meta, "theirs").unwrap();
        let error = run.log_input(&input.context("test")).unwrap_err().to_string();
        assert!(error.contains(" leads through the link "), "{error}");
        assert_eq!(fs::read_to_string(&meta).unwrap(), "theirs");
    }
}

#[test]
fn a_rebased_store_says_where_it_is_and_once_is_enough() {
    let (folder, store) = store();
    let one = run(&store, "a", "one");
    let gone = run(&store, "b", "two");
    let elsewhere = folder.path().join("kept elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let apart = run(&store, "a", "apart");
    let meta = folder_of(&store, &apart).join("meta.yaml");
    let text = fs::read_to_string(&meta).unwrap();
    let old = format!("{}/{}/{}/artifacts", store.uri(), apart.experiment_id(), apart.id());
    fs::write(&meta, text.replace(&old, elsewhere.to_str().unwrap())).unwrap();
    delete_experiment(&store, gone.experiment_id());
    // Known to the index as they were.
    assert_eq!(names(&store), ["apart", "one"]);

    let moved = folder.path().join("a b é");
    fs::rename(store.path(), &moved).unwrap();
    let store = Store::open(&moved).unwrap();
    let before = store.runs("a").unwrap();
    assert!(!store.verify().unwrap().is_empty());
    let rebased = store.rebase().unwrap();
    assert_eq!((rebased.experiments, rebased.runs, rebased.warnings.len()), (2, 2, 0));
    let again = store.rebase().unwrap();
    assert_eq!((again.experiments, again.runs), (0, 0));
    assert!(store.verify().unwrap().is_empty(), "{:?}", store.verify());

    let uri = format!("{}/{}/{}/artifacts", store.uri(), one.experiment_id(), one.id());
    let text = fs::read_to_string(folder_of(&store, &one).join("meta.yaml")).unwrap();
    assert!(text.contains(&format!("artifact_uri: \"{uri}\"\n")), "{text}");
    let text = fs::read_to_string(folder_of(&store, &apart).join("meta.yaml")).unwrap();
    assert!(text.contains(elsewhere.to_str().unwrap()), "{text}");
    // Nothing else has changed, and every way of reading says so.
    let plain = |runs: &[RunRecord]| -> Vec<_> {
        runs.iter()
            .map(|run| {
                (
                    run.id.clone(),
                    run.params.clone(),
                    run.tags.clone(),
                    run.metrics.clone(),
                    run.end_time_ms,
                )
            })
            .collect()
    };
    assert_eq!(plain(&store.runs("a").unwrap().records), plain(&before.records));
    for search in
        [RunSearch::new().trust_index(), RunSearch::new(), RunSearch::new().without_index()]
    {
        let search = search.filter_string(&format!("artifact_uri = '{uri}'")).unwrap();
        assert_eq!(store.search_runs(&search).unwrap().runs[0].name, "one");
    }
}

#[test]
fn artifacts_are_only_added_where_they_are_looked_for() {
    let (folder, store) = store();
    let first = run(&store, "a", "copied");
    drop(run(&store, "a", "other"));
    let copy = folder.path().join("copy");
    copy_folder(store.path(), &copy);
    let copy = Store::open(&copy).unwrap();
    let uri = format!("{}/{}/{}/artifacts", store.uri(), first.experiment_id(), first.id());
    let resumed = copy.resume_run(first.id()).unwrap();
    resumed.log_metric("f1", 0.75, 1).unwrap();
    let expected = format!(
        "tracking: run {} has its artifacts in {uri:?}, outside its folder, where none is added; if its store was copied, \
         Store::rebase tells it so, otherwise use MLflow or a new run",
        first.id()
    );
    let source = folder.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("late.txt"), b"late").unwrap();
    for refused in [
        resumed.log_artifact("late.txt", b"late"),
        resumed.log_file("late.txt", source.join("late.txt")),
        resumed.log_folder("", &source),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
    resumed.finish(RunStatus::Finished).unwrap();
    assert_eq!(store.run(first.id()).unwrap().artifact_paths().unwrap(), ["report.txt"]);

    copy.rebase().unwrap();
    let resumed = copy.resume_run(first.id()).unwrap();
    resumed.log_artifact("late.txt", b"late").unwrap();
    let paths = |store: &Store| store.run(first.id()).unwrap().artifact_paths().unwrap();
    assert_eq!(paths(&copy), ["late.txt", "report.txt"]);
    assert_eq!(paths(&store), ["report.txt"]);
    resumed.finish(RunStatus::Finished).unwrap();

    // On another machine they cannot be looked for at all, and are not said to be here.
    let meta = folder_of(&copy, &first).join("meta.yaml");
    let text = fs::read_to_string(&meta).unwrap();
    for place in ["s3://bucket", "mlflow-artifacts:", "dbfs:"] {
        fs::write(&meta, text.replace(copy.uri(), place)).unwrap();
        let error = copy.resume_run(first.id()).unwrap().log_artifact("x", b"").unwrap_err();
        let expected = format!(" has its artifacts in \"{place}/");
        assert!(error.to_string().contains(&expected), "{error}");
        assert_eq!(copy.rebase().unwrap().runs, 0, "{place}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_is_in_its_folder_however_that_is_spelt() {
    let (folder, store) = store();
    let first = run(&store, "a", "one");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    let store = Store::open(link).unwrap();
    store.resume_run(first.id()).unwrap().log_artifact("late.txt", b"late").unwrap();
    let paths = store.run(first.id()).unwrap().artifact_paths().unwrap();
    assert_eq!(paths, ["late.txt", "report.txt"]);
}

#[test]
fn verify_lists_what_no_search_minds() {
    let (_folder, store) = store();
    let (one, two) = (run(&store, "it is", "one"), run(&store, "b", "two"));
    assert!(store.verify().unwrap().is_empty());
    let at = |run: &Run| folder_of(&store, run);
    let experiment = store.path().join(one.experiment_id()).join("meta.yaml");
    let text = fs::read_to_string(&experiment).unwrap();
    fs::write(&experiment, text.replace("it is", "it's")).unwrap();
    let started = run(&store, "b", "started");
    let meta = at(&started).join("meta.yaml");
    let text = fs::read_to_string(&meta).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("end_time"));
    fs::write(&meta, lines.flat_map(|line| [line, "\n"]).collect::<String>()).unwrap();
    fs::remove_dir(at(&one).join("params")).ok();
    fs::create_dir_all(at(&two).join("params")).unwrap();
    fs::create_dir(at(&two).join(".hidden")).unwrap();
    let twin = store.path().join(two.experiment_id()).join(one.id());
    fs::create_dir(&twin).unwrap();
    let meta = fs::read_to_string(at(&one).join("meta.yaml")).unwrap();
    fs::write(twin.join("meta.yaml"), meta.replace(one.experiment_id(), two.experiment_id()))
        .unwrap();
    for room in ["params", "metrics", "artifacts"] {
        fs::create_dir(twin.join(room)).unwrap();
    }
    let problems: Vec<String> = store.verify().unwrap().iter().map(ToString::to_string).collect();
    let expected = [
        "contains '\\'', by which MLflow cannot look it up",
        "it has no end_time, without which MLflow cannot read the run; write null",
        "it has no folder \"params\", so MLflow does not find the run by its id",
        "it is nothing of MLflow's; move it away",
        "there is a run of the same id in ",
    ];
    for text in expected {
        assert!(problems.iter().any(|problem| problem.contains(text)), "{text}: {problems:#?}");
    }
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
}

#[test]
fn runs_side_by_side_show_what_differs() {
    let (_folder, store) = store();
    let runs: Vec<Run> = [1.0, 10.0]
        .into_iter()
        .map(|c| {
            let run = store.start_run("compare", &format!("C {c}")).unwrap();
            run.log_param("C", c.into()).unwrap();
            run.log_param("vectorizer", "tfidf, \"two\"\nlines".into()).unwrap();
            run.log_metric("f1", c / 4.0, 0).unwrap();
            run
        })
        .collect();
    runs[1].log_metric("loss", f64::NAN, 0).unwrap();
    let table = store.compare(&[runs[1].id(), runs[0].id()]).unwrap();
    let rows: Vec<_> =
        table.rows.iter().map(|row| (row.key.as_str(), row.is_metric, row.differs())).collect();
    assert_eq!(
        rows,
        [
            ("C", false, true),
            ("vectorizer", false, false),
            ("f1", true, true),
            ("loss", true, true)
        ]
    );
    assert_eq!(table.rows[3].values, [Some("nan".to_owned()), None]);
    assert_eq!(table.differing().count(), 3);
    assert_eq!(
        table.to_string(),
        "              C 10                C 1\n\
         * C           10.0                1.0\n  \
           vectorizer  tfidf, \"two\" lines  tfidf, \"two\" lines\n\
         * f1          2.5                 0.25\n\
         * loss        nan                 -\n"
    );
    assert_eq!(
        table.to_csv(),
        format!(
            "kind,key,{},{}\r\nparam,C,10.0,1.0\r\nparam,vectorizer,\"tfidf, \"\"two\"\"\nlines\",\"tfidf, \"\"two\"\"\nlines\"\r\n\
             metric,f1,2.5,0.25\r\nmetric,loss,nan,\r\n",
            runs[1].id(),
            runs[0].id()
        )
    );
    let error = store.compare(&["0123"]).unwrap_err();
    assert!(
        matches!(error, Error::Tracking { problem: TrackingError::NoSuchRun { .. } }),
        "{error}"
    );
}

#[test]
fn rows_for_a_data_frame_have_mlflows_columns() {
    let (_folder, store) = store();
    let one = store.start_run("rows", "a, \"b\"").unwrap();
    one.log_metric("f1", 0.5, 0).unwrap();
    one.log_metric("loss", f64::INFINITY, 0).unwrap();
    one.log_param("C", 1.0.into()).unwrap();
    let two = store.start_run("rows", "two").unwrap();
    two.set_tag("note", "two\nlines").unwrap();
    let runs = store.search_runs(&RunSearch::new().order(Order::run_name())).unwrap().runs;
    let csv = RunRecord::to_csv(&runs);
    let commit = if is_in_git() { "tags.mlflow.source.git.commit," } else { "" };
    assert_eq!(
        csv.lines().next().unwrap(),
        format!(
            "run_id,experiment_id,status,artifact_uri,start_time,end_time,metrics.f1,metrics.loss,params.C,tags.mlflow.runName,\
             {commit}tags.mlflow.source.name,tags.mlflow.source.type,tags.mlflow.user,tags.note"
        )
    );
    assert!(csv.contains(",0.5,inf,1.0,\"a, \"\"b\"\"\","), "{csv}");
    assert!(csv.ends_with(",\"two\nlines\"\r\n"), "{csv}");
    let json = RunRecord::to_json_lines(&runs);
    let rows: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["metrics.f1"], &rows[0]["metrics.loss"]), (&json!(0.5), &json!("inf")));
    assert_eq!(rows[0]["tags.mlflow.runName"], "a, \"b\"");
    assert_eq!(rows[0].get("end_time"), None);
    assert_eq!(rows[1]["tags.note"], "two\nlines");
    assert_eq!(RunRecord::to_json_lines(&[]), "");
}

#[test]
fn what_mlflow_made_is_found_as_mlflow_reads_it() {
    for name in ["mlflow_made_store", "mlflow_made_store_2_22"] {
        let Some((_folder, root, expected)) = made_store(name) else { return };
        let store = Store::open(&root).unwrap();
        let told_of = expected["experiments"].as_object().unwrap();
        for (id, facts) in experiments(&store) {
            for (key, found) in facts.as_object().unwrap().iter().filter(|(key, _)| *key != "runs")
            {
                assert_eq!(*found, told_of[&id][key], "{name} {id} {key}");
            }
        }
        let mut runs = 0;
        for (id, facts) in told_of {
            for how in [RunSearch::without_index, |search| search, RunSearch::trust_index] {
                let search =
                    how(RunSearch::new().experiment_ids([id]).run_view_type(ViewType::All));
                let page = store.search_runs(&search).unwrap();
                // It lies elsewhere than it was made, and nothing else is wrong.
                assert!(
                    page.warnings
                        .iter()
                        .all(|warning| warning.to_string().contains("artifact_location")),
                    "{:?}",
                    page.warnings
                );
                let told = facts["runs"].as_object().unwrap();
                assert_eq!(page.runs.len(), told.len(), "{name} {id}");
                for run in &page.runs {
                    assert_eq!(run_facts(run), told[&run.id], "{name} {}", run.id);
                    runs += 1;
                }
            }
        }
        assert!(runs > 20, "{name} {runs}");
        for problem in store.verify().unwrap() {
            let text = problem.to_string();
            assert!(text.contains("artifact_location") || text.contains("artifact_uri"), "{text}");
        }
    }
}
