//! Once its buffers have grown, a text is scored without an allocation; and a model takes no more memory than was promised.

mod common;

use std::time::Instant;

use allocation_counter::measure;
use common::tweets;
use ressenti::{
    Calibration, CalibrationMethod, Classifier, NeutralBand, Pipeline, Preset, Scratch, Vectorizer,
};

/// Scores all texts once, and counts the allocations of the second time.
fn second_time(pipeline: &Pipeline, texts: &[&str]) -> u64 {
    let (mut scratch, mut out, mut sum) = (Scratch::new(), Vec::new(), 0.0);
    let mut all = || {
        for text in texts {
            pipeline.predict_proba_into(text, &mut scratch, &mut out).unwrap();
            sum += out[0];
            sum += pipeline.predict_with(text, &mut scratch).unwrap().probability();
            // With the buffers of the thread.
            sum += pipeline.predict(text).unwrap().probability();
        }
    };
    all();
    let count = measure(all).count_total;
    assert!(sum > 0.0);
    count
}

#[test]
fn a_scored_text_allocates_nothing() {
    let (labels, mut texts) = tweets::all();
    let (polar_labels, polar) = tweets::polar(1);
    for preset in Preset::ALL {
        let two = Pipeline::builder().preset(preset).fit(&polar, &polar_labels).unwrap();
        let three = Pipeline::builder().preset(preset).fit(&texts, &labels).unwrap();
        texts.extend([
            "n&ouml;t g&#111;&#111;d &amp; so sloooow!!! 👍🏽 :-( https://t.co/x #NeverAgain",
            "Été à İstanbul, „déjà vu“ and a wordthatislongerthansixteenbytes",
        ]);
        assert_eq!(second_time(&two, &texts), 0, "{preset}, two classes");
        assert_eq!(second_time(&three, &texts), 0, "{preset}, three classes");
        texts.truncate(labels.len());
    }
}

#[test]
fn nor_do_calibrated_and_hashed_ones_and_those_with_a_neutral_band() {
    let (labels, texts) = tweets::polar(1);
    let truth: Vec<usize> = labels.iter().map(|&label| usize::from(label)).collect();
    let params = Vectorizer::tfidf().max_features(10_000);
    let (vectorizer, rows) = params.fit_transform(&texts).unwrap();
    let classifier = Classifier::logistic_regression().fit(&rows, &labels).unwrap();
    let decisions = classifier.decision_function(&rows).unwrap();
    let pipeline = |classifier| Pipeline::from_parts(vectorizer.clone(), classifier).unwrap();
    for method in
        [CalibrationMethod::Platt, CalibrationMethod::Temperature, CalibrationMethod::Isotonic]
    {
        let calibration = Calibration::fit(method, &decisions, &truth).unwrap();
        let calibrated = pipeline(classifier.clone().with_calibration(calibration).unwrap());
        assert_eq!(second_time(&calibrated, &texts), 0, "{method:?}");
    }
    let band = NeutralBand::new(-0.5, 0.5).unwrap();
    let banded = pipeline(classifier.with_neutral_band(band, "neutral").unwrap());
    assert_eq!(second_time(&banded, &texts), 0);
    let hashing = Vectorizer::hashing().n_features(1 << 12).ngram_range(1, 2);
    let hashed = Pipeline::builder().vectorizer(hashing).fit(&texts, &labels).unwrap();
    assert_eq!(second_time(&hashed, &texts), 0);
}

/// A model of so many words, as long as those of tweets on average: the bytes of its file, and those that it takes in memory.
fn sizes(words: usize) -> (usize, u64) {
    // No two alike, and none like its neighbours.
    let word = |i: usize| format!("w{:0width$x}", i * 7919, width = 3 + i % 7);
    let texts: Vec<String> = (0..words).map(word).collect();
    let labels: Vec<bool> = (0..words).map(|i| i % 3 == 0).collect();
    let bytes = Pipeline::builder().fit(&texts, &labels).unwrap().to_bytes();
    let (mut pipeline, started) = (None, Instant::now());
    let taken = measure(|| pipeline = Some(Pipeline::from_bytes(&bytes).unwrap()));
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(pipeline.unwrap().vectorizer().n_features(), words);
    println!(
        "{words} words: {} bytes in a file, {} in memory ({} while it is loaded), loaded in {seconds:.4} s",
        bytes.len(),
        taken.bytes_current,
        taken.bytes_max
    );
    (bytes.len(), taken.bytes_current.unsigned_abs())
}

#[test]
fn ten_thousand_words_take_no_more_than_a_megabyte() {
    let (file, memory) = sizes(10_000);
    assert!(file <= 300_000 && memory <= 1_000_000, "{file} and {memory} bytes");
}

/// `cargo test --release --test allocations -- --ignored --nocapture` prints how much it is.
#[test]
#[ignore = "takes a minute in another than a release build"]
fn a_million_words_take_no_more_than_64_megabytes() {
    let (file, memory) = sizes(1_000_000);
    assert!(file <= 30_000_000 && memory <= 64_000_000, "{file} and {memory} bytes");
}
