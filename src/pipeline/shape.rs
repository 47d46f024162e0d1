//! Answers come in, the shape of their stream comes out: how often which label, how scores, lengths and unknown tokens are
//! spread. Of which time, and by which model, is not known here.

use serde::{Deserialize, Serialize};

use crate::histogram::{Histogram, MOST_COUNTED, Scale};
use crate::sentiment::Prediction;

/// What scores and shares are multiplied with to become whole numbers.
const PARTS: f64 = 1e6;
/// Fifty bins of scores.
const SCORES: Scale = Scale::Linear { width: 20_000 };
/// Ten bins of shares, and one of all.
const SHARES: Scale = Scale::Linear { width: 100_000 };

/// How the answers of a model, and the texts it was asked about, are spread. Shapes of two streams add up to that of both.
///
/// ```
/// use ressenti::Pipeline;
///
/// let texts = ["lovely crew", "lost bag", "lovely seat", "lost again"];
/// let pipeline = Pipeline::builder().fit(&texts, &["positive", "negative", "positive", "negative"])?;
/// let shape = &pipeline.profile().unwrap().shape;
/// assert_eq!((shape.texts(), &shape.labels[..]), (4, &[2, 2][..]));
/// assert_eq!(shape.unknown_rate(), Some(0.0));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shape {
    /// Answers of each class.
    pub labels: Vec<u64>,
    /// Answers whose label is none of the classes: those of another model.
    pub other_labels: u64,
    /// Scores in millionths, in fifty bins: of two classes the probability of the positive one, else that of the answer.
    pub scores: Histogram,
    /// The share of a text's tokens that the model does not know, in millionths, in ten bins and one for all; of texts with
    /// tokens.
    pub unknown: Histogram,
    /// Lengths in characters (Unicode scalar values), on the log scale.
    pub lengths: Histogram,
    /// All tokens.
    pub tokens: u64,
    /// Those that the model knows.
    pub known_tokens: u64,
    /// Texts of which it knows no term.
    pub uninformed: u64,
}

/// What of an answer a [`Shape`] takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// [`Answer::OTHER`] for a label that is no class.
    pub(crate) class: u16,
    pub(crate) uninformed: bool,
    pub(crate) probability: f32,
    pub(crate) score: f32,
    pub(crate) tokens: u32,
    pub(crate) known_tokens: u32,
    pub(crate) characters: u32,
}

impl Answer {
    pub(crate) const OTHER: u16 = u16::MAX;

    /// Of a prediction of one of these classes.
    #[inline]
    pub(crate) fn new(
        text: &str,
        prediction: &Prediction<'_>,
        classes: &[String],
        positive: usize,
    ) -> Self {
        let label = prediction.label();
        let class = match classes.get(prediction.class()) {
            Some(class) if class == label => Some(prediction.class()),
            _ => classes.iter().position(|class| class == label),
        };
        let p = prediction.probability();
        let score = if classes.len() == 2 && class.is_some_and(|class| class != positive) {
            1.0 - p
        } else {
            p
        };
        let few = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            class: class.and_then(|class| u16::try_from(class).ok()).unwrap_or(Self::OTHER),
            uninformed: prediction.is_uninformed(),
            probability: p as f32,
            score: score as f32,
            tokens: few(prediction.tokens()),
            known_tokens: few(prediction.known_tokens()),
            characters: few(characters(text)),
        }
    }
}

/// A number from 0 to 1 in millionths.
#[expect(clippy::cast_sign_loss, reason = "it is 0 or more")]
fn parts(x: f64) -> u64 {
    (x * PARTS).clamp(0.0, PARTS) as u64
}

/// How many characters a text has. By the bytes that begin one, many at once.
#[inline]
fn characters(text: &str) -> usize {
    text.bytes().map(|byte| usize::from(byte.cast_signed() >= -0x40)).sum()
}

impl Shape {
    /// The shape of no answers yet.
    pub(crate) fn new(n_classes: usize) -> Self {
        Self {
            labels: vec![0; n_classes],
            other_labels: 0,
            scores: Histogram::new(SCORES),
            unknown: Histogram::new(SHARES),
            lengths: Histogram::new(Scale::Log),
            tokens: 0,
            known_tokens: 0,
            uninformed: 0,
        }
    }

