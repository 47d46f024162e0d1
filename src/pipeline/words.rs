//! Texts come in, how many of them each word is in comes out; the same words for every model and every language.
//!
//! Words are those of the tokenizer for tweets, lower-cased, without accents being touched or anything stemmed: what a
//! person can read. Handles, links, addresses, numbers, prices, times and dates are no words here, and neither is
//! punctuation; hashtags and emoji are. What a model makes of words is not known here.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::histogram::MOST_COUNTED;
use crate::persist::strings;
use crate::text::{Analyzer, Buffer, Elongation, Social};

/// Longer words are passed over, so that what is kept of words is bounded.
const LONGEST: usize = 64;
/// No more of a text is looked at.
const MOST_BYTES: usize = 10_000;

/// Cuts texts into the words that are watched.
#[derive(Debug, Clone)]
pub(crate) struct Cutter(Analyzer);

impl Cutter {
    pub(crate) fn new() -> Self {
        let social = Social::default().elongation(Elongation::Shorten).placeholders();
        let params = Analyzer::social().tokenizer(social).max_bytes(MOST_BYTES);
        Self(params.build().expect("these settings are in range"))
    }

    /// Hands each word of a text to `each`, as often as it is there.
    fn each(&self, text: &str, buffer: &mut Buffer, mut each: impl FnMut(&str)) {
        self.0.each(text, buffer, |token, _| {
            let placeholder = token.len() > 2 && token.starts_with('<') && token.ends_with('>');
            let says = |c: char| c.is_alphanumeric() || !c.is_ascii();
            if token.len() <= LONGEST && !placeholder && token.chars().any(says) {
                each(token);
            }
        });
    }

    /// Leaves the distinct words of a text in `words`, sorted: their bytes in `text`.
    pub(crate) fn cut(&self, text: &str, words: &mut DistinctWords) {
        let DistinctWords { text: all, ranges, buffer } = words;
        all.clear();
        ranges.clear();
        self.each(text, buffer, |word| {
            let start = all.len();
            all.push_str(word);
            ranges.push((start as u32, all.len() as u32));
        });
        let word = |&(start, end): &(u32, u32)| &all[start as usize..end as usize];
        ranges.sort_unstable_by(|a, b| word(a).cmp(word(b)));
        ranges.dedup_by(|a, b| word(a) == word(b));
    }
}

/// The distinct words of a text, sorted; also the memory that the next one needs.
#[derive(Debug, Default)]
pub(crate) struct DistinctWords {
    text: String,
    ranges: Vec<(u32, u32)>,
    buffer: Buffer,
}

impl DistinctWords {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.ranges.iter().map(|&(start, end)| &self.text[start as usize..end as usize])
    }
}

/// In how many texts each of the most frequent words is.
///
/// A word that is not among them is in fewer than [`rarest`](Self::rarest) texts, or in as many and comes later in the
/// alphabet: that is all that is not known of it.
///
/// ```
/// use ressenti::Pipeline;
///
/// let pipeline = Pipeline::builder().fit(&["Good crew, good seat", "Bad crew @sky"], &[1, 0])?;
/// let words = &pipeline.profile().unwrap().words;
/// assert_eq!(words.iter().collect::<Vec<_>>(), [("bad", 1), ("crew", 2), ("good", 1), ("seat", 1)]);
/// assert_eq!((words.texts(), words.get("crew"), words.get("@sky")), (2, Some(2), None));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordCounts {
    texts: u64,
    rarest: u64,
    /// Ascending.
    words: Vec<Box<str>>,
    counts: Vec<u64>,
}

/// Words as they are stored.
#[derive(Default)]
struct Terms(Vec<Box<str>>);

impl Serialize for Terms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        strings::serialize(self.0.iter().map(|word| &**word), serializer)
    }
}

impl<'de> Deserialize<'de> for Terms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut words: Vec<Box<str>> = Vec::new();
        strings::deserialize(deserializer, |word| {
            if word.is_empty()
                || word.len() > LONGEST
                || words.last().is_some_and(|last| **last >= *word)
            {
                let problem = "words must ascend and be no longer than 64 bytes".to_owned();
                return Err(Error::InvalidValues { what: "words", problem });
            }
            words.push(word.into());
            Ok(())
        })?;
        Ok(Self(words))
    }
}

impl Serialize for WordCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored {
            texts: self.texts,
            rarest: self.rarest,
            words: Terms(self.words.clone()),
            counts: self.counts.clone(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "WordCounts")]
struct Stored {
    texts: u64,
    rarest: u64,
    words: Terms,
    counts: Vec<u64>,
}

impl<'de> Deserialize<'de> for WordCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Stored { texts, rarest, words: Terms(words), counts } =
            Stored::deserialize(deserializer)?;
        let fits = |n: &u64| (rarest..=texts).contains(n);
        if words.len() != counts.len() || !counts.iter().all(fits) || texts > MOST_COUNTED {
            let problem = "counts do not fit the words or the number of texts".to_owned();
            return Err(D::Error::custom(Error::InvalidValues { what: "words", problem }));
        }
        Ok(Self { texts, rarest, words, counts })
    }
}

