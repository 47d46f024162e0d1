//! Which commit a program runs from: read from git's own files, without git. A folder comes in, 40 or 64 hexadecimal digits
//! go out, or nothing: whatever is odd about a repository costs no run.

use std::path::{Path, PathBuf};

use crate::fs::read_limited;

/// Far above a line.
const LINE: u64 = 1 << 12;
/// A hundred thousand packed references.
const PACKED: u64 = 1 << 24;

/// The commit that is checked out in the repository which `folder` is in.
pub(super) fn commit(folder: &Path) -> Option<String> {
    let git = folder.ancestors().find_map(git_folder)?;
    let head = line(&git.join("HEAD"))?;
    let Some(reference) = head.strip_prefix("ref: ") else {
        return is_commit(&head).then_some(head);
    };
    let inside = reference.starts_with("refs/") && !reference.split('/').any(|part| part == "..");
    if !inside {
        return None;
    }
    // A worktree has its own HEAD and shares the branches.
    let shared = line(&git.join("commondir")).map_or_else(|| git.clone(), |path| git.join(path));
    let loose = [&git, &shared].into_iter().find_map(|folder| line(&folder.join(reference)));
    let found = loose.or_else(|| packed(&shared, reference))?;
    is_commit(&found).then_some(found)
}

/// The folder of a repository whose top is here: `.git`, or what a file of that name says.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    let kind = std::fs::metadata(&git).ok()?;
    if kind.is_dir() {
        return Some(git);
    }
    Some(top.join(line(&git)?.strip_prefix("gitdir: ")?))
}

fn packed(git: &Path, reference: &str) -> Option<String> {
    let text = String::from_utf8(read_limited(&git.join("packed-refs"), PACKED).ok()?).ok()?;
    let found = text.lines().filter_map(|line| line.split_once(' '));
    found.into_iter().find(|(_, name)| *name == reference).map(|(commit, _)| commit.to_owned())
}

fn line(path: &Path) -> Option<String> {
    let text = String::from_utf8(read_limited(path, LINE).ok()?).ok()?;
    Some(text.trim().to_owned())
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef01234567";
    const TWO: &str = "89abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn a_commit_is_found_however_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (git, inner) = (folder.path().join(".git"), folder.path().join("a/b"));
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir_all(git.join("refs/heads")).unwrap();
        let head = |text: &str| fs::write(git.join("HEAD"), text).unwrap();
        assert_eq!(commit(&inner), None);
        head(&format!("{ONE}\n"));
        assert_eq!(commit(&inner).as_deref(), Some(ONE));
        head("ref: refs/heads/main\n");
        assert_eq!(commit(&inner), None);
        fs::write(git.join("packed-refs"), format!("# pack-refs\n{TWO} refs/heads/main\n^{ONE}\n"))
            .unwrap();
        assert_eq!(commit(&inner).as_deref(), Some(TWO));
        fs::write(git.join("refs/heads/main"), format!("{ONE}\n")).unwrap();
        assert_eq!(commit(&inner).as_deref(), Some(ONE));

        // A worktree.
        let (tree, own) = (folder.path().join("tree"), git.join("worktrees/tree"));
        fs::create_dir_all(&tree).unwrap();
        fs::create_dir_all(&own).unwrap();
        fs::write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        fs::write(own.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        assert_eq!(commit(&tree).as_deref(), Some(ONE));
    }

    #[test]
    fn an_odd_repository_has_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        for text in ["gitdir: nowhere", "", "\0"] {
            fs::write(&git, text).unwrap();
            assert_eq!(commit(folder.path()), None, "{text:?}");
        }
        fs::remove_file(&git).unwrap();
        fs::create_dir(&git).unwrap();
        fs::write(folder.path().join("secret"), ONE).unwrap();
        for head in ["", "ref: refs/../../secret", "ref: secret", "not a commit", &"0".repeat(41)] {
            fs::write(git.join("HEAD"), head).unwrap();
            assert_eq!(commit(folder.path()), None, "{head:?}");
        }
        fs::write(git.join("HEAD"), vec![b'0'; 5_000]).unwrap();
        assert_eq!(commit(folder.path()), None);
    }
}
