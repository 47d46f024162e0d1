//! The last minutes of a monitor come in, what a condition finds in them comes out. Whether somebody was told already is not
//! known here.

use std::collections::BTreeMap;
use std::time::Duration;

use super::rule::{Condition, Rule};
use crate::monitor::clock::millis;
use crate::monitor::drift::Drift;
use crate::monitor::figures::Figures;
use crate::monitor::{Monitor, Span};

/// A minute in milliseconds.
const MINUTE: u64 = 60_000;

/// What a condition found.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// Whether it holds for as long as it must.
    pub(super) holds: bool,
    /// Whether it has fallen far enough to be over.
    pub(super) over: bool,
    pub(super) value: f64,
    pub(super) limit: f64,
    pub(super) message: String,
    pub(super) context: BTreeMap<String, f64>,
}

/// What the last minutes look like: groups of slots that have a minute and requests enough, the newest first; and when the
/// oldest slot of them that has a request begins.
fn minutes(monitor: &Monitor, now: u64, span: u64, min_requests: u64) -> (Vec<Figures>, u64) {
    monitor.settled(|stream| {
        let (mut groups, mut oldest) = (Vec::new(), now);
        let mut open = (Figures::new(monitor.classes.len()), 0);
        for (began, slot) in stream.by_time.back(now, span.max(MINUTE)) {
            if let Some(slot) = slot {
                open.0.absorb(slot);
                if slot.requests() > 0 {
                    oldest = began;
                }
            }
            open.1 += stream.by_time.width;
            if open.1 >= MINUTE.min(stream.by_time.reach()) && open.0.requests() >= min_requests {
                groups
                    .push(std::mem::replace(&mut open, (Figures::new(monitor.classes.len()), 0)).0);
            }
        }
        // What is left is too little to count alone, unless it is all there is.
        match groups.last_mut() {
            Some(last) => last.absorb(&open.0),
            None if open.0.requests() >= min_requests => groups.push(open.0),
            None => {}
        }
        (groups, oldest)
    })
}

