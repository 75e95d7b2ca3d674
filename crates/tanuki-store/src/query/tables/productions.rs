//! What the tables of a production's entities name, and its casting.

use sea_query::{CaseStatement, Cond, Condition, Expr, ExprTrait, Order, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::table_rows::{Cell, Columns, TableQuery};
use crate::{Connection, Result};

/// Returns the name of a project.
pub async fn project_name(connection: impl Connection, id: Uuid) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .column("name")
        .from("project")
        .and_where(Expr::col("id").eq(id));
    connection.scalar(&select).await
}

/// A task type by what orders the columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskTypeColumn {
    pub priority: i64,
    pub name: String,
    pub id: Uuid,
}

/// Returns all task types.
pub async fn task_type_columns(connection: impl Connection) -> Result<Vec<TaskTypeColumn>> {
    let mut select = Query::select();
    select.columns(["id", "name", "priority"]).from("task_type");
    connection
        .fetch(&select, |row| {
            Ok(TaskTypeColumn {
                priority: row.get::<Option<i64>>("priority")?.unwrap_or_default(),
                name: row.get("name")?,
                id: row.get("id")?,
            })
        })
        .await
}

/// Returns the short names of all task statuses.
pub async fn status_names(connection: impl Connection) -> Result<Vec<(Uuid, String)>> {
    let mut select = Query::select();
    select.columns(["id", "short_name"]).from("task_status");
    connection
        .fetch(&select, |row| Ok((row.get("id")?, row.get("short_name")?)))
        .await
}

/// Returns the full names of all people and bots.
pub async fn people_names(connection: impl Connection) -> Result<Vec<(Uuid, String)>> {
    let mut select = Query::select();
    select
        .column("id")
        .expr_as(super::name_of("person"), "name")
        .from("person")
        .and_where(Expr::col("is_guest").eq(false));
    connection
        .fetch(&select, |row| Ok((row.get("id")?, row.get("name")?)))
        .await
}

/// The castings of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastingPart {
    /// Of the assets that belong to no episode.
    MainPack,
    /// Of episodes.
    Episodes,
    /// Of shots, in a TV show those of all episodes or of one.
    Shots(Option<Uuid>),
    /// Of everything else: of assets, in a TV show those of all episodes or of
    /// one, and of the main pack.
    Others(Option<Uuid>),
}

/// The columns of a casting, of which the first is that of TV shows.
const COLUMNS: Columns = &[
    ("Episode", Cell::Text),
    ("Parent", Cell::Text),
    ("Name", Cell::Text),
    ("Asset Type", Cell::Text),
    ("Asset", Cell::Text),
    ("Occurences", Cell::Integer),
    ("Label", Cell::Text),
];

/// A part of the castings of a project. The column `Episode` is that of TV shows,
/// with `MP` for the main pack; castings of episodes do not have it.
pub fn casting(project_id: Uuid, part: CastingPart, is_tv_show: bool) -> TableQuery {
    let is_of_shots = matches!(part, CastingPart::Shots(_));
    // The episode of a shot is the parent of its sequence.
    let episode = if is_of_shots {
        fk::ENTITY_PARENT.table_as("above").target_as("episode")
    } else {
        fk::ENTITY_SOURCE.table_as("target").target_as("episode")
    };
    let above = fk::ENTITY_PARENT.table_as("target").target_as("above");
    let mut select = Query::select();
    select
        .from("entity_link")
        .inner_join_to(fk::ENTITY_LINK_ENTITY_IN.target_as("target"))
        .inner_join_to(
            fk::ENTITY_ENTITY_TYPE
                .table_as("target")
                .target_as("target_type"),
        )
        .inner_join_to(fk::ENTITY_LINK_ENTITY_OUT.target_as("asset"))
        .inner_join_to(
            fk::ENTITY_ENTITY_TYPE
                .table_as("asset")
                .target_as("asset_type"),
        )
        .left_join_to(above)
        .left_join_to(episode)
        .and_where(Expr::col(("target", "project_id")).eq(project_id))
        .cond_where(is_in(part, is_tv_show));
    let parent = if is_of_shots {
        ("above", "name")
    } else {
        ("target_type", "name")
    };
    let shows_episode = is_tv_show && part != CastingPart::Episodes;
    if shows_episode {
        let is_main_pack = Expr::col(("episode", "id")).is_null();
        let name = CaseStatement::new()
            .case(is_main_pack.clone(), "MP")
            .finally(Expr::col(("episode", "name")));
        select
            .expr_as(Expr::expr(name), "episode_name")
            .order_by_expr(is_main_pack, Order::Asc)
            .order_by(("episode", "name"), Order::Asc);
    }
    select
        .expr_as(Expr::col(parent), "parent_name")
        .expr_as(Expr::col(("target", "name")), "target_name")
        .expr_as(Expr::col(("asset_type", "name")), "asset_type_name")
        .expr_as(Expr::col(("asset", "name")), "asset_name")
        .column(("entity_link", "nb_occurences"))
        .column(("entity_link", "label"));
    for column in [
        parent,
        ("target", "name"),
        ("asset_type", "name"),
        ("asset", "name"),
        ("entity_link", "id"),
    ] {
        select.order_by(column, Order::Asc);
    }
    TableQuery {
        columns: match COLUMNS {
            [_, others @ ..] if !shows_episode => others,
            all => all,
        },
        select,
    }
}

/// Condition on what the assets are cast in.
fn is_in(part: CastingPart, is_tv_show: bool) -> Condition {
    let type_is = |name: &'static str| Expr::col(("target_type", "name")).eq(name);
    let has_no_source = || Expr::col(("target", "source_id")).is_null();
    let main_pack = || {
        Cond::all()
            .add(has_no_source())
            .add(type_is("Shot").not())
            .add(type_is("Episode").not())
    };
    let of_episode = |id: Option<Uuid>| match id {
        Some(id) => Expr::col(("episode", "id")).eq(id),
        None => Expr::col(("episode", "id")).is_not_null(),
    };
    match part {
        CastingPart::MainPack => main_pack(),
        CastingPart::Episodes => Cond::all().add(has_no_source()).add(type_is("Episode")),
        CastingPart::Shots(episode) => {
            // What is in a sequence, as scenes are, is no shot.
            let shots = Cond::all()
                .add(Expr::col(("above", "id")).is_not_null())
                .add(type_is("Shot"));
            if is_tv_show {
                shots.add(of_episode(episode))
            } else {
                shots
            }
        }
        CastingPart::Others(episode) if is_tv_show => {
            let of_episode = Cond::all()
                .add(of_episode(episode))
                .add(type_is("Shot").not());
            Cond::any().add(of_episode).add(main_pack())
        }
        CastingPart::Others(_) => Cond::all().add(type_is("Shot").not()),
    }
}
