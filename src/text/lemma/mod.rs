//! Words to lemmas by a table.
//!
//! A list (`list`) or WordNet's files (`wordnet`) come in; what comes out is one sorted table from forms to lemmas,
//! small once restricted to the words of a model, in whose file it travels. It knows no grammar and no context: "saw"
//! has one lemma, whatever it means in the text.

mod list;
mod wordnet;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub use list::ColumnOrder;
pub use wordnet::PartOfSpeech;

/// Lemmas of words: "mice" counts as "mouse".
///
/// Nothing ships with this crate: read a list, or WordNet. A table is cheap to clone. Words of which it says nothing
/// are their own lemmas.
///
/// ```
/// use ressenti::text::{ColumnOrder, Lemmas};
///
/// let lemmas = Lemmas::from_list("mouse\tmice\nbe\twas\nbe\twere", ColumnOrder::LemmaForm)?;
/// assert_eq!((lemmas.lemma("mice"), lemmas.lemma("were")), ("mouse".into(), "be".into()));
/// assert_eq!(lemmas.lemma("cat"), "cat");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Lemmas {
    table: Arc<Table>,
}

/// Entries ascend by form. `text` holds, entry after entry, the form and what its lemma has behind the part they share.
#[derive(Default, PartialEq, Eq)]
struct Table {
    text: String,
    entries: Vec<Entry>,
}

/// Where in `text` a form starts, where its lemma's ending starts and stops, and how much of the form the lemma keeps.
#[derive(PartialEq, Eq)]
struct Entry {
    start: u32,
    ending: u32,
    stop: u32,
    kept: u32,
}

impl Lemmas {
    /// The table of a list, as they are found on the web: a lemma and a form in each line, in either order.
    ///
    /// Columns are divided by a tab, and what follows the second is not read; in a line without a tab they are two
    /// words. `lemma -> form, form` is understood, too. Everything is lower-cased. Empty lines and those that start
    /// with `#` or `;` are passed over, as are pairs of which one side holds a space: tokens hold none. Of several
    /// lemmas of a form the first counts.
    ///
    /// Errors: [`Error::InvalidValues`] for a line without a second column, with its number.
    pub fn from_list(text: &str, order: ColumnOrder) -> Result<Self> {
        let pairs = list::pairs(text, order).map_err(|(line, problem)| Error::InvalidValues {
            what: "list of lemmas",
            problem: format!("line {line}: {problem}"),
        })?;
        Self::from_pairs(pairs)
    }

    /// [`from_list`](Self::from_list) for a file in UTF-8.
    ///
    /// Errors: [`Error::Io`], and [`Error::Dataset`] for a line without a second column or one that is not UTF-8.
    pub fn read_list(path: impl AsRef<Path>, order: ColumnOrder) -> Result<Self> {
        let path = path.as_ref();
        let text = read(path)?;
        let pairs = list::pairs(&text, order).map_err(|(line, problem)| Error::Dataset {
            path: path.to_owned(),
            line,
            problem,
        })?;
        Self::from_pairs(pairs)
    }

    /// The table of WordNet's files, such as `index.noun` and `noun.exc` of the folder that Princeton's archive or
    /// Debian's package `wordnet-base` (`/usr/share/wordnet`) has.
    ///
    /// The lemmas are those of NLTK's `WordNetLemmatizer().lemmatize(word, pos)` since its version 3.9: of the word
    /// itself and of what one of Morphy's rules or an exception makes of it, the shortest that WordNet has as this part
    /// of speech.
    ///
    /// Errors: [`Error::Io`], and [`Error::Dataset`] for a line of the index that is not WordNet's or not UTF-8.
    pub fn wordnet(folder: impl AsRef<Path>, pos: PartOfSpeech) -> Result<Self> {
        Self::from_pairs(wordnet::pairs(folder.as_ref(), pos)?)
    }

