//! What the model thinks of people by what they are called: names, places, ages, religions and groups in neutral frames. It
//! should think nothing, so what has a word of `people.tsv` in it is no column of it. To drop only words that move a frame was
//! tried: in other sentences, pairs of words that are left still do. What that does for words that nobody has listed is seen
//! by those of `people_held_out.tsv`, which drop nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ressenti::Pipeline;

use crate::figures::decisions;

/// Kinds of words, and the words, that are no columns.
const PEOPLE: &str = include_str!("../../tests/golden/starter/people.tsv");
/// The same of others, by which nothing is dropped or chosen.
const HELD_OUT: &str = include_str!("../../tests/golden/starter/people_held_out.tsv");

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
const MOST: f64 = 0.1;

/// A word for people, and the largest change of a decision value when it stands in a frame instead of an unknown word.
struct Moved {
    kind: &'static str,
    word: &'static str,
    by: f64,
}

/// All kinds and words of a list, in their order.
fn words(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = list.lines().skip(1).filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(kind, words)| words.split(", ").map(move |word| (kind, word)))
}

/// Prints what the words of both lists do.
pub(crate) fn print(pipeline: &Pipeline) -> ressenti::Result<()> {
    for (name, list) in [("people.tsv", PEOPLE), ("people_held_out.tsv", HELD_OUT)] {
        let mut moved = measure(pipeline, list)?;
        moved.sort_by(|a, b| b.by.abs().total_cmp(&a.by.abs()));
        let too_far = moved.iter().take_while(|moved| moved.by.abs() > MOST);
        let too_far: Vec<String> =
            too_far.map(|Moved { kind, word, by }| format!("{kind} {word} {by:+.2}")).collect();
        println!(
            "{name}: {} of {} words move a frame by more than {MOST}; {}",
            too_far.len(),
            moved.len(),
            too_far.join(", ")
        );
    }
    Ok(())
}

fn measure(pipeline: &Pipeline, list: &'static str) -> ressenti::Result<Vec<Moved>> {
    let filled = |word: &str| FRAMES.map(|frame| frame.replace("{}", word));
    let unknown = decisions(pipeline, &filled("Qzxvw"))?;
    words(list)
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
    let tokens =
        words(PEOPLE).flat_map(|(_, word)| vectorizer.blocks()[0].analyzer().tokenize(word));
    let dropped: BTreeSet<String> = tokens.map(|token| token.text().to_owned()).collect();
    let is_dropped = |token: &str| dropped.contains(token.strip_prefix("NOT_").unwrap_or(token));
    let terms = vectorizer.feature_names().map(Cow::into_owned);
    terms.filter(|term| !term.split(' ').any(is_dropped)).collect()
}
