//! Tokens of tweets: what a word pattern drops or takes apart is often what says most.
//!
//! Text in; tokens with their byte ranges out. HTML entities are decoded first; then, at each position, the first rule that
//! fits wins. [`Social`] lists the rules. The time taken grows with the text and with nothing else: no rule looks further
//! than it can reach. Whether a token is good or bad is not known here.

mod bytes;
mod emoji;
mod emoticons;
mod entities;
mod hashtags;
mod html;
mod settings;
mod word;

use std::ops::Range;

use self::bytes::{LEAD, Lead, WORD, is};
use self::html::Origin;
use self::word::{ANOTHER_LOOK, FOLDING, Word, is_apostrophe};
use super::chars::{Class, class};
pub use settings::{Elongation, Entity, Social};

/// The token after a word whose letters were drawn out.
const ELONGATED: &str = "<elongated>";

/// Room for a text without its entities.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    text: String,
    origin: Origin,
}

/// What follows the text in the buffer, so that whoever reads a few bytes of a word need not ask first whether there are as
/// many.
const PADDING: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// The tokens of a text: what each is in, where in that, and its bytes in the text. `buffer` takes the text and what has to be
/// changed; it and `decoded` save allocations between calls.
pub(super) fn tokens(
    text: &str,
    social: Social,
    lowercase: bool,
    buffer: &mut String,
    decoded: &mut Decoded,
    mut each: impl FnMut(&str, Range<usize>, Range<usize>),
) {
    let Decoded { text: out, origin } = decoded;
    let text = html::decoded(text, out, origin);
    let each = |whole: &str, token, range| each(whole, token, origin.range(range));
    buffer.clear();
    buffer.push_str(text);
    if lowercase {
        buffer.make_ascii_lowercase();
    }
    buffer.push_str(PADDING);
    Scanner { text, social, lowercase, buffer, each, faced: 0 }.run();
}

/// What `n't` leaves of a negator before its apostrophe.
const STEMS: [&[u8]; 21] = [
    b"don", b"can", b"won", b"isn", b"ain", b"aren", b"wasn", b"didn", b"doesn", b"hasn", b"hadn",
    b"shan", b"weren", b"haven", b"couldn", b"wouldn", b"shouldn", b"mustn", b"needn", b"mightn",
    b"daren",
];

/// The last word of a text, or the end of one that is longer than any of [`STEMS`].
fn last_word(text: &str) -> &[u8] {
    let last = text.as_bytes().iter().rev().take(8);
    let length = last.take_while(|&&b| is(Some(&b), WORD | bytes::BEYOND)).count();
    &text.as_bytes()[text.len() - length..]
}

/// Where the `t` behind an apostrophe ends, if it is a word of its own and not the start of one: `in 't Veld`, `on 't-shirt`.
fn end_of_t(text: &str, apostrophe_end: usize) -> Option<usize> {
    let after = &text[apostrophe_end..];
    let t = after.strip_prefix(' ').unwrap_or(after);
    let follows = t.as_bytes().get(1);
    let ends = follows != Some(&b'-') && !is(follows, WORD | bytes::BEYOND);
    (ends && t.starts_with(['t', 'T'])).then(|| text.len() - t.len() + 1)
}

/// Where `n't` ends, of which spaces and the `n` at `at` are left: `do n ' t`, `ca n 't`.
fn end_of_split_not(text: &str, at: usize) -> Option<usize> {
    if !matches!(text.as_bytes()[at], b'n' | b'N') {
        return None;
    }
    let word = last_word(text[..at].strip_suffix(' ')?);
    let without_n = |stem: &[u8]| word.eq_ignore_ascii_case(&stem[..stem.len() - 1]);
    let after = &text[at + 1..];
    let sign = after.strip_prefix(' ').unwrap_or(after);
    let apostrophe = sign.chars().next().filter(|&c| is_apostrophe(c))?;
    let end = end_of_t(text, text.len() - sign.len() + apostrophe.len_utf8())?;
    STEMS.iter().any(|stem| without_n(stem)).then_some(end)
}

