//! Words with values, as of a list that people have rated, beside the texts that a pipeline is trained on.
//!
//! What a list says of a text is one more column of its row,
//!
//! ```text
//! ℓᵢ = strength · Σⱼ xᵢⱼ vⱼ
//! ```
//!
//! with v the value of term j and x its place in the row; the texts decide how much it is worth. Then it is folded away: a
//! column of weight c adds strength · c · vⱼ to the weight of each term, known from the texts or not, so that there is one
//! linear model which explains, stores and scores like any other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::rows::{Matrix, Rows};
use crate::text::{Analyzer, Unit, negate};
use crate::vectorizer::Vectorizer;

/// Words and what they are worth; see [`PipelineBuilder::lexicon`](crate::PipelineBuilder::lexicon).
///
/// ```
/// use ressenti::{Lexicon, Pipeline};
///
/// let lexicon = Lexicon::new([("good", 0.5), ("great", 0.8), ("bad", -0.6), ("😍", 0.9)])?;
/// let texts = ["good crew", "good seat", "bad crew", "bad seat"];
/// let pipeline = Pipeline::builder().lexicon(&lexicon).fit(&texts, &[1, 1, 0, 0])?;
/// assert_eq!(pipeline.predict("a great day")?.label(), "1"); // no text has it
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LexiconParts", into = "LexiconParts")]
pub struct Lexicon {
    words: BTreeMap<String, f64>,
    negated: f64,
    strength: f64,
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct LexiconParts {
    words: BTreeMap<String, f64>,
    negated: f64,
    strength: f64,
}

impl From<Lexicon> for LexiconParts {
    fn from(lexicon: Lexicon) -> Self {
        let Lexicon { words, negated, strength } = lexicon;
        Self { words, negated, strength }
    }
}

impl TryFrom<LexiconParts> for Lexicon {
    type Error = Error;

    fn try_from(parts: LexiconParts) -> Result<Self> {
        let LexiconParts { words, negated, strength } = parts;
        let lexicon = Self { negated, strength, ..Self::new(words)? };
        lexicon.validate()?;
        Ok(lexicon)
    }
}

impl Lexicon {
    /// Words, emoji or emoticons, each with a value: above 0 for the positive side, best within −1 to 1. Of a word that is
    /// there twice the last counts.
    ///
    /// Errors: [`Error::InvalidValues`] if there is none, or a value is not within −1,000 to 1,000.
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = (S, f64)>) -> Result<Self> {
        let words: BTreeMap<String, f64> =
            words.into_iter().map(|(word, value)| (word.into(), value)).collect();
        let invalid = |problem| Err(Error::InvalidValues { what: "lexicon", problem });
        if words.is_empty() {
            return invalid("it has no word".to_owned());
        }
        if let Some((word, value)) = words.iter().find(|(_, v)| !(-1e3..=1e3).contains(*v)) {
            return invalid(format!("{value} of {word:?} is not within -1000..=1000; 1 is usual"));
        }
        Ok(Self { words, negated: -0.74, strength: 3.0 })
    }

    /// What the value of a word is multiplied with where it is negated, if the analysis
    /// [marks negation](crate::text::Negation). Default: −0.74, that of Hutto & Gilbert (ICWSM 2014): "not good" is not as bad
    /// as "bad".
    #[must_use]
    pub fn negated(mut self, factor: f64) -> Self {
        self.negated = factor;
        self
    }

    /// How much the column counts beside rows of length 1. Default: 3; from there on more changes nothing, as the penalty no
    /// longer keeps its weight small.
    #[must_use]
    pub fn strength(mut self, strength: f64) -> Self {
        self.strength = strength;
        self
    }

