//! Counts of columns that are known from the start.

use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Progress, Stage, report};
use crate::text::Analyzer;
use crate::vectorizer::block::Finder;
use crate::vectorizer::block_params::BlockParams;
use crate::vectorizer::reader::Source;
use crate::vectorizer::{RowScratch, TEXTS_PER_ROUND, Vocabulary, weighting};
use crate::views::Texts;

/// In how many texts each column was touched.
#[derive(Debug, Clone)]
pub(in crate::vectorizer) struct Columns {
    pub(super) finder: Finder,
    pub(super) vocabulary: Option<Vocabulary>,
    pub(super) df: Vec<u32>,
    pub(super) n_documents: u32,
    pub(super) n_tokens: u64,
}

impl Columns {
    pub(in crate::vectorizer) fn new(finder: Finder, vocabulary: Option<Vocabulary>) -> Self {
        let n_columns = match &finder {
            Finder::Terms(_) => vocabulary.as_ref().map_or(0, Vocabulary::len),
            Finder::Hashed(hashing, _) => hashing.n_features as usize,
        };
        Self { finder, vocabulary, df: vec![0; n_columns], n_documents: 0, n_tokens: 0 }
    }

    /// Counts texts; stopped by the callback, it has counted whole rounds.
    pub(in crate::vectorizer) fn add(
        &mut self,
        analyzer: &Analyzer,
        texts: Texts<'_>,
        source: Source,
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
                for text in texts_now.part(parallel::piece(texts_now.len(), pieces, i)).iter() {
                    scratch.clear();
                    n_tokens += source.find(text, finder, analyzer, &mut scratch).tokens as u64;
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

    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        self.n_documents = add_documents(self.n_documents, other.n_documents)?;
        self.n_tokens = self.n_tokens.saturating_add(other.n_tokens);
        self.df.iter_mut().zip(&other.df).for_each(|(df, other)| *df += other);
        Ok(())
    }

    /// The idf of each column and the mean length of the texts.
    pub(in crate::vectorizer) fn weights(
        &self,
        params: &BlockParams,
    ) -> Result<(Option<Vec<f64>>, f64)> {
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

pub(super) fn mean(sum: u64, n: u32) -> f64 {
    if n == 0 { 0.0 } else { sum as f64 / f64::from(n) }
}
