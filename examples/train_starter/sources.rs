//! The texts and the word lists that the starter model is made of, each source with what it counts.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use ressenti::SoftTargets;
use ressenti::dataset::{Dataset, read_tsv};

/// A file of texts.
struct Source {
    name: &'static str,
    /// What is left out with it: sources of one kind, or of the same texts.
    family: &'static str,
    /// How much a row counts.
    weight: f64,
}

const fn source(name: &'static str, family: &'static str, weight: f64) -> Source {
    Source { name, family, weight }
}

/// The weights are those that nine leave-one-source-out fits of 47 settings found best.
const SOURCES: [Source; 11] = [
    source("tweets_emotion_in_text", "tweets", 0.5),
    source("pros_cons", "pros_cons", 0.1),
    source("movie_reviews_first60_last60", "movie_reviews", 1.0),
    source("sentence_polarity", "movies", 1.0),
    source("uci_amazon", "uci", 2.0),
    source("uci_yelp", "uci", 2.0),
    source("uci_imdb", "uci", 2.0),
    source("vader_tweets", "vader_tweets", 2.0),
    source("vader_amazon", "vader_amazon", 1.0),
    source("vader_nyt", "vader_nyt", 1.0),
    source("vader_movies", "movies", 0.5),
];

/// Neutral texts count so much of what others of their source do. Left-out families hardly tell 0.3 from 1: ranks of ratings gain
/// up to 0.5, and accuracy loses from there.
const NEUTRAL: f64 = 0.5;

/// A rating r, from -4 to 4, is the target 1 / (1 + exp(-4 r)): nearly that of its sign.
const SLOPE: f64 = 4.0;

/// All families, in the order of their sources.
pub(crate) const FAMILIES: [&str; 8] = [
    "tweets",
    "pros_cons",
    "movie_reviews",
    "movies",
    "uci",
    "vader_tweets",
    "vader_amazon",
    "vader_nyt",
];

/// A text to learn from.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) text: String,
    /// From 0, negative, to 1, positive; ½ if it is neutral.
    pub(crate) target: f64,
    /// The mean rating, where that is what is known.
    pub(crate) rating: Option<f64>,
    pub(crate) family: &'static str,
    /// What is balanced for itself.
    part: String,
    weight: f64,
}

impl Row {
    pub(crate) fn is_neutral(&self) -> bool {
        self.target == 0.5
    }

    /// What the class that it speaks for is called.
    pub(crate) fn label(&self) -> &'static str {
        if self.target >= 0.5 { "positive" } else { "negative" }
    }
}

/// The folder of what is shared beside the repository, or of what `RESSENTI_DATA` names.
fn folder(name: &str, inside: &str) -> PathBuf {
    let given = env::var_os("RESSENTI_DATA").map(|folder| Path::new(&folder).join(inside));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    given.filter(|folder| folder.is_dir()).unwrap_or(beside)
}

/// The texts and labels of a file to evaluate on.
pub(crate) fn evaluation(name: &str) -> Result<Dataset, Box<dyn Error>> {
    Ok(read_tsv(folder("data", "").join(name))?)
}

/// What stands before and behind the tab of each line but the first.
fn read(name: &str) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let path = folder("starter", "starter").join(format!("{name}.tsv"));
    let file = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let pair = |line: &str| {
        let (before, after) = line.split_once('\t')?;
        Some((before.to_owned(), after.to_owned()))
    };
    let lines = file.split('\n').skip(1).filter(|line| !line.is_empty());
    let pairs: Option<Vec<_>> = lines.map(pair).collect();
    Ok(pairs.ok_or_else(|| format!("{}: a line has no tab", path.display()))?)
}

