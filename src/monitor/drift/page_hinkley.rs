//! Numbers come in one after the other, the moment in which their mean moved comes out.
//!
//! Page's cumulative sums (*Continuous Inspection Schemes*, Biometrika 1954), as Hinkley used them to find a change (1971),
//! to either side of a mean that the first numbers tell:
//!
//! ```text
//! z = (x − mean) ÷ sd
//! up   ← max(0, up   + z − k)      alarm when up   > h↑
//! down ← max(0, down − z − k)      alarm when down > h↓
//! ```
//!
//! k is half the shift that is to be found soonest. h is such that there is no alarm for as long as was asked for: with θ > 0
//! where E exp(θ·(z − k)) = 1, the mean number of steps to a false alarm is at least exp(θ·h) (Lorden, *Procedures for
//! Reacting to a Change in Distribution*, 1971), whatever the distribution, so h = ln(steps) ÷ θ.
//!
//! The distribution is only known from the first numbers, and what is rare may be missing among them. So their least and their
//! greatest count once more (of yes and no that is Laplace's rule of succession), numbers that are all equal are not enough,
//! and the expectation is taken three of its standard errors higher than their mean.

use serde::{Deserialize, Serialize};

/// Numbers that tell the mean and how numbers spread around it.
const FIRST: usize = 2_000;
/// Standard errors that what was learnt is taken for wrong by.
const DOUBT: f64 = 3.0;

/// How a detector is set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(in crate::monitor) struct Sensitivity {
    /// Half the shift that is to be found soonest, in standard deviations.
    pub(in crate::monitor) allowance: f64,
    /// Steps that pass between two false alarms, in the mean and at least.
    pub(in crate::monitor) steps: f64,
}

/// A shift of a mean that was found.
///
/// ```
/// use ressenti::monitor::PageHinkley;
///
/// let mut detector = PageHinkley::default();
/// let noise = |i: u32| f64::from(i * 7_919 % 1_000) / 1_000.0; // from 0 to 1
/// assert!((0..5_000).all(|i| detector.record(noise(i)).is_none()));
/// let shift = (0..).find_map(|i| detector.record(noise(i) + 0.3)).unwrap();
/// assert!(shift.up && shift.steps < 200);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shift {
    /// Whether the mean rose.
    pub up: bool,
    /// The mean before.
    pub before: f64,
    /// The mean since the numbers began to lean to that side.
    pub after: f64,
    /// How many numbers that is.
    pub steps: u64,
}

/// A detector of shifts of a mean; see the example at [`Shift`]. It belongs to one stream: two of them cannot be merged.
///
/// By default it finds shifts of half a standard deviation soonest, learns what is normal from the first 2,000 numbers and
/// after each alarm anew, and raises one false alarm in 10⁸ numbers of the same distribution at most, in the mean. Numbers that
/// are all equal tell nothing of how they spread: it learns on until another one comes.
///
/// What is rare may by luck be missing among the first numbers, or be there too seldom, and then looks like a shift when it
/// comes. Of yes and no, however rare either is, the mean is shorter than was asked for after less than 1 of 50 times that it
/// learns.
///
/// It takes numbers to be independent of each other: a mean that goes up and down with the hour of the day is a shift to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageHinkley {
    sensitivity: Sensitivity,
    /// The first numbers, until they are enough.
    first: Vec<f32>,
    /// How many more came that are equal to all of them.
    #[serde(default)]
    equal: u64,
    normal: Option<Normal>,
    up: Side,
    down: Side,
}

/// What is normal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Normal {
    mean: f64,
    sd: f64,
    most_up: f64,
    most_down: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Side {
    sum: f64,
    steps: u64,
    /// Of the numbers since the sum was 0.
    total: f64,
}

impl Side {
    /// Takes a step and says whether it is past `most`.
    fn step(&mut self, step: f64, x: f64, most: f64) -> bool {
        self.sum += step;
        if self.sum > 0.0 {
            self.steps = self.steps.saturating_add(1);
            self.total += x;
        } else {
            *self = Self::default();
        }
        self.sum > most
    }
}

