//! Where in a text the terms stand that its row was counted from.
//!
//! Text in; its row out, and the columns, one for each occurrence, with its bytes in the text. Slower than counting, and asked
//! only where somebody wants to see it. What columns are worth is not known here.

use std::ops::Range;

use super::block::{Block, Finder};
use super::block_params::Hashing;
use super::reader::separator;
use super::scratch::ReadScratch;
use super::{RowScratch, TextCounts, Vectorizer};
use crate::text::Unit;

/// Where terms stand in a text; keeps its room from one text to the next.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The bytes of each token; where terms are characters of words, of each word.
    pub(crate) pieces: Vec<Range<usize>>,
    /// One for each occurrence, block by block; those of one column from the left.
    found: Vec<Place>,
    /// The columns of these, and where in them each is; by columns once it is [sorted](Self::sort).
    order: Vec<(u32, u32)>,
}

impl Places {
    /// Brings those of each column side by side.
    pub(crate) fn sort(&mut self) {
        let Self { found, order, .. } = self;
        order.clear();
        order.extend((0..).zip(found.iter()).map(|(i, place)| (place.column, i)));
        order.sort_unstable_by_key(|&(column, i)| u64::from(column) << 32 | u64::from(i));
    }

    /// The columns from one of the places that are sorted on, ascending.
    pub(crate) fn columns(&self, first: usize) -> impl Iterator<Item = u32> {
        self.order[first..].iter().map(|&(column, _)| column)
    }

    /// Some of those that are sorted.
    pub(crate) fn sorted(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = &Place> {
        self.order[range].iter().map(|&(_, i)| &self.found[i as usize])
    }
}

/// An occurrence of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) column: u32,
    /// Its first piece, and the one after its last.
    pub(crate) pieces: (u32, u32),
    pub(crate) bytes: Range<usize>,
}

impl Vectorizer {
    /// Leaves the row of a text in `scratch`, and in `places` where its terms stand.
    ///
    /// If the text `was_read` for a [`Product`](super::Product) just before, the bytes of its tokens are in `places`, and it
    /// need not be read again where there is one block.
    pub(crate) fn find_places(
        &self,
        text: &str,
        was_read: bool,
        scratch: &mut RowScratch,
        places: &mut Places,
    ) {
        scratch.clear();
        places.found.clear();
        let was_read = was_read
            && matches!(self.blocks(), [block] if block.analyzer.unit() != Unit::CharactersOfWords);
        if !was_read {
            places.pieces.clear();
        }
        for block in self.blocks() {
            let first = if was_read { 0 } else { places.pieces.len() };
            let found = places.found.len();
            block.find_places(text, was_read, scratch, places);
            match block.finder {
                Finder::Terms(_) => scratch.gather(),
                Finder::Hashed(..) => {
                    // Terms of other lengths may have the same column.
                    places.found[found..].sort_by_key(|place| place.bytes.start);
                    scratch.gather_signed();
                }
            }
            let tokens = places.pieces.len() - first;
            block.weigh(scratch, TextCounts { tokens, ..TextCounts::default() });
        }
    }
}

