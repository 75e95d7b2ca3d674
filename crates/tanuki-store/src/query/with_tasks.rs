//! Entities with their tasks and those who are assigned, in one query.

use sea_query::{
    CommonTableExpression, Cond, Condition, Expr, ExprTrait, JoinType, NullOrdering, Order, Query,
    SelectStatement, SimpleExpr, WithClause,
};
use tanuki_domain::Role;
use uuid::Uuid;

use super::{access, entities, entity_kinds, masking};
use crate::board::Board;
use crate::dialect::{self, Dialect};
use crate::schema::ENTITY;

/// Who looks at a board.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    pub person_id: Uuid,
    /// The role that they have in the studio.
    pub role: Role,
    /// The role that they have in the production that the board is of; a
    /// board of several productions has theirs in each.
    pub in_project: Option<Role>,
}

/// The episode that a board is narrowed to.
#[derive(Debug, Clone, Copy)]
pub enum Episode {
    /// What belongs to none.
    None,
    One(Uuid),
}

/// What a board shows.
#[derive(Debug)]
pub struct BoardFilter {
    pub viewer: Viewer,
    /// The production, of which the viewer's subscriptions are shown too.
    pub project_id: Option<Uuid>,
    /// The episode, which castings in episodes are narrowed to.
    pub episode: Option<Episode>,
    /// Condition on `entity`, `parent` and `entity_type`.
    pub entities: Condition,
    /// Condition on `task`.
    pub tasks: Condition,
    /// By what entities are ordered before their creation.
    pub order: &'static [(&'static str, &'static str)],
}

impl Viewer {
    /// Condition on `entity`: the viewer has that role in its production.
    fn is(&self, role: Role) -> Condition {
        if let Some(in_project) = self.in_project {
            return constant(in_project == role);
        }
        if self.role == Role::Admin {
            return constant(false);
        }
        let mut productions = access::teams(self.person_id);
        productions.cond_where(access::projects_with_role(role, self.role));
        Cond::all().add(Expr::col(("entity", "project_id")).in_subquery(productions))
    }

    /// Condition on `entity`: in a production that the viewer may look into.
    fn enters(&self) -> Condition {
        if self.in_project.is_some() || self.role == Role::Admin {
            return constant(true);
        }
        let teams = access::teams(self.person_id);
        Cond::all().add(Expr::col(("entity", "project_id")).in_subquery(teams))
    }

    fn may_be(&self, role: Role) -> bool {
        match self.in_project {
            Some(in_project) => in_project == role,
            None => self.role != Role::Admin,
        }
    }

    /// A vendor in the production that the board is of.
    pub fn is_vendor(&self) -> bool {
        self.in_project == Some(Role::Vendor)
    }

    /// Condition on `entity`: vendors see those that one of their tasks is of.
    pub fn reaches(&self) -> Condition {
        let reached = Cond::all().add(self.enters());
        if !self.may_be(Role::Vendor) {
            return reached;
        }
        reached.add(
            Cond::any()
                .add(self.is(Role::Vendor).not())
                .add(self.works_on_entity()),
        )
    }

    /// Condition on `entity`: the viewer is assigned to one of its tasks.
    pub fn works_on_entity(&self) -> Condition {
        entity_kinds::worked_on_by(self.person_id)
    }

    /// Condition on `entity`: an episode or sequence whose shots or assets the
    /// viewer is assigned to tasks of.
    pub fn works_below(&self) -> Condition {
        Cond::any()
            .add(entity_kinds::holding_work_of(self.person_id))
            .add(entity_kinds::holding_sequences_with_work_of(self.person_id))
    }

    /// Condition on `task` and `entity`: vendors see those assigned to them.
    pub fn sees_task(&self) -> Condition {
        if !self.may_be(Role::Vendor) {
            return constant(true);
        }
        Cond::any()
            .add(self.is(Role::Vendor).not())
            .add(self.works_on_task())
    }

    /// Condition on `task`: the viewer is assigned to it.
    pub fn works_on_task(&self) -> Condition {
        let assigned = access::assigned_tasks(self.person_id);
        Cond::all().add(Expr::col(("task", "id")).in_subquery(assigned))
    }
}

/// Condition on a column: the asked episode.
pub fn is_episode(column: (&'static str, &'static str), episode: Episode) -> SimpleExpr {
    match episode {
        Episode::None => Expr::col(column).is_null(),
        Episode::One(id) => Expr::col(column).eq(id),
    }
}

/// Condition on `entity`: it is linked to that concept.
pub fn is_linked_to(entity_id: Uuid) -> Condition {
    let mut linked = Query::select();
    linked
        .column("entity_in_id")
        .from("entity_concept_link")
        .and_where(Expr::col("entity_out_id").eq(entity_id));
    Cond::all().add(Expr::col(("entity", "id")).in_subquery(linked))
}

/// The tasks that the viewer has subscribed to.
const SUBSCRIBED: &str = "subscribed";

