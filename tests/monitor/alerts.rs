//! Alerts begin when they should, end when they should, and are told once each. Time is made up.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ressenti::monitor::drift::DriftParams;
use ressenti::monitor::{
    Alert, AlertState, Alerts, Clock, Condition, ManualClock, MemorySink, Monitor, MonitorParams,
    Rule, Severity, Span,
};
use ressenti::{Error, Pipeline, Prediction};

const SECOND: Duration = Duration::from_secs(1);

fn pipeline() -> Pipeline {
    let texts = ["lovely crew", "great flight", "lost bag", "late again"];
    Pipeline::builder().fit(&texts, &["positive", "positive", "negative", "negative"]).unwrap()
}

/// A model at work, at one request a second unless told otherwise, with the alerts checked every ten seconds.
struct World<'p> {
    prediction: Prediction<'p>,
    monitor: Monitor,
    clock: ManualClock,
    alerts: Alerts,
    sink: MemorySink,
    seconds: Cell<u64>,
}

impl<'p> World<'p> {
    fn new(pipeline: &'p Pipeline, alerts: Alerts) -> Self {
        Self {
            prediction: pipeline.predict("lost crew bag").unwrap(),
            monitor: Monitor::of(pipeline),
            clock: ManualClock::at(Duration::from_secs(1_700_000_000 / 86_400 * 86_400)),
            alerts,
            sink: MemorySink::default(),
            seconds: Cell::new(0),
        }
    }

    /// So many seconds pass; `serve` serves in each.
    fn pass(&mut self, seconds: u64, serve: impl Fn(&Self, u64)) {
        for i in 0..seconds {
            self.clock.advance(SECOND);
            serve(self, i);
            self.seconds.set(self.seconds.get() + 1);
            if self.seconds.get().is_multiple_of(10) {
                self.alerts.check(&self.monitor, self.clock.now(), &self.sink).unwrap();
            }
        }
    }

    fn answer(&self, millis: u64) {
        let latency = Duration::from_millis(millis);
        self.monitor.record("lost crew bag", &self.prediction, latency, self.clock.now());
    }

    fn fail(&self) {
        self.monitor.record_error("timeout", Duration::from_millis(5), self.clock.now());
    }

    /// What was told since, as (rule, state, minutes of this world).
    fn told(&self) -> Vec<(String, AlertState)> {
        self.sink.alerts().into_iter().map(|alert| (alert.rule, alert.state)).collect()
    }
}

fn only(name: &str) -> Alerts {
    let rules = Rule::defaults().into_iter().filter(|rule| rule.name() == name);
    Alerts::new(rules.collect()).unwrap()
}

fn pair(rule: &str, state: AlertState) -> (String, AlertState) {
    (rule.to_owned(), state)
}

#[test]
fn latency_above_500_ms_for_5_minutes_is_told_and_resolved_below_450() {
    let pipeline = pipeline();
    let mut world = World::new(&pipeline, only("latency"));
    world.pass(600, |world, _| world.answer(20));
    world.pass(280, |world, _| world.answer(700));
    assert_eq!(world.told(), [], "not yet five minutes");
    world.pass(40, |world, _| world.answer(700));
    assert_eq!(world.told(), [pair("latency", AlertState::Firing)]);
    let alert = &world.sink.alerts()[0];
    assert!((alert.value - 700.0).abs() < 0.033 * 700.0 && alert.limit == 500.0, "{alert:?}");
    assert_eq!(alert.severity, Severity::Email);
    assert_eq!(alert.at_ms - alert.since_ms, 300_000);
    assert!(alert.message.starts_with("p95 of the latency is "), "{}", alert.message);
    world.pass(600, |world, _| world.answer(480));
    assert_eq!(world.told().len(), 1, "within the hysteresis it goes on");
    world.pass(90, |world, _| world.answer(100));
    assert_eq!(world.told()[1..], [pair("latency", AlertState::Resolved)]);
    // A slow minute in five is no alert.
    world.pass(1_200, |world, i| world.answer(if i % 300 < 60 { 900 } else { 50 }));
    assert_eq!(world.told().len(), 2);
}