impl Default for PageHinkley {
    fn default() -> Self {
        Self::new(0.25, 1e8)
    }
}

impl PageHinkley {
    /// A detector that finds shifts of twice `allowance` standard deviations soonest, and is wrong once in `steps` numbers at
    /// most, in the mean. What is not in range counts as the nearest that is: 0.1 to 5, and 100 to 1e15.
    #[must_use]
    pub fn new(allowance: f64, steps: f64) -> Self {
        let clamp =
            |x: f64, least: f64, most: f64| if x.is_nan() { most } else { x.clamp(least, most) };
        let sensitivity =
            Sensitivity { allowance: clamp(allowance, 0.1, 5.0), steps: clamp(steps, 100.0, 1e15) };
        Self {
            sensitivity,
            first: Vec::new(),
            equal: 0,
            normal: None,
            up: Side::default(),
            down: Side::default(),
        }
    }

    /// Takes the next number, and tells of a shift that it shows. Then it begins to learn anew. What is not finite is passed
    /// over; beyond ±3.4 · 10³⁸ numbers count as that.
    pub fn record(&mut self, x: f64) -> Option<Shift> {
        if !x.is_finite() {
            return None;
        }
        let x = x.clamp(f32::MIN.into(), f32::MAX.into());
        let Some(normal) = self.normal else {
            self.learn(x as f32);
            return None;
        };
        let (z, k) = ((x - normal.mean) / normal.sd, self.sensitivity.allowance);
        let (up, down) =
            (self.up.step(z - k, x, normal.most_up), self.down.step(-z - k, x, normal.most_down));
        if !up && !down {
            return None;
        }
        let side = if up { self.up } else { self.down };
        let after = side.total / side.steps as f64;
        *self = Self::new(self.sensitivity.allowance, self.sensitivity.steps);
        Some(Shift { up, before: normal.mean, after, steps: side.steps })
    }

    /// Whether it has seen enough to find a shift.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.normal.is_some()
    }

    fn learn(&mut self, x: f32) {
        if self.first.len() >= FIRST && self.first[0] == x {
            self.equal = self.equal.saturating_add(1);
            return;
        }
        self.first.push(x);
        if self.first.len() < FIRST || self.first.iter().all(|&y| y == x) {
            return;
        }
        let mut first: Vec<_> = self.first.iter().map(|&x| (f64::from(x), 1.0)).collect();
        first[0].1 += self.equal as f64;
        let ends = [f64::min, f64::max]
            .map(|end| first.iter().map(|&(x, _)| x).reduce(end).unwrap_or_default());
        first.extend(ends.map(|x| (x, 1.0)));
        (self.first, self.equal) = (Vec::new(), 0);

        let n: f64 = first.iter().map(|&(_, weight)| weight).sum();
        let mean = first.iter().map(|&(x, weight)| weight * x).sum::<f64>() / n;
        let variance =
            first.iter().map(|&(x, weight)| weight * (x - mean).powi(2)).sum::<f64>() / n;
        // A spread that rounding makes of numbers that are as good as equal is none.
        let sd = variance.sqrt().max(1e-3 * mean.abs()).max(1e-9);
        let k = self.sensitivity.allowance;
        let most = |sign: f64| {
            let steps = || first.iter().map(|&(x, weight)| (sign * (x - mean) / sd - k, weight));
            // Both sides may be wrong.
            (2.0 * self.sensitivity.steps).ln() / exponent(steps, k)
        };
        self.normal = Some(Normal { mean, sd, most_up: most(1.0), most_down: most(-1.0) });
    }

    /// Whether what was stored can be what a detector came to.
    pub(in crate::monitor) fn is_sound(&self) -> bool {
        let Sensitivity { allowance, steps } = self.sensitivity;
        let mut numbers =
            vec![allowance, steps, self.up.sum, self.up.total, self.down.sum, self.down.total];
        if let Some(Normal { mean, sd, most_up, most_down }) = self.normal {
            numbers.extend([mean, sd, most_up, most_down]);
        }
        self.first.len() <= FIRST
            && self.first.iter().all(|x| x.is_finite())
            && numbers.iter().all(|x| x.is_finite())
            && self.normal.is_none_or(|normal| {
                normal.sd > 0.0 && normal.most_up > 0.0 && normal.most_down > 0.0
            })
    }
}

