//! A pipeline to and from plain terms and numbers, which other programs read and write.
//!
//! Names, shapes and meanings are those of scikit-learn. What a plain model cannot say is refused by name, both ways: it
//! never becomes another model.

use serde::{Deserialize, Serialize};

use super::Pipeline;
use crate::classifier::PlainClassifier;
use crate::error::{Error, Result};
use crate::persist::FormatVersion;
use crate::sentiment::class_order;
use crate::text::{AnalyzerParams, StopWords, Tokenizer};
use crate::vectorizer::{Norm, PlainVectorizer};

/// scikit-learn's default, which [`Tokenizer::Word`] is.
const WORDS: &str = r"(?u)\b\w\w+\b";

/// A model as plain data: terms, document frequencies and weights, for programs in other languages, in whatever format serde
/// writes. [`Pipeline::to_plain`] and [`Pipeline::from_plain`] go one way and the other; both know the same shape.
///
/// What has no place in it: several blocks, hashing, BM25, other tokenizers than scikit-learn's three, stemming, lemmas,
/// negation, calibration, thresholds, naive Bayes of presence.
///
/// ```
/// use ressenti::{Pipeline, PlainModel};
///
/// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
/// let json = serde_json::to_string(&pipeline.to_plain()?).unwrap();
/// assert!(json.starts_with(r#"{"format":1,"analyzer":"word","token_pattern":"(?u)\\b\\w\\w+\\b","lowercase":true"#));
///
/// let plain: PlainModel = serde_json::from_str(&json).unwrap();
/// assert_eq!(plain.vocabulary, ["bad", "crew", "good"]);
/// let read = Pipeline::from_plain(plain)?;
/// assert_eq!(read.predict_proba("good")?, pipeline.predict_proba("good")?);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # From scikit-learn
///
/// A fitted `TfidfVectorizer` or `CountVectorizer` and a fitted `LogisticRegression` move without training again; this
/// writes what [`Pipeline::from_plain`] reads:
///
/// ```python
#[doc = include_str!("../../examples/plain/export.py")]
/// ```
///
/// # Scores in another language
///
/// This is all there is to a plain model of words and logistic regression:
///
/// ```python
#[doc = include_str!("../../examples/plain/score.py")]
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainModel {
    format: FormatVersion,
    /// `word`, `char` or `char_wb`.
    pub analyzer: String,
    /// What a word is. Only scikit-learn's default, `(?u)\b\w\w+\b`, is read; it does not matter for characters.
    pub token_pattern: Option<String>,
    /// Whether texts are lower-cased.
    pub lowercase: bool,
    /// `unicode`, or none.
    pub strip_accents: Option<String>,
    /// The tokens that are dropped.
    pub stop_words: Vec<String>,
    /// How many tokens a term has.
    pub ngram_range: (u32, u32),
    /// Whether a term counts once per text.
    pub binary: bool,
    /// Whether a count tf counts as 1 + ln(tf).
    pub sublinear_tf: bool,
    /// `l1`, `l2`, or none.
    pub norm: Option<String>,
    /// The term of each column. A model of this crate has them in ascending order; any order is read.
    pub vocabulary: Vec<String>,
    /// The inverse document frequency of each column, if there are any.
    pub idf: Option<Vec<f64>>,
    /// The labels, in the order of `coef`. Any order is read.
    pub classes: Vec<String>,
    /// The weights: one row for two classes, which speaks for the second, else one row for each class.
    pub coef: Vec<Vec<f64>>,
    /// The intercept of each row.
    pub intercept: Vec<f64>,
    /// How scores of more than two classes become probabilities: `softmax`, or `one_vs_rest`, where each has its own
    /// logistic one, divided by their sum.
    pub link: String,
}

impl Pipeline {
    /// The model as plain data.
    ///
    /// Errors: [`Error::InvalidParameter`] for what a [`PlainModel`] has no place for.
    pub fn to_plain(&self) -> Result<PlainModel> {
        let refuse = |found: &str| Error::InvalidParameter {
            name: "plain model",
            found: format!("with {found}"),
            expected: "cannot be had; use save, or serde for the whole pipeline",
        };
        let vectorizer = PlainVectorizer::of(&self.vectorizer).map_err(refuse)?;
        let classifier = PlainClassifier::of(&self.classifier).map_err(refuse)?;
        let (tokenizer, lowercase, strip_accents, stop_words) = vectorizer
            .analyzer
            .plain()
            .ok_or_else(|| refuse("stemming, lemmas, negation or a limit of bytes"))?;
        let analyzer = match tokenizer {
            Tokenizer::Word => "word",
            Tokenizer::Char => "char",
            Tokenizer::CharWb => "char_wb",
            _ => return Err(refuse("tokens that scikit-learn does not have")),
        };
        let norm = match vectorizer.norm {
            Norm::L1 => Some("l1"),
            Norm::L2 => Some("l2"),
            Norm::None => None,
        };
        Ok(PlainModel {
            format: FormatVersion,
            analyzer: analyzer.to_owned(),
            token_pattern: Some(WORDS.to_owned()),
            lowercase,
            strip_accents: strip_accents.then(|| "unicode".to_owned()),
            stop_words: stop_words.iter().map(str::to_owned).collect(),
            ngram_range: vectorizer.ngram_range,
            binary: vectorizer.binary,
            sublinear_tf: vectorizer.sublinear_tf,
            norm: norm.map(str::to_owned),
            vocabulary: vectorizer.vocabulary,
            idf: vectorizer.idf,
            classes: classifier.classes,
            coef: classifier.coef,
            intercept: classifier.intercept,
            link: if classifier.one_vs_rest { "one_vs_rest" } else { "softmax" }.to_owned(),
        })
    }

