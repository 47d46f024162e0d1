//! Corrections come in, how often users agree comes out, with how far that can be trusted.
//!
//! Wilson's interval of a share of k in n, with z = 1.96 for 95 % (*Probable Inference, the Law of Succession, and
//! Statistical Inference*, 1927); it stays within 0 to 1 and is right for few:
//!
//! ```text
//! (k + z²/2  ±  z · √(k·(n − k) ÷ n + z²/4)) ÷ (n + z²)
//! ```
//!
//! Users who correct are not all users: the share is that of the answers that somebody said something about.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::correction::Correction;

/// 97.5 % of a normal distribution are below.
const Z: f64 = 1.959_963_984_540_054;

/// How often users agreed with answers. It prints as one line.
///
/// ```
/// use ressenti::monitor::feedback::Agreement;
///
/// let agreement = Agreement { n: 200, wrong: 50 };
/// let (low, high) = agreement.error_interval();
/// assert_eq!(agreement.error_rate(), Some(0.25));
/// assert!(low > 0.19 && high < 0.32);
/// assert_eq!(agreement.to_string(), "50 of 200 wrong, 25.0 % (19.5 % to 31.4 %)");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Answers that somebody said something about.
    pub n: u64,
    /// Those that were wrong.
    pub wrong: u64,
}

impl Agreement {
    /// The share that was wrong; `None` of none.
    #[must_use]
    pub fn error_rate(&self) -> Option<f64> {
        (self.n > 0).then(|| self.wrong as f64 / self.n as f64)
    }

    /// The share that was right; `None` of none.
    #[must_use]
    pub fn agreement(&self) -> Option<f64> {
        self.error_rate().map(|rate| 1.0 - rate)
    }

    /// Where the error rate of all such answers is with 95 % confidence: Wilson's interval; 0 to 1 of none.
    #[must_use]
    pub fn error_interval(&self) -> (f64, f64) {
        if self.n == 0 {
            return (0.0, 1.0);
        }
        let (n, k) = (self.n as f64, self.wrong.min(self.n) as f64);
        let middle = k + Z * Z / 2.0;
        let half = Z * (k * (n - k) / n + Z * Z / 4.0).sqrt();
        let of = |x: f64| (x / (n + Z * Z)).clamp(0.0, 1.0);
        (of(middle - half), of(middle + half))
    }

    fn add(&mut self, correction: &Correction) {
        self.n += 1;
        self.wrong += u64::from(!correction.agrees());
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.error_interval();
        let rate = 100.0 * self.error_rate().unwrap_or_default();
        let (low, high) = (100.0 * low, 100.0 * high);
        write!(f, "{} of {} wrong, {rate:.1} % ({low:.1} % to {high:.1} %)", self.wrong, self.n)
    }
}

/// How often users agree, in all and part by part; see [`Corrections::agreement`](super::Corrections::agreement).
///
/// ```
/// use ressenti::monitor::feedback::Corrections;
///
/// let report = Corrections::default().agreement();
/// assert_eq!((report.all.n, report.all.error_rate()), (0, None));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgreementReport {
    /// Of all answers.
    pub all: Agreement,
    /// Of the answers of each version of the model; those of none are under the empty text.
    pub by_version: BTreeMap<String, Agreement>,
    /// Of the answers with each label.
    pub by_predicted: BTreeMap<String, Agreement>,
    /// Of the texts for which each label is right.
    pub by_corrected: BTreeMap<String, Agreement>,
}

impl AgreementReport {
    pub(super) fn new(corrections: &[Correction]) -> Self {
        let mut report = Self::default();
        for correction in corrections {
            report.all.add(correction);
            let version = correction.model_version.clone().unwrap_or_default();
            report.by_version.entry(version).or_default().add(correction);
            report.by_predicted.entry(correction.predicted.clone()).or_default().add(correction);
            report.by_corrected.entry(correction.corrected.clone()).or_default().add(correction);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_scipy() {
        // scipy.stats.binomtest(k, n).proportion_ci(0.95, "wilson")
        for (wrong, n, low, high) in [
            (0, 3, 0.0, 0.561_497_031_755_045_4),
            (3, 3, 0.438_502_968_244_954_6, 1.0),
            (1, 1000, 0.000_176_546_370_626_078_06, 0.005_642_558_597_857_936),
        ] {
            let (found_low, found_high) = Agreement { n, wrong }.error_interval();
            assert!(
                (found_low - low).abs() < 1e-6 && (found_high - high).abs() < 1e-6,
                "{wrong} of {n}: {found_low} {found_high}"
            );
        }
    }
}
