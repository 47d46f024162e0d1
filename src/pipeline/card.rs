//! What a pipeline is, in a page: the part of a model file that is read without the rest.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{CalibrationReport, Pipeline};
use crate::classifier::Classifier;
use crate::digest;
use crate::error::{Error, Result};
use crate::evaluate::Report;
use crate::persist;
use crate::text::{Language, STEMMERS, unicode_versions};
use crate::vectorizer::Vectorizer;
use crate::views::Texts;

/// What a model is: its card. [`Pipeline::card`] writes it, and [`Pipeline::peek`] reads that of a file without the rest.
///
/// ```
/// use ressenti::Pipeline;
///
/// let (texts, labels) = (["good crew", "bad crew"], ["positive", "negative"]);
/// let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// let report = pipeline.evaluate(&["good", "bad"], &["positive", "negative"])?;
/// let card = pipeline.with_figures(&report).card();
///
/// assert_eq!((card.task.as_str(), card.n_features), ("binary classification", 3));
/// assert_eq!((card.positive.as_str(), card.params["C"].as_str()), ("positive", "1.0"));
/// assert_eq!((card.figures["accuracy"], card.training.unwrap().n_texts), (1.0, 2));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Card {
    /// The version of the crate that trained it.
    pub crate_version: String,
    /// `binary classification` or `multiclass classification`.
    pub task: String,
    /// The labels it can answer with.
    pub classes: Vec<String>,
    /// The one that counts as positive.
    pub positive: String,
    /// How many columns its rows have.
    pub n_features: u64,
    /// How many texts its document frequencies are of.
    pub n_documents: u64,
    /// What stems its words, if they are stemmed: the algorithms' source and version, and the languages.
    pub stemmer: Option<String>,
    /// The versions of Unicode that its texts were cut by.
    pub unicode: String,
    /// The data it was trained on; `None` if it was put together [from parts](Pipeline::from_parts).
    pub training: Option<TrainingData>,
    /// The settings, under the names that runs are tracked with.
    pub params: BTreeMap<String, String>,
    /// The name and the version of its [preset](Pipeline::preset).
    pub preset: Option<(String, u32)>,
    /// What its [calibration](Pipeline::calibration_report) gained.
    pub calibration: Option<CalibrationReport>,
    /// The figures of an evaluation, if [one was put in](Pipeline::with_figures).
    pub figures: BTreeMap<String, f64>,
}

/// The data that a model was trained on, as far as its [`Card`] tells.
///
/// ```
/// use ressenti::Pipeline;
///
/// let digest = |texts: &[&str]| -> ressenti::Result<String> {
///     Ok(Pipeline::builder().fit(texts, &[true, false])?.card().training.unwrap().digest)
/// };
/// assert_eq!(digest(&["good", "bad"])?, digest(&["good", "bad"])?);
/// assert_ne!(digest(&["good", "bad"])?, digest(&["good", "bad "])?);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrainingData {
    /// How many texts.
    pub n_texts: u64,
    /// A digest of the texts and their labels in their order, in 64 hexadecimal digits: the SHA-256 of the number of texts
    /// (eight bytes, little-endian) and of the SHA-256 of each 4,096 of them, where each text and each label comes behind its
    /// number of bytes (eight bytes).
    pub digest: String,
}

impl TrainingData {
    pub(super) fn new<'t>(
        texts: Texts<'t>,
        label: impl Fn(usize) -> &'t str + Send + Sync,
    ) -> Self {
        let digest = digest::of_pairs(texts.len(), |range| {
            texts.part(range.clone()).iter().zip(range.map(&label))
        });
        Self { n_texts: texts.len() as u64, digest }
    }
}

/// What of a card does not follow from the model; kept with it, so that it survives being loaded and saved again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Origin {
    crate_version: String,
    stemmer: Option<String>,
    unicode: String,
    pub(super) training: Option<TrainingData>,
}

impl Origin {
    /// Of what this crate makes.
    pub(super) fn new(vectorizer: &Vectorizer) -> Self {
        let mut languages: Vec<_> = vectorizer.params().stemmers().map(Language::name).collect();
        languages.dedup();
        Self {
            crate_version: env!("CARGO_PKG_VERSION").to_owned(),
            stemmer: (!languages.is_empty())
                .then(|| format!("{STEMMERS}: {}", languages.join(", "))),
            unicode: unicode_versions(),
            training: None,
        }
    }
}

