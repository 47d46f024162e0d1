//! Who did what when: printed as it happens, and kept to be checked.

use std::sync::{Arc, Mutex, PoisonError};

use ressenti::monitor::{Alert, Clock, ManualClock, Sink};

pub(crate) struct Timeline {
    clock: Arc<ManualClock>,
    entries: Mutex<Vec<String>>,
}

impl Timeline {
    pub(crate) fn new(clock: Arc<ManualClock>) -> Self {
        Self { clock, entries: Mutex::default() }
    }

    /// The first line of `what` with the time; the others below it.
    pub(crate) fn tell(&self, who: &str, what: &str) {
        let seconds = self.clock.now().as_secs();
        let (h, m, s) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let mut lines = what.trim_end().lines();
        println!("{h:02}:{m:02}:{s:02}  {who:<10} {}", lines.next().unwrap_or_default());
        for line in lines {
            println!("                     {line}");
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(format!("{who}: {what}"));
    }

    /// Whether all of this was told, in this order, whatever else was.
    pub(crate) fn check(&self, story: &[&str]) -> Result<(), String> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = entries.iter();
        match story.iter().find(|part| !told.any(|entry| entry.contains(**part))) {
            None => Ok(()),
            Some(part) => Err(format!("the story goes another way: {part:?} is missing")),
        }
    }
}

/// Alerts go to the timeline; a real application would wake somebody.
impl Sink for Timeline {
    fn deliver(&self, alert: &Alert) -> ressenti::Result<()> {
        self.tell("alerts", &alert.to_string());
        Ok(())
    }
}
