//! Texts, stored counts and models from strangers: whatever they hold, there is an answer or an error that says what is wrong.

use ressenti::text::{Analyzer, AnalyzerParams, Language, Negation};
use ressenti::{Norm, Pipeline, TermCounts, Vectorizer, VectorizerParams};
use serde_json::{Value, json};

/// Each way to cut a text, and each step after it.
fn analyzers() -> Vec<AnalyzerParams> {
    let negation = || Negation::of(Language::English).unwrap();
    vec![
        Analyzer::word(),
        Analyzer::word().strip_accents(true),
        Analyzer::unicode_word().strip_accents(true).stemmer(Language::French),
        Analyzer::social(),
        Analyzer::social().strip_accents(true).negation(negation()).stemmer(Language::English),
        Analyzer::word().max_bytes(1000),
        Analyzer::char(),
        Analyzer::char_wb().strip_accents(true),
    ]
}

/// Each way to find columns.
fn vectorizers(analyzer: &AnalyzerParams) -> [VectorizerParams; 3] {
    let of = |params: VectorizerParams| params.analyzer(analyzer.clone());
    [
        of(Vectorizer::tfidf().ngram_range(1, 3)),
        of(Vectorizer::hashing().n_features(1 << 10).feature_names(true)),
        of(Vectorizer::tfidf().vocabulary(["a", "b"])).beside(Vectorizer::count()),
    ]
}

/// Texts of one thing many times, as nobody writes them.
fn strange_texts() -> Vec<String> {
    let mut runs = String::new();
    for i in 0..5_000 {
        runs += ["a", "\u{301}", "(", "#", "@", ".", "\u{200d}", "👍", "Σ"][i * i % 9];
    }
    let repeated = [
        "\u{301}",
        "x",
        "é",
        "日",
        "👍\u{200d}",
        "Σ",
        "#",
        "@a",
        "http://",
        "(",
        "1,",
        "\0",
        "not ",
        "\u{fdfa}",
        "\u{202e}שלום עולם, لا أحب هذا\u{202c} \u{200f}مرحبا",
        " \u{1930}",
        "\u{feff}\u{200b}\u{ad}",
        " \t\r\n\u{a0}\u{3000}\u{1c}\u{85}",
    ];
    let long = repeated.into_iter().map(|part| part.repeat(5_000 / part.len()));
    long.chain([runs, "a b good bad".to_owned(), String::new()]).collect()
}

#[test]
fn no_text_is_too_strange() {
    let texts = strange_texts();
    for analyzer in analyzers() {
        let tokenizer = analyzer.build().unwrap();
        for token in texts.iter().flat_map(|text| tokenizer.tokenize(text)) {
            assert!(!token.text().is_empty(), "{token:?}");
        }
        for params in vectorizers(&analyzer) {
            let (vectorizer, rows) = params.fit_transform(&texts).unwrap();
            assert!(rows == vectorizer.transform(&texts), "{params:?}");
            let values = |i| rows.row(i).1.iter();
            assert!((0..texts.len()).flat_map(values).all(|value| value.is_finite()), "{params:?}");
            assert_eq!(values(texts.len() - 1).len(), 0, "an empty text");
        }
    }
}

/// Whoever looks back, or ahead, at each character would be busy for hours.
#[test]
fn a_megabyte_of_one_character_is_only_long() {
    let tower = "\u{301}".repeat(500_000);
    let texts =
        ["x".repeat(100_000), "é".repeat(50_000), "Σ".repeat(50_000), tower, "bad".to_owned()];
    for analyzer in analyzers() {
        let (_, rows) = Vectorizer::tfidf().analyzer(analyzer).fit_transform(&texts).unwrap();
        assert_eq!(rows.n_rows(), texts.len());
    }
}

/// The stored form of counts, of each kind.
fn stored_counts() -> Vec<Value> {
    let params = [
        Vectorizer::tfidf().ngram_range(1, 3),
        Vectorizer::tfidf().ngram_range(2, 2),
        Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(2, 3),
        Vectorizer::hashing().n_features(4).feature_names(true).use_idf(true),
        Vectorizer::tfidf()
            .vocabulary(["crew", "good"])
            .bm25(1.2, 0.75)
            .beside(Vectorizer::count()),
    ];
    params
        .iter()
        .map(|params| {
            let mut counts = params.term_counts().unwrap().max_terms(100);
            counts.add(&["good crew, good", "bad crew"]).unwrap();
            serde_json::to_value(&counts).unwrap()
        })
        .collect()
}

