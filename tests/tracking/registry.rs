//! The promises of the model registry: MLflow's layout, every change whole, nothing outside, nothing lost, and a model
//! that goes where the registry says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::copy_folder;
use crate::common::made_store::made_store;
use proptest::prelude::*;
use ressenti::registry::{
    Action, Check, LiveModel, NewVersion, Refresh, Registry, ServedModel, Stage, Transition,
};
use ressenti::tracker::{RunStatus, Store, Tracker};
use ressenti::{Error, Pipeline, RegistryError, Result, Scratch, TrackingError};
use serde_json::{Value, json};

const NAME: &str = "sentiment-classifier";
const TEXTS: [&str; 4] = ["good crew", "bad crew", "good seat", "bad seat"];
const LABELS: [&str; 4] = ["1", "0", "1", "0"];

fn registry() -> (tempfile::TempDir, Registry) {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path().join("mlruns")).unwrap();
    (folder, registry)
}

fn pipeline() -> Pipeline {
    Pipeline::builder().fit(&TEXTS, &LABELS).unwrap()
}

/// A model whose labels say which one it is.
fn marked(mark: u32) -> Pipeline {
    let labels = [mark, mark + 1_000, mark, mark + 1_000];
    Pipeline::builder().fit(&TEXTS, &labels).unwrap()
}

fn register(registry: &Registry, n: u32) {
    for _ in 0..n {
        registry.create_version(NAME, NewVersion::from_pipeline(&pipeline())).unwrap();
    }
}

fn only(stage: Stage) -> Transition {
    Transition::to(stage).archive_existing(true)
}

fn text_of<T>(result: Result<T>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "fine".to_owned())
}

fn stages(registry: &Registry) -> Vec<Stage> {
    registry.model(NAME).unwrap().versions.iter().map(|version| version.stage).collect()
}

/// All files under a folder and what they hold.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push((format!("{name}/"), entry.path()));
            } else {
                found.insert(name, fs::read(entry.path()).unwrap_or_default());
            }
        }
    }
    found
}

fn names(folder: &Path) -> BTreeSet<String> {
    files(folder).into_keys().collect()
}

#[test]
fn the_layout_is_that_of_mlflow() {
    let (_folder, registry) = registry();
    let registry = registry.acting_as("ada");
    let store = registry.store().clone();
    let run = store.start_run("tweets", "baseline").unwrap();
    let pipeline = pipeline();
    pipeline.log_to(&run).unwrap();
    run.finish(RunStatus::Finished).unwrap();
    let new = NewVersion::from_run(run.id()).description("the \"first\"").tag("corpus/name", "é");
    let version = registry.create_version(NAME, new).unwrap();
    assert_eq!((version.version, version.run_id.as_deref()), (1, Some(run.id())));
    registry.create_version(NAME, NewVersion::from_pipeline(&pipeline)).unwrap();
    let version = registry.transition(NAME, 1, only(Stage::Production).because("why not")).unwrap();
    registry.set_alias(NAME, "champion", 1).unwrap();

    let models = store.path().join("models");
    let expected = [
        "sentiment-classifier/.ressenti.history.yaml",
        "sentiment-classifier/aliases/champion",
        "sentiment-classifier/aliases/production",
        "sentiment-classifier/meta.yaml",
        "sentiment-classifier/version-1/meta.yaml",
        "sentiment-classifier/version-1/tags/corpus/name",
        "sentiment-classifier/version-1/tags/ressenti.sha256",
        "sentiment-classifier/version-2/meta.yaml",
        "sentiment-classifier/version-2/model/pipeline.ressenti",
        "sentiment-classifier/version-2/tags/ressenti.sha256",
    ];
    assert_eq!(names(&models), expected.map(str::to_owned).into());
    let top: BTreeSet<String> = fs::read_dir(store.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(top, [".trash", run.experiment_id(), "models"].map(str::to_owned).into());
    assert_eq!(fs::read_dir(store.path().join(".trash")).unwrap().count(), 0);

    let read = |name: &str| fs::read_to_string(models.join(NAME).join(name)).unwrap();
    assert_eq!((read("aliases/champion"), read("aliases/production")), ("1".into(), "1".into()));
    let location = format!("{}/{}/{}/artifacts/model", store.uri(), run.experiment_id(), run.id());
    let (created, updated) = (version.creation_time_ms, version.last_update_time_ms.unwrap());
    assert_eq!(
        read("version-1/meta.yaml"),
        format!(
            "creation_timestamp: {created}\ncurrent_stage: \"Production\"\ndescription: \"the \\\"first\\\"\"\n\
             last_updated_timestamp: {updated}\nname: \"{NAME}\"\nrun_id: \"{}\"\nrun_link: null\nsource: \"{location}\"\n\
             status: \"READY\"\nstatus_message: null\nstorage_location: \"{location}\"\nuser_id: \"ada\"\nversion: 1\n",
            run.id()
        )
    );
    let location = format!("{}/models/{NAME}/version-2/model", store.uri());
    assert!(read("version-2/meta.yaml").contains(&format!("storage_location: \"{location}\"\n")));
    assert_eq!(read("version-1/tags/ressenti.sha256"), version.sha256().unwrap());
    let history = read(".ressenti.history.yaml");
    let line = "version: 1, from: \"None\", to: \"Production\", action: \"transition\", why: \"why not\"}\n";
    assert!(history.starts_with("- {time: 1") && history.ends_with(line), "{history}");
    for uri in ["models:/sentiment-classifier/1", "models:/sentiment-classifier@champion"] {
        assert_eq!(registry.load(uri).unwrap().to_bytes(), pipeline.to_bytes(), "{uri}");
    }
    let of_run = registry.load(&format!("runs:/{}/model", run.id())).unwrap();
    assert_eq!(of_run.to_bytes(), pipeline.to_bytes());
}

#[test]
fn everything_that_can_be_set_reads_back() {
    let (_folder, registry) = registry();
    register(&registry, 2);
    registry.set_model_description(NAME, "for\ntweets: 😀").unwrap();
    registry.set_version_description(NAME, 2, "yes").unwrap();
    registry.set_model_tag(NAME, "task", "it's").unwrap();
    registry.set_version_tag(NAME, 2, "a/b", "1e3").unwrap();
    registry.set_version_tag(NAME, 2, "gone", "x").unwrap();
    registry.delete_version_tag(NAME, 2, "gone").unwrap();
    registry.delete_version_tag(NAME, 2, "never there").unwrap();
    registry.set_alias(NAME, "champion", 1).unwrap();
    registry.set_alias(NAME, "champion", 2).unwrap();
    registry.set_alias(NAME, "gone", 2).unwrap();
    registry.delete_alias(NAME, "gone").unwrap();
    registry.create_model("empty model é").unwrap();

    let listing = registry.models().unwrap();
    assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
    let names: Vec<_> = listing.records.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["empty model é", NAME]);
    assert_eq!(listing.records[0].versions, []);
    let model = &listing.records[1];
    assert_eq!(model.description.as_deref(), Some("for\ntweets: 😀"));
    assert_eq!(model.tags, BTreeMap::from([("task".to_owned(), "it's".to_owned())]));
    assert_eq!(model.aliases, BTreeMap::from([("champion".to_owned(), 2)]));
    let version = model.latest().unwrap();
    assert_eq!(
        (version.description.as_deref(), version.aliases.as_slice()),
        (Some("yes"), &["champion".to_owned()][..])
    );
    assert_eq!(version.tags.keys().collect::<Vec<_>>(), ["a/b", "ressenti.sha256"]);
    assert_eq!(version.uri(), "models:/sentiment-classifier/2");
    assert!(version.last_update_time_ms >= Some(version.creation_time_ms));
    assert_eq!(registry.model(NAME).unwrap(), *model);
}

