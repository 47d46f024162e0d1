//! What a vectorizer can be told, with scikit-learn's names and meanings.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::AnalyzerParams;
use crate::tracker::Value;

/// A number of texts: absolute, or as a share of those that `fit` sees.
///
/// scikit-learn tells `1` from `1.0` by type; here the name says it.
///
/// ```
/// use ressenti::{DocFreq, Vectorizer};
///
/// let params = Vectorizer::tfidf().min_df(DocFreq::Count(2)).max_df(DocFreq::Fraction(0.5));
/// # let _ = params;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum DocFreq {
    /// So many texts.
    Count(u32),
    /// This share of the texts, in 0 to 1.
    Fraction(f64),
}

impl DocFreq {
    /// The number of texts among `n_documents`; not rounded, as in scikit-learn.
    pub(super) fn of(self, n_documents: u64) -> f64 {
        match self {
            Self::Count(n) => n.into(),
            Self::Fraction(f) => f * n_documents as f64,
        }
    }

    /// As scikit-learn has it: an integer for a count, a float for a share.
    fn value(self) -> Value<'static> {
        match self {
            Self::Count(n) => n.into(),
            Self::Fraction(f) => f.into(),
        }
    }

    fn validate(self, name: &'static str) -> Result<()> {
        match self {
            Self::Fraction(f) if !(0.0..=1.0).contains(&f) => Err(Error::InvalidParameter {
                name,
                found: format!("{f}"),
                expected: "is outside 0.0..=1.0; use DocFreq::Count for absolute counts",
            }),
            _ => Ok(()),
        }
    }
}

/// What the length of each row is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Norm {
    /// The values' absolute sum is 1.
    L1,
    /// The squares' sum is 1, so that the product of two rows is their cosine. The default.
    #[default]
    L2,
    /// Values stay as they are.
    None,
}

/// How a [`Vectorizer`](crate::Vectorizer) counts and weighs: the settings. Start from
/// [`Vectorizer::tfidf`](crate::Vectorizer::tfidf) or [`Vectorizer::count`](crate::Vectorizer::count).
///
/// ```
/// use ressenti::Vectorizer;
/// use ressenti::text::Analyzer;
///
/// let params = Vectorizer::tfidf().analyzer(Analyzer::social()).ngram_range(1, 2).max_features(10_000);
/// let vectorizer = params.fit(&["good crew", "bad crew :("])?;
/// assert!(vectorizer.vocabulary().get("crew :(").is_some());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[must_use]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of scikit-learn's, of the same name"
)]
pub struct VectorizerParams {
    pub(super) analyzer: AnalyzerParams,
    pub(super) ngram_range: (u32, u32),
    pub(super) min_df: DocFreq,
    pub(super) max_df: DocFreq,
    pub(super) max_features: Option<u32>,
    pub(super) binary: bool,
    pub(super) sublinear_tf: bool,
    pub(super) use_idf: bool,
    pub(super) smooth_idf: bool,
    pub(super) norm: Norm,
}

impl Default for VectorizerParams {
    /// TF-IDF of scikit-learn's words: unigrams, all terms, smooth idf, L2.
    fn default() -> Self {
        Self {
            analyzer: AnalyzerParams::default(),
            ngram_range: (1, 1),
            min_df: DocFreq::Count(1),
            max_df: DocFreq::Fraction(1.0),
            max_features: None,
            binary: false,
            sublinear_tf: false,
            use_idf: true,
            smooth_idf: true,
            norm: Norm::L2,
        }
    }
}

