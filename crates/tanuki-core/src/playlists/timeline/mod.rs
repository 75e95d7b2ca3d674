//! Playlists as edits: their previews one behind the other, for editing
//! programs.

mod edl;
mod otio;

use serde_json::{Value, json};
use tanuki_media::film::Rate;
use tanuki_store::query::playlists;
use tanuki_store::query::playlists::PlaylistContext;
use uuid::Uuid;

use super::shown::ShownEntry;
use super::{names, resource};
use crate::{Caller, Error, JsonRow, MaybeId, Playlists, Result};

/// How long something without a length is shown: a picture of a shot whose
/// frames are unknown, or of an asset. In seconds.
const STILL_SECONDS: f64 = 2.0;

/// The timecode of the first frame, in seconds, as editors begin.
const FIRST_SECOND: u64 = 3600;

/// A playlist as a file for editing programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditFile {
    /// The name of the file, `PRODUCTION_PLAYLIST.edl`.
    pub name: String,
    pub text: String,
}

/// A playlist as an edit.
#[derive(Debug, Clone)]
struct Edit {
    name: String,
    rate: Rate,
    clips: Vec<Clip>,
    /// What programs of the studio may want to know.
    facts: JsonRow,
}

/// A preview in an edit, from its first frame to its last.
#[derive(Debug, Clone)]
struct Clip {
    /// Episode, sequence, shot, task type and revision: `SQ01_SH010_Layout_v2`.
    name: String,
    /// The entity's own name.
    entity: String,
    /// What the frames come from: the preview, or the entity that has none.
    source: Uuid,
    frames: u64,
    /// `None` if there is no preview.
    media: Option<Media>,
    facts: JsonRow,
}

/// The file that a clip shows.
#[derive(Debug, Clone)]
struct Media {
    url: String,
    /// The name that the file has in the archive of the playlist.
    file_name: String,
}

impl Playlists<'_> {
    /// Returns a playlist as an OpenTimelineIO file: a track with a clip for each
    /// entry, at the rate of the production. A film has its frames, a picture the
    /// frames of the shot, everything else two seconds. An entry without preview
    /// is a clip whose media is missing; entries whose entity was deleted are
    /// left out. Requires access to the project; vendors are denied, clients too
    /// unless the playlist is shared with them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without access.
    pub async fn otio(self, caller: &Caller, id: &MaybeId) -> Result<EditFile> {
        let (name, edit) = self.edit(caller, id).await?;
        Ok(EditFile {
            name: format!("{name}.otio"),
            text: otio::write(&edit),
        })
    }

    /// Returns a playlist as an edit decision list (CMX3600), with drop-frame
    /// timecode if wanted. Clips, lengths and permissions as for
    /// [`otio`](Self::otio).
    ///
    /// # Errors
    /// Those of `otio`, and [`Error::Invalid`] for drop-frame timecode at another
    /// rate than 29.97 or 59.94, and for more than the hours of a day.
    pub async fn edl(self, caller: &Caller, id: &MaybeId, drop_frame: bool) -> Result<EditFile> {
        let (name, edit) = self.edit(caller, id).await?;
        Ok(EditFile {
            name: format!("{name}.edl"),
            text: edl::write(&edit, drop_frame)?,
        })
    }

    /// Returns a playlist that the caller may read as an edit, and the name of
    /// its files.
    async fn edit(self, caller: &Caller, id: &MaybeId) -> Result<(String, Edit)> {
        let (database, id) = (self.core.database(), id.found()?);
        let playlist = self.row(database, id).await?;
        resource::require_readable(caller, database, &playlist).await?;
        let context = playlists::context(database, id).await?;
        let context = context.ok_or(Error::NotFound)?;
        let rate = Rate::parse(context.fps.as_deref().unwrap_or_default());
        let rate = rate.unwrap_or(Rate::DEFAULT);
        let shown = self.shown(&names::entries_of(&context.shots)).await?;
        let previews = shown.iter().filter_map(|entry| entry.preview.as_ref());
        let previews: Vec<Uuid> = previews.map(|(id, _)| *id).collect();
        let file_names = self.core.files().download_names(&previews).await?;
        let site = self.core.settings().studio.public_url.trim_end_matches('/');
        let clips = shown.iter().map(|entry| {
            let media = entry.preview.as_ref().and_then(|(id, preview)| {
                Some(Media {
                    url: media_url(site, *id, preview.extension.as_deref()),
                    file_name: file_names.get(id)?.clone(),
                })
            });
            Clip {
                name: clip_name(entry),
                entity: entry.entity.name.clone(),
                source: entry
                    .preview
                    .as_ref()
                    .map_or(entry.entity_id, |(id, _)| *id),
                frames: frames_of(entry, rate),
                media,
                facts: facts_of(entry),
            }
        });
        let edit = Edit {
            name: context.playlist.clone(),
            rate,
            clips: clips.collect(),
            facts: playlist_facts(id, &context),
        };
        Ok((names::of_playlist(&context), edit))
    }
}

