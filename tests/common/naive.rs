//! The naive twin of the vectorizer: code so short that it is obviously right, and too slow to ship. Tests compare results
//! with it, benches compare times.
//!
//! Texts and settings in, terms, rows and weights out. Knows the crate's names for settings and none of its ways; only the
//! words of [`Cut::ByCrate`] are the crate's.
#![allow(dead_code, reason = "each test and bench uses the part it needs")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use ressenti::text::{Analyzer, AnalyzerParams, StopWords};
use ressenti::{DocFreq, Norm, VectorizerParams};

#[path = "naive/terms.rs"]
mod terms;

pub(crate) use terms::words;
use terms::{characters, collapse, is_space, murmur3, ngrams, strip_accents};

/// How texts are cut.
#[derive(Debug, Clone)]
pub(crate) enum Cut {
    Word,
    Char,
    CharWb,
    /// Into the tokens that the crate finds with these settings; for what has tests of its own.
    ByCrate(AnalyzerParams),
}

/// What is said of hashing.
#[derive(Debug, Clone)]
pub(crate) struct Hashing {
    pub(crate) n_features: usize,
    pub(crate) alternate_sign: bool,
    pub(crate) feature_names: bool,
}

/// What both twins of the vectorizer are told.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "the settings have these names")]
pub(crate) struct Settings {
    pub(crate) cut: Cut,
    pub(crate) lowercase: bool,
    pub(crate) strip_accents: bool,
    pub(crate) stop_words: Vec<String>,
    pub(crate) ngram_range: (usize, usize),
    pub(crate) min_df: DocFreq,
    pub(crate) max_df: DocFreq,
    pub(crate) max_features: Option<usize>,
    pub(crate) vocabulary: Option<Vec<String>>,
    pub(crate) hashing: Option<Hashing>,
    pub(crate) binary: bool,
    pub(crate) sublinear_tf: bool,
    pub(crate) use_idf: bool,
    pub(crate) smooth_idf: bool,
    pub(crate) bm25: Option<(f64, f64)>,
    pub(crate) norm: Norm,
    pub(crate) weight: f64,
}

