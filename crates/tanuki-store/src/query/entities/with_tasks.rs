//! The query of the boards (`…/with-tasks`): entities with their tasks and
//! assignees in one statement.

use sea_query::{
    CommonTableExpression, Cond, Condition, Expr, ExprTrait, JoinType, NullOrdering, Order, Query,
    SelectStatement, SimpleExpr, WithClause,
};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::board::{Board, BoardFormat, BoardWriter};
use crate::database::JsonChunks;
use crate::dialect::{self, Dialect};
use crate::fk::{self, JoinByKey};
use crate::query::entities::news::join_named_entity;
use crate::query::visibility::boards::Viewer;
use crate::query::{entities, entities::kinds, masking};
use crate::schema::ENTITY;
use crate::{Database, Filter};

/// The episode that a board is filtered by.
#[derive(Debug, Clone, Copy)]
pub enum Episode {
    /// Entities without an episode.
    None,
    One(Uuid),
}

/// Which rows a board has, and their order.
#[derive(Debug)]
pub struct BoardFilter {
    pub viewer: Viewer,
    /// The project. `None` for a board of several, which has neither
    /// subscriptions nor castings in episodes.
    pub project_id: Option<Uuid>,
    /// The episode. It filters the castings in episodes.
    pub episode: Option<Episode>,
    /// Condition on `entity`, with `parent` and `entity_type` joined.
    pub entities: Filter,
    /// Condition on `task`.
    pub tasks: Filter,
    /// Columns that entities are ordered by, before their creation time.
    pub order: &'static [(&'static str, &'static str)],
}

/// Condition on a column with episode ids: it matches the filter.
fn is_episode(column: (&'static str, &'static str), episode: Episode) -> Filter {
    Filter::from(match episode {
        Episode::None => Expr::col(column).is_null(),
        Episode::One(id) => Expr::col(column).eq(id),
    })
}

/// Condition on `entity`, for assets: they belong to the episode or are cast
/// in it.
pub fn is_asset_of(episode: Episode) -> Filter {
    match episode {
        Episode::One(id) => kinds::in_or_cast_in(id),
        Episode::None => is_episode(("entity", "source_id"), episode),
    }
}

/// Condition on `entity`, for shots: their sequence belongs to the episode.
pub fn is_shot_of(episode: Episode) -> Filter {
    is_episode(("parent", "parent_id"), episode)
}

/// Condition on `entity`: a child of the episode.
pub fn is_child_of(episode: Episode) -> Filter {
    is_episode(("entity", "parent_id"), episode)
}

impl Database {
    /// Streams a board in a format. `name` is the prefix of the header's key
    /// for entities, as in `shot_fields`.
    pub fn stream_board(
        &self,
        board: &'static Board,
        filter: &BoardFilter,
        (format, name): (BoardFormat, &str),
    ) -> JsonChunks {
        let query = filter.query(board, self.dialect());
        self.stream(query, BoardWriter::new(board, format, name))
    }
}

/// Condition on `entity`: it is linked to the concept.
pub fn is_linked_to(entity_id: Uuid) -> Filter {
    let mut linked = Query::select();
    linked
        .column("entity_in_id")
        .from("entity_concept_link")
        .and_where(Expr::col("entity_out_id").eq(entity_id));
    Expr::col(("entity", "id")).in_subquery(linked).into()
}

/// Name of the common table expression with the tasks that the viewer is
/// subscribed to.
const SUBSCRIBED: &str = "subscribed";

impl BoardFilter {
    /// Builds the query: one row for each entity, with its tasks.
    fn query(&self, board: &Board, dialect: Dialect) -> dialect::Query {
        let mut rows = Query::select();
        let narrow = |tasks: &mut SelectStatement| {
            tasks
                .and_where(Expr::col(("task", "entity_id")).equals(("entity", "id")))
                .cond_where(self.tasks.clone());
        };
        let sees_less = truth(self.viewer.has_role(Role::Client));
        board.add_to(&mut rows, dialect, narrow, (sees_less, self.is_masked()));
        let subscribed = CommonTableExpression::new()
            .query(self.subscriptions())
            .table_name(SUBSCRIBED)
            .to_owned();
        rows.with_cte(WithClause::new().cte(subscribed).to_owned());
        // Tasks are aggregated after the entities are sorted, because sorting
        // rows that include all their tasks is slower. PostgreSQL does so by
        // itself if a query has a limit. On SQLite, the sorted ids are a
        // subquery to which the tables are cross-joined, which preserves its
        // order.
        if dialect.gathers_in_order() {
            self.add_entities(&mut rows, None, dialect);
            self.narrow(&mut rows);
        } else {
            let mut ordered = Query::select();
            ordered.column(("entity", "id"));
            self.add_entities(&mut ordered, None, dialect);
            self.narrow(&mut ordered);
            self.add_entities(&mut rows, Some(ordered), dialect);
        }
        dialect.build(&rows)
    }

