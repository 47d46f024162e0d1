//! A vectorizer with some of its columns only, and its settings with the terms that it has.

use super::block::BlockParts;
use super::{Vectorizer, VectorizerParams, Vocabulary};
use crate::error::Result;

impl Vectorizer {
    /// The same with these columns only: ascending, at least one, and none that is hashed. A block of which none is left
    /// goes with them.
    pub(crate) fn select_columns(&self, columns: &[u32]) -> Result<Self> {
        let (mut params, mut blocks) = (Vec::new(), Vec::new());
        let mut rest = columns;
        for (of_block, block) in self.params.blocks().zip(&self.blocks) {
            let range = block.columns();
            let mine = rest.partition_point(|&column| (column as usize) < range.end);
            let (mine, after) = rest.split_at(mine);
            rest = after;
            let parts = BlockParts::from(block.clone());
            let Some(vocabulary) = parts.vocabulary.as_ref().filter(|_| !mine.is_empty()) else {
                continue;
            };
            let kept = || mine.iter().map(|&column| column as usize - range.start);
            let mut of_block = of_block.clone();
            let terms = kept().map(|column| vocabulary.term(column));
            if let Some(given) = &mut of_block.vocabulary {
                *given = terms.clone().map(str::to_owned).collect();
            }
            let idf = parts.idf.as_ref().map(|idf| kept().map(|column| idf[column]).collect());
            let vocabulary = Some(Vocabulary::from_sorted(terms)?);
            blocks.push(BlockParts { vocabulary, idf, ..parts });
            params.push(of_block);
        }
        Self::learnt(VectorizerParams::try_from(params)?, blocks, self.n_documents)
    }

    /// Its settings with its terms as the given vocabulary.
    pub(crate) fn params_of_terms(&self) -> VectorizerParams {
        let mut params = self.params.clone();
        for (of_block, block) in params.blocks_mut().zip(&self.blocks) {
            let terms = block.vocabulary().map(|terms| terms.iter().map(str::to_owned).collect());
            of_block.vocabulary = terms.or(of_block.vocabulary.take());
        }
        params
    }
}
