//! One text to its decision values and probabilities, without an allocation once the buffers have grown.

use std::borrow::Cow;
use std::cell::RefCell;

use super::Pipeline;
use crate::error::{Error, Result};
use crate::parallel;
use crate::sentiment::Prediction;
use crate::vectorizer::{RowScratch, TextCounts};

/// Buffers that one text after the other passes through, and the scores of the last one.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    row: RowScratch,
    decision: Vec<f64>,
    probabilities: Vec<f64>,
}

impl Scratch {
    pub(super) fn row(&self) -> &RowScratch {
        &self.row
    }

    pub(super) fn probabilities(&self) -> &[f64] {
        &self.probabilities
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

/// `f` of every text, in order, on all threads.
pub(super) fn in_pieces<T: AsRef<str> + Sync, R: Send>(
    texts: &[T],
    f: impl Fn(&str, &mut Scratch) -> R + Send + Sync,
) -> Vec<R> {
    // Several pieces a thread even out texts of uneven length.
    let pieces = (4 * parallel::threads()).min(texts.len());
    let parts = parallel::map((0..pieces).collect(), |i| {
        let mut scratch = Scratch::default();
        let mine = &texts[parallel::piece(texts.len(), pieces, i)];
        mine.iter().map(|text| f(text.as_ref(), &mut scratch)).collect::<Vec<R>>()
    });
    let mut results = Vec::with_capacity(texts.len());
    results.extend(parts.into_iter().flatten());
    results
}

impl Pipeline {
    /// Leaves the row, the decision values and the probabilities of a text in `scratch`; returns what it was counted
    /// from and the class.
    pub(super) fn score(&self, text: &str, scratch: &mut Scratch) -> Result<(TextCounts, usize)> {
        if text.trim_start().is_empty() {
            return Err(Error::EmptyText);
        }
        let Scratch { row, decision, probabilities } = scratch;
        let counts = self.vectorizer.transform_one(text, row);
        self.classifier.decide(row.columns(), row.values(), decision);
        probabilities.clear();
        self.classifier.probabilities(decision, probabilities);
        Ok((counts, self.classifier.class_of(decision)))
    }

    pub(super) fn predict_in(&self, text: &str, scratch: &mut Scratch) -> Result<Prediction<'_>> {
        let (counts, class) = self.score(text, scratch)?;
        Ok(Prediction {
            label: Cow::Borrowed(&self.classes()[class]),
            class,
            probability: scratch.probabilities[class],
            tokens: counts.tokens,
            known_tokens: counts.known_tokens,
            terms: scratch.row.columns().len(),
            model_version: None,
        })
    }
}
