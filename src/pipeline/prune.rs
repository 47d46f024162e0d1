//! A pipeline and texts in, a smaller pipeline out that knows only the terms that move its answers most, and what it costs.
//!
//! The strength of a term is |w| · rms(x) over the texts; see [`Classifier::prune`](crate::Classifier::prune). A term that no
//! text holds, such as a [lexicon](crate::Lexicon) has, counts as if half of a text did: Σ xᵢⱼ² = ½ · (idfⱼ · x̄)², with x̄ the
//! mean of xᵢⱼ / idfⱼ over what texts hold. What else is known of terms, the caller's rank of them says. A term that
//! goes takes its weight, its idf and its place in the vocabulary with it, so that the file becomes smaller.
//!
//! Rows of length 1 are divided by a norm in which all known terms count, so what is left of a row grows when terms go.
//! That cannot be had exactly without every term and its idf, which are most of the file. So answers to texts whose terms
//! are all kept are the same, others lean a little further from the intercept, and the report says what that costs. On
//! tweets it is less than chance, and a second fit with the terms that are left, whose rows are then divided by their own
//! norm in training as well, gains nothing to speak of; where the loss is larger, it is worth a try.

use super::{Pipeline, PipelineBuilder};
use crate::classifier::Keep;
use crate::error::{Error, Result};
use crate::evaluate::Report;
use crate::rows::Rows;
use crate::sentiment::Label;
use crate::views::Texts;

/// A smaller pipeline, and what it costs; see [`Pipeline::prune`].
///
/// ```
/// use ressenti::{Keep, Pipeline};
///
/// let texts = ["good crew", "bad crew", "good seat", "bad seat"];
/// let labels = [1, 0, 1, 0];
/// let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// let pruned = pipeline.prune(Keep::Columns(2), &texts, &["a good day", "a bad day"], &[1, 0])?;
///
/// let (before, after) = (pruned.before(), pruned.after());
/// assert_eq!((before.n_features, after.n_features), (4, 2)); // bad, good
/// assert!(after.bytes < before.bytes);
/// assert_eq!((before.report.accuracy(), after.report.accuracy()), (1.0, 1.0));
///
/// // The same terms, with weights that are made for them.
/// let again = pruned.builder().fit(&texts, &labels)?;
/// assert!(again.vectorizer().feature_names().eq(["bad", "good"]));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PrunedPipeline {
    pipeline: Pipeline,
    before: Footprint,
    after: Footprint,
}

/// How large a pipeline is, and how well it does on texts that it was not trained on.
///
/// ```
/// use ressenti::{Footprint, Keep, Pipeline};
///
/// let (texts, labels) = (["good crew", "bad crew"], [1, 0]);
/// let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// let pruned = pipeline.prune(Keep::Columns(1), &texts, &texts, &labels)?;
/// let line = |of: &Footprint| format!("{} terms, {} bytes", of.n_features, of.bytes);
/// println!("{} → {}", line(pruned.before()), line(pruned.after()));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Footprint {
    /// How many terms it knows.
    pub n_features: usize,
    /// The bytes of its [file](Pipeline::to_bytes); of the pipeline before with its [profile](Pipeline::profile), which is not
    /// that of the pruned one and is left out there.
    pub bytes: usize,
    /// Its figures.
    pub report: Report,
}

impl PrunedPipeline {
    /// The smaller pipeline.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The smaller pipeline.
    #[must_use]
    pub fn into_pipeline(self) -> Pipeline {
        self.pipeline
    }

    /// How large and how good the whole pipeline is.
    #[must_use]
    pub fn before(&self) -> &Footprint {
        &self.before
    }

    /// How large and how good the smaller one is.
    #[must_use]
    pub fn after(&self) -> &Footprint {
        &self.after
    }

    /// The settings of a second fit: those of the pipeline, with its terms as the given vocabulary. Without the prior,
    /// the lexicons and the calibration that it may have had, which can be set anew.
    ///
    /// Its weights are made for rows that have lost the same terms as those it will be asked about. See whether that gains
    /// anything: often pruning alone has lost nothing.
    pub fn builder(&self) -> PipelineBuilder {
        let Pipeline { vectorizer, classifier, .. } = &self.pipeline;
        let params = classifier.params().clone();
        Pipeline::builder().vectorizer(vectorizer.params_of_terms()).classifier(params)
    }
}

