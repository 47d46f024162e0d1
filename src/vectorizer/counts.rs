//! What `fit` learns from texts before it chooses and weighs: counts that can be added to, merged and stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::block::{Block, BlockParts, Finder};
use super::build::Read;
use super::hashing::Names;
use super::interner::{NONE, Place, place};
use super::params::BlockParams;
use super::reader::{Documents, Source, Texts, TokenLists};
use super::terms::{Flat, Tally, Terms};
use super::{RowScratch, TEXTS_PER_ROUND, Vectorizer, VectorizerParams, Vocabulary, weighting};
use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::text::{Analyzer, Unit};

/// What was counted in some texts: a [`Vectorizer`] in the making.
///
/// Counts of parts of a corpus, on other machines or at other times, [`merge`](Self::merge) into those of the whole:
/// [`finish`](Self::finish) then gives the very vectorizer that one `fit` on all texts would give, however they were split
/// and in whatever order they were merged. Counts can be stored by serde.
///
/// ```
/// use ressenti::Vectorizer;
///
/// let params = Vectorizer::tfidf().ngram_range(1, 2);
/// let (mut monday, mut tuesday) = (params.term_counts()?, params.term_counts()?);
/// monday.add(&["good crew", "lost bag"])?;
/// tuesday.add(&["bad crew"])?;
/// monday.merge(&tuesday)?;
/// let vectorizer = monday.finish()?;
/// assert_eq!(vectorizer, params.fit(&["good crew", "lost bag", "bad crew"])?);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "TermCountsParts", into = "TermCountsParts")]
pub struct TermCounts {
    params: VectorizerParams,
    blocks: Vec<BlockCounts>,
    max_terms: Option<usize>,
}

/// The counts of one block.
#[derive(Debug, Clone)]
pub(super) struct BlockCounts {
    params: BlockParams,
    analyzer: Analyzer,
    /// Where terms are to be learnt or named.
    terms: Option<Terms>,
    /// Where columns are known from the start.
    columns: Option<Columns>,
}

/// In how many texts each column was touched.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    finder: Finder,
    vocabulary: Option<Vocabulary>,
    df: Vec<u32>,
    n_documents: u32,
    n_tokens: u64,
}

impl Columns {
    pub(super) fn new(finder: Finder, vocabulary: Option<Vocabulary>) -> Self {
        let n_columns = match &finder {
            Finder::Terms(_) => vocabulary.as_ref().map_or(0, Vocabulary::len),
            Finder::Hashed(hashing, _) => hashing.n_features as usize,
        };
        Self { finder, vocabulary, df: vec![0; n_columns], n_documents: 0, n_tokens: 0 }
    }

    /// Counts texts; stopped by the callback, it has counted whole rounds.
    pub(super) fn add<T: Sync, S: Source<T>>(
        &mut self,
        analyzer: &Analyzer,
        texts: &[T],
        _: S,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let total = u64::from(self.n_documents) + texts.len() as u64;
        if u32::try_from(total).is_err() {
            return Err(Error::TooLarge { what: "texts", limit: u32::MAX.into() });
        }
        let pieces = parallel::threads();
        for (i, texts_now) in texts.chunks(TEXTS_PER_ROUND).enumerate() {
            report(progress, Stage::Analyze, i * TEXTS_PER_ROUND, texts.len())?;
            let finder = &self.finder;
            let touched = parallel::map((0..pieces).collect(), |i| {
                let (mut touched, mut n_tokens) = (Vec::new(), 0);
                let mut scratch = RowScratch::default();
                for text in &texts_now[parallel::piece(texts_now.len(), pieces, i)] {
                    scratch.clear();
                    n_tokens += S::find(text, finder, analyzer, &mut scratch).tokens as u64;
                    touched.extend_from_slice(scratch.columns());
                }
                (touched, n_tokens)
            });
            for (touched, n_tokens) in touched {
                self.n_tokens = self.n_tokens.saturating_add(n_tokens);
                for column in touched {
                    self.df[column as usize] += 1;
                }
            }
            self.n_documents += texts_now.len() as u32;
        }
        report(progress, Stage::Analyze, texts.len(), texts.len())
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        self.n_documents = add_documents(self.n_documents, other.n_documents)?;
        self.n_tokens = self.n_tokens.saturating_add(other.n_tokens);
        self.df.iter_mut().zip(&other.df).for_each(|(df, other)| *df += other);
        Ok(())
    }

