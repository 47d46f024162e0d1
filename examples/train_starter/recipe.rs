//! Rows in, the starter model out: all that is done is the library's own; here it is put in order.

use std::borrow::Cow;
use std::error::Error;

use ressenti::text::{Analyzer, Elongation, Entity, Language, Negation, Social};
use ressenti::{
    Classifier, ClassifierParams, DocFreq, FitOptions, Keep, Lexicon, NbWeighting, Pipeline,
    PipelineBuilder, Precision, ProfileSource, Vectorizer, VectorizerParams,
};

use crate::people;
use crate::sources::{self, Row};

/// What a model is made with.
pub(crate) struct Recipe {
    pub(crate) lexicons: Vec<Lexicon>,
    /// At most so many columns, before those for people go; as many as there are, and all bits of the weights, if 0.
    pub(crate) columns: usize,
    /// Whether words for people may be columns.
    pub(crate) people: bool,
}

/// Links, names and numbers say little beyond the place where they stand.
const ALIKE: [Entity; 7] = [
    Entity::Handle,
    Entity::Link,
    Entity::Email,
    Entity::Number,
    Entity::Price,
    Entity::Time,
    Entity::Date,
];

fn vectorizer() -> ressenti::Result<VectorizerParams> {
    let social = Social::default().split_hashtags(true).elongation(Elongation::Shorten);
    let social = ALIKE.into_iter().fold(social, Social::placeholder);
    let analyzer = Analyzer::social().tokenizer(social).stemmer(Language::English);
    let analyzer = analyzer.negation(Negation::of(Language::English)?);
    let params = Vectorizer::tfidf().analyzer(analyzer).ngram_range(1, 2);
    Ok(params.min_df(DocFreq::Count(2)).sublinear_tf(true))
}

fn classifier() -> ClassifierParams {
    let soft = NbWeighting::Soft { base: 1.0 };
    Classifier::logistic_regression().nb_weighting(soft).tol(1e-4)
}

impl Recipe {
    /// The model of all rows but those of some families.
    pub(crate) fn fit(&self, rows: &[Row], left_out: &[&str]) -> Result<Pipeline, Box<dyn Error>> {
        let rows: Vec<&Row> = rows.iter().filter(|row| !left_out.contains(&row.family)).collect();
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let labels: Vec<&str> = rows.iter().map(|row| row.label()).collect();
        let targets = sources::targets(&rows)?;
        let options = FitOptions::new().soft_targets(&targets);
        let fit = |builder: PipelineBuilder| {
            let builder = self.lexicons.iter().fold(builder, PipelineBuilder::lexicon);
            let model = builder.profile(ProfileSource::Off).fit_with(&texts, &labels, &options)?;
            if !model.fit_report().converged() {
                return Err(format!("no convergence: {:?}", model.fit_report()).into());
            }
            Ok::<_, Box<dyn Error>>(model)
        };
        let whole = fit(Pipeline::builder().vectorizer(vectorizer()?).classifier(classifier()))?;
        if self.columns == 0 {
            return Ok(whole);
        }
        // What pruning and rounding cost is measured elsewhere, on other texts.
        let (one, of_one) = (&texts[..1], &labels[..1]);
        let pruned = whole.prune(Keep::Columns(self.columns), &texts, one, of_one)?;
        let mut terms = if self.people {
            pruned.pipeline().vectorizer().feature_names().map(Cow::into_owned).collect()
        } else {
            people::terms_without(pruned.pipeline())
        };
        // No text holds them, so that pruning takes them for rare.
        let own = sources::OWN_EMOJI.map(|(_, emoji)| emoji.to_owned());
        terms.extend(own.into_iter().filter(|emoji| !terms.contains(emoji)).collect::<Vec<_>>());
        // Rows are divided by another norm without the other columns: weights are made for that.
        let again = fit(pruned.builder().vectorizer(vectorizer()?.vocabulary(terms)))?;
        Ok(again.round_weights(Precision::Byte, one)?.pipeline)
    }
}
