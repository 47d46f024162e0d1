//! Sentiment as a library: text in, sentiment out, and around it what a classic machine-learning notebook has — training,
//! evaluation, experiment tracking, one file per model — without a server, a Python or a download.
//!
//! * [`Pipeline`] is what most programs need: trained on texts and labels, it scores, explains, evaluates, saves and loads.
//!   A [`Preset`] has settings that are right for tweets, sentences or documents; with few labels, it can stand on
//!   [a pipeline trained on many](PipelineBuilder::prior).
//! * [`Vectorizer`] turns texts into sparse TF-IDF rows with scikit-learn's numbers; [`text`] is how it cuts them, and
//!   [`TermCounts`] learns one from texts that are not all at hand.
//! * [`Classifier`] turns rows into scores: logistic regression, linear SVM, naive Bayes, SGD; however it was trained, it is
//!   one linear model, which can be calibrated, pruned and given a threshold. [`OnlineClassifier`] learns from a stream.
//! * [`evaluate`] has the figures: accuracy, F1, ROC-AUC, PR-AUC, log loss, calibration, a report that prints; how far they
//!   can be trusted; splits and folds, stratified and by groups.
//! * [`select`] finds settings: cross-validation, grid and random search over the whole pipeline, and a search of its own.
//! * A model is one file, which never runs code and is read by later versions of the crate; its [`Card`] says what it is. It can
//!   be [rounded](Pipeline::round_weights) to fewer bits, and a [`PlainModel`] is what programs in other languages read and
//!   write, scikit-learn's fitted models among them.
//! * [`tracker`] records runs in memory, in files that MLflow shows, or wherever you implement it.
#![cfg_attr(
    feature = "store",
    doc = "* [`registry`] has versions of models with stages and aliases, in MLflow's files; a [`LiveModel`](registry::LiveModel) serves the one in Production."
)]
//! * [`monitor`] watches a model at work: figures, alerts, drift against what its answers looked like in training, corrections.
#![cfg_attr(
    feature = "store",
    doc = "* [`retrain`] makes a better model of corrections, puts it on trial beside the one in Production, and promotes it or says why not."
)]
#![cfg_attr(
    feature = "starter",
    doc = "* [`starter`] has a trained English model: sentiment without a training, and what a user's own hundred labels stand on."
)]
//!
//! # Example
//!
//! ```
//! use ressenti::{Classifier, Pipeline, Vectorizer};
//!
//! let texts = ["I love this airline", "Thanks for the great crew", "You lost my bag", "Worst delay ever"];
//! let labels = ["positive", "positive", "negative", "negative"];
//!
//! let pipeline = Pipeline::builder()
//!     .vectorizer(Vectorizer::tfidf().max_features(10_000).ngram_range(1, 2))
//!     .classifier(Classifier::logistic_regression().c(10.0))
//!     .fit(&texts, &labels)?;
//!
//! let folder = std::env::temp_dir().join(format!("ressenti-{}", std::process::id()));
//! std::fs::create_dir_all(&folder).unwrap();
//! let path = folder.join("sentiment.ressenti");
//! pipeline.save(&path)?;
//! let pipeline = Pipeline::load(&path)?;
//! # std::fs::remove_dir_all(&folder).unwrap();
//!
//! let prediction = pipeline.predict("great crew, thanks")?;
//! assert_eq!(prediction.label(), "positive");
//! assert!(prediction.probability() > 0.7);
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! # How data flows
//!
//! ```text
//! text ─▶ tokens ─▶ counts ─▶ weighted rows ─▶ scores ─▶ sentiment
//!  text::Analyzer    Vectorizer         Classifier     Prediction
//!  └────────────────────────── Pipeline ───────────────────────┘
//!                                                └▶ evaluated · tracked · registered · watched · retrained
//! ```
//!
//! What exists is fitted: settings ([`VectorizerParams`], [`ClassifierParams`], [`PipelineBuilder`]) and what `fit` makes
//! of them are different types, so nothing can be used before it was trained. The same texts, settings and weights give
//! the same model, to the byte, on any number of threads.
//!
//! # Tracking a run
//!
//! ```
//! use ressenti::tracker::{MemoryTracker, RunStatus, Tracker};
//! use ressenti::{FitOptions, Pipeline};
//!
//! let (texts, labels) = (["good crew", "bad crew"], ["positive", "negative"]);
//! let run = MemoryTracker::default(); // or Store::open("mlruns")?.start_run("experiment", "run")?
//! let pipeline = Pipeline::builder().fit_with(&texts, &labels, &FitOptions::new().tracker(&run))?;
//! pipeline.evaluate_with(&texts, &labels, &run)?;
//! pipeline.log_to(&run)?;
//! run.finish(RunStatus::Finished)?;
//!
//! let record = run.snapshot();
//! assert_eq!(record.params["model_type"], "logistic_regression");
//! assert_eq!(record.metrics["accuracy"], [(0, 1.0)]);
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! # Errors
//!
//! Everything that can fail returns [`Error`], whose messages say what was found, what is allowed and what to do. Bad
//! input never panics and never leaves half a file. A training that did not converge is no error but a
//! [`FitReport`] that says so.
//!
//! # Crate features
//!
//! They only add; the first three are on by default:
//!
//! * **`parallel`** — fitting and batch scoring use all threads of the caller's rayon pool. Without it they use one; the
//!   results are the same.
//! * **`store`** — `tracker::Store` and `registry::Registry`, runs and versions of models as files in MLflow's layout;
//!   `monitor::feedback`, the log of corrections; `retrain`.
//! * **`starter`** — `starter::english`, a trained English model: 81 kB in programs that use it.
//! * **`tracing`** — events of the `tracing` crate: runs (`tracker::TracingTracker`), answers that are not sure, errors, alerts.
//! * **`metrics`** — figures to the recorder of the `metrics` crate, such as an exporter to Prometheus or OpenTelemetry.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bags;
mod classifier;
mod digest;
mod error;
mod fs;
mod histogram;
mod json;
mod parallel;
mod persist;
mod pipeline;
mod progress;
mod random;
mod rows;
mod sentiment;
mod vectorizer;
mod views;