/// A setting as it is kept, from whatever width the caller counts in; what does not fit is out of range anyway.
fn saturate(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl VectorizerParams {
    /// The longest n-gram that can be asked for.
    const LONGEST_NGRAM: u32 = 64;

    /// How texts become tokens. Default: scikit-learn's words, lower-cased.
    pub fn analyzer(mut self, analyzer: AnalyzerParams) -> Self {
        self.analyzer = analyzer;
        self
    }

    /// Terms are runs of `min` to `max` tokens, joined by a space. Default: 1 to 1; range: 1 ≤ min ≤ max ≤ 64.
    ///
    /// `(1, 2)` lets a model tell "not good" from "good"; it costs five to ten times the terms.
    pub fn ngram_range(mut self, min: usize, max: usize) -> Self {
        self.ngram_range = (saturate(min), saturate(max));
        self
    }

    /// Drops terms that occur in fewer texts. Default: `Count(1)`, which drops none.
    pub fn min_df(mut self, min_df: DocFreq) -> Self {
        self.min_df = min_df;
        self
    }

    /// Drops terms that occur in more texts. Default: `Fraction(1.0)`, which drops none.
    pub fn max_df(mut self, max_df: DocFreq) -> Self {
        self.max_df = max_df;
        self
    }

    /// Keeps the terms that occur most often over all texts; of equally frequent ones the first by name. Default: all.
    /// Range: 1 and more.
    ///
    /// Applied after `min_df` and `max_df`. With [`binary`](Self::binary) it is the number of texts that counts.
    pub fn max_features(mut self, max_features: usize) -> Self {
        self.max_features = Some(saturate(max_features));
        self
    }

    /// Counts a term once per text, however often it occurs there. Default: false.
    pub fn binary(mut self, binary: bool) -> Self {
        self.binary = binary;
        self
    }

    /// Uses 1 + ln(tf) for the count tf of a term in a text. Default: false.
    pub fn sublinear_tf(mut self, sublinear_tf: bool) -> Self {
        self.sublinear_tf = sublinear_tf;
        self
    }

    /// Multiplies each count by the term's inverse document frequency. Default: true for
    /// [`tfidf`](crate::Vectorizer::tfidf), false for [`count`](crate::Vectorizer::count).
    pub fn use_idf(mut self, use_idf: bool) -> Self {
        self.use_idf = use_idf;
        self
    }

    /// Adds one text that holds every term: idf = ln((1 + n) / (1 + df)) + 1 instead of ln(n / df) + 1. Default: true.
    pub fn smooth_idf(mut self, smooth_idf: bool) -> Self {
        self.smooth_idf = smooth_idf;
        self
    }

    /// What the length of each row is made. Default: [`Norm::L2`] for [`tfidf`](crate::Vectorizer::tfidf),
    /// [`Norm::None`] for [`count`](crate::Vectorizer::count).
    pub fn norm(mut self, norm: Norm) -> Self {
        self.norm = norm;
        self
    }

    /// The settings under the names that runs are tracked with.
    #[must_use]
    pub fn summary(&self) -> Vec<(&'static str, Value<'static>)> {
        let kind = if self.use_idf { "tfidf" } else { "count" };
        let max_features = self.max_features.map_or("None".into(), Value::from);
        let norm = match self.norm {
            Norm::L1 => "l1",
            Norm::L2 => "l2",
            Norm::None => "None",
        };
        vec![
            ("preprocessing", self.analyzer.summary().into()),
            ("vectorizer", kind.into()),
            ("max_features", max_features),
            ("ngram_range", format!("({}, {})", self.ngram_range.0, self.ngram_range.1).into()),
            ("min_df", self.min_df.value()),
            ("max_df", self.max_df.value()),
            ("binary", self.binary.into()),
            ("sublinear_tf", self.sublinear_tf.into()),
            ("smooth_idf", self.smooth_idf.into()),
            ("norm", norm.into()),
        ]
    }

    /// Every range check, for `fit` and for loading.
    pub(crate) fn validate(&self) -> Result<()> {
        let (min, max) = self.ngram_range;
        if !(1 <= min && min <= max && max <= Self::LONGEST_NGRAM) {
            return Err(Error::InvalidParameter {
                name: "ngram_range",
                found: format!("({min}, {max})"),
                expected: "is not a range within 1..=64; the first must not exceed the second",
            });
        }
        self.min_df.validate("min_df")?;
        self.max_df.validate("max_df")?;
        if self.max_features == Some(0) {
            return Err(Error::InvalidParameter {
                name: "max_features",
                found: "0".to_owned(),
                expected: "leaves no term; give at least 1, or leave it out to keep all",
            });
        }
        Ok(())
    }
}