fn context(figures: &Figures, classes: &[String]) -> BTreeMap<String, f64> {
    let mut context = BTreeMap::from([("requests".to_owned(), figures.requests() as f64)]);
    let mut add = |name: &str, value: Option<f64>| {
        context.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("latency_p50_ms", figures.latency_ms(0.5));
    add("latency_p99_ms", figures.latency_ms(0.99));
    add("error_rate", figures.error_rate());
    add("low_confidence_rate", figures.low_confidence_rate());
    add("unknown_rate", figures.shape.unknown_rate());
    for (kind, &n) in &figures.errors {
        add(&format!("error {kind}"), Some(n as f64));
    }
    for (class, &n) in classes.iter().zip(&figures.shape.labels) {
        let texts = figures.shape.texts();
        add(&format!("label {class}"), (texts > 0).then(|| n as f64 / texts as f64));
    }
    context
}

/// What a rule finds now; `None` without what it needs to know, such as requests enough.
pub(super) fn find(rule: &Rule, monitor: &Monitor, now: Duration) -> Option<Finding> {
    let percent = |x: f64| format!("{:.1} %", 100.0 * x);
    match &rule.condition {
        Condition::Volume { silence, burst } => volume(monitor, millis(now), *silence, *burst),
        Condition::Drift(params) => Some(drift(&monitor.drift(params, Span::Recent, now)?)),
        Condition::Latency { quantile, above } => {
            let value = |figures: &Figures| figures.latency_ms(*quantile);
            let tell = |value| {
                let p = 100.0 * quantile;
                format!("p{p:.0} of the latency is {value:.1} ms, {above:.1} ms are allowed")
            };
            level(rule, monitor, now, *above, value, tell)
        }
        Condition::ErrorRate { above } => {
            let tell =
                |x| format!("{} of the requests fail, {} are allowed", percent(x), percent(*above));
            level(rule, monitor, now, *above, Figures::error_rate, tell)
        }
        Condition::LowConfidence { above } => {
            let tell = |x| {
                format!(
                    "{} of the answers are not sure, {} are allowed",
                    percent(x),
                    percent(*above)
                )
            };
            level(rule, monitor, now, *above, Figures::low_confidence_rate, tell)
        }
        Condition::UnknownWords { above } => {
            let tell = |x| {
                format!("{} of the words are unknown, {} are allowed", percent(x), percent(*above))
            };
            level(rule, monitor, now, *above, |figures| figures.shape.unknown_rate(), tell)
        }
    }
}

/// A value that must not be above a limit in each of the last minutes.
fn level(
    rule: &Rule,
    monitor: &Monitor,
    now: Duration,
    limit: f64,
    value: impl Fn(&Figures) -> Option<f64>,
    tell: impl Fn(f64) -> String,
) -> Option<Finding> {
    // One minute more: in the oldest the condition may have begun to hold halfway.
    let span = if rule.lasting_ms > 0 { rule.lasting_ms.saturating_add(MINUTE) } else { 0 };
    let (groups, oldest) = minutes(monitor, millis(now), span, rule.min_requests);
    let newest = groups.first()?;
    let last = value(newest)?;
    // Who has just begun to watch has not seen it last, nor who saw nothing until just now.
    let watched = monitor.settled(|stream| stream.began).unwrap_or_default().max(oldest);
    let reach = monitor.settled(|stream| stream.by_time.reach());
    let lasting = rule.lasting_ms.min(reach.saturating_sub(MINUTE));
    let long_enough = millis(now).saturating_sub(watched) >= lasting;
    let holds = long_enough && groups.iter().filter_map(&value).all(|value| value > limit);
    Some(Finding {
        holds,
        over: last <= limit * rule.clear,
        value: last,
        limit,
        message: tell(last),
        context: context(newest, &monitor.classes),
    })
}

/// Requests that are missing, or too many.
fn volume(monitor: &Monitor, now: u64, silence: f64, burst: f64) -> Option<Finding> {
    let (figures, quiet, (missing, _), (expected, is_known)) = monitor.settled(|stream| {
        let watched = stream.watched_since(now);
        let (mut figures, mut from) = (Figures::new(monitor.classes.len()), now);
        for (began, slot) in stream.by_time.back(now, MINUTE) {
            if let Some(slot) = slot {
                figures.absorb(slot);
            }
            from = began;
        }
        let reach = stream.by_time.reach();
        let busy = stream
            .by_time
            .back(now, reach)
            .find(|(_, slot)| slot.is_some_and(|s| s.requests() > 0));
        // Silent since the end of the last slot with a request; if none has one, for as long as can be known.
        let since = busy.map_or(now.saturating_sub(reach), |(began, _)| {
            began.saturating_add(stream.by_time.width)
        });
        // Nobody knows of requests before it was watched.
        let since = since.max(watched);
        let missing = stream.volume.between(since, now);
        let expected = stream.volume.between(from, now.max(from.saturating_add(MINUTE)));
        (figures, now.saturating_sub(since), missing, expected)
    });
    let requests = figures.requests() as f64;
    let context = context(&figures, &monitor.classes);
    if missing >= silence {
        let seconds = quiet as f64 / 1e3;
        let message =
            format!("no requests for {seconds:.0} s, in which {missing:.0} are usual at that hour");
        return Some(Finding {
            holds: true,
            over: false,
            value: 0.0,
            limit: silence,
            message,
            context,
        });
    }
    if !is_known {
        return None;
    }
    // Few requests vary much by chance: no burst without twenty more than are usual.
    let holds = requests > burst * expected && requests >= expected + 20.0;
    let value = requests / expected.max(f64::MIN_POSITIVE);
    let message =
        format!("{requests:.0} requests in a minute, {expected:.0} are usual at that hour");
    let over = figures.requests() > 0 && !holds && value <= 0.9 * burst;
    Some(Finding { holds, over, value, limit: burst, message, context })
}

/// Parts that differ from the profile.
fn drift(drift: &Drift) -> Finding {
    let drifted: Vec<&str> =
        drift.parts.iter().filter(|p| p.drifted).map(|p| p.part.as_str()).collect();
    let mut context = BTreeMap::from([("requests".to_owned(), drift.texts as f64)]);
    context
        .extend(drift.parts.iter().map(|p| (format!("p {}", p.part.as_str()), p.adjusted_p_value)));
    context.extend(drift.words.iter().map(|word| (format!("word {}", word.word), word.now)));
    let words: Vec<&str> = drift.words.iter().take(5).map(|word| word.word.as_str()).collect();
    let message = match (drifted.is_empty(), words.is_empty()) {
        (true, _) => "no part differs from the profile".to_owned(),
        (false, true) => format!("{} differ from the profile", drifted.join(", ")),
        (false, false) => {
            format!(
                "{} differ from the profile, most of all {}",
                drifted.join(", "),
                words.join(", ")
            )
        }
    };
    let value = drifted.len() as f64;
    Finding { holds: value > 0.0, over: value == 0.0, value, limit: 0.0, message, context }
}
