//! From feedback to a challenger in Staging, step by step. Each step looks whether it was done before, does it, and is kept.

use std::ops::ControlFlow;

use super::challenger::{Challenger, Fate};
use super::job::Job;
use super::ledger::{
    CHAMPION, Conclusion, EVIDENCE, FATE, HOLDOUT, INPUTS, KEY, MARKS, MODEL_FILE, close, json,
    run_name,
};
use super::retrainer::{Recipe, Retrainer};
use super::validation::{Seen, Validation};
use crate::classifier::FitOptions;
use crate::digest;
use crate::error::{Error, Result, TrackingError};
use crate::monitor::feedback::Corrections;
use crate::pipeline::Pipeline;
use crate::progress::{self, Progress, Step};
use crate::registry::{
    ModelVersion, NewVersion, RegisteredModel, Stage, Transition, check_production,
};
use crate::select::{CvOptions, tune_with};
use crate::sentiment::Label;
use crate::tracker::{Batch, Run, RunRecord, RunState, Tracker};
use crate::views::{Labels, Texts};

/// Steps that are reported: begun, trained, judged, registered, in Staging.
const STEPS: usize = 5;
/// Texts that a profile should be of.
const FOR_PROFILE: usize = 100;

impl Retrainer {
    /// Trains a challenger on the old data and the corrections, judges it beside the champion, and if it passes registers it in
    /// Staging, where its trial begins.
    ///
    /// Texts of the [holdout](super::Holdout) are not trained on. A correction takes the place of an old row of the same text;
    /// one whose label neither the champion nor the old data has is left out, and [counted](super::Counts::unknown_label). The
    /// old data is to be the same every time, or to grow: what is held out stays held out.
    ///
    /// Called again with the same, be it after a crash or when all is done, it goes on where it was and returns the same
    /// challenger: it is trained once, and there is one version of it. While a challenger is on trial it is the one that is
    /// returned, whatever the arguments, and so is one that had passed when a crash or an error came before its trial; one whose
    /// champion is not in Production any more is archived first.
    ///
    /// A model keeps words of the texts that it was trained on, in its vocabulary and its profile, and the run keeps marks of
    /// corrections: what is [forgotten](crate::monitor::feedback::CorrectionLog::forget) in the log is not forgotten there.
    ///
    /// Errors: what the registry, the store and the [training](crate::PipelineBuilder::fit_with) answer, among them that no
    /// version is in Production; [`Error::InvalidParameter`] for settings out of range; [`Error::LengthMismatch`]. The run is
    /// then recorded as failed, and taken up by the next call.
    /// [`RegistryError::ProductionChanged`](crate::error::RegistryError::ProductionChanged) if another version came to Production
    /// meanwhile: the challenger is not registered, its corrections count as new, and the next call begins with that version.
    pub fn run<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        corrections: &Corrections,
    ) -> Result<Challenger> {
        self.run_with(texts, labels, corrections, &|_: Step| ControlFlow::Continue(()))
    }

    /// [`run`](Self::run) with progress: that of the training, and after each step one of
    /// [`Stage::Retrain`](crate::Stage::Retrain). Whoever stops it there goes on there with the next call.
    ///
    /// Errors: also [`Error::Cancelled`].
    pub fn run_with<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        corrections: &Corrections,
        progress: &dyn Progress,
    ) -> Result<Challenger> {
        self.run_all(Texts::of(&texts), Labels::of(&labels), corrections, progress)
    }

    fn run_all(
        &self,
        texts: Texts<'_>,
        labels: Labels<'_>,
        corrections: &Corrections,
        progress: &dyn Progress,
    ) -> Result<Challenger> {
        self.params.validate()?;
        let _lock = self.lock()?;
        let model = self.registry.model(&self.name)?;
        let champion = self.champion(&model)?;
        if let Some(challenger) = self.take_up(&model, &champion)? {
            return Ok(challenger);
        }
        if let Some(challenger) = self.go_on(&champion, progress)? {
            return Ok(challenger);
        }
        let job = Job::new(self, champion, texts, labels, corrections)?;
        // What the champion itself was made from makes no challenger.
        if job.champion.tags.get(INPUTS) == Some(&job.inputs)
            && let Some(run_id) = &job.champion.run_id
            && let Some(record) = self.record(run_id)?
            && let Some(promoted) = self.read(&record)?
        {
            self.tidy(&promoted, &record)?;
            return Ok(promoted);
        }
        self.steps(&job, progress)
    }

    /// The challenger that waits for its trial or is on it, if its champion still is one.
    fn take_up(
        &self,
        model: &RegisteredModel,
        champion: &ModelVersion,
    ) -> Result<Option<Challenger>> {
        let Some((challenger, record)) = self.pending(model)? else { return Ok(None) };
        if challenger.champion != champion.version {
            let reasons = vec![format!(
                "version {} went to Production, but it was compared with version {}",
                champion.version, challenger.champion
            )];
            self.settle(&challenger, Conclusion { reasons, ..Conclusion::default() })?;
            return Ok(None);
        }
        if let Some(conclusion) = self.concluded(&record, &challenger)? {
            return self.settle(&challenger, conclusion).map(Some);
        }
        self.stage(&challenger)?;
        self.tidy(&challenger, &record)?;
        Ok(Some(challenger))
    }

    /// The challenger of this champion that passed and was not registered any more, now that it is. Runs of others that were
    /// not ended in time, such as of one that was promoted, are.
    fn go_on(
        &self,
        champion: &ModelVersion,
        progress: &dyn Progress,
    ) -> Result<Option<Challenger>> {
        for (challenger, record) in self.unfinished()? {
            let is_refused = challenger.fate == Fate::Refused;
            if challenger.version.is_some() {
                self.tidy(&challenger, &record)?;
            } else if challenger.champion == champion.version
                && !is_refused
                && self.is_as_judged(&challenger)?
            {
                let run = self.registry.store().resume_run(&record.id)?;
                return self.finish(&run, challenger, progress).map(Some);
            }
        }
        Ok(None)
    }

    /// Ends the run of a challenger if that was not done, as after a crash.
    pub(super) fn tidy(&self, challenger: &Challenger, record: &RunRecord) -> Result<()> {
        let is_told = record.tags.get(FATE).is_some_and(|fate| fate == challenger.fate.name());
        let is_finished = record.status == RunState::Finished;
        if is_told && is_finished {
            return Ok(());
        }
        let run = self.registry.store().resume_run(&record.id)?;
        if is_finished { close(&run, challenger) } else { self.end(&run, challenger) }
    }

    fn steps(&self, job: &Job<'_>, progress: &dyn Progress) -> Result<Challenger> {
        let done = |step| report(progress, step);
        let store = self.registry.store();
        let found = self.find_run(&job.key)?;
        let evidence = found.as_ref().map(|record| self.read(record)).transpose()?.flatten();
        if let (Some(record), Some(challenger)) = (&found, &evidence)
            && record.status == RunState::Finished
            && (challenger.fate == Fate::Refused || challenger.version.is_some())
        {
            return Ok(challenger.clone());
        }
        // What was judged is gone, or was exchanged since: what is there has no evidence, and is not trusted.
        let is_foreign = match &evidence {
            Some(challenger)
                if challenger.version.is_none() && challenger.fate != Fate::Refused =>
            {
                !self.is_as_judged(challenger)?
            }
            _ => false,
        };
        let evidence = evidence.filter(|_| !is_foreign);
        let run = match &found {
            Some(record) => store.resume_run(&record.id)?,
            None => store.start_run(&self.experiment, &run_name(&job.key))?,
        };
        let champion = job.champion.version.to_string();
        let mut tags = Batch::new().tag(KEY, &job.key).tag(INPUTS, &job.inputs);
        // What stands on a model that saw the holdout has seen it too.
        let holdout = self.params.holdout.name();
        if self.params.prior.is_none() || job.seen == Seen::No {
            tags = tags.tag(HOLDOUT, &holdout);
        }
        run.log_batch(&tags.tag(CHAMPION, &champion))?;
        done(1)?;
        let challenger = if let Some(challenger) = evidence {
            challenger
        } else {
            let trained = if is_foreign { None } else { self.trained(run.id())? };
            let pipeline = trained.map_or_else(|| self.train(job, &run, progress), Ok)?;
            done(2)?;
            self.judge(job, &run, &pipeline)?
        };
        done(3)?;
        self.finish(&run, challenger, progress)
    }

    /// What is left to do for a challenger that was judged.
    fn finish(
        &self,
        run: &Run,
        mut challenger: Challenger,
        progress: &dyn Progress,
    ) -> Result<Challenger> {
        if challenger.version.is_none() {
            // It took long to train, and was compared with what was there before.
            let model = self.registry.model(&self.name)?;
            let now = model.in_stage(Stage::Production).map(|version| version.version);
            check_production(&self.name, challenger.champion, now)?;
        }
        if challenger.fate != Fate::Refused {
            if challenger.version.is_none() {
                challenger.version = Some(self.register(&challenger)?);
            }
            report(progress, 4)?;
            self.stage(&challenger)?;
            report(progress, 5)?;
        }
        self.end(run, &challenger)?;
        Ok(challenger)
    }

    /// Trains the challenger and leaves it in the run.
    fn train(&self, job: &Job<'_>, run: &Run, progress: &dyn Progress) -> Result<Pipeline> {
        let material = &job.material;
        let (texts, labels) = (&material.train.texts, &material.train.labels);
        let options = FitOptions::new().tracker(run).progress(progress).weights(&material.weights);
        let fitted = match &self.recipe {
            Recipe::Tuned(budget) => {
                let budget = (**budget).clone().start(job.builder.clone()).seed(self.params.seed);
                let search =
                    CvOptions::new().tracker(run).progress(progress).weights(&material.weights);
                tune_with(texts, labels, &budget, &search)?.refit(texts, labels, &options)?
            }
            Recipe::Same | Recipe::Given(_) => job.builder.fit_with(texts, labels, &options)?,
        };
        let mut pipeline = job.pipeline.decided_alike(fitted)?;
        let holdout = &material.holdout;
        match pipeline.evaluate_with(&holdout.texts, &holdout.labels, run) {
            Ok(report) => pipeline = pipeline.with_figures(&report),
            // Of nothing, or of a class that it does not have, there are no figures; it is compared all the same.
            Err(Error::NoTexts { .. } | Error::UnknownLabel { .. }) => {}
            Err(error) => return Err(error),
        }
        let recent = &material.recent.texts;
        let texts = if self.params.profile_of_corrections && recent.len() >= FOR_PROFILE {
            recent.clone()
        } else {
            [holdout.texts.as_slice(), recent].concat()
        };
        if !texts.is_empty() {
            pipeline = pipeline.with_profile_of(&texts);
        }
        pipeline.log_to(run)?;
        Ok(pipeline)
    }

    /// Compares the challenger with the champion and leaves the evidence in the run.
    fn judge(&self, job: &Job<'_>, run: &Run, pipeline: &Pipeline) -> Result<Challenger> {
        let validation =
            Validation::new(pipeline, &job.pipeline, job.seen, &job.material, &self.params)?;
        let fate = if validation.passed() { Fate::OnTrial } else { Fate::Refused };
        let challenger = Challenger {
            model: self.name.clone(),
            version: None,
            champion: job.champion.version,
            run_id: run.id().to_owned(),
            key: job.key.clone(),
            sha256: digest::of_bytes(&pipeline.to_bytes()),
            counts: job.material.counts,
            validation,
            fate,
        };
        let metrics = challenger.validation.metrics();
        let batch = Batch::new().param("retrain.champion", job.champion.version);
        let batch = batch
            .param("retrain.old_texts", challenger.counts.old.to_string())
            .param("retrain.corrections", challenger.counts.corrections.to_string());
        let batch = metrics.iter().fold(batch, |batch, (key, value)| batch.metric(key, *value, 0));
        run.log_batch(&batch)?;
        run.log_artifact("retrain/params.json", &json(&self.params))?;
        run.log_artifact(MARKS, job.material.marks.join("\n").as_bytes())?;
        run.log_artifact(EVIDENCE, &json(&challenger))?;
        Ok(challenger)
    }

    /// The version of the challenger, with the tags of its run.
    fn register(&self, challenger: &Challenger) -> Result<u32> {
        if !self.is_as_judged(challenger)? {
            let problem = "it is not the model that was judged; call Retrainer::run to train anew";
            let (path, problem) = (MODEL_FILE.into(), problem.to_owned());
            return Err(TrackingError::Malformed { path, problem }.into());
        }
        let tags = self.registry.store().run(&challenger.run_id)?.tags;
        let mut new =
            NewVersion::from_run(&challenger.run_id).description(challenger.to_string().trim_end());
        for key in [KEY, INPUTS, CHAMPION, HOLDOUT] {
            if let Some(value) = tags.get(key) {
                new = new.tag(key, value);
            }
        }
        Ok(self.registry.create_version(&self.name, new)?.version)
    }

    /// Moves the challenger to Staging, unless it was moved.
    fn stage(&self, challenger: &Challenger) -> Result<()> {
        let Some(version) = challenger.version else { return Ok(()) };
        if self.registry.version(&self.name, version)?.stage == Stage::None {
            let why = format!("on trial beside version {}", challenger.champion);
            let to = Transition::to(Stage::Staging).because(&why);
            self.registry.transition(&self.name, version, to)?;
        }
        Ok(())
    }
}

/// Tells that a step is done.
fn report(progress: &dyn Progress, step: usize) -> Result<()> {
    progress::report(Some(progress), progress::Stage::Retrain, step, STEPS)
}
