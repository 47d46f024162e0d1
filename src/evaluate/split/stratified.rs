//! Labels and a fraction come in, a split comes out that has every label in the same share on both sides.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::holdout::{Split, check_fraction, rounded_up};
use crate::error::{Error, Result};
use crate::random::SplitMix64;
use crate::sentiment::Label;
use crate::views::Labels;

/// Puts a part of the rows aside for the test, at random, with every label in the same share on both sides.
///
/// The test gets ⌈n × `test_fraction`⌉ of n rows, as in scikit-learn's `train_test_split` with `stratify`. Its seats go
/// to the labels by largest remainder: each label has a claim to its count × test rows ÷ n, gets the whole part, and
/// what is left goes to the largest fractions, for equal ones to the label that sorts first. A label that would be
/// missing on one side gets a row there (scikit-learn lets it go missing); the labels furthest from their claims make up
/// for it.
///
/// The same labels, fraction and seed give the same split on every platform; the rows chosen are not those that
/// scikit-learn would choose.
///
/// ```
/// use ressenti::evaluate::stratified_split;
///
/// let texts = ["fine", "good", "great", "lovely", "nice", "super", "awful", "bad"];
/// let labels = [1, 1, 1, 1, 1, 1, 0, 0];
/// let split = stratified_split(&labels, 0.5, 42)?;
/// assert_eq!(split.test.len(), 4);
/// assert_eq!(split.test.iter().filter(|&&row| labels[row] == 1).count(), 3);
/// let train: Vec<&str> = split.train.iter().map(|&row| texts[row]).collect();
/// # assert_eq!(train.len(), 4);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidParameter`](Error::InvalidParameter) unless 0 < `test_fraction` < 1 and both sides have room for a row of
/// each label, [`NoTexts`](Error::NoTexts) without labels, [`InvalidValues`](Error::InvalidValues) if a label occurs
/// only once.
pub fn stratified_split<L: Label>(labels: &[L], test_fraction: f64, seed: u64) -> Result<Split> {
    check_fraction(test_fraction, labels.len())?;
    let mut members = members(Labels::of(&labels))?;
    let test_rows = rounded_up(labels.len(), test_fraction);
    if test_rows < members.len() || labels.len() - test_rows < members.len() {
        return Err(Error::InvalidParameter {
            name: "test_fraction",
            found: format!("{test_fraction:?} of {} texts", labels.len()),
            expected: "leaves one side fewer texts than there are labels; use a fraction nearer to 0.5 or more texts",
        });
    }

    let counts: Vec<usize> = members.values().map(Vec::len).collect();
    let mut random = SplitMix64::new(seed);
    let mut split = Split { train: Vec::new(), test: Vec::new() };
    for (rows, seats) in members.values_mut().zip(allot(&counts, test_rows)) {
        random.shuffle(rows);
        let (test, train) = rows.split_at(seats);
        split.test.extend(test);
        split.train.extend(train);
    }
    split.train.sort_unstable();
    split.test.sort_unstable();
    Ok(split)
}

/// The rows of each label, or `Err` if a label has one only, which cannot be trained on and tested.
pub(super) fn members(labels: Labels<'_>) -> Result<BTreeMap<Cow<'_, str>, Vec<usize>>> {
    let mut members: BTreeMap<Cow<'_, str>, Vec<usize>> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        members.entry(label).or_default().push(row);
    }
    if let Some((label, _)) = members.iter().find(|(_, rows)| rows.len() == 1) {
        return Err(Error::InvalidValues {
            what: "labels",
            problem: format!(
                "{label:?} occurs once and cannot be on both sides; give another text of this label or leave it out"
            ),
        });
    }
    Ok(members)
}