/// TF-IDF with scikit-learn's defaults.
impl Default for Settings {
    fn default() -> Self {
        Self {
            cut: Cut::Word,
            lowercase: true,
            strip_accents: false,
            stop_words: Vec::new(),
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

impl Settings {
    /// The same for the crate.
    pub(crate) fn params(&self) -> VectorizerParams {
        let analyzer = match &self.cut {
            Cut::Word => Analyzer::word().stop_words(StopWords::list(self.stop_words.clone())),
            Cut::Char => Analyzer::char(),
            Cut::CharWb => Analyzer::char_wb(),
            Cut::ByCrate(analyzer) => analyzer.clone(),
        };
        let analyzer = match &self.cut {
            Cut::ByCrate(_) => analyzer,
            _ => analyzer.lowercase(self.lowercase).strip_accents(self.strip_accents),
        };
        let mut params = VectorizerParams::default()
            .analyzer(analyzer)
            .ngram_range(self.ngram_range.0, self.ngram_range.1)
            .min_df(self.min_df)
            .max_df(self.max_df)
            .binary(self.binary)
            .sublinear_tf(self.sublinear_tf)
            .use_idf(self.use_idf)
            .smooth_idf(self.smooth_idf)
            .norm(self.norm)
            .weight(self.weight);
        if let Some(n) = self.max_features {
            params = params.max_features(n);
        }
        if let Some(terms) = &self.vocabulary {
            params = params.vocabulary(terms.clone());
        }
        if let Some(Hashing { n_features, alternate_sign, feature_names }) = self.hashing {
            params = params.n_features(n_features);
            params = params.alternate_sign(alternate_sign).feature_names(feature_names);
        }
        if let Some((k1, b)) = self.bm25 {
            params = params.bm25(k1, b);
        }
        params
    }

    /// The tokens of a text: words, characters, or words between spaces.
    pub(crate) fn tokens(&self, text: &str) -> Vec<String> {
        if let Cut::ByCrate(analyzer) = &self.cut {
            let tokens = analyzer.build().unwrap().tokenize(text);
            return tokens.iter().map(|token| token.text().to_owned()).collect();
        }
        let mut text = text.to_owned();
        if self.lowercase {
            text = text.to_lowercase();
        }
        if self.strip_accents {
            text = strip_accents(&text);
        }
        match self.cut {
            Cut::Word | Cut::ByCrate(_) => {
                let mut words = words(&text, false);
                words.retain(|word| !self.stop_words.contains(word));
                words
            }
            Cut::Char => characters(&collapse(&text)),
            Cut::CharWb => {
                let words = text.split(is_space).filter(|word| !word.is_empty());
                words.map(|word| format!(" {word} ")).collect()
            }
        }
    }

    /// The terms of a text, as often as they occur.
    pub(crate) fn terms(&self, tokens: &[String]) -> Vec<String> {
        let (min, max) = self.ngram_range;
        let of_word = |word: &String| {
            let word = characters(word);
            // A word that is too short for any term is one itself.
            ngrams(&word, (min.min(word.len()), max), "")
        };
        match self.cut {
            Cut::Char => ngrams(tokens, (min, max), ""),
            Cut::CharWb => tokens.iter().flat_map(of_word).collect(),
            Cut::Word | Cut::ByCrate(_) => ngrams(tokens, (min, max), " "),
        }
    }
}

/// A fitted vectorizer of one block.
pub(crate) struct Vectorizer {
    settings: Settings,
    /// The names of the columns.
    pub(crate) vocabulary: Vec<String>,
    columns: HashMap<String, usize>,
    pub(crate) idf: Option<Vec<f64>>,
    mean_length: f64,
}

impl Vectorizer {
    /// `None` if no term is left.
    pub(crate) fn fit<T: AsRef<str>>(settings: &Settings, texts: &[T]) -> Option<Self> {
        let texts: Vec<_> = texts.iter().map(|text| settings.tokens(text.as_ref())).collect();
        Self::fit_tokens(settings, &texts)
    }

    pub(crate) fn fit_tokens(settings: &Settings, texts: &[Vec<String>]) -> Option<Self> {
        let vocabulary = match (&settings.hashing, &settings.vocabulary) {
            (Some(hashing), _) => hashed_names(settings, hashing, texts),
            (_, Some(given)) => {
                given.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()
            }
            _ => learn(settings, texts),
        };
        let columns = vocabulary.iter().cloned().zip(0..).collect();
        let n = texts.len() as f64;
        let mean_length = texts.iter().map(|tokens| tokens.len() as f64).sum::<f64>() / n;
        let settings = settings.clone();
        let mut fitted = Self { settings, vocabulary, columns, idf: None, mean_length };
        if fitted.settings.use_idf {
            let mut df = vec![0.0; fitted.vocabulary.len()];
            for tokens in texts {
                fitted.counts(tokens).keys().for_each(|&column| df[column] += 1.0);
            }
            let idf = |df: &f64| match (fitted.settings.bm25, fitted.settings.smooth_idf) {
                (Some(_), _) => ((n - df + 0.5) / (df + 0.5)).ln_1p(),
                (None, true) => ((1.0 + n) / (1.0 + df)).ln() + 1.0,
                (None, false) => (n / df).ln() + 1.0,
            };
            fitted.idf = Some(df.iter().map(idf).collect());
        }
        (!fitted.vocabulary.is_empty()).then_some(fitted)
    }

    /// The column of a term.
    fn column(&self, term: &str) -> Option<usize> {
        match &self.settings.hashing {
            Some(hashing) => Some(hashing.column(term)),
            None => self.columns.get(term).copied(),
        }
    }

    /// The columns that a text touches, and how often, with their signs.
    fn counts(&self, tokens: &[String]) -> BTreeMap<usize, f64> {
        let mut counts = BTreeMap::new();
        for term in self.settings.terms(tokens) {
            let sign = self.settings.hashing.as_ref().map_or(1.0, |hashing| hashing.sign(&term));
            if let Some(column) = self.column(&term) {
                *counts.entry(column).or_insert(0.0) += sign;
            }
        }
        counts
    }

    /// The columns of a text, ascending, and their values.
    pub(crate) fn row(&self, text: &str) -> Vec<(usize, f64)> {
        self.row_of_tokens(&self.settings.tokens(text))
    }

    pub(crate) fn row_of_tokens(&self, tokens: &[String]) -> Vec<(usize, f64)> {
        let settings = &self.settings;
        let mut row: Vec<(usize, f64)> = self.counts(tokens).into_iter().collect();
        for (column, value) in &mut row {
            if settings.binary {
                *value = 1.0;
            }
            if let Some((k1, b)) = settings.bm25 {
                let length = if self.mean_length > 0.0 {
                    tokens.len() as f64 / self.mean_length
                } else {
                    1.0
                };
                *value = *value * (k1 + 1.0) / (*value + k1 * (1.0 - b + b * length));
            } else if settings.sublinear_tf {
                *value = 1.0 + value.ln();
            }
            if let Some(idf) = &self.idf {
                *value *= idf[*column];
            }
        }
        row.retain(|(_, value)| *value != 0.0);
        let length = match settings.norm {
            Norm::L1 => row.iter().map(|(_, value)| value.abs()).sum(),
            Norm::L2 => row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt(),
            _ => 1.0,
        };
        for (_, value) in &mut row {
            *value *= settings.weight / length;
        }
        row
    }
}

/// The terms that the settings keep, sorted.
fn learn(settings: &Settings, texts: &[Vec<String>]) -> Vec<String> {
    let (mut df, mut total) = (HashMap::new(), HashMap::new());
    for tokens in texts {
        let terms = settings.terms(tokens);
        for term in terms.iter().collect::<BTreeSet<_>>() {
            *df.entry(term.clone()).or_insert(0u32) += 1;
        }
        for term in terms {
            *total.entry(term).or_insert(0u32) += 1;
        }
    }
    let bound = |bound| match bound {
        DocFreq::Count(count) => f64::from(count),
        DocFreq::Fraction(share) => share * texts.len() as f64,
    };
    let (min, max) = (bound(settings.min_df), bound(settings.max_df));
    let in_range = |term: &&String| (min..=max).contains(&f64::from(df[*term]));
    let mut vocabulary: Vec<String> = df.keys().filter(in_range).cloned().collect();
    let frequency = if settings.binary { &df } else { &total };
    vocabulary.sort_by_key(|term| (Reverse(frequency[term]), term.clone()));
    vocabulary.truncate(settings.max_features.unwrap_or(usize::MAX));
    vocabulary.sort();
    vocabulary
}

impl Hashing {
    fn column(&self, term: &str) -> usize {
        murmur3(term).unsigned_abs() as usize % self.n_features
    }

    fn sign(&self, term: &str) -> f64 {
        if self.alternate_sign && murmur3(term) < 0 { -1.0 } else { 1.0 }
    }
}

/// The most frequent term of each column, if it was asked for and there is one.
fn hashed_names(settings: &Settings, hashing: &Hashing, texts: &[Vec<String>]) -> Vec<String> {
    let mut total = BTreeMap::new();
    for term in texts.iter().flat_map(|tokens| settings.terms(tokens)) {
        *total.entry(term).or_insert(0u32) += 1;
    }
    let name = |column| {
        let of_column = total.iter().filter(|(term, _)| hashing.column(term) == column);
        let most = of_column.min_by_key(|(term, total)| (Reverse(*total), *term));
        most.filter(|_| hashing.feature_names)
            .map_or(format!("#{column}"), |(term, _)| term.clone())
    };
    (0..hashing.n_features).map(name).collect()
}

/// The settings of blocks side by side.
pub(crate) fn params(blocks: &[Settings]) -> VectorizerParams {
    let params = blocks.iter().map(Settings::params);
    params.reduce(VectorizerParams::beside).expect("there is a block")
}

/// The row of blocks side by side.
pub(crate) fn row(blocks: &[Vectorizer], text: &str) -> Vec<(usize, f64)> {
    let (mut row, mut first) = (Vec::new(), 0);
    for block in blocks {
        row.extend(block.row(text).into_iter().map(|(column, value)| (first + column, value)));
        first += block.vocabulary.len();
    }
    row
}

/// The column of a term in the first of these blocks that has one.
pub(crate) fn column(blocks: &[Vectorizer], term: &str) -> Option<usize> {
    let firsts = blocks.iter().scan(0, |next, block| {
        let first = *next;
        *next += block.vocabulary.len();
        Some(first)
    });
    firsts.zip(blocks).find_map(|(first, block)| Some(first + block.column(term)?))
}
