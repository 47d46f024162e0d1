//! Which names of models and aliases MLflow's files and URIs can hold. Names come in, nothing or an error goes out; what
//! exists is not known here.

use super::stage::Stage;
use crate::error::{Error, RegistryError, Result};
use crate::tracker::names::is_word;

/// Bytes of a name; the limit of common file systems.
const BYTES: usize = 255;
/// Characters of an alias.
const ALIAS_LIMIT: usize = 255;
/// Characters of a tag's value.
const TAG_LIMIT: usize = 100_000;

/// `Err` unless `name` is one for a new model: a folder's name on every system, and one that MLflow can look up.
pub(super) fn check_model_name(name: &str) -> Result<()> {
    check_found_name(name)?;
    let problem = if name.starts_with("..") {
        "starts with \"..\"; leave the dots out".to_owned()
    } else if let Some(c) = name.chars().find(|c| matches!(c, ':' | '%' | '\\')) {
        format!("contains {c:?}; leave it out")
    } else if name.contains('\'') {
        "contains '\\''; MLflow cannot search for such a name".to_owned()
    } else if let Some(c) = name.chars().find(|&c| c.is_control() || matches!(c, '?' | '#')) {
        format!("contains {c:?}; a URI such as models:/NAME/1 could not hold it")
    } else {
        return Ok(());
    };
    Err(invalid("model name", name, problem))
}

/// `Err` unless `name` can be that of a folder in the registry, whoever made it.
pub(super) fn check_found_name(name: &str) -> Result<()> {
    let problem = if name.trim().is_empty() {
        "is blank; give at least one letter".to_owned()
    } else if matches!(name, "." | "..") {
        "is no name of a folder".to_owned()
    } else if let Some(c) =
        name.chars().find(|&c| matches!(c, '/' | '\0') || c == '\\' && cfg!(windows))
    {
        format!("contains {c:?}; leave it out")
    } else if name.len() > BYTES {
        format!("has {} bytes; the limit is {BYTES}", name.len())
    } else {
        return Ok(());
    };
    Err(invalid("model name", name, problem))
}

/// `Err` unless `alias` is one that a user may set.
pub(super) fn check_alias(alias: &str) -> Result<()> {
    let characters = alias.chars().count();
    let is_version = alias
        .strip_prefix(['v', 'V'])
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let problem = if characters == 0 {
        "is empty; give at least one character".to_owned()
    } else if let Some(c) = alias.chars().find(|&c| !is_word(c) && c != '-') {
        format!("contains {c:?}; use letters, digits, _ and -")
    } else if characters > ALIAS_LIMIT {
        format!("has {characters} characters; the limit is {ALIAS_LIMIT}")
    } else if alias.len() > BYTES {
        format!("has {} bytes; the limit is {BYTES}", alias.len())
    } else if alias.eq_ignore_ascii_case("latest") || is_version {
        "has a meaning of its own; use another".to_owned()
    } else if let Some(stage) = Stage::of_alias(alias) {
        format!("goes where the stage {stage} goes; move a version to {stage} instead")
    } else {
        return Ok(());
    };
    Err(invalid("alias", alias, problem))
}

/// `Err` for a value of a tag that MLflow would refuse.
pub(super) fn check_tag_value(value: &str) -> Result<()> {
    match value.chars().count() {
        length if length > TAG_LIMIT => {
            let problem = format!("has {length} characters; the limit is {TAG_LIMIT}");
            Err(invalid("tag value", value, problem))
        }
        _ => Ok(()),
    }
}

/// `Err` if another name is the same but for its case: a system that does not tell them apart would merge the two.
pub(super) fn check_case<'n>(
    what: &'static str,
    name: &str,
    others: impl IntoIterator<Item = &'n str>,
) -> Result<()> {
    let lower = name.to_lowercase();
    match others.into_iter().find(|other| *other != name && other.to_lowercase() == lower) {
        Some(other) => {
            let problem = format!(
                "differs from {other:?} in case only, which not every file system tells apart; use that, or another name"
            );
            Err(invalid(what, name, problem))
        }
        None => Ok(()),
    }
}

/// The error for a new model under the name of another.
pub(super) fn taken(name: &str) -> Error {
    invalid("model name", name, "is taken; create_version adds a version to it".to_owned())
}

pub(super) fn invalid(what: &'static str, found: &str, problem: String) -> Error {
    const SHOWN: usize = 255;
    let mut shown: String = found.chars().take(SHOWN).collect();
    if shown.len() < found.len() {
        shown.push('…');
    }
    RegistryError::InvalidName { what, found: shown, problem }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<()>) -> String {
        result.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn names_of_models_are_those_that_mlflow_can_look_up() {
        for name in ["m", "a b", "a\"b", ".dot", "été-😀", "a@b", "v1", "latest", &"x".repeat(255)]
        {
            assert_eq!(text(check_model_name(name)), "fine", "{name}");
        }
        let table = [
            ("", "is blank; give at least one letter"),
            (" ", "is blank; give at least one letter"),
            (".", "is no name of a folder"),
            ("..", "is no name of a folder"),
            ("..x", "starts with \"..\"; leave the dots out"),
            ("a/b", "contains '/'; leave it out"),
            ("../x", "contains '/'; leave it out"),
            ("a:b", "contains ':'; leave it out"),
            ("a%20", "contains '%'; leave it out"),
            ("a\\b", "contains '\\\\'; leave it out"),
            ("it's", "contains '\\''; MLflow cannot search for such a name"),
            ("a\nb", "contains '\\n'; a URI such as models:/NAME/1 could not hold it"),
            ("a?b", "contains '?'; a URI such as models:/NAME/1 could not hold it"),
        ];
        for (name, problem) in table {
            let expected = format!("registry: model name {name:?} {problem}");
            assert_eq!(text(check_model_name(name)), expected);
        }
        let long = "é".repeat(128);
        assert_eq!(
            text(check_model_name(&long)),
            format!("registry: model name {long:?} has 256 bytes; the limit is 255")
        );
    }

    #[test]
    fn aliases_are_words_without_another_meaning() {
        for alias in ["champion", "Challenger", "a-b_c", "é", "v", "v1a", "1", &"x".repeat(255)] {
            assert_eq!(text(check_alias(alias)), "fine", "{alias}");
        }
        let table = [
            ("", "is empty; give at least one character"),
            ("a b", "contains ' '; use letters, digits, _ and -"),
            ("../x", "contains '.'; use letters, digits, _ and -"),
            ("a'b", "contains '\\''; use letters, digits, _ and -"),
            ("Latest", "has a meaning of its own; use another"),
            ("v12", "has a meaning of its own; use another"),
            (
                "PRODUCTION",
                "goes where the stage Production goes; move a version to Production instead",
            ),
        ];
        for (alias, problem) in table {
            assert_eq!(text(check_alias(alias)), format!("registry: alias {alias:?} {problem}"));
        }
        assert!(
            text(check_alias(&"x".repeat(256))).ends_with(" has 256 characters; the limit is 255")
        );
        assert!(text(check_alias(&"é".repeat(128))).ends_with(" has 256 bytes; the limit is 255"));
    }

    #[test]
    fn names_that_differ_in_case_only_clash() {
        assert_eq!(text(check_case("alias", "a", ["a", "b"])), "fine");
        assert_eq!(
            text(check_case("alias", "É", ["é"])),
            "registry: alias \"É\" differs from \"é\" in case only, which not every file system tells apart; use that, or \
             another name"
        );
    }
}
