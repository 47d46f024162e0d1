//! A trained English model inside the crate: sentiment without a training and without a download, for tweets, reviews and
//! sentences.
//!
//! ```
//! let english = ressenti::starter::english();
//! let prediction = english.predict("What a lovely crew :)")?;
//! println!("{} {:.2}", prediction.label(), prediction.probability());
//! assert!(english.score("Worst. Flight. Ever.")? < -0.5 && english.score("we ❤️ it")? > 0.5);
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! [`english`] tells positive from negative, with a probability that is calibrated on sources that were left out of the
//! training; [`english_with_neutral`] is the same model with a third answer, for decision values near 0. Both are ordinary
//! [pipelines](crate::Pipeline): they [score](Pipeline::score) from −1 to 1, [explain](Pipeline::explain) themselves word by
//! word, and have a [card](Pipeline::card). Negation, some 100 emoji, emoticons and the words of hashtags count.
//!
//! The figures of the card are of models of the same recipe, each asked about a family of sources that it has not seen and
//! calibrated by the others, all answers together. Its calibration error is 0.018 there; within a family it is 0.054, the
//! mean of eight.
//!
//! # With labels of your own
//!
//! A hundred texts of your own, with the model as what they [stand on](crate::PipelineBuilder::prior), are better than either
//! alone. Any names of classes do:
//!
//! ```
//! use ressenti::{Pipeline, Preset, Prior, starter};
//!
//! let texts = ["gate change again", "on time, as ever", "we boarded last", "upgraded to first"];
//! let labels = ["bad", "good", "bad", "good"];
//! let builder = Pipeline::builder().preset(Preset::Social);
//! let own = builder.prior(starter::english(), Prior::Decision).fit(&texts, &labels)?;
//! assert_eq!(own.predict("what a lovely crew")?.label(), "good");
//! # Ok::<(), ressenti::Error>(())
//! ```
//!
//! # What it is not for
//!
//! * Other languages. It answers, but knows next to no word: see [`is_uninformed`](crate::Prediction::is_uninformed) and
//!   [`known_tokens`](crate::Prediction::known_tokens).
//! * Long documents. It has seen sentences, tweets and reviews of a hundred words; of a page, score the sentences.
//! * Decisions about people. The 1,329 words of `tests/golden/starter/people.tsv`, names, places, ages, religions, groups and
//!   what people are by work and health, are in no term of it, nor are words that its texts write with a capital as names are;
//!   others may be. Of 720 that were written before any was tried, 61 moved a neutral sentence by more than 0.1 of a decision
//!   value. 23 of these are in the list since; of the 696 that are in no list, 38 still do, such as `Joy`, by 4, and `poor`, by
//!   9.1, which judge other things. What people write about is not neutral, and a score is no judgement.
//! * What is meant and not said. Sarcasm, comparisons and "I wanted to like it" are beyond sums of words; a transformer does
//!   these better, at a thousand times the time and the size.
//!
//! # Licence
//!
//! Programs that contain the model must carry [`NOTICE`].
//!
#![doc = include_str!("NOTICE.md")]
#![expect(clippy::doc_markdown, reason = "the notice is read as it stands, too")]

use std::sync::OnceLock;

use crate::classifier::NeutralBand;
use crate::error::Result;
use crate::pipeline::Pipeline;

/// What `examples/train_starter` makes.
const ENGLISH: &[u8] = include_bytes!("english.ressenti");

/// Where the model comes from, and the notices of licences that programs which contain it must carry.
///
/// ```
/// assert!(ressenti::starter::NOTICE.contains("The MIT License"));
/// ```
pub const NOTICE: &str = include_str!("NOTICE.md");

// `.ci/slow` compares the two lines with what `examples/train_starter` prints.
/// Decision values between these are neutral.
const BAND: (f64, f64) = (-1.05, 1.05);
/// The slopes and offsets of the probabilities of at least neutral and of positive, by tweets that were left out of a fit.
const CURVES: [(f64, f64); 2] = [(0.981, 1.468), (1.056, -1.387)];

/// Tells `positive` from `negative` English texts. Made at the first call, some milliseconds; the same from then on, in any
/// thread.
///
/// ```
/// use ressenti::starter::english;
///
/// let explanation = english().explain("I do not like it")?;
/// assert_eq!(explanation.prediction().label(), "negative");
/// assert!(explanation.terms().iter().any(|term| term.term == "NOT_like" && term.contribution > 0.0));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "a test reads the model that is shipped")]
pub fn english() -> &'static Pipeline {
    static MODEL: OnceLock<Pipeline> = OnceLock::new();
    MODEL.get_or_init(|| Pipeline::from_bytes(ENGLISH).expect("a test has read it"))
}

/// The same with a third answer, `neutral`. A second model in memory, made at the first call.
///
/// Labels go by the decision value, neutral from −1.05 to 1.05; probabilities by curves of what tweets were answered that the
/// model had not seen. Around the ends of the band the two can disagree: by the curves neutral is the most probable up to 1.19
/// and down to −1.39. Of tweets to airlines a twelfth lie there, and the label is right more often than the most probable class.
///
/// ```
/// use ressenti::starter::english_with_neutral;
///
/// let model = english_with_neutral();
/// assert_eq!(model.classes(), ["negative", "neutral", "positive"]);
/// assert_eq!(model.predict("The box holds twelve pens.")?.label(), "neutral");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "a test reads the model that is shipped")]
pub fn english_with_neutral() -> &'static Pipeline {
    static MODEL: OnceLock<Pipeline> = OnceLock::new();
    MODEL.get_or_init(|| with_neutral().expect("a test has made it"))
}

fn with_neutral() -> Result<Pipeline> {
    let [not_first, second] = CURVES;
    let band = NeutralBand::new(BAND.0, BAND.1)?.with_curves(not_first, second)?;
    english().clone().with_neutral_band(band, "neutral")
}
