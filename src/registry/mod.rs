//! Which model is live: versions of models under a name, their stages and aliases, in MLflow's own files.
//!
//! A [`Registry`] is part of a store: `mlflow ui` shows its models, and those registered from Python are read back. What
//! an application holds is a [`LiveModel`], which goes where the registry says and tells which version answered.
//!
//! ```text
//! <store>/.ressenti.registry.lock              held while the registry is changed
//!         .ressenti.intent                     a change of several files that is under way
//!         models/<name>/meta.yaml
//!                       tags/<key>
//!                       aliases/<alias>        a version's number
//!                       .ressenti.history.yaml who moved which version where and why
//!                       version-<n>/meta.yaml  stage, source, run
//!                                   tags/<key>
//!                                   model/     the model file, if it was registered without a run
//! ```

mod check;
mod create;
mod edit;
mod history;
mod intent;
mod live;
mod meta;
mod names;
mod read;
mod rebase;
mod record;
mod source;
mod stage;
mod transition;
mod uri;

pub use check::Check;
pub use create::NewVersion;
pub use history::{Action, HistoryEntry};
pub use live::{LiveModel, Refresh, ServedModel};
pub use record::{ModelVersion, RegisteredModel};
pub use stage::Stage;
pub use transition::Transition;
pub(crate) use transition::check_production;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Result;
use crate::fs::Durability;
use crate::tracker::Store;
use crate::tracker::store::run::user;

/// The registry's folder in a store.
const MODELS: &str = "models";

/// The model registry of a [`Store`], in MLflow's layout.
///
/// Any number of registries, threads and processes may work on one folder at once: versions are numbered without gaps, and a
/// reader sees all of a change or nothing of it. A change whose process was killed half-way is completed by whoever opens
/// or changes the registry next, and is seen whole until then. MLflow takes no part in that: while a change
/// of several files is under way (for a millisecond, or until the next opening if the process was killed), it can see the new
/// version in Production beside the old one, or an alias that has not followed yet. Two versions in Production are no
/// trouble to it, it takes the higher one; none is never seen, since the new one comes first. What MLflow itself
/// changes at the very same moment can be lost: it knows no lock.
///
/// # Stages and aliases
///
/// MLflow's interface of today shows aliases, and its programs of yesterday ask for stages, so both are written: the aliases
/// `production` and `staging` always are where `models:/name/Production` and `models:/name/Staging` are. They follow the
/// stages and cannot be set otherwise; all other aliases are yours. A stage that MLflow sets moves the alias with the
/// next transition here.
///
/// # Durability
///
/// What was answered with `Ok` outlives the death of the process. That it also outlives a power cut is a
/// [setting](Self::synced).
///
/// # Examples
///
/// ```
/// use ressenti::Pipeline;
/// use ressenti::registry::{NewVersion, Registry, Stage, Transition};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let location = folder.path().join("mlruns");
/// let registry = Registry::open(&location)?;
/// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
/// let version = registry.create_version("sentiment-classifier", NewVersion::from_pipeline(&pipeline))?;
/// assert_eq!((version.version, version.stage), (1, Stage::None));
///
/// let to = Transition::to(Stage::Production).archive_existing(true).because("the first");
/// registry.transition("sentiment-classifier", 1, to)?;
/// let loaded = registry.load("models:/sentiment-classifier/Production")?;
/// assert_eq!(loaded.predict("good")?.label(), "positive");
/// # Ok::<(), ressenti::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Registry {
    store: Store,
    root: Arc<Path>,
    user: String,
    durability: Durability,
}

impl Registry {
    /// Opens the registry of the store in a folder, which is created if missing. `location` is a path or a `file:` URI, as
    /// for [`Store::open`].
    pub fn open(location: impl AsRef<Path>) -> Result<Self> {
        Ok(Store::open(location)?.registry())
    }

    /// The same, with another name for the history and for new versions, such as that of a service. By default it is that of who
    /// runs the program.
    #[must_use]
    pub fn acting_as(self, user: &str) -> Self {
        Self { user: user.to_owned(), ..self }
    }

    /// The same, with changes that outlive a power cut, or only the death of the process (`false`, the default).
    ///
    /// Synced, each file of a change is written through to the disk: a transition then takes as long as some ten such
    /// writes, which may be a hundred milliseconds where it is one otherwise.
    #[must_use]
    pub fn synced(self, synced: bool) -> Self {
        let durability = if synced { Durability::Power } else { Durability::Process };
        Self { durability, ..self }
    }

    /// The store that it is part of.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The folder of a model, for files of other rooms that go with it; their names begin with a dot.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.root.join(MODELS).join(name)
    }

    fn root(&self) -> &Path {
        &self.root
    }

    fn writing(&self) -> Result<intent::Writing<'_>> {
        intent::Writing::begin(&self.root, self.durability)
    }
}

impl Store {
    /// The model registry of this store.
    #[must_use]
    pub fn registry(&self) -> Registry {
        let root: Arc<Path> = self.path().into();
        let registry =
            Registry { store: self.clone(), root, user: user(), durability: Durability::Process };
        if intent::is_pending(&registry.root) {
            // Where it cannot be completed, such as on a disk that is read only, readers see it completed all the same.
            let _ = registry.writing();
        }
        registry
    }
}
