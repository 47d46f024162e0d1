//! From feedback to Production: what is learnt, what is refused and why, and that a crash between any two steps leaves one
//! champion and a retraining that goes on.

use std::env;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::again::only;
use ressenti::monitor::feedback::{Correction, Corrections};
use ressenti::registry::{NewVersion, Registry, Stage, Transition};
use ressenti::retrain::ab::{AbParams, AbTest, Outcome};
use ressenti::retrain::{
    Challenger, Fate, Gates, Holdout, On, RetrainParams, RetrainPolicy, Retrainer, Seen,
};
use ressenti::select::Budget;
use ressenti::tracker::{RunState, Tracker};
use ressenti::{Error, Pipeline, Prior, Step};

const NAME: &str = "sentiment";

/// Labelled texts of a world with its own words; every so many is labelled wrongly, as people do.
fn world(name: &str, n: usize, wrong_every: usize) -> (Vec<String>, Vec<&'static str>) {
    let text = |i: usize| {
        let mood = ["gloom", "joy"][i % 2];
        format!("{name}{mood}{} {name}thing{} flight {name}number{i}", i % 5, i % 7)
    };
    let label = |i: usize| {
        let right = i % 2;
        ["negative", "positive"]
            [if (i + 1).is_multiple_of(wrong_every) { 1 - right } else { right }]
    };
    ((0..n).map(text).collect(), (0..n).map(label).collect())
}

fn old_data() -> (Vec<String>, Vec<&'static str>) {
    world("old", 800, 15)
}

/// The right labels of answers of version 1 to texts of a world.
fn said(pipeline: &Pipeline, texts: &[String], labels: &[&str]) -> Corrections {
    let said = texts.iter().zip(labels).enumerate().map(|(i, (text, label))| {
        let prediction = pipeline.predict(text).unwrap();
        let id = format!("request {i} {text}");
        Correction::new(id, text, &prediction, *label, Duration::from_secs(i as u64))
            .of_version("1")
    });
    Corrections::new(said.collect())
}

/// A registry whose version 1, in Production, was trained on the old data that is not held out.
fn registry(location: &Path) -> (Registry, Pipeline) {
    let (texts, labels) = old_data();
    let rows = Holdout::default().split(&texts).train;
    let pick = |i: &usize| (texts[*i].as_str(), labels[*i]);
    let (texts, labels): (Vec<_>, Vec<_>) = rows.iter().map(pick).unzip();
    let pipeline = Pipeline::builder().fit(&texts, &labels).unwrap();
    let registry = Registry::open(location).unwrap();
    promote(&registry, &pipeline);
    (registry, pipeline)
}

fn promote(registry: &Registry, pipeline: &Pipeline) -> u32 {
    let version =
        registry.create_version(NAME, NewVersion::from_pipeline(pipeline)).unwrap().version;
    let to = Transition::to(Stage::Production).archive_existing(true);
    registry.transition(NAME, version, to).unwrap();
    version
}

/// Of a world that the champion does not know, so that half its answers are wrong.
fn new_world(pipeline: &Pipeline) -> Corrections {
    let (texts, labels) = world("new", 700, 15);
    said(pipeline, &texts, &labels)
}

fn run(retrainer: &Retrainer, corrections: &Corrections) -> Challenger {
    let (texts, labels) = old_data();
    retrainer.run(&texts, &labels, corrections).unwrap()
}

fn in_production(registry: &Registry) -> Vec<u32> {
    let versions = registry.model(NAME).unwrap().versions;
    versions.iter().filter(|v| v.stage == Stage::Production).map(|v| v.version).collect()
}

#[test]
fn what_users_correct_is_learnt_and_goes_on_trial_with_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    let decision = retrainer.decide(&RetrainPolicy::default(), &corrections, None).unwrap();
    assert!(decision.is_retrain(), "{decision}");

    let challenger = run(&retrainer, &corrections);
    assert_eq!((challenger.version, challenger.champion), (Some(2), 1), "{challenger}");
    assert_eq!(challenger.fate, Fate::OnTrial);
    assert_eq!(challenger.validation.champion_saw_holdout, Seen::No);
    assert!(!challenger.validation.stand_in);
    let recent = challenger.validation.on(On::Recent).unwrap();
    assert!(recent.accuracy.difference.lower > 0.2, "{recent}");
    assert!(recent.mcnemar.p_value < 1e-6 && recent.rows > 100, "{recent}");
    assert!(challenger.validation.on(On::Holdout).unwrap().accuracy.difference.estimate >= -0.01);

    let version = registry.version(NAME, 2).unwrap();
    assert_eq!(
        (version.stage, version.sha256()),
        (Stage::Staging, Some(challenger.sha256.as_str()))
    );
    let run = registry.store().run(&challenger.run_id).unwrap();
    assert_eq!(run.status, RunState::Finished);
    assert_eq!(run.tags["ressenti.retrain.fate"], "on trial");
    assert!(run.metrics["recent.accuracy.difference"] > 0.2);
    assert_eq!(run.metrics["accuracy"], run.metrics["holdout.accuracy.challenger"]);
    let evidence = run.read_artifact("retrain/evidence.json").unwrap();
    let evidence: Challenger = serde_json::from_slice(&evidence).unwrap();
    assert_eq!(evidence.validation, challenger.validation);
    assert_eq!(in_production(&registry), [1]);
    assert_eq!(retrainer.on_trial().unwrap(), Some(challenger));
}

