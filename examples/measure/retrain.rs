//! A model meets texts of another world: when that is found, and what each retraining brings.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use ressenti::dataset::Dataset;
use ressenti::monitor::drift::{Drift, DriftParams};
use ressenti::monitor::feedback::{Correction, Corrections};
use ressenti::monitor::{Clock, ManualClock, Monitor, MonitorParams, Span};
use ressenti::registry::{LiveModel, NewVersion, Registry, Stage, Transition};
use ressenti::retrain::ab::{AbParams, AbTest, Outcome, Verdict};
use ressenti::retrain::{Challenger, Fate, Holdout, On, RetrainParams, RetrainPolicy, Retrainer};
use ressenti::{Pipeline, Preset};
use serde_json::{Value, json};

const NAME: &str = "sentiment";
/// Texts between two looks at drift and at what users said.
const LOOK: usize = 50;

/// A challenger on trial in the shadow of the champion.
struct Trial {
    challenger: Challenger,
    pipeline: Pipeline,
    test: AbTest,
    line: Value,
}

struct World<'d> {
    old: &'d Dataset,
    test: &'d Dataset,
    registry: Registry,
    retrainer: Retrainer,
    live: LiveModel,
    monitor: Monitor,
    clock: ManualClock,
    said: Vec<Correction>,
    /// After how many texts the champion was found to see another world.
    drift_found_after: Option<usize>,
}

fn accuracy(pipeline: &Pipeline, test: &Dataset) -> ressenti::Result<f64> {
    Ok(pipeline.evaluate(&test.texts, &test.labels)?.accuracy())
}

fn monitor_of(live: &LiveModel) -> ressenti::Result<Monitor> {
    let params = MonitorParams::default().word_sampling(1).word_span(500).recent(500);
    Monitor::with(live.model().pipeline(), params)
}

impl<'d> World<'d> {
    fn new(old: &'d Dataset, test: &'d Dataset, store: &Path) -> ressenti::Result<Self> {
        let rows = Holdout::default().split(&old.texts).train;
        let pick = |i: &usize| (old.texts[*i].as_str(), old.labels[*i].as_str());
        let (texts, labels): (Vec<_>, Vec<_>) = rows.iter().map(pick).unzip();
        let pipeline = Pipeline::builder().preset(Preset::Social).fit(&texts, &labels)?;
        let held_out = Holdout::default().split(&old.texts).test;
        let held_out: Vec<_> = held_out.iter().map(|&i| old.texts[i].as_str()).collect();
        let pipeline = pipeline.with_profile_of(&held_out);

        let registry = Registry::open(store)?;
        registry.create_version(NAME, NewVersion::from_pipeline(&pipeline))?;
        registry.transition(NAME, 1, Transition::to(Stage::Production))?;
        let live = registry.live(&format!("models:/{NAME}/Production"))?;
        // All texts are answered for, so that what users say looks like the traffic.
        let params = RetrainParams::default().profile_of_corrections(true);
        let retrainer = Retrainer::new(&registry, NAME).params(params);
        let monitor = monitor_of(&live)?;
        let (clock, said) = (ManualClock::default(), Vec::new());
        Ok(Self {
            old,
            test,
            registry,
            retrainer,
            live,
            monitor,
            clock,
            said,
            drift_found_after: None,
        })
    }

    fn accuracy(&self) -> ressenti::Result<f64> {
        accuracy(self.live.model().pipeline(), self.test)
    }

    /// Answers a text, shows it to the challenger, and hears what is right.
    fn serve(
        &mut self,
        text: &str,
        label: &str,
        trial: Option<&mut Trial>,
    ) -> ressenti::Result<()> {
        self.clock.advance(Duration::from_secs(1));
        let now = self.clock.now();
        let Ok(prediction) = self.live.predict(text) else { return Ok(()) };
        self.monitor.record(text, &prediction, Duration::ZERO, now);
        if let Some(trial) = trial {
            let challenger = trial.pipeline.predict(text)?.label() == label;
            trial
                .test
                .record(Outcome::Both { champion: prediction.label() == label, challenger })?;
        }
        let id = self.said.len().to_string();
        self.said.push(Correction::new(id, text, &prediction, label, now));
        Ok(())
    }