    /// A pipeline of plain data, such as what another program has learnt. Columns and classes are put in this crate's order.
    ///
    /// Its [`FitReport`](crate::FitReport) says `imported`, its settings beyond those of the plain model are the defaults.
    ///
    /// Errors: [`Error::InvalidParameter`] for a setting that this crate does not have, and [`Error::InvalidValues`] for terms,
    /// classes and numbers that do not go together or are out of range.
    pub fn from_plain(plain: PlainModel) -> Result<Self> {
        let PlainModel { ngram_range, binary, sublinear_tf, mut coef, intercept, .. } = plain;
        let analyzer = analyzer(
            &plain.analyzer,
            plain.token_pattern.as_deref(),
            plain.strip_accents.as_deref(),
        )?
        .lowercase(plain.lowercase)
        .stop_words(StopWords::list(plain.stop_words));
        let norm = match plain.norm.as_deref() {
            Some("l1") => Norm::L1,
            Some("l2") => Norm::L2,
            None => Norm::None,
            Some(other) => return Err(unknown("norm", other, "is not l1, l2 or none")),
        };
        let one_vs_rest = match plain.link.as_str() {
            "softmax" => false,
            "one_vs_rest" => true,
            other => return Err(unknown("link", other, "is not softmax or one_vs_rest")),
        };

        let (terms, classes) = (plain.vocabulary.len(), plain.classes.len());
        let rows = if classes == 2 { 1 } else { classes };
        for (what, found, expected) in [
            ("rows of coef", coef.len(), rows),
            ("intercepts", intercept.len(), rows),
            ("values of idf", plain.idf.as_ref().map_or(terms, Vec::len), terms),
        ] {
            if found != expected {
                return Err(invalid(format!("{found} {what}, {expected} are expected")));
            }
        }
        if let Some(row) = coef.iter().find(|row| row.len() != terms) {
            return Err(invalid(format!("{} weights for {terms} terms", row.len())));
        }

        let order = order(&plain.vocabulary, str::cmp);
        let twice = order.windows(2).find(|i| plain.vocabulary[i[0]] == plain.vocabulary[i[1]]);
        if let Some(&[i, _]) = twice {
            return Err(invalid(format!("term {:?} is there twice", plain.vocabulary[i])));
        }
        let vocabulary = order.iter().map(|&i| plain.vocabulary[i].clone()).collect();
        let idf = plain.idf.map(|idf| order.iter().map(|&i| idf[i]).collect());
        for row in &mut coef {
            *row = order.iter().map(|&i| row[i]).collect();
        }
        let order = self::order(&plain.classes, class_order);
        let (coef, intercept) = if rows == 1 {
            // The row speaks for the second class, and against it once that is the first.
            let sign = if order[0] == 0 { 1.0 } else { -1.0 };
            let turn = |x: &f64| sign * x;
            (vec![coef[0].iter().map(turn).collect()], vec![sign * intercept[0]])
        } else {
            order.iter().map(|&i| (std::mem::take(&mut coef[i]), intercept[i])).unzip()
        };
        let classes = order.iter().map(|&i| plain.classes[i].clone()).collect();

        let vectorizer =
            PlainVectorizer { analyzer, ngram_range, binary, sublinear_tf, norm, vocabulary, idf };
        let classifier = PlainClassifier { classes, coef, intercept, one_vs_rest };
        Self::from_parts(vectorizer.build()?, classifier.build()?)
    }
}

fn invalid(problem: String) -> Error {
    Error::InvalidValues { what: "plain model", problem }
}

fn unknown(name: &'static str, found: &str, expected: &'static str) -> Error {
    Error::InvalidParameter { name, found: format!("{found:?}"), expected }
}

/// The places of things in the order that they should have.
fn order(of: &[String], compare: impl Fn(&str, &str) -> std::cmp::Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by(|&i, &j| compare(&of[i], &of[j]));
    order
}

fn analyzer(
    name: &str,
    token_pattern: Option<&str>,
    strip_accents: Option<&str>,
) -> Result<AnalyzerParams> {
    let tokenizer = match name {
        "word" if token_pattern.is_none_or(|pattern| pattern == WORDS) => Tokenizer::Word,
        "word" => {
            let expected = r"is not scikit-learn's default, (?u)\b\w\w+\b; no other is known";
            return Err(unknown("token_pattern", token_pattern.unwrap_or_default(), expected));
        }
        "char" => Tokenizer::Char,
        "char_wb" => Tokenizer::CharWb,
        other => return Err(unknown("analyzer", other, "is not word, char or char_wb")),
    };
    let strip_accents = match strip_accents {
        None => false,
        Some("unicode") => true,
        Some(other) => return Err(unknown("strip_accents", other, "is not unicode or none")),
    };
    Ok(AnalyzerParams::default().tokenizer(tokenizer).strip_accents(strip_accents))
}
