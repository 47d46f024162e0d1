//! Tokens of tweets: what a word pattern drops or takes apart is often what says most.
//!
//! Text in; tokens with their byte ranges out. HTML entities are decoded first (`&lt;3` is `<3`). Then, at each position,
//! the first rule that fits wins:
//!
//! | rule | example | token |
//! |---|---|---|
//! | emoticon | `:-)`, `¯\_(ツ)_/¯`, `:)))))` | `:-)`, `¯\_(ツ)_/¯`, `:))` |
//! | link | `https://t.co/Ab1.` | `https://t.co/Ab1` or `<url>` |
//! | e-mail address | `Crew@Sky.example` | `crew@sky.example` or `<email>` |
//! | handle | `@SkyBird` | `@skybird` or `<user>` |
//! | hashtag | `#NeverAgain` | `#neveragain`; also `never`, `again` |
//! | date, time, price, number | `12/24/2014`, `10:30pm`, `$3.50`, `50%` | as they are, or `<date>`, `<time>`, ... |
//! | emoji, with its joiners, without its colour | `👍🏽`, `1️⃣` | `👍`, `1⃣` |
//! | word; all apostrophes become `'` | `Didn’t`, `soooo` | `didn't`; `soo`, `<elongated>` |
//! | `!` and `?` | `!!!`, `??`, `?!?!` | `!!`, `??`, `?!` |
//! | dots | `..`, `…` | `...` |
//! | any other visible character; quotes are straight | `“`, `,` | `"`, `,` |
//!
//! White space, controls and what shows nothing are dropped. The time taken grows with the text and with nothing else: no
//! rule looks further than it can reach. Whether a token is good or bad is not known here.

mod bytes;
mod emoji;
mod emoticons;
mod entities;
mod hashtags;
mod html;
mod settings;
mod word;

use std::ops::Range;

use self::bytes::{LEAD, Lead};
use self::word::Word;
use super::chars::{Class, class, is_word_or_mark};
pub use settings::{Elongation, Entity, Social};

/// The token after a word whose letters were drawn out.
const ELONGATED: &str = "<elongated>";

/// The tokens of a text. `buffer` holds what had to be changed.
pub(super) fn tokens(
    text: &str,
    social: Social,
    lowercase: bool,
    buffer: &mut String,
    mut each: impl FnMut(&str, Range<usize>),
) {
    let (text, mut origin) = html::decoded(text);
    let each = |token: &str, range| each(token, origin.range(range));
    Scanner { text: &text, social, lowercase, buffer, each }.run();
}

struct Scanner<'t, F> {
    text: &'t str,
    social: Social,
    lowercase: bool,
    buffer: &'t mut String,
    each: F,
}

