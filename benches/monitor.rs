//! What it costs to watch a model: recording an answer, and what is asked of the figures.
//!
//! Input: the example tweets that are positive or negative, answered by TF-IDF of words and logistic regression.

mod harness;
#[path = "../tests/common/tweets.rs"]
mod tweets;

use std::cell::Cell;
use std::time::Duration;

use criterion::Throughput;
use harness::Case;
use ressenti::Pipeline;
use ressenti::monitor::drift::DriftParams;
use ressenti::monitor::{Clock, Monitor, MonitorParams, Span, SystemClock};

fn main() {
    let mut criterion = harness::criterion();
    let (labels, texts) = tweets::polar(1);
    let pipeline = Pipeline::builder().fit(&texts, &labels).expect("there are words and classes");
    let clock = SystemClock::new();
    let answers: Vec<_> = texts
        .iter()
        .map(|text| (text, pipeline.predict(text).expect("no text is empty")))
        .collect();

    // Why: paid by each request; at most 200 ns at the median with both looks at the clock. Without words, and with those of
    // one in eight texts.
    for (name, one_in) in [("monitor/record/figures", u64::MAX), ("monitor/record/words", 8)] {
        let params = MonitorParams::default().word_sampling(one_in);
        let monitor = Monitor::with(&pipeline, params).expect("the settings are in range");
        let next = Cell::new(0);
        Case { criterion: &mut criterion, name, throughput: Throughput::Elements(1) }.bench(
            "ressenti",
            &true,
            || {
                let began = clock.now();
                next.set((next.get() + 1) % answers.len());
                let (text, prediction) = &answers[next.get()];
                let now = clock.now();
                monitor.record(text, prediction, now.saturating_sub(began), now);
                now >= began
            },
        );
        let snapshot = monitor.snapshot(Span::All, clock.now());
        assert_eq!(snapshot.dropped, 0);
    }

    // Why: what recording stands beside.
    let monitor = Monitor::of(&pipeline);
    let text = "thanks for the upgrade on flight 212, the crew was lovely and so was lunch!";
    let label = pipeline.predict(text).expect("it is not empty").label().to_owned();
    Case {
        criterion: &mut criterion,
        name: "monitor/predict",
        throughput: Throughput::Elements(1),
    }
    .bench("watched", &true, || {
        monitor.predict(&pipeline, text, &clock).is_ok_and(|p| p.label() == label)
    })
    .bench("alone", &true, || pipeline.predict(text).is_ok_and(|p| p.label() == label));

    // Why: asked every few seconds.
    let expected = monitor.snapshot(Span::All, clock.now()).figures.requests();
    Case {
        criterion: &mut criterion,
        name: "monitor/snapshot",
        throughput: Throughput::Elements(1),
    }
    .bench("ressenti", &expected, || monitor.snapshot(Span::All, clock.now()).figures.requests());
    let minute = Span::Last(Duration::from_secs(60));
    let drift = || monitor.drift(&DriftParams::default(), minute, clock.now()).is_some();
    Case { criterion: &mut criterion, name: "monitor/drift", throughput: Throughput::Elements(1) }
        .bench("ressenti", &true, drift);

    criterion.final_summary();
}