impl Pipeline {
    /// Keeps the strongest terms: so many, or as many as fit in a file of so many bytes. `texts`, such as those it was trained
    /// on, say how often terms occur; the held-out ones, with their labels, what it costs.
    ///
    /// Terms without a weight are never kept, and those that no text holds count as if half of a text did. Texts whose known
    /// terms are all kept have the answers they had; rows of others are divided by a smaller norm.
    ///
    /// A calibration and a threshold stay as they are; [`preset`](Self::preset) does not, as it is no longer what the preset
    /// gives.
    ///
    /// Of 7,971 tweets to airlines, the means of 5 folds, each judged by the texts that neither the training nor the choice of
    /// terms has seen (`cargo test --release --test pipeline -- --nocapture prune::airline`); *again* is a second fit by
    /// [`PrunedPipeline::builder`], and a standard error of accuracy is some 0.003:
    ///
    /// | preset | terms | bytes | accuracy | again | F1 | again |
    /// |---|---|---|---|---|---|---|
    /// | `social` | all 66,461 | 825,936 | 0.9353 | | 0.8296 | |
    /// | | 20,000 | 285,604 | 0.9354 | 0.9359 | 0.8325 | 0.8313 |
    /// | | 5,000 | 77,635 | 0.9349 | 0.9369 | 0.8336 | 0.8368 |
    /// | | 2,000 | 32,515 | 0.9344 | 0.9318 | 0.8324 | 0.8293 |
    /// | `baseline` | all 9,088 | 133,552 | 0.9015 | | 0.6879 | |
    /// | | 2,000 | 30,902 | 0.9058 | 0.9077 | 0.7113 | 0.7163 |
    ///
    /// Errors: [`Error::InvalidParameter`] for a vectorizer that hashes, which has no vocabulary to prune, and for fewer bytes
    /// or terms than the smallest pipeline has; [`Error::NoTexts`], [`Error::LengthMismatch`], and [`Error::UnknownLabel`]
    /// for a label that it does not know.
    pub fn prune<T: AsRef<str> + Sync, H: AsRef<str> + Sync, L: Label>(
        &self,
        keep: Keep,
        texts: &[T],
        held_out: &[H],
        labels: &[L],
    ) -> Result<PrunedPipeline> {
        self.prune_by(keep, texts, held_out, labels, |_, _| Some(0))
    }

    /// [`prune`](Self::prune) by what is known of terms beyond their strength: `rank` is asked of each that has a weight, the
    /// strongest first, with how many are stronger. Terms of rank 0 are kept before those of rank 1, and so on; of one rank, the
    /// strongest first. What has no rank is not kept.
    ///
    /// So words that people have rated may stay where texts say little of them, and names may go however much they say:
    ///
    /// ```
    /// use ressenti::{Keep, Pipeline, Vectorizer};
    ///
    /// let texts = ["a good crew, Tom", "a bad crew, Ann", "a good seat, Tom", "a bad seat, Ann"];
    /// let labels = [1, 0, 1, 0];
    /// let builder = Pipeline::builder().vectorizer(Vectorizer::tfidf().ngram_range(1, 2));
    /// let whole = builder.fit(&texts, &labels)?;
    ///
    /// // No names; words of a list whatever they say, then others, as long as they are strong; pairs of words last.
    /// let rank = |term: &str, stronger: usize| match term {
    ///     _ if term.split(' ').any(|word| ["ann", "tom"].contains(&word)) => None,
    ///     "seat" => Some(0),
    ///     _ if term.contains(' ') => Some(2),
    ///     _ => (stronger < 5).then_some(1),
    /// };
    /// let pruned = whole.prune_by(Keep::Columns(4), &texts, &texts, &labels, rank)?;
    /// assert!(pruned.pipeline().vectorizer().feature_names().eq(["bad", "bad crew", "good", "seat"]));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// Errors: as for [`prune`](Self::prune), and [`Error::InvalidParameter`] where no term has a rank.
    pub fn prune_by<T: AsRef<str> + Sync, H: AsRef<str> + Sync, L: Label>(
        &self,
        keep: Keep,
        texts: &[T],
        held_out: &[H],
        labels: &[L],
        rank: impl FnMut(&str, usize) -> Option<u32>,
    ) -> Result<PrunedPipeline> {
        let footprint = |pipeline: &Self| -> Result<Footprint> {
            let (n_features, bytes) = (pipeline.vectorizer.n_features(), pipeline.to_bytes().len());
            Ok(Footprint { n_features, bytes, report: pipeline.evaluate(held_out, labels)? })
        };
        let before = footprint(self)?;
        let pipeline = self.pruned_to(keep, Texts::of(&texts), rank)?;
        Ok(PrunedPipeline { before, after: footprint(&pipeline)?, pipeline })
    }

