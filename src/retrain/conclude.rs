//! What a trial came to in, a promotion or a rejection out. The conclusion is written down before anything is moved, so that
//! whoever comes after a crash does the rest.

use super::challenger::Challenger;
use super::ledger::{CONCLUSION, Conclusion, json};
use super::retrainer::Retrainer;
use crate::error::Result;
use crate::registry::{Check, Stage, Transition};
use crate::tracker::Tracker;

impl Retrainer {
    /// Moves a challenger as was concluded, unless it was moved. Its champion must still be the one in Production for it to be
    /// promoted.
    pub(super) fn settle(&self, challenger: &Challenger, mut conclusion: Conclusion) -> Result<Challenger> {
        let Some(version) = challenger.version else { return Ok(challenger.clone()) };
        let model = self.registry.model(&self.name)?;
        let now = model.in_stage(Stage::Production).map(|version| version.version);
        let stage = model.version(version).map(|version| version.stage);
        let has_moved = matches!(stage, Some(Stage::Production | Stage::Archived));
        if conclusion.promote && !has_moved && now != Some(challenger.champion) {
            let now = now.map_or("no version".to_owned(), |now| format!("version {now}"));
            conclusion.promote = false;
            conclusion.reasons.push(format!(
                "{now} is in Production, but it was compared with version {}",
                challenger.champion
            ));
        }
        let run = self.registry.store().resume_run(&challenger.run_id)?;
        if !has_moved {
            run.log_artifact(CONCLUSION, &json(&conclusion))?;
            let (stage, archive) = if conclusion.promote {
                (Stage::Production, true)
            } else {
                (Stage::Archived, false)
            };
            let to = Transition::to(stage).archive_existing(archive);
            let to = to.because(&conclusion.reasons.join("; "));
            let to = if conclusion.promote { to.check(Check::Loads) } else { to };
            self.registry.transition(&self.name, version, to)?;
        }
        let record = self.registry.store().run(&challenger.run_id)?;
        let settled = self.read(&record)?.unwrap_or_else(|| challenger.clone());
        self.close(&run, &settled)?;
        Ok(settled)
    }
}
