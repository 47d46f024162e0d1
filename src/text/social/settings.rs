//! What the tokenizer for tweets can be told: [`Social`], a few settings that can be copied, compared and stored.
//!
//! What tokens look like is known here; how they are found is not.

use serde::{Deserialize, Serialize};

/// What is told apart by form alone, and can be counted as one token whatever it says; see [`Social::placeholder`].
///
/// ```
/// use ressenti::text::Entity;
///
/// assert_eq!(Entity::Link.token(), "<url>");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Entity {
    /// `@SkyBird`.
    Handle,
    /// What starts with `http://`, `https://` or `www.`.
    Link,
    /// `crew@sky.example`.
    Email,
    /// `1,000`, `3.5`, `50%`, also `1/2`, `9/10` and `24/7`; ASCII digits only.
    Number,
    /// `$3.50`, `€20`, `3.50€`, `£5`, `$5k`.
    Price,
    /// `10:30`, `10:30pm`, `5pm`, `18h30`.
    Time,
    /// `12/24/2014`, `24.12.2014`, `2014-12-24`, `12/24`; a month and a day, in either order.
    Date,
}

impl Entity {
    const ALL: [Self; 7] =
        [Self::Handle, Self::Link, Self::Email, Self::Number, Self::Price, Self::Time, Self::Date];

    /// The placeholder: `<user>`, `<url>`, `<email>`, `<number>`, `<price>`, `<time>` or `<date>`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Handle => "<user>",
            Self::Link => "<url>",
            Self::Email => "<email>",
            Self::Number => "<number>",
            Self::Price => "<price>",
            Self::Time => "<time>",
            Self::Date => "<date>",
        }
    }
}

/// What becomes of letters drawn out, as in `soooo`: three and more equal ones in a row.
///
/// Digits, `_`, handles, hashtags, links and addresses are never shortened, nor are `www` and small Roman numerals:
/// words of `i`, `v` and `x` only with at most three in a row, such as `xviii`. Letters are equal as the token shows
/// them, so `SOoo` is drawn out where tokens are lower-cased, else not.
///
/// ```
/// use ressenti::text::{Analyzer, Elongation, Social};
///
/// let analyzer = Analyzer::social().tokenizer(Social::default().elongation(Elongation::Shorten)).build()?;
/// assert_eq!(analyzer.tokenize("soooo").first().map(|token| token.text()), Some("soo"));
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Elongation {
    /// The word stays as it is.
    Keep,
    /// Two letters are left: `soo`, whatever the number was.
    Shorten,
    /// Two letters are left, and a token `<elongated>` of the same bytes follows. The default.
    #[default]
    Mark,
}

/// The settings of [`Tokenizer::Social`](super::super::Tokenizer::Social). By default every entity counts as itself,
/// hashtags stay whole and drawn-out words are marked.
///
/// HTML entities are decoded first, once (`&lt;3` is `<3`). Then these are tokens; the first that fits wins:
///
/// | what | example | token |
/// |---|---|---|
/// | emoticons and kaomoji | `:-)`, `¯\_(ツ)_/¯`, `:)))))` | `:-)`, `¯\_(ツ)_/¯`, `:))` |
/// | links | `https://t.co/Ab1.` | `https://t.co/Ab1` or `<url>` |
/// | e-mail addresses | `Crew@Sky.example` | `crew@sky.example` or `<email>` |
/// | handles | `@SkyBird` | `@skybird` or `<user>` |
/// | hashtags | `#NeverAgain` | `#neveragain`; also `never`, `again` |
/// | dates, times, prices, numbers | `12/24/2014`, `10:30pm`, `$3.50`, `50%` | as they are, or `<date>`, `<time>`, ... |
/// | emoji, with what is joined to them and without skin tone | `👍🏽`, `1️⃣` | `👍`, `1⃣` |
/// | words; all apostrophes become `'` | `Didn’t`, `soooo` | `didn't`; `soo`, `<elongated>` |
/// | what spaces left of a negation | `don ' t`, `can' t`, `do n ' t` | `don`, `n't`; `can`, `n't`; `do`, `n't` |
/// | `!` and `?` | `!!!`, `??`, `?!?!` | `!!`, `??`, `?!` |
/// | dots | `..`, `…` | `...` |
/// | any other visible character; quotes are straight | `“`, `,` | `"`, `,` |
///
/// An emoticon with a letter or digit at an end is one only where it touches no word: `D:`, but not `D:4`. White space,
/// controls and what shows nothing are dropped.
///
/// ```
/// use ressenti::text::{Analyzer, Entity, Social};
///
/// let social = Social::default().placeholder(Entity::Handle).placeholder(Entity::Time).split_hashtags(true);
/// let tokens = Analyzer::social().tokenizer(social).build()?.tokenize("@SkyBird 2h late at 5pm #WorstFlightEver");
/// let words: Vec<&str> = tokens.iter().map(|t| t.text()).collect();
/// assert_eq!(words, ["<user>", "2h", "late", "at", "<time>", "#worstflightever", "worst", "flight", "ever"]);
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct Social {
    /// By the place in [`Entity::ALL`].
    placeholders: [bool; Entity::ALL.len()],
    pub(super) split_hashtags: bool,
    pub(super) elongation: Elongation,
}

