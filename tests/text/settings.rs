//! Settings of a vectorizer that make no sense, by their setters or from a file: each has an error that says what to do.

use ressenti::text::{Analyzer, AnalyzerParams, Language, Negation, StopWords};
use ressenti::{DocFreq, Pipeline, TermCounts, Vectorizer, VectorizerParams};
use serde::de::DeserializeOwned;
use serde_json::json;

const TEXTS: [&str; 4] = ["good crew", "bad crew", "good seat", "bad seat"];

#[test]
fn what_a_vectorizer_cannot_be_told_is_refused_by_all_that_count() {
    let (count, tfidf, hashing) = (Vectorizer::count, Vectorizer::tfidf, Vectorizer::hashing);
    let no_terms = "min_df, max_df or max_features with hashing has no terms to choose from; leave it out, or do not hash";
    let no_logarithm = "alternate_sign with sublinear_tf or bm25 gives counts below 0, which have no logarithm; set \
                        alternate_sign(false)";
    let n_features = "is outside 1..=16777216; 1048576 is usual";
    let weight = "is not above 0 and at most 1000000; leave a block out instead of weighing it 0";
    let k1 = "is outside 0..=1000; 1.2 is usual";
    let b = "is outside 0..=1; 0.75 is usual";
    let words = "with characters as tokens has no meaning, it is for words; leave it out, or cut into words";
    let nothing = "invalid vocabulary: there is no term, or an empty one";
    let given = |terms: &[&str]| tfidf().vocabulary(terms.iter().copied());
    let negation = || Negation::of(Language::English).unwrap();
    let table: Vec<(VectorizerParams, String)> = vec![
        (hashing().n_features(0), format!("n_features 0 {n_features}")),
        (hashing().n_features((1 << 24) + 1), format!("n_features 16777217 {n_features}")),
        (hashing().n_features(usize::MAX), format!("n_features 4294967295 {n_features}")),
        (hashing().min_df(DocFreq::Count(2)), no_terms.to_owned()),
        (hashing().max_df(DocFreq::Fraction(0.5)), no_terms.to_owned()),
        (hashing().max_features(10), no_terms.to_owned()),
        (hashing().sublinear_tf(true), no_logarithm.to_owned()),
        (hashing().bm25(1.2, 0.75), no_logarithm.to_owned()),
        (
            hashing().vocabulary(["good"]),
            "vocabulary with hashing is a contradiction: hashed terms need none; leave one of them out".to_owned(),
        ),
        (tfidf().weight(0.0), format!("weight 0 {weight}")),
        (tfidf().weight(-1.0), format!("weight -1 {weight}")),
        (tfidf().weight(1e7), format!("weight 10000000 {weight}")),
        (tfidf().weight(f64::NAN), format!("weight NaN {weight}")),
        (tfidf().bm25(-0.1, 0.75), format!("bm25 k1 = -0.1 {k1}")),
        (tfidf().bm25(1001.0, 0.75), format!("bm25 k1 = 1001 {k1}")),
        (tfidf().bm25(f64::NAN, 0.75), format!("bm25 k1 = NaN {k1}")),
        (tfidf().bm25(1.2, 1.1), format!("bm25 b = 1.1 {b}")),
        (tfidf().bm25(1.2, f64::NAN), format!("bm25 b = NaN {b}")),
        (given(&[]), nothing.to_owned()),
        (given(&["", "good"]), nothing.to_owned()),
        (given(&["good", "bad", "good"]), "invalid vocabulary: term \"good\" is there twice, or out of order".to_owned()),
        (given(&["good crew"]), "invalid vocabulary: term \"good crew\" is not one of 1 to 1 tokens".to_owned()),
        (given(&["good"]).ngram_range(2, 3), "invalid vocabulary: term \"good\" is not one of 2 to 3 tokens".to_owned()),
        (
            given(&["good", "zzz"]).smooth_idf(false),
            "smooth_idf false with \"zzz\" divides by 0 texts that hold it; set smooth_idf(true), or leave the term out"
                .to_owned(),
        ),
        (
            hashing().use_idf(true).smooth_idf(false),
            "smooth_idf false with hashing divides by 0 texts that hold it; set smooth_idf(true), or leave the term out"
                .to_owned(),
        ),
        (tfidf().analyzer(Analyzer::char().stemmer(Language::English)), format!("stemmer {words}")),
        (tfidf().analyzer(Analyzer::char_wb().negation(negation())), format!("negation {words}")),
        (tfidf().analyzer(Analyzer::char().stop_words(StopWords::list(["a"]))), format!("stop_words {words}")),
        (
            tfidf().analyzer(Analyzer::word().max_bytes(0)),
            "max_bytes 0 leaves nothing of any text; give at least 1, or leave it out to read all".to_owned(),
        ),
    ];
    for (params, text) in table {
        // The first of several blocks or the last: it makes no difference.
        for params in [count().beside(params.clone()), params.clone().beside(count()), params] {
            let counted = params.term_counts().and_then(|mut counts| {
                counts.add(&TEXTS)?;
                counts.finish()
            });
            assert_eq!(counted.unwrap_err().to_string(), text);
            assert_eq!(params.fit(&TEXTS).unwrap_err().to_string(), text);
            assert_eq!(params.fit_transform(&TEXTS).unwrap_err().to_string(), text);
            assert_eq!(params.fit_iter(TEXTS, 100).unwrap_err().to_string(), text);
            let builder = Pipeline::builder().vectorizer(params);
            assert_eq!(builder.fit(&TEXTS, &[1, 0, 1, 0]).unwrap_err().to_string(), text);
        }
    }
}

