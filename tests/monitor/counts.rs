//! A monitor counts what happened, from any thread, in bounded memory, and what it knows can be merged, stored and resumed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::common::tweets;
use ressenti::monitor::drift::{Drift, DriftParams, DriftPart};
use ressenti::monitor::{
    Clock, ManualClock, Monitor, MonitorParams, MonitorState, Snapshot, Span, SystemClock,
};
use ressenti::{Pipeline, ProfileSource};

fn pipeline() -> Pipeline {
    let (labels, texts) = tweets::polar(1);
    Pipeline::builder().fit(&texts, &labels).unwrap()
}

/// Answers and errors of `n` requests, one a millisecond, of which request `i` goes to monitor `i` modulo their number.
fn serve(pipeline: &Pipeline, monitors: &[Monitor], clock: &ManualClock, n: usize) {
    let (_, texts) = tweets::all();
    for i in 0..n {
        clock.advance(Duration::from_millis(1));
        let monitor = &monitors[i % monitors.len()];
        let latency = Duration::from_micros((i as u64 * 7_919) % 100_000);
        let text = format!("{} word{}", texts[i % texts.len()], i % 3_000);
        if i % 50 == 0 {
            monitor.record_error(["timeout", "EmptyText"][i / 50 % 2], latency, clock.now());
        } else {
            monitor.record(&text, &pipeline.predict(&text).unwrap(), latency, clock.now());
        }
    }
}

#[test]
fn merging_64_windows_equals_one() {
    let pipeline = pipeline();
    let params = MonitorParams::default().word_sampling(1).word_span(1_000_000).recent(1_000_000);
    let monitors = |n: usize| -> Vec<Monitor> {
        (0..n).map(|_| Monitor::with(&pipeline, params.clone()).unwrap()).collect()
    };
    let (one, many) = (monitors(1), monitors(64));
    let clock = ManualClock::at(Duration::from_secs(1_700_000_000));
    serve(&pipeline, &one, &clock, 6_400);
    let again = ManualClock::at(Duration::from_secs(1_700_000_000));
    serve(&pipeline, &many, &again, 6_400);
    for span in [Span::All, Span::Recent, Span::Last(Duration::from_secs(30))] {
        let whole = one[0].snapshot(span, clock.now());
        let mut parts = many.iter().map(|monitor| monitor.snapshot(span, clock.now()));
        let mut merged = parts.next().unwrap();
        parts.for_each(|part| merged.merge(&part).unwrap());
        assert_eq!(merged.figures, whole.figures);
        assert_eq!(merged.figures.requests(), 6_400);
        assert_eq!(merged.words.counts, whole.words.counts);
        let (found, exact) = (&merged.words.new_words, &whole.words.new_words);
        assert_eq!(found.total(), exact.total());
        let bound = found.total() / 256;
        assert!(found.top().iter().all(|hitter| hitter.error <= bound));
    }
}

#[test]
fn threads_that_record_at_once_lose_nothing_that_is_not_told() {
    let (pipeline, clock, done) = (pipeline(), SystemClock::new(), AtomicBool::new(false));
    let monitor = Monitor::of(&pipeline);
    let (threads, each) = (6, 5_000);
    thread::scope(|scope| {
        let scorers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..each {
                        monitor.predict(&pipeline, "a lovely flight", &clock).unwrap();
                    }
                })
            })
            .collect();
        let looker = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let requests = monitor.snapshot(Span::All, clock.now()).figures.requests();
                assert!(requests >= last);
                last = requests;
                thread::sleep(Duration::from_millis(5));
            }
        });
        for scorer in scorers {
            scorer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        looker.join().unwrap();
    });
    let snapshot = monitor.snapshot(Span::All, clock.now());
    println!("{} of {} were dropped", snapshot.dropped, threads * each);
    assert_eq!(snapshot.figures.requests() + snapshot.dropped, threads * each);
}

