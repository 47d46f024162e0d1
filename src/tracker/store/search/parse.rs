//! MLflow's texts of filters and orders, read into values; `write` goes the other way. What they mean of a run is not known here.
//!
//! ```text
//! filter     = clause { [AND] clause }            no OR, no NOT before a clause, no parentheses around one
//! clause     = what operator value
//! what       = prefix "." key | attribute         a key of letters, digits, _ and . stands bare, others in ` or "
//! operator   = "=" | "!=" | ">" | ">=" | "<" | "<=" | LIKE | ILIKE | [NOT] IN | IS [NOT] NULL
//! value      = number | 'text' | "text" | ( text, text )
//! order      = what [ASC | DESC]
//! ```
//!
//! Words are taken in any case but prefixes and names. There are no escapes: what stands between quotes is the text. MLflow
//! reads with an SQL tokenizer, and takes some nonsense that is refused here (see `tests/golden/search/README.md`).

use super::filter::{
    Clause, DatasetPart, Field, Filter, NumberOp, Test, TextAttribute, TextOp, TimeAttribute,
};
use super::order::Order;
use crate::error::{Error, Result, TrackingError};

pub(super) const TEXT_ATTRIBUTES: [(&str, TextAttribute); 8] = [
    ("run_id", TextAttribute::RunId),
    ("run_name", TextAttribute::RunName),
    ("status", TextAttribute::Status),
    ("user_id", TextAttribute::UserId),
    ("artifact_uri", TextAttribute::ArtifactUri),
    ("run name", TextAttribute::RunName),
    ("Run name", TextAttribute::RunName),
    ("Run Name", TextAttribute::RunName),
];
/// So many of the names are not spellings of another.
const OWN_NAMES: usize = 5;
pub(super) const TIMES: [(&str, TimeAttribute); 4] = [
    ("start_time", TimeAttribute::Start),
    ("end_time", TimeAttribute::End),
    ("created", TimeAttribute::Start),
    ("Created", TimeAttribute::Start),
];
pub(super) const DATASET_PARTS: [(&str, DatasetPart); 3] = [
    ("name", DatasetPart::Name),
    ("digest", DatasetPart::Digest),
    ("context", DatasetPart::Context),
];
pub(super) const NUMBER_OPS: [(&str, NumberOp); 6] = [
    ("=", NumberOp::Eq),
    ("!=", NumberOp::Ne),
    (">", NumberOp::Gt),
    (">=", NumberOp::Ge),
    ("<", NumberOp::Lt),
    ("<=", NumberOp::Le),
];
pub(super) const TEXT_OPS: [(&str, TextOp); 4] =
    [("=", TextOp::Eq), ("!=", TextOp::Ne), ("LIKE", TextOp::Like), ("ILIKE", TextOp::ILike)];

pub(super) fn filter(text: &str) -> Result<Filter> {
    let mut reader = Reader { what: "filter", text, at: 0 };
    let mut clauses = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.rest().is_empty() {
            break;
        }
        if !reader.take_word("AND") {
            clauses.push(clause(&mut reader)?);
        }
    }
    if clauses.is_empty() && !text.is_empty() {
        return Err(
            reader.refuse_at(0, "there is no clause; leave the filter empty to find all runs")
        );
    }
    Ok(Filter { clauses })
}

pub(super) fn order(text: &str) -> Result<Order> {
    let mut reader = Reader { what: "order_by", text, at: 0 };
    reader.skip_blanks();
    let start = reader.at;
    let field = field(&mut reader, true)?;
    if matches!(field, Field::Dataset(_)) {
        return Err(reader.refuse_at(
            start,
            "runs are not sorted by datasets; use metrics, params, tags or an attribute",
        ));
    }
    reader.skip_blanks();
    let descending = reader.take_word("DESC");
    if !descending {
        reader.take_word("ASC");
    }
    reader.skip_blanks();
    if !reader.rest().is_empty() {
        return Err(reader.refuse("after the key may stand ASC or DESC and nothing else"));
    }
    Ok(Order { field, descending })
}

