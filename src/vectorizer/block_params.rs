//! The settings of one block of columns: what they are, and which of them can be.

use serde::{Deserialize, Serialize};

use super::{DocFreq, Norm};
use crate::error::{Error, Result};
use crate::text::AnalyzerParams;
use crate::tracker::Value;

/// How terms become columns without a vocabulary; see [`Vectorizer::hashing`](crate::Vectorizer::hashing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Hashing {
    pub(super) n_features: u32,
    pub(super) alternate_sign: bool,
    pub(super) feature_names: bool,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { n_features: 1 << 20, alternate_sign: true, feature_names: false }
    }
}

/// The two numbers of BM25.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Bm25 {
    pub(super) k1: f64,
    pub(super) b: f64,
}

/// The settings of one block of columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of scikit-learn's, of the same name"
)]
pub(super) struct BlockParams {
    pub(super) analyzer: AnalyzerParams,
    pub(super) ngram_range: (u32, u32),
    pub(super) min_df: DocFreq,
    pub(super) max_df: DocFreq,
    pub(super) max_features: Option<u32>,
    pub(super) vocabulary: Option<Vec<String>>,
    pub(super) hashing: Option<Hashing>,
    pub(super) binary: bool,
    pub(super) sublinear_tf: bool,
    pub(super) use_idf: bool,
    pub(super) smooth_idf: bool,
    pub(super) bm25: Option<Bm25>,
    pub(super) norm: Norm,
    pub(super) weight: f64,
}

impl Default for BlockParams {
    fn default() -> Self {
        Self {
            analyzer: AnalyzerParams::default(),
            ngram_range: (1, 1),
            min_df: DocFreq::Count(1),
            max_df: DocFreq::Fraction(1.0),
            max_features: None,
            vocabulary: None,
            hashing: None,
            binary: false,
            sublinear_tf: false,
            use_idf: true,
            smooth_idf: true,
            bm25: None,
            norm: Norm::L2,
            weight: 1.0,
        }
    }
}

impl BlockParams {
    /// The longest n-gram that can be asked for.
    const LONGEST_NGRAM: u32 = 64;
    /// The most columns that can be hashed into.
    const MOST_HASHED: u32 = 1 << 24;
    /// The largest weight of a block.
    const MOST_WEIGHT: f64 = 1e6;
    /// The largest k1 of BM25.
    const MOST_K1: f64 = 1e3;

    pub(super) fn summary(&self) -> Vec<(&'static str, Value<'static>)> {
        let kind = match (self.bm25, self.hashing) {
            (Some(_), _) => "bm25",
            (None, Some(_)) => "hashing",
            (None, None) if self.use_idf => "tfidf",
            (None, None) => "count",
        };
        let given = self.vocabulary.as_ref().map(Vec::len);
        let hashed = self.hashing.map(|hashing| hashing.n_features as usize);
        let columns = self.max_features.map(|n| n as usize).or(given).or(hashed);
        let norm = match self.norm {
            Norm::L1 => "l1",
            Norm::L2 => "l2",
            Norm::None => "None",
        };
        let mut summary: Vec<(&'static str, Value<'static>)> = vec![
            ("preprocessing", self.analyzer.summary().into()),
            ("vectorizer", kind.into()),
            ("max_features", columns.map_or("None".into(), Value::from)),
            ("ngram_range", format!("({}, {})", self.ngram_range.0, self.ngram_range.1).into()),
            ("min_df", self.min_df.value()),
            ("max_df", self.max_df.value()),
            ("binary", self.binary.into()),
            ("sublinear_tf", self.sublinear_tf.into()),
            ("use_idf", self.use_idf.into()),
            ("smooth_idf", self.smooth_idf.into()),
            ("norm", norm.into()),
        ];
        if let Some(Bm25 { k1, b }) = self.bm25 {
            summary.extend([("bm25_k1", k1.into()), ("bm25_b", b.into())]);
        }
        if let Some(hashing) = self.hashing {
            summary.push(("alternate_sign", hashing.alternate_sign.into()));
        }
        if self.weight != 1.0 {
            summary.push(("block_weight", self.weight.into()));
        }
        summary
    }

    pub(super) fn validate(&self) -> Result<()> {
        let invalid =
            |name, found: String, expected| Err(Error::InvalidParameter { name, found, expected });
        self.analyzer.validate()?;
        let (min, max) = self.ngram_range;
        if !(1 <= min && min <= max && max <= Self::LONGEST_NGRAM) {
            return invalid(
                "ngram_range",
                format!("({min}, {max})"),
                "is not a range within 1..=64; the first must not exceed the second",
            );
        }
        self.min_df.validate("min_df")?;
        self.max_df.validate("max_df")?;
        if self.max_features == Some(0) {
            return invalid(
                "max_features",
                "0".to_owned(),
                "leaves no term; give at least 1, or leave it out to keep all",
            );
        }
        if let Some(Bm25 { k1, b }) = self.bm25 {
            if !(0.0..=Self::MOST_K1).contains(&k1) {
                return invalid("bm25", format!("k1 = {k1}"), "is outside 0..=1000; 1.2 is usual");
            }
            if !(0.0..=1.0).contains(&b) {
                return invalid("bm25", format!("b = {b}"), "is outside 0..=1; 0.75 is usual");
            }
        }
        if !(self.weight > 0.0 && self.weight <= Self::MOST_WEIGHT) {
            return invalid(
                "weight",
                self.weight.to_string(),
                "is not above 0 and at most 1000000; leave a block out instead of weighing it 0",
            );
        }
        match (&self.vocabulary, self.hashing) {
            (Some(_), Some(_)) => invalid(
                "vocabulary",
                "with hashing".to_owned(),
                "is a contradiction: hashed terms need none; leave one of them out",
            ),
            (Some(terms), None) => Self::validate_vocabulary(terms),
            (None, Some(hashing)) => self.validate_hashing(hashing),
            (None, None) => Ok(()),
        }
    }

    fn validate_vocabulary(terms: &[String]) -> Result<()> {
        let invalid = |problem: String| Err(Error::InvalidValues { what: "vocabulary", problem });
        if terms.first().is_none_or(String::is_empty) {
            return invalid("there is no term, or an empty one".to_owned());
        }
        match terms.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => invalid(format!("term {:?} is there twice, or out of order", pair[1])),
            None => Ok(()),
        }
    }

    fn validate_hashing(&self, hashing: Hashing) -> Result<()> {
        let invalid =
            |name, found: String, expected| Err(Error::InvalidParameter { name, found, expected });
        if !(1..=Self::MOST_HASHED).contains(&hashing.n_features) {
            return invalid(
                "n_features",
                hashing.n_features.to_string(),
                "is outside 1..=16777216; 1048576 is usual",
            );
        }
        let all = Self::default();
        if self.max_features.is_some() || self.min_df != all.min_df || self.max_df != all.max_df {
            return invalid(
                "min_df, max_df or max_features",
                "with hashing".to_owned(),
                "has no terms to choose from; leave it out, or do not hash",
            );
        }
        if hashing.alternate_sign && !self.binary && (self.sublinear_tf || self.bm25.is_some()) {
            return invalid(
                "alternate_sign",
                "with sublinear_tf or bm25".to_owned(),
                "gives counts below 0, which have no logarithm; set alternate_sign(false)",
            );
        }
        Ok(())
    }
}