impl BoardFilter {
    /// The query of a board: each entity with its tasks.
    pub fn query(&self, board: &Board, dialect: Dialect) -> dialect::Query {
        let mut rows = Query::select();
        let narrow = |tasks: &mut SelectStatement| {
            tasks
                .and_where(Expr::col(("task", "entity_id")).equals(("entity", "id")))
                .cond_where(self.tasks.clone());
        };
        let sees_less = truth(self.viewer.is(Role::Client));
        board.add_to(&mut rows, dialect, narrow, (sees_less, self.is_masked()));
        let subscribed = CommonTableExpression::new()
            .query(self.subscriptions())
            .table_name(SUBSCRIBED)
            .to_owned();
        rows.with_cte(WithClause::new().cte(subscribed).to_owned());
        // Tasks are gathered of entities that are in order: ordering these with
        // all their tasks would take longer.
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

    /// To the asked entities, in the order of the board.
    fn narrow(&self, rows: &mut SelectStatement) {
        rows.cond_where(self.entities.clone());
        let columns = self.order.iter().copied();
        for column in columns.chain([("entity", "created_at"), ("entity", "id")]) {
            rows.order_by_with_nulls(column, Order::Asc, NullOrdering::First);
        }
        rows.limit(EVERYTHING);
    }

    /// `entity` with what its columns, conditions and order may name; those of
    /// ids that are in order already, in that order.
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
        rows.inner_join(
            "project",
            Expr::col(("project", "id")).equals(("entity", "project_id")),
        );
        rows.inner_join(
            "entity_type",
            Expr::col(("entity_type", "id")).equals(("entity", "entity_type_id")),
        );
        rows.join_as(
            JoinType::LeftJoin,
            "entity",
            "parent",
            Expr::col(("parent", "id")).equals(("entity", "parent_id")),
        );
        rows.join_as(
            JoinType::LeftJoin,
            "entity",
            "grandparent",
            Expr::col(("grandparent", "id")).equals(("parent", "parent_id")),
        );
        rows.left_join(
            "preview_file",
            Expr::col(("preview_file", "id")).equals(("entity", "preview_file_id")),
        );
        rows.join_subquery(
            JoinType::LeftJoin,
            self.episodes_of_assets(dialect),
            "cast_in",
            Expr::col(("cast_in", "asset_id")).equals(("entity", "id")),
        );
    }

    /// Whether the viewer may be somebody who is not shown all metadata.
    fn is_masked(&self) -> bool {
        self.viewer.may_be(Role::Vendor) || self.viewer.may_be(Role::Client)
    }

    /// Entities with the metadata that the viewer may see of them.
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

    /// The tasks that the viewer has subscribed to; told of one production.
    fn subscriptions(&self) -> SelectStatement {
        let mut tasks = Query::select();
        tasks
            .column("task_id")
            .from("subscription")
            .and_where(Expr::col("person_id").eq(self.viewer.person_id))
            .and_where(Expr::col("task_id").is_not_null());
        if self.project_id.is_none() {
            tasks.cond_where(constant(false));
        }
        tasks
    }

    /// Of the asked episodes those that each asset is cast in, by name; told of
    /// one production.
    fn episodes_of_assets(&self, dialect: Dialect) -> SelectStatement {
        let mut casts = Query::select();
        let id = Expr::col(("episode", "id"));
        let name = Expr::col(("episode", "name"));
        casts
            .expr_as(Expr::col(("entity_link", "entity_out_id")), "asset_id")
            .expr_as(dialect.json_group(id, name), "episodes")
            .from("entity_link")
            .join_as(
                JoinType::InnerJoin,
                "entity",
                "episode",
                Expr::col(("episode", "id")).equals(("entity_link", "entity_in_id")),
            )
            .cond_where(entities::is_episode(("episode", "entity_type_id")))
            .group_by_col(("entity_link", "entity_out_id"));
        match self.project_id {
            Some(id) => casts.and_where(Expr::col(("episode", "project_id")).eq(id)),
            None => casts.cond_where(constant(false)),
        };
        if let Some(Episode::One(id)) = self.episode {
            casts.and_where(Expr::col(("episode", "id")).eq(id));
        }
        casts
    }
}

/// Whether the viewer has subscribed to the task of a board.
pub fn is_subscribed() -> SimpleExpr {
    let mut subscribed = Query::select();
    subscribed.column("task_id").from(SUBSCRIBED);
    Expr::col(("task", "id")).in_subquery(subscribed)
}

/// More entities than there can be.
const EVERYTHING: u64 = i64::MAX.unsigned_abs();

fn constant(holds: bool) -> Condition {
    Cond::all().add(Expr::cust(if holds { "TRUE" } else { "FALSE" }))
}

/// A condition as a value.
fn truth(condition: Condition) -> SimpleExpr {
    sea_query::CaseStatement::new()
        .case(condition, Expr::cust("TRUE"))
        .finally(Expr::cust("FALSE"))
        .into()
}
