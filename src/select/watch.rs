//! How trainings on many threads tell one callback where all of them are, and how it stops them all.
//!
//! Nobody waits for the callback: who finds it busy goes on, and hears of a stop at the next report.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

use crate::error::{Error, Result};
use crate::progress::{Progress, Stage, Step};

/// Counts trainings.
pub(super) struct Watch<'a> {
    progress: Option<&'a dyn Progress>,
    done: AtomicUsize,
    total: usize,
    stopped: AtomicBool,
    turn: Mutex<()>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(progress: Option<&'a dyn Progress>, total: usize) -> Self {
        let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { progress, done, total, stopped, turn: Mutex::new(()) }
    }

    /// Says where the work is; an error if it is to stop.
    pub(super) fn report(&self) -> Result<()> {
        if let Some(progress) = self.progress {
            // Held until the callback is back.
            let turn = self.turn.try_lock();
            if !matches!(turn, Err(TryLockError::WouldBlock)) {
                self.ask(progress);
            }
        }
        if self.stopped.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }

    fn ask(&self, progress: &dyn Progress) {
        let done = self.done.load(Ordering::Relaxed);
        let step = Step { stage: Stage::Search, done, total: self.total };
        if !self.stopped.load(Ordering::Relaxed) && progress.update(step).is_break() {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Ends the work for another reason than the callback's.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// One training more is done.
    pub(super) fn one_more(&self) -> Result<()> {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.report()
    }
}

/// A training or an analysis among others: its own steps are not worth telling, but may be the moment to stop.
impl Progress for Watch<'_> {
    fn update(&self, _: Step) -> ControlFlow<()> {
        if self.report().is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_that_takes_its_time_is_never_in_two_places() {
        let (inside, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let slow = |_: Step| {
            met.fetch_max(1 + inside.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(2));
            inside.fetch_sub(1, Ordering::SeqCst);
            ControlFlow::Continue(())
        };
        let watch = Watch::new(Some(&slow), 80);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..20).for_each(|_| watch.one_more().unwrap()));
            }
        });
        assert_eq!(met.into_inner(), 1);
    }
}
