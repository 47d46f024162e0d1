//! Text to tokens: what everything else waits for.
//!
//! Input: the 402 example tweets. Every iteration counts all tokens and must find as many as the naive twin; time per
//! iteration is for all tweets, throughput in bytes of text.

mod harness;
#[path = "../tests/common/naive.rs"]
mod naive;
#[path = "../tests/common/tweets.rs"]
mod tweets;

use criterion::{Criterion, Throughput};
use harness::Case;
use ressenti::text::{Analyzer, AnalyzerParams, Language, Token};
use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

fn main() {
    let mut criterion = harness::criterion();
    let (_, tweets) = tweets::all();
    let ascii: Vec<String> =
        tweets.iter().map(|t| t.replace(|c: char| !c.is_ascii(), "")).collect();
    let accented: Vec<String> =
        ascii.iter().map(|t| t.replace('e', "é").replace('o', "ö")).collect();
    let tweets: Vec<String> = tweets.iter().map(ToString::to_string).collect();

    // Why: the common case, and the one with a road of its own.
    compare(&mut criterion, "analyze/word_ascii", &Analyzer::word(), &ascii, &|text| {
        naive::words(text, true)
    });

    // Why: most words leave the ASCII road; other languages must not pay dearly.
    compare(&mut criterion, "analyze/word_accented", &Analyzer::word(), &accented, &|text| {
        naive::words(text, true)
    });

    // Why: what UAX #29 costs, beside the plain use of the same crate.
    compare(&mut criterion, "analyze/unicode_word", &Analyzer::unicode_word(), &tweets, &|text| {
        text.unicode_words().map(str::to_lowercase).collect()
    });

    // Why: a stem is dearer than a word; scoring pays it for every token.
    let stemmer = Stemmer::create(Algorithm::English);
    let stemming = Analyzer::word().stemmer(Language::English);
    compare(&mut criterion, "analyze/stem", &stemming, &ascii, &|text| {
        naive::words(text, true).iter().map(|word| stemmer.stem(word).into_owned()).collect()
    });

    // Why: the rules for handles, links, emoji and emoticons run at each position, and characters beyond ASCII take
    // more looks. No short code gives the same tokens, so this stands beside the least that any tokenizer does.
    let (plain, others): (Vec<String>, Vec<String>) =
        tweets.into_iter().partition(|tweet| tweet.is_ascii());
    for (name, texts, tokens, spaced) in [
        ("analyze/social_ascii", &plain, 5_348_usize, 4_696_usize),
        ("analyze/social_beyond_ascii", &others, 811, 728),
    ] {
        let analyzer = Analyzer::social().build().expect("default settings are valid");
        let count = || {
            let mut count = 0_usize;
            for text in texts {
                analyzer.for_each_token(text, |_, _| count += 1);
            }
            count
        };
        let split = |text: &String| text.split_whitespace().map(str::to_lowercase).count();
        Case { criterion: &mut criterion, name, throughput: bytes(texts) }
            .bench("ressenti", &tokens, count)
            .bench("whitespace", &spaced, || texts.iter().map(split).sum());
    }

    criterion.final_summary();
}

/// One way to cut texts beside its naive twin, which gives the same tokens.
fn compare(
    criterion: &mut Criterion,
    name: &str,
    params: &AnalyzerParams,
    texts: &[String],
    cut: &dyn Fn(&str) -> Vec<String>,
) {
    let analyzer = params.build().expect("these settings are valid");
    for text in texts {
        let tokens = analyzer.tokenize(text);
        assert!(tokens.iter().map(Token::text).eq(cut(text)), "{text}");
    }
    let expected: usize = texts.iter().map(|text| cut(text).len()).sum();
    Case { criterion, name, throughput: bytes(texts) }
        .bench("ressenti", &expected, || {
            texts.iter().map(|text| analyzer.tokenize(text).len()).sum()
        })
        .bench("naive", &expected, || texts.iter().map(|text| cut(text).len()).sum());
}

fn bytes(texts: &[String]) -> Throughput {
    Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum())
}
