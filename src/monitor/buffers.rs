//! Events come in from any thread without waiting, and go out to whoever collects them.
//!
//! Each thread has a buffer that it tries first; where that is in use, for the few nanoseconds that it takes to put an event
//! there or to take the whole buffer away, it takes the next. Only if all are in use or full is an event dropped, and
//! counted. What an event is is not known here.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Events after which somebody should collect.
const ENOUGH: usize = 256;
/// Events that a buffer holds if nobody does.
const MOST: usize = 1_024;

static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: usize = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
    static TICKS: Cell<u64> = const { Cell::new(0) };
}

/// True once in `n` calls of a thread, in the mean and without a pattern.
#[inline]
pub(super) fn once_in(n: u64) -> bool {
    TICKS.with(|ticks| {
        let tick = ticks.get().wrapping_add(1);
        ticks.set(tick);
        // The finaliser of SplitMix64, and the high half of a product instead of a division.
        let mixed = tick.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (u128::from(mixed ^ (mixed >> 31)) * u128::from(n)) >> 64 == 0
    })
}

/// What [`Buffers::push`] did.
#[derive(Debug, PartialEq)]
pub(super) enum Pushed {
    Yes,
    /// And there is enough to be collected.
    Enough,
    /// No: all buffers were in use or full.
    Dropped,
}

/// A buffer on cache lines of its own, so that threads do not take them from each other.
#[derive(Debug)]
#[repr(align(128))]
struct Buffer<E>(Mutex<Vec<E>>);

#[derive(Debug)]
pub(super) struct Buffers<E>(Vec<Buffer<E>>);

impl<E> Buffers<E> {
    pub(super) fn new(n: usize) -> Self {
        Self((0..n.max(1)).map(|_| Buffer(Mutex::new(Vec::new()))).collect())
    }

    #[inline]
    pub(super) fn push(&self, event: E) -> Pushed {
        let first = THREAD.with(|&thread| thread);
        for i in 0..self.0.len() {
            let Some(mut events) = available(&self.0[first.wrapping_add(i) % self.0.len()].0)
            else {
                continue;
            };
            if events.len() < MOST {
                events.push(event);
                return if events.len() < ENOUGH { Pushed::Yes } else { Pushed::Enough };
            }
        }
        Pushed::Dropped
    }

    /// Hands all events to `each`, buffer by buffer. `spare` is an empty vector that buffers are exchanged with. Where
    /// `wait` is not set, a buffer in use is left as it is.
    pub(super) fn collect(&self, spare: &mut Vec<E>, wait: bool, mut each: impl FnMut(E)) {
        for Buffer(buffer) in &self.0 {
            let events = if wait { Some(locked(buffer)) } else { available(buffer) };
            if let Some(mut events) = events {
                std::mem::swap(&mut *events, spare);
            }
            spare.drain(..).for_each(&mut each);
        }
    }
}

/// A lock, whoever panicked with it: what it guards is whole after each statement.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A lock, if nobody has it.
#[inline]
pub(super) fn available<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_while_there_is_room_and_what_is_dropped_is_told() {
        let buffers = Buffers::new(2);
        let told: Vec<Pushed> = (0..3_000).map(|i| buffers.push(i)).collect();
        assert_eq!(told.iter().filter(|p| **p == Pushed::Dropped).count(), 3_000 - 2 * MOST);
        assert_eq!(told.iter().position(|p| *p == Pushed::Enough), Some(ENOUGH - 1));
        let (mut spare, mut seen) = (Vec::new(), Vec::new());
        buffers.collect(&mut spare, true, |i| seen.push(i));
        seen.sort_unstable();
        assert_eq!(seen, (0..2 * MOST).collect::<Vec<_>>());
        assert_eq!(buffers.push(0), Pushed::Yes);
    }

    #[test]
    fn a_buffer_in_use_is_passed_over() {
        let buffers = Buffers::new(3);
        let held = locked(&buffers.0[0].0);
        let other = locked(&buffers.0[1].0);
        assert_eq!(buffers.push(1), Pushed::Yes);
        let mut seen = 0;
        buffers.collect(&mut Vec::new(), false, |i| seen += i);
        assert_eq!(seen, 1);
        let last = locked(&buffers.0[2].0);
        assert_eq!(buffers.push(1), Pushed::Dropped);
        drop((held, other, last));
    }

    #[test]
    fn draws_come_as_often_as_was_asked_for() {
        for n in [1, 2, 8, 32, 100] {
            let drawn = (0..100_000).filter(|_| once_in(n)).count() as f64;
            let expected = 100_000.0 / n as f64;
            assert!((drawn - expected).abs() <= 6.0 * expected.sqrt(), "one in {n}: {drawn}");
        }
    }
}