impl Edit {
    /// The whole number of frames that a second of timecode has: 24 at 23.976.
    fn timecode_base(&self) -> u64 {
        self.rate.as_f64().round().max(1.0) as u64
    }
}

/// Returns how many frames an entry has: those of its film, or of its shot.
fn frames_of(entry: &ShownEntry, rate: Rate) -> u64 {
    let film = entry.preview.as_ref().and_then(|(_, preview)| {
        let is_film = preview.extension.as_deref() == Some("mp4");
        preview.duration.filter(|_| is_film)
    });
    let of_film = film.map(|seconds| rate.frames_in(seconds));
    let of_shot = || {
        entry
            .entity
            .nb_frames
            .and_then(|count| u64::try_from(count).ok())
    };
    of_film
        .filter(|count| *count > 0)
        .or_else(|| of_shot().filter(|count| *count > 0))
        .unwrap_or_else(|| rate.frames_in(STILL_SECONDS).max(1))
}

/// Returns the address of the file of a preview as it was made: of a film in
/// full definition.
fn media_url(site: &str, id: Uuid, extension: Option<&str>) -> String {
    let originals = "originals/preview-files";
    match extension {
        Some("mp4") => format!("{site}/api/movies/{originals}/{id}.mp4"),
        Some(extension)
            if !extension.is_empty()
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            format!("{site}/api/pictures/{originals}/{id}.{extension}")
        }
        _ => format!("{site}/api/pictures/{originals}/{id}/download"),
    }
}

/// Joins the names of the entity and what it is in, the task type and the
/// revision.
fn clip_name(entry: &ShownEntry) -> String {
    let entity = entry.entity.full_name.replace(" / ", "_");
    match &entry.preview {
        Some((_, preview)) => {
            let revision = preview.revision.unwrap_or(1);
            format!("{entity}_{}_v{revision}", preview.task_type)
        }
        None => entity,
    }
}

fn facts_of(entry: &ShownEntry) -> JsonRow {
    let entity = &entry.entity;
    let (sequence, episode) = match entity.kind.as_str() {
        "Shot" => (&entity.parent, &entity.grandparent),
        "Sequence" => (&None, &entity.parent),
        _ => (&None, &None),
    };
    let mut facts = JsonRow::from_iter([
        ("entity_id".to_owned(), json!(entry.entity_id)),
        ("entity_name".to_owned(), json!(entity.name)),
        ("entity_type".to_owned(), json!(entity.kind)),
        ("sequence".to_owned(), json!(sequence)),
        ("episode".to_owned(), json!(episode)),
    ]);
    if let Some((id, preview)) = &entry.preview {
        facts.extend([
            ("preview_file_id".to_owned(), json!(id)),
            ("task_id".to_owned(), json!(preview.task_id)),
            ("task_type".to_owned(), json!(preview.task_type)),
            ("task_status".to_owned(), json!(preview.task_status)),
            ("revision".to_owned(), json!(preview.revision)),
        ]);
    }
    facts
}

