//! Projections of what a search finds.

use std::sync::LazyLock;

use sea_query::{CaseStatement, Expr, ExprTrait, Func, SimpleExpr};

use crate::Kind;
use crate::projection::Projection;
use crate::schema::{ColumnType, ENTITY, ENTITY_TYPE, PREVIEW_FILE, PROJECT};

static FOUND: LazyLock<Vec<Projection>> =
    LazyLock::new(|| Kind::ALL.into_iter().map(found).collect());

/// The projection of an entity of the kind that a search found: the columns of
/// its row, the names of its project and of what it is part of, and
/// `preview_file_extension`. `episode` and `episode_id` are there only for
/// entities in an episode of a TV show.
pub fn projection(kind: Kind) -> &'static Projection {
    &FOUND[kind as usize]
}

fn found(kind: Kind) -> Projection {
    let row = kind.projections().row.clone();
    let found = row
        .inner_join("project", ("entity", "project_id"), &PROJECT)
        .left_join("preview", ("entity", "preview_file_id"), &PREVIEW_FILE)
        .computed("project_name", ColumnType::Text, |_| name_of("project"));
    let found = match kind {
        Kind::Asset => found
            .inner_join("asset_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
            .computed("asset_type_name", ColumnType::Text, |_| {
                name_of("asset_type")
            }),
        Kind::Shot | Kind::Scene => in_episode(
            found
                .left_join("sequence", ("entity", "parent_id"), &ENTITY)
                .left_join("episode", ("sequence", "parent_id"), &ENTITY)
                .computed("sequence_name", ColumnType::Text, |_| {
                    Func::coalesce([name_of("sequence"), Expr::val("")]).into()
                }),
        ),
        Kind::Sequence | Kind::Edit => {
            in_episode(found.left_join("episode", ("entity", "parent_id"), &ENTITY))
        }
        Kind::Episode | Kind::Concept | Kind::ConceptFolder => found,
    };
    found
        .computed("preview_file_extension", ColumnType::Text, |_| {
            Expr::col(("preview", "extension"))
        })
        .at_end(&["episode", "episode_id"])
}

fn in_episode(projection: Projection) -> Projection {
    projection
        .computed("episode", ColumnType::Text, |_| of_tv_show("name"))
        .computed("episode_id", ColumnType::Uuid, |_| of_tv_show("id"))
        .optional("episode")
        .optional("episode_id")
}

/// A column of the joined `episode`; null outside of TV shows.
fn of_tv_show(column: &'static str) -> SimpleExpr {
    let is_tv_show = Expr::col(("project", "production_type")).eq("tvshow");
    CaseStatement::new()
        .case(is_tv_show, Expr::col(("episode", column)))
        .into()
}

fn name_of(table: &'static str) -> SimpleExpr {
    Expr::col((table, "name"))
}
