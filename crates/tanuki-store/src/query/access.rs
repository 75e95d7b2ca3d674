//! Queries for permission checks: team membership, roles in projects and task
//! assignments.

use std::collections::{BTreeSet, HashMap};

use sea_query::{Cond, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::{Connection, Database, Executor, Result, Row};

/// A person's membership in the team of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The role of the member in this project; `None` if it is their
    /// studio-wide role.
    pub role: Option<String>,
}

/// Returns the person's membership in the project's team, or `None` if they
/// are not a member.
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
    connection
        .fetch_one(&select, |row| {
            Ok(Membership {
                role: row.get("role")?,
            })
        })
        .await
}

/// An entity with a person's membership in its project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityMembership {
    /// Name of the entity type, `Shot` for example.
    pub entity_type: String,
    pub project_id: Uuid,
    /// `None` if the person is not in the team of the entity's project.
    pub membership: Option<Membership>,
}

/// Returns the entity with the person's membership in its project, in one
/// query. `None` if there is no such entity.
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
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .left_join(
            "project_person_link",
            link("project_id")
                .equals(("entity", "project_id"))
                .and(link("person_id").eq(person_id)),
        )
        .and_where(Expr::col(("entity", "id")).eq(entity_id));
    connection
        .fetch_one(&select, |row| {
            let role = row.get("role")?;
            let member: Option<Uuid> = row.get("person_id")?;
            Ok(EntityMembership {
                entity_type: row.get("name")?,
                project_id: row.get("project_id")?,
                membership: member.map(|_| Membership { role }),
            })
        })
        .await
}

/// Returns the project ids and memberships of all teams that the person is in.
pub async fn memberships(
    connection: impl Connection,
    person_id: Uuid,
) -> Result<Vec<(Uuid, Membership)>> {
    let mut select = Query::select();
    select
        .columns(["project_id", "role"])
        .from("project_person_link")
        .and_where(Expr::col("person_id").eq(person_id));
    connection
        .fetch(&select, |row| {
            Ok((
                row.get("project_id")?,
                Membership {
                    role: row.get("role")?,
                },
            ))
        })
        .await
}

/// Like [`memberships`] for several people, grouped by person. People without
/// a team are left out.
pub async fn memberships_of(
    database: &Database,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(Uuid, Membership)>>> {
    let theirs = |some: &[Uuid]| {
        let mut select = Query::select();
        select
            .columns(["person_id", "project_id", "role"])
            .from("project_person_link")
            .and_where(Expr::col("person_id").is_in(some.iter().copied()));
        select
    };
    let rows = Executor::from(database).fetch_in_batches(people, theirs, |row| {
        let role = row.get("role")?;
        Ok((
            row.get("person_id")?,
            row.get("project_id")?,
            Membership { role },
        ))
    });
    let mut found: HashMap<Uuid, Vec<(Uuid, Membership)>> = HashMap::new();
    for (person_id, project_id, membership) in rows.await? {
        let memberships = found.entry(person_id).or_default();
        memberships.push((project_id, membership));
    }
    Ok(found)
}

/// Returns the ids of the tasks that are assigned to several people, by the id
/// of the person.
pub async fn tasks_of(
    database: &Database,
    people: &[Uuid],
) -> Result<HashMap<Uuid, BTreeSet<Uuid>>> {
    let theirs = |some: &[Uuid]| {
        let mut select = Query::select();
        select
            .columns(["person_id", "task_id"])
            .from("task_person_link")
            .and_where(Expr::col("person_id").is_in(some.iter().copied()));
        select
    };
    let assignments: Vec<(Uuid, Uuid)> = Executor::from(database)
        .fetch_in_batches(people, theirs, |row| {
            Ok((row.get("person_id")?, row.get("task_id")?))
        })
        .await?;
    let mut tasks: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
    for (person, task) in assignments {
        tasks.entry(person).or_default().insert(task);
    }
    Ok(tasks)
}

/// Subquery: the ids of the projects whose team the person is in.
pub fn teams(person_id: Uuid) -> SelectStatement {
    let mut teams = Query::select();
    teams
        .column(("project_person_link", "project_id"))
        .from("project_person_link")
        .and_where(Expr::col(("project_person_link", "person_id")).eq(person_id));
    teams
}

/// Subquery: the ids of the projects in whose team the person has that role.
/// `own` is their studio-wide role.
pub fn teams_as(person_id: Uuid, role: Role, own: Role) -> SelectStatement {
    let mut teams = teams(person_id);
    teams.cond_where(projects_with_role(role, own));
    teams
}

/// Returns whether the person is in the team of any project.
pub async fn is_in_any_team(connection: impl Connection, person_id: Uuid) -> Result<bool> {
    connection.exists(teams(person_id)).await
}

/// Condition on the rows of [`teams`]: the person's role in the project is
/// `role`. `own` is their studio-wide role, which applies where the membership
/// has no role. A membership cannot make anybody an admin: `admin` there also
/// means `own`.
pub fn projects_with_role(role: Role, own: Role) -> Condition {
    let given = || Expr::col(("project_person_link", "role"));
    let there = Cond::any().add(given().eq(role.as_str()));
    if role != own {
        return there;
    }
    there.add(given().is_null()).add(given().eq("admin"))
}

/// The opposite of [`projects_with_role`]: the person's role in the project is
/// not `role`.
pub fn not_in_project_as(role: Role, own: Role) -> Condition {
    let given = || Expr::col(("project_person_link", "role"));
    let other = given().ne(role.as_str());
    if role == own {
        return Cond::all().add(other).add(given().ne("admin"));
    }
    Cond::any().add(other).add(given().is_null())
}

/// Subquery: the ids of the tasks that the person is assigned to.
pub fn assigned_tasks(person_id: Uuid) -> SelectStatement {
    let mut assigned = Query::select();
    assigned
        .column(("task_person_link", "task_id"))
        .from("task_person_link")
        .and_where(Expr::col(("task_person_link", "person_id")).eq(person_id));
    assigned
}

/// Returns whether the person is assigned to the task.
pub async fn works_on_task(
    connection: impl Connection,
    person_id: Uuid,
    task_id: Uuid,
) -> Result<bool> {
    let mut select = assigned_tasks(person_id);
    select.and_where(Expr::col(("task_person_link", "task_id")).eq(task_id));
    connection.exists(select).await
}

/// Returns whether the person is assigned to any task of the entity.
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
    connection.exists(select).await
}