#[test]
fn more_than_5_percent_errors_for_10_minutes_are_told_and_cool_down() {
    let pipeline = pipeline();
    let mut world = World::new(&pipeline, only("error_rate"));
    let failing = |world: &World<'_>, i: u64| {
        if i.is_multiple_of(10) { world.fail() } else { world.answer(5) }
    };
    world.pass(600, |world, _| world.answer(5));
    world.pass(590, failing);
    assert_eq!(world.told(), []);
    world.pass(70, failing);
    assert_eq!(world.told(), [pair("error_rate", AlertState::Firing)]);
    let alert = &world.sink.alerts()[0];
    assert_eq!(alert.severity, Severity::Sms);
    assert!(alert.context["error timeout"] > 0.0 && alert.context["requests"] >= 50.0);
    world.pass(120, |world, _| world.answer(5));
    assert_eq!(world.told().len(), 2);
    // Fails again soon after: the rule cools down for ten minutes after it was resolved.
    let resolved = world.sink.alerts()[1].at_ms;
    world.pass(1_500, failing);
    let again = &world.sink.alerts()[2];
    assert!(again.at_ms - resolved >= 600_000, "{again:?}");
}

#[test]
fn a_state_of_a_clock_that_ran_a_year_ahead_does_not_stop_alerts() {
    let pipeline = pipeline();
    let mut world = World::new(&pipeline, only("error_rate"));
    let today = world.clock.now();
    world.clock.advance(SECOND * 86_400 * 365);
    world.pass(700, |world, _| world.fail());
    world.pass(900, |world, _| world.answer(1));
    let resolved = pair("error_rate", AlertState::Resolved);
    assert_eq!(world.told(), [pair("error_rate", AlertState::Firing), resolved]);
    // The machine boots with the right time, and the program goes on where it was.
    world.monitor = Monitor::resume(&pipeline, world.monitor.state()).unwrap();
    (world.clock, world.sink) = (ManualClock::at(today), MemorySink::default());
    world.pass(590, |world, _| world.fail());
    assert_eq!(world.told(), [], "not for ten minutes yet");
    world.pass(200, |world, _| world.fail());
    assert_eq!(world.told(), [pair("error_rate", AlertState::Firing)]);
    let snapshot = world.monitor.snapshot(Span::All, world.clock.now());
    assert_eq!(snapshot.from_ms, (today + SECOND).as_millis() as u64);
}

#[test]
fn silence_and_bursts_are_told_at_once_against_the_usual_of_the_hour() {
    let pipeline = pipeline();
    let mut world = World::new(&pipeline, only("volume"));
    let usual = |world: &World<'_>, _: u64| world.answer(5);
    // The first day tells what is usual.
    world.pass(25 * 3_600, usual);
    assert_eq!(world.told(), []);
    assert_eq!(world.monitor.usual_volume().per_hour(3), Some(3_600.0));
    world.pass(300, usual);
    world.pass(40, |_, _| ());
    assert_eq!(world.told(), [pair("volume", AlertState::Firing)], "within 40 s");
    assert_eq!(world.sink.alerts()[0].severity, Severity::Immediate);
    assert!(world.sink.alerts()[0].message.starts_with("no requests for "));
    world.pass(120, usual);
    assert_eq!(world.told()[1..], [pair("volume", AlertState::Resolved)]);
    world.pass(700, usual);
    world.pass(60, |world, _| (0..5).for_each(|_| world.answer(5)));
    assert_eq!(world.told()[2..], [pair("volume", AlertState::Firing)]);
    assert!(world.sink.alerts()[2].message.ends_with("60 are usual at that hour"));
    world.pass(120, usual);
    assert_eq!(world.told().len(), 4);
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn the_step_from_one_hour_to_the_next_is_neither_silence_nor_a_burst() {
    let pipeline = pipeline();
    let at_step = |before: f64, after: f64, every: u64| {
        let world = World::new(&pipeline, only("volume"));
        world.monitor.set_usual_volume(7, before);
        world.monitor.set_usual_volume(8, after);
        world.clock.advance(7 * HOUR + HOUR / 2);
        (world, move |world: &World<'_>, i: u64| {
            if i.is_multiple_of(every) {
                world.answer(5);
            }
        })
    };
    // A request each five minutes, then one a second; who is silent after that is told of.
    let (mut world, serve) = at_step(12.0, 3_600.0, 300);
    world.pass(1_810, serve);
    assert_eq!(world.told(), []);
    world.pass(20, |_, _| ());
    assert_eq!(world.told(), [pair("volume", AlertState::Firing)]);
    // One a second, then one in six.
    let (mut world, serve) = at_step(3_600.0, 600.0, 1);
    world.pass(1_800, serve);
    world.pass(1_200, |world, i| {
        if i.is_multiple_of(6) {
            world.answer(5);
        }
    });
    assert_eq!(world.told(), []);
}

