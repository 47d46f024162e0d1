//! Bytes as a model file: whatever they are, loading is an error or a model that works. Checksums are put right first, or
//! nothing would ever get past them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ressenti::Pipeline;

/// Puts all checksums right, as far as the header says where they are; see `src/persist/envelope.rs`.
fn seal(file: &mut [u8]) {
    let u32_at = |file: &[u8], at: usize| {
        file.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
    };
    let Some(n) = u32_at(file, 28).filter(|n| (1..=64).contains(n)) else { return };
    let header = 36 + 16 * n;
    if file.len() < header {
        return;
    }
    let mut at = header;
    for entry in (36..header).step_by(16) {
        let length = u32_at(file, entry + 8).unwrap_or(0);
        let Some(content) = file.get(at..at + length) else { return };
        let checksum = crc32fast::hash(content).to_le_bytes();
        file[entry + 4..entry + 8].copy_from_slice(&checksum);
        at += length;
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file[..32]);
    hasher.update(&file[36..header]);
    let checksum = hasher.finalize().to_le_bytes();
    file[32..36].copy_from_slice(&checksum);
}

fuzz_target!(|bytes: &[u8]| {
    let _ = Pipeline::from_bytes(bytes);
    let mut file = bytes.to_vec();
    seal(&mut file);
    let Ok(pipeline) = Pipeline::from_bytes(&file) else { return };
    let prediction = pipeline.predict("not a good crew :( 👍🏽 été, late @SkyBird").unwrap();
    assert!((0.0..=1.0).contains(&prediction.probability()), "{prediction:?}");
    let _ = pipeline.explain("good crew").unwrap();
    let again = pipeline.to_bytes();
    assert!(Pipeline::from_bytes(&again).unwrap().to_bytes() == again);
});
