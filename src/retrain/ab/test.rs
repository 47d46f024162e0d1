//! Outcomes come in, one by one or by machines, and a verdict comes out whenever somebody asks.

use serde::{Deserialize, Serialize};

use super::counts::{Outcome, Outcomes};
use super::evidence::{Evidence, Verdict, verdict};
use super::params::AbParams;
use crate::error::{Error, Result};

/// A test whether the challenger is better than the champion, which may be looked at after every outcome: see
/// [what that means](super#may-be-looked-at-any-time). Plain data: stored, it goes on where it was.
///
/// The first [`Verdict`] that is not [`Undecided`](Verdict::Undecided) is the result; stop then. It is made of the counts of now
/// alone, so that of a test that goes on it can fade again.
///
/// How many outcomes it takes until a challenger is found better, mean of 100 simulated tests with a look after each outcome
/// (`cargo test --release --test monitor -- --ignored --nocapture ab::`; in shadow mode 3 % of the texts are won and 3 % lost by
/// chance):
///
/// | right: champion, challenger | shadow | split in halves | a tenth for the challenger |
/// |---|---|---|---|
/// | 0.90, 0.95 | 422 | 1,380 | 4,780 |
/// | 0.90, 0.92 | 1,597 | 10,785 | 33,510 |
///
/// All but one of these 600 tests found it; that one found harm.
///
/// ```
/// use ressenti::retrain::ab::{AbParams, AbTest, Outcome, Side, Verdict};
///
/// let mut test = AbTest::split(AbParams::default())?;
/// for i in 0..600 {
///     test.record(Outcome::One { side: Side::Champion, right: i % 10 < 8 })?;
///     test.record(Outcome::One { side: Side::Challenger, right: i % 10 < 9 })?;
/// }
/// assert_eq!(test.verdict(), Verdict::Better);
/// println!("{}", test.evidence());
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct AbTest {
    params: AbParams,
    outcomes: Outcomes,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenger: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename = "AbTest", deny_unknown_fields)]
struct Stored {
    params: AbParams,
    outcomes: Outcomes,
    #[serde(default)]
    challenger: Option<String>,
}

impl TryFrom<Stored> for AbTest {
    type Error = Error;

    fn try_from(Stored { params, outcomes, challenger }: Stored) -> Result<Self> {
        params.validate()?;
        outcomes.validate()?;
        Ok(Self { params, outcomes, challenger })
    }
}

impl AbTest {
    /// A test of outcomes of [one side](Outcome::One) each.
    ///
    /// Errors: [`Error::InvalidParameter`] for a setting out of range.
    pub fn split(params: AbParams) -> Result<Self> {
        params.validate()?;
        Ok(Self { params, outcomes: Outcomes::NONE_OF_ONE, challenger: None })
    }

    /// A test of outcomes of [both sides](Outcome::Both) on the same text.
    ///
    /// Errors: as for [`split`](Self::split).
    pub fn shadow(params: AbParams) -> Result<Self> {
        params.validate()?;
        Ok(Self { params, outcomes: Outcomes::NONE_OF_BOTH, challenger: None })
    }

    /// The same, of the challenger of this [key](crate::retrain::Challenger::key): what it counted is neither added to a test of
    /// another one, nor concludes the trial of another one.
    #[must_use]
    pub fn of_challenger(mut self, key: impl Into<String>) -> Self {
        self.challenger = Some(key.into());
        self
    }

    /// The key of the challenger that it is of, if it [was told](Self::of_challenger).
    #[must_use]
    pub fn challenger(&self) -> Option<&str> {
        self.challenger.as_deref()
    }

    /// Its settings.
    pub fn params(&self) -> &AbParams {
        &self.params
    }

    /// What was counted.
    #[must_use]
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Counts an outcome; of `None`, [such as of an experiment that was stopped](super::Served::outcome), nothing.
    ///
    /// Errors: [`Error::InvalidValues`] for one of the other kind; then nothing is counted.
    pub fn record(&mut self, outcome: impl Into<Option<Outcome>>) -> Result<()> {
        outcome.into().map_or(Ok(()), |outcome| self.outcomes.add(outcome))
    }

    /// Adds what another machine counted of the same experiment. Whatever the order, the sum is that of one machine that
    /// had counted all.
    ///
    /// Errors: [`Error::InvalidValues`] for a test of other settings, of another challenger (or of none that is named, where this
    /// one's is) or of outcomes of the other kind; then nothing is added.
    ///
    /// ```
    /// use ressenti::retrain::ab::{AbParams, AbTest, Outcome};
    ///
    /// let mut test = AbTest::shadow(AbParams::default())?;
    /// let mut elsewhere = test.clone();
    /// test.record(Outcome::Both { champion: true, challenger: true })?;
    /// elsewhere.record(Outcome::Both { champion: false, challenger: true })?;
    /// test.merge(&elsewhere)?;
    /// assert_eq!(test.outcomes().n(), 2);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.params != other.params {
            let problem =
                "tests of different settings cannot be merged; give all machines the same"
                    .to_owned();
            return Err(Error::InvalidValues { what: "A/B test", problem });
        }
        if self.challenger != other.challenger {
            let name = |test: &Self| test.challenger.clone().unwrap_or("not named".to_owned());
            let (own, theirs) = (name(self), name(other));
            let problem = format!(
                "one whose challenger is {theirs} cannot be merged into one whose challenger is {own}"
            );
            return Err(Error::InvalidValues { what: "A/B test", problem });
        }
        self.outcomes.merge(&other.outcomes)
    }

    /// What the outcomes say now; see [`Verdict`] for how it is come to. Takes some microseconds, close to a decision some hundred.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        verdict(&self.params, &self.outcomes)
    }

    /// The same with all that it rests on. Takes some milliseconds, for the interval.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence::new(&self.params, self.outcomes)
    }
}
