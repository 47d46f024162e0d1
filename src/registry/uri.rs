//! `models:/` and `runs:/` URIs, as MLflow reads them. Text in, what it names out; nothing is looked up here.

use super::stage::Stage;
use crate::error::{Error, RegistryError, Result};

/// What a URI names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ModelUri {
    /// `models:/name/…` or `models:/name@alias`
    Version { name: String, which: Which },
    /// `models:/m-…`: a logged model of MLflow 3.
    Logged { id: String },
    /// `runs:/id/path`
    Run { id: String, path: String },
}

/// Which version of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    Number(u32),
    /// The highest in the stage.
    Stage(Stage),
    /// The highest of all.
    Latest,
    Alias(String),
}

impl ModelUri {
    pub(super) fn parse(uri: &str) -> Result<Self> {
        let refuse = |problem: &str| Err(refused(uri, problem));
        if let Some(path) = uri.strip_prefix("models:/") {
            return match path.split('/').collect::<Vec<_>>()[..] {
                [name] => match name.rsplit_once('@') {
                    Some((name, alias)) if !name.is_empty() && !alias.is_empty() => {
                        let which = Which::Alias(alias.to_owned());
                        Ok(Self::Version { name: name.to_owned(), which })
                    }
                    None if is_logged(name) => Ok(Self::Logged { id: name.to_owned() }),
                    _ => refuse("says neither which version nor which alias"),
                },
                [name, which] if !name.is_empty() && !which.is_empty() => {
                    let Some(which) = Which::parse(which) else {
                        return refuse(&format!(
                            "asks for {which:?}, which is no version and no stage"
                        ));
                    };
                    Ok(Self::Version { name: name.to_owned(), which })
                }
                _ => refuse("is not of two parts"),
            };
        }
        if let Some(path) = uri.strip_prefix("runs:/") {
            return match path.trim_start_matches('/').split_once('/') {
                Some((id, path)) if !id.is_empty() && !path.is_empty() => {
                    Ok(Self::Run { id: id.to_owned(), path: path.trim_end_matches('/').to_owned() })
                }
                _ => refuse("does not say which artifact of the run"),
            };
        }
        refuse("starts with neither models:/ nor runs:/")
    }
}

impl Which {
    fn parse(text: &str) -> Option<Self> {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(Self::Number);
        }
        if text.eq_ignore_ascii_case("latest") {
            return Some(Self::Latest);
        }
        Stage::from_name(text).map(Self::Stage)
    }
}

fn is_logged(name: &str) -> bool {
    name.strip_prefix("m-")
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()))
}

pub(super) fn refused(uri: &str, problem: &str) -> Error {
    RegistryError::Uri { uri: uri.to_owned(), problem: problem.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_those_of_mlflow() {
        let version = |name: &str, which| ModelUri::Version { name: name.to_owned(), which };
        let run = |id: &str, path: &str| ModelUri::Run { id: id.to_owned(), path: path.to_owned() };
        let table = [
            ("models:/m/3", version("m", Which::Number(3))),
            ("models:/m/Production", version("m", Which::Stage(Stage::Production))),
            ("models:/m/production", version("m", Which::Stage(Stage::Production))),
            ("models:/m/None", version("m", Which::Stage(Stage::None))),
            ("models:/m/Latest", version("m", Which::Latest)),
            ("models:/a b@c@champion", version("a b@c", Which::Alias("champion".to_owned()))),
            ("models:/a@b/1", version("a@b", Which::Number(1))),
            ("models:/m-0af3", ModelUri::Logged { id: "m-0af3".to_owned() }),
            ("runs:/0af3/model", run("0af3", "model")),
            ("runs:/0af3/eval/model/", run("0af3", "eval/model")),
        ];
        for (uri, expected) in table {
            assert_eq!(ModelUri::parse(uri).unwrap(), expected, "{uri}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_what_is_allowed() {
        let table = [
            ("m/3", "starts with neither models:/ nor runs:/"),
            ("models:/", "says neither which version nor which alias"),
            ("models:/m", "says neither which version nor which alias"),
            ("models:/m@", "says neither which version nor which alias"),
            ("models:/@a", "says neither which version nor which alias"),
            ("models:/m/", "is not of two parts"),
            ("models:/m/3/x", "is not of two parts"),
            ("models:/m/live", "asks for \"live\", which is no version and no stage"),
            ("models:/m/99999999999", "asks for \"99999999999\", which is no version and no stage"),
            ("runs:/0af3", "does not say which artifact of the run"),
        ];
        for (uri, problem) in table {
            let error = ModelUri::parse(uri).unwrap_err().to_string();
            assert!(error.starts_with(&format!("registry: {uri:?} {problem}; write ")), "{error}");
        }
    }
}