#[test]
fn what_is_known_can_be_stored_and_resumed() {
    let pipeline = pipeline();
    let params = MonitorParams::default().word_sampling(1).low_confidence(0.9);
    let monitors = [Monitor::with(&pipeline, params).unwrap()];
    let clock = ManualClock::at(Duration::from_secs(1_700_000_000));
    serve(&pipeline, &monitors, &clock, 3_000);
    let state = monitors[0].state();
    let json = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<MonitorState>(&json).unwrap(), state);
    let resumed = [Monitor::resume(&pipeline, state.clone()).unwrap()];
    for monitors in [&monitors, &resumed] {
        let clock = ManualClock::at(Duration::from_secs(1_700_000_060));
        serve(&pipeline, monitors, &clock, 3_000);
    }
    let snapshot =
        |monitor: &Monitor, span| monitor.snapshot(span, Duration::from_secs(1_700_000_063));
    for span in [Span::All, Span::Recent, Span::Last(Duration::from_secs(20))] {
        assert_eq!(snapshot(&resumed[0], span), snapshot(&monitors[0], span));
    }

    let (labels, texts) = tweets::all();
    let three = Pipeline::builder().fit(&texts, &labels).unwrap();
    let wordless = pipeline.clone().without_profile();
    let old = serde_json::from_str(&json.replacen("\"version\":1", "\"version\":9", 1)).unwrap();
    let torn = serde_json::from_str(&json.replacen("\"slots\":72", "\"slots\":73", 1)).unwrap();
    for (pipeline, state, problem) in [
        (
            &three,
            state.clone(),
            r#"it is of a model of classes ["false", "true"], not of ["negative", "neutral", "positive"]"#,
        ),
        (&wordless, state, "its words are not the 0 of the model's profile"),
        (&pipeline, old, "it has version 9, this crate reads 1; begin anew"),
        (&pipeline, torn, "its windows do not fit its settings"),
    ] {
        let error = Monitor::resume(pipeline, state).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid monitor state: {problem}"));
    }
}

/// A model whose profile has as many words as those of other names.
fn named(name: &str) -> Pipeline {
    let text = |i: usize| format!("{name}{} {} seat", i % 20, ["good", "bad"][i % 2]);
    let texts: Vec<String> = (0..200).map(text).collect();
    let labels: Vec<usize> = (0..200).map(|i| i % 2).collect();
    Pipeline::builder().fit(&texts, &labels).unwrap()
}

#[test]
fn counts_of_the_words_of_another_profile_are_refused_and_not_compared() {
    let (one, other) = (named("one"), named("other"));
    let n_words = |pipeline: &Pipeline| pipeline.profile().unwrap().words.iter().len();
    assert_eq!(n_words(&one), n_words(&other));
    let clock = ManualClock::at(Duration::from_secs(1_700_000_000));
    let monitor = Monitor::with(&one, MonitorParams::default().word_sampling(1)).unwrap();
    for i in 0..200 {
        monitor.predict(&one, &format!("one{} good seat", i % 20), &clock).unwrap();
    }
    let error = Monitor::resume(&other, monitor.state()).unwrap_err().to_string();
    assert!(error.starts_with("invalid monitor state: its words are not the "), "{error}");
    let mut snapshot = monitor.snapshot(Span::All, clock.now());
    let error = snapshot.merge(&Monitor::of(&other).snapshot(Span::All, clock.now())).unwrap_err();
    let text = "invalid snapshot: the words of another profile cannot be merged into it";
    assert_eq!(error.to_string(), text);
    let words = |pipeline: &Pipeline| {
        let drift = Drift::of(pipeline.profile().unwrap(), &snapshot, &DriftParams::default());
        assert!(drift.part(DriftPart::Lengths).is_some());
        drift.part(DriftPart::Words).is_some()
    };
    assert!(words(&one) && !words(&other));
}

#[test]
fn one_request_of_a_wrong_clock_is_not_when_a_monitor_began() {
    let pipeline = pipeline();
    let prediction = pipeline.predict("lovely").unwrap();
    let start = 1_700_000_000;
    for (wrong, place) in [(0, 0), (0, 50), (start * 2, 0), (start * 2, 50)] {
        let monitor = Monitor::of(&pipeline);
        let record = |seconds| {
            monitor.record("lovely", &prediction, Duration::ZERO, Duration::from_secs(seconds));
        };
        for i in 0..100 {
            if i == place {
                record(wrong);
            }
            record(start + i);
        }
        let snapshot = monitor.snapshot(Span::All, Duration::from_secs(start + 100));
        let rate = snapshot.requests_per_second().unwrap();
        assert!((rate - 1.01).abs() < 0.02, "{wrong} at {place}: {rate}");
    }
}

