//! Sums over rows that come out the same to the last bit on any number of threads.
//!
//! Rows are cut into chunks that depend on the data alone; each chunk fills a buffer of its own, and the buffers are added
//! in order. They are kept from one sum to the next: fresh memory would cost as much as filling it. What is summed is not
//! known here.

use std::ops::Range;

use super::design::Design;
use crate::parallel;

/// No more buffers than this: adding them up must stay cheap beside filling them.
const MOST_CHUNKS: usize = 8;
/// No more numbers than this in all buffers: 512 MiB.
const MOST_NUMBERS: usize = 1 << 26;

/// The chunks of rows.
#[derive(Clone)]
pub(super) struct Chunks {
    ranges: Vec<Range<usize>>,
}

/// A buffer for each chunk.
#[derive(Default)]
pub(super) struct Buffers {
    buffers: Vec<Vec<f64>>,
    /// Memory of a point that is no longer needed, for the next.
    pub(super) spare: Vec<f64>,
}

impl Buffers {
    /// So many numbers, whatever they are.
    pub(super) fn numbers(&mut self, n: usize) -> Vec<f64> {
        let mut numbers = std::mem::take(&mut self.spare);
        if numbers.capacity() < n {
            // Zeros that nobody has written: the threads that need the memory wait for it, side by side.
            return vec![0.0; n];
        }
        numbers.resize(n, 0.0);
        numbers
    }
}

impl Chunks {
    /// For sums of at most `size` numbers over rows of `columns` columns.
    pub(super) fn new<R: Design>(
        rows: R,
        n_rows: usize,
        columns: usize,
        size: usize,
        share: usize,
    ) -> Self {
        let nnz = rows.start(n_rows);
        // A buffer must be filled much longer than it takes to clear and add it, and all must fit in memory.
        let worth = nnz / share / (4 * columns.max(1));
        let count = worth.min(MOST_NUMBERS / size.max(1)).clamp(1, MOST_CHUNKS);
        // Three chunks take two threads as long as four.
        let count = 1 << count.ilog2();
        // Chunks of equal numbers of entries; rows may differ in length.
        let bound = |i: usize| {
            let (mut low, mut high) = (0, n_rows);
            while low < high {
                let middle = usize::midpoint(low, high);
                if rows.start(middle) < nnz * i / count { low = middle + 1 } else { high = middle }
            }
            low / R::PIECE * R::PIECE
        };
        let mut bounds: Vec<usize> = (0..count).map(bound).collect();
        bounds.push(n_rows);
        Self { ranges: bounds.windows(2).map(|w| w[0]..w[1]).collect() }
    }

    pub(super) fn count(&self) -> usize {
        self.ranges.len()
    }

    /// `fill(rows of a chunk, their part of each_row, a buffer of size zeros)` for each chunk. Leaves the sum of the
    /// buffers in `sum` and returns what the chunks return, in order. `each_row` has `width` numbers per row.
    pub(super) fn sum<R: Send>(
        &self,
        buffers: &mut Buffers,
        (each_row, width): (&mut [f64], usize),
        size: usize,
        sum: &mut Vec<f64>,
        fill: impl Fn(Range<usize>, &mut [f64], &mut [f64]) -> R + Send + Sync,
    ) -> Vec<R> {
        let buffers = &mut buffers.buffers;
        if buffers.len() < self.count() {
            buffers.resize_with(self.count(), Vec::new);
        }
        let buffers = &mut buffers[..self.count()];
        let mut rest = each_row;
        let mut work = Vec::with_capacity(self.count());
        for (range, buffer) in self.ranges.iter().zip(&mut *buffers) {
            let (mine, after) = rest.split_at_mut(range.len() * width);
            rest = after;
            work.push((range.clone(), mine, buffer));
        }
        let results = parallel::map(work, |(range, mine, buffer)| {
            buffer.clear();
            buffer.resize(size, 0.0);
            fill(range, mine, buffer)
        });
        sum.clear();
        sum.resize(size, 0.0);
        add(sum, buffers);
        results
    }
}

/// Adds the buffers up, each thread a part of the numbers, of which few are not worth waking one.
fn add(sum: &mut [f64], buffers: &[Vec<f64>]) {
    let part = sum.len().div_ceil(MOST_CHUNKS).max(1 << 14);
    let parts = sum.chunks_mut(part).enumerate().collect();
    parallel::map(parts, |(i, sum): (usize, &mut [f64])| {
        for buffer in buffers {
            for (s, b) in sum.iter_mut().zip(&buffer[i * part..]) {
                *s += b;
            }
        }
    });
}
