//! Counts as they are stored.

use serde::{Deserialize, Serialize};

use super::TermCounts;
use super::block::BlockCounts;
use crate::error::{Error, Result};
use crate::text::Unit;
use crate::vectorizer::VectorizerParams;
use crate::vectorizer::pairs::{Place, place};
use crate::vectorizer::terms::{Flat, Tally, Terms};
use crate::vectorizer::tokens::NONE;

/// The stored form of [`TermCounts`].
#[derive(Serialize, Deserialize)]
pub(super) struct TermCountsParts {
    params: VectorizerParams,
    max_terms: Option<u64>,
    blocks: Vec<BlockCountsParts>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct BlockCountsParts {
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
        let TermCountsParts { params, max_terms, blocks } = parts;
        if params.blocks().count() != blocks.len() {
            return Err(invalid("there are not as many blocks as settings of blocks"));
        }
        // One after the other: settings alone must not take the room of columns that nobody counted.
        let restored = params.blocks().zip(blocks).map(|(params, parts)| {
            let mut block = BlockCounts::new(params)?;
            block.restore(parts)?;
            Ok(block)
        });
        let blocks = restored.collect::<Result<_>>()?;
        let max_terms = max_terms.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let counts = Self { params, blocks, max_terms };
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