/// All rows, source by source.
pub(crate) fn rows() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for Source { name, family, weight } in SOURCES {
        let rated = name.starts_with("vader_");
        for (label, text) in read(name)? {
            let (target, rating) = match label.as_str() {
                _ if rated => {
                    let rating: f64 = label.parse()?;
                    (1.0 / (1.0 + (-SLOPE * rating).exp()), Some(rating))
                }
                "1" | "positive" => (1.0, None),
                "0" | "negative" => (0.0, None),
                "neutral" => (0.5, None),
                other => return Err(format!("{name} has the label {other:?}").into()),
            };
            let neutral = label == "neutral";
            let (part, of_part) = if neutral { (", neutral", NEUTRAL) } else { ("", 1.0) };
            let (part, weight) = (format!("{name}{part}"), weight * of_part);
            rows.push(Row { text, target, rating, family, part, weight });
        }
    }
    Ok(rows)
}

/// What the rows have to teach: each source balanced, and weighed.
pub(crate) fn targets(rows: &[&Row]) -> ressenti::Result<SoftTargets> {
    let of = |f: fn(&Row) -> f64| rows.iter().map(|row| f(row)).collect::<Vec<_>>();
    let parts: Vec<&str> = rows.iter().map(|row| row.part.as_str()).collect();
    let targets = SoftTargets::new(&of(|row| row.target))?;
    targets.balanced_within(&parts)?.weighted(&of(|row| row.weight))
}

/// Valences, on VADER's scale, and words of what is bought, eaten, watched and read that its list lacks; ours, written in three
/// drafts from what the words mean, and not drawn from a list or from texts. That they help was judged by left-out
/// families after each draft. Of 733, a last look kept those that judge more than they describe, that are no words for people,
/// and whose stem is theirs: `polite` has the stem of `politics`, `highly` that of `high`. 356 of them are in Hu and Liu's list as
/// well, which they were not taken from.
const OWN_WORDS: &str = include_str!("own_words.tsv");

/// What VADER's list has no value for, on its scale of -4 to 4, and what is praise today and a fire there; ours.
pub(crate) const OWN_EMOJI: [(f64, &str); 18] = [
    (1.8, "👍"),
    (-1.8, "👎"),
    (-2.3, "😡"),
    (-2.6, "🤬"),
    (-1.7, "😤"),
    (-1.4, "😒"),
    (-1.4, "🙄"),
    (-2.2, "🤮"),
    (-2.0, "🤢"),
    (-1.8, "💩"),
    (1.2, "🙏"),
    (1.9, "👏"),
    (1.4, "🔥"),
    (1.8, "💯"),
    (1.9, "🙌"),
    (1.6, "💪"),
    (1.6, "⭐"),
    (2.2, "🤩"),
];

/// Words and what they are worth, from -1 to 1.
pub(crate) type List = Vec<(String, f64)>;

/// Which words have a value before anything is learnt. VADER's and its emoji always have, and our emoji.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lists {
    Vader,
    Own,
    /// Hu and Liu's too.
    OwnAndOpinion,
}

pub(crate) fn lists(which: Lists) -> Result<Vec<List>, Box<dyn Error>> {
    let read = |name: &str, whole: f64| -> Result<List, Box<dyn Error>> {
        let words = read(name)?.into_iter();
        words.map(|(value, word)| Ok((word, value.parse::<f64>()? / whole))).collect()
    };
    let mut vader = read("lexicon_vader", 4.0)?;
    vader.extend(read("lexicon_emoji", 4.0)?);
    vader.extend(OWN_EMOJI.map(|(value, emoji)| (emoji.to_owned(), value / 4.0)));
    let own = if which == Lists::Vader { "" } else { OWN_WORDS };
    for line in own.lines().skip(1) {
        let (value, words) = line.split_once('\t').ok_or("own_words.tsv: a line has no tab")?;
        let value = value.parse::<f64>()? / 4.0;
        vader.extend(words.split(", ").map(|word| (word.to_owned(), value)));
    }
    let mut lists = vec![vader];
    if which == Lists::OwnAndOpinion {
        lists.push(read("lexicon_opinion", 2.0)?);
    }
    Ok(lists)
}
