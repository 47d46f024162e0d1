//! How many folds, and in which order, come in as settings; labels or groups follow and folds come out.

use serde::{Deserialize, Serialize};

use super::folds::{Folds, check_n_splits};
use super::groups::{Groups, Order, codes};
use super::stratified::members;
use crate::error::{Error, Result, same_length};
use crate::random::SplitMix64;
use crate::sentiment::Label;
use crate::views::Labels;

/// Settings of folds: how many, in the order of the rows or shuffled.
///
/// In order, [`folds`](Self::folds) and [`stratified`](Self::stratified) are those of scikit-learn's `KFold` and
/// `StratifiedKFold`, row for row. Shuffled, they keep the same promises and are fixed by the seed on every platform, but
/// they are not the rows that scikit-learn would draw.
///
/// ```
/// use ressenti::evaluate::{KFold, Split};
///
/// let labels = ["bad", "good", "bad", "good", "good", "bad", "good", "good"];
/// let folds = KFold::new(2).shuffle(42).stratified(&labels)?;
/// for Split { train, test } in &folds {
///     assert_eq!((train.len(), test.len()), (4, 4));
///     assert!((1..=2).contains(&test.iter().filter(|&&row| labels[row] == "bad").count()));
/// }
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KFold {
    n_splits: usize,
    seed: Option<u64>,
}

impl Default for KFold {
    fn default() -> Self {
        Self::new(5)
    }
}

impl KFold {
    /// `n_splits` folds in the order of the rows; 2 or more, 5 by [`Default`].
    #[must_use]
    pub fn new(n_splits: usize) -> Self {
        Self { n_splits, seed: None }
    }

