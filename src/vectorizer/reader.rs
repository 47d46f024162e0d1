//! Texts to the integers of their tokens, when a vocabulary is learnt.
//!
//! Each thread has a reader, and a reader its own table of tokens: what one thread meets first gets other integers than on
//! another, and `terms` makes them one. N-grams are not known here.

use std::marker::PhantomData;

use super::block::Finder;
use super::tokens::{Lookups, NONE, Tokens};
use super::{RowScratch, TextCounts};
use crate::error::{Error, Result};
use crate::text::{Analyzer, Buffer, Role, Scope, Unit, negate};

/// Texts as the integers of their tokens.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// Whose integers they are: 0 for the common ones.
    pub(super) reader: usize,
    pub(super) tokens: Vec<u32>,
    /// Where the tokens of each text end.
    ends: Vec<usize>,
}

impl Documents {
    /// None yet, of this reader.
    pub(super) fn of(reader: usize) -> Self {
        Self { reader, ..Self::default() }
    }

    /// How many texts.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where the tokens of each text end.
    pub(super) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Adds a text.
    #[cfg(test)]
    pub(super) fn push(&mut self, tokens: &[u32]) {
        self.tokens.extend(tokens);
        self.ends.push(self.tokens.len());
    }

    /// The tokens of each text.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.tokens[std::mem::replace(&mut start, end)..end])
    }
}

/// The texts of a fit as they were read, and what their tokens are.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) documents: Vec<Documents>,
    pub(super) tokens: Tokens,
    /// The common integers of each reader's tokens; of the first one, whose are the common ones, none.
    pub(super) common: Vec<Vec<u32>>,
}

/// Reads texts one after the other.
pub(super) struct Reader<'a> {
    analyzer: &'a Analyzer,
    pub(super) tokens: Tokens,
    /// Where tokens are not the surface forms themselves.
    surfaces: Option<Surfaces>,
    buffer: Buffer,
    /// The tokens of texts that are yet to be looked up, and where those of each text end.
    lookups: Lookups,
    waiting: Vec<usize>,
    /// Whether a clause ends before each of them; empty where nobody asks.
    after_clause: Vec<bool>,
}

/// Surface forms and what each becomes, so that each is stemmed once.
#[derive(Default)]
struct Surfaces {
    known: Tokens,
    meanings: Vec<Meaning>,
}

/// What a surface form counts as.
#[derive(Clone, Copy)]
struct Meaning {
    /// [`NONE`] for a stop word.
    token: u32,
    /// The token under a negation, or [`NONE`] until it is met.
    negated: u32,
    role: Role,
}

impl<'a> Reader<'a> {
    pub(super) fn new(analyzer: &'a Analyzer, tokens: Tokens) -> Self {
        Self {
            analyzer,
            tokens,
            surfaces: (!analyzer.is_plain()).then(Surfaces::default),
            buffer: Buffer::default(),
            lookups: Lookups::default(),
            waiting: Vec::new(),
            after_clause: Vec::new(),
        }
    }

    /// Reads a text. Its tokens are in `documents` after [`finish`](Self::finish), if not before.
    pub(super) fn read(&mut self, text: &str, documents: &mut Documents) -> Result<()> {
        let Self { analyzer, tokens, surfaces, buffer, lookups, waiting, after_clause } = self;
        let known = surfaces.as_mut().map_or(&mut *tokens, |surfaces| &mut surfaces.known);
        after_clause.clear();
        if let (Some(words), None) = (analyzer.cut(text, buffer), analyzer.negators()) {
            for word in words.iter() {
                known.prepare(words.text(), word, lookups)?;
            }
        } else {
            let negates = analyzer.negators().is_some();
            let (mut result, mut end) = (Ok(()), 0);
            analyzer.segment(text, buffer, |surface, range| {
                if let Err(error) = known.prepare(surface.as_bytes(), 0..surface.len(), lookups) {
                    result = Err(error);
                }
                if negates {
                    let between = text.get(end..range.start).unwrap_or_default();
                    after_clause.push(Scope::ends_in(between));
                    end = range.end;
                }
            });
            result?;
        }
        waiting.push(lookups.len());
        // Plain tokens of several texts are looked up together; others must be known before they are replaced.
        if surfaces.is_some() || lookups.len() >= Tokens::AT_ONCE {
            self.finish(documents)
        } else {
            Ok(())
        }
    }

    /// Appends the tokens of the texts that were read and wait for it.
    pub(super) fn finish(&mut self, documents: &mut Documents) -> Result<()> {
        let Self { analyzer, tokens, surfaces, lookups, waiting, after_clause, .. } = self;
        let start = documents.tokens.len();
        if let Some(surfaces) = surfaces {
            surfaces.known.interned(lookups, &mut documents.tokens)?;
            surfaces.learn(analyzer, tokens)?;
            surfaces.replace(analyzer, tokens, after_clause, &mut documents.tokens, start)?;
            documents.ends.extend(waiting.drain(..).map(|_| documents.tokens.len()));
        } else {
            tokens.interned(lookups, &mut documents.tokens)?;
            documents.ends.extend(waiting.drain(..).map(|end| start + end));
        }
        lookups.clear();
        Ok(())
    }

