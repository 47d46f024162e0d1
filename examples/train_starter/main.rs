//! Makes the English starter model of this crate, `src/starter/english.ressenti`.
//!
//! ```text
//! cargo run --release --example train_starter -- [--out FILE] [--figures] [--leave-out FAMILY]... [--columns 10000]
//!                                                [--opinion-lexicon | --vader-alone] [--with-people]
//! ```
//!
//! Its texts are in the folder `starter` of `$RESSENTI_DATA`, else in `../shared/starter` beside the repository; so are
//! those of `--figures`, in `$RESSENTI_DATA` itself, else in `../shared/data`. The file is the same, byte for byte, each time.
//! `--opinion-lexicon` adds the words of Hu and Liu, and `--vader-alone` leaves out our own.

mod figures;
mod left_out;
mod people;
mod recipe;
mod sources;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use recipe::Recipe;
use sources::Lists;

const USAGE: &str = "usage: train_starter [--out FILE] [--figures] [--leave-out FAMILY]... [--columns 10000] [--opinion-lexicon | --vader-alone] [--with-people]";

struct Options {
    out: Option<PathBuf>,
    figures: bool,
    left_out: Vec<String>,
    columns: usize,
    lists: Lists,
    people: bool,
}

fn main() -> ExitCode {
    let options = match Options::parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("train_starter: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("train_starter: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let Options { columns, people, lists, .. } = *options;
    let recipe = Recipe { lists: sources::lists(lists)?, columns, people };
    let rows = sources::rows()?;
    if options.figures {
        figures::print(&recipe, &rows)?;
    }
    if let Some(out) = &options.out {
        let left_out: Vec<&str> = options.left_out.iter().map(String::as_str).collect();
        let model = if left_out.is_empty() {
            let (model, band) = left_out::calibrated(&recipe, &rows)?;
            // As it stands in `src/starter/mod.rs`.
            let [(a, b), (c, d)] = band.curves();
            println!("const BAND: (f64, f64) = ({:.2}, {:.2});", band.low(), band.high());
            println!("const CURVES: [(f64, f64); 2] = [({a:.3}, {b:.3}), ({c:.3}, {d:.3})];");
            model
        } else {
            recipe.fit(&rows, &left_out)?
        };
        model.save(out)?;
        let (terms, bytes) = (model.vectorizer().n_features(), model.to_bytes().len());
        println!("{}: {terms} terms, {bytes} bytes", out.display());
    }
    Ok(())
}

impl Options {
    fn parse() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;
        let mut options = Self {
            out: None,
            figures: false,
            left_out: Vec::new(),
            columns: 10_000,
            lists: Lists::Own,
            people: false,
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("out") => options.out = Some(arguments.value()?.into()),
                Long("figures") => options.figures = true,
                Long("leave-out") => {
                    let family = arguments.value()?.string()?;
                    if !sources::FAMILIES.contains(&family.as_str()) {
                        let all = sources::FAMILIES.join(", ");
                        return Err(
                            format!("there is no family {family:?}; there are {all}").into()
                        );
                    }
                    options.left_out.push(family);
                }
                Long("columns") => options.columns = arguments.value()?.parse()?,
                Long("with-people") => options.people = true,
                Long("opinion-lexicon") => options.lists = Lists::OwnAndOpinion,
                Long("vader-alone") => options.lists = Lists::Vader,
                other => return Err(other.unexpected()),
            }
        }
        Ok(options)
    }
}
