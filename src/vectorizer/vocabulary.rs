//! The terms of a model, sorted, in one piece of memory.

use serde::{Deserialize, Serialize};

use super::arena::Arena;
use crate::error::{Error, Result};

/// The terms behind the columns: term `i` names column `i`, and terms ascend by code point.
///
/// ```
/// use ressenti::Vectorizer;
///
/// let vectorizer = Vectorizer::count().fit(&["good crew", "bad crew"])?;
/// let vocabulary = vectorizer.blocks()[0].vocabulary().unwrap();
/// assert_eq!((vocabulary.len(), vocabulary.term(1), vocabulary.get("good")), (3, "crew", Some(2)));
/// assert_eq!(vocabulary.get("awful"), None);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "VocabularyParts", into = "VocabularyParts")]
pub struct Vocabulary {
    terms: Arena,
}

/// The stored form: lengths take fewer bytes than positions.
#[derive(Serialize, Deserialize)]
struct VocabularyParts {
    text: String,
    lengths: Vec<u32>,
}

impl From<Vocabulary> for VocabularyParts {
    fn from(vocabulary: Vocabulary) -> Self {
        let lengths = vocabulary.iter().map(|term| term.len() as u32).collect();
        Self { text: vocabulary.terms.into_text(), lengths }
    }
}

impl TryFrom<VocabularyParts> for Vocabulary {
    type Error = Error;

    fn try_from(parts: VocabularyParts) -> Result<Self> {
        let invalid = |problem: &str| Error::InvalidValues {
            what: "vocabulary",
            problem: problem.to_owned(),
        };
        let mut rest = parts.text.as_str();
        let mut terms = Vec::with_capacity(parts.lengths.len());
        for length in parts.lengths {
            let split = rest.split_at_checked(length as usize);
            let (term, after) = split.ok_or_else(|| invalid("lengths and text do not agree"))?;
            if terms.last().is_some_and(|last| *last >= term) {
                return Err(invalid("terms are not in strictly ascending order"));
            }
            terms.push(term);
            rest = after;
        }
        if !rest.is_empty() {
            return Err(invalid("text goes on after the last term"));
        }
        if terms.first().is_none_or(|first| first.is_empty()) {
            return Err(invalid("there is no term, or an empty one"));
        }
        Self::from_sorted(terms.into_iter())
    }
}

impl Vocabulary {
    /// The caller guarantees that terms strictly ascend.
    pub(super) fn from_sorted<'t>(terms: impl Iterator<Item = &'t str>) -> Result<Self> {
        let mut arena = Arena::default();
        for term in terms {
            arena.push(term)?;
        }
        arena.settle();
        Ok(Self { terms: arena })
    }

    /// How many terms there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Always false: a vectorizer without terms does not exist.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.len() == 0
    }

    /// The term of a column.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[must_use]
    pub fn term(&self, column: usize) -> &str {
        self.terms.get(column)
    }

    /// The column of a term, if it has one.
    #[must_use]
    pub fn get(&self, term: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.term(middle).cmp(term) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The terms in the order of the columns.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|column| self.term(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_term_and_no_other() {
        let terms = ["a", "ab", "b", "é", "😀"];
        let vocabulary = Vocabulary::from_sorted(terms.into_iter()).unwrap();
        for (column, term) in terms.into_iter().enumerate() {
            assert_eq!((vocabulary.term(column), vocabulary.get(term)), (term, Some(column)));
        }
        for absent in ["", "0", "aa", "c", "z😀"] {
            assert_eq!(vocabulary.get(absent), None);
        }
    }

    #[test]
    fn a_stored_form_that_lies_is_refused() {
        let parts = |text: &str, lengths: &[u32]| VocabularyParts {
            text: text.to_owned(),
            lengths: lengths.to_vec(),
        };
        for (stored, problem) in [
            (parts("ab", &[1, 2]), "lengths and text do not agree"),
            (parts("é", &[1, 1]), "lengths and text do not agree"),
            (parts("ba", &[1, 1]), "terms are not in strictly ascending order"),
            (parts("aa", &[1, 1]), "terms are not in strictly ascending order"),
            (parts("abc", &[1, 1]), "text goes on after the last term"),
            (parts("a", &[0, 1]), "there is no term, or an empty one"),
            (parts("", &[]), "there is no term, or an empty one"),
        ] {
            let error = Vocabulary::try_from(stored).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid vocabulary: {problem}"));
        }
    }
}
