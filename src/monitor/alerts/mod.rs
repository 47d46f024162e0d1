//! A monitor comes in at any moment, alerts that begin or end go out.
//!
//! [`Rule`]s say what is looked at, `measure` what is found, and here is remembered who was told: an alert is told when it
//! begins and when it is over, and once each.

mod measure;
mod rule;
mod sink;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use rule::{Condition, Rule, Severity};
pub use sink::{Alert, AlertState, MemorySink, Sink};

use super::Monitor;
use super::clock::millis;
use crate::error::{Error, Result};
use measure::{Finding, find};

/// Rules, and which of them are firing. Plain data: stored with the monitor's state, it goes on where it was.
///
/// It does nothing by itself: [`check`](Self::check) it every ten seconds or so, or whenever you want to know.
///
/// ```
/// use std::time::Duration;
/// use ressenti::Pipeline;
/// use ressenti::monitor::{Alerts, Clock, ManualClock, MemorySink, Monitor};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let (monitor, clock, sink) = (Monitor::of(&pipeline), ManualClock::default(), MemorySink::default());
/// let mut alerts = Alerts::default();
/// for _ in 0..400 {
///     monitor.record("lost", &pipeline.predict("lost")?, Duration::from_millis(700), clock.now());
///     clock.advance(Duration::from_secs(1));
/// }
/// alerts.check(&monitor, clock.now(), &sink)?;
/// assert_eq!(sink.alerts()[0].rule, "latency");
/// assert_eq!(alerts.firing().collect::<Vec<_>>(), ["latency"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Alerts {
    rules: Vec<Rule>,
    states: Vec<State>,
}

#[derive(Deserialize)]
#[serde(rename = "Alerts")]
struct Stored {
    rules: Vec<Rule>,
    states: Vec<State>,
}

impl TryFrom<Stored> for Alerts {
    type Error = Error;

    fn try_from(Stored { rules, states }: Stored) -> Result<Self> {
        let alerts = Self::new(rules)?;
        if states.len() != alerts.rules.len() {
            let problem = format!("{} states for {} rules", states.len(), alerts.rules.len());
            return Err(Error::InvalidValues { what: "alerts", problem });
        }
        Ok(Self { states, ..alerts })
    }
}

/// Where a rule stands; times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum State {
    Quiet { until: u64 },
    Firing { since: u64 },
}

impl Default for Alerts {
    /// The [default rules](Rule::defaults).
    fn default() -> Self {
        let rules = Rule::defaults();
        let states = vec![State::Quiet { until: 0 }; rules.len()];
        Self { rules, states }
    }
}

impl Alerts {
    /// No alert yet, by these rules.
    ///
    /// Errors: [`Error::InvalidParameter`] for a limit out of range.
    pub fn new(rules: Vec<Rule>) -> Result<Self> {
        rules.iter().try_for_each(Rule::validate)?;
        let states = vec![State::Quiet { until: 0 }; rules.len()];
        Ok(Self { rules, states })
    }

    /// Its rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The names of the rules that are firing.
    pub fn firing(&self) -> impl Iterator<Item = &str> {
        let both = self.rules.iter().zip(&self.states);
        both.filter(|(_, state)| matches!(state, State::Firing { .. })).map(|(rule, _)| rule.name())
    }

    /// Looks at all rules, and delivers the alerts that begin or end now.
    ///
    /// Errors: the first that the sink answers. The other alerts are delivered all the same, and those that failed at the
    /// next check.
    pub fn check(
        &mut self,
        monitor: &Monitor,
        now: Duration,
        sink: &(impl Sink + ?Sized),
    ) -> Result<()> {
        let mut result = Ok(());
        for (rule, state) in self.rules.iter().zip(&mut self.states) {
            let Some(finding) = find(rule, monitor, now) else { continue };
            let now = millis(now);
            // Longer quiet than it is to be: its clock ran ahead.
            let ahead = |until: u64| until > now.saturating_add(rule.cool_down_ms);
            let (next, alert) = match *state {
                State::Quiet { until } if finding.holds && (now >= until || ahead(until)) => {
                    let since = now.saturating_sub(rule.lasting_ms);
                    (State::Firing { since }, (AlertState::Firing, since))
                }
                State::Firing { since } if finding.over => {
                    let until = now.saturating_add(rule.cool_down_ms);
                    (State::Quiet { until }, (AlertState::Resolved, since.min(now)))
                }
                _ => continue,
            };
            match sink.deliver(&tell(rule, finding, alert, now)) {
                Ok(()) => *state = next,
                Err(error) => result = result.and(Err(error)),
            }
        }
        result
    }
}

fn tell(rule: &Rule, finding: Finding, (state, since_ms): (AlertState, u64), at_ms: u64) -> Alert {
    let Finding { value, limit, message, context, .. } = finding;
    let (rule, severity) = (rule.name.clone(), rule.severity);
    Alert { rule, severity, state, since_ms, at_ms, value, limit, message, context }
}
