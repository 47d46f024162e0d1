//! Lemmas are those of the list, or those that NLTK finds in WordNet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use ressenti::text::{Analyzer, ColumnOrder, Language, Lemmas, Negation, PartOfSpeech};
use ressenti::{Error, Pipeline, Vectorizer};

const PARTS: [(&str, PartOfSpeech); 4] = [
    ("noun", PartOfSpeech::Noun),
    ("verb", PartOfSpeech::Verb),
    ("adj", PartOfSpeech::Adjective),
    ("adv", PartOfSpeech::Adverb),
];

/// Where WordNet is installed, if it is.
fn wordnet() -> Option<PathBuf> {
    let folder = std::env::var_os("WORDNET").unwrap_or_else(|| "/usr/share/wordnet".into());
    Some(PathBuf::from(folder)).filter(|folder| folder.join("index.noun").exists())
}

#[test]
fn wordnets_lemmas_are_nltks() {
    let Some(folder) = wordnet() else {
        println!(
            "left out: there is no WordNet in /usr/share/wordnet, and WORDNET names no folder"
        );
        return;
    };
    let golden: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(include_str!("../golden/lemmas/wordnet.json")).unwrap();
    assert_eq!(golden.len(), PARTS.len());
    for (name, part) in PARTS {
        let lemmas = Lemmas::wordnet(&folder, part).unwrap();
        for (form, lemma) in &golden[name] {
            assert_eq!(lemmas.lemma(form), *lemma, "{form} as {part:?}");
        }
        println!("{name}: {} forms", golden[name].len());
    }
}

/// NLTK's procedure as its manual tells it, without an index or a table.
fn naive(form: &str, words: &[String], exceptions: &[(String, Vec<String>)], name: &str) -> String {
    let rules: &[(&str, &str)] = match name {
        "noun" => &[
            ("s", ""),
            ("ses", "s"),
            ("ves", "f"),
            ("xes", "x"),
            ("zes", "z"),
            ("ches", "ch"),
            ("shes", "sh"),
            ("men", "man"),
            ("ies", "y"),
        ],
        "verb" => &[
            ("s", ""),
            ("ies", "y"),
            ("es", "e"),
            ("es", ""),
            ("ed", "e"),
            ("ed", ""),
            ("ing", "e"),
            ("ing", ""),
        ],
        "adj" => &[("er", ""), ("est", ""), ("er", "e"), ("est", "e")],
        _ => &[],
    };
    let mut candidates = vec![form.to_owned()];
    if let Some((_, lemmas)) = exceptions.iter().rfind(|(exception, _)| exception == form) {
        candidates.extend_from_slice(lemmas);
    } else {
        for (old, new) in rules {
            if let Some(stem) = form.strip_suffix(old) {
                candidates.push(stem.to_owned() + new);
            }
        }
    }
    candidates.retain(|candidate| words.contains(candidate));
    let mut best: Option<String> = None;
    for candidate in candidates {
        if best.as_ref().is_none_or(|best| candidate.chars().count() < best.chars().count()) {
            best = Some(candidate);
        }
    }
    best.unwrap_or_else(|| form.to_owned())
}

fn write_wordnet(
    folder: &Path,
    name: &str,
    words: &[String],
    exceptions: &[(String, Vec<String>)],
) {
    let letter = if name == "adv" { "r" } else { &name[..1] };
    let mut index = "  1 Of indented lines nothing is read.  \n".to_owned();
    for word in words {
        index.extend([word, " ", letter, " 1 0 1 0 00000001  \n"]);
    }
    std::fs::write(folder.join(format!("index.{name}")), index).unwrap();
    let mut lines = String::new();
    for (form, lemmas) in exceptions {
        lines.extend([form, " ", &lemmas.join(" "), "\n"]);
    }
    std::fs::write(folder.join(format!("{name}.exc")), lines).unwrap();
}

/// So few words that rules meet them.
fn word() -> impl Strategy<Value = String> {
    let endings = ["", "e", "f", "s", "x", "z", "ch", "sh", "y", "man", "men"];
    (prop::sample::select(vec!["a", "é"]), prop::sample::select(endings.to_vec()))
        .prop_map(|(stem, ending)| [stem, ending].concat())
}

