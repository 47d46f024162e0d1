//! What time it is: the only place where the library could ask, and it asks only what the caller gave it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Tells the time since the beginning of 1970 (UTC), and never goes back.
///
/// ```
/// use std::time::Duration;
/// use ressenti::monitor::{Clock, ManualClock};
///
/// let clock = ManualClock::at(Duration::from_secs(1_700_000_000));
/// clock.advance(Duration::from_millis(250));
/// assert_eq!(clock.now().as_millis(), 1_700_000_000_250);
/// ```
pub trait Clock: Send + Sync {
    /// The time since the beginning of 1970.
    fn now(&self) -> Duration;
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Duration {
        (**self).now()
    }
}

/// The clock of the system. It is asked for the date once, and from then on only for what has passed: so it goes on evenly
/// when somebody sets the system's time.
///
/// ```
/// use ressenti::monitor::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let before = clock.now();
/// assert!(clock.now() >= before);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    began: Instant,
    date: Duration,
}

impl SystemClock {
    /// A clock that is right now.
    #[must_use]
    pub fn new() -> Self {
        // Before 1970 the machine does not know the date; then time is counted from there.
        let date = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { began: Instant::now(), date }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[inline]
    fn now(&self) -> Duration {
        self.date + self.began.elapsed()
    }
}

/// A clock that stands still until it is moved: for tests, and to replay what was recorded.
///
/// ```
/// use std::time::Duration;
/// use ressenti::monitor::{Clock, ManualClock};
///
/// let clock = ManualClock::default();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), Duration::from_secs(60));
/// ```
#[derive(Debug, Default)]
pub struct ManualClock {
    nanos: AtomicU64,
}

impl ManualClock {
    /// A clock that stands at this time since 1970; until the year 2554.
    #[must_use]
    pub fn at(time: Duration) -> Self {
        Self { nanos: AtomicU64::new(nanos(time)) }
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.nanos.fetch_add(nanos(by), Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }
}

/// Nanoseconds, as far as they can be counted.
#[inline]
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(time.subsec_nanos().into())
}

/// Milliseconds, as far as they can be counted.
#[inline]
pub(super) fn millis(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000).saturating_add(time.subsec_millis().into())
}
