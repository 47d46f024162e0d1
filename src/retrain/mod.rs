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
