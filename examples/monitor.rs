//! Watches a model at work, and finds out that the world has changed.
//!
//! ```text
//! cargo run --release --example monitor --features metrics
//! ```
//!
//! You will see the figures of an hour in which requests grow slow and people begin to speak of something else, the alerts that
//! come of it, what drifted, how often users had to correct the answers, and the page that Prometheus would fetch. Time is
//! made up, so it takes no hour.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use ressenti::Pipeline;
use ressenti::dataset::read_tsv;
use ressenti::monitor::drift::DriftParams;
use ressenti::monitor::feedback::{Correction, CorrectionLog};
use ressenti::monitor::{Alert, Alerts, Clock, ManualClock, Monitor, MonitorParams, Span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    metrics::with_local_recorder(&recorder, watch)?;
    let of_us = |line: &&str| line.starts_with("ressenti_") && !line.contains("quantile");
    for line in page.render().lines().filter(of_us) {
        println!("{line}");
    }
    Ok(())
}

fn watch() -> Result<(), Box<dyn std::error::Error>> {
    let data = read_tsv(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/airline.tsv"))?;
    let pipeline = Pipeline::builder().fit(&data.texts, &data.labels)?;
    let params = MonitorParams::default().low_confidence(0.45).word_sampling(1).recent(1_000);
    let monitor = Monitor::with(&pipeline, params)?;
    let clock = ManualClock::at(Duration::from_secs(1_700_000_000));
    let mut alerts = Alerts::default();
    let print = |alert: &Alert| -> ressenti::Result<()> {
        println!("{alert}");
        Ok(())
    };
    let file = std::env::temp_dir().join(format!("corrections-{}.jsonl", std::process::id()));
    let log = CorrectionLog::open(&file)?;

    for (i, (text, label)) in data.texts.iter().zip(&data.labels).cycle().take(3_600).enumerate() {
        clock.advance(Duration::from_secs(1));
        let slow = if i < 1_800 { 3 } else { 700 };
        let text = if i < 1_800 { text.clone() } else { format!("{text} #strike at the airport") };
        let prediction = pipeline.predict(&text)?;
        monitor.record(&text, &prediction, Duration::from_millis(slow), clock.now());
        if i % 20 == 0 {
            let right = prediction.label() == label;
            monitor.record_outcome(right, clock.now());
            log.append(&Correction::new(i.to_string(), &text, &prediction, label, clock.now()))?;
        }
        if i % 60 == 0 {
            alerts.check(&monitor, clock.now(), &print)?;
        }
    }

    let snapshot = monitor.snapshot(Span::Last(Duration::from_secs(600)), clock.now());
    let figures = &snapshot.figures;
    println!(
        "{} requests in ten minutes, p95 {:?} ms",
        figures.requests(),
        figures.latency_ms(0.95)
    );
    if let Some(drift) = monitor.drift(&DriftParams::default(), Span::Recent, clock.now()) {
        print!("{drift}");
    }
    for (version, agreement) in log.read()?.agreement().by_version {
        println!("version {version}: {agreement}");
    }
    std::fs::remove_file(&file)?;
    Ok(())
}
