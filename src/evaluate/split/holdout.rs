//! Labels or groups and a fraction come in, two lists of row numbers come out: one to train on, one to be tested on.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::groups::{Groups, Order, codes};
use crate::error::{Error, Result, same_length};
use crate::random::SplitMix64;
use crate::sentiment::Label;

/// Which rows to train on and which to test on; every row is in one of the two.
///
/// ```
/// use ressenti::evaluate::{Split, ordered_split};
///
/// let Split { train, test } = ordered_split(5, 0.4)?;
/// assert_eq!((train, test), (vec![0, 1, 2], vec![3, 4]));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Indices of the rows to train on, ascending.
    pub train: Vec<usize>,
    /// Indices of the rows to test on, ascending.
    pub test: Vec<usize>,
}

/// Puts the last ⌈n × `test_fraction`⌉ of n rows aside: for rows in the order of time, so that the past is trained on and
/// the future tested. scikit-learn's `train_test_split` with `shuffle=False`.
///
/// # Errors
///
/// [`InvalidParameter`](Error::InvalidParameter) unless 0 < `test_fraction` < 1 and a row is left to train on,
/// [`NoTexts`](Error::NoTexts) without rows.
pub fn ordered_split(rows: usize, test_fraction: f64) -> Result<Split> {
    let test = seats(rows, test_fraction, "texts")?;
    Ok(Split { train: (0..rows - test).collect(), test: (rows - test..rows).collect() })
}

/// Puts ⌈n × `test_fraction`⌉ of n rows aside at random, whatever they are.
///
/// scikit-learn's `train_test_split` without `stratify`; the rows chosen are not those that it would choose. Wherever
/// there are labels, [`stratified_split`](super::stratified_split) is better.
///
/// # Errors
///
/// Those of [`ordered_split`].
pub fn shuffled_split(rows: usize, test_fraction: f64, seed: u64) -> Result<Split> {
    shuffled(rows, test_fraction, seed, "texts")
}

/// Puts whole groups aside at random: ⌈n × `test_fraction`⌉ of n groups, however many rows they have.
///
/// scikit-learn's `GroupShuffleSplit`. What makes a group: see [`KFold::grouped`](super::KFold::grouped).
///
/// ```
/// use ressenti::evaluate::grouped_split;
///
/// let authors = ["ann", "ann", "bob", "cid", "bob", "ann"];
/// let split = grouped_split(&authors, 0.3, 7)?;
/// assert!(split.train.iter().all(|&row| split.test.iter().all(|&other| authors[row] != authors[other])));
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidParameter`](Error::InvalidParameter) unless 0 < `test_fraction` < 1 and a group is left to train on,
/// [`NoTexts`](Error::NoTexts) without rows.
pub fn grouped_split<G: Ord>(groups: &[G], test_fraction: f64, seed: u64) -> Result<Split> {
    let (of_row, n_groups) = codes(groups);
    let chosen = shuffled(n_groups, test_fraction, seed, "groups")?.test;
    Ok(by_row(&of_row, |group| chosen.binary_search(&group).is_ok()))
}

/// Puts whole groups aside so that the test has about `test_fraction` of every label's rows.
///
/// In random order, each group goes to the side that lacks its labels most. The larger the groups, the further shares are
/// from the fraction; a label that one group has alone is on one side only. Both sides have a group.
///
/// ```
/// use ressenti::evaluate::stratified_grouped_split;
///
/// let labels: Vec<&str> = (0..100).map(|row| if row % 4 == 0 { "good" } else { "bad" }).collect();
/// let authors: Vec<usize> = (0..100).map(|row| row / 4).collect();
/// let split = stratified_grouped_split(&labels, &authors, 0.2, 42)?;
/// assert_eq!(split.test.len(), 20);
/// assert_eq!(split.test.iter().filter(|&&row| labels[row] == "good").count(), 5);
/// # Ok::<(), ressenti::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidParameter`](Error::InvalidParameter) unless 0 < `test_fraction` < 1 and there are two groups or more,
/// [`NoTexts`](Error::NoTexts) without rows, [`LengthMismatch`](Error::LengthMismatch) unless there are as many groups as
/// labels.
pub fn stratified_grouped_split<L: Label, G: Ord>(
    labels: &[L],
    groups: &[G],
    test_fraction: f64,
    seed: u64,
) -> Result<Split> {
    same_length("labels", labels.len(), "groups", groups.len())?;
    check_fraction(test_fraction, labels.len())?;
    let (of_row, n_groups) = codes(groups);
    if n_groups < 2 {
        return Err(no_room(test_fraction, n_groups, "groups"));
    }
    let names: Vec<Cow<'_, str>> = labels.iter().map(Label::as_label).collect();
    let counts = Groups::new(&of_row, codes(&names).0.into_iter());
    let mut random = SplitMix64::new(seed);
    let fractions = [test_fraction, 1.0 - test_fraction];
    let mut side = counts.spread(&fractions, Order::Shuffled(&mut random));
    for empty in [0, 1] {
        if !side.contains(&empty) {
            // The smallest group does least harm to the other side.
            if let Some(group) = (0..n_groups).min_by_key(|&group| counts.rows(group)) {
                side[group] = empty;
            }
        }
    }
    Ok(by_row(&of_row, |group| side[group] == 0))
}

