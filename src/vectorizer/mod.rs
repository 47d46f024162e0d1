//! Tokens in, weighted rows out.
//!
//! `fit` counts n-grams of tokens (`counts`), keeps those that the settings ask for in a sorted [`Vocabulary`], and
//! remembers their document frequencies as weights (`weighting`). `transform` looks the n-grams of a text up (`index`) and
//! pays out a row. What a label is, or what a row is used for, is not known here.

mod arena;
mod counts;
mod index;
mod interner;
mod params;
mod vocabulary;
mod weighting;

use serde::{Deserialize, Serialize};

pub use params::{DocFreq, Norm, VectorizerParams};
pub use vocabulary::Vocabulary;

use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::rows::Rows;
use crate::text::Analyzer;
use counts::Counts;
use index::TermIndex;
pub(crate) use index::{RowScratch, TextCounts};
use weighting::Weighting;

/// How many texts are analysed between two reports of progress, or transformed in one piece.
const TEXTS_PER_ROUND: usize = 1 << 13;

/// Turns texts into rows of numbers: the fitted form of [`VectorizerParams`].
///
/// What `fit` learnt is fixed: a text has the same row alone as among others, today and after loading.
///
/// ```
/// use ressenti::Vectorizer;
///
/// let (vectorizer, rows) = Vectorizer::tfidf().fit_transform(&["good crew", "bad crew", "good"])?;
/// assert_eq!(vectorizer.vocabulary().iter().collect::<Vec<_>>(), ["bad", "crew", "good"]);
/// assert_eq!(rows.n_rows(), 3);
///
/// // idf = ln((1 + texts) / (1 + texts with the term)) + 1
/// assert_eq!(vectorizer.idf().unwrap()[0], (4.0f64 / 2.0).ln() + 1.0);
///
/// let unseen = vectorizer.transform(&["", "a good, GOOD flight"]);
/// assert_eq!(unseen.row(0), (&[][..], &[][..]));
/// assert_eq!(unseen.row(1), (&[2][..], &[1.0][..]));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "VectorizerParts", into = "VectorizerParts")]
pub struct Vectorizer {
    params: VectorizerParams,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    index: TermIndex,
    weighting: Weighting,
    n_documents: u64,
}

/// Far above ln(2⁶⁴) + 1, and so small that no value of a row can overflow.
const HIGHEST_IDF: f64 = 1e6;

/// What of a [`Vectorizer`] is stored; the rest is built from it.
#[derive(Serialize, Deserialize)]
struct VectorizerParts {
    params: VectorizerParams,
    vocabulary: Vocabulary,
    idf: Option<Vec<f64>>,
    n_documents: u64,
}

impl From<Vectorizer> for VectorizerParts {
    fn from(v: Vectorizer) -> Self {
        Self {
            params: v.params,
            vocabulary: v.vocabulary,
            idf: v.weighting.into_idf(),
            n_documents: v.n_documents,
        }
    }
}

impl TryFrom<VectorizerParts> for Vectorizer {
    type Error = Error;

    fn try_from(parts: VectorizerParts) -> Result<Self> {
        let VectorizerParts { params, vocabulary, idf, n_documents } = parts;
        params.validate()?;
        let problem = match &idf {
            Some(idf) if idf.len() != vocabulary.len() => {
                Some(format!("{} values for {} terms", idf.len(), vocabulary.len()))
            }
            Some(idf) => idf
                .iter()
                .find(|x| !(0.0..=HIGHEST_IDF).contains(*x))
                .map(|x| format!("{x} is not within 0..={HIGHEST_IDF}")),
            None => None,
        };
        match problem {
            Some(problem) => Err(Error::InvalidValues { what: "idf", problem }),
            None if idf.is_some() != params.use_idf => Err(Error::InvalidValues {
                what: "idf",
                problem: "its presence contradicts the setting use_idf".to_owned(),
            }),
            None => Self::new(params, vocabulary, idf, n_documents),
        }
    }
}

impl Vectorizer {
    /// Settings for plain counts, scikit-learn's `CountVectorizer`: no idf, no norm.
    pub fn count() -> VectorizerParams {
        VectorizerParams { use_idf: false, norm: Norm::None, ..VectorizerParams::default() }
    }

    /// Settings for TF-IDF, scikit-learn's `TfidfVectorizer`: smooth idf, rows of length 1.
    pub fn tfidf() -> VectorizerParams {
        VectorizerParams::default()
    }

    fn new(
        params: VectorizerParams,
        vocabulary: Vocabulary,
        idf: Option<Vec<f64>>,
        n_documents: u64,
    ) -> Result<Self> {
        let analyzer = params.analyzer.build()?;
        let index = TermIndex::new(&vocabulary, params.ngram_range)?;
        let weighting = Weighting::new(&params, idf);
        Ok(Self { params, analyzer, vocabulary, index, weighting, n_documents })
    }

    /// The settings it was fitted with.
    pub fn params(&self) -> &VectorizerParams {
        &self.params
    }

