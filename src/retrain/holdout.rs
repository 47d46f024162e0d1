//! A text comes in, whether it is held out comes out: for good, wherever and whenever it turns up. Labels are not known here.

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::error::{Error, Result};
use crate::evaluate::Split;
use crate::views::Texts;

/// Set before what is digested, so that no other use of a digest puts the same texts aside.
const DOMAIN: &str = "ressenti holdout 1";

/// Which texts are never trained on: a share of all texts there are, decided by a digest of each.
///
/// The same text is held out in every retraining, also when it comes as a correction, in other capitals or with other white
/// space. So models of one line of retrainings have never seen what they are judged by, and can be compared.
///
/// ```
/// use ressenti::retrain::Holdout;
///
/// let texts: Vec<String> = (0..1_000).map(|i| format!("tweet {i}")).collect();
/// let split = Holdout::default().split(&texts);
/// assert_eq!((split.train.len(), split.test.len()), (824, 176));
/// let held_out = &texts[split.test[0]];
/// assert!(Holdout::default().holds(&format!(" {} ", held_out.to_uppercase())));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct Holdout {
    share: f64,
    seed: u64,
}

impl Default for Holdout {
    fn default() -> Self {
        Self { share: 0.2, seed: 0 }
    }
}

impl Holdout {
    /// Which share of texts is held out. Default: 0.2; range: above 0, below 1.
    pub fn share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }

    /// Which texts: another seed, others. Default: 0. Change it only with the first model of a line.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether a text is held out.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let words = text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
        let number = digest::number_of(&format!("{DOMAIN} {}", self.seed), &words);
        // Its first 52 bits, of which a float loses none.
        ((number >> 12) as f64) < self.share * (1_u64 << 52) as f64
    }

    /// The texts to train on, and those that are held out. Whoever trains the first model of a line on the former only has it
    /// compared fairly later.
    #[must_use]
    pub fn split<T: AsRef<str>>(&self, texts: &[T]) -> Split {
        self.split_all(Texts::of(&&texts.iter().map(AsRef::as_ref).collect::<Vec<&str>>()[..]))
    }

    pub(super) fn split_all(&self, texts: Texts<'_>) -> Split {
        let (test, train) = (0..texts.len()).partition(|&i| self.holds(texts.get(i)));
        Split { train, test }
    }

    /// By which models of one line know each other.
    pub(super) fn name(&self) -> String {
        format!("{} of seed {}", self.share, self.seed)
    }

    pub(super) fn validate(&self) -> Result<()> {
        if self.share > 0.0 && self.share < 1.0 {
            return Ok(());
        }
        Err(Error::InvalidParameter {
            name: "share",
            found: self.share.to_string(),
            expected: "is not between 0 and 1; hold out a part of the texts, such as 0.2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_as_asked_and_a_larger_one_holds_the_same_texts() {
        let texts: Vec<String> = (0..20_000).map(|i| format!("text {i}")).collect();
        let held = |share: f64| Holdout::default().share(share).split(&texts).test;
        let (few, more) = (held(0.1), held(0.3));
        // Five standard deviations of a binomial with n = 20,000 are 212 and 324.
        assert!(few.len().abs_diff(2_000) < 212 && more.len().abs_diff(6_000) < 324);
        assert!(few.iter().all(|row| more.binary_search(row).is_ok()));
        assert_ne!(few, Holdout::default().share(0.1).seed(1).split(&texts).test);
    }

    #[test]
    fn shares_out_of_range_are_refused() {
        for share in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
            let error = Holdout::default().share(share).validate().unwrap_err().to_string();
            assert!(error.starts_with(&format!("share {share} is not between 0 and 1")), "{error}");
        }
        assert!(Holdout::default().validate().is_ok());
    }
}
