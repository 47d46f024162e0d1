//! The terms of a model, sorted, in one piece of memory.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::arena::Arena;
use crate::error::{Error, Result};
use crate::persist::strings;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// Shared by the copies of a model, and by its index where that has the same.
    terms: Arc<Arena>,
}

impl Serialize for Vocabulary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        strings::serialize(self.iter(), serializer)
    }
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let invalid = |problem: &str| Error::InvalidValues {
            what: "vocabulary",
            problem: problem.to_owned(),
        };
        let mut terms = Arena::default();
        strings::deserialize(deserializer, |term| {
            // An empty term would come first, as what everything is above.
            if terms.len() > 0 && terms.get(terms.len() - 1) >= term {
                return Err(invalid("terms are not in strictly ascending order"));
            }
            if term.is_empty() {
                return Err(invalid("there is no term, or an empty one"));
            }
            terms.push(term)
        })?;
        if terms.len() == 0 {
            return Err(D::Error::custom(invalid("there is no term, or an empty one")));
        }
        terms.settle();
        Ok(Self { terms: terms.into() })
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
        Ok(Self { terms: arena.into() })
    }

    pub(super) fn arena(&self) -> &Arc<Arena> {
        &self.terms
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
        for (stored, problem) in [
            (r#"["b", "a"]"#, "terms are not in strictly ascending order"),
            (r#"["a", "a"]"#, "terms are not in strictly ascending order"),
            (r#"["a", ""]"#, "terms are not in strictly ascending order"),
            (r#"["", "a"]"#, "there is no term, or an empty one"),
            ("[]", "there is no term, or an empty one"),
        ] {
            let error = serde_json::from_str::<Vocabulary>(stored).unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("invalid vocabulary: {problem}")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_packed_form_that_lies_is_refused() {
        use crate::persist::codec::{decode, encode};
        let read = |shared: &[u8], lengths: &[u32], text: &str| {
            let read = decode::<Vocabulary>(&encode(&(shared, lengths, text)));
            read.map(|vocabulary| vocabulary.iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(read(&[0, 1, 2], &[2, 1, 3], "aacäd").unwrap(), ["aa", "ac", "acäd"]);
        for (shared, lengths, text, problem) in [
            (&[0, 1][..], &[1, 2][..], "ab", "lengths and text do not agree"),
            (&[0, 2], &[1, 1], "ab", "lengths and text do not agree"),
            (&[0, 1], &[2, 1], "éb", "lengths and text do not agree"),
            (&[0], &[1], "é", "lengths and text do not agree"),
            (&[0], &[1, 1], "ab", "lengths and text do not agree"),
            (&[1], &[1], "a", "lengths and text do not agree"),
            (&[0, 0], &[1, 1], "ba", "terms are not in strictly ascending order"),
            (&[0, 1], &[1, 0], "a", "terms are not in strictly ascending order"),
            (&[0, 1], &[1, 1], "abc", "text goes on after the last term"),
            (&[0], &[0], "", "there is no term, or an empty one"),
            (&[], &[], "", "there is no term, or an empty one"),
        ] {
            let error = read(shared, lengths, text).unwrap_err();
            assert_eq!(error, format!("invalid vocabulary: {problem}"));
        }
    }

    #[test]
    fn terms_that_share_very_much_come_back() {
        let long = "é".repeat(200);
        let terms = [long.clone(), long.clone() + "a", long.clone() + "è", long + "é"];
        let vocabulary = Vocabulary::from_sorted(terms.iter().map(String::as_str)).unwrap();
        let bytes = crate::persist::codec::encode(&vocabulary);
        assert!(bytes.len() < 400 + 3 * 150 + 20, "{}", bytes.len());
        assert_eq!(crate::persist::codec::decode(&bytes), Ok(vocabulary));
    }
}
