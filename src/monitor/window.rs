//! Requests come in one after the other, the figures of the last ones come out: of the last minutes, or of the last
//! thousands.
//!
//! A window is a ring of slots, and slides by one slot at a time. Memory is that of its slots, however many requests there
//! are. What comes too late for its slot, because it lay with another thread or the clock was set back, is not in the window;
//! but what is stored may be of a clock that ran ahead, and a slot that is more than a whole window ahead gives way.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::figures::{Event, Figures};

/// The last minutes: each slot is a span of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TimeWindow {
    /// Milliseconds of a slot.
    pub(super) width: u64,
    /// Slot number n is at n modulo their number.
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Slot {
    /// Which it is since 1970, counted from 1; 0 if it was never used.
    number: u64,
    figures: Figures,
}

impl TimeWindow {
    pub(super) fn new(width: u64, n: usize, n_classes: usize) -> Self {
        let slot = Slot { number: 0, figures: Figures::new(n_classes) };
        Self { width: width.max(1), slots: vec![slot; n.max(1)] }
    }

    fn number(&self, at: u64) -> u64 {
        (at / self.width).saturating_add(1)
    }

    pub(super) fn record(&mut self, event: &Event, low_confidence: f64) {
        let number = self.number(event.at);
        let n = self.slots.len() as u64;
        let slot = &mut self.slots[(number % n) as usize];
        if slot.number < number || slot.number > number.saturating_add(n) {
            slot.figures.clear();
            slot.number = number;
        }
        if slot.number == number {
            slot.figures.record(event, low_confidence);
        }
    }

    /// How many milliseconds it reaches back.
    pub(super) fn reach(&self) -> u64 {
        self.width * self.slots.len() as u64
    }

    /// The slots that begin within so many milliseconds before the end of that of `now`, the newest first: when each begins,
    /// and its figures if anything was recorded.
    pub(super) fn back(
        &self,
        now: u64,
        span: u64,
    ) -> impl Iterator<Item = (u64, Option<&Figures>)> {
        let newest = self.number(now);
        let n = span.div_ceil(self.width).clamp(1, self.slots.len() as u64);
        (0..n.min(newest)).map(move |i| {
            let number = newest - i;
            let slot = &self.slots[(number % self.slots.len() as u64) as usize];
            let figures = (slot.number == number).then_some(&slot.figures);
            ((number - 1) * self.width, figures)
        })
    }

    pub(super) fn fits(&self, width: u64, n: usize, n_classes: usize) -> bool {
        let mut slots = (0..).zip(&self.slots);
        self.width == width
            && self.slots.len() == n
            && slots.all(|(place, slot)| {
                let has_place = slot.number % n as u64 == place || slot.number == 0;
                has_place && slot.number <= self.number(u64::MAX) && slot.figures.fits(n_classes)
            })
    }
}

/// Parts that the window of the last requests is cut into.
const PARTS: u64 = 10;

/// The last requests: each slot is a number of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CountWindow {
    /// Requests of a slot.
    per_slot: u64,
    /// When the first request of each slot came; the newest is at the back.
    slots: VecDeque<(u64, Figures)>,
}

impl CountWindow {
    /// A window of at most so many requests, and at least 9/10 of them once there are as many.
    pub(super) fn new(requests: u64, n_classes: usize) -> Self {
        let per_slot = Self::per_slot(requests);
        Self { per_slot, slots: VecDeque::from([(0, Figures::new(n_classes))]) }
    }

    fn per_slot(requests: u64) -> u64 {
        (requests / PARTS).max(1)
    }

    pub(super) fn record(&mut self, event: &Event, low_confidence: f64, n_classes: usize) {
        let full = self.slots.back().is_none_or(|(_, newest)| newest.requests() >= self.per_slot);
        if full {
            let mut next = Figures::new(n_classes);
            if self.slots.len() as u64 >= PARTS
                && let Some((_, oldest)) = self.slots.pop_front()
            {
                next = oldest;
                next.clear();
            }
            self.slots.push_back((event.at, next));
        }
        if let Some((began, newest)) = self.slots.back_mut() {
            if newest.requests() == 0 {
                *began = event.at;
            }
            newest.record(event, low_confidence);
        }
    }

    /// The oldest first: when each slot begins, and its figures.
    pub(super) fn slots(&self) -> impl Iterator<Item = (u64, &Figures)> {
        self.slots.iter().map(|(began, figures)| (*began, figures))
    }

    pub(super) fn fits(&self, requests: u64, n_classes: usize) -> bool {
        self.per_slot == Self::per_slot(requests)
            && self.slots.len() as u64 <= PARTS
            && self.slots.iter().all(|(_, figures)| figures.fits(n_classes))
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Outcome;
    use super::*;

    fn at(at: u64) -> Event {
        Event { at, latency: 5, outcome: Outcome::Error("x".into()) }
    }

    fn requests(window: &TimeWindow, now: u64, span: u64) -> u64 {
        window.back(now, span).filter_map(|(_, figures)| figures).map(Figures::requests).sum()
    }

    #[test]
    fn what_is_older_than_the_window_is_gone() {
        let mut window = TimeWindow::new(10, 4, 2);
        for time in [0, 9, 10, 25, 39] {
            window.record(&at(time), 0.6);
        }
        assert_eq!((requests(&window, 39, 40), requests(&window, 39, 10)), (5, 1));
        assert_eq!(requests(&window, 45, 40), 3, "the first slot has gone");
        assert_eq!(requests(&window, 1_000, 40), 0);
        window.record(&at(41), 0.6);
        window.record(&at(5), 0.6); // too late: its slot is that of 41 now
        assert_eq!(requests(&window, 45, 40), 4);
        assert_eq!(window.back(45, 20).map(|(began, _)| began).collect::<Vec<_>>(), [40, 30]);
    }

    #[test]
    fn a_slot_of_a_clock_that_ran_ahead_gives_way() {
        let mut window = TimeWindow::new(10, 4, 2);
        for ahead in [1_000, 1_000_000, u64::MAX] {
            (0..4).for_each(|i| window.record(&at(ahead - 10 * i), 0.6));
            assert!(window.fits(10, 4, 2));
        }
        (0..80).for_each(|i| window.record(&at(100 + i), 0.6));
        assert_eq!((requests(&window, 179, 40), requests(&window, 179, 20)), (40, 20));
        window.slots[1].number += 1;
        assert!(!window.fits(10, 4, 2), "number 4n + 2 is not at 1");
    }

    #[test]
    fn the_last_requests_are_nine_to_ten_tenths_of_what_was_asked_for() {
        let mut window = CountWindow::new(100, 2);
        for i in 1..500 {
            window.record(&at(i), 0.6, 2);
            let n: u64 = window.slots().map(|(_, figures)| figures.requests()).sum();
            assert!(n <= 100 && n >= i.min(91), "{n} after {i}");
        }
        assert_eq!(window.slots().next().map(|(began, _)| began), Some(401));
    }
}
