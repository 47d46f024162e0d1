//! This library, in a pool of threads: words of two characters and more, TF-IDF, rows of length 1.

use rayon::ThreadPool;
use ressenti::{Vectorizer, VectorizerParams};

use crate::{MAX_FEATURES, Result, Run};

/// So many terms, or all.
fn params(most: Option<usize>) -> VectorizerParams {
    let params = Vectorizer::tfidf();
    match most {
        Some(most) => params.max_features(most),
        None => params,
    }
}

/// Vocabulary and idf of the texts.
pub(crate) fn fit<'a>(train: &'a [String], pool: &'a ThreadPool) -> Run<'a> {
    Box::new(|| Ok(pool.install(|| params(Some(MAX_FEATURES)).fit(train))?.n_features()))
}

/// The rows of `test`, by a vectorizer fitted on `train`.
pub(crate) fn transform<'a>(
    train: &[String],
    test: &'a [String],
    most: Option<usize>,
    pool: &'a ThreadPool,
) -> Result<Run<'a>> {
    let vectorizer = params(most).fit(train)?;
    Ok(Box::new(move || {
        let rows = pool.install(|| vectorizer.transform(test));
        assert_eq!(rows.n_rows(), test.len(), "a row for each text");
        Ok(rows.nnz())
    }))
}