/// Each rule takes the position where it starts and gives the position where the next one does.
impl<F: FnMut(&str, Range<usize>)> Scanner<'_, F> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let lead = LEAD[usize::from(byte)];
            at = if lead == Lead::Nothing {
                at + 1
            } else if let Some((emoticon, length)) = emoticons::find(self.text, at) {
                self.emoticon(emoticon, at..at + length)
            } else {
                match lead {
                    Lead::Letter => self.letter(at),
                    Lead::Digit => self.digit(at),
                    Lead::Tag => self.tag(at),
                    Lead::Mark => self.marks(at),
                    Lead::Dot => self.dots(at),
                    Lead::Dollar => self.sign(at, '$'),
                    Lead::Beyond => self.beyond_ascii(at),
                    Lead::Apostrophe => self.emit("'", at..at + 1),
                    Lead::Star | Lead::Sign | Lead::Nothing => self.ascii_sign(at),
                }
            };
        }
    }

    #[inline]
    fn emit(&mut self, token: &str, range: Range<usize>) -> usize {
        let end = range.end;
        (self.each)(token, range);
        end
    }

    /// The bytes of `range` as they stand.
    #[inline]
    fn as_is(&mut self, range: Range<usize>) -> usize {
        let text = self.text;
        self.emit(&text[range.clone()], range)
    }

    fn entity(&mut self, entity: Entity, range: Range<usize>) -> usize {
        if let Some(token) = self.social.placeholder_of(entity) {
            return self.emit(token, range);
        }
        match entity {
            Entity::Link => self.as_is(range),
            _ => self.lowered(range),
        }
    }

    fn lowered(&mut self, range: Range<usize>) -> usize {
        let end = range.end;
        let text = &self.text[range.clone()];
        let word = Word::of(text, end);
        let (token, _) = word::token(text, word, self.lowercase, Elongation::Keep, self.buffer);
        (self.each)(token, range);
        end
    }

    fn emoticon(&mut self, emoticon: &str, range: Range<usize>) -> usize {
        let end = range.end;
        if emoticon.contains(' ') {
            self.buffer.clear();
            self.buffer.extend(emoticon.chars().filter(|&c| c != ' '));
            (self.each)(self.buffer, range);
        } else {
            (self.each)(emoticon, range);
        }
        end
    }

    #[inline]
    fn letter(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        if matches!(bytes[at], b'h' | b'H' | b'w' | b'W')
            && bytes.get(at + 1).is_some_and(|b| matches!(b, b't' | b'T' | b'w' | b'W'))
            && let Some(length) = entities::link(&self.text[at..])
        {
            return self.entity(Entity::Link, at..at + length);
        }
        self.word(at)
    }

    #[inline]
    fn word(&mut self, at: usize) -> usize {
        let word = word::scan(self.text, at);
        if let Some(end) = self.email_through(at, word.end) {
            return end;
        }
        self.emit_word(at, word)
    }

    /// The address that starts at `at`, if what was found there up to `end` may go on as one.
    #[inline]
    fn email_through(&mut self, at: usize, end: usize) -> Option<usize> {
        if !matches!(self.text.as_bytes().get(end), Some(b'@' | b'.' | b'-' | b'+')) {
            return None;
        }
        let end = entities::email(self.text, at)?;
        Some(self.entity(Entity::Email, at..end))
    }

    #[inline]
    fn emit_word(&mut self, at: usize, word: Word) -> usize {
        let elongation = self.social.elongation;
        let text = &self.text[at..word.end];
        let (token, drawn_out) = word::token(text, word, self.lowercase, elongation, self.buffer);
        (self.each)(token, at..word.end);
        if drawn_out && elongation == Elongation::Mark {
            (self.each)(ELONGATED, at..word.end);
        }
        word.end
    }

    fn digit(&mut self, at: usize) -> usize {
        if let Some(length) = emoji::keycap(self.text.as_bytes(), at) {
            return self.emoji(at..at + length);
        }
        let Some((entity, end)) = entities::figure(self.text, at) else { return self.word(at) };
        if let Some(end) = self.email_through(at, end) {
            return end;
        }
        self.entity(entity, at..end)
    }

    /// A handle or a hashtag, or `@` and `#` alone.
    fn tag(&mut self, at: usize) -> usize {
        let rest = &self.text[at + 1..];
        let length = rest.find(|c| !is_word_or_mark(c)).unwrap_or(rest.len());
        let end = at + 1 + length;
        if length == 0 {
            return self.ascii_sign(at);
        }
        if self.text.as_bytes()[at] == b'@' {
            return self.entity(Entity::Handle, at..end);
        }
        self.lowered(at..end);
        if self.social.split_hashtags {
            hashtags::words(rest.get(..length).unwrap_or(rest), |piece| {
                let word = Word::of(&rest[piece.clone()], at + 1 + piece.end);
                self.emit_word(at + 1 + piece.start, word);
            });
        }
        end
    }

    /// `!` and `?`: how many there are says little, that there are several says much.
    fn marks(&mut self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let length = rest.iter().take_while(|b| matches!(b, b'!' | b'?')).count();
        let run = &rest[..length];
        let token = match (run.contains(&b'!'), run.contains(&b'?'), length) {
            (true, true, _) => "?!",
            (true, false, 1) => "!",
            (true, false, _) => "!!",
            (false, _, 1) => "?",
            (false, ..) => "??",
        };
        self.emit(token, at..at + length)
    }

    /// One dot, or dots of any number and kind.
    fn dots(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let length = rest.len() - rest.trim_start_matches(['.', '…']).len();
        self.emit(if length == 1 { "." } else { "..." }, at..at + length)
    }

    fn ascii_sign(&mut self, at: usize) -> usize {
        match emoji::keycap(self.text.as_bytes(), at) {
            Some(length) if matches!(self.text.as_bytes()[at], b'#' | b'*') => {
                self.emoji(at..at + length)
            }
            _ => self.as_is(at..at + 1),
        }
    }

    fn emoji(&mut self, range: Range<usize>) -> usize {
        let end = range.end;
        (self.each)(emoji::folded(&self.text[range.clone()], self.buffer), range);
        end
    }

    /// A price, or its sign alone.
    fn sign(&mut self, at: usize, sign: char) -> usize {
        match entities::price(self.text, at, sign) {
            Some(end) => self.entity(Entity::Price, at..end),
            None => self.as_is(at..at + sign.len_utf8()),
        }
    }

    fn beyond_ascii(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let Some(c) = rest.chars().next() else { return self.text.len() };
        let end = at + c.len_utf8();
        match class(c) {
            Class::Space | Class::Invisible => end,
            Class::Word | Class::Mark => self.word(at),
            Class::Emoji => {
                let length = emoji::cluster(rest, c);
                self.emoji(at..at + length)
            }
            Class::Other => match c {
                '…' => self.dots(at),
                '‘' | '’' | '‛' | '‚' | '´' | '‹' | '›' => self.emit("'", at..end),
                '“' | '”' | '„' | '‟' | '«' | '»' => self.emit("\"", at..end),
                _ if entities::is_currency(c) => self.sign(at, c),
                _ => self.as_is(at..end),
            },
        }
    }
}
