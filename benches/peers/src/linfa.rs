//! `linfa-preprocessing`: words of two characters and more by a regular expression, TF-IDF, rows of any length.
//!
//! As near to our settings as its interface allows. Its `fit` keeps the terms that most texts hold, ours the most frequent.
//! It learns no idf: its `transform` counts that of the batch anew, so that only the time can be compared, not the values.
//! On one thread.

use linfa_preprocessing::tf_idf_vectorization::{FittedTfIdfVectorizer, TfIdfVectorizer};
use ndarray::Array1;

use crate::{MAX_FEATURES, Result, Run};

/// By default it also decomposes characters (`normalize`, NFKD), which is no part of our work.
fn params(normalize: bool, most: Option<usize>) -> TfIdfVectorizer {
    TfIdfVectorizer::default().normalize(normalize).max_features(most)
}

fn texts(texts: &[String]) -> Array1<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Vocabulary of the texts.
pub(crate) fn fit(train: &[String], normalize: bool) -> Run<'_> {
    let train = texts(train);
    Box::new(move || Ok(params(normalize, Some(MAX_FEATURES)).fit(&train)?.nentries()))
}

/// The rows of `test`, by a vectorizer fitted on `train`.
pub(crate) fn transform<'a>(
    train: &[String],
    test: &'a [String],
    most: Option<usize>,
    normalize: bool,
) -> Result<Run<'a>> {
    let vectorizer: FittedTfIdfVectorizer = params(normalize, most).fit(&texts(train))?;
    let test = texts(test);
    Ok(Box::new(move || {
        let rows = vectorizer.transform(&test)?;
        assert_eq!(rows.rows(), test.len(), "a row for each text");
        Ok(rows.nnz())
    }))
}
