//! x
mod page_hinkley;

pub use page_hinkley::{PageHinkley, Shift};
