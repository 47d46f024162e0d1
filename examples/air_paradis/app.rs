//! The application: answers, listens to users, watches itself, and trains anew. This is the part to learn from.

use std::sync::Arc;
use std::time::Duration;

use ressenti::evaluate::Report;
use ressenti::monitor::drift::DriftParams;
use ressenti::monitor::feedback::{Agreement, Correction, CorrectionLog};
use ressenti::monitor::{Alerts, Clock, ManualClock, Monitor, MonitorParams, Span};
use ressenti::registry::{
    Check, LiveModel, ModelVersion, NewVersion, Registry, ServedModel, Stage, Transition,
};
use ressenti::retrain::ab::{AbParams, AbTest, Experiment, Served, Side, Split, Verdict};
use ressenti::retrain::{Challenger, Fate, RetrainParams, RetrainPolicy, Retrainer};
use ressenti::tracker::{Run, RunStatus, Tracker};
use ressenti::{FitOptions, Pipeline, PipelineBuilder, Prediction, Preset, Result, Sentiment};

use crate::timeline::Timeline;

const NAME: &str = "air-paradis";

/// Labelled texts.
pub(crate) struct Data {
    pub(crate) texts: Vec<String>,
    pub(crate) labels: Vec<Sentiment>,
}

pub(crate) struct App {
    clock: Arc<ManualClock>,
    pub(crate) timeline: Timeline,
    registry: Registry,
    live: LiveModel,
    monitor: Monitor,
    alerts: Alerts,
    log: CorrectionLog,
    /// What the first model was trained on, for all that follow.
    old: Data,
    trial: Option<Trial>,
    requests: u64,
    /// What users say whom we asked, since the last look.
    asked: Agreement,
    /// The day in figures, for MLflow to draw.
    day: Run,
}

/// A challenger beside the champion.
struct Trial {
    who: Newcomer,
    experiment: Experiment<Arc<ServedModel>, Arc<ServedModel>>,
    test: AbTest,
}

enum Newcomer {
    /// By the retrainer, which concludes.
    Retrained(Box<Challenger>),
    /// By hand.
    Version(u32),
}

/// An answer, as users may come back to it.
pub(crate) struct Answer {
    id: String,
    text: String,
    prediction: Prediction<'static>,
    trial: Option<Served<'static>>,
}

impl Answer {
    pub(crate) fn label(&self) -> &str {
        self.prediction.label()
    }
}

impl App {
    /// Trains the first model, and goes into service with it.
    pub(crate) fn start(
        registry: Registry,
        log: CorrectionLog,
        clock: Arc<ManualClock>,
        old: Data,
        last_week: &[String],
    ) -> Result<Self> {
        let timeline = Timeline::new(clock.clone());
        let builder = Pipeline::builder().preset(Preset::Social);
        let (version, report) = train(&registry, &builder, &old, last_week, "first model")?;
        let (n, version, accuracy) = (old.texts.len(), version.version, report.accuracy());
        let what = format!("trained on {n} tweets: version {version}, accuracy {accuracy:.3}");
        timeline.tell("engineer", &what);
        let to = Transition::to(Stage::Production).because("the first model");
        registry.transition(NAME, version, to.check(Check::at_least("accuracy", 0.8)))?;
        timeline.tell("engineer", &format!("version {version} goes to Production"));

        let live = registry.live(&format!("models:/{NAME}/Production"))?;
        Ok(Self {
            monitor: watch(&live)?,
            alerts: Alerts::default(),
            day: registry.store().start_run("air-paradis-production", "a day at work")?,
            asked: Agreement::default(),
            trial: None,
            requests: 0,
            clock,
            timeline,
            registry,
            live,
            log,
            old,
        })
    }

    /// Answers a request, which took so long.
    pub(crate) fn answer(&mut self, user: &str, text: &str, took: Duration) -> Result<Answer> {
        let (prediction, trial) = match &self.trial {
            None => (self.live.predict(text)?, None),
            Some(trial) => {
                let served = trial.experiment.predict(user, text, &*self.clock)?.into_owned();
                (served.prediction().clone(), Some(served))
            }
        };
        // The monitor watches what is in Production; what a challenger does, its experiment knows.
        if trial.as_ref().is_none_or(|served| served.side() == Side::Champion) {
            self.monitor.record(text, &prediction, took, self.clock.now());
        }
        self.requests += 1;
        let id = format!("request {}", self.requests);
        Ok(Answer { id, text: text.to_owned(), prediction, trial })
    }

