//! Rows in, the starter model out: all that is done is the library's own; here it is put in order.

use std::collections::BTreeSet;
use std::error::Error;

use ressenti::text::{Analyzer, Elongation, Entity, Language, Negation, Social};
use ressenti::{
    Classifier, ClassifierParams, DocFreq, FitOptions, Keep, Lexicon, NbWeighting, Pipeline,
    PipelineBuilder, Precision, ProfileSource, Solver, Vectorizer, VectorizerParams,
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

/// What a pattern of letters leaves of a negator. This tokenizer keeps negators whole, and Don is a name.
const REMAINS: [&str; 14] = [
    "don", "doesn", "didn", "isn", "aren", "wasn", "weren", "wouldn", "couldn", "shouldn", "ain",
    "haven", "hasn", "hadn",
];

fn vectorizer() -> ressenti::Result<VectorizerParams> {
    let social = Social::default().split_hashtags(true).elongation(Elongation::Shorten);
    let social = ALIKE.into_iter().fold(social, Social::placeholder);
    let analyzer = Analyzer::social().tokenizer(social).stemmer(Language::English);
    let analyzer = analyzer.negation(Negation::of(Language::English)?.without(REMAINS));
    let params = Vectorizer::tfidf().analyzer(analyzer).ngram_range(1, 2);
    Ok(params.min_df(DocFreq::Count(2)).sublinear_tf(true))
}

fn classifier() -> ClassifierParams {
    let soft = NbWeighting::Soft { base: 1.0 };
    Classifier::logistic_regression()
        .nb_weighting(soft)
        .solver(Solver::DualNewtonCg)
        .tol(1e-4)
        .c(0.35)
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
        // What it costs is measured elsewhere, on other texts.
        let keep = Keep::Columns(self.columns);
        let rank = self.rank(&whole, &texts);
        let pruned = whole.prune_by(keep, &texts, &texts[..1], &labels[..1], rank)?;
        // Rows are divided by another norm without the other columns: weights are made for that.
        let again = fit(pruned.builder())?;
        Ok(again.round_weights(Precision::Byte, &texts[..1])?.pipeline)
    }

    /// Words of the lists have a better chance: what they are worth people have said, so that few texts are enough. Pairs of
    /// words, which seldom are what a new text says, give way to words. No text holds our emoji, so that they seem weak.
    fn rank(
        &self,
        whole: &Pipeline,
        texts: &[&str],
    ) -> impl Fn(&str, usize) -> Option<u32> + use<> {
        let analyzer = whole.vectorizer().blocks()[0].analyzer();
        let words = self.lists.iter().flatten().flat_map(|(word, _)| analyzer.tokenize(word));
        let listed: BTreeSet<String> = words.map(|token| token.text().to_owned()).collect();
        let is_of_people = (!self.people).then(|| people::in_term(whole, texts));
        let columns = self.columns;
        move |term, stronger| {
            let is_listed = || listed.contains(without_mark(term));
            if is_of_people.as_ref().is_some_and(|is| is(term)) {
                None
            } else if sources::OWN_EMOJI.iter().any(|(_, emoji)| *emoji == term) {
                Some(0)
            } else if term.contains(' ') {
                Some(2)
            } else {
                (stronger < columns || stronger < AMONG * columns && is_listed()).then_some(1)
            }
        }
    }
}

/// What is counted where a word is negated, as what it is where it is not.
pub(crate) fn without_mark(term: &str) -> &str {
    term.strip_prefix("NOT_").unwrap_or(term)
}
