//! Model files that are not what they should be: each is a typed error, none panics, aborts or loads.

use std::time::{Duration, Instant};

use ressenti::text::{Analyzer, Language};
use ressenti::{
    Calibration, CalibrationMethod, Error, Matrix, ModelFileError, NeutralBand, Pipeline,
    Vectorizer,
};

fn model() -> Vec<u8> {
    Pipeline::builder().fit(&["good crew", "bad crew"], &["1", "0"]).unwrap().to_bytes()
}

fn problem(bytes: &[u8]) -> ModelFileError {
    match Pipeline::from_bytes(bytes) {
        Err(Error::ModelFile { path: None, problem }) => problem,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it loaded"),
    }
}

/// The file around a payload, written by hand from the description in `persist/envelope.rs`.
fn envelope(payload: &[u8]) -> Vec<u8> {
    let mut file = b"\x89RSNT\r\n\x1a\0\0\0\0\0\0\0\0".to_vec();
    file.extend((payload.len() as u64).to_le_bytes());
    file.extend([0; 16]);
    file.extend(payload);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file[..12]);
    hasher.update(&file[16..]);
    let checksum = hasher.finalize().to_le_bytes();
    file[12..16].copy_from_slice(&checksum);
    file
}

#[test]
fn the_hand_made_envelope_is_the_real_one() {
    let model = model();
    let pipeline = Pipeline::from_bytes(&envelope(&model[40..])).unwrap();
    assert_eq!(pipeline.to_bytes(), model);
}

#[test]
fn every_flipped_bit_is_an_error() {
    let model = model();
    for bit in 0..model.len() * 8 {
        let mut damaged = model.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Pipeline::from_bytes(&damaged).is_err(), "bit {bit}");
    }
}

#[test]
fn every_truncation_is_an_error_that_says_so() {
    let model = model();
    for length in 0..model.len() {
        let problem = problem(&model[..length]);
        if length < 8 {
            assert!(matches!(problem, ModelFileError::NotAModel { .. }), "{length}: {problem:?}");
        } else if length < 12 {
            assert!(matches!(problem, ModelFileError::WrongLength { .. }), "{length}: {problem:?}");
        } else {
            assert!(
                matches!(problem, ModelFileError::WrongLength { found, .. } if found == length as u64)
            );
        }
    }
}

#[test]
fn another_kind_of_file_is_not_a_model() {
    for other in [&b""[..], b"{\"classes\": []}", b"PK\x03\x04 a pickle in a zip", b"\x80\x05\x95"]
    {
        assert!(matches!(problem(other), ModelFileError::NotAModel { .. }));
    }
}

#[test]
fn a_newer_format_names_both_versions() {
    let mut newer = model();
    newer[8] = 9;
    let text = problem(&newer).to_string();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        text,
        format!(
            "it has format version 9 (ressenti {version}), this crate reads 0; upgrade ressenti or train again"
        )
    );
}

#[test]
fn a_changed_byte_is_told_by_the_checksum() {
    let mut damaged = model();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert!(matches!(problem(&damaged), ModelFileError::Checksum { .. }));
}

#[test]
fn something_behind_the_model_is_refused() {
    let longer = [model(), b"more".to_vec()].concat();
    assert!(matches!(problem(&longer), ModelFileError::WrongLength { .. }));
    let payload = [&model()[40..], b"more"].concat();
    assert_eq!(
        problem(&envelope(&payload)).to_string(),
        "its content is invalid: 4 bytes are left over after the last value"
    );
}

/// With a right checksum, so that it is the content that must be doubted: nothing may panic, abort or take much memory,
/// and what loads must work.
#[test]
fn hostile_payloads_load_soundly_or_not_at_all() {
    for payload in [&model(), &calibrated(), &banded()] {
        hostile(&payload[40..]);
    }
}

/// A model with a curve of probabilities.
fn calibrated() -> Vec<u8> {
    let pipeline = Pipeline::from_bytes(&model()).unwrap();
    let decisions = Matrix::from(ndarray::arr2(&[[-1.0], [0.0], [1.0]]));
    let curve = Calibration::fit(CalibrationMethod::Isotonic, &decisions, &[0, 1, 1]).unwrap();
    let classifier = pipeline.classifier().clone().with_calibration(curve).unwrap();
    Pipeline::from_parts(pipeline.vectorizer().clone(), classifier).unwrap().to_bytes()
}