/// How many of `seats` each class gets: by largest remainder, at least one and never all of a class's members.
///
/// Each class has two members or more, and `seats` leaves room for one of each on both sides. The loops move fewer
/// seats than there are classes.
fn allot(counts: &[usize], seats: usize) -> Vec<usize> {
    let rows: usize = counts.iter().sum();
    // What a class lacks of its claim, times `rows`, so that nothing is rounded.
    let lack = |class: usize, given: usize| {
        counts[class] as i128 * seats as i128 - given as i128 * rows as i128
    };
    let floor = |&count: &usize| (count as u128 * seats as u128 / rows as u128) as usize;
    let mut given: Vec<usize> = counts.iter().map(|count| floor(count).max(1)).collect();
    let mut total: usize = given.iter().sum();
    let classes = 0..counts.len();
    while total < seats {
        let open = classes.clone().filter(|&c| given[c] + 1 < counts[c]);
        let Some(class) = open.max_by_key(|&c| (lack(c, given[c]), Reverse(c))) else { break };
        given[class] += 1;
        total += 1;
    }
    while total > seats {
        let rich = classes.clone().filter(|&c| given[c] > 1);
        let Some(class) = rich.min_by_key(|&c| (lack(c, given[c]), Reverse(c))) else { break };
        given[class] -= 1;
        total -= 1;
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_go_to_the_largest_remainders() {
        let table: [(&[usize], usize, &[usize]); 8] = [
            (&[80, 20], 20, &[16, 4]),
            (&[190, 10], 40, &[38, 2]),
            (&[5, 3, 2], 5, &[3, 1, 1]), // claims 2.5, 1.5, 1.0: of equal fractions the first wins
            (&[3, 5, 2], 5, &[2, 2, 1]),
            (&[7], 2, &[2]),
            (&[996, 2, 2], 10, &[8, 1, 1]), // rare classes are not left out of the test
            (&[996, 2, 2], 990, &[988, 1, 1]), // nor of the training
            (&[2, 2, 2], 3, &[1, 1, 1]),
        ];
        for (counts, n, expected) in table {
            assert_eq!(allot(counts, n), expected, "{counts:?} for {n}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_split_for_good() {
        let labels = ["a", "b", "a", "a", "b", "a", "b", "a", "a", "a"];
        let split = stratified_split(&labels, 0.3, 42).unwrap();
        assert_eq!(split, Split { train: vec![0, 1, 2, 4, 7, 8, 9], test: vec![3, 5, 6] });
        assert_ne!(split, stratified_split(&labels, 0.3, 43).unwrap());
    }

    #[test]
    fn fractions_out_of_range_are_named() {
        for (fraction, text) in
            [(1.7, "1.7"), (0.0, "0.0"), (1.0, "1.0"), (-0.2, "-0.2"), (f64::NAN, "NaN")]
        {
            let error = stratified_split(&[0, 0, 1, 1], fraction, 0).unwrap_err();
            assert!(matches!(error, Error::InvalidParameter { name: "test_fraction", .. }));
            assert_eq!(
                error.to_string(),
                format!(
                    "test_fraction {text} is not between 0.0 and 1.0; 0.2 puts a fifth of the texts aside"
                )
            );
        }
    }

    #[test]
    fn a_side_without_room_for_every_label_is_an_error() {
        for (fraction, text) in [(0.1, "0.1"), (0.9, "0.9")] {
            let error = stratified_split(&[0, 0, 0, 0, 1, 1], fraction, 0).unwrap_err();
            assert!(matches!(error, Error::InvalidParameter { name: "test_fraction", .. }));
            assert_eq!(
                error.to_string(),
                format!(
                    "test_fraction {text} of 6 texts leaves one side fewer texts than there are labels; \
                     use a fraction nearer to 0.5 or more texts"
                )
            );
        }
    }

    #[test]
    fn labels_that_cannot_be_split_are_named() {
        let error = stratified_split::<&str>(&[], 0.2, 0).unwrap_err();
        assert!(matches!(error, Error::NoTexts { task: "split" }));
        assert_eq!(error.to_string(), "there are no texts to split; give at least one");

        let error = stratified_split(&["a", "b", "a"], 0.5, 0).unwrap_err();
        assert!(matches!(error, Error::InvalidValues { what: "labels", .. }));
        assert_eq!(
            error.to_string(),
            r#"invalid labels: "b" occurs once and cannot be on both sides; give another text of this label or leave it out"#
        );
    }
}
