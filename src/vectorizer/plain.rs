//! One block of plain terms, to and from what it consists of; what is more than that is refused by name.

use super::block::BlockParts;
use super::hashing::Names;
use super::{Norm, Vectorizer, VectorizerParams, Vocabulary};
use crate::error::{Error, Result};
use crate::text::AnalyzerParams;

/// What there is to know of a vectorizer of plain terms, with the names of scikit-learn. Column `i` is that of term `i`.
pub(crate) struct PlainVectorizer {
    pub(crate) analyzer: AnalyzerParams,
    pub(crate) ngram_range: (u32, u32),
    pub(crate) binary: bool,
    pub(crate) sublinear_tf: bool,
    pub(crate) norm: Norm,
    pub(crate) vocabulary: Vec<String>,
    pub(crate) idf: Option<Vec<f64>>,
}

impl PlainVectorizer {
    /// Those of a vectorizer, or the setting that has no place here.
    pub(crate) fn of(vectorizer: &Vectorizer) -> Result<Self, &'static str> {
        let [block] = vectorizer.blocks() else { return Err("several blocks") };
        let params = &vectorizer.params.block;
        let more = [
            ("hashed columns", params.hashing.is_some()),
            ("bm25", params.bm25.is_some()),
            ("a weight of the block", params.weight != 1.0),
        ];
        if let Some((name, _)) = more.into_iter().find(|&(_, set)| set) {
            return Err(name);
        }
        Ok(Self {
            analyzer: params.analyzer.clone(),
            ngram_range: params.ngram_range,
            binary: params.binary,
            sublinear_tf: params.sublinear_tf,
            norm: params.norm,
            vocabulary: block
                .vocabulary()
                .into_iter()
                .flat_map(|terms| terms.iter().map(str::to_owned))
                .collect(),
            idf: block.idf().map(<[f64]>::to_vec),
        })
    }

    /// The vectorizer that has these; terms ascend.
    pub(crate) fn build(self) -> Result<Vectorizer> {
        let mut params = VectorizerParams::default()
            .analyzer(self.analyzer)
            .ngram_range(self.ngram_range.0 as usize, self.ngram_range.1 as usize)
            .binary(self.binary)
            .sublinear_tf(self.sublinear_tf)
            .norm(self.norm)
            .use_idf(self.idf.is_some());
        let vocabulary = Vocabulary::from_sorted(self.vocabulary.iter().map(String::as_str))?;
        params.block.vocabulary = Some(self.vocabulary);
        params.validate()?;
        let names = Names::default();
        let parts =
            BlockParts { vocabulary: Some(vocabulary), names, idf: self.idf, mean_length: 0.0 };
        Vectorizer::new(params, vec![parts], 0).map_err(|error| match error {
            Error::InvalidValues { problem, .. } => {
                Error::InvalidValues { what: "plain model", problem }
            }
            other => other,
        })
    }
}
