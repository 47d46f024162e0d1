//! What it costs to watch a model, how rare false alarms are and how soon a shift is found.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use ressenti::dataset::Dataset;
use ressenti::monitor::drift::DriftParams;
use ressenti::monitor::{Clock, ManualClock, Monitor, MonitorParams, Span, SystemClock};
use ressenti::{Pipeline, ProfileSource};
use serde_json::json;

use super::{baseline, percentile};

/// Looks at the figures in a day.
const LOOKS: usize = 96;

/// Draws texts with replacement: traffic that does not change. `SplitMix64`.
struct Draws<'t> {
    texts: &'t [String],
    state: u64,
}

impl Draws<'_> {
    fn next(&mut self) -> &str {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let i = (u128::from(z ^ (z >> 31)) * self.texts.len() as u128) >> 64;
        &self.texts[i as usize]
    }
}

/// What many recordings took, in nanoseconds, with two looks at the clock in each.
struct Recording {
    /// Without what it takes to measure one.
    p50: f64,
    p99: f64,
    mean: f64,
    /// What that is: the median of measuring nothing, each time before a recording.
    measuring: f64,
}

fn record(pipeline: &Pipeline, texts: &[String], one_in: u64) -> ressenti::Result<Recording> {
    let clock = SystemClock::new();
    let monitor = Monitor::with(pipeline, MonitorParams::default().word_sampling(one_in))?;
    let answers: Vec<_> = texts
        .iter()
        .filter_map(|text| pipeline.predict(text).ok().map(|answer| (text, answer)))
        .collect();
    let (mut nanos, mut nothing) = (Vec::with_capacity(1_000_000), Vec::with_capacity(1_000_000));
    let elapsed = |since: Instant| since.elapsed().as_nanos() as f64;
    for (text, answer) in answers.iter().cycle().take(1_000_000) {
        let before = Instant::now();
        nothing.push(elapsed(before));
        let before = Instant::now();
        let now = clock.now();
        let after = clock.now();
        monitor.record(text, answer, after.saturating_sub(now), after);
        nanos.push(elapsed(before));
    }
    let mean = nanos.iter().sum::<f64>() / nanos.len() as f64;
    nanos.sort_by(f64::total_cmp);
    nothing.sort_by(f64::total_cmp);
    black_box(monitor.snapshot(Span::All, clock.now()));
    let measuring = percentile(&nothing, 50).unwrap_or_default();
    let of = |p| percentile(&nanos, p).unwrap_or_default() - measuring;
    Ok(Recording { p50: of(50), p99: of(99), mean: mean - measuring, measuring })
}

/// Days of traffic that does not change, looked at 96 times a day: how often something was found.
fn false_alarms(
    pipeline: &Pipeline,
    texts: &[String],
    days: usize,
    per_look: usize,
) -> ressenti::Result<usize> {
    let (clock, mut draws) = (ManualClock::default(), Draws { texts, state: 1 });
    let params = MonitorParams::default()
        .word_sampling(1)
        .word_span(per_look as u64)
        .recent(per_look as u64);
    let monitor = Monitor::with(pipeline, params)?;
    let (mut alarms, mut drifted) = (0, false);
    for _ in 0..days * LOOKS {
        for _ in 0..per_look {
            let _ = monitor.predict(pipeline, draws.next(), &clock);
        }
        let now = monitor
            .drift(&DriftParams::default(), Span::Recent, clock.now())
            .is_some_and(|d| d.drifted());
        alarms += usize::from(now && !drifted);
        drifted = now;
    }
    let shifts = monitor.snapshot(Span::All, clock.now()).shifts.len();
    println!(
        "{}",
        json!({ "step": "stationary traffic", "days": days, "looks_per_day": LOOKS,
        "requests_per_look": per_look, "false_alarms": alarms, "detector_false_alarms": shifts })
    );
    Ok(alarms)
}

