//! The JSON of entities, by kind and by who looks.

use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use tanuki_store::dialect::Dialect;
use tanuki_store::query::entities;
use tanuki_store::query::kinds::Meeting;
use tanuki_store::query::masking;
use tanuki_store::schema::{ENTITY, ENTITY_TYPE, Kind as Holds, PREVIEW_FILE, PROJECT};
use tanuki_store::shape::Shape;

use super::Kind;
use crate::tasks::shapes as tasks;

/// The forms in which entities of one kind are answered.
#[derive(Debug)]
pub(crate) struct Shapes {
    /// In lists of a place: a production, an episode.
    pub row: Shape,
    /// The same with the ids of linked rows.
    pub linked: Shape,
    /// In lists of everything, with the names of what it is in.
    pub named: Shape,
    /// The same as [`row`](Self::row), [`linked`](Self::linked) and
    /// [`named`](Self::named) without the metadata that a vendor is not shown;
    /// for queries with a [`viewer`](masking::add_viewer).
    pub vendor: [Shape; 3],
    /// The same without the metadata that a client is not shown.
    pub for_client: [Shape; 3],
    /// By itself, with its tasks.
    pub full: Meeting,
    /// By itself, for clients: nothing of how the studio works on it.
    pub client: Meeting,
}

static SHAPES: LazyLock<Vec<Shapes>> = LazyLock::new(|| {
    let all = Kind::ALL.into_iter();
    all.map(|kind| Shapes {
        row: row(kind),
        linked: linked(kind),
        named: named(kind),
        vendor: [row(kind), linked(kind), named(kind)].map(|shape| for_vendor(kind, shape)),
        for_client: [row(kind), linked(kind), named(kind)].map(masked),
        full: Meeting::new(kind.is(), full(kind, |tasks| tasks)),
        client: Meeting::new(kind.is(), full(kind, tasks::blank)),
    })
    .collect()
});

impl Kind {
    pub(crate) fn shapes(self) -> &'static Shapes {
        &SHAPES[self as usize]
    }
}

const LINKS: [&str; 3] = ["entities_out", "instance_casting", "entities_in"];

