//! Texts to the integers of their tokens, when a vocabulary is learnt.
//!
//! Each thread has a reader, and a reader its own table of tokens: what one thread meets first gets other integers than on
//! another, and `terms` makes them one. N-grams are not known here.

use std::iter::once;

use super::block::{Block, Finder};
use super::lookups::Lookups;
use super::tokens::{NONE, Tokens};
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
    /// None yet, of this reader, and room for so many tokens.
    pub(super) fn of(reader: usize, room: usize) -> Self {
        Self { reader, tokens: Vec::with_capacity(room), ends: Vec::new() }
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
    text_ends: Vec<usize>,
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
            text_ends: Vec::new(),
            after_clause: Vec::new(),
        }
    }

    /// Reads a text. Its tokens are in `documents` after [`finish`](Self::finish), if not before.
    pub(super) fn read(&mut self, text: &str, documents: &mut Documents) -> Result<()> {
        let done = self.look_up(text, documents);
        self.unless_failed(done)
    }

    /// Appends the tokens of the texts that were read and wait for it.
    pub(super) fn finish(&mut self, documents: &mut Documents) -> Result<()> {
        let done = self.append(documents);
        self.unless_failed(done)
    }

    /// Nothing of a text that failed is left for the next one: other pieces are read before anybody hears of it.
    fn unless_failed(&mut self, done: Result<()>) -> Result<()> {
        if done.is_err() {
            self.lookups.clear();
            self.text_ends.clear();
        }
        done
    }

    fn look_up(&mut self, text: &str, documents: &mut Documents) -> Result<()> {
        let Self { analyzer, tokens, surfaces, buffer, lookups, text_ends, after_clause } = self;
        let known = surfaces.as_mut().map_or(&mut *tokens, |surfaces| &mut surfaces.known);
        after_clause.clear();
        if let (Some(words), None) = (analyzer.cut(text, buffer), analyzer.negators()) {
            known.prepare(words.text(), words.iter(), lookups)?;
        } else {
            let negates = analyzer.negators().is_some();
            let (mut result, mut end) = (Ok(()), 0);
            analyzer.segment(text, buffer, |surface, range| {
                let whole = once(0..surface.len());
                if let Err(error) = known.prepare(surface.as_bytes(), whole, lookups) {
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
        text_ends.push(lookups.len());
        // Plain tokens of several texts are looked up together; others must be known before they are replaced.
        if surfaces.is_some() || lookups.len() >= Lookups::AT_ONCE {
            self.append(documents)
        } else {
            Ok(())
        }
    }

    fn append(&mut self, documents: &mut Documents) -> Result<()> {
        let Self { analyzer, tokens, surfaces, lookups, text_ends, after_clause, .. } = self;
        let start = documents.tokens.len();
        if let Some(surfaces) = surfaces {
            documents.tokens.extend_from_slice(surfaces.known.interned(lookups)?);
            surfaces.learn(analyzer, tokens)?;
            surfaces.replace(analyzer, tokens, after_clause, &mut documents.tokens, start)?;
            documents.ends.extend(text_ends.drain(..).map(|_| documents.tokens.len()));
        } else {
            documents.tokens.extend_from_slice(tokens.interned(lookups)?);
            documents.ends.extend(text_ends.drain(..).map(|end| start + end));
        }
        lookups.clear();
        Ok(())
    }

    /// Appends [`tokens`] that the caller made.
    fn read_tokens(&mut self, document: &str, documents: &mut Documents) -> Result<()> {
        for token in tokens(document) {
            documents.tokens.push(self.tokens.intern(token)?);
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

/// Tokens that the caller made, each document as one text with a space between them, for blocks of these units.
///
/// Errors: [`Error::InvalidParameter`] for analyzers of characters, and [`Error::InvalidValues`] for a token that is empty or
/// holds a space.
pub(super) fn joined<D: AsRef<[S]>, S: AsRef<str>>(
    documents: &[D],
    mut units: impl Iterator<Item = Unit>,
) -> Result<Vec<String>> {
    if units.any(|unit| unit != Unit::Tokens) {
        return Err(Error::InvalidParameter {
            name: "analyzer",
            found: "of characters".to_owned(),
            expected: "takes texts, not tokens; pass texts, or use an analyzer of words",
        });
    }
    let join = |document: &D| {
        let mut joined = String::new();
        for token in document.as_ref() {
            let token = token.as_ref();
            if token.is_empty() || token.contains(' ') {
                return Err(unusable(token));
            }
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(token);
        }
        Ok(joined)
    };
    documents.iter().map(join).collect()
}

fn unusable(token: &str) -> Error {
    let shown: String = token.chars().take(40).collect();
    let problem = format!(
        "{shown:?} is empty or holds a space, which is what stands between the tokens of a term; drop or replace it"
    );
    Error::InvalidValues { what: "token", problem }
}

/// The tokens of a document that was [`joined`].
pub(super) fn tokens(document: &str) -> impl Iterator<Item = &str> {
    document.split(' ').filter(|token| !token.is_empty())
}

/// What texts come as.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// To be analysed.
    Raw,
    /// As tokens, [`joined`].
    Tokens,
}

impl Source {
    pub(super) fn read(
        self,
        reader: &mut Reader<'_>,
        text: &str,
        documents: &mut Documents,
    ) -> Result<()> {
        match self {
            Self::Raw => reader.read(text, documents),
            Self::Tokens => reader.read_tokens(text, documents),
        }
    }

    pub(super) fn find(
        self,
        text: &str,
        finder: &Finder,
        analyzer: &Analyzer,
        scratch: &mut RowScratch,
    ) -> TextCounts {
        match self {
            Self::Raw => finder.find(analyzer, text, scratch),
            Self::Tokens => finder.find_in_tokens(text, scratch),
        }
    }

    /// Adds what a text touches in a block to the row in `scratch`.
    pub(super) fn transform(self, block: &Block, text: &str, scratch: &mut RowScratch) {
        match self {
            Self::Raw => {
                block.transform_one(text, scratch);
            }
            Self::Tokens => block.transform_tokens(text, scratch),
        }
    }
}
