//! One text to its decision values and probabilities, without an allocation once the buffers have grown.
//!
//! Where vectorizer and classifier could be folded into one, its terms are passed once and there is no row; else it has a row,
//! as in training. Both come to the same, but for rounding.
//!
//! A text passes through buffers that belong to the caller or to its thread: a pipeline itself is only read, so any number of
//! threads may share one and nothing is locked. What a term means is not known here.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use super::Pipeline;
use super::explain::Share;
use crate::classifier::list;
use crate::error::{Error, Result};
use crate::parallel;
use crate::sentiment::{Prediction, Sentiment};
use crate::vectorizer::{Places, RowScratch, TextCounts};
use crate::views::Texts;

/// Buffers that one text after the other passes through, for those who score many: with the same `Scratch`, a text like
/// those before it is scored without an allocation.
///
/// It serves any pipeline. What it remembers (of the words it has met, what they are stemmed to) saves time and changes no
/// answer; it takes less than a megabyte for each of the last four pipelines that were asked with it.
///
/// ```
/// use ressenti::{Pipeline, Scratch};
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let (mut scratch, mut probabilities) = (Scratch::new(), Vec::new());
/// for text in ["lovely", "lost again"] {
///     pipeline.predict_proba_into(text, &mut scratch, &mut probabilities)?;
///     assert_eq!(probabilities, pipeline.predict_proba(text)?);
/// }
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) row: RowScratch,
    pub(super) places: Places,
    pub(super) shares: Vec<Share>,
    decision: Vec<f64>,
    pub(super) probabilities: Vec<f64>,
}

impl Scratch {
    /// Empty buffers, which grow as texts ask for it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Lends this thread's buffers, or new ones where they are in use further up the stack.
pub(super) fn with_scratch<R>(f: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => f(&mut scratch),
        Err(_) => f(&mut Scratch::default()),
    })
}

/// The sentiments of texts that come one after the other; see [`Pipeline::predict_iter`].
#[derive(Debug)]
pub struct Predictions<'m, I> {
    pipeline: &'m Pipeline,
    texts: I,
    scratch: Scratch,
}

impl<'m, T: AsRef<str>, I: Iterator<Item = T>> Iterator for Predictions<'m, I> {
    type Item = Result<Prediction<'m>>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.texts.next()?;
        Some(self.pipeline.predict_with(text.as_ref(), &mut self.scratch))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.texts.size_hint()
    }
}

