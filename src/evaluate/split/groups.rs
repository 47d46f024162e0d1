//! Groups of rows and the sizes that parts are to have come in, a part for each group comes out. Knows codes only.
//!
//! Best shares are a packing problem; this is the usual greedy answer: large groups first, each into the part it serves
//! best. With *N* the rows of class *c*, and part *s* to hold the fraction *f* of all, of which it has *n* rows of class
//! *c* so far, a group of *g* such rows goes where it adds least to
//!
//! ```text
//! Σ over parts, classes of  n² ÷ (f · N²)
//! ```
//!
//! which is least when every part has its share of every class: for equal parts that is the variance of the classes'
//! shares. With one class and equal parts it is the lightest part, as in scikit-learn's `GroupKFold`. Its
//! `StratifiedGroupKFold` weighs standard deviations instead, which have to be computed anew for every part and group; by
//! its own measure the sum above makes more even folds of all the golden cases.

use std::collections::BTreeMap;

use crate::random::SplitMix64;

/// The rows of some groups by class. Sparse, for a group seldom has all classes.
pub(super) struct Groups {
    /// Of each group the classes it has and how many rows of each, by class.
    counts: Vec<Vec<(usize, u64)>>,
    /// Of each class all rows.
    totals: Vec<u64>,
}

/// In which order groups choose their parts.
pub(super) enum Order<'a> {
    /// Those that matter most to the shares first, of equal ones the first. What comes last can be fitted in.
    LargestFirst,
    /// The same, but chance decides between equal ones.
    LargestFirstShuffled(&'a mut SplitMix64),
    /// At random, so that small groups and large ones may come into any part.
    Shuffled(&'a mut SplitMix64),
}

impl Groups {
    /// From the group and the class of each row.
    pub(super) fn new(group_of_row: &[usize], class_of_row: impl Iterator<Item = usize>) -> Self {
        let n_groups = group_of_row.iter().max().map_or(0, |last| last + 1);
        let mut maps: Vec<BTreeMap<usize, u64>> = vec![BTreeMap::new(); n_groups];
        let mut totals = Vec::new();
        for (&group, class) in group_of_row.iter().zip(class_of_row) {
            *maps[group].entry(class).or_default() += 1;
            if class >= totals.len() {
                totals.resize(class + 1, 0);
            }
            totals[class] += 1;
        }
        Self { counts: maps.into_iter().map(|map| map.into_iter().collect()).collect(), totals }
    }

    /// The part of each group, when parts are to hold these fractions of the rows.
    ///
    /// No part stays empty as long as there are enough groups and the fractions are equal: an empty part always costs
    /// least, and of equal costs the part with fewest rows for its fraction is chosen.
    pub(super) fn spread(&self, fractions: &[f64], order: Order<'_>) -> Vec<usize> {
        let mut parts: Vec<(BTreeMap<usize, u64>, u64)> = vec![Default::default(); fractions.len()];
        let mut part_of_group = vec![0; self.counts.len()];
        for group in self.order(order) {
            let counts = &self.counts[group];
            let cost = |part: usize| {
                let (held, rows) = &parts[part];
                let of_class = |&(class, g): &(usize, u64)| {
                    let n = held.get(&class).copied().unwrap_or(0);
                    ((2 * n + g) * g) as f64 / (self.totals[class] as f64).powi(2)
                };
                let sum: f64 = counts.iter().map(of_class).sum();
                (sum / fractions[part], *rows as f64 / fractions[part])
            };
            let costs = (0..fractions.len()).map(|part| (cost(part), part));
            // `min_by` takes the first of equal ones.
            let cheapest = costs.min_by(|((a, rows_a), _), ((b, rows_b), _)| {
                a.total_cmp(b).then(rows_a.total_cmp(rows_b))
            });
            let Some((_, part)) = cheapest else { break };
            part_of_group[group] = part;
            for &(class, g) in counts {
                *parts[part].0.entry(class).or_default() += g;
                parts[part].1 += g;
            }
        }
        part_of_group
    }

    fn order(&self, order: Order<'_>) -> Vec<usize> {
        let mut groups: Vec<usize> = (0..self.counts.len()).collect();
        let sorted = match order {
            Order::LargestFirst => true,
            Order::LargestFirstShuffled(random) => {
                random.shuffle(&mut groups);
                true
            }
            Order::Shuffled(random) => {
                random.shuffle(&mut groups);
                false
            }
        };
        if sorted {
            let weights: Vec<f64> = self.counts.iter().map(|counts| self.weight(counts)).collect();
            groups.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
        }
        groups
    }

    /// How much a group matters to the shares: what it costs an empty part.
    fn weight(&self, counts: &[(usize, u64)]) -> f64 {
        let share = |&(class, g): &(usize, u64)| (g as f64 / self.totals[class] as f64).powi(2);
        counts.iter().map(share).sum()
    }

    /// How many rows a group has.
    pub(super) fn rows(&self, group: usize) -> u64 {
        self.counts[group].iter().map(|&(_, g)| g).sum()
    }
}

/// Numbers from 0 for values, in their order.
pub(super) fn codes<T: Ord>(values: &[T]) -> (Vec<usize>, usize) {
    let mut numbers: BTreeMap<&T, usize> = values.iter().map(|value| (value, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(i, number)| *number = i);
    (values.iter().map(|value| numbers[value]).collect(), numbers.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of so many rows, all of one class.
    fn of_sizes(sizes: &[usize]) -> Groups {
        let of_row: Vec<usize> =
            sizes.iter().enumerate().flat_map(|(group, &size)| vec![group; size]).collect();
        Groups::new(&of_row, of_row.iter().map(|_| 0))
    }

    #[test]
    fn values_are_numbered_in_their_order() {
        assert_eq!(codes(&["b", "a", "c", "a"]), (vec![1, 0, 2, 0], 3));
        assert_eq!(codes::<u8>(&[]), (vec![], 0));
    }

    #[test]
    fn groups_go_into_the_lightest_part_the_largest_first() {
        let groups = of_sizes(&[1, 5, 2, 4, 3]);
        assert_eq!(groups.spread(&[0.5; 2], Order::LargestFirst), [0, 0, 0, 1, 1]);
        assert_eq!(groups.rows(1), 5);
    }

    #[test]
    fn parts_of_unequal_fractions_fill_in_proportion() {
        let mut random = SplitMix64::new(3);
        let parts = of_sizes(&[2; 100]).spread(&[0.2, 0.8], Order::Shuffled(&mut random));
        assert_eq!(parts.iter().filter(|&&part| part == 0).count(), 20);
    }

    #[test]
    fn classes_are_spread_one_by_one() {
        // Two pure groups of either class: no part gets both of one.
        let groups = Groups::new(&[0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 0, 0, 1, 1, 1, 1].into_iter());
        let parts = groups.spread(&[0.5; 2], Order::LargestFirst);
        assert!(parts[0] != parts[1] && parts[2] != parts[3], "{parts:?}");
    }
}