struct Scanner<'t, F> {
    text: &'t str,
    social: Social,
    lowercase: bool,
    /// The text with small letters in place of ASCII capitals, if tokens are lower-cased: most tokens are in it as they
    /// count. Others are put together behind it.
    buffer: &'t mut String,
    each: F,
    /// Where the last emoticon ended.
    faced: usize,
}

/// Each rule takes the position where it starts and gives the position where the next one does.
impl<F: FnMut(&str, Range<usize>, Range<usize>)> Scanner<'_, F> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let second = bytes.get(at + 1).copied().unwrap_or_default();
            let special = emoticons::may_start(byte, second) || entities::may_be_link(byte, second);
            let special = if special { self.emoticon_or_link(at) } else { None };
            at = special.unwrap_or_else(|| self.rule(at, LEAD[usize::from(byte)]));
            // The space after a token, without a turn of its own.
            at += usize::from(bytes.get(at) == Some(&b' '));
        }
    }

    #[inline]
    fn rule(&mut self, at: usize, lead: Lead) -> usize {
        match lead {
            Lead::Letter => self.word(at),
            Lead::Nothing => at + 1,
            Lead::Digit => self.digit(at),
            Lead::Tag => self.tag(at),
            Lead::Mark => self.marks(at),
            Lead::Dot => self.dots(at),
            Lead::Dollar => self.sign(at, '$'),
            Lead::Beyond => self.beyond_ascii(at),
            Lead::Apostrophe => self.apostrophe(at..at + 1),
            Lead::Star => self.star(at),
            Lead::Sign => self.plain(at..at + 1),
        }
    }

    #[inline]
    fn emit(&mut self, token: &str, range: Range<usize>) -> usize {
        let end = range.end;
        (self.each)(token, 0..token.len(), range);
        end
    }

    /// The bytes of `range`, with small letters.
    #[inline]
    fn plain(&mut self, range: Range<usize>) -> usize {
        let end = range.end;
        (self.each)(self.buffer, range.clone(), range);
        end
    }

    /// What `push` puts together behind the text.
    fn made(&mut self, range: Range<usize>, push: impl FnOnce(&str, &mut String)) -> usize {
        let end = range.end;
        let start = self.text.len() + PADDING.len();
        self.buffer.truncate(start);
        push(&self.text[range.clone()], self.buffer);
        (self.each)(self.buffer, start..self.buffer.len(), range);
        end
    }

    /// As it stands, or its placeholder.
    fn entity(&mut self, entity: Entity, range: Range<usize>) -> usize {
        match self.social.placeholder_of(entity) {
            Some(token) => self.emit(token, range),
            None => self.plain(range),
        }
    }

    fn emoticon_or_link(&mut self, at: usize) -> Option<usize> {
        if let Some((emoticon, length)) = emoticons::find(self.text, self.faced, at) {
            let range = at..at + length;
            self.faced = range.end;
            return Some(if emoticon.contains(' ') {
                self.made(range, |_, out| out.extend(emoticon.chars().filter(|&c| c != ' ')))
            } else {
                self.emit(emoticon, range)
            });
        }
        let end = at + entities::link(&self.text[at..])?;
        let link = self.social.placeholder_of(Entity::Link).unwrap_or(&self.text[at..end]);
        Some(self.emit(link, at..end))
    }

    #[inline]
    fn word(&mut self, at: usize) -> usize {
        let word = word::scan(self.text, at);
        if word.end == at + 1
            && let Some(end) = end_of_split_not(self.text, at)
        {
            return self.emit("n't", at..end);
        }
        if word.needs == 0 { self.plain(at..word.end) } else { self.unusual_word(at, word) }
    }

    fn unusual_word(&mut self, at: usize, word: Word) -> usize {
        if word.needs & ANOTHER_LOOK != 0
            && let Some(end) = self.address(at, word.end)
        {
            return end;
        }
        match word.needs & !ANOTHER_LOOK {
            0 => self.plain(at..word.end),
            _ => self.folded_word(at, word, self.social.elongation),
        }
    }

    /// A word that does not count as it stands, and what marks it as drawn out.
    fn folded_word(&mut self, at: usize, word: Word, elongation: Elongation) -> usize {
        let mut drawn_out = false;
        let (needs, lowercase) = (word.needs, self.lowercase);
        let end = self.made(at..word.end, |text, out| {
            drawn_out = word::push_folded(text, needs, lowercase, elongation, out);
        });
        if drawn_out && elongation == Elongation::Mark {
            self.emit(ELONGATED, at..end)
        } else {
            end
        }
    }

    /// The e-mail address that starts at `at`, if what was found there up to `end` may go on as one.
    fn address(&mut self, at: usize, end: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let joins = matches!(bytes.get(end), Some(b'@' | b'.' | b'-' | b'+'));
        if !joins || !is(bytes.get(end + 1), WORD) {
            return None;
        }
        let end = entities::email(self.text, at)?;
        Some(self.entity(Entity::Email, at..end))
    }

    fn digit(&mut self, at: usize) -> usize {
        if let Some(length) = emoji::keycap(self.text.as_bytes(), at) {
            return self.emoji(at..at + length);
        }
        let Some((entity, end)) = entities::figure(self.text, at) else { return self.word(at) };
        match self.address(at, end) {
            Some(end) => end,
            None => self.entity(entity, at..end),
        }
    }

    /// A handle or a hashtag, or `@` and `#` alone.
    fn tag(&mut self, at: usize) -> usize {
        if let Some(length) = emoji::keycap(self.text.as_bytes(), at) {
            return self.emoji(at..at + length);
        }
        let name = word::scan_name(self.text, at + 1);
        let is_handle = self.text.as_bytes()[at] == b'@';
        if is_handle && name.end > at + 1 && self.social.placeholder_of(Entity::Handle).is_some() {
            return self.entity(Entity::Handle, at..name.end);
        }
        if name.needs & FOLDING == 0 {
            self.plain(at..name.end);
        } else {
            self.folded_word(at, name, Elongation::Keep);
        }
        if !is_handle && self.social.split_hashtags {
            let text = self.text;
            hashtags::words(&text[at + 1..name.end], |piece| {
                let (start, end) = (at + 1 + piece.start, at + 1 + piece.end);
                self.folded_word(start, Word::of(&text[start..end], end), self.social.elongation);
            });
        }
        name.end
    }

    /// An apostrophe alone; with the `t` after it, what is left of `don't` where spaces were put between: `don ' t`. Not so
    /// after other words.
    fn apostrophe(&mut self, at: Range<usize>) -> usize {
        let before = &self.text[..at.start];
        let word = last_word(before.strip_suffix(' ').unwrap_or(before));
        if STEMS.iter().any(|stem| word.eq_ignore_ascii_case(stem))
            && let Some(end) = end_of_t(self.text, at.end)
        {
            return self.emit("n't", at.start..end);
        }
        self.emit("'", at)
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

    /// One dot, or an ellipsis however it is typed.
    fn dots(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let length = rest.len() - rest.trim_start_matches(['.', '…']).len();
        self.emit(if length == 1 { "." } else { "..." }, at..at + length)
    }

    /// `*`, or the keycap of it.
    fn star(&mut self, at: usize) -> usize {
        match emoji::keycap(self.text.as_bytes(), at) {
            Some(length) => self.emoji(at..at + length),
            None => self.plain(at..at + 1),
        }
    }

    fn emoji(&mut self, range: Range<usize>) -> usize {
        if emoji::is_plain(&self.text[range.clone()]) {
            return self.plain(range);
        }
        self.made(range, emoji::push_folded)
    }

    /// A price, or its sign alone.
    fn sign(&mut self, at: usize, sign: char) -> usize {
        match entities::price(self.text, at, sign) {
            Some(end) => self.entity(Entity::Price, at..end),
            None => self.plain(at..at + sign.len_utf8()),
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
                _ if is_apostrophe(c) => self.apostrophe(at..end),
                '‚' | '‹' | '›' => self.emit("'", at..end),
                '“' | '”' | '„' | '‟' | '«' | '»' => self.emit("\"", at..end),
                _ if entities::is_currency(c) => self.sign(at, c),
                _ => self.plain(at..end),
            },
        }
    }
}