#[test]
fn lists_of_merged_snapshots_are_bounded() {
    let pipeline = pipeline();
    let params = MonitorParams::default().low_confidence(1.0).low_records(10_000);
    let monitor = Monitor::with(&pipeline, params).unwrap();
    let clock = ManualClock::default();
    for i in 0..40_000 {
        if i < 7_000 {
            monitor.predict(&pipeline, "lovely", &clock).unwrap();
        }
        monitor.record_outcome(i / 1_000 % 2 == 0, clock.now());
    }
    let snapshot = monitor.snapshot(Span::All, clock.now());
    let mut merged = snapshot.clone();
    merged.merge(&snapshot).unwrap();
    assert!(snapshot.low_confidence.len() == 7_000 && snapshot.shifts.len() > 16);
    assert_eq!((merged.low_confidence.len(), merged.shifts.len()), (10_000, 32));
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let (pipeline, clock) = (pipeline(), ManualClock::at(Duration::from_secs(1_700_000_000)));
    let params =
        || MonitorParams::default().word_sampling(1).keep_text_starts(true).low_confidence(1.0);
    let kept = |n: usize| {
        let mut monitor = None;
        let info = allocation_counter::measure(|| {
            let monitor = monitor.insert(Monitor::with(&pipeline, params()).unwrap());
            for i in 0..n {
                clock.advance(Duration::from_millis(37));
                let latency = Duration::from_nanos(1 << (i % 40));
                let length = i % 9;
                let text = format!("w{i} #tag{i} {}", "lang ".repeat(1 << length));
                match i % 10 {
                    0 => monitor.record_error(&format!("kind {i}"), latency, clock.now()),
                    _ => monitor.record(
                        &text,
                        &pipeline.predict(&text).unwrap(),
                        latency,
                        clock.now(),
                    ),
                }
            }
        });
        info.bytes_max
    };
    let (some, more) = (kept(3_000), kept(9_000));
    println!("at most {some} bytes in 3,000 requests, {more} in 9,000");
    assert!(more <= 2_000_000, "{more} bytes");
}

/// `cargo test --release --test monitor -- --ignored --nocapture ten_million` prints how much it is.
#[test]
#[ignore = "takes some ten seconds in a release build, and minutes in another"]
fn ten_million_requests_take_no_more_memory_than_was_promised() {
    let (pipeline, clock) = (pipeline(), ManualClock::at(Duration::from_secs(1_700_000_000)));
    let answers =
        ["lovely crew", "lost bag again", "x"].map(|text| pipeline.predict(text).unwrap());
    let mut monitor = None;
    let info = allocation_counter::measure(|| {
        let monitor = monitor.insert(Monitor::of(&pipeline));
        for i in 0..10_000_000_usize {
            clock.advance(Duration::from_millis(9));
            let latency =
                Duration::from_nanos((i as u64).wrapping_mul(0x9e37_79b9) % 1_000_000_000);
            if i % 10 == 0 {
                monitor.record_error("EmptyText", latency, clock.now());
            } else {
                // Words that were never seen, without end.
                let text = format!("lovely new{i} #tag{i}");
                monitor.record(&text, &answers[i % 3], latency, clock.now());
            }
        }
        let snapshot = monitor.snapshot(Span::All, clock.now());
        assert_eq!((snapshot.figures.requests(), snapshot.dropped), (10_000_000, 0));
    });
    println!("{} bytes after ten million requests, {} at most", info.bytes_current, info.bytes_max);
    assert!(info.bytes_max <= 2_000_000, "{} bytes", info.bytes_max);
}

#[test]
fn a_span_holds_its_requests_and_no_others() {
    let pipeline = pipeline();
    let monitors = [Monitor::of(&pipeline)];
    let clock = ManualClock::at(Duration::from_secs(1_700_000_000));
    serve(&pipeline, &monitors, &clock, 25_000);
    let of = |span| monitors[0].snapshot(span, clock.now());
    let requests = |snapshot: Snapshot| snapshot.figures.requests();
    assert_eq!(requests(of(Span::All)), 25_000);
    assert_eq!(
        requests(of(Span::Last(Duration::from_secs(10)))),
        5_001,
        "since the last full 10 s"
    );
    let recent = requests(of(Span::Recent));
    assert!((9_000..=10_000).contains(&recent), "{recent}");
    let all = of(Span::All);
    assert_eq!((all.from_ms, all.to_ms), (1_700_000_000_001, 1_700_000_025_000));
    assert_eq!(all.figures.errors["timeout"], 250);
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(requests(of(Span::Last(Duration::from_secs(600)))), 0);
    assert_eq!(requests(of(Span::All)), 25_000);
}

#[test]
fn settings_out_of_range_are_named() {
    let pipeline = pipeline();
    let params = MonitorParams::default;
    for (params, text) in [
        (
            params().low_confidence(f64::NAN),
            "low_confidence NaN is outside 0.0..=1.0; use the probability below which an answer is not sure",
        ),
        (params().window(Duration::ZERO, 5), "window 0 ms is no slot; use 1 ms to a day"),
        (params().window(Duration::from_secs(1), 1), "window 1 slots are outside 2..=1,000"),
        (params().recent(0), "recent 0 is outside 10..=1,000,000,000"),
        (params().word_sampling(0), "word_sampling 0 is not 1 or more"),
        (params().shards(0), "shards 0 is outside 1..=256"),
        (params().false_alarms(0.0, 1e6), "false_alarms 0 is not above 0"),
    ] {
        assert_eq!(Monitor::with(&pipeline, params).unwrap_err().to_string(), text);
    }
}

