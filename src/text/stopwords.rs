//! Words that say nothing of their own. Off by default: on sentiment they cost more than they give.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Language;

/// Which tokens are dropped before stemming and before n-grams are made.
///
/// The lists that ship never hold a negator: "not good" is not "good". Dropping stop words lowered accuracy in every
/// comparison on sentiment that this crate was tuned on; use it to shrink a model, not to improve it.
///
/// ```
/// use ressenti::text::{Analyzer, Language, StopWords};
///
/// let analyzer = Analyzer::word().stop_words(StopWords::of(Language::English)?).build()?;
/// let tokens: Vec<_> = analyzer.tokenize("the crew was not nice").iter().map(|t| t.text().to_owned()).collect();
/// assert_eq!(tokens, ["crew", "not", "nice"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopWords {
    words: BTreeSet<String>,
}

impl StopWords {
    /// Drops nothing; the default.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The list that ships for a language: English and French have one.
    ///
    /// Errors: [`Error::InvalidParameter`](crate::Error::InvalidParameter) for the other languages.
    pub fn of(language: Language) -> crate::Result<Self> {
        let words = match language {
            Language::English => ENGLISH,
            Language::French => FRENCH,
            other => {
                return Err(crate::Error::InvalidParameter {
                    name: "stop_words",
                    found: format!("of {other:?}"),
                    expected: "do not ship with this crate; pass your own with StopWords::list",
                });
            }
        };
        Ok(Self::list(words.split_whitespace()))
    }

    /// A list of your own. Tokens are compared after lower-casing, before stemming.
    pub fn list<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect() }
    }

    /// True if nothing is dropped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a token is dropped. A typographic apostrophe counts as a straight one.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.words.contains(token)
            || (!self.words.is_empty()
                && token.contains('’')
                && self.words.contains(&token.replace('’', "'")))
    }

    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

/// Articles, pronouns, auxiliaries, prepositions and conjunctions, and what scikit-learn's pattern leaves of "you'll" and
/// the like; no negator, no intensifier, no "but".
const ENGLISH: &str = "\
a an the this that these those \
i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself \
it its itself they them their theirs themselves who whom whose which what \
am is are was were be been being have has had having do does did doing will would shall should can could may might must \
i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd she'll it's it'd it'll we're we've we'd we'll \
they're they've they'd they'll that's there's here's what's who's let's \
ll ve re \
of at by for with about between into through during before after to from in on over under upon onto within \
and or as if because while until when where how than then there here also";

/// The same for French.
const FRENCH: &str = "\
le la les un une des du de au aux ce cet cette ces \
je me moi tu te toi il elle on nous vous ils elles lui leur leurs eux se soi y en \
mon ma mes ton ta tes son sa ses notre nos votre vos qui que quoi dont où \
suis es est sommes êtes sont étais était étions étiez étaient été être sera seront serait \
ai as a avons avez ont avais avait avions aviez avaient eu avoir aura auront aurait \
à dans par pour sur sous avec chez entre vers depuis pendant \
et ou donc car si comme quand lorsque puis alors aussi qu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_holds_a_negator() {
        let english = "no not nor none never nothing nobody nowhere neither without cannot can't cant don't dont \
                       won't isn't wasn't didn't doesn't couldn't shouldn't wouldn't hardly barely n't but";
        let french = "ne n pas non ni jamais rien aucun aucune sans personne guère point mais";
        for (language, negators) in [(Language::English, english), (Language::French, french)] {
            let list = StopWords::of(language).unwrap();
            assert!(!list.is_empty());
            for negator in negators.split_whitespace() {
                assert!(!list.contains(negator), "{language:?}: {negator}");
            }
        }
    }

    #[test]
    fn a_language_without_a_list_says_what_to_do() {
        let error = StopWords::of(Language::Tamil).unwrap_err();
        assert_eq!(
            error.to_string(),
            "stop_words of Tamil do not ship with this crate; pass your own with StopWords::list"
        );
    }
}
