//! What several test files share.
#![allow(dead_code)] // Each of them uses a part.

pub(crate) mod again;
pub(crate) mod arbitrary;
#[cfg(feature = "store")]
pub(crate) mod facts;
pub(crate) mod logistic;
pub(crate) mod made_store;
pub(crate) mod naive;
pub(crate) mod penalised;
pub(crate) mod tweets;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Whether the tests run in a checkout of git, of which runs then have the commit.
pub(crate) fn is_in_git() -> bool {
    has_commit(Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// Whether a folder is in a repository of git in which there is a commit: a fresh one has none.
pub(crate) fn has_commit(folder: &Path) -> bool {
    let Some(top) = folder.ancestors().find(|folder| folder.join(".git").exists()) else {
        return false;
    };
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    // In a worktree it is a file that says where the folder is, and the branches are elsewhere.
    let said = read(top.join(".git"));
    let git = top.join(said.strip_prefix("gitdir: ").unwrap_or(".git"));
    let shared = git.join(read(git.join("commondir")));
    let head = read(git.join("HEAD"));
    match head.strip_prefix("ref: ") {
        None => !head.is_empty(),
        Some(branch) => {
            let packed = read(shared.join("packed-refs"));
            let is_packed = packed.lines().any(|line| line.split(' ').nth(1) == Some(branch));
            is_packed || shared.join(branch).exists()
        }
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A file of public data that is not part of this repository: in the folder that `RESSENTI_DATA` names, else in
/// `../shared/data` beside it. `None` if it is not there; standard error then says that the test is skipped.
pub(crate) fn data_file(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = env::var_os("RESSENTI_DATA").map_or_else(beside, PathBuf::from).join(name);
    if !path.is_file() {
        eprintln!(
            "skipped: there is no {}; set RESSENTI_DATA to the folder of {name}",
            path.display()
        );
        return None;
    }
    Some(path)
}
