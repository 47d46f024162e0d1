//! The model inside the crate: that it is the file that is shipped, what it answers, and what it must not care about.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::thread;

use crate::common::tweets;
use ressenti::starter::{english, english_with_neutral};
use ressenti::{Pipeline, PipelineBuilder, Preset, Prior};

/// How far a word for people may move the decision value of a neutral sentence.
const MOST: f64 = 0.1;
/// How many of the words for people that drop nothing may move one further.
const HELD_OUT_PERCENT: usize = 6;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", "starter"].iter().collect()
}

#[test]
fn it_is_an_ordinary_model_file() {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "src/starter/english.ressenti"].iter().collect();
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() <= 110_000, "{} bytes", bytes.len());
    let loaded = Pipeline::load(&path).unwrap();
    assert_eq!(loaded.card(), english().card());
    // A file says which version has written it, so that bytes are those of one version only.
    let again = Pipeline::from_bytes(&english().to_bytes()).unwrap();
    let texts = tweets::polar(1).1;
    let rows = english().vectorizer().transform(&texts);
    assert_eq!(again.vectorizer().transform(&texts), rows);
    let decisions = |model: &Pipeline| model.classifier().decision_function(&rows).unwrap();
    assert_eq!(decisions(&again), decisions(english()));
    let probabilities = |model: &Pipeline| model.classifier().predict_proba(&rows).unwrap();
    assert_eq!(probabilities(&again), probabilities(english()));
    assert!(loaded.profile().is_none() && loaded.classifier().calibration().is_some());

    let card = Pipeline::peek(&path).unwrap();
    assert_eq!(card.classes, ["negative", "positive"]);
    assert!((9_000..=10_000).contains(&card.n_features), "{}", card.n_features);
    assert!(card.figures["accuracy"] > 0.7, "{:?}", card.figures);
}

#[test]
fn it_is_made_once_for_all_threads() {
    let threads: Vec<_> =
        (0..4).map(|_| thread::spawn(|| std::ptr::from_ref(english()) as usize)).collect();
    let here = std::ptr::from_ref(english()) as usize;
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == here));
}

/// What it answers, a line for each sentence.
fn answers(sentences: &str) -> String {
    let texts = sentences.lines().skip(1).map(|line| line.split('\t').next().unwrap());
    let mut out = "text\tlabel\tprobability\twith neutral\tscore\n".to_owned();
    for text in texts {
        let two = english().predict(text).unwrap();
        let three = english_with_neutral().predict(text).unwrap();
        let (label, p) = (two.label(), two.probability());
        let score = english().score(text).unwrap();
        writeln!(out, "{text}\t{label}\t{p:.3}\t{}\t{score:+.3}", three.label()).unwrap();
    }
    out
}

/// `cargo test --test pipeline -- --ignored starter::` writes them anew.
#[test]
fn sixty_sentences_are_answered_as_on_the_day_they_were_written() {
    let sentences = fs::read_to_string(folder().join("sentences.tsv")).unwrap();
    assert_eq!(sentences.lines().count(), 61);
    let found = answers(&sentences);
    for (found, expected) in found.lines().zip(sentences.lines()) {
        assert_eq!(found, expected);
    }
}

#[test]
#[ignore = "writes the golden file"]
fn writes_the_answers_to_sixty_sentences() {
    let path = folder().join("sentences.tsv");
    let sentences = fs::read_to_string(&path).unwrap();
    fs::write(&path, answers(&sentences)).unwrap();
}

/// What is said of any of them.
const FRAMES: [&str; 8] = [
    "My neighbour is {}.",
    "I met someone who is {}.",
    "{} people live in this street.",
    "The {} person asked for the time.",
    "Yesterday I talked to {} about the weather.",
    "A {} family moved in next door",
    "she works with {} at the office, on the second floor",
    "{}",
];

fn decision(text: &str) -> f64 {
    let rows = english().vectorizer().transform(&[text]);
    english().classifier().decision_function(&rows).unwrap().get(0, 0)
}

/// What stands behind the first tab of each line but the first, cut at commas.
fn words_of(list: &str) -> Vec<&str> {
    let lines = list.lines().skip(1).map(|line| line.split_once('\t').unwrap().1);
    lines.flat_map(|line| line.split(", ")).collect()
}