impl WordCounts {
    /// How many texts were looked at.
    #[must_use]
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// What a word must at least have to be kept; 0 if all words are.
    #[must_use]
    pub fn rarest(&self) -> u64 {
        self.rarest
    }

    /// The number of texts that a word is in, if it is one of the most frequent.
    #[must_use]
    pub fn get(&self, word: &str) -> Option<u64> {
        self.place(word).map(|place| self.counts[place])
    }

    /// The words in ascending order, and the number of texts that each is in.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.words.iter().zip(&self.counts).map(|(word, &n)| (&**word, n))
    }

    /// Where a word stands among them.
    pub(crate) fn place(&self, word: &str) -> Option<usize> {
        self.words.binary_search_by(|other| (**other).cmp(word)).ok()
    }

    /// How many words are kept.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The most frequent of these words, of equals those that come first in the alphabet.
    pub(crate) fn most_frequent(counted: Counted, most: usize) -> Self {
        let words = counted.words.into_iter().map(|(word, in_texts)| (word, in_texts.n));
        let mut words: Vec<(String, u64)> = words.collect();
        let all = words.len() <= most;
        if !all {
            words.select_nth_unstable_by(most, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            words.truncate(most);
        }
        let rarest = if all { 0 } else { words.iter().map(|(_, n)| *n).min().unwrap_or(0) };
        words.sort_unstable();
        let (words, counts) = words.into_iter().map(|(word, n)| (word.into_boxed_str(), n)).unzip();
        Self { texts: counted.texts, rarest, words, counts }
    }
}

/// All words of some texts; also the memory that the next text needs.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    texts: u64,
    words: HashMap<String, InTexts, FixedState>,
    buffer: Buffer,
}

/// In how many texts a word is, and the number of the last of them.
#[derive(Debug, Default)]
struct InTexts {
    n: u64,
    last: u64,
}

impl Counted {
    /// Counts the words of one more text.
    pub(crate) fn add(&mut self, cutter: &Cutter, text: &str) {
        let Self { texts, words, buffer } = self;
        *texts += 1;
        cutter.each(text, buffer, |word| {
            let InTexts { n, last } = words.entry_ref(word).or_default();
            *n += u64::from(*last != *texts);
            *last = *texts;
        });
    }

    /// Counts the texts of another one, too.
    pub(crate) fn merge(&mut self, other: Self) {
        self.texts += other.texts;
        for (word, InTexts { n, .. }) in other.words {
            self.words.entry(word).or_default().n += n;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn words_of(text: &str) -> Vec<String> {
        let mut words = DistinctWords::default();
        Cutter::new().cut(text, &mut words);
        words.iter().map(str::to_owned).collect()
    }

    #[test]
    fn words_are_what_a_person_reads() {
        let text = "@Sky LATE again, late at 10:30 for $5 & #NeverAgain 😡 https://t.co/x me@sky.example 42 :( été 遅い";
        let words = ["#neveragain", "again", "at", "for", "late", "été", "い", "遅", "😡"];
        let found = words_of(text);
        for word in &words[..6] {
            assert!(found.contains(&(*word).to_owned()), "{word}: {found:?}");
        }
        assert!(
            !found.iter().any(|word| word.contains(['@', '<', '/', '5', '4', ','])),
            "{found:?}"
        );
        assert_eq!(words_of(&"ab".repeat(33)), [""; 0]);
    }

    #[test]
    fn what_is_not_kept_is_no_more_frequent_than_what_is() {
        let (cutter, mut counted) = (Cutter::new(), Counted::default());
        for text in ["b a b", "b c", "b a d"] {
            counted.add(&cutter, text);
        }
        let counts = WordCounts::most_frequent(counted, 3);
        assert_eq!(counts.iter().collect::<Vec<_>>(), [("a", 2), ("b", 3), ("c", 1)]);
        assert_eq!((counts.texts(), counts.rarest()), (3, 1));
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(serde_json::from_str::<WordCounts>(&json).unwrap(), counts);
        for (from, to) in [("\"b\"", "\"z\""), ("[2,3,1]", "[2,4,1]"), ("[2,3,1]", "[2,3]")] {
            assert!(serde_json::from_str::<WordCounts>(&json.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn words_counted_in_parts_are_those_of_all() {
        let text = |i: usize| format!("w{} w{} w{} both", i % 7, i % 11, i % 7);
        let cutter = Cutter::new();
        let mut parts = [Counted::default(), Counted::default()];
        let (mut all, mut naive) = (Counted::default(), BTreeMap::<String, u64>::new());
        for i in 0..100 {
            parts[usize::from(i % 3 == 0)].add(&cutter, &text(i));
            all.add(&cutter, &text(i));
            for word in words_of(&text(i)) {
                *naive.entry(word).or_insert(0) += 1;
            }
        }
        let [mut merged, other] = parts;
        merged.merge(other);
        let (merged, all) = [merged, all].map(|all| WordCounts::most_frequent(all, 5)).into();
        assert_eq!(merged, all);
        assert_eq!((all.len(), all.texts(), all.get("both")), (5, 100, Some(100)));
        assert!(all.iter().all(|(word, n)| naive[word] == n));
    }
}