    fn pruned_to(
        &self,
        keep: Keep,
        texts: Texts<'_>,
        mut rank: impl FnMut(&str, usize) -> Option<u32>,
    ) -> Result<Self> {
        let refuse =
            |name, found: String, expected| Err(Error::InvalidParameter { name, found, expected });
        if self.vectorizer.blocks().iter().any(|block| block.vocabulary().is_none()) {
            let expected = "has no terms that could be dropped; give fewer n_features in training";
            return refuse("prune", "of hashed columns".to_owned(), expected);
        }
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "prune by" });
        }
        let by_strength = self.classifier.by_strength(&self.rows_with_unseen(texts))?;
        if by_strength.is_empty() {
            let expected = "has no term with a weight, so there is nothing to keep";
            return refuse("pipeline", "of this training".to_owned(), expected);
        }
        let rank_of = |(stronger, column): (usize, u32)| {
            let term = self.vectorizer.feature_name(column as usize);
            Some((rank(&term, stronger)?, column))
        };
        let mut ranked: Vec<(u32, u32)> =
            by_strength.into_iter().enumerate().filter_map(rank_of).collect();
        // Equal ranks stay in the order of their strength.
        ranked.sort_by_key(|&(rank, _)| rank);
        let order: Vec<u32> = ranked.into_iter().map(|(_, column)| column).collect();
        let strongest = |n: usize| {
            let mut columns = order[..n].to_vec();
            columns.sort_unstable();
            self.select_columns(&columns)
        };
        if order.is_empty() {
            let expected = "leaves no term; give one to those to keep";
            return refuse("rank", "of none".to_owned(), expected);
        }
        match keep {
            Keep::Columns(0) => {
                let expected = "leaves no term; keep at least 1";
                refuse("keep", "0 columns".to_owned(), expected)
            }
            Keep::Columns(k) => strongest(k.min(order.len())),
            Keep::Bytes(bytes) => {
                // Each further term takes room: the most that fit are found by halving.
                let (mut fit, mut most) = (0, order.len());
                while fit < most {
                    let middle = usize::midpoint(fit, most + 1);
                    let fits = strongest(middle)?.to_bytes().len() <= bytes;
                    (fit, most) = if fits { (middle, most) } else { (fit, middle - 1) };
                }
                if fit == 0 {
                    let expected = "are fewer than a pipeline of one term has";
                    return refuse("keep", format!("{bytes} bytes"), expected);
                }
                strongest(fit)
            }
        }
    }

    /// The rows of texts, and one of the terms that none of them holds.
    fn rows_with_unseen(&self, texts: Texts<'_>) -> Rows {
        let rows = self.vectorizer.transform_all(texts);
        let (mut sums, mut counts) = (vec![0.0; rows.n_columns()], vec![0u32; rows.n_columns()]);
        for i in 0..rows.n_rows() {
            for (column, value) in rows.parts().row(i).entries() {
                sums[column] += value;
                counts[column] += 1;
            }
        }
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for block in self.vectorizer.blocks() {
            let first = block.columns().start;
            let idf = |column: usize| block.idf().map_or(1.0, |idf| idf[column - first]);
            let of_block: f64 = block.columns().map(|column| sums[column] / idf(column)).sum();
            let count: u32 = counts[block.columns()].iter().sum();
            // Where texts hold no term of a block at all, their values are as good as any.
            let mean = if count > 0 { of_block / f64::from(count) } else { 1.0 };
            for column in block.columns().filter(|&column| counts[column] == 0) {
                columns.push(column as u32);
                values.push((idf(column) * mean * 0.5f64.sqrt()) as f32);
            }
        }
        rows.with_row(&columns, &values)
    }

    /// The same with these columns only; ascending, at least one.
    fn select_columns(&self, columns: &[u32]) -> Result<Self> {
        let vectorizer = self.vectorizer.select_columns(columns)?;
        let kept = Self::from_parts(vectorizer, self.classifier.select_columns(columns)?)?;
        let (calibration_report, origin) = (self.calibration_report, self.origin.clone());
        Ok(Self { calibration_report, origin, ..kept })
    }
}
