//! A seed comes in, the same numbers come out on every platform. No clock, no global generator, no secrets.
//!
//! The generator is `SplitMix64`: Steele, Lea & Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014,
//! with the constants of Vigna's public `splitmix64.c`. It is small, passes the usual batteries and takes any seed,
//! also 0.

/// A stream of numbers that its seed fixes for good: files depend on it, so its output never changes.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Stream `i` of a seed, for work that is done in any order: seeded by the number that `new(seed)` gives after `i`
    /// others.
    pub(crate) fn stream(seed: u64, i: u64) -> Self {
        let skipped = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self::new(Self::new(seed.wrapping_add(skipped)).next_u64())
    }

    /// The next 64 bits.
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..n`, each equally likely; 0 if `n` is 0.
    ///
    /// Lemire, *Fast Random Integer Generation in an Interval*, 2019: the high half of a product, after throwing away
    /// the few low halves that would favour some numbers.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let unfair = n.wrapping_neg() % n;
            while (product as u64) < unfair {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// Puts `items` in random order, each order equally likely (Fisher–Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            items.swap(last, chosen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_numbers() {
        let mut random = SplitMix64::new(1_234_567);
        let numbers: [u64; 5] = std::array::from_fn(|_| random.next_u64());
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn streams_are_seeded_by_the_numbers_in_turn() {
        for seed in [0, 42, u64::MAX] {
            let mut random = SplitMix64::new(seed);
            for i in 0..5 {
                assert_eq!(SplitMix64::stream(seed, i).state, random.next_u64());
            }
        }
    }

    #[test]
    fn bounded_numbers_stay_in_bounds_whatever_the_bound() {
        let mut random = SplitMix64::new(0);
        for n in [1, 2, 3, 10, (1 << 63) + 1, u64::MAX] {
            assert!((0..100).all(|_| random.below(n) < n));
        }
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn every_order_is_about_equally_likely() {
        let mut random = SplitMix64::new(42);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..6_000 {
            let mut items = [0, 1, 2];
            random.shuffle(&mut items);
            *seen.entry(items).or_insert(0) += 1;
        }
        // Five standard deviations of a binomial with n = 6000, p = 1/6 are 144.
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|&times| (856..=1_144).contains(&times)), "{seen:?}");
    }

    #[test]
    fn a_shuffle_is_fixed_by_its_seed() {
        let mut items: Vec<u8> = (0..8).collect();
        SplitMix64::new(7).shuffle(&mut items);
        let mut again: Vec<u8> = (0..8).collect();
        SplitMix64::new(7).shuffle(&mut again);
        assert_eq!(items, again);
        SplitMix64::new(7).shuffle::<u8>(&mut []);
    }
}