    /// The idf of each column and the mean length of the texts.
    pub(super) fn weights(&self, params: &BlockParams) -> Result<(Option<Vec<f64>>, f64)> {
        let n = self.n_documents;
        let unseen = self.df.iter().position(|&df| df == 0);
        if let Some(column) = unseen
            && params.use_idf
            && !params.smooth_idf
            && params.bm25.is_none()
        {
            let term = match &self.vocabulary {
                Some(vocabulary) => format!("false with {:?}", vocabulary.term(column)),
                None => "false with hashing".to_owned(),
            };
            return Err(Error::InvalidParameter {
                name: "smooth_idf",
                found: term,
                expected: "divides by 0 texts that hold it; set smooth_idf(true), or leave the term out",
            });
        }
        let idf = |&df: &u32| weighting::idf(df, n, params);
        let idf = params.use_idf.then(|| self.df.iter().map(idf).collect());
        Ok((idf, mean(self.n_tokens, n)))
    }
}

fn add_documents(n: u32, more: u32) -> Result<u32> {
    n.checked_add(more).ok_or(Error::TooLarge { what: "texts", limit: u32::MAX.into() })
}

fn mean(sum: u64, n: u32) -> f64 {
    if n == 0 { 0.0 } else { sum as f64 / f64::from(n) }
}

impl BlockCounts {
    pub(super) fn new(params: &BlockParams) -> Result<Self> {
        params.validate()?;
        let analyzer = params.analyzer.build()?;
        let vocabulary = match &params.vocabulary {
            Some(terms) => Some(Vocabulary::from_sorted(terms.iter().map(String::as_str))?),
            None => None,
        };
        let columns = if vocabulary.is_some() || params.hashing.is_some() {
            let finder = Block::finder(params, &analyzer, vocabulary.as_ref())?;
            Some(Columns::new(finder, vocabulary))
        } else {
            None
        };
        let named = params.hashing.is_some_and(|hashing| hashing.feature_names);
        let learn = columns.is_none() || named;
        let terms = learn.then(|| Terms::new(params.ngram_range, analyzer.unit()));
        Ok(Self { params: params.clone(), analyzer, terms, columns })
    }

    pub(super) fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    pub(super) fn n_documents(&self) -> u32 {
        let of_columns = self.columns.as_ref().map(|columns| columns.n_documents);
        of_columns.or(self.terms.as_ref().map(Terms::n_documents)).unwrap_or(0)
    }

    fn n_terms(&self) -> usize {
        self.terms.as_ref().map_or(0, Terms::len)
    }

    /// Counts texts. `keep` receives their tokens if columns are learnt.
    pub(super) fn add<T: Sync, S: Source<T>>(
        &mut self,
        texts: &[T],
        source: S,
        keep: Option<&mut Vec<Documents>>,
        max_terms: Option<usize>,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let keep = keep.filter(|_| self.columns.is_none());
        if let Some(terms) = &mut self.terms {
            terms.add(&self.analyzer, texts, S::read, keep, max_terms, progress)?;
        }
        match &mut self.columns {
            Some(columns) => columns.add(&self.analyzer, texts, source, progress),
            None => Ok(()),
        }
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        if let (Some(terms), Some(other)) = (&mut self.terms, &other.terms) {
            terms.merge(other)?;
        }
        match (&mut self.columns, &other.columns) {
            (Some(columns), Some(other)) => columns.merge(other),
            _ => Ok(()),
        }
    }

    /// The terms that the settings keep, with their counts, in alphabetical order.
    fn select(&self, terms: &Terms) -> Result<Vec<(String, Tally)>> {
        let params = &self.params;
        let n = terms.n_documents();
        let (low, high) = (params.min_df.of(n.into()), params.max_df.of(n.into()));
        let keep = |t: &Tally| t.df > 0 && (low..=high).contains(&f64::from(t.df));
        let most = params.max_features.map(|most| most as usize);
        let frequency = |t: &Tally| if params.binary { t.df } else { t.total };
        let selected = terms.select(keep, most, frequency);
        if selected.is_empty() {
            let reason = if terms.select(|t| t.df > 0, Some(1), |t| t.df).is_empty() {
                "they hold no token; are they empty, or is every word a stop word or shorter than the n-grams?"
            } else {
                "min_df and max_df exclude every term; lower min_df or raise max_df"
            };
            return Err(Error::EmptyVocabulary { documents: n as usize, reason });
        }
        Ok(selected)
    }

