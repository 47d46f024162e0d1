//! This program, run again by one of its tests.

use std::any::type_name;

/// The arguments that run one test and nothing else, though it is ignored. By its function: a name that is wrong would run no
/// test, and succeed.
pub(crate) fn only<F: Fn()>(_: F) -> [&'static str; 3] {
    let (_, name) = type_name::<F>().split_once("::").expect("the program, and the path in it");
    ["--ignored", "--exact", name]
}