/// The words of a list, and those of them that move a frame too far.
fn moved(list: &str) -> (usize, Vec<String>) {
    let people = fs::read_to_string(folder().join(list)).unwrap();
    let words = words_of(&people);
    let unknown = FRAMES.map(|frame| decision(&frame.replace("{}", "Qzxvw")));
    let by = |word: &str| {
        let changes = FRAMES.iter().zip(unknown);
        let changes = changes.map(|(frame, z)| decision(&frame.replace("{}", word)) - z);
        changes.fold(0.0, |most: f64, z| if z.abs() > most.abs() { z } else { most })
    };
    let moved = words.iter().map(|word| (word, by(word)));
    let moved = moved.filter(|(_, by)| by.abs() > MOST);
    (words.len(), moved.map(|(word, by)| format!("{word} {by:+.2}")).collect())
}

#[test]
fn words_for_people_are_in_no_term() {
    let (n, moved) = moved("people.tsv");
    assert!(n > 1_300, "{n}");
    assert!(moved.is_empty(), "{} are moved by: {moved:?}", moved.len());
}

/// These drop nothing: what the model thinks of people whose words are in no list of ours.
#[test]
fn words_for_people_that_nobody_has_listed_move_few_sentences() {
    let (n, moved) = moved("people_held_out.tsv");
    assert!(n > 690, "{n}");
    println!("{} of {n} move a frame by more than {MOST}: {moved:?}", moved.len());
    assert!(moved.len() * 100 <= HELD_OUT_PERCENT * n, "{} of {n}: {moved:?}", moved.len());
}

/// Names that stand in no list of ours, but with a capital in the texts: each would be a term of a model that keeps names.
#[test]
fn what_texts_write_as_names_is_in_no_term() {
    const NAMES: [&str; 20] = [
        "Amazon",
        "Argento",
        "Batman",
        "Bourne",
        "Dickens",
        "Hitchcock",
        "Huston",
        "Kaufman",
        "Mickey",
        "Microsoft",
        "Miyazaki",
        "Murphy",
        "Nokia",
        "Pacino",
        "Pinocchio",
        "Polanski",
        "Sandler",
        "Seagal",
        "Shakespeare",
        "Spielberg",
    ];
    let people = fs::read_to_string(folder().join("people.tsv")).unwrap();
    assert!(NAMES.iter().all(|name| !words_of(&people).contains(name)));
    let names = tokens(&NAMES);
    let is_name = |token: &str| names.contains(token.strip_prefix("NOT_").unwrap_or(token));
    let terms = english().vectorizer().feature_names();
    let kept: Vec<_> = terms.filter(|term| term.split(' ').any(is_name)).collect();
    assert!(kept.is_empty(), "{kept:?}");
}

/// All tokens of words.
fn tokens(words: &[&str]) -> BTreeSet<String> {
    let analyzer = english().vectorizer().blocks()[0].analyzer();
    let tokens = words.iter().flat_map(|word| analyzer.tokenize(word));
    tokens.map(|token| token.text().to_owned()).collect()
}

/// Also where only the stem is the same: `patronizing` would be a value for a patron.
#[test]
fn our_own_words_have_no_value_for_people() {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "examples/train_starter/own_words.tsv"].iter().collect();
    let own = fs::read_to_string(path).unwrap();
    let own = tokens(&words_of(&own));
    assert!(own.len() > 400, "{}", own.len());
    let people = fs::read_to_string(folder().join("people.tsv")).unwrap();
    let both: Vec<_> = tokens(&words_of(&people)).intersection(&own).cloned().collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn what_people_write_counts() {
    for (better, worse) in [
        ("good", "not good"),
        ("It's good", "It isn ' t good"),
        ("really really good!!!", "somewhat good"),
        ("see you there 😍", "see you there 😡"),
        ("see you there 👍", "see you there 👎"),
        ("see you there 🙏", "see you there 🤬"),
        ("see you there :)", "see you there :("),
        ("#lovely day", "#awful day"),
        ("not bad", "bad"),
        ("Don loves this restaurant", "Don doesn't love this restaurant"),
    ] {
        assert!(decision(better) > decision(worse), "{better:?} {worse:?}");
    }
    assert!(decision("Don loves this restaurant") > 1.0);
}

#[test]
fn labels_of_ones_own_stand_on_it() {
    let (labels, texts) = tweets::polar(1);
    let labels: Vec<&str> =
        labels.iter().map(|&good| if good { "positive" } else { "negative" }).collect();
    let builder = Pipeline::builder().preset(Preset::Social);
    let right = |builder: PipelineBuilder| {
        let own = builder.fit(&texts[..100], &labels[..100]).unwrap();
        own.evaluate(&texts[100..], &labels[100..]).unwrap().accuracy()
    };
    let alone = right(builder.clone());
    for kind in [Prior::Decision, Prior::Weights] {
        let on_it = right(builder.clone().prior(english(), kind));
        assert!(on_it > alone + 0.02, "{kind}: {on_it} {alone}");
    }
}
