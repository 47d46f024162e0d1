//! Rows in, the starter model out: all that is done is the library's own; here it is put in order.

use std::collections::BTreeSet;
use std::error::Error;

use ressenti::text::{Analyzer, Elongation, Entity, Language, Negation, Social};
use ressenti::{
    Classifier, ClassifierParams, DocFreq, FitOptions, Lexicon, NbWeighting, Pipeline,
    PipelineBuilder, Precision, ProfileSource, Vectorizer, VectorizerParams,
};

use crate::people;
use crate::sources::{self, List, Row};

/// What a model is made with.
pub(crate) struct Recipe {
    pub(crate) lists: Vec<List>,
    /// At most so many columns; as many as there are, and all bits of the weights, if 0.
    pub(crate) columns: usize,
    /// Whether words for people may be columns.
    pub(crate) people: bool,
}

/// A word of the lists is kept if it is among so many times as many terms as are kept.
const AMONG: usize = 3;

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
    Classifier::logistic_regression().nb_weighting(soft).tol(1e-4).c(0.5)
}

impl Recipe {
    /// The model of all rows but those of some families.
    pub(crate) fn fit(&self, rows: &[Row], left_out: &[&str]) -> Result<Pipeline, Box<dyn Error>> {
        let rows: Vec<&Row> = rows.iter().filter(|row| !left_out.contains(&row.family)).collect();
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let labels: Vec<&str> = rows.iter().map(|row| row.label()).collect();
        let targets = sources::targets(&rows)?;
        let options = FitOptions::new().soft_targets(&targets);
        let lexicons = self.lists.iter().map(|list| Lexicon::new(list.iter().cloned()));
        let lexicons = lexicons.collect::<Result<Vec<_>, _>>()?;
        let fit = |builder: PipelineBuilder| {
            let builder = lexicons.iter().fold(builder, PipelineBuilder::lexicon);
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
        let terms = self.strongest(&whole, &texts)?;
        // Rows are divided by another norm without the other columns: weights are made for that.
        let builder = Pipeline::builder().classifier(classifier());
        let again = fit(builder.vectorizer(vectorizer()?.vocabulary(terms)))?;
        // What rounding costs is measured elsewhere, on other texts.
        Ok(again.round_weights(Precision::Byte, &texts[..1])?.pipeline)
    }

    /// The strongest terms, among which words of the lists have a better chance: what they are worth people have said, so that
    /// few texts are enough. Pairs of words, which seldom are what a new text says, give way to them.
    fn strongest(&self, whole: &Pipeline, texts: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
        let vectorizer = whole.vectorizer();
        let idf = vectorizer.blocks()[0].idf().ok_or("the vectorizer has no idf")?;
        let weights = whole.classifier().coef();
        // How much a term moves answers, about: |w| · idf · √(df + ½). No text holds some terms of the lexicons.
        let strength = |(column, idf): (usize, &f64)| {
            let df = (1.0 + texts.len() as f64) * (1.0 - idf).exp() - 1.0;
            weights.get(0, column).abs() * idf * (df.max(0.0) + 0.5).sqrt()
        };
        let strengths: Vec<f64> = idf.iter().enumerate().map(strength).collect();
        let mut terms: Vec<_> = vectorizer.feature_names().zip(strengths).collect();
        terms.retain(|&(_, strength)| strength > 0.0);
        terms.sort_by(|a, b| b.1.total_cmp(&a.1));
        if !self.people {
            let is_of_people = people::in_term(whole, texts);
            terms.retain(|(term, _)| !is_of_people(term));
        }
        let analyzer = vectorizer.blocks()[0].analyzer();
        let words = self.lists.iter().flatten().flat_map(|(word, _)| analyzer.tokenize(word));
        let listed: BTreeSet<String> = words.map(|token| token.text().to_owned()).collect();
        let (mut words, mut pairs) = (Vec::new(), Vec::new());
        for (rank, (term, _)) in terms.into_iter().enumerate() {
            let is_listed = || listed.contains(term.strip_prefix("NOT_").unwrap_or(&term));
            if term.contains(' ') {
                pairs.push(term.into_owned());
            } else if rank < self.columns || rank < AMONG * self.columns && is_listed() {
                words.push(term.into_owned());
            }
        }
        // Ours come first: no text holds them, so that they seem weak.
        let mut kept: Vec<String> = sources::OWN_EMOJI.map(|(_, emoji)| emoji.to_owned()).into();
        let others = words.into_iter().chain(pairs).filter(|term| !kept.contains(term));
        let others: Vec<String> = others.collect();
        kept.extend(others);
        kept.truncate(self.columns);
        Ok(kept)
    }
}
