//! What `fit` learns from texts before it chooses and weighs: counts that can be added to, merged and stored.

mod block;
mod columns;
mod stored;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(super) use block::BlockCounts;
pub(super) use columns::Columns;

use super::reader::{Source, joined};
use super::{TEXTS_PER_ROUND, Vectorizer, VectorizerParams};
use crate::error::{Error, Result};
use crate::progress::{Progress, Stage, report};
use crate::views::Texts;
use stored::TermCountsParts;

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
    /// When there are more, the rarest are forgotten, until half of them are left, and equally rare ones together; a term
    /// that comes again is counted from nothing. So the counts of a term that was never among the rarest are exact, and those
    /// of others may be too low; which ones depends on how texts are split into calls and machines. A term of two tokens and
    /// more takes 32 to 48 bytes, a token some more and its text.
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
        self.add_from(Texts::of(&texts), Source::Raw, None)
    }

    /// [`add`](Self::add), reporting progress; stopped by the callback, it has counted whole rounds of some thousand texts.
    ///
    /// Errors: also [`Error::Cancelled`].
    pub fn add_with<T: AsRef<str> + Sync>(
        &mut self,
        texts: &[T],
        progress: &dyn Progress,
    ) -> Result<()> {
        self.add_from(Texts::of(&texts), Source::Raw, Some(progress))
    }

    /// Counts texts as tokens that the caller made: see [`VectorizerParams::fit_tokens`].
    ///
    /// Errors: also [`Error::InvalidValues`] for a token that is empty or holds a space.
    pub fn add_tokens<D: AsRef<[S]> + Sync, S: AsRef<str>>(
        &mut self,
        documents: &[D],
    ) -> Result<()> {
        let documents =
            &joined(documents, self.blocks.iter().map(|block| block.analyzer.unit()))?[..];
        self.add_from(Texts::of(&documents), Source::Tokens, None)
    }

    fn add_from(
        &mut self,
        texts: Texts<'_>,
        source: Source,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let max_terms = self.max_terms;
        self.check_max_terms()?;
        if self.n_documents() + texts.len() as u64 > u32::MAX.into() {
            return Err(Error::TooLarge { what: "texts", limit: u32::MAX.into() });
        }
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

    fn check_max_terms(&self) -> Result<()> {
        if self.max_terms == Some(0) {
            return Err(Error::InvalidParameter {
                name: "max_terms",
                found: "0".to_owned(),
                expected: "leaves no term; give at least 1, or leave it out to keep all",
            });
        }
        Ok(())
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
        self.check_max_terms()?;
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