fn clause(reader: &mut Reader<'_>) -> Result<Clause> {
    let start = reader.at;
    let word = reader.bare();
    if ["NOT", "OR"].iter().any(|known| word.eq_ignore_ascii_case(known))
        || reader.rest().starts_with('(')
    {
        let problem =
            "clauses are joined by AND; there are no OR, NOT and parentheses around clauses";
        return Err(reader.refuse_at(start, problem));
    }
    reader.at = start;
    let field = field(reader, false)?;
    reader.skip_blanks();
    let at = reader.at;
    let operator = operator(reader)?;
    let allowed = |names: &[&str]| {
        let problem = format!("{operator:?} is not for {}; use {}", kind(&field), names.join(", "));
        reader.refuse_at(at, &problem)
    };
    let is_number = matches!(field, Field::Metric(_) | Field::Time(_));
    let takes_null = matches!(field, Field::Param(_) | Field::Tag(_));
    let takes_list = matches!(field, Field::Dataset(_) | Field::Text(TextAttribute::RunId));
    let test = if is_number {
        let op = NUMBER_OPS.iter().find(|(name, _)| *name == operator);
        let (_, op) = op.ok_or_else(|| allowed(&NUMBER_OPS.map(|(name, _)| name)))?;
        Test::Number(*op, number(reader)?)
    } else if let Some((_, op)) = TEXT_OPS.iter().find(|(name, _)| *name == operator) {
        Test::Text(*op, quoted(reader)?)
    } else {
        match operator {
            "IS NULL" if takes_null => Test::IsNull,
            "IS NOT NULL" if takes_null => Test::IsNotNull,
            "IN" if takes_list => Test::In(list(reader)?),
            "NOT IN" if takes_list => Test::NotIn(list(reader)?),
            _ => {
                let mut names = TEXT_OPS.map(|(name, _)| name).to_vec();
                names.extend(takes_null.then_some(["IS NULL", "IS NOT NULL"]).iter().flatten());
                names.extend(takes_list.then_some(["IN", "NOT IN"]).iter().flatten());
                return Err(allowed(&names));
            }
        }
    };
    Ok(Clause { field, test })
}

fn kind(field: &Field) -> &'static str {
    match field {
        Field::Metric(_) => "metrics",
        Field::Param(_) => "params",
        Field::Tag(_) => "tags",
        Field::Text(_) => "this attribute",
        Field::Time(_) => "times",
        Field::Dataset(_) => "datasets",
    }
}

fn field(reader: &mut Reader<'_>, for_order: bool) -> Result<Field> {
    let start = reader.at;
    let expected = "expected metrics.KEY, params.KEY, tags.KEY, datasets.name or an attribute such as run_name";
    let first = match reader.peek() {
        Some(quote @ ('`' | '"')) => reader.between(quote)?,
        _ => reader.bare(),
    };
    if first.is_empty() {
        return Err(reader.refuse_at(start, expected));
    }
    let (prefix, key_at, key) = if reader.take('.') {
        let key_at = reader.at;
        let key = match reader.peek() {
            Some(quote @ ('`' | '"' | '\'')) => reader.between(quote)?,
            _ => reader.bare_key(),
        };
        if key.is_empty() {
            return Err(reader.refuse("expected a key; one of other characters than letters, digits, _ and . goes in backticks"));
        }
        (first, key_at, key)
    } else {
        ("attribute", start, first)
    };
    let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '!' | '<' | '>');
    if reader.peek().is_some_and(|c| !ends(c)) {
        return Err(reader
            .refuse("a key of other characters than letters, digits, _ and . goes in backticks"));
    }
    match prefix {
        "metric" | "metrics" => Ok(Field::Metric(key.to_owned())),
        "param" | "params" | "parameter" | "parameters" => Ok(Field::Param(key.to_owned())),
        "tag" | "tags" => Ok(Field::Tag(key.to_owned())),
        "attribute" | "attributes" | "attr" | "run" => {
            // MLflow sorts by fewer spellings than it filters by.
            let names = if for_order { &TEXT_ATTRIBUTES[..OWN_NAMES] } else { &TEXT_ATTRIBUTES };
            let text = known(names, key).map(Field::Text);
            text.or_else(|| known(&TIMES, key).map(Field::Time)).ok_or_else(|| {
                let problem = format!(
                    "there is no attribute {key:?}; there are run_id, run_name, status, user_id, artifact_uri, start_time and \
                     end_time, and what was logged is metrics.KEY, params.KEY or tags.KEY"
                );
                reader.refuse_at(key_at, &problem)
            })
        }
        "dataset" | "datasets" => known(&DATASET_PARTS, key).map(Field::Dataset).ok_or_else(|| {
            reader.refuse_at(
                key_at,
                &format!("of a dataset there are name, digest and context, not {key:?}"),
            )
        }),
        _ => Err(reader.refuse_at(
            start,
            &format!("{prefix:?} is none of metrics, params, tags, datasets and attributes"),
        )),
    }
}

fn known<T: Copy>(names: &[(&str, T)], key: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == key).map(|(_, found)| *found)
}

