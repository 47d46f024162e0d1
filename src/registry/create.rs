//! New models and versions: built aside, and there in one step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::intent::{self, Writing};
use super::meta::{ModelMeta, VersionMeta};
use super::names::{check_case, check_found_name, check_model_name, check_tag_value};
use super::read::{self, Found, no_such_model, version_folder};
use super::record::DIGEST_TAG;
use super::source::{MODEL_FILE, MODEL_FOLDER, check, find_model, folder_of_model};
use super::stage::Stage;
use super::uri::ModelUri;
use super::{MODELS, ModelVersion, RegisteredModel, Registry};
use crate::digest;
use crate::error::{Error, Result, TrackingError};
use crate::fs;
use crate::pipeline::Pipeline;
use crate::tracker::names::{check_free, check_key};
use crate::tracker::store::location::file_uri;
use crate::tracker::store::meta::FILE;
use crate::tracker::store::paths::place;
use crate::tracker::store::run::TAGS;
use crate::tracker::store::{TRASH, now_ms};

/// What folders and files under way are called, in a model's folder and in the trash.
const BUILT: &str = "tmp-model-";

/// What to register with [`Registry::create_version`].
///
/// ```
/// use ressenti::registry::NewVersion;
///
/// let run_id = "0af31b1cbe1f4d5e8e5a7f0a3d5c2b1e";
/// let version = NewVersion::from_run(run_id).description("more tweets").tag("corpus", "2026-11");
/// # let _ = version;
/// ```
#[derive(Debug, Clone)]
pub struct NewVersion<'p> {
    source: Source<'p>,
    run_id: Option<String>,
    description: Option<String>,
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
enum Source<'p> {
    /// Stays where it is.
    Uri(String),
    /// Copied.
    File(PathBuf),
    Pipeline(&'p Pipeline),
}

impl<'p> NewVersion<'p> {
    /// The model of a run, as [`Pipeline::log_to`] left it there: the artifact `model`. It stays in the run.
    #[must_use]
    pub fn from_run(run_id: &str) -> Self {
        Self::from_uri(&format!("runs:/{run_id}/{MODEL_FOLDER}"))
    }

    /// The model that a URI names, which stays where it is: `runs:/<run id>/<artifact>`, another version such as
    /// `models:/name/3`, or a path or `file:` URI of a model file or of the folder of one.
    #[must_use]
    pub fn from_uri(uri: &str) -> Self {
        Self::new(Source::Uri(uri.to_owned()))
    }

    /// A copy of a model file.
    #[must_use]
    pub fn from_file(path: impl AsRef<Path>) -> Self {
        Self::new(Source::File(path.as_ref().to_owned()))
    }

    /// A model, written into the registry.
    #[must_use]
    pub fn from_pipeline(pipeline: &'p Pipeline) -> Self {
        Self::new(Source::Pipeline(pipeline))
    }

    fn new(source: Source<'p>) -> Self {
        Self { source, run_id: None, description: None, tags: BTreeMap::new() }
    }

    /// The run that made it, to which MLflow then links. That of [`from_run`](Self::from_run) is known.
    #[must_use]
    pub fn run_id(self, run_id: &str) -> Self {
        Self { run_id: Some(run_id.to_owned()), ..self }
    }

    /// What is special about it.
    #[must_use]
    pub fn description(self, text: &str) -> Self {
        Self { description: Some(text.to_owned()), ..self }
    }

    /// A note. Keys are those of a run's tags and differ not only by case, values have at most 100,000 characters.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }
}

/// What a version will be, known before its number is.
struct Prepared {
    /// The model file, if the version has one of its own.
    bytes: Option<Vec<u8>>,
    /// Where the model is otherwise.
    location: Option<String>,
    run_id: Option<String>,
    sha256: String,
}

