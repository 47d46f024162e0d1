//! Weights of fewer bits: smaller files, answers that hardly change, and a report that says how much.

use crate::common::tweets;
use ressenti::{Pipeline, Precision, Preset, ProfileSource};

const PRECISIONS: [Precision; 3] = [Precision::Single, Precision::Half, Precision::Byte];

#[test]
fn fewer_bits_make_smaller_files_that_come_back_as_they_were() {
    let (labels, texts) = tweets::all();
    for preset in [Preset::Baseline, Preset::Social] {
        let pipeline = Pipeline::builder().preset(preset).fit(&texts, &labels).unwrap();
        let mut last = pipeline.to_bytes().len();
        for (precision, change) in PRECISIONS.into_iter().zip([1e-6, 1e-2, 0.5]) {
            let rounded = pipeline.round_weights(precision, &texts).unwrap();
            let bytes = rounded.pipeline.to_bytes();
            assert_eq!((rounded.n_texts, rounded.bytes_after), (texts.len(), bytes.len()));
            assert!(bytes.len() < last, "{precision:?}: {} of {last}", bytes.len());
            last = bytes.len();
            assert!(rounded.max_decision_change > 0.0);
            assert!(rounded.max_decision_change < change, "{}", rounded.max_decision_change);
            let loaded = Pipeline::from_bytes(&bytes).unwrap();
            assert!(loaded.to_bytes() == bytes);
            assert_eq!(loaded.card().training, pipeline.card().training);
            let differ = |text: &&&str| {
                loaded.predict(text).unwrap().label() != pipeline.predict(text).unwrap().label()
            };
            assert_eq!(texts.iter().filter(differ).count(), rounded.labels_changed);
        }
    }
}

#[test]
fn without_texts_nothing_can_be_told() {
    let pipeline = Pipeline::builder().fit(&["good", "bad"], &[true, false]).unwrap();
    let error = pipeline.round_weights(Precision::Half, &[] as &[&str]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there are no texts to see what rounding costs; give at least one"
    );
}

/// The table of `Pipeline::round_weights`.
#[test]
fn on_airline_tweets() {
    let read = |name| {
        crate::common::data_file(name).map(|path| ressenti::dataset::read_tsv(path).unwrap())
    };
    let (Some(train), Some(test)) = (read("airline.train.tsv"), read("airline.test.tsv")) else {
        return;
    };
    for preset in [Preset::Baseline, Preset::Social] {
        let builder = Pipeline::builder().preset(preset).profile(ProfileSource::Off);
        let pipeline = builder.fit(&train.texts, &train.labels).unwrap();
        for precision in PRECISIONS {
            let r = pipeline.round_weights(precision, &test.texts).unwrap();
            println!(
                "{preset:?} {precision:?}: {} → {} bytes, {:.1e}, {} of {}",
                r.bytes_before, r.bytes_after, r.max_decision_change, r.labels_changed, r.n_texts
            );
            assert!(r.labels_changed * 100 <= r.n_texts);
        }
    }
}
