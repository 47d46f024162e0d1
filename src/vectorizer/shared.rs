//! Which columns of one vectorizer mean the same as columns of another, and a vectorizer that knows the terms of both.
//!
//! Columns mean the same if their terms are spelled alike in blocks of one kind: both of words, of characters, or hashed
//! alike. Of several blocks of a kind the first stands for the first, and the last for all that are left. What the columns
//! are worth is not known here.

use std::ops::Range;

use super::block::{Block, BlockParts};
use super::counts::Columns;
use super::index::n_tokens;
use super::reader::Source;
use super::{Vectorizer, VectorizerParams, Vocabulary};
use crate::error::Result;
use crate::progress::Progress;
use crate::rows::Rows;
use crate::text::{Analyzer, Unit};
use crate::views::Texts;

/// Columns of one block that another vectorizer has as well.
pub(crate) struct Shared {
    pub(crate) links: Vec<Link>,
}

/// A column in two vectorizers.
pub(crate) struct Link {
    pub(crate) mine: u32,
    pub(crate) theirs: u32,
    /// Their idf ÷ mine.
    pub(crate) idf: f64,
}

impl Vectorizer {
    /// The columns that both have, for each block of the other.
    pub(crate) fn shared_with(&self, other: &Self) -> Vec<Shared> {
        let pairs = other.blocks.iter().enumerate().filter_map(|(i, theirs)| {
            Some((&self.blocks[counterpart(&self.blocks, &other.blocks, i)?], theirs))
        });
        pairs.map(|(mine, theirs)| Shared { links: mine.links_to(theirs) }).collect()
    }
}

impl VectorizerParams {
    /// [`fit_transform_with`](Self::fit_transform_with), with the terms of another vectorizer besides those of the texts,
    /// as far as blocks have room for them.
    pub(crate) fn fit_transform_beside(
        &self,
        texts: Texts<'_>,
        other: &Vectorizer,
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Rows)> {
        let more = |i: usize, own: &[Block], _: &Analyzer| {
            let here = |theirs: &usize| counterpart(own, &other.blocks, *theirs) == Some(i);
            let theirs = (0..other.blocks.len()).filter(here);
            let theirs = theirs.filter_map(|theirs| other.blocks[theirs].vocabulary());
            theirs.flat_map(Vocabulary::iter).map(str::to_owned).collect()
        };
        self.fit_transform_with_terms(texts, more, progress)
    }

    /// [`fit_transform_with`](Self::fit_transform_with), with more terms besides those of the texts, as far as blocks have
    /// room for them: none where a vocabulary was given or terms are hashed, and no longer runs than were asked for. `more`
    /// gives those of a block: the place of it among all, and its analysis.
    pub(crate) fn fit_transform_with_terms(
        &self,
        texts: Texts<'_>,
        more: impl Fn(usize, &[Block], &Analyzer) -> Vec<String>,
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Rows)> {
        let (own, _) = self.fit_transform_all(texts, progress)?;
        let mut all = Vec::with_capacity(own.blocks.len());
        for (i, (params, block)) in self.blocks().zip(&own.blocks).enumerate() {
            let parts = BlockParts::from(block.clone());
            let Some(mine) = parts.vocabulary.as_ref().filter(|_| params.vocabulary.is_none())
            else {
                all.push(parts);
                continue;
            };
            let (min, max) = params.ngram_range;
            let unit = block.analyzer.unit();
            let least = if unit == Unit::CharactersOfWords { 1 } else { min as usize };
            let fits = |term: &String| (least..=max as usize).contains(&n_tokens(term, unit));
            // As it was set: the fitted one has forgotten the lemmas of other terms.
            let analyzer = params.analyzer.build()?;
            let mut terms = more(i, &own.blocks, &analyzer);
            terms.retain(fits);
            terms.extend(mine.iter().map(str::to_owned));
            terms.sort_unstable();
            terms.dedup();
            let vocabulary = Some(Vocabulary::from_sorted(terms.iter().map(String::as_str))?);
            let finder = Block::finder(params, &analyzer, vocabulary.as_ref())?;
            let mut columns = Columns::new(finder, vocabulary.clone());
            columns.add(&analyzer, texts, Source::Raw, progress)?;
            let (idf, mean_length) = columns.weights(params)?;
            all.push(BlockParts { vocabulary, idf, mean_length, ..parts });
        }
        let vectorizer = Vectorizer::learnt(self.clone(), all, own.n_documents)?;
        let rows = vectorizer.transform_all(texts);
        Ok((vectorizer, rows))
    }
}

