//! What a record must outlive, and what that costs.

use crate::fs;

/// When a store waits for the disk. Whatever is chosen, a record that was acknowledged survives the death of its process;
/// this is about power cuts.
///
/// What that costs is how often a disk is waited for, and what a wait takes there: 0.1 ms on some virtual disks, 1 to 5 on many.
/// `cargo run --release --example measure -- tracking` measures it where you are. Without a wait, a run with 5 params and 5
/// metrics takes 1.5 ms and one `log_metric` 2 µs. Waits:
///
/// | | such a run | one `log_metric` |
/// |---|---|---|
/// | `Process` | 0 | 0 |
/// | `Finish` | 24 | 0 |
/// | `Batch` | 37 | 0 |
/// | `Record` | 57 | 1 |
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
