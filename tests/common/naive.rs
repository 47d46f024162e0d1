//! Naive twins: code so short that it is obviously right, and too slow to ship. Tests compare results with it, benches
//! compare times.
//!
//! Texts and settings in, terms, rows and weights out. Knows the crate's names for settings and none of its ways.
#![allow(dead_code, reason = "each test and bench uses the part it needs")]

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use ressenti::text::{Analyzer, StopWords};
use ressenti::{DocFreq, Norm, VectorizerParams};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// `re.findall(r"(?u)\b\w\w+\b", text.lower())`.
pub(crate) fn words(text: &str, lowercase: bool) -> Vec<String> {
    let text = if lowercase { text.to_lowercase() } else { text.to_owned() };
    let runs = text.split(|c| !is_word(c));
    runs.filter(|run| run.chars().count() >= 2).map(str::to_owned).collect()
}

fn is_word(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Number};
    c == '_' || matches!(c.general_category_group(), Letter | Number)
}

/// All runs of `min` to `max` words, joined by spaces.
pub(crate) fn ngrams(words: &[String], (min, max): (usize, usize)) -> Vec<String> {
    (min..=max).flat_map(|n| words.windows(n)).map(|run| run.join(" ")).collect()
}

/// What both twins of the vectorizer are told.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "the settings have these names")]
pub(crate) struct Settings {
    pub(crate) lowercase: bool,
    pub(crate) stop_words: Vec<String>,
    pub(crate) ngram_range: (usize, usize),
    pub(crate) min_df: DocFreq,
    pub(crate) max_df: DocFreq,
    pub(crate) max_features: Option<usize>,
    pub(crate) binary: bool,
    pub(crate) sublinear_tf: bool,
    pub(crate) use_idf: bool,
    pub(crate) smooth_idf: bool,
    pub(crate) norm: Norm,
}

