//! What a vectorizer can be told, with scikit-learn's names and meanings.

use serde::{Deserialize, Serialize};

use super::block_params::{BlockParams, Bm25};
use crate::error::{Error, Result};
use crate::text::{AnalyzerParams, Language, Unit};
use crate::tracker::Value;

/// A number of texts: absolute, or as a share of those that `fit` sees.
///
/// scikit-learn tells `1` from `1.0` by type; here the name says it.
///
/// ```
/// use ressenti::{DocFreq, Vectorizer};
///
/// let params = Vectorizer::tfidf().min_df(DocFreq::Count(2)).max_df(DocFreq::Fraction(0.5));
/// # let _ = params;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum DocFreq {
    /// So many texts.
    Count(u32),
    /// This share of the texts, in 0 to 1.
    Fraction(f64),
}

impl DocFreq {
    /// The number of texts among `n_documents`; not rounded, as in scikit-learn.
    pub(super) fn of(self, n_documents: u64) -> f64 {
        match self {
            Self::Count(n) => n.into(),
            Self::Fraction(f) => f * n_documents as f64,
        }
    }

    /// As scikit-learn has it: an integer for a count, a float for a share.
    pub(super) fn value(self) -> Value<'static> {
        match self {
            Self::Count(n) => n.into(),
            Self::Fraction(f) => f.into(),
        }
    }

    pub(super) fn validate(self, name: &'static str) -> Result<()> {
        match self {
            Self::Fraction(f) if !(0.0..=1.0).contains(&f) => Err(Error::InvalidParameter {
                name,
                found: format!("{f}"),
                expected: "is outside 0.0..=1.0; use DocFreq::Count for absolute counts",
            }),
            _ => Ok(()),
        }
    }
}

/// What the length of each row is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Norm {
    /// The values' absolute sum is 1.
    L1,
    /// The squares' sum is 1, so that the product of two rows is their cosine. The default.
    #[default]
    L2,
    /// Values stay as they are.
    None,
}

/// How a [`Vectorizer`](crate::Vectorizer) counts and weighs: the settings. Start from
/// [`Vectorizer::tfidf`](crate::Vectorizer::tfidf), [`Vectorizer::count`](crate::Vectorizer::count) or
/// [`Vectorizer::hashing`](crate::Vectorizer::hashing).
///
/// ```
/// use ressenti::Vectorizer;
/// use ressenti::text::Analyzer;
///
/// let params = Vectorizer::tfidf().analyzer(Analyzer::social()).ngram_range(1, 2).max_features(10_000);
/// let vectorizer = params.fit(&["good crew", "bad crew :("])?;
/// assert!(vectorizer.column("crew :(").is_some());
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// Several analyses can stand [`beside`](Self::beside) each other. Stored by serde, settings are a list with one entry for
/// each, which need only name what differs from [`Vectorizer::tfidf`](crate::Vectorizer::tfidf).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<BlockParams>", into = "Vec<BlockParams>")]
#[must_use]
pub struct VectorizerParams {
    pub(super) block: BlockParams,
    pub(super) beside: Vec<BlockParams>,
}

impl From<VectorizerParams> for Vec<BlockParams> {
    fn from(params: VectorizerParams) -> Self {
        std::iter::once(params.block).chain(params.beside).collect()
    }
}

impl TryFrom<Vec<BlockParams>> for VectorizerParams {
    type Error = Error;

    fn try_from(blocks: Vec<BlockParams>) -> Result<Self> {
        let mut blocks = blocks.into_iter();
        match blocks.next() {
            Some(block) => Ok(Self { block, beside: blocks.collect() }),
            None => Err(Error::InvalidValues {
                what: "settings",
                problem: "the list of blocks is empty; name one, if only as {}".to_owned(),
            }),
        }
    }
}