#[test]
fn corrections_that_were_used_count_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let gates = Gates::default().min_rows(100_000);
    let retrainer = Retrainer::new(&registry, NAME).params(RetrainParams::default().gates(gates));
    let corrections = new_world(&champion);
    let before = retrainer.signals(&corrections, None).unwrap();
    assert_eq!((before.feedback, before.agreement.n), (700, 700));
    assert_eq!(run(&retrainer, &corrections).fate, Fate::Refused);
    let after = retrainer.signals(&corrections, None).unwrap();
    assert_eq!((after.feedback, after.agreement.n), (0, 0));
    assert!(!retrainer.decide(&RetrainPolicy::default(), &corrections, None).unwrap().is_retrain());

    // A new one, and second thoughts on an old one. What speaks of another version does not count against this.
    let mut more = corrections.all().to_vec();
    let first = more[0].clone();
    let other = if first.corrected == "positive" { "negative" } else { "positive" };
    let text = first.text.clone().unwrap();
    let prediction = champion.predict(&text).unwrap();
    more.push(Correction::new(first.id, &text, &prediction, other, Duration::ZERO));
    more.push(Correction::new("new", &text, &prediction, other, Duration::ZERO).of_version("7"));
    let signals = retrainer.signals(&Corrections::new(more), None).unwrap();
    assert_eq!((signals.feedback, signals.agreement.n), (2, 1));
}

#[test]
fn flipped_labels_are_refused_with_reasons_and_not_registered() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let (texts, labels) = world("old", 4_000, 1_000);
    let flipped: Vec<_> = labels
        .iter()
        .map(|label| if *label == "positive" { "negative" } else { "positive" })
        .collect();
    let corrections = said(&champion, &texts[800..], &flipped[800..]);
    let retrainer = Retrainer::new(&registry, NAME);
    let challenger = run(&retrainer, &corrections);
    assert_eq!((challenger.version, &challenger.fate), (None, &Fate::Refused), "{challenger}");
    let reasons = challenger.reasons();
    assert!(reasons.iter().any(|reason| reason.starts_with("its accuracy on the holdout is ")));
    assert!(
        reasons.iter().any(|reason| reason.contains("its recall of \"positive\" on the holdout"))
    );
    let run_record = registry.store().run(&challenger.run_id).unwrap();
    assert_eq!(run_record.tags["ressenti.retrain.fate"], "refused");
    assert_eq!(run_record.tags["ressenti.retrain.reasons"], reasons.join("; "));
    assert_eq!(registry.model(NAME).unwrap().versions.len(), 1);
    assert_eq!(run(&retrainer, &corrections), challenger, "asked again, it is the same");
    assert_eq!(registry.store().runs("retraining").unwrap().records.len(), 1);
}

#[test]
fn the_same_log_data_and_seed_give_the_same_bytes() {
    let (texts, labels) = old_data();
    let make = |setup: &dyn Fn(Retrainer) -> Retrainer| {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        let retrainer = setup(Retrainer::new(&registry, NAME));
        let challenger = retrainer.run(&texts, &labels, &new_world(&champion)).unwrap();
        let uri = format!("runs:/{}/model", challenger.run_id);
        (challenger.key, registry.load(&uri).unwrap().to_bytes())
    };
    let mut seen = Vec::new();
    let setups: [&dyn Fn(Retrainer) -> Retrainer; 4] = [
        &|retrainer| retrainer,
        &|retrainer| retrainer.params(RetrainParams::default().prior(Prior::Weights)),
        &|retrainer| retrainer.tune(Budget::trials(4).folds(2)),
        &|retrainer| retrainer.recipe(Pipeline::builder().preset(ressenti::Preset::Social)),
    ];
    for setup in setups {
        let first = make(setup);
        assert_eq!(make(setup), first);
        assert!(!seen.contains(&first.0), "other settings are another retraining");
        seen.push(first.0);
    }
}

#[test]
fn what_cannot_be_used_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let mut all = new_world(&champion).all().to_vec();
    let prediction = champion.predict("lost").unwrap();
    all.push(Correction::new("typo", "lost", &prediction, "postive", Duration::ZERO));
    all.push(
        Correction::new("private", "lost", &prediction, "negative", Duration::ZERO).without_text(),
    );
    let corrections = Corrections::new(all);
    let challenger = run(&Retrainer::new(&registry, NAME), &corrections);
    assert_eq!((challenger.counts.unknown_label, challenger.counts.without_text), (1, 1));
    assert_eq!(challenger.counts.corrections + challenger.counts.recent, 700);
    let loaded = registry.load(&challenger.uri().unwrap()).unwrap();
    assert_eq!(loaded.classes(), ["negative", "positive"]);
}

