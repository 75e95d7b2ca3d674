//! Task types, versions and previews of an entity.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::entities::{self, kinds};
use tanuki_store::query::files::previews;
use tanuki_store::schema::{ENTITY_VERSION, TASK_TYPE};
use tanuki_store::{ListQuery, RowChange, view};
use uuid::Uuid;

use super::Kind;
use crate::fields::id_of;
use crate::{Caller, Entities, JsonRow, Result};

pub(super) static TASK_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
pub(super) static SHOT_VERSIONS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_VERSION, &[]).type_name("ShotVersion"));
static EDIT_VERSIONS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_VERSION, &[]).type_name("EditVersion"));

impl Entities<'_> {
    /// Lists the types of an entity's tasks. For a sequence they are those of
    /// its children's tasks, for an episode those of the children of its
    /// sequences. JSON: an array of rows. Requires access to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity
    /// of the kind, [`Error::Denied`](crate::Error::Denied) without access to
    /// it.
    pub async fn entity_task_types(
        self,
        caller: &Caller,
        kind: Kind,
        id: Uuid,
    ) -> Result<JsonChunks> {
        let found = self.core.require_entity_of_kind(caller, kind, id).await?;
        let depth = match kind {
            Kind::Sequence => 1,
            Kind::Episode => 2,
            _ => 0,
        };
        let types = ListQuery::new(&TASK_TYPES).filter(kinds::is_task_type_of(found.id, depth));
        Ok(self.core.database().stream_list(types))
    }

    /// Lists the versions of a shot or an edit, newest first. JSON: an array of
    /// `entity_version` rows. Requires access to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity
    /// of the kind, [`Error::Denied`](crate::Error::Denied) without access to
    /// it.
    pub async fn entity_versions(
        self,
        caller: &Caller,
        kind: Kind,
        id: Uuid,
    ) -> Result<JsonChunks> {
        let found = self.core.require_entity_of_kind(caller, kind, id).await?;
        let projection: &'static Projection = match kind {
            Kind::Edit => &EDIT_VERSIONS,
            _ => &SHOT_VERSIONS,
        };
        let project_id = found.project_id;
        let change = self.core.mask(caller).await?.map(|mask| {
            RowChange::new(move |version| mask.entity(project_id, kind.type_name(), version))
        });
        let versions = ListQuery::new(projection)
            .filter(entities::is_version_of(found.id))
            .descending("created_at")
            .changing(change);
        Ok(self.core.database().stream_list(versions))
    }

    /// Lists the previews of an entity. JSON: an object that maps ids of task
    /// types to arrays of previews, the highest revision first. The first
    /// preview of a revision contains the others in `previews`. Requires access
    /// to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity
    /// of the kind, [`Error::Denied`](crate::Error::Denied) without access to
    /// it.
    pub async fn entity_previews(
        self,
        caller: &Caller,
        kind: Kind,
        id: Uuid,
    ) -> Result<Map<String, Value>> {
        let found = self.core.require_entity_of_kind(caller, kind, id).await?;
        self.previews_by_task_type(found.id).await
    }

    /// Like [`entity_previews`](Self::entity_previews), for an entity of any
    /// kind.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity,
    /// [`Error::Denied`](crate::Error::Denied) without access to it.
    pub async fn previews_of_any_kind(
        self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<Map<String, Value>> {
        let found = self.core.require_entity(caller, id).await?;
        self.previews_by_task_type(found.id).await
    }

    async fn previews_by_task_type(self, entity_id: Uuid) -> Result<JsonRow> {
        let mut previews = self.previews_of_entities(&[entity_id]).await?;
        Ok(previews.remove(&entity_id).unwrap_or_default())
    }

    /// Returns the previews of entities as [`entity_previews`](Self::entity_previews)
    /// does, by entity. Entities without previews are left out. Checks no
    /// permissions.
    pub(crate) async fn previews_of_entities(
        self,
        entities: &[Uuid],
    ) -> Result<HashMap<Uuid, JsonRow>> {
        let previews = ListQuery::new(&view::previews::OF_ENTITY);
        let previews = previews::by_task_type(previews, entities)
            .rows(self.core.database())
            .await?;
        let mut by_entity: HashMap<Uuid, Vec<JsonRow>> = HashMap::new();
        for mut preview in previews {
            let entity = id_of(&preview, "entity_id");
            preview.shift_remove("entity_id");
            if let Some(entity) = entity {
                by_entity.entry(entity).or_default().push(preview);
            }
        }
        let by_entity = by_entity.into_iter();
        Ok(by_entity
            .map(|(entity, previews)| (entity, by_task_type(previews)))
            .collect())
    }
}

/// Returns the previews behind the first of the revision that a preview is of:
/// the `previews` of that first one. `None` if none of the revision is in the
/// list.
pub(crate) fn others_of_revision<'a>(
    firsts: &'a mut [Value],
    preview: &JsonRow,
) -> Option<&'a mut Vec<Value>> {
    firsts
        .iter_mut()
        .find(|first| first.get("revision") == preview.get("revision"))?
        .get_mut("previews")?
        .as_array_mut()
}

/// Groups previews by task type, and those of a revision under its first.
fn by_task_type(previews: Vec<JsonRow>) -> JsonRow {
    let mut by_type: Map<String, Value> = Map::new();
    let mut task_of_type: Map<String, Value> = Map::new();
    for mut preview in previews {
        let Some(Value::String(task_type)) = preview.get("task_type_id").cloned() else {
            continue;
        };
        // Of several tasks of one type only the previews of the last are
        // listed.
        let task = preview.get("task_id").cloned().unwrap_or_default();
        let list = by_type
            .entry(task_type.clone())
            .or_insert_with(|| Value::Array(Vec::new()));
        let Value::Array(list) = list else { continue };
        if task_of_type.insert(task_type, task.clone()) != Some(task) {
            list.clear();
        }
        match others_of_revision(list, &preview) {
            Some(others) => others.push(preview.into()),
            None => {
                preview.shift_remove("position");
                preview.shift_remove("task_type_id");
                let behind = preview.keys().position(|key| key == "created_at");
                let place = behind.unwrap_or(preview.len());
                preview.shift_insert(place, "previews".into(), Value::Array(Vec::new()));
                list.push(preview.into());
            }
        }
    }
    by_type
}
