//! The mean of each weight over all the rows it went through (Polyak & Juditsky, *SIAM J. Control Optim.* 30, 1992).
//!
//! Kept lazily: a weight that stands still is noted down once, when it moves again, with how many rows it stood. So a row
//! costs as much as it has entries, and only the end looks at every weight. How a row moves the weights is not known here.

use serde::{Deserialize, Serialize};

use super::step::Belief;

/// The values that a weight had, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Trail {
    /// Of the values after each of the first `until` rows.
    pub(super) total: f64,
    pub(super) until: u64,
}

impl Trail {
    /// The weight has stood at this value up to and with row `now`.
    #[inline]
    pub(super) fn stood(&mut self, value: f64, now: u64) {
        self.total += value * (now - self.until) as f64;
        self.until = now;
    }
}

/// The trails of all weights, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Averages {
    /// How many rows have moved the weights; those of weight 0 have not.
    pub(super) rows: u64,
    pub(super) weights: Vec<Trail>,
    pub(super) intercepts: Vec<Trail>,
}

impl Averages {
    pub(super) fn new(weights: usize, intercepts: usize) -> Self {
        let [weights, intercepts] = [weights, intercepts].map(|n| vec![Trail::default(); n]);
        Self { rows: 0, weights, intercepts }
    }

    /// Whether such trails can be of so many weights and intercepts.
    pub(super) fn are_of(&self, weights: usize, intercepts: usize) -> bool {
        let sound = |trail: &Trail| trail.total.is_finite() && trail.until <= self.rows;
        (self.weights.len(), self.intercepts.len()) == (weights, intercepts)
            && self.weights.iter().chain(&self.intercepts).all(sound)
    }

    /// Puts the averages in the place of the values.
    pub(super) fn settle(mut self, weights: &mut [Belief], intercepts: &mut [Belief]) {
        if self.rows == 0 {
            return;
        }
        let weights = self.weights.iter_mut().zip(weights);
        for (trail, b) in weights.chain(self.intercepts.iter_mut().zip(intercepts)) {
            trail.stood(b.mean, self.rows);
            b.mean = trail.total / self.rows as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::link::Link;
    use super::super::step::{Scratch, State};
    use crate::rows::Rows;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The twin adds every weight up after every row.
        #[test]
        fn lazy_averages_are_those_of_a_look_at_every_weight_after_every_row(
            rows in vec((vec(select(vec![0.0f32, 0.0, 1.0, -0.5]), 3), 0..3usize, select(vec![0.0, 1.0, 2.5])), 0..20),
            link in select(vec![Link::Softmax, Link::OneVsRest, Link::ModifiedHuber]),
            intercept in any::<bool>(),
        ) {
            let mut state = State::new(link, 3, 3, 0.5, intercept, true);
            let (mut sums, mut n) = (vec![0.0; 12], 0);
            for (values, class, cost) in &rows {
                let row = ndarray::Array2::from_shape_fn((1, 3), |(_, j)| values[j]);
                let row = Rows::try_from(&row).unwrap();
                state.step(row.parts().row(0), *class, |_| *cost, &mut Scratch::default());
                if *cost > 0.0 {
                    n += 1;
                    for (sum, b) in sums.iter_mut().zip(state.weights.iter().chain(&state.intercepts)) {
                        *sum += b.mean;
                    }
                }
            }
            let settled = state.settled();
            for (sum, b) in sums.iter().zip(settled.weights.iter().chain(&settled.intercepts)) {
                let expected = sum / f64::from(n.max(1));
                prop_assert!((b.mean - expected).abs() < 1e-12, "{} {}", b.mean, expected);
            }
        }
    }
}