#[test]
fn a_champion_that_saw_the_holdout_is_compared_by_a_stand_in() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, _) = registry(folder.path());
    let (texts, labels) = old_data();
    let champion = Pipeline::builder().fit(&texts, &labels).unwrap();
    assert_eq!(promote(&registry, &champion), 2);
    let retrainer = Retrainer::new(&registry, NAME);
    let challenger = run(&retrainer, &new_world(&champion));
    assert_eq!(challenger.validation.champion_saw_holdout, Seen::Yes);
    assert!(challenger.validation.stand_in);
    assert!(challenger.to_string().contains("by a stand-in for the champion"), "{challenger}");

    // One that was trained elsewhere is compared itself, unless we know better.
    let elsewhere = Pipeline::builder().fit(&texts[100..], &labels[100..]).unwrap();
    assert_eq!(promote(&registry, &elsewhere), 4);
    let unknown = run(&retrainer, &new_world(&champion));
    assert_eq!(unknown.validation.champion_saw_holdout, Seen::Unknown);
    assert!(!unknown.validation.stand_in);
    let first = registry.version(NAME, challenger.version.unwrap()).unwrap();
    assert_eq!(first.stage, Stage::Archived, "its champion is gone");
    assert_eq!(in_production(&registry), [4]);
}

#[test]
fn while_a_challenger_is_on_trial_there_is_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    let challenger = run(&retrainer, &corrections);
    let fewer = Corrections::new(corrections.all()[..50].to_vec());
    assert_eq!(run(&retrainer, &fewer), challenger);
    let decision = retrainer.decide(&RetrainPolicy::default(), &corrections, None).unwrap();
    assert_eq!(decision.to_string(), "wait: version 2 is on trial; conclude that first");
}

#[test]
fn of_two_at_once_one_trains_and_the_other_finds_it_done() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let corrections = new_world(&champion);
    let retrain = || run(&Retrainer::new(&registry, NAME), &corrections);
    let (one, other) = std::thread::scope(|scope| {
        let threads = [scope.spawn(retrain), scope.spawn(retrain)];
        let [one, other] = threads.map(|thread| thread.join().unwrap());
        (one, other)
    });
    assert_eq!(one, other);
    assert_eq!(registry.model(NAME).unwrap().versions.len(), 2);
    assert_eq!(registry.store().runs("retraining").unwrap().records.len(), 1);
}

#[test]
fn a_model_without_a_champion_cannot_be_retrained() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let none = Retrainer::new(&registry, "other").run(&["a"], &["b"], &Corrections::default());
    assert!(none.unwrap_err().to_string().starts_with("registry: there is no model \"other\""));
    registry.transition(NAME, 1, Stage::Archived).unwrap();
    let (texts, labels) = old_data();
    let error = Retrainer::new(&registry, NAME).run(&texts, &labels, &new_world(&champion));
    let text = "registry: model \"sentiment\" has no version in stage Production to retrain; register one, and move it there \
                with Registry::transition";
    assert_eq!(error.unwrap_err().to_string(), text);
    let params = RetrainParams::default().holdout(Holdout::default().share(2.0));
    let error = Retrainer::new(&registry, NAME).params(params).run(
        &texts,
        &labels,
        &Corrections::default(),
    );
    let text = "share 2 is not between 0 and 1; hold out a part of the texts, such as 0.2";
    assert_eq!(error.unwrap_err().to_string(), text);
}

/// Steps of a retraining that passes, all of which are reported.
const STEPS: usize = 5;
/// Names the folder that a child works in, and after which step it dies; without them the child's test does nothing.
const FOLDER: &str = "RESSENTI_RETRAIN_FOLDER";
const DIES_AFTER: &str = "RESSENTI_RETRAIN_DIES_AFTER";

fn is_step(step: Step, number: usize) -> bool {
    step.stage == ressenti::Stage::Retrain && step.done == number
}

#[test]
#[ignore = "a child of the next test"]
fn child_that_dies_after_a_step() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let last: usize = env::var(DIES_AFTER).unwrap().parse().unwrap();
    let registry = Registry::open(folder).unwrap();
    let champion = registry.load("models:/sentiment/1").unwrap();
    let (texts, labels) = old_data();
    let die = |step: Step| {
        if is_step(step, last) {
            std::process::abort();
        }
        ControlFlow::Continue(())
    };
    let _ = Retrainer::new(&registry, NAME).run_with(&texts, &labels, &new_world(&champion), &die);
}