/// What is read must work: finish, go on, merge and be stored again.
fn try_counts(stored: Value) -> Result<(), String> {
    let description = stored.to_string();
    let mut counts: TermCounts =
        serde_json::from_value(stored).map_err(|error| error.to_string())?;
    let other = counts.clone();
    let _ = counts.add(&["good crew", "new seat, bad"]);
    let _ = counts.merge(&other);
    for counts in [&counts, &other] {
        let Ok(vectorizer) = counts.finish() else { continue };
        let rows = vectorizer.transform(&["good crew", "a b crew bad"]);
        for i in 0..rows.n_rows() {
            assert!(rows.row(i).1.iter().all(|value| value.is_finite()), "{description}");
        }
        let again: Result<Vectorizer, _> =
            serde_json::from_value(serde_json::to_value(&vectorizer).unwrap());
        assert_eq!(again.map_err(|error| error.to_string()), Ok(vectorizer), "{description}");
    }
    let again = serde_json::from_value::<TermCounts>(serde_json::to_value(&counts).unwrap());
    assert!(again.is_ok(), "{description}: {again:?}");
    Ok(())
}

#[test]
fn counts_that_cannot_be_true_are_refused() {
    const NONE: u32 = u32::MAX;
    const PAIR: u32 = 1 << 31;
    let block = |n: u32, tokens: Value, pairs: Value| {
        let block =
            json!({"n_documents": n, "n_tokens": 9, "tokens": tokens, "pairs": pairs, "df": []});
        json!({"params": [{"ngram_range": [1, 3]}], "max_terms": null, "blocks": [block]})
    };
    let two = || json!([["good", 1, 1], ["crew", 1, 1]]);
    let unknown = "invalid term counts: a term is too long, or of unknown parts";
    let twice = "invalid term counts: a token is no token, or there twice";
    let more =
        "invalid term counts: a term occurs in more texts than there are, or than it occurs at all";
    assert_eq!(try_counts(block(1, two(), json!([[0, 1, 1, 1], [PAIR, 0, 1, 1]]))), Ok(()));
    for (n, tokens, pairs, problem) in [
        (1, two(), json!([[2, 0, 1, 1]]), unknown),
        (1, two(), json!([[0, 2, 1, 1]]), unknown),
        (1, two(), json!([[0, NONE, 1, 1]]), unknown),
        (1, two(), json!([[NONE, 0, 1, 1]]), unknown),
        (1, two(), json!([[0, PAIR, 1, 1]]), unknown),
        (1, two(), json!([[PAIR, 0, 1, 1]]), unknown),
        (1, two(), json!([[PAIR | 1, 0, 1, 1], [0, 1, 1, 1]]), unknown),
        (1, two(), json!([[0, 1, 1, 1], [PAIR, 0, 1, 1], [PAIR | 1, 0, 1, 1]]), unknown),
        (
            1,
            two(),
            json!([[0, 1, 1, 1], [0, 1, 1, 1]]),
            "invalid term counts: a term is there twice",
        ),
        (
            NONE,
            two(),
            json!([
                [0, 1, 3_000_000_000u32, 3_000_000_000u32],
                [0, 1, 3_000_000_000u32, 3_000_000_000u32]
            ]),
            "invalid term counts: a term is there twice",
        ),
        (1, json!([["good", 1, 1], ["good", 1, 1]]), json!([]), twice),
        (1, json!([["", 1, 1]]), json!([]), twice),
        (
            1,
            json!([["good", 1, 1], ["crew", 1, 1], ["good crew", 1, 1]]),
            json!([[0, 1, 1, 1]]),
            twice,
        ),
        (1, json!([["good", 2, 2]]), json!([]), more),
        (2, json!([["good", 2, 1]]), json!([]), more),
        (1, two(), json!([[0, 1, 2, 2]]), more),
    ] {
        let stored = block(n, tokens, pairs);
        let description = stored.to_string();
        assert_eq!(try_counts(stored), Err(problem.to_owned()), "{description}");
    }
}

/// All places of a JSON value, as pointers.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| places(v, &format!("{here}/{i}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(k, v)| places(v, &format!("{here}/{k}"), found));
        }
        _ => {}
    }
}

