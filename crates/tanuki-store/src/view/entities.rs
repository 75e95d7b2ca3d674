//! Projections of entities, by kind and by the role of the caller.

use std::sync::LazyLock;

use crate::dialect::Dialect;
use crate::projection::Projection;
use crate::query::entities;
use crate::query::entities::kinds::EntityQuery;
use crate::query::masking;
use crate::schema::{ColumnType, ENTITY, ENTITY_TYPE, PREVIEW_FILE, PROJECT};
use sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};

use super::tasks;
use crate::{Kind, Shape};

/// The projections of the entities of one kind.
#[derive(Debug)]
pub struct EntityProjections {
    /// In lists of a project or parent: the columns of the row.
    pub row: Projection,
    /// As [`row`](Self::row), with the ids of linked rows.
    pub linked: Projection,
    /// In lists across parents: as [`row`](Self::row), with the names of the
    /// project and the parents.
    pub named: Projection,
    /// [`row`](Self::row), [`linked`](Self::linked) and [`named`](Self::named)
    /// for vendors, with hidden metadata masked. The query needs a
    /// [`viewer`](masking::add_viewer).
    pub vendor: [Projection; 3],
    /// The same three projections for clients, with hidden metadata masked.
    pub for_client: [Projection; 3],
    /// A single entity with its tasks.
    pub full: EntityQuery,
    /// A single entity with its tasks for clients: values about the studio's
    /// internal work are blanked.
    pub client: EntityQuery,
}

/// The columns of an entity's row.
pub static PLAIN: LazyLock<Projection> = LazyLock::new(|| Projection::all_columns(&ENTITY, &[]));

static PROJECTIONS: LazyLock<Vec<EntityProjections>> = LazyLock::new(|| {
    let all = Kind::ALL.into_iter();
    all.map(|kind| EntityProjections {
        row: row(kind),
        linked: linked(kind),
        named: named(kind),
        vendor: [row(kind), linked(kind), named(kind)]
            .map(|projection| for_vendor(kind, projection)),
        for_client: [row(kind), linked(kind), named(kind)].map(masked),
        full: EntityQuery::new(kind.is(), full(kind, |tasks| tasks)),
        client: EntityQuery::new(kind.is(), full(kind, tasks::blank)),
    })
    .collect()
});

impl Kind {
    /// Returns the projections of the entities of the kind.
    pub fn projections(self) -> &'static EntityProjections {
        &PROJECTIONS[self as usize]
    }

    /// The shape of the row of an entity of the kind.
    pub fn row_shape(self) -> Shape {
        self.projections().row.shape()
    }

    /// The shape of the row with the ids of linked rows.
    pub fn linked_shape(self) -> Shape {
        self.projections().linked.shape()
    }

    /// The shape of the row with the names of its project and parents.
    pub fn named_shape(self) -> Shape {
        self.projections().named.shape()
    }

    /// The shape of a single entity with its tasks.
    pub fn full_shape(self) -> Shape {
        full(self, tasks::blanking).shape()
    }
}

const LINKS: [&str; 3] = ["entities_out", "instance_casting", "entities_in"];

/// Order of the keys of a single shot. Keys that are missing here follow in the
/// order of the table.
pub const SHOT_ORDER: [&str; 23] = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "episode_id",
    "episode_name",
    "fps",
    "frame_in",
    "frame_out",
    "id",
    "name",
    "nb_frames",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "sequence_id",
    "sequence_name",
    "source_id",
    "nb_entities_out",
    "is_casting_standby",
    "tasks",
    "type",
];

/// Columns of an edit, on its own and on the board of edits.
pub const EDIT_COLUMNS: [&str; 11] = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "id",
    "name",
    "parent_id",
    "preview_file_id",
    "project_id",
    "source_id",
    "nb_entities_out",
];

/// Order of the keys of a single edit.
pub const EDIT_ORDER: [&str; 16] = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "episode_id",
    "episode_name",
    "id",
    "name",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "source_id",
    "nb_entities_out",
    "tasks",
    "type",
];

/// Order of the keys of a single concept.
pub const CONCEPT_ORDER: [&str; 24] = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "fps",
    "frame_in",
    "frame_out",
    "id",
    "name",
    "nb_frames",
    "parent_id",
    "preview_file_id",
    "preview_file_status",
    "project_id",
    "project_name",
    "source_id",
    "nb_entities_out",
    "is_casting_standby",
    "tasks",
    "entity_concept_links",
    "type",
    "updated_at",
    "created_at",
    "created_by",
];