/// A word, or what may have become of it.
fn form() -> impl Strategy<Value = String> {
    let endings = ["", "s", "es", "ves", "men", "ies", "ed", "ing", "er", "est"];
    (word(), prop::sample::select(endings.to_vec()))
        .prop_map(|(word, ending)| [&word, ending].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_small_wordnet_gives_what_the_naive_procedure_gives(
        (name, part) in prop::sample::select(&PARTS[..]),
        words in prop::collection::vec(word(), 1..20),
        exceptions in prop::collection::vec((form(), prop::collection::vec(word(), 0..3)), 0..8),
        forms in prop::collection::vec(form(), 1..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write_wordnet(folder.path(), name, &words, &exceptions);
        let lemmas = Lemmas::wordnet(folder.path(), part).unwrap();
        for form in forms.iter().chain(&words).chain(exceptions.iter().map(|(form, _)| form)) {
            let expected = naive(form, &words, &exceptions, name);
            prop_assert_eq!(lemmas.lemma(form), expected, "{} as {}", form, name);
        }
    }
}

#[test]
fn a_wordnet_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index.verb");
    let message = |at: &Path| Lemmas::wordnet(at, PartOfSpeech::Verb).unwrap_err().to_string();

    let error = message(folder.path());
    assert!(error.starts_with(&format!("cannot read {}: ", index.display())), "{error}");

    std::fs::write(&index, "be v 1 0 1 0 00000001\n").unwrap();
    let error = message(folder.path());
    let missing = folder.path().join("verb.exc");
    assert!(error.starts_with(&format!("cannot read {}: ", missing.display())), "{error}");

    std::fs::write(&missing, "\nwas be\n").unwrap();
    let lemmas = Lemmas::wordnet(folder.path(), PartOfSpeech::Verb).unwrap();
    assert_eq!(lemmas.lemma("was"), "be");

    std::fs::write(&index, "be v 1 0 1 0 00000001\nbed n 1 0 1 0 00000001\n").unwrap();
    let problem =
        r#""bed n 1 0 1 0 00000001" is no line of WordNet's index; it must be a word and then "v""#;
    assert_eq!(message(folder.path()), format!("{}, line 2: {problem}", index.display()));
}

#[test]
fn a_list_is_read_from_a_file_in_either_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lemmas.tsv");
    std::fs::write(&path, "\u{feff}Maus\tMäuse\r\nsein\twar\r\n").unwrap();
    let lemmas = Lemmas::read_list(&path, ColumnOrder::LemmaForm).unwrap();
    assert_eq!((lemmas.lemma("mäuse"), lemmas.lemma("war")), ("maus".into(), "sein".into()));
    let lemmas = Lemmas::read_list(&path, ColumnOrder::FormLemma).unwrap();
    assert_eq!((lemmas.lemma("maus"), lemmas.lemma("mäuse")), ("mäuse".into(), "mäuse".into()));

    std::fs::write(&path, "sein\twar\nsein\n").unwrap();
    let error = Lemmas::read_list(&path, ColumnOrder::LemmaForm).unwrap_err();
    assert!(matches!(error, Error::Dataset { line: 2, .. }));
    let problem = r#""sein" is no pair; write a lemma and its form, with a tab between them"#;
    assert_eq!(error.to_string(), format!("{}, line 2: {problem}", path.display()));
    let error = Lemmas::from_list("sein", ColumnOrder::LemmaForm).unwrap_err();
    assert_eq!(error.to_string(), format!("invalid list of lemmas: line 1: {problem}"));

    std::fs::write(&path, b"sein\twar\nsein\tw\xe4re\n").unwrap();
    let error = Lemmas::read_list(&path, ColumnOrder::LemmaForm).unwrap_err();
    let problem = "it is not UTF-8; convert the file to UTF-8";
    assert_eq!(error.to_string(), format!("{}, line 2: {problem}", path.display()));
}

/// A model keeps the lemmas of its words, and gives every text the row that the whole table would.
#[test]
fn a_model_carries_the_lemmas_that_it_needs() {
    let many: Vec<String> = (0..10_000).map(|i| format!("word{i}\tform{i}\n")).collect();
    let list = many.concat() + "be\twas\nbe\twere\nbag\tbags\nleave\tleft\nlost\tlosts\n";
    let lemmas = Lemmas::from_list(&list, ColumnOrder::LemmaForm).unwrap();
    let analyzer = Analyzer::word()
        .lemmatizer(lemmas)
        .stemmer(Language::English)
        .negation(Negation::of(Language::English).unwrap());
    let params = Vectorizer::tfidf().analyzer(analyzer.clone()).max_features(6);
    let texts = ["bags were lost", "the bag was not left", "lost bags", "leaves"];
    let (vectorizer, rows) = params.fit_transform(&texts).unwrap();
    let names: Vec<_> = vectorizer.feature_names().collect();
    assert_eq!(names, ["NOT_leav", "bag", "be", "leav", "lost", "not"]);
    assert_eq!(vectorizer.transform(&texts), rows);
    let unseen = ["losts were not bags", "form17 left"];
    // "losts" never occurred, nor did its lemma under a negation.
    assert_eq!(vectorizer.transform(&unseen).row(0).0, [2, 4, 5]);
    assert_eq!(vectorizer.transform(&unseen).row(1).0, [3]);

    let labels = [true, false, true, false];
    let pipeline = Pipeline::builder().vectorizer(params).fit(&texts, &labels).unwrap();
    let bytes = pipeline.to_bytes();
    assert!(bytes.len() < 2_000, "{} bytes, of which the list has {}", bytes.len(), list.len());
    let restored = Pipeline::from_bytes(&bytes).unwrap();
    assert_eq!(restored.vectorizer(), pipeline.vectorizer());
    assert_eq!(restored.vectorizer().transform(&unseen), vectorizer.transform(&unseen));
    // The caller's settings are as they were.
    assert_eq!(analyzer.build().unwrap().tokenize("form17")[0].text(), "word17");
}