    /// Appends tokens that the caller made.
    pub(super) fn read_tokens<S: AsRef<str>>(
        &mut self,
        document: &[S],
        documents: &mut Documents,
    ) -> Result<()> {
        for token in document {
            documents.tokens.push(self.tokens.intern(token.as_ref())?);
        }
        documents.ends.push(documents.tokens.len());
        Ok(())
    }
}

impl Surfaces {
    /// Finds out what the new ones mean.
    fn learn(&mut self, analyzer: &Analyzer, tokens: &mut Tokens) -> Result<()> {
        for new in self.meanings.len()..self.known.len() {
            let surface = self.known.text(new as u32);
            let token = analyzer.token(surface);
            self.meanings.push(Meaning {
                token: token.map_or(Ok(NONE), |token| tokens.intern(&token))?,
                negated: NONE,
                role: analyzer.negators().map_or(Role::Other, |negators| negators.role(surface)),
            });
        }
        Ok(())
    }

    /// Replaces surface forms by the tokens that they become, from `start` on.
    fn replace(
        &mut self,
        analyzer: &Analyzer,
        tokens: &mut Tokens,
        after_clause: &[bool],
        found: &mut Vec<u32>,
        start: usize,
    ) -> Result<()> {
        let mut scope = Scope::default();
        let mut kept = start;
        for i in start..found.len() {
            let meaning = &mut self.meanings[found[i] as usize];
            let mut token = meaning.token;
            if let Some(negators) = analyzer.negators() {
                let dropped = token == NONE && meaning.role == Role::Other;
                if after_clause[i - start] {
                    scope.end();
                }
                if !dropped && scope.negates(negators, meaning.role) && token != NONE {
                    if meaning.negated == NONE {
                        meaning.negated = tokens.intern(&negate(tokens.text(token)))?;
                    }
                    token = meaning.negated;
                }
            }
            if token != NONE {
                found[kept] = token;
                kept += 1;
            }
        }
        found.truncate(kept);
        Ok(())
    }
}

/// What the tokens of a term are joined with.
pub(super) fn separator(unit: Unit) -> &'static str {
    match unit {
        Unit::Tokens => " ",
        Unit::Characters | Unit::CharactersOfWords => "",
    }
}

/// Whether tokens that the caller made can be what terms are made of.
pub(super) fn check_tokens<D: AsRef<[S]>, S: AsRef<str>>(
    documents: &[D],
    analyzers: &[&Analyzer],
) -> Result<()> {
    if analyzers.iter().any(|analyzer| analyzer.unit() != Unit::Tokens) {
        return Err(Error::InvalidParameter {
            name: "analyzer",
            found: "of characters".to_owned(),
            expected: "takes texts, not tokens; pass texts, or use an analyzer of words",
        });
    }
    let mut tokens = documents.iter().flat_map(AsRef::as_ref).map(AsRef::as_ref);
    match tokens.find(|token: &&str| token.is_empty() || token.contains(' ')) {
        None => Ok(()),
        Some(token) => {
            let shown: String = token.chars().take(40).collect();
            let problem = format!(
                "{shown:?} is empty or holds a space, which is what stands between the tokens of a term; drop or replace it"
            );
            Err(Error::InvalidValues { what: "token", problem })
        }
    }
}

/// What texts come as.
pub(super) trait Source<T>: Copy + Sync {
    /// Whether all of them can be read.
    fn check(texts: &[T], analyzers: &[&Analyzer]) -> Result<()>;

    fn read(reader: &mut Reader<'_>, text: &T, documents: &mut Documents) -> Result<()>;

    fn find(text: &T, finder: &Finder, analyzer: &Analyzer, scratch: &mut RowScratch)
    -> TextCounts;
}

/// Texts.
#[derive(Clone, Copy)]
pub(super) struct Texts;

impl<T: AsRef<str>> Source<T> for Texts {
    fn check(_: &[T], _: &[&Analyzer]) -> Result<()> {
        Ok(())
    }

    fn read(reader: &mut Reader<'_>, text: &T, documents: &mut Documents) -> Result<()> {
        reader.read(text.as_ref(), documents)
    }

    fn find(
        text: &T,
        finder: &Finder,
        analyzer: &Analyzer,
        scratch: &mut RowScratch,
    ) -> TextCounts {
        finder.find(analyzer, text.as_ref(), scratch)
    }
}

/// Tokens that the caller made.
pub(super) struct TokenLists<S>(PhantomData<fn(S)>);

impl<S> TokenLists<S> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<S> Clone for TokenLists<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for TokenLists<S> {}

impl<D: AsRef<[S]>, S: AsRef<str>> Source<D> for TokenLists<S> {
    fn check(documents: &[D], analyzers: &[&Analyzer]) -> Result<()> {
        check_tokens(documents, analyzers)
    }

    fn read(reader: &mut Reader<'_>, document: &D, documents: &mut Documents) -> Result<()> {
        reader.read_tokens(document.as_ref(), documents)
    }

    fn find(document: &D, finder: &Finder, _: &Analyzer, scratch: &mut RowScratch) -> TextCounts {
        finder.find_in_tokens(document.as_ref(), scratch)
    }
}
