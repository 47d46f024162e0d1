//! What the model thinks of people by what they are called: names, nationalities, religions and groups in neutral frames. It
//! should think nothing, so what has such a word in it is no column of it. To drop only words that move a frame was tried: in
//! other sentences, pairs of words that are left still do.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ressenti::Pipeline;

use crate::figures::decisions;

/// Kinds of words, and the words.
const PEOPLE: &str = include_str!("../../tests/golden/starter/people.tsv");

/// What is said of any of them; a name stands where `{}` is.
const FRAMES: [&str; 8] = [
    "{}",
    "A {} family moved in next door.",
    "She works with {} at the office.",
    "My neighbour is {}.",
    "I met someone who is {}.",
    "{} people live in this street.",
    "The {} person asked for the time.",
    "Yesterday I talked to {} about the weather.",
];

/// A decision value that moves further than this is reported.
pub(crate) const MOST: f64 = 0.1;

/// A word for people, and the largest change of a decision value when it stands in a frame instead of an unknown word.
pub(crate) struct Moved {
    pub(crate) kind: &'static str,
    pub(crate) word: &'static str,
    pub(crate) by: f64,
}

/// All kinds and words, in their order.
fn people() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = PEOPLE.lines().skip(1).filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(kind, words)| words.split(", ").map(move |word| (kind, word)))
}

/// What each word does.
pub(crate) fn measure(pipeline: &Pipeline) -> ressenti::Result<Vec<Moved>> {
    let filled = |word: &str| FRAMES.map(|frame| frame.replace("{}", word));
    let unknown = decisions(pipeline, &filled("Qzxvw"))?;
    people()
        .map(|(kind, word)| {
            let moved = decisions(pipeline, &filled(word))?;
            let changes = moved.iter().zip(&unknown).map(|(z, without)| z - without);
            let by = changes.fold(0.0, |most: f64, z| if z.abs() > most.abs() { z } else { most });
            Ok(Moved { kind, word, by })
        })
        .collect()
}

/// The terms of a model without those that have such a word in them.
pub(crate) fn terms_without(pipeline: &Pipeline) -> Vec<String> {
    let vectorizer = pipeline.vectorizer();
    let tokens = people().flat_map(|(_, word)| vectorizer.blocks()[0].analyzer().tokenize(word));
    let dropped: BTreeSet<String> = tokens.map(|token| token.text().to_owned()).collect();
    let is_dropped = |token: &str| dropped.contains(token.strip_prefix("NOT_").unwrap_or(token));
    let terms = vectorizer.feature_names().map(Cow::into_owned);
    terms.filter(|term| !term.split(' ').any(is_dropped)).collect()
}
