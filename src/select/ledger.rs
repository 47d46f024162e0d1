//! Results come in from all threads in any order; trials go out, into the table and to the tracker, in theirs.
//!
//! A trial is logged as soon as it and all before it are done, by whoever is there; nobody waits for the tracker.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::results::Trial;
use super::scores::{FoldScores, Scores};
use crate::error::{Error, Result};
use crate::pipeline::PipelineBuilder;
use crate::tracker::Collecting;

/// What one choice of settings did in one fold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) scores: FoldScores,
    pub(super) converged: bool,
    pub(super) n_features: usize,
}

pub(super) struct Ledger<'a> {
    choices: &'a [PipelineBuilder],
    /// The search's run.
    run: &'a Collecting<'a>,
    /// The number of the first trial.
    first: usize,
    /// Choices × folds.
    outcomes: Mutex<Vec<Vec<Option<Outcome>>>>,
    written: Mutex<Written>,
}

#[derive(Default)]
pub(super) struct Written {
    pub(super) trials: Vec<Trial>,
    /// What the tracker said, if that is to end the search.
    pub(super) failure: Option<Error>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(
        choices: &'a [PipelineBuilder],
        n_folds: usize,
        run: &'a Collecting<'a>,
        first: usize,
    ) -> Self {
        let outcomes = Mutex::new(vec![vec![None; n_folds]; choices.len()]);
        Self { choices, run, first, outcomes, written: Mutex::default() }
    }

    /// `false` if the tracker has failed and that is to end the search.
    pub(super) fn enter(&self, choice: usize, fold: usize, outcome: Outcome) -> bool {
        lock(&self.outcomes)[choice][fold] = Some(outcome);
        match self.written.try_lock() {
            Ok(mut written) => self.write(&mut written),
            Err(TryLockError::Poisoned(error)) => self.write(&mut error.into_inner()),
            // Who is writing, or who writes next, will find it.
            Err(TryLockError::WouldBlock) => true,
        }
    }

    /// All trials, once every outcome was entered.
    pub(super) fn close(self) -> Written {
        self.write(&mut lock(&self.written));
        self.written.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, written: &mut Written) -> bool {
        while written.failure.is_none() {
            let Some(builder) = self.choices.get(written.trials.len()) else { break };
            let outcomes: Option<Vec<Outcome>> =
                lock(&self.outcomes)[written.trials.len()].iter().copied().collect();
            let Some(outcomes) = outcomes else { break };
            let trial = Trial {
                number: self.first + written.trials.len(),
                params: params(builder),
                scores: Scores::new(outcomes.iter().map(|outcome| outcome.scores).collect()),
                n_features: mean(outcomes.iter().map(|outcome| outcome.n_features as f64)),
                converged: outcomes.iter().all(|outcome| outcome.converged),
                builder: builder.clone(),
            };
            written.failure = self.log(&trial).err();
            written.trials.push(trial);
        }
        written.failure.is_none()
    }

    /// A run inside the search's own.
    fn log(&self, trial: &Trial) -> Result<()> {
        self.run.child(&format!("trial {}", trial.number), |run| {
            log_params(&trial.builder, run)?;
            run.param("n_splits", trial.scores.folds().len())?;
            run.metric("n_features", trial.n_features, 0)?;
            run.metric("converged", f64::from(u8::from(trial.converged)), 0)?;
            trial.scores.log_to(run)
        })
    }
}

/// The settings under the names that runs are tracked with.
pub(super) fn log_params(builder: &PipelineBuilder, run: &Collecting<'_>) -> Result<()> {
    builder.summary().into_iter().try_for_each(|(key, value)| run.param(&key, value))
}

fn params(builder: &PipelineBuilder) -> Vec<(String, String)> {
    builder.summary().into_iter().map(|(key, value)| (key, value.to_string())).collect()
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = numbers.len() as f64;
    numbers.sum::<f64>() / n
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