impl Pipeline {
    /// The sentiment of a text.
    ///
    /// A text without a known term is scored by the intercept alone, and
    /// [`is_uninformed`](Prediction::is_uninformed) says so.
    ///
    /// Errors: [`Error::EmptyText`] for a text that is empty or only white space.
    pub fn predict(&self, text: &str) -> Result<Prediction<'_>> {
        with_scratch(|scratch| self.predict_with(text, scratch))
    }

    /// [`predict`](Self::predict) with your own buffers instead of those of the thread.
    pub fn predict_with(&self, text: &str, scratch: &mut Scratch) -> Result<Prediction<'_>> {
        self.predict_each(text, scratch, |_| ())
    }

    /// The same; where vectorizer and classifier are folded into one, hands out the bytes of the tokens.
    pub(super) fn predict_each(
        &self,
        text: &str,
        scratch: &mut Scratch,
        each: impl FnMut(Range<usize>),
    ) -> Result<Prediction<'_>> {
        let (counts, terms, class) = self.read(text, scratch, each)?;
        Ok(Prediction {
            label: Cow::Borrowed(&self.classes()[class]),
            class,
            probability: scratch.probabilities[class],
            tokens: counts.tokens,
            known_tokens: counts.known_tokens,
            terms,
            model_version: None,
        })
    }

    /// The probability of each class, in the order of [`classes`](Self::classes).
    ///
    /// Errors: [`Error::EmptyText`] for a text that is empty or only white space.
    pub fn predict_proba(&self, text: &str) -> Result<Vec<f64>> {
        with_scratch(|scratch| {
            self.read(text, scratch, |_| ())?;
            Ok(scratch.probabilities.clone())
        })
    }

    /// [`predict_proba`](Self::predict_proba) into `out`, whose former content goes, with your own buffers: see
    /// [`Scratch`] for an example.
    ///
    /// Errors: as for [`predict_proba`](Self::predict_proba); `out` is then empty.
    pub fn predict_proba_into(
        &self,
        text: &str,
        scratch: &mut Scratch,
        out: &mut Vec<f64>,
    ) -> Result<()> {
        out.clear();
        self.read(text, scratch, |_| ())?;
        out.extend_from_slice(&scratch.probabilities);
        Ok(())
    }

    /// One number from −1 to 1: the probability of the positive class minus that of the negative one. A neutral class pulls it
    /// towards 0.
    ///
    /// Of two classes one is [positive](crate::Classifier::positive) and the other negative; of three, one must be neutral: that of a
    /// [`NeutralBand`](crate::NeutralBand), or the class `neutral`, however it is capitalised. It is made of probabilities alone;
    /// the label of [`predict`](Self::predict) may come from a threshold besides.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
    /// let score = pipeline.score("a lovely flight")?;
    /// assert!(score > 0.0 && score < 1.0);
    /// assert!(pipeline.score("where is my bag")? < 0.0);
    ///
    /// let stars = Pipeline::builder().fit(&["bad", "so so", "good", "great"], &[1, 2, 3, 4])?;
    /// assert!(stars.score("good").is_err());
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// Errors: [`Error::EmptyText`] as for [`predict`](Self::predict), and [`Error::InvalidValues`] for other classes than
    /// these.
    pub fn score(&self, text: &str) -> Result<f64> {
        let (positive, negative) = self.poles()?;
        with_scratch(|scratch| {
            self.read(text, scratch, |_| ())?;
            Ok(scratch.probabilities[positive] - scratch.probabilities[negative])
        })
    }

    /// The sentiment of each text: one result per text, in their order, on all threads of the caller's rayon pool. A text
    /// that cannot be scored does not keep the others from it.
    #[must_use]
    pub fn predict_batch<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Result<Prediction<'_>>> {
        self.predict_all(Texts::of(&texts))
    }

    fn predict_all(&self, texts: Texts<'_>) -> Vec<Result<Prediction<'_>>> {
        parallel::map_each(texts.len(), |i| self.predict(texts.get(i)))
    }

    /// The sentiment of each text of a stream, when it is asked for: lazily, one by one, on the caller's thread.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
    /// let lines = "lovely flight\n\nlost again".lines(); // or those of a file or a socket
    /// let labels = pipeline.predict_iter(lines).flatten().map(|p| p.label().to_owned());
    /// assert_eq!(labels.collect::<Vec<_>>(), ["positive", "negative"]);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn predict_iter<I: IntoIterator<Item: AsRef<str>>>(
        &self,
        texts: I,
    ) -> Predictions<'_, I::IntoIter> {
        Predictions { pipeline: self, texts: texts.into_iter(), scratch: Scratch::new() }
    }

    /// Leaves the decision values and the probabilities of a text in `scratch`; returns what it was counted from, how many
    /// terms it has, and the class.
    fn read(
        &self,
        text: &str,
        scratch: &mut Scratch,
        each: impl FnMut(Range<usize>),
    ) -> Result<(TextCounts, usize, usize)> {
        if text.trim_start().is_empty() {
            return Err(Error::EmptyText);
        }
        let Scratch { row, decision, probabilities, .. } = scratch;
        let (counts, terms) = if let Some(product) = &self.product {
            decision.clear();
            decision.extend_from_slice(self.classifier.intercept());
            product.add(&self.vectorizer, text, row, decision, each)
        } else {
            let counts = self.vectorizer.transform_one(text, row);
            self.classifier.decide(row.columns(), row.values(), decision);
            (counts, row.columns().len())
        };
        probabilities.clear();
        self.classifier.probabilities(decision, probabilities);
        Ok((counts, terms, self.classifier.class_of(decision)))
    }

    /// The positive and the negative class.
    fn poles(&self) -> Result<(usize, usize)> {
        let (classes, positive) = (self.classes(), self.classifier.positive());
        let neutral = if classes.len() == 2 {
            None
        } else {
            let named = |class: &String| class.eq_ignore_ascii_case(Sentiment::Neutral.as_str());
            self.classifier.neutral_class().or_else(|| classes.iter().position(named))
        };
        let mut others = (0..classes.len()).filter(|&i| i != positive && Some(i) != neutral);
        match (others.next(), others.next()) {
            (Some(negative), None) if neutral != Some(positive) => Ok((positive, negative)),
            _ => Err(Error::InvalidValues {
                what: "classes",
                problem: format!(
                    "a score needs two opposite ones, or three of which one is called \"neutral\", but there are {}; use predict_proba",
                    list(classes)
                ),
            }),
        }
    }
}
