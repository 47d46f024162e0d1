//! Stores that MLflow made, for those tests that read them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// Unpacks one of the stores that MLflow made, and what its own client read there.
pub(crate) fn made_store(name: &str) -> Option<(tempfile::TempDir, PathBuf, Value)> {
    let expected = super::data_file(&format!("../mlflow/{name}.expected.json"))?;
    let folder = tempfile::tempdir().unwrap();
    let archive = expected.with_file_name(format!("{name}.tar.gz"));
    let tar = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(folder.path()).status();
    if !tar.is_ok_and(|status| status.success()) {
        eprintln!("skipped: tar cannot unpack the store");
        return None;
    }
    let store = folder.path().join("mlruns");
    let facts = serde_json::from_str(&fs::read_to_string(expected).unwrap()).unwrap();
    Some((folder, store, facts))
}
