//! A playlist as a table, for a CSV file.

use chrono::{NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use tanuki_domain::dates;
use tanuki_store::query::playlists::{self, LastComment, PlaylistContext};
use uuid::Uuid;

use super::names;
use super::shown::ShownEntry;
use crate::slug::small_slug;
use crate::{Caller, Error, MaybeId, Playlists, Result};

/// The titles of the columns.
const TITLES: [&str; 9] = [
    "Entity name",
    "Nb Frames",
    "Task Type",
    "Retake count",
    "Revision",
    "Task Status",
    "Last comment author",
    "Last comment date",
    "Last comment",
];

/// How many cells the rows above the titles have.
const HEAD_CELLS: usize = 7;

/// A playlist as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistTable {
    /// The name of its file without extension: letters, digits and underscores.
    pub name: String,
    pub rows: Vec<Vec<String>>,
}

impl Playlists<'_> {
    /// Returns a playlist as a table: what it is, then a row for each entry with
    /// its task and the last comment that is not by a client. Requires a manager
    /// or supervisor of the project, or a client if the playlist is shared with
    /// them; clients get the last comment that is published to them. Times are
    /// in the caller's time zone. An entry without preview has a name and frames
    /// only; entries whose entity was deleted are left out.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission.
    pub async fn table(self, caller: &Caller, id: &MaybeId) -> Result<PlaylistTable> {
        let (id, project_id) = self.packed_playlist(caller, id, true).await?;
        let database = self.core.database();
        let access = caller.project_access(database, Some(project_id)).await?;
        let context = playlists::context(database, id).await?;
        let context = context.ok_or(Error::NotFound)?;
        let zone = self.core.people().zone_of(caller).await?;
        let shown = self.shown(&names::entries_of(&context.shots)).await?;
        let previews = shown.iter().filter_map(|entry| entry.preview.as_ref());
        let tasks: Vec<Uuid> = previews.map(|(_, preview)| preview.task_id).collect();
        let tasks = (project_id, &*tasks);
        let comments = playlists::last_comments(database, tasks, access.is_client()).await?;
        let mut rows = head(&context, zone);
        rows.extend(shown.iter().map(|entry| {
            let task = entry.preview.as_ref().map(|(_, preview)| preview.task_id);
            let comment = task.and_then(|task| comments.get(&task));
            row(entry, comment, zone)
        }));
        let name = format!("kitsu {} playlist {}", context.project, context.playlist);
        Ok(PlaylistTable {
            name: small_slug(&name),
            rows,
        })
    }
}

/// The rows above those of the entries.
fn head(context: &PlaylistContext, zone: Tz) -> Vec<Vec<String>> {
    let episode = context.episode.as_ref();
    let kind = match context.for_entity.as_str() {
        "shot" => "shots",
        _ => "assets",
    };
    let place = format!(
        "{}{} | for {kind}",
        context.project,
        episode.map_or_else(String::new, |episode| format!(" - {episode}"))
    );
    let mut first = vec![
        "Playlist".to_owned(),
        place,
        context.playlist.clone(),
        local_time(context.created_at, zone),
    ];
    first.resize(HEAD_CELLS, String::new());
    let titles = TITLES.map(str::to_owned).to_vec();
    vec![first, vec![String::new(); HEAD_CELLS], titles]
}

fn row(entry: &ShownEntry, comment: Option<&LastComment>, zone: Tz) -> Vec<String> {
    let number = |value: Option<i64>| value.map(|number| number.to_string()).unwrap_or_default();
    let mut cells = vec![
        entry.entity.full_name.clone(),
        number(entry.entity.nb_frames),
    ];
    if let Some((_, preview)) = &entry.preview {
        cells.extend([
            preview.task_type.clone(),
            number(preview.retake_count),
            number(preview.revision),
            preview.task_status.clone(),
        ]);
    }
    if let Some(comment) = comment {
        cells.extend([
            comment.author.clone(),
            local_time(comment.created_at, zone),
            comment.text.clone(),
        ]);
    }
    cells.resize(TITLES.len(), String::new());
    cells
}

/// A time in UTC as `2025-01-06T10:42:00` of the time zone.
fn local_time(time: NaiveDateTime, zone: Tz) -> String {
    let local = zone.from_utc_datetime(&time).naive_local();
    let local = dates::clamp_time(local);
    local.format("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_clock_on_the_wall() {
        for (time, zone, expected) in [
            (
                "2025-01-06 09:42:00",
                Tz::Europe__Paris,
                "2025-01-06T10:42:00",
            ),
            (
                "2025-07-06 09:42:00",
                Tz::Europe__Paris,
                "2025-07-06T11:42:00",
            ),
            (
                "2025-01-06 01:42:00",
                Tz::America__New_York,
                "2025-01-05T20:42:00",
            ),
            ("9999-12-31 23:30:00", Tz::Asia__Tokyo, "9999-12-31T"),
        ] {
            let time = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").unwrap();
            let local = local_time(time, zone);
            assert!(local.starts_with(expected), "{local} is not {expected}");
        }
    }
}