    /// How many forms have a lemma other than themselves.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.entries.len()
    }

    /// True if every word is its own lemma.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.entries.is_empty()
    }

    /// The lemma of a lower-case word; the word itself if the table does not have it.
    #[must_use]
    pub fn lemma<'w>(&self, word: &'w str) -> Cow<'w, str> {
        let table = &*self.table;
        match table.entries.binary_search_by(|entry| table.form(entry).cmp(word)) {
            Ok(at) => table.lemma(&table.entries[at], word),
            Err(_) => Cow::Borrowed(word),
        }
    }

    /// The part that a model needs whose tokens `is_token` knows: for each word, either both tables give the same
    /// lemma, or neither gives a token of the model.
    pub(crate) fn restrict(&self, is_token: impl Fn(&str) -> bool) -> Self {
        let mut table = Table::default();
        for (form, lemma) in self.table.pairs() {
            if is_token(&lemma) || is_token(form) {
                // A part of a table is never too large for one.
                let _ = table.push(form, &lemma);
            }
        }
        Self { table: Arc::new(table) }
    }

    /// Of pairs of a form and a lemma in any order; of equal forms the first counts.
    fn from_pairs(mut pairs: Vec<(String, String)>) -> Result<Self> {
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        pairs.dedup_by(|(later, _), (first, _)| later == first);
        let mut table = Table::default();
        for (form, lemma) in pairs.iter().filter(|(form, lemma)| form != lemma) {
            table.push(form, lemma)?;
        }
        Ok(Self { table: Arc::new(table) })
    }
}

impl Table {
    /// The caller guarantees that forms strictly ascend.
    fn push(&mut self, form: &str, lemma: &str) -> Result<()> {
        let kept = form
            .char_indices()
            .zip(lemma.chars())
            .find(|((_, ours), its)| ours != its)
            .map_or(form.len().min(lemma.len()), |((at, _), _)| at);
        let start = self.text.len();
        let (ending, stop) = (start + form.len(), start + form.len() + lemma.len() - kept);
        if u32::try_from(stop).is_err() {
            return Err(Error::TooLarge { what: "bytes of lemmas", limit: u32::MAX.into() });
        }
        self.text.push_str(form);
        self.text.push_str(&lemma[kept..]);
        let [start, ending, stop, kept] = [start, ending, stop, kept].map(|at| at as u32);
        self.entries.push(Entry { start, ending, stop, kept });
        Ok(())
    }

    fn form(&self, entry: &Entry) -> &str {
        &self.text[entry.start as usize..entry.ending as usize]
    }

    /// `form` is the entry's, and lends the lemma its letters if it can.
    fn lemma<'f>(&self, entry: &Entry, form: &'f str) -> Cow<'f, str> {
        let kept = &form[..entry.kept as usize];
        match &self.text[entry.ending as usize..entry.stop as usize] {
            "" => Cow::Borrowed(kept),
            ending => Cow::Owned([kept, ending].concat()),
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.entries.iter().map(|entry| {
            let form = self.form(entry);
            (form, self.lemma(entry, form))
        })
    }
}

/// Only the size: a table is too long to read.
impl fmt::Debug for Lemmas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lemmas").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The stored form: lengths take fewer bytes than positions. Of each entry the form, the kept part and the ending.
#[derive(Serialize, Deserialize)]
struct Parts {
    text: String,
    lengths: Vec<(u32, u32, u32)>,
}

impl From<Lemmas> for Parts {
    fn from(lemmas: Lemmas) -> Self {
        let lengths = |e: &Entry| (e.ending - e.start, e.kept, e.stop - e.ending);
        let table = &lemmas.table;
        Self { text: table.text.clone(), lengths: table.entries.iter().map(lengths).collect() }
    }
}

impl TryFrom<Parts> for Lemmas {
    type Error = Error;

    fn try_from(parts: Parts) -> Result<Self> {
        let invalid =
            |problem: &str| Error::InvalidValues { what: "lemmas", problem: problem.to_owned() };
        let mut table = Table::default();
        let (mut rest, mut last) = (parts.text.as_str(), "");
        for (form, kept, ending) in parts.lengths {
            let cut = |text, at: u32| str::split_at_checked(text, at as usize);
            let lies = || invalid("lengths and text do not agree");
            let (form, behind) = cut(rest, form).ok_or_else(lies)?;
            let (ending, behind) = cut(behind, ending).ok_or_else(lies)?;
            let (kept, _) = cut(form, kept).ok_or_else(lies)?;
            let lemma = [kept, ending].concat();
            if last >= form {
                return Err(invalid("forms are empty or not in strictly ascending order"));
            }
            if lemma.is_empty() || lemma == form {
                return Err(invalid("a lemma is empty or its form"));
            }
            if form.contains(char::is_whitespace) || lemma.contains(char::is_whitespace) {
                return Err(invalid("a form or a lemma holds a space"));
            }
            table.push(form, &lemma)?;
            (rest, last) = (behind, form);
        }
        if !rest.is_empty() {
            return Err(invalid("text goes on after the last lemma"));
        }
        Ok(Self { table: Arc::new(table) })
    }
}