pub mod dataset;
pub mod evaluate;
pub mod monitor;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(feature = "store")))]
pub mod registry;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(feature = "store")))]
pub mod retrain;
pub mod select;
#[cfg(feature = "starter")]
#[cfg_attr(docsrs, doc(cfg(feature = "starter")))]
pub mod starter;
pub mod text;
pub mod tracker;

pub use vectorizer::{Block, DocFreq, Norm, TermCounts, Vectorizer, VectorizerParams, Vocabulary};

pub use rows::{Matrix, Rows};

pub use classifier::{
    Algorithm, Calibration, CalibrationMethod, ClassWeight, Classifier, ClassifierParams, Fidelity,
    FitOptions, FitReport, Keep, MultiClass, NbWeighting, NeutralBand, OnlineClassifier, Precision,
    Pruned, SgdLoss, SoftTargets, Solver, Threshold, ThresholdRule,
};

pub use pipeline::{
    CalibrationReport, Card, Contribution, Explanation, Footprint, Lexicon, Mark, Pipeline,
    PipelineBuilder, PlainModel, Predictions, Preset, Prior, Profile, ProfileSource,
    PrunedPipeline, RoundedPipeline, Scratch, Spans, TrainingData,
};
pub use sentiment::{Label, Prediction, Sentiment};

pub use progress::{Progress, Stage, Step};

pub use error::{Error, ModelFileError, RegistryError, Result, TrackingError};

/// Runs the examples of the README as tests; they use what is on by default.
#[cfg(all(doctest, feature = "store", feature = "starter"))]
#[doc = include_str!("../README.md")]
struct Readme;
