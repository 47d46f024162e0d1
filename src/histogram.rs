//! Whole numbers come in, how many fell into which bin comes out. What the numbers measure is not known here.
//!
//! All that is kept are whole numbers, so that the histogram of two streams is the sum of their histograms, to the last
//! bit and in any order. Bins are fixed by the scale alone:
//!
//! ```text
//! linear of width w:  bin(x) = ⌊x ÷ w⌋
//! log:                bin(x) = x for x < 16, else 16·(e − 3) + (the four bits of x behind its first),  2ᵉ ≤ x < 2ᵉ⁺¹
//! ```
//!
//! So a bin of the log scale is at most a 16th of its numbers wide, and its middle at most 1/32 (3.2 %) away from each of
//! them: the buckets of Gil Tene's `HdrHistogram`, with four bits.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Bits of a number behind its first that its bin knows.
const BITS: u32 = 4;
/// More bins than any number needs: 61 times 16 on the log scale.
const MOST_BINS: usize = 1 << 12;
/// As many numbers as a `f64` can count: what is stored with more was not counted by anybody.
pub(crate) const MOST_COUNTED: u64 = 1 << 53;

/// Where the bins of a [`Histogram`] lie.
///
/// ```
/// use ressenti::monitor::Scale;
///
/// assert_eq!(Scale::Linear { width: 10 }.bin(25), 2);
/// assert_eq!(Scale::Log.range(Scale::Log.bin(1_000)), (992, 1_023));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scale {
    /// Bins of so many whole numbers each, the first from 0 on. There are 4,096; the last takes all above.
    Linear {
        /// How many numbers a bin has; 0 counts as 1.
        width: u64,
    },
    /// Sixteen bins for each doubling: for what spans powers of ten, such as latencies.
    Log,
}

impl Scale {
    /// The bin of a number.
    #[must_use]
    #[inline]
    pub fn bin(self, x: u64) -> usize {
        match self {
            Self::Linear { width } => ((x / width.max(1)) as usize).min(MOST_BINS - 1),
            Self::Log if x < 1 << BITS => x as usize,
            Self::Log => {
                let exponent = x.ilog2();
                let behind = (x >> (exponent - BITS)) as usize & ((1 << BITS) - 1);
                (((exponent - BITS + 1) as usize) << BITS) + behind
            }
        }
    }

    /// The least and the greatest number of a bin.
    #[must_use]
    pub fn range(self, bin: usize) -> (u64, u64) {
        match self {
            Self::Linear { width } => {
                let least = (bin as u64).saturating_mul(width.max(1));
                (least, least.saturating_add(width.max(1) - 1))
            }
            Self::Log if bin < 1 << BITS => (bin as u64, bin as u64),
            Self::Log => {
                let (octave, behind) = (bin >> BITS, bin as u64 & ((1 << BITS) - 1));
                let shift = (octave as u32 - 1).min(63 - BITS);
                let least = ((1 << BITS) + behind) << shift;
                (least, least + ((1 << shift) - 1))
            }
        }
    }
}

/// How many of the numbers seen fell into which bin, with their sum, least and greatest.
///
/// ```
/// use ressenti::monitor::{Histogram, Scale};
///
/// let mut latency = Histogram::new(Scale::Log);
/// (1..=1_000).for_each(|micros| latency.record(micros));
/// assert_eq!((latency.count(), latency.max(), latency.mean()), (1_000, Some(1_000), Some(500.5)));
/// let median = latency.quantile(0.5).unwrap();
/// assert!((484..=516).contains(&median)); // 3.2 % at most
/// ```
///
/// It counts up to 2⁵³ numbers, and no further ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Histogram {
    scale: Scale,
    /// Up to the last bin that was met.
    counts: Vec<u64>,
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

/// The stored form, before it is known that its numbers fit.
#[derive(Deserialize)]
#[serde(rename = "Histogram")]
struct Parts {
    scale: Scale,
    counts: Vec<u64>,
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl TryFrom<Parts> for Histogram {
    type Error = Error;

    fn try_from(parts: Parts) -> Result<Self> {
        let Parts { scale, counts, count, sum, min, max } = parts;
        let total = counts.iter().try_fold(0u64, |sum, &n| sum.checked_add(n));
        if counts.len() > MOST_BINS
            || total != Some(count)
            || count > MOST_COUNTED
            || (count > 0 && min > max)
        {
            let problem = format!("its {} bins do not add up to {count}", counts.len());
            return Err(Error::InvalidValues { what: "histogram", problem });
        }
        Ok(Self { scale, counts, count, sum, min, max })
    }
}

impl Histogram {
    /// An empty one.
    #[must_use]
    pub fn new(scale: Scale) -> Self {
        Self { scale, counts: Vec::new(), count: 0, sum: 0, min: u64::MAX, max: 0 }
    }

    /// Adds a number.
    #[inline]
    pub fn record(&mut self, x: u64) {
        if self.count >= MOST_COUNTED {
            return;
        }
        let bin = self.scale.bin(x);
        if bin >= self.counts.len() {
            self.counts.resize(bin + 1, 0);
        }
        self.counts[bin] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(x);
        self.min = self.min.min(x);
        self.max = self.max.max(x);
    }