#[test]
fn whoever_dies_between_two_steps_leaves_one_champion_and_the_next_goes_on() {
    let whole = tempfile::tempdir().unwrap();
    let (uncrashed, champion) = registry(whole.path());
    let expected = run(&Retrainer::new(&uncrashed, NAME), &new_world(&champion));
    for last in 1..=STEPS {
        let folder = tempfile::tempdir().unwrap();
        drop(registry(folder.path()));
        let child = Command::new(env::current_exe().unwrap())
            .args(only(child_that_dies_after_a_step))
            .env(FOLDER, folder.path())
            .env(DIES_AFTER, last.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!child.success(), "it died after step {last}");

        let registry = Registry::open(folder.path()).unwrap();
        assert_eq!(in_production(&registry), [1], "after step {last}");
        let runs = registry.store().runs("retraining").unwrap().records;
        assert_eq!((runs.len(), runs[0].status), (1, RunState::Running), "after step {last}");
        let trained = std::sync::atomic::AtomicBool::new(false);
        let watch = |step: Step| {
            if step.stage == ressenti::Stage::Train {
                trained.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            ControlFlow::Continue(())
        };
        let (texts, labels) = old_data();
        let retrainer = Retrainer::new(&registry, NAME);
        let challenger =
            retrainer.run_with(&texts, &labels, &new_world(&champion), &watch).unwrap();
        assert_eq!(trained.into_inner(), last < 2, "trained once, after step {last}");
        assert_eq!(challenger.version, Some(2));
        assert_eq!((&challenger.sha256, &challenger.key), (&expected.sha256, &expected.key));
        assert_eq!(challenger.validation, expected.validation);
        assert_eq!(registry.model(NAME).unwrap().versions.len(), 2);
        assert_eq!(registry.version(NAME, 2).unwrap().stage, Stage::Staging);
        let runs = registry.store().runs("retraining").unwrap().records;
        assert_eq!((runs.len(), runs[0].status), (1, RunState::Finished));
        assert_eq!(in_production(&registry), [1]);
    }
}

#[test]
fn whoever_stops_it_goes_on_later() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let (texts, labels) = old_data();
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    for last in 1..=STEPS {
        let stop = |step: Step| {
            if is_step(step, last) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let stopped = retrainer.run_with(&texts, &labels, &corrections, &stop);
        // Once it is registered it is taken up before any step is reported.
        assert!(last == STEPS || matches!(stopped, Err(Error::Cancelled)), "{last}: {stopped:?}");
    }
    assert_eq!(run(&retrainer, &corrections).version, Some(2));
    assert_eq!(registry.model(NAME).unwrap().versions.len(), 2);
}

/// A test of so many outcomes, of which the champion and the challenger have these shares right.
fn trial(n: usize, champion: usize, challenger: usize) -> AbTest {
    let mut test = AbTest::shadow(AbParams::default()).unwrap();
    for i in 0..n {
        // Independent of each other, as 37 and 100 have no common divisor.
        let (a, b) = (i % 100, i * 37 / 100 % 100);
        let both = Outcome::Both { champion: a < champion, challenger: b < challenger };
        test.record(both).unwrap();
    }
    test
}

#[test]
fn a_better_challenger_goes_to_production_and_the_old_champion_is_archived() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    let challenger = run(&retrainer, &corrections);
    let live = registry.live("models:/sentiment/Production").unwrap();

    let test = trial(5, 50, 95);
    assert_eq!(retrainer.conclude(&challenger, &test).unwrap(), challenger, "undecided");
    retrainer.keep_trial(&challenger, &test).unwrap();
    let later = Retrainer::new(&Registry::open(folder.path()).unwrap(), NAME);
    let challenger = later.on_trial().unwrap().unwrap();
    assert_eq!(later.trial(&challenger).unwrap(), Some(test));

    let promoted = later.conclude(&challenger, &trial(2_000, 50, 95)).unwrap();
    assert_eq!((&promoted.fate, promoted.version), (&Fate::Promoted, Some(2)));
    assert_eq!(in_production(&registry), [2]);
    assert_eq!(registry.version(NAME, 1).unwrap().stage, Stage::Archived);
    live.refresh().unwrap();
    assert_eq!(live.version(), 2);
    let entry = registry.history(NAME).unwrap().records.pop().unwrap();
    assert!(entry.why.starts_with("better after 2000 outcomes"), "{}", entry.why);
    let record = registry.store().run(&promoted.run_id).unwrap();
    assert_eq!(
        (record.status, record.tags["ressenti.retrain.fate"].as_str()),
        (RunState::Finished, "promoted")
    );

    // Whatever is asked again, that is how it stays.
    assert_eq!(later.conclude(&challenger, &trial(2_000, 95, 50)).unwrap(), promoted);
    assert_eq!(run(&later, &corrections), promoted, "the same log makes no other version");
    assert_eq!(registry.model(NAME).unwrap().versions.len(), 2);
    assert_eq!(later.on_trial().unwrap(), None);
    // The next one is compared with a champion that is known not to have seen the holdout.
    let more = said(&champion, &world("newer", 400, 15).0, &world("newer", 400, 15).1);
    let both = Corrections::new([corrections.all(), more.all()].concat());
    let next = run(&later, &both);
    assert_eq!((next.champion, next.validation.champion_saw_holdout), (2, Seen::No));
}

#[test]
fn a_challenger_that_loses_is_archived_with_reasons() {
    for (test, word) in
        [(trial(2_000, 90, 60), "harm after"), (trial(100_000, 80, 80), "not better after")]
    {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        let retrainer = Retrainer::new(&registry, NAME);
        let challenger = run(&retrainer, &new_world(&champion));
        let lost = retrainer.conclude(&challenger, &test).unwrap();
        assert!(lost.reasons()[0].starts_with(word), "{:?}", lost.reasons());
        assert_eq!(registry.version(NAME, 2).unwrap().stage, Stage::Archived);
        assert_eq!(in_production(&registry), [1]);
        assert_eq!(retrainer.on_trial().unwrap(), None);
        assert_eq!(run(&retrainer, &new_world(&champion)), lost, "it is not tried again");
        assert_eq!(registry.model(NAME).unwrap().versions.len(), 2);
    }
}