fn row(kind: Kind) -> Projection {
    let projection = match kind {
        Kind::Concept => Projection::with_links(&ENTITY, &LINKS).at_end(&["entity_concept_links"]),
        _ => Projection::all_columns(&ENTITY, &[]),
    };
    projection.type_name(kind.type_name())
}

fn linked(kind: Kind) -> Projection {
    Projection::with_links(&ENTITY, &[]).type_name(kind.type_name())
}

fn named(kind: Kind) -> Projection {
    match kind {
        Kind::Shot | Kind::Scene => {
            in_project(in_sequence(row(kind)))
                .computed("sequence_name", ColumnType::Text, |_| name_of("sequence"))
        }
        Kind::Edit | Kind::Concept => in_project(row(kind)),
        _ => row(kind),
    }
}

/// All columns of an entity, with `object` as `type`; metadata is masked for
/// the viewer of the list (see [`ListQuery::seen_by`](crate::ListQuery::seen_by)).
pub fn assigned(object: &'static str) -> Projection {
    masked(Projection::all_columns(&ENTITY, &[]).type_name(object))
}

fn masked(projection: Projection) -> Projection {
    projection.computed("data", ColumnType::Json, masking::visible_data)
}

fn for_vendor(kind: Kind, projection: Projection) -> Projection {
    let projection = masked(projection);
    match kind {
        // Vendors get sequences and episodes with the generic type.
        Kind::Sequence | Kind::Episode => projection.type_name("Entity"),
        _ => projection,
    }
}

fn full(kind: Kind, seen: fn(Projection) -> Projection) -> Projection {
    match kind {
        Kind::Asset => full_asset(seen),
        Kind::Shot => with_frames(with_tasks(
            in_episode(in_sequence(in_project(linked(kind)))),
            seen(tasks::of_entity(&tasks::SHOT_TASK)),
        ))
        .computed("sequence_id", ColumnType::Uuid, |_| id_of("sequence"))
        .computed("sequence_name", ColumnType::Text, |_| name_of("sequence"))
        .computed("episode_name", ColumnType::Text, |_| {
            name_or_nothing("episode")
        })
        .in_order(&SHOT_ORDER),
        Kind::Scene => in_episode(in_sequence(in_project(row(kind))))
            .computed("sequence_id", ColumnType::Uuid, |_| id_of("sequence"))
            .computed("sequence_name", ColumnType::Text, |_| name_of("sequence"))
            .optional("episode_id")
            .optional("episode_name")
            .at_end(&["episode_id", "episode_name"]),
        Kind::Sequence => in_project(row(kind))
            .left_join("episode", ("entity", "parent_id"), &ENTITY)
            .computed("episode_id", ColumnType::Uuid, |_| id_of("episode"))
            .computed("episode_name", ColumnType::Text, |_| name_of("episode"))
            .optional("episode_id")
            .optional("episode_name"),
        Kind::Edit => full_edit(seen),
        Kind::Concept => with_frames(with_tasks(
            in_project(linked(kind)).left_join(
                "preview",
                ("entity", "preview_file_id"),
                &PREVIEW_FILE,
            ),
            seen(tasks::of_entity(&tasks::CONCEPT_TASK)),
        ))
        .computed("preview_file_status", ColumnType::Text, |_| {
            Expr::col(("preview", "status"))
        })
        .in_order(&CONCEPT_ORDER),
        Kind::Episode | Kind::ConceptFolder => in_project(row(kind)),
    }
}

