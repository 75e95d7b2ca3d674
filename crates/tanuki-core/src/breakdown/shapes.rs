//! The JSON of castings.

use std::sync::LazyLock;

use sea_query::{Expr, SimpleExpr};
use tanuki_store::schema::{ASSET_INSTANCE, ENTITY, ENTITY_LINK, ENTITY_TYPE, Kind};
use tanuki_store::shape::Shape;

/// The keys of castings in their order, as far as they have them.
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

/// The casting of one entity.
pub(super) static CASTING: LazyLock<Shape> = LazyLock::new(|| {
    named(cast())
        .computing("ready_for", Kind::Uuid, |_| of_asset("ready_for"))
        .computing("episode_id", Kind::Uuid, |_| of_asset("source_id"))
        .computing("is_shared", Kind::Boolean, |_| of_asset("is_shared"))
        .computing("project_id", Kind::Uuid, |_| of_asset("project_id"))
        .in_order(&ORDER)
});

/// Castings of several episodes.
pub(super) static OF_EPISODES: LazyLock<Shape> = LazyLock::new(|| {
    staged(cast())
        .computing("is_shared", Kind::Boolean, |_| of_asset("is_shared"))
        .computing("project_id", Kind::Uuid, |_| of_asset("project_id"))
        .in_order(&ORDER)
});

/// Castings of several shots.
pub(super) static OF_SHOTS: LazyLock<Shape> = LazyLock::new(|| {
    staged(cast())
        .beside("sequence", ("stage", "parent_id"), &ENTITY)
        .computing("sequence_name", Kind::Text, |_| {
            Expr::col(("sequence", "name"))
        })
        .computing("is_shared", Kind::Boolean, |_| of_asset("is_shared"))
        .computing("project_id", Kind::Uuid, |_| of_asset("project_id"))
        .in_order(&ORDER)
});

/// Castings of several assets.
pub(super) static OF_ASSETS: LazyLock<Shape> = LazyLock::new(|| staged(cast()).in_order(&ORDER));

/// A shot that an asset is cast in.
pub(super) static SHOT_OF_CAST: LazyLock<Shape> = LazyLock::new(|| {
    Shape::only(&ENTITY_LINK, &["nb_occurences"])
        .within("stage", ("entity_link", "entity_in_id"), &ENTITY)
        .beside("sequence", ("stage", "parent_id"), &ENTITY)
        .beside("episode", ("sequence", "parent_id"), &ENTITY)
        .also("shot_id", "entity_in_id")
        .computing("shot_name", Kind::Text, |_| Expr::col(("stage", "name")))
        .computing("sequence_name", Kind::Text, |_| {
            Expr::col(("sequence", "name"))
        })
        .computing("episode_id", Kind::Uuid, |_| Expr::col(("episode", "id")))
        .or("episode_id", r#""None""#)
        .computing("episode_name", Kind::Text, |_| {
            Expr::col(("episode", "name"))
        })
        .computing("preview_file_id", Kind::Uuid, |_| {
            Expr::col(("stage", "preview_file_id"))
        })
        .at_end(&["nb_occurences"])
});

/// An asset that another is cast in.
pub(super) static ASSET_OF_CAST: LazyLock<Shape> = LazyLock::new(|| {
    Shape::only(&ENTITY_LINK, &["nb_occurences"])
        .within("stage", ("entity_link", "entity_in_id"), &ENTITY)
        .within("stage_type", ("stage", "entity_type_id"), &ENTITY_TYPE)
        .also("asset_id", "entity_in_id")
        .computing("asset_name", Kind::Text, |_| Expr::col(("stage", "name")))
        .computing("asset_type_name", Kind::Text, |_| {
            Expr::col(("stage_type", "name"))
        })
        .computing("preview_file_id", Kind::Uuid, |_| {
            Expr::col(("stage", "preview_file_id"))
        })
        .at_end(&["nb_occurences"])
});

/// A link itself.
pub(super) static LINK: LazyLock<Shape> = LazyLock::new(|| Shape::of(&ENTITY_LINK, &[]));

/// An asset as it stands in a scene, in another asset or in shots.
pub(super) static INSTANCE: LazyLock<Shape> = LazyLock::new(|| Shape::of(&ASSET_INSTANCE, &[]));

pub(super) static ASSET: LazyLock<Shape> =
    LazyLock::new(|| Shape::of(&ENTITY, &[]).called("Asset"));

fn cast() -> Shape {
    Shape::only(&ENTITY_LINK, &["nb_occurences", "label"])
        .within("asset", ("entity_link", "entity_out_id"), &ENTITY)
        .within("asset_type", ("asset", "entity_type_id"), &ENTITY_TYPE)
        .also("asset_id", "entity_out_id")
}

fn named(shape: Shape) -> Shape {
    shape
        .computing("asset_name", Kind::Text, |_| of_asset("name"))
        .computing("asset_type_name", Kind::Text, |_| {
            Expr::col(("asset_type", "name"))
        })
        .computing("preview_file_id", Kind::Uuid, |_| {
            of_asset("preview_file_id")
        })
}

/// With what it is cast in joined.
fn staged(shape: Shape) -> Shape {
    named(shape)
        .computing("name", Kind::Text, |_| of_asset("name"))
        .within("stage", ("entity_link", "entity_in_id"), &ENTITY)
}

fn of_asset(column: &'static str) -> SimpleExpr {
    Expr::col(("asset", column))
}
