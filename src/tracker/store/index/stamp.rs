//! By which it is known that files have not changed: their sizes and times, folded into one number.
//!
//! The time of a folder changes with the names in it, that of a file with its content; so all of them are looked at. On Unix
//! the time of the last change of any kind and the file's number are among them, which nobody can set back. What the files
//! hold is not known here.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Times of files may be rounded to two seconds (FAT). What was changed so shortly before it was read could be changed
/// again without another time, so its stamp proves nothing: git calls such entries racily clean.
const GRAIN: Duration = Duration::from_secs(2);

/// The state of some files and folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) hash: u64,
    /// The latest time in it, in nanoseconds since 1970.
    newest: i128,
}

impl Stamp {
    /// Of what lies in `folder` under these names; the empty one is the folder itself.
    pub(super) fn of<'n>(folder: &Path, names: impl Iterator<Item = &'n str>) -> Self {
        let mut stamp = Self { hash: 0x9e37_79b9_7f4a_7c15, newest: i128::MIN };
        let mut path = PathBuf::new();
        for name in names {
            let found = if name.is_empty() {
                fs::metadata(folder)
            } else {
                path.clear();
                path.push(folder);
                path.push(name);
                fs::symlink_metadata(&path)
            };
            match found {
                Ok(found) => stamp.add(&found),
                // What is gone, or cannot be looked at, is a state too.
                Err(_) => stamp.mix(u64::MAX),
            }
        }
        stamp
    }

    fn add(&mut self, found: &Metadata) {
        let modified = found.modified().unwrap_or(UNIX_EPOCH);
        let nanos = |time: SystemTime| match time.duration_since(UNIX_EPOCH) {
            Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
            Err(before) => i128::try_from(before.duration().as_nanos()).map_or(i128::MIN, |n| -n),
        };
        let modified = nanos(modified);
        self.newest = self.newest.max(modified);
        self.mix(low(modified));
        self.mix(found.len());
        self.mix(u64::from(found.is_dir()) << 1 | u64::from(found.is_file()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let changed =
                i128::from(found.ctime()) * 1_000_000_000 + i128::from(found.ctime_nsec());
            self.newest = self.newest.max(changed);
            self.mix(low(changed));
            self.mix(found.ino());
        }
    }

    fn mix(&mut self, x: u64) {
        // The finalizer of SplitMix64 after each word.
        let z = (self.hash ^ x).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.hash = (z ^ (z >> 31)).rotate_left(17);
    }

    /// Whether nothing of it had changed for some time when the file system's clock showed `now`, before it was read.
    pub(super) fn is_settled(self, now: SystemTime) -> bool {
        let settled = now.checked_sub(GRAIN).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        settled.is_some_and(|time| self.newest < i128::try_from(time.as_nanos()).unwrap_or(0))
    }
}

/// The lower half: what differs there is another time.
#[expect(clippy::cast_sign_loss, reason = "bits to be mixed")]
fn low(nanos: i128) -> u64 {
    nanos as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_every_change_but_not_a_look() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"one").unwrap();
        let stamp = || Stamp::of(folder.path(), ["", "a", "b"].into_iter());
        let before = stamp();
        fs::read(&path).unwrap();
        assert_eq!(stamp(), before);
        fs::write(&path, b"four").unwrap();
        let longer = stamp();
        assert_ne!(longer.hash, before.hash);
        fs::File::options().write(true).open(&path).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert_ne!(stamp().hash, longer.hash);
        fs::write(folder.path().join("b"), b"").unwrap();
        assert_ne!(stamp().hash, longer.hash);
    }

    #[test]
    fn what_was_changed_just_now_is_not_settled() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = Stamp::of(folder.path(), [""].into_iter());
        let now = SystemTime::now();
        assert!(!stamp.is_settled(now));
        assert!(stamp.is_settled(now + Duration::from_secs(60)));
    }
}
