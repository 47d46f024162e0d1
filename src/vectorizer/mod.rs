//! Tokens in, weighted rows out.
//!
//! `fit` (`fit`) reads texts (`reader`), counts n-grams of their tokens (`terms`, `counts`), keeps those that the settings ask for in
//! a sorted [`Vocabulary`], and remembers their document frequencies as weights (`weighting`). `transform` looks the n-grams
//! of a text up (`index`, `forms`) or hashes them (`hashing`), block by block (`block`), and pays out a row (`scratch`, `build`) or only what
//! comes of it (`product`); `places` says where in the text they stand. The texts of a fit become rows where they were read, for a
//! training that looks at no single value (`bag`). What a label is, or what a row is used for, is not known here.

mod arena;
mod bag;
mod block;
mod block_params;
mod build;
mod counts;
mod fit;
mod forms;
mod hashing;
mod index;
mod key;
mod lookups;
mod pairs;
mod params;
mod places;
mod plain;
mod product;
mod reader;
mod scratch;
mod selected;
mod shared;
mod table;
mod terms;
mod tokens;
mod vocabulary;
mod weighting;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub(crate) use bag::BagsOrRows;
pub use block::Block;
pub use counts::TermCounts;
pub use params::{DocFreq, Norm, VectorizerParams};
pub use vocabulary::Vocabulary;

use crate::bags;
use crate::error::{Error, Result};
use crate::parallel;
use crate::persist::FormatVersion;
use crate::rows::Rows;
use crate::views::Texts;
use block::BlockParts;
use build::rows_of;
use counts::Columns;
pub(crate) use places::{Place, Places};
pub(crate) use plain::PlainVectorizer;
pub(crate) use product::Product;
use reader::{Source, joined};
pub(crate) use scratch::{RowScratch, TextCounts};
pub(crate) use shared::Shared;

/// How many texts are analysed between two reports of progress.
const TEXTS_PER_ROUND: usize = 1 << 14;
/// How many texts are one piece of work; a round has whole ones.
const TEXTS_PER_PIECE: usize = bags::PIECE;

/// Turns texts into rows of numbers: the fitted form of [`VectorizerParams`].
///
/// What `fit` learnt is fixed: a text has the same row alone as among others, today and after loading.
///
/// ```
/// use ressenti::Vectorizer;
///
/// let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good crew", "bad crew", "good"])?;
/// assert_eq!(vectorizer.feature_names().collect::<Vec<_>>(), ["bad", "crew", "good"]);
/// assert_eq!(rows.n_rows(), 3);
///
/// // idf = ln((1 + texts) / (1 + texts with the term)) + 1
/// assert_eq!(vectorizer.blocks()[0].idf().unwrap()[0], (4.0f64 / 2.0).ln() + 1.0);
///
/// let unseen = vectorizer.transform(&["", "a good, GOOD flight"]);
/// assert_eq!(unseen.row(0), (&[][..], &[][..]));
/// assert_eq!(unseen.row(1), (&[2][..], &[1.0][..]));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "VectorizerParts", into = "VectorizerParts")]
pub struct Vectorizer {
    params: VectorizerParams,
    blocks: Vec<Block>,
    n_documents: u64,
}

/// What of a [`Vectorizer`] is stored; the rest is built from it.
#[derive(Serialize, Deserialize)]
struct VectorizerParts {
    format: FormatVersion,
    params: VectorizerParams,
    blocks: Vec<BlockParts>,
    n_documents: u64,
}

impl From<Vectorizer> for VectorizerParts {
    fn from(v: Vectorizer) -> Self {
        let mut params = v.params;
        // A given vocabulary is that of the block, and need not be stored twice.
        params.blocks_mut().filter_map(|block| block.vocabulary.as_mut()).for_each(Vec::clear);
        let blocks = v.blocks.into_iter().map(BlockParts::from).collect();
        Self { format: FormatVersion, params, blocks, n_documents: v.n_documents }
    }
}