    /// Shuffles by a seed: not done by default. Do so where the rows are sorted, say by topic: blocks would leave whole
    /// topics out of the training.
    ///
    /// For rows in the order of time, folds of either kind train on the future; see
    /// [`ordered_split`](super::ordered_split).
    #[must_use]
    pub fn shuffle(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many folds these settings make.
    #[must_use]
    pub fn n_splits(&self) -> usize {
        self.n_splits
    }

    /// Folds of `rows` rows whatever they are: blocks one after the other, the first ones larger by a row where it does
    /// not divide evenly.
    ///
    /// # Errors
    ///
    /// [`NoTexts`](Error::NoTexts) without rows, [`InvalidParameter`](Error::InvalidParameter) unless `n_splits` is 2 or
    /// more and at most `rows`.
    pub fn folds(&self, rows: usize) -> Result<Folds> {
        check_n_splits(self.n_splits, rows, "texts")?;
        let mut order: Vec<usize> = (0..rows).collect();
        if let Some(mut random) = self.random() {
            random.shuffle(&mut order);
        }
        let (size, larger) = (rows / self.n_splits, rows % self.n_splits);
        let in_larger = larger * (size + 1);
        let mut of_row = vec![0; rows];
        for (place, row) in order.into_iter().enumerate() {
            of_row[row] = if place < in_larger {
                place / (size + 1)
            } else {
                larger + (place - in_larger) / size
            };
        }
        Folds::from_assignment(of_row)
    }

    /// Folds in which each label has the same share: neither its rows nor all rows differ by more than one between two
    /// folds.
    ///
    /// A label with fewer rows than folds is missing from some test parts, which scikit-learn warns of; figures of one
    /// class then vary much from fold to fold. A label that occurs once is refused, as by
    /// [`stratified_split`](super::stratified_split): the model that is tested on it cannot know it.
    ///
    /// # Errors
    ///
    /// Those of [`folds`](Self::folds), [`InvalidParameter`](Error::InvalidParameter) if no label has as many rows as
    /// there are folds, [`InvalidValues`](Error::InvalidValues) if a label occurs only once.
    pub fn stratified<L: Label>(&self, labels: &[L]) -> Result<Folds> {
        self.stratified_by(Labels::of(&labels))
    }

    pub(crate) fn stratified_by(&self, labels: Labels<'_>) -> Result<Folds> {
        check_n_splits(self.n_splits, labels.len(), "texts")?;
        let mut classes: Vec<Vec<usize>> = members(labels)?.into_values().collect();
        self.check_classes(classes.iter().map(Vec::len))?;
        // As scikit-learn has it: deal the rows, sorted by class, like cards, then give each class its folds in turn. It
        // takes the classes by their first rows.
        classes.sort_unstable_by_key(|rows| rows[0]);
        let mut random = self.random();
        let mut of_row = vec![0; labels.len()];
        let mut dealt = 0;
        for rows in classes {
            let cards = dealt..dealt + rows.len();
            dealt = cards.end;
            let mut folds: Vec<usize> = cards.map(|card| card % self.n_splits).collect();
            folds.sort_unstable();
            if let Some(random) = &mut random {
                random.shuffle(&mut folds);
            }
            for (row, fold) in rows.into_iter().zip(folds) {
                of_row[row] = fold;
            }
        }
        Folds::from_assignment(of_row)
    }

    /// Folds that keep groups whole, of about the same number of rows: the largest group goes first, each into the fold
    /// with fewest rows.
    ///
    /// What must not be on both sides makes a group: the tweets of one author, the sentences of one review, copies of one
    /// text. scikit-learn's `GroupKFold`. Shuffled, chance decides between groups of the same size, so that folds stay
    /// even; scikit-learn then deals out groups regardless of their size.
    ///
    /// ```
    /// use ressenti::evaluate::KFold;
    ///
    /// let authors = ["ann", "ann", "bob", "cid", "bob", "ann"];
    /// let folds = KFold::new(2).grouped(&authors)?;
    /// assert_eq!((folds.test(0), folds.test(1)), ([0, 1, 5].as_slice(), [2, 3, 4].as_slice()));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`folds`](Self::folds), and [`InvalidParameter`](Error::InvalidParameter) if there are fewer groups than
    /// folds.
    pub fn grouped<G: Ord>(&self, groups: &[G]) -> Result<Folds> {
        self.by_group(groups, std::iter::repeat(0))
    }

    /// Folds that keep groups whole and labels in the same shares, as nearly as groups allow.
    ///
    /// The groups that matter most to the shares go first, each into the fold where it evens them out best. scikit-learn's
    /// `StratifiedGroupKFold` in meaning; the folds are not the same. Shuffled, chance decides between groups that matter
    /// equally. A label that only one group has is missing where that group is tested on from what is trained on.
    ///
    /// ```
    /// use ressenti::evaluate::KFold;
    ///
    /// let authors = ["ann", "ann", "bob", "bob", "cid", "dot"];
    /// let labels = ["good", "bad", "good", "bad", "good", "good"];
    /// let folds = KFold::new(2).stratified_grouped(&labels, &authors)?;
    /// assert_eq!((folds.test(0), folds.test(1)), ([0, 1, 4].as_slice(), [2, 3, 5].as_slice()));
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`grouped`](Self::grouped), [`LengthMismatch`](Error::LengthMismatch) unless there are as many groups as
    /// labels, [`InvalidParameter`](Error::InvalidParameter) if no label has as many rows as there are folds.
    pub fn stratified_grouped<L: Label, G: Ord>(
        &self,
        labels: &[L],
        groups: &[G],
    ) -> Result<Folds> {
        same_length("labels", labels.len(), "groups", groups.len())?;
        check_n_splits(self.n_splits, labels.len(), "texts")?;
        let names: Vec<_> = labels.iter().map(Label::as_label).collect();
        let (classes, n_classes) = codes(&names);
        let mut counts = vec![0; n_classes];
        for &class in &classes {
            counts[class] += 1;
        }
        self.check_classes(counts.into_iter())?;
        self.by_group(groups, classes.into_iter())
    }

