//! In how many texts words were and are comes in, which of them moved by more than chance comes out.
//!
//! Of n texts then and m now, c of both hold a word. Were it as frequent as before, the number now would be drawn from
//! the hypergeometric distribution: m of n + m texts, of which c hold it. Twice the smaller tail of that is the probability
//! (Fisher's exact test, twice the one-sided, right for any number of texts). It is Holm's for all words together.

use serde::{Deserialize, Serialize};

use super::super::hitters::Hitters;
use super::super::words::WordFigures;
use super::measures::{benjamini_hochberg, holm};
use super::special::hypergeometric_tail;
use crate::histogram::MOST_COUNTED;
use crate::pipeline::WordCounts;

/// New words are those of a stream that has any number of them; the most frequent are tested as if they were so many more
/// than there are.
const NEW_WORDS: usize = 10_000;

/// A word that is in more or in fewer texts than it was.
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::monitor::drift::{Drift, DriftParams};
/// use ressenti::monitor::{Clock, ManualClock, Monitor, MonitorParams, Span};
///
/// let texts: Vec<String> = (0..200).map(|i| format!("{} seat", ["good", "bad"][i % 2])).collect();
/// let labels: Vec<bool> = (0..200).map(|i| i % 2 == 0).collect();
/// let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// let monitor = Monitor::with(&pipeline, MonitorParams::default().word_sampling(1))?;
/// let clock = ManualClock::default();
/// for text in &texts {
///     monitor.predict(&pipeline, &text.replace("seat", "#strike"), &clock)?;
/// }
/// let drift = monitor.drift(&DriftParams::default(), Span::All, clock.now()).unwrap();
/// let moved: Vec<_> = drift.words.iter().map(|w| (w.word.as_str(), w.before, w.now)).collect();
/// assert_eq!(moved, [("#strike", 0.0, 1.0), ("seat", 1.0, 0.0)]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MovedWord {
    /// The word.
    pub word: String,
    /// The share of the profile's texts that it is in; for one that is not in the profile as much as it can be.
    pub before: f64,
    /// The share of the texts now; for one that is not in the profile at least that.
    pub now: f64,
    /// How likely so large a change of any word is by chance.
    pub p_value: f64,
    /// The largest share of words that are found by chance, among this one and those with a smaller probability.
    pub false_discovery_rate: f64,
    /// Whether it is in the profile.
    pub known: bool,
}

/// A word, the texts it was and is in, and whether the profile knows it.
type Count<'a> = (&'a str, u64, u64, bool);

/// All words that could have moved, the likeliest first, and the probability that the first did so by chance.
pub(super) fn moved(profile: &WordCounts, now: &WordFigures) -> (Vec<MovedWord>, f64) {
    let (n, m) = (profile.texts(), now.texts.min(MOST_COUNTED));
    if n == 0 || m == 0 {
        return (Vec::new(), 1.0);
    }
    let top = |hitters: &Hitters| {
        // What is certain of them: at least so many now, no more than the rarest of the profile then.
        let certain = |h: super::super::Hitter| (h.word, h.count - h.error.min(h.count));
        hitters.top().into_iter().map(certain).filter(|&(_, count)| count > 0).collect::<Vec<_>>()
    };
    let new: Vec<_> = [&now.new_words, &now.new_hashtags].into_iter().flat_map(top).collect();
    let known =
        profile.iter().zip(&now.counts).map(|((word, before), &now)| (word, before, now, true));
    let new = new.iter().map(|(word, count)| (word.as_str(), profile.rarest(), *count, false));
    // No word is in more texts than there are, whatever a snapshot from elsewhere says.
    let counts =
        known.chain(new).map(|(word, before, now, known)| (word, before, now.min(m), known));
    let counts: Vec<Count<'_>> = counts.collect();
    let mut p_values: Vec<f64> =
        counts.iter().map(|&(_, a, b, known)| probability(a, n, b, m, known)).collect();
    // Those that nobody counted are as sure as can be.
    p_values.resize(counts.len() + NEW_WORDS, 1.0);
    let (adjusted, rates) = (holm(&p_values), benjamini_hochberg(&p_values));
    let mut words: Vec<MovedWord> = (0..counts.len())
        .map(|i| {
            let (word, a, b, known) = counts[i];
            let (before, now) = (a as f64 / n as f64, b as f64 / m as f64);
            let (p_value, false_discovery_rate) = (adjusted[i], rates[i]);
            MovedWord { word: word.to_owned(), before, now, p_value, false_discovery_rate, known }
        })
        .filter(|word| word.p_value < 1.0)
        .collect();
    let change = |word: &MovedWord| (word.now - word.before).abs();
    words.sort_by(|a, b| change(b).total_cmp(&change(a)).then_with(|| a.word.cmp(&b.word)));
    let least = adjusted.into_iter().fold(1.0, f64::min);
    (words, least)
}

/// Twice the smaller tail. A word that is not in the profile can only have become more frequent.
fn probability(a: u64, n: u64, b: u64, m: u64, both_sides: bool) -> f64 {
    // As products: a ÷ n against b ÷ m.
    let (before, now) = (u128::from(a) * u128::from(m), u128::from(b) * u128::from(n));
    if now > before {
        2.0 * hypergeometric_tail(b, n + m, a + b, m)
    } else if now < before && both_sides {
        2.0 * hypergeometric_tail(a, n + m, a + b, n)
    } else {
        1.0
    }
    .min(1.0)
}
