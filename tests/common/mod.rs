//! What several test files share.

pub(crate) mod naive;
pub(crate) mod tweets;