#[test]
fn a_profile_is_the_same_on_any_number_of_threads_and_can_be_left_out() {
    let (labels, texts) = tweets::polar(10);
    let builder = Pipeline::builder();
    let bytes = builder.fit(&texts, &labels).unwrap().to_bytes();
    assert_eq!(builder.fit(&texts, &labels).unwrap().to_bytes(), bytes);
    let pipeline = Pipeline::from_bytes(&bytes).unwrap();
    assert_eq!(pipeline.to_bytes(), bytes);
    let off = builder.clone().profile(ProfileSource::Off).fit(&texts, &labels).unwrap();
    assert_eq!(pipeline.clone().without_profile().to_bytes(), off.to_bytes());
    println!("{} bytes of a profile", bytes.len() - off.to_bytes().len());
    assert!(bytes.len() - off.to_bytes().len() < 16_000);

    let held_out = builder.profile(ProfileSource::HeldOut).fit(&texts, &labels).unwrap();
    let profile = held_out.profile().unwrap();
    assert_eq!(profile.source, ProfileSource::HeldOut);
    assert_eq!(profile.shape.texts(), texts.len() as u64 / 10);
    assert_eq!(held_out.without_profile().to_bytes(), off.to_bytes());
}

#[test]
fn a_profile_leaves_with_the_answers_that_it_is_of() {
    let pipeline = pipeline();
    assert!(pipeline.profile().is_some());
    let threshold = ressenti::Threshold::at(0.3).unwrap();
    assert!(pipeline.clone().with_threshold(threshold).unwrap().profile().is_none());
    let json = serde_json::to_string(&pipeline).unwrap();
    let read: Pipeline = serde_json::from_str(&json).unwrap();
    assert_eq!(read.profile(), pipeline.profile());
    // Older ones have none.
    let profile = serde_json::to_string(pipeline.profile().unwrap()).unwrap();
    let old = json.replace(&format!(",\"profile\":{profile}"), "");
    assert!(old.len() < json.len());
    assert!(serde_json::from_str::<Pipeline>(&old).unwrap().profile().is_none());
    let foreign = json.replace("\"labels\":[", "\"labels\":[0,");
    let error = serde_json::from_str::<Pipeline>(&foreign).unwrap_err().to_string();
    assert!(error.starts_with("invalid profile: it is that of other classes"), "{error}");
}

#[test]
fn counts_from_elsewhere_that_cannot_be_are_refused_and_never_overflow() {
    let pipeline = pipeline();
    let monitors = [Monitor::of(&pipeline)];
    let clock = ManualClock::at(Duration::from_secs(1_700_000_000));
    serve(&pipeline, &monitors, &clock, 300);
    let monitor = &monitors[0];
    let mut snapshot = monitor.snapshot(Span::All, clock.now());
    let mut json = serde_json::to_value(&snapshot).unwrap();
    json["figures"]["shape"]["labels"] = vec![u64::MAX, 1].into();
    let mut wrong: Snapshot = serde_json::from_value(json).unwrap();
    let params = DriftParams::default().trust_training(true);
    let drift = Drift::of(pipeline.profile().unwrap(), &wrong, &params);
    assert!(drift.part(DriftPart::Labels).unwrap().drifted, "{drift}");
    let text =
        "invalid figures: their counts do not add up; merge what monitors have written, unchanged";
    assert_eq!(snapshot.merge(&wrong).unwrap_err().to_string(), text);
    assert_eq!(wrong.merge(&snapshot).unwrap_err().to_string(), text);

    let state = serde_json::to_value(monitor.state()).unwrap();
    for (place, value) in [
        ("/stream/total/low_confidence", u64::MAX),
        ("/stream/by_time/slots/0/number", u64::MAX),
        ("/stream/by_time/slots/0/number", 1),
        ("/words/now/new_words/capacity", 1 << 16),
    ] {
        let mut state = state.clone();
        *state.pointer_mut(place).unwrap() = value.into();
        let state = serde_json::from_value(state).unwrap();
        let error = Monitor::resume(&pipeline, state).unwrap_err().to_string();
        assert!(error.starts_with("invalid monitor state: its "), "{place}: {error}");
    }
}