#[test]
fn stages_move_their_aliases_and_the_highest_of_a_stage_is_meant() {
    let (_folder, registry) = registry();
    register(&registry, 3);
    let alias = |alias: &str| registry.model(NAME).unwrap().aliases.get(alias).copied();
    registry.transition(NAME, 1, Stage::Production).unwrap();
    registry.transition(NAME, 2, Stage::Production).unwrap();
    assert_eq!(registry.resolve("models:/sentiment-classifier/Production").unwrap().version, 2);
    assert_eq!((alias("production"), alias("staging")), (Some(2), None));
    registry.transition(NAME, 2, "STAGING".parse::<Stage>().unwrap()).unwrap();
    assert_eq!((alias("production"), alias("staging")), (Some(1), Some(2)));
    registry.transition(NAME, 3, only(Stage::Production)).unwrap();
    assert_eq!(stages(&registry), [Stage::Archived, Stage::Staging, Stage::Production]);
    registry.transition(NAME, 3, Stage::Archived).unwrap();
    assert_eq!((alias("production"), alias("staging")), (None, Some(2)));
    for (uri, version) in [("latest", 3), ("LATEST", 3), ("staging", 2), ("archived", 3), ("2", 2)]
    {
        let uri = format!("models:/{NAME}/{uri}");
        assert_eq!(registry.resolve(&uri).unwrap().version, version, "{uri}");
    }
    for stage in [Stage::None, Stage::Archived] {
        assert_eq!(
            text_of(registry.transition(NAME, 1, only(stage))),
            format!(
                "registry: archive_existing is for the stages Staging and Production, not for {stage}; leave it out"
            )
        );
    }
    // What is there already stays, and is no news.
    let moves = registry.history(NAME).unwrap().records.len();
    registry.transition(NAME, 2, only(Stage::Staging)).unwrap();
    assert_eq!(registry.history(NAME).unwrap().records.len(), moves);
}

#[test]
fn a_lower_version_can_be_the_only_one_in_production() {
    let (_folder, registry) = registry();
    register(&registry, 4);
    for version in [1, 2, 3] {
        registry.transition(NAME, version, only(Stage::Production)).unwrap();
    }
    assert_eq!(registry.rollback(NAME, "3 is slow").unwrap().version, 2);
    assert_eq!(
        stages(&registry),
        [Stage::Archived, Stage::Production, Stage::Archived, Stage::None]
    );
    assert_eq!(registry.model(NAME).unwrap().aliases["production"], 2);
    // Not back to what was rolled back, but further.
    assert_eq!(registry.rollback(NAME, "2 too").unwrap().version, 1);
    assert_eq!(
        text_of(registry.rollback(NAME, "")),
        "registry: model \"sentiment-classifier\" cannot be rolled back: its history has no version that was in Production \
         before version 1; move a version to Production by its number"
    );
    let history = registry.history(NAME).unwrap();
    assert!(history.warnings.is_empty());
    let moves: Vec<_> =
        history.records.iter().map(|e| (e.version, e.from, e.to.unwrap(), e.action)).collect();
    let (none, production, archived) = (Stage::None, Stage::Production, Stage::Archived);
    assert_eq!(
        moves,
        [
            (1, none, production, Action::Transition),
            (2, none, production, Action::Transition),
            (1, production, archived, Action::Replaced),
            (3, none, production, Action::Transition),
            (2, production, archived, Action::Replaced),
            (2, archived, production, Action::Rollback),
            (3, production, archived, Action::Replaced),
            (1, archived, production, Action::Rollback),
            (2, production, archived, Action::Replaced),
        ]
    );
    assert_eq!(
        (history.records[5].why.as_str(), history.records[4].why.as_str()),
        ("3 is slow", "")
    );
    assert!(history.records.iter().all(|e| e.time_ms > 1_700_000_000_000 && !e.user.is_empty()));
    // A version that is gone is passed over.
    registry.transition(NAME, 4, only(Stage::Production)).unwrap();
    registry.transition(NAME, 3, only(Stage::Production)).unwrap();
    registry.delete_version(NAME, 4, "").unwrap();
    assert_eq!(registry.rollback(NAME, "").unwrap().version, 1);
}