    /// Folds of whole groups, from the group and the class of each row.
    fn by_group<G: Ord>(
        &self,
        groups: &[G],
        classes: impl Iterator<Item = usize>,
    ) -> Result<Folds> {
        check_n_splits(self.n_splits, groups.len(), "texts")?;
        let (of_row, n_groups) = codes(groups);
        check_n_splits(self.n_splits, n_groups, "groups")?;
        let groups = Groups::new(&of_row, classes);
        let mut random = self.random();
        let order = random.as_mut().map_or(Order::LargestFirst, Order::LargestFirstShuffled);
        let fractions = vec![1.0 / self.n_splits as f64; self.n_splits];
        let fold_of_group = groups.spread(&fractions, order);
        Folds::from_assignment(of_row.into_iter().map(|group| fold_of_group[group]).collect())
    }

    fn random(&self) -> Option<SplitMix64> {
        self.seed.map(SplitMix64::new)
    }

    /// `Err` unless some class has a row for every fold.
    fn check_classes(&self, mut counts: impl Iterator<Item = usize>) -> Result<()> {
        if counts.any(|count| count >= self.n_splits) {
            return Ok(());
        }
        Err(Error::InvalidParameter {
            name: "n_splits",
            found: self.n_splits.to_string(),
            expected: "is more than any label has texts; use fewer folds or more texts",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_folds_are_blocks() {
        let folds = KFold::new(3).folds(8).unwrap();
        assert_eq!(folds.assignment(), [0, 0, 0, 1, 1, 1, 2, 2]);
        assert_eq!(KFold::default().folds(5).unwrap().assignment(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_seed_fixes_the_folds_for_good() {
        let labels = ["a", "b", "a", "a", "b", "a", "b", "a", "a", "a"];
        let groups = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5];
        let all = |seed| {
            let settings = KFold::new(3).shuffle(seed);
            let folds = [
                settings.folds(10),
                settings.stratified(&labels),
                settings.grouped(&groups),
                settings.stratified_grouped(&labels, &groups),
            ];
            folds.map(|folds| folds.unwrap().assignment().to_vec())
        };
        let expected = [
            [1, 2, 2, 0, 1, 0, 0, 2, 0, 1],
            [0, 2, 1, 2, 1, 1, 0, 0, 0, 2],
            [0, 0, 0, 0, 1, 1, 1, 1, 2, 2],
            [1, 1, 0, 0, 0, 0, 2, 2, 1, 1],
        ];
        assert_eq!(all(42), expected);
        for (kind, folds) in expected.iter().enumerate() {
            assert!((0..20).any(|seed| all(seed)[kind] != folds), "{kind}");
        }
    }

    #[test]
    fn labels_that_cannot_be_spread_are_named() {
        let text = |n_splits, labels: &[&str]| {
            KFold::new(n_splits).stratified(labels).unwrap_err().to_string()
        };
        assert_eq!(text(2, &[]), "there are no texts to split; give at least one");
        assert_eq!(
            text(3, &["a", "a", "b", "b"]),
            "n_splits 3 is more than any label has texts; use fewer folds or more texts"
        );
        assert_eq!(
            text(2, &["a", "a", "b"]),
            r#"invalid labels: "b" occurs once and cannot be on both sides; give another text of this label or leave it out"#
        );
        // Two rows in three folds: missing from one test part, and known to every model.
        let folds = KFold::new(3).stratified(&["a", "a", "a", "a", "b", "b"]).unwrap();
        assert_ne!(folds.assignment()[4], folds.assignment()[5]);
    }

    #[test]
    fn groups_that_cannot_be_spread_are_named() {
        let error = KFold::new(3).grouped(&["x", "y", "x", "y"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "n_splits 3 of 2 groups leaves a fold empty; use fewer folds"
        );
        let error = KFold::new(2).grouped::<u8>(&[]).unwrap_err();
        assert_eq!(error.to_string(), "there are no texts to split; give at least one");
        let error = KFold::new(2).stratified_grouped(&["a", "b"], &[1]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 2 labels but 1 groups; their numbers must be equal"
        );
        let error = KFold::new(3).stratified_grouped(&[0, 0, 1, 1], &[1, 2, 3, 4]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "n_splits 3 is more than any label has texts; use fewer folds or more texts"
        );
    }
}
