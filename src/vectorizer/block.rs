//! One analysis with its columns and weights: what a [`Vectorizer`](super::Vectorizer) has one or several of.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use serde::{Deserialize, Serialize};

use super::block_params::{BlockParams, Hashing};
use super::hashing::Names;
use super::index::TermIndex;
use super::reader::tokens;
use super::tokens::NONE;
use super::weighting::Weighting;
use super::{RowScratch, TextCounts, Vocabulary};
use crate::error::{Error, Result};
use crate::persist::floats;
use crate::text::{Analyzer, Unit};

/// What finds the columns of a text.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there are as many as blocks, and each text asks it")]
pub(super) enum Finder {
    Terms(TermIndex),
    Hashed(Hashing, (u32, u32)),
}

impl Finder {
    /// Leaves the columns that a text touches, and how often, in `scratch`.
    #[inline]
    pub(super) fn find(
        &self,
        analyzer: &Analyzer,
        text: &str,
        scratch: &mut RowScratch,
    ) -> TextCounts {
        match self {
            Self::Terms(index) => {
                let counts = index.find(analyzer, text, scratch, |_| ());
                scratch.gather();
                counts
            }
            Self::Hashed(hashing, ngram_range) => {
                let counts = hashing.find(analyzer, *ngram_range, text, scratch);
                scratch.gather_signed();
                counts
            }
        }
    }

    /// The same for tokens that the caller made.
    pub(super) fn find_in_tokens(&self, document: &str, scratch: &mut RowScratch) -> TextCounts {
        match self {
            Self::Terms(index) => {
                let RowScratch { read, columns, .. } = scratch;
                read.tokens.clear();
                read.tokens.extend(tokens(document).map(|token| index.tokens().find(token)));
                let counts = index.find_in_tokens(&read.tokens, &mut read.ngrams, columns);
                scratch.gather();
                counts
            }
            Self::Hashed(hashing, ngram_range) => {
                let counts = hashing.find_in_tokens(document, *ngram_range, scratch);
                scratch.gather_signed();
                counts
            }
        }
    }
}

/// The columns of one analysis, and their weights.
///
/// ```
/// use ressenti::Vectorizer;
/// use ressenti::text::Analyzer;
///
/// let params = Vectorizer::tfidf().beside(Vectorizer::count().analyzer(Analyzer::char()));
/// let vectorizer = params.fit(&["good", "bad"])?;
/// let [words, characters] = vectorizer.blocks() else { panic!("two were asked for") };
/// assert_eq!(words.vocabulary().unwrap().iter().collect::<Vec<_>>(), ["bad", "good"]);
/// assert_eq!((characters.columns(), characters.idf()), (2..7, None));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Block {
    pub(super) analyzer: Analyzer,
    pub(super) finder: Finder,
    vocabulary: Option<Vocabulary>,
    names: Names,
    pub(super) weighting: Weighting,
    first: u32,
    n_columns: u32,
}

/// Equal if they give the same rows; what is built from that is not compared.
impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        let of = |b: &Self| (b.first, b.n_columns, b.ngram_range(), b.hashing());
        self.analyzer.params() == other.analyzer.params()
            && of(self) == of(other)
            && self.vocabulary == other.vocabulary
            && self.names == other.names
            && self.weighting == other.weighting
    }
}

/// From far below BM25's ln(1 + 1 / 2³³) to far above ln(2⁶⁴) + 1; and such that no value of a row can overflow.
const IDF: RangeInclusive<f64> = 1e-12..=1e6;
/// A tenth of the mean of one token in 2³² texts: what is smaller was not counted, and to divide by it could overflow.
const LOWEST_MEAN: f64 = 1e-11;

/// What of a [`Block`] is stored; the rest is built from it and the settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BlockParts {
    pub(super) vocabulary: Option<Vocabulary>,
    pub(super) names: Names,
    #[serde(with = "floats::optional")]
    pub(super) idf: Option<Vec<f64>>,
    pub(super) mean_length: f64,
}

impl From<Block> for BlockParts {
    fn from(block: Block) -> Self {
        Self {
            mean_length: block.weighting.mean_length(),
            idf: block.weighting.idf().map(<[f64]>::to_vec),
            vocabulary: block.vocabulary,
            names: block.names,
        }
    }
}

impl Block {
    /// A block whose columns begin at 0.
    pub(super) fn new(params: &BlockParams, parts: BlockParts) -> Result<Self> {
        let BlockParts { vocabulary, names, idf, mean_length } = parts;
        let analyzer = params.analyzer.build()?;
        let finder = Self::finder(params, &analyzer, vocabulary.as_ref())?;
        let n_columns = match &finder {
            Finder::Terms(_) => vocabulary.as_ref().map_or(0, Vocabulary::len),
            Finder::Hashed(hashing, _) => hashing.n_features as usize,
        };
        let invalid = |what, problem| Err(Error::InvalidValues { what, problem });
        if idf.is_some() != params.use_idf {
            return invalid("idf", "its presence contradicts the setting use_idf".to_owned());
        }
        if let Some(idf) = &idf {
            if idf.len() != n_columns {
                return invalid("idf", format!("{} values for {n_columns} terms", idf.len()));
            }
            if let Some(x) = idf.iter().find(|x| !IDF.contains(*x)) {
                return invalid(
                    "idf",
                    format!("{x:e} is not within {:e}..={:e}", IDF.start(), IDF.end()),
                );
            }
        }
        if mean_length != 0.0 && !(LOWEST_MEAN..f64::INFINITY).contains(&mean_length) {
            return invalid("mean length", format!("{mean_length:e} is no length"));
        }
        names.check(n_columns as u32)?;
        let weighting = Weighting::new(params, idf, mean_length);
        let n_columns = n_columns as u32;
        Ok(Self { analyzer, finder, vocabulary, names, weighting, first: 0, n_columns })
    }

