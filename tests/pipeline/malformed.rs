//! Model files that are not what they should be: each is a typed error, none panics, aborts or loads.

use std::time::{Duration, Instant};

use ressenti::monitor::drift::{Drift, DriftParams};
use ressenti::text::{Analyzer, Language};
use ressenti::{
    Calibration, CalibrationMethod, Error, Matrix, ModelFileError, NeutralBand, Pipeline,
    Vectorizer,
};

fn model() -> Vec<u8> {
    Pipeline::builder().fit(&["good crew", "bad crew"], &["1", "0"]).unwrap().to_bytes()
}

/// A model whose numbers are all different.
fn uneven() -> Vec<u8> {
    let texts = ["good crew", "bad crew seat", "bad", "bad seat"];
    Pipeline::builder().fit(&texts, &["1", "0", "0", "0"]).unwrap().to_bytes()
}

fn problem(bytes: &[u8]) -> ModelFileError {
    match Pipeline::from_bytes(bytes) {
        Err(Error::ModelFile { path: None, problem }) => problem,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it loaded"),
    }
}

/// A section of a file: kind, flags, bytes.
type Section = (u16, u16, Vec<u8>);

/// A file of sections, written by hand from the description in `persist/envelope.rs`.
fn file(sections: &[Section]) -> Vec<u8> {
    let mut file = b"\x89RSNT\r\n\x1a\x01\0\0\0".to_vec();
    let version = env!("CARGO_PKG_VERSION").bytes().chain(std::iter::repeat(0));
    file.extend(version.take(16));
    file.extend((sections.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    for (kind, flags, bytes) in sections {
        file.extend(kind.to_le_bytes());
        file.extend(flags.to_le_bytes());
        file.extend(crc32fast::hash(bytes).to_le_bytes());
        file.extend((bytes.len() as u64).to_le_bytes());
    }
    seal(&mut file);
    file.extend(sections.iter().flat_map(|(_, _, bytes)| bytes));
    file
}

/// Puts the checksum of a header right, from which on there is only content.
fn seal(header: &mut [u8]) {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..32]);
    hasher.update(&header[36..]);
    let checksum = hasher.finalize().to_le_bytes();
    header[32..36].copy_from_slice(&checksum);
}

/// The sections of a file, read by hand.
fn sections(file: &[u8]) -> Vec<Section> {
    let n = usize::from(file[28]);
    let mut at = 36 + 16 * n;
    let entries = file[36..at].chunks(16);
    let section = |entry: &[u8]| {
        let u16_at = |i: usize| u16::from_le_bytes([entry[i], entry[i + 1]]);
        let length = u64::from_le_bytes(entry[8..].try_into().unwrap()) as usize;
        at += length;
        (u16_at(0), u16_at(2), file[at - length..at].to_vec())
    };
    entries.map(section).collect()
}

/// A file with other bytes in one of its sections.
fn with(sections: &[Section], i: usize, bytes: Vec<u8>) -> Vec<u8> {
    let mut sections = sections.to_vec();
    sections[i].2 = bytes;
    file(&sections)
}

const CARD: usize = 0;
const VECTORIZER: usize = 1;
const CLASSIFIER: usize = 2;
const PROFILE: usize = 3;

#[test]
fn the_hand_made_file_is_the_real_one() {
    let model = model();
    let sections = sections(&model);
    let kinds: Vec<_> = sections.iter().map(|&(kind, flags, _)| (kind, flags)).collect();
    assert_eq!(kinds, [(1, 1), (2, 1), (3, 1), (4, 0)]);
    assert!(file(&sections) == model);
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
            "it has format version 9 (ressenti {version}), this crate reads 1; upgrade ressenti or train again"
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
    let sections = sections(&model());
    for i in [CARD, VECTORIZER, CLASSIFIER, PROFILE] {
        let longer = [&sections[i].2[..], b"more"].concat();
        assert_eq!(
            problem(&with(&sections, i, longer)).to_string(),
            "its content is invalid: 4 bytes are left over after the last value"
        );
    }
}

#[test]
fn a_missing_section_is_told() {
    let sections = sections(&model());
    for i in [CARD, VECTORIZER, CLASSIFIER] {
        let mut others = sections.clone();
        others.remove(i);
        let text = format!("its content is invalid: there is no section {}", i + 1);
        assert_eq!(problem(&file(&others)).to_string(), text);
    }
    assert_eq!(
        problem(&file(&[])).to_string(),
        "its content is invalid: its header has 0 sections, 1 to 64 are allowed"
    );
}