/// ⌈n × `test_fraction`⌉ of `n` things at random.
fn shuffled(n: usize, test_fraction: f64, seed: u64, things: &str) -> Result<Split> {
    let seats = seats(n, test_fraction, things)?;
    let mut test: Vec<usize> = (0..n).collect();
    SplitMix64::new(seed).shuffle(&mut test);
    let mut train = test.split_off(seats);
    test.sort_unstable();
    train.sort_unstable();
    Ok(Split { train, test })
}

/// The rows of groups for the test and of the others.
fn by_row(group_of_row: &[usize], for_test: impl Fn(usize) -> bool) -> Split {
    let (test, train) = (0..group_of_row.len()).partition(|&row| for_test(group_of_row[row]));
    Split { train, test }
}

/// `Err` unless the fraction is one and there are rows.
pub(super) fn check_fraction(test_fraction: f64, rows: usize) -> Result<()> {
    if !(test_fraction > 0.0 && test_fraction < 1.0) {
        return Err(Error::InvalidParameter {
            name: "test_fraction",
            found: format!("{test_fraction:?}"),
            expected: "is not between 0.0 and 1.0; 0.2 puts a fifth of the texts aside",
        });
    }
    if rows == 0 { Err(Error::NoTexts { task: "split" }) } else { Ok(()) }
}

/// How many of `n` things are for the test; at least one is left.
fn seats(n: usize, test_fraction: f64, things: &str) -> Result<usize> {
    check_fraction(test_fraction, n)?;
    let seats = rounded_up(n, test_fraction);
    if seats < n { Ok(seats) } else { Err(no_room(test_fraction, n, things)) }
}

fn no_room(test_fraction: f64, n: usize, things: &str) -> Error {
    Error::InvalidParameter {
        name: "test_fraction",
        found: format!("{test_fraction:?} of {n} {things}"),
        expected: "leaves nothing on one side; use a smaller fraction or more texts",
    }
}

/// ⌈rows × fraction⌉, in the arithmetic of Python; at most `rows`, for the fraction is below 1.
#[expect(clippy::cast_sign_loss, reason = "the fraction is positive")]
pub(super) fn rounded_up(rows: usize, fraction: f64) -> usize {
    (rows as f64 * fraction).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_splits_are_fixed_by_their_seeds() {
        let groups = [1, 1, 2, 3, 3, 4, 5, 5, 5, 6];
        let labels = ["a", "b", "a", "a", "b", "a", "b", "a", "a", "a"];
        let splits = [
            shuffled_split(10, 0.25, 42).unwrap(),
            grouped_split(&groups, 0.3, 42).unwrap(),
            stratified_grouped_split(&labels, &groups, 0.3, 42).unwrap(),
            ordered_split(10, 0.25).unwrap(),
        ];
        for Split { train, test } in &splits {
            assert!(train.is_sorted() && test.is_sorted() && train.len() == 10 - test.len());
        }
        let tests = splits.map(|split| split.test);
        assert_eq!(tests, [[3, 6, 8].as_slice(), &[3, 4, 9], &[0, 1, 9], &[7, 8, 9]]);
    }

    #[test]
    fn both_sides_have_a_group_whatever_the_fraction() {
        for fraction in [1e-9, 0.01, 0.5, 0.99, 1.0 - 1e-9] {
            let groups = ["x", "x", "x", "y", "y", "z"];
            let split =
                stratified_grouped_split(&[0, 0, 1, 0, 1, 1], &groups, fraction, 1).unwrap();
            assert!(!split.test.is_empty() && !split.train.is_empty(), "{fraction}: {split:?}");
        }
    }

    #[test]
    fn a_side_left_empty_is_an_error() {
        let texts = [
            (ordered_split(3, 0.9), "test_fraction 0.9 of 3 texts"),
            (shuffled_split(1, 0.5, 0), "test_fraction 0.5 of 1 texts"),
            (grouped_split(&["x", "x"], 0.5, 0), "test_fraction 0.5 of 1 groups"),
            (
                stratified_grouped_split(&[0, 1], &["x", "x"], 0.5, 0),
                "test_fraction 0.5 of 1 groups",
            ),
        ];
        for (split, found) in texts {
            let expected = "leaves nothing on one side; use a smaller fraction or more texts";
            assert_eq!(split.unwrap_err().to_string(), format!("{found} {expected}"));
        }
        let nothing = "there are no texts to split; give at least one";
        assert_eq!(ordered_split(0, 0.5).unwrap_err().to_string(), nothing);
        assert_eq!(grouped_split::<u8>(&[], 0.5, 0).unwrap_err().to_string(), nothing);
        let error = stratified_grouped_split(&[0, 1], &["x"], 0.5, 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 2 labels but 1 groups; their numbers must be equal"
        );
    }
}