impl TryFrom<VectorizerParts> for Vectorizer {
    type Error = Error;

    fn try_from(parts: VectorizerParts) -> Result<Self> {
        let VectorizerParts { format: FormatVersion, mut params, blocks, n_documents } = parts;
        for (params, block) in params.blocks_mut().zip(&blocks) {
            if let (Some(given), Some(vocabulary)) = (&mut params.vocabulary, &block.vocabulary) {
                *given = vocabulary.iter().map(str::to_owned).collect();
            }
        }
        params.validate()?;
        Self::new(params, blocks, n_documents)
    }
}

impl Vectorizer {
    /// Settings for plain counts, scikit-learn's `CountVectorizer`: no idf, no norm.
    pub fn count() -> VectorizerParams {
        VectorizerParams::default().use_idf(false).norm(Norm::None)
    }

    /// Settings for TF-IDF, scikit-learn's `TfidfVectorizer`: smooth idf, rows of length 1.
    pub fn tfidf() -> VectorizerParams {
        VectorizerParams::default()
    }

    /// Settings for hashed columns, scikit-learn's `HashingVectorizer`: 2²⁰ columns, alternating signs, no idf, rows of
    /// length 1.
    ///
    /// Nothing has to be learnt or kept, and terms that were never seen count too; in return terms can share a column, and
    /// columns have names only [on request](VectorizerParams::feature_names).
    ///
    /// ```
    /// use ressenti::Vectorizer;
    ///
    /// let vectorizer = Vectorizer::hashing().n_features(1 << 10).fit(&["good crew"])?;
    /// let row = vectorizer.transform(&["never seen"]);
    /// assert_eq!((vectorizer.n_features(), row.nnz()), (1024, 2));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn hashing() -> VectorizerParams {
        VectorizerParams::default().use_idf(false).alternate_sign(true)
    }

    fn new(params: VectorizerParams, parts: Vec<BlockParts>, n_documents: u64) -> Result<Self> {
        if params.blocks().count() != parts.len() {
            let problem = "there are not as many as settings of blocks".to_owned();
            return Err(Error::InvalidValues { what: "blocks", problem });
        }
        let of_blocks = params.blocks().zip(parts).collect();
        let blocks = parallel::map(of_blocks, |(params, parts)| Block::new(params, parts));
        let mut blocks = blocks.into_iter().collect::<Result<Vec<_>>>()?;
        let mut first = 0;
        for block in &mut blocks {
            first = block.begin_at(first)?;
        }
        Ok(Self { params, blocks, n_documents })
    }

    /// A vectorizer that was just learnt, without the lemmas that it has no use for.
    fn learnt(params: VectorizerParams, parts: Vec<BlockParts>, n_documents: u64) -> Result<Self> {
        let mut vectorizer = Self::new(params, parts, n_documents)?;
        for (params, block) in vectorizer.params.blocks_mut().zip(&mut vectorizer.blocks) {
            block.forget_lemmas(params)?;
        }
        Ok(vectorizer)
    }

    /// The columns of another fitted vectorizer to the right of its own, both as they are.
    pub(crate) fn beside(&self, other: &Self) -> Result<Self> {
        let blocks = self.blocks.iter().chain(&other.blocks).cloned().map(BlockParts::from);
        let params = self.params.clone().beside(other.params.clone());
        Self::new(params, blocks.collect(), self.n_documents)
    }

    /// The settings it was fitted with, but of [lemmas](crate::text::AnalyzerParams::lemmatizer) only what its terms need:
    /// to fit anew with lemmas, use the settings that you made.
    pub fn params(&self) -> &VectorizerParams {
        &self.params
    }

    /// Its analyses, one after the other in the order of their columns; one, unless there are others
    /// [`beside`](VectorizerParams::beside) it.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// How many columns its rows have.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.columns().end)
    }

    /// The term of each column. Columns of hashed terms are called `#17`, unless their
    /// [names](VectorizerParams::feature_names) were asked for.
    pub fn feature_names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.blocks.iter().flat_map(|block| (0..block.columns().len()).map(|i| block.name(i)))
    }

    /// The term of a column.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[must_use]
    pub fn feature_name(&self, column: usize) -> Cow<'_, str> {
        let block = self.blocks.iter().find(|block| block.columns().contains(&column));
        let n = self.n_features();
        let block = block.unwrap_or_else(|| panic!("column {column} of {n} was asked for"));
        block.name(column - block.columns().start)
    }

    /// The column of a term, if it has one: in the first block that has.
    #[must_use]
    pub fn column(&self, term: &str) -> Option<usize> {
        self.blocks.iter().find_map(|block| block.column(term))
    }

    /// How many texts `fit` saw, empty ones included.
    #[must_use]
    pub fn n_documents(&self) -> u64 {
        self.n_documents
    }

    /// The rows of texts, in their order; on all threads of the caller's rayon pool.
    ///
    /// A text without a known term, such as an empty one, has a row of zeros.
    #[must_use]
    pub fn transform<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Rows {
        self.transform_all(Texts::of(&texts))
    }

    pub(crate) fn transform_all(&self, texts: Texts<'_>) -> Rows {
        self.rows_from(texts, Source::Raw)
    }

    fn rows_from(&self, texts: Texts<'_>, source: Source) -> Rows {
        rows_of(texts, self.n_features(), |text, scratch| {
            self.blocks.iter().for_each(|block| source.transform(block, text, scratch));
        })
    }

    /// The rows of texts as tokens that the caller made; see [`VectorizerParams::fit_tokens`].
    ///
    /// Errors: [`Error::InvalidParameter`] for a vectorizer of characters, and [`Error::InvalidValues`] for a token that is
    /// empty or holds a space.
    pub fn transform_tokens<D: AsRef<[S]> + Sync, S: AsRef<str>>(
        &self,
        documents: &[D],
    ) -> Result<Rows> {
        let units = self.blocks.iter().map(|block| block.analyzer.unit());
        let documents = &joined(documents, units)?[..];
        Ok(self.rows_from(Texts::of(&documents), Source::Tokens))
    }

    /// Leaves the row of one text in `scratch` and says what it was counted from, in the first block.
    #[inline]
    pub(crate) fn transform_one(&self, text: &str, scratch: &mut RowScratch) -> TextCounts {
        scratch.clear();
        let mut counts = None;
        for block in &self.blocks {
            let of_block = block.transform_one(text, scratch);
            counts.get_or_insert(of_block);
        }
        counts.unwrap_or_default()
    }

    /// The same columns with the document frequencies of other texts: for when the world has moved on and the model should
    /// not yet. The weights of a classifier that was trained on the old rows fit the new ones only roughly.
    ///
    /// Errors: [`Error::NoTexts`], and [`Error::InvalidParameter`] if a term occurs in none of them and `smooth_idf` is off.
    ///
    /// ```
    /// use ressenti::Vectorizer;
    ///
    /// let old = Vectorizer::tfidf().fit(&["good crew", "bad crew"])?;
    /// let new = old.refresh_idf(&["good", "good", "good crew"])?;
    /// assert!(old.feature_names().eq(new.feature_names()));
    /// assert_eq!(new.n_documents(), 3);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn refresh_idf<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Self> {
        self.refreshed(Texts::of(&texts))
    }

    fn refreshed(&self, texts: Texts<'_>) -> Result<Self> {
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "learn document frequencies from" });
        }
        let mut refreshed = Vec::with_capacity(self.blocks.len());
        for (params, block) in self.params.blocks().zip(&self.blocks) {
            let parts = BlockParts::from(block.clone());
            let mut columns = Columns::new(block.finder.clone(), parts.vocabulary.clone());
            columns.add(&block.analyzer, texts, Source::Raw, None)?;
            let (idf, mean_length) = columns.weights(params)?;
            refreshed.push(BlockParts { idf, mean_length, ..parts });
        }
        Self::new(self.params.clone(), refreshed, texts.len() as u64)
    }
}
