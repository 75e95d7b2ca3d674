//! Imports of edits: the clips of OpenTimelineIO files and edit decision lists
//! become shots, or change the frames of those that are there.

mod clips;
mod edl;
mod naming;
mod otio;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use tanuki_media::film::Rate;
use tanuki_store::query::{rows, uniqueness};
use tanuki_store::schema::ENTITY;
use tanuki_store::{Kind, Shape, view};
use uuid::Uuid;

use self::clips::Clip;
use self::naming::{Convention, Variable};
use super::catalog::Catalog;
use super::plan::{MAX_NAME, Place, Planner};
use super::{EntityImport, ImportError, file, rows::plain};
use crate::access::ManagedProject;
use crate::blocking::off_worker;
use crate::files::Upload;
use crate::projects::PROJECTS;
use crate::{Error, Imports, MaybeId, Result};

/// How clips are named where a request does not say so.
const CONVENTION: &str = "${project_name}_${sequence_name}-${shot_name}";

/// The same in an episode.
const EPISODE_CONVENTION: &str = "${project_name}_${episode_name}-${sequence_name}-${shot_name}";

/// How the clips of an edit are found among the shots.
#[derive(Debug)]
pub struct ClipNames {
    /// Such as `${sequence_name}_${shot_name}`.
    pub convention: Option<String>,
    pub match_case: bool,
}

/// The shots of an edit, as rows of entities.
#[derive(Debug)]
pub struct ImportedShots {
    pub updated: Vec<Value>,
    /// With the type `Shot`.
    pub created: Vec<Value>,
}

/// The shape of the response.
pub fn timeline_shape() -> Shape {
    let shots = || view::entities::PLAIN.shape().list();
    Shape::object([("updated_shots", shots()), ("created_shots", shots())])
}

/// The formats of files by their extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Otio,
    Edl,
}

impl Format {
    fn of(file_name: &str) -> Result<Self> {
        let (_, suffix) = file_name.rsplit_once('.').unwrap_or_default();
        let suffix: String = suffix.chars().take(20).collect();
        match suffix.to_lowercase().as_str() {
            "otio" => Ok(Self::Otio),
            "edl" => Ok(Self::Edl),
            suffix => Err(Error::invalid(format!(
                "Unsupported file type '.{suffix}'. Supported formats: edl, otio."
            ))),
        }
    }
}

impl Imports<'_> {
    /// Creates or updates the shots of an edit, an OpenTimelineIO file or an edit
    /// decision list, in a project that the caller manages. Each clip on a picture
    /// track is a shot; its `data` gets `frame_in` and `frame_out`, where the clip
    /// is in the edit. New shots get their tasks, and sequences that do not exist
    /// are created.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a file that cannot be read, a wrong convention, a
    /// clip that does not follow it, and for a TV show without an episode;
    /// [`Error::NotFound`] for an unknown episode. Nothing is written then.
    pub async fn timeline(
        self,
        project: ManagedProject<'_>,
        episode: Option<&MaybeId>,
        file: Upload,
        names: ClipNames,
    ) -> Result<ImportedShots, ImportError> {
        let ManagedProject { project_id, .. } = project;
        let usual = match episode {
            Some(_) => EPISODE_CONVENTION,
            None => CONVENTION,
        };
        let convention = names.convention.as_deref().unwrap_or(usual);
        let convention = Convention::parse(convention).map_err(Error::invalid)?;
        let format = Format::of(&file.name)?;
        let episode_id = episode.map(MaybeId::found).transpose()?;
        let row = rows::by_id(self.core.database(), plain(&PROJECTS), project_id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let rate = Rate::parse(text("fps")).unwrap_or(Rate::DEFAULT);
        let clips = read(file, format, rate.as_f64()).await?;
        let mut transaction = self.core.database().begin().await?;
        // Serializes creations in the project: names are unique.
        uniqueness::lock(&mut transaction, &ENTITY, Some(project_id)).await?;
        let defaults = self.core.defaults();
        let import = EntityImport::Shots;
        let catalog = Catalog::load(&mut transaction, project_id, import, &defaults).await?;
        let episode = episode_of(&catalog, episode_id)?;
        let known = Shots {
            project_name: text("name").to_owned(),
            episode,
            convention,
            match_case: names.match_case,
        };
        let planner = Planner::new(catalog, true)?;
        let (plan, catalog) = off_worker(move || known.plan(planner, &clips)).await??;
        let is_new: Vec<bool> = plan
            .rows
            .iter()
            .map(|at| plan.entities[*at].is_new)
            .collect();
        let written = self
            .write(&mut transaction, project, &catalog, plan)
            .await?;
        transaction.commit().await?;
        let mut shots = ImportedShots {
            updated: Vec::new(),
            created: Vec::new(),
        };
        for (mut row, is_new) in written.into_iter().zip(is_new) {
            if is_new {
                row["type"] = Kind::Shot.type_name().into();
                shots.created.push(row);
            } else {
                shots.updated.push(row);
            }
        }
        Ok(shots)
    }
}

/// Reads the clips of a file.
///
/// # Errors
///
/// [`Error::Invalid`] for one that is too large, or cannot be read.
async fn read(file: Upload, format: Format, fps: f64) -> Result<Vec<Clip>> {
    if let Some(message) = file::excess(&file) {
        return Err(Error::invalid(message));
    }
    off_worker(move || {
        let bytes = file::contents(&file)?;
        let clips = match format {
            Format::Otio => otio::read(&bytes),
            Format::Edl => edl::read(&bytes, fps),
        };
        clips.map_err(|error| Error::invalid(format!("Failed to parse OTIO file: {error}")))
    })
    .await?
}

