//! Who is in which production as what, and who works on what.

use std::collections::HashMap;

use sea_query::{Cond, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::dialect::Statement;
use crate::{Connection, Database, Result};

/// People that one statement asks about.
const BATCH_SIZE: usize = 500;

/// A person's place in a production's team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The role that they have there, if it is another than studio-wide.
    pub role: Option<String>,
}

/// The person's place in the team, if they are in it.
pub async fn membership(
    connection: impl Connection,
    project_id: Uuid,
    person_id: Uuid,
) -> Result<Option<Membership>> {
    let mut select = Query::select();
    select
        .column("role")
        .from("project_person_link")
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col("person_id").eq(person_id));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| Ok(Membership { role: row.get(0)? }))
        .transpose()
}

/// An entity as somebody comes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityMembership {
    /// Name of its entity type.
    pub entity_type: String,
    pub project_id: Uuid,
    /// The person's place in the team of its production.
    pub membership: Option<Membership>,
}

/// An entity and the person's place in its production.
pub async fn entity_membership(
    connection: impl Connection,
    entity_id: Uuid,
    person_id: Uuid,
) -> Result<Option<EntityMembership>> {
    let link = |column| Expr::col(("project_person_link", column));
    let mut select = Query::select();
    select
        .columns([
            ("entity_type", "name"),
            ("project_person_link", "person_id"),
            ("project_person_link", "role"),
            ("entity", "project_id"),
        ])
        .from("entity")
        .inner_join(
            "entity_type",
            Expr::col(("entity_type", "id")).equals(("entity", "entity_type_id")),
        )
        .left_join(
            "project_person_link",
            link("project_id")
                .equals(("entity", "project_id"))
                .and(link("person_id").eq(person_id)),
        )
        .and_where(Expr::col(("entity", "id")).eq(entity_id));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| {
        let role = row.get(2)?;
        let member: Option<Uuid> = row.get(1)?;
        Ok(EntityMembership {
            entity_type: row.get(0)?,
            project_id: row.get(3)?,
            membership: member.map(|_| Membership { role }),
        })
    })
    .transpose()
}

/// The person's places in all teams that they are in.
pub async fn memberships(
    connection: impl Connection,
    person_id: Uuid,
) -> Result<Vec<(Uuid, Membership)>> {
    let mut select = Query::select();
    select
        .columns(["project_id", "role"])
        .from("project_person_link")
        .and_where(Expr::col("person_id").eq(person_id));
    let query = build(&connection, &select);
    let rows = connection.fetch_all(query).await?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, Membership { role: row.get(1)? })))
        .collect()
}