#[test]
fn silence_counts_from_when_it_was_watched() {
    let pipeline = pipeline();
    let mut world = World::new(&pipeline, only("volume"));
    (0..24).for_each(|hour| world.monitor.set_usual_volume(hour, 3_600.0));
    world.clock.advance(7 * HOUR);
    world.pass(20, |_, _| ());
    assert_eq!(world.told(), [], "looked at for ten seconds");
    world.pass(20, |_, _| ());
    assert_eq!(world.told(), [pair("volume", AlertState::Firing)]);
    // A program that was stopped for an hour.
    let mut world = World::new(&pipeline, only("volume"));
    world.pass(600, |world, _| world.answer(5));
    (0..24).for_each(|hour| world.monitor.set_usual_volume(hour, 3_600.0));
    world.monitor = Monitor::resume(&pipeline, world.monitor.state()).unwrap();
    world.clock.advance(HOUR);
    world.pass(20, |_, _| ());
    assert_eq!(world.told(), []);
    world.pass(20, |_, _| ());
    assert_eq!(world.told(), [pair("volume", AlertState::Firing)]);
}

#[test]
fn a_few_slow_requests_after_an_idle_hour_have_not_lasted() {
    let pipeline = pipeline();
    let mut world = World::new(&pipeline, only("latency"));
    world.pass(60, |world, _| world.answer(5));
    world.pass(3_600, |_, _| ());
    world.pass(290, |world, _| world.answer(900));
    assert_eq!(world.told(), []);
    world.pass(20, |world, _| world.answer(900));
    assert_eq!(world.told(), [pair("latency", AlertState::Firing)]);
}

#[test]
fn volume_that_goes_up_and_down_with_the_day_is_usual() {
    let pipeline = pipeline();
    let mut world = World::new(&pipeline, only("volume"));
    // From 0.3 to 1 a second; drawn at random, by a fixed rule.
    let daily = |world: &World<'_>, _: u64| {
        let second = world.clock.now().as_secs();
        let angle = (second % 86_400) as f64 / 86_400.0 * std::f64::consts::TAU;
        let draw = second.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        if (draw as f64) < f64::from(1 << 24) * (0.65 + 0.35 * angle.sin()) {
            world.answer(5);
        }
    };
    world.pass(3 * 86_400, daily);
    assert_eq!(world.told(), []);
}

