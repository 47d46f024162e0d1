//! Why a text got its label: the terms that pushed it there, and how hard.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::ops::{Deref, Range};
use std::slice;

use super::Pipeline;
use super::marks::{self, Mark, Marks};
use super::scorer::{self, Scratch};
use crate::classifier::find_class;
use crate::error::Result;
use crate::sentiment::Prediction;
use crate::vectorizer::Place;

/// One term of a text and what it adds to the decision value of the predicted label.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Contribution<'m> {
    /// The term, as it stands in the vocabulary.
    pub term: Cow<'m, str>,
    /// Its value in the text's row; 1 for a classifier that asks only whether a term is there.
    pub value: f64,
    /// Value × weight: above 0 it speaks for the predicted label, below 0 against it.
    pub contribution: f64,
    /// The bytes of the text that it was found in, from the left. An n-gram has all from its first token to its last, a run
    /// of characters those of the characters; where these are others in the text, as after stripping accents, the word's.
    pub spans: Spans,
}

/// Bytes of a text that a term was found in, from the left: a slice of one range for each time. Most terms occur once, and that
/// takes no memory of its own.
///
/// ```
/// use ressenti::Pipeline;
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let text = "lovely, a lovely crew";
/// let explanation = pipeline.explain(text)?;
/// let spans = &explanation.terms()[0].spans;
/// assert_eq!((spans.len(), &text[spans[1].clone()]), (2, "lovely"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans(Found);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    Once(Range<usize>),
    Often(Vec<Range<usize>>),
}

impl Spans {
    fn of<'p>(mut places: impl ExactSizeIterator<Item = &'p Place>) -> Self {
        if places.len() == 1
            && let Some(place) = places.next()
        {
            return Self(Found::Once(place.bytes.clone()));
        }
        Self(Found::Often(places.map(|place| place.bytes.clone()).collect()))
    }
}

impl Deref for Spans {
    type Target = [Range<usize>];

    fn deref(&self) -> &[Range<usize>] {
        match &self.0 {
            Found::Once(range) => slice::from_ref(range),
            Found::Often(ranges) => ranges,
        }
    }
}

/// What a column adds, before it is a term.
#[derive(Debug)]
pub(super) struct Share {
    column: u32,
    value: f64,
    contribution: f64,
    /// From one to before another of the places where terms stand.
    places: (usize, usize),
}

/// Why a text got its label.
///
/// ```
/// use ressenti::Pipeline;
///
/// let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
/// let explanation = pipeline.explain("a lovely bag, really lovely")?;
/// assert_eq!(explanation.prediction().label(), "positive");
/// assert_eq!(explanation.terms()[0].term, "lovely");
/// assert_eq!(explanation.terms()[0].spans[..], [2..8, 21..27]);
/// assert_eq!(explanation.marked(), "a [+lovely+] [-bag-], really [+lovely+]");
///
/// let sum: f64 = explanation.terms().iter().map(|t| t.contribution).sum();
/// assert_eq!(explanation.intercept() + sum, explanation.decision());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'m> {
    prediction: Prediction<'m>,
    intercept: f64,
    terms: Vec<Contribution<'m>>,
    text: String,
    marks: Vec<Mark>,
}

impl<'m> Explanation<'m> {
    /// What is explained.
    #[must_use]
    pub fn prediction(&self) -> &Prediction<'m> {
        &self.prediction
    }

    /// What every text gets for this label, whatever it says.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The known terms of the text, the weightiest first, whether they speak for the label or against it.
    #[must_use]
    pub fn terms(&self) -> &[Contribution<'m>] {
        &self.terms
    }

    /// The decision value of the label: the intercept and all contributions, summed in the order of
    /// [`terms`](Self::terms). Of logistic regression of two classes, above 0 for the label that was predicted; its
    /// probability is 1 / (1 + exp(−decision)) unless the classifier is calibrated. For the answer of a neutral band, that
    /// of the second class.
    #[must_use]
    pub fn decision(&self) -> f64 {
        self.intercept + self.terms.iter().map(|t| t.contribution).sum::<f64>()
    }

    /// The text that is explained.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which pieces of the text speak for the label and which against it, from the left. What a term contributes is shared
    /// evenly among the places where it stands and the tokens that it is made of there, so that all marks together have the sum
    /// of the contributions, but for rounding.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The text, with `[+…+]` around what speaks for the label and `[-…-]` around what speaks against it.
    #[must_use]
    pub fn marked(&self) -> String {
        marks::marked(&self.text, &self.marks)
    }

    /// The text as HTML, escaped, with `<mark class="for" data-weight="0.123">…</mark>` around what speaks for the label and
    /// `<mark class="against" data-weight="-0.123">…</mark>` around what speaks against it. The rest is for a style sheet.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// let html = pipeline.explain("<b>good!</b>")?.to_html();
    /// assert!(html.starts_with("&lt;b&gt;<mark class=\"for\" data-weight=\"0."));
    /// assert!(html.ends_with("\">good</mark>!&lt;/b&gt;"));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        marks::to_html(&self.text, &self.marks)
    }
}