    /// How many words it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Always false: a lexicon without words does not exist.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn validate(&self) -> Result<()> {
        let refuse = |name, found: f64| Error::InvalidParameter {
            name,
            found: found.to_string(),
            expected: RANGE,
        };
        if !(-1e3..=1e3).contains(&self.negated) {
            return Err(refuse("negated", self.negated));
        }
        if !(self.strength > 0.0 && self.strength <= 1e3) {
            return Err(refuse("strength", self.strength));
        }
        Ok(())
    }

    pub(super) fn chosen_strength(&self) -> f64 {
        self.strength
    }

    /// Its words as an analysis counts them: words of one token, of equal tokens the mean. None where tokens are characters.
    pub(super) fn terms(&self, analyzer: &Analyzer) -> BTreeMap<String, f64> {
        if analyzer.unit() != Unit::Tokens {
            return BTreeMap::new();
        }
        let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for (word, value) in &self.words {
            let mut tokens = analyzer.tokenize(word).into_iter();
            if let (Some(token), None) = (tokens.next(), tokens.next()) {
                let (sum, n) = sums.entry(token.text().to_owned()).or_default();
                (*sum, *n) = (*sum + value, *n + 1.0);
            }
        }
        sums.into_iter().map(|(term, (sum, n))| (term, sum / n)).collect()
    }

    /// The value of each column.
    pub(super) fn values(&self, vectorizer: &Vectorizer) -> Vec<f64> {
        let mut values = vec![0.0; vectorizer.n_features()];
        for block in vectorizer.blocks() {
            let Some(vocabulary) = block.vocabulary() else { continue };
            let first = block.columns().start;
            let marks = block.analyzer().negators().is_some();
            for (term, value) in self.terms(block.analyzer()) {
                if let Some(column) = vocabulary.get(&term) {
                    values[first + column] = value;
                }
                let negated = marks.then(|| vocabulary.get(&negate(&term))).flatten();
                if let Some(column) = negated {
                    values[first + column] = value * self.negated;
                }
            }
        }
        values
    }
}

const RANGE: &str = "is out of range; a lexicon takes negated within -1000..=1000, strength above 0 and at most 1000";

/// What lists say of rows: one dense column each. `values` has those of a list's columns.
pub(super) fn told(values: &[Vec<f64>], rows: &Rows) -> Matrix {
    let mut told = Vec::with_capacity(rows.n_rows() * values.len());
    for i in 0..rows.n_rows() {
        let (columns, row) = rows.row(i);
        told.extend(values.iter().map(|values| {
            let products =
                columns.iter().zip(row).map(|(&j, &x)| values[j as usize] * f64::from(x));
            products.sum::<f64>()
        }));
    }
    Matrix::from_rows(rows.n_rows(), values.len(), told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, Negation};

    #[test]
    fn words_are_counted_as_the_texts_are() {
        let words = [("amazed", 0.6), ("amazing", 0.8), (":)", 0.5), ("two words", 9.0), ("", 1.0)];
        let lexicon = Lexicon::new(words).unwrap();
        let analyzer = Analyzer::social().stemmer(Language::English).build().unwrap();
        let terms: Vec<_> = lexicon.terms(&analyzer).into_iter().collect();
        assert_eq!(terms, [(":)".to_owned(), 0.5), ("amaz".to_owned(), 0.7)]);
        assert!(lexicon.terms(&Analyzer::char().build().unwrap()).is_empty());
    }

    #[test]
    fn negated_terms_have_a_part_of_the_value_turned_round() {
        let negation = Negation::of(Language::English).unwrap();
        let params = Vectorizer::tfidf().analyzer(Analyzer::social().negation(negation));
        let vectorizer = params.fit(&["good, not good"]).unwrap();
        let lexicon = Lexicon::new([("good", 0.5)]).unwrap().negated(-0.5);
        let value = |term: &str| lexicon.values(&vectorizer)[vectorizer.column(term).unwrap()];
        assert_eq!((value("good"), value("NOT_good"), value("not")), (0.5, -0.25, 0.0));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let error = |found: Result<Lexicon>| found.unwrap_err().to_string();
        assert_eq!(error(Lexicon::new([("", 0.0); 0])), "invalid lexicon: it has no word");
        let nan = Lexicon::new([("a", f64::NAN)]);
        assert_eq!(
            error(nan),
            r#"invalid lexicon: NaN of "a" is not within -1000..=1000; 1 is usual"#
        );
        let lexicon = Lexicon::new([("a", 1.0)]).unwrap();
        assert!(lexicon.clone().negated(f64::NAN).validate().is_err());
        assert!(lexicon.clone().strength(0.0).validate().is_err());
        let stored = serde_json::to_string(&lexicon.strength(0.0)).unwrap();
        assert!(serde_json::from_str::<Lexicon>(&stored).is_err());
    }
}