/// TF-IDF with scikit-learn's defaults.
impl Default for Settings {
    fn default() -> Self {
        Self {
            lowercase: true,
            stop_words: Vec::new(),
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

impl Settings {
    /// The same for the crate.
    pub(crate) fn params(&self) -> VectorizerParams {
        let stop_words = StopWords::list(self.stop_words.clone());
        let mut params = VectorizerParams::default()
            .analyzer(Analyzer::word().lowercase(self.lowercase).stop_words(stop_words))
            .ngram_range(self.ngram_range.0, self.ngram_range.1)
            .min_df(self.min_df)
            .max_df(self.max_df)
            .binary(self.binary)
            .sublinear_tf(self.sublinear_tf)
            .use_idf(self.use_idf)
            .smooth_idf(self.smooth_idf)
            .norm(self.norm);
        if let Some(n) = self.max_features {
            params = params.max_features(n);
        }
        params
    }

    /// The terms of a text, as often as they occur.
    pub(crate) fn terms(&self, text: &str) -> Vec<String> {
        let mut words = words(text, self.lowercase);
        words.retain(|word| !self.stop_words.contains(word));
        ngrams(&words, self.ngram_range)
    }
}

/// A fitted vectorizer.
pub(crate) struct Vectorizer {
    settings: Settings,
    pub(crate) vocabulary: Vec<String>,
    columns: HashMap<String, usize>,
    pub(crate) idf: Option<Vec<f64>>,
}

impl Vectorizer {
    /// `None` if no term is left.
    pub(crate) fn fit<T: AsRef<str>>(settings: &Settings, texts: &[T]) -> Option<Self> {
        let (mut df, mut total) = (HashMap::new(), HashMap::new());
        for text in texts {
            let terms = settings.terms(text.as_ref());
            for term in terms.iter().collect::<HashSet<_>>() {
                *df.entry(term.clone()).or_insert(0u32) += 1;
            }
            for term in terms {
                *total.entry(term).or_insert(0u32) += 1;
            }
        }
        let n = texts.len() as f64;
        let bound = |bound| match bound {
            DocFreq::Count(count) => f64::from(count),
            DocFreq::Fraction(share) => share * n,
        };
        let (min, max) = (bound(settings.min_df), bound(settings.max_df));
        let in_range = |term: &&String| (min..=max).contains(&f64::from(df[*term]));
        let mut vocabulary: Vec<String> = df.keys().filter(in_range).cloned().collect();
        let frequency = if settings.binary { &df } else { &total };
        vocabulary.sort_by_key(|term| (Reverse(frequency[term]), term.clone()));
        vocabulary.truncate(settings.max_features.unwrap_or(usize::MAX));
        vocabulary.sort();
        let extra = if settings.smooth_idf { 1.0 } else { 0.0 };
        let idf = |term: &String| ((n + extra) / (f64::from(df[term]) + extra)).ln() + 1.0;
        let idf = settings.use_idf.then(|| vocabulary.iter().map(idf).collect());
        let columns = vocabulary.iter().cloned().zip(0..).collect();
        let settings = settings.clone();
        (!vocabulary.is_empty()).then_some(Self { settings, vocabulary, columns, idf })
    }

    /// The columns of a text, ascending, and their values.
    pub(crate) fn row(&self, text: &str) -> Vec<(usize, f64)> {
        let mut counts = HashMap::new();
        for term in self.settings.terms(text) {
            if let Some(&column) = self.columns.get(&term) {
                *counts.entry(column).or_insert(0.0) += 1.0;
            }
        }
        let mut row: Vec<(usize, f64)> = counts.into_iter().collect();
        row.sort_by_key(|&(column, _)| column);
        for (column, value) in &mut row {
            if self.settings.binary {
                *value = 1.0;
            }
            if self.settings.sublinear_tf {
                *value = 1.0 + value.ln();
            }
            if let Some(idf) = &self.idf {
                *value *= idf[*column];
            }
        }
        let length = match self.settings.norm {
            Norm::L1 => row.iter().map(|(_, value)| value.abs()).sum(),
            Norm::L2 => row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt(),
            _ => 1.0,
        };
        for (_, value) in &mut row {
            *value /= length;
        }
        row
    }
}

/// Logistic regression on dense rows, by Newton's method with the whole Hessian.
///
/// θ holds one vector per class: its weights, then its intercept. With two classes only the second has weights.
#[derive(Debug, Clone)]
pub(crate) struct Logistic {
    pub(crate) rows: Vec<Vec<f64>>,
    pub(crate) classes: usize,
    /// The class of each row.
    pub(crate) truth: Vec<usize>,
    /// C × weight of each row.
    pub(crate) costs: Vec<f64>,
    pub(crate) fit_intercept: bool,
}

impl Logistic {
    /// A row, and what its intercept is multiplied by.
    fn row(&self, i: usize) -> Vec<f64> {
        let constant = if self.fit_intercept { 1.0 } else { 0.0 };
        [&self.rows[i][..], &[constant]].concat()
    }

    /// The probability of each class for row `i`.
    pub(crate) fn probabilities(&self, theta: &[Vec<f64>], i: usize) -> Vec<f64> {
        let row = self.row(i);
        let z: Vec<f64> = theta.iter().map(|w| dot(w, &row)).collect();
        let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = z.iter().map(|z| (z - top).exp()).sum();
        z.iter().map(|z| (z - top).exp() / sum).collect()
    }

    /// ½‖w‖² + Σ cost · −ln(probability of the true class).
    pub(crate) fn objective(&self, theta: &[Vec<f64>]) -> f64 {
        let features = self.rows[0].len();
        let penalty: f64 = theta.iter().map(|w| dot(&w[..features], &w[..features]) / 2.0).sum();
        let loss = |i: usize| -self.costs[i] * self.probabilities(theta, i)[self.truth[i]].ln();
        penalty + (0..self.rows.len()).map(loss).sum::<f64>()
    }

    /// The θ of least objective.
    pub(crate) fn minimise(&self) -> Vec<Vec<f64>> {
        let width = self.rows[0].len() + 1;
        let first = usize::from(self.classes == 2);
        let size = (self.classes - first) * width;
        let mut theta = vec![vec![0.0; width]; self.classes];
        for _ in 0..200 {
            // The tiny number makes directions without curvature harmless; it changes the way, not the end.
            let mut hessian = vec![vec![0.0; size]; size];
            let mut gradient = vec![0.0; size];
            for a in 0..size {
                let penalty = if a % width < width - 1 { 1.0 } else { 0.0 };
                hessian[a][a] = penalty + 1e-9;
                gradient[a] = penalty * theta[first + a / width][a % width];
            }
            for (i, cost) in self.costs.iter().enumerate() {
                let (row, p) = (self.row(i), self.probabilities(&theta, i));
                let same = |k: usize, l: usize| if k == l { 1.0 } else { 0.0 };
                for a in 0..size {
                    let (k, x) = (first + a / width, row[a % width]);
                    gradient[a] += cost * (p[k] - same(k, self.truth[i])) * x;
                    for b in 0..size {
                        let (l, y) = (first + b / width, row[b % width]);
                        hessian[a][b] += cost * p[k] * (same(k, l) - p[l]) * x * y;
                    }
                }
            }
            let step = solve(hessian, gradient);
            let before = self.objective(&theta);
            let at = |length: f64| {
                let mut moved = theta.clone();
                for (a, s) in step.iter().enumerate() {
                    moved[first + a / width][a % width] -= length * s;
                }
                moved
            };
            let lengths = (0..60).map(|halvings| 0.5f64.powi(halvings));
            match lengths.map(at).find(|moved| self.objective(moved) < before) {
                Some(moved) => theta = moved,
                // As good as floating point gets.
                None => break,
            }
        }
        theta
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// x with A·x = b, by Gaussian elimination.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, pivot);
        b.swap(k, pivot);
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            let above = a[k].clone();
            for (x, y) in a[i].iter_mut().zip(above).skip(k) {
                *x -= factor * y;
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k][k];
    }
    b
}