#[track_caller]
fn refused<T: DeserializeOwned>(json: &str, problem: &str) {
    match serde_json::from_str::<T>(json) {
        Ok(_) => panic!("{json} was read"),
        Err(error) => assert!(error.to_string().contains(problem), "{json}: {error}"),
    }
}

#[test]
fn stored_settings_that_make_no_sense_say_so() {
    refused::<VectorizerParams>("[]", "the list of blocks is empty; name one, if only as {}");
    refused::<VectorizerParams>("{}", "invalid type: map, expected a sequence");
    refused::<VectorizerParams>(r#"[{"weight": "NaN"}]"#, "invalid type: string \"NaN\"");
    refused::<VectorizerParams>(r#"[{"weight": NaN}]"#, "expected value");
    refused::<VectorizerParams>(r#"[{"weight": 1e999}]"#, "number out of range");
    refused::<VectorizerParams>(r#"[{"max_features": 4294967296}]"#, "expected u32");
    refused::<VectorizerParams>(r#"[{"max_features": -1}]"#, "expected u32");
    refused::<VectorizerParams>(r#"[{"ngram_range": [1]}]"#, "invalid length 1");
    refused::<VectorizerParams>(r#"[{"norm": "l2"}]"#, "unknown variant `l2`, expected one of");
    refused::<VectorizerParams>(r#"[{"vocabulary": ["\ud800"]}]"#, "unexpected end of hex escape");
    refused::<VectorizerParams>(r#"[{"vocabulary": "good"}]"#, "expected a sequence");
    refused::<VectorizerParams>(r#"[{"hashing": {"n_features": 1e3}}]"#, "expected u32");
    refused::<AnalyzerParams>(r#"{"tokenizer": "words"}"#, "unknown variant `words`");
    refused::<AnalyzerParams>(r#"{"stemmer": "Klingon"}"#, "unknown variant `Klingon`");
    refused::<AnalyzerParams>(r#"{"max_bytes": -1}"#, "expected u64");
    refused::<AnalyzerParams>(r#"{"lowercase": 1}"#, "expected a boolean");
    refused::<StopWords>(r#"{"words": ["\udc00"]}"#, "lone leading surrogate in hex escape");
    refused::<StopWords>("{}", "missing field `words`");
    refused::<Negation>(r#"{"negators": ["not"], "window": 4294967296}"#, "expected u32");
    refused::<Negation>(r#"{"window": 4}"#, "missing field `negators`");
    refused::<TermCounts>("{}", "missing field `params`");

    let cut = |json: &str| {
        let mut bytes = json.as_bytes().to_vec();
        bytes.retain(|&byte| byte != 0xa9);
        bytes
    };
    let error = serde_json::from_slice::<StopWords>(&cut(r#"{"words": ["é"]}"#)).unwrap_err();
    assert!(error.to_string().contains("invalid unicode code point"), "{error}");
    let error =
        serde_json::from_slice::<VectorizerParams>(&cut(r#"[{"vocabulary": ["é"]}]"#)).unwrap_err();
    assert!(error.to_string().contains("invalid unicode code point"), "{error}");
}

/// Values that are of the right type are checked when they are used.
#[test]
fn stored_settings_out_of_range_are_refused_by_fit() {
    for (stored, problem) in [
        (json!([{"ngram_range": [0, 1]}]), "ngram_range (0, 1) "),
        (json!([{"weight": 0.0}]), "weight 0 "),
        (json!([{}, {"bm25": {"k1": -1.0, "b": 0.5}}]), "bm25 k1 = -1 "),
        (json!([{"hashing": {"n_features": 4_294_967_295u32}}]), "n_features 4294967295 "),
        (json!([{"vocabulary": []}]), "invalid vocabulary: there is no term"),
        (
            json!([{"vocabulary": ["b", "a"]}]),
            "invalid vocabulary: term \"a\" is there twice, or out of order",
        ),
        (json!([{"analyzer": {"max_bytes": 0}}]), "max_bytes 0 "),
        (
            json!([{"analyzer": {"tokenizer": "Char", "stemmer": "English"}}]),
            "stemmer with characters ",
        ),
    ] {
        let params: VectorizerParams = serde_json::from_value(stored).unwrap();
        let error = params.fit(&["good", "bad"]).unwrap_err().to_string();
        assert!(error.starts_with(problem), "{error}");
    }
}