impl Block {
    fn find_places(
        &self,
        text: &str,
        was_read: bool,
        scratch: &mut RowScratch,
        places: &mut Places,
    ) {
        let RowScratch { read, columns, .. } = scratch;
        let Places { pieces, found, .. } = places;
        let first_column = self.columns().start as u32;
        let unit = self.analyzer.unit();
        let (min, max) = self.ngram_range();
        if unit == Unit::CharactersOfWords {
            let (joined, tokens) = (&mut read.bounds, &mut read.tokens);
            self.analyzer.segment(text, &mut read.buffer, |word, range| {
                let piece = pieces.len() as u32;
                pieces.push(range.clone());
                joined.clear();
                joined.extend(word.char_indices().map(|(at, c)| (at, at + c.len_utf8())));
                let mut found_one = |column, run: Range<usize>| {
                    let bytes = within_word(text, &range, joined.len(), &run);
                    found.push(Place {
                        column: first_column + column,
                        pieces: (piece, piece + 1),
                        bytes,
                    });
                };
                let min = min.min(joined.len());
                match &self.finder {
                    Finder::Terms(index) => {
                        index.read_word(word, tokens);
                        index.each_term(tokens, min, |column, run| {
                            columns.push(column);
                            found_one(column, run);
                        });
                    }
                    Finder::Hashed(hashing, _) => {
                        each_hashed(*hashing, word, joined, (min, max), |column, sign, run| {
                            columns.push(column << 1 | u32::from(sign));
                            found_one(column, run);
                        });
                    }
                }
            });
            return;
        }
        let first = if was_read { 0 } else { pieces.len() };
        match &self.finder {
            _ if was_read => {}
            Finder::Terms(index) => {
                index.read_tokens(&self.analyzer, text, read, |range| pieces.push(range));
            }
            Finder::Hashed(..) => read_joined(self, text, read, pieces),
        }
        let mut found_one = |column, run: Range<usize>| {
            let run = first + run.start..first + run.end;
            found.push(Place {
                column: first_column + column,
                pieces: (run.start as u32, run.end as u32),
                bytes: pieces[run.start].start..pieces[run.end - 1].end,
            });
        };
        match &self.finder {
            Finder::Terms(index) => index.each_term(&read.tokens, min, |column, run| {
                columns.push(column);
                found_one(column, run);
            }),
            Finder::Hashed(hashing, _) => {
                let (text, bounds) = (&read.joined, &read.bounds);
                each_hashed(*hashing, text, bounds, (min, max), |column, sign, run| {
                    columns.push(column << 1 | u32::from(sign));
                    found_one(column, run);
                });
            }
        }
    }
}

/// Leaves a text's tokens side by side in `read`.
fn read_joined(block: &Block, text: &str, read: &mut ReadScratch, pieces: &mut Vec<Range<usize>>) {
    let ReadScratch { buffer, joined, bounds, .. } = read;
    joined.clear();
    bounds.clear();
    let separator = separator(block.analyzer.unit());
    block.analyzer.each(text, buffer, |token, range| {
        if !bounds.is_empty() {
            joined.push_str(separator);
        }
        bounds.push((joined.len(), joined.len() + token.len()));
        joined.push_str(token);
        pieces.push(range);
    });
}

/// The columns of all runs of tokens, whether each counts −1, and which run it is.
fn each_hashed(
    hashing: Hashing,
    text: &str,
    bounds: &[(usize, usize)],
    (min, max): (usize, usize),
    mut each: impl FnMut(u32, bool, Range<usize>),
) {
    for n in min.max(1)..=max.min(bounds.len()) {
        for first in 0..=bounds.len() - n {
            let (start, end) = (bounds[first].0, bounds[first + n - 1].1);
            let (column, negative) = hashing.column(&text[start..end]);
            each(column, negative, first..first + n);
        }
    }
}

