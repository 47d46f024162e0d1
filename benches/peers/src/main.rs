//! Measures this library beside other crates, on the same texts and nearly the same work.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- TRAIN.tsv TEST.tsv [--limit N] [--runs N]
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- starter TEXTS.tsv [--runs N]
//! ```
//!
//! You will see one JSON object a line: `step`, `peer`, `seconds` (the shortest of several runs, two in each turn of a
//! peer), `per_s` (texts per second) and `size` (terms of a fitted vectorizer, entries of rows). `--limit` takes the first
//! rows of TRAIN only, `--runs` is 5. Peers have one thread, so `ressenti, 1 thread` is the line to compare; `ressenti` has
//! the threads that rayon finds.
//!
//! A run that ends with another result than the first peer's is an error: as many rows, and a size within 2 %, as peers
//! cut words at slightly different characters. What a peer does is told where it is called, in a file of its own.
//!
//! The last step is logistic regression beside `linfa-logistic`, on dense rows and few of them, as it takes no others. Its
//! `size` is how many rows the model gets right; a line before it tells the `objective` of both, which must agree to 1e-4.
//!
//! With `starter` it is the starter model beside VADER, one text after the other; `benches/peers/vader.py` measures VADER's own
//! Python on the same file.

mod linfa;
mod logistic;
mod ours;
mod vader;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use rayon::ThreadPoolBuilder;
use ressenti::dataset::read_tsv;

const USAGE: &str = "usage: ressenti-peers TRAIN.tsv TEST.tsv [--limit N] [--runs N], or ressenti-peers starter TEXTS.tsv [--runs N]";

/// How many terms every peer may keep.
const MAX_FEATURES: usize = 10_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One step of one peer. A call is a run; it returns the size of what came out.
type Run<'a> = Box<dyn Fn() -> Result<usize> + 'a>;

fn main() -> Result<()> {
    let Some(arguments) = Arguments::parse()? else {
        println!("{USAGE}");
        return Ok(());
    };
    if arguments.train.as_os_str() == "starter" {
        return vader::measure(&arguments.test, arguments.runs);
    }
    let (data, test) = (read_tsv(&arguments.train)?, read_tsv(&arguments.test)?.texts);
    let mut train = data.texts;
    train.truncate(arguments.limit);
    let runs = arguments.runs;

    let one = ThreadPoolBuilder::new().num_threads(1).build()?;
    let all = ThreadPoolBuilder::new().build()?;

    let peers = [
        ("linfa-preprocessing 0.8.1", linfa::fit(&train, false)),
        ("linfa-preprocessing 0.8.1 with its default NFKD", linfa::fit(&train, true)),
        ("ressenti, 1 thread", ours::fit(&train, &one)),
        ("ressenti", ours::fit(&train, &all)),
    ];
    measure("tfidf fit", train.len(), runs, &peers)?;

    // All terms is what both keep by default; linfa's time grows with their number.
    for (step, most) in [
        ("tfidf transform unigram", Some(MAX_FEATURES)),
        ("tfidf transform unigram, all terms", None),
    ] {
        let theirs = |normalize| linfa::transform(&train, &test, most, normalize);
        let peers = [
            ("linfa-preprocessing 0.8.1", theirs(false)?),
            ("linfa-preprocessing 0.8.1 with its default NFKD", theirs(true)?),
            ("ressenti, 1 thread", ours::transform(&train, &test, most, &one)?),
            ("ressenti", ours::transform(&train, &test, most, &all)?),
        ];
        measure(step, test.len(), runs, &peers)?;
    }

    let case = logistic::Case::new(&train, &data.labels)?;
    let [theirs, ours] = case.objectives()?;
    println!(
        "{}",
        serde_json::json!({ "step": "LR objective, dense", "linfa": theirs, "ressenti": ours })
    );
    if (theirs / ours - 1.0).abs() > 1e-4 {
        return Err(format!("LR objective: linfa-logistic has {theirs}, ressenti {ours}").into());
    }
    let peers = [
        ("linfa-logistic 0.8.1", case.linfa()),
        ("ressenti, 1 thread", case.ours(&one)),
        ("ressenti", case.ours(&all)),
    ];
    measure("LR fit, dense", case.n_rows(), runs, &peers)
}

/// Runs the peers in turn and prints the shortest time of each.
fn measure(step: &str, texts: usize, runs: usize, peers: &[(&str, Run)]) -> Result<()> {
    let mut best = vec![f64::INFINITY; peers.len()];
    let mut sizes = vec![0; peers.len()];
    for _ in 0..runs {
        for (i, (peer, run)) in peers.iter().enumerate() {
            // Twice in a row: what a peer has in memory was sent far away during the others' turns.
            for _ in 0..2 {
                let start = Instant::now();
                sizes[i] = run()?;
                best[i] = best[i].min(start.elapsed().as_secs_f64());
            }
            if sizes[i].abs_diff(sizes[0]) * 50 > sizes[0] {
                let (first, size) = (peers[0].0, sizes[0]);
                return Err(format!("{step}: {peer} has {}, {first} {size}", sizes[i]).into());
            }
        }
    }
    for (((peer, _), seconds), size) in peers.iter().zip(best).zip(sizes) {
        let per_s = texts as f64 / seconds;
        let line = serde_json::json!({
            "step": step, "peer": peer, "seconds": seconds, "per_s": per_s, "size": size,
        });
        println!("{line}");
    }
    Ok(())
}

struct Arguments {
    train: PathBuf,
    test: PathBuf,
    limit: usize,
    runs: usize,
}

impl Arguments {
    /// `None` if help is asked for.
    fn parse() -> std::result::Result<Option<Self>, lexopt::Error> {
        use lexopt::prelude::*;
        let (mut files, mut limit, mut runs) = (Vec::new(), usize::MAX, 5);
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("limit") => limit = arguments.value()?.parse()?,
                Long("runs") => runs = arguments.value()?.parse()?,
                Short('h') | Long("help") => return Ok(None),
                Value(path) => files.push(PathBuf::from(path)),
                other => return Err(other.unexpected()),
            }
        }
        let [train, test] = files.try_into().map_err(|_| USAGE)?;
        if limit == 0 || runs == 0 {
            return Err("--limit and --runs begin at 1".into());
        }
        Ok(Some(Self { train, test, limit, runs }))
    }
}