#[test]
fn unsure_answers_and_unknown_words_are_told() {
    let pipeline = pipeline();
    let params = MonitorParams::default().low_confidence(0.99);
    let rules = Rule::defaults()
        .into_iter()
        .filter(|rule| rule.name() != "volume" && rule.name() != "drift");
    let mut world = World::new(&pipeline, Alerts::new(rules.collect()).unwrap());
    world.monitor = Monitor::with(&pipeline, params).unwrap();
    let unknown = pipeline.predict("zzz yyy lost").unwrap();
    world.pass(700, |world, _| {
        world.monitor.record("zzz yyy lost", &unknown, Duration::ZERO, world.clock.now());
    });
    let told =
        [pair("low_confidence", AlertState::Firing), pair("unknown_words", AlertState::Firing)];
    assert_eq!(world.told(), told);
}

#[test]
fn drift_is_told_with_the_words_that_moved() {
    let texts: Vec<String> = (0..400).map(|i| format!("{} seat", ["good", "bad"][i % 2])).collect();
    let labels: Vec<bool> = (0..400).map(|i| i % 2 == 0).collect();
    let pipeline = Pipeline::builder().fit(&texts, &labels).unwrap();
    let mut alerts = only("drift");
    let params = MonitorParams::default().word_sampling(1).word_span(200).recent(400);
    let monitor = Monitor::with(&pipeline, params).unwrap();
    let (clock, sink) = (ManualClock::at(SECOND), MemorySink::default());
    for text in &texts {
        monitor.predict(&pipeline, text, &clock).unwrap();
    }
    alerts.check(&monitor, clock.now(), &sink).unwrap();
    assert_eq!(sink.alerts(), []);
    for text in &texts {
        monitor.predict(&pipeline, &format!("{text} #strike"), &clock).unwrap();
    }
    alerts.check(&monitor, clock.now(), &sink).unwrap();
    let alert = &sink.alerts()[0];
    assert!(alert.message.contains("#strike"), "{}", alert.message);
    assert!(alert.context["word #strike"] > 0.5 && alert.context["p words"] < 1e-6);
}

#[test]
fn an_alert_that_was_not_delivered_is_delivered_again() {
    let pipeline = pipeline();
    let mut alerts =
        Alerts::new(vec![Rule::new("errors", Condition::ErrorRate { above: 0.05 })]).unwrap();
    let (monitor, clock, tries) =
        (Monitor::of(&pipeline), ManualClock::at(SECOND), AtomicUsize::new(0));
    for _ in 0..20 {
        monitor.record_error("timeout", SECOND, clock.now());
    }
    let sink = |_: &Alert| match tries.fetch_add(1, Ordering::Relaxed) {
        0 => Err(Error::EmptyText),
        _ => Ok(()),
    };
    assert!(alerts.check(&monitor, clock.now(), &sink).is_err());
    assert_eq!(alerts.firing().count(), 0);
    alerts.check(&monitor, clock.now(), &sink).unwrap();
    alerts.check(&monitor, clock.now(), &sink).unwrap();
    assert_eq!((alerts.firing().count(), tries.into_inner()), (1, 2));
    let json = serde_json::to_string(&alerts).unwrap();
    assert_eq!(serde_json::from_str::<Alerts>(&json).unwrap(), alerts);
}

#[test]
fn limits_out_of_range_are_named() {
    for (condition, text) in [
        (Condition::ErrorRate { above: 5.0 }, "above 5 is outside 0.0..=1.0; use a share"),
        (
            Condition::Latency { quantile: 95.0, above: 1.0 },
            "quantile 95 is outside 0.0..=1.0; use 0.95 for p95",
        ),
        (
            Condition::Volume { silence: 0.0, burst: 3.0 },
            "silence 0 is not above 0; use the requests that must be missing",
        ),
        (
            Condition::Drift(DriftParams::default().looks_per_day(0.0)),
            "looks_per_day 0 is not above 0",
        ),
    ] {
        let error = Alerts::new(vec![Rule::new("x", condition)]).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    let error = Alerts::new(vec![Rule::new("x", Condition::ErrorRate { above: 0.1 }).clear(0.0)]);
    let text = "clear 0 is outside 0.0..=1.0; use a part of the limit, above 0";
    assert_eq!(error.unwrap_err().to_string(), text);
}