/// The bytes of some characters of a word, which has a space before and after it that the text need not have. All of the
/// word's where it has other characters in the text, or where only a space is left.
fn within_word(text: &str, word: &Range<usize>, n: usize, run: &Range<usize>) -> Range<usize> {
    let original = &text[word.clone()];
    if original.chars().count() + 2 != n {
        return word.clone();
    }
    let at = |i: usize| original.char_indices().nth(i).map_or(original.len(), |(at, _)| at);
    let (start, end) = (at(run.start.saturating_sub(1)), at(run.end - 1));
    if start < end { word.start + start..word.start + end } else { word.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Analyzer, Language, Negation, StopWords};
    use crate::vectorizer::Product;
    use crate::{Rows, VectorizerParams};

    fn places(params: &VectorizerParams, text: &str) -> (Vectorizer, Vec<Place>, RowScratch) {
        let vectorizer = params.fit(&[text]).unwrap();
        let (mut scratch, mut places) = (RowScratch::default(), Places::default());
        vectorizer.find_places(text, false, &mut scratch, &mut places);
        vectorizer.find_places(text, false, &mut scratch, &mut places);
        (vectorizer, places.found, scratch)
    }

    #[test]
    fn terms_stand_where_their_bytes_are() {
        let text = "Great &amp; not so GREAT flights, É";
        let negation = Negation::of(Language::English).unwrap();
        let words = Analyzer::social().stemmer(Language::English).negation(negation);
        let params = Vectorizer::count().analyzer(words).ngram_range(1, 2);
        let (vectorizer, found, _) = places(&params, text);
        let of = |term: &str| -> Vec<&str> {
            let column = vectorizer.column(term).unwrap() as u32;
            let places = found.iter().filter(|place| place.column == column);
            places.map(|place| &text[place.bytes.clone()]).collect()
        };
        assert_eq!(of("great"), ["Great"]);
        assert_eq!(of("NOT_great NOT_flight"), ["GREAT flights"]);
        assert_eq!(of("great &"), ["Great &amp;"]);
        assert_eq!(of("é"), ["É"]);

        let characters = Vectorizer::count().analyzer(Analyzer::char_wb()).ngram_range(1, 3);
        let (vectorizer, found, _) = places(&characters, "Été, ﬁn");
        let of = |term: &str| -> Vec<Range<usize>> {
            let column = vectorizer.column(term).unwrap() as u32;
            let places = found.iter().filter(|place| place.column == column);
            places.map(|place| place.bytes.clone()).collect()
        };
        assert_eq!(of("é"), [0..2, 3..5]);
        assert_eq!((of(" ét").first(), of("n ").first()), (Some(&(0..3)), Some(&(10..11))));
        assert_eq!(of(" ")[..2], [0..6, 0..6]);
    }

    #[test]
    fn a_text_that_was_read_has_the_places_of_one_that_was_not() {
        let negation = Negation::of(Language::English).unwrap();
        let social = Analyzer::social().stemmer(Language::English).negation(negation);
        let social = social.stop_words(StopWords::list(["the"]));
        let characters = || Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(1, 3);
        let text = "not the GREAT flights, \u{c9}t\u{e9} flights &amp; great flights";
        for params in [
            Vectorizer::tfidf(),
            Vectorizer::tfidf().ngram_range(2, 3),
            Vectorizer::tfidf().analyzer(social.clone()).ngram_range(1, 2),
            Vectorizer::tfidf().analyzer(Analyzer::char()).ngram_range(1, 2),
            characters(),
            Vectorizer::tfidf().analyzer(social).beside(characters()),
            characters().beside(Vectorizer::tfidf()),
        ] {
            let (vectorizer, expected, row) = places(&params, text);
            let (mut scratch, mut places) = (RowScratch::default(), Places::default());
            let product = Product::new(&vectorizer, &vec![1.0; vectorizer.n_features()], 1);
            let each = |range| places.pieces.push(range);
            product.unwrap().add(&vectorizer, text, &mut scratch, &mut [0.0], each);
            vectorizer.find_places(text, true, &mut scratch, &mut places);
            assert_eq!(places.found, expected);
            assert_eq!((scratch.columns(), scratch.values()), (row.columns(), row.values()));
        }
    }

    #[test]
    fn there_are_as_many_places_as_occurrences() {
        let cuts = [Analyzer::word(), Analyzer::social(), Analyzer::char(), Analyzer::char_wb()];
        let text = "so-so, İstanbul so so ½ good \u{1f}crew a É";
        for cut in cuts {
            for hashing in [false, true] {
                let base = if hashing {
                    Vectorizer::hashing().norm(crate::Norm::None).alternate_sign(false)
                } else {
                    Vectorizer::count()
                };
                let params = base.analyzer(cut.clone()).ngram_range(2, 3);
                let (vectorizer, mut found, row) =
                    places(&params.beside(Vectorizer::count()), text);
                let rows: Rows = vectorizer.transform(&[text]);
                found.sort_by_key(|place| place.column);
                let (columns, values) = rows.row(0);
                assert_eq!((row.columns(), row.values()), (columns, values));
                for (&column, &value) in columns.iter().zip(values) {
                    let n = found.iter().filter(|place| place.column == column).count();
                    assert_eq!(n as f32, value, "{}", vectorizer.feature_name(column as usize));
                }
                assert_eq!(found.len() as f32, values.iter().sum::<f32>());
            }
        }
    }
}