/// How many requests of other texts, mixed in with this share, pass until drift is found; a look after each 50.
fn delay(
    pipeline: &Pipeline,
    usual: &[String],
    other: &[String],
    share: f64,
) -> ressenti::Result<()> {
    let clock = ManualClock::default();
    let (mut usual, mut other) =
        (Draws { texts: usual, state: 2 }, Draws { texts: other, state: 3 });
    let params = MonitorParams::default().word_sampling(1).word_span(500).recent(1_000);
    let monitor = Monitor::with(pipeline, params)?;
    for _ in 0..5_000 {
        let _ = monitor.predict(pipeline, usual.next(), &clock);
    }
    let look = || monitor.drift(&DriftParams::default(), Span::Recent, clock.now());
    let before = look().is_some_and(|drift| drift.drifted());
    let (mut owed, mut found, mut detector) = (0.0, None, None);
    for i in 1..=10_000 {
        owed += share;
        let text = if owed >= 1.0 { other.next() } else { usual.next() };
        owed = f64::fract(owed);
        let _ = monitor.predict(pipeline, text, &clock);
        if i % 50 == 0 {
            if detector.is_none() && !monitor.snapshot(Span::All, clock.now()).shifts.is_empty() {
                detector = Some(i);
            }
            if found.is_none() && look().is_some_and(|drift| drift.drifted()) {
                let parts = look().map(|drift| drift.to_string()).unwrap_or_default();
                found = Some((i, parts));
            }
        }
    }
    let (requests, report) = found.unzip();
    println!(
        "{}",
        json!({ "step": "shift", "share": share, "drifted_before": before, "found_after": requests,
        "detector_of_scores_after": detector, "report": report })
    );
    Ok(())
}

/// A model of two thirds of `train`, which is asked about every third text of it first and about `traffic` then. Not about the
/// last third: where texts are in the order of their days, those are of another world already.
pub(super) fn run(train: &Dataset, traffic: &Dataset) -> Result<(), Box<dyn Error>> {
    let (usual, rows): (Vec<usize>, Vec<usize>) =
        (0..train.texts.len()).partition(|row| row % 3 == 2);
    let of = |rows: &[usize], from: &[String]| -> Vec<String> {
        rows.iter().map(|&row| from[row].clone()).collect()
    };
    let (texts, labels) = (&of(&rows, &train.texts), &of(&rows, &train.labels));
    let usual = &of(&usual, &train.texts)[..];
    let pipeline = baseline().profile(ProfileSource::HeldOut).fit(texts, labels)?;
    let off = pipeline.clone().without_profile();
    let bytes = pipeline.to_bytes().len();
    println!(
        "{}",
        json!({ "step": "profile", "bytes": bytes - off.to_bytes().len(), "file_bytes": bytes })
    );
    for source in [ProfileSource::Off, ProfileSource::Training, ProfileSource::HeldOut] {
        let builder = baseline().profile(source);
        let fit = || {
            let began = Instant::now();
            black_box(builder.fit(texts, labels)).map(|_| began.elapsed().as_secs_f64())
        };
        let seconds =
            (0..5).map(|_| fit()).try_fold(f64::INFINITY, |least, s| s.map(|s| s.min(least)))?;
        println!(
            "{}",
            json!({ "step": "fit", "profile": format!("{source:?}"), "seconds": seconds })
        );
    }

    for (name, one_in) in [("figures", u64::MAX), ("words of one text in eight", 8)] {
        let Recording { p50, p99, mean, measuring } = record(&pipeline, usual, one_in)?;
        println!(
            "{}",
            json!({ "step": "record", "what": name, "p50_ns": p50, "p99_ns": p99, "mean_ns": mean,
            "without_ns_of_measuring": measuring })
        );
    }

    false_alarms(&pipeline, usual, 20, 500)?;
    for share in [0.05, 0.1, 0.2, 0.5, 1.0] {
        delay(&pipeline, usual, &traffic.texts, share)?;
    }
    Ok(())
}