/// The places of several people in all teams that they are in, by person.
pub async fn memberships_of(
    database: &Database,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(Uuid, Membership)>>> {
    let mut found: HashMap<Uuid, Vec<(Uuid, Membership)>> = HashMap::new();
    for some in people.chunks(BATCH_SIZE) {
        let mut select = Query::select();
        select
            .columns(["person_id", "project_id", "role"])
            .from("project_person_link")
            .and_where(Expr::col("person_id").is_in(some.iter().copied()));
        let rows = database.fetch_all(build(&database, &select)).await?;
        for row in rows {
            let membership = Membership { role: row.get(2)? };
            let places = found.entry(row.get(0)?).or_default();
            places.push((row.get(1)?, membership));
        }
    }
    Ok(found)
}

/// The tasks that several people are assigned to: person and task.
pub async fn tasks_of(database: &Database, people: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let mut found = Vec::new();
    for some in people.chunks(BATCH_SIZE) {
        let mut select = Query::select();
        select
            .columns(["person_id", "task_id"])
            .from("task_person_link")
            .and_where(Expr::col("person_id").is_in(some.iter().copied()));
        let rows = database.fetch_all(build(&database, &select)).await?;
        for row in rows {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(found)
}

/// Ids of the productions whose team the person is in.
pub fn teams(person_id: Uuid) -> SelectStatement {
    let mut teams = Query::select();
    teams
        .column(("project_person_link", "project_id"))
        .from("project_person_link")
        .and_where(Expr::col(("project_person_link", "person_id")).eq(person_id));
    teams
}

/// Whether the person is in the team of any production.
pub async fn is_in_any_team(connection: impl Connection, person_id: Uuid) -> Result<bool> {
    any(connection, teams(person_id)).await
}

/// Condition on [`teams`]: the person has that role there. `own` is the role
/// that they have where the team gives them none; a team makes nobody an
/// admin.
pub fn projects_with_role(role: Role, own: Role) -> Condition {
    let given = || Expr::col(("project_person_link", "role"));
    let there = Cond::any().add(given().eq(role.as_str()));
    if role != own {
        return there;
    }
    there.add(given().is_null()).add(given().eq("admin"))
}

/// Condition on [`teams`]: the person has another role there.
pub fn not_in_project_as(role: Role, own: Role) -> Condition {
    let given = || Expr::col(("project_person_link", "role"));
    let other = given().ne(role.as_str());
    if role == own {
        return Cond::all().add(other).add(given().ne("admin"));
    }
    Cond::any().add(other).add(given().is_null())
}

/// Ids of the tasks that the person is assigned to.
pub fn assigned_tasks(person_id: Uuid) -> SelectStatement {
    let mut assigned = Query::select();
    assigned
        .column(("task_person_link", "task_id"))
        .from("task_person_link")
        .and_where(Expr::col(("task_person_link", "person_id")).eq(person_id));
    assigned
}

/// Whether the person is assigned to that task.
pub async fn works_on_task(
    connection: impl Connection,
    person_id: Uuid,
    task_id: Uuid,
) -> Result<bool> {
    let mut select = assigned_tasks(person_id);
    select.and_where(Expr::col(("task_person_link", "task_id")).eq(task_id));
    any(connection, select).await
}

/// Whether the person is assigned to a task of that entity.
pub async fn works_on_entity(
    connection: impl Connection,
    person_id: Uuid,
    entity_id: Uuid,
) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("id")
        .from("task")
        .and_where(Expr::col("entity_id").eq(entity_id))
        .and_where(Expr::col("id").in_subquery(assigned_tasks(person_id)));
    any(connection, select).await
}

/// Whether the person supervises tasks of that type: those of one of their
/// departments, or all if they have none.
pub async fn is_of_department(
    connection: impl Connection,
    person_id: Uuid,
    task_type_id: Uuid,
) -> Result<bool> {
    let mut own = Query::select();
    own.column("department_id")
        .from("department_link")
        .and_where(Expr::col("person_id").eq(person_id));
    let mut of_type = Query::select();
    of_type
        .column("id")
        .from("task_type")
        .and_where(Expr::col("id").eq(task_type_id))
        .and_where(Expr::col("department_id").in_subquery(own.clone()));
    let mut select = Query::select();
    select.expr(Expr::exists(of_type).or(ExprTrait::not(Expr::exists(own))));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map_or(Ok(false), |row| row.get(0))
}

/// A task, and what somebody is to it.
#[derive(Debug, Clone)]
pub struct TaskRelation {
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// Their place in its production's team.
    pub membership: Option<Membership>,
    pub is_assigned: bool,
    /// They made its entity.
    pub made_entity: bool,
    /// It is for one of their departments, or they have none.
    pub is_of_department: bool,
}

/// A task, and what that person is to it.
pub async fn task_relation(
    connection: impl Connection,
    person_id: Uuid,
    task_id: Uuid,
) -> Result<Option<TaskRelation>> {
    let membership = Cond::all()
        .add(Expr::col(("member", "project_id")).equals(("task", "project_id")))
        .add(Expr::col(("member", "person_id")).eq(person_id));
    let mut own = Query::select();
    own.column(("department_link", "department_id"))
        .from("department_link")
        .and_where(Expr::col(("department_link", "person_id")).eq(person_id));
    let mut assigned = assigned_tasks(person_id);
    assigned.and_where(Expr::col(("task_person_link", "task_id")).equals(("task", "id")));
    let mut of_type = own.clone();
    of_type.and_where(
        Expr::col(("department_link", "department_id")).equals(("task_type", "department_id")),
    );
    let mut select = Query::select();
    select
        .columns([
            ("task", "project_id"),
            ("task", "entity_id"),
            ("task", "task_type_id"),
            ("task", "task_status_id"),
            ("member", "person_id"),
            ("member", "role"),
            ("entity", "created_by"),
        ])
        .expr(Expr::exists(assigned))
        .expr(Expr::exists(of_type).or(ExprTrait::not(Expr::exists(own))))
        .from("task")
        .left_join(
            "entity",
            Expr::col(("entity", "id")).equals(("task", "entity_id")),
        )
        .left_join(
            "task_type",
            Expr::col(("task_type", "id")).equals(("task", "task_type_id")),
        )
        .join_as(
            JoinType::LeftJoin,
            "project_person_link",
            "member",
            membership,
        )
        .and_where(Expr::col(("task", "id")).eq(task_id));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| {
        let is_member = !row.is_null(4)?;
        let membership = Membership { role: row.get(5)? };
        Ok(TaskRelation {
            project_id: row.get(0)?,
            entity_id: row.get(1)?,
            task_type_id: row.get(2)?,
            task_status_id: row.get(3)?,
            membership: is_member.then_some(membership),
            is_assigned: row.get(7)?,
            made_entity: row.get::<Option<Uuid>>(6)? == Some(person_id),
            is_of_department: row.get(8)?,
        })
    })
    .transpose()
}

/// Whether a table has a row that the condition holds for.
pub async fn exists(
    connection: impl Connection,
    table: &'static str,
    condition: Condition,
) -> Result<bool> {
    let mut select = Query::select();
    select.expr(Expr::val(1)).from(table).cond_where(condition);
    any(connection, select).await
}

async fn any(connection: impl Connection, mut select: SelectStatement) -> Result<bool> {
    select.limit(1);
    let query = build(&connection, &select);
    Ok(connection.fetch_optional(query).await?.is_some())
}

fn build(connection: &impl Connection, statement: &impl Statement) -> crate::dialect::Query {
    connection.dialect().build(statement)
}
