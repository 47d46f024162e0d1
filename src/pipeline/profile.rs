//! A fitted pipeline and texts come in, what its answers to such texts look like comes out: what is compared later with what
//! it answers in production.
//!
//! At most 4,096 texts are looked at, evenly spread over all, so that a profile takes milliseconds and a few kilobytes
//! however many texts there are.

use serde::{Deserialize, Serialize};

use super::shape::{Answer, Shape};
use super::words::{Counted, Cutter, WordCounts};
use super::{Pipeline, PipelineBuilder};
use crate::classifier::FitOptions;
use crate::error::Result;
use crate::evaluate::{KFold, Split};
use crate::parallel;
use crate::views::{Labels, Texts};

const MOST_TEXTS: usize = 4_096;
const MOST_WORDS: usize = 1_000;
/// Texts that are one piece of work.
const PIECE: usize = 512;
/// One part of so many is held out.
const PARTS: usize = 10;

/// Where the texts of a [`Profile`] come from.
///
/// ```
/// use ressenti::{Pipeline, ProfileSource};
///
/// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &[1, 0])?;
/// assert_eq!(pipeline.profile().unwrap().source, ProfileSource::Training);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ProfileSource {
    /// The texts that the model was trained on. It is surer of them than of others and knows all their words, so scores,
    /// labels and unknown words of the profile are too good; lengths and words are right. The default: it costs one more look
    /// at the texts, 4,096 at most.
    #[default]
    Training,
    /// A tenth of the texts, answered by a model of the same settings that was trained on the others. It is right in all
    /// parts, and costs a second training. Where a tenth cannot be put aside, such as for a class of one text, the profile is
    /// that of [`Training`](Self::Training).
    HeldOut,
    /// Texts that were [given](Pipeline::with_profile_of), and are taken to be new to the model.
    Given,
    /// No profile, and a smaller file.
    Off,
}

/// What a model's answers looked like when it was made: the reference that drift is measured against. In a model file it is
/// a section of its own, which a reader may skip: 3 to 8 kB.
///
/// ```
/// use ressenti::Pipeline;
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let pipeline = Pipeline::builder().fit(&texts, &[1, 0, 1, 0])?;
/// let profile = Pipeline::from_bytes(&pipeline.to_bytes())?.profile().cloned();
/// assert_eq!(profile.as_ref(), pipeline.profile());
/// assert_eq!(profile.unwrap().words.get("crew"), Some(2));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// Where its texts come from.
    pub source: ProfileSource,
    /// Labels, scores, lengths and unknown tokens.
    pub shape: Shape,
    /// The thousand most frequent words.
    pub words: WordCounts,
}

impl Profile {
    /// The profile of a pipeline's answers to texts; empty texts are passed over.
    fn new(pipeline: &Pipeline, texts: Texts<'_>, source: ProfileSource) -> Self {
        let n = texts.len().min(MOST_TEXTS);
        let (cutter, classes) = (Cutter::new(), pipeline.classes());
        let positive = pipeline.classifier.positive();
        let (n_pieces, mut words) = (n.div_ceil(PIECE), Vec::new());
        words.resize_with(parallel::threads().min(n_pieces), Counted::default);
        let shapes = parallel::share(&mut words, n_pieces, |_, words, piece| {
            let mut shape = Shape::new(classes.len());
            for i in piece * PIECE..n.min((piece + 1) * PIECE) {
                let text = texts.get(texts.len() * i / n);
                if let Ok(prediction) = pipeline.predict(text) {
                    shape.record(&Answer::new(text, &prediction, classes, positive));
                    words.add(&cutter, text);
                }
            }
            shape
        });
        let mut shape = Shape::new(classes.len());
        for of_piece in shapes {
            shape.absorb(&of_piece);
        }
        // Whole numbers: the sums are the same whichever thread has counted what.
        let words = words.into_iter().reduce(|mut all, of_thread| {
            all.merge(of_thread);
            all
        });
        let words = words.unwrap_or_default();
        Self { source, shape, words: WordCounts::most_frequent(words, MOST_WORDS) }
    }

    /// Whether its parts can be those of a model of so many classes.
    pub(super) fn fits(&self, n_classes: usize) -> bool {
        self.shape.fits(n_classes)
    }