    pub(crate) fn record(&mut self, answer: &Answer) {
        match self.labels.get_mut(usize::from(answer.class)) {
            Some(n) => *n = n.saturating_add(1),
            None => self.other_labels = self.other_labels.saturating_add(1),
        }
        self.scores.record(parts(answer.score.into()));
        self.lengths.record(answer.characters.into());
        let (tokens, known) = (u64::from(answer.tokens), u64::from(answer.known_tokens));
        if tokens > 0 {
            let unknown = tokens.saturating_sub(known);
            self.unknown.record(parts(unknown as f64 / tokens as f64));
        }
        self.tokens = self.tokens.saturating_add(tokens);
        self.known_tokens = self.known_tokens.saturating_add(known);
        self.uninformed = self.uninformed.saturating_add(answer.uninformed.into());
    }

    /// Adds the answers of another with as many classes.
    pub(crate) fn absorb(&mut self, other: &Self) {
        let add = |own: &mut u64, theirs: u64| *own = own.saturating_add(theirs);
        self.labels.iter_mut().zip(&other.labels).for_each(|(own, &theirs)| add(own, theirs));
        add(&mut self.other_labels, other.other_labels);
        self.scores.absorb(&other.scores);
        self.unknown.absorb(&other.unknown);
        self.lengths.absorb(&other.lengths);
        add(&mut self.tokens, other.tokens);
        add(&mut self.known_tokens, other.known_tokens);
        add(&mut self.uninformed, other.uninformed);
    }

    pub(crate) fn clear(&mut self) {
        self.labels.fill(0);
        self.scores.clear();
        self.unknown.clear();
        self.lengths.clear();
        (self.other_labels, self.tokens, self.known_tokens, self.uninformed) = (0, 0, 0, 0);
    }

    /// Whether it is of so many classes, and its bins are where they must be.
    pub(crate) fn fits(&self, n_classes: usize) -> bool {
        let scales = [self.scores.scale(), self.unknown.scale(), self.lengths.scale()];
        let answers = self.labels.iter().try_fold(self.other_labels, |sum, &n| sum.checked_add(n));
        self.labels.len() == n_classes
            && scales == [SCORES, SHARES, Scale::Log]
            && answers == Some(self.texts())
            && self.lengths.count() == self.texts()
            && self.unknown.count() <= self.texts()
            && self.uninformed <= self.texts()
            && (self.known_tokens..=MOST_COUNTED).contains(&self.tokens)
    }

    /// How many texts were answered.
    #[must_use]
    pub fn texts(&self) -> u64 {
        self.scores.count()
    }

    /// The share of all tokens that the model does not know; `None` without a token.
    #[must_use]
    pub fn unknown_rate(&self) -> Option<f64> {
        let unknown = self.tokens.saturating_sub(self.known_tokens);
        (self.tokens > 0).then(|| unknown as f64 / self.tokens as f64)
    }

    /// The mean score; `None` without an answer.
    #[must_use]
    pub fn mean_score(&self) -> Option<f64> {
        self.scores.mean().map(|mean| mean / PARTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;

    #[test]
    fn the_score_is_that_of_the_positive_class_whatever_the_answer() {
        let texts = ["lovely crew", "lost bag"];
        let pipeline = Pipeline::builder().fit(&texts, &["positive", "negative"]).unwrap();
        let classes = pipeline.classes();
        for text in ["lovely", "lost bag", "é ü"] {
            let prediction = pipeline.predict(text).unwrap();
            let answer = Answer::new(text, &prediction, classes, 1);
            let positive = pipeline.predict_proba(text).unwrap()[1];
            assert_eq!(answer.score, positive as f32);
            assert_eq!(answer.characters as usize, text.chars().count());
        }
        let prediction = pipeline.predict("lovely").unwrap();
        let others = ["no".to_owned(), "yes".to_owned()];
        assert_eq!(Answer::new("", &prediction, &others, 1).class, Answer::OTHER);
        let turned = ["positive".to_owned(), "negative".to_owned()];
        assert_eq!(Answer::new("", &prediction, &turned, 0).class, 0);
    }
}
