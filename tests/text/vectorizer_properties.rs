//! The vectorizer beside its naive twin, and with itself: one text as many, one step as two, tokens as texts.

use crate::common::arbitrary::{all_bits, bits, blocks, config, corpus, settings, text};
use crate::common::naive::{self, Settings};
use proptest::prelude::*;
use ressenti::text::{Analyzer, Token};
use ressenti::{Classifier, Error, Vectorizer};

/// The twins of all blocks; or what the crate must say instead.
fn twins(blocks: &[Settings], texts: &[String]) -> Result<Vec<naive::Vectorizer>, &'static str> {
    let mut twins = Vec::new();
    for settings in blocks {
        let twin = naive::Vectorizer::fit(settings, texts).ok_or("no term is left of ")?;
        if twin.idf.iter().flatten().any(|idf| idf.is_infinite()) {
            return Err("smooth_idf false with ");
        }
        twins.push(twin);
    }
    Ok(twins)
}

/// Equal but for the rounding of an `f32`.
fn close((columns, values): (&[u32], &[f32]), expected: &[(usize, f64)]) -> bool {
    let close = |value: f32, expected: f64| {
        (f64::from(value) - expected).abs() <= f64::from(f32::EPSILON) * expected.abs()
    };
    columns.iter().map(|&column| column as usize).eq(expected.iter().map(|e| e.0))
        && values.iter().zip(expected).all(|(&value, e)| close(value, e.1))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn equals_the_naive_twin(texts in corpus(), unseen in corpus(), blocks in blocks()) {
        let fitted = naive::params(&blocks).fit_transform(&texts);
        let twins = match twins(&blocks, &texts) {
            Ok(twins) => twins,
            Err(problem) => {
                let error = fitted.unwrap_err().to_string();
                prop_assert!(error.starts_with(problem), "{}", error);
                return Ok(());
            }
        };
        let (vectorizer, rows) = fitted.unwrap();
        let names = twins.iter().flat_map(|twin| &twin.vocabulary).map(String::as_str);
        prop_assert_eq!(vectorizer.feature_names().collect::<Vec<_>>(), names.collect::<Vec<_>>());
        for (block, twin) in vectorizer.blocks().iter().zip(&twins) {
            prop_assert_eq!(block.idf(), twin.idf.as_deref());
        }
        prop_assert_eq!(vectorizer.n_documents(), texts.len() as u64);
        prop_assert_eq!((rows.n_rows(), rows.n_columns()), (texts.len(), vectorizer.n_features()));
        let others = vectorizer.transform(&unseen);
        let found = (0..texts.len()).map(|i| rows.row(i));
        let found = found.chain((0..unseen.len()).map(|i| others.row(i)));
        for (found, text) in found.zip(texts.iter().chain(&unseen)) {
            let expected = naive::row(&twins, text);
            prop_assert!(close(found, &expected), "{:?} {:?} {:?}", text, found, expected);
        }
    }

    #[test]
    fn names_and_columns_are_two_sides(
        texts in corpus(), others in corpus(), blocks in blocks()
    ) {
        let Ok(twins) = twins(&blocks, &texts) else { return Ok(()) };
        let vectorizer = naive::params(&blocks).fit(&texts).unwrap();
        for (column, name) in vectorizer.feature_names().enumerate() {
            prop_assert_eq!(vectorizer.feature_name(column), name);
        }
        let unseen = others.iter().flat_map(|text| blocks[0].terms(&blocks[0].tokens(text)));
        for term in twins.iter().flat_map(|twin| twin.vocabulary.clone()).chain(unseen) {
            prop_assert_eq!(vectorizer.column(&term), naive::column(&twins, &term), "{}", term);
        }
    }

    #[test]
    fn transform_of_one_text_is_its_row_among_all(
        texts in corpus(), others in corpus(), blocks in blocks()
    ) {
        let Ok(vectorizer) = naive::params(&blocks).fit(&texts) else { return Ok(()) };
        let rows = vectorizer.transform(&others);
        for (i, text) in others.iter().enumerate() {
            prop_assert_eq!(bits(rows.row(i)), bits(vectorizer.transform(&[text]).row(0)));
        }
    }

    #[test]
    fn fit_transform_is_fit_then_transform(texts in corpus(), blocks in blocks()) {
        let params = naive::params(&blocks);
        let Ok((together, rows)) = params.fit_transform(&texts) else { return Ok(()) };
        let apart = params.fit(&texts).unwrap();
        let json = |v: &Vectorizer| serde_json::to_string(v).unwrap();
        prop_assert_eq!(json(&together), json(&apart));
        prop_assert_eq!(rows, apart.transform(&texts));
    }

    #[test]
    fn the_order_of_texts_changes_nothing_but_the_order_of_rows(
        texts in corpus(), blocks in blocks()
    ) {
        let params = naive::params(&blocks);
        let Ok((vectorizer, rows)) = params.fit_transform(&texts) else { return Ok(()) };
        let reversed: Vec<&String> = texts.iter().rev().collect();
        let (other, backwards) = params.fit_transform(&reversed).unwrap();
        prop_assert_eq!(&vectorizer, &other);
        for i in 0..texts.len() {
            prop_assert_eq!(bits(rows.row(i)), bits(backwards.row(texts.len() - 1 - i)));
        }
    }

    #[test]
    fn a_row_is_those_of_its_blocks_side_by_side(texts in corpus(), blocks in blocks()) {
        let Ok((together, rows)) = naive::params(&blocks).fit_transform(&texts) else { return Ok(()) };
        let mut joined = vec![(Vec::new(), Vec::new()); texts.len()];
        let mut first = 0;
        for (settings, block) in blocks.iter().zip(together.blocks()) {
            let (alone, rows) = settings.params().fit_transform(&texts).unwrap();
            prop_assert_eq!(block.columns(), first..first + alone.n_features());
            for ((columns, values), row) in joined.iter_mut().zip(all_bits(&rows)) {
                columns.extend(row.0.iter().map(|column| column + first as u32));
                values.extend(row.1);
            }
            first += alone.n_features();
        }
        prop_assert_eq!(all_bits(&rows), joined);
    }

    #[test]
    fn tokens_are_as_good_as_texts(texts in corpus(), others in corpus(), settings in settings()) {
        let params = settings.params();
        let tokens = |texts: &[String]| -> Vec<Vec<String>> {
            texts.iter().map(|text| settings.tokens(text)).collect()
        };
        let (documents, unseen) = (tokens(&texts), tokens(&others));
        if matches!(settings.cut, naive::Cut::Char | naive::Cut::CharWb) {
            let message = "analyzer of characters takes texts, not tokens; pass texts, or use an analyzer of words";
            prop_assert_eq!(params.fit_tokens(&documents).unwrap_err().to_string(), message);
            if let Ok(vectorizer) = params.fit(&texts) {
                let error = vectorizer.transform_tokens(&unseen).unwrap_err();
                prop_assert_eq!(error.to_string(), message);
            }
            return Ok(());
        }
        let text_road = match params.fit_transform(&texts) {
            Ok(fitted) => fitted,
            Err(error) => {
                let other = params.fit_tokens(&documents).unwrap_err();
                prop_assert_eq!(other.to_string(), error.to_string());
                return Ok(());
            }
        };
        prop_assert_eq!(&params.fit_tokens(&documents).unwrap(), &text_road.0);
        let token_road = params.fit_transform_tokens(&documents).unwrap();
        prop_assert_eq!(&token_road, &text_road);
        let rows = token_road.0.transform_tokens(&unseen).unwrap();
        prop_assert_eq!(rows, text_road.0.transform(&others));
    }

    #[test]
    fn refreshed_idf_is_that_of_a_fit_with_these_terms(
        texts in corpus(), newer in corpus(), unseen in text(), blocks in blocks()
    ) {
        let Ok(old) = naive::params(&blocks).fit(&texts) else { return Ok(()) };
        let mut given = blocks.clone();
        for (settings, block) in given.iter_mut().zip(old.blocks()) {
            let terms = block.vocabulary().map(|v| v.iter().map(str::to_owned).collect());
            settings.vocabulary = terms;
            // The names of hashed columns stay, so they are not compared.
            settings.hashing.iter_mut().for_each(|hashing| hashing.feature_names = false);
        }
        let expected = naive::params(&given).fit(&newer);
        let refreshed = match (old.refresh_idf(&newer), expected) {
            (Ok(refreshed), Ok(expected)) => (refreshed, expected),
            (refreshed, expected) => {
                prop_assert_eq!(refreshed.unwrap_err().to_string(), expected.unwrap_err().to_string());
                return Ok(());
            }
        };
        let (refreshed, expected) = refreshed;
        prop_assert!(refreshed.feature_names().eq(old.feature_names()));
        prop_assert_eq!(refreshed.n_documents(), newer.len() as u64);
        for (block, expected) in refreshed.blocks().iter().zip(expected.blocks()) {
            prop_assert_eq!(block.idf(), expected.idf());
        }
        prop_assert_eq!(refreshed.transform(&[&unseen]), expected.transform(&[&unseen]));
        prop_assert_eq!(refreshed.transform(&newer), expected.transform(&newer));
    }

    #[test]
    fn max_bytes_reads_the_beginning_of_a_text(text in text(), max_bytes in 1usize..40) {
        let ends: Vec<usize> =
            (0..=max_bytes.min(text.len())).filter(|&end| text.is_char_boundary(end)).collect();
        let before_space = |end: &&usize| text[**end..].starts_with(char::is_whitespace);
        let end = match ends.iter().rev().find(before_space) {
            Some(end) if max_bytes < text.len() => *end,
            _ => *ends.last().unwrap(),
        };
        for params in [Analyzer::word(), Analyzer::unicode_word(), Analyzer::social(), Analyzer::char_wb()] {
            let tokens = |text: &str, params: &ressenti::text::AnalyzerParams| -> Vec<Token> {
                params.build().unwrap().tokenize(text)
            };
            let expected = tokens(&text[..end], &params);
            prop_assert_eq!(tokens(&text, &params.max_bytes(max_bytes)), expected);
        }
    }
}

#[test]
fn no_texts_have_no_rows_and_no_scores() {
    let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good", "bad"]).unwrap();
    let none = vectorizer.transform::<&str>(&[]);
    assert_eq!((none.n_rows(), none.n_columns(), none.nnz()), (0, 2, 0));
    let classifier = Classifier::logistic_regression().fit(&rows, &[true, false]).unwrap();
    let probabilities = classifier.predict_proba(&none).unwrap();
    assert_eq!((probabilities.n_rows(), probabilities.n_columns()), (0, 2));
    assert!(classifier.predict(&none).unwrap().is_empty());
    assert!(matches!(vectorizer.refresh_idf::<&str>(&[]), Err(Error::NoTexts { .. })));
}
