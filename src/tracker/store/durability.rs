//! What a record must outlive, and what that costs.

use crate::fs;

/// When a store waits for the disk. Whatever is chosen, a record that was acknowledged survives the death of its process;
/// this is about power cuts.
///
/// What that costs depends on the disk; `cargo run --release --example measure -- tracking` measures it where you are. On a
/// virtual disk that answers in 0.1 ms, where many take 1 to 5, medians of 20 runs and of 5 times 100 metrics:
///
/// | | a run with 5 params and 5 metrics | one `log_metric` |
/// |---|---|---|
/// | `Process` | 1.5 ms | 2 µs |
/// | `Finish` | 4.2 ms | 2 µs |
/// | `Record` | 7.2 ms | 137 µs |
///
/// ```
/// use ressenti::tracker::{Durability, Store};
///
/// # let folder = tempfile::tempdir().unwrap();
/// let store = Store::open(folder.path().join("mlruns"))?.with_durability(Durability::Finish);
/// # let _ = store;
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Durability {
    /// Never, but for a new experiment. The system writes when it likes, as for MLflow; a power cut may cost the records of the
    /// last half a minute, and leave files of them empty.
    #[default]
    Process,
    /// When a run ends: then all of it is on the disk. A data set, which other runs share, is there at once.
    Finish,
    /// Also when it starts, after each batch, input and artifact, and when its name changes.
    Batch,
    /// Also after each param, metric and tag.
    Record,
}

impl Durability {
    /// How to write what is due at a level.
    pub(super) fn at(self, level: Self) -> fs::Durability {
        if self >= level { fs::Durability::Power } else { fs::Durability::Process }
    }
}
