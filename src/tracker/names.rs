//! Which keys, artifact paths and param values MLflow's files can hold: the same rules for every tracker of this room.
//!
//! Names come in, nothing or an error goes out. Files are not touched here; but since every key becomes one, `a` and `a/b`
//! exclude each other, in memory too.

use std::collections::BTreeMap;
use std::ops::Bound;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::Value;
use crate::error::{Result, TrackingError};

/// Characters of a key.
const KEY_LIMIT: usize = 250;
/// Bytes of one part of a path; the limit of common file systems.
const PART_LIMIT: usize = 255;
/// Characters of a param's value.
const PARAM_LIMIT: usize = 6_000;

/// Tags that say what a training needs to be repeated: the version of this crate, …
pub(crate) const VERSION_TAG: &str = "ressenti.version";
/// … its features, …
pub(crate) const FEATURES_TAG: &str = "ressenti.features";
/// … the machine, and the versions of the tables that texts are cut by, …
pub(crate) const BUILD_TAGS: [&str; 3] =
    ["ressenti.target", "ressenti.unicode", "ressenti.stemmer"];
/// … the digest of the data, …
pub(crate) const DATA_TAG: &str = "ressenti.data.digest";
/// … and what was given besides and is not recorded.
pub(crate) const OPTIONS_TAG: &str = "ressenti.options";
/// The SHA-256 of the model file.
pub(crate) const MODEL_TAG: &str = "ressenti.model.sha256";

/// `Err` unless `key` is what MLflow takes for params, metrics and tags.
pub(crate) fn check_key(what: &'static str, key: &str) -> Result<()> {
    let is_legal = |c: char| is_word(c) || matches!(c, '/' | '.' | '-' | ' ') || is_colon(c);
    if let Some(c) = key.chars().find(|&c| !is_legal(c)) {
        let colon = if cfg!(windows) { "" } else { ": " };
        let problem = format!("contains {c:?}; use letters, digits, _ - . {colon}/ and space");
        return Err(invalid(what, key, problem));
    }
    let characters = key.chars().count();
    if characters > KEY_LIMIT {
        let problem = format!("has {characters} characters; the limit is {KEY_LIMIT}");
        return Err(invalid(what, key, problem));
    }
    if key.starts_with("..") {
        return Err(invalid(what, key, "starts with \"..\"; leave the dots out".to_owned()));
    }
    check_parts(what, key)
}

/// `Err` unless `path` stays inside the folder of artifacts on every system and MLflow can open what it names.
pub(super) fn check_artifact_path(path: &str) -> Result<()> {
    const WHAT: &str = "artifact path";
    check_inside(path)?;
    let is_illegal = |c: char| c.is_control() || c == '#' || c == ':' && !is_colon(c);
    if let Some(c) = path.chars().find(|&c| is_illegal(c)) {
        let problem = format!("contains {c:?}; leave it out");
        return Err(invalid(WHAT, path, problem));
    }
    let mut pairs = path.as_bytes().windows(3);
    if pairs.any(|w| w[0] == b'%' && w[1].is_ascii_hexdigit() && w[2].is_ascii_hexdigit()) {
        let problem = "contains % and two hex digits, which MLflow would decode; leave it out";
        return Err(invalid(WHAT, path, problem.to_owned()));
    }
    Ok(())
}

/// `Err` unless `path` stays inside the folder of artifacts on every system: what must hold for reading, too.
pub(crate) fn check_inside(path: &str) -> Result<()> {
    const WHAT: &str = "artifact path";
    if matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic()) {
        return Err(invalid(WHAT, path, "starts with a drive; give a relative path".to_owned()));
    }
    if let Some(c) = path.chars().find(|c| matches!(c, '\\' | '\0')) {
        return Err(invalid(WHAT, path, format!("contains {c:?}; separate folders by /")));
    }
    check_parts(WHAT, path)
}

