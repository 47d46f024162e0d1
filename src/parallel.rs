//! Independent pieces of work, on all threads of the caller's rayon pool or one after the other.
//!
//! The only file that says `rayon`. Results come back in the order of the pieces, so nothing that is computed from them
//! depends on the number of threads as long as the *pieces* do not.

use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "parallel")]
use std::sync::{Mutex, PoisonError};

/// `f` of every item, in the order of the items whichever ran first.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    if items.len() <= 1 {
        return items.into_iter().map(f).collect();
    }
    let cells = items.into_iter().map(|item| Mutex::new((Some(item), None)));
    let cells: Vec<Mutex<(Option<T>, Option<R>)>> = cells.collect();
    for_each(cells.len(), &|i| {
        let mut cell = cells[i].lock().unwrap_or_else(PoisonError::into_inner);
        cell.1 = cell.0.take().map(&f);
    });
    let done =
        |cell: Mutex<(_, Option<R>)>| cell.into_inner().unwrap_or_else(PoisonError::into_inner).1;
    cells.into_iter().filter_map(done).collect()
}

/// `f` of each number below `n`. Compiled once: what the pool makes of a closure is much more than the closure.
#[cfg(feature = "parallel")]
fn for_each(n: usize, f: &(dyn Fn(usize) + Sync)) {
    use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
    // Pieces of work are large: a thread that has none takes one, however few are left.
    (0..n).into_par_iter().with_max_len(1).for_each(f);
}

/// `f` of each number below `n`, those of many small items, in their order; what comes of each is written where it stays.
#[cfg(feature = "parallel")]
pub(crate) fn map_each<R: Send>(n: usize, f: impl Fn(usize) -> R + Send + Sync) -> Vec<R> {
    use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
    // To wake another thread takes as long as some dozen texts.
    (0..n).into_par_iter().with_min_len(64).map(f).collect()
}

/// `f` of each number below `n`, in their order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map_each<R>(n: usize, f: impl Fn(usize) -> R) -> Vec<R> {
    (0..n).map(f).collect()
}

/// `f` of every item, in the order of the items.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T, R>(items: Vec<T>, f: impl Fn(T) -> R) -> Vec<R> {
    items.into_iter().map(f).collect()
}

/// `f` of every worker and each of its share of the pieces `0..n`, of which a worker takes the next when it has done one;
/// the results in the order of the pieces.
pub(crate) fn share<W: Send, R: Send>(
    workers: &mut [W],
    n: usize,
    f: impl Fn(usize, &mut W, usize) -> R + Send + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = |(i, worker): (usize, &mut W)| {
        let pieces = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let mine = pieces.take_while(|&piece| piece < n);
        mine.map(|piece| (piece, f(i, worker, piece))).collect::<Vec<_>>()
    };
    let results = map(workers.iter_mut().enumerate().collect(), work).into_iter().flatten();
    let mut results: Vec<_> = results.collect();
    results.sort_unstable_by_key(|&(piece, _)| piece);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Sorts things of which no two are equal, so that their order is one and the same on any number of threads.
pub(crate) fn sort_distinct_by<T: Send>(
    things: &mut [T],
    order: impl Fn(&T, &T) -> std::cmp::Ordering + Sync,
) {
    #[cfg(feature = "parallel")]
    rayon::slice::ParallelSliceMut::par_sort_unstable_by(things, order);
    #[cfg(not(feature = "parallel"))]
    things.sort_unstable_by(order);
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
    fn each_piece_is_done_once_by_some_worker() {
        let mut done = [0; 3];
        let squares = share(&mut done, 1000, |_, done, piece| {
            *done += 1;
            piece * piece
        });
        assert_eq!(squares, (0..1000).map(|i| i * i).collect::<Vec<_>>());
        assert_eq!(done.iter().sum::<i32>(), 1000);
    }

    #[test]
    fn map_keeps_the_order() {
        assert_eq!(
            map((0..1000).collect(), |i: i32| i * 2),
            (0..1000).map(|i| i * 2).collect::<Vec<_>>()
        );
        assert_eq!(map_each(1000, |i| i * 2), (0..1000).map(|i| i * 2).collect::<Vec<_>>());
    }
}