impl Registry {
    /// Registers a model without a version.
    ///
    /// A name has no `/`, `\`, `:`, `%`, `'`, `?`, `#` or control character, is at most 255 bytes long and differs from other
    /// names not only in case: it is the name of a folder, and part of a URI.
    ///
    /// Errors: [`RegistryError::InvalidName`](crate::RegistryError::InvalidName), also if there is such a model.
    pub fn create_model(&self, name: &str) -> Result<RegisteredModel> {
        check_model_name(name)?;
        let writing = self.writing()?;
        if read::some_of(writing.view(), name, |_| false, &mut Vec::new())?.is_some() {
            return Err(super::names::taken(name));
        }
        self.build_model(&writing, name)?;
        drop(writing);
        self.model(name)
    }

    /// Registers a version of a model, in the stage `None`; a model of that name is registered too if there is none.
    ///
    /// Its number is one more than the highest that was ever given. The model must be a whole model file that this crate can
    /// read, by its checksums and its card; [`Check::Loads`](super::Check::Loads) is for files of doubtful origin, where a right
    /// checksum proves little. The SHA-256 of the file becomes the tag `ressenti.sha256`.
    ///
    /// Errors: as for [`create_model`](Self::create_model), and [`Error::Io`] and [`Error::ModelFile`] for what is no such
    /// file.
    pub fn create_version(&self, name: &str, new: NewVersion<'_>) -> Result<ModelVersion> {
        check_found_name(name)?;
        let mut taken = BTreeMap::from([(DIGEST_TAG.to_owned(), "")]);
        for (key, value) in &new.tags {
            check_key("tag key", key)?;
            check_tag_value(value)?;
            super::edit::check_not_ours(key)?;
            check_free("tag key", key, &taken)?;
            taken.insert(key.clone(), value);
        }
        let prepared = self.prepare(&new)?;
        let mut writing = self.writing()?;
        // What its versions are matters not, only how they are numbered.
        let find =
            |writing: &Writing<'_>| read::some_of(writing.view(), name, |_| false, &mut Vec::new());
        let mut found = find(&writing)?;
        if found.is_none() {
            check_model_name(name)?;
            self.build_model(&writing, name)?;
            found = find(&writing)?;
        }
        let found = found.ok_or_else(|| no_such_model(self.root(), name))?;
        let version = self.build_version(&writing, &found, new, prepared)?;
        let meta = ModelMeta { last_updated_timestamp: Some(now_ms()), ..found.meta };
        // The version is there; that the model was updated is a detail.
        let _ = writing.commit(&format!("{MODELS}/{name}"), vec![super::edit::put_model(&meta)]);
        Ok(version)
    }

    /// Reads and checks the model, before anybody else has to wait for it.
    fn prepare(&self, new: &NewVersion<'_>) -> Result<Prepared> {
        let run_id = new.run_id.clone();
        let own = |bytes: Vec<u8>, run_id| {
            let sha256 = digest::of_bytes(&bytes);
            Prepared { bytes: Some(bytes), location: None, run_id, sha256 }
        };
        match &new.source {
            Source::Pipeline(pipeline) => Ok(own(pipeline.to_bytes(), run_id)),
            Source::File(path) => {
                let bytes = fs::read(path)?;
                check(&bytes, path)?;
                Ok(own(bytes, run_id))
            }
            Source::Uri(uri) => {
                let (file, theirs) = match ModelUri::parse(uri) {
                    Ok(ModelUri::Version { name, which }) => {
                        let version = self.find(&name, &which)?;
                        (version.model_file()?, version.run_id)
                    }
                    Ok(ModelUri::Run { id, .. }) => (find_model(self.root(), uri)?, Some(id)),
                    Err(error) if uri.starts_with("models:/") || uri.starts_with("runs:/") => {
                        return Err(error);
                    }
                    // That of a logged model, or a plain location.
                    _ => (find_model(self.root(), uri)?, None),
                };
                let file = std::path::absolute(&file).map_err(Error::io("find", &file))?;
                let bytes = fs::read(&file)?;
                check(&bytes, &file)?;
                Ok(Prepared {
                    sha256: digest::of_bytes(&bytes),
                    bytes: None,
                    location: Some(file_uri(folder_of_model(&file))?),
                    run_id: run_id.or(theirs),
                })
            }
        }
    }

