//! Stems are those of Snowball, of which `rust-stemmers` has the state of 2019.

use std::collections::BTreeMap;

use ressenti::text::{Analyzer, Language, Token};

const LANGUAGES: [Language; 18] = [
    Language::Arabic,
    Language::Danish,
    Language::Dutch,
    Language::English,
    Language::Finnish,
    Language::French,
    Language::German,
    Language::Greek,
    Language::Hungarian,
    Language::Italian,
    Language::Norwegian,
    Language::Portuguese,
    Language::Romanian,
    Language::Russian,
    Language::Spanish,
    Language::Swedish,
    Language::Tamil,
    Language::Turkish,
];

#[test]
fn every_language_has_snowballs_stems() {
    let mut rows: BTreeMap<&str, Vec<[&str; 2]>> = BTreeMap::new();
    for row in include_str!("../golden/snowball/stems.tsv").lines() {
        let columns: Vec<&str> = row.split('\t').collect();
        let (language, word, ours) = match columns[..] {
            [language, word, stem] => (language, word, stem),
            [language, word, todays, "DIFFERENCE", stem] => {
                assert_ne!(todays, stem, "{row}");
                (language, word, stem)
            }
            _ => panic!("{row}"),
        };
        rows.entry(language).or_default().push([word, ours]);
    }
    assert_eq!(rows.len(), LANGUAGES.len());
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        let analyzer = Analyzer::unicode_word().stemmer(language).build().unwrap();
        for [word, expected] in &rows[language.name().to_lowercase().as_str()] {
            let tokens = analyzer.tokenize(word);
            let stems: Vec<&str> = tokens.iter().map(Token::text).collect();
            if stems != [*expected] {
                wrong.push(format!("{}: {word} became {stems:?}, not {expected}", language.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} stems are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
