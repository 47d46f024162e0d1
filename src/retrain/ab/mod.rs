//! Two models and what users say of their answers come in; whether one is better comes out, whenever somebody looks.
//!
//! [`Split`] says whom the challenger answers, [`Experiment`] has both models answer, [`AbTest`] counts who was right and gives
//! the [`Verdict`]. Two ways:
//!
//! * **Split**: each user is answered by one side. What users feel is measured, and the challenger's mistakes are theirs.
//! * **Shadow**: the champion answers everybody, the challenger is scored beside it. Nobody sees its mistakes, and each outcome
//!   is one of both models on the same text: only those that one of them gets right alone tell them apart, and it takes a
//!   seventh to a third of the outcomes (in the [table](AbTest)).
//!
//! ```
//! use ressenti::Pipeline;
//! use ressenti::monitor::ManualClock;
//! use ressenti::retrain::ab::{AbParams, AbTest, Experiment, Verdict};
//!
//! let texts = ["lovely crew", "lost bag", "love the #newapp", "the #newapp crashed"];
//! let champion = Pipeline::builder().fit(&texts[..2], &[1, 0])?;
//! let challenger = Pipeline::builder().fit(&texts, &[1, 0, 1, 0])?;
//!
//! let experiment = Experiment::shadow(champion, challenger);
//! let mut test = AbTest::shadow(AbParams::default())?;
//! for (text, truth) in [("love the #newapp", 1), ("the #newapp crashed", 0)].iter().cycle().take(40) {
//!     let served = experiment.predict("user 42", text, &ManualClock::default())?;
//!     test.record(served.outcome(truth))?; // once the user has said what was right
//!     if test.verdict() != Verdict::Undecided {
//!         break;
//!     }
//! }
//! assert_eq!(test.verdict(), Verdict::Better);
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! # May be looked at any time
//!
//! A usual test that is repeated with each outcome finds a difference where there is none, sooner or later. These do not: their
//! statistic *E* is a bet against the hypothesis, whose stake is worth 1 in the mean for as long as the hypothesis is true,
//! so that it **ever** reaches 1 ÷ α with probability α at most (Ville, *Étude critique de la notion de collectif*, 1939),
//! and 1 ÷ *E* is a p-value at every moment, however it was chosen. See Ramdas, Grünwald, Vovk & Shafer, *Game-theoretic
//! statistics and safe anytime-valid inference*, Statistical Science, 2023. With δ the challenger's rate of right answers
//! less the champion's, three hypotheses are bet against:
//!
//! | hypothesis | once it is refuted | with error |
//! |---|---|---|
//! | δ ≥ −[`margin`](AbParams::margin) | [`Verdict::Harm`] | [`guard_alpha`](AbParams::guard_alpha) |
//! | δ ≤ 0 | [`Verdict::Better`] | [`alpha`](AbParams::alpha) |
//! | δ ≥ [`worthwhile`](AbParams::worthwhile) | [`Verdict::NotBetter`] | [`alpha`](AbParams::alpha) |
//!
//! Both statistics hold exactly, for few outcomes as for many, and depend on counts alone: in which order outcomes came, and
//! which machine counted them, makes no difference. All stakes are mixtures over sizes of the difference (Robbins,
//! *Statistical methods related to the law of the iterated logarithm*, 1970; Johari, Koomen, Pekelis & Walsh, *Always valid
//! inference*, Operations Research, 2022), so that none has to be guessed.
//!
//! # What the test cannot know
//!
//! It takes outcomes for independent draws. Three things break that, and no statistic mends them:
//!
//! * Users who speak up by themselves do so where an answer was wrong. In shadow mode they only see the champion's: what they
//!   say makes the challenger look better than it is. **Ask a random sample**, and record what it says, right or wrong.
//! * The outcomes of one user hang together: who dislikes an answer dislikes the next. Split mode draws users, not outcomes,
//!   so that of a few who say much the test is wrong far more often than α. **Count one outcome of each user**, the first.
//! * A share that changes while the world changes compares different days. Keep the share while a test runs.

mod counts;
mod evidence;
mod experiment;
mod pairs;
mod params;
mod split;
mod test;
mod two_samples;

pub use counts::{Outcome, Outcomes, Tally};
pub use evidence::{Evidence, Verdict};
pub use experiment::{Experiment, Model, Served, ServingFigures, SideFigures};
pub use params::AbParams;
pub use split::{Side, Split};
pub use test::AbTest;
