//! Conjugate gradients: H·s = r for an H that is known by its products with vectors.
//!
//! The way from one direction to the next is that of Fletcher & Reeves, or, where guesses are not the same linear map each
//! time, that of Polak & Ribière, which allows for it (Golub & Ye, *Inexact preconditioned conjugate gradient method*, SIAM J.
//! Sci. Comput. 1999). What H is, is not known here.

use super::vector::dot;

/// H, and what is roughly its inverse.
pub(super) trait System {
    /// `product` = H·`vector`.
    fn multiply(&mut self, vector: &[f64], product: &mut Vec<f64>);

    /// Roughly the s of H·s = `residual`.
    fn guess(&mut self, residual: &[f64]) -> Vec<f64>;

    /// Whether guesses are the same linear map each time.
    fn guesses_by_one_map(&self) -> bool;
}

/// Solves from s = 0 until `enough(residual)`, which is asked after each product. Returns s and the residual, r − H·s.
pub(super) fn solve(
    system: &mut impl System,
    mut residual: Vec<f64>,
    mut enough: impl FnMut(&[f64]) -> bool,
) -> (Vec<f64>, Vec<f64>) {
    let mut solution = vec![0.0; residual.len()];
    let mut direction = system.guess(&residual);
    let mut promise = dot(&residual, &direction);
    let mut product = Vec::new();
    loop {
        system.multiply(&direction, &mut product);
        let curvature = dot(&direction, &product);
        // Not above 0 only by rounding, or where nothing is left to do.
        if curvature.is_nan() || curvature <= 0.0 {
            break;
        }
        let length = promise / curvature;
        for (s, d) in solution.iter_mut().zip(&direction) {
            *s += length * d;
        }
        for (r, p) in residual.iter_mut().zip(&product) {
            *r -= length * p;
        }
        if enough(&residual) {
            break;
        }
        let guess = system.guess(&residual);
        let next = dot(&residual, &guess);
        let keep = if system.guesses_by_one_map() {
            next / promise
        } else {
            // guess · (residual − the one before) / promise
            -length * dot(&guess, &product) / promise
        };
        promise = next;
        for (d, g) in direction.iter_mut().zip(&guess) {
            *d = g + keep * *d;
        }
    }
    (solution, residual)
}

#[cfg(test)]
mod tests {
    use super::super::vector::largest;
    use super::*;

    /// A matrix with 2 to 6 on the diagonal and ±½ beside it; guesses by the diagonal, or by it and nothing in turns.
    struct Dense {
        guesses: u32,
        fickle: bool,
    }

    const N: usize = 5;

    fn entry(i: usize, j: usize) -> f64 {
        match i.abs_diff(j) {
            0 => 2.0 + i as f64,
            1 => {
                if i.min(j).is_multiple_of(2) {
                    0.5
                } else {
                    -0.5
                }
            }
            _ => 0.0,
        }
    }

    impl System for Dense {
        fn multiply(&mut self, vector: &[f64], product: &mut Vec<f64>) {
            product.clear();
            product.extend((0..N).map(|i| (0..N).map(|j| entry(i, j) * vector[j]).sum::<f64>()));
        }

        fn guess(&mut self, residual: &[f64]) -> Vec<f64> {
            self.guesses += 1;
            let plain = self.fickle && self.guesses.is_multiple_of(2);
            let factor = |i| if plain { 1.0 } else { 1.0 / entry(i, i) };
            residual.iter().enumerate().map(|(i, r)| factor(i) * r).collect()
        }

        fn guesses_by_one_map(&self) -> bool {
            !self.fickle
        }
    }

    /// A system solved to the last digit but a few, and the products that took.
    fn solved(fickle: bool) -> u32 {
        let mut system = Dense { guesses: 0, fickle };
        let wanted = vec![1.0, -2.0, 3.0, 0.0, 5.0];
        let (solution, left) = solve(&mut system, wanted.clone(), |r| largest(r) < 1e-12);
        let mut product = Vec::new();
        system.multiply(&solution, &mut product);
        for ((p, w), left) in product.iter().zip(&wanted).zip(&left) {
            assert!((p - w).abs() < 1e-11 && (w - p - left).abs() < 1e-11, "{product:?}");
        }
        system.guesses
    }

    #[test]
    fn as_many_products_as_numbers_are_enough() {
        assert!(solved(false) <= N as u32 + 1);
    }

    #[test]
    fn guesses_may_be_another_map_each_time() {
        // The way of Fletcher & Reeves, which does not allow for that, takes 41.
        assert!(solved(true) <= 20);
    }

    #[test]
    fn nothing_to_do_is_done() {
        let mut system = Dense { guesses: 0, fickle: false };
        let (solution, _) = solve(&mut system, vec![0.0; N], |_| false);
        assert_eq!(solution, [0.0; N]);
    }
}
