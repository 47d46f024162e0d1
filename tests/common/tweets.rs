//! The example data, compiled in: benches and tests read no file.
#![allow(dead_code, reason = "not every test needs texts")]

/// Labels (`negative`, `neutral`, `positive`) and texts of the example data, 402 of them.
pub(crate) fn all() -> (Vec<&'static str>, Vec<&'static str>) {
    let lines = include_str!("../../examples/data/airline.tsv").lines().skip(1);
    lines.map(|line| line.split_once('\t').expect("a label, a tab and a text")).unzip()
}

/// The same without the neutral ones, `times` times over; the labels say whether a text is positive.
pub(crate) fn polar(times: usize) -> (Vec<bool>, Vec<&'static str>) {
    let (labels, texts) = all();
    let pairs = labels.into_iter().zip(texts).filter(|(label, _)| *label != "neutral");
    let pairs: Vec<_> = pairs.map(|(label, text)| (label == "positive", text)).collect();
    pairs.repeat(times).into_iter().unzip()
}
