//! What a trial came to in, a promotion or a rejection out. The conclusion is written down before anything is moved, so that
//! whoever comes after a crash does the rest.

use super::ab::{AbTest, Verdict};
use super::challenger::{Challenger, Fate};
use super::ledger::{CONCLUSION, Conclusion, Stay, TRIAL, Trial, artifact, close, json};
use super::retrainer::Retrainer;
use crate::error::Result;
use crate::registry::{Check, Stage, Transition};
use crate::tracker::{RunState, Tracker};

impl Retrainer {
    /// Ends the trial of a challenger, if the test has come to a verdict: a better one goes to Production, and the old champion
    /// is archived; another one is archived. Undecided, all stays as it is. What the test said goes to the run, and to the
    /// history of the model as the reason.
    ///
    /// A better one is archived as well if its champion is not in Production any more: it was compared with another model than
    /// the one it would replace. Called again, also after a crash, it does what is left to do and returns the same.
    ///
    /// Errors: those of the registry and the store. A challenger whose file cannot be loaded does not go to Production.
    pub fn conclude(&self, challenger: &Challenger, test: &AbTest) -> Result<Challenger> {
        let _lock = self.lock()?;
        let record = self.registry.store().run(&challenger.run_id)?;
        let Some(now) = self.read(&record)? else { return Ok(challenger.clone()) };
        if now.fate != Fate::OnTrial {
            self.tidy(&now, &record)?;
            return Ok(now);
        }
        // What was concluded before a crash stays so, whatever came in since.
        if let Some(conclusion) = self.concluded(&record, &now)? {
            return self.settle(&now, conclusion);
        }
        let evidence = test.evidence();
        let promote = match evidence.verdict {
            Verdict::Undecided => return Ok(now),
            Verdict::Better => true,
            Verdict::NotBetter | Verdict::Harm => false,
        };
        let reasons = vec![evidence.to_string()];
        let evidence = Some(evidence);
        self.settle(&now, Conclusion { promote, reasons, evidence, ..Conclusion::default() })
    }

    /// Keeps the test of a challenger with it, for a process that comes after this one. Tests of several machines are
    /// [merged](AbTest::merge) first.
    ///
    /// Errors: those of the store.
    pub fn keep_trial(&self, challenger: &Challenger, test: &AbTest) -> Result<()> {
        let _lock = self.lock()?;
        let record = self.registry.store().run(&challenger.run_id)?;
        // It may have been moved since the caller was given it.
        let now = self.read(&record)?.unwrap_or_else(|| challenger.clone());
        let stay = now.version.map_or(Ok(Stay::default()), |version| self.stay(version))?;
        let run = self.registry.store().resume_run(&record.id)?;
        run.log_artifact(TRIAL, &json(&Trial { stay, test: test.clone() }))?;
        close(&run, &now)
    }

    /// The test of a challenger as it was [kept](Self::keep_trial), if it was. One that is on trial once more, such as after a
    /// rollback, begins anew: what was kept before it was moved is not returned.
    ///
    /// Errors: those of the registry and the store.
    pub fn trial(&self, challenger: &Challenger) -> Result<Option<AbTest>> {
        let record = self.registry.store().run(&challenger.run_id)?;
        let Some(Trial { stay, test }) = artifact(&record, TRIAL)? else { return Ok(None) };
        if let Some(Challenger { version: Some(version), fate: Fate::OnTrial, .. }) =
            self.read(&record)?
            && stay != self.stay(version)?
        {
            return Ok(None);
        }
        Ok(Some(test))
    }

    /// Moves a challenger as was concluded, unless it was moved.
    pub(super) fn settle(
        &self,
        challenger: &Challenger,
        mut conclusion: Conclusion,
    ) -> Result<Challenger> {
        let Some(version) = challenger.version else { return Ok(challenger.clone()) };
        let model = self.registry.model(&self.name)?;
        let now = model.in_stage(Stage::Production).map(|version| version.version);
        if conclusion.promote && now != Some(challenger.champion) {
            let now = now.map_or("no version".to_owned(), |now| format!("version {now}"));
            conclusion.promote = false;
            conclusion.reasons.push(format!(
                "{now} is in Production, but it was compared with version {}",
                challenger.champion
            ));
        }
        conclusion.stay = self.stay(version)?;
        let was = self.registry.store().run(&challenger.run_id)?.status;
        let run = self.registry.store().resume_run(&challenger.run_id)?;
        run.log_artifact(CONCLUSION, &json(&conclusion))?;
        let why = conclusion.reasons.join("; ");
        let to = if conclusion.promote {
            Transition::to(Stage::Production).archive_existing(true).check(Check::Loads)
        } else {
            Transition::to(Stage::Archived)
        };
        self.registry.transition(&self.name, version, to.because(&why))?;
        let record = self.registry.store().run(&challenger.run_id)?;
        let settled = self.read(&record)?.unwrap_or_else(|| challenger.clone());
        if was == RunState::Finished { close(&run, &settled) } else { self.end(&run, &settled) }?;
        Ok(settled)
    }
}