    /// A request that failed around the model.
    pub(crate) fn failed(&mut self, kind: &str, took: Duration) {
        self.requests += 1;
        self.monitor.record_error(kind, took, self.clock.now());
    }

    /// Somebody whom we asked said what was right: a random sample, so what a trial is decided by.
    pub(crate) fn asked(&mut self, answer: &Answer, truth: Sentiment) -> Result<()> {
        let right = answer.label() == truth.as_str();
        self.monitor.record_outcome(right, self.clock.now());
        self.asked.n += 1;
        self.asked.wrong += u64::from(!right);
        self.corrected(answer, truth)?;
        if let (Some(served), Some(trial)) = (&answer.trial, &mut self.trial) {
            trial.test.record(served.outcome(truth))?;
            if trial.test.verdict() != Verdict::Undecided {
                self.conclude()?;
            }
        }
        Ok(())
    }

    /// Somebody said it unasked: something to learn from, but no fair sample.
    pub(crate) fn corrected(&mut self, answer: &Answer, label: Sentiment) -> Result<()> {
        let now = self.clock.now();
        self.log.append(&Correction::new(&answer.id, &answer.text, &answer.prediction, label, now))
    }

    /// Every ten seconds.
    pub(crate) fn check_alerts(&mut self) -> Result<()> {
        self.alerts.check(&self.monitor, self.clock.now(), &self.timeline)
    }

    /// Every half hour: figures for the record, and whether to train anew.
    pub(crate) fn look(&mut self, minute: i64) -> Result<()> {
        let now = self.clock.now();
        let figures = self.monitor.snapshot(Span::Last(Duration::from_secs(600)), now).figures;
        let asked = std::mem::take(&mut self.asked);
        for (name, value) in [
            ("agreement", asked.agreement()),
            ("latency_p95_ms", figures.latency_ms(0.95)),
            ("error_rate", figures.error_rate()),
            ("unknown_rate", figures.shape.unknown_rate()),
            ("low_confidence_rate", figures.low_confidence_rate()),
        ] {
            value.map_or(Ok(()), |value| self.day.log_metric(name, value, minute))?;
        }
        self.timeline.tell("users", &format!("of those whom we asked: {asked}"));
        self.retrain()
    }

    /// Trains a challenger if there is reason to, and puts it on trial in the shadow of the champion.
    fn retrain(&mut self) -> Result<()> {
        let (retrainer, corrections) = (self.retrainer(), self.log.read()?);
        let drift = self.monitor.drift(&DriftParams::default(), Span::Recent, self.clock.now());
        let policy = RetrainPolicy::default().min_feedback(200);
        let decision = retrainer.decide(&policy, &corrections, drift.as_ref())?;
        self.timeline.tell("job", &decision.to_string());
        if !decision.is_retrain() {
            return Ok(());
        }
        let challenger = retrainer.run(&self.old.texts, &self.old.labels, &corrections)?;
        self.timeline.tell("job", &challenger.to_string());
        if let Some(uri) = challenger.uri() {
            let newcomer = self.registry.live(&uri)?.model();
            self.trial = Some(Trial {
                experiment: Experiment::shadow(self.live.model(), newcomer),
                test: AbTest::shadow(AbParams::default())?.of_challenger(&challenger.key),
                who: Newcomer::Retrained(Box::new(challenger)),
            });
        }
        Ok(())
    }

    fn retrainer(&self) -> Retrainer {
        let params = RetrainParams::default()
            .recent(150)
            .profile_of_corrections(true)
            .champion_saw_holdout(false);
        let registry = self.registry.clone().acting_as("retrain-job");
        Retrainer::new(&registry, NAME).params(params)
    }

