//! What a link shows first: its playlist, and the names and colours of the
//! production that are needed to show it.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tanuki_store::ListQuery;
use tanuki_store::projection::Projection;
use tanuki_store::query::projects::links;
use tanuki_store::query::shares::{self, NamedEntity, TaskStyle};
use tanuki_store::query::{playlists, rows};
use tanuki_store::schema::{
    PROJECT, PROJECT_TASK_STATUS_LINK, PROJECT_TASK_TYPE_LINK, TASK_STATUS, TASK_TYPE,
};
use tanuki_store::view::playlists::BUILD;
use tanuki_store::view::shares::{SHARED_PREVIEW, SHARED_TASK_STATUS, SHARED_TASK_TYPE};
use uuid::Uuid;

use super::SharedLink;
use super::contents::{Contents, Entry};
use crate::fields::{id_of, is_truthy};
use crate::playlists::{ROW, label, repeat_preview};
use crate::{Error, JsonRow, Result, Shares};

/// Projection of what is shown of the project.
static PROJECT_LINE: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&PROJECT, &["id", "name", "fps", "ratio", "resolution"]));

/// Entity types whose `parent_name` is the name of the parent entity; for the
/// others it is the name of the entity type.
const WITH_A_PARENT: [&str; 5] = ["Shot", "Sequence", "Episode", "Edit", "Concept"];

/// What the entries of a playlist are shown with.
struct Surroundings {
    /// The shared previews by task and revision, in the order of their
    /// positions.
    revisions: HashMap<(Uuid, i64), Vec<JsonRow>>,
    entities: HashMap<Uuid, NamedEntity>,
    styles: HashMap<Uuid, TaskStyle>,
    /// Whether sequences are named with their episode.
    of_all_episodes: bool,
}

impl Shares<'_> {
    /// Returns the playlist of a link. JSON: every column of the playlist,
    /// `build_jobs`, the name and frame rate of the project, and `shots`: for
    /// each entry the preview that is shared in `preview_file_…`, with its
    /// annotations and the others of its revision, and the names and colours to
    /// show it with. `preview_files`, where other revisions would be, is empty.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the playlist is gone.
    pub async fn playlist(self, link: &SharedLink) -> Result<JsonRow> {
        let database = self.core.database();
        let row = rows::by_id(database, &ROW, link.playlist_id).await?;
        let mut row = row.ok_or(Error::NotFound)?;
        let jobs = playlists::builds(&BUILD, link.playlist_id);
        row.insert("build_jobs".into(), jobs.rows(database).await?.into());
        let stored = match row.get_mut("shots").map(Value::take) {
            Some(Value::Array(stored)) => stored,
            _ => Vec::new(),
        };
        let contents = self.contents_of(stored).await?;
        let of_all_episodes =
            id_of(&row, "episode_id").is_none() && is_truthy(row.get("is_for_all"));
        let around = self.surroundings(&contents, of_all_episodes).await?;
        let shots: Vec<Value> = contents
            .0
            .into_iter()
            .map(|entry| around.shown(entry).into())
            .collect();
        row.insert("shots".into(), shots.into());
        let project = rows::by_id(database, &PROJECT_LINE, link.project_id).await?;
        let project = project.ok_or(Error::NotFound)?;
        for (key, of) in [("project_fps", "fps"), ("project_name", "name")] {
            let value = project.get(of).cloned().unwrap_or_default();
            row.insert(key.into(), value);
        }
        Ok(row)
    }

    async fn surroundings(
        self,
        contents: &Contents,
        of_all_episodes: bool,
    ) -> Result<Surroundings> {
        let database = self.core.database();
        let previews = contents.previews();
        let mut revisions: HashMap<(Uuid, i64), Vec<JsonRow>> = HashMap::new();
        if !previews.is_empty() {
            let shared = shares::previews_of_revisions(&SHARED_PREVIEW, &previews);
            for mut preview in shared.rows(database).await? {
                if let Some(Value::String(status)) = preview.get_mut("status") {
                    *status = label(status);
                }
                let revision = preview.get("revision").and_then(Value::as_i64);
                if let (Some(task), Some(revision)) = (id_of(&preview, "task_id"), revision) {
                    revisions.entry((task, revision)).or_default().push(preview);
                }
            }
        }
        let entities: Vec<Uuid> = contents
            .0
            .iter()
            .filter_map(|entry| entry.entity_id)
            .collect();
        Ok(Surroundings {
            revisions,
            entities: shares::named_entities(database, &entities).await?,
            styles: shares::task_styles(database, &contents.tasks()).await?,
            of_all_episodes,
        })
    }

    /// Returns what a viewer needs of the production. JSON: `project`,
    /// `task_types` and `task_statuses`, with what clients may set.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the project is gone.
    pub async fn context(self, link: &SharedLink) -> Result<JsonRow> {
        let database = self.core.database();
        let project = rows::by_id(database, &PROJECT_LINE, link.project_id).await?;
        let mut project = project.ok_or(Error::NotFound)?;
        // The web client expects the key.
        project.insert("team".into(), json!([]));
        let linked =
            |table, column, target| links::is_used_by(link.project_id, (table, column), target);
        let types = linked(&PROJECT_TASK_TYPE_LINK, "task_type_id", &TASK_TYPE);
        let types = ListQuery::new(&SHARED_TASK_TYPE).filter(types);
        let types = types.rows(database).await?;
        let statuses = linked(&PROJECT_TASK_STATUS_LINK, "task_status_id", &TASK_STATUS);
        let statuses = ListQuery::new(&SHARED_TASK_STATUS).filter(statuses);
        let mut statuses = statuses.rows(database).await?;
        let own = shares::client_statuses(database, link.project_id).await?;
        for status in &mut statuses {
            if let Some(allowed) = id_of(status, "id").and_then(|id| own.get(&id)) {
                status.insert("is_client_allowed".into(), (*allowed).into());
            }
        }
        Ok(JsonRow::from_iter([
            ("project".to_owned(), project.into()),
            ("task_types".to_owned(), types.into()),
            ("task_statuses".to_owned(), statuses.into()),
        ]))
    }
}

