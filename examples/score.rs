//! Scores texts with a saved model.
//!
//! ```text
//! cargo run --release --example score -- --model FILE [TEXT …]
//! ```
//!
//! Texts are the arguments or, if there are none, the lines of standard input. You will see one JSON object a line:
//! `label`, `probability` and the `probabilities` of all labels, or `error` for a text that cannot be scored; the others
//! go on.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ressenti::Pipeline;
use serde_json::{Value, json};

const USAGE: &str = "usage: score --model FILE [TEXT ...]";

fn main() -> ExitCode {
    let (model, texts) = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("score: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&model, &texts) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the answers has seen enough.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("score: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(model: &PathBuf, texts: &[String]) -> Result<(), Box<dyn Error>> {
    let pipeline = Pipeline::load(model)?;
    let mut out = io::stdout().lock();
    if texts.is_empty() {
        for line in io::stdin().lock().split(b'\n') {
            let line = line?;
            let answer = match std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(&line)) {
                Ok(text) => answer(&pipeline, text),
                Err(error) => json!({ "error": format!("the text is not UTF-8: {error}") }),
            };
            writeln!(out, "{answer}")?;
        }
    } else {
        for text in texts {
            writeln!(out, "{}", answer(&pipeline, text))?;
        }
    }
    Ok(())
}

fn answer(pipeline: &Pipeline, text: &str) -> Value {
    let scored = pipeline.predict(text).and_then(|p| Ok((p, pipeline.predict_proba(text)?)));
    match scored {
        Ok((prediction, probabilities)) => json!({
            "label": prediction.label(),
            "probability": prediction.probability(),
            "probabilities": pipeline.classes().iter().zip(probabilities).collect::<BTreeMap<_, _>>(),
        }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn arguments() -> Result<(PathBuf, Vec<String>), lexopt::Error> {
    use lexopt::prelude::*;
    let (mut model, mut texts) = (None, Vec::new());
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("model") => model = Some(arguments.value()?.into()),
            Value(text) => texts.push(text.string()?),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok((model.ok_or("--model is missing")?, texts))
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