    /// What a block is made of.
    pub(super) fn parts(&self) -> Result<BlockParts> {
        if let Some(columns) = &self.columns {
            let (idf, mean_length) = columns.weights(&self.params)?;
            let names = match (&self.terms, self.params.hashing) {
                (Some(terms), Some(hashing)) => {
                    let all = terms.select(|t| t.df > 0, None, |t| t.total).into_iter();
                    Names::new(hashing, all.map(|(term, tally)| (term, tally.total)))
                }
                _ => Names::default(),
            };
            return Ok(BlockParts {
                vocabulary: columns.vocabulary.clone(),
                names,
                idf,
                mean_length,
            });
        }
        let Some(terms) = &self.terms else { unreachable!("a block without columns has terms") };
        let selected = self.select(terms)?;
        let n = terms.n_documents();
        let idf = |(_, tally): &(String, Tally)| weighting::idf(tally.df, n, &self.params);
        let idf = self.params.use_idf.then(|| selected.iter().map(idf).collect());
        let vocabulary = Vocabulary::from_sorted(selected.iter().map(|(term, _)| term.as_str()))?;
        let mean_length = mean(terms.n_tokens(), n);
        Ok(BlockParts { vocabulary: Some(vocabulary), names: Names::default(), idf, mean_length })
    }

    /// The documents that were kept, with what is needed to read them, and nothing else of the counts.
    pub(super) fn into_documents(self, documents: Vec<Documents>) -> Option<Read> {
        let terms = self.terms.filter(|_| self.columns.is_none())?;
        Some(Read { documents, tokens: terms.into_document_tokens() })
    }
}

impl VectorizerParams {
    /// Begins to count texts, for when they are not all at hand: see [`TermCounts`].
    ///
    /// Errors: [`Error::InvalidParameter`] for a setting out of range.
    pub fn term_counts(&self) -> Result<TermCounts> {
        let blocks = self.blocks().map(BlockCounts::new).collect::<Result<_>>()?;
        Ok(TermCounts { params: self.clone(), blocks, max_terms: None })
    }
}

impl TermCounts {
    /// Keeps no more than about so many different terms in memory, for corpora that have more than fit. Default: all. Range:
    /// 1 and more, per block; during a round of some thousand texts there can be as many more as these bring.
    ///
    /// When there are more, the rarest are forgotten, until half of them are left; a term that comes again is counted from
    /// nothing. So the counts of frequent terms are exact, and those of terms that occur less often than what was forgotten
    /// may be too low; which ones depends on how texts are split into calls and machines. About 60 bytes a term, and those of
    /// its words.
    #[must_use]
    pub fn max_terms(mut self, max_terms: usize) -> Self {
        self.max_terms = Some(max_terms);
        self
    }

    /// Counts texts, on all threads of the caller's rayon pool.
    ///
    /// Errors: [`Error::InvalidParameter`] for a [`max_terms`](Self::max_terms) of 0, and [`Error::TooLarge`] for more than
    /// 2³² − 1 texts, 2³¹ different terms or 4 GiB of different tokens; after either of the last two the counts are of no use
    /// any more.
    pub fn add<T: AsRef<str> + Sync>(&mut self, texts: &[T]) -> Result<()> {
        self.add_from(texts, Texts, None)
    }

    /// [`add`](Self::add), reporting progress; stopped by the callback, it has counted whole rounds of some thousand texts.
    ///
    /// Errors: also [`Error::Cancelled`].
    pub fn add_with<T: AsRef<str> + Sync>(
        &mut self,
        texts: &[T],
        progress: &dyn Progress,
    ) -> Result<()> {
        self.add_from(texts, Texts, Some(progress))
    }