impl Surroundings {
    /// Returns an entry as it is shown.
    fn shown(&self, entry: Entry) -> JsonRow {
        let Entry {
            mut shot,
            entity_id,
            positioned,
        } = entry;
        shot.insert("preview_files".into(), json!({}));
        let shown = positioned.and_then(|(id, place)| self.revision_of(id, place.task_id));
        match &shown {
            Some((preview, others)) => add_preview(&mut shot, preview, others),
            None => {
                shot.shift_remove("preview_file_id");
            }
        }
        let Some(entity) = entity_id.and_then(|id| self.entities.get(&id)) else {
            return shot;
        };
        shot.insert("name".into(), entity.name.clone().into());
        shot.insert("parent_name".into(), self.parent_of(entity).into());
        let task = positioned.filter(|_| shown.is_some());
        let style = task.and_then(|(_, place)| self.styles.get(&place.task_id));
        if let Some(style) = style {
            let task_type = json!({
                "id": style.type_id,
                "name": style.type_name,
                "color": style.type_color,
                "for_entity": style.for_entity,
            });
            shot.insert("preview_file_task_type".into(), task_type);
            let name = style.type_name.clone();
            shot.insert("preview_file_task_type_name".into(), name.into());
            let color = style.status_color.clone();
            if let Some(color) = color.filter(|color| !color.is_empty()) {
                shot.insert("task_status_color".into(), color.into());
            }
        }
        shot
    }

    /// Returns a preview, and the others of its revision if it is the first.
    fn revision_of(&self, id: Uuid, task_id: Uuid) -> Option<(&JsonRow, &[JsonRow])> {
        let of_task = self
            .revisions
            .iter()
            .filter(|((task, _), _)| *task == task_id);
        for (_, previews) in of_task {
            let place = previews.iter().position(|one| id_of(one, "id") == Some(id));
            match place {
                Some(0) => return Some((&previews[0], &previews[1..])),
                Some(place) => return Some((&previews[place], &[])),
                None => {}
            }
        }
        None
    }

    fn parent_of(&self, entity: &NamedEntity) -> String {
        if !WITH_A_PARENT.contains(&entity.kind.as_str()) {
            return entity.kind.clone();
        }
        let Some(parent) = &entity.parent else {
            return String::new();
        };
        match &entity.grandparent {
            Some(episode) if self.of_all_episodes && !episode.is_empty() => {
                format!("{episode} / {parent}")
            }
            _ => parent.clone(),
        }
    }
}

fn add_preview(shot: &mut JsonRow, preview: &JsonRow, others: &[JsonRow]) {
    repeat_preview(shot, preview);
    let others: Vec<Value> = others.iter().cloned().map(Value::from).collect();
    shot.insert("preview_file_previews".into(), others.into());
    let annotations = preview.get("annotations").cloned().unwrap_or_default();
    shot.insert("preview_file_annotations".into(), annotations);
}
