//! Settings under a name: what a study of tokens, weights and classifiers found to be best, for those who would rather not
//! search. No text comes in; settings of both rooms below come out.
//!
//! Chosen by cross-validation on public data in English (and French), never by its test parts. What gained most, on tweets,
//! sentences and products alike: punctuation and stop words stay; negated words are marked and stems counted together;
//! columns are weighed by naive Bayes *after* the norm, softly ([`NbWeighting::Soft`]); and classes count the same in all.
//! What gained nothing: trigrams on short texts, lemmas, other idf, SVM instead of logistic regression, several models at
//! once, a multinomial model instead of one per class. Terms of one text are kept: they cost three times the columns and
//! no time to speak of, and gained 0.9 points of accuracy on tweets of three classes, nothing on those of two.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::classifier::{ClassWeight, Classifier, ClassifierParams, MultiClass, NbWeighting};
use crate::error::{Error, Result};
use crate::text::{
    Analyzer, AnalyzerParams, Elongation, Entity, LANGUAGES, Language, Negation, Social,
};
use crate::vectorizer::{DocFreq, Vectorizer, VectorizerParams};

/// Settings under a name; see [`PipelineBuilder::preset`](crate::PipelineBuilder::preset).
///
/// ```
/// use ressenti::text::Language;
/// use ressenti::{Pipeline, Preset};
///
/// let preset: Preset = "social".parse()?;
/// assert_eq!((preset, preset.as_str()), (Preset::Social, "social"));
///
/// // To change one thing of it, take its parts.
/// let classifier = preset.classifier().c(2.0);
/// let builder = Pipeline::builder().vectorizer(preset.vectorizer(Language::English)).classifier(classifier);
/// # let _ = builder;
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Preset {
    /// The model of many a notebook: TF-IDF of the 10,000 most frequent words, logistic regression with C = 1.
    Baseline,
    /// Tweets and other short messages: words and pairs of them. Trains in a tenth of the time of [`Reviews`](Self::Reviews).
    Social,
    /// Sentences and short reviews: as [`Social`](Self::Social), with runs of characters beside the words.
    Reviews,
    /// Texts of some hundred words: words as they are, pairs and triples, each counted once a text.
    Long,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Baseline, Self::Social, Self::Reviews, Self::Long];

    /// The name: `baseline`, `social`, `reviews` or `long`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Social => "social",
            Self::Reviews => "reviews",
            Self::Long => "long",
        }
    }

    /// Which version of the settings this crate has. Better settings under the same name are a new version, which runs and
    /// models tell.
    #[must_use]
    pub fn version(self) -> u32 {
        match self {
            Self::Baseline | Self::Social | Self::Reviews | Self::Long => 1,
        }
    }

    /// The one that has these settings, for whatever language.
    pub(super) fn of(vectorizer: &VectorizerParams, classifier: &ClassifierParams) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| {
            let mut vectorizers = LANGUAGES.into_iter().map(|language| preset.vectorizer(language));
            *classifier == preset.classifier() && vectorizers.any(|params| params == *vectorizer)
        })
    }

    /// How texts become rows, for texts of a language: it decides how words are stemmed and, for English and French, what
    /// negates them. [`Baseline`](Self::Baseline) knows no language, and [`Long`](Self::Long) does not stem.
    pub fn vectorizer(self, language: Language) -> VectorizerParams {
        let words = |analyzer: AnalyzerParams, n, min_df| {
            let analyzer = match Negation::of(language) {
                Ok(negation) => analyzer.negation(negation),
                Err(_) => analyzer,
            };
            let params = Vectorizer::tfidf().analyzer(analyzer).ngram_range(1, n);
            params.min_df(DocFreq::Count(min_df))
        };
        let stems =
            |tokens: AnalyzerParams| words(tokens.stemmer(language), 2, 1).sublinear_tf(true);
        match self {
            Self::Baseline => Vectorizer::tfidf().max_features(10_000),
            Self::Social => stems(tokens(&NUMBERS)),
            Self::Reviews => stems(tokens(&[])).beside(characters()),
            Self::Long => words(tokens(&[]), 3, 5).binary(true),
        }
    }

    /// How rows become scores. Of more than two classes each is told from the rest, but by [`Baseline`](Self::Baseline).
    pub fn classifier(self) -> ClassifierParams {
        // Where labels are decided, nothing changes below this.
        let weighed = |base| {
            let params = Classifier::logistic_regression().nb_weighting(NbWeighting::Soft { base });
            let params = params.class_weight(ClassWeight::Balanced);
            params.multi_class(MultiClass::OneVsRest).tol(1e-4)
        };
        match self {
            Self::Baseline => Classifier::logistic_regression().max_iter(1_000),
            Self::Social | Self::Reviews => weighed(1.0),
            Self::Long => weighed(0.5).c(30.0),
        }
    }
}

/// Runs of characters, to stand beside words.
pub(crate) fn characters() -> VectorizerParams {
    let params = Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(2, 5);
    params.min_df(DocFreq::Count(3)).sublinear_tf(true).weight(0.5)
}

/// What says little in tweets, where it is a flight or an hour. In reviews it may be the verdict, as in `9/10`.
const NUMBERS: [Entity; 4] = [Entity::Number, Entity::Price, Entity::Time, Entity::Date];

/// Words, punctuation, emoji, and the words of hashtags; all links are one token, and so is all of `alike`.
fn tokens(alike: &[Entity]) -> AnalyzerParams {
    let social = Social::default().split_hashtags(true).elongation(Elongation::Shorten);
    let alike = [Entity::Link, Entity::Email].into_iter().chain(alike.iter().copied());
    Analyzer::social().tokenizer(alike.fold(social, Social::placeholder))
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|preset| preset.as_str() == text);
        found.ok_or_else(|| Error::InvalidParameter {
            name: "preset",
            found: format!("{text:?}"),
            expected: "does not exist; the presets are baseline, social, reviews and long",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for preset in Preset::ALL {
            assert_eq!(preset.to_string().parse::<Preset>().unwrap(), preset);
            assert_eq!(serde_json::to_string(&preset).unwrap(), format!("\"{preset}\""));
        }
        assert_eq!(
            "Social".parse::<Preset>().unwrap_err().to_string(),
            "preset \"Social\" does not exist; the presets are baseline, social, reviews and long"
        );
    }

    #[test]
    fn a_language_without_negators_is_stemmed_all_the_same() {
        let summary = |language| {
            let summary = Preset::Social.vectorizer(language).summary();
            let (_, value) = summary.into_iter().find(|(name, _)| name == "preprocessing").unwrap();
            value.to_string()
        };
        assert!(summary(Language::English).contains("negation"), "{}", summary(Language::English));
        assert!(
            summary(Language::German).ends_with("stem(German)"),
            "{}",
            summary(Language::German)
        );
    }
}