#[test]
fn what_was_deleted_keeps_its_number_and_loses_its_names() {
    let (_folder, registry) = registry();
    register(&registry, 3);
    registry.transition(NAME, 2, Stage::Production).unwrap();
    registry.transition(NAME, 3, Stage::Production).unwrap();
    registry.set_alias(NAME, "champion", 3).unwrap();
    registry.delete_version(NAME, 3, "broken").unwrap();
    let model = registry.model(NAME).unwrap();
    assert_eq!(model.versions.iter().map(|v| v.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(model.aliases, BTreeMap::from([("production".to_owned(), 2)]));
    let folder = registry.store().path().join("models").join(NAME);
    let meta = fs::read_to_string(folder.join("version-3/meta.yaml")).unwrap();
    assert!(meta.contains("current_stage: \"Deleted_Internal\"\n"), "{meta}");
    assert_eq!(
        text_of(registry.load("models:/sentiment-classifier/3")),
        "registry: model \"sentiment-classifier\" has no version 3; it has 1, 2"
    );
    let last = registry.history(NAME).unwrap().records.pop().unwrap();
    assert_eq!(
        (last.version, last.to, last.action, last.why.as_str()),
        (3, None, Action::Delete, "broken")
    );
    register(&registry, 1);
    assert_eq!(registry.resolve("models:/sentiment-classifier/latest").unwrap().version, 4);

    registry.delete_model(NAME).unwrap();
    assert_eq!(
        text_of(registry.model(NAME)),
        "registry: there is no model \"sentiment-classifier\"; the registry has none"
    );
    assert_eq!(text_of(registry.delete_model(NAME)), text_of(registry.model(NAME)));
    assert_eq!(fs::read_dir(registry.store().path().join(".trash")).unwrap().count(), 0);
    register(&registry, 1);
    assert_eq!(registry.model(NAME).unwrap().latest().unwrap().version, 1);
}

#[test]
fn tags_have_mlflows_limits_and_no_twins_by_case() {
    let (_folder, registry) = registry();
    register(&registry, 1);
    let longest = "é".repeat(100_000);
    registry.set_model_tag(NAME, "note", &longest).unwrap();
    registry.set_version_tag(NAME, 1, "note", &longest).unwrap();
    let pipeline = pipeline();
    let tagged = |tags: &[(&str, &str)]| {
        let new = NewVersion::from_pipeline(&pipeline);
        let new = tags.iter().fold(new, |new, (key, value)| new.tag(key, value));
        text_of(registry.create_version(NAME, new))
    };
    let longer = format!("{longest}x");
    for text in [
        text_of(registry.set_model_tag(NAME, "long", &longer)),
        text_of(registry.set_version_tag(NAME, 1, "long", &longer)),
        tagged(&[("long", &longer)]),
    ] {
        assert!(text.ends_with(" has 100001 characters; the limit is 100000"), "{text}");
    }
    registry.set_model_tag(NAME, "note", "replaced").unwrap();
    registry.set_version_tag(NAME, 1, "Val/loss", "x").unwrap();
    let differs = |key: &str, other: &str| {
        format!(
            "tracking: tag key {key:?} differs from {other:?} by case only; file systems that do not tell case apart would take \
             them for one"
        )
    };
    assert_eq!(text_of(registry.set_model_tag(NAME, "Note", "x")), differs("Note", "note"));
    assert_eq!(text_of(registry.set_version_tag(NAME, 1, "val/x", "x")), differs("val/x", "Val"));
    assert_eq!(tagged(&[("a", "x"), ("A", "x")]), differs("a", "A"));
    assert_eq!(tagged(&[("Ressenti.sha256", "x")]), differs("Ressenti.sha256", "ressenti.sha256"));
    assert_eq!(registry.model(NAME).unwrap().versions.len(), 1);

    registry.delete_model_tag(NAME, "note").unwrap();
    registry.delete_model_tag(NAME, "note").unwrap();
    assert_eq!(registry.model(NAME).unwrap().tags, BTreeMap::new());
    registry.set_model_tag(NAME, "Note", "x").unwrap();
    assert_eq!(registry.model(NAME).unwrap().tags["Note"], "x");
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let (_folder, registry) = registry();
    assert!(
        text_of(registry.load("models:/m/1")).ends_with("no model \"m\"; the registry has none")
    );
    register(&registry, 2);
    registry.set_alias(NAME, "champion", 1).unwrap();
    let table = [
        (
            "models:/other/1",
            "there is no model \"other\"; the registry has \"sentiment-classifier\"",
        ),
        (
            "models:/sentiment-classifier/3",
            "model \"sentiment-classifier\" has no version 3; it has 1, 2",
        ),
        (
            "models:/sentiment-classifier/Production",
            "model \"sentiment-classifier\" has no version in stage Production; it has 1 (None), 2 (None)",
        ),
        (
            "models:/sentiment-classifier@best",
            "model \"sentiment-classifier\" has no version called \"best\"; its aliases are \"champion\"",
        ),
    ];
    for (uri, problem) in table {
        assert_eq!(text_of(registry.load(uri)), format!("registry: {problem}"));
    }
    let error = registry.load("runs:/0af3/model").unwrap_err();
    assert!(
        matches!(&error, Error::Tracking { problem: TrackingError::NoSuchRun { id, .. } } if id == "0af3")
    );
    let run = registry.store().start_run("tweets", "no model").unwrap();
    let uri = format!("runs:/{}/model", run.id());
    let text = text_of(registry.load(&uri));
    assert!(
        text.starts_with(&format!(
            "registry: artifact \"model\" of run {} has no model file",
            run.id()
        )),
        "{text}"
    );
    for path in ["../model", "/etc/passwd", "a/../../b"] {
        let text = text_of(registry.load(&format!("runs:/{}/{path}", run.id())));
        assert!(text.starts_with("tracking: artifact path "), "{text}");
    }
    for result in [
        registry.set_alias(NAME, "x", 9),
        registry.delete_version(NAME, 9, ""),
        registry.set_version_tag(NAME, 9, "a", "b"),
        registry.set_version_description(NAME, 9, "a"),
        registry.transition(NAME, 9, Stage::Staging).map(drop),
    ] {
        assert!(text_of(result).ends_with("has no version 9; it has 1, 2"));
    }
    assert!(text_of(registry.delete_alias(NAME, "x")).contains("has no version called \"x\""));
    assert!(
        text_of(registry.create_model(NAME))
            .ends_with("is taken; create_version adds a version to it")
    );
}

#[test]
fn a_file_that_changed_is_not_loaded() {
    let (folder, registry) = registry();
    let path = folder.path().join("model.ressenti");
    pipeline().save(&path).unwrap();
    let uri = path.to_str().unwrap();
    let stays = registry.create_version(NAME, NewVersion::from_uri(uri)).unwrap();
    let copied = registry.create_version(NAME, NewVersion::from_file(&path)).unwrap();
    let again = registry
        .create_version(NAME, NewVersion::from_uri("models:/sentiment-classifier/1"))
        .unwrap();
    assert_eq!(stays.sha256(), copied.sha256());
    assert_eq!(again.source, stays.source);
    stays.load().unwrap();
    marked(5).save(&path).unwrap();
    let error = stays.load().unwrap_err();
    assert!(matches!(
        &error,
        Error::Registry { problem: RegistryError::Digest { version: 1, .. } }
    ));
    let text = error.to_string();
    assert!(
        text.contains("model.ressenti is ") && text.contains(stays.sha256().unwrap()),
        "{text}"
    );
    copied.load().unwrap();
    fs::remove_file(&path).unwrap();
    assert!(
        text_of(stays.load())
            .starts_with("registry: version 1 of model \"sentiment-classifier\" has no model file")
    );
    // Nor is what is none registered.
    fs::write(&path, b"rubbish").unwrap();
    for new in [NewVersion::from_file(&path), NewVersion::from_uri(uri)] {
        let error = registry.create_version(NAME, new).unwrap_err();
        assert!(matches!(&error, Error::ModelFile { path: Some(_), .. }), "{error}");
    }
    let error = registry.create_version("new", NewVersion::from_uri("/dev/zero")).unwrap_err();
    assert!(error.to_string().ends_with("it is no regular file"), "{error}");
    assert_eq!(stages(&registry).len(), 3);
    assert_eq!(
        text_of(registry.set_version_tag(NAME, 1, "ressenti.sha256", "x")),
        "registry: tag key \"ressenti.sha256\" \
        is the digest of the model file, which does not change; register a new version"
    );
}

#[test]
fn a_moved_store_keeps_its_models() {
    let (folder, registry) = registry();
    let run = registry.store().start_run("tweets", "one").unwrap();
    pipeline().log_to(&run).unwrap();
    registry.create_version(NAME, NewVersion::from_run(run.id())).unwrap();
    register(&registry, 1);
    drop(run);
    let moved = folder.path().join("moved");
    fs::rename(registry.store().path(), &moved).unwrap();
    let registry = Registry::open(&moved).unwrap();
    for version in 1..=2 {
        registry.version(NAME, version).unwrap().load().unwrap();
    }
}

#[test]
fn a_rebased_registry_says_where_its_models_are() {
    let (folder, registry) = registry();
    let run = registry.store().start_run("tweets", "one").unwrap();
    pipeline().log_to(&run).unwrap();
    run.finish(RunStatus::Finished).unwrap();
    let elsewhere = folder.path().join("elsewhere.ressenti");
    pipeline().save(&elsewhere).unwrap();
    let by_path = NewVersion::from_uri(elsewhere.to_str().unwrap());
    for new in [NewVersion::from_run(run.id()), NewVersion::from_pipeline(&pipeline()), by_path] {
        registry.create_version(NAME, new).unwrap();
    }
    let sources = |registry: &Registry| -> Vec<String> {
        let model = registry.model(NAME).unwrap();
        model.versions.into_iter().map(|version| version.source.unwrap()).collect()
    };
    let (before, old) = (sources(&registry), registry.store().uri().to_owned());
    // A copy, whose versions would be read where they were copied from.
    let copy = folder.path().join("a copy");
    copy_folder(registry.store().path(), &copy);
    let registry = Registry::open(&copy).unwrap();
    let rebased = registry.rebase().unwrap();
    assert_eq!((rebased.experiments, rebased.runs, rebased.versions), (1, 1, 2));
    assert!(rebased.warnings.is_empty(), "{:?}", rebased.warnings);
    let uri = registry.store().uri();
    let expected: Vec<String> = before.iter().map(|source| source.replace(&old, uri)).collect();
    assert_eq!(sources(&registry), expected);
    for version in 1..=2 {
        let version = registry.version(NAME, version).unwrap();
        version.load().unwrap();
        assert!(version.model_file().unwrap().starts_with(&copy));
    }
    assert_eq!(registry.rebase().unwrap().versions, 0);
}

#[test]
fn a_rebase_tells_a_model_that_was_moved_from_one_that_is_elsewhere_on_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| Registry::open(folder.path().join(name)).unwrap();
    let (staging, prod) = (open("staging"), open("prod"));
    staging.create_version(NAME, NewVersion::from_pipeline(&marked(1))).unwrap();
    let theirs = staging.version(NAME, 1).unwrap().model_file().unwrap();
    prod.create_version(NAME, NewVersion::from_pipeline(&marked(2))).unwrap();
    prod.create_version(NAME, NewVersion::from_uri(theirs.to_str().unwrap())).unwrap();
    prod.create_version(NAME, NewVersion::from_pipeline(&marked(3))).unwrap();
    let source = |registry: &Registry, version| registry.version(NAME, version).unwrap().source;
    let before = source(&prod, 2);
    // Nothing was moved, so nothing changes.
    assert_eq!(prod.rebase().unwrap().versions, 0);
    assert_eq!(source(&prod, 2), before);

    // The third is as one that MLflow registered, without a digest.
    let tag = format!("models/{NAME}/version-3/tags/ressenti.sha256");
    fs::remove_file(prod.store().path().join(tag)).unwrap();
    fs::rename(prod.store().path(), folder.path().join("moved")).unwrap();
    let moved = open("moved");
    let rebased = moved.rebase().unwrap();
    assert_eq!((rebased.versions, rebased.warnings.len()), (2, 0), "{:?}", rebased.warnings);
    for version in [1, 3] {
        let expected = format!("{}/models/{NAME}/version-{version}/model", moved.store().uri());
        assert_eq!(source(&moved, version), Some(expected));
    }
    assert_eq!(source(&moved, 2), before);
    moved.version(NAME, 2).unwrap().load().unwrap();
}

#[test]
fn checks_refuse_with_their_reasons() {
    let (_folder, registry) = registry();
    let run = registry.store().start_run("tweets", "one").unwrap();
    let pipeline = pipeline();
    pipeline.log_to(&run).unwrap();
    pipeline.evaluate_with(&TEXTS, &LABELS, &run).unwrap();
    run.finish(RunStatus::Finished).unwrap();
    registry.create_version(NAME, NewVersion::from_run(run.id())).unwrap();
    let before = files(&registry.store().path().join("models"));
    let swapped = ["0", "1", "0", "1"];
    let to = only(Stage::Production)
        .check(Check::Loads)
        .check(Check::at_least("f1_score", 1.5))
        .check(Check::at_most("accuracy", 1.0))
        .check(Check::parity(&TEXTS, &swapped, 0.01));
    let error = registry.transition(NAME, 1, to).unwrap_err();
    let Error::Registry { problem: RegistryError::Refused { reasons, version: 1, .. } } = error
    else {
        panic!("{error}");
    };
    assert_eq!(
        reasons[0],
        format!("f1_score is 1 in its run {}, at least 1.5 is asked for", run.id())
    );
    let accuracy = format!(
        "accuracy is 0 on the holdout and 1 in its run {}, which is further apart than 0.01",
        run.id()
    );
    assert!(reasons.contains(&accuracy), "{reasons:?}");
    assert_eq!(files(&registry.store().path().join("models")), before);
    let to = only(Stage::Production)
        .check(Check::at_least("f1_score", 0.9))
        .check(Check::parity(&TEXTS, &LABELS, 0.0));
    assert_eq!(registry.transition(NAME, 1, to).unwrap().stage, Stage::Production);
}

#[test]
fn a_version_that_does_not_load_is_refused_with_all_reasons() {
    let (_folder, registry) = registry();
    let run = registry.store().start_run("tweets", "one").unwrap();
    run.log_metric("f1_score", 0.5, 0).unwrap();
    let pipeline = pipeline();
    let new = NewVersion::from_pipeline(&pipeline).run_id(run.id());
    let version = registry.create_version(NAME, new).unwrap();
    let file = version.model_file().unwrap();
    let before = stages(&registry);
    let refused = || {
        let to = only(Stage::Production)
            .check(Check::Loads)
            .check(Check::at_least("f1_score", 0.75))
            .check(Check::at_least("accuracy", 0.5))
            .check(Check::parity(&TEXTS, &LABELS, 0.0));
        match registry.transition(NAME, 1, to).unwrap_err() {
            Error::Registry { problem: RegistryError::Refused { reasons, .. } } => reasons,
            other => panic!("{other}"),
        }
    };
    let figures = [
        format!("f1_score is 0.5 in its run {}, at least 0.75 is asked for", run.id()),
        "its run has no figure accuracy and its card cannot be read, at least 0.5 is asked for"
            .to_owned(),
    ];
    fs::write(&file, b"another").unwrap();
    let reasons = refused();
    assert!(
        reasons[0].starts_with("it does not load: registry: version 1 of model "),
        "{reasons:?}"
    );
    assert!(reasons[0].contains(" is not the file that was registered: "), "{reasons:?}");
    assert_eq!(reasons[1..], figures);
    fs::remove_file(&file).unwrap();
    let reasons = refused();
    assert!(reasons[0].contains(" has no model file of this crate: "), "{reasons:?}");
    assert_eq!(reasons[1..], figures);
    // Of a version without a digest, such as MLflow's, the file itself must tell.
    fs::write(&file, b"another").unwrap();
    fs::remove_dir_all(file.parent().unwrap().with_file_name("tags")).unwrap();
    let error =
        text_of(registry.transition(NAME, 1, Transition::to(Stage::Staging).check(Check::Loads)));
    assert!(error.contains(" was not moved to Staging: it does not load: "), "{error}");
    assert_eq!(stages(&registry), before);
}

#[test]
fn a_live_model_follows_its_stage_and_keeps_what_works() {
    let (_folder, registry) = registry();
    let promote = |mark| {
        let version =
            registry.create_version(NAME, NewVersion::from_pipeline(&marked(mark))).unwrap();
        registry.transition(NAME, version.version, only(Stage::Production)).unwrap();
    };
    assert!(
        text_of(registry.live("models:/sentiment-classifier/Production"))
            .contains("there is no model")
    );
    promote(1);
    let live = registry.live("models:/sentiment-classifier/Production").unwrap();
    assert_eq!(live.refresh().unwrap(), Refresh::Unchanged);
    promote(2);
    let held = live.model();
    assert_eq!((live.version(), live.predict("good").unwrap().model_version()), (1, Some("1")));
    assert_eq!(live.clone().refresh().unwrap(), Refresh::Swapped { from: 1, to: 2 });
    let prediction = live.predict("good").unwrap();
    assert_eq!((prediction.label(), prediction.model_version()), ("2", Some("2")));
    assert_eq!(held.predict("good").unwrap().label(), "1");
    assert_eq!(held.version().version, 1);
    let mut scratch = Scratch::default();
    let prediction = held.predict_with("good", &mut scratch).unwrap();
    assert_eq!((prediction.label(), prediction.model_version()), ("1", Some("1")));
    let batch = live.model();
    let versions: Vec<_> = batch
        .predict_batch(&["good", "bad"])
        .into_iter()
        .map(|p| p.unwrap().model_version().map(str::to_owned))
        .collect();
    assert_eq!(versions, [Some("2".to_owned()), Some("2".to_owned())]);
    // Back to a lower one.
    registry.rollback(NAME, "").unwrap();
    assert_eq!(live.refresh().unwrap(), Refresh::Swapped { from: 2, to: 1 });
    // A broken one never takes the place of one that works.
    promote(3);
    let model = registry.version(NAME, 3).unwrap().model_file().unwrap();
    let whole = fs::read(&model).unwrap();
    fs::write(&model, b"torn").unwrap();
    let error = live.refresh().unwrap_err();
    assert!(matches!(error, Error::Registry { problem: RegistryError::Digest { version: 3, .. } }));
    assert_eq!(live.predict("good").unwrap().label(), "1");
    fs::write(&model, whole).unwrap();
    assert_eq!(live.refresh().unwrap(), Refresh::Swapped { from: 1, to: 3 });
    registry.transition(NAME, 3, Stage::Archived).unwrap();
    assert!(text_of(live.refresh()).contains("has no version in stage Production"));
    assert_eq!(live.version(), 3);
    // Deleted, and registered again under the same numbers.
    registry.delete_model(NAME).unwrap();
    assert!(live.refresh().is_err());
    let live = {
        promote(7);
        registry.live("models:/sentiment-classifier@production").unwrap()
    };
    registry.delete_model(NAME).unwrap();
    promote(8);
    assert_eq!(live.refresh().unwrap(), Refresh::Swapped { from: 1, to: 1 });
    assert_eq!(live.predict("good").unwrap().label(), "8");
}

#[test]
fn a_live_model_looks_when_it_is_due() {
    let (_folder, registry) = registry();
    register(&registry, 1);
    registry.transition(NAME, 1, only(Stage::Production)).unwrap();
    let live = registry.live("models:/sentiment-classifier/Production").unwrap();
    let live = live.every(Duration::from_secs(10));
    let begun = Instant::now();
    let at = |seconds| live.refresh_if_due(begun + Duration::from_secs(seconds));
    assert_eq!(at(0).unwrap(), Refresh::NotDue);
    register(&registry, 1);
    registry.transition(NAME, 2, only(Stage::Production)).unwrap();
    assert_eq!(at(9).unwrap(), Refresh::NotDue);
    assert_eq!(at(10).unwrap(), Refresh::Swapped { from: 1, to: 2 });
    assert_eq!(at(11).unwrap(), Refresh::NotDue);
    assert_eq!(at(20).unwrap(), Refresh::Unchanged);
    registry.delete_model(NAME).unwrap();
    assert!(at(30).is_err());
    assert_eq!(at(31).unwrap(), Refresh::NotDue);
    assert!(at(40).is_err());
}

#[test]
fn scoring_is_never_disturbed_by_a_swap() {
    let (_folder, registry) = registry();
    for mark in [1, 2] {
        registry.create_version(NAME, NewVersion::from_pipeline(&marked(mark))).unwrap();
    }
    registry.transition(NAME, 1, only(Stage::Production)).unwrap();
    let live = registry.live("models:/sentiment-classifier/Production").unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let prediction = live.predict("good").unwrap();
                    // The label is the version's, and the answer says so.
                    assert_eq!(Some(prediction.label()), prediction.model_version());
                }
            });
        }
        for i in 0..60 {
            registry.transition(NAME, 1 + (i + 1) % 2, only(Stage::Production)).unwrap();
            assert!(matches!(live.refresh().unwrap(), Refresh::Swapped { .. }));
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn there_is_exactly_one_in_production_at_any_moment() {
    let (_folder, registry) = registry();
    register(&registry, 3);
    registry.transition(NAME, 1, only(Stage::Production)).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = 0;
                    while !done.load(Ordering::Relaxed) {
                        let model = registry.model(NAME).unwrap();
                        let live: Vec<_> = model
                            .versions
                            .iter()
                            .filter(|v| v.stage == Stage::Production)
                            .collect();
                        assert_eq!(live.len(), 1);
                        assert_eq!(model.aliases["production"], live[0].version);
                        seen += 1;
                    }
                    seen
                })
            })
            .collect();
        for i in 0..150 {
            registry.transition(NAME, 1 + (i + 1) % 3, only(Stage::Production)).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        let seen: u32 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(seen > 20, "{seen}");
    });
}

