//! Counts of one block.

use super::columns::{Columns, mean};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::text::Analyzer;
use crate::vectorizer::Vocabulary;
use crate::vectorizer::block::{Block, BlockParts};
use crate::vectorizer::block_params::BlockParams;
use crate::vectorizer::hashing::Names;
use crate::vectorizer::reader::{Documents, Read, Source};
use crate::vectorizer::terms::{Tally, Terms};
use crate::vectorizer::weighting;
use crate::views::Texts;

/// The counts of one block.
#[derive(Debug, Clone)]
pub(in crate::vectorizer) struct BlockCounts {
    pub(super) params: BlockParams,
    pub(super) analyzer: Analyzer,
    /// Where terms are to be learnt or named.
    pub(super) terms: Option<Terms>,
    /// Where columns are known from the start.
    pub(super) columns: Option<Columns>,
}

impl BlockCounts {
    pub(in crate::vectorizer) fn new(params: &BlockParams) -> Result<Self> {
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

    pub(in crate::vectorizer) fn n_documents(&self) -> u32 {
        let of_columns = self.columns.as_ref().map(|columns| columns.n_documents);
        of_columns.or(self.terms.as_ref().map(Terms::n_documents)).unwrap_or(0)
    }

    pub(super) fn n_terms(&self) -> usize {
        self.terms.as_ref().map_or(0, Terms::len)
    }

    /// Counts texts. `keep` receives their tokens if columns are learnt.
    pub(in crate::vectorizer) fn add(
        &mut self,
        texts: Texts<'_>,
        source: Source,
        keep: Option<&mut Read>,
        max_terms: Option<usize>,
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let mut keep = keep.filter(|_| self.columns.is_none());
        if let Some(terms) = &mut self.terms {
            terms.add(&self.analyzer, texts, source, keep.as_deref_mut(), max_terms, progress)?;
            if let Some(read) = keep
                && terms.have_runs()
            {
                self.params.count_runs(terms, &read.documents, progress)?;
            }
        }
        match &mut self.columns {
            Some(columns) => columns.add(&self.analyzer, texts, source, progress),
            None => Ok(()),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
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
        let n = terms.n_documents();
        let most = self.params.max_features.map(|most| most as usize);
        let frequency = |tally: &Tally| self.params.frequency(tally);
        let selected = terms.select(self.params.keeps(n), most, frequency);
        if selected.is_empty() {
            let reason = if terms.len() == 0 && terms.n_tokens() > 0 {
                "all were too rare to be kept among max_terms; raise it"
            } else if terms.select(|t| t.df > 0, Some(1), |t| t.df).is_empty() {
                "they hold no token; are they empty, or is every word a stop word or shorter than the n-grams?"
            } else {
                "min_df and max_df exclude every term; lower min_df or raise max_df"
            };
            return Err(Error::EmptyVocabulary { documents: n as usize, reason });
        }
        Ok(selected)
    }

    /// What a block is made of.
    pub(in crate::vectorizer) fn parts(&self) -> Result<BlockParts> {
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

    /// What was read and kept, with what its tokens are, and nothing else of the counts.
    pub(in crate::vectorizer) fn into_read(self, kept: Read) -> Option<Read> {
        let terms = self.terms.filter(|_| self.columns.is_none())?;
        Some(Read { tokens: terms.into_document_tokens(), ..kept })
    }
}

impl BlockParams {
    /// Whether document frequencies are within bounds, of `n` texts.
    fn keeps(&self, n: u32) -> impl Fn(&Tally) -> bool {
        let (low, high) = (self.min_df.of(n.into()), self.max_df.of(n.into()));
        move |tally| tally.df > 0 && (low..=high).contains(&f64::from(tally.df))
    }

    /// What `max_features` goes by.
    fn frequency(&self, tally: &Tally) -> u32 {
        if self.binary { tally.df } else { tally.total }
    }

    /// Counts the n-grams of two tokens and more of all texts that there are; those that occur once only if they can
    /// become columns.
    fn count_runs(
        &self,
        terms: &mut Terms,
        documents: &[Documents],
        progress: Option<&dyn Progress>,
    ) -> Result<()> {
        let keeps = self.keeps(terms.n_documents());
        // So many must occur more often for those to be of no use: all columns, or any, so that an error can tell why not.
        let enough = match self.max_features {
            _ if !keeps(&Tally::new(1, 1)) => 1,
            Some(most) => most as usize,
            None => usize::MAX,
        };
        if enough < usize::MAX {
            terms.count_frequent_runs(documents, progress)?;
            if terms.count(|tally| keeps(tally) && self.frequency(tally) > 1) >= enough {
                return Ok(());
            }
        }
        terms.count_all_runs(documents, progress)
    }
}