/// A setting as it is kept, from whatever width the caller counts in; what does not fit is out of range anyway.
fn saturate(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl VectorizerParams {
    /// How texts become tokens. Default: scikit-learn's words, lower-cased.
    pub fn analyzer(mut self, analyzer: AnalyzerParams) -> Self {
        self.block.analyzer = analyzer;
        self
    }

    /// Terms are runs of `min` to `max` tokens, joined by a space; or of characters, where these are the tokens. Default: 1
    /// to 1; range: 1 ≤ min ≤ max ≤ 64.
    ///
    /// `(1, 2)` lets a model tell "not good" from "good"; it costs five to ten times the terms.
    pub fn ngram_range(mut self, min: usize, max: usize) -> Self {
        self.block.ngram_range = (saturate(min), saturate(max));
        self
    }

    /// Drops terms that occur in fewer texts. Default: `Count(1)`, which drops none.
    pub fn min_df(mut self, min_df: DocFreq) -> Self {
        self.block.min_df = min_df;
        self
    }

    /// Drops terms that occur in more texts. Default: `Fraction(1.0)`, which drops none.
    pub fn max_df(mut self, max_df: DocFreq) -> Self {
        self.block.max_df = max_df;
        self
    }

    /// Keeps the terms that occur most often over all texts; of equally frequent ones the first by name. Default: all.
    /// Range: 1 and more.
    ///
    /// Applied after `min_df` and `max_df`. With [`binary`](Self::binary) it is the number of texts that counts.
    pub fn max_features(mut self, max_features: usize) -> Self {
        self.block.max_features = Some(saturate(max_features));
        self
    }

    /// Takes these terms as columns, instead of learning which there are; their order does not matter. Default: learn them.
    ///
    /// Terms are compared as they are after analysis: in lower case, their tokens joined by one space. `min_df`, `max_df` and
    /// `max_features` then do nothing. `fit` still learns the document frequencies. A term that no text can have, such as one
    /// in capitals where texts are lower-cased, is a column of zeros.
    pub fn vocabulary<S: Into<String>>(mut self, terms: impl IntoIterator<Item = S>) -> Self {
        let mut terms: Vec<String> = terms.into_iter().map(Into::into).collect();
        terms.sort_unstable();
        self.block.vocabulary = Some(terms);
        self
    }

    /// Counts a term once per text, however often it occurs there. Default: false.
    ///
    /// With hashing, as in scikit-learn, a column that is touched counts 1, whatever the signs.
    pub fn binary(mut self, binary: bool) -> Self {
        self.block.binary = binary;
        self
    }

    /// Uses 1 + ln(tf) for the count tf of a term in a text. Default: false.
    pub fn sublinear_tf(mut self, sublinear_tf: bool) -> Self {
        self.block.sublinear_tf = sublinear_tf;
        self
    }

    /// Multiplies each count by the term's inverse document frequency. Default: true for
    /// [`tfidf`](crate::Vectorizer::tfidf), false for [`count`](crate::Vectorizer::count) and
    /// [`hashing`](crate::Vectorizer::hashing).
    pub fn use_idf(mut self, use_idf: bool) -> Self {
        self.block.use_idf = use_idf;
        self
    }

    /// Adds one text that holds every term: idf = ln((1 + n) / (1 + df)) + 1 instead of ln(n / df) + 1. Default: true.
    pub fn smooth_idf(mut self, smooth_idf: bool) -> Self {
        self.block.smooth_idf = smooth_idf;
        self
    }

    /// Weighs by Okapi BM25, in Lucene's form: tf · (k1 + 1) / (tf + k1 · (1 − b + b · length / mean length)), times
    /// idf = ln(1 + (n − df + ½) / (df + ½)); lengths are in tokens, the mean is that of the texts fitted on. Default: off;
    /// usual: 1.2 and 0.75. Ranges: `k1` 0 to 1000, `b` 0 to 1.
    ///
    /// Takes the place of `sublinear_tf` and `smooth_idf`. [`Norm::None`] is usual with it, other norms are obeyed.
    ///
    /// Source: Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond".
    pub fn bm25(mut self, k1: f64, b: f64) -> Self {
        self.block.bm25 = Some(Bm25 { k1, b });
        self
    }

    /// What the length of each row is made. Default: [`Norm::L2`] for [`tfidf`](crate::Vectorizer::tfidf) and
    /// [`hashing`](crate::Vectorizer::hashing), [`Norm::None`] for [`count`](crate::Vectorizer::count).
    pub fn norm(mut self, norm: Norm) -> Self {
        self.block.norm = norm;
        self
    }

    /// Hashes terms into so many columns. Default: 2²⁰. Range: 1 to 2²⁴.
    ///
    /// This and the next two settings make any settings those of [`hashing`](crate::Vectorizer::hashing).
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.block.hashing.get_or_insert_default().n_features = saturate(n_features);
        self
    }

    /// Hashes terms, half of which count −1, so that terms that share a column cancel rather than add up. Default: true.
    pub fn alternate_sign(mut self, alternate_sign: bool) -> Self {
        self.block.hashing.get_or_insert_default().alternate_sign = alternate_sign;
        self
    }

    /// Hashes terms and remembers for each column the most frequent of its terms, so that a model can be explained. Costs
    /// what a vocabulary costs. Default: false; columns are called `#17`.
    pub fn feature_names(mut self, feature_names: bool) -> Self {
        self.block.hashing.get_or_insert_default().feature_names = feature_names;
        self
    }

    /// What all values of the rows are multiplied with, after the norm: how much this block counts beside others. Default:
    /// 1. Range: above 0, at most 10⁶.
    pub fn weight(mut self, weight: f64) -> Self {
        self.block.weight = weight;
        self
    }

    /// Puts the columns of other settings to the right of these: scikit-learn's `FeatureUnion`.
    ///
    /// Each block has its own analysis, weighting, norm and [`weight`](Self::weight). All other methods set the first one.
    ///
    /// ```
    /// use ressenti::Vectorizer;
    /// use ressenti::text::Analyzer;
    ///
    /// let characters = Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(2, 5).weight(0.5);
    /// let params = Vectorizer::tfidf().ngram_range(1, 2).beside(characters);
    /// let vectorizer = params.fit(&["good crew", "bad crew"])?;
    /// assert_eq!(vectorizer.blocks().len(), 2);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn beside(mut self, other: Self) -> Self {
        self.beside.push(other.block);
        self.beside.extend(other.beside);
        self
    }

    /// Without the blocks of characters that stand beside the first.
    pub(crate) fn without_characters_beside(mut self) -> Self {
        self.beside.retain(|block| block.analyzer.unit() == Unit::Tokens);
        self
    }

    /// All blocks, in the order of their columns.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &BlockParams> {
        std::iter::once(&self.block).chain(&self.beside)
    }

    pub(super) fn blocks_mut(&mut self) -> impl Iterator<Item = &mut BlockParams> {
        std::iter::once(&mut self.block).chain(&mut self.beside)
    }

    /// The settings under the names that runs are tracked with; those of a second block end in `_2`, and so on.
    #[must_use]
    pub fn summary(&self) -> Vec<(String, Value<'static>)> {
        let mut summary = Vec::new();
        for (i, block) in self.blocks().enumerate() {
            let suffix = if i == 0 { String::new() } else { format!("_{}", i + 1) };
            let named = block.summary().into_iter();
            summary.extend(named.map(|(name, value)| (format!("{name}{suffix}"), value)));
        }
        summary
    }

    /// The languages that words are stemmed in.
    pub(crate) fn stemmers(&self) -> impl Iterator<Item = Language> {
        self.blocks().filter_map(|block| block.analyzer.chosen_stemmer())
    }

    /// Every range check, for `fit` and for loading.
    pub(crate) fn validate(&self) -> Result<()> {
        self.blocks().try_for_each(BlockParams::validate)
    }
}
