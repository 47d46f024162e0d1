//! Any text through any analyzer: no panic, tokens that are where they say, and the same tokens by both ways to them.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use ressenti::text::{Analyzer, Language, Negation, StopWords};

fn analyzers() -> &'static [Analyzer] {
    static ANALYZERS: OnceLock<Vec<Analyzer>> = OnceLock::new();
    ANALYZERS.get_or_init(|| {
        let negation = || Negation::of(Language::English).unwrap();
        let all = [
            Analyzer::word(),
            Analyzer::word().strip_accents(true).stemmer(Language::Turkish),
            Analyzer::word().lowercase(false).stop_words(StopWords::of(Language::French).unwrap()),
            Analyzer::unicode_word().negation(negation()),
            Analyzer::social(),
            Analyzer::social().stemmer(Language::English).negation(negation()),
            Analyzer::social().max_bytes(40).strip_accents(true),
            Analyzer::char(),
            Analyzer::char_wb(),
        ];
        all.iter().map(|params| params.build().unwrap()).collect()
    })
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for analyzer in analyzers() {
        let tokens = analyzer.tokenize(&text);
        let mut n = 0;
        analyzer.for_each_token(&text, |token, range| {
            assert_eq!(token, tokens[n].text());
            assert!(text.get(range).is_some());
            n += 1;
        });
        assert_eq!(n, tokens.len());
    }
});
