//! Requests come in, how many are usual at that hour of the day comes out.
//!
//! The usual number of an hour is the mean of the days so far, of which the last seven count most:
//!
//! ```text
//! usual ← usual + (requests − usual) ÷ min(days, 7)
//! ```
//!
//! An hour that was not watched from its beginning to its end does not count, and neither does one without a request: an
//! outage is not to become usual. A request that is hours away from all others, by a wrong clock, does not count either.

use serde::{Deserialize, Serialize};

const HOUR: u64 = 3_600_000;
const DAYS: u64 = 7;

/// How many requests are usual at each hour of the day (UTC).
///
/// ```
/// use ressenti::monitor::UsualVolume;
///
/// let mut usual = UsualVolume::default();
/// assert_eq!(usual.per_hour(13), None);
/// usual.set(13, 3_600.0); // as the application knows it
/// assert_eq!(usual.per_hour(13), Some(3_600.0));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UsualVolume {
    hours: [Option<Usual>; 24],
    /// The hour since 1970 that is being counted, how many requests it has, and whether it was watched from its beginning.
    hour: u64,
    requests: u64,
    whole: bool,
    /// The hour of the last request, if that is far from the hour that is counted; 0 if it is not. The next one tells which of
    /// the two is of a wrong clock.
    #[serde(default)]
    far: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Usual {
    requests: f64,
    days: u64,
}

impl UsualVolume {
    /// How many requests are usual in this hour of the day, 0 to 23; `None` before a whole one was seen or set.
    #[must_use]
    pub fn per_hour(&self, hour: usize) -> Option<f64> {
        self.hours.get(hour).copied().flatten().map(|usual| usual.requests)
    }

    /// Says what is usual in an hour of the day, 0 to 23, as one day would have told. What is no such hour, or no number of
    /// requests, changes nothing.
    pub fn set(&mut self, hour: usize, requests: f64) {
        if let Some(usual) =
            self.hours.get_mut(hour).filter(|_| requests.is_finite() && requests >= 0.0)
        {
            *usual = Some(Usual { requests, days: 1 });
        }
    }

    /// How many requests are usual between two times, in milliseconds since 1970, in the hours of which that is known, and
    /// whether it is of all.
    pub(super) fn between(&self, from: u64, to: u64) -> (f64, bool) {
        let (mut sum, mut all_known, mut at) = (0.0, true, from);
        while at < to {
            let next = (at / HOUR + 1).saturating_mul(HOUR).min(to);
            match self.per_hour((at / HOUR % 24) as usize) {
                Some(requests) => sum += requests * ((next - at) as f64 / HOUR as f64),
                None => all_known = false,
            }
            at = next;
        }
        (sum, all_known)
    }

    /// Counts a request.
    pub(super) fn record(&mut self, at: u64) {
        let hour = at / HOUR;
        if self.hour > 0 && hour.abs_diff(self.hour) > 1 {
            if self.far == 0 || hour.abs_diff(self.far) > 1 {
                self.far = hour;
                return;
            }
            // It is so late now, after a silence, or it was not before.
            let far = self.far;
            if far < self.hour {
                self.pause();
            }
            self.close(far);
            self.requests = 1;
        }
        self.far = 0;
        if hour > self.hour {
            self.close(hour);
        }
        self.requests = self.requests.saturating_add(u64::from(hour == self.hour));
    }

    /// Ends the hour that is counted, if another has begun.
    fn close(&mut self, next: u64) {
        if self.whole && self.requests > 0 {
            let usual = self.hours[(self.hour % 24) as usize]
                .get_or_insert(Usual { requests: 0.0, days: 0 });
            usual.days = (usual.days + 1).min(DAYS);
            usual.requests += (self.requests as f64 - usual.requests) / usual.days as f64;
        }
        // Watched from its beginning: for as long as any hour before it.
        self.whole = self.hour > 0;
        (self.hour, self.requests) = (next, 0);
    }

    /// What was counted before a pause says nothing of the hour in which it ends.
    pub(super) fn pause(&mut self) {
        (self.hour, self.requests, self.whole, self.far) = (0, 0, false, 0);
    }

    pub(super) fn is_sound(&self) -> bool {
        self.hours
            .iter()
            .flatten()
            .all(|usual| usual.requests.is_finite() && usual.requests >= 0.0 && usual.days <= DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_hours_become_usual_and_silent_ones_do_not() {
        let mut usual = UsualVolume::default();
        let start = 1_000 * 24 * HOUR + HOUR / 2;
        let mut hour = |from: u64, n: u64| (0..n).for_each(|i| usual.record(from + i));
        hour(start, 7); // from the middle of hour 0
        hour(start + HOUR, 100);
        hour(start + 3 * HOUR, 50); // hour 2 was silent
        hour(start + 25 * HOUR, 200); // hours 4 to 24 were
        hour(start + 26 * HOUR, 1);
        let expected = [None, Some(150.0), None, Some(50.0), None];
        assert_eq!([0, 1, 2, 3, 4].map(|hour| usual.per_hour(hour)), expected);
        usual.set(24, 5.0);
        usual.set(4, f64::NAN);
        assert_eq!(usual.per_hour(4), None);
        assert!(usual.is_sound());
    }

    #[test]
    fn one_request_of_a_wrong_clock_ends_no_hour() {
        for wrong in [0, 40 * 24 * HOUR, 1_000_000 * HOUR, u64::MAX] {
            let mut usual = UsualVolume::default();
            let start = 1_000 * 24 * HOUR;
            usual.record(wrong);
            for minute in 0..30 * 60 {
                if minute == 4 * 60 + 30 {
                    usual.record(wrong);
                }
                usual.record(start + minute * HOUR / 60);
            }
            assert_eq!([4, 5].map(|hour| usual.per_hour(hour)), [Some(60.0); 2], "{wrong}");
        }
    }

    #[test]
    fn what_is_usual_of_a_span_is_that_of_its_hours() {
        let mut usual = UsualVolume::default();
        usual.set(7, 60.0);
        usual.set(8, 600.0);
        let day = 1_000 * 24 * HOUR;
        assert_eq!(
            usual.between(day + 7 * HOUR + HOUR / 2, day + 8 * HOUR + HOUR / 10),
            (90.0, true)
        );
        assert_eq!(usual.between(day + 8 * HOUR + HOUR / 2, day + 9 * HOUR), (300.0, true));
        assert_eq!(usual.between(day + 8 * HOUR + HOUR / 2, day + 9 * HOUR + 1), (300.0, false));
        assert_eq!(usual.between(day, day), (0.0, true));
    }
}
