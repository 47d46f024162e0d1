//! "not good" is not "good": which tokens stand under a negation.
//!
//! Tokens and what stands between them in, whether each is negated out. How a token is spelt or counted is not known here.

use std::collections::BTreeSet;
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::Language;
use crate::error::{Error, Result};

/// What a negated token begins with.
pub(crate) const MARK: &str = "NOT_";

/// Marks the tokens after a negator: in "not good at all" they count as `NOT_good`, `NOT_at`, `NOT_all`.
///
/// A negator negates the tokens that follow it, up to the [window](Self::window) or the end of the clause, whichever comes
/// first; it is not marked itself, and starts a new window. A clause ends at `.`, `,`, `:`, `;`, `!`, `?`, a parenthesis or
/// an ellipsis, be it a token or between two tokens. Tokens are compared with the list after lower-casing, before stemming.
///
/// ```
/// use ressenti::text::{Analyzer, Language, Negation};
///
/// let analyzer = Analyzer::social().negation(Negation::of(Language::English)?).build()?;
/// let tokens: Vec<_> = analyzer.tokenize("didn't like it, sorry").iter().map(|t| t.text().to_owned()).collect();
/// assert_eq!(tokens, ["didn't", "NOT_like", "NOT_it", ",", "sorry"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negation {
    negators: BTreeSet<String>,
    window: u32,
}

impl Negation {
    /// The negators that ship for a language: English and French have a list.
    ///
    /// The English list has `don`, `isn`, `haven` and their like, which [scikit-learn's pattern](super::Tokenizer::Word) leaves of
    /// "don't". The tokenizer for tweets does not need them, as it keeps "don't" whole; [without](Self::without) them, "Don
    /// loves it" is not negated.
    ///
    /// In French both halves of "ne … pas" negate what follows them, and so does a word that begins with `n'`.
    ///
    /// Errors: [`Error::InvalidParameter`] for the other languages.
    pub fn of(language: Language) -> Result<Self> {
        let negators = match language {
            Language::English => ENGLISH,
            Language::French => FRENCH,
            other => {
                return Err(Error::InvalidParameter {
                    name: "negation",
                    found: format!("of {other:?}"),
                    expected: "does not ship with this crate; pass your own negators with Negation::list",
                });
            }
        };
        Ok(Self::list(negators.split_whitespace()))
    }

    /// Negators of your own, in lower case. `*` at one of the ends stands for anything: `*n't` is every word that ends so.
    pub fn list<S: Into<String>>(negators: impl IntoIterator<Item = S>) -> Self {
        Self { negators: negators.into_iter().map(Into::into).collect(), window: 4 }
    }

    /// The same without some of the negators, each as it stands in the list.
    ///
    /// ```
    /// use ressenti::text::{Language, Negation};
    ///
    /// let negation = Negation::list(["not", "*n't", "don"]).without(["don"]);
    /// assert_eq!(negation, Negation::list(["not", "*n't"]));
    /// ```
    #[must_use]
    pub fn without<S: AsRef<str>>(mut self, negators: impl IntoIterator<Item = S>) -> Self {
        for negator in negators {
            self.negators.remove(negator.as_ref());
        }
        self
    }

    /// How many tokens after a negator are marked at most. Default: 4; 3 to 5 are equally good on tweets and reviews.
    /// `u32::MAX` marks up to the end of the clause, which is less accurate.
    #[must_use]
    pub fn window(mut self, tokens: u32) -> Self {
        self.window = tokens;
        self
    }
}

/// A [`Negation`] that is quick to ask.
#[derive(Debug, Clone)]
pub(crate) struct Negators {
    words: HashSet<String, FixedState>,
    starts: Vec<String>,
    ends: Vec<String>,
    window: u32,
}

impl Negators {
    pub(super) fn new(negation: &Negation) -> Self {
        let mut negators = Self {
            words: HashSet::default(),
            starts: Vec::new(),
            ends: Vec::new(),
            window: negation.window,
        };
        for negator in &negation.negators {
            let negator = negator.replace('’', "'");
            if let Some(end) = negator.strip_prefix('*') {
                negators.ends.push(end.to_owned());
            } else if let Some(start) = negator.strip_suffix('*') {
                negators.starts.push(start.to_owned());
            } else {
                negators.words.insert(negator);
            }
        }
        negators
    }

    /// What a token is to negation. Depends on nothing else, so it may be remembered.
    pub(crate) fn role(&self, surface: &str) -> Role {
        if ends_clause(surface) {
            return Role::ClauseEnd;
        }
        let straight;
        let surface = if surface.contains('’') {
            straight = surface.replace('’', "'");
            &straight
        } else {
            surface
        };
        let negates = self.words.contains(surface)
            || self.starts.iter().any(|start| surface.starts_with(start))
            || self.ends.iter().any(|end| surface.ends_with(end));
        if negates { Role::Negator } else { Role::Other }
    }
}