#[test]
fn changed_counts_work_or_are_refused() {
    let values = || {
        let numbers = [0u64, 1, 2, 3, 1 << 31, (1 << 31) + 1, u64::from(u32::MAX), u64::MAX];
        let numbers = numbers.into_iter().map(Value::from);
        let others = [
            json!("good"),
            json!("a b"),
            json!(""),
            json!(null),
            json!([]),
            json!(0.5),
            json!(true),
        ];
        numbers.chain(others)
    };
    let (mut read, mut refused) = (0, 0);
    for stored in stored_counts() {
        let mut found = Vec::new();
        places(&stored, "", &mut found);
        for place in &found {
            for value in values() {
                // Hashing into as many columns as are allowed takes long and shows nothing.
                if place.ends_with("n_features") {
                    continue;
                }
                let mut changed = stored.clone();
                *changed.pointer_mut(place).unwrap() = value;
                match try_counts(changed) {
                    Ok(()) => read += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(read > 100 && refused > 1000, "{read} {refused}");
}

/// A model of every kind of block, with a byte changed here and there.
#[test]
fn changed_models_work_or_are_refused() {
    let negation = Negation::of(Language::English).unwrap();
    let vectorizer = Vectorizer::tfidf()
        .analyzer(Analyzer::char_wb().max_bytes(50))
        .ngram_range(2, 3)
        .max_features(6)
        .beside(Vectorizer::hashing().n_features(4).feature_names(true).use_idf(true))
        .beside(
            Vectorizer::tfidf()
                .vocabulary(["crew", "NOT_good"])
                .bm25(1.2, 0.75)
                .analyzer(Analyzer::word().negation(negation).max_bytes(99)),
        );
    let pipeline = Pipeline::builder()
        .vectorizer(vectorizer)
        .fit(&["good crew", "not good crew"], &[true, false])
        .unwrap();
    let stored = serde_json::to_value(pipeline).unwrap();
    let mut found = Vec::new();
    places(&stored, "", &mut found);
    let (mut read, mut refused) = (0, 0);
    for place in found.iter().filter(|place| !place.contains("/negators/")) {
        for value in [
            json!(0),
            json!(-1),
            json!(3),
            json!(u32::MAX),
            json!(1e300),
            json!("b a"),
            json!([]),
            json!(null),
        ] {
            let mut changed = stored.clone();
            *changed.pointer_mut(place).unwrap() = value;
            match serde_json::from_value::<Pipeline>(changed) {
                Ok(pipeline) => {
                    read += 1;
                    let _ = pipeline.predict("not good crew");
                    let _ = pipeline.explain("not good crew");
                    assert!(Pipeline::from_bytes(&pipeline.to_bytes()).is_ok(), "{place}");
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 50 && refused > 500, "{read} {refused}");
}

/// Numbers so small that to divide by them is no number.
#[test]
fn weights_that_cannot_have_been_counted_are_refused() {
    let bm25 = Vectorizer::tfidf().bm25(1.2, 0.0).fit(&["good crew", "good"]).unwrap();
    let l1 = Vectorizer::tfidf().norm(Norm::L1).fit(&["good crew", "good"]).unwrap();
    for (vectorizer, place, found, expected) in [
        (&bm25, "/blocks/0/mean_length", 5e-324, "invalid mean length: 5e-324 is no length"),
        (&bm25, "/blocks/0/mean_length", -1.0, "invalid mean length: -1e0 is no length"),
        (&l1, "/blocks/0/idf/0", 1e-320, "invalid idf: 1e-320 is not within 1e-12..=1e6"),
        (&l1, "/blocks/0/idf/1", 1e7, "invalid idf: 1e7 is not within 1e-12..=1e6"),
    ] {
        let mut stored = serde_json::to_value(vectorizer).unwrap();
        *stored.pointer_mut(place).unwrap() = json!(found);
        let error = serde_json::from_value::<Vectorizer>(stored).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

/// Each setting of a block asks for the room of 2²⁴ columns, and all together for more than any machine has.
#[test]
fn settings_of_blocks_without_counts_take_no_room() {
    let mut stored = serde_json::to_value(Vectorizer::hashing().term_counts().unwrap()).unwrap();
    let hashing = json!({ "use_idf": false, "hashing": { "n_features": 1 << 24 } });
    stored["params"] = Value::Array(vec![hashing; 1 << 14]);
    let expected = "invalid term counts: there are not as many blocks as settings of blocks";
    let error = serde_json::from_value::<TermCounts>(stored.clone()).unwrap_err();
    assert_eq!(error.to_string(), expected);

    let block = stored["blocks"][0].take();
    let counts = json!({ "df": [], "tokens": [], "pairs": [], "n_documents": 0, "n_tokens": 0 });
    assert!(block.as_object().unwrap().keys().eq(counts.as_object().unwrap().keys()));
    stored["blocks"] = Value::Array(vec![counts; 1 << 14]);
    let expected = "invalid term counts: there are not as many counts as columns";
    let error = serde_json::from_value::<TermCounts>(stored).unwrap_err();
    assert_eq!(error.to_string(), expected);
}
