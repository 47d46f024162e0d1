//! Rows and labels in, a trained classifier out: what each row has to teach and how much it counts; then the training.
//!
//! Labels, weights and settings are checked here without the rows, so that a caller can have that done before texts are
//! analysed. How a minimum is found is not known here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hint::select_unpredictable;

use super::soft_targets::Repeated;
use super::{ClassWeight, Classifier, ClassifierParams, FitOptions, find_class};
use crate::error::{Error, Result, same_length};
use crate::parallel;
use crate::rows::Rows;
use crate::sentiment::{Label, class_order};
use crate::views::Labels;

/// What to learn: the target and the cost of each row.
pub(crate) struct Task {
    pub(super) classes: Vec<String>,
    pub(super) targets: Vec<u32>,
    pub(super) positive: usize,
    pub(super) costs: Vec<f64>,
    /// The rows that targets and costs are of; none if of each row once.
    pub(super) repeated: Option<Repeated>,
}

impl Task {
    pub(crate) fn classes(&self) -> &[String] {
        &self.classes
    }

    pub(crate) fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// The place of the class that counts as positive.
    pub(crate) fn positive(&self) -> usize {
        self.positive
    }

    /// The class that each row is labelled with, as its place among the classes.
    pub(crate) fn labels(&self) -> &[u32] {
        self.repeated.as_ref().map_or(&self.targets, |repeated| &repeated.labels)
    }
}

impl ClassifierParams {
    /// Finds the weights that minimise ½‖w‖² + C · Σ lossᵢ over the rows; `labels` are as many as rows.
    ///
    /// Errors: [`Error::InvalidParameter`] for a setting out of range, [`Error::LengthMismatch`], [`Error::NoTexts`],
    /// [`Error::OneClass`], [`Error::UnknownLabel`] if a setting names a class that no row has.
    pub fn fit<L: Label>(&self, rows: &Rows, labels: &[L]) -> Result<Classifier> {
        self.fit_with(rows, labels, &FitOptions::new())
    }

    /// [`fit`](Self::fit) with weights, progress and tracking. A tracker that fails does not stop the training.
    ///
    /// Logged is the objective as training goes on: of each iteration; of classes told one by one from the rest the sum of
    /// those that are done, after every eighth; of SGD where the passes ended. Naive Bayes has none, and of
    /// [`NbWeighting::LogCounts`](crate::NbWeighting::LogCounts) with more than two classes none is logged.
    ///
    /// Errors: also [`Error::InvalidValues`] for weights that are negative, not finite or all 0, and
    /// [`Error::Cancelled`].
    pub fn fit_with<L: Label>(
        &self,
        rows: &Rows,
        labels: &[L],
        options: &FitOptions<'_>,
    ) -> Result<Classifier> {
        same_length("rows", rows.n_rows(), "labels", labels.len())?;
        self.fit_task(rows, self.prepare(Labels::of(&labels), options)?, options)
    }

    /// Everything that can be checked and computed without the rows.
    pub(crate) fn prepare(&self, labels: Labels<'_>, options: &FitOptions<'_>) -> Result<Task> {
        self.validate()?;
        let (classes, targets) = encode(labels)?;
        self.validate_for(classes.len())?;
        let positive = self.positive_class(&classes)?;
        self.given_priors(&classes)?;
        let weights = options.sample_weights();
        if let Some(weights) = weights {
            same_length("rows", targets.len(), "weights", weights.len())?;
            check_weights(weights)?;
        }
        let Some(soft) = options.chosen_soft_targets() else {
            let costs = self.costs(&classes, &targets, weights)?;
            return Ok(Task { classes, targets, positive, costs, repeated: None });
        };
        same_length("rows", targets.len(), "soft targets", soft.masses().len())?;
        let (repeated, targets) = Repeated::new(soft, weights, targets, &classes, positive)?;
        let costs = self.costs(&classes, &targets, Some(&repeated.weights))?;
        Ok(Task { classes, targets, positive, costs, repeated: Some(repeated) })
    }

    /// The class that counts as positive: the one asked for, else `1`, `true`, `positive` or the last.
    pub(super) fn positive_class(&self, classes: &[String]) -> Result<usize> {
        if let Some(label) = &self.pos_label {
            return find_class(classes, label);
        }
        let mut usual = ["1", "true", "positive"].into_iter();
        let found = usual.find_map(|usual| classes.iter().position(|class| class == usual));
        Ok(found.unwrap_or(classes.len() - 1))
    }

    /// What each row's loss counts: C × weight of its class × its own weight.
    fn costs(
        &self,
        classes: &[String],
        targets: &[u32],
        weights: Option<&[f64]>,
    ) -> Result<Vec<f64>> {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let mut sums = vec![0.0; classes.len()];
        for (row, &class) in targets.iter().enumerate() {
            sums[class as usize] += weight(row);
        }
        if let Some(class) = sums.iter().position(|&sum| sum == 0.0) {
            let problem =
                format!("those of class {:?} sum to 0; leave the class out", classes[class]);
            return Err(Error::InvalidValues { what: "sample weights", problem });
        }
        let mut factors = vec![self.c; classes.len()];
        match &self.class_weight {
            ClassWeight::Uniform => {}
            ClassWeight::Balanced => {
                let mean = sums.iter().sum::<f64>() / classes.len() as f64;
                for (factor, sum) in factors.iter_mut().zip(&sums) {
                    *factor *= mean / sum;
                }
            }
            ClassWeight::Given(given) => {
                for (label, weight) in given {
                    factors[find_class(classes, label)?] *= weight;
                }
            }
        }
        // Zeros that nobody has written: the threads that fill the memory wait for it, side by side.
        let mut costs = vec![0.0; targets.len()];
        let pieces = costs.chunks_mut(COSTS).zip(targets.chunks(COSTS)).zip(0..).collect();
        parallel::map(pieces, |((costs, targets), piece): ((&mut [f64], &[u32]), usize)| {
            for ((cost, &class), row) in costs.iter_mut().zip(targets).zip(piece * COSTS..) {
                *cost = weight(row) * factors[class as usize];
            }
        });
        Ok(costs)
    }
}

