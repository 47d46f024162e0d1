//! What a trial came to in, a promotion or a rejection out. The conclusion is written down before anything is moved, so that
//! whoever comes after a crash does the rest.

use super::ab::{AbTest, Verdict};
use super::challenger::{Challenger, Fate};
use super::ledger::{CONCLUSION, Conclusion, Stay, TRIAL, Trial, artifact, close, json};
use super::retrainer::Retrainer;
use crate::error::{Error, RegistryError, Result};
use crate::registry::{Check, Stage, Transition};
use crate::tracker::{RunRecord, RunState, Tracker};

impl Retrainer {
    /// Ends the trial of a challenger, if the test has come to a verdict: a better one goes to Production, and the old champion
    /// is archived; another one is archived. Undecided, all stays as it is. What the test said goes to the run, and to the
    /// history of the model as the reason.
    ///
    /// A better one is archived as well if its champion is not in Production any more: it was compared with another model than
    /// the one it would replace, and so is one whose file cannot be loaded. Called again, also after a crash, it does what is
    /// left to do and returns the same.
    ///
    /// Give the test that counted the answers of this challenger, such as the one that was [kept](Self::trial) with it. One that
    /// [says of whom it is](AbTest::of_challenger) is refused for another.
    ///
    /// Errors: those of the registry and the store; [`Error::InvalidParameter`] for a challenger of another model, or one whose
    /// run has no evidence, and for a test of another challenger; [`RegistryError::NoneFound`] if its version was deleted.
    pub fn conclude(&self, challenger: &Challenger, test: &AbTest) -> Result<Challenger> {
        let _lock = self.lock()?;
        let (now, record) = self.as_it_is(challenger)?;
        check_test(test, &now)?;
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
    /// Errors: as for [`conclude`](Self::conclude).
    pub fn keep_trial(&self, challenger: &Challenger, test: &AbTest) -> Result<()> {
        let _lock = self.lock()?;
        let (now, record) = self.as_it_is(challenger)?;
        check_test(test, &now)?;
        let stay = now.version.map_or(Ok(Stay::default()), |version| self.stay(version))?;
        let run = self.registry.store().resume_run(&record.id)?;
        run.log_artifact(TRIAL, &json(&Trial { stay, test: test.clone() }))?;
        // After a crash this may be the first to end the run: then its corrections were not counted as used yet.
        if record.status == RunState::Finished { close(&run, &now) } else { self.end(&run, &now) }
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

    /// A challenger as it is now, since it may have been moved since the caller was given it, and its run.
    fn as_it_is(&self, challenger: &Challenger) -> Result<(Challenger, RunRecord)> {
        let refuse =
            |found, expected| Err(Error::InvalidParameter { name: "challenger", found, expected });
        let of_another =
            "is not of the model that is retrained here; ask the Retrainer of its model";
        if challenger.model != self.name {
            return refuse(format!("of {:?}", challenger.model), of_another);
        }
        let record = self.registry.store().run(&challenger.run_id)?;
        let Some(now) = self.read(&record)? else {
            let expected = "has no evidence there; give one that Retrainer::run returned";
            return refuse(format!("of run {}", record.id), expected);
        };
        if now.model != self.name {
            return refuse(format!("of {:?}", now.model), of_another);
        }
        if now.version.is_none() && now.fate == Fate::OnTrial {
            let (name, wanted) = (self.name.clone(), format!("of run {}", record.id));
            let existing = "it was deleted, or not registered yet; call Retrainer::run".to_owned();
            return Err(RegistryError::NoneFound { name, wanted, existing }.into());
        }
        Ok((now, record))
    }

    /// Moves a challenger as was concluded, unless it was moved.
    pub(super) fn settle(
        &self,
        challenger: &Challenger,
        mut conclusion: Conclusion,
    ) -> Result<Challenger> {
        let Some(version) = challenger.version else { return Ok(challenger.clone()) };
        conclusion.stay = self.stay(version)?;
        let was = self.registry.store().run(&challenger.run_id)?.status;
        let run = self.registry.store().resume_run(&challenger.run_id)?;
        run.log_artifact(CONCLUSION, &json(&conclusion))?;
        if conclusion.promote {
            let to = Transition::to(Stage::Production).archive_existing(true).check(Check::Loads);
            let to = to.because(&conclusion.reasons.join("; "));
            // Whoever moves another one there holds no lock of ours.
            let to = to.while_in_production(challenger.champion);
            if let Err(error) = self.registry.transition(&self.name, version, to) {
                if !is_its_fault(&error) {
                    return Err(error);
                }
                // It would be so the next time too.
                conclusion.promote = false;
                conclusion.reasons.push(match error {
                    Error::Registry {
                        problem: RegistryError::ProductionChanged { found, expected, .. },
                    } => format!(
                        "{found} in Production, but it was compared with version {expected}"
                    ),
                    error => error.to_string(),
                });
                run.log_artifact(CONCLUSION, &json(&conclusion))?;
            }
        }
        if !conclusion.promote {
            let to = Transition::to(Stage::Archived).because(&conclusion.reasons.join("; "));
            self.registry.transition(&self.name, version, to)?;
        }
        let record = self.registry.store().run(&challenger.run_id)?;
        let settled = self.read(&record)?.unwrap_or_else(|| challenger.clone());
        if was == RunState::Finished { close(&run, &settled) } else { self.end(&run, &settled) }?;
        Ok(settled)
    }
}

/// `Err` for a test that says it is of another challenger.
fn check_test(test: &AbTest, challenger: &Challenger) -> Result<()> {
    match test.challenger().filter(|key| *key != challenger.key) {
        None => Ok(()),
        Some(key) => Err(Error::InvalidParameter {
            name: "test",
            found: format!("of the challenger of key {key:?}"),
            expected: "counted the answers of another one; give the test of this challenger",
        }),
    }
}

/// Whether a version was not moved for what its file is, or for what is in Production now.
fn is_its_fault(error: &Error) -> bool {
    use RegistryError::{ProductionChanged, Refused};
    matches!(error, Error::Registry { problem: Refused { .. } | ProductionChanged { .. } })
}
