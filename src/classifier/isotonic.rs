//! Decision values and the truth in, a rising curve of probabilities out: isotonic regression.
//!
//! Pool adjacent violators (Ayer et al., *Annals of Mathematical Statistics* 26, 1955): of values in ascending order, two
//! neighbours that fall are replaced by their mean until none fall. Between values the curve is a straight line, beyond
//! them it stays where it is.

use serde::{Deserialize, Serialize};

/// Where the curve bends: values in ascending order, and its height there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Curve {
    values: Vec<f64>,
    heights: Vec<f64>,
}

impl Curve {
    /// The rising curve nearest to the truth by weighted squares. At least one weight is above 0.
    pub(super) fn fit(decisions: &[f64], positive: &[bool], weights: &[f64]) -> Self {
        let mut rows: Vec<(f64, f64, f64)> = decisions
            .iter()
            .zip(positive)
            .zip(weights)
            .filter(|row| *row.1 > 0.0)
            .map(|((&z, &y), &w)| (z, if y { w } else { 0.0 }, w))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Equal values are one.
        rows.dedup_by(|next, kept| {
            let equal = next.0 == kept.0;
            if equal {
                kept.1 += next.1;
                kept.2 += next.2;
            }
            equal
        });
        // Blocks of one height: the first value, the last, the sum of positive weights, of all weights.
        let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::with_capacity(rows.len());
        for (z, with, all) in rows {
            let mut block = (z, z, with, all);
            while let Some(&(first, _, before, all_before)) = blocks.last() {
                if before / all_before < block.2 / block.3 {
                    break;
                }
                blocks.pop();
                block = (first, z, before + block.2, all_before + block.3);
            }
            blocks.push(block);
        }
        let (mut values, mut heights) = (Vec::new(), Vec::new());
        for (first, last, with, all) in blocks {
            let height = (with / all).clamp(0.0, 1.0);
            values.push(first);
            heights.push(height);
            if last > first {
                values.push(last);
                heights.push(height);
            }
        }
        Self { values, heights }
    }

    /// The height at a value.
    pub(super) fn at(&self, z: f64) -> f64 {
        let next = self.values.partition_point(|&value| value <= z);
        if next == 0 {
            return self.heights[0];
        }
        if next == self.values.len() {
            return self.heights[next - 1];
        }
        let (x0, x1) = (self.values[next - 1], self.values[next]);
        let (y0, y1) = (self.heights[next - 1], self.heights[next]);
        // Halved, as the difference of two huge values may overflow.
        let share = (z / 2.0 - x0 / 2.0) / (x1 / 2.0 - x0 / 2.0);
        (y0 + (y1 - y0) * share.clamp(0.0, 1.0)).clamp(y0, y1)
    }

    /// Whether it is a curve that could have been fitted.
    pub(super) fn is_sound(&self) -> bool {
        let rising = |pair: &[f64]| pair[0] <= pair[1];
        !self.values.is_empty()
            && self.values.len() == self.heights.len()
            && self.values.iter().all(|z| z.is_finite())
            && self.values.windows(2).all(|pair| pair[0] < pair[1])
            && self.heights.iter().all(|p| (0.0..=1.0).contains(p))
            && self.heights.windows(2).all(rising)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_is_pooled_and_what_ties_is_one() {
        let curve = Curve::fit(
            &[3.0, 1.0, 2.0, 2.0, 4.0, 0.0],
            &[false, true, true, false, true, false],
            &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        );
        // 0: 0 | 1: 1, 2: ½, 3: 0 pooled to 2/4 | 4: 1
        assert_eq!(curve.values, [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(curve.heights, [0.0, 0.5, 0.5, 1.0]);
        let expected = [(-9.0, 0.0), (0.5, 0.25), (2.2, 0.5), (3.5, 0.75), (9.0, 1.0)];
        for (z, p) in expected {
            assert_eq!(curve.at(z), p);
        }
        assert!(curve.is_sound());
    }

    #[test]
    fn one_value_is_a_level_line() {
        let curve = Curve::fit(&[1.0, 1.0, 5.0], &[true, false, true], &[3.0, 1.0, 0.0]);
        assert_eq!((curve.at(-1e300), curve.at(1.0), curve.at(1e300)), (0.75, 0.75, 0.75));
    }

    #[test]
    fn values_at_the_ends_of_floating_point_are_no_trouble() {
        let curve = Curve::fit(&[-1.7e308, 1.7e308], &[false, true], &[1.0, 1.0]);
        assert_eq!(curve.at(0.0), 0.5);
    }
}