/// The rules of a relative path in its only spelling.
fn check_parts(what: &'static str, path: &str) -> Result<()> {
    let problem = if path.is_empty() {
        "is empty; give at least one character".to_owned()
    } else if path.starts_with('/') {
        "starts with \"/\"; give a relative path".to_owned()
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        "has a part that is empty, \".\" or \"..\"; a name is a path in its shortest form"
            .to_owned()
    } else if let Some(long) = path.split('/').find(|part| part.len() > PART_LIMIT) {
        format!("has a part of {} bytes; the limit between slashes is {PART_LIMIT}", long.len())
    } else {
        return Ok(());
    };
    Err(invalid(what, path, problem))
}

/// The error for a key that would be a file and a folder at once.
pub(super) fn clash(what: &'static str, key: &str, other: &str) -> crate::Error {
    let problem = format!("clashes with {other:?}; names are paths, and a file cannot hold others");
    invalid(what, key, problem)
}

/// The error for a key that another one, of other case, already stands for.
pub(super) fn clash_of_case(what: &'static str, key: &str, other: &str) -> crate::Error {
    let problem = format!(
        "differs from {other:?} by case only; file systems that do not tell case apart would take them for one"
    );
    invalid(what, key, problem)
}

/// The folders on the way to a name, from the top, and the name.
pub(super) fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    let folders = name.match_indices('/').map(|(end, _)| &name[..end]);
    folders.chain(std::iter::once(name))
}

pub(super) fn invalid(what: &'static str, found: &str, problem: String) -> crate::Error {
    let mut shown: String = found.chars().take(KEY_LIMIT).collect();
    if shown.len() < found.len() {
        shown.push('…');
    }
    TrackingError::InvalidName { what, found: shown, problem }.into()
}

/// `Err` if one of `taken` would have to be a folder for `key` to be a file, or the other way round, or if it differs by
/// case only, as a whole or up to a slash.
pub(crate) fn check_free<T>(
    what: &'static str,
    key: &str,
    taken: &BTreeMap<String, T>,
) -> Result<()> {
    if taken.contains_key(key) {
        return Ok(());
    }
    let mine: Vec<(&str, String)> = prefixes(key).map(|x| (x, x.to_lowercase())).collect();
    for other in taken.keys().flat_map(|other| prefixes(other)) {
        if mine.iter().any(|(x, lower)| *x != other && *lower == other.to_lowercase()) {
            return Err(clash_of_case(what, key, other));
        }
    }
    let above = key.match_indices('/').map(|(end, _)| &key[..end]).find(|k| taken.contains_key(*k));
    let folder = format!("{key}/");
    let below = taken.range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded)).next();
    let below = below.map(|(k, _)| k.as_str()).filter(|k| k.starts_with(&folder));
    above.or(below).map_or(Ok(()), |other| Err(clash(what, key, other)))
}

/// A param's value as text, cut to 6,000 characters as MLflow does unless told otherwise.
pub(super) fn param_text(value: &Value<'_>) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(PARAM_LIMIT) {
        text.truncate(end);
    }
    text
}

