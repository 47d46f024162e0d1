//! Feedback comes in, a challenger comes out, and takes the champion's place if it is better.

pub mod ab;
