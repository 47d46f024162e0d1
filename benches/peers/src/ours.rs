//! This library, in a pool of threads: words of two characters and more, TF-IDF, rows of length 1.

use rayon::ThreadPool;
use ressenti::{Vectorizer, VectorizerParams};

use crate::{MAX_FEATURES, Result, Run};

fn params() -> VectorizerParams {
    Vectorizer::tfidf().max_features(MAX_FEATURES)
}

/// Vocabulary and idf of the texts.
pub(crate) fn fit<'a>(train: &'a [String], pool: &'a ThreadPool) -> Run<'a> {
    Box::new(|| Ok(pool.install(|| params().fit(train))?.n_features()))
}

/// The rows of `test`, by a vectorizer fitted on `train`.
pub(crate) fn transform<'a>(
    train: &[String],
    test: &'a [String],
    pool: &'a ThreadPool,
) -> Result<Run<'a>> {
    let vectorizer = params().fit(train)?;
    Ok(Box::new(move || {
        let rows = pool.install(|| vectorizer.transform(test));
        assert_eq!(rows.n_rows(), test.len(), "a row for each text");
        Ok(rows.nnz())
    }))
}
