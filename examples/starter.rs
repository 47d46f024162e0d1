//! Sentiment without a training, and what a hundred labels of your own add to it.
//!
//! You will see what the model inside the crate says of some sentences, why it says so of one, and how many of the example
//! tweets are answered rightly: by it, by a model of a hundred labels, and by one that stands on both.
//!
//! ```text
//! cargo run --release --example starter
//! ```

use std::error::Error;

use ressenti::dataset::read_tsv;
use ressenti::starter::{english, english_with_neutral};
use ressenti::{Pipeline, Preset, Prior};

const SENTENCES: [&str; 5] = [
    "What a lovely crew!",
    "I did not like the food, but what a lovely crew :)",
    "The train leaves at ten.",
    "still waiting, two hours now 😡",
    "#NeverAgain",
];

fn main() -> Result<(), Box<dyn Error>> {
    for text in SENTENCES {
        let answer = english_with_neutral().predict(text)?;
        println!("{:+.2}  {:8}  {text}", english().score(text)?, answer.label());
    }
    println!("\n{}\n", english().explain(SENTENCES[1])?);

    let data = read_tsv(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/airline.tsv"))?;
    let pairs = data.texts.into_iter().zip(data.labels);
    let (texts, labels): (Vec<_>, Vec<_>) = pairs.filter(|(_, label)| label != "neutral").unzip();
    let (few, others) = texts.split_at(100);
    let (of_few, of_others) = labels.split_at(100);
    let right = |model: &Pipeline| -> ressenti::Result<String> {
        let report = model.evaluate(others, of_others)?;
        Ok(format!("{:.1} % of {} tweets", 100.0 * report.accuracy(), others.len()))
    };
    let builder = Pipeline::builder().preset(Preset::Social);
    let own = builder.fit(few, of_few)?;
    let both = builder.prior(english(), Prior::Decision).fit(few, of_few)?;
    println!("no label of your own:  {}", right(english())?);
    println!("a hundred labels:      {}", right(&own)?);
    println!("both:                  {}", right(&both)?);
    Ok(())
}
