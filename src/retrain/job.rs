//! A champion, old data and corrections come in; what a retraining is about to do, and the key by which the same one is known
//! again, come out.

use super::ledger::HOLDOUT;
use super::material::Material;
use super::retrainer::{Recipe, Retrainer};
use super::validation::{Seen, seen};
use crate::digest;
use crate::error::Result;
use crate::monitor::feedback::Corrections;
use crate::pipeline::{Pipeline, PipelineBuilder, ProfileSource};
use crate::registry::ModelVersion;
use crate::views::{Labels, Texts};

/// A retraining, before anything of it is done.
pub(super) struct Job<'a> {
    pub(super) champion: ModelVersion,
    pub(super) pipeline: Pipeline,
    /// The settings of the challenger, or those that a search starts from.
    pub(super) builder: PipelineBuilder,
    pub(super) material: Material<'a>,
    pub(super) seen: Seen,
    /// The digest of all that was given: material, params and recipe. The champion is not in it, so that one that was made from
    /// the same is known, also where challengers stand on their champion or take its settings.
    pub(super) inputs: String,
    /// The same with the champion, to the byte: of all that decides the challenger's bytes, and of what it is compared with.
    pub(super) key: String,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        retrainer: &Retrainer,
        champion: ModelVersion,
        texts: Texts<'a>,
        labels: Labels<'a>,
        corrections: &Corrections,
    ) -> Result<Self> {
        let Retrainer { name, params, recipe, .. } = retrainer;
        let pipeline = champion.load()?;
        let material = Material::new(texts, labels, corrections, pipeline.classes(), params)?;
        let clean = champion.tags.get(HOLDOUT).is_some_and(|name| *name == params.holdout.name());
        let named: Vec<_> = labels.iter().collect();
        let seen = seen(&pipeline, texts, &named, clean, params);

        let (settings, asked) = match recipe {
            Recipe::Same => (pipeline.to_builder(), String::new()),
            Recipe::Given(builder) => {
                let unprofiled = (**builder).clone().profile(ProfileSource::Off);
                ((**builder).clone(), text(&unprofiled.into_parts()))
            }
            Recipe::Tuned(budget) => (pipeline.to_builder(), format!("{budget:?}")),
        };
        // That of what is held out comes later, and is for free.
        let settings = settings.profile(ProfileSource::Off);
        let sha256 = digest::of_bytes(&pipeline.to_bytes());
        let words = [
            name.clone(),
            env!("CARGO_PKG_VERSION").to_owned(),
            material.digest(),
            text(params),
            asked,
        ];
        let inputs = digest::of_bytes(words.join("\n").as_bytes());
        let key = digest::of_bytes(format!("{inputs} {} {sha256}", champion.version).as_bytes());
        let builder = match params.prior {
            Some(kind) => settings.prior(&pipeline, kind),
            None => settings,
        };
        Ok(Self { champion, pipeline, builder, material, seen, inputs, key })
    }
}

/// Settings as text, the same for the same.
fn text(settings: &(impl serde::Serialize + std::fmt::Debug)) -> String {
    serde_json::to_string(settings).unwrap_or_else(|_| format!("{settings:?}"))
}