fn operator(reader: &mut Reader<'_>) -> Result<&'static str> {
    // Longer ones before those that they begin with.
    for (text, name) in
        [(">=", ">="), ("<=", "<="), ("!=", "!="), ("=", "="), (">", ">"), ("<", "<")]
    {
        if ["==", "<>"].iter().any(|other| reader.rest().starts_with(other)) {
            return Err(reader.refuse("write = for equal and != for unequal"));
        }
        if reader.rest().starts_with(text) {
            reader.at += text.len();
            return Ok(name);
        }
    }
    let phrases: [(&[&str], &str); 6] = [
        (&["LIKE"], "LIKE"),
        (&["ILIKE"], "ILIKE"),
        (&["IN"], "IN"),
        (&["NOT", "IN"], "NOT IN"),
        (&["IS", "NULL"], "IS NULL"),
        (&["IS", "NOT", "NULL"], "IS NOT NULL"),
    ];
    let start = reader.at;
    for (words, name) in phrases {
        let taken = words.iter().all(|word| {
            reader.skip_blanks();
            reader.take_word(word)
        });
        if taken {
            return Ok(name);
        }
        reader.at = start;
    }
    Err(reader.refuse(
        "expected one of =, !=, >, >=, <, <=, LIKE, ILIKE, IN, NOT IN, IS NULL, IS NOT NULL",
    ))
}

fn number(reader: &mut Reader<'_>) -> Result<f64> {
    reader.skip_blanks();
    let rest = reader.rest();
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut end = usize::from(rest.starts_with('-'));
    let whole = digits(&rest[end..]);
    end += whole;
    let mut fraction = 0;
    if rest[end..].starts_with('.') {
        fraction = digits(&rest[end + 1..]);
        end += 1 + fraction;
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(&rest[end + 1 + sign..]);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let is_whole =
        whole + fraction > 0 && !rest[end..].starts_with(|c: char| is_word(c) || c == '.');
    match rest[..end].parse() {
        Ok(x) if is_whole => {
            reader.at += end;
            Ok(x)
        }
        _ => Err(reader.refuse("expected a number such as 0.5, -1 or 1e9, without quotes")),
    }
}

fn quoted(reader: &mut Reader<'_>) -> Result<String> {
    reader.skip_blanks();
    match reader.peek() {
        Some(quote @ ('\'' | '"')) => reader.between(quote).map(str::to_owned),
        _ => Err(reader.refuse("expected a text in quotes, such as 'tfidf'")),
    }
}

fn list(reader: &mut Reader<'_>) -> Result<Vec<String>> {
    let expected = "expected a list of texts such as ('a', 'b')";
    reader.skip_blanks();
    if !reader.take('(') {
        return Err(reader.refuse(expected));
    }
    let mut texts = Vec::new();
    loop {
        reader.skip_blanks();
        if !texts.is_empty() && reader.take(')') {
            return Ok(texts);
        }
        match reader.peek() {
            Some('\'' | '"') => texts.push(quoted(reader)?),
            _ => return Err(reader.refuse(expected)),
        }
        reader.skip_blanks();
        if !reader.take(',') && reader.peek() != Some(')') {
            return Err(reader.refuse(expected));
        }
    }
}

struct Reader<'t> {
    what: &'static str,
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, c: char) -> bool {
        let taken = self.peek() == Some(c);
        self.at += if taken { c.len_utf8() } else { 0 };
        taken
    }

    /// Takes a whole word, in any case.
    fn take_word(&mut self, word: &str) -> bool {
        let found = self.rest();
        let taken = found.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !found[word.len()..].starts_with(is_word);
        self.at += if taken { word.len() } else { 0 };
        taken
    }

    fn while_true(&mut self, is: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !is(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn bare(&mut self) -> &'t str {
        self.while_true(is_word)
    }

    fn bare_key(&mut self) -> &'t str {
        self.while_true(|c| is_word(c) || c == '.')
    }

    /// What stands between quotes. A doubled quote and one behind a backslash end nothing, and stay as they are.
    fn between(&mut self, quote: char) -> Result<&'t str> {
        let start = self.at + 1;
        let mut at = start;
        while let Some(c) = self.text[at..].chars().next() {
            let next = self.text[at + c.len_utf8()..].chars().next();
            let skips = quote != '`' && next == Some(quote) && (c == quote || c == '\\');
            if c == quote && !skips {
                self.at = at + 1;
                return Ok(&self.text[start..at]);
            }
            at += c.len_utf8() + usize::from(skips);
        }
        Err(self.refuse(&format!("the quote {quote} is not closed")))
    }

    fn refuse(&self, problem: &str) -> Error {
        self.refuse_at(self.at, problem)
    }

    fn refuse_at(&self, at: usize, problem: &str) -> Error {
        TrackingError::Query {
            what: self.what,
            text: self.text.to_owned(),
            at: self.text[..at].chars().count() + 1,
            problem: problem.to_owned(),
        }
        .into()
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refusals_say_where_and_what_is_allowed() {
        let table = [
            ("metrics.f1 > '0.5'", 14, "expected a number such as 0.5, -1 or 1e9, without quotes"),
            ("params.C = 1.0", 12, "expected a text in quotes, such as 'tfidf'"),
            (
                "params.C > '1'",
                10,
                "\">\" is not for params; use =, !=, LIKE, ILIKE, IS NULL, IS NOT NULL",
            ),
            ("metrics.f1 LIKE '0'", 12, "\"LIKE\" is not for metrics; use =, !=, >, >=, <, <="),
            ("status IN ('a')", 8, "\"IN\" is not for this attribute; use =, !=, LIKE, ILIKE"),
            (
                "metrics.val/f1 > 0",
                12,
                "a key of other characters than letters, digits, _ and . goes in backticks",
            ),
            (
                "Metrics.f1 > 0",
                1,
                "\"Metrics\" is none of metrics, params, tags, datasets and attributes",
            ),
            ("metrics.f1 == 0", 12, "write = for equal and != for unequal"),
            (
                "a = '1' OR b = '2'",
                1,
                "there is no attribute \"a\"; there are run_id, run_name, status, user_id, artifact_uri, start_time and end_time, and what was logged is metrics.KEY, params.KEY or tags.KEY",
            ),
            (
                "tags.é = '1' OR tags.b = '2'",
                14,
                "clauses are joined by AND; there are no OR, NOT and parentheses around clauses",
            ),
            (
                "(metrics.f1 > 0)",
                1,
                "clauses are joined by AND; there are no OR, NOT and parentheses around clauses",
            ),
            ("tags.a = 'x", 10, "the quote ' is not closed"),
            ("run_id IN ()", 12, "expected a list of texts such as ('a', 'b')"),
            (" ", 1, "there is no clause; leave the filter empty to find all runs"),
            (
                "metrics.f1",
                11,
                "expected one of =, !=, >, >=, <, <=, LIKE, ILIKE, IN, NOT IN, IS NULL, IS NOT NULL",
            ),
        ];
        for (text, at, problem) in table {
            assert_eq!(
                filter(text).unwrap_err().to_string(),
                format!("tracking: filter {text:?} cannot be read at character {at}: {problem}")
            );
        }
        assert_eq!(
            order("metrics.f1 UP").unwrap_err().to_string(),
            "tracking: order_by \"metrics.f1 UP\" cannot be read at character 12: after the key may stand ASC or DESC and \
             nothing else"
        );
    }

    fn text_field() -> impl Strategy<Value = Field> {
        let key = || prop_oneof!["[a-z][a-z_.0-9]{0,6}[a-z]", "[ -~éж]{1,8}"];
        prop_oneof![
            key().prop_map(Field::Param),
            key().prop_map(Field::Tag),
            Just(Field::Text(TextAttribute::RunId)),
            Just(Field::Text(TextAttribute::Status)),
            Just(Field::Dataset(DatasetPart::Context)),
        ]
    }

    fn clauses() -> impl Strategy<Value = Clause> {
        let value = || prop_oneof!["[ -~é\n]{0,10}", any::<String>()];
        let op = || prop::sample::select(TEXT_OPS.map(|(_, op)| op).to_vec());
        let test = prop_oneof![
            (op(), value()).prop_map(|(op, text)| Test::Text(op, text)),
            prop::collection::vec(value(), 0..3).prop_map(Test::In),
            prop::collection::vec(value(), 0..3).prop_map(Test::NotIn),
            Just(Test::IsNull),
            Just(Test::IsNotNull),
        ];
        let texts = (text_field(), test).prop_map(|(field, test)| Clause { field, test });
        let number = prop::sample::select(NUMBER_OPS.map(|(_, op)| op).to_vec());
        let numbers = ("[a-z/ -]{1,6}", number, any::<f64>()).prop_map(|(key, op, x)| Clause {
            field: Field::Metric(key),
            test: Test::Number(op, x),
        });
        prop_oneof![texts, numbers]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_equal(clauses in prop::collection::vec(clauses(), 0..4)) {
            let built = Filter { clauses };
            if let Some(text) = built.to_mlflow() {
                prop_assert_eq!(filter(&text).unwrap(), built, "{}", text);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text: String, near in "[a-z.`'\"(),<>=! 0-9é\\\\-]{0,30}") {
            for text in [&text, &near, &format!("metrics.{near}"), &format!("params.C {near}"), &format!("params.C = {near}")] {
                let _ = (filter(text), order(text));
            }
        }
    }
}