fn full_asset(seen: fn(Projection) -> Projection) -> Projection {
    let asset = linked(Kind::Asset)
        .without(&["source_id", "nb_frames"])
        .inner_join("asset_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .computed("data", ColumnType::Json, metadata)
        .computed("preview_file_id", ColumnType::Text, |_| {
            text_or("preview_file_id", "")
        })
        .computed("ready_for", ColumnType::Text, |_| {
            text_or("ready_for", "None")
        })
        .computed("episode_id", ColumnType::Text, |_| text_or("source_id", ""))
        .alias("asset_type_id", "entity_type_id")
        .computed("asset_type_name", ColumnType::Text, |_| {
            name_of("asset_type")
        })
        .computed("casting_episode_ids", ColumnType::Json, |dialect| {
            dialect.json_list(episodes_of_cast(), "entity_in_id")
        });
    with_tasks(
        in_project(asset),
        seen(tasks::of_entity(&tasks::ASSET_TASK)),
    )
    .at_end(&[
        "project_name",
        "asset_type_id",
        "asset_type_name",
        "episode_id",
        "casting_episode_ids",
        "tasks",
    ])
}

fn full_edit(seen: fn(Projection) -> Projection) -> Projection {
    let edit = Projection::only(&ENTITY, &[&EDIT_COLUMNS[..], &["type"]].concat())
        .type_name(Kind::Edit.type_name())
        .computed("data", ColumnType::Json, metadata)
        .left_join("episode", ("entity", "parent_id"), &ENTITY)
        .computed("episode_id", ColumnType::Uuid, |_| id_of("episode"))
        .computed("episode_name", ColumnType::Text, |_| {
            name_or_nothing("episode")
        });
    with_tasks(in_project(edit), seen(tasks::of_entity(&tasks::EDIT_TASK))).in_order(&EDIT_ORDER)
}

fn in_project(projection: Projection) -> Projection {
    projection
        .inner_join("project", ("entity", "project_id"), &PROJECT)
        .computed("project_name", ColumnType::Text, |_| name_of("project"))
}

fn in_sequence(projection: Projection) -> Projection {
    // Left join: a shot may have no sequence.
    projection.left_join("sequence", ("entity", "parent_id"), &ENTITY)
}

fn in_episode(projection: Projection) -> Projection {
    projection
        .left_join("episode", ("sequence", "parent_id"), &ENTITY)
        .computed("episode_id", ColumnType::Uuid, |_| id_of("episode"))
        .computed("episode_name", ColumnType::Text, |_| name_of("episode"))
}

/// The frame rate and the frame range: keys of [`with_frames`].
pub const FRAME_KEYS: [&str; 3] = ["fps", "frame_in", "frame_out"];

/// Adds the frame rate and the frame range ([`FRAME_KEYS`]), which are stored
/// in the metadata. Masked where the metadata is: on boards by the query, of
/// single entities after it.
pub fn with_frames(projection: Projection) -> Projection {
    projection
        .computed("fps", ColumnType::Json, |dialect| in_data(dialect, "fps"))
        .computed("frame_in", ColumnType::Json, |dialect| {
            in_data(dialect, "frame_in")
        })
        .computed("frame_out", ColumnType::Json, |dialect| {
            in_data(dialect, "frame_out")
        })
}

fn with_tasks(projection: Projection, tasks: Projection) -> Projection {
    projection.embed_many("tasks", tasks, of_entity)
}

fn of_entity(tasks: &mut SelectStatement) {
    tasks.and_where(Expr::col(("task", "entity_id")).equals(("entity", "id")));
}

fn in_data(dialect: Dialect, key: &'static str) -> SimpleExpr {
    dialect.json_field(Expr::col(("entity", "data")), key)
}

fn metadata(dialect: Dialect) -> SimpleExpr {
    dialect.json_or_empty(Expr::col(("entity", "data")))
}

fn id_of(table: &'static str) -> SimpleExpr {
    Expr::col((table, "id"))
}

fn name_of(table: &'static str) -> SimpleExpr {
    Expr::col((table, "name"))
}

fn name_or_nothing(table: &'static str) -> SimpleExpr {
    Func::coalesce([name_of(table), Expr::val("")]).into()
}

fn text_or(column: &'static str, default: &'static str) -> SimpleExpr {
    let text = Expr::col(("entity", column)).cast_as("text");
    Func::coalesce([text, Expr::val(default)]).into()
}

/// Returns the subquery of the episodes that an asset is cast in.
fn episodes_of_cast() -> SelectStatement {
    let mut cast = Query::select();
    cast.column(("link", "entity_in_id"))
        .from_as("entity_link", "link")
        .join_as(
            sea_query::JoinType::InnerJoin,
            "entity",
            "cast_in",
            Expr::col(("cast_in", "id")).equals(("link", "entity_in_id")),
        )
        .and_where(Expr::col(("link", "entity_out_id")).equals(("entity", "id")))
        .cond_where(entities::is_episode(("cast_in", "entity_type_id")))
        .order_by(("cast_in", "name"), Order::Asc);
    cast
}