    /// Moves its columns to begin at `first`, and returns where they end.
    pub(super) fn begin_at(&mut self, first: u32) -> Result<u32> {
        self.first = first;
        let too_large = Error::TooLarge { what: "columns", limit: u32::MAX.into() };
        first.checked_add(self.n_columns).ok_or(too_large)
    }

    pub(super) fn finder(
        params: &BlockParams,
        analyzer: &Analyzer,
        vocabulary: Option<&Vocabulary>,
    ) -> Result<Finder> {
        match (params.hashing, vocabulary) {
            (Some(hashing), None) => Ok(Finder::Hashed(hashing, params.ngram_range)),
            (None, Some(vocabulary)) => {
                let index = TermIndex::new(vocabulary, analyzer.unit(), params.ngram_range)?;
                Ok(Finder::Terms(index))
            }
            _ => {
                let problem = "its presence contradicts the settings of hashing".to_owned();
                Err(Error::InvalidValues { what: "vocabulary", problem })
            }
        }
    }

    /// Keeps no more of the lemmas than its terms need, here and in its settings.
    pub(super) fn forget_lemmas(&mut self, params: &mut BlockParams) -> Result<()> {
        if let Finder::Terms(index) = &mut self.finder
            && self.analyzer.params().has_lemmas()
        {
            params.analyzer = self.analyzer.with_known_lemmas(|t| index.tokens().find(t) != NONE);
            self.analyzer = params.analyzer.build()?;
            index.forget_forms();
        }
        Ok(())
    }

    /// What turns texts into tokens here.
    #[must_use]
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Where in a row its columns are.
    #[must_use]
    pub fn columns(&self) -> Range<usize> {
        self.first as usize..(self.first + self.n_columns) as usize
    }

    /// The terms, one per column, in the order of the columns; `None` where they are hashed.
    #[must_use]
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        self.vocabulary.as_ref()
    }

    /// The inverse document frequency of each column, or `None` where the settings do without.
    #[must_use]
    pub fn idf(&self) -> Option<&[f64]> {
        self.weighting.idf()
    }

    /// How many tokens its terms have.
    pub(super) fn ngram_range(&self) -> (usize, usize) {
        match &self.finder {
            Finder::Terms(index) => index.ngram_range(),
            Finder::Hashed(_, (min, max)) => (*min as usize, *max as usize),
        }
    }

    /// What its terms are made of: blocks of one kind can have terms in common.
    pub(super) fn kind(&self) -> (Unit, Option<Hashing>) {
        (self.analyzer.unit(), self.hashing())
    }

    /// How its terms are hashed, if they are.
    fn hashing(&self) -> Option<Hashing> {
        match self.finder {
            Finder::Terms(_) => None,
            Finder::Hashed(hashing, _) => Some(hashing),
        }
    }

    /// The name of one of its columns, counted from its first.
    pub(super) fn name(&self, column: usize) -> Cow<'_, str> {
        match &self.vocabulary {
            Some(vocabulary) => vocabulary.term(column).into(),
            None => match self.names.get(column as u32) {
                Some(name) => name.into(),
                None => format!("#{column}").into(),
            },
        }
    }

    /// The column of a term in the row.
    pub(super) fn column(&self, term: &str) -> Option<usize> {
        let column = match (&self.vocabulary, &self.finder) {
            (Some(vocabulary), _) => vocabulary.get(term)?,
            (None, Finder::Hashed(hashing, _)) => hashing.column(term).0 as usize,
            (None, Finder::Terms(_)) => return None,
        };
        Some(self.first as usize + column)
    }

    /// Adds what a text touches here to the row in `scratch`.
    #[inline]
    pub(super) fn transform_one(&self, text: &str, scratch: &mut RowScratch) -> TextCounts {
        let counts = self.finder.find(&self.analyzer, text, scratch);
        self.weigh(scratch, counts);
        counts
    }

    /// The same for tokens that the caller made.
    pub(super) fn transform_tokens(&self, document: &str, scratch: &mut RowScratch) {
        let counts = self.finder.find_in_tokens(document, scratch);
        self.weigh(scratch, counts);
    }

    /// Gives the columns that were found and gathered their values.
    #[inline]
    pub(super) fn weigh(&self, scratch: &mut RowScratch, counts: TextCounts) {
        self.weighting.weigh(scratch, self.first, counts.tokens);
        if let Finder::Hashed(..) = self.finder {
            scratch.drop_zeros();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Norm, Vectorizer};

    #[test]
    fn blocks_that_give_other_rows_differ() {
        let fit = |params: crate::VectorizerParams| params.fit(&["good good crew"]).unwrap();
        let (count, hashing) = (Vectorizer::count, Vectorizer::hashing);
        for (one, other) in [
            (count(), count().norm(Norm::L1)),
            (count(), count().binary(true)),
            (count(), count().sublinear_tf(true)),
            (count(), count().weight(2.0)),
            (hashing(), hashing().alternate_sign(false)),
            (hashing(), hashing().ngram_range(1, 2)),
        ] {
            let (one, other) = (fit(one), fit(other));
            assert_eq!(one.blocks(), one.clone().blocks());
            assert_ne!(one.blocks(), other.blocks());
        }
    }
}