    /// Counts texts as tokens that the caller made: see [`VectorizerParams::fit_tokens`].
    ///
    /// Errors: also [`Error::InvalidValues`] for a token that is empty or holds a space.
    pub fn add_tokens<D: AsRef<[S]> + Sync, S: AsRef<str>>(
        &mut self,
        documents: &[D],
    ) -> Result<()> {
        self.add_from(documents, TokenLists::new(), None)
    }

    fn add_from<T: Sync, S: Source<T>>(
        &mut self,
        texts: &[T],
        source: S,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let max_terms = self.max_terms;
        if max_terms == Some(0) {
            return Err(Error::InvalidParameter {
                name: "max_terms",
                found: "0".to_owned(),
                expected: "leaves no term; give at least 1, or leave it out to keep all",
            });
        }
        if self.n_documents() + texts.len() as u64 > u32::MAX.into() {
            return Err(Error::TooLarge { what: "texts", limit: u32::MAX.into() });
        }
        S::check(texts, &self.analyzers())?;
        // All blocks have counted the same texts at every moment at which work can be stopped.
        let rounds = if progress.is_some() { TEXTS_PER_ROUND } else { texts.len().max(1) };
        for (i, round) in texts.chunks(rounds).enumerate() {
            report(progress, Stage::Analyze, i * rounds, texts.len())?;
            for block in &mut self.blocks {
                block.add(round, source, None, max_terms, None)?;
            }
        }
        report(progress, Stage::Analyze, texts.len(), texts.len())
    }

    fn analyzers(&self) -> Vec<&Analyzer> {
        self.blocks.iter().map(|block| &block.analyzer).collect()
    }

    /// Adds the counts of other texts.
    ///
    /// Errors: [`Error::InvalidParameter`] if they were counted with other settings, [`Error::TooLarge`].
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.params != other.params {
            return Err(Error::InvalidParameter {
                name: "settings",
                found: "of the other counts".to_owned(),
                expected: "differ from these; count all parts of a corpus with the same settings",
            });
        }
        let max_terms = self.max_terms.unwrap_or(usize::MAX);
        for (block, other) in self.blocks.iter_mut().zip(&other.blocks) {
            block.merge(other)?;
            block.terms.as_mut().map_or(Ok(()), |terms| terms.keep_to(max_terms))?;
        }
        Ok(())
    }

    /// How many texts were counted.
    #[must_use]
    pub fn n_documents(&self) -> u64 {
        self.blocks.first().map_or(0, |block| block.n_documents().into())
    }

    /// How many different terms there are, in all blocks, also those that are only the beginning of one.
    #[must_use]
    pub fn n_terms(&self) -> usize {
        self.blocks.iter().map(BlockCounts::n_terms).sum()
    }

    /// The vectorizer that was learnt.
    ///
    /// Errors: [`Error::NoTexts`], and [`Error::EmptyVocabulary`] if no term is left after pruning.
    pub fn finish(&self) -> Result<Vectorizer> {
        if self.n_documents() == 0 {
            return Err(Error::NoTexts { task: "learn a vocabulary from" });
        }
        let parts = self.blocks.iter().map(BlockCounts::parts).collect::<Result<_>>()?;
        Vectorizer::learnt(self.params.clone(), parts, self.n_documents())
    }
}

impl fmt::Debug for TermCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TermCounts")
            .field("params", &self.params)
            .field("n_documents", &self.n_documents())
            .field("n_terms", &self.n_terms())
            .finish_non_exhaustive()
    }
}

/// The stored form of [`TermCounts`].
#[derive(Serialize, Deserialize)]
struct TermCountsParts {
    params: VectorizerParams,
    max_terms: Option<u64>,
    blocks: Vec<BlockCountsParts>,
}

#[derive(Serialize, Deserialize)]
struct BlockCountsParts {
    n_documents: u32,
    n_tokens: u64,
    tokens: Vec<(String, u32, u32)>,
    pairs: Vec<(u32, u32, u32, u32)>,
    df: Vec<u32>,
}