    fn drift(&mut self, seen: usize) -> Option<Drift> {
        let drift = self.monitor.drift(&DriftParams::default(), Span::Recent, self.clock.now());
        if drift.as_ref().is_some_and(Drift::drifted) {
            self.drift_found_after.get_or_insert(seen);
        }
        drift
    }

    /// Trains a challenger if the policy says so; prints the line of one that was refused.
    fn look(&mut self, seen: usize, drift: Option<&Drift>) -> ressenti::Result<Option<Trial>> {
        let corrections = Corrections::new(self.said.clone());
        let decision = self.retrainer.decide(&RetrainPolicy::default(), &corrections, drift)?;
        if !decision.is_retrain() {
            return Ok(None);
        }
        let challenger = self.retrainer.run(&self.old.texts, &self.old.labels, &corrections)?;
        let pipeline = self.registry.load(&format!("runs:/{}/model", challenger.run_id))?;
        let difference = |on| challenger.validation.on(on).map(|c| c.accuracy.difference.estimate);
        let mut line = json!({ "texts_seen": seen, "why": decision.to_string(),
            "drift_found_after": self.drift_found_after, "champion": challenger.champion,
            "corrections_trained_on": challenger.counts.corrections,
            "holdout_difference": difference(On::Holdout), "recent_difference": difference(On::Recent),
            "test_accuracy_before": self.accuracy()?,
            "test_accuracy_of_challenger": accuracy(&pipeline, self.test)? });
        if challenger.fate != Fate::OnTrial {
            line["fate"] = challenger.fate.name().into();
            line["reasons"] = challenger.reasons().into();
            println!("{line}");
            return Ok(None);
        }
        let test = AbTest::shadow(AbParams::default())?.of_challenger(&challenger.key);
        Ok(Some(Trial { challenger, pipeline, test, line }))
    }

    /// Ends a trial that has come to a verdict, and prints its line.
    fn conclude(&mut self, seen: usize, mut trial: Trial) -> ressenti::Result<Option<Trial>> {
        if trial.test.verdict() == Verdict::Undecided {
            return Ok(Some(trial));
        }
        let challenger = self.retrainer.conclude(&trial.challenger, &trial.test)?;
        self.live.refresh()?;
        if challenger.fate == Fate::Promoted {
            self.monitor = monitor_of(&self.live)?;
            self.drift_found_after = None;
        }
        trial.line["trial_ended_after"] = seen.into();
        trial.line["trial"] = trial.test.evidence().to_string().into();
        trial.line["fate"] = challenger.fate.name().into();
        trial.line["test_accuracy_after"] = self.accuracy()?.into();
        println!("{}", trial.line);
        Ok(None)
    }
}

pub(super) fn run(old: &Dataset, traffic: &Dataset, test: &Dataset) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("measure-retrain-{}", std::process::id()));
    let result = follow(old, traffic, test, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    Ok(result?)
}

fn follow(old: &Dataset, traffic: &Dataset, test: &Dataset, store: &Path) -> ressenti::Result<()> {
    let mut world = World::new(old, test, store)?;
    println!("{}", json!({ "texts_seen": 0, "test_accuracy": world.accuracy()? }));
    let mut trial: Option<Trial> = None;
    for (i, (text, label)) in traffic.texts.iter().zip(&traffic.labels).enumerate() {
        world.serve(text, label, trial.as_mut())?;
        let seen = i + 1;
        if seen % LOOK != 0 {
            continue;
        }
        let drift = world.drift(seen);
        trial = match trial.take() {
            Some(trial) => world.conclude(seen, trial)?,
            None => world.look(seen, drift.as_ref())?,
        };
    }
    let on_trial = trial.map(|trial| trial.test.evidence().to_string());
    println!(
        "{}",
        json!({ "texts_seen": traffic.texts.len(), "test_accuracy": world.accuracy()?, "on_trial": on_trial })
    );
    Ok(())
}
