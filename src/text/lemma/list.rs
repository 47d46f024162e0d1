//! Lists of lemmas, line by line.
//!
//! A text comes in; pairs of a form and its lemma go out, in the order of the lines, or the first line that is none and
//! why. Which pair counts if a form comes twice is not known here.

use serde::{Deserialize, Serialize};

/// What the columns of a list hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ColumnOrder {
    /// The lemma, then its form: the lists of michmech and of UniMorph, and those with `->`.
    LemmaForm,
    /// The form, then its lemma: the lexicons of MULTEXT-East.
    FormLemma,
}

/// Pairs of a form and its lemma, lower-cased and without spaces; or the number of the line at fault and what is wrong.
pub(super) fn pairs(
    text: &str,
    order: ColumnOrder,
) -> Result<Vec<(String, String)>, (usize, String)> {
    // A mark that some editors put in front of UTF-8.
    let text = text.trim_start_matches('\u{feff}');
    let mut pairs = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let Some((first, second)) = columns(line) else {
            let start: String = line.chars().take(40).collect();
            let problem = format!(
                "{start:?} is no pair; write {}, with a tab between them",
                match order {
                    ColumnOrder::LemmaForm => "a lemma and its form",
                    ColumnOrder::FormLemma => "a form and its lemma",
                }
            );
            return Err((number + 1, problem));
        };
        for second in second {
            let (form, lemma) = match order {
                ColumnOrder::LemmaForm => (second, first),
                ColumnOrder::FormLemma => (first, second),
            };
            if !form.contains(char::is_whitespace) && !lemma.contains(char::is_whitespace) {
                pairs.push((form.to_lowercase(), lemma.to_lowercase()));
            }
        }
    }
    Ok(pairs)
}

/// The first column and what the second lists. None of them is empty.
fn columns(line: &str) -> Option<(&str, Vec<&str>)> {
    let (first, second) = if let Some((first, listed)) = line.split_once("->") {
        let listed = listed.split(|c: char| c == ',' || c.is_whitespace());
        (first.trim(), listed.filter(|word| !word.is_empty()).collect())
    } else if let Some((first, rest)) = line.split_once('\t') {
        let second = rest.split('\t').next().unwrap_or_default().trim();
        (first.trim(), vec![second])
    } else {
        let (first, second) = line.split_once(char::is_whitespace)?;
        let second = second.trim();
        if second.contains(char::is_whitespace) {
            return None;
        }
        (first, vec![second])
    };
    let empty = first.is_empty() || second.first().is_none_or(|word| word.is_empty());
    (!empty).then_some((first, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, order: ColumnOrder) -> Vec<String> {
        let pairs = pairs(text, order).unwrap();
        pairs.iter().map(|(form, lemma)| format!("{form}={lemma}")).collect()
    }

    #[test]
    fn every_usual_list_is_understood() {
        let expected = ["mice=mouse", "was=be", "were=be"];
        for lemma_form in [
            "mouse\tmice\nbe\twas\nbe\twere",
            "\u{feff}mouse\tmice\r\nbe\twas\r\nbe\twere\r\n",
            "# a comment\n\nmouse\tmice\tN;PL\n; another\n  \nbe \t was\tV;PST\tx y\nbe\twere\n",
            "mouse -> mice\nbe -> was,were",
            "MOUSE -> MICE\nBE -> WAS, WERE",
            "mouse\t->\tmice\nbe\t->\twas\twere\t\n",
            "mouse mice\nbe   was\n be were",
        ] {
            assert_eq!(read(lemma_form, ColumnOrder::LemmaForm), expected, "{lemma_form:?}");
        }
        for form_lemma in
            ["mice\tmouse\tNcnp\nwas\tbe\nwere\tbe", "mice -> mouse\nwas->be\nwere ->be"]
        {
            assert_eq!(read(form_lemma, ColumnOrder::FormLemma), expected, "{form_lemma:?}");
        }
    }

    #[test]
    fn what_no_token_can_match_is_passed_over() {
        let list = "of the\tdu\nle\tde le\nle\tla\nnew  york -> nyc";
        assert_eq!(read(list, ColumnOrder::LemmaForm), ["la=le"]);
    }

    #[test]
    fn a_line_that_is_no_pair_is_named() {
        for line in
            ["mouse", "mouse\t", "mouse\t \tN", "mouse ->", "-> mice", "mouse -> ,", "a b c"]
        {
            let text = format!("be\twas\n\n{line}\n");
            let (number, problem) = pairs(&text, ColumnOrder::LemmaForm).unwrap_err();
            let ending = "is no pair; write a lemma and its form, with a tab between them";
            assert_eq!((number, problem), (3, format!("{:?} {ending}", line.trim())));
        }
        let (number, problem) = pairs(&"ä".repeat(100), ColumnOrder::FormLemma).unwrap_err();
        let ending = "is no pair; write a form and its lemma, with a tab between them";
        assert_eq!((number, problem), (1, format!("{:?} {ending}", "ä".repeat(40))));
    }
}