/// A file as text; the line at fault if it is not UTF-8.
fn read(path: &Path) -> Result<String> {
    String::from_utf8(crate::fs::read(path)?).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        Error::Dataset {
            path: path.to_owned(),
            line: before.split(|&byte| byte == b'\n').count(),
            problem: "it is not UTF-8; convert the file to UTF-8".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(text: &str) -> Lemmas {
        Lemmas::from_list(text, ColumnOrder::FormLemma).unwrap()
    }

    #[test]
    fn the_first_lemma_of_a_form_counts_and_is_looked_up_once() {
        let lemmas = list("saw see\nsaw saw\nfound found\nfound find\na b\nb c");
        for (form, lemma) in [("saw", "see"), ("found", "found"), ("a", "b"), ("b", "c"), ("", "")]
        {
            assert_eq!(lemmas.lemma(form), lemma);
        }
        assert_eq!(format!("{lemmas:?}"), "Lemmas { len: 3, .. }");
        assert!(!lemmas.is_empty() && list("cat cat").is_empty());
    }

    #[test]
    fn a_stored_form_that_lies_is_refused() {
        let disagree = "lengths and text do not agree";
        let order = "forms are empty or not in strictly ascending order";
        let same = "a lemma is empty or its form";
        let space = "a form or a lemma holds a space";
        for (text, lengths, problem) in [
            ("ab", &[(2, 0, 1)][..], disagree),
            ("ab", &[(u32::MAX, 0, 0)], disagree),
            ("ab", &[(1, 2, 1)], disagree),
            ("éb", &[(1, 0, 1)], disagree),
            ("éb", &[(2, 1, 1)], disagree),
            ("xabcab", &[(1, 0, 2), (1, 0, 2)], order),
            ("xayb", &[(1, 0, 1), (1, 0, 1), (0, 0, 0)], order),
            ("xaxb", &[(1, 0, 1), (1, 0, 1)], order),
            ("a", &[(0, 0, 1)], order),
            ("a", &[(1, 0, 0)], same),
            ("a", &[(1, 1, 0)], same),
            ("abac", &[(2, 1, 1)], "text goes on after the last lemma"),
            ("a bc", &[(3, 0, 1)], space),
            ("ab\u{a0}c", &[(1, 0, 4)], space),
            ("a", &[], "text goes on after the last lemma"),
        ] {
            let parts = Parts { text: text.to_owned(), lengths: lengths.to_vec() };
            let error = Lemmas::try_from(parts).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid lemmas: {problem}"), "{text}");
        }
    }

    /// Pairs over so few letters that forms, lemmas and tokens meet.
    fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
        prop::collection::vec(("[aéb]{1,3}", "[aéb]{1,3}"), 0..20)
    }

    proptest! {
        #[test]
        fn a_table_gives_what_its_list_says_and_survives_storage(given in pairs(), word in "[aéb]{0,3}") {
            let lines: Vec<_> = given.iter().map(|(form, lemma)| [form, "\t", lemma].concat()).collect();
            let lemmas = list(&lines.join("\n"));
            let first = given.iter().find(|(form, _)| *form == word);
            prop_assert_eq!(&lemmas.lemma(&word), first.map_or(&word, |(_, lemma)| lemma));
            let stored = serde_json::to_string(&lemmas).unwrap();
            prop_assert_eq!(serde_json::from_str::<Lemmas>(&stored).unwrap(), lemmas);
        }

        #[test]
        fn a_restricted_table_serves_its_tokens_and_makes_no_others(
            given in pairs(),
            tokens in prop::collection::btree_set("[aéb]{1,3}", 0..6),
            words in prop::collection::vec("[aéb]{1,3}", 20),
        ) {
            let full = Lemmas::from_pairs(given).unwrap();
            let restricted = full.restrict(|word| tokens.contains(word));
            prop_assert!(restricted.len() <= full.len());
            for word in &words {
                let (wanted, found) = (full.lemma(word), restricted.lemma(word));
                if tokens.contains(&*wanted) {
                    prop_assert_eq!(found, wanted);
                } else {
                    prop_assert!(!tokens.contains(&*found), "{word} became {found}");
                }
            }
        }
    }
}