/// A model with a third answer.
fn banded() -> Vec<u8> {
    let pipeline = Pipeline::from_bytes(&model()).unwrap();
    let band = NeutralBand::new(-0.5, 0.5).unwrap();
    let classifier = pipeline.classifier().clone().with_neutral_band(band, "neutral").unwrap();
    Pipeline::from_parts(pipeline.vectorizer().clone(), classifier).unwrap().to_bytes()
}

fn hostile(payload: &[u8]) {
    let try_payload = |payload: &[u8]| {
        if let Ok(pipeline) = Pipeline::from_bytes(&envelope(payload)) {
            let _ = pipeline.predict("good bad crew");
            let _ = pipeline.explain("good bad crew");
        }
    };
    for at in 0..payload.len() {
        for byte in [0, 1, 2, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff] {
            let mut hostile = payload.to_vec();
            hostile[at] = byte;
            try_payload(&hostile);
        }
        // A length of 2^56 or so wherever a length may stand.
        let mut hostile = payload[..at].to_vec();
        hostile.extend([253, 0, 0, 0, 0, 0, 0, 0, 1]);
        hostile.extend(&payload[at..]);
        try_payload(&hostile);
        try_payload(&payload[..at]);
    }
}

#[test]
fn a_part_that_is_inconsistent_says_so_in_its_own_words() {
    let mut payload = model()[40..].to_vec();
    let at = payload.windows(11).position(|w| w == b"badcrewgood").unwrap();
    payload[at..at + 7].copy_from_slice(b"crewbad");
    assert_eq!(
        problem(&envelope(&payload)).to_string(),
        "its content is invalid: invalid vocabulary: terms are not in strictly ascending order"
    );
}

#[test]
fn the_path_of_a_bad_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ressenti");
    std::fs::write(&path, b"no model").unwrap();
    let text = Pipeline::load(&path).unwrap_err().to_string();
    assert_eq!(
        text,
        format!(
            "not a loadable model ({}): it starts with [110, 111, 32, 109, 111, 100, 101, 108] instead of the mark of a \
             model file; was it written by Pipeline::save?",
            path.display()
        )
    );
}

/// Random changes of several bytes at once, with a right checksum, for `RESSENTI_FUZZ_SECONDS` (60).
#[test]
#[ignore = "takes long; run by .ci/slow"]
fn random_changes_load_soundly_or_not_at_all() {
    let seconds =
        std::env::var("RESSENTI_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let until = Instant::now() + Duration::from_secs(seconds);
    let three = Pipeline::builder()
        .vectorizer(
            Vectorizer::tfidf()
                .ngram_range(1, 3)
                .analyzer(Analyzer::social().stemmer(Language::English)),
        )
        .fit(&["good crew :)", "bad crew", "which gate?"], &["positive", "negative", "neutral"])
        .unwrap();
    let payloads =
        [model(), three.to_bytes(), calibrated(), banded()].map(|file| file[40..].to_vec());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        // xorshift64 (Marsaglia 2003)
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let (mut tried, mut loaded) = (0u64, 0u64);
    while Instant::now() < until {
        let mut payload = payloads[random(4)].clone();
        for _ in 0..=random(4) {
            let at = random(payload.len());
            match random(4) {
                0 => payload[at] = random(256) as u8,
                1 => payload[at] ^= 1 << random(8),
                2 => drop(payload.splice(at..at, [random(256) as u8; 8])),
                _ => drop(payload.splice(at..(at + 1 + random(9)).min(payload.len()), [])),
            }
            if payload.is_empty() {
                break;
            }
        }
        tried += 1;
        if let Ok(pipeline) = Pipeline::from_bytes(&envelope(&payload)) {
            loaded += 1;
            let prediction = pipeline.predict("good bad crew :) gate").unwrap();
            assert!((0.0..=1.0).contains(&prediction.probability()), "{prediction:?}");
            let _ = pipeline.explain("good bad crew").unwrap();
            assert!(Pipeline::from_bytes(&pipeline.to_bytes()).is_ok());
        }
    }
    println!("{tried} changed models: {loaded} loaded and worked, the others are errors");
    assert!(loaded > 0 && loaded < tried);
}
