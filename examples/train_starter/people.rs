//! What the model thinks of people by what they are called: names, nationalities, religions and groups in neutral frames. It
//! should think nothing, so columns of words that move a frame by more than a band are left out of it.

use std::collections::BTreeSet;

use ressenti::Pipeline;

use crate::figures::decisions;

/// Kinds of words, and the words.
const PEOPLE: &str = include_str!("../../tests/golden/starter/people.tsv");

/// What is said of any of them; a name stands where `{}` is.
const FRAMES: [&str; 5] = [
    "My neighbour is {}.",
    "I met someone who is {}.",
    "{} people live in this street.",
    "The {} person asked for the time.",
    "Yesterday I talked to {} about the weather.",
];

/// How far a word may move the decision value of a frame.
pub(crate) const MOST: f64 = 0.1;

/// A word for people, and the largest change of a decision value when it stands in a frame instead of an unknown word.
pub(crate) struct Moved {
    pub(crate) kind: &'static str,
    pub(crate) word: &'static str,
    pub(crate) by: f64,
}

/// All words, in their order.
pub(crate) fn measure(pipeline: &Pipeline) -> ressenti::Result<Vec<Moved>> {
    let filled = |word: &str| FRAMES.map(|frame| frame.replace("{}", word));
    let unknown = decisions(pipeline, &filled("Qzxvw"))?;
    let lines = PEOPLE.lines().skip(1).filter_map(|line| line.split_once('\t'));
    let words = lines.flat_map(|(kind, words)| words.split(", ").map(move |word| (kind, word)));
    words
        .map(|(kind, word)| {
            let moved = decisions(pipeline, &filled(word))?;
            let changes = moved.iter().zip(&unknown).map(|(z, without)| z - without);
            let by = changes.fold(0.0, |most: f64, z| if z.abs() > most.abs() { z } else { most });
            Ok(Moved { kind, word, by })
        })
        .collect()
}

/// The terms of a model without those that have a word in them which moves a frame too far.
pub(crate) fn terms_without(pipeline: &Pipeline) -> ressenti::Result<Vec<String>> {
    let analyzer = pipeline.vectorizer().blocks()[0].analyzer();
    let mut dropped = BTreeSet::new();
    for Moved { word, by, .. } in measure(pipeline)? {
        if by.abs() > MOST {
            let tokens = analyzer.tokenize(word).into_iter().map(|token| token.text().to_owned());
            dropped.extend(tokens.filter(|token| token.starts_with(char::is_alphabetic)));
        }
    }
    let keeps = |term: &String| {
        let plain = |token: &str| token.strip_prefix("NOT_").unwrap_or(token).to_owned();
        !term.split(' ').any(|token| dropped.contains(&plain(token)))
    };
    Ok(pipeline.vectorizer().feature_names().map(|term| term.into_owned()).filter(keeps).collect())
}