    /// Whether scores, labels and unknown tokens are those of texts that the model was trained on.
    #[must_use]
    pub fn is_optimistic(&self) -> bool {
        self.source == ProfileSource::Training
    }
}

impl Pipeline {
    /// What its answers looked like when it was made, if it was told to remember:
    /// [`PipelineBuilder::profile`]. A model that was put together from parts, that was pruned, or whose answers were changed
    /// since has none; [`with_profile_of`](Self::with_profile_of) gives it one.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_deref()
    }

    /// The same with the profile of its answers to these texts, which should be new to it, and such as it will be asked.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &[1, 0])?;
    /// let pipeline = pipeline.with_profile_of(&["good seat", "good food", "bad"]);
    /// assert_eq!(pipeline.profile().unwrap().shape.labels, [1, 2]);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    #[must_use]
    pub fn with_profile_of<T: AsRef<str> + Sync>(mut self, texts: &[T]) -> Self {
        self.profile = Some(Box::new(Profile::new(&self, Texts::of(&texts), ProfileSource::Given)));
        self
    }

    /// The same without a profile, in a smaller file.
    #[must_use]
    pub fn without_profile(mut self) -> Self {
        self.profile = None;
        self
    }
}

impl PipelineBuilder {
    /// Of which texts the model remembers what its answers looked like, for [`Monitor`](crate::monitor::Monitor) to compare with.
    /// Default: [`ProfileSource::Training`]; [`Given`](ProfileSource::Given) counts as `Off`.
    ///
    /// ```
    /// use ressenti::{Pipeline, ProfileSource};
    ///
    /// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
    /// let builder = Pipeline::builder().profile(ProfileSource::Off);
    /// assert!(builder.fit(&texts, &[1, 0, 1, 0])?.profile().is_none());
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn profile(mut self, source: ProfileSource) -> Self {
        self.beyond.profile = source;
        self
    }

    /// The pipeline with the profile that one of these settings remembers. It has converged if what was trained for that has.
    pub(super) fn with_profile(
        &self,
        mut pipeline: Pipeline,
        texts: Texts<'_>,
        labels: Labels<'_>,
        options: &FitOptions<'_>,
    ) -> Result<Pipeline> {
        let held_out = match self.beyond.profile {
            ProfileSource::Off | ProfileSource::Given => return Ok(pipeline),
            ProfileSource::HeldOut => self.held_out_profile(texts, labels, options)?,
            ProfileSource::Training => None,
        };
        let profile = if let Some((profile, converged)) = held_out {
            pipeline.classifier.and_converged(converged);
            profile
        } else {
            Profile::new(&pipeline, texts, ProfileSource::Training)
        };
        pipeline.profile = Some(Box::new(profile));
        Ok(pipeline)
    }

    /// And whether the model that was asked has converged. `None` where no part can be put aside.
    fn held_out_profile(
        &self,
        texts: Texts<'_>,
        labels: Labels<'_>,
        options: &FitOptions<'_>,
    ) -> Result<Option<(Profile, bool)>> {
        let Ok(folds) = KFold::new(PARTS).stratified_by(labels) else { return Ok(None) };
        let Some(Split { train, test }) = folds.iter().next() else { return Ok(None) };
        let (taught, told) = (texts.pick(&train), labels.pick(&train));
        let weights = options.sample_weights();
        let weights = weights.map(|w| train.iter().map(|&i| w[i]).collect::<Vec<_>>());
        let quiet = FitOptions::new();
        let quiet = options.progress_callback().map_or(quiet, |progress| quiet.progress(progress));
        let quiet = weights.as_ref().map_or(quiet, |weights| quiet.weights(weights));
        let soft = options.chosen_soft_targets().map(|soft| soft.of_rows(&train));
        let quiet = soft.as_ref().map_or(quiet, |soft| quiet.soft_targets(soft));
        match self.clone().profile(ProfileSource::Off).fit_with(&taught, &told, &quiet) {
            Ok(pipeline) => {
                let asked = &texts.pick(&test)[..];
                let profile = Profile::new(&pipeline, Texts::of(&asked), ProfileSource::HeldOut);
                Ok(Some((profile, pipeline.fit_report().converged())))
            }
            Err(crate::Error::Cancelled) => Err(crate::Error::Cancelled),
            // What fails on fewer texts is no reason to fail on all.
            Err(_) => Ok(None),
        }
    }
}