impl Social {
    /// Counts every entity of this kind as one and the same token, [`Entity::token`]. Default: each counts as itself.
    ///
    /// Worth it where what is said matters and to whom it is said does not: there are more handles, links and prices
    /// than a training set can hold.
    pub fn placeholder(mut self, entity: Entity) -> Self {
        self.placeholders[entity as usize] = true;
        self
    }

    /// A [`placeholder`](Self::placeholder) for every entity.
    pub(crate) fn placeholders(mut self) -> Self {
        self.placeholders = [true; Entity::ALL.len()];
        self
    }

    /// Whether the words of a hashtag follow it, each with its own bytes: `#worstflightever`, `worst`, `flight`,
    /// `ever`. Default: false.
    ///
    /// Words start at a capital after a small letter (`#NeverAgain`), at the last of a run of capitals (`#USAToday`:
    /// `usa`, `today`), where digits start or end, and after `_`. A hashtag of one word gives that word too.
    pub fn split_hashtags(mut self, split: bool) -> Self {
        self.split_hashtags = split;
        self
    }

    /// What becomes of drawn-out words. Default: [`Elongation::Mark`].
    pub fn elongation(mut self, elongation: Elongation) -> Self {
        self.elongation = elongation;
        self
    }

    /// The token for an entity that does not count as itself.
    pub(super) fn placeholder_of(self, entity: Entity) -> Option<&'static str> {
        self.placeholders[entity as usize].then(|| entity.token())
    }

    /// What differs from the default, as a run records it: `social(<url>, split_hashtags)`.
    pub(in crate::text) fn summary(self) -> String {
        let entities = Entity::ALL.into_iter().filter_map(|entity| self.placeholder_of(entity));
        let split = self.split_hashtags.then_some("split_hashtags");
        let elongation = match self.elongation {
            Elongation::Keep => Some("elongation=keep"),
            Elongation::Shorten => Some("elongation=shorten"),
            Elongation::Mark => None,
        };
        let parts: Vec<_> = entities.chain(split).chain(elongation).collect();
        if parts.is_empty() { "social".to_owned() } else { format!("social({})", parts.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_what_is_not_default() {
        assert_eq!(Social::default().summary(), "social");
        let social = Social::default().placeholder(Entity::Link).placeholder(Entity::Handle);
        assert_eq!(social.summary(), "social(<user>, <url>)");
        let social = Social::default().split_hashtags(true).elongation(Elongation::Keep);
        assert_eq!(social.summary(), "social(split_hashtags, elongation=keep)");
    }

    #[test]
    fn each_entity_has_a_place_and_a_token_of_its_own() {
        for (place, entity) in Entity::ALL.into_iter().enumerate() {
            assert_eq!(entity as usize, place);
            let social = Social::default().placeholder(entity);
            let set = Entity::ALL.into_iter().filter_map(|other| social.placeholder_of(other));
            assert_eq!(set.collect::<Vec<_>>(), [entity.token()]);
        }
    }

    #[test]
    fn settings_are_stored_by_name() {
        let social = Social::default().placeholder(Entity::Date).elongation(Elongation::Keep);
        let json = serde_json::to_string(&social).unwrap();
        assert_eq!(serde_json::from_str::<Social>(&json).unwrap(), social);
        assert_eq!(serde_json::from_str::<Social>("{}").unwrap(), Social::default());
    }
}
