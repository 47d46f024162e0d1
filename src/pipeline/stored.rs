//! A pipeline to its stored form and back: the sections of a file, or one value for whatever serde writes to.
//!
//! Both have the same parts, which check themselves, and the same check that they belong together.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Card, Pipeline, Profile};
use crate::classifier::Classifier;
use crate::error::{Error, ModelFileError, Result};
use crate::persist::{self, FormatVersion, Section, Sections, refused};
use crate::vectorizer::Vectorizer;

/// The kinds of sections, as the format has them.
const CARD: u16 = 1;
const VECTORIZER: u16 = 2;
const CLASSIFIER: u16 = 3;
const PROFILE: u16 = 4;
const KNOWN: [u16; 4] = [CARD, VECTORIZER, CLASSIFIER, PROFILE];

/// The stored form, before it is known that the parts fit.
#[derive(Serialize, Deserialize)]
pub(super) struct PipelineParts {
    format: FormatVersion,
    card: Card,
    vectorizer: Vectorizer,
    classifier: Classifier,
    #[serde(default)]
    profile: Option<Box<Profile>>,
}

impl From<Pipeline> for PipelineParts {
    fn from(pipeline: Pipeline) -> Self {
        let card = pipeline.card();
        let Pipeline { vectorizer, classifier, profile, .. } = pipeline;
        Self { format: FormatVersion, card, vectorizer, classifier, profile }
    }
}

impl TryFrom<PipelineParts> for Pipeline {
    type Error = Error;

    fn try_from(parts: PipelineParts) -> Result<Self> {
        let PipelineParts { format: FormatVersion, card, vectorizer, classifier, profile } = parts;
        Self::from_stored(card, vectorizer, classifier)?.remembering(profile)
    }
}

impl Pipeline {
    /// Writes the model to one file, replacing what is there: after a crash at any moment there is the old file or the
    /// new one, whole.
    ///
    /// Errors: [`Error::Io`] with the path, also where something is that is no file, such as a folder or a device; what
    /// was there is then as it was. A process that is killed while saving can leave a file `.new.PID-N.tmp` beside it, which
    /// may be deleted.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        persist::save(&self.to_bytes(), path.as_ref())
    }

    /// Reads a model that [`save`](Self::save) wrote. Loading never runs code: a model is data.
    ///
    /// Errors: [`Error::Io`], and [`Error::ModelFile`] if the file is not a model, of a version this crate does not know,
    /// incomplete, damaged or inconsistent.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        persist::load(path.as_ref(), Self::from_bytes)
    }

    /// The bytes that [`save`](Self::save) writes. Equal for equal texts, labels and settings, on one version of this
    /// crate with the same tables of Unicode: nothing in them depends on the clock, the machine or the number of threads.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(&self.sections())
    }

    /// The model in bytes that [`to_bytes`](Self::to_bytes) made.
    ///
    /// Errors: [`Error::ModelFile`] as for [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let sections = Sections::open(bytes, &KNOWN)?;
        let (vectorizer, classifier) = (sections.get(VECTORIZER)?, sections.get(CLASSIFIER)?);
        let profile = sections.find(PROFILE)?;
        let pipeline = Self::from_stored(sections.get(CARD)?, vectorizer, classifier)
            .and_then(|pipeline| pipeline.remembering(profile));
        pipeline.map_err(|problem| refused(ModelFileError::Invalid(problem.to_string())))
    }

    /// `Err` unless these are the bytes of a whole model file that this crate can read, by its checksums and its card. What is in
    /// the other sections is not looked at, which takes far longer.
    #[cfg(feature = "store")]
    pub(crate) fn check_bytes(bytes: &[u8]) -> Result<()> {
        Sections::open(bytes, &KNOWN)?.get::<Card>(CARD).map(drop)
    }

    fn sections(&self) -> Vec<Section> {
        let mut sections = vec![
            persist::section(CARD, true, &self.card()),
            persist::section(VECTORIZER, true, &self.vectorizer),
            persist::section(CLASSIFIER, true, &self.classifier),
        ];
        sections.extend(self.profile().map(|profile| persist::section(PROFILE, false, profile)));
        sections
    }

    /// The same with a profile that was stored, if it is its own.
    fn remembering(self, profile: Option<Box<Profile>>) -> Result<Self> {
        if profile.as_ref().is_some_and(|profile| !profile.fits(self.classes().len())) {
            let problem = "it is that of other classes".to_owned();
            return Err(Error::InvalidValues { what: "profile", problem });
        }
        Ok(Self { profile, ..self })
    }
}
