//! Requests come in as they are worked off, figures go to the recorder of the `metrics` crate that the program installed.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `ressenti_predictions_total` | counter | `label` |
//! | `ressenti_errors_total` | counter | `kind` |
//! | `ressenti_low_confidence_total` | counter | |
//! | `ressenti_tokens_total`, `ressenti_unknown_tokens_total` | counters | |
//! | `ressenti_latency_seconds` | histogram | |
//! | `ressenti_score` | histogram, of two classes the probability of the positive one | |
//! | `ressenti_text_characters` | histogram | |
//!
//! Requests are told some at a time, so that looking up a counter costs nothing to speak of.

use std::collections::BTreeMap;

use metrics::{counter, histogram};

use super::figures::{Event, Outcome};

/// Requests that are yet to be told.
pub(super) struct Batch {
    low_confidence: f64,
    labels: Vec<u64>,
    errors: BTreeMap<String, u64>,
    low: u64,
    tokens: u64,
    unknown: u64,
    latencies: Vec<u64>,
    scores: Vec<f32>,
    lengths: Vec<u32>,
}

impl Batch {
    pub(super) fn new(n_classes: usize, low_confidence: f64) -> Self {
        Self {
            low_confidence,
            // One more for other labels.
            labels: vec![0; n_classes + 1],
            errors: BTreeMap::new(),
            low: 0,
            tokens: 0,
            unknown: 0,
            latencies: Vec::new(),
            scores: Vec::new(),
            lengths: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, event: &Event) {
        self.latencies.push(event.latency);
        match &event.outcome {
            Outcome::Answer(answer, _) => {
                let class = usize::from(answer.class).min(self.labels.len() - 1);
                self.labels[class] += 1;
                self.low += u64::from(f64::from(answer.probability) < self.low_confidence);
                self.tokens += u64::from(answer.tokens);
                self.unknown += u64::from(answer.tokens.saturating_sub(answer.known_tokens));
                self.scores.push(answer.score);
                self.lengths.push(answer.characters);
            }
            Outcome::Error(kind) => {
                *self.errors.entry(kind.to_string()).or_insert(0) += 1;
            }
        }
    }

    pub(super) fn publish(self, classes: &[String]) {
        if self.latencies.is_empty() {
            return;
        }
        let labels = classes.iter().map(String::as_str).chain(["other"]);
        for (label, n) in labels.zip(self.labels).filter(|&(_, n)| n > 0) {
            counter!("ressenti_predictions_total", "label" => label.to_owned()).increment(n);
        }
        for (kind, n) in self.errors {
            counter!("ressenti_errors_total", "kind" => kind).increment(n);
        }
        counter!("ressenti_low_confidence_total").increment(self.low);
        counter!("ressenti_tokens_total").increment(self.tokens);
        counter!("ressenti_unknown_tokens_total").increment(self.unknown);
        let latency = histogram!("ressenti_latency_seconds");
        self.latencies.iter().for_each(|&nanos| latency.record(nanos as f64 / 1e9));
        let score = histogram!("ressenti_score");
        self.scores.iter().for_each(|&score_of_one| score.record(f64::from(score_of_one)));
        let length = histogram!("ressenti_text_characters");
        self.lengths.iter().for_each(|&characters| length.record(f64::from(characters)));
    }
}
