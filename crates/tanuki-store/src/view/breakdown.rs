//! Projections of castings.

use std::sync::LazyLock;

use crate::projection::Projection;
use crate::schema::{ASSET_INSTANCE, ColumnType, ENTITY, ENTITY_LINK, ENTITY_TYPE};
use sea_query::{Expr, SimpleExpr};

/// Order of the keys of castings. A projection may lack some of them.
const ORDER: [&str; 12] = [
    "asset_id",
    "name",
    "asset_name",
    "asset_type_name",
    "sequence_name",
    "ready_for",
    "episode_id",
    "preview_file_id",
    "nb_occurences",
    "label",
    "is_shared",
    "project_id",
];

/// A link in the casting of one entity.
pub static CASTING: LazyLock<Projection> = LazyLock::new(|| {
    named(cast())
        .computed("ready_for", ColumnType::Uuid, |_| of_asset("ready_for"))
        .computed("episode_id", ColumnType::Uuid, |_| of_asset("source_id"))
        .computed("is_shared", ColumnType::Boolean, |_| of_asset("is_shared"))
        .computed("project_id", ColumnType::Uuid, |_| of_asset("project_id"))
        .in_order(&ORDER)
});

/// A link in the castings of several episodes.
pub static OF_EPISODES: LazyLock<Projection> = LazyLock::new(|| {
    staged(cast())
        .computed("is_shared", ColumnType::Boolean, |_| of_asset("is_shared"))
        .computed("project_id", ColumnType::Uuid, |_| of_asset("project_id"))
        .in_order(&ORDER)
});

/// A link in the castings of several shots.
pub static OF_SHOTS: LazyLock<Projection> = LazyLock::new(|| {
    staged(cast())
        .left_join("sequence", ("stage", "parent_id"), &ENTITY)
        .computed("sequence_name", ColumnType::Text, |_| {
            Expr::col(("sequence", "name"))
        })
        .computed("is_shared", ColumnType::Boolean, |_| of_asset("is_shared"))
        .computed("project_id", ColumnType::Uuid, |_| of_asset("project_id"))
        .in_order(&ORDER)
});

/// A link in the castings of several assets.
pub static OF_ASSETS: LazyLock<Projection> = LazyLock::new(|| staged(cast()).in_order(&ORDER));

/// A shot that an asset is cast in, with its sequence and episode.
pub static SHOT_OF_CAST: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(&ENTITY_LINK, &["nb_occurences"])
        .inner_join("stage", ("entity_link", "entity_in_id"), &ENTITY)
        .left_join("sequence", ("stage", "parent_id"), &ENTITY)
        .left_join("episode", ("sequence", "parent_id"), &ENTITY)
        .alias("shot_id", "entity_in_id")
        .computed("shot_name", ColumnType::Text, |_| {
            Expr::col(("stage", "name"))
        })
        .computed("sequence_name", ColumnType::Text, |_| {
            Expr::col(("sequence", "name"))
        })
        .computed("episode_id", ColumnType::Uuid, |_| {
            Expr::col(("episode", "id"))
        })
        .default_json("episode_id", r#""None""#)
        .computed("episode_name", ColumnType::Text, |_| {
            Expr::col(("episode", "name"))
        })
        .computed("preview_file_id", ColumnType::Uuid, |_| {
            Expr::col(("stage", "preview_file_id"))
        })
        .at_end(&["nb_occurences"])
});

/// An asset that another asset is cast in.
pub static ASSET_OF_CAST: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(&ENTITY_LINK, &["nb_occurences"])
        .inner_join("stage", ("entity_link", "entity_in_id"), &ENTITY)
        .inner_join("stage_type", ("stage", "entity_type_id"), &ENTITY_TYPE)
        .alias("asset_id", "entity_in_id")
        .computed("asset_name", ColumnType::Text, |_| {
            Expr::col(("stage", "name"))
        })
        .computed("asset_type_name", ColumnType::Text, |_| {
            Expr::col(("stage_type", "name"))
        })
        .computed("preview_file_id", ColumnType::Uuid, |_| {
            Expr::col(("stage", "preview_file_id"))
        })
        .at_end(&["nb_occurences"])
});

/// A row of `entity_link`.
pub static LINK: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_LINK, &[]));

/// A row of `asset_instance`.
pub static INSTANCE: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ASSET_INSTANCE, &[]));

/// An asset.
pub static ASSET: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY, &[]).type_name("Asset"));

fn cast() -> Projection {
    Projection::only(&ENTITY_LINK, &["nb_occurences", "label"])
        .inner_join("asset", ("entity_link", "entity_out_id"), &ENTITY)
        .inner_join("asset_type", ("asset", "entity_type_id"), &ENTITY_TYPE)
        .alias("asset_id", "entity_out_id")
}

fn named(projection: Projection) -> Projection {
    projection
        .computed("asset_name", ColumnType::Text, |_| of_asset("name"))
        .computed("asset_type_name", ColumnType::Text, |_| {
            Expr::col(("asset_type", "name"))
        })
        .computed("preview_file_id", ColumnType::Uuid, |_| {
            of_asset("preview_file_id")
        })
}

/// Adds the join of `stage`, the entity that the asset is cast in.
fn staged(projection: Projection) -> Projection {
    named(projection)
        .computed("name", ColumnType::Text, |_| of_asset("name"))
        .inner_join("stage", ("entity_link", "entity_in_id"), &ENTITY)
}

fn of_asset(column: &'static str) -> SimpleExpr {
    Expr::col(("asset", column))
}

/// Projection of a link in a page.
pub static STAGED_LINK: LazyLock<Projection> = LazyLock::new(|| with_stage(LINK.clone()));

/// Projection of a link in cursor pagination: times in full precision, so that
/// the client can send the last one back as the cursor.
pub static EXACT_LINK: LazyLock<Projection> = LazyLock::new(|| {
    with_stage(LINK.clone())
        .computed("created_at", ColumnType::Text, |dialect| {
            dialect.exact_time(Expr::col(("entity_link", "created_at")))
        })
        .computed("updated_at", ColumnType::Text, |dialect| {
            dialect.exact_time(Expr::col(("entity_link", "updated_at")))
        })
});

/// Projection of a link in the unpaginated list.
pub static LISTED_LINK: LazyLock<Projection> = LazyLock::new(|| {
    let keys = [
        "id",
        "entity_in_id",
        "entity_out_id",
        "nb_occurences",
        "label",
        "data",
        "created_at",
        "type",
    ];
    with_stage(Projection::only(&ENTITY_LINK, &keys)).computed(
        "created_at",
        ColumnType::Text,
        |dialect| dialect.exact_time(Expr::col(("entity_link", "created_at"))),
    )
});

fn with_stage(projection: Projection) -> Projection {
    projection.inner_join("stage", ("entity_link", "entity_in_id"), &ENTITY)
}