/// Whether these are the marks that end a clause, and nothing else. An emoticon made of them is none of them.
fn ends_clause(token: &str) -> bool {
    let runs = |of: &[u8]| !token.is_empty() && token.bytes().all(|b| of.contains(&b));
    matches!(token, "," | ":" | ";" | "(" | ")" | "…") || runs(b".") || runs(b"!?")
}

/// What a token is to negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Other,
    Negator,
    ClauseEnd,
}

/// How far the last negation of a text still reaches.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    left: u32,
}

impl Scope {
    /// Whether what stands between two tokens ends a clause.
    #[inline]
    pub(crate) fn ends_in(gap: &str) -> bool {
        /// A bit for each byte that does.
        const ENDS: u128 = 1 << b'.'
            | 1 << b','
            | 1 << b':'
            | 1 << b';'
            | 1 << b'!'
            | 1 << b'?'
            | 1 << b'('
            | 1 << b')';
        match *gap.as_bytes() {
            // Nothing or a space stands between most; which of the two is not asked.
            [] => false,
            [byte] => (ENDS >> (byte & 127)) & 1 == 1,
            _ => gap.contains(['.', ',', ':', ';', '!', '?', '(', ')', '…']),
        }
    }

    /// Passes what stands between two tokens of a text; only where a negation is open is it looked at.
    #[inline]
    pub(crate) fn pass(&mut self, text: &str, gap: Range<usize>) {
        if self.left > 0 && Self::ends_in(text.get(gap).unwrap_or_default()) {
            self.end();
        }
    }

    /// Nothing that follows is negated any more.
    pub(crate) fn end(&mut self) {
        self.left = 0;
    }

    /// Passes a token and tells whether it is negated.
    pub(crate) fn negates(&mut self, negators: &Negators, role: Role) -> bool {
        match role {
            Role::Negator => self.left = negators.window,
            Role::ClauseEnd => self.left = 0,
            Role::Other if self.left > 0 => {
                self.left -= 1;
                return true;
            }
            Role::Other => {}
        }
        false
    }
}

/// Also what is written without its apostrophe, and what scikit-learn's pattern leaves of "didn't".
const ENGLISH: &str = "\
*n't not no never none neither nor nothing nobody nowhere without hardly barely scarcely cannot \
cant dont doesnt didnt wont isnt arent wasnt werent wouldnt couldnt shouldnt aint havent hasnt hadnt mustnt neednt \
don doesn didn isn aren wasn weren wouldn couldn shouldn ain haven hasn hadn";

const FRENCH: &str = "\
n'* ne n pas jamais rien aucun aucune aucunement ni sans non guère nul nulle nullement";

#[cfg(test)]
mod tests {
    use super::*;

    /// The negated ones of a row of tokens.
    fn negated<'t>(negation: &Negation, tokens: &[&'t str]) -> Vec<&'t str> {
        let negators = Negators::new(negation);
        let mut scope = Scope::default();
        let mut negated = tokens.to_vec();
        negated.retain(|token| scope.negates(&negators, negators.role(token)));
        negated
    }

    #[test]
    fn english_negators_reach_to_the_end_of_the_clause_or_the_window() {
        let negation = Negation::of(Language::English).unwrap();
        for (text, expected) in [
            ("i do not like this at all today", "like this at all"),
            ("not good , but cheap", "good"),
            ("not good ... cheap", "good"),
            ("not good !? cheap", "good"),
            ("not good :( at", "good :( at"),
            ("it wasn’t that bad", "that bad"),
            ("nothing works", "works"),
            ("not never good", "good"),
            ("no one two not three four five six seven", "one two three four five six"),
            ("good flight", ""),
        ] {
            let tokens: Vec<&str> = text.split(' ').collect();
            let expected: Vec<&str> = expected.split_whitespace().collect();
            assert_eq!(negated(&negation, &tokens), expected, "{text}");
        }
    }

    #[test]
    fn both_halves_of_a_french_negation_negate() {
        let negation = Negation::of(Language::French).unwrap();
        let tokens = ["ce", "n'était", "pas", "un", "bon", "vol", "hier", "soir"];
        assert_eq!(negated(&negation, &tokens), ["un", "bon", "vol", "hier"]);
        assert_eq!(negated(&negation, &["je", "ne", "vole", "jamais", "tard"]), ["vole", "tard"]);
    }

    #[test]
    fn own_negators_and_windows() {
        let negation = Negation::list(["kein*", "nicht"]).window(1);
        assert_eq!(negated(&negation, &["keine", "gute", "Idee"]), ["gute"]);
        assert_eq!(negated(&negation.window(0), &["nicht", "gut"]), [""; 0]);
        for negator in ["*n’t", "didn't"] {
            let tokens = ["didn't", "go", ".", "didn’t", "stay"];
            assert_eq!(negated(&Negation::list([negator]), &tokens), ["go", "stay"]);
        }
    }

    #[test]
    fn a_language_without_negators_says_what_to_do() {
        assert_eq!(
            Negation::of(Language::Tamil).unwrap_err().to_string(),
            "negation of Tamil does not ship with this crate; pass your own negators with Negation::list"
        );
    }
}