/// Where the mean of exp(θ · step), with doubt, is 1, for weighted steps whose mean is −k, but no more than twice what it is
/// for a normal distribution: without large steps there is none.
fn exponent<I: Iterator<Item = (f64, f64)>>(steps: impl Fn() -> I, k: f64) -> f64 {
    let growth = |theta: f64| {
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (step, weight) in steps() {
            let grown = (theta * step).exp();
            n += weight;
            sum += weight * grown;
            squares += weight * grown * grown;
        }
        let mean = sum / n;
        mean + DOUBT * ((squares / n - mean * mean).max(0.0) / n).sqrt()
    };
    let (mut low, mut high) = (0.0, 4.0 * k);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        // Not so if it is too large to be a number.
        if growth(middle) < 1.0 { low = middle } else { high = middle }
    }
    low.max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// Steps until an alarm, of `n` numbers.
    fn alarm(detector: &mut PageHinkley, n: usize, mut x: impl FnMut() -> f64) -> Option<usize> {
        (0..n).find(|_| detector.record(x()).is_some())
    }

    #[test]
    fn false_alarms_are_as_rare_as_was_asked_for_whatever_the_distribution() {
        let mut random = SplitMix64::new(3);
        let mut uniform = move || random.below(1 << 32) as f64 / 2f64.powi(32);
        for (name, shape) in [
            ("uniform", (|u| u) as fn(f64) -> f64),
            ("one in ten", |u| f64::from(u < 0.1)),
            ("one in fifty", |u| f64::from(u < 0.02)),
            ("one in five hundred", |u| f64::from(u < 0.002)),
            ("exponential", |u| -(1.0 - u).ln()),
            ("two humps", |u| if u < 0.8 { u / 4.0 } else { 0.8 + u / 5.0 }),
        ] {
            // Asked for at most one in 20,000 numbers; 200,000 are seen.
            let mut detector = PageHinkley::new(0.25, 2e4);
            let mut alarms = 0;
            for _ in 0..200_000 {
                alarms += usize::from(detector.record(shape(uniform())).is_some());
            }
            println!("{name}: {alarms} false alarms, at most 10 were allowed in the mean");
            assert!(alarms <= 14, "{name}: {alarms}");
        }
    }

    #[test]
    fn what_is_rare_is_no_alarm_when_it_comes_and_one_when_it_becomes_frequent() {
        for p in [0.001, 0.0005] {
            for seed in 0..100 {
                let mut random = SplitMix64::new(seed);
                let mut right = |wrong: f64| {
                    let u = random.below(1 << 32) as f64 / 2f64.powi(32);
                    f64::from(u >= wrong)
                };
                let mut detector = PageHinkley::default();
                let found = alarm(&mut detector, 20_000, || right(p));
                assert_eq!(found, None, "{p}, seed {seed}");
                // With few errors or none, one in twenty is ten errors or so away from an alarm.
                let shift = (0..1_500).find_map(|_| detector.record(right(0.05)));
                let shift = shift.unwrap_or_else(|| panic!("{p}, seed {seed}"));
                assert!(!shift.up && shift.before > 0.99 && shift.after < 0.99, "{shift:?}");
            }
        }
    }

    #[test]
    fn bad_luck_with_the_first_numbers_seldom_makes_false_alarms_frequent() {
        let learnt = |wrong: usize, right: usize| {
            let mut detector = PageHinkley::default();
            (0..right).for_each(|_| assert!(detector.record(1.0).is_none()));
            (0..wrong).for_each(|_| assert!(detector.record(0.0).is_none()));
            detector.normal.unwrap()
        };
        let by_wrong: Vec<_> = (1..150).map(|wrong| learnt(wrong, FIRST - wrong)).collect();
        for one_in in [10_000, 2_000, 1_000, 500, 300, 200, 150, 100, 50, 20] {
            let p = 1.0 / one_in as f64;
            // Lorden's bound on the steps to an alarm, for the distribution as it is.
            let bound = |normal: &Normal| {
                let step = |x: f64| (normal.mean - x) / normal.sd - 0.25;
                let steps = [(step(0.0), p * 1e15), (step(1.0), (1.0 - p) * 1e15)];
                (exponent(|| steps.into_iter(), 0.25) * normal.most_down).exp()
            };
            let mut chance = (FIRST as f64 * (-p).ln_1p()).exp();
            // None wrong, and then none for so many times as long as one takes in the mean.
            let lasts = |&times: &usize| bound(&learnt(1, FIRST + times * one_in));
            let times = (1..9).find(|times| lasts(times) < 1e8).unwrap_or(9);
            let mut short = chance * (1.0 - times as f64).exp();
            for (normal, wrong) in by_wrong.iter().zip(1..) {
                chance *= (FIRST - wrong + 1) as f64 / wrong as f64 * p / (1.0 - p);
                short += if bound(normal) < 1e8 { chance } else { 0.0 };
            }
            println!("one in {one_in}: {short:.4} are short");
            assert!(short < 0.02, "one in {one_in}: {short}");
        }
    }

    #[test]
    fn without_spread_it_learns_on_and_the_first_that_differs_is_no_alarm() {
        let mut detector = PageHinkley::default();
        assert_eq!(alarm(&mut detector, 100_000, || 1.0), None);
        assert!(!detector.is_ready() && detector.is_sound());
        assert!(detector.first.len() <= FIRST, "memory stays");
        let json = serde_json::to_string(&detector).unwrap();
        assert_eq!(serde_json::from_str::<PageHinkley>(&json).unwrap(), detector);
        assert!(detector.record(0.0).is_none() && detector.is_ready());
        let shift = (0..100).find_map(|i| detector.record(f64::from(i % 2))).unwrap();
        assert!(!shift.up && shift.before > 0.9999 && shift.steps < 50, "{shift:?}");
    }

    #[test]
    fn the_largest_numbers_leave_it_sound() {
        for least in [0.0, f64::MIN] {
            let mut detector = PageHinkley::default();
            for i in 0..10_000 {
                detector.record(if i % 2 == 0 { f64::MAX } else { least });
                assert!(detector.is_sound());
            }
            assert!(detector.is_ready());
        }
        let mut detector = PageHinkley::default();
        (0..FIRST).for_each(|i| assert!(detector.record((i % 2) as f64).is_none()));
        detector.up = Side { sum: 1.0, steps: u64::MAX, total: 1.0 };
        detector.record(1.0);
        assert_eq!(detector.up.steps, u64::MAX);
    }

    #[test]
    fn a_shift_is_found_on_its_side_and_its_means_are_told() {
        let mut random = SplitMix64::new(5);
        let mut uniform = move || random.below(1 << 32) as f64 / 2f64.powi(32);
        for sign in [1.0, -1.0] {
            let mut detector = PageHinkley::default();
            assert_eq!(alarm(&mut detector, 20_000, &mut uniform), None);
            let shift = (0..).find_map(|_| detector.record(uniform() + sign * 0.2)).unwrap();
            assert_eq!(shift.up, sign > 0.0);
            assert!(
                (shift.before - 0.5).abs() < 0.02 && (shift.after - 0.5 - sign * 0.2).abs() < 0.1
            );
            assert!(shift.steps < 300, "{shift:?}");
            assert!(!detector.is_ready(), "it learns anew");
        }
    }

    #[test]
    fn numbers_without_spread_are_no_alarm() {
        let mut detector = PageHinkley::default();
        assert_eq!(alarm(&mut detector, 10_000, || 0.7), None);
        assert!(detector.record(f64::NAN).is_none());
        assert!(detector.is_sound());
        assert!(alarm(&mut detector, 100, || 0.9).is_some());
    }
}