#[test]
fn a_challenger_is_not_promoted_over_a_model_that_it_was_not_compared_with() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let challenger = run(&retrainer, &new_world(&champion));
    assert_eq!(promote(&registry, &champion), 3);
    let kept = retrainer.conclude(&challenger, &trial(2_000, 50, 95)).unwrap();
    let text = "version 3 is in Production, but it was compared with version 1";
    assert_eq!(kept.reasons()[1], text);
    assert_eq!(in_production(&registry), [3]);
    assert_eq!(registry.version(NAME, 2).unwrap().stage, Stage::Archived);
}

/// A crash is what lies in the store once the conclusion is written, and once the version is moved as well.
#[test]
fn whoever_dies_while_concluding_leaves_one_champion_and_the_next_does_the_rest() {
    let conclusion = r#"{"stay": {"version": 2, "moves": 1}, "promote": true,
        "reasons": ["better after 2000 outcomes"], "evidence": null}"#;
    for moved in [false, true] {
        for by_run in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let (registry, champion) = registry(folder.path());
            let retrainer = Retrainer::new(&registry, NAME);
            let challenger = run(&retrainer, &new_world(&champion));
            let half = registry.store().resume_run(&challenger.run_id).unwrap();
            half.log_artifact("retrain/conclusion.json", conclusion.as_bytes()).unwrap();
            std::mem::forget(half); // nobody ended it
            if moved {
                let to = Transition::to(Stage::Production).archive_existing(true);
                registry.transition(NAME, 2, to).unwrap();
            }
            assert_eq!(in_production(&registry).len(), 1);
            let next = if by_run {
                run(&retrainer, &new_world(&champion))
            } else {
                // What came in since does not matter: it was concluded.
                retrainer.conclude(&challenger, &trial(2_000, 95, 50)).unwrap()
            };
            assert_eq!((next.version, &next.fate), (Some(2), &Fate::Promoted));
            assert_eq!(in_production(&registry), [2]);
            let record = registry.store().run(&challenger.run_id).unwrap();
            assert_eq!(record.status, RunState::Finished, "moved {moved}, by run {by_run}");
            assert_eq!(record.tags["ressenti.retrain.fate"], "promoted");
        }
    }
}

#[test]
fn what_was_concluded_before_a_version_was_moved_does_not_decide_its_next_trial() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    let challenger = run(&retrainer, &corrections);
    let (better, undecided) = (trial(2_000, 50, 95), trial(5, 50, 95));
    retrainer.keep_trial(&challenger, &better).unwrap();
    assert_eq!(retrainer.conclude(&challenger, &better).unwrap().fate, Fate::Promoted);

    registry.rollback(NAME, "users complain").unwrap();
    registry.transition(NAME, 2, Stage::Staging).unwrap();
    let again = run(&retrainer, &corrections);
    assert_eq!((again.version, &again.fate), (Some(2), &Fate::OnTrial));
    assert_eq!(retrainer.trial(&again).unwrap(), None, "it begins anew");
    assert_eq!(retrainer.conclude(&again, &undecided).unwrap(), again);
    assert_eq!(in_production(&registry), [1]);
    retrainer.keep_trial(&again, &undecided).unwrap();
    assert_eq!(retrainer.trial(&again).unwrap(), Some(undecided.clone()));

    // It was in Production once, but this is what its last trial came to; and it may have another one.
    let lost = retrainer.conclude(&again, &trial(2_000, 90, 60)).unwrap();
    assert!(lost.reasons()[0].starts_with("harm after"), "{lost}");
    registry.transition(NAME, 2, Stage::Staging).unwrap();
    assert_eq!(run(&retrainer, &corrections).fate, Fate::OnTrial);
    assert_eq!(retrainer.conclude(&again, &undecided).unwrap().fate, Fate::OnTrial);

    // A version of the same run that takes its place has its own trial.
    registry.delete_version(NAME, 2, "a mistake").unwrap();
    let third = run(&retrainer, &corrections);
    assert_eq!((third.version, &third.fate), (Some(3), &Fate::OnTrial));
    assert_eq!(run(&retrainer, &corrections), third);
    assert_eq!(in_production(&registry), [1]);
}