fn playlist_facts(id: Uuid, context: &PlaylistContext) -> JsonRow {
    let text = |value: &str| Value::from(value);
    JsonRow::from_iter([
        ("playlist_id".to_owned(), json!(id)),
        ("project_id".to_owned(), json!(context.project_id)),
        ("project".to_owned(), text(&context.project)),
        ("episode".to_owned(), json!(context.episode)),
    ])
}

#[cfg(test)]
mod tests {
    use tanuki_store::query::playlists::{ShownEntity, ShownPreview};

    use super::*;

    /// An edit of clips with these names of shots and numbers of frames; those
    /// of the same name have the same source.
    pub(super) fn edit(fps: &str, shots: &[(&str, u64)]) -> Edit {
        let clips = shots.iter().map(|(shot, frames)| {
            let source = shots.iter().position(|(name, _)| name == shot);
            let source = u128::try_from(source.unwrap_or_default()).unwrap_or_default();
            Clip {
                name: format!("SQ01_{shot}_Layout_v2"),
                entity: (*shot).to_owned(),
                source: Uuid::from_u128(source),
                frames: *frames,
                media: Some(Media {
                    url: format!("https://studio.test/{shot}.mp4"),
                    file_name: format!("film_{shot}.mp4"),
                }),
                facts: JsonRow::new(),
            }
        });
        Edit {
            name: "Dailies".into(),
            rate: Rate::parse(fps).unwrap(),
            clips: clips.collect(),
            facts: JsonRow::new(),
        }
    }

    fn entry(extension: &str, duration: f64, nb_frames: Option<i64>) -> ShownEntry {
        ShownEntry {
            entity_id: Uuid::nil(),
            entity: ShownEntity {
                name: "SH010".into(),
                full_name: "E01 / SQ01 / SH010".into(),
                kind: "Shot".into(),
                parent: Some("SQ01".into()),
                grandparent: Some("E01".into()),
                nb_frames,
            },
            preview: (!extension.is_empty()).then(|| {
                let preview = ShownPreview {
                    task_id: Uuid::nil(),
                    entity_id: Uuid::nil(),
                    task_type: "Layout".into(),
                    task_status: "Todo".into(),
                    retake_count: Some(0),
                    revision: Some(3),
                    extension: Some(extension.into()),
                    duration: Some(duration),
                };
                (Uuid::nil(), preview)
            }),
        }
    }

    #[test]
    fn films_have_their_frames_and_pictures_those_of_the_shot() {
        let rate = Rate::parse("23.976").unwrap();
        for (extension, duration, nb_frames, frames) in [
            ("mp4", 100.0 * 1001.0 / 24000.0, Some(48), 100),
            ("mp4", 0.0, Some(48), 48),
            ("mp4", f64::NAN, Some(48), 48),
            ("mp4", -1.0, None, 48),
            ("png", 5.0, Some(12), 12),
            ("png", 0.0, Some(-4), 48),
            ("", 0.0, Some(7), 7),
            ("", 0.0, None, 48),
        ] {
            let entry = entry(extension, duration, nb_frames);
            assert_eq!(frames_of(&entry, rate), frames, "{entry:?}");
        }
    }

    #[test]
    fn clips_are_named_after_shot_task_and_revision() {
        let named = clip_name(&entry("mp4", 1.0, None));
        assert_eq!(named, "E01_SQ01_SH010_Layout_v3");
        assert_eq!(clip_name(&entry("", 0.0, None)), "E01_SQ01_SH010");
    }

    #[test]
    fn links_lead_to_the_originals() {
        let id = Uuid::nil();
        for (extension, end) in [
            (
                Some("mp4"),
                format!("movies/originals/preview-files/{id}.mp4"),
            ),
            (
                Some("png"),
                format!("pictures/originals/preview-files/{id}.png"),
            ),
            (
                Some("../x"),
                format!("pictures/originals/preview-files/{id}/download"),
            ),
            (
                None,
                format!("pictures/originals/preview-files/{id}/download"),
            ),
        ] {
            let url = media_url("https://studio.test", id, extension);
            assert_eq!(url, format!("https://studio.test/api/{end}"));
        }
    }
}
