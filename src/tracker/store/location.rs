//! Where folders are: paths and `file:` URIs, in and out. Other schemes, and other machines, are not for a file store.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf, absolute};

use crate::error::{Error, Result, TrackingError};

/// The absolute folder that a user's path or `file:` URI names.
pub(super) fn folder(location: &Path) -> Result<PathBuf> {
    let named = match location.to_str() {
        Some("") => return Err(refused("", "is empty")),
        Some(text) => local_path(text)?,
        // A URI is text; what is not can only be a path, and one that no URI in a `meta.yaml` could name.
        None => return Err(refused(&location.to_string_lossy(), "is not valid Unicode")),
    };
    let whole = absolute(&named).map_err(Error::io("find", &named))?;
    // Links stay as they are spelt, unless `..` makes the spelling depend on where they lead.
    if whole.components().any(|part| part == Component::ParentDir) {
        std::fs::create_dir_all(&whole).map_err(Error::io("create", &whole))?;
        return std::fs::canonicalize(&whole).map_err(Error::io("find", &whole));
    }
    Ok(whole)
}

/// The `file:` URI of an absolute folder.
pub(crate) fn file_uri(folder: &Path) -> Result<String> {
    let Some(path) = folder.to_str() else {
        return Err(refused(&folder.to_string_lossy(), "is not valid Unicode"));
    };
    let path = if cfg!(windows) { windows_spelling(path) } else { path.to_owned() };
    let mut uri = "file://".to_owned();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(byte.into()),
            b':' if cfg!(windows) => uri.push(':'),
            b if b.is_ascii_alphanumeric() => uri.push(b.into()),
            // Writing to a String cannot fail.
            b => _ = write!(uri, "%{b:02X}"),
        }
    }
    Ok(uri)
}

/// The path that a location names, as MLflow reads it: a `file:` URI is percent-decoded, a plain path never is.
pub(crate) fn local_path(location: &str) -> Result<PathBuf> {
    let Some((scheme, rest)) = scheme(location) else {
        return Ok(location.into());
    };
    if !scheme.eq_ignore_ascii_case("file") {
        return Err(refused(location, &format!("has the scheme {scheme:?}, which is no folder")));
    }
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(rest) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                let problem =
                    format!("names the host {host:?}; only this machine's files are read");
                return Err(refused(location, &problem));
            }
            path
        }
    };
    if path.contains(['?', '#']) {
        return Err(refused(location, "has a query or a fragment; write ? as %3F and # as %23"));
    }
    let Some(path) = decode(path) else {
        return Err(refused(location, "does not decode to valid Unicode"));
    };
    if path.is_empty() || path.contains('\0') {
        return Err(refused(location, "names no folder"));
    }
    let drive = cfg!(windows) && path.starts_with('/') && path.as_bytes().get(2) == Some(&b':');
    Ok(path[usize::from(drive)..].into())
}

/// Splits `scheme:rest`. One letter is a drive; and of a word that is not `file`, only `scheme:/`, as in `dbfs:/` and
/// `mlflow-artifacts:/`, is more likely a URI than a path.
fn scheme(location: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = location.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'));
    let is_uri = is_scheme && (scheme.eq_ignore_ascii_case("file") || rest.starts_with('/'));
    is_uri.then_some((scheme, rest))
}

/// Percent-decoding. What is not an escape stays, as in Python.
fn decode(text: &str) -> Option<String> {
    let hex = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte, hex(bytes.get(at + 1)), hex(bytes.get(at + 2)));
        if let (b'%', Some(high), Some(low)) = escaped {
            decoded.push((high * 16 + low) as u8);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

/// `C:\a b` as `/C:/a b`; the prefix that the system puts before canonical paths goes.
fn windows_spelling(path: &str) -> String {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path).replace('\\', "/");
    if path.starts_with('/') { path } else { format!("/{path}") }
}

fn refused(location: &str, problem: &str) -> Error {
    TrackingError::Location { location: location.to_owned(), problem: problem.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_file_uris_name_folders() {
        let table = [
            ("mlruns", "mlruns"),
            ("/a b/100%20", "/a b/100%20"),
            ("C:\\mlruns", "C:\\mlruns"),
            ("C:/mlruns", "C:/mlruns"),
            ("odd:name", "odd:name"),
            ("file:///a%20b/%C3%A9", "/a b/é"),
            ("file:///a b/é", "/a b/é"),
            ("file:///100%/x%zz", "/100%/x%zz"),
            ("file://localhost/srv", "/srv"),
            ("FILE:/srv", "/srv"),
            ("file:./mlruns", "./mlruns"),
            ("file:mlruns", "mlruns"),
        ];
        for (location, path) in table {
            assert_eq!(local_path(location).unwrap(), Path::new(path), "{location}");
        }
    }

    #[test]
    fn other_places_are_refused_with_what_is_allowed() {
        let table = [
            ("sqlite:///mlflow.db", "has the scheme \"sqlite\", which is no folder"),
            ("http://localhost:5000", "has the scheme \"http\", which is no folder"),
            ("s3://bucket/mlruns", "has the scheme \"s3\", which is no folder"),
            ("dbfs:/mlruns", "has the scheme \"dbfs\", which is no folder"),
            ("mlflow-artifacts:/0", "has the scheme \"mlflow-artifacts\", which is no folder"),
            (
                "file://server/share",
                "names the host \"server\"; only this machine's files are read",
            ),
            ("file://./mlruns", "names the host \".\"; only this machine's files are read"),
            ("file:///a?b", "has a query or a fragment; write ? as %3F and # as %23"),
            ("file:///%ff", "does not decode to valid Unicode"),
            ("file:///a%00", "names no folder"),
            ("file://", "names no folder"),
            ("file:", "names no folder"),
        ];
        for (location, problem) in table {
            assert_eq!(
                local_path(location).unwrap_err().to_string(),
                format!(
                    "tracking: {location:?} {problem}; give a path, or a URI such as file:///srv/mlruns"
                )
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_survives_the_way_to_its_uri_and_back() {
        let path = Path::new("/a b/é😀/100%/#?/x:y");
        let uri = file_uri(path).unwrap();
        assert_eq!(uri, "file:///a%20b/%C3%A9%F0%9F%98%80/100%25/%23%3F/x%3Ay");
        assert_eq!(local_path(&uri).unwrap(), path);
    }

    #[test]
    fn windows_paths_have_their_own_spelling() {
        assert_eq!(windows_spelling(r"C:\a b"), "/C:/a b");
        assert_eq!(windows_spelling(r"\\?\C:\a"), "/C:/a");
    }
}