/// Runs until it is told that a step is done, and leaves it there.
fn run_until(retrainer: &Retrainer, corrections: &Corrections, last: usize) {
    let stop = |step: Step| {
        if is_step(step, last) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (texts, labels) = old_data();
    let stopped = retrainer.run_with(&texts, &labels, corrections, &stop);
    assert!(matches!(stopped, Err(Error::Cancelled)), "{last}: {stopped:?}");
}

#[test]
fn a_challenger_that_passed_is_not_lost_whatever_came_in_since() {
    for last in 3..=STEPS {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        let retrainer = Retrainer::new(&registry, NAME);
        let corrections = new_world(&champion);
        run_until(&retrainer, &corrections, last);

        let mut more = corrections.all().to_vec();
        let prediction = champion.predict("late").unwrap();
        more.push(Correction::new("late", "late", &prediction, "positive", Duration::ZERO));
        let more = Corrections::new(more);
        let decision = retrainer.decide(&RetrainPolicy::default(), &more, None).unwrap();
        // Only what is in Staging is on trial.
        assert_eq!(decision.is_retrain(), last < STEPS, "after step {last}: {decision}");
        assert_eq!(retrainer.on_trial().unwrap().is_some(), last == STEPS);
        let challenger = run(&retrainer, &more);
        assert_eq!((challenger.version, &challenger.fate), (Some(2), &Fate::OnTrial));
        assert_eq!(registry.version(NAME, 2).unwrap().stage, Stage::Staging);
        assert!(registry.version(NAME, 2).unwrap().tags.contains_key("ressenti.retrain.holdout"));
        let runs = registry.store().runs("retraining").unwrap().records;
        assert_eq!((runs.len(), runs[0].status), (1, RunState::Finished), "after step {last}");
        let signals = retrainer.signals(&more, None).unwrap();
        assert_eq!(signals.feedback, 1, "the others were used, after step {last}");
    }
}

#[test]
fn the_run_of_a_promoted_challenger_is_ended_by_whoever_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    let challenger = run(&retrainer, &corrections);
    std::mem::forget(registry.store().resume_run(&challenger.run_id).unwrap()); // nobody ended it
    let to = Transition::to(Stage::Production).archive_existing(true);
    registry.transition(NAME, 2, to).unwrap();
    run(&retrainer, &Corrections::new(corrections.all()[..600].to_vec()));
    let record = registry.store().run(&challenger.run_id).unwrap();
    assert_eq!(record.status, RunState::Finished);
    assert_eq!(record.tags["ressenti.retrain.fate"], "promoted");
}

/// The folder of a run.
fn run_folder(location: &Path, run_id: &str) -> PathBuf {
    let experiments = std::fs::read_dir(location).unwrap();
    let mut folders = experiments.map(|entry| entry.unwrap().path().join(run_id));
    folders.find(|folder| folder.is_dir()).unwrap()
}

/// As MLflow deletes a run: its files stay until they are collected.
fn delete_run(location: &Path, run_id: &str) {
    let meta = run_folder(location, run_id).join("meta.yaml");
    let text = std::fs::read_to_string(&meta).unwrap();
    let deleted = text.replace("lifecycle_stage: \"active\"", "lifecycle_stage: \"deleted\"");
    assert_ne!(deleted, text);
    std::fs::write(&meta, deleted).unwrap();
}

#[test]
fn a_version_whose_run_was_deleted_is_not_taken_for_the_challenger() {
    for concluded in [None, Some(trial(2_000, 90, 60)), Some(trial(2_000, 50, 95))] {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        let retrainer = Retrainer::new(&registry, NAME);
        let corrections = new_world(&champion);
        let challenger = run(&retrainer, &corrections);
        if let Some(test) = &concluded {
            retrainer.conclude(&challenger, test).unwrap();
        }
        delete_run(folder.path(), &challenger.run_id);
        let next = run(&retrainer, &corrections);
        assert_ne!(next.run_id, challenger.run_id);
        if in_production(&registry) == [2] {
            assert_eq!(
                (&next.fate, next.champion),
                (&Fate::Refused, 2),
                "it is the champion again"
            );
        } else {
            assert_eq!((&next.fate, next.version), (&Fate::OnTrial, Some(3)));
            assert_eq!(registry.version(NAME, 3).unwrap().stage, Stage::Staging);
            assert_eq!(retrainer.on_trial().unwrap(), Some(next));
        }
    }
}

#[test]
fn a_trained_model_that_cannot_be_read_any_more_is_trained_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    run_until(&retrainer, &corrections, 2);
    let run_id = &registry.store().runs("retraining").unwrap().records[0].id;
    let file = run_folder(folder.path(), run_id).join("artifacts/model/pipeline.ressenti");
    std::fs::remove_file(file).unwrap();
    let challenger = run(&retrainer, &corrections);
    assert_eq!((challenger.version, &challenger.run_id), (Some(2), run_id));
    assert_eq!(registry.load("models:/sentiment/2").unwrap().classes(), champion.classes());
}

#[test]
fn what_the_champion_was_made_from_makes_no_other_with_a_prior_or_a_search_either() {
    let setups: [&dyn Fn(Retrainer) -> Retrainer; 2] = [
        &|retrainer| retrainer.params(RetrainParams::default().prior(Prior::Weights)),
        &|retrainer| retrainer.tune(Budget::trials(4).folds(2)),
    ];
    for setup in setups {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        let retrainer = setup(Retrainer::new(&registry, NAME));
        let corrections = new_world(&champion);
        let challenger = run(&retrainer, &corrections);
        let promoted = retrainer.conclude(&challenger, &trial(2_000, 50, 95)).unwrap();
        assert_eq!(promoted.fate, Fate::Promoted);
        let runs = registry.store().runs("retraining").unwrap().records.len();
        assert_eq!(run(&retrainer, &corrections), promoted);
        assert_eq!(registry.store().runs("retraining").unwrap().records.len(), runs);
    }
}