#[test]
fn an_unknown_section_is_skipped_unless_it_is_critical() {
    let mut sections = sections(&model());
    sections.push((77, 0, b"from the future".to_vec()));
    let pipeline = Pipeline::from_bytes(&file(&sections)).unwrap();
    assert!(pipeline.to_bytes() == model());
    sections[4].1 = 1;
    let found = problem(&file(&sections));
    assert!(matches!(found, ModelFileError::UnknownSection { kind: 77, .. }), "{found:?}");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        found.to_string(),
        format!(
            "its section 77 (ressenti {version}) is not known to this crate, and scores depend on it; upgrade ressenti"
        )
    );
}

#[test]
fn an_unknown_flag_is_refused() {
    let mut sections = sections(&model());
    sections[VECTORIZER].1 = 3;
    assert_eq!(
        problem(&file(&sections)).to_string(),
        "its content is invalid: its section 2 has flags 0x3, only bit 0 is known"
    );
}

#[test]
fn sections_twice_or_out_of_order_are_refused() {
    let mut sections = sections(&model());
    sections.swap(1, 2);
    assert_eq!(
        problem(&file(&sections)).to_string(),
        "its content is invalid: its section 2 is there twice, or out of order"
    );
    sections[2] = sections[1].clone();
    assert_eq!(
        problem(&file(&sections)).to_string(),
        "its content is invalid: its section 3 is there twice, or out of order"
    );
}

/// In the header, where they are compared with the file, and in the content, where bincode would make room for them.
#[test]
fn forged_lengths_ask_for_no_memory() {
    let forged = |bits: u32| if bits == 64 { u64::MAX } else { 1 << bits };
    let model = model();
    let sections = sections(&model);
    let mut loaded = 0;
    for length in (33..=64).map(forged) {
        for i in [CARD, VECTORIZER, CLASSIFIER, PROFILE] {
            let mut damaged = model.clone();
            damaged[36 + 16 * i + 8..36 + 16 * i + 16].copy_from_slice(&length.to_le_bytes());
            seal(&mut damaged[..36 + 16 * 4]);
            assert!(matches!(
                problem(&damaged),
                ModelFileError::Invalid(_) | ModelFileError::WrongLength { .. }
            ));
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("model");
            std::fs::write(&path, &damaged).unwrap();
            assert!(Pipeline::peek(&path).is_err());
            // Wherever a length may stand: 253 and eight bytes.
            let content = &sections[i].2;
            for at in 0..content.len() {
                let number = [&[253][..], &length.to_le_bytes()].concat();
                let longer = [&content[..at], &number, &content[at + 1..]].concat();
                let loads = Pipeline::from_bytes(&with(&sections, i, longer)).is_ok();
                // A profile has sums, which may be any number.
                loaded += usize::from(loads && i != PROFILE);
            }
        }
    }
    // Where they stand for no length: the number of texts on the card, and within a setting of any value.
    assert!(loaded <= 2 * 32, "{loaded}");
}

#[test]
fn a_card_of_another_model_is_refused() {
    let mut mixed = sections(&model());
    for (other, field) in [
        (Pipeline::builder().fit(&["good crew", "bad crew"], &["yes", "no"]), "classes"),
        (Pipeline::builder().fit(&["good crew", "bad"], &["1", "0"]), "classes"),
        (Pipeline::builder().fit(&["good crew", "bad crew", "bad"], &["1", "0", "2"]), "task"),
        (Pipeline::builder().fit(&["good crew", "bad seat"], &["1", "0"]), "n_features"),
        (
            Pipeline::builder().fit(&["good crew", "bad crew", "bad"], &["1", "0", "0"]),
            "n_documents",
        ),
    ]
    .map(|(other, field)| (other.unwrap(), field))
    {
        mixed[CARD] = sections(&other.to_bytes())[CARD].clone();
        if field == "classes"
            && other.vectorizer().n_features() == 3
            && other.classes() == ["0", "1"]
        {
            assert!(
                Pipeline::from_bytes(&file(&mixed)).is_ok(),
                "what is told of texts alone differs"
            );
            continue;
        }
        let text = format!("its content is invalid: invalid card: {field} contradicts the model");
        assert_eq!(problem(&file(&mixed)).to_string(), text);
    }
}

