//! What a model's answers looked like when it was made and what they look like now come in; whether that is another world
//! comes out.
//!
//! [`Drift`] compares two spans part by part: labels by χ², scores, lengths and unknown words by Kolmogorov and Smirnov, words
//! one by one. A part has drifted if two things hold: the difference is no chance, Holm's correction for all parts
//! included; and it is large, by its PSI or for a word by its share. So thousands of texts do not make a trifle of a
//! difference an alarm, and a few dozen do not make one of noise. [`PageHinkley`] watches a stream number by number.
//!
//! The first condition keeps false alarms to what was asked for: `alpha` is the 0.01 a day divided by the number of looks a
//! day, see [`DriftParams::looks_per_day`].

mod measures;
mod page_hinkley;
mod report;
pub(crate) mod special;
mod words;

pub use measures::{
    TestResult, benjamini_hochberg, chi_square, holm, jensen_shannon, kolmogorov_smirnov, psi,
    psi_by_chance,
};
pub use page_hinkley::{PageHinkley, Shift};
pub use report::{Drift, DriftParams, DriftPart, PartOfDrift};
pub use words::MovedWord;

#[cfg(test)]
mod parity;