#[test]
fn a_conclusion_that_cannot_be_carried_out_archives_the_challenger() {
    for gone in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        let retrainer = Retrainer::new(&registry, NAME);
        let challenger = run(&retrainer, &new_world(&champion));
        let file = registry.version(NAME, 2).unwrap().model_file().unwrap();
        if gone {
            std::fs::remove_file(file).unwrap();
        } else {
            std::fs::write(file, "damaged").unwrap();
        }
        let kept = retrainer.conclude(&challenger, &trial(2_000, 50, 95)).unwrap();
        assert_eq!(registry.version(NAME, 2).unwrap().stage, Stage::Archived);
        assert_eq!(in_production(&registry), [1]);
        assert!(kept.reasons()[1].contains("version 2 of model"), "{:?}", kept.reasons());
        assert_eq!(run(&retrainer, &new_world(&champion)), kept);
    }
}

#[test]
fn a_challenger_that_is_not_there_as_it_was_given_out_is_an_error_or_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    let stale = run(&retrainer, &corrections);
    let better = trial(2_000, 50, 95);
    registry.create_version("other", NewVersion::from_pipeline(&champion)).unwrap();
    let error = Retrainer::new(&registry, "other").conclude(&stale, &better).unwrap_err();
    let text = "challenger of \"sentiment\" is not of the model that is retrained here; ask the Retrainer of its model";
    assert_eq!(error.to_string(), text);

    // What was written into the evidence by hand does not say which version is moved.
    let file = run_folder(folder.path(), &stale.run_id).join("artifacts/retrain/evidence.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"version\": null", "\"version\": 1")).unwrap();
    registry.delete_version(NAME, 2, "a mistake").unwrap();
    for error in [
        retrainer.conclude(&stale, &better).unwrap_err(),
        retrainer.keep_trial(&stale, &better).unwrap_err(),
    ] {
        let text = format!(
            "registry: model \"sentiment\" has no version of run {}; it was deleted, or not registered yet; call \
             Retrainer::run",
            stale.run_id
        );
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(in_production(&registry), [1]);

    let challenger = run(&retrainer, &corrections);
    assert_eq!(retrainer.conclude(&challenger, &better).unwrap().fate, Fate::Promoted);
    retrainer.keep_trial(&challenger, &better).unwrap();
    let record = registry.store().run(&challenger.run_id).unwrap();
    assert_eq!(record.tags["ressenti.retrain.fate"], "promoted", "whatever the caller last knew");
}

#[test]
fn what_a_champion_saw_is_known_when_the_old_data_has_grown() {
    let (texts, labels) = world("old", 900, 15);
    let (first, its_labels) = old_data();
    assert_eq!(texts[..800], first);
    for all in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        if all {
            promote(&registry, &Pipeline::builder().fit(&first, &its_labels).unwrap());
        }
        let retrainer = Retrainer::new(&registry, NAME);
        let challenger = retrainer.run(&texts, &labels, &new_world(&champion)).unwrap();
        let Challenger { validation, .. } = challenger;
        let expected = if all { Seen::Yes } else { Seen::No };
        assert_eq!((validation.champion_saw_holdout, validation.stand_in), (expected, all));
    }
}

#[test]
fn without_old_data_a_challenger_that_stands_on_its_champion_is_judged_by_corrections() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let (none, corrections): ([&str; 0], _) = ([], new_world(&champion));
    let retrainer = Retrainer::new(&registry, NAME);
    let refused = retrainer.run(&none, &none, &corrections).unwrap();
    assert!(refused.reasons()[0].starts_with("0 texts of the old data are held out"), "{refused}");

    let params = RetrainParams::default().prior(Prior::Weights);
    let challenger = retrainer.params(params).run(&none, &none, &corrections).unwrap();
    assert_eq!((challenger.version, &challenger.fate), (Some(2), &Fate::OnTrial), "{challenger}");
    assert!(challenger.validation.on(On::Holdout).is_none());
}

#[test]
fn a_log_of_corrections_alone_tells_no_share_of_wrong_answers() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let all = new_world(&champion);
    let (agree, wrong): (Vec<_>, Vec<_>) = all.all().iter().cloned().partition(Correction::agrees);
    let decide = |said: Vec<Correction>| {
        retrainer.decide(&RetrainPolicy::default(), &Corrections::new(said), None).unwrap()
    };
    let decision = decide(wrong.clone());
    assert!(wrong.len() >= 100 && !decision.is_retrain(), "{decision}");
    assert!(decision.to_string().contains("no answer was confirmed"), "{decision}");
    assert!(decide([wrong, agree].concat()).is_retrain());
}

#[test]
fn a_class_of_which_no_text_is_held_out_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let (mut texts, mut labels) = old_data();
    texts.push("neither here nor there".to_owned());
    labels.push("neutral");
    promote(&registry, &Pipeline::builder().fit(&texts, &labels).unwrap());
    let challenger = run(&retrainer, &new_world(&champion));
    assert_eq!(challenger.validation.unjudged, ["neutral"]);
    assert!(challenger.to_string().contains("not judged: \"neutral\""), "{challenger}");
}