#[test]
fn parts_of_another_format_version_are_refused() {
    let sections = sections(&model());
    for i in [VECTORIZER, CLASSIFIER] {
        let mut bytes = sections[i].2.clone();
        bytes[0] = 2;
        assert_eq!(
            problem(&with(&sections, i, bytes)).to_string(),
            "its content is invalid: it has format version 2, this crate reads 1"
        );
    }
}

#[test]
fn a_weight_that_is_no_number_is_refused() {
    let pipeline = Pipeline::from_bytes(&uneven()).unwrap();
    let weight = pipeline.classifier().coef().get(0, 0);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e201] {
        let found = problem(&with_number(CLASSIFIER, weight, bad)).to_string();
        assert_eq!(
            found,
            format!(
                "its content is invalid: invalid classifier: weight {bad:e} is not within ±1e200"
            )
        );
    }
    let intercept = pipeline.classifier().intercept()[0];
    let found = problem(&with_number(CLASSIFIER, intercept, f64::NAN)).to_string();
    assert_eq!(
        found,
        "its content is invalid: invalid classifier: weight NaN is not within ±1e200"
    );
}

#[test]
fn a_document_frequency_that_is_no_number_is_refused() {
    let pipeline = Pipeline::from_bytes(&uneven()).unwrap();
    let idf = pipeline.vectorizer().blocks()[0].idf().unwrap()[0];
    for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        let found = problem(&with_number(VECTORIZER, idf, bad)).to_string();
        let problem = format!("invalid idf: {bad:e} is not within 1e-12..=1e6");
        assert_eq!(found, format!("its content is invalid: {problem}"));
    }
}

/// A model with another number in the place of one.
fn with_number(section: usize, old: f64, new: f64) -> Vec<u8> {
    let sections = sections(&uneven());
    let mut bytes = sections[section].2.clone();
    let at = bytes.windows(8).rposition(|window| window == old.to_le_bytes()).unwrap();
    bytes[at..at + 8].copy_from_slice(&new.to_le_bytes());
    with(&sections, section, bytes)
}

/// With a right checksum, so that it is the content that must be doubted: nothing may panic, abort or take much memory,
/// and what loads must work.
#[test]
fn hostile_payloads_load_soundly_or_not_at_all() {
    for payload in [model(), calibrated(), banded()].each_ref() {
        hostile(&sections(payload));
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

fn hostile(sections: &[Section]) {
    for i in 0..sections.len() {
        let payload = &sections[i].2;
        let try_payload = |payload: Vec<u8>| {
            if let Ok(pipeline) = Pipeline::from_bytes(&with(sections, i, payload)) {
                let _ = pipeline.predict("good bad crew");
                let _ = pipeline.explain("good bad crew");
                if let Some(profile) = pipeline.profile() {
                    let harsh = DriftParams::default().min_texts(0).trust_training(true);
                    let _ = Drift::between(profile, profile, &harsh);
                }
            }
        };
        for at in 0..payload.len() {
            for byte in [0, 1, 2, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff] {
                let mut hostile = payload.clone();
                hostile[at] = byte;
                try_payload(hostile);
            }
            // A length of 2^56 or so wherever a length may stand.
            let mut hostile = payload[..at].to_vec();
            hostile.extend([253, 0, 0, 0, 0, 0, 0, 0, 1]);
            hostile.extend(&payload[at..]);
            try_payload(hostile);
            try_payload(payload[..at].to_vec());
        }
    }
}

#[test]
fn a_part_that_is_inconsistent_says_so_in_its_own_words() {
    let sections = sections(&model());
    let mut payload = sections[VECTORIZER].2.clone();
    let at = payload.windows(11).position(|w| w == b"badcrewgood").unwrap();
    payload[at..at + 3].copy_from_slice(b"dad");
    assert_eq!(
        problem(&with(&sections, VECTORIZER, payload)).to_string(),
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
    let models = [model(), three.to_bytes(), calibrated(), banded()].map(|file| sections(&file));
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
        let (model, i) = (&models[random(4)], random(3));
        let mut payload = model[i].2.clone();
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
        if let Ok(pipeline) = Pipeline::from_bytes(&with(model, i, payload)) {
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
