//! Words come in, the most frequent of them come out, in memory that does not grow.
//!
//! Space-Saving: Metwally, Agrawal & El Abbadi, *Efficient Computation of Frequent and Top-k Elements in Data Streams*, ICDT
//! 2005. There are k counters. A word without one takes over the least, and begins where that stood: so it may be counted
//! too often by as much. Of n words counted,
//!
//! ```text
//! count − error ≤ true ≤ count,   error ≤ n ÷ k,   and each word with true > n ÷ k has a counter
//! ```
//!
//! The same holds of two that are merged, with n of both: Agarwal, Cormode, Huang, Phillips, Wei & Yi, *Mergeable
//! Summaries*, PODS 2012.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A word, and how often it was counted.
///
/// ```
/// use ressenti::monitor::Hitters;
///
/// let mut hitters = Hitters::new(2);
/// ["late", "late", "bag"].iter().for_each(|word| hitters.add(word));
/// let first = &hitters.top()[0];
/// assert_eq!((first.word.as_str(), first.count, first.error), ("late", 2, 0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hitter {
    /// The word.
    pub word: String,
    /// How often it was counted, at most `error` too often.
    pub count: u64,
    /// By how much `count` may be too high.
    pub error: u64,
}

/// The most frequent words of a stream.
///
/// ```
/// use ressenti::monitor::Hitters;
///
/// let (mut one, mut other) = (Hitters::new(8), Hitters::new(8));
/// ["late", "bag"].iter().for_each(|word| one.add(word));
/// ["late", "crew"].iter().for_each(|word| other.add(word));
/// one.merge(&other);
/// assert_eq!((one.top()[0].word.as_str(), one.top()[0].count, one.total()), ("late", 2, 4));
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Hitters {
    capacity: usize,
    total: u64,
    entries: Vec<Hitter>,
    places: HashMap<String, usize, FixedState>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Hitters")]
struct Stored {
    capacity: u32,
    total: u64,
    hitters: Vec<Hitter>,
}

impl From<Hitters> for Stored {
    fn from(hitters: Hitters) -> Self {
        Self { capacity: hitters.capacity as u32, total: hitters.total, hitters: hitters.top() }
    }
}

impl From<Stored> for Hitters {
    fn from(stored: Stored) -> Self {
        let mut hitters = Self::new(stored.capacity as usize);
        hitters.take(stored.hitters, stored.total);
        hitters
    }
}

impl PartialEq for Hitters {
    fn eq(&self, other: &Self) -> bool {
        self.capacity == other.capacity && self.total == other.total && self.top() == other.top()
    }
}

impl Hitters {
    /// No words yet, with so many counters: at least 1, at most 65,536.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, 1 << 16);
        Self { capacity, total: 0, entries: Vec::new(), places: HashMap::default() }
    }

    /// Counts a word.
    pub fn add(&mut self, word: &str) {
        self.total = self.total.saturating_add(1);
        if let Some(&place) = self.places.get(word) {
            let entry = &mut self.entries[place];
            entry.count = entry.count.saturating_add(1);
        } else if self.entries.len() < self.capacity {
            self.places.insert(word.to_owned(), self.entries.len());
            self.entries.push(Hitter { word: word.to_owned(), count: 1, error: 0 });
        } else if let Some(place) = self.least() {
            let entry = &mut self.entries[place];
            self.places.remove(&entry.word);
            self.places.insert(word.to_owned(), place);
            (entry.error, entry.count) = (entry.count, entry.count.saturating_add(1));
            word.clone_into(&mut entry.word);
        }
    }

    /// Counts words that are counted already and have no counter yet; the most frequent of them get one.
    pub(super) fn add_counted<'w>(&mut self, words: impl Iterator<Item = (&'w str, u64)>) {
        let hitter = |(word, count): (&str, u64)| Hitter { word: word.to_owned(), count, error: 0 };
        let all: Vec<_> = self.entries.drain(..).chain(words.map(hitter)).collect();
        let total = all.iter().fold(0u64, |sum, hitter| sum.saturating_add(hitter.count));
        self.take(all, total);
    }

    fn least(&self) -> Option<usize> {
        (0..self.entries.len()).min_by_key(|&place| self.entries[place].count)
    }

    /// By how much a word without a counter may have been seen.
    fn floor(&self) -> u64 {
        if self.entries.len() < self.capacity {
            return 0;
        }
        self.least().map_or(0, |place| self.entries[place].count)
    }

    /// Adds the words of another; the number of counters stays.
    pub fn merge(&mut self, other: &Self) {
        let (own, theirs) = (self.floor(), other.floor());
        // A word without a counter may have been seen as often as the least that has one.
        let mut all: BTreeMap<&str, [(u64, u64); 2]> = BTreeMap::new();
        for hitter in &self.entries {
            all.insert(&hitter.word, [(hitter.count, hitter.error), (theirs, theirs)]);
        }
        for hitter in &other.entries {
            all.entry(&hitter.word).or_insert([(own, own); 2])[1] = (hitter.count, hitter.error);
        }
        let sum = |[one, two]: [(u64, u64); 2]| {
            (one.0.saturating_add(two.0), one.1.saturating_add(two.1))
        };
        let all = all.into_iter().map(|(word, counts)| (word, sum(counts)));
        let hitter = |(word, (count, error)): (&str, (u64, u64))| Hitter {
            word: word.to_owned(),
            count,
            error,
        };
        let all = all.map(hitter).collect();
        self.take(all, self.total.saturating_add(other.total));
    }

    /// Begins anew with these, of which the most frequent are kept.
    fn take(&mut self, mut hitters: Vec<Hitter>, total: u64) {
        hitters.sort_by(order);
        hitters.dedup_by(|a, b| a.word == b.word);
        hitters.truncate(self.capacity);
        self.total = total;
        self.places = hitters
            .iter()
            .enumerate()
            .map(|(place, hitter)| (hitter.word.clone(), place))
            .collect();
        self.entries = hitters;
    }

    /// The words that have a counter, the most frequent first, of equals by their letters.
    #[must_use]
    pub fn top(&self) -> Vec<Hitter> {
        let mut top = self.entries.clone();
        top.sort_by(order);
        top
    }

    /// How many words were counted: no count is too high by more than this divided by the number of counters.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }
}

