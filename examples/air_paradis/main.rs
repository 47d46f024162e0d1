//! A product's life in under a minute: a model of an airline's tweets is trained, registered, promoted, watched, retrained and
//! defended.
//!
//! ```text
//! cargo run --release --example air_paradis
//! ```
//!
//! You will see the timeline of four hours at work, with 100,000 requests of simulated users:
//!
//! * in the morning the servers are slow, then a database fails, then nobody comes through: alerts fire and resolve;
//! * at eight people begin to speak of a strike, a new app and a new aircraft. The model does not know the words: drift is found,
//!   the corrections of users train a challenger, it wins its A/B test in the champion's shadow and is promoted;
//! * trolls "correct" what was right: the model trained on that is refused;
//! * somebody tries a small model on a fifth of the users: it does harm, and is stopped.
//!
//! `app` is the application and what to read, `tweets` a grammar of tweets with true labels. Time and chance are made up, so
//! every run tells the same; the end checks that it did. The store it leaves is in `target/air_paradis/mlruns`.

mod app;
mod random;
mod timeline;
mod tweets;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{error, fs};

use ressenti::Sentiment::{Negative, Positive};
use ressenti::dataset::read_tsv;
use ressenti::monitor::feedback::CorrectionLog;
use ressenti::monitor::{Clock, ManualClock};
use ressenti::registry::Registry;
use ressenti::{Classifier, Pipeline, Vectorizer};

use app::{App, Data};
use random::Random;
use tweets::{tweet, tweets};

const REQUESTS: u64 = 100_000;
/// Tweets a second, in the mean.
pub(crate) const PER_SECOND: f64 = 7.0;
/// Six o'clock on the first of March 2027.
const START: Duration = Duration::from_secs(1_803_880_800);

/// What must have been told, in this order.
const STORY: &[&str] = &[
    "engineer: version 1 goes to Production",
    "alerts: firing: latency",
    "alerts: resolved: latency",
    "alerts: firing: error_rate",
    "alerts: firing: volume",
    "alerts: resolved: volume",
    "weather: people begin to speak of something else",
    "alerts: firing: drift",
    "job: retrain: drift",
    "on trial",
    "trial: better",
    "job: version 2 is in Production",
    "alerts: resolved: drift",
    "job: wait",
    "trolls",
    "job: retrain",
    "refused",
    "intern: version 3",
    "trial: harm",
    "trial: version 3 is archived",
];

fn main() -> Result<(), Box<dyn error::Error>> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = home.join("target/air_paradis");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let (mut random, clock) = (Random::new(42), Arc::new(ManualClock::at(START)));

    let written = read_tsv(home.join("examples/data/airline.tsv"))?;
    let mut old = Data { texts: written.texts, labels: Vec::new() };
    old.labels = written.labels.iter().map(|label| label.parse()).collect::<Result<_, _>>()?;
    for tweet in tweets(&mut random, 0.0, 2_000) {
        old.texts.push(tweet.text);
        old.labels.push(tweet.truth);
    }
    let last_week: Vec<_> =
        tweets(&mut random, 0.0, 2_000).into_iter().map(|tweet| tweet.text).collect();
    let registry = Registry::open(folder.join("mlruns"))?.acting_as("engineer");
    let log = CorrectionLog::open(folder.join("corrections.jsonl"))?;
    let mut app = App::start(registry, log, clock.clone(), old, &last_week)?;

    let (mut served, mut checks, mut looks) = (0, 0, 0);
    let mut told = Vec::new();
    while served < REQUESTS {
        clock.advance(Duration::from_secs_f64(random.seconds_until_next(PER_SECOND)));
        let minute = clock.now().saturating_sub(START).as_secs_f64() / 60.0;
        let now = Weather::at(minute);
        if told.last() != Some(&now) {
            let again = told.contains(&now);
            app.timeline.tell("weather", if again { "that is over" } else { now.what() });
            told.push(now);
            if now == Weather::Intern {
                let small = Pipeline::builder()
                    .vectorizer(Vectorizer::tfidf().max_features(60))
                    .classifier(Classifier::logistic_regression());
                app.try_by_hand(&small, "intern")?;
            }
        }
        let tweet = tweet(&mut random, if minute < SHIFT { 0.0 } else { 0.4 });
        match now.meets(&mut random) {
            Fate::Lost => {}
            Fate::Failed(after) => {
                app.failed("database_timeout", after);
                served += 1;
            }
            Fate::Answered(took) => {
                let answer = app.answer(&tweet.user, &tweet.text, took)?;
                served += 1;
                // We ask one in twenty whether it was right.
                if random.is(0.05) {
                    app.asked(&answer, tweet.truth)?;
                } else if now == Weather::Trolls && random.is(0.4) {
                    let wrong = if answer.label() == "positive" { Negative } else { Positive };
                    app.corrected(&answer, wrong)?;
                }
            }
        }
        if minute * 6.0 >= f64::from(checks) {
            app.check_alerts()?;
            checks += 1;
        }
        if minute >= f64::from(30 * (looks + 1)) {
            looks += 1;
            app.look(i64::from(30 * looks))?;
        }
    }
    app.timeline.check(STORY)?;
    if app.version() != 2 {
        return Err(format!("version {} is in Production, and not 2", app.version()).into());
    }
    app.close()?;
    Ok(())
}

/// When people begin to speak of something else, in minutes from the start.
const SHIFT: f64 = 120.0;

/// What happens to the service, minute by minute.
#[derive(Clone, Copy, PartialEq)]
enum Weather {
    Fair,
    Slow,
    Failing,
    Outage,
    News,
    Trolls,
    Intern,
}

enum Fate {
    Answered(Duration),
    Failed(Duration),
    /// It never came through.
    Lost,
}

impl Weather {
    fn at(minute: f64) -> Self {
        match minute {
            m if (35.0..50.0).contains(&m) => Self::Slow,
            m if (65.0..78.0).contains(&m) => Self::Failing,
            m if (78.0..82.0).contains(&m) => Self::Outage,
            m if m < SHIFT => Self::Fair,
            m if (185.0..205.0).contains(&m) => Self::Trolls,
            m if m < 215.0 => Self::News,
            _ => Self::Intern,
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Fair => "all is well",
            Self::Slow => "the servers are slow",
            Self::Failing => "the database fails: a third of the requests time out",
            Self::Outage => "nothing comes through any more",
            Self::News => "people begin to speak of something else: a strike, an app, an aircraft",
            Self::Trolls => "trolls \"correct\" answers that were right",
            Self::Intern => "an intern has a model of 60 words",
        }
    }

    fn meets(self, random: &mut Random) -> Fate {
        let usual = 3.0 + random.seconds_until_next(0.2);
        let millis = |ms: f64| Duration::from_secs_f64(ms / 1e3);
        match self {
            Self::Outage => Fate::Lost,
            Self::Failing if random.is(0.33) => Fate::Failed(millis(3_000.0)),
            Self::Slow => Fate::Answered(millis(600.0 + 10.0 * usual)),
            _ => Fate::Answered(millis(usual)),
        }
    }
}