/// The keys of a shot by itself, as far as their order is not the table's.
pub(super) const SHOT_ORDER: [&str; 23] = [
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

/// Those of an edit.
pub(super) const EDIT_ORDER: [&str; 16] = [
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

/// Those of a concept.
pub(super) const CONCEPT_ORDER: [&str; 24] = [
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

fn row(kind: Kind) -> Shape {
    let shape = match kind {
        Kind::Concept => Shape::linked(&ENTITY, &LINKS).at_end(&["entity_concept_links"]),
        _ => Shape::of(&ENTITY, &[]),
    };
    shape.called(kind.type_name())
}

fn linked(kind: Kind) -> Shape {
    Shape::linked(&ENTITY, &[]).called(kind.type_name())
}

fn named(kind: Kind) -> Shape {
    match kind {
        Kind::Shot | Kind::Scene => {
            in_project(in_sequence(row(kind)))
                .computing("sequence_name", Holds::Text, |_| name_of("sequence"))
        }
        Kind::Edit | Kind::Concept => in_project(row(kind)),
        _ => row(kind),
    }
}

fn masked(shape: Shape) -> Shape {
    shape.computing("data", Holds::Json, masking::visible_data)
}

fn for_vendor(kind: Kind, shape: Shape) -> Shape {
    let shape = masked(shape);
    match kind {
        // What holds the work of a vendor is not told apart.
        Kind::Sequence | Kind::Episode => shape.called("Entity"),
        _ => shape,
    }
}

fn full(kind: Kind, seen: fn(Shape) -> Shape) -> Shape {
    match kind {
        Kind::Asset => full_asset(seen),
        Kind::Shot => with_frames(with_tasks(
            in_episode(in_sequence(in_project(linked(kind)))),
            seen(tasks::of_shot()),
        ))
        .computing("sequence_id", Holds::Uuid, |_| id_of("sequence"))
        .computing("sequence_name", Holds::Text, |_| name_of("sequence"))
        .computing("episode_name", Holds::Text, |_| name_or_nothing("episode"))
        .in_order(&SHOT_ORDER),
        Kind::Scene => in_episode(in_sequence(in_project(row(kind))))
            .computing("sequence_id", Holds::Uuid, |_| id_of("sequence"))
            .computing("sequence_name", Holds::Text, |_| name_of("sequence"))
            .optional("episode_id")
            .optional("episode_name")
            .at_end(&["episode_id", "episode_name"]),
        Kind::Sequence => in_project(row(kind))
            .beside("episode", ("entity", "parent_id"), &ENTITY)
            .computing("episode_id", Holds::Uuid, |_| id_of("episode"))
            .computing("episode_name", Holds::Text, |_| name_of("episode"))
            .optional("episode_id")
            .optional("episode_name"),
        Kind::Edit => full_edit(seen),
        Kind::Concept => with_frames(with_tasks(
            in_project(linked(kind)).beside(
                "preview",
                ("entity", "preview_file_id"),
                &PREVIEW_FILE,
            ),
            seen(tasks::of_concept()),
        ))
        .computing("preview_file_status", Holds::Text, |_| {
            Expr::col(("preview", "status"))
        })
        .in_order(&CONCEPT_ORDER),
        Kind::Episode | Kind::ConceptFolder => in_project(row(kind)),
    }
}

fn full_asset(seen: fn(Shape) -> Shape) -> Shape {
    let asset = linked(Kind::Asset)
        .without(&["source_id", "nb_frames"])
        .within("asset_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .computing("data", Holds::Json, metadata)
        .computing("preview_file_id", Holds::Text, |_| {
            text_or("preview_file_id", "")
        })
        .computing("ready_for", Holds::Text, |_| text_or("ready_for", "None"))
        .computing("episode_id", Holds::Text, |_| text_or("source_id", ""))
        .also("asset_type_id", "entity_type_id")
        .computing("asset_type_name", Holds::Text, |_| name_of("asset_type"))
        .computing("casting_episode_ids", Holds::Json, |dialect| {
            dialect.json_list(episodes_of_cast(), "entity_in_id")
        });
    with_tasks(in_project(asset), seen(tasks::of_asset())).at_end(&[
        "project_name",
        "asset_type_id",
        "asset_type_name",
        "episode_id",
        "casting_episode_ids",
        "tasks",
    ])
}

fn full_edit(seen: fn(Shape) -> Shape) -> Shape {
    let edit = Shape::only(
        &ENTITY,
        &[
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
            "type",
        ],
    )
    .called(Kind::Edit.type_name())
    .computing("data", Holds::Json, metadata)
    .beside("episode", ("entity", "parent_id"), &ENTITY)
    .computing("episode_id", Holds::Uuid, |_| id_of("episode"))
    .computing("episode_name", Holds::Text, |_| name_or_nothing("episode"));
    with_tasks(in_project(edit), seen(tasks::of_edit())).in_order(&EDIT_ORDER)
}

fn in_project(shape: Shape) -> Shape {
    shape
        .within("project", ("entity", "project_id"), &PROJECT)
        .computing("project_name", Holds::Text, |_| name_of("project"))
}

fn in_sequence(shape: Shape) -> Shape {
    // A shot may be made before its sequence is.
    shape.beside("sequence", ("entity", "parent_id"), &ENTITY)
}

fn in_episode(shape: Shape) -> Shape {
    shape
        .beside("episode", ("sequence", "parent_id"), &ENTITY)
        .computing("episode_id", Holds::Uuid, |_| id_of("episode"))
        .computing("episode_name", Holds::Text, |_| name_of("episode"))
}

/// What metadata says of an entity's place in time.
pub(super) fn with_frames(shape: Shape) -> Shape {
    shape
        .computing("fps", Holds::Json, |dialect| in_data(dialect, "fps"))
        .computing("frame_in", Holds::Json, |dialect| {
            in_data(dialect, "frame_in")
        })
        .computing("frame_out", Holds::Json, |dialect| {
            in_data(dialect, "frame_out")
        })
}

fn with_tasks(shape: Shape, tasks: Shape) -> Shape {
    shape.listing("tasks", tasks, of_entity)
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

/// The episodes that an asset is cast in as a whole.
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
