//! How long the model registry takes, on a fresh one, with a model of 10,000 words.
//!
//! `create version and move to Production` does 21 times what a user of MLflow does (the first is not counted): register a
//! model that lies somewhere, move it to Production, archive the one before. What is there in the end is checked.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use ressenti::Pipeline;
use ressenti::registry::{NewVersion, Refresh, Registry, Stage, Transition};
use serde_json::json;

use super::floor::{self, Files};
use super::{best_of, new_folder, timed, unigrams};

const NAME: &str = "scorer";
const REPEATS: u32 = 20;

/// Words that nobody said, in texts of a dozen.
fn model() -> ressenti::Result<Pipeline> {
    let word = |i: usize| format!("w{}", i * 7_919 % 99_991);
    let text = |i: usize| (0..12).map(|k| word(i * 11 + k)).collect::<Vec<_>>().join(" ");
    let texts: Vec<String> = (0..1_000).map(text).collect();
    let labels: Vec<bool> = (0..texts.len()).map(|i| i * i % 7 < 3).collect();
    Pipeline::builder().vectorizer(unigrams()).fit(&texts, &labels)
}

fn report(what: &str, mut seconds: Vec<f64>) {
    seconds.sort_by(f64::total_cmp);
    let ms = |x: f64| x * 1e3;
    let (min, max) = (seconds[0], seconds[seconds.len() - 1]);
    println!(
        "{}",
        json!({ "step": what, "median_ms": ms(seconds[seconds.len() / 2]), "min_ms": ms(min), "max_ms": ms(max),
            "repeats": seconds.len() })
    );
}

/// Registers and promotes, over and over.
fn promote(
    folder: &Path,
    synced: bool,
    new: &dyn Fn() -> NewVersion<'static>,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let registry = Registry::open(folder)?.synced(synced);
    registry.create_model(NAME)?;
    let mut seconds = Vec::new();
    for i in 0..=REPEATS {
        let step = || -> ressenti::Result<()> {
            let version = registry.create_version(NAME, new())?.version;
            let to = Transition::to(Stage::Production).archive_existing(true);
            registry.transition(NAME, version, to).map(drop)
        };
        let (result, taken) = timed(step);
        result?;
        if i > 0 {
            seconds.push(taken);
        }
    }
    let model = Registry::open(folder)?.model(NAME)?;
    let numbers: Vec<u32> = model.versions.iter().map(|version| version.version).collect();
    let archived = model.versions.iter().filter(|v| v.stage == Stage::Archived).count();
    let live = model.in_stage(Stage::Production).map(|version| version.version);
    if numbers != (1..=REPEATS + 1).collect::<Vec<_>>()
        || live != Some(REPEATS + 1)
        || archived != REPEATS as usize
        || model.aliases.get("production") != live.as_ref()
    {
        return Err(format!("not what was registered: {model:?}").into());
    }
    Ok(seconds)
}

/// The files of a version that is registered and promoted, and of the one before it, by bare calls.
fn bare(store: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    let model = store.join("models").join(NAME);
    let version = Files::of(&model.join("version-2"))?;
    let rewritten = [
        "meta.yaml",
        "version-1/meta.yaml",
        "aliases/production",
        "meta.yaml",
        ".ressenti.history.yaml",
    ];
    let rewritten: Vec<_> = rewritten
        .into_iter()
        .map(|name| fs::read(model.join(name)).map(|bytes| (name, bytes)))
        .collect::<Result<_, _>>()?;
    let meta = fs::read(model.join("version-2/meta.yaml"))?;
    // Beside the model, so that its versions stay as they are.
    let copy = store.join("bare");
    Files::of(&model)?.write(&copy)?;
    let mut seconds = Vec::new();
    for number in 0..REPEATS {
        let step = || -> std::io::Result<()> {
            let (aside, folder) = (copy.join("aside"), copy.join(format!("bare-{number}")));
            version.write(&aside)?;
            fs::rename(aside, &folder)?;
            floor::replace(&folder.join("meta.yaml"), &meta)?;
            rewritten.iter().try_for_each(|(name, bytes)| floor::replace(&copy.join(name), bytes))
        };
        let (result, taken) = timed(step);
        result?;
        seconds.push(taken);
    }
    Ok(seconds)
}

/// Nanoseconds of one call, the best of some rounds of many.
fn nanos<R>(mut call: impl FnMut() -> R) -> f64 {
    const CALLS: u32 = 100_000;
    let round = || (0..CALLS).for_each(|_| drop(black_box(call())));
    best_of(10, round) * 1e9 / f64::from(CALLS)
}

pub(super) fn run(folder: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let pipeline: &'static Pipeline = Box::leak(Box::new(model()?));
    let work = new_folder(folder)?;
    fs::create_dir(work.path().join("model"))?;
    measure(pipeline, work.path())
}

fn measure(pipeline: &'static Pipeline, work: &Path) -> Result<(), Box<dyn Error>> {
    let file = work.join("model/pipeline.ressenti");
    pipeline.save(&file)?;
    println!("{}", json!({ "step": "model", "bytes": fs::metadata(&file)?.len() }));
    let location = work.join("model").to_str().ok_or("the folder is not UTF-8")?.to_owned();

    let what = "create version and move to Production (1st to 21st version)";
    let in_place = || NewVersion::from_uri(&location);
    report(what, promote(&work.join("a"), false, &in_place)?);
    report(&format!("{what}, synced"), promote(&work.join("b"), true, &in_place)?);
    let copied = || NewVersion::from_pipeline(pipeline);
    report(&format!("{what}, model copied"), promote(&work.join("c"), false, &copied)?);

    report(&format!("{what}, the same files by bare calls"), bare(&work.join("a"))?);
    let bytes = fs::read(&file)?;
    let checks = (0..REPEATS).map(|_| timed(|| Pipeline::from_bytes(&bytes)));
    let checks = checks.map(|(model, taken)| model.map(|_| taken)).collect::<Result<_, _>>()?;
    report("load the model, which registering it does not", checks);

    let registry = Registry::open(work.join("a"))?;
    let uri = format!("models:/{NAME}/Production");
    let loads = (0..REPEATS).map(|_| timed(|| registry.load(&uri)));
    let loads = loads.map(|(loaded, taken)| loaded.map(|_| taken)).collect::<Result<_, _>>()?;
    report("load models:/scorer/Production (21 versions), digest checked", loads);
    let live = registry.live(&uri)?;
    let mut looks = Vec::new();
    for _ in 0..REPEATS {
        let (refreshed, taken) = timed(|| live.refresh());
        if refreshed? != Refresh::Unchanged {
            return Err("nothing was promoted meanwhile".into());
        }
        looks.push(taken);
    }
    report("refresh, nothing new (21 versions)", looks);

    let now = std::time::Instant::now();
    let text = "w1 w2 w3 w7919 w15838 w23757";
    let (direct, served) = (pipeline.predict(text)?, live.predict(text)?);
    if direct.probability() != served.probability() || served.model_version() != Some("21") {
        return Err("the live model answers otherwise".into());
    }
    let figures = json!({
        "step": "live model, ns a call",
        "version": nanos(|| live.version()),
        "model": nanos(|| live.model()),
        "refresh_if_due, not due": nanos(|| live.refresh_if_due(now)),
        "predict of a pipeline": nanos(|| pipeline.predict(text)),
        "predict of model()": nanos(|| live.model().predict(text).map(|p| p.probability())),
        "predict": nanos(|| live.predict(text)),
    });
    println!("{figures}");
    Ok(())
}