    /// Adds all numbers of another.
    ///
    /// Errors: [`Error::InvalidValues`] if its bins lie elsewhere.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.scale != other.scale {
            let problem = format!("{:?} cannot be merged into {:?}", other.scale, self.scale);
            return Err(Error::InvalidValues { what: "histogram", problem });
        }
        self.absorb(other);
        Ok(())
    }

    /// [`merge`](Self::merge) where the scales are known to be equal.
    pub(crate) fn absorb(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (own, theirs) in self.counts.iter_mut().zip(&other.counts) {
            let added = (*theirs).min(MOST_COUNTED - self.count);
            *own += added;
            self.count += added;
        }
        self.sum = self.sum.saturating_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Forgets all numbers, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        let mut counts = std::mem::take(&mut self.counts);
        counts.clear();
        *self = Self { counts, ..Self::new(self.scale) };
    }

    /// Where its bins lie.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// How many numbers each bin has, up to the last that has one.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many numbers there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, at most `u64::MAX`.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The least of them.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest of them.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// A number that at least this share of all are not above, and the least of those: the middle of its bin, within the least
    /// and the greatest seen. `None` without numbers; shares outside 0 to 1 count as the nearer of the two.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let rank = whole(self.count as f64 * share.clamp(0.0, 1.0)).clamp(1, self.count.max(1));
        let mut below = 0;
        let bin = self.counts.iter().position(|&n| {
            below += n;
            below >= rank
        })?;
        let (least, greatest) = self.scale.range(bin);
        Some(u64::midpoint(least, greatest).clamp(self.min, self.max))
    }

    /// How many numbers are in bins that lie wholly above `x`.
    #[must_use]
    pub fn above(&self, x: u64) -> u64 {
        self.counts.iter().skip(self.scale.bin(x) + 1).sum()
    }
}

/// The least whole number that is not below; 0 of what is no number.
#[expect(clippy::cast_sign_loss, reason = "it is 0 or more")]
fn whole(x: f64) -> u64 {
    x.ceil().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_number_is_within_its_bin_and_near_its_middle(x in 0u64.., width in 0u64..1_000) {
            let (least, greatest) = Scale::Log.range(Scale::Log.bin(x));
            prop_assert!((least..=greatest).contains(&x));
            let middle = u64::midpoint(least, greatest);
            prop_assert!(middle.abs_diff(x) as f64 <= x as f64 / 32.0);
            let scale = Scale::Linear { width };
            let x = x % (width.max(1) * 4_000);
            let (least, greatest) = scale.range(scale.bin(x));
            prop_assert!((least..=greatest).contains(&x));
        }

        #[test]
        fn parts_in_any_order_are_the_whole(parts in prop::collection::vec(prop::collection::vec(0u64.., 0..20), 1..6)) {
            let of = |numbers: &[u64]| {
                let mut histogram = Histogram::new(Scale::Log);
                for &x in numbers {
                    histogram.record(x);
                }
                histogram
            };
            let whole = of(&parts.concat());
            let (mut forth, mut back) = (of(&[]), of(&[]));
            for part in &parts {
                forth.merge(&of(part)).unwrap();
            }
            for part in parts.iter().rev() {
                back.merge(&of(part)).unwrap();
            }
            prop_assert_eq!(&forth, &whole);
            prop_assert_eq!(&back, &whole);
            let mut sorted = parts.concat();
            sorted.sort_unstable();
            for share in [0.0, 0.5, 0.95, 1.0] {
                let rank = super::whole(sorted.len() as f64 * share).max(1) as usize;
                match whole.quantile(share) {
                    None => prop_assert!(sorted.is_empty()),
                    Some(found) => {
                        let exact = sorted[rank - 1];
                        prop_assert!(found.abs_diff(exact) as f64 <= exact as f64 / 16.0);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_full_stays_readable() {
        let half = format!(
            r#"{{"scale":"Log","counts":[1,{}],"count":{},"sum":7,"min":0,"max":1}}"#,
            MOST_COUNTED / 2,
            MOST_COUNTED / 2 + 1
        );
        let half: Histogram = serde_json::from_str(&half).unwrap();
        let mut full = half.clone();
        (0..3).for_each(|_| full.merge(&half).unwrap());
        full.record(1);
        assert_eq!((full.count(), full.counts()), (MOST_COUNTED, &[2, MOST_COUNTED - 2][..]));
        let json = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), full);
    }

    #[test]
    fn what_is_stored_is_checked() {
        let mut histogram = Histogram::new(Scale::Linear { width: 10 });
        for x in [3, 25, 1_000_000] {
            histogram.record(x);
        }
        let json = serde_json::to_string(&histogram).unwrap();
        assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), histogram);
        let error = serde_json::from_str::<Histogram>(&json.replace("\"count\":3", "\"count\":4"));
        let text = "invalid histogram: its 4096 bins do not add up to 4";
        assert!(error.unwrap_err().to_string().starts_with(text));
        let error = histogram.merge(&Histogram::new(Scale::Log)).unwrap_err();
        let text = "invalid histogram: Log cannot be merged into Linear { width: 10 }";
        assert_eq!(error.to_string(), text);
    }
}