    /// Filters and orders the entities.
    fn narrow(&self, rows: &mut SelectStatement) {
        rows.cond_where(self.entities.clone());
        let columns = self.order.iter().copied();
        for column in columns.chain([("entity", "created_at"), ("entity", "id")]) {
            rows.order_by_with_nulls(column, Order::Asc, NullOrdering::First);
        }
        rows.limit(EVERYTHING);
    }

    /// Adds `entity` and the joins that columns, conditions and order may
    /// refer to. If `ordered` is given, only the entities of that subquery, in
    /// its order.
    fn add_entities(
        &self,
        rows: &mut SelectStatement,
        ordered: Option<SelectStatement>,
        dialect: Dialect,
    ) {
        let is_masked = self.is_masked();
        match ordered {
            Some(ids) => {
                // A cross join has no condition of its own.
                rows.from_subquery(ids, "ordered")
                    .and_where(Expr::col(("entity", "id")).equals(("ordered", "id")));
                if is_masked {
                    let masked = self.masked(dialect);
                    rows.join_subquery(JoinType::CrossJoin, masked, "entity", Cond::all());
                } else {
                    rows.join(JoinType::CrossJoin, "entity", Cond::all());
                }
            }
            None if is_masked => {
                rows.from_subquery(self.masked(dialect), "entity");
            }
            None => {
                rows.from("entity");
            }
        }
        if is_masked {
            let project_id = ("entity", "project_id");
            masking::add_viewer(rows, self.viewer.person_id, project_id);
        }
        rows.inner_join_to(fk::ENTITY_PROJECT);
        join_named_entity(rows);
        rows.left_join_to(fk::ENTITY_PREVIEW_FILE);
        rows.join_subquery(
            JoinType::LeftJoin,
            self.episodes_of_assets(dialect),
            "cast_in",
            Expr::col(("cast_in", "asset_id")).equals(("entity", "id")),
        );
    }

    /// Whether metadata has to be masked: the viewer may be a vendor or client
    /// in a project of the board.
    fn is_masked(&self) -> bool {
        self.viewer.may_have(Role::Vendor) || self.viewer.may_have(Role::Client)
    }

    /// Subquery in place of the table `entity`: its `data` is masked for the
    /// viewer.
    fn masked(&self, dialect: Dialect) -> SelectStatement {
        let mut entities = Query::select();
        entities.from("entity");
        masking::add_viewer(
            &mut entities,
            self.viewer.person_id,
            ("entity", "project_id"),
        );
        for column in ENTITY.columns {
            let value = Expr::col(("entity", column.name));
            let value = match column.name {
                "data" => masking::visible_data(dialect),
                _ => value,
            };
            entities.expr_as(value, column.name);
        }
        entities
    }

    /// Subquery: the tasks that the viewer is subscribed to; empty for a board
    /// of several projects.
    fn subscriptions(&self) -> SelectStatement {
        let mut tasks = Query::select();
        tasks
            .column("task_id")
            .from("subscription")
            .and_where(Expr::col("person_id").eq(self.viewer.person_id))
            .and_where(Expr::col("task_id").is_not_null());
        if self.project_id.is_none() {
            tasks.cond_where(Filter::none());
        }
        tasks
    }

    /// Subquery: for each asset, the episodes that it is cast in, by name;
    /// empty for a board of several projects.
    fn episodes_of_assets(&self, dialect: Dialect) -> SelectStatement {
        let mut casts = Query::select();
        let id = Expr::col(("episode", "id"));
        let name = Expr::col(("episode", "name"));
        casts
            .expr_as(Expr::col(("entity_link", "entity_out_id")), "asset_id")
            .expr_as(dialect.json_group(id, name), "episodes")
            .from("entity_link")
            .inner_join_to(fk::ENTITY_LINK_ENTITY_IN.target_as("episode"))
            .cond_where(entities::is_episode(("episode", "entity_type_id")))
            .group_by_col(("entity_link", "entity_out_id"));
        match self.project_id {
            Some(id) => casts.and_where(Expr::col(("episode", "project_id")).eq(id)),
            None => casts.cond_where(Filter::none()),
        };
        if let Some(Episode::One(id)) = self.episode {
            casts.and_where(Expr::col(("episode", "id")).eq(id));
        }
        casts
    }
}

/// Expression: the viewer is subscribed to the `task` of a board.
pub fn is_subscribed() -> SimpleExpr {
    let mut subscribed = Query::select();
    subscribed.column("task_id").from(SUBSCRIBED);
    Expr::col(("task", "id")).in_subquery(subscribed)
}

/// A limit without effect: PostgreSQL evaluates the select list after sorting
/// only if the query has one.
const EVERYTHING: u64 = i64::MAX.unsigned_abs();

/// Expression with the value of a condition, never NULL.
fn truth(condition: Condition) -> SimpleExpr {
    sea_query::CaseStatement::new()
        .case(condition, Expr::cust("TRUE"))
        .finally(Expr::cust("FALSE"))
        .into()
}