    /// What turns texts into tokens here.
    #[must_use]
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// The terms, one per column, in the order of the columns.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The inverse document frequency of each column, or `None` where the settings do without.
    #[must_use]
    pub fn idf(&self) -> Option<&[f64]> {
        self.weighting.idf()
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
        let pieces = parallel::threads().max(texts.len().div_ceil(TEXTS_PER_ROUND));
        // Waking other threads for nothing takes longer than a text.
        let pieces = pieces.min(texts.len());
        let parts = parallel::map((0..pieces).collect(), |i| {
            let mut part = RowsPart::default();
            let mut scratch = RowScratch::default();
            for text in &texts[parallel::piece(texts.len(), pieces, i)] {
                self.transform_one(text.as_ref(), &mut scratch);
                part.push(&scratch);
            }
            part
        });
        RowsPart::join(parts, texts.len(), self.vocabulary.len())
    }

    /// Leaves the row of one text in `scratch` and says what it was counted from.
    pub(crate) fn transform_one(&self, text: &str, scratch: &mut RowScratch) -> TextCounts {
        let counts = self.index.count(&self.analyzer, text, scratch);
        self.weighting.weigh(scratch);
        counts
    }
}

impl VectorizerParams {
    /// Learns vocabulary and document frequencies from texts.
    ///
    /// Errors: [`Error::InvalidParameter`] for a setting out of range, [`Error::NoTexts`], and
    /// [`Error::EmptyVocabulary`] if no term is left after analysis and pruning.
    pub fn fit<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vectorizer> {
        self.fit_counts(texts, None).map(|(vectorizer, _)| vectorizer)
    }

    /// [`fit`](Self::fit), and the rows of the same texts; they are analysed once.
    pub fn fit_transform<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<(Vectorizer, Rows)> {
        self.fit_transform_with(texts, None)
    }

    /// [`fit_transform`](Self::fit_transform), reporting progress.
    pub(crate) fn fit_transform_with<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Rows)> {
        let (vectorizer, counts) = self.fit_counts(texts, progress)?;
        report(progress, Stage::Weight, 0, texts.len())?;
        let n_columns = vectorizer.vocabulary.len();
        let parts = counts.into_rows(|scratch| vectorizer.weighting.weigh(scratch));
        let rows = RowsPart::join(parts, texts.len(), n_columns);
        report(progress, Stage::Weight, texts.len(), texts.len())?;
        Ok((vectorizer, rows))
    }

    fn fit_counts<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Counts)> {
        self.validate()?;
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "learn a vocabulary from" });
        }
        let analyzer = self.analyzer.build()?;
        let mut counts = Counts::of(texts, &analyzer, self.ngram_range, progress)?;
        let terms = counts.select(self)?;
        let idf = self.use_idf.then(|| {
            let idf =
                |&(_, df): &(_, u32)| weighting::idf(df, counts.n_documents(), self.smooth_idf);
            terms.iter().map(idf).collect()
        });
        let vocabulary = Vocabulary::from_sorted(terms.iter().map(|(term, _)| term.as_str()))?;
        let vectorizer = Vectorizer::new(self.clone(), vocabulary, idf, counts.n_documents())?;
        Ok((vectorizer, counts))
    }
}

/// Some of the rows of a matrix in the making.
#[derive(Debug, Default)]
pub(crate) struct RowsPart {
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl RowsPart {
    /// Room for so many rows with so many entries in all.
    fn with_capacity(n_rows: usize, nnz: usize) -> Self {
        Self {
            ends: Vec::with_capacity(n_rows),
            columns: Vec::with_capacity(nnz),
            values: Vec::with_capacity(nnz),
        }
    }

    /// Takes over the row in `scratch`.
    pub(crate) fn push(&mut self, scratch: &RowScratch) {
        self.columns.extend_from_slice(scratch.columns());
        self.values.extend_from_slice(scratch.values());
        self.ends.push(self.columns.len());
    }

    /// The matrix of all parts, one after the other.
    fn join(parts: Vec<Self>, n_rows: usize, n_columns: usize) -> Rows {
        let nnz = parts.iter().map(|p| p.columns.len()).sum();
        let mut indptr = Vec::with_capacity(n_rows + 1);
        indptr.push(0);
        let (mut columns, mut values) = (vec![0; nnz], vec![0.0; nnz]);
        let (mut columns_left, mut values_left) = (&mut columns[..], &mut values[..]);
        let mut copies = Vec::with_capacity(parts.len());
        for part in parts {
            let start = nnz - columns_left.len();
            indptr.extend(part.ends.iter().map(|end| start + end));
            let (columns, values);
            (columns, columns_left) = columns_left.split_at_mut(part.columns.len());
            (values, values_left) = values_left.split_at_mut(part.values.len());
            copies.push((part, columns, values));
        }
        parallel::map(copies, |(part, columns, values)| {
            columns.copy_from_slice(&part.columns);
            values.copy_from_slice(&part.values);
        });
        Rows::from_parts(n_columns, indptr, columns, values)
    }
}
