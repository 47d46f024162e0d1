//! Independent pieces of work, on all threads of the caller's rayon pool or one after the other.
//!
//! The only file that says `rayon`. Results come back in the order of the pieces, so nothing that is computed from them
//! depends on the number of threads as long as the *pieces* do not.

/// `f` of every item, in the order of the items whichever ran first.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    if items.len() <= 1 {
        items.into_iter().map(f).collect()
    } else {
        items.into_par_iter().map(f).collect()
    }
}

/// `f` of every item, in the order of the items.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T, R>(items: Vec<T>, f: impl Fn(T) -> R) -> Vec<R> {
    items.into_iter().map(f).collect()
}

/// How many pieces can run at once.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "parallel"))]
    return 1;
}

/// The bounds of piece `i` when `len` things are cut into `pieces` as evenly as can be.
pub(crate) fn piece(len: usize, pieces: usize, i: usize) -> std::ops::Range<usize> {
    len * i / pieces..len * (i + 1) / pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_everything_once_and_in_order() {
        for len in [0, 1, 5, 17] {
            for pieces in 1..7 {
                let all: Vec<usize> = (0..pieces).flat_map(|i| piece(len, pieces, i)).collect();
                assert_eq!(all, (0..len).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn map_keeps_the_order() {
        assert_eq!(
            map((0..1000).collect(), |i: i32| i * 2),
            (0..1000).map(|i| i * 2).collect::<Vec<_>>()
        );
    }
}
