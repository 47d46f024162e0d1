//! Texts and settings in, a vectorizer out, and the rows of the same texts where they are wanted. How terms are counted is known
//! in `counts`, how rows are made in `build`.

use super::build::build;
use super::counts::BlockCounts;
use super::reader::{Read, Source, joined};
use super::{TEXTS_PER_ROUND, Vectorizer, VectorizerParams};
use crate::error::{Error, Result};
use crate::parallel;
use crate::progress::{Progress, Step};
use crate::rows::Rows;
use crate::views::Texts;

impl VectorizerParams {
    /// Learns vocabulary and document frequencies from texts.
    ///
    /// Errors: [`Error::InvalidParameter`] for a setting out of range, [`Error::NoTexts`], and
    /// [`Error::EmptyVocabulary`] if no term is left after analysis and pruning.
    pub fn fit<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vectorizer> {
        let mut counts = self.term_counts()?;
        counts.add(texts)?;
        counts.finish()
    }

    /// [`fit`](Self::fit), and the rows of the same texts; they are analysed once.
    pub fn fit_transform<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<(Vectorizer, Rows)> {
        self.fit_transform_with(texts, None)
    }

    /// [`fit_transform`](Self::fit_transform), reporting progress.
    ///
    /// Errors: also [`Error::Cancelled`] if the callback stops it.
    pub fn fit_transform_with<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Rows)> {
        self.fit_transform_all(Texts::of(&texts), progress)
    }

    pub(crate) fn fit_transform_all(
        &self,
        texts: Texts<'_>,
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Rows)> {
        self.fit_transform_of(texts, Source::Raw, progress)
    }

    /// Learns from texts that come one after the other and are never all in memory: some thousand of them are held at a
    /// time, and counts of no more than about `max_terms` different terms, as
    /// [`TermCounts::max_terms`](super::TermCounts::max_terms) says.
    ///
    /// ```
    /// use ressenti::Vectorizer;
    ///
    /// let texts = (0..10_000).map(|i| format!("flight {i} was late"));
    /// let vectorizer = Vectorizer::tfidf().fit_iter(texts, 1_000)?;
    /// assert!(vectorizer.column("late").is_some() && vectorizer.n_features() <= 1_000);
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// Errors: as for [`fit`](Self::fit).
    pub fn fit_iter<T: AsRef<str> + Sync>(
        &self,
        texts: impl IntoIterator<Item = T>,
        max_terms: usize,
    ) -> Result<Vectorizer> {
        /// A round ends with this many bytes of text, even if it has few texts.
        const MOST_BYTES: usize = 1 << 24;
        let mut counts = self.term_counts()?.max_terms(max_terms);
        let (mut round, mut bytes) = (Vec::new(), 0);
        for text in texts {
            bytes += text.as_ref().len();
            round.push(text);
            if round.len() == TEXTS_PER_ROUND || bytes >= MOST_BYTES {
                counts.add(&round)?;
                round.clear();
                bytes = 0;
            }
        }
        counts.add(&round)?;
        counts.finish()
    }

    /// [`fit`](Self::fit) for texts that the caller has cut into tokens. These are taken as they are: not lower-cased, stripped,
    /// stemmed, marked or dropped. Terms are runs of them, as ever.
    ///
    /// ```
    /// use ressenti::Vectorizer;
    ///
    /// let vectorizer = Vectorizer::tfidf().fit_tokens(&[vec!["New_York", "late"], vec!["late"]])?;
    /// assert_eq!(vectorizer.feature_names().collect::<Vec<_>>(), ["New_York", "late"]);
    /// assert_eq!(vectorizer.transform_tokens(&[["late"]])?.row(0), (&[1][..], &[1.0][..]));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// Errors: also [`Error::InvalidValues`] for a token that is empty or holds a space, and [`Error::InvalidParameter`] for
    /// settings of characters.
    pub fn fit_tokens<D: AsRef<[S]> + Sync, S: AsRef<str>>(
        &self,
        documents: &[D],
    ) -> Result<Vectorizer> {
        let mut counts = self.term_counts()?;
        counts.add_tokens(documents)?;
        counts.finish()
    }

    /// [`fit_tokens`](Self::fit_tokens), and the rows of the same documents.
    pub fn fit_transform_tokens<D: AsRef<[S]> + Sync, S: AsRef<str>>(
        &self,
        documents: &[D],
    ) -> Result<(Vectorizer, Rows)> {
        self.validate()?;
        let documents = &joined(documents, self.blocks().map(|block| block.analyzer.unit()))?[..];
        self.fit_transform_of(Texts::of(&documents), Source::Tokens, None)
    }

    fn fit_transform_of(
        &self,
        texts: Texts<'_>,
        source: Source,
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Rows)> {
        let (vectorizer, read) = self.learn(texts, source, progress)?;
        let rows = build(&vectorizer, texts, source, read, progress)?;
        Ok((vectorizer, rows))
    }

    /// A vectorizer, and the texts as they were read for it, for each block that learnt its columns.
    pub(super) fn learn(
        &self,
        texts: Texts<'_>,
        source: Source,
        progress: Option<&dyn Progress>,
    ) -> Result<(Vectorizer, Vec<Option<Read>>)> {
        if texts.is_empty() {
            return Err(Error::NoTexts { task: "learn a vocabulary from" });
        }
        let blocks: Vec<BlockCounts> =
            self.blocks().map(BlockCounts::new).collect::<Result<_>>()?;
        let total = texts.len() * blocks.len();
        let learn = |(i, mut counts): (usize, BlockCounts)| {
            let mut kept = Read::default();
            let update = progress.map(|progress| {
                let before = i * texts.len();
                move |step: Step| progress.update(Step { done: before + step.done, total, ..step })
            });
            let update = update.as_ref().map(|update| update as &dyn Progress);
            counts.add(texts, source, Some(&mut kept), None, update)?;
            Ok((counts.parts()?, counts.into_read(kept)))
        };
        let blocks = blocks.into_iter().enumerate();
        // What one thread does alone in one block leaves the others to the next; but steps are reported in order.
        let learnt: Vec<Result<_>> = match progress {
            None => parallel::map(blocks.collect(), learn),
            Some(_) => blocks.map(learn).collect(),
        };
        let (parts, read) = learnt.into_iter().collect::<Result<(Vec<_>, Vec<_>)>>()?;
        let vectorizer = Vectorizer::learnt(self.clone(), parts, texts.len() as u64)?;
        Ok((vectorizer, read))
    }
}