impl From<TermCounts> for TermCountsParts {
    fn from(counts: TermCounts) -> Self {
        let block = |block: BlockCounts| {
            let flat = block.terms.as_ref().map(Terms::to_flat).unwrap_or_default();
            let n_tokens = match (&block.columns, &block.terms) {
                (Some(columns), _) => columns.n_tokens,
                (None, Some(terms)) => terms.n_tokens(),
                (None, None) => 0,
            };
            let named = flat.tokens.texts().zip(&flat.tallies);
            BlockCountsParts {
                n_documents: block.n_documents(),
                n_tokens,
                tokens: named.map(|(text, t)| (text.to_owned(), t.df, t.total)).collect(),
                pairs: flat
                    .pairs
                    .iter()
                    .map(|&(p, t, tally)| (p, t, tally.df, tally.total))
                    .collect(),
                df: block.columns.map(|columns| columns.df).unwrap_or_default(),
            }
        };
        Self {
            params: counts.params,
            max_terms: counts.max_terms.map(|n| n as u64),
            blocks: counts.blocks.into_iter().map(block).collect(),
        }
    }
}

impl TryFrom<TermCountsParts> for TermCounts {
    type Error = Error;

    fn try_from(parts: TermCountsParts) -> Result<Self> {
        let mut counts = parts.params.term_counts()?;
        counts.max_terms = parts.max_terms.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        if counts.blocks.len() != parts.blocks.len() {
            return Err(invalid("there are not as many blocks as settings of blocks"));
        }
        for (block, parts) in counts.blocks.iter_mut().zip(parts.blocks) {
            block.restore(parts)?;
        }
        let n = counts.n_documents();
        if counts.blocks.iter().any(|block| u64::from(block.n_documents()) != n) {
            return Err(invalid("its blocks have counted different numbers of texts"));
        }
        Ok(counts)
    }
}

fn invalid(problem: &str) -> Error {
    Error::InvalidValues { what: "term counts", problem: problem.to_owned() }
}

impl BlockCounts {
    /// Takes over stored counts, if they can be true.
    fn restore(&mut self, parts: BlockCountsParts) -> Result<()> {
        let BlockCountsParts { n_documents, n_tokens, tokens, pairs, df } = parts;
        let tally = |df: u32, total: u32| {
            if df <= n_documents && df <= total {
                Ok(Tally::new(df, total))
            } else {
                Err(invalid("a term occurs in more texts than there are, or than it occurs at all"))
            }
        };
        match &mut self.columns {
            Some(columns) if columns.df.len() == df.len() => {
                if df.iter().any(|&df| df > n_documents) {
                    return Err(invalid("a column occurs in more texts than there are"));
                }
                columns.df = df;
                columns.n_documents = n_documents;
                columns.n_tokens = n_tokens;
            }
            None if df.is_empty() => {}
            _ => return Err(invalid("there are not as many counts as columns")),
        }
        let Some(terms) = &mut self.terms else {
            let empty = tokens.is_empty() && pairs.is_empty();
            return if empty {
                Ok(())
            } else {
                Err(invalid("there are terms that nobody asked for"))
            };
        };
        let mut flat = Flat::default();
        for (text, df, total) in &tokens {
            let is_token = match self.analyzer.unit() {
                Unit::Tokens => !text.is_empty() && !text.contains(' '),
                Unit::Characters | Unit::CharactersOfWords => text.chars().count() == 1,
            };
            if !is_token || flat.tokens.intern(text)? as usize != flat.tallies.len() {
                return Err(invalid("a token is no token, or there twice"));
            }
            flat.tallies.push(tally(*df, *total)?);
        }
        // How many tokens each of the longer terms has.
        let mut lengths: Vec<u32> = Vec::with_capacity(pairs.len());
        for (parent, token, df, total) in pairs {
            let length = match place(parent) {
                _ if parent == NONE => None,
                Place::Token(parent) => (parent < flat.tokens.len()).then_some(2),
                Place::Pair(parent) => lengths.get(parent).map(|length| length + 1),
            };
            let length = length.filter(|&length| length <= self.params.ngram_range.1);
            let known = (token as usize) < flat.tokens.len();
            lengths.push(
                length
                    .filter(|_| known)
                    .ok_or_else(|| invalid("a term is too long, or of unknown parts"))?,
            );
            flat.pairs.push((parent, token, tally(df, total)?));
        }
        let unit = self.analyzer.unit();
        *terms = Terms::from_flat(&flat, self.params.ngram_range, unit, n_documents, n_tokens)?;
        if terms.len() != flat.tokens.len() + flat.pairs.len() {
            return Err(invalid("a term is there twice"));
        }
        Ok(())
    }
}