/// Returns the episode of an import and its name.
///
/// # Errors
///
/// [`Error::NotFound`] if the project has no such episode, [`Error::Invalid`]
/// for a TV show without one.
fn episode_of(catalog: &Catalog, id: Option<Uuid>) -> Result<Option<(Uuid, String)>> {
    let Some(id) = id else {
        return match catalog.is_tv_show {
            true => Err(Error::invalid(
                "The edits of a TV show are imported episode by episode.",
            )),
            false => Ok(None),
        };
    };
    let kind = catalog.types.of_kind(Kind::Episode)?;
    let mut known = catalog.known.iter();
    let episode = known.find(|entity| entity.id == id && entity.entity_type_id == kind);
    let episode = episode.ok_or(Error::NotFound)?;
    Ok(Some((id, episode.name.clone())))
}

/// What the shots of an edit are found with.
#[derive(Debug)]
struct Shots {
    project_name: String,
    episode: Option<(Uuid, String)>,
    convention: Convention,
    match_case: bool,
}

impl Shots {
    /// Plans what the clips change.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a clip that does not follow the convention.
    fn plan(
        self,
        mut planner: Planner,
        clips: &[Clip],
    ) -> Result<(super::plan::Plan, Catalog), ImportError> {
        let known = self.known(&planner.catalog)?;
        for clip in clips {
            let place = match known.get(&self.key(&clip.name)) {
                Some(place) => place.clone(),
                None => self.place(&mut planner, clip)?,
            };
            // Of a clip that is used twice the first range counts.
            if planner.repeat(&place) {
                continue;
            }
            let (mut data, mut fields) = (Map::new(), BTreeMap::new());
            if let Some((first, last)) = clip.frames {
                data.insert("frame_in".into(), first.into());
                data.insert("frame_out".into(), last.into());
            }
            if let Some(length) = clip.length {
                fields.insert("nb_frames", length.into());
            }
            planner.put(place, fields, data, Vec::new());
        }
        Ok((planner.plan, planner.catalog))
    }

    fn key(&self, name: &str) -> String {
        match self.match_case {
            true => name.to_owned(),
            false => name.to_lowercase(),
        }
    }

    /// Returns the shots by the names that their clips have. Those of an episode
    /// are the ones in its sequences.
    fn known(&self, catalog: &Catalog) -> Result<HashMap<String, Place>> {
        let [shot, sequence] = [Kind::Shot, Kind::Sequence].map(|kind| catalog.types.of_kind(kind));
        let (shot, sequence) = (shot?, sequence?);
        let episode_id = self.episode.as_ref().map(|(id, _)| *id);
        let entities = catalog.known.iter();
        let sequences: HashMap<Uuid, &str> = entities
            .clone()
            .filter(|entity| entity.entity_type_id == sequence)
            .filter(|entity| episode_id.is_none() || entity.parent_id == episode_id)
            .map(|entity| (entity.id, entity.name.as_str()))
            .collect();
        let mut known = HashMap::new();
        for entity in entities.filter(|entity| entity.entity_type_id == shot) {
            let Some(sequence) = entity.parent_id.and_then(|id| sequences.get(&id)) else {
                continue;
            };
            let name = self.convention.name(|variable| match variable {
                Variable::Project => &self.project_name,
                Variable::Episode => self.episode_name(),
                Variable::Sequence => sequence,
                Variable::Shot => &entity.name,
            });
            let place = Place {
                name: entity.name.trim().to_owned(),
                entity_type_id: shot,
                parent_id: entity.parent_id,
            };
            known.entry(self.key(&name)).or_insert(place);
        }
        Ok(known)
    }

    fn episode_name(&self) -> &str {
        self.episode.as_ref().map_or("", |(_, name)| name)
    }

    /// Reads which shot a clip is from its name.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the name does not follow the convention.
    fn place(&self, planner: &mut Planner, clip: &Clip) -> Result<Place> {
        let refused = |why: &str| Error::invalid(format!("The clip {:?} {why}", clip.name));
        for (variable, name) in [
            (Variable::Sequence, "sequence_name"),
            (Variable::Shot, "shot_name"),
        ] {
            if !self.convention.has(variable) {
                let why = format!("is new, and naming_convention has no ${{{name}}}.");
                return Err(refused(&why));
            }
        }
        let values = self.convention.read(&clip.name);
        let values = values.ok_or_else(|| refused("does not follow naming_convention."))?;
        let value = |wanted: Variable| {
            let mut values = values.iter();
            let found = values.find(|(variable, _)| *variable == wanted);
            found.map_or("", |(_, value)| value.as_str())
        };
        let (sequence, shot) = (value(Variable::Sequence), value(Variable::Shot));
        for name in [sequence, shot] {
            if name.is_empty() {
                return Err(refused("does not follow naming_convention."));
            }
            if name.chars().count() > MAX_NAME {
                return Err(refused(&format!(
                    "has a name of more than {MAX_NAME} letters."
                )));
            }
        }
        let episode_id = self.episode.as_ref().map(|(id, _)| *id);
        Ok(Place {
            name: shot.to_owned(),
            entity_type_id: planner.catalog.types.of_kind(Kind::Shot)?,
            parent_id: Some(planner.folder(Kind::Sequence, episode_id, sequence)?),
        })
    }
}