/// Returns the ids of the entities that the person is assigned to any task of.
pub async fn worked_on_entities(connection: impl Connection, person_id: Uuid) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column("entity_id")
        .distinct()
        .from("task")
        .and_where(Expr::col("entity_id").is_not_null())
        .and_where(Expr::col("id").in_subquery(assigned_tasks(person_id)));
    connection.ids(&select).await
}

/// Returns whether the task type belongs to one of the person's departments.
/// Also `true` if the person is in no department: a supervisor without
/// departments supervises all task types.
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
    Ok(connection.scalar(&select).await?.unwrap_or(false))
}

/// A task with everything that permission checks on it need to know about a
/// person.
#[derive(Debug, Clone)]
pub struct TaskRelation {
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// The person's membership in the task's project.
    pub membership: Option<Membership>,
    pub is_assigned: bool,
    /// Whether the person created the task's entity.
    pub made_entity: bool,
    /// Whether the task type belongs to one of the person's departments, or
    /// they are in none.
    pub is_of_department: bool,
}

/// Returns the task with the person's relation to it, in one query. `None` if
/// there is no such task.
pub async fn task_relation(
    connection: impl Connection,
    person_id: Uuid,
    task_id: Uuid,
) -> Result<Option<TaskRelation>> {
    let mut select = select_task_relations(person_id);
    select.and_where(Expr::col(("task", "id")).eq(task_id));
    connection
        .fetch_one(&select, |row| read_task_relation(row, person_id))
        .await
}

/// Like [`task_relation`] for several tasks, by id.
pub async fn task_relations(
    connection: impl Connection,
    person_id: Uuid,
    tasks: &[Uuid],
) -> Result<HashMap<Uuid, TaskRelation>> {
    let mut select = select_task_relations(person_id);
    select
        .column(("task", "id"))
        .and_where(Expr::col(("task", "id")).is_in(tasks.iter().copied()));
    let relations = connection.fetch(&select, |row| {
        Ok((row.get("id")?, read_task_relation(row, person_id)?))
    });
    Ok(relations.await?.into_iter().collect())
}

fn select_task_relations(person_id: Uuid) -> SelectStatement {
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
        .expr_as(Expr::exists(assigned), "is_assigned")
        .expr_as(
            Expr::exists(of_type).or(ExprTrait::not(Expr::exists(own))),
            "is_of_department",
        )
        .from("task")
        .left_join_to(fk::TASK_ENTITY)
        .left_join_to(fk::TASK_TASK_TYPE)
        .join_as(
            JoinType::LeftJoin,
            "project_person_link",
            "member",
            membership,
        );
    select
}

fn read_task_relation(row: &Row, person_id: Uuid) -> Result<TaskRelation> {
    let is_member = !row.is_null("person_id")?;
    let membership = Membership {
        role: row.get("role")?,
    };
    Ok(TaskRelation {
        project_id: row.get("project_id")?,
        entity_id: row.get("entity_id")?,
        task_type_id: row.get("task_type_id")?,
        task_status_id: row.get("task_status_id")?,
        membership: is_member.then_some(membership),
        is_assigned: row.get("is_assigned")?,
        made_entity: row.get::<Option<Uuid>>("created_by")? == Some(person_id),
        is_of_department: row.get("is_of_department")?,
    })
}

/// Returns whether the table has a row that matches the condition.
pub async fn exists(
    connection: impl Connection,
    table: &'static str,
    condition: impl Into<Condition>,
) -> Result<bool> {
    let mut select = Query::select();
    select
        .expr(Expr::val(1))
        .from(table)
        .cond_where(condition.into());
    connection.exists(select).await
}