fn order(a: &Hitter, b: &Hitter) -> std::cmp::Ordering {
    b.count.cmp(&a.count).then_with(|| a.word.cmp(&b.word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_within_the_bound_alone_and_merged(
            parts in prop::collection::vec(prop::collection::vec(0u32..40, 0..200), 1..5), k in 1usize..20,
        ) {
            let mut merged = Hitters::new(k);
            for part in &parts {
                let mut hitters = Hitters::new(k);
                for &word in part {
                    hitters.add(&word.min(word / 2).to_string());
                }
                merged.merge(&hitters);
            }
            let words = parts.concat();
            let n = words.len() as u64;
            let bound = n / k as u64;
            prop_assert_eq!(merged.total(), n);
            let top = merged.top();
            for word in 0..40u32 {
                let word = word.to_string();
                let exact = words.iter().filter(|&&w| w.min(w / 2).to_string() == word).count() as u64;
                match top.iter().find(|hitter| hitter.word == word) {
                    Some(hitter) => {
                        prop_assert!(hitter.count >= exact && hitter.count - hitter.error <= exact);
                        prop_assert!(hitter.error <= bound, "{:?} of {}", hitter, n);
                    }
                    None => prop_assert!(exact <= bound, "{} of {} is missing: {}", word, n, exact),
                }
            }
            let json = serde_json::to_string(&merged).unwrap();
            prop_assert_eq!(serde_json::from_str::<Hitters>(&json).unwrap(), merged);
        }
    }
}