    /// Somebody has a model of their own, and lets it answer a fifth of the users.
    pub(crate) fn try_by_hand(&mut self, builder: &PipelineBuilder, who: &str) -> Result<()> {
        let registry = self.registry.clone().acting_as(who);
        let (newcomer, _) = train(&registry, builder, &self.old, &[], "by hand")?;
        let to = Transition::to(Stage::Staging).because("a tenth of the size");
        registry.transition(NAME, newcomer.version, to)?;
        let model = registry.live(&format!("models:/{NAME}/{}", newcomer.version))?.model();
        let split = Split::new(format!("version {}", newcomer.version), 0.2)?;
        self.trial = Some(Trial {
            who: Newcomer::Version(newcomer.version),
            experiment: Experiment::split(split, self.live.model(), model),
            test: AbTest::split(AbParams::default())?,
        });
        let what = format!("version {} answers a fifth of the users", newcomer.version);
        self.timeline.tell(who, &what);
        Ok(())
    }

    /// The test has come to a verdict.
    fn conclude(&mut self) -> Result<()> {
        let Some(Trial { who, experiment, test }) = self.trial.take() else { return Ok(()) };
        let evidence = test.evidence();
        self.timeline.tell("trial", &evidence.to_string());
        if let Some(share) = experiment.figures().disagreement() {
            let what =
                format!("the two gave different answers to {:.1} % of the tweets", 100.0 * share);
            self.timeline.tell("trial", &what);
        }
        match who {
            Newcomer::Retrained(challenger) => {
                let challenger = self.retrainer().conclude(&challenger, &test)?;
                if challenger.fate == Fate::Promoted {
                    self.live.refresh()?;
                    // A new model is measured against its own profile.
                    self.monitor = watch(&self.live)?;
                    let what = format!("version {} is in Production", self.live.version());
                    self.timeline.tell("job", &what);
                }
            }
            Newcomer::Version(version) => {
                let to = Transition::to(Stage::Archived).because(&evidence.to_string());
                self.registry.clone().acting_as("trial").transition(NAME, version, to)?;
                self.timeline.tell("trial", &format!("version {version} is archived"));
            }
        }
        Ok(())
    }

    /// The end of the day.
    pub(crate) fn close(self) -> Result<()> {
        self.day.finish(RunStatus::Finished)?;
        println!("\nthe history of {NAME}:");
        for entry in self.registry.history(NAME)? {
            let to = entry.to.map_or("deleted", Stage::name);
            println!(
                "  version {}: {} -> {to} by {}: {}",
                entry.version, entry.from, entry.user, entry.why
            );
        }
        println!("\n{} requests; to see runs and versions:", self.requests);
        println!(
            "MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {}",
            self.registry.store().uri()
        );
        Ok(())
    }

    /// The version that answers.
    pub(crate) fn version(&self) -> u32 {
        self.live.version()
    }
}

/// A tracked run, and a version of the model from it. The retrainer's holdout is left out of the training, so that models can
/// be compared on it for good.
fn train(
    registry: &Registry,
    builder: &PipelineBuilder,
    data: &Data,
    traffic: &[String],
    name: &str,
) -> Result<(ModelVersion, Report)> {
    let split = ressenti::retrain::Holdout::default().split(&data.texts);
    let pick = |rows: &[usize]| -> (Vec<&str>, Vec<Sentiment>) {
        rows.iter().map(|&i| (data.texts[i].as_str(), data.labels[i])).unzip()
    };
    let ((texts, labels), (unseen, truth)) = (pick(&split.train), pick(&split.test));
    let run = registry.store().start_run("air-paradis", name)?;
    let pipeline = builder.fit_with(&texts, &labels, &FitOptions::new().tracker(&run))?;
    let report = pipeline.evaluate_with(&unseen, &truth, &run)?;
    let pipeline = pipeline.with_figures(&report);
    let pipeline = if traffic.is_empty() { pipeline } else { pipeline.with_profile_of(traffic) };
    pipeline.log_to(&run)?;
    run.finish(RunStatus::Finished)?;
    let version = registry.create_version(NAME, NewVersion::from_run(run.id()))?;
    Ok((version, report))
}

/// A monitor of what is live.
fn watch(live: &LiveModel) -> Result<Monitor> {
    let params = MonitorParams::default().recent(3_000).word_sampling(1);
    let monitor = Monitor::with(live.model().pipeline(), params)?;
    // What is usual we know; without that, a monitor finds out in some days.
    (0..24).for_each(|hour| monitor.set_usual_volume(hour, 3_600.0 * crate::PER_SECOND));
    Ok(monitor)
}
