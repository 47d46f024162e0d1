//! A small grammar of tweets to an airline that does not exist. What each of them means is known, since we made it up.

use ressenti::Sentiment::{self, Negative, Neutral, Positive};

use crate::random::Random;

pub(crate) struct Tweet {
    pub(crate) user: String,
    pub(crate) text: String,
    pub(crate) truth: Sentiment,
}

/// What people speak of, and in which words.
struct Subject {
    things: &'static [&'static str],
    good: &'static [&'static str],
    bad: &'static [&'static str],
    praise: &'static [&'static str],
    complaints: &'static [&'static str],
    questions: &'static [&'static str],
}

/// What people speak of at an airline, year in, year out.
const USUAL: Subject = Subject {
    things: &[
        "crew",
        "seat",
        "food",
        "boarding",
        "flight",
        "cabin",
        "lounge",
        "wifi",
        "check-in",
        "pilot",
        "coffee",
        "legroom",
        "gate agent",
        "bag drop",
    ],
    good: &[
        "great",
        "lovely",
        "friendly",
        "spotless",
        "perfect",
        "amazing",
        "super fast",
        "wonderful",
        "so comfy",
        "excellent",
    ],
    bad: &[
        "awful",
        "dirty",
        "rude",
        "broken",
        "a joke",
        "useless",
        "terrible",
        "so slow",
        "the worst",
        "disgusting",
    ],
    praise: &[
        "thanks for the upgrade to {place}",
        "landed early in {place}, well done",
        "your team found my bag within the hour, thank you",
        "best flight to {place} in years",
        "kudos to the purser on flight {n}",
        "refund came the next day, impressed",
    ],
    complaints: &[
        "lost my bag again in {place}",
        "{n} minutes late and nobody says why",
        "still waiting for my refund since March",
        "flight {n} cancelled, no hotel, no help",
        "on hold for an hour, then you hang up",
        "missed my connection in {place} because of you",
    ],
    questions: &[
        "how many bags are included to {place}?",
        "which terminal is flight {n}?",
        "can I change the name on booking {n}?",
        "do you fly to {place} in winter?",
        "when does check-in open for flight {n}?",
        "on flight {n} to {place} next week",
    ],
};

/// What they speak of from one morning on: a strike, a new app, a new aircraft.
const NEWS: Subject = Subject {
    things: &[
        "#ParadisApp",
        "app",
        "QR pass",
        "#A390",
        "upper deck",
        "picket line",
        "walkout",
        "dark mode",
        "face scan",
        "mood lighting",
    ],
    good: &[
        "slick",
        "whisper-quiet",
        "gorgeous",
        "snappy",
        "seamless",
        "chef's kiss",
        "a game changer",
        "futuristic",
    ],
    bad: &["glitchy", "frozen", "a sauna", "shambolic", "buggy", "a fiasco", "bricked", "endless"],
    praise: &[
        "rerouted us around the #PilotStrike within minutes, heroes",
        "#ParadisApp scanned my passport in a blink",
        "window tint on the #A390 rocks",
        "solidarity with the strikers, they deserve it, and you told us days ahead",
        "the union deal is signed, hooray",
    ],
    complaints: &[
        "stranded in {place} by the #PilotStrike, day {n}",
        "#ParadisApp crashes at the paywall",
        "logged out by the update, QR pass gone",
        "scabs and chaos at the picket in {place}",
        "vents on the #A390 drip on row {n}",
        "honeymoon ruined by the walkout",
    ],
    questions: &[
        "is flight {n} hit by the #PilotStrike?",
        "until when does the walkout last?",
        "does #ParadisApp run on tablets?",
        "which routes get the #A390?",
        "where do strikers picket in {place}?",
        "is there a beta of the app?",
    ],
};

const PLACES: &[&str] = &[
    "Oslo",
    "Lisbon",
    "Nice",
    "Riga",
    "Cork",
    "Turin",
    "Vienna",
    "Dakar",
    "Montréal",
    "Athens",
    "Bari",
];
const OPENINGS: &[&str] =
    &["@AirParadis ", "@AirParadis ", "hey @AirParadis ", "", "", "ok @AirParadis, "];
const ENDINGS: &[&str] = &["", "", ".", "!", " #AirParadis", " #travel", " @AirParadis"];

/// What somebody writes today: of the news with this probability, else of what is usual.
pub(crate) fn tweet(random: &mut Random, news: f64) -> Tweet {
    let user = format!("user {}", random.below(20_000));
    let subject = if random.is(news) { &NEWS } else { &USUAL };
    let x = random.unit();
    let truth = if x < 0.45 {
        Negative
    } else if x < 0.7 {
        Neutral
    } else {
        Positive
    };
    let body = match truth {
        // Some say so little that nobody could tell.
        _ if random.is(0.08) => "flight {n} to {place}".to_owned(),
        Neutral => random.one_of(subject.questions).to_owned(),
        Negative if random.is(0.5) => random.one_of(subject.complaints).to_owned(),
        Positive if random.is(0.5) => random.one_of(subject.praise).to_owned(),
        _ => {
            let words = if truth == Positive { subject.good } else { subject.bad };
            let verb = random.one_of(&["is", "was", "is just", "on flight {n} was"]);
            format!("the {} {verb} {}", random.one_of(subject.things), random.one_of(words))
        }
    };
    let body = body
        .replace("{place}", random.one_of(PLACES))
        .replace("{n}", &random.below(900).to_string());
    let text = format!("{}{body}{}", random.one_of(OPENINGS), random.one_of(ENDINGS));
    Tweet { user, text, truth }
}

/// Many of them.
pub(crate) fn tweets(random: &mut Random, news: f64, n: usize) -> Vec<Tweet> {
    (0..n).map(|_| tweet(random, news)).collect()
}