/// The block of `mine` that stands for block `i` of `theirs`, if there is one of its kind.
fn counterpart(mine: &[Block], theirs: &[Block], i: usize) -> Option<usize> {
    let alike = |block: &&Block| block.kind() == theirs[i].kind();
    let nth = theirs[..i].iter().filter(alike).count();
    let all: Vec<usize> = (0..mine.len()).filter(|&place| alike(&&mine[place])).collect();
    all.get(nth).or(all.last()).copied()
}

impl Block {
    fn links_to(&self, theirs: &Self) -> Vec<Link> {
        let link = |mine: usize, other: usize| {
            let idf = |block: &Self, column: usize| block.idf().map_or(1.0, |idf| idf[column]);
            let first = |columns: Range<usize>, column| (columns.start + column) as u32;
            Link {
                mine: first(self.columns(), mine),
                theirs: first(theirs.columns(), other),
                idf: idf(theirs, other) / idf(self, mine),
            }
        };
        let (Some(mine), Some(others)) = (self.vocabulary(), theirs.vocabulary()) else {
            return (0..self.columns().len()).map(|column| link(column, column)).collect();
        };
        let found = others.iter().enumerate().filter_map(|(i, term)| Some((mine.get(term)?, i)));
        found.map(|(mine, other)| link(mine, other)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::text::Analyzer;
    use crate::views::Texts;
    use crate::{Vectorizer, VectorizerParams};

    fn shared(mine: &VectorizerParams, theirs: &VectorizerParams) -> Vec<Vec<(String, String)>> {
        let (mine, theirs) = (mine.fit(&["a1 b2"]).unwrap(), theirs.fit(&["b2 c3"]).unwrap());
        let name = |of: &Vectorizer, column: u32| of.feature_name(column as usize).into_owned();
        let pairs = mine.shared_with(&theirs).into_iter().map(|shared| {
            let links = shared.links.into_iter();
            links.map(|link| (name(&mine, link.mine), name(&theirs, link.theirs))).collect()
        });
        pairs.collect()
    }

    #[test]
    fn blocks_of_a_kind_share_their_terms() {
        let words = || Vectorizer::count().ngram_range(1, 2);
        let characters = || Vectorizer::count().analyzer(Analyzer::char());
        let same = |terms: &[&str]| -> Vec<(String, String)> {
            terms.iter().map(|&term| (term.to_owned(), term.to_owned())).collect()
        };
        let of_characters = same(&[" ", "2", "b"]);
        assert_eq!(shared(&words(), &words()), [same(&["b2"])]);
        assert_eq!(
            shared(&characters().beside(words()), &words().beside(characters())),
            [same(&["b2"]), of_characters]
        );
        assert_eq!(shared(&words(), &words().beside(words())), [same(&["b2"]), same(&["b2"])]);
        assert!(shared(&words(), &characters()).is_empty());
        let hashing = |n| Vectorizer::hashing().n_features(n);
        assert_eq!(shared(&hashing(4), &hashing(4))[0].len(), 4);
        assert!(shared(&hashing(4), &hashing(8)).is_empty());
        assert!(shared(&hashing(4), &words()).is_empty());
    }

    #[test]
    fn terms_of_the_other_are_added_where_there_is_room() {
        let other = Vectorizer::tfidf().ngram_range(1, 2).fit(&["b2 c3", "d4"]).unwrap();
        let names = |params: &VectorizerParams| -> Vec<String> {
            let texts = &["a1 b2"][..];
            let (vectorizer, rows) =
                params.fit_transform_beside(Texts::of(&texts), &other, None).unwrap();
            assert_eq!(rows.row(0), vectorizer.transform(&["a1 b2"]).row(0));
            assert_eq!(vectorizer.params(), params);
            vectorizer.feature_names().map(std::borrow::Cow::into_owned).collect()
        };
        assert_eq!(names(&Vectorizer::tfidf()), ["a1", "b2", "c3", "d4"]);
        assert_eq!(names(&Vectorizer::tfidf().ngram_range(2, 2)), ["a1 b2", "b2 c3"]);
        assert_eq!(names(&Vectorizer::tfidf().vocabulary(["b2"])), ["b2"]);
        assert_eq!(names(&Vectorizer::tfidf().analyzer(Analyzer::char())).len(), 5);
    }
}