#[test]
fn a_challenger_of_a_champion_that_went_while_it_was_trained_is_not_registered() {
    for moved_after in [1, 2, 3] {
        let folder = tempfile::tempdir().unwrap();
        let (registry, champion) = registry(folder.path());
        let retrainer = Retrainer::new(&registry, NAME);
        let (corrections, (texts, labels)) = (new_world(&champion), old_data());
        let meanwhile = |step: Step| {
            if is_step(step, moved_after) {
                promote(
                    &registry,
                    &Pipeline::builder().fit(&texts[..300], &labels[..300]).unwrap(),
                );
            }
            ControlFlow::Continue(())
        };
        let error = retrainer.run_with(&texts, &labels, &corrections, &meanwhile).unwrap_err();
        assert_eq!(
            error.to_string(),
            "registry: version 1 of model \"sentiment\" is not in Production any more: version 2 is; \
             do it anew, with what is there now"
        );
        assert_eq!(registry.model(NAME).unwrap().versions.len(), 2);
        assert_eq!(retrainer.signals(&corrections, None).unwrap().feedback, 700, "none was used");
        let challenger = run(&retrainer, &corrections);
        assert_eq!((challenger.version, challenger.champion), (Some(3), 2), "{challenger}");
        assert_eq!(retrainer.signals(&corrections, None).unwrap().feedback, 0);
    }
}

#[test]
fn corrections_of_a_trial_that_was_kept_after_a_crash_count_as_used() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let corrections = new_world(&champion);
    // In Staging, and the run has not ended.
    run_until(&retrainer, &corrections, STEPS);
    let challenger = retrainer.on_trial().unwrap().unwrap();
    let test = trial(300, 50, 80);
    retrainer.keep_trial(&challenger, &test).unwrap();
    assert_eq!(retrainer.signals(&corrections, None).unwrap().feedback, 0);
    assert_eq!(retrainer.conclude(&challenger, &test).unwrap().fate, Fate::Promoted);
    let policy = RetrainPolicy::default().corrections(100);
    let decision = retrainer.decide(&policy, &corrections, None).unwrap();
    assert!(!decision.is_retrain(), "{decision}");
}

#[test]
fn a_model_that_is_not_the_one_that_was_judged_is_trained_anew() {
    let whole = tempfile::tempdir().unwrap();
    let (untouched, champion) = registry(whole.path());
    let corrections = new_world(&champion);
    let expected = run(&Retrainer::new(&untouched, NAME), &corrections).sha256;
    let (texts, labels) = old_data();
    let bad = Pipeline::builder().fit(&texts[..50], &labels[..50]).unwrap();
    for exchanged in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (registry, _) = registry(folder.path());
        let retrainer = Retrainer::new(&registry, NAME);
        run_until(&retrainer, &corrections, 3);
        let id = registry.store().runs("retraining").unwrap().records[0].id.clone();
        if exchanged {
            let run = registry.store().resume_run(&id).unwrap();
            bad.log_to(&run).unwrap();
            std::mem::forget(run);
        } else {
            let model = run_folder(folder.path(), &id).join("artifacts/model/pipeline.ressenti");
            std::fs::write(model, "junk").unwrap();
        }
        let challenger = run(&retrainer, &corrections);
        assert_eq!((challenger.version, &challenger.sha256), (Some(2), &expected));
        assert_eq!(challenger.run_id, id);
        assert_eq!(registry.version(NAME, 2).unwrap().sha256(), Some(expected.as_str()));
        assert_eq!(registry.load("models:/sentiment/2").unwrap().classes(), bad.classes());
    }
    // While it goes on, too: it is not registered, and the next run trains anew.
    let folder = tempfile::tempdir().unwrap();
    let (registry, _) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let spoil = |step: Step| {
        if is_step(step, 3) {
            let id = registry.store().runs("retraining").unwrap().records[0].id.clone();
            let model = run_folder(folder.path(), &id).join("artifacts/model/pipeline.ressenti");
            std::fs::write(model, "junk").unwrap();
        }
        ControlFlow::Continue(())
    };
    let error = retrainer.run_with(&texts, &labels, &corrections, &spoil).unwrap_err().to_string();
    assert!(error.contains("is not the model that was judged"), "{error}");
    assert_eq!(run(&retrainer, &corrections).sha256, expected);
}

#[test]
fn a_test_of_another_challenger_concludes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, champion) = registry(folder.path());
    let retrainer = Retrainer::new(&registry, NAME);
    let challenger = run(&retrainer, &new_world(&champion));
    let other = trial(300, 50, 80).of_challenger("another key");
    for error in [
        retrainer.conclude(&challenger, &other).unwrap_err(),
        retrainer.keep_trial(&challenger, &other).unwrap_err(),
    ] {
        let text = "test of the challenger of key \"another key\" counted the answers of another one; \
                    give the test of this challenger";
        assert_eq!(error.to_string(), text);
    }
    let its = trial(300, 50, 80).of_challenger(&challenger.key);
    retrainer.keep_trial(&challenger, &its).unwrap();
    assert_eq!(retrainer.trial(&challenger).unwrap(), Some(its.clone()));
    assert_eq!(retrainer.conclude(&challenger, &its).unwrap().fate, Fate::Promoted);
}
