//! Saving where it is not easy: an error that leaves what was there, or the whole new file; never a mixture.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, thread};

use crate::common::again::only;
use ressenti::{Error, Pipeline};

/// Names the file that a child saves to; without it the children's tests do nothing.
const PATH: &str = "RESSENTI_WRITING_PATH";

fn model(n: usize) -> Pipeline {
    let texts: Vec<String> = (0..2_000).map(|i| format!("word{i} good{}", i % 7)).collect();
    let labels: Vec<bool> = (0..texts.len()).map(|i| i % n == 0).collect();
    Pipeline::builder().fit(&texts, &labels).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// Saves a model in a child, which prints the kind of the error.
fn save_in_child(path: &Path, command: &mut Command) -> String {
    let output =
        command.args(only(child_that_saves)).arg("--nocapture").env(PATH, path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "a child of other tests"]
fn child_that_saves() {
    let Some(path) = env::var_os(PATH).map(PathBuf::from) else { return };
    match model(5).save(&path) {
        Ok(()) => println!("saved"),
        Err(Error::Io { action, path: at, cause }) => {
            println!("cannot {action} {}: {:?}", at.display(), cause.kind());
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_folder_that_is_read_only_keeps_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let old = model(3);
    old.save(&path).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    // Nothing is read-only for root, so the child is nobody.
    let copy = tempfile::tempdir().unwrap();
    let program = copy.path().join("test");
    fs::copy(env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(copy.path(), Permissions::from_mode(0o755)).unwrap();
    let nobody = |command: &mut Command| {
        command.current_dir("/").uid(65_534);
    };
    let mut command = Command::new(&program);
    if fs::write(folder.path().join("probe"), b"").is_ok() {
        fs::remove_file(folder.path().join("probe")).unwrap();
        nobody(&mut command);
    }
    let said = save_in_child(&path, &mut command);
    assert!(said.contains(&format!("cannot write {}: PermissionDenied", path.display())), "{said}");
    assert!(fs::read(&path).unwrap() == old.to_bytes());
    assert_eq!(names(folder.path()), ["model"]);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_disk_that_is_full_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let old = model(3);
    old.save(&path).unwrap();
    assert!(old.to_bytes().len() > 2 * 8192);
    // A file can be no longer than 8 kB, and the signal that would kill is ignored.
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" XFSZ; ulimit -f 16; exec "$0" "$@""#]);
    shell.arg(env::current_exe().unwrap());
    let said = save_in_child(&path, &mut shell);
    assert!(said.contains(&format!("cannot write {}: FileTooLarge", path.display())), "{said}");
    assert!(fs::read(&path).unwrap() == old.to_bytes());
    assert_eq!(names(folder.path()), ["model"]);
}

#[test]
fn a_path_need_not_be_utf_8() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(OsStr::from_bytes(b"mod\xffel \xc3"));
    let model = model(3);
    match model.save(&path) {
        Ok(()) => {
            assert!(Pipeline::load(&path).unwrap().to_bytes() == model.to_bytes());
            assert_eq!(Pipeline::peek(&path).unwrap(), model.card());
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
        // Not every file system has such names.
        Err(Error::Io { cause, .. }) => {
            assert!(matches!(cause.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidFilename));
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_link_stays_and_its_file_is_replaced_with_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (path, link) = (elsewhere.path().join("model"), folder.path().join("link"));
    model(3).save(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    symlink(&path, &link).unwrap();
    let new = model(5);
    new.save(&link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read(&path).unwrap() == new.to_bytes());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(Pipeline::load(&link).unwrap().to_bytes() == new.to_bytes());
    assert_eq!((names(folder.path()).len(), names(elsewhere.path()).len()), (1, 1));
}

#[test]
fn of_many_savers_of_one_path_one_wins_and_none_is_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let models = [3, 5, 7].map(model);
    let bytes = models.each_ref().map(Pipeline::to_bytes);
    models[0].save(&path).unwrap();
    thread::scope(|scope| {
        for model in &models {
            for _ in 0..2 {
                scope.spawn(|| (0..10).for_each(|_| model.save(&path).unwrap()));
            }
        }
        for _ in 0..60 {
            let found = fs::read(&path).unwrap();
            assert!(bytes.contains(&found), "{} bytes of a mixture", found.len());
        }
    });
    let loaded = Pipeline::load(&path).unwrap().to_bytes();
    assert!(bytes.contains(&loaded));
    assert_eq!(names(folder.path()), ["model"]);
}
