//! Texts come in, in how many of them each word of the model's profile is, and which others are frequent, come out.
//!
//! Texts are those that were drawn to be looked at. Two spans are counted, the one that goes on and the one before, so that
//! what is told is of the last texts: of one to two spans.

use serde::{Deserialize, Serialize};

use super::hitters::Hitters;
use crate::digest;
use crate::pipeline::{Cutter, DistinctWords, WordCounts};

/// Counters of words, and of hashtags.
const WORDS: usize = 256;
const HASHTAGS: usize = 128;

/// The words of the last texts that were looked at. Of two monitors of the same model they add up.
///
/// ```
/// use std::time::Duration;
/// use ressenti::Pipeline;
/// use ressenti::monitor::{ManualClock, Monitor, MonitorParams, Span};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let monitor = Monitor::with(&pipeline, MonitorParams::default().word_sampling(1))?;
/// let clock = ManualClock::default();
/// for text in ["lost bag #strike", "lovely strike #strike"] {
///     monitor.predict(&pipeline, text, &clock)?;
/// }
/// let words = monitor.snapshot(Span::All, Duration::ZERO).words;
/// assert_eq!((words.texts, words.new_hashtags.top()[0].count), (2, 2));
/// assert_eq!(words.new_words.top()[0].word, "strike");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WordFigures {
    /// How many texts were looked at.
    pub texts: u64,
    /// In how many of them each word of the [profile](crate::Profile::words) is, in the order of its words.
    pub counts: Vec<u64>,
    /// Words that are not in the profile, by the number of texts they are in.
    pub new_words: Hitters,
    /// Hashtags that are not.
    pub new_hashtags: Hitters,
}

impl WordFigures {
    pub(super) fn new(n_words: usize) -> Self {
        let (new_words, new_hashtags) = (Hitters::new(WORDS), Hitters::new(HASHTAGS));
        Self { texts: 0, counts: vec![0; n_words], new_words, new_hashtags }
    }

    fn clear(&mut self) {
        self.texts = 0;
        self.counts.fill(0);
        self.new_words.clear();
        self.new_hashtags.clear();
    }

    /// Adds those of another of as many words.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.texts = self.texts.saturating_add(other.texts);
        for (own, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.saturating_add(*theirs);
        }
        self.new_words.merge(&other.new_words);
        self.new_hashtags.merge(&other.new_hashtags);
    }

    fn fits(&self, n_words: usize) -> bool {
        self.counts.len() == n_words
            && self.counts.iter().all(|&n| n <= self.texts)
            && self.new_words.capacity() == WORDS
            && self.new_hashtags.capacity() == HASHTAGS
    }
}

/// Which words a profile has, in their order: counts of one profile are none of another.
pub(super) fn digest_of(words: &WordCounts) -> String {
    let words: Vec<&str> = words.iter().map(|(word, _)| word).collect();
    // No word has a space within.
    digest::of_bytes(words.join(" ").as_bytes())
}

/// Watches words.
#[derive(Debug)]
pub(super) struct WordWatch {
    cutter: Cutter,
    distinct: DistinctWords,
    per_span: u64,
    spans: Spans,
}

/// What is kept of words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Spans {
    now: WordFigures,
    before: WordFigures,
}

impl WordWatch {
    pub(super) fn new(reference: &WordCounts, per_span: u64) -> Self {
        let none = WordFigures::new(reference.len());
        let spans = Spans { now: none.clone(), before: none };
        Self::resume(per_span, spans)
    }

    pub(super) fn resume(per_span: u64, spans: Spans) -> Self {
        let (cutter, distinct) = (Cutter::new(), DistinctWords::default());
        Self { cutter, distinct, per_span: per_span.max(1), spans }
    }

    pub(super) fn look_at(&mut self, text: &str, reference: &WordCounts) {
        if self.spans.now.texts >= self.per_span {
            std::mem::swap(&mut self.spans.now, &mut self.spans.before);
            self.spans.now.clear();
        }
        let Self { cutter, distinct, spans: Spans { now, .. }, .. } = self;
        cutter.cut(text, distinct);
        now.texts += 1;
        for word in distinct.iter() {
            match reference.place(word).and_then(|place| now.counts.get_mut(place)) {
                Some(count) => *count += 1,
                None if word.starts_with('#') => now.new_hashtags.add(word),
                None => now.new_words.add(word),
            }
        }
    }

    pub(super) fn spans(&self) -> &Spans {
        &self.spans
    }
}

impl Spans {
    /// Both together.
    pub(super) fn figures(&self) -> WordFigures {
        let mut figures = self.before.clone();
        figures.absorb(&self.now);
        figures
    }

    pub(super) fn fits(&self, n_words: usize) -> bool {
        self.now.fits(n_words) && self.before.fits(n_words)
    }
}