#[test]
fn one_bad_entry_hides_no_other() {
    let (_folder, registry) = registry();
    register(&registry, 6);
    let models = registry.store().path().join("models");
    let write = |name: &str, text: &[u8]| {
        let path = models.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let head = format!("creation_timestamp: 1\nname: {NAME}\n");
    let bad = [
        write("empty/meta.yaml", b""),
        write("renamed/meta.yaml", b"name: other\n"),
        write("bomb/meta.yaml", &vec![b'['; 100_000]),
        write("sentiment-classifier/version-1/meta.yaml", b"name: \"torn"),
        write("sentiment-classifier/version-2/meta.yaml", format!("{head}version: 9\n").as_bytes()),
        write(
            "sentiment-classifier/version-3/meta.yaml",
            format!("{head}version: 3\ncurrent_stage: live\n").as_bytes(),
        ),
        write("sentiment-classifier/version-4/tags/bad~", b"x"),
        write("sentiment-classifier/version-4/tags/latin", &[0xff]),
        write("sentiment-classifier/aliases/nowhere", b"99"),
        write("sentiment-classifier/aliases/word", b"one"),
    ];
    write("sentiment-classifier/aliases/editor", b"6\n");
    write("sentiment-classifier/.ressenti.history.yaml", b"rubbish\n- {");
    fs::create_dir_all(models.join(".lock")).unwrap();
    fs::create_dir_all(models.join("sentiment-classifier/version-07")).unwrap();
    fs::create_dir_all(models.join("sentiment-classifier/tmp-x")).unwrap();
    fs::write(models.join("note.txt"), b"x").unwrap();
    fs::remove_file(models.join("sentiment-classifier/version-5/meta.yaml")).unwrap();

    let listing = registry.models().unwrap();
    let warnings: Vec<String> = listing.warnings.iter().map(ToString::to_string).collect();
    for path in bad.iter().filter(|path| !path.contains("bad~")) {
        assert!(warnings.iter().any(|warning| warning.contains(path)), "{path}: {warnings:#?}");
    }
    assert!(warnings.iter().any(|warning| warning.contains("bad~")), "{warnings:#?}");
    assert!(warnings.iter().any(|w| w.contains("version-5/meta.yaml is malformed: it is missing")));
    assert_eq!(warnings.len(), bad.len() + 1, "{warnings:#?}");
    let model = &listing.records[0];
    assert_eq!((listing.records.len(), model.versions.len()), (1, 2));
    assert_eq!(model.aliases, BTreeMap::from([("editor".to_owned(), 6)]));
    let history = registry.history(NAME).unwrap();
    assert_eq!((history.records.len(), history.warnings.len()), (0, 2));
    // Work goes on, and no number is given twice.
    register(&registry, 1);
    registry.transition(NAME, 7, only(Stage::Production)).unwrap();
    assert_eq!(registry.history(NAME).unwrap().records.len(), 1);
    assert_eq!(registry.resolve("models:/sentiment-classifier/latest").unwrap().version, 7);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let (folder, registry) = registry();
    register(&registry, 1);
    let outside = folder.path().join("outside");
    let other = Registry::open(&outside).unwrap();
    register(&other, 2);
    let before = files(&outside);
    let models = registry.store().path().join("models");
    symlink(outside.join("models").join(NAME), models.join("linked")).unwrap();
    symlink(
        outside.join("models").join(NAME).join("version-2"),
        models.join(NAME).join("version-2"),
    )
    .unwrap();
    symlink(outside.join("models").join(NAME).join("aliases"), models.join(NAME).join("aliases"))
        .unwrap();
    symlink(
        outside.join("models").join(NAME).join("version-2/tags"),
        models.join(NAME).join("tags"),
    )
    .unwrap();
    let listing = registry.models().unwrap();
    let warnings: Vec<String> = listing.warnings.iter().map(ToString::to_string).collect();
    assert!(
        warnings.iter().any(|w| w.contains("linked") && w.contains("leads through the link")),
        "{warnings:#?}"
    );
    assert!(
        warnings.iter().any(|w| w.contains("version-2") && w.contains("leads through the link")),
        "{warnings:#?}"
    );
    assert_eq!(listing.records[0].versions.len(), 1);
    for result in [
        registry.set_alias(NAME, "champion", 1),
        registry.set_model_tag(NAME, "a", "b"),
        registry.set_model_description("linked", "x"),
        registry.set_model_tag("linked", "a", "b"),
        registry.create_version("linked", NewVersion::from_pipeline(&pipeline())).map(drop),
        registry.delete_model("linked"),
        registry.transition(NAME, 1, only(Stage::Production)).map(drop),
    ] {
        let text = text_of(result);
        assert!(text.contains(" leads through the link "), "{text}");
    }
    assert_eq!(stages(&registry), [Stage::None]);
    // A number that something has is not given.
    assert_eq!(
        registry.create_version(NAME, NewVersion::from_pipeline(&pipeline())).unwrap().version,
        3
    );
    assert_eq!(files(&outside), before);
    let (folder, registry) = self::registry();
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    symlink(folder.path().join("elsewhere"), registry.store().path().join("models")).unwrap();
    let text = text_of(registry.create_model("m"));
    assert!(text.contains(" leads through the link "), "{text}");
    assert_eq!(fs::read_dir(folder.path().join("elsewhere")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn links_among_the_stores_own_files_lead_nowhere() {
    use std::os::unix::fs::symlink;
    for (own, problems) in [
        (".ressenti.intent", ["is malformed", "is malformed", "is malformed"]),
        (
            ".ressenti.registry.lock",
            ["is no regular file", "is no regular file", "is no regular file"],
        ),
        (".trash", ["fine", "leads through the link", "leads through the link"]),
    ] {
        let (folder, registry) = registry();
        register(&registry, 2);
        registry.transition(NAME, 1, only(Stage::Production)).unwrap();
        let outside = folder.path().join("outside");
        fs::create_dir_all(outside.join("folder")).unwrap();
        fs::write(outside.join("file"), "theirs").unwrap();
        let path = registry.store().path().join(own);
        fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)).unwrap();
        let to = if own == ".trash" { "folder" } else { "file" };
        symlink(outside.join(to), &path).unwrap();
        let found = [
            text_of(registry.transition(NAME, 2, only(Stage::Production))),
            text_of(registry.create_version("new", NewVersion::from_pipeline(&pipeline()))),
            text_of(registry.delete_model(NAME)),
        ];
        for (found, problem) in found.iter().zip(problems) {
            assert!(found.contains(problem), "{own}: {found}");
        }
        assert_eq!(registry.model(NAME).unwrap().versions.len(), 2);
        assert_eq!(files(&outside), [("file".to_owned(), b"theirs".to_vec())].into());
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_registry_is_read_and_refuses_changes() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, registry) = registry();
    register(&registry, 1);
    let root = registry.store().path().to_owned();
    let mode = |mode| {
        for folder in [root.clone(), root.join("models"), root.join("models").join(NAME)] {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    mode(0o555);
    if fs::write(root.join("probe"), b"").is_ok() {
        mode(0o755);
        fs::remove_file(root.join("probe")).unwrap();
        eprintln!("skipped: the superuser writes everywhere");
        return;
    }
    let again = Registry::open(&root).unwrap();
    again.load("models:/sentiment-classifier/1").unwrap();
    let texts = [
        text_of(again.create_version(NAME, NewVersion::from_pipeline(&pipeline()))),
        text_of(again.transition(NAME, 1, Stage::Production)),
        text_of(again.create_model("m")),
        text_of(again.delete_model(NAME)),
    ];
    mode(0o755);
    for text in texts {
        assert!(text.contains(": Permission denied"), "{text}");
    }
    assert_eq!(stages(&registry), [Stage::None]);
}

#[test]
fn names_that_differ_in_case_only_are_refused() {
    let (_folder, registry) = registry();
    register(&registry, 1);
    registry.set_alias(NAME, "Champion", 1).unwrap();
    let text = text_of(registry.set_alias(NAME, "champion", 1));
    assert!(
        text.starts_with("registry: alias \"champion\" differs from \"Champion\" in case only"),
        "{text}"
    );
    let text = text_of(registry.create_model("Sentiment-Classifier"));
    assert!(text.contains("differs from \"sentiment-classifier\" in case only"), "{text}");
    for alias in ["Production", "staging", "latest", "v1", "../x", ""] {
        assert!(matches!(
            registry.set_alias(NAME, alias, 1),
            Err(Error::Registry { problem: RegistryError::InvalidName { what: "alias", .. } })
        ));
    }
}

/// What `models` has, in the words of `mlflow_reads.py`.
fn facts(registry: &Registry) -> Value {
    let listing = registry.models().unwrap();
    assert!(listing.warnings.is_empty(), "{:?}", listing.warnings);
    let mut facts = json!({});
    for model in listing.records {
        let mut versions = json!({});
        let mut by_stage = json!({});
        for v in &model.versions {
            by_stage[v.stage.name()] = json!(v.version.to_string());
            versions[v.version.to_string()] = json!({
                "stage": v.stage.name(), "source": v.source, "run_id": v.run_id, "status": "READY",
                "description": v.description, "created": v.creation_time_ms, "updated": v.last_update_time_ms,
                "tags": v.tags, "aliases": v.aliases,
            });
        }
        let aliases: BTreeMap<_, _> =
            model.aliases.iter().map(|(a, v)| (a, v.to_string())).collect();
        facts[&model.name] = json!({
            "description": model.description, "created": model.creation_time_ms, "updated": model.last_update_time_ms,
            "tags": model.tags, "aliases": aliases, "latest_by_stage": by_stage, "versions": versions,
        });
    }
    facts
}

#[test]
fn what_mlflow_registered_is_read_and_moved() {
    for name in ["mlflow_made_store", "mlflow_made_store_2_22"] {
        let Some((_folder, store, expected)) = made_store(name) else { return };
        let registry = Store::open(&store).unwrap().registry();
        assert_eq!(facts(&registry), expected["registered_models"], "{name}");
        let model = "twitter-sentiment";
        let version = registry.transition(model, 3, only(Stage::Production)).unwrap();
        assert_eq!(version.description.as_deref(), Some("from grid"));
        let found = registry.model(model).unwrap();
        assert_eq!(found.in_stage(Stage::Production).unwrap().version, 3);
        assert_eq!(found.version(2).unwrap().stage, Stage::Archived);
        assert_eq!(found.aliases["production"], 3);
        // It is MLflow's model, not ours.
        let text = text_of(registry.load("models:/twitter-sentiment/Production"));
        assert!(text.contains("has no model file of this crate"), "{text}");
        let error = registry.rollback(model, "").unwrap_err();
        assert!(matches!(
            error,
            Error::Registry { problem: RegistryError::NothingToRollBack { .. } }
        ));
        assert_eq!(
            registry.create_version(model, NewVersion::from_pipeline(&pipeline())).unwrap().version,
            5
        );
        if name == "mlflow_made_store" {
            // The link to a logged model of MLflow 3 survives.
            registry.transition("logged-clf", 1, Stage::Staging).unwrap();
            let meta =
                fs::read_to_string(store.join("models/logged-clf/version-1/meta.yaml")).unwrap();
            assert!(meta.contains("model_id: \"m-84006d6e75f74dc5bf4532edf061278a\"\n"), "{meta}");
        }
    }
}

#[test]
fn types_cross_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Registry>();
    shared::<LiveModel>();
    shared::<ServedModel>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_name_is_taken_as_it_is_or_refused(name in "\\PC{0,20}|[a-zA-Z./'%@ :\\\\-]{0,8}", alias in "\\PC{0,10}|[\\w-]{1,20}") {
        let (folder, registry) = registry();
        let before = names(folder.path());
        match registry.create_model(&name) {
            Ok(model) => {
                prop_assert_eq!(&model.name, &name);
                let listing = registry.models().unwrap();
                prop_assert!(listing.warnings.is_empty());
                prop_assert_eq!(&listing.records[0].name, &name);
                let entries = fs::read_dir(registry.store().path().join("models")).unwrap().count();
                prop_assert_eq!(entries, 1);
                registry.create_version(&name, NewVersion::from_pipeline(&pipeline())).unwrap();
                prop_assert_eq!(registry.resolve(&format!("models:/{name}/latest")).unwrap().name, name.clone());
                if registry.set_alias(&name, &alias, 1).is_ok() {
                    let found = registry.resolve(&format!("models:/{name}@{alias}")).unwrap();
                    prop_assert_eq!(found.aliases, vec![alias]);
                }
            }
            Err(error) => {
                let is_named = matches!(&error, Error::Registry { problem: RegistryError::InvalidName { .. } });
                prop_assert!(is_named, "{}", error);
                prop_assert_eq!(names(folder.path()), before);
            }
        }
    }
}