/// Python's `\w`.
pub(crate) fn is_word(c: char) -> bool {
    let group = || c.general_category_group();
    c.is_ascii_alphanumeric()
        || c == '_'
        || !c.is_ascii()
            && matches!(group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
}

/// A colon, where files may have one in their names.
fn is_colon(c: char) -> bool {
    c == ':' && !cfg!(windows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(result: Result<()>) -> String {
        result.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn keys_are_those_of_mlflow() {
        let long = "k".repeat(250);
        let parts = format!("{}/{}", "é".repeat(120), "x".repeat(129));
        for key in [
            "C",
            "val/loss",
            "mlflow.note.content",
            "a b-c_d",
            ".x",
            "naïve",
            "数/٣",
            &long,
            &parts,
        ] {
            assert_eq!(text(check_key("param key", key)), "fine", "{key}");
        }
    }

    /// Python's `posixpath.normpath`, as its documentation has it.
    fn normpath(path: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
                ".." if path.starts_with('/') => {}
                part => parts.push(part),
            }
        }
        let slashes = match path.bytes().take_while(|&b| b == b'/').count() {
            2 => "//",
            0 => "",
            _ => "/",
        };
        let path = format!("{slashes}{}", parts.join("/"));
        if path.is_empty() { ".".to_owned() } else { path }
    }

    proptest! {
        /// MLflow's rule, word for word, and the limit of the file system.
        #[test]
        fn a_key_is_legal_if_mlflow_takes_it(
            key in "[a.]{1,4}|[aé_. :/\\-]{0,12}|\\PC{0,8}|[a/]{240,260}|[é/]{120,135}"
        ) {
            let word = |c: char| is_word(c) || "/. -".contains(c) || c == ':' && !cfg!(windows);
            let taken = key.chars().all(word)
                && normpath(&key) == key
                && !key.starts_with('/')
                && !key.starts_with("..")
                && key != "."
                && !key.is_empty()
                && key.chars().count() <= 250
                && key.split('/').all(|part| part.len() <= 255);
            prop_assert_eq!(check_key("param key", &key).is_ok(), taken);
        }

        #[test]
        fn a_legal_artifact_path_stays_inside(path in "[a./:%# é\\\\-]{0,10}|\\PC{0,10}") {
            if check_artifact_path(&path).is_ok() {
                prop_assert_eq!(normpath(&path), path.as_str());
                prop_assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."));
            }
        }
    }

    #[test]
    fn other_keys_are_refused_with_a_reason() {
        let form =
            "has a part that is empty, \".\" or \"..\"; a name is a path in its shortest form";
        let table = [
            ("", "is empty; give at least one character"),
            ("/a", "starts with \"/\"; give a relative path"),
            ("../a", "starts with \"..\"; leave the dots out"),
            ("..a", "starts with \"..\"; leave the dots out"),
            (".", form),
            ("a//b", form),
            ("a/", form),
            ("a/./b", form),
            ("a/../b", form),
        ];
        for (key, problem) in table {
            let expected = format!("tracking: metric key {key:?} {problem}");
            assert_eq!(text(check_key("metric key", key)), expected);
        }
        for (key, c) in
            [("a?", '?'), ("a\n", '\n'), ("a\\b", '\\'), ("😀", '😀'), ("a\u{301}", '\u{301}')]
        {
            let expected = format!("tracking: metric key {key:?} contains {c:?}; use letters, ");
            let found = text(check_key("metric key", key));
            assert!(found.starts_with(&expected), "{found}");
        }
    }

    #[test]
    fn keys_have_two_limits() {
        let over = "k".repeat(251);
        assert_eq!(
            text(check_key("tag key", &over)),
            format!(
                "tracking: tag key \"{}…\" has 251 characters; the limit is 250",
                "k".repeat(250)
            )
        );
        let bytes = "é".repeat(128);
        assert_eq!(
            text(check_key("tag key", &bytes)),
            format!(
                "tracking: tag key {bytes:?} has a part of 256 bytes; the limit between slashes is 255"
            )
        );
    }

    #[test]
    fn artifact_paths_stay_inside() {
        for path in ["model.ressenti", "eval/nested/report 1.txt", "100%.txt", "été/😀.png", "..a"]
        {
            assert_eq!(text(check_artifact_path(path)), "fine", "{path}");
        }
        let bad = [
            "",
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "a\\..\\x",
            "C:x",
            "c:/x",
            "a//b",
            "./a",
            "a/",
            "a#b",
            "a%2e%2e/b",
            "a\nb",
            "a\0b",
        ];
        for path in bad {
            let found = text(check_artifact_path(path));
            assert!(found.starts_with(&format!("tracking: artifact path {path:?} ")), "{found}");
        }
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(param_text(&"é".repeat(6_000).into()), "é".repeat(6_000));
        assert_eq!(param_text(&"é".repeat(6_001).into()), "é".repeat(6_000));
    }
}
