//! Texts, labels and folds come in, figures and the settings that did best go out.
//!
//! How a pipeline is trained and how answers are judged is known below; here it is done for every fold and every choice of
//! settings. A vectorizer reads the texts of a fold once for all classifiers that are trained on its rows; [`tune`], which
//! does not know beforehand what it will try, keeps the rows of the best choice so far. Classifiers that are tried together
//! and differ in `c` alone are trained by ascending `c`, each from where the one before ended; but for those that take no
//! notice of [a start](crate::FitOptions::warm_start), and those beside the decisions of a prior or a lexicon.
//!
//! * [`cross_validate`] says how good one choice of settings is: figures of each fold, their mean and its standard error,
//!   and an answer to every text by a model that did not see it.
//! * [`GridSearch`] tries all choices of a [`Space`], [`RandomSearch`] some of them; [`SearchResults`] is their table.
//! * [`tune`] looks for good settings of a pipeline by itself, within a [`Budget`] of trials.
//!
//! ```
//! use ressenti::evaluate::KFold;
//! use ressenti::select::{CvOptions, GridSearch, Space, logspace};
//! use ressenti::{FitOptions, Pipeline, VectorizerParams};
//!
//! let texts = ["good crew", "bad crew", "good seat", "bad seat", "so good", "so bad", "good", "bad"];
//! let labels = ["1", "0", "1", "0", "1", "0", "1", "0"];
//! let folds = KFold::new(4).stratified(&labels)?;
//!
//! let space = Space::new(Pipeline::builder())
//!     .vectorizer([(1, 1), (1, 2)], |params, (min, max)| params.ngram_range(min, max))
//!     .vectorizer([false, true], VectorizerParams::sublinear_tf)
//!     .c(logspace(-1.0, 1.0, 3));
//! let results = GridSearch::new(space).fit(&texts, &labels, &folds, &CvOptions::new())?;
//! assert_eq!(results.trials().len(), 12);
//! println!("{}", results.to_csv());
//!
//! let pipeline = results.refit(&texts, &labels, &FitOptions::new())?;
//! assert_eq!(pipeline.predict("a good crew")?.label(), "1");
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! A [prior](crate::PipelineBuilder::prior) and a [calibration](crate::PipelineBuilder::calibration) of the pipeline are part of
//! every training: texts are then analysed once more for each fold of the calibration.
//!
//! All of it runs on the threads of the caller's rayon pool, with the same figures on any number of them.

mod cross_validate;
mod data;
mod fold;
mod ledger;
mod options;
mod results;
mod scores;
mod search;
mod space;
mod trials;
mod tune;
mod watch;

pub use cross_validate::{CrossValidation, cross_validate};
pub use options::CvOptions;
pub use results::{SearchResults, Trial};
pub use scores::{Estimate, FoldScores, Metric, Scores};
pub use search::{GridSearch, RandomSearch};
pub use space::{Space, logspace};
pub use tune::{Budget, tune, tune_with};
