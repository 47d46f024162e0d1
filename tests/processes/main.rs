//! What is on disk is whole, whoever writes beside, is killed on the way, or is refused by the system.
//!
//! Most of these tests run this program again, as children: in one place, so that a fork never holds for a moment what
//! another test has open.

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "store")]
mod crowd;
mod kill;
#[cfg(feature = "store")]
mod listing;
#[cfg(all(feature = "store", unix))]
mod refused_writes;
#[cfg(feature = "store")]
mod registry_writers;
#[cfg(unix)]
mod writing;
