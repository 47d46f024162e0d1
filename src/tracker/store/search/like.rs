//! `LIKE` as MLflow's file store means it: a pattern and a text come in, whether they match goes out.
//!
//! MLflow makes a Python regular expression of the pattern, which shows at the ends of lines: `%` (there `.*`) and `_` stop
//! at a newline, a pattern that ends in `%` need not reach the text's end, and another may stop before a last newline.

/// Whether `text` has the form of `pattern`.
pub(super) fn like(pattern: &str, text: &str, fold: bool) -> bool {
    let open_end = pattern.ends_with('%');
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let same = |a: char, b: char| a == b || fold && folded(a) == folded(b);
    // Where the last % was, and up to which character it stretches. To try others than the last is never needed: it
    // stretches as far as those before it could, since none stretches over a newline.
    let mut last: Option<(usize, usize)> = None;
    let (mut p, mut t) = (0, 0);
    loop {
        let matched = match pattern.get(p) {
            Some('%') => {
                last = Some((p, t));
                p += 1;
                continue;
            }
            Some('_') => text.get(t).is_some_and(|&c| c != '\n'),
            Some(&wanted) => text.get(t).is_some_and(|&c| same(wanted, c)),
            None if open_end || t == text.len() || text[t..] == ['\n'] => return true,
            None => false,
        };
        if matched {
            (p, t) = (p + 1, t + 1);
            continue;
        }
        match last {
            Some((at, stretched)) if text.get(stretched).is_some_and(|&c| c != '\n') => {
                last = Some((at, stretched + 1));
                (p, t) = (at + 1, stretched + 1);
            }
            _ => return false,
        }
    }
}

/// A character of each set that differs in case only.
fn folded(c: char) -> char {
    let mut upper = c.to_uppercase();
    let c = if upper.len() == 1 { upper.next().unwrap_or(c) } else { c };
    c.to_lowercase().next().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By trying everything.
    fn naive(pattern: &[char], text: &[char], open_end: bool) -> bool {
        match pattern.split_first() {
            None => open_end || text.is_empty() || text == ['\n'],
            Some(('%', rest)) => {
                naive(rest, text, open_end)
                    || text.first().is_some_and(|&c| c != '\n')
                        && naive(pattern, &text[1..], open_end)
            }
            Some(('_', rest)) => {
                text.first().is_some_and(|&c| c != '\n') && naive(rest, &text[1..], open_end)
            }
            Some((c, rest)) => text.first() == Some(c) && naive(rest, &text[1..], open_end),
        }
    }

    proptest! {
        #[test]
        fn is_what_trying_everything_finds(pattern in "[ab%_\n]{0,8}", text in "[ab\n]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = naive(&chars(&pattern), &chars(&text), pattern.ends_with('%'));
            prop_assert_eq!(like(&pattern, &text, false), expected, "{:?} {:?}", pattern, text);
        }
    }

    #[test]
    fn case_is_folded_a_character_at_a_time() {
        for (pattern, text) in
            [("STRASSE", "strasse"), ("é%", "ÉTÉ"), ("İ", "i"), ("ſ", "S"), ("µ", "μ")]
        {
            assert!(like(pattern, text, true), "{pattern} {text}");
            assert!(!like(pattern, text, false), "{pattern} {text}");
        }
        assert!(!like("straße", "STRASSE", true));
    }

    #[test]
    fn many_wildcards_take_no_time() {
        assert!(!like(&"%a".repeat(2_000), &"a".repeat(1_999), false));
        assert!(!like(&format!("{}b", "%a".repeat(500)), &"a".repeat(5_000), false));
    }
}
