//! An exporter of the `metrics` crate shows what a monitor counts, unchanged.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use ressenti::Pipeline;
use ressenti::monitor::{Clock, ManualClock, Monitor};

#[test]
fn a_page_of_prometheus_has_every_request() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let texts = ["lovely crew", "lost bag"];
        let pipeline = Pipeline::builder().fit(&texts, &["positive", "negative"]).unwrap();
        let (monitor, clock) = (Monitor::of(&pipeline), ManualClock::default());
        for i in 0..300 {
            let text = if i % 3 == 0 { "lovely" } else { "lost again" };
            let prediction = pipeline.predict(text).unwrap();
            monitor.record(text, &prediction, Duration::from_millis(20), clock.now());
        }
        for _ in 0..7 {
            let _ = monitor.predict(&pipeline, "", &clock);
        }
        monitor.flush();
    });
    let page = page.render();
    let lines: Vec<&str> = page.lines().collect();
    for line in [
        "ressenti_predictions_total{label=\"positive\"} 100",
        "ressenti_predictions_total{label=\"negative\"} 200",
        "ressenti_errors_total{kind=\"EmptyText\"} 7",
        "ressenti_tokens_total 500",
        "ressenti_unknown_tokens_total 200",
        "ressenti_latency_seconds_count 307",
        "ressenti_score_count 300",
    ] {
        assert!(lines.contains(&line), "{line} is not in\n{page}");
    }
    let sum = lines.iter().find_map(|line| line.strip_prefix("ressenti_latency_seconds_sum "));
    let sum: f64 = sum.unwrap().parse().unwrap();
    assert!((sum - 6.0).abs() < 1e-9, "300 times 20 ms are {sum}");
}