/// `Err` unless all are finite and at least 0.
pub(crate) fn check_weights(weights: &[f64]) -> Result<()> {
    match weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
        None => Ok(()),
        Some(w) => {
            let problem = format!("{w} is not a finite number of at least 0");
            Err(Error::InvalidValues { what: "sample weights", problem })
        }
    }
}

/// So many rows' costs are one piece of work.
const COSTS: usize = 1 << 15;

/// So many labels are compared one by one.
const FEW: usize = 8;

/// So many pieces of the labels are looked at side by side.
const PIECES: usize = 16;

/// The distinct labels in order, and for each label its place among them.
fn encode(labels: Labels<'_>) -> Result<(Vec<String>, Vec<u32>)> {
    let mut targets = vec![0; labels.len()];
    let (mut rest, mut pieces) = (&mut targets[..], Vec::with_capacity(PIECES));
    for i in 0..PIECES {
        let range = parallel::piece(labels.len(), PIECES, i);
        let (numbers, after) = rest.split_at_mut(range.len());
        rest = after;
        pieces.push((labels.part(range), numbers));
    }
    let names = parallel::map(pieces, |(labels, numbers)| number(labels, numbers));
    let distinct: BTreeSet<&str> = names.iter().flatten().map(AsRef::as_ref).collect();
    let mut classes: Vec<&str> = distinct.into_iter().collect();
    classes.sort_by(|a, b| class_order(a, b));
    match classes.as_slice() {
        [] => return Err(Error::NoTexts { task: "train a classifier on" }),
        [label] => {
            return Err(Error::OneClass { rows: labels.len(), label: (*label).to_owned() });
        }
        _ => {}
    }
    let places: BTreeMap<&str, u32> = classes.iter().copied().zip(0..).collect();
    for (i, names) in names.iter().enumerate() {
        let place: Vec<u32> = names.iter().map(|name| places[name.as_ref()]).collect();
        for number in &mut targets[parallel::piece(labels.len(), PIECES, i)] {
            *number = place[*number as usize];
        }
    }
    Ok((classes.into_iter().map(str::to_owned).collect(), targets))
}

/// The distinct labels; leaves for each label its number among them.
fn number<'l>(labels: Labels<'l>, all: &mut [u32]) -> Vec<Cow<'l, str>> {
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    let mut numbers = BTreeMap::new();
    for (label, to) in labels.iter().zip(all) {
        // Few labels, in many places: those met first are found without a search; and without a look at the text where it is
        // the same one in memory. Which of them it is nobody can guess: no branch.
        let few = &names[..names.len().min(FEW)];
        let met = few.iter().enumerate().fold(few.len(), |met, (place, known)| {
            select_unpredictable(std::ptr::eq::<str>(known.as_ref(), label.as_ref()), place, met)
        });
        let same = || few.iter().position(|known| *known == label);
        let met = if met < few.len() { Some(met) } else { same() };
        let number = met.map_or_else(
            || {
                *numbers.entry(label).or_insert_with_key(|label| {
                    names.push(label.clone());
                    names.len() as u32 - 1
                })
            },
            |place| place as u32,
        );
        *to = number;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_costs_what_it_weighs_times_its_class() {
        let n = 2 * COSTS + 10;
        let labels: Vec<bool> = (0..n).map(|row| row % 3 == 0).collect();
        let weights: Vec<f64> = (0..n).map(|row| 1.0 + row as f64).collect();
        let options = FitOptions::new().weights(&weights);
        let params = Classifier::logistic_regression()
            .c(2.0)
            .class_weight(ClassWeight::Given(vec![("true".to_owned(), 5.0)]));
        let task = params.prepare(Labels::of(&&labels[..]), &options).unwrap();
        for row in 0..n {
            let factor = if labels[row] { 10.0 } else { 2.0 };
            assert_eq!(task.costs[row], factor * weights[row]);
        }
    }

    #[test]
    fn labels_are_told_by_their_text_wherever_it_lies() {
        // Some begin where others do, some are the same in several places, and there are more than are compared one by one.
        let memory = ["aaaaaaaaaaaa", "aaaaaa"].map(str::to_owned);
        let pieces = |i: usize| &memory[i % 2][..(i * 7 % 13).min(memory[i % 2].len())];
        let labels: Vec<&str> = (0..500).map(pieces).collect();
        let owned: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let (classes, targets) = encode(Labels::of(&&labels[..])).unwrap();
        let same = encode(Labels::of(&&owned[..])).unwrap();
        assert_eq!((&classes, &targets), (&same.0, &same.1));
        assert!(classes.len() > FEW && classes.contains(&String::new()));
        for (label, target) in labels.into_iter().zip(targets) {
            assert_eq!(classes[target as usize], label);
        }
    }
}
