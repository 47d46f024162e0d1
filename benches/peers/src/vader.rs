//! The lexicon and the rules of VADER beside the starter model: one text after the other, each by a call of its own.

use std::path::Path;
use std::time::{Duration, Instant};

use ressenti::dataset::read_tsv;
use ressenti::{Pipeline, Scratch, starter};
use vader_sentiment::SentimentIntensityAnalyzer;

use crate::Result;

/// Prints a line for each peer: the seconds of its best run, and texts per second; and what the first use costs.
pub(crate) fn measure(texts: &Path, runs: usize) -> Result<()> {
    let texts = read_tsv(texts)?.texts;
    let start = Instant::now();
    let model = starter::english();
    let first = start.elapsed();
    println!("{}", serde_json::json!({ "step": "first use", "ms": 1e3 * first.as_secs_f64() }));

    let vader = SentimentIntensityAnalyzer::new();
    let mut best = [Duration::MAX; 3];
    let mut sums = [0.0; 3];
    for _ in 0..runs {
        // In turns, so that whatever else the machine does strikes all of them.
        let passes: [&dyn Fn() -> Result<f64>; 3] = [
            &|| Ok(texts.iter().map(|text| vader.polarity_scores(text)["compound"]).sum()),
            &|| texts.iter().map(|text| Ok(model.score(text)?)).sum(),
            &|| with_scratch(model, &texts),
        ];
        for ((pass, best), sum) in passes.iter().zip(&mut best).zip(&mut sums) {
            let start = Instant::now();
            *sum = pass()?;
            *best = start.elapsed().min(*best);
        }
    }
    let peers =
        ["vader_sentiment 0.1.1", "ressenti, starter", "ressenti, starter with new buffers"];
    for ((peer, best), sum) in peers.iter().zip(best).zip(sums) {
        let (n, seconds) = (texts.len() as f64, best.as_secs_f64());
        let line = serde_json::json!({
            "step": "one text", "peer": peer, "seconds": seconds, "per_s": n / seconds,
            "us": 1e6 * seconds / n, "mean_score": sum / n,
        });
        println!("{line}");
    }
    Ok(())
}

/// By buffers that have met no word yet, which each pass makes anew: the others have met all words of the texts.
fn with_scratch(model: &Pipeline, texts: &[String]) -> Result<f64> {
    let (mut scratch, mut out, mut sum) = (Scratch::new(), Vec::new(), 0.0);
    for text in texts {
        model.predict_proba_into(text, &mut scratch, &mut out)?;
        sum += out[1] - out[0];
    }
    Ok(sum)
}