/// One line with the answer, then one line per term.
impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:.3})", self.prediction.label(), self.prediction.probability())?;
        for term in &self.terms {
            write!(f, "\n  {:+.3} {}", term.contribution, term.term)?;
        }
        write!(f, "\n  {:+.3} (intercept)", self.intercept)
    }
}

impl Pipeline {
    /// Which terms of a text speak for its label and which against it, and where they stand.
    ///
    /// Errors: [`Error::EmptyText`](crate::Error::EmptyText) for a text that is empty or only white space.
    pub fn explain(&self, text: &str) -> Result<Explanation<'_>> {
        scorer::with_scratch(|scratch| {
            let mut pieces = std::mem::take(&mut scratch.places.pieces);
            pieces.clear();
            let prediction = self.predict_each(text, scratch, |range| pieces.push(range));
            scratch.places.pieces = pieces;
            let prediction = prediction?;
            let class = prediction.class();
            let Scratch { row, places, shares, .. } = scratch;
            self.vectorizer.find_places(text, self.product.is_some(), row, places);
            places.sort();
            let mut marks = Marks::of(&places.pieces);
            let mut end = 0;
            shares.clear();
            for (&column, &value) in row.columns().iter().zip(row.values()) {
                // Columns ascend on both sides; of hashed ones, some may have come to nothing in the row.
                let start = end + places.columns(end).take_while(|&c| c < column).count();
                end = start + places.columns(start).take_while(|&c| c == column).count();
                let value = self.classifier.seen(value.into());
                let contribution = value * self.classifier.weight_for(class, column as usize);
                let share = contribution / (end - start).max(1) as f64;
                for place in places.sorted(start..end) {
                    marks.add(place.pieces, share);
                }
                shares.push(Share { column, value, contribution, places: (start, end) });
            }
            // Not the terms themselves, which are larger. Of numbers without a sign, the bits have their order.
            shares.sort_unstable_by_key(|share| {
                (Reverse(share.contribution.abs().to_bits()), share.column)
            });
            let terms = shares.iter().map(|share| {
                let &Share { column, value, contribution, places: (start, end) } = share;
                let term = self.vectorizer.feature_name(column as usize);
                let spans = Spans::of(places.sorted(start..end));
                Contribution { term, value, contribution, spans }
            });
            let terms = terms.collect();
            let intercept = self.classifier.intercept_for(class);
            let (text, marks) = (text.to_owned(), marks.finish());
            Ok(Explanation { prediction, intercept, terms, text, marks })
        })
    }

    /// The `n` terms with the largest weights for a label over all texts, the largest first.
    ///
    /// Errors: [`Error::UnknownLabel`](crate::Error::UnknownLabel).
    pub fn top_terms(&self, label: &str, n: usize) -> Result<Vec<(Cow<'_, str>, f64)>> {
        let class = find_class(self.classes(), label)?;
        let weight = |column| (column, self.classifier.weight_for(class, column));
        let mut weights: Vec<(usize, f64)> =
            (0..self.classifier.n_features()).map(weight).collect();
        weights.sort_by(|a, b| b.1.total_cmp(&a.1));
        weights.truncate(n);
        let named = |(column, weight)| (self.vectorizer.feature_name(column), weight);
        Ok(weights.into_iter().map(named).collect())
    }
}
