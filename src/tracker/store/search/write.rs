//! Filters as texts of MLflow's grammar, which `parse` reads back equal; what that grammar cannot say has none.

use std::fmt::Write;

use super::filter::{Field, Filter, Test, TextAttribute};
use super::parse::{DATASET_PARTS, NUMBER_OPS, TEXT_ATTRIBUTES, TEXT_OPS, TIMES};

/// The text of a filter; nothing if MLflow's grammar has none.
pub(super) fn filter_text(filter: &Filter) -> Option<String> {
    let mut text = String::new();
    for clause in &filter.clauses {
        if !text.is_empty() {
            text.push_str(" AND ");
        }
        text.push_str(&field_text(&clause.field)?);
        text.push(' ');
        text.push_str(&test_text(&clause.field, &clause.test)?);
    }
    Some(text)
}

fn field_text(field: &Field) -> Option<String> {
    let own = |names: &str, key: &str| {
        let is_bare = key.starts_with(|c: char| c.is_ascii_alphabetic())
            && !key.ends_with('.')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        let key = match key {
            "" => return None,
            key if is_bare => key.to_owned(),
            key if !key.contains('`') => format!("`{key}`"),
            key => quote(key, '"')?,
        };
        Some(format!("{names}.{key}"))
    };
    let name = |name: Option<&str>| name.map(str::to_owned);
    match field {
        Field::Metric(key) => own("metrics", key),
        Field::Param(key) => own("params", key),
        Field::Tag(key) => own("tags", key),
        Field::Text(x) => name(TEXT_ATTRIBUTES.iter().find(|(_, y)| x == y).map(|(name, _)| *name)),
        Field::Time(x) => name(TIMES.iter().find(|(_, y)| x == y).map(|(name, _)| *name)),
        Field::Dataset(x) => {
            let part = DATASET_PARTS.iter().find(|(_, y)| x == y);
            part.map(|(name, _)| format!("datasets.{name}"))
        }
    }
}

fn test_text(field: &Field, test: &Test) -> Option<String> {
    let takes_null = matches!(field, Field::Param(_) | Field::Tag(_));
    let takes_list = matches!(field, Field::Dataset(_) | Field::Text(TextAttribute::RunId));
    let list = |word: &str, texts: &[String]| {
        if !takes_list || texts.is_empty() {
            return None;
        }
        let texts: Option<Vec<String>> = texts.iter().map(|text| quote_either(text)).collect();
        texts.map(|texts| format!("{word} ({})", texts.join(", ")))
    };
    match test {
        Test::Number(_, x) if x.is_nan() => None,
        Test::Number(op, x) => {
            let mut text = NUMBER_OPS.iter().find(|(_, y)| y == op)?.0.to_owned();
            // What is too great for a float is read as infinite.
            let _ = if x.is_finite() {
                write!(text, " {x:?}")
            } else {
                write!(text, " {}1e999", if *x < 0.0 { "-" } else { "" })
            };
            Some(text)
        }
        Test::Text(op, text) => {
            let (name, _) = TEXT_OPS.iter().find(|(_, y)| y == op)?;
            quote_either(text).map(|text| format!("{name} {text}"))
        }
        Test::In(texts) => list("IN", texts),
        Test::NotIn(texts) => list("NOT IN", texts),
        Test::IsNull => takes_null.then(|| "IS NULL".to_owned()),
        Test::IsNotNull => takes_null.then(|| "IS NOT NULL".to_owned()),
    }
}

fn quote_either(text: &str) -> Option<String> {
    quote(text, '\'').or_else(|| quote(text, '"'))
}

fn quote(text: &str, quote: char) -> Option<String> {
    let is_clear = !text.contains(quote) && !text.ends_with('\\');
    is_clear.then(|| format!("{quote}{text}{quote}"))
}