impl Pipeline {
    /// What it is, in a page: classes, settings, the data it was trained on, the figures that
    /// [`with_figures`](Self::with_figures) put in. It is the first part of its file.
    #[must_use]
    pub fn card(&self) -> Card {
        let (vectorizer, classifier) = (&self.vectorizer, &self.classifier);
        let theirs = classifier.params().summary().into_iter();
        let params = vectorizer.params().summary().into_iter();
        let params = params.chain(theirs.map(|(key, value)| (key.to_owned(), value)));
        Card {
            crate_version: self.origin.crate_version.clone(),
            task: task(classifier).to_owned(),
            classes: classifier.classes().to_vec(),
            positive: classifier.classes()[classifier.positive()].clone(),
            n_features: vectorizer.n_features() as u64,
            n_documents: vectorizer.n_documents(),
            stemmer: self.origin.stemmer.clone(),
            unicode: self.origin.unicode.clone(),
            training: self.origin.training.clone(),
            params: params.map(|(key, value)| (key, value.to_string())).collect(),
            preset: self.preset.clone(),
            calibration: self.calibration_report,
            figures: self.figures.clone(),
        }
    }

    /// The card of a model file, without the rest: however large the model is, a few kilobytes are read, and nothing behind
    /// them is checked but the length of the file.
    ///
    /// Errors: [`Error::Io`], and [`Error::ModelFile`] if the file is not a model, of a version this crate does not know, too
    /// short or too long, or damaged as far as it was read.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// let path = std::env::temp_dir().join(format!("peek-{}.ressenti", std::process::id()));
    /// pipeline.save(&path)?;
    /// let card = Pipeline::peek(&path)?;
    /// assert_eq!(card, pipeline.card());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn peek(path: impl AsRef<Path>) -> Result<Card> {
        persist::peek(path.as_ref())
    }

    /// The same with the [figures](Report::metrics) of an evaluation on its card, instead of those that were there. What they
    /// were measured on is for you to know: texts that it was not trained on.
    #[must_use]
    pub fn with_figures(mut self, report: &Report) -> Self {
        let metrics = report.metrics().into_iter().filter(|(_, figure)| figure.is_finite());
        self.figures = metrics.map(|(name, figure)| (name.to_owned(), figure)).collect();
        self
    }

    /// A pipeline of stored parts, if the card is theirs.
    pub(super) fn from_stored(
        card: Card,
        vectorizer: Vectorizer,
        classifier: Classifier,
    ) -> Result<Self> {
        let pipeline = Self::from_parts(vectorizer, classifier)?;
        let own = pipeline.card();
        let contradicts = [
            ("task", card.task != own.task),
            ("classes", card.classes != own.classes),
            ("positive", card.positive != own.positive),
            ("n_features", card.n_features != own.n_features),
            ("n_documents", card.n_documents != own.n_documents),
            ("stemmer", card.stemmer.is_some() != own.stemmer.is_some()),
        ];
        let invalid = |problem| Err(Error::InvalidValues { what: "card", problem });
        if let Some((field, _)) = contradicts.into_iter().find(|&(_, wrong)| wrong) {
            return invalid(format!("{field} contradicts the model"));
        }
        if let Some((name, x)) = card.figures.iter().find(|(_, x)| !x.is_finite()) {
            return invalid(format!("the figure {name} is {x}"));
        }
        if let Some(training) = card.training.as_ref().filter(|t| !digest::is_digest(&t.digest)) {
            return invalid(format!("{:?} is no digest", training.digest));
        }
        let Card { crate_version, stemmer, unicode, training, .. } = card;
        let origin = Origin { crate_version, stemmer, unicode, training };
        let Card { preset, calibration: calibration_report, figures, .. } = card;
        Ok(Self { preset, calibration_report, origin, figures, ..pipeline })
    }
}

fn task(classifier: &Classifier) -> &'static str {
    if classifier.classes().len() == 2 {
        "binary classification"
    } else {
        "multiclass classification"
    }
}
