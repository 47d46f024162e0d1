//! MLflow itself, on what killed writers left.

use std::env;
use std::path::Path;
use std::process::Command;

/// Has a program of `tests/mlflow` list a store, if `RESSENTI_MLFLOW_PYTHON` names a Python that has MLflow.
pub(crate) fn list_by_mlflow(program: &str, store: &Path) {
    let Some(python) = env::var_os("RESSENTI_MLFLOW_PYTHON") else { return };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mlflow").join(program);
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .args([program.as_os_str(), store.as_os_str(), "--list".as_ref()])
        .current_dir(empty.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{error}", String::from_utf8_lossy(&output.stdout));
    print!("{}", String::from_utf8_lossy(&output.stdout));
}
