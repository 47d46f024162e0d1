//! Feedback comes in; a better model in Production comes out, or the reasons why not.
//!
//! ```text
//! corrections, drift ─▶ RetrainPolicy::decide ─▶ wait, with reasons
//!                                │ retrain
//!    old data + corrections ─▶ Retrainer::run
//!                                ├─ trained ───── on what is not held out; as the champion was, tuned, or standing on it
//!                                ├─ validated ─── beside the champion, on the holdout and on recent corrections
//!                                │                 └▶ refused, with reasons
//!                                └─ registered ── in Staging, with the evidence as a tracked run
//!               traffic ─▶ A/B   │                days may pass, and processes may end
//!                                ▼
//!                        Retrainer::conclude ─▶ Production, with the old one archived
//!                                             └▶ archived, with reasons
//! ```
//!
//! ```
//! use std::time::Duration;
//! use ressenti::Pipeline;
//! use ressenti::monitor::feedback::{Correction, Corrections};
//! use ressenti::registry::{NewVersion, Registry, Stage, Transition};
//! use ressenti::retrain::ab::{AbParams, AbTest, Outcome};
//! use ressenti::retrain::{Fate, Gates, RetrainParams, RetrainPolicy, Retrainer};
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let location = folder.path().join("mlruns");
//! let registry = Registry::open(&location)?;
//! let texts: Vec<String> = (0..60).map(|i| format!("{} seat {i}", ["good", "bad"][i % 2])).collect();
//! let labels: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
//! let pipeline = Pipeline::builder().fit(&texts, &labels)?;
//! registry.create_version("seats", NewVersion::from_pipeline(&pipeline))?;
//! registry.transition("seats", 1, Transition::to(Stage::Production))?;
//!
//! // People begin to say it in other words; a CorrectionLog keeps what they say of answers.
//! let said = (0..60).map(|i| {
//!     let text = format!("{} #new{i}", ["awesome", "meh"][i % 2]);
//!     let prediction = pipeline.predict(&text)?;
//!     Ok(Correction::new(i.to_string(), &text, &prediction, i % 2 == 0, Duration::from_secs(i as u64)))
//! });
//! let corrections = Corrections::new(said.collect::<ressenti::Result<_>>()?);
//!
//! // With so few texts, so much may be concluded; leave the settings as they are with more.
//! let params = RetrainParams::default().gates(Gates::default().min_rows(5));
//! let retrainer = Retrainer::new(&registry, "seats").params(params);
//! let decision = retrainer.decide(&RetrainPolicy::default().min_feedback(50), &corrections, None)?;
//! println!("{decision}"); // retrain: 30 of 60 wrong, 50.0 % (37.7 % to 62.3 %): more than 25.0 %
//! let challenger = retrainer.run(&texts, &labels, &corrections)?;
//! assert_eq!((challenger.version, &challenger.fate), (Some(2), &Fate::OnTrial), "{challenger}");
//!
//! // Days later, perhaps in another process.
//! let challenger = retrainer.on_trial()?.expect("it was not concluded");
//! let mut test = AbTest::shadow(AbParams::default())?.of_challenger(&challenger.key);
//! for i in 0..200 {
//!     test.record(Outcome::Both { champion: i % 2 == 0, challenger: i % 10 != 0 })?;
//! }
//! let challenger = retrainer.conclude(&challenger, &test)?;
//! assert_eq!(challenger.fate, Fate::Promoted);
//! assert_eq!(registry.resolve("models:/seats/Production")?.version, 2);
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! # Steps and crashes
//!
//! Each step is kept in the store before the next begins, under a key made of the log, the data, the settings and the champion.
//! Whoever calls [`Retrainer::run`] again with the same finds what is done and goes on: the challenger is trained once and
//! registered once. At every moment the version in Production is the champion or, once it was promoted, the challenger. The
//! same log, data, settings and seed give the same challenger, to the byte.
//!
//! # What is compared on what
//!
//! A [`Holdout`] is fixed by a digest of each text, so no model of a line of retrainings has seen it, whoever trains when. A
//! first model that was trained on all of the old data has; then a stand-in takes its place there, see [`Validation`].

pub mod ab;
mod challenger;
mod comparison;
mod conclude;
mod gates;
mod holdout;
mod job;
mod ledger;
mod material;
mod params;
mod policy;
mod retrainer;
mod run;
mod signals;
mod validation;

pub use challenger::{Challenger, Fate};
pub use comparison::{Comparison, On, Pair, PerClass};
pub use gates::{Gates, Refusal};
pub use holdout::Holdout;
pub use material::Counts;
pub use params::RetrainParams;
pub use policy::{Decision, Reason, RetrainPolicy};
pub use retrainer::Retrainer;
pub use signals::Signals;
pub use validation::{Seen, Validation};