    /// Builds the folder in the trash, since one in `models` without a `meta.yaml` would hide all others from MLflow.
    fn build_model(&self, writing: &Writing<'_>, name: &str) -> Result<()> {
        let root = self.root();
        let durability = writing.durability();
        let models = intent::folder(root, MODELS, durability)?;
        let others = read::names(root)?;
        check_case("model name", name, others.iter().map(String::as_str))?;
        let trash = intent::folder(root, TRASH, durability)?;
        remove_left(&trash, read::entries(&trash)?);
        let built = trash.join(format!("{BUILT}{}", Uuid::new_v4().simple()));
        build(&built, || {
            let meta = ModelMeta::new(name, now_ms()).to_yaml();
            fs::write_unseen(&built.join(FILE), meta.as_bytes(), durability)?;
            fs::publish_folder(&built, &models.join(name), durability)
        })
    }

    /// Builds the folder in that of its model, and gives it the next number.
    fn build_version(
        &self,
        writing: &Writing<'_>,
        found: &Found,
        new: NewVersion<'_>,
        prepared: Prepared,
    ) -> Result<ModelVersion> {
        let (root, durability) = (self.root(), writing.durability());
        let name = &found.meta.name;
        let number = found.highest.checked_add(1).ok_or_else(|| {
            let path = root.join(MODELS).join(name);
            let problem = format!("it has a version {}, and numbers end there", found.highest);
            Error::from(TrackingError::Malformed { path, problem })
        })?;
        let folder = intent::folder(root, &format!("{MODELS}/{name}"), durability)?;
        remove_left(&folder, read::entries(&folder)?);
        let location = match prepared.location {
            Some(location) => location,
            None => file_uri(&folder.join(version_folder(number)).join(MODEL_FOLDER))?,
        };
        let now = now_ms();
        let meta = VersionMeta {
            name: name.clone(),
            version: number,
            creation_timestamp: now,
            last_updated_timestamp: Some(now),
            current_stage: Some(Stage::None.name().to_owned()),
            source: Some(location.clone()),
            storage_location: Some(location),
            run_id: prepared.run_id,
            user_id: Some(self.user.clone()),
            description: new.description,
            ..VersionMeta::default()
        };
        let mut tags = new.tags;
        tags.insert(DIGEST_TAG.to_owned(), prepared.sha256);
        let built = folder.join(format!("{BUILT}{}", Uuid::new_v4().simple()));
        build(&built, || {
            for (key, value) in &tags {
                // What lies directly in the version's folder is synced with its meta.yaml.
                let nested = if key.contains('/') { durability } else { fs::Durability::Process };
                let path = place(&built.join(TAGS), "tag key", key, nested)?;
                fs::write_unseen(&path, value.as_bytes(), durability)?;
            }
            if let Some(bytes) = &prepared.bytes {
                let name = format!("{MODEL_FOLDER}/{MODEL_FILE}");
                let path = place(&built, "model file", &name, fs::Durability::Process)?;
                fs::write_unseen(&path, bytes, durability)?;
            }
            fs::write_unseen(&built.join(FILE), meta.to_yaml().as_bytes(), durability)?;
            fs::publish_folder(&built, &folder.join(version_folder(number)), durability)
        })?;
        Ok(ModelVersion::new(&self.root, meta, Stage::None, tags))
    }
}

/// Makes a folder and what `fill` puts in it, or nothing.
fn build(built: &Path, fill: impl FnOnce() -> Result<()>) -> Result<()> {
    std::fs::create_dir(built).map_err(Error::io("create", built))?;
    let filled = fill();
    if filled.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_dir_all(built);
    }
    filled
}

/// Removes what killed writers left: whoever holds the lock is the only one alive that builds or stages.
fn remove_left(folder: &Path, entries: Vec<String>) {
    for name in entries {
        let path = folder.join(&name);
        // What cannot be removed does no harm either.
        if name.starts_with(BUILT) {
            let _ = std::fs::remove_dir_all(path);
        } else if name.starts_with(".new.") {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The name in the trash for a folder that is to be removed.
pub(super) fn on_its_way_out() -> String {
    format!("{TRASH}/{BUILT}{}", Uuid::new_v4().simple())
}
