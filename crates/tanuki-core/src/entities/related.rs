//! Task types, versions and previews of an entity.

use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Order};
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{entities::kinds, rows};
use tanuki_store::schema::{ColumnType, ENTITY_VERSION, PREVIEW_FILE, TASK, TASK_TYPE};

use super::Kind;
use crate::ids::parse_id;
use crate::{Caller, Core, Result};

static TASK_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
static SHOT_VERSIONS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_VERSION, &[]).type_name("ShotVersion"));
static EDIT_VERSIONS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_VERSION, &[]).type_name("EditVersion"));

/// Projection of a preview with the type of its task. Durations are in seconds.
static PREVIEWS: LazyLock<Projection> = LazyLock::new(|| {
    let projection = Projection::only(
        &PREVIEW_FILE,
        &[
            "id",
            "revision",
            "position",
            "original_name",
            "extension",
            "width",
            "height",
            "duration",
            "status",
            "annotations",
            "created_at",
            "task_id",
        ],
    )
    .inner_join("task", ("preview_file", "task_id"), &TASK)
    .inner_join("task_type", ("task", "task_type_id"), &TASK_TYPE)
    .computed("duration", ColumnType::Double, |_| {
        let duration = Expr::col(("preview_file", "duration"));
        sea_query::Func::coalesce([duration, Expr::val(0.0)]).into()
    })
    .computed("task_type_id", ColumnType::Uuid, |_| {
        Expr::col(("task", "task_type_id"))
    });
    projection
        .computed("original_width", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_width")
        })
        .computed("original_height", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_height")
        })
        .computed("original_duration", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_duration")
        })
        .computed("original_file_size", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_file_size")
        })
});

impl Core {
    /// Lists the types of an entity's tasks. For a sequence they are those of
    /// its children's tasks, for an episode those of the children of its
    /// sequences. JSON: an array of rows. Requires access to the entity.
    pub async fn entity_task_types(
        &self,
        caller: &Caller,
        kind: Kind,
        id: &str,
    ) -> Result<JsonChunks> {
        let found = self
            .require_entity_of_kind(caller, kind, parse_id(id)?)
            .await?;
        let depth = match kind {
            Kind::Sequence => 1,
            Kind::Episode => 2,
            _ => 0,
        };
        let types = kinds::task_types_of(found.id, depth);
        let mut select = TASK_TYPES.select(self.database().dialect());
        select.and_where(Expr::col(("task_type", "id")).in_subquery(types));
        Ok(self.stream_entities(select, &TASK_TYPES))
    }

    /// Lists the versions of a shot or an edit, newest first. JSON: an array of
    /// `entity_version` rows. Requires access to the entity.
    pub async fn entity_versions(
        &self,
        caller: &Caller,
        kind: Kind,
        id: &str,
    ) -> Result<JsonChunks> {
        let found = self
            .require_entity_of_kind(caller, kind, parse_id(id)?)
            .await?;
        let projection: &'static Projection = match kind {
            Kind::Edit => &EDIT_VERSIONS,
            _ => &SHOT_VERSIONS,
        };
        let mut select = projection.select(self.database().dialect());
        select
            .and_where(Expr::col(("entity_version", "entity_id")).eq(found.id))
            .order_by(("entity_version", "created_at"), Order::Desc);
        Ok(self.stream_entities(select, projection))
    }

    /// Lists the previews of an entity. JSON: an object that maps ids of task
    /// types to arrays of previews, the highest revision first. The first
    /// preview of a revision contains the others in `previews`. Requires access
    /// to the entity.
    pub async fn entity_previews(
        &self,
        caller: &Caller,
        kind: Kind,
        id: &str,
    ) -> Result<Map<String, Value>> {
        let found = self
            .require_entity_of_kind(caller, kind, parse_id(id)?)
            .await?;
        let mut select = PREVIEWS.select(self.database().dialect());
        select
            .and_where(Expr::col(("task", "entity_id")).eq(found.id))
            .order_by(("task_type", "priority"), Order::Desc)
            .order_by(("task_type", "name"), Order::Asc)
            .order_by(("preview_file", "revision"), Order::Desc)
            .order_by(("preview_file", "created_at"), Order::Asc);
        let previews = rows::all(self.database(), &PREVIEWS, &select).await?;
        Ok(by_task_type(previews))
    }
}

/// Groups previews by task type, and those of a revision under its first.
fn by_task_type(previews: Vec<Map<String, Value>>) -> Map<String, Value> {
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
        let same = list
            .iter_mut()
            .find(|first| first.get("revision") == preview.get("revision"));
        match same.and_then(|first| first.get_mut("previews")) {
            Some(Value::Array(others)) => others.push(preview.into()),
            _ => {
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
